// SPDX-License-Identifier: MIT
/* limend, from outside. */
#include <grp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include "../face/suite.h"
#include "daemon.h"

#define NOBODY 65534
#define FRIEND 54321
#define FRIENDS 54322

static void setup(void)
{
	daemon_start_as("cpu", "[service]\nallow = 54321 no-such-user @54322 @no-such-group\n");
}

static struct limen_client *client(void)
{
	struct limen_client *made;

	ck_assert_int_eq(limen_client_connect(&made, in_folder("s")), 0);
	return made;
}

/* A comparison of two samples comes out right. */
static void check_served(struct limen_client *client, uint32_t dim,
			 uint32_t seed)
{
	struct limen_template a = sample(dim, seed), b = sample(dim, seed + 1);
	struct limen_score score = limen_score_vectors(a.vector, b.vector, dim);
	struct limen_service_result result = { .size = sizeof(result) };

	ck_assert_int_eq(limen_client_compare(client, &a, &b,
					      DAEMON_TIMEOUT_MS, &result), 0);
	ck_assert_int_eq(result.score.raw, score.raw);
	ck_assert_int_eq(result.score.similarity, score.similarity);
	ck_assert_int_eq(result.backend, LIMEN_BACKEND_CPU);
	ck_assert_uint_ge(result.service_ns, result.device_ns);
}

static struct packet good_packet(uint64_t number)
{
	struct limen_template a = sample(512, 1), b = sample(512, 2);

	return packet_compare(&a, &b, number);
}

static void check_reply(int fd, uint64_t number)
{
	struct limen_template a = sample(512, 1), b = sample(512, 2);
	struct limen_score score = limen_score_vectors(a.vector, b.vector, 512);
	struct limend_compare_reply reply;

	ck_assert_int_eq(recv(fd, &reply, sizeof(reply), MSG_TRUNC),
			 sizeof(reply));
	ck_assert_uint_eq(le32toh(reply.magic), LIMEND_MAGIC);
	ck_assert_uint_eq(le16toh(reply.version), LIMEND_VERSION);
	ck_assert_uint_eq(le16toh(reply.op), LIMEND_COMPARE);
	ck_assert_uint_eq(le64toh(reply.number), number);
	ck_assert_int_eq((int32_t)le32toh(reply.error), 0);
	ck_assert_int_eq((int32_t)le32toh(reply.raw), score.raw);
	ck_assert_int_eq((int32_t)le32toh(reply.similarity), score.similarity);
	ck_assert_uint_eq(le32toh(reply.backend), LIMEN_BACKEND_CPU);
}

START_TEST(scores)
{
	struct limen_client *made = client();
	uint32_t seed;

	for (seed = 0; seed < 50; seed++) {
		check_served(made, 128, seed);
		check_served(made, 256, seed);
		check_served(made, 512, seed);
	}
	limen_client_close(made);
}
END_TEST

START_TEST(status)
{
	struct limen_service_status before = { .size = sizeof(before) };
	struct limen_service_status after = { .size = sizeof(after) };
	struct limen_client *made = client();

	ck_assert_int_eq(limen_client_status(made, DAEMON_TIMEOUT_MS, &before),
			 0);
	check_served(made, 512, 1);
	check_served(made, 512, 2);
	ck_assert_int_eq(limen_client_status(made, DAEMON_TIMEOUT_MS, &after),
			 0);
	ck_assert_int_eq(after.backend, LIMEN_BACKEND_CPU);
	ck_assert_str_ne(after.description, "");
	ck_assert_uint_eq(after.comparisons, before.comparisons + 2);
	ck_assert_uint_eq(after.failures, before.failures);
	ck_assert_uint_eq(after.batches, before.batches + 2);
	ck_assert_uint_ge(after.clients, 1);
	limen_client_close(made);
}
END_TEST

/* As many as one connection may have under way, each with its own answer. */
START_TEST(many_under_way)
{
	struct limen_template a[LIMEN_CLIENT_PENDING_MAX];
	uint64_t tickets[LIMEN_CLIENT_PENDING_MAX], ticket;
	struct limen_service_result result = { .size = sizeof(result) };
	struct limen_client *made = client();
	struct limen_template b = sample(512, 99);
	struct limen_score score;
	unsigned int i, taken;

	for (i = 0; i < LIMEN_CLIENT_PENDING_MAX; i++) {
		a[i] = sample(i % 8 ? 512 : 128, i);
		ck_assert_int_eq(limen_client_submit(made, &a[i], &b,
						     DAEMON_TIMEOUT_MS,
						     &tickets[i]), 0);
	}
	for (taken = 0; taken < LIMEN_CLIENT_PENDING_MAX; taken++) {
		ck_assert_int_eq(limen_client_next(made, DAEMON_TIMEOUT_MS,
						   &ticket, &result), 0);
		for (i = 0; tickets[i] != ticket; i++)
			ck_assert_uint_lt(i, LIMEN_CLIENT_PENDING_MAX - 1);
		tickets[i] = 0;
		ck_assert_int_eq(result.error, i % 8 ? 0 : -EDOM);
		if (result.error)
			continue;
		score = limen_score_vectors(a[i].vector, b.vector, 512);
		ck_assert_mem_eq(&result.score, &score, sizeof(score));
	}
	check_served(made, 512, 1);
	limen_client_close(made);
}
END_TEST

START_TEST(what_does_not_compare)
{
	struct limen_template a = sample(512, 1), b = sample(512, 2);
	struct limen_service_result result = { .size = sizeof(result) };
	struct limen_client *made = client();

	b.model[3] ^= 1;
	ck_assert_int_eq(limen_client_compare(made, &a, &b, DAEMON_TIMEOUT_MS,
					      &result), -EMEDIUMTYPE);
	b = sample(128, 2);
	ck_assert_int_eq(limen_client_compare(made, &a, &b, DAEMON_TIMEOUT_MS,
					      &result), -EDOM);
	ck_assert_int_eq(result.score.similarity, 0);
	check_served(made, 512, 1);
	limen_client_close(made);
}
END_TEST

#define WRONG(name, statement) \
	static void name(struct packet *packet) \
	{ \
		statement; \
	}
#define HEADER(offset) (packet->templates + (offset))
#define SECOND(offset) (packet->templates + 64 + 512 + (offset))

WRONG(wrong_magic, packet->head.magic ^= 1)
WRONG(older_version, packet->head.version = 0)
WRONG(newer_version, packet->head.version = htole16(LIMEND_VERSION + 1))
WRONG(no_op, packet->head.op = 0)
WRONG(unknown_op, packet->head.op = htole16(3))
WRONG(status_with_more, packet->head.op = htole16(LIMEND_STATUS))
WRONG(empty, packet->size = 0)
WRONG(one_byte, packet->size = 1)
WRONG(half_a_head, packet->size = 15)
WRONG(only_a_head, packet->size = 16)
WRONG(half_a_template, packet->size = 16 + 63)
WRONG(one_template, packet->size = 16 + 64 + 512)
WRONG(a_byte_too_few, packet->size--)
WRONG(a_byte_too_many, packet->size++)
WRONG(much_too_long, packet->size = sizeof(packet->head) +
				    sizeof(packet->templates))
WRONG(first_magic, *HEADER(0) ^= 1)
WRONG(first_version, *HEADER(4) = 2)
WRONG(first_flags, *HEADER(12) = 1)
WRONG(first_reserved, *HEADER(63) = 1)
WRONG(first_longer, *HEADER(7) = 255)
WRONG(first_shorter, (*HEADER(6) = 128, *HEADER(7) = 0))
WRONG(first_zero, memset(HEADER(64), 0, 512))
WRONG(second_magic, *SECOND(0) ^= 1)
WRONG(second_shorter, (*SECOND(6) = 128, *SECOND(7) = 0))
WRONG(second_zero, memset(SECOND(64), 0, 512))

static const struct {
	const char *name;
	void (*spoil)(struct packet *packet);
} wrong[] = {
#define CASE(name) { #name, name }
	CASE(wrong_magic), CASE(older_version), CASE(newer_version),
	CASE(no_op), CASE(unknown_op), CASE(status_with_more), CASE(empty),
	CASE(one_byte), CASE(half_a_head), CASE(only_a_head),
	CASE(half_a_template), CASE(one_template), CASE(a_byte_too_few),
	CASE(a_byte_too_many), CASE(much_too_long), CASE(first_magic),
	CASE(first_version), CASE(first_flags), CASE(first_reserved),
	CASE(first_longer), CASE(first_shorter), CASE(first_zero),
	CASE(second_magic), CASE(second_shorter), CASE(second_zero),
};

/* What limend says before it hangs up, which may already be told of as well. */
static void check_refused(int fd, int error)
{
	struct limend_refusal refusal;
	ssize_t got = recv(fd, &refusal, sizeof(refusal), MSG_TRUNC);

	if (got < 0 && errno == ECONNRESET)
		got = recv(fd, &refusal, sizeof(refusal), MSG_TRUNC);
	ck_assert_int_eq(got, sizeof(refusal));
	ck_assert_uint_eq(le32toh(refusal.magic), LIMEND_MAGIC);
	ck_assert_uint_eq(le16toh(refusal.op), LIMEND_REFUSED);
	ck_assert_int_eq((int32_t)le32toh(refusal.error), error);
	ck_assert_uint_eq(refusal.number | refusal.reserved, 0);
}

/* It ends the connection it came by, after what came before, and no other. */
START_TEST(malformed_packets)
{
	struct packet good = good_packet(1);
	unsigned int i, round;
	uint8_t byte;

	for (i = 0; i < COUNT_OF(wrong); i++) {
		struct limen_client *other = client();
		struct packet packet = good_packet(2);
		int fd = daemon_connect();

		wrong[i].spoil(&packet);
		/* Both ways of receiving: singly and many at once. */
		for (round = 0; round < (i % 2 ? 1 : 20); round++) {
			packet_send(fd, &good);
			check_reply(fd, 1);
		}
		packet_send(fd, &packet);
		/* What lies behind it may be lost with the connection. */
		send(fd, &good.head, good.size, MSG_NOSIGNAL);
		if (wrong[i].spoil == older_version ||
		    wrong[i].spoil == newer_version)
			check_refused(fd, -EPROTONOSUPPORT);
		ck_assert_msg(recv(fd, &byte, 1, 0) <= 0 && errno != EAGAIN,
			      "%s: not ended", wrong[i].name);
		close(fd);
		check_served(other, 512, i);
		limen_client_close(other);
	}
}
END_TEST

START_TEST(depth)
{
	struct packet packet = good_packet(0);
	int fd = daemon_connect();
	uint64_t round, i;

	for (round = 0; round < 20; round++) {
		for (i = 0; i < LIMEN_BATCH_MAX; i++) {
			packet.head.number = htole64(round << 32 | i);
			packet_send(fd, &packet);
		}
		for (i = 0; i < LIMEN_BATCH_MAX; i++)
			check_reply(fd, round << 32 | i);
	}
	close(fd);
}
END_TEST

/* limend is stopped until all requests are there: one batch takes all. */
START_TEST(batches_across_clients)
{
	struct limen_service_status before = { .size = sizeof(before) };
	struct limen_service_status after = { .size = sizeof(after) };
	struct limen_client *observer = client();
	struct packet packet = good_packet(9);
	int fds[8], i, round;

	for (i = 0; i < 8; i++) {
		fds[i] = daemon_connect();
		packet_send(fds[i], &packet);
		check_reply(fds[i], 9);
	}
	ck_assert_int_eq(limen_client_status(observer, DAEMON_TIMEOUT_MS,
					     &before), 0);
	kill(daemon_pid, SIGSTOP);
	ck_assert_int_eq(waitpid(daemon_pid, NULL, WUNTRACED), daemon_pid);
	for (i = 0; i < 8; i++)
		for (round = 0; round < 8; round++)
			packet_send(fds[i], &packet);
	kill(daemon_pid, SIGCONT);
	for (i = 0; i < 8; i++) {
		for (round = 0; round < 8; round++)
			check_reply(fds[i], 9);
		close(fds[i]);
	}
	ck_assert_int_eq(limen_client_status(observer, DAEMON_TIMEOUT_MS,
					     &after), 0);
	ck_assert_uint_eq(after.comparisons, before.comparisons + 64);
	ck_assert_uint_eq(after.batches, before.batches + 1);
	limen_client_close(observer);
}
END_TEST

START_TEST(many_clients)
{
	struct packet packet = good_packet(4);
	int fds[200], i, round;

	for (i = 0; i < 200; i++)
		fds[i] = daemon_connect();
	for (round = 0; round < 3; round++) {
		for (i = 0; i < 200; i++)
			packet_send(fds[i], &packet);
		for (i = 0; i < 200; i++)
			check_reply(fds[i], 4);
	}
	for (i = 0; i < 200; i++)
		close(fds[i]);
}
END_TEST

START_TEST(too_many_clients_are_turned_away)
{
	struct limen_client *first = client(), *late;
	int fds[300], i;

	for (i = 0; i < 300; i++)
		fds[i] = daemon_connect();
	ck_assert_int_eq(limen_client_connect(&late, in_folder("s")), -EUSERS);
	check_served(first, 512, 1);
	for (i = 0; i < 300; i++)
		close(fds[i]);
	limen_client_close(first);
	first = client();
	check_served(first, 512, 1);
	limen_client_close(first);
}
END_TEST

/* A client that never reads is dropped, and others notice nothing. */
START_TEST(slow_reader)
{
	struct limen_client *other = client();
	struct packet packet = good_packet(1);
	int fd = daemon_connect();
	bool dropped = false;
	int i;

	for (i = 0; i < 100000 && !dropped; i++) {
		if (send(fd, &packet.head, packet.size,
			 MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
			dropped = errno == EPIPE || errno == ECONNRESET;
		if (i % 100 == 0)
			check_served(other, 512, i);
	}
	ck_assert(dropped);
	check_served(other, 512, 7);
	limen_client_close(other);
	close(fd);
}
END_TEST

/* While one client keeps its socket full, another has its requests answered. */
START_TEST(fairness)
{
	struct packet packet = good_packet(1);
	struct limen_client *polite = client();
	int fd = daemon_connect(), i;
	pid_t greedy = fork();

	if (!greedy) {
		struct limend_compare_reply reply;

		for (i = 0; i < LIMEN_BATCH_MAX; i++)
			packet_send(fd, &packet);
		while (recv(fd, &reply, sizeof(reply), 0) == sizeof(reply))
			packet_send(fd, &packet);
		_exit(0);
	}
	for (i = 0; i < 500; i++)
		check_served(polite, 512, i);
	kill(greedy, SIGKILL);
	waitpid(greedy, NULL, 0);
	limen_client_close(polite);
	close(fd);
}
END_TEST

/* What a client passes along must not fill limend's table of files. */
START_TEST(passed_descriptors_are_dropped)
{
	struct packet packet = good_packet(1);
	union {
		struct cmsghdr align;
		char data[CMSG_SPACE(sizeof(int))];
	} control = {};
	struct iovec part = { &packet.head, packet.size };
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1,
		.msg_control = control.data,
		.msg_controllen = sizeof(control.data),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	struct limen_client *other;
	int fd = daemon_connect(), i;

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	for (i = 0; i < 2000; i++) {
		ck_assert_int_eq(sendmsg(fd, &message, MSG_NOSIGNAL),
				 packet.size);
		check_reply(fd, 1);
	}
	close(fd);
	other = client();
	check_served(other, 512, 1);
	limen_client_close(other);
}
END_TEST

static unsigned int count_lines(const char *what)
{
	size_t size;
	uint8_t *log = file_slurp(in_folder("log"), &size);
	unsigned int count = 0;
	char *at;

	log[size] = '\0';
	for (at = (char *)log; (at = strstr(at, what)); at++)
		count++;
	free(log);
	return count;
}

/* Connects as another user; the result as an exit status. */
static int connect_with(uid_t uid, gid_t gid, gid_t another)
{
	struct limen_client *made;
	pid_t pid = fork();

	if (!pid) {
		int error = setgroups(1, &another) || setgid(gid) || setuid(uid) ?
			    -EPERM :
			    limen_client_connect(&made, in_folder("s"));

		_exit(-error);
	}
	return daemon_wait(pid);
}

static int connect_as(uid_t uid)
{
	return connect_with(uid, uid, uid);
}

START_TEST(users)
{
	struct limen_client *made;

	if (geteuid())
		return; /* only root can be somebody else */
	ck_assert_int_eq(connect_as(NOBODY), EACCES);
	ck_assert_int_eq(connect_as(FRIEND), 0);
	made = client();
	check_served(made, 512, 1);
	limen_client_close(made);
}
END_TEST

/* The group of the process or one beside it; a user of that number is somebody else. */
START_TEST(groups)
{
	if (geteuid())
		return;
	ck_assert_int_eq(connect_with(NOBODY, NOBODY, NOBODY), EACCES);
	ck_assert_int_eq(connect_with(NOBODY, FRIENDS, NOBODY), 0);
	ck_assert_int_eq(connect_with(NOBODY, NOBODY, FRIENDS), 0);
	ck_assert_int_eq(connect_with(FRIENDS, NOBODY, NOBODY), EACCES);
	ck_assert_int_eq(connect_with(NOBODY, FRIEND, FRIEND), EACCES);
}
END_TEST

static void reconfigure(const char *text)
{
	file_write(in_folder("conf"), text, strlen(text));
	kill(daemon_pid, SIGHUP);
}

/* Within ten seconds, as it reads the configuration in its own time. */
static void check_becomes(uid_t uid, int error)
{
	int attempt;

	for (attempt = 0; attempt < 1000 && connect_as(uid) != error; attempt++)
		usleep(10000);
	ck_assert_int_eq(connect_as(uid), error);
}

/* Who is not allowed any more is disconnected; what is wrong changes nothing. */
START_TEST(users_change_on_sighup)
{
	int sockets[2], status = 0;
	pid_t friend;
	char byte;

	if (geteuid())
		return;
	ck_assert_int_eq(pipe(sockets), 0);
	friend = fork();
	if (!friend) {
		char text[64];
		int fd;

		if (setgid(FRIEND) || setuid(FRIEND))
			_exit(2);
		fd = daemon_connect();
		byte = 1;
		if (write(sockets[1], &byte, 1) != 1)
			_exit(3);
		/* The refusal, and the end. */
		if (recv(fd, text, sizeof(text), 0) <= 0)
			_exit(4);
		_exit(recv(fd, text, sizeof(text), 0) > 0 ? 5 : 0);
	}
	ck_assert_int_eq(read(sockets[0], &byte, 1), 1);
	check_becomes(FRIEND, 0);
	reconfigure("[service]\nallow = 65534\n");
	check_becomes(NOBODY, 0);
	ck_assert_int_eq(connect_as(FRIEND), EACCES);
	ck_assert_int_eq(waitpid(friend, &status, 0), friend);
	ck_assert_int_eq(status, 0);
	reconfigure("[service]\nallow = 54321\ntimeout = never\n");
	usleep(300000);
	ck_assert_int_eq(connect_as(NOBODY), 0);
	ck_assert_int_eq(connect_as(FRIEND), EACCES);
}
END_TEST

/* This test's own file in the place of that of the machine. */
static void put_over(const char *path, const char *name, const char *text)
{
	file_write(in_folder(name), text, strlen(text));
	ck_assert_int_eq(chmod(in_folder(name), 0644), 0);
	ck_assert_int_eq(mount(in_folder(name), path, NULL, MS_BIND, NULL), 0);
}

/* As a package installs limend, and only then another one its user. */
START_TEST(names_that_come_later)
{
	static const char nobody[] = "root:x:0:0::/:/bin/sh\n";
	static const char late[] = "late:x:65534:65533::/:/bin/sh\n";
	static const char group[] = "lates:x:54322:\n";

	if (geteuid() || unshare(CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return; /* no list of users of its own */
	folder_make();
	put_over("/etc/passwd", "passwd", nobody);
	put_over("/etc/group", "group", "");
	daemon_start("cpu", "[service]\nallow = late, @lates\n");
	ck_assert_uint_eq(count_lines("no user late on this machine"), 1);
	ck_assert_uint_eq(count_lines("no group lates on this machine"), 1);
	ck_assert_int_eq(connect_as(NOBODY), EACCES);
	file_write(in_folder("passwd"), late, strlen(late));
	check_becomes(NOBODY, 0);
	ck_assert_int_eq(connect_with(FRIEND, FRIENDS, FRIEND), EACCES);
	file_write(in_folder("group"), group, strlen(group));
	sleep(1);
	ck_assert_int_eq(connect_with(FRIEND, FRIENDS, FRIEND), 0);
	umount("/etc/passwd");
	umount("/etc/group");
	daemon_stop();
	daemon_pid = 0;
}
END_TEST

/* The next thing that limend tells the service manager, within ten seconds. */
static const char *notice(int fd)
{
	static char text[256];
	struct timeval patience = { .tv_sec = 10 };
	ssize_t size;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	size = recv(fd, text, sizeof(text) - 1, 0);
	ck_assert_int_gt(size, 0);
	text[size] = 0;
	return text;
}

START_TEST(tells_the_service_manager)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), i;

	folder_make();
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/n", sample_folder);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	file_write(in_folder("conf"), "", 0);
	setenv("NOTIFY_SOCKET", address.sun_path, 1);
	setenv("WATCHDOG_USEC", "300000", 1);
	daemon_pid = daemon_spawn("cpu");
	ck_assert_str_eq(notice(fd), "READY=1");
	/* It is connected to at that word. */
	ck_assert_int_eq(connect_as(geteuid()), 0);
	for (i = 0; i < 5; i++)
		ck_assert_str_eq(notice(fd), "WATCHDOG=1");
	kill(daemon_pid, SIGHUP);
	while (strcmp(notice(fd), "RELOADING=1"))
		;
	ck_assert_str_eq(notice(fd), "READY=1");
	kill(daemon_pid, SIGTERM);
	while (strcmp(notice(fd), "STOPPING=1"))
		;
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	daemon_stop();
	daemon_pid = 0;
	close(fd);
}
END_TEST

START_TEST(ends_on_sigterm_with_requests_under_way)
{
	struct packet packet = good_packet(1);
	struct limend_compare_reply reply;
	int fd = daemon_connect(), i;
	ssize_t got;

	for (i = 0; i < LIMEN_BATCH_MAX; i++)
		packet_send(fd, &packet);
	kill(daemon_pid, SIGTERM);
	ck_assert_int_eq(daemon_wait(daemon_pid), 0);
	daemon_pid = 0;
	while ((got = recv(fd, &reply, sizeof(reply), 0)) > 0) {
		ck_assert_int_eq(got, sizeof(reply));
		ck_assert_int_eq((int32_t)le32toh(reply.error), 0);
	}
	ck_assert(!got || errno == ECONNRESET);
	ck_assert_int_ne(access(in_folder("s"), F_OK), 0);
	close(fd);
}
END_TEST

/* A service manager may change its mind as soon as there is a socket. */
START_TEST(ends_on_sigterm_as_it_starts)
{
	unsigned int round;

	for (round = 0; round <= 20; round++) {
		ck_assert_int_eq(kill(daemon_pid, SIGTERM), 0);
		ck_assert_int_eq(daemon_wait(daemon_pid), 0);
		ck_assert_int_ne(access(in_folder("s"), F_OK), 0);
		daemon_pid = daemon_spawn("cpu");
		while (access(in_folder("s"), F_OK))
			;
	}
}
END_TEST

START_TEST(a_socket_left_behind_is_replaced)
{
	struct limen_client *made;

	kill(daemon_pid, SIGKILL);
	ck_assert_int_eq(daemon_wait(daemon_pid), -SIGKILL);
	ck_assert_int_eq(access(in_folder("s"), F_OK), 0);
	daemon_pid = daemon_spawn("cpu");
	close(daemon_connect());
	made = client();
	check_served(made, 512, 1);
	limen_client_close(made);
}
END_TEST

START_TEST(a_second_one_gives_way)
{
	struct limen_client *made = client();

	ck_assert_int_eq(daemon_wait(daemon_spawn("cpu")), 1);
	check_served(made, 512, 1);
	limen_client_close(made);
	made = client();
	limen_client_close(made);
}
END_TEST

START_TEST(what_is_no_socket_is_left_alone)
{
	kill(daemon_pid, SIGTERM);
	ck_assert_int_eq(daemon_wait(daemon_pid), 0);
	daemon_pid = 0;
	file_write(in_folder("s"), "precious", 8);
	ck_assert_int_eq(daemon_wait(daemon_spawn("cpu")), 1);
	ck_assert_int_eq(access(in_folder("s"), F_OK), 0);
}
END_TEST

START_TEST(its_memory_is_closed)
{
	char path[64];
	struct stat stat;

	/* Undumpable processes' files in /proc belong to root. */
	snprintf(path, sizeof(path), "/proc/%d/mem", daemon_pid);
	ck_assert_int_eq(lstat(path, &stat), 0);
	ck_assert_uint_eq(stat.st_uid, 0);
	snprintf(path, sizeof(path), "/proc/%d/limits", daemon_pid);
	FILE *limits = fopen(path, "re");
	char line[256];
	bool found = false;

	while (limits && fgets(line, sizeof(line), limits))
		found |= !strncmp(line, "Max core file size        0 ", 28);
	if (limits)
		fclose(limits);
	ck_assert(found);
}
END_TEST

/* Runs of components that are looked for, as they are and widened. */
#define RUN 16

static bool holds(const uint8_t *memory, size_t size, const int8_t *vector,
		  uint32_t dim)
{
	int16_t wide[RUN];
	uint32_t at, i;

	for (at = 0; at + RUN <= dim; at += 4 * RUN) {
		for (i = 0; i < RUN; i++)
			wide[i] = vector[at + i];
		if (memmem(memory, size, vector + at, RUN) ||
		    memmem(memory, size, wide, sizeof(wide)))
			return true;
	}
	return false;
}

/* Whether any memory that limend can write to holds a part of the vector. */
static bool daemon_holds(const int8_t *vector, uint32_t dim)
{
	char path[64], line[512], *rest;
	bool found = false;
	FILE *maps;
	int memory;

	snprintf(path, sizeof(path), "/proc/%d/mem", daemon_pid);
	memory = open(path, O_RDONLY);
	ck_assert_int_ge(memory, 0);
	snprintf(path, sizeof(path), "/proc/%d/maps", daemon_pid);
	maps = fopen(path, "re");
	ck_assert_ptr_nonnull(maps);
	while (fgets(line, sizeof(line), maps)) {
		unsigned long start = strtoul(line, &rest, 16);
		unsigned long end = strtoul(rest + 1, &rest, 16);
		uint8_t *copy;
		ssize_t got;

		/* " rw-p": a sanitizer's shadow is too large, and its own. */
		if (rest[2] != 'w' || end - start > 1ul << 26)
			continue;
		copy = malloc(end - start);
		ck_assert_ptr_nonnull(copy);
		got = pread(memory, copy, end - start, start);
		found |= got > 0 && holds(copy, got, vector, dim);
		free(copy);
	}
	fclose(maps);
	close(memory);
	return found;
}

/*
 * Neither of a comparison nor of a packet that was refused. That the search
 * finds what is there is shown by what limend does keep.
 */
START_TEST(nothing_of_a_template_remains)
{
	struct packet packet = good_packet(1);
	const int8_t *sent = (const int8_t *)packet.templates + 64;
	struct limen_backend *cpu;
	char kept[64] = {};
	uint8_t byte;
	int fd, i;

	if (geteuid())
		return; /* limend's memory is closed to its own user */
	fd = daemon_connect();
	for (i = 0; i < LIMEN_BATCH_MAX; i++)
		packet_send(fd, &packet);
	for (i = 0; i < LIMEN_BATCH_MAX; i++)
		check_reply(fd, 1);
	packet.head.magic = 0;
	packet_send(fd, &packet);
	ck_assert_int_le(recv(fd, &byte, 1, 0), 0);
	close(fd);
	ck_assert(!daemon_holds(sent, 512));
	ck_assert(!daemon_holds(sent + 512 + 64, 512));
	ck_assert_int_eq(limen_backend_open(&cpu, LIMEN_BACKEND_CPU, NULL), 0);
	snprintf(kept, sizeof(kept), "%s", limen_backend_description(cpu));
	limen_backend_close(cpu);
	ck_assert(daemon_holds((const int8_t *)kept, RUN));
}
END_TEST

/* Fields 14 and 15 of stat: the times in user space and in the kernel. */
static uint64_t processor_ticks(pid_t pid)
{
	char path[64], line[1024] = "", *at;
	uint64_t ticks;
	FILE *file;
	int i;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "re");
	ck_assert_ptr_nonnull(file);
	ck_assert_ptr_nonnull(fgets(line, sizeof(line), file));
	fclose(file);
	/* The name, field 2, may have spaces in it. */
	at = strrchr(line, ')');
	for (i = 2; i < 14 && at; i++)
		at = strchr(at + 1, ' ');
	ck_assert_ptr_nonnull(at);
	ticks = strtoul(at, &at, 10);
	return ticks + strtoul(at, &at, 10);
}

/* A client that cannot be accepted is left waiting; limend does not run in circles. */
START_TEST(without_descriptors_it_waits)
{
	struct rlimit limit, before;
	uint64_t ticks;
	struct limen_client *made = client();
	struct limen_template a = sample(512, 1), b = sample(512, 2);
	struct limen_service_result result = { .size = sizeof(result) };
	struct packet packet = good_packet(5);
	int fd;

	check_served(made, 512, 1);
	ck_assert_int_eq(prlimit(daemon_pid, RLIMIT_NOFILE, NULL, &before), 0);
	limit = before;
	limit.rlim_cur = 3;
	ck_assert_int_eq(prlimit(daemon_pid, RLIMIT_NOFILE, &limit, NULL), 0);
	fd = daemon_connect();
	ticks = processor_ticks(daemon_pid);
	sleep(2);
	ticks = processor_ticks(daemon_pid) - ticks;
	/* Of the two seconds, less than a fifth. */
	ck_assert_uint_lt(ticks, 2 * sysconf(_SC_CLK_TCK) / 5);
	ck_assert_uint_ge(count_lines("cannot be accepted"), 1);
	ck_assert_uint_le(count_lines("cannot be accepted"), 10);
	ck_assert_int_eq(limen_client_compare(made, &a, &b, DAEMON_TIMEOUT_MS,
					      &result), 0);
	ck_assert_int_eq(prlimit(daemon_pid, RLIMIT_NOFILE, &before, NULL), 0);
	limen_client_close(made);
	/* The one that waited, and others, are served then. */
	packet_send(fd, &packet);
	check_reply(fd, 5);
	close(fd);
	made = client();
	check_served(made, 512, 2);
	limen_client_close(made);
}
END_TEST

/* Whoever is malformed a thousand times leaves a few lines, and how many there were. */
START_TEST(the_log_is_not_filled)
{
	struct packet packet = good_packet(1);
	uint8_t byte;
	int i, fd;

	packet.head.magic = 0;
	for (i = 0; i < 1000; i++) {
		fd = daemon_connect();
		packet_send(fd, &packet);
		ck_assert_int_le(recv(fd, &byte, 1, 0), 0);
		close(fd);
	}
	ck_assert_uint_ge(count_lines("malformed"), 1);
	ck_assert_uint_le(count_lines("malformed"), 20);
}
END_TEST

/* limend with its messages in a pipe that nobody reads; the pipe's reading end. */
static int start_with_pipe(void)
{
	char path[32];
	int ends[2], own;

	kill(daemon_pid, SIGTERM);
	ck_assert_int_eq(daemon_wait(daemon_pid), 0);
	ck_assert_int_eq(pipe(ends), 0);
	daemon_pid = fork();
	if (!daemon_pid) {
		dup2(ends[1], STDERR_FILENO);
		close(ends[0]);
		close(ends[1]);
		execl(LIMEND, LIMEND, "--config", in_folder("conf"), "--socket",
		      in_folder("s"), "--backend", "cpu", NULL);
		_exit(99);
	}
	close(daemon_connect());
	/* Full to the last byte. To limend its end stays one that blocks. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", ends[1]);
	own = open(path, O_WRONLY | O_NONBLOCK);
	ck_assert_int_ge(own, 0);
	while (write(own, "x", 1) == 1)
		;
	close(own);
	close(ends[1]);
	return ends[0];
}

START_TEST(a_log_that_nobody_reads_stops_nothing)
{
	struct packet packet = good_packet(1);
	struct limen_client *made;
	int i, fd, log;
	uint8_t byte;

	log = start_with_pipe();
	packet.head.magic = 0;
	for (i = 0; i < 3; i++) {
		fd = daemon_connect();
		packet_send(fd, &packet);
		errno = 0;
		ck_assert_int_le(recv(fd, &byte, 1, 0), 0);
		ck_assert_int_ne(errno, EAGAIN);
		close(fd);
	}
	made = client();
	check_served(made, 512, 1);
	limen_client_close(made);
	/* Nor does one whose reader has gone. */
	if (_i) {
		close(log);
		fd = daemon_connect();
		packet_send(fd, &packet);
		ck_assert_int_le(recv(fd, &byte, 1, 0), 0);
		close(fd);
	}
	kill(daemon_pid, SIGTERM);
	ck_assert_int_eq(daemon_wait(daemon_pid), 0);
	daemon_pid = 0;
	if (!_i)
		close(log);
}
END_TEST

/* Many that all find the socket of a limend that died: one of them takes its place. */
START_TEST(one_takes_the_place_of_a_dead_one)
{
	struct limen_client *made;
	int i, round, left, status;
	pid_t pids[6], pid;

	for (round = 0; round < 20; round++) {
		kill(daemon_pid, SIGKILL);
		ck_assert_int_eq(daemon_wait(daemon_pid), -SIGKILL);
		for (i = 0; i < COUNT_OF(pids); i++)
			pids[i] = daemon_spawn("cpu");
		for (left = COUNT_OF(pids); left > 1; left--) {
			pid = waitpid(-1, &status, 0);
			ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 1);
			for (i = 0; i < COUNT_OF(pids); i++)
				if (pids[i] == pid)
					pids[i] = 0;
		}
		for (i = 0; i < COUNT_OF(pids); i++)
			if (pids[i])
				daemon_pid = pids[i];
		close(daemon_connect());
		made = client();
		check_served(made, 512, 1);
		limen_client_close(made);
	}
}
END_TEST

START_TEST(nothing_is_left_behind)
{
	kill(daemon_pid, SIGTERM);
	ck_assert_int_eq(daemon_wait(daemon_pid), 0);
	daemon_pid = 0;
	/* The configuration and the log. */
	ck_assert_uint_eq(folder_count(), 2);
}
END_TEST

static int count_board(const char *node, void *context)
{
	(void)node;
	++*(int *)context;
	return 0;
}

/* Where the configuration wants a board, the CPU does not stand in for it. */
START_TEST(no_board)
{
	struct limen_template a = sample(512, 1), b = sample(512, 2);
	struct limen_service_result result = { .size = sizeof(result) };
	struct limen_service_status status = { .size = sizeof(status) };
	struct limen_client *made;
	int boards = 0;

	limen_boards_enumerate(count_board, &boards);
	daemon_start_as("board", "");
	made = client();
	if (!boards) {
		ck_assert_int_eq(limen_client_compare(made, &a, &b,
						      DAEMON_TIMEOUT_MS,
						      &result), -ENODEV);
		ck_assert_int_eq(result.backend, LIMEN_BACKEND_BOARD);
		ck_assert_int_eq(limen_client_status(made, DAEMON_TIMEOUT_MS,
						     &status), 0);
		ck_assert_uint_eq(status.failures, 1);
		ck_assert_str_eq(status.description, "no board");
	}
	limen_client_close(made);
	daemon_stop();
}
END_TEST

static const struct {
	const char *arguments[4];
	int status;
} wrong_starts[] = {
	{ { "--nonsense" }, 2 },
	{ { "--config" }, 2 },
	{ { "operand" }, 2 },
	{ { "--backend", "gpu" }, 1 },
	{ { "--config", "/nonexistent" }, 1 },
	{ { "--config", "/dev/null", "--socket", "/nonexistent/a/s" }, 1 },
	{ { "--help" }, 0 },
	{ { "--version" }, 0 },
};

START_TEST(wrong_starts_end)
{
	const char *const *more = wrong_starts[_i].arguments;
	pid_t pid = fork();

	if (!pid) {
		int quiet = open("/dev/null", O_WRONLY);

		dup2(quiet, STDOUT_FILENO);
		dup2(quiet, STDERR_FILENO);
		execl(LIMEND, LIMEND, more[0], more[1], more[2], more[3], NULL);
		_exit(99);
	}
	ck_assert_int_eq(daemon_wait(pid), wrong_starts[_i].status);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("daemon");
	TCase *tests = tcase_create("served"), *alone = tcase_create("alone");

	tcase_set_timeout(tests, 60);
	tcase_add_checked_fixture(tests, setup, daemon_stop);
	tcase_add_test(tests, scores);
	tcase_add_test(tests, status);
	tcase_add_test(tests, many_under_way);
	tcase_add_test(tests, what_does_not_compare);
	tcase_add_test(tests, malformed_packets);
	tcase_add_test(tests, depth);
	tcase_add_test(tests, batches_across_clients);
	tcase_add_test(tests, many_clients);
	tcase_add_test(tests, too_many_clients_are_turned_away);
	tcase_add_test(tests, slow_reader);
	tcase_add_test(tests, fairness);
	tcase_add_test(tests, passed_descriptors_are_dropped);
	tcase_add_test(tests, users);
	tcase_add_test(tests, groups);
	tcase_add_test(tests, users_change_on_sighup);
	tcase_add_test(tests, ends_on_sigterm_with_requests_under_way);
	tcase_add_test(tests, ends_on_sigterm_as_it_starts);
	tcase_add_test(tests, a_socket_left_behind_is_replaced);
	tcase_add_test(tests, a_second_one_gives_way);
	tcase_add_test(tests, what_is_no_socket_is_left_alone);
	tcase_add_test(tests, its_memory_is_closed);
	tcase_add_test(tests, nothing_of_a_template_remains);
	tcase_add_test(tests, without_descriptors_it_waits);
	tcase_add_test(tests, the_log_is_not_filled);
	tcase_add_loop_test(tests, a_log_that_nobody_reads_stops_nothing, 0, 2);
	tcase_add_test(tests, one_takes_the_place_of_a_dead_one);
	tcase_add_test(tests, nothing_is_left_behind);
	suite_add_tcase(suite, tests);
	tcase_set_timeout(alone, 60);
	tcase_add_test(alone, names_that_come_later);
	tcase_add_test(alone, tells_the_service_manager);
	tcase_add_test(alone, no_board);
	tcase_add_loop_test(alone, wrong_starts_end, 0,
			    COUNT_OF(wrong_starts));
	suite_add_tcase(suite, alone);
	return suite_run(suite);
}
