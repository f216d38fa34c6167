// SPDX-License-Identifier: MIT
/*
 * AVX-VNNI: vpdpbusd as AVX-512 VNNI has it, in 256-bit registers and encoded for
 * processors without AVX-512. It multiplies 32 unsigned by 32 signed bytes and adds
 * them, four to a lane of 32 bits, without saturating: there are no narrow sums, and
 * nothing to widen.
 */
#include <cpuid.h>

#include "avxvnni.h"
#include "ymm_one.h"

/*
 * Sums of two registers a row, of what faces either half-bytes: of one, each addition
 * would wait for the one before.
 */
INLINE void add_unit(__m256i sums[2], const uint8_t *at, __m256i lower,
		     __m256i upper)
{
	const __m256i nibble = _mm256_set1_epi8(0x0f);
	__m256i both = load(at);

	/* Without this, the compiler loads a row twice to save a register. */
	__asm__("" : "+x"(both));
	sums[0] = multiply_add(sums[0], _mm256_and_si256(both, nibble), lower);
	both = _mm256_and_si256(_mm256_srli_epi16(both, 4), nibble);
	sums[1] = multiply_add(sums[1], both, upper);
}

INLINE __m128i four_sums(const struct match_probe *probe,
			 const uint8_t *const rows[4], unsigned int units)
{
	const int8_t *facing = probe->facing[0][0];
	__m256i halves[4][2] = {}, sums[4];
	unsigned int unit, i;

	KEEP_IN_MEMORY(facing);
#pragma GCC unroll 8
	for (unit = 0; unit < units; unit++) {
		__m256i lower = load(facing + facing_at(unit));
		__m256i upper = load(facing + facing_at(unit) + 64);

#pragma GCC unroll 4
		for (i = 0; i < 4; i++)
			add_unit(halves[i], rows[i] + unit * HALF, lower,
				 upper);
	}
#pragma GCC unroll 4
	for (i = 0; i < 4; i++)
		sums[i] = _mm256_add_epi32(halves[i][0], halves[i][1]);
	return sums_of(sums);
}

INLINE int32_t rest_sum(const struct match_probe *probe, const uint8_t *row,
			unsigned int from, unsigned int units)
{
	const int8_t *facing = probe->facing[0][0];
	__m256i halves[2] = {};
	unsigned int unit;

	for (unit = from; unit < units; unit++)
		add_unit(halves, row + unit * HALF,
			 load(facing + facing_at(unit)),
			 load(facing + facing_at(unit) + 64));
	return sum_of(_mm256_add_epi32(halves[0], halves[1]));
}

/*
 * Of x * y = (x + 128) * y - 128 * y, both terms have a factor without sign.
 */
static int32_t avxvnni_dot(const int8_t *a, const int8_t *b, uint32_t dim)
{
	const __m256i bias = _mm256_set1_epi8(-128);
	__m256i biased[2] = {}, excess[2] = {};
	uint32_t at, i;

	for (at = 0; at < dim; at += MATCH_UNIT) {
		for (i = 0; i < 2; i++) {
			__m256i x = load(a + at + 32 * i);
			__m256i y = load(b + at + 32 * i);

			biased[i] = multiply_add(biased[i],
						 _mm256_xor_si256(x, bias), y);
			excess[i] = multiply_add(excess[i], bias, y);
		}
	}
	for (i = 0; i < 2; i++)
		biased[i] = _mm256_sub_epi32(biased[i], excess[i]);
	return sum_of(_mm256_add_epi32(biased[0], biased[1]));
}

static struct match_products avxvnni_products(const int8_t *probe,
					      const int8_t *reference,
					      uint32_t dim)
{
	const __m256i bias = _mm256_set1_epi8(-128);
	__m256i raw = {}, xx = {}, yy = {}, x128 = {}, y128 = {};
	uint32_t i;

	for (i = 0; i < dim; i += 32) {
		__m256i x = load(probe + i), y = load(reference + i);
		__m256i biased = _mm256_xor_si256(x, bias);

		raw = multiply_add(raw, biased, y);
		xx = multiply_add(xx, biased, x);
		yy = multiply_add(yy, _mm256_xor_si256(y, bias), y);
		x128 = multiply_add(x128, bias, x);
		y128 = multiply_add(y128, bias, y);
	}
	return products_of(_mm256_sub_epi32(raw, y128),
			   _mm256_sub_epi32(xx, x128),
			   _mm256_sub_epi32(yy, y128));
}

/* Bits of CPUID's leaf 7, second part: of EAX and of EDX. */
#define AVX_VNNI (1u << 4)
#define AVX_VNNI_INT8 (1u << 4)

/* Whether the processor has it all, and the kernel keeps its registers. */
static bool has(unsigned int in_eax, unsigned int in_edx)
{
	unsigned int eax, ebx, ecx, edx;

	if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma"))
		return false;
	if (!__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) || eax < 1)
		return false;
	__cpuid_count(7, 1, eax, ebx, ecx, edx);
	return (eax & in_eax) == in_eax && (edx & in_edx) == in_edx;
}

static const char *vnni_unusable(void)
{
	return has(AVX_VNNI, 0) ? NULL : "the processor has no AVX-VNNI";
}

static const char *int8_unusable(void)
{
	return has(AVX_VNNI, AVX_VNNI_INT8) ?
		       NULL : "the processor has no AVX-VNNI-INT8";
}

const struct match_kernels match_avxvnni = {
	.name = "avx-vnni",
	.unusable = vnni_unusable,
	.dot = avxvnni_dot,
	.products = avxvnni_products,
	.scan = scan_one,
	.sieve = sieve_one,
	.settle = settle_one,
	.scan_many = avxvnni_scan_many,
};

/* Signs of both factors make pairs shorter; half-bytes and biased ones have none. */
const struct match_kernels match_avxvnni_int8 = {
	.name = "avx-vnni-int8",
	.unusable = int8_unusable,
	.dot = avxvnni_int8_dot,
	.products = avxvnni_int8_products,
	.scan = scan_one,
	.sieve = sieve_one,
	.settle = settle_one,
	.scan_many = avxvnni_scan_many,
};
