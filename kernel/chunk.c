// SPDX-License-Identifier: GPL-2.0-only
/*
 * How much of a gallery is searched at once.
 */
#include <linux/limits.h>
#include <linux/math64.h>
#include <linux/minmax.h>

#include <limen/template.h>

#include "chunk.h"

/**
 * DOC: Chunks
 *
 * A comparison that shares the board's memory with scans waits for what the
 * board has begun, so what it has begun must be short: chunks of about
 * LIMEN_CHUNK_NS, whatever the board. How many bytes those are is learned from
 * the time the board says its chunks take. The board is not trusted, so a
 * chunk changes the size by a quarter at most, within fixed bounds.
 */

/* One new observation counts as much as three former ones. */
#define LIMEN_CHUNK_WEIGHT	4

/**
 * limen_chunk_learn() - learn from a chunk
 * @size: bytes that were thought to take LIMEN_CHUNK_NS
 * @bytes: of the chunk
 * @ns: how long it took, as the board says
 *
 * Return: the new size, LIMEN_CHUNK_MIN to LIMEN_CHUNK_MAX.
 */
u32 limen_chunk_learn(u32 size, u32 bytes, u64 ns)
{
	u64 goal = U64_MAX;

	/* A short one tells more about the cost of an entry than about rows. */
	if (bytes < size / 2 && ns <= LIMEN_CHUNK_NS)
		return size;

	if (ns)
		goal = div64_u64((u64)bytes * LIMEN_CHUNK_NS, ns);
	goal = clamp(goal, LIMEN_CHUNK_MIN, 2ull * size);
	size += ((s64)goal - size) / LIMEN_CHUNK_WEIGHT;
	return clamp(size, LIMEN_CHUNK_MIN, LIMEN_CHUNK_MAX);
}

/**
 * limen_chunk_rows() - rows of the next chunk
 * @size: bytes it may have, at least LIMEN_CHUNK_MIN
 * @dim: bytes of a row that the board reads, valid
 * @rows: rows left to search
 *
 * Return: the number, at least 1 if there are any.
 */
u32 limen_chunk_rows(u32 size, u32 dim, u32 rows)
{
	static_assert(LIMEN_CHUNK_MIN >= LIMEN_DIM_MAX);

	return min(size / dim, rows);
}
