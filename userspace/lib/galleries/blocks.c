// SPDX-License-Identifier: MIT
/* The memory of a gallery. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "blocks.h"

#define HUGE_PAGE (2u << 20)

/* Whoever lets go last sees what all others have done. */
static bool last_put(atomic_uint *refs)
{
	return atomic_fetch_sub_explicit(refs, 1, memory_order_acq_rel) == 1;
}

static void get(atomic_uint *refs)
{
	atomic_fetch_add_explicit(refs, 1, memory_order_relaxed);
}

struct gallery_map *map_new(int fd, size_t size)
{
	uint8_t *data = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	struct gallery_map *map;

	if (data == MAP_FAILED)
		return NULL;
	map = malloc(sizeof(*map));
	if (!map || madvise(data, size, MADV_DONTDUMP)) {
		munmap(data, size);
		free(map);
		return NULL;
	}
	/* Only some file systems have them, tmpfs being one. */
	madvise(data, size, MADV_HUGEPAGE);
	map->refs = 1;
	map->data = data;
	map->size = size;
	map->copy = false;
	return map;
}

void map_put(struct gallery_map *map)
{
	if (!map || !last_put(&map->refs))
		return;
	if (map->copy)
		limen_wipe(map->data, map->size);
	munmap(map->data, map->size);
	free(map);
}

void *memory_new(size_t size, bool huge)
{
	size_t slack = huge ? HUGE_PAGE : 0, before;
	uint8_t *mapped = mmap(NULL, size + slack, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint8_t *memory;

	if (mapped == MAP_FAILED)
		return NULL;
	if (madvise(mapped, size + slack, MADV_DONTDUMP)) {
		munmap(mapped, size + slack);
		return NULL;
	}
	if (!huge)
		return mapped;
	before = -(uintptr_t)mapped % HUGE_PAGE;
	memory = mapped + before;
	if (before)
		munmap(mapped, before);
	munmap(memory + size, slack - before);
	madvise(memory, size, MADV_HUGEPAGE);
	return memory;
}

void memory_free(void *memory, size_t size)
{
	munmap(memory, size);
}

static size_t page_round(size_t size)
{
	return (size + 4095) & -4096ul;
}

struct gallery_map *map_copy(const void *data, size_t size)
{
	struct gallery_map *map = malloc(sizeof(*map));

	if (!map)
		return NULL;
	map->data = memory_new(size, false);
	if (!map->data) {
		free(map);
		return NULL;
	}
	memcpy(map->data, data, size);
	map->refs = 1;
	map->size = size;
	map->copy = true;
	return map;
}

struct gallery_block *block_new(uint32_t dim, bool huge,
				struct gallery_map *map)
{
	struct gallery_block *block = calloc(1, sizeof(*block));
	size_t rows = gallery_block_rows(dim);
	size_t planes = map ? 0 : rows * dim;

	if (!block)
		return NULL;
	block->refs = 1;
	block->dim = dim;
	block->huge = huge;
	block->size = page_round(planes + rows * sizeof(*block->facts) +
				 rows / 8);
	block->memory = memory_new(block->size, huge);
	if (!block->memory) {
		free(block);
		return NULL;
	}
	block->facts = (uint32_t *)((uint8_t *)block->memory + planes);
	block->absent = (uint64_t *)(block->facts + rows);
	if (map) {
		get(&map->refs);
		block->map = map;
	} else {
		block->coarse = block->memory;
		block->fine = block->coarse + planes / 2;
	}
	return block;
}

struct gallery_block *block_copy(const struct gallery_block *block, bool huge)
{
	struct gallery_block *copy = block_new(block->dim, huge, NULL);
	size_t bytes = (size_t)block->used * block->dim / 2;

	if (!copy)
		return NULL;
	memcpy(copy->coarse, block->coarse, bytes);
	memcpy(copy->fine, block->fine, bytes);
	memcpy(copy->facts, block->facts, block->used * sizeof(*block->facts));
	if (block->any_absent)
		memcpy(copy->absent, block->absent,
		       gallery_block_rows(block->dim) / 8);
	copy->any_absent = block->any_absent;
	copy->used = block->used;
	return copy;
}

void block_put(struct gallery_block *block)
{
	size_t bytes;

	if (!block || !last_put(&block->refs))
		return;
	bytes = (size_t)block->used * block->dim / 2;
	if (!block->map) {
		limen_wipe(block->coarse, bytes);
		limen_wipe(block->fine, bytes);
	}
	limen_wipe(block->facts, block->used * sizeof(*block->facts));
	munmap(block->memory, block->size);
	map_put(block->map);
	free(block);
}

void block_append(struct gallery_block *block, const int8_t *vector)
{
	size_t at = (size_t)block->used * block->dim / 2;

	block->facts[block->used] = match_split(vector, block->dim,
						block->coarse + at,
						block->fine + at);
	block->used++;
}

static void set_absent(struct gallery_block *block, uint32_t index)
{
	block->absent[index / 64] |= 1ull << index % 64;
	block->any_absent = true;
}

void block_skip(struct gallery_block *block, uint32_t used)
{
	size_t at = (size_t)block->used * block->dim / 2;
	uint32_t facts, index;

	if (block->used == used)
		return;
	facts = match_facts(block->coarse + at, block->fine + at, block->dim);
	for (index = block->used; index < used; index++) {
		block->facts[index] = facts;
		set_absent(block, index);
	}
	block->used = used;
}

void block_remove(struct gallery_block *block, uint32_t index)
{
	size_t bytes = block->dim / 2, at = index * bytes;

	limen_wipe(block->coarse + at, bytes);
	limen_wipe(block->fine + at, bytes);
	block->facts[index] = match_facts(block->coarse + at, block->fine + at,
					  block->dim);
	set_absent(block, index);
}

uint32_t block_present(const struct gallery_block *block, uint32_t rows)
{
	uint32_t present = rows, i;

	for (i = 0; i < rows / 64; i++)
		present -= __builtin_popcountll(block->absent[i]);
	if (rows % 64)
		present -= __builtin_popcountll(block->absent[i] <<
						(64 - rows % 64));
	return present;
}

struct gallery_table *table_new(uint32_t count)
{
	struct gallery_table *table;

	table = calloc(1, offsetof(struct gallery_table, blocks[count]));
	if (!table)
		return NULL;
	table->refs = 1;
	table->count = count;
	return table;
}

struct gallery_table *table_with(const struct gallery_table *table,
				 uint32_t at, struct gallery_block *block)
{
	uint32_t count = at < table->count ? table->count : at + 1;
	struct gallery_table *changed = table_new(count);
	uint32_t i;

	if (!changed)
		return NULL;
	for (i = 0; i < table->count; i++) {
		if (i == at || !table->blocks[i])
			continue;
		changed->blocks[i] = table->blocks[i];
		get(&changed->blocks[i]->refs);
	}
	changed->blocks[at] = block;
	return changed;
}

void table_put(struct gallery_table *table)
{
	uint32_t i;

	if (!last_put(&table->refs))
		return;
	for (i = 0; i < table->count; i++)
		block_put(table->blocks[i]);
	free(table);
}
