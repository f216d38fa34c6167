// SPDX-License-Identifier: GPL-2.0-only
/*
 * perf events.
 */
#include <linux/cpuhotplug.h>
#include <linux/cpumask.h>
#include <linux/module.h>
#include <linux/perf_event.h>
#include <linux/slab.h>

#include <drm/drm_accel.h>
#include <drm/drm_file.h>

#include "device.h"
#include "pmu.h"
#include "stats.h"

/**
 * DOC: perf events
 *
 * The node accelN has a PMU, limenN, that counts what DRM_LIMEN_QUERY_STATS tells,
 * from the moment an event is enabled. It counts for the whole board, so events
 * belong to no process, and there is nothing to sample. One event is no sum:
 * express_wait_max is the longest wait since any such event was enabled last.
 *
 * Of a board with LIMEN_HW_FEATURE_SNAPSHOT, what it counts itself is taken from there:
 * all events of a group at one moment.
 *
 * An event that is open refers to its PMU, and perf lets go of it in its own time.
 * So a PMU stays as long as the module, which open events keep. Without a board its
 * events stand still, and new ones fail with ENODEV. The next board of that number
 * takes it over, for events that are opened from then on.
 *
 * perf counts on one processor, whichever the event was opened for. If that one goes
 * offline the event moves to another.
 */

/* Events by number: what the driver counts, and which of the board's counters it is. */
static const struct {
	u8 stat;
	u8 counters;
} limen_events[] = {
	{ LIMEN_STAT(express_busy_ns),
	  BIT(LIMEN_HW_COUNTER_BUSY_NS(LIMEN_HW_RING_EXPRESS)) },
	{ LIMEN_STAT(scan_busy_ns),
	  BIT(LIMEN_HW_COUNTER_BUSY_NS(LIMEN_HW_RING_SCAN)) },
	{ LIMEN_STAT(stall_ns),
	  BIT(LIMEN_HW_COUNTER_STALL_NS(LIMEN_HW_RING_EXPRESS)) |
	  BIT(LIMEN_HW_COUNTER_STALL_NS(LIMEN_HW_RING_SCAN)) },
	{ LIMEN_STAT(express_wait_max_ns) },
	{ LIMEN_STAT(rows), BIT(LIMEN_HW_COUNTER_ROWS) },
	{ LIMEN_STAT(comparisons),
	  BIT(LIMEN_HW_COUNTER_ANSWERS(LIMEN_HW_RING_EXPRESS)) },
	{ LIMEN_STAT(chunks),
	  BIT(LIMEN_HW_COUNTER_ANSWERS(LIMEN_HW_RING_SCAN)) },
	{ LIMEN_STAT(doorbells) },
	{ LIMEN_STAT(interrupts) },
};

static_assert(LIMEN_HW_COUNTERS <= 8);

/**
 * struct limen_pmu - a PMU
 */
struct limen_pmu {
	/** @base: base class */
	struct pmu base;
	/** @name: its name */
	char name[16];
	/** @lock: protects @limen and @boards; raw, as perf's own locks */
	raw_spinlock_t lock;
	/** @limen: the board, or NULL */
	struct limen_device *limen;
	/** @boards: how many it has been taken over by */
	unsigned long boards;
};

/**
 * struct limen_moment - what a board had counted when a group was begun with
 * @pmu: whose, while the group is being dealt with, else NULL
 * @counters: by LIMEN_HW_COUNTER_*
 */
struct limen_moment {
	struct limen_pmu *pmu;
	u64 counters[LIMEN_HW_COUNTERS];
};

/* perf deals with a group on its processor, and with one at a time. */
static DEFINE_PER_CPU(struct limen_moment, limen_moment);

/* By the number of the node; each stays until limen_pmu_exit(). */
static struct limen_pmu *limen_pmus[ACCEL_MAX_MINORS];

static struct limen_pmu *to_limen_pmu(struct perf_event *event)
{
	return container_of(event->pmu, struct limen_pmu, base);
}

static int limen_event_init(struct perf_event *event)
{
	struct limen_pmu *pmu = to_limen_pmu(event);

	if (event->attr.type != event->pmu->type)
		return -ENOENT;
	if (is_sampling_event(event) || event->attach_state & PERF_ATTACH_TASK ||
	    event->cpu < 0 || event->attr.config >= ARRAY_SIZE(limen_events) ||
	    event->attr.config1 || event->attr.config2)
		return -EINVAL;

	guard(raw_spinlock_irq)(&pmu->lock);
	event->hw.config_base = pmu->boards;
	return pmu->limen ? 0 : -ENODEV;
}

static u64 limen_event_now(struct limen_pmu *pmu, unsigned int number)
{
	struct limen_host *host = &pmu->limen->host;
	unsigned long counters = limen_events[number].counters;
	struct limen_moment *moment = this_cpu_ptr(&limen_moment);
	unsigned int i;
	u64 sum = 0;

	lockdep_assert_held(&pmu->lock);
	if (!host->stats.snapshot || !counters)
		return limen_stats_read(host, limen_events[number].stat);
	if (moment->pmu != pmu)
		limen_stats_snapshot(host, moment->counters);
	for_each_set_bit(i, &counters, LIMEN_HW_COUNTERS)
		sum += moment->counters[i];
	return sum;
}

/* Counts what has been done since the last call, or only from now on. */
static void limen_event_count(struct perf_event *event,
			      struct limen_device *limen, bool count)
{
	unsigned int stat = limen_events[event->attr.config].stat;
	atomic64_t *peak = &limen->host.stats.wait_peak_ns;
	u64 now, before;

	if (stat == LIMEN_STAT(express_wait_max_ns)) {
		if (!count)
			atomic64_set(peak, 0);
		local64_set(&event->count, max(local64_read(&event->count),
					       atomic64_read(peak)));
		return;
	}
	now = limen_event_now(to_limen_pmu(event), event->attr.config);
	before = local64_xchg(&event->hw.prev_count, now);
	if (count)
		local64_add(now - before, &event->count);
}

static void limen_event_update(struct perf_event *event, bool count)
{
	struct limen_pmu *pmu = to_limen_pmu(event);

	guard(raw_spinlock_irqsave)(&pmu->lock);
	if (pmu->limen && event->hw.config_base == pmu->boards)
		limen_event_count(event, pmu->limen, count);
}

static void limen_event_start(struct perf_event *event, int flags)
{
	limen_event_update(event, false);
}

static void limen_event_stop(struct perf_event *event, int flags)
{
	limen_event_update(event, true);
}

static void limen_event_read(struct perf_event *event)
{
	limen_event_update(event, true);
}

static int limen_event_add(struct perf_event *event, int flags)
{
	if (flags & PERF_EF_START)
		limen_event_update(event, false);
	return 0;
}

/* A group of events is added, or read. */
static void limen_group_begin(struct pmu *base, unsigned int flags)
{
	struct limen_pmu *pmu = container_of(base, struct limen_pmu, base);
	struct limen_moment *moment = this_cpu_ptr(&limen_moment);

	guard(raw_spinlock_irqsave)(&pmu->lock);
	if (!pmu->limen || !pmu->limen->host.stats.snapshot)
		return;
	limen_stats_snapshot(&pmu->limen->host, moment->counters);
	moment->pmu = pmu;
}

static void limen_group_cancel(struct pmu *base)
{
	this_cpu_ptr(&limen_moment)->pmu = NULL;
}

static int limen_group_end(struct pmu *base)
{
	limen_group_cancel(base);
	return 0;
}

PMU_FORMAT_ATTR(event, "config:0-7");

#define LIMEN_EVENT(_name, _text)					\
	(&((struct perf_pmu_events_attr[]) {				\
		{ .attr = __ATTR(_name, 0444, perf_event_sysfs_show, NULL), \
		  .event_str = _text }					\
	})[0].attr.attr)

static const struct attribute_group limen_format_group = {
	.name = "format",
	.attrs = (struct attribute *[]) { &format_attr_event.attr, NULL },
};

static const struct attribute_group limen_event_group = {
	.name = "events",
	.attrs = (struct attribute *[]) {
		LIMEN_EVENT(express_busy, "event=0x00"),
		LIMEN_EVENT(express_busy.unit, "ns"),
		LIMEN_EVENT(scan_busy, "event=0x01"),
		LIMEN_EVENT(scan_busy.unit, "ns"),
		LIMEN_EVENT(stalls, "event=0x02"),
		LIMEN_EVENT(stalls.unit, "ns"),
		LIMEN_EVENT(express_wait_max, "event=0x03"),
		LIMEN_EVENT(express_wait_max.unit, "ns"),
		LIMEN_EVENT(rows, "event=0x04"),
		LIMEN_EVENT(comparisons, "event=0x05"),
		LIMEN_EVENT(chunks, "event=0x06"),
		LIMEN_EVENT(doorbells, "event=0x07"),
		LIMEN_EVENT(interrupts, "event=0x08"),
		NULL
	},
};

static const struct attribute_group *limen_pmu_groups[] = {
	&limen_format_group,
	&limen_event_group,
	NULL
};

/*
 * perf itself shows a cpumask, and moves events if that processor goes. Those that
 * were opened for another one would stand still for good when theirs does.
 */
static const struct pmu limen_pmu_base = {
	.module = THIS_MODULE,
	.attr_groups = limen_pmu_groups,
	.task_ctx_nr = perf_invalid_context,
	.scope = PERF_PMU_SCOPE_SYS_WIDE,
	.capabilities = PERF_PMU_CAP_NO_EXCLUDE | PERF_PMU_CAP_NO_INTERRUPT,
	.event_init = limen_event_init,
	.add = limen_event_add,
	.del = limen_event_stop,
	.start = limen_event_start,
	.stop = limen_event_stop,
	.read = limen_event_read,
	.start_txn = limen_group_begin,
	.commit_txn = limen_group_end,
	.cancel_txn = limen_group_cancel,
};

/* A processor goes; here that comes before perf lets go of its events. */
static int limen_pmu_offline(unsigned int cpu)
{
	unsigned int i, target = cpumask_any_but(cpu_online_mask, cpu);

	for (i = 0; i < ARRAY_SIZE(limen_pmus); i++) {
		/* Pairs with limen_pmu_register(): registered, or none. */
		struct limen_pmu *pmu = smp_load_acquire(&limen_pmus[i]);

		if (pmu)
			perf_pmu_migrate_context(&pmu->base, cpu, target);
	}
	return 0;
}

static void limen_pmu_set(struct limen_pmu *pmu, struct limen_device *limen)
{
	guard(raw_spinlock_irq)(&pmu->lock);
	pmu->limen = limen;
	pmu->boards += !!limen;
}

/**
 * limen_pmu_register() - offer perf events
 * @limen: device, registered with DRM
 *
 * A board without them is still good to work with.
 */
void limen_pmu_register(struct limen_device *limen)
{
	unsigned int minor = limen->drm.accel->index;
	struct limen_pmu *pmu = limen_pmus[minor];

	if (!pmu) {
		pmu = kzalloc(sizeof(*pmu), GFP_KERNEL);
		if (!pmu)
			return;
		raw_spin_lock_init(&pmu->lock);
		snprintf(pmu->name, sizeof(pmu->name), "limen%u", minor);
		pmu->base = limen_pmu_base;
		if (perf_pmu_register(&pmu->base, pmu->name, -1)) {
			dev_warn(limen->drm.dev, "no perf events\n");
			kfree(pmu);
			return;
		}
		/* Pairs with limen_pmu_offline(). */
		smp_store_release(&limen_pmus[minor], pmu);
	}
	limen_pmu_set(pmu, limen);
}

/**
 * limen_pmu_unregister() - have perf events stand still
 * @limen: device, which is about to go
 */
void limen_pmu_unregister(struct limen_device *limen)
{
	struct limen_pmu *pmu = limen_pmus[limen->drm.accel->index];

	if (pmu)
		limen_pmu_set(pmu, NULL);
}

/* What a processor takes with it is told here, or the error of asking for that. */
static int limen_pmu_hotplug;

/**
 * limen_pmu_init() - have events outlive the processor that they belong to
 *
 * Without it they are still good as long as that stays.
 */
void __init limen_pmu_init(void)
{
	limen_pmu_hotplug =
		cpuhp_setup_state_nocalls(CPUHP_AP_ONLINE_DYN,
					  "perf/limen:online", NULL,
					  limen_pmu_offline);
}

/**
 * limen_pmu_exit() - take all PMUs away
 *
 * No event is open, because that would have kept the module.
 */
void limen_pmu_exit(void)
{
	unsigned int i;

	if (limen_pmu_hotplug > 0)
		cpuhp_remove_state_nocalls(limen_pmu_hotplug);
	for (i = 0; i < ARRAY_SIZE(limen_pmus); i++) {
		if (limen_pmus[i])
			perf_pmu_unregister(&limen_pmus[i]->base);
		kfree(limen_pmus[i]);
	}
}
