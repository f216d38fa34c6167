// SPDX-License-Identifier: MIT
/* The matching engine as a program, with the time that the gateware would take. */
#include <string.h>

#include <limen.h>
#include <monotonic.h>

#include "job.h"

/* The gateware's: the bytes that its memory port gives a cycle, latency. */
#define PORT_BYTES	16
#define LATENCY_CYCLES	65
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
		set(job, SHELL_ENGINE_CYCLES_HI, (uint32_t)(job->cycles >> 32));
		return (uint32_t)job->cycles;
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

static bool compare(struct job *job, const struct job_memory *memory)
{
	struct core_work *work = &job->work;
	uint32_t dim = get(job, SHELL_ENGINE_DIM);
	struct limen_score score;

	if (!load_vector(job, memory, SHELL_ENGINE_PROBE, work->probe) ||
	    !load_vector(job, memory, SHELL_ENGINE_REFERENCE, work->reference))
		return false;
	score = limen_score_vectors(work->probe, work->reference, dim);
	limen_wipe(work->probe, sizeof(work->probe));
	limen_wipe(work->reference, sizeof(work->reference));
	set(job, SHELL_ENGINE_RAW, (uint32_t)score.raw);
	set(job, SHELL_ENGINE_SIMILARITY, (uint32_t)score.similarity);
	job->cycles += 2 * dim / PORT_BYTES;
	return true;
}

static bool scan(struct job *job, const struct job_memory *memory, bool go_on)
{
	uint64_t rows = get(job, SHELL_ENGINE_ROWS_LO) |
			(uint64_t)get(job, SHELL_ENGINE_ROWS_HI) << 32;
	uint32_t stride = get(job, SHELL_ENGINE_STRIDE);
	uint32_t count = get(job, SHELL_ENGINE_COUNT);
	uint32_t top_k = get(job, SHELL_ENGINE_TOP_K);
	uint32_t dim = get(job, SHELL_ENGINE_DIM);
	struct limen_hw_sqe sqe = {
		.dim = core_to_le16((uint16_t)dim),
		.scan.stride = core_to_le32(stride),
		.scan.min_similarity = core_to_le32(get(job, SHELL_ENGINE_LEAST)),
	};
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
	core_rank_rows(&job->work, &sqe, memory->card + rows,
		       get(job, SHELL_ENGINE_FIRST), count);
	job->cycles += (uint64_t)count * dim / PORT_BYTES;
	return true;
}

static bool execute(struct job *job, uint32_t what,
		    const struct job_memory *memory)
{
	switch (what) {
	case SHELL_ENGINE_COMPARE:
		return compare(job, memory);
	case SHELL_ENGINE_SCAN:
	case SHELL_ENGINE_GO_ON:
		return scan(job, memory, what == SHELL_ENGINE_GO_ON);
	case SHELL_ENGINE_SORT:
		core_rank_sort(&job->work.best);
		job->cycles += CYCLES_PER_FOUND * job->work.best.count;
		return true;
	case SHELL_ENGINE_WIPE:
		job_wipe(job);
		return true;
	default:
		return false;
	}
}

void job_go(struct job *job, uint32_t what, const struct job_memory *memory)
{
	if (what == SHELL_ENGINE_STOP && job->state == SHELL_BUSY)
		job->state = SHELL_REFUSED;
	if (what == SHELL_ENGINE_STOP || job->state == SHELL_BUSY)
		return;
	job->cycles = LATENCY_CYCLES;
	job->outcome = execute(job, what, memory) ? SHELL_DONE : SHELL_REFUSED;
	job->state = SHELL_BUSY;
	job->due_ns = now_ns() + memory->delay_ns +
		      (int64_t)(job->cycles * NSEC_PER_MSEC / JOB_CLOCK_KHZ);
}

void job_end(struct job *job)
{
	if (job->state == SHELL_BUSY && now_ns() >= job->due_ns)
		job->state = job->outcome;
}

void job_wipe(struct job *job)
{
	limen_wipe(job, sizeof(*job));
}
