// SPDX-License-Identifier: MIT
/* Files: read whole, replaced in one step. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "private.h"

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

static int write_all(int fd, const struct iovec *part)
{
	const char *at = part->iov_base;
	size_t left = part->iov_len;

	while (left) {
		ssize_t put = write(fd, at, left);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -errno;
		at += put;
		left -= put;
	}
	return 0;
}

/* A rename lasts through a power cut only once its folder is on the disk. */
static int sync_folder(const char *path)
{
	char copy[PATH_MAX];
	int error = 0;
	int fd;

	if (snprintf(copy, sizeof(copy), "%s", path) >= (int)sizeof(copy))
		return -ENAMETOOLONG;
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	/* Some file systems cannot sync a folder, and say so with EINVAL. */
	if (fsync(fd) && errno != EINVAL)
		error = -errno;
	close(fd);
	return error;
}

int file_replace(const char *path, const struct iovec *parts,
		 unsigned int count)
{
	char temporary[PATH_MAX];
	unsigned int i;
	int error = 0;
	int fd;

	if (snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path) >=
	    (int)sizeof(temporary))
		return -ENAMETOOLONG;
	fd = mkostemp(temporary, O_CLOEXEC); /* mode 0600 */
	if (fd < 0)
		return -errno;
	for (i = 0; i < count && !error; i++)
		error = write_all(fd, &parts[i]);
	if (!error && fsync(fd) && errno != EINVAL)
		error = -errno;
	if (close(fd) && !error)
		error = -errno;
	if (!error && rename(temporary, path))
		error = -errno;
	if (error) {
		unlink(temporary);
		return error;
	}
	return sync_folder(path);
}
