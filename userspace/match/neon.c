// SPDX-License-Identifier: MIT
/*
 * NEON with dot products (ARMv8.2 and later). sdot multiplies 16 signed by 16
 * signed bytes and adds them, four to a lane, without saturating. Half-bytes are
 * signed bytes as they are; where both planes are read, one instruction joins
 * them to the biased bytes of a row's one half, another to those of the other.
 *
 * Rows are taken in groups of four, whose four sums fill a register for the
 * comparison with the bound. Groups come from four places of the rows in turn,
 * so that more lines are on their way from memory.
 */
#include <arm_neon.h>
#include <string.h>
#include <sys/auxv.h>

#include "match.h"

#define INLINE static inline __attribute__((always_inline))

#define GROUP 4 /* rows, as many as 32-bit lanes */
#define STREAMS 4
/* Bytes of a plane between what is read and what is asked for. */
#define AHEAD 1024

/* The sums of the lanes of four registers. */
INLINE int32x4_t sums_of(const int32x4_t sums[4])
{
	return vpaddq_s32(vpaddq_s32(sums[0], sums[1]),
			  vpaddq_s32(sums[2], sums[3]));
}

/*
 * What faces the lower half-bytes of 16 bytes of a plane, at being where these
 * lie in a row; 64 bytes on, what faces the upper ones.
 */
INLINE const int8_t *facing_at(const struct match_probe *probe, size_t at)
{
	return probe->facing[at / 64][0] + at % 64;
}

/* For four rows of a plane, sum(half-bytes * probe). */
INLINE int32x4_t four_halves(const struct match_probe *probe,
			     const uint8_t *const rows[GROUP])
{
	const uint8x16_t nibble = vdupq_n_u8(0x0f);
	int32x4_t sums[GROUP] = {};
	size_t at;
	int i;

	for (at = 0; at < probe->dim / 2; at += 16) {
		int8x16_t lower = vld1q_s8(facing_at(probe, at));
		int8x16_t upper = vld1q_s8(facing_at(probe, at) + 64);

		for (i = 0; i < GROUP; i++) {
			uint8x16_t both = vld1q_u8(rows[i] + at);
			int8x16_t low = vreinterpretq_s8_u8(
				vandq_u8(both, nibble));
			int8x16_t high = vreinterpretq_s8_u8(
				vshrq_n_u8(both, 4));

			sums[i] = vdotq_s32(sums[i], low, lower);
			sums[i] = vdotq_s32(sums[i], high, upper);
		}
	}
	return sums_of(sums);
}

/* 16 bytes of each plane, joined: components, first those of the lower halves. */
INLINE int8x16x2_t join(const uint8_t *coarse, const uint8_t *fine)
{
	const uint8x16_t bias = vdupq_n_u8(0x80);
	uint8x16_t high = vld1q_u8(coarse), low = vld1q_u8(fine);
	int8x16x2_t joined;

	joined.val[0] = vreinterpretq_s8_u8(
		veorq_u8(vsliq_n_u8(low, high, 4), bias));
	joined.val[1] = vreinterpretq_s8_u8(
		veorq_u8(vsriq_n_u8(high, low, 4), bias));
	return joined;
}

/* The raw scores of four rows. */
INLINE int32x4_t four_raws(const struct match_probe *probe,
			   const uint8_t *const coarse[GROUP],
			   const uint8_t *const fine[GROUP])
{
	int32x4_t sums[GROUP] = {};
	size_t at;
	int i;

	for (at = 0; at < probe->dim / 2; at += 16) {
		int8x16_t lower = vld1q_s8(facing_at(probe, at));
		int8x16_t upper = vld1q_s8(facing_at(probe, at) + 64);

		for (i = 0; i < GROUP; i++) {
			int8x16x2_t row = join(coarse[i] + at, fine[i] + at);

			sums[i] = vdotq_s32(sums[i], row.val[0], lower);
			sums[i] = vdotq_s32(sums[i], row.val[1], upper);
		}
	}
	return sums_of(sums);
}

/*
 * Where the rows of a group lie in a plane. In a group that is not full, the
 * last row stands in for those that are not there.
 */
INLINE void place(const uint8_t *rows[GROUP], const uint8_t *plane,
		  size_t stride, uint32_t at, uint32_t count)
{
	size_t i, j;

	for (i = 0; i < GROUP; i++) {
		rows[i] = plane + (at + (i < count ? i : count - 1)) * stride;
		for (j = 0; j < stride; j += 64)
			__builtin_prefetch(rows[i] + j + AHEAD);
	}
}

INLINE uint32x4_t load_facts(const uint32_t *facts, uint32_t count)
{
	uint32_t some[GROUP] = {};

	if (count >= GROUP)
		return vld1q_u32(facts);
	memcpy(some, facts, count * sizeof(*facts));
	return vld1q_u32(some);
}

INLINE float32x4_t norms(uint32x4_t facts)
{
	const uint32x4_t norm2 = vdupq_n_u32((1 << MATCH_NORM2_BITS) - 1);

	return vsqrtq_f32(vcvtq_f32_u32(vandq_u32(facts, norm2)));
}

/* A bit for each of the first count lanes that is not below; 0 / 0 is not. */
INLINE unsigned int not_below(float32x4_t value, float bound, uint32_t count)
{
	static const uint32_t bits[4] = { 1, 2, 4, 8 };
	uint32x4_t below = vcltq_f32(value, vdupq_n_f32(bound));
	unsigned int mask = vaddvq_u32(vbicq_u32(vld1q_u32(bits), below));

	return count < GROUP ? mask & ((1u << count) - 1) : mask;
}

/* Upper limits of raw scores: see struct match_probe. */
INLINE float32x4_t limits(const struct match_probe *probe, int32x4_t coarse,
			  uint32x4_t facts)
{
	float32x4_t residual = vcvtq_f32_u32(
		vshrq_n_u32(facts, MATCH_NORM2_BITS));
	float32x4_t limit = vcvtq_f32_s32(vshlq_n_s32(coarse, 4));

	limit = vaddq_f32(limit, vdupq_n_f32(probe->base));
	return vaddq_f32(limit, vmulq_n_f32(residual, probe->slope));
}

INLINE void offer(const struct match_rows *rows, uint32_t at, unsigned int mask,
		  int32x4_t raws, struct match_search *search)
{
	int32_t raw[GROUP];

	vst1q_s32(raw, raws);
	for (; mask; mask &= mask - 1) {
		unsigned int i = __builtin_ctz(mask);

		match_offer(search, rows, at + i, raw[i]);
	}
}

INLINE void scan_group(const struct match_rows *rows, uint32_t at,
		       uint32_t count, struct match_search *search)
{
	const struct match_probe *probe = search->probe;
	uint32x4_t facts = load_facts(rows->facts + at, count);
	const uint8_t *coarse[GROUP], *fine[GROUP];
	unsigned int mask;
	int32x4_t raws;

	place(coarse, rows->coarse, probe->dim / 2, at, count);
	place(fine, rows->fine, probe->dim / 2, at, count);
	raws = four_raws(probe, coarse, fine);
	mask = not_below(vdivq_f32(vcvtq_f32_s32(raws), norms(facts)),
			 search->bound, count);
	if (__builtin_expect(mask, 0))
		offer(rows, at, mask, raws, search);
}

static void neon_scan(const struct match_rows *rows,
		      struct match_search *search)
{
	uint32_t stream = rows->count / (STREAMS * GROUP) * GROUP;
	uint32_t at, i;

	for (at = 0; at < stream; at += GROUP)
		for (i = 0; i < STREAMS; i++)
			scan_group(rows, i * stream + at, GROUP, search);
	for (at = STREAMS * stream; at < rows->count; at += GROUP)
		scan_group(rows, at, rows->count - at, search);
}

INLINE uint32_t sieve_group(const struct match_rows *rows, uint32_t at,
			    uint32_t count, const struct match_search *search,
			    struct match_candidate *candidates)
{
	const struct match_probe *probe = search->probe;
	uint32x4_t facts = load_facts(rows->facts + at, count);
	const uint8_t *coarse[GROUP];
	int32_t sum[GROUP];
	uint32_t found = 0;
	unsigned int mask;
	int32x4_t sums;

	place(coarse, rows->coarse, probe->dim / 2, at, count);
	sums = four_halves(probe, coarse);
	mask = not_below(vdivq_f32(limits(probe, sums, facts), norms(facts)),
			 search->bound, count);
	if (__builtin_expect(!mask, 1))
		return 0;
	vst1q_s32(sum, sums);
	for (; mask; mask &= mask - 1) {
		unsigned int i = __builtin_ctz(mask);

		candidates[found].index = at + i;
		candidates[found++].coarse = sum[i];
	}
	return found;
}

static uint32_t neon_sieve(const struct match_rows *rows,
			   const struct match_search *search,
			   struct match_candidate *candidates)
{
	uint32_t stream = rows->count / (STREAMS * GROUP) * GROUP;
	uint32_t at, i, found = 0;

	for (at = 0; at < stream; at += GROUP)
		for (i = 0; i < STREAMS; i++)
			found += sieve_group(rows, i * stream + at, GROUP,
					     search, candidates + found);
	for (at = STREAMS * stream; at < rows->count; at += GROUP)
		found += sieve_group(rows, at, rows->count - at, search,
				     candidates + found);
	return found;
}

/* Candidates lie anywhere: their lines are asked for this many ahead. */
#define CANDIDATES_AHEAD 16

INLINE void settle_group(const struct match_rows *rows,
			 const struct match_candidate *candidates,
			 uint32_t count, struct match_search *search)
{
	const struct match_probe *probe = search->probe;
	size_t stride = probe->dim / 2;
	int32_t coarse[GROUP], raw[GROUP];
	const uint8_t *fine[GROUP];
	uint32_t facts[GROUP];
	unsigned int mask, i;
	int32x4_t raws;

	for (i = 0; i < GROUP; i++) {
		const struct match_candidate *candidate =
			&candidates[i < count ? i : count - 1];

		fine[i] = rows->fine + candidate->index * stride;
		facts[i] = rows->facts[candidate->index];
		coarse[i] = 16 * candidate->coarse - 128 * probe->sum;
	}
	raws = vaddq_s32(vld1q_s32(coarse), four_halves(probe, fine));
	mask = not_below(vdivq_f32(vcvtq_f32_s32(raws),
				   norms(vld1q_u32(facts))),
			 search->bound, count);
	vst1q_s32(raw, raws);
	for (; mask; mask &= mask - 1) {
		i = __builtin_ctz(mask);
		match_offer(search, rows, candidates[i].index, raw[i]);
	}
}

static void neon_settle(const struct match_rows *rows,
			const struct match_candidate *candidates,
			uint32_t count, struct match_search *search)
{
	size_t stride = search->probe->dim / 2, i;
	uint32_t at, asked = 0;

	for (at = 0; at < count; at += GROUP) {
		for (; asked < count && asked < at + CANDIDATES_AHEAD; asked++)
			for (i = 0; i < stride; i += 64)
				__builtin_prefetch(rows->fine + i +
						   candidates[asked].index *
							   stride);
		settle_group(rows, candidates + at, count - at, search);
	}
}

/* Rows that many probes are held against while they are in the cache. */
#define TILE 32
/* Probes that a row, once in registers, is multiplied by. */
#define PROBES 4

/**
 * struct tile - some rows, their planes joined
 * @vectors: components, in the order of struct match_probe's facing
 * @scales: of each row, 1 / |row|
 * @count: how many they are; behind them is whatever was there before
 */
struct tile {
	int8_t vectors[TILE][LIMEN_DIM_MAX] __attribute__((aligned(64)));
	float scales[TILE];
	uint32_t count;
};

static void fill_tile(struct tile *tile, const struct match_rows *rows,
		      uint32_t at, uint32_t dim)
{
	const float32x4_t one = vdupq_n_f32(1);
	size_t stride = dim / 2, j;
	uint32_t i;

	tile->count = rows->count - at < TILE ? rows->count - at : TILE;
	for (i = 0; i < tile->count; i += GROUP) {
		uint32x4_t facts = load_facts(rows->facts + at + i,
					      tile->count - i);

		vst1q_f32(tile->scales + i, vdivq_f32(one, norms(facts)));
	}
	for (i = 0; i < tile->count; i++) {
		size_t row = (at + i) * stride;

		for (j = 0; j < stride; j += 16) {
			int8x16x2_t joined = join(rows->coarse + row + j,
						  rows->fine + row + j);
			int8_t *to = tile->vectors[i] + j / 64 * MATCH_LINE +
				     j % 64;

			vst1q_s8(to, joined.val[0]);
			vst1q_s8(to + 64, joined.val[1]);
		}
	}
}

/*
 * The raw scores of four rows of a tile with some probes. Where a row ends in the
 * middle of a line, what faces the rest of it is zero.
 */
INLINE void tile_raws(const int8_t *rows,
		      struct match_search *const searches[PROBES],
		      int32x4_t raws[PROBES])
{
	size_t size = searches[0]->probe->lines * MATCH_LINE, at;
	int32x4_t sums[PROBES][GROUP] = {};
	int i, j;

	for (at = 0; at < size; at += 16) {
		int8x16_t row[GROUP];

		for (i = 0; i < GROUP; i++)
			row[i] = vld1q_s8(rows + i * LIMEN_DIM_MAX + at);
		for (j = 0; j < PROBES; j++) {
			const struct match_probe *probe = searches[j]->probe;
			int8x16_t faces = vld1q_s8(probe->facing[0][0] + at);

			for (i = 0; i < GROUP; i++)
				sums[j][i] = vdotq_s32(sums[j][i], row[i],
						       faces);
		}
	}
	for (j = 0; j < PROBES; j++)
		raws[j] = sums_of(sums[j]);
}

/* Holds up to four probes against a tile, whose first row is at. */
static void search_tile(const struct tile *tile, const struct match_rows *rows,
			uint32_t at, struct match_search *const *searches,
			unsigned int count)
{
	struct match_search *some[PROBES];
	int32x4_t raws[PROBES];
	uint32_t row;
	unsigned int j;

	/* The last one stands in for those that are not there. */
	for (j = 0; j < PROBES; j++)
		some[j] = searches[j < count ? j : count - 1];
	for (row = 0; row < tile->count; row += GROUP) {
		float32x4_t scales = vld1q_f32(tile->scales + row);

		tile_raws(tile->vectors[row], some, raws);
		for (j = 0; j < PROBES && j < count; j++) {
			float32x4_t scaled = vmulq_f32(vcvtq_f32_s32(raws[j]),
						       scales);
			unsigned int mask = not_below(scaled, some[j]->bound,
						      tile->count - row);

			if (__builtin_expect(mask, 0))
				offer(rows, at + row, mask, raws[j], some[j]);
		}
	}
}

static void neon_scan_many(const struct match_rows *rows,
			   struct match_search *const *searches,
			   unsigned int count)
{
	uint32_t dim = searches[0]->probe->dim, at;
	struct tile tile = {};
	unsigned int i;

	for (at = 0; at < rows->count; at += TILE) {
		fill_tile(&tile, rows, at, dim);
		for (i = 0; i < count; i += PROBES)
			search_tile(&tile, rows, at, searches + i, count - i);
	}
	explicit_bzero(&tile, sizeof(tile));
}

static int32_t neon_dot(const int8_t *a, const int8_t *b, uint32_t dim)
{
	int32x4_t sums[4] = {};
	uint32_t at;
	int i;

	for (at = 0; at < dim; at += MATCH_UNIT)
		for (i = 0; i < 4; i++)
			sums[i] = vdotq_s32(sums[i],
					    vld1q_s8(a + at + 16 * i),
					    vld1q_s8(b + at + 16 * i));
	return vaddvq_s32(sums_of(sums));
}

static struct match_products neon_products(const int8_t *probe,
					   const int8_t *reference,
					   uint32_t dim)
{
	struct match_products products;
	int32x4_t raw = {}, probes = {}, references = {};
	uint32_t at;

	for (at = 0; at < dim; at += 16) {
		int8x16_t x = vld1q_s8(probe + at);
		int8x16_t y = vld1q_s8(reference + at);

		raw = vdotq_s32(raw, x, y);
		probes = vdotq_s32(probes, x, x);
		references = vdotq_s32(references, y, y);
	}
	products.raw = vaddvq_s32(raw);
	products.probe_norm2 = vaddvq_s32(probes);
	products.reference_norm2 = vaddvq_s32(references);
	return products;
}

static const char *neon_unusable(void)
{
	if (getauxval(AT_HWCAP) & HWCAP_ASIMDDP)
		return NULL;
	return "the processor has no NEON dot product (asimddp)";
}

const struct match_kernels match_neon = {
	.name = "neon-dotprod",
	.unusable = neon_unusable,
	.dot = neon_dot,
	.products = neon_products,
	.scan = neon_scan,
	.sieve = neon_sieve,
	.settle = neon_settle,
	.scan_many = neon_scan_many,
};
