/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a board has done, in numbers.
 */
#ifndef LIMEN_STATS_H
#define LIMEN_STATS_H

#include <linux/atomic.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include <limen/hw.h>
#include <uapi/drm/limen_accel.h>

struct limen_answer;
struct limen_device;
struct limen_ring;

/**
 * struct limen_ring_stats - what a ring has done
 *
 * Written under the ring's lock alone, so that nothing here costs more than an
 * addition, and read without it, also in the middle of a perf event.
 */
struct limen_ring_stats {
	/** @busy_ns: time the board says it has spent */
	atomic64_t busy_ns;
	/** @cycles: the same in cycles of the engine's clock */
	atomic64_t cycles;
	/** @answers: entries that were answered as they should */
	atomic64_t answers;
	/** @rows: searched by them */
	atomic64_t rows;
	/** @doorbells: rung */
	atomic64_t doorbells;
	/** @wait_max_ns: longest time from doorbell to answer */
	atomic64_t wait_max_ns;
	/** @latencies: answers by the logarithm of that time */
	atomic64_t latencies[DRM_LIMEN_LATENCIES];
};

/**
 * struct limen_stats - what a device has done, besides its rings
 */
struct limen_stats {
	/** @interrupts: taken */
	atomic64_t interrupts;
	/** @scans: submitted and not finished */
	atomic_t scans;
	/** @files: open now */
	atomic_t files;
	/**
	 * @lock: protects what follows. Raw, because perf reads events with raw
	 * locks held.
	 */
	raw_spinlock_t lock;
	/** @awake: registers may be read */
	bool awake;
	/** @stall_ns: stalls up to the latest reset */
	u64 stall_ns;
};

void limen_stats_init(struct limen_device *limen);
void limen_stats_wake(struct limen_device *limen);
void limen_stats_sleep(struct limen_device *limen);
void limen_stats_doorbell(struct limen_ring *ring);
void limen_stats_answer(struct limen_ring *ring,
			const struct limen_answer *answer, u32 rows);
void limen_stats_get(struct limen_device *limen, struct drm_limen_stats *stats);

#endif /* LIMEN_STATS_H */
