// SPDX-License-Identifier: MIT
/* A hart with memory and a bus, in which a test puts instructions. */
#include <endian.h>
#include <string.h>

#include <check.h>

#include "board.h"

struct board board;

static bool device_load(void *context, uint32_t address, unsigned int size, uint32_t *value)
{
	struct board *at = context;

	if (address - DEVICE >= DEVICE_SIZE)
		return false;
	at->loads++;
	at->address = address;
	at->size = size;
	*value = at->value;
	return true;
}

static bool device_store(void *context, uint32_t address, unsigned int size, uint32_t value)
{
	struct board *at = context;

	if (address - DEVICE >= DEVICE_SIZE)
		return false;
	at->stores++;
	at->address = address;
	at->size = size;
	at->stored = value;
	if (at->interrupts)
		cpu_interrupt(&at->cpu, true);
	if (at->stops)
		cpu_stop(&at->cpu);
	return true;
}

static void trapped(void *context, const struct cpu *cpu)
{
	struct board *at = context;

	if (cpu != &at->cpu)
		ck_abort_msg("a trap of another hart");
	at->traps++;
	if (at->stops_at_trap)
		cpu_stop(&at->cpu);
}

struct cpu_config board_config(void)
{
	struct cpu_config config = {
		.regions = {
			{ ROM, ROM_SIZE, board.rom, false, false },
			{ RAM, RAM_SIZE, board.ram, true, true },
		},
		.region_count = 2,
		.ops = { device_load, device_store, trapped },
		.context = &board,
		.reset = RAM,
	};

	return config;
}

void board_make(void)
{
	struct cpu_config config = board_config();

	memset(&board, 0, sizeof(board));
	ck_assert_int_eq(cpu_init(&board.cpu, &config), 0);
	board.cpu.mtvec = HANDLER;
}

static uint8_t *at_address(uint32_t address)
{
	if (address - RAM <= RAM_SIZE - 4)
		return board.ram + (address - RAM);
	if (address - ROM <= ROM_SIZE - 4)
		return board.rom + (address - ROM);
	ck_abort_msg("%#x is not memory", address);
}

void board_put(uint32_t address, uint32_t word)
{
	word = htole32(word);
	memcpy(at_address(address), &word, sizeof(word));
}

uint32_t board_word(uint32_t address)
{
	uint32_t word;

	memcpy(&word, at_address(address), sizeof(word));
	return le32toh(word);
}

void board_execute(uint32_t word)
{
	board_put(board.cpu.pc, word);
	cpu_run(&board.cpu, 1);
}

void board_retires(uint32_t word)
{
	uint64_t before = board.cpu.count.instructions;

	board_execute(word);
	ck_assert_msg(board.cpu.count.instructions == before + 1, "%#x trapped: mcause %u",
		      word, board.cpu.mcause);
}

/* It changes nothing but what tells of it. */
void board_traps(uint32_t word, uint32_t cause, uint32_t value)
{
	struct cpu before = board.cpu;
	bool enabled = before.mstatus & CPU_MSTATUS_MIE;

	board_execute(word);
	ck_assert_msg(board.cpu.count.instructions == before.count.instructions,
		      "%#x retired", word);
	ck_assert_uint_eq(board.cpu.count.exceptions, before.count.exceptions + 1);
	ck_assert_uint_eq(board.cpu.mcause, cause);
	ck_assert_uint_eq(board.cpu.mtval, value);
	ck_assert_uint_eq(board.cpu.mepc, before.pc);
	ck_assert_uint_eq(board.cpu.pc, before.mtvec & ~3u);
	ck_assert_uint_eq(board.cpu.mstatus,
			  CPU_MSTATUS_MPP | (enabled ? CPU_MSTATUS_MPIE : 0));
	ck_assert_mem_eq(board.cpu.x, before.x, sizeof(before.x));
	ck_assert_uint_eq(board.cpu.mscratch, before.mscratch);
}
