// SPDX-License-Identifier: MIT
/* The engine as a program, with its registers. */
#include <job.h>

#include "engine.h"

static struct job job;
static uint8_t sram[SHELL_SRAM_SIZE];
static uint8_t memory[ENGINE_MEMORY];

static const struct job_memory memories = {
	.sram = sram, .card = memory, .card_size = sizeof(memory),
};

static bool create(void)
{
	return true;
}

static void destroy(void)
{
}

static uint8_t *get_sram(void)
{
	return sram;
}

static uint32_t read_register(uint32_t reg)
{
	return reg == SHELL_ENGINE_STATE ? job.state : job_read(&job, reg);
}

static void write_register(uint32_t reg, uint32_t value)
{
	job_write(&job, reg, value);
}

static void go(uint32_t what)
{
	job_go(&job, what, &memories);
}

static void step(void)
{
	job_end(&job);
}

static void reset(void)
{
	job_wipe(&job);
}

static bool keeps_vectors(void)
{
	const struct core_work *work = &job.work;
	bool kept = false;

	for (unsigned int i = 0; i < LIMEN_DIM_MAX; i++)
		kept |= work->probe[i] || work->reference[i];
	return kept;
}

const struct engine engine = {
	.name = "c",
	.memory = memory,
	.create = create,
	.destroy = destroy,
	.sram = get_sram,
	.read = read_register,
	.write = write_register,
	.go = go,
	.step = step,
	.reset = reset,
	.keeps_vectors = keeps_vectors,
};
