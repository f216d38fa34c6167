/* SPDX-License-Identifier: MIT */
/* What the files of liblimen and liblimen-client share. Nothing of it is exported. */
#ifndef LIMEN_PRIVATE_H
#define LIMEN_PRIVATE_H

#include <limits.h>
#include <sys/uio.h>

#include <limen.h>

#include "monotonic.h"

#define HIDDEN __attribute__((visibility("hidden")))

#include "file.h"
#include "outcome.h"
#include "sized.h"

struct gallery_view;

/**
 * struct search_request - a search, its arguments validated
 * @probes: of the gallery's model and dimension
 * @count: number of them, at least 1
 * @view: the gallery; it has at least one row
 * @top_k: most rows for a probe
 * @min_similarity: rows below it are not for the result
 * @rows: out: @top_k for each probe, the first ones in use, in rank
 * @counts: out: number of rows in use, for each probe
 * @deadline: what now_ns() says when the answer is no longer wanted
 */
struct search_request {
	const struct limen_template *const *probes;
	unsigned int count;
	const struct gallery_view *view;
	uint32_t top_k;
	int32_t min_similarity;
	struct limen_row *rows;
	uint32_t *counts;
	int64_t deadline;
};

/**
 * struct row_list - rows, as many as there are
 * @rows: to be freed by limen_rows_free()
 * @count: in use
 * @room: for this many
 */
struct row_list {
	struct limen_row *rows;
	size_t count;
	size_t room;
};

/* Appends rows; on failure the list is as before. */
HIDDEN int row_list_add(struct row_list *list, const struct limen_row *rows,
			size_t count);

/**
 * struct limen_backend_ops - what a backend can do
 * @close: releases it
 * @compare: settles the pairs, at least one, all of which can be compared
 * @search: the best rows for each probe; 0 or an error
 * @search_all: every row for the one probe, in any order; @top_k, @rows and
 *	@counts of the request are not used; 0 or an error, the list being freed
 *	by the caller in either case
 * @threads: as limen_backend_threads(); NULL if there is no choice
 */
struct limen_backend_ops {
	void (*close)(struct limen_backend *backend);
	void (*compare)(struct limen_backend *backend,
			struct limen_pair *const *pairs, unsigned int count,
			int timeout_ms);
	int (*search)(struct limen_backend *backend,
		      const struct search_request *request);
	int (*search_all)(struct limen_backend *backend,
			  const struct search_request *request,
			  struct row_list *list);
	int (*threads)(struct limen_backend *backend, unsigned int threads);
};

struct limen_backend {
	const struct limen_backend_ops *ops;
	enum limen_backend_kind kind;
	char description[64];
	char firmware[128];
	char address[LIMEN_BOARD_ADDRESS_SIZE];
};

typedef int (*backend_found_t)(const struct limen_backend_info *info,
			       void *context);

HIDDEN int cpu_open(struct limen_backend **backend, const char *node);
HIDDEN int board_open(struct limen_backend **backend, const char *node);
HIDDEN int opencl_open(struct limen_backend **backend, const char *node);
/* Where the board of an open node is; "" if it cannot be told. */
HIDDEN void board_address(int fd, char address[LIMEN_BOARD_ADDRESS_SIZE]);
/* As limen_backends_list(), for their kind. */
HIDDEN int cpu_list(backend_found_t found, void *context);
HIDDEN int opencl_list(backend_found_t found, void *context);

/* Overwrites what the functions called before have left on the stack. */
HIDDEN void wipe_stack(void);
/* As deep as searches go. */
HIDDEN void wipe_stack_deep(void);

#endif /* LIMEN_PRIVATE_H */
