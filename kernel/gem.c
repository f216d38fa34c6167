// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffers, in host memory or on the card.
 */
#include <linux/dma-mapping.h>
#include <linux/highmem.h>
#include <linux/overflow.h>
#include <linux/pm_runtime.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include <drm/drm_drv.h>
#include <drm/drm_file.h>
#include <drm/drm_managed.h>

#include "device.h"
#include "gem.h"
#include "pm.h"
#include "user.h"

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
 *   range goes back to the allocator.
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
 * When a board goes, mappings of its memory are revoked. Who touches one then
 * finds a page of zeros instead, ordinary memory, the same one throughout the
 * buffer: not every program that reads card memory is prepared for SIGBUS. No two
 * buffers share such a page, and it is wiped and freed with its buffer.
 *
 * The same goes for a buffer whose content was lost because the board lost its
 * power or was reset by other means than the ring protocol's.
 * &limen_device.generation tells: it is odd while the card's memory cannot be
 * reached and even when it can, and a buffer is as good as the generation it was
 * made in. It only changes while all rings stand still, so who finds a ring
 * running and a buffer of the present generation, both under the ring's lock,
 * can have the board read it.
 */

/* Pages that one fault maps at most. */
#define LIMEN_FAULT_AROUND	16

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
	while (!ret && bo->mapped < pages) {
		dma_addr_t dma = dma_map_page(dev, bo->pages[bo->mapped], 0,
					      PAGE_SIZE, DMA_TO_DEVICE);

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
	unsigned long pages = bo->base.size >> PAGE_SHIFT;
	unsigned long i;

	mutex_lock(&limen->hosts_lock);
	limen_host_unmap(bo);
	list_del(&bo->link);
	mutex_unlock(&limen->hosts_lock);

	for (i = 0; bo->pages && i < pages && bo->pages[i]; i++) {
		clear_highpage(bo->pages[i]);
		__free_page(bo->pages[i]);
		cond_resched();
	}
	kvfree(bo->pages);
	kvfree(bo->dma);
}

static int limen_host_alloc(struct limen_bo *bo)
{
	unsigned long pages = bo->base.size >> PAGE_SHIFT;
	unsigned long i;

	bo->pages = kvcalloc(pages, sizeof(*bo->pages), GFP_KERNEL_ACCOUNT);
	bo->dma = kvcalloc(pages, sizeof(*bo->dma), GFP_KERNEL_ACCOUNT);
	if (!bo->pages || !bo->dma)
		return -ENOMEM;

	for (i = 0; i < pages; i++) {
		if (fatal_signal_pending(current))
			return -EINTR;
		bo->pages[i] = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);
		if (!bo->pages[i])
			return -ENOMEM;
	}
	return limen_host_map(bo);
}

static void limen_card_wipe(struct limen_bo *bo)
{
	struct limen_device *limen = to_limen(bo->base.dev);
	struct limen_board *board;
	int idx;

	/* The memory of a board that is gone is its driver's to wipe. */
	if (!drm_dev_enter(&limen->drm, &idx))
		return;
	board = limen->board;
	/* Zeros do not arrive at a board that sleeps or falls asleep. */
	do {
		wait_event(limen->awake, !limen_asleep(limen));
		/* Pairs with limen_gem_wake(): memory that is there again. */
		bo->generation = smp_load_acquire(&limen->generation);
		board->ops->mem_wipe(board, bo->node.start, bo->node.size);
		/* Zeros before the second look; pairs with limen_gem_sleep(). */
		smp_mb();
	} while (bo->generation & 1 || limen_bo_lost(bo));
	drm_dev_exit(idx);
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
	mutex_lock(&limen->card_lock);
	drm_mm_remove_node(&bo->node);
	mutex_unlock(&limen->card_lock);
	limen_pm_put(limen);
}

static int limen_card_alloc(struct limen_bo *bo)
{
	struct limen_device *limen = to_limen(bo->base.dev);
	int ret;

	mutex_lock(&limen->card_lock);
	ret = drm_mm_insert_node_generic(&limen->card, &bo->node,
					 bo->base.size, PAGE_SIZE, 0,
					 DRM_MM_INSERT_BEST);
	mutex_unlock(&limen->card_lock);
	if (ret)
		return ret;
	/* The caller's file keeps the board awake until this does. */
	pm_runtime_get_noresume(limen->drm.dev);
	limen_card_wipe(bo);
	return 0;
}

static int limen_bo_charge(struct limen_client *client, u64 size, bool card)
{
	int ret;

	ret = limen_user_reserve(client->user, LIMEN_BUFFERS, 1);
	if (ret || card)
		return ret;
	ret = limen_user_reserve(client->user, LIMEN_HOST_BYTES, size);
	if (ret)
		limen_user_unreserve(client->user, LIMEN_BUFFERS, 1);
	return ret;
}

static void limen_bo_uncharge(struct limen_client *client, u64 size, bool card)
{
	if (!card)
		limen_user_unreserve(client->user, LIMEN_HOST_BYTES, size);
	limen_user_unreserve(client->user, LIMEN_BUFFERS, 1);
}

static void limen_bo_free(struct drm_gem_object *obj)
{
	struct drm_device *drm = obj->dev;
	struct limen_bo *bo = to_limen_bo(obj);

	if (bo->card)
		limen_card_free(bo);
	else
		limen_host_free(bo);
	drm_gem_object_release(obj);
	mutex_destroy(&bo->fault_lock);
	limen_bo_uncharge(bo->client, bo->base.size, bo->card);
	limen_client_put(bo->client);
	kfree(bo);
	drm_dev_put(drm);
}

static struct dma_buf *limen_bo_export(struct drm_gem_object *obj, int flags)
{
	return ERR_PTR(-EOPNOTSUPP);
}

static unsigned long limen_bo_pfn(struct limen_bo *bo, unsigned long page)
{
	struct limen_board *board = to_limen(bo->base.dev)->board;
	u64 offset = (u64)page << PAGE_SHIFT;

	if (bo->card)
		return board->ops->mem_pfn(board, bo->node.start + offset);
	return page_to_pfn(bo->pages[page]);
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
	vm_fault_t ret = VM_FAULT_SIGBUS;
	bool plugged;
	int idx;

	/* By the offset, not the address: a mapping can be split and moved. */
	if (page >= obj->size >> PAGE_SHIFT)
		return VM_FAULT_SIGBUS;

	/* Host memory, with its results, outlives the board. */
	plugged = drm_dev_enter(obj->dev, &idx);
	mutex_lock(&bo->fault_lock);
	if ((bo->card && !plugged) || limen_bo_lost(bo))
		ret = limen_bo_insert_dummy(bo, vmf);
	else if (atomic_read(&bo->users) != LIMEN_BO_FROZEN)
		ret = limen_bo_insert(bo, vmf, page);
	mutex_unlock(&bo->fault_lock);
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
	struct limen_bo *bo;
	int ret;

	ret = limen_bo_charge(client, size, card);
	if (ret)
		return ERR_PTR(ret);
	bo = kzalloc(sizeof(*bo), GFP_KERNEL_ACCOUNT);
	if (!bo) {
		limen_bo_uncharge(client, size, card);
		return ERR_PTR(-ENOMEM);
	}

	mutex_init(&bo->fault_lock);
	INIT_LIST_HEAD(&bo->link);
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

/*
 * Memory of buffers that were closed a moment ago may not be free yet, because
 * finished work lets go of them behind the back of the one who waited for it.
 */
static struct limen_bo *limen_bo_create_settled(struct limen_device *limen,
						u64 size, bool card,
						struct limen_client *client)
{
	struct limen_bo *bo = limen_bo_create(limen, size, card, client);

	if (bo == ERR_PTR(-ENOSPC) || bo == ERR_PTR(-EDQUOT)) {
		limen_retire_all(limen);
		bo = limen_bo_create(limen, size, card, client);
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
 * limen_bo_get() - take a reference
 * @bo: buffer
 *
 * Return: @bo.
 */
struct limen_bo *limen_bo_get(struct limen_bo *bo)
{
	drm_gem_object_get(&bo->base);
	return bo;
}

/**
 * limen_bo_put() - give a reference back
 * @bo: buffer or NULL
 *
 * May sleep, for as long as wiping takes.
 */
void limen_bo_put(struct limen_bo *bo)
{
	if (bo)
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

	return bo->card && bo->generation != READ_ONCE(limen->generation);
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
	int users;

	if (limen_bo_lost(bo))
		return -ESTALE;
	mutex_lock(&bo->fault_lock);
	users = atomic_cmpxchg(&bo->users, 0, LIMEN_BO_FROZEN);
	mutex_unlock(&bo->fault_lock);
	if (users > 0)
		return -EBUSY;

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
 *
 * The caller is between drm_dev_enter() and drm_dev_exit().
 */
void limen_bo_sync(struct limen_bo *bo, u64 offset, size_t size)
{
	if (!bo->card)
		dma_sync_single_for_device(bo->base.dev->dev,
					   limen_bo_address(bo, offset), size,
					   DMA_TO_DEVICE);
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
	while (size) {
		size_t part = min_t(size_t, size,
				    PAGE_SIZE - offset_in_page(offset));

		memcpy_to_page(bo->pages[offset >> PAGE_SHIFT],
			       offset_in_page(offset), data, part);
		data += part;
		offset += part;
		size -= part;
	}
}

/**
 * limen_bo_write_error() - write the error of a result
 * @bo: host buffer
 * @offset: of the error in @bo, checked and aligned
 * @error: value
 *
 * Any context. User space that polls the error finds the rest of the result
 * written.
 */
void limen_bo_write_error(struct limen_bo *bo, u64 offset, s32 error)
{
	struct page *page = bo->pages[offset >> PAGE_SHIFT];
	void *address = kmap_local_page(page);

	/* The rest of the result before the word that says it is there. */
	smp_store_release((s32 *)(address + offset_in_page(offset)), error);
	flush_dcache_page(page);
	kunmap_local(address);
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
	struct limen_file *priv = file->driver_priv;
	struct drm_limen_bo_create *args = data;
	bool card = args->flags & DRM_LIMEN_BO_CARD;
	struct limen_bo *bo;
	u64 size;
	int ret, idx;

	if (args->flags & ~DRM_LIMEN_BO_CARD || args->handle || !args->size ||
	    check_add_overflow(args->size, (u64)PAGE_SIZE - 1, &size))
		return -EINVAL;
	size &= ~((u64)PAGE_SIZE - 1);
	if (size > (card ? limen->mem_size : LIMEN_HOST_LIMIT))
		return card ? -ENOSPC : -EDQUOT;

	if (!drm_dev_enter(drm, &idx))
		return -ENODEV;
	bo = limen_bo_create_settled(limen, size, card, priv->client);
	drm_dev_exit(idx);
	if (IS_ERR(bo))
		return PTR_ERR(bo);

	ret = drm_gem_handle_create(file, &bo->base, &args->handle);
	if (!ret)
		args->size = size;
	limen_bo_put(bo);
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
	struct limen_bo *bo;
	int ret;

	if (args->pad || args->offset)
		return -EINVAL;
	bo = limen_bo_lookup(file, args->handle);
	if (!bo)
		return -ENOENT;

	if (atomic_read(&bo->users) == LIMEN_BO_FROZEN) {
		ret = -EBUSY;
	} else {
		ret = drm_gem_create_mmap_offset(&bo->base);
		if (!ret)
			args->offset = drm_vma_node_offset_addr(&bo->base.vma_node);
	}
	limen_bo_put(bo);
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
	if (ret)
		return ret;
	INIT_LIST_HEAD(&limen->hosts);
	init_waitqueue_head(&limen->awake);
	limen->mem_cached = limen->board->mem_cached;
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
 * @limen: device, whose rings stand still; &limen_device.life is held
 *
 * On return every buffer on the card counts as lost, and none is made before
 * limen_gem_wake().
 */
void limen_gem_sleep(struct limen_device *limen)
{
	lockdep_assert_held(&limen->life);

	WRITE_ONCE(limen->generation, limen->generation + 1);
	/* Before the first byte is lost; pairs with limen_card_wipe(). */
	smp_mb();
}

/**
 * limen_gem_wake() - card memory can be used again
 * @limen: device, after limen_gem_sleep(); &limen_device.life is held
 */
void limen_gem_wake(struct limen_device *limen)
{
	lockdep_assert_held(&limen->life);

	/* Pairs with limen_card_wipe(). */
	smp_store_release(&limen->generation, limen->generation + 1);
	wake_up_all(&limen->awake);
}

/**
 * limen_gem_lose() - leave nothing in card memory that can still be reached
 * @limen: device, after limen_gem_sleep(); its registers still answer, or it
 *	is not there
 *
 * Buffers keep their place, which is wiped once more before somebody else gets
 * it. May sleep; not part of signalling fences, which a mapping's end may wait for.
 */
void limen_gem_lose(struct limen_device *limen)
{
	struct limen_board *board = limen->board;
	struct drm_mm_node *node;

	/*
	 * A fault that is just being served may still map a page: its owner's,
	 * until he closes the buffer.
	 */
	unmap_mapping_range(limen->drm.anon_inode->i_mapping, 0, 0, 1);
	guard(mutex)(&limen->card_lock);
	drm_mm_for_each_node(node, &limen->card)
		board->ops->mem_wipe(board, node->start, node->size);
}
