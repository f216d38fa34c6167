// SPDX-License-Identifier: GPL-2.0-only
/*
 * Galleries: frozen card buffers with a validated geometry.
 */
#include <linux/slab.h>

#include <drm/drm_file.h>

#include <limen/hw.h>
#include <limen/template.h>
#include <uapi/drm/limen_accel.h>

#include "gallery.h"
#include "gem.h"
#include "user.h"

/**
 * DOC: Galleries
 *
 * A gallery is validated once, when it is made, and cannot change afterwards:
 * its buffer is frozen before the identifier leads anywhere. A scan therefore
 * needs to check nothing but its own descriptor, and what it reads is what was
 * there when it was submitted.
 */

static void limen_gallery_free(struct kref *ref)
{
	struct limen_gallery *gallery =
		container_of(ref, struct limen_gallery, ref);

	/* Buffers never leave their file. */
	limen_user_unreserve(gallery->bo->client->user, LIMEN_GALLERIES, 1);
	limen_bo_put(gallery->bo);
	kfree(gallery);
}

/**
 * limen_gallery_put() - give a reference back
 * @gallery: gallery or NULL; may sleep
 */
void limen_gallery_put(struct limen_gallery *gallery)
{
	if (gallery)
		kref_put(&gallery->ref, limen_gallery_free);
}

/**
 * limen_gallery_lookup() - the gallery behind an identifier
 * @client: open file
 * @id: identifier
 *
 * Return: the gallery, with a reference, or NULL.
 */
struct limen_gallery *limen_gallery_lookup(struct limen_client *client, u32 id)
{
	struct limen_gallery *gallery;

	/* The lock keeps the identifier's reference while ours is taken. */
	guard(spinlock)(&client->galleries.xa_lock);
	gallery = xa_load(&client->galleries, id);
	if (gallery)
		kref_get(&gallery->ref);
	return gallery;
}

static int limen_gallery_check(const struct limen_bo *bo,
			       const struct drm_limen_gallery_create *args)
{
	u64 last;

	if (!bo->card || args->format != DRM_LIMEN_FORMAT_S8 ||
	    !limen_dim_valid(args->dim) || args->stride < args->dim ||
	    !IS_ALIGNED(args->stride, LIMEN_HW_VECTOR_ALIGN) ||
	    !IS_ALIGNED(args->offset, LIMEN_HW_VECTOR_ALIGN) || !args->rows)
		return -EINVAL;

	/* 32 bits times 32 bits, plus a dimension: no overflow in 64. */
	last = (u64)(args->rows - 1) * args->stride + args->dim;
	if (last > bo->base.size || args->offset > bo->base.size - last)
		return -EINVAL;
	return 0;
}

/*
 * The identifier is reserved first, so that nothing can fail once the buffer is
 * frozen, and leads nowhere until it is.
 */
static int limen_gallery_publish(struct limen_client *client,
				 struct limen_gallery *gallery, u32 *id)
{
	int ret;

	ret = xa_alloc(&client->galleries, id, NULL, xa_limit_32b, GFP_KERNEL);
	if (ret)
		return ret;

	ret = limen_bo_freeze(gallery->bo);
	if (!ret) {
		xa_store(&client->galleries, *id, gallery, GFP_KERNEL);
		return 0;
	}
	xa_release(&client->galleries, *id);
	/* What user space gets back is what it can try again with. */
	*id = 0;
	return ret;
}

static int limen_gallery_create(struct limen_client *client, struct limen_bo *bo,
				struct drm_limen_gallery_create *args)
{
	struct limen_gallery *gallery;
	int ret;

	ret = limen_gallery_check(bo, args);
	if (ret)
		return ret;
	gallery = kzalloc(sizeof(*gallery), GFP_KERNEL_ACCOUNT);
	if (!gallery)
		return -ENOMEM;
	ret = limen_user_claim(client->user, LIMEN_GALLERIES, 1);
	if (ret) {
		kfree(gallery);
		return ret;
	}
	kref_init(&gallery->ref);
	drm_gem_object_get(&bo->base);
	gallery->bo = bo;
	gallery->address = limen_bo_address(bo, args->offset);
	gallery->dim = args->dim;
	gallery->stride = args->stride;
	gallery->rows = args->rows;

	ret = limen_gallery_publish(client, gallery, &args->gallery);
	if (ret)
		limen_gallery_put(gallery);
	return ret;
}

/**
 * limen_gallery_create_ioctl() - DRM_IOCTL_LIMEN_GALLERY_CREATE
 * @drm: device
 * @data: struct drm_limen_gallery_create
 * @file: open file
 *
 * Return: 0 or one of the errors told at the structure.
 */
int limen_gallery_create_ioctl(struct drm_device *drm, void *data,
			       struct drm_file *file)
{
	struct drm_limen_gallery_create *args = data;

	if (args->flags || args->gallery || args->pad)
		return -EINVAL;

	struct limen_bo *bo __free(limen_bo) = limen_bo_lookup(file,
							       args->handle);
	return bo ? limen_gallery_create(file->driver_priv, bo, args) : -ENOENT;
}

/**
 * limen_gallery_destroy_ioctl() - DRM_IOCTL_LIMEN_GALLERY_DESTROY
 * @drm: device
 * @data: struct drm_limen_gallery_destroy
 * @file: open file
 *
 * Return: 0 or one of the errors told at the structure.
 */
int limen_gallery_destroy_ioctl(struct drm_device *drm, void *data,
				struct drm_file *file)
{
	struct limen_client *client = file->driver_priv;
	struct drm_limen_gallery_destroy *args = data;
	struct limen_gallery *gallery;

	if (args->pad)
		return -EINVAL;
	/* An identifier that is only reserved stays. */
	scoped_guard(spinlock, &client->galleries.xa_lock) {
		gallery = xa_load(&client->galleries, args->gallery);
		if (gallery)
			__xa_erase(&client->galleries, args->gallery);
	}
	if (!gallery)
		return -ENOENT;
	limen_gallery_put(gallery);
	return 0;
}

/**
 * limen_galleries_fini() - let go of a file's galleries
 * @client: file that is being closed
 */
void limen_galleries_fini(struct limen_client *client)
{
	struct limen_gallery *gallery;
	unsigned long id;

	xa_for_each(&client->galleries, id, gallery)
		limen_gallery_put(gallery);
	xa_destroy(&client->galleries);
}
