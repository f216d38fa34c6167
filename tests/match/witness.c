// SPDX-License-Identifier: MIT
/* Who watches what a kernel offers, and knows what it should. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "witness.h"

#define witness_of(member) \
	((struct witness *)((char *)(member) - \
			    offsetof(struct witness, search)))

/* Notes the first thing that is wrong. */
static void __attribute__((format(printf, 2, 3)))
object(struct witness *witness, const char *format, ...)
{
	va_list arguments;

	if (witness->wrong[0])
		return;
	va_start(arguments, format);
	vsnprintf(witness->wrong, sizeof(witness->wrong), format, arguments);
	va_end(arguments);
}

/* Whether row a comes before row b in a result. */
static bool ranks_before(const struct witness *witness, uint32_t a, uint32_t b)
{
	int32_t first = witness->expected[a].similarity;
	int32_t second = witness->expected[b].similarity;

	return first != second ? first > second : a < b;
}

/* Puts a row among the best ones, at the cost of the last if there is no room. */
static uint32_t keep(const struct witness *witness, uint32_t *best,
		     uint32_t count, uint32_t row)
{
	uint32_t at = count;

	if (count == witness->limit) {
		if (!ranks_before(witness, row, best[count - 1]))
			return count;
		at = --count;
	}
	for (; at && ranks_before(witness, row, best[at - 1]); at--)
		best[at] = best[at - 1];
	best[at] = row;
	return count + 1;
}

static void raise_bound(struct witness *witness, uint32_t row)
{
	const struct limen_score *worst;

	if (witness->expected[row].similarity < witness->least)
		return;
	witness->count = keep(witness, witness->best, witness->count, row);
	if (witness->count < witness->limit)
		return;
	worst = &witness->expected[witness->best[witness->count - 1]];
	witness->search.bound = match_bound(&witness->probe, worst->similarity);
}

static void look(struct match_search *search, uint32_t row,
		 struct limen_score score)
{
	struct witness *witness = witness_of(search);
	const struct batch *batch = witness->batch;
	uint32_t index = row - batch->rows.first;
	const struct limen_score *expected = &witness->expected[index];

	if (index >= batch->rows.count)
		return object(witness, "row %u offered, there are %u", index,
			      batch->rows.count);
	if (batch_absent(batch, index))
		return object(witness, "removed row %u offered", index);
	if (witness->seen[index])
		return object(witness, "row %u offered twice", index);
	if (score.raw != expected->raw ||
	    score.similarity != expected->similarity)
		return object(witness, "row %u: raw %d, not %d", index,
			      score.raw, expected->raw);
	witness->seen[index] = true;
	if (witness->limit)
		raise_bound(witness, index);
}

void witness_init(struct witness *witness, const struct batch *batch,
		  const int8_t *probe)
{
	uint32_t dim = batch->dim, i;

	memset(witness, 0, sizeof(*witness));
	match_probe_set(&witness->probe, probe, dim);
	witness->batch = batch;
	witness->expected = calloc(batch->rows.count + 1,
				   sizeof(*witness->expected));
	witness->seen = calloc(batch->rows.count + 1, sizeof(*witness->seen));
	if (!witness->expected || !witness->seen) {
		perror("witness");
		exit(1);
	}
	for (i = 0; i < batch->rows.count; i++)
		witness->expected[i] = limen_score_vectors(
			probe, batch->vectors + (size_t)i * dim, dim);
	witness->search.probe = &witness->probe;
	witness->search.offer = look;
}

void witness_free(struct witness *witness)
{
	free(witness->expected);
	free(witness->seen);
}

void witness_begin(struct witness *witness, int32_t least, uint32_t limit)
{
	memset(witness->seen, 0, witness->batch->rows.count);
	witness->least = least;
	witness->limit = limit;
	witness->count = 0;
	witness->wrong[0] = '\0';
	witness->search.bound = match_bound(&witness->probe, least);
}

static bool belongs(const struct witness *witness, uint32_t row)
{
	return !batch_absent(witness->batch, row) &&
	       witness->expected[row].similarity >= witness->least;
}

/* Offered, but so far below the bound that it had better not been read on. */
static bool needless(const struct witness *witness, uint32_t row)
{
	double norm2 = match_norm2(witness->batch->rows.facts[row]);
	double bound = witness->search.bound;

	return witness->seen[row] && norm2 > 0 &&
	       witness->expected[row].raw / sqrt(norm2) <
		       bound - fabs(bound) * 0x1p-20;
}

static void check_all(struct witness *witness)
{
	uint32_t i;

	for (i = 0; i < witness->batch->rows.count; i++) {
		if (belongs(witness, i) && !witness->seen[i])
			object(witness, "row %u of similarity %d not offered",
			       i, witness->expected[i].similarity);
		if (needless(witness, i))
			object(witness, "row %u of similarity %d offered", i,
			       witness->expected[i].similarity);
	}
}

static void check_best(struct witness *witness)
{
	uint32_t best[WITNESS_BEST_MAX], count = 0, i;

	for (i = 0; i < witness->batch->rows.count; i++)
		if (belongs(witness, i))
			count = keep(witness, best, count, i);
	if (count != witness->count)
		object(witness, "%u best rows, not %u", witness->count, count);
	for (i = 0; i < count; i++)
		if (best[i] != witness->best[i])
			object(witness, "row %u comes as number %u, not row %u",
			       witness->best[i], i, best[i]);
}

bool witness_agrees(struct witness *witness)
{
	if (witness->limit)
		check_best(witness);
	else
		check_all(witness);
	return !witness->wrong[0];
}

/* Sum of coarse halves against the probe. */
static int32_t coarse_sum(const struct witness *witness, uint32_t row)
{
	uint32_t dim = witness->batch->dim, i;
	const int8_t *vector = witness->batch->vectors + (size_t)row * dim;
	int32_t sum = 0;

	for (i = 0; i < dim; i++) {
		uint32_t line = i / MATCH_LINE, half = i / (MATCH_UNIT / 2) % 2;
		uint32_t at = i % MATCH_LINE / MATCH_UNIT * (MATCH_UNIT / 2) +
			      i % (MATCH_UNIT / 2);

		sum += ((uint8_t)vector[i] >> 4 ^ 8) *
		       witness->probe.facing[line][half][at];
	}
	return sum;
}

/* Whether a row's upper limit is below the bound by more than rounding does. */
static bool out_of_question(const struct witness *witness, uint32_t row)
{
	uint32_t facts = witness->batch->rows.facts[row];
	double limit = 16.0 * coarse_sum(witness, row) + witness->probe.base +
		       (double)witness->probe.slope * match_residual(facts);
	double bound = witness->search.bound;

	return (limit + 4) / sqrt(match_norm2(facts)) <
	       bound - fabs(bound) * 0x1p-20;
}

bool witness_agrees_to_list(struct witness *witness,
			    const struct match_candidate *candidates,
			    uint32_t count)
{
	uint32_t rows = witness->batch->rows.count, i;
	bool *listed = calloc(rows + 1, sizeof(*listed));

	if (!listed || count > rows) {
		object(witness, "%u candidates of %u rows", count, rows);
		count = 0;
	}
	for (i = 0; i < count && !witness->wrong[0]; i++) {
		uint32_t row = candidates[i].index;

		if (row >= rows || listed[row])
			object(witness, "candidate %u, of %u rows", row, rows);
		else if (candidates[i].coarse != coarse_sum(witness, row))
			object(witness, "coarse sum %d of row %u, not %d",
			       candidates[i].coarse, row,
			       coarse_sum(witness, row));
		else if (out_of_question(witness, row))
			object(witness, "row %u listed for nothing", row);
		else
			listed[row] = true;
	}
	for (i = 0; listed && i < rows; i++)
		if (belongs(witness, i) && !listed[i])
			object(witness, "row %u of similarity %d not listed",
			       i, witness->expected[i].similarity);
	free(listed);
	return !witness->wrong[0];
}
