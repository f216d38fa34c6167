// SPDX-License-Identifier: MIT
/* The card's half of the rings. */
#include <endian.h>
#include <stdatomic.h>
#include <string.h>

#include <limen.h>
#include <monotonic.h>

#include "card.h"

#define NSEC_PER_MSEC	1000000LL

/* Vectors and scores stay no longer than the entry. */
void ring_reset(struct card_ring *ring)
{
	limen_wipe(ring, sizeof(*ring));
}

/* Takes the next entry; false if there is none, or none that can be read. */
static bool fetch(struct card *card, struct card_ring *ring)
{
	uint32_t fatal = config_knob(card, CARD_KNOB_FATAL);
	uint32_t size = 1u << ring->size_log2;
	const struct limen_hw_sqe *sqe;

	if (ring->sq_head == ring->sq_tail)
		return false;
	/* The doorbell came by a system call, after the entry. */
	sqe = dma_at(card,
		     ring->sq + (ring->sq_head & (size - 1)) * sizeof(*sqe),
		     sizeof(*sqe), false);
	if (!sqe || ring->sq_tail - ring->sq_head > size || fatal) {
		if (fatal)
			config_knob_set(card, CARD_KNOB_FATAL, fatal - 1);
		card_fatal(card);
		return false;
	}
	ring->sqe = *sqe;
	ring->sq_head++;
	ring->busy = true;
	ring->due_ns = now_ns() +
		       config_knob(card, CARD_KNOB_DELAY) * NSEC_PER_MSEC;
	return true;
}

/* Answers the entry that is being executed. */
static void complete(struct card *card, unsigned int index,
		     struct limen_hw_cqe *cqe)
{
	struct card_ring *ring = &card->rings[index];
	uint32_t size = 1u << ring->size_log2;
	struct limen_hw_cqe *to = NULL;

	cqe->cookie = ring->sqe.cookie;
	limen_wipe(&ring->sqe, sizeof(ring->sqe));
	ring->busy = false;
	if (ring->cq_tail - ring->cq_head < size)
		to = dma_at(card, ring->cq + (ring->cq_tail & (size - 1)) *
					     sizeof(*to), sizeof(*to), true);
	if (!to) {
		card_fatal(card);
		return;
	}
	cqe->seq = htole32(++ring->cq_tail);
	memcpy(to, cqe, offsetof(struct limen_hw_cqe, seq));
	/* The number last: it tells the driver that the rest is there. */
	atomic_store_explicit((_Atomic uint32_t *)&to->seq, cqe->seq,
			      memory_order_release);
	card_raise(card, 1u << index);
}

int64_t ring_step(struct card *card, unsigned int index)
{
	struct card_ring *ring = &card->rings[index];
	struct limen_hw_cqe cqe = { 0 };
	uint16_t status;
	int64_t wait;

	if (!ring->enabled || !card_works(card) ||
	    (!ring->busy && !fetch(card, ring)))
		return -1;
	wait = ring->due_ns - now_ns();
	if (wait > 0)
		return wait;
	status = engine_execute(card, ring, &cqe);
	if (status)
		memset(&cqe, 0, sizeof(cqe));
	cqe.status = htole16(status);
	complete(card, index, &cqe);
	limen_wipe(&cqe, sizeof(cqe));
	return 0;
}

static void abort_entry(struct card *card, unsigned int index, uint32_t cookie)
{
	struct limen_hw_cqe cqe = { .status = htole16(LIMEN_HW_ABORTED) };
	struct card_ring *ring = &card->rings[index];

	if (ring->busy && le16toh(ring->sqe.cookie) == cookie)
		complete(card, index, &cqe);
}

/* A ring with impossible settings stays stopped. */
static void enable(struct card_ring *ring, bool on)
{
	ring->enabled = on && ring->size_log2 >= 1 && ring->size_log2 <= 12 &&
			ring->sq % LIMEN_HW_PAGE_SIZE == 0 &&
			ring->cq % LIMEN_HW_PAGE_SIZE == 0;
	limen_wipe(&ring->sqe, sizeof(ring->sqe));
	ring->busy = false;
	ring->sq_head = 0;
	ring->sq_tail = 0;
	ring->cq_head = 0;
	ring->cq_tail = 0;
}

static uint64_t low(uint64_t address, uint32_t value)
{
	return (address & ~(uint64_t)UINT32_MAX) | value;
}

static uint64_t high(uint64_t address, uint32_t value)
{
	return (address & UINT32_MAX) | (uint64_t)value << 32;
}

uint32_t ring_read(struct card *card, unsigned int index, uint32_t reg)
{
	struct card_ring *ring = &card->rings[index];

	switch (reg) {
	case LIMEN_HW_RING_SQ_LO:
		return (uint32_t)ring->sq;
	case LIMEN_HW_RING_SQ_HI:
		return (uint32_t)(ring->sq >> 32);
	case LIMEN_HW_RING_CQ_LO:
		return (uint32_t)ring->cq;
	case LIMEN_HW_RING_CQ_HI:
		return (uint32_t)(ring->cq >> 32);
	case LIMEN_HW_RING_SIZE:
		return ring->size_log2;
	case LIMEN_HW_RING_ENABLE:
		return ring->enabled;
	case LIMEN_HW_RING_STALL_LO:
		ring->stall_high = (uint32_t)(ring->stall_ns >> 32);
		return (uint32_t)ring->stall_ns;
	case LIMEN_HW_RING_STALL_HI:
		return ring->stall_high;
	default:
		return 0;
	}
}

void ring_write(struct card *card, unsigned int index, uint32_t reg,
		uint32_t value)
{
	struct card_ring *ring = &card->rings[index];

	switch (reg) {
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
		enable(ring, value & 1);
		break;
	case LIMEN_HW_RING_SQ_TAIL:
		ring->sq_tail = value;
		break;
	case LIMEN_HW_RING_CQ_HEAD:
		ring->cq_head = value;
		break;
	case LIMEN_HW_RING_ABORT:
		abort_entry(card, index, value);
		break;
	}
}
