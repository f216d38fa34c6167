// SPDX-License-Identifier: MIT
/*
 * The booth's camera: V4L2 streaming into mapped buffers.
 *
 * What the driver says of sizes is checked before anything is read by it.
 */
#include "camera.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <config.h>

#include "clock.h"
#include "video.h"

#define WIDTH	640
#define HEIGHT	480

/* Of these a sensor may still have been without the lamp. */
#define FRAMES_SKIPPED 2

/* A camera that streams has a picture every 200 ms at least. */
#define STALL_US 3000000

static int control(int fd, unsigned long request, void *argument)
{
	int result;

	do {
		result = ioctl(fd, request, argument);
	} while (result < 0 && errno == EINTR);
	return result < 0 ? -errno : 0;
}

static int open_node(const char *path)
{
	char found[PATH_MAX];
	int fd, err;

	if (!strcmp(path, LIMEN_CONFIG_CAMERA_AUTO)) {
		err = gate_video_find(GATE_CAMERA_NAME, found, sizeof(found));
		if (err)
			return err;
		path = found;
	}
	fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return -errno;
	return fd;
}

/* A camera without a lamp is one all the same. */
static int set_lamp(int fd, bool on)
{
	struct v4l2_control lamp = {
		.id = V4L2_CID_ILLUMINATORS_1,
		.value = on,
	};
	int err = control(fd, VIDIOC_S_CTRL, &lamp);

	return err == -EINVAL || err == -ENOTTY ? 0 : err;
}

static int choose_format(struct gate_camera *camera)
{
	struct v4l2_capability about = { 0 };
	struct v4l2_format format = {
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
		.fmt.pix = {
			.width = WIDTH,
			.height = HEIGHT,
			.pixelformat = V4L2_PIX_FMT_BGR24,
			.field = V4L2_FIELD_NONE,
		},
	};
	const struct v4l2_pix_format *pix = &format.fmt.pix;
	int err = control(camera->fd, VIDIOC_QUERYCAP, &about);

	if (err)
		return err == -ENOTTY ? -ENOTSUP : err;
	if (!(about.device_caps & V4L2_CAP_VIDEO_CAPTURE) ||
	    !(about.device_caps & V4L2_CAP_STREAMING))
		return -ENOTSUP;
	err = control(camera->fd, VIDIOC_S_FMT, &format);
	if (err)
		return err;
	if (pix->pixelformat != V4L2_PIX_FMT_BGR24 || !pix->width ||
	    !pix->height || pix->width > FACE_IMAGE_SIDE_MAX ||
	    pix->height > FACE_IMAGE_SIDE_MAX ||
	    pix->bytesperline < 3 * pix->width ||
	    pix->sizeimage / pix->bytesperline < pix->height)
		return -ENOTSUP;
	camera->format = *pix;
	return 0;
}

static int queue(struct gate_camera *camera, unsigned int index)
{
	struct v4l2_buffer buffer = {
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
		.memory = V4L2_MEMORY_MMAP,
		.index = index,
	};

	return control(camera->fd, VIDIOC_QBUF, &buffer);
}

static int map_buffer(struct gate_camera *camera, unsigned int index)
{
	struct v4l2_buffer buffer = {
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
		.memory = V4L2_MEMORY_MMAP,
		.index = index,
	};
	int err = control(camera->fd, VIDIOC_QUERYBUF, &buffer);
	void *start;

	if (err)
		return err;
	if (buffer.length < camera->format.sizeimage)
		return -ENOTSUP;
	start = mmap(NULL, buffer.length, PROT_READ, MAP_SHARED, camera->fd,
		     buffer.m.offset);
	if (start == MAP_FAILED)
		return -errno;
	camera->buffers[index].start = start;
	camera->buffers[index].length = buffer.length;
	camera->count = index + 1;
	return queue(camera, index);
}

static int make_buffers(struct gate_camera *camera)
{
	struct v4l2_requestbuffers request = {
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
		.memory = V4L2_MEMORY_MMAP,
		.count = GATE_CAMERA_BUFFERS,
	};
	int err = control(camera->fd, VIDIOC_REQBUFS, &request);

	if (err)
		return err;
	if (request.count < 2)
		return -ENOMEM;
	if (request.count > GATE_CAMERA_BUFFERS)
		request.count = GATE_CAMERA_BUFFERS;
	for (unsigned int i = 0; i < request.count && !err; i++)
		err = map_buffer(camera, i);
	return err;
}

void gate_camera_init(struct gate_camera *camera, const char *path)
{
	*camera = (struct gate_camera){ .path = path, .fd = -1 };
}

int gate_camera_start(struct gate_camera *camera)
{
	int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
	int err;

	camera->fd = open_node(camera->path);
	if (camera->fd < 0)
		return camera->fd;
	err = choose_format(camera);
	if (!err)
		err = make_buffers(camera);
	if (!err)
		err = set_lamp(camera->fd, true);
	if (!err)
		err = control(camera->fd, VIDIOC_STREAMON, &type);
	return err;
}

static int wait_for_frame(struct gate_camera *camera, int64_t deadline_us)
{
	struct pollfd ready = { .fd = camera->fd, .events = POLLIN };
	int64_t left = deadline_us - gate_now_us();
	int count;

	if (left <= 0)
		return -ETIMEDOUT;
	count = poll(&ready, 1, left / 1000 + 1);
	/* An error shows again, and by its name, when a frame is fetched. */
	return count < 0 && errno != EINTR ? -errno : 0;
}

static int copy(const struct gate_camera *camera, unsigned int index,
		struct face_image *image)
{
	const struct v4l2_pix_format *format = &camera->format;
	const uint8_t *from = camera->buffers[index].start;
	size_t line = (size_t)3 * format->width;

	image->pixels = malloc(line * format->height);
	if (!image->pixels)
		return -ENOMEM;
	image->width = format->width;
	image->height = format->height;
	for (uint32_t y = 0; y < format->height; y++)
		memcpy(image->pixels + y * line,
		       from + (size_t)y * format->bytesperline, line);
	return 0;
}

static bool is_fresh(const struct gate_camera *camera,
		     const struct v4l2_buffer *buffer, int64_t asked_us)
{
	const struct v4l2_pix_format *format = &camera->format;
	int64_t taken_us = buffer->timestamp.tv_sec * 1000000LL +
			   buffer->timestamp.tv_usec;

	return !(buffer->flags & V4L2_BUF_FLAG_ERROR) &&
	       buffer->bytesused >= format->bytesperline * format->height &&
	       buffer->sequence >= FRAMES_SKIPPED && taken_us >= asked_us;
}

int gate_camera_frame(struct gate_camera *camera, struct face_image *image,
		      int64_t deadline_us)
{
	int64_t asked_us = gate_now_us();
	bool taken = false;
	int err = 0;

	if (deadline_us > asked_us + STALL_US)
		deadline_us = asked_us + STALL_US;
	while (!err && !taken) {
		struct v4l2_buffer buffer = {
			.type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
			.memory = V4L2_MEMORY_MMAP,
		};

		err = wait_for_frame(camera, deadline_us);
		if (!err)
			err = control(camera->fd, VIDIOC_DQBUF, &buffer);
		if (err == -EAGAIN) {
			err = 0;
			continue;
		}
		if (!err && buffer.index >= camera->count)
			err = -ENOTSUP;
		if (err)
			break;
		taken = is_fresh(camera, &buffer, asked_us);
		if (taken)
			err = copy(camera, buffer.index, image);
		if (!err)
			err = queue(camera, buffer.index);
	}
	return err;
}

void gate_camera_stop(struct gate_camera *camera)
{
	int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;

	if (camera->fd < 0)
		return;
	/* What fails here has no consequence that the next start would not see. */
	control(camera->fd, VIDIOC_STREAMOFF, &type);
	set_lamp(camera->fd, false);
	for (unsigned int i = 0; i < camera->count; i++)
		munmap(camera->buffers[i].start, camera->buffers[i].length);
	close(camera->fd);
	gate_camera_init(camera, camera->path);
}

void gate_camera_darken(const char *path)
{
	int fd = open_node(path);

	if (fd < 0)
		return;
	set_lamp(fd, false);
	close(fd);
}
