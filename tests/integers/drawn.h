/* SPDX-License-Identifier: MIT */
/*
 * The same pairs and searches for every backend, and their integers by the definition of
 * the score. Whoever draws pairs first and then the searches has the same as any other.
 */
#ifndef TEST_DRAWN_H
#define TEST_DRAWN_H

#include <stdbool.h>
#include <stdint.h>

#include <limen.h>

#define DRAWN_PAIRS	10000
#define DRAWN_SEARCHES	8
/* Rows of the gallery of each search. */
#define DRAWN_ROWS	1500
/* Room for them, with what is between two rows. */
#define DRAWN_SPACE	(DRAWN_ROWS * LIMEN_DIM_MAX * 2)

/* Random components, few different ones, the extreme one, or zeros. */
void drawn_vector(int8_t *vector, uint32_t dim);

/* The next pair, of the dimensions in turn, with its score. */
void drawn_pair(unsigned int index, struct limen_template *probe,
		struct limen_template *reference, struct limen_score *score);

/**
 * struct drawn_search - a search, and its result
 * @probe: a template of no particular model
 * @gallery: the rows
 * @stride: bytes from one row to the next
 * @top_k: how many rows are asked for
 * @least: the least similarity that is
 * @rows: those that must be found, in their order
 * @count: how many these are
 */
struct drawn_search {
	struct limen_template probe;
	const int8_t *gallery;
	uint32_t stride;
	uint32_t top_k;
	int32_t least;
	struct limen_row rows[LIMEN_TOP_K_MAX];
	uint32_t count;
};

/* The next one, its gallery in @space of DRAWN_SPACE bytes. */
void drawn_search(unsigned int index, int8_t *space, struct drawn_search *search);
/* Whether @row is row @number with this score. */
bool drawn_row_is(const struct limen_row *row, uint32_t number, int32_t raw,
		  int32_t similarity);

#endif /* TEST_DRAWN_H */
