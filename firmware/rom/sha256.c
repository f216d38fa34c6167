// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* SHA-256. The ROM has no library to take it from. */
#include "sha256.h"

#define BLOCK_SIZE 64
#define ROUNDS 64
/* The length, in bits, ends the last block. */
#define LENGTH_SIZE 8

static const uint32_t round_constants[ROUNDS] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
	0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
	0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
	0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
	0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
	0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
	0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
	0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotate(uint32_t x, unsigned int bits)
{
	return x >> bits | x << (32 - bits);
}

static void fill_schedule(uint32_t schedule[ROUNDS], const uint8_t *block)
{
	unsigned int i;

	for (i = 0; i < 16; i++, block += 4)
		schedule[i] = (uint32_t)block[0] << 24 | block[1] << 16 |
			      block[2] << 8 | block[3];
	for (; i < ROUNDS; i++) {
		uint32_t x = schedule[i - 15], y = schedule[i - 2];

		schedule[i] = (rotate(x, 7) ^ rotate(x, 18) ^ x >> 3) +
			      (rotate(y, 17) ^ rotate(y, 19) ^ y >> 10) +
			      schedule[i - 7] + schedule[i - 16];
	}
}

/* The working variables a to h of the standard are v[0] to v[7]. */
static void take_block(uint32_t state[8], const uint8_t *block)
{
	uint32_t schedule[ROUNDS], v[8];
	unsigned int i, j;

	fill_schedule(schedule, block);
	for (i = 0; i < 8; i++)
		v[i] = state[i];
	for (i = 0; i < ROUNDS; i++) {
		uint32_t choice = (v[4] & v[5]) ^ (~v[4] & v[6]);
		uint32_t majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
		uint32_t first = v[7] + round_constants[i] + schedule[i] + choice +
				 (rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25));
		uint32_t second = majority +
				  (rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22));

		for (j = 7; j > 0; j--)
			v[j] = v[j - 1];
		v[4] += first;
		v[0] = first + second;
	}
	for (i = 0; i < 8; i++)
		state[i] += v[i];
}

/* The bytes that fill no block, a one bit, zeros, and the length in bits. */
static void take_end(uint32_t state[8], const uint8_t *data, uint32_t left,
		     uint32_t size)
{
	uint8_t end[2 * BLOCK_SIZE];
	unsigned int length = left < BLOCK_SIZE - LENGTH_SIZE ? BLOCK_SIZE : 2 * BLOCK_SIZE;
	uint64_t bits = (uint64_t)size * 8;
	unsigned int i;

	for (i = 0; i < length; i++)
		end[i] = i < left ? data[i] : i == left ? 0x80 : 0;
	for (i = 1; i <= LENGTH_SIZE; i++, bits >>= 8)
		end[length - i] = (uint8_t)bits;
	for (i = 0; i < length; i += BLOCK_SIZE)
		take_block(state, end + i);
}

void sha256(const uint8_t *data, uint32_t size, uint8_t hash[SHA256_SIZE])
{
	static const uint32_t initial[8] = {
		0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
		0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
	};
	uint32_t state[8];
	uint32_t left = size;
	unsigned int i;

	for (i = 0; i < 8; i++)
		state[i] = initial[i];
	for (; left >= BLOCK_SIZE; left -= BLOCK_SIZE, data += BLOCK_SIZE)
		take_block(state, data);
	take_end(state, data, left, size);
	for (i = 0; i < SHA256_SIZE; i++)
		hash[i] = (uint8_t)(state[i / 4] >> (24 - i % 4 * 8));
}
