// SPDX-License-Identifier: GPL-2.0-only
/* SCAN: the same rows as the reference in the same order, and dependencies. */
#include "limen_kselftest.h"

#define PROBE		0
#define RESULT		PAGE
#define HOST_SIZE	(16 * PAGE)
#define ROWS		600

FIXTURE(scan)
{
	int fd;
	struct drm_limen_device_info info;
	struct bo host;
	struct bo card;
	__s8 *rows;
	__u32 queue;
	__u32 gallery;
	struct drm_limen_scan good;
	struct drm_limen_scan_result *result;
	struct drm_limen_scan_row *expected;
};

FIXTURE_VARIANT(scan)
{
	__u32 dim;
	__u32 stride;
	__u64 offset;
};

FIXTURE_VARIANT_ADD(scan, dim64)
{
	.dim = 64,
	.stride = 64,
};

FIXTURE_VARIANT_ADD(scan, dim128)
{
	.dim = 128,
	.stride = 128,
};

/* Rows without gaps that cross from page to page. */
FIXTURE_VARIANT_ADD(scan, dim192)
{
	.dim = 192,
	.stride = 192,
	.offset = 64,
};

FIXTURE_VARIANT_ADD(scan, dim256_apart)
{
	.dim = 256,
	.stride = 320,
	.offset = 64,
};

FIXTURE_VARIANT_ADD(scan, dim512)
{
	.dim = 512,
	.stride = 512,
	.offset = 4096,
};

FIXTURE_SETUP(scan)
{
	struct drm_limen_gallery_create args = {
		.format = DRM_LIMEN_FORMAT_S8,
		.offset = variant->offset,
		.dim = variant->dim,
		.stride = variant->stride,
		.rows = ROWS,
	};
	size_t size = (size_t)ROWS * variant->stride;

	OPEN_OR_SKIP(self->fd);
	ASSERT_EQ(0, limen_device_info(self->fd, &self->info));
	ASSERT_EQ(0, bo_new(self->fd, HOST_SIZE, 0, &self->host));
	ASSERT_EQ(0, bo_new(self->fd, variant->offset + size,
			    DRM_LIMEN_BO_CARD, &self->card));
	self->rows = malloc(size);
	self->expected = calloc(ROWS, sizeof(*self->expected));
	ASSERT_NE(NULL, self->rows);
	ASSERT_NE(NULL, self->expected);
	fill_rows(self->rows, ROWS, variant->dim, variant->stride, 77);
	memcpy(self->card.map + variant->offset, self->rows, size);
	args.handle = self->card.handle;
	ASSERT_EQ(0, gallery_create(self->fd, &args));
	self->gallery = args.gallery;
	ASSERT_EQ(0, queue_create(self->fd, DRM_LIMEN_QUEUE_SCAN,
				  &self->queue));

	fill_vector((__s8 *)self->host.map, variant->dim, PATTERN_RANDOM, 77);
	self->good = scan_at(&self->host, self->gallery, RESULT, ROWS, 10);
	self->good.min_similarity = -LIMEN_SIMILARITY_ONE;
	self->result = scan_result(&self->host, RESULT);
	memset(self->result, POISON, HOST_SIZE - RESULT);
}

FIXTURE_TEARDOWN(scan)
{
	if (emu_present())
		emu_calm();
	free(self->rows);
	free(self->expected);
	close(self->fd);
}

static int submit_good(FIXTURE_DATA(scan) *self, __s64 timeout)
{
	return submit_scans(self->fd, self->queue, &self->good, 1, timeout);
}

/* A finished result equals the reference, and nothing lies behind it. */
static bool result_matches(FIXTURE_DATA(scan) *self,
			   const FIXTURE_VARIANT(scan) *variant)
{
	__u32 count = reference_scan(&self->good, (__s8 *)self->host.map,
				     self->rows, variant->dim, variant->stride,
				     self->expected);
	size_t room = scan_result_size(self->good.top_k);

	return !self->result->error && self->result->count == count &&
	       !memcmp(self->result->rows, self->expected,
		       count * sizeof(*self->expected)) &&
	       all_bytes((uint8_t *)self->result + room, POISON,
			 HOST_SIZE - RESULT - room);
}

static struct drm_limen_submit good_args(FIXTURE_DATA(scan) *self)
{
	return (struct drm_limen_submit) {
		.queue = self->queue,
		.flags = DRM_LIMEN_SUBMIT_WAIT,
		.descs = (uintptr_t)&self->good,
		.count = 1,
		.desc_size = sizeof(self->good),
		.sync_size = sizeof(struct drm_limen_sync),
		.timeout_ns = in_ns(PATIENCE),
	};
}

TEST_F(scan, top_k)
{
	/* The last two ask for all rows, and for more than there are. */
	__u32 counts[] = { 1, 2, 10, 255, ROWS - 1, ROWS, ROWS + 1, 1024 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		self->good.top_k = counts[i];
		memset(self->result, POISON, HOST_SIZE - RESULT);
		ASSERT_EQ(0, submit_good(self, PATIENCE));
		EXPECT_TRUE(result_matches(self, variant)) {
			TH_LOG("top_k %u", counts[i]);
		}
	}
}

TEST_F(scan, min_similarity)
{
	static const __s32 floors[] = {
		INT32_MIN, -LIMEN_SIMILARITY_ONE - 1, -LIMEN_SIMILARITY_ONE,
		-1, 0, 1, 500, LIMEN_SIMILARITY_ONE - 1, LIMEN_SIMILARITY_ONE,
		LIMEN_SIMILARITY_ONE + 1, INT32_MAX,
	};
	unsigned int i;

	self->good.top_k = self->info.top_k_max;
	for (i = 0; i < ARRAY_SIZE(floors); i++) {
		self->good.min_similarity = floors[i];
		memset(self->result, POISON, HOST_SIZE - RESULT);
		ASSERT_EQ(0, submit_good(self, PATIENCE));
		EXPECT_TRUE(result_matches(self, variant)) {
			TH_LOG("floor %d", floors[i]);
		}
	}
	/* The last one lets nothing through. */
	EXPECT_EQ(0, self->result->count);
}

/* The floor is inclusive: exactly at a row's similarity, one above, one below */
TEST_F(scan, floor_at_a_row)
{
	__s32 at;
	int step;

	self->good.top_k = ROWS;
	ASSERT_EQ(0, submit_good(self, PATIENCE));
	at = self->result->rows[ROWS / 3].similarity;
	for (step = -1; step <= 1; step++) {
		self->good.min_similarity = at + step;
		memset(self->result, POISON, HOST_SIZE - RESULT);
		ASSERT_EQ(0, submit_good(self, PATIENCE));
		EXPECT_TRUE(result_matches(self, variant));
	}
}

/* Every row ties with every other: row numbers alone decide. */
TEST_F(scan, probe_without_direction)
{
	__u32 i;

	memset(self->host.map, 0, variant->dim);
	self->good.top_k = 100;
	ASSERT_EQ(0, submit_good(self, PATIENCE));
	EXPECT_TRUE(result_matches(self, variant));
	for (i = 0; i < 100; i++)
		EXPECT_EQ(i, self->result->rows[i].row);
}

TEST_F(scan, adversarial_probes)
{
	enum pattern pattern;

	self->good.top_k = 64;
	for (pattern = 0; pattern < PATTERNS; pattern++) {
		fill_vector((__s8 *)self->host.map, variant->dim, pattern, 9);
		memset(self->result, POISON, HOST_SIZE - RESULT);
		ASSERT_EQ(0, submit_good(self, PATIENCE));
		EXPECT_TRUE(result_matches(self, variant)) {
			TH_LOG("pattern %d", pattern);
		}
	}
}

TEST_F(scan, probe_on_the_card)
{
	struct bo probe;

	ASSERT_EQ(0, bo_new(self->fd, PAGE, DRM_LIMEN_BO_CARD, &probe));
	memcpy(probe.map + PAGE - variant->dim, self->host.map, variant->dim);
	self->good.probe_handle = probe.handle;
	self->good.probe_offset = PAGE - variant->dim;
	ASSERT_EQ(0, submit_good(self, PATIENCE));
	EXPECT_TRUE(result_matches(self, variant));
}

TEST_F(scan, batch)
{
	struct drm_limen_scan descs[8];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(descs); i++) {
		descs[i] = self->good;
		descs[i].first_row = i * 70;
		descs[i].row_count = ROWS - i * 80;
		descs[i].top_k = i + 1;
		descs[i].result_offset += i * 256;
	}
	ASSERT_EQ(0, submit_scans(self->fd, self->queue, descs,
				  ARRAY_SIZE(descs), PATIENCE));
	for (i = 0; i < ARRAY_SIZE(descs); i++) {
		__u32 count = reference_scan(&descs[i],
					     (__s8 *)self->host.map,
					     self->rows, variant->dim,
					     variant->stride, self->expected);
		struct drm_limen_scan_result *result =
			scan_result(&self->host, descs[i].result_offset);

		EXPECT_EQ(0, result->error);
		EXPECT_EQ(count, result->count);
		EXPECT_EQ(0, memcmp(result->rows, self->expected,
				    count * sizeof(*self->expected)));
	}
}

TEST_F(scan, largest_batch)
{
	struct drm_limen_submit args = good_args(self);
	struct drm_limen_scan *descs;
	struct bo results;
	__u32 i;

	descs = calloc(self->info.batch_max + 1, sizeof(*descs));
	ASSERT_NE(NULL, descs);
	ASSERT_EQ(0, bo_new(self->fd, self->info.batch_max * 64, 0, &results));
	for (i = 0; i <= self->info.batch_max; i++) {
		descs[i] = self->good;
		descs[i].top_k = 1;
		descs[i].result_handle = results.handle;
		descs[i].result_offset = i * 64 % results.size;
	}
	args.descs = (uintptr_t)descs;
	args.count = self->info.batch_max + 1;
	EXPECT_EQ(-EINVAL, submit(self->fd, &args));
	args.count = self->info.batch_max;
	EXPECT_EQ(0, submit(self->fd, &args));
	for (i = 0; i < self->info.batch_max; i++) {
		EXPECT_EQ(0, scan_result(&results, i * 64)->error);
		EXPECT_EQ(1, scan_result(&results, i * 64)->count);
	}
	free(descs);
}

#define EXPECT_REFUSED(error, field, value)				\
	do {								\
		struct drm_limen_scan desc = self->good;		\
									\
		desc.field = (value);					\
		EXPECT_EQ(error, submit_scans(self->fd, self->queue,	\
					      &desc, 1, PATIENCE)) {	\
			TH_LOG(#field " = %#llx",			\
			       (unsigned long long)(value));		\
		}							\
		EXPECT_TRUE(all_bytes(self->result, POISON,		\
				      HOST_SIZE - RESULT));		\
	} while (0)

#define EXPECT_TAKEN(field, value)					\
	do {								\
		struct drm_limen_scan desc = self->good;		\
									\
		desc.field = (value);					\
		EXPECT_EQ(0, submit_scans(self->fd, self->queue,	\
					  &desc, 1, PATIENCE)) {	\
			TH_LOG(#field " = %#llx",			\
			       (unsigned long long)(value));		\
		}							\
		memset(self->result, POISON, HOST_SIZE - RESULT);	\
	} while (0)

TEST_F(scan, top_k_out_of_range)
{
	EXPECT_REFUSED(-EINVAL, top_k, 0);
	EXPECT_REFUSED(-EINVAL, top_k, self->info.top_k_max + 1);
	EXPECT_REFUSED(-EINVAL, top_k, 0x80000000);
	EXPECT_REFUSED(-EINVAL, top_k, 0xffffffff);
	EXPECT_TAKEN(top_k, 1);
	EXPECT_TAKEN(top_k, self->info.top_k_max);
}

/* The gallery has every row of the range; sums do not wrap. */
TEST_F(scan, range_out_of_range)
{
	EXPECT_REFUSED(-EINVAL, row_count, 0);
	EXPECT_REFUSED(-EINVAL, row_count, ROWS + 1);
	EXPECT_REFUSED(-EINVAL, row_count, 0x80000000);
	EXPECT_REFUSED(-EINVAL, row_count, 0xffffffff);
	EXPECT_REFUSED(-EINVAL, first_row, 1);
	EXPECT_REFUSED(-EINVAL, first_row, 0xffffffff);
	EXPECT_TAKEN(row_count, ROWS);
	EXPECT_TAKEN(row_count, 1);

	self->good.row_count = 1;
	EXPECT_REFUSED(-EINVAL, first_row, ROWS);
	EXPECT_REFUSED(-EINVAL, first_row, ROWS + 1);
	EXPECT_REFUSED(-EINVAL, first_row, 0x80000000);
	EXPECT_REFUSED(-EINVAL, first_row, 0xffffffff);
	EXPECT_TAKEN(first_row, ROWS - 1);

	self->good.first_row = ROWS - 1;
	EXPECT_REFUSED(-EINVAL, row_count, 0);
	EXPECT_REFUSED(-EINVAL, row_count, 2);
	/* These end at row 0 and at a row that there is, modulo 2^32. */
	EXPECT_REFUSED(-EINVAL, row_count, -(__u32)(ROWS - 1));
	EXPECT_REFUSED(-EINVAL, row_count, 0xffffffff);
	self->good.first_row = 0xffffffff;
	EXPECT_REFUSED(-EINVAL, row_count, 2);
	EXPECT_REFUSED(-EINVAL, row_count, ROWS);
}

/* Of a full ranking, a range keeps its own rows, in their order. */
TEST_F(scan, range_is_a_slice)
{
	static const struct {
		__u32 first, count;
	} ranges[] = {
		{ 0, 1 }, { 0, ROWS }, { 0, ROWS - 1 }, { 1, ROWS - 1 },
		{ ROWS - 1, 1 }, { ROWS / 2, ROWS / 2 }, { 77, 200 }, { 3, 2 },
	};
	struct drm_limen_scan_row all[ROWS];
	unsigned int i, j, kept;

	self->good.top_k = ROWS;
	ASSERT_EQ(0, submit_good(self, PATIENCE));
	ASSERT_EQ(ROWS, self->result->count);
	memcpy(all, self->result->rows, sizeof(all));
	for (i = 0; i < ARRAY_SIZE(ranges); i++) {
		self->good.first_row = ranges[i].first;
		self->good.row_count = ranges[i].count;
		memset(self->result, POISON, HOST_SIZE - RESULT);
		ASSERT_EQ(0, submit_good(self, PATIENCE));
		EXPECT_TRUE(result_matches(self, variant)) {
			TH_LOG("%u rows from %u on", ranges[i].count,
			       ranges[i].first);
		}
		ASSERT_EQ(ranges[i].count, self->result->count);
		for (j = 0, kept = 0; j < ROWS; j++)
			if (all[j].row - ranges[i].first < ranges[i].count)
				EXPECT_EQ(0, memcmp(&all[j],
						    &self->result->rows[kept++],
						    sizeof(all[j])));
	}
}

/*
 * Every row not below a floor, although a scan returns a few: a range with a
 * full result is halved. Returns how many rows there are, or a negative error.
 */
static int scan_all(FIXTURE_DATA(scan) *self, __u32 first, __u32 count,
		    struct drm_limen_scan_row *found)
{
	int left, right, ret;

	self->good.first_row = first;
	self->good.row_count = count;
	ret = submit_good(self, PATIENCE);
	if (ret)
		return ret;
	if (self->result->count < self->good.top_k || count == 1) {
		memcpy(found, self->result->rows,
		       self->result->count * sizeof(*found));
		return self->result->count;
	}
	left = scan_all(self, first, count / 2, found);
	if (left < 0)
		return left;
	right = scan_all(self, first + count / 2, count - count / 2,
			 found + left);
	return right < 0 ? right : left + right;
}

TEST_F(scan, every_row_above_a_floor)
{
	static const __s32 floors[] = { -LIMEN_SIMILARITY_ONE, 0, 1, 2000 };
	struct drm_limen_scan_row *found = calloc(ROWS, sizeof(*found));
	unsigned int i, count;

	ASSERT_NE(NULL, found);
	for (i = 0; i < ARRAY_SIZE(floors); i++) {
		self->good.min_similarity = floors[i];
		/* Where fewer rows are found, fewer at a time: down to one. */
		self->good.top_k = 1 << 2 * (ARRAY_SIZE(floors) - 1 - i);
		count = scan_all(self, 0, ROWS, found);
		sort_rows(found, count);
		self->good.first_row = 0;
		self->good.row_count = ROWS;
		self->good.top_k = ROWS;
		ASSERT_EQ(reference_scan(&self->good, (__s8 *)self->host.map,
					 self->rows, variant->dim,
					 variant->stride, self->expected),
			  count);
		EXPECT_EQ(0, memcmp(self->expected, found,
				    count * sizeof(*found)));
	}
	free(found);
}

TEST_F(scan, identifiers)
{
	struct bo others;
	int fd;

	EXPECT_REFUSED(-ENOENT, gallery, 0);
	EXPECT_REFUSED(-ENOENT, gallery, NOBODY);
	EXPECT_REFUSED(-ENOENT, probe_handle, 0);
	EXPECT_REFUSED(-ENOENT, probe_handle, NOBODY);
	EXPECT_REFUSED(-ENOENT, result_handle, 0);
	EXPECT_REFUSED(-ENOENT, result_handle, NOBODY);

	OPEN_OR_SKIP(fd);
	do {
		ASSERT_EQ(0, bo_new(fd, HOST_SIZE, 0, &others));
	} while (others.handle <= self->card.handle);
	EXPECT_REFUSED(-ENOENT, probe_handle, others.handle);
	EXPECT_REFUSED(-ENOENT, result_handle, others.handle);
	close(fd);

	ASSERT_EQ(0, gallery_destroy(self->fd, self->gallery));
	EXPECT_REFUSED(-ENOENT, gallery, self->gallery);
}

TEST_F(scan, gallery_of_another_file)
{
	struct drm_limen_submit args = good_args(self);
	struct bo host;
	__u32 queue;
	int fd;

	OPEN_OR_SKIP(fd);
	ASSERT_EQ(0, bo_new(fd, HOST_SIZE, 0, &host));
	ASSERT_EQ(0, queue_create(fd, DRM_LIMEN_QUEUE_SCAN, &queue));
	args.queue = queue;
	self->good.probe_handle = host.handle;
	self->good.result_handle = host.handle;
	EXPECT_EQ(-ENOENT, submit(fd, &args));
	close(fd);
}

TEST_F(scan, reserved_fields)
{
	unsigned int bit;

	for (bit = 0; bit < 32; bit++)
		EXPECT_REFUSED(-EINVAL, flags, 1u << bit);
}

TEST_F(scan, frozen_buffers)
{
	EXPECT_REFUSED(-EBUSY, probe_handle, self->card.handle);
}

TEST_F(scan, result_only_in_host_memory)
{
	struct bo card;

	ASSERT_EQ(0, bo_new(self->fd, HOST_SIZE, DRM_LIMEN_BO_CARD, &card));
	EXPECT_REFUSED(-EINVAL, result_handle, card.handle);
}

TEST_F(scan, probe_place)
{
	__u64 offset;

	for (offset = 1; offset < 64; offset++)
		EXPECT_REFUSED(-EINVAL, probe_offset, offset);
	for (offset = PAGE - variant->dim + 64; offset < PAGE; offset += 64)
		EXPECT_REFUSED(-EINVAL, probe_offset, offset);
	EXPECT_REFUSED(-EINVAL, probe_offset, HOST_SIZE);
	EXPECT_REFUSED(-EINVAL, probe_offset, 1ULL << 32);
	EXPECT_REFUSED(-EINVAL, probe_offset, 1ULL << 63);
	EXPECT_REFUSED(-EINVAL, probe_offset, UINT64_MAX - 63);
	EXPECT_REFUSED(-EINVAL, probe_offset, UINT64_MAX - variant->dim + 1);
	EXPECT_TAKEN(probe_offset, PAGE - variant->dim);
	EXPECT_TAKEN(probe_offset, HOST_SIZE - variant->dim);
}

TEST_F(scan, result_place)
{
	static const __u32 counts[] = { 1, 10, 1024 };
	__u64 offset;
	unsigned int i;

	for (offset = 1; offset < 64; offset++)
		EXPECT_REFUSED(-EINVAL, result_offset, RESULT + offset);
	EXPECT_REFUSED(-EINVAL, result_offset, HOST_SIZE);
	EXPECT_REFUSED(-EINVAL, result_offset, HOST_SIZE + 64);
	EXPECT_REFUSED(-EINVAL, result_offset, 1ULL << 32);
	EXPECT_REFUSED(-EINVAL, result_offset, 1ULL << 63);
	EXPECT_REFUSED(-EINVAL, result_offset, UINT64_MAX - 63);

	/* Room for all of top_k, whatever the scan will find. */
	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		__u64 last = (HOST_SIZE - scan_result_size(counts[i])) / 64 * 64;

		self->good.top_k = counts[i];
		EXPECT_REFUSED(-EINVAL, result_offset, last + 64);
		EXPECT_TAKEN(result_offset, last);
	}
}

/* Of what is longer than it knows, the kernel writes what it knows. */
TEST_F(scan, results_of_the_future)
{
	static const struct {
		__u32 result, row;
	} sizes[] = { { 16, 24 }, { 24, 16 }, { 64, 32 }, { 4096, 4096 } };
	struct drm_limen_scan desc = self->good;
	__u32 result, row;
	unsigned int i, n;

	for (i = 0; i < 16; i++) {
		EXPECT_REFUSED(-EINVAL, result_size, i);
		EXPECT_REFUSED(-EINVAL, row_size, i);
	}
	for (i = 17; i < 24; i++) {
		EXPECT_REFUSED(-EINVAL, result_size, i);
		EXPECT_REFUSED(-EINVAL, row_size, i);
	}
	EXPECT_REFUSED(-EINVAL, result_size, DRM_LIMEN_SIZE_MAX + 8);
	EXPECT_REFUSED(-EINVAL, result_size, 0xfffffff8);
	EXPECT_REFUSED(-EINVAL, row_size, DRM_LIMEN_SIZE_MAX + 8);
	EXPECT_REFUSED(-EINVAL, row_size, 0xfffffff8);

	desc.top_k = 10;
	ASSERT_EQ(10, reference_scan(&desc, (__s8 *)self->host.map, self->rows,
				     variant->dim, variant->stride,
				     self->expected));
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		uint8_t *at = (uint8_t *)self->result;

		desc.result_size = result = sizes[i].result;
		desc.row_size = row = sizes[i].row;
		memset(at, POISON, HOST_SIZE - RESULT);
		ASSERT_EQ(0, submit_scans(self->fd, self->queue, &desc, 1,
					  PATIENCE));
		EXPECT_EQ(0, self->result->error);
		EXPECT_EQ(10, self->result->count);
		EXPECT_TRUE(all_bytes(at + 16, POISON, result - 16));
		for (n = 0; n < 10; n++, result += row) {
			EXPECT_EQ(0, memcmp(at + result, &self->expected[n],
					    16));
			EXPECT_TRUE(all_bytes(at + result + 16, POISON,
					      row - 16));
		}
		EXPECT_TRUE(all_bytes(at + result, POISON,
				      HOST_SIZE - RESULT - result));
	}

	/* There is room for all of it, or it is refused. */
	memset(self->result, POISON, HOST_SIZE - RESULT);
	self->good.top_k = 4;
	self->good.result_offset = HOST_SIZE - 128;
	EXPECT_TAKEN(row_size, 24);
	EXPECT_REFUSED(-EINVAL, row_size, 32);
	EXPECT_TAKEN(result_size, 64);
	EXPECT_REFUSED(-EINVAL, result_size, 72);
	self->good.top_k = self->info.top_k_max;
	EXPECT_REFUSED(-EINVAL, row_size, DRM_LIMEN_SIZE_MAX);
}

TEST_F(scan, all_or_none)
{
	struct drm_limen_scan descs[5];
	unsigned int bad, i;

	for (bad = 0; bad < ARRAY_SIZE(descs); bad++) {
		for (i = 0; i < ARRAY_SIZE(descs); i++) {
			descs[i] = self->good;
			descs[i].result_offset += i * 256;
		}
		descs[bad].top_k = 0;
		EXPECT_EQ(-EINVAL, submit_scans(self->fd, self->queue, descs,
						ARRAY_SIZE(descs), PATIENCE));
		descs[bad].top_k = 10;
		descs[bad].gallery = NOBODY;
		EXPECT_EQ(-ENOENT, submit_scans(self->fd, self->queue, descs,
						ARRAY_SIZE(descs), PATIENCE));
		EXPECT_TRUE(all_bytes(self->result, POISON,
				      HOST_SIZE - RESULT));
	}
}

TEST_F(scan, descriptors_of_the_future)
{
	static const __u32 sizes[] = { 56, 57, 64, 72, 4096 };
	struct drm_limen_submit args = good_args(self);
	uint8_t *desc = calloc(1, 4096);
	unsigned int i;

	ASSERT_NE(NULL, desc);
	memcpy(desc, &self->good, sizeof(self->good));
	args.descs = (uintptr_t)desc;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		args.desc_size = sizes[i];
		EXPECT_EQ(0, submit(self->fd, &args));
		if (sizes[i] == sizeof(self->good))
			continue;
		desc[sizes[i] - 1] = 1;
		EXPECT_EQ(-E2BIG, submit(self->fd, &args));
		desc[sizes[i] - 1] = 0;
	}
	for (args.desc_size = 0; args.desc_size < sizeof(self->good);
	     args.desc_size++)
		EXPECT_EQ(-EINVAL, submit(self->fd, &args));
	free(desc);
}

/* A gallery's bound is a promise about what is read: none of the next buffer */
TEST_F(scan, reads_only_its_rows)
{
	struct drm_limen_gallery_create args = {
		.format = DRM_LIMEN_FORMAT_S8,
		.dim = variant->dim,
		.stride = variant->dim,
		.rows = 3,
		.offset = 2 * variant->dim,
	};
	struct bo card;

	ASSERT_EQ(0, bo_new(self->fd, PAGE, DRM_LIMEN_BO_CARD, &card));
	memset(card.map, 1, PAGE);
	memset(card.map + 2 * variant->dim, 2, variant->dim);
	memset(card.map + 3 * variant->dim, 0, variant->dim);
	memset(card.map + 4 * variant->dim, -3, variant->dim);
	args.handle = card.handle;
	ASSERT_EQ(0, gallery_create(self->fd, &args));
	memset(self->host.map, 1, variant->dim);
	self->good.gallery = args.gallery;
	self->good.row_count = args.rows;
	ASSERT_EQ(0, submit_good(self, PATIENCE));
	ASSERT_EQ(3, self->result->count);
	EXPECT_EQ(0, self->result->rows[0].row);
	EXPECT_EQ(2 * variant->dim, self->result->rows[0].raw);
	EXPECT_EQ(1, self->result->rows[1].row);
	EXPECT_EQ(0, self->result->rows[1].raw);
	EXPECT_EQ(2, self->result->rows[2].row);
	EXPECT_EQ(-3 * (int)variant->dim, self->result->rows[2].raw);
}

TEST_F(scan, out_syncs)
{
	struct drm_limen_submit args = good_args(self);
	struct drm_limen_sync syncs[2] = { { .point = 0 }, { .point = 42 } };
	__u64 point = 0;

	ASSERT_EQ(0, syncobj_create(self->fd, &syncs[0].handle));
	ASSERT_EQ(0, syncobj_create(self->fd, &syncs[1].handle));
	args.flags = 0;
	args.timeout_ns = 0;
	args.out_syncs = (uintptr_t)syncs;
	args.out_sync_count = 2;
	ASSERT_EQ(0, submit(self->fd, &args));
	ASSERT_EQ(0, syncobj_wait(self->fd, syncs[0].handle, PATIENCE));
	EXPECT_TRUE(result_matches(self, variant));
	ASSERT_EQ(0, syncobj_timeline_wait(self->fd, syncs[1].handle, 42,
					   PATIENCE));
	ASSERT_EQ(0, syncobj_query(self->fd, syncs[1].handle, &point));
	EXPECT_EQ(42, point);
}

TEST_F(scan, sync_errors)
{
	struct drm_limen_submit args = good_args(self);
	struct drm_limen_sync syncs[17] = { { .flags = 0 } };
	unsigned int bit, i;

	for (i = 0; i < 17; i++)
		ASSERT_EQ(0, syncobj_create(self->fd, &syncs[i].handle));

	args.out_syncs = (uintptr_t)syncs;
	args.out_sync_count = 17;
	EXPECT_EQ(-EINVAL, submit(self->fd, &args));
	args.out_sync_count = 1;
	args.out_syncs = 8;
	EXPECT_EQ(-EFAULT, submit(self->fd, &args));
	args.out_sync_count = 0;
	args.out_syncs = 0;

	args.in_syncs = (uintptr_t)syncs;
	args.in_sync_count = 17;
	EXPECT_EQ(-EINVAL, submit(self->fd, &args));
	args.in_sync_count = 0xffffffff;
	EXPECT_EQ(-EINVAL, submit(self->fd, &args));
	/* Nobody has promised to signal it. */
	args.in_sync_count = 1;
	EXPECT_EQ(-EINVAL, submit(self->fd, &args));
	for (bit = 0; bit < 32; bit++) {
		syncs[0].flags = 1u << bit;
		EXPECT_EQ(-EINVAL, submit(self->fd, &args));
	}
	syncs[0].flags = 0;
	syncs[0].handle = NOBODY;
	EXPECT_EQ(-ENOENT, submit(self->fd, &args));
	syncs[0].handle = 0;
	EXPECT_EQ(-ENOENT, submit(self->fd, &args));
	args.in_syncs = 8;
	EXPECT_EQ(-EFAULT, submit(self->fd, &args));
	EXPECT_TRUE(all_bytes(self->result, POISON, HOST_SIZE - RESULT));
}

TEST_F(scan, inline_wait)
{
	__s64 begin;

	EMU_OR_SKIP();
	ASSERT_EQ(0, emu_hold());
	begin = now_ns();
	EXPECT_EQ(-ETIMEDOUT, submit_good(self, 100 * NSEC_PER_MSEC));
	EXPECT_LE(100 * NSEC_PER_MSEC, now_ns() - begin);
	EXPECT_EQ(-EINPROGRESS, self->result->error);
	ASSERT_EQ(0, emu_slow(0));
	EXPECT_EQ(0, wait_result(&self->result->error, PATIENCE));
	EXPECT_TRUE(result_matches(self, variant));
}

/* A queue takes many scans, but not any number of them. */
TEST_F(scan, full_queue)
{
	struct drm_limen_submit args = good_args(self);
	struct drm_limen_sync in = { .flags = 0 };
	struct drm_limen_scan desc = self->good;
	struct manual_fence fence;
	__u32 count = 1;
	__s64 begin;
	int ret;

	/* The first one waits for the fence, and the others for it. */
	ret = manual_fence_open(&fence);
	if (ret == -ENODEV)
		SKIP(return, "no vgem: no fence that a test can hold back");
	ASSERT_EQ(0, ret);
	ASSERT_EQ(0, syncobj_create(self->fd, &in.handle));
	ASSERT_EQ(0, syncobj_import(self->fd, in.handle, fence.sync_file));
	desc.row_count = 1;
	desc.result_offset = RESULT + 1024;
	args.flags = 0;
	args.timeout_ns = 0;
	args.descs = (uintptr_t)&desc;
	args.in_syncs = (uintptr_t)&in;
	args.in_sync_count = 1;
	ASSERT_EQ(0, submit(self->fd, &args));
	do {
		ret = submit_scans(self->fd, self->queue, &desc, 1, 0);
	} while (!ret && ++count < 100000);
	EXPECT_EQ(-ENOBUFS, ret);
	EXPECT_LE(self->info.batch_max, count);

	begin = now_ns();
	EXPECT_EQ(-ETIMEDOUT, submit_good(self, 50 * NSEC_PER_MSEC));
	EXPECT_LE(50 * NSEC_PER_MSEC, now_ns() - begin);
	EXPECT_TRUE(all_bytes(self->result, POISON, scan_result_size(10)));

	ASSERT_EQ(0, manual_fence_signal(&fence));
	EXPECT_EQ(0, submit_good(self, PATIENCE));
	EXPECT_EQ(10, self->result->count);
	manual_fence_close(&fence);
}

TEST_F(scan, a_comparison_does_not_wait_for_scans)
{
	struct drm_limen_compare desc = compare_at(&self->host, PROBE, PROBE,
						   HOST_SIZE - 64, 128);
	struct drm_limen_scan scans[4];
	unsigned int i;
	__u32 express;

	EMU_OR_SKIP();
	ASSERT_EQ(0, queue_create(self->fd, DRM_LIMEN_QUEUE_EXPRESS, &express));
	for (i = 0; i < ARRAY_SIZE(scans); i++) {
		scans[i] = self->good;
		scans[i].result_offset += i * 256;
	}
	/* With a watchdog that waits. */
	ASSERT_EQ(0, emu_hold());
	ASSERT_EQ(0, emu_slow(1000));
	ASSERT_EQ(0, submit_scans(self->fd, self->queue, scans,
				  ARRAY_SIZE(scans), 0));
	ASSERT_EQ(0, submit_compares(self->fd, express, &desc, 1, PATIENCE));
	/* Four scans of a second each are not done by then. */
	EXPECT_EQ(-EINPROGRESS,
		  scan_result(&self->host, scans[3].result_offset)->error);
	ASSERT_EQ(0, emu_slow(0));
	for (i = 0; i < ARRAY_SIZE(scans); i++)
		EXPECT_EQ(0, wait_result(&scan_result(&self->host,
				scans[i].result_offset)->error, PATIENCE));
}

/* Results come in the order of one queue's submissions. */
TEST_F(scan, in_order)
{
	struct drm_limen_sync sync = { .flags = 0 };
	struct drm_limen_submit args = good_args(self);
	__u64 reached = 0;
	unsigned int i;

	ASSERT_EQ(0, syncobj_create(self->fd, &sync.handle));
	args.flags = 0;
	args.timeout_ns = 0;
	args.out_syncs = (uintptr_t)&sync;
	args.out_sync_count = 1;
	for (i = 0; i < 20; i++) {
		sync.point = i + 1;
		ASSERT_EQ(0, submit(self->fd, &args));
	}
	ASSERT_EQ(0, syncobj_timeline_wait(self->fd, sync.handle, 20,
					   PATIENCE));
	ASSERT_EQ(0, syncobj_query(self->fd, sync.handle, &reached));
	EXPECT_EQ(20, reached);
	EXPECT_TRUE(result_matches(self, variant));
}

/* One scan depends on another, through a binary and a timeline syncobj. */
TEST_F(scan, chain)
{
	struct drm_limen_submit args = good_args(self);
	struct drm_limen_sync sync = { .flags = 0 };
	__u32 second;
	__u64 point;

	ASSERT_EQ(0, queue_create(self->fd, DRM_LIMEN_QUEUE_SCAN, &second));
	for (point = 0; point < 2; point++) {
		memset(self->result, POISON, HOST_SIZE - RESULT);
		sync.point = point * 5;
		ASSERT_EQ(0, syncobj_create(self->fd, &sync.handle));
		args = good_args(self);
		args.flags = 0;
		args.timeout_ns = 0;
		args.out_syncs = (uintptr_t)&sync;
		args.out_sync_count = 1;
		ASSERT_EQ(0, submit(self->fd, &args));
		args = good_args(self);
		args.queue = second;
		args.in_syncs = (uintptr_t)&sync;
		args.in_sync_count = 1;
		ASSERT_EQ(0, submit(self->fd, &args));
		EXPECT_TRUE(result_matches(self, variant));
	}
}

/* The fence of another driver holds a scan back, and only that. */
TEST_F(scan, dependency_is_waited_for)
{
	struct drm_limen_scan_result *free_result = scan_result(&self->host,
								RESULT + 1024);
	struct drm_limen_scan unbound = self->good;
	struct drm_limen_submit args = good_args(self);
	struct drm_limen_sync in = { .flags = 0 };
	struct manual_fence fence;
	__u32 second;
	int ret;

	ret = manual_fence_open(&fence);
	if (ret == -ENODEV)
		SKIP(return, "no vgem: no fence that a test can hold back");
	ASSERT_EQ(0, ret);
	ASSERT_EQ(0, syncobj_create(self->fd, &in.handle));
	ASSERT_EQ(0, syncobj_import(self->fd, in.handle, fence.sync_file));
	ASSERT_EQ(0, queue_create(self->fd, DRM_LIMEN_QUEUE_SCAN, &second));

	args.in_syncs = (uintptr_t)&in;
	args.in_sync_count = 1;
	args.timeout_ns = in_ns(50 * NSEC_PER_MSEC);
	EXPECT_EQ(-ETIMEDOUT, submit(self->fd, &args));
	EXPECT_EQ(-EINPROGRESS, self->result->error);

	unbound.result_offset = RESULT + 1024;
	EXPECT_EQ(0, submit_scans(self->fd, second, &unbound, 1, PATIENCE));
	EXPECT_EQ(0, free_result->error);
	EXPECT_EQ(-EINPROGRESS, self->result->error);
	memset(free_result, POISON, scan_result_size(10));

	ASSERT_EQ(0, manual_fence_signal(&fence));
	EXPECT_EQ(0, wait_result(&self->result->error, PATIENCE));
	EXPECT_TRUE(result_matches(self, variant));
	manual_fence_close(&fence);
}

/* All of them at once; and the probe is read when the scan runs, not before. */
TEST_F(scan, sixteen_dependencies)
{
	struct drm_limen_submit args = good_args(self);
	struct drm_limen_sync ins[16] = { { .flags = 0 } };
	struct manual_fence fence;
	unsigned int i;
	int ret;

	ret = manual_fence_open(&fence);
	if (ret == -ENODEV)
		SKIP(return, "no vgem: no fence that a test can hold back");
	ASSERT_EQ(0, ret);
	for (i = 0; i < 16; i++) {
		ASSERT_EQ(0, syncobj_create(self->fd, &ins[i].handle));
		ASSERT_EQ(0, syncobj_import(self->fd, ins[i].handle,
					    fence.sync_file));
	}
	args.flags = 0;
	args.timeout_ns = 0;
	args.in_syncs = (uintptr_t)ins;
	args.in_sync_count = 16;
	ASSERT_EQ(0, submit(self->fd, &args));
	sleep_ms(50);
	EXPECT_EQ(-EINPROGRESS, self->result->error);
	fill_vector((__s8 *)self->host.map, variant->dim, PATTERN_RANDOM, 1234);
	ASSERT_EQ(0, manual_fence_signal(&fence));
	EXPECT_EQ(0, wait_result(&self->result->error, PATIENCE));
	EXPECT_TRUE(result_matches(self, variant));
	manual_fence_close(&fence);
}

/* What every dimension has to do is tested above; here that each one can. */
TEST(every_dimension)
{
	enum { COUNT = 40, TOP = 12, STRIDE = 576 };
	static __s8 rows[COUNT * STRIDE];
	struct drm_limen_scan_row expected[TOP];
	struct bo host, card;
	__u32 dim, queue;
	int fd;

	OPEN_OR_SKIP(fd);
	ASSERT_EQ(0, bo_new(fd, 2 * PAGE, 0, &host));
	ASSERT_EQ(0, queue_create(fd, DRM_LIMEN_QUEUE_SCAN, &queue));
	for (dim = 64; dim <= 512; dim += 64) {
		struct drm_limen_scan desc = scan_at(&host, 0, PAGE,
						     COUNT - dim / 32, TOP);
		struct drm_limen_scan_result *result = scan_result(&host, PAGE);
		__s8 *probe = (__s8 *)host.map + PAGE - dim;

		desc.probe_offset = PAGE - dim;
		desc.first_row = dim / 64;
		desc.min_similarity = -LIMEN_SIMILARITY_ONE;
		/* Without gaps, so that most rows cross a page somewhere. */
		ASSERT_EQ(0, bo_new(fd, COUNT * dim, DRM_LIMEN_BO_CARD, &card));
		fill_rows(rows, COUNT, dim, dim, dim);
		fill_vector(probe, dim, PATTERN_RANDOM, dim);
		memcpy(card.map, rows, COUNT * dim);
		ASSERT_EQ(0, gallery_simple(fd, &card, dim, COUNT,
					    &desc.gallery));
		ASSERT_EQ(0, submit_scans(fd, queue, &desc, 1, PATIENCE));
		EXPECT_EQ(TOP, reference_scan(&desc, probe, rows, dim, dim,
					      expected));
		EXPECT_EQ(TOP, result->count);
		EXPECT_EQ(0, memcmp(result->rows, expected, sizeof(expected))) {
			TH_LOG("dim %u", dim);
		}
		EXPECT_EQ(0, gallery_destroy(fd, desc.gallery));
		bo_free(fd, &card);
	}
	close(fd);
}

/* A gallery of several chunks: the board is asked for each by itself. */
FIXTURE(large)
{
	int fd;
	struct bo card;
	struct bo host;
	__u32 queue;
	__s8 *rows;
	struct drm_limen_scan desc;
	struct drm_limen_scan_row *expected;
};

#define LARGE		40000
#define LARGE_DIM	128
#define LARGE_TOP	1024
/* Rows of a chunk, if the board takes its time. */
#define CHUNK		(16 * 1024 / LARGE_DIM)

FIXTURE_SETUP(large)
{
	size_t size = LARGE * LARGE_DIM;

	OPEN_OR_SKIP(self->fd);
	ASSERT_EQ(0, bo_new(self->fd, size, DRM_LIMEN_BO_CARD, &self->card));
	ASSERT_EQ(0, bo_new(self->fd, 8 * PAGE, 0, &self->host));
	self->rows = malloc(size);
	self->expected = calloc(LARGE_TOP, sizeof(*self->expected));
	ASSERT_NE(NULL, self->rows);
	ASSERT_NE(NULL, self->expected);
	fill_rows(self->rows, LARGE, LARGE_DIM, LARGE_DIM, 4);
	memcpy(self->card.map, self->rows, size);
	fill_vector((__s8 *)self->host.map, LARGE_DIM, PATTERN_RANDOM, 4);
	self->desc = scan_at(&self->host, 0, PAGE, LARGE, LARGE_TOP);
	self->desc.min_similarity = 1000;
	ASSERT_EQ(0, gallery_simple(self->fd, &self->card, LARGE_DIM, LARGE,
				    &self->desc.gallery));
	ASSERT_EQ(0, queue_create(self->fd, DRM_LIMEN_QUEUE_SCAN,
				  &self->queue));
}

FIXTURE_TEARDOWN(large)
{
	free(self->rows);
	free(self->expected);
	close(self->fd);
}

static bool large_matches(FIXTURE_DATA(large) *self)
{
	const struct drm_limen_scan_result *result = scan_result(&self->host,
								 PAGE);
	__u32 count;

	if (submit_scans(self->fd, self->queue, &self->desc, 1, PATIENCE))
		return false;
	count = reference_scan(&self->desc, (__s8 *)self->host.map, self->rows,
			       LARGE_DIM, LARGE_DIM, self->expected);
	return !result->error && result->count == count &&
	       !memcmp(result->rows, self->expected,
		       count * sizeof(*self->expected));
}

TEST_F(large, whole)
{
	EXPECT_TRUE(large_matches(self));
}

/* Ranges that begin and end next to where chunks do. */
TEST_F(large, ranges_around_chunks)
{
	static const struct {
		__u32 first, count;
	} ranges[] = {
		{ 0, CHUNK - 1 }, { 0, CHUNK }, { 0, CHUNK + 1 },
		{ 1, CHUNK - 1 }, { 1, CHUNK }, { 1, CHUNK + 1 },
		{ CHUNK - 1, 1 }, { CHUNK - 1, 2 }, { CHUNK, 1 },
		{ CHUNK, CHUNK }, { CHUNK + 1, 2 * CHUNK },
		{ 2 * CHUNK - 1, CHUNK + 2 }, { LARGE - 1, 1 },
		{ LARGE - CHUNK, CHUNK }, { LARGE - CHUNK - 1, CHUNK + 1 },
	};
	unsigned int i;

	self->desc.min_similarity = -LIMEN_SIMILARITY_ONE;
	for (i = 0; i < ARRAY_SIZE(ranges); i++) {
		self->desc.first_row = ranges[i].first;
		self->desc.row_count = ranges[i].count;
		EXPECT_TRUE(large_matches(self)) {
			TH_LOG("%u rows from %u on", ranges[i].count,
			       ranges[i].first);
		}
	}
}

TEST_HARNESS_MAIN
