// SPDX-License-Identifier: MIT
/* Traps of the hart, its registers for control and status, and its runs. */
#include <errno.h>
#include <string.h>

#include "../face/suite.h"
#include "board.h"

#define CAUSE_TIMER	(CPU_INTERRUPT | 7)
#define CAUSE_EXTERNAL	(CPU_INTERRUPT | 11)

static struct cpu *const cpu = &board.cpu;

/* Value of a CSR, by an instruction. */
static uint32_t csr(uint32_t number)
{
	board_retires(CSRRS(31, number, 0));
	return cpu->x[31];
}

static void csr_set(uint32_t number, uint32_t value)
{
	cpu->x[30] = value;
	board_retires(CSRRW(0, number, 30));
}

/* Everything that an exception could disturb. */
static void fill(void)
{
	for (uint32_t i = 1; i < 32; i++)
		cpu->x[i] = 0x01010101 * i;
	cpu->mscratch = 0x12345678;
}

START_TEST(misaligned_targets)
{
	fill();
	board_traps(JAL(1, 6), CPU_FETCH_MISALIGNED, RAM + 6);
	cpu->pc = RAM + 8;
	board_traps(JAL(1, -2), CPU_FETCH_MISALIGNED, RAM + 6);
	board_traps(BEQ(1, 1, 10), CPU_FETCH_MISALIGNED, HANDLER + 10);
	cpu->x[1] = RAM;
	board_traps(JALR(1, 1, 6), CPU_FETCH_MISALIGNED, RAM + 6);
	board_traps(JALR(1, 1, 7), CPU_FETCH_MISALIGNED, RAM + 6);
	/* Only where it jumps. */
	board_retires(BNE(1, 1, 10));
}
END_TEST

static void fetch_traps(uint32_t from)
{
	cpu->pc = from;
	ck_assert_int_eq(cpu_run(cpu, 1), CPU_BUDGET);
	ck_assert_uint_eq(cpu->mcause, CPU_FETCH_FAULT);
	ck_assert_uint_eq(cpu->mtval, from);
	ck_assert_uint_eq(cpu->mepc, from);
	ck_assert_uint_eq(cpu->pc, HANDLER);
}

START_TEST(fetches_that_fault)
{
	fetch_traps(0);
	fetch_traps(RAM - 4);
	fetch_traps(ROM); /* not executable */
	fetch_traps(DEVICE);
	fetch_traps(UINT32_MAX - 3);
	ck_assert_uint_eq(board.loads, 0);
	ck_assert_uint_eq(cpu->count.exceptions, 5);
	ck_assert_uint_eq(cpu->count.instructions, 0);
	/* The jump itself retires, and links. */
	cpu->x[1] = DEVICE;
	cpu->pc = RAM;
	board_retires(JALR(2, 1, 0));
	ck_assert_uint_eq(cpu->x[2], RAM + 4);
	ck_assert_uint_eq(cpu->pc, DEVICE);
	/* So does the one that runs out of the region. */
	cpu->pc = RAM + RAM_SIZE - 4;
	board_retires(NOP);
	fetch_traps(ROM);
}
END_TEST

/* A handler that cannot be fetched traps for ever, and that takes steps. */
START_TEST(a_handler_that_is_not_there)
{
	cpu->mtvec = 0x1000;
	cpu->pc = 0;
	ck_assert_int_eq(cpu_run(cpu, 1000), CPU_BUDGET);
	ck_assert_uint_eq(cpu->count.exceptions, 1000);
	ck_assert_uint_eq(cpu->mepc, 0x1000);
}
END_TEST

START_TEST(illegal_instructions)
{
	fill();
	board_traps(0, CPU_ILLEGAL, 0);
	board_traps(UINT32_MAX, CPU_ILLEGAL, UINT32_MAX);
	board_traps(0x4501, CPU_ILLEGAL, 0x4501); /* compressed */
	cpu->mstatus |= CPU_MSTATUS_MIE;
	board_traps(0x10200073, CPU_ILLEGAL, 0x10200073); /* sret */
}
END_TEST

START_TEST(calls_and_breakpoints)
{
	fill();
	board_traps(ECALL, CPU_ECALL, 0);
	cpu->pc = RAM + 0x20;
	board_traps(EBREAK, CPU_BREAKPOINT, RAM + 0x20);
	ck_assert_uint_eq(board.traps, 2);
}
END_TEST

START_TEST(misaligned_data)
{
	fill();
	cpu->x[1] = RAM + 1;
	cpu->x[2] = 0x80000002; /* nothing is there, and yet */
	board_traps(LH(3, 1, 0), CPU_LOAD_MISALIGNED, RAM + 1);
	board_traps(LHU(3, 1, 2), CPU_LOAD_MISALIGNED, RAM + 3);
	board_traps(LW(3, 1, 1), CPU_LOAD_MISALIGNED, RAM + 2);
	board_traps(LW(3, 2, 0), CPU_LOAD_MISALIGNED, 0x80000002);
	board_traps(SH(3, 1, 0), CPU_STORE_MISALIGNED, RAM + 1);
	board_traps(SW(3, 1, 2), CPU_STORE_MISALIGNED, RAM + 3);
	board_traps(SW(3, 2, 0), CPU_STORE_MISALIGNED, 0x80000002);
	cpu->x[1] = DEVICE + 2;
	board_traps(SW(3, 1, 0), CPU_STORE_MISALIGNED, DEVICE + 2);
	ck_assert_uint_eq(board.stores, 0);
}
END_TEST

START_TEST(data_that_faults)
{
	fill();
	cpu->x[1] = DEVICE + DEVICE_SIZE;
	cpu->x[2] = ROM + 8;
	board_put(ROM + 8, 77);
	board_traps(LW(3, 1, 0), CPU_LOAD_FAULT, DEVICE + DEVICE_SIZE);
	board_traps(LB(3, 0, -1), CPU_LOAD_FAULT, UINT32_MAX);
	board_traps(SB(3, 1, 0), CPU_STORE_FAULT, DEVICE + DEVICE_SIZE);
	board_traps(SB(3, 0, 5), CPU_STORE_FAULT, 5);
	/* As far below 0 as memory is above. */
	cpu->x[1] = 0u - RAM;
	board_retires(LW(4, 2, 0));
	board_traps(LW(3, 1, 0), CPU_LOAD_FAULT, 0u - RAM);
	cpu->x[1] = 0u - ROM;
	board_traps(LW(3, 1, 0), CPU_LOAD_FAULT, 0u - ROM);
	/* Memory that is not writable, though it can be read. */
	board_traps(SW(3, 2, 0), CPU_STORE_FAULT, ROM + 8);
	ck_assert_uint_eq(board_word(ROM + 8), 77);
	board_retires(LW(3, 2, 0));
	ck_assert_uint_eq(cpu->x[3], 77);
	ck_assert_uint_eq(board.stores, 0);
}
END_TEST

/* Without a bus there is nothing but memory. */
START_TEST(no_bus)
{
	struct cpu_config config = board_config();

	config.ops = (struct cpu_ops){ NULL, NULL, NULL };
	ck_assert_int_eq(cpu_init(cpu, &config), 0);
	cpu->mtvec = HANDLER;
	cpu->x[1] = DEVICE;
	board_traps(LW(3, 1, 0), CPU_LOAD_FAULT, DEVICE);
	board_traps(SW(3, 1, 4), CPU_STORE_FAULT, DEVICE + 4);
}
END_TEST

/* What all ones and all zeros leave in each register. */
static const struct {
	uint32_t number;
	uint32_t ones;
	uint32_t zeros;
} registers[] = {
	{ MSTATUS, 0x1888, 0x1800 },
	{ MISA, CPU_MISA, CPU_MISA },
	{ MIE, 0x880, 0 },
	{ MTVEC, 0xfffffffd, 0 },
	{ MSTATUSH, 0, 0 },
	{ MSCRATCH, UINT32_MAX, 0 },
	{ MEPC, 0xfffffffc, 0 },
	{ MCAUSE, UINT32_MAX, 0 },
	{ MTVAL, UINT32_MAX, 0 },
	{ MIP, 0, 0 },
	{ 0x323, 0, 0 }, /* mhpmevent3 */
	{ 0x33f, 0, 0 },
	{ 0xb03, 0, 0 }, /* mhpmcounter3 */
	{ 0xb1f, 0, 0 },
	{ 0xb83, 0, 0 },
	{ 0xb9f, 0, 0 },
};

START_TEST(what_registers_hold)
{
	uint32_t number = registers[_i].number;

	csr_set(number, UINT32_MAX);
	ck_assert_uint_eq(csr(number), registers[_i].ones);
	csr_set(number, 0);
	ck_assert_uint_eq(csr(number), registers[_i].zeros);
	board_retires(CSRRSI(1, number, 31));
	ck_assert_uint_eq(cpu->x[1], registers[_i].zeros);
	ck_assert_uint_eq(csr(number), registers[_i].zeros | (registers[_i].ones & 31));
	cpu->x[2] = UINT32_MAX;
	board_retires(CSRRC(1, number, 2));
	ck_assert_uint_eq(csr(number), registers[_i].zeros);
}
END_TEST

static bool is_writable(uint32_t number)
{
	uint32_t counter = number & 31;

	for (int i = 0; i < COUNT_OF(registers); i++)
		if (registers[i].number == number)
			return true;
	if (number - 0x320 < 32)
		return counter >= 3;
	return (number - MCYCLE < 32 || number - MCYCLEH < 32) && counter != 1;
}

/* Each number: it can be read and written, only read, or there is none. */
START_TEST(which_registers_there_are)
{
	for (uint32_t number = 0; number < 0x1000; number++) {
		bool is_constant = number >= MVENDORID && number <= MCONFIGPTR;
		uint32_t word = CSRRW(3, number, 2), value;

		board_make();
		if (is_constant || is_writable(number)) {
			value = csr(number);
			if (is_constant)
				ck_assert_uint_eq(value, 0);
		} else {
			board_traps(CSRRS(3, number, 0), CPU_ILLEGAL, CSRRS(3, number, 0));
		}
		if (is_writable(number))
			board_retires(word);
		else
			board_traps(word, CPU_ILLEGAL, word);
	}
}
END_TEST

/* Setting and clearing nothing writes nothing; of a register that is zero, it does. */
START_TEST(writing_what_is_read_only)
{
	static const uint32_t write[] = {
		CSRRW(1, MHARTID, 0),  CSRRS(1, MHARTID, 5),  CSRRC(1, MHARTID, 5),
		CSRRWI(1, MHARTID, 0), CSRRSI(1, MHARTID, 1), CSRRCI(1, MHARTID, 1),
	};
	static const uint32_t read[] = {
		CSRRS(1, MHARTID, 0), CSRRC(1, MHARTID, 0),
		CSRRSI(1, MHARTID, 0), CSRRCI(1, MHARTID, 0),
	};

	for (int i = 0; i < COUNT_OF(write); i++) {
		cpu->x[1] = 9;
		cpu->x[5] = 0;
		board_traps(write[i], CPU_ILLEGAL, write[i]);
	}
	for (int i = 0; i < COUNT_OF(read); i++) {
		cpu->x[1] = 9;
		board_retires(read[i]);
		ck_assert_uint_eq(cpu->x[1], 0);
	}
}
END_TEST

START_TEST(swapping_setting_clearing)
{
	cpu->x[1] = 0xf0f0f0f0;
	cpu->x[2] = 0xff00ff00;
	board_retires(CSRRW(0, MSCRATCH, 1));
	board_retires(CSRRW(1, MSCRATCH, 1)); /* its own old value comes back */
	ck_assert_uint_eq(cpu->x[1], 0xf0f0f0f0);
	board_retires(CSRRS(3, MSCRATCH, 2));
	ck_assert_uint_eq(cpu->x[3], 0xf0f0f0f0);
	ck_assert_uint_eq(cpu->mscratch, 0xfff0fff0);
	board_retires(CSRRC(3, MSCRATCH, 2));
	ck_assert_uint_eq(cpu->x[3], 0xfff0fff0);
	ck_assert_uint_eq(cpu->mscratch, 0x00f000f0);
	board_retires(CSRRWI(3, MSCRATCH, 0x15));
	ck_assert_uint_eq(cpu->x[3], 0x00f000f0);
	board_retires(CSRRSI(3, MSCRATCH, 0x0a));
	ck_assert_uint_eq(cpu->x[3], 0x15);
	board_retires(CSRRCI(3, MSCRATCH, 0x11));
	ck_assert_uint_eq(cpu->x[3], 0x1f);
	ck_assert_uint_eq(cpu->mscratch, 0x0e);
	board_retires(CSRRW(3, MSCRATCH, 0));
	ck_assert_uint_eq(cpu->mscratch, 0);
}
END_TEST

/* What does not retire is a cycle, and no instruction. */
START_TEST(counters_count)
{
	ck_assert_uint_eq(csr(MINSTRET), 0);
	ck_assert_uint_eq(csr(MINSTRET), 1);
	ck_assert_uint_eq(csr(MCYCLE), 2);
	board_traps(ECALL, CPU_ECALL, 0);
	ck_assert_uint_eq(csr(MINSTRET), 3);
	ck_assert_uint_eq(csr(MCYCLE), 5);
	ck_assert_uint_eq(csr(MINSTRETH), 0);
	ck_assert_uint_eq(cpu->count.instructions, 6);
}
END_TEST

/* The value written is what the next instruction reads; halves carry. */
START_TEST(counters_are_written)
{
	static const uint32_t counters[] = { MCYCLE, MINSTRET };

	for (int i = 0; i < COUNT_OF(counters); i++) {
		csr_set(counters[i], 0x1234);
		ck_assert_uint_eq(csr(counters[i]), 0x1234);
		ck_assert_uint_eq(csr(counters[i]), 0x1235);
		csr_set(counters[i], 0x70000000);
		csr_set(counters[i] + 0x80, 0xabcd);
		ck_assert_uint_eq(csr(counters[i] + 0x80), 0xabcd);
		/* Its other half goes on from where it was. */
		ck_assert_uint_eq(csr(counters[i]) >> 4, 0x7000000);
		csr_set(counters[i], UINT32_MAX);
		ck_assert_uint_eq(csr(counters[i]), UINT32_MAX);
		ck_assert_uint_eq(csr(counters[i]), 0);
		ck_assert_uint_eq(csr(counters[i] + 0x80), 0xabce);
	}
}
END_TEST

START_TEST(returning)
{
	cpu->mstatus = CPU_MSTATUS_MPP | CPU_MSTATUS_MPIE;
	cpu->mepc = RAM + 0x80;
	board_retires(MRET);
	ck_assert_uint_eq(cpu->pc, RAM + 0x80);
	ck_assert_uint_eq(cpu->mstatus, 0x1888);
	cpu->mstatus = CPU_MSTATUS_MPP | CPU_MSTATUS_MIE;
	board_retires(MRET);
	ck_assert_uint_eq(cpu->mstatus, 0x1880);
}
END_TEST

static void enable(uint32_t interrupts)
{
	csr_set(MIE, interrupts);
	csr_set(MSTATUS, CPU_MSTATUS_MIE);
}

/* NOPs from pc on, and in the handler. */
static void pave(void)
{
	for (uint32_t at = 0; at < RAM_SIZE; at += 4)
		board_put(RAM + at, NOP);
}

/* It is taken before the next instruction, which comes after the return. */
START_TEST(an_interrupt_between_instructions)
{
	uint32_t at;

	pave();
	enable(CPU_MEI);
	ck_assert_int_eq(cpu_run(cpu, 3), CPU_BUDGET);
	at = cpu->pc;
	cpu_interrupt(cpu, true);
	ck_assert_int_eq(cpu_run(cpu, 1), CPU_BUDGET);
	ck_assert_uint_eq(cpu->pc, HANDLER);
	ck_assert_uint_eq(cpu->mepc, at);
	ck_assert_uint_eq(cpu->mcause, CAUSE_EXTERNAL);
	ck_assert_uint_eq(cpu->mtval, 0);
	ck_assert_uint_eq(cpu->mstatus, CPU_MSTATUS_MPP | CPU_MSTATUS_MPIE);
	ck_assert_uint_eq(cpu->count.interrupts, 1);
	ck_assert_uint_eq(cpu->count.exceptions, 0);
	ck_assert_uint_eq(board.traps, 1);
	/* It took a cycle, and was no instruction. */
	ck_assert_uint_eq(csr(MCYCLE), csr(MINSTRET));
	/* The handler is not interrupted by it. */
	ck_assert_uint_eq(csr(MIP), CPU_MEI);
	cpu_interrupt(cpu, false);
	ck_assert_uint_eq(csr(MIP), 0);
	board_retires(MRET);
	ck_assert_uint_eq(cpu->pc, at);
	ck_assert_uint_eq(cpu->mstatus, 0x1888);
	ck_assert_int_eq(cpu_run(cpu, 5), CPU_BUDGET);
	ck_assert_uint_eq(cpu->pc, at + 20);
}
END_TEST

/* A level that stays is taken again at once. */
START_TEST(a_level_that_stays)
{
	uint32_t at;

	pave();
	board_put(HANDLER, MRET);
	enable(CPU_MEI);
	at = cpu->pc;
	cpu_interrupt(cpu, true);
	ck_assert_int_eq(cpu_run(cpu, 20), CPU_BUDGET);
	ck_assert_uint_eq(cpu->count.interrupts, 10);
	ck_assert_uint_eq(cpu->pc, at);
	/* One that falls before it is taken is not. */
	cpu_interrupt(cpu, false);
	ck_assert_int_eq(cpu_run(cpu, 1), CPU_BUDGET);
	cpu_interrupt(cpu, true);
	cpu_interrupt(cpu, false);
	ck_assert_int_eq(cpu_run(cpu, 4), CPU_BUDGET);
	ck_assert_uint_eq(cpu->count.interrupts, 10);
}
END_TEST

/* The instruction that lets it be taken is the last before it. */
START_TEST(interrupts_that_are_masked)
{
	uint32_t at;

	pave();
	cpu_interrupt(cpu, true);
	ck_assert_uint_eq(csr(MIP), CPU_MEI);
	ck_assert_int_eq(cpu_run(cpu, 3), CPU_BUDGET);
	csr_set(MSTATUS, CPU_MSTATUS_MIE);
	csr_set(MIE, CPU_MTI);
	ck_assert_int_eq(cpu_run(cpu, 3), CPU_BUDGET);
	ck_assert_uint_eq(cpu->count.interrupts, 0);
	board_retires(CSRRCI(0, MSTATUS, 8));
	csr_set(MIE, CPU_MEI);
	ck_assert_int_eq(cpu_run(cpu, 3), CPU_BUDGET);
	ck_assert_uint_eq(cpu->count.interrupts, 0);
	at = cpu->pc;
	board_put(at, CSRRSI(0, MSTATUS, 8));
	ck_assert_int_eq(cpu_run(cpu, 2), CPU_BUDGET);
	ck_assert_uint_eq(cpu->count.interrupts, 1);
	ck_assert_uint_eq(cpu->mepc, at + 4);
	/* By mie, too. */
	csr_set(MIE, 0);
	csr_set(MSTATUS, CPU_MSTATUS_MIE);
	cpu->x[1] = CPU_MEI;
	at = cpu->pc;
	board_put(at, CSRRS(0, MIE, 1));
	ck_assert_int_eq(cpu_run(cpu, 2), CPU_BUDGET);
	ck_assert_uint_eq(cpu->count.interrupts, 2);
	ck_assert_uint_eq(cpu->mepc, at + 4);
}
END_TEST

/* Raised by a store: that retires, and nothing after it. */
START_TEST(an_interrupt_by_a_store)
{
	uint32_t at;

	pave();
	enable(CPU_MEI);
	cpu->x[1] = DEVICE;
	board.interrupts = true;
	at = cpu->pc;
	board_put(at, SW(0, 1, 0));
	ck_assert_int_eq(cpu_run(cpu, 2), CPU_BUDGET);
	ck_assert_uint_eq(board.stores, 1);
	ck_assert_uint_eq(cpu->mepc, at + 4);
	ck_assert_uint_eq(cpu->pc, HANDLER);
}
END_TEST

START_TEST(external_comes_before_timer)
{
	pave();
	enable(CPU_MEI | CPU_MTI);
	cpu_timer(cpu, true);
	cpu_interrupt(cpu, true);
	ck_assert_int_eq(cpu_run(cpu, 1), CPU_BUDGET);
	ck_assert_uint_eq(cpu->mcause, CAUSE_EXTERNAL);
	cpu_interrupt(cpu, false);
	board_retires(MRET);
	ck_assert_int_eq(cpu_run(cpu, 1), CPU_BUDGET);
	ck_assert_uint_eq(cpu->mcause, CAUSE_TIMER);
	ck_assert_uint_eq(csr(MIP), CPU_MTI);
}
END_TEST

/* Exceptions go to the base whatever the mode. */
START_TEST(vectors)
{
	pave();
	csr_set(MTVEC, HANDLER | 1);
	enable(CPU_MEI | CPU_MTI);
	cpu_interrupt(cpu, true);
	cpu_run(cpu, 1);
	ck_assert_uint_eq(cpu->pc, HANDLER + 4 * 11);
	cpu_interrupt(cpu, false);
	cpu_timer(cpu, true);
	board_execute(MRET);
	cpu_run(cpu, 1);
	ck_assert_uint_eq(cpu->pc, HANDLER + 4 * 7);
	board_traps(ECALL, CPU_ECALL, 0);
	ck_assert_uint_eq(cpu->pc, HANDLER);
}
END_TEST

START_TEST(waiting)
{
	uint32_t at;

	pave();
	enable(CPU_MEI);
	at = cpu->pc;
	board_put(at, WFI);
	ck_assert_int_eq(cpu_run(cpu, 100), CPU_WFI);
	ck_assert_uint_eq(cpu->pc, at + 4);
	ck_assert_uint_eq(cpu->count.waits, 1);
	ck_assert_int_eq(cpu_run(cpu, 100), CPU_WFI);
	ck_assert_int_eq(cpu_run(cpu, 0), CPU_WFI);
	/* One that is not enabled does not wake it. */
	cpu_timer(cpu, true);
	ck_assert_int_eq(cpu_run(cpu, 100), CPU_WFI);
	ck_assert_uint_eq(cpu->pc, at + 4);
	cpu_interrupt(cpu, true);
	ck_assert_int_eq(cpu_run(cpu, 1), CPU_BUDGET);
	ck_assert_uint_eq(cpu->pc, HANDLER);
	ck_assert_uint_eq(cpu->mepc, at + 4);
	ck_assert_uint_eq(cpu->count.waits, 1);
	/* Then it is awake. */
	cpu_interrupt(cpu, false);
	ck_assert_int_eq(cpu_run(cpu, 3), CPU_BUDGET);
	ck_assert_uint_eq(cpu->pc, HANDLER + 12);
}
END_TEST

/* Without mstatus.MIE it wakes up and goes on; it does not begin to wait, either. */
START_TEST(waiting_without_interrupts)
{
	pave();
	csr_set(MIE, CPU_MTI);
	board_put(RAM + 8, WFI);
	board_put(RAM + 16, WFI);
	ck_assert_int_eq(cpu_run(cpu, 3), CPU_WFI);
	cpu_timer(cpu, true);
	ck_assert_int_eq(cpu_run(cpu, 4), CPU_BUDGET);
	ck_assert_uint_eq(cpu->pc, RAM + 28);
	ck_assert_uint_eq(cpu->count.interrupts, 0);
	ck_assert_uint_eq(cpu->count.waits, 1);
}
END_TEST

START_TEST(budgets)
{
	pave();
	ck_assert_int_eq(cpu_run(cpu, 0), CPU_BUDGET);
	ck_assert_uint_eq(cpu->pc, RAM);
	ck_assert_int_eq(cpu_run(cpu, 7), CPU_BUDGET);
	ck_assert_uint_eq(cpu->pc, RAM + 28);
	ck_assert_uint_eq(cpu->count.instructions, 7);
	/* An interrupt is a step, too. */
	enable(CPU_MEI);
	cpu_interrupt(cpu, true);
	ck_assert_int_eq(cpu_run(cpu, 0), CPU_BUDGET);
	ck_assert_uint_eq(cpu->count.interrupts, 0);
	ck_assert_int_eq(cpu_run(cpu, 3), CPU_BUDGET);
	ck_assert_uint_eq(cpu->pc, HANDLER + 8);
}
END_TEST

START_TEST(stopping)
{
	pave();
	board.stops = true;
	cpu->x[1] = DEVICE;
	board_put(RAM + 4, SW(0, 1, 0));
	ck_assert_int_eq(cpu_run(cpu, 100), CPU_STOPPED);
	ck_assert_uint_eq(cpu->pc, RAM + 8);
	ck_assert_int_eq(cpu_run(cpu, 2), CPU_BUDGET);
	ck_assert_uint_eq(cpu->pc, RAM + 16);
	/* Before a run. */
	cpu_stop(cpu);
	ck_assert_int_eq(cpu_run(cpu, 2), CPU_STOPPED);
	ck_assert_uint_eq(cpu->pc, RAM + 16);
	/* At a trap, and at an interrupt. */
	board.stops_at_trap = true;
	board_put(RAM + 16, ECALL);
	ck_assert_int_eq(cpu_run(cpu, 100), CPU_STOPPED);
	ck_assert_uint_eq(cpu->pc, HANDLER);
	board.stops_at_trap = false;
	enable(CPU_MEI);
	board.stops_at_trap = true;
	cpu_interrupt(cpu, true);
	ck_assert_int_eq(cpu_run(cpu, 100), CPU_STOPPED);
	ck_assert_uint_eq(cpu->count.interrupts, 1);
	ck_assert_uint_eq(cpu->pc, HANDLER);
}
END_TEST

START_TEST(resetting)
{
	struct cpu_count before;

	pave();
	fill();
	enable(CPU_MEI);
	board_put(cpu->pc, WFI);
	ck_assert_int_eq(cpu_run(cpu, 9), CPU_WFI);
	cpu_interrupt(cpu, true);
	before = cpu->count;
	cpu_reset(cpu);
	ck_assert_uint_eq(cpu->pc, RAM);
	ck_assert_uint_eq(cpu->mstatus, CPU_MSTATUS_MPP);
	ck_assert_uint_eq(cpu->mtvec | cpu->mie | cpu->mepc | cpu->mcause | cpu->mscratch, 0);
	for (int i = 0; i < 32; i++)
		ck_assert_uint_eq(cpu->x[i], 0);
	ck_assert_mem_eq(&cpu->count, &before, sizeof(before));
	ck_assert_uint_eq(csr(MIP), CPU_MEI);
	ck_assert_uint_eq(csr(MINSTRET), 1);
	ck_assert_uint_eq(csr(MCYCLE), 2);
}
END_TEST

/* Regions that are not counted are none. */
START_TEST(no_regions)
{
	struct cpu_config config = board_config();

	config.region_count = 0;
	config.reset = ROM;
	config.regions[0].executable = true;
	ck_assert_int_eq(cpu_init(cpu, &config), 0);
	ck_assert_int_eq(cpu_run(cpu, 1), CPU_BUDGET);
	ck_assert_uint_eq(cpu->mcause, CPU_FETCH_FAULT);
	ck_assert_uint_eq(cpu->mepc, ROM);
}
END_TEST

static void is_refused(const struct cpu_config *config)
{
	ck_assert_int_eq(cpu_init(cpu, config), -EINVAL);
	/* And there is nothing to run. */
	ck_assert_int_eq(cpu_run(cpu, 5), CPU_BUDGET);
	ck_assert_uint_eq(cpu->count.exceptions, 5);
}

START_TEST(what_no_hart_is_made_of)
{
	const struct cpu_config good = board_config();
	struct cpu_config bad;

#define REFUSED(field, value) do { \
		bad = good; \
		bad.field = value; \
		is_refused(&bad); \
	} while (0)
	REFUSED(reset, RAM + 2);
	REFUSED(region_count, CPU_REGIONS_MAX + 1);
	REFUSED(region_count, 3); /* the third is empty */
	REFUSED(regions[1].base, RAM + 2);
	REFUSED(regions[1].size, RAM_SIZE - 2);
	REFUSED(regions[1].size, 0);
	REFUSED(regions[1].size, RAM_SIZE + 4); /* into the other */
	REFUSED(regions[1].base, ROM);
	REFUSED(regions[1].base, ROM - 4);
	REFUSED(regions[1].base, ROM + 4);
	REFUSED(regions[1].base, 0u - RAM_SIZE + 4); /* beyond the end */
	REFUSED(regions[1].at, NULL);
	REFUSED(regions[0].at, NULL);
#undef REFUSED
	bad = good;
	bad.regions[1].base = 0u - RAM_SIZE;
	ck_assert_int_eq(cpu_init(cpu, &bad), 0);
}
END_TEST

START_TEST(wiping)
{
	struct cpu zero;

	memset(&zero, 0, sizeof(zero));
	fill();
	cpu_wipe(cpu);
	ck_assert_mem_eq(cpu, &zero, sizeof(zero));
	ck_assert_int_eq(cpu_run(cpu, 5), CPU_BUDGET);
	ck_assert_uint_eq(cpu->count.exceptions, 5);
	ck_assert_uint_eq(cpu->count.instructions, 0);
}
END_TEST

static TCase *exceptions(void)
{
	TCase *tests = tcase_create("exceptions");

	tcase_add_checked_fixture(tests, board_make, NULL);
	tcase_add_test(tests, misaligned_targets);
	tcase_add_test(tests, fetches_that_fault);
	tcase_add_test(tests, a_handler_that_is_not_there);
	tcase_add_test(tests, illegal_instructions);
	tcase_add_test(tests, calls_and_breakpoints);
	tcase_add_test(tests, misaligned_data);
	tcase_add_test(tests, data_that_faults);
	tcase_add_test(tests, no_bus);
	return tests;
}

static TCase *control(void)
{
	TCase *tests = tcase_create("control");

	tcase_add_checked_fixture(tests, board_make, NULL);
	tcase_add_loop_test(tests, what_registers_hold, 0, COUNT_OF(registers));
	tcase_add_test(tests, which_registers_there_are);
	tcase_add_test(tests, writing_what_is_read_only);
	tcase_add_test(tests, swapping_setting_clearing);
	tcase_add_test(tests, counters_count);
	tcase_add_test(tests, counters_are_written);
	tcase_add_test(tests, returning);
	return tests;
}

static TCase *interrupts(void)
{
	TCase *tests = tcase_create("interrupts");

	tcase_add_checked_fixture(tests, board_make, NULL);
	tcase_add_test(tests, an_interrupt_between_instructions);
	tcase_add_test(tests, a_level_that_stays);
	tcase_add_test(tests, interrupts_that_are_masked);
	tcase_add_test(tests, an_interrupt_by_a_store);
	tcase_add_test(tests, external_comes_before_timer);
	tcase_add_test(tests, vectors);
	tcase_add_test(tests, waiting);
	tcase_add_test(tests, waiting_without_interrupts);
	return tests;
}

static TCase *runs(void)
{
	TCase *tests = tcase_create("runs");

	tcase_add_checked_fixture(tests, board_make, NULL);
	tcase_add_test(tests, budgets);
	tcase_add_test(tests, stopping);
	tcase_add_test(tests, resetting);
	tcase_add_test(tests, no_regions);
	tcase_add_test(tests, what_no_hart_is_made_of);
	tcase_add_test(tests, wiping);
	return tests;
}

int main(void)
{
	Suite *suite = suite_create("cpu-traps");

	suite_add_tcase(suite, exceptions());
	suite_add_tcase(suite, control());
	suite_add_tcase(suite, interrupts());
	suite_add_tcase(suite, runs());
	return suite_run(suite);
}
