/* SPDX-License-Identifier: MIT */
/*
 * A thread that waits for a board, so that limend need not: boards compute at the same
 * time, and one that does not answer holds up nobody but whom it was to answer.
 */
#ifndef LIMEND_WORKER_H
#define LIMEND_WORKER_H

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

#include <limen.h>

/**
 * struct work - comparisons that one backend computes at once
 * @pairs: they
 * @count: how many, 1 to LIMEN_BATCH_MAX
 * @deadline: what now_ns() says when they are no longer wanted
 * @kind: out: what has computed them
 * @board: out: the place of the board that has; zeros behind its end
 * @next: in a list of those that wait
 */
struct work {
	struct limen_pair *pairs;
	unsigned int count;
	int64_t deadline;
	enum limen_backend_kind kind;
	char board[LIMEN_BOARD_ADDRESS_SIZE];
	struct work *next;
};

/* Computes it here, and waits; no longer than until its deadline. */
void work_compute(struct work *work, struct limen_backend *backend);

/**
 * struct worker - the thread
 * @thread: it
 * @runs: it has been started
 * @given: there is work for it, or it is to end
 * @done: eventfd that it writes to when work is finished
 * @backend: to compute with
 * @work: to be computed; NULL: it is to end
 * @finished: it has been, and is the caller's again
 */
struct worker {
	pthread_t thread;
	bool runs;
	sem_t given;
	int done;
	struct limen_backend *backend;
	struct work *work;
	atomic_bool finished;
};

/* Starts the thread; what pthread_create() returns, negative. */
int worker_start(struct worker *worker, int done);
/* Gives work to a worker that runs and has none. */
void worker_give(struct worker *worker, struct limen_backend *backend, struct work *work);
/* Whether what it was given is finished. */
bool worker_finished(const struct worker *worker);
/* Ends the thread, which has no work that is not finished; does nothing if none runs. */
void worker_stop(struct worker *worker);

#endif /* LIMEND_WORKER_H */
