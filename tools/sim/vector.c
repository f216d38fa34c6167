// SPDX-License-Identifier: MIT
/*
 * The card's interrupts: which of its vectors an event uses, and when. One that comes too
 * soon after the last one by its vector is held, and with it all that follow until then.
 */
#include <linux/pci_regs.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <monotonic.h>

#include "card.h"

#define NSEC_PER_USEC	1000LL

static void interrupt(struct card *card, unsigned int number)
{
	struct card_vector *vector = &card->vectors[number];

	vector->held = false;
	vector->next_ns = now_ns() +
			  card->core.moderation[number] * NSEC_PER_USEC;
	post_interrupt(card, number);
}

void vector_event(struct card *card, unsigned int number)
{
	if (now_ns() < card->vectors[number].next_ns)
		card->vectors[number].held = true;
	else
		interrupt(card, number);
}

int64_t vector_step(struct card *card)
{
	int64_t now = now_ns(), next = -1;

	for (unsigned int i = 0; i < CARD_VECTORS; i++) {
		int64_t left = card->vectors[i].next_ns - now;

		if (!card->vectors[i].held)
			continue;
		if (left <= 0)
			interrupt(card, i);
		else if (next < 0 || left < next)
			next = left;
	}
	return next;
}

void vector_forget(struct card *card)
{
	for (unsigned int i = 0; i < CARD_VECTORS; i++) {
		card->vectors[i].held = false;
		card->vectors[i].next_ns = 0;
	}
}

void vector_arrive(struct card *card, unsigned int number)
{
	uint32_t lost = config_knob(card, CARD_KNOB_LOSE);
	int irq = card->vectors[number].irq;

	if (irq >= 0 && config_interrupts(card) && !(lost & 1u << number))
		eventfd_write(irq, 1);
}

void vector_connect(struct card *card, unsigned int number, int irq)
{
	struct card_vector *vector = &card->vectors[number];

	if (vector->irq >= 0)
		close(vector->irq);
	vector->irq = irq;
}
