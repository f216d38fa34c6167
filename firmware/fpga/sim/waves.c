// SPDX-License-Identifier: MIT
/*
 * waves: what some pins of the matcher do, drawn, a character a cycle: a scan of rows of 128
 * components, and a comparison that comes while it goes on and is over before it.
 */
#include <stdio.h>
#include <string.h>

#include "board.h"

#define LATENCY		20
#define DIM		128
#define ROWS		12
#define TOP_K		4
/* Cycles after the scan's start at which the comparison starts. */
#define COMPARE_AFTER	50
/* Cycles drawn after both are over, and at most. */
#define AFTERWARDS	8
#define CYCLES_MAX	1000
#define WIDTH		80

enum wave { ASKS, ANSWERS, SCAN, SCAN_DONE, COMPARE, COMPARE_DONE, WAVES };

static const char *const names[WAVES] = {
	"memory read", "memory data", "scan busy", "scan done", "compare busy",
	"compare done",
};

static char drawn[WAVES][CYCLES_MAX + 1];

static void sample(const struct board *board, unsigned int cycle)
{
	struct limen_rtl_pins pins;

	limen_rtl_pins(board->rtl, &pins);
	drawn[ASKS][cycle] = pins.asks ? '#' : '_';
	drawn[ANSWERS][cycle] = pins.answers ? '#' : '_';
	drawn[SCAN][cycle] = pins.scan_ready ? '_' : '#';
	drawn[SCAN_DONE][cycle] = pins.scan_done ? '#' : '_';
	drawn[COMPARE][cycle] = pins.compare_ready ? '_' : '#';
	drawn[COMPARE_DONE][cycle] = pins.compare_done ? '#' : '_';
}

static unsigned int run(struct board *board)
{
	const struct limen_rtl_scan scan = {
		.probe = PROBE_AT,
		.gallery = GALLERY_AT,
		.stride = DIM,
		.rows = ROWS,
		.top_k = TOP_K,
		.min_similarity = -LIMEN_SIMILARITY_ONE,
		.dim = DIM,
	};
	unsigned int cycle, left = AFTERWARDS;

	limen_rtl_scan_start(board->rtl, &scan);
	for (cycle = 0; cycle < CYCLES_MAX && left; cycle++) {
		sample(board, cycle);
		if (limen_rtl_scan_done(board->rtl) &&
		    limen_rtl_compare_done(board->rtl))
			left--;
		if (cycle == COMPARE_AFTER)
			limen_rtl_compare_start(board->rtl, PROBE_AT,
						REFERENCE_AT, DIM);
		else
			limen_rtl_run(board->rtl, 1);
	}
	return cycle;
}

int main(void)
{
	struct board board;
	unsigned int cycles;

	board_open(&board, LATENCY, 1000, 1);
	cycles = run(&board);
	for (unsigned int from = 0; from < cycles; from += WIDTH) {
		printf("%scycle %u\n", from ? "\n" : "", from);
		for (unsigned int i = 0; i < WAVES; i++)
			printf("%-13s%.*s\n", names[i],
			       (int)(cycles - from < WIDTH ? cycles - from : WIDTH),
			       drawn[i] + from);
	}
	board_close(&board);
	return 0;
}
