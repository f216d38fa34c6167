// SPDX-License-Identifier: GPL-2.0-only
/* DRM_IOCTL_LIMEN_QUERY: what it tells, and to whom it tells nothing. */
#include "limen_kselftest.h"

/* What user space is told of the board are the board's own words. */
_Static_assert(DRM_LIMEN_FEATURE_CAMERA == LIMEN_HW_FEATURE_CAMERA &&
	       DRM_LIMEN_FEATURE_SENSORS == LIMEN_HW_FEATURE_SENSORS &&
	       DRM_LIMEN_FEATURE_CLOCK == LIMEN_HW_FEATURE_CLOCK,
	       "features are as the board tells them");

FIXTURE(query)
{
	int fd;
};

FIXTURE_VARIANT(query)
{
	__u32 type;
	__u32 size;
};

FIXTURE_VARIANT_ADD(query, device)
{
	.type = DRM_LIMEN_QUERY_DEVICE,
	.size = sizeof(struct drm_limen_device_info),
};

FIXTURE_VARIANT_ADD(query, memory)
{
	.type = DRM_LIMEN_QUERY_MEMORY,
	.size = sizeof(struct drm_limen_memory_info),
};

FIXTURE_VARIANT_ADD(query, stats)
{
	.type = DRM_LIMEN_QUERY_STATS,
	.size = sizeof(struct drm_limen_stats),
};

FIXTURE_SETUP(query)
{
	OPEN_OR_SKIP(self->fd);
}

FIXTURE_TEARDOWN(query)
{
	close(self->fd);
}

static int query(int fd, __u32 type, void *data, __u32 *size)
{
	struct drm_limen_query args = {
		.type = type,
		.size = *size,
		.pointer = (uintptr_t)data,
	};
	int ret = xioctl(fd, DRM_IOCTL_LIMEN_QUERY, &args);

	*size = args.size;
	return ret;
}

TEST_F(query, null_pointer_tells_the_size)
{
	static const __u32 given[] = { 0, 1, DRM_LIMEN_SIZE_MAX };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(given); i++) {
		__u32 size = given[i];

		EXPECT_EQ(0, query(self->fd, variant->type, NULL, &size));
		EXPECT_EQ(variant->size, size);
	}
}

TEST_F(query, writes_no_more_than_asked)
{
	uint8_t whole[512], part[512];
	__u32 wanted, size = variant->size;

	ASSERT_EQ(0, query(self->fd, variant->type, whole, &size));
	for (wanted = 0; wanted < variant->size; wanted++) {
		memset(part, POISON, sizeof(part));
		size = wanted;
		ASSERT_EQ(0, query(self->fd, variant->type, part, &size));
		ASSERT_EQ(variant->size, size);
		ASSERT_EQ(0, memcmp(part, whole, wanted));
		ASSERT_TRUE(all_bytes(part + wanted, POISON,
				      sizeof(part) - wanted));
	}
}

TEST_F(query, zeroes_what_it_does_not_know)
{
	uint8_t data[1024];
	__u32 size = variant->size + 100;

	memset(data, POISON, sizeof(data));
	ASSERT_EQ(0, query(self->fd, variant->type, data, &size));
	EXPECT_EQ(variant->size, size);
	EXPECT_TRUE(all_bytes(data + variant->size, 0, 100));
	EXPECT_TRUE(all_bytes(data + variant->size + 100, POISON,
			      sizeof(data) - variant->size - 100));
}

TEST_F(query, bad_address)
{
	uint8_t *page = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	__u32 size = variant->size;

	ASSERT_NE(MAP_FAILED, page);
	EXPECT_EQ(-EFAULT, query(self->fd, variant->type, (void *)8, &size));
	size = variant->size;
	EXPECT_EQ(-EFAULT, query(self->fd, variant->type,
				 (void *)0xffff888000000000UL, &size));

	/* The end of the structure, then of the padding, lies in a hole. */
	ASSERT_EQ(0, munmap(page + PAGE, PAGE));
	size = variant->size;
	EXPECT_EQ(-EFAULT, query(self->fd, variant->type, page + PAGE - 8,
				 &size));
	size = DRM_LIMEN_SIZE_MAX;
	EXPECT_EQ(-EFAULT, query(self->fd, variant->type, page + 8, &size));

	/* Up to the hole is fine. */
	size = variant->size;
	EXPECT_EQ(0, query(self->fd, variant->type,
			   page + PAGE - variant->size, &size));

	ASSERT_EQ(0, mprotect(page, PAGE, PROT_READ));
	size = variant->size;
	EXPECT_EQ(-EFAULT, query(self->fd, variant->type, page, &size));
}

/* Else the kernel would be kept busy with zeros. */
TEST_F(query, size_out_of_range)
{
	static const __u32 given[] = {
		DRM_LIMEN_SIZE_MAX + 1, 1 << 20, 0x80000000, 0xffffffff,
	};
	size_t room = 1ULL << 32;
	void *memory = mmap(NULL, room, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	__u32 size = DRM_LIMEN_SIZE_MAX;
	unsigned int i;

	ASSERT_NE(MAP_FAILED, memory);
	EXPECT_EQ(0, query(self->fd, variant->type, memory, &size));
	for (i = 0; i < ARRAY_SIZE(given); i++) {
		__s64 begin = now_ns();

		size = given[i];
		ASSERT_EQ(-EINVAL, query(self->fd, variant->type, memory,
					 &size));
		EXPECT_GT(NSEC_PER_SEC, now_ns() - begin);
	}
	munmap(memory, room);
}

TEST_F(query, needs_no_privilege)
{
	uint8_t data[512];
	__u32 size = variant->size;

	ASSERT_EQ(0, setgid(65534));
	ASSERT_EQ(0, setuid(65534));
	EXPECT_EQ(0, query(self->fd, variant->type, data, &size));
}

TEST(unknown_type)
{
	static const __u32 types[] = { 3, 4, 0x80000000, 0xffffffff };
	uint8_t data[64];
	unsigned int i;
	int fd;

	OPEN_OR_SKIP(fd);
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		__u32 size = sizeof(data);

		memset(data, POISON, sizeof(data));
		EXPECT_EQ(-EINVAL, query(fd, types[i], data, &size));
		EXPECT_TRUE(all_bytes(data, POISON, sizeof(data)));
		EXPECT_EQ(-EINVAL, query(fd, types[i], NULL, &size));
	}
	close(fd);
}

TEST(device_info)
{
	struct drm_limen_device_info info;
	int fd;

	OPEN_OR_SKIP(fd);
	memset(&info, POISON, sizeof(info));
	ASSERT_EQ(0, limen_device_info(fd, &info));
	EXPECT_EQ(LIMEN_HW_VERSION_MAJOR, info.hw_version >> 16);
	EXPECT_EQ(0, info.hw_features & ~(DRM_LIMEN_FEATURE_CAMERA |
					  DRM_LIMEN_FEATURE_SENSORS |
					  DRM_LIMEN_FEATURE_CLOCK |
					  DRM_LIMEN_FEATURE_FIRMWARE));
	EXPECT_EQ(!(info.hw_features & DRM_LIMEN_FEATURE_FIRMWARE),
		  !info.firmware_version);
	EXPECT_EQ(!(info.hw_features & DRM_LIMEN_FEATURE_FIRMWARE),
		  !info.firmware_security);
	EXPECT_EQ(512, info.dim_max);
	EXPECT_EQ(LIMEN_HW_TOP_K_MAX, info.top_k_max);
	EXPECT_LT(0, info.batch_max);
	/* Else a batch could not be submitted whole. */
	EXPECT_LE(info.batch_max, info.express_depth);
	EXPECT_LT(0, info.scan_depth);
	EXPECT_LT(0, info.watchdog_ms);
	EXPECT_EQ(!(info.hw_features & DRM_LIMEN_FEATURE_CLOCK),
		  !info.clock_khz);
	EXPECT_LT(0, strnlen(info.board, sizeof(info.board)));
	EXPECT_GT(sizeof(info.board), strnlen(info.board, sizeof(info.board)));
	/* Nothing of the kernel's behind the name. */
	EXPECT_TRUE(all_bytes(info.board + strlen(info.board), 0,
			      sizeof(info.board) - strlen(info.board)));
	close(fd);
}

TEST(memory_of_this_user)
{
	struct drm_limen_memory_info before, with, other, after;
	__u32 host, card;
	int fd, fd2;

	OPEN_OR_SKIP(fd);
	OPEN_OR_SKIP(fd2);
	ASSERT_TRUE(card_used_becomes(fd, 0));
	ASSERT_EQ(0, limen_memory_info(fd, &before));
	EXPECT_LT(0, before.card_size);
	EXPECT_EQ(0, before.card_size % PAGE);
	EXPECT_LE(before.card_free, before.card_size);
	EXPECT_LT(0, before.host_limit);
	EXPECT_EQ(0, before.host_used);
	EXPECT_EQ(before.card_size / 4 * 3, before.card_limit);

	ASSERT_EQ(0, bo_create(fd, 3 * PAGE - 1, 0, &host));
	ASSERT_EQ(0, bo_create(fd, 5 * PAGE, DRM_LIMEN_BO_CARD, &card));
	ASSERT_EQ(0, limen_memory_info(fd, &with));
	EXPECT_EQ(3 * PAGE, with.host_used);
	EXPECT_EQ(before.card_free - 5 * PAGE, with.card_free);
	EXPECT_EQ(before.card_size, with.card_size);
	EXPECT_EQ(before.host_limit, with.host_limit);
	EXPECT_EQ(before.card_limit, with.card_limit);
	EXPECT_EQ(5 * PAGE, with.card_used);

	/* Every file of the user's says the same. */
	ASSERT_EQ(0, limen_memory_info(fd2, &other));
	EXPECT_EQ(0, memcmp(&with, &other, sizeof(with)));

	ASSERT_EQ(0, bo_close(fd, host));
	ASSERT_EQ(0, bo_close(fd, card));
	EXPECT_TRUE(card_free_becomes(fd, before.card_free));
	ASSERT_EQ(0, limen_memory_info(fd, &after));
	EXPECT_EQ(0, after.host_used);
	EXPECT_EQ(0, after.card_used);
	close(fd2);
	close(fd);
}

/* The cycles that are counted are those of the clock that is told. */
TEST(clock)
{
	struct drm_limen_device_info info;
	struct drm_limen_stats before, after;
	struct drm_limen_compare desc;
	double cycles, expected;
	struct bo host;
	unsigned int i;
	__u32 queue;
	int fd;

	OPEN_OR_SKIP(fd);
	ASSERT_EQ(0, limen_device_info(fd, &info));
	if (!(info.hw_features & DRM_LIMEN_FEATURE_CLOCK))
		SKIP(return, "the board does not tell its clock");
	ASSERT_EQ(0, bo_new(fd, PAGE, 0, &host));
	ASSERT_EQ(0, queue_create(fd, DRM_LIMEN_QUEUE_EXPRESS, &queue));
	desc = compare_at(&host, 0, 512, 2048, 512);
	ASSERT_EQ(0, limen_stats(fd, &before));
	for (i = 0; i < 100; i++)
		ASSERT_EQ(0, submit_compares(fd, queue, &desc, 1, PATIENCE));
	ASSERT_EQ(0, limen_stats(fd, &after));
	cycles = after.express_cycles - before.express_cycles;
	expected = (after.express_busy_ns - before.express_busy_ns) / 1e6 *
		   info.clock_khz;
	EXPECT_LT(0, cycles);
	/* Each comparison's are rounded, and so is its time. */
	EXPECT_LT(0.8 * expected - 100, cycles);
	EXPECT_GT(1.2 * expected + 100, cycles);
	close(fd);
}

TEST_HARNESS_MAIN
