// SPDX-License-Identifier: MIT
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <private.h>

#include "engine.h"
#include "log.h"

static struct limen_backend *in_use(const struct engine *engine)
{
	if (engine->board || engine->mode == LIMEN_CONFIG_BOARD)
		return engine->board;
	return engine->cpu;
}

static bool distrusts_boards(const struct engine *engine)
{
	return engine->recheck.mismatches;
}

/* What happens while there is no board. */
static const char *without_board(const struct engine *engine)
{
	return engine->mode == LIMEN_CONFIG_BOARD ? "requests fail" :
						    "comparing on the CPU";
}

static void tell_no_board(const struct engine *engine, const char *what)
{
	if (engine->mode == LIMEN_CONFIG_BOARD)
		log_error("%s; %s", what, without_board(engine));
	else
		log_line("%s; %s", what, without_board(engine));
}

/* For limen_boards_enumerate(): takes the first board that opens. */
static int take_board(const char *node, void *context)
{
	struct engine *engine = context;
	int error;

	error = limen_backend_open(&engine->board, LIMEN_BACKEND_BOARD, node);
	if (error) {
		log_warning("board %s does not open: %s", node,
			    limen_strerror(error));
		return 0;
	}
	snprintf(engine->node, sizeof(engine->node), "%s", node);
	log_line("comparing on %s", engine_description(engine));
	return 1;
}

/* For limen_boards_enumerate(): likewise, but not the one that has just been lost. */
static int take_other(const char *node, void *context)
{
	const struct engine *engine = context;

	return strcmp(node, engine->node) ? take_board(node, context) : 0;
}

static void lose_board(struct engine *engine)
{
	limen_backend_close(engine->board);
	engine->board = NULL;
	log_warning("board %s is gone", engine->node);
	limen_boards_enumerate(take_other, engine);
	if (!engine->board)
		tell_no_board(engine, "no other board");
}

static void condemn_board(struct engine *engine)
{
	limen_backend_close(engine->board);
	engine->board = NULL;
	log_error("board %s computed a wrong score and is out of service; %s. "
		  "Answers that it gave before without a re-check: %" PRIu64
		  ". Set backend = cpu until the board is replaced, then restart "
		  "limend", engine->node, without_board(engine),
		  engine->recheck.unchecked);
}

static int find_board(struct engine *engine)
{
	int error;

	/* Watched before looked for, so that none comes unnoticed in between. */
	error = limen_monitor_open(&engine->monitor);
	if (error) {
		log_error("boards cannot be watched: %s", limen_strerror(error));
		return error;
	}
	error = limen_boards_enumerate(take_board, engine);
	if (error < 0) {
		log_error("boards cannot be listed: %s", limen_strerror(error));
		return error;
	}
	if (!engine->board)
		tell_no_board(engine, "no board");
	return 0;
}

int engine_open(struct engine *engine, const struct limen_config *config)
{
	int error = 0;

	*engine = (struct engine){
		.mode = config->backend,
		.timeout_ms = config->timeout_ms,
		.recheck.rate = config->recheck,
	};
	if (engine->mode != LIMEN_CONFIG_BOARD || config->recheck)
		error = limen_backend_open(&engine->cpu, LIMEN_BACKEND_CPU,
					   NULL);
	if (error)
		log_error("the CPU cannot compare: %s", limen_strerror(error));
	if (!error && engine->mode != LIMEN_CONFIG_CPU)
		error = find_board(engine);
	if (error)
		engine_close(engine);
	return error;
}

void engine_close(struct engine *engine)
{
	limen_backend_close(engine->board);
	limen_backend_close(engine->cpu);
	limen_monitor_close(engine->monitor);
}

int engine_hotplug_fd(const struct engine *engine)
{
	return engine->monitor ? limen_monitor_fd(engine->monitor) : -1;
}

void engine_hotplug(struct engine *engine)
{
	enum limen_board_event event;
	char node[PATH_MAX];

	while (!limen_monitor_next(engine->monitor, &event, node,
				   sizeof(node))) {
		if (event == LIMEN_BOARD_ADDED && distrusts_boards(engine))
			log_warning("board %s is left alone: one computed a "
				    "wrong score", node);
		else if (event == LIMEN_BOARD_ADDED && !engine->board)
			take_board(node, engine);
		else if (event == LIMEN_BOARD_REMOVED && engine->board &&
			 !strcmp(node, engine->node))
			lose_board(engine);
	}
}

enum limen_backend_kind engine_kind(const struct engine *engine)
{
	struct limen_backend *backend = in_use(engine);

	return backend ? limen_backend_kind(backend) : LIMEN_BACKEND_BOARD;
}

const char *engine_description(const struct engine *engine)
{
	struct limen_backend *backend = in_use(engine);

	if (backend)
		return limen_backend_description(backend);
	return distrusts_boards(engine) ? "no board that computes right" :
					  "no board";
}

static void compute(struct engine *engine, struct limen_pair *pairs,
		    unsigned int count)
{
	struct limen_backend *backend = in_use(engine);
	unsigned int i;

	if (backend) {
		limen_compare(backend, pairs, count, engine->timeout_ms);
		return;
	}
	for (i = 0; i < count; i++)
		pair_fail(&pairs[i],
			  distrusts_boards(engine) ? -EBADE : -ENODEV);
}

enum limen_backend_kind engine_compare(struct engine *engine,
				       struct limen_pair *pairs,
				       unsigned int count)
{
	enum limen_backend_kind kind;
	bool gone = false;
	unsigned int i;

	engine->batches++;
	compute(engine, pairs, count);
	if (engine->board && !recheck_passes(&engine->recheck, engine->cpu,
					     pairs, count)) {
		condemn_board(engine);
		compute(engine, pairs, count);
	}
	kind = engine_kind(engine);
	for (i = 0; i < count; i++) {
		gone |= pairs[i].error == -ENODEV;
		if (pairs[i].error)
			engine->failures++;
		else
			engine->comparisons++;
	}
	/* These requests have failed; the next ones go elsewhere. */
	if (gone && engine->board)
		lose_board(engine);
	return kind;
}
