// SPDX-License-Identifier: MIT
/*
 * The gateware's registers, events and DMA as the processor sees them. What goes over the
 * bus takes a time that nobody knows before; meanwhile the processor goes on, or polls.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <limen.h>
#include <limen/firmware.h>
#include <monotonic.h>
#include <shell.h>

#include "card.h"
#include "cpu/cpu.h"
#include "job.h"
#include "sensor.h"
#include "shell_model.h"

#define NSEC_PER_MSEC	1000000

#define FILE_SIZE	4096
#define EVENTS_MAX	8192

/* Instructions between two looks at what the host wants. */
#define SLICE		50000

#define HEARTBEAT_MS	100
#define BOOT_MS		4000
#define RESET_MS	1000
#define ABORT_MS	100
#define RING_STOP_MS	500

#define DMA_BITS	64
#define RING_LOG2_MAX	12

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
 * struct error - the first error since the host has cleared it
 * @cause: enum limen_hw_error
 * @detail: LIMEN_HW_REG_ERROR_DETAIL
 * @address: LIMEN_HW_REG_ERROR_ADDRESS_LO and _HI
 * @count: errors since then
 */
struct error {
	uint32_t cause;
	uint32_t detail;
	uint64_t address;
	uint32_t count;
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
 * @counters: what the processor counts, as it has shown all of it last
 * @next_counters: what it has shown since
 * @events: writes of the host that the processor has not taken
 * @first: of @events
 * @count: number of @events
 * @dma: what the DMA does
 * @job: what the engine does
 * @sensor: what the camera does
 * @error: what no reset makes forgotten
 * @trap_pc: SHELL_TRAP_PC
 * @time_high: SHELL_TIME_HI
 * @start_ns: of the time that the processor sees
 * @beat_ns: when it said last that it is alive
 * @late: it has not since for so long that this is an error
 * @image_page: LIMEN_HW_REG_BOOT_IMAGE as the host has written it
 * @before: @file before the last reset
 * @stale_ns: until when the host reads that instead
 * @generation: resets
 * @bitten: the reset was the watchdog's, which BOOT_REASON is to say
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
	uint32_t counters[2 * LIMEN_HW_COUNTERS];
	uint32_t next_counters[2 * LIMEN_HW_COUNTERS];
	struct event events[EVENTS_MAX];
	unsigned int first;
	unsigned int count;
	struct dma dma;
	struct job job;
	struct sensor sensor;
	struct error error;
	uint32_t trap_pc;
	uint32_t time_high;
	int64_t start_ns;
	int64_t beat_ns;
	bool late;
	uint32_t image_page;
	uint32_t before[FILE_SIZE / 4];
	int64_t stale_ns;
	uint32_t generation;
	bool bitten;
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

static void note_error(struct shell *shell, uint32_t cause, uint32_t detail,
		       uint64_t address)
{
	struct error *error = &shell->error;

	if (error->count < UINT32_MAX)
		error->count++;
	if (error->cause)
		return;
	error->cause = cause;
	error->detail = detail;
	error->address = address;
}

/* DMA */

_Static_assert((uint32_t)SHELL_DMA_FROM_HOST == LIMEN_HW_DMA_FROM_HOST &&
	       (uint32_t)SHELL_DMA_TO_HOST == LIMEN_HW_DMA_TO_HOST &&
	       (uint32_t)SHELL_DMA_FROM_CARD == LIMEN_HW_DMA_FROM_CARD,
	       "the host is told of transfers in the same numbers");

/* Whether the bus does not answer, because that is wanted. */
static bool mute(struct shell *shell)
{
	return shell->dma.what != SHELL_DMA_FROM_CARD &&
	       knob_spend(shell->card, CARD_KNOB_MUTE);
}

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
		    size > card->core.mem_size - address ||
		    !memory_sound(card, address))
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
	if (mute(shell)) {
		dma->state = SHELL_TIMEOUT;
		note_error(shell, LIMEN_HW_ERROR_DMA_TIMEOUT, dma->what, address);
	} else if (sram && size && size <= LIMEN_HW_PAGE_SIZE && size % 4 == 0 &&
		   transfer(shell, address, sram, size)) {
		dma->state = SHELL_DONE;
	} else {
		dma->state = SHELL_REFUSED;
		note_error(shell, LIMEN_HW_ERROR_DMA_REFUSED, dma->what, address);
	}
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

static void interrupt(struct shell *shell)
{
	cpu_interrupt(&shell->cpu, shell->count || shell->sensor.ended);
}

static uint32_t event_take(struct shell *shell)
{
	uint32_t value = shell->events[shell->first].value;

	if (!shell->count)
		return 0;
	shell->first = (shell->first + 1) % EVENTS_MAX;
	shell->count--;
	interrupt(shell);
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
	uint32_t value;

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
	case SHELL_TRAP_PC:
		return shell->trap_pc;
	case SHELL_DMA_STATE:
		dma_end(shell);
		return poll_state(shell, shell->dma.state);
	case SHELL_ENGINE_STATE:
		job_end(&shell->job);
		return poll_state(shell, shell->job.state);
	default:
		if (reg < SHELL_SENSOR_BIN || reg > SHELL_FRAME_NS)
			return job_read(&shell->job, reg);
		value = sensor_read(&shell->sensor, reg);
		interrupt(shell);
		return value;
	}
}

static void beat(struct shell *shell)
{
	/* It works, and nobody hears its heart. */
	if (knob_at(shell->card, CARD_KNOB_HALTED) != CARD_HALTED_PULSELESS)
		shell->file[LIMEN_HW_REG_HEARTBEAT / 4]++;
	shell->beat_ns = now_ns();
	shell->late = false;
	cpu_timer(&shell->cpu, false);
}

static void boot_state(struct shell *shell, uint32_t reg, uint32_t value)
{
	if (shell->booted)
		return;
	if (reg == SHELL_BOOT_REASON) {
		/* The ROM, which does not know why it starts, says so at once. */
		if (shell->bitten)
			value = LIMEN_HW_REFUSED_WATCHDOG;
		shell->bitten = false;
		shell->file[LIMEN_HW_REG_BOOT_REASON / 4] = value;
		return;
	}
	shell->file[LIMEN_HW_REG_BOOT_STATE / 4] = value;
	shell->booted = value == LIMEN_HW_BOOT_RUNNING;
	if (shell->booted && knob_spend(shell->card, CARD_KNOB_STOP_BOOTED)) {
		knob_set(shell->card, CARD_KNOB_HALTED,
				CARD_HALTED_STOPPED);
		cpu_stop(&shell->cpu);
	}
}

/* Bits of this job's score that turn over, which others' then do not. */
static uint32_t take_flip(struct shell *shell, uint32_t what)
{
	uint32_t flip = knob_at(shell->card, CARD_KNOB_FLIP_RESULT);

	if (what != SHELL_ENGINE_COMPARE && what != SHELL_ENGINE_SORT)
		return 0;
	knob_set(shell->card, CARD_KNOB_FLIP_RESULT, 0);
	return flip;
}

/* Where the job's rows begin. */
static uint64_t rows_at(struct shell *shell)
{
	return job_read(&shell->job, SHELL_ENGINE_ROWS_LO) |
	       (uint64_t)job_read(&shell->job, SHELL_ENGINE_ROWS_HI) << 32;
}

static void engine_go(struct shell *shell, uint32_t what)
{
	bool reads = what == SHELL_ENGINE_SCAN || what == SHELL_ENGINE_GO_ON;
	bool entry = what == SHELL_ENGINE_COMPARE || what == SHELL_ENGINE_SCAN;
	bool sound = !reads || memory_sound(shell->card, rows_at(shell));
	const struct job_memory memory = {
		.sram = shell->sram,
		.card = shell->card->mem,
		/* What cannot be read is not there. */
		.card_size = sound ? shell->card->core.mem_size : 0,
		.delay_ns = entry ? knob_at(shell->card, CARD_KNOB_DELAY) *
					    (int64_t)NSEC_PER_MSEC :
				    0,
		.slower = knob_at(shell->card, CARD_KNOB_SLOW_MEMORY),
		.flip = take_flip(shell, what),
	};

	job_go(&shell->job, what, &memory);
	if (entry)
		card_begins_job(shell->card);
	if (card_is_gone(shell->card))
		cpu_stop(&shell->cpu);
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
	case SHELL_TRAP_PC:
		shell->trap_pc = value;
		break;
	case SHELL_TRAP:
		note_error(shell, LIMEN_HW_ERROR_TRAP, value, shell->trap_pc);
		break;
	default:
		if (reg < SHELL_SENSOR_BIN || reg > SHELL_FRAME_NS)
			job_write(&shell->job, reg, value);
		else
			sensor_write(&shell->sensor, reg, value);
		interrupt(shell);
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

/* All of them change together, with SNAPSHOT. */
static bool store_counter(struct shell *shell, uint32_t reg, uint32_t value)
{
	uint32_t number = (reg - LIMEN_HW_REG_COUNTER(0)) / 4;

	if (reg == LIMEN_HW_REG_SNAPSHOT)
		memcpy(shell->counters, shell->next_counters,
		       sizeof(shell->counters));
	else if (number < 2 * LIMEN_HW_COUNTERS)
		shell->next_counters[number] = value;
	else
		return false;
	return true;
}

static bool is_between(uint32_t reg, uint32_t first, uint32_t last)
{
	return reg >= first && reg <= last;
}

/* What the host believes because the gateware or the ROM says it. */
static bool is_protected(const struct shell *shell, uint32_t reg, uint32_t value)
{
	if (is_between(reg, LIMEN_HW_REG_HEARTBEAT, LIMEN_HW_REG_GATEWARE_VERSION) ||
	    is_between(reg, LIMEN_HW_REG_RESET_MS, LIMEN_HW_REG_TOP_K_MAX) ||
	    is_between(reg, LIMEN_HW_REG_CAM_MODES,
		       LIMEN_HW_REG_CAM_MODE(LIMEN_HW_CAM_MODES_MAX) - 4) ||
	    is_between(reg, LIMEN_HW_REG_BOOT_REASON, LIMEN_HW_REG_BOOT_GENERATION))
		return true;
	/* Firmware may say that it has crashed, and nothing else about itself. */
	if (reg == LIMEN_HW_REG_BOOT_STATE)
		return !shell->booted || value != LIMEN_HW_BOOT_CRASHED;
	return shell->booted && is_between(reg, LIMEN_HW_REG_FIRMWARE_VERSION,
					   LIMEN_HW_REG_FIRMWARE_HASH(7));
}

/* What is the gateware's alone does not come from the file. */
static void store_file(struct shell *shell, uint32_t reg, uint32_t value)
{
	unsigned int ring;
	uint32_t offset;

	if (is_protected(shell, reg, value) || store_counter(shell, reg, value))
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

bool shell_store(struct card *card, uint32_t address, uint32_t value)
{
	return bus_store(card->shell, address, sizeof(value), value);
}

/* Registers of the host */

static bool read_error(const struct error *error, uint32_t reg, uint32_t *value)
{
	switch (reg) {
	case LIMEN_HW_REG_ERROR_CAUSE:
		*value = error->cause;
		return true;
	case LIMEN_HW_REG_ERROR_DETAIL:
		*value = error->detail;
		return true;
	case LIMEN_HW_REG_ERROR_ADDRESS_LO:
		*value = (uint32_t)error->address;
		return true;
	case LIMEN_HW_REG_ERROR_ADDRESS_HI:
		*value = (uint32_t)(error->address >> 32);
		return true;
	case LIMEN_HW_REG_ERROR_COUNT:
		*value = error->count;
		return true;
	default:
		return false;
	}
}

static void clear_error(struct error *error, uint32_t bits)
{
	error->cause &= ~bits;
	if (!error->cause)
		memset(error, 0, sizeof(*error));
}

uint32_t shell_read(struct card *card, uint32_t reg)
{
	struct shell *shell = card->shell;
	unsigned int ring;
	uint32_t offset, value;

	if (reg % 4 || reg >= FILE_SIZE)
		return 0;
	if (read_error(&shell->error, reg, &value))
		return value;
	if (now_ns() < shell->stale_ns)
		return shell->before[reg / 4];
	if (reg == LIMEN_HW_REG_FIRMWARE_HASH(0) &&
	    knob_at(card, CARD_KNOB_OTHER_IMAGE))
		return ~shell->file[reg / 4];
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

void shell_fatal(struct card *card)
{
	card->shell->file[LIMEN_HW_REG_STATUS / 4] |= LIMEN_HW_STATUS_FATAL;
}

/* Whether the card meets an error at a doorbell, because that is wanted. */
static bool spoil(struct shell *shell, uint32_t reg)
{
	unsigned int ring;
	uint32_t offset;

	if (!core_is_ring_reg(reg, &ring, &offset) ||
	    offset != LIMEN_HW_RING_SQ_TAIL ||
	    !knob_spend(shell->card, CARD_KNOB_FATAL))
		return false;
	shell_fatal(shell->card);
	engine_ops.raise(&shell->card->core, LIMEN_HW_IRQ_FATAL);
	return true;
}

/* A bit of the code turns over before the ROM looks at it, because that is wanted. */
static void spoil_image(struct shell *shell)
{
	struct card *card = shell->card;
	uint64_t at = (uint64_t)shell->image_page * LIMEN_HW_PAGE_SIZE +
		      sizeof(struct limen_fw_header);

	if (at < card->core.mem_size && knob_spend(card, CARD_KNOB_SPOIL_IMAGE))
		card->mem[at] ^= 1;
}

void shell_write(struct card *card, uint32_t reg, uint32_t value)
{
	struct shell *shell = card->shell;

	if (reg == LIMEN_HW_REG_ERROR_CAUSE) {
		clear_error(&shell->error, value);
		return;
	}
	if (reg == LIMEN_HW_REG_SNAPSHOT) {
		memcpy(shell->file + LIMEN_HW_REG_COUNTER(0) / 4, shell->counters,
		       sizeof(shell->counters));
		return;
	}
	if (!shell->runs || !make_room(shell) || spoil(shell, reg) ||
	    (reg == LIMEN_HW_REG_BOOT_GO && value != shell->generation))
		return;
	if (reg == LIMEN_HW_REG_BOOT_IMAGE)
		shell->image_page = value;
	if (reg == LIMEN_HW_REG_BOOT_GO)
		spoil_image(shell);
	shell->events[(shell->first + shell->count++) % EVENTS_MAX] =
		(struct event){ .reg = reg, .value = value };
	cpu_interrupt(&shell->cpu, true);
}

/* Resets and time */

/* The whole array and the array binned, each at all rates. */
static void show_modes(uint32_t *file)
{
	static const uint32_t rates[] = { 30, 15, 10, 5 };
	const uint32_t count = sizeof(rates) / sizeof(*rates);

	file[LIMEN_HW_REG_CAM_MODES / 4] = 2 * count;
	for (uint32_t i = 0; i < 2 * count; i++) {
		uint32_t *mode = file + LIMEN_HW_REG_CAM_MODE(i) / 4;
		uint32_t bin = 1 + i / count;

		mode[LIMEN_HW_CAM_MODE_SIZE / 4] =
			LIMEN_HW_CAM_WIDTH / bin |
			LIMEN_HW_CAM_HEIGHT / bin << 16;
		mode[LIMEN_HW_CAM_MODE_INTERVAL / 4] = 1000000 / rates[i % count];
		mode[LIMEN_HW_CAM_MODE_FORMAT / 4] = LIMEN_HW_CAM_BGR;
	}
}

void shell_reset_begin(struct card *card)
{
	struct shell *shell = card->shell;
	uint32_t *file = shell->file;
	uint32_t type = file[LIMEN_HW_REG_BOARD_TYPE / 4];
	uint32_t floor = file[LIMEN_HW_REG_SECURITY_FLOOR / 4];

	shell->stale_ns = now_ns() + knob_at(card, CARD_KNOB_STALE) *
					     (int64_t)NSEC_PER_MSEC;
	memcpy(shell->before, file, FILE_SIZE);
	limen_wipe(shell->sram, sizeof(shell->sram));
	job_wipe(&shell->job);
	sensor_reset(&shell->sensor);
	memset(file, 0, FILE_SIZE);
	file[LIMEN_HW_REG_BOARD_TYPE / 4] = type;
	file[LIMEN_HW_REG_SECURITY_FLOOR / 4] = floor;
	file[LIMEN_HW_REG_HEARTBEAT_MS / 4] = HEARTBEAT_MS;
	file[LIMEN_HW_REG_BOOT_MS / 4] = BOOT_MS;
	file[LIMEN_HW_REG_RESET_MS / 4] = RESET_MS;
	file[LIMEN_HW_REG_ABORT_MS / 4] = ABORT_MS;
	file[LIMEN_HW_REG_RING_STOP_MS / 4] = RING_STOP_MS;
	file[LIMEN_HW_REG_DMA_BITS / 4] = DMA_BITS;
	file[LIMEN_HW_REG_RING_LOG2_MAX / 4] = RING_LOG2_MAX;
	file[LIMEN_HW_REG_TOP_K_MAX / 4] = LIMEN_HW_TOP_K_MAX;
	file[LIMEN_HW_REG_GATEWARE_VERSION / 4] = GATEWARE_VERSION;
	show_modes(file);
	memset(shell->counters, 0, sizeof(shell->counters));
	memset(shell->next_counters, 0, sizeof(shell->next_counters));
	file[LIMEN_HW_REG_CLOCK / 4] = card->core.clock_khz;
	file[LIMEN_HW_REG_MEM_SIZE / 4] = (uint32_t)(card->core.mem_size >> 20);
	file[LIMEN_HW_REG_CONTROL / 4] = LIMEN_HW_CONTROL_RESET;
	file[LIMEN_HW_REG_BOOT_GENERATION / 4] = ++shell->generation;
	memset(&shell->dma, 0, sizeof(shell->dma));
	memset(shell->stall_latch, 0, sizeof(shell->stall_latch));
	shell->trap_pc = 0;
	shell->count = 0;
	shell->booted = false;
	shell->bitten = false;
	shell->runs = false;
	knob_set(card, CARD_KNOB_HALTED, 0);
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

/*
 * The gateware's watchdog, for firmware that has been halted. Others are only late if
 * this process has been kept waiting, which is no error of the board's.
 */
static int64_t watch(struct shell *shell)
{
	int64_t left = shell->beat_ns + HEARTBEAT_MS * NSEC_PER_MSEC - now_ns();

	if (left > 0)
		return left;
	if (shell->booted && !shell->late)
		note_error(shell, LIMEN_HW_ERROR_WATCHDOG,
			   shell->file[LIMEN_HW_REG_HEARTBEAT / 4], 0);
	shell->late = true;
	return -1;
}

/* What becomes of a processor that does not work, because that is wanted. */
static int64_t halted_step(struct shell *shell, uint32_t how)
{
	int64_t left;

	if (how != CARD_HALTED_BEATING) {
		left = watch(shell);
		if (how != CARD_HALTED_WATCHED || !shell->late)
			return left;
		card_reset(shell->card);
		shell->bitten = true;
		return 0;
	}
	if (!beat_wait(shell))
		beat(shell);
	return beat_wait(shell);
}

int64_t shell_step(struct card *card)
{
	struct shell *shell = card->shell;
	int64_t beat = beat_wait(shell), frame;
	uint32_t halted = knob_at(card, CARD_KNOB_HALTED);

	if (!shell->runs || card_is_gone(card))
		return -1;
	if (halted && halted != CARD_HALTED_PULSELESS)
		return halted_step(shell, halted);
	if (!beat)
		cpu_timer(&shell->cpu, true);
	frame = sensor_step(&shell->sensor, card);
	interrupt(shell);
	switch (cpu_run(&shell->cpu, SLICE)) {
	case CPU_STOPPED:
		return sooner(sooner(hardware_wait(shell), beat), frame);
	case CPU_WFI:
		/* It may have started the stream, or a frame have ended. */
		frame = sensor_step(&shell->sensor, card);
		if (shell->sensor.ended)
			return 0;
		/* Without an interrupt it waits for good. */
		return sooner(beat ? beat : -1, frame);
	default:
		return 0;
	}
}

int shell_init(struct card *card, const struct shell_options *options)
{
	struct shell *shell = calloc(1, sizeof(*shell));
	struct cpu_config config;
	int ret;

	if (!shell)
		return -ENOMEM;
	ret = rom_load(options->rom, shell->rom, sizeof(shell->rom));
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
	sensor_init(&shell->sensor, options->scene);
	shell->file[LIMEN_HW_REG_BOARD_TYPE / 4] = options->board_type;
	shell->file[LIMEN_HW_REG_SECURITY_FLOOR / 4] = options->security_floor;
	card->shell = shell;
	return cpu_init(&shell->cpu, &config);
}

void shell_free(struct card *card)
{
	sensor_reset(&card->shell->sensor);
	limen_wipe(card->shell, sizeof(*card->shell));
	free(card->shell);
	card->shell = NULL;
}

uint64_t shell_stall_ns(const struct card *card, unsigned int ring)
{
	uint32_t reg = LIMEN_HW_RING_BLOCK(ring) + LIMEN_HW_RING_STALL_LO;
	const uint32_t *file = card->shell->file;

	return file[reg / 4] | (uint64_t)file[reg / 4 + 1] << 32;
}

const uint8_t *shell_sram(const struct card *card)
{
	return card->shell->sram;
}

bool shell_writes_to(const struct card *card, uint64_t address, uint64_t last)
{
	return card->shell &&
	       sensor_writes_to(&card->shell->sensor, address, last);
}
