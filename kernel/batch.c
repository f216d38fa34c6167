// SPDX-License-Identifier: GPL-2.0-only
/*
 * A submission: what its descriptors have in common.
 */
#include <linux/hrtimer.h>
#include <linux/module.h>
#include <linux/sched/signal.h>

#include "batch.h"
#include "workqueue.h"

/**
 * DOC: Batches
 *
 * A submission is a batch of descriptors that finish in any order and in any
 * context. Its fence is what user space sees. Every batch is a fence context by
 * itself, so nobody concludes anything from the order of two of them.
 *
 * What the descriptors hold, such as buffers, cannot be let go of where they
 * finish, because wiping sleeps. The submitter does it if he waits inline,
 * which keeps one comparison in one system call and one thread; otherwise a
 * work item does. Who of the two is decided under the batch's lock. A wait that
 * ends early leaves that to the work item, and the batch to whoever comes back
 * with its ticket.
 */

static const char *limen_batch_driver_name(struct dma_fence *fence)
{
	return "limen";
}

static const char *limen_batch_timeline_name(struct dma_fence *fence)
{
	return "submission";
}

static void limen_batch_free(struct dma_fence *fence)
{
	struct limen_batch *batch = container_of(fence, struct limen_batch,
						 fence);

	if (batch->recycle)
		batch->recycle(batch);
	else
		dma_fence_free(fence);
	module_put(THIS_MODULE);
}

static const struct dma_fence_ops limen_batch_fence_ops = {
	.get_driver_name = limen_batch_driver_name,
	.get_timeline_name = limen_batch_timeline_name,
	.release = limen_batch_free,
};

/**
 * limen_batch_retire() - let go of what the descriptors of a batch hold
 * @batch: batch, all of whose descriptors have finished, or none was handed over;
 *	a reference is used up
 *
 * May sleep.
 */
void limen_batch_retire(struct limen_batch *batch)
{
	batch->release(batch);
	limen_batch_put(batch);
}

static void limen_batch_retire_work(struct work_struct *work)
{
	struct limen_batch *batch = container_of(work, struct limen_batch,
						 retire);

	/* limen_batch_done() still holds it: it queues this before it signals. */
	spin_lock_irq(&batch->lock);
	spin_unlock_irq(&batch->lock);
	limen_batch_retire(batch);
}

/**
 * limen_batch_init() - initialise a batch
 * @batch: batch, zeroed
 * @queue: where it is submitted to, with a reference that @release gives back
 * @count: descriptors in it, at least 1
 * @release: see &limen_batch.release
 *
 * The caller has a reference, which goes with limen_batch_retire() unless he
 * calls limen_batch_commit().
 */
void limen_batch_init(struct limen_batch *batch, struct limen_queue *queue,
		      u32 count, void (*release)(struct limen_batch *batch))
{
	BUILD_BUG_ON(offsetof(struct limen_batch, fence));

	spin_lock_init(&batch->lock);
	init_waitqueue_head(&batch->wait);
	INIT_WORK(&batch->retire, limen_batch_retire_work);
	INIT_LIST_HEAD(&batch->link);
	batch->queue = queue;
	batch->left = count;
	batch->release = release;
	/* A sync file keeps a fence, and so its operations, without a file. */
	__module_get(THIS_MODULE);
	dma_fence_init(&batch->fence, &limen_batch_fence_ops, &batch->lock,
		       dma_fence_context_alloc(1), 1);
}

/**
 * limen_batch_commit() - the descriptors are about to be handed over
 * @batch: batch
 * @waited: the caller will call limen_batch_wait()
 *
 * From here on every descriptor must finish by limen_batch_done(). Takes the
 * reference that goes with the work in flight.
 */
void limen_batch_commit(struct limen_batch *batch, bool waited)
{
	batch->waited = waited;
	dma_fence_get(&batch->fence);
}

/**
 * limen_batch_done() - a descriptor has finished
 * @batch: batch
 * @index: number of the descriptor
 * @error: its error, or 0; its result has been written
 *
 * Any context. The batch may be gone on return.
 */
void limen_batch_done(struct limen_batch *batch, u32 index, int error)
{
	guard(spinlock_irqsave)(&batch->lock);
	if (error && (!batch->error || index < batch->bad)) {
		batch->bad = index;
		batch->error = error;
	}
	/* limen_batch_ready() reads it without the lock. */
	WRITE_ONCE(batch->left, batch->left - 1);
	if (batch->left)
		return;
	/* Before anybody is told, and then waits until it has been retired. */
	if (!batch->waited)
		queue_work(limen_retire_wq, &batch->retire);
	if (batch->error)
		dma_fence_set_error(&batch->fence, batch->error);
	dma_fence_signal_locked(&batch->fence);
	/* A waiter queues up before it takes the lock that is held here. */
	if (waitqueue_active(&batch->wait))
		wake_up(&batch->wait);
}

/**
 * limen_wait_room() - repeat something until there is room for it
 * @room: woken when there may be
 * @try: returns -EAGAIN if there is none; must not sleep
 * @data: for @try
 * @timeout_ns: absolute CLOCK_MONOTONIC time
 *
 * Return: what @try returned in the end, or -ETIMEDOUT, or -ERESTARTSYS for a
 * signal: the kernel calls again by itself where the handler allows it.
 */
int limen_wait_room(wait_queue_head_t *room, int (*try)(void *data), void *data,
		    s64 timeout_ns)
{
	/* Timers are not made for times before the clock began. */
	ktime_t expires = ns_to_ktime(max(timeout_ns, 0));
	bool timed_out = false;
	DEFINE_WAIT(wait);
	int ret;

	for (;;) {
		prepare_to_wait(room, &wait,
				TASK_INTERRUPTIBLE | TASK_FREEZABLE);
		ret = try(data);
		if (ret != -EAGAIN)
			break;
		if (timed_out || signal_pending(current)) {
			ret = timed_out ? -ETIMEDOUT : -ERESTARTSYS;
			break;
		}
		timed_out = !schedule_hrtimeout(&expires, HRTIMER_MODE_ABS);
	}
	finish_wait(room, &wait);
	return ret;
}

static int limen_batch_try(void *data)
{
	struct limen_batch *batch = data;

	guard(spinlock_irq)(&batch->lock);
	return batch->left ? -EAGAIN : 0;
}

/**
 * limen_batch_wait() - wait inline
 * @batch: batch that the caller has committed with @waited, or that was left
 * @timeout_ns: absolute CLOCK_MONOTONIC time
 *
 * Return: 0 if all descriptors finished without an error, or the error of the
 * first that has one; -ETIMEDOUT or -ERESTARTSYS if they have not finished.
 */
int limen_batch_wait(struct limen_batch *batch, s64 timeout_ns)
{
	int ret = 0;

	if (!limen_batch_ready(batch))
		ret = limen_wait_room(&batch->wait, limen_batch_try, batch,
				      timeout_ns);
	/* Work may finish up to the moment at which the wait ends. */
	scoped_guard(spinlock_irq, &batch->lock) {
		if (batch->left) {
			batch->waited = false;
			return ret;
		}
	}
	ret = batch->error;
	if (batch->waited)
		limen_batch_retire(batch);
	return ret;
}
