// SPDX-License-Identifier: MIT
/* DMA: whole, refused, or failed without a byte of what was wrong. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shell_board.h"
#include "tap.h"

#define SRAM(offset)	(SHELL_SRAM_ADDRESS + (offset))

static uint8_t before[SHELL_SRAM_SIZE];

/* SRAM of something, so that what is written shows. */
static void fill_sram(struct board *board)
{
	memset(shell_rtl_sram(board->rtl), 0xa5, SHELL_SRAM_SIZE);
}

static void go(struct board *board, uint32_t what, uint64_t address, uint32_t sram,
	       uint32_t size)
{
	cpu_write(board, SHELL_DMA_LO, (uint32_t)address);
	cpu_write(board, SHELL_DMA_HI, (uint32_t)(address >> 32));
	cpu_write(board, SHELL_DMA_SRAM, sram);
	cpu_write(board, SHELL_DMA_SIZE, size);
	cpu_write(board, SHELL_DMA_GO, what);
}

static uint32_t transfer(struct board *board, uint32_t what, uint64_t address,
			 uint32_t sram, uint32_t size)
{
	go(board, what, address, sram, size);
	return wait_state(board, SHELL_DMA_STATE);
}

/* Whether SRAM has these @size bytes at @at, and is else as fill_sram() left it. */
static bool holds(struct board *board, const uint8_t *bytes, uint32_t at, uint32_t size)
{
	memset(before, 0xa5, sizeof(before));
	if (size)
		memcpy(before + at, bytes, size);
	return !memcmp(before, shell_rtl_sram(board->rtl), sizeof(before));
}

static bool copies(struct board *board, uint32_t what, uint32_t from, uint32_t to,
		   uint32_t size)
{
	const uint8_t *source = what == SHELL_DMA_FROM_HOST ? board->page : board->memory;
	uint64_t address = from + (what == SHELL_DMA_FROM_HOST ? HOST_AT : 0);

	fill_sram(board);
	return transfer(board, what, address, SRAM(to), size) == SHELL_DONE &&
	       holds(board, source + from, to, size);
}

static void check_reads(struct board *board, uint32_t what, uint32_t room,
			const char *name)
{
	struct dice dice = { .state = 61 };
	unsigned int bad = 0, i;

	for (i = 0; i < 60; i++) {
		uint32_t size = 4 * (1 + roll_below(&dice, i % 2 ? 1024 : 32));
		uint32_t from = 4 * roll_below(&dice, (room - size) / 4 + 1);
		uint32_t to = 4 * roll_below(&dice, (SHELL_SRAM_SIZE - size) / 4 + 1);

		bad += !copies(board, what, from, to, size);
	}
	bad += !copies(board, what, room - 4096, SHELL_SRAM_SIZE - 4096, 4096);
	bad += !copies(board, what, 0, 0, 4);
	tap_result(!bad && !board->outside && !shell_rtl_unexpected(board->rtl),
		   "%u transfers from %s, %u wrong", i + 2, name, bad);
}

static void check_writes(struct board *board)
{
	struct dice dice = { .state = 62 };
	uint8_t *sram = shell_rtl_sram(board->rtl);
	unsigned int bad = 0, i;

	for (i = 0; i < 60; i++) {
		uint32_t size = 4 * (1 + roll_below(&dice, i % 2 ? 1024 : 16));
		uint32_t to = 4 * roll_below(&dice, (HOST_BYTES - size) / 4 + 1);
		uint32_t from = 4 * roll_below(&dice, (SHELL_SRAM_SIZE - size) / 4 + 1);

		for (uint32_t byte = 0; byte < size; byte++)
			sram[from + byte] = (uint8_t)roll(&dice);
		memset(board->page, 0x77, HOST_BYTES);
		board->written = 0;
		bad += transfer(board, SHELL_DMA_TO_HOST, HOST_AT + to, SRAM(from),
				size) != SHELL_DONE;
		bad += board->written != size / 4 || board->next;
		bad += memcmp(board->page + to, sram + from, size) != 0;
		for (uint32_t byte = 0; byte < HOST_BYTES; byte++)
			bad += (byte < to || byte >= to + size) &&
			       board->page[byte] != 0x77;
	}
	tap_result(!bad && !board->disorder && !board->outside,
		   "%u transfers to the host, by rising address, %u wrong", i, bad);
}

static void check_refused(struct board *board)
{
	const struct {
		uint32_t what;
		uint64_t address;
		uint32_t sram, size;
	} wrong[] = {
		{ SHELL_DMA_FROM_HOST, HOST_AT, SRAM(0), 0 },
		{ SHELL_DMA_FROM_HOST, HOST_AT, SRAM(0), 2 },
		{ SHELL_DMA_FROM_HOST, HOST_AT, SRAM(0), 4100 },
		{ SHELL_DMA_FROM_HOST, HOST_AT, SRAM(0), 0x80000004 },
		{ SHELL_DMA_FROM_HOST, HOST_AT, SRAM(0), 0xfffffffc },
		{ SHELL_DMA_FROM_HOST, HOST_AT, SRAM(2), 64 },
		{ SHELL_DMA_FROM_HOST, HOST_AT + 1, SRAM(0), 64 },
		{ SHELL_DMA_FROM_HOST, HOST_AT, SRAM(SHELL_SRAM_SIZE - 60), 64 },
		{ SHELL_DMA_FROM_HOST, HOST_AT, SRAM(SHELL_SRAM_SIZE), 4 },
		{ SHELL_DMA_FROM_HOST, HOST_AT, 0xfffffffc, 4 },
		{ SHELL_DMA_FROM_HOST, HOST_AT, SRAM(0) - 4, 64 },
		{ SHELL_DMA_FROM_HOST, HOST_AT, 0, 64 },
		{ SHELL_DMA_FROM_HOST, UINT64_MAX - 3, SRAM(0), 8 },
		{ SHELL_DMA_TO_HOST, HOST_AT, SRAM(SHELL_SRAM_SIZE - 4), 8 },
		{ SHELL_DMA_TO_HOST, HOST_AT, SRAM(0), 4160 },
		{ SHELL_DMA_FROM_CARD, MEMORY_BYTES, SRAM(0), 4 },
		{ SHELL_DMA_FROM_CARD, MEMORY_BYTES - 60, SRAM(0), 64 },
		{ SHELL_DMA_FROM_CARD, 1ull << 32, SRAM(0), 64 },
		{ SHELL_DMA_FROM_CARD, UINT64_MAX - 63, SRAM(0), 64 },
		{ 0, HOST_AT, SRAM(0), 64 },
		{ 4, HOST_AT, SRAM(0), 64 },
		{ 0x80000001, HOST_AT, SRAM(0), 64 },
	};
	unsigned int right = 0, i;

	board->written = 0;
	host_write(board, LIMEN_HW_REG_ERROR_CAUSE, UINT32_MAX);
	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		fill_sram(board);
		right += transfer(board, wrong[i].what, wrong[i].address, wrong[i].sram,
				  wrong[i].size) == SHELL_REFUSED &&
			 holds(board, NULL, 0, 0);
	}
	tap_result(right == i && !board->outside && !board->written,
		   "%u of %u transfers are refused, and neither read nor write", right, i);
	tap_result(host_read(board, LIMEN_HW_REG_ERROR_COUNT) == i &&
			   host_read(board, LIMEN_HW_REG_ERROR_CAUSE) ==
				   LIMEN_HW_ERROR_DMA_REFUSED &&
			   host_read(board, LIMEN_HW_REG_ERROR_ADDRESS_LO) ==
				   (uint32_t)HOST_AT,
		   "each is an error that the host is told of");
}

/* What comes before the beat that goes wrong may be there, and nothing else. */
static bool stops_before(struct board *board, uint32_t wrong)
{
	for (uint32_t size = 0; size <= wrong; size += 4)
		if (holds(board, board->page, 0, size))
			return true;
	return false;
}

static void check_wrong(struct board *board, enum shell_rtl_answer wrong, uint32_t due,
			const char *what)
{
	unsigned int bad = 0;

	for (uint32_t at = 0; at < 1024; at += 320) {
		fill_sram(board);
		board->wrong = wrong;
		board->wrong_at = HOST_AT + at;
		bad += transfer(board, SHELL_DMA_FROM_HOST, HOST_AT, SRAM(0), 1024) !=
			       due || !stops_before(board, at);
		board->wrong_at = UINT64_MAX;
		bad += !copies(board, SHELL_DMA_FROM_HOST, 512, 64, 512);
	}
	tap_result(!bad, "%s fails the transfer, not the next one", what);
}

static void check_card_error(struct board *board)
{
	bool refused;

	spoil(board, 256, SHELL_RTL_BROKEN);
	refused = transfer(board, SHELL_DMA_FROM_CARD, 0, SRAM(0), 512) == SHELL_REFUSED;
	spoil(board, UINT64_MAX, SHELL_RTL_SOUND);
	tap_result(refused && copies(board, SHELL_DMA_FROM_CARD, 0, 0, 512),
		   "an error of card memory fails the transfer, not the next one");
}

static void check_repeated(struct board *board)
{
	unsigned int unexpected = shell_rtl_unexpected(board->rtl);
	bool right;

	shell_rtl_repeat_answers(board->rtl, true);
	right = copies(board, SHELL_DMA_FROM_HOST, 64, 128, 2048);
	shell_rtl_run(board->rtl, 1);
	shell_rtl_repeat_answers(board->rtl, false);
	tap_result(right && shell_rtl_unexpected(board->rtl) ==
				    unexpected + 2048 / shell_rtl_lanes(),
		   "answers that nobody has asked for are dropped, each is counted");
}

/* Settings and GO of a transfer that is BUSY. */
static void check_busy(struct board *board)
{
	bool kept;

	fill_sram(board);
	go(board, SHELL_DMA_FROM_HOST, HOST_AT, SRAM(0), 1024);
	cpu_write(board, SHELL_DMA_SRAM, SRAM(8192));
	cpu_write(board, SHELL_DMA_SIZE, 64);
	cpu_write(board, SHELL_DMA_GO, SHELL_DMA_TO_HOST);
	kept = cpu_read(board, SHELL_DMA_SRAM) == SRAM(0) &&
	       cpu_read(board, SHELL_DMA_SIZE) == 1024;
	tap_result(wait_state(board, SHELL_DMA_STATE) == SHELL_DONE && kept &&
			   holds(board, board->page, 0, 1024),
		   "nothing is set or begun while one is under way");
}

/* A reset at any time, and the host that takes the bus away and gives it back. */
static void check_ended(struct board *board)
{
	unsigned int bad = 0, after;

	for (after = 1; after < 300; after += 23) {
		go(board, SHELL_DMA_FROM_HOST, HOST_AT, SRAM(0), 2048);
		shell_rtl_run(board->rtl, after);
		bad += !reset(board) || cpu_read(board, SHELL_DMA_STATE) ||
		       cpu_read(board, SHELL_DMA_LO) ||
		       !copies(board, SHELL_DMA_FROM_HOST, 0, 0, 2048);
	}
	tap_result(!bad, "a reset at any time, the next is right");
	for (after = 0, bad = 0; after < 300; after += 11) {
		fill_sram(board);
		go(board, SHELL_DMA_FROM_HOST, HOST_AT, SRAM(0), 2048);
		shell_rtl_run(board->rtl, after);
		shell_rtl_master(board->rtl, false);
		shell_rtl_run(board->rtl, 2 * DMA_TIMEOUT);
		bad += cpu_read(board, SHELL_DMA_STATE) != SHELL_BUSY;
		shell_rtl_master(board->rtl, true);
		bad += wait_state(board, SHELL_DMA_STATE) != SHELL_DONE ||
		       !holds(board, board->page, 0, 2048);
	}
	tap_result(!bad, "the bus is taken away at any time: it goes on afterwards");
}

/* Writes wait likewise, and for a bus that takes nothing. */
static void check_kept(struct board *board)
{
	unsigned int bad = 0, after;

	for (after = 0; after < 60; after++) {
		board->written = 0;
		go(board, SHELL_DMA_TO_HOST, HOST_AT, SRAM(0), 64);
		shell_rtl_run(board->rtl, after);
		shell_rtl_master(board->rtl, after % 2);
		board->deaf = true;
		shell_rtl_run(board->rtl, 2 * DMA_TIMEOUT);
		bad += cpu_read(board, SHELL_DMA_STATE) !=
		       (board->written == 16 ? SHELL_DONE : SHELL_BUSY);
		shell_rtl_master(board->rtl, true);
		board->deaf = false;
		bad += wait_state(board, SHELL_DMA_STATE) != SHELL_DONE ||
		       board->written != 16;
	}
	tap_result(!bad && !board->disorder, "words for the host wait, and none is lost");
}

/* Answers that come too late for their transfer, and early enough for the next. */
static void check_late(void)
{
	struct board board;
	unsigned int bad = 0, timeouts = 0, i;

	board_open(&board, 3 * DMA_TIMEOUT, true);
	for (i = 0; i < HOST_BYTES; i++)
		board.page[i] = (uint8_t)(i * 2654435761u >> 24);
	for (i = 0; i < 12; i++) {
		uint32_t from = i % 2 ? 4096 : 0, state;

		fill_sram(&board);
		state = transfer(&board, SHELL_DMA_FROM_HOST, HOST_AT + from, SRAM(0), 256);
		timeouts += state == SHELL_TIMEOUT;
		bad += state == SHELL_BUSY || state == SHELL_REFUSED;
		bad += state == SHELL_DONE && !holds(&board, board.page + from, 0, 256);
	}
	tap_result(!bad && timeouts && shell_rtl_unexpected(board.rtl) &&
			   host_read(&board, LIMEN_HW_REG_ERROR_CAUSE) ==
				   LIMEN_HW_ERROR_DMA_TIMEOUT &&
			   host_read(&board, LIMEN_HW_REG_ERROR_COUNT) == timeouts,
		   "%u timeouts, %u late answers dropped, %u transfers wrong", timeouts,
		   shell_rtl_unexpected(board.rtl), bad);
	board_close(&board);
}

void check_transfers(void)
{
	struct dice dice = { .state = 51 };
	struct board board;
	uint32_t i;

	board_open(&board, 50, true);
	for (i = 0; i < HOST_BYTES; i++)
		board.page[i] = (uint8_t)roll(&dice);
	for (i = 0; i < MEMORY_BYTES; i++)
		board.memory[i] = (uint8_t)roll(&dice);
	check_reads(&board, SHELL_DMA_FROM_HOST, HOST_BYTES, "the host");
	check_reads(&board, SHELL_DMA_FROM_CARD, MEMORY_BYTES, "the card");
	check_refused(&board);
	check_wrong(&board, SHELL_RTL_REFUSED, SHELL_REFUSED, "an error");
	check_wrong(&board, SHELL_RTL_LOST, SHELL_TIMEOUT, "an answer that never comes");
	check_card_error(&board);
	check_repeated(&board);
	check_busy(&board);
	check_ended(&board);
	check_kept(&board);
	check_writes(&board);
	board_close(&board);
	check_late();
}
