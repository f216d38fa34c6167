// SPDX-License-Identifier: MIT
/*
 * NEON with products of matrices (i8mm): searches for many probes. smmla multiplies
 * two rows of eight signed bytes by two others and adds to four sums, twice as many
 * products as a sdot has. So rows lie in pairs, eight components of either in turn,
 * and so do probes.
 *
 * Eight rows are multiplied by eight probes at a time: eight loads for sixteen
 * products, whose sums are half of all registers. They need no adding up of lanes.
 */
#include "neon_many.h"

/* Rows and probes that are multiplied together, and pairs of these. */
#define EIGHT 8
#define PAIRS (EIGHT / 2)
/* Steps of eight components. */
#define STEPS_MAX (LIMEN_DIM_MAX / 8)
#define LINE_STEPS (MATCH_LINE / 8)

/**
 * struct eight - eight rows or probes
 * @steps: of each eight components, in the order of struct match_probe's facing,
 *	those of both vectors of a pair
 */
struct eight {
	int8_t steps[STEPS_MAX][PAIRS][16];
};

/**
 * struct tile - some rows, their planes joined
 * @rows: they; where rows end in the middle of a line, and behind the last one, is
 *	whatever was there before
 * @scales: of each row, 1 / |row|
 * @at: index of the first row
 * @count: how many they are
 */
struct tile {
	struct eight rows[TILE / EIGHT] __attribute__((aligned(64)));
	float scales[TILE];
	uint32_t at;
	uint32_t count;
};

/* Puts 16 components of a pair's vectors where they belong, as two steps. */
INLINE void put_pair(int8_t (*steps)[PAIRS][16], unsigned int pair,
		     int8x16_t first, int8x16_t second)
{
	int64x2_t a = vreinterpretq_s64_s8(first);
	int64x2_t b = vreinterpretq_s64_s8(second);

	vst1q_s8(steps[0][pair], vreinterpretq_s8_s64(vzip1q_s64(a, b)));
	vst1q_s8(steps[1][pair], vreinterpretq_s8_s64(vzip2q_s64(a, b)));
}

/* Joins two rows of a plane; the second may be the first. */
INLINE void fill_pair(struct eight *eight, unsigned int pair,
		      const struct match_rows *rows, size_t first,
		      size_t second, size_t stride)
{
	size_t at;

	for (at = 0; at < stride; at += 16) {
		struct both a = join(rows->coarse + first + at,
				       rows->fine + first + at, 0x88, 0);
		struct both b = join(rows->coarse + second + at,
				       rows->fine + second + at, 0x88, 0);
		size_t step = at / 64 * LINE_STEPS + at % 64 / 8;

		put_pair(eight->steps + step, pair, a.lower, b.lower);
		put_pair(eight->steps + step + LINE_STEPS / 2, pair, a.upper,
			 b.upper);
	}
}

static void fill_tile(struct tile *tile, const struct match_rows *rows,
		      uint32_t at, uint32_t dim)
{
	size_t stride = dim / 2;
	uint32_t i;

	tile->at = at;
	tile->count = rows->count - at < TILE ? rows->count - at : TILE;
	fill_scales(tile->scales, rows, at, tile->count);
	for (i = 0; i < tile->count; i += 2) {
		size_t first = (at + i) * stride;

		fill_pair(&tile->rows[i / EIGHT], i % EIGHT / 2, rows, first,
			  i + 1 < tile->count ? first + stride : first, stride);
	}
}

/* Puts probes in pairs; what is not there stays zero. */
static void fill_probes(struct eight *eights,
			struct match_search *const *searches,
			unsigned int count)
{
	unsigned int i, at;

	for (i = 0; i < count; i += 2) {
		const struct match_probe *first = searches[i]->probe;
		const struct match_probe *second =
			searches[i + 1 < count ? i + 1 : i]->probe;

		for (at = 0; at < first->lines * MATCH_LINE; at += 16)
			put_pair(eights[i / EIGHT].steps + at / 8,
				 i % EIGHT / 2,
				 vld1q_s8(first->facing[0][0] + at),
				 vld1q_s8(second->facing[0][0] + at));
	}
}

/* The sums of pairs by pairs: of each, first with first, with second, and so on. */
INLINE void multiply(const struct eight *rows, const struct eight *probes,
		     unsigned int steps, int32x4_t sums[PAIRS][PAIRS])
{
	unsigned int step, i, j;

	for (step = 0; step < steps; step++) {
		int8x16_t row[PAIRS];

#pragma GCC unroll 4
		for (i = 0; i < PAIRS; i++)
			row[i] = vld1q_s8(rows->steps[step][i]);
#pragma GCC unroll 4
		for (j = 0; j < PAIRS; j++) {
			int8x16_t probe = vld1q_s8(probes->steps[step][j]);

#pragma GCC unroll 4
			for (i = 0; i < PAIRS; i++)
				sums[j][i] = vmmlaq_s32(sums[j][i], row[i],
							probe);
		}
	}
}

/* Holds up to eight probes against eight rows of a tile, from a row on. */
static void search_eight(const struct match_rows *rows, const struct tile *tile,
			 uint32_t row, const struct eight *probes,
			 struct match_search *const *searches,
			 unsigned int count)
{
	unsigned int steps = searches[0]->probe->lines * LINE_STEPS, half, j;
	int32x4_t sums[PAIRS][PAIRS] = {};

	multiply(&tile->rows[row / EIGHT], probes, steps, sums);
#pragma GCC unroll 8
	for (j = 0; j < EIGHT; j++) {
		if (j >= count)
			break;
#pragma GCC unroll 2
		for (half = 0; half < 2; half++) {
			int32x4_t a = sums[j / 2][2 * half];
			int32x4_t b = sums[j / 2][2 * half + 1];
			uint32_t at = row + half * GROUP;

			if (at < tile->count)
				hold(rows, tile->at + at, tile->count - at,
				     j % 2 ? vuzp2q_s32(a, b) :
					     vuzp1q_s32(a, b),
				     tile->scales + at, searches[j]);
		}
	}
}

void neon_i8mm_scan_many(const struct match_rows *rows,
			 struct match_search *const *searches,
			 unsigned int count)
{
	struct eight probes[MATCH_PROBES_MAX / EIGHT];
	size_t used = (count + EIGHT - 1) / EIGHT * sizeof(*probes);
	struct tile tile = {};
	uint32_t at, row;
	unsigned int i;

	memset(probes, 0, used);
	fill_probes(probes, searches, count);
	for (at = 0; at < rows->count; at += TILE) {
		fill_tile(&tile, rows, at, searches[0]->probe->dim);
		for (i = 0; i < count; i += EIGHT)
			for (row = 0; row < tile.count; row += EIGHT)
				search_eight(rows, &tile, row,
					     &probes[i / EIGHT], searches + i,
					     count - i);
	}
	explicit_bzero(probes, used);
	explicit_bzero(&tile, sizeof(tile));
}
