// SPDX-License-Identifier: MIT
/* The client of limend, against a server that does not keep to the protocol. */
#include <endian.h>
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "../../../userspace/limend/protocol.h"
#include <monotonic.h>

#include "../face/suite.h"
#include "sample.h"

#define TIMEOUT_MS 2000

static pid_t server;
static struct limen_client *client;

/**
 * struct answer - what the server sends
 * @reply: to a comparison
 * @more: room for what does not belong there
 * @size: bytes to send; 0 for no answer
 */
struct answer {
	struct limend_compare_reply reply;
	uint8_t more[16];
	size_t size;
};

/* What the server does to the answer it has made. */
typedef void (*spoil_fn)(struct answer *answer);

typedef void (*spoil_status_fn)(struct limend_status_reply *reply);
static spoil_status_fn spoil_status;

static void send_status(int fd, const struct limend_request *request)
{
	struct limend_status_reply reply = {
		.magic = request->magic, .version = request->version,
		.op = request->op, .number = request->number,
		.backend = htole32(LIMEN_BACKEND_BOARD),
		.comparisons = htole64(5), .rechecks = htole64(4),
		.mismatches = htole64(3), .description = "a board",
		.board_count = htole32(2),
		.boards = {
			{ .address = "0000:01:00.0", .state = htole32(LIMEN_BOARD_SERVES),
			  .comparisons = htole64(11), .failures = htole64(12) },
			{ .address = "limen_emu.1",
			  .state = htole32(LIMEN_BOARD_CONDEMNED) },
		},
	};

	if (spoil_status)
		spoil_status(&reply);
	send(fd, &reply, sizeof(reply), MSG_NOSIGNAL);
}

static void send_score(int fd, const struct limend_request *request,
		       spoil_fn spoil)
{
	struct answer answer = {
		.reply = {
			.magic = request->magic, .version = request->version,
			.op = request->op, .number = request->number,
			.backend = htole32(LIMEN_BACKEND_BOARD),
			.raw = htole32(-1234), .similarity = htole32(-56),
			.device_ns = htole64(7), .service_ns = htole64(8),
			.board = "0000:01:00.0",
		},
		.size = sizeof(answer.reply),
	};

	if (spoil)
		spoil(&answer);
	if (answer.size)
		send(fd, &answer, answer.size, MSG_NOSIGNAL);
}

/* Answers comparisons only once so many have gathered, the last one first. */
static void serve_backwards(int fd, unsigned int gather)
{
	struct limend_request requests[LIMEN_CLIENT_PENDING_MAX];
	uint8_t packet[LIMEND_PACKET_MAX];
	unsigned int count = 0;

	while (recv(fd, packet, sizeof(packet), 0) > 0) {
		memcpy(&requests[count], packet, sizeof(*requests));
		if (le16toh(requests[count].op) == LIMEND_STATUS)
			send_status(fd, &requests[count]);
		else
			count++;
		if (count == gather)
			while (count)
				send_score(fd, &requests[--count], NULL);
	}
}

static void serve(int listener, spoil_fn spoil)
{
	uint8_t packet[LIMEND_PACKET_MAX];
	struct limend_request *request = (struct limend_request *)packet;
	int fd;

	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		while (recv(fd, packet, sizeof(packet), 0) > 0)
			if (le16toh(request->op) == LIMEND_STATUS)
				send_status(fd, request);
			else
				send_score(fd, request, spoil);
		close(fd);
	}
}

/* How many comparisons the server lets gather; 0: none. */
static unsigned int gathered;

static void start_server(spoil_fn spoil)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/s",
		 sample_folder);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&address,
			      sizeof(address)), 0);
	ck_assert_int_eq(listen(listener, 1), 0);
	server = fork();
	ck_assert_int_ge(server, 0);
	if (!server) {
		if (gathered)
			serve_backwards(accept(listener, NULL, NULL), gathered);
		serve(listener, spoil);
		_exit(0);
	}
	close(listener);
}

static void start(spoil_fn spoil)
{
	start_server(spoil);
	ck_assert_int_eq(limen_client_connect(&client, in_folder("s")), 0);
}

static int compare(int timeout_ms, struct limen_service_result *result)
{
	struct limen_template a = sample(512, 1), b = sample(512, 2);

	return limen_client_compare(client, &a, &b, timeout_ms, result);
}

static void setup(void)
{
	folder_make();
	server = 0;
	client = NULL;
	gathered = 0;
	spoil_status = NULL;
}

static void teardown(void)
{
	limen_client_close(client);
	if (server) {
		kill(server, SIGKILL);
		waitpid(server, NULL, 0);
	}
	folder_remove();
}

START_TEST(a_good_reply)
{
	struct limen_service_result result = { .size = sizeof(result) };
	struct limen_service_status status = { .size = sizeof(status) };

	start(NULL);
	ck_assert_int_eq(compare(TIMEOUT_MS, &result), 0);
	ck_assert_int_eq(result.error, 0);
	ck_assert_int_eq(result.score.raw, -1234);
	ck_assert_int_eq(result.score.similarity, -56);
	ck_assert_int_eq(result.backend, LIMEN_BACKEND_BOARD);
	ck_assert_uint_eq(result.device_ns, 7);
	ck_assert_uint_eq(result.service_ns, 8);
	ck_assert_str_eq(result.board, "0000:01:00.0");
	ck_assert_int_eq(limen_client_status(client, TIMEOUT_MS, &status), 0);
	ck_assert_str_eq(status.description, "a board");
	ck_assert_uint_eq(status.comparisons, 5);
	ck_assert_uint_eq(status.rechecks, 4);
	ck_assert_uint_eq(status.mismatches, 3);
	ck_assert_uint_eq(status.board_count, 2);
	ck_assert_str_eq(status.boards[0].address, "0000:01:00.0");
	ck_assert_int_eq(status.boards[0].state, LIMEN_BOARD_SERVES);
	ck_assert_uint_eq(status.boards[0].comparisons, 11);
	ck_assert_uint_eq(status.boards[0].failures, 12);
	ck_assert_str_eq(status.boards[1].address, "limen_emu.1");
	ck_assert_int_eq(status.boards[1].state, LIMEN_BOARD_CONDEMNED);
	ck_assert_str_eq(status.boards[2].address, "");
}
END_TEST

#define SPOIL(name, statement) \
	static void name(struct answer *answer) \
	{ \
		statement; \
	}

SPOIL(bad_magic, answer->reply.magic ^= 1)
SPOIL(bad_version, answer->reply.version ^= 2)
SPOIL(bad_op, answer->reply.op = htole16(LIMEND_STATUS))
SPOIL(bad_number, answer->reply.number ^= 1)
SPOIL(too_short, answer->size--)
SPOIL(too_long, answer->size++)
SPOIL(positive_error, answer->reply.error = htole32(5))
SPOIL(impossible_error, answer->reply.error = htole32(-4096))
SPOIL(no_backend, answer->reply.backend = 0)
SPOIL(unknown_backend, answer->reply.backend = htole32(3))
SPOIL(similarity_above_one, (answer->reply.similarity = htole32(32769),
			     answer->reply.raw = htole32(1)))
SPOIL(similarity_below_minus_one, answer->reply.similarity = htole32(-32769))
SPOIL(raw_too_large, (answer->reply.raw = htole32(512 * 128 * 128 + 1),
		      answer->reply.similarity = htole32(1)))
SPOIL(raw_too_small, answer->reply.raw = htole32(-512 * 128 * 128 - 1))
SPOIL(raw_lowest, answer->reply.raw = htole32(INT32_MIN))
SPOIL(opposite_signs, answer->reply.similarity = htole32(56))
SPOIL(board_without_name, memset(answer->reply.board, 0, sizeof(answer->reply.board)))
SPOIL(name_without_board, answer->reply.backend = htole32(LIMEN_BACKEND_CPU))
SPOIL(name_without_end, memset(answer->reply.board, 'a', sizeof(answer->reply.board)))
SPOIL(name_with_more_behind, answer->reply.board[31] = 'a')
SPOIL(name_with_a_line, answer->reply.board[3] = '\n')
SPOIL(name_with_a_command, answer->reply.board[3] = ';')
SPOIL(name_of_other_bytes, answer->reply.board[3] = '\xff')

static const struct {
	const char *name;
	spoil_fn spoil;
} spoilt[] = {
#define SPOILT(name) { #name, name }
	SPOILT(bad_magic), SPOILT(bad_version), SPOILT(bad_op),
	SPOILT(bad_number), SPOILT(too_short), SPOILT(too_long),
	SPOILT(positive_error), SPOILT(impossible_error), SPOILT(no_backend),
	SPOILT(unknown_backend), SPOILT(similarity_above_one),
	SPOILT(similarity_below_minus_one), SPOILT(raw_too_large),
	SPOILT(raw_too_small), SPOILT(raw_lowest), SPOILT(opposite_signs),
	SPOILT(board_without_name), SPOILT(name_without_board),
	SPOILT(name_without_end), SPOILT(name_with_more_behind),
	SPOILT(name_with_a_line), SPOILT(name_with_a_command),
	SPOILT(name_of_other_bytes),
};

/* A wrong reply is no score, and the connection is not used again. */
START_TEST(a_wrong_reply)
{
	struct limen_service_result result = { .size = sizeof(result) };
	int error;

	start(spoilt[_i].spoil);
	error = compare(TIMEOUT_MS, &result);
	ck_assert_msg(error == -EPROTO, "%s: %d", spoilt[_i].name, error);
	ck_assert_int_eq(compare(TIMEOUT_MS, &result), -ENOTCONN);
}
END_TEST

#define SPOIL_STATUS(name, statement) \
	static void name(struct limend_status_reply *reply) \
	{ \
		statement; \
	}

SPOIL_STATUS(too_many_boards, reply->board_count = htole32(9))
SPOIL_STATUS(board_not_counted, reply->board_count = htole32(1))
SPOIL_STATUS(board_of_no_name, reply->board_count = htole32(3))
SPOIL_STATUS(no_state, reply->boards[0].state = 0)
SPOIL_STATUS(unknown_state, reply->boards[1].state = htole32(5))
SPOIL_STATUS(reserved_of_board, reply->boards[1].reserved = 1)
SPOIL_STATUS(reserved_of_status, reply->reserved = 1)
SPOIL_STATUS(board_name_with_a_command, reply->boards[1].address[5] = '`')
SPOIL_STATUS(description_without_end,
	     memset(reply->description, 'a', sizeof(reply->description)))

static const spoil_status_fn spoilt_statuses[] = {
	too_many_boards, board_not_counted, board_of_no_name, no_state, unknown_state,
	reserved_of_board, reserved_of_status, board_name_with_a_command,
	description_without_end,
};

/* Who welcomes a client so is no limend. */
START_TEST(a_wrong_status)
{
	spoil_status = spoilt_statuses[_i];
	start_server(NULL);
	ck_assert_int_eq(limen_client_connect(&client, in_folder("s")), -EPROTO);
}
END_TEST

SPOIL(failed, answer->reply.error = htole32(-EIO))

/* A failure is the service's answer: the connection remains. */
START_TEST(a_failure)
{
	struct limen_service_result result = { .size = sizeof(result) };
	int i;

	start(failed);
	for (i = 0; i < 2; i++) {
		ck_assert_int_eq(compare(TIMEOUT_MS, &result), -EIO);
		ck_assert_int_eq(result.error, -EIO);
		ck_assert_int_eq(result.score.raw, 0);
		ck_assert_int_eq(result.score.similarity, 0);
		ck_assert_int_eq(result.backend, LIMEN_BACKEND_BOARD);
	}
}
END_TEST

SPOIL(silent, answer->size = 0)

START_TEST(no_reply)
{
	struct limen_service_result result = { .size = sizeof(result) };

	start(silent);
	ck_assert_int_eq(compare(50, &result), -ETIMEDOUT);
	ck_assert_int_eq(result.error, -ETIMEDOUT);
	ck_assert_int_eq(result.backend, 0);
	/* A late reply must not be taken for the next one's. */
	ck_assert_int_eq(compare(50, &result), -ENOTCONN);
}
END_TEST

START_TEST(the_server_dies)
{
	struct limen_service_result result = { .size = sizeof(result) };
	int error;

	start(NULL);
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	server = 0;
	error = compare(TIMEOUT_MS, &result);
	ck_assert(error == -EPIPE || error == -ECONNRESET);
	ck_assert_int_eq(compare(TIMEOUT_MS, &result), -ENOTCONN);
}
END_TEST

START_TEST(nobody_there)
{
	char path[200];

	ck_assert_int_eq(limen_client_connect(&client, in_folder("none")),
			 -ENOENT);
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	ck_assert_int_eq(limen_client_connect(&client, path), -ENAMETOOLONG);
	file_write(in_folder("file"), "", 0);
	ck_assert_int_eq(limen_client_connect(&client, in_folder("file")),
			 -ECONNREFUSED);
	client = NULL;
}
END_TEST

static int listen_only(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/s",
		 sample_folder);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&address,
			      sizeof(address)), 0);
	ck_assert_int_eq(listen(listener, 0), 0);
	return listener;
}

/* A limend that accepts nobody, with as many before this one as may wait. */
START_TEST(nobody_accepts)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener = listen_only(), fds[4], i;
	int64_t start;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/s",
		 sample_folder);
	for (i = 0; i < 4; i++) {
		fds[i] = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0);
		/* Until the backlog is full, and then not. */
		if (connect(fds[i], (struct sockaddr *)&address, sizeof(address)))
			ck_assert_int_eq(errno, EAGAIN);
	}
	start = now_ns();
	ck_assert_int_eq(limen_client_connect(&client, in_folder("s")),
			 -ETIMEDOUT);
	ck_assert_int_lt(now_ns() - start, 8000000000LL);
	for (i = 0; i < 4; i++)
		close(fds[i]);
	close(listener);
	client = NULL;
}
END_TEST

static void say(int fd, uint16_t version, int32_t error, uint32_t reserved)
{
	const struct limend_refusal refusal = {
		.magic = htole32(LIMEND_MAGIC), .version = htole16(version),
		.op = htole16(LIMEND_REFUSED), .error = htole32(error),
		.reserved = htole32(reserved),
	};

	send(fd, &refusal, sizeof(refusal), MSG_NOSIGNAL);
}

static const struct {
	uint16_t version;
	int32_t error;
	uint32_t reserved;
	int told;
} refusals[] = {
	{ LIMEND_VERSION, -EACCES, 0, -EACCES },
	{ LIMEND_VERSION, -EUSERS, 0, -EUSERS },
	{ LIMEND_VERSION, -EPROTONOSUPPORT, 0, -EPROTONOSUPPORT },
	{ LIMEND_VERSION + 1, -EPROTONOSUPPORT, 0, -EPROTONOSUPPORT },
	{ LIMEND_VERSION, -EIO, 0, -EPROTO },
	{ LIMEND_VERSION, 0, 0, -EPROTO },
	{ LIMEND_VERSION, EACCES, 0, -EPROTO },
	{ LIMEND_VERSION, -EACCES, 1, -EPROTO },
};

/*
 * What limend says before it hangs up arrives, whether the client's request was read or
 * not; without a word it is not said that this user may not.
 */
START_TEST(a_refusal)
{
	int i = _i % COUNT_OF(refusals), listener = listen_only(), fd, error;
	bool silent = _i / COUNT_OF(refusals) == 2;
	uint8_t packet[64];

	server = fork();
	if (!server) {
		fd = accept(listener, NULL, NULL);
		if (_i / COUNT_OF(refusals) == 1)
			recv(fd, packet, sizeof(packet), 0);
		if (!silent)
			say(fd, refusals[i].version, refusals[i].error,
			    refusals[i].reserved);
		_exit(0);
	}
	error = limen_client_connect(&client, in_folder("s"));
	client = NULL;
	close(listener);
	if (silent)
		ck_assert(error == -ECONNRESET || error == -EPIPE);
	else
		ck_assert_int_eq(error, refusals[i].told);
	ck_assert_str_ne(limen_client_strerror(error), strerror(EACCES));
}
END_TEST

START_TEST(what_is_no_template_is_not_sent)
{
	struct limen_template good = sample(512, 1), zero = good;
	struct limen_service_result result = { .size = sizeof(result) };

	memset(zero.vector, 0, sizeof(zero.vector));
	start(NULL);
	ck_assert_int_eq(limen_client_compare(client, &zero, &good, TIMEOUT_MS,
					      &result), -EINVAL);
	ck_assert_int_eq(limen_client_compare(client, &good, &zero, TIMEOUT_MS,
					      &result), -EINVAL);
	ck_assert_int_eq(compare(TIMEOUT_MS, &result), 0);
}
END_TEST

static int submit(uint32_t seed, uint64_t *ticket)
{
	struct limen_template a = sample(512, seed), b = sample(512, seed + 1);

	return limen_client_submit(client, &a, &b, TIMEOUT_MS, ticket);
}

/* As many as may be under way, answered in another order than asked. */
START_TEST(many_under_way)
{
	uint64_t tickets[LIMEN_CLIENT_PENDING_MAX], ticket;
	struct limen_service_result result = { .size = sizeof(result) };
	struct limen_service_status status = { .size = sizeof(status) };
	unsigned int i;

	gathered = LIMEN_CLIENT_PENDING_MAX;
	start(NULL);
	ck_assert_int_eq(limen_client_next(client, TIMEOUT_MS, &ticket, &result),
			 -ENOMSG);
	for (i = 0; i < gathered; i++) {
		ck_assert_uint_eq(limen_client_pending(client), i);
		ck_assert_int_eq(submit(i, &tickets[i]), 0);
		if (i + 1 == gathered)
			break;
		/* Nothing has come, and nothing is lost by asking. */
		ck_assert_int_eq(limen_client_next(client, 0, &ticket, &result),
				 -ETIMEDOUT);
		ck_assert_int_eq(limen_client_status(client, TIMEOUT_MS, &status),
				 -EBUSY);
		ck_assert_int_eq(compare(TIMEOUT_MS, &result), -EBUSY);
	}
	ck_assert_int_eq(submit(0, &ticket), -ENOBUFS);
	for (i = gathered; i-- > 0;) {
		ck_assert_int_eq(limen_client_next(client, TIMEOUT_MS, &ticket,
						   &result), 0);
		ck_assert_uint_eq(ticket, tickets[i]);
		ck_assert_int_eq(result.score.raw, -1234);
	}
	ck_assert_uint_eq(limen_client_pending(client), 0);
	ck_assert_int_eq(limen_client_status(client, TIMEOUT_MS, &status), 0);
}
END_TEST

/* Whatever is wrong with an answer, no other is believed either. */
START_TEST(a_wrong_answer_among_many)
{
	struct limen_service_result result = { .size = sizeof(result) };
	uint64_t first, second, ticket;
	int error;

	start(spoilt[_i].spoil);
	ck_assert_int_eq(submit(1, &first), 0);
	/* The number beside the first one would be this one's. */
	if (spoilt[_i].spoil != bad_number)
		ck_assert_int_eq(submit(2, &second), 0);
	error = limen_client_next(client, TIMEOUT_MS, &ticket, &result);
	ck_assert_msg(error == -EPROTO, "%s: %d", spoilt[_i].name, error);
	ck_assert_int_eq(limen_client_next(client, TIMEOUT_MS, &ticket, &result),
			 -ENOTCONN);
	ck_assert_int_eq(submit(1, &first), -ENOTCONN);
	ck_assert_int_eq(limen_client_fd(client), -ENOTCONN);
	ck_assert_uint_eq(limen_client_pending(client), 0);
}
END_TEST

/* An answer that has been taken is not the answer to anything again. */
SPOIL(always_the_second, answer->reply.number = htole64(2))

START_TEST(an_answer_twice)
{
	struct limen_service_result result = { .size = sizeof(result) };
	uint64_t ticket;

	start(always_the_second);
	ck_assert_int_eq(submit(1, &ticket), 0);
	ck_assert_uint_eq(ticket, 2);
	ck_assert_int_eq(submit(2, &ticket), 0);
	ck_assert_int_eq(limen_client_next(client, TIMEOUT_MS, &ticket, &result),
			 0);
	ck_assert_int_eq(limen_client_next(client, TIMEOUT_MS, &ticket, &result),
			 -EPROTO);
}
END_TEST

START_TEST(bounds_of_calls)
{
	struct limen_template good = sample(512, 1), zero = good;
	struct limen_service_result result = { .size = sizeof(result) };
	struct limen_service_status status = { .size = sizeof(status) };
	uint64_t ticket;

	memset(zero.vector, 0, sizeof(zero.vector));
	start(NULL);
	ck_assert_int_eq(compare(-1, &result), -EINVAL);
	ck_assert_int_eq(limen_client_status(client, -1, &status), -EINVAL);
	ck_assert_int_eq(limen_client_submit(client, &good, &good, -1, &ticket),
			 -EINVAL);
	ck_assert_int_eq(limen_client_submit(client, &zero, &good, TIMEOUT_MS,
					     &ticket), -EINVAL);
	ck_assert_uint_eq(limen_client_pending(client), 0);
	ck_assert_int_eq(limen_client_next(client, -1, &ticket, &result),
			 -EINVAL);
	ck_assert_int_ge(limen_client_fd(client), 0);
	ck_assert_int_eq(compare(TIMEOUT_MS, &result), 0);
}
END_TEST

/* Structures of a later version: more of them is zeroed, what is behind them is not. */
START_TEST(a_caller_of_a_later_version)
{
	struct {
		struct limen_service_result known;
		uint64_t more, behind;
	} result = { .more = 5, .behind = 6 };
	struct {
		struct limen_service_status known;
		uint64_t more, behind;
	} status = { .more = 5, .behind = 6 };

	start(NULL);
	result.known.size = offsetof(typeof(result), behind);
	status.known.size = offsetof(typeof(status), behind);
	ck_assert_int_eq(compare(TIMEOUT_MS, &result.known), 0);
	ck_assert_int_eq(result.known.score.raw, -1234);
	ck_assert_uint_eq(result.known.size, sizeof(result.known) + 8);
	ck_assert_uint_eq(result.more, 0);
	ck_assert_uint_eq(result.behind, 6);
	ck_assert_int_eq(limen_client_status(client, TIMEOUT_MS, &status.known),
			 0);
	ck_assert_uint_eq(status.known.comparisons, 5);
	ck_assert_uint_eq(status.more, 0);
	ck_assert_uint_eq(status.behind, 6);
}
END_TEST

/* From before limend told of boards: what he does not know is not touched. */
START_TEST(a_caller_of_the_first_version)
{
	struct limen_service_result result = { .board = "behind" };
	struct limen_service_status status = { .board_count = 77 };

	start(NULL);
	result.size = offsetof(struct limen_service_result, board);
	status.size = offsetof(struct limen_service_status, board_count);
	ck_assert_int_eq(compare(TIMEOUT_MS, &result), 0);
	ck_assert_int_eq(result.score.raw, -1234);
	ck_assert_str_eq(result.board, "behind");
	ck_assert_int_eq(limen_client_status(client, TIMEOUT_MS, &status), 0);
	ck_assert_str_eq(status.description, "a board");
	ck_assert_uint_eq(status.board_count, 77);
}
END_TEST

START_TEST(structures_of_no_version)
{
	static const int32_t off[] = { -8, 4, 4096, INT32_MIN };
	struct limen_service_result result = { .error = 77 };
	struct limen_service_status status = { .clients = 77 };
	uint64_t ticket;

	result.size = offsetof(struct limen_service_result, board) + off[_i];
	status.size = offsetof(struct limen_service_status, board_count) + off[_i];
	start(NULL);
	ck_assert_int_eq(compare(TIMEOUT_MS, &result), -EINVAL);
	ck_assert_int_eq(limen_client_next(client, 0, &ticket, &result), -EINVAL);
	ck_assert_int_eq(result.error, 77);
	ck_assert_int_eq(limen_client_status(client, TIMEOUT_MS, &status),
			 -EINVAL);
	ck_assert_uint_eq(status.clients, 77);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("client");
	TCase *tests = tcase_create("client");

	tcase_set_timeout(tests, 30);
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, a_good_reply);
	tcase_add_loop_test(tests, a_wrong_reply, 0, COUNT_OF(spoilt));
	tcase_add_loop_test(tests, a_wrong_status, 0, COUNT_OF(spoilt_statuses));
	tcase_add_test(tests, a_failure);
	tcase_add_test(tests, no_reply);
	tcase_add_test(tests, the_server_dies);
	tcase_add_test(tests, nobody_there);
	tcase_add_test(tests, nobody_accepts);
	tcase_add_loop_test(tests, a_refusal, 0, 3 * COUNT_OF(refusals));
	tcase_add_test(tests, what_is_no_template_is_not_sent);
	tcase_add_test(tests, many_under_way);
	tcase_add_loop_test(tests, a_wrong_answer_among_many, 0,
			    COUNT_OF(spoilt));
	tcase_add_test(tests, an_answer_twice);
	tcase_add_test(tests, bounds_of_calls);
	tcase_add_test(tests, a_caller_of_a_later_version);
	tcase_add_test(tests, a_caller_of_the_first_version);
	tcase_add_loop_test(tests, structures_of_no_version, 0, 4);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
