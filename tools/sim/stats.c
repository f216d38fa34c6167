// SPDX-License-Identifier: MIT
/* What a card has done, in numbers. */
#include <inttypes.h>
#include <string.h>

#include <monotonic.h>

#include "card.h"

void stats_forget(struct card *card)
{
	memset(&card->stats, 0, sizeof(card->stats));
}

/* Since the last reset. */
static uint64_t stall_ns(const struct card *card)
{
	uint64_t total = 0;

	for (unsigned int i = 0; i < CARD_RINGS; i++)
		total += card->shell ? shell_stall_ns(card, i) :
				       card->core.rings[i].stall_ns;
	return total;
}

void stats_reset(struct card *card)
{
	card->stats.stall_ns += stall_ns(card);
	memset(card->stats.tail, 0, sizeof(card->stats.tail));
}

/* All entries up to the doorbell's are asked for now, if it makes sense. */
static void ring_doorbell(struct card_stats *stats, unsigned int ring,
			  uint32_t tail)
{
	int64_t now = now_ns();

	stats->doorbells++;
	if (ring != LIMEN_HW_RING_EXPRESS || tail - stats->tail[ring] > STATS_ENTRIES)
		return;
	while (stats->tail[ring] != tail)
		stats->rung_ns[stats->tail[ring]++ % STATS_ENTRIES] = now;
}

void stats_write(struct card *card, uint32_t reg, uint32_t value)
{
	unsigned int ring;
	uint32_t offset;

	if (!core_is_ring_reg(reg, &ring, &offset))
		return;
	if (offset == LIMEN_HW_RING_SQ_TAIL)
		ring_doorbell(&card->stats, ring, value);
	else if (offset == LIMEN_HW_RING_ENABLE)
		card->stats.tail[ring] = 0;
}

/*
 * A place in a queue is used again and again, and doorbells count on; so the last one of
 * that place is looked for, which is as many entries before the tail.
 */
void stats_entry(struct card *card, unsigned int ring, uint64_t offset,
		 const struct limen_hw_sqe *sqe)
{
	struct card_stats *stats = &card->stats;
	uint32_t mask = (1u << card->core.rings[ring].size_log2) - 1;
	uint32_t slot = (uint32_t)(offset / sizeof(*sqe)), tail = stats->tail[ring];
	uint16_t cookie = core_le16(sqe->cookie);

	if (ring == LIMEN_HW_RING_EXPRESS)
		stats->asked_ns[cookie] =
			stats->rung_ns[(tail - 1 - ((tail - 1 - slot) & mask)) %
				       STATS_ENTRIES];
	else if (ring == LIMEN_HW_RING_SCAN)
		stats->asked_rows[cookie] = core_le32(sqe->scan.rows);
}

void stats_answer(struct card *card, unsigned int ring,
		  const struct limen_hw_cqe *cqe)
{
	struct card_stats *stats = &card->stats;
	uint16_t cookie = core_le16(cqe->cookie);
	uint16_t status = core_le16(cqe->status);
	uint64_t wait_ns = (uint64_t)(now_ns() - stats->asked_ns[cookie]);

	if (status == LIMEN_HW_ABORTED)
		return;
	if (ring == LIMEN_HW_RING_SCAN) {
		stats->chunks++;
		stats->scan_busy_ns += core_le64(cqe->device_ns);
		if (status == LIMEN_HW_OK)
			stats->rows += stats->asked_rows[cookie];
	} else if (ring == LIMEN_HW_RING_EXPRESS) {
		stats->comparisons++;
		stats->express_busy_ns += core_le64(cqe->device_ns);
		if (wait_ns > stats->express_wait_max_ns)
			stats->express_wait_max_ns = wait_ns;
	}
}

void stats_print(const struct card *card, FILE *to)
{
	const struct card_stats *stats = &card->stats;
	const struct {
		const char *name;
		uint64_t value;
	} lines[] = {
		{ "express_busy", stats->express_busy_ns },
		{ "scan_busy", stats->scan_busy_ns },
		{ "stalls", stats->stall_ns + stall_ns(card) },
		{ "express_wait_max", stats->express_wait_max_ns },
		{ "rows", stats->rows },
		{ "comparisons", stats->comparisons },
		{ "chunks", stats->chunks },
		{ "doorbells", stats->doorbells },
		{ "interrupts", stats->interrupts },
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		fprintf(to, "%s %" PRIu64 "\n", lines[i].name, lines[i].value);
	fflush(to);
}
