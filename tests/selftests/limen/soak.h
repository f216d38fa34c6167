/* SPDX-License-Identifier: GPL-2.0-only */
/* The soak: what its processes share. */
#ifndef LIMEN_SELFTEST_SOAK_H
#define LIMEN_SELFTEST_SOAK_H

#include "util.h"

#define SOAK_VERIFIERS	8
#define SOAK_SCANNERS	2
#define SOAK_CLIENTS	(SOAK_VERIFIERS + SOAK_SCANNERS)

/**
 * struct soak_client - what a process has seen so far
 *
 * Written by that process, read by the one that started it.
 *
 * @pid: of it
 * @seed: of its random numbers
 * @share: verifies it is to make; a scanner goes on until told
 * @right: results that were right
 * @eio: results of -EIO
 * @etime: of -ETIME
 * @ecanceled: of -ECANCELED
 * @wrong: scores that were wrong, or errors that nobody may be given
 * @lost: submissions of which no result came in time
 * @first: the first other thing that went wrong, a negative errno
 * @what: what it did then
 */
struct soak_client {
	pid_t pid;
	__u32 seed;
	unsigned long share;
	volatile unsigned long right;
	volatile unsigned long eio;
	volatile unsigned long etime;
	volatile unsigned long ecanceled;
	volatile unsigned long wrong;
	volatile unsigned long lost;
	volatile int first;
	char what[32];
};

/**
 * struct soak - what all processes share
 * @stop: scanners are to end
 * @clients: the verifiers, then the scanners
 */
struct soak {
	volatile bool stop;
	struct soak_client clients[SOAK_CLIENTS];
};

static inline unsigned long soak_results(const struct soak_client *client)
{
	return client->right + client->eio + client->etime +
	       client->ecanceled + client->wrong + client->lost;
}

/* Whole lives of the two kinds of client. */
void soak_verify(struct soak_client *client);
void soak_scan(struct soak *soak, struct soak_client *client);

#endif /* LIMEN_SELFTEST_SOAK_H */
