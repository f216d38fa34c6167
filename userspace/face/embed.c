// SPDX-License-Identifier: MIT
/*
 * From an aligned face to an embedding.
 */
#include "embed.h"

int face_embed(struct face_net *net, const struct face_image *image,
	       const struct face_affine *map,
	       struct face_embed_scratch *scratch)
{
	const struct face_tensor input = { 3, FACE_EMBED_SIDE, FACE_EMBED_SIDE,
					   scratch->input };
	const struct face_tensor output = { 1, 1, FACE_EMBED_DIM,
					    scratch->output };

	face_sample(image, map, FACE_BORDER_BLACK, FACE_EMBED_SIDE,
		    FACE_EMBED_SIDE, scratch->input);
	for (int i = 0; i < 3 * FACE_EMBED_SIDE * FACE_EMBED_SIDE; i++)
		scratch->input[i] = (scratch->input[i] - 127) / 128;
	return face_net_run(net, &input, &output, 1);
}
