// SPDX-License-Identifier: MIT
/*
 * Emulates AMX from a handler of SIGILL: palette 1, that is eight tiles of up to 16
 * rows of up to 64 bytes; all of its instructions on integers, but for those that
 * nothing here uses (sttilecfg, tileloaddt1).
 */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include "amx-emulator.h"

#define TILES 8
#define TILE_ROWS 16
#define TILE_BYTES 64

/**
 * struct tile - a tile register
 * @rows: configured, 0 if the tile is not
 * @bytes: configured for each row
 * @at: rows and bytes beyond those are zero
 */
struct tile {
	uint8_t rows;
	uint16_t bytes;
	uint8_t at[TILE_ROWS][TILE_BYTES];
};

/**
 * struct instruction - one that has been refused, taken apart
 * @bytes: it
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
struct instruction {
	const uint8_t *bytes;
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

/* As in the processor, each thread has tiles of its own. */
static _Thread_local struct tile tiles[TILES];
static _Thread_local struct amx_counts counts;

static const int registers[] = {
	REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
	REG_R8, REG_R9, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15,
};

/* Little endian, with its sign. */
static int64_t displacement(const uint8_t *bytes, unsigned int size)
{
	int32_t wide;

	if (size == 1)
		return (int8_t)*bytes;
	memcpy(&wide, bytes, sizeof(wide));
	return wide;
}

/* The operand in memory; the bytes that ModRM and what belongs to it take. */
static unsigned int decode_memory(struct instruction *instruction,
				  const uint8_t *modrm, const greg_t *regs)
{
	unsigned int mod = *modrm >> 6, base = *modrm & 7, length = 1;
	unsigned int base_high = ~instruction->bytes[1] >> 5 & 1;
	unsigned int index_high = ~instruction->bytes[1] >> 6 & 1;
	unsigned int size = mod == 1 ? 1 : mod == 2 ? 4 : 0;
	bool without_base;

	instruction->has_sib = base == 4;
	if (instruction->has_sib) {
		uint8_t sib = modrm[length++];
		unsigned int index = (sib >> 3 & 7) | index_high << 3;

		base = sib & 7;
		if (index != 4)
			instruction->stride =
				(uint64_t)regs[registers[index]] << (sib >> 6);
	}
	without_base = !mod && base == 5;
	if (without_base)
		size = 4;
	else
		instruction->address = regs[registers[base | base_high << 3]];
	if (size)
		instruction->address += displacement(modrm + length, size);
	length += size;
	if (without_base && !instruction->has_sib)
		instruction->address +=
			(uint64_t)(modrm + length - instruction->bytes) +
			regs[REG_RIP];
	return length;
}

/*
 * Takes an instruction apart if it has AMX's form: three bytes of VEX with map
 * 0F38, W and L clear; an opcode; ModRM.
 */
static bool decode(struct instruction *instruction, const greg_t *regs)
{
	const uint8_t *bytes = (const uint8_t *)regs[REG_RIP];
	unsigned int reg_high = ~bytes[1] >> 7 & 1;

	memset(instruction, 0, sizeof(*instruction));
	if (bytes[0] != 0xc4 || (bytes[1] & 0x1f) != 2 || bytes[2] & 0x84)
		return false;
	instruction->bytes = bytes;
	instruction->prefix = bytes[2] & 3;
	instruction->third = ~bytes[2] >> 3 & 15;
	instruction->opcode = bytes[3];
	instruction->reg = (bytes[4] >> 3 & 7) | reg_high << 3;
	instruction->memory = bytes[4] >> 6 != 3;
	instruction->length = 4;
	if (instruction->memory) {
		instruction->length += decode_memory(instruction, bytes + 4,
						     regs);
	} else {
		instruction->rm = (bytes[4] & 7) | (~bytes[1] >> 5 & 1) << 3;
		instruction->length++;
	}
	return true;
}

static struct tile *tile_of(unsigned int number)
{
	if (number >= TILES || !tiles[number].rows)
		return NULL;
	return &tiles[number];
}

static void release(void)
{
	memset(tiles, 0, sizeof(tiles));
}

static bool all_zero(const uint8_t *bytes, size_t size)
{
	while (size)
		if (bytes[--size])
			return false;
	return true;
}

/*
 * Palette 1, row 0 to begin with (another one is only left behind by loads that
 * were interrupted), 14 reserved bytes; 16 times the bytes of a row, 16 times the
 * rows, of which there are eight tiles.
 */
static bool load_config(const uint8_t *config)
{
	unsigned int i;

	release();
	if (!config[0])
		return true;
	if (config[0] != 1 || !all_zero(config + 1, 15) ||
	    !all_zero(config + 16 + 2 * TILES, 32 - 2 * TILES) ||
	    !all_zero(config + 48 + TILES, 16 - TILES))
		return false;
	for (i = 0; i < TILES; i++) {
		memcpy(&tiles[i].bytes, config + 16 + 2 * i, 2);
		tiles[i].rows = config[48 + i];
		if (tiles[i].bytes > TILE_BYTES || tiles[i].rows > TILE_ROWS ||
		    !tiles[i].bytes != !tiles[i].rows)
			return false;
	}
	return true;
}

/* Opcode 49: the configuration, and zeroes. */
static bool configure(const struct instruction *instruction)
{
	struct tile *tile = tile_of(instruction->reg);

	if (instruction->third)
		return false;
	if (instruction->prefix == 0 && instruction->memory) {
		counts.configurations++;
		return !instruction->reg &&
		       load_config((const uint8_t *)instruction->address);
	}
	if (instruction->prefix == 0 && !instruction->reg && !instruction->rm) {
		counts.releases++;
		release();
		return true;
	}
	if (instruction->prefix == 3 && !instruction->memory &&
	    !instruction->rm && tile) {
		counts.zeroes++;
		memset(tile->at, 0, sizeof(tile->at));
		return true;
	}
	return false;
}

/* Opcode 4b: loads and stores. */
static bool move(const struct instruction *instruction)
{
	struct tile *tile = tile_of(instruction->reg);
	uint64_t address = instruction->address;
	bool store = instruction->prefix == 2;
	unsigned int i;

	if (!tile || !instruction->has_sib || instruction->third ||
	    (!store && instruction->prefix != 3))
		return false;
	if (store)
		counts.stores++;
	else
		counts.loads++;
	for (i = 0; i < tile->rows; i++, address += instruction->stride) {
		if (store)
			memcpy((void *)address, tile->at[i], tile->bytes);
		else
			memcpy(tile->at[i], (const void *)address, tile->bytes);
	}
	return true;
}

/* A byte, with its sign or without. */
static int32_t widen(uint8_t byte, bool with_sign)
{
	return with_sign ? (int8_t)byte : byte;
}

/*
 * The sums of one row: each lane adds the products of four bytes of the first tile
 * and four bytes of the second one, for all such quadruples of the first's row.
 */
static void multiply_row(uint8_t *sums, const uint8_t *first,
			 const struct tile *second, bool first_signed,
			 bool second_signed)
{
	unsigned int lane, k, i;

	for (lane = 0; lane < second->bytes / 4u; lane++) {
		uint32_t sum;

		memcpy(&sum, sums + 4 * lane, sizeof(sum));
		for (k = 0; k < second->rows; k++)
			for (i = 0; i < 4; i++)
				sum += widen(first[4 * k + i], first_signed) *
				       widen(second->at[k][4 * lane + i],
					     second_signed);
		memcpy(sums + 4 * lane, &sum, sizeof(sum));
	}
}

/*
 * Opcode 5e: products. Of the prefix, bit 1 tells whether the first tile has signs,
 * bit 0 whether the second one has.
 */
static bool multiply(const struct instruction *instruction)
{
	struct tile *sums = tile_of(instruction->reg);
	const struct tile *first = tile_of(instruction->rm);
	const struct tile *second = tile_of(instruction->third);
	unsigned int i;

	if (instruction->memory || !sums || !first || !second ||
	    sums == first || sums == second || first == second)
		return false;
	if (sums->bytes % 4 || first->bytes % 4 || second->bytes % 4 ||
	    sums->rows != first->rows || first->bytes / 4 != second->rows ||
	    sums->bytes != second->bytes)
		return false;
	counts.products++;
	for (i = 0; i < sums->rows; i++)
		multiply_row(sums->at[i], first->at[i], second,
			     instruction->prefix & 2, instruction->prefix & 1);
	return true;
}

static bool emulate(const struct instruction *instruction)
{
	switch (instruction->opcode) {
	case 0x49:
		return configure(instruction);
	case 0x4b:
		return move(instruction);
	case 0x5e:
		return multiply(instruction);
	default:
		return false;
	}
}

static void on_refused(int number, siginfo_t *info, void *context)
{
	greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;
	struct instruction instruction;

	(void)info;
	if (decode(&instruction, regs) && emulate(&instruction))
		regs[REG_RIP] += instruction.length;
	else
		signal(number, SIG_DFL); /* and be refused once more */
}

void amx_emulator_start(void)
{
	struct sigaction action = { .sa_sigaction = on_refused,
				    .sa_flags = SA_SIGINFO };

	if (sigaction(SIGILL, &action, NULL)) {
		perror("SIGILL");
		exit(1);
	}
}

struct amx_counts amx_emulator_counts(void)
{
	return counts;
}
