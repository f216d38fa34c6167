// SPDX-License-Identifier: GPL-2.0-only
/*
 * The emulated board's half of the rings.
 */
#include <linux/align.h>
#include <linux/bitmap.h>
#include <linux/minmax.h>

#include "emu.h"
#include "sensor.h"

/**
 * DOC: The board's half of the rings
 *
 * What is not memory, and a doorbell that makes no sense, is fatal, as it would be
 * on a card: a submission queue that is said to hold more entries than it has room
 * for, or fewer than before, and completions consumed that there never were. While
 * the board is kept from DMA, nothing is fetched, and answers get lost.
 */

/* Answers to comparisons that share an interrupt at most. */
#define EMU_QUIET_MAX	16

/**
 * emu_fatal() - the board cannot go on
 * @emu: board; any context, unlocked
 */
void emu_fatal(struct emu *emu)
{
	unsigned long flags;

	spin_lock_irqsave(&emu->lock, flags);
	emu->status |= LIMEN_HW_STATUS_FATAL;
	spin_unlock_irqrestore(&emu->lock, flags);
	emu_raise(emu, LIMEN_HW_IRQ_FATAL);
}

/**
 * emu_raise() - interrupt
 * @emu: board; any context, unlocked
 * @bits: why, as in LIMEN_HW_REG_IRQ_STATUS
 *
 * Also if they are set already, unless none of them is enabled.
 */
void emu_raise(struct emu *emu, u32 bits)
{
	unsigned long flags;
	bool fire;

	spin_lock_irqsave(&emu->lock, flags);
	emu->irq_status |= bits;
	fire = bits & emu->irq_enable && emu_dma_allowed(emu);
	spin_unlock_irqrestore(&emu->lock, flags);

	if (fire && !emu_fault_due(emu, &emu->faults.drop_irq))
		irq_work_queue(&emu->irq);
}

static bool emu_ring_works(struct emu *emu, const struct emu_ring *ring)
{
	return emu_works(emu) && ring->enabled;
}

static bool emu_ring_has_entry(struct emu *emu, const struct emu_ring *ring)
{
	return emu_ring_works(emu, ring) && ring->sq_head != ring->sq_tail &&
	       emu_dma_allowed(emu);
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
	pending = emu_ring_has_entry(emu, &emu->rings[index]);
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
		    struct emu_entry *entry)
{
	struct emu_ring *ring = &emu->rings[index];
	unsigned long flags;
	int ret = -ENOENT;

	spin_lock_irqsave(&emu->lock, flags);
	/* The lock orders this after the doorbell, which follows the entry. */
	if (emu_ring_has_entry(emu, ring)) {
		u32 slot = ring->sq_head & (BIT(ring->size_log2) - 1);

		ret = emu_dma_read(emu, ring->sq + slot * sizeof(entry->sqe),
				   &entry->sqe, sizeof(entry->sqe));
	}
	if (!ret) {
		entry->epoch = ring->epoch;
		ring->sq_head++;
		ring->aborted = EMU_COOKIES;
	}
	spin_unlock_irqrestore(&emu->lock, flags);

	if (ret == -EFAULT)
		emu_fatal(emu);
	return !ret;
}

/* Whether the ring has not been stopped since the entry was fetched. */
static bool emu_ring_knows(struct emu *emu, const struct emu_ring *ring,
			   const struct emu_entry *entry)
{
	return emu_ring_works(emu, ring) && ring->epoch == entry->epoch;
}

/**
 * emu_ring_live() - whether the work on an entry is still wanted
 * @emu: board; any context, unlocked
 * @index: LIMEN_HW_RING_*
 * @entry: the one that was fetched last
 *
 * Return: false if the ring has been stopped since it was fetched, or if it has
 * been given up.
 */
bool emu_ring_live(struct emu *emu, unsigned int index,
		   const struct emu_entry *entry)
{
	struct emu_ring *ring = &emu->rings[index];
	unsigned long flags;
	bool live;

	spin_lock_irqsave(&emu->lock, flags);
	live = emu_ring_knows(emu, ring, entry) &&
	       ring->aborted != le16_to_cpu(entry->sqe.cookie);
	spin_unlock_irqrestore(&emu->lock, flags);
	return live;
}

/**
 * emu_ring_aborted() - whether an entry has been given up
 * @emu: board; any context, unlocked
 * @index: LIMEN_HW_RING_*
 * @entry: the one that was fetched last
 *
 * Return: true if so.
 */
bool emu_ring_aborted(struct emu *emu, unsigned int index,
		      const struct emu_entry *entry)
{
	return READ_ONCE(emu->rings[index].aborted) ==
	       le16_to_cpu(entry->sqe.cookie);
}

/**
 * emu_ring_lose() - do nothing about an entry until it is given up
 * @emu: board; any context, unlocked
 * @index: LIMEN_HW_RING_*
 * @entry: as fetched
 */
void emu_ring_lose(struct emu *emu, unsigned int index,
		   const struct emu_entry *entry)
{
	struct emu_ring *ring = &emu->rings[index];
	unsigned long flags;
	u32 quiet;

	spin_lock_irqsave(&emu->lock, flags);
	if (emu_ring_knows(emu, ring, entry))
		__set_bit(le16_to_cpu(entry->sqe.cookie), ring->lost);
	quiet = ring->quiet;
	ring->quiet = 0;
	spin_unlock_irqrestore(&emu->lock, flags);

	/* It is not to be the one that tells of those before it. */
	if (quiet)
		emu_raise(emu, BIT(index));
}

/**
 * emu_ring_abort() - give an entry up
 * @emu: board; any context, unlocked
 * @index: LIMEN_HW_RING_*
 * @cookie: of the entry
 *
 * One that hangs is answered here, one that is being executed where that is done.
 */
void emu_ring_abort(struct emu *emu, unsigned int index, u16 cookie)
{
	struct limen_hw_cqe cqe = { .status = cpu_to_le16(LIMEN_HW_ABORTED) };
	struct emu_ring *ring = &emu->rings[index];
	struct emu_entry entry = { .sqe.cookie = cpu_to_le16(cookie) };
	unsigned long flags;
	bool lost;

	if (emu_fault_due(emu, &emu->faults.deaf))
		return;

	spin_lock_irqsave(&emu->lock, flags);
	entry.epoch = ring->epoch;
	lost = __test_and_clear_bit(cookie, ring->lost);
	if (!lost)
		ring->aborted = cookie;
	spin_unlock_irqrestore(&emu->lock, flags);

	if (lost)
		emu_ring_complete(emu, index, &entry, &cqe);
}

/* Writes a completion: 1 if written, 0 if nobody wants it, -EIO if it cannot. */
static int emu_ring_post(struct emu *emu, struct emu_ring *ring,
			 const struct emu_entry *entry,
			 const struct limen_hw_cqe *cqe)
{
	u32 size = 1u << ring->size_log2;
	int ret;

	if (!emu_ring_knows(emu, ring, entry))
		return 0;
	if (ring->cq_tail - ring->cq_head >= size)
		return -EIO;
	ret = emu_dma_write_cqe(emu, ring->cq + (ring->cq_tail & (size - 1)) *
					sizeof(*cqe), cqe);
	if (ret)
		return ret == -EACCES ? 0 : -EIO;
	ring->cq_tail++;
	return 1;
}

/*
 * Whether an interrupt can wait, as that of a card would: comparisons that are
 * next will have one soon. Not while the engine is made to be slow.
 */
static bool emu_ring_hush(struct emu *emu, struct emu_ring *ring)
{
	if (ring == &emu->rings[LIMEN_HW_RING_EXPRESS] &&
	    ring->sq_head != ring->sq_tail && !READ_ONCE(emu->faults.delay_us) &&
	    ++ring->quiet < EMU_QUIET_MAX)
		return true;
	ring->quiet = 0;
	return false;
}

/**
 * emu_ring_complete() - answer an entry
 * @emu: board; any context, unlocked
 * @index: LIMEN_HW_RING_*
 * @entry: as fetched
 * @cqe: answer; cookie and number are filled in here
 *
 * Does nothing if the ring has been stopped since. Otherwise interrupts, or
 * leaves that to one of the next answers.
 */
void emu_ring_complete(struct emu *emu, unsigned int index,
		       const struct emu_entry *entry,
		       struct limen_hw_cqe *cqe)
{
	struct emu_ring *ring = &emu->rings[index];
	unsigned long flags;
	int ret;

	spin_lock_irqsave(&emu->lock, flags);
	cqe->cookie = entry->sqe.cookie;
	cqe->seq = cpu_to_le32(ring->cq_tail + 1);
	emu_fault_completion(emu, cqe);
	ret = emu_ring_post(emu, ring, entry, cqe);
	if (ret > 0 && emu_ring_hush(emu, ring))
		ret = 0;
	spin_unlock_irqrestore(&emu->lock, flags);

	if (ret > 0)
		emu_raise(emu, BIT(index));
	else if (ret < 0)
		emu_fatal(emu);
}

/**
 * emu_ring_read() - read a register of a ring
 * @emu: board, locked
 * @index: LIMEN_HW_RING_*
 * @reg: LIMEN_HW_RING_*, within the ring's block
 *
 * Return: its value.
 */
u32 emu_ring_read(struct emu *emu, unsigned int index, u32 reg)
{
	struct emu_ring *ring = &emu->rings[index];

	switch (reg) {
	case LIMEN_HW_RING_SQ_LO:
		return lower_32_bits(ring->sq);
	case LIMEN_HW_RING_SQ_HI:
		return upper_32_bits(ring->sq);
	case LIMEN_HW_RING_CQ_LO:
		return lower_32_bits(ring->cq);
	case LIMEN_HW_RING_CQ_HI:
		return upper_32_bits(ring->cq);
	case LIMEN_HW_RING_SIZE:
		return ring->size_log2;
	case LIMEN_HW_RING_ENABLE:
		if (ring->stuck)
			return 1;
		if (index == LIMEN_HW_RING_CAMERA)
			return ring->enabled || emu_sensor_busy(emu);
		return ring->enabled || emu_engine_busy(emu, index);
	default:
		return 0;
	}
}

static u64 emu_low(u64 address, u32 value)
{
	return (address & ~(u64)U32_MAX) | value;
}

static u64 emu_high(u64 address, u32 value)
{
	return (address & U32_MAX) | (u64)value << 32;
}

/* A ring with impossible settings stays stopped. */
static void emu_ring_enable(struct emu_ring *ring, bool enable)
{
	bitmap_zero(ring->lost, EMU_COOKIES);
	ring->enabled = enable && ring->size_log2 >= 1 &&
			ring->size_log2 <= 12 &&
			IS_ALIGNED(ring->sq, LIMEN_HW_PAGE_SIZE) &&
			IS_ALIGNED(ring->cq, LIMEN_HW_PAGE_SIZE);
	ring->epoch++;
	ring->quiet = 0;
	ring->sq_head = 0;
	ring->sq_tail = 0;
	ring->cq_head = 0;
	ring->cq_tail = 0;
}

/* Room for what is new, and never less than before; false if it makes no sense. */
static bool emu_ring_submit(struct emu *emu, struct emu_ring *ring, u32 tail)
{
	u32 size = 1u << ring->size_log2;
	u32 held = ring->sq_tail - ring->sq_head;

	if (emu_fault_due(emu, &emu->faults.overrun))
		tail += 2 * size;
	if (tail - ring->sq_head > size || tail - ring->sq_head < held)
		return false;
	ring->sq_tail = tail;
	ring->depth_max = max(ring->depth_max, tail - ring->cq_tail);
	return true;
}

/* Of those that were written, and never fewer than before. */
static bool emu_ring_consume(struct emu_ring *ring, u32 head)
{
	if (head - ring->cq_head > ring->cq_tail - ring->cq_head)
		return false;
	ring->cq_head = head;
	return true;
}

/**
 * emu_ring_write() - write a register of a ring
 * @emu: board, locked
 * @index: LIMEN_HW_RING_*
 * @reg: LIMEN_HW_RING_*, within the ring's block
 * @value: what to write
 *
 * A stopped ring has no doorbells.
 *
 * Return: false for a doorbell that makes no sense, which is fatal.
 */
bool emu_ring_write(struct emu *emu, unsigned int index, u32 reg, u32 value)
{
	struct emu_ring *ring = &emu->rings[index];

	switch (reg) {
	case LIMEN_HW_RING_SQ_LO:
		ring->sq = emu_low(ring->sq, value);
		break;
	case LIMEN_HW_RING_SQ_HI:
		ring->sq = emu_high(ring->sq, value);
		break;
	case LIMEN_HW_RING_CQ_LO:
		ring->cq = emu_low(ring->cq, value);
		break;
	case LIMEN_HW_RING_CQ_HI:
		ring->cq = emu_high(ring->cq, value);
		break;
	case LIMEN_HW_RING_SIZE:
		ring->size_log2 = value;
		break;
	case LIMEN_HW_RING_ENABLE:
		if (!(value & 1) && emu_fault_due(emu, &emu->faults.stick_ring))
			ring->stuck = true;
		emu_ring_enable(ring, value & 1);
		break;
	case LIMEN_HW_RING_SQ_TAIL:
		return !ring->enabled || emu_ring_submit(emu, ring, value);
	case LIMEN_HW_RING_CQ_HEAD:
		return !ring->enabled || emu_ring_consume(ring, value);
	}
	return true;
}
