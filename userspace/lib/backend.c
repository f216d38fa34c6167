// SPDX-License-Identifier: MIT
/* Backends: what they share whatever computes. */
#include <errno.h>
#include <string.h>

#include "private.h"

const char *limen_backend_name(enum limen_backend_kind kind)
{
	switch (kind) {
	case LIMEN_BACKEND_CPU:
		return "cpu";
	case LIMEN_BACKEND_BOARD:
		return "board";
	}
	return "unknown";
}

int limen_backend_open(struct limen_backend **backend,
		       enum limen_backend_kind kind, const char *node)
{
	switch (kind) {
	case LIMEN_BACKEND_CPU:
		return node ? -EINVAL : cpu_open(backend);
	case LIMEN_BACKEND_BOARD:
		return board_open(backend, node);
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

int limen_compare(struct limen_backend *backend, struct limen_pair *pairs,
		  unsigned int count, int timeout_ms)
{
	unsigned int i;

	if (count > LIMEN_BATCH_MAX || timeout_ms < 0)
		return -EINVAL;
	for (i = 0; i < count; i++) {
		pairs[i].device_ns = 0;
		pairs[i].error = limen_comparable(pairs[i].probe,
						  pairs[i].reference);
		if (!pairs[i].error)
			pairs[i].error = -EINPROGRESS;
	}
	backend->ops->compare(backend, pairs, count, timeout_ms);
	wipe_stack();
	for (i = 0; i < count; i++)
		if (pairs[i].error)
			return pairs[i].error;
	return 0;
}

int limen_search(struct limen_backend *backend,
		 const struct limen_template *probe,
		 const struct limen_gallery *gallery, uint32_t top_k,
		 int32_t min_similarity, struct limen_row *rows, int timeout_ms)
{
	int count;

	if (!top_k || top_k > LIMEN_TOP_K_MAX || timeout_ms < 0)
		return -EINVAL;
	if (memcmp(probe->model, gallery->model, sizeof(probe->model)))
		return -EMEDIUMTYPE;
	if (probe->dim != gallery->dim)
		return -EDOM;
	if (!gallery->rows)
		return 0;
	count = backend->ops->search(backend, probe, gallery, top_k,
				     min_similarity, rows, timeout_ms);
	wipe_stack();
	return count;
}
