// SPDX-License-Identifier: MIT
/* limend at a socket that a service manager hands over. */
#include "../face/suite.h"
#include "daemon.h"

/* What a service manager says of it, and whether limend's own number is told. */
static const char *count;
static bool for_another;

/* A socket of the folder's at this name, listening if it can and shall. */
static int manager_socket(const char *name, int type, bool listening)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", sample_folder,
		 name);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	if (listening)
		ck_assert_int_eq(listen(fd, 64), 0);
	return fd;
}

/* Starts limend as a service manager does that hands over this descriptor; -1: none. */
static pid_t spawn_with(int fd)
{
	pid_t pid = fork();
	char number[16];

	ck_assert_int_ge(pid, 0);
	if (pid)
		return pid;
	if (dup2(open(in_folder("log"), O_WRONLY | O_CREAT | O_TRUNC, 0600),
		 STDERR_FILENO) < 0 || (fd < 0 ? close(3) && errno != EBADF : dup2(fd, 3) != 3))
		_exit(99);
	if (fd == 3)
		fcntl(3, F_SETFD, 0);
	snprintf(number, sizeof(number), "%d", for_another ? getppid() : getpid());
	setenv("LISTEN_PID", number, 1);
	setenv("LISTEN_FDS", count, 1);
	execl(LIMEND, LIMEND, "--config", in_folder("conf"), "--socket",
	      in_folder("s"), "--backend", "cpu", NULL);
	_exit(99);
}

static void setup(void)
{
	folder_make();
	file_write(in_folder("conf"), "", 0);
	count = "1";
	for_another = false;
}

static void check_log(const char *what)
{
	size_t size;
	uint8_t *log = file_slurp(in_folder("log"), &size);

	log[size] = '\0';
	ck_assert_msg(strstr((char *)log, what), "no \"%s\" in: %s", what, (char *)log);
	ck_assert_ptr_eq(strchr((char *)log, '\n'), log + size - 1);
	free(log);
}

static void check_served(void)
{
	struct limen_template a = sample(512, 1), b = sample(512, 2);
	struct limen_service_result result = { .size = sizeof(result) };
	struct limen_client *client;

	ck_assert_int_eq(limen_client_connect(&client, in_folder("s")), 0);
	ck_assert_int_eq(limen_client_compare(client, &a, &b, DAEMON_TIMEOUT_MS,
					      &result), 0);
	limen_client_close(client);
}

static void end(pid_t pid)
{
	kill(pid, SIGTERM);
	ck_assert_int_eq(daemon_wait(pid), 0);
}

/* Who connects before there is a limend is served by it, and by the next one. */
START_TEST(whoever_waits_is_served)
{
	int listening = manager_socket("s", SOCK_SEQPACKET, true), fd, round;
	struct limen_template a = sample(512, 1), b = sample(512, 2);
	struct packet packet = packet_compare(&a, &b, 1);
	struct limend_compare_reply reply;
	pid_t pid;

	for (round = 0; round < 2; round++) {
		fd = daemon_connect();
		packet_send(fd, &packet);
		pid = spawn_with(listening);
		ck_assert_int_eq(recv(fd, &reply, sizeof(reply), 0), sizeof(reply));
		ck_assert_int_eq((int32_t)le32toh(reply.error), 0);
		close(fd);
		check_served();
		end(pid);
		/* The file is not limend's; the lock beside it is. */
		ck_assert_int_eq(access(in_folder("s"), F_OK), 0);
		ck_assert_int_ne(access(in_folder("s.lock"), F_OK), 0);
	}
	close(listening);
}
END_TEST

static int no_socket(void)
{
	return open("/dev/null", O_RDWR);
}

static int closed(void)
{
	return -1;
}

static int stream(void)
{
	return manager_socket("s", SOCK_STREAM, true);
}

static int datagrams(void)
{
	return manager_socket("s", SOCK_DGRAM, false);
}

static int silent(void)
{
	return manager_socket("s", SOCK_SEQPACKET, false);
}

static int elsewhere(void)
{
	return manager_socket("s2", SOCK_SEQPACKET, true);
}

static int longer(void)
{
	return manager_socket("sx", SOCK_SEQPACKET, true);
}

static int nameless(void)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	/* The kernel gives it an abstract name. */
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(sa_family_t)), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	return fd;
}

static int connected(void)
{
	int ends[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	return ends[0];
}

static int internet(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(listen(fd, 1), 0);
	return fd;
}

static int right(void)
{
	return manager_socket("s", SOCK_SEQPACKET, true);
}

static const struct {
	int (*make)(void);
	const char *count;
	const char *says;
} wrong[] = {
	{ no_socket, "1", "SOCK_SEQPACKET" },
	{ closed, "1", "SOCK_SEQPACKET" },
	{ stream, "1", "SOCK_SEQPACKET" },
	{ datagrams, "1", "SOCK_SEQPACKET" },
	{ internet, "1", "SOCK_SEQPACKET" },
	{ silent, "1", "does not listen" },
	{ connected, "1", "does not listen" },
	{ elsewhere, "1", "another address" },
	{ longer, "1", "another address" },
	{ nameless, "1", "another address" },
	{ right, "2", "another number" },
	{ right, "-1", "another number" },
	{ right, "1x", "another number" },
	{ right, "4294967297", "another number" },
	{ right, "", "another number" },
};

START_TEST(what_is_not_right_is_not_taken)
{
	count = wrong[_i].count;
	ck_assert_int_eq(daemon_wait(spawn_with(wrong[_i].make())), 1);
	check_log(wrong[_i].says);
	ck_assert_int_ne(access(in_folder("s.lock"), F_OK), 0);
}
END_TEST

/* Words that are another process's, or say that there is none: it listens by itself. */
START_TEST(what_is_not_for_it_is_left_alone)
{
	pid_t pid;

	for_another = _i;
	count = _i ? "1" : "0";
	pid = spawn_with(no_socket());
	close(daemon_connect());
	check_served();
	end(pid);
	ck_assert_int_ne(access(in_folder("s"), F_OK), 0);
}
END_TEST

/* At one address, of two limends one ends, whichever of them was handed the socket. */
START_TEST(two_at_one_address_are_impossible)
{
	int listening = manager_socket("s", SOCK_SEQPACKET, true);
	pid_t pid;

	/* Nobody has been started yet, but will be. */
	ck_assert_int_eq(daemon_wait(daemon_spawn("cpu")), 1);
	check_log("limend.socket is there for one");
	pid = spawn_with(listening);
	check_served();
	ck_assert_int_eq(daemon_wait(daemon_spawn("cpu")), 1);
	check_log("another limend is running");
	ck_assert_int_eq(daemon_wait(spawn_with(listening)), 1);
	check_log("another limend is running");
	check_served();
	end(pid);
	close(listening);

	/* systemd puts its socket in the place of one that is in use. */
	ck_assert_int_eq(unlink(in_folder("s")), 0);
	pid = daemon_spawn("cpu");
	close(daemon_connect());
	ck_assert_int_eq(unlink(in_folder("s")), 0);
	listening = manager_socket("s", SOCK_SEQPACKET, true);
	ck_assert_int_eq(daemon_wait(spawn_with(listening)), 1);
	check_log("another limend is running");
	end(pid);
	ck_assert_int_eq(access(in_folder("s"), F_OK), 0);
	close(listening);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("activation");
	TCase *tests = tcase_create("activation");

	tcase_set_timeout(tests, 60);
	tcase_add_checked_fixture(tests, setup, folder_remove);
	tcase_add_test(tests, whoever_waits_is_served);
	tcase_add_loop_test(tests, what_is_not_right_is_not_taken, 0, COUNT_OF(wrong));
	tcase_add_loop_test(tests, what_is_not_for_it_is_left_alone, 0, 2);
	tcase_add_test(tests, two_at_one_address_are_impossible);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
