// SPDX-License-Identifier: MIT
/*
 * The CPU backend: the search for one probe by one thread.
 *
 * With the sieve, a search first reads only the coarse halves. A row whose limit
 * (see struct match_probe) reaches the bound is a candidate: its fine half is
 * read, too. Of these, those are read at once whose estimate, the limit less what
 * it has for safety, reaches the bound: they may well raise it. The others wait.
 * By the end of the search the bound has risen above about half of their limits,
 * and these rows are never read. Any order of reading gives the same result.
 */
#include "seeker.h"

/*
 * Rows that are read whole to have a bound. It rises fast at first: the sieve is
 * used on as many rows as have been met before, until these are a unit.
 */
#define FIRST_ROWS 1024

/*
 * The sieve pays while fewer than one row in this many pass it; of those that may
 * wait only a part will be read. When more pass, rows are read whole until it is
 * tried again, each time twice as many.
 */
#define SIEVE_WORTH 4
#define SIEVE_WORTH_DEFERRING 2
#define REST_FIRST FIRST_ROWS
#define REST_MAX (32 * UNIT_MAX)

static bool full(const struct seeker *seeker)
{
	return seeker->ranking.limit &&
	       seeker->ranking.count == seeker->ranking.limit;
}

static void raise_least(struct seeker *seeker, int32_t least)
{
	if (least <= seeker->least)
		return;
	seeker->least = least;
	seeker->match.bound = match_bound(seeker->match.probe, least);
}

/*
 * Of equal rows the later one loses. If no row before the worst one that is kept
 * is still to be met, then its equals are of no use.
 */
static void raise_to_worst(struct seeker *seeker)
{
	const struct limen_row *worst = &seeker->ranking.rows[0];

	if (full(seeker))
		raise_least(seeker, worst->score.similarity +
				    (worst->row < seeker->first));
}

static void keep_best(struct match_search *match, uint32_t row,
		      struct limen_score score)
{
	struct seeker *seeker = (struct seeker *)match;
	struct limen_row found = { row, score };

	if (score.similarity < seeker->least)
		return;
	ranking_add(&seeker->ranking, &found);
	raise_to_worst(seeker);
}

static void keep_all(struct match_search *match, uint32_t row,
		     struct limen_score score)
{
	struct seeker *seeker = (struct seeker *)match;
	struct limen_row found = { row, score };

	if (score.similarity >= seeker->least && !seeker->error)
		seeker->error = row_list_add(&seeker->list, &found, 1);
}

void seeker_start(struct seeker *seeker, int32_t min_similarity, bool all)
{
	seeker->match.offer = all ? keep_all : keep_best;
	seeker->match.bound = match_bound(seeker->match.probe, min_similarity);
	seeker->least = min_similarity;
	seeker->step = FIRST_ROWS;
	seeker->rest_next = REST_FIRST;
}

void seeker_begin(struct seeker *seeker, uint32_t unit, const int32_t *floor)
{
	seeker->unit = unit;
	if (!seeker->deferred)
		seeker->first = unit;
	raise_to_worst(seeker);
	raise_least(seeker, __atomic_load_n(floor, __ATOMIC_RELAXED));
}

/* The checker does not know that the builtin writes. */
/* NOLINTNEXTLINE(readability-non-const-parameter) */
void seeker_end(const struct seeker *seeker, int32_t *floor)
{
	int32_t known = __atomic_load_n(floor, __ATOMIC_RELAXED);
	int32_t mine;

	if (!full(seeker))
		return;
	mine = seeker->ranking.rows[0].score.similarity;
	while (mine > known &&
	       !__atomic_compare_exchange_n(floor, &known, mine, true,
					    __ATOMIC_RELAXED,
					    __ATOMIC_RELAXED))
		;
}

/* Loops without branches write more than they count. */
static void note_used(uint32_t *used, uint32_t count, uint32_t more,
		      uint32_t most)
{
	count += more < most - count ? more : most - count;
	if (count > *used)
		*used = count;
}

/*
 * Keeps those of some candidates that are to be read at once; their number. The
 * bound is above 0 and comparisons are of squares: that saves the square roots.
 * What is rounded to 24 bits is off by 2^-24 of itself, and the bound is too low
 * by 2^-18.
 */
static uint32_t defer(struct seeker *seeker, const struct match_rows *rows,
		      uint32_t count)
{
	struct match_candidate *candidates = seeker->scratch->candidates;
	struct deferred *deferred = seeker->scratch->deferred;
	const struct match_probe *probe = seeker->match.probe;
	float bound2 = seeker->match.bound * seeker->match.bound;
	float middle = -120.5f * probe->sum;
	uint32_t waiting = seeker->deferred, now = 0, i;

	for (i = 0; i < count; i++) {
		struct match_candidate candidate = candidates[i];
		uint32_t facts = rows->facts[candidate.index];
		float norm2 = match_norm2(facts);
		float coarse = 16 * candidate.coarse;
		float estimate = coarse + middle;
		float limit = coarse + probe->base +
			      probe->slope * match_residual(facts);
		bool waits = estimate < 0 ||
			     estimate * estimate < bound2 * norm2;

		/* Without a branch: it would be mispredicted. */
		candidates[now] = candidate;
		now += !waits;
		deferred[waiting].row = rows->first + candidate.index;
		deferred[waiting].coarse = candidate.coarse;
		deferred[waiting].limit2 = limit * limit / norm2;
		waiting += waits;
	}
	seeker->deferred = waiting;
	note_used(&seeker->scratch->deferred_used, waiting, 1, DEFERRED_MAX);
	return now;
}

/* Settles those from @from on that lie in one block; where the next one is. */
static uint32_t settle_block(struct seeker *seeker, uint32_t from)
{
	const struct deferred *deferred = seeker->scratch->deferred;
	struct match_candidate *candidates = seeker->scratch->candidates;
	uint32_t block_rows = gallery_block_rows(seeker->view->dim);
	float bound2 = seeker->match.bound * seeker->match.bound;
	uint32_t first = deferred[from].row / block_rows * block_rows;
	uint32_t count = 0, next;
	struct match_rows rows;

	while (from < seeker->deferred && count < UNIT_MAX &&
	       deferred[from].row - first < block_rows) {
		candidates[count].index = deferred[from].row - first;
		candidates[count].coarse = deferred[from].coarse;
		count += !(deferred[from++].limit2 < bound2);
	}
	note_used(&seeker->scratch->candidates_used, count, 1, UNIT_MAX);
	rows = gallery_view_rows(seeker->view, first, &next);
	seeker->kernels->settle(&rows, candidates, count, &seeker->match);
	return from;
}

void seeker_settle(struct seeker *seeker)
{
	uint32_t at = 0;

	while (at < seeker->deferred)
		at = settle_block(seeker, at);
	seeker->deferred = 0;
	seeker->first = seeker->unit;
}

static void sieve(struct seeker *seeker, const struct match_rows *rows)
{
	struct scratch *scratch = seeker->scratch;
	uint32_t count, now, worth = SIEVE_WORTH;

	if (seeker->deferred > DEFERRED_MAX - 1 - rows->count)
		seeker_settle(seeker);
	count = seeker->kernels->sieve(rows, &seeker->match,
				       scratch->candidates);
	note_used(&scratch->candidates_used, count, MATCH_SPILL, UNIT_MAX);
	now = count;
	if (seeker->defers && full(seeker) && seeker->match.bound > 0) {
		now = defer(seeker, rows, count);
		worth = SIEVE_WORTH_DEFERRING;
	}
	seeker->kernels->settle(rows, scratch->candidates, now, &seeker->match);
	if (count < rows->count / worth) {
		seeker->rest_next = REST_FIRST;
		if (seeker->step < UNIT_MAX)
			seeker->step *= 2;
		return;
	}
	/*
	 * It is tried again on few rows, lest trying cost much. While rows wait,
	 * equals of the worst one cannot be passed over: with many equal rows,
	 * that costs more than to settle those that wait.
	 */
	seeker_settle(seeker);
	seeker->step = FIRST_ROWS;
	seeker->rest = seeker->rest_next;
	if (seeker->rest_next < REST_MAX)
		seeker->rest_next *= 2;
}

void scratch_wipe(struct scratch *scratch)
{
	limen_wipe(scratch->candidates,
		   scratch->candidates_used * sizeof(*scratch->candidates));
	limen_wipe(scratch->deferred,
		   scratch->deferred_used * sizeof(*scratch->deferred));
	scratch->candidates_used = 0;
	scratch->deferred_used = 0;
}

struct match_rows rows_part(const struct match_rows *rows, uint32_t dim,
			    uint32_t from, uint32_t count)
{
	struct match_rows result = *rows;

	result.coarse += (size_t)from * dim / 2;
	result.fine += (size_t)from * dim / 2;
	result.facts += from;
	if (result.absent)
		result.absent += from / 64;
	result.first += from;
	result.count = count;
	return result;
}

void seeker_search(struct seeker *seeker, const struct match_rows *rows)
{
	uint32_t dim = seeker->view->dim;
	uint32_t at, whole, some;
	struct match_rows part;

	for (at = 0; at < rows->count; at += some) {
		some = rows->count - at;
		whole = seeker->least <= -LIMEN_SIMILARITY_ONE ?
				FIRST_ROWS : seeker->rest;
		if (some > (whole ?: seeker->step))
			some = whole ?: seeker->step;
		part = rows_part(rows, dim, at, some);
		if (whole) {
			seeker->kernels->scan(&part, &seeker->match);
			seeker->rest -= seeker->rest ? some : 0;
			continue;
		}
		sieve(seeker, &part);
	}
}
