// SPDX-License-Identifier: MIT
/*
 * The policy, in full: every combination of observations.
 */
#include <errno.h>
#include <string.h>

#include <decision.h>
#include <face.h>

#include "suite.h"

#define THRESHOLD 13108 /* 0.40 */

/* Every number an observation may be, and many it should never be. */
static const int values[] = {
	0, 1, 2, 3, 4, 255, INT32_MAX, INT32_MIN,
	GATE_NOT_OBSERVED, -EIO, -ENODEV, -ENXIO, -ETIME, -ETIMEDOUT,
	-ECANCELED, -EPROTO, -EREMOTEIO, -ENOMEM, -EBADMSG, -EMEDIUMTYPE,
	-EDOM, -EINVAL, -EACCES, -ENOENT, -ECONNREFUSED, -4095,
};

static struct gate_evidence perfect(void)
{
	return (struct gate_evidence){ .score = { 1, THRESHOLD } };
}

static int *observation(struct gate_evidence *evidence, int number)
{
	int *all[] = { &evidence->document, &evidence->portrait,
		       &evidence->camera,   &evidence->live,
		       &evidence->service,  &evidence->comparison };

	return all[number];
}

#define OBSERVATIONS 6

static void check_refer(const struct gate_evidence *evidence, int32_t threshold,
			enum gate_reason reason)
{
	struct gate_verdict verdict = gate_decide(evidence, threshold);

	ck_assert_int_eq(verdict.outcome, GATE_REFER);
	ck_assert_int_eq(verdict.reason, reason);
}

START_TEST(everything_in_order_matches)
{
	struct gate_evidence evidence = perfect();
	struct gate_verdict verdict = gate_decide(&evidence, THRESHOLD);

	ck_assert_int_eq(verdict.outcome, GATE_MATCH);
	ck_assert_int_eq(verdict.reason, GATE_REASON_NONE);
	ck_assert(gate_evidence_scored(&evidence));
}
END_TEST

START_TEST(nothing_observed_refers)
{
	struct gate_evidence evidence;

	gate_evidence_init(&evidence);
	check_refer(&evidence, THRESHOLD, GATE_REASON_INTERNAL);
	evidence.score.similarity = LIMEN_SIMILARITY_ONE;
	check_refer(&evidence, THRESHOLD, GATE_REASON_INTERNAL);
}
END_TEST

/* Any two observations out of order, with the best score there is. */
START_TEST(anything_out_of_order_refers)
{
	for (int i = 0; i < COUNT_OF(values); i++) {
		for (int k = 0; k < COUNT_OF(values) * OBSERVATIONS; k++) {
			struct gate_evidence evidence = perfect();
			struct gate_verdict verdict;

			evidence.score.similarity = LIMEN_SIMILARITY_ONE;
			*observation(&evidence, k % OBSERVATIONS) =
				values[k / OBSERVATIONS];
			*observation(&evidence, _i) = values[i];
			verdict = gate_decide(&evidence, THRESHOLD);
			if (!values[i] && (!values[k / OBSERVATIONS] ||
					   k % OBSERVATIONS == _i)) {
				ck_assert_int_eq(verdict.outcome, GATE_MATCH);
				continue;
			}
			ck_assert_int_eq(verdict.outcome, GATE_REFER);
			ck_assert_int_ne(verdict.reason, GATE_REASON_NONE);
			ck_assert_int_ne(verdict.reason, GATE_REASON_SCORE);
			ck_assert(!gate_evidence_scored(&evidence));
		}
	}
}
END_TEST

START_TEST(too_late_refers_whatever_was_seen)
{
	struct gate_evidence evidence = perfect();

	evidence.timed_out = true;
	check_refer(&evidence, THRESHOLD, GATE_REASON_TIMEOUT);
	ck_assert(!gate_evidence_scored(&evidence));
	evidence.camera = -EIO;
	check_refer(&evidence, THRESHOLD, GATE_REASON_TIMEOUT);
}
END_TEST

START_TEST(the_threshold_is_exact)
{
	for (int32_t score = -LIMEN_SIMILARITY_ONE;
	     score <= LIMEN_SIMILARITY_ONE; score++) {
		struct gate_evidence evidence = perfect();

		evidence.score.similarity = score;
		ck_assert_int_eq(gate_decide(&evidence, THRESHOLD).outcome,
				 score >= THRESHOLD ? GATE_MATCH : GATE_REFER);
		if (score < THRESHOLD)
			check_refer(&evidence, THRESHOLD, GATE_REASON_SCORE);
	}
}
END_TEST

START_TEST(impossible_scores_and_thresholds_refer)
{
	static const int32_t scores[] = { LIMEN_SIMILARITY_ONE + 1,
					  -LIMEN_SIMILARITY_ONE - 1, INT32_MAX,
					  INT32_MIN };
	static const int32_t thresholds[] = { 0, -1, LIMEN_SIMILARITY_ONE + 1,
					      INT32_MIN, INT32_MAX };
	struct gate_evidence evidence = perfect();

	evidence.score.similarity = LIMEN_SIMILARITY_ONE;
	for (int i = 0; i < COUNT_OF(thresholds); i++)
		check_refer(&evidence, thresholds[i], GATE_REASON_INTERNAL);
	for (int i = 0; i < COUNT_OF(scores); i++) {
		evidence.score.similarity = scores[i];
		check_refer(&evidence, THRESHOLD, GATE_REASON_INTERNAL);
	}
}
END_TEST

static const struct {
	int observation, value;
	enum gate_reason reason;
} reasons[] = {
	{ 0, -ENOENT, GATE_REASON_DOCUMENT },
	{ 0, -EBADMSG, GATE_REASON_DOCUMENT },
	{ 0, -EFBIG, GATE_REASON_DOCUMENT },
	{ 0, -ENOMEM, GATE_REASON_INTERNAL },
	{ 1, FACE_NONE, GATE_REASON_DOCUMENT },
	{ 1, FACE_SEVERAL, GATE_REASON_DOCUMENT },
	{ 1, FACE_QUALITY, GATE_REASON_DOCUMENT },
	{ 1, -EBADMSG, GATE_REASON_INTERNAL },
	{ 2, -ENODEV, GATE_REASON_CAMERA },
	{ 2, -EACCES, GATE_REASON_CAMERA },
	{ 2, -ETIMEDOUT, GATE_REASON_CAMERA },
	{ 3, FACE_NONE, GATE_REASON_NO_FACE },
	{ 3, FACE_SEVERAL, GATE_REASON_SEVERAL_FACES },
	{ 3, FACE_QUALITY, GATE_REASON_QUALITY },
	{ 3, -ENOMEM, GATE_REASON_INTERNAL },
	{ 4, -ECONNREFUSED, GATE_REASON_SERVICE },
	{ 4, -ECONNRESET, GATE_REASON_SERVICE },
	{ 4, -EACCES, GATE_REASON_SERVICE },
	{ 4, -EPROTO, GATE_REASON_SERVICE },
	{ 4, -ETIMEDOUT, GATE_REASON_TIMEOUT },
	{ 5, -EIO, GATE_REASON_DEVICE_FAULT },
	{ 5, -ETIME, GATE_REASON_DEVICE_FAULT },
	{ 5, -ECANCELED, GATE_REASON_DEVICE_FAULT },
	{ 5, -ENODEV, GATE_REASON_DEVICE_FAULT },
	{ 5, -EBADE, GATE_REASON_DEVICE_FAULT },
	{ 5, -EMEDIUMTYPE, GATE_REASON_INTERNAL },
	{ 5, -EDOM, GATE_REASON_INTERNAL },
};

START_TEST(each_failure_has_its_reason)
{
	struct gate_evidence evidence = perfect();

	*observation(&evidence, reasons[_i].observation) = reasons[_i].value;
	check_refer(&evidence, THRESHOLD, reasons[_i].reason);
}
END_TEST

START_TEST(the_first_failure_is_the_reason)
{
	struct gate_evidence evidence = perfect();

	evidence.comparison = -EIO;
	check_refer(&evidence, THRESHOLD, GATE_REASON_DEVICE_FAULT);
	evidence.service = -ECONNREFUSED;
	check_refer(&evidence, THRESHOLD, GATE_REASON_SERVICE);
	evidence.live = FACE_NONE;
	check_refer(&evidence, THRESHOLD, GATE_REASON_NO_FACE);
	evidence.camera = -ENODEV;
	check_refer(&evidence, THRESHOLD, GATE_REASON_CAMERA);
	evidence.document = -ENOENT;
	check_refer(&evidence, THRESHOLD, GATE_REASON_DOCUMENT);
}
END_TEST

START_TEST(names_are_distinct)
{
	for (int i = 0; i < GATE_REASON_COUNT; i++)
		for (int k = 0; k < i; k++)
			ck_assert_str_ne(gate_reason_name(i),
					 gate_reason_name(k));
	ck_assert_str_eq(gate_reason_name(GATE_REASON_COUNT), "internal");
	ck_assert_str_eq(gate_outcome_name(GATE_MATCH), "MATCH");
	ck_assert_str_eq(gate_outcome_name(GATE_REFER), "REFER");
	ck_assert_str_eq(gate_outcome_name(2), "REFER");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("decision");
	TCase *tests = tcase_create("decision");

	tcase_add_test(tests, everything_in_order_matches);
	tcase_add_test(tests, nothing_observed_refers);
	tcase_add_loop_test(tests, anything_out_of_order_refers, 0,
			    OBSERVATIONS);
	tcase_add_test(tests, too_late_refers_whatever_was_seen);
	tcase_add_test(tests, the_threshold_is_exact);
	tcase_add_test(tests, impossible_scores_and_thresholds_refer);
	tcase_add_loop_test(tests, each_failure_has_its_reason, 0,
			    COUNT_OF(reasons));
	tcase_add_test(tests, the_first_failure_is_the_reason);
	tcase_add_test(tests, names_are_distinct);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
