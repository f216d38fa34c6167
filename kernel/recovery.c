// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is done when a board misbehaves, or is not ours for a while.
 */
#include <linux/iopoll.h>
#include <linux/jiffies.h>
#include <linux/kobject.h>
#include <linux/module.h>

#include <drm/drm_file.h>

#include "device.h"
#include "dump.h"
#include "gem.h"
#include "recovery.h"
#include "stats.h"
#include "workqueue.h"

/**
 * DOC: Recovery
 *
 * The watchdog is a timer that runs while a matching ring has work, and asks
 * for progress, not for time alone: a ring is silent when the timer has checked
 * it throughout a second (the parameter watchdog_ms) and saw no answer at all,
 * or none to an entry that others have overtaken. Then the recovery work climbs a
 * ladder, no further than it must:
 *
 * 1. It looks once: if an interrupt was missed, the answers are taken, or FATAL
 *    is. If the heartbeat of a board's firmware has stopped, step 4 follows.
 * 2. The board is told to give the ring's oldest entry up. Nobody else notices.
 * 3. The ring is stopped and started again, not twice without an answer.
 * 4. The board is reset. When it answers nonsense or reports FATAL, or a ring
 *    does not stop, this is where it begins.
 * 5. The board is cut off from the host's memory, everything ends, and another
 *    work item resets it by the means of its bus, then as before.
 * 6. The board is given up: everything is -ENODEV from then on, and user space is
 *    told by the event that DRM has for it.
 *
 * A board that is reset more often than resets_max times a minute is given up as
 * well, because it would go on like that for ever.
 *
 * The one to blame gets -ETIME (silence) or -EIO (nonsense, FATAL): the entry whose
 * answer was wrong, else the oldest of the ring in question. Of the others,
 * comparisons are submitted again, scans get -ECANCELED: a traveller waits for a
 * comparison, and a search can be repeated. After step 5 nothing is submitted
 * again, because what it refers to is lost.
 *
 * DMA. The board may reach the host's memory only while it runs. It is cut off
 * before anything ends that it has not confirmed to be done with: when it does not
 * become ready, when it is halted or given up, and on every way out of the driver.
 *
 * Others. To suspend a board, or to reset it by other means, its bus halts it and
 * revives it afterwards. That is no fault: nobody is to blame, and nothing is
 * submitted again. While it is halted all buffers on the card count as lost, so
 * scans end at once, and nobody waits for a board that is not there. PCI does not
 * always revive what it has halted: a recovery from an error of the bus that it
 * gives up ends without a word (as of 6.12). So a board that has been halted for
 * longer than halt_ms, other than to sleep, is given up.
 *
 * What brings fences to an end neither allocates memory nor takes a lock under which
 * others do; lockdep looks after that. Resets by the bus do both, so they are left
 * to a work item that no fence waits for, after all have ended.
 */

/* All there is to interrupt for. */
#define LIMEN_INTERRUPTS	(LIMEN_HW_IRQ_FATAL | (BIT(LIMEN_HW_RINGS) - 1))

/* A board that fails right after a reset is reset again, so many times. */
#define LIMEN_RESET_TRIES	3

/* How often to look whether a reset has ended. */
#define LIMEN_RESET_POLL_US	100

/* How long resets count against resets_max. */
#define LIMEN_BUDGET_JIFFIES	(60 * HZ)

static unsigned int limen_resets_max = 30;
module_param_named(resets_max, limen_resets_max, uint, 0644);
MODULE_PARM_DESC(resets_max,
		 "resets of a board in a minute after which it is given up (default 30; 0: any number)");

static unsigned int limen_halt_ms = 30000;
module_param_named(halt_ms, limen_halt_ms, uint, 0644);
MODULE_PARM_DESC(halt_ms,
		 "milliseconds that a board may be reset by its bus before it is given up (default 30000)");

static unsigned int limen_moderation_us[LIMEN_HW_RINGS];
module_param_array_named(moderation_us, limen_moderation_us, uint, NULL, 0644);
MODULE_PARM_DESC(moderation_us,
		 "least microseconds from one interrupt to the next of the express, the scan and the camera ring, of a board with a vector for each, from its next reset on (default 0,0,0)");

static const char * const limen_fault_names[] = {
	[LIMEN_FAULT_SILENT] = "it makes no progress",
	[LIMEN_FAULT_ANSWER] = "its answer was not valid",
	[LIMEN_FAULT_FATAL] = "it reports a fatal error",
	[LIMEN_FAULT_STUCK] = "a ring did not stop",
	[LIMEN_FAULT_HALTED] = "its firmware has stopped",
	[LIMEN_FAULT_WATCHDOG] = "its own watchdog has reset it",
	[LIMEN_FAULT_MEMORY] = "its memory had an error that it could not correct",
};

static const char * const limen_errors[] = {
	[LIMEN_HW_ERROR_NONE] = "none",
	[LIMEN_HW_ERROR_DMA_REFUSED] = "DMA was refused",
	[LIMEN_HW_ERROR_DMA_TIMEOUT] = "DMA was not answered",
	[LIMEN_HW_ERROR_TRAP] = "its firmware met a trap",
	[LIMEN_HW_ERROR_WATCHDOG] = "its firmware was not alive",
};

static void limen_watchdog(struct timer_list *timer)
{
	struct limen_device *limen = container_of(timer, struct limen_device,
						  host.watchdog);
	struct limen_ring *ring;
	bool silent = false;
	bool busy = false;

	for (ring = limen_next_ring(limen, NULL); ring;
	     ring = limen_next_ring(limen, ring))
		if (ring->ops->watched &&
		    limen_ring_check_progress(ring, &busy))
			silent = true;
	if (silent)
		limen_fault(&limen->host, LIMEN_FAULT_SILENT);
	if (busy)
		limen_watch(&limen->host);
}

/* Whether the board's reset has ended. */
static bool limen_reset_ended(struct limen_device *limen, u32 *status)
{
	struct limen_host *host = &limen->host;

	*status = limen_read(host, LIMEN_HW_REG_STATUS);
	if (limen->firmware.image && *status != U32_MAX)
		return limen_firmware_board_reset(host);
	return *status & LIMEN_HW_STATUS_READY;
}

/*
 * Resets the board once: 0, -EAGAIN if it has met a fatal error, -ETIMEDOUT if it
 * does not become ready, -ENODEV if it is not there.
 */
static int limen_reset_once(struct limen_device *limen)
{
	struct limen_host *host = &limen->host;
	bool ended;
	u32 status;
	int ret;

	limen_stats_wake(host, false);
	limen_write(host, LIMEN_HW_REG_IRQ_ENABLE, 0);
	limen_write(host, LIMEN_HW_REG_CONTROL, LIMEN_HW_CONTROL_RESET);
	ret = read_poll_timeout(limen_reset_ended, ended, ended,
				LIMEN_RESET_POLL_US,
				host->times.reset * USEC_PER_MSEC, true, limen,
				&status);
	/* A device that has been pulled out reads as ones. */
	if (status == U32_MAX)
		return -ENODEV;
	if (ret)
		return ret;

	/* What is reported from here on concerns the board as it is now. */
	limen_write(host, LIMEN_HW_REG_IRQ_STATUS, LIMEN_INTERRUPTS);
	status = limen_read(host, LIMEN_HW_REG_STATUS);
	return status & LIMEN_HW_STATUS_FATAL ? -EAGAIN : 0;
}

/* What errors of its memory the board has noted: bits of LIMEN_HW_REG_ECC_STATUS. */
static u32 limen_memory_errors(struct limen_device *limen)
{
	const u32 known = LIMEN_HW_ECC_CORRECTED | LIMEN_HW_ECC_UNCORRECTED;
	u32 status = 0;

	if (limen->features & LIMEN_HW_FEATURE_ECC)
		status = limen_read(&limen->host, LIMEN_HW_REG_ECC_STATUS);
	/* Also that of a device that has been pulled out. */
	return status & ~known ? 0 : status;
}

/* Tells of them, and has the board note the next ones. */
static void limen_tell_memory_errors(struct limen_device *limen)
{
	struct limen_host *host = &limen->host;
	u32 status = limen_memory_errors(limen);

	if (!status)
		return;
	dev_warn_ratelimited(host->dev,
			     "card memory had errors: %u corrected so far, %u not, the last one at %#llx\n",
			     limen_read(host, LIMEN_HW_REG_ECC_CORRECTED),
			     limen_read(host, LIMEN_HW_REG_ECC_UNCORRECTED),
			     limen_read64(host, LIMEN_HW_REG_ECC_ADDRESS_LO));
	limen_write(host, LIMEN_HW_REG_ECC_STATUS, status);
}

/* Tells what error the board has noted, and has it note the next one. */
static void limen_tell_error(struct limen_device *limen)
{
	struct limen_host *host = &limen->host;
	u32 cause;

	if (!(limen->features & LIMEN_HW_FEATURE_ERROR))
		return;
	cause = limen_read(host, LIMEN_HW_REG_ERROR_CAUSE);
	/* A device that has been pulled out reads as ones. */
	if (!cause || cause == U32_MAX)
		return;
	dev_warn_ratelimited(host->dev,
			     "the board has noted error %u, %s: detail %#x, address %#llx, %u since it was asked last\n",
			     cause, cause < ARRAY_SIZE(limen_errors) ?
			     limen_errors[cause] : "which is unknown here",
			     limen_read(host, LIMEN_HW_REG_ERROR_DETAIL),
			     limen_read64(host, LIMEN_HW_REG_ERROR_ADDRESS_LO),
			     limen_read(host, LIMEN_HW_REG_ERROR_COUNT));
	limen_write(host, LIMEN_HW_REG_ERROR_CAUSE, cause);
}

/* Resets the board by its register; if it fails the board is cut off. */
static int limen_reset(struct limen_device *limen)
{
	bool cookie = dma_fence_begin_signalling();
	unsigned int i;
	int ret;

	lockdep_assert_held(&limen->host.life);

	limen_tell_error(limen);
	limen_tell_memory_errors(limen);
	for (i = 0; i < LIMEN_RESET_TRIES; i++) {
		ret = limen_reset_once(limen);
		if (ret != -EAGAIN)
			break;
	}
	if (ret)
		limen_cut_off(&limen->host);
	dma_fence_end_signalling(cookie);
	return ret;
}

/* Resets the board and gets it ready to run; if that fails it is cut off. */
static int limen_reset_to_run(struct limen_device *limen)
{
	int ret = limen_reset(limen);

	if (ret || !limen->firmware.image)
		return ret;
	ret = limen_firmware_boot(&limen->host, &limen->firmware);
	if (ret)
		limen_cut_off(&limen->host);
	return ret;
}

/* The same for a board whose rings are empty, by whatever helps. */
static int limen_reset_by_bus(struct limen_device *limen)
{
	struct limen_board *board = limen->host.board;
	int ret;

	ret = limen_reset_to_run(limen);
	if (!ret || ret == -ENODEV || !board->ops->flr)
		return ret;
	dev_warn_ratelimited(limen->drm.dev,
			     "resetting the board by its bus: it does not become ready\n");
	ret = board->ops->flr(board);
	return ret ?: limen_reset_to_run(limen);
}

/* Has the board interrupt by as many vectors as it has got. */
static void limen_set_vectors(struct limen_device *limen)
{
	struct limen_host *host = &limen->host;
	u32 longest, i;

	if (!(limen->features & LIMEN_HW_FEATURE_VECTORS) ||
	    host->board->vectors != LIMEN_HW_VECTORS)
		return;
	longest = min(limen_read(host, LIMEN_HW_REG_MODERATION_MAX),
		      LIMEN_HW_MODERATION_US_MAX);
	for (i = 0; i < LIMEN_HW_RINGS; i++)
		limen_write(host, LIMEN_HW_REG_MODERATION(LIMEN_HW_VECTOR(i)),
			    min(READ_ONCE(limen_moderation_us[i]), longest));
	limen_write(host, LIMEN_HW_REG_VECTORS, LIMEN_HW_VECTORS);
}

/* Has a board that has been reset run. */
static void limen_run(struct limen_device *limen)
{
	struct limen_host *host = &limen->host;

	lockdep_assert_held(&host->life);

	host->board->ops->dma_on(host->board);
	limen_ring_start_locked(&limen->rings[LIMEN_HW_RING_EXPRESS]);
	limen_ring_start_locked(&limen->rings[LIMEN_HW_RING_SCAN]);
	limen_set_vectors(limen);
	limen_write(host, LIMEN_HW_REG_IRQ_ENABLE, LIMEN_INTERRUPTS);
	limen_write(host, LIMEN_HW_REG_CONTROL, LIMEN_HW_CONTROL_ENABLE);
	/* An error since the reset has interrupted nobody. */
	if (limen_read(host, LIMEN_HW_REG_STATUS) & LIMEN_HW_STATUS_FATAL)
		limen_fault(host, LIMEN_FAULT_FATAL);
	limen_stats_wake(host, true);
}

/* Ends silence without a reset; false if one is needed. */
static bool limen_break_silence(struct limen_device *limen)
{
	struct limen_ring *ring;
	bool broken = true;

	/* It was said by an interrupt that may have been missed. */
	if (limen_read(&limen->host, LIMEN_HW_REG_STATUS) &
	    LIMEN_HW_STATUS_FATAL) {
		set_bit(LIMEN_FAULT_FATAL, &limen->host.faults);
		return false;
	}
	for (ring = limen_next_ring(limen, NULL); ring;
	     ring = limen_next_ring(limen, ring)) {
		if (!ring->ops->watched)
			continue;
		limen_ring_reap(ring);
		if (!limen_ring_silent(ring))
			continue;
		/* It neither gives anything up nor stops a ring. */
		if (limen->firmware.image &&
		    !limen_firmware_beats(&limen->host)) {
			limen_ring_blame(ring, -ETIME);
			set_bit(LIMEN_FAULT_HALTED, &limen->host.faults);
			return false;
		}
		dev_warn_ratelimited(limen->drm.dev,
				     "ring %u makes no progress: giving its oldest entry up\n",
				     ring->index);
		if (!limen_ring_give_up_oldest(ring))
			broken = false;
	}
	return broken;
}

/* Resets the rings that are silent; false if one does not stop. */
static bool limen_reset_rings(struct limen_device *limen)
{
	struct limen_ring *ring;

	for (ring = limen_next_ring(limen, NULL); ring;
	     ring = limen_next_ring(limen, ring)) {
		if (!ring->ops->watched || !limen_ring_silent(ring))
			continue;
		dev_warn_ratelimited(limen->drm.dev,
				     "resetting ring %u: it makes no progress\n",
				     ring->index);
		if (!limen_ring_reset(ring))
			return false;
	}
	return true;
}

static void limen_freeze(struct limen_device *limen, unsigned long faults)
{
	struct limen_ring *ring;

	for (ring = limen_next_ring(limen, NULL); ring;
	     ring = limen_next_ring(limen, ring)) {
		limen_ring_freeze(ring, limen->host.dead ? -ENODEV : -EAGAIN);
		if (faults & (BIT(LIMEN_FAULT_FATAL) | BIT(LIMEN_FAULT_MEMORY)))
			limen_ring_blame(ring, -EIO);
	}
}

/* Ends everything, except what is replayed; the board does no DMA. */
static void limen_abort(struct limen_device *limen, bool replay)
{
	bool cookie = dma_fence_begin_signalling();
	bool dead = limen->host.dead;
	struct limen_ring *ring;

	for (ring = limen_next_ring(limen, NULL); ring;
	     ring = limen_next_ring(limen, ring)) {
		/* By now the board may have been given up. */
		if (dead)
			limen_ring_freeze(ring, -ENODEV);
		limen_ring_abort(ring, dead ? -ENODEV : -ECANCELED, replay);
	}
	dma_fence_end_signalling(cookie);
}

/*
 * Has the board, whose rings are frozen, stand still: it is reset if it can be, is
 * cut off, and what was under way has ended. Its registers are left alone afterwards.
 */
static void limen_stand_still(struct limen_device *limen)
{
	if (!limen->host.dead)
		limen_reset(limen);
	limen_cut_off(&limen->host);
	limen_gem_sleep(limen);
	limen_abort(limen, false);
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

/* Gives the board up; false if that has been done. &limen_host.life is held. */
static bool limen_give_up_locked(struct limen_device *limen, const char *reason)
{
	if (limen->host.dead)
		return false;
	dev_err(limen->drm.dev, "%s: it is given up\n", reason);
	limen->host.dead = true;
	limen_freeze(limen, 0);
	return true;
}

/* Whether the board, which has been reset so often, is reset once more. */
static bool limen_reset_allowed(struct limen_device *limen)
{
	unsigned int resets_max = READ_ONCE(limen_resets_max);

	if (time_after(jiffies, limen->budget_start + LIMEN_BUDGET_JIFFIES)) {
		limen->budget_start = jiffies;
		limen->budget_used = 0;
	}
	limen->budget_used++;
	return !resets_max || limen->budget_used <= resets_max;
}

/* Resets the board; true if it is given up for that. */
static bool limen_reset_all(struct limen_device *limen, unsigned long faults)
{
	bool wedged = false;
	unsigned int fault;

	for_each_set_bit(fault, &faults, ARRAY_SIZE(limen_fault_names))
		dev_warn_ratelimited(limen->drm.dev, "resetting the board: %s\n",
				     limen_fault_names[fault]);

	limen_freeze(limen, faults);
	/*
	 * What was seen until now concerns the board as it was. What is seen
	 * from now on may concern the board as it will be.
	 */
	WRITE_ONCE(limen->host.faults, 0);
	atomic_inc(&limen->resets);
	if (!limen_reset_allowed(limen)) {
		limen_reset(limen);
		limen_cut_off(&limen->host);
		wedged = limen_give_up_locked(limen,
					      "the board needs one reset after the other");
		limen_abort(limen, false);
	} else if (limen_reset_to_run(limen)) {
		/* It is cut off. What may allocate comes when all has ended. */
		limen_gem_sleep(limen);
		limen_abort(limen, false);
		limen->reviving = true;
		queue_work(limen_retire_wq, &limen->revival);
	} else {
		limen_abort(limen, true);
		limen_run(limen);
	}
	return wedged;
}

/* Deals with faults; true if the board is given up for that. */
static bool limen_recover(struct limen_device *limen, unsigned long faults)
{
	bool cookie = dma_fence_begin_signalling();
	bool wedged = false;

	if (limen_memory_errors(limen) & LIMEN_HW_ECC_UNCORRECTED)
		__set_bit(LIMEN_FAULT_MEMORY, &faults);
	if (limen->firmware.image &&
	    limen_read(&limen->host, LIMEN_HW_REG_BOOT_REASON) ==
	    LIMEN_HW_REFUSED_WATCHDOG)
		__set_bit(LIMEN_FAULT_WATCHDOG, &faults);
	limen_dump_capture(limen, limen_fault_names[__fls(faults)]);
	if (faults != BIT(LIMEN_FAULT_SILENT) || !limen_reset_rings(limen))
		wedged = limen_reset_all(limen, faults);
	dma_fence_end_signalling(cookie);
	return wedged;
}

static void limen_recovery_work(struct work_struct *work)
{
	struct limen_device *limen =
		container_of(work, struct limen_device, host.recovery);
	struct limen_host *host = &limen->host;
	unsigned long faults;
	bool wedged = false;

	mutex_lock(&host->life);
	/* What it did before it was halted concerns nobody any more. */
	if (limen_asleep(host) || host->dead)
		WRITE_ONCE(host->faults, 0);
	faults = xchg(&host->faults, 0);
	if (test_bit(LIMEN_FAULT_SILENT, &faults) &&
	    limen_break_silence(limen))
		__clear_bit(LIMEN_FAULT_SILENT, &faults);
	/* A ring that is still silent is seen again; nonsense is seen once. */
	faults |= xchg(&host->faults, 0) & ~BIT(LIMEN_FAULT_SILENT);
	if (faults)
		wedged = limen_recover(limen, faults);
	mutex_unlock(&host->life);
	if (wedged)
		limen_tell_wedged(limen);
}

/**
 * limen_start() - bring a board up for the first time
 * @limen: device, whose rings are empty
 *
 * May sleep.
 *
 * Return: 0, or -ENODEV if the board does not become ready.
 */
int limen_start(struct limen_device *limen)
{
	guard(mutex)(&limen->host.life);
	limen_cut_off(&limen->host);
	if (limen_reset_by_bus(limen)) {
		limen->host.dead = true;
		return -ENODEV;
	}
	/* From here on the interrupt finds its device. */
	smp_store_release(&limen->host.board->limen, limen);
	limen_run(limen);
	return 0;
}

/**
 * limen_halt() - have the board stand still
 * @limen: device
 * @bounded: give it up if it is not revived in time
 *
 * May sleep. Work under way ends with -ECANCELED. A board that does not stop is cut
 * off, and one that cannot be reached is not waited for. On return no buffer on the
 * card counts any more, but limen_gem_revoke() has to follow.
 *
 * Return: true; false if it stands still already, for somebody else.
 */
bool limen_halt(struct limen_device *limen, bool bounded)
{
	unsigned int halt_ms = READ_ONCE(limen_halt_ms);
	bool awake;

	guard(mutex)(&limen->host.life);
	awake = !limen_asleep(&limen->host);
	if (awake) {
		limen_freeze(limen, 0);
		WRITE_ONCE(limen->host.faults, 0);
		limen_stand_still(limen);
	}
	if (bounded) {
		limen->due = jiffies + msecs_to_jiffies(halt_ms);
		mod_delayed_work(limen_retire_wq, &limen->overdue,
				 msecs_to_jiffies(halt_ms));
	}
	/* Now it is for the caller to revive it, not for the work item. */
	awake |= limen->reviving;
	limen->reviving = false;
	return awake;
}

/* Has a board that stands still go on; true if it is given up for that. */
static bool limen_go_on(struct limen_device *limen)
{
	bool wedged = false;

	lockdep_assert_held(&limen->host.life);

	limen->reviving = false;
	limen->due = 0;
	if (!limen->host.dead && limen_reset_by_bus(limen))
		wedged = limen_give_up_locked(limen,
					      "the board does not come back from its reset");
	limen_gem_wake(limen);
	if (!limen->host.dead)
		limen_run(limen);
	else
		limen_abort(limen, false);
	return wedged;
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

	mutex_lock(&limen->host.life);
	if (limen_asleep(&limen->host))
		wedged = limen_go_on(limen);
	mutex_unlock(&limen->host.life);
	if (wedged)
		limen_tell_wedged(limen);
}

/* Step 5 of the ladder, when nothing waits for it any more. */
static void limen_revival_work(struct work_struct *work)
{
	struct limen_device *limen =
		container_of(work, struct limen_device, revival);
	bool wedged = false;

	limen_gem_revoke(limen);
	mutex_lock(&limen->host.life);
	if (limen->reviving)
		wedged = limen_go_on(limen);
	mutex_unlock(&limen->host.life);
	if (wedged)
		limen_tell_wedged(limen);
}

/* Nobody has revived the board. Its registers are somebody else's still. */
static void limen_overdue_work(struct work_struct *work)
{
	struct limen_device *limen =
		container_of(to_delayed_work(work), struct limen_device,
			     overdue);
	bool wedged = false;

	mutex_lock(&limen->host.life);
	if (limen_asleep(&limen->host) && limen->due &&
	    time_after_eq(jiffies, limen->due)) {
		limen->due = 0;
		wedged = limen_give_up_locked(limen,
					      "the board was halted and not revived");
		limen_abort(limen, false);
		wake_up_all(&limen->awake);
	}
	mutex_unlock(&limen->host.life);
	if (wedged)
		limen_tell_wedged(limen);
}

/**
 * limen_give_up() - stop the board for good
 * @limen: device
 *
 * May sleep. On return the board does no DMA, and everything that was outstanding
 * has ended with -ENODEV. One that stands still is not touched.
 */
void limen_give_up(struct limen_device *limen)
{
	bool asleep, dead;

	guard(mutex)(&limen->host.life);
	asleep = limen_asleep(&limen->host);
	dead = limen->host.dead;
	limen->reviving = false;
	limen->host.dead = true;
	limen_freeze(limen, 0);
	if (!asleep && !dead)
		limen_reset(limen);
	if (!asleep)
		limen_cut_off(&limen->host);
	limen_abort(limen, false);
	wake_up_all(&limen->awake);
}

/**
 * limen_recovery_init() - set up watchdog and recovery
 * @limen: device
 */
void limen_recovery_init(struct limen_device *limen)
{
	timer_setup(&limen->host.watchdog, limen_watchdog, 0);
	INIT_WORK(&limen->host.recovery, limen_recovery_work);
	INIT_WORK(&limen->revival, limen_revival_work);
	INIT_DELAYED_WORK(&limen->overdue, limen_overdue_work);
	limen->budget_start = jiffies;
}

/**
 * limen_recovery_fini() - no more recovery
 * @limen: device, after limen_give_up()
 */
void limen_recovery_fini(struct limen_device *limen)
{
	timer_shutdown_sync(&limen->host.watchdog);
	/* Not only cancelled: a last interrupt may still report a fault. */
	disable_work_sync(&limen->host.recovery);
	cancel_work_sync(&limen->revival);
	cancel_delayed_work_sync(&limen->overdue);
}
