// SPDX-License-Identifier: MIT
/*
 * The gateware around the card's processor as it is (firmware/fpga/rtl/shell.v), simulated by
 * cycles, in place of shell.c, job.c and wipe.c: the same ROM and firmware run against it.
 * The processor is the interpreter, which reaches SRAM directly and everything else by the
 * gateware's ports; the camera is sensor.c.
 *
 * The model advances with each access to it, while something is under way, and a little at each
 * step. Its clock is that of this process, less the time for which that was kept waiting.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <limen.h>
#include <monotonic.h>
#include <shell.h>

#include "card.h"
#include "cpu/cpu.h"
#include "sensor.h"
#include "shell_model.h"
#include "shell_rtl.h"

#define NSEC_PER_MSEC	1000000

/* Offset of the file from SHELL_REGS_ADDRESS, and bytes of either. */
#define FILE_AT		(SHELL_FILE_ADDRESS - SHELL_REGS_ADDRESS)
#define FILE_SIZE	4096

/* Instructions between two looks at what the host wants. */
#define SLICE		50000

/* Cycles from a read of card memory to its answer: of DDR3 behind an FPGA's own controller. */
#define MEMORY_LATENCY	20
#define MEMORY_READY	1000
/* Likewise of the host's, at most. */
#define HOST_LATENCY	60

/* Cycles for what has just been written to show, at a poll, and of a wipe at a step. */
#define SETTLE_CYCLES	4
#define POLL_CYCLES	100
#define STEP_CYCLES	20000
/* No reset is longer, unless the model is broken. */
#define PATIENCE	1000000

/* What may pass between two steps without being taken for a process that has been kept waiting. */
#define PASS_NS		(50 * NSEC_PER_MSEC)
/* How long to wait for a host that keeps the card from the bus. */
#define KEPT_NS		20000

/**
 * struct shell - the gateware's model and the processor
 * @card: the card
 * @cpu: the processor
 * @rom: its ROM
 * @rtl: the gateware
 * @sensor: what the camera does
 * @piece: words that are written to the host as one
 * @piece_address: where to
 * @piece_size: bytes of @piece
 * @time_ns: the model's clock
 * @passed_ns: when it was set
 * @go: SHELL_ENGINE_* that is held back, because that is wanted, or 0
 * @go_ns: until when
 * @stopped: it was stopped before
 * @wipe: LIMEN_HW_REG_WIPE_GO that is held back likewise, or 0
 * @wipe_pages: LIMEN_HW_REG_WIPE_PAGES
 * @wipes: one is under way
 * @mute: the bus does not answer the transfer under way
 * @kept: the processor waits for the bus, which the card is kept from
 * @beat_ns: when a processor that only seems to be alive said so
 */
struct shell {
	struct card *card;
	struct cpu cpu;
	uint8_t rom[SHELL_ROM_SIZE];
	struct shell_rtl *rtl;
	struct sensor sensor;
	uint8_t piece[CARD_PIECE];
	uint64_t piece_address;
	size_t piece_size;
	int64_t time_ns;
	int64_t passed_ns;
	uint32_t go;
	int64_t go_ns;
	bool stopped;
	uint32_t wipe;
	uint32_t wipe_pages;
	bool wipes;
	bool mute;
	bool kept;
	int64_t beat_ns;
};

/* What the gateware does to the host */

static enum shell_rtl_answer host_read(void *context, uint64_t address, void *to,
				       unsigned int size)
{
	struct shell *shell = context;
	const void *from;

	if (shell->mute)
		return SHELL_RTL_LOST;
	from = dma_at(shell->card, address, size, false);
	if (!from)
		return SHELL_RTL_REFUSED;
	memcpy(to, from, size);
	return SHELL_RTL_ANSWERED;
}

static bool host_has_room(void *context)
{
	const struct shell *shell = context;

	return post_has_room(shell->card);
}

static void host_write(void *context, uint64_t address, uint32_t word, bool last)
{
	struct shell *shell = context;

	if (!shell->piece_size)
		shell->piece_address = address;
	memcpy(shell->piece + shell->piece_size, &word, sizeof(word));
	shell->piece_size += sizeof(word);
	if (!last && shell->piece_size < sizeof(shell->piece))
		return;
	post_memory(shell->card, shell->piece_address, shell->piece,
		    shell->piece_size);
	limen_wipe(shell->piece, sizeof(shell->piece));
	shell->piece_size = 0;
}

static void host_interrupt(void *context, unsigned int vector)
{
	const struct shell *shell = context;

	post_interrupt(shell->card, vector);
}

/* Errors of card memory, if they are wanted. */
static enum shell_rtl_memory memory_state(void *context, uint64_t address)
{
	const struct shell *shell = context;

	(void)address;
	if (knob_spend(shell->card, CARD_KNOB_CORRECTED))
		return SHELL_RTL_CORRECTED;
	return knob_spend(shell->card, CARD_KNOB_UNCORRECTED) ? SHELL_RTL_BROKEN :
								SHELL_RTL_SOUND;
}

/* Time, and levels */

static void run(struct shell *shell, unsigned int cycles)
{
	int64_t now = now_ns(), passed = now - shell->passed_ns;

	shell->passed_ns = now;
	shell->time_ns += passed < PASS_NS ? passed : PASS_NS;
	shell_rtl_time(shell->rtl, (uint64_t)shell->time_ns);
	shell_rtl_master(shell->rtl, config_masters_bus(shell->card));
	shell_rtl_run(shell->rtl, cycles);
	cpu_interrupt(&shell->cpu, shell_rtl_external(shell->rtl) ||
		      shell->sensor.ended);
	cpu_timer(&shell->cpu, shell_rtl_timer(shell->rtl));
}

static uint32_t load(struct shell *shell, uint32_t reg)
{
	run(shell, 2);
	return shell_rtl_load(shell->rtl, reg);
}

static void store(struct shell *shell, uint32_t reg, uint32_t value)
{
	shell_rtl_store(shell->rtl, reg, value);
	run(shell, 0);
}

/* Registers of the processor */

static bool is_sensor(uint32_t reg)
{
	return reg >= SHELL_SENSOR_BIN && reg <= SHELL_FRAME_NS;
}

/* Begins what has been held back, when it is time. */
static void release(struct shell *shell)
{
	if (shell->go && now_ns() >= shell->go_ns) {
		shell_rtl_store(shell->rtl, SHELL_ENGINE_GO, shell->go);
		shell->go = 0;
	}
	if (shell->wipe && !knob_at(shell->card, CARD_KNOB_WIPE_STUCK)) {
		shell_rtl_host_write(shell->rtl, LIMEN_HW_REG_WIPE_GO, shell->wipe);
		shell->wipe = 0;
	}
}

/* The host has its turn while the processor polls. */
static uint32_t poll_state(struct shell *shell, uint32_t reg)
{
	uint32_t state;

	release(shell);
	state = load(shell, reg);
	if (reg == SHELL_ENGINE_STATE && shell->go)
		state = SHELL_BUSY;
	else if (reg == SHELL_ENGINE_STATE && shell->stopped)
		state = SHELL_REFUSED;
	if (state != SHELL_BUSY)
		return state;
	shell->kept = reg == SHELL_DMA_STATE && !config_masters_bus(shell->card);
	run(shell, POLL_CYCLES);
	cpu_stop(&shell->cpu);
	return state;
}

static uint32_t load_register(struct shell *shell, uint32_t reg)
{
	uint32_t value;

	if (reg == SHELL_DMA_STATE || reg == SHELL_ENGINE_STATE)
		return poll_state(shell, reg);
	if (!is_sensor(reg))
		return load(shell, reg);
	value = sensor_read(&shell->sensor, reg);
	run(shell, 0);
	return value;
}

static void engine_go(struct shell *shell, uint32_t what)
{
	uint32_t delay = knob_at(shell->card, CARD_KNOB_DELAY);

	shell->stopped = shell->go && what == SHELL_ENGINE_STOP;
	if (shell->stopped)
		shell->go = 0;
	if (shell->stopped || shell->go)
		return;
	if (delay && (what == SHELL_ENGINE_COMPARE || what == SHELL_ENGINE_SCAN)) {
		shell->go = what;
		shell->go_ns = now_ns() + delay * (int64_t)NSEC_PER_MSEC;
		return;
	}
	store(shell, SHELL_ENGINE_GO, what);
}

static void dma_go(struct shell *shell, uint32_t what)
{
	uint32_t left = knob_at(shell->card, CARD_KNOB_MUTE);

	shell->mute = left && what == SHELL_DMA_FROM_HOST;
	if (shell->mute)
		knob_set(shell->card, CARD_KNOB_MUTE, left - 1);
	store(shell, SHELL_DMA_GO, what);
}

static void store_register(struct shell *shell, uint32_t reg, uint32_t value)
{
	if (is_sensor(reg))
		sensor_write(&shell->sensor, reg, value);
	else if (reg == SHELL_ENGINE_GO)
		engine_go(shell, value);
	else if (reg == SHELL_DMA_GO)
		dma_go(shell, value);
	else
		store(shell, reg, value);
	run(shell, 0);
}

static bool bus_load(void *context, uint32_t address, unsigned int size,
		     uint32_t *value)
{
	struct shell *shell = context;
	uint32_t offset = address - SHELL_REGS_ADDRESS;

	if (size != sizeof(*value) || offset >= FILE_AT + FILE_SIZE)
		return false;
	*value = offset < FILE_AT ? load_register(shell, offset) :
				    load(shell, offset);
	return true;
}

static bool bus_store(void *context, uint32_t address, unsigned int size,
		      uint32_t value)
{
	struct shell *shell = context;
	uint32_t offset = address - SHELL_REGS_ADDRESS;

	if (size != sizeof(value) || offset >= FILE_AT + FILE_SIZE)
		return false;
	if (offset < FILE_AT)
		store_register(shell, offset, value);
	else
		store(shell, offset, value);
	return true;
}

/* Registers of the host */

static uint32_t host_load(struct shell *shell, uint32_t reg)
{
	uint32_t value;

	/* A read that has to wait waits for card memory alone. */
	while (!shell_rtl_host_read(shell->rtl, reg, &value))
		run(shell, 1);
	return value;
}

uint32_t shell_read(struct card *card, uint32_t reg)
{
	if (reg % 4 || reg >= FILE_SIZE)
		return 0;
	run(card->shell, 0);
	return host_load(card->shell, reg);
}

void shell_fatal(struct card *card)
{
	const uint32_t status = FILE_AT + LIMEN_HW_REG_STATUS;
	struct shell *shell = card->shell;

	store(shell, status, load(shell, status) | LIMEN_HW_STATUS_FATAL);
	store(shell, SHELL_RAISE, LIMEN_HW_IRQ_FATAL);
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
	return true;
}

/* The bus waits while there is no room, for as long as the processor takes events at all. */
static void host_store(struct shell *shell, uint32_t reg, uint32_t value)
{
	unsigned int tries = 1000;

	while (!shell_rtl_host_write(shell->rtl, reg, value) && tries--)
		shell_step(shell->card);
	run(shell, SETTLE_CYCLES);
}

void shell_write(struct card *card, uint32_t reg, uint32_t value)
{
	if (!spoil(card->shell, reg) && reg % 4 == 0 && reg < FILE_SIZE)
		host_store(card->shell, reg, value);
}

/* What the gateware has, and what is around it: the camera, and so many vectors. */
static uint32_t features(struct card *card)
{
	uint32_t value = shell_read(card, LIMEN_HW_REG_FEATURES) |
			 LIMEN_HW_FEATURE_CAMERA;

	return card->vector_count == LIMEN_HW_VECTORS ?
		       value : value & ~LIMEN_HW_FEATURE_VECTORS;
}

/* Registers of the gateware that the card has elsewhere if it is not gateware. */
bool wipe_read(struct card *card, uint32_t reg, uint32_t *value)
{
	if (reg == LIMEN_HW_REG_FEATURES)
		*value = features(card);
	else if (card_has_in_core(reg) || reg == LIMEN_HW_REG_WIPE_DONE)
		*value = shell_read(card, reg);
	else
		return false;
	return true;
}

bool wipe_write(struct card *card, uint32_t reg, uint32_t value)
{
	struct shell *shell = card->shell;

	switch (reg) {
	case LIMEN_HW_REG_WIPE_GO:
		shell->wipes = value;
		shell->wipe = value;
		if (value && knob_at(card, CARD_KNOB_WIPE_STUCK))
			return true;
		shell->wipe = 0;
		break;
	case LIMEN_HW_REG_WIPE_PAGES:
		shell->wipe_pages = value;
		break;
	case LIMEN_HW_REG_WIPE_PAGE:
		break;
	default:
		if (!card_has_in_core(reg))
			return false;
		break;
	}
	host_store(shell, reg, value);
	return true;
}

void wipe_forget(struct card *card)
{
	struct shell *shell = card->shell;

	if (!shell)
		return;
	shell->wipe = 0;
	shell->wipes = false;
	shell_rtl_function_reset(shell->rtl);
}

/* When the port has nothing more to write, it is over: done, or given up. */
int64_t wipe_step(struct card *card)
{
	struct shell *shell = card->shell;

	if (!shell || !shell->wipes)
		return -1;
	release(shell);
	if (shell->wipe)
		return KEPT_NS;
	run(shell, STEP_CYCLES);
	if (!shell_rtl_ready(shell->rtl) || shell_rtl_busy(shell->rtl))
		return 0;
	shell->wipes = false;
	if (host_load(shell, LIMEN_HW_REG_WIPE_DONE))
		knob_set(card, CARD_KNOB_WIPED, shell->wipe_pages +
				knob_at(card, CARD_KNOB_WIPED));
	return -1;
}

/* Resets and time */

static void forget(struct shell *shell)
{
	sensor_reset(&shell->sensor);
	shell->piece_size = 0;
	shell->go = 0;
	shell->stopped = false;
	knob_set(shell->card, CARD_KNOB_HALTED, 0);
}

void shell_reset_begin(struct card *card)
{
	struct shell *shell = card->shell;

	shell_rtl_memory_good(shell->rtl, false);
	shell_rtl_host_write(shell->rtl, LIMEN_HW_REG_CONTROL,
			     LIMEN_HW_CONTROL_RESET);
	forget(shell);
}

void shell_reset_end(struct card *card)
{
	struct shell *shell = card->shell;

	shell_rtl_memory_good(shell->rtl, true);
	shell_rtl_wait_ready(shell->rtl, PATIENCE);
	cpu_reset(&shell->cpu);
	run(shell, SETTLE_CYCLES);
}

/* Nanoseconds until the processor is to say again that it is alive. */
static int64_t beat_wait(const struct shell *shell)
{
	int64_t due = shell->beat_ns + 25 * NSEC_PER_MSEC, now = now_ns();

	return due > now ? due - now : 0;
}

/* What becomes of a processor that does not work, because that is wanted. */
static int64_t halted_step(struct shell *shell, uint32_t how)
{
	if (how == CARD_HALTED_BEATING && !beat_wait(shell)) {
		store(shell, SHELL_BEAT, 1);
		shell->beat_ns = now_ns();
	}
	return NSEC_PER_MSEC;
}

/* A watchdog's reset is not the host's; the processor begins anew after it. */
static bool runs(struct shell *shell)
{
	if (shell_rtl_ready(shell->rtl))
		return true;
	forget(shell);
	if (shell_rtl_wait_ready(shell->rtl, STEP_CYCLES))
		cpu_reset(&shell->cpu);
	return false;
}

int64_t shell_step(struct card *card)
{
	struct shell *shell = card->shell;
	uint32_t halted = knob_at(card, CARD_KNOB_HALTED);
	int64_t frame;

	if (!runs(shell))
		return 0;
	release(shell);
	run(shell, SETTLE_CYCLES);
	if (halted)
		return halted_step(shell, halted);
	sensor_step(&shell->sensor, card);
	run(shell, SETTLE_CYCLES);
	shell->kept = false;
	switch (cpu_run(&shell->cpu, SLICE)) {
	case CPU_STOPPED:
		return shell->kept || shell->go ? KEPT_NS : 0;
	case CPU_WFI:
		/* It may have started the stream, or a frame have ended. */
		frame = sensor_step(&shell->sensor, card);
		run(shell, SETTLE_CYCLES);
		if (shell->sensor.ended || shell_rtl_external(shell->rtl))
			return 0;
		/* Time has to be told to the gateware for its timer. */
		return sooner(NSEC_PER_MSEC, frame);
	default:
		return 0;
	}
}

static int create(struct shell *shell, const struct shell_options *options)
{
	const struct shell_rtl_config config = {
		.memory = shell->card->mem,
		.memory_bytes = shell->card->core.mem_size,
		.memory_blank = true,
		.latency = MEMORY_LATENCY,
		.bandwidth = MEMORY_READY,
		.seed = 1,
		.board_type = options->board_type,
		.security_floor = options->security_floor,
		.memory_state = memory_state,
		.host = { host_read, host_has_room, host_write, host_interrupt },
		.host_latency = HOST_LATENCY,
		.context = shell,
	};
	struct cpu_config cpu = {
		.regions = {
			{ .base = SHELL_ROM_ADDRESS, .size = SHELL_ROM_SIZE,
			  .at = shell->rom, .executable = true },
			{ .base = SHELL_SRAM_ADDRESS, .size = SHELL_SRAM_SIZE,
			  .writable = true, .executable = true },
		},
		.region_count = 2,
		.ops = { .load = bus_load, .store = bus_store },
		.context = shell,
		.reset = SHELL_ROM_ADDRESS,
	};

	shell->rtl = shell_rtl_create(&config);
	if (!shell->rtl)
		return -ENOMEM;
	cpu.regions[1].at = shell_rtl_sram(shell->rtl);
	return cpu_init(&shell->cpu, &cpu);
}

int shell_init(struct card *card, const struct shell_options *options)
{
	struct shell *shell = calloc(1, sizeof(*shell));
	int ret;

	if (!shell)
		return -ENOMEM;
	shell->card = card;
	shell->passed_ns = now_ns();
	sensor_init(&shell->sensor, options->scene);
	ret = rom_load(options->rom, shell->rom, sizeof(shell->rom));
	if (!ret)
		ret = create(shell, options);
	if (ret) {
		shell_rtl_destroy(shell->rtl);
		free(shell);
		return ret;
	}
	card->shell = shell;
	return 0;
}

void shell_free(struct card *card)
{
	struct shell *shell = card->shell;

	limen_wipe(shell_rtl_sram(shell->rtl), SHELL_SRAM_SIZE);
	shell_rtl_destroy(shell->rtl);
	sensor_reset(&shell->sensor);
	limen_wipe(shell, sizeof(*shell));
	free(shell);
	card->shell = NULL;
}

const uint8_t *shell_sram(const struct card *card)
{
	return shell_rtl_sram(card->shell->rtl);
}

/* As the host reads it, but that nothing is latched. */
uint64_t shell_stall_ns(const struct card *card, unsigned int ring)
{
	uint32_t low = FILE_AT + LIMEN_HW_RING_BLOCK(ring) + LIMEN_HW_RING_STALL_LO;

	return load(card->shell, low);
}

bool shell_store(struct card *card, uint32_t address, uint32_t value)
{
	return bus_store(card->shell, address, sizeof(value), value);
}

bool shell_writes_to(const struct card *card, uint64_t address, uint64_t last)
{
	return card->shell &&
	       sensor_writes_to(&card->shell->sensor, address, last);
}
