// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The firmware: serves the host's writes, executes what is in the rings, and otherwise
 * waits. Comparisons come first, then the camera, then searches. Nothing here is interrupted: an interrupt
 * only ends the wait.
 */
#include "dsp.h"

void dsp_main(void);
void dsp_crashed(u32 cause, u32 pc);

static struct core_board board;

void dsp_main(void)
{
	board.ops = &work_ops;
	board.clock_khz = shell_file(LIMEN_HW_REG_CLOCK);
	board.mem_size = (u64)shell_file(LIMEN_HW_REG_MEM_SIZE) << 20;
	camera_begin();
	for (;;) {
		shell_beat();
		serve_events(&board);
		if (!work_compare(&board) && !camera_work(&board) &&
		    !work_scan(&board))
			/* An event that came meanwhile ends it at once. */
			__asm__ volatile("wfi");
	}
}

/* There is nothing to go on with: the host is told, and resets the board. */
void dsp_crashed(u32 cause, u32 pc)
{
	shell_trap(cause, pc);
	shell_show(LIMEN_HW_REG_BOOT_STATE, LIMEN_HW_BOOT_CRASHED);
	shell_show(LIMEN_HW_REG_STATUS, LIMEN_HW_STATUS_FATAL);
	shell_raise(LIMEN_HW_IRQ_FATAL);
	for (;;)
		__asm__ volatile("wfi");
}
