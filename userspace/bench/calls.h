/* SPDX-License-Identifier: MIT */
#ifndef LIMEN_BENCH_CALLS_H
#define LIMEN_BENCH_CALLS_H

/*
 * System calls that liblimen makes for a comparison by the board of this node, the
 * first one aside; negative after a line.
 */
double bench_calls_count(const char *node);

#endif /* LIMEN_BENCH_CALLS_H */
