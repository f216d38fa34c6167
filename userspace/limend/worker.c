// SPDX-License-Identifier: MIT
#include <signal.h>
#include <stdint.h>
#include <sys/eventfd.h>

#include <monotonic.h>

#include "worker.h"

/* All of it is locked memory; limen_compare() needs some ten KiB. */
#define STACK_SIZE (256 << 10)

void work_compute(struct work *work, struct limen_backend *backend)
{
	int64_t left = (work->deadline - now_ns()) / 1000000;

	limen_compare(backend, work->pairs, work->count, left > 0 ? (int)left : 0);
}

static void *run(void *context)
{
	struct worker *worker = context;

	for (;;) {
		while (sem_wait(&worker->given))
			;
		if (!worker->work)
			return NULL;
		work_compute(worker->work, worker->backend);
		atomic_store(&worker->finished, true);
		eventfd_write(worker->done, 1);
	}
}

int worker_start(struct worker *worker, int done)
{
	pthread_attr_t attributes;
	sigset_t all, before;
	int error;

	*worker = (struct worker){ .done = done };
	sem_init(&worker->given, 0, 0);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	/* Signals are the main thread's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&worker->thread, &attributes, run, worker);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	if (error)
		sem_destroy(&worker->given);
	worker->runs = !error;
	return -error;
}

void worker_give(struct worker *worker, struct limen_backend *backend, struct work *work)
{
	worker->backend = backend;
	worker->work = work;
	atomic_store(&worker->finished, false);
	sem_post(&worker->given);
}

bool worker_finished(const struct worker *worker)
{
	return atomic_load(&worker->finished);
}

void worker_stop(struct worker *worker)
{
	if (!worker->runs)
		return;
	worker->work = NULL;
	sem_post(&worker->given);
	pthread_join(worker->thread, NULL);
	sem_destroy(&worker->given);
	worker->runs = false;
}
