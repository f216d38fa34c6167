// SPDX-License-Identifier: GPL-2.0-only
/*
 * What lies between the host and the emulated board.
 */
#include <linux/dma-direct.h>
#include <linux/hrtimer.h>
#include <linux/kasan-checks.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/platform_device.h>
#include <linux/string.h>

#include "../compat.h"
#include "emu.h"

/**
 * DOC: Between host and board
 *
 * A card reaches host memory by bus addresses, and so does this one: an address
 * is translated back as the bus would, and what is not memory is a bus error.
 * Each access is a short one under a lock, so that who keeps the board from DMA
 * waits for accesses and not for what the board computes. KASAN is asked about each,
 * because not every compiler has it look at memcpy().
 *
 * A card's registers are written by messages that nobody waits for. If told so
 * (the knob posted), this board learns of writes late, in order, when the time
 * has passed or a register is read. What changes by itself (the sensors, and how
 * long an engine has waited) is read in contexts where that cannot be done: such
 * a read does not push writes.
 *
 * A card that is not reset properly may still do DMA. If told so (the knob
 * linger), a board whose reset does not end goes on writing garbage to what it
 * had: completion queues, the results of scans and the camera's buffers.
 */

/* How often a board that lingers writes, and how much to each place at most. */
#define EMU_LINGER_NS		NSEC_PER_MSEC
#define EMU_LINGER_BYTES	4096

/* Entries of each ring that it remembers. */
#define EMU_LINGER_ENTRIES	8u

static void *emu_dma_ptr(struct emu *emu, u64 address, size_t size)
{
	phys_addr_t start = dma_to_phys(&emu->pdev->dev, address);
	phys_addr_t last;
	unsigned long pfn;

	if (!size || check_add_overflow(start, (phys_addr_t)size - 1, &last))
		return NULL;
	for (pfn = PHYS_PFN(start); pfn <= PHYS_PFN(last); pfn++)
		if (!pfn_valid(pfn))
			return NULL;
	return phys_to_virt(start);
}

/**
 * emu_dma_valid() - whether there is host memory
 * @emu: board; any context
 * @address: bus address
 * @size: bytes, contiguous
 *
 * Return: true if so.
 */
bool emu_dma_valid(struct emu *emu, u64 address, size_t size)
{
	return emu_dma_ptr(emu, address, size);
}

/**
 * emu_dma_allowed() - whether the board may do DMA and interrupt
 * @emu: board; any context
 *
 * Return: true if so, by now.
 */
bool emu_dma_allowed(const struct emu *emu)
{
	return READ_ONCE(emu->bus.dma);
}

/**
 * emu_dma_read() - read host memory
 * @emu: board; any context but a raw one
 * @address: bus address
 * @to: where to
 * @size: bytes
 *
 * Return: 0; -EFAULT if it is no memory; -EACCES while the board is kept from it.
 */
int emu_dma_read(struct emu *emu, u64 address, void *to, size_t size)
{
	const void *from = emu_dma_ptr(emu, address, size);
	unsigned long flags;
	int ret = 0;

	if (!from)
		return -EFAULT;
	read_lock_irqsave(&emu->bus.gate, flags);
	if (emu->bus.dma) {
		kasan_check_read(from, size);
		memcpy(to, from, size);
	} else {
		ret = -EACCES;
	}
	read_unlock_irqrestore(&emu->bus.gate, flags);
	return ret;
}

/**
 * emu_dma_write() - write host memory, the last 32-bit word last
 * @emu: board; any context but a raw one
 * @address: bus address, a multiple of 4
 * @from: what
 * @size: bytes, a multiple of 4
 *
 * Return: 0; -EFAULT if it is no memory; -EACCES while the board is kept from it.
 */
int emu_dma_write(struct emu *emu, u64 address, const void *from, size_t size)
{
	size_t head = size - sizeof(u32);
	void *to = emu_dma_ptr(emu, address, size);
	unsigned long flags;
	int ret = 0;

	if (!to)
		return -EFAULT;
	read_lock_irqsave(&emu->bus.gate, flags);
	if (emu->bus.dma) {
		kasan_check_write(to, size);
		memcpy(to, from, head);
		/* Of a completion, it tells the driver that the rest is there. */
		dma_wmb();
		WRITE_ONCE(*(u32 *)(to + head), *(const u32 *)(from + head));
	} else {
		ret = -EACCES;
	}
	read_unlock_irqrestore(&emu->bus.gate, flags);
	return ret;
}

static void emu_dma_fill(struct emu *emu, const struct emu_target *target)
{
	void *to = emu_dma_ptr(emu, target->address, target->size);
	unsigned long flags;

	if (!to)
		return;
	read_lock_irqsave(&emu->bus.gate, flags);
	if (emu->bus.dma) {
		kasan_check_write(to, target->size);
		memset(to, EMU_GARBAGE, target->size);
	}
	read_unlock_irqrestore(&emu->bus.gate, flags);
}

/**
 * emu_dma_set() - let the board do DMA, or keep it from that
 * @emu: board
 * @allowed: which
 *
 * Context: Any but a raw one. On return no access is under way that is not
 * allowed any more.
 */
void emu_dma_set(struct emu *emu, bool allowed)
{
	unsigned long flags;

	write_lock_irqsave(&emu->bus.gate, flags);
	WRITE_ONCE(emu->bus.dma, allowed);
	write_unlock_irqrestore(&emu->bus.gate, flags);
}

/* Registers are written */

/* With the lock that keeps the order. */
static void emu_bus_arrive(struct emu *emu)
{
	struct emu_bus *bus = &emu->bus;
	unsigned int i;

	lockdep_assert_held(&bus->lock);
	for (i = 0; i < bus->count; i++)
		emu_write_now(emu, bus->writes[i].reg, bus->writes[i].value);
	WRITE_ONCE(bus->count, 0);
}

/**
 * emu_bus_push() - have all writes of registers arrive
 * @emu: board
 *
 * Context: Any but a raw one, without &emu.lock.
 */
void emu_bus_push(struct emu *emu)
{
	unsigned long flags;

	if (!READ_ONCE(emu->bus.count))
		return;
	spin_lock_irqsave(&emu->bus.lock, flags);
	emu_bus_arrive(emu);
	spin_unlock_irqrestore(&emu->bus.lock, flags);
}

static enum hrtimer_restart emu_bus_late(struct hrtimer *timer)
{
	emu_bus_push(container_of(timer, struct emu, bus.late));
	return HRTIMER_NORESTART;
}

/**
 * emu_bus_write() - send the board a write of a register
 * @emu: board
 * @reg: register
 * @value: what to write
 *
 * Context: Any but a raw one, without &emu.lock.
 */
void emu_bus_write(struct emu *emu, u32 reg, u32 value)
{
	u32 posted_us = min(READ_ONCE(emu->faults.posted), EMU_POSTED_US_MAX);
	struct emu_bus *bus = &emu->bus;
	unsigned long flags;

	if (!posted_us) {
		emu_bus_push(emu);
		emu_write_now(emu, reg, value);
		return;
	}
	spin_lock_irqsave(&bus->lock, flags);
	if (bus->count == ARRAY_SIZE(bus->writes))
		emu_bus_arrive(emu);
	bus->writes[bus->count].reg = reg;
	bus->writes[bus->count].value = value;
	WRITE_ONCE(bus->count, bus->count + 1);
	/* The oldest does not wait longer for those behind it. */
	if (bus->count == 1)
		hrtimer_start(&bus->late,
			      ns_to_ktime(posted_us * NSEC_PER_USEC),
			      HRTIMER_MODE_REL_SOFT);
	spin_unlock_irqrestore(&bus->lock, flags);
}

/* The board does not let go */

static void emu_linger_add(struct emu_bus *bus, u64 address, u32 size)
{
	if (bus->target_count == ARRAY_SIZE(bus->targets))
		return;
	bus->targets[bus->target_count].address = address;
	bus->targets[bus->target_count].size = min(size, EMU_LINGER_BYTES);
	bus->target_count++;
}

static void emu_linger_entry(struct emu *emu, unsigned int ring, u64 address)
{
	struct limen_hw_sqe sqe;

	if (emu_dma_read(emu, address, &sqe, sizeof(sqe)))
		return;
	if (ring == LIMEN_HW_RING_SCAN)
		emu_linger_add(&emu->bus, le64_to_cpu(sqe.scan.result),
			       le32_to_cpu(sqe.scan.top_k) *
			       sizeof(struct limen_hw_row));
	else if (ring == LIMEN_HW_RING_CAMERA)
		emu_linger_add(&emu->bus, le64_to_cpu(sqe.capture.buffer),
			       le32_to_cpu(sqe.capture.size));
}

/**
 * emu_linger_note() - remember what the board could write to
 * @emu: board, locked, about to be reset
 *
 * That is what rings tell of that have not been stopped, so that the driver cannot
 * have taken it back. Of a board that has been reset already, and in vain, it is
 * what it was before.
 */
void emu_linger_note(struct emu *emu)
{
	struct emu_bus *bus = &emu->bus;
	unsigned int i;

	lockdep_assert_held(&emu->lock);
	if (!READ_ONCE(emu->faults.linger) || hrtimer_active(&bus->linger))
		return;
	for (i = 0; i < LIMEN_HW_RINGS; i++) {
		const struct core_ring *ring = &emu->core.rings[i];
		u32 size = BIT(ring->size_log2);
		u32 at, last;

		if (!ring->enabled)
			continue;
		emu_linger_add(bus, ring->cq,
			       size * sizeof(struct limen_hw_cqe));
		last = min3(ring->sq_tail, size, EMU_LINGER_ENTRIES);
		for (at = ring->sq_tail - last; at != ring->sq_tail; at++)
			emu_linger_entry(emu, i, ring->sq + (at % size) *
					 sizeof(struct limen_hw_sqe));
	}
}

static enum hrtimer_restart emu_linger_write(struct hrtimer *timer)
{
	struct emu *emu = container_of(timer, struct emu, bus.linger);
	unsigned int i;

	for (i = 0; i < emu->bus.target_count; i++)
		emu_dma_fill(emu, &emu->bus.targets[i]);
	hrtimer_forward_now(timer, ns_to_ktime(EMU_LINGER_NS));
	return HRTIMER_RESTART;
}

/**
 * emu_linger_begin() - write garbage from now on
 * @emu: board, whose reset does not end
 */
void emu_linger_begin(struct emu *emu)
{
	if (READ_ONCE(emu->faults.linger))
		hrtimer_start(&emu->bus.linger, ns_to_ktime(EMU_LINGER_NS),
			      HRTIMER_MODE_REL_SOFT);
}

/**
 * emu_linger_end() - write no more garbage
 * @emu: board, whose reset ends; sleeps
 *
 * Return: whether it did so before.
 */
bool emu_linger_end(struct emu *emu)
{
	bool lingered = hrtimer_cancel(&emu->bus.linger);

	emu->bus.target_count = 0;
	return lingered;
}

/**
 * emu_bus_init() - plug a board in; it may do no DMA yet
 * @emu: board
 */
void emu_bus_init(struct emu *emu)
{
	rwlock_init(&emu->bus.gate);
	spin_lock_init(&emu->bus.lock);
	hrtimer_setup(&emu->bus.late, emu_bus_late, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL_SOFT);
	hrtimer_setup(&emu->bus.linger, emu_linger_write, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL_SOFT);
}

/**
 * emu_bus_fini() - pull a board out
 * @emu: board; no driver uses it any more; sleeps
 */
void emu_bus_fini(struct emu *emu)
{
	hrtimer_cancel(&emu->bus.late);
	emu_bus_push(emu);
	emu_linger_end(emu);
}
