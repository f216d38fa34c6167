// SPDX-License-Identifier: MIT
/*
 * Video nodes by their names.
 */
#include "video.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CLASS_FOLDER "/sys/class/video4linux"

static bool has_name(const char *node, const char *name)
{
	char path[PATH_MAX], found[64];
	ssize_t got;
	int fd;

	snprintf(path, sizeof(path), CLASS_FOLDER "/%s/name", node);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	got = read(fd, found, sizeof(found));
	close(fd);
	return got > 1 && found[got - 1] == '\n' &&
	       strlen(name) == (size_t)got - 1 && !memcmp(found, name, got - 1);
}

int gate_video_find(const char *name, char *path, size_t size)
{
	DIR *folder = opendir(CLASS_FOLDER);
	struct dirent *entry;
	int err = -ENODEV;

	if (!folder)
		return -ENODEV;
	while (err && (entry = readdir(folder))) {
		if (entry->d_name[0] == '.' || !has_name(entry->d_name, name))
			continue;
		snprintf(path, size, "/dev/%s", entry->d_name);
		err = 0;
	}
	closedir(folder);
	return err;
}
