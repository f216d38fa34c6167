/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Buffers, in host memory or on the card.
 */
#ifndef LIMEN_GEM_H
#define LIMEN_GEM_H

#include <linux/cleanup.h>
#include <linux/mutex.h>
#include <linux/workqueue.h>

#include <drm/drm_gem.h>
#include <drm/drm_mm.h>

struct limen_client;
struct limen_device;

/**
 * struct limen_bo - a buffer
 */
struct limen_bo {
	/** @base: base class; holds a reference to the device by itself */
	struct drm_gem_object base;
	/** @card: it lies in card memory */
	bool card;
	/** @node: its place in card memory; under &limen_device.card_lock */
	struct drm_mm_node node;
	/** @generation: of card memory when it was wiped for its first use */
	u32 generation;
	/**
	 * @users: submissions that use a buffer on the card, or
	 * LIMEN_BO_FROZEN when it serves galleries and nothing else
	 */
	atomic_t users;
	/** @fault_lock: keeps pages from being mapped while it is frozen */
	struct mutex fault_lock;
	/** @dummy: stands for card memory that is gone; under @fault_lock */
	struct page *dummy;
	/** @host: memory of a host buffer, never swapped and never shared */
	void *host;
	/** @dma: bus addresses of its pages; the board can only read there */
	dma_addr_t *dma;
	/** @mapped: how many of them are valid; under limen_device.hosts_lock */
	unsigned long mapped;
	/** @link: in limen_device.hosts, under limen_device.hosts_lock */
	struct list_head link;
	/** @client: the one it counts against, with a reference */
	struct limen_client *client;
	/** @free: wipes and frees a buffer on the card */
	struct work_struct free;
};

#define LIMEN_BO_FROZEN		(-1)

static inline struct limen_bo *to_limen_bo(struct drm_gem_object *obj)
{
	return container_of(obj, struct limen_bo, base);
}

int limen_gem_init(struct limen_device *limen);
void limen_gem_unmap_all(struct limen_device *limen);
void limen_gem_sleep(struct limen_device *limen);
void limen_gem_wake(struct limen_device *limen);
void limen_gem_revoke(struct limen_device *limen);
void limen_gem_wipe(struct limen_device *limen);

struct limen_bo *limen_bo_lookup(struct drm_file *file, u32 handle);
void limen_bo_put(struct limen_bo *bo);
DEFINE_FREE(limen_bo, struct limen_bo *, limen_bo_put(_T))

bool limen_bo_lost(const struct limen_bo *bo);
int limen_bo_use(struct limen_bo *bo);
void limen_bo_unuse(struct limen_bo *bo);
int limen_bo_freeze(struct limen_bo *bo);

u64 limen_bo_address(const struct limen_bo *bo, u64 offset);
void limen_bo_sync(struct limen_bo *bo, u64 offset, size_t size);
void limen_bo_write(struct limen_bo *bo, u64 offset, const void *data,
		    size_t size);
void limen_bo_write_result(struct limen_bo *bo, u64 offset, const void *result,
			   size_t size);

int limen_bo_create_ioctl(struct drm_device *drm, void *data,
			  struct drm_file *file);
int limen_bo_mmap_offset_ioctl(struct drm_device *drm, void *data,
			       struct drm_file *file);

#endif /* LIMEN_GEM_H */
