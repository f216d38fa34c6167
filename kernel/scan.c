// SPDX-License-Identifier: GPL-2.0-only
/*
 * Searches, 1:N.
 */
#include <linux/dma-mapping.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <drm/drm_drv.h>
#include <drm/drm_file.h>
#include <drm/drm_managed.h>

#include <limen/score.h>

#include "batch.h"
#include "compat.h"
#include "device.h"
#include "gallery.h"
#include "gem.h"
#include "queue.h"
#include "scan.h"
#include "submit.h"
#include "trace.h"
#include "user.h"

/**
 * DOC: SCAN
 *
 * drm_sched decides whose scan is next. A running scan is a sequence of chunks,
 * each an entry of the ring that searches as many rows as the board can search
 * in a small part of the watchdog's time: a long scan is not a silent board, and
 * a short one does not wait for the whole of a long one.
 *
 * The board writes the rows of a chunk to memory of the driver's, never to the
 * user's. The interrupt only notes that the chunk has been answered. A work item
 * checks the rows, merges them into the best so far, and submits the next chunk
 * or writes the result, lets go of what the scan used, and signals.
 *
 * A scan ends in exactly one call of limen_scan_end(): from that work item, from
 * drm_sched's run_job() if the board does not take the first chunk, or from
 * limen_scan_cancel() if its queue is destroyed before drm_sched gets to it. Who
 * of the last two has it is decided by who takes it from the queue's list. A
 * scan with an answer that is nonsense is parked until the board has been reset,
 * because until then the board may still write to the scan's memory.
 *
 * Signalling is the last thing that limen_scan_end() does, because drm_sched may
 * call free_job() from then on. What sleeps or frees is left to yet another work
 * item, since drm_sched's own must not wait for it, and because the last
 * reference to the device, and with it the scheduler, may go there.
 */

/* Bytes of a gallery that are searched at once. */
#define LIMEN_SCAN_CHUNK	(512u << 10)

/* What one part of the bounce memory holds. */
#define LIMEN_SCAN_PART		LIMEN_HW_TOP_K_MAX

/**
 * struct limen_scan_job - a scan
 */
struct limen_scan_job {
	/** @hw: signalled when it has ended; what drm_sched waits for */
	struct dma_fence hw;
	/** @hw_lock: lock of @hw */
	spinlock_t hw_lock;
	/** @base: what drm_sched knows of it */
	struct drm_sched_job base;
	/** @limen: device */
	struct limen_device *limen;
	/** @queue: where it was submitted to, with a reference */
	struct limen_queue *queue;
	/** @batch: what it belongs to, with a reference */
	struct limen_batch *batch;
	/** @index: its number there */
	u32 index;
	/** @gallery: what is searched, with a reference */
	struct limen_gallery *gallery;
	/** @probe: its buffer, with a reference, and a use until the end */
	struct limen_bo *probe;
	/** @result: host buffer of the result, with a reference */
	struct limen_bo *result;
	/** @result_offset: of the result in @result */
	u64 result_offset;
	/** @sqe: what the board is told */
	struct limen_hw_sqe sqe;
	/** @top_k: most rows to return */
	u32 top_k;
	/** @min_similarity: rows below it are left out */
	s32 min_similarity;
	/** @next: first row of the present chunk */
	u32 next;
	/** @end: row behind the last one to search */
	u32 end;
	/** @chunk: rows in the present chunk */
	u32 chunk;
	/** @part: part of the bounce memory it uses, or -1 */
	int part;
	/** @answer: to the present chunk */
	struct limen_answer answer;
	/** @error: of the present chunk, if it was aborted */
	int error;
	/** @waiting: in &limen_queue.waiting until it begins or is cancelled */
	struct list_head waiting;
	/** @link: in &limen_scanner.done or &limen_scanner.parked */
	struct list_head link;
	/** @rows: memory of @best and @merged */
	struct drm_limen_scan_row *rows;
	/** @best: @found best rows so far */
	struct drm_limen_scan_row *best;
	/** @merged: where they are merged with a chunk's */
	struct drm_limen_scan_row *merged;
	/** @found: number of rows in @best */
	u32 found;
	/** @device_ns: time the board has spent */
	u64 device_ns;
	/** @retire: lets go of everything */
	struct work_struct retire;
};

/**
 * struct limen_scans - a submission to a SCAN queue
 * @batch: base class
 * @count: number of @jobs
 * @jobs: the scans; valid until they are pushed
 */
struct limen_scans {
	struct limen_batch batch;
	u32 count;
	struct limen_scan_job *jobs[] __counted_by(count);
};

static struct limen_scans *to_limen_scans(struct limen_batch *batch)
{
	return container_of(batch, struct limen_scans, batch);
}

static struct limen_scan_job *to_limen_scan_job(struct drm_sched_job *base)
{
	return container_of(base, struct limen_scan_job, base);
}

static const char *limen_scan_driver_name(struct dma_fence *fence)
{
	return "limen";
}

static const char *limen_scan_timeline_name(struct dma_fence *fence)
{
	return "scan";
}

static const struct dma_fence_ops limen_scan_fence_ops = {
	.get_driver_name = limen_scan_driver_name,
	.get_timeline_name = limen_scan_timeline_name,
};

/* There is always one: drm_sched runs no more scans than there are parts. */
static void limen_scan_part_get(struct limen_scan_job *job)
{
	struct limen_scanner *scanner = &job->limen->scanner;

	spin_lock_irq(&scanner->lock);
	job->part = __ffs(scanner->free);
	__clear_bit(job->part, &scanner->free);
	spin_unlock_irq(&scanner->lock);
}

static void limen_scan_part_put(struct limen_scan_job *job)
{
	struct limen_scanner *scanner = &job->limen->scanner;

	if (job->part < 0)
		return;
	spin_lock_irq(&scanner->lock);
	__set_bit(job->part, &scanner->free);
	spin_unlock_irq(&scanner->lock);
	job->part = -1;
}

static void limen_scan_write_result(struct limen_scan_job *job, int error)
{
	struct drm_limen_scan_result result = {
		.count = job->found,
		.device_ns = job->device_ns,
	};
	const size_t skip = sizeof(result.error);

	if (!error) {
		limen_bo_write(job->result, job->result_offset + skip,
			       (void *)&result + skip, sizeof(result) - skip);
		limen_bo_write(job->result, job->result_offset + sizeof(result),
			       job->best, array_size(job->found,
						     sizeof(*job->best)));
	}
	limen_bo_write_error(job->result, job->result_offset, error);
}

/* The scan may be gone on return. Process context; part of signalling. */
static void limen_scan_end(struct limen_scan_job *job, int error)
{
	struct dma_fence *hw = dma_fence_get(&job->hw);

	limen_scan_write_result(job, error);
	limen_scan_part_put(job);
	limen_bo_unuse(job->probe);
	limen_queue_unreserve(job->queue, 1);
	atomic_dec(&job->limen->stats.scans);
	limen_batch_done(job->batch, job->index, error);
	if (error)
		dma_fence_set_error(hw, error);
	dma_fence_signal(hw);
	dma_fence_put(hw);
}

/* Submits the next chunk. */
static int limen_scan_push(struct limen_scan_job *job)
{
	struct limen_ring *ring = &job->limen->rings[LIMEN_HW_RING_SCAN];
	const struct limen_gallery *gallery = job->gallery;
	u64 start = (u64)job->next * gallery->stride;
	unsigned long flags;
	int ret;

	job->chunk = min(job->end - job->next,
			 LIMEN_SCAN_CHUNK / gallery->stride ?: 1);
	job->sqe.scan.gallery = cpu_to_le64(gallery->address + start);
	job->sqe.scan.rows = cpu_to_le32(job->chunk);

	spin_lock_irqsave(&ring->lock, flags);
	ret = limen_ring_push(ring, &job->sqe, job);
	if (!ret) {
		trace_limen_start(ring, job->batch, job->index, gallery->dim,
				  job->chunk);
		limen_ring_kick(ring);
	}
	spin_unlock_irqrestore(&ring->lock, flags);

	/* There is a slot for every running scan, so the ring was stopped. */
	return ret == -EAGAIN ? -ECANCELED : ret;
}

/* Reads a row that the board wrote, once, and checks it against the last one. */
static bool limen_scan_row(const struct limen_scan_job *job,
			   const struct limen_hw_row *from,
			   const struct drm_limen_scan_row *last,
			   struct drm_limen_scan_row *row)
{
	s32 raw_max = job->gallery->dim << 14;
	u32 number = le32_to_cpu(READ_ONCE(from->row));

	row->row = job->next + number;
	row->raw = le32_to_cpu(READ_ONCE(from->raw));
	row->similarity = le32_to_cpu(READ_ONCE(from->similarity));
	row->pad = 0;

	if (number >= job->chunk || row->raw < -raw_max || row->raw > raw_max ||
	    row->similarity < -LIMEN_SIMILARITY_ONE ||
	    row->similarity > LIMEN_SIMILARITY_ONE ||
	    row->similarity < job->min_similarity)
		return false;
	return !last || row->similarity < last->similarity ||
	       (row->similarity == last->similarity && row->row > last->row);
}

/*
 * Merges the rows of a chunk into the best so far. Of equal similarity, those
 * found before come first: their numbers are lower.
 */
static int limen_scan_merge(struct limen_scan_job *job)
{
	const struct limen_hw_row *from = job->limen->scanner.bounce +
					  job->part * LIMEN_SCAN_PART;
	u32 i, count = job->answer.count, old = 0, found = 0;
	struct drm_limen_scan_row *rows = job->merged;
	struct drm_limen_scan_row row, last;

	for (i = 0; i < count; i++) {
		if (!limen_scan_row(job, &from[i], i ? &last : NULL, &row))
			return -EPROTO;
		last = row;
		while (found < job->top_k && old < job->found &&
		       job->best[old].similarity >= row.similarity)
			rows[found++] = job->best[old++];
		if (found < job->top_k)
			rows[found++] = row;
	}
	while (found < job->top_k && old < job->found)
		rows[found++] = job->best[old++];

	job->merged = job->best;
	job->best = rows;
	job->found = found;
	return 0;
}

/* Takes the answer to a chunk: 0 to go on, 1 at the end, or an error. */
static int limen_scan_take(struct limen_scan_job *job)
{
	u64 total;

	if (job->error)
		return job->error;
	if (job->answer.status != LIMEN_HW_OK)
		return -EIO;
	if (limen_scan_merge(job))
		return -EPROTO;
	if (check_add_overflow(job->device_ns, job->answer.device_ns, &total))
		total = U64_MAX;
	job->device_ns = total;
	job->next += job->chunk;
	return job->next == job->end;
}

/* Any context. */
static void limen_scan_add(struct limen_scan_job *job, struct list_head *list)
{
	struct limen_scanner *scanner = &job->limen->scanner;
	unsigned long flags;

	spin_lock_irqsave(&scanner->lock, flags);
	list_add_tail(&job->link, list);
	spin_unlock_irqrestore(&scanner->lock, flags);
}

static void limen_scan_park(struct limen_scan_job *job)
{
	struct limen_device *limen = job->limen;

	job->error = -EIO;
	limen_scan_add(job, &limen->scanner.parked);
	limen_ring_freeze(&limen->rings[LIMEN_HW_RING_SCAN], -EAGAIN);
	limen_fault(limen, LIMEN_FAULT_ANSWER);
}

static void limen_scan_step(struct limen_scan_job *job)
{
	int ret = limen_scan_take(job);

	if (ret == -EPROTO) {
		limen_scan_park(job);
		return;
	}
	if (!ret)
		ret = limen_scan_push(job);
	if (ret)
		limen_scan_end(job, min(ret, 0));
}

static void limen_scanner_work(struct work_struct *work)
{
	struct limen_scanner *scanner =
		container_of(work, struct limen_scanner, work);
	bool cookie = dma_fence_begin_signalling();
	struct limen_scan_job *job;
	LIST_HEAD(done);

	spin_lock_irq(&scanner->lock);
	list_splice_init(&scanner->done, &done);
	spin_unlock_irq(&scanner->lock);

	/* Taken from the list first: its next chunk may be answered at once. */
	while ((job = list_first_entry_or_null(&done, struct limen_scan_job,
					       link))) {
		list_del(&job->link);
		limen_scan_step(job);
	}

	dma_fence_end_signalling(cookie);
}

/* Any context. */
static void limen_scan_answered(struct limen_scan_job *job)
{
	struct limen_scanner *scanner = &job->limen->scanner;

	limen_scan_add(job, &scanner->done);
	queue_work(limen_fence_wq, &scanner->work);
}

/**
 * limen_scan_unpark() - go on with scans that a reset had to come before
 * @limen: device, whose board has been reset
 */
void limen_scan_unpark(struct limen_device *limen)
{
	struct limen_scanner *scanner = &limen->scanner;

	spin_lock_irq(&scanner->lock);
	list_splice_tail_init(&scanner->parked, &scanner->done);
	spin_unlock_irq(&scanner->lock);
	queue_work(limen_fence_wq, &scanner->work);
}

static int limen_scan_complete(struct limen_ring *ring, void *data,
			       const struct limen_answer *answer)
{
	struct limen_scan_job *job = data;

	if (answer->status == LIMEN_HW_OK &&
	    answer->count > min(job->top_k, job->chunk))
		return -EPROTO;
	limen_stats_answer(ring, answer,
			   answer->status == LIMEN_HW_OK ? job->chunk : 0);
	job->answer = *answer;
	limen_scan_answered(job);
	return 0;
}

static void limen_scan_abort(struct limen_ring *ring, void *data, int error)
{
	struct limen_scan_job *job = data;

	job->error = error;
	limen_scan_answered(job);
}

const struct limen_ring_ops limen_scan_ring_ops = {
	.complete = limen_scan_complete,
	.abort = limen_scan_abort,
	.watched = true,
};

/* Takes a scan from those that wait; false if somebody else has. */
static bool limen_scan_begin(struct limen_scan_job *job)
{
	struct limen_queue *queue = job->queue;
	bool waiting;

	spin_lock(&queue->scans_lock);
	waiting = !list_empty(&job->waiting);
	list_del_init(&job->waiting);
	spin_unlock(&queue->scans_lock);
	return waiting;
}

/**
 * limen_scan_cancel() - end what has not begun
 * @queue: SCAN queue that nothing is pushed to any more
 */
void limen_scan_cancel(struct limen_queue *queue)
{
	struct limen_scan_job *job;

	for (;;) {
		spin_lock(&queue->scans_lock);
		job = list_first_entry_or_null(&queue->waiting,
					       struct limen_scan_job, waiting);
		if (job)
			list_del_init(&job->waiting);
		spin_unlock(&queue->scans_lock);
		if (!job)
			return;
		limen_scan_end(job, -ECANCELED);
	}
}

static struct dma_fence *limen_scan_run(struct drm_sched_job *base)
{
	struct limen_scan_job *job = to_limen_scan_job(base);
	struct limen_scanner *scanner = &job->limen->scanner;
	struct dma_fence *hw = dma_fence_get(&job->hw);
	int ret;

	/* Cancelled, and about to be signalled by who cancels it. */
	if (!limen_scan_begin(job))
		return hw;

	limen_scan_part_get(job);
	job->sqe.scan.result =
		cpu_to_le64(scanner->bounce_dma +
			    job->part * LIMEN_SCAN_PART *
			    sizeof(struct limen_hw_row));
	ret = limen_scan_push(job);
	if (ret)
		limen_scan_end(job, ret);
	return hw;
}

/* Lets go of whatever a scan has; the job itself goes with its fence. */
static void limen_scan_release(struct limen_scan_job *job)
{
	limen_bo_put(job->probe);
	limen_bo_put(job->result);
	limen_gallery_put(job->gallery);
	limen_queue_put(job->queue);
	limen_batch_put(job->batch);
	kvfree_sensitive(job->rows,
			 array3_size(2, job->top_k, sizeof(*job->rows)));
	dma_fence_put(&job->hw);
}

static void limen_scan_retire_work(struct work_struct *work)
{
	limen_scan_release(container_of(work, struct limen_scan_job, retire));
}

static void limen_scan_free(struct drm_sched_job *base)
{
	struct limen_scan_job *job = to_limen_scan_job(base);

	drm_sched_job_cleanup(base);
	queue_work(limen_retire_wq, &job->retire);
}

static const struct drm_sched_backend_ops limen_scan_sched_ops = {
	.run_job = limen_scan_run,
	.free_job = limen_scan_free,
};

static int limen_scan_lookup(const struct limen_submission *sub,
			     struct limen_scan_job *job,
			     const struct drm_limen_scan *desc)
{
	struct limen_bo *bo;
	size_t size;

	job->gallery = limen_gallery_lookup(sub->file->driver_priv,
					    desc->gallery);
	if (!job->gallery)
		return -ENOENT;
	if (!desc->row_count || desc->first_row >= job->gallery->rows ||
	    desc->row_count > job->gallery->rows - desc->first_row)
		return -EINVAL;

	size = struct_size_t(struct drm_limen_scan_result, rows, desc->top_k);
	bo = limen_submission_result(sub, desc->result_handle,
				     desc->result_offset, size,
				     LIMEN_HW_VECTOR_ALIGN);
	if (IS_ERR(bo))
		return PTR_ERR(bo);
	job->result = bo;
	job->result_offset = desc->result_offset;

	bo = limen_submission_vector(sub, desc->probe_handle,
				     desc->probe_offset, job->gallery->dim);
	if (IS_ERR(bo))
		return PTR_ERR(bo);
	job->probe = bo;
	return 0;
}

static void limen_scan_describe(struct limen_scan_job *job,
				const struct drm_limen_scan *desc)
{
	struct limen_hw_sqe *sqe = &job->sqe;

	sqe->opcode = LIMEN_HW_OP_SCAN;
	if (job->probe->card)
		sqe->flags = LIMEN_HW_F_PROBE_ON_CARD;
	sqe->dim = cpu_to_le16(job->gallery->dim);
	sqe->scan.probe =
		cpu_to_le64(limen_bo_address(job->probe, desc->probe_offset));
	sqe->scan.stride = cpu_to_le32(job->gallery->stride);
	sqe->scan.top_k = cpu_to_le32(desc->top_k);
	sqe->scan.min_similarity = cpu_to_le32(desc->min_similarity);
}

static int limen_scan_init(const struct limen_submission *sub,
			   struct limen_scan_job *job)
{
	struct drm_limen_scan desc;
	int ret;

	ret = limen_submission_desc(sub, job->index, &desc, sizeof(desc));
	if (ret)
		return ret;
	if (desc.flags || !desc.top_k || desc.top_k > LIMEN_HW_TOP_K_MAX)
		return -EINVAL;
	ret = limen_scan_lookup(sub, job, &desc);
	if (ret)
		return ret;
	limen_scan_describe(job, &desc);

	job->next = desc.first_row;
	job->end = desc.first_row + desc.row_count;
	job->top_k = desc.top_k;
	job->min_similarity = desc.min_similarity;
	job->rows = kvcalloc(2 * job->top_k, sizeof(*job->rows),
			     GFP_KERNEL_ACCOUNT);
	if (!job->rows)
		return -ENOMEM;
	job->best = job->rows;
	job->merged = job->rows + job->top_k;
	return limen_sched_job_init(&job->base, &sub->queue->entity, sub->file);
}

static struct limen_scan_job *limen_scan_alloc(struct limen_submission *sub,
					       u32 index)
{
	struct limen_scan_job *job;

	job = kzalloc(sizeof(*job), GFP_KERNEL_ACCOUNT);
	if (!job)
		return NULL;

	BUILD_BUG_ON(offsetof(struct limen_scan_job, hw));
	spin_lock_init(&job->hw_lock);
	dma_fence_init(&job->hw, &limen_scan_fence_ops, &job->hw_lock,
		       dma_fence_context_alloc(1), 1);
	INIT_WORK(&job->retire, limen_scan_retire_work);
	job->limen = sub->limen;
	job->queue = limen_queue_get(sub->queue);
	job->batch = sub->batch;
	limen_batch_get(sub->batch);
	job->index = index;
	job->part = -1;
	INIT_LIST_HEAD(&job->waiting);
	return job;
}

/* Undoes limen_scan_init() and limen_scan_alloc(), however far they got. */
static void limen_scan_discard(struct limen_scan_job *job)
{
	if (job->base.s_fence)
		drm_sched_job_cleanup(&job->base);
	if (job->probe)
		limen_bo_unuse(job->probe);
	limen_scan_release(job);
}

static void limen_scans_cancel(struct limen_submission *sub)
{
	struct limen_scans *scans = to_limen_scans(sub->batch);
	u32 i;

	for (i = 0; i < scans->count && scans->jobs[i]; i++)
		limen_scan_discard(scans->jobs[i]);
	limen_batch_put(sub->batch);
}

/* Scans of a queue run in order, so the first one waits for all of them. */
static int limen_scans_depend(const struct limen_submission *sub,
			      struct limen_scan_job *first)
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

	scans = kzalloc(struct_size(scans, jobs, count), GFP_KERNEL_ACCOUNT);
	if (!scans)
		return -ENOMEM;
	scans->count = count;
	limen_batch_init(&scans->batch, count, NULL);
	sub->batch = &scans->batch;

	for (i = 0; !ret && i < count; i++) {
		scans->jobs[i] = limen_scan_alloc(sub, i);
		ret = scans->jobs[i] ? limen_scan_init(sub, scans->jobs[i]) :
				       -ENOMEM;
	}
	if (!ret)
		ret = limen_scans_depend(sub, scans->jobs[0]);
	if (ret)
		limen_scans_cancel(sub);
	return ret;
}

static int limen_scans_reserve(void *data)
{
	struct limen_submission *sub = data;

	return limen_queue_reserve(sub->queue, sub->args->count);
}

static void limen_scan_enqueue(struct limen_scan_job *job)
{
	struct limen_queue *queue = job->queue;

	spin_lock(&queue->scans_lock);
	list_add_tail(&job->waiting, &queue->waiting);
	spin_unlock(&queue->scans_lock);
}

static int limen_scans_push(struct limen_submission *sub)
{
	struct limen_scans *scans = to_limen_scans(sub->batch);
	struct limen_queue *queue = sub->queue;
	const struct drm_limen_scan_result fresh = { .error = -EINPROGRESS };
	u32 i, count = scans->count;

	mutex_lock(&queue->lock);
	if (queue->destroyed) {
		mutex_unlock(&queue->lock);
		limen_queue_unreserve(queue, count);
		return -ENOENT;
	}

	/* Nothing fails from here on. */
	limen_batch_commit(&scans->batch, limen_submission_waits(sub));
	atomic_add(count, &sub->limen->stats.scans);
	for (i = 0; i < count; i++) {
		struct limen_scan_job *job = scans->jobs[i];

		limen_scan_enqueue(job);
		limen_bo_write(job->result, job->result_offset, &fresh,
			       sizeof(fresh));
		drm_sched_job_arm(&job->base);
		drm_sched_entity_push_job(&job->base);
	}
	mutex_unlock(&queue->lock);
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

static void limen_scanner_release(struct drm_device *drm, void *data)
{
	struct limen_scanner *scanner = &to_limen(drm)->scanner;

	drm_sched_fini(&scanner->sched);
	destroy_workqueue(scanner->sched_wq);
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
	int ret;

	ret = drmm_mutex_init(&limen->drm, &scanner->stopping);
	if (ret)
		return ret;
	spin_lock_init(&scanner->lock);
	INIT_LIST_HEAD(&scanner->done);
	INIT_LIST_HEAD(&scanner->parked);
	INIT_WORK(&scanner->work, limen_scanner_work);
	scanner->free = GENMASK(LIMEN_SCAN_DEPTH - 1, 0);

	scanner->sched_wq = alloc_ordered_workqueue("limen-sched",
						    WQ_MEM_RECLAIM);
	if (!scanner->sched_wq)
		return -ENOMEM;
	ret = limen_sched_init(&scanner->sched, &limen_scan_sched_ops,
			       scanner->sched_wq, LIMEN_SCAN_DEPTH,
			       "limen-scan", limen->drm.dev);
	if (ret) {
		destroy_workqueue(scanner->sched_wq);
		return ret;
	}
	ret = drmm_add_action_or_reset(&limen->drm, limen_scanner_release,
				       NULL);
	if (ret)
		return ret;

	scanner->bounce = dma_alloc_coherent(limen->drm.dev,
					     LIMEN_SCAN_DEPTH *
					     LIMEN_SCAN_PART *
					     sizeof(*scanner->bounce),
					     &scanner->bounce_dma, GFP_KERNEL);
	return scanner->bounce ? 0 : -ENOMEM;
}

/**
 * limen_scanner_fini() - free the memory that the board writes to
 * @limen: device, unplugged, whose board does no DMA any more
 */
void limen_scanner_fini(struct limen_device *limen)
{
	const size_t size = LIMEN_SCAN_DEPTH * LIMEN_SCAN_PART *
			    sizeof(struct limen_hw_row);
	struct limen_scanner *scanner = &limen->scanner;

	/* Scores tell a lot about templates. */
	memzero_explicit(scanner->bounce, size);
	dma_free_coherent(limen->drm.dev, size, scanner->bounce,
			  scanner->bounce_dma);
}
