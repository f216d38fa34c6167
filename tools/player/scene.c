// SPDX-License-Identifier: MIT
/*
 * What stands in the booth: pictures for the emulated camera to see.
 */
#include "scene.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <sample.h>

/* The booth's back wall; what the emulated sensor sees when nobody feeds it. */
#define WALL 0x80

#define MARGIN 20

int scene_empty(struct face_image *scene)
{
	size_t size = (size_t)3 * SCENE_WIDTH * SCENE_HEIGHT;

	*scene = (struct face_image){ .pixels = malloc(size) };
	if (!scene->pixels)
		return -ENOMEM;
	scene->width = SCENE_WIDTH;
	scene->height = SCENE_HEIGHT;
	memset(scene->pixels, WALL, size);
	return 0;
}

static int place(struct face_image *scene, const struct face_image *photo,
		 int left, int top, int width, int height)
{
	const struct face_affine map = face_sample_box(
		0, 0, photo->width, photo->height, width, height);
	size_t plane = (size_t)width * height;
	float *planes = malloc(3 * plane * sizeof(*planes));

	if (!planes)
		return -ENOMEM;
	face_sample(photo, &map, FACE_BORDER_NEAREST, width, height, planes);
	for (size_t i = 0; i < plane; i++) {
		size_t x = left + i % width, y = top + i / width;
		uint8_t *pixel = scene->pixels + 3 * (y * scene->width + x);

		for (int c = 0; c < 3; c++)
			pixel[c] = lroundf(planes[c * plane + i]);
	}
	free(planes);
	return 0;
}

int scene_place(struct face_image *scene, const struct face_image *photos,
		unsigned int count)
{
	int room_x = scene->width / count;
	int most_x = room_x - 2 * MARGIN;
	int most_y = scene->height - 2 * MARGIN;

	for (unsigned int i = 0; i < count; i++) {
		int width = most_x;
		int height = (int64_t)most_x * photos[i].height /
			     photos[i].width;
		int err;

		if (height > most_y) {
			height = most_y;
			width = (int64_t)most_y * photos[i].width /
				photos[i].height;
		}
		err = place(scene, &photos[i], i * room_x + (room_x - width) / 2,
			    (scene->height - height) / 2, width, height);
		if (err)
			return err;
	}
	return 0;
}

static uint8_t nearest(const uint8_t *line, int count, int at)
{
	return line[at < 0 ? 0 : at < count ? at : count - 1];
}

/* The mean over a window that moves along a line. */
static void blur_line(uint8_t *line, int count, size_t stride, int radius,
		      uint8_t *copy)
{
	int sum = 0;

	for (int i = 0; i < count; i++)
		copy[i] = line[i * stride];
	for (int i = -radius; i <= radius; i++)
		sum += nearest(copy, count, i);
	for (int i = 0; i < count; i++) {
		line[i * stride] = sum / (2 * radius + 1);
		sum += nearest(copy, count, i + radius + 1);
		sum -= nearest(copy, count, i - radius);
	}
}

int scene_blur(struct face_image *scene, unsigned int radius)
{
	size_t line = (size_t)3 * scene->width;
	uint8_t *copy = calloc(scene->width + scene->height, 1);

	if (!copy)
		return -ENOMEM;
	/* Three windows one after another come close to a Gaussian. */
	for (int pass = 0; pass < 3; pass++) {
		for (size_t y = 0; y < scene->height; y++)
			for (int c = 0; c < 3; c++)
				blur_line(scene->pixels + y * line + c,
					  scene->width, 3, radius, copy);
		for (size_t x = 0; x < line; x++)
			blur_line(scene->pixels + x, scene->height, line,
				  radius, copy);
	}
	free(copy);
	return 0;
}

void scene_darken(struct face_image *scene, unsigned int percent)
{
	size_t size = (size_t)3 * scene->width * scene->height;

	for (size_t i = 0; i < size; i++)
		scene->pixels[i] = scene->pixels[i] * percent / 100;
}
