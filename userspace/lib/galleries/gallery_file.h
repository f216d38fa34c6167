/* SPDX-License-Identifier: MIT */
/*
 * The gallery file, which can be mapped and searched as it lies. All integers are
 * little-endian.
 *
 * This header and zeros to GALLERY_FILE_PAGE; if there are rows, a bit for each,
 * set if it has been removed, in words of 64 bits; then the blocks. A block, of
 * gallery_block_rows() or what is left, is the coarse plane of its rows and then
 * the fine one, as <match.h> describes them; those of removed rows are zeros. A
 * block without a row that is present is left out. The bitmap and each plane are
 * filled up with zeros to a multiple of GALLERY_FILE_PAGE.
 *
 * A gallery that has a label is of version GALLERY_FILE_VERSION_LABELS: behind the header is
 * struct gallery_file_labels, and behind the blocks so many struct gallery_file_label, by
 * rising row, and then their texts in the same order, filled up likewise.
 */
#ifndef LIMEN_GALLERY_FILE_H
#define LIMEN_GALLERY_FILE_H

#include <linux/types.h>

#include <limen/template.h>

#define GALLERY_FILE_MAGIC	0x4c474d4c /* "LMGL" */
/* Version 1 was never released. */
#define GALLERY_FILE_VERSION	2
#define GALLERY_FILE_VERSION_LABELS 3
#define GALLERY_FILE_PAGE	4096
#define GALLERY_FILE_DIGEST_SIZE 32

/**
 * struct gallery_file_header - the start of a gallery file
 * @magic: GALLERY_FILE_MAGIC
 * @version: GALLERY_FILE_VERSION, or with labels GALLERY_FILE_VERSION_LABELS
 * @flags: zero
 * @dim: components of a row; see limen_dim_valid()
 * @block_rows: rows of a block: gallery_block_rows()
 * @rows: row numbers given out, at most 2^32 - 1
 * @size: bytes of the file
 * @model: SHA-256 of the model file that made the rows
 * @digest: SHA-256 of the file with this field zero
 */
struct gallery_file_header {
	__le32 magic;
	__le16 version;
	__le16 flags;
	__le32 dim;
	__le32 block_rows;
	__le64 rows;
	__le64 size;
	__u8 model[LIMEN_MODEL_ID_SIZE];
	__u8 digest[GALLERY_FILE_DIGEST_SIZE];
};

/**
 * struct gallery_file_labels - the labels of a gallery file
 * @size: bytes of all struct gallery_file_label and texts
 * @count: how many there are; at least one
 * @reserved: zero
 */
struct gallery_file_labels {
	__le64 size;
	__le32 count;
	__le32 reserved;
};

/**
 * struct gallery_file_label - a label
 * @row: of this row, which is present
 * @length: bytes of its text, 1 to 255 of UTF-8
 */
struct gallery_file_label {
	__le32 row;
	__le32 length;
};

_Static_assert(sizeof(struct gallery_file_header) == 96, "pinned");
_Static_assert(sizeof(struct gallery_file_labels) == 16, "pinned");
_Static_assert(sizeof(struct gallery_file_label) == 8, "pinned");

#endif /* LIMEN_GALLERY_FILE_H */
