// SPDX-License-Identifier: MIT
#include <stdlib.h>

#include "ranking.h"

bool ranks_after(const struct limen_row *a, const struct limen_row *b)
{
	if (a->score.similarity != b->score.similarity)
		return a->score.similarity < b->score.similarity;
	return a->row > b->row;
}

static void sink(struct ranking *ranking, const struct limen_row *row)
{
	struct limen_row *rows = ranking->rows;
	uint32_t at = 0, child;

	for (; (child = 2 * at + 1) < ranking->count; at = child) {
		if (child + 1 < ranking->count &&
		    ranks_after(&rows[child + 1], &rows[child]))
			child++;
		if (!ranks_after(&rows[child], row))
			break;
		rows[at] = rows[child];
	}
	rows[at] = *row;
}

static void rise(struct ranking *ranking, const struct limen_row *row)
{
	struct limen_row *rows = ranking->rows;
	uint32_t at = ranking->count++, parent;

	for (; at; at = parent) {
		parent = (at - 1) / 2;
		if (!ranks_after(row, &rows[parent]))
			break;
		rows[at] = rows[parent];
	}
	rows[at] = *row;
}

void ranking_add(struct ranking *ranking, const struct limen_row *row)
{
	if (ranking->count < ranking->limit)
		rise(ranking, row);
	else if (ranks_after(&ranking->rows[0], row))
		sink(ranking, row);
}

static int in_order(const void *a, const void *b)
{
	return ranks_after(a, b) ? 1 : -1;
}

void ranking_sort(struct ranking *ranking)
{
	qsort(ranking->rows, ranking->count, sizeof(*ranking->rows), in_order);
}
