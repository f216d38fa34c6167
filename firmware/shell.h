/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The shell: what the gateware around the board's processor (an rv32im core, little-endian)
 * shows to the programs on it. Its ROM, its firmware and every model of the board
 * include this.
 *
 * The host's registers are a file of the gateware's. A read of the host is answered
 * from the file and never waits for the processor. A write of the host to a register
 * that is firmware's becomes an event: register and value, in the order of the writes. What the
 * file shows in these registers is what the processor has written there. Registers that
 * are the gateware's alone: IDENTITY, CONTROL.RESET, IRQ_STATUS, IRQ_ENABLE, VECTORS,
 * MODERATION, BOOT_GENERATION, BOOT_GO's check, STALL, ERROR_*, ECC_*, CAM_MODE*.
 *
 * What the processor writes to COUNTER in the file the gateware takes over, all of it, when the
 * processor writes SNAPSHOT there; what the host reads is what was there at its own last
 * write of SNAPSHOT. BOOT_REASON and FIRMWARE_* are the ROM's alone: the gateware ignores what
 * is written to them once firmware runs, and of BOOT_STATE all but LIMEN_HW_BOOT_CRASHED.
 */
#ifndef LIMEN_SHELL_H
#define LIMEN_SHELL_H

/* Address space of the processor */
#define SHELL_ROM_ADDRESS	0x00000000 /* read and execute; the first instruction */
#define SHELL_ROM_SIZE		0x00008000
#define SHELL_SRAM_ADDRESS	0x10000000 /* everything; zero after a reset */
#define SHELL_SRAM_SIZE		0x00040000
#define SHELL_REGS_ADDRESS	0x40000000 /* 32-bit accesses alone; others trap */
#define SHELL_FILE_ADDRESS	0x40001000 /* the file of the host's registers, 4 KiB */

/* Offsets in SHELL_REGS_ADDRESS; read-only unless marked. */

/*
 * Events; an interrupt (machine external) is pending while there are any, and when a
 * capture has ended by itself, until SHELL_FRAME_STATE is read or SHELL_FRAME_GO written
 */
#define SHELL_EVENT_COUNT	0x000
#define SHELL_EVENT_REG		0x004 /* of the oldest one: offset in BAR 0 */
#define SHELL_EVENT_VALUE	0x008 /* likewise; a read takes it off */
/* WO: sets bits in IRQ_STATUS, and interrupts the host if they are enabled */
#define SHELL_RAISE		0x00c
#define SHELL_TIME_LO		0x010 /* nanoseconds since the reset; a read latches HI */
#define SHELL_TIME_HI		0x014
/*
 * WO: advances HEARTBEAT. A quarter of HEARTBEAT_MS after the last write the timer
 * interrupt becomes pending, until the next one.
 */
#define SHELL_BEAT		0x018

/* DMA, one at a time, between SRAM and what is not in the processor's address space */
#define SHELL_DMA_LO		0x020 /* RW: bus address, or offset in card memory */
#define SHELL_DMA_HI		0x024 /* RW */
#define SHELL_DMA_SRAM		0x028 /* RW: address of the SRAM */
#define SHELL_DMA_SIZE		0x02c /* RW: bytes, 4 to 4096, a multiple of 4 */
#define SHELL_DMA_GO		0x030 /* WO: SHELL_DMA_* */
#define   SHELL_DMA_FROM_HOST	1
#define   SHELL_DMA_TO_HOST	2 /* the last word is written last */
#define   SHELL_DMA_FROM_CARD	3
#define SHELL_DMA_STATE		0x034 /* SHELL_DONE, SHELL_BUSY, ... */

/* What DMA, engine and wipe say */
#define   SHELL_DONE		0
#define   SHELL_BUSY		1
#define   SHELL_REFUSED		2 /* bus or memory refused an access, or a setting is out of range */
#define   SHELL_TIMEOUT		3 /* the bus did not answer */

/*
 * The matching engine, one job at a time. A comparison leaves a scan's best rows alone,
 * and keeps no vectors.
 */
#define SHELL_ENGINE_PROBE	0x040 /* RW: address of the SRAM, a multiple of 64 */
#define SHELL_ENGINE_REFERENCE	0x044 /* RW: likewise; for SHELL_ENGINE_COMPARE */
#define SHELL_ENGINE_DIM	0x048 /* RW */
#define SHELL_ENGINE_ROWS_LO	0x04c /* RW: offset of the first row in card memory */
#define SHELL_ENGINE_ROWS_HI	0x050 /* RW */
#define SHELL_ENGINE_STRIDE	0x054 /* RW */
#define SHELL_ENGINE_COUNT	0x058 /* RW: rows */
#define SHELL_ENGINE_FIRST	0x05c /* RW: number of the first one */
#define SHELL_ENGINE_TOP_K	0x060 /* RW */
#define SHELL_ENGINE_LEAST	0x064 /* RW: least similarity, signed */
#define SHELL_ENGINE_GO		0x068 /* WO: SHELL_ENGINE_* */
#define   SHELL_ENGINE_COMPARE	1
#define   SHELL_ENGINE_SCAN	2 /* forgets the best rows first */
#define   SHELL_ENGINE_GO_ON	3 /* scans more rows, of higher numbers; TOP_K is SCAN's */
#define   SHELL_ENGINE_SORT	4 /* best rows first, for FOUND */
#define   SHELL_ENGINE_WIPE	5 /* forgets vectors, scores and rows */
#define   SHELL_ENGINE_STOP	6 /* at any time: the job is SHELL_REFUSED at once */
#define SHELL_ENGINE_STATE	0x06c
#define SHELL_ENGINE_RAW	0x070 /* of a comparison */
#define SHELL_ENGINE_SIMILARITY	0x074
#define SHELL_ENGINE_CYCLES_LO	0x078 /* of the last job; a read latches HI */
#define SHELL_ENGINE_CYCLES_HI	0x07c
#define SHELL_ENGINE_FOUND	0x080 /* best rows */
#define SHELL_ENGINE_INDEX	0x084 /* RW: of the one that follows, 0 for the best */
#define SHELL_ENGINE_ROW	0x088
#define SHELL_ENGINE_ROW_RAW	0x08c
#define SHELL_ENGINE_ROW_SIMILARITY	0x090

/*
 * The sensor. What is set holds from the next frame on, but for bin and interval, which
 * are latched when the stream starts. Frames begin an interval apart, the first of them,
 * number 0, an interval after the start, whether anybody wants them or not.
 */
#define SHELL_SENSOR_BIN	0x0c0 /* RW: rows and columns that make a pixel, 1 or 2 */
#define SHELL_SENSOR_INTERVAL	0x0c4 /* RW: microseconds a frame, 1000 to 1000000 */
#define SHELL_SENSOR_EXPOSURE	0x0c8 /* RW: units of 100 microseconds */
#define SHELL_SENSOR_LAMP	0x0cc /* RW: 1 is on */
/* RW: a write of 1 starts, unless bin or interval is out of range; one of 0 stops */
#define SHELL_SENSOR_STREAM	0x0d0

/*
 * The sensor's own DMA to the host, a frame at a time: nothing of a picture stays on the
 * board. A frame that begins while no capture waits for it is lost; its number is not
 * given again. After a frame's last write the host is read: the frame has arrived then.
 */
#define SHELL_FRAME_LO		0x0d4 /* RW: bus address */
#define SHELL_FRAME_HI		0x0d8 /* RW */
#define SHELL_FRAME_GO		0x0dc /* WO: SHELL_FRAME_* */
#define   SHELL_FRAME_CAPTURE	1 /* the next frame that begins */
#define   SHELL_FRAME_STOP	2 /* at any time: nothing is written after it, SHELL_REFUSED */
#define SHELL_FRAME_STATE	0x0e0 /* SHELL_DONE, ... */
#define SHELL_FRAME_NUMBER	0x0e4 /* of the last one captured, since the stream began */
#define SHELL_FRAME_NS		0x0e8 /* how long that was on its way */

/* Starting firmware: for the ROM alone, gone (reads 0, ignores writes) once it runs */
#define SHELL_BOOT_STATE	0x0a0 /* WO: enum limen_hw_boot_state */
#define SHELL_BOOT_REASON	0x0a4 /* WO: enum limen_hw_refusal */

/* What is to be found in the host's ERROR_* as LIMEN_HW_ERROR_TRAP */
#define SHELL_TRAP_PC		0x0b0 /* RW */
#define SHELL_TRAP		0x0b4 /* WO, mcause: notes it */

#endif /* LIMEN_SHELL_H */
