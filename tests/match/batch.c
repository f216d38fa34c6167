// SPDX-License-Identifier: MIT
/* Vectors to search, in memory that ends where they end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "batch.h"

uint32_t roll(struct dice *dice)
{
	uint64_t mixed = dice->state += 0x9e3779b97f4a7c15;

	mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
	mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
	return mixed >> 32;
}

uint32_t roll_below(struct dice *dice, uint32_t sides)
{
	return (uint64_t)roll(dice) * sides >> 32;
}

static size_t guarded_size(size_t size)
{
	size_t page = sysconf(_SC_PAGESIZE);

	return (size + page) / page * page;
}

void *guarded_alloc(size_t size, size_t align)
{
	size_t page = sysconf(_SC_PAGESIZE), room = guarded_size(size);
	uint8_t *map = mmap(NULL, room + page, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (map == MAP_FAILED || mprotect(map + room, page, PROT_NONE)) {
		perror("guarded memory");
		exit(1);
	}
	memset(map, 0xa5, room);
	return map + (room - size) / align * align;
}

void guarded_free(void *data, size_t size)
{
	size_t page = sysconf(_SC_PAGESIZE), room = guarded_size(size);
	uintptr_t end = ((uintptr_t)data + size + page - 1) / page * page;

	if (data)
		munmap((void *)(end - room), room + page);
}

static void fill(int8_t *vector, uint32_t dim, int8_t value)
{
	memset(vector, value, dim);
}

static void roll_any(struct dice *dice, int8_t *vector, uint32_t dim)
{
	while (dim--)
		*vector++ = roll(dice);
}

static void roll_small(struct dice *dice, int8_t *vector, uint32_t dim)
{
	while (dim--)
		*vector++ = (int)roll_below(dice, 7) - 3;
}

/* Each component one of the two. */
static void roll_either(struct dice *dice, int8_t *vector, uint32_t dim,
			int8_t one, int8_t other)
{
	while (dim--)
		*vector++ = roll(dice) & 1 ? one : other;
}

static void roll_spike(struct dice *dice, int8_t *vector, uint32_t dim)
{
	fill(vector, dim, 0);
	vector[roll_below(dice, dim)] = roll(dice) | 1;
}

/* Makes three components of four zero. */
static void roll_holes(struct dice *dice, int8_t *vector, uint32_t dim)
{
	for (; dim--; vector++)
		if (roll_below(dice, 4))
			*vector = 0;
}

/* One of the vectors that probes and rows have in common, kind 0 to 5. */
static void roll_extreme(struct dice *dice, int8_t *vector, uint32_t dim,
			 uint32_t kind)
{
	switch (kind) {
	case 0:
		return fill(vector, dim, -128);
	case 1:
		return fill(vector, dim, 127);
	case 2:
		return fill(vector, dim, 0);
	case 3:
		return roll_small(dice, vector, dim);
	case 4:
		return roll_spike(dice, vector, dim);
	default:
		return roll_either(dice, vector, dim, -128, 127);
	}
}

void roll_probe(struct dice *dice, int8_t *vector, uint32_t dim)
{
	int8_t size = 1 + roll_below(dice, 127);
	uint32_t kind = roll_below(dice, 12);

	if (kind < 6)
		return roll_extreme(dice, vector, dim, kind);
	switch (kind) {
	case 6:
		return roll_either(dice, vector, dim, -size, size);
	case 7:
		roll_either(dice, vector, dim, -size, size);
		return roll_holes(dice, vector, dim);
	default:
		return roll_any(dice, vector, dim);
	}
}

/* The probe with some components changed; with sign, turned round as well. */
static void roll_near(struct dice *dice, int8_t *vector, uint32_t dim,
		      const int8_t *probe, int sign)
{
	uint32_t changes = roll_below(dice, 8), i;

	for (i = 0; i < dim; i++)
		vector[i] = sign < 0 ? ~probe[i] : probe[i];
	while (changes--)
		vector[roll_below(dice, dim)] += (int)roll_below(dice, 5) - 2;
}

/*
 * Fine halves along the probe, or against it: as far as they go, or as short as
 * they may be in that direction. Of such a row, the raw score is close to the most
 * that its coarse half lets one expect.
 */
static void roll_aligned(struct dice *dice, int8_t *vector, uint32_t dim,
			 const int8_t *probe, int sign)
{
	int strength = sign * (1 << roll_below(dice, 12));
	uint32_t i;

	for (i = 0; i < dim; i++) {
		uint8_t coarse = roll_below(dice, 16);
		/* Less 7.5, about probe * strength / 128. */
		int fine = 8 + (probe[i] * strength >> 7);

		fine = fine < 0 ? 0 : fine > 15 ? 15 : fine;
		vector[i] = (coarse << 4 | fine) ^ 0x80;
	}
}

static void roll_row(struct dice *dice, int8_t *vectors, uint32_t dim,
		     const int8_t *probe, uint32_t row)
{
	int8_t *vector = vectors + (size_t)row * dim;
	int sign = roll(dice) & 1 ? 1 : -1;
	uint32_t kind = roll_below(dice, 16);

	if (kind < 6)
		return roll_extreme(dice, vector, dim, kind);
	switch (kind) {
	case 6:
		memcpy(vector, probe, dim);
		return;
	case 7:
		return roll_near(dice, vector, dim, probe, sign);
	case 8:
	case 9:
	case 10:
		return roll_aligned(dice, vector, dim, probe, sign);
	case 11:
		/* Twice the same row: a tie. */
		memmove(vector, vectors + (size_t)roll_below(dice, row + 1) * dim,
			dim);
		return;
	default:
		return roll_any(dice, vector, dim);
	}
}

static uint64_t *roll_absent(struct dice *dice, uint32_t count)
{
	uint32_t words = (count + 63) / 64, i;
	uint64_t *absent = guarded_alloc(words * sizeof(*absent), 8);

	for (i = 0; i < words; i++)
		absent[i] = (uint64_t)roll(dice) << 32 | roll(dice);
	return absent;
}

void batch_roll(struct batch *batch, struct dice *dice, const int8_t *probe,
		uint32_t dim, uint32_t count)
{
	size_t half = (size_t)count * dim / 2;
	uint8_t *coarse = guarded_alloc(half, 64);
	uint8_t *fine = guarded_alloc(half, 64);
	uint32_t *facts = guarded_alloc(count * sizeof(*facts), 4);
	uint32_t i;

	batch->dim = dim;
	batch->vectors = guarded_alloc(2 * half, 1);
	for (i = 0; i < count; i++) {
		size_t at = (size_t)i * dim;

		roll_row(dice, batch->vectors, dim, probe, i);
		facts[i] = match_split(batch->vectors + at, dim,
				       coarse + at / 2, fine + at / 2);
	}
	batch->rows.coarse = coarse;
	batch->rows.fine = fine;
	batch->rows.facts = facts;
	batch->rows.count = count;
	batch->rows.first = roll(dice) >> 8;
	batch->rows.absent = roll(dice) & 3 ? NULL : roll_absent(dice, count);
}

void batch_free(struct batch *batch)
{
	struct match_rows *rows = &batch->rows;
	size_t half = (size_t)rows->count * batch->dim / 2;

	guarded_free((void *)rows->coarse, half);
	guarded_free((void *)rows->fine, half);
	guarded_free((void *)rows->facts, rows->count * sizeof(*rows->facts));
	guarded_free((void *)rows->absent,
		     (rows->count + 63) / 64 * sizeof(*rows->absent));
	guarded_free(batch->vectors, 2 * half);
}
