/* SPDX-License-Identifier: MIT */
/* One client: its socket, from accept to close. */
#ifndef LIMEND_SESSION_H
#define LIMEND_SESSION_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "batch.h"

/**
 * struct session - a connected client
 * @fd: its socket
 * @uid: its user
 * @ended: to be closed once nothing is under way, as batches point to it
 * @left: likewise, and it is listened to no more
 * @under_way: its requests in batches
 * @alone: times in a row that no more than one packet was there
 * @previous: in the list of all
 * @next: in the list of all
 */
struct session {
	int fd;
	uid_t uid;
	bool ended;
	bool left;
	unsigned int under_way;
	unsigned int alone;
	struct session *previous;
	struct session *next;
};

/* Packets received in one call: what they lie in stays in the nearest cache. */
#define INBOX_SIZE 16

/**
 * struct inbox - where packets are received
 * @messages: for recvmmsg()
 * @parts: likewise
 * @packets: their bytes; wiped as soon as each has been read
 */
struct inbox {
	struct mmsghdr messages[INBOX_SIZE];
	struct iovec parts[INBOX_SIZE];
	uint8_t packets[INBOX_SIZE][LIMEND_PACKET_MAX];
};

void inbox_init(struct inbox *inbox);

/* Tells whoever is at the other end why it is hung up on, if there is room for it. */
void session_refuse(int fd, int error);

/* Fills in what a request for the status gets. */
typedef void (*session_status_fn)(void *context,
				  struct limend_status_reply *reply);

/*
 * Reads at most share packets, adds the comparisons to the batch and answers
 * the rest. Ends the session at its end and at the first malformed packet.
 */
void session_receive(struct session *session, struct inbox *inbox,
		     unsigned int share, struct batch *batch,
		     session_status_fn status, void *context);
/* Sends replies without waiting: a client that does not read them is ended. */
void session_reply(struct session *session,
		   const struct limend_compare_reply *replies,
		   unsigned int count);

#endif /* LIMEND_SESSION_H */
