/* SPDX-License-Identifier: MIT */
/*
 * limen bench match: what is measured, and what is told of it.
 *
 * DOC: Subjects and rows
 *
 * A subject is something of which one run can be timed: a search by the engine, by
 * a peer, the reading of memory. Subjects that are compared run in turn, a round
 * after another, so that whatever else the machine does meets all of them. A row
 * of the table is a ratio of the speeds of two subjects, in each round.
 */
#ifndef LIMEN_BENCH_REPORT_H
#define LIMEN_BENCH_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "table.h"

#define BENCH_ROUNDS 15

/**
 * struct bench_times - what the rounds of a subject took
 * @name: for people
 * @detail: library, version, what was chosen; "" if there is nothing to say
 * @missing: why it was not measured, "" if it was
 * @work: what a run does, in @unit
 * @unit: of work: "GB", "G operations", "pairs", "rows"
 * @count: rounds measured
 * @inexact: its results are not those of exact arithmetic
 * @elapsed: nanoseconds of each
 */
struct bench_times {
	char name[100];
	char detail[BENCH_TEXT_SIZE];
	char missing[BENCH_TEXT_SIZE];
	double work;
	const char *unit;
	unsigned int count;
	bool inexact;
	int64_t elapsed[BENCH_ROUNDS];
};

/* Median rate in units a second. */
double bench_rate(const struct bench_times *times);

/* A gallery of that many rows, and the time a search of it takes. */
struct bench_point {
	uint32_t rows;
	int64_t elapsed;
};

#define BENCH_TIMES_MAX 32
#define BENCH_ROWS_OF_TABLE_MAX 32
#define BENCH_POINTS_MAX 16

/**
 * struct bench_machine - where it ran
 * @processor: its model
 * @features: those of its instruction sets that matter
 * @processors: usable ones
 * @memory: gigabytes
 * @kernel: release
 * @load: average of the last minute, before
 * @page: bytes
 * @huge: the kernel's setting of transparent huge pages
 * @own_huge: share of this process' memory in huge pages, or -1
 * @peers_huge: share of the peers' memory, or -1
 */
struct bench_machine {
	char processor[100];
	char features[200];
	unsigned int processors;
	double memory;
	char kernel[200];
	double load;
	long page;
	char huge[100];
	double own_huge;
	double peers_huge;
};

/**
 * struct bench_report - what came out
 * @machine: where
 * @backend: the CPU backend, as the library describes it
 * @times_count: of @times
 * @times: what was timed
 * @rows_count: of @rows
 * @rows: the table
 * @points_count: of @points
 * @points: galleries of rising size
 * @reading_ns: time to read a whole row; 0 if unknown
 */
struct bench_report {
	struct bench_machine machine;
	char backend[100];
	unsigned int times_count;
	struct bench_times times[BENCH_TIMES_MAX];
	unsigned int rows_count;
	struct bench_row rows[BENCH_ROWS_OF_TABLE_MAX];
	unsigned int points_count;
	struct bench_point points[BENCH_POINTS_MAX];
	double reading_ns;
};

/* Fills in what can be known beforehand. */
void bench_machine_look(struct bench_machine *machine);
struct json_object *bench_machine_json(const struct bench_machine *machine);
/* Share of a process' resident memory in huge pages; -1 if unknown. */
double bench_huge_share(void);
/* Bytes that could be used without swapping; 0 if unknown. */
double bench_memory_available(void);
/* A field of /proc/self/status in kilobytes; 0 if it is not there. */
uint64_t bench_memory_field(const char *name);

void bench_report_print(const struct bench_report *report);
struct json_object *bench_report_json(const struct bench_report *report);
/* Draws it with gnuplot; DONE or FAILED after a line. */
int bench_report_plot(const struct bench_report *report, const char *path);

#endif /* LIMEN_BENCH_REPORT_H */
