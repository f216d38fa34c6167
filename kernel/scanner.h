/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What feeds scans to the board, chunk by chunk.
 */
#ifndef LIMEN_SCANNER_H
#define LIMEN_SCANNER_H

#include <linux/bits.h>
#include <linux/list.h>
#include <linux/workqueue.h>

#include <limen/hw.h>

#include "ring.h"

struct limen_device;
struct limen_queue;
struct limen_scan;

/*
 * Two chunks are with the board at most, since the ring has no more entries: one
 * that it works on, and one so that it does not wait for the driver. As many
 * more can be with the driver.
 */
#define LIMEN_SCAN_LOG2		1
#define LIMEN_SCAN_DEPTH	BIT(LIMEN_SCAN_LOG2)
#define LIMEN_SCAN_CHUNKS	(2 * LIMEN_SCAN_DEPTH)

/**
 * struct limen_chunk - part of a scan that the board is asked for at once
 */
struct limen_chunk {
	/** @link: in &limen_scanner.idle, .done or .parked, or submitted */
	struct list_head link;
	/** @rows: where the board writes the best rows */
	struct limen_hw_row *rows;
	/** @rows_dma: its bus address */
	dma_addr_t rows_dma;
	/** @scan: what it is part of; valid like the rest while not idle */
	struct limen_scan *scan;
	/** @first: its first row */
	u32 first;
	/** @count: rows to search */
	u32 count;
	/** @found: rows the board has written */
	u32 found;
	/** @error: what became of it, if not rows */
	int error;
	/** @epoch: of the ring when it was submitted */
	u32 epoch;
};

/**
 * struct limen_scanner - the SCAN side of a device
 */
struct limen_scanner {
	/** @limen: device */
	struct limen_device *limen;
	/** @bounce: where the board writes rows to, one part a chunk */
	struct limen_hw_row (*bounce)[LIMEN_HW_TOP_K_MAX];
	/** @bounce_dma: its bus address */
	dma_addr_t bounce_dma;
	/** @chunks: all there are */
	struct limen_chunk chunks[LIMEN_SCAN_CHUNKS];
	/**
	 * @turns: struct limen_queue with rows to search, the next one first;
	 * this and the lists that follow under the lock of the SCAN ring
	 */
	struct list_head turns;
	/** @idle: struct limen_chunk of no scan */
	struct list_head idle;
	/** @done: those answered or aborted */
	struct list_head done;
	/** @parked: those with nonsense for an answer, until the ring is stopped */
	struct list_head parked;
	/**
	 * @chunk_bytes: of a gallery that take LIMEN_CHUNK_NS; written under the
	 * lock of the SCAN ring
	 */
	u32 chunk_bytes;
	/** @work: goes on with @done; part of signalling fences */
	struct work_struct work;
};

extern const struct limen_ring_ops limen_scan_ring_ops;

void limen_scanner_advance_locked(struct limen_ring *ring,
				  struct limen_queue *queue);
void limen_scanner_advance(struct limen_queue *queue);
void limen_scanner_stop(struct limen_queue *queue);

int limen_scanner_init(struct limen_device *limen);
void limen_scanner_fini(struct limen_device *limen);

#endif /* LIMEN_SCANNER_H */
