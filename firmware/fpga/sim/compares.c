// SPDX-License-Identifier: MIT
/* Compares, alone and beside a scan, as limen/score.h has them. */
#include <stdio.h>
#include <string.h>

#include "board.h"
#include "tap.h"

/* Two vectors of any kind, and the score that they have. */
static struct limen_score roll_pair(struct board *board, uint16_t dim,
				    struct dice *dice)
{
	struct limen_rtl_scan pair = {
		.probe = PROBE_AT,
		.gallery = REFERENCE_AT,
		.stride = DIM_MAX,
		.rows = 1,
		.dim = dim,
	};

	gallery_fill(board, &pair, roll_below(dice, KINDS), dice);
	return limen_score_vectors((int8_t *)board->memory + PROBE_AT,
				   (int8_t *)board->memory + REFERENCE_AT, dim);
}

static bool compare_matches(struct board *board, uint16_t dim,
			    const struct limen_score *due)
{
	struct limen_score got;
	unsigned int status = compare_run(board, PROBE_AT, REFERENCE_AT, dim,
					  &got);

	if (status == LIMEN_HW_OK && got.raw == due->raw &&
	    got.similarity == due->similarity)
		return true;
	printf("# dim %u: status %u, %d %d, due %d %d\n", dim, status, got.raw,
	       got.similarity, due->raw, due->similarity);
	return false;
}

static void check_alone(struct board *board)
{
	struct dice dice = { .state = 21 };
	unsigned int i, bad = 0;

	for (i = 0; i < 400; i++) {
		uint16_t dim = (uint16_t)(64 * (1 + i % 8));
		struct limen_score due = roll_pair(board, dim, &dice);

		bad += !compare_matches(board, dim, &due);
		board_settle(board);
	}
	tap_result(!bad, "%u compares, %u wrong", i, bad);
}

/* Compares again and again, of another dimension, while a scan is under way. */
static void check_beside(struct board *board, uint16_t dim)
{
	static struct limen_rtl_row got[LIMEN_HW_TOP_K_MAX];
	static struct limen_rtl_row due[LIMEN_HW_TOP_K_MAX];
	struct dice dice = { .state = dim };
	struct limen_rtl_scan scan = {
		.probe = GALLERY_AT,
		.gallery = 2 * GALLERY_AT,
		.stride = dim,
		.rows = 2000,
		.top_k = 100,
		.min_similarity = -LIMEN_SIMILARITY_ONE,
		.dim = dim,
	};
	unsigned int compares = 0, bad = 0, count, expected;

	gallery_fill(board, &scan, KIND_RANDOM, &dice);
	expected = gallery_expect(board, &scan, due);
	if (!limen_rtl_scan_start(board->rtl, &scan)) {
		tap_result(false, "a scan starts");
		return;
	}
	while (!limen_rtl_scan_done(board->rtl)) {
		uint16_t other = (uint16_t)(64 * (1 + compares % 8));
		struct limen_score score = roll_pair(board, other, &dice);

		bad += !compare_matches(board, other, &score);
		compares++;
		board_settle(board);
	}
	bad += limen_rtl_scan_finish(board->rtl, got, LIMEN_HW_TOP_K_MAX,
				     &count) != LIMEN_HW_OK;
	tap_result(!bad && compares > 3 && count == expected &&
			   !memcmp(got, due, count * sizeof(*got)),
		   "%u compares beside a scan of dimension %u, %u wrong, and the scan's %u rows",
		   compares, dim, bad, count);
	board_settle(board);
}

void check_compares(void)
{
	struct board board;

	board_open(&board, 30, 700, 11);
	check_alone(&board);
	check_beside(&board, 64);
	check_beside(&board, 192);
	check_beside(&board, 448);
	board_close(&board);
}
