// SPDX-License-Identifier: MIT
/*
 * Searches by every backend that is usable here, against scoring all rows by the
 * contract's header and sorting them.
 */
#include <errno.h>

#include "../face/suite.h"
#include "backends.h"
#include "sample.h"

#define WAIT_MS 60000
#define LEAST (-LIMEN_SIMILARITY_ONE)

/**
 * struct population - a gallery, and what is known of it
 * @gallery: it
 * @dim: components of a row
 * @rows: row numbers given out
 * @vectors: of the rows, one after another
 * @removed: which rows have been removed
 * @all: the rows that have not been, as @probe ranks them
 * @count: how many these are
 * @probe: whom @all is for; its dimension is 0 once the rows have changed
 */
struct population {
	struct limen_gallery *gallery;
	uint32_t dim;
	uint32_t rows;
	int8_t *vectors;
	bool *removed;
	struct limen_row *all;
	uint32_t count;
	struct limen_template probe;
};

static struct population populate(uint32_t dim, uint32_t rows)
{
	struct limen_template any = sample(dim, 0);
	struct population made = {
		.dim = dim,
		.vectors = malloc((size_t)rows * dim + 1),
		.removed = calloc(rows + 1, sizeof(bool)),
		.all = calloc(rows + 1, sizeof(struct limen_row)),
	};

	ck_assert(made.vectors && made.removed && made.all);
	ck_assert_int_eq(limen_gallery_create(&made.gallery, any.model, dim), 0);
	return made;
}

static void add(struct population *population, const int8_t *vector)
{
	struct limen_template tmpl = sample(population->dim, 0);
	uint32_t dim = population->dim;

	memcpy(tmpl.vector, vector, dim);
	memcpy(population->vectors + (size_t)population->rows * dim, vector,
	       dim);
	ck_assert_int_eq(limen_gallery_add(population->gallery, &tmpl),
			 population->rows);
	population->rows++;
	population->probe.dim = 0;
}

static void drop(struct population *population, uint32_t row)
{
	ck_assert_int_eq(limen_gallery_remove(population->gallery, row), 0);
	population->removed[row] = true;
	population->probe.dim = 0;
}

static void depopulate(struct population *population)
{
	limen_gallery_close(population->gallery);
	free(population->vectors);
	free(population->removed);
	free(population->all);
}

/* The generator's state stays with the caller, so that cases do not correlate. */
static int8_t component(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 24;
}

static struct limen_template random_probe(uint32_t dim, uint32_t seed)
{
	struct limen_template probe = sample(dim, 0);
	uint32_t i;

	seed = seed * 2654435761u + 99;
	for (i = 0; i < dim; i++)
		probe.vector[i] = component(&seed);
	return probe;
}

/* What rows can be filled with, for a probe. */
enum fill {
	FILL_RANDOM,
	FILL_FEW, /* of few different vectors: many rows tie */
	FILL_EXTREME, /* components all one value, zeros included */
	FILL_ZERO,
	FILL_SAME,
	FILL_NEAR, /* the probe with some noise, and its opposite */
	FILL_FINE, /* fine halves that take the limit of the sieve to its end */
	FILL_MIXED,
	FILLS
};

/*
 * The fine half is 15 where the probe is positive and 0 where it is negative, or
 * the other way round: as far from the middle as it can be, along the probe.
 */
static int8_t tight(int8_t probe, int8_t any, bool along)
{
	return (any & ~15) | ((probe > 0) == along ? 15 : 0);
}

static void fill_vector(enum fill fill, const struct limen_template *probe,
			uint32_t *seed, int8_t *vector)
{
	static const int8_t extremes[] = { -128, 127, 0, 1, -1 };
	int8_t choice = component(seed);
	uint32_t few = (uint8_t)choice % 7;
	uint32_t i;

	if (fill == FILL_MIXED)
		fill = few;
	for (i = 0; i < probe->dim; i++) {
		int8_t any = component(fill == FILL_FEW ? &few : seed);

		if (fill == FILL_EXTREME)
			any = extremes[(uint8_t)choice % COUNT_OF(extremes)];
		else if (fill == FILL_ZERO)
			any = 0;
		else if (fill == FILL_SAME)
			any = 3 * i;
		else if (fill == FILL_NEAR)
			any = (choice > 0 ? 1 : -1) * (probe->vector[i] / 2) +
			      any / (1 + (choice & 7));
		else if (fill == FILL_FINE)
			any = tight(probe->vector[i], any, choice & 3);
		vector[i] = any;
	}
}

static void fill(struct population *population, enum fill with,
		 const struct limen_template *probe, uint32_t rows)
{
	int8_t vector[LIMEN_DIM_MAX];
	uint32_t seed = 7 * with + population->dim;

	while (rows--) {
		fill_vector(with, probe, &seed, vector);
		add(population, vector);
	}
}

static int by_rank(const void *a, const void *b)
{
	const struct limen_row *x = a, *y = b;

	if (x->score.similarity != y->score.similarity)
		return x->score.similarity < y->score.similarity ? 1 : -1;
	return x->row < y->row ? -1 : 1;
}

static void rank(struct population *population,
		 const struct limen_template *probe)
{
	struct limen_row *all = population->all;
	uint32_t dim = population->dim, count = 0, i;

	for (i = 0; i < population->rows; i++) {
		if (population->removed[i])
			continue;
		all[count].row = i;
		all[count++].score = limen_score_vectors(
			probe->vector, population->vectors + (size_t)i * dim,
			dim);
	}
	qsort(all, count, sizeof(*all), by_rank);
	population->count = count;
	population->probe = *probe;
}

/* How many of population->all are expected. */
static uint32_t expect(struct population *population,
		       const struct limen_template *probe, int32_t min)
{
	uint32_t count;

	if (population->probe.dim != probe->dim ||
	    memcmp(population->probe.vector, probe->vector, probe->dim))
		rank(population, probe);
	count = population->count;
	while (count && population->all[count - 1].score.similarity < min)
		count--;
	return count;
}

static void check_rows(const struct limen_row *rows, int64_t found,
		       const struct limen_row *all, uint32_t expected,
		       const char *what)
{
	uint32_t i;

	ck_assert_msg(found == expected, "%s: %lld rows instead of %u", what,
		      (long long)found, expected);
	for (i = 0; i < expected; i++)
		ck_assert_msg(rows[i].row == all[i].row &&
			      rows[i].score.raw == all[i].score.raw &&
			      rows[i].score.similarity ==
			      all[i].score.similarity,
			      "%s: at %u row %u (%d, %d) instead of %u (%d, %d)",
			      what, i, rows[i].row, rows[i].score.raw,
			      rows[i].score.similarity, all[i].row,
			      all[i].score.raw, all[i].score.similarity);
}

static void try_all(struct limen_backend *backend,
		    struct population *population,
		    const struct limen_template *probe, int32_t min)
{
	uint32_t count = expect(population, probe, min);
	struct limen_row *rows = NULL;
	int64_t found;
	char what[64];

	snprintf(what, sizeof(what), "dim %u, rows %u, all from %d",
		 population->dim, population->rows, min);
	found = limen_search_all(backend, probe, population->gallery, min,
				 &rows, WAIT_MS);
	check_rows(rows, found, population->all, count, what);
	limen_rows_free(rows, found);
}

static void try_best(struct limen_backend *backend,
		     struct population *population,
		     const struct limen_template *probe, uint32_t top_k,
		     int32_t min)
{
	uint32_t count = expect(population, probe, min);
	struct limen_row rows[LIMEN_TOP_K_MAX];
	char what[64];
	int found;

	snprintf(what, sizeof(what), "dim %u, rows %u, best %u from %d",
		 population->dim, population->rows, top_k, min);
	found = limen_search(backend, probe, population->gallery, top_k, min,
			     rows, WAIT_MS);
	check_rows(rows, found, population->all, count < top_k ? count : top_k,
		   what);
}

START_TEST(every_dimension)
{
	struct limen_backend *backend = backend_open(_i);
	uint32_t dim, i;

	for (dim = 64; dim <= LIMEN_DIM_MAX; dim += 64) {
		struct limen_template probe = random_probe(dim, dim);
		struct population some = populate(dim, 2311);

		fill(&some, FILL_MIXED, &probe, 2311);
		for (i = 0; i < 4; i++) {
			try_best(backend, &some, &probe, 10, LEAST);
			try_all(backend, &some, &probe, 4000);
			probe = random_probe(dim, dim + i + 1);
		}
		depopulate(&some);
	}
	limen_backend_close(backend);
}
END_TEST

START_TEST(every_kind_of_row)
{
	static const uint32_t tops[] = { 1, 10, 100, LIMEN_TOP_K_MAX };
	struct limen_backend *backend = backend_open(_i);
	int with, top;

	for (with = 0; with < FILLS; with++) {
		struct limen_template probe = random_probe(256, with);
		struct population some = populate(256, 3001);

		fill(&some, with, &probe, 3001);
		for (top = 0; top < COUNT_OF(tops); top++)
			try_best(backend, &some, &probe, tops[top], LEAST);
		try_all(backend, &some, &probe, LEAST);
		depopulate(&some);
	}
	limen_backend_close(backend);
}
END_TEST

/* All components of a probe. */
static const int8_t uniform[] = { -128, 127, 0, 1 };

START_TEST(every_kind_of_probe)
{
	struct limen_backend *backend = backend_open(_i);
	int i;

	for (i = 0; i < COUNT_OF(uniform); i++) {
		struct limen_template probe = sample(512, 0);
		struct population some = populate(512, 2000);

		memset(probe.vector, uniform[i], sizeof(probe.vector));
		fill(&some, FILL_MIXED, &probe, 1000);
		fill(&some, FILL_EXTREME, &probe, 1000);
		try_best(backend, &some, &probe, 20, LEAST);
		try_best(backend, &some, &probe, 20, 0);
		try_best(backend, &some, &probe, 20, 1);
		try_all(backend, &some, &probe, LIMEN_SIMILARITY_ONE);
		depopulate(&some);
	}
	limen_backend_close(backend);
}
END_TEST

/*
 * The components of the probe are of one size: then the limit of the sieve is
 * reached, not only approached, and one that is too low by anything loses rows.
 * One row in four is better than its coarse half shows, the others are worse.
 */
START_TEST(rows_at_the_limit_of_the_sieve)
{
	struct limen_backend *backend = backend_open(_i);
	uint32_t dim, i;
	int size;

	for (dim = 64; dim <= LIMEN_DIM_MAX; dim += 64) {
		struct limen_template probe = random_probe(dim, dim);
		struct population some = populate(dim, 6000);

		size = dim % 128 ? 127 : 3;
		for (i = 0; i < dim; i++)
			probe.vector[i] = probe.vector[i] > 0 ? size : -size;
		fill(&some, FILL_FINE, &probe, 6000);
		try_best(backend, &some, &probe, 3, LEAST);
		try_best(backend, &some, &probe, 50, 0);
		try_all(backend, &some, &probe, some.all[40].score.similarity);
		depopulate(&some);
	}
	limen_backend_close(backend);
}
END_TEST

/* A vector whose similarity to the probe is from least to most. */
static void find_vector(const struct limen_template *probe, int along,
			int32_t least, int32_t most, int8_t *vector)
{
	uint32_t seed = 1, i;
	int32_t similarity;

	do {
		for (i = 0; i < probe->dim; i++) {
			vector[i] = component(&seed);
			if (along >= 0)
				vector[i] = tight(probe->vector[i], vector[i],
						  along);
		}
		similarity = limen_score_vectors(probe->vector, vector,
						 probe->dim).similarity;
	} while (similarity < least || similarity > most);
}

/*
 * Two rows are equally similar. The coarse half of the first one shows less than
 * that, so that it is read last, and the other is found before it: still the
 * first one is the best. All other rows but one are far from the probe.
 */
START_TEST(the_first_of_equal_rows)
{
	struct limen_template probe = random_probe(64, 3);
	struct population some = populate(64, 40000);
	struct limen_backend *backend = backend_open(_i);
	int8_t far[64], near[64], low[64], high[64];
	uint32_t i;

	for (i = 0; i < 64; i++)
		far[i] = -probe.vector[i] / 2;
	find_vector(&probe, true, 6000, 6000, low);
	find_vector(&probe, false, 6000, 6000, high);
	find_vector(&probe, -1, 5500, 5900, near);
	for (i = 0; i < 40000; i++)
		add(&some, i == 7 ? near : i == 1500 ? low :
			   i == 17000 ? high : far);
	try_best(backend, &some, &probe, 1, LEAST);
	ck_assert_uint_eq(some.all[0].row, 1500);
	ck_assert_uint_eq(some.all[1].row, 17000);
	limen_backend_close(backend);
	depopulate(&some);
}
END_TEST

static const uint32_t row_counts[] = {
	0, 1, 2, 15, 16, 17, 63, 64, 65, 255, 257, 1023, 1024, 1025, 8191, 8192,
	8193, 16383, 16384, 16385, 33001,
};

START_TEST(every_number_of_rows)
{
	static const uint32_t dims[] = { 64, 192, 512 };
	struct limen_backend *backend = backend_open(_i);
	int dim, i;

	for (dim = 0; dim < COUNT_OF(dims); dim++) {
		struct limen_template probe = random_probe(dims[dim], dim);
		struct population some = populate(dims[dim], 33001);

		for (i = 0; i < COUNT_OF(row_counts); i++) {
			fill(&some, FILL_MIXED, &probe,
			     row_counts[i] - some.rows);
			try_best(backend, &some, &probe, 7, LEAST);
			try_best(backend, &some, &probe, 1000, LEAST);
		}
		depopulate(&some);
	}
	limen_backend_close(backend);
}
END_TEST

START_TEST(every_threshold)
{
	static const int32_t mins[] = {
		INT32_MIN, -32769, -32768, -32767, -5000, -1, 0, 1, 5000, 32767,
		32768, 32769, INT32_MAX,
	};
	struct limen_template probe = random_probe(512, 4);
	struct population some = populate(512, 3000);
	struct limen_backend *backend = backend_open(_i);
	int32_t exact;
	int i;

	fill(&some, FILL_MIXED, &probe, 2900);
	for (i = 0; i < 100; i++)
		add(&some, probe.vector);
	for (i = 0; i < COUNT_OF(mins); i++) {
		try_best(backend, &some, &probe, 30, mins[i]);
		try_best(backend, &some, &probe, LIMEN_TOP_K_MAX, mins[i]);
		try_all(backend, &some, &probe, mins[i]);
	}
	for (i = 0; i < 300; i += 10) {
		expect(&some, &probe, LEAST);
		exact = some.all[i].score.similarity;
		try_all(backend, &some, &probe, exact);
		try_all(backend, &some, &probe, exact + 1);
		try_best(backend, &some, &probe, i + 1, exact);
	}
	limen_backend_close(backend);
	depopulate(&some);
}
END_TEST

static void try_batch(struct limen_backend *backend,
		      struct population *population, unsigned int count,
		      uint32_t top_k, int32_t min)
{
	struct limen_template *probes = calloc(count, sizeof(*probes));
	const struct limen_template **list = calloc(count, sizeof(void *));
	struct limen_row *rows = calloc((size_t)count * top_k, sizeof(*rows));
	uint32_t *counts = calloc(count, sizeof(*counts));
	unsigned int i;
	char what[80];

	for (i = 0; i < count; i++) {
		probes[i] = random_probe(population->dim, i);
		list[i] = &probes[i];
	}
	ck_assert_int_eq(limen_search_batch(backend, list, count,
					    population->gallery, top_k, min,
					    rows, counts, WAIT_MS), 0);
	for (i = 0; i < count; i++) {
		uint32_t all = expect(population, list[i], min);

		snprintf(what, sizeof(what), "dim %u, rows %u, probe %u of %u",
			 population->dim, population->rows, i, count);
		check_rows(rows + (size_t)i * top_k, counts[i], population->all,
			   all < top_k ? all : top_k, what);
	}
	free(counts);
	free(rows);
	free(list);
	free(probes);
}

START_TEST(every_batch)
{
	static const unsigned int counts[] = { 1, 2, 7, 64, 256, 300 };
	static const uint32_t dims[] = { 64, 320, 512 };
	struct limen_backend *backend = backend_open(_i);
	int dim, i;

	for (dim = 0; dim < COUNT_OF(dims); dim++) {
		struct limen_template probe = random_probe(dims[dim], 5);
		struct population some = populate(dims[dim], 1201);

		fill(&some, FILL_MIXED, &probe, 1201);
		for (i = 0; i < COUNT_OF(counts); i++)
			if (counts[i] <= 64 || dims[dim] == 512)
				try_batch(backend, &some, counts[i], 10, LEAST);
		try_batch(backend, &some, 64, 1, 3000);
		try_batch(backend, &some, 33, LIMEN_TOP_K_MAX, LEAST);
		depopulate(&some);
	}
	limen_backend_close(backend);
}
END_TEST

START_TEST(removed_rows_are_never_found)
{
	struct limen_template probe = random_probe(128, 6);
	struct population some = populate(128, 140000);
	struct limen_backend *backend = backend_open(_i);
	uint32_t i;

	fill(&some, FILL_NEAR, &probe, 3000);
	fill(&some, FILL_RANDOM, &probe, 137000);
	try_best(backend, &some, &probe, 10, LEAST);
	for (i = 0; i < 70000; i += 1 + (i > 3000) * 40)
		drop(&some, i);
	try_best(backend, &some, &probe, 10, LEAST);
	try_best(backend, &some, &probe, LIMEN_TOP_K_MAX, LEAST);
	try_all(backend, &some, &probe, 6000);
	try_batch(backend, &some, 9, 10, LEAST);
	for (i = 70000; i < 140000; i++)
		drop(&some, i);
	try_best(backend, &some, &probe, 10, LEAST);
	limen_backend_close(backend);
	depopulate(&some);
}
END_TEST

START_TEST(an_empty_gallery)
{
	struct limen_template probe = random_probe(128, 6);
	struct population some = populate(128, 5);
	struct limen_backend *backend = backend_open(_i);
	uint32_t i;

	try_best(backend, &some, &probe, 10, LEAST);
	try_all(backend, &some, &probe, LEAST);
	try_batch(backend, &some, 7, 10, LEAST);
	fill(&some, FILL_ZERO, &probe, 5);
	for (i = 0; i < 5; i++)
		drop(&some, i);
	try_best(backend, &some, &probe, 10, LEAST);
	try_all(backend, &some, &probe, LEAST);
	try_batch(backend, &some, 7, 10, LEAST);
	limen_backend_close(backend);
	depopulate(&some);
}
END_TEST

/* A backend is given the gallery anew whenever it has changed. */
START_TEST(a_gallery_that_changes)
{
	struct limen_template probe = random_probe(256, 8);
	struct population some = populate(256, 1300);
	struct population other = populate(64, 100);
	struct limen_template short_probe = random_probe(64, 8);
	struct limen_backend *backend = backend_open(_i);
	uint32_t i;

	fill(&other, FILL_RANDOM, &short_probe, 100);
	fill(&some, FILL_MIXED, &probe, 1000);
	for (i = 0; i < 100; i++) {
		try_best(backend, &some, &probe, 1, LEAST);
		if (i % 3 == 0)
			drop(&some, some.all[0].row);
		else
			fill(&some, FILL_NEAR, &probe, 3);
		if (i % 10 == 0)
			try_best(backend, &other, &short_probe, 5, LEAST);
	}
	limen_backend_close(backend);
	depopulate(&some);
	depopulate(&other);
}
END_TEST

START_TEST(any_number_of_threads)
{
	struct limen_template probe = random_probe(192, 9);
	struct limen_backend *backend = backend_open(_i);
	struct population some;
	struct limen_row row;
	unsigned int threads;

	if (backends[_i].kind != LIMEN_BACKEND_CPU) {
		ck_assert_int_eq(limen_backend_threads(backend, 2),
				 -EOPNOTSUPP);
		limen_backend_close(backend);
		return;
	}
	some = populate(192, 50001);
	fill(&some, FILL_MIXED, &probe, 50001);
	for (threads = 3; threads; threads--) {
		ck_assert_int_eq(limen_backend_threads(backend, threads), 0);
		try_best(backend, &some, &probe, 10, LEAST);
		try_best(backend, &some, &probe, LIMEN_TOP_K_MAX, -3000);
		try_all(backend, &some, &probe, 0);
		try_batch(backend, &some, 5, 10, LEAST);
		ck_assert_int_eq(limen_search(backend, &probe, some.gallery, 1,
					      0, &row, 0), -ETIMEDOUT);
	}
	ck_assert_int_eq(limen_backend_threads(backend, 0), -EINVAL);
	ck_assert_int_eq(limen_backend_threads(backend, LIMEN_THREADS_MAX + 1),
			 -EINVAL);
	limen_backend_close(backend);
	depopulate(&some);
}
END_TEST

START_TEST(refuses)
{
	struct limen_template probe = random_probe(128, 5), other = probe;
	const struct limen_template *probes[] = { &probe, &other };
	struct population some = populate(128, 2);
	struct limen_gallery *gallery = some.gallery;
	struct limen_backend *backend = backend_open(_i);
	struct limen_row rows[2], *all;
	uint32_t counts[2];

	fill(&some, FILL_RANDOM, &probe, 2);
	ck_assert_int_eq(limen_search(backend, &probe, gallery, 0, 0, rows, 1),
			 -EINVAL);
	ck_assert_int_eq(limen_search(backend, &probe, gallery,
				      LIMEN_TOP_K_MAX + 1, 0, rows, 1),
			 -EINVAL);
	ck_assert_int_eq(limen_search(backend, &probe, gallery, 1, 0, rows, -1),
			 -EINVAL);
	ck_assert_int_eq(limen_search_all(backend, &probe, gallery, 0, &all, -1),
			 -EINVAL);
	other.dim = 256;
	ck_assert_int_eq(limen_search(backend, &other, gallery, 1, 0, rows, 1),
			 -EDOM);
	ck_assert_int_eq(limen_search_all(backend, &other, gallery, 0, &all, 1),
			 -EDOM);
	ck_assert_int_eq(limen_search_batch(backend, probes, 2, gallery, 1, 0,
					    rows, counts, 1), -EDOM);
	other.model[0] ^= 1;
	ck_assert_int_eq(limen_search(backend, &other, gallery, 1, 0, rows, 1),
			 -EMEDIUMTYPE);
	ck_assert_int_eq(limen_search_batch(backend, probes, 0, gallery, 1, 0,
					    rows, counts, 1), 0);
	limen_backend_close(backend);
	depopulate(&some);
}
END_TEST

START_TEST(keeps_its_time)
{
	struct limen_template probe = random_probe(512, 5);
	struct population some = populate(512, 20000);
	struct limen_backend *backend = backend_open(_i);
	struct limen_row row, *all;

	fill(&some, FILL_RANDOM, &probe, 20000);
	ck_assert_int_eq(limen_search(backend, &probe, some.gallery, 1, 0, &row,
				      0), -ETIMEDOUT);
	ck_assert_int_eq(limen_search_all(backend, &probe, some.gallery, 0,
					  &all, 0), -ETIMEDOUT);
	limen_backend_close(backend);
	depopulate(&some);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		every_dimension, every_kind_of_row, every_kind_of_probe,
		rows_at_the_limit_of_the_sieve, the_first_of_equal_rows,
		every_number_of_rows,
		every_threshold, every_batch, removed_rows_are_never_found,
		an_empty_gallery, a_gallery_that_changes,
		any_number_of_threads, refuses, keeps_its_time,
	};
	Suite *suite = suite_create("search");
	int count = backends_find();
	TCase *each;
	int i, j;

	for (i = 0; i < count; i++) {
		each = tcase_create(backends[i].description);
		tcase_set_timeout(each, 180);
		for (j = 0; j < COUNT_OF(tests); j++)
			tcase_add_loop_test(each, tests[j], i, i + 1);
		suite_add_tcase(suite, each);
	}
	return suite_run(suite);
}
