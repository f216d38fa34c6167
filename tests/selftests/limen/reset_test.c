// SPDX-License-Identifier: GPL-2.0-only
/*
 * Boards as unkind as hardware can be: they change their mind about who they are,
 * go on writing when they should not, learn of writes late, are taken away by a bus
 * that never gives them back, or fail as soon as they work again. Nothing waits
 * without an end, and nobody finds in his memory what is not his.
 */
#include <stdio.h>

#include "camera.h"
#include "client.h"
#include "limen_kselftest.h"

/* As long as something takes that does not wait for the board. */
#define PROMPT		(5 * NSEC_PER_SEC)

/* As long as it may take until a board is given up that does not get ready. */
#define GIVING_UP	(60 * NSEC_PER_SEC)

#define WEDGED		"WEDGED=rebind,bus-reset"

/* Of the driver, as they are unless somebody changes them. */
static const struct parameter {
	const char *name;
	unsigned int value;
} parameters[] = {
	{ "halt_ms", 30000 },
	{ "resets_max", 30 },
};

#define PARAMETERS	ARRAY_SIZE(parameters)

static __u8 picture[FULL_BYTES];

FIXTURE(reset)
{
	struct client client;
	struct drm_limen_device_info info;
	unsigned int parameters[PARAMETERS];
	__u32 spare;
	int uevents;
	long mark;
};

FIXTURE_SETUP(reset)
{
	unsigned int i;
	int fd;

	OPEN_OR_SKIP(fd);
	EMU_OR_SKIP();
	close(fd);
	ASSERT_EQ(0, emu_calm());
	for (i = 0; i < PARAMETERS; i++) {
		EXPECT_EQ(0, driver_get(parameters[i].name,
					&self->parameters[i]));
		EXPECT_EQ(0, driver_set(parameters[i].name,
					parameters[i].value));
	}
	self->mark = kmsg_mark();
	self->uevents = uevent_open();
	ASSERT_LE(0, self->uevents);
	ASSERT_EQ(0, client_open(&self->client));
	ASSERT_EQ(0, limen_device_info(self->client.fd, &self->info));
	ASSERT_EQ(0, bo_create(self->client.fd, PAGE, DRM_LIMEN_BO_CARD,
			       &self->spare));
}

/* However a test ended: the next one finds a board, of which nothing is counted. */
FIXTURE_TEARDOWN_PARENT(reset)
{
	unsigned int i;
	char line[256];

	if (!self->mark)
		return;
	EXPECT_EQ(0, emu_fickle(0));
	EXPECT_EQ(0, emu_times(NULL));
	EXPECT_EQ(0, emu_limits(NULL));
	emu_set("abandon", 0);
	EXPECT_EQ(0, emu_boards(1));
	emu_unbind();
	emu_bind();
	EXPECT_EQ(0, emu_calm());
	for (i = 0; i < PARAMETERS; i++)
		driver_set(parameters[i].name, self->parameters[i]);
	EXPECT_TRUE(kmsg_clean(self->mark, line, sizeof(line))) {
		TH_LOG("%s", line);
	}
}

/* Somebody who may wait: his own process, so that nobody waits for him. */
static pid_t spawn(int (*work)(struct client *client), struct client *client)
{
	pid_t pid = fork();

	if (!pid)
		_exit(abs(work(client)));
	return pid;
}

/* The errno he ends with in time, or -1. */
static int ends(pid_t pid, __s64 nsec)
{
	__s64 end = in_ns(nsec);
	int status = 0;
	pid_t ret;

	do {
		ret = waitpid(pid, &status, WNOHANG);
		if (!ret)
			sleep_ms(1);
	} while (!ret && now_ns() < end);
	return ret == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool resets_become(int fd, __u32 resets)
{
	struct drm_limen_device_info info = { .resets = 0 };
	__s64 end = in_ns(PATIENCE);

	while (!limen_device_info(fd, &info) && info.resets < resets &&
	       now_ns() < end)
		sleep_ms(1);
	return info.resets == resets;
}

/* Who the board is */

static bool same_board(int fd, const struct drm_limen_device_info *info,
		       const struct drm_limen_memory_info *memory)
{
	struct drm_limen_device_info info_now;
	struct drm_limen_memory_info memory_now;

	return !limen_device_info(fd, &info_now) &&
	       !limen_memory_info(fd, &memory_now) &&
	       info_now.hw_version == info->hw_version &&
	       info_now.hw_features == info->hw_features &&
	       info_now.clock_khz == info->clock_khz &&
	       memory_now.card_size == memory->card_size;
}

/* What has been read once is not read again, before and after a reset. */
TEST_F(reset, board_that_changes_its_mind)
{
	struct client *client = &self->client;
	struct drm_limen_memory_info memory;
	struct bo all;

	EXPECT_EQ(1000000, self->info.clock_khz);
	ASSERT_EQ(0, limen_memory_info(client->fd, &memory));
	client_close(client);
	ASSERT_EQ(0, emu_fickle(1));
	ASSERT_EQ(0, emu_unbind());
	ASSERT_EQ(0, emu_bind());

	ASSERT_EQ(0, client_open(client));
	EXPECT_TRUE(same_board(client->fd, &self->info, &memory));
	ASSERT_EQ(0, emu_set("fatal", 1));
	EXPECT_TRUE(resets_become(client->fd, 1));
	EXPECT_TRUE(same_board(client->fd, &self->info, &memory));
	EXPECT_EQ(0, client_verify(client));
	EXPECT_EQ(0, client_search(client));

	ASSERT_EQ(0, limen_memory_info(client->fd, &memory));
	ASSERT_EQ(0, bo_new(client->fd, memory.card_free, DRM_LIMEN_BO_CARD,
			    &all));
	memset(all.map, 0x5a, all.size);
	EXPECT_TRUE(all_bytes(all.map, 0x5a, all.size));
	bo_free(client->fd, &all);
}

/* Memory that cannot be reached is none. */
TEST_F(reset, board_that_claims_too_much)
{
	client_close(&self->client);
	ASSERT_EQ(0, emu_fickle(2));
	ASSERT_EQ(0, emu_unbind());
	EXPECT_EQ(-ENODEV, emu_bind());
	EXPECT_EQ(-ENODEV, limen_open());
	ASSERT_EQ(0, emu_fickle(0));
	ASSERT_EQ(0, emu_bind());
	EXPECT_TRUE(board_works());
}

/* A board that writes when it should not */

#define OURS	(128ULL << 20)

/* Whether memory that others have given back is ours alone. */
static bool memory_is_ours(void)
{
	uint8_t *map = mmap(NULL, OURS, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	bool ours;

	if (map == MAP_FAILED)
		return false;
	memset(map, 0x3c, OURS);
	/* The board writes every millisecond. */
	sleep_ms(50);
	ours = all_bytes(map, 0x3c, OURS);
	munmap(map, OURS);
	return ours;
}

/* Two of them can be blamed, one by each ring. */
static int work_until_it_fails(struct client *parent)
{
	struct client own;
	int ret = client_open(&own);

	(void)parent;
	while (!ret || ret == -ECANCELED) {
		ret = client_verify(&own);
		if (!ret)
			ret = client_search(&own);
	}
	return ret;
}

/*
 * Neither reset ends, and the board goes on with what it had. Nothing it writes
 * arrives: not in rings, not in frames, not in what becomes of these.
 */
TEST_F(reset, lingers_after_it_is_given_up)
{
	pid_t pids[LOADS];
	struct view view;
	unsigned int i;

	view.fd = camera_open(CAMERA_NAME, O_RDWR | O_NONBLOCK);
	ASSERT_LE(0, view.fd);
	ASSERT_EQ(0, view_start(&view, FULL_WIDTH, FULL_HEIGHT, 30));
	ASSERT_EQ(0, view_next(&view, picture));
	for (i = 0; i < LOADS; i++)
		pids[i] = spawn(work_until_it_fails, &self->client);
	sleep_ms(500);

	ASSERT_EQ(0, emu_set("linger", 1));
	ASSERT_EQ(0, emu_set("stick", 100));
	ASSERT_EQ(0, emu_set("fatal", 1));
	EXPECT_TRUE(uevent_wait(self->uevents, WEDGED, GIVING_UP));
	for (i = 0; i < LOADS; i++) {
		int error = ends(pids[i], PATIENCE);

		EXPECT_TRUE(error == ENODEV || error == EIO) {
			TH_LOG("client %u ended with %d", i, error);
		}
	}
	view_stop(&view);
	close(view.fd);
	client_close(&self->client);
	EXPECT_TRUE(memory_is_ours());
	ASSERT_EQ(0, emu_unbind());
	EXPECT_TRUE(memory_is_ours());
	ASSERT_EQ(0, emu_bind());
	EXPECT_TRUE(board_works());
}

static int unbind(struct client *client)
{
	(void)client;
	return emu_unbind();
}

/* The same when it is unplugged, from its driver at least. */
TEST_F(reset, lingers_after_it_is_unbound)
{
	struct view view;
	pid_t pid;
	int ret;

	view.fd = camera_open(CAMERA_NAME, O_RDWR | O_NONBLOCK);
	ASSERT_LE(0, view.fd);
	ASSERT_EQ(0, view_start(&view, FULL_WIDTH, FULL_HEIGHT, 30));
	ASSERT_EQ(0, view_next(&view, picture));
	ASSERT_EQ(0, emu_set("linger", 1));
	ASSERT_EQ(0, emu_set("stick", 100));
	pid = spawn(unbind, &self->client);
	ASSERT_LE(0, pid);
	view_stop(&view);
	close(view.fd);
	client_close(&self->client);
	do {
		ret = ends(pid, 1);
		EXPECT_TRUE(memory_is_ours());
	} while (ret == -1);
	EXPECT_EQ(0, ret);
	ASSERT_EQ(0, emu_bind());
	EXPECT_TRUE(board_works());
}

/* A bus that takes the board away */

TEST_F(reset, comes_back_in_time)
{
	struct client *client = &self->client;
	pid_t pid;

	ASSERT_EQ(0, driver_set("halt_ms", 3000));
	ASSERT_EQ(0, emu_set("abandon", 1));
	/* Who comes meanwhile waits for that. */
	pid = spawn(client_verify, client);
	ASSERT_LE(0, pid);
	EXPECT_EQ(-1, ends(pid, NSEC_PER_SEC / 2));
	ASSERT_EQ(0, emu_set("abandon", 0));
	EXPECT_EQ(0, ends(pid, PATIENCE));
	EXPECT_EQ(-ESTALE, client_search(client));
	ASSERT_EQ(0, client_fill(client));
	EXPECT_EQ(0, client_search(client));
	/* Nobody remembers later that he had to wait. */
	sleep_ms(4000);
	EXPECT_EQ(0, client_verify(client));
	EXPECT_EQ(0, client_search(client));
}

/* A buffer on the card that nothing else refers to: it is freed, and wiped. */
static pid_t spawn_close(FIXTURE_DATA(reset) *self)
{
	pid_t pid = fork();

	if (!pid)
		_exit(abs(bo_close(self->client.fd, self->spare)));
	return pid;
}

/* It never comes back: who waits is told so, who need not wait does not. */
TEST_F(reset, does_not_come_back)
{
	struct client *client = &self->client;
	pid_t verify, search, closing;

	ASSERT_EQ(0, driver_set("halt_ms", 10000));
	ASSERT_EQ(0, emu_set("abandon", 1));
	verify = spawn(client_verify, client);
	search = spawn(client_search, client);
	closing = spawn_close(self);
	EXPECT_EQ(ESTALE, ends(search, PROMPT));
	EXPECT_EQ(0, ends(closing, PROMPT));
	EXPECT_EQ(-1, ends(verify, 1));
	EXPECT_TRUE(uevent_wait(self->uevents, WEDGED, GIVING_UP));
	EXPECT_EQ(ENODEV, ends(verify, PROMPT));
	EXPECT_EQ(-ENODEV, client_verify(client));

	/* Too late. */
	ASSERT_EQ(0, emu_set("abandon", 0));
	EXPECT_EQ(-ENODEV, client_verify(client));
	EXPECT_FALSE(board_works());
	ASSERT_EQ(0, emu_unbind());
	ASSERT_EQ(0, emu_bind());
	EXPECT_TRUE(board_works());
}

/* It never comes back, and is unbound: nobody has to wait for the bound. */
TEST_F(reset, is_unbound_meanwhile)
{
	struct client *client = &self->client;
	pid_t verify, unbinding;
	int ret;

	ASSERT_EQ(0, emu_set("abandon", 1));
	verify = spawn(client_verify, client);
	EXPECT_EQ(-1, ends(verify, NSEC_PER_SEC / 4));
	unbinding = spawn(unbind, client);
	EXPECT_EQ(0, ends(unbinding, 2 * PROMPT));
	/* There may have been a moment for it. */
	ret = ends(verify, PROMPT);
	EXPECT_TRUE(ret == ENODEV || !ret);
	ASSERT_EQ(0, emu_bind());
	EXPECT_TRUE(board_works());
}

static struct drm_limen_scan scan_of(const struct client *client)
{
	return scan_at(&client->host, client->gallery, 2048, 8, 8);
}

/* Scans that the board has, and one that waits for somebody else. */
TEST_F(reset, accepted_scans_end)
{
	struct client *client = &self->client;
	struct drm_limen_sync sync = { .flags = 0 };
	struct drm_limen_scan held = scan_of(client), waiting = held;
	struct drm_limen_submit args = {
		.queue = client->scan,
		.descs = (uintptr_t)&waiting,
		.count = 1,
		.desc_size = sizeof(waiting),
		.in_syncs = (uintptr_t)&sync,
		.in_sync_count = 1,
		.sync_size = sizeof(sync),
	};
	struct manual_fence fence;

	waiting.result_offset = 3072;
	if (manual_fence_open(&fence))
		SKIP(return, "no vgem");
	ASSERT_EQ(0, syncobj_create(client->fd, &sync.handle));
	ASSERT_EQ(0, syncobj_import(client->fd, sync.handle, fence.sync_file));
	ASSERT_EQ(0, emu_hold());
	ASSERT_EQ(0, submit_scans(client->fd, client->scan, &held, 1, 0));
	ASSERT_EQ(0, submit(client->fd, &args));
	ASSERT_EQ(0, emu_set("abandon", 1));
	EXPECT_EQ(-ECANCELED, wait_result(&scan_result(&client->host, 2048)
						->error, PROMPT));
	ASSERT_EQ(0, manual_fence_signal(&fence));
	EXPECT_EQ(-ECANCELED, wait_result(&scan_result(&client->host, 3072)
						->error, PROMPT));
	manual_fence_close(&fence);
	EXPECT_EQ(-ESTALE, submit_scans(client->fd, client->scan, &held, 1, 0));
	ASSERT_EQ(0, emu_calm());
	ASSERT_EQ(0, client_fill(client));
	EXPECT_EQ(0, client_search(client));
}

static int unplug_second(struct client *client)
{
	(void)client;
	return emu_boards(1);
}

/* Who lets go of what is on the board does not keep others from going. */
TEST_F(reset, another_board_is_unplugged_meanwhile)
{
	struct client *client = &self->client;
	pid_t closing, unplugging;

	ASSERT_EQ(0, emu_boards(2));
	ASSERT_EQ(0, emu_set("abandon", 1));
	closing = spawn_close(self);
	EXPECT_EQ(0, ends(closing, PROMPT));
	unplugging = spawn(unplug_second, client);
	EXPECT_EQ(0, ends(unplugging, 2 * PROMPT));
	ASSERT_EQ(0, emu_set("abandon", 0));
	EXPECT_EQ(0, client_verify(client));
}

/* All buffers are the user's: the driver has to remember that nobody streams. */
TEST_F(reset, camera_without_buffers)
{
	struct v4l2_buffer buffer;
	struct view view;
	unsigned int i;

	view.fd = camera_open(CAMERA_NAME, O_RDWR | O_NONBLOCK);
	ASSERT_LE(0, view.fd);
	ASSERT_EQ(0, view_start(&view, FULL_WIDTH, FULL_HEIGHT, 30));
	for (i = 0; i < VIEW_BUFFERS; i++)
		ASSERT_EQ(0, view_dequeue(&view, &buffer));
	ASSERT_EQ(0, emu_set("abandon", 1));
	/* The emulated board complains if it is used now. */
	EXPECT_EQ(0, control_set(view.fd, V4L2_CID_ILLUMINATORS_1, 0));
	EXPECT_EQ(0, control_set(view.fd, V4L2_CID_EXPOSURE_ABSOLUTE, 200));
	EXPECT_EQ(0, control_set(view.fd, V4L2_CID_ILLUMINATORS_1, 1));
	EXPECT_EQ(0, control_set(view.fd, V4L2_CID_EXPOSURE_ABSOLUTE, 100));
	view_stop(&view);
	ASSERT_EQ(0, emu_set("abandon", 0));

	ASSERT_EQ(0, view_start(&view, FULL_WIDTH, FULL_HEIGHT, 30));
	EXPECT_EQ(0, view_next(&view, picture));
	view_stop(&view);
	close(view.fd);
}

/* A bus that is slow */

#define LATE_US		500
#define COMPARES	4
#define BATCHES		50
#define VERIFIERS	2

/* Longer than anything takes but to wait for the watchdog. */
#define SILENCE_MS	20000

static void describe_compares(const struct client *client,
			      struct drm_limen_compare *descs)
{
	unsigned int i;

	for (i = 0; i < COMPARES; i++)
		descs[i] = compare_at(&client->host, 0, 512, 2048 + i * 32,
				      512);
}

static int verify_batches(struct client *parent)
{
	struct drm_limen_compare descs[COMPARES];
	struct client own;
	unsigned int i, j;
	int ret = client_open(&own);

	(void)parent;
	describe_compares(&own, descs);
	for (i = 0; i < BATCHES && !ret; i++) {
		ret = submit_compares(own.fd, own.express, descs, COMPARES, 0);
		/* Not inline: who waits there takes the answers himself. */
		for (j = 0; j < COMPARES && !ret; j++)
			ret = wait_result(&compare_result(&own.host, 2048 +
							  j * 32)->error,
					  SILENCE_MS / 2 * NSEC_PER_MSEC);
	}
	return ret;
}

/*
 * That an interrupt has been seen arrives at the board when the next answer has been
 * given: none is missed. Each answer has its interrupt if they take their time.
 */
TEST_F(reset, writes_arrive_late)
{
	pid_t pids[VERIFIERS];
	unsigned int i;

	ASSERT_EQ(0, emu_watchdog(SILENCE_MS));
	ASSERT_EQ(0, emu_set("delay_us", 1));
	ASSERT_EQ(0, emu_set("posted", LATE_US));
	for (i = 0; i < VERIFIERS; i++)
		pids[i] = spawn(verify_batches, &self->client);
	for (i = 0; i < VERIFIERS; i++)
		EXPECT_EQ(0, ends(pids[i], PATIENCE));
	EXPECT_TRUE(resets_become(self->client.fd, self->info.resets));
}

/* Card memory that is lost */

#define FILLED	0x77

struct touch {
	bool end;
	unsigned int looks;
	uint8_t wrong;
};

/* What was there, and after that zeros, for ever. */
static void touch_until(struct touch *touch, const volatile uint8_t *map,
			__u64 size)
{
	uint8_t expected = FILLED;
	__u64 at = 0;

	while (!__atomic_load_n(&touch->end, __ATOMIC_RELAXED)) {
		uint8_t seen = map[at];

		if (seen != expected && seen)
			touch->wrong = seen;
		/* One page of zeros stands for all, but not at the same moment. */
		if (!seen && at + 64 >= size)
			expected = 0;
		at = at + 64 < size ? at + 64 : 0;
		touch->looks++;
	}
}

TEST_F(reset, mapping_across_a_reset_by_the_bus)
{
	struct client *client = &self->client;
	struct touch *touch = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct bo card, fresh;
	pid_t pid;

	ASSERT_NE(MAP_FAILED, touch);
	ASSERT_EQ(0, bo_new(client->fd, 4 * PAGE, DRM_LIMEN_BO_CARD, &card));
	memset(card.map, FILLED, card.size);
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		touch_until(touch, card.map, card.size);
		_exit(0);
	}
	ASSERT_EQ(0, emu_set("stick", 1));
	ASSERT_EQ(0, emu_set("fatal", 1));
	EXPECT_TRUE(emu_becomes("stick", 0));
	EXPECT_TRUE(resets_become(client->fd, self->info.resets + 1));
	EXPECT_EQ(0, client_verify(client));
	EXPECT_TRUE(all_bytes(card.map, 0, card.size));
	__atomic_store_n(&touch->end, true, __ATOMIC_RELAXED);
	EXPECT_EQ(0, ends(pid, PROMPT));
	EXPECT_LT(0, touch->looks);
	EXPECT_EQ(0, touch->wrong) {
		TH_LOG("it saw %#x", touch->wrong);
	}

	/* Nor does what the board left behind show anywhere. */
	ASSERT_EQ(0, bo_new(client->fd, 4 * PAGE, DRM_LIMEN_BO_CARD, &fresh));
	EXPECT_TRUE(all_bytes(fresh.map, 0, fresh.size));
	bo_free(client->fd, &fresh);
	memset(card.map, 0x11, card.size);
	EXPECT_TRUE(all_bytes(card.map, 0x11, card.size));
	bo_free(client->fd, &card);
}

/* Nonsense that is found when the board has been taken away */

#define PARKINGS	40

/*
 * Two chunks are answered at once, the second with nonsense for rows. While the first
 * is looked at, the board is halted. Whenever that is: both scans end.
 */
TEST_F(reset, nonsense_seen_while_halted)
{
	struct client *client = &self->client;
	unsigned int i;

	ASSERT_EQ(0, driver_set("resets_max", 0));
	for (i = 0; i < PARKINGS; i++) {
		struct drm_limen_scan scans[2] = {
			scan_of(client), scan_of(client),
		};
		__s32 errors[2];
		__u64 left;

		scans[1].result_offset = 3072;
		ASSERT_EQ(0, emu_set("skip", 1));
		ASSERT_EQ(0, emu_set("corrupt_rows", 1));
		ASSERT_EQ(0, submit_scans(client->fd, client->scan, scans, 2,
					  0));
		/* Sooner or later after the answer. */
		while (!emu_get("corrupt_rows", &left) && left &&
		       scan_result(&client->host, 3072)->error == -EINPROGRESS)
			;
		usleep(i % 8 * 50);
		ASSERT_EQ(0, emu_set("abandon", 1));
		errors[0] = wait_result(&scan_result(&client->host, 2048)->error,
					PROMPT);
		errors[1] = wait_result(&scan_result(&client->host, 3072)->error,
					PROMPT);
		EXPECT_TRUE(!errors[0] || errors[0] == -ECANCELED) {
			TH_LOG("round %u: the first ended with %d", i,
			       errors[0]);
		}
		EXPECT_TRUE(errors[1] == -EIO || errors[1] == -ECANCELED) {
			TH_LOG("round %u: the second ended with %d", i,
			       errors[1]);
		}
		ASSERT_EQ(0, emu_calm());
		bo_free(client->fd, &client->card);
		gallery_destroy(client->fd, client->gallery);
		ASSERT_EQ(0, client_fill(client));
	}
	EXPECT_EQ(0, client_verify(client));
	EXPECT_EQ(0, client_search(client));
}

/* Boards that fail again and again */

#define FOR_EVER	1000000
#define LINES_MAX	100

TEST_F(reset, fails_whenever_it_is_reset)
{
	ASSERT_EQ(0, emu_set("moody", FOR_EVER));
	ASSERT_EQ(0, emu_set("fatal", 1));
	EXPECT_TRUE(uevent_wait(self->uevents, WEDGED, GIVING_UP));
	EXPECT_EQ(-ENODEV, client_verify(&self->client));
	EXPECT_GT(LINES_MAX, kmsg_count(self->mark, "limen"));
	EXPECT_LT(0, kmsg_count(self->mark, "limen"));
}

TEST_F(reset, fails_whenever_it_is_used)
{
	__s64 end = in_ns(GIVING_UP);
	unsigned int tries = 0;
	int ret;

	ASSERT_EQ(0, emu_set("crash", FOR_EVER));
	do {
		ret = client_verify(&self->client);
		tries++;
	} while (ret == -EIO && now_ns() < end);
	EXPECT_EQ(-ENODEV, ret);
	EXPECT_LT(20, tries);
	EXPECT_GT(LINES_MAX, kmsg_count(self->mark, "limen"));
}

/* Who does not mind is not limited. */
TEST_F(reset, fails_as_often_as_it_may)
{
	const unsigned int times = 2 * parameters[1].value;

	ASSERT_EQ(0, driver_set("resets_max", 0));
	ASSERT_EQ(0, emu_set("moody", times));
	ASSERT_EQ(0, emu_set("fatal", 1));
	EXPECT_TRUE(emu_becomes("moody", 0));
	/* A comparison would be blamed for the last error if it were there before. */
	EXPECT_TRUE(resets_become(self->client.fd, self->info.resets + 1 + times));
	EXPECT_EQ(0, client_verify(&self->client));
	EXPECT_EQ(0, client_search(&self->client));
}

/* A doorbell that makes no sense */

TEST_F(reset, doorbell_past_the_end)
{
	struct client *client = &self->client;
	struct drm_limen_compare descs[COMPARES];
	unsigned int i;

	describe_compares(client, descs);
	ASSERT_EQ(0, emu_set("overrun", 1));
	EXPECT_EQ(-EIO, submit_compares(client->fd, client->express, descs,
					COMPARES, PATIENCE));
	EXPECT_EQ(-EIO, compare_result(&client->host, 2048)->error);
	for (i = 1; i < COMPARES; i++) {
		EXPECT_EQ(0, compare_result(&client->host,
					    2048 + i * 32)->error);
		EXPECT_EQ(512, compare_result(&client->host,
					      2048 + i * 32)->raw);
	}
	EXPECT_TRUE(resets_become(client->fd, self->info.resets + 1));
	EXPECT_EQ(0, client_verify(client));
	EXPECT_EQ(0, client_search(client));
}

/* Milliseconds of a fault and a reset that does not end until the next one is right. */
static __s64 stuck_ms(struct client *client)
{
	__s64 start = now_ns(), end = in_ns(PATIENCE);

	if (emu_set("stick", 1) || emu_set("fatal", 1) ||
	    !resets_become(client->fd, 1))
		return -1;
	/* Who comes too soon is told; who comes next waits. */
	while (client_verify(client) && now_ns() < end)
		sleep_ms(1);
	return (now_ns() - start) / NSEC_PER_MSEC;
}

/* A reset has as long as the board says, and not as long as most. */
TEST_F(reset, board_tells_times)
{
	struct client fresh;
	__s64 ms;

	ASSERT_EQ(0, emu_unbind());
	ASSERT_EQ(0, emu_times("300,100,1000"));
	ASSERT_EQ(0, emu_bind());
	ASSERT_EQ(0, client_open(&fresh));
	ms = stuck_ms(&fresh);
	EXPECT_LE(300, ms);
	EXPECT_GT(5000, ms);
	EXPECT_EQ(0, kmsg_count(self->mark, "the board tells a time"));
	client_close(&fresh);
}

/* What nobody would wait for, or could, is told once each; and the board works. */
TEST_F(reset, board_tells_absurd_times)
{
	struct client fresh;

	ASSERT_EQ(0, emu_unbind());
	ASSERT_EQ(0, emu_times("0,4294967295,4294967295"));
	ASSERT_EQ(0, emu_bind());
	ASSERT_EQ(0, client_open(&fresh));
	EXPECT_EQ(1, kmsg_count(self->mark, "a time of 0 ms (register 0x3a0): it gets 10 ms"));
	EXPECT_EQ(1, kmsg_count(self->mark, "(register 0x3a4): it gets 1000 ms"));
	EXPECT_EQ(1, kmsg_count(self->mark, "(register 0x3a8): it gets 10000 ms"));
	ASSERT_EQ(0, emu_set("fatal", 1));
	while (client_verify(&fresh))
		sleep_ms(1);
	EXPECT_EQ(3, kmsg_count(self->mark, "the board tells a time"));
	client_close(&fresh);
}

/* The mask of a platform device is not to be seen; but that all works with it. */
TEST_F(reset, board_with_limits)
{
	struct drm_limen_device_info info;
	struct drm_limen_scan scan;
	struct client fresh;

	ASSERT_EQ(0, emu_unbind());
	ASSERT_EQ(0, emu_limits("32,8,8"));
	ASSERT_EQ(0, emu_bind());
	ASSERT_EQ(0, client_open(&fresh));
	ASSERT_EQ(0, limen_device_info(fresh.fd, &info));
	EXPECT_EQ(8, info.top_k_max);
	EXPECT_EQ(0, client_verify(&fresh));
	EXPECT_EQ(0, client_search(&fresh));
	scan = scan_at(&fresh.host, fresh.gallery, 2048, 8, 9);
	EXPECT_EQ(-EINVAL, submit_scans(fresh.fd, fresh.scan, &scan, 1, PATIENCE));
	client_close(&fresh);
}

/* More than there can be is as much as there can be, of rows alone. */
TEST_F(reset, board_with_absurd_limits)
{
	static const char * const refused[] = {
		"31,12,1024", "65,12,1024", "0,12,1024", "4294967295,12,1024",
		"64,7,1024", "64,0,1024", "64,12,0",
	};
	struct drm_limen_device_info info;
	unsigned int i;
	int fd;

	ASSERT_EQ(0, emu_unbind());
	for (i = 0; i < ARRAY_SIZE(refused); i++) {
		ASSERT_EQ(0, emu_limits(refused[i]));
		EXPECT_EQ(-EOPNOTSUPP, emu_bind()) TH_LOG("%s", refused[i]);
		EXPECT_EQ(i + 1, kmsg_count(self->mark, "limits cannot be kept to"));
	}
	ASSERT_EQ(0, emu_limits("64,4294967295,4294967295"));
	ASSERT_EQ(0, emu_bind());
	OPEN_OR_SKIP(fd);
	ASSERT_EQ(0, limen_device_info(fd, &info));
	EXPECT_EQ(LIMEN_HW_TOP_K_MAX, info.top_k_max);
	close(fd);
	EXPECT_TRUE(board_works());
}

TEST_HARNESS_MAIN
