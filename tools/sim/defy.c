// SPDX-License-Identifier: MIT
/*
 * A card that does not stop: stuck in a reset, it goes on writing where it has written
 * before, as long as it is the bus's master.
 */
#include <string.h>

#include <monotonic.h>

#include "card.h"

#define INTERVAL_NS	1000000
#define NSEC_PER_MSEC	1000000

static size_t cq_size(const struct core_ring *ring)
{
	return sizeof(struct limen_hw_cqe) << ring->size_log2;
}

static void remember(struct card *card, uint64_t address, size_t size)
{
	struct card_target *target;

	for (unsigned int i = 0; i < CARD_TARGETS; i++)
		if (card->targets[i].address == address &&
		    card->targets[i].size == size)
			return;
	target = &card->targets[card->next_target++ % CARD_TARGETS];
	target->address = address;
	target->size = size;
}

void defy_remember(struct card *card, uint64_t address, size_t size)
{
	if (knob_at(card, CARD_KNOB_DEFIANT))
		remember(card, address, size);
}

void defy_reset(struct card *card)
{
	card->defies = knob_at(card, CARD_KNOB_DEFIANT) &&
		       knob_at(card, CARD_KNOB_STUCK);
	if (!card->defies) {
		memset(card->targets, 0, sizeof(card->targets));
		return;
	}
	for (unsigned int i = 0; i < LIMEN_HW_RINGS; i++)
		if (card->core.rings[i].enabled)
			remember(card, card->core.rings[i].cq,
				 cq_size(&card->core.rings[i]));
}

static bool overlaps(uint64_t at, size_t size, uint64_t address, uint64_t last)
{
	return size && at <= last && address <= at + (size - 1);
}

/* Whether a ring that runs, a frame, or what a defiant card writes to, is there. */
static bool writes_to(const struct card *card, uint64_t address, uint64_t last)
{
	if (shell_writes_to(card, address, last))
		return true;
	for (unsigned int i = 0; i < LIMEN_HW_RINGS; i++) {
		const struct core_ring *ring = &card->core.rings[i];

		if (ring->enabled && overlaps(ring->cq, cq_size(ring), address,
					      last))
			return true;
	}
	for (unsigned int i = 0; i < CARD_TARGETS && card->defies; i++)
		if (overlaps(card->targets[i].address, card->targets[i].size,
			     address, last))
			return true;
	return false;
}

void defy_unmap(struct card *card, uint64_t address, uint64_t last)
{
	if (config_masters_bus(card) && writes_to(card, address, last))
		knob_count(card, CARD_KNOB_REFUSED);
}

static void scribble(struct card *card, const struct card_target *target)
{
	uint64_t end = target->address + target->size;
	uint32_t word = post_random(card);
	bool written = false;

	for (uint64_t at = target->address; at < end; at += sizeof(word)) {
		void *to = dma_peek(card, at, sizeof(word), true);

		if (to)
			memcpy(to, &word, sizeof(word));
		written |= !!to;
	}
	if (!written)
		return;
	knob_count(card, CARD_KNOB_STRAYS);
	card->strayed_ns = now_ns();
}

uint32_t defy_strayed_ms(const struct card *card)
{
	int64_t past = (now_ns() - card->strayed_ns) / NSEC_PER_MSEC;

	return card->strayed_ns && past < UINT32_MAX ? (uint32_t)past : UINT32_MAX;
}

int64_t defy_step(struct card *card)
{
	int64_t now = now_ns();

	if (!knob_at(card, CARD_KNOB_DEFIANT))
		card->defies = false;
	if (!card->defies || !config_masters_bus(card))
		return -1;
	if (now < card->defies_next_ns)
		return card->defies_next_ns - now;
	card->defies_next_ns = now + INTERVAL_NS;
	for (unsigned int i = 0; i < CARD_TARGETS; i++)
		if (card->targets[i].size)
			scribble(card, &card->targets[i]);
	return INTERVAL_NS;
}
