// SPDX-License-Identifier: MIT
/* The engine's jobs by its registers, against limen/score.h; refused, doubled, stopped. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <limen/score.h>

#include "shell_board.h"
#include "tap.h"

#define ROWS		300
#define STRIDE		192
#define DIM		128
#define FIRST		1000
#define PROBE_AT	4096
#define REFERENCE_AT	(SHELL_SRAM_SIZE - 512)

struct row {
	uint32_t row;
	int32_t raw;
	int32_t similarity;
};

/* What a scan of the first rows of card memory has to return. */
static struct row expected[ROWS];

static int by_rank(const void *a, const void *b)
{
	const struct row *left = a, *right = b;

	if (left->similarity != right->similarity)
		return left->similarity > right->similarity ? -1 : 1;
	return left->row < right->row ? -1 : left->row > right->row;
}

static int8_t *vector_at(struct board *board, uint32_t offset)
{
	return (int8_t *)shell_rtl_sram(board->rtl) + offset;
}

static void expect(struct board *board, uint32_t dim)
{
	for (uint32_t i = 0; i < ROWS; i++) {
		struct limen_score score = limen_score_vectors(
			vector_at(board, PROBE_AT),
			(const int8_t *)board->memory + (size_t)i * STRIDE, dim);

		expected[i] = (struct row){ FIRST + i, score.raw, score.similarity };
	}
	qsort(expected, ROWS, sizeof(*expected), by_rank);
}

static void set(struct board *board, uint32_t reg, uint32_t value)
{
	cpu_write(board, reg, value);
}

/* A scan of rows @from to @from + @count, as the firmware sets one up. */
static void set_scan(struct board *board, uint32_t dim, uint32_t from, uint32_t count,
		     uint32_t top_k)
{
	set(board, SHELL_ENGINE_PROBE, SHELL_SRAM_ADDRESS + PROBE_AT);
	set(board, SHELL_ENGINE_REFERENCE, SHELL_SRAM_ADDRESS + REFERENCE_AT);
	set(board, SHELL_ENGINE_DIM, dim);
	set(board, SHELL_ENGINE_ROWS_LO, from * STRIDE);
	set(board, SHELL_ENGINE_ROWS_HI, 0);
	set(board, SHELL_ENGINE_STRIDE, STRIDE);
	set(board, SHELL_ENGINE_COUNT, count);
	set(board, SHELL_ENGINE_FIRST, FIRST + from);
	set(board, SHELL_ENGINE_TOP_K, top_k);
	set(board, SHELL_ENGINE_LEAST, (uint32_t)-LIMEN_SIMILARITY_ONE);
}

static void go(struct board *board, uint32_t what)
{
	set(board, SHELL_ENGINE_GO, what);
}

static uint32_t run(struct board *board, uint32_t what)
{
	go(board, what);
	return wait_state(board, SHELL_ENGINE_STATE);
}

static bool compares(struct board *board, uint32_t dim)
{
	struct limen_score score = limen_score_vectors(
		vector_at(board, PROBE_AT), vector_at(board, REFERENCE_AT), dim);

	set(board, SHELL_ENGINE_DIM, dim);
	return run(board, SHELL_ENGINE_COMPARE) == SHELL_DONE &&
	       (int32_t)cpu_read(board, SHELL_ENGINE_RAW) == score.raw &&
	       (int32_t)cpu_read(board, SHELL_ENGINE_SIMILARITY) == score.similarity;
}

/* Whether these are the best, and there is nothing behind them. */
static bool finds(struct board *board, uint32_t count)
{
	unsigned int bad = cpu_read(board, SHELL_ENGINE_FOUND) != count;

	for (uint32_t i = 0; i < count; i++) {
		set(board, SHELL_ENGINE_INDEX, i);
		bad += cpu_read(board, SHELL_ENGINE_ROW) != expected[i].row;
		bad += (int32_t)cpu_read(board, SHELL_ENGINE_ROW_RAW) != expected[i].raw;
		bad += (int32_t)cpu_read(board, SHELL_ENGINE_ROW_SIMILARITY) !=
		       expected[i].similarity;
	}
	set(board, SHELL_ENGINE_INDEX, count);
	bad += cpu_read(board, SHELL_ENGINE_ROW) || cpu_read(board, SHELL_ENGINE_ROW_RAW);
	set(board, SHELL_ENGINE_INDEX, 1024);
	bad += cpu_read(board, SHELL_ENGINE_ROW) != 0;
	return !bad;
}

/* A search in chunks, with a comparison between two of them. */
static bool searches(struct board *board, uint32_t dim, uint32_t chunk, uint32_t top_k)
{
	bool good = true;

	expect(board, dim);
	for (uint32_t from = 0; from < ROWS; from += chunk) {
		set_scan(board, dim, from, ROWS - from < chunk ? ROWS - from : chunk, top_k);
		good &= run(board, from ? SHELL_ENGINE_GO_ON : SHELL_ENGINE_SCAN) ==
			SHELL_DONE;
		good &= compares(board, dim);
	}
	good &= run(board, SHELL_ENGINE_SORT) == SHELL_DONE;
	return good && finds(board, top_k < ROWS ? top_k : ROWS);
}

static void check_results(struct board *board)
{
	const uint32_t top_k[] = { 1, 7, 8, 9, 50, 299, 300, 1024 };
	unsigned int bad = 0;

	for (uint32_t dim = 64; dim <= 512; dim += 64)
		bad += !compares(board, dim);
	tap_result(!bad, "comparisons of each dimension, at the end of SRAM, %u wrong", bad);
	bad = 0;
	for (unsigned int i = 0; i < sizeof(top_k) / sizeof(*top_k); i++)
		bad += !searches(board, 64 * (1 + i % 3), 37 + 50 * i, top_k[i]);
	tap_result(!bad, "searches in chunks, %u wrong", bad);
	bad = !searches(board, DIM, ROWS, 20) || run(board, SHELL_ENGINE_GO_ON) != SHELL_REFUSED;
	set(board, SHELL_ENGINE_DIM, DIM);
	bad += run(board, SHELL_ENGINE_SORT) != SHELL_DONE || !finds(board, 20);
	tap_result(!bad, "what is sorted is not gone on with, and stays");
}

static void check_refused(struct board *board)
{
	const struct {
		uint32_t what, reg, value;
	} wrong[] = {
		{ SHELL_ENGINE_COMPARE, SHELL_ENGINE_PROBE, SHELL_SRAM_ADDRESS + 32 },
		{ SHELL_ENGINE_COMPARE, SHELL_ENGINE_PROBE, 64 },
		{ SHELL_ENGINE_COMPARE, SHELL_ENGINE_PROBE, SHELL_SRAM_ADDRESS - 64 },
		{ SHELL_ENGINE_COMPARE, SHELL_ENGINE_REFERENCE,
		  SHELL_SRAM_ADDRESS + SHELL_SRAM_SIZE - 64 },
		{ SHELL_ENGINE_COMPARE, SHELL_ENGINE_REFERENCE,
		  SHELL_SRAM_ADDRESS + SHELL_SRAM_SIZE },
		{ SHELL_ENGINE_COMPARE, SHELL_ENGINE_REFERENCE, UINT32_MAX - 63 },
		{ SHELL_ENGINE_COMPARE, SHELL_ENGINE_DIM, 0 },
		{ SHELL_ENGINE_COMPARE, SHELL_ENGINE_DIM, 100 },
		{ SHELL_ENGINE_COMPARE, SHELL_ENGINE_DIM, 576 },
		{ SHELL_ENGINE_COMPARE, SHELL_ENGINE_DIM, 65536 + 64 },
		{ SHELL_ENGINE_SCAN, SHELL_ENGINE_PROBE,
		  SHELL_SRAM_ADDRESS + SHELL_SRAM_SIZE - 64 },
		{ SHELL_ENGINE_SCAN, SHELL_ENGINE_DIM, 0x80000080 },
		{ SHELL_ENGINE_SCAN, SHELL_ENGINE_COUNT, 0 },
		{ SHELL_ENGINE_SCAN, SHELL_ENGINE_COUNT, MEMORY_BYTES / STRIDE + 1 },
		{ SHELL_ENGINE_SCAN, SHELL_ENGINE_ROWS_LO, MEMORY_BYTES - 64 },
		{ SHELL_ENGINE_SCAN, SHELL_ENGINE_ROWS_LO, 0xffffffc0 },
		{ SHELL_ENGINE_SCAN, SHELL_ENGINE_ROWS_LO, 32 },
		{ SHELL_ENGINE_SCAN, SHELL_ENGINE_ROWS_HI, 1 },
		{ SHELL_ENGINE_SCAN, SHELL_ENGINE_STRIDE, 64 },
		{ SHELL_ENGINE_SCAN, SHELL_ENGINE_STRIDE, 200 },
		{ SHELL_ENGINE_SCAN, SHELL_ENGINE_STRIDE, 0xffffffc0 },
		{ SHELL_ENGINE_SCAN, SHELL_ENGINE_TOP_K, 0 },
		{ SHELL_ENGINE_SCAN, SHELL_ENGINE_TOP_K, 1025 },
		{ 0, SHELL_ENGINE_INDEX, 0 },
		{ 7, SHELL_ENGINE_INDEX, 0 },
		{ 0x80000001, SHELL_ENGINE_INDEX, 0 },
	};
	unsigned int right = 0, i;

	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		set_scan(board, DIM, 0, 10, 5);
		set(board, wrong[i].reg, wrong[i].value);
		right += run(board, wrong[i].what) == SHELL_REFUSED &&
			 !(wrong[i].what == SHELL_ENGINE_SCAN &&
			   cpu_read(board, SHELL_ENGINE_FOUND));
		set_scan(board, DIM, 0, 10, 5);
		right -= !compares(board, DIM);
	}
	tap_result(right == i, "%u of %u jobs are refused, the next is right", right, i);
	set_scan(board, DIM, 0, 10, 5);
	run(board, SHELL_ENGINE_SCAN);
	set(board, SHELL_ENGINE_TOP_K, 6);
	tap_result(run(board, SHELL_ENGINE_GO_ON) == SHELL_REFUSED &&
			   searches(board, DIM, 100, 5),
		   "GO_ON with another TOP_K is refused");
	spoil(board, 20 * STRIDE, SHELL_RTL_BROKEN);
	set_scan(board, DIM, 0, 50, 5);
	i = run(board, SHELL_ENGINE_SCAN);
	spoil(board, UINT64_MAX, SHELL_RTL_SOUND);
	tap_result(i == SHELL_REFUSED && !cpu_read(board, SHELL_ENGINE_FOUND) &&
			   searches(board, DIM, 100, 5),
		   "an error of memory is refused, the next is right");
}

/* A job that is BUSY is neither changed nor doubled. */
static void check_busy(struct board *board)
{
	unsigned int bad = 0;

	expect(board, DIM);
	set_scan(board, DIM, 0, ROWS, 9);
	go(board, SHELL_ENGINE_SCAN);
	for (uint32_t reg = SHELL_ENGINE_PROBE; reg <= SHELL_ENGINE_LEAST; reg += 4)
		set(board, reg, 0x40);
	go(board, SHELL_ENGINE_SCAN);
	go(board, SHELL_ENGINE_COMPARE);
	go(board, SHELL_ENGINE_WIPE);
	bad += cpu_read(board, SHELL_ENGINE_STATE) != SHELL_BUSY ||
	       cpu_read(board, SHELL_ENGINE_DIM) != DIM;
	bad += wait_state(board, SHELL_ENGINE_STATE) != SHELL_DONE;
	shell_rtl_run(board->rtl, 2000);
	bad += cpu_read(board, SHELL_ENGINE_STATE) != SHELL_DONE;
	bad += run(board, SHELL_ENGINE_SORT) != SHELL_DONE || !finds(board, 9);
	tap_result(!bad, "nothing is set or begun while a job is under way");
}

/* Both ask card memory, and each gets its own answers. */
static void check_transfers_beside(struct board *board)
{
	const uint32_t to = 65536;
	unsigned int bad = 0, copies = 0;
	bool scans;

	expect(board, DIM);
	set_scan(board, DIM, 0, ROWS, 20);
	go(board, SHELL_ENGINE_SCAN);
	do {
		uint32_t from = 64 * (copies % 400), size = 4 * (1 + copies % 200);

		cpu_write(board, SHELL_DMA_LO, from);
		cpu_write(board, SHELL_DMA_HI, 0);
		cpu_write(board, SHELL_DMA_SRAM, SHELL_SRAM_ADDRESS + to);
		cpu_write(board, SHELL_DMA_SIZE, size);
		cpu_write(board, SHELL_DMA_GO, SHELL_DMA_FROM_CARD);
		scans = cpu_read(board, SHELL_ENGINE_STATE) == SHELL_BUSY;
		bad += wait_state(board, SHELL_DMA_STATE) != SHELL_DONE ||
		       memcmp(board->memory + from, vector_at(board, to), size);
		copies++;
	} while (scans);
	bad += run(board, SHELL_ENGINE_SORT) != SHELL_DONE || !finds(board, 20);
	tap_result(!bad && copies > 5, "%u transfers from the card beside a scan, %u wrong",
		   copies, bad);
}

/* Stops @what after so many cycles: at once for the processor, and the next job is right. */
static bool stops(struct board *board, uint32_t what, unsigned int after)
{
	uint32_t state;

	go(board, what);
	shell_rtl_run(board->rtl, after);
	state = cpu_read(board, SHELL_ENGINE_STATE);
	go(board, SHELL_ENGINE_STOP);
	if (state != SHELL_BUSY)
		return cpu_read(board, SHELL_ENGINE_STATE) == SHELL_DONE;
	/* It may have ended in between. */
	state = cpu_read(board, SHELL_ENGINE_STATE);
	if (what == SHELL_ENGINE_COMPARE && state == SHELL_REFUSED &&
	    cpu_read(board, SHELL_ENGINE_RAW))
		return false;
	return state == SHELL_REFUSED || state == SHELL_DONE;
}

static void check_stop_scan(struct board *board)
{
	unsigned int bad = 0, after;

	for (after = 0; after < 130; after++) {
		set_scan(board, DIM, 0, 8, 9);
		bad += !stops(board, SHELL_ENGINE_SCAN, after);
		bad += !compares(board, DIM);
		/* Stopped once more before it has begun. */
		go(board, SHELL_ENGINE_COMPARE);
		go(board, SHELL_ENGINE_STOP);
		go(board, SHELL_ENGINE_STOP);
		bad += !compares(board, DIM);
	}
	bad += !searches(board, DIM, 100, 20);
	for (after = 0; after < 6000; after = after * 5 / 4 + 1) {
		set_scan(board, DIM, 0, ROWS, 200);
		bad += !stops(board, SHELL_ENGINE_SCAN, after);
		go(board, SHELL_ENGINE_WIPE);
		bad += wait_state(board, SHELL_ENGINE_STATE) != SHELL_DONE ||
		       cpu_read(board, SHELL_ENGINE_FOUND);
	}
	tap_result(!bad && searches(board, DIM, 100, 20),
		   "scans are stopped at each cycle, %u wrong", bad);
}

/* The search that a comparison has come between goes on. */
static void check_stop_compare(struct board *board)
{
	unsigned int bad = 0, after;

	expect(board, DIM);
	set_scan(board, DIM, 0, ROWS / 2, 9);
	bad += run(board, SHELL_ENGINE_SCAN) != SHELL_DONE;
	for (after = 0; after < 140; after++)
		bad += !stops(board, SHELL_ENGINE_COMPARE, after);
	set_scan(board, DIM, ROWS / 2, ROWS / 2, 9);
	bad += run(board, SHELL_ENGINE_GO_ON) != SHELL_DONE;
	bad += run(board, SHELL_ENGINE_SORT) != SHELL_DONE || !finds(board, 9);
	tap_result(!bad, "comparisons are stopped at each cycle, the search goes on");
}

static void check_stop_sort(struct board *board)
{
	unsigned int bad = 0, after;

	for (after = 0; after < 2000; after = after * 4 / 3 + 1) {
		set_scan(board, DIM, 0, ROWS, 100);
		bad += run(board, SHELL_ENGINE_SCAN) != SHELL_DONE;
		bad += !stops(board, SHELL_ENGINE_SORT, after);
		bad += !compares(board, DIM);
	}
	tap_result(!bad && searches(board, DIM, 64, 100), "sorts are stopped, %u wrong", bad);
}

static void check_wipe(struct board *board)
{
	unsigned int bad = !searches(board, DIM, 100, 20);

	bad += run(board, SHELL_ENGINE_WIPE) != SHELL_DONE ||
	       cpu_read(board, SHELL_ENGINE_FOUND) ||
	       cpu_read(board, SHELL_ENGINE_RAW) ||
	       cpu_read(board, SHELL_ENGINE_SIMILARITY);
	set(board, SHELL_ENGINE_INDEX, 0);
	bad += cpu_read(board, SHELL_ENGINE_ROW) || cpu_read(board, SHELL_ENGINE_ROW_RAW);
	bad += run(board, SHELL_ENGINE_SORT) != SHELL_DONE ||
	       cpu_read(board, SHELL_ENGINE_FOUND);
	bad += !searches(board, DIM, 100, 20);
	tap_result(!bad, "WIPE leaves nothing");
}

static void fill(struct board *board, struct dice *dice)
{
	/* Small components, so that many rows tie. */
	for (uint32_t i = 0; i < ROWS * STRIDE + 512; i++)
		board->memory[i] = (uint8_t)(roll_below(dice, 3) - 1);
	for (uint32_t i = 0; i < 512; i++) {
		vector_at(board, PROBE_AT)[i] = (int8_t)(roll_below(dice, 3) - 1);
		vector_at(board, REFERENCE_AT)[i] = (int8_t)roll(dice);
	}
}

static void check_reset(struct board *board, struct dice *dice)
{
	unsigned int bad = 0, after;

	for (after = 1; after < 3000; after = after * 2 + 1) {
		set_scan(board, DIM, 0, ROWS, 20);
		go(board, SHELL_ENGINE_SCAN);
		shell_rtl_run(board->rtl, after);
		bad += !reset(board) || cpu_read(board, SHELL_ENGINE_STATE) ||
		       cpu_read(board, SHELL_ENGINE_FOUND) ||
		       cpu_read(board, SHELL_ENGINE_PROBE);
		fill(board, dice);
		bad += !searches(board, DIM, 100, 20);
	}
	tap_result(!bad, "a reset at any time of a scan, the next is right");
}

void check_jobs(void)
{
	struct dice dice = { .state = 71 };
	struct board board;

	board_open(&board, 20, true);
	fill(&board, &dice);
	set_scan(&board, DIM, 0, ROWS, 20);
	check_results(&board);
	check_refused(&board);
	check_busy(&board);
	check_transfers_beside(&board);
	check_stop_scan(&board);
	check_stop_compare(&board);
	check_stop_sort(&board);
	check_wipe(&board);
	check_reset(&board, &dice);
	board_close(&board);
}
