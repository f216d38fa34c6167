/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A board as limen.ko sees it.
 */
#ifndef LIMEN_DEVICE_H
#define LIMEN_DEVICE_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/workqueue.h>

#include <drm/drm_device.h>
#include <drm/drm_mm.h>

#include <limen/hw.h>

#include "firmware.h"
#include "host.h"
#include "ring.h"

struct limen_camera;
struct limen_dump;
struct limen_scanner;

/**
 * struct limen_device - a board
 *
 * What is known of it only by pointers belongs to the file of that name.
 */
struct limen_device {
	/** @drm: base class */
	struct drm_device drm;
	/** @host: what rings know of it */
	struct limen_host host;
	/** @version: LIMEN_HW_REG_VERSION, read once as the four that follow */
	u32 version;
	/** @features: LIMEN_HW_REG_FEATURES */
	u32 features;
	/** @clock_khz: LIMEN_HW_REG_CLOCK, or 0 */
	u32 clock_khz;
	/** @top_k_max: most rows that a scan may return */
	u32 top_k_max;
	/** @temp_warning: LIMEN_HW_REG_TEMP_WARNING, if there is a critical one */
	s32 temp_warning;
	/** @temp_critical: LIMEN_HW_REG_TEMP_CRITICAL, or 0 */
	s32 temp_critical;
	/** @mem_size: bytes of card memory, all of which can be reached and used */
	u64 mem_size;
	/** @firmware: what the board runs, if it runs any */
	struct limen_firmware firmware;
	/** @mem_cached: as in struct limen_board, which goes earlier */
	bool mem_cached;

	/** @rings: by LIMEN_HW_RING_*; CAMERA is started by camera.c alone */
	struct limen_ring rings[LIMEN_HW_RINGS];
	/** @dump: what is written down before a reset */
	struct limen_dump *dump;
	/** @scanner: the SCAN side */
	struct limen_scanner *scanner;
	/** @camera: the camera, or NULL */
	struct limen_camera *camera;

	/** @card_lock: protects @card */
	struct mutex card_lock;
	/** @card: which part of card memory belongs to which buffer */
	struct drm_mm card;
	/**
	 * @reach: held for reading while card memory is accessed or mapped, after
	 * a look at &limen_host.generation; taken for writing, and released at
	 * once, to wait until all that is over which began before it was odd
	 */
	struct rw_semaphore reach;
	/** @wipe_lock: the board's wipe engine is used by one at a time */
	struct mutex wipe_lock;
	/** @wipe_failed: it is not used any more; protected by @wipe_lock */
	bool wipe_failed;
	/** @wipes: buffers that are closed and not wiped yet */
	atomic_t wipes;
	/**
	 * @awake: woken when the board can be used again, or never will, and when
	 * @wipes becomes 0
	 */
	wait_queue_head_t awake;
	/** @hosts_lock: protects @hosts and whether its buffers are mapped */
	struct mutex hosts_lock;
	/** @hosts: host buffers, so that DMA mappings can end before they do */
	struct list_head hosts;

	/** @users_lock: protects @users */
	struct mutex users_lock;
	/** @users: struct limen_user of all users that have files or buffers */
	struct list_head users;

	/** @resets: resets since limen_board_register() */
	atomic_t resets;
	/** @budget_start: since when @budget_used counts, under &limen_host.life */
	unsigned long budget_start;
	/** @budget_used: resets since then, likewise */
	unsigned int budget_used;
	/** @revival: has the board go on after what fences do not wait for */
	struct work_struct revival;
	/** @reviving: @revival is due; protected by &limen_host.life */
	bool reviving;
	/** @overdue: gives up a board that nobody gives back */
	struct delayed_work overdue;
	/** @due: when that is, jiffies; protected by &limen_host.life */
	unsigned long due;
};

static inline struct limen_device *to_limen(struct drm_device *drm)
{
	return container_of(drm, struct limen_device, drm);
}

/* Whose ring it is. */
static inline struct limen_device *limen_of_ring(const struct limen_ring *ring)
{
	return container_of(ring->host, struct limen_device, host);
}

/* The next ring that has been initialised, the first for NULL, or NULL. */
static inline struct limen_ring *limen_next_ring(struct limen_device *limen,
						 struct limen_ring *ring)
{
	for (ring = ring ? ring + 1 : limen->rings;
	     ring < limen->rings + LIMEN_HW_RINGS; ring++)
		if (limen_ring_ready(ring))
			return ring;
	return NULL;
}

#endif /* LIMEN_DEVICE_H */
