// SPDX-License-Identifier: MIT
/*
 * The ROM takes the signatures that libcrypto makes, and no others: whoever has the key
 * signs all kinds of messages here that are nearly right.
 */
#include <openssl/bn.h>

#include "signer.h"

#define INFO_SIZE 19
#define HASH_AT (RSA_SIZE - SHA256_SIZE)
#define INFO_AT (HASH_AT - INFO_SIZE)

static EVP_PKEY *key;
static uint8_t modulus[RSA_SIZE], hash[SHA256_SIZE], signature[RSA_SIZE];
/* What the signature holds: 00 01 FF ... FF 00, DigestInfo, hash. */
static uint8_t message[RSA_SIZE];

static void setup(void)
{
	BIGNUM *n = BN_new(), *s = BN_new(), *e = BN_new(), *m = BN_new();
	BN_CTX *context = BN_CTX_new();

	key = signer_open();
	signer_modulus(key, modulus);
	signer_fill(hash, sizeof(hash), 7);
	signer_sign(key, RSA_PKCS1_PADDING, hash, sizeof(hash), signature);
	BN_bin2bn(modulus, RSA_SIZE, n);
	BN_bin2bn(signature, RSA_SIZE, s);
	BN_set_word(e, 65537);
	ck_assert_int_eq(BN_mod_exp(m, s, e, n, context), 1);
	ck_assert_int_eq(BN_bn2binpad(m, message, RSA_SIZE), RSA_SIZE);
	BN_CTX_free(context);
	BN_free(n);
	BN_free(s);
	BN_free(e);
	BN_free(m);
}

static void teardown(void)
{
	EVP_PKEY_free(key);
}

static bool verify(const uint8_t *bytes)
{
	return rsa_verify(modulus, bytes, hash);
}

/* Whether the message, signed as it is, is taken. */
static bool signed_message_is_taken(void)
{
	uint8_t bytes[RSA_SIZE];

	signer_sign(key, RSA_NO_PADDING, message, sizeof(message), bytes);
	return verify(bytes);
}

START_TEST(what_libcrypto_signs_is_taken)
{
	unsigned int i;

	ck_assert(verify(signature));
	ck_assert(signed_message_is_taken());
	for (i = 0; i < 100; i++) {
		signer_fill(hash, sizeof(hash), 1000 + i);
		ck_assert(!verify(signature));
		signer_sign(key, RSA_PKCS1_PADDING, hash, sizeof(hash), signature);
		ck_assert(verify(signature));
	}
}
END_TEST

START_TEST(keys_of_every_kind)
{
	unsigned int i;

	for (i = 0; i < 3; i++) {
		EVP_PKEY *another = EVP_RSA_gen(8 * RSA_SIZE);

		ck_assert_ptr_nonnull(another);
		signer_modulus(another, modulus);
		ck_assert(!verify(signature));
		signer_sign(another, RSA_PKCS1_PADDING, hash, sizeof(hash), signature);
		ck_assert(verify(signature));
		EVP_PKEY_free(another);
	}
}
END_TEST

/* The prime next to a number, upwards or downwards. */
static void find_prime(BIGNUM *number, bool up, BN_CTX *context)
{
	if (!BN_is_odd(number))
		BN_add_word(number, 1);
	while (BN_check_prime(number, context, NULL) != 1)
		ck_assert_int_eq(up ? BN_add_word(number, 2) : BN_sub_word(number, 2), 1);
}

/* Makes the modulus p * q be next to a number, and signs the message with it. */
static void sign_next_to(const BIGNUM *number, bool up, BN_CTX *context)
{
	BIGNUM *p = BN_CTX_get(context), *q = BN_CTX_get(context);
	BIGNUM *n = BN_CTX_get(context), *d = BN_CTX_get(context);
	BIGNUM *e = BN_CTX_get(context), *m = BN_CTX_get(context);

	ck_assert_ptr_nonnull(m);
	ck_assert_int_eq(BN_generate_prime_ex2(p, 4 * RSA_SIZE, 0, NULL, NULL, NULL, context),
			 1);
	BN_div(q, NULL, number, p, context);
	find_prime(q, up, context);
	BN_mul(n, p, q, context);
	ck_assert_int_eq(BN_bn2binpad(n, modulus, RSA_SIZE), RSA_SIZE);
	BN_set_word(e, 65537);
	BN_sub_word(p, 1);
	BN_sub_word(q, 1);
	BN_mul(m, p, q, context);
	ck_assert_ptr_nonnull(BN_mod_inverse(d, e, m, context));
	BN_bin2bn(message, RSA_SIZE, m);
	BN_mod_exp(m, m, d, n, context);
	BN_bn2binpad(m, signature, RSA_SIZE);
}

/* Where carries are most common, and where they are least. */
START_TEST(least_and_greatest_moduli)
{
	BN_CTX *context = BN_CTX_new();
	BIGNUM *number = BN_new();

	BN_CTX_start(context);
	BN_set_bit(number, 8 * RSA_SIZE - 1);
	BN_add_word(number, 1);
	sign_next_to(number, true, context);
	ck_assert_uint_eq(modulus[0], 0x80);
	ck_assert_uint_eq(modulus[1] | modulus[64], 0);
	ck_assert(verify(signature));

	BN_zero(number);
	BN_set_bit(number, 8 * RSA_SIZE);
	BN_sub_word(number, 1);
	sign_next_to(number, false, context);
	ck_assert_uint_eq(modulus[0] & modulus[1] & modulus[64], 0xff);
	ck_assert(verify(signature));
	BN_CTX_end(context);
	BN_CTX_free(context);
	BN_free(number);
}
END_TEST

/* In each byte at least one bit, and each bit in some. */
START_TEST(every_byte_of_the_signature_counts)
{
	unsigned int bit;

	for (bit = 0; bit < 8 * RSA_SIZE; bit += 5) {
		signature[bit / 8] ^= 1 << bit % 8;
		ck_assert_msg(!verify(signature), "bit %u", bit);
		signature[bit / 8] ^= 1 << bit % 8;
	}
	ck_assert(verify(signature));
}
END_TEST

START_TEST(every_byte_of_the_key_and_the_hash_counts)
{
	unsigned int i;

	for (i = 0; i < RSA_SIZE; i++) {
		modulus[i] ^= 0x10;
		ck_assert(!verify(signature));
		modulus[i] ^= 0x10;
	}
	for (i = 0; i < SHA256_SIZE; i++) {
		hash[i] ^= 1;
		ck_assert(!verify(signature));
		hash[i] ^= 1;
	}
}
END_TEST

/* In each byte of the message that is not the hash, every bit. */
START_TEST(every_bit_of_the_padding_counts)
{
	unsigned int bit;

	for (bit = 8; bit < 8 * HASH_AT; bit += bit < 8 * (INFO_AT - 4) ? 7 : 1) {
		message[bit / 8] ^= 1 << bit % 8;
		ck_assert_msg(!signed_message_is_taken(), "bit %u", bit);
		message[bit / 8] ^= 1 << bit % 8;
	}
	ck_assert(signed_message_is_taken());
}
END_TEST

/*
 * Bleichenbacher's forgery: short padding, and garbage behind the hash that whoever
 * parses from the left never sees.
 */
START_TEST(garbage_behind_the_hash)
{
	uint8_t info_and_hash[INFO_SIZE + SHA256_SIZE];
	unsigned int length;

	memcpy(info_and_hash, message + INFO_AT, sizeof(info_and_hash));
	for (length = 0; length < INFO_AT - 3; length += 8) {
		signer_fill(message + 2, RSA_SIZE - 2, length);
		memset(message + 2, 0xff, length);
		message[2 + length] = 0;
		memcpy(message + 3 + length, info_and_hash, sizeof(info_and_hash));
		ck_assert_msg(!signed_message_is_taken(), "%u bytes of padding", length);
	}
}
END_TEST

/* Garbage hidden in the parameters of the algorithm, which are NULL and nothing else. */
START_TEST(garbage_in_the_parameters)
{
	static const uint8_t start[] = {
		0x30, 0x39, 0x30, 0x15, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
		0x65, 0x03, 0x04, 0x02, 0x01, 0x04, 0x08,
	};
	const unsigned int at = HASH_AT - 2 - 8 - sizeof(start);

	message[at - 1] = 0;
	memcpy(message + at, start, sizeof(start));
	signer_fill(message + at + sizeof(start), 8, 3);
	ck_assert(!signed_message_is_taken());
}
END_TEST

/* The same DigestInfo with the numbers of SHA-384, SHA-512, SHA-224, SHA-3, ... */
START_TEST(other_hashes)
{
	static const uint8_t others[] = { 0x00, 0x02, 0x03, 0x04, 0x05, 0x06, 0x08, 0x0b };
	unsigned int i;

	for (i = 0; i < COUNT_OF(others); i++) {
		message[INFO_AT + 14] = others[i];
		ck_assert(!signed_message_is_taken());
	}
}
END_TEST

/* Without the NULL that RFC 8017 asks for; some take both. */
START_TEST(no_parameters)
{
	static const uint8_t info[] = {
		0x00, 0x30, 0x2f, 0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48,
		0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x04, 0x20,
	};

	memset(message + 2, 0xff, INFO_AT);
	memcpy(message + HASH_AT - sizeof(info), info, sizeof(info));
	ck_assert(!signed_message_is_taken());
}
END_TEST

/* The hash alone, as some sign it that leave DigestInfo out. */
START_TEST(no_digest_info)
{
	memset(message + 2, 0xff, HASH_AT - 3);
	message[HASH_AT - 1] = 0;
	ck_assert(!signed_message_is_taken());
}
END_TEST

START_TEST(encryption_block)
{
	message[1] = 2;
	ck_assert(!signed_message_is_taken());
	message[1] = 0;
	ck_assert(!signed_message_is_taken());
}
END_TEST

START_TEST(degenerate_numbers)
{
	uint8_t number[RSA_SIZE] = {};

	ck_assert(!verify(number));
	number[RSA_SIZE - 1] = 1;
	ck_assert(!verify(number));
	memcpy(number, modulus, RSA_SIZE);
	ck_assert(!verify(number));
	number[RSA_SIZE - 1] ^= 1; /* n - 1, for n is odd */
	ck_assert(!verify(number));
	memset(number, 0xff, RSA_SIZE);
	ck_assert(!verify(number));
	ck_assert(!verify(message));
}
END_TEST

/* s + n, which is the same modulo n, where it fits. */
START_TEST(a_signature_is_below_the_modulus)
{
	unsigned int fitting = 0, i;

	for (i = 0; i < 40; i++) {
		BIGNUM *sum = BN_new(), *n = BN_new();
		uint8_t number[RSA_SIZE];

		signer_fill(hash, sizeof(hash), i);
		signer_sign(key, RSA_PKCS1_PADDING, hash, sizeof(hash), signature);
		BN_bin2bn(signature, RSA_SIZE, sum);
		BN_bin2bn(modulus, RSA_SIZE, n);
		BN_add(sum, sum, n);
		if (BN_bn2binpad(sum, number, RSA_SIZE) == RSA_SIZE) {
			fitting++;
			ck_assert(verify(signature));
			ck_assert(!verify(number));
		}
		BN_free(sum);
		BN_free(n);
	}
	ck_assert_uint_ge(fitting, 5);
}
END_TEST

START_TEST(keys_of_another_kind)
{
	modulus[RSA_SIZE - 1] ^= 1; /* even */
	ck_assert(!verify(signature));
	modulus[RSA_SIZE - 1] ^= 1;
	modulus[0] ^= 0x80; /* shorter */
	ck_assert(!verify(signature));
	memset(modulus, 0, sizeof(modulus));
	ck_assert(!verify(signature));
	modulus[RSA_SIZE - 1] = 1;
	ck_assert(!verify(signature));
}
END_TEST

/* With the exponent 3 forgeries are easy; the ROM knows one exponent only. */
START_TEST(exponent_three)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	BIGNUM *three = BN_new();
	EVP_PKEY *another = NULL;

	BN_set_word(three, 3);
	ck_assert_int_eq(EVP_PKEY_keygen_init(context), 1);
	ck_assert_int_eq(EVP_PKEY_CTX_set_rsa_keygen_bits(context, 8 * RSA_SIZE), 1);
	ck_assert_int_eq(EVP_PKEY_CTX_set1_rsa_keygen_pubexp(context, three), 1);
	ck_assert_int_eq(EVP_PKEY_generate(context, &another), 1);
	signer_modulus(another, modulus);
	signer_sign(another, RSA_PKCS1_PADDING, hash, sizeof(hash), signature);
	ck_assert(!verify(signature));
	EVP_PKEY_free(another);
	EVP_PKEY_CTX_free(context);
	BN_free(three);
}
END_TEST

static TCase *forgeries(void)
{
	TCase *tcase = tcase_create("forgeries");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, every_bit_of_the_padding_counts);
	tcase_add_test(tcase, garbage_behind_the_hash);
	tcase_add_test(tcase, garbage_in_the_parameters);
	tcase_add_test(tcase, other_hashes);
	tcase_add_test(tcase, no_parameters);
	tcase_add_test(tcase, no_digest_info);
	tcase_add_test(tcase, encryption_block);
	tcase_add_test(tcase, degenerate_numbers);
	tcase_add_test(tcase, a_signature_is_below_the_modulus);
	tcase_add_test(tcase, exponent_three);
	tcase_set_timeout(tcase, 120);
	return tcase;
}

int main(void)
{
	Suite *suite = suite_create("rom-rsa");
	TCase *tcase = tcase_create("signatures");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, what_libcrypto_signs_is_taken);
	tcase_add_test(tcase, keys_of_every_kind);
	tcase_add_test(tcase, least_and_greatest_moduli);
	tcase_add_test(tcase, every_byte_of_the_signature_counts);
	tcase_add_test(tcase, every_byte_of_the_key_and_the_hash_counts);
	tcase_add_test(tcase, keys_of_another_kind);
	tcase_set_timeout(tcase, 120);
	suite_add_tcase(suite, tcase);
	suite_add_tcase(suite, forgeries());
	return suite_run(suite);
}
