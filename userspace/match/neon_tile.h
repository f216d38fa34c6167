/* SPDX-License-Identifier: MIT */
/*
 * Searches for many probes by NEON, row by row: all but the multiplications. Who
 * includes this defines before, of either plane, the bits to be inverted in a tile,
 * and then the function declared below.
 *
 * Four rows are multiplied by four probes at a time: eight loads for as many
 * products as sixteen pairs of registers have, and each row is loaded once for
 * the four.
 */
#ifndef LIMEN_NEON_TILE_H
#define LIMEN_NEON_TILE_H

#include "neon_many.h"

#define PROBES 4

/**
 * struct tile - some rows, their planes joined
 * @vectors: components, in the order of struct match_probe's facing; where a row
 *	ends in the middle of a line, and behind the last row, is whatever was
 *	there before
 * @scales: of each row, 1 / |row|
 * @at: index of the first row
 * @count: how many they are
 */
struct tile {
	int8_t vectors[TILE][LIMEN_DIM_MAX] __attribute__((aligned(64)));
	float scales[TILE];
	uint32_t at;
	uint32_t count;
};

/* The raw scores of four rows of a tile with some probes of so many lines. */
INLINE void tile_raws(const int8_t *rows,
		      const struct match_probe *const probes[PROBES],
		      unsigned int lines, int32x4_t raws[PROBES]);

static void fill_tile(struct tile *tile, const struct match_rows *rows,
		      uint32_t at, uint32_t dim)
{
	size_t stride = dim / 2, j;
	uint32_t i;

	tile->at = at;
	tile->count = rows->count - at < TILE ? rows->count - at : TILE;
	fill_scales(tile->scales, rows, at, tile->count);
	for (i = 0; i < tile->count; i++) {
		size_t row = (at + i) * stride;

		for (j = 0; j < stride; j += 16) {
			struct both joined = join(
				rows->coarse + row + j, rows->fine + row + j,
				INVERT_COARSE, INVERT_FINE);
			int8_t *to = tile->vectors[i] + j / 64 * MATCH_LINE +
				     j % 64;

			vst1q_s8(to, joined.lower);
			vst1q_s8(to + 64, joined.upper);
		}
	}
}

/* Holds up to four probes against a tile. */
static void search_tile(const struct match_rows *rows, const struct tile *tile,
			struct match_search *const *searches,
			unsigned int count)
{
	const struct match_probe *probes[PROBES];
	int32x4_t raws[PROBES];
	unsigned int j;
	uint32_t row;

	/* The last one stands in for those that are not there. */
	for (j = 0; j < PROBES; j++)
		probes[j] = searches[j < count ? j : count - 1]->probe;
	for (row = 0; row < tile->count; row += GROUP) {
		tile_raws(tile->vectors[row], probes, probes[0]->lines, raws);
#pragma GCC unroll 4
		for (j = 0; j < PROBES; j++) {
			if (j >= count)
				break;
			hold(rows, tile->at + row, tile->count - row, raws[j],
			     tile->scales + row, searches[j]);
		}
	}
}

static void scan_many(const struct match_rows *rows,
		      struct match_search *const *searches, unsigned int count)
{
	uint32_t dim = searches[0]->probe->dim, at;
	struct tile tile = {};
	unsigned int i;

	for (at = 0; at < rows->count; at += TILE) {
		fill_tile(&tile, rows, at, dim);
		for (i = 0; i < count; i += PROBES)
			search_tile(rows, &tile, searches + i, count - i);
	}
	explicit_bzero(&tile, sizeof(tile));
}

#endif /* LIMEN_NEON_TILE_H */
