// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffers, in host memory or on the card.
 */
#include <linux/dma-mapping.h>
#include <linux/highmem.h>
#include <linux/overflow.h>
#include <linux/pm_runtime.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include <drm/drm_drv.h>
#include <drm/drm_file.h>
#include <drm/drm_managed.h>

#include <uapi/drm/limen_accel.h>

#include "device.h"
#include "gem.h"
#include "limits.h"
#include "pm.h"
#include "user.h"
#include "wipe.h"
#include "workqueue.h"

/**
 * DOC: Buffers
 *
 * Templates are kept from everybody but their owner and the board, so buffers
 * are less than what GEM usually offers:
 *
 * - Host buffers are pages of their own, not shmem: they are never swapped.
 *   They are zeroed before the first use and wiped before their pages go back
 *   to the kernel. The board is given them for reading only; the kernel itself
 *   writes results.
 * - Buffers on the card are zeroed before the first use and wiped before their
 *   range goes back to the allocator. A work item does that when the last reference
 *   is gone, so closing a buffer does not wait for it.
 * - Mappings are raw page frames (VM_PFNMAP, VM_IO): get_user_pages() and with
 *   it ptrace, O_DIRECT and io_uring cannot hold on to a page, private mappings
 *   (whose copies nobody would wipe) are refused, and core dumps leave them out.
 * - There is no export, by PRIME or by name.
 *
 * A buffer on the card that becomes a gallery is frozen: its users counter goes
 * from 0 to LIMEN_BO_FROZEN, for good, and mappings are revoked. From then on no
 * submission can use it directly and no page of it can be mapped.
 *
 * A buffer holds a reference to its device, because work in flight can outlive
 * the file that the buffer came from.
 *
 * When a board goes, mappings of its memory are revoked. A touch then
 * finds a page of zeros instead, ordinary memory, the same one throughout the
 * buffer: not every program that reads card memory is prepared for SIGBUS. No two
 * buffers share such a page, and it is wiped and freed with its buffer.
 *
 * The same goes for a buffer whose content was lost because the board lost its
 * power or was reset by other means than the ring protocol's.
 * &limen_host.generation tells: it is odd while the card's memory cannot be
 * reached and even when it can, and a buffer is as good as the generation it was
 * made in. It only changes while all rings stand still, so if a ring runs and a
 * buffer is of the present generation, both under the ring's lock, the board can
 * be told to read it. The kernel itself accesses or maps card memory with
 * &limen_device.reach held, and after a look at the generation under it.
 *
 * DRM has one lock for the unplugging of all its devices, which drm_dev_enter()
 * takes. So between that and drm_dev_exit() nothing waits, copies from user space
 * or wipes much.
 */

/* Bytes that are wiped between drm_dev_enter() and drm_dev_exit(). */
#define LIMEN_WIPE_STEP		SZ_1M

/* Pages that one fault maps at most. */
#define LIMEN_FAULT_AROUND	16

static struct page *limen_host_page(const struct limen_bo *bo,
				    unsigned long page)
{
	return vmalloc_to_page(bo->host + (page << PAGE_SHIFT));
}

/* Ends the board's access to a host buffer. */
static void limen_host_unmap(struct limen_bo *bo)
{
	struct device *dev = bo->base.dev->dev;

	while (bo->mapped)
		dma_unmap_page(dev, bo->dma[--bo->mapped], PAGE_SIZE,
			       DMA_TO_DEVICE);
}

static int limen_host_map(struct limen_bo *bo)
{
	struct limen_device *limen = to_limen(bo->base.dev);
	unsigned long pages = bo->base.size >> PAGE_SHIFT;
	struct device *dev = limen->drm.dev;
	int ret = 0;

	guard(mutex)(&limen->hosts_lock);
	/* Under the lock: limen_gem_unmap_all() comes after unplugging. */
	if (drm_dev_is_unplugged(&limen->drm))
		ret = -ENODEV;
	while (!ret && bo->mapped < pages) {
		dma_addr_t dma = dma_map_page(dev, limen_host_page(bo, bo->mapped),
					      0, PAGE_SIZE, DMA_TO_DEVICE);

		if (dma_mapping_error(dev, dma))
			ret = -ENOMEM;
		else
			bo->dma[bo->mapped++] = dma;
	}
	list_add(&bo->link, &limen->hosts);
	return ret;
}

/* Takes apart a host buffer however little of it there is. */
static void limen_host_free(struct limen_bo *bo)
{
	struct limen_device *limen = to_limen(bo->base.dev);

	scoped_guard(mutex, &limen->hosts_lock) {
		limen_host_unmap(bo);
		list_del(&bo->link);
	}
	if (bo->host)
		memzero_explicit(bo->host, bo->base.size);
	vfree(bo->host);
	kvfree(bo->dma);
}

static int limen_host_alloc(struct limen_bo *bo)
{
	unsigned long pages = bo->base.size >> PAGE_SHIFT;

	bo->dma = kvcalloc(pages, sizeof(*bo->dma), GFP_KERNEL_ACCOUNT);
	bo->host = __vmalloc(bo->base.size, GFP_KERNEL_ACCOUNT | __GFP_ZERO |
					    __GFP_NOWARN);
	if (!bo->host || !bo->dma)
		return -ENOMEM;
	return limen_host_map(bo);
}

/*
 * Waits for a board that can be used, and comes between drm_dev_enter() and
 * drm_dev_exit(), with &limen_device.reach held. False, with neither, if it is
 * gone, or given up while somebody else had it.
 */
static bool limen_card_enter(struct limen_device *limen, int *idx)
{
	for (;;) {
		/* It ends: a board that stays away is given up, and not touched. */
		wait_event(limen->awake,
			   !limen_asleep(&limen->host) ||
			   READ_ONCE(limen->host.dead));
		if (limen_asleep(&limen->host) && READ_ONCE(limen->host.dead))
			return false;
		if (!drm_dev_enter(&limen->drm, idx))
			return false;
		down_read(&limen->reach);
		if (!limen_asleep(&limen->host))
			return true;
		up_read(&limen->reach);
		drm_dev_exit(*idx);
	}
}

static void limen_card_exit(struct limen_device *limen, int idx)
{
	up_read(&limen->reach);
	drm_dev_exit(idx);
}

/*
 * Zeroes a buffer, from the beginning whenever the memory was lost meanwhile: 0, or
 * -ENODEV if there is no board any more.
 */
static int limen_card_wipe(struct limen_bo *bo)
{
	struct limen_device *limen = to_limen(bo->base.dev);
	u64 step, done = 0;
	int idx;

	while (done < bo->base.size) {
		/* The memory of a board that is gone is its driver's to wipe. */
		if (!limen_card_enter(limen, &idx))
			return -ENODEV;
		if (bo->generation != limen->host.generation)
			done = 0;
		WRITE_ONCE(bo->generation, limen->host.generation);
		step = min_t(u64, bo->base.size - done, LIMEN_WIPE_STEP);
		limen_wipe(limen, bo->node.start + done, step);
		done += step;
		limen_card_exit(limen, idx);
	}
	return 0;
}

static void limen_card_free(struct limen_bo *bo)
{
	struct limen_device *limen = to_limen(bo->base.dev);

	if (!drm_mm_node_allocated(&bo->node))
		return;
	limen_card_wipe(bo);
	if (bo->dummy) {
		clear_highpage(bo->dummy);
		__free_page(bo->dummy);
	}
	/* Only now can somebody else be given the range. */
	scoped_guard(mutex, &limen->card_lock)
		drm_mm_remove_node(&bo->node);
	limen_pm_put(limen);
}

static int limen_card_insert(struct limen_bo *bo)
{
	struct limen_device *limen = to_limen(bo->base.dev);

	guard(mutex)(&limen->card_lock);
	return drm_mm_insert_node_generic(&limen->card, &bo->node,
					  bo->base.size, PAGE_SIZE, 0,
					  DRM_MM_INSERT_BEST);
}

static int limen_card_alloc(struct limen_bo *bo)
{
	struct limen_device *limen = to_limen(bo->base.dev);
	int ret = limen_card_insert(bo);

	if (ret == -ENOSPC) {
		/* As in limen_user_claim(). */
		limen_retire_all(limen);
		ret = limen_card_insert(bo);
	}
	if (ret)
		return ret;
	/* The caller's file keeps the board awake until this does. */
	pm_runtime_get_noresume(limen->drm.dev);
	return limen_card_wipe(bo);
}

static int limen_bo_charge(struct limen_client *client, u64 size, bool card)
{
	int ret;

	ret = limen_user_claim(client->user, LIMEN_BUFFERS, 1);
	if (ret)
		return ret;
	ret = limen_user_claim(client->user,
			       card ? LIMEN_CARD_BYTES : LIMEN_HOST_BYTES,
			       size);
	if (ret)
		limen_user_unreserve(client->user, LIMEN_BUFFERS, 1);
	else
		atomic64_add(size, &client->bytes[card]);
	return ret;
}

static void limen_bo_destroy(struct limen_bo *bo)
{
	struct limen_client *client = bo->client;
	struct drm_device *drm = bo->base.dev;

	mutex_destroy(&bo->fault_lock);
	atomic64_sub(bo->base.size, &client->bytes[bo->card]);
	limen_user_unreserve(client->user,
			     bo->card ? LIMEN_CARD_BYTES : LIMEN_HOST_BYTES,
			     bo->base.size);
	limen_user_unreserve(client->user, LIMEN_BUFFERS, 1);
	limen_client_put(client);
	kfree(bo);
	drm_dev_put(drm);
}

static void limen_bo_free_work(struct work_struct *work)
{
	struct limen_bo *bo = container_of(work, struct limen_bo, free);
	struct limen_device *limen = to_limen(bo->base.dev);

	drm_dev_get(&limen->drm);
	limen_card_free(bo);
	limen_bo_destroy(bo);
	/* Only now: limen_retire_all() waits for its share, too. */
	if (!atomic_dec_return(&limen->wipes))
		wake_up_all(&limen->awake);
	drm_dev_put(&limen->drm);
}

static void limen_bo_free(struct drm_gem_object *obj)
{
	struct limen_bo *bo = to_limen_bo(obj);

	drm_gem_object_release(obj);
	if (bo->card) {
		atomic_inc(&to_limen(obj->dev)->wipes);
		queue_work(limen_wipe_wq, &bo->free);
		return;
	}
	limen_host_free(bo);
	limen_bo_destroy(bo);
}

static struct dma_buf *limen_bo_export(struct drm_gem_object *obj, int flags)
{
	return ERR_PTR(-EOPNOTSUPP);
}

static unsigned long limen_bo_pfn(struct limen_bo *bo, unsigned long page)
{
	struct limen_board *board = to_limen(bo->base.dev)->host.board;
	u64 offset = (u64)page << PAGE_SHIFT;

	if (bo->card)
		return board->ops->mem_pfn(board, bo->node.start + offset);
	return page_to_pfn(limen_host_page(bo, page));
}

/* Maps the page that was touched, and some that follow it. */
static vm_fault_t limen_bo_insert(struct limen_bo *bo, struct vm_fault *vmf,
				  unsigned long page)
{
	struct vm_area_struct *vma = vmf->vma;
	unsigned long address = vmf->address & PAGE_MASK;
	unsigned long left = min3((bo->base.size >> PAGE_SHIFT) - page,
				  (vma->vm_end - address) >> PAGE_SHIFT,
				  (unsigned long)LIMEN_FAULT_AROUND);
	unsigned long i;
	vm_fault_t ret;

	ret = vmf_insert_pfn(vma, address, limen_bo_pfn(bo, page));
	for (i = 1; i < left && ret == VM_FAULT_NOPAGE; i++)
		if (vmf_insert_pfn(vma, address + i * PAGE_SIZE,
				   limen_bo_pfn(bo, page + i)) !=
		    VM_FAULT_NOPAGE)
			break;
	return ret;
}

/* Maps what stands for the memory of a card that is gone. */
static vm_fault_t limen_bo_insert_dummy(struct limen_bo *bo,
					struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;

	if (!bo->dummy)
		bo->dummy = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (!bo->dummy)
		return VM_FAULT_OOM;
	/* Cached, as all of the host's memory, unlike the card's. */
	return vmf_insert_pfn_prot(vma, vmf->address & PAGE_MASK,
				   page_to_pfn(bo->dummy),
				   vm_get_page_prot(vma->vm_flags));
}

static vm_fault_t limen_bo_fault(struct vm_fault *vmf)
{
	struct drm_gem_object *obj = vmf->vma->vm_private_data;
	struct limen_bo *bo = to_limen_bo(obj);
	unsigned long page = vmf->pgoff - drm_vma_node_start(&obj->vma_node);
	struct limen_device *limen = to_limen(obj->dev);
	vm_fault_t ret = VM_FAULT_SIGBUS;
	bool plugged;
	int idx;

	/* By the offset, not the address: a mapping can be split and moved. */
	if (page >= obj->size >> PAGE_SHIFT)
		return VM_FAULT_SIGBUS;

	/* Host memory, with its results, outlives the board. */
	plugged = drm_dev_enter(obj->dev, &idx);
	down_read(&limen->reach);
	mutex_lock(&bo->fault_lock);
	if ((bo->card && !plugged) || limen_bo_lost(bo))
		ret = limen_bo_insert_dummy(bo, vmf);
	else if (atomic_read(&bo->users) != LIMEN_BO_FROZEN)
		ret = limen_bo_insert(bo, vmf, page);
	mutex_unlock(&bo->fault_lock);
	up_read(&limen->reach);
	if (plugged)
		drm_dev_exit(idx);
	return ret;
}

static const struct vm_operations_struct limen_bo_vm_ops = {
	.open = drm_gem_vm_open,
	.close = drm_gem_vm_close,
	.fault = limen_bo_fault,
};

static int limen_bo_mmap(struct drm_gem_object *obj, struct vm_area_struct *vma)
{
	struct limen_bo *bo = to_limen_bo(obj);
	pgprot_t prot;

	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;

	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	prot = vm_get_page_prot(vma->vm_flags);
	if (bo->card && !to_limen(obj->dev)->mem_cached)
		prot = pgprot_writecombine(prot);
	vma->vm_page_prot = prot;
	return 0;
}

static const struct drm_gem_object_funcs limen_bo_funcs = {
	.free = limen_bo_free,
	.export = limen_bo_export,
	.mmap = limen_bo_mmap,
	.vm_ops = &limen_bo_vm_ops,
};

static struct limen_bo *limen_bo_create(struct limen_device *limen, u64 size,
					bool card, struct limen_client *client)
{
	struct limen_bo *bo = kzalloc(sizeof(*bo), GFP_KERNEL_ACCOUNT);
	int ret;

	if (!bo)
		return ERR_PTR(-ENOMEM);
	ret = limen_bo_charge(client, size, card);
	if (ret) {
		kfree(bo);
		return ERR_PTR(ret);
	}

	mutex_init(&bo->fault_lock);
	INIT_LIST_HEAD(&bo->link);
	INIT_WORK(&bo->free, limen_bo_free_work);
	bo->card = card;
	bo->client = limen_client_get(client);
	bo->base.funcs = &limen_bo_funcs;
	drm_gem_private_object_init(&limen->drm, &bo->base, size);
	drm_dev_get(&limen->drm);

	ret = card ? limen_card_alloc(bo) : limen_host_alloc(bo);
	if (ret) {
		limen_bo_put(bo);
		return ERR_PTR(ret);
	}
	return bo;
}

/**
 * limen_bo_lookup() - the buffer behind a handle
 * @file: open file
 * @handle: GEM handle
 *
 * Return: the buffer, with a reference, or NULL.
 */
struct limen_bo *limen_bo_lookup(struct drm_file *file, u32 handle)
{
	struct drm_gem_object *obj = drm_gem_object_lookup(file, handle);

	return obj ? to_limen_bo(obj) : NULL;
}

/**
 * limen_bo_put() - give a reference back
 * @bo: buffer, NULL or an error
 *
 * May sleep, for as long as wiping takes.
 */
void limen_bo_put(struct limen_bo *bo)
{
	if (!IS_ERR_OR_NULL(bo))
		drm_gem_object_put(&bo->base);
}

/**
 * limen_bo_lost() - whether a buffer's content is gone
 * @bo: buffer
 *
 * Under the lock of a ring that runs, the answer stays true that long.
 *
 * Return: true for a buffer on the card if card memory was lost since it was made.
 */
bool limen_bo_lost(const struct limen_bo *bo)
{
	const struct limen_device *limen = to_limen(bo->base.dev);

	return bo->card &&
	       READ_ONCE(bo->generation) != READ_ONCE(limen->host.generation);
}

/**
 * limen_bo_use() - keep a buffer from being frozen
 * @bo: buffer
 *
 * Return: 0, -EBUSY if it is frozen already, or -ESTALE if its content is gone.
 */
int limen_bo_use(struct limen_bo *bo)
{
	if (limen_bo_lost(bo))
		return -ESTALE;
	if (bo->card && !atomic_inc_unless_negative(&bo->users))
		return -EBUSY;
	return 0;
}

/**
 * limen_bo_unuse() - let a buffer be frozen again
 * @bo: buffer that limen_bo_use() succeeded for; any context
 */
void limen_bo_unuse(struct limen_bo *bo)
{
	if (bo->card)
		atomic_dec(&bo->users);
}

/**
 * limen_bo_freeze() - have a buffer serve galleries only, for good
 * @bo: buffer on the card
 *
 * Return: 0, also if it was frozen before; -EBUSY if a submission uses it; -ESTALE
 * if its content is gone.
 */
int limen_bo_freeze(struct limen_bo *bo)
{
	if (limen_bo_lost(bo))
		return -ESTALE;
	scoped_guard(mutex, &bo->fault_lock) {
		if (atomic_cmpxchg(&bo->users, 0, LIMEN_BO_FROZEN) > 0)
			return -EBUSY;
	}

	/* No fault maps a page any more: these are the last mappings. */
	drm_vma_node_unmap(&bo->base.vma_node,
			   bo->base.dev->anon_inode->i_mapping);
	return 0;
}

/**
 * limen_bo_address() - where the board finds a byte of a buffer
 * @bo: buffer
 * @offset: in @bo, checked
 *
 * Return: offset in card memory for a buffer on the card, else bus address.
 */
u64 limen_bo_address(const struct limen_bo *bo, u64 offset)
{
	if (bo->card)
		return bo->node.start + offset;
	return bo->dma[offset >> PAGE_SHIFT] + offset_in_page(offset);
}

/**
 * limen_bo_sync() - have the board see what user space has written
 * @bo: buffer
 * @offset: in @bo, checked
 * @size: bytes, within one page
 */
void limen_bo_sync(struct limen_bo *bo, u64 offset, size_t size)
{
	int idx;

	/* A board that is gone has no mappings any more. */
	if (bo->card || !drm_dev_enter(bo->base.dev, &idx))
		return;
	dma_sync_single_for_device(bo->base.dev->dev,
				   limen_bo_address(bo, offset), size,
				   DMA_TO_DEVICE);
	drm_dev_exit(idx);
}

/**
 * limen_bo_write() - write to a host buffer
 * @bo: host buffer
 * @offset: in @bo, checked
 * @data: what to write
 * @size: bytes
 *
 * Any context.
 */
void limen_bo_write(struct limen_bo *bo, u64 offset, const void *data,
		    size_t size)
{
	memcpy(bo->host + offset, data, size);
	flush_kernel_vmap_range(bo->host + offset, size);
}

/**
 * limen_bo_write_result() - write a result
 * @bo: host buffer
 * @offset: of the result in @bo, checked and aligned
 * @result: result, which begins with its error
 * @size: bytes of it
 *
 * Any context. User space that polls the error finds the rest of the result
 * written.
 */
void limen_bo_write_result(struct limen_bo *bo, u64 offset, const void *result,
			   size_t size)
{
	const s32 *error = result;

	limen_bo_write(bo, offset + sizeof(*error), error + 1,
		       size - sizeof(*error));
	/* The rest of the result before the word that says it is there. */
	smp_store_release((s32 *)(bo->host + offset), *error);
	flush_kernel_vmap_range(bo->host + offset, sizeof(*error));
}

/**
 * limen_bo_create_ioctl() - DRM_IOCTL_LIMEN_BO_CREATE
 * @drm: device
 * @data: struct drm_limen_bo_create
 * @file: open file
 *
 * Return: 0 or one of the errors told at the structure.
 */
int limen_bo_create_ioctl(struct drm_device *drm, void *data,
			  struct drm_file *file)
{
	struct limen_device *limen = to_limen(drm);
	struct drm_limen_bo_create *args = data;
	bool card = args->flags & DRM_LIMEN_BO_CARD;
	u64 size;
	int ret;

	if (args->flags & ~DRM_LIMEN_BO_CARD || args->handle || !args->size ||
	    check_add_overflow(args->size, (u64)PAGE_SIZE - 1, &size))
		return -EINVAL;
	size &= ~((u64)PAGE_SIZE - 1);
	if (size > (card ? limen->mem_size : LIMEN_USER_HOST_BYTES))
		return card ? -ENOSPC : -EDQUOT;

	struct limen_bo *bo __free(limen_bo) =
		limen_bo_create(limen, size, card, file->driver_priv);
	if (IS_ERR(bo))
		return PTR_ERR(bo);
	ret = drm_gem_handle_create(file, &bo->base, &args->handle);
	if (!ret)
		args->size = size;
	return ret;
}

/**
 * limen_bo_mmap_offset_ioctl() - DRM_IOCTL_LIMEN_BO_MMAP_OFFSET
 * @drm: device
 * @data: struct drm_limen_bo_mmap_offset
 * @file: open file
 *
 * Return: 0 or one of the errors told at the structure.
 */
int limen_bo_mmap_offset_ioctl(struct drm_device *drm, void *data,
			       struct drm_file *file)
{
	struct drm_limen_bo_mmap_offset *args = data;
	int ret;

	if (args->pad || args->offset)
		return -EINVAL;

	struct limen_bo *bo __free(limen_bo) = limen_bo_lookup(file,
							       args->handle);
	if (!bo)
		return -ENOENT;
	if (atomic_read(&bo->users) == LIMEN_BO_FROZEN)
		return -EBUSY;
	ret = drm_gem_create_mmap_offset(&bo->base);
	if (!ret)
		args->offset = drm_vma_node_offset_addr(&bo->base.vma_node);
	return ret;
}

static void limen_gem_release(struct drm_device *drm, void *data)
{
	drm_mm_takedown(&to_limen(drm)->card);
}

/**
 * limen_gem_init() - set up the memory of a device
 * @limen: device, identified
 *
 * Return: 0 or -ENOMEM.
 */
int limen_gem_init(struct limen_device *limen)
{
	int ret;

	ret = drmm_mutex_init(&limen->drm, &limen->card_lock);
	if (ret)
		return ret;
	ret = drmm_mutex_init(&limen->drm, &limen->hosts_lock);
	if (!ret)
		ret = drmm_mutex_init(&limen->drm, &limen->wipe_lock);
	if (ret)
		return ret;
	INIT_LIST_HEAD(&limen->hosts);
	init_rwsem(&limen->reach);
	init_waitqueue_head(&limen->awake);
	drm_mm_init(&limen->card, 0, limen->mem_size);
	return drmm_add_action_or_reset(&limen->drm, limen_gem_release, NULL);
}

/**
 * limen_gem_unmap_all() - end the board's access to all host buffers
 * @limen: device, unplugged, whose board does no DMA any more
 */
void limen_gem_unmap_all(struct limen_device *limen)
{
	struct limen_bo *bo;

	guard(mutex)(&limen->hosts_lock);
	list_for_each_entry(bo, &limen->hosts, link)
		limen_host_unmap(bo);
}

/**
 * limen_gem_sleep() - card memory is about to be lost
 * @limen: device, whose rings stand still; &limen_host.life is held
 *
 * From now on every buffer on the card counts as lost, and none is made before
 * limen_gem_wake(). Part of signalling fences.
 */
void limen_gem_sleep(struct limen_device *limen)
{
	lockdep_assert_held(&limen->host.life);

	WRITE_ONCE(limen->host.generation, limen->host.generation + 1);
}

/**
 * limen_gem_wake() - card memory can be used again
 * @limen: device, after limen_gem_sleep(); &limen_host.life is held
 */
void limen_gem_wake(struct limen_device *limen)
{
	lockdep_assert_held(&limen->host.life);

	WRITE_ONCE(limen->host.generation, limen->host.generation + 1);
	wake_up_all(&limen->awake);
}

/**
 * limen_gem_revoke() - let nobody reach card memory any more
 * @limen: device, after limen_gem_sleep()
 *
 * On return the kernel does not touch card memory before limen_gem_wake(), and user
 * space finds the page that stands for lost memory. May sleep; not part of
 * signalling fences, which a mapping's end may wait for.
 */
void limen_gem_revoke(struct limen_device *limen)
{
	/* What begins after this finds the generation odd. */
	down_write(&limen->reach);
	up_write(&limen->reach);
	unmap_mapping_range(limen->drm.anon_inode->i_mapping, 0, 0, 1);
}

/**
 * limen_gem_wipe() - leave nothing in card memory
 * @limen: device, after limen_gem_revoke(); its registers still answer, or it
 *	is not there
 *
 * Buffers keep their place, which is wiped once more before somebody else gets
 * it. May sleep.
 */
void limen_gem_wipe(struct limen_device *limen)
{
	struct drm_mm_node *node;

	guard(mutex)(&limen->card_lock);
	drm_mm_for_each_node(node, &limen->card)
		limen_wipe(limen, node->start, node->size);
}
