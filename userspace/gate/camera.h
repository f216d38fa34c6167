/* SPDX-License-Identifier: MIT */
/*
 * The booth's camera and lamp.
 */
#ifndef GATE_CAMERA_H
#define GATE_CAMERA_H

#include <linux/videodev2.h>

#include <face.h>

#define GATE_CAMERA_BUFFERS	4

/**
 * struct gate_camera - a camera, open during a transit only
 * @path: of its node, or LIMEN_CONFIG_CAMERA_AUTO for the first "Limen camera"
 * @fd: the node, or -1
 * @format: what it streams
 * @buffers: the driver's, mapped
 * @count: how many
 */
struct gate_camera {
	const char *path;
	int fd;
	struct v4l2_pix_format format;
	struct {
		void *start;
		size_t length;
	} buffers[GATE_CAMERA_BUFFERS];
	unsigned int count;
};

void gate_camera_init(struct gate_camera *camera, const char *path);

/**
 * gate_camera_start() - find the camera, turn the lamp on, stream
 * @camera: the camera
 *
 * Return: 0, -ENODEV if there is no camera, -ENOTSUP if it is none for us, or
 * what its driver says. Call gate_camera_stop() in every case.
 */
int gate_camera_start(struct gate_camera *camera);

/**
 * gate_camera_frame() - take a picture
 * @camera: a started camera
 * @image: out: a picture taken after this was called; face_image_free() it
 * @deadline_us: until when, CLOCK_MONOTONIC
 *
 * Return: 0, -ETIMEDOUT if none came, or what the driver says.
 */
int gate_camera_frame(struct gate_camera *camera, struct face_image *image,
		      int64_t deadline_us);

/* Stops, lamp off, and gives the buffers back; the driver wipes them. */
void gate_camera_stop(struct gate_camera *camera);

/* Turns the lamp off if nobody else did. */
void gate_camera_darken(const char *path);

#endif /* GATE_CAMERA_H */
