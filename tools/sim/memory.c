// SPDX-License-Identifier: MIT
/* Errors of card memory, which it has if a test wants them. */
#include "card.h"

static bool due(struct card *card, unsigned int knob)
{
	uint32_t left = config_knob(card, knob);

	if (left)
		config_knob_set(card, knob, left - 1);
	return left;
}

bool memory_sound(struct card *card, uint64_t address)
{
	if (due(card, CARD_KNOB_CORRECTED))
		core_memory_error(&card->core, address, true);
	if (!due(card, CARD_KNOB_UNCORRECTED))
		return true;
	core_memory_error(&card->core, address, false);
	if (card->shell)
		shell_fatal(card);
	return false;
}
