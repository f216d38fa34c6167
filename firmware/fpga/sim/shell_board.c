// SPDX-License-Identifier: MIT
/* A board with a host that is as disorderly as PCI Express allows. */
#include "shell_board.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint32_t roll(struct dice *dice)
{
	dice->state = dice->state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(dice->state >> 32);
}

uint32_t roll_below(struct dice *dice, uint32_t sides)
{
	return (uint32_t)((uint64_t)roll(dice) * sides >> 32);
}

static void die(const char *what)
{
	fprintf(stderr, "bench-shell: %s\n", what);
	exit(1);
}

static enum shell_rtl_answer read_host(void *context, uint64_t address, void *to,
				       unsigned int size)
{
	struct board *board = context;

	if (address < HOST_AT || address + size > HOST_AT + HOST_BYTES) {
		board->outside++;
		return SHELL_RTL_REFUSED;
	}
	memcpy(to, &board->page[address - HOST_AT], size);
	return address == board->wrong_at ? board->wrong : SHELL_RTL_ANSWERED;
}

static bool has_room(void *context)
{
	const struct board *board = context;

	return !board->deaf;
}

static void write_host(void *context, uint64_t address, uint32_t word, bool last)
{
	struct board *board = context;

	board->disorder += board->next && address != board->next;
	board->next = last ? 0 : address + sizeof(word);
	board->written++;
	if (address < HOST_AT || address + sizeof(word) > HOST_AT + HOST_BYTES)
		board->outside++;
	else
		memcpy(&board->page[address - HOST_AT], &word, sizeof(word));
}

static void interrupt(void *context, unsigned int vector)
{
	struct board *board = context;

	board->interrupts[vector]++;
}

static enum shell_rtl_memory memory_state(void *context, uint64_t address)
{
	const struct board *board = context;

	return address == board->spoiled_at ? board->spoiled : SHELL_RTL_SOUND;
}

void spoil(struct board *board, uint64_t address, enum shell_rtl_memory state)
{
	board->spoiled_at = address;
	board->spoiled = state;
}

void board_open(struct board *board, uint32_t host_latency, bool blank)
{
	struct shell_rtl_config config = {
		.memory_bytes = MEMORY_BYTES, .memory_blank = blank, .latency = 15,
		.bandwidth = 800, .seed = 7, .board_type = 0x1234,
		.security_floor = 9, .memory_state = memory_state,
		.host = { read_host, has_room, write_host, interrupt },
		.host_latency = host_latency, .context = board,
	};

	memset(board, 0, sizeof(*board));
	board->wrong_at = UINT64_MAX;
	board->spoiled_at = UINT64_MAX;
	board->memory = malloc(MEMORY_BYTES);
	if (!board->memory)
		die("no memory");
	memset(board->memory, 0xa5, MEMORY_BYTES);
	config.memory = board->memory;
	board->rtl = shell_rtl_create(&config);
	if (!board->rtl || !shell_rtl_wait_ready(board->rtl, PATIENCE))
		die("the processor may not run");
	shell_rtl_master(board->rtl, true);
}

void board_close(struct board *board)
{
	shell_rtl_destroy(board->rtl);
	free(board->memory);
}

uint32_t host_read(struct board *board, uint32_t reg)
{
	uint32_t value;

	for (unsigned int i = 0; i < PATIENCE; i++) {
		if (shell_rtl_host_read(board->rtl, reg, &value))
			return value;
		shell_rtl_run(board->rtl, 1);
	}
	die("a read of the host is not answered");
	return 0;
}

void host_write(struct board *board, uint32_t reg, uint32_t value)
{
	if (!shell_rtl_host_write(board->rtl, reg, value))
		die("a write of the host has to wait");
}

uint32_t cpu_read(struct board *board, uint32_t reg)
{
	return shell_rtl_load(board->rtl, reg);
}

void cpu_write(struct board *board, uint32_t reg, uint32_t value)
{
	shell_rtl_store(board->rtl, reg, value);
}

uint32_t file_read(struct board *board, uint32_t reg)
{
	return cpu_read(board, FILE_AT + reg);
}

void file_write(struct board *board, uint32_t reg, uint32_t value)
{
	cpu_write(board, FILE_AT + reg, value);
}

bool event(struct board *board, uint32_t *reg, uint32_t *value)
{
	/* That one has come shows a little later. */
	shell_rtl_run(board->rtl, 3);
	if (!cpu_read(board, SHELL_EVENT_COUNT))
		return false;
	*reg = cpu_read(board, SHELL_EVENT_REG);
	*value = cpu_read(board, SHELL_EVENT_VALUE);
	return true;
}

void pass(struct board *board, uint64_t ns)
{
	board->now_ns += ns;
	shell_rtl_time(board->rtl, board->now_ns);
	shell_rtl_run(board->rtl, 5);
}

uint32_t wait_state(struct board *board, uint32_t reg)
{
	unsigned int waited = 0;
	uint32_t state;

	do
		state = cpu_read(board, reg);
	while (state == SHELL_BUSY && waited++ < 20 * DMA_TIMEOUT);
	return state;
}

bool reset(struct board *board)
{
	host_write(board, LIMEN_HW_REG_CONTROL, LIMEN_HW_CONTROL_RESET);
	return shell_rtl_wait_ready(board->rtl, PATIENCE);
}
