/* SPDX-License-Identifier: MIT */
/* What the tests of the shell share: a board, its host, and accesses by name. */
#ifndef FPGA_SIM_SHELL_BOARD_H
#define FPGA_SIM_SHELL_BOARD_H

#include <stdbool.h>
#include <stdint.h>

#include <limen/hw.h>
#include <shell.h>

#include "shell_rtl.h"

#define MEMORY_BYTES	(1u << 20)
#define FILE_AT		(SHELL_FILE_ADDRESS - SHELL_REGS_ADDRESS)
#define DMA_TIMEOUT	3000 /* as the Makefile builds the models */
#define NS_PER_MS	1000000
/* More cycles than anything here takes. */
#define PATIENCE	1000000

/* The host's memory: two pages, the first one somewhere. */
#define HOST_AT		0x123456789000u
#define HOST_BYTES	8192

/* Random numbers that a seed repeats. */
struct dice {
	uint64_t state;
};

uint32_t roll(struct dice *dice);
/* 0 to sides - 1. */
uint32_t roll_below(struct dice *dice, uint32_t sides);

/**
 * struct board - a board and its host
 * @rtl: the gateware
 * @memory: card memory, MEMORY_BYTES
 * @page: host memory
 * @wrong_at: reads of this beat go wrong
 * @wrong: how
 * @spoiled_at: this beat of card memory is not sound
 * @spoiled: how it is
 * @outside: accesses to what is not host memory
 * @disorder: words written to another place than behind the word before
 * @next: where the next word is expected, or 0
 * @written: words written to the host
 * @interrupts: messages, by vector
 * @now_ns: the board's clock
 * @deaf: the host takes neither
 */
struct board {
	struct shell_rtl *rtl;
	uint8_t *memory;
	uint8_t page[HOST_BYTES];
	uint64_t wrong_at;
	enum shell_rtl_answer wrong;
	uint64_t spoiled_at;
	enum shell_rtl_memory spoiled;
	unsigned int outside;
	unsigned int disorder;
	uint64_t next;
	unsigned int written;
	unsigned int interrupts[LIMEN_HW_VECTORS];
	uint64_t now_ns;
	bool deaf;
};

/* A board whose processor may run; the program ends if there is none. */
void board_open(struct board *board, uint32_t host_latency, bool blank);
void board_close(struct board *board);

/* Registers of the host; a write that has to wait ends the program. */
uint32_t host_read(struct board *board, uint32_t reg);
void host_write(struct board *board, uint32_t reg, uint32_t value);
/* Registers of the processor, and the file. */
uint32_t cpu_read(struct board *board, uint32_t reg);
void cpu_write(struct board *board, uint32_t reg, uint32_t value);
uint32_t file_read(struct board *board, uint32_t reg);
void file_write(struct board *board, uint32_t reg, uint32_t value);
/* Takes an event. false: there is none. */
bool event(struct board *board, uint32_t *reg, uint32_t *value);
/* What becomes of what is SHELL_BUSY in a STATE register; SHELL_BUSY: it stays so. */
uint32_t wait_state(struct board *board, uint32_t reg);
/* Time passes, and what is due happens. */
void pass(struct board *board, uint64_t ns);
/* Has card memory fail at @address, as @state tells; UINT64_MAX: nowhere. */
void spoil(struct board *board, uint64_t address, enum shell_rtl_memory state);
/* The host's reset, until the processor may run. false: it may not in time. */
bool reset(struct board *board);

/* Tests, each with its lines of TAP. */
void check_host(void);
void check_interrupts(void);
void check_gauges(void);
void check_transfers(void);
void check_jobs(void);
void check_resets(void);

#endif /* FPGA_SIM_SHELL_BOARD_H */
