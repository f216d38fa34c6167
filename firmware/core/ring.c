// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The board's half of the rings.
 *
 * Entries are fetched in order and may be answered in any. A ring knows those that it
 * holds by their cookies alone; whoever executes one has the entry itself, and asks
 * between two steps whether it still is wanted. What is no memory, and a doorbell that
 * makes no sense, is fatal: a submission queue that is said to hold more entries than
 * it has room for, or fewer than before, and completions consumed that there never were.
 */
#include "core.h"

static u32 ring_entries(const struct core_ring *ring)
{
	return 1u << ring->size_log2;
}

/**
 * core_fatal() - the board cannot go on
 * @board: board
 */
void core_fatal(struct core_board *board)
{
	board->status |= LIMEN_HW_STATUS_FATAL;
	board->ops->raise(board, LIMEN_HW_IRQ_FATAL);
}

/* A ring with impossible settings stays stopped. */
static void ring_enable(struct core_ring *ring, bool on)
{
	ring->enabled = on && ring->size_log2 >= 1 && ring->size_log2 <= 12 &&
			!((ring->sq | ring->cq) % LIMEN_HW_PAGE_SIZE);
	ring->epoch++;
	ring->sq_head = 0;
	ring->sq_tail = 0;
	ring->cq_head = 0;
	ring->cq_tail = 0;
	ring->held_count = 0;
}

/**
 * core_ring_reset() - forget all that the host has told
 * @ring: ring
 */
void core_ring_reset(struct core_ring *ring)
{
	ring_enable(ring, false);
	ring->sq = 0;
	ring->cq = 0;
	ring->size_log2 = 0;
	WRITE_ONCE(ring->stall_ns, 0);
	WRITE_ONCE(ring->stall_high, 0);
}

/**
 * core_ring_pending() - whether there is an entry to fetch
 * @board: board
 * @index: LIMEN_HW_RING_*
 *
 * Return: true if core_ring_fetch() is worth a try.
 */
bool core_ring_pending(const struct core_board *board, unsigned int index)
{
	const struct core_ring *ring = &board->rings[index];

	return core_works(board) && ring->enabled &&
	       ring->held_count < CORE_HELD_MAX &&
	       ring->sq_head != ring->sq_tail;
}

/**
 * core_ring_fetch() - fetch an entry
 * @board: board
 * @index: LIMEN_HW_RING_*
 * @entry: where to
 *
 * Return: false if there is none, the ring is stopped, or the board may do no DMA.
 */
bool core_ring_fetch(struct core_board *board, unsigned int index,
		     struct core_entry *entry)
{
	struct core_ring *ring = &board->rings[index];
	struct core_held *held;
	u32 slot;

	if (!core_ring_pending(board, index))
		return false;
	slot = ring->sq_head & (ring_entries(ring) - 1);
	switch (board->ops->load(board, ring->sq + slot * sizeof(entry->sqe),
				 false, &entry->sqe, sizeof(entry->sqe))) {
	case CORE_DENIED:
		return false;
	case CORE_REFUSED:
		core_fatal(board);
		return false;
	case CORE_DONE:
		break;
	}
	ring->sq_head++;
	entry->epoch = ring->epoch;
	held = &ring->held[ring->held_count++];
	held->cookie = core_le16(entry->sqe.cookie);
	held->aborted = false;
	return true;
}

/**
 * core_ring_knows() - whether a ring has not been stopped since an entry was fetched
 * @board: board
 * @index: LIMEN_HW_RING_*
 * @entry: as fetched
 *
 * Return: true if so, and the board still works.
 */
bool core_ring_knows(const struct core_board *board, unsigned int index,
		     const struct core_entry *entry)
{
	const struct core_ring *ring = &board->rings[index];

	return core_works(board) && ring->enabled &&
	       ring->epoch == entry->epoch;
}

/* Where an entry is held, or the number of those held. */
static u32 ring_find(const struct core_ring *ring, u16 cookie)
{
	u32 i;

	for (i = 0; i < ring->held_count; i++)
		if (ring->held[i].cookie == cookie)
			break;
	return i;
}

/**
 * core_ring_aborted() - whether an entry has been given up
 * @board: board
 * @index: LIMEN_HW_RING_*
 * @entry: as fetched
 *
 * Return: true if so. If the ring has been stopped, nothing is known of it.
 */
bool core_ring_aborted(const struct core_board *board, unsigned int index,
		       const struct core_entry *entry)
{
	const struct core_ring *ring = &board->rings[index];
	u32 at = ring_find(ring, core_le16(entry->sqe.cookie));

	return core_ring_knows(board, index, entry) &&
	       at < ring->held_count && ring->held[at].aborted;
}

/**
 * core_ring_let_go() - hold an entry no longer
 * @board: board
 * @index: LIMEN_HW_RING_*
 * @entry: as fetched
 */
void core_ring_let_go(struct core_board *board, unsigned int index,
		      const struct core_entry *entry)
{
	struct core_ring *ring = &board->rings[index];
	u32 at = ring_find(ring, core_le16(entry->sqe.cookie));

	/* Also of a board that is not enabled, or fatal: it may work again. */
	if (ring->epoch == entry->epoch && at < ring->held_count)
		ring->held[at] = ring->held[--ring->held_count];
}

/**
 * core_ring_account() - add what executing an entry has taken
 * @board: board
 * @index: LIMEN_HW_RING_*
 * @entry: as fetched
 * @work: with which it was executed
 */
void core_ring_account(struct core_board *board, unsigned int index,
		       const struct core_entry *entry, struct core_work *work)
{
	struct core_ring *ring = &board->rings[index];

	if (core_ring_knows(board, index, entry)) {
		WRITE_ONCE(ring->stall_ns, ring->stall_ns + work->stall_ns);
		if (index <= LIMEN_HW_RING_SCAN)
			board->counters[LIMEN_HW_COUNTER_STALL_NS(index)] =
				ring->stall_ns;
	}
	work->stall_ns = 0;
}

/* Before the host is told, so that it never finds less than it knows of. */
static void count_answer(struct core_board *board, unsigned int index,
			 const struct core_entry *entry,
			 const struct limen_hw_cqe *cqe)
{
	u16 status = core_le16(cqe->status);
	u64 *counters = board->counters;

	if (index > LIMEN_HW_RING_SCAN || status == LIMEN_HW_ABORTED ||
	    !core_ring_knows(board, index, entry))
		return;
	counters[LIMEN_HW_COUNTER_ANSWERS(index)]++;
	counters[LIMEN_HW_COUNTER_BUSY_NS(index)] += core_le64(cqe->device_ns);
	if (index == LIMEN_HW_RING_SCAN && status == LIMEN_HW_OK)
		counters[LIMEN_HW_COUNTER_ROWS] +=
			core_le32(entry->sqe.scan.rows);
}

/**
 * core_ring_answer() - complete the answer to an entry
 * @board: board
 * @index: LIMEN_HW_RING_*
 * @entry: as fetched; not held afterwards
 * @cqe: answer; becomes LIMEN_HW_ABORTED if the entry has been given up
 */
void core_ring_answer(struct core_board *board, unsigned int index,
		      const struct core_entry *entry,
		      struct limen_hw_cqe *cqe)
{
	if (core_ring_aborted(board, index, entry)) {
		memset(cqe, 0, sizeof(*cqe));
		cqe->status = core_to_le16(LIMEN_HW_ABORTED);
	}
	count_answer(board, index, entry, cqe);
	core_ring_let_go(board, index, entry);
	cqe->cookie = entry->sqe.cookie;
	cqe->seq = core_to_le32(board->rings[index].cq_tail + 1);
}

/**
 * core_ring_post() - write an answer, and interrupt
 * @board: board
 * @index: LIMEN_HW_RING_*
 * @entry: as fetched
 * @cqe: answer, of core_ring_answer()
 *
 * Nobody is told if the ring has been stopped since. Without room for it, and where it
 * cannot be written, the board cannot go on.
 *
 * Return: whether it has been written.
 */
bool core_ring_post(struct core_board *board, unsigned int index,
		    const struct core_entry *entry,
		    const struct limen_hw_cqe *cqe)
{
	struct core_ring *ring = &board->rings[index];
	enum core_access access = CORE_REFUSED;
	u32 size;

	if (!core_ring_knows(board, index, entry))
		return false;
	/* Of a stopped ring it can be anything. */
	size = ring_entries(ring);
	if (ring->cq_tail - ring->cq_head < size)
		access = board->ops->store(board,
					   ring->cq + (ring->cq_tail & (size - 1)) *
					   sizeof(*cqe), cqe, sizeof(*cqe));
	if (access == CORE_REFUSED)
		core_fatal(board);
	if (access != CORE_DONE)
		return false;
	ring->cq_tail++;
	board->ops->raise(board, 1u << index);
	return true;
}

/**
 * core_ring_stall() - read how long a ring has waited for vectors
 * @ring: ring
 * @high: the upper half, as it was when the lower one was read
 *
 * Needs no serialisation.
 *
 * Return: half of the nanoseconds since the reset. Rows of a gallery are scored
 * where they lie, so of a scan only its probe counts.
 */
u32 core_ring_stall(struct core_ring *ring, bool high)
{
	u64 stall_ns;

	if (high)
		return READ_ONCE(ring->stall_high);
	stall_ns = READ_ONCE(ring->stall_ns);
	WRITE_ONCE(ring->stall_high, (u32)(stall_ns >> 32));
	return (u32)stall_ns;
}

/**
 * core_ring_read() - read a register of a ring
 * @board: board
 * @index: LIMEN_HW_RING_*
 * @offset: LIMEN_HW_RING_*, within the ring's block
 *
 * Return: its value. To ENABLE the board adds what is under way.
 */
u32 core_ring_read(struct core_board *board, unsigned int index, u32 offset)
{
	struct core_ring *ring = &board->rings[index];

	switch (offset) {
	case LIMEN_HW_RING_SQ_LO:
		return (u32)ring->sq;
	case LIMEN_HW_RING_SQ_HI:
		return (u32)(ring->sq >> 32);
	case LIMEN_HW_RING_CQ_LO:
		return (u32)ring->cq;
	case LIMEN_HW_RING_CQ_HI:
		return (u32)(ring->cq >> 32);
	case LIMEN_HW_RING_SIZE:
		return ring->size_log2;
	case LIMEN_HW_RING_ENABLE:
		return ring->enabled;
	default:
		return 0;
	}
}

static u64 low(u64 address, u32 value)
{
	return (address & ~(u64)0xffffffff) | value;
}

static u64 high(u64 address, u32 value)
{
	return (u32)address | (u64)value << 32;
}

/* Room for what is new, and never less than before. */
static void ring_submit(struct core_board *board, struct core_ring *ring,
			u32 tail)
{
	u32 waiting = tail - ring->sq_head;

	if (!ring->enabled)
		return;
	if (waiting > ring_entries(ring) ||
	    waiting < ring->sq_tail - ring->sq_head)
		core_fatal(board);
	else
		ring->sq_tail = tail;
}

/* Of those that were written, and never fewer than before. */
static void ring_consume(struct core_board *board, struct core_ring *ring,
			 u32 head)
{
	if (!ring->enabled)
		return;
	if (head - ring->cq_head > ring->cq_tail - ring->cq_head)
		core_fatal(board);
	else
		ring->cq_head = head;
}

static void ring_abort(struct core_ring *ring, u16 cookie)
{
	u32 at = ring_find(ring, cookie);

	if (at < ring->held_count)
		ring->held[at].aborted = true;
}

/**
 * core_ring_write() - write a register of a ring
 * @board: board
 * @index: LIMEN_HW_RING_*
 * @offset: LIMEN_HW_RING_*, within the ring's block
 * @value: what to write
 *
 * A stopped ring has no doorbells. One that is enabled keeps its bases and its size,
 * with which it has been found possible.
 */
void core_ring_write(struct core_board *board, unsigned int index, u32 offset,
		     u32 value)
{
	struct core_ring *ring = &board->rings[index];

	if (ring->enabled && offset < LIMEN_HW_RING_ENABLE)
		return;
	switch (offset) {
	case LIMEN_HW_RING_SQ_LO:
		ring->sq = low(ring->sq, value);
		break;
	case LIMEN_HW_RING_SQ_HI:
		ring->sq = high(ring->sq, value);
		break;
	case LIMEN_HW_RING_CQ_LO:
		ring->cq = low(ring->cq, value);
		break;
	case LIMEN_HW_RING_CQ_HI:
		ring->cq = high(ring->cq, value);
		break;
	case LIMEN_HW_RING_SIZE:
		ring->size_log2 = value;
		break;
	case LIMEN_HW_RING_ENABLE:
		ring_enable(ring, value & 1);
		break;
	case LIMEN_HW_RING_SQ_TAIL:
		ring_submit(board, ring, value);
		break;
	case LIMEN_HW_RING_CQ_HEAD:
		ring_consume(board, ring, value);
		break;
	case LIMEN_HW_RING_ABORT:
		ring_abort(ring, (u16)value);
		break;
	}
}
