// SPDX-License-Identifier: GPL-2.0-only
/*
 * What feeds scans to the board, chunk by chunk.
 */
#include <linux/dma-fence.h>
#include <linux/dma-mapping.h>
#include <linux/string.h>

#include <drm/drm_managed.h>

#include <limen/score.h>

#include "batch.h"
#include "chunk.h"
#include "device.h"
#include "gallery.h"
#include "gem.h"
#include "queue.h"
#include "scan.h"
#include "scanner.h"
#include "trace.h"
#include "user.h"
#include "workqueue.h"

/**
 * DOC: The scanner
 *
 * Queues that have scans with nothing left to wait for take turns by chunk. Within
 * a queue scans are served in order.
 *
 * There are two chunks with the board at most. When it has answered one, the
 * interrupt submits the next, so a comparison waits for two chunks at most,
 * however much there is to search, and the board never for the driver.
 *
 * The board writes the rows of a chunk to memory of the driver's, never to the
 * user's. A work item checks them, merges them into the best so far and wipes
 * them. Chunks can be answered in any order, so nothing depends on it.
 *
 * A scan ends when none of its chunks is under way and there are none left to
 * submit, or no more shall be: because its queue was destroyed, one of its
 * chunks failed, or the board is gone. The lock of the SCAN ring protects all
 * this, so that is seen exactly once, and whoever sees it calls limen_scan_end():
 * the work item after the last chunk, without the lock, since there are rows to
 * write; or who stops a scan that has no chunk under way.
 *
 * A chunk with nonsense for rows is parked: it counts as under way until the board
 * has let go of the ring, because until then it may use the scan's memory. If it
 * has let go since the chunk was submitted there is nothing to wait for, and no
 * fault that the next reset would be for.
 *
 * A reset takes only what the board had: the other scans stay where they are
 * while the ring is stopped, and are fed to it when it has been started, unless
 * card memory was lost meanwhile. Then they end at once, and wait for nobody.
 */

static struct limen_ring *limen_scan_ring(struct limen_device *limen)
{
	return &limen->rings[LIMEN_HW_RING_SCAN];
}

/* Takes a scan from those of its queue. The ring is locked, as in all below. */
static void limen_scan_dequeue(struct limen_scan *scan)
{
	list_del_init(&scan->link);
	if (list_empty(&scan->batch->queue->ready))
		list_del_init(&scan->batch->queue->turn);
}

/*
 * No more of it is submitted, and without a chunk under way it ends. What it ends
 * with is the error of a chunk that is to blame rather than that of one that only
 * was there.
 */
static void limen_scan_stop(struct limen_scan *scan, int error)
{
	if (!scan->error || scan->error == -ECANCELED)
		scan->error = error;
	limen_scan_dequeue(scan);
	if (!scan->pending)
		limen_scan_end(scan);
}

/* Submits the next chunk of a scan. */
static void limen_scan_submit_chunk(struct limen_ring *ring,
				    struct limen_scan *scan)
{
	struct limen_scanner *scanner = limen_of_ring(ring)->scanner;
	struct limen_chunk *chunk = list_first_entry(&scanner->idle,
						     struct limen_chunk, link);
	const struct limen_gallery *gallery = scan->gallery;
	u64 offset = (u64)scan->next * gallery->stride;

	list_del(&chunk->link);
	chunk->scan = scan;
	chunk->first = scan->next;
	chunk->count = limen_chunk_rows(scanner->chunk_bytes, gallery->dim,
					scan->end - scan->next);
	scan->sqe.scan.gallery = cpu_to_le64(gallery->address + offset);
	scan->sqe.scan.rows = cpu_to_le32(chunk->count);
	scan->sqe.scan.result = cpu_to_le64(chunk->rows_dma);
	chunk->epoch = ring->epoch;
	limen_ring_push(ring, &scan->sqe, chunk);
	trace_limen_start(ring->host->number, ring->index, ring->tail,
			  scan->batch->fence.context, scan->index, gallery->dim,
			  chunk->count);

	scan->pending++;
	scan->next += chunk->count;
	list_move_tail(&scan->batch->queue->turn, &scanner->turns);
	if (scan->next == scan->end)
		limen_scan_dequeue(scan);
}

/* Gives the board as much as it takes. Any context, like the next two. */
static void limen_scanner_feed(struct limen_ring *ring)
{
	struct limen_scanner *scanner = limen_of_ring(ring)->scanner;
	struct limen_queue *queue;
	bool fed = false;

	while ((queue = list_first_entry_or_null(&scanner->turns,
						 struct limen_queue, turn))) {
		struct limen_scan *scan = list_first_entry(&queue->ready,
							   struct limen_scan,
							   link);
		int ret = limen_ring_room(ring, 1);

		/* Also while the board cannot be used: nobody waits for that. */
		if (ret != -ENODEV && (limen_bo_lost(scan->gallery->bo) ||
				       limen_bo_lost(scan->probe)))
			ret = -ECANCELED;
		if (ret == -ENODEV || ret == -ECANCELED) {
			limen_scan_stop(scan, ret);
			continue;
		}
		if (ret || list_empty(&scanner->idle))
			break;
		limen_scan_submit_chunk(ring, scan);
		fed = true;
	}
	if (fed)
		limen_ring_kick(ring);
}

/* The board is done with a chunk. */
static void limen_chunk_return(struct limen_ring *ring, void *data, int error)
{
	struct limen_scanner *scanner = limen_of_ring(ring)->scanner;
	struct limen_chunk *chunk = data;

	chunk->error = error;
	if (error)
		limen_scan_stop(chunk->scan, error);
	list_add_tail(&chunk->link, &scanner->done);
	queue_work(limen_fence_wq, &scanner->work);
}

/* As many rows as there may be, or fewer if they may be too dissimilar. */
static bool limen_chunk_plausible(const struct limen_chunk *chunk, u32 found)
{
	const struct drm_limen_scan *desc = &chunk->scan->desc;
	u32 most = min(desc->top_k, chunk->count);

	return found == most ||
	       (found < most && desc->min_similarity > -LIMEN_SIMILARITY_ONE);
}

static int limen_chunk_complete(struct limen_ring *ring, void *data,
				const struct limen_answer *answer)
{
	struct limen_scanner *scanner = limen_of_ring(ring)->scanner;
	struct limen_chunk *chunk = data;
	struct limen_scan *scan = chunk->scan;
	bool ok = answer->status == LIMEN_HW_OK;
	u32 bytes = chunk->count * scan->gallery->dim;

	if (ok && !limen_chunk_plausible(chunk, answer->count))
		return -EPROTO;
	limen_stats_answer(ring, answer, ok ? chunk->count : 0,
			   scan->batch->queue->client);
	if (ok) {
		chunk->found = answer->count;
		/* Whatever the board says; if it says too much, modulo 2^64. */
		scan->device_ns += answer->device_ns;
		WRITE_ONCE(scanner->chunk_bytes,
			   limen_chunk_learn(scanner->chunk_bytes, bytes,
					     answer->device_ns));
	}
	limen_chunk_return(ring, chunk, ok ? 0 : -EIO);
	return 0;
}

/* The board has let go: chunks that were parked can go on, or end. */
static void limen_scanner_unpark(struct limen_ring *ring)
{
	struct limen_scanner *scanner = limen_of_ring(ring)->scanner;

	list_splice_tail_init(&scanner->parked, &scanner->done);
	limen_scanner_feed(ring);
	queue_work(limen_fence_wq, &scanner->work);
}

const struct limen_ring_ops limen_scan_ring_ops = {
	.complete = limen_chunk_complete,
	.abort = limen_chunk_return,
	.refill = limen_scanner_feed,
	.stopped = limen_scanner_unpark,
	.watched = true,
};

/* Keeps a chunk with nonsense for rows until the board lets go; false: it has. */
static bool limen_chunk_park(struct limen_chunk *chunk, struct limen_ring *ring)
{
	struct limen_scan *scan = chunk->scan;

	scoped_guard(spinlock_irq, &ring->lock) {
		chunk->error = -EIO;
		limen_scan_stop(scan, -EIO);
		if (chunk->epoch != ring->epoch)
			return false;
		/* What the board has when it is reset is cancelled. */
		if (!ring->state)
			ring->state = -EAGAIN;
		list_add_tail(&chunk->link, &scan->limen->scanner->parked);
	}
	limen_fault(ring->host, LIMEN_FAULT_ANSWER);
	return true;
}

/* Goes on with a chunk that the board is done with. */
static void limen_chunk_take(struct limen_chunk *chunk)
{
	struct limen_scan *scan = chunk->scan;
	struct limen_ring *ring = limen_scan_ring(scan->limen);
	bool last;

	if (!chunk->error && limen_scan_merge(scan, chunk) &&
	    limen_chunk_park(chunk, ring))
		return;
	/* Scores tell a lot about templates. */
	memzero_explicit(chunk->rows, scan->desc.top_k * sizeof(*chunk->rows));

	scoped_guard(spinlock_irq, &ring->lock) {
		list_add(&chunk->link, &scan->limen->scanner->idle);
		last = !--scan->pending && list_empty(&scan->link);
		limen_scanner_feed(ring);
	}
	if (last)
		limen_scan_end(scan);
}

static void limen_scanner_work(struct work_struct *work)
{
	struct limen_scanner *scanner =
		container_of(work, struct limen_scanner, work);
	struct limen_ring *ring = limen_scan_ring(scanner->limen);
	bool cookie = dma_fence_begin_signalling();
	struct limen_chunk *chunk, *next;
	LIST_HEAD(done);

	scoped_guard(spinlock_irq, &ring->lock)
		list_splice_init(&scanner->done, &done);
	list_for_each_entry_safe(chunk, next, &done, link)
		limen_chunk_take(chunk);
	dma_fence_end_signalling(cookie);
}

/**
 * limen_scanner_advance_locked() - have those scans searched that can be
 * @ring: the SCAN ring, locked
 * @queue: SCAN queue
 */
void limen_scanner_advance_locked(struct limen_ring *ring,
				  struct limen_queue *queue)
{
	struct limen_scanner *scanner = limen_of_ring(ring)->scanner;
	struct limen_scan *scan, *next;

	lockdep_assert_held(&ring->lock);

	list_for_each_entry_safe(scan, next, &queue->waiting, link) {
		if (limen_scan_blocked(scan))
			break;
		list_move_tail(&scan->link, &queue->ready);
	}
	if (!list_empty(&queue->ready) && list_empty(&queue->turn))
		list_add_tail(&queue->turn, &scanner->turns);
	limen_scanner_feed(ring);
}

/**
 * limen_scanner_advance() - have those scans searched that can be
 * @queue: SCAN queue; a scan of it has nothing more to depend on
 */
void limen_scanner_advance(struct limen_queue *queue)
{
	struct limen_ring *ring = limen_scan_ring(queue->client->user->limen);

	guard(spinlock_irq)(&ring->lock);
	limen_scanner_advance_locked(ring, queue);
}

/**
 * limen_scanner_stop() - end the scans of a queue
 * @queue: SCAN queue that is destroyed; sleeps
 *
 * What the board is working on ends as soon as it is done with that.
 */
void limen_scanner_stop(struct limen_queue *queue)
{
	struct limen_device *limen = queue->client->user->limen;
	struct limen_ring *ring = limen_scan_ring(limen);
	struct limen_scan *scan, *next;

	scoped_guard(spinlock_irq, &ring->lock) {
		list_splice_tail_init(&queue->waiting, &queue->ready);
		list_for_each_entry_safe(scan, next, &queue->ready, link)
			limen_scan_stop(scan, -ECANCELED);
	}
	flush_work(&limen->scanner->work);
}

static int limen_scanner_alloc_bounce(struct limen_scanner *scanner)
{
	unsigned int i;

	scanner->bounce = dma_alloc_coherent(scanner->limen->drm.dev,
					     LIMEN_SCAN_CHUNKS *
					     sizeof(*scanner->bounce),
					     &scanner->bounce_dma, GFP_KERNEL);
	if (!scanner->bounce)
		return -ENOMEM;
	for (i = 0; i < LIMEN_SCAN_CHUNKS; i++) {
		struct limen_chunk *chunk = &scanner->chunks[i];

		chunk->rows = scanner->bounce[i];
		chunk->rows_dma = scanner->bounce_dma +
				  i * sizeof(*scanner->bounce);
		list_add_tail(&chunk->link, &scanner->idle);
	}
	return 0;
}

/**
 * limen_scanner_init() - set up the SCAN side
 * @limen: device
 *
 * Return: 0 or -ENOMEM.
 */
int limen_scanner_init(struct limen_device *limen)
{
	struct limen_scanner *scanner;

	/* Queues may outlive the board. */
	scanner = drmm_kzalloc(&limen->drm, sizeof(*scanner), GFP_KERNEL);
	if (!scanner)
		return -ENOMEM;
	scanner->limen = limen;
	INIT_LIST_HEAD(&scanner->turns);
	INIT_LIST_HEAD(&scanner->idle);
	INIT_LIST_HEAD(&scanner->done);
	INIT_LIST_HEAD(&scanner->parked);
	INIT_WORK(&scanner->work, limen_scanner_work);
	scanner->chunk_bytes = LIMEN_CHUNK_MIN;
	limen->scanner = scanner;
	return limen_scanner_alloc_bounce(scanner);
}

/**
 * limen_scanner_fini() - free the memory that the board writes to
 * @limen: device, unplugged, whose board has been cut off and rings aborted
 */
void limen_scanner_fini(struct limen_device *limen)
{
	struct limen_scanner *scanner = limen->scanner;

	/* What the board has answered at last may still be merged. */
	flush_work(&scanner->work);
	if (!limen->host.loose)
		dma_free_coherent(limen->drm.dev,
				  LIMEN_SCAN_CHUNKS * sizeof(*scanner->bounce),
				  scanner->bounce, scanner->bounce_dma);
}
