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

#include <limen-client.h>

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

/* Most bytes of a picture's file; a chip's portrait has tens of kilobytes. */
#define FACE_FILE_SIZE_MAX	(16u << 20)

#define FACE_IMAGE_SIDE_MAX 8192

/* Reads a JPEG file or buffer and turns it upright; -EBADMSG if it is none or is
 * not whole, -EFBIG if too large. */
int face_image_load(struct face_image *image, const char *path);
int face_image_decode(struct face_image *image, const void *data, size_t size);
void face_image_free(struct face_image *image); /* wipes */

/**
 * enum face_result - what the extractor found
 * @FACE_OK: one face, and its template
 * @FACE_NONE: nobody
 * @FACE_SEVERAL: more than one face
 * @FACE_QUALITY: the picture is too dark or blurred to tell, or what was taken
 *	for a face gives an embedding of less than the least quality
 *
 * Anything but FACE_OK gives no template.
 */
enum face_result {
	FACE_OK = 0,
	FACE_NONE = 1,
	FACE_SEVERAL = 2,
	FACE_QUALITY = 3,
};

/**
 * struct face_times - milliseconds each stage took
 * @detect: finding faces
 * @landmarks: finding the points of the face, and aligning it
 * @embed: embedding and quantising it
 */
struct face_times {
	double detect;
	double landmarks;
	double embed;
};

struct face_extractor;

/**
 * face_extractor_open() - load the models
 * @extractor: out: the extractor
 * @model_folder: where fr_detect.onnx, fr_landmark.onnx and fr_feature.onnx lie
 * @min_quality: least quality of a face, in thousandths; see struct
 *	limen_template
 * @failed: out: path of the file that could not be loaded, empty if it was not
 *	a file's fault; may be NULL
 * @failed_size: bytes at @failed
 *
 * Return: 0, -ENOEXEC if OpenCV does not take a file for a model, -ENOMEM, or
 * what open() and read() say.
 */
int face_extractor_open(struct face_extractor **extractor,
			const char *model_folder, uint32_t min_quality,
			char *failed, size_t failed_size);
void face_extractor_close(struct face_extractor *extractor);

/**
 * face_extractor_warm() - make the networks do now what they do once
 * @extractor: the extractor
 *
 * For a process that forks: what the first run sets up is then there for every
 * child. Nobody's face is involved.
 *
 * Return: 0, -ENOEXEC if a model is not the one expected, or -ENOMEM.
 */
int face_extractor_warm(struct face_extractor *extractor);

/* SHA-256 of fr_feature.onnx: the model its templates name. */
const uint8_t *face_extractor_model(const struct face_extractor *extractor);
/* The same of a model that is only looked at: LIMEN_MODEL_ID_SIZE bytes. */
int face_model_identify(const char *path, uint8_t *identifier);

/**
 * face_extract() - make a template of the face in a picture
 * @extractor: the extractor
 * @image: the picture
 * @tmpl: out: the template; zero unless FACE_OK
 * @times: out: how long each stage took; 0 for one that did not run
 *
 * The face is the largest one. Any other counts as a second person if it is at
 * least a third as high: people further behind, or pictures on a wall, are not
 * at the gate.
 *
 * Return: enum face_result, or a negative errno: -ENOEXEC if the models do not
 * run, which is no fault of the picture.
 */
int face_extract(struct face_extractor *extractor,
		 const struct face_image *image, struct limen_template *tmpl,
		 struct face_times *times);

/**
 * face_strerror() - what an error of the functions above means
 * @err: the error, negative
 *
 * Return: words for people, good until this thread's next call.
 */
const char *face_strerror(int err);

#ifdef __cplusplus
}
#endif

#endif /* LIMEN_FACE_H */
