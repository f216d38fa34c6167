// SPDX-License-Identifier: MIT
/* Errors of card memory, which it has if a test wants them. */
#include "card.h"

bool memory_sound(struct card *card, uint64_t address)
{
	if (knob_spend(card, CARD_KNOB_CORRECTED))
		core_memory_error(&card->core, address, true);
	if (!knob_spend(card, CARD_KNOB_UNCORRECTED))
		return true;
	core_memory_error(&card->core, address, false);
	if (card->shell)
		shell_fatal(card);
	return false;
}
