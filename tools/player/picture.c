// SPDX-License-Identifier: MIT
/*
 * Pictures for the page: small JPEGs, inline.
 */
#include "picture.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include <jpeglib.h>
#include <sample.h>

#define QUALITY 82

static int shrink(struct face_image *small, const struct face_image *image,
		  uint32_t width)
{
	uint32_t height;
	struct face_affine map;
	size_t plane;
	float *planes;

	if (width > image->width)
		width = image->width;
	height = (uint64_t)image->height * width / image->width ?: 1;
	plane = (size_t)width * height;
	map = face_sample_box(0, 0, image->width, image->height, width, height);
	planes = malloc(3 * plane * sizeof(*planes));
	*small = (struct face_image){ width, height, malloc(3 * plane) };
	if (!planes || !small->pixels) {
		free(planes);
		face_image_free(small);
		return -ENOMEM;
	}
	face_sample(image, &map, FACE_BORDER_NEAREST, width, height, planes);
	for (size_t i = 0; i < 3 * plane; i++)
		small->pixels[i] = lroundf(planes[i % 3 * plane + i / 3]);
	free(planes);
	return 0;
}

static void encode(struct picture *picture, const struct face_image *image)
{
	struct jpeg_compress_struct jpeg;
	struct jpeg_error_mgr errors;

	/* It ends the process on an error, of which lack of memory is one. */
	jpeg.err = jpeg_std_error(&errors);
	jpeg_create_compress(&jpeg);
	jpeg_mem_dest(&jpeg, &picture->data, &picture->size);
	jpeg.image_width = image->width;
	jpeg.image_height = image->height;
	jpeg.input_components = 3;
	jpeg.in_color_space = JCS_EXT_BGR;
	jpeg_set_defaults(&jpeg);
	jpeg_set_quality(&jpeg, QUALITY, TRUE);
	jpeg_start_compress(&jpeg, TRUE);
	while (jpeg.next_scanline < jpeg.image_height) {
		JSAMPROW row = image->pixels +
			       (size_t)3 * image->width * jpeg.next_scanline;

		jpeg_write_scanlines(&jpeg, &row, 1);
	}
	jpeg_finish_compress(&jpeg);
	jpeg_destroy_compress(&jpeg);
}

int picture_encode(struct picture *picture, const struct face_image *image,
		   uint32_t width)
{
	struct face_image small;
	int err = shrink(&small, image, width);

	*picture = (struct picture){ 0 };
	if (err)
		return err;
	encode(picture, &small);
	face_image_free(&small);
	return 0;
}

void picture_print(FILE *file, const struct picture *picture)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";

	fputs("data:image/jpeg;base64,", file);
	for (unsigned long i = 0; i < picture->size; i += 3) {
		unsigned long left = picture->size - i;
		unsigned int bits = picture->data[i] << 16;

		if (left > 1)
			bits |= picture->data[i + 1] << 8;
		if (left > 2)
			bits |= picture->data[i + 2];
		putc(digits[bits >> 18], file);
		putc(digits[bits >> 12 & 63], file);
		putc(left > 1 ? digits[bits >> 6 & 63] : '=', file);
		putc(left > 2 ? digits[bits & 63] : '=', file);
	}
}

void picture_free(struct picture *picture)
{
	free(picture->data);
	*picture = (struct picture){ 0 };
}
