/* SPDX-License-Identifier: MIT */
/*
 * Where the faces are.
 */
#ifndef FACE_DETECT_H
#define FACE_DETECT_H

#include "face.h"
#include "net.h"

/**
 * struct face_box - a face found
 * @left: edges, pixels from the picture's own; may lie outside of it
 * @top: see @left
 * @right: see @left
 * @bottom: see @left
 * @confidence: the detector's, 0 to 1
 */
struct face_box {
	float left;
	float top;
	float right;
	float bottom;
	float confidence;
};

#define FACE_BOXES_MAX 32

/**
 * struct face_detect_scratch - what the detector reads and says; wipe after use
 * @input: planes
 * @boxes: corners, in fractions of the picture
 * @scores: background, face
 */
struct face_detect_scratch {
	float input[3 * 240 * 320];
	float boxes[4420 * 4];
	float scores[4420 * 2];
};

/**
 * face_detect() - find the faces of a picture
 * @net: fr_detect
 * @image: the picture
 * @scratch: memory to work in
 * @boxes: out: FACE_BOXES_MAX at most, falling confidence
 *
 * Return: how many, or what face_net_run() says.
 */
int face_detect(struct face_net *net, const struct face_image *image,
		struct face_detect_scratch *scratch,
		struct face_box boxes[FACE_BOXES_MAX]);

/**
 * face_detect_select() - drop what overlaps something more certain
 * @boxes: candidates; those kept come first afterwards, falling confidence
 * @count: how many
 *
 * Return: how many are kept.
 */
unsigned int face_detect_select(struct face_box *boxes, unsigned int count);

#endif /* FACE_DETECT_H */
