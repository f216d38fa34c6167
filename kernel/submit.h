/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Submissions on their way from user space to a queue.
 */
#ifndef LIMEN_SUBMIT_H
#define LIMEN_SUBMIT_H

#include <linux/types.h>

#include <uapi/drm/limen_accel.h>

#include "limits.h"

struct dma_fence_chain;
struct drm_device;
struct drm_file;
struct drm_syncobj;
struct limen_batch;
struct limen_bo;
struct limen_device;
struct limen_queue;

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
 * @batch: what limen_kind.prepare() made, with a reference; or NULL
 * @outs: syncobjs to signal
 * @out_count: how many of @outs are valid
 */
struct limen_submission {
	struct limen_device *limen;
	struct drm_file *file;
	struct drm_limen_submit *args;
	struct limen_queue *queue;
	struct limen_batch *batch;
	struct limen_out_sync outs[LIMEN_SYNCS_MAX];
	u32 out_count;
};

bool limen_submission_waits(const struct limen_submission *sub);
int limen_submission_desc(const struct limen_submission *sub, u32 index,
			  void *desc, size_t size);
int limen_submission_sync(const struct limen_submission *sub, u64 syncs,
			  u32 index, struct drm_limen_sync *sync);
bool limen_size_valid(u32 given, size_t known);
int limen_vector_use(struct limen_bo *bo, u64 offset, u32 dim);
int limen_result_check(const struct limen_bo *bo, u64 offset, u64 size,
		       size_t align);

int limen_submit_ioctl(struct drm_device *drm, void *data,
		       struct drm_file *file);

#endif /* LIMEN_SUBMIT_H */
