/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A submission: what its descriptors have in common.
 */
#ifndef LIMEN_BATCH_H
#define LIMEN_BATCH_H

#include <linux/dma-fence.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

struct limen_batch;
struct limen_queue;

/**
 * struct limen_batch - a submission
 *
 * Embedded at the start of what a queue's kind adds to it, allocated by
 * kmalloc(), and freed, or kept for another time, with the last reference to
 * @fence.
 */
struct limen_batch {
	/** @fence: signalled when the last descriptor has finished */
	struct dma_fence fence;
	/** @queue: where it was submitted to, with a reference */
	struct limen_queue *queue;
	/**
	 * @lock: protects @left, @bad, @error and @waited, and is @fence's lock;
	 * taken in hard interrupt context, inside the lock of a ring
	 */
	spinlock_t lock;
	/** @left: descriptors that have not finished */
	u32 left;
	/** @bad: number of the first descriptor that failed */
	u32 bad;
	/** @error: its error, or 0 */
	int error;
	/** @waited: the submitter waits and retires the batch itself */
	bool waited;
	/** @ticket: what he left it by, or 0; under &limen_queue.lock */
	u64 ticket;
	/** @link: in &limen_queue.left, with a reference, under its lock */
	struct list_head link;
	/** @wait: callers that wait inline for the end */
	wait_queue_head_t wait;
	/** @retire: retires the batch when nobody waits */
	struct work_struct retire;
	/**
	 * @release: lets go of what the descriptors hold; may sleep. Called
	 * once, after the last descriptor has finished, or when none is handed
	 * over.
	 */
	void (*release)(struct limen_batch *batch);
	/**
	 * @recycle: takes the memory of a batch whose fence nobody else has ever
	 * seen; may sleep. NULL if it is to be freed as fences are.
	 */
	void (*recycle)(struct limen_batch *batch);
};

void limen_batch_init(struct limen_batch *batch, struct limen_queue *queue,
		      u32 count, void (*release)(struct limen_batch *batch));
void limen_batch_commit(struct limen_batch *batch, bool waited);
void limen_batch_done(struct limen_batch *batch, u32 index, int error);
void limen_batch_retire(struct limen_batch *batch);
int limen_batch_wait(struct limen_batch *batch, s64 timeout_ns);

/* Whether limen_batch_wait() need not sleep; no more than a hint. */
static inline bool limen_batch_ready(const struct limen_batch *batch)
{
	return !READ_ONCE(batch->left);
}

static inline void limen_batch_put(struct limen_batch *batch)
{
	dma_fence_put(&batch->fence);
}

int limen_wait_room(wait_queue_head_t *room, int (*try)(void *data), void *data,
		    s64 timeout_ns);

#endif /* LIMEN_BATCH_H */
