/* SPDX-License-Identifier: MIT */
/* What the matching engine does for the processor: firmware/shell.h, SHELL_ENGINE_*. */
#ifndef LIMEN_JOB_H
#define LIMEN_JOB_H

#include <core/core.h>
#include <shell.h>

#include "matcher.h"

/* Of the gateware's engine. */
#define JOB_CLOCK_KHZ	125000

#define JOB_REGISTERS ((SHELL_ENGINE_ROW_SIMILARITY - SHELL_ENGINE_PROBE) / 4 + 1)

/**
 * struct job_memory - what the engine reads, and how fast
 * @sram: the processor's memory
 * @card: card memory
 * @card_size: its bytes
 * @delay_ns: how much longer than the gateware it takes
 * @slower: how many times longer memory takes besides
 * @flip: bits that turn over in the first score
 */
struct job_memory {
	const uint8_t *sram;
	const uint8_t *card;
	uint64_t card_size;
	int64_t delay_ns;
	uint32_t slower;
	uint32_t flip;
};

/**
 * struct job - the engine's registers, and its job
 * @registers: SHELL_ENGINE_*, by their order
 * @work: vectors and rows
 * @rows: of @work
 * @task: the last job
 * @what: SHELL_ENGINE_* of it
 * @slower: of its struct job_memory
 * @flip: likewise
 * @state: SHELL_DONE, ...
 * @outcome: what @state becomes when it is due
 * @due_ns: when at the earliest
 */
struct job {
	uint32_t registers[JOB_REGISTERS];
	struct core_work work;
	struct core_row rows[LIMEN_HW_TOP_K_MAX];
	struct matcher_task task;
	uint32_t what;
	uint32_t slower;
	uint32_t flip;
	uint32_t state;
	uint32_t outcome;
	int64_t due_ns;
};

uint32_t job_read(struct job *job, uint32_t reg);
void job_write(struct job *job, uint32_t reg, uint32_t value);
/* Begins SHELL_ENGINE_*; the memory stays as it is until the end. */
void job_go(struct job *job, uint32_t what, const struct job_memory *memory);
/* Ends it if it is due. */
void job_end(struct job *job);
/* A reset: forgets everything. */
void job_wipe(struct job *job);

#endif /* LIMEN_JOB_H */
