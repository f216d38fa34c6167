// SPDX-License-Identifier: MIT
/* Whatever the ROM takes for an image lies within its bytes; nobody forges one. */
#include <image.h>

#include "../../firmware/shell.h"
#include "fuzz.h"

/*
 * Zero is no modulus, which is noticed before anything is computed; what is computed
 * does not depend on lengths, and takes too long for a fuzzer.
 */
static const uint8_t modulus[RSA_SIZE];

static void check(const struct image *image, const uint8_t *data, size_t size)
{
	const size_t signed_size = sizeof(struct limen_fw_header) + image->code_size;

	MUST(image->header == data);
	MUST(image->code == data + sizeof(struct limen_fw_header));
	MUST(image->code_size >= 4 && image->code_size % 4 == 0);
	MUST(signed_size <= size && image->code_size <= LIMEN_FW_CODE_SIZE_MAX);
	MUST(image->memory_size >= image->code_size &&
	     image->memory_size <= SHELL_SRAM_SIZE);
	MUST(image->entry >= LIMEN_FW_CODE_ADDRESS && image->entry % 4 == 0 &&
	     (uint64_t)image->entry + 4 <= LIMEN_FW_CODE_ADDRESS + (uint64_t)image->code_size);
	MUST(image->board_type && image->api >> 16 <= (image->api & 0xffff));
	if (!image->signature) {
		MUST(signed_size == size);
		return;
	}
	MUST(image->signature == data + signed_size);
	MUST(image->pkcs7 == image->signature + LIMEN_FW_SIGNATURE_SIZE);
	MUST(image->pkcs7 + image->pkcs7_size == data + size);
	MUST(image->pkcs7_size && image->pkcs7_size <= LIMEN_FW_PKCS7_SIZE_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum limen_hw_refusal refusal;
	struct image_board board = { .modulus = modulus };
	struct image image;

	refusal = image_read(&image, data, size);
	if (refusal) {
		MUST(refusal == LIMEN_HW_REFUSED_FORMAT || refusal == LIMEN_HW_REFUSED_SIZE);
		return 0;
	}
	check(&image, data, size);
	board.type = image.board_type;
	refusal = image_verify(&image, &board);
	MUST(refusal == LIMEN_HW_REFUSED_HASH || refusal == LIMEN_HW_REFUSED_SIGNATURE);
	return 0;
}
