/* SPDX-License-Identifier: MIT */
/*
 * Bringing a face into the position the embedding was trained on.
 */
#ifndef FACE_ALIGN_H
#define FACE_ALIGN_H

#include "sample.h"

#define FACE_POINTS 5

/**
 * struct face_point - a place in a picture
 * @x: pixels from the left, 0 at the centre of the first
 * @y: pixels from the top
 */
struct face_point {
	double x;
	double y;
};

/* Left eye, right eye, nose, left and right corner of the mouth, as the
 * picture shows them, in the 112 x 112 picture the embedding reads. */
extern const struct face_point face_align_template[FACE_POINTS];

/**
 * face_align() - the map from the template to the picture
 * @points: the five points in the picture
 * @map: out: the inverse of the similarity (turn, scale, shift; no mirroring)
 *	that takes @points closest to face_align_template, in least squares
 *
 * Return: 0, or -EDOM if the points lie so that there is none.
 */
int face_align(const struct face_point points[FACE_POINTS],
	       struct face_affine *map);

#endif /* FACE_ALIGN_H */
