// SPDX-License-Identifier: GPL-2.0-only
/* Queues: their arguments, their number, and what their end does to work. */
#include "limen_kselftest.h"

FIXTURE(queue)
{
	int fd;
	struct bo bo;
};

FIXTURE_VARIANT(queue)
{
	__u32 type;
};

FIXTURE_VARIANT_ADD(queue, express)
{
	.type = DRM_LIMEN_QUEUE_EXPRESS,
};

FIXTURE_VARIANT_ADD(queue, scan)
{
	.type = DRM_LIMEN_QUEUE_SCAN,
};

FIXTURE_SETUP(queue)
{
	OPEN_OR_SKIP(self->fd);
}

FIXTURE_TEARDOWN(queue)
{
	close(self->fd);
}

TEST_F(queue, create_and_destroy)
{
	__u32 first, second;

	ASSERT_EQ(0, queue_create(self->fd, variant->type, &first));
	ASSERT_EQ(0, queue_create(self->fd, variant->type, &second));
	EXPECT_NE(0, first);
	EXPECT_NE(0, second);
	EXPECT_NE(first, second);
	EXPECT_EQ(0, queue_destroy(self->fd, first));
	EXPECT_EQ(-ENOENT, queue_destroy(self->fd, first));
	EXPECT_EQ(0, queue_destroy(self->fd, second));
}

TEST_F(queue, reserved_fields)
{
	unsigned int bit;

	for (bit = 0; bit < 32; bit++) {
		struct drm_limen_queue_create flags = {
			.type = variant->type, .flags = 1u << bit,
		};
		struct drm_limen_queue_create queue = {
			.type = variant->type, .queue = 1u << bit,
		};
		struct drm_limen_queue_create pad = {
			.type = variant->type, .pad = 1u << bit,
		};

		EXPECT_EQ(-EINVAL, xioctl(self->fd,
					  DRM_IOCTL_LIMEN_QUEUE_CREATE,
					  &flags));
		EXPECT_EQ(-EINVAL, xioctl(self->fd,
					  DRM_IOCTL_LIMEN_QUEUE_CREATE,
					  &queue));
		EXPECT_EQ(-EINVAL, xioctl(self->fd,
					  DRM_IOCTL_LIMEN_QUEUE_CREATE, &pad));
	}
}

TEST_F(queue, too_many)
{
	unsigned int count;
	__u32 queue, first = 0;
	int ret = 0;

	for (count = 0; count < 1u << 16; count++) {
		ret = queue_create(self->fd, variant->type, &queue);
		if (ret)
			break;
		if (!count)
			first = queue;
	}
	ASSERT_EQ(-EDQUOT, ret);
	EXPECT_LE(4, count);

	ASSERT_EQ(0, queue_destroy(self->fd, first));
	EXPECT_EQ(0, queue_create(self->fd, variant->type, &queue));
	EXPECT_EQ(-EDQUOT, queue_create(self->fd, variant->type, &queue));
}

TEST_F(queue, destroy_errors)
{
	struct drm_limen_queue_destroy args = { .pad = 0 };
	unsigned int bit;
	__u32 queue;
	int fd;

	EXPECT_EQ(-ENOENT, queue_destroy(self->fd, 0));
	EXPECT_EQ(-ENOENT, queue_destroy(self->fd, NOBODY));
	EXPECT_EQ(-ENOENT, queue_destroy(self->fd, 0xffffffff));

	ASSERT_EQ(0, queue_create(self->fd, variant->type, &queue));
	args.queue = queue;
	for (bit = 0; bit < 32; bit++) {
		args.pad = 1u << bit;
		EXPECT_EQ(-EINVAL, xioctl(self->fd,
					  DRM_IOCTL_LIMEN_QUEUE_DESTROY,
					  &args));
	}
	OPEN_OR_SKIP(fd);
	EXPECT_EQ(-ENOENT, queue_destroy(fd, queue));
	close(fd);
	EXPECT_EQ(0, queue_destroy(self->fd, queue));
}

TEST(unknown_type)
{
	static const __u32 types[] = { 0, 3, 4, 0x80000001, 0xffffffff };
	unsigned int i;
	__u32 queue;
	int fd;

	OPEN_OR_SKIP(fd);
	for (i = 0; i < ARRAY_SIZE(types); i++)
		EXPECT_EQ(-EINVAL, queue_create(fd, types[i], &queue));
	close(fd);
}

FIXTURE(pending)
{
	int fd;
	struct bo host;
	__u32 scan;
	__u32 express;
	__u32 gallery;
	struct manual_fence fence;
	__u32 in_sync;
	__u32 out_sync;
};

FIXTURE_SETUP(pending)
{
	struct bo card;
	int ret;

	OPEN_OR_SKIP(self->fd);
	ret = manual_fence_open(&self->fence);
	if (ret == -ENODEV)
		SKIP(return, "no vgem: nothing to hold a submission back with");
	ASSERT_EQ(0, ret);
	ASSERT_EQ(0, bo_new(self->fd, 2 * PAGE, 0, &self->host));
	memset(self->host.map, 1, 512);
	ASSERT_EQ(0, bo_new(self->fd, PAGE, DRM_LIMEN_BO_CARD, &card));
	memset(card.map, 1, PAGE);
	ASSERT_EQ(0, gallery_simple(self->fd, &card, 512, 8, &self->gallery));
	ASSERT_EQ(0, queue_create(self->fd, DRM_LIMEN_QUEUE_SCAN, &self->scan));
	ASSERT_EQ(0, queue_create(self->fd, DRM_LIMEN_QUEUE_EXPRESS,
				  &self->express));
	ASSERT_EQ(0, syncobj_create(self->fd, &self->in_sync));
	ASSERT_EQ(0, syncobj_import(self->fd, self->in_sync,
				    self->fence.sync_file));
	ASSERT_EQ(0, syncobj_create(self->fd, &self->out_sync));
}

FIXTURE_TEARDOWN(pending)
{
	manual_fence_close(&self->fence);
	close(self->fd);
}

/* A scan that waits for the fence. */
static int submit_held(FIXTURE_DATA(pending) *self)
{
	struct drm_limen_sync in = { .handle = self->in_sync };
	struct drm_limen_sync out = { .handle = self->out_sync };
	struct drm_limen_scan desc = scan_at(&self->host, self->gallery, PAGE,
					     8, 4);
	struct drm_limen_submit args = {
		.queue = self->scan,
		.descs = (uintptr_t)&desc,
		.count = 1,
		.desc_size = sizeof(desc),
		.in_syncs = (uintptr_t)&in,
		.in_sync_count = 1,
		.out_syncs = (uintptr_t)&out,
		.out_sync_count = 1,
		.sync_size = sizeof(in),
	};

	return submit(self->fd, &args);
}

TEST_F(pending, destroy_cancels_what_has_not_begun)
{
	struct drm_limen_scan_result *result = scan_result(&self->host, PAGE);
	int sync_file;

	ASSERT_EQ(0, submit_held(self));
	EXPECT_EQ(-EINPROGRESS, result->error);
	ASSERT_EQ(0, queue_destroy(self->fd, self->scan));
	ASSERT_EQ(0, manual_fence_signal(&self->fence));
	EXPECT_EQ(-ECANCELED, wait_result(&result->error, 5 * NSEC_PER_SEC));
	EXPECT_EQ(0, result->count);
	ASSERT_EQ(0, syncobj_wait(self->fd, self->out_sync, NSEC_PER_SEC));
	ASSERT_EQ(0, syncobj_export(self->fd, self->out_sync, &sync_file));
	EXPECT_EQ(-ECANCELED, sync_file_status(sync_file));
	close(sync_file);
}

/* What the board has may finish; the rest is cancelled; nothing is lost. */
TEST_F(pending, destroy_under_comparisons)
{
	struct drm_limen_compare_result *results = compare_result(&self->host,
								  1024);
	struct drm_limen_compare descs[8];
	unsigned int i;

	EMU_OR_SKIP();
	for (i = 0; i < ARRAY_SIZE(descs); i++)
		descs[i] = compare_at(&self->host, 0, 0, 1024 + i * 32, 512);
	ASSERT_EQ(0, emu_slow(100));
	ASSERT_EQ(0, submit_compares(self->fd, self->express, descs,
				     ARRAY_SIZE(descs), 0));
	ASSERT_EQ(0, queue_destroy(self->fd, self->express));
	ASSERT_EQ(0, emu_slow(0));
	for (i = 0; i < ARRAY_SIZE(descs); i++) {
		int error = wait_result(&results[i].error, PATIENCE);

		EXPECT_TRUE(error == -ECANCELED ||
			    (!error && results[i].raw == 512));
	}
}

TEST_F(pending, gallery_destroy_lets_it_finish)
{
	struct drm_limen_scan_result *result = scan_result(&self->host, PAGE);

	ASSERT_EQ(0, submit_held(self));
	ASSERT_EQ(0, gallery_destroy(self->fd, self->gallery));
	EXPECT_EQ(-EINPROGRESS, result->error);
	ASSERT_EQ(0, manual_fence_signal(&self->fence));
	EXPECT_EQ(0, wait_result(&result->error, PATIENCE));
	EXPECT_EQ(4, result->count);
	EXPECT_EQ(512, result->rows[0].raw);
}

/* Close everything at once; the kernel's log tells if that was clean. */
TEST_F(pending, close_with_work_under_way)
{
	long mark = kmsg_mark();
	char line[256];
	int fd;

	ASSERT_EQ(0, submit_held(self));
	munmap(self->host.map, self->host.size);
	close(self->fd);
	OPEN_OR_SKIP(fd);
	self->fd = fd;
	ASSERT_EQ(0, manual_fence_signal(&self->fence));
	sleep_ms(100);
	EXPECT_TRUE(kmsg_clean(mark, line, sizeof(line))) TH_LOG("%s", line);
}

TEST_F(pending, other_queues_are_not_cancelled)
{
	struct drm_limen_compare desc = compare_at(&self->host, 0, 0, 1024,
						   512);
	struct drm_limen_compare_result *result = compare_result(&self->host,
								 1024);

	ASSERT_EQ(0, submit_held(self));
	ASSERT_EQ(0, submit_compares(self->fd, self->express, &desc, 1, 0));
	ASSERT_EQ(0, queue_destroy(self->fd, self->scan));
	EXPECT_EQ(0, wait_result(&result->error, PATIENCE));
	EXPECT_EQ(512, result->raw);
}

TEST_HARNESS_MAIN
