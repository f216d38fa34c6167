/* SPDX-License-Identifier: MIT */
/*
 * Lines from the document reader.
 */
#ifndef GATE_INPUT_H
#define GATE_INPUT_H

#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

/* Around a path: a byte order mark, and CR and LF. */
#define GATE_INPUT_EXTRA 5

/**
 * struct gate_input - a stream of lines
 * @fd: where they come from
 * @signals: mask to wait with: what may interrupt waiting
 * @begun: the first line has been given out
 * @data: bytes read and not yet given out
 * @size: how many
 */
struct gate_input {
	int fd;
	sigset_t signals;
	bool begun;
	char data[PATH_MAX - 1 + GATE_INPUT_EXTRA];
	size_t size;
};

/**
 * gate_input_line() - wait for a line
 * @input: the stream
 * @line: out: the line without its end, or "" if it is no path: too long, or
 *	with a NUL byte in it
 *
 * A line ends with LF or CR LF, and the last one at the end of the stream, too. Before
 * the first one there may be the byte order mark of UTF-8.
 *
 * Return: true, or false at the end of the stream, on an error of it, or when a
 * signal came that may interrupt waiting, whether or not there are more lines.
 */
bool gate_input_line(struct gate_input *input, char line[PATH_MAX]);

#endif /* GATE_INPUT_H */
