// SPDX-License-Identifier: MIT
/*
 * The card's interrupts: which of its vectors an event uses, and when. One that comes too
 * soon after the last one by its vector is held, and with it all that follow until then, or until
 * FATAL, which never is.
 */
#include <linux/pci_regs.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <monotonic.h>

#include "card.h"

#define NSEC_PER_USEC	1000LL
#define NSEC_PER_MSEC	1000000LL

static void interrupt(struct card *card, unsigned int number)
{
	struct card_vector *vector = &card->vectors[number];

	vector->held = false;
	vector->next_ns = now_ns() +
			  card->core.moderation[number] * NSEC_PER_USEC;
	post_interrupt(card, number);
}

void vector_event(struct card *card, unsigned int number, bool urgent)
{
	if (!urgent && now_ns() < card->vectors[number].next_ns)
		card->vectors[number].held = true;
	else
		interrupt(card, number);
}

/* At the host. */
static void signal_host(struct card *card, unsigned int number)
{
	int irq = card->vectors[number].irq;

	card->vectors[number].late_ns = 0;
	if (irq < 0 || !config_interrupts(card))
		return;
	eventfd_write(irq, 1);
	card->stats.interrupts++;
}

int64_t vector_step(struct card *card)
{
	int64_t now = now_ns(), next = -1;

	for (unsigned int i = 0; i < CARD_VECTORS; i++) {
		struct card_vector *vector = &card->vectors[i];

		if (vector->held && vector->next_ns <= now)
			interrupt(card, i);
		if (vector->late_ns && vector->late_ns <= now)
			signal_host(card, i);
		if (vector->held)
			next = sooner(next, vector->next_ns - now);
		if (vector->late_ns)
			next = sooner(next, vector->late_ns - now);
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

/* At once, or late: several of a vector that are late are one. */
void vector_arrive(struct card *card, unsigned int number)
{
	struct card_vector *vector = &card->vectors[number];
	uint32_t late_ms = knob_at(card, CARD_KNOB_LATE);

	if (knob_at(card, CARD_KNOB_LOSE_VECTORS) & 1u << number)
		return;
	if (!late_ms)
		signal_host(card, number);
	else if (!vector->late_ns)
		vector->late_ns = now_ns() + late_ms * NSEC_PER_MSEC;
}

void vector_connect(struct card *card, unsigned int number, int irq)
{
	struct card_vector *vector = &card->vectors[number];

	if (vector->irq >= 0)
		close(vector->irq);
	vector->irq = irq;
	vector->late_ns = 0;
}
