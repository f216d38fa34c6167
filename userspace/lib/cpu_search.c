// SPDX-License-Identifier: MIT
/*
 * The CPU backend: searches.
 *
 * Threads take units of rows in turn and keep a ranking each. Any k rows of a
 * thread's ranking show that a row less similar than all of them is not for the
 * result, whichever thread meets it; so the worst similarity of each full ranking
 * is told to all. The rankings are put together at the end, and rank is a total
 * order: the result does not depend on who took which unit.
 */
#include <errno.h>
#include <stdlib.h>

#include "cpu.h"
#include "gallery.h"
#include "ranking.h"

/* Rows of a unit; a block of a gallery is a whole number of the largest. */
#define UNIT_MAX 8192
#define UNIT_MIN 1024
/* Units that there should be for each thread, so that all end together. */
#define UNITS_A_THREAD 8

/* From this many probes on, scanning for all of them at once is faster. */
#define MANY 4

/*
 * The sieve pays while less than one row in SIEVE_WORTH passes it: then whole
 * rows are read for some units, twice as many each time, before it is tried
 * again.
 */
#define SIEVE_WORTH 4
#define SIEVE_REST_MAX 32

/**
 * struct seeker - the search for one probe by one thread
 * @match: what kernels know of it
 * @ranking: the best rows that the thread has met
 * @list: instead of them all rows, for search_all
 * @least: rows less similar are not for the result
 * @first: first row of the unit at hand
 * @rest: units to be read whole before the sieve is tried again
 * @rest_next: what @rest will be set to
 * @error: a row found no room
 */
struct seeker {
	struct match_search match;
	struct ranking ranking;
	struct row_list list;
	int32_t least;
	uint32_t first;
	unsigned int rest;
	unsigned int rest_next;
	int error;
};

/**
 * struct hand - what one thread has
 * @seekers: one for each probe
 * @searches: their struct match_search
 * @rows: room for their rankings, unless it is the caller's own
 * @candidates: room for those of a unit
 */
struct hand {
	struct seeker *seekers;
	struct match_search **searches;
	struct limen_row *rows;
	struct match_candidate *candidates;
};

/**
 * struct job - a search for probes that are scanned for together
 * @kernels: what computes
 * @request: what is wanted
 * @probes: laid out
 * @floors: for each probe the highest similarity below which, as some thread
 *	knows, no row is for the result; atomic
 * @count: number of probes
 * @all: every row is wanted, not the best ones
 * @unit: rows of a unit
 * @next: row of the first unit that nobody has taken; atomic
 * @error: why all are to stop; atomic
 * @hands: one for each thread
 */
struct job {
	const struct match_kernels *kernels;
	const struct search_request *request;
	struct match_probe *probes;
	int32_t *floors;
	unsigned int count;
	bool all;
	uint32_t unit;
	uint64_t next;
	int error;
	struct hand *hands;
};

static void raise_least(struct seeker *seeker, int32_t least)
{
	if (least <= seeker->least)
		return;
	seeker->least = least;
	seeker->match.bound = match_bound(seeker->match.probe, least);
}

/* Of equal rows a later one loses, and units come in rising order. */
static int32_t least_wanted(const struct seeker *seeker)
{
	const struct limen_row *worst = &seeker->ranking.rows[0];

	return worst->score.similarity + (worst->row < seeker->first);
}

static bool full(const struct seeker *seeker)
{
	return seeker->ranking.limit &&
	       seeker->ranking.count == seeker->ranking.limit;
}

static void keep_best(struct match_search *match, uint32_t row,
		      struct limen_score score)
{
	struct seeker *seeker = (struct seeker *)match;
	struct limen_row found = { row, score };

	if (score.similarity < seeker->least)
		return;
	ranking_add(&seeker->ranking, &found);
	if (full(seeker))
		raise_least(seeker, least_wanted(seeker));
}

static void keep_all(struct match_search *match, uint32_t row,
		     struct limen_score score)
{
	struct seeker *seeker = (struct seeker *)match;
	struct limen_row found = { row, score };

	if (score.similarity >= seeker->least && !seeker->error)
		seeker->error = row_list_add(&seeker->list, &found, 1);
}

/* Takes over what others have learnt. */
static void begin_unit(const struct job *job, struct seeker *seekers,
		       uint32_t first)
{
	unsigned int i;

	for (i = 0; i < job->count; i++) {
		seekers[i].first = first;
		if (full(&seekers[i]))
			raise_least(&seekers[i], least_wanted(&seekers[i]));
		raise_least(&seekers[i], __atomic_load_n(&job->floors[i],
							 __ATOMIC_RELAXED));
	}
}

static void end_unit(struct job *job, const struct seeker *seekers)
{
	unsigned int i;

	for (i = 0; i < job->count; i++) {
		int32_t *floor = &job->floors[i];
		int32_t known = __atomic_load_n(floor, __ATOMIC_RELAXED);
		int32_t mine;

		if (!full(&seekers[i]))
			continue;
		mine = seekers[i].ranking.rows[0].score.similarity;
		while (mine > known &&
		       !__atomic_compare_exchange_n(floor, &known, mine, true,
						    __ATOMIC_RELAXED,
						    __ATOMIC_RELAXED))
			;
	}
}

static void sieve(const struct match_kernels *kernels,
		  const struct match_rows *rows, struct seeker *seeker,
		  struct match_candidate *candidates)
{
	uint32_t count = kernels->sieve(rows, &seeker->match, candidates);

	kernels->settle(rows, candidates, count, &seeker->match);
	if (count < rows->count / SIEVE_WORTH) {
		seeker->rest_next = 1;
		return;
	}
	seeker->rest = seeker->rest_next;
	if (seeker->rest_next < SIEVE_REST_MAX)
		seeker->rest_next *= 2;
}

/* Whether the bound is still that of a search that wants any row. */
static bool unbounded(const struct seeker *seeker)
{
	return seeker->least <= -LIMEN_SIMILARITY_ONE;
}

static void search_unit(struct job *job, struct hand *hand,
			const struct match_rows *rows)
{
	const struct match_kernels *kernels = job->kernels;
	struct seeker *seeker = hand->seekers;

	if (kernels->scan_many && job->count >= MANY) {
		kernels->scan_many(rows, hand->searches, job->count);
		return;
	}
	for (; seeker < hand->seekers + job->count; seeker++) {
		if (now_ns() > job->request->deadline)
			return; /* noticed before the next unit */
		if (!seeker->rest && !unbounded(seeker)) {
			sieve(kernels, rows, seeker, hand->candidates);
			continue;
		}
		kernels->scan(rows, &seeker->match);
		seeker->rest -= !!seeker->rest;
	}
}

/* For pool_run(): takes units until there are none. */
static void take_units(void *context, unsigned int number)
{
	struct job *job = context;
	struct hand *hand = &job->hands[number];
	const struct gallery_view *view = job->request->view;

	while (!__atomic_load_n(&job->error, __ATOMIC_RELAXED)) {
		uint64_t first = __atomic_fetch_add(&job->next, job->unit,
						    __ATOMIC_RELAXED);
		struct match_rows rows;
		uint32_t next;
		int error = 0;

		if (first >= view->rows)
			break;
		rows = gallery_view_rows(view, first, &next);
		if (rows.count > job->unit)
			rows.count = job->unit;
		if (rows.count) {
			begin_unit(job, hand->seekers, first);
			search_unit(job, hand, &rows);
			end_unit(job, hand->seekers);
			error = hand->seekers->error;
		}
		if (!error && now_ns() > job->request->deadline)
			error = -ETIMEDOUT;
		if (error)
			__atomic_store_n(&job->error, error, __ATOMIC_RELAXED);
	}
}

static void hand_release(struct hand *hand, const struct job *job)
{
	size_t most = (size_t)job->count * job->request->top_k;

	if (hand->rows)
		limen_wipe(hand->rows, most * sizeof(*hand->rows));
	if (hand->seekers)
		limen_rows_free(hand->seekers->list.rows,
				hand->seekers->list.count);
	free(hand->rows);
	free(hand->candidates);
	free(hand->searches);
	free(hand->seekers);
}

/* Rows are where the rankings go, top_k for each probe; NULL: own memory. */
static int hand_prepare(struct hand *hand, const struct job *job,
			struct limen_row *rows)
{
	uint32_t top_k = job->all ? 0 : job->request->top_k;
	unsigned int i;

	hand->seekers = calloc(job->count, sizeof(*hand->seekers));
	hand->searches = calloc(job->count, sizeof(*hand->searches));
	hand->candidates = calloc(job->unit, sizeof(*hand->candidates));
	if (top_k && !rows)
		rows = hand->rows = calloc((size_t)job->count * top_k,
					   sizeof(*rows));
	if (!hand->seekers || !hand->searches || !hand->candidates ||
	    (top_k && !rows))
		return -ENOMEM;
	for (i = 0; i < job->count; i++) {
		struct seeker *seeker = &hand->seekers[i];

		seeker->least = job->request->min_similarity;
		seeker->rest_next = 1;
		seeker->ranking.rows = rows + (size_t)i * top_k;
		seeker->ranking.limit = top_k;
		seeker->match.probe = &job->probes[i];
		seeker->match.bound = match_bound(&job->probes[i],
						  seeker->least);
		seeker->match.offer = job->all ? keep_all : keep_best;
		hand->searches[i] = &seeker->match;
	}
	return 0;
}

static uint32_t unit_rows(uint32_t rows, unsigned int threads)
{
	uint32_t unit = UNIT_MAX;

	while (unit > UNIT_MIN && rows / unit < UNITS_A_THREAD * threads)
		unit /= 2;
	return unit;
}

static int prepare(struct job *job, unsigned int first, unsigned int threads,
		   struct limen_row *rows)
{
	const struct search_request *request = job->request;
	unsigned int i;
	int error = 0;

	job->unit = unit_rows(request->view->rows, threads);
	job->floors = calloc(job->count, sizeof(*job->floors));
	job->probes = aligned_alloc(_Alignof(struct match_probe),
				    job->count * sizeof(*job->probes));
	job->hands = calloc(threads, sizeof(*job->hands));
	if (!job->floors || !job->probes || !job->hands)
		return -ENOMEM;
	for (i = 0; i < job->count; i++) {
		const struct limen_template *probe = request->probes[first + i];

		job->floors[i] = request->min_similarity;
		match_probe_set(&job->probes[i], probe->vector, probe->dim);
	}
	for (i = 0; i < threads && !error; i++)
		error = hand_prepare(&job->hands[i], job, i ? NULL : rows);
	return error;
}

static void release(struct job *job, unsigned int threads)
{
	unsigned int i;

	for (i = 0; job->hands && i < threads; i++)
		hand_release(&job->hands[i], job);
	if (job->probes)
		limen_wipe(job->probes, job->count * sizeof(*job->probes));
	free(job->hands);
	free(job->probes);
	free(job->floors);
}

/* The first thread's ranking for a probe takes in those of the others. */
static uint32_t join(const struct job *job, unsigned int probe,
		     unsigned int threads)
{
	struct ranking *ranking = &job->hands[0].seekers[probe].ranking;
	unsigned int i;
	uint32_t j;

	for (i = 1; i < threads; i++) {
		struct ranking *other = &job->hands[i].seekers[probe].ranking;

		for (j = 0; j < other->count; j++)
			ranking_add(ranking, &other->rows[j]);
	}
	ranking_sort(ranking);
	return ranking->count;
}

static int collect(const struct job *job, unsigned int first,
		   unsigned int threads, struct row_list *list)
{
	unsigned int i;
	int error = 0;

	if (!job->all) {
		for (i = 0; i < job->count; i++)
			job->request->counts[first + i] = join(job, i, threads);
		return 0;
	}
	for (i = 0; i < threads && !error; i++) {
		struct row_list *part = &job->hands[i].seekers->list;

		error = row_list_add(list, part->rows, part->count);
	}
	return error;
}

/* Searches for the probes from first on; a list: for all rows. */
static int search_group(struct cpu *cpu, const struct search_request *request,
			unsigned int first, unsigned int count,
			struct row_list *list)
{
	struct limen_row *rows = list ? NULL : request->rows +
					       (size_t)first * request->top_k;
	struct job job = {
		.kernels = cpu->kernels,
		.request = request,
		.count = count,
		.all = list,
	};
	unsigned int threads = cpu->threads;
	int error;

	/* Waking threads takes longer than a unit. */
	if (request->view->rows <= UNIT_MIN)
		threads = 1;
	error = prepare(&job, first, threads, rows);
	if (!error && threads > 1)
		pool_run(cpu->pool, take_units, &job);
	else if (!error)
		take_units(&job, 0);
	error = error ?: job.error;
	if (!error)
		error = collect(&job, first, threads, list);
	release(&job, threads);
	return error;
}

int cpu_search(struct limen_backend *backend,
	       const struct search_request *request)
{
	struct cpu *cpu = (struct cpu *)backend;
	unsigned int first, count;
	int error = 0;

	for (first = 0; first < request->count && !error; first += count) {
		count = request->count - first;
		if (count > MATCH_PROBES_MAX)
			count = MATCH_PROBES_MAX;
		error = search_group(cpu, request, first, count, NULL);
	}
	return error;
}

int cpu_search_all(struct limen_backend *backend,
		   const struct search_request *request, struct row_list *list)
{
	return search_group((struct cpu *)backend, request, 0, 1, list);
}
