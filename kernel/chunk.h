/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How much of a gallery is searched at once.
 */
#ifndef LIMEN_CHUNK_H
#define LIMEN_CHUNK_H

#include <linux/types.h>

/* Time that the board is meant to spend on a chunk. */
#define LIMEN_CHUNK_NS		75000

/* Bytes of a chunk, whatever the board says. The least is some rows of any size. */
#define LIMEN_CHUNK_MIN		(16u << 10)
#define LIMEN_CHUNK_MAX		(8u << 20)

u32 limen_chunk_learn(u32 size, u32 bytes, u64 ns);
u32 limen_chunk_rows(u32 size, u32 dim, u32 rows);

#endif /* LIMEN_CHUNK_H */
