/* SPDX-License-Identifier: MIT */
/*
 * What limend computes with: all boards there are, each with a batch at a time, and while
 * there is none, the CPU, as the configuration allows. A board that has given a wrong
 * score is used no more, and none that comes to a place where none was before: it may
 * be the same one.
 */
#ifndef LIMEND_ENGINE_H
#define LIMEND_ENGINE_H

#include <config.h>
#include <limen.h>

#include "boards.h"
#include "recheck.h"

/**
 * struct engine - the backends in use
 * @mode: what the configuration allows
 * @timeout_ms: longest a batch may take
 * @boards: those that are and were in service
 * @cpu: the CPU: what computes if there is no board, unless @mode wants one, and
 *	what the boards' scores are held against; NULL where neither is wanted
 * @monitor: tells of boards that come and go; NULL where none is wanted
 * @done: eventfd that fires when work is finished
 * @waiting: work that a board has left undone, while all others are busy
 * @comparisons: scored so far
 * @failures: not scored so far
 * @batches: handed to a backend so far
 * @recheck: of the boards' scores
 * @text: of engine_description()
 */
struct engine {
	enum limen_config_backend mode;
	int timeout_ms;
	struct boards boards;
	struct limen_backend *cpu;
	struct limen_monitor *monitor;
	int done;
	struct work *waiting;
	uint64_t comparisons;
	uint64_t failures;
	uint64_t batches;
	struct recheck recheck;
	char text[64];
};

/* Opens what there is. -ENOMEM, or what keeps boards from being watched. */
int engine_open(struct engine *engine, const struct limen_config *config);
/* Nothing may be under way. */
void engine_close(struct engine *engine);
/* Fires when a board comes or goes; -1 if none is watched for. */
int engine_hotplug_fd(const struct engine *engine);
void engine_hotplug(struct engine *engine);
enum limen_backend_kind engine_kind(const struct engine *engine);
const char *engine_description(struct engine *engine);

/*
 * Begins with work that the caller has filled in, and that is the engine's until it is
 * done. True if that is so already; else engine_take() returns it once it is.
 *
 * Done is: every pair has its error, and it is told what has computed them. What a board
 * failed at is computed by another one, if one serves and there is time left, and what a
 * board had that has gone, by whatever else is allowed; once a score of a board's is
 * found to be wrong, all of its batch is. Else a failure is reported. Where nothing else
 * is allowed, that is -ENODEV without a board, and -EBADE if one was wrong.
 */
bool engine_start(struct engine *engine, struct work *work);
/* Work that is done, or NULL; to be called until there is none when engine->done fires. */
struct work *engine_take(struct engine *engine);
/* Whether all boards are busy, so that it would only wait if more was begun. */
bool engine_busy(struct engine *engine);
/* Whether any work is under way. */
bool engine_working(const struct engine *engine);
/* Of so many comparisons, as many as one board should be given of them. */
unsigned int engine_share(const struct engine *engine, unsigned int count);

#endif /* LIMEND_ENGINE_H */
