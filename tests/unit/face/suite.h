/* SPDX-License-Identifier: MIT */
/*
 * A program of one Check suite.
 */
#ifndef TEST_SUITE_H
#define TEST_SUITE_H

#include <stdlib.h>

#include <check.h>

/* Meson's convention for a test that lacks what it needs. */
#define TEST_SKIPPED 77

#define COUNT_OF(array) ((int)(sizeof(array) / sizeof((array)[0])))

static inline int suite_run(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif /* TEST_SUITE_H */
