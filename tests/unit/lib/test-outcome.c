// SPDX-License-Identifier: MIT
/* What a comparison yields: a score or an error, never both, whoever claims what. */
#include <errno.h>

#include <private.h>

#include "../face/suite.h"
#include "sample.h"

#define DIM 128
#define RAW_MOST (DIM * 128 * 128)

static const struct {
	int claimed;
	struct limen_score told;
	bool possible;
} claims[] = {
	{ 0, { 5, 1 }, true },
	{ 0, { 0, 0 }, true },
	{ 0, { 5, 0 }, true },
	{ 0, { -RAW_MOST, -LIMEN_SIMILARITY_ONE }, true },
	{ 0, { RAW_MOST, LIMEN_SIMILARITY_ONE }, true },
	{ -EIO, { 5, 1 }, true },
	{ -1, { 0, 0 }, true },
	{ -4095, { RAW_MOST + 1, 0 }, true },
	{ 0, { RAW_MOST + 1, 1 }, false },
	{ 0, { -RAW_MOST - 1, -1 }, false },
	{ 0, { INT32_MIN, 0 }, false },
	{ 0, { 5, LIMEN_SIMILARITY_ONE + 1 }, false },
	{ 0, { -5, -LIMEN_SIMILARITY_ONE - 1 }, false },
	{ 0, { 5, -1 }, false },
	{ 0, { -5, 1 }, false },
	{ 0, { 0, 1 }, false },
	{ 1, { 5, 1 }, false },
	{ INT32_MAX, { 5, 1 }, false },
	{ -4096, { 5, 1 }, false },
	{ INT32_MIN, { 5, 1 }, false },
};

static bool is_zero(struct limen_score score)
{
	return !score.raw && !score.similarity;
}

START_TEST(a_score_or_an_error)
{
	struct limen_score score = { 77, 77 };
	int error = 77;

	ck_assert_int_eq(outcome_write(&error, &score, claims[_i].claimed,
				       claims[_i].told, DIM, -EPROTO),
			 claims[_i].possible);
	if (!claims[_i].possible)
		ck_assert_int_eq(error, -EPROTO);
	else
		ck_assert_int_eq(error, claims[_i].claimed);
	if (error)
		ck_assert(is_zero(score));
	else
		ck_assert_mem_eq(&score, &claims[_i].told, sizeof(score));
}
END_TEST

/* A device that claims what cannot be has failed, and nothing of the claim is left. */
START_TEST(a_pair)
{
	struct limen_template tmpl = sample(DIM, 1);
	struct limen_pair pair = { .size = sizeof(pair), .probe = &tmpl,
				   .reference = &tmpl, .error = 77 };

	pair_settle(&pair, claims[_i].claimed, claims[_i].told, 9);
	ck_assert_int_eq(pair.error, claims[_i].possible ? claims[_i].claimed :
							   -EIO);
	ck_assert(!pair.error || is_zero(pair.score));
	ck_assert_uint_eq(pair.device_ns, 9);
}
END_TEST

/* No error is no failure: what fails has one. */
START_TEST(a_failure_has_an_error)
{
	struct limen_template tmpl = sample(DIM, 1);
	struct limen_pair pair = { .size = sizeof(pair), .probe = &tmpl,
				   .reference = &tmpl, .score = { 5, 1 } };

	pair_fail(&pair, 0);
	ck_assert_int_eq(pair.error, -EIO);
	pair_fail(&pair, 5);
	ck_assert_int_eq(pair.error, -EIO);
	pair_fail(&pair, -ENODEV);
	ck_assert_int_eq(pair.error, -ENODEV);
	ck_assert(is_zero(pair.score));
}
END_TEST

START_TEST(the_library_is_of_the_version_of_its_header)
{
	char text[32];

	snprintf(text, sizeof(text), "%d.%d.%d", LIMEN_VERSION_MAJOR,
		 LIMEN_VERSION_MINOR, LIMEN_VERSION_MICRO);
	ck_assert_str_eq(limen_version(), LIMEN_VERSION);
	ck_assert_str_eq(limen_version(), text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("outcome");
	TCase *tests = tcase_create("outcome");

	tcase_add_loop_test(tests, a_score_or_an_error, 0, COUNT_OF(claims));
	tcase_add_loop_test(tests, a_pair, 0, COUNT_OF(claims));
	tcase_add_test(tests, a_failure_has_an_error);
	tcase_add_test(tests, the_library_is_of_the_version_of_its_header);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
