// SPDX-License-Identifier: MIT
/*
 * A packet to limend, through the code that receives it: it is answered, or it
 * ends the session; never both, never neither. Only one of another version is told so
 * before the end.
 */
#include <endian.h>
#include <errno.h>
#include <string.h>
#include <session.h>
#include <unistd.h>

#include "fuzz.h"

static void status(void *context, struct limend_status_reply *reply)
{
	(void)context;
	reply->backend = htole32(LIMEN_BACKEND_CPU);
}

static void check_reply(int fd, const uint8_t *data, bool ended)
{
	union {
		struct limend_request head;
		struct limend_compare_reply compare;
		struct limend_status_reply status;
		struct limend_refusal refusal;
		uint8_t bytes[1024];
	} reply;
	ssize_t got = recv(fd, &reply, sizeof(reply), MSG_DONTWAIT);

	if (ended && got == sizeof(reply.refusal)) {
		MUST(le16toh(reply.refusal.op) == LIMEND_REFUSED);
		MUST((int32_t)le32toh(reply.refusal.error) == -EPROTONOSUPPORT);
		MUST(data[4] != LIMEND_VERSION || data[5]);
		return;
	}
	if (ended) {
		MUST(got < 0);
		return;
	}
	MUST(got == sizeof(reply.compare) || got == sizeof(reply.status));
	MUST(!memcmp(&reply.head, data, sizeof(reply.head)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct engine engine = { .timeout_ms = 1000 };
	static struct session session = {};
	static struct inbox inbox;
	static struct batch batch;
	static int peer = -1;
	int pair[2];

	if (peer < 0) {
		MUST(!socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair));
		session.fd = pair[0];
		peer = pair[1];
		inbox_init(&inbox);
		MUST(!limen_backend_open(&engine.cpu, LIMEN_BACKEND_CPU, NULL));
	}
	session.ended = false;
	/* Larger ones do not fit into the socket at all. */
	if (send(peer, data, size, MSG_DONTWAIT) < 0)
		return 0;
	batch_begin(&batch);
	session_receive(&session, &inbox, LIMEN_BATCH_MAX, &batch, status,
			NULL);
	/* Without a board it is done at once. */
	MUST(!batch.count || batch_start(&batch, &engine));
	batch_finish(&batch);
	MUST(!session.under_way);
	check_reply(peer, data, session.ended);
	return 0;
}
