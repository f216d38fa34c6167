// SPDX-License-Identifier: MIT
/* What is counted: the firmware's counters, of one moment, and errors of card memory. */
#include <stdio.h>
#include <string.h>

#include "shell_board.h"
#include "tap.h"

#define WORDS		(2 * LIMEN_HW_COUNTERS)
#define STEPS		3000
#define PLACE		0x40340 /* in card memory, a beat of any width */

static uint32_t word_at(uint32_t number)
{
	return LIMEN_HW_REG_COUNTER(0) + 4 * number;
}

/* Whether the host reads these. */
static bool reads(struct board *board, const uint32_t *due)
{
	bool right = !host_read(board, LIMEN_HW_REG_SNAPSHOT);

	for (uint32_t i = 0; i < WORDS; i++)
		right &= host_read(board, word_at(i)) == due[i];
	return right;
}

/* The processor and the host, in any order; and nothing that is torn. */
static void check_snapshot(struct board *board)
{
	uint32_t shown[WORDS] = { 0 }, taken[WORDS] = { 0 }, latched[WORDS] = { 0 };
	struct dice dice = { .state = 17 };
	unsigned int bad = !reads(board, latched), latches = 0;

	for (unsigned int step = 0; step < STEPS; step++) {
		uint32_t number = roll_below(&dice, WORDS);

		switch (roll_below(&dice, 20)) {
		case 0:
			file_write(board, LIMEN_HW_REG_SNAPSHOT, roll(&dice));
			memcpy(taken, shown, sizeof(taken));
			break;
		case 1:
			host_write(board, LIMEN_HW_REG_SNAPSHOT, roll(&dice));
			memcpy(latched, taken, sizeof(latched));
			latches++;
			break;
		case 2:
			/* For nobody. */
			host_write(board, word_at(number), roll(&dice));
			file_write(board, word_at(WORDS), roll(&dice));
			break;
		default:
			shown[number] = roll(&dice);
			file_write(board, word_at(number), shown[number]);
			break;
		}
		bad += !reads(board, latched) || host_read(board, word_at(WORDS)) ||
		       host_read(board, word_at(WORDS + 1));
	}
	tap_result(!bad && latches > STEPS / 40,
		   "%u snapshots, each of a moment, %u wrong", latches, bad);
}

static void check_reset_of_counters(struct board *board)
{
	static const uint32_t zeros[WORDS];
	bool right;

	file_write(board, word_at(3), 7);
	file_write(board, LIMEN_HW_REG_SNAPSHOT, 1);
	host_write(board, LIMEN_HW_REG_SNAPSHOT, 1);
	right = host_read(board, word_at(3)) == 7;
	host_write(board, LIMEN_HW_REG_CONTROL, LIMEN_HW_CONTROL_RESET);
	right &= reads(board, zeros) && shell_rtl_wait_ready(board->rtl, PATIENCE) &&
		 reads(board, zeros);
	/* Neither what was counted nor what waited is there any more. */
	host_write(board, LIMEN_HW_REG_SNAPSHOT, 1);
	right &= reads(board, zeros);
	file_write(board, LIMEN_HW_REG_SNAPSHOT, 1);
	host_write(board, LIMEN_HW_REG_SNAPSHOT, 1);
	tap_result(right && reads(board, zeros), "a reset makes all counters 0");
}

/* Whether the host reads this of card memory's errors. */
static bool noted(struct board *board, uint32_t status, uint32_t corrected,
		  uint32_t uncorrected, uint32_t place)
{
	return host_read(board, LIMEN_HW_REG_ECC_STATUS) == status &&
	       host_read(board, LIMEN_HW_REG_ECC_CORRECTED) == corrected &&
	       host_read(board, LIMEN_HW_REG_ECC_UNCORRECTED) == uncorrected &&
	       host_read(board, LIMEN_HW_REG_ECC_ADDRESS_LO) == place &&
	       !host_read(board, LIMEN_HW_REG_ECC_ADDRESS_HI);
}

static bool is_fatal(struct board *board)
{
	return host_read(board, LIMEN_HW_REG_STATUS) & LIMEN_HW_STATUS_FATAL &&
	       file_read(board, LIMEN_HW_REG_STATUS) & LIMEN_HW_STATUS_FATAL &&
	       host_read(board, LIMEN_HW_REG_IRQ_STATUS) & LIMEN_HW_IRQ_FATAL;
}

static void load(struct board *board, uint32_t from, uint32_t size)
{
	cpu_write(board, SHELL_DMA_LO, from);
	cpu_write(board, SHELL_DMA_HI, 0);
	cpu_write(board, SHELL_DMA_SRAM, SHELL_SRAM_ADDRESS);
	cpu_write(board, SHELL_DMA_SIZE, size);
	cpu_write(board, SHELL_DMA_GO, SHELL_DMA_FROM_CARD);
}

static void scan(struct board *board, uint32_t from, uint32_t rows)
{
	cpu_write(board, SHELL_ENGINE_PROBE, SHELL_SRAM_ADDRESS);
	cpu_write(board, SHELL_ENGINE_DIM, 64);
	cpu_write(board, SHELL_ENGINE_ROWS_LO, from);
	cpu_write(board, SHELL_ENGINE_ROWS_HI, 0);
	cpu_write(board, SHELL_ENGINE_STRIDE, 64);
	cpu_write(board, SHELL_ENGINE_COUNT, rows);
	cpu_write(board, SHELL_ENGINE_TOP_K, 3);
	cpu_write(board, SHELL_ENGINE_GO, SHELL_ENGINE_SCAN);
}

/* Whether the processor is told of the end, and never before everybody knows of FATAL. */
static bool ends(struct board *board, uint32_t reg, uint32_t due)
{
	uint32_t state;

	do {
		bool before = is_fatal(board);

		state = cpu_read(board, reg);
		if (state == SHELL_REFUSED && !before)
			return false;
	} while (state == SHELL_BUSY);
	return state == due;
}

static void check_corrected(struct board *board)
{
	unsigned int bad = !noted(board, 0, 0, 0, 0);

	spoil(board, PLACE, SHELL_RTL_CORRECTED);
	load(board, PLACE - 256, 512);
	bad += !ends(board, SHELL_DMA_STATE, SHELL_DONE) ||
	       !noted(board, LIMEN_HW_ECC_CORRECTED, 1, 0, PLACE);
	scan(board, PLACE, 1);
	bad += !ends(board, SHELL_ENGINE_STATE, SHELL_DONE) ||
	       !noted(board, LIMEN_HW_ECC_CORRECTED, 2, 0, PLACE);
	/* What is not read has no errors. */
	load(board, PLACE - 512, 512);
	bad += !ends(board, SHELL_DMA_STATE, SHELL_DONE) ||
	       !noted(board, LIMEN_HW_ECC_CORRECTED, 2, 0, PLACE) ||
	       host_read(board, LIMEN_HW_REG_STATUS) & LIMEN_HW_STATUS_FATAL ||
	       host_read(board, LIMEN_HW_REG_IRQ_STATUS);
	tap_result(!bad, "errors of memory that it corrects are counted alone, %u wrong", bad);
}

static void check_uncorrected(struct board *board)
{
	unsigned int bad = 0, before;

	host_write(board, LIMEN_HW_REG_IRQ_ENABLE, LIMEN_HW_IRQ_FATAL);
	before = board->interrupts[0];
	spoil(board, PLACE + 128, SHELL_RTL_BROKEN);
	load(board, PLACE, 4096);
	bad += !ends(board, SHELL_DMA_STATE, SHELL_REFUSED) ||
	       !noted(board, 3, 2, 1, PLACE + 128) || board->interrupts[0] != before + 1;
	bad += !reset(board) || !noted(board, 3, 2, 1, PLACE + 128) ||
	       host_read(board, LIMEN_HW_REG_STATUS);
	/* And by the engine, with a vector for FATAL. */
	host_write(board, LIMEN_HW_REG_VECTORS, LIMEN_HW_VECTORS);
	host_write(board, LIMEN_HW_REG_IRQ_ENABLE, UINT32_MAX);
	memset(board->interrupts, 0, sizeof(board->interrupts));
	scan(board, PLACE - 640, 200);
	bad += !ends(board, SHELL_ENGINE_STATE, SHELL_REFUSED) ||
	       !noted(board, 3, 2, 2, PLACE + 128) || board->interrupts[0] != 1 ||
	       board->interrupts[LIMEN_HW_VECTOR(0)];
	/* The firmware takes it back neither for the host nor for itself. */
	file_write(board, LIMEN_HW_REG_STATUS, LIMEN_HW_STATUS_READY);
	bad += !is_fatal(board);
	tap_result(!bad, "one that it cannot is FATAL before anybody may answer, %u wrong", bad);
}

static void check_kept(struct board *board)
{
	unsigned int bad = 0;

	spoil(board, UINT64_MAX, SHELL_RTL_SOUND);
	shell_rtl_function_reset(board->rtl);
	bad += !shell_rtl_wait_ready(board->rtl, PATIENCE) ||
	       !noted(board, 3, 2, 2, PLACE + 128);
	host_write(board, LIMEN_HW_REG_ECC_STATUS, LIMEN_HW_ECC_CORRECTED);
	bad += !noted(board, LIMEN_HW_ECC_UNCORRECTED, 2, 2, PLACE + 128);
	/* Also in a reset. */
	host_write(board, LIMEN_HW_REG_CONTROL, LIMEN_HW_CONTROL_RESET);
	bad += !noted(board, LIMEN_HW_ECC_UNCORRECTED, 2, 2, PLACE + 128);
	host_write(board, LIMEN_HW_REG_ECC_STATUS, LIMEN_HW_ECC_UNCORRECTED);
	bad += !noted(board, 0, 2, 2, PLACE + 128) ||
	       !shell_rtl_wait_ready(board->rtl, PATIENCE);
	/* What was being read when the reset came, was read. */
	spoil(board, PLACE, SHELL_RTL_BROKEN);
	load(board, PLACE, 64);
	shell_rtl_run(board->rtl, 8);
	bad += !reset(board) || !noted(board, LIMEN_HW_ECC_UNCORRECTED, 2, 3, PLACE) ||
	       host_read(board, LIMEN_HW_REG_STATUS);
	shell_rtl_power(board->rtl);
	bad += !shell_rtl_wait_ready(board->rtl, PATIENCE) || !noted(board, 0, 0, 0, 0);
	tap_result(!bad, "errors of memory are kept through resets, %u wrong", bad);
}

void check_gauges(void)
{
	struct board board;

	board_open(&board, 20, true);
	check_snapshot(&board);
	check_reset_of_counters(&board);
	check_corrected(&board);
	check_uncorrected(&board);
	check_kept(&board);
	board_close(&board);
}
