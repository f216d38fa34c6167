// SPDX-License-Identifier: GPL-2.0-only
/*
 * What may be a gallery, around every limit.
 */
#include <kunit/test.h>

/* What is tested is compiled in here, so that nothing has to be exported. */
#include "../gallery.c"

/* Of the buffer in all of these tests. */
#define SIZE	(4ull << 30)

/* Checking a geometry touches no buffer; what would is not run here. */
struct limen_bo *limen_bo_lookup(struct drm_file *file, u32 handle)
{
	return NULL;
}

void limen_bo_put(struct limen_bo *bo)
{
}

int limen_bo_freeze(struct limen_bo *bo)
{
	return -EBUSY;
}

u64 limen_bo_address(const struct limen_bo *bo, u64 offset)
{
	return offset;
}

int limen_user_claim(struct limen_user *user, enum limen_share share,
		     u64 count)
{
	return -EDQUOT;
}

void limen_user_unreserve(struct limen_user *user, enum limen_share share,
			  u64 count)
{
}

/**
 * struct geometry - a gallery and whether it may be
 * @name: what is special about it
 * @args: what user space asks for
 * @host: the buffer is in host memory
 * @ret: what the check must say
 */
struct geometry {
	const char *name;
	struct drm_limen_gallery_create args;
	bool host;
	int ret;
};

#define GEOMETRY(_dim, _stride, _rows, _offset)		\
	.args = {					\
		.format = DRM_LIMEN_FORMAT_S8,		\
		.dim = (_dim),				\
		.stride = (_stride),			\
		.rows = (_rows),			\
		.offset = (_offset),			\
	}

static const struct geometry geometries[] = {
	{ "one row", GEOMETRY(512, 512, 1, 0) },
	{ "smallest dimension", GEOMETRY(64, 64, 1, 0) },
	{ "no dimension", GEOMETRY(0, 64, 1, 0), .ret = -EINVAL },
	{ "odd dimension", GEOMETRY(65, 128, 1, 0), .ret = -EINVAL },
	{ "largest dimension and a step", GEOMETRY(576, 576, 1, 0),
	  .ret = -EINVAL },
	{ "no rows", GEOMETRY(512, 512, 0, 0), .ret = -EINVAL },
	{ "rows that overlap", GEOMETRY(512, 448, 2, 0), .ret = -EINVAL },
	{ "rows apart", GEOMETRY(512, 576, 2, 0) },
	{ "odd stride", GEOMETRY(512, 520, 2, 0), .ret = -EINVAL },
	{ "odd offset", GEOMETRY(512, 512, 1, 32), .ret = -EINVAL },
	{ "host memory", GEOMETRY(512, 512, 1, 0), .host = true,
	  .ret = -EINVAL },
	{ "whole buffer", GEOMETRY(512, 512, SIZE / 512, 0) },
	{ "a row more", GEOMETRY(512, 512, SIZE / 512 + 1, 0),
	  .ret = -EINVAL },
	{ "whole buffer, shifted", GEOMETRY(512, 512, SIZE / 512, 64),
	  .ret = -EINVAL },
	{ "the last row needs no stride",
	  GEOMETRY(64, 128, SIZE / 128, 64) },
	{ "last row at the end", GEOMETRY(512, 512, 1, SIZE - 512) },
	{ "last row behind the end", GEOMETRY(512, 512, 1, SIZE - 448),
	  .ret = -EINVAL },
	{ "offset that overflows", GEOMETRY(512, 512, 1, -64ull),
	  .ret = -EINVAL },
	{ "all bits in stride and rows",
	  GEOMETRY(512, U32_MAX - 63, U32_MAX, 0), .ret = -EINVAL },
	{ "product that overflows 32 bits",
	  GEOMETRY(64, 1 << 16, (1 << 16) + 1, 0), .ret = -EINVAL },
};

static void geometry_name(const struct geometry *geometry, char *name)
{
	strscpy(name, geometry->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(geometry, geometries, geometry_name);

static void geometry_is_checked(struct kunit *test)
{
	const struct geometry *geometry = test->param_value;
	struct limen_bo *bo = kunit_kzalloc(test, sizeof(*bo), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, bo);
	bo->base.size = SIZE;
	bo->card = !geometry->host;
	KUNIT_EXPECT_EQ(test, limen_gallery_check(bo, &geometry->args),
			geometry->ret);
}

static void format_is_checked(struct kunit *test)
{
	struct geometry geometry = { GEOMETRY(512, 512, 1, 0) };
	struct limen_bo *bo = kunit_kzalloc(test, sizeof(*bo), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, bo);
	bo->base.size = SIZE;
	bo->card = true;
	geometry.args.format = DRM_LIMEN_FORMAT_S8 + 1;
	KUNIT_EXPECT_EQ(test, limen_gallery_check(bo, &geometry.args), -EINVAL);
}

static struct kunit_case gallery_cases[] = {
	KUNIT_CASE_PARAM(geometry_is_checked, geometry_gen_params),
	KUNIT_CASE(format_is_checked),
	{ }
};

static struct kunit_suite gallery_suite = {
	.name = "limen-gallery",
	.test_cases = gallery_cases,
};

kunit_test_suite(gallery_suite);
