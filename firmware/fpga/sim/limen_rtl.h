/* SPDX-License-Identifier: MIT */
/*
 * The gateware around card memory (firmware/fpga/rtl/matcher.v) as a library: simulated by
 * cycles, with a model of the memory behind its port.
 *
 * A library is of one configuration: limen_rtl_lanes() and limen_rtl_units() tell which.
 * Several boards may exist at once. A board is used by one thread at a time.
 */
#ifndef LIMEN_RTL_H
#define LIMEN_RTL_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct limen_rtl;

/**
 * struct limen_rtl_memory - card memory and how its port behaves
 * @bytes: the memory, the caller's, which outlives the board
 * @size: bytes of it, a multiple of 64, at most 4 GiB
 * @latency: cycles from a read that is accepted to its answer, at least 1
 * @bandwidth: in how many of 1000 cycles, at random, the port accepts a request, and how
 *	many of 1000 answers come without a delay; at least 1
 * @seed: of what is random, registers before the reset included
 */
struct limen_rtl_memory {
	uint8_t *bytes;
	uint64_t size;
	uint32_t latency;
	uint32_t bandwidth;
	uint32_t seed;
};

/**
 * struct limen_rtl_scan - what a scan is to do, unchecked; see struct limen_hw_scan
 * @probe: offset in card memory
 * @gallery: offset of row 0
 * @stride: bytes from row to row
 * @rows: rows to read
 * @first: number of row 0
 * @top_k: most rows to return
 * @min_similarity: rows below it are not returned
 * @dim: components
 */
struct limen_rtl_scan {
	uint32_t probe;
	uint32_t gallery;
	uint32_t stride;
	uint32_t rows;
	uint32_t first;
	uint32_t top_k;
	int32_t min_similarity;
	uint16_t dim;
};

/* One row of a scan's result. */
struct limen_rtl_row {
	uint32_t row;
	int32_t raw;
	int32_t similarity;
};

/* What the board has counted since its reset, all in one cycle. */
struct limen_rtl_counters {
	uint64_t cycles;
	uint64_t busy;
	uint64_t stall;
	uint64_t rows;
	uint64_t jobs;
};

/**
 * struct limen_rtl_port - what went over the memory port since limen_rtl_port_clear()
 * @reads: beats that were read
 * @writes: beats that were written
 * @first: cycle of the first read's answer
 * @last: cycle of the last read's answer
 */
struct limen_rtl_port {
	uint64_t reads;
	uint64_t writes;
	uint64_t first;
	uint64_t last;
};

unsigned int limen_rtl_lanes(void);
unsigned int limen_rtl_units(void);

/* A board after its power-on reset, which wipes @memory. NULL: no memory for it. */
struct limen_rtl *limen_rtl_create(const struct limen_rtl_memory *memory);
void limen_rtl_destroy(struct limen_rtl *rtl);

/* Advances by @cycles. */
void limen_rtl_run(struct limen_rtl *rtl, uint64_t cycles);
/* Cycles since the board was created. */
uint64_t limen_rtl_cycles(const struct limen_rtl *rtl);

/* Resets, of the host or by power; a cycle long. The board is busy with them afterwards. */
void limen_rtl_reset(struct limen_rtl *rtl, bool power);
/* STATUS's READY. */
bool limen_rtl_ready(const struct limen_rtl *rtl);
/* Advances until the board is ready. false: it was not within @cycles. */
bool limen_rtl_wait_ready(struct limen_rtl *rtl, uint64_t cycles);

/* Starts a scan. false: the board is not ready, or has not released the last one. */
bool limen_rtl_scan_start(struct limen_rtl *rtl,
			  const struct limen_rtl_scan *scan);
bool limen_rtl_scan_done(const struct limen_rtl *rtl);
/* Has a scan given up while @abort is true. */
void limen_rtl_scan_abort(struct limen_rtl *rtl, bool abort);
/*
 * The status of a scan that is done (enum limen_hw_status), its rows, at most @limit of
 * them, and their number. Then releases it, after which the board wipes it.
 */
unsigned int limen_rtl_scan_finish(struct limen_rtl *rtl,
				   struct limen_rtl_row *rows,
				   unsigned int limit, unsigned int *count);

/* Likewise for a compare of two vectors in card memory. */
bool limen_rtl_compare_start(struct limen_rtl *rtl, uint32_t probe,
			     uint32_t reference, uint16_t dim);
bool limen_rtl_compare_done(const struct limen_rtl *rtl);
unsigned int limen_rtl_compare_finish(struct limen_rtl *rtl, int32_t *raw,
				      int32_t *similarity);

/* Starts to wipe a range of card memory. false: it is refused, or one is under way. */
bool limen_rtl_wipe_start(struct limen_rtl *rtl, uint32_t address,
			  uint64_t bytes);
bool limen_rtl_wipe_done(const struct limen_rtl *rtl);

void limen_rtl_counters(struct limen_rtl *rtl,
			struct limen_rtl_counters *counters);

/* Reads of the beat at @address are answered with an error; UINT64_MAX: none is. */
void limen_rtl_fail_at(struct limen_rtl *rtl, uint64_t address);
void limen_rtl_port(const struct limen_rtl *rtl, struct limen_rtl_port *port);
void limen_rtl_port_clear(struct limen_rtl *rtl);

/**
 * struct limen_rtl_pins - what some pins were in the last cycle
 * @asks: card memory is asked to read, and accepts that
 * @answers: it answers
 * @scan_ready: a scan can be started
 * @scan_done: one is over, and not released
 * @compare_ready: likewise of a compare
 * @compare_done: likewise
 */
struct limen_rtl_pins {
	bool asks;
	bool answers;
	bool scan_ready;
	bool scan_done;
	bool compare_ready;
	bool compare_done;
};

void limen_rtl_pins(const struct limen_rtl *rtl, struct limen_rtl_pins *pins);

#ifdef __cplusplus
}
#endif

#endif /* LIMEN_RTL_H */
