/* SPDX-License-Identifier: MIT */
/* What the files of liblimen share. Nothing of it is exported. */
#ifndef LIMEN_PRIVATE_H
#define LIMEN_PRIVATE_H

#include <limits.h>
#include <sys/uio.h>

#include <limen.h>

#include "monotonic.h"

#define HIDDEN __attribute__((visibility("hidden")))

/**
 * struct limen_backend_ops - what a backend can do
 * @close: releases it
 * @compare: scores the pairs whose error is -EINPROGRESS and sets their error;
 *	leaves the others alone
 * @search: as limen_search(), its arguments validated
 */
struct limen_backend_ops {
	void (*close)(struct limen_backend *backend);
	void (*compare)(struct limen_backend *backend, struct limen_pair *pairs,
			unsigned int count, int timeout_ms);
	int (*search)(struct limen_backend *backend,
		      const struct limen_template *probe,
		      const struct limen_gallery *gallery, uint32_t top_k,
		      int32_t min_similarity, struct limen_row *rows,
		      int timeout_ms);
};

struct limen_backend {
	const struct limen_backend_ops *ops;
	enum limen_backend_kind kind;
	char description[64];
};

HIDDEN int cpu_open(struct limen_backend **backend);
HIDDEN int board_open(struct limen_backend **backend, const char *node);

/**
 * struct limen_gallery - templates of one model and dimension
 * @model: their model
 * @dim: components of a row
 * @stride: bytes from row to row
 * @rows: rows in use
 * @capacity: bytes mapped at @vectors
 * @vectors: the rows, in memory of their own that no core dump contains
 * @content: changes with every change of the content; unique in the process,
 *	so that a backend knows whether the copy it holds is this one
 */
struct limen_gallery {
	uint8_t model[LIMEN_MODEL_ID_SIZE];
	uint32_t dim;
	uint32_t stride;
	uint32_t rows;
	size_t capacity;
	int8_t *vectors;
	uint64_t content;
};

/* Whether a board or a service may have got this score from vectors this long. */
HIDDEN bool score_possible(const struct limen_score *score, uint32_t dim);

/* What now_ns() says some time from now. */
HIDDEN int64_t deadline_in(int timeout_ms);

/* Overwrites what the functions called before have left on the stack. */
HIDDEN void wipe_stack(void);

/*
 * Creates or replaces a file in one step, mode 0600: readers see the old content
 * or all of the new one.
 */
HIDDEN int file_replace(const char *path, const struct iovec *parts,
			unsigned int count);
/* Reads exactly size bytes; -ENODATA if the file ends before. */
HIDDEN int file_read(int fd, void *data, size_t size);

#endif /* LIMEN_PRIVATE_H */
