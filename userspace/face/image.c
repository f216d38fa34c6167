// SPDX-License-Identifier: MIT
/*
 * Pictures: JPEG in, blue, green and red bytes out.
 *
 * A JPEG comes from a document nobody vouches for yet. Its size is bounded
 * before anything is allocated for it, the number of its scans too, and what
 * libjpeg only warns of (missing or broken data it would fill with grey) is an
 * error here: a portrait that is not whole is not compared.
 */
#include "face.h"

#include <errno.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>

#include "file.h"
#include "orientation.h"

/* The coefficients of a progressive JPEG take six bytes a pixel. */
#define PIXELS_MAX (16u << 20)

/* Larger pictures are decoded at a half, a quarter or an eighth. */
#define DECODED_SIDE_MAX 2048

/* Encoders write about ten; every further one costs a pass over the picture. */
#define SCANS_MAX 64

struct decoder {
	struct jpeg_decompress_struct jpeg;
	struct jpeg_error_mgr errors;
	struct jpeg_progress_mgr progress;
	jmp_buf failed;
};

static void on_error(j_common_ptr jpeg)
{
	struct decoder *decoder = jpeg->client_data;

	longjmp(decoder->failed, 1);
}

static void on_message(j_common_ptr jpeg, int level)
{
	if (level < 0)
		on_error(jpeg);
}

static void on_output(j_common_ptr jpeg)
{
	(void)jpeg;
}

static void on_progress(j_common_ptr jpeg)
{
	struct decoder *decoder = jpeg->client_data;

	if (decoder->jpeg.input_scan_number > SCANS_MAX)
		on_error(jpeg);
}

static void decoder_init(struct decoder *decoder)
{
	decoder->jpeg.err = jpeg_std_error(&decoder->errors);
	decoder->errors.error_exit = on_error;
	decoder->errors.emit_message = on_message;
	decoder->errors.output_message = on_output;
	decoder->jpeg.client_data = decoder;
}

/* The scale must not change what the bounds were checked against. */
static int choose_size(struct jpeg_decompress_struct *jpeg)
{
	if (jpeg->image_width > FACE_IMAGE_SIDE_MAX ||
	    jpeg->image_height > FACE_IMAGE_SIDE_MAX ||
	    (uint64_t)jpeg->image_width * jpeg->image_height > PIXELS_MAX)
		return -EFBIG;
	if (jpeg->jpeg_color_space != JCS_YCbCr &&
	    jpeg->jpeg_color_space != JCS_RGB &&
	    jpeg->jpeg_color_space != JCS_GRAYSCALE)
		return -EBADMSG;

	jpeg->out_color_space = JCS_EXT_BGR;
	jpeg->scale_num = 1;
	jpeg->scale_denom = 1;
	while (jpeg->image_width > DECODED_SIDE_MAX * jpeg->scale_denom ||
	       jpeg->image_height > DECODED_SIDE_MAX * jpeg->scale_denom)
		jpeg->scale_denom *= 2;
	return 0;
}

static int orientation(const struct jpeg_decompress_struct *jpeg)
{
	const struct jpeg_marker_struct *marker = jpeg->marker_list;
	int found = FACE_UPRIGHT;

	for (; marker && found == FACE_UPRIGHT; marker = marker->next)
		found = face_orientation_parse(marker->data,
					       marker->data_length);
	return found;
}

/* Left by longjmp() on any error; the caller then frees what there is. */
static int decode(struct decoder *decoder, struct face_image *image,
		  const void *data, size_t size)
{
	struct jpeg_decompress_struct *jpeg = &decoder->jpeg;
	int err, turn;

	jpeg_create_decompress(jpeg);
	decoder->progress.progress_monitor = on_progress;
	jpeg->progress = &decoder->progress;
	jpeg_mem_src(jpeg, data, size);
	jpeg_save_markers(jpeg, JPEG_APP0 + 1, 0xffff);
	jpeg_read_header(jpeg, TRUE);
	err = choose_size(jpeg);
	if (err)
		return err;

	jpeg_start_decompress(jpeg);
	image->width = jpeg->output_width;
	image->height = jpeg->output_height;
	image->pixels = calloc((size_t)image->width * image->height, 3);
	if (!image->pixels)
		return -ENOMEM;
	while (jpeg->output_scanline < jpeg->output_height) {
		JSAMPROW row = image->pixels +
			       (size_t)3 * image->width * jpeg->output_scanline;

		jpeg_read_scanlines(jpeg, &row, 1);
	}
	/* What was saved of markers goes with it. */
	turn = orientation(jpeg);
	jpeg_finish_decompress(jpeg);
	return face_orientation_apply(image, turn);
}

int face_image_decode(struct face_image *image, const void *data, size_t size)
{
	struct decoder *decoder = calloc(1, sizeof(*decoder));
	int err;

	*image = (struct face_image){ 0 };
	if (!decoder)
		return -ENOMEM;
	decoder_init(decoder);
	if (setjmp(decoder->failed))
		err = -EBADMSG;
	else
		err = decode(decoder, image, data, size);
	jpeg_destroy_decompress(&decoder->jpeg);
	limen_wipe(decoder, sizeof(*decoder));
	free(decoder);
	if (err)
		face_image_free(image);
	return err;
}

int face_image_load(struct face_image *image, const char *path)
{
	size_t size;
	void *data;
	int err;

	*image = (struct face_image){ 0 };
	err = face_file_read(path, FACE_FILE_SIZE_MAX, &data, &size);
	if (err)
		return err;
	err = face_image_decode(image, data, size);
	limen_wipe(data, size);
	free(data);
	return err;
}

void face_image_free(struct face_image *image)
{
	if (image->pixels)
		limen_wipe(image->pixels,
			   (size_t)3 * image->width * image->height);
	free(image->pixels);
	*image = (struct face_image){ 0 };
}
