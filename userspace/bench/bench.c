// SPDX-License-Identifier: MIT
/* What the measurements share. */
#include <stdlib.h>
#include <string.h>

#include "bench.h"

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
