/* SPDX-License-Identifier: MIT */
/*
 * From an aligned face to a template.
 */
#ifndef FACE_EMBED_H
#define FACE_EMBED_H

#include "align.h"
#include "net.h"

#define FACE_EMBED_SIDE	112
#define FACE_EMBED_DIM	512

/**
 * struct face_embed_scratch - what the network reads and says; wipe after use
 * @input: the aligned face, planes
 * @output: the embedding
 */
struct face_embed_scratch {
	float input[3 * FACE_EMBED_SIDE * FACE_EMBED_SIDE];
	float output[FACE_EMBED_DIM];
};

/**
 * face_embed() - embed an aligned face
 * @net: fr_feature
 * @image: the picture
 * @map: from face_align()
 * @scratch: memory to work in; has the embedding afterwards
 *
 * Return: 0, or what face_net_run() says.
 */
int face_embed(struct face_net *net, const struct face_image *image,
	       const struct face_affine *map,
	       struct face_embed_scratch *scratch);

/**
 * face_quantise() - make an embedding a template's vector
 * @embedding: @dim numbers
 * @dim: how many, at most LIMEN_DIM_MAX
 * @vector: out: the same direction; the largest component is 127 or -127
 * @quality: out: the embedding's norm, in thousandths
 *
 * The norm before this is gone after it, and it tells faces from what is none.
 *
 * Return: 0, or -EDOM if the embedding has no direction.
 */
int face_quantise(const float *embedding, unsigned int dim, int8_t *vector,
		  uint32_t *quality);

#endif /* FACE_EMBED_H */
