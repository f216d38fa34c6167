/* SPDX-License-Identifier: MIT */
/* A key of libcrypto's, and what it signs. */
#ifndef TEST_SIGNER_H
#define TEST_SIGNER_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>

#include <rsa.h>

#include "../face/suite.h"

/* The development key, always the same. */
static inline EVP_PKEY *signer_open(void)
{
	FILE *file = fopen(DEVELOPMENT_KEY, "re");
	EVP_PKEY *key;

	ck_assert_ptr_nonnull(file);
	key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
	fclose(file);
	ck_assert_ptr_nonnull(key);
	return key;
}

static inline void signer_modulus(EVP_PKEY *key, uint8_t modulus[RSA_SIZE])
{
	BIGNUM *n = NULL;

	ck_assert_int_eq(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n), 1);
	ck_assert_int_eq(BN_bn2binpad(n, modulus, RSA_SIZE), RSA_SIZE);
	BN_free(n);
}

/* Signs a hash as it should be, with padding RSA_PKCS1_PADDING; or any message. */
static inline void signer_sign(EVP_PKEY *key, int padding, const uint8_t *message, size_t size,
			       uint8_t signature[RSA_SIZE])
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
	size_t length = RSA_SIZE;

	ck_assert_int_eq(EVP_PKEY_sign_init(context), 1);
	ck_assert_int_eq(EVP_PKEY_CTX_set_rsa_padding(context, padding), 1);
	if (padding == RSA_PKCS1_PADDING)
		ck_assert_int_eq(EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()), 1);
	ck_assert_int_eq(EVP_PKEY_sign(context, signature, &length, message, size), 1);
	ck_assert_uint_eq(length, RSA_SIZE);
	EVP_PKEY_CTX_free(context);
}

/* Bytes that look random and are the same in every run. */
static inline void signer_fill(uint8_t *bytes, size_t size, uint32_t seed)
{
	size_t i;

	for (i = 0; i < size; i++) {
		seed = seed * 1664525 + 1013904223;
		bytes[i] = seed >> 24;
	}
}

#endif /* TEST_SIGNER_H */
