// SPDX-License-Identifier: MIT
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>

#include "log.h"

#define LINE_SIZE 512

/* Whether stderr is the journal, which reads a level off the start of a line. */
static bool is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	struct stat stat;
	char own[64];

	if (!stream || fstat(fileno(stderr), &stat))
		return false;
	snprintf(own, sizeof(own), "%llu:%llu", (unsigned long long)stat.st_dev,
		 (unsigned long long)stat.st_ino);
	return !strcmp(stream, own);
}

void log_line(const char *format, ...)
{
	char line[LINE_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	/* In one piece, since stderr is not buffered. */
	fprintf(stderr, "limend: %s\n", line);
}

void log_error(const char *format, ...)
{
	char line[LINE_SIZE], level[8] = "";
	va_list args;

	if (is_journal())
		snprintf(level, sizeof(level), "<%d>", LOG_ERR);
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	fprintf(stderr, "%slimend: %s\n", level, line);
}
