// SPDX-License-Identifier: GPL-2.0-only
/*
 * What DRM's core does wrong for nodes like ours.
 */
#include <linux/kernel.h>
#include <linux/uaccess.h>

#include <drm/drm_ioctl.h>
#include <uapi/drm/drm.h>

#include "core.h"

/**
 * DOC: DRM's core
 *
 * DRM's own ioctls are left as they are, except for these. Nothing else of DRM
 * needs to be known to be at fault.
 *
 * - DRM_IOCTL_GET_UNIQUE and DRM_IOCTL_GET_MAGIC dereference the file's master,
 *   which files of accel nodes do not have, for everyone who can open the node:
 *   an Oops on 6.12 and on 7.3-rc7.
 * - DRM_IOCTL_GEM_FLINK gives a buffer a name by which whoever is authenticated, and on
 *   nodes without a master that is root, opens it. A driver can refuse to export a
 *   buffer by PRIME, but not by name: 6.12 and 7.3-rc7.
 * - The ioctls on arrays of syncobjs allocate as much as user space says, which the
 *   page allocator warns of: 6.12 and 7.3-rc7. To look at the
 *   number first does not help against a thread that changes it before DRM looks.
 *   What DRM is told is the size of the structure: one that ends with the low byte
 *   of the number leaves no number to change it to. So there are at most 255, and
 *   none of the flags behind the number; and as WAIT_ALL is one of them, a wait is
 *   for one syncobj, of which all and any are the same.
 * - DRM_IOCTL_SYNCOBJ_TRANSFER with unknown flags loses a reference to the source: seen
 *   on 6.12.95. So it has no flags here; DRM is told of the structure before them.
 * - drm_dev_wedged_event() speaks of a primary node, which a device with nothing but
 *   an accel node does not have; see limen_tell_wedged(). Since 6.15.
 */

/**
 * struct limen_core_ioctl - an ioctl of DRM's that is not left as it is
 * @nr: its number
 * @count_at: where in its structure the number of syncobjs is; 0: it is refused
 * @count_max: how many there may be; 0: it is flags that are there, and none may be
 * @flags: those of its flags, which follow the number, that it may have
 */
struct limen_core_ioctl {
	u8 nr;
	u8 count_at;
	u8 count_max;
	u8 flags;
};

#define LIMEN_CORE_REFUSED(name) { .nr = DRM_IOCTL_NR(DRM_IOCTL_##name) }
#define LIMEN_CORE_ARRAY(name, type, max, allowed) \
	{ \
		.nr = DRM_IOCTL_NR(DRM_IOCTL_##name), \
		.count_at = offsetof(struct type, count_handles), \
		.count_max = (max), \
		.flags = (allowed), \
	}

static const struct limen_core_ioctl limen_core_ioctls[] = {
	LIMEN_CORE_REFUSED(GET_UNIQUE),
	LIMEN_CORE_REFUSED(GET_MAGIC),
	LIMEN_CORE_REFUSED(GEM_FLINK),
	{
		.nr = DRM_IOCTL_NR(DRM_IOCTL_SYNCOBJ_TRANSFER),
		.count_at = offsetof(struct drm_syncobj_transfer, flags),
	},
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
		    core->count_at + !!core->count_max);
	return 0;
}

/**
 * limen_core_check() - check an ioctl of DRM's core before DRM sees it
 * @cmd: its number, size and direction, which may be changed
 * @arg: its argument
 *
 * Return: 0, or the error that it fails with.
 */
int limen_core_check(unsigned int *cmd, void __user *arg)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(limen_core_ioctls); i++) {
		const struct limen_core_ioctl *core = &limen_core_ioctls[i];

		if (core->nr == DRM_IOCTL_NR(*cmd))
			return core->count_at ?
			       limen_core_array(core, cmd, arg) : -EOPNOTSUPP;
	}
	return 0;
}
