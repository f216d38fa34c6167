// SPDX-License-Identifier: MIT
/*
 * The emulated booth.
 */
#include "booth.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include <video.h>

#define NODE_NAME "Limen emulated scene"

int booth_open(void)
{
	char path[PATH_MAX];
	int fd, err = gate_video_find(NODE_NAME, path, sizeof(path));

	if (err)
		return err;
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	return fd;
}

static int write_whole(int fd, const void *data, size_t size)
{
	ssize_t put = write(fd, data, size);

	if (put < 0)
		return -errno;
	return (size_t)put == size ? 0 : -EIO;
}

int booth_show(int fd, const struct face_image *scene)
{
	return write_whole(fd, scene->pixels,
			   (size_t)3 * scene->width * scene->height);
}

int booth_break(const char *folder, const char *fault)
{
	char path[PATH_MAX];
	int fd, err;

	if (snprintf(path, sizeof(path), "%s/%s", folder, fault) >=
	    (int)sizeof(path))
		return -ENAMETOOLONG;
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = write_whole(fd, "1", 1);
	close(fd);
	return err;
}
