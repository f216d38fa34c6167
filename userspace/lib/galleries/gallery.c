// SPDX-License-Identifier: MIT
/*
 * Galleries in memory. Whoever changes one holds its writer lock; what has been
 * prepared is then made known under the moment lock, which is all that a search
 * ever waits for.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "blocks.h"

static uint64_t new_content(void)
{
	static atomic_ullong last;

	return 1 + atomic_fetch_add_explicit(&last, 1, memory_order_relaxed);
}

int limen_gallery_create(struct limen_gallery **gallery,
			 const uint8_t model[LIMEN_MODEL_ID_SIZE], uint32_t dim)
{
	struct limen_gallery *made;

	if (!limen_dim_valid(dim))
		return -EDOM;
	made = calloc(1, sizeof(*made));
	if (!made)
		return -ENOMEM;
	made->table = table_new(0);
	if (!made->table) {
		free(made);
		return -ENOMEM;
	}
	memcpy(made->model, model, sizeof(made->model));
	made->dim = dim;
	made->content = new_content();
	made->file = -1;
	pthread_mutex_init(&made->saver, NULL);
	pthread_mutex_init(&made->writer, NULL);
	pthread_mutex_init(&made->moment, NULL);
	*gallery = made;
	return 0;
}

void limen_gallery_close(struct limen_gallery *gallery)
{
	if (!gallery)
		return;
	table_put(gallery->table);
	labels_free(&gallery->labels);
	if (gallery->file >= 0)
		close(gallery->file);
	pthread_mutex_destroy(&gallery->saver);
	pthread_mutex_destroy(&gallery->writer);
	pthread_mutex_destroy(&gallery->moment);
	free(gallery);
}

/* To look at a gallery does not change what it holds, but its lock. */
static struct limen_gallery *lock_moment(const struct limen_gallery *gallery)
{
	struct limen_gallery *locked = (struct limen_gallery *)gallery;

	pthread_mutex_lock(&locked->moment);
	return locked;
}

static void unlock_moment(struct limen_gallery *gallery)
{
	pthread_mutex_unlock(&gallery->moment);
}

struct gallery_view gallery_view_get(const struct limen_gallery *gallery)
{
	struct limen_gallery *locked = lock_moment(gallery);
	struct gallery_view view = {
		.table = locked->table,
		.dim = locked->dim,
		.rows = locked->rows,
		.content = locked->content,
	};

	atomic_fetch_add_explicit(&view.table->refs, 1, memory_order_relaxed);
	unlock_moment(locked);
	return view;
}

void gallery_view_put(struct gallery_view *view)
{
	table_put(view->table);
	view->table = NULL;
}

struct match_rows gallery_view_rows(const struct gallery_view *view,
				    uint32_t first, uint32_t *next)
{
	uint32_t most = gallery_block_rows(view->dim);
	const struct gallery_block *block = view->table->blocks[first / most];
	uint32_t index = first % most;
	uint32_t left = view->rows - first;
	struct match_rows rows = { .first = first };

	rows.count = left < most - index ? left : most - index;
	*next = first + rows.count;
	if (!block) {
		rows.count = 0;
		return rows;
	}
	rows.coarse = block->coarse + (size_t)index * view->dim / 2;
	rows.fine = block->fine + (size_t)index * view->dim / 2;
	rows.facts = block->facts + index;
	if (block->any_absent)
		rows.absent = block->absent + index / 64;
	return rows;
}

/*
 * Puts a block into its place: one with the same rows, or with one of them
 * removed. Takes over the reference to it.
 */
static int set_block(struct limen_gallery *gallery, uint32_t at,
		     struct gallery_block *block, bool removal)
{
	struct gallery_table *before = gallery->table;
	struct gallery_table *after = table_with(before, at, block);

	if (!after) {
		block_put(block);
		return -ENOMEM;
	}
	lock_moment(gallery);
	gallery->table = after;
	if (removal) {
		gallery->removed++;
		gallery->content = new_content();
	}
	unlock_moment(gallery);
	table_put(before);
	return 0;
}

/*
 * Whether a block of so many rows belongs into huge pages. The first one of a
 * gallery begins in small ones, so that a few rows take kilobytes.
 */
static bool wants_huge(const struct limen_gallery *gallery, uint32_t at,
		       uint32_t used)
{
	return at || used >= gallery_block_rows(gallery->dim) / 8;
}

/*
 * The block that the next row belongs into. It moves when it has grown, and one
 * that lies in a file moves into memory.
 */
static int block_to_write(struct limen_gallery *gallery,
			  struct gallery_block **found)
{
	uint32_t most = gallery_block_rows(gallery->dim);
	uint32_t at = gallery->rows / most, index = gallery->rows % most;
	bool huge = wants_huge(gallery, at, index);
	struct gallery_block *block = NULL, *made;

	if (at < gallery->table->count)
		block = gallery->table->blocks[at];
	*found = block;
	if (block && !block->map && (block->huge || !huge))
		return 0;
	if (block)
		made = block_copy(block, huge);
	else
		made = block_new(gallery->dim, huge, NULL);
	if (!made)
		return -ENOMEM;
	block_skip(made, index);
	*found = made;
	return set_block(gallery, at, made, false);
}

static int64_t add(struct limen_gallery *gallery, const int8_t *vector)
{
	struct gallery_block *block;
	int error;

	if (gallery->rows == UINT32_MAX)
		return -ENOSPC;
	error = block_to_write(gallery, &block);
	if (error)
		return error;
	block_append(block, vector);
	lock_moment(gallery);
	gallery->content = new_content();
	gallery->rows++;
	unlock_moment(gallery);
	return gallery->rows - 1;
}

/* The label comes first, as it can be taken back. */
static int64_t add_labelled(struct limen_gallery *gallery, const int8_t *vector,
			    const char *label)
{
	uint32_t next = gallery->rows;
	int64_t row;
	int error = 0;

	if (label)
		error = labels_add(&gallery->labels, next, label, strlen(label));
	if (error)
		return error;
	row = add(gallery, vector);
	if (row < 0)
		labels_remove(&gallery->labels, next);
	return row;
}

int64_t limen_gallery_add_labelled(struct limen_gallery *gallery,
				   const struct limen_template *tmpl,
				   const char *label)
{
	int64_t row;

	if (label && !label_sound(label, strnlen(label, LIMEN_LABEL_SIZE)))
		return -EILSEQ;
	if (memcmp(tmpl->model, gallery->model, sizeof(tmpl->model)))
		return -EMEDIUMTYPE;
	if (tmpl->dim != gallery->dim)
		return -EDOM;
	pthread_mutex_lock(&gallery->writer);
	row = add_labelled(gallery, tmpl->vector, label);
	pthread_mutex_unlock(&gallery->writer);
	return row;
}

int64_t limen_gallery_add(struct limen_gallery *gallery,
			  const struct limen_template *tmpl)
{
	return limen_gallery_add_labelled(gallery, tmpl, NULL);
}

/* Where no view is, a row can go at once. */
static bool remove_in_place(struct limen_gallery *gallery,
			    struct gallery_block *block, uint32_t index)
{
	bool alone;

	lock_moment(gallery);
	alone = !block->map &&
		atomic_load_explicit(&gallery->table->refs,
				     memory_order_acquire) == 1 &&
		atomic_load_explicit(&block->refs, memory_order_acquire) == 1;
	if (alone) {
		block_remove(block, index);
		gallery->removed++;
		gallery->content = new_content();
	}
	unlock_moment(gallery);
	return alone;
}

static int remove_row(struct limen_gallery *gallery, uint32_t row)
{
	uint32_t most = gallery_block_rows(gallery->dim);
	uint32_t at = row / most, index = row % most;
	struct gallery_block *block, *copy;

	block = row < gallery->rows ? gallery->table->blocks[at] : NULL;
	if (!block || !block_has(block, index))
		return -ENOENT;
	if (block_present(block, block->used) == 1)
		return set_block(gallery, at, NULL, true);
	if (remove_in_place(gallery, block, index))
		return 0;
	copy = block_copy(block, wants_huge(gallery, at, block->used));
	if (!copy)
		return -ENOMEM;
	block_remove(copy, index);
	return set_block(gallery, at, copy, true);
}

int limen_gallery_remove(struct limen_gallery *gallery, uint32_t row)
{
	int error;

	pthread_mutex_lock(&gallery->writer);
	error = remove_row(gallery, row);
	if (!error)
		labels_remove(&gallery->labels, row);
	pthread_mutex_unlock(&gallery->writer);
	return error;
}

uint32_t limen_gallery_rows(const struct limen_gallery *gallery)
{
	struct limen_gallery *locked = lock_moment(gallery);
	uint32_t rows = locked->rows;

	unlock_moment(locked);
	return rows;
}

uint32_t limen_gallery_removed(const struct limen_gallery *gallery)
{
	struct limen_gallery *locked = lock_moment(gallery);
	uint32_t removed = locked->removed;

	unlock_moment(locked);
	return removed;
}

uint32_t limen_gallery_dim(const struct limen_gallery *gallery)
{
	return gallery->dim;
}

const uint8_t *limen_gallery_model(const struct limen_gallery *gallery)
{
	return gallery->model;
}

/* The first row of a block that is present, from one on; rows if there is none. */
static uint32_t first_present(const struct gallery_block *block, uint32_t index,
			      uint32_t rows)
{
	while (index < rows && !block_has(block, index))
		index++;
	return index;
}

int limen_gallery_next_row(const struct limen_gallery *gallery, uint32_t *row)
{
	struct gallery_view view = gallery_view_get(gallery);
	uint32_t most = gallery_block_rows(view.dim);
	int64_t from = *row, first;
	int error = -ENOENT;

	while (from < view.rows && error) {
		const struct gallery_block *block =
			view.table->blocks[from / most];
		uint32_t rows;

		first = from - from % most;
		rows = view.rows - first < most ? view.rows - first : most;
		from = first + (block ? first_present(block, from % most, rows) :
					rows);
		if (from < first + rows) {
			*row = from;
			error = 0;
		}
	}
	gallery_view_put(&view);
	return error;
}

int limen_gallery_row(const struct limen_gallery *gallery, uint32_t row,
		      struct limen_template *tmpl)
{
	struct gallery_view view = gallery_view_get(gallery);
	uint32_t most = gallery_block_rows(view.dim);
	uint32_t index = row % most;
	size_t at = (size_t)index * view.dim / 2;
	const struct gallery_block *block;
	int error = 0;

	block = row < view.rows ? view.table->blocks[row / most] : NULL;
	if (block && block_has(block, index)) {
		memset(tmpl, 0, sizeof(*tmpl));
		memcpy(tmpl->model, gallery->model, sizeof(tmpl->model));
		tmpl->dim = view.dim;
		match_join(block->coarse + at, block->fine + at, view.dim,
			   tmpl->vector);
	} else {
		error = -ENOENT;
	}
	gallery_view_put(&view);
	return error;
}

bool gallery_has_row(const struct limen_gallery *gallery, uint32_t row)
{
	uint32_t most = gallery_block_rows(gallery->dim);
	const struct gallery_block *block = row < gallery->rows ?
					    gallery->table->blocks[row / most] : NULL;

	return block && block_has(block, row % most);
}

/* To read labels does not change what a gallery holds, but its lock. */
int limen_gallery_label(const struct limen_gallery *gallery, uint32_t row,
			char label[LIMEN_LABEL_SIZE])
{
	struct limen_gallery *locked = (struct limen_gallery *)gallery;
	const struct gallery_label *found;
	int error;

	pthread_mutex_lock(&locked->writer);
	error = gallery_has_row(locked, row) ? 0 : -ENOENT;
	found = labels_find(&locked->labels, row);
	if (!error)
		memset(label, 0, LIMEN_LABEL_SIZE);
	if (!error && found)
		memcpy(label, locked->labels.text + found->at, found->length);
	pthread_mutex_unlock(&locked->writer);
	return error;
}
