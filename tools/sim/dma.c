// SPDX-License-Identifier: MIT
/*
 * The card's way to the memory of its host: what it was given, and no more. Behind an
 * IOMMU that is a page here and a page there.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "card.h"

/* The number of areas that end at or before @address. */
static unsigned int find(const struct card *card, uint64_t address)
{
	unsigned int low = 0, high = card->area_count;

	while (low < high) {
		unsigned int middle = low + (high - low) / 2;
		const struct card_area *area = &card->areas[middle];

		if (area->address + (area->size - 1) < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int grow(struct card *card)
{
	unsigned int room = card->area_room ? 2 * card->area_room : 64;
	struct card_area *areas;

	if (card->area_count < card->area_room)
		return 0;
	if (room > CARD_AREAS_MAX)
		return -ENOSPC;
	areas = realloc(card->areas, room * sizeof(*areas));
	if (!areas)
		return -ENOMEM;
	card->areas = areas;
	card->area_room = room;
	return 0;
}

int dma_map(struct card *card, const struct card_area *area)
{
	unsigned int index;
	int ret;

	if (!area->size || area->address + (area->size - 1) < area->address)
		return -EINVAL;
	index = find(card, area->address);
	if (index < card->area_count &&
	    card->areas[index].address <= area->address + (area->size - 1))
		return -EEXIST;
	ret = grow(card);
	if (ret)
		return ret;
	memmove(&card->areas[index + 1], &card->areas[index],
		(card->area_count++ - index) * sizeof(*area));
	card->areas[index] = *area;
	return 0;
}

/* An IOMMU takes several away at once, but never a part of one. */
void dma_unmap(struct card *card, uint64_t address, uint64_t last)
{
	unsigned int first = find(card, address), end = first;

	while (end < card->area_count && card->areas[end].address >= address &&
	       card->areas[end].address + (card->areas[end].size - 1) <= last) {
		const struct card_area *area = &card->areas[end++];

		defy_unmap(card, area->address, area->address + (area->size - 1));
		munmap(area->at, area->size);
	}
	/* Before the first one is mapped there is nowhere to move. */
	if (end == first)
		return;
	memmove(&card->areas[first], &card->areas[end],
		(card->area_count - end) * sizeof(*card->areas));
	card->area_count -= end - first;
}

void *dma_peek(struct card *card, uint64_t address, size_t size, bool write)
{
	unsigned int index = find(card, address);
	const struct card_area *area = card->areas + index;

	if (!config_masters_bus(card) || index == card->area_count ||
	    address < area->address ||
	    address - area->address > area->size ||
	    size > area->size - (address - area->address) ||
	    (write && !area->writable))
		return NULL;
	return area->at + (address - area->address);
}

void *dma_at(struct card *card, uint64_t address, size_t size, bool write)
{
	void *at = dma_peek(card, address, size, write);

	if (!at)
		knob_count(card, CARD_KNOB_REFUSED);
	return at;
}

bool dma_reaches(struct card *card, uint64_t address, size_t size)
{
	uint64_t last = address + (size - 1);

	while (address < last) {
		if (!dma_at(card, address, 1, true))
			return false;
		address += LIMEN_HW_PAGE_SIZE - address % LIMEN_HW_PAGE_SIZE;
	}
	return true;
}

bool dma_read(struct card *card, uint64_t address, void *to, size_t size)
{
	unsigned int pieces = (unsigned int)(size / CARD_PIECE), left = pieces;
	unsigned int start = post_random(card) % pieces;

	if (traffic_refused(card, address))
		return false;
	/* Each answer on its own, so in any order: here, in a circle. */
	while (left--) {
		size_t at = (start + left) % pieces * CARD_PIECE;
		const void *from = dma_at(card, address + at, CARD_PIECE, false);

		if (!from)
			return false;
		memcpy((uint8_t *)to + at, from, CARD_PIECE);
	}
	traffic_in(card, address, to, size);
	return true;
}
