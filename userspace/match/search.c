// SPDX-License-Identifier: MIT
/* What all kernels share: exact decisions on the rows they let through. */
#include <math.h>

#include "match.h"

/*
 * All operands below are integers that a double holds exactly, and the square
 * root and the quotient are each rounded correctly, so the result is off by less
 * than 32768 * 2^-51: unless it is that close to an integer, truncating it gives
 * what the definition gives.
 */
int32_t match_similarity(int32_t raw, uint32_t probe_norm2,
			 uint32_t reference_norm2)
{
	const double doubt = 1e-6;
	double norms = (double)probe_norm2 * reference_norm2;
	double cosine, rest;
	int32_t whole;

	if (norms == 0)
		return 0;
	cosine = (double)raw * LIMEN_SIMILARITY_ONE / sqrt(norms);
	whole = cosine;
	rest = fabs(cosine - whole);
	if (rest < doubt || rest > 1 - doubt)
		return limen_similarity(raw, probe_norm2, reference_norm2);
	return whole;
}

/*
 * Truncated towards zero, a similarity of at least s > 0 is a cosine of at least
 * s / 32768, and one of at least s <= 0 a cosine above (s - 1) / 32768. A kernel
 * rounds three times to 24 bits (a raw score is below 2^24 and exact in single
 * precision): once for the square root, once for the quotient or the reciprocal,
 * and once for a product. 2^-18 is sixteen times as much.
 */
float match_bound(const struct match_probe *probe, int32_t least)
{
	double bound = least > 0 ? least : (double)least - 1;

	bound *= sqrt(probe->norm2) / LIMEN_SIMILARITY_ONE;
	return bound - fabs(bound) * 0x1p-18;
}

void match_offer(struct match_search *search, const struct match_rows *rows,
		 uint32_t index, int32_t raw)
{
	struct limen_score score;

	if (rows->absent && rows->absent[index / 64] >> index % 64 & 1)
		return;
	score.raw = raw;
	score.similarity = match_similarity(raw, search->probe->norm2,
					    match_norm2(rows->facts[index]));
	search->offer(search, rows->first + index, score);
}
