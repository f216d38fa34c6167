/* SPDX-License-Identifier: MIT */
/* limen bench board: what is measured, and what is told of it. */
#ifndef LIMEN_BENCH_BOARD_H
#define LIMEN_BENCH_BOARD_H

#include "node.h"
#include "report.h"

#define BENCH_BOARD_ROUNDS 15
/* A round of calls is shorter than a time slice. */
#define BENCH_BOARD_CALLS 64
#define BENCH_BOARD_LATENCIES 200
/* Batches of 1, 2, 4, ... comparisons. */
#define BENCH_BOARD_DEPTHS 7

_Static_assert(1 << (BENCH_BOARD_DEPTHS - 1) <= BENCH_NODE_DEPTH, "they fit");
_Static_assert(BENCH_BOARD_CALLS < BENCH_NODE_DEPTH, "a result each");

enum { BENCH_BOARD_EMPTY, BENCH_BOARD_SUBMIT, BENCH_BOARD_SUBMIT_ALL,
       BENCH_BOARD_VERIFY, BENCH_BOARD_KINDS };
enum { BENCH_BOARD_ALONE, BENCH_BOARD_LOADED, BENCH_BOARD_STATES };

/**
 * struct bench_board - what is measured of a board and its driver
 * @machine: where
 * @instructions: whether all times are instructions instead of nanoseconds
 * @first: whether the measuring process has real-time priority
 * @node: the board
 * @scanners: those who search
 * @calls: time of a call, by kind and round
 * @held: whether the board was held up while submissions were measured
 * @latencies: from a verify's system call to its return, by state and round
 * @counts: whether the driver counts chunks
 * @chunks: chunks of searches while latencies were measured
 * @busy_ns: time the board spent on them, as it says
 * @loaded_ns: time it had
 * @scans: searches finished
 * @batches: time of a batch, by log2 of its depth and round
 * @boards: that part of it which the board says it spent
 * @system_calls: of a comparison by liblimen
 */
struct bench_board {
	struct bench_machine machine;
	bool instructions;
	bool first;
	struct bench_node node;
	struct bench_scanner *scanners;
	double calls[BENCH_BOARD_KINDS][BENCH_BOARD_ROUNDS];
	bool held;
	int64_t latencies[BENCH_BOARD_STATES][BENCH_BOARD_ROUNDS]
			 [BENCH_BOARD_LATENCIES];
	bool counts;
	int64_t chunks;
	int64_t busy_ns;
	int64_t loaded_ns;
	uint64_t scans;
	double batches[BENCH_BOARD_DEPTHS][BENCH_BOARD_ROUNDS];
	double boards[BENCH_BOARD_DEPTHS][BENCH_BOARD_ROUNDS];
	double system_calls;
};

/* Prints it and writes what was asked for; DONE or FAILED after a line. */
int bench_board_present(struct bench_board *bench,
			const struct settings *settings);

#endif /* LIMEN_BENCH_BOARD_H */
