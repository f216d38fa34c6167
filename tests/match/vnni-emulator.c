// SPDX-License-Identifier: MIT
/*
 * Emulates vpdpbusd and vpdpbssd: an instruction that has been refused becomes a jump, as
 * long as itself, to code made for it, which jumps back. That code changes neither flags
 * nor the stack, nor any register but the sums.
 */
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "refused.h"
#include "vnni-emulator.h"

/* More than the kernels have such instructions, and more than one takes. */
#define STUBS 8192
#define STUB_SIZE 256
#define PAGE 4096
#define JUMP_SIZE 5

/* Opcode maps and prefixes, as VEX numbers them. */
enum { MAP_0F = 1, MAP_0F38 = 2 };
enum { PREFIX_66 = 1, PREFIX_F3 = 2, PREFIX_F2 = 3 };

/* What scratch registers held. */
static uint8_t kept[3][32];
static uint8_t stubs[STUBS][STUB_SIZE] __attribute__((aligned(PAGE)));
static unsigned int used;

static uint8_t *put_offset(uint8_t *to, const uint8_t *target)
{
	int32_t offset = (int32_t)(target - (to + sizeof(offset)));

	memcpy(to, &offset, sizeof(offset));
	return to + sizeof(offset);
}

static uint8_t *put_jump(uint8_t *to, const uint8_t *target)
{
	*to++ = 0xe9;
	return put_offset(to, target);
}

/* VEX of three bytes for 256 bits, and the opcode. */
static uint8_t *put_vex(uint8_t *to, unsigned int map, unsigned int prefix,
			uint8_t opcode, unsigned int reg, unsigned int third,
			unsigned int rm)
{
	*to++ = 0xc4;
	*to++ = (reg < 8) << 7 | 1 << 6 | (rm < 8) << 5 | map;
	*to++ = (~third & 15) << 3 | 1 << 2 | prefix;
	*to++ = opcode;
	return to;
}

/* reg = third OPERATION rm */
static uint8_t *put(uint8_t *to, unsigned int map, uint8_t opcode,
		    unsigned int reg, unsigned int third, unsigned int rm)
{
	to = put_vex(to, map, PREFIX_66, opcode, reg, third, rm);
	*to++ = 3 << 6 | (reg & 7) << 3 | (rm & 7);
	return to;
}

/* vmovdqu: loads (6f) or stores (7f) a register. */
static uint8_t *put_move(uint8_t *to, uint8_t opcode, unsigned int reg,
			 const uint8_t *memory)
{
	to = put_vex(to, MAP_0F, PREFIX_F3, opcode, reg, 0, 0);
	*to++ = (reg & 7) << 3 | 5; /* relative to RIP */
	return put_offset(to, memory);
}

/* vpslld (6), vpsrad (4) or vpsrld (2), by a number of bits. */
static uint8_t *put_shift(uint8_t *to, unsigned int kind, unsigned int reg,
			  unsigned int from, uint8_t bits)
{
	to = put(to, MAP_0F, 0x72, kind, reg, from);
	*to++ = bits;
	return to;
}

/* The number'th byte of each lane, with its sign or without. */
static uint8_t *put_byte(uint8_t *to, unsigned int reg, unsigned int from,
			 unsigned int number, bool with_sign)
{
	to = put_shift(to, 6, reg, from, 24 - 8 * number);
	return put_shift(to, with_sign ? 4 : 2, reg, reg, 24);
}

/* Three registers that the instruction does not use. */
static void choose(const struct refused *instruction, unsigned int scratch[3])
{
	unsigned int found = 0, i;

	for (i = 0; found < 3; i++)
		if (i != instruction->reg && i != instruction->third &&
		    i != instruction->rm)
			scratch[found++] = i;
}

/*
 * Sums are added up in a scratch register, for the instruction's own operands may be
 * the same registers.
 */
static void fill_stub(uint8_t *to, const struct refused *instruction)
{
	bool with_sign = instruction->prefix == PREFIX_F2;
	unsigned int scratch[3], i;

	choose(instruction, scratch);
	for (i = 0; i < 3; i++)
		to = put_move(to, 0x7f, scratch[i], kept[i]);
	for (i = 0; i < 4; i++) {
		to = put_byte(to, scratch[1], instruction->third, i, with_sign);
		to = put_byte(to, scratch[2], instruction->rm, i, true);
		/* vpmulld and vpaddd */
		to = put(to, MAP_0F38, 0x40, scratch[1], scratch[1], scratch[2]);
		to = put(to, MAP_0F, 0xfe, scratch[0],
			 i ? scratch[0] : instruction->reg, scratch[1]);
	}
	/* vmovdqa */
	to = put(to, MAP_0F, 0x6f, instruction->reg, 0, scratch[0]);
	for (i = 0; i < 3; i++)
		to = put_move(to, 0x6f, scratch[i], kept[i]);
	put_jump(to, instruction->bytes + instruction->length);
}

static bool make_writable(const uint8_t *from, size_t size)
{
	uintptr_t first = (uintptr_t)from & -(uintptr_t)PAGE;
	uintptr_t end = (uintptr_t)from + size;

	return !mprotect((void *)first, end - first,
			 PROT_READ | PROT_WRITE | PROT_EXEC);
}

/* Opcode 50: 66 is for vpdpbusd, F2 for vpdpbssd. */
static const uint8_t *emulate(const struct refused *instruction)
{
	uint8_t *code = (uint8_t *)instruction->bytes;

	if (instruction->opcode != 0x50 || !instruction->wide ||
	    instruction->memory || instruction->length != JUMP_SIZE ||
	    (instruction->prefix != PREFIX_66 &&
	     instruction->prefix != PREFIX_F2))
		return NULL;
	if (used == STUBS || !make_writable(code, JUMP_SIZE) ||
	    !make_writable(stubs[used], STUB_SIZE))
		return NULL;
	fill_stub(stubs[used], instruction);
	put_jump(code, stubs[used++]);
	return code;
}

void vnni_emulator_start(void)
{
	refused_emulate(emulate);
}

unsigned int vnni_emulator_count(void)
{
	return used;
}
