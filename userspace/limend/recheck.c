// SPDX-License-Identifier: MIT
#include <sys/random.h>

#include "recheck.h"

/* Whether a score is computed again: one of rate, at random. */
static bool picks(struct recheck *recheck)
{
	if (recheck->rate == 1)
		return true;
	if (!recheck->left) {
		/* Without chance the board might guess: then none is let by. */
		if (getrandom(recheck->drawn, sizeof(recheck->drawn), 0) !=
		    sizeof(recheck->drawn))
			return true;
		recheck->left = RECHECK_DRAWN;
	}
	return recheck->drawn[--recheck->left] <= UINT32_MAX / recheck->rate;
}

static bool same(const struct limen_pair *first, const struct limen_pair *second)
{
	return first->error == second->error &&
	       first->score.raw == second->score.raw &&
	       first->score.similarity == second->score.similarity;
}

/* How many scores of the backend's are not what the reference says. */
static unsigned int count_wrong(struct limen_backend *reference,
				const struct limen_pair *const *picked,
				unsigned int count)
{
	struct limen_pair again[LIMEN_BATCH_MAX];
	unsigned int wrong = 0, i;

	for (i = 0; i < count; i++)
		again[i] = *picked[i];
	limen_compare(reference, again, count, 0);
	for (i = 0; i < count; i++)
		wrong += !same(picked[i], &again[i]);
	limen_wipe(again, count * sizeof(*again));
	return wrong;
}

bool recheck_passes(struct recheck *recheck, struct limen_backend *reference,
		    const struct limen_pair *pairs, unsigned int count)
{
	const struct limen_pair *picked[LIMEN_BATCH_MAX];
	unsigned int scored = 0, chosen = 0, wrong = 0, i;

	for (i = 0; i < count; i++) {
		if (pairs[i].error)
			continue;
		scored++;
		if (recheck->rate && picks(recheck))
			picked[chosen++] = &pairs[i];
	}
	if (chosen)
		wrong = count_wrong(reference, picked, chosen);
	recheck->done += chosen;
	recheck->mismatches += wrong;
	/* With a wrong score among them, none of the board's is given. */
	if (!wrong)
		recheck->unchecked += scored - chosen;
	return !wrong;
}
