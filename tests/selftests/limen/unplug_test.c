// SPDX-License-Identifier: GPL-2.0-only
/* The board goes away, idle, under load and for good; and comes back. */
#include "limen_kselftest.h"

FIXTURE(unplug)
{
	int fd;
	struct bo host;
	struct bo card;
	__u32 express;
	__u32 scan;
	struct drm_limen_compare compare;
	long mark;
};

FIXTURE_SETUP(unplug)
{
	OPEN_OR_SKIP(self->fd);
	EMU_OR_SKIP();
	ASSERT_EQ(0, emu_calm());
	self->mark = kmsg_mark();
	ASSERT_EQ(0, bo_new(self->fd, PAGE, 0, &self->host));
	ASSERT_EQ(0, bo_new(self->fd, PAGE, DRM_LIMEN_BO_CARD, &self->card));
	memset(self->host.map, 1, 512);
	memset(self->card.map, 1, PAGE);
	ASSERT_EQ(0, queue_create(self->fd, DRM_LIMEN_QUEUE_EXPRESS,
				  &self->express));
	ASSERT_EQ(0, queue_create(self->fd, DRM_LIMEN_QUEUE_SCAN, &self->scan));
	self->compare = compare_at(&self->host, 0, 0, 2048, 512);
}

/* However a test ended, if by a signal: the next one finds a board. */
FIXTURE_TEARDOWN_PARENT(unplug)
{
	char line[256];

	emu_bind();
	EXPECT_EQ(0, emu_calm());
	EXPECT_TRUE(kmsg_clean(self->mark, line, sizeof(line))) {
		TH_LOG("%s", line);
	}
}

/* Every ioctl on the file of a board that is gone. */
static int all_say_enodev(FIXTURE_DATA(unplug) *self)
{
	struct drm_limen_device_info info;
	struct drm_limen_memory_info memory;
	__u32 id;
	__u64 offset;
	int wrong = 0;

	wrong += limen_device_info(self->fd, &info) != -ENODEV;
	wrong += limen_memory_info(self->fd, &memory) != -ENODEV;
	wrong += bo_create(self->fd, PAGE, 0, &id) != -ENODEV;
	wrong += bo_create(self->fd, PAGE, DRM_LIMEN_BO_CARD, &id) != -ENODEV;
	wrong += bo_offset(self->fd, self->host.handle, &offset) != -ENODEV;
	wrong += gallery_simple(self->fd, &self->card, 512, 8, &id) != -ENODEV;
	wrong += queue_create(self->fd, DRM_LIMEN_QUEUE_SCAN, &id) != -ENODEV;
	wrong += queue_destroy(self->fd, self->express) != -ENODEV;
	wrong += submit_compares(self->fd, self->express, &self->compare, 1,
				 PATIENCE) != -ENODEV;
	return wrong;
}

TEST_F(unplug, idle)
{
	ASSERT_EQ(0, emu_unbind());
	EXPECT_EQ(0, all_say_enodev(self));
	EXPECT_EQ(-ENODEV, limen_open());
	ASSERT_EQ(0, emu_bind());
	EXPECT_TRUE(board_works());
	/* The old file belongs to the old board. */
	EXPECT_EQ(0, all_say_enodev(self));
}

TEST_F(unplug, many_times)
{
	unsigned int i;

	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, emu_unbind());
		ASSERT_EQ(0, emu_bind());
	}
	EXPECT_TRUE(board_works());
}

/*
 * Each descriptor takes the board a while, so that however late it goes, the last
 * ones are still under way. The first ones may have been served.
 */
#define COMPARES	32
#define SCANS		16

static bool served_or_gone(__s32 error, bool right)
{
	return error == -ENODEV || (!error && right);
}

TEST_F(unplug, pending_work_ends)
{
	struct drm_limen_compare_result *results;
	struct drm_limen_compare compares[COMPARES];
	struct drm_limen_scan scans[SCANS];
	struct drm_limen_sync sync = { .flags = 0 };
	struct drm_limen_submit args = {
		.queue = self->express,
		.descs = (uintptr_t)compares,
		.count = COMPARES,
		.desc_size = sizeof(compares[0]),
		.out_syncs = (uintptr_t)&sync,
		.out_sync_count = 1,
		.sync_size = sizeof(sync),
	};
	struct bo found;
	__u32 gallery;
	int sync_file, i;

	ASSERT_EQ(0, bo_new(self->fd, SCANS * 128, 0, &found));
	ASSERT_EQ(0, gallery_simple(self->fd, &self->card, 512, 8, &gallery));
	results = compare_result(&self->host, 2048);
	for (i = 0; i < COMPARES; i++)
		compares[i] = compare_at(&self->host, 0, 0, 2048 + i * 32, 512);
	for (i = 0; i < SCANS; i++) {
		scans[i] = scan_at(&self->host, gallery, i * 128, 8, 4);
		scans[i].result_handle = found.handle;
	}
	ASSERT_EQ(0, syncobj_create(self->fd, &sync.handle));
	ASSERT_EQ(0, emu_slow(300));
	ASSERT_EQ(0, submit(self->fd, &args));
	ASSERT_EQ(0, submit_scans(self->fd, self->scan, scans, SCANS, 0));
	ASSERT_EQ(0, syncobj_export(self->fd, sync.handle, &sync_file));
	ASSERT_EQ(0, emu_unbind());

	EXPECT_EQ(-ENODEV, wait_result(&results[COMPARES - 1].error, PATIENCE));
	for (i = 0; i < COMPARES; i++)
		EXPECT_TRUE(served_or_gone(results[i].error,
					   results[i].raw == 512));
	EXPECT_EQ(0, results[COMPARES - 1].raw);
	EXPECT_EQ(-ENODEV, wait_result(&scan_result(&found, (SCANS - 1) * 128)
						->error, PATIENCE));
	for (i = 0; i < SCANS; i++) {
		struct drm_limen_scan_result *result = scan_result(&found,
								   i * 128);

		EXPECT_TRUE(served_or_gone(wait_result(&result->error,
						       PATIENCE),
					   result->count == 4));
	}
	EXPECT_EQ(0, scan_result(&found, (SCANS - 1) * 128)->count);
	EXPECT_EQ(-ENODEV, sync_file_status(sync_file));
	close(sync_file);
}

/* A gallery of many chunks, of which the board has searched some. */
#define ROWS		2048

TEST_F(unplug, between_chunks)
{
	struct drm_limen_scan scan = scan_at(&self->host, 0, 2048, ROWS, 16);
	struct drm_limen_scan_result *result = scan_result(&self->host, 2048);
	struct drm_limen_stats before, stats;
	struct drm_limen_device_info info;
	__s64 end = in_ns(PATIENCE);
	struct bo card;

	ASSERT_EQ(0, bo_new(self->fd, ROWS * 512, DRM_LIMEN_BO_CARD, &card));
	memset(card.map, 1, card.size);
	ASSERT_EQ(0, gallery_simple(self->fd, &card, 512, ROWS, &scan.gallery));
	/* Chunks become small if the board takes its time; then it takes more. */
	ASSERT_EQ(0, emu_hold());
	ASSERT_EQ(0, emu_slow(1));
	do {
		ASSERT_EQ(0, submit_scans(self->fd, self->scan, &scan, 1,
					  PATIENCE));
		ASSERT_EQ(0, limen_device_info(self->fd, &info));
	} while (info.chunk_bytes > card.size / 32);
	memset(result, POISON, scan_result_size(16));
	ASSERT_EQ(0, emu_slow(500));
	ASSERT_EQ(0, limen_stats(self->fd, &before));
	ASSERT_EQ(0, submit_scans(self->fd, self->scan, &scan, 1, 0));
	do {
		sleep_ms(1);
		ASSERT_EQ(0, limen_stats(self->fd, &stats));
	} while (stats.chunks < before.chunks + 2 && now_ns() < end);
	ASSERT_EQ(0, emu_unbind());

	EXPECT_EQ(-ENODEV, wait_result(&result->error, PATIENCE));
	EXPECT_EQ(0, result->count);
	EXPECT_EQ(0, result->device_ns);
	EXPECT_TRUE(all_bytes(result->rows, POISON,
			      16 * sizeof(result->rows[0])));
	ASSERT_EQ(0, emu_bind());
	EXPECT_TRUE(board_works());
}

/* Whoever waits in the kernel is woken. */
TEST_F(unplug, waiters_wake)
{
	int status;
	pid_t pid;

	ASSERT_EQ(0, emu_slow(400));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		int ret;

		/* Should it be served before the board goes, it asks again. */
		do {
			ret = submit_compares(self->fd, self->express,
					      &self->compare, 1, PATIENCE);
		} while (!ret);
		_exit(-ret);
	}
	sleep_ms(100);
	ASSERT_EQ(0, emu_unbind());
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(WIFEXITED(status));
	EXPECT_EQ(ENODEV, WEXITSTATUS(status));
}

static int compare_until_gone(void)
{
	struct drm_limen_compare desc;
	struct bo host;
	__u32 queue;
	int fd = limen_open();
	int ret;

	if (fd < 0 || bo_new(fd, PAGE, 0, &host) ||
	    queue_create(fd, DRM_LIMEN_QUEUE_EXPRESS, &queue))
		return 1;
	memset(host.map, 1, 512);
	desc = compare_at(&host, 0, 0, 2048, 512);
	do {
		memset(host.map + 2048, POISON, 32);
		ret = submit_compares(fd, queue, &desc, 1, PATIENCE);
		if (!ret && compare_result(&host, 2048)->raw != 512)
			return 2;
	} while (!ret);
	return ret == -ENODEV ? 0 : 3;
}

static int scan_until_gone(void)
{
	struct drm_limen_scan scan;
	struct bo host, card;
	__u32 queue, gallery;
	int fd = limen_open();
	int ret;

	if (fd < 0 || bo_new(fd, PAGE, 0, &host) ||
	    bo_new(fd, PAGE, DRM_LIMEN_BO_CARD, &card) ||
	    queue_create(fd, DRM_LIMEN_QUEUE_SCAN, &queue))
		return 1;
	memset(host.map, 1, 512);
	memset(card.map, 1, PAGE);
	if (gallery_simple(fd, &card, 512, 8, &gallery))
		return 1;
	scan = scan_at(&host, gallery, 2048, 8, 8);
	do {
		const struct drm_limen_scan_result *found;

		memset(host.map + 2048, POISON, scan_result_size(8));
		ret = submit_scans(fd, queue, &scan, 1, PATIENCE);
		found = scan_result(&host, 2048);
		if (!ret && (found->count != 8 || found->rows[7].raw != 512))
			return 2;
	} while (!ret);
	if (ret != -ENODEV)
		return 3;
	/* The gallery is gone, and with it what its mapping showed. */
	return all_bytes(card.map, 0, PAGE) ? 0 : 4;
}

/* A signal would end it otherwise than it ends by itself. */
static int touch_until_gone(void)
{
	struct drm_limen_device_info info;
	struct bo card;
	int fd = limen_open();
	int ret;

	if (fd < 0 || bo_new(fd, 4 * PAGE, DRM_LIMEN_BO_CARD, &card))
		return 1;
	do {
		uint8_t value = card.map[0] + 1;
		bool kept;

		/* Across the moment of unplugging the content may change. */
		memset(card.map, value, card.size);
		kept = all_bytes(card.map, value, card.size);
		ret = limen_device_info(fd, &info);
		if (!ret && !kept)
			return 2;
	} while (!ret);
	if (ret != -ENODEV)
		return 3;
	memset(card.map, 0x5a, card.size);
	return all_bytes(card.map, 0x5a, card.size) ? 0 : 4;
}

TEST_F(unplug, under_load)
{
	int (* const loads[])(void) = {
		compare_until_gone, compare_until_gone, scan_until_gone,
		scan_until_gone, touch_until_gone, touch_until_gone,
	};
	pid_t pids[ARRAY_SIZE(loads)];
	unsigned int i;
	int status;

	for (i = 0; i < ARRAY_SIZE(pids); i++) {
		pids[i] = fork();
		ASSERT_LE(0, pids[i]);
		if (!pids[i])
			_exit(loads[i]());
	}
	sleep_ms(500);
	ASSERT_EQ(0, emu_unbind());
	for (i = 0; i < ARRAY_SIZE(pids); i++) {
		ASSERT_EQ(pids[i], waitpid(pids[i], &status, 0));
		EXPECT_EQ(0, status) TH_LOG("load %u", i);
	}
	ASSERT_EQ(0, emu_bind());
	EXPECT_TRUE(board_works());
}

/*
 * Card memory is gone with the card. No signal: whoever touches it finds zeros,
 * and keeps to himself what he writes. The host buffer, which is ours, remains.
 */
TEST_F(unplug, mappings)
{
	struct bo other, frozen;
	uint8_t *untouched;
	__u32 gallery;

	ASSERT_EQ(0, bo_new(self->fd, 4 * PAGE, DRM_LIMEN_BO_CARD, &other));
	ASSERT_EQ(0, bo_new(self->fd, PAGE, DRM_LIMEN_BO_CARD, &frozen));
	memset(other.map, 2, other.size);
	memset(frozen.map, 3, PAGE);
	ASSERT_EQ(0, gallery_simple(self->fd, &frozen, 512, 8, &gallery));
	untouched = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->fd,
			 self->card.offset);
	ASSERT_NE(MAP_FAILED, untouched);

	ASSERT_EQ(0, emu_unbind());
	EXPECT_TRUE(all_bytes(self->host.map, 1, 512));
	EXPECT_TRUE(all_bytes(self->card.map, 0, PAGE));
	EXPECT_TRUE(all_bytes(frozen.map, 0, PAGE));

	/* One page throughout the buffer, and nobody else's. */
	memset(self->card.map, 0x11, PAGE);
	EXPECT_TRUE(all_bytes(other.map, 0, other.size));
	memset(other.map + 3 * PAGE, 0x22, PAGE);
	EXPECT_TRUE(all_bytes(other.map, 0x22, other.size));
	EXPECT_TRUE(all_bytes(frozen.map, 0, PAGE));
	EXPECT_TRUE(all_bytes(untouched, 0x11, PAGE));

	/* Nor do they reach into the board that comes. */
	ASSERT_EQ(0, emu_bind());
	EXPECT_TRUE(board_works());
	EXPECT_TRUE(all_bytes(self->card.map, 0x11, PAGE));
	EXPECT_EQ(0, munmap(untouched, PAGE));
}

/*
 * A board that nothing helps is given up until bound anew: the guilty comparison
 * has hung too long, the innocent one ended when the reset failed, and user space
 * is told.
 */
TEST_F(unplug, given_up)
{
	struct drm_limen_compare descs[] = {
		self->compare,
		compare_at(&self->host, 0, 0, 2048 + 32, 512),
	};
	int uevents = uevent_open();
	__u32 handle;

	ASSERT_LE(0, uevents);
	ASSERT_EQ(0, emu_set("hang", 2));
	ASSERT_EQ(0, emu_set("deaf", 1));
	ASSERT_EQ(0, emu_set("stick_ring", 1));
	ASSERT_EQ(0, emu_set("stick", 100));
	EXPECT_EQ(-ETIME, submit_compares(self->fd, self->express, descs, 2,
					  PATIENCE));
	EXPECT_EQ(-ETIME, compare_result(&self->host, 2048)->error);
	EXPECT_EQ(-ECANCELED, compare_result(&self->host, 2048 + 32)->error);
	EXPECT_TRUE(uevent_wait(uevents, "WEDGED=rebind,bus-reset", PATIENCE));
	close(uevents);
	EXPECT_EQ(-ENODEV, submit_compares(self->fd, self->express, descs, 1,
					   NSEC_PER_SEC));
	EXPECT_FALSE(board_works());
	/* What needs no board may still be given back. */
	EXPECT_EQ(0, bo_close(self->fd, self->host.handle));
	bo_create(self->fd, PAGE, 0, &handle);

	ASSERT_EQ(0, emu_unbind());
	ASSERT_EQ(0, emu_bind());
	EXPECT_TRUE(board_works());
}

TEST_HARNESS_MAIN
