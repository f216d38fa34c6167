// SPDX-License-Identifier: MIT
/*
 * test-control CARD: the card as a process, its control socket, and what it tells of what it
 * has done. A knob that is turned at the socket is turned in configuration space, and the
 * other way round.
 */
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <knobs.h>
#include <limen/hw.h>
#include <monotonic.h>

#define PATIENCE_NS	20000000000LL

/* What of vfio-user is needed to read and write configuration space. */
#define REGION_READ	9
#define REGION_WRITE	10
#define CONFIG_REGION	7

/**
 * struct message - an access, or its answer
 */
struct message {
	uint16_t id;
	uint16_t command;
	uint32_t size;
	uint32_t flags;
	uint32_t error;
	uint64_t offset;
	uint32_t region;
	uint32_t count;
	uint32_t value;
};

/* Without a value, which only a write and the answer to a read have. */
#define MESSAGE_SHORT	offsetof(struct message, value)
#define MESSAGE_LONG	(MESSAGE_SHORT + sizeof(uint32_t))

static const char *program;
static char folder[] = "/tmp/limen-control.XXXXXX";
static char machine_path[64], control_path[64], stats_path[64];
static pid_t card;

static void nap(void)
{
	const struct timespec moment = { .tv_nsec = 1000000 };

	nanosleep(&moment, NULL);
}

static int connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int64_t end = now_ns() + PATIENCE_NS;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	strcpy(address.sun_path, path);
	while (connect(fd, (const struct sockaddr *)&address, sizeof(address))) {
		ck_assert_int_lt(now_ns(), end);
		nap();
	}
	return fd;
}

static void make(void)
{
	char stats[80];

	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(machine_path, sizeof(machine_path), "%s/machine", folder);
	snprintf(control_path, sizeof(control_path), "%s/control", folder);
	snprintf(stats_path, sizeof(stats_path), "%s/stats", folder);
	snprintf(stats, sizeof(stats), "--stats=%s", stats_path);
	card = fork();
	ck_assert_int_ge(card, 0);
	if (card)
		return;
	execl(program, program, "--seed", "1", "--mem", "2", "--control",
	      control_path, stats, machine_path, (char *)NULL);
	_exit(127);
}

static void clean(void)
{
	kill(card, SIGKILL);
	waitpid(card, NULL, 0);
	unlink(machine_path);
	unlink(control_path);
	unlink(stats_path);
	rmdir(folder);
}

/* Whether what has come ends with a line that ends an answer. */
static bool is_whole(const char *text)
{
	const char *last = text + strlen(text);

	if (last == text || last[-1] != '\n')
		return false;
	last--;
	while (last > text && last[-1] != '\n')
		last--;
	return !strncmp(last, "ok", 2) || !strncmp(last, "error", 5);
}

static const char *ask(int fd, const char *line)
{
	static char text[8192];
	size_t used = 0;

	ck_assert_int_eq(send(fd, line, strlen(line), MSG_NOSIGNAL),
			 (ssize_t)strlen(line));
	text[0] = '\0';
	while (!is_whole(text)) {
		ssize_t got = recv(fd, text + used, sizeof(text) - 1 - used, 0);

		ck_assert_int_gt(got, 0);
		used += (size_t)got;
		text[used] = '\0';
	}
	return text;
}

/* One access to configuration space, as a virtual machine makes it. */
static uint32_t config(int fd, uint16_t command, uint64_t offset, uint32_t value)
{
	bool writes = command == REGION_WRITE;
	size_t answer = writes ? MESSAGE_SHORT : MESSAGE_LONG;
	struct message message = {
		.command = command,
		.size = writes ? MESSAGE_LONG : MESSAGE_SHORT,
		.offset = offset, .region = CONFIG_REGION,
		.count = sizeof(value), .value = value,
	};

	ck_assert_int_eq(send(fd, &message, message.size, MSG_NOSIGNAL),
			 (ssize_t)message.size);
	ck_assert_int_eq(recv(fd, &message, answer, MSG_WAITALL),
			 (ssize_t)answer);
	ck_assert_uint_eq(message.error, 0);
	return message.value;
}

static uint32_t knob_read(int machine, enum card_knob knob)
{
	config(machine, REGION_WRITE, CARD_KNOBS + CARD_KNOBS_NUMBER, knob);
	return config(machine, REGION_READ, CARD_KNOBS + CARD_KNOBS_VALUE, 0);
}

static void knob_write(int machine, enum card_knob knob, uint32_t value)
{
	config(machine, REGION_WRITE, CARD_KNOBS + CARD_KNOBS_NUMBER, knob);
	config(machine, REGION_WRITE, CARD_KNOBS + CARD_KNOBS_VALUE, value);
}

START_TEST(both_ways_lead_to_the_same_knobs)
{
	int control = connect_to(control_path), machine;
	char line[64];

	/* Also before there is a machine. */
	ck_assert_str_eq(ask(control, "set delay 0x2a\n"), "ok\n");
	machine = connect_to(machine_path);
	ck_assert_uint_eq(knob_read(machine, CARD_KNOB_DELAY), 42);
	knob_write(machine, CARD_KNOB_DELAY, 7);
	ck_assert_str_eq(ask(control, "get delay\n"), "ok 7\n");
	ck_assert_str_eq(ask(control, "get mem_mib\n"), "ok 2\n");
	snprintf(line, sizeof(line), "ok %d\n", LIMEN_HW_ID);
	ck_assert_str_eq(ask(control, "get id\n"), line);
	/* There is no such knob: it reads as 0, and nothing is written. */
	knob_write(machine, CARD_KNOB_COUNT, 99);
	ck_assert_uint_eq(knob_read(machine, CARD_KNOB_COUNT), 0);
	knob_write(machine, UINT32_MAX, 99);
	ck_assert_uint_eq(knob_read(machine, CARD_KNOB_DELAY), 7);
	close(machine);
	close(control);
}
END_TEST

START_TEST(it_lists_every_knob)
{
	int control = connect_to(control_path);
	const char *text = ask(control, "list\n");
	unsigned int lines = 0;

	for (const char *at = strchr(text, '\n'); at; at = strchr(at + 1, '\n'))
		lines++;
	ck_assert_uint_eq(lines, CARD_KNOB_COUNT + 1);
	ck_assert_ptr_eq(strstr(text, "delay 0 "), text);
	ck_assert_ptr_nonnull(strstr(text, "\nhostile_one_in 16 "));
	close(control);
}
END_TEST

START_TEST(it_refuses_nonsense)
{
	static const char *const lines[] = {
		"\n", "set\n", "set delay\n", "set delay x\n", "set delay -1\n",
		"set delay 4294967296\n", "set delay 1 2\n", "set nothing 1\n",
		"get\n", "get nothing\n", "get \n", "list all\n", "stats all\n",
		"fetch\n", "set delay 99999999999999999999999\n",
	};
	int control = connect_to(control_path), other;
	char endless[4096];
	ssize_t got;

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		ck_assert_int_eq(strncmp(ask(control, lines[i]), "error", 5), 0);
	ck_assert_str_eq(ask(control, "get delay\n"), "ok 0\n");
	/* A line without an end ends the connection, and no other one. */
	memset(endless, 'a', sizeof(endless));
	other = connect_to(control_path);
	send(other, endless, sizeof(endless), MSG_NOSIGNAL);
	got = recv(other, endless, sizeof(endless), 0);
	ck_assert(got == 0 || (got < 0 && errno == ECONNRESET));
	ck_assert_str_eq(ask(control, "get delay\n"), "ok 0\n");
	close(other);
	close(control);
}
END_TEST

/* Two lines at once, and one in pieces. */
START_TEST(lines_come_as_they_come)
{
	int control = connect_to(control_path);
	char answers[6];

	ck_assert_int_eq(send(control, "set late 5\nset la", 17, MSG_NOSIGNAL), 17);
	nap();
	ck_assert_int_eq(send(control, "te 6\n", 5, MSG_NOSIGNAL), 5);
	ck_assert_int_eq(recv(control, answers, 6, MSG_WAITALL), 6);
	ck_assert_int_eq(memcmp(answers, "ok\nok\n", 6), 0);
	ck_assert_str_eq(ask(control, "get late\n"), "ok 6\n");
	close(control);
}
END_TEST

static bool has_stats(void)
{
	FILE *from = fopen(stats_path, "re");
	char text[1024];
	size_t size;

	if (!from)
		return false;
	size = fread(text, 1, sizeof(text) - 1, from);
	fclose(from);
	text[size] = '\0';
	/* The last line is there when all are. */
	if (!strstr(text, "\ninterrupts 0\n"))
		return false;
	ck_assert_ptr_eq(strstr(text, "express_busy 0\n"), text);
	ck_assert_ptr_nonnull(strstr(text, "\ncomparisons 0\n"));
	unlink(stats_path);
	return true;
}

START_TEST(it_tells_what_it_has_done)
{
	int64_t end = now_ns() + PATIENCE_NS;
	int control = connect_to(control_path), machine, status;
	const char *text = ask(control, "stats\n");

	ck_assert_ptr_nonnull(strstr(text, "\nexpress_wait_max 0\n"));
	ck_assert_ptr_nonnull(strstr(text, "\nok\n"));
	kill(card, SIGUSR1);
	while (!has_stats()) {
		ck_assert_int_lt(now_ns(), end);
		nap();
	}
	/* The machine goes, and the card with it. */
	machine = connect_to(machine_path);
	ck_assert_uint_eq(knob_read(machine, CARD_KNOB_DELAY), 0);
	close(machine);
	ck_assert_int_eq(waitpid(card, &status, 0), card);
	ck_assert_int_eq(status, 0);
	ck_assert(has_stats());
	ck_assert_int_eq(access(control_path, F_OK), -1);
	close(control);
}
END_TEST

int main(int argc, char **argv)
{
	Suite *suite = suite_create("control");
	SRunner *runner = srunner_create(suite);
	TCase *tcase = tcase_create("card");
	int failed;

	if (argc != 2)
		return EXIT_FAILURE;
	program = argv[1];
	suite_add_tcase(suite, tcase);
	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, make, clean);
	tcase_add_test(tcase, both_ways_lead_to_the_same_knobs);
	tcase_add_test(tcase, it_lists_every_knob);
	tcase_add_test(tcase, it_refuses_nonsense);
	tcase_add_test(tcase, lines_come_as_they_come);
	tcase_add_test(tcase, it_tells_what_it_has_done);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
