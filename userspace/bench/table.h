/* SPDX-License-Identifier: MIT */
/* The table of what was measured and what is to be reached. */
#ifndef LIMEN_BENCH_TABLE_H
#define LIMEN_BENCH_TABLE_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <private.h>

#define BENCH_TEXT_SIZE 400

enum bench_verdict { BENCH_NOT_MEASURED, BENCH_SHORT, BENCH_REACHED, BENCH_TOLD };

/**
 * struct bench_row - a row of the table
 * @work: what was done
 * @against: what it is measured against; "" if nothing
 * @unit: of the value: "x", "ns", "%" or ""
 * @target: to reach, 0 if there is none
 * @at_most: whether it is to be below the target
 * @missing: why there is no value; "" if there is
 * @value: median
 * @least: lowest of the rounds
 * @most: highest
 */
struct bench_row {
	char work[100];
	char against[100];
	const char *unit;
	double target;
	bool at_most;
	char missing[BENCH_TEXT_SIZE];
	double value;
	double least;
	double most;
};

enum bench_verdict bench_row_verdict(const struct bench_row *row);

void bench_rows_print(const struct bench_row *rows, unsigned int count);
struct json_object *bench_rows_json(const struct bench_row *rows,
				    unsigned int count);
/* Draws those that have a target as bars of what is to be reached. */
void bench_rows_draw(FILE *gnuplot, const struct bench_row *rows,
		     unsigned int count);

/* Known before minutes have passed: whether the results can be written. */
int bench_can_write(const char *output, const char *plot);
int bench_write_json(const char *path, struct json_object *json);

/**
 * struct bench_plot - a picture that gnuplot draws
 * @path: where
 * @file: it, until it is complete
 * @pid: of gnuplot
 * @to: its input
 */
struct bench_plot {
	const char *path;
	struct file_output file;
	pid_t pid;
	FILE *to;
};

int bench_plot_open(struct bench_plot *plot, const char *path,
		    unsigned int height, const char *title);
int bench_plot_close(struct bench_plot *plot);

#endif /* LIMEN_BENCH_TABLE_H */
