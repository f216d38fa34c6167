// SPDX-License-Identifier: MIT
/* TAP on standard output. */
#include <stdarg.h>
#include <stdio.h>

#include "tap.h"

static unsigned int tests, failures;

void tap_result(bool good, const char *format, ...)
{
	va_list arguments;

	tests++;
	failures += !good;
	printf("%sok %u - ", good ? "" : "not ", tests);
	va_start(arguments, format);
	/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): it is, above */
	vprintf(format, arguments);
	va_end(arguments);
	printf("\n");
	fflush(stdout);
}

int tap_end(void)
{
	printf("1..%u\n", tests);
	return failures || !tests;
}
