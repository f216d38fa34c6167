/* SPDX-License-Identifier: MIT */
#ifndef GATE_CLOCK_H
#define GATE_CLOCK_H

#include <monotonic.h>

/* CLOCK_MONOTONIC in microseconds: what stages and deadlines are measured in. */
static inline int64_t gate_now_us(void)
{
	return now_ns() / 1000;
}

#endif /* GATE_CLOCK_H */
