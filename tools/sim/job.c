// SPDX-License-Identifier: MIT
/* The engine's registers, and the time that its jobs take. */
#include <string.h>

#include <limen.h>
#include <monotonic.h>

#include "job.h"

/* For SHELL_ENGINE_SORT. */
#define CYCLES_PER_FOUND	16

#define NSEC_PER_MSEC	1000000

static uint32_t get(const struct job *job, uint32_t reg)
{
	return job->registers[(reg - SHELL_ENGINE_PROBE) / 4];
}

static void set(struct job *job, uint32_t reg, uint32_t value)
{
	job->registers[(reg - SHELL_ENGINE_PROBE) / 4] = value;
}

static uint32_t read_row(const struct job *job, uint32_t reg)
{
	uint32_t index = get(job, SHELL_ENGINE_INDEX);
	const struct core_row *row = &job->rows[index];

	if (index >= job->work.best.count)
		return 0;
	switch (reg) {
	case SHELL_ENGINE_ROW:
		return row->row;
	case SHELL_ENGINE_ROW_RAW:
		return (uint32_t)row->raw;
	default:
		return (uint32_t)row->similarity;
	}
}

uint32_t job_read(struct job *job, uint32_t reg)
{
	switch (reg) {
	case SHELL_ENGINE_CYCLES_LO:
		set(job, SHELL_ENGINE_CYCLES_HI, (uint32_t)(job->task.cycles >> 32));
		return (uint32_t)job->task.cycles;
	case SHELL_ENGINE_FOUND:
		return job->work.best.count;
	case SHELL_ENGINE_ROW:
	case SHELL_ENGINE_ROW_RAW:
	case SHELL_ENGINE_ROW_SIMILARITY:
		return read_row(job, reg);
	default:
		if (reg < SHELL_ENGINE_PROBE || reg > SHELL_ENGINE_ROW_SIMILARITY)
			return 0;
		return get(job, reg);
	}
}

void job_write(struct job *job, uint32_t reg, uint32_t value)
{
	bool setting = reg >= SHELL_ENGINE_PROBE && reg <= SHELL_ENGINE_LEAST;

	if (job->state != SHELL_BUSY && (setting || reg == SHELL_ENGINE_INDEX))
		set(job, reg, value);
}

static bool load_vector(const struct job *job, const struct job_memory *memory,
			uint32_t reg, s8 *to)
{
	uint32_t offset = get(job, reg) - SHELL_SRAM_ADDRESS;
	uint32_t dim = get(job, SHELL_ENGINE_DIM);

	if (!limen_dim_valid(dim) || offset % LIMEN_HW_VECTOR_ALIGN ||
	    offset > SHELL_SRAM_SIZE - dim)
		return false;
	memcpy(to, memory->sram + offset, dim);
	return true;
}

static bool prepare_compare(struct job *job, const struct job_memory *memory)
{
	job->task.dim = get(job, SHELL_ENGINE_DIM);
	return load_vector(job, memory, SHELL_ENGINE_PROBE, job->work.probe) &&
	       load_vector(job, memory, SHELL_ENGINE_REFERENCE,
			   job->work.reference);
}

static bool prepare_scan(struct job *job, const struct job_memory *memory,
			 bool go_on)
{
	uint64_t rows = get(job, SHELL_ENGINE_ROWS_LO) |
			(uint64_t)get(job, SHELL_ENGINE_ROWS_HI) << 32;
	uint32_t stride = get(job, SHELL_ENGINE_STRIDE);
	uint32_t count = get(job, SHELL_ENGINE_COUNT);
	uint32_t top_k = get(job, SHELL_ENGINE_TOP_K);
	uint32_t dim = get(job, SHELL_ENGINE_DIM);
	uint64_t bytes = (uint64_t)(count - 1) * stride + dim;

	if (!load_vector(job, memory, SHELL_ENGINE_PROBE, job->work.probe) ||
	    !count || !top_k || top_k > LIMEN_HW_TOP_K_MAX ||
	    stride < dim || stride % LIMEN_HW_VECTOR_ALIGN ||
	    rows % LIMEN_HW_VECTOR_ALIGN || bytes > memory->card_size ||
	    rows > memory->card_size - bytes)
		return false;
	if (!go_on)
		job->work.best.count = 0;
	job->work.best.rows = job->rows;
	job->work.best.limit = top_k;
	job->task.dim = dim;
	job->task.rows = memory->card + rows;
	job->task.stride = stride;
	job->task.first = get(job, SHELL_ENGINE_FIRST);
	job->task.count = count;
	job->task.least = (int32_t)get(job, SHELL_ENGINE_LEAST);
	return true;
}

void job_wipe(struct job *job)
{
	limen_wipe(job, sizeof(*job));
}

/* What a job needs before the engine begins; false: its settings are out of range. */
static bool prepare(struct job *job, uint32_t what,
		    const struct job_memory *memory)
{
	switch (what) {
	case SHELL_ENGINE_COMPARE:
		return prepare_compare(job, memory);
	case SHELL_ENGINE_SCAN:
	case SHELL_ENGINE_GO_ON:
		return prepare_scan(job, memory, what == SHELL_ENGINE_GO_ON);
	case SHELL_ENGINE_SORT:
		core_rank_sort(&job->work.best);
		return true;
	case SHELL_ENGINE_WIPE:
		job_wipe(job);
		return true;
	default:
		return false;
	}
}

static void end(struct job *job, uint32_t outcome)
{
	const struct limen_score *score = &job->task.score;

	job->outcome = outcome;
	if (job->what == SHELL_ENGINE_SCAN || job->what == SHELL_ENGINE_GO_ON)
		job->task.cycles *= 1 + (uint64_t)job->slower;
	job->due_ns += (int64_t)(job->task.cycles * NSEC_PER_MSEC / JOB_CLOCK_KHZ);
	if (job->what == SHELL_ENGINE_SORT && job->work.best.count)
		job->rows[0].raw ^= (int32_t)job->flip;
	if (job->what != SHELL_ENGINE_COMPARE || outcome != SHELL_DONE)
		return;
	set(job, SHELL_ENGINE_RAW, (uint32_t)score->raw ^ job->flip);
	set(job, SHELL_ENGINE_SIMILARITY, (uint32_t)score->similarity);
}

static void begin(struct job *job, uint32_t what)
{
	switch (what) {
	case SHELL_ENGINE_COMPARE:
		matcher_compare(&job->task);
		break;
	case SHELL_ENGINE_SCAN:
	case SHELL_ENGINE_GO_ON:
		matcher_scan(&job->task);
		break;
	case SHELL_ENGINE_SORT:
		job->task.cycles = CYCLES_PER_FOUND * job->work.best.count;
		break;
	}
	end(job, SHELL_DONE);
}

void job_go(struct job *job, uint32_t what, const struct job_memory *memory)
{
	bool valid;

	if (what == SHELL_ENGINE_STOP && job->state == SHELL_BUSY)
		job->state = SHELL_REFUSED;
	if (what == SHELL_ENGINE_STOP || job->state == SHELL_BUSY)
		return;
	job->task = (struct matcher_task){ .work = &job->work };
	valid = prepare(job, what, memory);
	job->what = what;
	job->slower = memory->slower;
	job->flip = memory->flip;
	job->state = SHELL_BUSY;
	job->due_ns = now_ns() + memory->delay_ns;
	if (valid)
		begin(job, what);
	else
		end(job, SHELL_REFUSED);
}

void job_end(struct job *job)
{
	if (job->state == SHELL_BUSY && now_ns() >= job->due_ns)
		job->state = job->outcome;
}
