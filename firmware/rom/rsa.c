// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * RSA signatures. The ROM has no library to take them from.
 *
 * Numbers are words, the least significant one first. Products are Montgomery's, of
 * R = 2^3072: the product of a and b is a * b / R modulo n. Who wants to multiply
 * without the division brings a into Montgomery's form first, which is a * R.
 */
#include "rsa.h"

#define WORDS (RSA_SIZE / 4)
#define EXPONENT_SQUARES 16 /* 65537 = 2^16 + 1 */

/**
 * struct modulus - what is computed with
 * @words: n
 * @inverse: -1 / n modulo 2^32
 */
struct modulus {
	uint32_t words[WORDS];
	uint32_t inverse;
};

static void from_bytes(uint32_t *words, const uint8_t *bytes)
{
	unsigned int i;

	for (i = WORDS; i-- > 0; bytes += 4)
		words[i] = (uint32_t)bytes[0] << 24 | bytes[1] << 16 |
			   bytes[2] << 8 | bytes[3];
}

static void copy(uint32_t *to, const uint32_t *from)
{
	unsigned int i;

	for (i = 0; i < WORDS; i++)
		to[i] = from[i];
}

/* Whether a is less than b. */
static bool less(const uint32_t *a, const uint32_t *b)
{
	unsigned int i;

	for (i = WORDS; i-- > 0;)
		if (a[i] != b[i])
			return a[i] < b[i];
	return false;
}

static bool equal(const uint32_t *a, const uint32_t *b)
{
	return !less(a, b) && !less(b, a);
}

/* a -= b, modulo R. */
static void subtract(uint32_t *a, const uint32_t *b)
{
	uint32_t borrow = 0;
	unsigned int i;

	for (i = 0; i < WORDS; i++) {
		uint64_t difference = (uint64_t)a[i] - b[i] - borrow;

		a[i] = (uint32_t)difference;
		borrow = (uint32_t)(difference >> 32) & 1;
	}
}

/* a += x * b; the word that it is longer by. */
static uint32_t add_multiple(uint32_t *a, uint32_t x, const uint32_t *b)
{
	uint32_t carry = 0;
	unsigned int i;

	for (i = 0; i < WORDS; i++) {
		uint64_t sum = (uint64_t)x * b[i] + a[i] + carry;

		a[i] = (uint32_t)sum;
		carry = (uint32_t)(sum >> 32);
	}
	return carry;
}

/*
 * a = a * b / R modulo n, for a and b below n. The sum stays below 2n, so that one bit
 * beyond its words is enough.
 */
static void multiply(uint32_t *a, const uint32_t *b, const struct modulus *n)
{
	uint32_t sum[WORDS];
	uint32_t top = 0;
	unsigned int i, j;

	for (i = 0; i < WORDS; i++)
		sum[i] = 0;
	for (i = 0; i < WORDS; i++) {
		uint64_t end = (uint64_t)top + add_multiple(sum, a[i], b);

		end += add_multiple(sum, sum[0] * n->inverse, n->words);
		for (j = 0; j < WORDS - 1; j++)
			sum[j] = sum[j + 1];
		sum[WORDS - 1] = (uint32_t)end;
		top = (uint32_t)(end >> 32);
	}
	if (top || !less(sum, n->words))
		subtract(sum, n->words);
	copy(a, sum);
}

/* a = 2 * a modulo n, for a below n. */
static void twice(uint32_t *a, const struct modulus *n)
{
	uint32_t carry = 0;
	unsigned int i;

	for (i = 0; i < WORDS; i++) {
		uint32_t next = a[i] >> 31;

		a[i] = a[i] << 1 | carry;
		carry = next;
	}
	if (carry || !less(a, n->words))
		subtract(a, n->words);
}

/* Whether these bytes are a modulus to compute with. */
static bool take_modulus(struct modulus *n, const uint8_t *bytes)
{
	uint32_t inverse;
	unsigned int i;

	from_bytes(n->words, bytes);
	if (!(n->words[0] & 1) || !(n->words[WORDS - 1] >> 31))
		return false;
	/* An odd number is its own inverse modulo 8, and each step doubles the bits. */
	inverse = n->words[0];
	for (i = 0; i < 4; i++)
		inverse *= 2 - n->words[0] * inverse;
	n->inverse = -inverse;
	return true;
}

/*
 * R * R modulo n. R - n is Montgomery's form of 1, for n is more than half of R. Doubled
 * three times it is that of 2^3, and each square doubles the exponent: after ten of
 * them it is that of 2^3072, which is R.
 */
static void square_of_r(uint32_t *r, const struct modulus *n)
{
	unsigned int i;

	for (i = 0; i < WORDS; i++)
		r[i] = 0;
	subtract(r, n->words);
	for (i = 0; i < 3; i++)
		twice(r, n);
	for (i = 0; i < 10; i++)
		multiply(r, r, n);
}

/* x = x^65537 modulo n, for x below n. */
static void power(uint32_t *x, const struct modulus *n)
{
	uint32_t y[WORDS];
	unsigned int i;

	square_of_r(y, n);
	multiply(y, x, n);
	for (i = 0; i < EXPONENT_SQUARES; i++)
		multiply(y, y, n);
	/* Of a number in the form and one that is not, the product is not. */
	multiply(x, y, n);
}

/*
 * The one message that a signature of this hash may hold (RFC 8017, 9.2): nothing in
 * it is left to the signer, so nothing is parsed.
 */
static void expected(uint32_t *words, const uint8_t *hash)
{
	/* DigestInfo: SEQUENCE { SEQUENCE { sha256, NULL }, OCTET STRING (32) } */
	static const uint8_t info[] = {
		0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
		0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20,
	};
	const unsigned int hash_at = RSA_SIZE - SHA256_SIZE;
	const unsigned int info_at = hash_at - sizeof(info);
	uint8_t bytes[RSA_SIZE];
	unsigned int i;

	bytes[0] = 0x00;
	bytes[1] = 0x01;
	for (i = 2; i < info_at - 1; i++)
		bytes[i] = 0xff;
	bytes[info_at - 1] = 0x00;
	for (i = 0; i < sizeof(info); i++)
		bytes[info_at + i] = info[i];
	for (i = 0; i < SHA256_SIZE; i++)
		bytes[hash_at + i] = hash[i];
	from_bytes(words, bytes);
}

bool rsa_verify(const uint8_t modulus[RSA_SIZE], const uint8_t signature[RSA_SIZE],
		const uint8_t hash[SHA256_SIZE])
{
	uint32_t number[WORDS], wanted[WORDS];
	struct modulus n;

	if (!take_modulus(&n, modulus))
		return false;
	from_bytes(number, signature);
	if (!less(number, n.words))
		return false;
	power(number, &n);
	expected(wanted, hash);
	return equal(number, wanted);
}
