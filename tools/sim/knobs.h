/* SPDX-License-Identifier: MIT */
/*
 * The card's knobs: its temper, faults on demand, and what it has counted. This is the one
 * list of them. Each has a number, by which a test in the guest reaches it through
 * configuration space, and a name on the control socket. Only switching the card on puts
 * them back.
 */
#ifndef LIMEN_KNOBS_H
#define LIMEN_KNOBS_H

#include <stdbool.h>
#include <stdint.h>

struct card;
struct card_options;

/*
 * A vendor-specific capability, within the first 256 bytes, which every kernel reaches: the
 * number of a knob is written to one word, and what it is at is read and written in the
 * other.
 */
#define CARD_KNOBS		0xa0
#define CARD_KNOBS_NUMBER	0x04
#define CARD_KNOBS_VALUE	0x08
#define CARD_KNOBS_SIZE		0x0c

/* Constant, name, what it does. By their numbers, from 0: new ones come last. */
#define CARD_KNOB_LIST(X) \
	X(DELAY, "delay", "milliseconds that an entry takes longer") \
	X(FATAL, "fatal", "entries that it cannot go on after") \
	X(STUCK, "stuck", "RESET does not end: 1 until the function is reset, 2 nor then") \
	X(ID, "id", "the register ID") \
	X(MEM_MIB, "mem_mib", "the register MEM_SIZE") \
	X(REFUSED, "refused", "accesses to host memory refused so far") \
	X(RESETS, "resets", "resets of the function so far") \
	X(GONE, "gone", "pulled out: reads as ones, does nothing") \
	X(FICKLE, "fickle", "bit n: each second read of register 4 n lies") \
	X(DEFIANT, "defiant", "goes on writing in a reset that is stuck") \
	X(STRAYS, "strays", "how often it has, so far") \
	X(STRAYED, "strayed", "milliseconds since it last has, or ones") \
	X(HALTED, "halted", \
	  "until the next reset the processor: 1 stands, 2 only beats, 3 all but beats, " \
	  "4 stands, for which the watchdog resets the board") \
	X(MUTE, "mute", "the processor's next transfers that the bus does not answer") \
	X(WIPED, "wiped", "pages that its engine has wiped so far") \
	X(WIPE_STUCK, "wipe_stuck", "wiping does not go on") \
	X(FLIP_AT, "flip_at", "a byte of card memory, by its offset, for flip") \
	X(FLIP, "flip", "bits of that byte that turn over, once, when written") \
	X(FLIP_RESULT, "flip_result", "bits that turn over in the next raw score") \
	X(LOSE, "lose", "the next interrupts that get lost") \
	X(LATE, "late", "milliseconds that interrupts take longer") \
	X(REPEAT, "repeat", "how many times more each interrupt comes") \
	X(SLOW_MEMORY, "slow_memory", "how many times longer card memory takes besides") \
	X(GARBAGE, "garbage", "the next answers that are garbage but for their number") \
	X(DIE, "die", "the job, counted from now, in the midst of which it is gone") \
	X(VANISH, "vanish", "the read of a register, counted from now, by which it is gone") \
	X(REFUSE, "refuse", "the next reads of vectors and probes that the bus refuses") \
	X(TEMPERATURE, "temperature", \
	  "thousandths of a degree; 0: it has no sensors, as FEATURES says") \
	X(SPOIL_IMAGE, "spoil_image", "the next images that lose a bit before the ROM looks") \
	X(OTHER_IMAGE, "other_image", "it says that it runs another image than it was given") \
	X(STOP_BOOTED, "stop_booted", "the next starts of firmware that stop at once") \
	X(STALE, "stale", "milliseconds after a reset that registers read as before it") \
	X(HOSTILE, "hostile", \
	  "what it lies about: 1 registers, 2 answers, 4 interrupts, 8 entries, 16 results, 32 DMA") \
	X(HOSTILE_ONE_IN, "hostile_one_in", "one in so many of those is a lie") \
	X(HOSTILE_SEED, "hostile_seed", "has the lies drawn anew from this number, not 0") \
	X(LIES, "lies", "how many there have been so far") \
	X(EXPRESS_BUSY, "express_busy", "a number of stats, modulo 2^32, as are those below") \
	X(SCAN_BUSY, "scan_busy", "likewise") \
	X(ROWS, "rows", "likewise") \
	X(COMPARISONS, "comparisons", "likewise") \
	X(CHUNKS, "chunks", "likewise") \
	X(DOORBELLS, "doorbells", "likewise") \
	X(INTERRUPTS, "interrupts", "likewise") \
	X(LOSE_VECTORS, "lose_vectors", "bit n: interrupts by vector n get lost") \
	X(CORRECTED, "corrected", "the next reads of card memory with an error that it corrects") \
	X(UNCORRECTED, "uncorrected", "likewise with one that it cannot correct")

#define CARD_KNOB_AS_CONSTANT(constant, name, what) CARD_KNOB_##constant,

enum card_knob {
	CARD_KNOB_LIST(CARD_KNOB_AS_CONSTANT)
	CARD_KNOB_COUNT
};

/* Values of CARD_KNOB_STUCK, _HALTED and _HOSTILE. */
#define CARD_STUCK_RESET	1
#define CARD_STUCK_FUNCTION	2

#define CARD_HALTED_STOPPED	1
#define CARD_HALTED_BEATING	2
#define CARD_HALTED_PULSELESS	3
#define CARD_HALTED_WATCHED	4

#define CARD_HOSTILE_REGISTERS	0x01
#define CARD_HOSTILE_ANSWERS	0x02
#define CARD_HOSTILE_INTERRUPTS	0x04
#define CARD_HOSTILE_ENTRIES	0x08
#define CARD_HOSTILE_RESULTS	0x10
#define CARD_HOSTILE_DMA	0x20

/**
 * struct knob - a knob
 * @name: on the control socket
 * @what: what it does
 */
struct knob {
	const char *name;
	const char *what;
};

extern const struct knob knobs[CARD_KNOB_COUNT];
/* CARD_KNOB_COUNT if there is none of that name. */
enum card_knob knob_find(const char *name);
/* As when the card is switched on. */
void knobs_switch_on(struct card *card, const struct card_options *options);
uint32_t knob_get(struct card *card, enum card_knob knob);
/* By whoever turns it: what is to happen at once, happens. */
void knob_turn(struct card *card, enum card_knob knob, uint32_t value);
/* Whether one that counts what is to come has not come to 0; and it counts this. */
bool knob_spend(struct card *card, enum card_knob knob);
/* One more has happened. */
void knob_count(struct card *card, enum card_knob knob);

#endif /* LIMEN_KNOBS_H */
