/* SPDX-License-Identifier: MIT */
/*
 * An interpreter of RISC-V: one hart of rv32im_zicsr_zifencei that has machine
 * mode alone, after the Unprivileged Specification 20191213 and the Privileged
 * Specification 20211203 (1.12). Traps are precise. It needs nothing but the C
 * library, holds no state outside struct cpu, and whatever program it is given,
 * it reaches no memory but the regions it was given.
 *
 * Where the specifications leave a choice:
 *
 * - Misaligned loads and stores trap, and before any access fault.
 * - Instructions are fetched from executable regions alone, never from the bus.
 * - mtval holds the instruction if that is illegal, the target of a jump that is
 *   misaligned, the address of what could not be fetched, loaded or stored, the
 *   address of an EBREAK, and otherwise 0.
 * - WFI waits until an interrupt is pending that mie enables, whatever mstatus.MIE.
 * - mtvec takes any base and the modes direct and vectored; bit 1 reads as 0.
 * - mcause holds any value. misa, mstatush, the identification registers and the
 *   event counters 3 to 31 cannot be changed; there is no software interrupt.
 * - There are no counters for lower modes, no mcountinhibit, no memory protection
 *   and no triggers: their registers do not exist.
 * - mcycle advances by one for each instruction and each trap.
 */
#ifndef SIM_CPU_H
#define SIM_CPU_H

#include <stdbool.h>
#include <stdint.h>

#define CPU_REGIONS_MAX	4

/* Bits of mstatus. */
#define CPU_MSTATUS_MIE		(1u << 3)
#define CPU_MSTATUS_MPIE	(1u << 7)
#define CPU_MSTATUS_MPP		(3u << 11)

/* Bits of mie and mip. */
#define CPU_MTI			(1u << 7)
#define CPU_MEI			(1u << 11)

#define CPU_MISA		0x40001100u /* 32 bits, I and M */

/* Values of mcause. */
#define CPU_INTERRUPT		(1u << 31)
enum cpu_cause {
	CPU_FETCH_MISALIGNED = 0,
	CPU_FETCH_FAULT = 1,
	CPU_ILLEGAL = 2,
	CPU_BREAKPOINT = 3,
	CPU_LOAD_MISALIGNED = 4,
	CPU_LOAD_FAULT = 5,
	CPU_STORE_MISALIGNED = 6,
	CPU_STORE_FAULT = 7,
	CPU_ECALL = 11,
};

/**
 * enum cpu_stop - why cpu_run() returned
 * @CPU_BUDGET: the steps are used up
 * @CPU_WFI: the hart waits for an interrupt
 * @CPU_STOPPED: cpu_stop() was called
 */
enum cpu_stop { CPU_BUDGET, CPU_WFI, CPU_STOPPED };

struct cpu;

/**
 * struct cpu_region - memory that is reached without the bus
 * @base: address of its first byte, a multiple of 4
 * @size: bytes, a multiple of 4; it ends at 2^32 at the latest
 * @at: the bytes, which the hart does not own
 * @writable: stores are taken; otherwise they fault
 * @executable: instructions are fetched; otherwise that faults
 */
struct cpu_region {
	uint32_t base;
	uint32_t size;
	uint8_t *at;
	bool writable;
	bool executable;
};

/**
 * struct cpu_ops - what is around the hart
 * @load: reads @size bytes, 1, 2 or 4, at a multiple of @size into the lower bits
 *        of *@value; false: access fault. NULL: there is no bus to load from
 * @store: writes them; false: access fault. NULL: there is no bus to store to
 * @trap: a trap was taken, and mcause, mepc and mtval tell of it; or NULL
 *
 * Of what is below they may call cpu_interrupt(), cpu_timer() and cpu_stop(). @load
 * and @store see the hart as it was before the instruction.
 */
struct cpu_ops {
	bool (*load)(void *context, uint32_t address, unsigned int size, uint32_t *value);
	bool (*store)(void *context, uint32_t address, unsigned int size, uint32_t value);
	void (*trap)(void *context, const struct cpu *cpu);
};

/**
 * struct cpu_config - what a hart is made of
 * @regions: memory; no two overlap
 * @region_count: number of @regions
 * @ops: everything at other addresses
 * @context: given to @ops
 * @reset: address of the first instruction, a multiple of 4
 */
struct cpu_config {
	struct cpu_region regions[CPU_REGIONS_MAX];
	unsigned int region_count;
	struct cpu_ops ops;
	void *context;
	uint32_t reset;
};

/**
 * struct cpu_count - what has happened since cpu_init()
 * @instructions: retired
 * @exceptions: instructions that trapped instead
 * @interrupts: taken
 * @waits: how often WFI had to wait
 */
struct cpu_count {
	uint64_t instructions;
	uint64_t exceptions;
	uint64_t interrupts;
	uint64_t waits;
};

/**
 * struct cpu - the hart
 * @x: registers; x[0] is 0
 * @pc: address of the next instruction
 * @next: address of the one after it, while it is executed
 * @mstatus: MIE and MPIE; MPP is always machine mode
 * @mie: interrupts enabled
 * @mip: interrupts pending
 * @mtvec: address of the trap handler, and the mode
 * @mscratch: the handler's own
 * @mepc: where the trap was
 * @mcause: what it was
 * @mtval: with what
 * @cycle_base: mcycle less what has been counted
 * @instret_base: minstret less what has been counted
 * @attention: something below, or an interrupt, may keep it from going on
 * @waiting: WFI waits
 * @stop: cpu_stop() was called
 * @code: index of the region last fetched from
 * @data: index of the region last loaded from or stored to
 * @count: what has happened
 * @config: what it is made of
 */
struct cpu {
	uint32_t x[32];
	uint32_t pc;
	uint32_t next;
	uint32_t mstatus;
	uint32_t mie;
	uint32_t mip;
	uint32_t mtvec;
	uint32_t mscratch;
	uint32_t mepc;
	uint32_t mcause;
	uint32_t mtval;
	uint64_t cycle_base;
	uint64_t instret_base;
	bool attention;
	bool waiting;
	bool stop;
	uint8_t code;
	uint8_t data;
	struct cpu_count count;
	struct cpu_config config;
};

/* Makes a hart and resets it: 0, or -EINVAL for what @config may not be. */
int cpu_init(struct cpu *cpu, const struct cpu_config *config);
/* Registers as after switching it on. Levels of interrupts and counts stay. */
void cpu_reset(struct cpu *cpu);
/*
 * Runs for so many steps at most, each an instruction, one that traps, or an
 * interrupt that is taken. A hart that waits takes none.
 */
enum cpu_stop cpu_run(struct cpu *cpu, uint64_t steps);
/* Has the run end with the instruction under way, or the next one before its first. */
void cpu_stop(struct cpu *cpu);
/* The level of the external interrupt, and that of the timer's. */
void cpu_interrupt(struct cpu *cpu, bool level);
void cpu_timer(struct cpu *cpu, bool level);
/* Forgets everything. What it is given to run afterwards traps, until cpu_init(). */
void cpu_wipe(struct cpu *cpu);

#endif /* SIM_CPU_H */
