// SPDX-License-Identifier: MIT
/*
 * AVX2: searches for many probes at once. Arithmetic is the limit, not memory: so
 * rows are read whole, and of each component x, x + 128 is split anew, as
 * 8 * high + low. Five bits multiply as fast as four, and leave less to doubt.
 *
 * With H = sum(high * probe), S = sum(probe) and low = 3.5 + r, a raw score is
 *
 *	8 * H - 128 * S + 3.5 * S + sum(r * probe),
 *
 * and by the Cauchy-Schwarz inequality the last sum is at most |r| * |probe|. The
 * few rows whose limit is not below the bound get their sum(low * probe) as well.
 */
#include <string.h>

#include "avx2.h"

/* Rows that many probes are held against while they are in the cache. */
#define TILE 16
/* Bytes from row to row in a tile. */
#define TILE_STRIDE LIMEN_DIM_MAX
/* Probes that a row, once in a register, is multiplied by. */
#define PROBES 2

/**
 * struct tile - some rows, joined and split again
 * @high: of each component + 128 the upper five bits, a byte each, in the order of
 *	struct match_probe's facing; where a row ends in the middle of a line, and
 *	behind the last row, is whatever was there before
 * @low: the lower three, likewise
 * @lengths: of each row, |low - 3.5|, rounded up
 * @scales: of each row, 1 / |row|
 * @at: index of the first row
 * @count: how many they are
 */
struct tile {
	uint8_t high[TILE][TILE_STRIDE] __attribute__((aligned(64)));
	uint8_t low[TILE][TILE_STRIDE] __attribute__((aligned(64)));
	float lengths[TILE] __attribute__((aligned(32)));
	float scales[TILE] __attribute__((aligned(32)));
	uint32_t at;
	unsigned int count;
};

/* Splits 32 components, of which the half-bytes are given; sums of (2 * r)^2. */
INLINE __m256i split(__m256i coarse, __m256i fine, uint8_t *high, uint8_t *low)
{
	/* (2 * low - 7)^2, of which the eighth bit of an index is no part. */
	const __m256i squares = _mm256_broadcastsi128_si256(_mm_setr_epi8(
		49, 25, 9, 1, 1, 9, 25, 49, 49, 25, 9, 1, 1, 9, 25, 49));
	const __m256i seven = _mm256_set1_epi8(7), one = _mm256_set1_epi8(1);
	__m256i fourth = _mm256_and_si256(_mm256_srli_epi16(fine, 3), one);

	store(high, _mm256_or_si256(_mm256_add_epi8(coarse, coarse), fourth));
	store(low, _mm256_and_si256(fine, seven));
	return _mm256_sad_epu8(_mm256_shuffle_epi8(squares, fine),
			       _mm256_setzero_si256());
}

/* One row; (2 * |r|)^2. */
INLINE uint32_t fill_row(const uint8_t *coarse, const uint8_t *fine,
			 unsigned int units, uint8_t *high, uint8_t *low)
{
	const __m256i nibble = _mm256_set1_epi8(0x0f);
	__m256i sum = _mm256_setzero_si256();
	unsigned int unit;
	__m128i half;

	for (unit = 0; unit < units; unit++) {
		__m256i c = load(coarse + unit * HALF);
		__m256i f = load(fine + unit * HALF);
		size_t to = facing_at(unit);

		sum = _mm256_add_epi64(
			sum, split(_mm256_and_si256(c, nibble),
				   _mm256_and_si256(f, nibble), high + to,
				   low + to));
		c = _mm256_and_si256(_mm256_srli_epi16(c, 4), nibble);
		f = _mm256_and_si256(_mm256_srli_epi16(f, 4), nibble);
		sum = _mm256_add_epi64(sum, split(c, f, high + to + 64,
						  low + to + 64));
	}
	half = _mm_add_epi64(_mm256_castsi256_si128(sum),
			     _mm256_extracti128_si256(sum, 1));
	return _mm_cvtsi128_si32(half) + _mm_extract_epi32(half, 2);
}

INLINE void ask_for(const uint8_t *row, size_t stride)
{
	size_t i;

	for (i = 0; i < stride; i += 64)
		_mm_prefetch((const char *)row + i, _MM_HINT_T0);
}

static void fill_tile(struct tile *tile, const struct match_rows *rows,
		      uint32_t at, uint32_t dim)
{
	/* |r| of (2 * |r|)^2, more than the three roundings take away. */
	const __m256 half = _mm256_set1_ps(0.5f * (1 + 0x1p-20f));
	uint32_t lengths2[TILE] = {}, facts[TILE] = {};
	size_t stride = dim / 2;
	unsigned int i;

	tile->at = at;
	tile->count = rows->count - at < TILE ? rows->count - at : TILE;
	memcpy(facts, rows->facts + at, tile->count * sizeof(*facts));
	for (i = 0; i < tile->count; i++) {
		const uint8_t *coarse = rows->coarse + (at + i) * stride;
		const uint8_t *fine = rows->fine + (at + i) * stride;

		ask_for(coarse + TILE * stride, stride);
		ask_for(fine + TILE * stride, stride);
		lengths2[i] = fill_row(coarse, fine, dim / MATCH_UNIT,
				       tile->high[i], tile->low[i]);
	}
	for (i = 0; i < TILE; i += GROUP) {
		__m256 length2 = _mm256_cvtepi32_ps(load(lengths2 + i));

		_mm256_store_ps(tile->lengths + i,
				_mm256_mul_ps(_mm256_sqrt_ps(length2), half));
		_mm256_store_ps(tile->scales + i,
				_mm256_div_ps(_mm256_set1_ps(1),
					      norms(load(facts + i))));
	}
}

/*
 * Adds a line of each of four rows times what faces it in two probes. Two products
 * are at most 2 * 31 * 128 = 7936: the four of a line that a lane adds up are
 * below 2^15. The barriers keep the compiler from loading a row twice and from
 * computing all products first, for which it has not enough registers.
 */
INLINE void add_line(__m256i narrow[PROBES][4], const uint8_t *rows,
		     const int8_t *const facing[PROBES])
{
	unsigned int at, i;

#pragma GCC unroll 4
	for (at = 0; at < MATCH_LINE; at += 32) {
		__m256i faces[PROBES] = { load(facing[0] + at),
					  load(facing[1] + at) };

#pragma GCC unroll 4
		for (i = 0; i < 4; i++) {
			__m256i row = load(rows + i * TILE_STRIDE + at);

			__asm__("" : "+x"(row));
			narrow[0][i] = _mm256_add_epi16(
				narrow[0][i],
				_mm256_maddubs_epi16(row, faces[0]));
			narrow[1][i] = _mm256_add_epi16(
				narrow[1][i],
				_mm256_maddubs_epi16(row, faces[1]));
			__asm__("" : "+x"(narrow[0][i]), "+x"(narrow[1][i]));
		}
	}
}

/* For four rows of a tile and two probes, H. */
INLINE void four_sums(struct match_search *const searches[PROBES],
		      const uint8_t *rows, __m128i result[PROBES])
{
	const __m256i ones = _mm256_set1_epi16(1);
	unsigned int lines = searches[0]->probe->lines, line, i, j;
	__m256i sums[PROBES][4] = {};

	for (line = 0; line < lines; line++) {
		__m256i narrow[PROBES][4] = {};
		const int8_t *facing[PROBES];

		for (j = 0; j < PROBES; j++)
			facing[j] = searches[j]->probe->facing[line][0];
		add_line(narrow, rows + line * MATCH_LINE, facing);
		for (i = 0; i < 4; i++)
			for (j = 0; j < PROBES; j++)
				sums[j][i] = _mm256_add_epi32(
					sums[j][i],
					_mm256_madd_epi16(narrow[j][i], ones));
	}
	for (j = 0; j < PROBES; j++)
		result[j] = sums_of(sums[j]);
}

/*
 * sum(low * probe) of one row. Two products are at most 2 * 7 * 128 = 1792, and a
 * lane adds up 16 of them.
 */
static int32_t low_sum(const struct match_probe *probe, const uint8_t *low)
{
	const int8_t *facing = probe->facing[0][0];
	__m256i narrow = _mm256_setzero_si256();
	__m128i sum;
	size_t at;

	for (at = 0; at < probe->lines * MATCH_LINE; at += 32)
		narrow = _mm256_add_epi16(
			narrow, _mm256_maddubs_epi16(load(low + at),
						     load(facing + at)));
	narrow = _mm256_madd_epi16(narrow, _mm256_set1_epi16(1));
	sum = _mm_add_epi32(_mm256_castsi256_si128(narrow),
			    _mm256_extracti128_si256(narrow, 1));
	sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4e));
	sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xb1));
	return _mm_cvtsi128_si32(sum);
}

/**
 * struct limit - what a probe adds to the limits of all rows
 * @base: -124.5 * S, and some room
 * @length: |probe|, rounded up
 */
struct limit {
	float base;
	float length;
};

/*
 * Terms reach 2^24, each of two sums rounds off at most 1 of it; 4 more, and what
 * the lengths have been rounded up, are at least as much.
 */
static struct limit limit_of(const struct match_probe *probe)
{
	__m128 norm2 = _mm_set_ss(probe->norm2);

	return (struct limit){
		.base = -124.5f * probe->sum + 4,
		.length = _mm_cvtss_f32(_mm_sqrt_ss(norm2)) * (1 + 0x1p-20f),
	};
}

/* Settles those of a group of rows that the mask has, and offers them. */
static void settle(const struct match_rows *rows, const struct tile *tile,
		   unsigned int row, unsigned int mask, __m256i sums,
		   struct match_search *search)
{
	const struct match_probe *probe = search->probe;
	int32_t high[GROUP];

	if (row + GROUP > tile->count)
		mask &= (1u << (tile->count - row)) - 1;
	store(high, sums);
	for (; mask; mask &= mask - 1) {
		unsigned int i = __builtin_ctz(mask);
		int32_t raw = 8 * high[i] - 128 * probe->sum +
			      low_sum(probe, tile->low[row + i]);

		/* Not "at or above": a vector of zeros makes it 0 * infinity. */
		if (!((float)raw * tile->scales[row + i] < search->bound))
			match_offer(search, rows, tile->at + row + i, raw);
	}
}

/* Holds a group of rows against a probe, of which H is known. */
INLINE void hold(const struct match_rows *rows, const struct tile *tile,
		 unsigned int row, __m256i sums, const struct limit *limit,
		 struct match_search *search)
{
	__m256 most = _mm256_cvtepi32_ps(_mm256_slli_epi32(sums, 3));
	__m256 rest = _mm256_mul_ps(_mm256_load_ps(tile->lengths + row),
				    _mm256_set1_ps(limit->length));
	unsigned int mask;

	most = _mm256_add_ps(most, _mm256_set1_ps(limit->base));
	most = _mm256_mul_ps(_mm256_add_ps(most, rest),
			     _mm256_load_ps(tile->scales + row));
	/* 0 * infinity is not below. */
	mask = _mm256_movemask_ps(_mm256_cmp_ps(
		most, _mm256_set1_ps(search->bound), _CMP_NLT_UQ));
	if (__builtin_expect(mask, 0))
		settle(rows, tile, row, mask, sums, search);
}

/* Holds one or two probes against a tile. */
static void search_tile(const struct match_rows *rows, const struct tile *tile,
			struct match_search *const *searches,
			const struct limit *limits, unsigned int count)
{
	/* One probe, if there is but one, stands in for the other. */
	struct match_search *const both[PROBES] = {
		searches[0], searches[count > 1],
	};
	unsigned int row, j;

	for (row = 0; row < tile->count; row += GROUP) {
		__m128i first[PROBES], last[PROBES];

		four_sums(both, tile->high[row], first);
		four_sums(both, tile->high[row + 4], last);
		for (j = 0; j < PROBES && j < count; j++)
			hold(rows, tile, row,
			     _mm256_set_m128i(last[j], first[j]), &limits[j],
			     searches[j]);
	}
}

void avx2_scan_many(const struct match_rows *rows,
		    struct match_search *const *searches, unsigned int count)
{
	struct limit limits[MATCH_PROBES_MAX];
	struct tile tile = {};
	unsigned int i;
	uint32_t at;

	for (i = 0; i < count; i++)
		limits[i] = limit_of(searches[i]->probe);
	for (at = 0; at < rows->count; at += TILE) {
		fill_tile(&tile, rows, at, searches[0]->probe->dim);
		for (i = 0; i < count; i += PROBES)
			search_tile(rows, &tile, searches + i, limits + i,
				    count - i);
	}
	explicit_bzero(limits, count * sizeof(*limits));
	explicit_bzero(&tile, sizeof(tile));
}
