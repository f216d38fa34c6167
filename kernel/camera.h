/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The board's camera, a V4L2 capture device.
 */
#ifndef LIMEN_CAMERA_H
#define LIMEN_CAMERA_H

struct limen_device;

int limen_camera_register(struct limen_device *limen);
void limen_camera_unregister(struct limen_device *limen);

#endif /* LIMEN_CAMERA_H */
