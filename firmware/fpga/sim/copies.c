// SPDX-License-Identifier: MIT
/* Copies from host memory: whole, refused, or failed without a byte of what was wrong. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "board.h"
#include "tap.h"

#define HOST_AT		0x123456789000u	/* of the page that the host has */
#define HOST_BYTES	4096
#define TIMEOUT_CYCLES	3000 /* as the Makefile builds the models */
#define CARD_AT		8192

/* The host's page, and where reading it goes wrong. */
struct host {
	uint8_t page[HOST_BYTES];
	uint64_t wrong_at;
	enum limen_rtl_answer wrong;
	unsigned int outside;
};

static enum limen_rtl_answer host_read(void *context, uint64_t address, void *to,
				       unsigned int size)
{
	struct host *host = context;

	if (address < HOST_AT || address + size > HOST_AT + HOST_BYTES) {
		host->outside++;
		return LIMEN_RTL_REFUSED;
	}
	memcpy(to, &host->page[address - HOST_AT], size);
	return address == host->wrong_at ? host->wrong : LIMEN_RTL_ANSWERED;
}

static void host_set(struct board *board, struct host *host, uint32_t latency)
{
	struct limen_rtl_host model = { host_read, host, latency };

	limen_rtl_host(board->rtl, &model);
}

/* The status of a copy. */
static unsigned int copy(struct board *board, uint64_t from, uint32_t to,
			 uint32_t bytes)
{
	unsigned int waited;

	memset(board->memory, 0xa5, MEMORY_BYTES);
	if (!limen_rtl_copy_start(board->rtl, from, to, bytes))
		return UINT32_MAX;
	for (waited = 0; !limen_rtl_copy_done(board->rtl); waited++) {
		if (waited > 10 * TIMEOUT_CYCLES)
			return UINT32_MAX;
		limen_rtl_run(board->rtl, 1);
	}
	return limen_rtl_copy_status(board->rtl);
}

/* Whether card memory has the first @bytes of such a copy, and is else as it was. */
static bool holds(const struct board *board, const struct host *host,
		  uint32_t from, uint32_t to, uint32_t bytes)
{
	uint32_t i;

	for (i = 0; i < MEMORY_BYTES; i++) {
		uint8_t due = i >= to && i - to < bytes ?
				      host->page[from + i - to] : 0xa5;

		if (board->memory[i] != due)
			return false;
	}
	return true;
}

static bool copies(struct board *board, struct host *host, uint32_t from,
		   uint32_t to, uint32_t bytes)
{
	return copy(board, HOST_AT + from, to, bytes) == LIMEN_HW_OK &&
	       holds(board, host, from, to, bytes);
}

static void check_good(struct board *board, struct host *host, struct dice *dice)
{
	unsigned int i, bad = 0;

	for (i = 0; i < 40; i++) {
		uint32_t from = 64 * roll_below(dice, 64);
		uint32_t bytes = 64 * (1 + roll_below(dice, 64 - from / 64));
		uint32_t to = 64 * roll_below(dice, (MEMORY_BYTES - bytes) / 64);

		bad += !copies(board, host, from, to, bytes);
	}
	bad += !copies(board, host, 0, MEMORY_BYTES - 4096, 4096);
	tap_result(!bad && !host->outside && !limen_rtl_unexpected(board->rtl),
		   "%u copies from the host, answers in any order, %u wrong", i + 1,
		   bad);
}

static void check_bad(struct board *board, struct host *host)
{
	const struct {
		uint64_t from;
		uint32_t to, bytes;
		unsigned int due;
	} bad[] = {
		{ HOST_AT + 32, CARD_AT, 64, LIMEN_HW_BAD_DESCRIPTOR },
		{ HOST_AT, CARD_AT + 8, 64, LIMEN_HW_BAD_DESCRIPTOR },
		{ HOST_AT, CARD_AT, 65, LIMEN_HW_BAD_DESCRIPTOR },
		{ HOST_AT, CARD_AT, 0, LIMEN_HW_BAD_DESCRIPTOR },
		{ HOST_AT, CARD_AT, 4160, LIMEN_HW_BAD_DESCRIPTOR },
		{ HOST_AT, CARD_AT, 1u << 20, LIMEN_HW_BAD_DESCRIPTOR },
		{ HOST_AT + 4032, CARD_AT, 128, LIMEN_HW_BAD_DESCRIPTOR },
		{ HOST_AT, MEMORY_BYTES - 64, 128, LIMEN_HW_BUS_ERROR },
		{ HOST_AT, 0xffffffc0, 64, LIMEN_HW_BUS_ERROR },
	};
	unsigned int i, right = 0;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		right += copy(board, bad[i].from, bad[i].to, bad[i].bytes) ==
				 bad[i].due &&
			 holds(board, host, 0, 0, 0);
	tap_result(right == i && !host->outside,
		   "copies that are refused, and neither read nor write");
}

/* What comes before the beat that goes wrong may be there, and nothing else. */
static bool stops_before(const struct board *board, const struct host *host,
			 uint32_t wrong)
{
	uint32_t bytes;

	for (bytes = 0; bytes <= wrong; bytes += limen_rtl_lanes())
		if (holds(board, host, 0, CARD_AT, bytes))
			return true;
	return false;
}

static void check_wrong(struct board *board, struct host *host,
			enum limen_rtl_answer wrong, const char *what)
{
	unsigned int at, bad = 0;

	for (at = 0; at < 1024; at += 320) {
		host->wrong = wrong;
		host->wrong_at = HOST_AT + at;
		bad += copy(board, HOST_AT, CARD_AT, 1024) != LIMEN_HW_BUS_ERROR ||
		       !stops_before(board, host, at);
		host->wrong_at = UINT64_MAX;
		bad += !copies(board, host, 512, CARD_AT, 512);
	}
	tap_result(!bad, "%s fails the copy, not the next one", what);
}

/* Answers that come too late for the copy, and early enough for the next. */
static void check_late(struct board *board, struct host *host)
{
	unsigned int i, bad = 0, timeouts = 0;

	for (i = 0; i < 6; i++) {
		host_set(board, host, 6 * TIMEOUT_CYCLES);
		timeouts += copy(board, HOST_AT, CARD_AT, 1024) ==
			    LIMEN_HW_BUS_ERROR;
		host_set(board, host, 50);
		bad += !copies(board, host, 2048, CARD_AT, 2048);
		limen_rtl_run(board->rtl, 6 * TIMEOUT_CYCLES);
	}
	tap_result(!bad && timeouts && limen_rtl_unexpected(board->rtl),
		   "%u timeouts, %u late answers dropped, %u copies wrong", timeouts,
		   limen_rtl_unexpected(board->rtl), bad);
}

static void check_repeated(struct board *board, struct host *host)
{
	unsigned int before = limen_rtl_unexpected(board->rtl), i;

	memset(board->memory, 0xa5, MEMORY_BYTES);
	limen_rtl_copy_start(board->rtl, HOST_AT, CARD_AT, 2048);
	for (i = 0; i < 100; i++)
		limen_rtl_answer_again(board->rtl);
	while (!limen_rtl_copy_done(board->rtl))
		limen_rtl_run(board->rtl, 1);
	tap_result(limen_rtl_copy_status(board->rtl) == LIMEN_HW_OK &&
			   holds(board, host, 0, CARD_AT, 2048) &&
			   limen_rtl_unexpected(board->rtl) > before,
		   "answers that come again are dropped");
}

/* A reset, or the driver takes the bus away: the shim ends the program at a later read. */
static void check_ended(struct board *board, struct host *host)
{
	unsigned int after, bad = 0;

	for (after = 1; after < 200; after += 9) {
		limen_rtl_copy_start(board->rtl, HOST_AT, CARD_AT, 4096);
		limen_rtl_run(board->rtl, after);
		limen_rtl_reset(board->rtl, false);
		bad += !limen_rtl_wait_ready(board->rtl, 2000) ||
		       !copies(board, host, 0, CARD_AT, 2048);
	}
	tap_result(!bad, "a reset at any time of a copy, the next is right");
	for (after = 1, bad = 0; after < 200; after += 9) {
		limen_rtl_copy_start(board->rtl, HOST_AT, CARD_AT, 4096);
		limen_rtl_run(board->rtl, after);
		limen_rtl_host(board->rtl, NULL);
		limen_rtl_run(board->rtl, 2 * TIMEOUT_CYCLES);
		bad += !limen_rtl_copy_done(board->rtl) ||
		       limen_rtl_copy_status(board->rtl) != LIMEN_HW_BUS_ERROR;
		host_set(board, host, 50);
		bad += !copies(board, host, 0, CARD_AT, 2048);
	}
	tap_result(!bad, "the bus is taken away at any time: no read follows");
}

void check_copies(void)
{
	struct host *host = calloc(1, sizeof(*host));
	struct dice dice = { .state = 51 };
	struct board board;
	unsigned int i;

	if (!host)
		exit(1);
	host->wrong_at = UINT64_MAX;
	for (i = 0; i < HOST_BYTES; i++)
		host->page[i] = (uint8_t)roll(&dice);
	board_open(&board, 10, 800, 19);
	host_set(&board, host, 50);
	check_good(&board, host, &dice);
	check_bad(&board, host);
	check_wrong(&board, host, LIMEN_RTL_REFUSED, "an error");
	check_wrong(&board, host, LIMEN_RTL_LOST, "an answer that never comes");
	check_late(&board, host);
	check_repeated(&board, host);
	check_ended(&board, host);
	board_close(&board);
	free(host);
}
