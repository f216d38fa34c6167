/* SPDX-License-Identifier: MIT */
/* The best rows of a search so far: a heap whose root is the worst of them. */
#ifndef LIMEN_RANKING_H
#define LIMEN_RANKING_H

#include "private.h"

struct ranking {
	struct limen_row *rows; /* room for limit rows */
	uint32_t limit;
	uint32_t count;
};

/* Whether a comes after b in a result. No two rows of one are equal in rank. */
HIDDEN bool ranks_after(const struct limen_row *a, const struct limen_row *b);
/* Adds a row, at the cost of the worst one if there is no room. */
HIDDEN void ranking_add(struct ranking *ranking, const struct limen_row *row);
/* Puts the rows in order: falling similarity, then rising row. */
HIDDEN void ranking_sort(struct ranking *ranking);
/* Puts any rows in this order. */
HIDDEN void row_list_sort(struct row_list *list);

#endif /* LIMEN_RANKING_H */
