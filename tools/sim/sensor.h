/* SPDX-License-Identifier: MIT */
/*
 * The camera's sensor and the DMA of its frames: firmware/shell.h, SHELL_SENSOR_* and
 * SHELL_FRAME_*. What it makes of a scene is what Documentation/camera.rst says of the
 * emulated board.
 *
 * The scene is a file of 640 by 480 pixels, blue, green, red, which is looked at anew for
 * each frame. Whoever changes it renames another one over it: then no frame is half of
 * one and half of the other. No file, or one of another size, is the empty booth.
 */
#ifndef LIMEN_SENSOR_H
#define LIMEN_SENSOR_H

#include <stdbool.h>
#include <stdint.h>

#include <limen/hw.h>
#include <shell.h>

#define SENSOR_REGISTERS ((SHELL_FRAME_NS - SHELL_SENSOR_BIN) / 4 + 1)

struct card;

/**
 * struct sensor - the sensor
 * @scene: file of what it sees, or NULL
 * @registers: SHELL_SENSOR_* and SHELL_FRAME_*, by their order
 * @bin: of the stream
 * @period_ns: likewise
 * @start_ns: when the stream began
 * @begun: frames that have begun since
 * @runs: the frame of the capture has begun
 * @ended: the capture has ended by itself, and nobody has looked
 * @begin_ns: when its frame began
 * @rows: rows of it that have been written
 * @file: what it sees, or -1
 * @curve: what becomes of a level of light in it
 */
struct sensor {
	const char *scene;
	uint32_t registers[SENSOR_REGISTERS];
	uint32_t bin;
	int64_t period_ns;
	int64_t start_ns;
	uint32_t begun;
	bool runs;
	bool ended;
	int64_t begin_ns;
	uint32_t rows;
	int file;
	uint8_t curve[256];
};

void sensor_init(struct sensor *sensor, const char *scene);
/* Settings, stream and capture are as at first. */
void sensor_reset(struct sensor *sensor);
uint32_t sensor_read(struct sensor *sensor, uint32_t reg);
void sensor_write(struct sensor *sensor, uint32_t reg, uint32_t value);
/* What is due: nanoseconds until something is again, or -1. */
int64_t sensor_step(struct sensor *sensor, struct card *card);
/* Whether a frame may still be written to some of these addresses. */
bool sensor_writes_to(const struct sensor *sensor, uint64_t address,
		      uint64_t last);

#endif /* LIMEN_SENSOR_H */
