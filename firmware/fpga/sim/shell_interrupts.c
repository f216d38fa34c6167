// SPDX-License-Identifier: MIT
/* Interrupts: by which vector, how many, and when. */
#include <stdio.h>
#include <string.h>

#include "shell_board.h"
#include "tap.h"

#define NS_PER_US	1000
#define RINGS		((1u << LIMEN_HW_RINGS) - 1)
#define ALL		(RINGS | LIMEN_HW_IRQ_FATAL)
#define STEPS		4000

static void raise(struct board *board, uint32_t bits)
{
	cpu_write(board, SHELL_RAISE, bits);
	shell_rtl_run(board->rtl, 9);
}

/* Whether these messages have come since the last look, and no others. */
static bool told(struct board *board, unsigned int zero, unsigned int express,
		 unsigned int scan, unsigned int camera)
{
	const unsigned int due[LIMEN_HW_VECTORS] = { zero, express, scan, camera };
	bool right = !memcmp(board->interrupts, due, sizeof(due));

	memset(board->interrupts, 0, sizeof(board->interrupts));
	return right;
}

static void moderate(struct board *board, unsigned int vector, uint32_t us)
{
	host_write(board, LIMEN_HW_REG_MODERATION(vector), us);
}

/* After a reset, as the driver sets it up. */
static void begin(struct board *board, uint32_t vectors)
{
	reset(board);
	memset(board->interrupts, 0, sizeof(board->interrupts));
	host_write(board, LIMEN_HW_REG_VECTORS, vectors);
	host_write(board, LIMEN_HW_REG_IRQ_ENABLE, ALL);
}

static void check_one(struct board *board)
{
	unsigned int bad = 0;

	raise(board, 3);
	bad += !told(board, 0, 0, 0, 0) || host_read(board, LIMEN_HW_REG_IRQ_STATUS) != 3;
	host_write(board, LIMEN_HW_REG_IRQ_ENABLE, 2);
	shell_rtl_run(board->rtl, 9);
	bad += !told(board, 0, 0, 0, 0);
	for (unsigned int i = 1; i < 4; i++) {
		/* Also if the bit is set already. */
		raise(board, 2);
		bad += !told(board, 1, 0, 0, 0);
	}
	host_write(board, LIMEN_HW_REG_IRQ_STATUS, 1);
	bad += host_read(board, LIMEN_HW_REG_IRQ_STATUS) != 2;
	tap_result(!bad, "one message for each RAISE that is enabled, %u wrong", bad);
	shell_rtl_master(board->rtl, false);
	raise(board, 2);
	raise(board, 2);
	host_write(board, LIMEN_HW_REG_IRQ_STATUS, UINT32_MAX);
	shell_rtl_run(board->rtl, 50);
	bad = !told(board, 0, 0, 0, 0);
	shell_rtl_master(board->rtl, true);
	shell_rtl_run(board->rtl, 9);
	bad += !told(board, 1, 0, 0, 0) || host_read(board, LIMEN_HW_REG_IRQ_STATUS);
	tap_result(!bad, "a message waits for the bus, and clearing takes none back");
}

static void check_vectors(struct board *board)
{
	static const uint32_t others[] = { 0, 1, 2, 3, 5, 0x104, UINT32_MAX };
	unsigned int bad = 0;

	for (unsigned int i = 0; i < sizeof(others) / sizeof(*others); i++) {
		begin(board, LIMEN_HW_VECTORS);
		bad += host_read(board, LIMEN_HW_REG_VECTORS) != LIMEN_HW_VECTORS;
		host_write(board, LIMEN_HW_REG_VECTORS, others[i]);
		bad += host_read(board, LIMEN_HW_REG_VECTORS) != 1;
		raise(board, RINGS);
		bad += !told(board, 1, 0, 0, 0);
	}
	begin(board, LIMEN_HW_VECTORS);
	for (unsigned int ring = 0; ring < LIMEN_HW_RINGS; ring++) {
		raise(board, 1u << ring);
		bad += !told(board, 0, ring == 0, ring == 1, ring == 2);
	}
	raise(board, LIMEN_HW_IRQ_FATAL);
	bad += !told(board, 1, 0, 0, 0);
	raise(board, ALL);
	bad += !told(board, 1, 1, 1, 1);
	/* What is not enabled, and what is nobody's. */
	host_write(board, LIMEN_HW_REG_IRQ_ENABLE, ~(LIMEN_HW_IRQ_FATAL | 2));
	raise(board, UINT32_MAX);
	bad += !told(board, 0, 1, 0, 1);
	reset(board);
	host_write(board, LIMEN_HW_REG_IRQ_ENABLE, ALL);
	raise(board, 4);
	bad += !told(board, 1, 0, 0, 0) || host_read(board, LIMEN_HW_REG_VECTORS) != 1;
	tap_result(!bad, "a vector for each ring, or one for all, %u wrong", bad);
}

/* Of a host that takes nothing for a while, each gets what was for it, once. */
static void check_deaf(struct board *board)
{
	unsigned int bad = 0;

	begin(board, LIMEN_HW_VECTORS);
	board->deaf = true;
	raise(board, 4);
	raise(board, LIMEN_HW_IRQ_FATAL);
	raise(board, 1);
	raise(board, 4);
	bad += !told(board, 0, 0, 0, 0);
	board->deaf = false;
	shell_rtl_run(board->rtl, 9);
	bad += !told(board, 1, 1, 0, 1);
	shell_rtl_run(board->rtl, 50);
	bad += !told(board, 0, 0, 0, 0);
	tap_result(!bad, "no vector's message is taken for another's, %u wrong", bad);
}

static void check_moderation_registers(struct board *board)
{
	unsigned int bad = 0;

	begin(board, 1);
	for (unsigned int i = 0; i < LIMEN_HW_VECTORS; i++) {
		bad += host_read(board, LIMEN_HW_REG_MODERATION(i)) != 0;
		moderate(board, i, 1 + i);
	}
	moderate(board, LIMEN_HW_VECTORS, 7);
	bad += host_read(board, LIMEN_HW_REG_MODERATION(LIMEN_HW_VECTORS)) != 0;
	for (unsigned int i = 0; i < LIMEN_HW_VECTORS; i++)
		bad += host_read(board, LIMEN_HW_REG_MODERATION(i)) != 1 + i;
	moderate(board, 2, LIMEN_HW_MODERATION_US_MAX);
	bad += host_read(board, LIMEN_HW_REG_MODERATION(2)) != LIMEN_HW_MODERATION_US_MAX;
	moderate(board, 3, LIMEN_HW_MODERATION_US_MAX + 1);
	moderate(board, 1, 0x10000);
	for (unsigned int i = 1; i < LIMEN_HW_VECTORS; i++)
		bad += host_read(board, LIMEN_HW_REG_MODERATION(i)) !=
		       LIMEN_HW_MODERATION_US_MAX;
	reset(board);
	for (unsigned int i = 0; i < LIMEN_HW_VECTORS; i++)
		bad += host_read(board, LIMEN_HW_REG_MODERATION(i)) != 0;
	tap_result(!bad, "MODERATION takes what it can, %u wrong", bad);
}

/* To the microsecond, and the nanosecond. */
static void check_moderation(struct board *board)
{
	unsigned int bad = 0;

	begin(board, LIMEN_HW_VECTORS);
	for (unsigned int i = 1; i < LIMEN_HW_VECTORS; i++) {
		uint32_t us = i == 3 ? LIMEN_HW_MODERATION_US_MAX : 50 * i;

		moderate(board, i, us);
		pass(board, 1);
		raise(board, 1u << (i - 1));
		bad += !told(board, 0, i == 1, i == 2, i == 3);
		for (unsigned int more = 0; more < 3; more++) {
			pass(board, (uint64_t)us * NS_PER_US / 4);
			raise(board, 1u << (i - 1));
			bad += !told(board, 0, 0, 0, 0);
		}
		pass(board, (uint64_t)us * NS_PER_US / 4 - 1);
		bad += !told(board, 0, 0, 0, 0);
		pass(board, 1);
		bad += !told(board, 0, i == 1, i == 2, i == 3);
		pass(board, (uint64_t)us * NS_PER_US);
		bad += !told(board, 0, 0, 0, 0);
		raise(board, 1u << (i - 1));
		bad += !told(board, 0, i == 1, i == 2, i == 3);
	}
	tap_result(!bad, "events are held until moderation has passed, then told once, %u wrong",
		   bad);
	/* From when the message was taken, not from when there was an event for it. */
	begin(board, LIMEN_HW_VECTORS);
	moderate(board, 1, 100);
	board->deaf = true;
	raise(board, 1);
	pass(board, 100 * NS_PER_US);
	board->deaf = false;
	shell_rtl_run(board->rtl, 9);
	bad = !told(board, 0, 1, 0, 0);
	raise(board, 1);
	pass(board, 99 * NS_PER_US);
	bad += !told(board, 0, 0, 0, 0);
	/* What a reset comes before, is nobody's. */
	reset(board);
	host_write(board, LIMEN_HW_REG_IRQ_ENABLE, ALL);
	pass(board, 1000 * NS_PER_US);
	bad += !told(board, 0, 0, 0, 0);
	tap_result(!bad, "moderation counts from the message, and ends with a reset");
}

static void check_fatal(struct board *board)
{
	unsigned int bad = 0;

	for (unsigned int vectors = 1; vectors <= LIMEN_HW_VECTORS; vectors += 3) {
		begin(board, vectors);
		moderate(board, 0, LIMEN_HW_MODERATION_US_MAX);
		for (unsigned int i = 0; i < 3; i++) {
			raise(board, LIMEN_HW_IRQ_FATAL);
			bad += !told(board, 1, 0, 0, 0);
		}
	}
	/* With one vector, what is held is told of with it. */
	begin(board, 1);
	moderate(board, 0, 100);
	raise(board, 1);
	bad += !told(board, 1, 0, 0, 0);
	raise(board, 2);
	bad += !told(board, 0, 0, 0, 0);
	raise(board, LIMEN_HW_IRQ_FATAL);
	bad += !told(board, 1, 0, 0, 0);
	pass(board, 100 * NS_PER_US);
	bad += !told(board, 0, 0, 0, 0);
	tap_result(!bad, "FATAL is never moderated, %u wrong", bad);
}

/* What a vector does, as include/limen/hw.h has it. */
struct expected {
	bool wanted;
	uint64_t rests_until;
	unsigned int messages;
};

static void expect(struct expected *vector, bool event, bool urgent, uint64_t now,
		   uint32_t us)
{
	vector->wanted |= event;
	if (!vector->wanted || (now < vector->rests_until && !urgent))
		return;
	vector->wanted = false;
	vector->rests_until = now + (uint64_t)us * NS_PER_US;
	vector->messages++;
}

/* Anything, at any time. */
static void check_any(struct board *board)
{
	static const uint32_t us[] = { 300, 0, 20, 1000 };
	struct expected due[LIMEN_HW_VECTORS] = { 0 };
	struct dice dice = { .state = 97 };
	unsigned int bad = 0, messages = 0;

	begin(board, LIMEN_HW_VECTORS);
	for (unsigned int i = 0; i < LIMEN_HW_VECTORS; i++)
		moderate(board, i, us[i]);
	for (unsigned int step = 0; step < STEPS; step++) {
		uint32_t bits = roll(&dice) & ALL & roll(&dice);

		bits &= roll_below(&dice, 8) ? RINGS : ALL;
		pass(board, roll_below(&dice, step % 256 ? 40 : 2000) * NS_PER_US);
		for (unsigned int i = 0; i < LIMEN_HW_VECTORS; i++)
			expect(&due[i], false, false, board->now_ns, us[i]);
		raise(board, bits);
		for (unsigned int i = 0; i < LIMEN_HW_VECTORS; i++) {
			bool event = i ? bits & 1u << (i - 1) : bits & LIMEN_HW_IRQ_FATAL;

			expect(&due[i], event, event && !i, board->now_ns, us[i]);
			bad += board->interrupts[i] != due[i].messages;
		}
	}
	for (unsigned int i = 0; i < LIMEN_HW_VECTORS; i++)
		messages += due[i].messages;
	tap_result(!bad && messages > STEPS / 2, "%u messages, each at its time, %u wrong",
		   messages, bad);
}

void check_interrupts(void)
{
	struct board board;

	board_open(&board, 20, true);
	check_one(&board);
	check_vectors(&board);
	check_deaf(&board);
	check_moderation_registers(&board);
	check_moderation(&board);
	check_fatal(&board);
	check_any(&board);
	board_close(&board);
}
