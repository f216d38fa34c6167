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

/* What a face is certain from: the confidence of the published recipe. */
#define FACE_CONFIDENCE 0.65f

/*
 * From here on something is there that the detector half sees. Blurred faces lie
 * between the two; empty walls, noise and pieces of background reach 0.11.
 */
#define FACE_CONFIDENCE_HALF 0.3f

/* Places in a picture the network judges. */
#define FACE_PLACES 4420

/**
 * struct face_detect_scratch - what the detector reads and says; wipe after use
 * @input: planes
 * @boxes: corners, in fractions of the picture
 * @scores: background, face
 * @candidates: what is at least half seen
 */
struct face_detect_scratch {
	float input[3 * 240 * 320];
	float boxes[4 * FACE_PLACES];
	float scores[2 * FACE_PLACES];
	struct face_box candidates[FACE_PLACES];
};

/**
 * face_detect() - find the faces of a picture
 * @net: fr_detect
 * @image: the picture
 * @scratch: memory to work in
 * @boxes: out: what is at least half seen, FACE_BOXES_MAX at most, falling
 *	confidence
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

/**
 * face_detect_brightness() - how bright the picture was
 * @scratch: after face_detect()
 *
 * Return: the mean of all its colours, 0 to 255.
 */
double face_detect_brightness(const struct face_detect_scratch *scratch);

#endif /* FACE_DETECT_H */
