/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host's side of a board: what its rings need to know of it.
 */
#ifndef LIMEN_HOST_H
#define LIMEN_HOST_H

#include <linux/mutex.h>
#include <linux/timer.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "board.h"
#include "stats.h"

/* How often the watchdog checks before a ring counts as silent. */
#define LIMEN_WATCHDOG_CHECKS	8

/* struct limen_host.faults */
enum limen_fault {
	LIMEN_FAULT_SILENT,	/* a ring makes no progress */
	LIMEN_FAULT_ANSWER,	/* the board answered nonsense */
	LIMEN_FAULT_FATAL,	/* the board says it cannot go on */
	LIMEN_FAULT_STUCK,	/* a ring did not stop when told to */
	LIMEN_FAULT_HALTED,	/* its firmware does not run any more */
	LIMEN_FAULT_WATCHDOG,	/* it has reset itself, because of that */
	LIMEN_FAULT_MEMORY,	/* its memory had an error that it could not correct */
};

/**
 * struct limen_times - milliseconds that a board gets
 * @reset: for a reset
 * @boot: to start its firmware, or refuse it
 * @abort: to give an entry up
 * @ring_stop: to stop a ring
 */
struct limen_times {
	u32 reset;
	u32 boot;
	u32 abort;
	u32 ring_stop;
};

/**
 * struct limen_host - the host's side of a board
 */
struct limen_host {
	/** @dev: device that does DMA, and that messages are about */
	struct device *dev;
	/**
	 * @board: how to reach it. Gone after limen_board_unregister(): use it
	 * between drm_dev_enter() and drm_dev_exit(), or from what
	 * unregistering waits for (interrupt, watchdog, recovery, rings).
	 */
	struct limen_board *board;
	/** @number: of the node, which tracepoints tell */
	u32 number;
	/** @times: how long it is waited for */
	struct limen_times times;
	/** @stats: what the board has done */
	struct limen_stats stats;
	/**
	 * @life: protects @dead, @loose and the registers that start and stop
	 * the board and its rings. Fences end behind it, so no memory is
	 * allocated while it is held, except when all have ended.
	 */
	struct mutex life;
	/** @dead: the board is gone or given up, for good */
	bool dead;
	/** @loose: it cannot be kept from DMA: what it reaches is never freed */
	bool loose;
	/**
	 * @generation: of the content of card memory; odd while the board cannot
	 * be used. Written under @life, while all rings stand still
	 */
	u32 generation;
	/** @watchdog: looks at rings that have work */
	struct timer_list watchdog;
	/** @recovery: deals with @faults */
	struct work_struct recovery;
	/** @faults: bits of enum limen_fault seen since the last recovery */
	unsigned long faults;
};

extern unsigned int limen_watchdog_ms;

void limen_fault(struct limen_host *host, enum limen_fault fault);
void limen_watch(struct limen_host *host);
void limen_cut_off(struct limen_host *host);

/* Whether the board sleeps, or somebody else has it, and cannot be used. */
static inline bool limen_asleep(const struct limen_host *host)
{
	return READ_ONCE(host->generation) & 1;
}

static inline u32 limen_read(struct limen_host *host, u32 reg)
{
	return host->board->ops->read(host->board, reg);
}

/* Two registers, the lower half first. */
static inline u64 limen_read64(struct limen_host *host, u32 reg)
{
	u64 low = limen_read(host, reg);

	return (u64)limen_read(host, reg + sizeof(u32)) << 32 | low;
}

static inline void limen_write(struct limen_host *host, u32 reg, u32 value)
{
	host->board->ops->write(host->board, reg, value);
}

#endif /* LIMEN_HOST_H */
