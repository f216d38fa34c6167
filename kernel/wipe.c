// SPDX-License-Identifier: GPL-2.0-only
/*
 * Zeroes for card memory.
 */
#include <linux/io.h>
#include <linux/iopoll.h>

#include "device.h"
#include "trace.h"
#include "wipe.h"

/* How long an engine gets: for any range, and for what memory takes at the least. */
#define LIMEN_WIPE_US		1000000
#define LIMEN_WIPE_BYTES_PER_US	64

#define LIMEN_WIPE_POLL_US	50

/*
 * Has the board's engine do it; false if there is none or it does not. Its numbers go
 * on from where they are, since it knows of none that begins anew with the driver.
 */
static bool limen_wipe_by_engine(struct limen_device *limen, u64 offset, u64 size)
{
	struct limen_host *host = &limen->host;
	u32 number, done;

	if (!(limen->features & LIMEN_HW_FEATURE_WIPE))
		return false;
	guard(mutex)(&limen->wipe_lock);
	if (limen->wipe_failed)
		return false;
	number = limen_read(host, LIMEN_HW_REG_WIPE_DONE) + 1;
	/* A device that has been pulled out reads as ones. */
	if (!number)
		return false;
	limen_write(host, LIMEN_HW_REG_WIPE_PAGE, offset / LIMEN_HW_PAGE_SIZE);
	limen_write(host, LIMEN_HW_REG_WIPE_PAGES, size / LIMEN_HW_PAGE_SIZE);
	/* What was written before does not come after. */
	wmb();
	limen_write(host, LIMEN_HW_REG_WIPE_GO, number);
	if (!read_poll_timeout(limen_read, done, done == number,
			       LIMEN_WIPE_POLL_US,
			       LIMEN_WIPE_US + size / LIMEN_WIPE_BYTES_PER_US,
			       false, host, LIMEN_HW_REG_WIPE_DONE))
		return true;
	limen_write(host, LIMEN_HW_REG_WIPE_GO, 0);
	limen_read(host, LIMEN_HW_REG_WIPE_DONE);
	if (done == U32_MAX)
		return false;
	limen->wipe_failed = true;
	dev_warn(host->dev,
		 "the board's engine does not wipe its memory in time: it is not used any more\n");
	return false;
}

/**
 * limen_wipe() - zero a range of card memory
 * @limen: device
 * @offset: of the range; whole pages
 * @size: its bytes, likewise
 *
 * May sleep. On return all of it is zero, unless the board is not there.
 */
void limen_wipe(struct limen_device *limen, u64 offset, u64 size)
{
	struct limen_board *board = limen->host.board;
	bool engine = limen_wipe_by_engine(limen, offset, size);

	if (!engine)
		board->ops->mem_wipe(board, offset, size);
	trace_limen_wipe(limen->host.number, offset, size, engine);
}
