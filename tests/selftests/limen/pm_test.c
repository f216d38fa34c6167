// SPDX-License-Identifier: GPL-2.0-only
/*
 * The board sleeps when nobody needs it, and with the system. What was on the
 * card is lost then, and nobody is given a score of what is not there any more.
 */
#include <glob.h>
#include <stdio.h>

#include "camera.h"
#include "client.h"
#include "limen_kselftest.h"

#define SYSTEM	"/sys/power/"

/* A second without a user, and some for a machine that is emulated. */
#define SLEEPS_MS	20000

static __u8 picture[FULL_BYTES];

/*
 * A file of the board's in sysfs or debugfs, with the board's name at %s. To look for
 * the board again would be to open its node, and to wake it up.
 */
static int board_path(const char *format, char *path, size_t size)
{
	static const char *device;

	if (!device)
		device = emu_device();
	if (!device)
		return -ENODEV;
	snprintf(path, size, format, device);
	return 0;
}

#define POWER	"/sys/bus/platform/devices/%s/power/"
#define KNOBS	"/sys/kernel/debug/limen_emu/%s/"

static int board_read(const char *format, char *text, size_t size)
{
	char path[256];

	return board_path(format, path, sizeof(path)) ?:
	       read_file(path, text, size);
}

static int board_write(const char *format, const char *text)
{
	char path[256];

	return board_path(format, path, sizeof(path)) ?: write_file(path, text);
}

static bool status_is(const char *wanted)
{
	char text[64];

	return !board_read(POWER "runtime_status", text, sizeof(text)) &&
	       !strncmp(text, wanted, strlen(wanted));
}

/* Milliseconds it has been awake: as many as before if it has not woken up. */
static long active_ms(void)
{
	char text[64];

	return board_read(POWER "runtime_active_time", text, sizeof(text)) ?
	       -1 : strtol(text, NULL, 10);
}

/* How many want it awake; a kernel that does not say so says 0. */
static int usage(void)
{
	char text[64];

	return board_read(POWER "runtime_usage", text, sizeof(text)) ?
	       0 : atoi(text);
}

static bool falls_asleep(void)
{
	unsigned int i;

	for (i = 0; i < SLEEPS_MS / 50; i++) {
		if (status_is("suspended"))
			return true;
		sleep_ms(50);
	}
	return false;
}

/* Whether it is awake and stays so for longer than it would take to sleep. */
static bool stays_awake(void)
{
	unsigned int i;

	for (i = 0; i < 40; i++) {
		if (!status_is("active"))
			return false;
		sleep_ms(50);
	}
	return true;
}

static int power_control(const char *value)
{
	return board_write(POWER "control", value);
}

/*
 * The system is told to suspend, and does not get far, so that a root file system
 * that would not survive it is left alone: up to there everything is real. With a
 * knob, devices one by one, the one that came last first: the board. It refuses, or
 * it wakes the system up as soon as it has been put to sleep. Without one, not even
 * the board has its turn.
 */
static int system_suspend(const char *knob)
{
	int ret;

	if (!knob) {
		write_file("/sys/module/suspend/parameters/pm_test_delay", "1");
		ret = write_file(SYSTEM "pm_test", "freezer");
	} else {
		ret = write_file(SYSTEM "pm_async", "0");
		if (!ret)
			ret = write_file(SYSTEM "pm_test", "devices");
		if (!ret)
			ret = board_write(knob, "1");
	}
	if (ret)
		return ret;
	ret = write_file(SYSTEM "state", "freeze");
	write_file(SYSTEM "pm_test", "none");
	if (knob)
		ret = ret == -EBUSY ? 0 : ret ?: -ENOTRECOVERABLE;
	return ret;
}

#define WAKE	(KNOBS "wake")
#define REFUSE	(KNOBS "refuse")

FIXTURE(runtime)
{
	struct client client;
	long mark;
};

FIXTURE_SETUP(runtime)
{
	int fd;

	OPEN_OR_SKIP(fd);
	EMU_OR_SKIP();
	self->mark = kmsg_mark();
	ASSERT_EQ(0, emu_calm());
	if (status_is("unsupported"))
		SKIP(return, "a kernel without runtime power management");
	close(fd);
	ASSERT_EQ(0, power_control("auto"));
}

/* The emulated board complains if it is used while it sleeps. */
FIXTURE_TEARDOWN_PARENT(runtime)
{
	char line[256];

	emu_bind();
	EXPECT_EQ(0, power_control("auto"));
	EXPECT_TRUE(kmsg_clean(self->mark, line, sizeof(line))) {
		TH_LOG("%s", line);
	}
}

TEST_F(runtime, sleeps_without_users)
{
	ASSERT_TRUE(falls_asleep());
	ASSERT_EQ(0, client_open(&self->client));
	EXPECT_TRUE(status_is("active"));
	EXPECT_EQ(0, client_verify(&self->client));
	EXPECT_EQ(0, client_search(&self->client));
	client_close(&self->client);
	EXPECT_TRUE(falls_asleep());
}

TEST_F(runtime, open_file_keeps_it_awake)
{
	int fd;

	ASSERT_TRUE(falls_asleep());
	fd = limen_open();
	ASSERT_LE(0, fd);
	EXPECT_TRUE(stays_awake());
	close(fd);
	EXPECT_TRUE(falls_asleep());
}

/* A mapping keeps its file open, and what is on the card has to stay there. */
TEST_F(runtime, mapping_keeps_it_awake)
{
	struct bo bo;
	int fd = limen_open();

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, bo_new(fd, PAGE, DRM_LIMEN_BO_CARD, &bo));
	memset(bo.map, 0x77, PAGE);
	close(fd);
	EXPECT_TRUE(stays_awake());
	EXPECT_TRUE(all_bytes(bo.map, 0x77, PAGE));
	ASSERT_EQ(0, munmap(bo.map, PAGE));
	EXPECT_TRUE(falls_asleep());
}

TEST_F(runtime, many_cycles)
{
	unsigned int i;

	for (i = 0; i < 5; i++) {
		ASSERT_TRUE(falls_asleep());
		ASSERT_EQ(0, client_open(&self->client));
		ASSERT_EQ(0, client_verify(&self->client));
		ASSERT_EQ(0, client_search(&self->client));
		client_close(&self->client);
	}
}

TEST_F(runtime, not_if_forbidden)
{
	ASSERT_TRUE(falls_asleep());
	ASSERT_EQ(0, power_control("on"));
	EXPECT_TRUE(stays_awake());
	ASSERT_EQ(0, power_control("auto"));
	EXPECT_TRUE(falls_asleep());
}

TEST_F(runtime, unbound_in_its_sleep)
{
	ASSERT_TRUE(falls_asleep());
	ASSERT_EQ(0, emu_unbind());
	EXPECT_TRUE(status_is("suspended") || status_is("unsupported"));
	ASSERT_EQ(0, emu_bind());
	ASSERT_EQ(0, client_open(&self->client));
	EXPECT_EQ(0, client_verify(&self->client));
	client_close(&self->client);
	EXPECT_TRUE(falls_asleep());
}

/* The file is the old board's, but the device it keeps awake is the same. */
TEST_F(runtime, balanced_after_unplug)
{
	struct client fresh;

	ASSERT_EQ(0, client_open(&self->client));
	ASSERT_EQ(0, emu_unbind());
	EXPECT_EQ(-ENODEV, client_verify(&self->client));
	ASSERT_EQ(0, emu_bind());
	ASSERT_EQ(0, client_open(&fresh));
	client_close(&self->client);
	EXPECT_TRUE(stays_awake());
	EXPECT_EQ(0, client_verify(&fresh));
	client_close(&fresh);
	EXPECT_TRUE(falls_asleep());
}

/* What a sensor says: 0 or a negative errno. */
static int sensor(const char *format, long *value)
{
	char pattern[256], text[32];
	glob_t found;
	int ret = board_path(format, pattern, sizeof(pattern));

	if (ret)
		return ret;
	if (glob(pattern, 0, NULL, &found))
		return -ENOENT;
	ret = read_file(found.gl_pathv[0], text, sizeof(text));
	globfree(&found);
	if (!ret)
		*value = strtol(text, NULL, 10);
	return ret;
}

#define HWMON	"/sys/bus/platform/devices/%s/hwmon/hwmon*/"

/* Whether the system sleeps, too, or is kept from it, is nothing to a board asleep. */
TEST_F(runtime, system_suspends_in_its_sleep)
{
	static const char * const knobs[] = { WAKE, REFUSE, NULL };
	unsigned int i;
	long active, value;

	if (access(SYSTEM "pm_test", W_OK))
		SKIP(return, "a kernel that does not test its suspend");
	for (i = 0; i < ARRAY_SIZE(knobs); i++) {
		ASSERT_TRUE(falls_asleep());
		active = active_ms();
		ASSERT_LT(0, active);
		ASSERT_EQ(0, system_suspend(knobs[i]));
		EXPECT_TRUE(status_is("suspended"));
		EXPECT_EQ(active, active_ms());
		EXPECT_EQ(0, usage());
		/* Nor does the driver think that it is awake. */
		EXPECT_EQ(-ENODATA, sensor(HWMON "temp1_input", &value));

		/* What is made now is not lost later, by what was before. */
		ASSERT_EQ(0, client_open(&self->client));
		EXPECT_TRUE(status_is("active"));
		EXPECT_EQ(0, client_verify(&self->client));
		EXPECT_EQ(0, client_search(&self->client));
		client_close(&self->client);
	}
	ASSERT_TRUE(falls_asleep());
	EXPECT_EQ(0, usage());
}

/* A buffer keeps it awake; it is lost with the system's sleep, and lets it sleep. */
TEST_F(runtime, sleeps_after_the_system_did)
{
	long active;

	if (access(SYSTEM "pm_test", W_OK))
		SKIP(return, "a kernel that does not test its suspend");
	ASSERT_EQ(0, client_open(&self->client));
	ASSERT_EQ(0, system_suspend(WAKE));
	EXPECT_TRUE(stays_awake());
	EXPECT_EQ(-ESTALE, client_search(&self->client));
	client_close(&self->client);
	ASSERT_TRUE(falls_asleep());
	EXPECT_EQ(0, usage());
	active = active_ms();
	ASSERT_EQ(0, system_suspend(WAKE));
	EXPECT_EQ(active, active_ms());
	ASSERT_EQ(0, client_open(&self->client));
	EXPECT_EQ(0, client_search(&self->client));
	client_close(&self->client);
}

/* Who only looks finds it asleep, and leaves it so. */
TEST_F(runtime, looking_does_not_wake_it_up)
{
	unsigned int round;
	char text[8192];
	long active, value;

	ASSERT_EQ(0, emu_set("temperature", 51234));
	for (round = 0; round < 2; round++) {
		ASSERT_TRUE(falls_asleep());
		active = active_ms();
		ASSERT_LT(0, active);
		EXPECT_EQ(-ENODATA, sensor(HWMON "temp1_input", &value));
		EXPECT_EQ(-ENODATA, sensor(HWMON "power1_input", &value));
		EXPECT_EQ(0, board_read("/sys/kernel/debug/accel/%s/rings",
					text, sizeof(text)));
		EXPECT_TRUE(status_is("suspended"));
		EXPECT_EQ(active, active_ms());

		ASSERT_EQ(0, client_open(&self->client));
		EXPECT_EQ(0, sensor(HWMON "temp1_input", &value));
		EXPECT_EQ(51234, value);
		EXPECT_EQ(0, sensor(HWMON "power1_input", &value));
		EXPECT_LT(0, value);
		client_close(&self->client);
	}
	ASSERT_EQ(0, emu_set("temperature", 45000));
}

/* A board that does not wake up is given up, and says so. */
TEST_F(runtime, does_not_wake_up)
{
	/* To reach for the knob wakes it up once more. */
	ASSERT_EQ(0, emu_set("stick", 100));
	ASSERT_TRUE(falls_asleep());
	EXPECT_EQ(0, client_open(&self->client));
	EXPECT_EQ(-ENODEV, client_verify(&self->client));
	close(self->client.fd);
	ASSERT_EQ(0, emu_calm());
	ASSERT_EQ(0, emu_unbind());
	ASSERT_EQ(0, emu_bind());
	ASSERT_EQ(0, client_open(&self->client));
	EXPECT_EQ(0, client_verify(&self->client));
	client_close(&self->client);
}

TEST_F(runtime, camera_keeps_it_awake)
{
	struct view view = { .fd = -1 };

	view.fd = camera_open(CAMERA_NAME, O_RDWR | O_NONBLOCK);
	if (view.fd == -ENODEV)
		SKIP(return, "no camera");
	ASSERT_LE(0, view.fd);
	/* To look and to set is not to stream. */
	ASSERT_TRUE(falls_asleep());
	EXPECT_EQ(0, control_set(view.fd, V4L2_CID_EXPOSURE_ABSOLUTE, 200));
	EXPECT_EQ(0, control_set(view.fd, V4L2_CID_ILLUMINATORS_1, 0));
	EXPECT_EQ(0, control_set(view.fd, V4L2_CID_ILLUMINATORS_1, 1));
	EXPECT_EQ(0, control_set(view.fd, V4L2_CID_EXPOSURE_ABSOLUTE, 100));
	EXPECT_TRUE(status_is("suspended"));

	ASSERT_EQ(0, view_start(&view, FULL_WIDTH, FULL_HEIGHT, 30));
	EXPECT_TRUE(stays_awake());
	EXPECT_EQ(0, view_next(&view, picture));
	view_stop(&view);
	EXPECT_TRUE(falls_asleep());
	close(view.fd);
}

FIXTURE(suspend)
{
	struct client client;
	long mark;
};

FIXTURE_SETUP(suspend)
{
	self->client.fd = -1;
	OPEN_OR_SKIP(self->client.fd);
	EMU_OR_SKIP();
	if (access(SYSTEM "pm_test", W_OK))
		SKIP(return, "a kernel that does not test its suspend");
	self->mark = kmsg_mark();
	ASSERT_EQ(0, emu_calm());
	close(self->client.fd);
	ASSERT_EQ(0, client_open(&self->client));
}

FIXTURE_TEARDOWN(suspend)
{
	char line[256];

	if (self->client.fd < 0 || !self->client.express)
		return;
	client_close(&self->client);
	EXPECT_EQ(0, emu_calm());
	EXPECT_TRUE(kmsg_clean(self->mark, line, sizeof(line))) {
		TH_LOG("%s", line);
	}
}

TEST_F(suspend, card_memory_is_lost)
{
	struct client *client = &self->client;
	struct drm_limen_compare desc;
	struct bo frozen = client->card, open;
	__u32 old = client->gallery, gallery;

	ASSERT_EQ(0, bo_new(client->fd, PAGE, DRM_LIMEN_BO_CARD, &open));
	memset(open.map, 1, PAGE);
	desc = compare_at(&client->host, 0, 0, 2048, 512);
	desc.probe_handle = open.handle;
	ASSERT_EQ(0, submit_compares(client->fd, client->express, &desc, 1,
				     PATIENCE));
	ASSERT_EQ(0, client_search(client));
	ASSERT_EQ(0, system_suspend(WAKE));

	/* What needs nothing of the card goes on. */
	EXPECT_EQ(0, client_verify(client));
	/* What does is refused, as it will be for ever. */
	EXPECT_EQ(-ESTALE, client_search(client));
	EXPECT_EQ(-ESTALE, submit_compares(client->fd, client->express, &desc,
					   1, PATIENCE));
	EXPECT_EQ(-ESTALE, gallery_simple(client->fd, &open, 512, 8, &gallery));
	EXPECT_EQ(-ESTALE, gallery_simple(client->fd, &frozen, 512, 8,
					  &gallery));
	/* Mappings are those of a board that has gone. */
	EXPECT_TRUE(all_bytes(open.map, 0, PAGE));
	EXPECT_TRUE(all_bytes(frozen.map, 0, PAGE));
	memset(open.map, 1, PAGE);
	EXPECT_TRUE(all_bytes(frozen.map, 0, PAGE));
	EXPECT_EQ(-ESTALE, client_search(client));

	/* Under other handles, all is as before. */
	ASSERT_EQ(0, client_fill(client));
	EXPECT_EQ(0, client_search(client));
	EXPECT_EQ(0, gallery_destroy(client->fd, old));
	bo_free(client->fd, &frozen);
	bo_free(client->fd, &open);
	EXPECT_EQ(0, client_search(client));
}

/* Somebody else kept the system from it before it was the board's turn. */
TEST_F(suspend, not_before_its_turn)
{
	static const char * const knobs[] = { REFUSE, NULL };
	struct client *client = &self->client;
	struct drm_limen_compare desc = compare_at(&client->host, 0, 512, 1024,
						   512);
	const struct drm_limen_compare_result *result =
		compare_result(&client->host, 1024);
	struct bo open;
	unsigned int i;

	ASSERT_EQ(0, bo_new(client->fd, PAGE, DRM_LIMEN_BO_CARD, &open));
	memset(open.map, 0x55, PAGE);
	for (i = 0; i < ARRAY_SIZE(knobs); i++) {
		/* Work goes on, and buffers stay. */
		ASSERT_EQ(0, emu_hold());
		ASSERT_EQ(0, submit_compares(client->fd, client->express, &desc,
					     1, 0));
		ASSERT_EQ(0, system_suspend(knobs[i]));
		EXPECT_EQ(-EINPROGRESS, result->error);
		ASSERT_EQ(0, emu_calm());
		EXPECT_EQ(0, wait_result(&result->error, PATIENCE));
		EXPECT_EQ(512, result->raw);
		EXPECT_TRUE(all_bytes(open.map, 0x55, PAGE));
		EXPECT_EQ(0, client_search(client));
	}

	/* What is lost is lost once. */
	ASSERT_EQ(0, system_suspend(WAKE));
	EXPECT_EQ(-ESTALE, client_search(client));
	EXPECT_TRUE(all_bytes(open.map, 0, PAGE));
	bo_free(client->fd, &client->card);
	ASSERT_EQ(0, gallery_destroy(client->fd, client->gallery));
	ASSERT_EQ(0, client_fill(client));
	ASSERT_EQ(0, system_suspend(REFUSE));
	EXPECT_EQ(0, client_search(client));
	bo_free(client->fd, &open);
}

/* Nobody finds what a buffer held, wherever the next one may lie. */
TEST_F(suspend, memory_is_given_back)
{
	struct drm_limen_memory_info info, after;
	struct bo bo;

	ASSERT_EQ(0, limen_memory_info(self->client.fd, &info));
	ASSERT_EQ(0, bo_new(self->client.fd, info.card_free,
			    DRM_LIMEN_BO_CARD, &bo));
	memset(bo.map, 0x66, bo.size);
	ASSERT_EQ(0, system_suspend(WAKE));
	bo_free(self->client.fd, &bo);
	EXPECT_TRUE(card_free_becomes(self->client.fd, info.card_free));
	ASSERT_EQ(0, limen_memory_info(self->client.fd, &after));
	EXPECT_EQ(info.card_free, after.card_free);
	ASSERT_EQ(0, bo_new(self->client.fd, info.card_free,
			    DRM_LIMEN_BO_CARD, &bo));
	EXPECT_TRUE(all_bytes(bo.map, 0, bo.size));
	bo_free(self->client.fd, &bo);
}

/* Who waits inline sleeps through it, and is told how his work ended. */
TEST_F(suspend, inline_wait_is_cancelled)
{
	struct drm_limen_stats stats;
	__s64 end = in_ns(PATIENCE);
	int status;
	pid_t pid;

	ASSERT_EQ(0, emu_hold());
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(-client_verify(&self->client));
	do {
		ASSERT_EQ(0, limen_stats(self->client.fd, &stats));
	} while (!stats.express_depth && now_ns() < end);
	ASSERT_EQ(0, system_suspend(WAKE));
	ASSERT_EQ(0, emu_calm());
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(WIFEXITED(status));
	EXPECT_EQ(ECANCELED, WEXITSTATUS(status));
	EXPECT_EQ(0, client_verify(&self->client));
}

/* A scan whose fence comes after the suspend does not search zeros. */
TEST_F(suspend, waiting_scan_is_cancelled)
{
	struct client *client = &self->client;
	struct drm_limen_sync sync = { .flags = 0 };
	struct drm_limen_scan scan = scan_at(&client->host, client->gallery,
					     2048, 8, 8);
	struct drm_limen_submit args = {
		.queue = client->scan,
		.descs = (uintptr_t)&scan,
		.count = 1,
		.desc_size = sizeof(scan),
		.in_syncs = (uintptr_t)&sync,
		.in_sync_count = 1,
		.sync_size = sizeof(sync),
	};
	struct manual_fence fence;

	if (manual_fence_open(&fence))
		SKIP(return, "no vgem");
	ASSERT_EQ(0, syncobj_create(client->fd, &sync.handle));
	ASSERT_EQ(0, syncobj_import(client->fd, sync.handle, fence.sync_file));
	ASSERT_EQ(0, submit(client->fd, &args));
	ASSERT_EQ(0, system_suspend(WAKE));
	EXPECT_EQ(-EINPROGRESS, scan_result(&client->host, 2048)->error);
	ASSERT_EQ(0, manual_fence_signal(&fence));
	EXPECT_EQ(-ECANCELED, wait_result(&scan_result(&client->host, 2048)
						->error, PATIENCE));
	manual_fence_close(&fence);
	EXPECT_EQ(0, client_verify(client));
}

/* A gallery of many chunks, of which the board has searched some. */
#define ROWS	2048

TEST_F(suspend, scan_ends_between_chunks)
{
	struct client *client = &self->client;
	struct drm_limen_scan scan = scan_at(&client->host, 0, 2048, ROWS, 16);
	struct drm_limen_scan_result *result = scan_result(&client->host, 2048);
	struct drm_limen_stats before, stats;
	struct drm_limen_device_info info;
	__s64 end = in_ns(PATIENCE);
	struct bo card;

	ASSERT_EQ(0, bo_new(client->fd, ROWS * 512, DRM_LIMEN_BO_CARD, &card));
	memset(card.map, 1, card.size);
	ASSERT_EQ(0, gallery_simple(client->fd, &card, 512, ROWS,
				    &scan.gallery));
	/* Chunks become small if the board takes its time; then it takes more. */
	ASSERT_EQ(0, emu_hold());
	ASSERT_EQ(0, emu_slow(1));
	do {
		ASSERT_EQ(0, submit_scans(client->fd, client->scan, &scan, 1,
					  PATIENCE));
		ASSERT_EQ(0, limen_device_info(client->fd, &info));
	} while (info.chunk_bytes > card.size / 32);
	memset(result, POISON, scan_result_size(16));
	ASSERT_EQ(0, emu_slow(500));
	ASSERT_EQ(0, limen_stats(client->fd, &before));
	ASSERT_EQ(0, submit_scans(client->fd, client->scan, &scan, 1, 0));
	do {
		sleep_ms(1);
		ASSERT_EQ(0, limen_stats(client->fd, &stats));
	} while (stats.chunks < before.chunks + 2 && now_ns() < end);
	ASSERT_EQ(0, system_suspend(WAKE));

	EXPECT_EQ(-ECANCELED, wait_result(&result->error, PATIENCE));
	EXPECT_EQ(0, result->count);
	EXPECT_EQ(0, result->device_ns);
	EXPECT_TRUE(all_bytes(result->rows, POISON,
			      16 * sizeof(result->rows[0])));
	EXPECT_EQ(-ESTALE, submit_scans(client->fd, client->scan, &scan, 1,
					PATIENCE));
	EXPECT_EQ(0, client_verify(client));
	bo_free(client->fd, &card);
}

TEST_F(suspend, camera_stops)
{
	struct view view;

	view.fd = camera_open(CAMERA_NAME, O_RDWR | O_NONBLOCK);
	if (view.fd == -ENODEV)
		SKIP(return, "no camera");
	ASSERT_LE(0, view.fd);
	ASSERT_EQ(0, view_start(&view, FULL_WIDTH, FULL_HEIGHT, 30));
	ASSERT_EQ(0, view_next(&view, picture));
	ASSERT_EQ(0, system_suspend(WAKE));
	/* Frames of before may still be fetched; then there is an error. */
	while (!view_next(&view, picture))
		;
	view_stop(&view);
	ASSERT_EQ(0, view_start(&view, FULL_WIDTH, FULL_HEIGHT, 30));
	EXPECT_EQ(0, view_next(&view, picture));
	view_stop(&view);
	close(view.fd);
}

#define SUSPENDS	4

TEST_F(suspend, under_load)
{
	struct load *load = load_start();
	unsigned int i;

	ASSERT_NE(NULL, load);
	for (i = 0; i < SUSPENDS; i++) {
		EXPECT_TRUE(load_works(load));
		EXPECT_EQ(0, system_suspend(WAKE));
	}
	EXPECT_TRUE(load_works(load));
	EXPECT_EQ(0, load_end(load));
	EXPECT_EQ(0, load->gone);
	/* Each lost its gallery each time. */
	EXPECT_LE(LOADS * SUSPENDS, load->refused);
	TH_LOG("%u right, %u refused", load->right, load->refused);
	load_free(load);
}

TEST_HARNESS_MAIN
