// SPDX-License-Identifier: MIT
/* The host's registers: who changes what, events, and what a reset drops. */
#include <stdio.h>
#include <string.h>

#include "shell_board.h"
#include "tap.h"

#define REGISTERS	1024

static bool is_ring(uint32_t reg)
{
	return reg >= LIMEN_HW_RING_BLOCK(0) &&
	       reg < LIMEN_HW_RING_BLOCK(LIMEN_HW_RINGS);
}

static uint32_t ring_offset(uint32_t reg)
{
	return reg % (LIMEN_HW_RING_BLOCK(1) - LIMEN_HW_RING_BLOCK(0));
}

static bool is_camera(uint32_t reg)
{
	return reg >= LIMEN_HW_REG_CAM_CONTROL && reg <= LIMEN_HW_REG_CAM_EXPOSURE;
}

/* Whether a write of the host to it is for the firmware, BOOT_GO's check aside. */
static bool is_event(uint32_t reg)
{
	switch (reg) {
	case LIMEN_HW_REG_CONTROL:
	case LIMEN_HW_REG_BOOT_IMAGE:
	case LIMEN_HW_REG_BOOT_SIZE:
	case LIMEN_HW_REG_BOOT_GO:
	case LIMEN_HW_REG_ECHO:
		return true;
	default:
		return is_camera(reg) ||
		       (is_ring(reg) && ring_offset(reg) <= LIMEN_HW_RING_ABORT);
	}
}

/* Whether the processor's writes to it show, before and after it has started firmware. */
static bool is_shown(uint32_t reg, bool booted)
{
	switch (reg) {
	case LIMEN_HW_REG_CONTROL:
	case LIMEN_HW_REG_STATUS:
	case LIMEN_HW_REG_BOOT_IMAGE:
	case LIMEN_HW_REG_BOOT_SIZE:
	case LIMEN_HW_REG_ECHO:
	case LIMEN_HW_REG_ECHO_ANSWER:
		return true;
	default:
		if (reg >= LIMEN_HW_REG_FIRMWARE_VERSION &&
		    reg <= LIMEN_HW_REG_FIRMWARE_HASH(7))
			return !booted;
		return is_camera(reg) ||
		       (is_ring(reg) && ring_offset(reg) <= LIMEN_HW_RING_ENABLE);
	}
}

static void check_constants(struct board *board)
{
	const uint32_t due[][2] = {
		{ LIMEN_HW_REG_ID, LIMEN_HW_ID },
		{ LIMEN_HW_REG_VERSION, LIMEN_HW_VERSION_MAJOR << 16 | 2 },
		{ LIMEN_HW_REG_FEATURES,
		  LIMEN_HW_FEATURE_CLOCK | LIMEN_HW_FEATURE_BOOT |
			  LIMEN_HW_FEATURE_ERROR | LIMEN_HW_FEATURE_TIMES |
			  LIMEN_HW_FEATURE_LIMITS | LIMEN_HW_FEATURE_WIPE |
			  LIMEN_HW_FEATURE_SNAPSHOT | LIMEN_HW_FEATURE_ECC |
			  LIMEN_HW_FEATURE_VECTORS },
		{ LIMEN_HW_REG_MEM_SIZE, MEMORY_BYTES >> 20 },
		{ LIMEN_HW_REG_CLOCK, 125000 },
		{ LIMEN_HW_REG_HEARTBEAT_MS, 100 },
		{ LIMEN_HW_REG_BOARD_TYPE, 0x1234 },
		{ LIMEN_HW_REG_SECURITY_FLOOR, 9 },
		{ LIMEN_HW_REG_BOOT_MS, 4000 },
		{ LIMEN_HW_REG_GATEWARE_VERSION, 1 << 16 },
		{ LIMEN_HW_REG_RESET_MS, 1000 },
		{ LIMEN_HW_REG_ABORT_MS, 100 },
		{ LIMEN_HW_REG_RING_STOP_MS, 500 },
		{ LIMEN_HW_REG_DMA_BITS, 64 },
		{ LIMEN_HW_REG_RING_LOG2_MAX, 12 },
		{ LIMEN_HW_REG_TOP_K_MAX, LIMEN_HW_TOP_K_MAX },
		{ LIMEN_HW_REG_MODERATION_MAX, LIMEN_HW_MODERATION_US_MAX },
		{ LIMEN_HW_REG_BOOT_GENERATION, 1 },
	};
	unsigned int bad = 0;

	for (unsigned int i = 0; i < sizeof(due) / sizeof(*due); i++) {
		bad += host_read(board, due[i][0]) != due[i][1];
		/* What the processor writes there does nothing. */
		file_write(board, due[i][0], ~due[i][1]);
		bad += host_read(board, due[i][0]) != due[i][1];
	}
	tap_result(!bad, "constants are what they are, %u wrong", bad);
}

/* What the host reads once it has written this. */
static uint32_t after_write(uint32_t reg, uint32_t before, uint32_t value)
{
	if (reg == LIMEN_HW_REG_IRQ_ENABLE)
		return value;
	if (reg >= LIMEN_HW_REG_MODERATION(0) &&
	    reg < LIMEN_HW_REG_MODERATION(LIMEN_HW_VECTORS))
		return LIMEN_HW_MODERATION_US_MAX;
	return before;
}

/* Of a write to each register: nothing that the host reads, or an event, in their order. */
static void check_writes(struct board *board)
{
	uint32_t expected[REGISTERS], count = 0, bad = 0, reg, value;
	unsigned int generation = host_read(board, LIMEN_HW_REG_BOOT_GENERATION);

	for (uint32_t i = 0; i < REGISTERS; i++) {
		uint32_t before = host_read(board, 4 * i);

		value = 4 * i == LIMEN_HW_REG_BOOT_GO ? generation : 0x5a5a5a00 + i % 2;
		host_write(board, 4 * i, value);
		bad += host_read(board, 4 * i) != after_write(4 * i, before, value);
		if (is_event(4 * i))
			expected[count++] = 4 * i;
	}
	tap_result(!bad, "the host changes nothing but IRQ_ENABLE and MODERATION, %u wrong", bad);
	bad = cpu_read(board, SHELL_EVENT_COUNT) != count;
	for (uint32_t i = 0; i < count; i++)
		bad += !event(board, &reg, &value) || reg != expected[i] ||
		       value != (reg == LIMEN_HW_REG_BOOT_GO ?
					 generation : 0x5a5a5a00 + reg / 4 % 2);
	bad += event(board, &reg, &value);
	tap_result(!bad && !shell_rtl_external(board->rtl),
		   "%u of its writes are events, and no others", count);
	host_write(board, LIMEN_HW_REG_BOOT_GO, generation + 1);
	host_write(board, LIMEN_HW_REG_BOOT_GO, generation - 1);
	tap_result(!event(board, &reg, &value), "BOOT_GO of another generation is none");
	host_write(board, LIMEN_HW_REG_IRQ_ENABLE, 0);
	for (uint32_t i = 0; i < LIMEN_HW_VECTORS; i++)
		host_write(board, LIMEN_HW_REG_MODERATION(i), 0);
}

static void check_shown(struct board *board, bool booted)
{
	unsigned int bad = 0;

	for (uint32_t reg = 0; reg < 4 * REGISTERS; reg += 4) {
		uint32_t before = host_read(board, reg);
		uint32_t value = 0x1234a000 + reg;
		bool stall = is_ring(reg) && ring_offset(reg) >= LIMEN_HW_RING_STALL_LO &&
			     ring_offset(reg) <= LIMEN_HW_RING_STALL_HI;

		if (stall)
			continue;
		file_write(board, reg, value);
		bad += host_read(board, reg) != (is_shown(reg, booted) ? value : before);
	}
	tap_result(!bad, "the processor shows what is firmware's alone, %s, %u wrong",
		   booted ? "running" : "starting", bad);
}

/* The ROM's two registers, which are gone when firmware runs. */
static void check_boot(struct board *board)
{
	unsigned int bad = 0;

	cpu_write(board, SHELL_BOOT_STATE, LIMEN_HW_BOOT_LOADING);
	cpu_write(board, SHELL_BOOT_REASON, 5);
	bad += host_read(board, LIMEN_HW_REG_BOOT_STATE) != LIMEN_HW_BOOT_LOADING;
	bad += host_read(board, LIMEN_HW_REG_BOOT_REASON) != 5;
	file_write(board, LIMEN_HW_REG_BOOT_STATE, LIMEN_HW_BOOT_CRASHED);
	bad += host_read(board, LIMEN_HW_REG_BOOT_STATE) != LIMEN_HW_BOOT_LOADING;
	check_shown(board, false);
	cpu_write(board, SHELL_BOOT_REASON, 0);
	cpu_write(board, SHELL_BOOT_STATE, LIMEN_HW_BOOT_RUNNING);
	cpu_write(board, SHELL_BOOT_STATE, LIMEN_HW_BOOT_WAITING);
	cpu_write(board, SHELL_BOOT_REASON, 6);
	file_write(board, LIMEN_HW_REG_BOOT_REASON, 6);
	file_write(board, LIMEN_HW_REG_BOOT_STATE, LIMEN_HW_BOOT_WAITING);
	bad += host_read(board, LIMEN_HW_REG_BOOT_STATE) != LIMEN_HW_BOOT_RUNNING;
	bad += host_read(board, LIMEN_HW_REG_BOOT_REASON) != 0;
	check_shown(board, true);
	file_write(board, LIMEN_HW_REG_BOOT_STATE, LIMEN_HW_BOOT_CRASHED);
	bad += host_read(board, LIMEN_HW_REG_BOOT_STATE) != LIMEN_HW_BOOT_CRASHED;
	tap_result(!bad, "what the ROM says cannot be said by firmware, %u wrong", bad);
}

static void check_fatal(struct board *board)
{
	bool kept;

	file_write(board, LIMEN_HW_REG_STATUS, LIMEN_HW_STATUS_FATAL);
	file_write(board, LIMEN_HW_REG_STATUS, LIMEN_HW_STATUS_READY);
	kept = host_read(board, LIMEN_HW_REG_STATUS) ==
	       (LIMEN_HW_STATUS_READY | LIMEN_HW_STATUS_FATAL);
	host_write(board, LIMEN_HW_REG_STATUS, UINT32_MAX);
	kept &= host_read(board, LIMEN_HW_REG_STATUS) ==
		(LIMEN_HW_STATUS_READY | LIMEN_HW_STATUS_FATAL);
	tap_result(kept && reset(board) && !host_read(board, LIMEN_HW_REG_STATUS),
		   "FATAL stays until a reset");
}

static void check_stall(struct board *board)
{
	unsigned int bad = 0;

	for (unsigned int ring = 0; ring < LIMEN_HW_RINGS; ring++) {
		uint32_t low = LIMEN_HW_RING_BLOCK(ring) + LIMEN_HW_RING_STALL_LO;
		uint32_t high = low + 4;

		file_write(board, high, 1 + ring);
		file_write(board, low, 100);
		bad += host_read(board, low) != 100;
		/* The next value comes between the host's two reads, and in halves. */
		file_write(board, high, 7);
		bad += host_read(board, low) != 100 || host_read(board, high) != 1 + ring;
		file_write(board, low, 200);
		bad += host_read(board, high) != 1 + ring;
		bad += host_read(board, low) != 200 || host_read(board, high) != 7;
	}
	tap_result(!bad, "STALL is never torn, %u wrong", bad);
}

/* Firmware that takes its time, and a host that does not. */
static void check_full(struct board *board)
{
	const uint32_t tail = LIMEN_HW_RING_BLOCK(0) + LIMEN_HW_RING_SQ_TAIL;
	uint32_t written = 0, taken = 0, reg, value, bad = 0, full = 0;
	struct dice dice = { .state = 43 };

	while (taken < 4000) {
		if (roll_below(&dice, taken & 1024 ? 2 : 8)) {
			if (shell_rtl_host_write(board->rtl, tail, written * 2654435761u))
				written++;
			else
				full++;
		} else if (event(board, &reg, &value)) {
			bad += reg != tail || value != taken++ * 2654435761u;
		}
	}
	/* What is not for the firmware does not wait. */
	while (shell_rtl_host_write(board->rtl, tail, written * 2654435761u))
		written++;
	bad += !shell_rtl_host_write(board->rtl, LIMEN_HW_REG_IRQ_STATUS, 0);
	while (event(board, &reg, &value))
		bad += value != taken++ * 2654435761u;
	tap_result(!bad && full && taken == written,
		   "%u doorbells, in order, none lost; the host waited %u times", taken,
		   full);
}

/* Whatever is written during a reset is gone; and what is read says that it is one. */
static void check_reset(struct board *board)
{
	uint32_t generation = host_read(board, LIMEN_HW_REG_BOOT_GENERATION);
	const uint32_t tail = LIMEN_HW_RING_BLOCK(1) + LIMEN_HW_RING_SQ_TAIL;
	uint32_t reg, value, bad = 0;

	cpu_write(board, SHELL_BOOT_STATE, LIMEN_HW_BOOT_WAITING);
	file_write(board, LIMEN_HW_REG_ECHO, 77);
	host_write(board, tail, 1);
	shell_rtl_memory_good(board->rtl, false);
	host_write(board, LIMEN_HW_REG_CONTROL, LIMEN_HW_CONTROL_RESET);
	for (unsigned int i = 0; i < 4000; i++) {
		bad += host_read(board, LIMEN_HW_REG_BOOT_STATE) ||
		       host_read(board, LIMEN_HW_REG_ECHO);
		bad += host_read(board, LIMEN_HW_REG_ID) != LIMEN_HW_ID;
		bad += host_read(board, LIMEN_HW_REG_BOOT_GENERATION) != generation + 1;
		host_write(board, LIMEN_HW_REG_IRQ_ENABLE, UINT32_MAX);
		host_write(board, tail, 2);
		host_write(board, LIMEN_HW_REG_CONTROL, LIMEN_HW_CONTROL_ENABLE);
	}
	shell_rtl_memory_good(board->rtl, true);
	bad += !shell_rtl_wait_ready(board->rtl, PATIENCE);
	bad += host_read(board, LIMEN_HW_REG_CONTROL) ||
	       host_read(board, LIMEN_HW_REG_IRQ_ENABLE);
	bad += event(board, &reg, &value);
	tap_result(!bad, "reads and writes during a reset, %u wrong", bad);
	host_write(board, LIMEN_HW_REG_CONTROL, LIMEN_HW_CONTROL_RESET);
	tap_result(host_read(board, LIMEN_HW_REG_CONTROL) == LIMEN_HW_CONTROL_RESET &&
			   shell_rtl_wait_ready(board->rtl, PATIENCE) &&
			   !event(board, &reg, &value),
		   "a read right after RESET shows it");
}

void check_host(void)
{
	struct board board;

	board_open(&board, 20, true);
	check_constants(&board);
	check_writes(&board);
	check_boot(&board);
	check_fatal(&board);
	check_stall(&board);
	check_full(&board);
	check_reset(&board);
	board_close(&board);
}
