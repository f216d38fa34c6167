// SPDX-License-Identifier: MIT
/* Random programs of rv32im. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"
#include "rv32.h"

#define NONE	32 /* no register */
#define A0	10
#define A1	11
#define A2	12
#define A7	17

/* Half of memory: what a register's offset reaches to either side. */
#define HALF	(PROGRAM_MEMORY / 2)

#define DEPTH_MAX	3

/* A generator by xorshift*; below @limit. */
static uint32_t draw(struct program *program, uint32_t limit)
{
	uint64_t state = program->random;

	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	program->random = state;
	return (uint32_t)((state * 0x2545f4914f6cdd1dULL) >> 32) % limit;
}

/* In an expression of its own, like each draw: C does not say which comes first. */
static uint32_t draw_word(struct program *program)
{
	uint32_t high = draw(program, 1u << 16);

	return high << 16 | draw(program, 1u << 16);
}

/* A value, often one of those where arithmetic has its corners. */
static uint32_t draw_value(struct program *program)
{
	static const uint32_t corners[] = { 0, 1, -1u, 1u << 31, INT32_MAX, 2, -2u, 31, 32,
					    0xffff, 0x10000, 0x55555555 };

	uint32_t word;

	if (draw(program, 2))
		return corners[draw(program, sizeof(corners) / sizeof(*corners))];
	word = draw_word(program);
	return word >> draw(program, 32);
}

static uint32_t draw_source(struct program *program)
{
	return draw(program, 32);
}

/* A register that may be written to. */
static uint32_t draw_target(struct program *program)
{
	uint32_t number;

	do
		number = draw(program, 32);
	while (number == program->base || number == program->counter);
	return number;
}

/* One that holds what is written to it. */
static uint32_t draw_holder(struct program *program)
{
	uint32_t number;

	do
		number = draw_target(program);
	while (!number);
	return number;
}

static void emit(struct program *program, uint32_t word)
{
	if (program->count == PROGRAM_CODE_WORDS)
		abort();
	program->code[program->count++] = word;
}

static void emit_value(struct program *program, uint32_t rd, uint32_t value)
{
	emit(program, LUI(rd, value + 0x800));
	emit(program, ADDI(rd, rd, value));
}

static void emit_op(struct program *program)
{
	static const uint32_t ops[] = {
		ADD(0, 0, 0), SUB(0, 0, 0), SLL(0, 0, 0), SLT(0, 0, 0), SLTU(0, 0, 0),
		XOR(0, 0, 0), SRL(0, 0, 0), SRA(0, 0, 0), OR(0, 0, 0), AND(0, 0, 0),
		MUL(0, 0, 0), MULH(0, 0, 0), MULHSU(0, 0, 0), MULHU(0, 0, 0),
		DIV(0, 0, 0), DIVU(0, 0, 0), REM(0, 0, 0), REMU(0, 0, 0),
	};
	uint32_t op = ops[draw(program, sizeof(ops) / sizeof(*ops))];
	uint32_t rd = draw_target(program), rs1 = draw_source(program);
	uint32_t rs2 = draw_source(program);

	emit(program, op | RV_NAMES(0, 0, rd, rs1, rs2));
}

static void emit_op_imm(struct program *program)
{
	static const uint32_t ops[] = { ADDI(0, 0, 0), SLTI(0, 0, 0), SLTIU(0, 0, 0),
					XORI(0, 0, 0), ORI(0, 0, 0), ANDI(0, 0, 0),
					SLLI(0, 0, 0), SRLI(0, 0, 0), SRAI(0, 0, 0) };
	uint32_t which = draw(program, sizeof(ops) / sizeof(*ops));
	uint32_t rd = draw_target(program), rs1 = draw_source(program);
	bool is_shift = which >= 6;

	emit(program, ops[which] | RV_I(0, 0, rd, rs1, draw(program, is_shift ? 32 : 4096)));
}

static void emit_upper(struct program *program)
{
	uint32_t opcode = draw(program, 2) ? 0x37 : 0x17, rd = draw_target(program);
	uint32_t value = draw_word(program);

	emit(program, RV_U(opcode, rd, value));
}

/* A load or a store, by the base or a register somewhat above it. */
static void emit_access(struct program *program, bool is_store)
{
	static const uint32_t loads[] = { 0, 1, 2, 4, 5 };
	uint32_t funct3 = is_store ? draw(program, 3) : loads[draw(program, 5)];
	uint32_t size = 1u << (funct3 & 3), base = program->base, reach = 2 * HALF;
	uint32_t offset, other = is_store ? draw_source(program) : draw_target(program);

	if (draw(program, 2)) {
		base = draw_holder(program);
		reach = HALF + 1;
		emit(program, ANDI(base, draw_source(program), HALF - 4));
		emit(program, ADD(base, base, program->base));
	}
	offset = draw(program, reach) / size * size - HALF;
	if (is_store)
		emit(program, RV_S(funct3, base, other, offset));
	else
		emit(program, RV_I(0x03, funct3, other, base, offset));
}

static void emit_block(struct program *program, unsigned int depth);

/* A branch over a block. */
static void emit_if(struct program *program, unsigned int depth)
{
	static const uint32_t conditions[] = { 0, 1, 4, 5, 6, 7 };
	uint32_t from = program->count, rs1 = draw_source(program);
	uint32_t rs2 = draw(program, 4) ? draw_source(program) : rs1;
	uint32_t funct3 = conditions[draw(program, 6)];

	emit(program, 0);
	emit_block(program, depth + 1);
	program->code[from] = RV_B(funct3, rs1, rs2, 4 * (program->count - from));
}

/* A jump over words that must not be executed. */
static void emit_jump(struct program *program)
{
	uint32_t from = program->count, rd = draw_target(program), rs1 = NONE;

	if (draw(program, 2)) {
		rs1 = draw_holder(program);
		emit(program, AUIPC(rs1, 0));
	}
	emit(program, 0);
	for (uint32_t left = draw(program, 4); left; left--)
		emit(program, draw_word(program));
	if (rs1 == NONE)
		program->code[from] = JAL(rd, 4 * (program->count - from));
	else
		program->code[from + 1] = JALR(rd, rs1, 4 * (program->count - from) +
						       draw(program, 2));
}

/* A block that is repeated, by a branch or by a jump. */
static void emit_loop(struct program *program, unsigned int depth)
{
	uint32_t counter = draw_holder(program), from;

	program->counter = counter;
	emit(program, ADDI(counter, 0, 1 + draw(program, 8)));
	from = program->count;
	emit_block(program, depth + 1);
	emit(program, ADDI(counter, counter, -1));
	if (draw(program, 2)) {
		emit(program, BNE(counter, 0, 4 * (from - program->count)));
	} else {
		emit(program, BEQ(counter, 0, 8));
		emit(program, JAL(0, 4 * (from - program->count)));
	}
	program->counter = NONE;
}

static void emit_some(struct program *program, unsigned int depth)
{
	switch (draw(program, 16)) {
	case 0:
		emit_upper(program);
		break;
	case 1 ... 2:
		emit_access(program, false);
		break;
	case 3 ... 4:
		emit_access(program, true);
		break;
	case 5:
		emit_jump(program);
		break;
	case 6 ... 7:
		if (depth < DEPTH_MAX)
			emit_if(program, depth);
		break;
	case 8:
		if (program->counter == NONE && depth < DEPTH_MAX)
			emit_loop(program, depth);
		break;
	case 9:
		emit(program, draw(program, 2) ? FENCE : FENCE_I);
		break;
	case 10 ... 12:
		emit_op_imm(program);
		break;
	default:
		emit_op(program);
		break;
	}
}

static void emit_block(struct program *program, unsigned int depth)
{
	for (uint32_t left = 1 + draw(program, depth ? 6 : 60); left; left--)
		emit_some(program, depth);
}

static void emit_round(struct program *program)
{
	program->counter = NONE;
	program->base = 1 + draw(program, 31);
	for (uint32_t number = 0; number < 32; number++)
		if (number != program->base)
			emit_value(program, number, draw_value(program));
	emit_value(program, program->base, PROGRAM_DATA + HALF);
	emit_block(program, 0);
	for (uint32_t number = 0; number < 32; number++)
		emit(program, SW(number, program->base, HALF + 4 * number));
	emit_value(program, A0, 1);
	emit_value(program, A1, PROGRAM_DATA);
	emit_value(program, A2, PROGRAM_DUMP);
	emit_value(program, A7, PROGRAM_WRITE);
	emit(program, ECALL);
}

void program_make(struct program *program, uint64_t seed, unsigned int rounds)
{
	memset(program, 0, sizeof(*program));
	/* Any seed but one makes a state that is not 0, which would stay so. */
	program->random = seed ^ 0x9e3779b97f4a7c15ULL;
	for (unsigned int i = 0; i < sizeof(program->data); i++)
		program->data[i] = (uint8_t)draw(program, 256);
	while (rounds--)
		emit_round(program);
	emit_value(program, A0, 0);
	emit_value(program, A7, PROGRAM_EXIT);
	emit(program, ECALL);
}
