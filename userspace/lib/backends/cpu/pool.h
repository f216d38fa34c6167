/* SPDX-License-Identifier: MIT */
/* Threads that share the work of their caller, and sleep when there is none. */
#ifndef LIMEN_POOL_H
#define LIMEN_POOL_H

#include "private.h"

struct pool;

/* Starts helpers, at least one; ends them with pool_close(). */
HIDDEN int pool_open(struct pool **pool, unsigned int helpers);
HIDDEN void pool_close(struct pool *pool); /* may be NULL */
/*
 * Calls work(context, n) once for each n from 0 to the number of helpers: for 0
 * in this thread, for the others in theirs. Returns when all of them have.
 */
HIDDEN void pool_run(struct pool *pool,
		     void (*work)(void *context, unsigned int number),
		     void *context);

#endif /* LIMEN_POOL_H */
