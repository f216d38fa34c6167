// SPDX-License-Identifier: MIT
/* The card's way to the memory of its host: what it was given, and no more. */
#include <errno.h>
#include <sys/mman.h>

#include "card.h"

static bool overlaps(const struct card_area *area, uint64_t address,
		     uint64_t size)
{
	return address < area->address + area->size &&
	       area->address < address + size;
}

int dma_map(struct card *card, const struct card_area *area)
{
	if (!area->size || area->address + area->size < area->address)
		return -EINVAL;
	for (unsigned int i = 0; i < card->area_count; i++)
		if (overlaps(&card->areas[i], area->address, area->size))
			return -EEXIST;
	if (card->area_count == CARD_AREAS)
		return -ENOSPC;
	card->areas[card->area_count++] = *area;
	return 0;
}

static void unmap(struct card *card, unsigned int index)
{
	munmap(card->areas[index].at, card->areas[index].size);
	card->areas[index] = card->areas[--card->area_count];
}

int dma_unmap(struct card *card, uint64_t address, uint64_t size)
{
	for (unsigned int i = 0; i < card->area_count; i++) {
		if (card->areas[i].address != address ||
		    card->areas[i].size != size)
			continue;
		unmap(card, i);
		return 0;
	}
	return -ENOENT;
}

void dma_unmap_all(struct card *card)
{
	while (card->area_count)
		unmap(card, 0);
}

void *dma_at(struct card *card, uint64_t address, size_t size, bool write)
{
	if (config_masters_bus(card)) {
		for (unsigned int i = 0; i < card->area_count; i++) {
			struct card_area *area = &card->areas[i];

			if (address >= area->address && size <= area->size &&
			    address - area->address <= area->size - size &&
			    (area->writable || !write))
				return area->at + (address - area->address);
		}
	}
	config_knob_set(card, CARD_KNOB_REFUSED,
			config_knob(card, CARD_KNOB_REFUSED) + 1);
	return NULL;
}
