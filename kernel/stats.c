// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a board has done, in numbers.
 */
#include <linux/log2.h>
#include <linux/minmax.h>

#include "host.h"
#include "ring.h"
#include "stats.h"
#include "trace.h"
#include "user.h"

/**
 * DOC: Statistics
 *
 * Every number is counted once, where it arises, and everything that shows it
 * (DRM_LIMEN_QUERY_STATS, the perf PMU, fdinfo) reads the same counter. Counters
 * start when the driver binds to the board and never fall.
 *
 * Stalls are counted by the board, from reset to reset. What it has counted is
 * taken over before each reset; until it runs again its registers are not read. A
 * board with LIMEN_HW_FEATURE_SNAPSHOT counts its work as well, for perf alone, whose
 * events are to be of one moment. That counts what the board has done: an entry that is
 * submitted again after a reset, twice.
 */

/* Written under the ring's lock alone: reading and writing need not be one. */
static void limen_count(atomic64_t *counter, u64 more)
{
	atomic64_set(counter, atomic64_read(counter) + more);
}

static void limen_peak(atomic64_t *gauge, u64 value)
{
	if (value > (u64)atomic64_read(gauge))
		atomic64_set(gauge, value);
}

/* Of what is counted by ring, EXPRESS comes first and SCAN follows. */
static_assert(LIMEN_HW_RING_EXPRESS == 0 && LIMEN_HW_RING_SCAN == 1);
static_assert(LIMEN_STAT(scan_busy_ns) == LIMEN_STAT(express_busy_ns) + 1);
static_assert(LIMEN_STAT(scan_cycles) == LIMEN_STAT(express_cycles) + 1);
static_assert(LIMEN_STAT(chunks) == LIMEN_STAT(comparisons) + 1);

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
	struct limen_stats *stats = &ring->host->stats;
	unsigned int bin = min(ilog2(answer->wait_ns | 1),
			       DRM_LIMEN_LATENCIES - 1);
	atomic64_t *counters = stats->counters;
	unsigned int of = ring->index;

	lockdep_assert_held(&ring->lock);
	trace_limen_done(ring->host->number, ring->index, answer->seq,
			 answer->status, answer->device_ns, answer->wait_ns,
			 answer->cycles);
	limen_count(&counters[LIMEN_STAT(express_busy_ns) + of],
		    answer->device_ns);
	limen_count(&counters[LIMEN_STAT(express_cycles) + of], answer->cycles);
	limen_count(&counters[LIMEN_STAT(comparisons) + of], 1);
	limen_count(&client->busy_ns[of], answer->device_ns);
	limen_count(&client->cycles[of], answer->cycles);
	if (of == LIMEN_HW_RING_SCAN) {
		limen_count(&counters[LIMEN_STAT(rows)], rows);
		return;
	}
	limen_count(&counters[LIMEN_STAT(latencies) + bin], 1);
	limen_peak(&counters[LIMEN_STAT(express_wait_max_ns)], answer->wait_ns);
	limen_peak(&stats->wait_peak_ns, answer->wait_ns);
}

/* What no counter grows by between two looks: years of nanoseconds. */
#define LIMEN_COUNTER_BITS	56

/*
 * Takes over what the board has counted since the last time. Without snapshots that is
 * stalls, whose lower half latches the upper one. A counter that falls, or grows by
 * more than it can, says nothing, as that of a device that has been pulled out.
 */
static void limen_stats_take(struct limen_host *host)
{
	struct limen_stats *stats = &host->stats;
	unsigned int i;

	lockdep_assert_held(&stats->lock);
	if (!stats->awake)
		return;
	if (stats->snapshot)
		limen_write(host, LIMEN_HW_REG_SNAPSHOT, 1);
	for (i = 0; i < (stats->snapshot ? LIMEN_HW_COUNTERS : LIMEN_HW_RING_CAMERA); i++) {
		u32 reg = stats->snapshot ? LIMEN_HW_REG_COUNTER(i) :
			  LIMEN_HW_RING_BLOCK(i) + LIMEN_HW_RING_STALL_LO;
		u64 now = limen_read64(host, reg);

		if (now < stats->seen[i] ||
		    (now - stats->seen[i]) >> LIMEN_COUNTER_BITS)
			continue;
		stats->board[i] += now - stats->seen[i];
		stats->seen[i] = now;
	}
}

/**
 * limen_stats_wake() - whether registers can be read from now on
 * @host: host
 * @awake: true when the board has been reset and runs; false when it is about to
 *	be reset, or goes: on return its registers need not answer any more
 */
void limen_stats_wake(struct limen_host *host, bool awake)
{
	struct limen_stats *stats = &host->stats;

	guard(raw_spinlock_irqsave)(&stats->lock);
	limen_stats_take(host);
	memset(stats->seen, 0, sizeof(stats->seen));
	stats->awake = awake;
}

/**
 * limen_stats_sensor() - ask a sensor of a board that is awake
 * @host: host
 * @reg: LIMEN_HW_REG_TEMPERATURE or LIMEN_HW_REG_POWER
 * @value: its answer
 *
 * Return: 0, or -ENODATA if the board sleeps or is being reset.
 */
int limen_stats_sensor(struct limen_host *host, u32 reg, u32 *value)
{
	guard(raw_spinlock_irqsave)(&host->stats.lock);
	if (!host->stats.awake)
		return -ENODATA;
	*value = limen_read(host, reg);
	return 0;
}

/**
 * limen_stats_read() - one number
 * @host: host, which may have been unplugged; any context
 * @stat: which, by LIMEN_STAT()
 *
 * Return: the number.
 */
u64 limen_stats_read(struct limen_host *host, unsigned int stat)
{
	struct limen_stats *stats = &host->stats;

	if (stat != LIMEN_STAT(stall_ns))
		return atomic64_read(&stats->counters[stat]);

	guard(raw_spinlock_irqsave)(&stats->lock);
	limen_stats_take(host);
	return stats->board[LIMEN_HW_COUNTER_STALL_NS(LIMEN_HW_RING_EXPRESS)] +
	       stats->board[LIMEN_HW_COUNTER_STALL_NS(LIMEN_HW_RING_SCAN)];
}

/**
 * limen_stats_snapshot() - what the board has counted, at one moment
 * @host: host of a board with snapshots, which may have been unplugged; any context
 * @counters: where to, by LIMEN_HW_COUNTER_*
 */
void limen_stats_snapshot(struct limen_host *host, u64 *counters)
{
	guard(raw_spinlock_irqsave)(&host->stats.lock);
	limen_stats_take(host);
	memcpy(counters, host->stats.board, sizeof(host->stats.board));
}
