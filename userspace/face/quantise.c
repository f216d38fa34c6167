// SPDX-License-Identifier: MIT
/*
 * From an embedding to a template's vector.
 *
 * Each vector has its own scale: its largest component becomes 127. The
 * published score is a cosine, so the scale need not be kept.
 */
#include "embed.h"

#include <errno.h>
#include <math.h>

/* What a template's quality field holds, in thousandths, with room. */
#define NORM_MAX 1e6

int face_quantise(const float *embedding, unsigned int dim, int8_t *vector,
		  uint32_t *quality)
{
	double norm2 = 0, largest = 0, norm;

	for (unsigned int i = 0; i < dim; i++) {
		double component = embedding[i];

		norm2 += component * component;
		largest = fmax(largest, fabs(component));
	}
	norm = sqrt(norm2);
	/* Written so that infinities and NaNs are refused as well. */
	if (!(largest > 0 && norm < NORM_MAX))
		return -EDOM;

	for (unsigned int i = 0; i < dim; i++)
		vector[i] = lrint(embedding[i] / largest * 127);
	*quality = lrint(norm * 1000);
	return 0;
}
