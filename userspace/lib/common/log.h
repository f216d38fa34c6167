/* SPDX-License-Identifier: MIT */
/*
 * Lines on stderr, the program's name before each, and before that, if stderr is the
 * journal, the line's priority as sd-daemon(3) has it. Never a byte of a template, nor a
 * score. A reader that does not read holds up nobody: lines are lost then, and it is
 * told how many as soon as there is room. Internal to the project.
 */
#ifndef LIMEN_LOG_H
#define LIMEN_LOG_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct log_rate - how often one place may write a line
 * @since: when the period began, nanoseconds; 0 at first
 * @told: lines of this period
 * @untold: lines that there was no place for
 */
struct log_rate {
	int64_t since;
	unsigned int told;
	unsigned int untold;
};

__attribute__((format(printf, 1, 2)))
void log_line(const char *format, ...);
/* The same for what works, but not as it should. */
__attribute__((format(printf, 1, 2)))
void log_warning(const char *format, ...);
/* The same for what operators must see: what ends a process, or keeps it from its work. */
__attribute__((format(printf, 1, 2)))
void log_error(const char *format, ...);
/*
 * A warning of what others can bring about: a few lines in ten seconds, and then how
 * many there would have been.
 */
__attribute__((format(printf, 2, 3)))
void log_rated(struct log_rate *rate, const char *format, ...);

#endif /* LIMEN_LOG_H */
