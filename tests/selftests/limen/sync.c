// SPDX-License-Identifier: GPL-2.0-only
/* Syncobjs of the DRM core, and fences that a test signals when it likes. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <string.h>
#include <unistd.h>

#include <linux/dma-buf.h>
#include <linux/sync_file.h>

#include "util.h"

/* From drm/vgem_drm.h, which no package of user-space headers has. */
struct drm_vgem_fence_attach {
	__u32 handle;
	__u32 flags;
#define VGEM_FENCE_WRITE	0x1
	__u32 out_fence;
	__u32 pad;
};

struct drm_vgem_fence_signal {
	__u32 fence;
	__u32 flags;
};

#define DRM_IOCTL_VGEM_FENCE_ATTACH \
	DRM_IOWR(DRM_COMMAND_BASE + 1, struct drm_vgem_fence_attach)
#define DRM_IOCTL_VGEM_FENCE_SIGNAL \
	DRM_IOW(DRM_COMMAND_BASE + 2, struct drm_vgem_fence_signal)

int syncobj_create(int fd, __u32 *handle)
{
	struct drm_syncobj_create args = { .handle = 0 };
	int ret = xioctl(fd, DRM_IOCTL_SYNCOBJ_CREATE, &args);

	*handle = ret ? 0 : args.handle;
	return ret;
}

int syncobj_destroy(int fd, __u32 handle)
{
	struct drm_syncobj_destroy args = { .handle = handle };

	return xioctl(fd, DRM_IOCTL_SYNCOBJ_DESTROY, &args);
}

/* @nsec: from now; 0 only looks. -ETIME if it was not signalled by then. */
int syncobj_wait(int fd, __u32 handle, __s64 nsec)
{
	struct drm_syncobj_wait args = {
		.handles = (uintptr_t)&handle,
		.count_handles = 1,
		.timeout_nsec = nsec ? in_ns(nsec) : 0,
		.flags = DRM_SYNCOBJ_WAIT_FLAGS_WAIT_ALL,
	};

	return xioctl(fd, DRM_IOCTL_SYNCOBJ_WAIT, &args);
}

int syncobj_timeline_wait(int fd, __u32 handle, __u64 point, __s64 nsec)
{
	struct drm_syncobj_timeline_wait args = {
		.handles = (uintptr_t)&handle,
		.points = (uintptr_t)&point,
		.count_handles = 1,
		.timeout_nsec = nsec ? in_ns(nsec) : 0,
		.flags = DRM_SYNCOBJ_WAIT_FLAGS_WAIT_ALL,
	};

	return xioctl(fd, DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT, &args);
}

int syncobj_query(int fd, __u32 handle, __u64 *point)
{
	struct drm_syncobj_timeline_array args = {
		.handles = (uintptr_t)&handle,
		.points = (uintptr_t)point,
		.count_handles = 1,
	};

	return xioctl(fd, DRM_IOCTL_SYNCOBJ_QUERY, &args);
}

int syncobj_export(int fd, __u32 handle, int *sync_file)
{
	struct drm_syncobj_handle args = {
		.handle = handle,
		.flags = DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_EXPORT_SYNC_FILE,
		.fd = -1,
	};
	int ret = xioctl(fd, DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, &args);

	*sync_file = ret ? -1 : args.fd;
	return ret;
}

int syncobj_import(int fd, __u32 handle, int sync_file)
{
	struct drm_syncobj_handle args = {
		.handle = handle,
		.flags = DRM_SYNCOBJ_FD_TO_HANDLE_FLAGS_IMPORT_SYNC_FILE,
		.fd = sync_file,
	};

	return xioctl(fd, DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE, &args);
}

/* 1 signalled, 0 not yet, else the fence's error. */
int sync_file_status(int sync_file)
{
	struct sync_file_info info = { .num_fences = 0 };
	int ret = xioctl(sync_file, SYNC_IOC_FILE_INFO, &info);

	return ret ? ret : info.status;
}

static int vgem_open(void)
{
	glob_t nodes;
	int found = -ENODEV;
	size_t i;

	if (glob("/dev/dri/card*", 0, NULL, &nodes))
		return -ENODEV;
	for (i = 0; i < nodes.gl_pathc && found < 0; i++) {
		char name[16] = "";
		struct drm_version version = {
			.name = name,
			.name_len = sizeof(name) - 1,
		};
		int fd = open(nodes.gl_pathv[i], O_RDWR | O_CLOEXEC);

		if (fd < 0)
			continue;
		if (!xioctl(fd, DRM_IOCTL_VERSION, &version) &&
		    !strcmp(name, "vgem"))
			found = fd;
		else
			close(fd);
	}
	globfree(&nodes);
	return found;
}

/* A fence on a vgem buffer, brought out of it as a sync file. */
static int vgem_fence(struct manual_fence *fence)
{
	struct drm_mode_create_dumb dumb = {
		.width = 64, .height = 1, .bpp = 8,
	};
	struct drm_vgem_fence_attach attach = { .flags = VGEM_FENCE_WRITE };
	struct drm_prime_handle prime = { .flags = O_CLOEXEC, .fd = -1 };
	struct dma_buf_export_sync_file export = { .flags = DMA_BUF_SYNC_RW };
	int ret;

	ret = xioctl(fence->vgem, DRM_IOCTL_MODE_CREATE_DUMB, &dumb);
	if (ret)
		return ret;
	fence->handle = dumb.handle;
	attach.handle = dumb.handle;
	ret = xioctl(fence->vgem, DRM_IOCTL_VGEM_FENCE_ATTACH, &attach);
	if (ret)
		return ret;
	fence->fence = attach.out_fence;
	prime.handle = dumb.handle;
	ret = xioctl(fence->vgem, DRM_IOCTL_PRIME_HANDLE_TO_FD, &prime);
	if (ret)
		return ret;
	export.fd = -1;
	ret = xioctl(prime.fd, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, &export);
	close(prime.fd);
	if (!ret)
		fence->sync_file = export.fd;
	return ret;
}

/* vgem itself ends the fence with an error after ten seconds. */
int manual_fence_open(struct manual_fence *fence)
{
	int ret;

	memset(fence, 0, sizeof(*fence));
	fence->sync_file = -1;
	fence->vgem = vgem_open();
	if (fence->vgem < 0)
		return fence->vgem;
	ret = vgem_fence(fence);
	if (ret)
		manual_fence_close(fence);
	return ret;
}

int manual_fence_signal(struct manual_fence *fence)
{
	struct drm_vgem_fence_signal args = { .fence = fence->fence };

	return xioctl(fence->vgem, DRM_IOCTL_VGEM_FENCE_SIGNAL, &args);
}

void manual_fence_close(struct manual_fence *fence)
{
	if (fence->sync_file >= 0)
		close(fence->sync_file);
	if (fence->vgem >= 0)
		close(fence->vgem);
	fence->sync_file = -1;
	fence->vgem = -1;
}
