/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The score of two templates, defined to the bit.
 *
 * This header is the definition: the driver's emulated board, the CPU backend
 * and every test include it, and hardware reproduces it. The prose, the bounds
 * and the test vectors are in Documentation/score.rst and tests/vectors/.
 */
#ifndef LIMEN_SCORE_H
#define LIMEN_SCORE_H

#include <linux/types.h>

#ifdef __KERNEL__
#include <linux/math64.h>
#define limen_div64(n, d) div64_u64(n, d)
#else
#define limen_div64(n, d) ((n) / (d))
#endif

/*
 * Largest dimension for which no intermediate below overflows: with
 * |component| <= 128 a squared norm is at most 4096 * 2^14 = 2^26, a product of
 * two of them 2^52, and the long division shifts remainders left by 10 bits.
 */
#define LIMEN_SCORE_DIM_LIMIT 4096

/* Similarity is a fixed-point cosine; this value stands for 1.0. */
#define LIMEN_SIMILARITY_ONE 32768

/**
 * struct limen_score - what comparing two templates yields
 * @raw: dot product of the two vectors
 * @similarity: published fixed-point cosine, in units of
 *	1 / LIMEN_SIMILARITY_ONE, range -LIMEN_SIMILARITY_ONE to
 *	LIMEN_SIMILARITY_ONE
 */
struct limen_score {
	__s32 raw;
	__s32 similarity;
};

/**
 * limen_isqrt() - integer square root
 * @n: radicand, at most 2^30
 *
 * One result bit per step, as hardware does it.
 *
 * Return: the largest r with r * r <= @n.
 */
static inline __u32 limen_isqrt(__u32 n)
{
	__u32 root = 0;
	__u32 bit;

	/* No branch depends on @n: on real scores it would be mispredicted. */
	for (bit = 1u << 15; bit; bit >>= 1) {
		__u32 trial = root | bit;

		root = trial * trial <= n ? trial : root;
	}
	return root;
}

/**
 * limen_similarity() - published similarity from a dot product and two norms
 * @raw: dot product of probe and reference
 * @probe_norm2: sum of the probe's squared components
 * @reference_norm2: sum of the reference's squared components
 *
 * The cosine in units of 1 / LIMEN_SIMILARITY_ONE, truncated towards zero:
 * sign(raw) * floor(32768 * |raw| / sqrt(probe_norm2 * reference_norm2)).
 * Because floor(sqrt(floor(x))) = floor(sqrt(x)), it is computed as the integer
 * square root of floor(2^30 * raw^2 / (probe_norm2 * reference_norm2)), the
 * quotient by long division in three steps of ten bits so that 64 bits suffice.
 * A vector of zeros has no direction: the similarity is then 0 by definition.
 *
 * Return: the similarity.
 */
static inline __s32 limen_similarity(__s32 raw, __u32 probe_norm2,
				     __u32 reference_norm2)
{
	__u64 magnitude = raw < 0 ? -(__s64)raw : raw;
	__u64 divisor = (__u64)probe_norm2 * reference_norm2;
	__u64 rest = magnitude * magnitude;
	__u32 quotient;
	__s32 root;
	int step;

	if (!divisor)
		return 0;

	quotient = limen_div64(rest, divisor);
	rest -= quotient * divisor;
	for (step = 0; step < 3; step++) {
		__u32 digit;

		rest <<= 10;
		digit = limen_div64(rest, divisor);
		rest -= digit * divisor;
		quotient = quotient << 10 | digit;
	}

	root = limen_isqrt(quotient);
	return raw < 0 ? -root : root;
}

/**
 * limen_score_vectors() - score two int8 vectors
 * @probe: first vector
 * @reference: second vector
 * @dim: components in each, at most LIMEN_SCORE_DIM_LIMIT
 *
 * The plain reference every backend must reproduce. Symmetric in its vectors.
 *
 * Return: raw score and similarity.
 */
static inline struct limen_score limen_score_vectors(const __s8 *probe,
						     const __s8 *reference,
						     __u32 dim)
{
	struct limen_score score;
	__s32 raw = 0, probe_norm2 = 0, reference_norm2 = 0;
	__u32 i;

	for (i = 0; i < dim; i++) {
		raw += probe[i] * reference[i];
		probe_norm2 += probe[i] * probe[i];
		reference_norm2 += reference[i] * reference[i];
	}
	score.raw = raw;
	score.similarity = limen_similarity(raw, probe_norm2, reference_norm2);
	return score;
}

#endif /* LIMEN_SCORE_H */
