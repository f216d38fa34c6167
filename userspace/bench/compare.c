// SPDX-License-Identifier: MIT
/* limen bench compare: comparisons in this process. */
#include <stdio.h>

#include <monotonic.h>

#include "bench.h"

#define COMPARE_ROUNDS 200

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

int bench_compare(const struct settings *settings)
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
