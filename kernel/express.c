// SPDX-License-Identifier: GPL-2.0-only
/*
 * Comparisons, 1:1.
 */
#include <linux/ktime.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include <limen/score.h>
#include <limen/template.h>

#include <uapi/drm/limen_accel.h>

#include "batch.h"
#include "device.h"
#include "express.h"
#include "gem.h"
#include "queue.h"
#include "submit.h"
#include "trace.h"
#include "user.h"

/**
 * DOC: EXPRESS
 *
 * A traveller waits for a comparison, so nothing stands between the system call
 * and the board: the entries are written and the doorbell is rung in the
 * caller's own context, under the ring's lock. The interrupt writes the results
 * to the caller's buffer and wakes him. There is no scheduler and no work item.
 *
 * Nor is there an allocation, as a rule: a batch that signals no syncobj is never
 * seen by anybody else, so when it is done its memory stays with the queue, for
 * the next. Only batches that signal syncobjs, or are submitted to a queue while
 * another of it is under way, or are larger than those before, get new memory,
 * before anything of them is handed over.
 *
 * To fall asleep and be woken takes about as long as a short comparison. So a caller that
 * waits inline first spins, for twice the time that comparisons have lately taken
 * from doorbell to answer, and looks at the ring himself: then neither the
 * interrupt nor the scheduler is in the answer's way. The spinning ends early
 * when somebody else could use the processor, for a signal, and at the caller's
 * timeout, and there is none at all while comparisons take more than
 * LIMEN_SPIN_MAX_NS. On a machine with one processor that the emulated board
 * needs as well, its engine's wake-up is what asks for the processor.
 */

/* A waiter sleeps at once if comparisons take longer than that. */
#define LIMEN_SPIN_MAX_NS	50000

/* Where results start. */
#define LIMEN_RESULT_ALIGN	32

/* The buffers of a comparison. */
enum {
	LIMEN_PROBE,
	LIMEN_REFERENCE,
	LIMEN_RESULT,
	LIMEN_ROLES,
};

/**
 * struct limen_comparison - a comparison
 * @batch: what it belongs to
 * @index: its number there
 * @desc: what user space wants, checked
 * @bos: its buffers, with references; NULL where that failed
 * @used: how many of @bos, vectors all, have a use until it has finished
 * @sqe: what the board is told, more than once if a reset comes between
 */
struct limen_comparison {
	struct limen_batch *batch;
	u32 index;
	u32 used;
	struct drm_limen_compare desc;
	struct limen_bo *bos[LIMEN_ROLES];
	struct limen_hw_sqe sqe;
};

/**
 * struct limen_express - a submission to an EXPRESS queue
 * @batch: base class
 * @room: number of @items there is memory for
 * @count: number of @items
 * @items: the comparisons
 */
struct limen_express {
	struct limen_batch batch;
	u32 room;
	u32 count;
	struct limen_comparison items[] __counted_by(count);
};

static struct limen_express *to_limen_express(struct limen_batch *batch)
{
	return container_of(batch, struct limen_express, batch);
}

static struct limen_ring *limen_express_ring(struct limen_submission *sub)
{
	return &sub->limen->rings[LIMEN_HW_RING_EXPRESS];
}

/* Any context. */
static void limen_comparison_unuse(struct limen_comparison *item)
{
	while (item->used)
		limen_bo_unuse(item->bos[--item->used]);
}

static void limen_express_release(struct limen_batch *batch)
{
	struct limen_express *express = to_limen_express(batch);
	u32 i, role;

	for (i = 0; i < express->count; i++) {
		struct limen_comparison *item = &express->items[i];

		limen_comparison_unuse(item);
		for (role = 0; role < LIMEN_ROLES; role++)
			limen_bo_put(item->bos[role]);
	}
	if (!batch->recycle)
		limen_queue_put(batch->queue);
}

static void limen_express_recycle(struct limen_batch *batch)
{
	struct limen_queue *queue = batch->queue;

	kfree(xchg(&queue->recycled, (void *)to_limen_express(batch)));
	limen_queue_put(queue);
}

static int limen_comparison_vector(const struct limen_submission *sub,
				   struct limen_comparison *item,
				   unsigned int role, u32 handle, u64 offset)
{
	struct limen_bo *bo = limen_bo_lookup(sub->file, handle);
	int ret;

	item->bos[role] = bo;
	if (!bo)
		return -ENOENT;
	ret = limen_vector_use(bo, offset, item->desc.dim);
	if (!ret)
		item->used++;
	return ret;
}

static int limen_comparison_buffers(const struct limen_submission *sub,
				    struct limen_comparison *item)
{
	const struct drm_limen_compare *desc = &item->desc;
	struct limen_bo *result;
	int ret;

	ret = limen_comparison_vector(sub, item, LIMEN_PROBE,
				      desc->probe_handle, desc->probe_offset);
	if (!ret)
		ret = limen_comparison_vector(sub, item, LIMEN_REFERENCE,
					      desc->reference_handle,
					      desc->reference_offset);
	if (ret)
		return ret;
	result = limen_bo_lookup(sub->file, desc->result_handle);
	item->bos[LIMEN_RESULT] = result;
	if (!result)
		return -ENOENT;
	return limen_result_check(result, desc->result_offset,
				  desc->result_size, LIMEN_RESULT_ALIGN);
}

static int limen_comparison_init(const struct limen_submission *sub,
				 struct limen_comparison *item)
{
	const struct limen_bo *probe, *reference;
	const struct drm_limen_compare *desc = &item->desc;
	struct limen_hw_sqe *sqe = &item->sqe;
	int ret;

	ret = limen_submission_desc(sub, item->index, &item->desc,
				    sizeof(item->desc));
	if (ret)
		return ret;
	if (desc->flags || !limen_dim_valid(desc->dim) ||
	    !limen_size_valid(desc->result_size,
			      sizeof(struct drm_limen_compare_result)))
		return -EINVAL;
	ret = limen_comparison_buffers(sub, item);
	if (ret)
		return ret;

	probe = item->bos[LIMEN_PROBE];
	reference = item->bos[LIMEN_REFERENCE];
	sqe->opcode = LIMEN_HW_OP_COMPARE;
	if (probe->card)
		sqe->flags |= LIMEN_HW_F_PROBE_ON_CARD;
	if (reference->card)
		sqe->flags |= LIMEN_HW_F_REFERENCE_ON_CARD;
	sqe->dim = cpu_to_le16(desc->dim);
	sqe->compare.probe =
		cpu_to_le64(limen_bo_address(probe, desc->probe_offset));
	sqe->compare.reference =
		cpu_to_le64(limen_bo_address(reference,
					     desc->reference_offset));
	return 0;
}

/* Zeroed memory: the queue's, or, if it is in use or too small, new. */
static struct limen_express *limen_express_alloc(struct limen_queue *queue,
						 u32 count)
{
	struct limen_express *express = xchg(&queue->recycled, NULL);
	u32 room = express ? express->room : 0;

	if (room >= count) {
		memset(express, 0, struct_size(express, items, count));
	} else {
		kfree(express);
		room = count;
		express = kzalloc(struct_size(express, items, count),
				  GFP_KERNEL_ACCOUNT);
		if (!express)
			return NULL;
	}
	express->room = room;
	express->count = count;
	return express;
}

static int limen_express_prepare(struct limen_submission *sub)
{
	u32 i, count = sub->args->count;
	struct limen_express *express;
	int ret = 0;

	express = limen_express_alloc(sub->queue, count);
	if (!express)
		return -ENOMEM;
	limen_batch_init(&express->batch, limen_queue_get(sub->queue), count,
			 limen_express_release);
	if (!sub->out_count)
		express->batch.recycle = limen_express_recycle;
	sub->batch = &express->batch;

	for (i = 0; !ret && i < count; i++) {
		express->items[i].batch = &express->batch;
		express->items[i].index = i;
		ret = limen_comparison_init(sub, &express->items[i]);
	}
	return ret;
}

/* Whether the user may have so many more comparisons under way. */
static bool limen_express_charge(struct limen_express *express)
{
	struct limen_queue *queue = express->batch.queue;

	return queue->unlimited ||
	       !limen_user_reserve(queue->client->user, LIMEN_COMPARISONS,
				   express->count);
}

/*
 * Hands all comparisons to the board if there is room for all. The ring's lock
 * and state are enough against a board that goes: see limen_ring_fini().
 */
static int limen_express_reserve(void *data)
{
	struct limen_submission *sub = data;
	struct limen_express *express = to_limen_express(sub->batch);
	const struct drm_limen_compare_result fresh = { .error = -EINPROGRESS };
	struct limen_ring *ring = limen_express_ring(sub);
	int ret;
	u32 i;

	if (READ_ONCE(sub->queue->destroyed))
		return -ENOENT;

	guard(spinlock_irqsave)(&ring->lock);
	ret = limen_ring_room(ring, express->count);
	/* Card memory may have been lost while there was no room. */
	for (i = 0; !ret && i < express->count; i++)
		if (limen_bo_lost(express->items[i].bos[LIMEN_PROBE]) ||
		    limen_bo_lost(express->items[i].bos[LIMEN_REFERENCE]))
			ret = -ESTALE;
	if (!ret && !limen_express_charge(express))
		ret = -EAGAIN;
	if (ret)
		return ret;

	/* Nothing fails from here on. */
	limen_batch_commit(&express->batch, limen_submission_waits(sub));
	for (i = 0; i < express->count; i++) {
		struct limen_comparison *item = &express->items[i];

		limen_bo_write(item->bos[LIMEN_RESULT],
			       item->desc.result_offset, &fresh, sizeof(fresh));
		limen_ring_push(ring, &item->sqe, item);
		trace_limen_start(ring->host->number, ring->index, ring->tail,
				  item->batch->fence.context, i, item->desc.dim,
				  0);
	}
	limen_ring_kick(ring);
	return 0;
}

/* Takes the answers itself as long as it is likely that they come soon. */
static void limen_express_spin(struct limen_submission *sub)
{
	struct limen_ring *ring = limen_express_ring(sub);
	u32 typical = READ_ONCE(ring->typical_ns);
	u64 end;

	if (typical > LIMEN_SPIN_MAX_NS)
		return;
	end = min_t(u64, ktime_get_ns() + 2 * typical,
		    max(sub->args->timeout_ns, 0));
	while (!limen_batch_ready(sub->batch) && !need_resched() &&
	       !signal_pending(current) && ktime_get_ns() < end) {
		limen_ring_poll(ring);
		cpu_relax();
	}
}

const struct limen_kind limen_express_kind = {
	.ring = LIMEN_HW_RING_EXPRESS,
	.prepare = limen_express_prepare,
	.reserve = limen_express_reserve,
	.spin = limen_express_spin,
};

/* A comparison has ended: nobody looks at it afterwards. */
static void limen_comparison_end(struct limen_comparison *item,
				 const struct drm_limen_compare_result *result)
{
	struct limen_queue *queue = item->batch->queue;

	limen_bo_write_result(item->bos[LIMEN_RESULT],
			      item->desc.result_offset, result,
			      sizeof(*result));
	limen_comparison_unuse(item);
	if (!queue->unlimited)
		limen_user_unreserve(queue->client->user, LIMEN_COMPARISONS, 1);
	limen_batch_done(item->batch, item->index, result->error);
}

/*
 * With components of 8 bits, no dot product is larger than dim * 2^14; and a
 * comparison returns no rows.
 */
static bool limen_comparison_plausible(const struct limen_comparison *item,
				       const struct limen_answer *answer)
{
	s32 raw_max = item->desc.dim << 14;

	return !answer->count &&
	       answer->raw >= -raw_max && answer->raw <= raw_max &&
	       answer->similarity >= -LIMEN_SIMILARITY_ONE &&
	       answer->similarity <= LIMEN_SIMILARITY_ONE;
}

static int limen_express_complete(struct limen_ring *ring, void *data,
				  const struct limen_answer *answer)
{
	struct limen_comparison *item = data;
	struct drm_limen_compare_result result = { .error = -EIO };

	if (answer->status == LIMEN_HW_OK &&
	    !limen_comparison_plausible(item, answer))
		return -EPROTO;
	limen_stats_answer(ring, answer, 0, item->batch->queue->client);
	if (answer->status == LIMEN_HW_OK) {
		result.error = 0;
		result.raw = answer->raw;
		result.similarity = answer->similarity;
		result.device_ns = answer->device_ns;
	}
	limen_comparison_end(item, &result);
	return 0;
}

static void limen_express_abort(struct limen_ring *ring, void *data, int error)
{
	const struct drm_limen_compare_result result = { .error = error };

	limen_comparison_end(data, &result);
}

const struct limen_ring_ops limen_express_ring_ops = {
	.complete = limen_express_complete,
	.abort = limen_express_abort,
	.replayed = true,
	.watched = true,
};
