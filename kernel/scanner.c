// SPDX-License-Identifier: GPL-2.0-only
/*
 * What feeds scans to the board, chunk by chunk.
 */
#include <linux/dma-fence.h>
#include <linux/dma-mapping.h>
#include <linux/string.h>

#include <drm/drm_managed.h>

#include "chunk.h"
#include "compat.h"
#include "device.h"
#include "gallery.h"
#include "gem.h"
#include "queue.h"
#include "scan.h"
#include "scanner.h"
#include "trace.h"

/**
 * DOC: The scanner
 *
 * drm_sched knows what a scan has to wait for, and hands it over when there is
 * nothing left. It does not decide whose scan is searched: its policies differ
 * from kernel to kernel, and serve a client who came first for as long as he has
 * scans. Instead the queues that have any take turns by chunk. Within a queue
 * scans are served in order.
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
 * this, so that is seen exactly once, whoever sees it; the work item then calls
 * limen_scan_end(). A chunk with nonsense for rows counts as under way until the
 * board has been reset, because until then it may use the scan's memory.
 *
 * A reset takes only what the board had: the other scans stay where they are
 * while the ring is stopped, and are fed to it when it has been started.
 */

static struct limen_ring *limen_scan_ring(struct limen_device *limen)
{
	return &limen->rings[LIMEN_HW_RING_SCAN];
}

/* Takes a scan from those of its queue. The ring is locked, as in all below. */
static void limen_scan_leave(struct limen_scan *scan)
{
	list_del_init(&scan->link);
	if (list_empty(&scan->queue->ready))
		list_del_init(&scan->queue->turn);
}

static void limen_scan_settle(struct limen_scan *scan)
{
	if (!scan->pending && list_empty(&scan->link))
		list_add_tail(&scan->link, &scan->limen->scanner.ended);
}

/*
 * No more of it is submitted. What it ends with is the error of a chunk that is
 * to blame rather than that of one that only was there.
 */
static void limen_scan_stop(struct limen_scan *scan, int error)
{
	if (!scan->error || scan->error == -ECANCELED)
		scan->error = error;
	limen_scan_leave(scan);
	limen_scan_settle(scan);
	queue_work(limen_fence_wq, &scan->limen->scanner.work);
}

/* Submits the next chunk of a scan. */
static void limen_scanner_push(struct limen_ring *ring, struct limen_scan *scan)
{
	struct limen_scanner *scanner = &ring->limen->scanner;
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
	limen_ring_push(ring, &scan->sqe, chunk);
	trace_limen_start(ring, scan->batch, scan->index, gallery->dim,
			  chunk->count);

	scan->pending++;
	scan->next += chunk->count;
	list_move_tail(&scan->queue->turn, &scanner->turns);
	if (scan->next == scan->end)
		limen_scan_leave(scan);
}

/* Gives the board as much as it takes. Any context, like the next two. */
static void limen_scanner_feed(struct limen_ring *ring)
{
	struct limen_scanner *scanner = &ring->limen->scanner;
	struct limen_queue *queue;
	bool fed = false;

	while ((queue = list_first_entry_or_null(&scanner->turns,
						 struct limen_queue, turn))) {
		struct limen_scan *scan = list_first_entry(&queue->ready,
							   struct limen_scan,
							   link);
		int ret = limen_ring_room(ring, 1);

		/* It may have been waiting while the board slept. */
		if (!ret && (limen_bo_lost(scan->gallery->bo) ||
			     limen_bo_lost(scan->probe)))
			ret = -ECANCELED;
		if (ret == -ENODEV || ret == -ECANCELED) {
			limen_scan_stop(scan, ret);
			continue;
		}
		if (ret || list_empty(&scanner->idle))
			break;
		limen_scanner_push(ring, scan);
		fed = true;
	}
	if (fed)
		limen_ring_kick(ring);
}

/* The board is done with a chunk. */
static void limen_chunk_return(struct limen_ring *ring, void *data, int error)
{
	struct limen_scanner *scanner = &ring->limen->scanner;
	struct limen_chunk *chunk = data;

	chunk->error = error;
	if (error)
		limen_scan_stop(chunk->scan, error);
	list_add_tail(&chunk->link, &scanner->done);
	queue_work(limen_fence_wq, &scanner->work);
}

static int limen_chunk_complete(struct limen_ring *ring, void *data,
				const struct limen_answer *answer)
{
	struct limen_scanner *scanner = &ring->limen->scanner;
	struct limen_chunk *chunk = data;
	struct limen_scan *scan = chunk->scan;
	u32 bytes = chunk->count * scan->gallery->dim;

	if (answer->status != LIMEN_HW_OK) {
		limen_stats_answer(ring, answer, 0, scan->queue->client);
		limen_chunk_return(ring, chunk, -EIO);
		return 0;
	}
	if (answer->count > min(scan->top_k, chunk->count))
		return -EPROTO;
	limen_stats_answer(ring, answer, chunk->count, scan->queue->client);
	chunk->found = answer->count;
	/* Whatever the board says, and if it says too much, modulo 2^64. */
	scan->device_ns += answer->device_ns;
	WRITE_ONCE(scanner->chunk_bytes,
		   limen_chunk_learn(scanner->chunk_bytes, bytes,
				     answer->device_ns));
	limen_chunk_return(ring, chunk, 0);
	return 0;
}

const struct limen_ring_ops limen_scan_ring_ops = {
	.complete = limen_chunk_complete,
	.abort = limen_chunk_return,
	.refill = limen_scanner_feed,
	.watched = true,
};

static void limen_chunk_park(struct limen_chunk *chunk, struct limen_ring *ring)
{
	struct limen_scan *scan = chunk->scan;

	/* First: what the board has when it is reset is cancelled. */
	limen_ring_freeze(ring, -EAGAIN);
	spin_lock_irq(&ring->lock);
	chunk->error = -EIO;
	limen_scan_stop(scan, -EIO);
	list_add_tail(&chunk->link, &scan->limen->scanner.parked);
	spin_unlock_irq(&ring->lock);
	limen_fault(ring->limen, LIMEN_FAULT_ANSWER);
}

/* Goes on with a chunk that the board is done with. */
static void limen_chunk_take(struct limen_chunk *chunk)
{
	struct limen_scan *scan = chunk->scan;
	struct limen_ring *ring = limen_scan_ring(scan->limen);

	if (!chunk->error && limen_scan_merge(scan, chunk)) {
		limen_chunk_park(chunk, ring);
		return;
	}
	/* Scores tell a lot about templates. */
	memzero_explicit(chunk->rows, scan->top_k * sizeof(*chunk->rows));

	guard(spinlock_irq)(&ring->lock);
	list_add(&chunk->link, &scan->limen->scanner.idle);
	scan->pending--;
	limen_scan_settle(scan);
	limen_scanner_feed(ring);
}

static void limen_scanner_work(struct work_struct *work)
{
	struct limen_device *limen =
		container_of(work, struct limen_device, scanner.work);
	struct limen_ring *ring = limen_scan_ring(limen);
	struct limen_scanner *scanner = &limen->scanner;
	bool cookie = dma_fence_begin_signalling();
	struct limen_chunk *chunk, *next_chunk;
	struct limen_scan *scan, *next_scan;
	LIST_HEAD(done);
	LIST_HEAD(ended);

	spin_lock_irq(&ring->lock);
	list_splice_init(&scanner->done, &done);
	spin_unlock_irq(&ring->lock);
	list_for_each_entry_safe(chunk, next_chunk, &done, link)
		limen_chunk_take(chunk);

	spin_lock_irq(&ring->lock);
	list_splice_init(&scanner->ended, &ended);
	spin_unlock_irq(&ring->lock);
	list_for_each_entry_safe(scan, next_scan, &ended, link)
		limen_scan_end(scan);

	dma_fence_end_signalling(cookie);
}

/**
 * limen_scan_unpark() - go on after a reset
 * @limen: device, whose board has been reset or is gone
 *
 * Lets go of chunks that a reset had to come before. If the board is gone,
 * whatever has not been submitted to it ends.
 */
void limen_scan_unpark(struct limen_device *limen)
{
	struct limen_scanner *scanner = &limen->scanner;
	struct limen_ring *ring = limen_scan_ring(limen);

	spin_lock_irq(&ring->lock);
	list_splice_tail_init(&scanner->parked, &scanner->done);
	limen_scanner_feed(ring);
	spin_unlock_irq(&ring->lock);
	queue_work(limen_fence_wq, &scanner->work);
}

/**
 * limen_scanner_expect() - know a scan before it is pushed to drm_sched
 * @scan: scan
 */
void limen_scanner_expect(struct limen_scan *scan)
{
	struct limen_ring *ring = limen_scan_ring(scan->limen);

	guard(spinlock_irq)(&ring->lock);
	list_add_tail(&scan->link, &scan->queue->waiting);
}

/**
 * limen_scanner_cancel() - end the scans of a queue
 * @limen: device
 * @queue: SCAN queue that nothing is pushed to any more; sleeps
 *
 * What the board is working on ends as soon as it is done with that.
 */
void limen_scanner_cancel(struct limen_device *limen,
			  struct limen_queue *queue)
{
	struct limen_ring *ring = limen_scan_ring(limen);
	struct limen_scan *scan, *next;

	spin_lock_irq(&ring->lock);
	list_splice_tail_init(&queue->waiting, &queue->ready);
	list_for_each_entry_safe(scan, next, &queue->ready, link)
		limen_scan_stop(scan, -ECANCELED);
	spin_unlock_irq(&ring->lock);
	flush_work(&limen->scanner.work);
}

/* A scan has nothing more to wait for but its turn. */
static struct dma_fence *limen_scanner_run(struct drm_sched_job *base)
{
	struct limen_scan *scan = container_of(base, struct limen_scan, base);
	struct limen_ring *ring = limen_scan_ring(scan->limen);
	struct limen_queue *queue = scan->queue;

	spin_lock_irq(&ring->lock);
	/* Else it has been cancelled, and may even have ended. */
	if (!scan->error) {
		list_move_tail(&scan->link, &queue->ready);
		if (list_empty(&queue->turn))
			list_add_tail(&queue->turn,
				      &scan->limen->scanner.turns);
		limen_scanner_feed(ring);
	}
	spin_unlock_irq(&ring->lock);
	/* For drm_sched it has finished: it has no more to wait for. */
	return dma_fence_get_stub();
}

static void limen_scanner_free(struct drm_sched_job *base)
{
	drm_sched_job_cleanup(base);
	limen_scan_put(container_of(base, struct limen_scan, base));
}

static const struct drm_sched_backend_ops limen_scanner_sched_ops = {
	.run_job = limen_scanner_run,
	.free_job = limen_scanner_free,
};

static void limen_scanner_release(struct drm_device *drm, void *data)
{
	drm_sched_fini(&to_limen(drm)->scanner.sched);
}

/**
 * limen_scanner_init() - set up the SCAN side
 * @limen: device
 *
 * Return: 0 or -ENOMEM.
 */
int limen_scanner_init(struct limen_device *limen)
{
	struct limen_scanner *scanner = &limen->scanner;
	unsigned int i;
	int ret;

	INIT_LIST_HEAD(&scanner->turns);
	INIT_LIST_HEAD(&scanner->idle);
	INIT_LIST_HEAD(&scanner->done);
	INIT_LIST_HEAD(&scanner->parked);
	INIT_LIST_HEAD(&scanner->ended);
	INIT_WORK(&scanner->work, limen_scanner_work);
	scanner->chunk_bytes = LIMEN_CHUNK_MIN;
	ret = drmm_mutex_init(&limen->drm, &scanner->stopping);
	if (!ret)
		ret = limen_sched_init(&scanner->sched,
				       &limen_scanner_sched_ops,
				       LIMEN_SCAN_DEPTH, "limen-scan",
				       limen->drm.dev);
	if (!ret)
		ret = drmm_add_action_or_reset(&limen->drm,
					       limen_scanner_release, NULL);
	if (ret)
		return ret;

	scanner->bounce = dma_alloc_coherent(limen->drm.dev,
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
 * limen_scanner_fini() - free the memory that the board writes to
 * @limen: device, unplugged, whose board does no DMA any more
 */
void limen_scanner_fini(struct limen_device *limen)
{
	struct limen_scanner *scanner = &limen->scanner;

	dma_free_coherent(limen->drm.dev,
			  LIMEN_SCAN_CHUNKS * sizeof(*scanner->bounce),
			  scanner->bounce, scanner->bounce_dma);
}
