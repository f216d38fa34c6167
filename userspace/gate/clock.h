/* SPDX-License-Identifier: MIT */
#ifndef GATE_CLOCK_H
#define GATE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* CLOCK_MONOTONIC in microseconds: what stages and deadlines are measured in. */
static inline int64_t gate_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

#endif /* GATE_CLOCK_H */
