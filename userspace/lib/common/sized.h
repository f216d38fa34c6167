/* SPDX-License-Identifier: MIT */
/*
 * Part of private.h. Structures that callers allocate and that begin with their size, as
 * limen-client.h says.
 */
#ifndef LIMEN_SIZED_H
#define LIMEN_SIZED_H

#include <errno.h>
#include <string.h>

/* Larger than any will ever be: a size that has not been set seldom passes. */
#define SIZED_MAX 4096

/* 0, or -EINVAL for a size below the first version's, or one that cannot be. */
static inline int sized_check(uint32_t size, size_t first)
{
	return size < first || size > SIZED_MAX || size % sizeof(uint64_t) ?
		       -EINVAL : 0;
}

/* Fills the caller's structure, whose size has been checked; it keeps its size. */
static inline void sized_fill(void *to, const void *from, size_t known)
{
	uint32_t size;

	memcpy(&size, to, sizeof(size));
	memset(to, 0, size);
	memcpy(to, from, size < known ? size : known);
	memcpy(to, &size, sizeof(size));
}

#endif /* LIMEN_SIZED_H */
