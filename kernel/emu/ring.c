// SPDX-License-Identifier: GPL-2.0-only
/*
 * The emulated board's rings: those of firmware/core under a lock, and what goes wrong
 * with them.
 */
#include <linux/bitmap.h>
#include <linux/cleanup.h>
#include <linux/minmax.h>

#include "emu.h"
#include "sensor.h"

/**
 * DOC: The board's half of the rings
 *
 * How rings behave is told in firmware/core, by which cards go as well. While this
 * board is kept from DMA, nothing is fetched, and answers get lost.
 */

/* Answers to comparisons that share an interrupt at most. */
#define EMU_QUIET_MAX	16

/*
 * Whether an interrupt can wait, as that of a card would: comparisons that are
 * next will have one soon. Not while the engine is made to be slow.
 */
static bool emu_hush(struct emu *emu, u32 bits)
{
	const struct core_ring *express =
		&emu->core.rings[LIMEN_HW_RING_EXPRESS];
	struct emu_ring *ring = &emu->rings[LIMEN_HW_RING_EXPRESS];

	if (bits != BIT(LIMEN_HW_RING_EXPRESS))
		return false;
	if (express->sq_head != express->sq_tail &&
	    !READ_ONCE(emu->faults.delay_us) && ++ring->quiet < EMU_QUIET_MAX)
		return true;
	ring->quiet = 0;
	return false;
}

/**
 * emu_core_raise() - interrupt, or leave that to one of the next answers
 * @core: of a board, locked
 * @bits: why, as in LIMEN_HW_REG_IRQ_STATUS
 *
 * Also if they are set already, unless none of them is enabled.
 */
void emu_core_raise(struct core_board *core, u32 bits)
{
	struct emu *emu = core_to_emu(core);

	if (emu_hush(emu, bits))
		return;
	if (core_raise(core, bits) && emu_dma_allowed(emu) &&
	    !emu_fault_due(emu, &emu->faults.drop_irq))
		irq_work_queue(&emu->irq);
}

/**
 * emu_fatal() - the board cannot go on
 * @emu: board; any context, unlocked
 */
void emu_fatal(struct emu *emu)
{
	unsigned long flags;

	spin_lock_irqsave(&emu->lock, flags);
	core_fatal(&emu->core);
	spin_unlock_irqrestore(&emu->lock, flags);
}

/**
 * emu_ring_pending() - whether there is an entry to fetch
 * @emu: board; any context, unlocked
 * @index: LIMEN_HW_RING_*
 *
 * Return: true if emu_ring_fetch() is worth a try.
 */
bool emu_ring_pending(struct emu *emu, unsigned int index)
{
	unsigned long flags;
	bool pending;

	spin_lock_irqsave(&emu->lock, flags);
	pending = core_ring_pending(&emu->core, index) && emu_dma_allowed(emu);
	spin_unlock_irqrestore(&emu->lock, flags);
	return pending;
}

/**
 * emu_ring_fetch() - fetch an entry
 * @emu: board; any context, unlocked
 * @index: LIMEN_HW_RING_*
 * @entry: where to
 *
 * Return: false if there is none, the ring is stopped, or the board may do no DMA.
 */
bool emu_ring_fetch(struct emu *emu, unsigned int index,
		    struct core_entry *entry)
{
	unsigned long flags;
	bool fetched;

	/* The lock orders this after the doorbell, which follows the entry. */
	spin_lock_irqsave(&emu->lock, flags);
	fetched = core_ring_fetch(&emu->core, index, entry);
	spin_unlock_irqrestore(&emu->lock, flags);
	return fetched;
}

/**
 * emu_ring_live() - whether the work on an entry is still wanted
 * @emu: board; any context, unlocked
 * @index: LIMEN_HW_RING_*
 * @entry: as fetched
 *
 * Return: false if the ring has been stopped since it was fetched, or if it has
 * been given up.
 */
bool emu_ring_live(struct emu *emu, unsigned int index,
		   const struct core_entry *entry)
{
	unsigned long flags;
	bool live;

	spin_lock_irqsave(&emu->lock, flags);
	live = core_ring_knows(&emu->core, index, entry) &&
	       !core_ring_aborted(&emu->core, index, entry);
	spin_unlock_irqrestore(&emu->lock, flags);
	return live;
}

/**
 * emu_ring_lose() - do nothing about an entry until it is given up
 * @emu: board; any context, unlocked
 * @index: LIMEN_HW_RING_*
 * @entry: as fetched
 */
void emu_ring_lose(struct emu *emu, unsigned int index,
		   const struct core_entry *entry)
{
	struct emu_ring *ring = &emu->rings[index];
	unsigned long flags;

	spin_lock_irqsave(&emu->lock, flags);
	if (core_ring_knows(&emu->core, index, entry)) {
		__set_bit(le16_to_cpu(entry->sqe.cookie), ring->lost);
		core_ring_let_go(&emu->core, index, entry);
	}
	/* It is not to be the one that tells of those before it. */
	if (ring->quiet) {
		ring->quiet = EMU_QUIET_MAX;
		emu_core_raise(&emu->core, BIT(index));
	}
	spin_unlock_irqrestore(&emu->lock, flags);
}

/* With the lock. A completion may be spoiled between being made and being written. */
static void emu_ring_answer(struct emu *emu, unsigned int index,
			    const struct core_entry *entry,
			    struct limen_hw_cqe *cqe)
{
	scoped_guard(raw_spinlock, &emu->counting)
		core_ring_answer(&emu->core, index, entry, cqe);
	emu_fault_completion(emu, cqe);
	core_ring_post(&emu->core, index, entry, cqe);
}

/**
 * emu_ring_complete() - answer an entry
 * @emu: board; any context, unlocked
 * @index: LIMEN_HW_RING_*
 * @entry: as fetched
 * @cqe: answer; cookie and number are filled in here, and what to say if the entry
 *	has been given up
 *
 * Does nothing if the ring has been stopped since.
 */
void emu_ring_complete(struct emu *emu, unsigned int index,
		       const struct core_entry *entry,
		       struct limen_hw_cqe *cqe)
{
	unsigned long flags;

	spin_lock_irqsave(&emu->lock, flags);
	emu_ring_answer(emu, index, entry, cqe);
	spin_unlock_irqrestore(&emu->lock, flags);
}

/**
 * emu_ring_account() - add what executing an entry has taken
 * @emu: board; any context, unlocked
 * @index: LIMEN_HW_RING_*
 * @entry: as fetched
 * @work: with which it was executed
 */
void emu_ring_account(struct emu *emu, unsigned int index,
		      const struct core_entry *entry, struct core_work *work)
{
	unsigned long flags;

	spin_lock_irqsave(&emu->lock, flags);
	scoped_guard(raw_spinlock, &emu->counting)
		core_ring_account(&emu->core, index, entry, work);
	spin_unlock_irqrestore(&emu->lock, flags);
}

/* One that hangs is answered here, one that is being executed where that is done. */
static void emu_ring_abort(struct emu *emu, unsigned int index, u16 cookie)
{
	struct limen_hw_cqe cqe = { .status = cpu_to_le16(LIMEN_HW_ABORTED) };
	const struct core_entry entry = {
		.sqe.cookie = cpu_to_le16(cookie),
		.epoch = emu->core.rings[index].epoch,
	};

	if (emu_fault_due(emu, &emu->faults.deaf))
		return;
	if (__test_and_clear_bit(cookie, emu->rings[index].lost))
		emu_ring_answer(emu, index, &entry, &cqe);
	else
		core_ring_write(&emu->core, index, LIMEN_HW_RING_ABORT, cookie);
}

static void emu_ring_enable(struct emu *emu, unsigned int index, u32 value)
{
	struct emu_ring *ring = &emu->rings[index];

	if (!(value & 1) && emu_fault_due(emu, &emu->faults.stick_ring))
		ring->stuck = true;
	bitmap_zero(ring->lost, EMU_COOKIES);
	ring->quiet = 0;
	core_ring_write(&emu->core, index, LIMEN_HW_RING_ENABLE, value);
}

static void emu_ring_submit(struct emu *emu, unsigned int index, u32 tail)
{
	const struct core_ring *ring = &emu->core.rings[index];
	u32 *depth_max = &emu->rings[index].depth_max;

	if (ring->enabled && emu_fault_due(emu, &emu->faults.overrun))
		tail += 2 << ring->size_log2;
	core_ring_write(&emu->core, index, LIMEN_HW_RING_SQ_TAIL, tail);
	*depth_max = max(*depth_max, ring->sq_tail - ring->cq_tail);
}

/**
 * emu_ring_busy() - whether a ring that is stopped may still access host memory
 * @emu: board, locked
 * @index: LIMEN_HW_RING_*
 *
 * Return: true if so, or if it is made to look so.
 */
bool emu_ring_busy(struct emu *emu, unsigned int index)
{
	if (emu->rings[index].stuck)
		return true;
	if (index == LIMEN_HW_RING_CAMERA)
		return emu_sensor_busy(emu);
	return emu_engine_busy(emu, index);
}

/**
 * emu_ring_write() - write a register of a ring
 * @emu: board; any context, unlocked
 * @index: LIMEN_HW_RING_*
 * @offset: LIMEN_HW_RING_*, within the ring's block
 * @value: what to write
 */
void emu_ring_write(struct emu *emu, unsigned int index, u32 offset, u32 value)
{
	unsigned long flags;

	spin_lock_irqsave(&emu->lock, flags);
	switch (offset) {
	case LIMEN_HW_RING_ENABLE:
		emu_ring_enable(emu, index, value);
		break;
	case LIMEN_HW_RING_SQ_TAIL:
		emu_ring_submit(emu, index, value);
		break;
	case LIMEN_HW_RING_ABORT:
		emu_ring_abort(emu, index, value);
		break;
	default:
		core_ring_write(&emu->core, index, offset, value);
		break;
	}
	spin_unlock_irqrestore(&emu->lock, flags);

	if (offset == LIMEN_HW_RING_SQ_TAIL)
		emu_engine_kick(emu, index);
}
