// SPDX-License-Identifier: MIT
/* An interpreter of rv32im_zicsr_zifencei in machine mode. */
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "cpu.h"

enum opcode {
	LOAD = 0x03,
	MISC_MEM = 0x0f,
	OP_IMM = 0x13,
	AUIPC = 0x17,
	STORE = 0x23,
	OP = 0x33,
	LUI = 0x37,
	BRANCH = 0x63,
	JALR = 0x67,
	JAL = 0x6f,
	SYSTEM = 0x73,
};

/* Instructions of SYSTEM without operands. */
#define ECALL	0x00000073u
#define EBREAK	0x00100073u
#define MRET	0x30200073u
#define WFI	0x10500073u

/* What funct7 selects. */
#define FUNCT7_MULDIV	0x01u
#define FUNCT7_OTHER	0x20u /* SUB instead of ADD, SRA instead of SRL */

#define MTVEC_VECTORED	1u
/* The lower bits of a CSR's number that say which counter it is. */
#define COUNTER_MASK	0x1fu

enum csr {
	MSTATUS = 0x300,
	MISA = 0x301,
	MIE = 0x304,
	MTVEC = 0x305,
	MSTATUSH = 0x310,
	MHPMEVENT = 0x320, /* + 3 ... 31 */
	MSCRATCH = 0x340,
	MEPC = 0x341,
	MCAUSE = 0x342,
	MTVAL = 0x343,
	MIP = 0x344,
	MCYCLE = 0xb00,
	MINSTRET = 0xb02, /* and MHPMCOUNTER + 3 ... 31 */
	MCYCLEH = 0xb80,
	MINSTRETH = 0xb82,
	MVENDORID = 0xf11, /* and marchid, mimpid and mhartid */
	MCONFIGPTR = 0xf15,
};

static uint32_t rd_of(uint32_t word)
{
	return word >> 7 & 31;
}

static uint32_t funct3_of(uint32_t word)
{
	return word >> 12 & 7;
}

static uint32_t rs1_of(uint32_t word)
{
	return word >> 15 & 31;
}

static uint32_t rs2_of(uint32_t word)
{
	return word >> 20 & 31;
}

/* The value's lower bits, as many as given, with their sign. */
static uint32_t extend(uint32_t value, unsigned int bits)
{
	uint32_t sign = 1u << (bits - 1);

	return ((value & (sign | (sign - 1))) ^ sign) - sign;
}

static uint32_t immediate_i(uint32_t word)
{
	return extend(word >> 20, 12);
}

static uint32_t immediate_s(uint32_t word)
{
	return extend((word >> 20 & 0xfe0) | (word >> 7 & 0x1f), 12);
}

static uint32_t immediate_b(uint32_t word)
{
	return extend((word >> 19 & 0x1000) | (word << 4 & 0x800) | (word >> 20 & 0x7e0) |
			      (word >> 7 & 0x1e), 13);
}

static uint32_t immediate_u(uint32_t word)
{
	return word & 0xfffff000;
}

static uint32_t immediate_j(uint32_t word)
{
	return extend((word >> 11 & 0x100000) | (word & 0xff000) | (word >> 9 & 0x800) |
			      (word >> 20 & 0x7fe), 21);
}

static void set_register(struct cpu *cpu, uint32_t number, uint32_t value)
{
	cpu->x[number] = value;
	cpu->x[0] = 0;
}

static void take_trap(struct cpu *cpu, uint32_t cause, uint32_t value)
{
	uint32_t vector = cpu->mtvec & ~3u;

	if (cause & CPU_INTERRUPT && cpu->mtvec & MTVEC_VECTORED)
		vector += 4 * (cause & ~CPU_INTERRUPT);
	cpu->mepc = cpu->pc;
	cpu->mcause = cause;
	cpu->mtval = value;
	cpu->mstatus = CPU_MSTATUS_MPP |
		       (cpu->mstatus & CPU_MSTATUS_MIE ? CPU_MSTATUS_MPIE : 0);
	cpu->pc = vector;
	if (cpu->config.ops.trap)
		cpu->config.ops.trap(cpu->config.context, cpu);
}

/* The instruction at pc does not retire; returned by what would execute it. */
static bool exception(struct cpu *cpu, enum cpu_cause cause, uint32_t value)
{
	cpu->count.exceptions++;
	take_trap(cpu, cause, value);
	return false;
}

static bool illegal(struct cpu *cpu, uint32_t word)
{
	return exception(cpu, CPU_ILLEGAL, word);
}

static void return_from_trap(struct cpu *cpu)
{
	cpu->next = cpu->mepc;
	cpu->mstatus = CPU_MSTATUS_MPP | CPU_MSTATUS_MPIE |
		       (cpu->mstatus & CPU_MSTATUS_MPIE ? CPU_MSTATUS_MIE : 0);
	cpu->attention = true;
}

/* The region of an address, tried first where the latest was; or NULL. */
static const struct cpu_region *region_of(const struct cpu *cpu, uint32_t address,
					  uint8_t *latest)
{
	const struct cpu_region *regions = cpu->config.regions;

	if (address - regions[*latest].base < regions[*latest].size)
		return &regions[*latest];
	for (unsigned int i = 0; i < cpu->config.region_count; i++) {
		if (address - regions[i].base >= regions[i].size)
			continue;
		*latest = i;
		return &regions[i];
	}
	return NULL;
}

/* A word of memory; regions begin and end at multiples of it. */
static uint32_t word_at(const uint8_t *at)
{
	uint32_t word;

	memcpy(&word, at, sizeof(word));
	return le32toh(word);
}

static uint32_t half_at(const uint8_t *at)
{
	uint16_t half;

	memcpy(&half, at, sizeof(half));
	return le16toh(half);
}

static bool fetch(struct cpu *cpu, uint32_t *word)
{
	const struct cpu_region *region = region_of(cpu, cpu->pc, &cpu->code);

	if (!region || !region->executable)
		return false;
	*word = word_at(region->at + (cpu->pc - region->base));
	return true;
}

/* The address is a multiple of the size, here and below. */
static bool load(struct cpu *cpu, uint32_t address, unsigned int size, uint32_t *value)
{
	const struct cpu_region *region = region_of(cpu, address, &cpu->data);
	const uint8_t *at;

	if (!region) {
		*value = 0;
		return cpu->config.ops.load &&
		       cpu->config.ops.load(cpu->config.context, address, size, value);
	}
	at = region->at + (address - region->base);
	switch (size) {
	case 1:
		*value = *at;
		break;
	case 2:
		*value = half_at(at);
		break;
	default:
		*value = word_at(at);
		break;
	}
	return true;
}

static bool store(struct cpu *cpu, uint32_t address, unsigned int size, uint32_t value)
{
	const struct cpu_region *region = region_of(cpu, address, &cpu->data);
	uint8_t *at;

	if (!region)
		return cpu->config.ops.store &&
		       cpu->config.ops.store(cpu->config.context, address, size, value);
	if (!region->writable)
		return false;
	at = region->at + (address - region->base);
	switch (size) {
	case 1:
		*at = (uint8_t)value;
		break;
	case 2:
		memcpy(at, &(uint16_t){ htole16((uint16_t)value) }, size);
		break;
	default:
		memcpy(at, &(uint32_t){ htole32(value) }, size);
		break;
	}
	return true;
}

static bool execute_load(struct cpu *cpu, uint32_t word)
{
	uint32_t address = cpu->x[rs1_of(word)] + immediate_i(word);
	uint32_t funct3 = funct3_of(word), value;
	unsigned int size = 1u << (funct3 & 3);
	bool is_unsigned = funct3 & 4;

	if (size > 4 || (is_unsigned && size == 4))
		return illegal(cpu, word);
	if (address & (size - 1))
		return exception(cpu, CPU_LOAD_MISALIGNED, address);
	if (!load(cpu, address, size, &value))
		return exception(cpu, CPU_LOAD_FAULT, address);
	/* The bus may leave anything in the bits above. */
	if (is_unsigned)
		value &= (1u << 8 * size) - 1;
	else
		value = extend(value, 8 * size);
	set_register(cpu, rd_of(word), value);
	return true;
}

static bool execute_store(struct cpu *cpu, uint32_t word)
{
	uint32_t address = cpu->x[rs1_of(word)] + immediate_s(word);
	uint32_t funct3 = funct3_of(word), value = cpu->x[rs2_of(word)];
	unsigned int size = 1u << (funct3 & 3);

	if (funct3 > 2)
		return illegal(cpu, word);
	if (address & (size - 1))
		return exception(cpu, CPU_STORE_MISALIGNED, address);
	if (size < 4)
		value &= (1u << 8 * size) - 1;
	if (!store(cpu, address, size, value))
		return exception(cpu, CPU_STORE_FAULT, address);
	return true;
}

/* Without compressed instructions, targets are multiples of 4. */
static bool jump(struct cpu *cpu, uint32_t target)
{
	if (target & 3)
		return exception(cpu, CPU_FETCH_MISALIGNED, target);
	cpu->next = target;
	return true;
}

static bool jump_and_link(struct cpu *cpu, uint32_t rd, uint32_t target)
{
	if (!jump(cpu, target))
		return false;
	set_register(cpu, rd, cpu->pc + 4);
	return true;
}

static bool execute_jalr(struct cpu *cpu, uint32_t word)
{
	uint32_t target = cpu->x[rs1_of(word)] + immediate_i(word);

	if (funct3_of(word))
		return illegal(cpu, word);
	return jump_and_link(cpu, rd_of(word), target & ~1u);
}

static bool execute_branch(struct cpu *cpu, uint32_t word)
{
	uint32_t a = cpu->x[rs1_of(word)], b = cpu->x[rs2_of(word)];
	uint32_t funct3 = funct3_of(word);
	bool taken;

	switch (funct3 >> 1) {
	case 0:
		taken = a == b;
		break;
	case 2:
		taken = (int32_t)a < (int32_t)b;
		break;
	case 3:
		taken = a < b;
		break;
	default:
		return illegal(cpu, word);
	}
	/* The lowest bit turns the condition round. */
	if (taken == (funct3 & 1))
		return true;
	return jump(cpu, cpu->pc + immediate_b(word));
}

/* ADD and its like; @other is SUB instead of ADD and SRA instead of SRL. */
static uint32_t compute(uint32_t funct3, bool other, uint32_t a, uint32_t b)
{
	switch (funct3) {
	case 0:
		return other ? a - b : a + b;
	case 1:
		return a << (b & 31);
	case 2:
		return (int32_t)a < (int32_t)b;
	case 3:
		return a < b;
	case 4:
		return a ^ b;
	case 5:
		return other ? (uint32_t)((int32_t)a >> (b & 31)) : a >> (b & 31);
	case 6:
		return a | b;
	default:
		return a & b;
	}
}

/* In 64 bits nothing overflows, not even the smallest number divided by -1. */
static uint32_t multiply_or_divide(uint32_t funct3, uint32_t a, uint32_t b)
{
	int64_t signed_a = (int32_t)a, signed_b = (int32_t)b;

	switch (funct3) {
	case 0:
		return a * b;
	case 1:
		return (uint32_t)((uint64_t)(signed_a * signed_b) >> 32);
	case 2:
		return (uint32_t)((uint64_t)(signed_a * (int64_t)b) >> 32);
	case 3:
		return (uint32_t)((uint64_t)a * b >> 32);
	case 4:
		return b ? (uint32_t)(signed_a / signed_b) : UINT32_MAX;
	case 5:
		return b ? a / b : UINT32_MAX;
	case 6:
		return b ? (uint32_t)(signed_a % signed_b) : a;
	default:
		return b ? a % b : a;
	}
}

/* Whether funct7 may be "other" for this funct3. */
static bool has_other(uint32_t opcode, uint32_t funct3)
{
	return funct3 == 5 || (funct3 == 0 && opcode == OP);
}

static bool execute_op(struct cpu *cpu, uint32_t word)
{
	uint32_t a = cpu->x[rs1_of(word)], b = cpu->x[rs2_of(word)];
	uint32_t funct3 = funct3_of(word), funct7 = word >> 25, value;

	if (funct7 == FUNCT7_MULDIV)
		value = multiply_or_divide(funct3, a, b);
	else if (!funct7 || (funct7 == FUNCT7_OTHER && has_other(OP, funct3)))
		value = compute(funct3, funct7, a, b);
	else
		return illegal(cpu, word);
	set_register(cpu, rd_of(word), value);
	return true;
}

static bool execute_op_imm(struct cpu *cpu, uint32_t word)
{
	uint32_t a = cpu->x[rs1_of(word)], funct3 = funct3_of(word);
	bool is_shift = (funct3 & 3) == 1, other = false;

	if (is_shift) {
		uint32_t funct7 = word >> 25;

		other = funct7 == FUNCT7_OTHER && has_other(OP_IMM, funct3);
		if (funct7 && !other)
			return illegal(cpu, word);
	}
	set_register(cpu, rd_of(word), compute(funct3, other, a, immediate_i(word)));
	return true;
}

static uint64_t counted_cycles(const struct cpu *cpu)
{
	return cpu->count.instructions + cpu->count.exceptions + cpu->count.interrupts;
}

/* Counters and events 3 to 31, which count nothing; false for any other register. */
static bool counts_nothing(unsigned int number)
{
	unsigned int bank = number & ~COUNTER_MASK;

	return (bank == MCYCLE || bank == MCYCLEH || bank == MHPMEVENT) &&
	       (number & COUNTER_MASK) >= 3;
}

/* False: there is no such register. Reading changes nothing. */
static bool csr_read(const struct cpu *cpu, unsigned int number, uint32_t *value)
{
	uint64_t cycle = cpu->cycle_base + counted_cycles(cpu);
	uint64_t instret = cpu->instret_base + cpu->count.instructions;

	switch (number) {
	case MSTATUS:
		*value = cpu->mstatus;
		return true;
	case MISA:
		*value = CPU_MISA;
		return true;
	case MIE:
		*value = cpu->mie;
		return true;
	case MTVEC:
		*value = cpu->mtvec;
		return true;
	case MSCRATCH:
		*value = cpu->mscratch;
		return true;
	case MEPC:
		*value = cpu->mepc;
		return true;
	case MCAUSE:
		*value = cpu->mcause;
		return true;
	case MTVAL:
		*value = cpu->mtval;
		return true;
	case MIP:
		*value = cpu->mip;
		return true;
	case MCYCLE:
		*value = (uint32_t)cycle;
		return true;
	case MCYCLEH:
		*value = (uint32_t)(cycle >> 32);
		return true;
	case MINSTRET:
		*value = (uint32_t)instret;
		return true;
	case MINSTRETH:
		*value = (uint32_t)(instret >> 32);
		return true;
	default:
		*value = 0;
		return number == MSTATUSH || (number >= MVENDORID && number <= MCONFIGPTR) ||
		       counts_nothing(number);
	}
}

/* The base with which a counter, of which a half is written, has that value next. */
static uint64_t new_base(uint64_t base, uint64_t counted, uint32_t value, bool high)
{
	uint64_t old = base + counted, new = high ? (uint64_t)value << 32 | (uint32_t)old :
						    (old & ~(uint64_t)UINT32_MAX) | value;

	/* What counts the instruction that writes is lost. */
	return new - (counted + 1);
}

/* Of a register that can be read; what it does not hold is dropped. */
static void csr_write(struct cpu *cpu, unsigned int number, uint32_t value)
{
	switch (number) {
	case MSTATUS:
		cpu->mstatus = CPU_MSTATUS_MPP |
			       (value & (CPU_MSTATUS_MIE | CPU_MSTATUS_MPIE));
		cpu->attention = true;
		break;
	case MIE:
		cpu->mie = value & (CPU_MTI | CPU_MEI);
		cpu->attention = true;
		break;
	case MTVEC:
		cpu->mtvec = value & ~2u;
		break;
	case MSCRATCH:
		cpu->mscratch = value;
		break;
	case MEPC:
		cpu->mepc = value & ~3u;
		break;
	case MCAUSE:
		cpu->mcause = value;
		break;
	case MTVAL:
		cpu->mtval = value;
		break;
	case MCYCLE:
	case MCYCLEH:
		cpu->cycle_base = new_base(cpu->cycle_base, counted_cycles(cpu), value,
					   number == MCYCLEH);
		break;
	case MINSTRET:
	case MINSTRETH:
		cpu->instret_base = new_base(cpu->instret_base, cpu->count.instructions,
					     value, number == MINSTRETH);
		break;
	}
}

static bool execute_csr(struct cpu *cpu, uint32_t word)
{
	uint32_t funct3 = funct3_of(word), rs1 = rs1_of(word), old;
	uint32_t operand = funct3 & 4 ? rs1 : cpu->x[rs1];
	unsigned int number = word >> 20;
	/* CSRRS and CSRRC of x0, or of no bits, do not write at all. */
	bool is_swap = (funct3 & 3) == 1, writes = is_swap || rs1;
	bool is_read_only = number >> 10 == 3;

	if (!csr_read(cpu, number, &old) || (writes && is_read_only))
		return illegal(cpu, word);
	if (is_swap)
		csr_write(cpu, number, operand);
	else if (writes)
		csr_write(cpu, number, funct3 & 1 ? old & ~operand : old | operand);
	set_register(cpu, rd_of(word), old);
	return true;
}

static bool execute_system(struct cpu *cpu, uint32_t word)
{
	if (funct3_of(word) & 3)
		return execute_csr(cpu, word);
	switch (word) {
	case ECALL:
		return exception(cpu, CPU_ECALL, 0);
	case EBREAK:
		return exception(cpu, CPU_BREAKPOINT, cpu->pc);
	case MRET:
		return_from_trap(cpu);
		return true;
	case WFI:
		if (!(cpu->mip & cpu->mie)) {
			cpu->waiting = true;
			cpu->attention = true;
			cpu->count.waits++;
		}
		return true;
	default:
		return illegal(cpu, word);
	}
}

/* Memory is never out of order; what is reserved in a fence is to be ignored. */
static bool execute_fence(struct cpu *cpu, uint32_t word)
{
	return funct3_of(word) <= 1 || illegal(cpu, word);
}

/* Whether the instruction retires; if not, it trapped. */
static bool execute(struct cpu *cpu, uint32_t word)
{
	switch (word & 0x7f) {
	case LOAD:
		return execute_load(cpu, word);
	case STORE:
		return execute_store(cpu, word);
	case OP:
		return execute_op(cpu, word);
	case OP_IMM:
		return execute_op_imm(cpu, word);
	case BRANCH:
		return execute_branch(cpu, word);
	case JAL:
		return jump_and_link(cpu, rd_of(word), cpu->pc + immediate_j(word));
	case JALR:
		return execute_jalr(cpu, word);
	case LUI:
		set_register(cpu, rd_of(word), immediate_u(word));
		return true;
	case AUIPC:
		set_register(cpu, rd_of(word), cpu->pc + immediate_u(word));
		return true;
	case MISC_MEM:
		return execute_fence(cpu, word);
	case SYSTEM:
		return execute_system(cpu, word);
	default:
		return illegal(cpu, word);
	}
}

static void step(struct cpu *cpu)
{
	uint32_t word;

	if (!fetch(cpu, &word)) {
		exception(cpu, CPU_FETCH_FAULT, cpu->pc);
		return;
	}
	cpu->next = cpu->pc + 4;
	if (execute(cpu, word)) {
		cpu->pc = cpu->next;
		cpu->count.instructions++;
	}
}

static void take_interrupt(struct cpu *cpu, uint32_t pending)
{
	cpu->count.interrupts++;
	take_trap(cpu, CPU_INTERRUPT | (pending & CPU_MEI ? 11 : 7), 0);
}

/* Looks at what may keep it from the next instruction; false: *@why it stops. */
static bool attend(struct cpu *cpu, uint64_t *steps, enum cpu_stop *why)
{
	uint32_t pending = cpu->mip & cpu->mie;

	if (cpu->stop) {
		cpu->stop = false;
		*why = CPU_STOPPED;
		return false;
	}
	if (cpu->waiting && !pending) {
		*why = CPU_WFI;
		return false;
	}
	cpu->waiting = false;
	if (pending && cpu->mstatus & CPU_MSTATUS_MIE) {
		if (!*steps) {
			*why = CPU_BUDGET;
			return false;
		}
		--*steps;
		take_interrupt(cpu, pending);
	}
	/* Who was told of the trap may have stopped it. */
	cpu->attention = cpu->stop;
	return true;
}

enum cpu_stop cpu_run(struct cpu *cpu, uint64_t steps)
{
	enum cpu_stop why = CPU_BUDGET;

	for (;;) {
		if (cpu->attention) {
			if (!attend(cpu, &steps, &why))
				return why;
			continue;
		}
		if (!steps)
			return CPU_BUDGET;
		steps--;
		step(cpu);
	}
}

void cpu_stop(struct cpu *cpu)
{
	cpu->stop = true;
	cpu->attention = true;
}

static void set_pending(struct cpu *cpu, uint32_t bit, bool level)
{
	cpu->mip = level ? cpu->mip | bit : cpu->mip & ~bit;
	cpu->attention = true;
}

void cpu_interrupt(struct cpu *cpu, bool level)
{
	set_pending(cpu, CPU_MEI, level);
}

void cpu_timer(struct cpu *cpu, bool level)
{
	set_pending(cpu, CPU_MTI, level);
}

void cpu_reset(struct cpu *cpu)
{
	uint32_t mip = cpu->mip;
	struct cpu_count count = cpu->count;
	struct cpu_config config = cpu->config;

	explicit_bzero(cpu, sizeof(*cpu));
	cpu->mip = mip;
	cpu->count = count;
	cpu->config = config;
	cpu->pc = config.reset;
	cpu->mstatus = CPU_MSTATUS_MPP;
	cpu->cycle_base = -counted_cycles(cpu);
	cpu->instret_base = -count.instructions;
}

static bool overlap(const struct cpu_region *a, const struct cpu_region *b)
{
	return a->base - b->base < b->size || b->base - a->base < a->size;
}

static bool config_valid(const struct cpu_config *config)
{
	if (config->reset % 4 || config->region_count > CPU_REGIONS_MAX)
		return false;
	for (unsigned int i = 0; i < config->region_count; i++) {
		const struct cpu_region *region = &config->regions[i];

		if (region->base % 4 || region->size % 4 || !region->size || !region->at ||
		    region->size - 1 > UINT32_MAX - region->base)
			return false;
		for (unsigned int other = 0; other < i; other++)
			if (overlap(region, &config->regions[other]))
				return false;
	}
	return true;
}

int cpu_init(struct cpu *cpu, const struct cpu_config *config)
{
	memset(cpu, 0, sizeof(*cpu));
	if (!config_valid(config))
		return -EINVAL;
	cpu->config = *config;
	/* What is behind them is no region. */
	memset(cpu->config.regions + config->region_count, 0,
	       (CPU_REGIONS_MAX - config->region_count) * sizeof(*config->regions));
	cpu_reset(cpu);
	return 0;
}

void cpu_wipe(struct cpu *cpu)
{
	explicit_bzero(cpu, sizeof(*cpu));
}
