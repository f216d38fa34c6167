// SPDX-License-Identifier: MIT
/* limen bench: what this machine does in which time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <monotonic.h>

#include "bench.h"

static const char help[] =
	"Usage: limen bench [OPTION]... [match|compare|daemon|board]\n"
	"Measure this machine. match (the default): searches and comparisons against\n"
	"what the machine can do and against other libraries, in one run; it takes\n"
	"minutes. compare: comparisons in this process. daemon: those that limend,\n"
	"a private one with the CPU backend, does for one client, against an echo\n"
	"server over the same kind of socket in the same run. board: what system calls\n"
	"of the first board's driver cost, how long comparisons take with and without\n"
	"searches on the board, and how many there are a second, alone or in batches.\n"
	"\n"
	"  -b, --backend NAME  compare: cpu (default) or another, as listed\n"
	"  -l, --list          tell which backends are usable here, and why not\n"
	"  -d, --limend PATH   daemon: the limend to measure\n"
	"  -j, --json          print JSON\n"
	"  -o, --output FILE   match, board: write JSON there, too\n"
	"  -p, --plot FILE     match, board: draw an SVG there, with gnuplot\n"
	"  -r, --rows N        match: rows of the large gallery, 1000000 if not given,\n"
	"                      and then galleries as large as fit are searched, too\n"
	"\n"
	"Exit status: 0 measured, whatever it is; 1 it cannot be measured, 2 wrong\n"
	"usage.\n";

#define COMPARE_ROUNDS 200

void bench_template(struct limen_template *tmpl, uint32_t dim, uint32_t seed)
{
	uint32_t i;

	memset(tmpl, 0, sizeof(*tmpl));
	tmpl->dim = dim;
	for (i = 0; i < dim; i++) {
		seed = seed * 1664525 + 1013904223;
		tmpl->vector[i] = seed >> 24;
	}
}

static int ascending(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

int64_t bench_percentile(int64_t *values, size_t count, unsigned int percent)
{
	qsort(values, count, sizeof(*values), ascending);
	return values[(count - 1) * percent / 100];
}

/* Median nanoseconds of a batch. */
static int measure_batch(struct limen_backend *backend, uint32_t dim,
			 unsigned int count, int64_t *median)
{
	static struct limen_template templates[2][LIMEN_BATCH_MAX];
	struct limen_pair pairs[LIMEN_BATCH_MAX];
	int64_t times[COMPARE_ROUNDS];
	unsigned int i;
	int error;

	for (i = 0; i < count; i++) {
		bench_template(&templates[0][i], dim, 2 * i);
		bench_template(&templates[1][i], dim, 2 * i + 1);
		pairs[i].size = sizeof(*pairs);
		pairs[i].probe = &templates[0][i];
		pairs[i].reference = &templates[1][i];
	}
	for (i = 0; i < COMPARE_ROUNDS; i++) {
		int64_t start = now_ns();

		error = limen_compare(backend, pairs, count, 1000);
		times[i] = now_ns() - start;
		if (error)
			return fail("%s: %s", limen_backend_description(backend),
				    limen_strerror(error));
	}
	*median = bench_percentile(times, COMPARE_ROUNDS, 50);
	return DONE;
}

static int measure_all(struct limen_backend *backend, bool json)
{
	static const uint32_t dims[] = { 128, 256, 512 };
	static const unsigned int batches[] = { 1, LIMEN_BATCH_MAX };
	struct json_object *list = json_object_new_array(), *row;
	int result = DONE;
	int64_t median = 0;
	unsigned int i;

	if (!json)
		printf("%s\n  dim  batch  ns a pair\n",
		       limen_backend_description(backend));
	for (i = 0; i < 6; i++) {
		uint32_t dim = dims[i / 2];
		unsigned int batch = batches[i % 2];

		result = measure_batch(backend, dim, batch, &median);
		if (result)
			break;
		if (!json)
			printf("  %3u  %5u  %9.1f\n", dim, batch,
			       (double)median / batch);
		row = json_object_new_object();
		json_object_object_add(row, "dim", json_object_new_int(dim));
		json_object_object_add(row, "batch", json_object_new_int(batch));
		json_add_number(row, "ns_a_pair", (double)median / batch);
		json_object_array_add(list, row);
	}
	if (json && !result)
		print_json(list);
	else
		json_object_put(list);
	return result;
}

static int bench_compare(const struct settings *settings)
{
	struct limen_backend *backend;
	int result;

	result = open_backend(settings->backend, &backend);
	if (result)
		return result;
	result = measure_all(backend, settings->json);
	limen_backend_close(backend);
	return result;
}

/* Adds a line to the list, or prints it if there is none. */
static int list_one(const struct limen_backend_info *info, void *context)
{
	const bool usable = !*info->reason;
	struct json_object *list = context, *row;
	char name[sizeof(info->node) + 16];

	snprintf(name, sizeof(name), "%s%s%s", limen_backend_name(info->kind),
		 *info->node ? ":" : "", info->node);
	if (!list) {
		printf("%-20s  %-10s  %s\n", name,
		       usable ? "usable" : "not usable",
		       usable ? info->description : info->reason);
		return 0;
	}
	row = json_object_new_object();
	json_add_text(row, "backend", limen_backend_name(info->kind));
	json_add_text(row, "node", info->node);
	json_object_object_add(row, "usable", json_object_new_boolean(usable));
	json_add_text(row, "description", info->description);
	json_add_text(row, "reason", info->reason);
	json_object_array_add(list, row);
	return 0;
}

static int list(bool json)
{
	struct json_object *list = json ? json_object_new_array() : NULL;
	int error = limen_backends_list(list_one, list);

	if (json)
		print_json(list);
	return error ? fail("backends: %s", limen_strerror(error)) : DONE;
}

int command_bench(int argc, char **argv)
{
	struct settings settings;
	const char *what;
	bool leave;
	int result;

	result = read_settings(argc, argv, "bdjlopr", help, &settings, &leave);
	if (leave)
		return result;
	if (settings.list)
		return list(settings.json);
	if (argc - optind > 1)
		return misused("bench takes match, compare, daemon or board");
	what = optind < argc ? argv[optind] : "match";
	if (!strcmp(what, "match"))
		return bench_match(&settings);
	if (!strcmp(what, "compare"))
		return bench_compare(&settings);
	if (!strcmp(what, "daemon"))
		return bench_daemon(&settings);
	if (!strcmp(what, "board"))
		return bench_board(&settings);
	return misused("bench: nothing called %s", what);
}
