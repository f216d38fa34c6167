// SPDX-License-Identifier: GPL-2.0-only
/*
 * The emulated board's camera: turns the scene into frames and writes them to
 * the buffers that wait in the CAMERA ring.
 *
 * A timer counts frames; a work item takes the one that is due. It reads the
 * scene and writes the host's buffer row by row, so that the board itself holds no
 * more of a picture than a row, which it wipes. A frame that finds no buffer, or
 * the work item still at the one before, is numbered and lost.
 */
#include <linux/err.h>
#include <linux/hrtimer.h>
#include <linux/ktime.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../compat.h"
#include "emu.h"
#include "scene.h"
#include "sensor.h"

/* Frame intervals that the sensor can do, microseconds. */
#define EMU_SENSOR_INTERVAL_MIN	1000
#define EMU_SENSOR_INTERVAL_MAX	1000000

/* Without its lamp the booth is this many times darker. */
#define EMU_SENSOR_DARKNESS	8

/**
 * struct emu_mode - what a frame is made with
 * @bin: rows and columns of the array that make one pixel, 1 or 2
 * @exposure: units of 100 microseconds
 * @lamp: the lamp is on
 */
struct emu_mode {
	unsigned int bin;
	unsigned int exposure;
	bool lamp;
};

/**
 * struct emu_sensor - the camera of one emulated board
 */
struct emu_sensor {
	/** @emu: the board */
	struct emu *emu;
	/** @scene: what it sees */
	struct emu_scene *scene;
	/** @timer: ticks once a frame while the sensor streams */
	struct hrtimer timer;
	/** @work: takes the frame that is due */
	struct work_struct work;
	/** @busy: the work item may be writing to the host */
	bool busy;
	/** @curve: what becomes of a level of light; for the work item alone */
	u8 curve[256];
	/** @row: a row of the frame that is being taken; likewise */
	u8 row[EMU_SCENE_STRIDE];
	/**
	 * @lock: protects what follows; taken in any context, inside struct
	 * emu.lock
	 */
	spinlock_t lock;
	/** @control: LIMEN_HW_REG_CAM_CONTROL */
	u32 control;
	/** @size: LIMEN_HW_REG_CAM_SIZE */
	u32 size;
	/** @interval: LIMEN_HW_REG_CAM_INTERVAL */
	u32 interval;
	/** @exposure: LIMEN_HW_REG_CAM_EXPOSURE */
	u32 exposure;
	/** @bin: of the stream, latched when it began */
	unsigned int bin;
	/** @period: of the stream, likewise */
	ktime_t period;
	/** @begun: frames that have begun since the stream did */
	u32 begun;
	/** @taken: of these, the last one that the work item has seen */
	u32 taken;
};

/* Bytes of a frame */
static u32 emu_sensor_bytes(unsigned int bin)
{
	return EMU_SCENE_BYTES / (bin * bin);
}

/* Light */

/* Linear, rounded half up; what is too bright saturates. */
static void emu_sensor_expose(struct emu_sensor *sensor,
			      const struct emu_mode *mode)
{
	unsigned int gain = mode->exposure;
	unsigned int level;

	if (mode->lamp)
		gain *= EMU_SENSOR_DARKNESS;
	for (level = 0; level < ARRAY_SIZE(sensor->curve); level++)
		sensor->curve[level] =
			min(DIV_ROUND_CLOSEST(level * gain,
					      LIMEN_HW_CAM_EXPOSURE_NOMINAL *
					      EMU_SENSOR_DARKNESS), 255u);
}

/* A row in full size, where it lies if nothing is to be changed. */
static const u8 *emu_sensor_full_row(struct emu_sensor *sensor,
				     const struct emu_mode *mode,
				     const u8 *scene)
{
	unsigned int i;

	/* The usual case, where the curve changes nothing. */
	if (mode->exposure == LIMEN_HW_CAM_EXPOSURE_NOMINAL && mode->lamp)
		return scene;
	for (i = 0; i < EMU_SCENE_STRIDE; i++)
		sensor->row[i] = sensor->curve[scene[i]];
	return sensor->row;
}

/* The mean of two by two, rounded half up, then exposed. */
static const u8 *emu_sensor_half_row(struct emu_sensor *sensor,
				     const u8 *scene)
{
	const unsigned int pixel = LIMEN_HW_CAM_BYTES_PER_PIXEL;
	const u8 *lower = scene + EMU_SCENE_STRIDE;
	u8 *row = sensor->row;
	unsigned int x, i;

	for (x = 0; x < EMU_SCENE_STRIDE; x += 2 * pixel)
		for (i = x; i < x + pixel; i++)
			*row++ = sensor->curve[(scene[i] + scene[i + pixel] +
						lower[i] + lower[i + pixel] +
						2) / 4];
	return sensor->row;
}

/* Whoever stops the ring need not wait for the rest of the frame. */
static u16 emu_sensor_render(struct emu_sensor *sensor,
			     const struct emu_mode *mode,
			     const struct core_entry *entry)
{
	u64 frame = le64_to_cpu(entry->sqe.capture.buffer);
	const u32 stride = EMU_SCENE_STRIDE / mode->bin;
	u16 status = LIMEN_HW_OK;
	const u8 *scene, *row;
	unsigned int y;

	emu_sensor_expose(sensor, mode);
	scene = emu_scene_lock(sensor->scene);
	for (y = 0; y < LIMEN_HW_CAM_HEIGHT && !status; y += mode->bin) {
		if (!emu_ring_live(sensor->emu, LIMEN_HW_RING_CAMERA, entry))
			break;
		if (mode->bin == 1)
			row = emu_sensor_full_row(sensor, mode, scene);
		else
			row = emu_sensor_half_row(sensor, scene);
		if (emu_dma_write(sensor->emu, frame, row, stride))
			status = LIMEN_HW_BUS_ERROR;
		scene += mode->bin * EMU_SCENE_STRIDE;
		frame += stride;
	}
	emu_scene_unlock(sensor->scene);
	memzero_explicit(sensor->row, sizeof(sensor->row));
	return status;
}

/* Frames */

static void emu_sensor_capture(struct emu_sensor *sensor,
			       const struct emu_mode *mode, u32 number,
			       const struct core_entry *entry)
{
	const struct limen_hw_capture *capture = &entry->sqe.capture;
	u32 bytes = emu_sensor_bytes(mode->bin);
	u16 status = core_capture_check(&entry->sqe, bytes);
	struct limen_hw_cqe cqe = {};
	ktime_t start = ktime_get();

	if (status == LIMEN_HW_OK &&
	    !emu_dma_valid(sensor->emu, le64_to_cpu(capture->buffer), bytes))
		status = LIMEN_HW_BUS_ERROR;
	if (status == LIMEN_HW_OK)
		status = emu_sensor_render(sensor, mode, entry);
	cqe.status = cpu_to_le16(status);
	if (status == LIMEN_HW_OK) {
		cqe.raw = cpu_to_le32(number);
		cqe.count = cpu_to_le32(bytes);
		cqe.device_ns = cpu_to_le64(ktime_to_ns(ktime_sub(ktime_get(),
								  start)));
	}
	emu_ring_complete(sensor->emu, LIMEN_HW_RING_CAMERA, entry, &cqe);
}

/* Is a frame due? Its number, and how to take it. */
static bool emu_sensor_due(struct emu_sensor *sensor, struct emu_mode *mode,
			   u32 *number)
{
	bool due;

	spin_lock_irq(&sensor->lock);
	due = sensor->control & LIMEN_HW_CAM_STREAM &&
	      sensor->taken != sensor->begun;
	if (due) {
		sensor->taken = sensor->begun;
		*number = sensor->begun - 1;
		mode->bin = sensor->bin;
		mode->exposure = sensor->exposure;
		mode->lamp = sensor->control & LIMEN_HW_CAM_LAMP;
	}
	spin_unlock_irq(&sensor->lock);
	return due;
}

static void emu_sensor_work(struct work_struct *work)
{
	struct emu_sensor *sensor = container_of(work, struct emu_sensor, work);
	struct core_entry entry;
	struct emu_mode mode;
	u32 number;

	if (!emu_sensor_due(sensor, &mode, &number))
		return;
	/*
	 * Busy before the entry is fetched: who disables the ring and then
	 * finds the sensor idle knows that no entry is under way. The lock in
	 * emu_ring_fetch() orders the two.
	 */
	WRITE_ONCE(sensor->busy, true);
	if (emu_ring_fetch(sensor->emu, LIMEN_HW_RING_CAMERA, &entry))
		emu_sensor_capture(sensor, &mode, number, &entry);
	/* The frame is complete before the sensor is idle. */
	smp_store_release(&sensor->busy, false);
}

static enum hrtimer_restart emu_sensor_tick(struct hrtimer *timer)
{
	struct emu_sensor *sensor =
		container_of(timer, struct emu_sensor, timer);
	enum hrtimer_restart restart = HRTIMER_NORESTART;
	unsigned long flags;

	spin_lock_irqsave(&sensor->lock, flags);
	/* A stream that was stopped and started meanwhile has queued it. */
	if (sensor->control & LIMEN_HW_CAM_STREAM && !hrtimer_is_queued(timer)) {
		sensor->begun += hrtimer_forward_now(timer, sensor->period);
		queue_work(system_unbound_wq, &sensor->work);
		restart = HRTIMER_RESTART;
	}
	spin_unlock_irqrestore(&sensor->lock, flags);
	return restart;
}

/* Registers */

static void emu_sensor_start(struct emu_sensor *sensor)
{
	u32 full = LIMEN_HW_CAM_WIDTH | LIMEN_HW_CAM_HEIGHT << 16;
	u32 half = LIMEN_HW_CAM_WIDTH / 2 | LIMEN_HW_CAM_HEIGHT / 2 << 16;

	if ((sensor->size != full && sensor->size != half) ||
	    sensor->interval < EMU_SENSOR_INTERVAL_MIN ||
	    sensor->interval > EMU_SENSOR_INTERVAL_MAX)
		return;

	sensor->bin = sensor->size == full ? 1 : 2;
	sensor->period = ns_to_ktime((u64)sensor->interval * NSEC_PER_USEC);
	sensor->begun = 0;
	sensor->taken = 0;
	sensor->control |= LIMEN_HW_CAM_STREAM;
	hrtimer_start(&sensor->timer, sensor->period, HRTIMER_MODE_REL);
}

static void emu_sensor_stop(struct emu_sensor *sensor)
{
	sensor->control &= ~LIMEN_HW_CAM_STREAM;
	/* If it is running just now, it sees that nobody streams. */
	hrtimer_try_to_cancel(&sensor->timer);
}

static void emu_sensor_control(struct emu_sensor *sensor, u32 value)
{
	bool streams = sensor->control & LIMEN_HW_CAM_STREAM;

	sensor->control &= ~LIMEN_HW_CAM_LAMP;
	sensor->control |= value & LIMEN_HW_CAM_LAMP;
	if (value & LIMEN_HW_CAM_STREAM && !streams)
		emu_sensor_start(sensor);
	else if (!(value & LIMEN_HW_CAM_STREAM) && streams)
		emu_sensor_stop(sensor);
}

/**
 * emu_sensor_write() - write a register of the camera
 * @emu: the board
 * @reg: LIMEN_HW_REG_CAM_*
 * @value: what to write
 *
 * Context: Any; may hold &emu.lock.
 */
void emu_sensor_write(struct emu *emu, u32 reg, u32 value)
{
	struct emu_sensor *sensor = emu->sensor;
	unsigned long flags;

	spin_lock_irqsave(&sensor->lock, flags);
	switch (reg) {
	case LIMEN_HW_REG_CAM_CONTROL:
		emu_sensor_control(sensor, value);
		break;
	case LIMEN_HW_REG_CAM_SIZE:
		sensor->size = value;
		break;
	case LIMEN_HW_REG_CAM_INTERVAL:
		sensor->interval = value;
		break;
	case LIMEN_HW_REG_CAM_EXPOSURE:
		sensor->exposure = clamp_t(u32, value,
					   LIMEN_HW_CAM_EXPOSURE_MIN,
					   LIMEN_HW_CAM_EXPOSURE_MAX);
		break;
	}
	spin_unlock_irqrestore(&sensor->lock, flags);
}

/**
 * emu_sensor_read() - read a register of the camera
 * @emu: the board
 * @reg: LIMEN_HW_REG_CAM_*
 *
 * Context: Any; may hold &emu.lock.
 *
 * Return: its value, 0 for a register that does not exist
 */
u32 emu_sensor_read(struct emu *emu, u32 reg)
{
	struct emu_sensor *sensor = emu->sensor;
	unsigned long flags;
	u32 value = 0;

	spin_lock_irqsave(&sensor->lock, flags);
	switch (reg) {
	case LIMEN_HW_REG_CAM_CONTROL:
		value = sensor->control;
		break;
	case LIMEN_HW_REG_CAM_SIZE:
		value = sensor->size;
		break;
	case LIMEN_HW_REG_CAM_INTERVAL:
		value = sensor->interval;
		break;
	case LIMEN_HW_REG_CAM_EXPOSURE:
		value = sensor->exposure;
		break;
	}
	spin_unlock_irqrestore(&sensor->lock, flags);
	return value;
}

/**
 * emu_sensor_busy() - may the camera be writing to the host?
 * @emu: the board
 *
 * Context: Any; may hold &emu.lock.
 *
 * Return: whether a disabled CAMERA ring has to be waited for
 */
bool emu_sensor_busy(struct emu *emu)
{
	/* Pairs with the release in emu_sensor_work(). */
	return smp_load_acquire(&emu->sensor->busy);
}

/* Life */

/**
 * emu_sensor_reset() - stop, and forget all settings
 * @emu: the board
 *
 * When it returns, the camera no longer writes to the host.
 *
 * Context: May sleep.
 */
void emu_sensor_reset(struct emu *emu)
{
	struct emu_sensor *sensor = emu->sensor;

	spin_lock_irq(&sensor->lock);
	emu_sensor_stop(sensor);
	sensor->control = 0;
	sensor->size = 0;
	sensor->interval = 0;
	sensor->exposure = LIMEN_HW_CAM_EXPOSURE_NOMINAL;
	spin_unlock_irq(&sensor->lock);

	hrtimer_cancel(&sensor->timer);
	cancel_work_sync(&sensor->work);
}

/**
 * emu_sensor_init() - give a board its camera, and the camera its scene
 * @emu: the board
 *
 * Return: 0 or a negative error
 */
int emu_sensor_init(struct emu *emu)
{
	struct emu_sensor *sensor = kzalloc(sizeof(*sensor), GFP_KERNEL);
	int ret;

	if (!sensor)
		return -ENOMEM;
	sensor->scene = emu_scene_register(&emu->pdev->dev);
	if (IS_ERR(sensor->scene)) {
		ret = PTR_ERR(sensor->scene);
		kfree(sensor);
		return ret;
	}
	sensor->emu = emu;
	sensor->exposure = LIMEN_HW_CAM_EXPOSURE_NOMINAL;
	spin_lock_init(&sensor->lock);
	INIT_WORK(&sensor->work, emu_sensor_work);
	hrtimer_setup(&sensor->timer, emu_sensor_tick, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL);
	emu->sensor = sensor;
	return 0;
}

/**
 * emu_sensor_fini() - take the camera away
 * @emu: the board; no driver uses it any more
 */
void emu_sensor_fini(struct emu *emu)
{
	struct emu_sensor *sensor = emu->sensor;

	emu_sensor_reset(emu);
	emu_scene_unregister(sensor->scene);
	emu->sensor = NULL;
	kfree(sensor);
}
