/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The template: an int8 vector with a header, as it lies in files and messages.
 * All integers are little-endian. Documentation/template.rst has the prose.
 */
#ifndef LIMEN_TEMPLATE_H
#define LIMEN_TEMPLATE_H

#include <linux/types.h>

#define LIMEN_TEMPLATE_MAGIC	0x50544d4c /* "LMTP" */
#define LIMEN_TEMPLATE_VERSION	1

/* Bytes of a model identifier: the SHA-256 of the embedding model's file. */
#define LIMEN_MODEL_ID_SIZE	32

/* Dimensions are multiples of the one, up to the other. */
#define LIMEN_DIM_STEP		64
#define LIMEN_DIM_MAX		512

/**
 * struct limen_template_header - the 64 bytes before a template's vector
 * @magic: LIMEN_TEMPLATE_MAGIC
 * @version: LIMEN_TEMPLATE_VERSION
 * @dim: components of the vector: a multiple of LIMEN_DIM_STEP up to
 *	LIMEN_DIM_MAX
 * @quality: the embedding's norm before normalisation, in thousandths; larger is
 *	better, comparable within one model only; 0 when unknown
 * @flags: must be zero
 * @model: SHA-256 of the model file that made the embedding; templates of
 *	different models never compare
 * @reserved: must be zero
 *
 * The vector of @dim signed bytes follows at once; nothing follows it. A vector
 * of zeros is not a template.
 */
struct limen_template_header {
	__le32 magic;
	__le16 version;
	__le16 dim;
	__le32 quality;
	__le32 flags;
	__u8 model[LIMEN_MODEL_ID_SIZE];
	__u8 reserved[16];
};

#define LIMEN_TEMPLATE_SIZE_MAX \
	(sizeof(struct limen_template_header) + LIMEN_DIM_MAX)

/**
 * limen_dim_valid() - whether templates may have this many components
 * @dim: number of components
 *
 * Return: nonzero for 64, 128, 192, ... 512.
 */
static inline int limen_dim_valid(__u32 dim)
{
	return dim && dim <= LIMEN_DIM_MAX && dim % LIMEN_DIM_STEP == 0;
}

#endif /* LIMEN_TEMPLATE_H */
