// SPDX-License-Identifier: MIT
/*
 * Where the faces are. The network says for each of 4420 places how likely it
 * is a face's and where that face's corners would be.
 */
#include "detect.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sample.h"

#define WIDTH	320
#define HEIGHT	240
#define INPUTS	(3 * WIDTH * HEIGHT)

/* Two boxes that share more of their union than this are one face. */
#define OVERLAP_MAX	0.4f

static float area(const struct face_box *box)
{
	return (box->right - box->left) * (box->bottom - box->top);
}

static float overlap(const struct face_box *a, const struct face_box *b)
{
	float width = fminf(a->right, b->right) - fmaxf(a->left, b->left);
	float height = fminf(a->bottom, b->bottom) - fmaxf(a->top, b->top);
	float common;

	if (width <= 0 || height <= 0)
		return 0;
	common = width * height;
	return common / (area(a) + area(b) - common);
}

static int by_falling_confidence(const void *a, const void *b)
{
	float first = ((const struct face_box *)a)->confidence;
	float second = ((const struct face_box *)b)->confidence;

	return (first < second) - (first > second);
}

unsigned int face_detect_select(struct face_box *boxes, unsigned int count)
{
	unsigned int kept = 0;

	qsort(boxes, count, sizeof(*boxes), by_falling_confidence);
	for (unsigned int i = 0; i < count; i++) {
		unsigned int k = 0;

		while (k < kept && overlap(&boxes[k], &boxes[i]) <= OVERLAP_MAX)
			k++;
		if (k == kept)
			boxes[kept++] = boxes[i];
	}
	return kept;
}

/* Written so that a NaN is no candidate. */
static bool is_candidate(const struct face_box *box)
{
	return box->confidence > FACE_CONFIDENCE_HALF &&
	       box->right - box->left >= 1 && box->bottom - box->top >= 1 &&
	       fabsf(box->left) < 2 * FACE_IMAGE_SIDE_MAX &&
	       fabsf(box->top) < 2 * FACE_IMAGE_SIDE_MAX &&
	       fabsf(box->right) < 2 * FACE_IMAGE_SIDE_MAX &&
	       fabsf(box->bottom) < 2 * FACE_IMAGE_SIDE_MAX;
}

static unsigned int collect(const struct face_image *image,
			    struct face_detect_scratch *scratch)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < FACE_PLACES; i++) {
		const float *corners = &scratch->boxes[4 * i];
		struct face_box box = {
			.left = corners[0] * image->width,
			.top = corners[1] * image->height,
			.right = corners[2] * image->width,
			.bottom = corners[3] * image->height,
			.confidence = scratch->scores[2 * i + 1],
		};

		if (is_candidate(&box))
			scratch->candidates[count++] = box;
	}
	return count;
}

static int run_detector(struct face_net *net, struct face_detect_scratch *scratch)
{
	const struct face_tensor input = { 3, HEIGHT, WIDTH, scratch->input };
	const struct face_tensor outputs[] = {
		{ 1, FACE_PLACES, 4, scratch->boxes },
		{ 1, FACE_PLACES, 2, scratch->scores },
	};

	return face_net_run(net, &input, outputs, 2);
}

int face_detect(struct face_net *net, const struct face_image *image,
		struct face_detect_scratch *scratch,
		struct face_box boxes[FACE_BOXES_MAX])
{
	const struct face_affine map = face_sample_box(
		0, 0, image->width, image->height, WIDTH, HEIGHT);
	unsigned int count;
	int err;

	face_sample(image, &map, FACE_BORDER_NEAREST, WIDTH, HEIGHT,
		    scratch->input);
	for (size_t i = 0; i < INPUTS; i++)
		scratch->input[i] = (scratch->input[i] - 127) / 128;
	err = run_detector(net, scratch);
	if (err)
		return err;

	count = collect(image, scratch);
	count = face_detect_select(scratch->candidates, count);
	if (count > FACE_BOXES_MAX)
		count = FACE_BOXES_MAX;
	memcpy(boxes, scratch->candidates, count * sizeof(*boxes));
	return count;
}

double face_detect_brightness(const struct face_detect_scratch *scratch)
{
	double sum = 0;

	for (size_t i = 0; i < INPUTS; i++)
		sum += scratch->input[i];
	return sum / INPUTS * 128 + 127;
}
