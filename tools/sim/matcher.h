/* SPDX-License-Identifier: MIT */
/* The engine's work, done by a program; job.c has its registers and its time. */
#ifndef LIMEN_MATCHER_H
#define LIMEN_MATCHER_H

#include <core/core.h>

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
 * @cycles: that the gateware would take
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

/* Keeps no vectors. */
void matcher_compare(struct matcher_task *task);
/* One scan, or more rows of it. */
void matcher_scan(struct matcher_task *task);

#endif /* LIMEN_MATCHER_H */
