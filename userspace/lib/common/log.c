// SPDX-License-Identifier: MIT
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include <monotonic.h>

#include "log.h"

#define TEXT_SIZE 512
/* A line is written in one piece, which is less than a pipe takes in one piece. */
#define LINE_SIZE (TEXT_SIZE + 128)

#define PERIOD_NS 10000000000LL
#define PERIOD_LINES 10

/* Whether stderr is the journal, which reads a level off the start of a line. */
static bool is_journal(const struct stat *status)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char own[64];

	if (!stream)
		return false;
	snprintf(own, sizeof(own), "%llu:%llu",
		 (unsigned long long)status->st_dev,
		 (unsigned long long)status->st_ino);
	return !strcmp(stream, own);
}

/*
 * Whether all of it was written, without waiting. The file description is shared with
 * others, so it is not made non-blocking; a pipe with room takes a line at once.
 */
static bool put(const struct stat *status, const char *line, size_t size)
{
	struct pollfd ready = { .fd = STDERR_FILENO, .events = POLLOUT };

	if (S_ISSOCK(status->st_mode))
		return send(STDERR_FILENO, line, size,
			    MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)size;
	return poll(&ready, 1, 0) == 1 && ready.revents & POLLOUT &&
	       !(ready.revents & POLLERR) &&
	       write(STDERR_FILENO, line, size) == (ssize_t)size;
}

static bool put_line(int level, const char *text)
{
	char line[LINE_SIZE], before[8] = "";
	struct stat status;
	int size;

	if (fstat(STDERR_FILENO, &status))
		return false;
	if (is_journal(&status))
		snprintf(before, sizeof(before), "<%d>", level);
	size = snprintf(line, sizeof(line), "%s%.64s: %s\n", before,
			program_invocation_short_name, text);
	return put(&status, line, size);
}

/* One thread logs, or the count of what is lost is not exact. */
static void write_line(int level, const char *format, va_list args)
{
	static unsigned int lost;
	char text[TEXT_SIZE];
	int error = errno;

	if (lost) {
		snprintf(text, sizeof(text),
			 "%u lines were lost, as nobody read them", lost);
		if (put_line(LOG_ERR, text))
			lost = 0;
	}
	errno = error;
	vsnprintf(text, sizeof(text), format, args);
	if (lost || !put_line(level, text))
		lost++;
}

void log_line(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_line(LOG_INFO, format, args);
	va_end(args);
}

void log_warning(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_line(LOG_WARNING, format, args);
	va_end(args);
}

void log_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_line(LOG_ERR, format, args);
	va_end(args);
}

void log_rated(struct log_rate *rate, const char *format, ...)
{
	int64_t now = now_ns();
	va_list args;

	if (!rate->since || now - rate->since >= PERIOD_NS) {
		if (rate->untold)
			log_warning("%u more lines like the next one were left out",
				    rate->untold);
		*rate = (struct log_rate){ .since = now };
	}
	if (rate->told == PERIOD_LINES) {
		rate->untold++;
		return;
	}
	rate->told++;
	va_start(args, format);
	write_line(LOG_WARNING, format, args);
	va_end(args);
}
