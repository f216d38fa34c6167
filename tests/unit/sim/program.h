/* SPDX-License-Identifier: MIT */
/*
 * Random programs of rv32im for Linux. Each is a number of rounds: all registers get
 * values, instructions use them and a part of memory, and a system call writes out
 * what the registers and that memory hold afterwards.
 */
#ifndef TEST_SIM_PROGRAM_H
#define TEST_SIM_PROGRAM_H

#include <stdint.h>

#define PROGRAM_CODE		0x00100000u
#define PROGRAM_CODE_WORDS	(1u << 17)

/* What a round writes out: memory, and behind it each register. */
#define PROGRAM_DATA		0x00800000u
#define PROGRAM_MEMORY		2048
#define PROGRAM_DUMP		(PROGRAM_MEMORY + 32 * 4)

/* System calls of Linux. */
#define PROGRAM_WRITE		64
#define PROGRAM_EXIT		93

/**
 * struct program - a program
 * @code: its instructions, from PROGRAM_CODE on
 * @count: number of them
 * @data: what PROGRAM_DATA holds at first
 * @random: state of the generator
 * @base: register that points into the middle of memory in this round
 * @counter: register that counts a loop, if there is one
 */
struct program {
	uint32_t code[PROGRAM_CODE_WORDS];
	uint32_t count;
	uint8_t data[PROGRAM_DUMP];
	uint64_t random;
	uint32_t base;
	uint32_t counter;
};

/* Makes the program of a seed, with so many rounds. */
void program_make(struct program *program, uint64_t seed, unsigned int rounds);

#endif /* TEST_SIM_PROGRAM_H */
