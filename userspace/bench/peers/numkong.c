// SPDX-License-Identifier: MIT
/*
 * NumKong: products of bytes, and the best of them by our ranking; and single products in
 * the cache. Debian has no package: "make bench" builds it with each compiler there is and
 * has the loader find it. For each work the faster one is taken.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../data.h"
#include "numkong.h"
#include "rank.h"

#define BUILDS 2
#define TRIALS 5
#define CHUNK 1024

/* The builds that there are, and the one that works now. */
static const struct numkong *builds[BUILDS];
static unsigned int build_count;
static const struct numkong *nk;

static struct {
	int8_t *rows;
	int8_t *probes;
	void *packed; /* the probes, as it wants them; NULL: there is one alone */
	int32_t *products; /* of a chunk's rows, each with all probes */
	struct ranking ranking;
	uint64_t wrong;
	const struct numkong *build;
	uint32_t row_count;
	uint32_t probe_count;
} search;

static int8_t hot[BENCH_HOT_ROWS + 1][BENCH_DIM] __attribute__((aligned(64)));

static const struct numkong *load_build(const char *name)
{
	void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
	const struct numkong *(*find)(void), *build;

	if (!library)
		return NULL;
	find = (const struct numkong *(*)(void))dlsym(library, "limen_numkong");
	build = find ? find() : NULL;
	if (!build)
		dlclose(library);
	return build;
}

static int load(char text[PEER_TEXT_SIZE])
{
	static const char *const names[BUILDS] = {
		"libnumkong-gcc.so", "libnumkong-clang.so",
	};
	unsigned int i;

	for (i = 0; i < BUILDS && !nk; i++) {
		builds[build_count] = load_build(names[i]);
		build_count += !!builds[build_count];
	}
	if (build_count) {
		nk = builds[0];
		return 0;
	}
	snprintf(text, PEER_TEXT_SIZE, "NumKong has not been built for this processor: "
		 "\"make bench\" does");
	return -1;
}

/* The build that does this work fastest. */
static void choose_build(void (*work)(void))
{
	int64_t shortest = INT64_MAX, start, elapsed;
	const struct numkong *fastest = nk;
	unsigned int i, j;

	for (i = 0; i < build_count; i++) {
		nk = builds[i];
		for (j = 0; j < TRIALS; j++) {
			start = peer_now();
			work();
			elapsed = peer_now() - start;
			if (elapsed >= shortest)
				continue;
			shortest = elapsed;
			fastest = nk;
		}
	}
	nk = fastest;
}

static void drop_numkong(void)
{
	free(search.rows);
	free(search.probes);
	free(search.packed);
	free(search.products);
	ranking_close(&search.ranking);
	memset(&search, 0, sizeof(search));
}

/* In huge pages, as the other libraries' rows. */
static int allocate_numkong(uint32_t rows, uint32_t probes)
{
	size_t size = nk->packed_size(probes, BENCH_DIM);

	search.row_count = rows;
	search.probe_count = probes;
	search.rows = malloc((size_t)rows * BENCH_DIM);
	search.probes = malloc((size_t)probes * BENCH_DIM);
	search.products = malloc(sizeof(*search.products) * CHUNK * probes);
	search.packed = probes > 1 ? aligned_alloc(64, (size + 63) & ~(size_t)63) : NULL;
	return !ranking_open(&search.ranking, rows, probes) && search.rows &&
	       search.probes && search.products && (search.packed || probes == 1);
}

/* Leaves the products of the rows with all probes. */
static void multiply_chunk(uint32_t first, uint32_t count)
{
	const int8_t *rows = search.rows + (size_t)first * BENCH_DIM;
	uint32_t i;

	if (search.packed) {
		nk->packed(rows, search.packed, search.products, count, search.probe_count,
			  BENCH_DIM, BENCH_DIM, sizeof(int32_t) * search.probe_count);
		return;
	}
	for (i = 0; i < count; i++)
		nk->dot(rows + (size_t)i * BENCH_DIM, search.probes, BENCH_DIM,
		       &search.products[i]);
}

static uint32_t first_count(void)
{
	return search.row_count < CHUNK ? search.row_count : CHUNK;
}

/* Leaves the probes as this build wants them. */
static void multiply_first(void)
{
	if (search.packed)
		nk->pack(search.probes, search.probe_count, BENCH_DIM, BENCH_DIM,
			 search.packed);
	multiply_chunk(0, first_count());
}

static int prepare_numkong(uint32_t rows, uint32_t probes, char text[PEER_TEXT_SIZE])
{
	uint32_t i;

	if (load(text))
		return -1;
	if (!allocate_numkong(rows, probes)) {
		drop_numkong();
		snprintf(text, PEER_TEXT_SIZE, "no memory");
		return -1;
	}
	for (i = 0; i < rows; i++)
		bench_data_row(i, search.rows + (size_t)i * BENCH_DIM);
	for (i = 0; i < probes; i++)
		bench_data_probe(i, rows, search.probes + (size_t)i * BENCH_DIM);
	choose_build(multiply_first);
	multiply_first();
	search.build = nk;
	search.wrong = ranking_wrong(&search.ranking, rows, 0, first_count(),
				     search.products);
	snprintf(text, PEER_TEXT_SIZE, "NumKong %s: %s, and top-%d", nk->what,
		 probes > 1 ? "dots_packed_i8" : "dot_i8", PEER_TOP);
	return 0;
}

static int run_numkong(int64_t best[][PEER_TOP], char text[PEER_TEXT_SIZE])
{
	uint32_t first;

	text[0] = '\0';
	nk = search.build;
	ranking_begin(&search.ranking);
	for (first = 0; first < search.row_count; first += CHUNK) {
		uint32_t left = search.row_count - first;
		uint32_t count = left < CHUNK ? left : CHUNK;

		multiply_chunk(first, count);
		ranking_add(&search.ranking, first, count, search.products);
	}
	memcpy(best, search.ranking.row, search.probe_count * sizeof(*best));
	return 0;
}

static uint64_t wrong_numkong(void)
{
	return search.wrong;
}

static const struct numkong *pairs_build, *chain_build;

/* Of the pairs that are compared; both kinds of run compare the same. */
static uint64_t wrong_pairs(void)
{
	const int8_t *probe = hot[BENCH_HOT_ROWS];
	uint64_t wrong = 0;
	int32_t product;
	unsigned int i;

	for (i = 0; i < BENCH_HOT_ROWS; i++) {
		nk->dot(probe, hot[i], BENCH_DIM, &product);
		wrong += product != peer_dot(probe, hot[i]);
	}
	return wrong * 1000000 / BENCH_HOT_ROWS;
}

static void compare_pairs(void)
{
	volatile uint32_t result;
	uint32_t sum = 0;
	int32_t product;
	unsigned int i;

	for (i = 0; i < BENCH_PAIRS; i++) {
		nk->dot(hot[BENCH_HOT_ROWS], hot[i % BENCH_HOT_ROWS], BENCH_DIM, &product);
		sum += product;
	}
	result = sum;
	(void)result;
}

/* Where a pair lies is known only when the one before has been compared. */
static void compare_chain(void)
{
	volatile int32_t nothing = 0;
	const int32_t mask = nothing;
	int32_t product = 0;
	unsigned int i;

	for (i = 0; i < BENCH_PAIRS; i++)
		nk->dot(hot[BENCH_HOT_ROWS], hot[i % BENCH_HOT_ROWS] + (product & mask),
			BENCH_DIM, &product);
}

static int prepare_any_pairs(uint32_t rows, uint32_t probes, void (*compare)(void),
			     char text[PEER_TEXT_SIZE])
{
	uint32_t i;

	if (load(text))
		return -1;
	if (rows != BENCH_PAIRS || probes != 1) {
		snprintf(text, PEER_TEXT_SIZE, "it compares %d pairs", BENCH_PAIRS);
		return -1;
	}
	for (i = 0; i <= BENCH_HOT_ROWS; i++)
		bench_data_row(i, hot[i]);
	choose_build(compare);
	snprintf(text, PEER_TEXT_SIZE, "NumKong %s: dot_i8", nk->what);
	return 0;
}

static int prepare_pairs(uint32_t rows, uint32_t probes, char text[PEER_TEXT_SIZE])
{
	int error = prepare_any_pairs(rows, probes, compare_pairs, text);

	pairs_build = nk;
	return error;
}

static int prepare_chain(uint32_t rows, uint32_t probes, char text[PEER_TEXT_SIZE])
{
	int error = prepare_any_pairs(rows, probes, compare_chain, text);

	chain_build = nk;
	return error;
}

static int run_pairs(int64_t best[][PEER_TOP], char text[PEER_TEXT_SIZE])
{
	text[0] = '\0';
	best[0][0] = -1;
	nk = pairs_build;
	compare_pairs();
	return 0;
}

static int run_chain(int64_t best[][PEER_TOP], char text[PEER_TEXT_SIZE])
{
	text[0] = '\0';
	best[0][0] = -1;
	nk = chain_build;
	compare_chain();
	return 0;
}

static void drop_pairs(void)
{
}

const struct peer peer_numkong = {
	.name = "numkong",
	.prepare = prepare_numkong,
	.run = run_numkong,
	.drop = drop_numkong,
	.wrong = wrong_numkong,
	.searching = 1,
};

const struct peer peer_numkong_pairs = {
	.name = "numkong-pairs",
	.prepare = prepare_pairs,
	.run = run_pairs,
	.drop = drop_pairs,
	.wrong = wrong_pairs,
};

const struct peer peer_numkong_chain = {
	.name = "numkong-chain",
	.prepare = prepare_chain,
	.run = run_chain,
	.drop = drop_pairs,
	.wrong = wrong_pairs,
};
