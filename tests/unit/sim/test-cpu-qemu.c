// SPDX-License-Identifier: MIT
/*
 * test-sim-cpu-qemu [SEED [PROGRAMS]]: random programs leave the same in registers
 * and memory on the hart as under qemu-riscv32. Prints TAP.
 */
#include <elf.h>
#include <endian.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cpu/cpu.h>

#include "../../match/tap.h"
#include "program.h"

#define ROUNDS	250
#define DUMPS	(ROUNDS * PROGRAM_DUMP)

#define A0	10
#define A1	11
#define A2	12
#define A7	17

/* Where segments are in the file. */
#define DATA_AT	0x1000u
#define CODE_AT	0x2000u

static struct program program;
static uint8_t by_qemu[DUMPS + 1]; /* one more would be too many */
static uint8_t by_hart[DUMPS + 1];

static Elf32_Phdr segment(uint32_t at, uint32_t address, uint32_t size, uint32_t flags)
{
	return (Elf32_Phdr){
		.p_type = htole32(PT_LOAD),
		.p_offset = htole32(at),
		.p_vaddr = htole32(address),
		.p_paddr = htole32(address),
		.p_filesz = htole32(size),
		.p_memsz = htole32(size),
		.p_flags = htole32(flags),
		.p_align = htole32(0x1000),
	};
}

static void write_at(int file, uint32_t at, const void *from, size_t size)
{
	if (pwrite(file, from, size, at) != (ssize_t)size) {
		perror("writing the program");
		exit(1);
	}
}

/* The program as an executable of Linux. */
static void write_program(const char *path)
{
	struct {
		Elf32_Ehdr header;
		Elf32_Phdr segments[2];
	} head = {
		.header = {
			.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS32,
				     ELFDATA2LSB, EV_CURRENT },
			.e_type = htole16(ET_EXEC),
			.e_machine = htole16(EM_RISCV),
			.e_version = htole32(EV_CURRENT),
			.e_entry = htole32(PROGRAM_CODE),
			.e_phoff = htole32(sizeof(head.header)),
			.e_ehsize = htole16(sizeof(head.header)),
			.e_phentsize = htole16(sizeof(head.segments[0])),
			.e_phnum = htole16(2),
		},
		.segments = {
			segment(CODE_AT, PROGRAM_CODE, sizeof(program.code), PF_R | PF_X),
			segment(DATA_AT, PROGRAM_DATA, sizeof(program.data), PF_R | PF_W),
		},
	};
	int file = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);

	if (file < 0 || fchmod(file, 0700)) {
		perror(path);
		exit(1);
	}
	write_at(file, 0, &head, sizeof(head));
	write_at(file, DATA_AT, program.data, sizeof(program.data));
	for (uint32_t i = 0; i < program.count; i++)
		program.code[i] = htole32(program.code[i]);
	write_at(file, CODE_AT, program.code, sizeof(program.code));
	close(file);
}

/* The number of bytes that it writes under qemu; 0 if it does not end well. */
static size_t run_on_qemu(const char *path)
{
	size_t size = 0;
	ssize_t got;
	int ends[2], status;
	pid_t child;

	if (pipe2(ends, O_CLOEXEC))
		return 0;
	child = fork();
	if (!child) {
		dup2(ends[1], STDOUT_FILENO);
		execlp("qemu-riscv32", "qemu-riscv32", path, NULL);
		perror("qemu-riscv32");
		_exit(127);
	}
	close(ends[1]);
	while ((got = read(ends[0], by_qemu + size, sizeof(by_qemu) - size)) > 0)
		size += got;
	close(ends[0]);
	if (child < 0 || waitpid(child, &status, 0) != child || status) {
		printf("# under qemu-riscv32 it ended badly\n");
		return 0;
	}
	return size;
}

static void stop_at_trap(void *context, const struct cpu *cpu)
{
	(void)cpu;
	cpu_stop(context);
}

/* The system call it stopped at: whether it goes on. */
static bool call(struct cpu *cpu, size_t *size)
{
	if (cpu->mcause != CPU_ECALL) {
		printf("# trap at %#x: mcause %u, mtval %#x\n", cpu->mepc, cpu->mcause,
		       cpu->mtval);
		*size = 0;
		return false;
	}
	if (cpu->x[A7] != PROGRAM_WRITE || cpu->x[A1] != PROGRAM_DATA ||
	    cpu->x[A2] != PROGRAM_DUMP || *size + PROGRAM_DUMP > DUMPS)
		return false;
	memcpy(by_hart + *size, program.data, PROGRAM_DUMP);
	*size += PROGRAM_DUMP;
	cpu->pc = cpu->mepc + 4;
	return true;
}

/* The same on the hart, with the number of instructions. */
static size_t run_on_hart(uint64_t *instructions)
{
	static struct cpu cpu;
	const struct cpu_config config = {
		.regions = {
			{ PROGRAM_CODE, sizeof(program.code), (uint8_t *)program.code, false,
			  true },
			{ PROGRAM_DATA, sizeof(program.data), program.data, true, false },
		},
		.region_count = 2,
		.ops = { .trap = stop_at_trap },
		.context = &cpu,
		.reset = PROGRAM_CODE,
	};
	size_t size = 0;

	if (cpu_init(&cpu, &config))
		return 0;
	while (cpu_run(&cpu, 100000) == CPU_STOPPED && call(&cpu, &size))
		;
	*instructions = cpu.count.instructions;
	if (cpu.x[A7] != PROGRAM_EXIT || cpu.x[A0])
		return 0;
	return size;
}

/* Whether all is the same, and what first is not. */
static bool same(size_t qemu_size, size_t hart_size)
{
	if (qemu_size != DUMPS || hart_size != DUMPS) {
		printf("# wrote %zu bytes under qemu, %zu on the hart, of %d\n", qemu_size,
		       hart_size, DUMPS);
		return false;
	}
	for (size_t i = 0; i < DUMPS; i++) {
		size_t at = i % PROGRAM_DUMP;

		if (by_qemu[i] == by_hart[i])
			continue;
		printf("# round %zu: ", i / PROGRAM_DUMP);
		if (at < PROGRAM_MEMORY)
			printf("memory at %zu", at);
		else
			printf("byte %zu of x%zu", at % 4, (at - PROGRAM_MEMORY) / 4);
		printf(" is %#x under qemu, %#x on the hart\n", by_qemu[i], by_hart[i]);
		return false;
	}
	return true;
}

static void check_seed(const char *path, uint64_t seed)
{
	uint64_t instructions = 0;
	size_t qemu_size, hart_size;

	program_make(&program, seed, ROUNDS);
	write_program(path);
	qemu_size = run_on_qemu(path);
	hart_size = run_on_hart(&instructions);
	tap_result(same(qemu_size, hart_size),
		   "seed %llu: %d rounds of %llu instructions end as under qemu",
		   (unsigned long long)seed, ROUNDS, (unsigned long long)instructions);
}

int main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
	unsigned long programs = argc > 2 ? strtoul(argv[2], NULL, 0) : 4;
	const char *place = getenv("TMPDIR");
	char path[PATH_MAX];
	int file;

	snprintf(path, sizeof(path), "%s/limen-cpu-XXXXXX", place ? place : "/tmp");
	file = mkstemp(path);
	if (file < 0) {
		perror(path);
		return 1;
	}
	close(file);
	for (; programs; programs--)
		check_seed(path, seed++);
	unlink(path);
	return tap_end();
}
