// SPDX-License-Identifier: MIT
/* How the benchmark checks what its peers answer: right answers pass, others are counted. */
#include <stdlib.h>

#include "../face/suite.h"
#include "data.h"
#include "peers/exact.h"
#include "peers/rank.h"

#define ROWS 500
#define PROBES 3

static int32_t products[ROWS][PROBES];
static struct ranking ranking;
static double bounds[PEER_PROBES_MAX];

static void multiply_all(void)
{
	int8_t probe[BENCH_DIM], row[BENCH_DIM];
	uint32_t i, p;

	for (p = 0; p < PROBES; p++) {
		bench_data_probe(p, ROWS, probe);
		for (i = 0; i < ROWS; i++) {
			bench_data_row(i, row);
			products[i][p] = peer_dot(probe, row) + ranking.shift[p];
		}
	}
}

static void rank_rows(void)
{
	ck_assert_int_eq(bench_data_open(), 0);
	ck_assert_int_eq(ranking_open(&ranking, ROWS, PROBES), 0);
	ranking.shift[1] = 1234;
	multiply_all();
	ranking_begin(&ranking);
	/* In parts, as peers do. */
	ranking_add(&ranking, 0, 300, products[0]);
	ranking_add(&ranking, 300, ROWS - 300, products[300]);
	exact_bounds(ROWS, PROBES, bounds);
}

static void forget_rows(void)
{
	ranking_close(&ranking);
	bench_data_close();
}

static unsigned int others(uint32_t probe)
{
	return exact_others(ROWS, probe, bounds[probe], ranking.row[probe]);
}

START_TEST(right_rows_pass)
{
	int8_t vector[BENCH_DIM];
	uint32_t p;

	for (p = 0; p < PROBES; p++) {
		ck_assert_int_eq(ranking.row[p][0], bench_data_probe(p, ROWS, vector));
		ck_assert_uint_eq(others(p), 0);
	}
}
END_TEST

START_TEST(other_rows_are_counted)
{
	int64_t *found = ranking.row[0];
	int64_t row, right = found[9];
	unsigned int i;

	/* Each row is among the best, or it is another. */
	for (row = 0; row < ROWS; row++) {
		for (i = 0; i < 9 && found[i] != row; i++)
			;
		found[9] = row;
		ck_assert_uint_eq(others(0), i < 9 || row != right);
	}
	found[9] = ROWS;
	ck_assert_uint_eq(others(0), 1);
	found[8] = -1;
	ck_assert_uint_eq(others(0), 2);
	ck_assert_uint_eq(others(1), 0);
}
END_TEST

START_TEST(wrong_products_are_counted)
{
	ck_assert_uint_eq(ranking_wrong(&ranking, ROWS, 0, ROWS, products[0]), 0);
	products[17][1]++;
	ck_assert_uint_eq(ranking_wrong(&ranking, ROWS, 0, ROWS, products[0]),
			  1000000 / (ROWS * PROBES));
	ck_assert_uint_eq(ranking_wrong(&ranking, ROWS, 20, 100, products[20]), 0);
	products[30][0] = products[30][2] = 0;
	ck_assert_uint_eq(ranking_wrong(&ranking, ROWS, 20, 100, products[20]),
			  2 * 1000000 / (100 * PROBES));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("peers");
	TCase *tests = tcase_create("checked");

	tcase_set_timeout(tests, 60);
	tcase_add_checked_fixture(tests, rank_rows, forget_rows);
	tcase_add_test(tests, right_rows_pass);
	tcase_add_test(tests, other_rows_are_counted);
	tcase_add_test(tests, wrong_products_are_counted);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
