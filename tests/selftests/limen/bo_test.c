// SPDX-License-Identifier: GPL-2.0-only
/* Buffers: sizes, limits, mappings, and that nobody sees another's content. */
#include <sys/uio.h>

#include "limen_kselftest.h"

FIXTURE(bo)
{
	int fd;
	struct drm_limen_memory_info memory;
};

FIXTURE_VARIANT(bo)
{
	__u32 flags;
};

FIXTURE_VARIANT_ADD(bo, host)
{
	.flags = 0,
};

FIXTURE_VARIANT_ADD(bo, card)
{
	.flags = DRM_LIMEN_BO_CARD,
};

FIXTURE_SETUP(bo)
{
	OPEN_OR_SKIP(self->fd);
	ASSERT_EQ(0, limen_memory_info(self->fd, &self->memory));
}

FIXTURE_TEARDOWN(bo)
{
	close(self->fd);
}

TEST_F(bo, size_is_rounded_up)
{
	static const __u64 sizes[][2] = {
		{ 1, PAGE }, { 64, PAGE }, { PAGE - 1, PAGE }, { PAGE, PAGE },
		{ PAGE + 1, 2 * PAGE }, { 2 * PAGE, 2 * PAGE },
		{ 100 * PAGE - 1, 100 * PAGE },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct drm_limen_bo_create args = {
			.size = sizes[i][0],
			.flags = variant->flags,
		};

		ASSERT_EQ(0, xioctl(self->fd, DRM_IOCTL_LIMEN_BO_CREATE,
				    &args));
		EXPECT_EQ(sizes[i][1], args.size);
		EXPECT_EQ(variant->flags, args.flags);
		EXPECT_NE(0, args.handle);
		EXPECT_EQ(0, bo_close(self->fd, args.handle));
	}
}

TEST_F(bo, size_out_of_range)
{
	static const __u64 sizes[] = {
		0, UINT64_MAX, UINT64_MAX - 1, UINT64_MAX - PAGE + 2,
	};
	__u32 handle;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		EXPECT_EQ(-EINVAL, bo_create(self->fd, sizes[i],
					     variant->flags, &handle));
}

TEST_F(bo, size_beyond_all_memory)
{
	int full = variant->flags ? -ENOSPC : -EDQUOT;
	unsigned int shift;
	__u32 handle;

	EXPECT_EQ(full, bo_create(self->fd, UINT64_MAX - PAGE + 1,
				  variant->flags, &handle));
	for (shift = 63; shift >= 44; shift--)
		EXPECT_EQ(full, bo_create(self->fd, 1ULL << shift,
					  variant->flags, &handle));
}

TEST_F(bo, unknown_flags)
{
	unsigned int bit;
	__u32 handle;

	for (bit = 1; bit < 32; bit++)
		EXPECT_EQ(-EINVAL, bo_create(self->fd, PAGE,
					     variant->flags | 1u << bit,
					     &handle));
}

TEST_F(bo, nonzero_handle)
{
	struct drm_limen_bo_create args = {
		.size = PAGE,
		.flags = variant->flags,
		.handle = 1,
	};

	EXPECT_EQ(-EINVAL, xioctl(self->fd, DRM_IOCTL_LIMEN_BO_CREATE, &args));
}

TEST_F(bo, limit_is_exact)
{
	__u64 limit = variant->flags ? self->memory.card_free :
				       self->memory.host_limit;
	int full = variant->flags ? -ENOSPC : -EDQUOT;
	struct drm_limen_memory_info memory;
	__u32 most, page;

	if (limit > 512ULL << 20)
		SKIP(return, "the limit is more than this machine should try");
	EXPECT_EQ(full, bo_create(self->fd, limit + 1, variant->flags, &most));
	ASSERT_EQ(0, bo_create(self->fd, limit - PAGE, variant->flags, &most));
	EXPECT_EQ(full, bo_create(self->fd, 2 * PAGE, variant->flags, &page));
	EXPECT_EQ(full, bo_create(self->fd, PAGE + 1, variant->flags, &page));
	ASSERT_EQ(0, bo_create(self->fd, PAGE, variant->flags, &page));
	ASSERT_EQ(0, limen_memory_info(self->fd, &memory));
	EXPECT_EQ(variant->flags ? 0 : limit,
		  variant->flags ? memory.card_free : memory.host_used);
	EXPECT_EQ(full, bo_create(self->fd, 1, variant->flags, &page));

	/* What is given back can be had again, whole. */
	ASSERT_EQ(0, bo_close(self->fd, most));
	ASSERT_EQ(0, bo_create(self->fd, limit - PAGE, variant->flags, &most));
}

TEST_F(bo, limit_returns_with_the_file)
{
	struct drm_limen_memory_info memory;
	__u64 size = self->memory.card_free / 2;
	__u32 handle;
	int fd;

	OPEN_OR_SKIP(fd);
	if (!variant->flags)
		size = self->memory.host_limit / 4;
	ASSERT_EQ(0, bo_create(fd, size, variant->flags, &handle));
	close(fd);
	ASSERT_EQ(0, limen_memory_info(self->fd, &memory));
	EXPECT_EQ(self->memory.card_free, memory.card_free);
	EXPECT_EQ(0, memory.host_used);
}

TEST_F(bo, many_pieces)
{
	enum { PIECES = 64 };
	struct drm_limen_memory_info memory;
	__u32 handles[PIECES];
	unsigned int i;

	for (i = 0; i < PIECES; i++)
		ASSERT_EQ(0, bo_create(self->fd, (i % 5 + 1) * PAGE,
				       variant->flags, &handles[i]));
	for (i = 0; i < PIECES; i += 2)
		ASSERT_EQ(0, bo_close(self->fd, handles[i]));
	for (i = 0; i < PIECES; i += 2)
		ASSERT_EQ(0, bo_create(self->fd, (i % 7 + 1) * PAGE,
				       variant->flags, &handles[i]));
	for (i = 0; i < PIECES; i++)
		ASSERT_EQ(0, bo_close(self->fd, handles[i]));
	ASSERT_EQ(0, limen_memory_info(self->fd, &memory));
	EXPECT_EQ(self->memory.card_free, memory.card_free);
	EXPECT_EQ(0, memory.host_used);
}

TEST_F(bo, zeroed_before_first_use)
{
	struct bo bo;

	ASSERT_EQ(0, bo_new(self->fd, 65 * PAGE, variant->flags, &bo));
	EXPECT_TRUE(all_bytes(bo.map, 0, bo.size));
}

/* Fill as much as there is, give it back, and look who sees it. */
TEST_F(bo, wiped_between_files)
{
	__u64 size = variant->flags ? self->memory.card_free : 4ULL << 20;
	struct bo bo;
	int fd, round;

	for (round = 0; round < 2; round++) {
		OPEN_OR_SKIP(fd);
		ASSERT_EQ(0, bo_new(fd, size, variant->flags, &bo));
		ASSERT_TRUE(all_bytes(bo.map, 0, bo.size));
		memset(bo.map, POISON, bo.size);
		if (round)
			bo_free(fd, &bo);
		else
			munmap(bo.map, bo.size);
		close(fd);
	}
	ASSERT_EQ(0, bo_new(self->fd, size, variant->flags, &bo));
	EXPECT_TRUE(all_bytes(bo.map, 0, bo.size));
}

/* A mapping is a reference: the memory stays its owner's until it goes. */
TEST_F(bo, mapping_outlives_handle)
{
	struct drm_limen_memory_info memory;
	struct bo bo, others;
	__u64 left;

	ASSERT_EQ(0, bo_new(self->fd, 16 * PAGE, variant->flags, &bo));
	memset(bo.map, POISON, bo.size);
	ASSERT_EQ(0, bo_close(self->fd, bo.handle));
	EXPECT_TRUE(all_bytes(bo.map, POISON, bo.size));

	ASSERT_EQ(0, limen_memory_info(self->fd, &memory));
	left = variant->flags ? memory.card_free : 64 * PAGE;
	if (variant->flags) {
		EXPECT_EQ(self->memory.card_free - 16 * PAGE, left);
	}
	ASSERT_EQ(0, bo_new(self->fd, left, variant->flags, &others));
	memset(others.map, 0x5a, others.size);
	EXPECT_TRUE(all_bytes(bo.map, POISON, bo.size));
	bo_free(self->fd, &others);

	ASSERT_EQ(0, munmap(bo.map, bo.size));
	ASSERT_EQ(0, limen_memory_info(self->fd, &memory));
	EXPECT_EQ(self->memory.card_free, memory.card_free);
}

TEST_F(bo, handle_closes_once)
{
	__u32 handle;

	ASSERT_EQ(0, bo_create(self->fd, PAGE, variant->flags, &handle));
	EXPECT_EQ(0, bo_close(self->fd, handle));
	EXPECT_NE(0, bo_close(self->fd, handle));
}

TEST_F(bo, mmap_offset_errors)
{
	struct drm_limen_bo_mmap_offset args = { .handle = 0 };
	struct bo bo;
	__u64 offset;
	int fd;

	EXPECT_EQ(-ENOENT, bo_offset(self->fd, 0, &offset));
	EXPECT_EQ(-ENOENT, bo_offset(self->fd, NOBODY, &offset));

	ASSERT_EQ(0, bo_new(self->fd, PAGE, variant->flags, &bo));
	args.handle = bo.handle;
	args.pad = 1;
	EXPECT_EQ(-EINVAL, xioctl(self->fd, DRM_IOCTL_LIMEN_BO_MMAP_OFFSET,
				  &args));
	args.pad = 0;
	args.offset = 1;
	EXPECT_EQ(-EINVAL, xioctl(self->fd, DRM_IOCTL_LIMEN_BO_MMAP_OFFSET,
				  &args));

	/* Another file's handle says nothing here. */
	OPEN_OR_SKIP(fd);
	EXPECT_EQ(-ENOENT, bo_offset(fd, bo.handle, &offset));
	close(fd);
}

TEST_F(bo, mmap_bounds)
{
	struct bo bo;
	void *map;

	ASSERT_EQ(0, bo_new(self->fd, 4 * PAGE, variant->flags, &bo));
	map = mmap(NULL, 5 * PAGE, PROT_READ, MAP_SHARED, self->fd, bo.offset);
	EXPECT_EQ(MAP_FAILED, map);
	EXPECT_EQ(EINVAL, errno);
	map = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->fd,
		   bo.offset + bo.size);
	EXPECT_EQ(MAP_FAILED, map);
	map = mmap(NULL, 4 * PAGE, PROT_READ, MAP_SHARED, self->fd,
		   bo.offset + PAGE);
	EXPECT_EQ(MAP_FAILED, map);
	map = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->fd, 0);
	EXPECT_EQ(MAP_FAILED, map);

	/* The first page alone may be mapped, and is the same memory. */
	map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, self->fd,
		   bo.offset);
	ASSERT_NE(MAP_FAILED, map);
	memset(map, POISON, PAGE);
	EXPECT_TRUE(all_bytes(bo.map, POISON, PAGE));
	EXPECT_TRUE(all_bytes(bo.map + PAGE, 0, 3 * PAGE));
}

/* mremap() must not reach beyond the end either. */
TEST_F(bo, mapping_does_not_grow)
{
	struct bo bo;
	uint8_t *map;

	ASSERT_EQ(0, bo_new(self->fd, 4 * PAGE, variant->flags, &bo));
	map = mremap(bo.map, bo.size, 8 * PAGE, MREMAP_MAYMOVE);
	EXPECT_EQ(MAP_FAILED, map);
}

/* A part of a mapping that is moved still shows its own part of the buffer. */
TEST_F(bo, mapping_moves)
{
	uint8_t *moved, *place;
	struct bo bo;

	ASSERT_EQ(0, bo_new(self->fd, 4 * PAGE, variant->flags, &bo));
	place = mmap(NULL, 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
		     -1, 0);
	ASSERT_NE(MAP_FAILED, place);
	bo.map[2 * PAGE] = 2;
	bo.map[3 * PAGE] = 3;
	/* Forget the pages, so that they are looked up where they are now. */
	moved = mremap(bo.map + 2 * PAGE, 2 * PAGE, 2 * PAGE,
		       MREMAP_MAYMOVE | MREMAP_FIXED, place);
	ASSERT_EQ(place, moved);
	EXPECT_EQ(2, moved[0]);
	EXPECT_EQ(3, moved[PAGE]);
	EXPECT_EQ(0, munmap(moved, PAGE));
	EXPECT_EQ(3, moved[PAGE]);
	EXPECT_EQ(0, bo.map[0]);
}

/* Nobody can hold on to a page of it: wiping would miss what was copied. */
TEST_F(bo, pages_cannot_be_pinned)
{
	uint8_t copy[16];
	struct iovec here = { .iov_base = copy, .iov_len = sizeof(copy) };
	struct iovec there = { .iov_len = sizeof(copy) };
	struct bo bo;
	int pipes[2];

	ASSERT_EQ(0, bo_new(self->fd, PAGE, variant->flags, &bo));
	bo.map[0] = 1;
	there.iov_base = bo.map;
	ASSERT_EQ(0, pipe2(pipes, O_CLOEXEC | O_NONBLOCK));
	EXPECT_GT(0, vmsplice(pipes[1], &there, 1, 0));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_GT(0, process_vm_readv(getpid(), &here, 1, &there, 1, 0));
	/* Not every kernel has that call. */
	EXPECT_TRUE(errno == EFAULT || errno == ENOSYS);
}

TEST_F(bo, mmap_only_by_its_file)
{
	struct bo bo;
	int fd;

	ASSERT_EQ(0, bo_new(self->fd, PAGE, variant->flags, &bo));
	OPEN_OR_SKIP(fd);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd,
				   bo.offset));
	EXPECT_EQ(EACCES, errno);
	close(fd);
}

/* A private mapping would keep copies that no freeze and no wipe reaches. */
TEST_F(bo, no_private_mapping)
{
	struct bo bo;

	ASSERT_EQ(0, bo_new(self->fd, PAGE, variant->flags, &bo));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE, self->fd, bo.offset));
	EXPECT_EQ(EINVAL, errno);
}

TEST_F(bo, cannot_be_exported)
{
	struct drm_prime_handle prime = { .flags = DRM_CLOEXEC };
	struct bo bo;

	ASSERT_EQ(0, bo_new(self->fd, PAGE, variant->flags, &bo));
	prime.handle = bo.handle;
	prime.fd = -1;
	EXPECT_GT(0, xioctl(self->fd, DRM_IOCTL_PRIME_HANDLE_TO_FD, &prime));
	EXPECT_EQ(-1, prime.fd);
	prime.flags = DRM_CLOEXEC | DRM_RDWR;
	EXPECT_GT(0, xioctl(self->fd, DRM_IOCTL_PRIME_HANDLE_TO_FD, &prime));
}

/* No core dump holds a template. */
TEST_F(bo, not_in_core_dumps)
{
	char line[256];
	struct bo bo;
	bool here = false, excluded = false;
	FILE *maps;

	ASSERT_EQ(0, bo_new(self->fd, PAGE, variant->flags, &bo));
	maps = fopen("/proc/self/smaps", "r");
	ASSERT_NE(NULL, maps);
	while (fgets(line, sizeof(line), maps)) {
		unsigned long start, end;

		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			here = start == (unsigned long)bo.map;
		if (here && !strncmp(line, "VmFlags:", 8))
			excluded = strstr(line, " dd") || strstr(line, " io");
	}
	fclose(maps);
	EXPECT_TRUE(excluded);
}

FIXTURE(frozen)
{
	int fd;
	struct bo bo;
	__u32 gallery;
};

FIXTURE_SETUP(frozen)
{
	OPEN_OR_SKIP(self->fd);
	ASSERT_EQ(0, bo_new(self->fd, 4 * PAGE, DRM_LIMEN_BO_CARD, &self->bo));
	memset(self->bo.map, 1, self->bo.size);
	ASSERT_EQ(0, gallery_simple(self->fd, &self->bo, 512, 8,
				    &self->gallery));
}

FIXTURE_TEARDOWN(frozen)
{
	close(self->fd);
}

static sigjmp_buf escape;

static void on_bus_error(int signal)
{
	siglongjmp(escape, signal);
}

static int touch(volatile uint8_t *byte, bool write)
{
	struct sigaction action = { .sa_handler = on_bus_error };
	int signal;

	sigaction(SIGBUS, &action, NULL);
	sigaction(SIGSEGV, &action, NULL);
	signal = sigsetjmp(escape, 1);
	if (!signal) {
		if (write)
			*byte = 0;
		else
			(void)*byte;
	}
	return signal;
}

TEST_F(frozen, touching_raises_sigbus)
{
	__u64 at;

	for (at = 0; at < self->bo.size; at += PAGE) {
		EXPECT_EQ(SIGBUS, touch(self->bo.map + at, false));
		EXPECT_EQ(SIGBUS, touch(self->bo.map + at, true));
	}
}

/* A second mapping, and one that another process has inherited, go as well. */
TEST_F(frozen, every_mapping_is_revoked)
{
	struct bo bo;
	uint8_t *second;
	int go[2], status;
	__u32 gallery;
	pid_t pid;
	char byte;

	ASSERT_EQ(0, bo_new(self->fd, PAGE, DRM_LIMEN_BO_CARD, &bo));
	second = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, self->fd,
		      bo.offset);
	ASSERT_NE(MAP_FAILED, second);
	second[0] = bo.map[64] = 1;
	ASSERT_EQ(0, pipe2(go, O_CLOEXEC));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		/* Still readable before, unless it was not inherited at all. */
		touch(second, false);
		_exit(read(go[0], &byte, 1) == 1 &&
		      touch(second, false) && touch(bo.map, true) ? 0 : 1);
	}
	sleep_ms(50);
	ASSERT_EQ(0, gallery_simple(self->fd, &bo, 512, 8, &gallery));
	EXPECT_EQ(SIGBUS, touch(second, true));
	EXPECT_EQ(SIGBUS, touch(bo.map, false));
	ASSERT_EQ(1, write(go[1], "", 1));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

/* Behind the kernel's own accesses too, not only the process's. */
TEST_F(frozen, unreadable_by_other_ways)
{
	uint8_t byte = 0;
	int pipes[2];
	int mem;

	mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, mem);
	EXPECT_GT(0, pread(mem, &byte, 1, (uintptr_t)self->bo.map));
	EXPECT_GT(0, pwrite(mem, &byte, 1, (uintptr_t)self->bo.map));
	close(mem);

	ASSERT_EQ(0, pipe2(pipes, O_CLOEXEC));
	EXPECT_GT(0, write(pipes[1], self->bo.map, 1));
	EXPECT_EQ(EFAULT, errno);
}

TEST_F(frozen, maps_no_more)
{
	__u64 offset;
	uint8_t *map;

	EXPECT_EQ(-EBUSY, bo_offset(self->fd, self->bo.handle, &offset));

	/* With the offset of old: no mapping, or one that cannot be touched. */
	map = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->fd,
		   self->bo.offset);
	if (map != MAP_FAILED) {
		EXPECT_EQ(SIGBUS, touch(map, false));
	}
}

TEST_F(frozen, stays_frozen_without_its_gallery)
{
	__u64 offset;

	ASSERT_EQ(0, gallery_destroy(self->fd, self->gallery));
	EXPECT_EQ(SIGBUS, touch(self->bo.map, false));
	EXPECT_EQ(-EBUSY, bo_offset(self->fd, self->bo.handle, &offset));
}

TEST_F(frozen, serves_further_galleries)
{
	__u32 gallery;

	ASSERT_EQ(0, gallery_simple(self->fd, &self->bo, 128, 16, &gallery));
	EXPECT_NE(self->gallery, gallery);
	EXPECT_EQ(0, gallery_destroy(self->fd, gallery));
}

TEST_F(frozen, takes_part_in_no_comparison)
{
	struct drm_limen_compare_result *result;
	struct drm_limen_compare desc;
	struct bo host;
	__u32 queue;

	ASSERT_EQ(0, bo_new(self->fd, PAGE, 0, &host));
	memset(host.map, POISON, PAGE);
	result = compare_result(&host, 2048);
	ASSERT_EQ(0, queue_create(self->fd, DRM_LIMEN_QUEUE_EXPRESS, &queue));

	desc = compare_at(&host, 0, 512, 2048, 512);
	desc.probe_handle = self->bo.handle;
	EXPECT_EQ(-EBUSY, submit_compares(self->fd, queue, &desc, 1, PATIENCE));
	desc = compare_at(&host, 0, 512, 2048, 512);
	desc.reference_handle = self->bo.handle;
	EXPECT_EQ(-EBUSY, submit_compares(self->fd, queue, &desc, 1, PATIENCE));
	EXPECT_TRUE(all_bytes(result, POISON, sizeof(*result)));
}

/* The gallery holds the memory after the handle is gone. */
TEST_F(frozen, gallery_outlives_handle)
{
	struct drm_limen_memory_info before;
	struct drm_limen_scan_result *result;
	struct drm_limen_scan desc;
	struct bo host;
	__u32 queue;

	ASSERT_EQ(0, bo_new(self->fd, PAGE, 0, &host));
	memset(host.map, 1, 512);
	result = scan_result(&host, 2048);
	ASSERT_EQ(0, queue_create(self->fd, DRM_LIMEN_QUEUE_SCAN, &queue));
	ASSERT_EQ(0, limen_memory_info(self->fd, &before));
	munmap(self->bo.map, self->bo.size);
	ASSERT_EQ(0, bo_close(self->fd, self->bo.handle));

	desc = scan_at(&host, self->gallery, 2048, 1, 1);
	ASSERT_EQ(0, submit_scans(self->fd, queue, &desc, 1, PATIENCE));
	EXPECT_EQ(1, result->count);
	EXPECT_EQ(0, result->rows[0].row);
	EXPECT_EQ(512, result->rows[0].raw);
	EXPECT_EQ(LIMEN_SIMILARITY_ONE, result->rows[0].similarity);

	ASSERT_EQ(0, gallery_destroy(self->fd, self->gallery));
	EXPECT_TRUE(card_free_becomes(self->fd, before.card_free + 4 * PAGE));
}

/* All of the card, with something to hide in it. */
static int fill_card(int fd, struct bo *bo)
{
	struct drm_limen_memory_info memory;
	int ret = limen_memory_info(fd, &memory);

	if (!ret)
		ret = bo_new(fd, memory.card_free, DRM_LIMEN_BO_CARD, bo);
	if (!ret)
		memset(bo->map, POISON, bo->size);
	return ret;
}

/* Each is wiped by itself. */
#define WIPE_STEP	(1ULL << 20)

/* Not only when somebody else is given it: a board can be carried away. */
TEST(wiped_when_closed)
{
	__u64 size, left;
	struct bo bo;
	int fd;

	OPEN_OR_SKIP(fd);
	EMU_OR_SKIP();
	ASSERT_EQ(0, emu_calm());

	/* Without any wipe it would be seen. */
	ASSERT_EQ(0, fill_card(fd, &bo));
	size = bo.size;
	ASSERT_EQ(0, emu_set("lazy", 2 * ((size + WIPE_STEP - 1) / WIPE_STEP)));
	bo_free(fd, &bo);
	ASSERT_EQ(0, bo_new(fd, size, DRM_LIMEN_BO_CARD, &bo));
	EXPECT_TRUE(all_bytes(bo.map, POISON, bo.size));

	bo_free(fd, &bo);
	ASSERT_EQ(0, emu_set("lazy", (size + WIPE_STEP - 1) / WIPE_STEP));
	ASSERT_EQ(0, bo_new(fd, size, DRM_LIMEN_BO_CARD, &bo));
	EXPECT_TRUE(all_bytes(bo.map, 0, bo.size));
	ASSERT_EQ(0, emu_get("lazy", &left));
	EXPECT_EQ(0, left);
	close(fd);
}

/* Until it has been wiped a range is nobody's. */
TEST(nobody_is_given_what_is_being_wiped)
{
	__u32 handle;
	struct bo bo;
	pid_t child;
	int fd, other, status;

	OPEN_OR_SKIP(fd);
	OPEN_OR_SKIP(other);
	EMU_OR_SKIP();
	ASSERT_EQ(0, emu_calm());
	ASSERT_EQ(0, fill_card(fd, &bo));
	ASSERT_EQ(0, munmap(bo.map, bo.size));
	ASSERT_EQ(0, emu_set("wipe_ms", 60000));
	/* Who closes it does not wait for that, but who wants the range does. */
	EXPECT_EQ(0, bo_close(fd, bo.handle));
	child = fork();
	ASSERT_LE(0, child);
	if (!child)
		_exit(-bo_create(other, PAGE, DRM_LIMEN_BO_CARD, &handle));
	sleep_ms(500);
	EXPECT_EQ(0, waitpid(child, &status, WNOHANG));
	ASSERT_EQ(0, emu_set("wipe_ms", 0));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	close(fd);
	close(other);
}

TEST_HARNESS_MAIN
