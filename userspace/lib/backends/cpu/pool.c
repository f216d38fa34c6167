// SPDX-License-Identifier: MIT
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "pool.h"

/* Enough for every kernel; not what the limit on the first thread's stack is. */
#define STACK_SIZE (1u << 20)

/**
 * struct helper - a thread of a pool
 * @thread: it
 * @pool: whose
 * @number: what work() is told, from 1 on
 */
struct helper {
	pthread_t thread;
	struct pool *pool;
	unsigned int number;
};

/**
 * struct pool - threads that share the work of their caller
 * @lock: held to look at or change what follows
 * @wake: there is work, or the end
 * @done: the last helper has finished
 * @work: what to call
 * @context: with what
 * @round: grows by one with each pool_run()
 * @busy: helpers that have not finished this round
 * @closing: they shall end
 * @count: number of helpers
 * @helpers: them
 */
struct pool {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	pthread_cond_t done;
	void (*work)(void *context, unsigned int number);
	void *context;
	uint64_t round;
	unsigned int busy;
	bool closing;
	unsigned int count;
	struct helper helpers[];
};

static void *help(void *context)
{
	const struct helper *helper = context;
	struct pool *pool = helper->pool;
	uint64_t round = 0;

	pthread_mutex_lock(&pool->lock);
	for (;;) {
		while (pool->round == round && !pool->closing)
			pthread_cond_wait(&pool->wake, &pool->lock);
		if (pool->closing)
			break;
		round = pool->round;
		pthread_mutex_unlock(&pool->lock);
		pool->work(pool->context, helper->number);
		pthread_mutex_lock(&pool->lock);
		if (!--pool->busy)
			pthread_cond_signal(&pool->done);
	}
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

static int start(struct pool *pool)
{
	struct helper *helper = &pool->helpers[pool->count];
	pthread_attr_t attributes;
	sigset_t all, before;
	int error;

	helper->pool = pool;
	helper->number = pool->count + 1;
	error = pthread_attr_init(&attributes);
	if (error)
		return -error;
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	/* Signals are for the threads that the program knows of. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&helper->thread, &attributes, help, helper);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	if (!error)
		pool->count++;
	return -error;
}

int pool_open(struct pool **pool, unsigned int helpers)
{
	struct pool *made = calloc(1, sizeof(*made) +
				      helpers * sizeof(*made->helpers));
	int error = 0;

	if (!made)
		return -ENOMEM;
	pthread_mutex_init(&made->lock, NULL);
	pthread_cond_init(&made->wake, NULL);
	pthread_cond_init(&made->done, NULL);
	while (!error && made->count < helpers)
		error = start(made);
	if (error) {
		pool_close(made);
		return error;
	}
	*pool = made;
	return 0;
}

void pool_close(struct pool *pool)
{
	unsigned int i;

	if (!pool)
		return;
	pthread_mutex_lock(&pool->lock);
	pool->closing = true;
	pthread_cond_broadcast(&pool->wake);
	pthread_mutex_unlock(&pool->lock);
	for (i = 0; i < pool->count; i++)
		pthread_join(pool->helpers[i].thread, NULL);
	pthread_cond_destroy(&pool->done);
	pthread_cond_destroy(&pool->wake);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}

void pool_run(struct pool *pool,
	      void (*work)(void *context, unsigned int number), void *context)
{
	pthread_mutex_lock(&pool->lock);
	pool->work = work;
	pool->context = context;
	pool->busy = pool->count;
	pool->round++;
	pthread_cond_broadcast(&pool->wake);
	pthread_mutex_unlock(&pool->lock);

	work(context, 0);

	pthread_mutex_lock(&pool->lock);
	while (pool->busy)
		pthread_cond_wait(&pool->done, &pool->lock);
	pthread_mutex_unlock(&pool->lock);
}
