// SPDX-License-Identifier: MIT
/* The matching engine as a program, with the time that the gateware would take. */
#include <limen.h>

#include "matcher.h"

/* The gateware's: the bytes that its memory port gives a cycle, latency. */
#define PORT_BYTES	16
#define LATENCY_CYCLES	65

void matcher_compare(struct matcher_task *task)
{
	struct core_work *work = task->work;

	task->score = limen_score_vectors(work->probe, work->reference, task->dim);
	limen_wipe(work->probe, sizeof(work->probe));
	limen_wipe(work->reference, sizeof(work->reference));
	task->cycles = LATENCY_CYCLES + 2 * task->dim / PORT_BYTES;
}

void matcher_scan(struct matcher_task *task)
{
	const struct limen_hw_sqe sqe = {
		.dim = core_to_le16((uint16_t)task->dim),
		.scan.stride = core_to_le32(task->stride),
		.scan.min_similarity = core_to_le32((uint32_t)task->least),
	};

	core_rank_rows(task->work, &sqe, task->rows, task->first, task->count);
	task->cycles = LATENCY_CYCLES +
		       (uint64_t)task->count * task->dim / PORT_BYTES;
}
