/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a board driver gives limen.ko: access to registers and card memory, and
 * its interrupt. Everything else is the board interface of include/limen/hw.h.
 */
#ifndef LIMEN_BOARD_H
#define LIMEN_BOARD_H

#include <linux/pm.h>
#include <linux/types.h>

struct attribute_group;
struct device;
struct limen_board;
struct limen_device;

/**
 * struct limen_board_ops - how to reach a board
 */
struct limen_board_ops {
	/** @read: read a register; any context */
	u32 (*read)(struct limen_board *board, u32 reg);
	/** @write: write a register, doorbells too; any context */
	void (*write)(struct limen_board *board, u32 reg, u32 value);
	/** @mem_pfn: page frame at an offset in card memory, for mmap() */
	unsigned long (*mem_pfn)(struct limen_board *board, u64 offset);
	/** @mem_wipe: zero a range of card memory; whole pages, may sleep */
	void (*mem_wipe)(struct limen_board *board, u64 offset, u64 size);
	/**
	 * @mem_write: copy whole words to card memory; for boards that run
	 * firmware. May sleep; does not allocate
	 */
	void (*mem_write)(struct limen_board *board, u64 offset,
			  const void *from, u32 size);
	/**
	 * @dma_on: let the board do DMA, and interrupt. It is kept from both when
	 * it is registered.
	 */
	void (*dma_on)(struct limen_board *board);
	/**
	 * @dma_off: keep the board from doing DMA, whatever it wants. On return
	 * what it had begun is over. Neither allocates nor takes locks under which
	 * others do: fences end behind it. Returns 0, also for a board that is
	 * gone, or a negative error if the board cannot be kept from it.
	 */
	int (*dma_off)(struct limen_board *board);
	/**
	 * @flr: reset the board by the means of its bus, when RESET does not
	 * help; optional. Called with DMA off, leaves it off. Sleeps, and may
	 * allocate. Returns 0 or a negative error.
	 */
	int (*flr)(struct limen_board *board);
	/** @irq_sync: wait for an interrupt that is being dealt with; may sleep */
	void (*irq_sync)(struct limen_board *board);
};

/**
 * struct limen_board - a board, embedded in its driver's own structure
 */
struct limen_board {
	/**
	 * @dev: device that does DMA; its DMA mask is already set, its driver data
	 * is the board. To be registered with a reference that keeps it from
	 * runtime suspend, and with limen_board_pm_ops and limen_board_groups in
	 * its driver.
	 */
	struct device *dev;
	/** @name: what user space is told, less than 32 characters */
	const char *name;
	/** @ops: how to reach it */
	const struct limen_board_ops *ops;
	/** @mem_limit: bytes of card memory that can be reached, whatever it says */
	u64 mem_limit;
	/** @vectors: by which it interrupts: LIMEN_HW_VECTORS, or one */
	unsigned int vectors;
	/** @mem_cached: card memory is ordinary memory, to be mapped cached */
	bool mem_cached;
	/** @limen: set by limen_board_register() for limen.ko's own use */
	struct limen_device *limen;
};

int limen_board_register(struct limen_board *board);
void limen_board_unregister(struct limen_board *board);
void limen_board_interrupt(struct limen_board *board);
void limen_board_interrupt_ring(struct limen_board *board, unsigned int index);
void limen_board_suspend(struct limen_board *board, bool bounded);
void limen_board_resume(struct limen_board *board);
void limen_board_shutdown(struct limen_board *board);

extern const struct dev_pm_ops limen_board_pm_ops;
extern const struct attribute_group *limen_board_groups[];

#endif /* LIMEN_BOARD_H */
