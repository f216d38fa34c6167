/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The firmware's first instructions; the ROM has zeroed all memory and registers. */
	.section .start, "ax"
	.globl dsp_start
dsp_start:
	la	sp, dsp_stack_top
	la	t0, trap
	csrw	mtvec, t0
	/* Interrupts end a wfi; they are never taken. */
	li	t0, (1 << 11) | (1 << 7)	/* external and timer */
	csrw	mie, t0
	j	dsp_main

	/* On a stack anew: the old one may be why. */
	.balign 4
trap:
	la	sp, dsp_stack_top
	csrr	a0, mcause
	csrr	a1, mepc
	j	dsp_crashed
