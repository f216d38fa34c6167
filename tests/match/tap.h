/* SPDX-License-Identifier: MIT */
/* TAP on standard output. */
#ifndef TEST_MATCH_TAP_H
#define TEST_MATCH_TAP_H

#include <stdbool.h>

/* One test's line, with what it was about. */
void tap_result(bool good, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The plan; the exit status of the program. */
int tap_end(void);

#endif /* TEST_MATCH_TAP_H */
