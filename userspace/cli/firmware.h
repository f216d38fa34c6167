/* SPDX-License-Identifier: MIT */
/* What makes images of a board's firmware: code, signatures. */
#ifndef LIMEN_CLI_FIRMWARE_H
#define LIMEN_CLI_FIRMWARE_H

#include <stddef.h>

#include <image.h>

/**
 * struct firmware_code - a program, as it lies in the board's memory
 * @bytes: from LIMEN_FW_CODE_ADDRESS on
 * @size: how many, a multiple of 4
 * @memory_size: bytes of memory that it uses
 * @entry: address of its first instruction
 */
struct firmware_code {
	uint8_t bytes[LIMEN_FW_CODE_SIZE_MAX];
	uint32_t size;
	uint32_t memory_size;
	uint32_t entry;
};

/*
 * Takes the code of an ELF file, or of a file that is nothing but code. NULL, or what is
 * wrong with it.
 */
const char *firmware_code_read(struct firmware_code *code, const uint8_t *data, size_t size);

/**
 * struct firmware_envelopes - a signature, as images have it
 * @signature: plain
 * @pkcs7: the same in a message
 * @pkcs7_size: its bytes
 */
struct firmware_envelopes {
	uint8_t signature[LIMEN_FW_SIGNATURE_SIZE];
	uint8_t pkcs7[LIMEN_FW_PKCS7_SIZE_MAX];
	uint32_t pkcs7_size;
};

/* Signs an image's header. DONE, or FAILED after a line. */
int firmware_sign(const struct image *image, const char *key_path,
		  const char *certificate_path, struct firmware_envelopes *envelopes);
/*
 * Whether the board's ROM and the driver's kernel would take a signed image that is for
 * them, if they trust this certificate. DONE, or FAILED after a line about the file.
 */
int firmware_verify(const struct image *image, const char *path,
		    const char *certificate_path);

/* What is wrong with an image, for people. */
const char *firmware_refusal(enum limen_hw_refusal refusal);

#endif /* LIMEN_CLI_FIRMWARE_H */
