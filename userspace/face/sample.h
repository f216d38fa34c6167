/* SPDX-License-Identifier: MIT */
/*
 * Pictures turned, scaled and cut into the planes a network reads.
 */
#ifndef FACE_SAMPLE_H
#define FACE_SAMPLE_H

#include "face.h"

/**
 * struct face_affine - a map of the plane: x' = m[0] . (x, y, 1), y' likewise
 * @m: the two rows
 *
 * Coordinates are pixels; a pixel's centre lies at its whole number.
 */
struct face_affine {
	double m[2][3];
};

/* What lies around a picture. */
enum face_border {
	FACE_BORDER_NEAREST, /* its outermost pixels */
	FACE_BORDER_BLACK,
};

/**
 * face_sample() - read a picture through a map
 * @image: the picture
 * @map: from the pixels of the result to those of the picture
 * @border: what lies around the picture
 * @width: of the result
 * @height: of the result
 * @planes: out: planes of blue, green and red, 0 to 255
 *
 * Bilinear; where the result is more than twice as coarse as the picture, the
 * mean of several places in each of its pixels.
 */
void face_sample(const struct face_image *image, const struct face_affine *map,
		 enum face_border border, int width, int height, float *planes);

/**
 * face_sample_box() - the map to face_sample() a rectangle
 * @x: left edge
 * @y: upper edge
 * @width: of the rectangle, pixels of the picture
 * @height: of the rectangle
 * @to_width: of the result
 * @to_height: of the result
 *
 * Edges count from the picture's own, not from a pixel's centre.
 *
 * Return: the map.
 */
struct face_affine face_sample_box(double x, double y, double width,
				   double height, int to_width, int to_height);

#endif /* FACE_SAMPLE_H */
