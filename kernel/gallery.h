/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Galleries: frozen card buffers with a validated geometry.
 */
#ifndef LIMEN_GALLERY_H
#define LIMEN_GALLERY_H

#include <linux/kref.h>
#include <linux/types.h>

struct drm_device;
struct drm_file;
struct limen_bo;
struct limen_client;

/**
 * struct limen_gallery - a gallery; constant
 * @ref: its identifier and the scans in flight
 * @bo: frozen buffer on the card, with a reference; the gallery counts as its
 *	client's, because buffers never leave their file
 * @address: of row 0 in card memory
 * @dim: components of a row
 * @stride: bytes from row to row
 * @rows: number of rows, at least 1
 */
struct limen_gallery {
	struct kref ref;
	struct limen_bo *bo;
	u64 address;
	u32 dim;
	u32 stride;
	u32 rows;
};

struct limen_gallery *limen_gallery_lookup(struct limen_client *client, u32 id);
void limen_gallery_put(struct limen_gallery *gallery);
void limen_galleries_fini(struct limen_client *client);

int limen_gallery_create_ioctl(struct drm_device *drm, void *data,
			       struct drm_file *file);
int limen_gallery_destroy_ioctl(struct drm_device *drm, void *data,
				struct drm_file *file);

#endif /* LIMEN_GALLERY_H */
