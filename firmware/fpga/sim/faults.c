// SPDX-License-Identifier: MIT
/* What the engine refuses, errors of the memory, and scans that are given up. */
#include <stdio.h>
#include <string.h>

#include "board.h"
#include "tap.h"

static const struct limen_rtl_scan good = {
	.probe = PROBE_AT,
	.gallery = GALLERY_AT,
	.stride = 192,
	.rows = 50,
	.top_k = 20,
	.min_similarity = -LIMEN_SIMILARITY_ONE,
	.dim = 128,
};

/* Whether a scan ends so, with rows only if it went well; and whether the next goes well. */
static bool ends(struct board *board, const struct limen_rtl_scan *scan,
		 unsigned int due)
{
	static struct limen_rtl_row rows[LIMEN_HW_TOP_K_MAX];
	unsigned int count, status = scan_run(board, scan, rows, &count);
	bool right = status == due && (due == LIMEN_HW_OK || !count);

	if (!right)
		printf("# status %u, due %u, %u rows\n", status, due, count);
	board_settle(board);
	limen_rtl_fail_at(board->rtl, UINT64_MAX);
	status = scan_run(board, &good, rows, &count);
	board_settle(board);
	return right && status == LIMEN_HW_OK && count == good.top_k;
}

static bool compare_ends(struct board *board, uint32_t probe, uint32_t reference,
			 uint16_t dim, unsigned int due)
{
	struct limen_score score;
	unsigned int status = compare_run(board, probe, reference, dim, &score);
	bool right = status == due &&
		     (due == LIMEN_HW_OK || (!score.raw && !score.similarity));

	board_settle(board);
	limen_rtl_fail_at(board->rtl, UINT64_MAX);
	status = compare_run(board, PROBE_AT, REFERENCE_AT, DIM_MAX, &score);
	board_settle(board);
	return right && status == LIMEN_HW_OK;
}

/* One scan that differs from the good one. */
#define SCAN(field, value)						\
	({								\
		struct limen_rtl_scan scan = good;			\
									\
		scan.field = value;					\
		scan;							\
	})

static void check_scan_fields(struct board *board)
{
	const struct {
		const char *what;
		struct limen_rtl_scan scan;
	} bad[] = {
		{ "a dimension of 0", SCAN(dim, 0) },
		{ "a dimension that is no multiple of 64", SCAN(dim, 100) },
		{ "a dimension above 512", SCAN(dim, 576) },
		{ "a dimension of 65,472", SCAN(dim, 65472) },
		{ "a stride below the dimension", SCAN(stride, 64) },
		{ "a stride that is no multiple of 64", SCAN(stride, 200) },
		{ "no rows", SCAN(rows, 0) },
		{ "the best 0", SCAN(top_k, 0) },
		{ "the best 1,025", SCAN(top_k, 1025) },
		{ "the best 2^31 + 1", SCAN(top_k, 0x80000001) },
		{ "an unaligned probe", SCAN(probe, 32) },
		{ "an unaligned gallery", SCAN(gallery, 4097) },
	};
	unsigned int i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		tap_result(ends(board, &bad[i].scan, LIMEN_HW_BAD_DESCRIPTOR),
			   "refused: %s", bad[i].what);
}

void check_refusals(void)
{
	struct board board;
	struct dice dice = { .state = 31 };

	board_open(&board, 10, 900, 13);
	gallery_fill(&board, &good, KIND_RANDOM, &dice);
	check_scan_fields(&board);
	tap_result(compare_ends(&board, 0, 512, 0, LIMEN_HW_BAD_DESCRIPTOR) &&
			   compare_ends(&board, 0, 512, 96, LIMEN_HW_BAD_DESCRIPTOR) &&
			   compare_ends(&board, 0, 512, 1024, LIMEN_HW_BAD_DESCRIPTOR) &&
			   compare_ends(&board, 16, 512, 64, LIMEN_HW_BAD_DESCRIPTOR) &&
			   compare_ends(&board, 0, 513, 64, LIMEN_HW_BAD_DESCRIPTOR),
		   "refused: compares likewise");
	board_close(&board);
}

/* The port's model ends the program if memory that is not there is asked for. */
static void check_bounds(struct board *board)
{
	const uint32_t end = MEMORY_BYTES;
	struct limen_rtl_scan scan = good;

	scan.gallery = end - 49 * good.stride - good.dim;
	tap_result(ends(board, &scan, LIMEN_HW_OK), "a gallery that ends with memory");
	scan.gallery += 64;
	tap_result(ends(board, &scan, LIMEN_HW_BUS_ERROR), "one that ends behind it");
	scan.gallery = end - 64;
	tap_result(ends(board, &scan, LIMEN_HW_BUS_ERROR), "one whose first row does");
	scan = good;
	scan.stride = 0xffffffc0;
	tap_result(ends(board, &scan, LIMEN_HW_BUS_ERROR), "a stride of almost 4 GiB");
	scan = good;
	scan.probe = end - 64;
	tap_result(ends(board, &scan, LIMEN_HW_BUS_ERROR), "a probe that ends behind memory");
	scan.probe = 0xffffffc0;
	tap_result(ends(board, &scan, LIMEN_HW_BUS_ERROR), "a probe at the last address");
	tap_result(compare_ends(board, end - 64, 0, 128, LIMEN_HW_BUS_ERROR) &&
			   compare_ends(board, 0, end - 64, 128, LIMEN_HW_BUS_ERROR) &&
			   compare_ends(board, 0xffffffc0, 0, 64, LIMEN_HW_BUS_ERROR) &&
			   compare_ends(board, 0, end, 64, LIMEN_HW_BUS_ERROR) &&
			   compare_ends(board, end - 128, end - 64, 64, LIMEN_HW_OK),
		   "compares likewise");
}

static void check_errors(struct board *board)
{
	const uint64_t places[] = { PROBE_AT + 64, GALLERY_AT,
				    GALLERY_AT + 20 * 192 + 64,
				    GALLERY_AT + 49 * 192 + 64 };
	unsigned int i, good_ones = 0;

	for (i = 0; i < sizeof(places) / sizeof(*places); i++) {
		limen_rtl_fail_at(board->rtl, places[i]);
		good_ones += ends(board, &good, LIMEN_HW_BUS_ERROR);
	}
	tap_result(good_ones == i, "an error of the memory ends a scan without rows");
	limen_rtl_fail_at(board->rtl, PROBE_AT);
	good_ones = compare_ends(board, PROBE_AT, REFERENCE_AT, 512,
				 LIMEN_HW_BUS_ERROR);
	limen_rtl_fail_at(board->rtl, REFERENCE_AT + 448);
	good_ones += compare_ends(board, PROBE_AT, REFERENCE_AT, 512,
				  LIMEN_HW_BUS_ERROR);
	tap_result(good_ones == 2, "and a compare without a score");
}

/* At any time, whatever the scan is about just then. */
static void check_abort(struct board *board)
{
	static struct limen_rtl_row rows[LIMEN_HW_TOP_K_MAX];
	unsigned int after, aborted = 0, complete = 0, bad = 0;

	for (after = 0; after < 1500; after += 13) {
		unsigned int count, status;

		bad += !limen_rtl_scan_start(board->rtl, &good);
		limen_rtl_run(board->rtl, after);
		limen_rtl_scan_abort(board->rtl, true);
		limen_rtl_run(board->rtl, 1500);
		bad += !limen_rtl_scan_done(board->rtl);
		limen_rtl_scan_abort(board->rtl, false);
		status = limen_rtl_scan_finish(board->rtl, rows,
					       LIMEN_HW_TOP_K_MAX, &count);
		aborted += status == LIMEN_HW_ABORTED && !count;
		complete += status == LIMEN_HW_OK && count == good.top_k;
		board_settle(board);
	}
	tap_result(!bad && aborted && complete && aborted + complete == 116,
		   "scans given up: %u aborted, %u complete", aborted, complete);
	tap_result(ends(board, &good, LIMEN_HW_OK), "and the next is as ever");
}

void check_faults(void)
{
	struct board board;
	struct dice dice = { .state = 32 };

	board_open(&board, 25, 800, 14);
	gallery_fill(&board, &good, KIND_RANDOM, &dice);
	check_bounds(&board);
	check_errors(&board);
	check_abort(&board);
	board_close(&board);
}
