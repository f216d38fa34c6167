// SPDX-License-Identifier: MIT
/* Backends: what they share whatever computes. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "gallery.h"
#include "ranking.h"

int limen_backend_open(struct limen_backend **backend,
		       enum limen_backend_kind kind, const char *node)
{
	switch (kind) {
	case LIMEN_BACKEND_CPU:
		return cpu_open(backend, node);
	case LIMEN_BACKEND_BOARD:
		return board_open(backend, node);
	case LIMEN_BACKEND_OPENCL:
		return opencl_open(backend, node);
	}
	return -EINVAL;
}

void limen_backend_close(struct limen_backend *backend)
{
	if (backend)
		backend->ops->close(backend);
}

enum limen_backend_kind limen_backend_kind(const struct limen_backend *backend)
{
	return backend->kind;
}

const char *limen_backend_description(const struct limen_backend *backend)
{
	return backend->description;
}

const char *limen_backend_firmware(const struct limen_backend *backend)
{
	return backend->firmware;
}

const char *limen_backend_address(const struct limen_backend *backend)
{
	return backend->address;
}

int limen_backend_threads(struct limen_backend *backend, unsigned int threads)
{
	return backend->ops->threads ? backend->ops->threads(backend, threads) :
				       -EOPNOTSUPP;
}

/**
 * struct board_listing - boards on their way to whom they are listed for
 * @found: from limen_backends_list()
 * @context: likewise
 * @any: there has been one
 */
struct board_listing {
	backend_found_t found;
	void *context;
	bool any;
};

/* For limen_boards_enumerate(): only opening a board shows whether one can. */
static int list_board(const char *node, void *context)
{
	struct limen_backend_info info = { .kind = LIMEN_BACKEND_BOARD };
	struct board_listing *listing = context;
	struct limen_backend *board;
	int error = board_open(&board, node);

	listing->any = true;
	snprintf(info.node, sizeof(info.node), "%s", node);
	snprintf(info.description, sizeof(info.description), "%s",
		 error ? "board" : limen_backend_description(board));
	if (error)
		snprintf(info.reason, sizeof(info.reason), "%s",
			 limen_strerror(error));
	else
		limen_backend_close(board);
	return listing->found(&info, listing->context);
}

static int list_boards(backend_found_t found, void *context)
{
	struct board_listing listing = { found, context, false };
	struct limen_backend_info none = {
		.kind = LIMEN_BACKEND_BOARD,
		.description = "board",
		.reason = "there is none",
	};
	int result = limen_boards_enumerate(list_board, &listing);

	if (listing.any)
		return result;
	if (result)
		snprintf(none.reason, sizeof(none.reason), "%s",
			 limen_strerror(result));
	return found(&none, context);
}

int limen_backends_list(int (*found)(const struct limen_backend_info *info,
				     void *context),
			void *context)
{
	int result = cpu_list(found, context);

	if (!result)
		result = opencl_list(found, context);
	if (!result)
		result = list_boards(found, context);
	return result;
}

/* The pair at this place of the caller's, whose pairs may be larger than ours. */
static struct limen_pair *pair_at(struct limen_pair *pairs, unsigned int at)
{
	return (struct limen_pair *)((char *)pairs + (size_t)at * pairs->size);
}

static int check_sizes(struct limen_pair *pairs, unsigned int count)
{
	unsigned int i;

	if (count && sized_check(pairs->size, sizeof(*pairs)))
		return -EINVAL;
	for (i = 1; i < count; i++)
		if (pair_at(pairs, i)->size != pairs->size)
			return -EINVAL;
	return 0;
}

int limen_compare(struct limen_backend *backend, struct limen_pair *pairs,
		  unsigned int count, int timeout_ms)
{
	struct limen_pair *open[LIMEN_BATCH_MAX];
	unsigned int used = 0, i;
	int error = 0;

	if (count > LIMEN_BATCH_MAX || timeout_ms < 0 ||
	    check_sizes(pairs, count))
		return -EINVAL;
	for (i = 0; i < count; i++) {
		struct limen_pair *pair = pair_at(pairs, i);
		int differ = limen_comparable(pair->probe, pair->reference);

		/* Nothing of an earlier comparison stands for this one. */
		pair_fail(pair, differ ?: PAIR_OPEN);
		if (!differ)
			open[used++] = pair;
	}
	if (used)
		backend->ops->compare(backend, open, used, timeout_ms);
	wipe_stack();
	for (i = 0; i < used; i++)
		if (open[i]->error == PAIR_OPEN)
			pair_fail(open[i], -EIO);
	for (i = 0; i < count && !error; i++)
		error = pair_at(pairs, i)->error;
	return error;
}

static int fits(const struct limen_template *probe,
		const struct limen_gallery *gallery)
{
	if (memcmp(probe->model, limen_gallery_model(gallery),
		   sizeof(probe->model)))
		return -EMEDIUMTYPE;
	return probe->dim == limen_gallery_dim(gallery) ? 0 : -EDOM;
}

int limen_search_batch(struct limen_backend *backend,
		       const struct limen_template *const *probes,
		       unsigned int count, const struct limen_gallery *gallery,
		       uint32_t top_k, int32_t min_similarity,
		       struct limen_row *rows, uint32_t *counts, int timeout_ms)
{
	struct search_request request = {
		.probes = probes,
		.count = count,
		.top_k = top_k,
		.min_similarity = min_similarity,
		.rows = rows,
		.counts = counts,
		.deadline = deadline_in(timeout_ms),
	};
	struct gallery_view view;
	unsigned int i;
	int error = 0;

	if (!top_k || top_k > LIMEN_TOP_K_MAX || timeout_ms < 0)
		return -EINVAL;
	for (i = 0; i < count; i++) {
		counts[i] = 0;
		error = error ?: fits(probes[i], gallery);
	}
	if (error)
		return error;
	view = gallery_view_get(gallery);
	request.view = &view;
	if (count && view.rows)
		error = backend->ops->search(backend, &request);
	gallery_view_put(&view);
	wipe_stack_deep();
	/* No rows with an error. */
	if (error)
		memset(counts, 0, count * sizeof(*counts));
	return error;
}

int limen_search(struct limen_backend *backend,
		 const struct limen_template *probe,
		 const struct limen_gallery *gallery, uint32_t top_k,
		 int32_t min_similarity, struct limen_row *rows, int timeout_ms)
{
	uint32_t count;
	int error = limen_search_batch(backend, &probe, 1, gallery, top_k,
				       min_similarity, rows, &count,
				       timeout_ms);

	return error ?: (int)count;
}

int64_t limen_search_all(struct limen_backend *backend,
			 const struct limen_template *probe,
			 const struct limen_gallery *gallery,
			 int32_t min_similarity, struct limen_row **rows,
			 int timeout_ms)
{
	struct search_request request = {
		.probes = &probe,
		.count = 1,
		.min_similarity = min_similarity,
		.deadline = deadline_in(timeout_ms),
	};
	struct row_list list = {};
	struct gallery_view view;
	int error;

	if (timeout_ms < 0)
		return -EINVAL;
	error = fits(probe, gallery);
	if (error)
		return error;
	view = gallery_view_get(gallery);
	request.view = &view;
	if (view.rows)
		error = backend->ops->search_all(backend, &request, &list);
	gallery_view_put(&view);
	wipe_stack_deep();
	if (error) {
		limen_rows_free(list.rows, list.count);
		return error;
	}
	row_list_sort(&list);
	*rows = list.rows;
	return list.count;
}
