// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The camera. The gateware paces the frames and writes them to the host; the firmware
 * gives it the next buffer of the CAMERA ring, one at a time, as soon as the one before is
 * full. So while the sensor streams there is always a buffer for the next frame, unless
 * the host has none.
 */
#include "dsp.h"

/**
 * struct camera - the camera's settings, and the entry that is next
 * @control: LIMEN_HW_REG_CAM_CONTROL
 * @size: LIMEN_HW_REG_CAM_SIZE
 * @interval: LIMEN_HW_REG_CAM_INTERVAL
 * @exposure: LIMEN_HW_REG_CAM_EXPOSURE
 * @bytes: of a frame of the stream
 * @entry: taken from the ring, and not answered
 * @held: there is one
 * @captures: the gateware has its buffer
 */
struct camera {
	u32 control;
	u32 size;
	u32 interval;
	u32 exposure;
	u32 bytes;
	struct core_entry entry;
	bool held;
	bool captures;
};

static struct camera camera;

/* Settings */

/* Rows and columns of the array that make a pixel; 0: the sensor has no such size. */
static u32 bin_of(u32 size)
{
	const u32 full = LIMEN_HW_CAM_WIDTH | LIMEN_HW_CAM_HEIGHT << 16;
	const u32 half = LIMEN_HW_CAM_WIDTH / 2 | LIMEN_HW_CAM_HEIGHT / 2 << 16;

	if (size == full)
		return 1;
	return size == half ? 2 : 0;
}

static void start(void)
{
	u32 bin = bin_of(camera.size);

	if (!shell_stream_start(bin, camera.interval))
		return;
	camera.bytes = LIMEN_HW_CAM_WIDTH * LIMEN_HW_CAM_HEIGHT *
		       LIMEN_HW_CAM_BYTES_PER_PIXEL / (bin * bin);
	camera.control |= LIMEN_HW_CAM_STREAM;
}

/* Nothing is written to the host after this. */
static void stop_capture(void)
{
	if (camera.captures)
		shell_capture_stop();
	camera.captures = false;
}

/* The entry stays for the next stream, whose frames may have another size. */
static void stop(void)
{
	shell_stream_stop();
	stop_capture();
	camera.control &= ~LIMEN_HW_CAM_STREAM;
}

static void control(u32 value)
{
	bool streams = camera.control & LIMEN_HW_CAM_STREAM;

	camera.control &= ~LIMEN_HW_CAM_LAMP;
	camera.control |= value & LIMEN_HW_CAM_LAMP;
	shell_sensor_set(camera.exposure, camera.control & LIMEN_HW_CAM_LAMP);
	if (value & LIMEN_HW_CAM_STREAM && !streams)
		start();
	else if (!(value & LIMEN_HW_CAM_STREAM) && streams)
		stop();
}

static void expose(u32 value)
{
	if (value < LIMEN_HW_CAM_EXPOSURE_MIN)
		value = LIMEN_HW_CAM_EXPOSURE_MIN;
	if (value > LIMEN_HW_CAM_EXPOSURE_MAX)
		value = LIMEN_HW_CAM_EXPOSURE_MAX;
	camera.exposure = value;
	shell_sensor_set(camera.exposure, camera.control & LIMEN_HW_CAM_LAMP);
}

static void show(void)
{
	shell_show(LIMEN_HW_REG_CAM_CONTROL, camera.control);
	shell_show(LIMEN_HW_REG_CAM_SIZE, camera.size);
	shell_show(LIMEN_HW_REG_CAM_INTERVAL, camera.interval);
	shell_show(LIMEN_HW_REG_CAM_EXPOSURE, camera.exposure);
}

void camera_begin(void)
{
	expose(LIMEN_HW_CAM_EXPOSURE_NOMINAL);
	show();
}

void camera_write(u32 reg, u32 value)
{
	switch (reg) {
	case LIMEN_HW_REG_CAM_CONTROL:
		control(value);
		break;
	case LIMEN_HW_REG_CAM_SIZE:
		camera.size = value;
		break;
	case LIMEN_HW_REG_CAM_INTERVAL:
		camera.interval = value;
		break;
	case LIMEN_HW_REG_CAM_EXPOSURE:
		expose(value);
		break;
	}
	show();
}

/* Frames */

void camera_let_go(void)
{
	stop_capture();
	core_wipe(&camera.entry, sizeof(camera.entry));
	camera.held = false;
}

/* Of an entry that is still wanted, or whose answer says that it is not. */
static void complete(struct core_board *board, struct limen_hw_cqe *cqe)
{
	core_ring_answer(board, LIMEN_HW_RING_CAMERA, &camera.entry, cqe);
	core_ring_post(board, LIMEN_HW_RING_CAMERA, &camera.entry, cqe);
	camera_let_go();
}

static void fail(struct core_board *board, u16 status)
{
	struct limen_hw_cqe cqe = { .status = core_to_le16(status) };

	complete(board, &cqe);
}

static void deliver(struct core_board *board)
{
	struct limen_hw_cqe cqe = { .count = core_to_le32(camera.bytes) };
	u32 ns;

	cqe.raw = core_to_le32(shell_captured(&ns));
	cqe.device_ns = core_to_le64(ns);
	complete(board, &cqe);
}

/* Whether the frame is there, or will never be. */
static bool end_capture(struct core_board *board)
{
	u32 state = shell_capture_state();

	if (state == SHELL_BUSY)
		return false;
	camera.captures = false;
	if (state == SHELL_DONE)
		deliver(board);
	else
		fail(board, LIMEN_HW_BUS_ERROR);
	return true;
}

static bool begin_capture(struct core_board *board)
{
	const struct limen_hw_sqe *sqe = &camera.entry.sqe;
	u16 status;

	if (!(camera.control & LIMEN_HW_CAM_STREAM))
		return false;
	status = core_capture_check(sqe, camera.bytes);
	if (status) {
		fail(board, status);
		return true;
	}
	shell_capture(core_le64(sqe->capture.buffer));
	camera.captures = true;
	return true;
}

bool camera_work(struct core_board *board)
{
	if (!camera.held) {
		if (!(camera.control & LIMEN_HW_CAM_STREAM))
			return false;
		camera.held = core_ring_fetch(board, LIMEN_HW_RING_CAMERA,
					      &camera.entry);
		return camera.held;
	}
	if (!core_ring_knows(board, LIMEN_HW_RING_CAMERA, &camera.entry)) {
		core_ring_let_go(board, LIMEN_HW_RING_CAMERA, &camera.entry);
		camera_let_go();
		return true;
	}
	if (core_ring_aborted(board, LIMEN_HW_RING_CAMERA, &camera.entry)) {
		stop_capture();
		fail(board, LIMEN_HW_ABORTED);
		return true;
	}
	return camera.captures ? end_capture(board) : begin_capture(board);
}
