/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Whether an image may be started. No hardware is in it: the tool that signs images and
 * the tests ask the same code as the ROM.
 */
#ifndef ROM_IMAGE_H
#define ROM_IMAGE_H

#include <stdint.h>

#include <limen/firmware.h>
#include <limen/hw.h>

#include "rsa.h"

/**
 * struct image - where things are in an image, and what its header says
 * @board_type: as struct limen_fw_header has them
 * @version: likewise
 * @security_version: likewise
 * @api: likewise
 * @code_size: likewise
 * @memory_size: likewise
 * @entry: likewise
 * @header: the bytes that are signed
 * @hash: SHA-256 of the code, as the header says
 * @code: the code
 * @signature: RSA_SIZE bytes; NULL if the image ends with the code
 * @pkcs7: likewise
 * @pkcs7_size: its bytes
 */
struct image {
	uint32_t board_type;
	uint32_t version;
	uint32_t security_version;
	uint32_t api;
	uint32_t code_size;
	uint32_t memory_size;
	uint32_t entry;
	const uint8_t *header;
	const uint8_t *hash;
	const uint8_t *code;
	const uint8_t *signature;
	const uint8_t *pkcs7;
	uint32_t pkcs7_size;
};

/**
 * struct image_board - what an image has to suit
 * @modulus: of the key that signs for it
 * @type: LIMEN_HW_REG_BOARD_TYPE
 * @security_floor: LIMEN_HW_REG_SECURITY_FLOOR
 */
struct image_board {
	const uint8_t *modulus;
	uint32_t type;
	uint32_t security_floor;
};

/**
 * image_read() - look at the form of an image, signed or not
 * @image: out; complete only if the form is right
 * @data: the image, in memory that nobody else writes
 * @size: its bytes
 *
 * Return: LIMEN_HW_REFUSED_NOT, _FORMAT or _SIZE.
 */
enum limen_hw_refusal image_read(struct image *image, const uint8_t *data, uint32_t size);

/**
 * image_verify() - whether a board may start an image
 * @image: as image_read() has read it
 * @board: the board
 *
 * Return: LIMEN_HW_REFUSED_NOT if it may; else _HASH, _SIGNATURE, _BOARD or _SECURITY.
 */
enum limen_hw_refusal image_verify(const struct image *image,
				   const struct image_board *board);

#endif /* ROM_IMAGE_H */
