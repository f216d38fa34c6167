// SPDX-License-Identifier: MIT
/*
 * Emulates AMX: palette 1, that is eight tiles of up to 16
 * rows of up to 64 bytes; all of its instructions on integers, but for those that
 * nothing here uses (sttilecfg, tileloaddt1).
 */
#include <stdbool.h>
#include <string.h>

#include "amx-emulator.h"
#include "refused.h"

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

/* As in the processor, each thread has tiles of its own. */
static _Thread_local struct tile tiles[TILES];
static _Thread_local struct amx_counts counts;

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
static bool configure(const struct refused *instruction)
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
static bool move(const struct refused *instruction)
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
static bool multiply(const struct refused *instruction)
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

static bool execute(const struct refused *instruction)
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

static const uint8_t *emulate(const struct refused *instruction)
{
	if (instruction->wide || !execute(instruction))
		return NULL;
	return instruction->bytes + instruction->length;
}

void amx_emulator_start(void)
{
	refused_emulate(emulate);
}

struct amx_counts amx_emulator_counts(void)
{
	return counts;
}
