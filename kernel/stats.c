// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a board has done, in numbers.
 */
#include <linux/log2.h>
#include <linux/minmax.h>

#include "device.h"
#include "stats.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

/**
 * DOC: Statistics
 *
 * Every number is counted once, where it arises, and everything that shows it
 * (DRM_LIMEN_QUERY_STATS, the perf PMU, fdinfo) reads the same counter. Counters
 * start when the driver binds to the board and never fall.
 *
 * Stalls are counted by the board, from reset to reset. What it has counted is
 * taken over before each reset; until it runs again its registers are not read.
 */

/* Who writes holds the ring's lock: reading and writing need not be one. */
static void limen_count(atomic64_t *counter, u64 more)
{
	atomic64_set(counter, atomic64_read(counter) + more);
}

/**
 * limen_stats_init() - start counting
 * @limen: device
 */
void limen_stats_init(struct limen_device *limen)
{
	raw_spin_lock_init(&limen->stats.lock);
}

/**
 * limen_stats_doorbell() - a doorbell is rung
 * @ring: its ring, locked
 */
void limen_stats_doorbell(struct limen_ring *ring)
{
	lockdep_assert_held(&ring->lock);
	limen_count(&ring->stats.doorbells, 1);
}

/**
 * limen_stats_answer() - an entry has been answered
 * @ring: its ring, locked
 * @answer: an answer that makes sense
 * @rows: how many were searched
 *
 * To be called before anybody is told.
 */
void limen_stats_answer(struct limen_ring *ring,
			const struct limen_answer *answer, u32 rows)
{
	struct limen_ring_stats *stats = &ring->stats;
	unsigned int bin = min(ilog2(answer->wait_ns | 1),
			       DRM_LIMEN_LATENCIES - 1);

	lockdep_assert_held(&ring->lock);
	trace_limen_done(ring, answer);
	limen_count(&stats->busy_ns, answer->device_ns);
	limen_count(&stats->cycles, answer->cycles);
	limen_count(&stats->answers, 1);
	limen_count(&stats->rows, rows);
	limen_count(&stats->latencies[bin], 1);
	if (answer->wait_ns > (u64)atomic64_read(&stats->wait_max_ns))
		atomic64_set(&stats->wait_max_ns, answer->wait_ns);
}

/* Stalls since the reset; reading the lower half latches the upper one. */
static u64 limen_stall_ns(struct limen_device *limen)
{
	u64 total = 0;
	unsigned int i;

	lockdep_assert_held(&limen->stats.lock);
	for (i = LIMEN_HW_RING_EXPRESS; i <= LIMEN_HW_RING_SCAN; i++) {
		u32 block = LIMEN_HW_RING_BLOCK(i);
		u32 low = limen_read(limen, block + LIMEN_HW_RING_STALL_LO);
		u32 high = limen_read(limen, block + LIMEN_HW_RING_STALL_HI);

		/* A device that has been pulled out reads as ones. */
		if (high != U32_MAX)
			total += (u64)high << 32 | low;
	}
	return total;
}

/**
 * limen_stats_wake() - registers can be read from now on
 * @limen: device, whose board has been reset
 */
void limen_stats_wake(struct limen_device *limen)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&limen->stats.lock, flags);
	limen->stats.awake = true;
	raw_spin_unlock_irqrestore(&limen->stats.lock, flags);
}

/**
 * limen_stats_sleep() - the board is about to be reset, or goes
 * @limen: device; its registers need not answer any more on return
 */
void limen_stats_sleep(struct limen_device *limen)
{
	struct limen_stats *stats = &limen->stats;
	unsigned long flags;

	raw_spin_lock_irqsave(&stats->lock, flags);
	if (stats->awake)
		stats->stall_ns += limen_stall_ns(limen);
	stats->awake = false;
	raw_spin_unlock_irqrestore(&stats->lock, flags);
}

/**
 * limen_stats_get() - all numbers as user space sees them
 * @limen: device, which may have been unplugged; any context
 * @stats: where to
 */
void limen_stats_get(struct limen_device *limen, struct drm_limen_stats *stats)
{
	const struct limen_ring *express = &limen->rings[LIMEN_HW_RING_EXPRESS];
	const struct limen_ring *scan = &limen->rings[LIMEN_HW_RING_SCAN];
	unsigned long flags;
	unsigned int i;

	memset(stats, 0, sizeof(*stats));
	stats->express_busy_ns = atomic64_read(&express->stats.busy_ns);
	stats->scan_busy_ns = atomic64_read(&scan->stats.busy_ns);
	stats->express_cycles = atomic64_read(&express->stats.cycles);
	stats->scan_cycles = atomic64_read(&scan->stats.cycles);
	stats->comparisons = atomic64_read(&express->stats.answers);
	stats->chunks = atomic64_read(&scan->stats.answers);
	stats->rows = atomic64_read(&scan->stats.rows);
	stats->interrupts = atomic64_read(&limen->stats.interrupts);
	stats->express_wait_max_ns = atomic64_read(&express->stats.wait_max_ns);
	for (i = 0; i < LIMEN_HW_RINGS; i++)
		stats->doorbells +=
			atomic64_read(&limen->rings[i].stats.doorbells);
	for (i = 0; i < DRM_LIMEN_LATENCIES; i++)
		stats->latencies[i] =
			atomic64_read(&express->stats.latencies[i]);
	stats->express_depth = READ_ONCE(express->outstanding);
	stats->scan_depth = atomic_read(&limen->stats.scans);
	stats->files = atomic_read(&limen->stats.files);

	raw_spin_lock_irqsave(&limen->stats.lock, flags);
	stats->stall_ns = limen->stats.stall_ns;
	if (limen->stats.awake)
		stats->stall_ns += limen_stall_ns(limen);
	raw_spin_unlock_irqrestore(&limen->stats.lock, flags);
}
