// SPDX-License-Identifier: MIT
/*
 * The pairs and searches that every backend gets, by the engines of the simulated card,
 * through their registers.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <drawn.h>
#include <job.h>
#include <tap.h>

/* No divisor of the rows: the last chunk is a smaller one. */
#define CHUNK		400
#define FIRST		7

#ifdef LIMEN_GATEWARE
#define MATCHERS	2
static const struct matcher_ops *const matchers[MATCHERS] = {
	&matcher_c, &matcher_rtl,
};
#else
#define MATCHERS	1
static const struct matcher_ops *const matchers[MATCHERS] = { &matcher_c };
#endif

static struct job jobs[MATCHERS];
static uint8_t sram[SHELL_SRAM_SIZE];
static uint8_t card[DRAWN_SPACE];

static const struct job_memory memory = {
	.sram = sram, .card = card, .card_size = sizeof(card),
};

/* SHELL_DONE or SHELL_REFUSED: what becomes of a job. */
static uint32_t run(struct job *job, uint32_t what)
{
	job_go(job, what, &memory);
	do
		job_end(job);
	while (job->state == SHELL_BUSY);
	return job->state;
}

static void set_probe(struct job *job, const int8_t *probe, uint32_t dim)
{
	memcpy(sram, probe, dim);
	job_write(job, SHELL_ENGINE_PROBE, SHELL_SRAM_ADDRESS);
	job_write(job, SHELL_ENGINE_DIM, dim);
}

static bool compares(struct job *job, const struct limen_pair *pair)
{
	uint32_t dim = pair->probe->dim;

	set_probe(job, pair->probe->vector, dim);
	memcpy(sram + LIMEN_DIM_MAX, pair->reference->vector, dim);
	job_write(job, SHELL_ENGINE_REFERENCE, SHELL_SRAM_ADDRESS + LIMEN_DIM_MAX);
	return run(job, SHELL_ENGINE_COMPARE) == SHELL_DONE &&
	       (int32_t)job_read(job, SHELL_ENGINE_RAW) == pair->score.raw &&
	       (int32_t)job_read(job, SHELL_ENGINE_SIMILARITY) ==
		       pair->score.similarity;
}

/* Whether a comparison that is over has left its vectors behind. */
static bool keeps_vectors(const struct job *job)
{
	const struct core_work *work = &job->work;
	bool kept = false;

	for (unsigned int i = 0; i < LIMEN_DIM_MAX; i++)
		kept |= work->probe[i] || work->reference[i];
	return kept;
}

static void check_pairs(void)
{
	struct limen_template probe, reference;
	struct limen_pair pair = { .probe = &probe, .reference = &reference };
	unsigned int bad[MATCHERS] = { 0 };

	for (unsigned int i = 0; i < DRAWN_PAIRS; i++) {
		drawn_pair(i, &probe, &reference, &pair.score);
		for (unsigned int m = 0; m < MATCHERS; m++)
			bad[m] += !compares(&jobs[m], &pair);
	}
	for (unsigned int m = 0; m < MATCHERS; m++) {
		tap_result(!bad[m], "%u pairs, engine %s: %u wrong", DRAWN_PAIRS,
			   matchers[m]->name, bad[m]);
		tap_result(!keeps_vectors(&jobs[m]), "engine %s keeps no vector",
			   matchers[m]->name);
	}
}

/* A comparison between two chunks leaves the search alone. */
static bool scans_in_chunks(struct job *job, const struct drawn_search *search)
{
	uint32_t dim = search->probe.dim;
	bool good = true;

	set_probe(job, search->probe.vector, dim);
	job_write(job, SHELL_ENGINE_STRIDE, search->stride);
	job_write(job, SHELL_ENGINE_TOP_K, search->top_k);
	job_write(job, SHELL_ENGINE_LEAST, (uint32_t)search->least);
	job_write(job, SHELL_ENGINE_REFERENCE, SHELL_SRAM_ADDRESS);
	for (uint32_t i = 0; i < DRAWN_ROWS; i += CHUNK) {
		uint32_t left = DRAWN_ROWS - i;

		job_write(job, SHELL_ENGINE_ROWS_LO, i * search->stride);
		job_write(job, SHELL_ENGINE_FIRST, FIRST + i);
		job_write(job, SHELL_ENGINE_COUNT, left < CHUNK ? left : CHUNK);
		good &= run(job, i ? SHELL_ENGINE_GO_ON : SHELL_ENGINE_SCAN) ==
			SHELL_DONE;
		good &= run(job, SHELL_ENGINE_COMPARE) == SHELL_DONE;
	}
	return good && run(job, SHELL_ENGINE_SORT) == SHELL_DONE;
}

static bool engine_finds(struct job *job, const struct drawn_search *search)
{
	if (!scans_in_chunks(job, search) ||
	    job_read(job, SHELL_ENGINE_FOUND) != search->count)
		return false;
	for (uint32_t i = 0; i < search->count; i++) {
		job_write(job, SHELL_ENGINE_INDEX, i);
		if (!drawn_row_is(&search->rows[i],
			    job_read(job, SHELL_ENGINE_ROW) - FIRST,
			    (int32_t)job_read(job, SHELL_ENGINE_ROW_RAW),
			    (int32_t)job_read(job, SHELL_ENGINE_ROW_SIMILARITY)))
			return false;
	}
	return true;
}

static void check_searches(void)
{
	for (unsigned int i = 0; i < DRAWN_SEARCHES; i++) {
		struct drawn_search search;

		drawn_search(i, (int8_t *)card, &search);
		for (unsigned int m = 0; m < MATCHERS; m++)
			tap_result(engine_finds(&jobs[m], &search),
				   "%u of %u rows, dimension %u, engine %s",
				   search.count, DRAWN_ROWS, search.probe.dim,
				   matchers[m]->name);
	}
}

static uint64_t cycles_of(struct job *job, uint32_t what)
{
	run(job, what);
	return job_read(job, SHELL_ENGINE_CYCLES_LO) |
	       (uint64_t)job_read(job, SHELL_ENGINE_CYCLES_HI) << 32;
}

/* A tenth is what a program may be wrong about the time that the gateware takes. */
static void check_cycles(uint32_t what, const char *name)
{
	uint64_t due = 0;

	for (unsigned int m = 0; m < MATCHERS; m++) {
		struct job *job = &jobs[m];
		uint64_t cycles;

		job_write(job, SHELL_ENGINE_DIM, LIMEN_DIM_MAX);
		job_write(job, SHELL_ENGINE_ROWS_LO, 0);
		job_write(job, SHELL_ENGINE_STRIDE, LIMEN_DIM_MAX);
		job_write(job, SHELL_ENGINE_COUNT, 128);
		cycles = cycles_of(job, what);
		due = due ? due : cycles;
		tap_result(10 * cycles >= 9 * due && 10 * cycles <= 11 * due,
			   "cycles of %s, engine %s", name, matchers[m]->name);
		printf("# figure: %" PRIu64 " cycles of %s, engine %s\n", cycles,
		       name, matchers[m]->name);
	}
}

/* What is stopped is refused, and the next job has nothing of it. */
static void check_stop(struct job *job)
{
	struct limen_template vector = { .dim = LIMEN_DIM_MAX };
	struct limen_pair pair = { .probe = &vector, .reference = &vector };
	bool refused;

	drawn_vector(vector.vector, vector.dim);
	pair.score = limen_score_vectors(vector.vector, vector.vector, vector.dim);
	set_probe(job, vector.vector, vector.dim);
	job_write(job, SHELL_ENGINE_ROWS_LO, 0);
	job_write(job, SHELL_ENGINE_STRIDE, vector.dim);
	job_write(job, SHELL_ENGINE_TOP_K, 1);
	job_write(job, SHELL_ENGINE_COUNT, DRAWN_ROWS);
	job_go(job, SHELL_ENGINE_SCAN, &memory);
	job_go(job, SHELL_ENGINE_STOP, &memory);
	refused = job->state == SHELL_REFUSED;
	tap_result(refused && compares(job, &pair), "engine %s stops",
		   job->matcher->name);
}

/* Nor after WIPE, or a reset in the middle of a scan. */
static void check_wipes(struct job *job)
{
	bool wiped = run(job, SHELL_ENGINE_WIPE) == SHELL_DONE &&
		     !job_read(job, SHELL_ENGINE_RAW) &&
		     !job_read(job, SHELL_ENGINE_FOUND);

	check_stop(job);
	job_go(job, SHELL_ENGINE_SCAN, &memory);
	job_wipe(job);
	wiped &= job->state == SHELL_DONE && !job_read(job, SHELL_ENGINE_PROBE);
	check_stop(job);
	tap_result(wiped, "engine %s forgets", job->matcher->name);
}

int main(void)
{
	for (unsigned int m = 0; m < MATCHERS; m++)
		if (job_init(&jobs[m], matchers[m]))
			return 1;
	check_pairs();
	check_searches();
	check_cycles(SHELL_ENGINE_COMPARE, "a comparison of 512 components");
	check_cycles(SHELL_ENGINE_SCAN, "128 rows of 512 components");
	for (unsigned int m = 0; m < MATCHERS; m++) {
		check_wipes(&jobs[m]);
		job_free(&jobs[m]);
	}
	return tap_end();
}
