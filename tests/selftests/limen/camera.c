// SPDX-License-Identifier: GPL-2.0-only
/* The camera's nodes, their buffers, and the sensor's arithmetic. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "camera.h"
#include "util.h"

/* Open the first node of that name. */
int camera_open(const char *name, int flags)
{
	char path[128], found[64];
	int fd = -ENODEV;
	glob_t nodes;
	size_t i;

	if (glob("/sys/class/video4linux/video*", 0, NULL, &nodes))
		return -ENODEV;
	for (i = 0; i < nodes.gl_pathc && fd == -ENODEV; i++) {
		snprintf(path, sizeof(path), "%s/name", nodes.gl_pathv[i]);
		if (read_file(path, found, sizeof(found)) < 0)
			continue;
		found[strcspn(found, "\n")] = '\0';
		if (strcmp(found, name))
			continue;
		snprintf(path, sizeof(path), "/dev%s",
			 strrchr(nodes.gl_pathv[i], '/'));
		fd = open(path, flags | O_CLOEXEC);
		if (fd < 0)
			fd = -errno;
	}
	globfree(&nodes);
	return fd;
}

/* Open a node that has just come (back): udev may still be at it. */
int camera_reopen(const char *name, int flags)
{
	__s64 end = in_ns(PATIENCE);
	int fd;

	for (;;) {
		fd = camera_open(name, flags);
		if (fd >= 0 || now_ns() > end)
			return fd;
		sleep_ms(10);
	}
}

int control_set(int fd, __u32 id, __s32 value)
{
	struct v4l2_control control = { .id = id, .value = value };

	return xioctl(fd, VIDIOC_S_CTRL, &control);
}

static int view_configure(int fd, __u32 width, __u32 height, __u32 rate)
{
	struct v4l2_format format = {
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
		.fmt.pix.width = width,
		.fmt.pix.height = height,
		.fmt.pix.pixelformat = V4L2_PIX_FMT_BGR24,
	};
	struct v4l2_streamparm parm = {
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
		.parm.capture.timeperframe = { 1, rate },
	};
	int ret = xioctl(fd, VIDIOC_S_FMT, &format);

	if (ret)
		return ret;
	if (format.fmt.pix.width != width || format.fmt.pix.height != height)
		return -EINVAL;
	return xioctl(fd, VIDIOC_S_PARM, &parm);
}

static int view_map(struct view *view, unsigned int index)
{
	struct v4l2_buffer buffer = {
		.index = index,
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
		.memory = V4L2_MEMORY_MMAP,
	};
	int ret = xioctl(view->fd, VIDIOC_QUERYBUF, &buffer);
	void *map;

	if (ret)
		return ret;
	map = mmap(NULL, buffer.length, PROT_READ | PROT_WRITE, MAP_SHARED,
		   view->fd, buffer.m.offset);
	if (map == MAP_FAILED)
		return -errno;
	view->map[index] = map;
	view->size = buffer.length;
	return 0;
}

/* Set up and map @count buffers, at most VIEW_BUFFERS; none is queued. */
int view_prepare(struct view *view, __u32 width, __u32 height, __u32 rate,
		 unsigned int count)
{
	struct v4l2_requestbuffers request = {
		.count = count,
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
		.memory = V4L2_MEMORY_MMAP,
	};
	int ret = view_configure(view->fd, width, height, rate);

	if (!ret)
		ret = xioctl(view->fd, VIDIOC_REQBUFS, &request);
	if (!ret && request.count != count)
		ret = -ENOBUFS;
	for (view->count = 0; !ret && view->count < count; view->count++)
		ret = view_map(view, view->count);
	return ret;
}

/* Queue every buffer and start. */
int view_stream(struct view *view)
{
	int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && i < view->count; i++)
		ret = view_queue(view, i);
	return ret ? ret : xioctl(view->fd, VIDIOC_STREAMON, &type);
}

int view_start(struct view *view, __u32 width, __u32 height, __u32 rate)
{
	int ret = view_prepare(view, width, height, rate, VIEW_BUFFERS);

	return ret ? ret : view_stream(view);
}

/* Unmap the buffers, whatever has become of them. */
void view_forget(struct view *view)
{
	unsigned int i;

	for (i = 0; i < VIEW_BUFFERS; i++) {
		if (view->map[i])
			munmap(view->map[i], view->size);
		view->map[i] = NULL;
	}
	view->count = 0;
}

/* Stop, unmap and free; also what was never started. */
void view_stop(struct view *view)
{
	struct v4l2_requestbuffers none = {
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
		.memory = V4L2_MEMORY_MMAP,
	};

	xioctl(view->fd, VIDIOC_STREAMOFF, &none.type);
	view_forget(view);
	xioctl(view->fd, VIDIOC_REQBUFS, &none);
}

int view_queue(struct view *view, __u32 index)
{
	struct v4l2_buffer buffer = {
		.index = index,
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
		.memory = V4L2_MEMORY_MMAP,
	};

	return xioctl(view->fd, VIDIOC_QBUF, &buffer);
}

/* Wait for a buffer. */
int view_dequeue(struct view *view, struct v4l2_buffer *buffer)
{
	struct pollfd poll_fd = { .fd = view->fd, .events = POLLIN };
	int ret = poll(&poll_fd, 1, FRAME_PATIENCE_MS);

	if (ret <= 0)
		return ret ? -errno : -ETIME;
	memset(buffer, 0, sizeof(*buffer));
	buffer->type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
	buffer->memory = V4L2_MEMORY_MMAP;
	return xioctl(view->fd, VIDIOC_DQBUF, buffer);
}

/*
 * Copy a frame that is made as was said before the call. The first to arrive may have
 * been under way already; before the second one began, what was written to the
 * board's registers may not have arrived there.
 */
int view_next(struct view *view, __u8 *picture)
{
	__s64 asked = now_ns();
	unsigned int fresh = 0;
	int ret;

	do {
		struct v4l2_buffer buffer;

		ret = view_dequeue(view, &buffer);
		if (ret)
			return ret;
		if (buffer.flags & V4L2_BUF_FLAG_ERROR)
			return -EIO;
		if (buffer_ns(&buffer) > asked && ++fresh == 3)
			memcpy(picture, view->map[buffer.index],
			       buffer.bytesused);
		ret = view_queue(view, buffer.index);
	} while (!ret && fresh < 3);
	return ret;
}

__s64 buffer_ns(const struct v4l2_buffer *buffer)
{
	return buffer->timestamp.tv_sec * NSEC_PER_SEC +
	       buffer->timestamp.tv_usec * 1000LL;
}

/* The file that a card sees, or NULL: the emulated board has a node. */
const char *scene_file(void)
{
	return getenv("LIMEN_SCENE");
}

/* Of a card nothing has to be open. */
int scene_open(void)
{
	if (scene_file())
		return open("/dev/null", O_RDWR | O_CLOEXEC);
	return camera_open(SCENE_NAME, O_RDWR);
}

/* The booth is empty again. */
void scene_close(int fd)
{
	if (scene_file())
		unlink(scene_file());
	close(fd);
}

static int write_picture(int fd, const __u8 *picture)
{
	ssize_t written = write(fd, picture, FULL_BYTES);

	if (written < 0)
		return -errno;
	return written == FULL_BYTES ? 0 : -EIO;
}

int scene_show(int fd, const __u8 *picture)
{
	const char *file = scene_file();
	char new[256];
	int ret;

	if (!file)
		return write_picture(fd, picture);
	/* No frame is to be half of one scene and half of another. */
	snprintf(new, sizeof(new), "%s.new", file);
	fd = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	ret = write_picture(fd, picture);
	close(fd);
	return ret ?: rename(new, file) ? -errno : 0;
}

static __u8 expose(unsigned int level, int exposure, bool lamp)
{
	unsigned int exposed = (level * exposure * (lamp ? 8 : 1) + 400) / 800;

	return exposed > 255 ? 255 : exposed;
}

/*
 * What the sensor delivers of a whole scene, @width FULL_WIDTH or half of it:
 * binned first, rounded half up, then exposed and clipped.
 */
void sensor_model(const __u8 *scene, unsigned int width, int exposure,
		  bool lamp, __u8 *picture)
{
	const unsigned int bin = FULL_WIDTH / width;
	unsigned int x, y, dx, dy, colour;

	for (y = 0; y < FULL_HEIGHT; y += bin)
		for (x = 0; x < FULL_WIDTH; x += bin)
			for (colour = 0; colour < 3; colour++) {
				unsigned int sum = bin * bin / 2;

				for (dy = 0; dy < bin; dy++)
					for (dx = 0; dx < bin; dx++)
						sum += scene[((y + dy) *
							FULL_WIDTH + x + dx) *
							3 + colour];
				*picture++ = expose(sum / (bin * bin),
						    exposure, lamp);
			}
}
