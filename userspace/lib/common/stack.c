// SPDX-License-Identifier: MIT
/* What functions leave on the stack. */
#include "private.h"

/* Neither is inlined: its frame must lie where theirs have been. */
__attribute__((noinline)) void wipe_stack(void)
{
	uint8_t below[1024];

	limen_wipe(below, sizeof(below));
}

__attribute__((noinline)) void wipe_stack_deep(void)
{
	uint8_t below[16384];

	limen_wipe(below, sizeof(below));
}
