// SPDX-License-Identifier: MIT
/* Takes refused instructions apart, from a handler of SIGILL. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include "refused.h"

static refused_emulator *emulate;

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
static unsigned int decode_memory(struct refused *instruction,
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
 * Takes an instruction apart if it has the form of those that are emulated: three bytes
 * of VEX with map 0F38 and W clear; an opcode; ModRM.
 */
static bool decode(struct refused *instruction, const greg_t *regs)
{
	const uint8_t *bytes = (const uint8_t *)regs[REG_RIP];
	unsigned int reg_high = ~bytes[1] >> 7 & 1;

	memset(instruction, 0, sizeof(*instruction));
	if (bytes[0] != 0xc4 || (bytes[1] & 0x1f) != 2 || bytes[2] & 0x80)
		return false;
	instruction->bytes = bytes;
	instruction->wide = bytes[2] >> 2 & 1;
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

static void on_refused(int number, siginfo_t *info, void *context)
{
	greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;
	struct refused instruction;
	const uint8_t *next = NULL;

	(void)info;
	if (decode(&instruction, regs))
		next = emulate(&instruction);
	if (next)
		regs[REG_RIP] = (greg_t)next;
	else
		signal(number, SIG_DFL); /* and be refused once more */
}

void refused_emulate(refused_emulator *emulator)
{
	struct sigaction action = { .sa_sigaction = on_refused,
				    .sa_flags = SA_SIGINFO };

	emulate = emulator;
	if (sigaction(SIGILL, &action, NULL)) {
		perror("SIGILL");
		exit(1);
	}
}
