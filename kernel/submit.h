/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Submissions on their way from user space to a queue.
 */
#ifndef LIMEN_SUBMIT_H
#define LIMEN_SUBMIT_H

#include <linux/types.h>
#include <linux/wait.h>

#include <uapi/drm/limen_accel.h>

struct dma_fence_chain;
struct drm_device;
struct drm_file;
struct drm_syncobj;
struct limen_batch;
struct limen_bo;
struct limen_device;
struct limen_queue;

/* Syncobjs of a submission, each way. */
#define LIMEN_SYNCS_MAX		16

/**
 * struct limen_out_sync - a syncobj to signal
 * @syncobj: with a reference
 * @chain: allocated link for a point on a timeline; NULL if binary
 * @point: on the timeline
 */
struct limen_out_sync {
	struct drm_syncobj *syncobj;
	struct dma_fence_chain *chain;
	u64 point;
};

/**
 * struct limen_submission - one DRM_IOCTL_LIMEN_SUBMIT, on its caller's stack
 * @limen: device
 * @file: open file
 * @args: what user space wants
 * @queue: where to
 * @batch: what limen_kind.prepare() made, with a reference
 * @ins: syncobjs to wait for
 * @outs: syncobjs to signal
 * @out_count: how many of @outs are valid
 */
struct limen_submission {
	struct limen_device *limen;
	struct drm_file *file;
	const struct drm_limen_submit *args;
	struct limen_queue *queue;
	struct limen_batch *batch;
	struct drm_limen_sync ins[LIMEN_SYNCS_MAX];
	struct limen_out_sync outs[LIMEN_SYNCS_MAX];
	u32 out_count;
};

/**
 * struct limen_kind - what a kind of queue does with a submission
 */
struct limen_kind {
	/**
	 * @prepare: checks all descriptors, allocates all that is needed and
	 * sets @sub->batch; sleeps, between drm_dev_enter() and drm_dev_exit()
	 */
	int (*prepare)(struct limen_submission *sub);
	/** @reserve: takes room, or returns -EAGAIN; does not sleep */
	int (*reserve)(void *sub);
	/** @push: hands over what has room; NULL if @reserve has done it */
	int (*push)(struct limen_submission *sub);
	/** @spin: waits inline, but not for long; NULL to sleep at once */
	void (*spin)(struct limen_submission *sub);
	/** @cancel: undoes @prepare when nothing was handed over */
	void (*cancel)(struct limen_submission *sub);
	/** @room: who wakes up when @reserve may have room */
	wait_queue_head_t *(*room)(struct limen_submission *sub);
};

extern const struct limen_kind limen_express_kind;
extern const struct limen_kind limen_scan_kind;

bool limen_submission_waits(const struct limen_submission *sub);
int limen_submission_desc(const struct limen_submission *sub, u32 index,
			  void *desc, size_t size);
int limen_vector_use(struct limen_bo *bo, u64 offset, u32 dim);
int limen_result_check(const struct limen_bo *bo, u64 offset, size_t size,
		       size_t align);

int limen_submit_ioctl(struct drm_device *drm, void *data,
		       struct drm_file *file);

#endif /* LIMEN_SUBMIT_H */
