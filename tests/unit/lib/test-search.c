// SPDX-License-Identifier: MIT
/* Searches by the CPU, against sorting everything. */
#include <errno.h>

#include "../face/suite.h"
#include "sample.h"

#define ROWS 500
#define SEEDS 37 /* fewer than rows: many rows tie */

static struct limen_backend *cpu;

static void setup(void)
{
	ck_assert_int_eq(limen_backend_open(&cpu, LIMEN_BACKEND_CPU, NULL), 0);
}

static void teardown(void)
{
	limen_backend_close(cpu);
}

static struct limen_gallery *gallery_of(uint32_t dim, uint32_t rows)
{
	struct limen_template tmpl = sample(dim, 0);
	struct limen_gallery *gallery;
	uint32_t i;

	ck_assert_int_eq(limen_gallery_create(&gallery, tmpl.model, dim), 0);
	for (i = 0; i < rows; i++) {
		tmpl = sample(dim, i * 7919 % SEEDS);
		ck_assert_int_ge(limen_gallery_add(gallery, &tmpl), 0);
	}
	return gallery;
}

static int by_rank(const void *a, const void *b)
{
	const struct limen_row *x = a, *y = b;

	if (x->score.similarity != y->score.similarity)
		return x->score.similarity < y->score.similarity ? 1 : -1;
	return x->row < y->row ? -1 : 1;
}

static uint32_t expected(const struct limen_template *probe,
			 const struct limen_gallery *gallery, int32_t min,
			 struct limen_row *rows)
{
	uint32_t count = 0, i;

	for (i = 0; i < limen_gallery_rows(gallery); i++) {
		rows[count].row = i;
		rows[count].score =
			limen_score_vectors(probe->vector,
					    limen_gallery_row(gallery, i),
					    probe->dim);
		count += rows[count].score.similarity >= min;
	}
	qsort(rows, count, sizeof(*rows), by_rank);
	return count;
}

static const struct {
	uint32_t dim, rows, top_k;
	int32_t min;
} searches[] = {
	{ 128, ROWS, 10, -LIMEN_SIMILARITY_ONE },
	{ 256, ROWS, 1, -LIMEN_SIMILARITY_ONE },
	{ 512, ROWS, LIMEN_TOP_K_MAX, -LIMEN_SIMILARITY_ONE },
	{ 512, ROWS, LIMEN_TOP_K_MAX, 0 },
	{ 512, ROWS, 20, 1000 },
	{ 512, ROWS, 20, LIMEN_SIMILARITY_ONE },
	{ 128, ROWS, 20, LIMEN_SIMILARITY_ONE + 1 },
	{ 128, 1, 5, -LIMEN_SIMILARITY_ONE },
	{ 128, 2, 2, -LIMEN_SIMILARITY_ONE },
	{ 128, 0, 5, -LIMEN_SIMILARITY_ONE },
};

START_TEST(finds_what_sorting_finds)
{
	struct limen_template probe = sample(searches[_i].dim, 5);
	struct limen_gallery *gallery = gallery_of(searches[_i].dim,
						   searches[_i].rows);
	struct limen_row rows[LIMEN_TOP_K_MAX], all[ROWS + 1] = {};
	uint32_t count, i;
	int found;

	count = expected(&probe, gallery, searches[_i].min, all);
	if (count > searches[_i].top_k)
		count = searches[_i].top_k;
	found = limen_search(cpu, &probe, gallery, searches[_i].top_k,
			     searches[_i].min, rows, 10000);
	ck_assert_int_eq(found, count);
	for (i = 0; i < count; i++) {
		ck_assert_uint_eq(rows[i].row, all[i].row);
		ck_assert_int_eq(rows[i].score.raw, all[i].score.raw);
		ck_assert_int_eq(rows[i].score.similarity,
				 all[i].score.similarity);
	}
	limen_gallery_close(gallery);
}
END_TEST

START_TEST(refuses)
{
	struct limen_template probe = sample(128, 5);
	struct limen_gallery *gallery = gallery_of(128, 2);
	struct limen_row row;

	ck_assert_int_eq(limen_search(cpu, &probe, gallery, 0, 0, &row, 1000),
			 -EINVAL);
	ck_assert_int_eq(limen_search(cpu, &probe, gallery,
				      LIMEN_TOP_K_MAX + 1, 0, &row, 1000),
			 -EINVAL);
	ck_assert_int_eq(limen_search(cpu, &probe, gallery, 1, 0, &row, -1),
			 -EINVAL);
	probe.dim = 256;
	ck_assert_int_eq(limen_search(cpu, &probe, gallery, 1, 0, &row, 1000),
			 -EDOM);
	probe.model[0] ^= 1;
	ck_assert_int_eq(limen_search(cpu, &probe, gallery, 1, 0, &row, 1000),
			 -EMEDIUMTYPE);
	limen_gallery_close(gallery);
}
END_TEST

START_TEST(keeps_its_time)
{
	struct limen_template probe = sample(512, 5);
	struct limen_gallery *gallery = gallery_of(512, 20000);
	struct limen_row row;

	ck_assert_int_eq(limen_search(cpu, &probe, gallery, 1, 0, &row, 0),
			 -ETIMEDOUT);
	limen_gallery_close(gallery);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("search");
	TCase *tests = tcase_create("search");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_loop_test(tests, finds_what_sorting_finds, 0,
			    COUNT_OF(searches));
	tcase_add_test(tests, refuses);
	tcase_add_test(tests, keeps_its_time);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
