// SPDX-License-Identifier: MIT
/* What firmware/core asks of the card, whose engine is a program. */
#include <string.h>

#include <monotonic.h>

#include "card.h"

static struct card *to_card(struct core_board *core)
{
	return (struct card *)((char *)core - offsetof(struct card, core));
}

static enum core_access load(struct core_board *core, uint64_t address,
			     bool on_card, void *to, uint32_t size)
{
	struct card *card = to_card(core);

	if (!on_card)
		return dma_read(card, address, to, size) ? CORE_DONE :
							   CORE_REFUSED;
	if (!memory_sound(card, address))
		return CORE_DENIED;
	memcpy(to, card->mem + address, size);
	return CORE_DONE;
}

/* Bits of a score turn over, once. */
static void flip(struct core_board *core, s32 *raw)
{
	struct card *card = to_card(core);

	*raw ^= (s32)knob_at(card, CARD_KNOB_FLIP_RESULT);
	knob_set(card, CARD_KNOB_FLIP_RESULT, 0);
}

/* Posted: nobody learns what becomes of it. */
static enum core_access store(struct core_board *core, uint64_t address,
			      const void *from, uint32_t size)
{
	post_memory(to_card(core), address, from, size);
	return CORE_DONE;
}

static bool reaches(struct core_board *core, uint64_t address, uint32_t size)
{
	if (!dma_reaches(to_card(core), address, size))
		return false;
	defy_remember(to_card(core), address, size);
	return true;
}

static void compare(struct core_board *core, struct core_work *work,
		    uint32_t dim, struct limen_score *score)
{
	*score = limen_score_vectors(work->probe, work->reference, dim);
	flip(core, &score->raw);
}

static uint16_t scan(struct core_board *core, struct core_work *work,
		     const struct limen_hw_sqe *sqe)
{
	const uint8_t *rows = to_card(core)->mem + core_le64(sqe->scan.gallery);

	if (!memory_sound(to_card(core), core_le64(sqe->scan.gallery)))
		return LIMEN_HW_INTERNAL;
	core_rank_rows(work, sqe, rows, 0, core_le32(sqe->scan.rows));
	core_rank_sort(&work->best);
	if (work->best.count)
		flip(core, &work->best.rows[0].raw);
	return LIMEN_HW_OK;
}

static void raise_event(struct core_board *core, uint32_t bits)
{
	uint32_t vectors = core_raise(core, bits);

	for (unsigned int i = 0; i < CARD_VECTORS; i++)
		if (vectors & 1u << i)
			vector_event(to_card(core), i,
				     !i && bits & core->irq_enable & LIMEN_HW_IRQ_FATAL);
}

static uint64_t time_ns(struct core_board *core)
{
	(void)core;
	return (uint64_t)now_ns();
}

const struct core_ops engine_ops = {
	.load = load,
	.store = store,
	.reaches = reaches,
	.compare = compare,
	.scan = scan,
	.raise = raise_event,
	.now_ns = time_ns,
};
