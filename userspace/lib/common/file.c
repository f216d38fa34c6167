// SPDX-License-Identifier: MIT
/* Files as they are written; see file.h for how. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "private.h"

/* What a write to a stream may have, to be taken at once once poll() says so. */
#define STREAM_CHUNK PIPE_BUF
/* Longest a stream may take nothing. */
#define STREAM_TIMEOUT_MS 30000
/* Others need a temporary name for an instant, or, without O_TMPFILE, for a file. */
#define NAME_TIMEOUT_NS 30000000000LL
#define PAUSE_US 5000

static bool same_file(const struct stat *one, const struct stat *other)
{
	return one->st_dev == other->st_dev && one->st_ino == other->st_ino;
}

static int split(struct file_output *output, const char *path,
		 char folder[PATH_MAX])
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	size_t length = slash ? (size_t)(slash - path) : 0;

	if (!*path)
		return -ENOENT;
	if (!*name || !strcmp(name, ".") || !strcmp(name, ".."))
		return -EISDIR;
	if (length >= PATH_MAX || strlen(name) >= sizeof(output->name) ||
	    snprintf(output->temporary, sizeof(output->temporary), ".%s.new",
		     name) >= (int)sizeof(output->temporary))
		return -ENAMETOOLONG;
	strcpy(output->name, name);
	if (!slash)
		strcpy(folder, ".");
	else if (!length)
		strcpy(folder, "/");
	else
		*(char *)mempcpy(folder, path, length) = '\0';
	return 0;
}

static bool is_stream(const struct stat *status)
{
	return S_ISFIFO(status->st_mode) || S_ISCHR(status->st_mode);
}

/*
 * What is there already and is no regular file. /dev/stdout leads to whatever standard
 * output is, be it a file or a socket, and has to be what others see of it.
 */
static int open_stream(const struct file_output *output)
{
	struct stat status, standard;
	int fd;

	if (fstatat(output->folder, output->name, &status, 0))
		return -errno;
	if (!fstat(STDOUT_FILENO, &standard) && same_file(&status, &standard)) {
		fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
		return fd < 0 ? -errno : fd;
	}
	if (S_ISREG(status.st_mode))
		return -ELOOP;
	if (S_ISDIR(status.st_mode))
		return -EISDIR;
	if (!is_stream(&status))
		return -ENOSTR;
	fd = openat(output->folder, output->name,
		    O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) || !is_stream(&status)) {
		close(fd);
		return -ENOSTR;
	}
	return fd;
}

/* 1 if it is a stream, which has then been opened. */
static int look_at(struct file_output *output)
{
	struct stat status;

	if (fstatat(output->folder, output->name, &status, AT_SYMLINK_NOFOLLOW))
		return errno == ENOENT ? 0 : -errno;
	if (S_ISDIR(status.st_mode))
		return -EISDIR;
	if (output->flags & FILE_FRESH)
		return -EEXIST;
	if (S_ISREG(status.st_mode))
		return 0;
	if (!(output->flags & FILE_STREAM))
		return S_ISLNK(status.st_mode) ? -ELOOP : -ENOSTR;
	output->fd = open_stream(output);
	return output->fd < 0 ? output->fd : 1;
}

static void link_path(const struct file_output *output, char path[32])
{
	snprintf(path, 32, "/proc/self/fd/%d", output->fd);
}

/* An unnamed file, if it can be given a name later on. */
static bool open_unnamed(struct file_output *output, mode_t mode)
{
	char path[32];

	output->fd = openat(output->folder, ".", O_TMPFILE | O_RDWR | O_CLOEXEC,
			    mode);
	if (output->fd < 0)
		return false;
	link_path(output, path);
	if (access(path, F_OK)) {
		close(output->fd);
		return false;
	}
	/* Before it has a name nobody else can have locked it. */
	flock(output->fd, LOCK_EX | LOCK_NB);
	return true;
}

/* 0: whatever had the temporary name has it no more; -EBUSY: it is being written. */
static int remove_leftover(const struct file_output *output)
{
	struct stat found, status;
	int error = 0;
	int fd = openat(output->folder, output->temporary,
			O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (flock(fd, LOCK_EX | LOCK_NB))
		error = errno == EWOULDBLOCK ? -EBUSY : -errno;
	else if (!fstat(fd, &found) &&
		 !fstatat(output->folder, output->temporary, &status,
			  AT_SYMLINK_NOFOLLOW) &&
		 same_file(&found, &status) &&
		 unlinkat(output->folder, output->temporary, 0))
		error = -errno;
	close(fd);
	return error;
}

static int link_as(const struct file_output *output, const char *name)
{
	char path[32];

	link_path(output, path);
	return linkat(AT_FDCWD, path, output->folder, name,
		      AT_SYMLINK_FOLLOW) ? -errno : 0;
}

/* Locks what has just been made; -EEXIST if another took it for a leftover. */
static int lock_made(const struct file_output *output)
{
	struct stat status;

	/* Without locks nobody can tell a leftover, and nobody removes one. */
	if (flock(output->fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK)
		return -EEXIST;
	if (fstat(output->fd, &status))
		return -errno;
	return status.st_nlink ? 0 : -EEXIST;
}

static int create_named(struct file_output *output, mode_t mode)
{
	int error;

	output->fd = openat(output->folder, output->temporary,
			    O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW | O_CLOEXEC,
			    mode);
	if (output->fd < 0)
		return -errno;
	error = lock_made(output);
	if (error)
		close(output->fd);
	return error;
}

/*
 * The temporary name for the unnamed file or, with a mode, for a new one. No signal but
 * SIGKILL ends the process while it has it.
 */
static int try_name(struct file_output *output, mode_t mode)
{
	sigset_t all;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &output->signals);
	error = mode ? create_named(output, mode) :
		       link_as(output, output->temporary);
	output->named = !error;
	if (error)
		pthread_sigmask(SIG_SETMASK, &output->signals, NULL);
	return error;
}

static int take_name(struct file_output *output, mode_t mode)
{
	int64_t deadline = now_ns() + NAME_TIMEOUT_NS;
	int error;

	while ((error = try_name(output, mode)) == -EEXIST) {
		error = remove_leftover(output);
		if (error && (error != -EBUSY || now_ns() >= deadline))
			return error;
		if (error)
			usleep(PAUSE_US);
	}
	return error;
}

static void give_name_back(struct file_output *output, bool remove)
{
	if (!output->named)
		return;
	if (remove)
		unlinkat(output->folder, output->temporary, 0);
	output->named = false;
	pthread_sigmask(SIG_SETMASK, &output->signals, NULL);
}

int file_begin(struct file_output *output, const char *path, mode_t mode,
	       unsigned int flags)
{
	char folder[PATH_MAX];
	int result;

	*output = (struct file_output){ .fd = -1, .folder = -1, .flags = flags };
	result = split(output, path, folder);
	if (result)
		return result;
	output->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (output->folder < 0)
		return -errno;
	result = look_at(output);
	if (!result && !open_unnamed(output, mode))
		result = take_name(output, mode);
	if (result) {
		close(output->folder);
		output->folder = -1;
	}
	return result < 0 ? result : 0;
}

static int wait_for_room(int fd)
{
	struct pollfd ready = { .fd = fd, .events = POLLOUT };
	int count;

	do {
		count = poll(&ready, 1, STREAM_TIMEOUT_MS);
	} while (count < 0 && errno == EINTR);
	if (count < 0)
		return -errno;
	return count ? 0 : -ETIMEDOUT;
}

int file_put(struct file_output *output, const void *data, size_t size)
{
	bool stream = output->folder < 0;
	const char *at = data;

	while (size) {
		size_t some = stream && size > STREAM_CHUNK ? STREAM_CHUNK : size;
		int error = stream ? wait_for_room(output->fd) : 0;
		ssize_t put;

		if (error)
			return error;
		put = write(output->fd, at, some);
		if (put < 0 && (errno == EINTR || (stream && errno == EAGAIN)))
			continue;
		if (put < 0)
			return -errno;
		at += put;
		size -= put;
	}
	return 0;
}

void file_abandon(struct file_output *output)
{
	give_name_back(output, true);
	if (output->fd >= 0)
		close(output->fd);
	if (output->folder >= 0)
		close(output->folder);
	output->fd = -1;
	output->folder = -1;
}

/* Not every file system can rename without replacing; a link never replaces. */
static int rename_fresh(const struct file_output *output)
{
	if (!renameat2(output->folder, output->temporary, output->folder,
		       output->name, RENAME_NOREPLACE))
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -errno;
	if (linkat(output->folder, output->temporary, output->folder,
		   output->name, 0))
		return -errno;
	return unlinkat(output->folder, output->temporary, 0) ? -errno : 0;
}

static int rename_over(const struct file_output *output)
{
	return renameat(output->folder, output->temporary, output->folder,
			output->name) ? -errno : 0;
}

/* What has no name yet gets its own at once where nothing has to be replaced. */
static int give_own_name(struct file_output *output)
{
	int error = output->named ? -EEXIST : link_as(output, output->name);

	if (error != -EEXIST || (!output->named && output->flags & FILE_FRESH))
		return error;
	error = output->named ? 0 : take_name(output, 0);
	if (!error)
		error = output->flags & FILE_FRESH ? rename_fresh(output) :
						     rename_over(output);
	give_name_back(output, error);
	return error;
}

/* Some file systems cannot sync, and say so with EINVAL. */
static int sync_to_disk(int fd)
{
	return fsync(fd) && errno != EINVAL ? -errno : 0;
}

int file_commit(struct file_output *output, int *keep)
{
	int error = 0;

	/* A name lasts through a power cut only once its folder is on the disk. */
	if (output->folder >= 0)
		error = sync_to_disk(output->fd) ?: give_own_name(output) ?:
			sync_to_disk(output->folder);
	if (keep && !error) {
		*keep = output->fd;
		output->fd = -1;
	}
	if (output->fd >= 0 && close(output->fd) && !error)
		error = -errno;
	output->fd = -1;
	file_abandon(output);
	return error;
}

int file_replace(const char *path, const struct iovec *parts,
		 unsigned int count, mode_t mode, unsigned int flags)
{
	struct file_output output;
	int error = file_begin(&output, path, mode, flags);
	unsigned int i;

	if (error)
		return error;
	for (i = 0; i < count && !error; i++)
		error = file_put(&output, parts[i].iov_base, parts[i].iov_len);
	if (!error)
		return file_commit(&output, NULL);
	file_abandon(&output);
	return error;
}

bool file_is(int fd, const char *path)
{
	struct stat open, named;

	return !fstat(fd, &open) && !lstat(path, &named) &&
	       same_file(&open, &named);
}

static int lock_regular(int fd)
{
	struct stat status;

	if (fstat(fd, &status))
		return -errno;
	if (!S_ISREG(status.st_mode))
		return -ENOSTR;
	return flock(fd, LOCK_EX | LOCK_NB) ? -errno : 0;
}

/* Locks what has the name now; -EAGAIN if that is not known. */
static int try_lock(const char *path)
{
	int fd = open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY |
		      O_CLOEXEC);
	int error;

	if (fd < 0)
		return -errno;
	error = lock_regular(fd);
	if (!error && !file_is(fd, path))
		error = -EAGAIN;
	if (!error)
		return fd;
	close(fd);
	return error;
}

int file_lock(const char *path, int timeout_ms)
{
	int64_t deadline = now_ns() + timeout_ms * 1000000LL;
	int fd;

	while ((fd = try_lock(path)) == -EAGAIN && now_ns() < deadline)
		usleep(PAUSE_US);
	return fd == -EAGAIN ? -EBUSY : fd;
}
