/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* RSA signatures: PKCS #1 v1.5, SHA-256, 3072 bits, exponent 65537. */
#ifndef ROM_RSA_H
#define ROM_RSA_H

#include <stdbool.h>
#include <stdint.h>

#include "sha256.h"

#define RSA_SIZE 384

/**
 * rsa_verify() - whether a signature is one of this hash by this key
 * @modulus: of the key, big-endian, odd, its first bit set
 * @signature: big-endian
 * @hash: of what is signed
 *
 * Everything here is public, so time may depend on it.
 *
 * Return: whether it is; false for a modulus of another kind.
 */
bool rsa_verify(const uint8_t modulus[RSA_SIZE], const uint8_t signature[RSA_SIZE],
		const uint8_t hash[SHA256_SIZE]);

#endif /* ROM_RSA_H */
