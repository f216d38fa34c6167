/* SPDX-License-Identifier: MIT */
/*
 * AVX2: what its searches share.
 *
 * vpmaddubsw multiplies unsigned by signed bytes and adds two products, but
 * saturates to 16 bits. Where no sum of two can reach that far, it is exact, and
 * several of its results can be added in 16 bits before vpmaddwd widens them.
 * How many is told where it is done.
 */
#ifndef LIMEN_AVX2_H
#define LIMEN_AVX2_H

#include "ymm.h"

/* In avx2_many.c. */
void avx2_scan_many(const struct match_rows *rows,
		    struct match_search *const *searches, unsigned int count);

/* In avx2_pairs.c. */
int32_t avx2_dot(const int8_t *a, const int8_t *b, uint32_t dim);
struct match_products avx2_products(const int8_t *probe,
				    const int8_t *reference, uint32_t dim);

#endif /* LIMEN_AVX2_H */
