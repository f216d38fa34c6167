// SPDX-License-Identifier: MIT
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "log.h"
#include "session.h"

/*
 * recvmmsg() takes what has gathered in one call, but a single packet it takes
 * more slowly than recv() does. After so many packets that came alone they are
 * taken singly, and one time in a period it is seen whether more have come.
 */
#define ALONE_ENOUGH 8
#define ALONE_PERIOD 16

void inbox_init(struct inbox *inbox)
{
	unsigned int i;

	memset(inbox, 0, sizeof(*inbox));
	for (i = 0; i < INBOX_SIZE; i++) {
		inbox->parts[i].iov_base = inbox->packets[i];
		inbox->parts[i].iov_len = sizeof(inbox->packets[i]);
		inbox->messages[i].msg_hdr.msg_iov = &inbox->parts[i];
		inbox->messages[i].msg_hdr.msg_iovlen = 1;
	}
}

static void end_session(struct session *session, const char *why)
{
	static struct log_rate rate;

	if (session->ended)
		return;
	session->ended = true;
	if (why)
		log_rated(&rate, "client of user %u ended: %s", session->uid,
			  why);
}

void session_refuse(int fd, int error)
{
	const struct limend_refusal refusal = {
		.magic = htole32(LIMEND_MAGIC),
		.version = htole16(LIMEND_VERSION),
		.op = htole16(LIMEND_REFUSED),
		.error = htole32(error),
	};

	send(fd, &refusal, sizeof(refusal), MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* After a reply could not be sent. */
static void end_unsent(struct session *session, bool gone)
{
	end_session(session, gone && (errno == EPIPE || errno == ECONNRESET) ?
		     NULL : "it does not read its replies");
}

static void reply_status(struct session *session, uint64_t number,
			 session_status_fn status, void *context)
{
	struct limend_status_reply reply = {
		.magic = htole32(LIMEND_MAGIC),
		.version = htole16(LIMEND_VERSION),
		.op = htole16(LIMEND_STATUS),
		.number = htole64(number),
	};

	status(context, &reply);
	if (send(session->fd, &reply, sizeof(reply),
		 MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		end_unsent(session, true);
}

/* Whether the packet was a request. */
static bool take_packet(struct session *session, const uint8_t *packet,
			size_t size, struct batch *batch,
			session_status_fn status, void *context)
{
	struct limend_request head;
	uint64_t number;

	if (size < sizeof(head))
		return false;
	memcpy(&head, packet, sizeof(head));
	if (le32toh(head.magic) != LIMEND_MAGIC)
		return false;
	if (le16toh(head.version) != LIMEND_VERSION) {
		session_refuse(session->fd, -EPROTONOSUPPORT);
		end_session(session, "it is of another version of Limen");
		return true;
	}
	number = le64toh(head.number);

	switch (le16toh(head.op)) {
	case LIMEND_COMPARE:
		return !batch_add(batch, session, number,
				  packet + sizeof(head), size - sizeof(head));
	case LIMEND_STATUS:
		if (size != sizeof(head))
			return false;
		reply_status(session, number, status, context);
		return true;
	default:
		return false;
	}
}

static int receive_one(int fd, struct inbox *inbox)
{
	struct mmsghdr *message = &inbox->messages[0];
	ssize_t size = recv(fd, inbox->packets[0], LIMEND_PACKET_MAX,
			    MSG_DONTWAIT | MSG_TRUNC);
	bool whole = size <= (ssize_t)LIMEND_PACKET_MAX;

	if (size < 0)
		return -1;
	message->msg_hdr.msg_flags = whole ? 0 : MSG_TRUNC;
	message->msg_len = whole ? (size_t)size : LIMEND_PACKET_MAX;
	return 1;
}

static int receive_packets(struct session *session, struct inbox *inbox,
			   unsigned int share)
{
	bool alone = session->alone >= ALONE_ENOUGH &&
		     session->alone % ALONE_PERIOD;
	int got;

	if (alone || share == 1)
		got = receive_one(session->fd, inbox);
	else
		got = recvmmsg(session->fd, inbox->messages, share,
			       MSG_DONTWAIT, NULL);
	session->alone = got > 1 ? 0 : session->alone + 1;
	return got;
}

static void take_packets(struct session *session, struct inbox *inbox,
			 int count, struct batch *batch,
			 session_status_fn status, void *context)
{
	int i;

	for (i = 0; i < count; i++) {
		struct mmsghdr *message = &inbox->messages[i];

		if (session->ended)
			; /* what follows a malformed packet is only wiped */
		else if (!message->msg_len)
			end_session(session, NULL);
		else if (message->msg_hdr.msg_flags & MSG_TRUNC ||
			 !take_packet(session, inbox->packets[i],
				      message->msg_len, batch, status,
				      context))
			end_session(session, "a malformed packet");
		limen_wipe(inbox->packets[i], message->msg_len);
	}
}

void session_receive(struct session *session, struct inbox *inbox,
		     unsigned int share, struct batch *batch,
		     session_status_fn status, void *context)
{
	int want, got;

	do {
		want = share < INBOX_SIZE ? share : INBOX_SIZE;
		got = receive_packets(session, inbox, want);
		if (got < 0) {
			if (errno != EAGAIN && errno != EINTR)
				end_session(session, NULL);
			return;
		}
		take_packets(session, inbox, got, batch, status, context);
		share -= got;
	} while (got == want && share && !session->ended);
}

static int send_one(int fd, const struct limend_compare_reply *reply)
{
	return send(fd, reply, sizeof(*reply),
		    MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -1 : 1;
}

static int send_many(int fd, const struct limend_compare_reply *replies,
		     unsigned int count)
{
	struct mmsghdr messages[LIMEN_BATCH_MAX];
	struct iovec parts[LIMEN_BATCH_MAX];
	unsigned int i;

	for (i = 0; i < count; i++) {
		parts[i].iov_base = (void *)&replies[i];
		parts[i].iov_len = sizeof(replies[i]);
		messages[i].msg_hdr = (struct msghdr){
			.msg_iov = &parts[i],
			.msg_iovlen = 1,
		};
	}
	return sendmmsg(fd, messages, count, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void session_reply(struct session *session,
		   const struct limend_compare_reply *replies,
		   unsigned int count)
{
	int sent = count == 1 ? send_one(session->fd, replies) :
				send_many(session->fd, replies, count);

	if (sent < (int)count)
		end_unsent(session, sent < 0);
}
