/* SPDX-License-Identifier: MIT */
/* The board backend: what comparisons and searches share. */
#ifndef LIMEN_BOARD_H
#define LIMEN_BOARD_H

#include <drm/limen_accel.h>

#include "private.h"

/**
 * struct board_buffer - a buffer of the driver's
 * @handle: GEM handle, 0 for none
 * @size: bytes
 * @memory: where it is mapped, or NULL
 */
struct board_buffer {
	uint32_t handle;
	size_t size;
	void *memory;
};

/**
 * struct board - an open board
 * @backend: what it is to callers
 * @fd: its node
 * @batch_max: most descriptors in one submission
 * @top_k_max: most rows of one scan
 * @express_queue: comparisons; 0 until the first one
 * @express_buffer: their vectors and results
 * @scan_queue: searches; 0 until the first one
 * @scan_buffer: the probe and the result
 * @gallery: the gallery on the card; 0 for none
 * @gallery_buffer: its rows
 * @gallery_rows: how many there are; those removed from the gallery are left out
 * @gallery_numbers: their numbers in the gallery, rising; NULL if none is left out
 * @gallery_content: of the view they were copied from; 0 for none
 */
struct board {
	struct limen_backend backend;
	int fd;
	uint32_t batch_max;
	uint32_t top_k_max;
	uint32_t express_queue;
	struct board_buffer express_buffer;
	uint32_t scan_queue;
	struct board_buffer scan_buffer;
	uint32_t gallery;
	struct board_buffer gallery_buffer;
	uint32_t gallery_rows;
	uint32_t *gallery_numbers;
	uint64_t gallery_content;
};

/* ioctls, with a negative errno on failure. */
HIDDEN int board_call(const struct board *board, unsigned long request,
		      void *args);

HIDDEN int board_queue_create(const struct board *board,
			      enum drm_limen_queue_type type, uint32_t *queue);
HIDDEN void board_queue_destroy(const struct board *board, uint32_t *queue);

/* Creates and maps a buffer; on failure what there is of it is to be destroyed. */
HIDDEN int board_buffer_create(const struct board *board,
			       struct board_buffer *buffer, size_t size,
			       uint32_t flags);
HIDDEN void board_buffer_unmap(struct board_buffer *buffer);
HIDDEN void board_buffer_destroy(const struct board *board,
				 struct board_buffer *buffer);

/* In scan.c. */
HIDDEN int board_search(struct limen_backend *backend,
			const struct search_request *request);
HIDDEN int board_search_all(struct limen_backend *backend,
			    const struct search_request *request,
			    struct row_list *list);
HIDDEN void scan_close(struct board *board);

#endif /* LIMEN_BOARD_H */
