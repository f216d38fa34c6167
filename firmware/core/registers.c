// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The registers of a board as a whole. A board with a shell (firmware/shell.h) has those of
 * the interrupt and RESET there; its firmware is told of ENABLE alone.
 */
#include "core.h"

/**
 * core_works() - whether the board does anything at all
 * @board: board
 *
 * Return: true if it is enabled, ready and has not met a fatal error.
 */
bool core_works(const struct core_board *board)
{
	return board->control & LIMEN_HW_CONTROL_ENABLE &&
	       board->status == LIMEN_HW_STATUS_READY;
}

/**
 * core_is_ring_reg() - whether a register belongs to a ring
 * @reg: register
 * @index: LIMEN_HW_RING_* of the ring, if so
 * @offset: the register within the ring's block, likewise
 *
 * Return: true if so.
 */
bool core_is_ring_reg(u32 reg, unsigned int *index, u32 *offset)
{
	const u32 block = LIMEN_HW_RING_BLOCK(1) - LIMEN_HW_RING_BLOCK(0);

	if (reg < LIMEN_HW_RING_BLOCK(0) ||
	    reg >= LIMEN_HW_RING_BLOCK(LIMEN_HW_RINGS))
		return false;
	*index = (reg - LIMEN_HW_RING_BLOCK(0)) / block;
	*offset = (reg - LIMEN_HW_RING_BLOCK(0)) % block;
	return true;
}

/**
 * core_raise() - note an event, for core_ops.raise() of a board without a shell
 * @board: board
 * @bits: of IRQ_STATUS, that are set by it
 *
 * Return: the vectors by which the host is to be interrupted, a bit each.
 */
u32 core_raise(struct core_board *board, u32 bits)
{
	const u32 rings = (1u << LIMEN_HW_RINGS) - 1;
	u32 vectors;

	board->irq_status |= bits;
	bits &= board->irq_enable;
	if (board->vectors != LIMEN_HW_VECTORS)
		return bits ? 1 : 0;
	vectors = (bits & rings) << LIMEN_HW_VECTOR(0);
	return bits & LIMEN_HW_IRQ_FATAL ? vectors | 1 : vectors;
}

static void forget_host(struct core_board *board)
{
	unsigned int i;

	board->irq_status = 0;
	board->irq_enable = 0;
	board->vectors = 1;
	memset(board->moderation, 0, sizeof(board->moderation));
	memset(board->counters, 0, sizeof(board->counters));
	memset(board->snapshot, 0, sizeof(board->snapshot));
	for (i = 0; i < LIMEN_HW_RINGS; i++)
		core_ring_reset(&board->rings[i]);
}

/**
 * core_reset_begin() - stop everything and forget what the host has told
 * @board: board; not ready until core_reset_end()
 *
 * Work under way is stale from now on, as core_ring_knows() tells.
 */
void core_reset_begin(struct core_board *board)
{
	board->control = LIMEN_HW_CONTROL_RESET;
	board->status = 0;
	forget_host(board);
}

/**
 * core_reset_end() - be ready after a reset
 * @board: board, with no work under way and nothing held of templates
 */
void core_reset_end(struct core_board *board)
{
	/* What was written during the reset came too early. */
	forget_host(board);
	board->control = 0;
	board->status = LIMEN_HW_STATUS_READY;
}

/* Where the register of a vector's moderation is, or NULL. */
static u32 *moderation(struct core_board *board, u32 reg)
{
	u32 vector = (reg - LIMEN_HW_REG_MODERATION(0)) / sizeof(reg);

	return vector < LIMEN_HW_VECTORS && reg % sizeof(reg) == 0 ?
		       &board->moderation[vector] : NULL;
}

/**
 * core_read() - read a register
 * @board: board
 * @reg: one of a ring, CONTROL, STATUS, IRQ_*, VECTORS, MODERATION, or a gauge
 *
 * Return: its value; 0 for any other.
 */
u32 core_read(struct core_board *board, u32 reg)
{
	unsigned int index;
	u32 offset, value;

	if (core_read_gauge(board, reg, &value))
		return value;
	if (core_is_ring_reg(reg, &index, &offset))
		return core_ring_read(board, index, offset);
	if (moderation(board, reg))
		return *moderation(board, reg);
	switch (reg) {
	case LIMEN_HW_REG_CONTROL:
		return board->control;
	case LIMEN_HW_REG_STATUS:
		return board->status;
	case LIMEN_HW_REG_IRQ_STATUS:
		return board->irq_status;
	case LIMEN_HW_REG_IRQ_ENABLE:
		return board->irq_enable;
	case LIMEN_HW_REG_VECTORS:
		return board->vectors;
	case LIMEN_HW_REG_MODERATION_MAX:
		return LIMEN_HW_MODERATION_US_MAX;
	default:
		return 0;
	}
}

/**
 * core_control() - write CONTROL
 * @board: board
 * @value: what to write; not RESET, which takes its time: see core_reset_begin()
 */
void core_control(struct core_board *board, u32 value)
{
	if (board->status & LIMEN_HW_STATUS_READY)
		board->control = value & LIMEN_HW_CONTROL_ENABLE;
}

/**
 * core_write() - write a register
 * @board: board
 * @reg: as in core_read(); writes to others do nothing
 * @value: what to write; not RESET, which takes its time: see core_reset_begin()
 */
void core_write(struct core_board *board, u32 reg, u32 value)
{
	unsigned int index;
	u32 offset;

	if (core_is_ring_reg(reg, &index, &offset)) {
		core_ring_write(board, index, offset, value);
		return;
	}
	if (moderation(board, reg))
		*moderation(board, reg) = value < LIMEN_HW_MODERATION_US_MAX ?
					  value : LIMEN_HW_MODERATION_US_MAX;
	switch (reg) {
	case LIMEN_HW_REG_CONTROL:
		core_control(board, value);
		break;
	case LIMEN_HW_REG_IRQ_STATUS:
		board->irq_status &= ~value;
		break;
	case LIMEN_HW_REG_IRQ_ENABLE:
		board->irq_enable = value;
		break;
	case LIMEN_HW_REG_VECTORS:
		board->vectors = value == LIMEN_HW_VECTORS ? value : 1;
		break;
	case LIMEN_HW_REG_SNAPSHOT:
		core_snapshot(board);
		break;
	case LIMEN_HW_REG_ECC_STATUS:
		board->ecc.status &= ~value;
		break;
	}
}
