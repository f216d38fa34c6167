// SPDX-License-Identifier: GPL-2.0-only
/* Users: what each may have of a board, over all open files. */
#include <linux/capability.h>
#include <sys/stat.h>

#include "limen_kselftest.h"

#define OTHER	12345
#define RESULTS	1024
#define RESULT_COUNT ((2 * PAGE - RESULTS) / 32)

/* Opens the node as somebody who has nothing but the node's group. */
static int open_as(uid_t uid)
{
	struct stat node;
	int fd;

	if (stat(limen_node(), &node))
		return -errno;
	if (setegid(node.st_gid) || seteuid(uid))
		return -errno;
	fd = limen_open();
	if (seteuid(0) || setegid(0))
		return -errno;
	return fd;
}

/* Two files of one user, without CAP_SYS_NICE, and one of another user. */
#define USERS_OR_SKIP(self)						\
	do {								\
		OPEN_OR_SKIP((self)->first);				\
		OPEN_OR_SKIP((self)->second);				\
		if (geteuid())						\
			SKIP(return, "only root can be two users");	\
		(self)->other = open_as(OTHER);				\
		ASSERT_LE(0, (self)->other);				\
		ASSERT_EQ(0, allow_capability(CAP_SYS_NICE, false));	\
	} while (0)

#define USERS_CLOSE(self)						\
	do {								\
		if (emu_present())					\
			emu_calm();					\
		close((self)->first);					\
		close((self)->second);					\
		close((self)->other);					\
	} while (0)

FIXTURE(user)
{
	int first;
	int second;
	int other;
};

FIXTURE_SETUP(user)
{
	USERS_OR_SKIP(self);
}

FIXTURE_TEARDOWN(user)
{
	USERS_CLOSE(self);
}

static int make_buffer(int fd, __u32 *id)
{
	return bo_create(fd, PAGE, 0, id);
}

static int make_gallery(int fd, __u32 *id)
{
	struct bo bo;
	int ret = bo_new(fd, PAGE, DRM_LIMEN_BO_CARD, &bo);

	if (ret)
		return ret;
	ret = gallery_simple(fd, &bo, 64, 1, id);
	bo_free(fd, &bo);
	return ret;
}

static int make_queue(int fd, __u32 *id)
{
	return queue_create(fd, DRM_LIMEN_QUEUE_EXPRESS, id);
}

FIXTURE(thing)
{
	int first;
	int second;
	int other;
};

FIXTURE_VARIANT(thing)
{
	int (*make)(int fd, __u32 *id);
	int (*destroy)(int fd, __u32 id);
	unsigned int limit;
};

FIXTURE_VARIANT_ADD(thing, buffer)
{
	.make = make_buffer,
	.destroy = bo_close,
	.limit = 4096,
};

FIXTURE_VARIANT_ADD(thing, gallery)
{
	.make = make_gallery,
	.destroy = gallery_destroy,
	.limit = 256,
};

FIXTURE_VARIANT_ADD(thing, queue)
{
	.make = make_queue,
	.destroy = queue_destroy,
	.limit = 64,
};

FIXTURE_SETUP(thing)
{
	USERS_OR_SKIP(self);
}

FIXTURE_TEARDOWN(thing)
{
	USERS_CLOSE(self);
}

TEST_F(thing, files_share_a_limit)
{
	__u32 id, last = 0;
	unsigned int i;

	for (i = 0; i < variant->limit; i++)
		ASSERT_EQ(0, variant->make(i % 2 ? self->second : self->first,
					   i % 2 ? &id : &last));
	EXPECT_EQ(-EDQUOT, variant->make(self->first, &id));
	EXPECT_EQ(-EDQUOT, variant->make(self->second, &id));
	EXPECT_EQ(0, variant->make(self->other, &id));

	ASSERT_EQ(0, variant->destroy(self->first, last));
	EXPECT_EQ(0, variant->make(self->second, &id));
	EXPECT_EQ(-EDQUOT, variant->make(self->first, &id));
}

TEST_F(thing, returns_with_the_file)
{
	unsigned int i;
	__u32 id;

	for (i = 0; i < variant->limit; i++)
		ASSERT_EQ(0, variant->make(self->first, &id));
	ASSERT_EQ(-EDQUOT, variant->make(self->second, &id));
	close(self->first);
	self->first = -1;
	for (i = 0; i < variant->limit; i++)
		ASSERT_EQ(0, variant->make(self->second, &id));
	EXPECT_EQ(-EDQUOT, variant->make(self->second, &id));
}

TEST_F(user, host_memory)
{
	struct drm_limen_memory_info memory;
	__u64 limit;
	__u32 id;

	ASSERT_EQ(0, limen_memory_info(self->first, &memory));
	ASSERT_EQ(0, memory.host_used);
	limit = memory.host_limit;
	if (limit > 512ULL << 20)
		SKIP(return, "the limit is more than this machine should try");
	ASSERT_EQ(0, bo_create(self->first, limit - 2 * PAGE, 0, &id));
	EXPECT_EQ(-EDQUOT, bo_create(self->second, 3 * PAGE, 0, &id));
	EXPECT_EQ(0, bo_create(self->second, 2 * PAGE, 0, &id));
	EXPECT_EQ(-EDQUOT, bo_create(self->first, PAGE, 0, &id));
	ASSERT_EQ(0, limen_memory_info(self->second, &memory));
	EXPECT_EQ(limit, memory.host_used);

	ASSERT_EQ(0, limen_memory_info(self->other, &memory));
	EXPECT_EQ(0, memory.host_used);
	EXPECT_EQ(0, bo_create(self->other, PAGE, 0, &id));
	/* Not only the file that was opened by the other user is his. */
	ASSERT_EQ(0, limen_memory_info(self->first, &memory));
	EXPECT_EQ(limit, memory.host_used);
}

/* Three quarters for a user; all of it for who may have more than others. */
TEST_F(user, card_memory)
{
	struct drm_limen_memory_info memory;
	__u32 large, small, id;
	__u64 limit, size;

	ASSERT_EQ(0, allow_capability(CAP_SYS_RESOURCE, false));
	ASSERT_EQ(0, limen_memory_info(self->first, &memory));
	size = memory.card_size;
	limit = memory.card_limit;
	EXPECT_EQ(size / 4 * 3, limit);
	ASSERT_TRUE(card_free_becomes(self->first, size));
	ASSERT_EQ(0, limen_memory_info(self->first, &memory));
	EXPECT_EQ(0, memory.card_used);
	EXPECT_EQ(-EDQUOT, bo_create(self->first, limit + PAGE,
				     DRM_LIMEN_BO_CARD, &id));
	ASSERT_EQ(0, bo_create(self->first, limit - 2 * PAGE,
			       DRM_LIMEN_BO_CARD, &large));
	EXPECT_EQ(-EDQUOT, bo_create(self->second, 3 * PAGE, DRM_LIMEN_BO_CARD,
				     &id));
	EXPECT_EQ(0, bo_create(self->second, 2 * PAGE, DRM_LIMEN_BO_CARD,
			       &small));
	EXPECT_EQ(-EDQUOT, bo_create(self->first, PAGE, DRM_LIMEN_BO_CARD,
				     &id));
	ASSERT_EQ(0, limen_memory_info(self->second, &memory));
	EXPECT_EQ(limit, memory.card_used);

	/* Others have the rest, and no more than there is. */
	ASSERT_EQ(0, limen_memory_info(self->other, &memory));
	EXPECT_EQ(0, memory.card_used);
	EXPECT_EQ(limit, memory.card_limit);
	EXPECT_EQ(-ENOSPC, bo_create(self->other, size - limit + PAGE,
				     DRM_LIMEN_BO_CARD, &id));
	EXPECT_EQ(0, bo_create(self->other, size - limit - PAGE,
			       DRM_LIMEN_BO_CARD, &id));

	ASSERT_EQ(0, allow_capability(CAP_SYS_RESOURCE, true));
	EXPECT_EQ(0, bo_create(self->first, PAGE, DRM_LIMEN_BO_CARD, &id));
	EXPECT_EQ(-ENOSPC, bo_create(self->first, PAGE, DRM_LIMEN_BO_CARD,
				     &id));
	ASSERT_EQ(0, allow_capability(CAP_SYS_RESOURCE, false));
	ASSERT_EQ(0, limen_memory_info(self->second, &memory));
	EXPECT_EQ(limit + PAGE, memory.card_used);

	/* What is given back is anybody's. */
	ASSERT_EQ(0, bo_close(self->second, small));
	EXPECT_TRUE(card_used_becomes(self->first, limit - PAGE));
	EXPECT_EQ(-EDQUOT, bo_create(self->first, 2 * PAGE, DRM_LIMEN_BO_CARD,
				     &id));
	EXPECT_EQ(0, bo_create(self->second, PAGE, DRM_LIMEN_BO_CARD, &id));
	close(self->first);
	self->first = -1;
	EXPECT_TRUE(card_used_becomes(self->second, PAGE));
	EXPECT_EQ(0, bo_create(self->second, limit - 3 * PAGE,
			       DRM_LIMEN_BO_CARD, &id));
	EXPECT_EQ(-EDQUOT, bo_create(self->second, 3 * PAGE, DRM_LIMEN_BO_CARD,
				     &id));
}

/* A gallery holds its share when nobody has the buffer's handle any more. */
TEST_F(user, card_memory_of_galleries)
{
	struct drm_limen_memory_info memory;
	__u32 gallery;

	ASSERT_EQ(0, make_gallery(self->first, &gallery));
	ASSERT_EQ(0, limen_memory_info(self->second, &memory));
	EXPECT_EQ(PAGE, memory.card_used);
	ASSERT_EQ(0, gallery_destroy(self->first, gallery));
	EXPECT_TRUE(card_used_becomes(self->second, 0));
}

/* A request that fails takes nothing of the share. */
TEST_F(user, card_memory_that_was_refused)
{
	struct drm_limen_memory_info memory;
	unsigned int i;
	__u32 id;

	ASSERT_EQ(0, allow_capability(CAP_SYS_RESOURCE, false));
	ASSERT_EQ(0, limen_memory_info(self->first, &memory));
	ASSERT_TRUE(card_free_becomes(self->first, memory.card_size));
	ASSERT_EQ(0, bo_create(self->other, memory.card_limit,
			       DRM_LIMEN_BO_CARD, &id));
	for (i = 0; i < 8; i++)
		EXPECT_EQ(-ENOSPC, bo_create(self->first, memory.card_limit,
					     DRM_LIMEN_BO_CARD, &id));
	EXPECT_TRUE(card_used_becomes(self->first, 0));
	EXPECT_EQ(0, bo_create(self->first,
			       memory.card_size - memory.card_limit,
			       DRM_LIMEN_BO_CARD, &id));
}

/* The user is who opened the file, whoever uses it. */
TEST_F(user, file_that_is_passed_on)
{
	struct drm_limen_memory_info memory;
	__u32 id;
	int status;
	pid_t pid;

	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		if (setuid(OTHER))
			_exit(1);
		_exit(bo_create(self->first, 5 * PAGE, 0, &id) ? 2 : 0);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_EQ(0, status);
	ASSERT_EQ(0, limen_memory_info(self->second, &memory));
	EXPECT_EQ(5 * PAGE, memory.host_used);
	ASSERT_EQ(0, limen_memory_info(self->other, &memory));
	EXPECT_EQ(0, memory.host_used);
}

/* Files that come and go leave nothing behind that counts. */
TEST_F(user, comes_and_goes)
{
	struct drm_limen_memory_info memory;
	unsigned int i;
	__u32 id;
	int fd;

	for (i = 0; i < 100; i++) {
		fd = open_as(OTHER + 1 + i % 3);
		ASSERT_LE(0, fd);
		ASSERT_EQ(0, limen_memory_info(fd, &memory));
		ASSERT_EQ(0, memory.host_used);
		ASSERT_EQ(0, bo_create(fd, PAGE, 0, &id));
		close(fd);
	}
}

/**
 * struct express - an EXPRESS queue of a file
 * @fd: file
 * @queue: queue
 * @bo: a buffer with a vector at its start and results behind it
 * @count: comparisons submitted, by the number of their result
 */
struct express {
	int fd;
	__u32 queue;
	struct bo bo;
	unsigned int count;
};

static int express_open(int fd, struct express *express)
{
	int ret = bo_new(fd, 2 * PAGE, 0, &express->bo);

	if (ret)
		return ret;
	express->fd = fd;
	express->count = 0;
	memset(express->bo.map, 1, 512);
	return queue_create(fd, DRM_LIMEN_QUEUE_EXPRESS, &express->queue);
}

static volatile struct drm_limen_compare_result *
express_result(const struct express *express, unsigned int number)
{
	return compare_result(&express->bo, RESULTS + number * 32);
}

/* Submits one more comparison; with a time it waits inline for as long. */
static int express_submit(struct express *express, __s64 nsec)
{
	unsigned int number = express->count % RESULT_COUNT;
	struct drm_limen_compare desc = compare_at(&express->bo, 0, 0,
						   RESULTS + number * 32, 512);
	int ret = submit_compares(express->fd, express->queue, &desc, 1, nsec);

	if (!ret)
		express->count++;
	return ret;
}

static unsigned int express_under_way(const struct express *express)
{
	unsigned int i, under_way = 0;

	for (i = 0; i < express->count; i++)
		if (express_result(express, i)->error == -EINPROGRESS)
			under_way++;
	return under_way;
}

static int express_finish(const struct express *express)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && i < express->count; i++)
		ret = wait_result(&express_result(express, i)->error, PATIENCE);
	return ret;
}

/* Submits until there is no more room: the last answer. */
static int express_fill(struct express *express)
{
	int ret;

	do
		ret = express_submit(express, 0);
	while (!ret && express->count < RESULT_COUNT);
	return ret;
}

TEST_F(user, comparisons)
{
	struct drm_limen_device_info info;
	struct express first, second, other;
	unsigned int under_way;

	EMU_OR_SKIP();
	ASSERT_EQ(0, limen_device_info(self->first, &info));
	EXPECT_GT(info.express_depth, info.express_limit);
	ASSERT_GT(RESULT_COUNT, info.express_limit);
	ASSERT_EQ(0, express_open(self->first, &first));
	ASSERT_EQ(0, express_open(self->second, &second));
	ASSERT_EQ(0, express_open(self->other, &other));

	ASSERT_EQ(0, emu_hold());
	while (first.count < info.express_limit / 2)
		ASSERT_EQ(0, express_submit(&first, 0));
	/* Those that finish meanwhile make room. */
	under_way = express_under_way(&first);
	EXPECT_EQ(-ENOBUFS, express_fill(&second));
	EXPECT_LE(express_under_way(&first) + express_under_way(&second),
		  info.express_limit);
	EXPECT_GE(under_way + second.count, info.express_limit);

	/* The board itself has room still: for others. */
	EXPECT_EQ(0, express_submit(&other, 0));
	EXPECT_EQ(-ETIMEDOUT, express_submit(&second, 1));

	ASSERT_EQ(0, emu_calm());
	EXPECT_EQ(0, express_submit(&second, PATIENCE));
	EXPECT_EQ(0, express_finish(&first));
	EXPECT_EQ(0, express_finish(&second));
	EXPECT_EQ(0, express_finish(&other));
	EXPECT_EQ(512, express_result(&second, 0)->raw);
}

TEST_F(user, comparisons_with_cap_sys_nice)
{
	struct drm_limen_device_info info;
	struct express limited, unlimited;

	EMU_OR_SKIP();
	ASSERT_EQ(0, limen_device_info(self->first, &info));
	ASSERT_EQ(0, express_open(self->first, &limited));
	ASSERT_EQ(0, allow_capability(CAP_SYS_NICE, true));
	ASSERT_EQ(0, express_open(self->second, &unlimited));
	ASSERT_EQ(0, allow_capability(CAP_SYS_NICE, false));

	ASSERT_EQ(0, emu_hold());
	EXPECT_EQ(-ENOBUFS, express_fill(&limited));
	/* The queue was made with the capability; that is what counts. */
	while (unlimited.count < info.express_depth / 4)
		ASSERT_EQ(0, express_submit(&unlimited, 0));
	ASSERT_EQ(0, emu_calm());
	EXPECT_EQ(0, express_finish(&unlimited));
	EXPECT_EQ(0, express_finish(&limited));

	/* What was unlimited is not counted against the others. */
	ASSERT_EQ(0, emu_hold());
	unlimited.count = 0;
	limited.count = 0;
	while (unlimited.count < RESULT_COUNT)
		ASSERT_EQ(0, express_submit(&unlimited, 0));
	ASSERT_GE(RESULT_COUNT + info.express_limit, info.express_depth);
	EXPECT_EQ(0, express_submit(&limited, 0));
	ASSERT_EQ(0, emu_calm());
	EXPECT_EQ(0, express_finish(&unlimited));
	EXPECT_EQ(0, express_finish(&limited));
}

TEST_F(user, close_with_comparisons_under_way)
{
	struct drm_limen_device_info info;
	struct drm_limen_memory_info memory;
	struct express first, second;
	unsigned int i;

	EMU_OR_SKIP();
	ASSERT_EQ(0, limen_device_info(self->first, &info));
	ASSERT_EQ(0, express_open(self->first, &first));
	ASSERT_EQ(0, express_open(self->second, &second));
	ASSERT_EQ(0, emu_hold());
	EXPECT_EQ(-ENOBUFS, express_fill(&first));
	munmap(first.bo.map, first.bo.size);
	close(self->first);
	self->first = -1;

	/* They still count, and so does their buffer, until they are done. */
	while (second.count < info.express_limit / 2)
		if (express_submit(&second, 0))
			break;
	EXPECT_GT(info.express_limit / 2, second.count);
	ASSERT_EQ(0, limen_memory_info(self->second, &memory));
	EXPECT_EQ(4 * PAGE, memory.host_used);
	ASSERT_EQ(0, emu_calm());
	EXPECT_EQ(0, express_submit(&second, PATIENCE));
	EXPECT_EQ(0, express_finish(&second));
	second.count = 0;
	for (i = 0; i < info.express_limit; i++)
		EXPECT_EQ(0, express_submit(&second, PATIENCE));
	ASSERT_EQ(0, limen_memory_info(self->second, &memory));
	EXPECT_EQ(2 * PAGE, memory.host_used);
}

FIXTURE(scans)
{
	int first;
	int second;
	int other;
	struct manual_fence fence;
};

FIXTURE_SETUP(scans)
{
	int ret;

	USERS_OR_SKIP(self);
	ret = manual_fence_open(&self->fence);
	if (ret == -ENODEV)
		SKIP(return, "no vgem: nothing to hold a submission back with");
	ASSERT_EQ(0, ret);
}

FIXTURE_TEARDOWN(scans)
{
	manual_fence_close(&self->fence);
	USERS_CLOSE(self);
}

/**
 * struct held - a SCAN queue whose scans wait for a fence
 * @fd: file
 * @queue: queue
 * @bo: host buffer with a probe at its start and a result behind it
 * @gallery: gallery of one row
 * @in_sync: syncobj with the fence
 */
struct held {
	int fd;
	__u32 queue;
	struct bo bo;
	__u32 gallery;
	__u32 in_sync;
};

static int held_open(int fd, const struct manual_fence *fence,
		     struct held *held)
{
	int ret = bo_new(fd, PAGE, 0, &held->bo);

	held->fd = fd;
	if (!ret)
		ret = make_gallery(fd, &held->gallery);
	if (!ret)
		ret = queue_create(fd, DRM_LIMEN_QUEUE_SCAN, &held->queue);
	if (!ret)
		ret = syncobj_create(fd, &held->in_sync);
	if (!ret)
		ret = syncobj_import(fd, held->in_sync, fence->sync_file);
	return ret;
}

/* Submits some scans; with a timeout they wait inline. */
static int held_submit(struct held *held, __u32 count, __s64 timeout_ns)
{
	struct drm_limen_sync in = { .handle = held->in_sync };
	struct drm_limen_scan descs[32];
	struct drm_limen_submit args = {
		.queue = held->queue,
		.flags = timeout_ns ? DRM_LIMEN_SUBMIT_WAIT : 0,
		.descs = (uintptr_t)descs,
		.count = count,
		.desc_size = sizeof(descs[0]),
		.in_syncs = (uintptr_t)&in,
		.in_sync_count = 1,
		.sync_size = sizeof(in),
		.timeout_ns = timeout_ns,
	};
	__u32 i;

	for (i = 0; i < count; i++)
		descs[i] = scan_at(&held->bo, held->gallery, 1024, 1, 1);
	return submit(held->fd, &args);
}

/* What is cancelled makes room when it is gone, which may take a moment. */
static int held_submit_soon(struct held *held, __u32 count)
{
	__s64 end = in_ns(PATIENCE);
	int ret;

	do
		ret = held_submit(held, count, 0);
	while (ret == -ENOBUFS && now_ns() < end);
	return ret;
}

/* Fills both queues, which are one user's, to the user's limit. */
static int held_fill(struct held *first, struct held *second, __u32 limit)
{
	__u32 count;
	int ret = 0;

	for (count = 0; !ret && count < limit; count += 32)
		ret = held_submit(count < limit / 2 ? first : second, 32, 0);
	return ret;
}

TEST_F(scans, files_share_a_limit)
{
	struct held first, second, third, other;
	struct drm_limen_device_info info;

	ASSERT_EQ(0, limen_device_info(self->first, &info));
	ASSERT_EQ(0, info.scan_limit % 64);
	ASSERT_EQ(0, held_open(self->first, &self->fence, &first));
	ASSERT_EQ(0, held_open(self->second, &self->fence, &second));
	ASSERT_EQ(0, held_open(self->second, &self->fence, &third));
	ASSERT_EQ(0, held_open(self->other, &self->fence, &other));
	ASSERT_EQ(0, held_fill(&first, &second, info.scan_limit));
	EXPECT_EQ(-ENOBUFS, held_submit(&third, 1, 0));
	EXPECT_EQ(-ETIMEDOUT, held_submit(&third, 1, in_ns(NSEC_PER_MSEC)));
	EXPECT_EQ(0, held_submit(&other, 1, 0));

	/* Scans that are cancelled make room on every queue of the user's. */
	ASSERT_EQ(0, queue_destroy(self->first, first.queue));
	EXPECT_EQ(0, held_submit_soon(&third, 32));
	ASSERT_EQ(0, manual_fence_signal(&self->fence));
	EXPECT_EQ(0, held_submit(&third, 1, in_ns(PATIENCE)));
	EXPECT_EQ(0, held_submit(&second, 1, in_ns(PATIENCE)));
	EXPECT_EQ(0, held_submit(&other, 1, in_ns(PATIENCE)));
}

/*
 * Scans of queues that are destroyed while what they depend on never comes: they take
 * memory until they are gone, and a part of the user's share as long. How many of
 * them there are can be seen of their buffers, of which each queue has one.
 */
TEST_F(scans, queues_that_are_left_behind)
{
	struct drm_limen_memory_info before, memory;
	struct drm_limen_device_info info;
	struct held held;
	unsigned int i, count;
	__s64 end;
	int ret;

	ASSERT_EQ(0, limen_device_info(self->first, &info));
	/* What a test before has left is gone. */
	ASSERT_TRUE(card_used_becomes(self->first, 0));
	ASSERT_EQ(0, limen_memory_info(self->first, &before));
	for (i = 0; i < 8; i++) {
		ASSERT_EQ(0, held_open(self->first, &self->fence, &held));
		end = in_ns(100 * NSEC_PER_MSEC);
		count = 0;
		do {
			ret = held_submit(&held, 32, 0);
			count += ret ? 0 : 32;
		} while (count < info.scan_limit && now_ns() < end &&
			 (!ret || ret == -ENOBUFS));
		EXPECT_TRUE(!ret || ret == -ENOBUFS);
		ASSERT_EQ(0, queue_destroy(self->first, held.queue));
		ASSERT_EQ(0, gallery_destroy(self->first, held.gallery));
		bo_free(self->first, &held.bo);
	}
	end = in_ns(2 * NSEC_PER_SEC);
	do {
		sleep_ms(1);
		ASSERT_EQ(0, limen_memory_info(self->first, &memory));
	} while (memory.host_used > before.host_used + PAGE && now_ns() < end);
	/* Else the fence has been given up, and this has shown nothing. */
	EXPECT_EQ(0, sync_file_status(self->fence.sync_file));
	EXPECT_GE(before.host_used + PAGE, memory.host_used);

	ASSERT_EQ(0, manual_fence_signal(&self->fence));
	EXPECT_TRUE(card_used_becomes(self->first, 0));
	ASSERT_EQ(0, held_open(self->first, &self->fence, &held));
	EXPECT_EQ(0, held_submit(&held, 1, in_ns(PATIENCE)));
}

TEST_F(scans, wait_for_another_queues_room)
{
	struct held first, second, third;
	struct drm_limen_device_info info;
	int status;
	pid_t pid;

	ASSERT_EQ(0, limen_device_info(self->first, &info));
	ASSERT_EQ(0, held_open(self->first, &self->fence, &first));
	ASSERT_EQ(0, held_open(self->second, &self->fence, &second));
	ASSERT_EQ(0, held_open(self->second, &self->fence, &third));
	ASSERT_EQ(0, held_fill(&first, &second, info.scan_limit));

	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(held_submit(&third, 1, in_ns(PATIENCE)) ? 1 : 0);
	sleep_ms(50);
	EXPECT_EQ(0, waitpid(pid, &status, WNOHANG));
	ASSERT_EQ(0, manual_fence_signal(&self->fence));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

TEST_HARNESS_MAIN
