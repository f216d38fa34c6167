/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What the ROM's C and its assembler call of each other. */
#ifndef ROM_ROM_H
#define ROM_ROM_H

#include <stdint.h>

#include <limen/hw.h>

/* Wipes the whole SRAM, this call's own stack with it, and begins at rom_main(). */
_Noreturn void rom_restart(enum limen_hw_refusal reason);

/**
 * rom_launch() - leave the ROM for the firmware
 * @code: in SRAM, not below where it is going to
 * @size: its bytes, a multiple of 4
 * @entry: address of its first instruction
 * @state: LIMEN_HW_BOOT_RUNNING
 *
 * Moves the code to LIMEN_FW_CODE_ADDRESS, wipes the rest of the SRAM and the registers.
 */
_Noreturn void rom_launch(const uint8_t *code, uint32_t size, uint32_t entry,
			  enum limen_hw_boot_state state);

_Noreturn void rom_main(enum limen_hw_refusal reason);
_Noreturn void rom_trapped(void);

#endif /* ROM_ROM_H */
