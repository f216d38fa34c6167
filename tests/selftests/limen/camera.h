/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Helpers of the camera's selftest: the two nodes, their buffers, and what the
 * sensor makes of a scene. They return 0 or a negative errno.
 */
#ifndef LIMEN_SELFTEST_CAMERA_H
#define LIMEN_SELFTEST_CAMERA_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/videodev2.h>

#define CAMERA_NAME	"Limen camera"
#define SCENE_NAME	"Limen emulated scene"

#define FULL_WIDTH	640
#define FULL_HEIGHT	480
#define FULL_BYTES	(FULL_WIDTH * FULL_HEIGHT * 3)

/* Frames come at 5 a second at least, unless the machine is very slow. */
#define FRAME_PATIENCE_MS	10000

#define VIEW_BUFFERS	4

/**
 * struct view - a capture node and its buffers
 * @fd: the node
 * @count: buffers
 * @map: their mappings, which stay when the buffers are freed
 * @size: bytes of a mapping
 */
struct view {
	int fd;
	unsigned int count;
	__u8 *map[VIEW_BUFFERS];
	size_t size;
};

int camera_open(const char *name, int flags);
int camera_reopen(const char *name, int flags);
int control_set(int fd, __u32 id, __s32 value);

int view_prepare(struct view *view, __u32 width, __u32 height, __u32 rate,
		 unsigned int count);
int view_stream(struct view *view);
int view_start(struct view *view, __u32 width, __u32 height, __u32 rate);
void view_stop(struct view *view);
void view_forget(struct view *view);
int view_queue(struct view *view, __u32 index);
int view_dequeue(struct view *view, struct v4l2_buffer *buffer);
int view_next(struct view *view, __u8 *picture);
__s64 buffer_ns(const struct v4l2_buffer *buffer);

/*
 * What the sensor sees: the emulated board has a node for it, a card of tools/sim a
 * file, which LIMEN_SCENE names.
 */
const char *scene_file(void);
int scene_open(void);
void scene_close(int fd);
int scene_show(int fd, const __u8 *picture);
void sensor_model(const __u8 *scene, unsigned int width, int exposure,
		  bool lamp, __u8 *picture);

#endif /* LIMEN_SELFTEST_CAMERA_H */
