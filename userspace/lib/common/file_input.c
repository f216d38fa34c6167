// SPDX-License-Identifier: MIT
/* Files as they are read; see file.h. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "private.h"

/* Longest a stream's writer may be silent, or not there at all. */
#define SILENCE_MS 10000
#define FIRST_ROOM 4096

int file_read(int fd, void *data, size_t size)
{
	char *at = data;

	while (size) {
		ssize_t got = read(fd, at, size);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (!got)
			return -ENODATA;
		at += got;
		size -= got;
	}
	return 0;
}

/* Bytes read, 0 at the end; a regular file is always ready. */
static ssize_t read_some(int fd, void *data, size_t size)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	ssize_t got;
	int count;

	do {
		count = poll(&ready, 1, SILENCE_MS);
		if (!count)
			return -ETIMEDOUT;
		got = count < 0 ? -1 : read(fd, data, size);
	} while (got < 0 && (errno == EINTR || errno == EAGAIN));
	return got < 0 ? -errno : got;
}

/* More room; what has been read may be a key, and no copy of it is left behind. */
static int grow(uint8_t **data, size_t used, size_t *room, size_t most)
{
	size_t larger = *room ? 2 * *room : FIRST_ROOM;
	uint8_t *moved;

	if (larger > most + 1)
		larger = most + 1;
	/* The zero byte behind it. */
	moved = malloc(larger + 1);
	if (!moved)
		return -ENOMEM;
	if (used)
		memcpy(moved, *data, used);
	if (*data)
		limen_wipe(*data, used);
	free(*data);
	*data = moved;
	*room = larger;
	return 0;
}

static int load(int fd, size_t most, uint8_t **data, size_t *size)
{
	size_t room = 0;
	ssize_t got;
	int error;

	do {
		if (*size == room) {
			error = grow(data, *size, &room, most);
			if (error)
				return error;
		}
		got = read_some(fd, *data + *size, room - *size);
		if (got < 0)
			return got;
		*size += got;
		if (*size > most)
			return -EFBIG;
	} while (got);
	(*data)[*size] = '\0';
	return 0;
}

int file_load(const char *path, size_t most, void **data, size_t *size)
{
	/* O_NONBLOCK: a FIFO without a writer would hold up open(). */
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	uint8_t *bytes = NULL;
	int error;

	if (fd < 0)
		return -errno;
	*size = 0;
	error = load(fd, most, &bytes, size);
	close(fd);
	if (!error) {
		*data = bytes;
		return 0;
	}
	if (bytes)
		limen_wipe(bytes, *size);
	free(bytes);
	return error;
}
