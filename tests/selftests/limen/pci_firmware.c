// SPDX-License-Identifier: GPL-2.0-only
/*
 * Firmware that fails, on a card that is a process with a processor (tools/sim): what
 * the driver does about it, and how long whoever waits has to wait for that.
 */
#include <stdio.h>

#include "client.h"
#include "limen_kselftest.h"
#include "pci.h"

FIXTURE(firmware)
{
	struct client client;
	__u32 resets;
	long mark;
};

FIXTURE_SETUP(firmware)
{
	struct drm_limen_device_info info;

	if (!cards[0][0])
		SKIP(return, "no card");
	ASSERT_EQ(0, card_restore());
	self->mark = kmsg_mark();
	ASSERT_EQ(0, client_open(&self->client));
	ASSERT_EQ(0, limen_device_info(self->client.fd, &info));
	if (!(info.hw_features & DRM_LIMEN_FEATURE_FIRMWARE))
		SKIP(return, "a card that runs no firmware");
	self->resets = info.resets;
	ASSERT_EQ(0, client_verify(&self->client));
	ASSERT_EQ(0, client_search(&self->client));
}

FIXTURE_TEARDOWN_PARENT(firmware)
{
	const char *wrong = card_left_well(self->mark);

	EXPECT_EQ(NULL, wrong) TH_LOG("%s", wrong);
}

/* Nanoseconds until a comparison has failed and the next one is right; or negative. */
static __s64 recovery_ns(struct client *client, __u32 halted)
{
	__s64 start = now_ns();
	int ret = config_set(KNOB_HALTED, halted);

	if (!ret && client_verify(client) != -ETIME)
		ret = -EPROTO;
	if (!ret)
		ret = client_verify(client);
	return ret ?: now_ns() - start;
}

/* It neither gives up nor stops anything, so it is not asked to. */
TEST_F(firmware, halted)
{
	__s64 spent = recovery_ns(&self->client, HALTED_STOPPED);

	ASSERT_LT(0, spent);
	EXPECT_EQ(self->resets + 1, client_resets(&self->client));
	EXPECT_EQ(1, kmsg_count(self->mark, "its firmware has stopped"));
	EXPECT_EQ(0, kmsg_count(self->mark, "giving its oldest entry up"));
	EXPECT_EQ(1, kmsg_count(self->mark, "noted error 4, its firmware was not alive"));
	EXPECT_EQ(0, client_search(&self->client));
	printf("# figure: card: %lld ms until firmware that stopped was recovered\n",
	       spent / NSEC_PER_MSEC);
}

/* The board has reset itself by the time that anybody asks, and says so. */
TEST_F(firmware, halted_and_watched)
{
	ASSERT_LT(0, recovery_ns(&self->client, HALTED_WATCHED));
	EXPECT_EQ(self->resets + 1, client_resets(&self->client));
	EXPECT_EQ(1, kmsg_count(self->mark,
				"resetting the board: its own watchdog has reset it"));
	EXPECT_EQ(1, kmsg_count(self->mark, "noted error 4, its firmware was not alive"));
	EXPECT_EQ(0, client_search(&self->client));
}

/* Nothing but its heart works: the reset comes when nothing less has helped. */
TEST_F(firmware, halted_and_beating)
{
	__s64 spent = recovery_ns(&self->client, HALTED_BEATING);

	ASSERT_LT(0, spent);
	EXPECT_EQ(self->resets + 1, client_resets(&self->client));
	EXPECT_EQ(0, kmsg_count(self->mark, "its firmware has stopped"));
	EXPECT_EQ(1, kmsg_count(self->mark, "giving its oldest entry up"));
	EXPECT_EQ(1, kmsg_count(self->mark,
				"resetting the board: it makes no progress"));
	EXPECT_EQ(0, client_search(&self->client));
	printf("# figure: card: %lld ms until firmware that only beat was recovered\n",
	       spent / NSEC_PER_MSEC);
}

/* Alive, it gives up what takes too long, and nobody else notices. */
TEST_F(firmware, slow)
{
	ASSERT_EQ(0, config_set(KNOB_DELAY, 60000));
	EXPECT_EQ(-ETIME, client_verify(&self->client));
	ASSERT_EQ(0, config_set(KNOB_DELAY, 0));
	EXPECT_EQ(0, client_verify(&self->client));
	EXPECT_EQ(self->resets, client_resets(&self->client));
	EXPECT_EQ(0, kmsg_count(self->mark, "its firmware has stopped"));
}

/* The board says what it could not go on after: a transfer. */
TEST_F(firmware, unanswered_transfer)
{
	ASSERT_EQ(0, config_set(KNOB_MUTE, 1));
	EXPECT_EQ(-EIO, client_verify(&self->client));
	EXPECT_EQ(0, client_verify(&self->client));
	EXPECT_EQ(self->resets + 1, client_resets(&self->client));
	EXPECT_EQ(1, kmsg_count(self->mark, "noted error 2, DMA was not answered: detail 0x1, "));
	EXPECT_EQ(1, kmsg_count(self->mark, "noted error"));
}

/* It works, and says no more that it does: nobody is told of that while answers come. */
TEST_F(firmware, heartbeat_stopped)
{
	ASSERT_EQ(0, config_set(KNOB_HALTED, HALTED_PULSELESS));
	EXPECT_EQ(0, client_verify(&self->client));
	EXPECT_EQ(0, client_search(&self->client));
	EXPECT_EQ(self->resets, client_resets(&self->client));
	/* When one does not come, nothing less than a reset is tried. */
	ASSERT_EQ(0, config_set(KNOB_DELAY, 60000));
	EXPECT_EQ(-ETIME, client_verify(&self->client));
	ASSERT_EQ(0, config_set(KNOB_DELAY, 0));
	EXPECT_EQ(0, client_verify(&self->client));
	EXPECT_EQ(self->resets + 1, client_resets(&self->client));
	EXPECT_EQ(1, kmsg_count(self->mark, "its firmware has stopped"));
	EXPECT_EQ(0, kmsg_count(self->mark, "giving its oldest entry up"));
}

/*
 * Twice it does not come up: with the reset for what it could not go on after, and, when all
 * work has ended, with another one. Then it is reset by its bus, and works.
 */
static void expect_third_try(struct __test_metadata *_metadata,
			     FIXTURE_DATA(firmware) *self, unsigned int knob,
			     const char *words)
{
	__u32 before = card_resets(), left;
	__s64 end = in_ns(PATIENCE);

	ASSERT_EQ(0, config_set(knob, 2));
	ASSERT_EQ(0, config_set(KNOB_FATAL, 1));
	EXPECT_EQ(-EIO, client_verify(&self->client));
	while (client_verify(&self->client) && now_ns() < end)
		sleep_ms(10);
	EXPECT_EQ(before + 1, card_resets());
	EXPECT_EQ(2, kmsg_count(self->mark, words));
	ASSERT_EQ(0, config_get(knob, &left));
	EXPECT_EQ(0, left);
}

/* Fails as often as it is tried: the card is not taken, and keeps nobody from the next. */
static void expect_refused(struct __test_metadata *_metadata,
			   FIXTURE_DATA(firmware) *self, unsigned int knob)
{
	client_close(&self->client);
	ASSERT_EQ(0, card_unbind());
	ASSERT_EQ(0, config_set(knob, 100));
	EXPECT_EQ(-ENODEV, card_bind());
	EXPECT_FALSE(card_masters_bus());
	EXPECT_EQ(-ENODEV, card_bind());
	ASSERT_EQ(0, config_set(knob, 0));
	ASSERT_EQ(0, card_bind());
	EXPECT_TRUE(board_works());
}

TEST_F(firmware, spoilt_image_twice)
{
	expect_third_try(_metadata, self, KNOB_SPOIL_IMAGE,
			  "refuses its firmware: its code has been altered");
}

TEST_F(firmware, spoilt_image_always)
{
	expect_refused(_metadata, self, KNOB_SPOIL_IMAGE);
	EXPECT_LT(1, kmsg_count(self->mark, "refuses its firmware"));
}

/* It says that it runs, and then nothing. */
TEST_F(firmware, loaded_then_silent_twice)
{
	expect_third_try(_metadata, self, KNOB_STOP_BOOTED,
			  "firmware does not run in time");
}

TEST_F(firmware, loaded_then_silent_always)
{
	expect_refused(_metadata, self, KNOB_STOP_BOOTED);
	EXPECT_LT(1, kmsg_count(self->mark, "firmware does not run in time"));
}

/* As one that kept what it had before an upgrade. */
TEST_F(firmware, another_image_runs)
{
	expect_refused(_metadata, self, KNOB_OTHER_IMAGE);
}

#define STALE_MS	300

/* Ready, it seems, and as it was: the driver waits for what only a reset brings. */
TEST_F(firmware, ready_too_early)
{
	__u32 before = card_resets();
	__s64 start;

	ASSERT_EQ(0, config_set(KNOB_STALE, STALE_MS));
	ASSERT_EQ(0, config_set(KNOB_FATAL, 1));
	start = now_ns();
	EXPECT_EQ(-EIO, client_verify(&self->client));
	EXPECT_EQ(0, client_verify(&self->client));
	EXPECT_LE(STALE_MS * NSEC_PER_MSEC, now_ns() - start);
	EXPECT_EQ(self->resets + 1, client_resets(&self->client));
	EXPECT_EQ(before, card_resets());
	EXPECT_EQ(0, client_search(&self->client));
}

/* An error of the bus while the card boots, at one moment or another. */
TEST_F(firmware, error_of_the_bus_in_its_boot)
{
	static const __u32 errors[] = { AER_COMPLETION_TIMEOUT, AER_MALFORMED };
	unsigned int i;

	if (access("/dev/aer_inject", W_OK))
		SKIP(return, "a kernel that does not inject errors of the bus");
	client_close(&self->client);
	for (i = 0; i < 6; i++) {
		pid_t pid;

		ASSERT_EQ(0, card_unbind());
		pid = fork();
		if (!pid)
			_exit(!!card_bind());
		sleep_ms(20 + 60 * (i / 2));
		EXPECT_EQ(0, card_error(false, errors[i % 2]));
		ASSERT_EQ(pid, waitpid(pid, NULL, 0));
		/* Whatever became of it: it can be had. */
		sleep_ms(100);
		ASSERT_EQ(0, card_restore()) TH_LOG("error %u", i);
		card_choose(0);
		EXPECT_TRUE(board_works()) TH_LOG("error %u", i);
	}
}

/* With the firmware at an end, a buffer is wiped and let go of by registers alone. */
TEST_F(firmware, hang_then_close_touches_registers)
{
	__u32 before, after;
	__s64 start;
	struct bo bo;

	ASSERT_EQ(0, bo_new(self->client.fd, 64 * PAGE, DRM_LIMEN_BO_CARD, &bo));
	ASSERT_EQ(0, config_get(KNOB_WIPED, &before));
	ASSERT_EQ(0, config_set(KNOB_HALTED, HALTED_STOPPED));
	start = now_ns();
	bo_free(self->client.fd, &bo);
	client_close(&self->client);
	EXPECT_GT(2 * NSEC_PER_SEC, now_ns() - start);
	start = now_ns();
	ASSERT_EQ(0, card_unbind());
	EXPECT_GT(5 * NSEC_PER_SEC, now_ns() - start);
	ASSERT_EQ(0, config_get(KNOB_WIPED, &after));
	EXPECT_LE(64, after - before);
	EXPECT_FALSE(card_masters_bus());
	ASSERT_EQ(0, card_bind());
}

#define PLACES_MAX	4000

/*
 * Memory runs out at each place in turn from who it is on: while its image is fetched and
 * verified, while it boots, and while it is shown to user space. With WALK_STRIDE in the
 * environment it does at one place in so many, beginning with a random one. Not before:
 * see pci_card.
 */
TEST_F_TIMEOUT(firmware, memory_runs_out, 1800)
{
	const char *wanted = getenv("WALK_STRIDE");
	unsigned int stride = wanted ? atoi(wanted) : 1;
	unsigned int nth = 1, places = 0, coped = 0;
	bool denied = true;

	if (inject_init())
		SKIP(return, "a kernel that cannot inject failures");
	ASSERT_EQ(0, inject_within("limen_board_register"));
	ASSERT_EQ(0, inject_open());
	if (stride > 1)
		nth += now_ns() / 1000 % stride;
	client_close(&self->client);
	for (; denied; nth += stride, places++) {
		int ret;

		ASSERT_GT(PLACES_MAX, nth);
		ASSERT_EQ(0, card_unbind());
		ASSERT_EQ(0, inject_arm(nth));
		ret = card_bind();
		denied = inject_disarm();
		EXPECT_TRUE(!ret || denied) TH_LOG("place %u: %d", nth, ret);
		coped += denied && !ret;
		if (ret)
			EXPECT_FALSE(card_masters_bus()) TH_LOG("place %u", nth);
		if (ret)
			ASSERT_EQ(0, card_bind()) TH_LOG("after place %u", nth);
	}
	EXPECT_TRUE(board_works());
	printf("# figure: card: %u of %u places, %u of them coped with\n",
	       places - 1, nth - stride - 1, coped);
}

#define SECRET	0x77
#define BYTES	(4u << 20)

/* Milliseconds that it takes to have memory, with a secret, and to let go of it; or -1. */
static __s64 secret_ms(int fd, bool *clean)
{
	__s64 start = now_ns();
	struct bo bo;

	if (bo_new(fd, BYTES, DRM_LIMEN_BO_CARD, &bo))
		return -1;
	*clean = all_bytes(bo.map, 0, bo.size);
	memset(bo.map, SECRET, bo.size);
	start = now_ns();
	bo_free(fd, &bo);
	if (bo_new(fd, BYTES, DRM_LIMEN_BO_CARD, &bo))
		return -1;
	*clean &= all_bytes(bo.map, 0, bo.size);
	start = now_ns() - start;
	bo_free(fd, &bo);
	return start / NSEC_PER_MSEC;
}

/* The engine wipes, also without firmware; when it does not end, the driver wipes. */
TEST_F(firmware, memory_is_wiped)
{
	__u32 before, after, later;
	bool clean = false;
	__s64 ms;

	ASSERT_EQ(0, config_get(KNOB_WIPED, &before));
	ASSERT_EQ(0, config_set(KNOB_HALTED, HALTED_STOPPED));
	ms = secret_ms(self->client.fd, &clean);
	EXPECT_LE(0, ms);
	EXPECT_TRUE(clean);
	ASSERT_EQ(0, config_get(KNOB_WIPED, &after));
	/* Each buffer when somebody is given it, or has been. */
	EXPECT_LE(2 * BYTES / PAGE, after - before);
	printf("# figure: card: %lld ms to wipe and check %u MiB by its engine\n", ms,
	       BYTES >> 20);

	ASSERT_EQ(0, config_set(KNOB_WIPE_STUCK, 1));
	ms = secret_ms(self->client.fd, &clean);
	EXPECT_LE(0, ms);
	EXPECT_TRUE(clean);
	EXPECT_EQ(1, kmsg_count(self->mark, "does not wipe its memory in time"));
	/* Only now: what nobody has any more is wiped in its own time. */
	ASSERT_EQ(0, config_get(KNOB_WIPED, &after));
	ASSERT_EQ(0, config_set(KNOB_WIPE_STUCK, 0));
	ms = secret_ms(self->client.fd, &clean);
	EXPECT_TRUE(clean);
	ASSERT_EQ(0, config_get(KNOB_WIPED, &later));
	EXPECT_EQ(after, later);
	printf("# figure: card: %lld ms to wipe and check %u MiB by stores\n", ms,
	       BYTES >> 20);
	/* Bound anew, it is used again. */
	client_close(&self->client);
	ASSERT_EQ(0, card_unbind());
	ASSERT_EQ(0, card_bind());
}

int main(int argc, char **argv)
{
	cards_find();
	return test_harness_run(argc, argv);
}
