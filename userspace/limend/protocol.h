/* SPDX-License-Identifier: MIT */
/*
 * What limend and its clients say to each other: one request or reply a packet,
 * over a SOCK_SEQPACKET Unix socket. Little-endian. A client may have many
 * requests under way; replies carry the request's number. A packet that is
 * malformed ends the connection, and so does a reply that finds the client's
 * socket full of unread ones (some two hundred by Linux' default). Whom limend does not
 * serve it tells why before it hangs up, in a form that no version changes.
 */
#ifndef LIMEN_PROTOCOL_H
#define LIMEN_PROTOCOL_H

#include <linux/types.h>

#include <limen/template.h>

#define LIMEND_BOARDS_MAX	8
#define LIMEND_ADDRESS_SIZE	32

#define LIMEND_MAGIC	0x444e4d4c /* "LMND" */
#define LIMEND_VERSION	2

enum limend_op {
	LIMEND_COMPARE = 1, /* two whole templates follow: probe, reference */
	LIMEND_STATUS = 2,  /* nothing follows */
	LIMEND_REFUSED = 3, /* never a request */
};

/**
 * struct limend_request - head of a request
 * @magic: LIMEND_MAGIC
 * @version: LIMEND_VERSION
 * @op: enum limend_op
 * @number: chosen by the client, returned in the reply
 */
struct limend_request {
	__le32 magic;
	__le16 version;
	__le16 op;
	__le64 number;
};

/**
 * struct limend_compare_reply - answer to LIMEND_COMPARE
 * @magic: LIMEND_MAGIC
 * @version: LIMEND_VERSION
 * @op: LIMEND_COMPARE
 * @number: of the request
 * @error: 0, or a negative errno and no score
 * @backend: enum limen_backend_kind
 * @raw: raw score
 * @similarity: published similarity
 * @device_ns: time in the backend, nanoseconds
 * @service_ns: time in limend, nanoseconds
 * @board: place on its bus of the board that computed it, or failed at it; zeros behind
 *	its end, and nothing but zeros if it was none
 */
struct limend_compare_reply {
	__le32 magic;
	__le16 version;
	__le16 op;
	__le64 number;
	__le32 error;
	__le32 backend;
	__le32 raw;
	__le32 similarity;
	__le64 device_ns;
	__le64 service_ns;
	char board[LIMEND_ADDRESS_SIZE];
};

/**
 * struct limend_status_board - a board that limend has used
 * @address: its place on its bus; zeros behind its end
 * @state: enum limen_board_state
 * @reserved: zero
 * @comparisons: that it scored since the start
 * @failures: that it was given and did not score
 */
struct limend_status_board {
	char address[LIMEND_ADDRESS_SIZE];
	__le32 state;
	__le32 reserved;
	__le64 comparisons;
	__le64 failures;
};

/**
 * struct limend_status_reply - answer to LIMEND_STATUS
 * @magic: LIMEND_MAGIC
 * @version: LIMEND_VERSION
 * @op: LIMEND_STATUS
 * @number: of the request
 * @backend: enum limen_backend_kind
 * @clients: connected now
 * @comparisons: scored since the start
 * @failures: not scored since the start
 * @batches: submissions to the backend since the start
 * @rechecks: scores of boards that were computed again on the CPU, since the start
 * @mismatches: of these, so many were wrong
 * @description: of the backend, NUL-terminated
 * @board_count: in use in @boards
 * @reserved: zero
 * @boards: zeros behind @board_count
 */
struct limend_status_reply {
	__le32 magic;
	__le16 version;
	__le16 op;
	__le64 number;
	__le32 backend;
	__le32 clients;
	__le64 comparisons;
	__le64 failures;
	__le64 batches;
	__le64 rechecks;
	__le64 mismatches;
	char description[64];
	__le32 board_count;
	__le32 reserved;
	struct limend_status_board boards[LIMEND_BOARDS_MAX];
};

/**
 * struct limend_refusal - why limend hangs up
 * @magic: LIMEND_MAGIC
 * @version: limend's LIMEND_VERSION
 * @op: LIMEND_REFUSED
 * @number: zero
 * @error: negative: EACCES: this user may not connect; EUSERS: too many clients;
 *	EPROTONOSUPPORT: the request was of another version
 * @reserved: zero
 */
struct limend_refusal {
	__le32 magic;
	__le16 version;
	__le16 op;
	__le64 number;
	__le32 error;
	__le32 reserved;
};

#define LIMEND_PACKET_MAX \
	(sizeof(struct limend_request) + 2 * LIMEN_TEMPLATE_SIZE_MAX)

_Static_assert(sizeof(struct limend_request) == 16, "pinned");
_Static_assert(sizeof(struct limend_refusal) == 24, "pinned");
_Static_assert(sizeof(struct limend_compare_reply) == 80, "pinned");
_Static_assert(sizeof(struct limend_status_board) == 56, "pinned");
_Static_assert(sizeof(struct limend_status_reply) == 584, "pinned");

#endif /* LIMEN_PROTOCOL_H */
