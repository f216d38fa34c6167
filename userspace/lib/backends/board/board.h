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
 * @card: by which searches go; NULL until the first one
 * @scan_queue: searches; 0 until the first one
 * @scan_buffer: the probe and the result
 * @copy: the gallery on the card; NULL for none
 */
struct board {
	struct limen_backend backend;
	int fd;
	uint32_t batch_max;
	uint32_t top_k_max;
	uint32_t express_queue;
	struct board_buffer express_buffer;
	struct card *card;
	uint32_t scan_queue;
	struct board_buffer scan_buffer;
	struct card_copy *copy;
};

/* ioctls of an open node, with a negative errno on failure. */
HIDDEN int board_call(int fd, unsigned long request, void *args);

HIDDEN int board_queue_create(int fd, enum drm_limen_queue_type type, uint32_t *queue);
HIDDEN void board_queue_destroy(int fd, uint32_t *queue);

/* Creates and maps a buffer; on failure what there is of it is to be destroyed. */
HIDDEN int board_buffer_create(int fd, struct board_buffer *buffer, size_t size,
			       uint32_t flags);
HIDDEN void board_buffer_unmap(struct board_buffer *buffer);
HIDDEN void board_buffer_destroy(int fd, struct board_buffer *buffer);

/**
 * struct card_copy - a gallery on a card; it does not change, but for what card.c keeps
 * @next: in the list of the card's
 * @refs: backends that search it
 * @lost: the card has forgotten it, and nobody is given it any more
 * @content: of the view it was copied from
 * @gallery: the driver's name of it; 0 if it has no rows
 * @buffer: its rows
 * @rows: how many there are; those removed from the gallery are left out
 * @numbers: their numbers in the gallery, rising; NULL if none is left out
 */
struct card_copy {
	struct card_copy *next;
	unsigned int refs;
	bool lost;
	uint64_t content;
	uint32_t gallery;
	struct board_buffer buffer;
	uint32_t rows;
	uint32_t *numbers;
};

struct card;

/* The card of an open node, which all backends of this node share. Any thread. */
HIDDEN int card_get(int fd, struct card **card);
/* None of its copies may be held. NULL is none. */
HIDDEN void card_put(struct card *card);
/* By which its galleries are searched: queues and buffers for that have to be of it. */
HIDDEN int card_fd(const struct card *card);
/* Has the card hold what the view shows; of an empty gallery it holds nothing. */
HIDDEN int card_copy_get(struct card *card, const struct gallery_view *view,
			 struct card_copy **copy);
/* With the last one it goes. @lost: the card has forgotten it. */
HIDDEN void card_copy_put(struct card *card, struct card_copy *copy, bool lost);

/* In scan.c. */
HIDDEN int board_search(struct limen_backend *backend,
			const struct search_request *request);
HIDDEN int board_search_all(struct limen_backend *backend,
			    const struct search_request *request,
			    struct row_list *list);
HIDDEN void scan_close(struct board *board);

#endif /* LIMEN_BOARD_H */
