// SPDX-License-Identifier: GPL-2.0-only
/*
 * Searches, 1:N.
 */
#include <linux/slab.h>

#include <drm/drm_file.h>
#include <drm/drm_syncobj.h>

#include <limen/score.h>
#include <limen/template.h>
#include <uapi/drm/limen_accel.h>

#include "batch.h"
#include "device.h"
#include "gallery.h"
#include "gem.h"
#include "queue.h"
#include "scan.h"
#include "scanner.h"
#include "submit.h"
#include "user.h"
#include "workqueue.h"

/**
 * DOC: SCAN
 *
 * A scan goes from its system call to its queue, where it waits for those before
 * it and for what its submission depends on, then to the scanner, which has it
 * searched chunk by chunk, and ends in exactly one call of limen_scan_end(): the
 * result is written and what user space waits for is signalled. What sleeps or
 * frees is left until the whole submission is retired, since fences wait for nobody.
 *
 * Dependencies. drm_sched is made for boards that execute jobs in the order in which
 * it hands them over. Here it would have executed nothing: chunks, turns and replays
 * are the scanner's, so all it did was to wait for dependencies, for which a
 * submission needs a callback on each fence and a counter. It cost a stub fence a
 * scan, a job whose end it alone decides about, a scheduler that had to be stopped
 * whenever a queue goes (6.12 takes up an entity again that is being torn down),
 * and code that differs between kernels.
 *
 * When a submission is freed its callbacks are removed first, so it need not wait
 * for fences of others that may never be signalled.
 */

/**
 * struct limen_dependency - a fence that a submission waits for
 * @fence: the fence, with a reference
 * @cb: on @fence
 * @scans: the submission
 */
struct limen_dependency {
	struct dma_fence *fence;
	struct dma_fence_cb cb;
	struct limen_scans *scans;
};

/**
 * struct limen_scans - a submission to a SCAN queue
 * @batch: base class
 * @charged: how many of @scans count as the user's
 * @blockers: @dependencies that have not been signalled
 * @unblock: goes on when there are none left
 * @dependencies: what it waits for
 * @dependency_count: number of those
 * @count: number of @scans
 * @scans: the scans
 */
struct limen_scans {
	struct limen_batch batch;
	u32 charged;
	atomic_t blockers;
	struct work_struct unblock;
	struct limen_dependency dependencies[LIMEN_SYNCS_MAX];
	u32 dependency_count;
	u32 count;
	struct limen_scan scans[] __counted_by(count);
};

static struct limen_scans *to_limen_scans(struct limen_batch *batch)
{
	return container_of(batch, struct limen_scans, batch);
}

/**
 * limen_scan_blocked() - whether a scan has to wait for what it depends on
 * @scan: scan, the first of those that wait in its queue
 *
 * Scans of a queue run in order, so the first of a submission waits for all.
 *
 * Return: true if so.
 */
bool limen_scan_blocked(const struct limen_scan *scan)
{
	return !scan->index && atomic_read(&to_limen_scans(scan->batch)->blockers);
}

/* Any context; the lock of the fence is held. */
static void limen_dependency_signalled(struct dma_fence *fence,
				       struct dma_fence_cb *cb)
{
	struct limen_dependency *dependency =
		container_of(cb, struct limen_dependency, cb);
	struct limen_scans *scans = dependency->scans;

	if (!atomic_dec_return(&scans->blockers))
		queue_work(limen_fence_wq, &scans->unblock);
}

static void limen_scans_unblock_work(struct work_struct *work)
{
	struct limen_scans *scans =
		container_of(work, struct limen_scans, unblock);

	limen_scanner_advance(scans->batch.queue);
}

static int limen_scans_depend(const struct limen_submission *sub,
			      struct limen_scans *scans)
{
	const struct drm_limen_submit *args = sub->args;
	struct drm_limen_sync sync;
	int ret;
	u32 i;

	for (i = 0; i < args->in_sync_count; i++) {
		struct limen_dependency *dependency = &scans->dependencies[i];

		dependency->scans = scans;
		ret = limen_submission_sync(sub, args->in_syncs, i, &sync);
		if (!ret)
			ret = drm_syncobj_find_fence(sub->file, sync.handle,
						     sync.point, 0,
						     &dependency->fence);
		if (ret)
			return ret;
		scans->dependency_count++;
		atomic_inc(&scans->blockers);
		if (dma_fence_add_callback(dependency->fence, &dependency->cb,
					   limen_dependency_signalled))
			atomic_dec(&scans->blockers);
	}
	return 0;
}

static void limen_scan_unuse(struct limen_scan *scan)
{
	if (scan->used)
		limen_bo_unuse(scan->probe);
	scan->used = false;
}

/* Lets go of what a scan has, however little that is. */
static void limen_scan_release(struct limen_scan *scan)
{
	limen_scan_unuse(scan);
	limen_bo_put(scan->probe);
	limen_bo_put(scan->result);
	limen_gallery_put(scan->gallery);
	kvfree_sensitive(scan->rows,
			 array3_size(2, scan->desc.top_k, sizeof(*scan->rows)));
}

static void limen_scans_release(struct limen_batch *batch)
{
	struct limen_scans *scans = to_limen_scans(batch);
	struct limen_user *user = batch->queue->client->user;
	u32 i;

	for (i = 0; i < scans->dependency_count; i++) {
		struct limen_dependency *dependency = &scans->dependencies[i];

		/* Afterwards the callback is not running, and will not. */
		dma_fence_remove_callback(dependency->fence, &dependency->cb);
		dma_fence_put(dependency->fence);
	}
	cancel_work_sync(&scans->unblock);
	for (i = 0; i < scans->count; i++)
		limen_scan_release(&scans->scans[i]);
	/* The user's other queues may have waited for the room, too. */
	limen_user_unreserve(user, LIMEN_SCANS, scans->charged);
	wake_up_all(&user->limen->rings[LIMEN_HW_RING_SCAN].room);
	limen_queue_put(batch->queue);
}

static void limen_scan_write_rows(struct limen_scan *scan, u64 offset)
{
	u32 i;

	for (i = 0; i < scan->found; i++, offset += scan->desc.row_size)
		limen_bo_write(scan->result, offset, &scan->best[i],
			       sizeof(scan->best[i]));
}

static void limen_scan_write_result(struct limen_scan *scan)
{
	struct drm_limen_scan_result result = { .error = scan->error };

	if (!scan->error) {
		result.count = scan->found;
		result.device_ns = scan->device_ns;
		limen_scan_write_rows(scan, scan->desc.result_offset +
					    scan->desc.result_size);
	}
	limen_bo_write_result(scan->result, scan->desc.result_offset, &result,
			      sizeof(result));
}

/**
 * limen_scan_end() - bring a scan to its end
 * @scan: scan that nobody goes on with; may be gone on return
 *
 * Any context; part of signalling.
 */
void limen_scan_end(struct limen_scan *scan)
{
	limen_scan_write_result(scan);
	limen_scan_unuse(scan);
	atomic_dec(&scan->limen->host.stats.scans);
	limen_batch_done(scan->batch, scan->index, scan->error);
}

/* Whether a row comes before another in a result. */
static bool limen_row_before(const struct drm_limen_scan_row *row,
			     const struct drm_limen_scan_row *other)
{
	if (row->similarity != other->similarity)
		return row->similarity > other->similarity;
	return row->row < other->row;
}

/* Reads a row that the board wrote, once, and checks it against the last one. */
static bool limen_scan_row(const struct limen_scan *scan,
			   const struct limen_chunk *chunk, u32 index,
			   const struct drm_limen_scan_row *last,
			   struct drm_limen_scan_row *row)
{
	const struct limen_hw_row *from = &chunk->rows[index];
	s32 raw_max = scan->gallery->dim << 14;
	u32 number = le32_to_cpu(READ_ONCE(from->row));

	row->row = chunk->first + number;
	row->raw = le32_to_cpu(READ_ONCE(from->raw));
	row->similarity = le32_to_cpu(READ_ONCE(from->similarity));
	row->pad = 0;

	return number < chunk->count &&
	       row->raw >= -raw_max && row->raw <= raw_max &&
	       row->similarity >= -LIMEN_SIMILARITY_ONE &&
	       row->similarity <= LIMEN_SIMILARITY_ONE &&
	       row->similarity >= scan->desc.min_similarity &&
	       (!index || limen_row_before(last, row));
}

/**
 * limen_scan_merge() - merge the rows of a chunk into the best so far
 * @scan: scan
 * @chunk: chunk of it, answered; chunks may come in any order
 *
 * Process context, one chunk at a time.
 *
 * Return: 0, or -EPROTO if no working board finds such rows.
 */
int limen_scan_merge(struct limen_scan *scan, const struct limen_chunk *chunk)
{
	struct drm_limen_scan_row *rows = scan->merged;
	struct drm_limen_scan_row row, last;
	u32 i, old = 0, found = 0;

	for (i = 0; i < chunk->found; i++) {
		if (!limen_scan_row(scan, chunk, i, &last, &row))
			return -EPROTO;
		last = row;
		while (found < scan->desc.top_k && old < scan->found &&
		       limen_row_before(&scan->best[old], &row))
			rows[found++] = scan->best[old++];
		if (found < scan->desc.top_k)
			rows[found++] = row;
	}
	while (found < scan->desc.top_k && old < scan->found)
		rows[found++] = scan->best[old++];

	scan->merged = scan->best;
	scan->best = rows;
	scan->found = found;
	return 0;
}

static int limen_scan_check(const struct drm_limen_scan *desc, u32 top_k_max)
{
	if (desc->flags || !desc->top_k || desc->top_k > top_k_max ||
	    !limen_size_valid(desc->result_size,
			      sizeof(struct drm_limen_scan_result)) ||
	    !limen_size_valid(desc->row_size,
			      sizeof(struct drm_limen_scan_row)))
		return -EINVAL;
	return 0;
}

static int limen_scan_lookup(const struct limen_submission *sub,
			     struct limen_scan *scan)
{
	const struct drm_limen_scan *desc = &scan->desc;
	u64 size;
	int ret;

	scan->gallery = limen_gallery_lookup(sub->file->driver_priv,
					     desc->gallery);
	if (!scan->gallery)
		return -ENOENT;
	if (limen_bo_lost(scan->gallery->bo))
		return -ESTALE;
	if (!desc->row_count || desc->first_row >= scan->gallery->rows ||
	    desc->row_count > scan->gallery->rows - desc->first_row)
		return -EINVAL;

	size = desc->result_size + (u64)desc->top_k * desc->row_size;
	scan->result = limen_bo_lookup(sub->file, desc->result_handle);
	scan->probe = limen_bo_lookup(sub->file, desc->probe_handle);
	if (!scan->result || !scan->probe)
		return -ENOENT;
	ret = limen_result_check(scan->result, desc->result_offset, size,
				 LIMEN_HW_VECTOR_ALIGN);
	if (!ret)
		ret = limen_vector_use(scan->probe, desc->probe_offset,
				       scan->gallery->dim);
	scan->used = !ret;
	return ret;
}

static void limen_scan_describe(struct limen_scan *scan)
{
	const struct drm_limen_scan *desc = &scan->desc;
	struct limen_hw_sqe *sqe = &scan->sqe;

	sqe->opcode = LIMEN_HW_OP_SCAN;
	if (scan->probe->card)
		sqe->flags = LIMEN_HW_F_PROBE_ON_CARD;
	sqe->dim = cpu_to_le16(scan->gallery->dim);
	sqe->scan.probe =
		cpu_to_le64(limen_bo_address(scan->probe, desc->probe_offset));
	sqe->scan.stride = cpu_to_le32(scan->gallery->stride);
	sqe->scan.top_k = cpu_to_le32(desc->top_k);
	sqe->scan.min_similarity = cpu_to_le32(desc->min_similarity);
}

static int limen_scan_init(const struct limen_submission *sub,
			   struct limen_scan *scan)
{
	const struct drm_limen_scan *desc = &scan->desc;
	int ret;

	ret = limen_submission_desc(sub, scan->index, &scan->desc,
				    sizeof(scan->desc));
	if (!ret)
		ret = limen_scan_check(desc, sub->limen->top_k_max);
	if (!ret)
		ret = limen_scan_lookup(sub, scan);
	if (ret)
		return ret;
	limen_scan_describe(scan);

	scan->next = desc->first_row;
	scan->end = desc->first_row + desc->row_count;
	scan->rows = kvcalloc(2 * desc->top_k, sizeof(*scan->rows),
			      GFP_KERNEL_ACCOUNT);
	if (!scan->rows)
		return -ENOMEM;
	scan->best = scan->rows;
	scan->merged = scan->rows + desc->top_k;
	return 0;
}

static int limen_scans_prepare(struct limen_submission *sub)
{
	u32 i, count = sub->args->count;
	struct limen_scans *scans;
	int ret = 0;

	scans = kzalloc(struct_size(scans, scans, count), GFP_KERNEL_ACCOUNT);
	if (!scans)
		return -ENOMEM;
	scans->count = count;
	INIT_WORK(&scans->unblock, limen_scans_unblock_work);
	limen_batch_init(&scans->batch, limen_queue_get(sub->queue), count,
			 limen_scans_release);
	sub->batch = &scans->batch;

	for (i = 0; !ret && i < count; i++) {
		scans->scans[i].limen = sub->limen;
		scans->scans[i].batch = &scans->batch;
		scans->scans[i].index = i;
		ret = limen_scan_init(sub, &scans->scans[i]);
	}
	return ret ?: limen_scans_depend(sub, scans);
}

/* Hands all scans over if the user may have so many more. */
static int limen_scans_reserve(void *data)
{
	const struct limen_submission *sub = data;
	const struct drm_limen_scan_result fresh = { .error = -EINPROGRESS };
	struct limen_scans *scans = to_limen_scans(sub->batch);
	struct limen_ring *ring = &sub->limen->rings[LIMEN_HW_RING_SCAN];
	u32 i, count = scans->count;

	guard(spinlock_irqsave)(&ring->lock);
	/* limen_scanner_stop(), which follows, takes the lock as well. */
	if (READ_ONCE(sub->queue->destroyed))
		return -ENOENT;
	if (limen_user_reserve(sub->queue->client->user, LIMEN_SCANS, count))
		return -EAGAIN;

	/* Nothing fails from here on. */
	scans->charged = count;
	limen_batch_commit(&scans->batch, limen_submission_waits(sub));
	atomic_add(count, &sub->limen->host.stats.scans);
	for (i = 0; i < count; i++) {
		struct limen_scan *scan = &scans->scans[i];

		limen_bo_write(scan->result, scan->desc.result_offset, &fresh,
			       sizeof(fresh));
		list_add_tail(&scan->link, &sub->queue->waiting);
	}
	limen_scanner_advance_locked(ring, sub->queue);
	return 0;
}

const struct limen_kind limen_scan_kind = {
	.ring = LIMEN_HW_RING_SCAN,
	.depends = true,
	.prepare = limen_scans_prepare,
	.reserve = limen_scans_reserve,
	.stop = limen_scanner_stop,
};
