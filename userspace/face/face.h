/* SPDX-License-Identifier: MIT */
/*
 * The extractor: from a picture to a template.
 *
 * The recipe (detector, landmarks, alignment, embedding, quality) is told in
 * Documentation/extractor.rst. Functions return 0 or a negative errno.
 */
#ifndef LIMEN_FACE_H
#define LIMEN_FACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <limen.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct face_image - a picture in memory
 * @width: pixels, 1 to FACE_IMAGE_SIDE_MAX
 * @height: pixels, 1 to FACE_IMAGE_SIDE_MAX
 * @pixels: blue, green, red bytes, rows from the top, no padding
 */
struct face_image {
	uint32_t width;
	uint32_t height;
	uint8_t *pixels;
};

#define FACE_IMAGE_SIDE_MAX 8192

/* Reads a JPEG file or buffer; -EBADMSG if it is none, -EFBIG if too large. */
int face_image_load(struct face_image *image, const char *path);
int face_image_decode(struct face_image *image, const void *data, size_t size);
void face_image_free(struct face_image *image); /* wipes */

/* What the extractor found. Anything but FACE_OK gives no template. */
enum face_result {
	FACE_OK = 0,
	FACE_NONE = 1,     /* no face */
	FACE_SEVERAL = 2,  /* more than one face */
	FACE_QUALITY = 3,  /* too dark, too blurred, or not a face after all */
};

/**
 * struct face_times - milliseconds each stage took
 */
struct face_times {
	double detect;
	double landmarks;
	double embed;
};

struct face_extractor;

/* Loads the models from a folder (fr_detect.onnx, fr_landmark.onnx,
 * fr_feature.onnx). -ENOENT names the missing file in error_path. */
int face_extractor_open(struct face_extractor **extractor,
			const char *model_folder, uint32_t min_quality);
void face_extractor_close(struct face_extractor *extractor);
const uint8_t *face_extractor_model(const struct face_extractor *extractor);

/* face_result, or a negative errno. The template is only valid with FACE_OK. */
int face_extract(struct face_extractor *extractor,
		 const struct face_image *image, struct limen_template *tmpl,
		 struct face_times *times);

#ifdef __cplusplus
}
#endif

#endif /* LIMEN_FACE_H */
