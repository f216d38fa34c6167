/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How much there is of everything.
 */
#ifndef LIMEN_LIMITS_H
#define LIMEN_LIMITS_H

#include <linux/types.h>

/* Descriptors of a submission, and syncobjs of it each way. */
#define LIMEN_BATCH_MAX		64
#define LIMEN_SYNCS_MAX		16

/* Submissions of a queue that were left early and that nobody came back for. */
#define LIMEN_TICKETS_MAX	64

/* Entries of the rings, as powers of two. */
#define LIMEN_EXPRESS_LOG2	8

/* What a user may have, over all open files. */
#define LIMEN_USER_HOST_BYTES	(64ull << 20)
#define LIMEN_USER_BUFFERS	4096
#define LIMEN_USER_GALLERIES	256
#define LIMEN_USER_QUEUES	64
#define LIMEN_USER_COMPARISONS	(1u << (LIMEN_EXPRESS_LOG2 - 1))
#define LIMEN_USER_SCANS	512

/* Of card memory: some is always left to others. */
static inline u64 limen_user_card_bytes(u64 mem_size)
{
	return mem_size - mem_size / 4;
}

/* More card memory than this, in MiB, is not a board that we know. */
#define LIMEN_MEM_MIB_MAX	(64u << 10)

#endif /* LIMEN_LIMITS_H */
