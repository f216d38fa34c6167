/* SPDX-License-Identifier: MIT */
/* What the tests of the gateware share: a board, its memory, and what is expected of it. */
#ifndef FPGA_SIM_BOARD_H
#define FPGA_SIM_BOARD_H

#include <stdbool.h>
#include <stdint.h>

#include <limen/hw.h>
#include <limen/score.h>

#include "limen_rtl.h"

#define DIM_MAX		512
#define MEMORY_BYTES	(1u << 20)
/* The probe's and the reference's places, and where galleries begin. */
#define PROBE_AT	0
#define REFERENCE_AT	512
#define GALLERY_AT	4096
/* More cycles than any job here takes. */
#define PATIENCE	10000000

/* Random numbers that a seed repeats. */
struct dice {
	uint64_t state;
};

uint32_t roll(struct dice *dice);
/* 0 to sides - 1. */
uint32_t roll_below(struct dice *dice, uint32_t sides);

struct board {
	struct limen_rtl *rtl;
	uint8_t *memory;
	struct limen_rtl_memory model;
};

/* A board that is ready; the program ends if there is none. */
void board_open(struct board *board, uint32_t latency, uint32_t bandwidth,
		uint32_t seed);
void board_close(struct board *board);

/* What galleries consist of, each hard on something else. */
enum kind {
	KIND_RANDOM,	/* all bytes */
	KIND_SMALL,	/* -1, 0 and 1: many ties */
	KIND_EXTREME,	/* copies, opposites, zeros, -128, single ones */
	KIND_EQUAL,	/* all rows tie */
	KIND_RISING,	/* each row is better than the last */
	KIND_FALLING,	/* each row is worse */
	KINDS,
};

extern const char *const kind_names[KINDS];

/* Puts a probe and @scan->rows rows into memory. */
void gallery_fill(struct board *board, const struct limen_rtl_scan *scan,
		  enum kind kind, struct dice *dice);
/* What the scan has to return, by limen/score.h; their number. */
unsigned int gallery_expect(const struct board *board,
			    const struct limen_rtl_scan *scan,
			    struct limen_rtl_row *rows);

/* The status of a scan or compare that is run to its end; the program ends if it has none. */
unsigned int scan_run(struct board *board, const struct limen_rtl_scan *scan,
		      struct limen_rtl_row *rows, unsigned int *count);
unsigned int compare_run(struct board *board, uint32_t probe, uint32_t reference,
			 uint16_t dim, struct limen_score *score);
/* Advances until the next scan, or compare, may be started. */
void board_settle(struct board *board);

/* Tests, each with its lines of TAP. */
void check_scans(void);
void check_compares(void);
void check_refusals(void);
void check_faults(void);
void check_wipes(void);
void check_resets(void);
void measure(void);

#endif /* FPGA_SIM_BOARD_H */
