/* SPDX-License-Identifier: MIT */
/*
 * The data that everything in a benchmark works on: made from row numbers alone,
 * so that each process makes the same without being sent it.
 */
#ifndef BENCH_DATA_H
#define BENCH_DATA_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BENCH_DIM 512

/*
 * Pairs are compared in the cache: as many in a run, of the last of these rows with each
 * of the others in turn.
 */
#define BENCH_PAIRS 262144
#define BENCH_HOT_ROWS 32

/* Makes what rows are made of, once a process; -ENOMEM. */
int bench_data_open(void);
void bench_data_close(void);

/*
 * A row, as from embeddings with Gaussian components: each scaled so that its
 * largest component is 127. Rows repeat after BENCH_ROWS_MAX.
 */
#define BENCH_ROWS_MAX (1u << 25)
void bench_data_row(uint32_t row, int8_t vector[BENCH_DIM]);

/*
 * A probe for a gallery of that many rows, and the row it is like, with a cosine
 * of about 0.6: no other row comes near.
 */
uint32_t bench_data_probe(uint32_t probe, uint32_t rows,
			  int8_t vector[BENCH_DIM]);

#ifdef __cplusplus
}
#endif

#endif /* BENCH_DATA_H */
