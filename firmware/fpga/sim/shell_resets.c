// SPDX-License-Identifier: MIT
/* Resets and what they wipe, the watchdog, time, errors, and the wipe of card memory. */
#include <stdio.h>
#include <string.h>

#include "shell_board.h"
#include "tap.h"

#define PAGE		LIMEN_HW_PAGE_SIZE

static bool sram_is_zero(struct board *board)
{
	const uint8_t *sram = shell_rtl_sram(board->rtl);
	bool zero = true;

	for (uint32_t i = 0; i < SHELL_SRAM_SIZE; i++)
		zero &= !sram[i];
	return zero;
}

/* A reset while SRAM is being wiped, at any time of that. */
static void check_sram(struct board *board)
{
	unsigned int bad = 0;

	for (unsigned int after = 1; after < 30000; after = after * 3 + 1) {
		memset(shell_rtl_sram(board->rtl), 0xa5, SHELL_SRAM_SIZE);
		host_write(board, LIMEN_HW_REG_CONTROL, LIMEN_HW_CONTROL_RESET);
		shell_rtl_run(board->rtl, after);
		bad += !reset(board) || !sram_is_zero(board);
	}
	tap_result(!bad, "SRAM is zero after a reset, and after one within it");
}

/* The processor's port, all bytes of it. */
static void check_port(struct board *board)
{
	struct dice dice = { .state = 81 };
	const uint8_t *sram = shell_rtl_sram(board->rtl);
	unsigned int bad = 0;

	for (unsigned int i = 0; i < 2000; i++) {
		uint32_t at = 4 * roll_below(&dice, SHELL_SRAM_SIZE / 4);
		uint32_t value = roll(&dice), bytes = roll_below(&dice, 16), now;
		uint32_t due = shell_rtl_sram_read(board->rtl, at);

		for (unsigned int byte = 0; byte < 4; byte++)
			if (bytes & 1u << byte)
				due = (due & ~(0xffu << 8 * byte)) |
				      (value & 0xffu << 8 * byte);
		shell_rtl_sram_write(board->rtl, at, value, bytes);
		memcpy(&now, sram + at, sizeof(now));
		bad += now != due || shell_rtl_sram_read(board->rtl, at) != due;
	}
	tap_result(!bad, "the processor's bytes of SRAM, %u wrong", bad);
}

static void check_generation(struct board *board)
{
	uint32_t before = host_read(board, LIMEN_HW_REG_BOOT_GENERATION);
	bool counted = reset(board);

	counted &= host_read(board, LIMEN_HW_REG_BOOT_GENERATION) == before + 1;
	/* RESET again within a reset. */
	host_write(board, LIMEN_HW_REG_CONTROL, LIMEN_HW_CONTROL_RESET);
	counted &= reset(board);
	counted &= host_read(board, LIMEN_HW_REG_BOOT_GENERATION) == before + 2;
	shell_rtl_function_reset(board->rtl);
	counted &= shell_rtl_wait_ready(board->rtl, PATIENCE) &&
		   host_read(board, LIMEN_HW_REG_BOOT_GENERATION) == before + 3;
	tap_result(counted, "each reset is counted once");
	shell_rtl_memory_good(board->rtl, false);
	counted = reset(board);
	shell_rtl_memory_good(board->rtl, true);
	tap_result(!counted && shell_rtl_wait_ready(board->rtl, PATIENCE),
		   "no reset ends without memory");
}

static void check_watchdog(struct board *board)
{
	bool good, timer;

	good = reset(board);
	pass(board, 5000ull * NS_PER_MS);
	good &= shell_rtl_ready(board->rtl) &&
		!host_read(board, LIMEN_HW_REG_ERROR_COUNT);
	tap_result(good, "the watchdog waits for the first heartbeat");
	cpu_write(board, SHELL_BEAT, 1);
	pass(board, 24 * NS_PER_MS);
	timer = shell_rtl_timer(board->rtl);
	pass(board, 2 * NS_PER_MS);
	tap_result(!timer && shell_rtl_timer(board->rtl), "the timer after a quarter");
	for (unsigned int i = 0; i < 3; i++) {
		cpu_write(board, SHELL_BEAT, 1);
		pass(board, 99 * NS_PER_MS);
	}
	good = !host_read(board, LIMEN_HW_REG_ERROR_COUNT) &&
	       host_read(board, LIMEN_HW_REG_HEARTBEAT) == 4;
	tap_result(good, "heartbeats just in time");
	pass(board, 2 * NS_PER_MS);
	pass(board, 800ull * NS_PER_MS);
	good = host_read(board, LIMEN_HW_REG_ERROR_CAUSE) == LIMEN_HW_ERROR_WATCHDOG &&
	       host_read(board, LIMEN_HW_REG_ERROR_COUNT) == 1 &&
	       host_read(board, LIMEN_HW_REG_ERROR_DETAIL) == 4 &&
	       shell_rtl_ready(board->rtl);
	tap_result(good, "one too late: an error, once");
	pass(board, 200ull * NS_PER_MS);
	good = !shell_rtl_ready(board->rtl) &&
	       shell_rtl_wait_ready(board->rtl, PATIENCE) &&
	       !host_read(board, LIMEN_HW_REG_HEARTBEAT);
	pass(board, 5000ull * NS_PER_MS);
	tap_result(good && shell_rtl_ready(board->rtl), "then a reset, and it waits anew");
}

/* What the host reads when the ROM has said that nothing was refused. */
static uint32_t reason(struct board *board)
{
	cpu_write(board, SHELL_BOOT_REASON, LIMEN_HW_REFUSED_NOT);
	return host_read(board, LIMEN_HW_REG_BOOT_REASON);
}

static bool bite(struct board *board)
{
	cpu_write(board, SHELL_BEAT, 1);
	pass(board, 1001ull * NS_PER_MS);
	return shell_rtl_wait_ready(board->rtl, PATIENCE) &&
	       !host_read(board, LIMEN_HW_REG_BOOT_REASON);
}

static void check_reason(struct board *board)
{
	bool good = reset(board) && !reason(board) && bite(board);

	good &= reason(board) == LIMEN_HW_REFUSED_WATCHDOG && !reason(board);
	good &= bite(board) && reset(board) && !reason(board);
	good &= bite(board);
	shell_rtl_function_reset(board->rtl);
	good &= shell_rtl_wait_ready(board->rtl, PATIENCE) && !reason(board);
	tap_result(good, "BOOT_REASON tells of the watchdog's reset, and of no other");
}

/* The halves belong together, even if time goes on between them. */
static void check_time(struct board *board)
{
	uint32_t low, high;
	bool good = reset(board);

	pass(board, 0xfffffff0);
	low = cpu_read(board, SHELL_TIME_LO);
	pass(board, 0x100);
	high = cpu_read(board, SHELL_TIME_HI);
	good &= low == 0xfffffff0 && !high;
	good &= cpu_read(board, SHELL_TIME_LO) == 0xf0 &&
		cpu_read(board, SHELL_TIME_HI) == 1;
	tap_result(good, "time since the reset, in halves of one moment");
}

static void check_errors(struct board *board)
{
	bool good;

	host_write(board, LIMEN_HW_REG_ERROR_CAUSE, UINT32_MAX);
	good = !host_read(board, LIMEN_HW_REG_ERROR_CAUSE) &&
	       !host_read(board, LIMEN_HW_REG_ERROR_COUNT);
	cpu_write(board, SHELL_TRAP_PC, 0x1234);
	cpu_write(board, SHELL_TRAP, 2);
	cpu_write(board, SHELL_DMA_GO, 0);
	good &= wait_state(board, SHELL_DMA_STATE) == SHELL_REFUSED && reset(board);
	host_write(board, LIMEN_HW_REG_ERROR_CAUSE, ~(uint32_t)LIMEN_HW_ERROR_TRAP);
	good &= host_read(board, LIMEN_HW_REG_ERROR_CAUSE) == LIMEN_HW_ERROR_TRAP &&
		host_read(board, LIMEN_HW_REG_ERROR_DETAIL) == 2 &&
		host_read(board, LIMEN_HW_REG_ERROR_ADDRESS_LO) == 0x1234 &&
		host_read(board, LIMEN_HW_REG_ERROR_COUNT) == 2;
	tap_result(good, "the first error is kept through resets");
	host_write(board, LIMEN_HW_REG_CONTROL, LIMEN_HW_CONTROL_RESET);
	host_write(board, LIMEN_HW_REG_ERROR_CAUSE, LIMEN_HW_ERROR_TRAP);
	tap_result(!host_read(board, LIMEN_HW_REG_ERROR_CAUSE) &&
			   !host_read(board, LIMEN_HW_REG_ERROR_ADDRESS_LO) &&
			   !host_read(board, LIMEN_HW_REG_ERROR_COUNT) &&
			   shell_rtl_wait_ready(board->rtl, PATIENCE),
		   "and forgotten when the host says so, also in a reset");
}

/* Whether exactly these pages are zero, and the rest as it was. */
static bool wiped(const struct board *board, uint32_t page, uint32_t pages)
{
	bool right = true;

	for (uint32_t i = 0; i < MEMORY_BYTES; i++)
		right &= board->memory[i] ==
			 (i / PAGE >= page && i / PAGE - page < pages ? 0 : 0xa5);
	return right;
}

static void wipe(struct board *board, uint32_t number, uint32_t page, uint32_t pages)
{
	memset(board->memory, 0xa5, MEMORY_BYTES);
	host_write(board, LIMEN_HW_REG_WIPE_PAGE, page);
	host_write(board, LIMEN_HW_REG_WIPE_PAGES, pages);
	host_write(board, LIMEN_HW_REG_WIPE_GO, number);
}

static bool wipes(struct board *board, uint32_t number, uint32_t page, uint32_t pages)
{
	wipe(board, number, page, pages);
	shell_rtl_run(board->rtl, 20 + 3 * (uint64_t)pages * PAGE / shell_rtl_lanes());
	return host_read(board, LIMEN_HW_REG_WIPE_DONE) == number &&
	       wiped(board, page, pages);
}

static void check_wipe(struct board *board)
{
	const uint32_t all = MEMORY_BYTES / PAGE;
	const uint32_t wrong[][2] = {
		{ all, 1 }, { 0, all + 1 }, { 1, UINT32_MAX }, { UINT32_MAX, 1 },
		{ UINT32_MAX, 2 }, { 0x100000, 1 },
	};
	unsigned int bad = 0;

	bad += !wipes(board, 1, 0, all) || !wipes(board, 2, 3, 1) ||
	       !wipes(board, 3, all - 1, 1) || !wipes(board, 4, 7, 0);
	tap_result(!bad, "wipes of all, of parts, and of nothing");
	for (unsigned int i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		wipe(board, 9, wrong[i][0], wrong[i][1]);
		shell_rtl_run(board->rtl, 2000);
		bad += host_read(board, LIMEN_HW_REG_WIPE_DONE) != 4 ||
		       !wiped(board, 0, 0);
	}
	tap_result(!bad, "wipes of what there is not, none is done");
	wipe(board, 5, 0, all);
	host_write(board, LIMEN_HW_REG_WIPE_GO, 6);
	host_write(board, LIMEN_HW_REG_WIPE_PAGES, 1);
	bad = !reset(board);
	shell_rtl_run(board->rtl, 4 * MEMORY_BYTES / shell_rtl_lanes());
	bad += host_read(board, LIMEN_HW_REG_WIPE_DONE) != 5 || !wiped(board, 0, all);
	tap_result(!bad, "a wipe is neither doubled nor changed, and RESET does not end it");
}

/* Once DONE has been read after it, nothing is written any more. */
static void check_wipe_end(struct board *board)
{
	unsigned int bad = 0;
	uint64_t written;

	for (unsigned int after = 0; after < 40; after++) {
		wipe(board, 7, 0, 64);
		shell_rtl_run(board->rtl, after);
		written = shell_rtl_written(board->rtl);
		host_write(board, LIMEN_HW_REG_WIPE_GO, 0);
		bad += host_read(board, LIMEN_HW_REG_WIPE_DONE) == 7;
		/* It does not wait for the end of the wipe, either. */
		bad += shell_rtl_written(board->rtl) - written > 8 * shell_rtl_lanes();
		written = shell_rtl_written(board->rtl);
		shell_rtl_run(board->rtl, 100);
		bad += shell_rtl_written(board->rtl) != written;
	}
	bad += !wipes(board, 8, 2, 3);
	tap_result(!bad, "a wipe that is ended writes nothing after that, %u wrong", bad);
	wipe(board, 10, 0, MEMORY_BYTES / PAGE);
	shell_rtl_function_reset(board->rtl);
	shell_rtl_run(board->rtl, 10);
	written = shell_rtl_written(board->rtl);
	bad = !shell_rtl_wait_ready(board->rtl, PATIENCE) ||
	      host_read(board, LIMEN_HW_REG_WIPE_DONE) ||
	      shell_rtl_written(board->rtl) != written || !wipes(board, 11, 2, 3);
	tap_result(!bad, "a reset of the function ends a wipe and forgets it");
}

static bool all_zero(const struct board *board)
{
	return wiped(board, 0, MEMORY_BYTES / PAGE);
}

static void check_power(void)
{
	struct board board;
	bool good;

	board_open(&board, 20, false);
	good = all_zero(&board);
	memset(board.memory, 0xa5, MEMORY_BYTES);
	shell_rtl_power(board.rtl);
	shell_rtl_run(board.rtl, 500);
	/* Neither RESET, nor the function's, nor the host's wipe ends that. */
	host_write(&board, LIMEN_HW_REG_CONTROL, LIMEN_HW_CONTROL_RESET);
	shell_rtl_run(board.rtl, 500);
	shell_rtl_function_reset(board.rtl);
	host_write(&board, LIMEN_HW_REG_WIPE_GO, 0);
	wipe(&board, 1, 0, 0);
	memset(board.memory, 0, MEMORY_BYTES / 4);
	good &= shell_rtl_wait_ready(board.rtl, PATIENCE) && all_zero(&board) &&
		!host_read(&board, LIMEN_HW_REG_WIPE_DONE);
	tap_result(good, "after power on all of memory is wiped, whatever the host does");
	board_close(&board);
}

void check_resets(void)
{
	struct board board;

	board_open(&board, 20, true);
	check_sram(&board);
	check_port(&board);
	check_generation(&board);
	check_watchdog(&board);
	check_reason(&board);
	check_time(&board);
	check_errors(&board);
	check_wipe(&board);
	check_wipe_end(&board);
	board_close(&board);
	check_power();
}
