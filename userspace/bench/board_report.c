// SPDX-License-Identifier: MIT
/* What limen bench board tells: the table, JSON and the plot. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "board.h"
#include "scans.h"

#define ROWS_MAX 24
#define POOL (BENCH_BOARD_ROUNDS * BENCH_BOARD_LATENCIES)
/* The largest batches. */
#define DEEPEST (BENCH_BOARD_DEPTHS - 1)

/**
 * struct table - the table as it grows
 * @rows: of it
 * @count: how many
 */
struct table {
	struct bench_row rows[ROWS_MAX];
	unsigned int count;
};

static int ascending(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static struct bench_row *add_row(struct table *table, const char *work,
				 const char *against, const char *unit)
{
	struct bench_row *row = &table->rows[table->count++];

	snprintf(row->work, sizeof(row->work), "%s", work);
	snprintf(row->against, sizeof(row->against), "%s", against);
	row->unit = unit;
	row->at_most = true;
	return row;
}

/* A row of one value for each round. */
static struct bench_row *add_rounds(struct table *table, const char *work,
				    const char *against, const char *unit,
				    const double values[BENCH_BOARD_ROUNDS])
{
	struct bench_row *row = add_row(table, work, against, unit);
	double sorted[BENCH_BOARD_ROUNDS];

	memcpy(sorted, values, sizeof(sorted));
	qsort(sorted, BENCH_BOARD_ROUNDS, sizeof(*sorted), ascending);
	row->least = sorted[0];
	row->value = sorted[BENCH_BOARD_ROUNDS / 2];
	row->most = sorted[BENCH_BOARD_ROUNDS - 1];
	return row;
}

static struct bench_row *add_ratios(struct table *table, const char *work,
				    const char *against,
				    const double values[BENCH_BOARD_ROUNDS],
				    const double others[BENCH_BOARD_ROUNDS])
{
	double ratios[BENCH_BOARD_ROUNDS];
	unsigned int i;

	for (i = 0; i < BENCH_BOARD_ROUNDS; i++)
		ratios[i] = values[i] / others[i];
	return add_rounds(table, work, against, "x", ratios);
}

static struct bench_row *add_value(struct table *table, const char *work,
				   const char *against, const char *unit,
				   double value)
{
	struct bench_row *row = add_row(table, work, against, unit);

	row->value = value;
	row->least = value;
	row->most = value;
	return row;
}

static const char *unit_of(const struct bench_board *bench)
{
	return bench->instructions ? "instr" : "ns";
}

static void add_calls(struct table *table, const struct bench_board *bench)
{
	const double *empty = bench->calls[BENCH_BOARD_EMPTY];
	const double *submit = bench->calls[BENCH_BOARD_SUBMIT];
	const double *all = bench->calls[BENCH_BOARD_SUBMIT_ALL];
	const double *verify = bench->calls[BENCH_BOARD_VERIFY];
	const char *unit = unit_of(bench);

	add_rounds(table, "empty ioctl (QUERY, size only)", "", unit, empty);
	add_rounds(table, bench->held ? "SUBMIT, one comparison" :
					"SUBMIT, one comparison, board awake",
		   "", unit, submit);
	add_ratios(table, "", "empty ioctl", submit, empty);
	add_rounds(table, "SUBMIT, 64 comparisons", "", unit, all);
	add_ratios(table, "", "SUBMIT, one", all, submit);
	add_rounds(table, "verify: SUBMIT and inline wait", "", unit, verify);
	add_ratios(table, "", "empty ioctl", verify, empty);
	add_value(table, "system calls of a verify by liblimen", "", "",
		  bench->system_calls)->target = 1;
}

/* Percentile of each round, and in the end of all of them together. */
struct percentiles {
	double rounds[BENCH_BOARD_ROUNDS];
	double all;
};

static struct percentiles percentiles_of(const struct bench_board *bench,
					 unsigned int state,
					 unsigned int percent)
{
	int64_t pool[POOL], one[BENCH_BOARD_LATENCIES];
	struct percentiles found;
	unsigned int i;

	for (i = 0; i < BENCH_BOARD_ROUNDS; i++) {
		memcpy(one, bench->latencies[state][i], sizeof(one));
		found.rounds[i] = (double)bench_percentile(
			one, BENCH_BOARD_LATENCIES, percent);
	}
	memcpy(pool, bench->latencies[state], sizeof(pool));
	found.all = (double)bench_percentile(pool, POOL, percent);
	return found;
}

static void add_latencies(struct table *table, const struct bench_board *bench)
{
	static const struct {
		unsigned int percent;
		const char *name;
	} wanted[] = { { 50, "p50" }, { 99, "p99" }, { 100, "longest" } };
	static const char *const states[] = {
		[BENCH_BOARD_ALONE] = "alone",
		[BENCH_BOARD_LOADED] = "while scans run",
	};
	unsigned int state, i;
	char work[64];

	for (state = 0; state < BENCH_BOARD_STATES; state++)
		for (i = 0; i < 3; i++) {
			struct percentiles found = percentiles_of(
				bench, state, wanted[i].percent);

			snprintf(work, sizeof(work), "verify %s, %s",
				 states[state], wanted[i].name);
			add_rounds(table, work, "", unit_of(bench),
				   found.rounds)->value = found.all;
		}
}

/* Nanoseconds that a chunk took, or is meant to take; 0 if nobody tells. */
static double chunk_of(const struct bench_board *bench)
{
	if (bench->counts && bench->chunks)
		return (double)bench->busy_ns / bench->chunks;
	return bench->node.info.chunk_ns;
}

static void add_chunks(struct table *table, const struct bench_board *bench)
{
	struct percentiles alone = percentiles_of(bench, BENCH_BOARD_ALONE, 99);
	struct percentiles loaded = percentiles_of(bench, BENCH_BOARD_LOADED,
						   99);
	const double chunk = chunk_of(bench);
	double more[BENCH_BOARD_ROUNDS] = {};
	struct bench_row *row;
	unsigned int i;

	for (i = 0; chunk && i < BENCH_BOARD_ROUNDS; i++)
		more[i] = (loaded.rounds[i] - alone.rounds[i]) / chunk;
	if (bench->counts)
		add_value(table, "a chunk of a scan, mean", "", unit_of(bench),
			  chunk);
	add_value(table, "a chunk of a scan, as meant", "", unit_of(bench),
		  bench->node.info.chunk_ns);
	if (bench->counts)
		add_value(table, "board busy with scans", "", "%",
			  100.0 * bench->busy_ns / bench->loaded_ns);
	row = add_rounds(table, "p99 while scans run, less p99 alone", "a chunk",
			 "x", more);
	row->target = 2;
	row->value = (loaded.all - alone.all) / (chunk ?: 1);
	if (!chunk)
		strcpy(row->missing, "the driver tells of no chunks");
}

static void add_batches(struct table *table, const struct bench_board *bench)
{
	double driver[2][BENCH_BOARD_ROUNDS];
	unsigned int i;

	for (i = 0; i < BENCH_BOARD_ROUNDS; i++) {
		driver[0][i] = bench->batches[0][i] - bench->boards[0][i];
		driver[1][i] = bench->batches[DEEPEST][i] -
			       bench->boards[DEEPEST][i];
	}
	add_ratios(table, "64 verifies in one batch", "one",
		   bench->batches[DEEPEST], bench->batches[0])->target = 4;
	add_ratios(table, "64 verifies, less the board's time", "one, likewise",
		   driver[1], driver[0])->target = 4;
}

static double median_of(const double values[BENCH_BOARD_ROUNDS])
{
	double sorted[BENCH_BOARD_ROUNDS];

	memcpy(sorted, values, sizeof(sorted));
	qsort(sorted, BENCH_BOARD_ROUNDS, sizeof(*sorted), ascending);
	return sorted[BENCH_BOARD_ROUNDS / 2];
}

static void print_board(const struct bench_board *bench, const struct table *table)
{
	const struct bench_machine *machine = &bench->machine;
	const char *unit = unit_of(bench);
	unsigned int i;

	printf("%s, %u processors, %s; load average before: %.2f\n",
	       machine->processor, machine->processors, machine->kernel,
	       machine->load);
	printf("%s at %s; %d rounds, medians; dimension %d; %s\n",
	       bench->node.info.board, bench->node.path, BENCH_BOARD_ROUNDS,
	       BENCH_NODE_DIM,
	       bench->first ? "real-time priority" : "no real-time priority");
	if (bench->instructions)
		puts("the clock counts instructions: all times are instructions");
	bench_rows_print(table->rows, table->count);
	printf("\n%5s  %12s  %12s  %12s\n", "batch", unit, "of the board",
	       bench->instructions ? "instr each" : "a second");
	for (i = 0; i < BENCH_BOARD_DEPTHS; i++) {
		double took = median_of(bench->batches[i]);

		printf("%5u  %12.0f  %12.0f  %12.0f\n", 1u << i, took,
		       median_of(bench->boards[i]),
		       bench->instructions ? took / (1u << i) :
					     (1u << i) * 1e9 / took);
	}
}

static struct json_object *batches_json(const struct bench_board *bench)
{
	struct json_object *list = json_object_new_array(), *object;
	unsigned int i;

	for (i = 0; i < BENCH_BOARD_DEPTHS; i++) {
		double took = median_of(bench->batches[i]);

		object = json_object_new_object();
		json_add_whole(object, "depth", 1u << i);
		json_add_number(object, "median", took);
		json_add_number(object, "median_of_board",
				 median_of(bench->boards[i]));
		if (!bench->instructions)
			json_add_number(object, "per_second",
					 (1u << i) * 1e9 / took);
		json_object_array_add(list, object);
	}
	return list;
}

static struct json_object *to_json(const struct bench_board *bench,
				   const struct table *table)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "machine",
			       bench_machine_json(&bench->machine));
	json_add_text(object, "board", bench->node.info.board);
	json_add_text(object, "unit",
		       bench->instructions ? "instructions" : "nanoseconds");
	json_object_object_add(object, "real_time",
			       json_object_new_boolean(bench->first));
	json_add_whole(object, "chunk_meant", bench->node.info.chunk_ns);
	json_add_whole(object, "chunks", bench->chunks);
	json_add_whole(object, "chunks_busy", bench->busy_ns);
	json_add_whole(object, "scans", (int64_t)bench->scans);
	json_object_object_add(object, "table",
			       bench_rows_json(table->rows, table->count));
	json_object_object_add(object, "batches", batches_json(bench));
	return object;
}

/* Latencies by the share of verifies that took longer. */
static void draw_latencies(FILE *gnuplot, const struct bench_board *bench)
{
	static const char *const blocks[] = { "alone", "loaded" };
	int64_t pool[POOL];
	unsigned int state, i;

	for (state = 0; state < BENCH_BOARD_STATES; state++) {
		memcpy(pool, bench->latencies[state], sizeof(pool));
		bench_percentile(pool, POOL, 50);
		fprintf(gnuplot, "$%s << end\n", blocks[state]);
		for (i = 0; i < POOL; i++)
			fprintf(gnuplot, "%g\t%g\n", pool[i] / 1e3,
				(double)(POOL - i) / POOL);
		fputs("end\n", gnuplot);
	}
	fprintf(gnuplot,
		"unset arrow 1\n"
		"set title 'verifies that take longer'\n"
		"set size 0.5, 0.6\n"
		"set origin 0, 0\n"
		"set lmargin at screen 0.08\n"
		"set rmargin at screen 0.48\n"
		"set ytics auto\n"
		"set grid\n"
		"set xrange [*:*]\n"
		"set yrange [*:1]\n"
		"set logscale xy 10\n"
		"set xlabel '%s'\n"
		"set key top right\n"
		"plot $alone using 1:2 with steps linewidth 2 "
		"linecolor rgb '#4477aa' title 'alone', "
		"$loaded using 1:2 with steps linewidth 2 "
		"linecolor rgb '#cc8844' title 'while scans run'\n",
		bench->instructions ? "thousand instructions" : "microseconds");
}

static void draw_batches(FILE *gnuplot, const struct bench_board *bench)
{
	unsigned int i;

	fputs("$batches << end\n", gnuplot);
	for (i = 0; i < BENCH_BOARD_DEPTHS; i++)
		fprintf(gnuplot, "%u\t%g\t%g\n", 1u << i,
			median_of(bench->batches[i]) / 1e3 / (1u << i),
			median_of(bench->boards[i]) / 1e3 / (1u << i));
	fprintf(gnuplot,
		"end\n"
		"set title 'a verify, by depth of the batch'\n"
		"set origin 0.5, 0\n"
		"set lmargin at screen 0.58\n"
		"set rmargin at screen 0.98\n"
		"set logscale x 2\n"
		"unset logscale y\n"
		"set yrange [0:*]\n"
		"set xlabel 'verifies in a batch'\n"
		"set ylabel '%s each'\n"
		"plot $batches using 1:2 with linespoints pointtype 7 "
		"linecolor rgb '#4477aa' title 'as measured', "
		"$batches using 1:3 with linespoints pointtype 6 "
		"linecolor rgb '#222222' title 'of it the board'\n",
		bench->instructions ? "thousand instructions" : "microseconds");
}

static int plot(const struct bench_board *bench, const struct table *table,
		const char *path)
{
	char title[sizeof(bench->machine.processor) +
		   sizeof(bench->node.info.board) + 2];
	struct bench_plot picture;

	snprintf(title, sizeof(title), "%s, %s", bench->machine.processor,
		 bench->node.info.board);
	if (bench_plot_open(&picture, path, 800, title))
		return FAILED;
	fputs("set size 1, 0.36\n"
	      "set origin 0, 0.6\n", picture.to);
	bench_rows_draw(picture.to, table->rows, table->count);
	draw_latencies(picture.to, bench);
	draw_batches(picture.to, bench);
	return bench_plot_close(&picture);
}

int bench_board_present(struct bench_board *bench,
			const struct settings *settings)
{
	static struct table table;
	struct json_object *json;
	int result = DONE;

	add_calls(&table, bench);
	add_latencies(&table, bench);
	add_chunks(&table, bench);
	add_batches(&table, bench);
	json = to_json(bench, &table);
	if (settings->output)
		result = bench_write_json(settings->output, json);
	if (settings->json) {
		print_json(json);
	} else {
		json_object_put(json);
		print_board(bench, &table);
	}
	if (settings->plot && plot(bench, &table, settings->plot))
		result = FAILED;
	return result;
}
