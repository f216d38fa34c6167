/* SPDX-License-Identifier: MIT */
/*
 * AVX-VNNI where there is none. Kernels are made of its instructions, and a signal takes
 * as long as thousands of them; so the emulator jumps from each that is refused, once
 * and for all, to AVX2 instructions that do what the architecture's manual defines. See
 * refused.h.
 */
#ifndef TEST_VNNI_EMULATOR_H
#define TEST_VNNI_EMULATOR_H

/*
 * From now on emulates vpdpbusd of AVX-VNNI and vpdpbssd of AVX-VNNI-INT8, of three
 * 256-bit registers, for a process of one thread. Others that the processor refuses end
 * the process as ever.
 */
void vnni_emulator_start(void);
/* How many instructions have been replaced so far. */
unsigned int vnni_emulator_count(void);

#endif /* TEST_VNNI_EMULATOR_H */
