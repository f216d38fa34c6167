// SPDX-License-Identifier: MIT
/*
 * The booth.
 */
#include "booth.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <video.h>

#define NODE_NAME "Limen emulated scene"

/* In a card's configuration space: the number of a knob, and its value behind that. */
#define KNOBS		0xa4
#define KNOB_DELAY	0 /* milliseconds that a comparison takes longer */
#define DELAY_MS	60000

int booth_open(struct booth *booth)
{
	char path[PATH_MAX];
	int err;

	booth->node = -1;
	if (booth->scene)
		return 0;
	err = gate_video_find(NODE_NAME, path, sizeof(path));
	if (err)
		return err;
	booth->node = open(path, O_WRONLY | O_CLOEXEC);
	return booth->node < 0 ? -errno : 0;
}

void booth_close(struct booth *booth)
{
	if (booth->scene)
		unlink(booth->scene);
	else
		close(booth->node);
}

static int write_whole(int fd, const void *data, size_t size)
{
	ssize_t put = write(fd, data, size);

	if (put < 0)
		return -errno;
	return (size_t)put == size ? 0 : -EIO;
}

/* The card sees the one picture or the other, and never half of each. */
static int replace_file(const char *path, const void *data, size_t size)
{
	char new[PATH_MAX];
	int fd, err;

	if (snprintf(new, sizeof(new), "%s.new", path) >= (int)sizeof(new))
		return -ENAMETOOLONG;
	fd = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	err = write_whole(fd, data, size);
	if (close(fd) && !err)
		err = -errno;
	if (!err && rename(new, path))
		err = -errno;
	if (err)
		unlink(new);
	return err;
}

int booth_show(const struct booth *booth, const struct face_image *scene)
{
	size_t size = (size_t)3 * scene->width * scene->height;

	if (booth->scene)
		return replace_file(booth->scene, scene->pixels, size);
	return write_whole(booth->node, scene->pixels, size);
}

static int arm_emulated(const char *folder, const char *fault)
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

static int delay_card(const char *config, uint32_t milliseconds)
{
	const uint32_t words[] = { htole32(KNOB_DELAY), htole32(milliseconds) };
	int fd = open(config, O_WRONLY | O_CLOEXEC);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (pwrite(fd, words, sizeof(words), KNOBS) != (ssize_t)sizeof(words))
		err = -EIO;
	close(fd);
	return err;
}

int booth_break(const struct booth *booth, const char *fault)
{
	if (!booth->scene)
		return arm_emulated(booth->faults, fault);
	if (booth->config && !strcmp(fault, "hang"))
		return delay_card(booth->config, DELAY_MS);
	return -EOPNOTSUPP;
}

int booth_mend(const struct booth *booth)
{
	return booth->config ? delay_card(booth->config, 0) : 0;
}
