// SPDX-License-Identifier: GPL-2.0-only
/*
 * What user space can ask.
 */
#include <linux/string.h>
#include <linux/uaccess.h>

#include <drm/drm_drv.h>
#include <drm/drm_file.h>

#include "chunk.h"
#include "device.h"
#include "gem.h"
#include "query.h"
#include "scan.h"
#include "user.h"

static int limen_query_answer(struct drm_limen_query *args, const void *info,
			      u32 known)
{
	void __user *to = u64_to_user_ptr(args->pointer);
	u32 size = args->size;

	args->size = known;
	if (!args->pointer)
		return 0;
	if (copy_to_user(to, info, min(size, known)))
		return -EFAULT;
	if (size > known && clear_user(to + known, size - known))
		return -EFAULT;
	return 0;
}

static int limen_query_device(struct limen_device *limen,
			      struct drm_limen_query *args)
{
	struct drm_limen_device_info info = {
		.hw_version = limen->version,
		.hw_features = limen->features,
		.dim_max = LIMEN_DIM_MAX,
		.top_k_max = limen_scan_unlimited() ? LIMEN_HW_TOP_K_MAX :
						      DRM_LIMEN_TOP_K_USER,
		.batch_max = LIMEN_BATCH_MAX,
		.express_depth = 1u << LIMEN_EXPRESS_LOG2,
		.scan_depth = LIMEN_SCAN_DEPTH,
		.watchdog_ms = READ_ONCE(limen_watchdog_ms),
		.resets = atomic_read(&limen->resets),
		.chunk_ns = LIMEN_CHUNK_NS,
		.express_limit = limen_user_limit(LIMEN_COMPARISONS),
		.scan_limit = limen_user_limit(LIMEN_SCANS),
		.chunk_bytes = READ_ONCE(limen->scanner.chunk_bytes),
	};
	int idx;

	if (!drm_dev_enter(&limen->drm, &idx))
		return -ENODEV;
	strscpy_pad(info.board, limen->board->name, sizeof(info.board));
	drm_dev_exit(idx);
	return limen_query_answer(args, &info, sizeof(info));
}

/* Asks the allocator itself, so that no second count can differ from it. */
static u64 limen_card_free(struct limen_device *limen)
{
	u64 left = limen->mem_size;
	struct drm_mm_node *node;

	guard(mutex)(&limen->card_lock);
	drm_mm_for_each_node(node, &limen->card)
		left -= node->size;
	return left;
}

static int limen_query_memory(struct limen_device *limen,
			      struct drm_limen_query *args,
			      const struct limen_file *file)
{
	struct drm_limen_memory_info info = {
		.card_size = limen->mem_size,
		.host_limit = limen_user_limit(LIMEN_HOST_BYTES),
	};

	/* Work that has finished may hold on to buffers for a moment. */
	limen_retire_all(limen);
	info.card_free = limen_card_free(limen);
	info.host_used = limen_user_used(file->client->user, LIMEN_HOST_BYTES);
	return limen_query_answer(args, &info, sizeof(info));
}

static int limen_query_stats(struct limen_device *limen,
			     struct drm_limen_query *args)
{
	struct drm_limen_stats stats;

	limen_stats_get(limen, &stats);
	return limen_query_answer(args, &stats, sizeof(stats));
}

/**
 * limen_query_ioctl() - DRM_IOCTL_LIMEN_QUERY
 * @drm: device
 * @data: struct drm_limen_query
 * @file: open file
 *
 * Return: 0 or one of the errors told at the structure.
 */
int limen_query_ioctl(struct drm_device *drm, void *data,
		      struct drm_file *file)
{
	struct drm_limen_query *args = data;

	switch (args->type) {
	case DRM_LIMEN_QUERY_DEVICE:
		return limen_query_device(to_limen(drm), args);
	case DRM_LIMEN_QUERY_MEMORY:
		return limen_query_memory(to_limen(drm), args,
					  file->driver_priv);
	case DRM_LIMEN_QUERY_STATS:
		return limen_query_stats(to_limen(drm), args);
	default:
		return -EINVAL;
	}
}
