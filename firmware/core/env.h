/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * What the core takes from where it is compiled: the kernel, a process, or the board's
 * own processor, which has no library.
 */
#ifndef LIMEN_CORE_ENV_H
#define LIMEN_CORE_ENV_H

#include <linux/types.h>

#ifdef __KERNEL__

#include <asm/byteorder.h>
#include <linux/compiler.h>
#include <linux/string.h>

#define core_le16(value)	le16_to_cpu(value)
#define core_le32(value)	le32_to_cpu(value)
#define core_le64(value)	le64_to_cpu(value)
#define core_to_le16(value)	cpu_to_le16(value)
#define core_to_le32(value)	cpu_to_le32(value)
#define core_to_le64(value)	cpu_to_le64(value)
#define core_wipe(at, size)	memzero_explicit(at, size)

#else

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#if __STDC_HOSTED__
#include <string.h>
#else
void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
#endif

typedef uint8_t u8;
typedef int8_t s8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef int32_t s32;
typedef uint64_t u64;

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "little-endian alone: nobody has asked for another"
#endif
#define core_le16(value)	((u16)(value))
#define core_le32(value)	((u32)(value))
#define core_le64(value)	((u64)(value))
#define core_to_le16(value)	((__le16)(value))
#define core_to_le32(value)	((__le32)(value))
#define core_to_le64(value)	((__le64)(value))
#define READ_ONCE(value)	(*(const volatile __typeof__(value) *)&(value))
#define WRITE_ONCE(to, value)	(*(volatile __typeof__(to) *)&(to) = (value))

/* Zeros memory that nobody reads afterwards. */
static inline void core_wipe(void *at, size_t size)
{
	memset(at, 0, size);
	__asm__ volatile("" : : "r"(at) : "memory");
}

#endif

#endif /* LIMEN_CORE_ENV_H */
