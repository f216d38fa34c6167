// SPDX-License-Identifier: MIT
/*
 * The camera's sensor and the DMA of its frames. Lines come a few at a time, over half of
 * the frame's interval; of a picture the card holds no more than one of its lines.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <limen.h>
#include <monotonic.h>

#include "card.h"
#include "sensor.h"

#define NSEC_PER_USEC	1000

#define INTERVAL_MIN_US	1000
#define INTERVAL_MAX_US	1000000

/* Without its lamp the booth is this many times darker. */
#define DARKNESS	8

#define EMPTY_BOOTH	0x80

#define PIXEL		LIMEN_HW_CAM_BYTES_PER_PIXEL
#define LINE_BYTES	(LIMEN_HW_CAM_WIDTH * PIXEL)
#define SCENE_BYTES	(LINE_BYTES * LIMEN_HW_CAM_HEIGHT)

/* Lines of the array that are read out at once, a multiple of any bin. */
#define LINES_AT_ONCE	32

static uint32_t *at(struct sensor *sensor, uint32_t reg)
{
	return &sensor->registers[(reg - SHELL_SENSOR_BIN) / 4];
}

static uint32_t get(const struct sensor *sensor, uint32_t reg)
{
	return sensor->registers[(reg - SHELL_SENSOR_BIN) / 4];
}

/* Light */

/* Linear, rounded half up; what is too bright saturates. */
static void make_curve(struct sensor *sensor)
{
	const uint32_t nominal = LIMEN_HW_CAM_EXPOSURE_NOMINAL * DARKNESS;
	uint32_t gain = get(sensor, SHELL_SENSOR_EXPOSURE);

	if (get(sensor, SHELL_SENSOR_LAMP))
		gain *= DARKNESS;
	for (uint32_t level = 0; level < sizeof(sensor->curve); level++) {
		uint32_t exposed = (level * gain + nominal / 2) / nominal;

		sensor->curve[level] = exposed < 255 ? (uint8_t)exposed : 255;
	}
}

/* Binned, with the mean rounded half up, then exposed; @lines has as many as are binned. */
static void make_line(const struct sensor *sensor, const uint8_t *lines,
		      uint8_t *to)
{
	const uint32_t bin = sensor->bin;

	for (uint32_t x = 0; x < LINE_BYTES; x += bin * PIXEL)
		for (uint32_t i = x; i < x + PIXEL; i++) {
			uint32_t sum = bin * bin / 2;

			for (uint32_t dy = 0; dy < bin; dy++)
				for (uint32_t dx = 0; dx < bin; dx++)
					sum += lines[dy * LINE_BYTES + i +
						     dx * PIXEL];
			*to++ = sensor->curve[sum / (bin * bin)];
		}
}

/* The scene */

static void close_scene(struct sensor *sensor)
{
	if (sensor->file >= 0)
		close(sensor->file);
	sensor->file = -1;
}

static void open_scene(struct sensor *sensor)
{
	struct stat status;

	if (!sensor->scene)
		return;
	sensor->file = open(sensor->scene, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (sensor->file >= 0 &&
	    (fstat(sensor->file, &status) || status.st_size != SCENE_BYTES))
		close_scene(sensor);
}

static void see(const struct sensor *sensor, uint32_t line, uint8_t *to,
		uint32_t size)
{
	off_t offset = (off_t)line * LINE_BYTES;

	if (sensor->file < 0 ||
	    pread(sensor->file, to, size, offset) != (ssize_t)size)
		memset(to, EMPTY_BOOTH, size);
}

/* Frames */

static uint64_t buffer(const struct sensor *sensor)
{
	return get(sensor, SHELL_FRAME_LO) |
	       (uint64_t)get(sensor, SHELL_FRAME_HI) << 32;
}

static bool captures(const struct sensor *sensor)
{
	return get(sensor, SHELL_FRAME_STATE) == SHELL_BUSY;
}

static void end_capture(struct sensor *sensor, uint32_t state)
{
	if (state == SHELL_DONE)
		*at(sensor, SHELL_FRAME_NS) =
			(uint32_t)(now_ns() - sensor->begin_ns);
	*at(sensor, SHELL_FRAME_STATE) = state;
	sensor->runs = false;
	close_scene(sensor);
	limen_wipe(sensor->curve, sizeof(sensor->curve));
}

/* The one that has begun just now is for the capture that waits. */
static void begin_frame(struct sensor *sensor, int64_t now)
{
	sensor->runs = true;
	sensor->begin_ns = now;
	sensor->rows = 0;
	*at(sensor, SHELL_FRAME_NUMBER) = sensor->begun - 1;
	open_scene(sensor);
	make_curve(sensor);
}

/* To the host, a page at a time: it may have one here and one there. */
static bool write_line(struct card *card, uint64_t address,
		       const uint8_t *line, uint32_t size)
{
	while (size) {
		uint32_t left = LIMEN_HW_PAGE_SIZE -
				(uint32_t)(address % LIMEN_HW_PAGE_SIZE);
		uint32_t part = size < left ? size : left;
		void *to = dma_at(card, address, part, true);

		if (!to)
			return false;
		memcpy(to, line, part);
		address += part;
		line += part;
		size -= part;
	}
	return true;
}

/* Lines that are read out at once; whether the host took them. */
static bool write_lines(struct sensor *sensor, struct card *card)
{
	const uint32_t size = LINE_BYTES / sensor->bin;
	uint8_t lines[2 * LINE_BYTES], line[LINE_BYTES];
	bool taken = true;

	for (uint32_t i = 0; i < LINES_AT_ONCE && taken; i += sensor->bin) {
		see(sensor, sensor->rows * sensor->bin, lines,
		    sensor->bin * LINE_BYTES);
		make_line(sensor, lines, line);
		taken = write_line(card, buffer(sensor) +
				   (uint64_t)sensor->rows * size, line, size);
		sensor->rows++;
	}
	limen_wipe(lines, sizeof(lines));
	limen_wipe(line, sizeof(line));
	return taken;
}

/* When the next lines of the frame have been read out. */
static int64_t lines_due(const struct sensor *sensor)
{
	return sensor->begin_ns +
	       sensor->period_ns / 2 *
		       (sensor->rows * sensor->bin + LINES_AT_ONCE) /
		       LIMEN_HW_CAM_HEIGHT;
}

/* Goes on with the frame: SHELL_BUSY, or how it has ended. */
static uint32_t read_out(struct sensor *sensor, struct card *card, int64_t now)
{
	if (!config_masters_bus(card) || card_is_gone(card) ||
	    buffer(sensor) > UINT64_MAX - SCENE_BYTES)
		return SHELL_REFUSED;
	while (lines_due(sensor) <= now) {
		if (!write_lines(sensor, card))
			return SHELL_REFUSED;
		if (sensor->rows * sensor->bin == LIMEN_HW_CAM_HEIGHT)
			return SHELL_DONE;
	}
	return SHELL_BUSY;
}

int64_t sensor_step(struct sensor *sensor, struct card *card)
{
	int64_t now = now_ns(), due;
	uint32_t begun, state;

	if (!get(sensor, SHELL_SENSOR_STREAM))
		return -1;
	begun = (uint32_t)((now - sensor->start_ns) / sensor->period_ns);
	if (begun != sensor->begun) {
		sensor->begun = begun;
		if (captures(sensor) && !sensor->runs)
			begin_frame(sensor, now);
	}
	due = sensor->start_ns + (sensor->begun + 1LL) * sensor->period_ns;
	if (sensor->runs) {
		state = read_out(sensor, card, now);
		sensor->ended = state != SHELL_BUSY;
		if (sensor->ended)
			end_capture(sensor, state);
		else if (lines_due(sensor) < due)
			due = lines_due(sensor);
	}
	return due > now ? due - now : 0;
}

/* Registers */

static void stream(struct sensor *sensor, bool on)
{
	uint32_t interval = get(sensor, SHELL_SENSOR_INTERVAL);
	uint32_t bin = get(sensor, SHELL_SENSOR_BIN);
	bool possible = (bin == 1 || bin == 2) && interval >= INTERVAL_MIN_US &&
			interval <= INTERVAL_MAX_US;
	bool streams = get(sensor, SHELL_SENSOR_STREAM);

	if (on && streams)
		return;
	/* A frame that is under way has nothing to come from. */
	if (sensor->runs)
		end_capture(sensor, SHELL_REFUSED);
	*at(sensor, SHELL_SENSOR_STREAM) = on && possible;
	sensor->bin = bin;
	sensor->period_ns = (int64_t)interval * NSEC_PER_USEC;
	sensor->start_ns = now_ns();
	sensor->begun = 0;
}

static void frame_go(struct sensor *sensor, uint32_t what)
{
	if (what == SHELL_FRAME_CAPTURE && !captures(sensor)) {
		*at(sensor, SHELL_FRAME_STATE) = SHELL_BUSY;
		sensor->ended = false;
	} else if (what == SHELL_FRAME_STOP) {
		if (captures(sensor))
			end_capture(sensor, SHELL_REFUSED);
		sensor->ended = false;
	}
}

uint32_t sensor_read(struct sensor *sensor, uint32_t reg)
{
	if (reg == SHELL_FRAME_STATE)
		sensor->ended = false;
	return get(sensor, reg);
}

void sensor_write(struct sensor *sensor, uint32_t reg, uint32_t value)
{
	switch (reg) {
	case SHELL_SENSOR_BIN:
	case SHELL_SENSOR_INTERVAL:
	case SHELL_SENSOR_EXPOSURE:
	case SHELL_SENSOR_LAMP:
		*at(sensor, reg) = value;
		break;
	case SHELL_FRAME_LO:
	case SHELL_FRAME_HI:
		if (!captures(sensor))
			*at(sensor, reg) = value;
		break;
	case SHELL_SENSOR_STREAM:
		stream(sensor, value & 1);
		break;
	case SHELL_FRAME_GO:
		frame_go(sensor, value);
		break;
	}
}

void sensor_init(struct sensor *sensor, const char *scene)
{
	memset(sensor, 0, sizeof(*sensor));
	sensor->scene = scene;
	sensor->file = -1;
}

void sensor_reset(struct sensor *sensor)
{
	close_scene(sensor);
	sensor_init(sensor, sensor->scene);
}

bool sensor_writes_to(const struct sensor *sensor, uint64_t address,
		      uint64_t last)
{
	uint64_t first = buffer(sensor);

	return captures(sensor) && first <= last &&
	       address <= first + (SCENE_BYTES - 1);
}
