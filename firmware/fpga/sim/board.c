// SPDX-License-Identifier: MIT
/* A simulated board, galleries in its memory, and what it has to make of them. */
#include "board.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const kind_names[KINDS] = {
	[KIND_RANDOM] = "random",   [KIND_SMALL] = "small",
	[KIND_EXTREME] = "extreme", [KIND_EQUAL] = "equal",
	[KIND_RISING] = "rising",   [KIND_FALLING] = "falling",
};

uint32_t roll(struct dice *dice)
{
	dice->state = dice->state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(dice->state >> 32);
}

uint32_t roll_below(struct dice *dice, uint32_t sides)
{
	return (uint32_t)((uint64_t)roll(dice) * sides >> 32);
}

static void die(const char *what)
{
	fprintf(stderr, "bench: %s\n", what);
	exit(1);
}

void board_open(struct board *board, uint32_t latency, uint32_t bandwidth,
		uint32_t seed)
{
	board->memory = malloc(MEMORY_BYTES);
	if (!board->memory)
		die("no memory");
	board->model = (struct limen_rtl_memory) {
		.bytes = board->memory,
		.size = MEMORY_BYTES,
		.latency = latency,
		.bandwidth = bandwidth,
		.seed = seed,
	};
	board->rtl = limen_rtl_create(&board->model);
	if (!board->rtl || !limen_rtl_wait_ready(board->rtl, PATIENCE))
		die("the board does not become ready");
}

void board_close(struct board *board)
{
	limen_rtl_destroy(board->rtl);
	free(board->memory);
}

/* A row that is hard on the arithmetic. */
static void fill_extreme(int8_t *row, const int8_t *probe, uint32_t dim,
			 struct dice *dice)
{
	uint32_t i;

	memset(row, 0, dim);
	switch (roll_below(dice, 6)) {
	case 0:
		memcpy(row, probe, dim);
		break;
	case 1:
		for (i = 0; i < dim; i++)
			row[i] = probe[i] == -128 ? 127 : (int8_t)-probe[i];
		break;
	case 2:
		memset(row, -128, dim);
		break;
	case 3:
		memset(row, 127, dim);
		break;
	case 4:
		row[roll_below(dice, dim)] = (int8_t)roll(dice);
		break;
	default: /* zeros */
		break;
	}
}

/* The first @share of 65536 like the probe, the rest small noise. */
static void fill_like(int8_t *row, const int8_t *probe, uint32_t dim,
		      uint32_t share, struct dice *dice)
{
	uint32_t like = (uint32_t)((uint64_t)dim * share >> 16);
	uint32_t i;

	memcpy(row, probe, like);
	for (i = like; i < dim; i++)
		row[i] = (int8_t)(roll_below(dice, 17) - 8);
}

static void fill_row(int8_t *row, const int8_t *probe,
		     const struct limen_rtl_scan *scan, enum kind kind,
		     uint32_t number, struct dice *dice)
{
	uint32_t share = (uint32_t)(((uint64_t)number << 16) / scan->rows);
	uint32_t i;

	switch (kind) {
	case KIND_EXTREME:
		fill_extreme(row, probe, scan->dim, dice);
		break;
	case KIND_EQUAL:
		memset(row, number & 1 ? 3 : 6, scan->dim);
		break;
	case KIND_RISING:
		fill_like(row, probe, scan->dim, share, dice);
		break;
	case KIND_FALLING:
		fill_like(row, probe, scan->dim, 65536 - share, dice);
		break;
	default:
		for (i = 0; i < scan->dim; i++)
			row[i] = (int8_t)(kind == KIND_SMALL ?
						  (int)roll_below(dice, 3) - 1 :
						  (int)roll(dice));
	}
}

void gallery_fill(struct board *board, const struct limen_rtl_scan *scan,
		  enum kind kind, struct dice *dice)
{
	int8_t *probe = (int8_t *)board->memory + scan->probe;
	uint32_t i;

	for (i = 0; i < scan->dim; i++)
		probe[i] = (int8_t)(kind == KIND_SMALL ?
					    (int)roll_below(dice, 3) - 1 :
					    (int)roll(dice));
	/* The largest sums that there are. */
	if (kind == KIND_EXTREME && roll_below(dice, 2))
		memset(probe, -128, scan->dim);
	for (i = 0; i < scan->rows; i++)
		fill_row((int8_t *)board->memory + scan->gallery +
				 (size_t)i * scan->stride,
			 probe, scan, kind, i, dice);
}

static int by_rank(const void *a, const void *b)
{
	const struct limen_rtl_row *left = a, *right = b;

	if (left->similarity != right->similarity)
		return left->similarity > right->similarity ? -1 : 1;
	return left->row < right->row ? -1 : left->row > right->row;
}

unsigned int gallery_expect(const struct board *board,
			    const struct limen_rtl_scan *scan,
			    struct limen_rtl_row *rows)
{
	const int8_t *probe = (const int8_t *)board->memory + scan->probe;
	struct limen_rtl_row *all = calloc(scan->rows, sizeof(*all));
	unsigned int count = 0;
	uint32_t i;

	if (!all)
		die("no memory");
	for (i = 0; i < scan->rows; i++) {
		struct limen_score score = limen_score_vectors(
			probe,
			(const int8_t *)board->memory + scan->gallery +
				(size_t)i * scan->stride,
			scan->dim);

		if (score.similarity >= scan->min_similarity)
			all[count++] = (struct limen_rtl_row) {
				i, score.raw, score.similarity
			};
	}
	qsort(all, count, sizeof(*all), by_rank);
	if (count > scan->top_k)
		count = scan->top_k;
	memcpy(rows, all, count * sizeof(*all));
	free(all);
	return count;
}

unsigned int scan_run(struct board *board, const struct limen_rtl_scan *scan,
		      struct limen_rtl_row *rows, unsigned int *count)
{
	uint64_t cycles;

	if (!limen_rtl_scan_start(board->rtl, scan))
		die("a scan does not start");
	for (cycles = 0; !limen_rtl_scan_done(board->rtl); cycles++) {
		if (cycles == PATIENCE)
			die("a scan does not end");
		limen_rtl_run(board->rtl, 1);
	}
	return limen_rtl_scan_finish(board->rtl, rows, LIMEN_HW_TOP_K_MAX, count);
}

unsigned int compare_run(struct board *board, uint32_t probe, uint32_t reference,
			 uint16_t dim, struct limen_score *score)
{
	uint64_t cycles;

	if (!limen_rtl_compare_start(board->rtl, probe, reference, dim))
		die("a compare does not start");
	for (cycles = 0; !limen_rtl_compare_done(board->rtl); cycles++) {
		if (cycles == PATIENCE)
			die("a compare does not end");
		limen_rtl_run(board->rtl, 1);
	}
	return limen_rtl_compare_finish(board->rtl, &score->raw,
					&score->similarity);
}

void board_settle(struct board *board)
{
	limen_rtl_run(board->rtl, 400);
}
