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

/*
 * Kernels are at their best with the largest units. Towards the end of a search
 * by several threads they shrink, so that all end together.
 */
#define UNIT_MIN 1024
#define UNITS_LEFT 4 /* for each thread */

/*
 * From this many probes on, scanning for all of them at once is faster: with
 * AVX-512 and 300,000 rows of 512 components, 3 in turn took 12 ms, 4 at once 20,
 * 8 at once 19.
 */
#define MANY 5
/* Rows that stay in the cache from one probe to the next. */
#define ROWS_IN_CACHE 2048

/**
 * struct hand - what one thread has
 * @seekers: one for each probe
 * @searches: their struct match_search
 * @rows: room for their rankings, unless it is the caller's own
 */
struct hand {
	struct seeker *seekers;
	struct match_search **searches;
	struct limen_row *rows;
};

/**
 * struct job - a search for probes that are searched for together
 * @cpu: what computes
 * @request: what is wanted
 * @probes: laid out
 * @floors: for each probe the highest similarity below which, as some thread
 *	knows, no row is for the result; atomic
 * @count: number of probes
 * @threads: number of threads
 * @all: every row is wanted, not the best ones
 * @next: first row that nobody has taken; atomic
 * @error: why all are to stop; atomic
 * @hands: one for each thread
 */
struct job {
	struct cpu *cpu;
	const struct search_request *request;
	struct match_probe *probes;
	int32_t *floors;
	unsigned int count;
	unsigned int threads;
	bool all;
	uint64_t next;
	int error;
	struct hand *hands;
};

/* The next unit; false when there are no rows left. */
static bool take_unit(struct job *job, struct match_rows *rows)
{
	const struct gallery_view *view = job->request->view;
	uint64_t first = __atomic_load_n(&job->next, __ATOMIC_RELAXED);
	uint32_t unit, next;

	do {
		if (first >= view->rows)
			return false;
		unit = UNIT_MAX;
		if (job->threads > 1)
			unit = (view->rows - first) /
			       (UNITS_LEFT * job->threads) / UNIT_MIN *
			       UNIT_MIN;
		if (unit < UNIT_MIN)
			unit = UNIT_MIN;
		/* A unit does not leave its block. */
		if (unit > UNIT_MAX - first % UNIT_MAX)
			unit = UNIT_MAX - first % UNIT_MAX;
	} while (!__atomic_compare_exchange_n(&job->next, &first, first + unit,
					      true, __ATOMIC_RELAXED,
					      __ATOMIC_RELAXED));
	*rows = gallery_view_rows(view, first, &next);
	if (rows->count > unit)
		rows->count = unit;
	return true;
}

/* Searches for one probe after another; rows read for one are soon read again. */
static void search_in_turn(struct job *job, struct hand *hand,
			   const struct match_rows *rows)
{
	uint32_t step = job->count > 1 ? ROWS_IN_CACHE : rows->count;
	uint32_t dim = job->request->view->dim;
	uint32_t at, some;
	unsigned int i;

	for (at = 0; at < rows->count; at += step) {
		struct match_rows part;

		some = rows->count - at < step ? rows->count - at : step;
		part = rows_part(rows, dim, at, some);
		for (i = 0; i < job->count; i++) {
			/* Noticed again after the unit. */
			if (now_ns() > job->request->deadline)
				return;
			seeker_search(&hand->seekers[i], &part);
		}
	}
}

static void search_unit(struct job *job, struct hand *hand,
			const struct match_rows *rows)
{
	const struct match_kernels *kernels = job->cpu->kernels;
	unsigned int i;

	for (i = 0; i < job->count; i++)
		seeker_begin(&hand->seekers[i], rows->first, &job->floors[i]);
	if (kernels->scan_many && job->count >= MANY)
		kernels->scan_many(rows, hand->searches, job->count);
	else
		search_in_turn(job, hand, rows);
	for (i = 0; i < job->count; i++)
		seeker_end(&hand->seekers[i], &job->floors[i]);
}

/* For pool_run(): takes units until there are none. */
static void take_units(void *context, unsigned int number)
{
	struct job *job = context;
	struct hand *hand = &job->hands[number];
	struct match_rows rows;
	int error = 0;

	while (!__atomic_load_n(&job->error, __ATOMIC_RELAXED) && !error &&
	       take_unit(job, &rows)) {
		if (rows.count)
			search_unit(job, hand, &rows);
		error = hand->seekers->error;
		if (!error && now_ns() > job->request->deadline)
			error = -ETIMEDOUT;
	}
	if (!error && hand->seekers->deferred) {
		seeker_begin(hand->seekers, hand->seekers->unit, job->floors);
		seeker_settle(hand->seekers);
	}
	if (error)
		__atomic_store_n(&job->error, error, __ATOMIC_RELAXED);
	scratch_wipe(&job->cpu->scratch[number]);
	wipe_stack_deep();
}

static void hand_release(struct hand *hand, const struct job *job)
{
	size_t most = (size_t)job->count * job->request->top_k;

	if (hand->rows)
		limen_wipe(hand->rows, most * sizeof(*hand->rows));
	if (hand->seekers) {
		limen_rows_free(hand->seekers->list.rows,
				hand->seekers->list.count);
		limen_wipe(hand->seekers, job->count * sizeof(*hand->seekers));
	}
	free(hand->rows);
	free(hand->searches);
	free(hand->seekers);
}

/* Rows are where the rankings go, top_k for each probe; NULL: own memory. */
static int hand_prepare(struct hand *hand, const struct job *job,
			struct scratch *scratch, struct limen_row *rows)
{
	uint32_t top_k = job->request->top_k;
	unsigned int i;

	hand->seekers = calloc(job->count, sizeof(*hand->seekers));
	hand->searches = calloc(job->count, sizeof(void *));
	if (!job->all && !rows)
		rows = hand->rows = calloc((size_t)job->count * top_k,
					   sizeof(*rows));
	if (!hand->seekers || !hand->searches || (!job->all && !rows))
		return -ENOMEM;
	for (i = 0; i < job->count; i++) {
		struct seeker *seeker = &hand->seekers[i];

		seeker->match.probe = &job->probes[i];
		seeker->kernels = job->cpu->kernels;
		seeker->view = job->request->view;
		seeker->scratch = scratch;
		if (!job->all) {
			seeker->ranking.rows = rows + (size_t)i * top_k;
			seeker->ranking.limit = top_k;
			seeker->defers = job->count == 1;
		}
		seeker_start(seeker, job->request->min_similarity, job->all);
		hand->searches[i] = &seeker->match;
	}
	return 0;
}

static int prepare(struct job *job, unsigned int first, struct limen_row *rows)
{
	const struct search_request *request = job->request;
	unsigned int i;
	int error = 0;

	job->floors = calloc(job->count, sizeof(*job->floors));
	job->probes = aligned_alloc(_Alignof(struct match_probe),
				    job->count * sizeof(*job->probes));
	job->hands = calloc(job->threads, sizeof(*job->hands));
	if (!job->floors || !job->probes || !job->hands)
		return -ENOMEM;
	for (i = 0; i < job->count; i++) {
		const struct limen_template *probe = request->probes[first + i];

		job->floors[i] = request->min_similarity;
		match_probe_set(&job->probes[i], probe->vector, probe->dim);
	}
	for (i = 0; i < job->threads && !error; i++)
		error = hand_prepare(&job->hands[i], job, &job->cpu->scratch[i],
				     i ? NULL : rows);
	return error;
}

static void release(struct job *job)
{
	unsigned int i;

	for (i = 0; job->hands && i < job->threads; i++)
		hand_release(&job->hands[i], job);
	if (job->probes)
		limen_wipe(job->probes, job->count * sizeof(*job->probes));
	free(job->hands);
	free(job->probes);
	free(job->floors);
}

/* The first thread's ranking for a probe takes in those of the others. */
static uint32_t join(const struct job *job, unsigned int probe)
{
	struct ranking *ranking = &job->hands[0].seekers[probe].ranking;
	unsigned int i;
	uint32_t j;

	for (i = 1; i < job->threads; i++) {
		struct ranking *other = &job->hands[i].seekers[probe].ranking;

		for (j = 0; j < other->count; j++)
			ranking_add(ranking, &other->rows[j]);
	}
	ranking_sort(ranking);
	return ranking->count;
}

static int collect(const struct job *job, unsigned int first,
		   struct row_list *list)
{
	unsigned int i;
	int error = 0;

	if (!job->all) {
		for (i = 0; i < job->count; i++)
			job->request->counts[first + i] = join(job, i);
		return 0;
	}
	for (i = 0; i < job->threads && !error; i++) {
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
		.cpu = cpu,
		.request = request,
		.count = count,
		.threads = cpu->threads,
		.all = list,
	};
	int error;

	/* To wake threads takes longer than a unit. */
	if (request->view->rows <= UNIT_MIN)
		job.threads = 1;
	error = prepare(&job, first, rows);
	if (!error && job.threads > 1)
		pool_run(cpu->pool, take_units, &job);
	else if (!error)
		take_units(&job, 0);
	error = error ?: job.error;
	if (!error)
		error = collect(&job, first, list);
	release(&job);
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
