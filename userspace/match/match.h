/* SPDX-License-Identifier: MIT */
/*
 * The matching engine: dot products of int8 vectors, and searches of many rows.
 *
 * DOC: Planes
 *
 * A row of a gallery lies in two planes. Of each component x, x + 128 is an
 * unsigned byte 16 * coarse + fine; the coarse plane holds the one half-byte of
 * every component of every row, the fine plane the other. Together they are as
 * large as the vectors. A search can read the coarse plane alone, know from it
 * an upper limit of the dot product (by the Cauchy-Schwarz inequality), and read
 * the fine half of only those rows that may still belong to the result: see
 * struct match_probe. Nothing is approximated in what is returned.
 *
 * In either plane a row takes dim / 2 bytes, and rows follow one another without
 * a gap. MATCH_UNIT components make half as many bytes: byte j of a unit holds
 * component j in its lower four bits and component j + MATCH_UNIT / 2 in its
 * upper four. Kernels read no byte behind the last row: another thread may just
 * be writing the next one there.
 *
 * DOC: Kernels
 *
 * A struct match_kernels is what one instruction set does. A kernel computes raw
 * scores and compares them, scaled by 1 / sqrt(norm2 of the row) in single
 * precision, with a bound that is a little too low; every row not below it is
 * handed to match_offer(), which decides by the score contract's integers. So a
 * kernel decides nothing, and all of them return the same rows.
 */
#ifndef LIMEN_MATCH_H
#define LIMEN_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <limen/score.h>
#include <limen/template.h>

#define MATCH_UNIT 64
/* Components whose half-bytes fill a cache line, and most of these in a row. */
#define MATCH_LINE 128
#define MATCH_LINES (LIMEN_DIM_MAX / MATCH_LINE)
/* Most probes of one match_kernels.scan_many(). */
#define MATCH_PROBES_MAX 256

/**
 * struct match_probe - a probe, laid out for the kernels
 * @dim: components, a multiple of MATCH_UNIT up to LIMEN_DIM_MAX
 * @lines: cache lines that a row of a plane reaches over, dim / MATCH_LINE
 *	rounded up
 * @sum: of the components
 * @upper_sum: of those that face upper half-bytes
 * @norm2: sum of their squares
 * @base: see below
 * @slope: see below
 * @facing: components in the order of a plane: those that face the lower
 *	half-bytes of each line, then those that face the upper ones; zeros after
 *	the last component
 *
 * With C = sum(coarse * probe), S = sum(probe) and fine = 7.5 + r, a raw score is
 * 16 * C - 128 * S + 7.5 * S + sum(r * probe). No component of r is beyond 7.5,
 * and the residual tells how long r is at most, so sum(r * probe) is limited, and
 * raw <= 16 * C + base + slope * match_residual(facts), with some room for what
 * single precision rounds off in computing that. See limit_rest() for a proof.
 */
struct match_probe {
	int8_t facing[MATCH_LINES][2][64] __attribute__((aligned(64)));
	uint32_t dim;
	uint32_t lines;
	int32_t sum;
	int32_t upper_sum;
	uint32_t norm2;
	float base;
	float slope;
};

/* Lays out a vector of dim components. Wipe the probe after use. */
void match_probe_set(struct match_probe *probe, const int8_t *vector,
		     uint32_t dim);

/*
 * What is kept of each row beside its planes: the squared norm (at most 2^23) in
 * 24 bits and, above them, the residual: the squared length of its fine half less
 * 7.5 in each component, in 255ths of the most it can be (56.25 * dim), rounded
 * up.
 */
#define MATCH_NORM2_BITS 24

static inline uint32_t match_norm2(uint32_t facts)
{
	return facts & ((1u << MATCH_NORM2_BITS) - 1);
}

static inline uint32_t match_residual(uint32_t facts)
{
	return facts >> MATCH_NORM2_BITS;
}

/**
 * struct match_rows - rows that follow one another
 * @coarse: their coarse halves, dim / 2 bytes a row, row 0 aligned to 64
 * @fine: their fine halves, likewise
 * @facts: of each row, match_split()'s result
 * @count: number of rows
 * @first: number of the first one in the gallery
 * @absent: a bit for each of these rows, set for those that have been removed;
 *	NULL if none has
 */
struct match_rows {
	const uint8_t *coarse;
	const uint8_t *fine;
	const uint32_t *facts;
	uint32_t count;
	uint32_t first;
	const uint64_t *absent;
};

/* Splits a vector into its halves, dim / 2 bytes each; the row's facts. */
uint32_t match_split(const int8_t *vector, uint32_t dim, uint8_t *coarse,
		     uint8_t *fine);
/* Joins them again. */
void match_join(const uint8_t *coarse, const uint8_t *fine, uint32_t dim,
		int8_t *vector);
/* The facts of a row in planes; what match_split() returned for it. */
uint32_t match_facts(const uint8_t *coarse, const uint8_t *fine, uint32_t dim);

/**
 * struct match_search - one probe's search of rows, by one thread
 * @probe: whom it is for
 * @bound: rows with raw / sqrt(norm2) below it cannot belong to the result;
 *	rises during the search
 * @offer: decides on a row by exact integers, and raises @bound
 */
struct match_search {
	const struct match_probe *probe;
	float bound;
	void (*offer)(struct match_search *search, uint32_t row,
		      struct limen_score score);
};

/*
 * Hands on the row rows->first + index, with its score, unless it is absent or
 * its similarity is out of the question.
 */
void match_offer(struct match_search *search, const struct match_rows *rows,
		 uint32_t index, int32_t raw);

/*
 * The bound for a search that wants rows of at least this similarity: at or below
 * (least * |probe|) / LIMEN_SIMILARITY_ONE by more than single precision errs.
 */
float match_bound(const struct match_probe *probe, int32_t least);

/* Candidates that a kernel without branches may write behind the last one. */
#define MATCH_SPILL 8

/**
 * struct match_candidate - a row of which the coarse half has been read
 * @index: in its struct match_rows
 * @coarse: sum(coarse * probe)
 */
struct match_candidate {
	uint32_t index;
	int32_t coarse;
};

/**
 * struct match_products - what a comparison needs to know of two vectors
 * @raw: their dot product
 * @probe_norm2: the probe's with itself
 * @reference_norm2: the reference's with itself
 */
struct match_products {
	int32_t raw;
	uint32_t probe_norm2;
	uint32_t reference_norm2;
};

/* As limen_similarity(), several times as fast. */
int32_t match_similarity(int32_t raw, uint32_t probe_norm2,
			 uint32_t reference_norm2);

/**
 * struct match_kernels - what one instruction set does
 * @name: for people and for choosing it
 * @unusable: why this machine cannot run it, or NULL if it can
 * @dot: dot product of two vectors, dim a multiple of MATCH_UNIT; no alignment
 * @products: dot product and both squared norms; likewise
 * @scan: offers every row that may belong, having read whole rows
 * @sieve: reads the coarse plane and lists every row whose upper limit, see
 *	struct match_probe, is not below the bound; how many there are. There is
 *	room for rows->count of them, and of that, MATCH_SPILL behind the last
 *	one may be overwritten.
 * @settle: reads the fine halves of candidates, in that order, and offers those
 *	that may belong
 * @scan_many: as scan, for 1 to MATCH_PROBES_MAX searches at once, all of one
 *	dimension; NULL if one after another is as good
 */
struct match_kernels {
	const char *name;
	const char *(*unusable)(void);
	int32_t (*dot)(const int8_t *a, const int8_t *b, uint32_t dim);
	struct match_products (*products)(const int8_t *probe,
					  const int8_t *reference,
					  uint32_t dim);
	void (*scan)(const struct match_rows *rows,
		     struct match_search *search);
	uint32_t (*sieve)(const struct match_rows *rows,
			  const struct match_search *search,
			  struct match_candidate *candidates);
	void (*settle)(const struct match_rows *rows,
		       const struct match_candidate *candidates,
		       uint32_t count, struct match_search *search);
	void (*scan_many)(const struct match_rows *rows,
			  struct match_search *const *searches,
			  unsigned int count);
};

/* All that have been built, the fastest first; NULL ends the list. */
extern const struct match_kernels *const match_kernels_all[];

/* The one of this name, or the fastest usable one for NULL; NULL: no such. */
const struct match_kernels *match_kernels_find(const char *name);

extern const struct match_kernels match_plain;
#if defined(__x86_64__)
extern const struct match_kernels match_avx2;
extern const struct match_kernels match_avxvnni;
extern const struct match_kernels match_avxvnni_int8;
extern const struct match_kernels match_avx512;
extern const struct match_kernels match_amx;
#elif defined(__aarch64__)
extern const struct match_kernels match_neon;
extern const struct match_kernels match_neon_dotprod;
extern const struct match_kernels match_neon_i8mm;
#endif

#endif /* LIMEN_MATCH_H */
