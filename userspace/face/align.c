// SPDX-License-Identifier: MIT
/*
 * Bringing a face into the position the embedding was trained on.
 *
 * A similarity of the plane is a multiplication by a complex number and a
 * shift. With both sets of points moved to their centroids, the number that
 * minimises the squared distances is sum(conj(p) q) / sum(|p|^2): Umeyama's
 * solution (1991), which in two dimensions needs no singular values.
 */
#include "align.h"

#include <errno.h>
#include <math.h>

const struct face_point face_align_template[FACE_POINTS] = {
	{ 38.2946, 51.6963 }, { 73.5318, 51.5014 }, { 56.0252, 71.7366 },
	{ 41.5493, 92.3655 }, { 70.7299, 92.2042 },
};

/* Of the picture's pixels to the template's; beyond it, it is no face. */
#define SCALE_MIN 1e-3
#define SCALE_MAX 1e3

static struct face_point centroid(const struct face_point *points)
{
	struct face_point sum = { 0, 0 };

	for (int i = 0; i < FACE_POINTS; i++) {
		sum.x += points[i].x / FACE_POINTS;
		sum.y += points[i].y / FACE_POINTS;
	}
	return sum;
}

int face_align(const struct face_point points[FACE_POINTS],
	       struct face_affine *map)
{
	struct face_point from = centroid(points);
	struct face_point to = centroid(face_align_template);
	double real = 0, imaginary = 0, spread = 0, scale;

	for (int i = 0; i < FACE_POINTS; i++) {
		double px = points[i].x - from.x;
		double py = points[i].y - from.y;
		double qx = face_align_template[i].x - to.x;
		double qy = face_align_template[i].y - to.y;

		real += px * qx + py * qy;
		imaginary += px * qy - py * qx;
		spread += px * px + py * py;
	}
	scale = hypot(real, imaginary) / spread;
	/* Written so that a NaN, as from points that coincide, is refused. */
	if (!(scale > SCALE_MIN && scale < SCALE_MAX))
		return -EDOM;

	/* The inverse: the conjugate, divided by the squared scale. */
	real /= spread * scale * scale;
	imaginary /= spread * scale * scale;
	*map = (struct face_affine){ {
		{ real, imaginary, from.x - real * to.x - imaginary * to.y },
		{ -imaginary, real, from.y + imaginary * to.x - real * to.y },
	} };
	return 0;
}
