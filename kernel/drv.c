// SPDX-License-Identifier: GPL-2.0-only
/*
 * The DRM driver.
 */
#include <linux/compat.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/nospec.h>
#include <linux/uaccess.h>

#include <drm/drm_accel.h>
#include <drm/drm_drv.h>
#include <drm/drm_file.h>
#include <drm/drm_gem.h>
#include <drm/drm_ioctl.h>

#include <uapi/drm/limen_accel.h>

#include "compat.h"
#include "core.h"
#include "device.h"
#include "drv.h"
#include "express.h"
#include "firmware.h"
#include "gallery.h"
#include "gem.h"
#include "pci.h"
#include "pm.h"
#include "pmu.h"
#include "query.h"
#include "queue.h"
#include "scan.h"
#include "submit.h"
#include "user.h"
#include "workqueue.h"

const struct limen_kind *const limen_kinds[] = {
	[DRM_LIMEN_QUEUE_EXPRESS] = &limen_express_kind,
	[DRM_LIMEN_QUEUE_SCAN] = &limen_scan_kind,
};

const unsigned int limen_kind_count = ARRAY_SIZE(limen_kinds);

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
	int ret = limen_pm_get(to_limen(drm));

	if (ret)
		return ret;
	file->driver_priv = limen_client_create(to_limen(drm));
	if (file->driver_priv)
		return 0;
	limen_pm_put(to_limen(drm));
	return -ENOMEM;
}

static void limen_postclose(struct drm_device *drm, struct drm_file *file)
{
	limen_queues_fini(file->driver_priv);
	limen_galleries_fini(file->driver_priv);
	limen_client_put(file->driver_priv);
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

static int __init limen_init(void)
{
	int ret = limen_workqueues_init();

	if (ret)
		return ret;
	ret = limen_keyring_init();
	if (ret)
		goto err_workqueues;
	ret = limen_pci_init();
	if (ret)
		goto err_keyring;
	limen_pmu_init();
	return 0;

err_keyring:
	limen_keyring_exit();
err_workqueues:
	limen_workqueues_exit();
	return ret;
}

static void __exit limen_exit(void)
{
	limen_pci_exit();
	limen_pmu_exit();
	limen_keyring_exit();
	limen_workqueues_exit();
}

module_init(limen_init);
module_exit(limen_exit);

MODULE_DESCRIPTION("Limen face matching accelerator");
MODULE_LICENSE("GPL");
