// SPDX-License-Identifier: MIT
/*
 * What of the rings goes over the bus: entries that the card reads, answers that it writes.
 * Both kinds of cards do so in their own way; here it is looked at, to be counted, and
 * altered where a knob says so.
 */
#include <string.h>

#include "card.h"

enum queue {
	SUBMISSIONS,
	COMPLETIONS,
};

/* The ring to whose queue an address belongs, or LIMEN_HW_RINGS. */
static unsigned int find(const struct card *card, uint64_t address,
			 enum queue queue)
{
	for (unsigned int i = 0; i < LIMEN_HW_RINGS; i++) {
		const struct core_ring *ring = &card->core.rings[i];
		uint64_t base = queue == SUBMISSIONS ? ring->sq : ring->cq;
		uint64_t size = queue == SUBMISSIONS ? sizeof(struct limen_hw_sqe) :
						       sizeof(struct limen_hw_cqe);

		if (ring->enabled && address >= base &&
		    address - base < size << ring->size_log2)
			return i;
	}
	return LIMEN_HW_RINGS;
}

bool traffic_refused(struct card *card, uint64_t address)
{
	return find(card, address, SUBMISSIONS) == LIMEN_HW_RINGS &&
	       knob_spend(card, CARD_KNOB_REFUSE);
}

void traffic_in(struct card *card, uint64_t address, void *bytes, size_t size)
{
	unsigned int ring = find(card, address, SUBMISSIONS);
	struct limen_hw_sqe sqe;

	if (ring == LIMEN_HW_RINGS || size != sizeof(sqe))
		return;
	memcpy(&sqe, bytes, sizeof(sqe));
	stats_entry(card, ring, address - card->core.rings[ring].sq, &sqe);
	hostile_entry(card, &sqe);
	memcpy(bytes, &sqe, sizeof(sqe));
}

/* All but the number, by which the host knows that it is one. */
static void garble(struct card *card, struct limen_hw_cqe *cqe)
{
	uint8_t *bytes = (uint8_t *)cqe;

	for (size_t i = 0; i < offsetof(struct limen_hw_cqe, seq); i++)
		bytes[i] = (uint8_t)post_random(card);
}

void traffic_out(struct card *card, uint64_t address, void *bytes, size_t size)
{
	unsigned int ring = find(card, address, COMPLETIONS);
	struct limen_hw_cqe cqe;

	if (ring == LIMEN_HW_RINGS || size != sizeof(cqe)) {
		hostile_result(card, bytes, size);
		return;
	}
	memcpy(&cqe, bytes, sizeof(cqe));
	stats_answer(card, ring, &cqe);
	if (knob_spend(card, CARD_KNOB_GARBAGE))
		garble(card, &cqe);
	hostile_answer(card, ring, &cqe);
	memcpy(bytes, &cqe, sizeof(cqe));
}
