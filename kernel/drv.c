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
	flush_workqueue(limen->scanner.sched_wq);
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

static bool limen_ioctl_allowed(unsigned int cmd)
{
	static const unsigned int allowed[] = {
		DRM_IOCTL_NR(DRM_IOCTL_VERSION),
		DRM_IOCTL_NR(DRM_IOCTL_GET_CAP),
		DRM_IOCTL_NR(DRM_IOCTL_GEM_CLOSE),
		DRM_IOCTL_NR(DRM_IOCTL_SYNCOBJ_CREATE),
		DRM_IOCTL_NR(DRM_IOCTL_SYNCOBJ_DESTROY),
		DRM_IOCTL_NR(DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD),
		DRM_IOCTL_NR(DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE),
		DRM_IOCTL_NR(DRM_IOCTL_SYNCOBJ_WAIT),
		DRM_IOCTL_NR(DRM_IOCTL_SYNCOBJ_RESET),
		DRM_IOCTL_NR(DRM_IOCTL_SYNCOBJ_SIGNAL),
		DRM_IOCTL_NR(DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT),
		DRM_IOCTL_NR(DRM_IOCTL_SYNCOBJ_QUERY),
		DRM_IOCTL_NR(DRM_IOCTL_SYNCOBJ_TRANSFER),
		DRM_IOCTL_NR(DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL),
		DRM_IOCTL_NR(DRM_IOCTL_SYNCOBJ_EVENTFD),
	};
	unsigned int i, nr = DRM_IOCTL_NR(cmd);

	/* DRM goes by the number alone, so the number is what is judged. */
	if (nr >= DRM_COMMAND_BASE && nr < DRM_COMMAND_END)
		return true;
	for (i = 0; i < ARRAY_SIZE(allowed); i++)
		if (nr == allowed[i])
			return true;
	return false;
}

/*
 * DRM cuts off what a newer program passes and this kernel does not know. That
 * is fine as long as it is zero.
 */
static int limen_ioctl_check_tail(unsigned int cmd, unsigned long arg)
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
	ret = check_zeroed_user((void __user *)arg + known, given - known);
	if (ret < 0)
		return ret;
	return ret ? 0 : -E2BIG;
}

static int limen_ioctl_check(unsigned int cmd, unsigned long arg)
{
	if (_IOC_TYPE(cmd) != DRM_IOCTL_BASE)
		return -ENOTTY;
	if (!limen_ioctl_allowed(cmd))
		return -EOPNOTSUPP;
	return limen_ioctl_check_tail(cmd, arg);
}

static long limen_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	int ret = limen_ioctl_check(cmd, arg);

	return ret ?: drm_ioctl(file, cmd, arg);
}

#ifdef CONFIG_COMPAT
static long limen_compat_ioctl(struct file *file, unsigned int cmd,
			       unsigned long arg)
{
	int ret = limen_ioctl_check(cmd, (unsigned long)compat_ptr(arg));

	return ret ?: drm_compat_ioctl(file, cmd, arg);
}
#endif

static int limen_open(struct drm_device *drm, struct drm_file *file)
{
	struct limen_file *priv;

	priv = kzalloc(sizeof(*priv), GFP_KERNEL);
	if (!priv)
		return -ENOMEM;
	priv->client = limen_client_create(to_limen(drm));
	if (!priv->client) {
		kfree(priv);
		return -ENOMEM;
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
	.mmap = drm_gem_mmap,
	.fop_flags = FOP_UNSIGNED_OFFSET,
};

const struct drm_driver limen_driver = {
	.driver_features = DRIVER_COMPUTE_ACCEL | DRIVER_GEM | DRIVER_SYNCOBJ |
			   DRIVER_SYNCOBJ_TIMELINE,
	.open = limen_open,
	.postclose = limen_postclose,
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
	limen_retire_wq = alloc_workqueue("limen-retire", WQ_UNBOUND, 0);
	if (limen_fence_wq && limen_retire_wq)
		ret = limen_pci_init();
	if (ret)
		limen_workqueues_destroy();
	return ret;
}

static void __exit limen_exit(void)
{
	limen_pci_exit();
	limen_workqueues_destroy();
}

module_init(limen_init);
module_exit(limen_exit);

MODULE_DESCRIPTION("Limen face matching accelerator");
MODULE_LICENSE("GPL");
