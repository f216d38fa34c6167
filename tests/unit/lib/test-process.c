// SPDX-License-Identifier: MIT
/* What hardening does to a process. Check runs each test in one of its own. */
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "../face/suite.h"
#include "sample.h"

START_TEST(no_core_dump_no_tracer)
{
	struct rlimit limit;

	ck_assert_int_eq(limen_process_harden(), 0);
	ck_assert_int_eq(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 0);
	ck_assert_int_eq(getrlimit(RLIMIT_CORE, &limit), 0);
	ck_assert_uint_eq(limit.rlim_cur, 0);
	ck_assert_uint_eq(limit.rlim_max, 0);
}
END_TEST

/* Under a limit on locked memory too, a process must be able to grow. */
START_TEST(memory_can_still_be_had)
{
	const struct rlimit limit = { 1 << 16, 1 << 16 };
	char *memory;

	ck_assert_int_eq(setrlimit(RLIMIT_MEMLOCK, &limit), 0);
	if (!geteuid())
		ck_assert_int_eq(setuid(65534), 0);
	ck_assert_int_eq(limen_process_harden(), 0);
	memory = malloc(16 << 20);
	ck_assert_ptr_nonnull(memory);
	memset(memory, 1, 16 << 20);
	free(memory);
}
END_TEST

START_TEST(wiping_leaves_zeros)
{
	char secret[100], zeros[100] = {};

	memset(secret, 0x55, sizeof(secret));
	limen_wipe(secret, sizeof(secret));
	ck_assert_mem_eq(secret, zeros, sizeof(secret));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("process");
	TCase *tests = tcase_create("process");

	tcase_add_test(tests, no_core_dump_no_tracer);
	tcase_add_test(tests, memory_can_still_be_had);
	tcase_add_test(tests, wiping_leaves_zeros);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
