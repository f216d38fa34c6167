/* SPDX-License-Identifier: MIT */
/* A hart with memory and a bus, in which a test puts instructions. */
#ifndef TEST_SIM_BOARD_H
#define TEST_SIM_BOARD_H

#include <cpu/cpu.h>

#include "rv32.h"

#define RAM		0x20000000u
#define RAM_SIZE	4096
#define ROM		0x20001000u /* behind it, for data alone */
#define ROM_SIZE	64
#define DEVICE		0x40000000u /* behind the bus */
#define DEVICE_SIZE	0x100
#define HANDLER		(RAM + 0x800)

/**
 * struct board - the hart and what is around it
 * @cpu: the hart
 * @ram: what is at RAM
 * @rom: what is at ROM
 * @value: what the device reads as
 * @loads: number of loads from it
 * @stores: number of stores to it
 * @address: of the last of either
 * @size: its size
 * @stored: what was stored
 * @interrupts: the device raises the external interrupt when it is stored to
 * @stops: and stops the hart
 * @traps: number of traps told of
 * @stops_at_trap: a trap stops the hart
 */
struct board {
	struct cpu cpu;
	uint8_t ram[RAM_SIZE];
	uint8_t rom[ROM_SIZE];
	uint32_t value;
	unsigned int loads;
	unsigned int stores;
	uint32_t address;
	unsigned int size;
	uint32_t stored;
	bool interrupts;
	bool stops;
	unsigned int traps;
	bool stops_at_trap;
};

/* The one that board_make() makes before each test: pc is RAM, mtvec is HANDLER. */
extern struct board board;

void board_make(void);
/* The configuration it is made of. */
struct cpu_config board_config(void);
/* Puts an instruction, or a word, at an address of RAM or ROM. */
void board_put(uint32_t address, uint32_t word);
uint32_t board_word(uint32_t address);
/* Puts an instruction at pc and executes it. */
void board_execute(uint32_t word);
/* The same, and it has to retire, or to trap with this cause and value. */
void board_retires(uint32_t word);
void board_traps(uint32_t word, uint32_t cause, uint32_t value);

#endif /* TEST_SIM_BOARD_H */
