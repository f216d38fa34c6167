// SPDX-License-Identifier: MIT
/* The engine as gateware, by the processor's ports of the shell. */
#include <string.h>

#include <limen/hw.h>
#include <shell.h>

#include "engine.h"
#include "shell_rtl.h"

#define STEP_CYCLES	50
#define PATIENCE	1000000

static struct shell_rtl *rtl;
static uint8_t memory[ENGINE_MEMORY];

/* Nothing here has to do with a host. */
static enum shell_rtl_answer host_read(void *context, uint64_t address, void *to,
				       unsigned int size)
{
	(void)context;
	(void)address;
	(void)to;
	(void)size;
	return SHELL_RTL_REFUSED;
}

static bool host_has_room(void *context)
{
	(void)context;
	return true;
}

static void host_write(void *context, uint64_t address, uint32_t word, bool last)
{
	(void)context;
	(void)address;
	(void)word;
	(void)last;
}

static void host_interrupt(void *context, unsigned int vector)
{
	(void)context;
	(void)vector;
}

static bool create(void)
{
	const struct shell_rtl_config config = {
		.memory = memory, .memory_bytes = sizeof(memory),
		.memory_blank = true, .latency = 20, .bandwidth = 1000, .seed = 1,
		.board_type = 1, .security_floor = 1,
		.host = { host_read, host_has_room, host_write, host_interrupt },
		.host_latency = 1,
	};

	rtl = shell_rtl_create(&config);
	return rtl && shell_rtl_wait_ready(rtl, PATIENCE);
}

static void destroy(void)
{
	shell_rtl_destroy(rtl);
}

static uint8_t *sram(void)
{
	return shell_rtl_sram(rtl);
}

static uint32_t read_register(uint32_t reg)
{
	return shell_rtl_load(rtl, reg);
}

static void write_register(uint32_t reg, uint32_t value)
{
	shell_rtl_store(rtl, reg, value);
}

static void go(uint32_t what)
{
	shell_rtl_store(rtl, SHELL_ENGINE_GO, what);
}

static void step(void)
{
	shell_rtl_run(rtl, STEP_CYCLES);
}

static void reset(void)
{
	shell_rtl_host_write(rtl, LIMEN_HW_REG_CONTROL, LIMEN_HW_CONTROL_RESET);
	shell_rtl_wait_ready(rtl, PATIENCE);
}

const struct engine engine = {
	.name = "rtl",
	.memory = memory,
	.create = create,
	.destroy = destroy,
	.sram = sram,
	.read = read_register,
	.write = write_register,
	.go = go,
	.step = step,
	.reset = reset,
};
