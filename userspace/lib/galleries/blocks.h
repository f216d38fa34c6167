/* SPDX-License-Identifier: MIT */
/* The memory of a gallery: blocks of rows, tables of blocks, mapped files. */
#ifndef LIMEN_BLOCKS_H
#define LIMEN_BLOCKS_H

#include <pthread.h>
#include <stdatomic.h>

#include "gallery.h"
#include "labels.h"

/**
 * struct gallery_map - a gallery's file, mapped, or a copy of it in memory
 * @refs: blocks in it, and whoever is about to make some
 * @data: the file
 * @size: its size
 * @copy: it is a copy, to be wiped
 */
struct gallery_map {
	atomic_uint refs;
	uint8_t *data;
	size_t size;
	bool copy;
};

/**
 * struct gallery_block - gallery_block_rows() rows, or room for them
 * @refs: tables that it is in
 * @dim: components of a row
 * @used: rows written so far, from the first on; the writer's
 * @huge: lies in huge pages, if the system has any for it
 * @coarse: see struct match_rows; page-aligned, as is @fine
 * @fine: likewise
 * @facts: likewise
 * @absent: a bit for each row, set if it has been removed; its bytes in both
 *	planes are then zeros
 * @any_absent: a bit of @absent is set
 * @memory: of @facts and @absent, and of the planes if @map is NULL
 * @size: of @memory
 * @map: the file that the planes lie in; they cannot be written then
 */
struct gallery_block {
	atomic_uint refs;
	uint32_t dim;
	uint32_t used;
	bool huge;
	uint8_t *coarse;
	uint8_t *fine;
	uint32_t *facts;
	uint64_t *absent;
	bool any_absent;
	void *memory;
	size_t size;
	struct gallery_map *map;
};

/**
 * struct gallery_table - blocks of a gallery
 * @refs: views of it, and the gallery if it is the present one
 * @count: number of blocks
 * @blocks: NULL for one that has no row
 */
struct gallery_table {
	atomic_uint refs;
	uint32_t count;
	struct gallery_block *blocks[];
};

/**
 * struct limen_gallery - templates of one model and dimension
 * @model: their model
 * @dim: components of a row
 * @saver: held by whoever saves it, so that what is saved last is what is in the file
 * @file: the file that is locked by limen_gallery_edit(), or -1; the saver's
 * @writer: held by whoever changes the gallery
 * @moment: held, for an instant, where the fields below are read or written
 * @table: its blocks
 * @rows: row numbers given out
 * @removed: how many of these rows have been removed
 * @content: changes with every change; unique in the process
 * @labels: of rows that are there; whoever reads or changes them holds @writer
 */
struct limen_gallery {
	uint8_t model[LIMEN_MODEL_ID_SIZE];
	uint32_t dim;
	pthread_mutex_t saver;
	int file;
	pthread_mutex_t writer;
	pthread_mutex_t moment;
	struct gallery_table *table;
	uint32_t rows;
	uint32_t removed;
	uint64_t content;
	struct gallery_labels labels;
};

/* Whether a row is there; under the writer's lock, or before anybody else has it. */
HIDDEN bool gallery_has_row(const struct limen_gallery *gallery, uint32_t row);

/*
 * Memory in no core dump, zeros at first, or NULL; as long as nothing is written to it, it
 * takes none. Not wiped by memory_free().
 */
HIDDEN void *memory_new(size_t size, bool huge);
HIDDEN void memory_free(void *memory, size_t size);

/* A file of this size, or NULL and errno. The caller has a reference. */
HIDDEN struct gallery_map *map_new(int fd, size_t size);
/* Likewise, of what is in memory now. */
HIDDEN struct gallery_map *map_copy(const void *data, size_t size);
HIDDEN void map_put(struct gallery_map *map);

/* An empty block, or NULL; of rows in the planes of a file if there is a map. */
HIDDEN struct gallery_block *block_new(uint32_t dim, bool huge,
				       struct gallery_map *map);
/* A copy of its rows in memory that can be written, or NULL. */
HIDDEN struct gallery_block *block_copy(const struct gallery_block *block,
					bool huge);
/* Wipes and frees it with the last reference; block may be NULL. */
HIDDEN void block_put(struct gallery_block *block);
/* Writes the row behind the last one. */
HIDDEN void block_append(struct gallery_block *block, const int8_t *vector);
/* Numbers rows up to used, and none of the new ones is present. */
HIDDEN void block_skip(struct gallery_block *block, uint32_t used);
/* Removes and wipes a row. */
HIDDEN void block_remove(struct gallery_block *block, uint32_t index);
/* How many of the first rows are present. */
HIDDEN uint32_t block_present(const struct gallery_block *block, uint32_t rows);

static inline bool block_has(const struct gallery_block *block, uint32_t index)
{
	return !(block->absent[index / 64] >> index % 64 & 1);
}

/* A table without blocks, or NULL. */
HIDDEN struct gallery_table *table_new(uint32_t count);
/* The same blocks but for one, or NULL; takes over the reference to it. */
HIDDEN struct gallery_table *table_with(const struct gallery_table *table,
					uint32_t at,
					struct gallery_block *block);
HIDDEN void table_put(struct gallery_table *table);

#endif /* LIMEN_BLOCKS_H */
