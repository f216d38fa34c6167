// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads race for the same identifiers: what they make, others destroy, and at any
 * moment the file is closed. Afterwards nothing is left: all card memory is free,
 * the board can sleep, and nobody holds the module. And two boards at once, of
 * which one goes and comes.
 */
#include <pthread.h>
#include <stdio.h>

#include "client.h"
#include "limen_kselftest.h"

/* To take the mappings of many pages away takes time, while others race. */
#define BUFFER		(128 * PAGE)
#define MAKERS		3
#define BREAKERS	2
#define ROUNDS		4
#define ROUND_MS	1500

/* Identifiers that makers are given, as long as there are few of them. */
#define LOW		8

/* A second without a user, and some for a machine that is emulated. */
#define SLEEPS_MS	20000

/**
 * struct race - threads on one file
 * @fd: the file; from some moment on it is another one, without a board
 * @sink: a file to write to what is read from buffers
 * @end: they are to
 * @made: how often somebody was given an identifier
 * @broken: how often somebody else destroyed what has it
 */
struct race {
	int fd;
	int sink;
	bool end;
	unsigned int made;
	unsigned int broken;
};

static bool goes_on(const struct race *race)
{
	return !__atomic_load_n(&race->end, __ATOMIC_RELAXED);
}

static void count(unsigned int *counter)
{
	__atomic_add_fetch(counter, 1, __ATOMIC_RELAXED);
}

/*
 * By its handle it may be somebody's gallery by now, of which no page can be mapped.
 * The kernel reads it for us, because it is told so by an error and not by a signal.
 */
static void touch(const struct race *race, const struct bo *bo)
{
	__u64 at;

	for (at = 0; at < bo->size; at += PAGE)
		if (pwrite(race->sink, bo->map + at, 1, 0) < 0)
			return;
}

static void make_gallery(struct race *race)
{
	__u32 gallery;
	struct bo bo;

	if (bo_new(race->fd, BUFFER, DRM_LIMEN_BO_CARD, &bo))
		return;
	touch(race, &bo);
	if (!gallery_simple(race->fd, &bo, 512, 8, &gallery)) {
		count(&race->made);
		gallery_destroy(race->fd, gallery);
	}
	bo_free(race->fd, &bo);
}

static void break_galleries(struct race *race)
{
	__u32 id;

	for (id = 0; id <= LOW; id++)
		if (!gallery_destroy(race->fd, id))
			count(&race->broken);
}

static void make_queue(struct race *race)
{
	__u32 queue;

	if (queue_create(race->fd, DRM_LIMEN_QUEUE_SCAN, &queue))
		return;
	count(&race->made);
	queue_destroy(race->fd, queue);
}

static void break_queues(struct race *race)
{
	__u32 id;

	for (id = 0; id <= LOW; id++)
		if (!queue_destroy(race->fd, id))
			count(&race->broken);
}

static void make_buffer(struct race *race)
{
	struct bo bo = { .size = BUFFER };
	__u32 gallery;

	if (bo_create(race->fd, BUFFER, DRM_LIMEN_BO_CARD, &bo.handle))
		return;
	count(&race->made);
	/* A gallery keeps its buffer, whatever becomes of the handle. */
	if (!gallery_simple(race->fd, &bo, 512, 8, &gallery))
		gallery_destroy(race->fd, gallery);
	bo_close(race->fd, bo.handle);
}

static void break_buffers(struct race *race)
{
	__u32 handle;

	for (handle = 1; handle <= LOW; handle++)
		if (!bo_close(race->fd, handle))
			count(&race->broken);
}

static void make_all(struct race *race)
{
	make_gallery(race);
	make_queue(race);
	make_buffer(race);
}

static void break_all(struct race *race)
{
	break_galleries(race);
	break_queues(race);
	break_buffers(race);
}

FIXTURE(race)
{
	unsigned int holders;
	__u64 card_free;
	char power[128];
	long mark;
};

FIXTURE_VARIANT(race)
{
	void (*make)(struct race *race);
	void (*destroy)(struct race *race);
};

FIXTURE_VARIANT_ADD(race, galleries)
{
	.make = make_gallery,
	.destroy = break_galleries,
};

FIXTURE_VARIANT_ADD(race, queues)
{
	.make = make_queue,
	.destroy = break_queues,
};

FIXTURE_VARIANT_ADD(race, buffers)
{
	.make = make_buffer,
	.destroy = break_buffers,
};

FIXTURE_VARIANT_ADD(race, all)
{
	.make = make_all,
	.destroy = break_all,
};

/* How many hold the driver's module: boards, and files that are open. */
static unsigned int module_holders(void)
{
	char text[32];

	if (read_file("/sys/module/limen/refcnt", text, sizeof(text)))
		return 0;
	return strtoul(text, NULL, 10);
}

/* Whoever leaves may still be on his way. */
static bool holders_become(unsigned int wanted)
{
	__s64 end = in_ns(PATIENCE);

	while (module_holders() != wanted && now_ns() < end)
		sleep_ms(10);
	return module_holders() == wanted;
}

static bool falls_asleep(const char *power)
{
	unsigned int i;
	char text[32];

	for (i = 0; i < SLEEPS_MS / 50; i++) {
		if (read_file(power, text, sizeof(text)))
			return false;
		if (!strncmp(text, "suspended", 9) ||
		    !strncmp(text, "unsupported", 11))
			return true;
		sleep_ms(50);
	}
	return false;
}

FIXTURE_SETUP(race)
{
	struct drm_limen_memory_info memory;
	int fd;

	OPEN_OR_SKIP(fd);
	EMU_OR_SKIP();
	ASSERT_EQ(0, emu_calm());
	ASSERT_EQ(0, limen_memory_info(fd, &memory));
	self->card_free = memory.card_free;
	snprintf(self->power, sizeof(self->power),
		 "/sys/bus/platform/devices/%s/power/runtime_status",
		 emu_device());
	close(fd);
	self->holders = module_holders();
	self->mark = kmsg_mark();
}

FIXTURE_TEARDOWN(race)
{
	char line[256];

	EXPECT_TRUE(kmsg_clean(self->mark, line, sizeof(line))) {
		TH_LOG("%s", line);
	}
}

/**
 * struct racer - a thread
 * @race: what it takes part in
 * @step: what it does again and again
 * @thread: itself
 */
struct racer {
	struct race *race;
	void (*step)(struct race *race);
	pthread_t thread;
};

static void *racer_run(void *data)
{
	struct racer *racer = data;

	while (goes_on(racer->race))
		racer->step(racer->race);
	return NULL;
}

/* Whether all threads could be had. The file is taken from them before the end. */
static bool run_race(struct race *race, const FIXTURE_VARIANT(race) *variant)
{
	struct racer racers[MAKERS + BREAKERS];
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	unsigned int i, started = 0;

	race->end = false;
	for (i = 0; i < ARRAY_SIZE(racers); i++) {
		racers[i].race = race;
		racers[i].step = i < MAKERS ? variant->make : variant->destroy;
		if (pthread_create(&racers[i].thread, NULL, racer_run,
				   &racers[i]))
			break;
		started++;
	}
	sleep_ms(ROUND_MS);
	dup2(nothing, race->fd);
	__atomic_store_n(&race->end, true, __ATOMIC_RELAXED);
	while (i--)
		pthread_join(racers[i].thread, NULL);
	close(race->fd);
	close(nothing);
	return started == ARRAY_SIZE(racers);
}

TEST_F(race, nothing_is_left)
{
	struct drm_limen_memory_info memory;
	struct race race = { .fd = -1 };
	unsigned int i;
	int fd;

	race.sink = memfd_create("sink", MFD_CLOEXEC);
	ASSERT_LE(0, race.sink);
	for (i = 0; i < ROUNDS; i++) {
		OPEN_OR_SKIP(race.fd);
		ASSERT_TRUE(run_race(&race, variant));
	}
	TH_LOG("%u made, %u destroyed by others", race.made, race.broken);
	EXPECT_LT(0, race.made);
	EXPECT_LT(0, race.broken);

	OPEN_OR_SKIP(fd);
	EXPECT_TRUE(card_free_becomes(fd, self->card_free));
	ASSERT_EQ(0, limen_memory_info(fd, &memory));
	EXPECT_EQ(self->card_free, memory.card_free);
	close(fd);
	EXPECT_TRUE(holders_become(self->holders));
	EXPECT_TRUE(falls_asleep(self->power));
}

FIXTURE(boards)
{
	char first[64];
	char second[64];
	long mark;
};

FIXTURE_SETUP(boards)
{
	int fd;

	OPEN_OR_SKIP(fd);
	EMU_OR_SKIP();
	ASSERT_EQ(0, emu_calm());
	close(fd);
	self->mark = kmsg_mark();
	ASSERT_EQ(0, emu_boards(2));
	ASSERT_TRUE(emu_node(0, self->first, sizeof(self->first)));
	ASSERT_TRUE(emu_node(1, self->second, sizeof(self->second)));
}

FIXTURE_TEARDOWN_PARENT(boards)
{
	char line[256];

	unsetenv("LIMEN_NODE");
	EXPECT_EQ(0, emu_boards(1));
	EXPECT_TRUE(kmsg_clean(self->mark, line, sizeof(line))) {
		TH_LOG("%s", line);
	}
}

#define TIMES	4

/* Clients of the first board never notice what becomes of the second. */
TEST_F(boards, one_goes_and_comes)
{
	struct load *load, *other;
	unsigned int i;

	setenv("LIMEN_NODE", self->first, 1);
	load = load_start();
	ASSERT_NE(NULL, load);
	EXPECT_TRUE(load_works(load));
	for (i = 0; i < TIMES; i++) {
		ASSERT_TRUE(emu_node(1, self->second, sizeof(self->second)));
		setenv("LIMEN_NODE", self->second, 1);
		other = load_start();
		ASSERT_NE(NULL, other);
		EXPECT_TRUE(load_works(other));
		ASSERT_EQ(0, emu_boards(1));
		EXPECT_TRUE(load_loses_board(other));
		EXPECT_EQ(0, load_end(other));
		load_free(other);
		EXPECT_TRUE(load_works(load));
		ASSERT_EQ(0, emu_boards(2));
	}
	EXPECT_TRUE(load_works(load));
	EXPECT_EQ(0, load_end(load));
	EXPECT_EQ(0, load->gone);
	EXPECT_EQ(0, load->refused);
	load_free(load);
}

TEST_F(boards, one_is_reset)
{
	struct drm_limen_device_info info;
	struct load *load;
	unsigned int i;
	int fd;

	setenv("LIMEN_NODE", self->first, 1);
	load = load_start();
	ASSERT_NE(NULL, load);
	EXPECT_TRUE(load_works(load));
	setenv("LIMEN_NODE", self->second, 1);
	OPEN_OR_SKIP(fd);
	for (i = 1; i <= TIMES; i++) {
		__s64 end = in_ns(PATIENCE);

		ASSERT_EQ(0, emu_set("fatal", 1));
		do {
			sleep_ms(1);
			ASSERT_EQ(0, limen_device_info(fd, &info));
		} while (info.resets < i && now_ns() < end);
		EXPECT_EQ(i, info.resets);
		EXPECT_TRUE(board_works());
	}
	close(fd);
	setenv("LIMEN_NODE", self->first, 1);
	OPEN_OR_SKIP(fd);
	ASSERT_EQ(0, limen_device_info(fd, &info));
	close(fd);
	EXPECT_EQ(0, load_end(load));
	EXPECT_EQ(0, load->gone);
	EXPECT_EQ(0, load->refused);
	load_free(load);
}

TEST_HARNESS_MAIN
