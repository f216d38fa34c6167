/* SPDX-License-Identifier: MIT */
/*
 * Who does the engine's jobs: a program, or the gateware itself, simulated by cycles
 * (firmware/fpga). Both yield the same integers; job.c has the registers and the time.
 */
#ifndef LIMEN_MATCHER_H
#define LIMEN_MATCHER_H

#include <core/core.h>
#include <shell.h>

/**
 * struct matcher_task - a job, its settings checked
 * @work: probe and reference; rows are ranked into its best ones, as a heap
 * @dim: components
 * @rows: the first of the rows
 * @stride: bytes from row to row
 * @first: number of the first row
 * @count: rows
 * @least: least similarity
 * @score: of a comparison
 * @cycles: that it took
 */
struct matcher_task {
	struct core_work *work;
	uint32_t dim;
	const uint8_t *rows;
	uint32_t stride;
	uint32_t first;
	uint32_t count;
	int32_t least;
	struct limen_score score;
	uint64_t cycles;
};

/**
 * struct matcher_ops - an engine, which has one job at a time
 *
 * Of what need not be done by every engine, a pointer may be NULL.
 */
struct matcher_ops {
	/** @name: what it is chosen by */
	const char *name;
	/** @create: one after its power-on reset; NULL: it cannot be made; or NULL */
	void *(*create)(void);
	/** @destroy: likewise or NULL */
	void (*destroy)(void *matcher);
	/** @begin: SHELL_ENGINE_COMPARE, SCAN or WIPE; of WIPE, only cycles are told */
	void (*begin)(void *matcher, uint32_t what, struct matcher_task *task);
	/** @step: goes on for a moment; SHELL_BUSY, DONE or REFUSED */
	uint32_t (*step)(void *matcher, struct matcher_task *task);
	/** @stop: the job under way is not wanted any more; or NULL */
	void (*stop)(void *matcher);
	/** @reset: no vector, score or row outlives it; or NULL */
	void (*reset)(void *matcher);
};

extern const struct matcher_ops matcher_c;
/* For programs that are linked with the gateware's model. */
extern const struct matcher_ops matcher_rtl;

#endif /* LIMEN_MATCHER_H */
