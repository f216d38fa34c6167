// SPDX-License-Identifier: MIT
/*
 * Holds AMX's instructions to a few lines of plain C each, on random tiles of all
 * shapes: the emulator's or, where there is a processor with AMX, the processor's.
 * What the emulator passes is then what kernels may rely on. Prints TAP.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "amx-emulator.h"
#include "batch.h"
#include "tap.h"

#define ROUNDS 300
#define TILE_ROWS 16
#define TILE_BYTES 64
#define STRIDE_MAX 192

/* As ldtilecfg reads it. */
struct config {
	uint8_t palette;
	uint8_t start_row;
	uint8_t reserved[14];
	uint16_t bytes[16];
	uint8_t rows[16];
};

/* A tile in memory: row after row, TILE_BYTES each. */
struct tile {
	uint8_t at[TILE_ROWS][TILE_BYTES];
};

static void configure(const struct config *config)
{
	asm volatile("ldtilecfg %0" : : "m"(*config) : "memory");
}

static void release(void)
{
	asm volatile("tilerelease" : : : "memory");
}

#define LOAD(number) \
	asm volatile("tileloadd (%0,%1,1), %%tmm" #number \
		     : : "r"(from), "r"(stride) : "memory")
#define STORE(number) \
	asm volatile("tilestored %%tmm" #number ", (%0,%1,1)" \
		     : : "r"(to), "r"(stride) : "memory")
#define EACH(number, what) \
do { \
	switch (number) { \
	case 0: what(0); break; \
	case 1: what(1); break; \
	case 2: what(2); break; \
	case 3: what(3); break; \
	case 4: what(4); break; \
	case 5: what(5); break; \
	case 6: what(6); break; \
	case 7: what(7); break; \
	} \
} while (0)

static void load(unsigned int number, const void *from, int64_t stride)
{
	EACH(number, LOAD);
}

static void store(unsigned int number, void *to, int64_t stride)
{
	EACH(number, STORE);
}

#define PRODUCT(name, sums, first, second) \
static void name(void) \
{ \
	asm volatile(#name " %%tmm" #second ", %%tmm" #first ", %%tmm" #sums \
		     : : : "memory"); \
}

PRODUCT(tdpbssd, 0, 1, 2)
PRODUCT(tdpbsud, 7, 3, 4)
PRODUCT(tdpbusd, 2, 6, 5)
PRODUCT(tdpbuud, 5, 0, 7)

static const struct product {
	const char *name;
	void (*run)(void);
	unsigned int sums, first, second;
	bool first_signed, second_signed;
} products[] = {
	{ "tdpbssd", tdpbssd, 0, 1, 2, true, true },
	{ "tdpbsud", tdpbsud, 7, 3, 4, true, false },
	{ "tdpbusd", tdpbusd, 2, 6, 5, false, true },
	{ "tdpbuud", tdpbuud, 5, 0, 7, false, false },
};

static void roll_bytes(struct dice *dice, void *data, size_t size)
{
	uint8_t *bytes = data;

	/* Often the extremes, so that sums wrap around. */
	while (size--)
		bytes[size] = roll_below(dice, 4) ? roll(dice) :
						    0x7f + roll_below(dice, 2);
}

static int32_t number(uint8_t byte, bool has_sign)
{
	return has_sign && byte > 127 ? byte - 256 : byte;
}

/* What a product's sum in a row and a lane should be. */
static uint32_t expected(const struct product *product, uint32_t sum,
			 const struct tile *first, const struct tile *second,
			 unsigned int row, unsigned int lane, unsigned int depth)
{
	unsigned int i;

	for (i = 0; i < depth; i++)
		sum += (uint32_t)(number(first->at[row][i],
					 product->first_signed) *
				  number(second->at[i / 4][4 * lane + i % 4],
					 product->second_signed));
	return sum;
}

/* A product of tiles of some shape, as the plain loop has it? */
static bool multiplies(const struct product *product, struct dice *dice)
{
	unsigned int rows = 1 + roll_below(dice, TILE_ROWS), row, lane;
	unsigned int depth = 4 * (1 + roll_below(dice, TILE_BYTES / 4));
	unsigned int lanes = 1 + roll_below(dice, TILE_BYTES / 4);
	struct config config = { .palette = 1 };
	struct tile first, second;
	uint32_t before[TILE_ROWS][16], after[TILE_ROWS][16];

	config.rows[product->sums] = rows;
	config.bytes[product->sums] = 4 * lanes;
	config.rows[product->first] = rows;
	config.bytes[product->first] = depth;
	config.rows[product->second] = depth / 4;
	config.bytes[product->second] = 4 * lanes;
	roll_bytes(dice, &first, sizeof(first));
	roll_bytes(dice, &second, sizeof(second));
	roll_bytes(dice, before, sizeof(before));
	memcpy(after, before, sizeof(after));
	configure(&config);
	load(product->sums, before, TILE_BYTES);
	load(product->first, &first, TILE_BYTES);
	load(product->second, &second, TILE_BYTES);
	product->run();
	store(product->sums, after, TILE_BYTES);
	release();
	for (row = 0; row < TILE_ROWS; row++)
		for (lane = 0; lane < 16; lane++)
			if (after[row][lane] !=
			    (row < rows && lane < lanes ?
			     expected(product, before[row][lane], &first,
				      &second, row, lane, depth) :
			     before[row][lane]))
				return false;
	return true;
}

static void check_products(struct dice *dice)
{
	unsigned int i, round;

	for (i = 0; i < sizeof(products) / sizeof(*products); i++) {
		bool good = true;

		for (round = 0; round < ROUNDS; round++)
			good = good && multiplies(&products[i], dice);
		tap_result(good, "%s", products[i].name);
	}
}

/* Rows that lie apart, or backwards, arrive apart and nothing else is touched. */
static bool moves(struct dice *dice, unsigned int number)
{
	uint8_t from[TILE_ROWS * STRIDE_MAX], to[sizeof(from)];
	uint8_t should[sizeof(from)];
	unsigned int rows = 1 + roll_below(dice, TILE_ROWS), i;
	unsigned int bytes = 1 + roll_below(dice, TILE_BYTES);
	int64_t in = roll_below(dice, STRIDE_MAX - TILE_BYTES);
	int64_t out = TILE_BYTES + in;
	struct config config = { .palette = 1 };
	const uint8_t *start = from;

	if (roll_below(dice, 2)) {
		start += in * (TILE_ROWS - 1);
		in = -in;
	}
	config.rows[number] = rows;
	config.bytes[number] = bytes;
	roll_bytes(dice, from, sizeof(from));
	roll_bytes(dice, to, sizeof(to));
	memcpy(should, to, sizeof(to));
	for (i = 0; i < rows; i++)
		memcpy(should + i * out, start + i * in, bytes);
	configure(&config);
	load(number, start, in);
	store(number, to, out);
	release();
	return !memcmp(to, should, sizeof(to));
}

static void check_moves(struct dice *dice)
{
	bool good = true;
	unsigned int round;

	for (round = 0; round < ROUNDS; round++)
		good = good && moves(dice, round % 8);
	tap_result(good, "tileloadd and tilestored");
}

static const struct config full = {
	.palette = 1,
	.bytes = { 64, 64, 64, 64, 64, 64, 64, 64 },
	.rows = { 16, 16, 16, 16, 16, 16, 16, 16 },
};

/* The ways to name the rows of a tile, all of which mean the same ones here. */
static void check_addresses(struct dice *dice)
{
	uint8_t around[64 + sizeof(struct tile) + 4096];
	const uint8_t *base = around + 64;
	struct tile tile, copies[8];
	bool good = true;
	unsigned int i;

	roll_bytes(dice, around, sizeof(around));
	memcpy(&tile, base, sizeof(tile));
	configure(&full);
	asm volatile("tileloadd (%0,%1,2), %%tmm0"
		     : : "r"(base), "r"(32l) : "memory");
	asm volatile("tileloadd 64(%0,%1,4), %%tmm1"
		     : : "r"(base - 64), "r"(16l) : "memory");
	asm volatile("tileloadd -4096(%0,%1,8), %%tmm2"
		     : : "r"(base + 4096), "r"(8l) : "memory");
	asm volatile("mov %0, %%r13; mov %1, %%r12; tileloadd (%%r13,%%r12), %%tmm3"
		     : : "r"(base), "r"(64l) : "r12", "r13", "memory");
	asm volatile("mov %0, %%r12; mov %1, %%r13; tileloadd (%%r12,%%r13), %%tmm4"
		     : : "r"(base), "r"(64l) : "r12", "r13", "memory");
	asm volatile("tileloadd (%0,%1), %%tmm5"
		     : : "a"(base), "d"(64l) : "memory");
	asm volatile("tileloadd (%0), %%tmm6" : : "r"(base) : "memory");
	asm volatile("tileloadd (%0), %%tmm7; tilezero %%tmm7"
		     : : "r"(base) : "memory");
	for (i = 0; i < 8; i++)
		store(i, &copies[i], TILE_BYTES);
	release();
	for (i = 0; i < 6; i++)
		good = good && !memcmp(&copies[i], &tile, sizeof(tile));
	for (i = 0; i < TILE_ROWS; i++)
		good = good && !memcmp(copies[6].at[i], tile.at[0], TILE_BYTES);
	memset(&tile, 0, sizeof(tile));
	tap_result(good && !memcmp(&copies[7], &tile, sizeof(tile)),
		   "addresses, and tilezero");
}

static void without_tiles(void)
{
	release();
	asm volatile("tilezero %%tmm0" : : : "memory");
}

/* The product of tiles 1 and 2 into tile 0. */
static void with_too_few_sums(void)
{
	struct config config = full;

	config.rows[0] = 15;
	configure(&config);
	tdpbssd();
}

static void with_sums_that_are_too_short(void)
{
	struct config config = full;

	config.bytes[0] = 60;
	configure(&config);
	tdpbssd();
}

static void with_a_second_tile_too_small(void)
{
	struct config config = full;

	config.rows[2] = 15;
	configure(&config);
	tdpbssd();
}

/* Assemblers refuse these, too: tdpbusd of tiles 0 and 1 into 0, of 1 and 0. */
static void with_the_first_tile_twice(void)
{
	configure(&full);
	asm volatile(".byte 0xc4, 0xe2, 0x71, 0x5e, 0xc0" : : : "memory");
}

static void with_the_second_tile_twice(void)
{
	configure(&full);
	asm volatile(".byte 0xc4, 0xe2, 0x79, 0x5e, 0xc1" : : : "memory");
}

static void with_rows_that_are_too_long(void)
{
	struct config config = full;

	config.bytes[7] = 65;
	configure(&config);
}

static void with_no_instruction(void)
{
	asm volatile("ud2");
}

static const struct {
	const char *name;
	void (*run)(void);
} refused[] = {
	{ "a tile that is not configured", without_tiles },
	{ "too few sums", with_too_few_sums },
	{ "sums that are too short", with_sums_that_are_too_short },
	{ "a second tile that is too small", with_a_second_tile_too_small },
	{ "the first tile twice", with_the_first_tile_twice },
	{ "the second tile twice", with_the_second_tile_twice },
	{ "rows that are too long", with_rows_that_are_too_long },
	{ "what is no instruction", with_no_instruction },
};

/* How a process ends that does this: by which signal, or 0. */
static int signal_of(void (*run)(void))
{
	const struct rlimit none = {};
	pid_t child = fork();
	int status;

	if (!child) {
		setrlimit(RLIMIT_CORE, &none);
		run();
		_exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		return 0;
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void check_refusals(void)
{
	unsigned int i;

	for (i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		int number = signal_of(refused[i].run);

		/* A processor answers a configuration that is wrong by SEGV. */
		tap_result(number == SIGILL ||
			   (refused[i].run == with_rows_that_are_too_long &&
			    number == SIGSEGV),
			   "refused: %s", refused[i].name);
	}
}

int main(void)
{
	struct dice dice = { 1 };
	struct amx_counts counts;
	const char *missing = match_amx.unusable();

	if (missing) {
		printf("# emulated: %s\n", missing);
		amx_emulator_start();
	}
	check_products(&dice);
	check_moves(&dice);
	check_addresses(&dice);
	check_refusals();
	counts = amx_emulator_counts();
	tap_result(missing ? counts.products == 4 * ROUNDS &&
			     counts.configurations == counts.releases &&
			     counts.loads == 3 * 4 * ROUNDS + ROUNDS + 8 &&
			     counts.stores == 4 * ROUNDS + ROUNDS + 8 &&
			     counts.zeroes == 1 :
			     !counts.products,
		   "%s", missing ? "the emulator did all of it" :
				   "the processor did all of it");
	return tap_end();
}
