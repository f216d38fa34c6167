// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is done when a board misbehaves.
 */
#include <linux/iopoll.h>
#include <linux/jiffies.h>

#include <drm/drm_print.h>

#include "device.h"
#include "scan.h"

/**
 * DOC: Recovery
 *
 * The watchdog is a timer that runs while a matching ring has work, and asks
 * for progress, not for time alone: a ring is silent when the timer has looked
 * at it throughout LIMEN_WATCHDOG_MS and saw no answer at all, or none to an entry
 * that others have overtaken. Then the recovery work looks once whether an
 * interrupt was missed. If so, the answers are taken and nothing else happens.
 *
 * Otherwise, and when the board answers nonsense or reports FATAL, every ring is
 * frozen, the board is reset, everything outstanding is aborted, and the board
 * runs again. Who is to blame gets -ETIME (silence) or -EIO (nonsense, FATAL):
 * the entry whose answer was wrong, else the oldest of the ring in question.
 * The others get -ECANCELED. A board that does not come back from its reset is
 * given up: from then on everything is -ENODEV.
 *
 * All of this brings fences to an end, so nothing here allocates memory or
 * takes a lock under which others do.
 */

/* All there is to interrupt for. */
#define LIMEN_INTERRUPTS	(LIMEN_HW_IRQ_FATAL | (BIT(LIMEN_HW_RINGS) - 1))

/* A board that fails right after a reset is reset again, so many times. */
#define LIMEN_RESET_TRIES	3

/* How long a reset may take, and how often to look. */
#define LIMEN_RESET_US		5000000
#define LIMEN_RESET_POLL_US	100

static const char * const limen_fault_names[] = {
	[LIMEN_FAULT_SILENT] = "it makes no progress",
	[LIMEN_FAULT_ANSWER] = "its answer was not valid",
	[LIMEN_FAULT_FATAL] = "it reports a fatal error",
	[LIMEN_FAULT_STUCK] = "a ring did not stop",
};

/**
 * limen_fault() - have the recovery work deal with a fault
 * @limen: device
 * @fault: what was seen
 *
 * Any context.
 */
void limen_fault(struct limen_device *limen, enum limen_fault fault)
{
	set_bit(fault, &limen->faults);
	queue_work(limen_fence_wq, &limen->recovery);
}

/**
 * limen_watch() - see to it that the watchdog runs
 * @limen: device
 *
 * Called with the lock of the ring that just got work. The handler of a timer
 * runs when the timer is no longer pending, and looks at each ring under its
 * lock, so either it sees this ring's work or this call starts it again.
 */
void limen_watch(struct limen_device *limen)
{
	if (!timer_pending(&limen->watchdog))
		mod_timer(&limen->watchdog, jiffies + msecs_to_jiffies(LIMEN_WATCHDOG_MS /
					   LIMEN_WATCHDOG_LOOKS));
}

static bool limen_ring_watched(const struct limen_ring *ring)
{
	return limen_ring_ready(ring) && ring->ops->watched;
}

static void limen_watchdog(struct timer_list *timer)
{
	struct limen_device *limen = container_of(timer, struct limen_device,
						  watchdog);
	bool silent = false;
	bool busy = false;
	unsigned int i;

	for (i = 0; i < LIMEN_HW_RINGS; i++) {
		struct limen_ring *ring = &limen->rings[i];

		if (limen_ring_watched(ring) && limen_ring_look(ring, &busy))
			silent = true;
	}
	if (silent)
		limen_fault(limen, LIMEN_FAULT_SILENT);
	if (busy)
		limen_watch(limen);
}

/* Resets the board once: 0, -EAGAIN if it has met a fatal error, -ENODEV. */
static int limen_reset_once(struct limen_device *limen)
{
	u32 status;
	int ret;

	limen_stats_sleep(limen);
	limen_write(limen, LIMEN_HW_REG_IRQ_ENABLE, 0);
	limen_write(limen, LIMEN_HW_REG_CONTROL, LIMEN_HW_CONTROL_RESET);
	ret = read_poll_timeout(limen_read, status,
				status & LIMEN_HW_STATUS_READY,
				LIMEN_RESET_POLL_US, LIMEN_RESET_US, true,
				limen, LIMEN_HW_REG_STATUS);
	/* A device that has been pulled out reads as ones. */
	if (ret || status == U32_MAX)
		return -ENODEV;

	/* What is reported from here on concerns the board as it is now. */
	limen_write(limen, LIMEN_HW_REG_IRQ_STATUS, LIMEN_INTERRUPTS);
	status = limen_read(limen, LIMEN_HW_REG_STATUS);
	return status & LIMEN_HW_STATUS_FATAL ? -EAGAIN : 0;
}

/**
 * limen_reset() - reset the board
 * @limen: device
 *
 * The caller holds &limen_device.life.
 *
 * Return: 0 when the board is ready and does no DMA; -ENODEV if it is gone,
 * does not become ready, or fails as soon as it is.
 */
int limen_reset(struct limen_device *limen)
{
	unsigned int i;
	int ret;

	lockdep_assert_held(&limen->life);

	for (i = 0; i < LIMEN_RESET_TRIES; i++) {
		ret = limen_reset_once(limen);
		if (ret != -EAGAIN)
			return ret;
	}
	return -ENODEV;
}

/**
 * limen_run() - start the board and its matching rings after a reset
 * @limen: device
 *
 * The caller holds &limen_device.life.
 */
void limen_run(struct limen_device *limen)
{
	lockdep_assert_held(&limen->life);

	limen_ring_start_locked(&limen->rings[LIMEN_HW_RING_EXPRESS]);
	limen_ring_start_locked(&limen->rings[LIMEN_HW_RING_SCAN]);
	limen_write(limen, LIMEN_HW_REG_IRQ_ENABLE, LIMEN_INTERRUPTS);
	limen_write(limen, LIMEN_HW_REG_CONTROL, LIMEN_HW_CONTROL_ENABLE);
	limen_stats_wake(limen);
}

/* Whether silence was only a missed interrupt; else blames the silent rings. */
static bool limen_look_once(struct limen_device *limen)
{
	bool alive = true;
	unsigned int i;

	for (i = 0; i < LIMEN_HW_RINGS; i++) {
		struct limen_ring *ring = &limen->rings[i];

		if (!limen_ring_watched(ring))
			continue;
		limen_ring_reap(ring);
		if (limen_ring_silent(ring)) {
			limen_ring_blame(ring, -ETIME);
			alive = false;
		}
	}
	return alive;
}

static void limen_freeze(struct limen_device *limen, unsigned long faults)
{
	unsigned int i;

	for (i = 0; i < LIMEN_HW_RINGS; i++) {
		struct limen_ring *ring = &limen->rings[i];

		if (!limen_ring_ready(ring))
			continue;
		limen_ring_freeze(ring, limen->dead ? -ENODEV : -EAGAIN);
		if (test_bit(LIMEN_FAULT_FATAL, &faults))
			limen_ring_blame(ring, -EIO);
	}
}

static void limen_abort(struct limen_device *limen, int error)
{
	unsigned int i;

	for (i = 0; i < LIMEN_HW_RINGS; i++) {
		struct limen_ring *ring = &limen->rings[i];

		if (!limen_ring_ready(ring))
			continue;
		/* By now the board may have been given up. */
		if (limen->dead)
			limen_ring_freeze(ring, -ENODEV);
		limen_ring_abort(ring, error);
	}
}

static void limen_recover(struct limen_device *limen, unsigned long faults)
{
	unsigned int fault;
	bool cookie;

	for_each_set_bit(fault, &faults, ARRAY_SIZE(limen_fault_names))
		drm_warn(&limen->drm, "resetting the board: %s\n",
			 limen_fault_names[fault]);

	limen_freeze(limen, faults);
	/* drm_sched's work signals fences too, so this is not yet part of it. */
	mutex_lock(&limen->scanner.stopping);
	drm_sched_wqueue_stop(&limen->scanner.sched);

	/*
	 * What was seen until now concerns the board as it was. What is seen
	 * from now on may concern the board as it will be.
	 */
	WRITE_ONCE(limen->faults, 0);
	cookie = dma_fence_begin_signalling();
	if (limen_reset(limen)) {
		drm_err(&limen->drm, "the board does not come back from its reset: it is given up\n");
		limen->dead = true;
	}
	atomic_inc(&limen->resets);
	limen_abort(limen, limen->dead ? -ENODEV : -ECANCELED);
	dma_fence_end_signalling(cookie);

	if (!limen->dead)
		limen_run(limen);
	drm_sched_wqueue_start(&limen->scanner.sched);
	mutex_unlock(&limen->scanner.stopping);
}

static void limen_recovery_work(struct work_struct *work)
{
	struct limen_device *limen =
		container_of(work, struct limen_device, recovery);
	unsigned long faults;

	mutex_lock(&limen->life);
	faults = xchg(&limen->faults, 0);
	if (test_bit(LIMEN_FAULT_SILENT, &faults) && !limen->dead &&
	    limen_look_once(limen)) {
		drm_dbg(&limen->drm, "missed an interrupt\n");
		__clear_bit(LIMEN_FAULT_SILENT, &faults);
	}
	faults |= xchg(&limen->faults, 0);
	if (faults && !limen->dead)
		limen_recover(limen, faults);
	if (faults)
		limen_scan_unpark(limen);
	mutex_unlock(&limen->life);
}

/**
 * limen_recovery_init() - set up watchdog and recovery
 * @limen: device
 */
void limen_recovery_init(struct limen_device *limen)
{
	timer_setup(&limen->watchdog, limen_watchdog, 0);
	INIT_WORK(&limen->recovery, limen_recovery_work);
}

/**
 * limen_recovery_fini() - stop the board for good
 * @limen: device, whose files can reach the board no more
 *
 * On return the board does no DMA, if it is still there, and everything that
 * was outstanding has ended with -ENODEV.
 */
void limen_recovery_fini(struct limen_device *limen)
{
	mutex_lock(&limen->life);
	limen->dead = true;
	limen_freeze(limen, 0);
	limen_reset(limen);
	limen_abort(limen, -ENODEV);
	mutex_unlock(&limen->life);

	timer_shutdown_sync(&limen->watchdog);
	/* Not only cancelled: a last interrupt may still report a fault. */
	disable_work_sync(&limen->recovery);
	/* Twice: what is answered at last may have to be parked. */
	flush_work(&limen->scanner.work);
	limen_scan_unpark(limen);
	flush_work(&limen->scanner.work);
}
