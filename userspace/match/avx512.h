/* SPDX-License-Identifier: MIT */
/* What the AVX-512 VNNI kernels lend to AMX, which has only matrices. */
#ifndef LIMEN_MATCH_AVX512_H
#define LIMEN_MATCH_AVX512_H

#include "match.h"

/* Why this machine has no AVX-512 VNNI, or NULL. */
const char *avx512_unusable(void);
int32_t avx512_dot(const int8_t *a, const int8_t *b, uint32_t dim);
struct match_products avx512_products(const int8_t *probe,
				      const int8_t *reference, uint32_t dim);
void avx512_scan(const struct match_rows *rows, struct match_search *search);
uint32_t avx512_sieve(const struct match_rows *rows,
		      const struct match_search *search,
		      struct match_candidate *candidates);
void avx512_settle(const struct match_rows *rows,
		   const struct match_candidate *candidates, uint32_t count,
		   struct match_search *search);
void avx512_scan_many(const struct match_rows *rows,
		      struct match_search *const *searches, unsigned int count);

#endif /* LIMEN_MATCH_AVX512_H */
