// SPDX-License-Identifier: MIT
/* The matching engine as a program, with the time that the gateware would take. */
#include <limen.h>

#include "matcher.h"

/* The gateware's: the bytes that its memory port gives a cycle, latency. */
#define PORT_BYTES	16
#define LATENCY_CYCLES	65

static void compare(struct matcher_task *task)
{
	struct core_work *work = task->work;

	task->score = limen_score_vectors(work->probe, work->reference, task->dim);
	limen_wipe(work->probe, sizeof(work->probe));
	limen_wipe(work->reference, sizeof(work->reference));
	task->cycles = LATENCY_CYCLES + 2 * task->dim / PORT_BYTES;
}

static void scan(struct matcher_task *task)
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

static void begin(void *matcher, uint32_t what, struct matcher_task *task)
{
	(void)matcher;
	if (what == SHELL_ENGINE_COMPARE)
		compare(task);
	else if (what == SHELL_ENGINE_SCAN)
		scan(task);
}

/* What has begun is done; it is job.c that lets the time pass. */
static uint32_t step(void *matcher, struct matcher_task *task)
{
	(void)matcher;
	(void)task;
	return SHELL_DONE;
}

const struct matcher_ops matcher_c = {
	.name = "c",
	.begin = begin,
	.step = step,
};
