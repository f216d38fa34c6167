/* SPDX-License-Identifier: MIT */
/*
 * Video nodes by their names.
 */
#ifndef GATE_VIDEO_H
#define GATE_VIDEO_H

#include <stddef.h>

/* What the driver of a board calls the board's camera. */
#define GATE_CAMERA_NAME "Limen camera"

/**
 * gate_video_find() - find a video node
 * @name: what its driver calls it
 * @path: out: of the first one with that name
 * @size: bytes at @path
 *
 * Return: 0, -ENODEV, or -ENOMEM.
 */
int gate_video_find(const char *name, char *path, size_t size);

#endif /* GATE_VIDEO_H */
