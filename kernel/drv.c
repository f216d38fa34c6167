// SPDX-License-Identifier: GPL-2.0-only
/*
 * The DRM driver.
 */
#include <linux/compat.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/nospec.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <drm/drm_accel.h>
#include <drm/drm_drv.h>
#include <drm/drm_file.h>
#include <drm/drm_gem.h>
#include <drm/drm_ioctl.h>

#include "compat.h"
#include "device.h"
#include "gallery.h"
#include "gem.h"
#include "pci.h"
#include "pm.h"
#include "query.h"
#include "queue.h"
#include "submit.h"
#include "user.h"

/**
 * DOC: The node
 *
 * An accel node serves all of DRM's own ioctls, but has no master, and several
 * of those were written for files that have one: DRM_IOCTL_GET_UNIQUE and
 * DRM_IOCTL_GET_MAGIC dereference it, for everyone who can open the node.
 * Others, such as GEM_FLINK and the PRIME ioctls, would share buffers that must
 * not be shared. So the node's own entry lets through what this driver means to
 * offer, by number, and refuses the rest with EOPNOTSUPP before DRM sees it. What
 * is no ioctl of DRM at all is answered ENOTTY, as files do.
 *
 * Ioctls on arrays of syncobjs have DRM allocate as much as user space says,
 * which the page allocator warns of, and to look at the number first does not
 * help against a thread that changes it before DRM looks. What DRM is told is the
 * size of the structure: one that ends with the low byte of the number leaves no
 * number to change it to. So there are at most 255, and none of the flags behind
 * the number; and as WAIT_ALL is one of them, a wait is for one syncobj, of which
 * all and any are the same.
 */

struct workqueue_struct *limen_fence_wq;
struct workqueue_struct *limen_retire_wq;

/**
 * limen_retire_all() - let finished work let go of what it held
 * @limen: device
 *
 * May sleep. The caller is not part of that work.
 */
void limen_retire_all(struct limen_device *limen)
{
	flush_workqueue(limen->scanner.sched.submit_wq);
	flush_workqueue(limen_retire_wq);
}

static const struct drm_ioctl_desc limen_ioctls[] = {
	DRM_IOCTL_DEF_DRV(LIMEN_QUERY, limen_query_ioctl, 0),
	DRM_IOCTL_DEF_DRV(LIMEN_BO_CREATE, limen_bo_create_ioctl, 0),
	DRM_IOCTL_DEF_DRV(LIMEN_BO_MMAP_OFFSET, limen_bo_mmap_offset_ioctl, 0),
	DRM_IOCTL_DEF_DRV(LIMEN_GALLERY_CREATE, limen_gallery_create_ioctl, 0),
	DRM_IOCTL_DEF_DRV(LIMEN_GALLERY_DESTROY, limen_gallery_destroy_ioctl,
			  0),
	DRM_IOCTL_DEF_DRV(LIMEN_QUEUE_CREATE, limen_queue_create_ioctl, 0),
	DRM_IOCTL_DEF_DRV(LIMEN_QUEUE_DESTROY, limen_queue_destroy_ioctl, 0),
	DRM_IOCTL_DEF_DRV(LIMEN_SUBMIT, limen_submit_ioctl, 0),
};

/**
 * struct limen_core_ioctl - an ioctl of DRM's that the node offers
 * @nr: its number
 * @count_at: where in its structure the number of syncobjs is, or 0
 * @count_max: how many there may be
 * @flags: those of its flags, which follow the number, that it may have
 */
struct limen_core_ioctl {
	u8 nr;
	u8 count_at;
	u8 count_max;
	u8 flags;
};

#define LIMEN_CORE(name) { .nr = DRM_IOCTL_NR(DRM_IOCTL_##name) }
#define LIMEN_CORE_ARRAY(name, type, max, allowed) \
	{ \
		.nr = DRM_IOCTL_NR(DRM_IOCTL_##name), \
		.count_at = offsetof(struct type, count_handles), \
		.count_max = (max), \
		.flags = (allowed), \
	}

static const struct limen_core_ioctl limen_core_ioctls[] = {
	LIMEN_CORE(VERSION),
	LIMEN_CORE(GET_CAP),
	LIMEN_CORE(GEM_CLOSE),
	LIMEN_CORE(SYNCOBJ_CREATE),
	LIMEN_CORE(SYNCOBJ_DESTROY),
	LIMEN_CORE(SYNCOBJ_HANDLE_TO_FD),
	LIMEN_CORE(SYNCOBJ_FD_TO_HANDLE),
	LIMEN_CORE(SYNCOBJ_TRANSFER),
	LIMEN_CORE(SYNCOBJ_EVENTFD),
	LIMEN_CORE_ARRAY(SYNCOBJ_WAIT, drm_syncobj_wait, 1,
			 DRM_SYNCOBJ_WAIT_FLAGS_WAIT_ALL),
	LIMEN_CORE_ARRAY(SYNCOBJ_TIMELINE_WAIT, drm_syncobj_timeline_wait, 1,
			 DRM_SYNCOBJ_WAIT_FLAGS_WAIT_ALL),
	LIMEN_CORE_ARRAY(SYNCOBJ_RESET, drm_syncobj_array, U8_MAX, 0),
	LIMEN_CORE_ARRAY(SYNCOBJ_SIGNAL, drm_syncobj_array, U8_MAX, 0),
	LIMEN_CORE_ARRAY(SYNCOBJ_QUERY, drm_syncobj_timeline_array, U8_MAX, 0),
	LIMEN_CORE_ARRAY(SYNCOBJ_TIMELINE_SIGNAL, drm_syncobj_timeline_array,
			 U8_MAX, 0),
};

/*
 * Has DRM see no more of the structure than the low byte of the number, and take
 * the rest for zero, whatever else the memory holds by the time it is read.
 */
static int limen_core_array(const struct limen_core_ioctl *core,
			    unsigned int *cmd, void __user *arg)
{
	unsigned int size = _IOC_SIZE(*cmd);
	/* The number, the flags, and what else follows in a wait. */
	u32 tail[4] = {};

	if (IS_ENABLED(CONFIG_CPU_BIG_ENDIAN))
		return -EOPNOTSUPP;
	if (size <= core->count_at || !(*cmd & IOC_IN))
		return -EINVAL;
	if (copy_from_user(tail, arg + core->count_at,
			   min(size - core->count_at, sizeof(tail))))
		return -EFAULT;
	if (tail[0] > core->count_max || tail[1] & ~core->flags || tail[2] ||
	    tail[3])
		return -EINVAL;
	*cmd = _IOC(_IOC_DIR(*cmd), DRM_IOCTL_BASE, core->nr,
		    core->count_at + 1);
	return 0;
}

static int limen_core_check(unsigned int *cmd, void __user *arg)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(limen_core_ioctls); i++) {
		const struct limen_core_ioctl *core = &limen_core_ioctls[i];

		if (core->nr == DRM_IOCTL_NR(*cmd))
			return core->count_at ?
			       limen_core_array(core, cmd, arg) : 0;
	}
	return -EOPNOTSUPP;
}

/*
 * DRM cuts off what a newer program passes and this kernel does not know. That
 * is fine as long as it is zero.
 */
static int limen_ioctl_check_tail(unsigned int cmd, void __user *arg)
{
	unsigned int nr = DRM_IOCTL_NR(cmd) - DRM_COMMAND_BASE;
	unsigned int known, given = _IOC_SIZE(cmd);
	int ret;

	if (nr >= ARRAY_SIZE(limen_ioctls) || !(cmd & IOC_IN))
		return 0;
	nr = array_index_nospec(nr, ARRAY_SIZE(limen_ioctls));
	known = _IOC_SIZE(limen_ioctls[nr].cmd);
	if (given <= known)
		return 0;
	ret = check_zeroed_user(arg + known, given - known);
	if (ret < 0)
		return ret;
	return ret ? 0 : -E2BIG;
}

/* Checks an ioctl before DRM sees it; may change how it is passed on. */
static int limen_ioctl_check(unsigned int *cmd, void __user *arg)
{
	/* DRM goes by the number alone, so the number is what is judged. */
	unsigned int nr = DRM_IOCTL_NR(*cmd);

	if (_IOC_TYPE(*cmd) != DRM_IOCTL_BASE)
		return -ENOTTY;
	if (nr >= DRM_COMMAND_BASE && nr < DRM_COMMAND_END)
		return limen_ioctl_check_tail(*cmd, arg);
	return limen_core_check(cmd, arg);
}

static long limen_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	int ret = limen_ioctl_check(&cmd, (void __user *)arg);

	return ret ?: drm_ioctl(file, cmd, arg);
}

#ifdef CONFIG_COMPAT
static long limen_compat_ioctl(struct file *file, unsigned int cmd,
			       unsigned long arg)
{
	int ret = limen_ioctl_check(&cmd, compat_ptr(arg));

	return ret ?: drm_compat_ioctl(file, cmd, arg);
}
#endif

static int limen_open(struct drm_device *drm, struct drm_file *file)
{
	struct limen_file *priv;
	int ret;

	priv = kzalloc(sizeof(*priv), GFP_KERNEL);
	if (!priv)
		return -ENOMEM;
	priv->client = limen_client_create(to_limen(drm));
	ret = priv->client ? limen_pm_get(to_limen(drm)) : -ENOMEM;
	if (ret) {
		if (priv->client)
			limen_client_put(priv->client);
		kfree(priv);
		return ret;
	}
	xa_init_flags(&priv->galleries, XA_FLAGS_ALLOC1);
	xa_init_flags(&priv->queues, XA_FLAGS_ALLOC1);
	file->driver_priv = priv;
	atomic_inc(&to_limen(drm)->stats.files);
	return 0;
}

static void limen_postclose(struct drm_device *drm, struct drm_file *file)
{
	struct limen_file *priv = file->driver_priv;

	limen_queues_fini(to_limen(drm), priv);
	limen_galleries_fini(priv);
	limen_client_put(priv->client);
	kfree(priv);
	atomic_dec(&to_limen(drm)->stats.files);
	limen_pm_put(to_limen(drm));
}

static const struct file_operations limen_fops = {
	.owner = THIS_MODULE,
	.open = accel_open,
	.release = drm_release,
	.unlocked_ioctl = limen_ioctl,
#ifdef CONFIG_COMPAT
	.compat_ioctl = limen_compat_ioctl,
#endif
	.poll = drm_poll,
	.read = drm_read,
	.llseek = noop_llseek,
	.show_fdinfo = drm_show_fdinfo,
	.mmap = drm_gem_mmap,
	.fop_flags = FOP_UNSIGNED_OFFSET,
};

const struct drm_driver limen_driver = {
	.driver_features = DRIVER_COMPUTE_ACCEL | DRIVER_GEM | DRIVER_SYNCOBJ |
			   DRIVER_SYNCOBJ_TIMELINE,
	.open = limen_open,
	.postclose = limen_postclose,
	.show_fdinfo = limen_show_fdinfo,
	.ioctls = limen_ioctls,
	.num_ioctls = ARRAY_SIZE(limen_ioctls),
	.fops = &limen_fops,
	.name = "limen",
	.desc = "Limen face matching accelerator",
	LIMEN_DRIVER_DATE
	.major = 1,
	.minor = 0,
};

static void limen_workqueues_destroy(void)
{
	if (limen_fence_wq)
		destroy_workqueue(limen_fence_wq);
	if (limen_retire_wq)
		destroy_workqueue(limen_retire_wq);
}

static int __init limen_init(void)
{
	int ret = -ENOMEM;

	limen_fence_wq = alloc_workqueue("limen-fence",
					 WQ_MEM_RECLAIM | WQ_HIGHPRI, 0);
	/* It wipes card memory, so it must not run while the board sleeps. */
	limen_retire_wq = alloc_workqueue("limen-retire",
					  WQ_UNBOUND | WQ_FREEZABLE, 0);
	if (limen_fence_wq && limen_retire_wq)
		ret = limen_pci_init();
	if (ret)
		limen_workqueues_destroy();
	else
		limen_pmu_init();
	return ret;
}

static void __exit limen_exit(void)
{
	limen_pci_exit();
	limen_pmu_exit();
	limen_workqueues_destroy();
}

module_init(limen_init);
module_exit(limen_exit);

MODULE_DESCRIPTION("Limen face matching accelerator");
MODULE_LICENSE("GPL");
