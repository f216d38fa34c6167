/* SPDX-License-Identifier: MIT */
/* What the machine can do at most: what the engine is measured against. */
#ifndef LIMEN_BENCH_CEILING_H
#define LIMEN_BENCH_CEILING_H

#include <stddef.h>
#include <stdint.h>

/**
 * struct bench_reader - a way of reading memory once
 * @name: for people
 * @usable: whether this machine has the instructions
 * @sum: adds up size bytes, in so many interleaved streams, asking for what lies
 *	so many bytes ahead (0: not asking). data and size / streams are multiples
 *	of 256.
 */
struct bench_reader {
	const char *name;
	int (*usable)(void);
	uint64_t (*sum)(const void *data, size_t size, unsigned int streams,
			size_t ahead);
};

/* A NULL name ends the list. */
extern const struct bench_reader bench_readers[];

/**
 * struct bench_peak - int8 multiplication at full speed
 * @name: of the instruction set
 * @unusable: why this machine cannot, or NULL
 * @run: multiplies for some milliseconds, in registers, random data; operations
 *	done, a multiplication and an addition being two
 */
struct bench_peak {
	const char *name;
	const char *(*unusable)(void);
	uint64_t (*run)(void);
};

enum { BENCH_PEAK_AMX, BENCH_PEAK_VNNI, BENCH_PEAK_AVX2, BENCH_PEAKS };

extern const struct bench_peak bench_peaks[BENCH_PEAKS];

#endif /* LIMEN_BENCH_CEILING_H */
