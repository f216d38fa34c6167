// SPDX-License-Identifier: MIT
/* Files as they are written and read, with O_TMPFILE and without. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <private.h>

#include "../face/suite.h"
#include "sample.h"

#define WRITERS 8
#define ROUNDS 50
#define SIZE 20000

/* The file system has no files without a name. */
static bool all_named;

/* In the place of the C library's. */
int openat(int folder, const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list args;

	if (flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE) {
		va_start(args, flags);
		mode = va_arg(args, mode_t);
		va_end(args);
	}
	if (all_named && (flags & O_TMPFILE) == O_TMPFILE) {
		errno = EOPNOTSUPP;
		return -1;
	}
	return syscall(SYS_openat, folder, path, flags, mode);
}

static void setup(void)
{
	folder_make();
	all_named = false;
}

static int replace(const char *path, uint8_t byte, unsigned int flags)
{
	uint8_t data[SIZE];
	struct iovec parts[2] = { { data, 1 }, { data + 1, SIZE - 1 } };

	memset(data, byte, sizeof(data));
	return file_replace(path, parts, 2, 0600, flags);
}

/* What all of it is made of; -1 if it is of several. */
static int content(const char *path)
{
	size_t size, i;
	uint8_t *data = file_slurp(path, &size);
	int byte = size ? data[0] : -1;

	ck_assert_uint_eq(size, SIZE);
	for (i = 0; i < size; i++)
		if (data[i] != byte)
			byte = -1;
	free(data);
	return byte;
}

/* With names, too: the temporary one begins with a dot. */
static void check_alone(void)
{
	ck_assert_uint_eq(folder_count(), 1);
}

static int end_of(pid_t pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

START_TEST(writers_at_once)
{
	pid_t pids[WRITERS];
	int i, round;

	all_named = _i;
	ck_assert_int_eq(replace(in_folder("f"), 'z', 0), 0);
	for (i = 0; i < WRITERS; i++) {
		pids[i] = fork();
		if (pids[i])
			continue;
		for (round = 0; round < ROUNDS; round++)
			if (replace(in_folder("f"), 'a' + i, 0))
				_exit(1);
		_exit(0);
	}
	for (round = 0; round < ROUNDS; round++)
		ck_assert_int_ge(content(in_folder("f")), 'a');
	for (i = 0; i < WRITERS; i++)
		ck_assert_int_eq(end_of(pids[i]), 0);
	check_alone();
}
END_TEST

START_TEST(only_one_is_first)
{
	pid_t pids[WRITERS];
	int i, round, firsts, status;

	all_named = _i;
	for (round = 0; round < 20; round++) {
		firsts = 0;
		for (i = 0; i < WRITERS; i++) {
			pids[i] = fork();
			if (!pids[i])
				_exit(-replace(in_folder("f"), 'a' + i,
					       FILE_FRESH));
		}
		for (i = 0; i < WRITERS; i++) {
			status = end_of(pids[i]);
			ck_assert(!status || status == EEXIST);
			firsts += !status;
		}
		ck_assert_int_eq(firsts, 1);
		check_alone();
		unlink(in_folder("f"));
	}
}
END_TEST

/* Writes a part, and waits to be killed. */
static pid_t stuck_writer(void)
{
	struct file_output output;
	uint8_t data[100] = { 1 };
	int ready[2];
	char byte;
	pid_t pid;

	ck_assert_int_eq(pipe(ready), 0);
	pid = fork();
	if (!pid) {
		if (file_begin(&output, in_folder("f"), 0600, 0) ||
		    file_put(&output, data, sizeof(data)))
			_exit(1);
		if (write(ready[1], "", 1) == 1)
			pause();
		_exit(1);
	}
	close(ready[1]);
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return pid;
}

START_TEST(a_killed_writer_leaves_nothing)
{
	pid_t pid = stuck_writer();

	ck_assert_int_eq(folder_count(), 0);
	kill(pid, SIGKILL);
	ck_assert_int_eq(end_of(pid), -SIGKILL);
	ck_assert_int_eq(folder_count(), 0);
}
END_TEST

/* Where that is not to be had, the next one cleans up; nothing else ends it there. */
START_TEST(what_a_killed_writer_leaves_is_removed)
{
	pid_t pid;

	all_named = true;
	pid = stuck_writer();
	ck_assert_int_eq(access(in_folder(".f.new"), F_OK), 0);
	kill(pid, SIGTERM);
	usleep(50000);
	ck_assert_int_eq(waitpid(pid, NULL, WNOHANG), 0);
	kill(pid, SIGKILL);
	ck_assert_int_eq(end_of(pid), -SIGKILL);
	all_named = _i;
	ck_assert_int_eq(replace(in_folder("f"), 'a', 0), 0);
	ck_assert_int_eq(replace(in_folder("f"), 'b', 0), 0);
	ck_assert_int_eq(content(in_folder("f")), 'b');
	check_alone();
}
END_TEST

/* The name is not taken from somebody who is still writing. */
START_TEST(a_writer_is_waited_for)
{
	pid_t pid, other;

	all_named = true;
	pid = stuck_writer();
	other = fork();
	if (!other)
		_exit(-replace(in_folder("f"), 'a', 0));
	usleep(200000);
	ck_assert_int_eq(waitpid(other, NULL, WNOHANG), 0);
	ck_assert_int_eq(access(in_folder(".f.new"), F_OK), 0);
	kill(pid, SIGKILL);
	end_of(pid);
	ck_assert_int_eq(end_of(other), 0);
	ck_assert_int_eq(content(in_folder("f")), 'a');
	check_alone();
}
END_TEST

START_TEST(a_failed_writer_leaves_nothing)
{
	struct rlimit limit = { SIZE / 2, RLIM_INFINITY };
	struct rlimit before;

	all_named = _i;
	ck_assert_int_eq(replace(in_folder("f"), 'a', 0), 0);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	ck_assert_int_eq(replace(in_folder("f"), 'b', 0), -EFBIG);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
	ck_assert_int_eq(content(in_folder("f")), 'a');
	check_alone();
}
END_TEST

START_TEST(modes)
{
	static const mode_t masks[] = { 0, 022, 077 };
	struct iovec part = { "x", 1 };
	struct stat status;
	unsigned int i;

	all_named = _i;
	for (i = 0; i < COUNT_OF(masks); i++) {
		umask(masks[i]);
		ck_assert_int_eq(file_replace(in_folder("f"), &part, 1, 0666,
					      0), 0);
		ck_assert_int_eq(lstat(in_folder("f"), &status), 0);
		ck_assert_uint_eq(status.st_mode, S_IFREG | (0666 & ~masks[i]));
	}
	umask(0);
	ck_assert_int_eq(file_replace(in_folder("f"), &part, 1, 0600, 0), 0);
	ck_assert_int_eq(lstat(in_folder("f"), &status), 0);
	ck_assert_uint_eq(status.st_mode, S_IFREG | 0600);
}
END_TEST

/* Without rights, as nobody: a hardened process may still name what it has written. */
START_TEST(without_rights)
{
	pid_t pid;

	if (geteuid())
		return; /* only root can be somebody else */
	ck_assert_int_eq(chown(sample_folder, 65534, 65534), 0);
	pid = fork();
	if (!pid) {
		if (setgid(65534) || setuid(65534) || limen_process_harden())
			_exit(1);
		_exit(replace(in_folder("f"), 'a', 0) ||
		      replace(in_folder("f"), 'b', 0));
	}
	ck_assert_int_eq(end_of(pid), 0);
	ck_assert_int_eq(content(in_folder("f")), 'b');
	check_alone();
}
END_TEST

static const struct {
	const char *path;
	int error;
} wrong_paths[] = {
	{ "", -ENOENT },
	{ "/nonexistent/f", -ENOENT },
	{ "/dev/null/f", -ENOTDIR },
	{ "/", -EISDIR },
	{ "/tmp", -EISDIR },
	{ "/tmp/", -EISDIR },
	{ "/tmp/.", -EISDIR },
	{ "..", -EISDIR },
};

START_TEST(wrong_paths_are_refused)
{
	char path[300];

	ck_assert_int_eq(replace(wrong_paths[_i].path, 'a', FILE_STREAM),
			 wrong_paths[_i].error);
	snprintf(path, sizeof(path), "/tmp/%0256d", 1);
	ck_assert_int_eq(replace(path, 'a', 0), -ENAMETOOLONG);
	ck_assert_uint_eq(folder_count(), 0);
}
END_TEST

static void check_kind(const char *path, mode_t kind)
{
	struct stat status;

	ck_assert_int_eq(lstat(path, &status), 0);
	ck_assert_uint_eq(status.st_mode & S_IFMT, kind);
}

START_TEST(what_is_no_file_stays_what_it_is)
{
	ck_assert_int_eq(mkfifo(in_folder("fifo"), 0600), 0);
	ck_assert_int_eq(symlink("/dev/null", in_folder("null")), 0);
	ck_assert_int_eq(symlink("file", in_folder("link")), 0);
	ck_assert_int_eq(symlink("nowhere", in_folder("dangling")), 0);
	file_write(in_folder("file"), "precious", 8);

	ck_assert_int_eq(replace(in_folder("fifo"), 'a', 0), -ENOSTR);
	ck_assert_int_eq(replace(in_folder("fifo"), 'a', FILE_STREAM), -ENXIO);
	ck_assert_int_eq(replace(in_folder("fifo"), 'a', FILE_FRESH), -EEXIST);
	check_kind(in_folder("fifo"), S_IFIFO);
	ck_assert_int_eq(replace(in_folder("null"), 'a', 0), -ELOOP);
	ck_assert_int_eq(replace(in_folder("null"), 'a', FILE_STREAM), 0);
	check_kind(in_folder("null"), S_IFLNK);
	ck_assert_int_eq(replace(in_folder("link"), 'a', FILE_STREAM), -ELOOP);
	ck_assert_int_eq(replace(in_folder("link"), 'a', FILE_FRESH), -EEXIST);
	check_kind(in_folder("link"), S_IFLNK);
	ck_assert_int_eq(replace(in_folder("dangling"), 'a', FILE_STREAM),
			 -ENOENT);
	check_kind(in_folder("dangling"), S_IFLNK);
	ck_assert_int_eq(replace("/dev/null", 'a', FILE_STREAM), 0);
	check_kind("/dev/null", S_IFCHR);
	ck_assert_int_eq(replace("/dev/full", 'a', FILE_STREAM), -ENOSPC);
	ck_assert_uint_eq(folder_count(), 5);
}
END_TEST

/* More than the pipe holds, and a reader that takes its time. */
START_TEST(a_pipe_gets_all_of_it)
{
	uint8_t data[SIZE];
	size_t got = 0;
	ssize_t some;
	pid_t pid;
	int fd;

	ck_assert_int_eq(mkfifo(in_folder("fifo"), 0600), 0);
	fd = open(in_folder("fifo"), O_RDONLY | O_NONBLOCK);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_ge(fcntl(fd, F_SETPIPE_SZ, 4096), 4096);
	pid = fork();
	if (!pid)
		_exit(-replace(in_folder("fifo"), 'a', FILE_STREAM));
	usleep(100000);
	ck_assert_int_eq(fcntl(fd, F_SETFL, 0), 0);
	while ((some = read(fd, data, sizeof(data))) > 0)
		got += some;
	ck_assert_uint_eq(got, SIZE);
	ck_assert_int_eq(end_of(pid), 0);
	close(fd);
}
END_TEST

/* /dev/stdout is the file that standard output is, and others go on behind it. */
START_TEST(standard_output)
{
	const char *path = in_folder("out");
	struct iovec part = { "middle ", 7 };
	uint8_t *data;
	size_t size;
	pid_t pid = fork();

	if (!pid) {
		int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

		if (dup2(fd, STDOUT_FILENO) < 0 || write(1, "first ", 6) != 6 ||
		    file_replace("/dev/stdout", &part, 1, 0600, FILE_STREAM) ||
		    write(1, "last", 4) != 4)
			_exit(1);
		_exit(0);
	}
	ck_assert_int_eq(end_of(pid), 0);
	data = file_slurp(path, &size);
	ck_assert_uint_eq(size, 17);
	ck_assert_mem_eq(data, "first middle last", 17);
	free(data);
	check_alone();
}
END_TEST

START_TEST(locks)
{
	int first, second, status;
	pid_t pid;

	ck_assert_int_eq(file_lock(in_folder("f"), 0), -ENOENT);
	ck_assert_int_eq(file_lock(sample_folder, 0), -EISDIR);
	ck_assert_int_eq(replace(in_folder("f"), 'a', 0), 0);
	first = file_lock(in_folder("f"), 0);
	ck_assert_int_ge(first, 0);
	ck_assert_int_eq(file_lock(in_folder("f"), 50), -EBUSY);
	/* Who waited for the file of that time gets the one there is now. */
	pid = fork();
	if (!pid) {
		close(first);
		second = file_lock(in_folder("f"), 10000);
		_exit(second < 0 || !file_is(second, in_folder("f")));
	}
	usleep(50000);
	ck_assert_int_eq(replace(in_folder("f"), 'b', 0), 0);
	ck_assert(!file_is(first, in_folder("f")));
	close(first);
	status = end_of(pid);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(symlink("f", in_folder("link")), 0);
	ck_assert_int_eq(file_lock(in_folder("link"), 0), -ELOOP);
}
END_TEST

START_TEST(loading)
{
	char text[10001];
	size_t size, i;
	void *data;

	for (i = 0; i < sizeof(text); i++)
		text[i] = 'a' + i % 26;
	for (i = 0; i < sizeof(text); i += i < 10 ? 1 : 997) {
		file_write(in_folder("f"), text, i);
		ck_assert_int_eq(file_load(in_folder("f"), i, &data, &size), 0);
		ck_assert_uint_eq(size, i);
		ck_assert_mem_eq(data, text, i);
		ck_assert_int_eq(((char *)data)[i], '\0');
		free(data);
		if (i)
			ck_assert_int_eq(file_load(in_folder("f"), i - 1, &data,
						   &size), -EFBIG);
	}
	ck_assert_int_eq(file_load(in_folder("none"), 9, &data, &size),
			 -ENOENT);
	ck_assert_int_eq(file_load(sample_folder, 9, &data, &size), -EISDIR);
	ck_assert_int_eq(file_load("/dev/zero", 9, &data, &size), -EFBIG);
	ck_assert_int_eq(file_load("/dev/null", 9, &data, &size), 0);
	ck_assert_uint_eq(size, 0);
	free(data);
}
END_TEST

/* A writer that takes its time, and one that never comes. */
START_TEST(loading_from_a_pipe)
{
	const char *fifo = in_folder("fifo");
	size_t size;
	void *data;
	pid_t pid;
	int fd;

	ck_assert_int_eq(mkfifo(fifo, 0600), 0);
	pid = fork();
	if (!pid) {
		usleep(100000);
		fd = open(fifo, O_WRONLY);
		for (int i = 0; i < 3; i++) {
			usleep(50000);
			if (write(fd, "abc", 3) != 3)
				_exit(1);
		}
		_exit(0);
	}
	ck_assert_int_eq(file_load(fifo, 100, &data, &size), 0);
	ck_assert_int_eq(end_of(pid), 0);
	ck_assert_uint_eq(size, 9);
	ck_assert_mem_eq(data, "abcabcabc", 9);
	free(data);
	ck_assert_int_eq(file_load(fifo, 100, &data, &size), -ETIMEDOUT);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("file");
	TCase *tests = tcase_create("file");

	tcase_set_timeout(tests, 60);
	tcase_add_checked_fixture(tests, setup, folder_remove);
	tcase_add_loop_test(tests, writers_at_once, 0, 2);
	tcase_add_loop_test(tests, only_one_is_first, 0, 2);
	tcase_add_test(tests, a_killed_writer_leaves_nothing);
	tcase_add_loop_test(tests, what_a_killed_writer_leaves_is_removed, 0, 2);
	tcase_add_test(tests, a_writer_is_waited_for);
	tcase_add_loop_test(tests, a_failed_writer_leaves_nothing, 0, 2);
	tcase_add_loop_test(tests, modes, 0, 2);
	tcase_add_test(tests, without_rights);
	tcase_add_loop_test(tests, wrong_paths_are_refused, 0,
			    COUNT_OF(wrong_paths));
	tcase_add_test(tests, what_is_no_file_stays_what_it_is);
	tcase_add_test(tests, a_pipe_gets_all_of_it);
	tcase_add_test(tests, standard_output);
	tcase_add_test(tests, locks);
	tcase_add_test(tests, loading);
	tcase_add_test(tests, loading_from_a_pipe);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
