/* SPDX-License-Identifier: GPL-2.0-only */
/* Cards on PCI Express that are processes (tools/sim): where they are, their knobs. */
#ifndef LIMEN_SELFTEST_PCI_H
#define LIMEN_SELFTEST_PCI_H

#include "util.h"

#define PCI_BUS		"/sys/bus/pci"
#define PCI_DRIVER	PCI_BUS "/drivers/limen"

/*
 * A card's knobs, as tools/sim/knobs.h has them: for config_get() and config_set() they lie
 * behind configuration space, in which their number and value are written.
 */
enum {
	KNOBS = 0x1000,
	KNOB_DELAY = KNOBS,
	KNOB_FATAL,
	KNOB_STUCK,
	KNOB_ID,
	KNOB_MEM_MIB,
	KNOB_REFUSED,
	KNOB_RESETS,
	KNOB_GONE,
	KNOB_FICKLE,
	KNOB_DEFIANT,
	KNOB_STRAYS,
	KNOB_STRAYED,
	KNOB_HALTED,
	KNOB_MUTE,
	KNOB_WIPED,
	KNOB_WIPE_STUCK,
	KNOB_FLIP_AT,
	KNOB_FLIP,
	KNOB_FLIP_RESULT,
	KNOB_LOSE,
	KNOB_LATE,
	KNOB_REPEAT,
	KNOB_SLOW_MEMORY,
	KNOB_GARBAGE,
	KNOB_DIE,
	KNOB_VANISH,
	KNOB_REFUSE,
	KNOB_TEMPERATURE,
	KNOB_SPOIL_IMAGE,
	KNOB_OTHER_IMAGE,
	KNOB_STOP_BOOTED,
	KNOB_STALE,
	KNOB_HOSTILE,
	KNOB_HOSTILE_ONE_IN,
	KNOB_HOSTILE_SEED,
	KNOB_LIES,
	KNOB_EXPRESS_BUSY,
	KNOB_SCAN_BUSY,
	KNOB_ROWS,
	KNOB_COMPARISONS,
	KNOB_CHUNKS,
	KNOB_DOORBELLS,
	KNOB_INTERRUPTS,
	KNOB_LOSE_VECTORS,
	KNOB_CORRECTED,
	KNOB_UNCORRECTED,
};

#define STUCK_RESET		1
#define STUCK_FUNCTION		2

#define FICKLE_ID		0x1
#define FICKLE_MEM_SIZE		0x8

#define HALTED_STOPPED		1
#define HALTED_BEATING		2
#define HALTED_PULSELESS	3
#define HALTED_WATCHED		4

#define HOSTILE_REGISTERS	0x01
#define HOSTILE_ANSWERS		0x02
#define HOSTILE_INTERRUPTS	0x04
#define HOSTILE_ENTRIES		0x08
#define HOSTILE_RESULTS		0x10
#define HOSTILE_DMA		0x20

/* What its memory is full of during and after a reset of the function. */
#define GARBAGE_DURING	0x2a
#define GARBAGE		0xd5

/*
 * Two as they should be, the second with a function beside it that has no driver, and
 * three with something missing; a guest may have less of them.
 */
#define CARDS		5
#define GOOD_CARDS	2

/* Addresses on the bus of the cards that there are, in its order. */
extern char cards[CARDS][16];

/* One that has been removed keeps its address. */
void cards_find(void);
/*
 * The card that is meant from now on, the first one before: by all functions below, and,
 * if the driver has it, by limen_open() and what uses that.
 */
void card_choose(unsigned int index);
/* A file of the card's in sysfs. */
const char *card_file(const char *name);
bool card_is_bound(void);
int card_bind(void);
int card_unbind(void);

/* Words of configuration space, and knobs. */
int config_get(unsigned int at, __u32 *value);
int config_set(unsigned int at, __u32 value);
bool card_masters_bus(void);
int card_calm(void);
/* Resets of the function since the card was switched on. */
__u32 card_resets(void);
/* However a test ended: the card is there, and the driver has it. */
int card_restore(void);
/*
 * The same; and the driver has not had the card reach for what is not its, and the
 * kernel has not complained since @mark. NULL, or what was wrong.
 */
const char *card_left_well(long mark);

/* From its next reset on the card writes where it has written, if it still can. */
int card_defy(void);
/*
 * NULL if the card writes no more, whatever it wants, and nobody's memory changes; else
 * what it did.
 */
const char *card_cut_off(void);

/* What the kernel's aer_inject takes: an error that a device is to have had. */
#define AER_COMPLETION_TIMEOUT	0x00004000	/* not fatal */
#define AER_MALFORMED		0x00040000	/* fatal */
/* The card, or the port above it, meets an error. */
int card_error(bool port, __u32 uncorrectable);

/* The driver's parameter for milliseconds without an answer; 0: as it is without us. */
int card_watchdog(unsigned int msec);

#endif /* LIMEN_SELFTEST_PCI_H */
