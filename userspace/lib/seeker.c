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

/* Rows that are read whole to have a bound. */
#define FIRST_ROWS 1024

/*
 * The sieve pays while fewer than one row in SIEVE_WORTH pass it. When more do,
 * rows are read whole until it is tried again, each time twice as many.
 */
#define SIEVE_WORTH 4
#define REST_FIRST UNIT_MAX
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

/*
 * Whether value / |row| is below the bound, which is above 0. Compared squared:
 * multiplications take a fraction of the time. They round to 53 bits, and the
 * bound is too low by 2^-18 of itself.
 */
static inline bool below(double value, uint32_t facts, double bound2)
{
	return value < 0 || value * value < bound2 * match_norm2(facts);
}

/* Loops without branches write one more than they count. */
static void note_used(uint32_t *used, uint32_t count)
{
	if (count > *used)
		*used = count;
}

/* Keeps those of some candidates that are to be read at once; their number. */
static uint32_t defer(struct seeker *seeker, const struct match_rows *rows,
		      uint32_t count)
{
	struct match_candidate *candidates = seeker->scratch->candidates;
	struct match_candidate *deferred = seeker->scratch->deferred;
	double bound2 = (double)seeker->match.bound * seeker->match.bound;
	double middle = -120.5 * seeker->match.probe->sum;
	uint32_t waiting = seeker->deferred, now = 0, i;

	for (i = 0; i < count; i++) {
		struct match_candidate candidate = candidates[i];
		bool waits = below(16.0 * candidate.coarse + middle,
				   rows->facts[candidate.index], bound2);

		/* Without a branch: it would be mispredicted. */
		candidates[now] = candidate;
		now += !waits;
		deferred[waiting].index = rows->first + candidate.index;
		deferred[waiting].coarse = candidate.coarse;
		waiting += waits;
	}
	seeker->deferred = waiting;
	note_used(&seeker->scratch->deferred_used, waiting + 1);
	return now;
}

/* Settles those from @from on that lie in one block; where the next one is. */
static uint32_t settle_block(struct seeker *seeker, uint32_t from)
{
	const struct match_candidate *deferred = seeker->scratch->deferred;
	struct match_candidate *candidates = seeker->scratch->candidates;
	uint32_t block_rows = gallery_block_rows(seeker->view->dim);
	double bound2 = (double)seeker->match.bound * seeker->match.bound;
	const struct match_probe *probe = seeker->match.probe;
	uint32_t block = deferred[from].index / block_rows;
	uint32_t count = 0, next;
	struct match_rows rows;

	rows = gallery_view_rows(seeker->view, block * block_rows, &next);
	while (from < seeker->deferred && count < UNIT_MAX &&
	       deferred[from].index / block_rows == block) {
		struct match_candidate candidate = deferred[from++];
		uint32_t facts;

		candidate.index -= rows.first;
		facts = rows.facts[candidate.index];
		candidates[count] = candidate;
		count += !below(16.0 * candidate.coarse + probe->base +
				probe->slope * match_residual(facts), facts,
				bound2);
	}
	note_used(&seeker->scratch->candidates_used,
		  count + (count < UNIT_MAX));
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
	uint32_t count, now;

	if (seeker->deferred > DEFERRED_MAX - 1 - rows->count)
		seeker_settle(seeker);
	count = seeker->kernels->sieve(rows, &seeker->match,
				       scratch->candidates);
	note_used(&scratch->candidates_used, count + (count < UNIT_MAX));
	now = count;
	if (seeker->defers && full(seeker) && seeker->match.bound > 0)
		now = defer(seeker, rows, count);
	seeker->kernels->settle(rows, scratch->candidates, now, &seeker->match);
	if (count < rows->count / SIEVE_WORTH) {
		seeker->rest_next = REST_FIRST;
		return;
	}
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
	result.absent += result.absent ? from / 64 : 0;
	result.first += from;
	result.count = count;
	return result;
}

void seeker_search(struct seeker *seeker, const struct match_rows *rows)
{
	bool any = seeker->least <= -LIMEN_SIMILARITY_ONE;
	uint32_t whole = any ? FIRST_ROWS : seeker->rest;
	struct match_rows some;

	if (whole > rows->count)
		whole = rows->count;
	seeker->rest -= any ? 0 : whole;
	if (whole) {
		some = rows_part(rows, seeker->view->dim, 0, whole);
		seeker->kernels->scan(&some, &seeker->match);
	}
	if (whole < rows->count) {
		some = rows_part(rows, seeker->view->dim, whole,
				 rows->count - whole);
		sieve(seeker, &some);
	}
}
