// SPDX-License-Identifier: MIT
/* The card's half of the rings. */
#include <endian.h>
#include <string.h>

#include <limen.h>
#include <monotonic.h>

#include "card.h"

#define NSEC_PER_MSEC	1000000LL

#define LONG_EVERY	4
#define LONG_NS		500000

/* Vectors and scores stay no longer than the entry. */
void ring_reset(struct card_ring *ring)
{
	limen_wipe(ring, sizeof(*ring));
}

/* The first @count entries that have not been fetched, in any order. */
static bool fetch_some(struct card *card, struct card_ring *ring,
		       unsigned int count)
{
	uint32_t mask = (1u << ring->size_log2) - 1;

	for (unsigned int i = 0; i < count; i++) {
		struct limen_hw_sqe *sqe = &ring->sqes[i];
		unsigned int other = post_random(card) % (i + 1);

		/* Each takes the place of one before it, or stays. */
		*sqe = ring->sqes[other];
		if (!dma_read(card,
			      ring->sq + ((ring->sq_head + i) & mask) *
						 sizeof(*sqe),
			      &ring->sqes[other], sizeof(*sqe)))
			return false;
	}
	ring->sq_head += count;
	ring->fetched = count;
	return true;
}

/* Takes the next entries; false if there is none, or none that can be read. */
static bool fetch(struct card *card, struct card_ring *ring)
{
	uint32_t fatal = config_knob(card, CARD_KNOB_FATAL);
	uint32_t ready = ring->sq_tail - ring->sq_head;
	unsigned int count = 1 + post_random(card) % CARD_AHEAD;

	if (!ready)
		return false;
	if (ready > 1u << ring->size_log2 || fatal ||
	    !fetch_some(card, ring, count < ready ? count : ready)) {
		if (fatal)
			config_knob_set(card, CARD_KNOB_FATAL, fatal - 1);
		card_fatal(card);
		return false;
	}
	return true;
}

/* Begins with the last one fetched; false if there is none. */
static bool begin(struct card *card, struct card_ring *ring)
{
	if (!ring->fetched && !fetch(card, ring))
		return false;
	ring->busy = true;
	ring->due_ns = now_ns() +
		       config_knob(card, CARD_KNOB_DELAY) * NSEC_PER_MSEC;
	/* One in so many takes its time, so that answers come one by one. */
	if (post_random(card) % LONG_EVERY == 0)
		ring->due_ns += post_random(card) % LONG_NS;
	return true;
}

/* Answers an entry that was fetched, and lets go of it. */
static void complete(struct card *card, unsigned int index,
		     unsigned int entry, struct limen_hw_cqe *cqe)
{
	struct card_ring *ring = &card->rings[index];
	uint32_t size = 1u << ring->size_log2;
	uint32_t slot = ring->cq_tail & (size - 1);

	cqe->cookie = ring->sqes[entry].cookie;
	ring->fetched--;
	if (entry == ring->fetched)
		ring->busy = false;
	memmove(&ring->sqes[entry], &ring->sqes[entry + 1],
		(ring->fetched - entry) * sizeof(*ring->sqes));
	limen_wipe(&ring->sqes[ring->fetched], sizeof(*ring->sqes));
	if (ring->cq_tail - ring->cq_head >= size) {
		card_fatal(card);
		return;
	}
	cqe->seq = htole32(++ring->cq_tail);
	post_memory(card, ring->cq + slot * sizeof(*cqe), cqe, sizeof(*cqe));
	card_raise(card, 1u << index);
}

int64_t ring_step(struct card *card, unsigned int index)
{
	struct card_ring *ring = &card->rings[index];
	struct limen_hw_cqe cqe = { 0 };
	uint16_t status;
	int64_t wait;

	if (!ring->enabled || !card_works(card) ||
	    (!ring->busy && !begin(card, ring)))
		return -1;
	wait = ring->due_ns - now_ns();
	if (wait > 0)
		return wait;
	status = engine_execute(card, ring, &cqe);
	if (status)
		memset(&cqe, 0, sizeof(cqe));
	cqe.status = htole16(status);
	complete(card, index, ring->fetched - 1, &cqe);
	limen_wipe(&cqe, sizeof(cqe));
	return 0;
}

static void abort_entry(struct card *card, unsigned int index, uint32_t cookie)
{
	struct limen_hw_cqe cqe = { .status = htole16(LIMEN_HW_ABORTED) };
	struct card_ring *ring = &card->rings[index];

	for (unsigned int i = 0; i < ring->fetched; i++) {
		if (le16toh(ring->sqes[i].cookie) != cookie)
			continue;
		complete(card, index, i, &cqe);
		return;
	}
}

/* A ring with impossible settings stays stopped. */
static void enable(struct card_ring *ring, bool on)
{
	ring->enabled = on && ring->size_log2 >= 1 && ring->size_log2 <= 12 &&
			ring->sq % LIMEN_HW_PAGE_SIZE == 0 &&
			ring->cq % LIMEN_HW_PAGE_SIZE == 0;
	limen_wipe(ring->sqes, sizeof(ring->sqes));
	ring->fetched = 0;
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
		/* It reads as stopped when its last write has arrived. */
		return ring->enabled || post_pending(card);
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
