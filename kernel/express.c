// SPDX-License-Identifier: GPL-2.0-only
/*
 * Comparisons, 1:1.
 */
#include <linux/slab.h>

#include <limen/score.h>

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
 * to the caller's buffer and wakes him. There is no scheduler, no work item and,
 * past the allocation of the batch, no allocation.
 */

/**
 * struct limen_comparison - a comparison
 * @batch: what it belongs to
 * @index: its number there
 * @dim: components of either vector
 * @probe: buffer of the probe, with a reference, and a use until it has finished
 * @reference: likewise
 * @result: host buffer of the result, with a reference
 * @result_offset: of the result in @result
 * @sqe: what the board is told, more than once if a reset comes between
 */
struct limen_comparison {
	struct limen_batch *batch;
	u32 index;
	u32 dim;
	struct limen_bo *probe;
	struct limen_bo *reference;
	struct limen_bo *result;
	u64 result_offset;
	struct limen_hw_sqe sqe;
};

/**
 * struct limen_express - a submission to an EXPRESS queue
 * @batch: base class
 * @queue: where it was submitted to, with a reference
 * @count: number of @items
 * @items: the comparisons
 */
struct limen_express {
	struct limen_batch batch;
	struct limen_queue *queue;
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
	if (item->probe)
		limen_bo_unuse(item->probe);
	if (item->reference)
		limen_bo_unuse(item->reference);
}

static void limen_express_release(struct limen_batch *batch)
{
	struct limen_express *express = to_limen_express(batch);
	u32 i;

	for (i = 0; i < express->count; i++) {
		limen_bo_put(express->items[i].probe);
		limen_bo_put(express->items[i].reference);
		limen_bo_put(express->items[i].result);
	}
	limen_queue_put(express->queue);
}

static int limen_comparison_lookup(const struct limen_submission *sub,
				   struct limen_comparison *item,
				   const struct drm_limen_compare *desc)
{
	struct limen_bo *bo;

	bo = limen_submission_vector(sub, desc->probe_handle,
				     desc->probe_offset, desc->dim);
	if (IS_ERR(bo))
		return PTR_ERR(bo);
	item->probe = bo;

	bo = limen_submission_vector(sub, desc->reference_handle,
				     desc->reference_offset, desc->dim);
	if (IS_ERR(bo))
		return PTR_ERR(bo);
	item->reference = bo;

	bo = limen_submission_result(sub, desc->result_handle,
				     desc->result_offset,
				     sizeof(struct drm_limen_compare_result),
				     sizeof(struct drm_limen_compare_result));
	if (IS_ERR(bo))
		return PTR_ERR(bo);
	item->result = bo;
	item->result_offset = desc->result_offset;
	return 0;
}

static int limen_comparison_init(const struct limen_submission *sub,
				 struct limen_comparison *item)
{
	struct limen_hw_sqe *sqe = &item->sqe;
	struct drm_limen_compare desc;
	int ret;

	ret = limen_submission_desc(sub, item->index, &desc, sizeof(desc));
	if (ret)
		return ret;
	if (desc.flags || desc.pad || !limen_dim_valid(desc.dim))
		return -EINVAL;
	ret = limen_comparison_lookup(sub, item, &desc);
	if (ret)
		return ret;

	item->dim = desc.dim;
	sqe->opcode = LIMEN_HW_OP_COMPARE;
	if (item->probe->card)
		sqe->flags |= LIMEN_HW_F_PROBE_ON_CARD;
	if (item->reference->card)
		sqe->flags |= LIMEN_HW_F_REFERENCE_ON_CARD;
	sqe->dim = cpu_to_le16(desc.dim);
	sqe->compare.probe =
		cpu_to_le64(limen_bo_address(item->probe, desc.probe_offset));
	sqe->compare.reference =
		cpu_to_le64(limen_bo_address(item->reference,
					     desc.reference_offset));
	return 0;
}

static void limen_express_cancel(struct limen_submission *sub)
{
	struct limen_express *express = to_limen_express(sub->batch);
	u32 i;

	for (i = 0; i < express->count; i++)
		limen_comparison_unuse(&express->items[i]);
	limen_express_release(sub->batch);
	limen_batch_put(sub->batch);
}

static int limen_express_prepare(struct limen_submission *sub)
{
	u32 i, count = sub->args->count;
	struct limen_express *express;
	int ret = 0;

	express = kzalloc(struct_size(express, items, count),
			  GFP_KERNEL_ACCOUNT);
	if (!express)
		return -ENOMEM;
	express->queue = limen_queue_get(sub->queue);
	express->count = count;
	limen_batch_init(&express->batch, count, limen_express_release);
	sub->batch = &express->batch;

	for (i = 0; !ret && i < count; i++) {
		express->items[i].batch = &express->batch;
		express->items[i].index = i;
		ret = limen_comparison_init(sub, &express->items[i]);
	}
	if (ret)
		limen_express_cancel(sub);
	return ret;
}

/* Whether the user may have so many more comparisons under way. */
static bool limen_express_charge(struct limen_express *express)
{
	struct limen_queue *queue = express->queue;

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
	unsigned long flags;
	int ret;
	u32 i;

	if (READ_ONCE(sub->queue->destroyed))
		return -ENOENT;

	spin_lock_irqsave(&ring->lock, flags);
	ret = limen_ring_room(ring, express->count);
	if (!ret && !limen_express_charge(express))
		ret = -EAGAIN;
	if (ret)
		goto out_unlock;

	/* Nothing fails from here on. */
	limen_batch_commit(&express->batch, limen_submission_waits(sub));
	for (i = 0; i < express->count; i++) {
		struct limen_comparison *item = &express->items[i];

		limen_bo_write(item->result, item->result_offset, &fresh,
			       sizeof(fresh));
		limen_ring_push(ring, &item->sqe, item);
		trace_limen_start(ring, item->batch, i, item->dim, 0);
	}
	limen_ring_kick(ring);
out_unlock:
	spin_unlock_irqrestore(&ring->lock, flags);
	return ret;
}

static wait_queue_head_t *limen_express_room(struct limen_submission *sub)
{
	return &limen_express_ring(sub)->room;
}

const struct limen_kind limen_express_kind = {
	.prepare = limen_express_prepare,
	.reserve = limen_express_reserve,
	.cancel = limen_express_cancel,
	.room = limen_express_room,
};

/* A comparison has ended: nobody looks at it afterwards. */
static void limen_comparison_end(struct limen_comparison *item, int error)
{
	struct limen_queue *queue = to_limen_express(item->batch)->queue;

	limen_bo_write_error(item->result, item->result_offset, error);
	limen_comparison_unuse(item);
	if (!queue->unlimited)
		limen_user_unreserve(queue->client->user, LIMEN_COMPARISONS, 1);
	limen_batch_done(item->batch, item->index, error);
}

/*
 * With components of 8 bits, no dot product is larger than dim * 2^14; and a
 * comparison returns no rows.
 */
static bool limen_comparison_plausible(const struct limen_comparison *item,
				       const struct limen_answer *answer)
{
	s32 raw_max = item->dim << 14;

	return !answer->count &&
	       answer->raw >= -raw_max && answer->raw <= raw_max &&
	       answer->similarity >= -LIMEN_SIMILARITY_ONE &&
	       answer->similarity <= LIMEN_SIMILARITY_ONE;
}

static int limen_express_complete(struct limen_ring *ring, void *data,
				  const struct limen_answer *answer)
{
	struct limen_comparison *item = data;
	struct drm_limen_compare_result result = {};
	const size_t skip = sizeof(result.error);

	if (answer->status != LIMEN_HW_OK) {
		limen_stats_answer(ring, answer, 0);
		limen_comparison_end(item, -EIO);
		return 0;
	}
	if (!limen_comparison_plausible(item, answer))
		return -EPROTO;
	limen_stats_answer(ring, answer, 0);

	result.raw = answer->raw;
	result.similarity = answer->similarity;
	result.device_ns = answer->device_ns;
	limen_bo_write(item->result, item->result_offset + skip,
		       (void *)&result + skip, sizeof(result) - skip);
	limen_comparison_end(item, 0);
	return 0;
}

static void limen_express_abort(struct limen_ring *ring, void *data, int error)
{
	limen_comparison_end(data, error);
}

const struct limen_ring_ops limen_express_ring_ops = {
	.complete = limen_express_complete,
	.abort = limen_express_abort,
	.replayed = true,
	.watched = true,
};
