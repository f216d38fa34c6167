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
 * @interrupt: whether the host is to be interrupted
 */
void core_raise(struct core_board *board, u32 bits, bool *interrupt)
{
	board->irq_status |= bits;
	*interrupt = bits & board->irq_enable;
}

static void forget_host(struct core_board *board)
{
	unsigned int i;

	board->irq_status = 0;
	board->irq_enable = 0;
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

/**
 * core_read() - read a register
 * @board: board
 * @reg: one of a ring, CONTROL, STATUS, IRQ_STATUS or IRQ_ENABLE
 *
 * Return: its value; 0 for any other.
 */
u32 core_read(struct core_board *board, u32 reg)
{
	unsigned int index;
	u32 offset;

	if (core_is_ring_reg(reg, &index, &offset))
		return core_ring_read(board, index, offset);
	switch (reg) {
	case LIMEN_HW_REG_CONTROL:
		return board->control;
	case LIMEN_HW_REG_STATUS:
		return board->status;
	case LIMEN_HW_REG_IRQ_STATUS:
		return board->irq_status;
	case LIMEN_HW_REG_IRQ_ENABLE:
		return board->irq_enable;
	default:
		return 0;
	}
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
	switch (reg) {
	case LIMEN_HW_REG_CONTROL:
		if (board->status & LIMEN_HW_STATUS_READY)
			board->control = value & LIMEN_HW_CONTROL_ENABLE;
		break;
	case LIMEN_HW_REG_IRQ_STATUS:
		board->irq_status &= ~value;
		break;
	case LIMEN_HW_REG_IRQ_ENABLE:
		board->irq_enable = value;
		break;
	}
}
