// SPDX-License-Identifier: MIT
/*
 * The board's comparisons against the score's test vectors and against the CPU,
 * bit by bit: singly and in batches. Run where there is a board.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ktap.h"
#include "vectors.h"

static struct vector_case *cases;
static unsigned int case_count;

#define PAIR(one, other) \
	{ .size = sizeof(struct limen_pair), .probe = (one), .reference = (other) }

static void test_singly(void)
{
	unsigned int i;

	for (i = 0; i < case_count; i++) {
		struct limen_pair pair = PAIR(&cases[i].probe,
					      &cases[i].reference);
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

		pairs[i].size = sizeof(*pairs);
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
		PAIR(&cases[0].probe, &cases[0].reference),
		PAIR(&foreign, &cases[0].reference),
		PAIR(&cases[1].probe, &cases[1].reference),
	};

	foreign.model[0] ^= 1;
	result(limen_compare(board, pairs, 3, TIMEOUT_MS) == -EMEDIUMTYPE &&
	       !pairs[0].error && pairs[1].error == -EMEDIUMTYPE &&
	       !pairs[2].error && same(&pairs[0].score, &cases[0].score) &&
	       same(&pairs[2].score, &cases[1].score),
	       "a pair that does not compare spoils no other",
	       "errors or scores are wrong");
}

static void test_deadline(void)
{
	struct limen_pair pair = PAIR(&cases[0].probe, &cases[0].reference);
	int late = limen_compare(board, &pair, 1, 0);
	int next = limen_compare(board, &pair, 1, TIMEOUT_MS);

	result((late == -ETIMEDOUT || !late) && !next &&
	       same(&pair.score, &cases[0].score),
	       "the comparison after one that was given up",
	       "it fails");
}

int main(int argc, char **argv)
{
	cases = vectors_load(SCORE_VECTORS, &case_count);
	if (!cases) {
		fprintf(stderr, "%s cannot be read\n", SCORE_VECTORS);
		return 1;
	}
	if (backends_open(argc > 1 ? argv[1] : NULL))
		return 1;
	printf("KTAP version 1\n1..4\n# %s, %u vectors\n",
	       limen_backend_description(board), case_count);
	test_singly();
	test_batches();
	test_mixture();
	test_deadline();
	backends_close();
	free(cases);
	return failures ? 1 : 0;
}
