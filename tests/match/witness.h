/* SPDX-License-Identifier: MIT */
/* Who watches what a kernel offers, and knows what it should. */
#ifndef TEST_MATCH_WITNESS_H
#define TEST_MATCH_WITNESS_H

#include "batch.h"

/* Most rows that a witness of rising bounds keeps. */
#define WITNESS_BEST_MAX 10

/**
 * struct witness - a search, and what it should come to
 * @search: the search
 * @batch: the rows it is of
 * @probe: whom it is for
 * @expected: of each row, the score contract's answer
 * @seen: of each row, whether it has been offered
 * @least: similarity from which on rows belong
 * @limit: how many of the best rows are wanted, at most WITNESS_BEST_MAX; 0 for
 *	all of them, and a bound that does not rise
 * @best: these rows so far, the best first
 * @count: how many they are
 * @wrong: what went wrong first, or an empty string
 */
struct witness {
	struct match_search search;
	const struct batch *batch;
	struct match_probe probe;
	struct limen_score *expected;
	bool *seen;
	int32_t least;
	uint32_t limit;
	uint32_t best[WITNESS_BEST_MAX];
	uint32_t count;
	char wrong[128];
};

/* Computes all scores of a probe; begin a search with witness_begin(). */
void witness_init(struct witness *witness, const struct batch *batch,
		  const int8_t *probe);
void witness_free(struct witness *witness);
void witness_begin(struct witness *witness, int32_t least, uint32_t limit);
/* Whether a search did what it should. */
bool witness_agrees(struct witness *witness);
/* Whether these are the candidates of a search that has just begun. */
bool witness_agrees_to_list(struct witness *witness,
			    const struct match_candidate *candidates,
			    uint32_t count);

#endif /* TEST_MATCH_WITNESS_H */
