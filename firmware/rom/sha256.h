/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* SHA-256, as FIPS 180-4 defines it. */
#ifndef ROM_SHA256_H
#define ROM_SHA256_H

#include <stdint.h>

#define SHA256_SIZE 32

/**
 * sha256() - the hash of bytes that are all there
 * @data: the bytes
 * @size: how many
 * @hash: out
 */
void sha256(const uint8_t *data, uint32_t size, uint8_t hash[SHA256_SIZE]);

#endif /* ROM_SHA256_H */
