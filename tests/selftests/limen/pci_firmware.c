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

static __u32 board_resets(struct client *client)
{
	struct drm_limen_device_info info = { .resets = 0 };

	limen_device_info(client->fd, &info);
	return info.resets;
}

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
	EXPECT_EQ(self->resets + 1, board_resets(&self->client));
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
	EXPECT_EQ(self->resets + 1, board_resets(&self->client));
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
	EXPECT_EQ(self->resets + 1, board_resets(&self->client));
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
	EXPECT_EQ(self->resets, board_resets(&self->client));
	EXPECT_EQ(0, kmsg_count(self->mark, "its firmware has stopped"));
}

/* The board says what it could not go on after: a transfer. */
TEST_F(firmware, unanswered_transfer)
{
	ASSERT_EQ(0, config_set(KNOB_MUTE, 1));
	EXPECT_EQ(-EIO, client_verify(&self->client));
	EXPECT_EQ(0, client_verify(&self->client));
	EXPECT_EQ(self->resets + 1, board_resets(&self->client));
	EXPECT_EQ(1, kmsg_count(self->mark, "noted error 2, DMA was not answered: detail 0x1, "));
	EXPECT_EQ(1, kmsg_count(self->mark, "noted error"));
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
