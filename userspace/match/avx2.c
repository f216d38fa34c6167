// SPDX-License-Identifier: MIT
/*
 * AVX2: searches for one probe.
 *
 * A search multiplies the half-bytes of a plane by what faces them: two products
 * are at most 2 * 15 * 128 = 3840, and eight times that still fit 16 bits, so the
 * sums of UNITS_NARROW units are exact before they are widened.
 *
 * Rows are taken in blocks: eight that follow one another at each of four places,
 * one row of each place in turn, because a processor keeps more lines on their way
 * from memory for several streams than for one, and its own prefetcher asks for
 * them in time where one stream does not run far ahead of the others. The sums of
 * the eight rows of a place fill a register for the comparison with the bound.
 */
#include <immintrin.h>
#include <math.h>
#include <string.h>

#include "avx2.h"
#include "units.h"

#define STREAMS 4
#define BLOCK (STREAMS * GROUP)
/* Units whose sums fit 16 bits. */
#define UNITS_NARROW 4

/*
 * Adds, over a unit, half-bytes times what faces them, two to a lane. Without the
 * barriers, the compiler loads a row twice to save a register, and computes all
 * products before it adds them, for which it has not enough registers.
 */
INLINE __m256i add_unit(__m256i narrow, const uint8_t *at, __m256i lower,
			__m256i upper)
{
	const __m256i nibble = _mm256_set1_epi8(0x0f);
	__m256i both = load(at), high;

	__asm__("" : "+x"(both));
	high = _mm256_and_si256(_mm256_srli_epi16(both, 4), nibble);
	both = _mm256_and_si256(both, nibble);
	narrow = _mm256_add_epi16(
		narrow, _mm256_add_epi16(_mm256_maddubs_epi16(both, lower),
					 _mm256_maddubs_epi16(high, upper)));
	__asm__("" : "+x"(narrow));
	return narrow;
}

/* For four rows of a plane, sum(half-bytes * probe). */
INLINE __m128i four_sums(const struct match_probe *probe,
			 const uint8_t *const rows[4], unsigned int units)
{
	const __m256i ones = _mm256_set1_epi16(1);
	const int8_t *facing = probe->facing[0][0];
	__m256i sums[4] = {}, narrow[4] = {};
	unsigned int unit, i;

#pragma GCC unroll 8
	for (unit = 0; unit < units; unit++) {
		__m256i lower = load(facing + facing_at(unit));
		__m256i upper = load(facing + facing_at(unit) + 64);

#pragma GCC unroll 4
		for (i = 0; i < 4; i++)
			narrow[i] = add_unit(narrow[i], rows[i] + unit * HALF,
					     lower, upper);
		if ((unit + 1) % UNITS_NARROW && unit + 1 < units)
			continue;
#pragma GCC unroll 4
		for (i = 0; i < 4; i++) {
			sums[i] = _mm256_add_epi32(
				sums[i], _mm256_madd_epi16(narrow[i], ones));
			narrow[i] = _mm256_setzero_si256();
		}
	}
	return sums_of(sums);
}

/**
 * struct block - up to 32 rows
 * @at: where the eight rows of each stream begin
 * @last: no row of the block is behind this one, which stands in for those that
 *	are not there
 * @full: all rows are there; a constant wherever it is used
 */
struct block {
	uint32_t at[STREAMS];
	uint32_t last;
	bool full;
};

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

/* The sums of four rows, one of each stream, at a turn of a block. */
INLINE __m128i turn_sums(const struct match_probe *probe, const uint8_t *plane,
			 const struct block *block, unsigned int turn,
			 unsigned int units)
{
	const uint8_t *rows[STREAMS];
	unsigned int i;

	for (i = 0; i < STREAMS; i++)
		rows[i] = plane + block_row(block, i, turn) *
				  (size_t)(units * HALF);
	return four_sums(probe, rows, units);
}

/* From the sums of four rows at each turn to those of eight turns of each row. */
INLINE void transpose(const __m128i turns[GROUP], __m256i sums[STREAMS])
{
	__m256i two[4], a, b;
	unsigned int i;

	for (i = 0; i < 4; i++)
		two[i] = _mm256_set_m128i(turns[i + 4], turns[i]);
	a = _mm256_unpacklo_epi32(two[0], two[1]);
	b = _mm256_unpacklo_epi32(two[2], two[3]);
	sums[0] = _mm256_unpacklo_epi64(a, b);
	sums[1] = _mm256_unpackhi_epi64(a, b);
	a = _mm256_unpackhi_epi32(two[0], two[1]);
	b = _mm256_unpackhi_epi32(two[2], two[3]);
	sums[2] = _mm256_unpacklo_epi64(a, b);
	sums[3] = _mm256_unpackhi_epi64(a, b);
}

INLINE __m256i block_facts(const uint32_t *facts, const struct block *block,
			   unsigned int stream)
{
	unsigned int count = block_count(block, stream);
	uint32_t some[GROUP] = {};

	if (block->full)
		return load(facts + block->at[stream]);
	memcpy(some, facts + block->at[stream], count * sizeof(*facts));
	return load(some);
}

INLINE __m256i raw_scores(const struct match_probe *probe, __m256i coarse,
			  __m256i fine)
{
	__m256i raw = _mm256_add_epi32(_mm256_slli_epi32(coarse, 4), fine);

	return _mm256_sub_epi32(raw, _mm256_set1_epi32(128 * probe->sum));
}

/* Upper limits of raw scores: see struct match_probe. */
INLINE __m256 limits(const struct match_probe *probe, __m256i coarse,
		     __m256i facts)
{
	__m256 base = _mm256_add_ps(
		_mm256_cvtepi32_ps(_mm256_slli_epi32(coarse, 4)),
		_mm256_set1_ps(probe->base));
	__m256 residual = _mm256_cvtepi32_ps(
		_mm256_srli_epi32(facts, MATCH_NORM2_BITS));

	return _mm256_add_ps(base, _mm256_mul_ps(residual,
						 _mm256_set1_ps(probe->slope)));
}

/*
 * A bit for each lane whose value / |row| is not below the bound; 0 / 0 is not.
 * Squares are compared, each with the sign of what it is the square of, which
 * spares the division and the root. Three roundings to 24 bits, of squares, are
 * half as much of what they are the squares of: see match_bound().
 */
INLINE unsigned int not_below(__m256 value, __m256i facts, float bound)
{
	const __m256i norm2 = _mm256_set1_epi32((1 << MATCH_NORM2_BITS) - 1);
	const __m256 sign = _mm256_set1_ps(-0.0f);
	__m256 bound2 = _mm256_set1_ps(bound < 0 ? -bound * bound :
						   bound * bound);
	__m256 least = _mm256_mul_ps(
		bound2, _mm256_cvtepi32_ps(_mm256_and_si256(facts, norm2)));
	__m256 value2 = _mm256_mul_ps(value, _mm256_andnot_ps(sign, value));

	return _mm256_movemask_ps(_mm256_cmp_ps(value2, least, _CMP_NLT_UQ));
}

INLINE void offer(const struct match_rows *rows, uint32_t at, unsigned int mask,
		  __m256i raws, struct match_search *search)
{
	int32_t raw[GROUP];

	store(raw, raws);
	for (; mask; mask &= mask - 1) {
		unsigned int i = __builtin_ctz(mask);

		match_offer(search, rows, at + i, raw[i]);
	}
}

INLINE void scan_block(const struct match_rows *rows, const struct block *block,
		       struct match_search *search, unsigned int units)
{
	const struct match_probe *probe = search->probe;
	const __m128i whole = _mm_set1_epi32(128 * probe->sum);
	__m256i sums[STREAMS];
	__m128i turns[GROUP];
	unsigned int i;

#pragma GCC unroll 1
	for (i = 0; i < GROUP; i++) {
		__m128i coarse = turn_sums(probe, rows->coarse, block, i, units);
		__m128i fine = turn_sums(probe, rows->fine, block, i, units);

		turns[i] = _mm_sub_epi32(
			_mm_add_epi32(_mm_slli_epi32(coarse, 4), fine), whole);
	}
	transpose(turns, sums);
	for (i = 0; i < STREAMS; i++) {
		__m256i raws = sums[i];
		__m256i facts = block_facts(rows->facts, block, i);
		unsigned int mask = not_below(_mm256_cvtepi32_ps(raws), facts,
					      search->bound);

		mask &= (1u << block_count(block, i)) - 1;
		if (__builtin_expect(mask, 0))
			offer(rows, block->at[i], mask, raws, search);
	}
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

static void avx2_scan(const struct match_rows *rows,
		      struct match_search *search)
{
#define SCAN(units) scan_units(rows, search, units)
	FOR_UNITS(search->probe->dim, SCAN);
#undef SCAN
}

/* For each mask of eight lanes the numbers of those it has, a byte each. */
#define LANE(mask, lane) \
	((uint64_t)((mask) >> (lane) & 1) * (lane) \
	 << 8 * __builtin_popcount((mask) & ((1 << (lane)) - 1)))
#define LANES(mask) \
	(LANE(mask, 1) | LANE(mask, 2) | LANE(mask, 3) | LANE(mask, 4) | \
	 LANE(mask, 5) | LANE(mask, 6) | LANE(mask, 7))
#define LANES_4(mask) \
	LANES(mask), LANES((mask) + 1), LANES((mask) + 2), LANES((mask) + 3)
#define LANES_16(mask) \
	LANES_4(mask), LANES_4((mask) + 4), LANES_4((mask) + 8), \
	LANES_4((mask) + 12)
#define LANES_64(mask) \
	LANES_16(mask), LANES_16((mask) + 16), LANES_16((mask) + 32), \
	LANES_16((mask) + 48)

static const uint64_t lanes_of[1 << GROUP] = {
	LANES_64(0), LANES_64(64), LANES_64(128), LANES_64(192),
};

/*
 * Writes a struct match_candidate for each lane of the mask, without a branch:
 * which lanes they are cannot be predicted. Behind them, up to MATCH_SPILL in all
 * are overwritten; there is room, since no more are listed than are looked at.
 */
INLINE uint32_t list(struct match_candidate *candidates, uint32_t at,
		     unsigned int mask, __m256i sums)
{
	__m256i lanes = _mm256_cvtepu8_epi32(
		_mm_loadl_epi64((const __m128i *)&lanes_of[mask]));
	__m256i rows = _mm256_add_epi32(_mm256_set1_epi32(at), lanes);
	__m256i coarse = _mm256_permutevar8x32_epi32(sums, lanes);
	__m256i low = _mm256_unpacklo_epi32(rows, coarse);
	__m256i high = _mm256_unpackhi_epi32(rows, coarse);

	_Static_assert(GROUP <= MATCH_SPILL, "a group is written");
	store(candidates, _mm256_permute2x128_si256(low, high, 0x20));
	store(candidates + GROUP / 2,
	      _mm256_permute2x128_si256(low, high, 0x31));
	return __builtin_popcount(mask);
}

/* The same of a stream of a block that is not full: only what is there. */
INLINE uint32_t list_few(struct match_candidate *candidates,
			 const struct block *block, unsigned int stream,
			 unsigned int mask, __m256i sums)
{
	struct match_candidate few[GROUP];
	uint32_t found;

	mask &= (1u << block_count(block, stream)) - 1;
	found = list(few, block->at[stream], mask, sums);
	memcpy(candidates, few, found * sizeof(*few));
	return found;
}

INLINE uint32_t sieve_block(const struct match_rows *rows,
			    const struct block *block,
			    const struct match_search *search,
			    struct match_candidate *candidates,
			    unsigned int units)
{
	const struct match_probe *probe = search->probe;
	__m256i sums[STREAMS];
	__m128i turns[GROUP];
	uint32_t found = 0;
	unsigned int i;

#pragma GCC unroll 1
	for (i = 0; i < GROUP; i++)
		turns[i] = turn_sums(probe, rows->coarse, block, i, units);
	transpose(turns, sums);
	for (i = 0; i < STREAMS; i++) {
		__m256i facts = block_facts(rows->facts, block, i);
		unsigned int mask = not_below(limits(probe, sums[i], facts),
					      facts, search->bound);

		if (block->full)
			found += list(candidates + found, block->at[i], mask,
				      sums[i]);
		else
			found += list_few(candidates + found, block, i, mask,
					  sums[i]);
	}
	return found;
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

static uint32_t avx2_sieve(const struct match_rows *rows,
			   const struct match_search *search,
			   struct match_candidate *candidates)
{
	uint32_t found = 0;

#define SIEVE(units) (found = sieve_units(rows, search, candidates, units))
	FOR_UNITS(search->probe->dim, SIEVE);
#undef SIEVE
	return found;
}

/* Candidates lie anywhere: their lines are asked for this many ahead. */
#define CANDIDATES_AHEAD 32

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

/* sum(half-bytes * probe) of the last units of one row. */
INLINE int32_t rest_sum(const struct match_probe *probe, const uint8_t *row,
			unsigned int from, unsigned int units)
{
	const int8_t *facing = probe->facing[0][0];
	__m256i narrow = _mm256_setzero_si256();
	__m256i sums[4] = {};
	unsigned int unit;

	_Static_assert(LIMEN_DIM_MAX / MATCH_UNIT / 2 <= UNITS_NARROW,
		       "the last half of a row fits 16 bits");
	for (unit = from; unit < units; unit++)
		narrow = add_unit(narrow, row + unit * HALF,
				  load(facing + facing_at(unit)),
				  load(facing + facing_at(unit) + 64));
	sums[0] = _mm256_madd_epi16(narrow, _mm256_set1_epi16(1));
	return _mm_cvtsi128_si32(sums_of(sums));
}

/**
 * struct batch - candidates that are settled together, eight or fewer
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

/* Of raw scores that lack the rest, those that may still be high enough. */
INLINE unsigned int may_belong(__m256i raws, __m256i facts,
			       const struct rest *rest, float bound)
{
	__m256 residual = _mm256_cvtepi32_ps(
		_mm256_srli_epi32(facts, MATCH_NORM2_BITS));
	__m256 most = _mm256_add_ps(_mm256_cvtepi32_ps(raws),
				    _mm256_set1_ps(rest->base));

	most = _mm256_add_ps(most, _mm256_mul_ps(_mm256_sqrt_ps(residual),
						 _mm256_set1_ps(rest->slope)));
	return not_below(most, facts, bound);
}

INLINE void settle_batch(const struct match_rows *rows,
			 const struct batch *batch, const struct rest *rest,
			 struct match_search *search, unsigned int units)
{
	const struct match_probe *probe = search->probe;
	__m256i raws, facts = load(batch->facts);
	unsigned int mask, i;
	int32_t raw[GROUP];

	raws = _mm256_set_m128i(
		four_sums(probe, batch->fine + 4, rest->from),
		four_sums(probe, batch->fine, rest->from));
	raws = raw_scores(probe, load(batch->coarse), raws);
	mask = may_belong(raws, facts, rest, search->bound);
	mask &= (1u << batch->count) - 1;
	store(raw, raws);
	for (; mask; mask &= mask - 1) {
		i = __builtin_ctz(mask);
		raw[i] += rest_sum(probe, batch->fine[i], rest->from, units);
		if (not_below(_mm256_set1_ps(raw[i]),
			      _mm256_set1_epi32(batch->facts[i]),
			      search->bound))
			match_offer(search, rows, batch->candidates[i].index,
				    raw[i]);
	}
}

INLINE void ask_for(const struct match_rows *rows, uint32_t index,
		    size_t stride, size_t size)
{
	const char *row = (const char *)rows->fine + index * stride;
	size_t i;

	_mm_prefetch((const char *)&rows->facts[index], _MM_HINT_T0);
	for (i = 0; i < size; i += 64)
		_mm_prefetch(row + i, _MM_HINT_T0);
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

static void avx2_settle(const struct match_rows *rows,
			const struct match_candidate *candidates,
			uint32_t count, struct match_search *search)
{
#define SETTLE(units) settle_units(rows, candidates, count, search, units)
	FOR_UNITS(search->probe->dim, SETTLE);
#undef SETTLE
}

static const char *avx2_unusable(void)
{
	/* Asks the processor and, for its registers, the kernel. */
	if (__builtin_cpu_supports("avx2") &&
	    __builtin_cpu_supports("fma"))
		return NULL;
	return "the processor has no AVX2 with FMA";
}

const struct match_kernels match_avx2 = {
	.name = "avx2",
	.unusable = avx2_unusable,
	.dot = avx2_dot,
	.products = avx2_products,
	.scan = avx2_scan,
	.sieve = avx2_sieve,
	.settle = avx2_settle,
	.scan_many = avx2_scan_many,
};
