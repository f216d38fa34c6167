// SPDX-License-Identifier: MIT
/* What each instruction of the hart computes, and which words are none. */
#include "../face/suite.h"
#include "board.h"

#define MINIMUM	0x80000000u
#define MAXIMUM	0x7fffffffu

static struct cpu *const cpu = &board.cpu;

/* Each computes x3 of x1 and x2. */
static const struct {
	uint32_t word;
	uint32_t a;
	uint32_t b;
	uint32_t result;
} computations[] = {
	{ ADD(3, 1, 2), 5, 7, 12 },
	{ ADD(3, 1, 2), UINT32_MAX, 1, 0 },
	{ ADD(3, 1, 2), MAXIMUM, 1, MINIMUM },
	{ SUB(3, 1, 2), 5, 7, -2u },
	{ SUB(3, 1, 2), MINIMUM, 1, MAXIMUM },
	{ SLL(3, 1, 2), 1, 31, MINIMUM },
	{ SLL(3, 1, 2), 3, 33, 6 },
	{ SLT(3, 1, 2), -1u, 0, 1 },
	{ SLT(3, 1, 2), 0, -1u, 0 },
	{ SLT(3, 1, 2), 4, 4, 0 },
	{ SLTU(3, 1, 2), -1u, 0, 0 },
	{ SLTU(3, 1, 2), 0, -1u, 1 },
	{ SLTU(3, 0, 2), 0, 9, 1 },
	{ XOR(3, 1, 2), 0xff00ff00, 0x0ff00ff0, 0xf0f0f0f0 },
	{ SRL(3, 1, 2), MINIMUM, 31, 1 },
	{ SRL(3, 1, 2), MINIMUM, 32, MINIMUM },
	{ SRA(3, 1, 2), MINIMUM, 31, -1u },
	{ SRA(3, 1, 2), MAXIMUM, 30, 1 },
	{ SRA(3, 1, 2), -8u, 33, -4u },
	{ OR(3, 1, 2), 0xff00ff00, 0x0ff00ff0, 0xfff0fff0 },
	{ AND(3, 1, 2), 0xff00ff00, 0x0ff00ff0, 0x0f000f00 },

	{ ADDI(3, 1, 2047), 1, 0, 2048 },
	{ ADDI(3, 1, -2048), 0, 0, -2048u },
	{ SLTI(3, 1, -1), -2u, 0, 1 },
	{ SLTI(3, 1, -1), 0, 0, 0 },
	{ SLTIU(3, 1, -1), 0, 0, 1 },
	{ SLTIU(3, 1, 1), 0, 0, 1 },
	{ SLTIU(3, 1, 1), 1, 0, 0 },
	{ XORI(3, 1, -1), 0x12345678, 0, 0xedcba987 },
	{ ORI(3, 1, 0x70f), 0xf0, 0, 0x7ff },
	{ ANDI(3, 1, -16), 0x1234567f, 0, 0x12345670 },
	{ SLLI(3, 1, 31), 3, 0, MINIMUM },
	{ SRLI(3, 1, 4), MINIMUM, 0, 0x08000000 },
	{ SRAI(3, 1, 4), MINIMUM, 0, 0xf8000000 },
	{ SRAI(3, 1, 31), MAXIMUM, 0, 0 },

	{ MUL(3, 1, 2), -3u, 5, -15u },
	{ MUL(3, 1, 2), 0x10001, 0x10001, 0x20001 },
	{ MULH(3, 1, 2), -1u, -1u, 0 },
	{ MULH(3, 1, 2), MINIMUM, MINIMUM, 0x40000000 },
	{ MULH(3, 1, 2), MINIMUM, MAXIMUM, 0xc0000000 },
	{ MULHSU(3, 1, 2), -1u, -1u, -1u },
	{ MULHSU(3, 1, 2), MINIMUM, -1u, MINIMUM },
	{ MULHSU(3, 1, 2), MAXIMUM, -1u, 0x7ffffffe },
	{ MULHU(3, 1, 2), -1u, -1u, -2u },
	{ MULHU(3, 1, 2), MINIMUM, 2, 1 },
	{ DIV(3, 1, 2), -7u, 2, -3u },
	{ DIV(3, 1, 2), 7, -2u, -3u },
	{ DIV(3, 1, 2), 7, 0, -1u },
	{ DIV(3, 1, 2), MINIMUM, 0, -1u },
	{ DIV(3, 1, 2), MINIMUM, -1u, MINIMUM },
	{ DIVU(3, 1, 2), -7u, 2, 0x7ffffffc },
	{ DIVU(3, 1, 2), MINIMUM, -1u, 0 },
	{ DIVU(3, 1, 2), 7, 0, -1u },
	{ REM(3, 1, 2), -7u, 2, -1u },
	{ REM(3, 1, 2), 7, -2u, 1 },
	{ REM(3, 1, 2), -7u, 0, -7u },
	{ REM(3, 1, 2), MINIMUM, -1u, 0 },
	{ REMU(3, 1, 2), -7u, 2, 1 },
	{ REMU(3, 1, 2), MINIMUM, -1u, MINIMUM },
	{ REMU(3, 1, 2), 7, 0, 7 },

	{ LUI(3, 0xabcde000), 0, 0, 0xabcde000 },
	{ AUIPC(3, 0xfffff000), 0, 0, RAM - 0x1000 },
	{ AUIPC(3, 0x12345000), 0, 0, RAM + 0x12345000 },
};

START_TEST(computes)
{
	cpu->x[1] = computations[_i].a;
	cpu->x[2] = computations[_i].b;
	cpu->x[3] = 0x5a5a5a5a;
	board_retires(computations[_i].word);
	ck_assert_uint_eq(cpu->x[3], computations[_i].result);
	ck_assert_uint_eq(cpu->x[1], computations[_i].a);
	ck_assert_uint_eq(cpu->x[2], computations[_i].b);
	ck_assert_uint_eq(cpu->pc, RAM + 4);
}
END_TEST

/* Whichever registers an instruction names. */
START_TEST(every_register_is_named)
{
	for (uint32_t rd = 0; rd < 32; rd++) {
		uint32_t rs1 = (rd * 7 + 1) % 32, rs2 = (rd * 11 + 2) % 32, sum;

		for (uint32_t i = 1; i < 32; i++)
			cpu->x[i] = 0x1000 + (1u << i);
		sum = cpu->x[rs1] + cpu->x[rs2];
		board_retires(ADD(rd, rs1, rs2));
		ck_assert_uint_eq(cpu->x[rd], rd ? sum : 0);
	}
}
END_TEST

static const struct {
	uint32_t word;
	uint32_t result;
} loads[] = {
	{ LB(3, 1, 0), 0xffffff81 },  { LB(3, 1, 3), 0x74 },
	{ LBU(3, 1, 0), 0x81 },	      { LBU(3, 1, -1), 0xa8 },
	{ LH(3, 1, 0), 0xffff9281 },  { LH(3, 1, 2), 0x7463 },
	{ LHU(3, 1, 0), 0x9281 },     { LHU(3, 1, -2), 0xa8b9 },
	{ LW(3, 1, 0), 0x74639281 },  { LW(3, 1, -4), 0xa8b9cadb },
};

START_TEST(loads_from_memory)
{
	cpu->x[1] = ROM + 4;
	board_put(ROM, 0xa8b9cadb);
	board_put(ROM + 4, 0x74639281);
	board_retires(loads[_i].word);
	ck_assert_uint_eq(cpu->x[3], loads[_i].result);
	ck_assert_uint_eq(board.loads, 0);
}
END_TEST

/* What the bus leaves above the size asked for does not count. */
START_TEST(loads_from_the_bus)
{
	static const struct {
		uint32_t word;
		unsigned int size;
		uint32_t result;
	} cases[] = {
		{ LB(3, 1, 9), 1, 0xffffffe1 }, { LBU(3, 1, 11), 1, 0xe1 },
		{ LH(3, 1, 2), 2, 0xffffd2e1 }, { LHU(3, 1, 6), 2, 0xd2e1 },
		{ LW(3, 1, 4), 4, 0xb4c3d2e1 },
	};

	board.value = 0xb4c3d2e1;
	cpu->x[1] = DEVICE;
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		board_retires(cases[i].word);
		ck_assert_uint_eq(board.loads, i + 1);
		ck_assert_uint_eq(board.address, DEVICE + (cases[i].word >> 20));
		ck_assert_uint_eq(board.size, cases[i].size);
		ck_assert_uint_eq(cpu->x[3], cases[i].result);
	}
	/* Into x0, too: to load may mean something to the device. */
	board_retires(LW(0, 1, 0));
	ck_assert_uint_eq(board.loads, 6);
	ck_assert_uint_eq(cpu->x[0], 0);
}
END_TEST

START_TEST(stores_to_memory)
{
	cpu->x[1] = RAM + 0x400;
	cpu->x[2] = 0x89abcdef;
	board_put(RAM + 0x3fc, 0x11111111);
	board_put(RAM + 0x400, 0x22222222);
	board_retires(SB(2, 1, 3));
	ck_assert_uint_eq(board_word(RAM + 0x400), 0xef222222);
	board_retires(SH(2, 1, 0));
	ck_assert_uint_eq(board_word(RAM + 0x400), 0xef22cdef);
	board_retires(SW(2, 1, 0));
	ck_assert_uint_eq(board_word(RAM + 0x400), 0x89abcdef);
	board_retires(SH(2, 1, -2));
	ck_assert_uint_eq(board_word(RAM + 0x3fc), 0xcdef1111);
	ck_assert_uint_eq(board_word(RAM + 0x404), 0);
	/* The last byte of the region. */
	cpu->x[1] = RAM + RAM_SIZE;
	board_retires(SB(2, 1, -1));
	ck_assert_uint_eq(board.ram[RAM_SIZE - 1], 0xef);
	ck_assert_uint_eq(board.stores, 0);
}
END_TEST

START_TEST(stores_to_the_bus)
{
	static const struct {
		uint32_t word;
		uint32_t address;
		unsigned int size;
		uint32_t stored;
	} cases[] = {
		{ SB(2, 1, 1), DEVICE + 1, 1, 0xef },
		{ SH(2, 1, 2), DEVICE + 2, 2, 0xcdef },
		{ SW(2, 1, 8), DEVICE + 8, 4, 0x89abcdef },
	};

	cpu->x[1] = DEVICE;
	cpu->x[2] = 0x89abcdef;
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		board_retires(cases[i].word);
		ck_assert_uint_eq(board.stores, i + 1);
		ck_assert_uint_eq(board.address, cases[i].address);
		ck_assert_uint_eq(board.size, cases[i].size);
		ck_assert_uint_eq(board.stored, cases[i].stored);
	}
}
END_TEST

/* As many regions as there can be, one after another: there and back. */
START_TEST(regions_take_turns)
{
	struct cpu_config config = board_config();
	uint32_t stride = RAM_SIZE / CPU_REGIONS_MAX, base, at;

	config.region_count = CPU_REGIONS_MAX;
	for (uint32_t i = 0; i < CPU_REGIONS_MAX; i++)
		config.regions[i] = (struct cpu_region){ RAM + 2 * i * stride, stride,
							 board.ram + i * stride, true, true };
	ck_assert_int_eq(cpu_init(cpu, &config), 0);
	for (uint32_t i = 0; i < 2 * CPU_REGIONS_MAX; i++) {
		at = i < CPU_REGIONS_MAX ? i : 2 * CPU_REGIONS_MAX - 1 - i;
		base = RAM + 2 * at * stride;
		/* The next instruction is there, and so is what it loads. */
		cpu->x[1] = base;
		board.ram[at * stride + stride - 2] = at;
		board.ram[at * stride + stride - 1] = 0x40;
		cpu->pc = base;
		board_put(RAM + at * stride, LHU(2, 1, stride - 2));
		ck_assert_int_eq(cpu_run(cpu, 1), CPU_BUDGET);
		ck_assert_uint_eq(cpu->x[2], 0x4000 + at);
		ck_assert_uint_eq(cpu->pc, base + 4);
		/* Between them there is nothing. */
		board_put(RAM + at * stride + 4, SB(2, 1, stride));
		ck_assert_int_eq(cpu_run(cpu, 1), CPU_BUDGET);
		ck_assert_uint_eq(cpu->mcause, CPU_STORE_FAULT);
		ck_assert_uint_eq(cpu->mtval, base + stride);
	}
}
END_TEST

/* What is stored is executed. */
START_TEST(code_changes_itself)
{
	cpu->x[1] = RAM;
	cpu->x[2] = ADDI(3, 0, 77);
	board_put(RAM, SW(2, 1, 8));
	board_put(RAM + 4, FENCE_I);
	board_put(RAM + 8, ADDI(3, 0, 1));
	ck_assert_int_eq(cpu_run(cpu, 3), CPU_BUDGET);
	ck_assert_uint_eq(cpu->x[3], 77);
}
END_TEST

static const struct {
	uint32_t funct3;
	uint32_t a;
	uint32_t b;
	bool taken;
} branches[] = {
	{ 0, 3, 3, true },	 { 0, 3, 4, false },
	{ 1, 3, 3, false },	 { 1, 3, 4, true },
	{ 4, -1u, 0, true },	 { 4, 0, -1u, false },	 { 4, 0, 0, false },
	{ 5, -1u, 0, false },	 { 5, 0, -1u, true },	 { 5, 0, 0, true },
	{ 6, -1u, 0, false },	 { 6, 0, -1u, true },	 { 6, 0, 0, false },
	{ 7, -1u, 0, true },	 { 7, 0, -1u, false },	 { 7, 0, 0, true },
};

START_TEST(branches_if)
{
	cpu->x[1] = branches[_i].a;
	cpu->x[2] = branches[_i].b;
	board_retires(RV_B(branches[_i].funct3, 1, 2, 0x40));
	ck_assert_uint_eq(cpu->pc, branches[_i].taken ? RAM + 0x40 : RAM + 4);
}
END_TEST

/* Each bit of an offset that is a multiple of 4. */
START_TEST(reach_of_branches)
{
	for (unsigned int bit = 2; bit <= 12; bit++) {
		uint32_t offset = bit == 12 ? -4096u : 1u << bit;

		cpu->pc = RAM;
		board_retires(BEQ(0, 0, offset));
		ck_assert_uint_eq(cpu->pc, RAM + offset);
	}
}
END_TEST

START_TEST(reach_of_jumps)
{
	for (unsigned int bit = 2; bit <= 20; bit++) {
		uint32_t offset = bit == 20 ? -0x100000u : 1u << bit;

		cpu->pc = RAM;
		board_retires(JAL(1, offset));
		ck_assert_uint_eq(cpu->pc, RAM + offset);
		ck_assert_uint_eq(cpu->x[1], RAM + 4);
	}
}
END_TEST

START_TEST(jumps_by_register)
{
	/* The lowest bit of the target is dropped. */
	cpu->x[1] = RAM + 0x101;
	board_retires(JALR(2, 1, -4));
	ck_assert_uint_eq(cpu->pc, RAM + 0xfc);
	ck_assert_uint_eq(cpu->x[2], RAM + 4);
	/* The target comes from what the register was. */
	board_retires(JALR(1, 1, 3));
	ck_assert_uint_eq(cpu->pc, RAM + 0x104);
	ck_assert_uint_eq(cpu->x[1], RAM + 0x100);
	board_retires(JALR(0, 1, 0));
	ck_assert_uint_eq(cpu->pc, RAM + 0x100);
	ck_assert_uint_eq(cpu->x[0], 0);
}
END_TEST

/* Fields of a fence that are reserved are to be ignored. */
START_TEST(fences)
{
	static const uint32_t words[] = { FENCE, FENCE_I, 0x8330000f, 0xffff8f8f,
					  0xffff9f8f };
	struct cpu before;

	for (unsigned int i = 0; i < sizeof(words) / sizeof(*words); i++) {
		cpu->pc = RAM;
		before = *cpu;
		board_retires(words[i]);
		ck_assert_mem_eq(cpu->x, before.x, sizeof(before.x));
		ck_assert_uint_eq(cpu->pc, RAM + 4);
	}
}
END_TEST

/* The instructions there are, as the specification's tables have them. */
static const struct {
	uint32_t mask;
	uint32_t match;
} instructions[] = {
	{ 0x7f, 0x37 },		  { 0x7f, 0x17 },	    { 0x7f, 0x6f },
	{ 0x707f, 0x67 },	  { 0x707f, 0x63 },	    { 0x707f, 0x1063 },
	{ 0x707f, 0x4063 },	  { 0x707f, 0x5063 },	    { 0x707f, 0x6063 },
	{ 0x707f, 0x7063 },	  { 0x707f, 0x03 },	    { 0x707f, 0x1003 },
	{ 0x707f, 0x2003 },	  { 0x707f, 0x4003 },	    { 0x707f, 0x5003 },
	{ 0x707f, 0x23 },	  { 0x707f, 0x1023 },	    { 0x707f, 0x2023 },
	{ 0x707f, 0x13 },	  { 0x707f, 0x2013 },	    { 0x707f, 0x3013 },
	{ 0x707f, 0x4013 },	  { 0x707f, 0x6013 },	    { 0x707f, 0x7013 },
	{ 0xfe00707f, 0x1013 },	  { 0xfe00707f, 0x5013 },   { 0xfe00707f, 0x40005013 },
	{ 0xfe00707f, 0x33 },	  { 0xfe00707f, 0x40000033 }, { 0xfe00707f, 0x1033 },
	{ 0xfe00707f, 0x2033 },	  { 0xfe00707f, 0x3033 },   { 0xfe00707f, 0x4033 },
	{ 0xfe00707f, 0x5033 },	  { 0xfe00707f, 0x40005033 }, { 0xfe00707f, 0x6033 },
	{ 0xfe00707f, 0x7033 },	  { 0xfe00707f, 0x2000033 }, { 0xfe00707f, 0x2001033 },
	{ 0xfe00707f, 0x2002033 }, { 0xfe00707f, 0x2003033 }, { 0xfe00707f, 0x2004033 },
	{ 0xfe00707f, 0x2005033 }, { 0xfe00707f, 0x2006033 }, { 0xfe00707f, 0x2007033 },
	{ 0x707f, 0x0f },	  { 0x707f, 0x100f },	    { UINT32_MAX, 0x30200073 },
	{ UINT32_MAX, 0x10500073 }, { UINT32_MAX, 0x73 },   { UINT32_MAX, 0x100073 },
};

static bool is_instruction(uint32_t word)
{
	for (unsigned int i = 0; i < sizeof(instructions) / sizeof(*instructions); i++)
		if ((word & instructions[i].mask) == instructions[i].match)
			return true;
	return false;
}

/* CSRs have tests of their own. */
static bool is_csr(uint32_t word)
{
	return (word & 0x7f) == 0x73 && (word >> 12 & 3);
}

static void is_told(uint32_t word)
{
	uint64_t exceptions = cpu->count.exceptions;
	bool is_illegal;

	if (is_csr(word))
		return;
	cpu->pc = RAM;
	cpu->waiting = false;
	board_execute(word);
	is_illegal = cpu->count.exceptions != exceptions && cpu->mcause == CPU_ILLEGAL;
	/* What is asserted is written to a file first, even if it holds. */
	if (is_illegal == is_instruction(word))
		ck_abort_msg("%#x is %s", word, is_illegal ? "illegal" : "legal");
	if (is_illegal && cpu->mtval != word)
		ck_abort_msg("%#x is illegal, and mtval %#x", word, cpu->mtval);
}

/* Each opcode with each funct3 and funct7, and two sets of other fields. */
START_TEST(what_is_no_instruction_is_illegal)
{
	for (uint32_t selector = 0; selector < 1 << 17; selector++) {
		uint32_t word = (selector & 0x7f) | (selector >> 7 & 7) << 12 |
				selector >> 10 << 25;

		is_told(word);
		is_told(word | 5u << 7 | 9u << 15 | 3u << 20);
	}
}
END_TEST

/* Each bit of those that allow for no other. */
START_TEST(whole_words_of_system)
{
	static const uint32_t words[] = { ECALL, EBREAK, MRET, WFI };

	for (unsigned int i = 0; i < sizeof(words) / sizeof(*words); i++) {
		is_told(words[i]);
		for (unsigned int bit = 0; bit < 32; bit++)
			is_told(words[i] ^ 1u << bit);
	}
	/* Of supervisors and hypervisors. */
	is_told(0x10200073);
	is_told(0x12000073);
	is_told(0x00200073);
	is_told(0x60004073);
	is_told(0x7b200073);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cpu");
	TCase *tests = tcase_create("cpu");

	tcase_add_checked_fixture(tests, board_make, NULL);
	tcase_set_timeout(tests, 60);
	tcase_add_loop_test(tests, computes, 0, COUNT_OF(computations));
	tcase_add_test(tests, every_register_is_named);
	tcase_add_loop_test(tests, loads_from_memory, 0, COUNT_OF(loads));
	tcase_add_test(tests, loads_from_the_bus);
	tcase_add_test(tests, stores_to_memory);
	tcase_add_test(tests, stores_to_the_bus);
	tcase_add_test(tests, regions_take_turns);
	tcase_add_test(tests, code_changes_itself);
	tcase_add_loop_test(tests, branches_if, 0, COUNT_OF(branches));
	tcase_add_test(tests, reach_of_branches);
	tcase_add_test(tests, reach_of_jumps);
	tcase_add_test(tests, jumps_by_register);
	tcase_add_test(tests, fences);
	tcase_add_test(tests, what_is_no_instruction_is_illegal);
	tcase_add_test(tests, whole_words_of_system);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
