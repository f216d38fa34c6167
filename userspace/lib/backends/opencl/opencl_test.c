// SPDX-License-Identifier: MIT
/* The self-test of an OpenCL device: every path of a search and a comparison. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "opencl.h"

/* A group of work-items and a part of one, with all steps and all lanes. */
#define ROWS 331
#define PROBES 5

/**
 * struct sample - rows and probes of one dimension
 * @vectors: the rows, as vectors
 * @coarse: their coarse halves
 * @fine: their fine halves
 * @facts: their facts
 * @probes: as vectors
 * @laid: the same, laid out
 * @raw: what plain C says
 * @seen: how often the device has listed it
 */
struct sample {
	int8_t vectors[ROWS][LIMEN_DIM_MAX];
	uint8_t coarse[ROWS * LIMEN_DIM_MAX / 2] __attribute__((aligned(64)));
	uint8_t fine[ROWS * LIMEN_DIM_MAX / 2] __attribute__((aligned(64)));
	uint32_t facts[ROWS];
	int8_t probes[PROBES][LIMEN_DIM_MAX];
	struct match_probe laid[PROBES];
	int32_t raw[PROBES][ROWS];
	uint8_t seen[PROBES][ROWS];
};

static uint32_t next(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* Extremes first, then every single component, then anything. */
static void make_vector(uint32_t kind, uint32_t *state, int8_t *vector)
{
	uint32_t i;

	for (i = 0; i < LIMEN_DIM_MAX; i++) {
		int8_t any = next(state) >> 24;

		switch (kind) {
		case 0:
			vector[i] = -128;
			break;
		case 1:
			vector[i] = 127;
			break;
		case 2:
			vector[i] = 0;
			break;
		case 3:
			vector[i] = i % 2 ? -128 : 127;
			break;
		case 4:
			vector[i] = i % 64 < 32 ? 15 : -16;
			break;
		default:
			vector[i] = any;
		}
	}
	if (kind >= 8 && kind < 8 + MATCH_UNIT) {
		memset(vector, 0, LIMEN_DIM_MAX);
		for (i = kind - 8; i < LIMEN_DIM_MAX; i += MATCH_UNIT)
			vector[i] = -128 + (int)kind;
	}
}

static void make_sample(struct sample *sample, uint32_t dim)
{
	uint32_t state = dim, i, p;

	for (i = 0; i < ROWS; i++) {
		/* The last one is what groups repeat that are not full. */
		make_vector(i < ROWS - 1 ? i : 1, &state, sample->vectors[i]);
		sample->facts[i] = match_split(sample->vectors[i], dim,
					       sample->coarse + i * dim / 2,
					       sample->fine + i * dim / 2);
	}
	for (p = 0; p < PROBES; p++) {
		/* All -128, all 127, zeros, both by turns, anything. */
		make_vector(p < PROBES - 1 ? p : 5, &state, sample->probes[p]);
		match_probe_set(&sample->laid[p], sample->probes[p], dim);
		for (i = 0; i < ROWS; i++)
			sample->raw[p][i] = match_plain.dot(sample->probes[p],
							    sample->vectors[i],
							    dim);
	}
}

/* Counts what has been listed; no score may be wrong. */
static int note(const struct opencl *opencl, struct sample *sample)
{
	const struct opencl_exchange *host = opencl->host;
	uint32_t i;

	if (host->count > PROBES * ROWS)
		return -EBADE;
	for (i = 0; i < host->count; i++) {
		const struct opencl_candidate *found = &host->list[i];

		if (sample->raw[found->probe][found->row] != found->raw)
			return -EBADE;
		sample->seen[found->probe][found->row]++;
	}
	return 0;
}

/* Each row from @at on that is not below the bound has been listed, and once. */
static int check(const struct opencl *opencl, const struct sample *sample,
		 uint32_t probes, uint32_t at)
{
	uint32_t i, p;

	for (p = 0; p < probes; p++) {
		double bound = opencl->host->bounds[p];

		for (i = at; i < ROWS; i++) {
			double norm2 = match_norm2(sample->facts[i]);
			double least = norm2 ? bound * sqrt(norm2) : bound;
			uint8_t seen = sample->seen[p][i];

			if (seen > 1 || (sample->raw[p][i] >= least && !seen))
				return -EBADE;
		}
	}
	return 0;
}

static void set_bounds(struct opencl *opencl, const struct sample *sample,
		       const int32_t least[PROBES])
{
	uint32_t p;

	for (p = 0; p < PROBES; p++)
		opencl->host->bounds[p] =
			sample->laid[p].norm2 ?
				match_bound(&sample->laid[p], least[p]) :
				-INFINITY;
}

static int launch(struct opencl *opencl, struct sample *sample,
		  const struct opencl_launch *launch)
{
	int error = opencl_launch(opencl, launch);

	return error == -EIO ? -EBADE : error ?: note(opencl, sample);
}

/* Rows from @at on, for all probes at once. */
static int test_at_once(struct opencl *opencl, struct sample *sample,
			const int32_t least[PROBES], uint32_t at)
{
	const struct opencl_launch all = {
		.probes = PROBES,
		.at = at,
		.count = ROWS - at,
		.base = at,
	};
	int error;

	memset(sample->seen, 0, sizeof(sample->seen));
	set_bounds(opencl, sample, least);
	error = launch(opencl, sample, &all);
	return error ?: check(opencl, sample, PROBES, at);
}

/* For one probe, some rows later and with a higher bound. */
static int test_later(struct opencl *opencl, struct sample *sample,
		      const int32_t least[PROBES], uint32_t p)
{
	struct opencl_launch part = {
		.later = true,
		.probes = 1,
		.at = p,
		.count = ROWS - p,
		.base = p,
	};
	int error;

	memset(sample->seen, 0, sizeof(sample->seen));
	memcpy(sample->raw[0], sample->raw[p], sizeof(sample->raw[0]));
	opencl->host->bounds[0] = match_bound(&sample->laid[p], least[p]);
	error = opencl_probes_give(opencl, &sample->laid[p], 1);
	if (!error)
		error = launch(opencl, sample, &part);
	opencl->host->bounds[0] = match_bound(&sample->laid[p],
					      least[p] + 500);
	part.settle = true;
	if (!error)
		error = launch(opencl, sample, &part);
	return error ?: check(opencl, sample, 1, p);
}

static int test_rows(struct opencl *opencl, struct sample *sample)
{
	/* All rows; then some, that a coarse half tells apart or does not. */
	static const int32_t all[PROBES] = {
		-LIMEN_SIMILARITY_ONE, -LIMEN_SIMILARITY_ONE,
		-LIMEN_SIMILARITY_ONE, -LIMEN_SIMILARITY_ONE,
		-LIMEN_SIMILARITY_ONE,
	};
	static const int32_t some[PROBES] = { 0, 1000, 0, LIMEN_SIMILARITY_ONE,
					      1500 };
	int error;

	error = opencl_probes_give(opencl, sample->laid, PROBES);
	if (!error)
		error = test_at_once(opencl, sample, all, 0);
	if (!error)
		error = test_at_once(opencl, sample, some, 37);
	if (!error)
		error = test_later(opencl, sample, some, 1);
	if (!error)
		error = test_later(opencl, sample, some, PROBES - 1);
	return error;
}

static int test_search(struct opencl *opencl, struct sample *sample,
		       uint32_t dim)
{
	struct match_rows rows = {
		.coarse = sample->coarse,
		.fine = sample->fine,
		.facts = sample->facts,
		.count = ROWS,
	};
	int error;

	make_sample(sample, dim);
	opencl->rows.blocks = &rows;
	opencl->rows.block_count = 1;
	opencl->rows.dim = dim;
	error = opencl_rows_give(opencl, 0);
	if (!error)
		error = test_rows(opencl, sample);
	opencl_rows_take(opencl);
	opencl->rows.blocks = NULL;
	opencl->rows.block_count = 0;
	return error;
}

static int test_compare(struct opencl *opencl, const struct sample *sample)
{
	struct match_products products[LIMEN_BATCH_MAX];
	const int8_t *pairs = sample->vectors[0];
	unsigned int i;
	int error;

	error = opencl_products(opencl, pairs, LIMEN_BATCH_MAX, products);
	for (i = 0; i < LIMEN_BATCH_MAX && !error; i++, pairs += 2 * LIMEN_DIM_MAX) {
		struct match_products expected =
			match_plain.products(pairs, pairs + LIMEN_DIM_MAX,
					     LIMEN_DIM_MAX);

		if (products[i].raw != expected.raw ||
		    products[i].probe_norm2 != expected.probe_norm2 ||
		    products[i].reference_norm2 != expected.reference_norm2)
			error = -EBADE;
	}
	return error;
}

int opencl_self_test(struct opencl *opencl)
{
	struct sample *sample = aligned_alloc(64, sizeof(*sample));
	uint32_t dim;
	int error = 0;

	if (!sample)
		return -ENOMEM;
	for (dim = MATCH_UNIT; dim <= LIMEN_DIM_MAX && !error; dim += MATCH_UNIT)
		error = test_search(opencl, sample, dim);
	if (!error)
		error = test_compare(opencl, sample);
	free(sample);
	return error;
}
