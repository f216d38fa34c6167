/* SPDX-License-Identifier: MIT */
/* What a library built by "make bench" has: NumKong's kernels of bytes for this processor. */
#ifndef BENCH_NUMKONG_H
#define BENCH_NUMKONG_H

#include <stddef.h>
#include <stdint.h>

/**
 * struct numkong - the kernels, as NumKong declares them
 * @dot: the product of two vectors of n components
 * @packed_size: bytes that the packed matrix takes
 * @pack: makes it of a matrix with that many rows (width) of that many components
 * @packed: products of a matrix' rows (height) with those of a packed one; strides in bytes
 * @what: versions and what was chosen, for people
 */
struct numkong {
	void (*dot)(const int8_t *a, const int8_t *b, size_t n, int32_t *product);
	size_t (*packed_size)(size_t width, size_t depth);
	void (*pack)(const int8_t *b, size_t width, size_t depth, size_t stride, void *packed);
	void (*packed)(const int8_t *a, const void *packed, int32_t *products, size_t height,
		       size_t width, size_t depth, size_t a_stride, size_t products_stride);
	char what[200];
};

/* The only symbol; NULL where NumKong has no kernel for this processor. */
const struct numkong *limen_numkong(void);

#endif /* BENCH_NUMKONG_H */
