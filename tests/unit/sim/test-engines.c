// SPDX-License-Identifier: MIT
/*
 * The same pairs and searches by the definition of the score, by the library's fastest
 * kernel, and by the engines of the simulated card, through their registers.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <job.h>
#include <limen.h>
#include <tap.h>

#define PAIRS		10000
#define ROWS		1500
/* No divisor of ROWS: the last chunk is a smaller one. */
#define CHUNK		400
#define FIRST		7
#define TIMEOUT_MS	60000

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
static uint8_t card[ROWS * LIMEN_DIM_MAX * 2];

static const struct job_memory memory = {
	.sram = sram, .card = card, .card_size = sizeof(card),
};

/* Of a linear congruential generator. */
static uint32_t state = 1;

static uint32_t roll(void)
{
	state = state * 1664525 + 1013904223;
	return state >> 16;
}

/* Random components, few different ones, the extreme one, or zeros. */
static void fill(int8_t *vector, uint32_t dim)
{
	uint32_t kind = roll() % 16;

	for (uint32_t i = 0; i < dim; i++)
		if (kind < 10)
			vector[i] = (int8_t)roll();
		else if (kind < 14)
			vector[i] = (int8_t)(roll() % 3) - 1;
		else
			vector[i] = kind == 14 ? -128 : 0;
}

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

static bool scores(const struct limen_score *one, const struct limen_score *other)
{
	return one->raw == other->raw && one->similarity == other->similarity;
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

static void check_pairs(struct limen_backend *cpu)
{
	struct limen_template probe = { 0 }, reference = { 0 };
	unsigned int bad_cpu = 0, bad[MATCHERS] = { 0 };

	for (unsigned int i = 0; i < PAIRS; i++) {
		struct limen_pair pair = { .probe = &probe, .reference = &reference };
		struct limen_score due;

		probe.dim = reference.dim = LIMEN_DIM_STEP * (1 + i % 8);
		fill(probe.vector, probe.dim);
		fill(reference.vector, probe.dim);
		due = limen_score_vectors(probe.vector, reference.vector, probe.dim);
		bad_cpu += limen_compare(cpu, &pair, 1, TIMEOUT_MS) ||
			   !scores(&pair.score, &due);
		pair.score = due;
		for (unsigned int m = 0; m < MATCHERS; m++)
			bad[m] += !compares(&jobs[m], &pair);
	}
	tap_result(!bad_cpu, "%u pairs, %s: %u wrong", PAIRS,
		   limen_backend_description(cpu), bad_cpu);
	for (unsigned int m = 0; m < MATCHERS; m++) {
		tap_result(!bad[m], "%u pairs, engine %s: %u wrong", PAIRS,
			   matchers[m]->name, bad[m]);
		tap_result(!keeps_vectors(&jobs[m]), "engine %s keeps no vector",
			   matchers[m]->name);
	}
}

/* A search, and its result. */
struct search {
	struct limen_template probe;
	uint32_t stride;
	uint32_t top_k;
	int32_t least;
	struct limen_row rows[LIMEN_TOP_K_MAX];
	uint32_t count;
};

static int by_rank(const void *a, const void *b)
{
	const struct limen_row *one = a, *other = b;

	if (one->score.similarity != other->score.similarity)
		return one->score.similarity > other->score.similarity ? -1 : 1;
	return one->row < other->row ? -1 : one->row > other->row;
}

static const int8_t *row_at(const struct search *search, uint32_t row)
{
	return (const int8_t *)card + (size_t)row * search->stride;
}

static void search_by_definition(struct search *search)
{
	static struct limen_row all[ROWS];
	const struct limen_template *probe = &search->probe;
	uint32_t count = 0;

	for (uint32_t i = 0; i < ROWS; i++) {
		struct limen_score score = limen_score_vectors(
			probe->vector, row_at(search, i), probe->dim);

		if (score.similarity >= search->least)
			all[count++] = (struct limen_row){ i, score };
	}
	qsort(all, count, sizeof(*all), by_rank);
	search->count = count < search->top_k ? count : search->top_k;
	memcpy(search->rows, all, search->count * sizeof(*all));
}

static bool row_is(const struct limen_row *row, uint32_t number, int32_t raw,
		   int32_t similarity)
{
	return row->row == number && row->score.raw == raw &&
	       row->score.similarity == similarity;
}

static bool cpu_finds(struct limen_backend *cpu, const struct search *search)
{
	static struct limen_row found[LIMEN_TOP_K_MAX];
	struct limen_template row = { .dim = search->probe.dim };
	struct limen_gallery *gallery;
	bool good = true;
	int count;

	if (limen_gallery_create(&gallery, row.model, row.dim))
		return false;
	for (uint32_t i = 0; i < ROWS; i++) {
		memcpy(row.vector, row_at(search, i), row.dim);
		good &= limen_gallery_add(gallery, &row) == i;
	}
	count = limen_search(cpu, &search->probe, gallery, search->top_k,
			     search->least, found, TIMEOUT_MS);
	good &= count == (int)search->count;
	for (int i = 0; good && i < count; i++)
		good = row_is(&search->rows[i], found[i].row, found[i].score.raw,
			      found[i].score.similarity);
	limen_gallery_close(gallery);
	return good;
}

/* A comparison between two chunks leaves the search alone. */
static bool scans_in_chunks(struct job *job, const struct search *search)
{
	uint32_t dim = search->probe.dim;
	bool good = true;

	set_probe(job, search->probe.vector, dim);
	job_write(job, SHELL_ENGINE_STRIDE, search->stride);
	job_write(job, SHELL_ENGINE_TOP_K, search->top_k);
	job_write(job, SHELL_ENGINE_LEAST, (uint32_t)search->least);
	job_write(job, SHELL_ENGINE_REFERENCE, SHELL_SRAM_ADDRESS);
	for (uint32_t i = 0; i < ROWS; i += CHUNK) {
		uint32_t left = ROWS - i;

		job_write(job, SHELL_ENGINE_ROWS_LO, i * search->stride);
		job_write(job, SHELL_ENGINE_FIRST, FIRST + i);
		job_write(job, SHELL_ENGINE_COUNT, left < CHUNK ? left : CHUNK);
		good &= run(job, i ? SHELL_ENGINE_GO_ON : SHELL_ENGINE_SCAN) ==
			SHELL_DONE;
		good &= run(job, SHELL_ENGINE_COMPARE) == SHELL_DONE;
	}
	return good && run(job, SHELL_ENGINE_SORT) == SHELL_DONE;
}

static bool engine_finds(struct job *job, const struct search *search)
{
	if (!scans_in_chunks(job, search) ||
	    job_read(job, SHELL_ENGINE_FOUND) != search->count)
		return false;
	for (uint32_t i = 0; i < search->count; i++) {
		job_write(job, SHELL_ENGINE_INDEX, i);
		if (!row_is(&search->rows[i],
			    job_read(job, SHELL_ENGINE_ROW) - FIRST,
			    (int32_t)job_read(job, SHELL_ENGINE_ROW_RAW),
			    (int32_t)job_read(job, SHELL_ENGINE_ROW_SIMILARITY)))
			return false;
	}
	return true;
}

static void check_search(struct limen_backend *cpu, struct search *search)
{
	const char *const text = "%u of %u rows, dimension %u, %s";
	uint32_t dim = search->probe.dim;

	fill(search->probe.vector, dim);
	for (uint32_t i = 0; i < ROWS; i++)
		fill((int8_t *)card + (size_t)i * search->stride, dim);
	search_by_definition(search);
	tap_result(cpu_finds(cpu, search), text, search->count, ROWS, dim,
		   limen_backend_description(cpu));
	for (unsigned int m = 0; m < MATCHERS; m++)
		tap_result(engine_finds(&jobs[m], search), text, search->count,
			   ROWS, dim, matchers[m]->name);
}

static void check_searches(struct limen_backend *cpu)
{
	static const uint32_t top_k[] = { 1, 8, 9, 100, LIMEN_TOP_K_MAX };

	for (unsigned int i = 0; i < 8; i++) {
		struct search search = {
			.probe.dim = LIMEN_DIM_STEP * (1 + i),
			.stride = LIMEN_DIM_STEP * (1 + i + i % 3),
			.top_k = top_k[i % 5],
			.least = i % 2 ? 0 : -LIMEN_SIMILARITY_ONE,
		};

		check_search(cpu, &search);
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

	fill(vector.vector, vector.dim);
	pair.score = limen_score_vectors(vector.vector, vector.vector, vector.dim);
	set_probe(job, vector.vector, vector.dim);
	job_write(job, SHELL_ENGINE_ROWS_LO, 0);
	job_write(job, SHELL_ENGINE_STRIDE, vector.dim);
	job_write(job, SHELL_ENGINE_TOP_K, 1);
	job_write(job, SHELL_ENGINE_COUNT, ROWS);
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
	struct limen_backend *cpu;

	for (unsigned int m = 0; m < MATCHERS; m++)
		if (job_init(&jobs[m], matchers[m]))
			return 1;
	if (limen_backend_open(&cpu, LIMEN_BACKEND_CPU, NULL))
		return 1;
	check_pairs(cpu);
	check_searches(cpu);
	check_cycles(SHELL_ENGINE_COMPARE, "a comparison of 512 components");
	check_cycles(SHELL_ENGINE_SCAN, "128 rows of 512 components");
	for (unsigned int m = 0; m < MATCHERS; m++) {
		check_wipes(&jobs[m]);
		job_free(&jobs[m]);
	}
	limen_backend_close(cpu);
	return tap_end();
}
