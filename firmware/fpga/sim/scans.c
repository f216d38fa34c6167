// SPDX-License-Identifier: MIT
/* Scans: each row that is returned, in its place, as limen/score.h has it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "board.h"
#include "tap.h"

/* How the memory's port behaves. */
static const struct {
	const char *name;
	uint32_t latency;
	uint32_t bandwidth;
} ports[] = {
	{ "a fast port", 1, 1000 },
	{ "a slow port", 40, 1000 },
	{ "a port that stalls", 23, 400 },
};

/* As many rows as fit, at most @rows. */
static uint32_t fitting(const struct limen_rtl_scan *scan, uint32_t rows)
{
	uint32_t room = (MEMORY_BYTES - scan->gallery) / scan->stride;

	return rows < room ? rows : room;
}

/* A threshold that some rows pass, or one of the borders. */
static int32_t roll_threshold(struct dice *dice)
{
	switch (roll_below(dice, 5)) {
	case 0:
		return -LIMEN_SIMILARITY_ONE;
	case 1:
		return (int32_t)roll_below(dice, 2 * LIMEN_SIMILARITY_ONE + 1) -
		       LIMEN_SIMILARITY_ONE;
	case 2:
		return LIMEN_SIMILARITY_ONE;
	case 3:
		return roll_below(dice, 2) ? INT32_MAX : INT32_MIN;
	default:
		return (int32_t)roll_below(dice, 2000) - 1000;
	}
}

static uint32_t roll_top_k(struct dice *dice)
{
	static const uint32_t edges[] = { 1, 2, 7, 8, 9, 10, 12, 13, 1023, 1024 };

	if (roll_below(dice, 2))
		return edges[roll_below(dice, sizeof(edges) / sizeof(*edges))];
	return 1 + roll_below(dice, LIMEN_HW_TOP_K_MAX);
}

static bool scan_matches(struct board *board, const struct limen_rtl_scan *scan,
			 const char *what)
{
	static struct limen_rtl_row got[LIMEN_HW_TOP_K_MAX];
	static struct limen_rtl_row due[LIMEN_HW_TOP_K_MAX];
	unsigned int count, expected = gallery_expect(board, scan, due);
	unsigned int status = scan_run(board, scan, got, &count);
	unsigned int i;

	board_settle(board);
	for (i = 0; i < count && i < expected; i++)
		if (memcmp(&got[i], &due[i], sizeof(*got)))
			break;
	if (status == LIMEN_HW_OK && count == expected && i == count)
		return true;
	printf("# %s: dim %u, stride %u, %u rows, top %u from %d: status %u, %u rows of %u\n",
	       what, scan->dim, scan->stride, scan->rows, scan->top_k,
	       scan->min_similarity, status, count, expected);
	if (i < count && i < expected)
		printf("# %u: row %u %d %d, due row %u %d %d\n", i, got[i].row,
		       got[i].raw, got[i].similarity, due[i].row, due[i].raw,
		       due[i].similarity);
	return false;
}

/* Every dimension, with galleries of one kind. */
static void check_kind(struct board *board, enum kind kind, const char *port)
{
	struct dice dice = { .state = kind + 1 };
	struct limen_rtl_scan scan = { .probe = PROBE_AT, .gallery = GALLERY_AT };
	unsigned int bad = 0, scans = 0;

	for (scan.dim = 64; scan.dim <= DIM_MAX; scan.dim += 64) {
		scan.stride = scan.dim + 64 * roll_below(&dice, 3);
		scan.rows = fitting(&scan, 1 + roll_below(&dice, 400));
		scan.top_k = roll_top_k(&dice);
		scan.min_similarity = roll_threshold(&dice);
		gallery_fill(board, &scan, kind, &dice);
		bad += !scan_matches(board, &scan, kind_names[kind]);
		scan.min_similarity = -LIMEN_SIMILARITY_ONE;
		bad += !scan_matches(board, &scan, kind_names[kind]);
		scans += 2;
	}
	tap_result(!bad, "%s: %u scans of galleries that are %s, %u wrong", port,
		   scans, kind_names[kind], bad);
}

/* Many rows, and more kept than topk alone can hold. */
static void check_many(struct board *board, enum kind kind)
{
	static const uint32_t sizes[] = { 1, 8, 9, 100, 1024 };
	struct dice dice = { .state = 100 + kind };
	struct limen_rtl_scan scan = {
		.probe = PROBE_AT,
		.gallery = GALLERY_AT,
		.stride = 64,
		.min_similarity = -LIMEN_SIMILARITY_ONE,
		.dim = 64,
	};
	unsigned int i, bad = 0;

	scan.rows = fitting(&scan, 5000);
	gallery_fill(board, &scan, kind, &dice);
	for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		scan.top_k = sizes[i];
		bad += !scan_matches(board, &scan, kind_names[kind]);
	}
	tap_result(!bad, "the best 1 to 1,024 of %u rows that are %s, %u wrong",
		   scan.rows, kind_names[kind], bad);
}

void check_scans(void)
{
	struct board board;
	unsigned int port;
	enum kind kind;

	for (port = 0; port < sizeof(ports) / sizeof(*ports); port++) {
		board_open(&board, ports[port].latency, ports[port].bandwidth,
			   port + 1);
		for (kind = 0; kind < KINDS; kind++)
			check_kind(&board, kind, ports[port].name);
		board_close(&board);
	}
	board_open(&board, 20, 1000, 7);
	for (kind = 0; kind < KINDS; kind++)
		check_many(&board, kind);
	board_close(&board);
}
