/* SPDX-License-Identifier: MIT */
/*
 * Where eyes, nose and mouth are.
 */
#ifndef FACE_LANDMARKS_H
#define FACE_LANDMARKS_H

#include "align.h"
#include "detect.h"
#include "net.h"

/**
 * struct face_landmarks_scratch - what the network reads and says; wipe after
 *	use
 * @planes: colours
 * @input: grey
 * @output: x and y of 68 points, in fractions of the box
 */
struct face_landmarks_scratch {
	float planes[3 * 64 * 64];
	float input[64 * 64];
	float output[136];
};

/**
 * face_landmarks() - find the five points of a face
 * @net: fr_landmark
 * @image: the picture
 * @box: where the face is
 * @scratch: memory to work in
 * @points: out: as face_align() wants them
 *
 * Return: 0, or what face_net_run() says.
 */
int face_landmarks(struct face_net *net, const struct face_image *image,
		   const struct face_box *box,
		   struct face_landmarks_scratch *scratch,
		   struct face_point points[FACE_POINTS]);

#endif /* FACE_LANDMARKS_H */
