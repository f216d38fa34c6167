// SPDX-License-Identifier: MIT
/*
 * When the card does what about the entries of a ring. What that is, firmware/core tells.
 */
#include <string.h>

#include <limen.h>
#include <monotonic.h>

#include "card.h"

#define NSEC_PER_MSEC	1000000LL

/* What card memory yields, if it is not slow. */
#define MEMORY_BYTES_PER_NS	1

#define LONG_EVERY	4
#define LONG_NS		500000

/* Vectors and scores stay no longer than the entry. */
void ring_forget(struct card_ring *ring)
{
	limen_wipe(ring, sizeof(*ring));
}

/* Takes the next entries, to execute them in any order; false if there is none. */
static bool fetch(struct card *card, unsigned int index)
{
	struct card_ring *ring = &card->rings[index];
	unsigned int count = 1 + post_random(card) % CARD_AHEAD;

	if (core_ring_pending(&card->core, index) &&
	    knob_spend(card, CARD_KNOB_FATAL))
		core_fatal(&card->core);
	while (ring->fetched < count) {
		unsigned int other = post_random(card) % (ring->fetched + 1);
		struct core_entry entry;

		if (!core_ring_fetch(&card->core, index, &entry))
			break;
		/* Each takes the place of one before it, or stays. */
		ring->entries[ring->fetched++] = ring->entries[other];
		ring->entries[other] = entry;
	}
	return ring->fetched;
}

/* How much longer slow memory takes over the rows of an entry. */
static int64_t slow_ns(const struct card *card, unsigned int index,
		       const struct limen_hw_sqe *sqe)
{
	uint64_t bytes = (uint64_t)core_le32(sqe->scan.rows) * core_le16(sqe->dim);

	if (index != LIMEN_HW_RING_SCAN || core_scan_check(&card->core, sqe))
		return 0;
	return (int64_t)(bytes * knob_at(card, CARD_KNOB_SLOW_MEMORY) /
			 MEMORY_BYTES_PER_NS);
}

/* Begins with the last one fetched; false if there is none. */
static bool begin(struct card *card, unsigned int index)
{
	struct card_ring *ring = &card->rings[index];

	if (!ring->fetched && !fetch(card, index))
		return false;
	ring->busy = true;
	ring->due_ns = now_ns() +
		       knob_at(card, CARD_KNOB_DELAY) * NSEC_PER_MSEC;
	/* One in so many takes its time, so that answers come one by one. */
	if (post_random(card) % LONG_EVERY == 0)
		ring->due_ns += post_random(card) % LONG_NS;
	ring->slow_ns = slow_ns(card, index,
				&ring->entries[ring->fetched - 1].sqe);
	ring->due_ns += ring->slow_ns;
	card_begins_job(card);
	return !card_is_gone(card);
}

/* Answers an entry that was fetched, and lets go of it. */
static void complete(struct card *card, unsigned int index,
		     unsigned int number, struct limen_hw_cqe *cqe)
{
	struct card_ring *ring = &card->rings[index];
	struct core_entry *entry = &ring->entries[number];

	core_ring_answer(&card->core, index, entry, cqe);
	core_ring_post(&card->core, index, entry, cqe);
	ring->fetched--;
	if (number == ring->fetched)
		ring->busy = false;
	memmove(entry, entry + 1, (ring->fetched - number) * sizeof(*entry));
	limen_wipe(&ring->entries[ring->fetched], sizeof(*entry));
}

/* Answers those that are given up, whatever is being executed. */
static void complete_aborted(struct card *card, unsigned int index)
{
	struct card_ring *ring = &card->rings[index];
	struct limen_hw_cqe cqe = { 0 };

	for (unsigned int i = ring->fetched; i-- > 0;)
		if (core_ring_aborted(&card->core, index, &ring->entries[i]))
			complete(card, index, i, &cqe);
}

int64_t ring_step(struct card *card, unsigned int index)
{
	struct card_ring *ring = &card->rings[index];
	const struct core_entry *entry;
	struct limen_hw_cqe cqe;
	int64_t start = now_ns();

	if (!card_works(card))
		return -1;
	complete_aborted(card, index);
	if (!ring->busy && !begin(card, index))
		return -1;
	if (ring->due_ns > start)
		return ring->due_ns - start;
	entry = &ring->entries[ring->fetched - 1];
	/* To the host it has begun when memory began to be slow. */
	start -= ring->slow_ns;
	if (index == LIMEN_HW_RING_EXPRESS)
		core_compare(&card->core, &card->work, &entry->sqe,
			     (uint64_t)start, &cqe);
	else
		core_scan(&card->core, &card->work, &entry->sqe,
			  (uint64_t)start, &cqe);
	core_ring_account(&card->core, index, entry, &card->work);
	core_work_wipe(&card->work);
	complete(card, index, ring->fetched - 1, &cqe);
	limen_wipe(&cqe, sizeof(cqe));
	return 0;
}
