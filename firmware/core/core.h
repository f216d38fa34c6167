/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * How a board behaves: the one definition of its half of include/limen/hw.h.
 *
 * The emulated board of the kernel, the card of the simulator and the firmware of the
 * board's own processor are built around these files. They differ in how they reach
 * memory, in what computes scores, and in when they do what; so these are operations of
 * theirs, and nothing here waits, sleeps or takes a lock. Whoever calls a function with a
 * struct core_board serialises that with all others, except where it says so.
 *
 *	registers.c  CONTROL, STATUS and interrupts, for boards without a shell
 *	gauges.c     what a board counts: work, and errors of its memory; likewise
 *	ring.c       the rings: entries in, answers out, doorbells, aborts
 *	execute.c    what an entry asks for: checked, loaded, scored, delivered
 *	rank.c       the best rows of a scan
 */
#ifndef LIMEN_CORE_H
#define LIMEN_CORE_H

#include "env.h"

#include <limen/hw.h>
#include <limen/score.h>
#include <limen/template.h>

struct core_board;
struct core_work;

/* Entries of a ring that can be held at once: fetched, and not answered. */
#define CORE_HELD_MAX	16

/* Bytes of results that are written at once. */
#define CORE_PIECE	64

enum core_access {
	CORE_DONE,
	CORE_REFUSED,	/* there is no such memory */
	CORE_DENIED,	/* the board is kept from the bus: the access has not happened */
};

/**
 * struct core_ops - what a board is made of
 */
struct core_ops {
	/**
	 * @load: copy from host memory, or from card memory, whose range has been
	 * checked. Also called by those that execute, who are not serialised.
	 */
	enum core_access (*load)(struct core_board *board, u64 address,
				 bool on_card, void *to, u32 size);
	/** @store: copy to host memory, the last 32-bit word last; likewise */
	enum core_access (*store)(struct core_board *board, u64 address,
				  const void *from, u32 size);
	/** @reaches: whether all of this host memory can be written; likewise */
	bool (*reaches)(struct core_board *board, u64 address, u32 size);
	/** @compare: score &core_work.probe and &core_work.reference; likewise */
	void (*compare)(struct core_board *board, struct core_work *work,
			u32 dim, struct limen_score *score);
	/**
	 * @scan: rank the rows of a gallery, which lies within card memory, into
	 * &core_work.best, the best first; likewise. Returns LIMEN_HW_OK, or
	 * another status: LIMEN_HW_INTERNAL if the scan is not wanted any more.
	 */
	u16 (*scan)(struct core_board *board, struct core_work *work,
		    const struct limen_hw_sqe *sqe);
	/** @raise: an event, bits of IRQ_STATUS */
	void (*raise)(struct core_board *board, u32 bits);
	/** @now_ns: time, in nanoseconds; from anybody */
	u64 (*now_ns)(struct core_board *board);
};

/**
 * struct core_held - an entry that has been fetched and not answered
 * @cookie: its cookie
 * @aborted: it is given up
 */
struct core_held {
	u16 cookie;
	bool aborted;
};

/**
 * struct core_ring - the board's half of a ring
 * @sq: bus address of the submission queue
 * @cq: bus address of the completion queue
 * @size_log2: log2 of the entries in either
 * @enabled: between a write of 1 to ENABLE and one of 0, or a reset
 * @epoch: counts starts and stops, so that stale work is recognised
 * @sq_head: entries ever fetched
 * @sq_tail: entries ever submitted, by the doorbell
 * @cq_head: entries ever consumed, by the doorbell
 * @cq_tail: completions ever written
 * @held: entries that have been fetched and not answered
 * @held_count: number of @held
 * @stall_ns: time spent on fetching vectors since the reset
 * @stall_high: its upper half when the lower one was last read
 */
struct core_ring {
	u64 sq;
	u64 cq;
	u32 size_log2;
	bool enabled;
	u32 epoch;
	u32 sq_head;
	u32 sq_tail;
	u32 cq_head;
	u32 cq_tail;
	struct core_held held[CORE_HELD_MAX];
	u32 held_count;
	u64 stall_ns;
	u32 stall_high;
};

/**
 * struct core_ecc - errors of card memory
 * @status: LIMEN_HW_REG_ECC_STATUS
 * @corrected: how many there have been
 * @uncorrected: likewise
 * @address: of the last one
 */
struct core_ecc {
	u32 status;
	u32 corrected;
	u32 uncorrected;
	u64 address;
};

/**
 * struct core_board - a board
 * @ops: what it is made of
 * @mem_size: bytes of card memory
 * @clock_khz: of the cycles that completions tell
 * @control: LIMEN_HW_REG_CONTROL
 * @status: LIMEN_HW_REG_STATUS
 * @irq_status: LIMEN_HW_REG_IRQ_STATUS
 * @irq_enable: LIMEN_HW_REG_IRQ_ENABLE
 * @vectors: LIMEN_HW_REG_VECTORS
 * @moderation: LIMEN_HW_REG_MODERATION, by vector
 * @ecc: errors of card memory, which no reset makes forgotten
 * @counters: by LIMEN_HW_COUNTER_*, as they are
 * @snapshot: as they were when they were latched
 * @rings: by LIMEN_HW_RING_*
 */
struct core_board {
	const struct core_ops *ops;
	u64 mem_size;
	u32 clock_khz;
	u32 control;
	u32 status;
	u32 irq_status;
	u32 irq_enable;
	u32 vectors;
	u32 moderation[LIMEN_HW_VECTORS];
	struct core_ecc ecc;
	u64 counters[LIMEN_HW_COUNTERS];
	u64 snapshot[LIMEN_HW_COUNTERS];
	struct core_ring rings[LIMEN_HW_RINGS];
};

/**
 * struct core_entry - an entry that has been fetched
 * @sqe: the board's own copy
 * @epoch: of the ring when it was fetched
 */
struct core_entry {
	struct limen_hw_sqe sqe;
	u32 epoch;
};

/**
 * struct core_row - a row of a scan
 * @row: its number
 * @raw: raw score
 * @similarity: published similarity
 */
struct core_row {
	u32 row;
	s32 raw;
	s32 similarity;
};

/**
 * struct core_ranking - the best rows so far, a heap with the worst on top
 * @rows: room for @limit of them
 * @limit: how many are wanted, at least one
 * @count: how many there are
 */
struct core_ranking {
	struct core_row *rows;
	u32 limit;
	u32 count;
};

/**
 * struct core_work - what executing an entry needs, a set for each that executes
 * @probe: the board's own copy of the probe
 * @reference: likewise of the reference
 * @best: rows of a scan, with room for LIMEN_HW_TOP_K_MAX; not for comparisons
 * @stall_ns: time spent on fetching vectors
 *
 * Vectors come first, so that they are aligned as the whole is.
 */
struct core_work {
	s8 probe[LIMEN_DIM_MAX];
	s8 reference[LIMEN_DIM_MAX];
	struct core_ranking best;
	u64 stall_ns;
};

/* registers.c */
bool core_works(const struct core_board *board);
bool core_is_ring_reg(u32 reg, unsigned int *index, u32 *offset);
u32 core_raise(struct core_board *board, u32 bits);
void core_reset_begin(struct core_board *board);
void core_reset_end(struct core_board *board);
void core_control(struct core_board *board, u32 value);
u32 core_read(struct core_board *board, u32 reg);
void core_write(struct core_board *board, u32 reg, u32 value);

/* gauges.c */
void core_snapshot(struct core_board *board);
void core_memory_error(struct core_board *board, u64 address, bool corrected);
bool core_read_gauge(struct core_board *board, u32 reg, u32 *value);

/* ring.c */
void core_fatal(struct core_board *board);
void core_ring_reset(struct core_ring *ring);
bool core_ring_pending(const struct core_board *board, unsigned int index);
bool core_ring_fetch(struct core_board *board, unsigned int index,
		     struct core_entry *entry);
bool core_ring_knows(const struct core_board *board, unsigned int index,
		     const struct core_entry *entry);
bool core_ring_aborted(const struct core_board *board, unsigned int index,
		       const struct core_entry *entry);
void core_ring_let_go(struct core_board *board, unsigned int index,
		      const struct core_entry *entry);
void core_ring_account(struct core_board *board, unsigned int index,
		       const struct core_entry *entry, struct core_work *work);
void core_ring_answer(struct core_board *board, unsigned int index,
		      const struct core_entry *entry,
		      struct limen_hw_cqe *cqe);
bool core_ring_post(struct core_board *board, unsigned int index,
		    const struct core_entry *entry,
		    const struct limen_hw_cqe *cqe);
u32 core_ring_stall(struct core_ring *ring, bool high);
u32 core_ring_read(struct core_board *board, unsigned int index, u32 offset);
void core_ring_write(struct core_board *board, unsigned int index, u32 offset,
		     u32 value);

/* execute.c */
u16 core_compare_check(const struct limen_hw_sqe *sqe);
u16 core_scan_check(const struct core_board *board,
		    const struct limen_hw_sqe *sqe);
u16 core_capture_check(const struct limen_hw_sqe *sqe, u32 bytes);
void core_compare(struct core_board *board, struct core_work *work,
		  const struct limen_hw_sqe *sqe, u64 start_ns,
		  struct limen_hw_cqe *cqe);
void core_scan(struct core_board *board, struct core_work *work,
	       const struct limen_hw_sqe *sqe, u64 start_ns,
	       struct limen_hw_cqe *cqe);
void core_work_wipe(struct core_work *work);

/* rank.c */
void core_rank(struct core_ranking *ranking, const struct core_row *row);
void core_rank_sort(struct core_ranking *ranking);
void core_rank_rows(struct core_work *work, const struct limen_hw_sqe *sqe,
		    const void *rows, u32 first, u32 count);

#endif /* LIMEN_CORE_H */
