// SPDX-License-Identifier: MIT
/*
 * AVX-512 VNNI. vpdpbusd multiplies 64 unsigned by 64 signed bytes and adds them,
 * four to a lane, without saturating: half-bytes of a plane, or whole bytes
 * biased by 128, against the components of the probe.
 *
 * Searches take rows in groups of 16: 16 sums, one a row, then fill a register,
 * and the comparison with the bound is a few instructions for all of them. A
 * group's rows come from four places in turn, because more lines are on their way
 * from memory for several streams than for one.
 */
#include <immintrin.h>
#include <string.h>

#include "zmm.h"

#define STREAMS 4
/* Bytes of a plane between what is read and what is asked for. */
#define AHEAD 1024

/**
 * struct facing - a probe in registers
 * @lower: what faces the lower half-bytes of each line
 * @upper: likewise the upper ones
 * @units: dim / MATCH_UNIT, constant wherever it is used
 */
struct facing {
	__m512i lower[MATCH_LINES];
	__m512i upper[MATCH_LINES];
	unsigned int units;
};

INLINE struct facing face(const struct match_probe *probe, unsigned int units)
{
	struct facing facing = { .units = units };
	unsigned int i;

	for (i = 0; i < (units + 1) / 2; i++) {
		facing.lower[i] = _mm512_load_si512(probe->facing[i][0]);
		facing.upper[i] = _mm512_load_si512(probe->facing[i][1]);
	}
	return facing;
}

/* A cache line of a row, or its first half if the row ends there. */
INLINE __m512i load_line(const uint8_t *row, unsigned int line,
			 unsigned int units)
{
	if (2 * line + 1 < units)
		return _mm512_loadu_si512(row + 64 * line);
	return _mm512_zextsi256_si512(
		_mm256_loadu_si256((const __m256i *)(row + 64 * line)));
}

/* Lanes whose sum is that of a row's half-bytes times what faces them. */
INLINE __m512i multiply_halves(__m512i sum, const uint8_t *row,
			       const struct facing *facing)
{
	const __m512i nibble = _mm512_set1_epi8(0x0f);
	unsigned int i;

	for (i = 0; i < (facing->units + 1) / 2; i++) {
		__m512i both = load_line(row, i, facing->units);
		__m512i lower = _mm512_and_si512(both, nibble);
		__m512i upper = _mm512_and_si512(_mm512_srli_epi16(both, 4),
						 nibble);

		sum = multiply_add(sum, lower, facing->lower[i]);
		sum = multiply_add(sum, upper, facing->upper[i]);
	}
	return sum;
}

/* Lanes of a, then of b, half as many: each the sum of two. */
INLINE __m512i fold32(__m512i a, __m512i b)
{
	return _mm512_add_epi32(_mm512_unpacklo_epi32(a, b),
				_mm512_unpackhi_epi32(a, b));
}

INLINE __m512i fold64(__m512i a, __m512i b)
{
	return _mm512_add_epi32(_mm512_unpacklo_epi64(a, b),
				_mm512_unpackhi_epi64(a, b));
}

INLINE __m512i fold128(__m512i a, __m512i b)
{
	return _mm512_add_epi32(_mm512_shuffle_i32x4(a, b, 0x88),
				_mm512_shuffle_i32x4(a, b, 0xdd));
}

/* The sums of 16 registers, in order: a tree of additions and shuffles. */
INLINE __m512i sums_of(const __m512i rows[GROUP])
{
	__m512i four[4];
	unsigned int i;

	for (i = 0; i < 4; i++)
		four[i] = fold64(fold32(rows[4 * i], rows[4 * i + 1]),
				 fold32(rows[4 * i + 2], rows[4 * i + 3]));
	return fold128(fold128(four[0], four[1]), fold128(four[2], four[3]));
}

/**
 * struct group - 16 rows, one a lane
 * @at: STREAMS places with four rows that follow one another at each: lane i is
 *	row at[i / 4] + i % 4
 * @mask: lanes in use
 */
struct group {
	uint32_t at[STREAMS];
	__mmask16 mask;
};

INLINE uint32_t group_row(const struct group *group, unsigned int lane)
{
	return group->at[lane / 4] + lane % 4;
}

/* One sum a lane, of the rows of a group in one plane; 0 in unused lanes. */
INLINE __m512i group_halves(const uint8_t *plane, const struct group *group,
			    const struct facing *facing)
{
	size_t stride = facing->units * (MATCH_UNIT / 2);
	__m512i rows[GROUP];
	unsigned int turn;
	size_t i;

	for (turn = 0; turn < GROUP; turn++) {
		unsigned int lane = turn % STREAMS * 4 + turn / STREAMS;
		const uint8_t *row = plane + group_row(group, lane) * stride;

		rows[lane] = _mm512_setzero_si512();
		if (!(group->mask >> lane & 1))
			continue;
		for (i = 0; i < stride; i += 64)
			_mm_prefetch((const char *)row + i + AHEAD,
				     _MM_HINT_T0);
		rows[lane] = multiply_halves(rows[lane], row, facing);
	}
	return sums_of(rows);
}

INLINE __m128i four_facts(const uint32_t *facts, const struct group *group,
			  unsigned int i)
{
	return _mm_maskz_loadu_epi32(group->mask >> (4 * i),
				     facts + group->at[i]);
}

INLINE __m512i group_facts(const uint32_t *facts, const struct group *group)
{
	__m512i all = _mm512_castsi128_si512(four_facts(facts, group, 0));

	all = _mm512_inserti32x4(all, four_facts(facts, group, 1), 1);
	all = _mm512_inserti32x4(all, four_facts(facts, group, 2), 2);
	return _mm512_inserti32x4(all, four_facts(facts, group, 3), 3);
}

/* Those of value / |row| that are not below the bound; 0 / 0 is not either. */
INLINE __mmask16 not_below(__mmask16 mask, __m512 value, __m512i facts,
			   float bound)
{
	return _mm512_mask_cmp_ps_mask(mask,
				       _mm512_div_ps(value, norms(facts)),
				       _mm512_set1_ps(bound), _CMP_NLT_UQ);
}

INLINE void scan_group(const struct match_rows *rows,
		       const struct group *group, const struct facing *facing,
		       struct match_search *search)
{
	__m512i coarse = group_halves(rows->coarse, group, facing);
	__m512i fine = group_halves(rows->fine, group, facing);
	__m512i raws = _mm512_add_epi32(_mm512_slli_epi32(coarse, 4), fine);
	int32_t raw[GROUP];
	__mmask16 mask;

	raws = _mm512_sub_epi32(raws,
				_mm512_set1_epi32(128 * search->probe->sum));
	mask = not_below(group->mask, _mm512_cvtepi32_ps(raws),
			 group_facts(rows->facts, group), search->bound);
	if (__builtin_expect(!mask, 1))
		return;
	_mm512_storeu_si512(raw, raws);
	for (; mask; mask &= mask - 1) {
		unsigned int lane = __builtin_ctz(mask);

		match_offer(search, rows, group_row(group, lane), raw[lane]);
	}
}

INLINE __m512i group_rows(const struct group *group)
{
	const __m512i steps = _mm512_set4_epi32(3, 2, 1, 0);
	__m512i all = _mm512_castsi128_si512(_mm_set1_epi32(group->at[0]));

	all = _mm512_inserti32x4(all, _mm_set1_epi32(group->at[1]), 1);
	all = _mm512_inserti32x4(all, _mm_set1_epi32(group->at[2]), 2);
	all = _mm512_inserti32x4(all, _mm_set1_epi32(group->at[3]), 3);
	return _mm512_add_epi32(all, steps);
}

/*
 * Writes a struct match_candidate for each lane of the mask, without a branch:
 * which lanes they are cannot be predicted.
 */
INLINE uint32_t list_candidates(const struct group *group, __mmask16 mask,
				__m512i coarse,
				struct match_candidate *candidates)
{
	/* Pairs of a lane's row and sum, for lanes 0 to 7 and 8 to 15. */
	const __m512i first = _mm512_set_epi32(23, 7, 22, 6, 21, 5, 20, 4, 19,
					       3, 18, 2, 17, 1, 16, 0);
	const __m512i last = _mm512_add_epi32(first, _mm512_set1_epi32(8));
	__m512i rows = group_rows(group);
	unsigned int count = __builtin_popcount(mask & 0xff);

	_mm512_mask_compressstoreu_epi64(candidates, mask,
					 _mm512_permutex2var_epi32(rows, first,
								   coarse));
	_mm512_mask_compressstoreu_epi64(candidates + count, mask >> 8,
					 _mm512_permutex2var_epi32(rows, last,
								   coarse));
	return count + __builtin_popcount(mask >> 8);
}

INLINE uint32_t sieve_group(const struct match_rows *rows,
			    const struct group *group,
			    const struct facing *facing,
			    const struct match_search *search,
			    struct match_candidate *candidates)
{
	const struct match_probe *probe = search->probe;
	__m512i coarse = group_halves(rows->coarse, group, facing);
	__m512i facts = group_facts(rows->facts, group);
	__m512 limit = _mm512_cvtepi32_ps(_mm512_slli_epi32(coarse, 4));
	__m512i residual = _mm512_srli_epi32(facts, MATCH_NORM2_BITS);
	__mmask16 mask;

	limit = _mm512_add_ps(limit, _mm512_set1_ps(probe->base));
	limit = _mm512_fmadd_ps(_mm512_cvtepi32_ps(residual),
				_mm512_set1_ps(probe->slope), limit);
	mask = not_below(group->mask, limit, facts, search->bound);
	if (!mask)
		return 0;
	return list_candidates(group, mask, coarse, candidates);
}

/* Sets a group to rows that follow each of STREAMS places, step rows apart. */
INLINE struct group group_at(uint32_t first, uint32_t step)
{
	const struct group group = {
		.at = { first, first + step, first + 2 * step,
			first + 3 * step },
		.mask = 0xffff,
	};

	return group;
}

/* The rows left over by whole groups. */
INLINE struct group group_of_rest(uint32_t count)
{
	struct group group = group_at(count / GROUP * GROUP, 4);

	group.mask = 0xffff >> (GROUP - count % GROUP);
	return group;
}

INLINE void scan_units(const struct match_rows *rows,
		       struct match_search *search, unsigned int units)
{
	struct facing facing = face(search->probe, units);
	uint32_t stream = rows->count / GROUP * 4, at;
	struct group group;

	for (at = 0; at < stream; at += 4) {
		group = group_at(at, stream);
		scan_group(rows, &group, &facing, search);
	}
	if (rows->count % GROUP) {
		group = group_of_rest(rows->count);
		scan_group(rows, &group, &facing, search);
	}
}

INLINE uint32_t sieve_units(const struct match_rows *rows,
			    const struct match_search *search,
			    struct match_candidate *candidates,
			    unsigned int units)
{
	struct facing facing = face(search->probe, units);
	uint32_t stream = rows->count / GROUP * 4, found = 0, at;
	struct group group;

	for (at = 0; at < stream; at += 4) {
		group = group_at(at, stream);
		found += sieve_group(rows, &group, &facing, search,
				     candidates + found);
	}
	if (rows->count % GROUP) {
		group = group_of_rest(rows->count);
		found += sieve_group(rows, &group, &facing, search,
				     candidates + found);
	}
	return found;
}

/* Candidates lie anywhere: their lines are asked for this many ahead. */
#define CANDIDATES_AHEAD 32

INLINE void prefetch_candidate(const uint8_t *plane, size_t stride,
			       const struct match_candidate *candidate)
{
	size_t i;

	for (i = 0; i < stride; i += 64)
		_mm_prefetch((const char *)plane + candidate->index * stride + i,
			     _MM_HINT_T0);
}

INLINE void settle_group(const struct match_rows *rows,
			 const struct match_candidate *candidates,
			 unsigned int count, const struct facing *facing,
			 struct match_search *search)
{
	size_t stride = facing->units * (MATCH_UNIT / 2);
	int32_t coarse[GROUP] = {}, raw[GROUP];
	uint32_t facts[GROUP] = {};
	__mmask16 mask = 0xffff >> (GROUP - count);
	__m512i fine[GROUP], raws;
	unsigned int i;

	for (i = 0; i < GROUP; i++) {
		fine[i] = _mm512_setzero_si512();
		if (i >= count)
			continue;
		coarse[i] = candidates[i].coarse;
		facts[i] = rows->facts[candidates[i].index];
		fine[i] = multiply_halves(fine[i], rows->fine +
					  candidates[i].index * stride, facing);
	}
	raws = _mm512_slli_epi32(_mm512_loadu_si512(coarse), 4);
	raws = _mm512_add_epi32(raws, sums_of(fine));
	raws = _mm512_sub_epi32(raws,
				_mm512_set1_epi32(128 * search->probe->sum));
	mask = not_below(mask, _mm512_cvtepi32_ps(raws),
			 _mm512_loadu_si512(facts), search->bound);
	_mm512_storeu_si512(raw, raws);
	for (; mask; mask &= mask - 1) {
		i = __builtin_ctz(mask);
		match_offer(search, rows, candidates[i].index, raw[i]);
	}
}

INLINE void settle_units(const struct match_rows *rows,
			 const struct match_candidate *candidates,
			 uint32_t count, struct match_search *search,
			 unsigned int units)
{
	struct facing facing = face(search->probe, units);
	size_t stride = units * (MATCH_UNIT / 2);
	uint32_t at, asked = 0;

	for (at = 0; at < count; at += GROUP) {
		uint32_t some = count - at < GROUP ? count - at : GROUP;

		for (; asked < count && asked < at + CANDIDATES_AHEAD; asked++)
			prefetch_candidate(rows->fine, stride,
					   candidates + asked);
		settle_group(rows, candidates + at, some, &facing, search);
	}
}

void avx512_scan(const struct match_rows *rows, struct match_search *search)
{
#define SCAN(units) scan_units(rows, search, units)
	FOR_UNITS(search->probe->dim, SCAN);
#undef SCAN
}

uint32_t avx512_sieve(const struct match_rows *rows,
		      const struct match_search *search,
		      struct match_candidate *candidates)
{
	uint32_t found = 0;

#define SIEVE(units) (found = sieve_units(rows, search, candidates, units))
	FOR_UNITS(search->probe->dim, SIEVE);
#undef SIEVE
	return found;
}

void avx512_settle(const struct match_rows *rows,
		   const struct match_candidate *candidates, uint32_t count,
		   struct match_search *search)
{
#define SETTLE(units) settle_units(rows, candidates, count, search, units)
	FOR_UNITS(search->probe->dim, SETTLE);
#undef SETTLE
}

static const uint64_t bias_128[8] __attribute__((aligned(64))) = {
	0x8080808080808080, 0x8080808080808080, 0x8080808080808080,
	0x8080808080808080, 0x8080808080808080, 0x8080808080808080,
	0x8080808080808080, 0x8080808080808080,
};

INLINE int32_t sum_of(__m512i lanes)
{
	__m256i eight = _mm256_add_epi32(_mm512_castsi512_si256(lanes),
					 _mm512_extracti64x4_epi64(lanes, 1));
	__m128i four = _mm_add_epi32(_mm256_castsi256_si128(eight),
				     _mm256_extracti128_si256(eight, 1));

	four = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4e));
	four = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0xb1));
	return _mm_cvtsi128_si32(four);
}

/*
 * Of x * y = (x + 128) * y - 128 * y, both terms have a factor without sign. Each
 * has three sums, so that an addition need not wait for the one before.
 */
INLINE int32_t dot_units(const int8_t *a, const int8_t *b, unsigned int units)
{
	const __m512i bias = _mm512_load_si512(bias_128);
	__m512i biased[3] = {}, excess[3] = {};
	unsigned int i;

#pragma GCC unroll 8
	for (i = 0; i < units; i++) {
		__m512i x = _mm512_loadu_si512(a + 64 * i);
		__m512i y = _mm512_loadu_si512(b + 64 * i);

		biased[i % 3] = multiply_add(biased[i % 3],
					     _mm512_xor_si512(x, bias), y);
		excess[i % 3] = multiply_add(excess[i % 3], bias, y);
	}
	for (i = 0; i < 3; i++)
		biased[i] = _mm512_sub_epi32(biased[i], excess[i]);
	return sum_of(_mm512_add_epi32(_mm512_add_epi32(biased[0], biased[1]),
				       biased[2]));
}

int32_t avx512_dot(const int8_t *a, const int8_t *b, uint32_t dim)
{
	int32_t raw = 0;

	if (dim == LIMEN_DIM_MAX) /* sooner predicted than a table of jumps */
		return dot_units(a, b, LIMEN_DIM_MAX / MATCH_UNIT);
#define DOT(units) (raw = dot_units(a, b, units))
	FOR_UNITS(dim, DOT);
#undef DOT
	return raw;
}

struct match_products avx512_products(const int8_t *probe,
				      const int8_t *reference, uint32_t dim)
{
	const __m512i bias = _mm512_load_si512(bias_128);
	__m512i zero = _mm512_setzero_si512();
	__m512i raw = zero, xx = zero, yy = zero, x128 = zero, y128 = zero;
	struct match_products products;
	uint32_t i;

	for (i = 0; i < dim; i += 64) {
		__m512i x = _mm512_loadu_si512(probe + i);
		__m512i y = _mm512_loadu_si512(reference + i);
		__m512i biased = _mm512_xor_si512(x, bias);

		raw = multiply_add(raw, biased, y);
		xx = multiply_add(xx, biased, x);
		yy = multiply_add(yy, _mm512_xor_si512(y, bias), y);
		x128 = multiply_add(x128, bias, x);
		y128 = multiply_add(y128, bias, y);
	}
	products.raw = sum_of(_mm512_sub_epi32(raw, y128));
	products.probe_norm2 = sum_of(_mm512_sub_epi32(xx, x128));
	products.reference_norm2 = sum_of(_mm512_sub_epi32(yy, y128));
	return products;
}

const char *avx512_unusable(void)
{
	/* These ask the processor and, for its registers, the kernel. */
	if (__builtin_cpu_supports("avx512f") &&
	    __builtin_cpu_supports("avx512bw") &&
	    __builtin_cpu_supports("avx512vl") &&
	    __builtin_cpu_supports("avx512dq") &&
	    __builtin_cpu_supports("avx512vnni"))
		return NULL;
	return "the processor has no AVX-512 VNNI";
}

const struct match_kernels match_avx512 = {
	.name = "avx512-vnni",
	.unusable = avx512_unusable,
	.dot = avx512_dot,
	.products = avx512_products,
	.scan = avx512_scan,
	.sieve = avx512_sieve,
	.settle = avx512_settle,
	.scan_many = avx512_scan_many,
};
