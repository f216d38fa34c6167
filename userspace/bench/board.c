// SPDX-License-Identifier: MIT
/*
 * limen bench board: what the driver costs and how long a comparison takes, with
 * and without searches on the board.
 *
 * DOC: Rounds
 *
 * What is compared is measured in turn, a round after another, so that whatever
 * else the machine does meets all of it. Where the clock counts instructions (an
 * emulated machine can have it so), times are instructions.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <monotonic.h>

#include "bench.h"
#include "board.h"
#include "calls.h"
#include "scans.h"

/* While the board is held up, calls come to an idle driver and a busy board. */
#define HOLD_US 100000
/* The comparison that does it: the one after those that are measured. */
#define HOLDER BENCH_BOARD_CALLS
#define BATCHES_A_ROUND 8
#define WARM_UP_CALLS 200
/* Comparisons come at any moment of a chunk. */
#define PAUSE_MAX_NS 200000
#define WAIT_STEP_NS 1000000
#define WAIT_STEPS 30000

/* Whether the clock advances by one for each instruction, here two of a loop. */
static bool clock_counts_instructions(void)
{
#ifdef __x86_64__
	const unsigned long turns = 1000000;
	unsigned int attempt;

	for (attempt = 0; attempt < 8; attempt++) {
		unsigned long left = turns;
		int64_t start = now_ns(), took;

		__asm__ volatile("1:\tdec %0\n\tjnz 1b" : "+r"(left) : : "cc");
		took = now_ns() - start;
		if (took >= (int64_t)(2 * turns) &&
		    took < (int64_t)(2 * turns + turns / 1000))
			return true;
	}
#endif
	return false;
}

static void pause_for(int64_t nanoseconds)
{
	const struct timespec time = { .tv_nsec = nanoseconds };

	nanosleep(&time, NULL);
}

/* Waits for a comparison that was only submitted. */
static int await_result(const struct bench_node *node, unsigned int index)
{
	const volatile int32_t *error = &bench_node_result(node, index)->error;
	unsigned int step;

	for (step = 0; *error == -EINPROGRESS; step++) {
		if (step == WAIT_STEPS)
			return fail("%s: a comparison is lost", node->path);
		pause_for(WAIT_STEP_NS);
	}
	return DONE;
}

static int refused(const struct bench_node *node, int error)
{
	return fail("%s: %s", node->path, strerror(-error));
}

static int measure_empty(struct bench_board *bench, unsigned int round)
{
	int64_t start = now_ns();
	unsigned int i;
	int error = 0;

	for (i = 0; !error && i < BENCH_BOARD_CALLS; i++)
		error = bench_node_empty(&bench->node);
	bench->calls[BENCH_BOARD_EMPTY][round] =
		(double)(now_ns() - start) / BENCH_BOARD_CALLS;
	return error ? refused(&bench->node, error) : DONE;
}

/*
 * One comparison holds the board up, where it can be told to take its time, so
 * that none of what the board does is measured with the calls that follow.
 */
static int hold_up(struct bench_board *bench)
{
	bool told = bench_node_delay(&bench->node, HOLD_US);
	int error = bench_node_submit(&bench->node, HOLDER, 1);

	/* So that the board has read how long it is to take. */
	pause_for(WAIT_STEP_NS);
	if (told)
		bench_node_delay(&bench->node, 0);
	return error ? refused(&bench->node, error) : DONE;
}

/* Waits until all is answered that was submitted meanwhile. */
static int let_holder_go(struct bench_board *bench)
{
	unsigned int i;

	bench->held = bench_node_result(&bench->node, HOLDER)->error ==
		      -EINPROGRESS;
	for (i = 0; i <= HOLDER; i++)
		if (await_result(&bench->node, i))
			return FAILED;
	return bench_node_check(&bench->node, HOLDER + 1);
}

/* One call for each comparison, or one for all of them. */
static int measure_submit(struct bench_board *bench, unsigned int round,
			  unsigned int kind)
{
	const unsigned int each = kind == BENCH_BOARD_SUBMIT ?
				  1 : BENCH_BOARD_CALLS;
	unsigned int i;
	int64_t start;
	int error = 0;

	if (hold_up(bench))
		return FAILED;
	start = now_ns();
	for (i = 0; !error && i < BENCH_BOARD_CALLS; i += each)
		error = bench_node_submit(&bench->node, i, each);
	bench->calls[kind][round] = (double)(now_ns() - start) * each /
				    BENCH_BOARD_CALLS;
	return error ? refused(&bench->node, error) : let_holder_go(bench);
}

static int measure_verify(struct bench_board *bench, unsigned int round)
{
	int64_t start = now_ns();
	unsigned int i;
	int error = 0;

	for (i = 0; !error && i < BENCH_BOARD_CALLS; i++)
		error = bench_node_verify(&bench->node, 1);
	bench->calls[BENCH_BOARD_VERIFY][round] =
		(double)(now_ns() - start) / BENCH_BOARD_CALLS;
	return error ? refused(&bench->node, error) :
		       bench_node_check(&bench->node, 1);
}

static int measure_calls(struct bench_board *bench, unsigned int round)
{
	return measure_empty(bench, round) ?:
	       measure_submit(bench, round, BENCH_BOARD_SUBMIT) ?:
	       measure_submit(bench, round, BENCH_BOARD_SUBMIT_ALL) ?:
	       measure_verify(bench, round);
}

/* Comparisons one at a time, each at another moment. */
static int measure_latencies(struct bench_board *bench, int64_t *latencies)
{
	unsigned int i;
	int64_t start;
	int error;

	for (i = 0; i < BENCH_BOARD_LATENCIES; i++) {
		pause_for(rand() % PAUSE_MAX_NS);
		start = now_ns();
		error = bench_node_verify(&bench->node, 1);
		latencies[i] = now_ns() - start;
		if (error)
			return refused(&bench->node, error);
		if (bench_node_check(&bench->node, 1))
			return FAILED;
	}
	return DONE;
}

/* What the board does for searches from here on, or has done since. */
static void count_chunks(struct bench_board *bench, int sign)
{
	struct drm_limen_stats stats = {};

	bench->counts = bench_node_stats(&bench->node, &stats);
	bench->chunks += sign * (int64_t)stats.chunks;
	bench->busy_ns += sign * (int64_t)stats.scan_busy_ns;
	bench->loaded_ns += sign * now_ns();
}

static int measure_loaded(struct bench_board *bench, unsigned int round)
{
	int result;

	bench_scans_resume(bench->scanners);
	/* The first searches are on the board. */
	pause_for(WAIT_STEP_NS);
	count_chunks(bench, -1);
	result = measure_latencies(bench,
				   bench->latencies[BENCH_BOARD_LOADED][round]);
	count_chunks(bench, 1);
	return bench_scans_pause(bench->scanners) ?: result;
}

static int measure_batch(struct bench_board *bench, unsigned int round,
			 unsigned int log2)
{
	const struct bench_node *node = &bench->node;
	unsigned int count = 1u << log2, i, k;
	int64_t took = 0, board = 0;
	int error = 0;

	for (i = 0; i < BATCHES_A_ROUND; i++) {
		int64_t start = now_ns();

		error = bench_node_verify(node, count);
		took += now_ns() - start;
		if (error)
			return refused(node, error);
		if (bench_node_check(node, count))
			return FAILED;
		for (k = 0; k < count; k++)
			board += (int64_t)bench_node_result(node, k)->device_ns;
	}
	bench->batches[log2][round] = (double)took / BATCHES_A_ROUND;
	bench->boards[log2][round] = (double)board / BATCHES_A_ROUND;
	return DONE;
}

static int measure_round(struct bench_board *bench, unsigned int round)
{
	unsigned int log2;
	int result;

	result = measure_calls(bench, round) ?:
		 measure_latencies(bench,
				   bench->latencies[BENCH_BOARD_ALONE][round]) ?:
		 measure_loaded(bench, round);
	for (log2 = 0; !result && log2 < BENCH_BOARD_DEPTHS; log2++)
		result = measure_batch(bench, round, log2);
	return result;
}

static int measure_board(struct bench_board *bench)
{
	unsigned int round, i;
	int error = 0;

	for (i = 0; !error && i < WARM_UP_CALLS; i++)
		error = bench_node_verify(&bench->node, 1);
	if (error)
		return refused(&bench->node, error);
	for (round = 0; round < BENCH_BOARD_ROUNDS; round++) {
		fprintf(stderr, "\rround %u of %d", round + 1,
			BENCH_BOARD_ROUNDS);
		if (measure_round(bench, round))
			return FAILED;
	}
	fputs("\r\033[K", stderr);
	bench->scans = bench_scans_done(bench->scanners);
	bench->system_calls = bench_calls_count(bench->node.path);
	return bench->system_calls < 0 ? FAILED : DONE;
}

/*
 * A card's engines take no processor, those of the emulated board do: who measures
 * does not queue for one behind them.
 */
static bool come_first(void)
{
	const struct sched_param priority = { .sched_priority = 1 };

	return !sched_setscheduler(0, SCHED_FIFO, &priority);
}

int bench_board(const struct settings *settings)
{
	static struct bench_board bench;
	int result;

	result = bench_can_write(settings->output, settings->plot);
	if (result)
		return result;
	bench_machine_look(&bench.machine);
	bench.instructions = clock_counts_instructions();
	/* The scanners come first: they are not to share what is open here. */
	bench.scanners = bench_scans_start();
	if (!bench.scanners)
		return FAILED;
	bench.first = come_first();
	result = bench_node_open(&bench.node) ?:
		 bench_node_comparisons(&bench.node) ?:
		 measure_board(&bench);
	bench_scans_stop(bench.scanners);
	return result ?: bench_board_present(&bench, settings);
}
