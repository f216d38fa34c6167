// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "drawn.h"

/* Of a linear congruential generator. */
static uint32_t state = 1;

static uint32_t roll(void)
{
	state = state * 1664525 + 1013904223;
	return state >> 16;
}

void drawn_vector(int8_t *vector, uint32_t dim)
{
	uint32_t kind = roll() % 16;

	for (uint32_t i = 0; i < dim; i++)
		if (kind < 10)
			vector[i] = (int8_t)roll();
		else if (kind < 14)
			vector[i] = (int8_t)(roll() % 3) - 1;
		else
			vector[i] = kind == 14 ? -128 : 0;
}

void drawn_pair(unsigned int index, struct limen_template *probe,
		struct limen_template *reference, struct limen_score *score)
{
	memset(probe, 0, sizeof(*probe));
	memset(reference, 0, sizeof(*reference));
	probe->dim = reference->dim = LIMEN_DIM_STEP * (1 + index % 8);
	drawn_vector(probe->vector, probe->dim);
	drawn_vector(reference->vector, probe->dim);
	*score = limen_score_vectors(probe->vector, reference->vector, probe->dim);
}

static int by_rank(const void *a, const void *b)
{
	const struct limen_row *one = a, *other = b;

	if (one->score.similarity != other->score.similarity)
		return one->score.similarity > other->score.similarity ? -1 : 1;
	return one->row < other->row ? -1 : one->row > other->row;
}

static void search_by_definition(struct drawn_search *search)
{
	static struct limen_row all[DRAWN_ROWS];
	const struct limen_template *probe = &search->probe;
	uint32_t count = 0;

	for (uint32_t i = 0; i < DRAWN_ROWS; i++) {
		struct limen_score score = limen_score_vectors(
			probe->vector, search->gallery + (size_t)i * search->stride,
			probe->dim);

		if (score.similarity >= search->least)
			all[count++] = (struct limen_row){ i, score };
	}
	qsort(all, count, sizeof(*all), by_rank);
	search->count = count < search->top_k ? count : search->top_k;
	memcpy(search->rows, all, search->count * sizeof(*all));
}

void drawn_search(unsigned int index, int8_t *space, struct drawn_search *search)
{
	static const uint32_t top_k[] = { 1, 8, 9, 100, LIMEN_TOP_K_MAX };
	uint32_t dim = LIMEN_DIM_STEP * (1 + index % 8);

	*search = (struct drawn_search){
		.probe.dim = dim,
		.gallery = space,
		.stride = dim + LIMEN_DIM_STEP * (index % 3),
		.top_k = top_k[index % 5],
		.least = index % 2 ? 0 : -LIMEN_SIMILARITY_ONE,
	};
	drawn_vector(search->probe.vector, dim);
	for (uint32_t i = 0; i < DRAWN_ROWS; i++)
		drawn_vector(space + (size_t)i * search->stride, dim);
	search_by_definition(search);
}

bool drawn_row_is(const struct limen_row *row, uint32_t number, int32_t raw,
		  int32_t similarity)
{
	return row->row == number && row->score.raw == raw &&
	       row->score.similarity == similarity;
}
