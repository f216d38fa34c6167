/* SPDX-License-Identifier: MIT */
/* The clock that durations and deadlines are measured by. Not installed. */
#ifndef LIMEN_MONOTONIC_H
#define LIMEN_MONOTONIC_H

#include <stdint.h>
#include <time.h>

/* CLOCK_MONOTONIC in nanoseconds. */
static inline int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/* What now_ns() says some time from now. */
static inline int64_t deadline_in(int timeout_ms)
{
	return now_ns() + timeout_ms * 1000000LL;
}

#endif /* LIMEN_MONOTONIC_H */
