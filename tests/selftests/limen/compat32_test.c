// SPDX-License-Identifier: GPL-2.0-only
/*
 * 32-bit processes get the same interface. layout32.c shows at build time that
 * the structures agree; here the kernel's compat entry is driven, from a 64-bit
 * program through the 32-bit system call gate, so that no 32-bit C library is
 * needed.
 */
#include "limen_kselftest.h"
#include "layout.h"

#ifdef __x86_64__
#define HAVE_GATE	1

static int ioctl32(int fd, unsigned long request, void *argument)
{
	long ret;

	/* 54 is ioctl in the 32-bit table; the gate clobbers r8 to r11. */
	asm volatile("int $0x80"
		     : "=a" (ret)
		     : "a" (54), "b" (fd), "c" ((unsigned int)request),
		       "d" ((unsigned int)(uintptr_t)argument)
		     : "memory", "r8", "r9", "r10", "r11");
	return (int)ret;
}

#else
#define HAVE_GATE	0

static int ioctl32(int fd, unsigned long request, void *argument)
{
	(void)fd;
	(void)request;
	(void)argument;
	return -ENOSYS;
}
#endif

/* struct drm_unique as a 32-bit process has it */
struct unique32 {
	__u32 unique_len;
	__u32 unique;
};

FIXTURE(compat32)
{
	int fd;
	uint8_t *low;	/* memory that 32-bit pointers reach */
	long mark;
};

static sigjmp_buf no_gate;

static void on_no_gate(int signal)
{
	siglongjmp(no_gate, signal);
}

/* Without IA32 emulation the gate is a general protection fault. */
static bool gate_works(int fd, void *low)
{
	struct sigaction action = { .sa_handler = on_no_gate };
	bool works = false;

	if (!HAVE_GATE)
		return false;
	sigaction(SIGSEGV, &action, NULL);
	if (!sigsetjmp(no_gate, 1)) {
		memset(low, 0, 64);
		works = ioctl32(fd, DRM_IOCTL_LIMEN_QUERY, low) != -ENOSYS;
	}
	action.sa_handler = SIG_DFL;
	sigaction(SIGSEGV, &action, NULL);
	return works;
}

FIXTURE_SETUP(compat32)
{
	OPEN_OR_SKIP(self->fd);
	self->mark = kmsg_mark();
	self->low = mmap((void *)0x10000000, 4 * PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
			 0);
	ASSERT_NE(MAP_FAILED, self->low);
	if (!gate_works(self->fd, self->low))
		SKIP(return, "no 32-bit system calls here");
}

FIXTURE_TEARDOWN(compat32)
{
	char line[256];

	EXPECT_TRUE(kmsg_clean(self->mark, line, sizeof(line))) {
		TH_LOG("%s", line);
	}
	close(self->fd);
}

TEST_F(compat32, query)
{
	struct drm_limen_query *args = (void *)self->low;
	struct drm_limen_device_info *info = (void *)(self->low + PAGE);
	struct drm_limen_device_info direct;

	*args = (struct drm_limen_query) {
		.type = DRM_LIMEN_QUERY_DEVICE,
		.size = sizeof(*info),
		.pointer = (uintptr_t)info,
	};
	ASSERT_EQ(0, limen_device_info(self->fd, &direct));
	ASSERT_EQ(0, ioctl32(self->fd, DRM_IOCTL_LIMEN_QUERY, args));
	EXPECT_EQ(sizeof(*info), args->size);
	EXPECT_EQ(0, memcmp(info, &direct, sizeof(direct)));
	args->type = 0x7fffffff;
	EXPECT_EQ(-EINVAL, ioctl32(self->fd, DRM_IOCTL_LIMEN_QUERY, args));
}

/* The whole life of a verify and of a search, every ioctl once. */
TEST_F(compat32, verify)
{
	struct drm_limen_bo_create *create = (void *)self->low;
	struct drm_limen_bo_mmap_offset *offset = (void *)(self->low + 64);
	struct drm_limen_queue_create *queue = (void *)(self->low + 128);
	struct drm_limen_submit *args = (void *)(self->low + 192);
	struct drm_limen_queue_destroy *destroy = (void *)(self->low + 320);
	struct drm_limen_compare *desc = (void *)(self->low + PAGE);
	struct drm_limen_compare_result *result;
	struct bo bo = { .size = PAGE };

	memset(self->low, 0, 4 * PAGE);
	create->size = PAGE;
	ASSERT_EQ(0, ioctl32(self->fd, DRM_IOCTL_LIMEN_BO_CREATE, create));
	bo.handle = create->handle;
	offset->handle = bo.handle;
	ASSERT_EQ(0, ioctl32(self->fd, DRM_IOCTL_LIMEN_BO_MMAP_OFFSET,
			     offset));
	bo.map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, self->fd,
		      offset->offset);
	ASSERT_NE(MAP_FAILED, bo.map);
	fill_vector((__s8 *)bo.map, 1024, PATTERN_RANDOM, 3);
	queue->type = DRM_LIMEN_QUEUE_EXPRESS;
	ASSERT_EQ(0, ioctl32(self->fd, DRM_IOCTL_LIMEN_QUEUE_CREATE, queue));

	*desc = compare_at(&bo, 0, 512, 2048, 512);
	args->queue = queue->queue;
	args->flags = DRM_LIMEN_SUBMIT_WAIT;
	args->descs = (uintptr_t)desc;
	args->count = 1;
	args->desc_size = sizeof(*desc);
	args->timeout_ns = in_ns(PATIENCE);
	ASSERT_EQ(0, ioctl32(self->fd, DRM_IOCTL_LIMEN_SUBMIT, args));
	result = compare_result(&bo, 2048);
	EXPECT_EQ(0, result->error);
	EXPECT_EQ(limen_score_vectors((__s8 *)bo.map, (__s8 *)bo.map + 512,
				      512).similarity, result->similarity);

	destroy->queue = queue->queue;
	EXPECT_EQ(0, ioctl32(self->fd, DRM_IOCTL_LIMEN_QUEUE_DESTROY,
			     destroy));
}

TEST_F(compat32, search)
{
	struct drm_limen_gallery_create *create = (void *)self->low;
	struct drm_limen_gallery_destroy *destroy = (void *)(self->low + 64);
	struct drm_limen_submit *args = (void *)(self->low + 128);
	struct drm_limen_scan *desc = (void *)(self->low + PAGE);
	struct bo card, host;
	__u32 queue;

	ASSERT_EQ(0, bo_new(self->fd, PAGE, DRM_LIMEN_BO_CARD, &card));
	ASSERT_EQ(0, bo_new(self->fd, PAGE, 0, &host));
	memset(card.map, 1, PAGE);
	memset(host.map, 1, 128);
	memset(self->low, 0, 4 * PAGE);
	*create = (struct drm_limen_gallery_create) {
		.handle = card.handle,
		.format = DRM_LIMEN_FORMAT_S8,
		.dim = 128,
		.stride = 128,
		.rows = 32,
	};
	ASSERT_EQ(0, ioctl32(self->fd, DRM_IOCTL_LIMEN_GALLERY_CREATE,
			     create));
	ASSERT_EQ(0, queue_create(self->fd, DRM_LIMEN_QUEUE_SCAN, &queue));
	*desc = scan_at(&host, create->gallery, 2048, 4, 4);
	desc->first_row = 28;
	*args = (struct drm_limen_submit) {
		.queue = queue,
		.flags = DRM_LIMEN_SUBMIT_WAIT,
		.descs = (uintptr_t)desc,
		.count = 1,
		.desc_size = sizeof(*desc),
		.timeout_ns = in_ns(PATIENCE),
	};
	ASSERT_EQ(0, ioctl32(self->fd, DRM_IOCTL_LIMEN_SUBMIT, args));
	EXPECT_EQ(4, scan_result(&host, 2048)->count);
	EXPECT_EQ(31, scan_result(&host, 2048)->rows[3].row);
	EXPECT_EQ(128, scan_result(&host, 2048)->rows[3].raw);
	destroy->gallery = create->gallery;
	EXPECT_EQ(0, ioctl32(self->fd, DRM_IOCTL_LIMEN_GALLERY_DESTROY,
			     destroy));
}

/* The core translates these before a driver's own check could see them. */
TEST_F(compat32, unsafe_core_ioctls_are_refused)
{
	struct unique32 *unique = (void *)self->low;
	struct drm_auth *auth = (void *)(self->low + 64);
	unsigned int dir, size;

	memset(self->low, 0, PAGE);
	unique->unique = (uintptr_t)self->low + PAGE;
	unique->unique_len = 64;
	EXPECT_GT(0, ioctl32(self->fd, _IOWR('d', 0x01, struct unique32),
			     unique));
	EXPECT_GT(0, ioctl32(self->fd, DRM_IOCTL_GET_MAGIC, auth));
	for (dir = 0; dir < 4; dir++) {
		for (size = 0; size <= 64; size += 4) {
			memset(self->low, 0, PAGE);
			EXPECT_GT(0, ioctl32(self->fd, _IOC(dir, 'd', 0x01,
							    size), self->low));
			EXPECT_GT(0, ioctl32(self->fd, _IOC(dir, 'd', 0x02,
							    size), self->low));
		}
	}
}

TEST_F(compat32, every_number)
{
	unsigned int nr, dir;

	for (nr = 0; nr < 256; nr++) {
		for (dir = 0; dir < 4; dir++) {
			memset(self->low, 0, PAGE);
			ioctl32(self->fd, _IOC(dir, 'd', nr, 64), self->low);
		}
	}
	EXPECT_EQ(0, fcntl(self->fd, F_GETFD) < 0);
}

TEST_HARNESS_MAIN
