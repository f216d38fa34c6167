// SPDX-License-Identifier: MIT
/*
 * AVX2. vpmaddubsw multiplies unsigned by signed bytes and adds two products, but
 * saturates to 16 bits, as whole bytes would make it. Half-bytes do not: two
 * products are at most 2 * 15 * 128 = 3840, and eight times that still fit, so
 * sums of the half-bytes of MATCH_UNIT * 4 components are exact in 16 bits before
 * vpmaddwd widens them. Searches are made of this one step.
 *
 * They take rows in groups of eight, whose eight sums fill a register for the
 * comparison with the bound. Groups come from four places of the rows in turn,
 * because the processor's prefetcher keeps more lines on their way from memory
 * for several streams than for one.
 */
#include <immintrin.h>
#include <string.h>

#include "match.h"

#define INLINE static inline __attribute__((always_inline))

#define GROUP 8 /* rows, as many as 32-bit lanes */
#define STREAMS 4
/* Bytes of a plane between what is read and what is asked for. */
#define AHEAD 4096
/* Bytes of half a unit's components, and of a unit in a plane. */
#define HALF (MATCH_UNIT / 2)
/* Units, and lines, whose sums fit 16 bits. */
#define UNITS_NARROW 4
#define LINES_NARROW (UNITS_NARROW * MATCH_UNIT / MATCH_LINE)

INLINE __m256i load(const void *at)
{
	return _mm256_loadu_si256(at);
}

INLINE void store(void *at, __m256i value)
{
	_mm256_storeu_si256(at, value);
}

/*
 * Where in a facing (see struct match_probe) what faces the lower half-bytes of a
 * unit begins; 64 bytes on, what faces the upper ones.
 */
INLINE size_t facing_at(unsigned int unit)
{
	return unit / 2 * MATCH_LINE + unit % 2 * HALF;
}

/* The sums of 32-bit lanes of four registers. */
INLINE __m128i sums_of(const __m256i sums[4])
{
	__m256i all = _mm256_hadd_epi32(_mm256_hadd_epi32(sums[0], sums[1]),
					_mm256_hadd_epi32(sums[2], sums[3]));

	return _mm_add_epi32(_mm256_castsi256_si128(all),
			     _mm256_extracti128_si256(all, 1));
}

/* Sums, over a unit, of half-bytes times what faces them, two to a lane. */
INLINE __m256i unit_sums(__m256i both, __m256i lower, __m256i upper)
{
	const __m256i nibble = _mm256_set1_epi8(0x0f);
	__m256i high = _mm256_and_si256(_mm256_srli_epi16(both, 4), nibble);

	both = _mm256_and_si256(both, nibble);
	return _mm256_add_epi16(_mm256_maddubs_epi16(both, lower),
				_mm256_maddubs_epi16(high, upper));
}

/* For four rows of a plane, sum(half-bytes * probe). */
INLINE __m128i four_sums(const struct match_probe *probe,
			 const uint8_t *const rows[4])
{
	const __m256i ones = _mm256_set1_epi16(1);
	const int8_t *facing = probe->facing[0][0];
	unsigned int units = probe->dim / MATCH_UNIT, unit = 0, end, i;
	__m256i sums[4] = {};

	do {
		__m256i narrow[4] = {};

		end = unit + UNITS_NARROW < units ? unit + UNITS_NARROW : units;
		for (; unit < end; unit++) {
			__m256i lower = load(facing + facing_at(unit));
			__m256i upper = load(facing + facing_at(unit) + 64);

			for (i = 0; i < 4; i++)
				narrow[i] = _mm256_add_epi16(
					narrow[i],
					unit_sums(load(rows[i] + unit * HALF),
						  lower, upper));
		}
		for (i = 0; i < 4; i++)
			sums[i] = _mm256_add_epi32(
				sums[i], _mm256_madd_epi16(narrow[i], ones));
	} while (unit < units);
	return sums_of(sums);
}

/* The same of a group of rows, one sum a lane. */
INLINE __m256i group_sums(const struct match_probe *probe,
			  const uint8_t *const rows[GROUP])
{
	return _mm256_set_m128i(four_sums(probe, rows + 4),
				four_sums(probe, rows));
}

INLINE void prefetch(const uint8_t *row, size_t size)
{
	size_t i;

	for (i = 0; i < size; i += 64)
		_mm_prefetch((const char *)row + i, _MM_HINT_T0);
}

/*
 * Where the rows of a group lie in a plane. In a group that is not full, the
 * last row stands in for those that are not there.
 */
INLINE __m256i plane_sums(const struct match_probe *probe, const uint8_t *plane,
			  uint32_t at, unsigned int count)
{
	size_t stride = probe->dim / 2;
	const uint8_t *rows[GROUP];
	unsigned int i;

	for (i = 0; i < GROUP; i++) {
		rows[i] = plane + (at + (i < count ? i : count - 1)) * stride;
		prefetch(rows[i] + AHEAD, stride);
	}
	return group_sums(probe, rows);
}

INLINE __m256i load_facts(const uint32_t *facts, unsigned int count)
{
	uint32_t some[GROUP] = {};

	if (count == GROUP)
		return load(facts);
	memcpy(some, facts, count * sizeof(*facts));
	return load(some);
}

INLINE __m256 norms(__m256i facts)
{
	const __m256i norm2 = _mm256_set1_epi32((1 << MATCH_NORM2_BITS) - 1);

	return _mm256_sqrt_ps(
		_mm256_cvtepi32_ps(_mm256_and_si256(facts, norm2)));
}

/*
 * Those of the first count lanes whose value / |row| is not below the bound; 0 / 0
 * is not either.
 */
INLINE unsigned int not_below(__m256 value, __m256i facts, float bound,
			      unsigned int count)
{
	__m256 passed = _mm256_cmp_ps(_mm256_div_ps(value, norms(facts)),
				      _mm256_set1_ps(bound), _CMP_NLT_UQ);

	return _mm256_movemask_ps(passed) & ((1u << count) - 1);
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

INLINE void scan_group(const struct match_rows *rows, uint32_t at,
		       unsigned int count, struct match_search *search)
{
	const struct match_probe *probe = search->probe;
	__m256i raws = raw_scores(probe,
				  plane_sums(probe, rows->coarse, at, count),
				  plane_sums(probe, rows->fine, at, count));
	unsigned int mask = not_below(_mm256_cvtepi32_ps(raws),
				      load_facts(rows->facts + at, count),
				      search->bound, count);
	int32_t raw[GROUP];

	if (__builtin_expect(!mask, 1))
		return;
	store(raw, raws);
	for (; mask; mask &= mask - 1) {
		unsigned int i = __builtin_ctz(mask);

		match_offer(search, rows, at + i, raw[i]);
	}
}

static void avx2_scan(const struct match_rows *rows,
		      struct match_search *search)
{
	uint32_t stream = rows->count / (STREAMS * GROUP) * GROUP;
	uint32_t at, i;

	for (at = 0; at < stream; at += GROUP)
		for (i = 0; i < STREAMS; i++)
			scan_group(rows, i * stream + at, GROUP, search);
	for (at = STREAMS * stream; at + GROUP <= rows->count; at += GROUP)
		scan_group(rows, at, GROUP, search);
	if (at < rows->count)
		scan_group(rows, at, rows->count - at, search);
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

INLINE uint32_t sieve_group(const struct match_rows *rows, uint32_t at,
			    unsigned int count,
			    const struct match_search *search,
			    struct match_candidate *candidates)
{
	const struct match_probe *probe = search->probe;
	__m256i sums = plane_sums(probe, rows->coarse, at, count);
	__m256i facts = load_facts(rows->facts + at, count);
	unsigned int mask = not_below(limits(probe, sums, facts), facts,
				      search->bound, count);

	if (__builtin_expect(!mask, 1))
		return 0;
	return list(candidates, at, mask, sums);
}

static uint32_t avx2_sieve(const struct match_rows *rows,
			   const struct match_search *search,
			   struct match_candidate *candidates)
{
	uint32_t stream = rows->count / (STREAMS * GROUP) * GROUP;
	uint32_t at, i, found = 0;

	for (at = 0; at < stream; at += GROUP)
		for (i = 0; i < STREAMS; i++)
			found += sieve_group(rows, i * stream + at, GROUP,
					     search, candidates + found);
	for (at = STREAMS * stream; at + GROUP <= rows->count; at += GROUP)
		found += sieve_group(rows, at, GROUP, search,
				     candidates + found);
	if (at < rows->count)
		found += sieve_group(rows, at, rows->count - at, search,
				     candidates + found);
	return found;
}

/* Candidates lie anywhere: their lines are asked for this many ahead. */
#define CANDIDATES_AHEAD 32

INLINE void settle_group(const struct match_rows *rows,
			 const struct match_candidate *candidates,
			 unsigned int count, struct match_search *search)
{
	const struct match_probe *probe = search->probe;
	size_t stride = probe->dim / 2;
	const uint8_t *fine[GROUP];
	uint32_t facts[GROUP];
	int32_t coarse[GROUP];
	unsigned int mask, i;
	__m256i raws;

	for (i = 0; i < GROUP; i++) {
		const struct match_candidate *candidate =
			&candidates[i < count ? i : count - 1];

		fine[i] = rows->fine + candidate->index * stride;
		facts[i] = rows->facts[candidate->index];
		coarse[i] = candidate->coarse;
	}
	raws = raw_scores(probe, load(coarse), group_sums(probe, fine));
	mask = not_below(_mm256_cvtepi32_ps(raws), load(facts), search->bound,
			 count);
	store(coarse, raws);
	for (; mask; mask &= mask - 1) {
		i = __builtin_ctz(mask);
		match_offer(search, rows, candidates[i].index, coarse[i]);
	}
}

static void avx2_settle(const struct match_rows *rows,
			const struct match_candidate *candidates,
			uint32_t count, struct match_search *search)
{
	size_t stride = search->probe->dim / 2;
	uint32_t at, asked = 0;

	for (at = 0; at < count; at += GROUP) {
		for (; asked < count && asked < at + CANDIDATES_AHEAD; asked++)
			prefetch(rows->fine + candidates[asked].index * stride,
				 stride);
		settle_group(rows, candidates + at,
			     count - at < GROUP ? count - at : GROUP, search);
	}
}

/* Rows that many probes are held against while they are in the cache. */
#define TILE 32
/* Bytes from row to row in a tile. */
#define TILE_STRIDE LIMEN_DIM_MAX

/**
 * struct tile - coarse halves of some rows, a byte each
 * @bytes: in the order of struct match_probe's facing; rows behind the last one
 *	are whatever they are
 * @facts: of the rows
 * @scales: of each row, 1 / |row|
 * @at: index of the first one
 * @count: how many they are
 */
struct tile {
	uint8_t bytes[TILE][TILE_STRIDE] __attribute__((aligned(64)));
	uint32_t facts[TILE];
	float scales[TILE] __attribute__((aligned(32)));
	uint32_t at;
	unsigned int count;
};

static void fill_tile(struct tile *tile, const struct match_rows *rows,
		      uint32_t at, uint32_t dim)
{
	const __m256i nibble = _mm256_set1_epi8(0x0f);
	size_t stride = dim / 2;
	unsigned int units = dim / MATCH_UNIT, unit, i;

	tile->at = at;
	tile->count = rows->count - at < TILE ? rows->count - at : TILE;
	memcpy(tile->facts, rows->facts + at,
	       tile->count * sizeof(*tile->facts));
	for (i = 0; i < tile->count; i += GROUP)
		_mm256_store_ps(tile->scales + i,
				_mm256_div_ps(_mm256_set1_ps(1),
					      norms(load(tile->facts + i))));
	for (i = 0; i < tile->count; i++) {
		const uint8_t *row = rows->coarse + (at + i) * stride;

		for (unit = 0; unit < units; unit++) {
			uint8_t *to = tile->bytes[i] + facing_at(unit);
			__m256i both = load(row + unit * HALF);
			__m256i high = _mm256_srli_epi16(both, 4);

			store(to, _mm256_and_si256(both, nibble));
			store(to + 64, _mm256_and_si256(high, nibble));
		}
	}
}

/* Adds a line of each of four rows of a tile, times what faces it. */
INLINE void add_line(__m256i sums[4], const uint8_t *rows, const int8_t *facing)
{
	unsigned int at, i;

	for (at = 0; at < MATCH_LINE; at += 32)
		for (i = 0; i < 4; i++)
			sums[i] = _mm256_add_epi16(
				sums[i],
				_mm256_maddubs_epi16(
					load(rows + i * TILE_STRIDE + at),
					load(facing + at)));
}

/*
 * For four rows of a tile, sum(coarse * probe). Where a row ends in the middle of
 * a line, what faces the rest of it is zero.
 */
INLINE __m128i tile_sums(const struct match_probe *probe, const uint8_t *rows)
{
	const __m256i ones = _mm256_set1_epi16(1);
	unsigned int line = 0, end, i;
	__m256i sums[4] = {};

	do {
		__m256i narrow[4] = {};

		end = line + LINES_NARROW < probe->lines ? line + LINES_NARROW :
							   probe->lines;
		for (; line < end; line++)
			add_line(narrow, rows + line * MATCH_LINE,
				 probe->facing[line][0]);
		for (i = 0; i < 4; i++)
			sums[i] = _mm256_add_epi32(
				sums[i], _mm256_madd_epi16(narrow[i], ones));
	} while (line < probe->lines);
	return sums_of(sums);
}

/* Lists the rows of a tile that may belong. */
INLINE uint32_t sieve_tile(const struct tile *tile,
			   const struct match_search *search,
			   struct match_candidate *candidates)
{
	const struct match_probe *probe = search->probe;
	const __m256 bound = _mm256_set1_ps(search->bound);
	uint32_t row, found = 0;

	for (row = 0; row < tile->count; row += GROUP) {
		__m256i sums = _mm256_set_m128i(
			tile_sums(probe, tile->bytes[row + 4]),
			tile_sums(probe, tile->bytes[row]));
		__m256 limit = limits(probe, sums, load(tile->facts + row));
		__m256 scaled = _mm256_mul_ps(
			limit, _mm256_load_ps(tile->scales + row));
		unsigned int mask = _mm256_movemask_ps(
			_mm256_cmp_ps(scaled, bound, _CMP_NLT_UQ));

		if (row + GROUP > tile->count)
			mask &= (1u << (tile->count - row)) - 1;
		if (__builtin_expect(mask, 0))
			found += list(candidates + found, tile->at + row, mask,
				      sums);
	}
	return found;
}

static void avx2_scan_many(const struct match_rows *rows,
			   struct match_search *const *searches,
			   unsigned int count)
{
	uint32_t dim = searches[0]->probe->dim, at, found;
	struct match_candidate candidates[TILE];
	struct tile tile = {};
	unsigned int i;

	for (at = 0; at < rows->count; at += TILE) {
		fill_tile(&tile, rows, at, dim);
		for (i = 0; i < count; i++) {
			found = sieve_tile(&tile, searches[i], candidates);
			if (found)
				avx2_settle(rows, candidates, found,
					    searches[i]);
		}
	}
	explicit_bzero(&tile, sizeof(tile));
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
