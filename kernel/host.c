// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host's side of a board: what its rings need to know of it.
 */
#include <linux/device.h>
#include <linux/jiffies.h>
#include <linux/module.h>

#include "host.h"
#include "workqueue.h"

unsigned int limen_watchdog_ms = 1000;
module_param_named(watchdog_ms, limen_watchdog_ms, uint, 0644);
MODULE_PARM_DESC(watchdog_ms,
		 "milliseconds without an answer before something is done about it (default 1000)");

/**
 * limen_fault() - have the recovery work deal with a fault
 * @host: host
 * @fault: what was seen
 *
 * Any context.
 */
void limen_fault(struct limen_host *host, enum limen_fault fault)
{
	set_bit(fault, &host->faults);
	queue_work(limen_fence_wq, &host->recovery);
}

/**
 * limen_watch() - see to it that the watchdog runs
 * @host: host
 *
 * Called with the lock of the ring that just got work. The handler of a timer
 * runs when the timer is no longer pending, and looks at each ring under its
 * lock, so either it sees this ring's work or this call starts it again.
 */
void limen_watch(struct limen_host *host)
{
	unsigned int check_ms = READ_ONCE(limen_watchdog_ms) / LIMEN_WATCHDOG_CHECKS;

	/* Sooner than it was going to if the parameter has become less. */
	timer_reduce(&host->watchdog, jiffies + msecs_to_jiffies(check_ms));
}

/**
 * limen_cut_off() - keep the board from reaching the host's memory
 * @host: host; &limen_host.life is held
 *
 * On return the board does no DMA and does not interrupt, whatever state it is in.
 * If it cannot be kept from it, what it may reach is not freed any more.
 */
void limen_cut_off(struct limen_host *host)
{
	lockdep_assert_held(&host->life);

	if (!host->board->ops->dma_off(host->board) || host->loose)
		return;
	dev_crit(host->dev,
		 "the board cannot be kept from DMA: its memory is never freed; replace it\n");
	host->loose = true;
}
