// SPDX-License-Identifier: MIT
/*
 * Any program on any bus: the hart keeps within its memory, asks the bus for nothing
 * odd, and a run in single steps ends as one in one piece does.
 */
#include <cpu/cpu.h>
#include <stddef.h>
#include <string.h>

#include "fuzz.h"

#define RAM_SIZE	1024 /* at 0, where the first trap handler is, too */
#define ROM		(RAM_SIZE + 64)
#define ROM_SIZE	32
#define STEPS		64 /* between two changes of interrupts */

/* What an address of the bus does, by its bits. */
#define BUS_FAULTS	0x10u
#define BUS_INTERRUPTS	0x20u
#define BUS_STOPS	0x40u

/**
 * struct machine - a hart and what is around it
 * @cpu: the hart
 * @ram: its memory
 * @rom: what it can only read
 * @answer: what the bus answers next
 */
struct machine {
	struct cpu cpu;
	uint8_t *ram;
	uint8_t *rom;
	uint32_t answer;
};

static void look_at(const struct machine *machine, uint32_t address, unsigned int size)
{
	MUST(size == 1 || size == 2 || size == 4);
	MUST(address % size == 0);
	MUST(address >= RAM_SIZE && address - ROM >= ROM_SIZE);
	MUST(!machine->cpu.waiting);
}

static bool bus_load(void *context, uint32_t address, unsigned int size, uint32_t *value)
{
	struct machine *machine = context;

	look_at(machine, address, size);
	machine->answer = machine->answer * 1664525 + 1013904223;
	*value = machine->answer;
	return !(address & BUS_FAULTS);
}

static bool bus_store(void *context, uint32_t address, unsigned int size, uint32_t value)
{
	struct machine *machine = context;

	look_at(machine, address, size);
	MUST(size == 4 || !(value >> 8 * size));
	if (address & BUS_INTERRUPTS)
		cpu_interrupt(&machine->cpu, value & 1);
	if (address & BUS_STOPS)
		cpu_stop(&machine->cpu);
	machine->answer ^= value;
	return !(address & BUS_FAULTS);
}

static void trapped(void *context, const struct cpu *cpu)
{
	const struct machine *machine = context;
	uint32_t code = cpu->mcause & ~CPU_INTERRUPT;

	MUST(cpu == &machine->cpu);
	MUST(!(cpu->mstatus & CPU_MSTATUS_MIE));
	if (cpu->mcause & CPU_INTERRUPT)
		MUST(code == 7 || code == 11);
	else
		MUST(code <= CPU_STORE_FAULT || code == CPU_ECALL);
}

static void make(struct machine *machine, const uint8_t *data, size_t size)
{
	struct cpu_config config = {
		.region_count = 2,
		.ops = { bus_load, bus_store, trapped },
		.context = machine,
	};

	/* Each of its own, so that a sanitizer sees what is beyond. */
	machine->ram = calloc(1, RAM_SIZE);
	machine->rom = calloc(1, ROM_SIZE);
	MUST(machine->ram && machine->rom);
	memcpy(machine->ram, data, size < RAM_SIZE ? size : RAM_SIZE);
	machine->answer = (uint32_t)size;
	config.regions[0] = (struct cpu_region){ 0, RAM_SIZE, machine->ram, true, true };
	config.regions[1] = (struct cpu_region){ ROM, ROM_SIZE, machine->rom, false, false };
	MUST(!cpu_init(&machine->cpu, &config));
}

static uint64_t steps_of(const struct cpu *cpu)
{
	return cpu->count.instructions + cpu->count.exceptions + cpu->count.interrupts;
}

/* Runs so many steps, or until it waits, in pieces of some. */
static void run(struct cpu *cpu, uint64_t piece)
{
	uint64_t end = steps_of(cpu) + STEPS, before, left;
	enum cpu_stop why = CPU_BUDGET;

	while (why != CPU_WFI && steps_of(cpu) < end) {
		before = steps_of(cpu);
		left = end - before < piece ? end - before : piece;
		why = cpu_run(cpu, left);
		MUST(steps_of(cpu) - before <= left);
		MUST(why != CPU_BUDGET || steps_of(cpu) - before == left);
		MUST(why != CPU_WFI || !(cpu->mip & cpu->mie));
		MUST(!cpu->x[0]);
		MUST(cpu->pc % 4 == 0 && cpu->mepc % 4 == 0 && !(cpu->mtvec & 2));
		MUST((cpu->mstatus & ~(CPU_MSTATUS_MIE | CPU_MSTATUS_MPIE)) ==
		     CPU_MSTATUS_MPP);
		MUST(!((cpu->mie | cpu->mip) & ~(CPU_MTI | CPU_MEI)));
	}
}

static void run_all(struct machine *machine, uint64_t piece)
{
	struct cpu *cpu = &machine->cpu;

	run(cpu, piece);
	cpu_interrupt(cpu, true);
	run(cpu, piece);
	cpu_timer(cpu, true);
	cpu_interrupt(cpu, false);
	run(cpu, piece);
	cpu_timer(cpu, false);
	run(cpu, piece);
}

/* Everything up to its counters is in words, without gaps. */
static void are_equal(const struct machine *a, const struct machine *b)
{
	MUST(!memcmp(&a->cpu, &b->cpu, offsetof(struct cpu, cycle_base)));
	MUST(!memcmp(&a->cpu.count, &b->cpu.count, sizeof(a->cpu.count)));
	MUST(a->cpu.cycle_base == b->cpu.cycle_base);
	MUST(a->cpu.instret_base == b->cpu.instret_base);
	MUST(a->cpu.waiting == b->cpu.waiting && a->cpu.stop == b->cpu.stop);
	MUST(a->answer == b->answer);
	MUST(!memcmp(a->ram, b->ram, RAM_SIZE));
}

static void destroy(struct machine *machine)
{
	cpu_wipe(&machine->cpu);
	free(machine->ram);
	free(machine->rom);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t zeros[ROM_SIZE];
	struct machine whole, stepped;

	make(&whole, data, size);
	make(&stepped, data, size);
	run_all(&whole, UINT64_MAX);
	run_all(&stepped, 1);
	are_equal(&whole, &stepped);
	MUST(!memcmp(whole.rom, zeros, ROM_SIZE));
	destroy(&whole);
	destroy(&stepped);
	return 0;
}
