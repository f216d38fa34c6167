// SPDX-License-Identifier: MIT
/*
 * The matching engine as gateware (firmware/fpga), simulated by cycles.
 *
 * Its vectors and rows are put into a small memory that the simulated port reads. The
 * card's own is not the model's: the wipe after power-on would take minutes, and the
 * processor's SRAM, where probes are, lies beside it. The rows of a scan that do not
 * fit are scanned in parts, each a whole job of the gateware.
 */
#include <stdlib.h>
#include <string.h>

#include <limen.h>

#include "limen_rtl.h"
#include "matcher.h"

/* What the model's memory holds. */
#define PROBE_AT	0
#define REFERENCE_AT	LIMEN_DIM_MAX
#define ROWS_AT		4096
/* A chunk of the firmware's is one part. */
#define ROWS_BYTES	(64u * 1024)
#define MEMORY_BYTES	(ROWS_AT + ROWS_BYTES)

/* Cycles from a read to its answer: of DDR3 behind an FPGA's own controller. */
#define PORT_LATENCY	20
#define PORT_BANDWIDTH	1000

/* Cycles at once, so that the processor is not kept waiting for long. */
#define STEP_CYCLES	2000
/* No wait for the model is longer, unless it is broken. */
#define PATIENCE	1000000

/**
 * struct rtl - the model and the job that it has
 * @model: the gateware
 * @memory: behind its port
 * @rows: what a scan returns
 * @what: SHELL_ENGINE_* under way, or 0
 * @scanned: rows of the task that earlier parts had
 * @part: rows of the part under way
 */
struct rtl {
	struct limen_rtl *model;
	uint8_t memory[MEMORY_BYTES];
	struct limen_rtl_row rows[LIMEN_HW_TOP_K_MAX];
	uint32_t what;
	uint32_t scanned;
	uint32_t part;
};

static void *create(void)
{
	struct rtl *rtl = calloc(1, sizeof(*rtl));
	struct limen_rtl_memory memory = {
		.size = MEMORY_BYTES,
		.latency = PORT_LATENCY,
		.bandwidth = PORT_BANDWIDTH,
		.seed = 1,
	};

	if (!rtl)
		return NULL;
	memory.bytes = rtl->memory;
	rtl->model = limen_rtl_create(&memory);
	/* What is put into the memory before it has been wiped would be lost. */
	if (rtl->model && limen_rtl_wait_ready(rtl->model, PATIENCE))
		return rtl;
	limen_rtl_destroy(rtl->model);
	free(rtl);
	return NULL;
}

static void destroy(void *matcher)
{
	struct rtl *rtl = matcher;

	limen_rtl_destroy(rtl->model);
	limen_wipe(rtl, sizeof(*rtl));
	free(rtl);
}

static bool start_compare(struct rtl *rtl, const struct matcher_task *task)
{
	return limen_rtl_compare_start(rtl->model, PROBE_AT, REFERENCE_AT,
				       (uint16_t)task->dim);
}

static bool start_scan(struct rtl *rtl, const struct matcher_task *task)
{
	const struct limen_rtl_scan scan = {
		.probe = PROBE_AT,
		.gallery = ROWS_AT,
		.stride = task->dim,
		.rows = rtl->part,
		.top_k = task->work->best.limit,
		.min_similarity = task->least,
		.dim = (uint16_t)task->dim,
	};

	return limen_rtl_scan_start(rtl->model, &scan);
}

static bool start(struct rtl *rtl, const struct matcher_task *task)
{
	switch (rtl->what) {
	case SHELL_ENGINE_COMPARE:
		return start_compare(rtl, task);
	case SHELL_ENGINE_SCAN:
		return start_scan(rtl, task);
	default:
		return limen_rtl_wipe_start(rtl->model, 0, MEMORY_BYTES);
	}
}

/* The gateware may still be wiping what it holds of the job before. */
static void start_when_ready(struct rtl *rtl, const struct matcher_task *task)
{
	for (unsigned int i = 0; i < PATIENCE; i++) {
		if (start(rtl, task))
			return;
		limen_rtl_run(rtl->model, 1);
	}
	rtl->what = 0;
}

/* Without the gaps between rows. */
static void load_part(struct rtl *rtl, const struct matcher_task *task)
{
	const uint8_t *from = task->rows + (size_t)rtl->scanned * task->stride;
	uint32_t left = task->count - rtl->scanned;
	uint32_t most = ROWS_BYTES / task->dim;

	rtl->part = left < most ? left : most;
	for (uint32_t i = 0; i < rtl->part; i++)
		memcpy(rtl->memory + ROWS_AT + (size_t)i * task->dim,
		       from + (size_t)i * task->stride, task->dim);
}

/* Of a comparison's vectors, the model's memory has the only copy until it is done. */
static void load_pair(struct rtl *rtl, struct core_work *work, uint32_t dim)
{
	memcpy(rtl->memory + PROBE_AT, work->probe, dim);
	memcpy(rtl->memory + REFERENCE_AT, work->reference, dim);
	limen_wipe(work->probe, sizeof(work->probe));
	limen_wipe(work->reference, sizeof(work->reference));
}

/* No job's vectors and rows are there for the next one. */
static void forget(struct rtl *rtl)
{
	limen_wipe(rtl->memory, sizeof(rtl->memory));
	limen_wipe(rtl->rows, sizeof(rtl->rows));
	rtl->what = 0;
}

static void begin(void *matcher, uint32_t what, struct matcher_task *task)
{
	struct rtl *rtl = matcher;

	rtl->what = what;
	rtl->scanned = 0;
	if (what == SHELL_ENGINE_COMPARE)
		load_pair(rtl, task->work, task->dim);
	if (what == SHELL_ENGINE_SCAN) {
		memcpy(rtl->memory + PROBE_AT, task->work->probe, task->dim);
		load_part(rtl, task);
	}
	start_when_ready(rtl, task);
}

static bool ended(const struct rtl *rtl)
{
	switch (rtl->what) {
	case SHELL_ENGINE_COMPARE:
		return limen_rtl_compare_done(rtl->model);
	case SHELL_ENGINE_SCAN:
		return limen_rtl_scan_done(rtl->model);
	case SHELL_ENGINE_WIPE:
		return limen_rtl_wipe_done(rtl->model);
	default:
		return true;
	}
}

static void run(struct rtl *rtl, unsigned int cycles)
{
	while (cycles-- && !ended(rtl))
		limen_rtl_run(rtl->model, 1);
}

static uint32_t finish_compare(struct rtl *rtl, struct matcher_task *task)
{
	unsigned int status = limen_rtl_compare_finish(rtl->model,
						       &task->score.raw,
						       &task->score.similarity);

	return status == LIMEN_HW_OK ? SHELL_DONE : SHELL_REFUSED;
}

/* The best of the part are among the best of all, or worse than these. */
static uint32_t finish_scan(struct rtl *rtl, struct matcher_task *task)
{
	unsigned int count;
	unsigned int status = limen_rtl_scan_finish(rtl->model, rtl->rows,
						    LIMEN_HW_TOP_K_MAX, &count);

	if (status != LIMEN_HW_OK)
		return SHELL_REFUSED;
	for (unsigned int i = 0; i < count; i++) {
		const struct core_row row = {
			.row = task->first + rtl->scanned + rtl->rows[i].row,
			.raw = rtl->rows[i].raw,
			.similarity = rtl->rows[i].similarity,
		};

		core_rank(&task->work->best, &row);
	}
	rtl->scanned += rtl->part;
	if (rtl->scanned == task->count)
		return SHELL_DONE;
	load_part(rtl, task);
	start_when_ready(rtl, task);
	return SHELL_BUSY;
}

static uint32_t finish(struct rtl *rtl, struct matcher_task *task)
{
	switch (rtl->what) {
	case SHELL_ENGINE_COMPARE:
		return finish_compare(rtl, task);
	case SHELL_ENGINE_SCAN:
		return finish_scan(rtl, task);
	case SHELL_ENGINE_WIPE:
		return SHELL_DONE;
	default:
		return SHELL_REFUSED;
	}
}

/* Waits for the model to be ready, and reading results, are not the job's cycles. */
static uint32_t step(void *matcher, struct matcher_task *task)
{
	struct rtl *rtl = matcher;
	uint64_t before = limen_rtl_cycles(rtl->model);
	uint32_t state;

	run(rtl, STEP_CYCLES);
	task->cycles += limen_rtl_cycles(rtl->model) - before;
	if (!ended(rtl))
		return SHELL_BUSY;
	state = finish(rtl, task);
	if (state != SHELL_BUSY)
		forget(rtl);
	return state;
}

/* Only a scan is long enough to be given up. */
static void stop(void *matcher)
{
	struct rtl *rtl = matcher;
	struct limen_score score;
	unsigned int count;

	limen_rtl_scan_abort(rtl->model, rtl->what == SHELL_ENGINE_SCAN);
	run(rtl, PATIENCE);
	limen_rtl_scan_abort(rtl->model, false);
	if (rtl->what == SHELL_ENGINE_SCAN)
		limen_rtl_scan_finish(rtl->model, rtl->rows, 0, &count);
	if (rtl->what == SHELL_ENGINE_COMPARE)
		limen_rtl_compare_finish(rtl->model, &score.raw,
					 &score.similarity);
	forget(rtl);
}

/* The gateware wipes its memory itself only after power-on; for others, its driver does. */
static void reset(void *matcher)
{
	struct rtl *rtl = matcher;

	limen_rtl_reset(rtl->model, false);
	limen_rtl_wait_ready(rtl->model, PATIENCE);
	forget(rtl);
}

const struct matcher_ops matcher_rtl = {
	.name = "rtl",
	.create = create,
	.destroy = destroy,
	.begin = begin,
	.step = step,
	.stop = stop,
	.reset = reset,
};
