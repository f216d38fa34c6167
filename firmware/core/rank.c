// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The best rows of a scan, for boards whose engine is a program. */
#include "core.h"

/* No two rows are equal in rank. */
static bool ranks_after(const struct core_row *row, const struct core_row *other)
{
	if (row->similarity != other->similarity)
		return row->similarity < other->similarity;
	return row->row > other->row;
}

/* Puts a row where one is missing at @at, or further down. */
static void sink(struct core_ranking *ranking, u32 at,
		 const struct core_row *row)
{
	struct core_row *rows = ranking->rows;
	u32 child;

	for (child = 2 * at + 1; child < ranking->count; child = 2 * at + 1) {
		if (child + 1 < ranking->count &&
		    ranks_after(&rows[child + 1], &rows[child]))
			child++;
		if (!ranks_after(&rows[child], row))
			break;
		rows[at] = rows[child];
		at = child;
	}
	rows[at] = *row;
}

/* Puts a row where one is missing at @at, or further up. */
static void rise(struct core_ranking *ranking, u32 at,
		 const struct core_row *row)
{
	struct core_row *rows = ranking->rows;

	while (at && ranks_after(row, &rows[(at - 1) / 2])) {
		rows[at] = rows[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	rows[at] = *row;
}

/**
 * core_rank() - add a row
 * @ranking: the best rows so far
 * @row: row; if there is no room, the worst one goes
 */
void core_rank(struct core_ranking *ranking, const struct core_row *row)
{
	if (ranking->count < ranking->limit)
		rise(ranking, ranking->count++, row);
	else if (ranks_after(&ranking->rows[0], row))
		sink(ranking, 0, row);
}

/**
 * core_rank_sort() - put the rows in order
 * @ranking: the best rows; afterwards no heap, but the best first
 */
void core_rank_sort(struct core_ranking *ranking)
{
	struct core_row *rows = ranking->rows;
	u32 count = ranking->count;

	/* The worst row of the heap goes behind what is left of it. */
	while (ranking->count > 1) {
		struct core_row last = rows[--ranking->count];

		rows[ranking->count] = rows[0];
		sink(ranking, 0, &last);
	}
	ranking->count = count;
}

static u32 norm2(const s8 *vector, u32 dim)
{
	u32 i, sum = 0;

	for (i = 0; i < dim; i++)
		sum += (u32)(vector[i] * vector[i]);
	return sum;
}

/**
 * core_rank_rows() - score rows and keep the best
 * @work: probe, and the best rows so far
 * @sqe: a scan, checked
 * @rows: the first of the rows
 * @first: its number
 * @count: number of rows
 */
void core_rank_rows(struct core_work *work, const struct limen_hw_sqe *sqe,
		    const void *rows, u32 first, u32 count)
{
	s32 least = (s32)core_le32(sqe->scan.min_similarity);
	u32 stride = core_le32(sqe->scan.stride);
	u32 dim = core_le16(sqe->dim);
	u32 probe_norm2 = norm2(work->probe, dim);
	const s8 *from = rows;
	struct core_row row;
	u32 i;

	for (row.row = first; row.row - first < count; row.row++) {
		u32 row_norm2 = 0;

		row.raw = 0;
		for (i = 0; i < dim; i++) {
			row.raw += work->probe[i] * from[i];
			row_norm2 += (u32)(from[i] * from[i]);
		}
		row.similarity = limen_similarity(row.raw, probe_norm2,
						  row_norm2);
		if (row.similarity >= least)
			core_rank(&work->best, &row);
		from += stride;
	}
}
