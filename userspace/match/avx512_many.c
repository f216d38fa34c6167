// SPDX-License-Identifier: MIT
/*
 * AVX-512 VNNI: searches for many probes at once. Arithmetic is the limit, not memory:
 * a tile of rows is put together from its planes once, turned so that a register holds
 * four components of each of 16 rows, and multiplied by four components of a probe in
 * all lanes: sums then need no shuffling. Probes come in panels, as many as have room
 * for their sums in registers.
 */
#include <string.h>

#include "zmm.h"

#define TILE 32 /* rows */
#define TILE_GROUPS (TILE / GROUP)
#define PANEL 8 /* probes */
/* Four components, as one lane takes them. */
#define QUADS_MAX (LIMEN_DIM_MAX / 4)
#define LINE_QUADS 16 /* in the lower half-bytes of a line, and in the upper */

/**
 * struct tile - rows, turned
 * @quads: of each four components in the order of match_probe.facing, 16 rows
 *	a register
 * @inverse: 1 / |row|
 * @mask: rows there are
 */
struct tile {
	__m512i quads[QUADS_MAX][TILE_GROUPS];
	__m512 inverse[TILE_GROUPS];
	__mmask16 mask[TILE_GROUPS];
};

/**
 * struct panel - probes, turned
 * @quads: four components of each
 */
struct panel {
	int32_t quads[QUADS_MAX][PANEL];
};

/* Where 16 rows begin. */
struct starts {
	const uint8_t *row[GROUP];
};

/* 16 bytes of each of the rows first, first + 4, first + 8 and first + 12. */
INLINE __m512i gather_rows(const struct starts *starts, unsigned int first,
			   size_t at)
{
	__m128i row[4];
	__m512i all;
	unsigned int i;

	for (i = 0; i < 4; i++)
		row[i] = _mm_loadu_si128(
			(const __m128i *)(starts->row[first + 4 * i] + at));
	/* Masked loads spare the one unit that shuffles. */
	all = _mm512_castsi128_si512(row[0]);
	all = _mm512_mask_broadcast_i32x4(all, 0x00f0, row[1]);
	all = _mm512_mask_broadcast_i32x4(all, 0x0f00, row[2]);
	return _mm512_mask_broadcast_i32x4(all, 0xf000, row[3]);
}

/* The bytes at to at + 15 of 16 rows, four of them to a register. */
INLINE void turn_bytes(const struct starts *starts, size_t at,
		       __m512i turned[4])
{
	__m512i a = gather_rows(starts, 0, at);
	__m512i b = gather_rows(starts, 1, at);
	__m512i c = gather_rows(starts, 2, at);
	__m512i d = gather_rows(starts, 3, at);
	__m512i ab = _mm512_unpacklo_epi32(a, b);
	__m512i cd = _mm512_unpacklo_epi32(c, d);

	turned[0] = _mm512_unpacklo_epi64(ab, cd);
	turned[1] = _mm512_unpackhi_epi64(ab, cd);
	ab = _mm512_unpackhi_epi32(a, b);
	cd = _mm512_unpackhi_epi32(c, d);
	turned[2] = _mm512_unpacklo_epi64(ab, cd);
	turned[3] = _mm512_unpackhi_epi64(ab, cd);
}

/*
 * Turns 16 bytes of either plane of 16 rows: the quads that face the lower
 * half-bytes and, a line's worth further on, those that face the upper ones.
 */
INLINE void turn_quads(const struct starts *coarse, const struct starts *fine,
		       size_t at, __m512i (*quads)[TILE_GROUPS])
{
	const __m512i upper = _mm512_set1_epi8((char)0xf0);
	__m512i high[4], low[4];
	unsigned int i;

	turn_bytes(coarse, at, high);
	turn_bytes(fine, at, low);
	for (i = 0; i < 4; i++) {
		/* Bits from the second operand where upper has ones: 0xca. */
		quads[i][0] = _mm512_ternarylogic_epi64(
			upper, _mm512_slli_epi16(high[i], 4), low[i], 0xca);
		quads[LINE_QUADS + i][0] = _mm512_ternarylogic_epi64(
			upper, high[i], _mm512_srli_epi16(low[i], 4), 0xca);
	}
}

INLINE void turn_rows(const struct match_rows *rows, uint32_t at,
		      unsigned int units, struct tile *tile)
{
	size_t stride = units * (MATCH_UNIT / 2), byte;
	struct starts coarse, fine;
	unsigned int group, i;

	for (group = 0; group < TILE_GROUPS; group++, at += GROUP) {
		uint32_t count = at < rows->count ? rows->count - at : 0;
		__m512i facts;

		tile->mask[group] = count < GROUP ? (1 << count) - 1 : 0xffff;
		if (!count)
			continue;
		facts = _mm512_maskz_loadu_epi32(tile->mask[group],
						 rows->facts + at);
		tile->inverse[group] = _mm512_div_ps(_mm512_set1_ps(1),
						     norms(facts));
		for (i = 0; i < GROUP; i++) {
			/* Rows that are not there repeat the last one. */
			size_t row = at + (i < count ? i : count - 1);

			coarse.row[i] = rows->coarse + row * stride;
			fine.row[i] = rows->fine + row * stride;
		}
		for (byte = 0; byte < stride; byte += 16)
			turn_quads(&coarse, &fine, byte,
				   (void *)&tile->quads[byte / 64 * 32 +
							byte % 64 / 4][group]);
	}
}

/*
 * The sums of a tile and a panel, and lines of the next tile asked for meanwhile,
 * one with every quad.
 */
INLINE void multiply_tile(const struct tile *tile, const struct panel *panel,
			  unsigned int quads, const char *ahead,
			  __m512i sums[PANEL][TILE_GROUPS])
{
	unsigned int quad, i, group;

#pragma GCC unroll 8
	for (i = 0; i < PANEL; i++)
		for (group = 0; group < TILE_GROUPS; group++)
			sums[i][group] = _mm512_setzero_si512();
	for (quad = 0; quad < quads; quad++) {
		_mm_prefetch(ahead + 64 * quad, _MM_HINT_T1);
#pragma GCC unroll 8
		for (i = 0; i < PANEL; i++) {
			__m512i probe =
				_mm512_set1_epi32(panel->quads[quad][i]);

#pragma GCC unroll 2
			for (group = 0; group < TILE_GROUPS; group++)
				sums[i][group] = multiply_add(
					sums[i][group],
					tile->quads[quad][group], probe);
		}
	}
}

INLINE void offer_tile(const struct match_rows *rows, uint32_t at,
		       const struct tile *tile, unsigned int group,
		       __m512i sums, struct match_search *search)
{
	__m512i raws = _mm512_sub_epi32(
		sums, _mm512_set1_epi32(128 * search->probe->sum));
	/* A vector of zeros makes it 0 * infinity, which is not below. */
	__mmask16 mask = _mm512_mask_cmp_ps_mask(
		tile->mask[group],
		_mm512_mul_ps(_mm512_cvtepi32_ps(raws), tile->inverse[group]),
		_mm512_set1_ps(search->bound), _CMP_NLT_UQ);
	int32_t raw[GROUP];

	if (__builtin_expect(!mask, 1))
		return;
	_mm512_storeu_si512(raw, raws);
	for (; mask; mask &= mask - 1) {
		unsigned int lane = __builtin_ctz(mask);

		match_offer(search, rows, at + group * GROUP + lane, raw[lane]);
	}
}

static void turn_probes(struct match_search *const *searches,
			unsigned int count, struct panel *panels)
{
	unsigned int i, quad;

	for (i = 0; i < count; i++) {
		const struct match_probe *probe = searches[i]->probe;

		for (quad = 0; quad < 32 * probe->lines; quad++)
			memcpy(&panels[i / PANEL].quads[quad][i % PANEL],
			       (const char *)probe->facing + 4 * quad, 4);
	}
}

INLINE void scan_panels(const struct match_rows *rows, const struct panel *panels,
			struct match_search *const *searches,
			unsigned int count, unsigned int units)
{
	size_t stride = units * (MATCH_UNIT / 2);
	unsigned int quads = (units + 1) / 2 * 32, i, j, group;
	__m512i sums[PANEL][TILE_GROUPS];
	struct tile tile;
	uint32_t at;

	if (units % 2) /* the rest of the last line faces zeros, but is read */
		memset(tile.quads, 0, sizeof(tile.quads));
	for (at = 0; at < rows->count; at += TILE) {
		turn_rows(rows, at, units, &tile);
		for (i = 0; i < count; i += PANEL) {
			const uint8_t *ahead = i / PANEL % 2 ? rows->fine :
							       rows->coarse;

			multiply_tile(&tile, &panels[i / PANEL], quads,
				      (const char *)ahead +
				      (at + TILE) * stride, sums);
#pragma GCC unroll 8
			for (j = 0; j < PANEL; j++)
				for (group = 0; group < TILE_GROUPS &&
						i + j < count; group++)
					offer_tile(rows, at, &tile, group,
						   sums[j][group],
						   searches[i + j]);
		}
	}
	explicit_bzero(&tile, sizeof(tile));
}

void avx512_scan_many(const struct match_rows *rows,
		      struct match_search *const *searches, unsigned int count)
{
	struct panel panels[MATCH_PROBES_MAX / PANEL];
	size_t used = (count + PANEL - 1) / PANEL * sizeof(*panels);

	memset(panels, 0, used);
	turn_probes(searches, count, panels);
#define SCAN_PANELS(units) scan_panels(rows, panels, searches, count, units)
	FOR_UNITS(searches[0]->probe->dim, SCAN_PANELS);
#undef SCAN_PANELS
	explicit_bzero(panels, used);
}
