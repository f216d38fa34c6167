// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The host's writes to registers, as they came. What the host reads is in the shell's
 * file, and changes when the firmware has acted.
 */
#include "dsp.h"

static void show_status(const struct core_board *board)
{
	shell_show(LIMEN_HW_REG_CONTROL, board->control);
	shell_show(LIMEN_HW_REG_STATUS, board->status);
}

/* The board is ready when it has proved that this boot's firmware runs. */
static void echo(struct core_board *board, u32 challenge)
{
	shell_show(LIMEN_HW_REG_ECHO, challenge);
	shell_show(LIMEN_HW_REG_ECHO_ANSWER,
		   limen_hw_echo(challenge,
				 shell_file(LIMEN_HW_REG_BOOT_GENERATION)));
	board->status |= LIMEN_HW_STATUS_READY;
}

void serve_ring_stopped(struct core_board *board, unsigned int index)
{
	u32 reg = LIMEN_HW_RING_BLOCK(index) + LIMEN_HW_RING_ENABLE;

	if (!board->rings[index].enabled && !work_busy(index))
		shell_show(reg, 0);
}

/* The lower half last: the gateware changes both with it. */
void serve_stall(struct core_board *board, unsigned int index)
{
	u32 block = LIMEN_HW_RING_BLOCK(index);
	u64 stall_ns = board->rings[index].stall_ns;

	shell_show(block + LIMEN_HW_RING_STALL_HI, (u32)(stall_ns >> 32));
	shell_show(block + LIMEN_HW_RING_STALL_LO, (u32)stall_ns);
}

/* The gateware takes all of them over with the last write. */
void serve_counters(const struct core_board *board)
{
	const u32 *words = (const u32 *)board->counters;
	u32 i;

	for (i = 0; i < 2 * LIMEN_HW_COUNTERS; i++)
		shell_show(LIMEN_HW_REG_COUNTER(0) + i * sizeof(*words),
			   words[i]);
	shell_show(LIMEN_HW_REG_SNAPSHOT, 1);
}

static void write_ring(struct core_board *board, unsigned int index,
		       u32 offset, u32 value)
{
	u32 reg = LIMEN_HW_RING_BLOCK(index) + offset;

	core_ring_write(board, index, offset, value);
	if (offset == LIMEN_HW_RING_ENABLE && index == LIMEN_HW_RING_CAMERA)
		camera_let_go();
	if (offset == LIMEN_HW_RING_ENABLE && !value)
		serve_ring_stopped(board, index);
	else if (offset <= LIMEN_HW_RING_ENABLE)
		shell_show(reg, core_ring_read(board, index, offset));
}

void serve_events(struct core_board *board)
{
	unsigned int index;
	u32 reg, value, offset;

	while (shell_event(&reg, &value)) {
		if (core_is_ring_reg(reg, &index, &offset))
			write_ring(board, index, offset, value);
		else if (reg == LIMEN_HW_REG_CONTROL)
			core_control(board, value);
		else if (reg >= LIMEN_HW_REG_CAM_CONTROL &&
			 reg <= LIMEN_HW_REG_CAM_EXPOSURE)
			camera_write(reg, value);
		else if (reg == LIMEN_HW_REG_ECHO)
			echo(board, value);
		show_status(board);
	}
}
