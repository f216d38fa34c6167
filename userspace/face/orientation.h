/* SPDX-License-Identifier: MIT */
/*
 * Which way up a picture is: what phones write beside it instead of turning it.
 */
#ifndef FACE_ORIENTATION_H
#define FACE_ORIENTATION_H

#include "face.h"

/* As it is stored: EXIF's orientations are 1 to 8. */
#define FACE_UPRIGHT 1

/**
 * face_orientation_parse() - read the orientation from EXIF data
 * @data: contents of a JPEG's APP1 marker
 * @size: bytes of it
 *
 * Return: 1 to 8; FACE_UPRIGHT if there is none, or none that makes sense.
 */
int face_orientation_parse(const uint8_t *data, size_t size);

/**
 * face_orientation_apply() - turn a picture upright
 * @image: the picture; replaced, the old one wiped
 * @orientation: 1 to 8
 *
 * Return: 0 or -ENOMEM.
 */
int face_orientation_apply(struct face_image *image, int orientation);

#endif /* FACE_ORIENTATION_H */
