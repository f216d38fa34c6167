/* SPDX-License-Identifier: MIT */
/* What the measurements of limen bench share. */
#ifndef LIMEN_BENCH_H
#define LIMEN_BENCH_H

#include <cli.h>

/* A template of pseudorandom components. */
void bench_template(struct limen_template *tmpl, uint32_t dim, uint32_t seed);
/* Sorts the values. */
int64_t bench_percentile(int64_t *values, size_t count, unsigned int percent);

int bench_compare(const struct settings *settings);
int bench_match(const struct settings *settings);
int bench_daemon(const struct settings *settings);
int bench_board(const struct settings *settings);

#endif /* LIMEN_BENCH_H */
