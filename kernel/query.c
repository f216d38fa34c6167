// SPDX-License-Identifier: GPL-2.0-only
/*
 * What user space can ask.
 */
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include <drm/drm_drv.h>
#include <drm/drm_file.h>
#include <drm/drm_print.h>

#include <limen/template.h>
#include <uapi/drm/limen_accel.h>

#include "chunk.h"
#include "device.h"
#include "limits.h"
#include "query.h"
#include "scanner.h"
#include "stats.h"
#include "user.h"

static_assert(DRM_LIMEN_FEATURE_CAMERA == LIMEN_HW_FEATURE_CAMERA);
static_assert(DRM_LIMEN_FEATURE_SENSORS == LIMEN_HW_FEATURE_SENSORS);
static_assert(DRM_LIMEN_FEATURE_CLOCK == LIMEN_HW_FEATURE_CLOCK);
static_assert(DRM_LIMEN_FEATURE_FIRMWARE == LIMEN_HW_FEATURE_BOOT);

/* Of the board's, those that user space is told. */
#define LIMEN_QUERY_FEATURES						\
	(DRM_LIMEN_FEATURE_CAMERA | DRM_LIMEN_FEATURE_SENSORS |		\
	 DRM_LIMEN_FEATURE_CLOCK | DRM_LIMEN_FEATURE_FIRMWARE)

static int limen_query_answer(struct drm_limen_query *args, const void *info,
			      u32 known)
{
	void __user *to = u64_to_user_ptr(args->pointer);
	u32 size = args->size;

	if (size > DRM_LIMEN_SIZE_MAX)
		return -EINVAL;
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
		.hw_features = limen->features & LIMEN_QUERY_FEATURES,
		.dim_max = LIMEN_DIM_MAX,
		.top_k_max = limen->top_k_max,
		.batch_max = LIMEN_BATCH_MAX,
		.express_depth = 1u << LIMEN_EXPRESS_LOG2,
		.scan_depth = LIMEN_SCAN_DEPTH,
		.watchdog_ms = READ_ONCE(limen_watchdog_ms),
		.resets = atomic_read(&limen->resets),
		.chunk_ns = LIMEN_CHUNK_NS,
		.express_limit = limen_user_limit(limen, LIMEN_COMPARISONS),
		.scan_limit = limen_user_limit(limen, LIMEN_SCANS),
		.chunk_bytes = READ_ONCE(limen->scanner->chunk_bytes),
		.clock_khz = limen->clock_khz,
		.firmware_version = limen->firmware.version,
		.firmware_security = limen->firmware.security_version,
	};
	int idx;

	if (!drm_dev_enter(&limen->drm, &idx))
		return -ENODEV;
	memcpy(info.firmware_hash, limen->firmware.hash,
	       sizeof(info.firmware_hash));
	strscpy_pad(info.board, limen->host.board->name, sizeof(info.board));
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
			      const struct limen_client *client)
{
	struct limen_user *user = client->user;
	struct drm_limen_memory_info info = {
		.card_size = limen->mem_size,
		.host_limit = limen_user_limit(limen, LIMEN_HOST_BYTES),
		.card_limit = limen_user_limit(limen, LIMEN_CARD_BYTES),
	};

	/* Work that has finished may hold on to buffers for a moment. */
	limen_retire_all(limen);
	info.card_free = limen_card_free(limen);
	info.host_used = limen_user_used(user, LIMEN_HOST_BYTES);
	info.card_used = limen_user_used(user, LIMEN_CARD_BYTES);
	return limen_query_answer(args, &info, sizeof(info));
}

static int limen_query_stats(struct limen_device *limen,
			     struct drm_limen_query *args)
{
	struct limen_ring *express = &limen->rings[LIMEN_HW_RING_EXPRESS];
	struct drm_limen_stats stats = {
		.express_depth = READ_ONCE(express->outstanding),
		.scan_depth = atomic_read(&limen->host.stats.scans),
		.files = atomic_read(&limen->drm.open_count),
	};
	unsigned int i;

	for (i = 0; i < LIMEN_STATS; i++)
		((u64 *)&stats)[i] = limen_stats_read(&limen->host, i);
	return limen_query_answer(args, &stats, sizeof(stats));
}

/**
 * limen_show_fdinfo() - what an open file uses
 * @p: where to
 * @file: open file
 *
 * As Documentation/gpu/drm-usage-stats.rst says. All memory is there all the time
 * and is nobody else's, so there is no more to tell of it. What galleries keep
 * counts, with or without a handle.
 */
void limen_show_fdinfo(struct drm_printer *p, struct drm_file *file)
{
	static const char * const engines[] = {
		[LIMEN_HW_RING_EXPRESS] = "express",
		[LIMEN_HW_RING_SCAN] = "scan",
	};
	static const char * const regions[] = { "host", "card" };
	struct limen_client *client = file->driver_priv;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(engines); i++)
		drm_printf(p, "drm-engine-%s:\t%llu ns\ndrm-cycles-%s:\t%llu\n",
			   engines[i], (u64)atomic64_read(&client->busy_ns[i]),
			   engines[i], (u64)atomic64_read(&client->cycles[i]));
	for (i = 0; i < ARRAY_SIZE(regions); i++) {
		u64 kib = atomic64_read(&client->bytes[i]) / SZ_1K;

		drm_printf(p, "drm-total-%s:\t%llu KiB\ndrm-resident-%s:\t%llu KiB\n",
			   regions[i], kib, regions[i], kib);
	}
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
