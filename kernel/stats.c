// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a board has done, in numbers.
 */
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/sizes.h>

#include <drm/drm_file.h>
#include <drm/drm_print.h>

#include "device.h"
#include "gem.h"
#include "stats.h"
#include "user.h"

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

static void limen_peak(atomic64_t *gauge, u64 value)
{
	if (value > (u64)atomic64_read(gauge))
		atomic64_set(gauge, value);
}

/**
 * limen_stats_answer() - an entry has been answered
 * @ring: its ring, locked
 * @answer: an answer that makes sense
 * @rows: how many were searched
 * @client: for whom
 *
 * To be called before anybody is told.
 */
void limen_stats_answer(struct limen_ring *ring,
			const struct limen_answer *answer, u32 rows,
			struct limen_client *client)
{
	struct limen_stats *stats = &ring->limen->stats;
	unsigned int bin = min(ilog2(answer->wait_ns | 1),
			       DRM_LIMEN_LATENCIES - 1);
	/* What there is of either ring comes in their order. */
	atomic64_t *counters = stats->counters + ring->index;

	lockdep_assert_held(&ring->lock);
	trace_limen_done(ring, answer);
	limen_count(&counters[LIMEN_STAT(express_busy_ns)], answer->device_ns);
	limen_count(&counters[LIMEN_STAT(express_cycles)], answer->cycles);
	limen_count(&counters[LIMEN_STAT(comparisons)], 1);
	limen_count(&client->busy_ns[ring->index], answer->device_ns);
	limen_count(&client->cycles[ring->index], answer->cycles);
	if (ring->index == LIMEN_HW_RING_SCAN) {
		limen_count(&stats->counters[LIMEN_STAT(rows)], rows);
		return;
	}
	limen_count(&counters[LIMEN_STAT(latencies) + bin], 1);
	limen_peak(&counters[LIMEN_STAT(express_wait_max_ns)], answer->wait_ns);
	limen_peak(&stats->wait_peak_ns, answer->wait_ns);
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
 * limen_stats_wake() - whether registers can be read from now on
 * @limen: device
 * @awake: true when the board has been reset and runs; false when it is about to
 *	be reset, or goes: on return its registers need not answer any more
 */
void limen_stats_wake(struct limen_device *limen, bool awake)
{
	struct limen_stats *stats = &limen->stats;

	guard(raw_spinlock_irqsave)(&stats->lock);
	if (stats->awake)
		atomic64_add(limen_stall_ns(limen),
			     &stats->counters[LIMEN_STAT(stall_ns)]);
	stats->awake = awake;
}

/**
 * limen_stats_sensor() - ask a sensor of a board that is awake
 * @limen: device
 * @reg: LIMEN_HW_REG_TEMPERATURE or LIMEN_HW_REG_POWER
 * @value: its answer
 *
 * Return: 0, or -ENODATA if the board sleeps or is being reset.
 */
int limen_stats_sensor(struct limen_device *limen, u32 reg, u32 *value)
{
	guard(raw_spinlock_irqsave)(&limen->stats.lock);
	if (!limen->stats.awake)
		return -ENODATA;
	*value = limen_read(limen, reg);
	return 0;
}

/**
 * limen_stats_read() - one number
 * @limen: device, which may have been unplugged; any context
 * @stat: which, by LIMEN_STAT()
 *
 * Return: the number.
 */
u64 limen_stats_read(struct limen_device *limen, unsigned int stat)
{
	struct limen_stats *stats = &limen->stats;
	atomic64_t *counter = &stats->counters[stat];

	if (stat != LIMEN_STAT(stall_ns))
		return atomic64_read(counter);

	guard(raw_spinlock_irqsave)(&stats->lock);
	return atomic64_read(counter) +
	       (stats->awake ? limen_stall_ns(limen) : 0);
}

/**
 * limen_stats_get() - all numbers as user space sees them
 * @limen: device, which may have been unplugged; any context
 * @stats: where to
 */
void limen_stats_get(struct limen_device *limen, struct drm_limen_stats *stats)
{
	unsigned int i;

	for (i = 0; i < LIMEN_STATS; i++)
		((u64 *)stats)[i] = limen_stats_read(limen, i);
	stats->express_depth =
		READ_ONCE(limen->rings[LIMEN_HW_RING_EXPRESS].outstanding);
	stats->scan_depth = atomic_read(&limen->stats.scans);
	stats->files = atomic_read(&limen->stats.files);
	stats->pad = 0;
}

/**
 * limen_show_fdinfo() - what an open file uses
 * @p: where to
 * @file: open file
 *
 * As Documentation/gpu/drm-usage-stats.rst says. All memory is there all the time
 * and is nobody else's, so there is no more to tell of it.
 */
void limen_show_fdinfo(struct drm_printer *p, struct drm_file *file)
{
	static const char * const engines[] = {
		[LIMEN_HW_RING_EXPRESS] = "express",
		[LIMEN_HW_RING_SCAN] = "scan",
	};
	struct limen_file *priv = file->driver_priv;
	struct limen_client *client = priv->client;
	u64 kib[] = { 0, 0 };
	struct drm_gem_object *obj;
	int i;

	spin_lock(&file->table_lock);
	idr_for_each_entry(&file->object_idr, obj, i)
		kib[to_limen_bo(obj)->card] += obj->size / SZ_1K;
	spin_unlock(&file->table_lock);

	for (i = 0; i < ARRAY_SIZE(engines); i++)
		drm_printf(p, "drm-engine-%s:\t%llu ns\ndrm-cycles-%s:\t%llu\n",
			   engines[i], (u64)atomic64_read(&client->busy_ns[i]),
			   engines[i], (u64)atomic64_read(&client->cycles[i]));
	drm_printf(p, "drm-total-host:\t%llu KiB\ndrm-resident-host:\t%llu KiB\n",
		   kib[0], kib[0]);
	drm_printf(p, "drm-total-card:\t%llu KiB\ndrm-resident-card:\t%llu KiB\n",
		   kib[1], kib[1]);
}
