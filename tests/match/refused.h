/* SPDX-License-Identifier: MIT */
/*
 * Instructions that the processor refuses.
 *
 * A processor raises SIGILL for instructions that it does not have. A handler takes them
 * apart and has an emulator do what they would have done. What runs is thus the very code
 * that runs on a processor that has them.
 */
#ifndef TEST_REFUSED_H
#define TEST_REFUSED_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct refused - one that has been refused, taken apart
 * @bytes: it
 * @wide: VEX.L, for 256 bits
 * @prefix: bits 0 and 1 of its last VEX byte: 0 stands for none, 1 for 0x66, 2
 *	for 0xf3, 3 for 0xf2
 * @opcode: after the VEX prefix
 * @memory: whether it has an operand in memory
 * @reg: register in ModRM.reg
 * @rm: register in ModRM.rm, if that is none in memory
 * @third: register in VEX.vvvv
 * @address: of the operand in memory, the index left out
 * @stride: the index, scaled; 0 without one
 * @has_sib: whether the address was given with an SIB byte
 * @length: of the whole instruction
 */
struct refused {
	const uint8_t *bytes;
	bool wide;
	unsigned int prefix;
	unsigned int opcode;
	bool memory;
	unsigned int reg;
	unsigned int rm;
	unsigned int third;
	uint64_t address;
	uint64_t stride;
	bool has_sib;
	unsigned int length;
};

/*
 * Does what an instruction would, or puts something in its place that does; where to go
 * on, or NULL if it is none of its kind, or to be refused.
 */
typedef const uint8_t *refused_emulator(const struct refused *instruction);

/*
 * From now on has this emulate, in every thread, what the processor refuses. What it
 * does not do ends the process as ever.
 */
void refused_emulate(refused_emulator *emulator);

#endif /* TEST_REFUSED_H */
