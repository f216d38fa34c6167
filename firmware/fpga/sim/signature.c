// SPDX-License-Identifier: MIT
/*
 * The signature that selftest/selftest.v must come to: the same memory, pairs and scans, but
 * scored by limen/score.h and sorted in full. Prints it in hexadecimal.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <limen/score.h>

#define MEMORY_BYTES	32768u
#define PAIRS		16
#define ROWS_MAX	512

struct row {
	uint32_t number;
	struct limen_score score;
};

static int8_t memory[MEMORY_BYTES];
static uint32_t crc = 0xffffffff;

/* Words of xorshift, as selftest/memory.v has them. */
static void memory_fill(void)
{
	uint32_t number = 1;
	unsigned int i, byte;

	for (i = 0; i < MEMORY_BYTES; i += 4) {
		number ^= number << 13;
		number ^= number >> 17;
		number ^= number << 5;
		for (byte = 0; byte < 4; byte++)
			memory[i + byte] = (int8_t)(number >> 8 * byte);
	}
}

static void mix(uint32_t word)
{
	unsigned int bit;

	crc ^= word;
	for (bit = 0; bit < 32; bit++)
		crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
}

static void mix_row(const struct row *row)
{
	mix(row->number);
	mix((uint32_t)row->score.raw);
	mix((uint32_t)row->score.similarity);
}

static int by_rank(const void *left, const void *right)
{
	const struct row *a = left, *b = right;

	if (a->score.similarity != b->score.similarity)
		return a->score.similarity > b->score.similarity ? -1 : 1;
	return a->number < b->number ? -1 : 1;
}

static void scan(uint32_t gallery, uint32_t dim, uint32_t count, uint32_t top_k,
		 int32_t least)
{
	static struct row rows[ROWS_MAX];
	uint32_t i, found = 0;

	for (i = 0; i < count; i++) {
		struct row *row = &rows[found];

		row->number = i;
		row->score = limen_score_vectors(memory, memory + gallery + i * dim,
						 dim);
		found += row->score.similarity >= least;
	}
	qsort(rows, found, sizeof(*rows), by_rank);
	if (found > top_k)
		found = top_k;
	mix(found);
	for (i = 0; i < found; i++)
		mix_row(&rows[i]);
}

int main(void)
{
	uint32_t i;

	memory_fill();
	for (i = 0; i < PAIRS; i++) {
		const int8_t *probe = memory + 512 * i;
		struct row pair = {
			.score = limen_score_vectors(probe, probe + 512,
						     64 * (1 + i % 8)),
		};

		mix(1);
		mix_row(&pair);
	}
	scan(512, 512, 63, 20, -LIMEN_SIMILARITY_ONE);
	scan(128, 64, 510, 100, 0);
	printf("%08x\n", ~crc);
	return 0;
}
