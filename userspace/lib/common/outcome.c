// SPDX-License-Identifier: MIT
/* What a comparison yields; see outcome.h. */
#include <errno.h>

#include "private.h"

#define ERRNO_MAX 4095

bool score_possible(const struct limen_score *score, uint32_t dim)
{
	int64_t most = (int64_t)dim * 128 * 128;

	if (score->raw < -most || score->raw > most ||
	    score->similarity < -LIMEN_SIMILARITY_ONE ||
	    score->similarity > LIMEN_SIMILARITY_ONE)
		return false;
	/* Truncated towards zero, the similarity never changes sides. */
	return !score->similarity ||
	       (score->similarity > 0) == (score->raw > 0);
}

bool outcome_write(int *error, struct limen_score *score, int claimed,
		   struct limen_score told, uint32_t dim, int impossible)
{
	bool possible = claimed ? claimed < 0 && claimed >= -ERRNO_MAX :
				  score_possible(&told, dim);

	if (!possible)
		claimed = impossible;
	if (claimed)
		told = (struct limen_score){};
	*error = claimed;
	*score = told;
	return possible;
}

void pair_settle(struct limen_pair *pair, int claimed, struct limen_score told,
		 uint64_t device_ns)
{
	outcome_write(&pair->error, &pair->score, claimed, told,
		      pair->probe->dim, -EIO);
	pair->device_ns = device_ns;
}

void pair_fail(struct limen_pair *pair, int error)
{
	pair_settle(pair, error < 0 ? error : -EIO, (struct limen_score){}, 0);
}
