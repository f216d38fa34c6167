// SPDX-License-Identifier: GPL-2.0-only
/* Galleries: every bound of their geometry from both sides, and their life. */
#include "limen_kselftest.h"

#define SIZE (16 * PAGE)

FIXTURE(gallery)
{
	int fd;
	struct bo bo;
	struct drm_limen_gallery_create good;
};

FIXTURE_SETUP(gallery)
{
	OPEN_OR_SKIP(self->fd);
	ASSERT_EQ(0, bo_new(self->fd, SIZE, DRM_LIMEN_BO_CARD, &self->bo));
	self->good = (struct drm_limen_gallery_create) {
		.handle = self->bo.handle,
		.format = DRM_LIMEN_FORMAT_S8,
		.dim = 512,
		.stride = 512,
		.rows = SIZE / 512,
	};
}

FIXTURE_TEARDOWN(gallery)
{
	close(self->fd);
}

/* A refused gallery leaves the buffer as it was: not frozen. */
#define EXPECT_REFUSED(error, field, value)				\
	do {								\
		struct drm_limen_gallery_create args = self->good;	\
		__u64 mapped_at;					\
									\
		args.field = (value);					\
		EXPECT_EQ(error, gallery_create(self->fd, &args)) {	\
			TH_LOG(#field " = %#llx",			\
			       (unsigned long long)(value));		\
		}							\
		EXPECT_EQ(0, bo_offset(self->fd, self->bo.handle,	\
				       &mapped_at));			\
		EXPECT_TRUE(all_bytes(self->bo.map, 0, SIZE));		\
	} while (0)

TEST_F(gallery, create_and_destroy)
{
	struct drm_limen_gallery_create args = self->good;

	ASSERT_EQ(0, gallery_create(self->fd, &args));
	EXPECT_NE(0, args.gallery);
	EXPECT_EQ(0, gallery_destroy(self->fd, args.gallery));
	EXPECT_EQ(-ENOENT, gallery_destroy(self->fd, args.gallery));
}

TEST_F(gallery, handle)
{
	struct drm_limen_gallery_create args = self->good;
	struct bo host;

	EXPECT_REFUSED(-ENOENT, handle, 0);
	EXPECT_REFUSED(-ENOENT, handle, NOBODY);
	ASSERT_EQ(0, bo_new(self->fd, SIZE, 0, &host));
	EXPECT_REFUSED(-EINVAL, handle, host.handle);

	/* Another file's handles mean nothing here. */
	args.handle = host.handle + 1;
	EXPECT_EQ(-ENOENT, gallery_create(self->fd, &args));
}

TEST_F(gallery, reserved_fields)
{
	unsigned int bit;

	for (bit = 0; bit < 32; bit++) {
		EXPECT_REFUSED(-EINVAL, flags, 1u << bit);
		EXPECT_REFUSED(-EINVAL, pad, 1u << bit);
		EXPECT_REFUSED(-EINVAL, gallery, 1u << bit);
	}
}

TEST_F(gallery, format)
{
	EXPECT_REFUSED(-EINVAL, format, 0);
	EXPECT_REFUSED(-EINVAL, format, 2);
	EXPECT_REFUSED(-EINVAL, format, 0x80000001);
	EXPECT_REFUSED(-EINVAL, format, 0xffffffff);
}

TEST_F(gallery, dim)
{
	static const __u32 wrong[] = {
		0, 1, 32, 63, 65, 96, 127, 129, 191, 255, 257, 319, 511, 513,
		576, 1024, 4096, 0x80000200, 0x200 << 16, 0xffffffc0,
		0xffffffff,
	};
	unsigned int i;
	__u32 dim;

	for (i = 0; i < ARRAY_SIZE(wrong); i++)
		EXPECT_REFUSED(-EINVAL, dim, wrong[i]);
	for (dim = 64; dim <= 512; dim += 64) {
		struct drm_limen_gallery_create args = self->good;

		args.dim = dim;
		args.stride = dim;
		args.rows = SIZE / dim;
		EXPECT_EQ(0, gallery_create(self->fd, &args)) {
			TH_LOG("dim %u", dim);
		}
	}
}

TEST_F(gallery, stride_too_small_or_crooked)
{
	static const __u32 wrong[] = {
		0, 1, 63, 64, 128, 448, 511, 513, 520, 544, 575, 577,
	};
	unsigned int i;

	self->good.rows = 2;
	for (i = 0; i < ARRAY_SIZE(wrong); i++)
		EXPECT_REFUSED(-EINVAL, stride, wrong[i]);

	/* With one row nobody strides, yet the rule is the same. */
	self->good.rows = 1;
	for (i = 0; i < ARRAY_SIZE(wrong); i++)
		EXPECT_REFUSED(-EINVAL, stride, wrong[i]);
}

TEST_F(gallery, stride_in_range)
{
	static const __u32 right[] = { 512, 576, 640, 1024, 4096, 4160 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(right); i++) {
		struct drm_limen_gallery_create args = self->good;

		args.stride = right[i];
		args.rows = SIZE / right[i];
		EXPECT_EQ(0, gallery_create(self->fd, &args));
	}
}

TEST_F(gallery, offset)
{
	struct drm_limen_gallery_create args = self->good;
	__u64 offset;

	self->good.rows = 1;
	for (offset = 1; offset < 64; offset++)
		EXPECT_REFUSED(-EINVAL, offset, offset);
	EXPECT_REFUSED(-EINVAL, offset, 65);
	EXPECT_REFUSED(-EINVAL, offset, SIZE - 512 + 64);
	EXPECT_REFUSED(-EINVAL, offset, SIZE);
	EXPECT_REFUSED(-EINVAL, offset, SIZE + 64);
	EXPECT_REFUSED(-EINVAL, offset, 1ULL << 32);
	EXPECT_REFUSED(-EINVAL, offset, 1ULL << 63);
	/* These wrap when the row is added. */
	EXPECT_REFUSED(-EINVAL, offset, 0ULL - 64);
	EXPECT_REFUSED(-EINVAL, offset, 0ULL - 512);

	args.rows = 1;
	args.offset = 64;
	EXPECT_EQ(0, gallery_create(self->fd, &args));
	args.gallery = 0;
	args.offset = SIZE - 512;
	EXPECT_EQ(0, gallery_create(self->fd, &args));
}

TEST_F(gallery, rows)
{
	struct drm_limen_gallery_create args = self->good;

	EXPECT_REFUSED(-EINVAL, rows, 0);
	EXPECT_REFUSED(-EINVAL, rows, SIZE / 512 + 1);
	/* rows * stride is a multiple of 2^32 */
	EXPECT_REFUSED(-EINVAL, rows, 1u << 23);
	EXPECT_REFUSED(-EINVAL, rows, (1u << 23) + 1);
	EXPECT_REFUSED(-EINVAL, rows, 0x80000000);
	EXPECT_REFUSED(-EINVAL, rows, 0xffffffff);
	args.offset = 64;
	EXPECT_EQ(-EINVAL, gallery_create(self->fd, &args));
	args.rows--;
	EXPECT_EQ(0, gallery_create(self->fd, &args));
}

/* The last row takes its components only, not the gap behind them. */
TEST_F(gallery, last_row_without_its_gap)
{
	struct drm_limen_gallery_create args = self->good;

	args.dim = 128;
	args.stride = 1024;
	args.rows = SIZE / 1024;
	args.offset = 1024 - 128;
	EXPECT_EQ(0, gallery_create(self->fd, &args));
	args.gallery = 0;
	args.offset += 64;
	EXPECT_EQ(-EINVAL, gallery_create(self->fd, &args));
}

TEST_F(gallery, geometry_does_not_wrap)
{
	struct drm_limen_gallery_create args = self->good;

	args.rows = 0xffffffff;
	args.stride = 0xffffffc0;
	EXPECT_EQ(-EINVAL, gallery_create(self->fd, &args));
	args.offset = UINT64_MAX - 63;
	EXPECT_EQ(-EINVAL, gallery_create(self->fd, &args));
	/* offset + rows * stride is 0 modulo 2^64 */
	args.rows = 0x80000000;
	args.stride = 0x80000000;
	args.offset = 0xc000000000000000;
	EXPECT_EQ(-EINVAL, gallery_create(self->fd, &args));
}

TEST_F(gallery, too_many)
{
	struct drm_limen_gallery_create args = self->good;
	unsigned int count;
	__u32 first = 0;
	int ret = 0;

	for (count = 0; count < 1u << 20; count++) {
		args.gallery = 0;
		ret = gallery_create(self->fd, &args);
		if (ret)
			break;
		if (!count)
			first = args.gallery;
	}
	ASSERT_EQ(-EDQUOT, ret);
	EXPECT_LE(16, count);
	ASSERT_EQ(0, gallery_destroy(self->fd, first));
	args.gallery = 0;
	ASSERT_EQ(0, gallery_create(self->fd, &args));
	EXPECT_NE(0, args.gallery);
	args.gallery = 0;
	EXPECT_EQ(-EDQUOT, gallery_create(self->fd, &args));
}

TEST_F(gallery, destroy_errors)
{
	struct drm_limen_gallery_create args = self->good;
	struct drm_limen_gallery_destroy destroy = { .pad = 0 };
	unsigned int bit;
	int fd;

	EXPECT_EQ(-ENOENT, gallery_destroy(self->fd, 0));
	EXPECT_EQ(-ENOENT, gallery_destroy(self->fd, NOBODY));
	EXPECT_EQ(-ENOENT, gallery_destroy(self->fd, 0xffffffff));

	ASSERT_EQ(0, gallery_create(self->fd, &args));
	destroy.gallery = args.gallery;
	for (bit = 0; bit < 32; bit++) {
		destroy.pad = 1u << bit;
		EXPECT_EQ(-EINVAL, xioctl(self->fd,
					  DRM_IOCTL_LIMEN_GALLERY_DESTROY,
					  &destroy));
	}
	/* Identifiers are each file's own. */
	OPEN_OR_SKIP(fd);
	EXPECT_EQ(-ENOENT, gallery_destroy(fd, args.gallery));
	close(fd);
	EXPECT_EQ(0, gallery_destroy(self->fd, args.gallery));
}

TEST_F(gallery, busy_under_a_comparison)
{
	struct drm_limen_gallery_create args = self->good;
	struct drm_limen_compare_result *result;
	struct drm_limen_compare desc;
	struct bo host;
	__u32 queue;

	EMU_OR_SKIP();
	ASSERT_EQ(0, bo_new(self->fd, PAGE, 0, &host));
	ASSERT_EQ(0, queue_create(self->fd, DRM_LIMEN_QUEUE_EXPRESS, &queue));
	result = compare_result(&host, 2048);
	desc = compare_at(&host, 0, 512, 2048, 512);
	desc.reference_handle = self->bo.handle;
	desc.reference_offset = 0;

	ASSERT_EQ(0, emu_hold());
	ASSERT_EQ(0, submit_compares(self->fd, queue, &desc, 1, 0));
	EXPECT_EQ(-EINPROGRESS, result->error);
	EXPECT_EQ(-EBUSY, gallery_create(self->fd, &args));
	ASSERT_EQ(0, emu_calm());
	EXPECT_EQ(0, wait_result(&result->error, PATIENCE));
	EXPECT_EQ(0, gallery_create(self->fd, &args));
}

/* Its probe lies in the buffer that is to become a gallery. */
TEST_F(gallery, busy_under_a_scan)
{
	struct drm_limen_gallery_create args = self->good;
	struct drm_limen_scan_result *result;
	struct drm_limen_scan desc;
	struct bo host, card;
	__u32 queue, gallery;

	EMU_OR_SKIP();
	ASSERT_EQ(0, bo_new(self->fd, PAGE, 0, &host));
	ASSERT_EQ(0, bo_new(self->fd, PAGE, DRM_LIMEN_BO_CARD, &card));
	ASSERT_EQ(0, gallery_simple(self->fd, &card, 512, 8, &gallery));
	ASSERT_EQ(0, queue_create(self->fd, DRM_LIMEN_QUEUE_SCAN, &queue));
	result = scan_result(&host, 0);
	desc = scan_at(&host, gallery, 0, 8, 1);
	desc.probe_handle = self->bo.handle;

	ASSERT_EQ(0, emu_hold());
	ASSERT_EQ(0, submit_scans(self->fd, queue, &desc, 1, 0));
	EXPECT_EQ(-EINPROGRESS, result->error);
	EXPECT_EQ(-EBUSY, gallery_create(self->fd, &args));
	ASSERT_EQ(0, emu_calm());
	EXPECT_EQ(0, wait_result(&result->error, PATIENCE));
	EXPECT_EQ(0, gallery_create(self->fd, &args));
}

TEST_HARNESS_MAIN
