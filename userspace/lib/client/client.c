// SPDX-License-Identifier: MIT
/* The client of limend. */
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

/**
 * struct limen_client - a connection to limend
 * @fd: its socket, or -1 once an answer was late or wrong: what comes next on it
 *	might belong to an earlier request
 * @number: of the last request
 */
struct limen_client {
	int fd;
	uint64_t number;
};

static int broken(struct limen_client *client, int error)
{
	close(client->fd);
	client->fd = -1;
	return error;
}

static void request_init(struct limen_client *client,
			 struct limend_request *request, enum limend_op op)
{
	request->magic = htole32(LIMEND_MAGIC);
	request->version = htole16(LIMEND_VERSION);
	request->op = htole16(op);
	request->number = htole64(++client->number);
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
static bool reply_matches(const struct limend_request *request,
			  const struct limend_request *reply)
{
	return !memcmp(request, reply, sizeof(*request));
}

static int exchange(struct limen_client *client,
		    const struct limend_request *request, size_t request_size,
		    void *reply, size_t reply_size, int64_t deadline)
{
	int error;

	error = send_packet(client->fd, request, request_size, deadline);
	if (!error)
		error = receive_packet(client->fd, reply, reply_size, deadline);
	error = last_words(client->fd, error);
	if (!error && !reply_matches(request, reply))
		error = -EPROTO;
	return error ? broken(client, error) : 0;
}

static bool backend_known(uint32_t backend)
{
	return backend == LIMEN_BACKEND_CPU || backend == LIMEN_BACKEND_BOARD;
}

static int read_compare_reply(const struct limend_compare_reply *reply,
			      uint32_t dim,
			      struct limen_service_result *result)
{
	int32_t error = le32toh(reply->error);
	uint32_t backend = le32toh(reply->backend);

	if (error > 0 || error < -4095 || !backend_known(backend))
		return -EPROTO;
	result->error = error;
	result->backend = backend;
	result->device_ns = le64toh(reply->device_ns);
	result->service_ns = le64toh(reply->service_ns);
	if (error)
		return 0;
	result->score.raw = le32toh(reply->raw);
	result->score.similarity = le32toh(reply->similarity);
	return score_possible(&result->score, dim) ? 0 : -EPROTO;
}

int limen_client_compare(struct limen_client *client,
			 const struct limen_template *probe,
			 const struct limen_template *reference, int timeout_ms,
			 struct limen_service_result *result)
{
	struct {
		struct limend_request head;
		uint8_t templates[2 * LIMEN_TEMPLATE_SIZE_MAX];
	} request;
	struct limend_compare_reply reply = {};
	size_t size = sizeof(request.head);
	int put, error;

	*result = (struct limen_service_result){ .error = -EIO };
	if (client->fd < 0)
		return -ENOTCONN;
	put = limen_template_write(probe, request.templates,
				   LIMEN_TEMPLATE_SIZE_MAX);
	if (put < 0)
		return put;
	size += put;
	put = limen_template_write(reference, request.templates + put,
				   LIMEN_TEMPLATE_SIZE_MAX);
	if (put > 0) {
		size += put;
		request_init(client, &request.head, LIMEND_COMPARE);
		error = exchange(client, &request.head, size, &reply,
				 sizeof(reply), deadline_in(timeout_ms));
	} else {
		error = put;
	}
	limen_wipe(&request, sizeof(request));
	if (error)
		return error;

	error = read_compare_reply(&reply, probe->dim, result);
	return error ? broken(client, error) : result->error;
}

static int ask_status(struct limen_client *client, int64_t deadline,
		      struct limen_service_status *status)
{
	struct limend_request request;
	struct limend_status_reply reply = {};
	int error;

	if (client->fd < 0)
		return -ENOTCONN;
	request_init(client, &request, LIMEND_STATUS);
	error = exchange(client, &request, sizeof(request), &reply,
			 sizeof(reply), deadline);
	if (error)
		return error;

	if (!backend_known(le32toh(reply.backend)) ||
	    !memchr(reply.description, 0, sizeof(reply.description)))
		return broken(client, -EPROTO);
	status->backend = le32toh(reply.backend);
	status->clients = le32toh(reply.clients);
	status->comparisons = le64toh(reply.comparisons);
	status->failures = le64toh(reply.failures);
	status->batches = le64toh(reply.batches);
	status->rechecks = le64toh(reply.rechecks);
	status->mismatches = le64toh(reply.mismatches);
	memcpy(status->description, reply.description,
	       sizeof(status->description));
	return 0;
}

int limen_client_status(struct limen_client *client, int timeout_ms,
			struct limen_service_status *status)
{
	return ask_status(client, deadline_in(timeout_ms), status);
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
	struct limen_service_status status;
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
