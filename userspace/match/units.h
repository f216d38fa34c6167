/* SPDX-License-Identifier: MIT */
/*
 * Loops over the units of a row are unrolled: for that, their number is a constant
 * wherever it is used.
 */
#ifndef LIMEN_UNITS_H
#define LIMEN_UNITS_H

#include "match.h"

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
