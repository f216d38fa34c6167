// SPDX-License-Identifier: MIT
/*
 * Lines from the document reader, bounded in length.
 */
#include "input.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

/*
 * Bytes that came, 0 at the end, -1 after a signal or an error. Signals are let in only
 * here, so that none is lost between two looks.
 */
static ssize_t more(struct gate_input *input)
{
	struct pollfd ready = { .fd = input->fd, .events = POLLIN };
	ssize_t got;

	if (ppoll(&ready, 1, NULL, &input->signals) < 0)
		return -1;
	got = read(input->fd, input->data + input->size,
		   sizeof(input->data) - input->size);
	if (got > 0)
		input->size += got;
	return got;
}

/* One that came while nobody waited; where there is input, ppoll() does not let it in. */
static bool signal_waits(const struct gate_input *input)
{
	sigset_t pending;
	int number;

	if (sigpending(&pending))
		return true;
	for (number = 1; number < NSIG; number++)
		if (sigismember(&pending, number) == 1 &&
		    !sigismember(&input->signals, number))
			return true;
	return false;
}

static void drop_bytes(struct gate_input *input, size_t size)
{
	input->size -= size;
	memmove(input->data, input->data + size, input->size);
}

/* The path in so many bytes at the beginning; "" if there is none. */
static void take_path(struct gate_input *input, size_t length, char line[PATH_MAX])
{
	const size_t mark = strlen(BYTE_ORDER_MARK);
	const char *from = input->data;

	if (!input->begun && length >= mark && !memcmp(from, BYTE_ORDER_MARK, mark)) {
		from += mark;
		length -= mark;
	}
	if (length && from[length - 1] == '\r')
		length--;
	if (length >= PATH_MAX || memchr(from, '\0', length))
		length = 0;
	*(char *)mempcpy(line, from, length) = '\0';
}

bool gate_input_line(struct gate_input *input, char line[PATH_MAX])
{
	bool too_long = false;
	ssize_t got = 1;
	char *end;

	while (!(end = memchr(input->data, '\n', input->size)) && got) {
		if (input->size == sizeof(input->data)) {
			too_long = true;
			input->size = 0;
		}
		got = more(input);
		if (got < 0)
			return false;
	}
	if (!end && !input->size && !too_long)
		return false;
	if (signal_waits(input))
		return false;
	take_path(input, too_long ? 0 : end ? (size_t)(end - input->data) : input->size,
		  line);
	input->begun = true;
	drop_bytes(input, end ? (size_t)(end - input->data) + 1 : input->size);
	return true;
}
