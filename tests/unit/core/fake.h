/* SPDX-License-Identifier: MIT */
/* A board whose memory, clock and interrupts are a test's. */
#ifndef TEST_FAKE_H
#define TEST_FAKE_H

#include <core/core.h>

#include "../face/suite.h"

/* Queues of any size end where the upper half of an address changes. */
#define FAKE_SQ		0x2fff80000ull
#define FAKE_CQ		0x2fffc0000ull
#define FAKE_DATA	0x300000000ull
#define FAKE_HOST_SIZE	(1u << 20)
#define FAKE_CARD_SIZE	(1u << 16)

/* Accesses of which more is known than that they happened: the last ones. */
#define FAKE_LOG	512

/**
 * struct fake_access - an access that the core has asked for
 * @address: bus address, or offset in card memory
 * @size: bytes
 * @on_card: whether it is in card memory
 * @store: whether it writes
 */
struct fake_access {
	u64 address;
	u32 size;
	bool on_card;
	bool store;
};

/**
 * struct fake - a board
 * @core: its behaviour
 * @work: what it executes with
 * @rows: room for the rows of a scan
 * @host: host memory from FAKE_SQ on; there is no other
 * @card: card memory
 * @log: accesses, by their number modulo its size
 * @accesses: number of them
 * @spoil: what happens to an access
 * @spoil_in: to which: 1 is the next, 0 none
 * @reached: what &core_ops.reaches has been asked
 * @unreachable: what it denies
 * @scans: scans begun
 * @scan_status: what they end with
 * @raised: events, all of them together
 * @events: number of them
 * @interrupts: number of those that interrupt
 * @accesses_then: accesses before the last event
 * @now_ns: time
 * @tick_ns: what each look at it takes
 */
struct fake {
	struct core_board core;
	struct core_work work;
	struct core_row rows[LIMEN_HW_TOP_K_MAX];
	u8 host[FAKE_HOST_SIZE];
	u8 card[FAKE_CARD_SIZE];
	struct fake_access log[FAKE_LOG];
	unsigned int accesses;
	enum core_access spoil;
	unsigned int spoil_in;
	struct fake_access reached;
	bool unreachable;
	unsigned int scans;
	u16 scan_status;
	u32 raised;
	unsigned int events;
	unsigned int interrupts;
	unsigned int accesses_then;
	u64 now_ns;
	u64 tick_ns;
};

/* A board after a reset; the same one for each call. */
struct fake *fake_open(void);
/* Lets a ring run, with all interrupts, and the board. */
void fake_start(struct fake *fake, unsigned int ring, u32 size_log2);
/* Writes and reads a register of a ring. */
void fake_write(struct fake *fake, unsigned int ring, u32 offset, u32 value);
u32 fake_read(struct fake *fake, unsigned int ring, u32 offset);
/* Writes an entry that has nothing but a cookie; @number counts from 0. */
void fake_submit(struct fake *fake, unsigned int ring, u32 number, u16 cookie);
/* What lies where a completion is expected; @number counts from 0. */
const struct limen_hw_cqe *fake_cqe(const struct fake *fake, unsigned int ring, u32 number);
/* Host memory at a bus address. */
void *fake_host(struct fake *fake, u64 address);
/* The last access. */
const struct fake_access *fake_last(const struct fake *fake);
/* Bytes that look random and are the same in every run. */
void fake_fill(void *to, size_t size, u32 seed);
/* Whether nothing is there but zeros. */
bool fake_zero(const void *at, size_t size);

#endif /* TEST_FAKE_H */
