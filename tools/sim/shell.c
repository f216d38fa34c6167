// SPDX-License-Identifier: MIT
/*
 * The gateware's registers, events and DMA as the processor sees them. What goes over the
 * bus takes a time that nobody knows before; meanwhile the processor goes on, or polls.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <limen.h>
#include <monotonic.h>
#include <shell.h>

#include "card.h"
#include "cpu/cpu.h"
#include "job.h"
#include "shell_model.h"

#define NSEC_PER_MSEC	1000000

#define FILE_SIZE	4096
#define EVENTS_MAX	8192

/* Instructions between two looks at what the host wants. */
#define SLICE		50000

#define HEARTBEAT_MS	100
#define BOOT_MS		4000

/* How long a transfer takes at most. */
#define DMA_NS		20000

#define GATEWARE_VERSION	(1u << 16)

/**
 * struct event - a write of the host
 * @reg: register
 * @value: what was written
 */
struct event {
	uint32_t reg;
	uint32_t value;
};

/**
 * struct dma - the transfer under way, or the last one
 * @registers: SHELL_DMA_LO to SHELL_DMA_SIZE
 * @what: SHELL_DMA_*
 * @state: SHELL_DONE, ...
 * @due_ns: when it ends
 */
struct dma {
	uint32_t registers[4];
	uint32_t what;
	uint32_t state;
	int64_t due_ns;
};

/**
 * struct shell - the gateware and the processor
 * @card: the card
 * @cpu: the processor
 * @rom: its ROM
 * @sram: its memory
 * @file: the host's registers
 * @stall_high: of each ring, what the next write of the lower half goes with
 * @stall_latch: of each ring, what the host reads as the upper half
 * @events: writes of the host that the processor has not taken
 * @first: of @events
 * @count: number of @events
 * @dma: what the DMA does
 * @job: what the engine does
 * @time_high: SHELL_TIME_HI
 * @start_ns: of the time that the processor sees
 * @beat_ns: when it said last that it is alive
 * @generation: resets
 * @runs: the processor is not held in reset
 * @booted: firmware runs, and has the ROM's registers no more
 */
struct shell {
	struct card *card;
	struct cpu cpu;
	uint8_t rom[SHELL_ROM_SIZE];
	uint8_t sram[SHELL_SRAM_SIZE];
	uint32_t file[FILE_SIZE / 4];
	uint32_t stall_high[LIMEN_HW_RINGS];
	uint32_t stall_latch[LIMEN_HW_RINGS];
	struct event events[EVENTS_MAX];
	unsigned int first;
	unsigned int count;
	struct dma dma;
	struct job job;
	uint32_t time_high;
	int64_t start_ns;
	int64_t beat_ns;
	uint32_t generation;
	bool runs;
	bool booted;
};

static void *sram_at(struct shell *shell, uint32_t address, uint32_t size)
{
	uint32_t offset = address - SHELL_SRAM_ADDRESS;

	if (offset > SHELL_SRAM_SIZE || size > SHELL_SRAM_SIZE - offset)
		return NULL;
	return shell->sram + offset;
}

/* DMA */

static bool transfer(struct shell *shell, uint64_t address, uint8_t *sram,
		     uint32_t size)
{
	struct card *card = shell->card;

	switch (shell->dma.what) {
	case SHELL_DMA_FROM_HOST:
		return dma_read(card, address, sram, size);
	case SHELL_DMA_TO_HOST:
		post_memory(card, address, sram, size);
		return true;
	case SHELL_DMA_FROM_CARD:
		if (address > card->core.mem_size ||
		    size > card->core.mem_size - address)
			return false;
		memcpy(sram, card->mem + address, size);
		return true;
	default:
		return false;
	}
}

static void dma_end(struct shell *shell)
{
	struct dma *dma = &shell->dma;
	uint64_t address = dma->registers[0] | (uint64_t)dma->registers[1] << 32;
	uint32_t size = dma->registers[3];
	uint8_t *sram = sram_at(shell, dma->registers[2], size);

	if (dma->state != SHELL_BUSY || now_ns() < dma->due_ns)
		return;
	/* A card that is kept from the bus asks nothing, and writes later. */
	if (!post_has_room(shell->card) ||
	    (dma->what == SHELL_DMA_FROM_HOST && !config_masters_bus(shell->card))) {
		dma->due_ns = now_ns() + DMA_NS;
		return;
	}
	if (sram && size && size <= LIMEN_HW_PAGE_SIZE && size % 4 == 0 &&
	    transfer(shell, address, sram, size))
		dma->state = SHELL_DONE;
	else
		dma->state = SHELL_REFUSED;
}

static void dma_go(struct shell *shell, uint32_t what)
{
	struct dma *dma = &shell->dma;

	if (dma->state == SHELL_BUSY)
		return;
	dma->what = what;
	dma->state = SHELL_BUSY;
	dma->due_ns = now_ns() + post_random(shell->card) % DMA_NS;
}

/* Registers of the processor */

static uint32_t event_take(struct shell *shell)
{
	uint32_t value = shell->events[shell->first].value;

	if (!shell->count)
		return 0;
	shell->first = (shell->first + 1) % EVENTS_MAX;
	shell->count--;
	cpu_interrupt(&shell->cpu, shell->count);
	return value;
}

static uint32_t time_low(struct shell *shell)
{
	uint64_t now = (uint64_t)(now_ns() - shell->start_ns);

	shell->time_high = (uint32_t)(now >> 32);
	return (uint32_t)now;
}

/* Who waits for the engine or the bus need not do so at full speed. */
static uint32_t poll_state(struct shell *shell, uint32_t state)
{
	if (state == SHELL_BUSY)
		cpu_stop(&shell->cpu);
	return state;
}

static uint32_t load_register(struct shell *shell, uint32_t reg)
{
	switch (reg) {
	case SHELL_EVENT_COUNT:
		return shell->count;
	case SHELL_EVENT_REG:
		return shell->count ? shell->events[shell->first].reg : 0;
	case SHELL_EVENT_VALUE:
		return event_take(shell);
	case SHELL_TIME_LO:
		return time_low(shell);
	case SHELL_TIME_HI:
		return shell->time_high;
	case SHELL_DMA_LO:
	case SHELL_DMA_HI:
	case SHELL_DMA_SRAM:
	case SHELL_DMA_SIZE:
		return shell->dma.registers[(reg - SHELL_DMA_LO) / 4];
	case SHELL_DMA_STATE:
		dma_end(shell);
		return poll_state(shell, shell->dma.state);
	case SHELL_ENGINE_STATE:
		job_end(&shell->job);
		return poll_state(shell, shell->job.state);
	default:
		return job_read(&shell->job, reg);
	}
}

static void beat(struct shell *shell)
{
	shell->file[LIMEN_HW_REG_HEARTBEAT / 4]++;
	shell->beat_ns = now_ns();
	cpu_timer(&shell->cpu, false);
}

static void boot_state(struct shell *shell, uint32_t reg, uint32_t value)
{
	if (shell->booted)
		return;
	if (reg == SHELL_BOOT_REASON) {
		shell->file[LIMEN_HW_REG_BOOT_REASON / 4] = value;
		return;
	}
	shell->file[LIMEN_HW_REG_BOOT_STATE / 4] = value;
	shell->booted = value == LIMEN_HW_BOOT_RUNNING;
}

static void engine_go(struct shell *shell, uint32_t what)
{
	const struct job_memory memory = {
		.sram = shell->sram,
		.card = shell->card->mem,
		.card_size = shell->card->core.mem_size,
		.delay_ns = what == SHELL_ENGINE_COMPARE ||
					    what == SHELL_ENGINE_SCAN ?
				    config_knob(shell->card, CARD_KNOB_DELAY) *
					    (int64_t)NSEC_PER_MSEC :
				    0,
	};

	job_go(&shell->job, what, &memory);
}

static void store_register(struct shell *shell, uint32_t reg, uint32_t value)
{
	switch (reg) {
	case SHELL_RAISE:
		engine_ops.raise(&shell->card->core, value);
		break;
	case SHELL_BEAT:
		beat(shell);
		break;
	case SHELL_DMA_LO:
	case SHELL_DMA_HI:
	case SHELL_DMA_SRAM:
	case SHELL_DMA_SIZE:
		if (shell->dma.state != SHELL_BUSY)
			shell->dma.registers[(reg - SHELL_DMA_LO) / 4] = value;
		break;
	case SHELL_DMA_GO:
		dma_go(shell, value);
		break;
	case SHELL_ENGINE_GO:
		engine_go(shell, value);
		break;
	case SHELL_BOOT_STATE:
	case SHELL_BOOT_REASON:
		boot_state(shell, reg, value);
		break;
	default:
		job_write(&shell->job, reg, value);
		break;
	}
}

/* The file */

static bool is_stall(uint32_t reg, unsigned int *ring, uint32_t *offset)
{
	return core_is_ring_reg(reg, ring, offset) &&
	       (*offset == LIMEN_HW_RING_STALL_LO ||
		*offset == LIMEN_HW_RING_STALL_HI);
}

/* Both halves change together, with the lower one. */
static void store_stall(struct shell *shell, unsigned int ring, uint32_t reg,
			uint32_t offset, uint32_t value)
{
	if (offset == LIMEN_HW_RING_STALL_HI) {
		shell->stall_high[ring] = value;
		return;
	}
	shell->file[reg / 4] = value;
	shell->file[reg / 4 + 1] = shell->stall_high[ring];
}

/* What is the gateware's alone does not come from the file. */
static void store_file(struct shell *shell, uint32_t reg, uint32_t value)
{
	unsigned int ring;
	uint32_t offset;

	if (reg == LIMEN_HW_REG_BOOT_GENERATION || reg == LIMEN_HW_REG_HEARTBEAT ||
	    (reg >= LIMEN_HW_REG_HEARTBEAT_MS &&
	     reg <= LIMEN_HW_REG_GATEWARE_VERSION))
		return;
	/* Only a reset ends what is fatal. */
	if (reg == LIMEN_HW_REG_STATUS)
		value |= shell->file[reg / 4] & LIMEN_HW_STATUS_FATAL;
	if (is_stall(reg, &ring, &offset))
		store_stall(shell, ring, reg, offset, value);
	else
		shell->file[reg / 4] = value;
}

static bool bus_load(void *context, uint32_t address, unsigned int size,
		     uint32_t *value)
{
	struct shell *shell = context;

	if (size != sizeof(*value))
		return false;
	if (address - SHELL_FILE_ADDRESS < FILE_SIZE)
		*value = shell->file[(address - SHELL_FILE_ADDRESS) / 4];
	else if (address - SHELL_REGS_ADDRESS < FILE_SIZE)
		*value = load_register(shell, address - SHELL_REGS_ADDRESS);
	else
		return false;
	return true;
}

static bool bus_store(void *context, uint32_t address, unsigned int size,
		      uint32_t value)
{
	struct shell *shell = context;

	if (size != sizeof(value))
		return false;
	if (address - SHELL_FILE_ADDRESS < FILE_SIZE)
		store_file(shell, address - SHELL_FILE_ADDRESS, value);
	else if (address - SHELL_REGS_ADDRESS < FILE_SIZE)
		store_register(shell, address - SHELL_REGS_ADDRESS, value);
	else
		return false;
	return true;
}

/* Registers of the host */

uint32_t shell_read(struct card *card, uint32_t reg)
{
	struct shell *shell = card->shell;
	unsigned int ring;
	uint32_t offset;

	if (reg % 4 || reg >= FILE_SIZE)
		return 0;
	if (!is_stall(reg, &ring, &offset))
		return shell->file[reg / 4];
	if (offset == LIMEN_HW_RING_STALL_HI)
		return shell->stall_latch[ring];
	shell->stall_latch[ring] = shell->file[reg / 4 + 1];
	return shell->file[reg / 4];
}

/* Nothing is lost: the bus waits until the processor has taken one. */
static bool make_room(struct shell *shell)
{
	unsigned int tries = 1000;

	while (shell->count == EVENTS_MAX && tries--)
		shell_step(shell->card);
	return shell->count < EVENTS_MAX;
}

/* Whether the card meets an error at a doorbell, because that is wanted. */
static bool spoil(struct shell *shell, uint32_t reg)
{
	uint32_t fatal = config_knob(shell->card, CARD_KNOB_FATAL);
	unsigned int ring;
	uint32_t offset;

	if (!fatal || !core_is_ring_reg(reg, &ring, &offset) ||
	    offset != LIMEN_HW_RING_SQ_TAIL)
		return false;
	config_knob_set(shell->card, CARD_KNOB_FATAL, fatal - 1);
	shell->file[LIMEN_HW_REG_STATUS / 4] |= LIMEN_HW_STATUS_FATAL;
	engine_ops.raise(&shell->card->core, LIMEN_HW_IRQ_FATAL);
	return true;
}

void shell_write(struct card *card, uint32_t reg, uint32_t value)
{
	struct shell *shell = card->shell;

	if (!shell->runs || !make_room(shell) || spoil(shell, reg) ||
	    (reg == LIMEN_HW_REG_BOOT_GO && value != shell->generation))
		return;
	shell->events[(shell->first + shell->count++) % EVENTS_MAX] =
		(struct event){ .reg = reg, .value = value };
	cpu_interrupt(&shell->cpu, true);
}

/* Resets and time */

void shell_reset_begin(struct card *card)
{
	struct shell *shell = card->shell;
	uint32_t *file = shell->file;
	uint32_t type = file[LIMEN_HW_REG_BOARD_TYPE / 4];
	uint32_t floor = file[LIMEN_HW_REG_SECURITY_FLOOR / 4];

	limen_wipe(shell->sram, sizeof(shell->sram));
	job_wipe(&shell->job);
	memset(file, 0, FILE_SIZE);
	file[LIMEN_HW_REG_BOARD_TYPE / 4] = type;
	file[LIMEN_HW_REG_SECURITY_FLOOR / 4] = floor;
	file[LIMEN_HW_REG_HEARTBEAT_MS / 4] = HEARTBEAT_MS;
	file[LIMEN_HW_REG_BOOT_MS / 4] = BOOT_MS;
	file[LIMEN_HW_REG_GATEWARE_VERSION / 4] = GATEWARE_VERSION;
	file[LIMEN_HW_REG_CLOCK / 4] = card->core.clock_khz;
	file[LIMEN_HW_REG_MEM_SIZE / 4] = (uint32_t)(card->core.mem_size >> 20);
	file[LIMEN_HW_REG_CONTROL / 4] = LIMEN_HW_CONTROL_RESET;
	file[LIMEN_HW_REG_BOOT_GENERATION / 4] = ++shell->generation;
	memset(&shell->dma, 0, sizeof(shell->dma));
	memset(shell->stall_latch, 0, sizeof(shell->stall_latch));
	shell->count = 0;
	shell->booted = false;
	shell->runs = false;
}

void shell_reset_end(struct card *card)
{
	struct shell *shell = card->shell;

	shell->file[LIMEN_HW_REG_CONTROL / 4] = 0;
	cpu_reset(&shell->cpu);
	cpu_interrupt(&shell->cpu, false);
	shell->start_ns = now_ns();
	beat(shell);
	shell->runs = true;
}

/* Nanoseconds until what the processor polls for is due. */
static int64_t hardware_wait(const struct shell *shell)
{
	int64_t now = now_ns(), due = now;

	if (shell->dma.state == SHELL_BUSY)
		due = shell->dma.due_ns;
	else if (shell->job.state == SHELL_BUSY)
		due = shell->job.due_ns;
	return due > now ? due - now : 0;
}

/* Nanoseconds until the processor is to say again that it is alive. */
static int64_t beat_wait(const struct shell *shell)
{
	int64_t due = shell->beat_ns + HEARTBEAT_MS / 4 * NSEC_PER_MSEC;
	int64_t now = now_ns();

	return due > now ? due - now : 0;
}

int64_t shell_step(struct card *card)
{
	struct shell *shell = card->shell;
	int64_t beat = beat_wait(shell), hardware;

	if (!shell->runs)
		return -1;
	if (!beat)
		cpu_timer(&shell->cpu, true);
	switch (cpu_run(&shell->cpu, SLICE)) {
	case CPU_STOPPED:
		hardware = hardware_wait(shell);
		return hardware < beat ? hardware : beat;
	case CPU_WFI:
		/* Without an interrupt it waits for good. */
		return beat ? beat : -1;
	default:
		return 0;
	}
}

static int load_rom(struct shell *shell, const char *path)
{
	FILE *from = fopen(path, "rbe");
	int ret = 0;

	if (!from)
		return -errno;
	if (!fread(shell->rom, 1, sizeof(shell->rom), from) || !feof(from))
		ret = -EFBIG;
	fclose(from);
	return ret;
}

int shell_init(struct card *card, const struct shell_options *options)
{
	struct shell *shell = calloc(1, sizeof(*shell));
	struct cpu_config config;
	int ret;

	if (!shell)
		return -ENOMEM;
	ret = load_rom(shell, options->rom);
	if (!ret)
		ret = job_init(&shell->job, options->matcher);
	if (ret) {
		free(shell);
		return ret;
	}
	config = (struct cpu_config){
		.regions = {
			{ .base = SHELL_ROM_ADDRESS, .size = SHELL_ROM_SIZE,
			  .at = shell->rom, .executable = true },
			{ .base = SHELL_SRAM_ADDRESS, .size = SHELL_SRAM_SIZE,
			  .at = shell->sram, .writable = true,
			  .executable = true },
		},
		.region_count = 2,
		.ops = { .load = bus_load, .store = bus_store },
		.context = shell,
		.reset = SHELL_ROM_ADDRESS,
	};
	shell->card = card;
	shell->file[LIMEN_HW_REG_BOARD_TYPE / 4] = options->board_type;
	shell->file[LIMEN_HW_REG_SECURITY_FLOOR / 4] = options->security_floor;
	card->shell = shell;
	return cpu_init(&shell->cpu, &config);
}

void shell_free(struct card *card)
{
	job_free(&card->shell->job);
	limen_wipe(card->shell, sizeof(*card->shell));
	free(card->shell);
	card->shell = NULL;
}

const uint8_t *shell_sram(const struct card *card)
{
	return card->shell->sram;
}
