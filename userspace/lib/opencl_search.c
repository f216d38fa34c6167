// SPDX-License-Identifier: MIT
/* Searches by an OpenCL device; what belongs to a result is decided here. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "opencl.h"
#include "ranking.h"

/* Rows of the first launch, which nothing is known of yet. */
#define ROWS_FIRST 1024
/* By how much launches grow, and how long one may take to be outgrown. */
#define GROWTH 8
#define LONG_NS 10000000
/* Candidates read together with their number. */
#define LIST_FIRST 340

/**
 * struct contest - one probe's search
 * @search: what decides on a row
 * @ranking: the best rows; not for search_all
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

static cl_int launch_piece(struct opencl *opencl, cl_uint probes,
			   const struct opencl_piece *piece, cl_uint begin,
			   cl_uint rows)
{
	const size_t each = opencl->lanes * opencl->steps * 4;
	size_t items = (rows + each - 1) / each * opencl->lanes;
	const cl_uint units = opencl->rows.dim / MATCH_UNIT, room = OPENCL_ROOM;
	const size_t lanes = opencl->lanes;
	cl_kernel kernel = opencl->search;

	return clSetKernelArg(kernel, 0, sizeof(cl_mem), &piece->coarse) ?:
	       clSetKernelArg(kernel, 1, sizeof(cl_mem), &piece->fine) ?:
	       clSetKernelArg(kernel, 2, sizeof(cl_mem), &piece->facts) ?:
	       clSetKernelArg(kernel, 3, sizeof(units), &units) ?:
	       clSetKernelArg(kernel, 4, sizeof(cl_uint), &piece->first) ?:
	       clSetKernelArg(kernel, 5, sizeof(begin), &begin) ?:
	       clSetKernelArg(kernel, 6, sizeof(rows), &rows) ?:
	       clSetKernelArg(kernel, 7, sizeof(cl_mem), &opencl->probes) ?:
	       clSetKernelArg(kernel, 8, sizeof(probes), &probes) ?:
	       clSetKernelArg(kernel, 9, sizeof(cl_mem), &opencl->exchange) ?:
	       clSetKernelArg(kernel, 10, sizeof(room), &room) ?:
	       clEnqueueNDRangeKernel(opencl->queue, kernel, 1, NULL, &items,
				      &lanes, 0, NULL, NULL);
}

static cl_int launch_pieces(struct opencl *opencl, cl_uint probes, uint32_t at,
			    uint32_t end)
{
	const struct opencl_rows *rows = &opencl->rows;
	cl_int status = CL_SUCCESS;
	uint32_t i;

	for (i = 0; i < rows->piece_count && !status; i++) {
		const struct opencl_piece *piece = &rows->pieces[i];
		uint32_t from = at > piece->first ? at - piece->first : 0;
		uint32_t to;

		if (piece->first >= end || from >= piece->count)
			continue;
		to = end - piece->first;
		if (to > piece->count)
			to = piece->count;
		status = launch_piece(opencl, probes, piece, from, to - from);
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

int opencl_launch(struct opencl *opencl, unsigned int probes, uint32_t at,
		  uint32_t count)
{
	struct opencl_exchange *host = opencl->host;
	cl_int status;
	uint32_t i;

	host->count = 0;
	status = clEnqueueWriteBuffer(opencl->queue, opencl->exchange, CL_FALSE,
				      0, offsetof(struct opencl_exchange, list),
				      host, 0, NULL, NULL) ?:
		 launch_pieces(opencl, probes, at, at + count) ?:
		 read_list(opencl);
	if (status) {
		clFinish(opencl->queue);
		return opencl_error(status);
	}
	for (i = 0; i < host->count && host->count <= OPENCL_ROOM; i++)
		if (host->list[i].row - at >= count ||
		    host->list[i].probe >= probes)
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
 * Rows come in the order of their numbers, so one with the similarity of the last
 * of a full ranking comes too late for it.
 */
static void raise_bound(struct contest *contest)
{
	const struct match_probe *probe = contest->search.probe;
	const struct ranking *ranking = &contest->ranking;
	int32_t least = contest->min_similarity;

	if (!contest->list && ranking->count == ranking->limit)
		least = ranking->rows[0].score.similarity + 1;
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

/* Decides on what came back from a launch. */
static int settle(const struct opencl *opencl, struct contest *contests,
		  unsigned int probes)
{
	const struct opencl_exchange *host = opencl->host;
	unsigned int p;
	uint32_t i;

	for (i = 0; i < host->count; i++) {
		const struct opencl_candidate *found = &host->list[i];
		const struct match_rows *block = block_of(&opencl->rows,
							  found->row);
		uint32_t index = found->row - block->first;

		/* Copies hold zeros for blocks that were left out. */
		if (found->row >= block->first && index < block->count)
			match_offer(&contests[found->probe].search, block,
				    index, found->raw);
	}
	for (p = 0; p < probes; p++) {
		if (contests[p].error)
			return contests[p].error;
		raise_bound(&contests[p]);
	}
	return 0;
}

/*
 * The list has room for every row of @safe rows. More are searched at once while
 * it proves long enough for those that are left.
 */
static int run(struct opencl *opencl, struct contest *contests,
	       unsigned int probes, uint32_t rows, uint32_t span,
	       int64_t deadline)
{
	const uint32_t safe = OPENCL_ROOM / probes;
	uint32_t at = 0, p;
	int error = 0;

	if (span > safe)
		span = safe;
	while (at < rows && !error) {
		uint32_t count = rows - at < span ? rows - at : span;
		int64_t start = now_ns();

		if (start > deadline)
			return -ETIMEDOUT;
		for (p = 0; p < probes; p++)
			opencl->host->bounds[p] = contests[p].search.bound;
		error = opencl_launch(opencl, probes, at, count);
		if (error)
			break;
		if (opencl->host->count > OPENCL_ROOM) {
			error = count > safe ? 0 : -EIO;
			span = count / 2 > safe ? count / 2 : safe;
			continue;
		}
		at += count;
		error = settle(opencl, contests, probes);
		if (now_ns() - start < LONG_NS && span <= UINT32_MAX / GROWTH)
			span *= GROWTH;
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
		       struct contest *contests, struct match_probe *probes,
		       unsigned int count, uint32_t span)
{
	unsigned int i;
	int error;

	for (i = 0; i < count; i++) {
		match_probe_set(&probes[i], request->probes[i]->vector,
				request->view->dim);
		contests[i].search.probe = &probes[i];
		contests[i].search.offer = offer;
		contests[i].min_similarity = request->min_similarity;
		raise_bound(&contests[i]);
	}
	error = opencl_probes_give(opencl, probes, count);
	if (!error)
		error = run(opencl, contests, count, request->view->rows, span,
			    request->deadline);
	limen_wipe(probes, count * sizeof(*probes));
	return opencl_probes_wipe(opencl, count) ?: error;
}

static int search_many(struct opencl *opencl,
		       const struct search_request *request,
		       struct match_probe *probes)
{
	struct contest contests[OPENCL_PROBES_MAX];
	struct search_request part = *request;
	unsigned int at, i;
	uint32_t span;
	int error = 0;

	span = request->top_k > ROWS_FIRST ? request->top_k : ROWS_FIRST;
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
		error = search_some(opencl, &part, contests, probes, part.count,
				    span);
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

	if (!error && opencl->rows.content != view->content)
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
	struct contest contest = { .list = list };
	int error = probes ? prepare(opencl, request->view) : -ENOMEM;

	if (!error) {
		error = search_some(opencl, request, &contest, probes, 1,
				    OPENCL_ROOM);
		drop_blocks(opencl);
	}
	free(probes);
	return error;
}
