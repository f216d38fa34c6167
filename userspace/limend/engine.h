/* SPDX-License-Identifier: MIT */
/*
 * What limend computes with: a board while there is one, else the CPU, as the
 * configuration allows.
 */
#ifndef LIMEND_ENGINE_H
#define LIMEND_ENGINE_H

#include <limits.h>

#include <config.h>
#include <limen.h>

/**
 * struct engine - the backend in use
 * @mode: what the configuration allows
 * @timeout_ms: longest a batch may take
 * @board: the board, or NULL
 * @node: the board's node
 * @cpu: the CPU, or NULL where the configuration wants a board
 * @monitor: tells of boards that come and go; NULL where none is wanted
 * @comparisons: scored so far
 * @failures: not scored so far
 * @batches: handed to a backend so far
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
};

/* Opens what there is. -ENOMEM, or what keeps boards from being watched. */
int engine_open(struct engine *engine, const struct limen_config *config);
void engine_close(struct engine *engine);
/* Fires when a board comes or goes; -1 if none is watched for. */
int engine_hotplug_fd(const struct engine *engine);
void engine_hotplug(struct engine *engine);
enum limen_backend_kind engine_kind(const struct engine *engine);
const char *engine_description(const struct engine *engine);
/* Sets every pair's error. A failure is reported, never computed elsewhere. */
void engine_compare(struct engine *engine, struct limen_pair *pairs,
		    unsigned int count);

#endif /* LIMEND_ENGINE_H */
