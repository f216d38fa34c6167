// SPDX-License-Identifier: GPL-2.0-only
/*
 * The node itself: who may open it, and the DRM core's ioctls on it. Two of those
 * dereference what an accel node does not have, so each is called, in every size,
 * and the kernel's log must stay clean. All but these and the arrays of syncobjs
 * are the core's, and none of them shares a buffer.
 */
#include <grp.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <linux/udmabuf.h>

#include "limen_kselftest.h"

FIXTURE(core)
{
	int fd;
	long mark;
	uint8_t argument[1024];
};

FIXTURE_SETUP(core)
{
	OPEN_OR_SKIP(self->fd);
	self->mark = kmsg_mark();
}

FIXTURE_TEARDOWN(core)
{
	char line[256];

	EXPECT_TRUE(kmsg_clean(self->mark, line, sizeof(line))) {
		TH_LOG("%s", line);
	}
	close(self->fd);
}

/* The core dispatches by number alone, so every size and direction counts. */
static unsigned int accepted_forms(FIXTURE_DATA(core) *self, unsigned int nr)
{
	static const unsigned int sizes[] = { 0, 4, 8, 16, 24, 40, 64, 1024 };
	unsigned int dir, i, accepted = 0;

	for (dir = 0; dir < 4; dir++) {
		for (i = 0; i < ARRAY_SIZE(sizes); i++) {
			memset(self->argument, 0, sizeof(self->argument));
			accepted += !xioctl(self->fd,
					    _IOC(dir, 'd', nr, sizes[i]),
					    self->argument);
		}
	}
	return accepted;
}

TEST_F(core, get_unique_is_refused)
{
	char name[64];
	struct drm_unique unique = {
		.unique = name,
		.unique_len = sizeof(name),
	};

	EXPECT_EQ(-EOPNOTSUPP, xioctl(self->fd, DRM_IOCTL_GET_UNIQUE,
				      &unique));
	EXPECT_EQ(0, accepted_forms(self, _IOC_NR(DRM_IOCTL_GET_UNIQUE)));
}

TEST_F(core, get_magic_is_refused)
{
	struct drm_auth auth = { .magic = 0 };

	EXPECT_EQ(-EOPNOTSUPP, xioctl(self->fd, DRM_IOCTL_GET_MAGIC, &auth));
	EXPECT_EQ(0, accepted_forms(self, _IOC_NR(DRM_IOCTL_GET_MAGIC)));
}

/* What no card node without a display does otherwise. */
TEST_F(core, as_the_core_has_them)
{
	static const struct {
		unsigned long request;
		int ret;
	} calls[] = {
		{ DRM_IOCTL_GET_CLIENT, 0 },
		{ DRM_IOCTL_GET_STATS, 0 },
		{ DRM_IOCTL_SET_VERSION, -EACCES },
		{ DRM_IOCTL_AUTH_MAGIC, -EACCES },
		{ DRM_IOCTL_DROP_MASTER, -EINVAL },
		{ DRM_IOCTL_SET_CLIENT_CAP, -EOPNOTSUPP },
		{ DRM_IOCTL_WAIT_VBLANK, -EOPNOTSUPP },
		{ DRM_IOCTL_MODE_GETRESOURCES, -EOPNOTSUPP },
		{ DRM_IOCTL_MODE_CREATE_DUMB, -ENOSYS },
	};
	struct drm_client client = { .idx = 0 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		memset(self->argument, 0, sizeof(self->argument));
		EXPECT_EQ(calls[i].ret, xioctl(self->fd, calls[i].request,
					       self->argument)) {
			TH_LOG("ioctl %#lx", calls[i].request);
		}
	}
	ASSERT_EQ(0, xioctl(self->fd, DRM_IOCTL_GET_CLIENT, &client));
	EXPECT_EQ(getpid(), client.pid);
	client.idx = 1;
	EXPECT_EQ(-EINVAL, xioctl(self->fd, DRM_IOCTL_GET_CLIENT, &client));
}

/* With flags that it does not know, DRM's core loses a syncobj. */
TEST_F(core, transfers_have_no_flags)
{
	struct drm_syncobj_transfer args = { .flags = 0 };
	unsigned int i;

	ASSERT_EQ(0, syncobj_create(self->fd, &args.src_handle));
	ASSERT_EQ(0, syncobj_create(self->fd, &args.dst_handle));
	ASSERT_EQ(0, xioctl(self->fd, DRM_IOCTL_SYNCOBJ_SIGNAL,
			    &(struct drm_syncobj_array) {
				.handles = (uintptr_t)&args.src_handle,
				.count_handles = 1,
			    }));
	EXPECT_EQ(0, xioctl(self->fd, DRM_IOCTL_SYNCOBJ_TRANSFER, &args));
	for (i = 0; i < 32; i++) {
		args.flags = 1u << i;
		EXPECT_EQ(-EINVAL, xioctl(self->fd, DRM_IOCTL_SYNCOBJ_TRANSFER,
					  &args));
	}
	args.flags = 0;
	args.pad = 1;
	EXPECT_EQ(-EINVAL, xioctl(self->fd, DRM_IOCTL_SYNCOBJ_TRANSFER, &args));
}

/* Root is authenticated without a master, and could open what has a name. */
TEST_F(core, buffers_get_no_names)
{
	struct drm_gem_flink flink = { .handle = 0 };
	struct drm_gem_open open = { .name = 1 };
	unsigned int card;

	for (card = 0; card < 2; card++) {
		ASSERT_EQ(0, bo_create(self->fd, PAGE,
				       card ? DRM_LIMEN_BO_CARD : 0,
				       &flink.handle));
		EXPECT_EQ(-EOPNOTSUPP,
			  xioctl(self->fd, DRM_IOCTL_GEM_FLINK, &flink));
		EXPECT_EQ(0, flink.name);
		EXPECT_GT(0, xioctl(self->fd, DRM_IOCTL_GEM_OPEN, &open));
		EXPECT_EQ(0, open.handle);
		EXPECT_EQ(0, bo_close(self->fd, flink.handle));
	}
}

TEST_F(core, buffers_are_not_exported)
{
	struct drm_prime_handle prime = { .fd = -1 };
	static const __u32 flags[] = { 0, DRM_CLOEXEC, DRM_CLOEXEC | DRM_RDWR };
	unsigned int i, card;

	for (card = 0; card < 2; card++) {
		ASSERT_EQ(0, bo_create(self->fd, PAGE,
				       card ? DRM_LIMEN_BO_CARD : 0,
				       &prime.handle));
		for (i = 0; i < ARRAY_SIZE(flags); i++) {
			prime.flags = flags[i];
			EXPECT_EQ(-EOPNOTSUPP,
				  xioctl(self->fd, DRM_IOCTL_PRIME_HANDLE_TO_FD,
					 &prime));
			EXPECT_EQ(-1, prime.fd);
		}
	}
}

/* A dma-buf of a page that anybody may make, or an error. */
static int dma_buf_of_memory(void)
{
	int memory = memfd_create("page", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int fd = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
	struct udmabuf_create create = {
		.memfd = memory,
		.size = PAGE,
	};
	int ret = -1;

	if (fd >= 0 && memory >= 0 && !ftruncate(memory, PAGE) &&
	    !fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK))
		ret = ioctl(fd, UDMABUF_CREATE, &create);
	close(memory);
	close(fd);
	return ret;
}

static int dma_buf_of_vgem(const struct manual_fence *fence)
{
	struct drm_prime_handle prime = {
		.handle = fence->handle,
		.flags = DRM_CLOEXEC,
	};
	int ret = xioctl(fence->vgem, DRM_IOCTL_PRIME_HANDLE_TO_FD, &prime);

	return ret ? ret : prime.fd;
}

TEST_F(core, buffers_are_not_imported)
{
	struct drm_prime_handle prime = { .fd = -1 };
	struct manual_fence fence = { .vgem = -1 };
	unsigned int i;
	int fds[2];

	EXPECT_EQ(-EBADF, xioctl(self->fd, DRM_IOCTL_PRIME_FD_TO_HANDLE,
				 &prime));
	fds[0] = dma_buf_of_memory();
	fds[1] = manual_fence_open(&fence) ? -ENODEV : dma_buf_of_vgem(&fence);
	if (fds[0] < 0 && fds[1] < 0)
		SKIP(return, "neither udmabuf nor vgem: nothing to import");
	for (i = 0; i < 2; i++) {
		if (fds[i] < 0)
			continue;
		prime = (struct drm_prime_handle) { .fd = fds[i] };
		EXPECT_EQ(-EINVAL, xioctl(self->fd,
					  DRM_IOCTL_PRIME_FD_TO_HANDLE,
					  &prime));
		EXPECT_EQ(0, prime.handle);
		close(fds[i]);
	}
	manual_fence_close(&fence);
}

TEST_F(core, nothing_to_display)
{
	unsigned int nr;

	for (nr = 0xa0; nr <= 0xbe; nr++)
		EXPECT_EQ(0, accepted_forms(self, nr)) TH_LOG("nr %#x", nr);
}

/* Whatever the core makes of it: no process dies, and the log stays clean. */
TEST_F(core, every_number_in_every_form)
{
	unsigned int nr;

	for (nr = 0; nr < 256; nr++)
		accepted_forms(self, nr);
	EXPECT_EQ(0, fcntl(self->fd, F_GETFD) < 0);
}

TEST_F(core, unknown_driver_numbers)
{
	unsigned int nr;

	for (nr = DRM_COMMAND_BASE + DRM_LIMEN_SUBMIT + 1; nr < DRM_COMMAND_END;
	     nr++) {
		EXPECT_EQ(-EINVAL, xioctl(self->fd, _IOC(_IOC_READ | _IOC_WRITE,
							 'd', nr, 16),
					  self->argument));
	}
}

TEST_F(core, other_types_of_ioctl)
{
	static const char types[] = { 0, 'D', 'e', 'V', 'T' };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(types); i++)
		EXPECT_EQ(-ENOTTY, xioctl(self->fd, _IOWR(types[i], 0x40,
					  struct drm_limen_query),
					  self->argument));
	/* What isatty() asks; its number is that of GET_UNIQUE. */
	EXPECT_EQ(-ENOTTY, xioctl(self->fd, TCGETS, self->argument));
}

TEST_F(core, version)
{
	char name[16] = "", desc[64] = "";
	struct drm_version version = {
		.name = name,
		.name_len = sizeof(name) - 1,
		.desc = desc,
		.desc_len = sizeof(desc) - 1,
	};

	ASSERT_EQ(0, xioctl(self->fd, DRM_IOCTL_VERSION, &version));
	EXPECT_STREQ("limen", name);
	EXPECT_LT(0, strlen(desc));
	EXPECT_LE(1, version.version_major + version.version_minor);
}

TEST_F(core, capabilities)
{
	struct drm_get_cap cap = { .capability = DRM_CAP_SYNCOBJ };

	ASSERT_EQ(0, xioctl(self->fd, DRM_IOCTL_GET_CAP, &cap));
	EXPECT_EQ(1, cap.value);
	cap.capability = DRM_CAP_SYNCOBJ_TIMELINE;
	ASSERT_EQ(0, xioctl(self->fd, DRM_IOCTL_GET_CAP, &cap));
	EXPECT_EQ(1, cap.value);
}

static const unsigned long own_ioctls[] = {
	DRM_IOCTL_LIMEN_QUERY, DRM_IOCTL_LIMEN_BO_CREATE,
	DRM_IOCTL_LIMEN_BO_MMAP_OFFSET, DRM_IOCTL_LIMEN_GALLERY_CREATE,
	DRM_IOCTL_LIMEN_GALLERY_DESTROY, DRM_IOCTL_LIMEN_QUEUE_CREATE,
	DRM_IOCTL_LIMEN_QUEUE_DESTROY, DRM_IOCTL_LIMEN_SUBMIT,
};

TEST_F(core, unreadable_arguments)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(own_ioctls); i++) {
		EXPECT_EQ(-EFAULT, xioctl(self->fd, own_ioctls[i], NULL));
		EXPECT_EQ(-EFAULT, xioctl(self->fd, own_ioctls[i],
					  (void *)0xffff888000000000UL));
	}
}

/* A caller with a shorter structure gets nothing written past its end. */
TEST_F(core, shorter_structures)
{
	unsigned int i, size, whole;

	for (i = 0; i < ARRAY_SIZE(own_ioctls); i++) {
		whole = _IOC_SIZE(own_ioctls[i]);
		for (size = 0; size < whole; size += 4) {
			memset(self->argument, 0, size);
			memset(self->argument + size, POISON,
			       sizeof(self->argument) - size);
			xioctl(self->fd, _IOC(_IOC_DIR(own_ioctls[i]), 'd',
					      _IOC_NR(own_ioctls[i]), size),
			       self->argument);
			EXPECT_TRUE(all_bytes(self->argument + size, POISON,
					      sizeof(self->argument) - size));
		}
	}
}

/* One with a longer structure is served as long as the rest is zero. */
TEST_F(core, longer_structures)
{
	struct {
		struct drm_limen_bo_create args;
		__u64 more[4];
	} longer = { .args.size = PAGE };
	unsigned long request = _IOC(_IOC_READ | _IOC_WRITE, 'd',
				     _IOC_NR(DRM_IOCTL_LIMEN_BO_CREATE),
				     sizeof(longer));

	ASSERT_EQ(0, xioctl(self->fd, request, &longer));
	EXPECT_NE(0, longer.args.handle);
	EXPECT_TRUE(all_bytes(longer.more, 0, sizeof(longer.more)));
	longer.args.handle = 0;
	longer.more[3] = 1;
	EXPECT_GT(0, xioctl(self->fd, request, &longer));
}

/* The ioctls on arrays of syncobjs, with where the number of them is. */
static const struct {
	unsigned long request;
	unsigned int count_at;
	__u32 most;
} syncobj_arrays[] = {
	{ DRM_IOCTL_SYNCOBJ_WAIT,
	  offsetof(struct drm_syncobj_wait, count_handles), 1 },
	{ DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT,
	  offsetof(struct drm_syncobj_timeline_wait, count_handles), 1 },
	{ DRM_IOCTL_SYNCOBJ_RESET,
	  offsetof(struct drm_syncobj_array, count_handles), 255 },
	{ DRM_IOCTL_SYNCOBJ_SIGNAL,
	  offsetof(struct drm_syncobj_array, count_handles), 255 },
	{ DRM_IOCTL_SYNCOBJ_QUERY,
	  offsetof(struct drm_syncobj_timeline_array, count_handles), 255 },
	{ DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL,
	  offsetof(struct drm_syncobj_timeline_array, count_handles), 255 },
};

/**
 * union array_args - arguments of any of them
 * @handles: first in all
 * @timeline: where timelines have their points
 * @points: in @timeline
 * @words: all of it
 */
union array_args {
	__u64 handles;
	struct {
		__u64 handles;
		__u64 points;
	} timeline;
	__u32 words[10];
};

/* A count of the same syncobj, at point 0; a wait has long timed out. */
static int syncobj_array(int fd, unsigned int which, __u32 handle, __u32 count)
{
	static __u64 points[256];
	union array_args args = {};
	__u32 handles[256], i;

	for (i = 0; i < ARRAY_SIZE(handles); i++)
		handles[i] = handle;
	memset(points, 0, sizeof(points));
	args.handles = (uintptr_t)handles;
	if (syncobj_arrays[which].request != DRM_IOCTL_SYNCOBJ_WAIT &&
	    syncobj_arrays[which].count_at > 8)
		args.timeline.points = (uintptr_t)points;
	args.words[syncobj_arrays[which].count_at / 4] = count;
	return xioctl(fd, syncobj_arrays[which].request, &args);
}

/* DRM would allocate whatever is asked for, and warn if it is too much. */
TEST_F(core, arrays_of_syncobjs_are_bounded)
{
	unsigned int i, bit;
	__u32 handle;

	ASSERT_EQ(0, syncobj_create(self->fd, &handle));
	for (i = 0; i < ARRAY_SIZE(syncobj_arrays); i++) {
		__u32 most = syncobj_arrays[i].most;

		TH_LOG("ioctl %#lx", syncobj_arrays[i].request);
		/* Signalled, so that a wait ends, and no timeline any more. */
		ASSERT_EQ(0, syncobj_array(self->fd, 3, handle, 1));
		/* For nothing nobody has to wait. */
		EXPECT_EQ(most == 1 ? 0 : -EINVAL,
			  syncobj_array(self->fd, i, handle, 0));
		EXPECT_EQ(0, syncobj_array(self->fd, i, handle, 1));
		ASSERT_EQ(0, syncobj_array(self->fd, 3, handle, 1));
		EXPECT_EQ(0, syncobj_array(self->fd, i, handle, most));
		EXPECT_EQ(-EINVAL, syncobj_array(self->fd, i, handle,
						 most + 1));
		for (bit = 8; bit < 32; bit++)
			EXPECT_EQ(-EINVAL, syncobj_array(self->fd, i, handle,
							 1u << bit | 1));
		EXPECT_EQ(-EINVAL, syncobj_array(self->fd, i, handle,
						 0xffffffff));
		/* Nobody's handle is found out to be that, so it is looked up. */
		EXPECT_EQ(-ENOENT, syncobj_array(self->fd, i, NOBODY, most));
	}
}

TEST_F(core, flags_of_syncobj_arrays)
{
	unsigned int i, bit;
	__u32 handle;

	ASSERT_EQ(0, syncobj_create(self->fd, &handle));
	ASSERT_EQ(0, syncobj_array(self->fd, 3, handle, 1));
	for (i = 0; i < ARRAY_SIZE(syncobj_arrays); i++) {
		union array_args args = {};
		__u64 point = 0;

		for (bit = 0; bit < 32; bit++) {
			args.handles = (uintptr_t)&handle;
			if (syncobj_arrays[i].count_at > 16)
				args.timeline.points = (uintptr_t)&point;
			args.words[syncobj_arrays[i].count_at / 4] = 1;
			args.words[syncobj_arrays[i].count_at / 4 + 1] =
				1u << bit;
			EXPECT_EQ(syncobj_arrays[i].most == 1 && !bit ?
				  0 : -EINVAL,
				  xioctl(self->fd, syncobj_arrays[i].request,
					 &args));
		}
	}
}

/* The number changes all the time: whatever DRM reads, it is bounded. */
TEST_F(core, number_of_syncobjs_that_changes)
{
	union array_args *args = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	__s64 end = in_ns(2 * NSEC_PER_SEC);
	unsigned int accepted = 0;
	__u32 handles[256] = { 0 };
	int status;
	pid_t pid;

	ASSERT_NE(MAP_FAILED, args);
	pid = fork();
	ASSERT_LE(0, pid);
	while (!pid) {
		__atomic_store_n(&args->words[2], 1, __ATOMIC_SEQ_CST);
		__atomic_store_n(&args->words[2], 0x7fffff01, __ATOMIC_SEQ_CST);
	}
	while (now_ns() < end) {
		args->handles = (uintptr_t)handles;
		/* ENOENT: let through, and handle 0 is nobody's. */
		accepted += xioctl(self->fd, DRM_IOCTL_SYNCOBJ_RESET, args) ==
			    -ENOENT;
	}
	EXPECT_LT(0, accepted);
	ASSERT_EQ(0, kill(pid, SIGKILL));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	munmap(args, PAGE);
}

TEST_F(core, read_only_file)
{
	struct drm_limen_bo_create args = { .size = PAGE };
	int fd = open(limen_node(), O_RDONLY | O_CLOEXEC);
	__u64 offset;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, xioctl(fd, DRM_IOCTL_LIMEN_BO_CREATE, &args));
	ASSERT_EQ(0, bo_offset(fd, args.handle, &offset));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				   MAP_SHARED, fd, offset));
	EXPECT_EQ(EACCES, errno);
	close(fd);
}

TEST_F(core, not_for_everybody)
{
	const char *node = limen_node();
	struct stat status;
	int ended;
	pid_t pid;

	ASSERT_EQ(0, stat(node, &status));
	EXPECT_TRUE(S_ISCHR(status.st_mode));
	EXPECT_EQ(0, status.st_mode & 0007);
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		if (setgroups(0, NULL) || setgid(65534) || setuid(65534))
			_exit(2);
		_exit(open(node, O_RDWR | O_CLOEXEC) < 0 && errno == EACCES ?
		      0 : 1);
	}
	ASSERT_EQ(pid, waitpid(pid, &ended, 0));
	EXPECT_EQ(0, ended);
}

TEST_F(core, udev_rule)
{
	struct group *group = getgrnam("render");
	struct stat status;
	char path[64];

	ASSERT_EQ(0, stat(limen_node(), &status));
	snprintf(path, sizeof(path), "/run/udev/data/c%u:%u",
		 major(status.st_rdev), minor(status.st_rdev));
	if (access(path, F_OK))
		SKIP(return, "no udev has seen the node");
	ASSERT_NE(NULL, group);
	EXPECT_EQ(0660, status.st_mode & 07777);
	EXPECT_EQ(group->gr_gid, status.st_gid);
}

TEST_F(core, knobs_are_for_root)
{
	static const char * const knobs[] = {
		"fail", "hang", "deaf", "stick_ring", "drop_irq",
		"corrupt_seq", "corrupt_cookie", "corrupt_status",
		"corrupt_count", "corrupt_fewer", "corrupt_score", "corrupt_rows",
		"corrupt_order", "delay_us", "fatal", "stick",
	};
	struct stat status;
	char path[128];
	unsigned int i;

	EMU_OR_SKIP();
	for (i = 0; i < ARRAY_SIZE(knobs); i++) {
		snprintf(path, sizeof(path),
			 "/sys/kernel/debug/limen_emu/%s/%s", emu_device(),
			 knobs[i]);
		ASSERT_EQ(0, stat(path, &status)) TH_LOG("%s", path);
		EXPECT_EQ(0, status.st_mode & 0077);
		EXPECT_EQ(0, status.st_uid);
	}
}

TEST_HARNESS_MAIN
