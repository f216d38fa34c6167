/* SPDX-License-Identifier: MIT */
/*
 * What a card has done, in the numbers of the driver's perf events (kernel/pmu.c). Each is
 * counted once, where it crosses the bus, from switching the card on.
 */
#ifndef LIMEN_CARD_STATS_H
#define LIMEN_CARD_STATS_H

#include <stdint.h>
#include <stdio.h>

#include <limen/hw.h>

struct card;

/* Entries of a ring at most, and cookies that there are. */
#define STATS_ENTRIES	(1u << 12)
#define STATS_COOKIES	(1u << 16)

/**
 * struct card_stats - what a card has done
 * @express_busy_ns: time that its answers to comparisons tell
 * @scan_busy_ns: likewise to scans
 * @stall_ns: waiting for memory, before the last reset
 * @express_wait_max_ns: the longest from a doorbell to the answer of a comparison
 * @rows: that it has searched
 * @comparisons: that it has answered, and not given up
 * @chunks: likewise of scans
 * @doorbells: that the host has rung, of all rings
 * @interrupts: that it has sent; the host may take several for one
 * @tail: of each ring, the last doorbell
 * @rung_ns: when the doorbell was rung for a comparison, by its place in the queue
 * @asked_ns: the same by its cookie, once it has been fetched
 * @asked_rows: of a scan that has been fetched, by its cookie
 */
struct card_stats {
	uint64_t express_busy_ns;
	uint64_t scan_busy_ns;
	uint64_t stall_ns;
	uint64_t express_wait_max_ns;
	uint64_t rows;
	uint64_t comparisons;
	uint64_t chunks;
	uint64_t doorbells;
	uint64_t interrupts;
	uint32_t tail[LIMEN_HW_RINGS];
	int64_t rung_ns[STATS_ENTRIES];
	int64_t asked_ns[STATS_COOKIES];
	uint32_t asked_rows[STATS_COOKIES];
};

void stats_forget(struct card *card);
/* The card is about to be reset, and to forget what it has counted itself. */
void stats_reset(struct card *card);
/* A register is written; an entry has been fetched, from so far on in its queue; answered. */
void stats_write(struct card *card, uint32_t reg, uint32_t value);
void stats_entry(struct card *card, unsigned int ring, uint64_t offset,
		 const struct limen_hw_sqe *sqe);
void stats_answer(struct card *card, unsigned int ring,
		  const struct limen_hw_cqe *cqe);
/* A line for each of them: the name of the perf event, and its value. */
void stats_print(const struct card *card, FILE *to);

#endif /* LIMEN_CARD_STATS_H */
