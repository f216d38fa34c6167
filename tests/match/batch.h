/* SPDX-License-Identifier: MIT */
/* Vectors to search, in memory that ends where they end. */
#ifndef TEST_MATCH_BATCH_H
#define TEST_MATCH_BATCH_H

#include <match.h>

/* Random numbers that a seed repeats on any machine. */
struct dice {
	uint64_t state;
};

uint32_t roll(struct dice *dice);
/* 0 to sides - 1. */
uint32_t roll_below(struct dice *dice, uint32_t sides);

/*
 * Memory before a page that may not be touched, its end as close to that page as
 * the alignment of its start allows. What lies before it is not zero.
 */
void *guarded_alloc(size_t size, size_t align);
void guarded_free(void *data, size_t size);

/* A vector to search for, of one of the kinds that kernels may stumble over. */
void roll_probe(struct dice *dice, int8_t *vector, uint32_t dim);

/**
 * struct batch - rows and what they were made of
 * @rows: as kernels see them, each part of it guarded
 * @vectors: the same rows, dim bytes each
 * @dim: components of a row
 */
struct batch {
	struct match_rows rows;
	int8_t *vectors;
	uint32_t dim;
};

/* Rows of all kinds, those that are extreme for this probe among them. */
void batch_roll(struct batch *batch, struct dice *dice, const int8_t *probe,
		uint32_t dim, uint32_t count);
void batch_free(struct batch *batch);

static inline bool batch_absent(const struct batch *batch, uint32_t index)
{
	return batch->rows.absent &&
	       batch->rows.absent[index / 64] >> index % 64 & 1;
}

#endif /* TEST_MATCH_BATCH_H */
