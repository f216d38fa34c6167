// SPDX-License-Identifier: MIT
/* What limen bench match times. */
#include "subject.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cli.h>
#include <monotonic.h>

#include "data.h"

#define TIMEOUT_MS 600000
/* Pairs of a run; what they compare stays in the first-level cache. */
#define BATCHES 1024
/* Rows that the engine is given at once. */
#define BLOCK_ROWS 16384
#define HUGE_PAGE (2ul << 20)

static void name_it(struct bench_subject *subject, double work,
		    const char *unit)
{
	subject->times.work = work;
	subject->times.unit = unit;
}

static int give_up(struct bench_subject *subject, const char *why)
{
	snprintf(subject->times.missing, sizeof(subject->times.missing), "%s",
		 why);
	return FAILED;
}

int bench_gallery_fill(struct bench_gallery *gallery, uint32_t rows,
		       int64_t until)
{
	static const uint8_t model[LIMEN_MODEL_ID_SIZE];
	struct limen_template tmpl = { .dim = BENCH_DIM };
	int64_t row = 0;
	uint32_t i;

	if (!gallery->gallery)
		row = limen_gallery_create(&gallery->gallery, model, BENCH_DIM);
	while (row >= 0 && gallery->rows < rows &&
	       (gallery->rows % BLOCK_ROWS || now_ns() < until)) {
		bench_data_row(gallery->rows, tmpl.vector);
		row = limen_gallery_add(gallery->gallery, &tmpl);
		gallery->rows++;
	}
	if (row < 0)
		return fail("no gallery of %u rows: %s", rows,
			    limen_strerror(row));
	for (i = 0; i < BENCH_PROBES_MAX; i++) {
		gallery->probes[i] = (struct limen_template){ .dim = BENCH_DIM };
		gallery->mates[i] = bench_data_probe(i, gallery->rows,
						     gallery->probes[i].vector);
	}
	return DONE;
}

void bench_gallery_free(struct bench_gallery *gallery)
{
	limen_gallery_close(gallery->gallery);
	gallery->gallery = NULL;
	gallery->rows = 0;
}

int bench_planes_fill(struct bench_planes *planes, uint32_t rows)
{
	const size_t half = (size_t)rows * BENCH_DIM / 2;
	int8_t vector[BENCH_DIM];
	uint32_t i;

	planes->rows = rows;
	planes->size = 2 * half;
	planes->memory = aligned_alloc(HUGE_PAGE, (planes->size + HUGE_PAGE - 1) &
						  -HUGE_PAGE);
	planes->facts = malloc(rows * sizeof(*planes->facts));
	if (!planes->memory || !planes->facts) {
		bench_planes_free(planes);
		return fail("no memory for %u rows", rows);
	}
	/* Without them, it is slower; the report tells. */
	madvise(planes->memory, planes->size, MADV_HUGEPAGE);
	for (i = 0; i < rows; i++) {
		uint8_t *coarse = planes->memory + (size_t)i * BENCH_DIM / 2;

		bench_data_row(i, vector);
		planes->facts[i] = match_split(vector, BENCH_DIM, coarse,
					       coarse + half);
	}
	return DONE;
}

void bench_planes_free(struct bench_planes *planes)
{
	free(planes->memory);
	free(planes->facts);
	*planes = (struct bench_planes){};
}

static int run_search(struct bench_subject *subject, int64_t *elapsed)
{
	static struct limen_row rows[BENCH_PROBES_MAX * BENCH_TOP];
	const struct limen_template *probes[BENCH_PROBES_MAX];
	const struct bench_gallery *gallery = subject->gallery;
	uint32_t counts[BENCH_PROBES_MAX];
	int64_t start;
	unsigned int i;
	int result;

	for (i = 0; i < subject->probes; i++)
		probes[i] = &gallery->probes[i];
	start = now_ns();
	if (subject->probes == 1)
		result = limen_search(subject->backend, probes[0],
				      gallery->gallery, BENCH_TOP, INT32_MIN,
				      rows, TIMEOUT_MS);
	else
		result = limen_search_batch(subject->backend, probes,
					    subject->probes, gallery->gallery,
					    BENCH_TOP, INT32_MIN, rows, counts,
					    TIMEOUT_MS);
	*elapsed = now_ns() - start;
	if (result < 0)
		return give_up(subject, limen_strerror(result));
	for (i = 0; i < subject->probes; i++)
		if (rows[i * BENCH_TOP].row != gallery->mates[i])
			return give_up(subject, "found the wrong row");
	return DONE;
}

void bench_subject_search(struct bench_subject *subject, const char *name,
			  struct limen_backend *backend,
			  const struct bench_gallery *gallery,
			  unsigned int probes)
{
	snprintf(subject->times.name, sizeof(subject->times.name), "%s", name);
	name_it(subject, (double)gallery->rows * probes / 1e6,
		"million comparisons");
	subject->run = run_search;
	subject->backend = backend;
	subject->gallery = gallery;
	subject->probes = probes;
	if (backend)
		snprintf(subject->times.detail, sizeof(subject->times.detail),
			 "%s", limen_backend_description(backend));
}

/**
 * struct scan - a search that reads whole rows
 * @search: what the kernels know of it
 * @best: rows found, the most similar first
 * @count: how many
 */
struct scan {
	struct match_search search;
	struct limen_row best[BENCH_TOP];
	unsigned int count;
};

/* Rows come in rising order: of equal ones, the earlier stays before. */
static void offer(struct match_search *search, uint32_t row,
		  struct limen_score score)
{
	struct scan *scan = (struct scan *)search;
	unsigned int i;

	if (scan->count == BENCH_TOP) {
		if (score.similarity <= scan->best[BENCH_TOP - 1].score.similarity)
			return;
		scan->count--;
	}
	for (i = scan->count++; i > 0; i--) {
		if (scan->best[i - 1].score.similarity >= score.similarity)
			break;
		scan->best[i] = scan->best[i - 1];
	}
	scan->best[i] = (struct limen_row){ row, score };
	if (scan->count == BENCH_TOP)
		search->bound = match_bound(
			search->probe,
			scan->best[BENCH_TOP - 1].score.similarity);
}

static int run_scan(struct bench_subject *subject, int64_t *elapsed)
{
	const struct bench_planes *planes = subject->planes;
	struct match_probe probe;
	struct scan scan = {
		.search = { .probe = &probe, .offer = offer },
	};
	struct match_rows rows = {};
	int64_t start = now_ns();

	match_probe_set(&probe, subject->gallery->probes[0].vector, BENCH_DIM);
	scan.search.bound = match_bound(&probe, INT32_MIN);
	for (; rows.first < planes->rows; rows.first += rows.count) {
		rows.count = planes->rows - rows.first;
		if (rows.count > BLOCK_ROWS)
			rows.count = BLOCK_ROWS;
		rows.coarse = planes->memory +
			      (size_t)rows.first * BENCH_DIM / 2;
		rows.fine = rows.coarse + planes->size / 2;
		rows.facts = planes->facts + rows.first;
		subject->kernels->scan(&rows, &scan.search);
	}
	*elapsed = now_ns() - start;
	if (scan.best[0].row != subject->gallery->mates[0])
		return give_up(subject, "found the wrong row");
	return DONE;
}

void bench_subject_scan(struct bench_subject *subject,
			const struct match_kernels *kernels,
			const struct bench_planes *planes,
			const struct bench_gallery *gallery)
{
	snprintf(subject->times.name, sizeof(subject->times.name),
		 "Limen, whole rows");
	snprintf(subject->times.detail, sizeof(subject->times.detail),
		 "CPU, %s", kernels->name);
	name_it(subject, planes->rows / 1e6, "million comparisons");
	subject->run = run_scan;
	subject->kernels = kernels;
	subject->planes = planes;
	subject->gallery = gallery;
}

/* One thread's part of reading. */
static void *read_part(void *context)
{
	const struct bench_subject *subject = context;
	const size_t size = subject->planes->size / subject->threads;
	volatile uint64_t sum;

	sum = subject->reader->sum(subject->planes->memory, size,
				   subject->streams, subject->ahead);
	(void)sum;
	return NULL;
}

static void *read_second_half(void *context)
{
	struct bench_subject *subject = context;
	struct bench_planes planes = *subject->planes;
	struct bench_subject second = *subject;

	planes.memory += planes.size / 2;
	second.planes = &planes;
	return read_part(&second);
}

static int run_read(struct bench_subject *subject, int64_t *elapsed)
{
	int64_t start = now_ns();
	pthread_t thread;

	if (subject->threads == 2 &&
	    pthread_create(&thread, NULL, read_second_half, subject))
		return give_up(subject, "no second thread");
	read_part(subject);
	if (subject->threads == 2)
		pthread_join(thread, NULL);
	*elapsed = now_ns() - start;
	return DONE;
}

void bench_subject_read(struct bench_subject *subject,
			const struct bench_reader *reader,
			unsigned int streams, size_t ahead,
			const struct bench_planes *planes)
{
	snprintf(subject->times.name, sizeof(subject->times.name),
		 "reading whole rows");
	snprintf(subject->times.detail, sizeof(subject->times.detail),
		 "sum by %s, %u streams%s", reader->name, streams,
		 ahead ? ", prefetching" : "");
	name_it(subject, planes->size / 1e9, "GB");
	subject->run = run_read;
	subject->planes = planes;
	subject->reader = reader;
	subject->streams = streams;
	subject->ahead = ahead;
	subject->threads = 1;
}

void bench_subject_read_halves(struct bench_subject *subject,
			       const struct bench_subject *like)
{
	bench_subject_read(subject, like->reader, like->streams, like->ahead,
			   like->planes);
	snprintf(subject->times.name, sizeof(subject->times.name),
		 "reading whole rows, two threads");
	subject->threads = 2;
}

static void *multiply(void *context)
{
	struct bench_subject *subject = context;

	subject->times.work = subject->threads * subject->peak->run() / 1e9;
	return NULL;
}

static void *multiply_too(void *context)
{
	const struct bench_subject *subject = context;

	subject->peak->run();
	return NULL;
}

static int run_peak(struct bench_subject *subject, int64_t *elapsed)
{
	int64_t start = now_ns();
	pthread_t thread;

	if (subject->threads == 2 &&
	    pthread_create(&thread, NULL, multiply_too, subject))
		return give_up(subject, "no second thread");
	multiply(subject);
	if (subject->threads == 2)
		pthread_join(thread, NULL);
	*elapsed = now_ns() - start;
	return DONE;
}

void bench_subject_peak(struct bench_subject *subject,
			const struct bench_peak *peak, unsigned int threads)
{
	snprintf(subject->times.name, sizeof(subject->times.name),
		 "%s peak, random data%s", peak->name,
		 threads == 2 ? ", two threads" : "");
	snprintf(subject->times.missing, sizeof(subject->times.missing), "%s",
		 peak->unusable() ?: "");
	name_it(subject, 0, "G operations");
	subject->run = run_peak;
	subject->peak = peak;
	subject->threads = threads;
}

static int run_peer(struct bench_subject *subject, int64_t *elapsed)
{
	struct bench_peers_answer answer;

	if (bench_peers_run(subject->peers, subject->peer, &answer,
			    subject->times.missing,
			    sizeof(subject->times.missing)))
		return FAILED;
	*elapsed = answer.elapsed;
	if (answer.missed)
		return give_up(subject, "found the wrong row");
	subject->times.inexact |= answer.others || answer.wrong;
	return DONE;
}

void bench_subject_peer(struct bench_subject *subject, const char *name,
			struct bench_peers *peers, const char *peer,
			uint32_t rows, uint32_t probes)
{
	snprintf(subject->times.name, sizeof(subject->times.name), "%s", name);
	name_it(subject, (double)rows * probes / 1e6, "million comparisons");
	subject->run = run_peer;
	subject->peers = peers;
	subject->peer = peer;
	fprintf(stderr, "limen: %s: %u rows\n", name, rows);
	if (bench_peers_prepare(peers, peer, rows, probes,
				subject->times.detail,
				sizeof(subject->times.detail)))
		give_up(subject, subject->times.detail);
}

static int8_t hot[BENCH_HOT_ROWS + 1][BENCH_DIM] __attribute__((aligned(64)));

static int run_independent(struct bench_subject *subject, int64_t *elapsed)
{
	const struct match_kernels *kernels = subject->kernels;
	int64_t start = now_ns();
	volatile uint32_t result;
	uint32_t sum = 0;
	unsigned int i;

	for (i = 0; i < BENCH_PAIRS; i++)
		sum += kernels->dot(hot[BENCH_HOT_ROWS], hot[i % BENCH_HOT_ROWS], BENCH_DIM);
	result = sum;
	(void)result;
	*elapsed = now_ns() - start;
	return DONE;
}

/* Where a pair lies is known only when the one before has been compared. */
static int run_dependent(struct bench_subject *subject, int64_t *elapsed)
{
	const struct match_kernels *kernels = subject->kernels;
	volatile int32_t nothing = 0;
	const int32_t mask = nothing;
	int64_t start = now_ns();
	volatile int32_t result;
	int32_t raw = 0;
	unsigned int i;

	for (i = 0; i < BENCH_PAIRS; i++)
		raw = kernels->dot(hot[BENCH_HOT_ROWS],
				   hot[i % BENCH_HOT_ROWS] + (raw & mask), BENCH_DIM);
	result = raw;
	(void)result;
	*elapsed = now_ns() - start;
	return DONE;
}

void bench_subject_dot(struct bench_subject *subject, enum bench_pairs pairs,
		       const struct match_kernels *kernels)
{
	uint32_t i;

	for (i = 0; i <= BENCH_HOT_ROWS; i++)
		bench_data_row(i, hot[i]);
	snprintf(subject->times.name, sizeof(subject->times.name),
		 "raw scores, %s", pairs == BENCH_DEPENDENT ?
		 "each waiting for the last" : "independent");
	snprintf(subject->times.detail, sizeof(subject->times.detail),
		 "CPU, %s", kernels->name);
	name_it(subject, BENCH_PAIRS / 1e6, "million comparisons");
	subject->run = pairs == BENCH_DEPENDENT ? run_dependent :
						  run_independent;
	subject->kernels = kernels;
}

static int run_compare(struct bench_subject *subject, int64_t *elapsed)
{
	static struct limen_template templates[BENCH_HOT_ROWS + 1];
	struct limen_pair pairs[LIMEN_BATCH_MAX];
	int64_t start;
	unsigned int i;
	int error = 0;

	for (i = 0; i <= BENCH_HOT_ROWS; i++) {
		templates[i] = (struct limen_template){ .dim = BENCH_DIM };
		bench_data_row(i, templates[i].vector);
	}
	for (i = 0; i < LIMEN_BATCH_MAX; i++) {
		pairs[i].size = sizeof(*pairs);
		pairs[i].probe = &templates[BENCH_HOT_ROWS];
		pairs[i].reference = &templates[i % BENCH_HOT_ROWS];
	}
	start = now_ns();
	for (i = 0; i < BATCHES && !error; i++)
		error = limen_compare(subject->backend, pairs, LIMEN_BATCH_MAX,
				      TIMEOUT_MS);
	*elapsed = now_ns() - start;
	return error ? give_up(subject, limen_strerror(error)) : DONE;
}

void bench_subject_compare(struct bench_subject *subject,
			   struct limen_backend *backend)
{
	snprintf(subject->times.name, sizeof(subject->times.name),
		 "published scores, batches of %d", LIMEN_BATCH_MAX);
	snprintf(subject->times.detail, sizeof(subject->times.detail), "%s",
		 limen_backend_description(backend));
	name_it(subject, BATCHES * LIMEN_BATCH_MAX / 1e6,
		"million comparisons");
	subject->run = run_compare;
	subject->backend = backend;
}

static void run_once(struct bench_subject *subject, bool warm)
{
	struct bench_times *times = &subject->times;
	int64_t elapsed;

	if (times->missing[0])
		return;
	if (subject->run(subject, &elapsed))
		times->count = 0;
	else if (!warm)
		times->elapsed[times->count++] = elapsed;
}

void bench_rounds(struct bench_subject *const *subjects, unsigned int rounds)
{
	unsigned int round, count = 0, i;

	while (subjects[count])
		count++;
	for (i = 0; i < count; i++)
		run_once(subjects[i], true);
	for (round = 0; round < rounds; round++)
		for (i = 0; i < count; i++)
			run_once(subjects[(round + i) % count], false);
}
