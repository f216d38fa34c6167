// SPDX-License-Identifier: MIT
/* Searches by an OpenCL device; what belongs to a result is decided here. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "opencl.h"
#include "ranking.h"

/*
 * Rows of the first launch, which nothing is known of yet: at least, and for each
 * row of a result.
 */
#define FIRST_MIN 1024
#define FIRST_EACH 8
/* How long a launch should take, and by how much it may be longer than the last. */
#define LAUNCH_NS 20000000
#define GROWTH_LATER 128
#define GROWTH_AT_ONCE 8
/* Candidates read together with their number. */
#define LIST_FIRST 340

/**
 * struct contest - one probe's search
 * @search: what decides on a row
 * @ranking: the best rows; without room for search_all
 * @list: all rows; for search_all
 * @min_similarity: of the request
 * @error: of the list
 */
struct contest {
	struct match_search search;
	struct ranking ranking;
	struct row_list *list;
	int32_t min_similarity;
	int error;
};

/* Some rows of a piece. */
struct part {
	const struct opencl_piece *piece;
	cl_uint begin;
	cl_uint rows;
};

static const cl_uint list_room = OPENCL_ROOM;

static cl_int set_sieve(const struct opencl *opencl,
			const struct opencl_launch *launch,
			const struct part *part, cl_uint units)
{
	const cl_int shift = (cl_int)(part->piece->first - launch->base);
	const cl_uint later = launch->later;
	cl_kernel kernel = opencl->sieve;

	return clSetKernelArg(kernel, 0, sizeof(cl_mem), &part->piece->coarse) ?:
	       clSetKernelArg(kernel, 1, sizeof(cl_mem), &part->piece->fine) ?:
	       clSetKernelArg(kernel, 2, sizeof(cl_mem), &part->piece->facts) ?:
	       clSetKernelArg(kernel, 3, sizeof(cl_uint), &units) ?:
	       clSetKernelArg(kernel, 4, sizeof(cl_uint), &part->piece->first) ?:
	       clSetKernelArg(kernel, 5, sizeof(cl_uint), &part->begin) ?:
	       clSetKernelArg(kernel, 6, sizeof(cl_uint), &part->rows) ?:
	       clSetKernelArg(kernel, 7, sizeof(cl_mem), &opencl->probes) ?:
	       clSetKernelArg(kernel, 8, sizeof(cl_uint), &launch->probes) ?:
	       clSetKernelArg(kernel, 9, sizeof(cl_mem), &opencl->exchange) ?:
	       clSetKernelArg(kernel, 10, sizeof(cl_uint), &list_room) ?:
	       clSetKernelArg(kernel, 11, sizeof(cl_mem), &opencl->sums) ?:
	       clSetKernelArg(kernel, 12, sizeof(cl_int), &shift) ?:
	       clSetKernelArg(kernel, 13, sizeof(cl_uint), &later);
}

static cl_int set_settle(const struct opencl *opencl,
			 const struct opencl_launch *launch,
			 const struct part *part, cl_uint units)
{
	const cl_int shift = (cl_int)(part->piece->first - launch->base);
	cl_kernel kernel = opencl->settle;

	return clSetKernelArg(kernel, 0, sizeof(cl_mem), &part->piece->fine) ?:
	       clSetKernelArg(kernel, 1, sizeof(cl_mem), &part->piece->facts) ?:
	       clSetKernelArg(kernel, 2, sizeof(cl_uint), &units) ?:
	       clSetKernelArg(kernel, 3, sizeof(cl_uint), &part->piece->first) ?:
	       clSetKernelArg(kernel, 4, sizeof(cl_uint), &part->begin) ?:
	       clSetKernelArg(kernel, 5, sizeof(cl_uint), &part->rows) ?:
	       clSetKernelArg(kernel, 6, sizeof(cl_mem), &opencl->probes) ?:
	       clSetKernelArg(kernel, 7, sizeof(cl_mem), &opencl->exchange) ?:
	       clSetKernelArg(kernel, 8, sizeof(cl_uint), &list_room) ?:
	       clSetKernelArg(kernel, 9, sizeof(cl_mem), &opencl->sums) ?:
	       clSetKernelArg(kernel, 10, sizeof(cl_int), &shift);
}

static cl_int launch_part(struct opencl *opencl,
			  const struct opencl_launch *launch,
			  const struct part *part)
{
	const size_t lanes = opencl->lanes, each = lanes * opencl->each;
	const size_t items = (part->rows + each - 1) / each * lanes;
	const cl_uint units = opencl->rows.dim / MATCH_UNIT;
	cl_int status;

	status = launch->settle ? set_settle(opencl, launch, part, units) :
				  set_sieve(opencl, launch, part, units);
	return status ?: clEnqueueNDRangeKernel(opencl->queue,
						launch->settle ? opencl->settle :
								 opencl->sieve,
						1, NULL, &items, &lanes, 0,
						NULL, NULL);
}

static cl_int launch_parts(struct opencl *opencl,
			   const struct opencl_launch *launch)
{
	const struct opencl_rows *rows = &opencl->rows;
	const uint32_t at = launch->at, end = at + launch->count;
	cl_int status = CL_SUCCESS;
	uint32_t i;

	for (i = 0; i < rows->piece_count && !status; i++) {
		const struct opencl_piece *piece = &rows->pieces[i];
		struct part part = { .piece = piece };
		uint32_t to;

		part.begin = at > piece->first ? at - piece->first : 0;
		if (piece->first >= end || part.begin >= piece->count)
			continue;
		to = end - piece->first;
		part.rows = (to < piece->count ? to : piece->count) - part.begin;
		status = launch_part(opencl, launch, &part);
	}
	return status;
}

static cl_int read_list(struct opencl *opencl)
{
	struct opencl_exchange *host = opencl->host;
	size_t count = offsetof(struct opencl_exchange, count);
	size_t first = offsetof(struct opencl_exchange, list[LIST_FIRST]);
	uint32_t used;
	cl_int status;

	status = clEnqueueReadBuffer(opencl->queue, opencl->exchange, CL_TRUE,
				     count, first - count, &host->count, 0,
				     NULL, NULL);
	if (status || host->count <= LIST_FIRST || host->count > OPENCL_ROOM)
		return status;
	used = host->count - LIST_FIRST;
	return clEnqueueReadBuffer(opencl->queue, opencl->exchange, CL_TRUE,
				   first, used * sizeof(*host->list),
				   &host->list[LIST_FIRST], 0, NULL, NULL);
}

/* For opencl_forget(). */
static void note_use(struct opencl *opencl, const struct opencl_launch *launch)
{
	uint32_t used = opencl->host->count, later;

	if (used > OPENCL_ROOM)
		used = OPENCL_ROOM;
	if (opencl->most < used)
		opencl->most = used;
	later = launch->at - launch->base + launch->count;
	if (launch->later && opencl->later < later)
		opencl->later = later;
}

int opencl_launch(struct opencl *opencl, const struct opencl_launch *launch)
{
	struct opencl_exchange *host = opencl->host;
	cl_int status;
	uint32_t i;

	host->count = 0;
	status = clEnqueueWriteBuffer(opencl->queue, opencl->exchange, CL_FALSE,
				      0, offsetof(struct opencl_exchange, list),
				      host, 0, NULL, NULL) ?:
		 launch_parts(opencl, launch) ?:
		 read_list(opencl);
	if (status) {
		clFinish(opencl->queue);
		return opencl_error(status);
	}
	note_use(opencl, launch);
	for (i = 0; i < host->count && host->count <= OPENCL_ROOM; i++)
		if (host->list[i].row - launch->at >= launch->count ||
		    host->list[i].probe >= launch->probes)
			return -EIO;
	return 0;
}

/* The last block that does not start behind a row. */
static const struct match_rows *block_of(const struct opencl_rows *rows,
					 uint32_t row)
{
	uint32_t low = 0, high = rows->block_count;

	while (high - low > 1) {
		uint32_t middle = (low + high) / 2;

		if (rows->blocks[middle].first <= row)
			low = middle;
		else
			high = middle;
	}
	return &rows->blocks[low];
}

/*
 * Of equal rows the later one loses: if no row before the last one of a full
 * ranking is still to come, its equals are of no use. From is the first row that
 * may still come.
 */
static void raise_bound(struct contest *contest, uint32_t from)
{
	const struct match_probe *probe = contest->search.probe;
	const struct ranking *ranking = &contest->ranking;
	int32_t least = contest->min_similarity;

	if (ranking->limit && ranking->count == ranking->limit)
		least = ranking->rows[0].score.similarity +
			(ranking->rows[0].row < from);
	if (probe->norm2)
		contest->search.bound = match_bound(probe, least);
	else /* every similarity is 0 */
		contest->search.bound = least > 0 ? INFINITY : -INFINITY;
}

static void offer(struct match_search *search, uint32_t row,
		  struct limen_score score)
{
	struct contest *contest = (struct contest *)search;
	struct limen_row entry = { row, score };

	if (score.similarity < contest->min_similarity)
		return;
	if (!contest->list)
		ranking_add(&contest->ranking, &entry);
	else if (!contest->error)
		contest->error = row_list_add(contest->list, &entry, 1);
}

/* Decides on what came back from a launch; rows from @from on may still come. */
static int decide(const struct opencl *opencl, struct contest *contests,
		  unsigned int probes, uint32_t from)
{
	const struct opencl_exchange *host = opencl->host;
	unsigned int p;
	uint32_t i;

	for (i = 0; i < host->count; i++) {
		const struct opencl_candidate *found = &host->list[i];
		const struct match_rows *block = block_of(&opencl->rows,
							  found->row);
		uint32_t index = found->row - block->first;
		struct match_search *search;

		/* Copies hold zeros for blocks that were left out. */
		if (found->row < block->first || index >= block->count)
			continue;
		if (found->probe >= probes)
			return -EIO;
		search = &contests[found->probe].search;
		if (!opencl_possible(found->raw, search->probe->norm2,
				     match_norm2(block->facts[index])))
			return -EIO;
		match_offer(search, block, index, found->raw);
	}
	for (p = 0; p < probes; p++) {
		if (contests[p].error)
			return contests[p].error;
		raise_bound(&contests[p], from);
	}
	return 0;
}

/*
 * Searches rows, fewer at once if more are listed than there is room for; there
 * is for every row of @safe.
 */
static int search_rows(struct opencl *opencl, struct contest *contests,
		       const struct opencl_launch *whole)
{
	const uint32_t safe = OPENCL_ROOM / whole->probes;
	struct opencl_launch launch = *whole;
	uint32_t end = whole->at + whole->count, p;
	bool puts_off;
	int error = 0;

	while (launch.at < end && !error) {
		if (launch.count > end - launch.at)
			launch.count = end - launch.at;
		for (p = 0; p < launch.probes; p++)
			opencl->host->bounds[p] = contests[p].search.bound;
		error = opencl_launch(opencl, &launch);
		if (error)
			break;
		if (opencl->host->count > OPENCL_ROOM) {
			error = launch.count > safe ? 0 : -EIO;
			launch.count /= 2;
			if (launch.count < safe)
				launch.count = safe;
			continue;
		}
		launch.at += launch.count;
		/* What the sieve puts off is still to come. */
		puts_off = launch.later && !launch.settle;
		error = decide(opencl, contests, launch.probes,
			       puts_off ? whole->at : launch.at);
	}
	return error;
}

/* How many rows to search next after so many took so long. */
static uint64_t next_span(uint64_t span, int64_t took, bool later)
{
	int64_t times = LAUNCH_NS / took;
	int64_t most = later ? GROWTH_LATER : GROWTH_AT_ONCE;

	if (times > most)
		times = most;
	span = times ? span * times : span / 2;
	if (span < FIRST_MIN)
		span = FIRST_MIN;
	return span < OPENCL_LATER ? span : OPENCL_LATER;
}

/*
 * The first rows are all listed. Once there is a bound, a search for the best rows
 * of one probe first lists those that probably belong to the result, and looks at
 * the rest of many rows with the bound that follows from them.
 */
static int run(struct opencl *opencl, struct contest *contests,
	       unsigned int probes, uint32_t rows, int64_t deadline)
{
	const bool later = probes == 1 && !contests->list;
	struct opencl_launch launch = { .probes = probes };
	uint64_t span = FIRST_EACH * contests->ranking.limit;
	int error = 0;

	if (span < FIRST_MIN)
		span = FIRST_MIN;
	if (span > OPENCL_ROOM / probes)
		span = OPENCL_ROOM / probes;
	while (launch.at < rows && !error) {
		int64_t start = now_ns(), took;

		if (start > deadline)
			return -ETIMEDOUT;
		launch.count = rows - launch.at < span ? rows - launch.at : span;
		launch.base = launch.at;
		launch.later = later && launch.at;
		launch.settle = false;
		error = search_rows(opencl, contests, &launch);
		launch.settle = true;
		if (!error && launch.later)
			error = search_rows(opencl, contests, &launch);
		launch.at += launch.count;
		took = now_ns() - start + 1;
		span = next_span(span, took, later);
	}
	return error;
}

static int hold_blocks(struct opencl_rows *rows, const struct gallery_view *view)
{
	uint32_t most = view->rows / gallery_block_rows(view->dim) + 1;
	uint32_t at, next;

	rows->blocks = calloc(most, sizeof(*rows->blocks));
	if (!rows->blocks)
		return -ENOMEM;
	rows->dim = view->dim;
	rows->block_count = 0;
	for (at = 0; at < view->rows; at = next) {
		struct match_rows block = gallery_view_rows(view, at, &next);

		if (block.count)
			rows->blocks[rows->block_count++] = block;
	}
	return 0;
}

/* What the device keeps between searches is its own copy. */
static void drop_blocks(struct opencl *opencl)
{
	if (opencl->inside)
		opencl_rows_take(opencl);
	free(opencl->rows.blocks);
	opencl->rows.blocks = NULL;
	opencl->rows.block_count = 0;
}

static int search_some(struct opencl *opencl,
		       const struct search_request *request,
		       struct contest *contests, struct match_probe *probes)
{
	unsigned int count = request->count, i;
	int error;

	for (i = 0; i < count; i++) {
		match_probe_set(&probes[i], request->probes[i]->vector,
				request->view->dim);
		contests[i].search.probe = &probes[i];
		contests[i].search.offer = offer;
		contests[i].min_similarity = request->min_similarity;
		raise_bound(&contests[i], 0);
	}
	error = opencl_probes_give(opencl, probes, count);
	if (!error)
		error = run(opencl, contests, count, request->view->rows,
			    request->deadline);
	limen_wipe(probes, count * sizeof(*probes));
	return opencl_forget(opencl) ?: error;
}

static int search_many(struct opencl *opencl,
		       const struct search_request *request,
		       struct match_probe *probes)
{
	struct contest contests[OPENCL_PROBES_MAX];
	struct search_request part = *request;
	unsigned int at, i;
	int error = 0;

	for (at = 0; at < request->count && !error; at += part.count) {
		part.probes = request->probes + at;
		part.count = request->count - at;
		if (part.count > OPENCL_PROBES_MAX)
			part.count = OPENCL_PROBES_MAX;
		memset(contests, 0, part.count * sizeof(*contests));
		for (i = 0; i < part.count; i++) {
			contests[i].ranking.rows = request->rows +
				(size_t)(at + i) * request->top_k;
			contests[i].ranking.limit = request->top_k;
		}
		error = search_some(opencl, &part, contests, probes);
		for (i = 0; i < part.count && !error; i++) {
			ranking_sort(&contests[i].ranking);
			request->counts[at + i] = contests[i].ranking.count;
		}
	}
	return error;
}

/* Has the gallery where the device can read it. */
static int prepare(struct opencl *opencl, const struct gallery_view *view)
{
	int error = hold_blocks(&opencl->rows, view);

	if (!error && (!opencl->rows.piece_count ||
		       opencl->rows.content != view->content))
		error = opencl_rows_give(opencl, view->content);
	if (error)
		drop_blocks(opencl);
	return error;
}

static struct match_probe *probes_create(unsigned int count)
{
	if (count > OPENCL_PROBES_MAX)
		count = OPENCL_PROBES_MAX;
	return aligned_alloc(64, count * sizeof(struct match_probe));
}

int opencl_search(struct limen_backend *backend,
		  const struct search_request *request)
{
	struct opencl *opencl = (struct opencl *)backend;
	struct match_probe *probes = probes_create(request->count);
	int error = probes ? prepare(opencl, request->view) : -ENOMEM;

	if (!error) {
		error = search_many(opencl, request, probes);
		drop_blocks(opencl);
	}
	free(probes);
	return error;
}

int opencl_search_all(struct limen_backend *backend,
		      const struct search_request *request,
		      struct row_list *list)
{
	struct opencl *opencl = (struct opencl *)backend;
	struct match_probe *probes = probes_create(1);
	struct search_request one = *request;
	struct contest contest = { .list = list };
	int error = probes ? prepare(opencl, request->view) : -ENOMEM;

	if (!error) {
		one.count = 1;
		error = search_some(opencl, &one, &contest, probes);
		drop_blocks(opencl);
	}
	free(probes);
	return error;
}
