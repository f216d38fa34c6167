// SPDX-License-Identifier: MIT
/* What a dot product costs on the hart: right to the last bit, and measured. TAP. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cpu/cpu.h>

#include "../../match/tap.h"
#include "rv32.h"

#define BASE	0x20000000u
#define DIM	512
#define VECTORS	0x800 /* offsets from BASE: the code is before them */
#define TIMES	5000
#define LOOP	8 /* instructions for a component */

/* Registers. */
#define T0	5
#define T1	6
#define A0	10 /* the sum */
#define A1	11
#define A2	12
#define A3	13 /* the end of the first vector */
#define A4	14 /* how often */

static uint8_t memory[VECTORS + 2 * DIM];

static void make_program(void)
{
	const uint32_t code[] = {
		LUI(A1, BASE + VECTORS + 0x800), /* 0: each time */
		ADDI(A1, A1, VECTORS),
		ADDI(A2, A1, DIM),
		ADDI(A3, A1, DIM),
		LB(T0, A1, 0), /* 16: each component */
		LB(T1, A2, 0),
		MUL(T0, T0, T1),
		ADDI(A1, A1, 1),
		ADDI(A2, A2, 1),
		ADD(A0, A0, T0),
		SW(A0, A3, -VECTORS), /* between code and vectors */
		BNE(A1, A3, 16 - 44),
		ADDI(A4, A4, -1),
		BNE(A4, 0, 0 - 52),
		WFI,
	};

	for (size_t i = 0; i < sizeof(code) / sizeof(*code); i++)
		for (size_t byte = 0; byte < 4; byte++)
			memory[4 * i + byte] = (uint8_t)(code[i] >> 8 * byte);
	for (size_t i = 0; i < 2 * DIM; i++)
		memory[VECTORS + i] = (uint8_t)(i * i * 31 + i);
}

static uint32_t expected(void)
{
	int32_t sum = 0;

	for (size_t i = 0; i < DIM; i++)
		sum += (int8_t)memory[VECTORS + i] * (int8_t)memory[VECTORS + DIM + i];
	return (uint32_t)sum * TIMES;
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

int main(void)
{
	static struct cpu cpu;
	const struct cpu_config config = {
		.regions = { { BASE, sizeof(memory), memory, true, true } },
		.region_count = 1,
		.reset = BASE,
	};
	enum cpu_stop why;
	double start;

	make_program();
	if (cpu_init(&cpu, &config))
		return 1;
	cpu.x[A4] = TIMES;
	start = seconds();
	why = cpu_run(&cpu, UINT64_MAX);
	start = seconds() - start;
	tap_result(why == CPU_WFI && cpu.x[A0] == expected() &&
			   cpu.count.instructions == TIMES * (DIM * LOOP + 6) + 1,
		   "%d dot products of %d components", TIMES, DIM);
	printf("# figure: %.0f million instructions a second\n",
	       (double)cpu.count.instructions / start / 1e6);
	return tap_end();
}
