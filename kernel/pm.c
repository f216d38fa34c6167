// SPDX-License-Identifier: GPL-2.0-only
/*
 * When the board is awake.
 */
#include <linux/pm_runtime.h>

#include <drm/drm_drv.h>

#include "device.h"
#include "pm.h"

/**
 * DOC: Power
 *
 * A board sleeps when nobody needs it: a second after no file is open any more, no
 * buffer is left on the card and no camera streams. Each of these holds a
 * reference. Asleep, the board has been reset and holds nothing of anybody's, and
 * its registers and memory are left alone. So the holder of a file may use them,
 * and nobody else without a reference of his own.
 *
 * When the system is suspended the board is stopped in the same way, but with
 * buffers on it. Work under way is cancelled. Card memory is wiped rather than
 * saved, and the buffers that were there have lost their content for good, see
 * DOC: Buffers. Processes are frozen before that and workqueues that touch card
 * memory are freezable, so nobody finds the board asleep. With a reset through PCI
 * that is not so: then a fault maps the page that stands for lost memory, and
 * wiping waits.
 *
 * Waking up never fails. A board that does not come back is given up, as after
 * any other reset, and so is one that somebody resets and does not give back.
 *
 * The hooks that the power management core calls are limen_board_pm_ops.
 */

/* Longer than between two travellers who follow each other. */
#define LIMEN_PM_DELAY_MS	1000

/**
 * limen_pm_get() - wake the board up and keep it awake
 * @limen: device
 *
 * May sleep.
 *
 * Return: 0, -ENODEV if the board is gone, or another negative error.
 */
int limen_pm_get(struct limen_device *limen)
{
	int ret = pm_runtime_resume_and_get(limen->drm.dev);

	if (!ret && drm_dev_is_unplugged(&limen->drm)) {
		limen_pm_put(limen);
		return -ENODEV;
	}
	return ret;
}

/**
 * limen_pm_put() - let the board sleep
 * @limen: device, which may be unregistered by now
 *
 * Any context.
 */
void limen_pm_put(struct limen_device *limen)
{
	pm_runtime_mark_last_busy(limen->drm.dev);
	pm_runtime_put_autosuspend(limen->drm.dev);
}

/**
 * limen_pm_init() - let a board sleep from now on
 * @limen: device, registered; the board driver's reference is given back
 */
void limen_pm_init(struct limen_device *limen)
{
	pm_runtime_set_autosuspend_delay(limen->drm.dev, LIMEN_PM_DELAY_MS);
	pm_runtime_use_autosuspend(limen->drm.dev);
	limen_pm_put(limen);
}

/**
 * limen_pm_fini() - wake a board up for the last time
 * @limen: device, about to be unregistered; the reference is the board driver's
 */
void limen_pm_fini(struct limen_device *limen)
{
	pm_runtime_get_sync(limen->drm.dev);
	pm_runtime_dont_use_autosuspend(limen->drm.dev);
}
