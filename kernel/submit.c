// SPDX-License-Identifier: GPL-2.0-only
/*
 * Submissions on their way from user space to a queue.
 */
#include <linux/dma-fence-chain.h>
#include <linux/uaccess.h>

#include <drm/drm_file.h>
#include <drm/drm_syncobj.h>

#include "batch.h"
#include "device.h"
#include "gem.h"
#include "queue.h"
#include "submit.h"
#include "trace.h"
#include "user.h"
#include "workqueue.h"

/**
 * DOC: Submissions
 *
 * A submission is all or nothing. First everything that can fail is done: the
 * arguments are checked, descriptors are copied (once, so that what is checked
 * is what is used) and checked, buffers are looked up, fences, links of
 * timelines and memory are allocated. Then room is taken; only here may the call
 * have to wait. From then on nothing can fail: the descriptors are handed over,
 * syncobjs get the fence, and the call may wait for the end. A wait that ends
 * early has left a ticket in the arguments, which DRM copies back to user space
 * with every error, so that the same call goes on from there.
 */

/**
 * limen_submission_waits() - whether the call waits inline
 * @sub: submission
 *
 * Return: true with DRM_LIMEN_SUBMIT_WAIT.
 */
bool limen_submission_waits(const struct limen_submission *sub)
{
	return sub->args->flags & DRM_LIMEN_SUBMIT_WAIT;
}

/* Copies an element of an array of user space's, whose elements may have grown. */
static int limen_element_copy(void *to, size_t size, u64 address, u32 index,
			      size_t given)
{
	/* The first version of each structure is the only one. */
	if (given < size || given > DRM_LIMEN_SIZE_MAX)
		return -EINVAL;
	address += (u64)index * given;
	return copy_struct_from_user(to, size, u64_to_user_ptr(address), given);
}

/**
 * limen_submission_desc() - copy a descriptor from user space
 * @sub: submission
 * @index: number of the descriptor
 * @desc: where to
 * @size: bytes that this kernel knows
 *
 * Return: 0; -EINVAL if user space knows fewer bytes than there ever were, or
 * more than there will ever be; -E2BIG if it uses more than this kernel knows;
 * -EFAULT.
 */
int limen_submission_desc(const struct limen_submission *sub, u32 index,
			  void *desc, size_t size)
{
	return limen_element_copy(desc, size, sub->args->descs, index,
				  sub->args->desc_size);
}

/**
 * limen_submission_sync() - copy a syncobj's description from user space
 * @sub: submission
 * @syncs: the array of user space's that it is in
 * @index: number in there
 * @sync: where to
 *
 * Return: as limen_submission_desc(); -EINVAL for unknown flags, too.
 */
int limen_submission_sync(const struct limen_submission *sub, u64 syncs,
			  u32 index, struct drm_limen_sync *sync)
{
	int ret = limen_element_copy(sync, sizeof(*sync), syncs, index,
				     sub->args->sync_size);

	return !ret && sync->flags ? -EINVAL : ret;
}

/**
 * limen_size_valid() - check the size of what the kernel writes
 * @given: bytes that user space knows
 * @known: bytes that this kernel knows, and every one did
 *
 * Return: true if so many can be given.
 */
bool limen_size_valid(u32 given, size_t known)
{
	return given >= known && given <= DRM_LIMEN_SIZE_MAX &&
	       IS_ALIGNED(given, sizeof(u64));
}

/**
 * limen_vector_use() - check a vector and keep it as it is for the board
 * @bo: its buffer
 * @offset: in @bo
 * @dim: components, valid
 *
 * Return: 0, then @bo has a use more and the vector is visible to the board; or
 * -EINVAL, or as limen_bo_use().
 */
int limen_vector_use(struct limen_bo *bo, u64 offset, u32 dim)
{
	int ret;

	/* Within a page that lies within the buffer, so nothing overflows. */
	if (!IS_ALIGNED(offset, LIMEN_HW_VECTOR_ALIGN) ||
	    offset >= bo->base.size ||
	    offset % LIMEN_HW_PAGE_SIZE + dim > LIMEN_HW_PAGE_SIZE)
		return -EINVAL;
	ret = limen_bo_use(bo);
	if (!ret)
		limen_bo_sync(bo, offset, dim);
	return ret;
}

/**
 * limen_result_check() - check the place of a result
 * @bo: its buffer
 * @offset: in @bo
 * @size: bytes the result may need
 * @align: what @offset must be a multiple of
 *
 * Return: 0, then @bo is a host buffer; -EINVAL or -EBUSY.
 */
int limen_result_check(const struct limen_bo *bo, u64 offset, u64 size,
		       size_t align)
{
	if (bo->card)
		return atomic_read(&bo->users) == LIMEN_BO_FROZEN ? -EBUSY :
								    -EINVAL;
	if (!IS_ALIGNED(offset, align) || size > bo->base.size ||
	    offset > bo->base.size - size)
		return -EINVAL;
	return 0;
}

static int limen_out_sync_get(struct limen_submission *sub)
{
	struct limen_out_sync *out = &sub->outs[sub->out_count];
	struct drm_limen_sync sync;
	int ret;

	ret = limen_submission_sync(sub, sub->args->out_syncs, sub->out_count,
				    &sync);
	if (ret)
		return ret;
	out->syncobj = drm_syncobj_find(sub->file, sync.handle);
	if (!out->syncobj)
		return -ENOENT;
	if (sync.point) {
		out->chain = dma_fence_chain_alloc();
		if (!out->chain) {
			drm_syncobj_put(out->syncobj);
			return -ENOMEM;
		}
	}
	out->point = sync.point;
	sub->out_count++;
	return 0;
}

static int limen_syncs_get(struct limen_submission *sub)
{
	int ret = 0;

	while (!ret && sub->out_count < sub->args->out_sync_count)
		ret = limen_out_sync_get(sub);
	return ret;
}

static void limen_syncs_put(struct limen_submission *sub)
{
	u32 i;

	for (i = 0; i < sub->out_count; i++) {
		dma_fence_chain_free(sub->outs[i].chain);
		drm_syncobj_put(sub->outs[i].syncobj);
	}
}

/* Shows the fence to user space; cannot fail. */
static void limen_syncs_publish(struct limen_submission *sub)
{
	u32 i;

	for (i = 0; i < sub->out_count; i++) {
		struct limen_out_sync *out = &sub->outs[i];

		if (out->chain)
			drm_syncobj_add_point(out->syncobj, out->chain,
					      &sub->batch->fence, out->point);
		else
			drm_syncobj_replace_fence(out->syncobj,
						  &sub->batch->fence);
		out->chain = NULL;
	}
}

static int limen_submit_check(const struct drm_limen_submit *args)
{
	if (args->flags & ~DRM_LIMEN_SUBMIT_WAIT || args->pad || !args->count ||
	    args->count > LIMEN_BATCH_MAX ||
	    args->in_sync_count > LIMEN_SYNCS_MAX ||
	    args->out_sync_count > LIMEN_SYNCS_MAX)
		return -EINVAL;
	if (args->timeout_ns && !(args->flags & DRM_LIMEN_SUBMIT_WAIT))
		return -EINVAL;
	return 0;
}

static int limen_submit_prepare(struct limen_submission *sub)
{
	int ret;

	/* Before it is noticed that its memory is lost, too. */
	if (READ_ONCE(sub->limen->host.dead))
		return -ENODEV;
	if (sub->args->in_sync_count && !sub->queue->kind->depends)
		return -EINVAL;
	ret = limen_syncs_get(sub);
	return ret ?: sub->queue->kind->prepare(sub);
}

/* Hands over what has been prepared. */
static int limen_submit_commit(struct limen_submission *sub)
{
	const struct limen_kind *kind = sub->queue->kind;
	int ret = kind->reserve(sub);

	if (ret == -EAGAIN && limen_submission_waits(sub)) {
		ret = limen_wait_room(&sub->limen->rings[kind->ring].room,
				      kind->reserve, sub,
				      sub->args->timeout_ns);
	} else if (ret == -EAGAIN && !limen_asleep(&sub->limen->host)) {
		/* What has finished may still take room for a moment. */
		flush_workqueue(limen_retire_wq);
		ret = kind->reserve(sub);
	}
	/* libdrm would call again and again after EAGAIN. */
	return ret == -EAGAIN ? -ENOBUFS : ret;
}

/* Waits for a batch, and uses the caller's reference up. */
static int limen_submit_wait(const struct limen_submission *sub)
{
	struct limen_batch *batch = sub->batch;
	int ret = limen_batch_wait(batch, sub->args->timeout_ns);

	trace_limen_wake(sub->limen->host.number, sub->queue->kind->ring,
			 batch->fence.context, ret);
	sub->args->ticket = 0;
	if (ret == -ETIMEDOUT || ret == -ERESTARTSYS)
		sub->args->ticket = limen_queue_leave(sub->queue, batch);
	else
		limen_batch_put(batch);
	return ret;
}

static int limen_submit(struct limen_submission *sub)
{
	const struct limen_kind *kind = sub->queue->kind;
	int ret;

	ret = limen_submit_prepare(sub);
	if (!ret) {
		trace_limen_submit(sub->limen->host.number, kind->ring,
				   sub->batch->fence.context, sub->args->count);
		ret = limen_submit_commit(sub);
	}
	if (ret) {
		if (sub->batch)
			limen_batch_retire(sub->batch);
		return ret;
	}

	limen_syncs_publish(sub);
	if (!limen_submission_waits(sub)) {
		limen_batch_put(sub->batch);
		return 0;
	}
	if (kind->spin)
		kind->spin(sub);
	return limen_submit_wait(sub);
}

/* Goes on with the wait that has left the ticket. */
static int limen_submit_return(struct limen_submission *sub)
{
	if (sub->args->flags != DRM_LIMEN_SUBMIT_WAIT)
		return -EINVAL;
	sub->batch = limen_queue_return(sub->queue, sub->args->ticket);
	return sub->batch ? limen_submit_wait(sub) : -ENOENT;
}

/**
 * limen_submit_ioctl() - DRM_IOCTL_LIMEN_SUBMIT
 * @drm: device
 * @data: struct drm_limen_submit
 * @file: open file
 *
 * Return: 0 or one of the errors told at the structure.
 */
int limen_submit_ioctl(struct drm_device *drm, void *data,
		       struct drm_file *file)
{
	struct limen_submission sub = {
		.limen = to_limen(drm),
		.file = file,
		.args = data,
	};
	int ret = sub.args->ticket ? 0 : limen_submit_check(sub.args);

	if (ret)
		return ret;
	sub.queue = limen_queue_lookup(file->driver_priv, sub.args->queue);
	if (!sub.queue)
		return -ENOENT;
	ret = sub.args->ticket ? limen_submit_return(&sub) : limen_submit(&sub);
	limen_syncs_put(&sub);
	limen_queue_put(sub.queue);
	return ret;
}
