// SPDX-License-Identifier: MIT
/*
 * AVX-VNNI: searches for many probes at once. Arithmetic is the limit, not memory: so
 * rows are joined from their planes once, still biased by 128, and multiplied whole.
 *
 * Four rows are multiplied by three probes at a time: seven loads for twelve products,
 * more than two units of a latency of five begin meanwhile, so that no sum waits for
 * itself. Twelve sums, three registers of probes and one of a row are all there are.
 */
#include <string.h>

#include "avxvnni.h"

/* Rows that many probes are held against while they are in the cache. */
#define TILE 32
/* Probes that a row, once in a register, is multiplied by. */
#define PROBES 3

/**
 * struct tile - some rows, their planes joined
 * @bytes: components + 128, in the order of struct match_probe's facing; where a row
 *	ends in the middle of a line, and behind the last row, is whatever was there
 *	before
 * @scales: of each row, 1 / |row|
 * @at: index of the first row
 * @count: how many they are
 */
struct tile {
	uint8_t bytes[TILE][LIMEN_DIM_MAX] __attribute__((aligned(64)));
	float scales[TILE] __attribute__((aligned(32)));
	uint32_t at;
	unsigned int count;
};

INLINE void fill_row(uint8_t *bytes, const uint8_t *coarse, const uint8_t *fine,
		     unsigned int units)
{
	const __m256i nibble = _mm256_set1_epi8(0x0f);
	unsigned int unit;

	for (unit = 0; unit < units; unit++) {
		__m256i c = load(coarse + unit * HALF);
		__m256i f = load(fine + unit * HALF);
		__m256i lower = _mm256_or_si256(
			_mm256_slli_epi16(_mm256_and_si256(c, nibble), 4),
			_mm256_and_si256(f, nibble));
		__m256i upper = _mm256_or_si256(
			_mm256_andnot_si256(nibble, c),
			_mm256_and_si256(_mm256_srli_epi16(f, 4), nibble));

		store(bytes + facing_at(unit), lower);
		store(bytes + facing_at(unit) + 64, upper);
	}
}

static void fill_tile(struct tile *tile, const struct match_rows *rows,
		      uint32_t at, uint32_t dim)
{
	uint32_t facts[TILE] = {};
	size_t stride = dim / 2;
	unsigned int i;

	tile->at = at;
	tile->count = rows->count - at < TILE ? rows->count - at : TILE;
	memcpy(facts, rows->facts + at, tile->count * sizeof(*facts));
	for (i = 0; i < tile->count; i++)
		fill_row(tile->bytes[i], rows->coarse + (at + i) * stride,
			 rows->fine + (at + i) * stride, dim / MATCH_UNIT);
	for (i = 0; i < TILE; i += GROUP)
		_mm256_store_ps(tile->scales + i,
				_mm256_div_ps(_mm256_set1_ps(1),
					      norms(load(facts + i))));
}

/* For four rows of a tile and three probes, sum((row + 128) * probe). */
INLINE void four_sums(const struct match_probe *const probes[PROBES],
		      const uint8_t *rows, __m128i result[PROBES])
{
	size_t size = probes[0]->lines * MATCH_LINE, at;
	__m256i sums[PROBES][4] = {};
	unsigned int i, j;

	for (at = 0; at < size; at += 32) {
		__m256i faces[PROBES];

#pragma GCC unroll 3
		for (j = 0; j < PROBES; j++)
			faces[j] = load(probes[j]->facing[0][0] + at);
#pragma GCC unroll 4
		for (i = 0; i < 4; i++) {
			__m256i row = load(rows + i * LIMEN_DIM_MAX + at);

#pragma GCC unroll 3
			for (j = 0; j < PROBES; j++)
				sums[j][i] = multiply_add(sums[j][i], row,
							  faces[j]);
		}
	}
#pragma GCC unroll 3
	for (j = 0; j < PROBES; j++)
		result[j] = sums_of(sums[j]);
}

/* Holds a group of rows against a probe, of which the sums are known. */
INLINE void hold(const struct match_rows *rows, const struct tile *tile,
		 unsigned int row, __m256i sums, struct match_search *search)
{
	__m256i raws = _mm256_sub_epi32(
		sums, _mm256_set1_epi32(128 * search->probe->sum));
	__m256 scaled = _mm256_mul_ps(_mm256_cvtepi32_ps(raws),
				      _mm256_load_ps(tile->scales + row));
	/* A vector of zeros makes it 0 * infinity, which is not below. */
	unsigned int mask = _mm256_movemask_ps(_mm256_cmp_ps(
		scaled, _mm256_set1_ps(search->bound), _CMP_NLT_UQ));

	if (__builtin_expect(!mask, 1))
		return;
	if (row + GROUP > tile->count)
		mask &= (1u << (tile->count - row)) - 1;
	offer(rows, tile->at + row, mask, raws, search);
}

/* Holds up to three probes against a tile. */
static void search_tile(const struct match_rows *rows, const struct tile *tile,
			struct match_search *const *searches,
			unsigned int count)
{
	const struct match_probe *probes[PROBES];
	unsigned int row, j;

	/* The last one stands in for those that are not there. */
	for (j = 0; j < PROBES; j++)
		probes[j] = searches[j < count ? j : count - 1]->probe;
	for (row = 0; row < tile->count; row += GROUP) {
		__m128i first[PROBES], last[PROBES];

		four_sums(probes, tile->bytes[row], first);
		four_sums(probes, tile->bytes[row + 4], last);
		for (j = 0; j < PROBES && j < count; j++)
			hold(rows, tile, row,
			     _mm256_set_m128i(last[j], first[j]), searches[j]);
	}
}

void avxvnni_scan_many(const struct match_rows *rows,
		       struct match_search *const *searches,
		       unsigned int count)
{
	struct tile tile = {};
	unsigned int i;
	uint32_t at;

	for (at = 0; at < rows->count; at += TILE) {
		fill_tile(&tile, rows, at, searches[0]->probe->dim);
		for (i = 0; i < count; i += PROBES)
			search_tile(rows, &tile, searches + i, count - i);
	}
	explicit_bzero(&tile, sizeof(tile));
}
