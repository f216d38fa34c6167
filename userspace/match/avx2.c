// SPDX-License-Identifier: MIT
/*
 * AVX2: searches for one probe, and pairs.
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

/* What is left of so many rows after all full blocks. */
INLINE struct block block_of_rest(uint32_t count)
{
	struct block block = block_at(count / BLOCK * BLOCK, GROUP);

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

/* From four rows' sums at each of four turns to four turns' sums of each row. */
INLINE void turn_sums(const __m128i turns[4], __m128i sums[STREAMS])
{
	__m128i a = _mm_unpacklo_epi32(turns[0], turns[1]);
	__m128i b = _mm_unpackhi_epi32(turns[0], turns[1]);
	__m128i c = _mm_unpacklo_epi32(turns[2], turns[3]);
	__m128i d = _mm_unpackhi_epi32(turns[2], turns[3]);

	sums[0] = _mm_unpacklo_epi64(a, c);
	sums[1] = _mm_unpackhi_epi64(a, c);
	sums[2] = _mm_unpacklo_epi64(b, d);
	sums[3] = _mm_unpackhi_epi64(b, d);
}

/* The sums of a block's rows in one plane, a register for each stream. */
INLINE void block_sums(const struct match_probe *probe, const uint8_t *plane,
		       const struct block *block, unsigned int units,
		       __m256i sums[STREAMS])
{
	const size_t stride = units * HALF;
	__m128i turns[GROUP], low[STREAMS], high[STREAMS];
	unsigned int turn, i;

#pragma GCC unroll 1
	for (turn = 0; turn < GROUP; turn++) {
		const uint8_t *rows[STREAMS];

		for (i = 0; i < STREAMS; i++)
			rows[i] = plane + block_row(block, i, turn) * stride;
		turns[turn] = four_sums(probe, rows, units);
	}
	turn_sums(turns, low);
	turn_sums(turns + 4, high);
	for (i = 0; i < STREAMS; i++)
		sums[i] = _mm256_set_m128i(high[i], low[i]);
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
	__m256i coarse[STREAMS], fine[STREAMS];
	unsigned int i;

	block_sums(probe, rows->coarse, block, units, coarse);
	block_sums(probe, rows->fine, block, units, fine);
	for (i = 0; i < STREAMS; i++) {
		__m256i raws = raw_scores(probe, coarse[i], fine[i]);
		__m256i facts = block_facts(rows->facts, block, i);
		__m256 scaled = _mm256_div_ps(_mm256_cvtepi32_ps(raws),
					      norms(facts));
		unsigned int mask = not_below(scaled, search->bound);

		mask &= (1u << block_count(block, i)) - 1;
		if (__builtin_expect(mask, 0))
			offer(rows, block->at[i], mask, raws, search);
	}
}

INLINE void scan_units(const struct match_rows *rows,
		       struct match_search *search, unsigned int units)
{
	uint32_t stream = rows->count / BLOCK * GROUP, at;
	struct block block;

	for (at = 0; at < stream; at += GROUP) {
		block = block_at(at, stream);
		scan_block(rows, &block, search, units);
	}
	if (rows->count % BLOCK) {
		block = block_of_rest(rows->count);
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

INLINE uint32_t list(struct match_candidate *candidates, uint32_t at,
		     unsigned int mask, __m256i sums)
{
	int32_t coarse[GROUP];
	uint32_t found = 0;

	store(coarse, sums);
	for (; mask; mask &= mask - 1) {
		unsigned int i = __builtin_ctz(mask);

		candidates[found].index = at + i;
		candidates[found++].coarse = coarse[i];
	}
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
	uint32_t found = 0;
	unsigned int i;

	block_sums(probe, rows->coarse, block, units, sums);
	for (i = 0; i < STREAMS; i++) {
		__m256i facts = block_facts(rows->facts, block, i);
		__m256 scaled = _mm256_div_ps(limits(probe, sums[i], facts),
					      norms(facts));
		unsigned int mask = not_below(scaled, search->bound);

		mask &= (1u << block_count(block, i)) - 1;
		if (__builtin_expect(mask, 0))
			found += list(candidates + found, block->at[i], mask,
				      sums[i]);
	}
	return found;
}

INLINE uint32_t sieve_units(const struct match_rows *rows,
			    const struct match_search *search,
			    struct match_candidate *candidates,
			    unsigned int units)
{
	uint32_t stream = rows->count / BLOCK * GROUP, found = 0, at;
	struct block block;

	for (at = 0; at < stream; at += GROUP) {
		block = block_at(at, stream);
		found += sieve_block(rows, &block, search, candidates + found,
				     units);
	}
	if (rows->count % BLOCK) {
		block = block_of_rest(rows->count);
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

INLINE void ask_for(const struct match_rows *rows, uint32_t index, size_t stride)
{
	const char *row = (const char *)rows->fine + index * stride;
	size_t i;

	_mm_prefetch((const char *)&rows->facts[index], _MM_HINT_T0);
	for (i = 0; i < stride; i += 64)
		_mm_prefetch(row + i, _MM_HINT_T0);
}

INLINE void settle_group(const struct match_rows *rows,
			 const struct match_candidate *candidates,
			 unsigned int count, struct match_search *search,
			 unsigned int units)
{
	const size_t stride = units * HALF;
	const uint8_t *fine[GROUP];
	uint32_t facts[GROUP];
	int32_t coarse[GROUP];
	unsigned int mask, i;
	__m256i raws;

	for (i = 0; i < GROUP; i++) {
		/* The last one stands in for those that are not there. */
		const struct match_candidate *candidate =
			&candidates[i < count ? i : count - 1];

		fine[i] = rows->fine + candidate->index * stride;
		facts[i] = rows->facts[candidate->index];
		coarse[i] = candidate->coarse;
	}
	raws = _mm256_set_m128i(four_sums(search->probe, fine + 4, units),
				four_sums(search->probe, fine, units));
	raws = raw_scores(search->probe, load(coarse), raws);
	mask = not_below(_mm256_div_ps(_mm256_cvtepi32_ps(raws),
				       norms(load(facts))), search->bound);
	mask &= (1u << count) - 1;
	store(coarse, raws);
	for (; mask; mask &= mask - 1) {
		i = __builtin_ctz(mask);
		match_offer(search, rows, candidates[i].index, coarse[i]);
	}
}

INLINE void settle_units(const struct match_rows *rows,
			 const struct match_candidate *candidates,
			 uint32_t count, struct match_search *search,
			 unsigned int units)
{
	uint32_t at, asked = 0;

	for (at = 0; at < count; at += GROUP) {
		for (; asked < count && asked < at + CANDIDATES_AHEAD; asked++)
			ask_for(rows, candidates[asked].index, units * HALF);
		settle_group(rows, candidates + at,
			     count - at < GROUP ? count - at : GROUP, search,
			     units);
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

/*
 * Whole bytes, split where the sign is: of a component a, seven bits and the
 * eighth, worth -128. Neither product saturates: 2 * 127 * 128 and 2 * 128 * 128
 * are the most, the latter below zero only.
 */
static int32_t avx2_dot(const int8_t *a, const int8_t *b, uint32_t dim)
{
	const __m256i low = _mm256_set1_epi8(0x7f);
	const __m256i ones = _mm256_set1_epi16(1);
	__m256i sums[4] = {};
	uint32_t i;

	for (i = 0; i < dim; i += 32) {
		__m256i x = load(a + i), y = load(b + i);
		__m256i seven = _mm256_maddubs_epi16(_mm256_and_si256(x, low),
						     y);
		__m256i eighth = _mm256_maddubs_epi16(
			_mm256_andnot_si256(low, x), y);

		sums[0] = _mm256_add_epi32(sums[0],
					   _mm256_madd_epi16(seven, ones));
		sums[1] = _mm256_sub_epi32(sums[1],
					   _mm256_madd_epi16(eighth, ones));
	}
	return _mm_cvtsi128_si32(sums_of(sums)) + _mm_extract_epi32(sums_of(sums), 1);
}

/* Sixteen components, widened to 16 bits: no product can overflow then. */
INLINE __m256i load_wide(const int8_t *at)
{
	return _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)at));
}

static struct match_products avx2_products(const int8_t *probe,
					   const int8_t *reference,
					   uint32_t dim)
{
	struct match_products products;
	__m256i sums[4] = {};
	__m128i result;
	uint32_t i;

	for (i = 0; i < dim; i += 16) {
		__m256i x = load_wide(probe + i), y = load_wide(reference + i);

		sums[0] = _mm256_add_epi32(sums[0], _mm256_madd_epi16(x, y));
		sums[1] = _mm256_add_epi32(sums[1], _mm256_madd_epi16(x, x));
		sums[2] = _mm256_add_epi32(sums[2], _mm256_madd_epi16(y, y));
	}
	result = sums_of(sums);
	products.raw = _mm_extract_epi32(result, 0);
	products.probe_norm2 = _mm_extract_epi32(result, 1);
	products.reference_norm2 = _mm_extract_epi32(result, 2);
	return products;
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
