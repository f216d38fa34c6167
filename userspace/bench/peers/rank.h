/* SPDX-License-Identifier: MIT */
/* The best rows by products of bytes, for libraries that multiply and do not rank. */
#ifndef BENCH_RANK_H
#define BENCH_RANK_H

#include "peer.h"

/**
 * struct ranking - what the rows were worth so far
 * @probes: how many there are
 * @shift: to be taken from each product with that probe
 * @norms: 1 / the norm of each row
 * @bounds: what a row has to exceed to be among a probe's best
 * @score: the best of each probe, falling
 * @row: the rows they are of
 */
struct ranking {
	uint32_t probes;
	int32_t shift[PEER_PROBES_MAX];
	float *norms;
	float bounds[PEER_PROBES_MAX];
	float score[PEER_PROBES_MAX][PEER_TOP];
	int64_t row[PEER_PROBES_MAX][PEER_TOP];
};

/* Takes the norms of the rows; -1 without memory. */
int ranking_open(struct ranking *ranking, uint32_t rows, uint32_t probes);
void ranking_close(struct ranking *ranking);
void ranking_begin(struct ranking *ranking);
/* Products of some rows: of each row with all probes, one row after another. */
void ranking_add(struct ranking *ranking, uint32_t first, uint32_t count,
		 const int32_t *products);
/* Of a million of these products, how many are wrong. */
uint64_t ranking_wrong(const struct ranking *ranking, uint32_t rows, uint32_t first,
		       uint32_t count, const int32_t *products);

#endif /* BENCH_RANK_H */
