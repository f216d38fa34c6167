// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ranking.h"

#define FIRST_ROOM 1024

bool ranks_after(const struct limen_row *a, const struct limen_row *b)
{
	if (a->score.similarity != b->score.similarity)
		return a->score.similarity < b->score.similarity;
	return a->row > b->row;
}

/* Puts a row where one is missing at @at, or further down. */
static void sink(struct ranking *ranking, size_t at,
		 const struct limen_row *row)
{
	struct limen_row *rows = ranking->rows;
	size_t child;

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
	size_t at = ranking->count++, parent;

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
		sink(ranking, 0, row);
}

/* In place: the worst row of the heap goes behind what is left of it. */
void ranking_sort(struct ranking *ranking)
{
	struct limen_row *rows = ranking->rows;
	uint32_t count = ranking->count;

	while (ranking->count > 1) {
		struct limen_row last = rows[--ranking->count];

		rows[ranking->count] = rows[0];
		sink(ranking, 0, &last);
	}
	ranking->count = count;
}

void row_list_sort(struct row_list *list)
{
	struct ranking ranking = { list->rows, list->count, list->count };
	size_t at;

	for (at = list->count / 2; at-- > 0;) {
		struct limen_row row = list->rows[at];

		sink(&ranking, at, &row);
	}
	ranking_sort(&ranking);
}

int row_list_add(struct row_list *list, const struct limen_row *rows,
		 size_t count)
{
	size_t room = list->room ?: FIRST_ROOM;
	struct limen_row *moved;

	while (room - list->count < count)
		room *= 2;
	if (room != list->room) {
		/* Not realloc(), which leaves what it has moved in memory. */
		moved = malloc(room * sizeof(*moved));
		if (!moved)
			return -ENOMEM;
		if (list->count)
			memcpy(moved, list->rows, list->count * sizeof(*moved));
		limen_rows_free(list->rows, list->count);
		list->rows = moved;
		list->room = room;
	}
	if (count)
		memcpy(list->rows + list->count, rows, count * sizeof(*rows));
	list->count += count;
	return 0;
}

void limen_rows_free(struct limen_row *rows, int64_t count)
{
	if (!rows)
		return;
	limen_wipe(rows, count * sizeof(*rows));
	free(rows);
}
