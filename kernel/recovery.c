// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is done when a board misbehaves.
 */
#include <linux/iopoll.h>
#include <linux/jiffies.h>
#include <linux/kobject.h>
#include <linux/module.h>

#include <drm/drm_file.h>

#include <drm/drm_print.h>

#include "device.h"
#include "gem.h"

/**
 * DOC: Recovery
 *
 * The watchdog is a timer that runs while a matching ring has work, and asks
 * for progress, not for time alone: a ring is silent when the timer has looked
 * at it throughout a second (the parameter watchdog_ms) and saw no answer at all,
 * or none to an entry that others have overtaken. Then the recovery work climbs a
 * ladder, no further than it must:
 *
 * 1. It looks once: if an interrupt was missed, the answers are taken, or FATAL
 *    is.
 * 2. The board is told to give the ring's oldest entry up. Nobody else notices.
 * 3. The ring is stopped and started again, not twice without an answer.
 * 4. The board is reset. When it answers nonsense or reports FATAL, or a ring
 *    does not stop, this is where it begins.
 * 5. The board is reset by the means of its bus, then as before.
 * 6. The board is given up: everything is -ENODEV from then on, and user space is
 *    told by the event that DRM has for it.
 *
 * Who is to blame gets -ETIME (silence) or -EIO (nonsense, FATAL): the entry whose
 * answer was wrong, else the oldest of the ring in question. Of the others,
 * comparisons are submitted again, scans get -ECANCELED: a traveller waits for a
 * comparison, and who searches can do so again.
 *
 * Who takes the board away for a while, to suspend it or to reset it himself, has
 * it halted before and revived afterwards. That is no fault: nobody is to blame,
 * and nothing is submitted again, because what it refers to may be lost.
 *
 * All of this brings fences to an end, so nothing here allocates memory or
 * takes a lock under which others do; the event comes when there is no more to
 * end. lockdep looks after that, but for the reset by the bus: PCI restores a device's
 * interrupts under the lock under which it has allocated them, when there was no
 * fence yet, and lockdep cannot tell one device's lock from another's.
 */

/* All there is to interrupt for. */
#define LIMEN_INTERRUPTS	(LIMEN_HW_IRQ_FATAL | (BIT(LIMEN_HW_RINGS) - 1))

/* A board that fails right after a reset is reset again, so many times. */
#define LIMEN_RESET_TRIES	3

/* How long a reset may take, and how often to look. */
#define LIMEN_RESET_US		5000000
#define LIMEN_RESET_POLL_US	100

unsigned int limen_watchdog_ms = 1000;
module_param_named(watchdog_ms, limen_watchdog_ms, uint, 0644);
MODULE_PARM_DESC(watchdog_ms,
		 "milliseconds without an answer before something is done about it (default 1000)");

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
	unsigned int look_ms = READ_ONCE(limen_watchdog_ms) / LIMEN_WATCHDOG_LOOKS;

	/* Sooner than it was going to if the parameter has become less. */
	timer_reduce(&limen->watchdog, jiffies + msecs_to_jiffies(look_ms));
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

/*
 * Resets the board once: 0, -EAGAIN if it has met a fatal error, -ETIMEDOUT if it
 * does not become ready, -ENODEV if it is not there.
 */
static int limen_reset_once(struct limen_device *limen)
{
	u32 status;
	int ret;

	limen_stats_wake(limen, false);
	limen_write(limen, LIMEN_HW_REG_IRQ_ENABLE, 0);
	limen_write(limen, LIMEN_HW_REG_CONTROL, LIMEN_HW_CONTROL_RESET);
	ret = read_poll_timeout(limen_read, status,
				status & LIMEN_HW_STATUS_READY,
				LIMEN_RESET_POLL_US, LIMEN_RESET_US, true,
				limen, LIMEN_HW_REG_STATUS);
	/* A device that has been pulled out reads as ones. */
	if (status == U32_MAX)
		return -ENODEV;
	if (ret)
		return ret;

	/* What is reported from here on concerns the board as it is now. */
	limen_write(limen, LIMEN_HW_REG_IRQ_STATUS, LIMEN_INTERRUPTS);
	status = limen_read(limen, LIMEN_HW_REG_STATUS);
	return status & LIMEN_HW_STATUS_FATAL ? -EAGAIN : 0;
}

static int limen_reset_some(struct limen_device *limen)
{
	bool cookie = dma_fence_begin_signalling();
	unsigned int i;
	int ret;

	for (i = 0; i < LIMEN_RESET_TRIES; i++) {
		ret = limen_reset_once(limen);
		if (ret != -EAGAIN)
			break;
	}
	dma_fence_end_signalling(cookie);
	return ret;
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
	struct limen_board *board = limen->board;
	int ret;

	lockdep_assert_held(&limen->life);

	ret = limen_reset_some(limen);
	if (ret && ret != -ENODEV && board->ops->flr) {
		drm_warn(&limen->drm, "resetting the board by its bus: it does not become ready\n");
		/* After that nothing is to be found in its memory. */
		limen_gem_sleep(limen);
		ret = board->ops->flr(board);
		limen_gem_wake(limen);
		if (!ret)
			ret = limen_reset_some(limen);
	}
	return ret ? -ENODEV : 0;
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
	limen_stats_wake(limen, true);
}

/* Ends silence without a reset; false if one is needed. */
static bool limen_break_silence(struct limen_device *limen)
{
	bool broken = true;
	unsigned int i;

	/* It was said by an interrupt that may have been missed. */
	if (limen_read(limen, LIMEN_HW_REG_STATUS) & LIMEN_HW_STATUS_FATAL) {
		set_bit(LIMEN_FAULT_FATAL, &limen->faults);
		return false;
	}
	for (i = 0; i < LIMEN_HW_RINGS; i++) {
		struct limen_ring *ring = &limen->rings[i];

		if (!limen_ring_watched(ring))
			continue;
		limen_ring_reap(ring);
		if (!limen_ring_silent(ring))
			continue;
		drm_warn(&limen->drm, "ring %u makes no progress: giving its oldest entry up\n",
			 i);
		if (!limen_ring_give_up(ring))
			broken = false;
	}
	return broken;
}

/* Resets the rings that are silent; false if one does not stop. */
static bool limen_reset_rings(struct limen_device *limen)
{
	unsigned int i;

	for (i = 0; i < LIMEN_HW_RINGS; i++) {
		struct limen_ring *ring = &limen->rings[i];

		if (!limen_ring_watched(ring) || !limen_ring_silent(ring))
			continue;
		drm_warn(&limen->drm, "resetting ring %u: it makes no progress\n",
			 i);
		if (!limen_ring_reset(ring))
			return false;
	}
	return true;
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

static void limen_abort(struct limen_device *limen, int error, bool replay)
{
	unsigned int i;

	for (i = 0; i < LIMEN_HW_RINGS; i++) {
		struct limen_ring *ring = &limen->rings[i];

		if (!limen_ring_ready(ring))
			continue;
		/* By now the board may have been given up. */
		if (limen->dead)
			limen_ring_freeze(ring, -ENODEV);
		limen_ring_abort(ring, error, replay);
	}
}

/* Resets the board, whose rings stand still, and lets it run; false: given up. */
static bool limen_restart(struct limen_device *limen)
{
	u32 generation = limen->generation;
	bool cookie;

	if (limen_reset(limen)) {
		drm_err(&limen->drm, "the board does not come back from its reset: it is given up\n");
		limen->dead = true;
	}
	cookie = dma_fence_begin_signalling();
	limen_abort(limen, limen->dead ? -ENODEV : -ECANCELED,
		    !limen->dead && generation == limen->generation);
	if (!limen->dead)
		limen_run(limen);
	dma_fence_end_signalling(cookie);
	return !limen->dead;
}

static void limen_reset_all(struct limen_device *limen, unsigned long faults)
{
	unsigned int fault;

	for_each_set_bit(fault, &faults, ARRAY_SIZE(limen_fault_names))
		drm_warn(&limen->drm, "resetting the board: %s\n",
			 limen_fault_names[fault]);

	limen_freeze(limen, faults);
	/*
	 * What was seen until now concerns the board as it was. What is seen
	 * from now on may concern the board as it will be.
	 */
	WRITE_ONCE(limen->faults, 0);
	atomic_inc(&limen->resets);
	limen_restart(limen);
}

static void limen_recover(struct limen_device *limen, unsigned long faults)
{
	bool cookie = dma_fence_begin_signalling();
	bool broken;

	limen_dump_capture(limen, limen_fault_names[__ffs(faults)]);
	broken = faults != BIT(LIMEN_FAULT_SILENT) || !limen_reset_rings(limen);
	dma_fence_end_signalling(cookie);
	if (broken)
		limen_reset_all(limen, faults);
}

/*
 * Tells user space that the board is given up. drm_dev_wedged_event() says the
 * same, but of a primary node, and accelerators have none.
 */
static void limen_tell_wedged(struct limen_device *limen)
{
	char wedged[] = "WEDGED=rebind,bus-reset";
	char *envp[2] = { wedged, NULL };

	kobject_uevent_env(&limen->drm.accel->kdev->kobj, KOBJ_CHANGE, envp);
}

/**
 * limen_halt() - have the board stand still
 * @limen: device
 *
 * May sleep. Work under way ends with -ECANCELED. A board that does not stop is cut
 * off by whoever wants it to, and one that cannot be reached is not waited for.
 *
 * Return: true; false if it stands still already.
 */
bool limen_halt(struct limen_device *limen)
{
	bool awake;

	guard(mutex)(&limen->life);
	awake = !limen_asleep(limen);
	if (awake) {
		limen_freeze(limen, 0);
		WRITE_ONCE(limen->faults, 0);
		if (!limen->dead)
			limen_reset(limen);
		limen_abort(limen, limen->dead ? -ENODEV : -ECANCELED, false);
		limen_scan_unpark(limen);
		limen_gem_sleep(limen);
	}
	return awake;
}

/**
 * limen_revive() - have the board go on
 * @limen: device; if it does not stand still, nothing happens
 *
 * May sleep. A board that does not come back is given up.
 */
void limen_revive(struct limen_device *limen)
{
	bool wedged = false;

	mutex_lock(&limen->life);
	if (limen_asleep(limen)) {
		limen_gem_wake(limen);
		if (!limen->dead)
			wedged = !limen_restart(limen);
	}
	mutex_unlock(&limen->life);
	if (wedged)
		limen_tell_wedged(limen);
}

static void limen_recovery_work(struct work_struct *work)
{
	struct limen_device *limen =
		container_of(work, struct limen_device, recovery);
	unsigned long faults;
	bool wedged = false;

	mutex_lock(&limen->life);
	/* What it did before it was halted concerns nobody any more. */
	if (limen_asleep(limen))
		WRITE_ONCE(limen->faults, 0);
	faults = xchg(&limen->faults, 0);
	if (test_bit(LIMEN_FAULT_SILENT, &faults) && !limen->dead &&
	    limen_break_silence(limen))
		__clear_bit(LIMEN_FAULT_SILENT, &faults);
	/* Who is still silent is seen again; nonsense is seen once. */
	faults |= xchg(&limen->faults, 0) & ~BIT(LIMEN_FAULT_SILENT);
	if (faults && !limen->dead) {
		limen_recover(limen, faults);
		wedged = limen->dead;
	}
	if (faults)
		limen_scan_unpark(limen);
	mutex_unlock(&limen->life);
	if (wedged)
		limen_tell_wedged(limen);
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
	limen_abort(limen, -ENODEV, false);
	mutex_unlock(&limen->life);

	timer_shutdown_sync(&limen->watchdog);
	/* Not only cancelled: a last interrupt may still report a fault. */
	disable_work_sync(&limen->recovery);
	/* Twice: what is answered at last may have to be parked. */
	flush_work(&limen->scanner.work);
	limen_scan_unpark(limen);
	flush_work(&limen->scanner.work);
}
