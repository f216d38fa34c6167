// SPDX-License-Identifier: GPL-2.0-only
/*
 * Searches, 1:N.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <drm/drm_drv.h>
#include <drm/drm_file.h>

#include <limen/score.h>

#include "batch.h"
#include "compat.h"
#include "device.h"
#include "gallery.h"
#include "gem.h"
#include "queue.h"
#include "scan.h"
#include "scanner.h"
#include "submit.h"
#include "user.h"

/**
 * DOC: SCAN
 *
 * A scan goes from its system call to drm_sched, from there to the scanner,
 * which has it searched chunk by chunk, and ends in exactly one call of
 * limen_scan_end(): the result is written, what user space waits for is
 * signalled. What sleeps or frees is left to another work item, since fences
 * wait for nobody, and because the last reference to the device, and with it
 * drm_sched, may go there. It runs when drm_sched has let go of the scan too.
 *
 * A score close to a template's own tells much about the template, and enough of
 * any scores tell all of it. So most callers are told only of rows that are
 * alike, and of no more than a person can look at.
 */

/**
 * struct limen_scans - a submission to a SCAN queue
 * @batch: base class
 * @count: number of @scans
 * @scans: the scans; valid until they are pushed
 */
struct limen_scans {
	struct limen_batch batch;
	u32 count;
	struct limen_scan *scans[] __counted_by(count);
};

static struct limen_scans *to_limen_scans(struct limen_batch *batch)
{
	return container_of(batch, struct limen_scans, batch);
}

static void limen_scan_write_result(struct limen_scan *scan)
{
	struct drm_limen_scan_result result = {
		.count = scan->found,
		.device_ns = scan->device_ns,
	};
	const size_t skip = sizeof(result.error);

	if (!scan->error) {
		limen_bo_write(scan->result, scan->result_offset + skip,
			       (void *)&result + skip, sizeof(result) - skip);
		limen_bo_write(scan->result, scan->result_offset + sizeof(result),
			       scan->best, array_size(scan->found,
						      sizeof(*scan->best)));
	}
	limen_bo_write_error(scan->result, scan->result_offset, scan->error);
}

/* Gives room back; the user's other queues may have waited for it, too. */
static void limen_scans_unreserve(struct limen_queue *queue, u32 count)
{
	limen_user_unreserve(queue->client->user, LIMEN_SCANS, count);
	wake_up_all(&queue->client->user->room);
}

/**
 * limen_scan_end() - bring a scan to its end
 * @scan: scan that nobody goes on with; may be gone on return
 *
 * Process context; part of signalling.
 */
void limen_scan_end(struct limen_scan *scan)
{
	struct limen_batch *batch = scan->batch;
	u32 index = scan->index;
	int error = scan->error;

	limen_scan_write_result(scan);
	limen_bo_unuse(scan->probe);
	limen_scans_unreserve(scan->queue, 1);
	atomic_dec(&scan->limen->stats.scans);
	/* Before anybody is told: who is told may wait for what it holds. */
	limen_batch_get(batch);
	limen_scan_put(scan);
	limen_batch_done(batch, index, error);
	limen_batch_put(batch);
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
	       row->similarity >= scan->min_similarity &&
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
		while (found < scan->top_k && old < scan->found &&
		       limen_row_before(&scan->best[old], &row))
			rows[found++] = scan->best[old++];
		if (found < scan->top_k)
			rows[found++] = row;
	}
	while (found < scan->top_k && old < scan->found)
		rows[found++] = scan->best[old++];

	scan->merged = scan->best;
	scan->best = rows;
	scan->found = found;
	return 0;
}

/* Lets go of whatever a scan has. */
static void limen_scan_retire_work(struct work_struct *work)
{
	struct limen_scan *scan = container_of(work, struct limen_scan, retire);

	limen_bo_put(scan->probe);
	limen_bo_put(scan->result);
	limen_gallery_put(scan->gallery);
	limen_queue_put(scan->queue);
	limen_batch_put(scan->batch);
	kvfree_sensitive(scan->rows,
			 array3_size(2, scan->top_k, sizeof(*scan->rows)));
	kfree(scan);
}

static void limen_scan_retire(struct kref *ref)
{
	struct limen_scan *scan = container_of(ref, struct limen_scan, ref);

	queue_work(limen_retire_wq, &scan->retire);
}

/**
 * limen_scan_put() - give a reference back
 * @scan: scan; any context
 */
void limen_scan_put(struct limen_scan *scan)
{
	kref_put(&scan->ref, limen_scan_retire);
}

/**
 * limen_scan_unlimited() - whether the caller may see all scores
 *
 * Return: true with CAP_SYS_ADMIN.
 */
bool limen_scan_unlimited(void)
{
	return ns_capable_noaudit(&init_user_ns, CAP_SYS_ADMIN);
}

static int limen_scan_check(const struct drm_limen_scan *desc)
{
	if (desc->flags || !desc->top_k || desc->top_k > LIMEN_HW_TOP_K_MAX)
		return -EINVAL;
	if ((desc->top_k > DRM_LIMEN_TOP_K_USER || desc->min_similarity < 0) &&
	    !limen_scan_unlimited())
		return -EPERM;
	return 0;
}

static int limen_scan_lookup(const struct limen_submission *sub,
			     struct limen_scan *scan,
			     const struct drm_limen_scan *desc)
{
	struct limen_bo *bo;
	size_t size;
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

	size = struct_size_t(struct drm_limen_scan_result, rows, desc->top_k);
	scan->result_offset = desc->result_offset;
	scan->result = limen_bo_lookup(sub->file, desc->result_handle);
	bo = limen_bo_lookup(sub->file, desc->probe_handle);
	ret = -ENOENT;
	if (scan->result && bo)
		ret = limen_result_check(scan->result, desc->result_offset,
					 size, LIMEN_HW_VECTOR_ALIGN) ?:
		      limen_vector_use(bo, desc->probe_offset,
				       scan->gallery->dim);
	if (ret)
		limen_bo_put(bo);
	else
		scan->probe = bo;
	return ret;
}

static void limen_scan_describe(struct limen_scan *scan,
				const struct drm_limen_scan *desc)
{
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
	struct drm_limen_scan desc;
	int ret;

	ret = limen_submission_desc(sub, scan->index, &desc, sizeof(desc));
	if (ret)
		return ret;
	ret = limen_scan_check(&desc);
	if (!ret)
		ret = limen_scan_lookup(sub, scan, &desc);
	if (ret)
		return ret;
	limen_scan_describe(scan, &desc);

	scan->next = desc.first_row;
	scan->end = desc.first_row + desc.row_count;
	scan->top_k = desc.top_k;
	scan->min_similarity = desc.min_similarity;
	scan->rows = kvcalloc(2 * scan->top_k, sizeof(*scan->rows),
			      GFP_KERNEL_ACCOUNT);
	if (!scan->rows)
		return -ENOMEM;
	scan->best = scan->rows;
	scan->merged = scan->rows + scan->top_k;
	return limen_sched_job_init(&scan->base, &sub->queue->entity, sub->file);
}

static struct limen_scan *limen_scan_alloc(struct limen_submission *sub,
					   u32 index)
{
	struct limen_scan *scan;

	scan = kzalloc(sizeof(*scan), GFP_KERNEL_ACCOUNT);
	if (!scan)
		return NULL;

	kref_init(&scan->ref);
	INIT_WORK(&scan->retire, limen_scan_retire_work);
	scan->limen = sub->limen;
	scan->queue = limen_queue_get(sub->queue);
	scan->batch = sub->batch;
	limen_batch_get(sub->batch);
	scan->index = index;
	INIT_LIST_HEAD(&scan->link);
	return scan;
}

/* Undoes limen_scan_init() and limen_scan_alloc(), however far they got. */
static void limen_scan_discard(struct limen_scan *scan)
{
	if (scan->base.s_fence)
		drm_sched_job_cleanup(&scan->base);
	if (scan->probe)
		limen_bo_unuse(scan->probe);
	limen_scan_put(scan);
}

static void limen_scans_cancel(struct limen_submission *sub)
{
	struct limen_scans *scans = to_limen_scans(sub->batch);
	u32 i;

	for (i = 0; i < scans->count && scans->scans[i]; i++)
		limen_scan_discard(scans->scans[i]);
	limen_batch_put(sub->batch);
}

/* Scans of a queue run in order, so the first one waits for all of them. */
static int limen_scans_depend(const struct limen_submission *sub,
			      struct limen_scan *first)
{
	int ret = 0;
	u32 i;

	for (i = 0; !ret && i < sub->args->in_sync_count; i++)
		ret = drm_sched_job_add_syncobj_dependency(&first->base,
							   sub->file,
							   sub->ins[i].handle,
							   sub->ins[i].point);
	return ret;
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
	limen_batch_init(&scans->batch, count, NULL);
	sub->batch = &scans->batch;

	for (i = 0; !ret && i < count; i++) {
		scans->scans[i] = limen_scan_alloc(sub, i);
		ret = scans->scans[i] ? limen_scan_init(sub, scans->scans[i]) :
					-ENOMEM;
	}
	if (!ret)
		ret = limen_scans_depend(sub, scans->scans[0]);
	if (ret)
		limen_scans_cancel(sub);
	return ret;
}

static int limen_scans_reserve(void *data)
{
	const struct limen_submission *sub = data;

	if (READ_ONCE(sub->queue->destroyed))
		return -ENOENT;
	return limen_user_reserve(sub->queue->client->user, LIMEN_SCANS,
				  sub->args->count) ? -EAGAIN : 0;
}

static int limen_scans_push(struct limen_submission *sub)
{
	struct limen_scans *scans = to_limen_scans(sub->batch);
	struct limen_queue *queue = sub->queue;
	const struct drm_limen_scan_result fresh = { .error = -EINPROGRESS };
	u32 i, count = scans->count;

	guard(mutex)(&queue->lock);
	if (queue->destroyed) {
		limen_scans_unreserve(queue, count);
		return -ENOENT;
	}

	/*
	 * Nothing fails from here on, since what has been armed has to finish:
	 * all memory was allocated before, and there is room for all.
	 */
	limen_batch_commit(&scans->batch, limen_submission_waits(sub));
	atomic_add(count, &sub->limen->stats.scans);
	for (i = 0; i < count; i++) {
		struct limen_scan *scan = scans->scans[i];

		kref_get(&scan->ref);
		limen_scanner_expect(scan);
		limen_bo_write(scan->result, scan->result_offset, &fresh,
			       sizeof(fresh));
		drm_sched_job_arm(&scan->base);
		drm_sched_entity_push_job(&scan->base);
	}
	return 0;
}

static wait_queue_head_t *limen_scans_room(struct limen_submission *sub)
{
	return &sub->queue->client->user->room;
}

const struct limen_kind limen_scan_kind = {
	.prepare = limen_scans_prepare,
	.reserve = limen_scans_reserve,
	.push = limen_scans_push,
	.cancel = limen_scans_cancel,
	.room = limen_scans_room,
};
