// SPDX-License-Identifier: MIT
/*
 * Lines from the document reader, bounded in length.
 */
#include "input.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

/* Signals are let in only here, so that none is lost between two looks. */
static bool more(struct gate_input *input)
{
	struct pollfd ready = { .fd = input->fd, .events = POLLIN };
	ssize_t got;

	if (ppoll(&ready, 1, NULL, &input->signals) < 0)
		return false;
	got = read(input->fd, input->data + input->size,
		   sizeof(input->data) - input->size);
	if (got <= 0)
		return false;
	input->size += got;
	return true;
}

static void drop_bytes(struct gate_input *input, size_t size)
{
	input->size -= size;
	memmove(input->data, input->data + size, input->size);
}

bool gate_input_line(struct gate_input *input, char line[PATH_MAX])
{
	bool too_long = false;
	size_t length;
	char *end;

	while (!(end = memchr(input->data, '\n', input->size))) {
		if (input->size == sizeof(input->data)) {
			too_long = true;
			input->size = 0;
		}
		if (!more(input))
			return false;
	}
	length = end - input->data;
	if (too_long || memchr(input->data, '\0', length))
		line[0] = '\0';
	else
		*(char *)mempcpy(line, input->data, length) = '\0';
	drop_bytes(input, length + 1);
	return true;
}
