/* SPDX-License-Identifier: MIT */
/*
 * What searches see of a gallery.
 *
 * DOC: Blocks and views
 *
 * Rows lie in blocks of gallery_block_rows(). A published row never changes while
 * a view may read it: adding writes behind the last published row and then
 * publishes it; removing replaces the row's block by a copy without it, in a new
 * table of blocks. A search works on a view, the table and the number of rows of
 * one moment, and keeps what it sees alive; a block's memory is wiped and freed
 * with the last view of it.
 */
#ifndef LIMEN_GALLERY_H
#define LIMEN_GALLERY_H

#include <match.h>

#include "private.h"

/* Most bytes of the rows of a block: what a removal may have to copy. */
#define GALLERY_BLOCK_BYTES (8u << 20)

/*
 * Rows of a block: the largest power of two of them that fits. With 512
 * components, 16384, and either plane is two huge pages.
 */
static inline uint32_t gallery_block_rows(uint32_t dim)
{
	uint32_t rows = GALLERY_BLOCK_BYTES / LIMEN_DIM_MAX;

	while (rows * 2 * dim <= GALLERY_BLOCK_BYTES)
		rows *= 2;
	return rows;
}

struct gallery_table;

/**
 * struct gallery_view - a gallery at one moment
 * @table: its blocks, kept alive by this view
 * @dim: components of a row
 * @rows: row numbers given out until then, removed rows included
 * @content: unique in the process for what the gallery holds at that moment, so
 *	that a backend knows whether the copy it has is this one
 */
struct gallery_view {
	struct gallery_table *table;
	uint32_t dim;
	uint32_t rows;
	uint64_t content;
};

/* Never fails. Any thread; end each view with gallery_view_put(). */
HIDDEN struct gallery_view gallery_view_get(const struct limen_gallery *gallery);
HIDDEN void gallery_view_put(struct gallery_view *view);
/*
 * The rows from @first, a multiple of 64, to the end of its block or of the view,
 * whichever comes first; first < view->rows. @next is where to go on. Of a block
 * all of whose rows have been removed there may be none: the count is then 0.
 */
HIDDEN struct match_rows gallery_view_rows(const struct gallery_view *view,
					   uint32_t first, uint32_t *next);

#endif /* LIMEN_GALLERY_H */
