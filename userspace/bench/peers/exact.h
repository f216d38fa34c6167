/* SPDX-License-Identifier: MIT */
/* What a search must find, by exact arithmetic. */
#ifndef BENCH_EXACT_H
#define BENCH_EXACT_H

#include "peer.h"

/* For each probe, the similarity that one of its best rows has at least. */
void exact_bounds(uint32_t rows, uint32_t probes, double bounds[PEER_PROBES_MAX]);
/* Of the rows found for a probe, how many are not among its best, or are there twice. */
unsigned int exact_others(uint32_t rows, uint32_t probe, double bound,
			  const int64_t found[PEER_TOP]);

#endif /* BENCH_EXACT_H */
