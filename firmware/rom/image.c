// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Whether an image may be started: form, hash, signature, board and age. */
#include <stddef.h>

#include "../shell.h"
#include "image.h"

#define HEADER_SIZE ((uint32_t)sizeof(struct limen_fw_header))

static_assert(RSA_SIZE == LIMEN_FW_SIGNATURE_SIZE, "one signature");
static_assert(SHA256_SIZE == LIMEN_FW_HASH_SIZE, "one hash");
static_assert(LIMEN_FW_CODE_ADDRESS == SHELL_SRAM_ADDRESS, "code begins the memory");

static uint32_t read16(const uint8_t *at)
{
	return at[0] | (uint32_t)at[1] << 8;
}

static uint32_t read32(const uint8_t *at)
{
	return read16(at) | read16(at + 2) << 16;
}

/* A field of the header, wherever the image lies. */
#define FIELD16(data, name) read16((data) + offsetof(struct limen_fw_header, name))
#define FIELD32(data, name) read32((data) + offsetof(struct limen_fw_header, name))

static bool reserved_is_zero(const uint8_t *data)
{
	const uint8_t *at = data + offsetof(struct limen_fw_header, reserved);
	unsigned int i;

	for (i = 0; i < sizeof(((struct limen_fw_header *)0)->reserved); i++)
		if (at[i])
			return false;
	return true;
}

static bool format_is_known(const uint8_t *data)
{
	uint32_t api = FIELD32(data, api);

	return FIELD32(data, magic) == LIMEN_FW_MAGIC &&
	       FIELD16(data, format) == LIMEN_FW_FORMAT &&
	       FIELD16(data, header_size) == HEADER_SIZE &&
	       FIELD32(data, board_type) &&
	       api >> 16 <= (api & 0xffff) &&
	       reserved_is_zero(data);
}

/* Each comparison is of what those before it have bounded: no sum is out of range. */
static bool sizes_are_right(const struct image *image)
{
	uint32_t entry = image->entry - LIMEN_FW_CODE_ADDRESS;

	return image->code_size >= 4 &&
	       image->code_size <= LIMEN_FW_CODE_SIZE_MAX &&
	       image->code_size % 4 == 0 &&
	       image->memory_size >= image->code_size &&
	       image->memory_size <= SHELL_SRAM_SIZE &&
	       image->entry >= LIMEN_FW_CODE_ADDRESS &&
	       entry % 4 == 0 &&
	       entry <= image->code_size - 4;
}

/* Finds the envelopes behind the code; there are both, or none. */
static bool find_envelopes(struct image *image, uint32_t left)
{
	image->signature = NULL;
	image->pkcs7 = NULL;
	image->pkcs7_size = 0;
	if (!left)
		return true;
	if (left <= LIMEN_FW_SIGNATURE_SIZE ||
	    left - LIMEN_FW_SIGNATURE_SIZE > LIMEN_FW_PKCS7_SIZE_MAX)
		return false;
	image->signature = image->code + image->code_size;
	image->pkcs7 = image->signature + LIMEN_FW_SIGNATURE_SIZE;
	image->pkcs7_size = left - LIMEN_FW_SIGNATURE_SIZE;
	return true;
}

enum limen_hw_refusal image_read(struct image *image, const uint8_t *data, uint32_t size)
{
	if (size < HEADER_SIZE || size > LIMEN_FW_SIZE_MAX)
		return LIMEN_HW_REFUSED_SIZE;
	if (!format_is_known(data))
		return LIMEN_HW_REFUSED_FORMAT;
	image->board_type = FIELD32(data, board_type);
	image->version = FIELD32(data, version);
	image->security_version = FIELD32(data, security_version);
	image->api = FIELD32(data, api);
	image->code_size = FIELD32(data, code_size);
	image->memory_size = FIELD32(data, memory_size);
	image->entry = FIELD32(data, entry);
	image->header = data;
	image->hash = data + offsetof(struct limen_fw_header, hash);
	image->code = data + HEADER_SIZE;
	if (!sizes_are_right(image) || size - HEADER_SIZE < image->code_size ||
	    !find_envelopes(image, size - HEADER_SIZE - image->code_size))
		return LIMEN_HW_REFUSED_SIZE;
	return LIMEN_HW_REFUSED_NOT;
}

static bool hash_is_right(const struct image *image)
{
	uint8_t hash[SHA256_SIZE];
	unsigned int i;

	sha256(image->code, image->code_size, hash);
	for (i = 0; i < SHA256_SIZE; i++)
		if (hash[i] != image->hash[i])
			return false;
	return true;
}

static bool signature_is_right(const struct image *image, const uint8_t *modulus)
{
	uint8_t hash[SHA256_SIZE];

	if (!image->signature)
		return false;
	sha256(image->header, HEADER_SIZE, hash);
	return rsa_verify(modulus, image->signature, hash);
}

enum limen_hw_refusal image_verify(const struct image *image,
				   const struct image_board *board)
{
	if (!hash_is_right(image))
		return LIMEN_HW_REFUSED_HASH;
	if (!signature_is_right(image, board->modulus))
		return LIMEN_HW_REFUSED_SIGNATURE;
	if (image->board_type != board->type)
		return LIMEN_HW_REFUSED_BOARD;
	if (image->security_version < board->security_floor)
		return LIMEN_HW_REFUSED_SECURITY;
	return LIMEN_HW_REFUSED_NOT;
}
