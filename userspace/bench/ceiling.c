// SPDX-License-Identifier: MIT
/* What the machine can do at most. */
#include "ceiling.h"

#include <match.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define LINE 64
#define LINES 4

/* As wide as the widest registers; narrower ones take several. */
typedef uint64_t line __attribute__((vector_size(LINE)));

static inline __attribute__((always_inline)) uint64_t
add_up(const void *data, size_t size, unsigned int streams, size_t ahead)
{
	const size_t part = size / streams;
	const char *from = data;
	line sums[LINES] = {};
	uint64_t sum = 0;
	unsigned int s, j;
	size_t i;

	for (i = 0; i < part; i += LINES * LINE) {
		for (s = 0; s < streams; s++) {
			const char *at = from + s * part + i;

			for (j = 0; ahead && j < LINES; j++)
				__builtin_prefetch(at + ahead + j * LINE);
			for (j = 0; j < LINES; j++)
				sums[j] += ((const line *)at)[j];
		}
	}
	for (j = 0; j < LINES; j++)
		for (s = 0; s < LINE / sizeof(uint64_t); s++)
			sum += sums[j][s];
	return sum;
}

static int always(void)
{
	return 1;
}

static uint64_t add_up_plain(const void *data, size_t size,
			     unsigned int streams, size_t ahead)
{
	return add_up(data, size, streams, ahead);
}

#if defined(__x86_64__)
static int have_avx2(void)
{
	return __builtin_cpu_supports("avx2");
}

/*
 * By hand: of vectors as wide as a line, for which AVX2 needs two registers, GCC 12
 * makes copies on the stack, which takes a third longer than to read them.
 */
__attribute__((target("avx2")))
static uint64_t add_up_avx2(const void *data, size_t size,
			    unsigned int streams, size_t ahead)
{
	const size_t part = size / streams;
	__m256i sums[LINES] = {};
	unsigned int s, j;
	size_t i;

	for (i = 0; i < part; i += LINES * LINE) {
		for (s = 0; s < streams; s++) {
			const char *at = (const char *)data + s * part + i;

			for (j = 0; ahead && j < LINES; j++)
				_mm_prefetch(at + ahead + j * LINE, _MM_HINT_T0);
#pragma GCC unroll 8
			for (j = 0; j < 2 * LINES; j++)
				sums[j % LINES] = _mm256_add_epi64(
					sums[j % LINES],
					_mm256_loadu_si256(
						(const __m256i *)at + j));
		}
	}
	sums[0] = _mm256_add_epi64(_mm256_add_epi64(sums[0], sums[1]),
				   _mm256_add_epi64(sums[2], sums[3]));
	return (uint64_t)_mm256_extract_epi64(sums[0], 0) +
	       (uint64_t)_mm256_extract_epi64(sums[0], 1) +
	       (uint64_t)_mm256_extract_epi64(sums[0], 2) +
	       (uint64_t)_mm256_extract_epi64(sums[0], 3);
}

static int have_avx512(void)
{
	return __builtin_cpu_supports("avx512f");
}

__attribute__((target("avx512f")))
static uint64_t add_up_avx512(const void *data, size_t size,
			      unsigned int streams, size_t ahead)
{
	return add_up(data, size, streams, ahead);
}
#endif

const struct bench_reader bench_readers[] = {
#if defined(__x86_64__)
	{ "AVX-512", have_avx512, add_up_avx512 },
	{ "AVX2", have_avx2, add_up_avx2 },
#endif
	{ "plain C", always, add_up_plain },
	{}
};

/* Usable when the engine's kernels are, for the same reasons. */
static const char *unusable(const char *name)
{
	const struct match_kernels *kernels = match_kernels_find(name);

	return kernels ? kernels->unusable() : "not an instruction set of this build";
}

static const char *amx_unusable(void)
{
	return unusable("amx-int8");
}

static const char *vnni_unusable(void)
{
	return unusable("avx512-vnni");
}

static const char *avx2_unusable(void)
{
	return unusable("avx2");
}

#if defined(__x86_64__)
static void fill_at_random(void *data, size_t size)
{
	uint64_t state = 1;
	uint8_t *bytes = data;
	size_t i;

	for (i = 0; i < size; i++) {
		state = state * 6364136223846793005 + 1442695040888963407;
		bytes[i] = state >> 56;
	}
}

#define VNNI_ROUNDS (1 << 21)
/* Enough that none waits for its last result, few enough for the registers. */
#define VNNI_SUMS 16
#define VNNI_OPERANDS 4

/* A sanitizer would keep the operands in memory. */
__attribute__((target("avx512f,avx512vnni"), no_sanitize_address,
	       no_sanitize_undefined))
static uint64_t vnni_run(void)
{
	__m512i sums[VNNI_SUMS], rows[VNNI_OPERANDS], probes[VNNI_OPERANDS];
	uint8_t bytes[2 * VNNI_OPERANDS][LINE];
	unsigned int i, j;

	fill_at_random(bytes, sizeof(bytes));
	/* Unrolled, all of them stay in registers. */
#pragma GCC unroll 4
	for (i = 0; i < VNNI_OPERANDS; i++) {
		rows[i] = _mm512_loadu_si512(bytes[i]);
		probes[i] = _mm512_loadu_si512(bytes[VNNI_OPERANDS + i]);
	}
#pragma GCC unroll 16
	for (i = 0; i < VNNI_SUMS; i++)
		sums[i] = _mm512_setzero_si512();
	for (i = 0; i < VNNI_ROUNDS; i++) {
#pragma GCC unroll 16
		for (j = 0; j < VNNI_SUMS; j++)
			sums[j] = _mm512_dpbusd_epi32(
				sums[j], rows[j % VNNI_OPERANDS],
				probes[j / VNNI_OPERANDS]);
		/* Equal rounds are not to be made one. */
#pragma GCC unroll 4
		for (j = 0; j < VNNI_OPERANDS; j++)
			__asm__ volatile("" : "+v"(rows[j]));
	}
#pragma GCC unroll 16
	for (i = 0; i < VNNI_SUMS; i++)
		__asm__ volatile("" : : "v"(sums[i]));
	return 2ull * LINE * VNNI_SUMS * VNNI_ROUNDS;
}

#define AVX2_ROUNDS (1 << 21)
#define AVX2_SUMS 8
#define AVX2_ROWS 2
#define AVX2_PROBES 4

/*
 * Products of bytes that saturate to 16 bits, added up in 16 bits. What is exact
 * needs at least these two instructions for 32 products.
 */
__attribute__((target("avx2"), no_sanitize_address, no_sanitize_undefined))
static uint64_t avx2_run(void)
{
	__m256i sums[AVX2_SUMS], rows[AVX2_ROWS], probes[AVX2_PROBES];
	uint8_t bytes[AVX2_ROWS + AVX2_PROBES][LINE / 2];
	unsigned int i, j;

	fill_at_random(bytes, sizeof(bytes));
#pragma GCC unroll 2
	for (i = 0; i < AVX2_ROWS; i++)
		rows[i] = _mm256_loadu_si256((__m256i *)bytes[i]);
#pragma GCC unroll 4
	for (i = 0; i < AVX2_PROBES; i++)
		probes[i] = _mm256_loadu_si256(
			(__m256i *)bytes[AVX2_ROWS + i]);
#pragma GCC unroll 8
	for (i = 0; i < AVX2_SUMS; i++)
		sums[i] = _mm256_setzero_si256();
	for (i = 0; i < AVX2_ROUNDS; i++) {
#pragma GCC unroll 8
		for (j = 0; j < AVX2_SUMS; j++) {
			__m256i products = _mm256_maddubs_epi16(
				rows[j % AVX2_ROWS], probes[j / AVX2_ROWS]);

			sums[j] = _mm256_add_epi16(sums[j], products);
		}
		/* Equal rounds are not to be made one. */
#pragma GCC unroll 2
		for (j = 0; j < AVX2_ROWS; j++)
			__asm__ volatile("" : "+x"(rows[j]));
	}
#pragma GCC unroll 8
	for (i = 0; i < AVX2_SUMS; i++)
		__asm__ volatile("" : : "x"(sums[i]));
	return 2ull * LINE / 2 * AVX2_SUMS * AVX2_ROUNDS;
}

#define AMX_ROUNDS (1 << 18)
#define AMX_TILE 16

/* Two tiles of rows by two of probes: the sums of none wait for themselves. */
static uint64_t amx_run(void)
{
	struct {
		uint8_t palette;
		uint8_t start_row;
		uint8_t reserved[14];
		uint16_t row_bytes[16];
		uint8_t rows[16];
	} config = { .palette = 1 };
	uint8_t tiles[4][AMX_TILE][LINE];
	const uint64_t stride = LINE;
	unsigned int i;

	fill_at_random(tiles, sizeof(tiles));
	for (i = 0; i < 8; i++) {
		config.row_bytes[i] = LINE;
		config.rows[i] = AMX_TILE;
	}
	/* The clobber keeps the compiler from dropping what was stored there. */
	__asm__ volatile("ldtilecfg %0" : : "m"(config) : "memory");
	__asm__ volatile("tileloadd (%0,%4,1), %%tmm4\n\t"
			 "tileloadd (%1,%4,1), %%tmm5\n\t"
			 "tileloadd (%2,%4,1), %%tmm6\n\t"
			 "tileloadd (%3,%4,1), %%tmm7"
			 : : "r"(tiles[0]), "r"(tiles[1]), "r"(tiles[2]),
			     "r"(tiles[3]), "r"(stride) : "memory");
	for (i = 0; i < AMX_ROUNDS; i++)
		__asm__ volatile("tdpbusd %tmm6, %tmm4, %tmm0\n\t"
				 "tdpbusd %tmm7, %tmm4, %tmm1\n\t"
				 "tdpbusd %tmm6, %tmm5, %tmm2\n\t"
				 "tdpbusd %tmm7, %tmm5, %tmm3");
	__asm__ volatile("tilerelease" : : : "memory");
	return 2ull * 4 * AMX_TILE * AMX_TILE * LINE * AMX_ROUNDS;
}
#define RUN(run) run
#else
#define RUN(run) NULL
#endif

const struct bench_peak bench_peaks[BENCH_PEAKS] = {
	[BENCH_PEAK_AMX] = { "AMX int8", amx_unusable, RUN(amx_run) },
	[BENCH_PEAK_VNNI] = { "AVX-512 VNNI", vnni_unusable, RUN(vnni_run) },
	[BENCH_PEAK_AVX2] = { "AVX2", avx2_unusable, RUN(avx2_run) },
};
