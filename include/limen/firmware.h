/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Firmware images: what a board's ROM, its driver and the tool that makes them agree on.
 *
 * An image is a header, the code, and two envelopes of one signature. The board's ROM
 * copies the whole into memory of its own before it looks at it. It takes the plain
 * signature; the driver's kernel has a reader of PKCS #7 and takes the other. Both are
 * the same RSA signature (PKCS #1 v1.5, SHA-256, 3072 bits, exponent 65537) of the header,
 * and the header holds the hash of the code. Everything is little-endian but for hashes
 * and signatures, which are bytes.
 */
#ifndef LIMEN_FIRMWARE_H
#define LIMEN_FIRMWARE_H

#include <linux/types.h>
#ifdef __KERNEL__
#include <linux/build_bug.h>
#else
#include <assert.h>
#endif

#define LIMEN_FW_MAGIC			0x5746494c /* "LIFW" */
#define LIMEN_FW_FORMAT			1

#define LIMEN_FW_HASH_SIZE		32
#define LIMEN_FW_SIGNATURE_SIZE		384
/* Whole images, with everything. */
#define LIMEN_FW_SIZE_MAX		(192 * 1024)
#define LIMEN_FW_PKCS7_SIZE_MAX		8192

/* Where the code lies in the memory of the board's processor, and how much fits. */
#define LIMEN_FW_CODE_ADDRESS		0x10000000
#define LIMEN_FW_CODE_SIZE_MAX		(128 * 1024)

/**
 * struct limen_fw_header - the first bytes of an image, and all that is signed
 * @magic: LIMEN_FW_MAGIC
 * @format: LIMEN_FW_FORMAT
 * @header_size: sizeof(struct limen_fw_header)
 * @board_type: LIMEN_HW_REG_BOARD_TYPE of the boards that it is for, not 0
 * @version: of the firmware, major << 16 | minor
 * @security_version: never less than that of an image with a hole that is known
 * @api: minor versions of limen/hw.h that it speaks, least << 16 | greatest
 * @code_size: bytes of code and data that follow the header, a multiple of 4, at least 4
 * @memory_size: bytes from LIMEN_FW_CODE_ADDRESS that it uses, at least @code_size
 * @entry: address of its first instruction, a multiple of 4, within the code
 * @reserved: zero
 * @hash: SHA-256 of the code
 *
 * The code is followed by LIMEN_FW_SIGNATURE_SIZE bytes of signature, and they by a
 * detached PKCS #7 message (DER) without signed attributes, as long as the image has
 * bytes left, at most LIMEN_FW_PKCS7_SIZE_MAX.
 */
struct limen_fw_header {
	__le32 magic;
	__le16 format;
	__le16 header_size;
	__le32 board_type;
	__le32 version;
	__le32 security_version;
	__le32 api;
	__le32 code_size;
	__le32 memory_size;
	__le32 entry;
	__le32 reserved[7];
	__u8 hash[LIMEN_FW_HASH_SIZE];
};

static_assert(sizeof(struct limen_fw_header) == 96, "pinned");

#endif /* LIMEN_FIRMWARE_H */
