// SPDX-License-Identifier: MIT
/* The table of the card's knobs, and those that do something when they are turned. */
#include <string.h>

#include "card.h"

#define AS_ENTRY(constant, text, does) { .name = (text), .what = (does) },

const struct knob knobs[CARD_KNOB_COUNT] = { CARD_KNOB_LIST(AS_ENTRY) };

enum card_knob knob_find(const char *name)
{
	unsigned int knob = 0;

	while (knob < CARD_KNOB_COUNT && strcmp(knobs[knob].name, name))
		knob++;
	return knob;
}

void knobs_switch_on(struct card *card, const struct card_options *options)
{
	memset(card->knobs, 0, sizeof(card->knobs));
	knob_set(card, CARD_KNOB_ID, LIMEN_HW_ID);
	knob_set(card, CARD_KNOB_MEM_MIB,
			(uint32_t)(card->core.mem_size >> 20));
	knob_set(card, CARD_KNOB_FICKLE,
			options->fickle ? UINT32_MAX : 0);
	knob_set(card, CARD_KNOB_HOSTILE, options->hostile);
	knob_set(card, CARD_KNOB_HOSTILE_ONE_IN, HOSTILE_ONE_IN);
	card->hostile_random = options->seed;
}

uint32_t knob_get(struct card *card, enum card_knob knob)
{
	const struct card_stats *stats = &card->stats;

	switch (knob) {
	case CARD_KNOB_STRAYED:
		return defy_strayed_ms(card);
	case CARD_KNOB_EXPRESS_BUSY:
		return (uint32_t)stats->express_busy_ns;
	case CARD_KNOB_SCAN_BUSY:
		return (uint32_t)stats->scan_busy_ns;
	case CARD_KNOB_ROWS:
		return (uint32_t)stats->rows;
	case CARD_KNOB_COMPARISONS:
		return (uint32_t)stats->comparisons;
	case CARD_KNOB_CHUNKS:
		return (uint32_t)stats->chunks;
	case CARD_KNOB_DOORBELLS:
		return (uint32_t)stats->doorbells;
	case CARD_KNOB_INTERRUPTS:
		return (uint32_t)stats->interrupts;
	default:
		return knob_at(card, knob);
	}
}

static void flip(struct card *card)
{
	uint32_t at = knob_at(card, CARD_KNOB_FLIP_AT);

	if (at < card->core.mem_size)
		card->mem[at] ^= (uint8_t)knob_at(card, CARD_KNOB_FLIP);
	knob_set(card, CARD_KNOB_FLIP, 0);
}

void knob_turn(struct card *card, enum card_knob knob, uint32_t value)
{
	knob_set(card, knob, value);
	if (knob == CARD_KNOB_FLIP)
		flip(card);
	else if (knob == CARD_KNOB_HOSTILE_SEED && value)
		card->hostile_random = value;
}

bool knob_spend(struct card *card, enum card_knob knob)
{
	uint32_t left = knob_at(card, knob);

	if (!left)
		return false;
	knob_set(card, knob, left - 1);
	return true;
}

void knob_count(struct card *card, enum card_knob knob)
{
	knob_set(card, knob, knob_at(card, knob) + 1);
}
