// SPDX-License-Identifier: MIT
/* The score: the contract's vectors, by its header and by the CPU backend. */
#include <errno.h>
#include <string.h>

#include <limen.h>
#include <vectors.h>

#include "../face/suite.h"

static struct vector_case *cases;
static unsigned int case_count;

static void setup(void)
{
	cases = vectors_load(SCORE_VECTORS, &case_count);
	ck_assert_ptr_nonnull(cases);
	ck_assert_uint_ge(case_count, 150);
}

static void teardown(void)
{
	free(cases);
}

#define PAIR(one, other) \
	{ .size = sizeof(struct limen_pair), .probe = (one), .reference = (other) }

static void check_score(const struct limen_score *score,
			const struct vector_case *expected)
{
	ck_assert_msg(score->raw == expected->score.raw &&
		      score->similarity == expected->score.similarity,
		      "%s: raw %d, similarity %d instead of %d, %d",
		      expected->name, score->raw, score->similarity,
		      expected->score.raw, expected->score.similarity);
}

START_TEST(header_reproduces_the_vectors)
{
	unsigned int i;

	for (i = 0; i < case_count; i++) {
		const struct vector_case *vector = &cases[i];
		struct limen_score score;

		score = limen_score_vectors(vector->probe.vector,
					    vector->reference.vector,
					    vector->probe.dim);
		check_score(&score, vector);
		score = limen_score_vectors(vector->reference.vector,
					    vector->probe.vector,
					    vector->probe.dim);
		check_score(&score, vector);
	}
}
END_TEST

START_TEST(similarity_follows_from_raw_and_norms)
{
	unsigned int i;

	for (i = 0; i < case_count; i++)
		ck_assert_int_eq(limen_similarity(cases[i].score.raw,
						  cases[i].norm2[0],
						  cases[i].norm2[1]),
				 cases[i].score.similarity);
}
END_TEST

START_TEST(cpu_reproduces_the_vectors)
{
	struct limen_pair pairs[LIMEN_BATCH_MAX];
	struct limen_backend *cpu;
	unsigned int first, count, i;

	ck_assert_int_eq(limen_backend_open(&cpu, LIMEN_BACKEND_CPU, NULL), 0);
	for (first = 0; first < case_count; first += count) {
		count = case_count - first;
		if (count > LIMEN_BATCH_MAX)
			count = LIMEN_BATCH_MAX;
		for (i = 0; i < count; i++) {
			pairs[i].size = sizeof(*pairs);
			pairs[i].probe = &cases[first + i].probe;
			pairs[i].reference = &cases[first + i].reference;
		}
		ck_assert_int_eq(limen_compare(cpu, pairs, count, 1000), 0);
		for (i = 0; i < count; i++)
			check_score(&pairs[i].score, &cases[first + i]);
	}
	limen_backend_close(cpu);
}
END_TEST

START_TEST(square_root_is_the_floor)
{
	uint32_t root;

	for (root = 1; root <= 1u << 15; root++) {
		ck_assert_uint_eq(limen_isqrt(root * root), root);
		ck_assert_uint_eq(limen_isqrt(root * root - 1), root - 1);
	}
	ck_assert_uint_eq(limen_isqrt(0), 0);
}
END_TEST

START_TEST(largest_dimension_does_not_overflow)
{
	static int8_t lows[LIMEN_SCORE_DIM_LIMIT], highs[LIMEN_SCORE_DIM_LIMIT];
	struct limen_score score;

	memset(lows, -128, sizeof(lows));
	memset(highs, 127, sizeof(highs));
	score = limen_score_vectors(lows, lows, LIMEN_SCORE_DIM_LIMIT);
	ck_assert_int_eq(score.raw, 1 << 26);
	ck_assert_int_eq(score.similarity, LIMEN_SIMILARITY_ONE);
	score = limen_score_vectors(lows, highs, LIMEN_SCORE_DIM_LIMIT);
	ck_assert_int_eq(score.similarity, -LIMEN_SIMILARITY_ONE);
}
END_TEST

START_TEST(what_does_not_compare_spoils_no_other)
{
	struct limen_template foreign = cases[0].probe;
	struct limen_template wide = cases[case_count - 1].probe;
	struct limen_pair pairs[4] = {
		PAIR(&cases[0].probe, &cases[0].reference),
		PAIR(&foreign, &cases[0].reference),
		PAIR(&cases[0].probe, &wide),
		PAIR(&cases[1].probe, &cases[1].reference),
	};
	struct limen_backend *cpu;

	foreign.model[31] ^= 0x80;
	ck_assert_int_eq(limen_backend_open(&cpu, LIMEN_BACKEND_CPU, NULL), 0);
	ck_assert_int_eq(limen_compare(cpu, pairs, 4, 1000), -EMEDIUMTYPE);
	ck_assert_int_eq(pairs[1].error, -EMEDIUMTYPE);
	ck_assert_int_eq(pairs[2].error, -EDOM);
	ck_assert_int_eq(pairs[0].error, 0);
	ck_assert_int_eq(pairs[3].error, 0);
	check_score(&pairs[0].score, &cases[0]);
	check_score(&pairs[3].score, &cases[1]);
	limen_backend_close(cpu);
}
END_TEST

START_TEST(bounds_of_a_batch)
{
	struct limen_pair pairs[LIMEN_BATCH_MAX + 1] = {};
	struct limen_backend *cpu;

	ck_assert_int_eq(limen_backend_open(&cpu, LIMEN_BACKEND_CPU, NULL), 0);
	ck_assert_int_eq(limen_compare(cpu, pairs, 0, 1000), 0);
	ck_assert_int_eq(limen_compare(cpu, pairs, LIMEN_BATCH_MAX + 1, 1000),
			 -EINVAL);
	ck_assert_int_eq(limen_compare(cpu, pairs, 1, -1), -EINVAL);
	limen_backend_close(cpu);
}
END_TEST

/* A caller of a later version, whose pairs are larger than this library's. */
struct larger_pair {
	struct limen_pair pair;
	uint64_t more[2];
};

START_TEST(pairs_of_a_later_version)
{
	struct larger_pair pairs[3];
	struct limen_backend *cpu;
	unsigned int i;

	ck_assert_int_eq(limen_backend_open(&cpu, LIMEN_BACKEND_CPU, NULL), 0);
	for (i = 0; i < 3; i++)
		pairs[i] = (struct larger_pair){
			.pair = { .size = sizeof(pairs[i]),
				  .probe = &cases[i].probe,
				  .reference = &cases[i].reference },
			.more = { 11, 12 },
		};
	ck_assert_int_eq(limen_compare(cpu, &pairs[0].pair, 3, 1000), 0);
	for (i = 0; i < 3; i++) {
		check_score(&pairs[i].pair.score, &cases[i]);
		ck_assert_uint_eq(pairs[i].pair.size, sizeof(pairs[i]));
		ck_assert_uint_eq(pairs[i].more[0], 11);
		ck_assert_uint_eq(pairs[i].more[1], 12);
	}
	limen_backend_close(cpu);
}
END_TEST

static const uint32_t wrong_sizes[] = {
	0, 4, sizeof(struct limen_pair) - 8, sizeof(struct limen_pair) + 4,
	4104, UINT32_MAX,
};

START_TEST(pairs_of_no_version)
{
	struct limen_pair pairs[2] = {
		PAIR(&cases[0].probe, &cases[0].reference),
		PAIR(&cases[1].probe, &cases[1].reference),
	};
	struct limen_backend *cpu;

	pairs[0].error = pairs[1].error = 77;
	ck_assert_int_eq(limen_backend_open(&cpu, LIMEN_BACKEND_CPU, NULL), 0);
	pairs[0].size = wrong_sizes[_i];
	ck_assert_int_eq(limen_compare(cpu, pairs, 1, 1000), -EINVAL);
	ck_assert_int_eq(limen_compare(cpu, pairs, 2, 1000), -EINVAL);
	/* All are of one size. */
	pairs[0].size = sizeof(*pairs);
	pairs[1].size = wrong_sizes[_i];
	ck_assert_int_eq(limen_compare(cpu, pairs, 2, 1000), -EINVAL);
	ck_assert_int_eq(pairs[0].error, 77);
	ck_assert_int_eq(pairs[1].error, 77);
	limen_backend_close(cpu);
}
END_TEST

/* Who compares again with the same pair has nothing of what it was before. */
START_TEST(no_score_beside_an_error)
{
	struct limen_template foreign = cases[0].probe;
	struct limen_pair pair = PAIR(&cases[0].probe, &cases[0].reference);
	struct limen_backend *cpu;

	foreign.model[0] ^= 1;
	ck_assert_int_eq(limen_backend_open(&cpu, LIMEN_BACKEND_CPU, NULL), 0);
	pair.score = (struct limen_score){ 7, 7 };
	pair.probe = &foreign;
	ck_assert_int_eq(limen_compare(cpu, &pair, 1, 1000), -EMEDIUMTYPE);
	ck_assert_int_eq(pair.score.raw, 0);
	ck_assert_int_eq(pair.score.similarity, 0);
	limen_backend_close(cpu);
}
END_TEST

START_TEST(backends_that_are_not_there)
{
	struct limen_backend *backend;

	ck_assert_int_eq(limen_backend_open(&backend, LIMEN_BACKEND_CPU,
					    "/dev/null"), -EINVAL);
	ck_assert_int_eq(limen_backend_open(&backend, LIMEN_BACKEND_BOARD,
					    "/dev/null"), -ENODEV);
	ck_assert_int_eq(limen_backend_open(&backend, LIMEN_BACKEND_BOARD,
					    "/nonexistent"), -ENOENT);
	ck_assert_int_eq(limen_backend_open(&backend, 77, NULL), -EINVAL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("score");
	TCase *tests = tcase_create("vectors");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, header_reproduces_the_vectors);
	tcase_add_test(tests, similarity_follows_from_raw_and_norms);
	tcase_add_test(tests, cpu_reproduces_the_vectors);
	tcase_add_test(tests, square_root_is_the_floor);
	tcase_add_test(tests, largest_dimension_does_not_overflow);
	tcase_add_test(tests, what_does_not_compare_spoils_no_other);
	tcase_add_test(tests, bounds_of_a_batch);
	tcase_add_test(tests, pairs_of_a_later_version);
	tcase_add_loop_test(tests, pairs_of_no_version, 0,
			    sizeof(wrong_sizes) / sizeof(*wrong_sizes));
	tcase_add_test(tests, no_score_beside_an_error);
	tcase_add_test(tests, backends_that_are_not_there);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
