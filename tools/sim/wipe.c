// SPDX-License-Identifier: MIT
/*
 * The gateware's engine that zeroes card memory. It needs no processor, and a reset by
 * register does not stop it; it takes as long as memory does.
 */
#include <string.h>

#include <monotonic.h>

#include "card.h"

/* What memory takes in a nanosecond. */
#define BYTES_PER_NS	1

static bool fits(const struct card *card)
{
	uint64_t pages = card->core.mem_size / LIMEN_HW_PAGE_SIZE;

	return card->wipe.page <= pages &&
	       card->wipe.pages <= pages - card->wipe.page;
}

static void go(struct card *card, uint32_t number)
{
	struct card_wipe *wipe = &card->wipe;

	wipe->number = fits(card) ? number : 0;
	wipe->at = 0;
	wipe->start_ns = now_ns();
}

bool wipe_read(struct card *card, uint32_t reg, uint32_t *value)
{
	if (reg != LIMEN_HW_REG_WIPE_DONE)
		return false;
	wipe_step(card);
	*value = card->wipe.done;
	return true;
}

bool wipe_write(struct card *card, uint32_t reg, uint32_t value)
{
	struct card_wipe *wipe = &card->wipe;

	/* What is under way has got as far as it has. */
	wipe_step(card);
	switch (reg) {
	case LIMEN_HW_REG_WIPE_PAGE:
		if (!wipe->number)
			wipe->page = value;
		return true;
	case LIMEN_HW_REG_WIPE_PAGES:
		if (!wipe->number)
			wipe->pages = value;
		return true;
	case LIMEN_HW_REG_WIPE_GO:
		if (!value || !wipe->number)
			go(card, value);
		return true;
	default:
		return false;
	}
}

void wipe_forget(struct card *card)
{
	memset(&card->wipe, 0, sizeof(card->wipe));
}

/* The last wipe has been done, or seems to. */
static void end(struct card *card, uint64_t size)
{
	struct card_wipe *wipe = &card->wipe;
	uint32_t pages = knob_at(card, CARD_KNOB_WIPED);

	knob_set(card, CARD_KNOB_WIPED,
			pages + (uint32_t)(size / LIMEN_HW_PAGE_SIZE));
	wipe->done = wipe->number;
	wipe->number = 0;
}

int64_t wipe_step(struct card *card)
{
	struct card_wipe *wipe = &card->wipe;
	uint64_t size = (uint64_t)wipe->pages * LIMEN_HW_PAGE_SIZE, until;
	uint64_t slower = 1 + (uint64_t)knob_at(card, CARD_KNOB_SLOW_MEMORY);

	if (!wipe->number || knob_at(card, CARD_KNOB_WIPE_STUCK))
		return -1;
	until = (uint64_t)(now_ns() - wipe->start_ns) * BYTES_PER_NS / slower;
	if (until > size)
		until = size;
	memset(card->mem + (uint64_t)wipe->page * LIMEN_HW_PAGE_SIZE + wipe->at, 0,
	       until - wipe->at);
	wipe->at = until;
	if (until < size)
		return (int64_t)((size - until) * slower / BYTES_PER_NS);
	end(card, size);
	return -1;
}
