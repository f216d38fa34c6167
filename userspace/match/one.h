/* SPDX-License-Identifier: MIT */
/*
 * Searches for one probe by registers of 128 or 256 bits: what does not depend on
 * the instructions. Who includes this defines GROUP before, and then the three
 * functions declared below, which look at a block or a batch of rows.
 *
 * Rows are taken in blocks: GROUP rows that follow one another at each of four
 * places, one row of each place in turn, because a processor keeps more lines on
 * their way from memory for several streams than for one, and its own prefetcher
 * asks for them in time where one stream does not run far ahead of the others. The
 * sums of the rows of a place fill a register for the comparison with the bound.
 */
#ifndef LIMEN_ONE_H
#define LIMEN_ONE_H

#include <math.h>
#include <string.h>

#include "units.h"

#define STREAMS 4
#define BLOCK (STREAMS * GROUP)
/* Candidates lie anywhere: their lines are asked for this many ahead. */
#define CANDIDATES_AHEAD 32

/**
 * struct block - up to BLOCK rows
 * @at: where the GROUP rows of each stream begin
 * @last: no row of the block is behind this one, which stands in for those that
 *	are not there
 * @full: all rows are there; a constant wherever it is used
 */
struct block {
	uint32_t at[STREAMS];
	uint32_t last;
	bool full;
};

/**
 * struct rest - what is known of the part of a fine row that is read last, if at all
 * @from: unit that it begins at, where a line does; the number of units if rows
 *	are so short that there is none
 * @base: see below
 * @slope: see below
 *
 * With fine = 7.5 + r, the part adds at most 7.5 * sum(probe) + |r| * |probe| to a
 * raw score, where both are taken over the part alone, and |r| over the whole row,
 * which is no shorter: base + slope * sqrt(match_residual(facts)), with some room
 * for what single precision rounds off. That rules out most of the candidates.
 */
struct rest {
	unsigned int from;
	float base;
	float slope;
};

/**
 * struct batch - candidates that are settled together, GROUP or fewer
 * @candidates: they
 * @count: how many
 * @fine: their fine halves; the last one's for those that are not there
 * @facts: their facts, likewise
 * @coarse: their coarse sums, likewise
 */
struct batch {
	const struct match_candidate *candidates;
	unsigned int count;
	const uint8_t *fine[GROUP];
	uint32_t facts[GROUP];
	int32_t coarse[GROUP];
};

/* Of a table that has the numbers of a mask's lanes, a byte each: what one lane adds. */
#define LANE(mask, lane) \
	((uint64_t)((mask) >> (lane) & 1) * (lane) \
	 << 8 * __builtin_popcount((mask) & ((1 << (lane)) - 1)))

/*
 * What faces the rows is the same at each turn of a block. It fills all registers, so
 * it must not be loaded before the first turn, only to be stored on the stack.
 */
#define KEEP_IN_MEMORY(facing) __asm__ volatile("" : "+r"(facing))

/* Reads whole rows, and offers those that may belong. */
INLINE void scan_block(const struct match_rows *rows, const struct block *block,
		       struct match_search *search, unsigned int units);
/* Reads the coarse plane, and lists the candidates; how many they are. */
INLINE uint32_t sieve_block(const struct match_rows *rows,
			    const struct block *block,
			    const struct match_search *search,
			    struct match_candidate *candidates,
			    unsigned int units);
/* Reads fine halves, as far as need be, and offers those that may belong. */
INLINE void settle_batch(const struct match_rows *rows,
			 const struct batch *batch, const struct rest *rest,
			 struct match_search *search, unsigned int units);

INLINE struct block block_at(uint32_t at, uint32_t stream)
{
	return (struct block){
		.at = { at, stream + at, 2 * stream + at, 3 * stream + at },
		.full = true,
	};
}

/*
 * How long streams are, in a number of rows. An odd number of groups: if streams
 * were a multiple of 4096 bytes apart, all of them and both planes would want the
 * same few places of the first-level cache, which costs a tenth of a scan.
 */
INLINE uint32_t stream_of(uint32_t count)
{
	uint32_t groups = count / BLOCK;

	return (groups - !(groups % 2) * !!groups) * GROUP;
}

/* Of so many rows, those from one on; what streams have left over. */
INLINE struct block block_of_rest(uint32_t at, uint32_t count)
{
	struct block block = block_at(at, GROUP);

	block.last = count - 1;
	block.full = false;
	return block;
}

INLINE uint32_t block_row(const struct block *block, unsigned int stream,
			  unsigned int turn)
{
	uint32_t row = block->at[stream] + turn;

	return block->full || row < block->last ? row : block->last;
}

/* How many of the eight rows of a stream there are. */
INLINE unsigned int block_count(const struct block *block, unsigned int stream)
{
	uint32_t at = block->at[stream];

	if (block->full || block->last - at >= GROUP)
		return block->full || block->last >= at ? GROUP : 0;
	return block->last - at + 1;
}

/* Where the rows of a turn lie in a plane, one of each stream. */
INLINE void turn_rows(const uint8_t *rows[STREAMS], const uint8_t *plane,
		      const struct block *block, unsigned int turn,
		      unsigned int units)
{
	unsigned int i;

	for (i = 0; i < STREAMS; i++)
		rows[i] = plane + block_row(block, i, turn) *
				  (size_t)(units * HALF);
}

/* The facts of a stream's rows; some is for those of a block that is not full. */
INLINE const uint32_t *block_facts(const uint32_t *facts,
				   const struct block *block,
				   unsigned int stream, uint32_t some[GROUP])
{
	unsigned int count = block_count(block, stream);

	if (block->full)
		return facts + block->at[stream];
	memset(some, 0, GROUP * sizeof(*some));
	memcpy(some, facts + block->at[stream], count * sizeof(*facts));
	return some;
}

INLINE void scan_units(const struct match_rows *rows,
		       struct match_search *search, unsigned int units)
{
	uint32_t stream = stream_of(rows->count), at;
	struct block block;

	for (at = 0; at < stream; at += GROUP) {
		block = block_at(at, stream);
		scan_block(rows, &block, search, units);
	}
	for (at = STREAMS * stream; at < rows->count; at += BLOCK) {
		block = block_of_rest(at, rows->count);
		scan_block(rows, &block, search, units);
	}
}

static void scan_one(const struct match_rows *rows, struct match_search *search)
{
#define SCAN(units) scan_units(rows, search, units)
	FOR_UNITS(search->probe->dim, SCAN);
#undef SCAN
}

INLINE uint32_t sieve_units(const struct match_rows *rows,
			    const struct match_search *search,
			    struct match_candidate *candidates,
			    unsigned int units)
{
	uint32_t stream = stream_of(rows->count), found = 0, at;
	struct block block;

	for (at = 0; at < stream; at += GROUP) {
		block = block_at(at, stream);
		found += sieve_block(rows, &block, search, candidates + found,
				     units);
	}
	for (at = STREAMS * stream; at < rows->count; at += BLOCK) {
		block = block_of_rest(at, rows->count);
		found += sieve_block(rows, &block, search, candidates + found,
				     units);
	}
	return found;
}

static uint32_t sieve_one(const struct match_rows *rows,
			  const struct match_search *search,
			  struct match_candidate *candidates)
{
	uint32_t found = 0;

#define SIEVE(units) (found = sieve_units(rows, search, candidates, units))
	FOR_UNITS(search->probe->dim, SIEVE);
#undef SIEVE
	return found;
}

INLINE struct rest rest_of(const struct match_probe *probe, unsigned int units)
{
	const int8_t *facing = probe->facing[0][0];
	struct rest rest = { .from = units > 2 ? (units + 2) / 4 * 2 : units };
	int32_t sum = 0, norm2 = 0;
	unsigned int unit, i;

	for (unit = rest.from; unit < units; unit++) {
		const int8_t *lower = facing + facing_at(unit);

		for (i = 0; i < HALF; i++) {
			sum += lower[i] + lower[64 + i];
			norm2 += lower[i] * lower[i] +
				 lower[64 + i] * lower[64 + i];
		}
	}
	/* Terms are below 2^24, each of two sums rounds off at most 1 of it. */
	rest.base = 7.5f * sum + 4;
	/* 255 residuals are 56.25 * dim; 2^-20 covers all that is rounded. */
	rest.slope = sqrtf(56.25f / 255 * probe->dim * norm2) * (1 + 0x1p-20f);
	return rest;
}

INLINE void gather(struct batch *batch, const struct match_rows *rows,
		   size_t stride)
{
	unsigned int i;

	for (i = 0; i < GROUP; i++) {
		const struct match_candidate *candidate = &batch->candidates[
			i < batch->count ? i : batch->count - 1];

		batch->fine[i] = rows->fine + candidate->index * stride;
		batch->facts[i] = rows->facts[candidate->index];
		batch->coarse[i] = candidate->coarse;
	}
}

INLINE void ask_for(const struct match_rows *rows, uint32_t index,
		    size_t stride, size_t size)
{
	const char *row = (const char *)rows->fine + index * stride;
	size_t i;

	__builtin_prefetch(&rows->facts[index]);
	for (i = 0; i < size; i += 64)
		__builtin_prefetch(row + i);
}

INLINE void settle_units(const struct match_rows *rows,
			 const struct match_candidate *candidates,
			 uint32_t count, struct match_search *search,
			 unsigned int units)
{
	const size_t stride = units * HALF;
	struct rest rest = rest_of(search->probe, units);
	uint32_t at, asked = 0;
	struct batch batch;

	for (at = 0; at < count; at += GROUP) {
		for (; asked < count && asked < at + CANDIDATES_AHEAD; asked++)
			ask_for(rows, candidates[asked].index, stride,
				rest.from * HALF);
		batch.candidates = candidates + at;
		batch.count = count - at < GROUP ? count - at : GROUP;
		gather(&batch, rows, stride);
		settle_batch(rows, &batch, &rest, search, units);
	}
}

static void settle_one(const struct match_rows *rows,
		       const struct match_candidate *candidates,
		       uint32_t count, struct match_search *search)
{
#define SETTLE(units) settle_units(rows, candidates, count, search, units)
	FOR_UNITS(search->probe->dim, SETTLE);
#undef SETTLE
}

#endif /* LIMEN_ONE_H */
