// SPDX-License-Identifier: GPL-2.0-only
/* EXPRESS: right scores to the bit, and every way to be refused one. */
#include "limen_kselftest.h"

#define RESULT		(3 * PAGE)	/* where results lie in the buffer */
#define SIZE		(8 * PAGE)

FIXTURE(express)
{
	int fd;
	struct drm_limen_device_info info;
	struct bo host;
	struct bo card;
	__u32 queue;
	struct drm_limen_compare good;
	struct drm_limen_compare_result *result;
};

FIXTURE_SETUP(express)
{
	OPEN_OR_SKIP(self->fd);
	ASSERT_EQ(0, limen_device_info(self->fd, &self->info));
	ASSERT_EQ(0, bo_new(self->fd, SIZE, 0, &self->host));
	ASSERT_EQ(0, bo_new(self->fd, SIZE, DRM_LIMEN_BO_CARD, &self->card));
	ASSERT_EQ(0, queue_create(self->fd, DRM_LIMEN_QUEUE_EXPRESS,
				  &self->queue));
	fill_vector((__s8 *)self->host.map, 512, PATTERN_RANDOM, 1);
	fill_vector((__s8 *)self->host.map + PAGE, 512, PATTERN_RANDOM, 2);
	self->good = compare_at(&self->host, 0, PAGE, RESULT, 512);
	self->result = compare_result(&self->host, RESULT);
	memset(self->result, POISON, sizeof(*self->result));
}

FIXTURE_TEARDOWN(express)
{
	if (emu_present())
		emu_calm();
	close(self->fd);
}

/* A finished result, whole: no byte of it is left as it was. */
static bool result_is(const struct drm_limen_compare_result *result,
		      const __s8 *probe, const __s8 *reference, __u32 dim)
{
	struct limen_score score = limen_score_vectors(probe, reference, dim);

	return !result->error && result->raw == score.raw &&
	       result->similarity == score.similarity && !result->pad &&
	       !result->reserved;
}

static int submit_good(FIXTURE_DATA(express) *self, __s64 timeout)
{
	return submit_compares(self->fd, self->queue, &self->good, 1, timeout);
}

/* The arguments of one good submission that waits. */
static struct drm_limen_submit good_args(FIXTURE_DATA(express) *self)
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

TEST_F(express, one_verify_is_one_call)
{
	ASSERT_EQ(0, submit_good(self, PATIENCE));
	EXPECT_TRUE(result_is(self->result, (__s8 *)self->host.map,
			      (__s8 *)self->host.map + PAGE, 512));
}

TEST_F(express, adversarial_vectors)
{
	__s8 *probe = (__s8 *)self->host.map;
	__s8 *reference = probe + PAGE;
	unsigned int p, r;
	__u32 dim;

	for (dim = 64; dim <= 512; dim += 64) {
		self->good.dim = dim;
		for (p = 0; p < PATTERNS; p++) {
			for (r = 0; r < PATTERNS; r++) {
				memset(probe, POISON, 512);
				memset(reference, POISON, 512);
				fill_vector(probe, dim, p, 3 + r);
				fill_vector(reference, dim, r, 5 + p);
				ASSERT_EQ(0, submit_good(self, PATIENCE));
				ASSERT_TRUE(result_is(self->result, probe,
						      reference, dim)) {
					TH_LOG("dim %u patterns %u %u", dim, p,
					       r);
				}
			}
		}
	}
}

TEST_F(express, known_scores)
{
	__s8 *probe = (__s8 *)self->host.map;
	__s8 *reference = probe + PAGE;

	/* Against itself: one, whatever the length. */
	fill_vector(probe, 512, PATTERN_MIN, 0);
	memcpy(reference, probe, 512);
	ASSERT_EQ(0, submit_good(self, PATIENCE));
	EXPECT_EQ(512 * 128 * 128, self->result->raw);
	EXPECT_EQ(LIMEN_SIMILARITY_ONE, self->result->similarity);

	/* Against its opposite direction: minus one, up to the rounding. */
	fill_vector(reference, 512, PATTERN_MAX, 0);
	ASSERT_EQ(0, submit_good(self, PATIENCE));
	EXPECT_EQ(-512 * 128 * 127, self->result->raw);
	EXPECT_EQ(-LIMEN_SIMILARITY_ONE, self->result->similarity);

	/* A vector of zeros has no direction. */
	memset(reference, 0, 512);
	ASSERT_EQ(0, submit_good(self, PATIENCE));
	EXPECT_EQ(0, self->result->raw);
	EXPECT_EQ(0, self->result->similarity);

	/* cos 60 degrees: 32768 / 2 exactly */
	memset(probe, 0, 512);
	memset(reference, 0, 512);
	probe[0] = 1;
	reference[0] = reference[1] = reference[2] = reference[3] = 1;
	ASSERT_EQ(0, submit_good(self, PATIENCE));
	EXPECT_EQ(1, self->result->raw);
	EXPECT_EQ(LIMEN_SIMILARITY_ONE / 2, self->result->similarity);

	/* 32768 / sqrt(2) = 23170.47, truncated towards zero on both sides */
	reference[2] = reference[3] = 0;
	ASSERT_EQ(0, submit_good(self, PATIENCE));
	EXPECT_EQ(23170, self->result->similarity);
	probe[0] = -1;
	ASSERT_EQ(0, submit_good(self, PATIENCE));
	EXPECT_EQ(-23170, self->result->similarity);
}

TEST_F(express, every_mix_of_memories)
{
	const struct bo *bos[] = { &self->host, &self->card };
	unsigned int p, r;

	memcpy(self->card.map, self->host.map, 2 * PAGE);
	for (p = 0; p < 2; p++) {
		for (r = 0; r < 2; r++) {
			self->good.probe_handle = bos[p]->handle;
			self->good.reference_handle = bos[r]->handle;
			memset(self->result, POISON, sizeof(*self->result));
			ASSERT_EQ(0, submit_good(self, PATIENCE));
			EXPECT_TRUE(result_is(self->result,
					      (__s8 *)self->host.map,
					      (__s8 *)self->host.map + PAGE,
					      512));
		}
	}
}

/* What is on the card in another buffer is never reached from this one. */
TEST_F(express, card_buffers_are_kept_apart)
{
	struct bo second;

	ASSERT_EQ(0, bo_new(self->fd, PAGE, DRM_LIMEN_BO_CARD, &second));
	memset(self->card.map, 1, SIZE);
	memset(second.map, 2, PAGE);
	self->good.probe_handle = second.handle;
	self->good.reference_handle = self->card.handle;
	self->good.reference_offset = SIZE - 512;
	ASSERT_EQ(0, submit_good(self, PATIENCE));
	EXPECT_EQ(512 * 2, self->result->raw);
}

TEST_F(express, same_vector_twice)
{
	self->good.reference_offset = self->good.probe_offset;
	ASSERT_EQ(0, submit_good(self, PATIENCE));
	EXPECT_EQ(LIMEN_SIMILARITY_ONE, self->result->similarity);
}

TEST_F(express, batches)
{
	__u32 counts[] = { 1, 2, 3, 31, 32, 33, 0, 0 };
	struct drm_limen_compare *descs;
	struct bo vectors, results;
	unsigned int i;
	__u32 n;

	counts[6] = self->info.batch_max - 1;
	counts[7] = self->info.batch_max;
	descs = calloc(self->info.batch_max, sizeof(*descs));
	ASSERT_NE(NULL, descs);
	ASSERT_EQ(0, bo_new(self->fd, self->info.batch_max * 1024, 0,
			    &vectors));
	ASSERT_EQ(0, bo_new(self->fd, self->info.batch_max * 32, 0, &results));
	for (n = 0; n < self->info.batch_max; n++) {
		fill_vector((__s8 *)vectors.map + n * 1024, 1024,
			    PATTERN_RANDOM, 100 + n);
		descs[n] = compare_at(&vectors, n * 1024, n * 1024 + 512,
				      n * 32, 64 * (n % 8 + 1));
		descs[n].result_handle = results.handle;
	}
	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		memset(results.map, POISON, results.size);
		ASSERT_EQ(0, submit_compares(self->fd, self->queue, descs,
					     counts[i], PATIENCE));
		for (n = 0; n < counts[i]; n++)
			ASSERT_TRUE(result_is(compare_result(&results, n * 32),
					      (__s8 *)vectors.map + n * 1024,
					      (__s8 *)vectors.map + n * 1024 +
					      512, 64 * (n % 8 + 1)));
		EXPECT_TRUE(all_bytes(results.map + n * 32, POISON,
				      results.size - n * 32));
	}
	EXPECT_EQ(-EINVAL, submit_compares(self->fd, self->queue, descs, 0,
					   PATIENCE));
	free(descs);
}

/* Bit i of each says which of two buffers comparison i of a batch uses. */
static const struct {
	unsigned int probe;
	unsigned int reference;
	unsigned int result;
} mixes[] = {
	{ 0x00, 0x00, 0x00 }, { 0xff, 0x00, 0xff }, { 0x55, 0x55, 0x55 },
	{ 0x55, 0xaa, 0x33 }, { 0x0f, 0x3c, 0x18 }, { 0x01, 0x80, 0xfe },
	{ 0x7e, 0x81, 0x2b },
};

/* Comparisons in a row share what they have in common, and nothing else. */
TEST_F(express, buffers_in_any_order)
{
	struct drm_limen_memory_info before, after;
	struct drm_limen_compare descs[8], bad[8];
	unsigned int i, k, n;
	struct bo bos[2];

	ASSERT_EQ(0, limen_memory_info(self->fd, &before));
	for (k = 0; k < ARRAY_SIZE(mixes); k++) {
		for (i = 0; i < 2; i++) {
			ASSERT_EQ(0, bo_new(self->fd, 3 * PAGE, 0, &bos[i]));
			fill_rows((__s8 *)bos[i].map, 16, 512, 512, k * 2 + i);
		}
		for (n = 0; n < 8; n++) {
			descs[n] = compare_at(&bos[mixes[k].probe >> n & 1],
					      n * 512, (8 + n) * 512,
					      2 * PAGE + n * 32, 512);
			descs[n].reference_handle =
				bos[mixes[k].reference >> n & 1].handle;
			descs[n].result_handle =
				bos[mixes[k].result >> n & 1].handle;
		}
		/* One that is refused lets go of all before it. */
		for (n = 0; n < 8; n++) {
			memcpy(bad, descs, sizeof(bad));
			bad[n].reference_handle = NOBODY;
			EXPECT_EQ(-ENOENT,
				  submit_compares(self->fd, self->queue, bad,
						  8, PATIENCE));
		}
		if (emu_present())
			ASSERT_EQ(0, emu_hold());
		ASSERT_EQ(0, submit_compares(self->fd, self->queue, descs, 8,
					     0));
		/* What is under way has its buffers, whoever else has not. */
		for (i = 0; i < 2; i++)
			ASSERT_EQ(0, bo_close(self->fd, bos[i].handle));
		if (emu_present())
			ASSERT_EQ(0, emu_calm());
		for (n = 0; n < 8; n++) {
			struct drm_limen_compare_result *result =
				compare_result(&bos[mixes[k].result >> n & 1],
					       2 * PAGE + n * 32);
			const uint8_t *probe =
				bos[mixes[k].probe >> n & 1].map + n * 512;
			const uint8_t *reference =
				bos[mixes[k].reference >> n & 1].map +
				(8 + n) * 512;

			ASSERT_EQ(0, wait_result(&result->error, PATIENCE));
			EXPECT_TRUE(result_is(result, (__s8 *)probe,
					      (__s8 *)reference, 512));
		}
		for (i = 0; i < 2; i++)
			munmap(bos[i].map, bos[i].size);
		ASSERT_EQ(0, limen_memory_info(self->fd, &after));
		EXPECT_EQ(before.host_used, after.host_used);
	}
}

/*
 * Batches of all sizes, one after another and two at once, which may finish in
 * either order.
 */
TEST_F(express, batches_grow_and_shrink)
{
	static const __u32 counts[] = { 1, 64, 1, 2, 64, 63, 3, 1, 1, 64 };
	struct drm_limen_compare descs[2][64];
	unsigned int i, k, n;

	ASSERT_LE(ARRAY_SIZE(descs[0]), self->info.batch_max);
	for (k = 0; k < 2; k++) {
		for (n = 0; n < 64; n++) {
			descs[k][n] = self->good;
			descs[k][n].result_offset += (64 * k + n) * 32;
		}
	}
	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		memset(self->result, POISON, 2 * 64 * 32);
		/* Two under way: only one can have the memory of the last. */
		ASSERT_EQ(0, submit_compares(self->fd, self->queue, descs[0],
					     counts[i], 0));
		ASSERT_EQ(0, submit_compares(self->fd, self->queue, descs[1],
					     counts[i], PATIENCE));
		for (k = 0; k < 2; k++) {
			struct drm_limen_compare_result *result =
				self->result + 64 * k;

			for (n = 0; n < counts[i]; n++) {
				ASSERT_EQ(0, wait_result(&result[n].error,
							 PATIENCE));
				ASSERT_TRUE(result_is(result + n,
						      (__s8 *)self->host.map,
						      (__s8 *)self->host.map +
						      PAGE, 512));
			}
			EXPECT_TRUE(all_bytes(result + n, POISON,
					      (64 - n) * 32));
		}
	}
}

TEST_F(express, batch_too_large)
{
	static const __u32 more[] = { 1, 2, 0x10000, 0x7fffffff };
	struct drm_limen_submit args = good_args(self);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(more); i++) {
		args.count = self->info.batch_max + more[i];
		EXPECT_EQ(-EINVAL, submit(self->fd, &args));
	}
	args.count = 0xffffffff;
	EXPECT_EQ(-EINVAL, submit(self->fd, &args));
	args.count = 0;
	EXPECT_EQ(-EINVAL, submit(self->fd, &args));
}

/* A refused submission touches no result and takes no room. */
#define EXPECT_REFUSED(error, field, value)				\
	do {								\
		struct drm_limen_compare desc = self->good;		\
									\
		desc.field = (value);					\
		EXPECT_EQ(error, submit_compares(self->fd, self->queue,	\
						 &desc, 1, PATIENCE)) {	\
			TH_LOG(#field " = %#llx",			\
			       (unsigned long long)(value));		\
		}							\
		EXPECT_TRUE(all_bytes(self->result, POISON,		\
				      sizeof(*self->result)));		\
	} while (0)

#define EXPECT_TAKEN(field, value)					\
	do {								\
		struct drm_limen_compare desc = self->good;		\
									\
		desc.field = (value);					\
		EXPECT_EQ(0, submit_compares(self->fd, self->queue,	\
					     &desc, 1, PATIENCE)) {	\
			TH_LOG(#field " = %#llx",			\
			       (unsigned long long)(value));		\
		}							\
	} while (0)

TEST_F(express, handles)
{
	struct bo others;
	int fd;

	EXPECT_REFUSED(-ENOENT, probe_handle, 0);
	EXPECT_REFUSED(-ENOENT, probe_handle, NOBODY);
	EXPECT_REFUSED(-ENOENT, reference_handle, 0);
	EXPECT_REFUSED(-ENOENT, reference_handle, NOBODY);
	EXPECT_REFUSED(-ENOENT, result_handle, 0);
	EXPECT_REFUSED(-ENOENT, result_handle, NOBODY);

	/* Another file's handles are not ours, whatever their number. */
	OPEN_OR_SKIP(fd);
	do {
		ASSERT_EQ(0, bo_new(fd, SIZE, 0, &others));
	} while (others.handle <= self->card.handle);
	EXPECT_REFUSED(-ENOENT, probe_handle, others.handle);
	EXPECT_REFUSED(-ENOENT, reference_handle, others.handle);
	EXPECT_REFUSED(-ENOENT, result_handle, others.handle);
	close(fd);
}

TEST_F(express, result_only_in_host_memory)
{
	EXPECT_REFUSED(-EINVAL, result_handle, self->card.handle);
}

TEST_F(express, reserved_fields)
{
	unsigned int bit;

	for (bit = 0; bit < 32; bit++)
		EXPECT_REFUSED(-EINVAL, flags, 1u << bit);
}

TEST_F(express, dim)
{
	static const __u32 wrong[] = {
		0, 1, 32, 63, 65, 96, 127, 129, 191, 255, 257, 319, 511, 513,
		576, 1024, 4096, 0x80000200, 0x10200, 0xffffffc0, 0xffffffff,
	};
	unsigned int i;
	__u32 dim;

	for (i = 0; i < ARRAY_SIZE(wrong); i++)
		EXPECT_REFUSED(-EINVAL, dim, wrong[i]);
	for (dim = 64; dim <= 512; dim += 64)
		EXPECT_TAKEN(dim, dim);
}

TEST_F(express, vector_alignment)
{
	__u64 offset;

	for (offset = 1; offset < 64; offset++) {
		EXPECT_REFUSED(-EINVAL, probe_offset, offset);
		EXPECT_REFUSED(-EINVAL, reference_offset, PAGE + offset);
	}
	EXPECT_TAKEN(probe_offset, 64);
	EXPECT_TAKEN(reference_offset, PAGE + 64);
}

TEST_F(express, vector_within_a_page)
{
	__u64 offset;
	__u32 dim;

	for (offset = PAGE - 512 + 64; offset < PAGE; offset += 64) {
		EXPECT_REFUSED(-EINVAL, probe_offset, offset);
		EXPECT_REFUSED(-EINVAL, reference_offset, offset);
	}
	EXPECT_TAKEN(probe_offset, PAGE - 512);
	EXPECT_TAKEN(reference_offset, 2 * PAGE - 512);
	memset(self->result, POISON, sizeof(*self->result));

	/*
	 * Shorter vectors reach further. Of those that do not divide a page, an
	 * array without gaps crosses into the next one somewhere.
	 */
	for (dim = 64; dim < 512; dim += 64) {
		self->good.dim = dim;
		for (offset = PAGE - dim + 64; offset < PAGE; offset += 64)
			EXPECT_REFUSED(-EINVAL, probe_offset, offset);
		if (PAGE % dim)
			EXPECT_REFUSED(-EINVAL, reference_offset,
				       PAGE / dim * dim);
		EXPECT_TAKEN(probe_offset, PAGE - dim);
		memset(self->result, POISON, sizeof(*self->result));
	}

	/* The rule holds for vectors on the card as well. */
	self->good.dim = 512;
	self->good.probe_handle = self->card.handle;
	EXPECT_REFUSED(-EINVAL, probe_offset, PAGE - 448);
	EXPECT_TAKEN(probe_offset, PAGE - 512);
}

TEST_F(express, vector_within_its_buffer)
{
	static const __u64 wrong[] = {
		SIZE, SIZE + 64, SIZE + PAGE, 1ULL << 32, 1ULL << 40,
		1ULL << 63, UINT64_MAX - PAGE + 1, UINT64_MAX - 511,
		UINT64_MAX - 63,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		EXPECT_REFUSED(-EINVAL, probe_offset, wrong[i]);
		EXPECT_REFUSED(-EINVAL, reference_offset, wrong[i]);
	}
	EXPECT_TAKEN(probe_offset, SIZE - 512);
	EXPECT_TAKEN(reference_offset, SIZE - 512);
}

TEST_F(express, result_place)
{
	static const __u64 wrong[] = {
		SIZE, SIZE - 16, SIZE + 32, 1ULL << 32, 1ULL << 63,
		UINT64_MAX - 31, UINT64_MAX - 15,
	};
	__u64 offset;
	unsigned int i;

	for (offset = 1; offset < 32; offset++)
		EXPECT_REFUSED(-EINVAL, result_offset, RESULT + offset);
	for (i = 0; i < ARRAY_SIZE(wrong); i++)
		EXPECT_REFUSED(-EINVAL, result_offset, wrong[i]);
	EXPECT_TAKEN(result_offset, SIZE - 32);
	EXPECT_TAKEN(result_offset, RESULT + 32);
	EXPECT_TRUE(result_is(compare_result(&self->host, SIZE - 32),
			      (__s8 *)self->host.map,
			      (__s8 *)self->host.map + PAGE, 512));
}

/* Of a result that is longer than it knows, the kernel writes what it knows. */
TEST_F(express, results_of_the_future)
{
	static const __u32 sizes[] = { 40, 64, 2048, DRM_LIMEN_SIZE_MAX };
	const __u32 known = sizeof(*self->result);
	unsigned int i;
	__u32 size;

	for (size = 0; size < known; size++)
		EXPECT_REFUSED(-EINVAL, result_size, size);
	for (size = known + 1; size < known + 8; size++)
		EXPECT_REFUSED(-EINVAL, result_size, size);
	EXPECT_REFUSED(-EINVAL, result_size, DRM_LIMEN_SIZE_MAX + 8);
	EXPECT_REFUSED(-EINVAL, result_size, 0x80000000);
	EXPECT_REFUSED(-EINVAL, result_size, 0xfffffff8);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		memset(self->result, POISON, SIZE - RESULT);
		EXPECT_TAKEN(result_size, sizes[i]);
		EXPECT_TRUE(result_is(self->result, (__s8 *)self->host.map,
				      (__s8 *)self->host.map + PAGE, 512));
		EXPECT_TRUE(all_bytes(self->result + 1, POISON,
				      SIZE - RESULT - known));
	}

	/* There is room for all of it, or it is refused. */
	memset(self->result, POISON, known);
	self->good.result_offset = SIZE - 64;
	EXPECT_REFUSED(-EINVAL, result_size, 72);
	EXPECT_TAKEN(result_size, 64);
}

/* One bad descriptor, wherever it stands, and none of the others runs. */
TEST_F(express, all_or_none)
{
	struct drm_limen_compare descs[16];
	unsigned int bad, i;

	for (bad = 0; bad < ARRAY_SIZE(descs); bad++) {
		for (i = 0; i < ARRAY_SIZE(descs); i++) {
			descs[i] = self->good;
			descs[i].result_offset += i * 32;
		}
		descs[bad].flags = 1;
		memset(self->result, POISON, PAGE);
		EXPECT_EQ(-EINVAL, submit_compares(self->fd, self->queue,
						   descs, ARRAY_SIZE(descs),
						   PATIENCE));
		descs[bad].flags = 0;
		descs[bad].reference_handle = NOBODY;
		EXPECT_EQ(-ENOENT, submit_compares(self->fd, self->queue,
						   descs, ARRAY_SIZE(descs),
						   PATIENCE));
		EXPECT_TRUE(all_bytes(self->result, POISON, PAGE));
	}
}

TEST_F(express, descriptors_of_the_future)
{
	static const __u32 sizes[] = { 48, 49, 56, 64, 100, 512, 4096 };
	struct drm_limen_submit args = good_args(self);
	uint8_t *descs = calloc(3, 4096);
	unsigned int i, n, at;

	ASSERT_NE(NULL, descs);
	args.descs = (uintptr_t)descs;
	args.count = 3;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		memset(descs, 0, 3 * 4096);
		for (n = 0; n < 3; n++) {
			struct drm_limen_compare desc = self->good;

			desc.result_offset += n * 32;
			memcpy(descs + n * sizes[i], &desc, sizeof(desc));
		}
		memset(self->result, POISON, PAGE);
		args.desc_size = sizes[i];
		EXPECT_EQ(0, submit(self->fd, &args));
		for (n = 0; n < 3; n++)
			EXPECT_EQ(0, self->result[n].error);

		/* What this kernel does not know must be zero. */
		memset(self->result, POISON, PAGE);
		for (at = sizeof(self->good); at < sizes[i];
		     at += at + 1 < sizes[i] && sizes[i] > 64 ?
				sizes[i] - at - 1 : 1) {
			descs[2 * sizes[i] + at] = 1;
			EXPECT_EQ(-E2BIG, submit(self->fd, &args)) {
				TH_LOG("size %u byte %u", sizes[i], at);
			}
			descs[2 * sizes[i] + at] = 0;
		}
		EXPECT_TRUE(all_bytes(self->result, POISON, PAGE));
	}
	free(descs);
}

TEST_F(express, descriptors_too_short)
{
	struct drm_limen_submit args = good_args(self);

	for (args.desc_size = 0; args.desc_size < sizeof(self->good);
	     args.desc_size++)
		EXPECT_EQ(-EINVAL, submit(self->fd, &args));
	EXPECT_TRUE(all_bytes(self->result, POISON, sizeof(*self->result)));
}

TEST_F(express, descriptors_unreadable)
{
	struct drm_limen_submit args = good_args(self);
	uint8_t *page = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, page);
	ASSERT_EQ(0, munmap(page + PAGE, PAGE));
	memcpy(page + PAGE - 48, &self->good, 48);

	args.descs = 0;
	EXPECT_EQ(-EFAULT, submit(self->fd, &args));
	args.descs = 8;
	EXPECT_EQ(-EFAULT, submit(self->fd, &args));
	args.descs = 0xffff888000000000;
	EXPECT_EQ(-EFAULT, submit(self->fd, &args));
	args.descs = (uintptr_t)page + PAGE - 40;
	EXPECT_EQ(-EFAULT, submit(self->fd, &args));
	/* Only the second descriptor lies in the hole. */
	args.descs = (uintptr_t)page + PAGE - 48;
	args.count = 2;
	EXPECT_EQ(-EFAULT, submit(self->fd, &args));
	/* Only the tail this kernel does not know does. */
	args.count = 1;
	args.desc_size = 64;
	EXPECT_EQ(-EFAULT, submit(self->fd, &args));
	EXPECT_TRUE(all_bytes(self->result, POISON, sizeof(*self->result)));
	args.desc_size = 48;
	EXPECT_EQ(0, submit(self->fd, &args));
}

TEST_F(express, queue_identifier)
{
	struct drm_limen_submit args = good_args(self);
	__u32 scan;
	int fd;

	args.queue = 0;
	EXPECT_EQ(-ENOENT, submit(self->fd, &args));
	args.queue = NOBODY;
	EXPECT_EQ(-ENOENT, submit(self->fd, &args));
	OPEN_OR_SKIP(fd);
	args.queue = self->queue;
	EXPECT_EQ(-ENOENT, submit(fd, &args));
	close(fd);

	/* A comparison is no scan: it is shorter. */
	ASSERT_EQ(0, queue_create(self->fd, DRM_LIMEN_QUEUE_SCAN, &scan));
	args.queue = scan;
	EXPECT_GT(0, submit(self->fd, &args));
	ASSERT_EQ(0, queue_destroy(self->fd, self->queue));
	args.queue = self->queue;
	EXPECT_EQ(-ENOENT, submit(self->fd, &args));
	EXPECT_TRUE(all_bytes(self->result, POISON, sizeof(*self->result)));
}

TEST_F(express, unknown_submit_flags)
{
	struct drm_limen_submit args = good_args(self);
	unsigned int bit;

	for (bit = 1; bit < 32; bit++) {
		args.flags = DRM_LIMEN_SUBMIT_WAIT | 1u << bit;
		EXPECT_EQ(-EINVAL, submit(self->fd, &args));
	}
	EXPECT_TRUE(all_bytes(self->result, POISON, sizeof(*self->result)));
}

TEST_F(express, timeout_needs_the_flag)
{
	struct drm_limen_submit args = good_args(self);

	args.flags = 0;
	EXPECT_EQ(-EINVAL, submit(self->fd, &args));
	args.timeout_ns = 1;
	EXPECT_EQ(-EINVAL, submit(self->fd, &args));
	args.timeout_ns = -1;
	EXPECT_EQ(-EINVAL, submit(self->fd, &args));
	EXPECT_TRUE(all_bytes(self->result, POISON, sizeof(*self->result)));
	args.timeout_ns = 0;
	EXPECT_EQ(0, submit(self->fd, &args));
	EXPECT_EQ(0, wait_result(&self->result->error, PATIENCE));
}

TEST_F(express, waits_as_long_as_it_takes)
{
	struct drm_limen_submit args = good_args(self);

	args.timeout_ns = INT64_MAX;
	EXPECT_EQ(0, submit(self->fd, &args));
	EXPECT_EQ(0, self->result->error);
}

TEST_F(express, no_dependencies)
{
	struct drm_limen_submit args = good_args(self);
	struct drm_limen_sync sync = { .flags = 0 };

	ASSERT_EQ(0, syncobj_create(self->fd, &sync.handle));
	args.in_syncs = (uintptr_t)&sync;
	args.in_sync_count = 1;
	EXPECT_EQ(-EINVAL, submit(self->fd, &args));
	args.in_syncs = 0;
	EXPECT_EQ(-EINVAL, submit(self->fd, &args));
	EXPECT_TRUE(all_bytes(self->result, POISON, sizeof(*self->result)));
}

TEST_F(express, out_sync_binary)
{
	struct drm_limen_submit args = good_args(self);
	struct drm_limen_sync sync = { .flags = 0 };
	int sync_file;

	ASSERT_EQ(0, syncobj_create(self->fd, &sync.handle));
	args.flags = 0;
	args.timeout_ns = 0;
	args.out_syncs = (uintptr_t)&sync;
	args.out_sync_count = 1;
	ASSERT_EQ(0, submit(self->fd, &args));
	ASSERT_EQ(0, syncobj_wait(self->fd, sync.handle, PATIENCE));
	/* Whoever saw the fence sees the result. */
	EXPECT_TRUE(result_is(self->result, (__s8 *)self->host.map,
			      (__s8 *)self->host.map + PAGE, 512));
	ASSERT_EQ(0, syncobj_export(self->fd, sync.handle, &sync_file));
	EXPECT_EQ(1, sync_file_status(sync_file));
	close(sync_file);
}

TEST_F(express, out_sync_timeline)
{
	struct drm_limen_submit args = good_args(self);
	struct drm_limen_sync sync = { .flags = 0 };
	__u64 point = 0;

	ASSERT_EQ(0, syncobj_create(self->fd, &sync.handle));
	args.flags = 0;
	args.timeout_ns = 0;
	args.out_syncs = (uintptr_t)&sync;
	args.out_sync_count = 1;
	for (sync.point = 1; sync.point <= 5; sync.point += 2) {
		memset(self->result, POISON, sizeof(*self->result));
		ASSERT_EQ(0, submit(self->fd, &args));
		ASSERT_EQ(0, syncobj_timeline_wait(self->fd, sync.handle,
						   sync.point, PATIENCE));
		EXPECT_EQ(0, self->result->error);
		ASSERT_EQ(0, syncobj_query(self->fd, sync.handle, &point));
		EXPECT_EQ(sync.point, point);
	}
}

TEST_F(express, out_sync_of_a_batch)
{
	struct drm_limen_compare *descs;
	struct drm_limen_submit args = good_args(self);
	struct drm_limen_sync syncs[16];
	__u32 n, count = self->info.batch_max;

	descs = calloc(count, sizeof(*descs));
	ASSERT_NE(NULL, descs);
	for (n = 0; n < 16; n++) {
		syncs[n] = (struct drm_limen_sync) { .point = n % 2 * 7 };
		ASSERT_EQ(0, syncobj_create(self->fd, &syncs[n].handle));
	}
	for (n = 0; n < count; n++) {
		descs[n] = self->good;
		descs[n].result_offset += n * 32;
	}
	args.flags = 0;
	args.timeout_ns = 0;
	args.descs = (uintptr_t)descs;
	args.count = count;
	args.out_syncs = (uintptr_t)syncs;
	args.out_sync_count = 16;
	ASSERT_EQ(0, submit(self->fd, &args));
	/* Any of them is signalled by the last descriptor only. */
	ASSERT_EQ(0, syncobj_wait(self->fd, syncs[14].handle, PATIENCE));
	for (n = 0; n < count; n++)
		EXPECT_EQ(0, self->result[n].error);
	for (n = 0; n < 16; n++) {
		if (syncs[n].point) {
			EXPECT_EQ(0, syncobj_timeline_wait(self->fd,
					syncs[n].handle, syncs[n].point,
					PATIENCE));
		} else {
			EXPECT_EQ(0, syncobj_wait(self->fd, syncs[n].handle,
						  PATIENCE));
		}
	}
	free(descs);
}

TEST_F(express, out_sync_errors)
{
	struct drm_limen_submit args = good_args(self);
	struct drm_limen_sync syncs[17] = { { .flags = 0 } };
	unsigned int bit, i;

	for (i = 0; i < 17; i++)
		ASSERT_EQ(0, syncobj_create(self->fd, &syncs[i].handle));
	args.out_syncs = (uintptr_t)syncs;
	args.out_sync_count = 17;
	EXPECT_EQ(-EINVAL, submit(self->fd, &args));
	args.out_sync_count = 0xffffffff;
	EXPECT_EQ(-EINVAL, submit(self->fd, &args));

	args.out_sync_count = 2;
	for (bit = 0; bit < 32; bit++) {
		syncs[1].flags = 1u << bit;
		EXPECT_EQ(-EINVAL, submit(self->fd, &args));
	}
	syncs[1].flags = 0;
	ASSERT_EQ(0, syncobj_destroy(self->fd, syncs[1].handle));
	EXPECT_EQ(-ENOENT, submit(self->fd, &args));
	syncs[1].handle = 0;
	EXPECT_EQ(-ENOENT, submit(self->fd, &args));

	args.out_syncs = 0;
	EXPECT_EQ(-EFAULT, submit(self->fd, &args));
	args.out_syncs = 0xffff888000000000;
	EXPECT_EQ(-EFAULT, submit(self->fd, &args));

	/* A refused submission leaves the other syncobj without a fence. */
	EXPECT_EQ(-EINVAL, syncobj_wait(self->fd, syncs[0].handle, 0));
	EXPECT_TRUE(all_bytes(self->result, POISON, sizeof(*self->result)));
}

TEST_F(express, results_say_in_progress)
{
	EMU_OR_SKIP();
	ASSERT_EQ(0, emu_hold());
	ASSERT_EQ(0, submit_good(self, 0));
	EXPECT_EQ(-EINPROGRESS, self->result->error);
	ASSERT_EQ(0, emu_slow(0));
	EXPECT_EQ(0, wait_result(&self->result->error, PATIENCE));
	EXPECT_TRUE(result_is(self->result, (__s8 *)self->host.map,
			      (__s8 *)self->host.map + PAGE, 512));
	/* The board says what it took; the knob made that no less than so. */
	EXPECT_LT(0, self->result->device_ns);
}

TEST_F(express, wait_times_out)
{
	__s64 begin;

	EMU_OR_SKIP();
	ASSERT_EQ(0, emu_hold());
	begin = now_ns();
	EXPECT_EQ(-ETIMEDOUT, submit_good(self, 100 * NSEC_PER_MSEC));
	EXPECT_LE(100 * NSEC_PER_MSEC, now_ns() - begin);
	/* The work goes on. */
	EXPECT_EQ(-EINPROGRESS, self->result->error);
	ASSERT_EQ(0, emu_slow(0));
	EXPECT_EQ(0, wait_result(&self->result->error, PATIENCE));
	EXPECT_TRUE(result_is(self->result, (__s8 *)self->host.map,
			      (__s8 *)self->host.map + PAGE, 512));
}

TEST_F(express, time_that_has_passed)
{
	static const __s64 times[] = { 0, 1, -1, INT64_MIN };
	struct drm_limen_submit args;
	unsigned int i;

	EMU_OR_SKIP();
	for (i = 0; i < ARRAY_SIZE(times); i++) {
		ASSERT_EQ(0, emu_hold());
		memset(self->result, POISON, sizeof(*self->result));
		args = good_args(self);
		args.timeout_ns = times[i];
		EXPECT_EQ(-ETIMEDOUT, submit(self->fd, &args));
		EXPECT_EQ(-EINPROGRESS, self->result->error);
		ASSERT_EQ(0, emu_slow(0));
		EXPECT_EQ(0, wait_result(&self->result->error, PATIENCE));
	}
}

/* Fill the ring of a board that holds what it has; how many comparisons went in. */
static __u32 fill_ring(FIXTURE_DATA(express) *self, int *last)
{
	__u32 i, step = self->info.batch_max, count = 0;
	struct drm_limen_compare *descs = calloc(step, sizeof(*descs));

	for (i = 0; i < step; i++) {
		descs[i] = self->good;
		descs[i].result_offset = RESULT + PAGE;
	}
	for (; step; step /= 2) {
		do {
			*last = submit_compares(self->fd, self->queue, descs,
						step, 0);
		} while (!*last && (count += step) < 100000);
	}
	free(descs);
	return count;
}

TEST_F(express, full_ring)
{
	struct drm_limen_compare descs[2] = { self->good, self->good };
	__s64 begin;
	__u32 count;
	int last;

	EMU_OR_SKIP();
	memset(self->result, POISON, 64);
	ASSERT_EQ(0, emu_hold());
	count = fill_ring(self, &last);
	EXPECT_EQ(-ENOBUFS, last);
	EXPECT_EQ(self->info.express_depth, count);

	/* Two do not fit where one might soon: none goes in. */
	descs[1].result_offset += 32;
	EXPECT_EQ(-ENOBUFS, submit_compares(self->fd, self->queue, descs, 2, 0));
	EXPECT_TRUE(all_bytes(self->result, POISON, 64));

	/* Who waits, waits for room; what never went in leaves no trace. */
	begin = now_ns();
	EXPECT_EQ(-ETIMEDOUT, submit_good(self, 50 * NSEC_PER_MSEC));
	EXPECT_LE(50 * NSEC_PER_MSEC, now_ns() - begin);
	EXPECT_TRUE(all_bytes(self->result, POISON, 64));

	ASSERT_EQ(0, emu_slow(0));
	EXPECT_EQ(0, submit_compares(self->fd, self->queue, descs, 2,
				     PATIENCE));
	EXPECT_EQ(0, self->result[0].error);
	EXPECT_EQ(0, self->result[1].error);
}

TEST_F(express, first_error_of_a_batch)
{
	struct drm_limen_compare descs[4];
	unsigned int i, good = 0, failed = 0;

	EMU_OR_SKIP();
	for (i = 0; i < 4; i++) {
		descs[i] = self->good;
		descs[i].result_offset += i * 32;
	}
	ASSERT_EQ(0, emu_set("fail", 2));
	EXPECT_EQ(-EIO, submit_compares(self->fd, self->queue, descs, 4,
					PATIENCE));
	for (i = 0; i < 4; i++) {
		good += !self->result[i].error;
		failed += self->result[i].error == -EIO;
		/* No score without error 0. */
		if (self->result[i].error) {
			EXPECT_EQ(0, self->result[i].raw);
			EXPECT_EQ(0, self->result[i].similarity);
		}
	}
	EXPECT_EQ(2, good);
	EXPECT_EQ(2, failed);
}

TEST_F(express, failed_fence_carries_the_error)
{
	struct drm_limen_submit args = good_args(self);
	struct drm_limen_sync sync = { .flags = 0 };
	int sync_file;

	EMU_OR_SKIP();
	ASSERT_EQ(0, syncobj_create(self->fd, &sync.handle));
	args.out_syncs = (uintptr_t)&sync;
	args.out_sync_count = 1;
	ASSERT_EQ(0, emu_set("fail", 1));
	EXPECT_EQ(-EIO, submit(self->fd, &args));
	ASSERT_EQ(0, syncobj_export(self->fd, sync.handle, &sync_file));
	EXPECT_EQ(-EIO, sync_file_status(sync_file));
	close(sync_file);
}

/* Buffers may be closed and unmapped while the board works on them. */
TEST_F(express, buffers_live_until_done)
{
	struct drm_limen_memory_info before, after;
	long mark = kmsg_mark();
	char line[256];

	EMU_OR_SKIP();
	ASSERT_EQ(0, limen_memory_info(self->fd, &before));
	ASSERT_EQ(0, emu_hold());
	self->good.reference_handle = self->card.handle;
	ASSERT_EQ(0, submit_good(self, 0));
	bo_free(self->fd, &self->card);
	bo_free(self->fd, &self->host);
	ASSERT_EQ(0, queue_destroy(self->fd, self->queue));
	ASSERT_EQ(0, limen_memory_info(self->fd, &after));
	EXPECT_EQ(before.card_free, after.card_free);
	ASSERT_EQ(0, emu_slow(0));
	EXPECT_TRUE(card_free_becomes(self->fd, before.card_free + SIZE));
	EXPECT_TRUE(kmsg_clean(mark, line, sizeof(line))) TH_LOG("%s", line);
}

/*
 * Who waits inline looks at the ring himself while comparisons are short: one
 * whose interrupt is lost ends long before the watchdog looks. A busy host makes
 * them long, so that is tried again; so does a kernel that checks everything,
 * where this cannot be tried at all.
 */
TEST_F(express, waiter_takes_the_answer)
{
	const __s64 limit = 150 * NSEC_PER_MSEC;
	__s64 took = limit;
	int tries, i;

	EMU_OR_SKIP();
	self->good.dim = 64;
	for (tries = 0; took >= limit && tries < 60; tries++) {
		ASSERT_EQ(0, emu_watchdog(200));
		ASSERT_EQ(0, emu_set("prompt", 101));
		for (i = 0; i < 100; i++)
			ASSERT_EQ(0, submit_good(self, PATIENCE));
		ASSERT_EQ(0, emu_set("drop_irq", 1));
		took = now_ns();
		ASSERT_EQ(0, submit_good(self, PATIENCE));
		took = now_ns() - took;
		ASSERT_EQ(0, emu_calm());
	}
	EXPECT_GT(limit, took);
}

TEST_HARNESS_MAIN
