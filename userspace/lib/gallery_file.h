/* SPDX-License-Identifier: MIT */
/*
 * The gallery file: this header, zeros up to the first row, the rows. All
 * integers are little-endian. The rows begin at a page, and rows at cache lines,
 * so that the file can be mapped and searched as it lies.
 */
#ifndef LIMEN_GALLERY_FILE_H
#define LIMEN_GALLERY_FILE_H

#include <linux/types.h>

#include <limen/template.h>

#define GALLERY_FILE_MAGIC	0x4c474d4c /* "LMGL" */
#define GALLERY_FILE_VERSION	1
#define GALLERY_FILE_ROW_OFFSET	4096
#define GALLERY_FILE_ROW_ALIGN	64
#define GALLERY_FILE_DIGEST_SIZE 32

/**
 * struct gallery_file_header - the start of a gallery file
 * @magic: GALLERY_FILE_MAGIC
 * @version: GALLERY_FILE_VERSION
 * @flags: zero
 * @dim: components of a row: 128, 256 or 512
 * @stride: bytes from row to row; @dim rounded up to GALLERY_FILE_ROW_ALIGN
 * @row_offset: of row 0 in the file: GALLERY_FILE_ROW_OFFSET
 * @rows: number of rows; the file ends after the last one
 * @model: SHA-256 of the model file that made the rows
 * @digest: SHA-256 of the file with this field zero
 */
struct gallery_file_header {
	__le32 magic;
	__le16 version;
	__le16 flags;
	__le32 dim;
	__le32 stride;
	__le64 row_offset;
	__le64 rows;
	__u8 model[LIMEN_MODEL_ID_SIZE];
	__u8 digest[GALLERY_FILE_DIGEST_SIZE];
};

_Static_assert(sizeof(struct gallery_file_header) == 96, "pinned");

#endif /* LIMEN_GALLERY_FILE_H */
