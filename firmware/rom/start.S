/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The first instructions, traps, and what cannot have a stack: wiping it. */
#include "../shell.h"

#define MIE_EXTERNAL (1 << 11)

	.section .start, "ax"
	.globl rom_start
rom_start:
	li	a0, 0			/* LIMEN_HW_REFUSED_NOT */
	/* falls through */

/* rom_restart(a0: reason) */
	.globl rom_restart
rom_restart:
	/* Interrupts end a wfi; they are never taken. */
	csrci	mstatus, 8
	li	t0, MIE_EXTERNAL
	csrw	mie, t0
	la	t0, trap
	csrw	mtvec, t0
	/* What is being copied must not arrive after the wipe. */
	li	t0, SHELL_REGS_ADDRESS
	li	t1, SHELL_BUSY
1:	lw	t2, SHELL_DMA_STATE(t0)
	beq	t2, t1, 1b
	li	t0, SHELL_SRAM_ADDRESS
	li	t1, SHELL_SRAM_ADDRESS + SHELL_SRAM_SIZE
2:	sw	zero, 0(t0)
	addi	t0, t0, 4
	bltu	t0, t1, 2b
	la	sp, rom_stack_top
	j	rom_main

	.balign 4
trap:
	la	sp, rom_stack_top
	j	rom_trapped

/*
 * Where the firmware's traps go until it says otherwise. Its heartbeat stops here, so
 * the board is reset.
 */
	.balign 4
parked:
	wfi
	j	parked

/* rom_launch(a0: code, a1: size, a2: entry, a3: state) */
	.globl rom_launch
rom_launch:
	li	t0, SHELL_SRAM_ADDRESS
	add	t1, t0, a1
1:	lw	t2, 0(a0)
	sw	t2, 0(t0)
	addi	a0, a0, 4
	addi	t0, t0, 4
	bltu	t0, t1, 1b
	li	t1, SHELL_SRAM_ADDRESS + SHELL_SRAM_SIZE
2:	sw	zero, 0(t0)
	addi	t0, t0, 4
	bltu	t0, t1, 2b
	csrw	mie, zero
	la	t0, parked
	csrw	mtvec, t0
	li	t0, SHELL_REGS_ADDRESS
	sw	a3, SHELL_BOOT_STATE(t0)
	.irp	register, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16, 17, 18
	li	x\register, 0
	.endr
	.irp	register, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	li	x\register, 0
	.endr
	fence.i
	jr	a2
