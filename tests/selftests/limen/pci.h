/* SPDX-License-Identifier: GPL-2.0-only */
/* Cards on PCI Express that are processes (tools/sim): where they are, their knobs. */
#ifndef LIMEN_SELFTEST_PCI_H
#define LIMEN_SELFTEST_PCI_H

#include "util.h"

#define PCI_BUS		"/sys/bus/pci"
#define PCI_DRIVER	PCI_BUS "/drivers/limen"

/* A card's knobs in its configuration space: tools/sim/card.h. */
#define KNOBS		0xa0
#define KNOB_DELAY	(KNOBS + 0x04)
#define KNOB_FATAL	(KNOBS + 0x08)
#define KNOB_STUCK	(KNOBS + 0x0c)
#define   STUCK_RESET		1
#define   STUCK_FUNCTION	2
#define KNOB_ID		(KNOBS + 0x10)
#define KNOB_MEM_MIB	(KNOBS + 0x14)
#define KNOB_REFUSED	(KNOBS + 0x18)
#define KNOB_RESETS	(KNOBS + 0x1c)
#define KNOB_GONE	(KNOBS + 0x20)
#define KNOB_FICKLE	(KNOBS + 0x24)
#define   FICKLE_ID		0x1
#define   FICKLE_MEM_SIZE	0x8
#define KNOB_DEFIANT	(KNOBS + 0x28)
#define KNOB_STRAYS	(KNOBS + 0x2c)
#define KNOB_STRAYED	(KNOBS + 0x30)
#define KNOB_HALTED	(KNOBS + 0x34)
#define   HALTED_STOPPED	1
#define   HALTED_BEATING	2
#define   HALTED_WATCHED	3
#define KNOB_MUTE	(KNOBS + 0x38)
#define KNOB_WIPED	(KNOBS + 0x3c)
#define KNOB_WIPE_STUCK	(KNOBS + 0x40)
#define KNOB_CORRECTED	(KNOBS + 0x54)
#define KNOB_UNCORRECTED	(KNOBS + 0x58)
#define KNOB_LOSE	(KNOBS + 0x5c)

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

/* Words of configuration space. */
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
