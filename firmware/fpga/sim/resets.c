// SPDX-License-Identifier: MIT
/* Wipes of card memory, resets, counters. */
#include <stdio.h>
#include <string.h>

#include "board.h"
#include "tap.h"

static const struct limen_rtl_scan scan = {
	.probe = PROBE_AT,
	.gallery = GALLERY_AT,
	.stride = 256,
	.rows = 500,
	.top_k = 50,
	.min_similarity = -LIMEN_SIMILARITY_ONE,
	.dim = 256,
};

/* Whether all bytes from @from to @to are @value. */
static bool all_are(const struct board *board, uint32_t from, uint32_t to,
		    uint8_t value)
{
	for (; from < to; from++)
		if (board->memory[from] != value)
			return false;
	return true;
}

/* Whether exactly that range is zeros afterwards, each beat written once. */
static bool wipes(struct board *board, uint32_t address, uint32_t bytes)
{
	struct limen_rtl_port port;
	unsigned int waited;

	memset(board->memory, 0xa5, MEMORY_BYTES);
	limen_rtl_port_clear(board->rtl);
	if (!limen_rtl_wipe_start(board->rtl, address, bytes))
		return false;
	for (waited = 0; !limen_rtl_wipe_done(board->rtl); waited++) {
		if (waited == PATIENCE)
			return false;
		limen_rtl_run(board->rtl, 1);
	}
	limen_rtl_port(board->rtl, &port);
	return port.writes == bytes / limen_rtl_lanes() &&
	       all_are(board, 0, address, 0xa5) &&
	       all_are(board, address, address + bytes, 0) &&
	       all_are(board, address + bytes, MEMORY_BYTES, 0xa5);
}

static void check_refused_wipes(struct board *board)
{
	static const struct {
		uint32_t address, bytes;
	} bad[] = {
		{ 32, 64 }, { 0, 100 }, { MEMORY_BYTES - 64, 128 },
		{ MEMORY_BYTES, 64 }, { 0xffffffc0, 64 },
	};
	unsigned int i, refused = 0;

	memset(board->memory, 0xa5, MEMORY_BYTES);
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		refused += !limen_rtl_wipe_start(board->rtl, bad[i].address,
						 bad[i].bytes);
	limen_rtl_run(board->rtl, 1000);
	tap_result(refused == i && all_are(board, 0, MEMORY_BYTES, 0xa5),
		   "wipes that are refused, and write nothing");
}

/* Reads and writes share the port. */
static void check_wipe_beside(struct board *board)
{
	static struct limen_rtl_row got[LIMEN_HW_TOP_K_MAX];
	static struct limen_rtl_row due[LIMEN_HW_TOP_K_MAX];
	const uint32_t from = MEMORY_BYTES / 2;
	struct dice dice = { .state = 41 };
	unsigned int count, expected;
	bool started;

	memset(board->memory, 0xa5, MEMORY_BYTES);
	gallery_fill(board, &scan, KIND_RANDOM, &dice);
	expected = gallery_expect(board, &scan, due);
	started = limen_rtl_wipe_start(board->rtl, from, from);
	scan_run(board, &scan, got, &count);
	limen_rtl_run(board->rtl, 2 * MEMORY_BYTES / limen_rtl_lanes());
	tap_result(started && limen_rtl_wipe_done(board->rtl) &&
			   all_are(board, from, MEMORY_BYTES, 0) &&
			   count == expected &&
			   !memcmp(got, due, count * sizeof(*got)),
		   "a wipe beside a scan, both as ever");
}

void check_wipes(void)
{
	struct board board;

	board_open(&board, 12, 800, 15);
	tap_result(all_are(&board, 0, MEMORY_BYTES, 0),
		   "power on: all of memory is zeros before READY");
	tap_result(wipes(&board, 0, MEMORY_BYTES), "a wipe of all memory");
	tap_result(wipes(&board, 0, 64) && wipes(&board, 4096 + 64, 4096) &&
			   wipes(&board, MEMORY_BYTES - 64, 64) &&
			   wipes(&board, 128, 0),
		   "wipes of parts, and of nothing");
	check_refused_wipes(&board);
	check_wipe_beside(&board);
	board_close(&board);
}

/* At any time of a scan and a compare; memory stays, and what was under way is gone. */
static void check_host_resets(struct board *board)
{
	static struct limen_rtl_row got[LIMEN_HW_TOP_K_MAX];
	static struct limen_rtl_row due[LIMEN_HW_TOP_K_MAX];
	struct dice dice = { .state = 42 };
	unsigned int after, count, expected, bad = 0;
	struct limen_score score;

	gallery_fill(board, &scan, KIND_RANDOM, &dice);
	expected = gallery_expect(board, &scan, due);
	for (after = 1; after < 20000; after = after * 3 / 2 + 1) {
		bad += !limen_rtl_scan_start(board->rtl, &scan);
		bad += !limen_rtl_compare_start(board->rtl, PROBE_AT,
						GALLERY_AT, 256);
		limen_rtl_run(board->rtl, after);
		limen_rtl_reset(board->rtl, false);
		bad += limen_rtl_ready(board->rtl) ||
		       !limen_rtl_wait_ready(board->rtl, 2000);
		bad += limen_rtl_scan_done(board->rtl) ||
		       limen_rtl_compare_done(board->rtl);
		scan_run(board, &scan, got, &count);
		bad += count != expected ||
		       memcmp(got, due, count * sizeof(*got));
		board_settle(board);
		compare_run(board, PROBE_AT, GALLERY_AT, 256, &score);
		board_settle(board);
	}
	tap_result(!bad, "resets at any time of a scan: memory stays, the next is right");
}

static void check_power(struct board *board)
{
	memset(board->memory, 0xa5, MEMORY_BYTES);
	limen_rtl_reset(board->rtl, true);
	limen_rtl_run(board->rtl, 500);
	/* A wipe that a reset interrupts has to begin anew. */
	limen_rtl_reset(board->rtl, false);
	tap_result(limen_rtl_wait_ready(board->rtl, PATIENCE) &&
			   all_are(board, 0, MEMORY_BYTES, 0),
		   "a reset while the power-on wipe is under way: all is wiped");
}

static void check_counters(struct board *board)
{
	static struct limen_rtl_row rows[LIMEN_HW_TOP_K_MAX];
	struct limen_rtl_counters before, after;
	struct limen_score score;
	unsigned int count;
	uint64_t start, end;

	limen_rtl_counters(board->rtl, &before);
	start = limen_rtl_cycles(board->rtl);
	scan_run(board, &scan, rows, &count);
	compare_run(board, PROBE_AT, GALLERY_AT, 256, &score);
	board_settle(board);
	limen_rtl_counters(board->rtl, &after);
	end = limen_rtl_cycles(board->rtl);
	tap_result(after.rows - before.rows == scan.rows &&
			   after.jobs - before.jobs == 2,
		   "counters: %llu rows, %llu jobs",
		   (unsigned long long)(after.rows - before.rows),
		   (unsigned long long)(after.jobs - before.jobs));
	tap_result(after.cycles - before.cycles == end - start &&
			   after.busy - before.busy < end - start &&
			   after.busy - before.busy >
				   scan.rows * scan.dim / limen_rtl_lanes() &&
			   after.stall > before.stall &&
			   after.stall - before.stall < after.busy - before.busy,
		   "counters: %llu cycles, %llu busy, %llu stalled",
		   (unsigned long long)(after.cycles - before.cycles),
		   (unsigned long long)(after.busy - before.busy),
		   (unsigned long long)(after.stall - before.stall));
}

void check_resets(void)
{
	struct board board;

	board_open(&board, 30, 800, 16);
	check_host_resets(&board);
	check_power(&board);
	check_counters(&board);
	board_close(&board);
}
