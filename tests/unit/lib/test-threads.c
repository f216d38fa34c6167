// SPDX-License-Identifier: MIT
/*
 * Searches of a gallery that others add to, remove from and save meanwhile:
 * each result must be that of the rows of one moment during the search. Meant for
 * ThreadSanitizer, so threads tell each other what they did by relaxed atomics,
 * which order nothing that the library does not order itself.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include <sys/stat.h>

#include "../face/suite.h"
#include "backends.h"
#include "sample.h"

#define DIM 512
#define BLOCK 16384
#define ROWS_MAX (2 * BLOCK)
#define PROBES 4
#define ADDERS 2
#define SEARCHERS_MAX 8
#define TOP 20
#define SECONDS 4

/* From any thread; Check sees that the process has died. */
#define MUST(condition) do { \
		if (!(condition)) { \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, \
				#condition); \
			abort(); \
		} \
	} while (0)

/**
 * struct history - of a row
 * @seed: what it was made of, plus 1; 0 as long as nobody knows
 * @added: moment after it was added, or 0
 * @leaving: moment before it was removed, or 0
 * @left: moment after that, or 0
 */
struct history {
	atomic_uint seed;
	atomic_uint added;
	atomic_uint leaving;
	atomic_uint left;
};

static struct history histories[ROWS_MAX];
/* Scores of what a seed makes, with each probe. */
static struct limen_score scores[ROWS_MAX][PROBES];
static struct limen_template probes[PROBES];
static struct limen_gallery *gallery;
static atomic_uint clock_now, seeds, done;

#define SET(variable, value) \
	atomic_store_explicit(&(variable), value, memory_order_relaxed)
#define GET(variable) atomic_load_explicit(&(variable), memory_order_relaxed)
#define NEXT(variable) \
	(1 + atomic_fetch_add_explicit(&(variable), 1, memory_order_relaxed))

/* The moments before and after something. */
struct span {
	unsigned int from, to;
};

/* In the gallery for all of the span. */
static bool surely_in(uint32_t row, struct span span)
{
	unsigned int added = GET(histories[row].added);
	unsigned int leaving = GET(histories[row].leaving);

	return added && added < span.from && (!leaving || leaving > span.to);
}

/* Not in it at any moment of the span. */
static bool surely_out(uint32_t row, struct span span)
{
	unsigned int left = GET(histories[row].left);

	return left && left < span.from;
}

/* Found before whoever added it could tell, a row must be waited for. */
static uint32_t seed_of(uint32_t row)
{
	unsigned int seed;

	MUST(row < ROWS_MAX);
	while (!(seed = GET(histories[row].seed)))
		nanosleep(&(struct timespec){ .tv_nsec = 10000 }, NULL);
	return seed - 1;
}

static const struct limen_score *score_of(uint32_t row, unsigned int probe)
{
	return &scores[seed_of(row)][probe];
}

static bool ranks_before(uint32_t a, uint32_t b, unsigned int probe)
{
	int32_t first = score_of(a, probe)->similarity;
	int32_t second = score_of(b, probe)->similarity;

	return first != second ? first > second : a < b;
}

static void check_order(const struct limen_row *rows, int64_t count,
			unsigned int probe, struct span span)
{
	int64_t i;

	for (i = 0; i < count; i++) {
		const struct limen_score *score = score_of(rows[i].row, probe);

		MUST(rows[i].score.raw == score->raw);
		MUST(rows[i].score.similarity == score->similarity);
		MUST(!surely_out(rows[i].row, span));
		MUST(!i || ranks_before(rows[i - 1].row, rows[i].row, probe));
	}
}

/* Nothing that belongs into the result is missing. */
static void check_whole(const struct limen_row *rows, int64_t count,
			int64_t most, int32_t min, unsigned int probe,
			struct span span)
{
	static _Thread_local bool found[ROWS_MAX];
	uint32_t row;
	int64_t i;

	for (i = 0; i < count; i++)
		found[rows[i].row] = true;
	for (row = 0; row < ROWS_MAX; row++) {
		if (found[row] || !surely_in(row, span) ||
		    score_of(row, probe)->similarity < min)
			continue;
		MUST(count == most);
		MUST(ranks_before(rows[count - 1].row, row, probe));
	}
	for (i = 0; i < count; i++)
		found[rows[i].row] = false;
}

static void check_result(const struct limen_row *rows, int64_t count,
			 int64_t most, int32_t min, unsigned int probe,
			 struct span span)
{
	MUST(count >= 0 && count <= most);
	check_order(rows, count, probe, span);
	check_whole(rows, count, most, min, probe, span);
}

static void search_one(struct limen_backend *backend, unsigned int probe)
{
	struct limen_row rows[TOP];
	struct span span;
	int count;

	span.from = NEXT(clock_now);
	count = limen_search(backend, &probes[probe], gallery, TOP,
			     -LIMEN_SIMILARITY_ONE, rows, 60000);
	span.to = NEXT(clock_now);
	check_result(rows, count, TOP, -LIMEN_SIMILARITY_ONE, probe, span);
}

static void search_many(struct limen_backend *backend)
{
	const struct limen_template *each[PROBES];
	struct limen_row rows[PROBES * TOP];
	uint32_t counts[PROBES];
	struct span span;
	unsigned int i;

	for (i = 0; i < PROBES; i++)
		each[i] = &probes[i];
	span.from = NEXT(clock_now);
	MUST(!limen_search_batch(backend, each, PROBES, gallery, TOP, 0, rows,
				 counts, 60000));
	span.to = NEXT(clock_now);
	for (i = 0; i < PROBES; i++)
		check_result(rows + i * TOP, counts[i], TOP, 0, i, span);
}

static void search_all(struct limen_backend *backend, unsigned int probe)
{
	const int32_t min = LIMEN_SIMILARITY_ONE / 16;
	struct limen_row *rows;
	struct span span;
	int64_t count;

	span.from = NEXT(clock_now);
	count = limen_search_all(backend, &probes[probe], gallery, min, &rows,
				 60000);
	span.to = NEXT(clock_now);
	MUST(count >= 0);
	check_result(rows, count, INT64_MAX, min, probe, span);
	limen_rows_free(rows, count);
}

static void *searcher(void *context)
{
	struct limen_backend *backend = context;
	unsigned int i;

	for (i = 0; !GET(done); i++) {
		search_one(backend, i % PROBES);
		search_many(backend);
		search_all(backend, i % PROBES);
	}
	return NULL;
}

static void pause_for(unsigned int *seed, long most_us)
{
	struct timespec time = {
		.tv_nsec = rand_r(seed) % most_us * 1000,
	};

	nanosleep(&time, NULL);
}

/* Its scores are known before the row can be found. */
static void add_row(void)
{
	uint32_t seed = NEXT(seeds) - 1;
	struct limen_template tmpl = sample(DIM, seed);
	unsigned int i;
	int64_t row;

	MUST(seed < ROWS_MAX);
	for (i = 0; i < PROBES; i++)
		scores[seed][i] = limen_score_vectors(probes[i].vector,
						      tmpl.vector, DIM);
	row = limen_gallery_add(gallery, &tmpl);
	MUST(row >= 0 && row < ROWS_MAX);
	MUST(!GET(histories[row].seed));
	SET(histories[row].seed, seed + 1);
	SET(histories[row].added, NEXT(clock_now));
}

static void *adder(void *context)
{
	unsigned int seed = (uintptr_t)context;

	while (!GET(done)) {
		add_row();
		pause_for(&seed, 10000);
	}
	return NULL;
}

static void remove_row(uint32_t row)
{
	SET(histories[row].leaving, NEXT(clock_now));
	MUST(!limen_gallery_remove(gallery, row));
	SET(histories[row].left, NEXT(clock_now));
	MUST(limen_gallery_remove(gallery, row) == -ENOENT);
}

/* The only one, so that what it chooses is still there. */
static void *remover(void *context)
{
	unsigned int seed = (uintptr_t)context;
	uint32_t row, next = 0;

	while (!GET(done)) {
		struct span now = { NEXT(clock_now), UINT32_MAX };
		uint32_t rows = limen_gallery_rows(gallery);

		MUST(rows);
		/* By turns the first that there is, and any. */
		while (next < rows && !surely_in(next, now))
			next++;
		row = rand_r(&seed) % 2 ? next : rand_r(&seed) % rows;
		if (row < rows && surely_in(row, now))
			remove_row(row);
		pause_for(&seed, 20000);
	}
	return NULL;
}

static void check_row(const struct limen_gallery *where, uint32_t row,
		      struct span span)
{
	struct limen_template tmpl, expected;
	int error = limen_gallery_row(where, row, &tmpl);

	if (!span.to)
		span.to = NEXT(clock_now);
	if (error) {
		MUST(error == -ENOENT && !surely_in(row, span));
		return;
	}
	expected = sample(DIM, seed_of(row));
	MUST(!memcmp(tmpl.vector, expected.vector, DIM));
	MUST(!surely_out(row, span));
}

static void *saver(void *context)
{
	struct limen_gallery *saved;
	unsigned int seed = (uintptr_t)context;
	struct span span;
	uint32_t row;

	while (!GET(done)) {
		span.from = NEXT(clock_now);
		MUST(!limen_gallery_save(gallery, in_folder("saved")));
		span.to = NEXT(clock_now);
		MUST(!limen_gallery_open(&saved, in_folder("saved")));
		for (row = 0; row < ROWS_MAX; row += 1 + rand_r(&seed) % 8)
			check_row(saved, row, span);
		limen_gallery_close(saved);
		for (row = rand_r(&seed) % 64; row < ROWS_MAX; row += 64)
			check_row(gallery, row,
				  (struct span){ NEXT(clock_now), 0 });
		pause_for(&seed, 100000);
	}
	return NULL;
}

/* All but every step-th row of the first ones have been removed. */
static void fill(uint32_t rows, uint32_t thin, uint32_t step)
{
	uint32_t i;

	for (i = 0; i < PROBES; i++)
		probes[i] = sample(DIM, ROWS_MAX + i);
	MUST(!limen_gallery_create(&gallery, probes[0].model, DIM));
	for (i = 0; i < rows; i++)
		add_row();
	for (i = 0; i < thin; i++)
		if (i % step)
			remove_row(i);
}

static void run_all(struct limen_backend **opened, unsigned int count)
{
	pthread_t threads[SEARCHERS_MAX + ADDERS + 2];
	unsigned int used = 0, i;

	for (i = 0; i < count; i++)
		MUST(!pthread_create(&threads[used++], NULL, searcher,
				     opened[i]));
	for (i = 0; i < ADDERS; i++)
		MUST(!pthread_create(&threads[used++], NULL, adder,
				     (void *)(uintptr_t)i));
	MUST(!pthread_create(&threads[used++], NULL, remover, NULL));
	MUST(!pthread_create(&threads[used++], NULL, saver, NULL));
	nanosleep(&(struct timespec){ .tv_sec = SECONDS }, NULL);
	SET(done, 1);
	while (used)
		pthread_join(threads[--used], NULL);
}

static const struct {
	uint32_t rows, thin, step;
	bool file;
} starts[] = {
	/* A first block that goes, a second one that begins. */
	{ BLOCK - 20, BLOCK - 500, 1000, false },
	/* One that lies in a file, moves into memory, and grows there. */
	{ BLOCK / 8 - 20, 0, 1, true },
};

START_TEST(searches_while_rows_come_and_go)
{
	struct limen_backend *opened[SEARCHERS_MAX];
	unsigned int count = 0;
	int i;

	fill(starts[_i].rows, starts[_i].thin, starts[_i].step);
	if (starts[_i].file) {
		MUST(!limen_gallery_save(gallery, in_folder("g")));
		limen_gallery_close(gallery);
		MUST(!limen_gallery_open(&gallery, in_folder("g")));
	}
	/* Each instruction set, and the fastest one in two threads. */
	for (i = 0; backends[i].node[0] && count < SEARCHERS_MAX - 1; i++)
		if (backends[i].kind == LIMEN_BACKEND_CPU)
			opened[count++] = backend_open(i);
	MUST(!limen_backend_open(&opened[count], LIMEN_BACKEND_CPU, NULL));
	MUST(!limen_backend_threads(opened[count++], 2));
	run_all(opened, count);
	while (count)
		limen_backend_close(opened[--count]);
	MUST(limen_gallery_rows(gallery) > starts[_i].rows);
	MUST(limen_gallery_removed(gallery) > 0);
	limen_gallery_close(gallery);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("threads");
	TCase *tests = tcase_create("threads");

	backends_find();
	tcase_set_timeout(tests, 120);
	tcase_add_checked_fixture(tests, folder_make, folder_remove);
	tcase_add_loop_test(tests, searches_while_rows_come_and_go, 0,
			    COUNT_OF(starts));
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
