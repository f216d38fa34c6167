// SPDX-License-Identifier: MIT
/*
 * The board against the score's test vectors and against the CPU, bit by bit:
 * singly, in batches, and as rows of a gallery. Run where there is a board.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <limen.h>

#include "vectors.h"

#define TIMEOUT_MS 10000

static struct limen_backend *board, *cpu;
static struct vector_case *cases;
static unsigned int case_count;

static unsigned int tests, failures;

/* A line of KTAP. */
static void result(bool good, const char *name, const char *detail)
{
	printf("%s %u %s%s%s\n", good ? "ok" : "not ok", ++tests, name,
	       good ? "" : ": ", good ? "" : detail);
	failures += !good;
}

static bool same(const struct limen_score *a, const struct limen_score *b)
{
	return a->raw == b->raw && a->similarity == b->similarity;
}

static void test_singly(void)
{
	unsigned int i;

	for (i = 0; i < case_count; i++) {
		struct limen_pair pair = { .probe = &cases[i].probe,
					   .reference = &cases[i].reference };
		int error = limen_compare(board, &pair, 1, TIMEOUT_MS);

		if (error || !same(&pair.score, &cases[i].score)) {
			result(false, "every vector by itself", cases[i].name);
			return;
		}
	}
	result(true, "every vector by itself", NULL);
}

/* Both ways round, since the score is symmetric. */
static void fill_batch(struct limen_pair *pairs, unsigned int first)
{
	unsigned int i;

	for (i = 0; i < LIMEN_BATCH_MAX; i++) {
		struct vector_case *vector = &cases[(first + i) % case_count];

		pairs[i].probe = i % 2 ? &vector->reference : &vector->probe;
		pairs[i].reference = i % 2 ? &vector->probe :
					     &vector->reference;
	}
}

static void test_batches(void)
{
	struct limen_pair pairs[2][LIMEN_BATCH_MAX];
	unsigned int first, i;

	for (first = 0; first < case_count; first += LIMEN_BATCH_MAX / 2) {
		fill_batch(pairs[0], first);
		fill_batch(pairs[1], first);
		if (limen_compare(board, pairs[0], LIMEN_BATCH_MAX, TIMEOUT_MS) ||
		    limen_compare(cpu, pairs[1], LIMEN_BATCH_MAX, TIMEOUT_MS)) {
			result(false, "full batches", "the call failed");
			return;
		}
		for (i = 0; i < LIMEN_BATCH_MAX; i++)
			if (!same(&pairs[0][i].score, &pairs[1][i].score)) {
				result(false, "full batches", "a score differs");
				return;
			}
	}
	result(true, "full batches, board and CPU", NULL);
}

static void test_mixture(void)
{
	struct limen_template foreign = cases[0].probe;
	struct limen_pair pairs[3] = {
		{ .probe = &cases[0].probe, .reference = &cases[0].reference },
		{ .probe = &foreign, .reference = &cases[0].reference },
		{ .probe = &cases[1].probe, .reference = &cases[1].reference },
	};

	foreign.model[0] ^= 1;
	result(limen_compare(board, pairs, 3, TIMEOUT_MS) == -EMEDIUMTYPE &&
	       !pairs[0].error && pairs[1].error == -EMEDIUMTYPE &&
	       !pairs[2].error && same(&pairs[0].score, &cases[0].score) &&
	       same(&pairs[2].score, &cases[1].score),
	       "a pair that does not compare spoils no other",
	       "errors or scores are wrong");
}

static struct limen_gallery *gallery_of(uint32_t dim)
{
	struct limen_gallery *gallery;
	unsigned int i;

	if (limen_gallery_create(&gallery, cases[0].probe.model, dim))
		return NULL;
	for (i = 0; i < case_count; i++)
		if (cases[i].reference.dim == dim &&
		    limen_gallery_add(gallery, &cases[i].reference) < 0) {
			limen_gallery_close(gallery);
			return NULL;
		}
	return gallery;
}

static bool same_rows(const struct limen_row *a, const struct limen_row *b,
		      int count)
{
	int i;

	for (i = 0; i < count; i++)
		if (a[i].row != b[i].row || !same(&a[i].score, &b[i].score))
			return false;
	return true;
}

static bool search_both(const struct limen_gallery *gallery, uint32_t dim,
			uint32_t top_k, int32_t min)
{
	static struct limen_row rows[2][LIMEN_TOP_K_MAX];
	unsigned int i;

	for (i = 0; i < case_count; i++) {
		const struct limen_template *probe = &cases[i].probe;
		int counts[2];

		if (probe->dim != dim)
			continue;
		counts[0] = limen_search(board, probe, gallery, top_k, min,
					 rows[0], TIMEOUT_MS);
		counts[1] = limen_search(cpu, probe, gallery, top_k, min,
					 rows[1], TIMEOUT_MS);
		if (counts[0] < 0 || counts[0] != counts[1] ||
		    !same_rows(rows[0], rows[1], counts[0]))
			return false;
	}
	return true;
}

static void test_searches(void)
{
	static const uint32_t dims[] = { 128, 256, 512 };
	char name[64];
	unsigned int i;

	for (i = 0; i < 3; i++) {
		struct limen_gallery *gallery = gallery_of(dims[i]);

		snprintf(name, sizeof(name), "searches, %u components",
			 dims[i]);
		result(gallery &&
		       search_both(gallery, dims[i], 10,
				   -LIMEN_SIMILARITY_ONE) &&
		       search_both(gallery, dims[i], LIMEN_TOP_K_MAX, 0) &&
		       search_both(gallery, dims[i], 1, 13108), name,
		       "rows differ from the CPU's");
		limen_gallery_close(gallery);
	}
}

/* A search after the gallery has changed sees the change. */
static void test_growing(void)
{
	struct limen_gallery *gallery = gallery_of(512);
	const struct limen_template *probe = &cases[case_count - 1].probe;
	struct limen_row row = {};
	int64_t added;

	limen_search(board, probe, gallery, 1, -LIMEN_SIMILARITY_ONE, &row,
		     TIMEOUT_MS);
	added = limen_gallery_add(gallery, probe);
	result(limen_search(board, probe, gallery, 1, -LIMEN_SIMILARITY_ONE,
			    &row, TIMEOUT_MS) == 1 && row.row == added &&
	       row.score.similarity == LIMEN_SIMILARITY_ONE,
	       "a search sees a row added after the last", "it does not");
	limen_gallery_close(gallery);
}

static void test_deadline(void)
{
	struct limen_pair pair = { .probe = &cases[0].probe,
				   .reference = &cases[0].reference };
	int late = limen_compare(board, &pair, 1, 0);
	int next = limen_compare(board, &pair, 1, TIMEOUT_MS);

	result((late == -ETIMEDOUT || !late) && !next &&
	       same(&pair.score, &cases[0].score),
	       "the comparison after one that was given up",
	       "it fails");
}

int main(int argc, char **argv)
{
	const char *node = argc > 1 ? argv[1] : NULL;
	int error;

	cases = vectors_load(SCORE_VECTORS, &case_count);
	error = limen_backend_open(&cpu, LIMEN_BACKEND_CPU, NULL);
	if (!error)
		error = limen_backend_open(&board, LIMEN_BACKEND_BOARD, node);
	if (!cases || error) {
		fprintf(stderr, "vectors: %s\n", cases ? limen_strerror(error) :
			SCORE_VECTORS " cannot be read");
		return 1;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("KTAP version 1\n1..8\n# %s, %u vectors\n",
	       limen_backend_description(board), case_count);
	test_singly();
	test_batches();
	test_mixture();
	test_searches();
	test_growing();
	test_deadline();
	limen_backend_close(board);
	limen_backend_close(cpu);
	free(cases);
	return failures ? 1 : 0;
}
