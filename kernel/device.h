/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A board as limen.ko sees it.
 */
#ifndef LIMEN_DEVICE_H
#define LIMEN_DEVICE_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include <drm/drm_device.h>
#include <drm/drm_mm.h>

#include <limen/hw.h>
#include <limen/template.h>
#include <uapi/drm/limen_accel.h>

#include "board.h"
#include "dump.h"
#include "ring.h"
#include "scanner.h"
#include "stats.h"

/* Limits that user space is told by DRM_IOCTL_LIMEN_QUERY. */
#define LIMEN_BATCH_MAX		64
#define LIMEN_EXPRESS_LOG2	8

/* How often the watchdog looks before a ring counts as silent. */
#define LIMEN_WATCHDOG_LOOKS	8

/* Limits of one user, over all open files. */
#define LIMEN_HOST_LIMIT	(64ull << 20)
#define LIMEN_USER_BUFFERS	4096
#define LIMEN_USER_GALLERIES	256
#define LIMEN_USER_QUEUES	64
#define LIMEN_USER_COMPARISONS	(1u << (LIMEN_EXPRESS_LOG2 - 1))
#define LIMEN_USER_SCANS	512

/* struct limen_device.faults */
enum limen_fault {
	LIMEN_FAULT_SILENT,	/* a ring makes no progress */
	LIMEN_FAULT_ANSWER,	/* the board answered nonsense */
	LIMEN_FAULT_FATAL,	/* the board says it cannot go on */
	LIMEN_FAULT_STUCK,	/* a ring did not stop when told to */
};

struct limen_camera;

/**
 * struct limen_device - a board
 */
struct limen_device {
	/** @drm: base class */
	struct drm_device drm;
	/**
	 * @board: how to reach it. Gone after limen_board_unregister(): use it
	 * between drm_dev_enter() and drm_dev_exit(), or from what
	 * unregistering waits for (interrupt, watchdog, recovery, rings).
	 */
	struct limen_board *board;
	/** @version: LIMEN_HW_REG_VERSION */
	u32 version;
	/** @features: LIMEN_HW_REG_FEATURES */
	u32 features;
	/** @mem_size: bytes of card memory */
	u64 mem_size;
	/** @mem_cached: as in struct limen_board, which goes earlier */
	bool mem_cached;

	/** @rings: by LIMEN_HW_RING_*; CAMERA is started by camera.c alone */
	struct limen_ring rings[LIMEN_HW_RINGS];
	/** @stats: what it has done, besides @rings */
	struct limen_stats stats;
	/** @dump: memory for what is written down before a reset */
	struct limen_dump dump;
	/** @scanner: the SCAN side */
	struct limen_scanner scanner;
	/** @camera: the camera, or NULL */
	struct limen_camera *camera;

	/** @card_lock: protects @card */
	struct mutex card_lock;
	/** @card: who holds which part of card memory */
	struct drm_mm card;
	/**
	 * @generation: of the content of card memory; odd while the board
	 * sleeps. Written under @life, while all rings stand still
	 */
	u32 generation;
	/** @awake: those who wait for the board to wake up */
	wait_queue_head_t awake;
	/** @hosts_lock: protects @hosts and whether its buffers are mapped */
	struct mutex hosts_lock;
	/** @hosts: host buffers, so that DMA mappings can end before they do */
	struct list_head hosts;

	/** @users_lock: protects @users */
	struct mutex users_lock;
	/** @users: struct limen_user of those who have files or had */
	struct list_head users;

	/**
	 * @life: protects @dead and the registers that start and stop the board
	 * and its rings; never held while memory is allocated, because fences
	 * end behind it
	 */
	struct mutex life;
	/** @dead: the board is gone or given up, for good */
	bool dead;

	/** @watchdog: looks at rings that have work */
	struct timer_list watchdog;
	/** @recovery: deals with @faults */
	struct work_struct recovery;
	/** @faults: bits of enum limen_fault seen since the last recovery */
	unsigned long faults;
	/** @resets: resets since limen_board_register() */
	atomic_t resets;
};

static inline struct limen_device *to_limen(struct drm_device *drm)
{
	return container_of(drm, struct limen_device, drm);
}

/**
 * struct limen_file - an open file
 */
struct limen_file {
	/** @galleries: struct limen_gallery by identifier */
	struct xarray galleries;
	/** @queues: struct limen_queue by identifier */
	struct xarray queues;
	/** @client: what outlives it, with a reference */
	struct limen_client *client;
};

/* Whether the board sleeps, or is in a reset that is not ours, and cannot be used. */
static inline bool limen_asleep(const struct limen_device *limen)
{
	return READ_ONCE(limen->generation) & 1;
}

static inline u32 limen_read(struct limen_device *limen, u32 reg)
{
	return limen->board->ops->read(limen->board, reg);
}

static inline void limen_write(struct limen_device *limen, u32 reg, u32 value)
{
	limen->board->ops->write(limen->board, reg, value);
}

/* drv.c */
extern const struct drm_driver limen_driver;
void limen_retire_all(struct limen_device *limen);

extern struct workqueue_struct *limen_fence_wq;
extern struct workqueue_struct *limen_retire_wq;

/* recovery.c */
extern unsigned int limen_watchdog_ms;
void limen_fault(struct limen_device *limen, enum limen_fault fault);
void limen_watch(struct limen_device *limen);
int limen_reset(struct limen_device *limen);
void limen_run(struct limen_device *limen);
bool limen_halt(struct limen_device *limen);
void limen_revive(struct limen_device *limen);
void limen_recovery_init(struct limen_device *limen);
void limen_recovery_fini(struct limen_device *limen);

/* pmu.c */
void limen_pmu_register(struct limen_device *limen);
void limen_pmu_unregister(struct limen_device *limen);
void limen_pmu_init(void);
void limen_pmu_exit(void);

/* hwmon.c */
void limen_hwmon_register(struct limen_device *limen);

#endif /* LIMEN_DEVICE_H */
