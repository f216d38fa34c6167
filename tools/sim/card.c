// SPDX-License-Identifier: MIT
/* The card's registers, memory and resets. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <limen.h>
#include <monotonic.h>

#include "card.h"
#include "job.h"

#define MSIX_SIZE	4096

/* Of a card without a processor: a cycle each nanosecond. */
#define CLOCK_KHZ	1000000

/* What a card with a processor has, and no other. */
#define SHELL_FEATURES	(LIMEN_HW_FEATURE_BOOT | LIMEN_HW_FEATURE_CAMERA | \
			 LIMEN_HW_FEATURE_ERROR | \
			 LIMEN_HW_FEATURE_TIMES | LIMEN_HW_FEATURE_LIMITS | \
			 LIMEN_HW_FEATURE_WIPE | LIMEN_HW_FEATURE_CAM_MODES)

/* What each of them has. */
#define FEATURES	(LIMEN_HW_FEATURE_CLOCK | LIMEN_HW_FEATURE_SNAPSHOT | \
			 LIMEN_HW_FEATURE_ECC)

/* What one has that a knob gives a temperature, and from where it is too warm. */
#define WARM_FEATURES	(LIMEN_HW_FEATURE_SENSORS | LIMEN_HW_FEATURE_THERMAL)
#define TEMP_WARNING	85000
#define TEMP_CRITICAL	100000

/* How long a reset of the function takes; PCI waits for 10 ms at least. */
#define RESET_NS	4000000

int card_init(struct card *card, const struct card_options *options)
{
	void *mem;

	memset(card, 0, sizeof(*card));
	card->vector_count = options->vectors;
	for (unsigned int i = 0; i < CARD_VECTORS; i++)
		card->vectors[i].irq = -1;
	card->random = options->seed;
	card->core.ops = &engine_ops;
	card->core.clock_khz = options->shell.rom ? JOB_CLOCK_KHZ : CLOCK_KHZ;
	card->work.best.rows = card->rows;
	card->core.mem_size = (uint64_t)options->mem_mib << 20;
	card->bar_size[CARD_BAR_REGS] = options->regs;
	card->bar_size[CARD_BAR_MEM] = card->core.mem_size;
	card->bar_size[CARD_BAR_MSIX] = options->vectors ? MSIX_SIZE : 0;
	card->mem_fd = -1;
	if (!card->core.mem_size)
		return 0;
	card->mem_fd = memfd_create("limen-card", MFD_CLOEXEC);
	if (card->mem_fd < 0)
		return -errno;
	if (ftruncate(card->mem_fd, (off_t)card->core.mem_size))
		return -errno;
	mem = mmap(NULL, card->core.mem_size, PROT_READ | PROT_WRITE, MAP_SHARED,
		   card->mem_fd, 0);
	if (mem == MAP_FAILED)
		return -errno;
	card->mem = mem;
	return options->shell.rom ? shell_init(card, &options->shell) : 0;
}

void card_free(struct card *card)
{
	if (card->shell)
		shell_free(card);
	if (card->mem)
		munmap(card->mem, card->core.mem_size);
	if (card->mem_fd >= 0)
		close(card->mem_fd);
	free(card->areas);
	limen_wipe(card, sizeof(*card));
}

/* What is enabled, and what is known of the host, is forgotten. */
static void reset(struct card *card)
{
	stats_reset(card);
	core_reset_begin(&card->core);
	vector_forget(card);
	for (unsigned int i = 0; i < CARD_RINGS; i++)
		ring_forget(&card->rings[i]);
	if (card->shell)
		shell_reset_begin(card);
}

static void reset_end(struct card *card)
{
	core_reset_end(&card->core);
	if (card->shell)
		shell_reset_end(card);
}

void card_switch_on(struct card *card, const struct card_options *options)
{
	dma_unmap(card, 0, UINT64_MAX);
	post_drop(card);
	for (unsigned int i = 0; i < CARD_VECTORS; i++)
		vector_connect(card, i, -1);
	memset(&card->core.ecc, 0, sizeof(card->core.ecc));
	wipe_forget(card);
	config_reset(card);
	knobs_switch_on(card, options);
	stats_forget(card);
	reset(card);
	reset_end(card);
}

static void fill(struct card *card, int value)
{
	if (card->core.mem_size)
		memset(card->mem, value, card->core.mem_size);
}

int64_t card_reset_step(struct card *card, bool at_once)
{
	int64_t now = now_ns();

	if (!card->resets_ns)
		return -1;
	if (now < card->resets_ns && !at_once)
		return card->resets_ns - now;
	card->resets_ns = 0;
	fill(card, CARD_GARBAGE);
	return -1;
}

void card_reset_function(struct card *card)
{
	if (knob_at(card, CARD_KNOB_STUCK) == CARD_STUCK_RESET)
		knob_set(card, CARD_KNOB_STUCK, 0);
	knob_count(card, CARD_KNOB_RESETS);
	defy_reset(card);
	post_drop(card);
	wipe_forget(card);
	config_reset(card);
	reset(card);
	reset_end(card);
	fill(card, CARD_GARBAGE_DURING);
	card->resets_ns = now_ns() + RESET_NS;
}

bool card_is_gone(const struct card *card)
{
	return knob_at(card, CARD_KNOB_GONE);
}

void card_begins_job(struct card *card)
{
	if (knob_spend(card, CARD_KNOB_DIE) && !knob_at(card, CARD_KNOB_DIE))
		knob_set(card, CARD_KNOB_GONE, 1);
}

bool card_works(const struct card *card)
{
	return core_works(&card->core) && !card_is_gone(card) &&
	       config_masters_bus(card) && post_has_room(card);
}

/* What a register says that does not change; or, each second time, a lie. */
static uint32_t constant(struct card *card, uint64_t reg, uint32_t value,
			 uint32_t lie)
{
	unsigned int number = (unsigned int)(reg / sizeof(value));
	unsigned int *reads = &card->reads[number];

	if (!(knob_at(card, CARD_KNOB_FICKLE) & 1u << number))
		*reads = 0;
	else if ((*reads)++ % 2)
		return lie;
	return value;
}

static uint32_t read_constant(struct card *card, uint64_t reg)
{
	uint32_t mib = knob_at(card, CARD_KNOB_MEM_MIB);
	bool warm = knob_at(card, CARD_KNOB_TEMPERATURE);

	switch (reg) {
	case LIMEN_HW_REG_ID:
		return constant(card, reg, knob_at(card, CARD_KNOB_ID),
				~LIMEN_HW_ID);
	case LIMEN_HW_REG_VERSION:
		return constant(card, reg, LIMEN_HW_VERSION_MAJOR << 16 |
						   LIMEN_HW_VERSION_MINOR,
				(LIMEN_HW_VERSION_MAJOR + 1) << 16);
	case LIMEN_HW_REG_FEATURES:
		return constant(card, reg,
				FEATURES | (card->shell ? SHELL_FEATURES : 0) |
					(warm ? WARM_FEATURES : 0) |
					(card->vector_count == LIMEN_HW_VECTORS ?
						 LIMEN_HW_FEATURE_VECTORS : 0),
				UINT32_MAX);
	case LIMEN_HW_REG_MEM_SIZE:
		return constant(card, reg, mib, 16 * mib);
	case LIMEN_HW_REG_CLOCK:
		return constant(card, reg, card->core.clock_khz, 1);
	case LIMEN_HW_REG_TEMP_WARNING:
		return warm ? TEMP_WARNING : 0;
	case LIMEN_HW_REG_TEMP_CRITICAL:
		return warm ? TEMP_CRITICAL : 0;
	default:
		return 0;
	}
}

bool card_has_in_core(uint32_t reg)
{
	return reg == LIMEN_HW_REG_IRQ_STATUS || reg == LIMEN_HW_REG_IRQ_ENABLE ||
	       (reg >= LIMEN_HW_REG_ECC_STATUS &&
		reg < LIMEN_HW_REG_MODERATION(LIMEN_HW_VECTORS));
}

static uint32_t read_register(struct card *card, uint64_t reg)
{
	unsigned int ring;
	uint32_t offset, value;

	if (card->shell && wipe_read(card, (uint32_t)reg, &value))
		return value;
	if (core_is_ring_reg((uint32_t)reg, &ring, &offset) &&
	    offset == LIMEN_HW_RING_ENABLE && post_pending(card))
		/* It reads as stopped when its last write has arrived. */
		return 1;
	switch (reg) {
	case LIMEN_HW_REG_ID:
	case LIMEN_HW_REG_VERSION:
	case LIMEN_HW_REG_FEATURES:
	case LIMEN_HW_REG_MEM_SIZE:
	case LIMEN_HW_REG_CLOCK:
	case LIMEN_HW_REG_TEMP_WARNING:
	case LIMEN_HW_REG_TEMP_CRITICAL:
		return read_constant(card, reg);
	case LIMEN_HW_REG_TEMPERATURE:
		return knob_at(card, CARD_KNOB_TEMPERATURE);
	default:
		return card->shell && !card_has_in_core((uint32_t)reg) ?
			       shell_read(card, (uint32_t)reg) :
			       core_read(&card->core, (uint32_t)reg);
	}
}

uint32_t card_read(struct card *card, uint64_t reg)
{
	if (knob_spend(card, CARD_KNOB_VANISH) &&
	    !knob_at(card, CARD_KNOB_VANISH))
		knob_set(card, CARD_KNOB_GONE, 1);
	if (card_is_gone(card) || config_sleeps(card))
		return UINT32_MAX;
	return hostile_register(card, reg, read_register(card, reg));
}

void card_reset(struct card *card)
{
	bool stuck = knob_at(card, CARD_KNOB_STUCK);

	defy_reset(card);
	/* What a card has written that is stuck still arrives. */
	if (!stuck)
		post_stop(card);
	reset(card);
	if (!stuck)
		reset_end(card);
}

static bool is_doorbell(uint32_t reg)
{
	unsigned int ring;
	uint32_t offset;

	return core_is_ring_reg(reg, &ring, &offset) &&
	       offset > LIMEN_HW_RING_ENABLE;
}

void card_write(struct card *card, uint64_t reg, uint32_t value)
{
	unsigned int ring;
	uint32_t offset;

	if (card_is_gone(card) || config_sleeps(card) ||
	    (card->shell && wipe_write(card, (uint32_t)reg, value)))
		return;
	if (reg == LIMEN_HW_REG_CONTROL && value & LIMEN_HW_CONTROL_RESET) {
		card_reset(card);
		return;
	}
	stats_write(card, (uint32_t)reg, value);
	/* A card that does not let go knows where it has been told to write. */
	if (!card->shell || !is_doorbell((uint32_t)reg))
		core_write(&card->core, (uint32_t)reg, value);
	if (card->shell && !card_has_in_core((uint32_t)reg))
		shell_write(card, (uint32_t)reg, value);
	if (core_is_ring_reg((uint32_t)reg, &ring, &offset) &&
	    offset == LIMEN_HW_RING_ENABLE && ring < CARD_RINGS)
		ring_forget(&card->rings[ring]);
}
