// SPDX-License-Identifier: MIT
/*
 * Where eyes, nose and mouth are, from the usual 68 points of a face.
 */
#include "landmarks.h"

#define SIDE 64

/* Numbers of the points each of the five is the mean of. */
static const struct {
	unsigned int count;
	unsigned char numbers[4];
} parts[FACE_POINTS] = {
	{ 4, { 37, 38, 40, 41 } }, { 4, { 43, 44, 46, 47 } }, { 1, { 30 } },
	{ 2, { 48, 60 } },	   { 2, { 54, 64 } },
};

static void grey(const float *planes, float *out)
{
	const float *blue = planes;
	const float *green = planes + SIDE * SIDE;
	const float *red = planes + 2 * SIDE * SIDE;

	for (int i = 0; i < SIDE * SIDE; i++)
		out[i] = (0.114f * blue[i] + 0.587f * green[i] +
			  0.299f * red[i]) / 256;
}

int face_landmarks(struct face_net *net, const struct face_image *image,
		   const struct face_box *box,
		   struct face_landmarks_scratch *scratch,
		   struct face_point points[FACE_POINTS])
{
	const struct face_tensor input = { 1, SIDE, SIDE, scratch->input };
	const struct face_tensor output = { 1, 1, 136, scratch->output };
	double side = box->bottom - box->top;
	double left = (box->left + box->right - side) / 2;
	struct face_affine map =
		face_sample_box(left, box->top, side, side, SIDE, SIDE);
	int err;

	face_sample(image, &map, FACE_BORDER_NEAREST, SIDE, SIDE,
		    scratch->planes);
	grey(scratch->planes, scratch->input);
	err = face_net_run(net, &input, &output, 1);
	if (err)
		return err;

	for (int i = 0; i < FACE_POINTS; i++) {
		double x = 0, y = 0;

		for (unsigned int k = 0; k < parts[i].count; k++) {
			x += scratch->output[2 * parts[i].numbers[k]];
			y += scratch->output[2 * parts[i].numbers[k] + 1];
		}
		points[i].x = left + side * x / parts[i].count;
		points[i].y = box->top + side * y / parts[i].count;
	}
	return 0;
}
