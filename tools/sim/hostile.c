// SPDX-License-Identifier: MIT
/*
 * A card that lies: about its registers, in its answers, by its interrupts, about what it
 * was asked, about scores, and about where it writes. Some lies nobody could tell from the
 * truth, and they are told only where scores may be wrong (CARD_HOSTILE_ENTRIES and
 * _RESULTS): another entry's cookie while that is under way, success in place of a failure,
 * and fewer rows than there are, of a scan that leaves some out.
 */
#include <string.h>

#include "card.h"

/* Memory of more bytes than that is no buffer, but the machine's: no IOMMU protects it. */
#define BUFFER_MAX	(1u << 20)

/* Interrupts in place of one. */
#define INTERRUPTS_MAX	4

static uint32_t draw(struct card *card)
{
	return random_next(&card->hostile_random);
}

/* Whether there is a lie now, which counts. */
static bool lies(struct card *card, uint32_t about)
{
	uint32_t one_in = knob_at(card, CARD_KNOB_HOSTILE_ONE_IN);

	if (!(knob_at(card, CARD_KNOB_HOSTILE) & about) ||
	    (one_in && draw(card) % one_in))
		return false;
	knob_count(card, CARD_KNOB_LIES);
	return true;
}

/* A bit turns over, or it is one of those values that mean something, or any. */
static uint32_t alter(struct card *card, uint32_t value)
{
	switch (draw(card) % 6) {
	case 0:
		return 0;
	case 1:
		return UINT32_MAX;
	case 2:
		return value + 1;
	case 3:
		return draw(card);
	default:
		return value ^ 1u << draw(card) % 32;
	}
}

/*
 * How long something takes at most is told the truth: a driver may wait for that long,
 * and so would the test.
 */
static bool is_time(uint64_t reg)
{
	return reg == LIMEN_HW_REG_BOOT_MS || reg == LIMEN_HW_REG_HEARTBEAT_MS ||
	       (reg >= LIMEN_HW_REG_RESET_MS && reg <= LIMEN_HW_REG_RING_STOP_MS);
}

uint32_t hostile_register(struct card *card, uint64_t reg, uint32_t value)
{
	return !is_time(reg) && lies(card, CARD_HOSTILE_REGISTERS) ?
		       alter(card, value) :
		       value;
}

/* Whether an entry of a ring, as its host has written it last, has this cookie. */
static bool is_asked(struct card *card, const struct core_ring *ring,
		     uint16_t cookie)
{
	for (uint32_t i = 0; i < 1u << ring->size_log2; i++) {
		const struct limen_hw_sqe *sqe =
			dma_peek(card, ring->sq + i * sizeof(*sqe),
				 sizeof(*sqe), false);

		if (sqe && core_le16(sqe->cookie) == cookie)
			return true;
	}
	return false;
}

static void alter_cookie(struct card *card, unsigned int ring,
			 struct limen_hw_cqe *cqe)
{
	uint16_t cookie = core_le16(cqe->cookie);

	cookie ^= (uint16_t)(1u << draw(card) % 16);
	if (!is_asked(card, &card->core.rings[ring], cookie))
		cqe->cookie = core_to_le16(cookie);
}

void hostile_answer(struct card *card, unsigned int ring,
		    struct limen_hw_cqe *cqe)
{
	uint32_t more = 1 + draw(card) % LIMEN_HW_TOP_K_MAX;

	if (!lies(card, CARD_HOSTILE_ANSWERS))
		return;
	switch (draw(card) % 6) {
	case 0:
		alter_cookie(card, ring, cqe);
		break;
	case 1:
		if (!cqe->status)
			cqe->status = core_to_le16((uint16_t)alter(card, 0));
		break;
	case 2:
		cqe->count = core_to_le32(core_le32(cqe->count) + more);
		break;
	case 3:
		cqe->device_ns = core_to_le64((uint64_t)draw(card) << 32 |
					      draw(card));
		break;
	case 4:
		cqe->cycles = core_to_le32(draw(card));
		break;
	default:
		cqe->seq = core_to_le32(alter(card, core_le32(cqe->seq)));
		break;
	}
}

/* A word of it, among them those that say where vectors and results are. */
void hostile_entry(struct card *card, struct limen_hw_sqe *sqe)
{
	uint32_t words[sizeof(*sqe) / sizeof(uint32_t)];
	uint32_t *word = &words[draw(card) % (sizeof(words) / sizeof(*words))];

	if (!lies(card, CARD_HOSTILE_ENTRIES))
		return;
	memcpy(words, sqe, sizeof(words));
	*word = alter(card, *word);
	memcpy(sqe, words, sizeof(words));
}

void hostile_result(struct card *card, void *bytes, size_t size)
{
	uint8_t *byte = (uint8_t *)bytes + draw(card) % size;

	if (lies(card, CARD_HOSTILE_RESULTS))
		*byte = (uint8_t)alter(card, *byte);
}

unsigned int hostile_interrupts(struct card *card)
{
	return lies(card, CARD_HOSTILE_INTERRUPTS) ?
		       draw(card) % (INTERRUPTS_MAX + 1) :
		       1;
}

/* Within or just behind one of the buffers that it was given, or anywhere. */
bool hostile_stray(struct card *card, uint64_t *address)
{
	const struct card_area *area;
	uint64_t offset;

	if (!lies(card, CARD_HOSTILE_DMA))
		return false;
	*address = ((uint64_t)draw(card) << 32 | draw(card)) &
		   ~(uint64_t)(CARD_POST_BYTES - 1);
	if (!card->area_count || draw(card) % 4 == 0)
		return true;
	area = &card->areas[draw(card) % card->area_count];
	offset = draw(card) % (2 * BUFFER_MAX) & ~(uint64_t)(CARD_POST_BYTES - 1);
	if (area->size <= BUFFER_MAX)
		*address = area->address + offset % (2 * area->size);
	return true;
}
