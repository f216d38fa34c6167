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
struct limen_client;
struct limen_host;
struct limen_ring;

/* Number of a counter: what of struct drm_limen_stats it is, in units of 64 bits. */
#define LIMEN_STAT(_name) \
	(offsetof(struct drm_limen_stats, _name) / sizeof(u64))
#define LIMEN_STATS	LIMEN_STAT(express_depth)

/* For what happens on several rings. */
#define limen_stats_inc(_stats, _name) \
	atomic64_inc(&(_stats)->counters[LIMEN_STAT(_name)])

/**
 * struct limen_stats - what a device has done
 */
struct limen_stats {
	/**
	 * @counters: by LIMEN_STAT(). Those of one ring are written under its lock
	 * alone, so that an answer costs no more than some additions, and all are
	 * read without, also in the middle of a perf event.
	 */
	atomic64_t counters[LIMEN_STATS];
	/** @scans: submitted and not finished */
	atomic_t scans;
	/** @wait_peak_ns: longest wait of a comparison since pmu.c set it to 0 */
	atomic64_t wait_peak_ns;
	/**
	 * @lock: protects what follows. Raw, because perf reads events with raw
	 * locks held.
	 */
	raw_spinlock_t lock;
	/** @awake: registers may be read, and the board counts */
	bool awake;
	/** @snapshot: the board latches its counters; constant */
	bool snapshot;
	/** @seen: of the board's counters, what they said last since its reset */
	u64 seen[LIMEN_HW_COUNTERS];
	/** @board: what they have counted in all */
	u64 board[LIMEN_HW_COUNTERS];
};

void limen_stats_wake(struct limen_host *host, bool awake);
void limen_stats_answer(struct limen_ring *ring,
			const struct limen_answer *answer, u32 rows,
			struct limen_client *client);
int limen_stats_sensor(struct limen_host *host, u32 reg, u32 *value);
u64 limen_stats_read(struct limen_host *host, unsigned int stat);
void limen_stats_snapshot(struct limen_host *host, u64 *counters);

#endif /* LIMEN_STATS_H */
