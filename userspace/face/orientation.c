// SPDX-License-Identifier: MIT
/*
 * Which way up a picture is. Of EXIF, a TIFF file inside a JPEG marker, only the
 * first directory is read, and in it only one number.
 */
#include "orientation.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TAG_ORIENTATION	0x0112
#define TYPE_SHORT	3
#define ENTRY_SIZE	12

/**
 * struct tiff - a TIFF file in memory
 * @data: its bytes
 * @size: how many
 * @big: whether its numbers are big-endian
 */
struct tiff {
	const uint8_t *data;
	size_t size;
	bool big;
};

/* A number of some bytes, 0 where there are none. */
static uint32_t number(const struct tiff *tiff, size_t at, size_t bytes)
{
	uint32_t value = 0;

	if (at > tiff->size || bytes > tiff->size - at)
		return 0;
	for (size_t i = 0; i < bytes; i++)
		value |= (uint32_t)tiff->data[at + i]
			 << 8 * (tiff->big ? bytes - 1 - i : i);
	return value;
}

static int find_orientation(const struct tiff *tiff)
{
	size_t directory = number(tiff, 4, 4);
	uint32_t entries = number(tiff, directory, 2);

	for (uint32_t i = 0; i < entries; i++) {
		size_t entry = directory + 2 + (size_t)ENTRY_SIZE * i;
		uint32_t value = number(tiff, entry + 8, 2);

		if (number(tiff, entry, 2) != TAG_ORIENTATION)
			continue;
		if (number(tiff, entry + 2, 2) != TYPE_SHORT ||
		    number(tiff, entry + 4, 4) != 1 || value < 1 || value > 8)
			break;
		return value;
	}
	return FACE_UPRIGHT;
}

int face_orientation_parse(const uint8_t *data, size_t size)
{
	struct tiff tiff;

	if (size < 14 || memcmp(data, "Exif\0", 6) != 0)
		return FACE_UPRIGHT;
	tiff = (struct tiff){ data + 6, size - 6, data[6] == 'M' };
	if (memcmp(tiff.data, tiff.big ? "MM\0*" : "II*", 4) != 0)
		return FACE_UPRIGHT;
	return find_orientation(&tiff);
}

int face_orientation_apply(struct face_image *image, int orientation)
{
	bool swap = orientation >= 5;
	bool mirror_x = orientation == 2 || orientation == 3 ||
			orientation == 7 || orientation == 8;
	bool mirror_y = orientation == 3 || orientation == 4 ||
			orientation == 6 || orientation == 7;
	struct face_image turned = {
		.width = swap ? image->height : image->width,
		.height = swap ? image->width : image->height,
	};
	uint8_t *to;

	if (orientation == FACE_UPRIGHT)
		return 0;
	to = malloc((size_t)3 * image->width * image->height);
	if (!to)
		return -ENOMEM;
	turned.pixels = to;
	for (uint32_t y = 0; y < turned.height; y++) {
		for (uint32_t x = 0; x < turned.width; x++, to += 3) {
			size_t u = swap ? y : x, v = swap ? x : y;

			u = mirror_x ? image->width - 1 - u : u;
			v = mirror_y ? image->height - 1 - v : v;
			memcpy(to, image->pixels + 3 * (v * image->width + u),
			       3);
		}
	}
	face_image_free(image);
	*image = turned;
	return 0;
}
