// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* What compilers expect of any environment. */
#include "dsp.h"

void *memcpy(void *to, const void *from, size_t size)
{
	const u8 *source = from;
	u8 *at = to;

	while (size--)
		*at++ = *source++;
	return to;
}

void *memset(void *to, int byte, size_t size)
{
	u32 word = (u8)byte * 0x01010101u;
	u8 *at = to;

	for (; size && (u32)at % sizeof(word); size--)
		*at++ = (u8)byte;
	for (; size >= sizeof(word); size -= sizeof(word)) {
		*(u32 *)at = word;
		at += sizeof(word);
	}
	while (size--)
		*at++ = (u8)byte;
	return to;
}
