// SPDX-License-Identifier: MIT
/*
 * Pictures turned, scaled and cut into the planes a network reads.
 */
#include "sample.h"

#include <math.h>

/* Places read in a pixel of the result, each way, at most. */
#define PLACES_MAX 16

static double clamp(double value, double low, double high)
{
	/* Written so that a NaN becomes a bound too. */
	return value > low ? (value < high ? value : high) : low;
}

static const uint8_t *pixel(const struct face_image *image, int x, int y)
{
	return image->pixels + 3 * ((size_t)y * image->width + x);
}

static void add_nearest(const struct face_image *image, double x, double y,
			float sum[3])
{
	double cx = clamp(x, 0, image->width - 1);
	double cy = clamp(y, 0, image->height - 1);
	int x0 = cx, y0 = cy;
	int x1 = x0 + 1 < (int)image->width ? x0 + 1 : x0;
	int y1 = y0 + 1 < (int)image->height ? y0 + 1 : y0;
	float u = cx - x0, v = cy - y0;
	const uint8_t *upper[2] = { pixel(image, x0, y0), pixel(image, x1, y0) };
	const uint8_t *lower[2] = { pixel(image, x0, y1), pixel(image, x1, y1) };

	for (int c = 0; c < 3; c++) {
		float above = upper[0][c] + u * (upper[1][c] - upper[0][c]);
		float below = lower[0][c] + u * (lower[1][c] - lower[0][c]);

		sum[c] += above + v * (below - above);
	}
}

/* Fades to black within the pixel that lies around the picture. */
static void add_black(const struct face_image *image, double x, double y,
		      float sum[3])
{
	double beyond_x = fmax(-x, x - (image->width - 1.0));
	double beyond_y = fmax(-y, y - (image->height - 1.0));
	float weight = clamp(1 - beyond_x, 0, 1) * clamp(1 - beyond_y, 0, 1);
	float inside[3] = { 0 };

	if (weight <= 0)
		return;
	add_nearest(image, x, y, inside);
	for (int c = 0; c < 3; c++)
		sum[c] += weight * inside[c];
}

static int places(const struct face_affine *map)
{
	double across = hypot(map->m[0][0], map->m[1][0]);
	double down = hypot(map->m[0][1], map->m[1][1]);

	return clamp(ceil(fmax(across, down) / 2), 1, PLACES_MAX);
}

static void sample_pixel(const struct face_image *image,
			 const struct face_affine *map, enum face_border border,
			 int steps, double column, double row, float sum[3])
{
	for (int i = 0; i < steps * steps; i++) {
		int across = i % steps, down = i / steps;
		double u = column + (across + 0.5) / steps - 0.5;
		double v = row + (down + 0.5) / steps - 0.5;
		double x = map->m[0][0] * u + map->m[0][1] * v + map->m[0][2];
		double y = map->m[1][0] * u + map->m[1][1] * v + map->m[1][2];

		if (border == FACE_BORDER_BLACK)
			add_black(image, x, y, sum);
		else
			add_nearest(image, x, y, sum);
	}
}

void face_sample(const struct face_image *image, const struct face_affine *map,
		 enum face_border border, int width, int height, float *planes)
{
	size_t plane = (size_t)width * height;
	int steps = places(map);

	for (int row = 0; row < height; row++) {
		for (int column = 0; column < width; column++) {
			float sum[3] = { 0 };

			sample_pixel(image, map, border, steps, column, row,
				     sum);
			for (int c = 0; c < 3; c++)
				planes[c * plane + (size_t)row * width +
				       column] = sum[c] / (steps * steps);
		}
	}
}

struct face_affine face_sample_box(double x, double y, double width,
				   double height, int to_width, int to_height)
{
	double sx = width / to_width, sy = height / to_height;

	return (struct face_affine){ {
		{ sx, 0, x + sx / 2 - 0.5 },
		{ 0, sy, y + sy / 2 - 0.5 },
	} };
}
