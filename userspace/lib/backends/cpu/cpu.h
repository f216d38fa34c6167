/* SPDX-License-Identifier: MIT */
/* The CPU backend: what comparisons and searches share. */
#ifndef LIMEN_CPU_H
#define LIMEN_CPU_H

#include <match.h>

#include "pool.h"
#include "seeker.h"

/**
 * struct cpu - an instruction set in use
 * @backend: what it is to callers
 * @kernels: what computes
 * @pool: the threads that search besides the caller's; NULL for none
 * @threads: how many search, the caller's included
 * @scratch: for each of them
 */
struct cpu {
	struct limen_backend backend;
	const struct match_kernels *kernels;
	struct pool *pool;
	unsigned int threads;
	struct scratch *scratch;
};

/* In cpu_search.c. */
HIDDEN int cpu_search(struct limen_backend *backend,
		      const struct search_request *request);
HIDDEN int cpu_search_all(struct limen_backend *backend,
			  const struct search_request *request,
			  struct row_list *list);

#endif /* LIMEN_CPU_H */
