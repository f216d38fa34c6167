// SPDX-License-Identifier: MIT
/* How much of the memory's bandwidth scans use, and how soon there is a first score. */
#include <stdio.h>

#include "board.h"
#include "tap.h"

#define BUSY_PERCENT	95
#define FIRST_CYCLES	200
#define LATENCY		20

/* Of all cycles from the first beat to the last, how many in 10,000 had one. */
static unsigned int port_share(struct board *board, uint16_t dim, uint32_t top_k,
			       enum kind kind)
{
	static struct limen_rtl_row rows[LIMEN_HW_TOP_K_MAX];
	struct dice dice = { .state = dim };
	struct limen_rtl_scan scan = {
		.probe = PROBE_AT,
		.gallery = GALLERY_AT,
		.stride = dim,
		.rows = (MEMORY_BYTES - GALLERY_AT) / dim,
		.top_k = top_k,
		.min_similarity = -LIMEN_SIMILARITY_ONE,
		.dim = dim,
	};
	struct limen_rtl_port port;
	unsigned int count;

	gallery_fill(board, &scan, kind, &dice);
	limen_rtl_port_clear(board->rtl);
	scan_run(board, &scan, rows, &count);
	board_settle(board);
	limen_rtl_port(board->rtl, &port);
	return (unsigned int)(port.reads * 10000 / (port.last - port.first + 1));
}

static void measure_port(struct board *board, uint16_t dim)
{
	unsigned int share = port_share(board, dim, 50, KIND_RANDOM);

	printf("# figure: dimension %u: memory port busy for %u.%02u %% of the cycles\n",
	       dim, share / 100, share % 100);
	tap_result(share >= BUSY_PERCENT * 100,
		   "the memory port is busy for at least %d %% at dimension %u",
		   BUSY_PERCENT, dim);
}

/* Each row goes down the whole heap: the worst that a gallery can do. */
static void measure_worst(struct board *board, uint16_t dim)
{
	unsigned int share = port_share(board, dim, LIMEN_HW_TOP_K_MAX,
					KIND_RISING);

	printf("# figure: dimension %u, rising rows, the best 1,024: %u.%02u %%\n",
	       dim, share / 100, share % 100);
}

static void measure_first(struct board *board)
{
	static struct limen_rtl_row rows[LIMEN_HW_TOP_K_MAX];
	struct limen_rtl_scan scan = {
		.probe = PROBE_AT,
		.gallery = GALLERY_AT,
		.stride = DIM_MAX,
		.rows = 1,
		.top_k = 1,
		.min_similarity = -LIMEN_SIMILARITY_ONE,
		.dim = DIM_MAX,
	};
	struct limen_score score;
	uint64_t start, first;
	unsigned int count;

	start = limen_rtl_cycles(board->rtl);
	limen_rtl_scan_start(board->rtl, &scan);
	while (!limen_rtl_scan_done(board->rtl))
		limen_rtl_run(board->rtl, 1);
	first = limen_rtl_cycles(board->rtl) - start;
	limen_rtl_scan_finish(board->rtl, rows, 1, &count);
	printf("# figure: a scan of one row takes %llu cycles, with a memory that takes %u\n",
	       (unsigned long long)first, LATENCY);
	tap_result(first < FIRST_CYCLES, "the first score within %d cycles",
		   FIRST_CYCLES);
	start = limen_rtl_cycles(board->rtl);
	compare_run(board, PROBE_AT, REFERENCE_AT, DIM_MAX, &score);
	printf("# figure: a compare takes %llu cycles\n",
	       (unsigned long long)(limen_rtl_cycles(board->rtl) - start));
}

void measure(void)
{
	static const uint16_t dims[] = { 128, 256, 512 };
	struct board board;
	unsigned int i;

	board_open(&board, LATENCY, 1000, 18);
	for (i = 0; i < sizeof(dims) / sizeof(*dims); i++)
		measure_port(&board, dims[i]);
	for (i = 0; i < sizeof(dims) / sizeof(*dims); i++)
		measure_worst(&board, dims[i]);
	measure_first(&board);
	board_close(&board);
}
