// SPDX-License-Identifier: MIT
/*
 * Holds vpdpbusd and vpdpbssd to a few lines of plain C, on random registers: the
 * emulator's or, where there is a processor that has them, the processor's. What the
 * emulator passes is then what kernels may rely on. Prints TAP.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "batch.h"
#include "tap.h"
#include "vnni-emulator.h"

#define ROUNDS 300
#define REGISTERS 16
#define LANES 8

struct registers {
	uint8_t at[REGISTERS][4 * LANES];
};

#define FOR_ALL(what) \
	what(0) what(1) what(2) what(3) what(4) what(5) what(6) what(7) \
	what(8) what(9) what(10) what(11) what(12) what(13) what(14) what(15)
#define LOAD(number) "vmovdqu " #number "*32(%1), %%ymm" #number "\n\t"
#define STORE(number) "vmovdqu %%ymm" #number ", " #number "*32(%1)\n\t"

/* One product of registers; whether the carry flag, set before, is set after. */
#define PRODUCT(name, instruction, sums, first, second) \
static bool __attribute__((noinline)) name(struct registers *registers) \
{ \
	bool carry; \
\
	asm volatile(FOR_ALL(LOAD) "stc\n\t" \
		     instruction " %%ymm" #second ", %%ymm" #first \
		     ", %%ymm" #sums "\n\t" FOR_ALL(STORE) \
		     : "=@ccc"(carry) : "r"(registers->at) \
		     : "memory", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", \
		       "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", \
		       "xmm11", "xmm12", "xmm13", "xmm14", "xmm15"); \
	return carry; \
}

PRODUCT(usd_low, "%{vex%} vpdpbusd", 3, 1, 2)
PRODUCT(usd_high, "%{vex%} vpdpbusd", 8, 15, 9)
PRODUCT(usd_same, "%{vex%} vpdpbusd", 0, 0, 0)
PRODUCT(ssd_low, "vpdpbssd", 1, 2, 0)
PRODUCT(ssd_high, "vpdpbssd", 12, 4, 15)
PRODUCT(ssd_same, "vpdpbssd", 7, 7, 13)

static const struct product {
	const char *name;
	bool (*run)(struct registers *registers);
	unsigned int sums, first, second;
	bool first_signed;
} products[] = {
	{ "vpdpbusd", usd_low, 3, 1, 2, false },
	{ "vpdpbusd of upper registers", usd_high, 8, 15, 9, false },
	{ "vpdpbusd of one register", usd_same, 0, 0, 0, false },
	{ "vpdpbssd", ssd_low, 1, 2, 0, true },
	{ "vpdpbssd of upper registers", ssd_high, 12, 4, 15, true },
	{ "vpdpbssd, sums multiplied", ssd_same, 7, 7, 13, true },
};

#define PRODUCTS (sizeof(products) / sizeof(*products))

/* Often the extremes, so that sums wrap around. */
static void roll_registers(struct dice *dice, struct registers *registers)
{
	uint8_t *bytes = registers->at[0];
	size_t i;

	for (i = 0; i < sizeof(*registers); i++)
		bytes[i] = roll_below(dice, 4) ? roll(dice) :
						 0x7f + roll_below(dice, 2);
}

static int32_t number(uint8_t byte, bool has_sign)
{
	return has_sign && byte > 127 ? byte - 256 : byte;
}

/* What should become of the registers. */
static void expect(const struct product *product, const struct registers *before,
		   struct registers *after)
{
	unsigned int lane, i;

	*after = *before;
	for (lane = 0; lane < LANES; lane++) {
		uint32_t sum;

		memcpy(&sum, before->at[product->sums] + 4 * lane, 4);
		for (i = 4 * lane; i < 4 * lane + 4; i++)
			sum += (uint32_t)(
				number(before->at[product->first][i],
				       product->first_signed) *
				number(before->at[product->second][i], true));
		memcpy(after->at[product->sums] + 4 * lane, &sum, 4);
	}
}

static bool multiplies(const struct product *product, struct dice *dice)
{
	struct registers registers = {}, expected;

	roll_registers(dice, &registers);
	expect(product, &registers, &expected);
	return product->run(&registers) &&
	       !memcmp(&registers, &expected, sizeof(registers));
}

static void check_product(const struct product *product, struct dice *dice)
{
	bool good = true;
	int round;

	for (round = 0; round < ROUNDS; round++)
		good = good && multiplies(product, dice);
	tap_result(good, "%s", product->name);
}

/* Saturating sums are something else. */
static void saturating(void)
{
	asm volatile("%{vex%} vpdpbusds %%ymm0, %%ymm1, %%ymm2"
		     : : : "xmm2");
}

static void no_instruction(void)
{
	asm volatile("ud2");
}

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

int main(void)
{
	const char *missing = match_avxvnni_int8.unusable();
	struct dice dice = { 1 };
	unsigned int i;

	if (match_avx2.unusable()) {
		tap_result(true, "products # SKIP %s", match_avx2.unusable());
		return tap_end();
	}
	if (missing) {
		printf("# emulated: %s\n", missing);
		vnni_emulator_start();
	}
	for (i = 0; i < PRODUCTS; i++)
		check_product(&products[i], &dice);
	tap_result(signal_of(no_instruction) == SIGILL,
		   "refused: what is no instruction");
	if (match_avxvnni.unusable()) {
		tap_result(signal_of(saturating) == SIGILL,
			   "refused: saturating sums");
		tap_result(vnni_emulator_count() == PRODUCTS,
			   "the emulator did all of it, having been called once for each");
	}
	return tap_end();
}
