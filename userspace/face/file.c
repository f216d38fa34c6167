// SPDX-License-Identifier: MIT
/*
 * Files read whole, with a bound.
 */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <limen-client.h>

static int read_all(int fd, unsigned char *data, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t got = read(fd, data + done, size - done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (!got)
			return -EIO;
		done += got;
	}
	return 0;
}

static int read_opened(int fd, size_t limit, void **data, size_t *size)
{
	unsigned char *bytes;
	struct stat info;
	int err;

	if (fstat(fd, &info))
		return -errno;
	if (!S_ISREG(info.st_mode) || !info.st_size)
		return -EINVAL;
	if ((uint64_t)info.st_size > limit)
		return -EFBIG;

	bytes = malloc(info.st_size);
	if (!bytes)
		return -ENOMEM;
	err = read_all(fd, bytes, info.st_size);
	if (err) {
		limen_wipe(bytes, info.st_size);
		free(bytes);
		return err;
	}
	*data = bytes;
	*size = info.st_size;
	return 0;
}

int face_file_read(const char *path, size_t limit, void **data, size_t *size)
{
	/* O_NONBLOCK: a FIFO would otherwise hold up open(). */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int err;

	if (fd < 0)
		return -errno;
	err = read_opened(fd, limit, data, size);
	close(fd);
	return err;
}
