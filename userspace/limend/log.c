// SPDX-License-Identifier: MIT
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "log.h"

/* Whether stderr is the journal, which reads a level off the start of a line. */
static bool is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat stat;

	return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
	       !fstat(STDERR_FILENO, &stat) && stat.st_dev == device &&
	       stat.st_ino == inode;
}

static void write_line(const char *level, const char *format, va_list args)
{
	char line[512];

	vsnprintf(line, sizeof(line), format, args);
	/* In one piece, since stderr is not buffered. */
	fprintf(stderr, "%slimend: %s\n", level, line);
}

void log_line(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_line("", format, args);
	va_end(args);
}

void log_error(const char *format, ...)
{
	char level[8] = "";
	va_list args;

	if (is_journal())
		snprintf(level, sizeof(level), "<%d>", LOG_ERR);
	va_start(args, format);
	write_line(level, format, args);
	va_end(args);
}
