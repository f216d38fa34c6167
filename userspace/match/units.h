/* SPDX-License-Identifier: MIT */
/*
 * Units of a row, and where they face a probe. Loops over them are unrolled: for
 * that, their number is a constant wherever it is used.
 */
#ifndef LIMEN_UNITS_H
#define LIMEN_UNITS_H

#include "match.h"

#define INLINE static inline __attribute__((always_inline))

/* Bytes of half a unit's components, and of a unit in a plane. */
#define HALF (MATCH_UNIT / 2)

/*
 * Where in a facing (see struct match_probe) what faces the lower half-bytes of a
 * unit begins; 64 bytes on, what faces the upper ones.
 */
INLINE size_t facing_at(unsigned int unit)
{
	return unit / 2 * MATCH_LINE + unit % 2 * HALF;
}

/* Calls a function with the number of units as a constant. */
#define FOR_UNITS(dim, call) \
do { \
	switch ((dim) / MATCH_UNIT) { \
	case 1: call(1); break; \
	case 2: call(2); break; \
	case 3: call(3); break; \
	case 4: call(4); break; \
	case 5: call(5); break; \
	case 6: call(6); break; \
	case 7: call(7); break; \
	case 8: call(8); break; \
	} \
} while (0)

#endif /* LIMEN_UNITS_H */
