// SPDX-License-Identifier: MIT
/*
 * The extractor: detector, landmarks, alignment, embedding, quality.
 */
#include "face.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <monotonic.h>
#include <openssl/evp.h>

#include "align.h"
#include "detect.h"
#include "embed.h"
#include "file.h"
#include "landmarks.h"

/* The largest of the package's models has 28 MB. */
#define MODEL_SIZE_MAX (64u << 20)

/* A face this many times less high than the largest is nobody at the gate. */
#define BYSTANDER_RATIO 3

/*
 * Mean brightness, of 255, under which a picture says nothing of who is there.
 * With a tenth of the light (mean 11) the detector sees none of the faces that it
 * sees well with half of it.
 */
#define DARK 16

/* Everything that depends on a face, in one place to wipe. */
struct scratch {
	struct face_detect_scratch detect;
	struct face_landmarks_scratch landmarks;
	struct face_embed_scratch embed;
	struct face_box boxes[FACE_BOXES_MAX];
	struct face_point points[FACE_POINTS];
	struct face_affine map;
};

struct face_extractor {
	struct face_net *detect;
	struct face_net *landmarks;
	struct face_net *embed;
	uint8_t model[LIMEN_MODEL_ID_SIZE];
	uint32_t min_quality;
	struct scratch scratch;
};

static double milliseconds(void)
{
	return now_ns() / 1e6;
}

/* The identifier is of the very bytes the network is made of. */
static int read_model(const char *path, uint8_t *identifier, void **data,
		      size_t *size)
{
	int err = face_file_read(path, MODEL_SIZE_MAX, data, size);

	if (err || !identifier)
		return err;
	if (EVP_Digest(*data, *size, identifier, NULL, EVP_sha256(), NULL))
		return 0;
	free(*data);
	return -ENOMEM;
}

int face_model_identify(const char *path, uint8_t *identifier)
{
	size_t size;
	void *data;
	int err = read_model(path, identifier, &data, &size);

	if (!err)
		free(data);
	return err;
}

static int load_net(struct face_net **net, const char *path, uint8_t *identifier)
{
	size_t size;
	void *data;
	int err;

	err = read_model(path, identifier, &data, &size);
	if (err)
		return err;
	err = face_net_open(net, data, size);
	free(data);
	return err;
}

static int load_all(struct face_extractor *extractor, const char *folder,
		    char *failed)
{
	const struct {
		struct face_net **net;
		const char *name;
		uint8_t *identifier;
	} files[] = {
		{ &extractor->detect, "fr_detect.onnx", NULL },
		{ &extractor->landmarks, "fr_landmark.onnx", NULL },
		{ &extractor->embed, "fr_feature.onnx", extractor->model },
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		int err;

		if (snprintf(failed, PATH_MAX, "%s/%s", folder,
			     files[i].name) >= PATH_MAX)
			return -ENAMETOOLONG;
		err = load_net(files[i].net, failed, files[i].identifier);
		if (err)
			return err;
	}
	failed[0] = '\0';
	return 0;
}

int face_extractor_open(struct face_extractor **extractor,
			const char *model_folder, uint32_t min_quality,
			char *failed, size_t failed_size)
{
	char path[PATH_MAX] = "";
	int err = -ENOMEM;

	*extractor = calloc(1, sizeof(**extractor));
	if (*extractor) {
		(*extractor)->min_quality = min_quality;
		err = load_all(*extractor, model_folder, path);
	}
	if (failed)
		snprintf(failed, failed_size, "%s", path);
	if (err) {
		face_extractor_close(*extractor);
		*extractor = NULL;
	}
	return err;
}

void face_extractor_close(struct face_extractor *extractor)
{
	if (!extractor)
		return;
	face_net_close(extractor->detect);
	face_net_close(extractor->landmarks);
	face_net_close(extractor->embed);
	free(extractor);
}

int face_extractor_warm(struct face_extractor *extractor)
{
	static uint8_t black[3];
	const struct face_image blank = { 1, 1, black };
	const struct face_box box = { .right = 1, .bottom = 1 };
	const struct face_affine map = { { { 1, 0, 0 }, { 0, 1, 0 } } };
	struct scratch *scratch = &extractor->scratch;
	int err;

	err = face_detect(extractor->detect, &blank, &scratch->detect,
			  scratch->boxes);
	if (err < 0)
		return err;
	err = face_landmarks(extractor->landmarks, &blank, &box,
			     &scratch->landmarks, scratch->points);
	if (!err)
		err = face_embed(extractor->embed, &blank, &map,
				 &scratch->embed);
	return err;
}

const uint8_t *face_extractor_model(const struct face_extractor *extractor)
{
	return extractor->model;
}

static float height(const struct face_box *box)
{
	return box->bottom - box->top;
}

static unsigned int count_certain(const struct face_box *boxes,
				  unsigned int count)
{
	unsigned int certain = 0;

	while (certain < count && boxes[certain].confidence > FACE_CONFIDENCE)
		certain++;
	return certain;
}

/* Moves the largest to the front and counts those that matter beside it. */
static unsigned int choose(struct face_box *boxes, unsigned int count)
{
	unsigned int people = 0;

	for (unsigned int i = 1; i < count; i++) {
		struct face_box first = boxes[0];

		if (height(&boxes[i]) <= height(&first))
			continue;
		boxes[0] = boxes[i];
		boxes[i] = first;
	}
	for (unsigned int i = 0; i < count; i++)
		if (height(&boxes[i]) * BYSTANDER_RATIO >= height(&boxes[0]))
			people++;
	return people;
}

static int find_face(struct face_extractor *extractor,
		     const struct face_image *image, struct face_times *times)
{
	struct scratch *scratch = &extractor->scratch;
	double start = milliseconds();
	unsigned int certain;
	int count;

	count = face_detect(extractor->detect, image, &scratch->detect,
			    scratch->boxes);
	times->detect = milliseconds() - start;
	if (count < 0)
		return count;
	certain = count_certain(scratch->boxes, count);
	if (certain)
		return choose(scratch->boxes, certain) > 1 ? FACE_SEVERAL :
							     FACE_OK;
	if (count || face_detect_brightness(&scratch->detect) < DARK)
		return FACE_QUALITY;
	return FACE_NONE;
}

static int align(struct face_extractor *extractor,
		 const struct face_image *image, struct face_times *times)
{
	struct scratch *scratch = &extractor->scratch;
	double start = milliseconds();
	int err;

	err = face_landmarks(extractor->landmarks, image, &scratch->boxes[0],
			     &scratch->landmarks, scratch->points);
	if (!err)
		err = face_align(scratch->points, &scratch->map);
	times->landmarks = milliseconds() - start;
	/* Points that make no face are a matter of quality. */
	return err == -EDOM ? FACE_QUALITY : err;
}

static int embed(struct face_extractor *extractor,
		 const struct face_image *image, struct limen_template *tmpl,
		 struct face_times *times)
{
	struct scratch *scratch = &extractor->scratch;
	double start = milliseconds();
	int err;

	err = face_embed(extractor->embed, image, &scratch->map,
			 &scratch->embed);
	if (!err)
		err = face_quantise(scratch->embed.output, FACE_EMBED_DIM,
				    tmpl->vector, &tmpl->quality);
	times->embed = milliseconds() - start;
	if (err)
		return err == -EDOM ? FACE_QUALITY : err;
	memcpy(tmpl->model, extractor->model, sizeof(tmpl->model));
	tmpl->dim = FACE_EMBED_DIM;
	return tmpl->quality < extractor->min_quality ? FACE_QUALITY : FACE_OK;
}

int face_extract(struct face_extractor *extractor,
		 const struct face_image *image, struct limen_template *tmpl,
		 struct face_times *times)
{
	int result;

	*times = (struct face_times){ 0 };
	memset(tmpl, 0, sizeof(*tmpl));
	result = find_face(extractor, image, times);
	if (result == FACE_OK)
		result = align(extractor, image, times);
	if (result == FACE_OK)
		result = embed(extractor, image, tmpl, times);
	if (result != FACE_OK)
		limen_template_wipe(tmpl);
	limen_wipe(&extractor->scratch, sizeof(extractor->scratch));
	return result;
}
