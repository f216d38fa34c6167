/* SPDX-License-Identifier: MIT */
/*
 * What limend computes with: a board while there is one, else the CPU, as the
 * configuration allows. A board that has given a wrong score is used no more, and
 * no other: what is plugged in anew may be the same one.
 */
#ifndef LIMEND_ENGINE_H
#define LIMEND_ENGINE_H

#include <limits.h>

#include <config.h>
#include <limen.h>

#include "recheck.h"

/**
 * struct engine - the backend in use
 * @mode: what the configuration allows
 * @timeout_ms: longest a batch may take
 * @board: the board, or NULL
 * @node: the board's node
 * @cpu: the CPU: what computes if there is no board, unless @mode wants one, and
 *	what the board's scores are held against; NULL where neither is wanted
 * @monitor: tells of boards that come and go; NULL where none is wanted
 * @comparisons: scored so far
 * @failures: not scored so far
 * @batches: handed to a backend so far
 * @recheck: of the board's scores
 */
struct engine {
	enum limen_config_backend mode;
	int timeout_ms;
	struct limen_backend *board;
	char node[PATH_MAX];
	struct limen_backend *cpu;
	struct limen_monitor *monitor;
	uint64_t comparisons;
	uint64_t failures;
	uint64_t batches;
	struct recheck recheck;
};

/* Opens what there is. -ENOMEM, or what keeps boards from being watched. */
int engine_open(struct engine *engine, const struct limen_config *config);
void engine_close(struct engine *engine);
/* Fires when a board comes or goes; -1 if none is watched for. */
int engine_hotplug_fd(const struct engine *engine);
void engine_hotplug(struct engine *engine);
enum limen_backend_kind engine_kind(const struct engine *engine);
const char *engine_description(const struct engine *engine);
/*
 * Sets every pair's error, and tells what has computed. A failure is reported, never
 * computed elsewhere; but once a score of the board's is found to be wrong, all of
 * the batch is computed on the CPU, or is -EBADE where only a board is allowed.
 */
enum limen_backend_kind engine_compare(struct engine *engine,
				       struct limen_pair *pairs,
				       unsigned int count);

#endif /* LIMEND_ENGINE_H */
