// SPDX-License-Identifier: MIT
/* The client of limend. */
#include <ctype.h>
#include <endian.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../../limend/protocol.h"
#include "private.h"

/* Longest limend may take to accept and welcome a client. */
#define CONNECT_TIMEOUT_MS 5000
#define CONNECT_PAUSE_US 5000

_Static_assert(LIMEND_ADDRESS_SIZE == LIMEN_BOARD_ADDRESS_SIZE, "one room for both");
_Static_assert(LIMEND_BOARDS_MAX == LIMEN_SERVICE_BOARDS_MAX, "one number for both");

/* The sizes that these had in the first version. */
#define RESULT_FIRST offsetof(struct limen_service_result, board)
#define STATUS_FIRST offsetof(struct limen_service_status, board_count)

/**
 * struct pending - a comparison that is under way
 * @number: of the request
 * @dim: of its templates
 */
struct pending {
	uint64_t number;
	uint32_t dim;
};

/**
 * struct limen_client - a connection to limend
 * @fd: its socket, or -1 once an answer was late or wrong: what comes next on it
 *	might belong to an earlier request
 * @number: of the last request
 * @count: comparisons under way
 * @pending: they, in no order
 */
struct limen_client {
	int fd;
	uint64_t number;
	unsigned int count;
	struct pending pending[LIMEN_CLIENT_PENDING_MAX];
};

static int broken(struct limen_client *client, int error)
{
	close(client->fd);
	client->fd = -1;
	client->count = 0;
	return error;
}

static void request_init(struct limend_request *request, enum limend_op op,
			 uint64_t number)
{
	request->magic = htole32(LIMEND_MAGIC);
	request->version = htole16(LIMEND_VERSION);
	request->op = htole16(op);
	request->number = htole64(number);
}

static int wait_for(int fd, short events, int64_t deadline)
{
	struct pollfd poll = { .fd = fd, .events = events };
	int64_t left;
	int ready;

	do {
		struct timespec time;

		left = deadline - now_ns();
		if (left < 0)
			left = 0;
		time.tv_sec = left / 1000000000;
		time.tv_nsec = left % 1000000000;
		ready = ppoll(&poll, 1, &time, NULL);
	} while (ready < 0 && errno == EINTR);
	if (ready < 0)
		return -errno;
	return ready ? 0 : -ETIMEDOUT;
}

static int send_packet(int fd, const void *data, size_t size, int64_t deadline)
{
	while (send(fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
		int error = errno == EAGAIN ? wait_for(fd, POLLOUT, deadline) :
			    errno == EINTR  ? 0 : -errno;

		if (error)
			return error;
	}
	return 0;
}

/* What limend may send. */
union reply {
	struct limend_refusal refusal;
	struct limend_compare_reply compare;
	struct limend_status_reply status;
};

/* Why limend refuses to go on, or 0 if it does not. */
static int refusal_error(const union reply *reply, ssize_t size)
{
	const struct limend_refusal *refusal = &reply->refusal;
	int32_t error;

	if (size != sizeof(*refusal) ||
	    le32toh(refusal->magic) != LIMEND_MAGIC ||
	    le16toh(refusal->op) != LIMEND_REFUSED)
		return 0;
	error = le32toh(refusal->error);
	if (refusal->number || refusal->reserved ||
	    (error != -EACCES && error != -EUSERS && error != -EPROTONOSUPPORT))
		return -EPROTO;
	return error;
}

/* What limend said before it hung up, if anything. */
static int last_words(int fd, int error)
{
	union reply reply;
	ssize_t got;
	int i, said;

	if (error != -ECONNRESET && error != -EPIPE)
		return error;
	/* An error that is still to be told comes before what was sent. */
	for (i = 0; i < 2; i++) {
		got = recv(fd, &reply, sizeof(reply), MSG_DONTWAIT | MSG_TRUNC);
		said = refusal_error(&reply, got);
		if (said)
			return said;
	}
	return error;
}

static int receive_packet(int fd, void *data, size_t size, int64_t deadline)
{
	union reply reply = {};
	ssize_t got;
	int error;

	do {
		error = wait_for(fd, POLLIN, deadline);
		if (error)
			return error;
		/* The true length also of a packet that is too long. */
		got = recv(fd, &reply, sizeof(reply), MSG_DONTWAIT | MSG_TRUNC);
	} while (got < 0 && (errno == EINTR || errno == EAGAIN));
	if (got < 0)
		return -errno;
	if (!got)
		return -ECONNRESET;
	error = refusal_error(&reply, got);
	if (error)
		return error;
	if ((size_t)got != size)
		return -EPROTO;
	memcpy(data, &reply, size);
	return 0;
}

/* The heads of requests and of all replies are alike. */
static bool reply_matches(const void *reply, enum limend_op op, uint64_t number)
{
	struct limend_request head;

	request_init(&head, op, number);
	return !memcmp(&head, reply, sizeof(head));
}

static bool backend_known(uint32_t backend)
{
	return backend == LIMEN_BACKEND_CPU || backend == LIMEN_BACKEND_BOARD;
}

/* Whether it ends, has zeros behind its end, and nothing that a shell would act upon. */
static bool address_sound(const char *address)
{
	size_t at = 0;

	while (at < LIMEN_BOARD_ADDRESS_SIZE && address[at] &&
	       (isalnum((unsigned char)address[at]) || strchr(":._-", address[at])))
		at++;
	if (at == LIMEN_BOARD_ADDRESS_SIZE)
		return false;
	while (at < LIMEN_BOARD_ADDRESS_SIZE && !address[at])
		at++;
	return at == LIMEN_BOARD_ADDRESS_SIZE;
}

/* A board's score has the board's name, and none has it that is not a board's. */
static bool origin_sound(const struct limend_compare_reply *reply)
{
	bool board = le32toh(reply->backend) == LIMEN_BACKEND_BOARD;

	return backend_known(le32toh(reply->backend)) && address_sound(reply->board) &&
	       (board ? *reply->board || reply->error : !*reply->board);
}

/* -EPROTO: no answer at all, else the answer is in the result. */
static int read_compare_reply(const struct limend_compare_reply *reply,
			      uint32_t dim,
			      struct limen_service_result *result)
{
	const struct limen_score score = {
		.raw = le32toh(reply->raw),
		.similarity = le32toh(reply->similarity),
	};
	uint32_t backend = le32toh(reply->backend);

	if (!origin_sound(reply) ||
	    !outcome_write(&result->error, &result->score,
			   le32toh(reply->error), score, dim, -EPROTO))
		return -EPROTO;
	result->backend = backend;
	result->device_ns = le64toh(reply->device_ns);
	result->service_ns = le64toh(reply->service_ns);
	memcpy(result->board, reply->board, sizeof(result->board));
	return 0;
}

/* Sends a comparison, and knows of it from then on. */
static int send_comparison(struct limen_client *client,
			   const struct limen_template *probe,
			   const struct limen_template *reference,
			   int64_t deadline)
{
	struct {
		struct limend_request head;
		uint8_t templates[2 * LIMEN_TEMPLATE_SIZE_MAX];
	} request;
	uint64_t number = client->number + 1;
	int first, second, error;

	first = limen_template_write(probe, request.templates,
				     LIMEN_TEMPLATE_SIZE_MAX);
	if (first < 0)
		return first;
	second = limen_template_write(reference, request.templates + first,
				      LIMEN_TEMPLATE_SIZE_MAX);
	if (second < 0) {
		error = second;
	} else {
		request_init(&request.head, LIMEND_COMPARE, number);
		error = send_packet(client->fd, &request,
				    sizeof(request.head) + first + second,
				    deadline);
	}
	limen_wipe(&request, sizeof(request));
	if (error == -EINVAL || error == -ETIMEDOUT)
		return error;
	if (error)
		return broken(client, last_words(client->fd, error));
	client->number = number;
	client->pending[client->count++] =
		(struct pending){ .number = number, .dim = probe->dim };
	return 0;
}

static struct pending *find_pending(struct limen_client *client,
				    uint64_t number)
{
	unsigned int i;

	for (i = 0; i < client->count; i++)
		if (client->pending[i].number == number)
			return &client->pending[i];
	return NULL;
}

/* The next answer, of whichever comparison; -ETIMEDOUT leaves all as it was. */
static int take_answer(struct limen_client *client, uint64_t *number,
		       struct limen_service_result *result, int64_t deadline)
{
	struct limend_compare_reply reply = {};
	struct pending *pending;
	int error = receive_packet(client->fd, &reply, sizeof(reply), deadline);

	if (error == -ETIMEDOUT)
		return error;
	if (error)
		return broken(client, last_words(client->fd, error));
	*number = le64toh(reply.number);
	pending = find_pending(client, *number);
	if (!pending || !reply_matches(&reply, LIMEND_COMPARE, *number) ||
	    read_compare_reply(&reply, pending->dim, result))
		return broken(client, -EPROTO);
	*pending = client->pending[--client->count];
	return 0;
}

/* Whether the client may be asked something that is answered at once. */
static int check_idle(const struct limen_client *client, int timeout_ms)
{
	if (timeout_ms < 0)
		return -EINVAL;
	if (client->fd < 0)
		return -ENOTCONN;
	return client->count ? -EBUSY : 0;
}

static int compare(struct limen_client *client,
		   const struct limen_template *probe,
		   const struct limen_template *reference, int timeout_ms,
		   struct limen_service_result *result)
{
	int64_t deadline = deadline_in(timeout_ms);
	int error = check_idle(client, timeout_ms);
	uint64_t number;

	if (!error)
		error = send_comparison(client, probe, reference, deadline);
	if (!error)
		error = take_answer(client, &number, result, deadline);
	/* The answer would come later, when nobody expects it. */
	return error == -ETIMEDOUT ? broken(client, error) : error;
}

int limen_client_compare(struct limen_client *client,
			 const struct limen_template *probe,
			 const struct limen_template *reference, int timeout_ms,
			 struct limen_service_result *result)
{
	struct limen_service_result made = {};
	int error = sized_check(result->size, RESULT_FIRST);

	if (error)
		return error;
	error = compare(client, probe, reference, timeout_ms, &made);
	/* Without an answer the result has the error alone. */
	if (error)
		made = (struct limen_service_result){ .error = error };
	sized_fill(result, &made, sizeof(made));
	return made.error;
}

int limen_client_submit(struct limen_client *client,
			const struct limen_template *probe,
			const struct limen_template *reference, int timeout_ms,
			uint64_t *ticket)
{
	int error;

	if (timeout_ms < 0)
		return -EINVAL;
	if (client->fd < 0)
		return -ENOTCONN;
	if (client->count == LIMEN_CLIENT_PENDING_MAX)
		return -ENOBUFS;
	error = send_comparison(client, probe, reference,
				deadline_in(timeout_ms));
	if (!error)
		*ticket = client->number;
	return error;
}

int limen_client_next(struct limen_client *client, int timeout_ms,
		      uint64_t *ticket, struct limen_service_result *result)
{
	struct limen_service_result made = {};
	uint64_t number;
	int error;

	if (timeout_ms < 0 || sized_check(result->size, RESULT_FIRST))
		return -EINVAL;
	if (client->fd < 0)
		return -ENOTCONN;
	if (!client->count)
		return -ENOMSG;
	error = take_answer(client, &number, &made, deadline_in(timeout_ms));
	if (error)
		return error;
	sized_fill(result, &made, sizeof(made));
	*ticket = number;
	return 0;
}

unsigned int limen_client_pending(const struct limen_client *client)
{
	return client->count;
}

int limen_client_fd(const struct limen_client *client)
{
	return client->fd < 0 ? -ENOTCONN : client->fd;
}

static bool board_sound(const struct limend_status_board *board)
{
	uint32_t state = le32toh(board->state);

	return *board->address && address_sound(board->address) && !board->reserved &&
	       state >= LIMEN_BOARD_SERVES && state <= LIMEN_BOARD_CONDEMNED;
}

static bool boards_sound(const struct limend_status_reply *reply)
{
	static const struct limend_status_board none;
	uint32_t count = le32toh(reply->board_count), i;

	if (count > LIMEN_SERVICE_BOARDS_MAX || reply->reserved)
		return false;
	for (i = 0; i < LIMEN_SERVICE_BOARDS_MAX; i++)
		if (i < count ? !board_sound(&reply->boards[i]) :
				memcmp(&reply->boards[i], &none, sizeof(none)))
			return false;
	return true;
}

static int exchange_status(struct limen_client *client, int64_t deadline,
			   struct limend_status_reply *reply)
{
	struct limend_request request;
	int error;

	request_init(&request, LIMEND_STATUS, ++client->number);
	error = send_packet(client->fd, &request, sizeof(request), deadline);
	if (!error)
		error = receive_packet(client->fd, reply, sizeof(*reply),
				       deadline);
	error = last_words(client->fd, error);
	if (!error && (!reply_matches(reply, LIMEND_STATUS, client->number) ||
		       !backend_known(le32toh(reply->backend)) ||
		       !boards_sound(reply) ||
		       !memchr(reply->description, 0,
			       sizeof(reply->description))))
		error = -EPROTO;
	return error ? broken(client, error) : 0;
}

static void read_boards(const struct limend_status_reply *reply,
			struct limen_service_status *status)
{
	uint32_t i;

	status->board_count = le32toh(reply->board_count);
	for (i = 0; i < status->board_count; i++) {
		const struct limend_status_board *from = &reply->boards[i];
		struct limen_service_board *to = &status->boards[i];

		memcpy(to->address, from->address, sizeof(to->address));
		to->state = le32toh(from->state);
		to->comparisons = le64toh(from->comparisons);
		to->failures = le64toh(from->failures);
	}
}

static int ask_status(struct limen_client *client, int64_t deadline,
		      struct limen_service_status *status)
{
	struct limend_status_reply reply = {};
	int error = exchange_status(client, deadline, &reply);

	if (error)
		return error;
	status->backend = le32toh(reply.backend);
	status->clients = le32toh(reply.clients);
	status->comparisons = le64toh(reply.comparisons);
	status->failures = le64toh(reply.failures);
	status->batches = le64toh(reply.batches);
	status->rechecks = le64toh(reply.rechecks);
	status->mismatches = le64toh(reply.mismatches);
	memcpy(status->description, reply.description,
	       sizeof(status->description));
	read_boards(&reply, status);
	return 0;
}

int limen_client_status(struct limen_client *client, int timeout_ms,
			struct limen_service_status *status)
{
	struct limen_service_status made = {};
	int error = sized_check(status->size, STATUS_FIRST);

	if (!error)
		error = check_idle(client, timeout_ms);
	if (!error)
		error = ask_status(client, deadline_in(timeout_ms), &made);
	if (!error)
		sized_fill(status, &made, sizeof(made));
	return error;
}

/*
 * connect() would wait without a bound for a place among those that limend has yet to
 * accept, and poll() does not tell of one.
 */
static int connect_until(int fd, const struct sockaddr_un *address,
			 int64_t deadline)
{
	while (connect(fd, (const struct sockaddr *)address,
		       sizeof(*address))) {
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		if (now_ns() >= deadline)
			return -ETIMEDOUT;
		usleep(CONNECT_PAUSE_US);
	}
	return 0;
}

static int open_socket(const char *path, int64_t deadline)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd, error;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	error = connect_until(fd, &address, deadline);
	if (!error)
		return fd;
	close(fd);
	return error;
}

int limen_client_connect(struct limen_client **client, const char *socket_path)
{
	int64_t deadline = deadline_in(CONNECT_TIMEOUT_MS);
	struct limen_client *made = calloc(1, sizeof(*made));
	struct limen_service_status status = {};
	int error;

	if (!made)
		return -ENOMEM;
	made->fd = open_socket(socket_path, deadline);
	/*
	 * Everybody reaches the socket, and limend hangs up on those it does not
	 * serve: only its first answer tells that this user may.
	 */
	error = made->fd < 0 ? made->fd : ask_status(made, deadline, &status);
	if (error) {
		limen_client_close(made);
		return error;
	}
	*client = made;
	return 0;
}

void limen_client_close(struct limen_client *client)
{
	if (!client)
		return;
	if (client->fd >= 0)
		close(client->fd);
	free(client);
}
