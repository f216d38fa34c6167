// SPDX-License-Identifier: GPL-2.0-only
/*
 * The board's camera against the emulated sensor, or that of a card which is a process:
 * what is shown to the scene must come out to the byte, and nothing else must.
 */
#include <poll.h>
#include <stdio.h>
#include <sys/ioctl.h>

#include "camera.h"
#include "limen_kselftest.h"

FIXTURE(camera)
{
	struct view view;
	int scene;
	__u8 *picture;
	__u8 *expected;
	__u8 *seen;
	long mark;
};

FIXTURE_SETUP(camera)
{
	__u32 seed = 7;
	size_t i;

	self->mark = kmsg_mark();
	self->view.fd = camera_open(CAMERA_NAME, O_RDWR | O_NONBLOCK);
	if (self->view.fd == -ENODEV)
		SKIP(return, "no camera");
	ASSERT_LE(0, self->view.fd);
	self->scene = scene_open();
	if (self->scene == -ENODEV)
		SKIP(return, "no emulated scene");
	ASSERT_LE(0, self->scene);

	self->picture = malloc(FULL_BYTES);
	self->expected = malloc(FULL_BYTES);
	self->seen = malloc(FULL_BYTES);
	ASSERT_TRUE(self->picture && self->expected && self->seen);
	for (i = 0; i < FULL_BYTES; i++)
		self->picture[i] = next_random(&seed) >> 11;
	ASSERT_EQ(control_set(self->view.fd, V4L2_CID_EXPOSURE_ABSOLUTE, 100), 0);
	ASSERT_EQ(control_set(self->view.fd, V4L2_CID_ILLUMINATORS_1, 1), 0);
}

FIXTURE_TEARDOWN(camera)
{
	char line[256];
	bool clean;

	if (self->view.fd < 0 || self->scene < 0)
		return;
	view_stop(&self->view);
	close(self->view.fd);
	scene_close(self->scene);
	free(self->picture);
	free(self->expected);
	free(self->seen);
	clean = kmsg_clean(self->mark, line, sizeof(line));
	if (!clean)
		TH_LOG("the kernel said: %s", line);
	EXPECT_TRUE(clean);
}

/* Formats, sizes, intervals, controls */

TEST_F(camera, names_itself)
{
	struct v4l2_capability cap = {};

	ASSERT_EQ(xioctl(self->view.fd, VIDIOC_QUERYCAP, &cap), 0);
	EXPECT_STREQ((char *)cap.card, CAMERA_NAME);
	EXPECT_STREQ((char *)cap.driver, "limen");
	EXPECT_EQ(cap.device_caps & ~V4L2_CAP_EXT_PIX_FORMAT,
		  V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING);

	if (scene_file())
		return;
	memset(&cap, 0, sizeof(cap));
	ASSERT_EQ(xioctl(self->scene, VIDIOC_QUERYCAP, &cap), 0);
	EXPECT_STREQ((char *)cap.card, SCENE_NAME);
	EXPECT_STREQ((char *)cap.driver, "limen_emu");
}

TEST_F(camera, enumerates_sizes_and_intervals)
{
	static const __u32 rates[] = { 30, 15, 10, 5 };
	__u32 size, rate;

	for (size = 0; size < 2; size++) {
		struct v4l2_frmsizeenum frame = {
			.index = size,
			.pixel_format = V4L2_PIX_FMT_BGR24,
		};

		ASSERT_EQ(xioctl(self->view.fd, VIDIOC_ENUM_FRAMESIZES, &frame), 0);
		EXPECT_EQ(frame.type, V4L2_FRMSIZE_TYPE_DISCRETE);
		EXPECT_EQ(frame.discrete.width, 640 >> size);
		EXPECT_EQ(frame.discrete.height, 480 >> size);
		for (rate = 0; rate < 5; rate++) {
			struct v4l2_frmivalenum interval = {
				.index = rate,
				.pixel_format = V4L2_PIX_FMT_BGR24,
				.width = frame.discrete.width,
				.height = frame.discrete.height,
			};
			int ret = xioctl(self->view.fd,
					 VIDIOC_ENUM_FRAMEINTERVALS, &interval);

			ASSERT_EQ(ret, rate < 4 ? 0 : -EINVAL);
			if (ret)
				continue;
			EXPECT_EQ(interval.discrete.numerator, 1);
			EXPECT_EQ(interval.discrete.denominator, rates[rate]);
		}
	}
}

TEST_F(camera, refuses_to_enumerate_what_is_not_there)
{
	struct v4l2_fmtdesc format = {
		.index = 1,
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
	};
	struct v4l2_frmsizeenum size = {
		.index = 2,
		.pixel_format = V4L2_PIX_FMT_BGR24,
	};
	struct v4l2_frmivalenum interval = {
		.pixel_format = V4L2_PIX_FMT_BGR24,
		.width = 640,
		.height = 240,
	};

	EXPECT_EQ(xioctl(self->view.fd, VIDIOC_ENUM_FMT, &format), -EINVAL);
	EXPECT_EQ(xioctl(self->view.fd, VIDIOC_ENUM_FRAMESIZES, &size), -EINVAL);
	size.index = 0;
	size.pixel_format = V4L2_PIX_FMT_RGB24;
	EXPECT_EQ(xioctl(self->view.fd, VIDIOC_ENUM_FRAMESIZES, &size), -EINVAL);
	EXPECT_EQ(xioctl(self->view.fd, VIDIOC_ENUM_FRAMEINTERVALS, &interval),
		  -EINVAL);
}

TEST_F(camera, adjusts_unknown_formats)
{
	static const struct {
		__u32 asked[2];
		__u32 got[2];
	} cases[] = {
		{ { 0, 0 }, { 320, 240 } },
		{ { 321, 241 }, { 320, 240 } },
		{ { 600, 470 }, { 640, 480 } },
		{ { 65535, 65535 }, { 640, 480 } },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct v4l2_format format = {
			.type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
			.fmt.pix.width = cases[i].asked[0],
			.fmt.pix.height = cases[i].asked[1],
			.fmt.pix.pixelformat = V4L2_PIX_FMT_YUYV,
			.fmt.pix.field = V4L2_FIELD_INTERLACED,
			.fmt.pix.bytesperline = 1,
			.fmt.pix.sizeimage = 1,
		};

		ASSERT_EQ(xioctl(self->view.fd, VIDIOC_TRY_FMT, &format), 0);
		EXPECT_EQ(format.fmt.pix.width, cases[i].got[0]);
		EXPECT_EQ(format.fmt.pix.height, cases[i].got[1]);
		EXPECT_EQ(format.fmt.pix.pixelformat, V4L2_PIX_FMT_BGR24);
		EXPECT_EQ(format.fmt.pix.field, V4L2_FIELD_NONE);
		EXPECT_EQ(format.fmt.pix.bytesperline, cases[i].got[0] * 3);
		EXPECT_EQ(format.fmt.pix.sizeimage,
			  cases[i].got[0] * cases[i].got[1] * 3);
	}
}

TEST_F(camera, refuses_to_change_under_buffers)
{
	struct v4l2_format format = {
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
		.fmt.pix.width = 320,
		.fmt.pix.height = 240,
	};
	struct v4l2_create_buffers wrong = { .count = 1 };
	struct v4l2_streamparm parm = {
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
	};

	ASSERT_EQ(view_prepare(&self->view, 640, 480, 30, 2), 0);
	EXPECT_EQ(xioctl(self->view.fd, VIDIOC_S_FMT, &format), -EBUSY);

	/* Buffers too small for a frame of the size in force. */
	wrong.memory = V4L2_MEMORY_MMAP;
	wrong.format = format;
	ASSERT_EQ(xioctl(self->view.fd, VIDIOC_TRY_FMT, &wrong.format), 0);
	EXPECT_EQ(xioctl(self->view.fd, VIDIOC_CREATE_BUFS, &wrong), -EINVAL);
	/* And far too large. */
	wrong.format.fmt.pix.sizeimage = 1 << 30;
	EXPECT_EQ(xioctl(self->view.fd, VIDIOC_CREATE_BUFS, &wrong), -EINVAL);

	ASSERT_EQ(view_stream(&self->view), 0);
	EXPECT_EQ(xioctl(self->view.fd, VIDIOC_S_PARM, &parm), -EBUSY);
}

TEST_F(camera, shares_no_memory)
{
	static const __u32 memories[] = {
		V4L2_MEMORY_USERPTR, V4L2_MEMORY_DMABUF,
	};
	struct v4l2_exportbuffer export = {
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
	};
	__u8 byte;
	size_t i;

	for (i = 0; i < 2; i++) {
		struct v4l2_requestbuffers request = {
			.count = 2,
			.type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
			.memory = memories[i],
		};

		EXPECT_EQ(xioctl(self->view.fd, VIDIOC_REQBUFS, &request),
			  -EINVAL);
	}
	EXPECT_EQ(read(self->view.fd, &byte, 1), -1);
	EXPECT_EQ(errno, EINVAL);

	ASSERT_EQ(view_prepare(&self->view, 640, 480, 30, 2), 0);
	EXPECT_EQ(xioctl(self->view.fd, VIDIOC_EXPBUF, &export), -ENOTTY);
}

TEST_F(camera, rounds_intervals)
{
	static const struct {
		struct v4l2_fract asked;
		__u32 rate;
	} cases[] = {
		{ { 0, 0 }, 30 }, { { 1, 0 }, 30 }, { { 1, 1000 }, 30 },
		{ { 1, 30 }, 30 }, { { 1, 16 }, 30 }, { { 1, 15 }, 15 },
		{ { 1, 11 }, 15 }, { { 100, 1000 }, 10 }, { { 1, 5 }, 5 },
		{ { 60, 1 }, 5 }, { { ~0u, 1 }, 5 },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct v4l2_streamparm parm = {
			.type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
			.parm.capture.timeperframe = cases[i].asked,
		};

		ASSERT_EQ(xioctl(self->view.fd, VIDIOC_S_PARM, &parm), 0);
		EXPECT_EQ(parm.parm.capture.timeperframe.numerator, 1);
		EXPECT_EQ(parm.parm.capture.timeperframe.denominator,
			  cases[i].rate);
	}
}

TEST_F(camera, bounds_its_controls)
{
	struct v4l2_queryctrl query = { .id = V4L2_CID_EXPOSURE_ABSOLUTE };

	ASSERT_EQ(xioctl(self->view.fd, VIDIOC_QUERYCTRL, &query), 0);
	EXPECT_EQ(query.minimum, 1);
	EXPECT_EQ(query.maximum, 1000);
	EXPECT_EQ(query.default_value, 100);
	query.id = V4L2_CID_ILLUMINATORS_1;
	ASSERT_EQ(xioctl(self->view.fd, VIDIOC_QUERYCTRL, &query), 0);
	EXPECT_EQ(query.default_value, 1);
}

/* Pictures */

TEST_F(camera, sees_the_scene_to_the_byte)
{
	ASSERT_EQ(view_start(&self->view, 640, 480, 30), 0);
	ASSERT_EQ(scene_show(self->scene, self->picture), 0);
	ASSERT_EQ(view_next(&self->view, self->seen), 0);
	EXPECT_EQ(memcmp(self->seen, self->picture, FULL_BYTES), 0);
}

TEST_F(camera, bins_two_by_two)
{
	sensor_model(self->picture, 320, 100, true, self->expected);
	ASSERT_EQ(view_start(&self->view, 320, 240, 30), 0);
	ASSERT_EQ(scene_show(self->scene, self->picture), 0);
	ASSERT_EQ(view_next(&self->view, self->seen), 0);
	EXPECT_EQ(memcmp(self->seen, self->expected, FULL_BYTES / 4), 0);
}

TEST_F(camera, exposes_and_lights)
{
	static const int exposures[] = { 1, 50, 99, 100, 101, 250, 1000 };
	size_t i;
	int lamp;

	ASSERT_EQ(view_start(&self->view, 640, 480, 30), 0);
	ASSERT_EQ(scene_show(self->scene, self->picture), 0);
	for (i = 0; i < sizeof(exposures) / sizeof(*exposures); i++)
		for (lamp = 0; lamp < 2; lamp++) {
			ASSERT_EQ(control_set(self->view.fd,
					      V4L2_CID_EXPOSURE_ABSOLUTE,
					      exposures[i]), 0);
			ASSERT_EQ(control_set(self->view.fd,
					      V4L2_CID_ILLUMINATORS_1, lamp), 0);
			sensor_model(self->picture, 640, exposures[i], lamp,
				     self->expected);
			ASSERT_EQ(view_next(&self->view, self->seen), 0);
			EXPECT_EQ(memcmp(self->seen, self->expected,
					 FULL_BYTES), 0)
				TH_LOG("exposure %d, lamp %d", exposures[i],
				       lamp);
		}
}

TEST_F(camera, keeps_controls_from_stream_to_stream)
{
	ASSERT_EQ(control_set(self->view.fd, V4L2_CID_EXPOSURE_ABSOLUTE, 40), 0);
	ASSERT_EQ(scene_show(self->scene, self->picture), 0);
	sensor_model(self->picture, 320, 40, true, self->expected);
	ASSERT_EQ(view_start(&self->view, 320, 240, 30), 0);
	view_stop(&self->view);
	ASSERT_EQ(view_start(&self->view, 320, 240, 30), 0);
	ASSERT_EQ(view_next(&self->view, self->seen), 0);
	EXPECT_EQ(memcmp(self->seen, self->expected, FULL_BYTES / 4), 0);
}

/* Time */

TEST_F(camera, numbers_every_frame)
{
	struct v4l2_buffer buffer;
	__u32 last = 0;
	int i;

	ASSERT_EQ(view_prepare(&self->view, 320, 240, 30, 4), 0);
	ASSERT_EQ(view_stream(&self->view), 0);
	for (i = 0; i < 12; i++) {
		ASSERT_EQ(view_dequeue(&self->view, &buffer), 0);
		EXPECT_FALSE(buffer.flags & V4L2_BUF_FLAG_ERROR);
		EXPECT_EQ(buffer.bytesused, FULL_BYTES / 4);
		EXPECT_EQ(buffer.field, V4L2_FIELD_NONE);
		if (i)
			EXPECT_GT(buffer.sequence, last);
		last = buffer.sequence;
		ASSERT_EQ(view_queue(&self->view, buffer.index), 0);
	}
}

TEST_F(camera, drops_frames_without_a_buffer)
{
	struct v4l2_buffer buffer;
	__u32 index[2], last = 0;
	int i;

	ASSERT_EQ(view_prepare(&self->view, 320, 240, 30, 2), 0);
	ASSERT_EQ(view_stream(&self->view), 0);
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(view_dequeue(&self->view, &buffer), 0);
		index[i] = buffer.index;
		last = buffer.sequence;
	}
	/* Ten frames' time with no buffer; numbers go on. */
	sleep_ms(333);
	for (i = 0; i < 2; i++)
		ASSERT_EQ(view_queue(&self->view, index[i]), 0);
	ASSERT_EQ(view_dequeue(&self->view, &buffer), 0);
	EXPECT_GE(buffer.sequence, last + 8);
}

TEST_F(camera, counts_anew_with_each_stream)
{
	struct v4l2_buffer buffer;
	int i;

	ASSERT_EQ(0, view_start(&self->view, 320, 240, 30));
	for (i = 0; i < 8; i++) {
		ASSERT_EQ(0, view_dequeue(&self->view, &buffer));
		ASSERT_EQ(0, view_queue(&self->view, buffer.index));
	}
	EXPECT_LE(7, buffer.sequence);
	view_stop(&self->view);

	/* A very slow machine may lose the first frame or two. */
	ASSERT_EQ(0, view_start(&self->view, 320, 240, 5));
	ASSERT_EQ(0, view_dequeue(&self->view, &buffer));
	EXPECT_GT(3, buffer.sequence);
}

TEST_F(camera, honours_intervals)
{
	static const unsigned int rates[] = { 5, 10 };
	size_t r;

	for (r = 0; r < 2; r++) {
		struct v4l2_buffer first, last;
		__s64 elapsed, nominal;
		int i;

		ASSERT_EQ(view_start(&self->view, 320, 240, rates[r]), 0);
		ASSERT_EQ(view_dequeue(&self->view, &first), 0);
		ASSERT_EQ(view_queue(&self->view, first.index), 0);
		for (i = 0; i < 6; i++) {
			ASSERT_EQ(view_dequeue(&self->view, &last), 0);
			ASSERT_EQ(view_queue(&self->view, last.index), 0);
		}
		view_stop(&self->view);
		/*
		 * Frames lost to a slow machine are numbered, so the numbers
		 * tell the time. How exactly, is up to the machine as well;
		 * another rate would be off by a factor of two at least.
		 */
		elapsed = buffer_ns(&last) - buffer_ns(&first);
		nominal = (last.sequence - first.sequence) * NSEC_PER_SEC /
			  rates[r];
		EXPECT_LT(nominal * 2 / 3, elapsed);
		EXPECT_GT(nominal * 3 / 2, elapsed);
	}
}

/* Privacy */

TEST_F(camera, hands_out_clean_buffers)
{
	unsigned int round, i;

	ASSERT_EQ(scene_show(self->scene, self->picture), 0);
	for (round = 0; round < 3; round++) {
		ASSERT_EQ(view_prepare(&self->view, 640, 480, 30, 4), 0);
		for (i = 0; i < self->view.count; i++)
			EXPECT_TRUE(all_bytes(self->view.map[i], 0, FULL_BYTES));
		ASSERT_EQ(view_stream(&self->view), 0);
		ASSERT_EQ(view_next(&self->view, self->seen), 0);
		view_stop(&self->view);
	}
}

/* A mapping outlives REQBUFS(0), the picture in it must not. */
TEST_F(camera, wipes_freed_buffers)
{
	struct v4l2_requestbuffers none = {
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
		.memory = V4L2_MEMORY_MMAP,
	};
	unsigned int i;

	ASSERT_EQ(scene_show(self->scene, self->picture), 0);
	ASSERT_EQ(view_start(&self->view, 640, 480, 30), 0);
	ASSERT_EQ(view_next(&self->view, self->seen), 0);
	ASSERT_EQ(xioctl(self->view.fd, VIDIOC_STREAMOFF, &none.type), 0);
	ASSERT_EQ(xioctl(self->view.fd, VIDIOC_REQBUFS, &none), 0);
	for (i = 0; i < self->view.count; i++)
		EXPECT_TRUE(all_bytes(self->view.map[i], 0, FULL_BYTES));
}

TEST_F(camera, sees_the_empty_booth_without_a_scene)
{
	ASSERT_EQ(view_start(&self->view, 640, 480, 30), 0);
	ASSERT_EQ(scene_show(self->scene, self->picture), 0);
	ASSERT_EQ(view_next(&self->view, self->seen), 0);
	ASSERT_EQ(memcmp(self->seen, self->picture, FULL_BYTES), 0);

	/* Whoever showed the picture leaves. */
	scene_close(self->scene);
	self->scene = scene_open();
	ASSERT_GE(self->scene, 0);
	ASSERT_EQ(view_next(&self->view, self->seen), 0);
	EXPECT_TRUE(all_bytes(self->seen, 0x80, FULL_BYTES));
}

TEST_F(camera, keeps_the_scene_until_replaced)
{
	ASSERT_EQ(view_start(&self->view, 640, 480, 30), 0);
	ASSERT_EQ(scene_show(self->scene, self->picture), 0);
	sleep_ms(200);
	ASSERT_EQ(view_next(&self->view, self->seen), 0);
	EXPECT_EQ(memcmp(self->seen, self->picture, FULL_BYTES), 0);

	memset(self->expected, 0x11, FULL_BYTES);
	ASSERT_EQ(scene_show(self->scene, self->expected), 0);
	ASSERT_EQ(view_next(&self->view, self->seen), 0);
	EXPECT_EQ(memcmp(self->seen, self->expected, FULL_BYTES), 0);
}

/* Sharing */

TEST_F(camera, has_one_user_at_a_time)
{
	struct v4l2_requestbuffers request = {
		.count = 2,
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
		.memory = V4L2_MEMORY_MMAP,
	};
	int other = camera_open(CAMERA_NAME, O_RDWR);

	ASSERT_GE(other, 0);
	ASSERT_EQ(view_start(&self->view, 320, 240, 30), 0);
	EXPECT_EQ(xioctl(other, VIDIOC_REQBUFS, &request), -EBUSY);
	/* Nor may anybody look over its shoulder. */
	EXPECT_EQ(mmap(NULL, FULL_BYTES / 4, PROT_READ | PROT_WRITE, MAP_SHARED,
		       other, 0), MAP_FAILED);
	EXPECT_EQ(errno, EBUSY);
	close(other);

	if (scene_file())
		return;
	other = camera_open(SCENE_NAME, O_RDWR);
	ASSERT_GE(other, 0);
	ASSERT_EQ(scene_show(self->scene, self->picture), 0);
	EXPECT_EQ(scene_show(other, self->picture), -EBUSY);
	close(other);
}

TEST_F(camera, refuses_half_a_scene)
{
	struct v4l2_requestbuffers request = {
		.count = 1,
		.type = V4L2_BUF_TYPE_VIDEO_OUTPUT,
		.memory = V4L2_MEMORY_MMAP,
	};
	struct v4l2_buffer buffer = {
		.type = V4L2_BUF_TYPE_VIDEO_OUTPUT,
		.memory = V4L2_MEMORY_MMAP,
		.bytesused = FULL_BYTES / 2,
	};

	if (scene_file())
		SKIP(return, "the scene is a file");
	ASSERT_EQ(xioctl(self->scene, VIDIOC_REQBUFS, &request), 0);
	EXPECT_EQ(xioctl(self->scene, VIDIOC_QBUF, &buffer), -EINVAL);
	buffer.bytesused = FULL_BYTES;
	EXPECT_EQ(xioctl(self->scene, VIDIOC_QBUF, &buffer), 0);
}

/* Trouble */

static int stream_restarts(struct view *view, __u8 *picture)
{
	int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
	int ret = xioctl(view->fd, VIDIOC_STREAMOFF, &type);

	if (!ret)
		ret = view_stream(view);
	return ret ? ret : view_next(view, picture);
}

/* Dequeue until the stream breaks; what it breaks with. */
static int stream_breaks(struct view *view)
{
	struct v4l2_buffer buffer;
	int ret, i;

	for (i = 0; i < 100; i++) {
		ret = view_dequeue(view, &buffer);
		if (!ret)
			ret = view_queue(view, buffer.index);
		if (ret)
			return ret;
	}
	return 0;
}

FIXTURE(trouble)
{
	struct view view;
	int scene;
	__u8 *picture;
	__u8 *seen;
	long mark;
};

FIXTURE_VARIANT(trouble)
{
	const char *knob;
};

FIXTURE_VARIANT_ADD(trouble, fatal) { .knob = "fatal" };
FIXTURE_VARIANT_ADD(trouble, seq) { .knob = "corrupt_seq" };
FIXTURE_VARIANT_ADD(trouble, cookie) { .knob = "corrupt_cookie" };
FIXTURE_VARIANT_ADD(trouble, status) { .knob = "corrupt_status" };
FIXTURE_VARIANT_ADD(trouble, count) { .knob = "corrupt_count" };

FIXTURE_SETUP(trouble)
{
	self->mark = kmsg_mark();
	EMU_OR_SKIP();
	self->view.fd = camera_open(CAMERA_NAME, O_RDWR | O_NONBLOCK);
	ASSERT_LE(0, self->view.fd);
	self->scene = camera_open(SCENE_NAME, O_RDWR);
	ASSERT_LE(0, self->scene);
	self->picture = malloc(FULL_BYTES);
	self->seen = malloc(FULL_BYTES);
	ASSERT_TRUE(self->picture && self->seen);
	fill_vector((__s8 *)self->picture, FULL_BYTES, PATTERN_RANDOM, 3);
	ASSERT_EQ(0, scene_show(self->scene, self->picture));
	ASSERT_EQ(0, emu_calm());
}

FIXTURE_TEARDOWN(trouble)
{
	char line[256];
	bool clean;

	emu_calm();
	view_stop(&self->view);
	close(self->view.fd);
	close(self->scene);
	free(self->picture);
	free(self->seen);
	clean = kmsg_clean(self->mark, line, sizeof(line));
	if (!clean)
		TH_LOG("the kernel said: %s", line);
	EXPECT_TRUE(clean);
}

/* The stream ends with an error, no frame is wrong, and it can start again. */
TEST_F(trouble, ends_the_stream)
{
	ASSERT_EQ(0, view_start(&self->view, 640, 480, 30));
	ASSERT_EQ(0, view_next(&self->view, self->seen));
	ASSERT_EQ(0, emu_set(variant->knob, 1));
	EXPECT_EQ(-EIO, stream_breaks(&self->view));

	memset(self->seen, 0, FULL_BYTES);
	ASSERT_EQ(0, stream_restarts(&self->view, self->seen));
	EXPECT_EQ(0, memcmp(self->seen, self->picture, FULL_BYTES));
}

/* A reset while the board holds no buffer is noticed at once. */
TEST_F(camera, notices_a_reset_without_buffers)
{
	struct v4l2_buffer buffer;

	EMU_OR_SKIP();
	ASSERT_EQ(0, view_prepare(&self->view, 320, 240, 30, 1));
	ASSERT_EQ(0, view_stream(&self->view));
	ASSERT_EQ(0, view_dequeue(&self->view, &buffer));
	ASSERT_EQ(0, emu_set("fatal", 1));
	sleep_ms(200);
	EXPECT_EQ(-EIO, view_queue(&self->view, buffer.index));
	EXPECT_EQ(-EIO, view_dequeue(&self->view, &buffer));
	EXPECT_EQ(0, stream_restarts(&self->view, self->seen));
}

TEST_F(camera, survives_lost_interrupts)
{
	struct v4l2_buffer buffer;
	int i;

	EMU_OR_SKIP();
	ASSERT_EQ(0, view_start(&self->view, 320, 240, 30));
	ASSERT_EQ(0, emu_set("drop_irq", 2));
	for (i = 0; i < 8; i++) {
		ASSERT_EQ(0, view_dequeue(&self->view, &buffer));
		EXPECT_FALSE(buffer.flags & V4L2_BUF_FLAG_ERROR);
		ASSERT_EQ(0, view_queue(&self->view, buffer.index));
	}
	EXPECT_EQ(0, emu_calm());
}

/* The board goes while its camera streams and somebody shows a scene. */
TEST_F(camera, breaks_when_unplugged)
{
	struct v4l2_capability cap;
	int round, ret;

	EMU_OR_SKIP();
	for (round = 0; round < 3; round++) {
		ASSERT_EQ(0, scene_show(self->scene, self->picture));
		ASSERT_EQ(0, view_start(&self->view, 640, 480, 30));
		ASSERT_EQ(0, view_next(&self->view, self->seen));
		ASSERT_EQ(0, emu_unbind());
		ret = stream_breaks(&self->view);
		EXPECT_TRUE(ret == -ENODEV || ret == -EIO);
		EXPECT_EQ(-ENODEV, xioctl(self->view.fd, VIDIOC_QUERYCAP, &cap));
		EXPECT_EQ(-ENODEV, scene_show(self->scene, self->picture));
		/* The mapping outlives the board, its contents do not. */
		EXPECT_TRUE(all_bytes(self->view.map[0], 0, FULL_BYTES));
		ASSERT_EQ(0, emu_bind());

		view_stop(&self->view);
		close(self->view.fd);
		close(self->scene);
		self->view.fd = camera_reopen(CAMERA_NAME, O_RDWR | O_NONBLOCK);
		self->scene = camera_reopen(SCENE_NAME, O_RDWR);
		ASSERT_LE(0, self->view.fd);
		ASSERT_LE(0, self->scene);
	}
	ASSERT_EQ(0, view_start(&self->view, 640, 480, 30));
	ASSERT_EQ(0, view_next(&self->view, self->seen));
	EXPECT_TRUE(all_bytes(self->seen, 0x80, FULL_BYTES));
}

/* The board comes again, and says this of its modes: its camera, or a negative errno. */
static int open_with_modes(const char *modes, bool good)
{
	int ret = emu_unbind() ?: emu_modes(modes) ?: emu_bind();

	if (ret)
		return ret;
	return good ? camera_reopen(CAMERA_NAME, O_RDWR) :
		      camera_open(CAMERA_NAME, O_RDWR);
}

/* Of what cannot be there is no camera; the board is as good as before without it. */
TEST(modes_of_a_liar)
{
	static const char * const lies[] = {
		"0,31457920,33333,1",		/* none */
		"33,31457920,33333,1",		/* more than there can be */
		"4294967294,31457920,33333,1",
		"8,0,33333,1",			/* without a size */
		"8,640,33333,1",		/* height 0 */
		"8,31457281,33333,1",		/* width 1 */
		"8,4294967295,33333,1",		/* too large */
		"8,268439552,33333,1",		/* 4096 by 4096: no buffer holds it */
		"8,31457920,0,1", "8,31457920,999,1", "8,31457920,1000001,1",
		"8,31457920,33333,0", "8,31457920,33333,2",
	};
	struct drm_limen_device_info info;
	long mark = kmsg_mark();
	unsigned int i;
	int fd;

	EMU_OR_SKIP();
	for (i = 0; i < ARRAY_SIZE(lies); i++) {
		EXPECT_EQ(-ENODEV, open_with_modes(lies[i], false)) {
			TH_LOG("%s", lies[i]);
		}
		EXPECT_EQ(i + 1, kmsg_count(mark, "no camera: "));
		OPEN_OR_SKIP(fd);
		ASSERT_EQ(0, limen_device_info(fd, &info));
		EXPECT_EQ(0, info.hw_features & DRM_LIMEN_FEATURE_CAMERA);
		EXPECT_TRUE(board_works());
		close(fd);
	}
	fd = open_with_modes(NULL, true);
	EXPECT_LE(0, fd);
	close(fd);
}

/* What is odd and can be is taken; a board that tells of none has the usual ones. */
TEST(modes_of_other_boards)
{
	struct v4l2_frmivalenum interval = {
		.pixel_format = V4L2_PIX_FMT_BGR24, .width = 640, .height = 480,
	};
	int fd;

	EMU_OR_SKIP();
	fd = open_with_modes("1,31457920,40001,1", true);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, xioctl(fd, VIDIOC_ENUM_FRAMEINTERVALS, &interval));
	EXPECT_EQ(40001, interval.discrete.numerator);
	EXPECT_EQ(1000000, interval.discrete.denominator);
	interval.index = 1;
	EXPECT_EQ(-EINVAL, xioctl(fd, VIDIOC_ENUM_FRAMEINTERVALS, &interval));
	close(fd);

	fd = open_with_modes("4294967295,0,0,0", true);
	ASSERT_LE(0, fd);
	interval.index = 3;
	interval.width = 320;
	interval.height = 240;
	ASSERT_EQ(0, xioctl(fd, VIDIOC_ENUM_FRAMEINTERVALS, &interval));
	EXPECT_EQ(1, interval.discrete.numerator);
	EXPECT_EQ(5, interval.discrete.denominator);
	close(fd);
	fd = open_with_modes(NULL, true);
	EXPECT_LE(0, fd);
	close(fd);
}

/* Start, stop and look, as fast as it goes; whatever comes of it. */
static void child_streams(void)
{
	struct view view = {};

	for (;;) {
		struct v4l2_buffer buffer;

		view.fd = camera_open(CAMERA_NAME, O_RDWR | O_NONBLOCK);
		if (view.fd < 0)
			continue;
		if (!view_start(&view, 320, 240, 30))
			view_dequeue(&view, &buffer);
		if (now_ns() & 1)
			view_stop(&view);
		view_forget(&view);
		close(view.fd);
	}
}

static void child_shows(void)
{
	static __u8 picture[FULL_BYTES];

	for (;;) {
		int fd = camera_open(SCENE_NAME, O_RDWR);

		if (fd < 0)
			continue;
		scene_show(fd, picture);
		close(fd);
	}
}

static pid_t start_child(void (*child)(void))
{
	pid_t pid = fork();

	if (!pid) {
		child();
		_exit(0);
	}
	return pid;
}

FIXTURE(unrest)
{
	pid_t child[2];
	long mark;
};

FIXTURE_SETUP(unrest)
{
	self->mark = kmsg_mark();
	EMU_OR_SKIP();
	ASSERT_EQ(0, emu_calm());
	self->child[0] = start_child(child_streams);
	self->child[1] = start_child(child_shows);
	ASSERT_LT(0, self->child[0]);
	ASSERT_LT(0, self->child[1]);
}

/* Whatever happened, the next one gets clean buffers and right pictures. */
FIXTURE_TEARDOWN(unrest)
{
	struct view view = {};
	__u8 *seen = malloc(FULL_BYTES);
	bool clean, zero = true;
	char line[256];
	unsigned int i;

	if (self->child[0] <= 0)
		return;
	for (i = 0; i < 2; i++) {
		kill(self->child[i], SIGKILL);
		waitpid(self->child[i], NULL, 0);
	}
	/* A reset may still be under way. */
	sleep_ms(500);
	view.fd = camera_reopen(CAMERA_NAME, O_RDWR | O_NONBLOCK);
	EXPECT_EQ(0, view_prepare(&view, 640, 480, 30, VIEW_BUFFERS));
	for (i = 0; i < view.count; i++)
		zero = zero && all_bytes(view.map[i], 0, FULL_BYTES);
	EXPECT_TRUE(zero);
	EXPECT_EQ(0, view_stream(&view));
	EXPECT_EQ(0, view_next(&view, seen));
	EXPECT_TRUE(all_bytes(seen, 0x80, FULL_BYTES));
	view_stop(&view);
	close(view.fd);
	free(seen);

	clean = kmsg_clean(self->mark, line, sizeof(line));
	if (!clean)
		TH_LOG("the kernel said: %s", line);
	EXPECT_TRUE(clean);
}

TEST_F_TIMEOUT(unrest, resets_at_any_moment, 120)
{
	int i;

	for (i = 0; i < 25; i++) {
		ASSERT_EQ(0, emu_set("fatal", 1));
		sleep_ms(i * 13 % 97);
	}
}

TEST_F_TIMEOUT(unrest, unplugged_at_any_moment, 120)
{
	int i;

	for (i = 0; i < 8; i++) {
		sleep_ms(i * 37 % 89);
		ASSERT_EQ(0, emu_unbind());
		ASSERT_EQ(0, emu_bind());
	}
}

TEST_F_TIMEOUT(unrest, users_killed_at_any_moment, 120)
{
	int i;

	for (i = 0; i < 16; i++) {
		void (*child)(void) = i % 2 ? child_shows : child_streams;

		sleep_ms(100 + i * 13 % 97);
		kill(self->child[i % 2], SIGKILL);
		waitpid(self->child[i % 2], NULL, 0);
		self->child[i % 2] = start_child(child);
		ASSERT_LT(0, self->child[i % 2]);
	}
}

TEST_HARNESS_MAIN
