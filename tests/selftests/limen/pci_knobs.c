// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults of hardware, one by one, on a card that is a process (tools/sim): bits that turn
 * over, interrupts that get lost or come late or again, memory that is slow, answers that
 * are garbage, a card that dies in a job or while it is bound, heat. What the driver
 * makes of each, and that the card works afterwards.
 */
#include <glob.h>
#include <stdio.h>

#include "client.h"
#include "limen_kselftest.h"
#include "pci.h"

FIXTURE(knob)
{
	struct client client;
	__u32 resets;
	long mark;
};

FIXTURE_SETUP(knob)
{
	if (!cards[0][0])
		SKIP(return, "no card");
	ASSERT_EQ(0, card_restore());
	self->mark = kmsg_mark();
	ASSERT_EQ(0, client_open(&self->client));
	ASSERT_EQ(0, client_verify(&self->client));
	ASSERT_EQ(0, client_search(&self->client));
	self->resets = client_resets(&self->client);
}

FIXTURE_TEARDOWN_PARENT(knob)
{
	const char *wrong = card_left_well(self->mark);

	EXPECT_EQ(NULL, wrong) TH_LOG("%s", wrong);
}

/* What driver and card have counted of the same, the latter modulo 2^32. */
struct counts {
	struct drm_limen_stats driver;
	__u32 express_busy, scan_busy, rows, comparisons, chunks, doorbells, interrupts;
};

static int count_all(struct client *client, struct counts *counts)
{
	return limen_stats(client->fd, &counts->driver) ?:
	       config_get(KNOB_EXPRESS_BUSY, &counts->express_busy) ?:
	       config_get(KNOB_SCAN_BUSY, &counts->scan_busy) ?:
	       config_get(KNOB_ROWS, &counts->rows) ?:
	       config_get(KNOB_COMPARISONS, &counts->comparisons) ?:
	       config_get(KNOB_CHUNKS, &counts->chunks) ?:
	       config_get(KNOB_DOORBELLS, &counts->doorbells) ?:
	       config_get(KNOB_INTERRUPTS, &counts->interrupts);
}

#define VERIFIES	20
#define SEARCHES	10

/* Both count the same, and what was asked for; but several interrupts can be one. */
TEST_F(knob, numbers_agree)
{
	struct drm_limen_stats *after, *before;
	struct counts first, last;
	unsigned int i;

	ASSERT_EQ(0, count_all(&self->client, &first));
	for (i = 0; i < VERIFIES; i++)
		ASSERT_EQ(0, client_verify(&self->client));
	for (i = 0; i < SEARCHES; i++)
		ASSERT_EQ(0, client_search(&self->client));
	ASSERT_EQ(0, count_all(&self->client, &last));
	before = &first.driver;
	after = &last.driver;

	EXPECT_EQ(VERIFIES, last.comparisons - first.comparisons);
	EXPECT_EQ(VERIFIES, after->comparisons - before->comparisons);
	EXPECT_EQ(after->chunks - before->chunks, last.chunks - first.chunks);
	EXPECT_EQ(8 * SEARCHES, last.rows - first.rows);
	EXPECT_EQ(8 * SEARCHES, after->rows - before->rows);
	EXPECT_EQ(after->doorbells - before->doorbells,
		  last.doorbells - first.doorbells);
	EXPECT_EQ((__u32)(after->express_busy_ns - before->express_busy_ns),
		  last.express_busy - first.express_busy);
	EXPECT_EQ((__u32)(after->scan_busy_ns - before->scan_busy_ns),
		  last.scan_busy - first.scan_busy);
	EXPECT_GE(last.interrupts - first.interrupts,
		  after->interrupts - before->interrupts);
}

/* What has turned over in a buffer of ones, or its size. */
static __u64 find_flipped(const struct bo *bo)
{
	__u64 at = 0;

	while (at < bo->size && bo->map[at] == 1)
		at++;
	return at;
}

/* The score of the row that a byte belongs to, for a probe of ones; or a negative error. */
static int score_of_row(struct client *client, const struct bo *bo, __u64 at)
{
	struct drm_limen_gallery_create args = {
		.handle = bo->handle,
		.format = DRM_LIMEN_FORMAT_S8,
		.offset = at / 512 * 512,
		.dim = 512,
		.stride = 512,
		.rows = 1,
	};
	int ret = gallery_create(client->fd, &args);
	struct drm_limen_scan scan = scan_at(&client->host, args.gallery, 2048,
					     1, 1);

	ret = ret ?: submit_scans(client->fd, client->scan, &scan, 1, PATIENCE);
	gallery_destroy(client->fd, args.gallery);
	return ret ?: scan_result(&client->host, 2048)->rows[0].raw;
}

/*
 * The driver does not notice, nor could it: a score is that of what card memory holds.
 * Bits are the board's to protect. In new memory there is nothing of it.
 */
TEST_F(knob, bit_of_card_memory)
{
	struct client *client = &self->client;
	struct drm_limen_memory_info memory;
	struct bo bo;
	__u64 at;

	ASSERT_EQ(0, limen_memory_info(client->fd, &memory));
	ASSERT_EQ(0, bo_new(client->fd, memory.card_free, DRM_LIMEN_BO_CARD,
			    &bo));
	memset(bo.map, 1, bo.size);
	ASSERT_EQ(0, config_set(KNOB_FLIP_AT, memory.card_size / 2 + 77));
	ASSERT_EQ(0, config_set(KNOB_FLIP, 0x2));
	at = find_flipped(&bo);
	ASSERT_GT(bo.size, at);
	EXPECT_EQ(3, bo.map[at]);
	EXPECT_EQ(512 + 2, score_of_row(client, &bo, at));
	bo_free(client->fd, &bo);
	ASSERT_EQ(0, bo_new(client->fd, memory.card_free, DRM_LIMEN_BO_CARD,
			    &bo));
	EXPECT_TRUE(all_bytes(bo.map, 0, bo.size));
	bo_free(client->fd, &bo);
	EXPECT_EQ(self->resets, client_resets(client));
}

/* A score that no vectors have is nobody's. One that some have, limend recomputes. */
TEST_F(knob, bit_of_a_score)
{
	ASSERT_EQ(0, config_set(KNOB_FLIP_RESULT, 1u << 30));
	EXPECT_EQ(-EIO, client_verify(&self->client));
	EXPECT_EQ(0, client_verify(&self->client));
	EXPECT_EQ(self->resets + 1, client_resets(&self->client));
	ASSERT_EQ(0, config_set(KNOB_FLIP_RESULT, 1u << 30));
	EXPECT_EQ(-EIO, client_search(&self->client));
	EXPECT_EQ(0, client_search(&self->client));
	EXPECT_EQ(self->resets + 2, client_resets(&self->client));
	EXPECT_EQ(2, kmsg_count(self->mark, "its answer was not valid"));

	ASSERT_EQ(0, config_set(KNOB_FLIP_RESULT, 1));
	EXPECT_EQ(1, client_verify(&self->client));
	EXPECT_EQ(0, client_verify(&self->client));
	EXPECT_EQ(self->resets + 2, client_resets(&self->client));
}

/* The watchdog looks before it does anything else. */
TEST_F(knob, lost_interrupt)
{
	unsigned int i;

	ASSERT_EQ(0, card_watchdog(200));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, config_set(KNOB_LOSE, 1));
		EXPECT_EQ(0, client_verify(&self->client));
		ASSERT_EQ(0, config_set(KNOB_LOSE, 1));
		EXPECT_EQ(0, client_search(&self->client));
	}
	EXPECT_EQ(self->resets, client_resets(&self->client));
	EXPECT_EQ(0, kmsg_count(self->mark, "giving its oldest entry up"));
}

TEST_F(knob, late_interrupt)
{
	unsigned int i;

	ASSERT_EQ(0, config_set(KNOB_LATE, 100));
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(0, client_verify(&self->client));
		EXPECT_EQ(0, client_search(&self->client));
	}
	EXPECT_EQ(self->resets, client_resets(&self->client));
	EXPECT_EQ(0, kmsg_count(self->mark, "makes no progress"));
}

/* There is nothing in the rings that has not been seen. */
TEST_F(knob, repeated_interrupts)
{
	struct drm_limen_stats before, after;
	unsigned int i;

	ASSERT_EQ(0, limen_stats(self->client.fd, &before));
	ASSERT_EQ(0, config_set(KNOB_REPEAT, 20));
	for (i = 0; i < 20; i++) {
		EXPECT_EQ(0, client_verify(&self->client));
		EXPECT_EQ(0, client_search(&self->client));
	}
	ASSERT_EQ(0, config_set(KNOB_REPEAT, 0));
	ASSERT_EQ(0, limen_stats(self->client.fd, &after));
	EXPECT_EQ(20, after.comparisons - before.comparisons);
	EXPECT_LT(40, after.interrupts - before.interrupts);
	EXPECT_EQ(self->resets, client_resets(&self->client));
}

#define SEARCHED	(1u << 20)
#define LEARNING	24
#define SLOWER		20

/* Cycles of 8 nanoseconds for 16 bytes, or a nanosecond for each. */
#define QUICK_NS	(SEARCHED / 16 * 8)

/* Chunks that the last of several searches took, and how long; or a negative error. */
static int chunks_of_search(struct client *client, __u32 gallery, __u64 *busy_ns)
{
	struct drm_limen_scan scan = scan_at(&client->host, gallery, 2048,
					     SEARCHED / 512, 8);
	struct drm_limen_stats before, after;
	unsigned int i;
	int ret = 0;

	for (i = 0; i < LEARNING && !ret; i++) {
		ret = limen_stats(client->fd, &before) ?:
		      submit_scans(client->fd, client->scan, &scan, 1,
				   PATIENCE) ?:
		      limen_stats(client->fd, &after);
		if (scan_result(&client->host, 2048)->rows[0].raw != 512)
			ret = -EBADMSG;
	}
	if (ret)
		return ret;
	*busy_ns = after.scan_busy_ns - before.scan_busy_ns;
	return after.chunks - before.chunks;
}

/* It is asked for less at a time, so that a comparison does not wait for longer. */
TEST_F(knob, slow_memory)
{
	struct client *client = &self->client;
	__u64 quick_ns, slow_ns;
	int quick, slow;
	__u32 gallery;
	struct bo bo;

	ASSERT_EQ(0, bo_new(client->fd, SEARCHED, DRM_LIMEN_BO_CARD, &bo));
	memset(bo.map, 1, bo.size);
	ASSERT_EQ(0, gallery_simple(client->fd, &bo, 512, SEARCHED / 512,
				    &gallery));
	quick = chunks_of_search(client, gallery, &quick_ns);
	ASSERT_EQ(0, config_set(KNOB_SLOW_MEMORY, SLOWER));
	slow = chunks_of_search(client, gallery, &slow_ns);
	ASSERT_LT(0, quick);
	/* No fewer: a card that is a process may be slow enough for the smallest ones. */
	EXPECT_LE(quick, slow);
	EXPECT_LE(16, slow);
	EXPECT_LT(SLOWER * QUICK_NS, slow_ns);
	EXPECT_EQ(self->resets, client_resets(client));
	printf("# figure: card: a search of %u KiB in %d chunks and %llu us, of slow memory in %d and %llu\n",
	       SEARCHED >> 10, quick, quick_ns / 1000, slow, slow_ns / 1000);
}

TEST_F(knob, garbage_for_an_answer)
{
	ASSERT_EQ(0, config_set(KNOB_GARBAGE, 1));
	EXPECT_EQ(-EIO, client_verify(&self->client));
	EXPECT_EQ(0, client_verify(&self->client));
	ASSERT_EQ(0, config_set(KNOB_GARBAGE, 1));
	EXPECT_EQ(-EIO, client_search(&self->client));
	EXPECT_EQ(0, client_search(&self->client));
	EXPECT_EQ(self->resets + 2, client_resets(&self->client));
	EXPECT_EQ(2, kmsg_count(self->mark, "its answer was not valid"));
}

/* It reads as ones from then on, which nobody takes for an answer. */
static void expect_gone(struct __test_metadata *_metadata, struct client *client)
{
	__u32 gone;

	ASSERT_EQ(0, config_get(KNOB_GONE, &gone));
	EXPECT_EQ(1, gone);
	EXPECT_EQ(-ENODEV, client_verify(client));
	EXPECT_FALSE(card_masters_bus());
	client_close(client);
	ASSERT_EQ(0, card_unbind());
	ASSERT_EQ(0, card_calm());
	ASSERT_EQ(0, card_bind());
	EXPECT_TRUE(board_works());
}

TEST_F(knob, death_in_a_comparison)
{
	__s64 start = now_ns();

	ASSERT_EQ(0, config_set(KNOB_DIE, 1));
	EXPECT_EQ(-EIO, client_verify(&self->client));
	EXPECT_GT(10 * NSEC_PER_SEC, now_ns() - start);
	expect_gone(_metadata, &self->client);
}

TEST_F(knob, death_in_a_search)
{
	int ret;

	ASSERT_EQ(0, config_set(KNOB_DIE, 1));
	ret = client_search(&self->client);
	EXPECT_TRUE(ret == -EIO || ret == -ENODEV || ret == -ECANCELED) {
		TH_LOG("%d", ret);
	}
	expect_gone(_metadata, &self->client);
}

/* In vain, and nothing of them is left. */
TEST_F(knob, a_thousand_refused_reads_then_a_right_compare)
{
	unsigned int i, refused = 0;

	ASSERT_EQ(0, config_set(KNOB_REFUSE, 1000));
	for (i = 0; i < 1000; i++)
		refused += client_verify(&self->client) == -EIO;
	EXPECT_EQ(1000, refused);
	EXPECT_EQ(0, client_verify(&self->client));
	EXPECT_EQ(0, client_search(&self->client));
	EXPECT_EQ(self->resets, client_resets(&self->client));
}

/* What a file of the card's sensors says, or -1. */
static long sensor(const char *name)
{
	char pattern[64], text[32];
	long value = -1;
	glob_t found;

	snprintf(pattern, sizeof(pattern), "hwmon/hwmon*/%s", name);
	if (glob(card_file(pattern), 0, NULL, &found))
		return -1;
	if (!read_file(found.gl_pathv[0], text, sizeof(text)))
		value = strtol(text, NULL, 10);
	globfree(&found);
	return value;
}

/* Of a card that has sensors the alarm is shown; it is not for the driver to stop it. */
TEST_F(knob, thermal_alarm)
{
	client_close(&self->client);
	EXPECT_EQ(-1, sensor("temp1_input"));
	ASSERT_EQ(0, card_unbind());
	ASSERT_EQ(0, config_set(KNOB_TEMPERATURE, 40000));
	ASSERT_EQ(0, card_bind());
	EXPECT_EQ(40000, sensor("temp1_input"));
	EXPECT_EQ(0, sensor("temp1_max_alarm"));
	ASSERT_EQ(0, config_set(KNOB_TEMPERATURE, 85000));
	EXPECT_EQ(1, sensor("temp1_max_alarm"));
	EXPECT_EQ(0, sensor("temp1_crit_alarm"));
	ASSERT_EQ(0, config_set(KNOB_TEMPERATURE, 120000));
	EXPECT_EQ(120000, sensor("temp1_input"));
	EXPECT_EQ(1, sensor("temp1_crit_alarm"));
	EXPECT_TRUE(board_works());
	ASSERT_EQ(0, card_unbind());
	ASSERT_EQ(0, card_calm());
	ASSERT_EQ(0, card_bind());
	EXPECT_EQ(-1, sensor("temp1_input"));
}

/*
 * It hangs, and whoever used it goes: neither a process that is killed, nor who unbinds
 * the driver, waits for it. Nobody waits for an entry that has not been given up.
 */
TEST_F(knob, hang_then_close_and_unbind)
{
	__s64 start;
	pid_t pid;

	ASSERT_EQ(0, card_watchdog(20000));
	ASSERT_EQ(0, config_set(KNOB_DELAY, 60000));
	pid = fork();
	if (!pid) {
		struct client own;

		if (!client_open(&own))
			client_verify(&own);
		_exit(0);
	}
	sleep_ms(500);
	start = now_ns();
	ASSERT_EQ(0, kill(pid, SIGKILL));
	ASSERT_EQ(pid, waitpid(pid, NULL, 0));
	EXPECT_GT(2 * NSEC_PER_SEC, now_ns() - start);
	client_close(&self->client);
	start = now_ns();
	ASSERT_EQ(0, card_unbind());
	EXPECT_GT(5 * NSEC_PER_SEC, now_ns() - start);
	EXPECT_FALSE(card_masters_bus());
	printf("# figure: card: unbound in %lld ms while it hung\n",
	       (now_ns() - start) / NSEC_PER_MSEC);
	ASSERT_EQ(0, card_calm());
	ASSERT_EQ(0, card_bind());
}

/*
 * It goes while it is bound, at one read of a register after the other, and then further
 * apart: it is not taken, the bus is not its, and the next time it is.
 */
TEST_F(knob, vanishes_while_it_is_bound)
{
	unsigned int reads, places = 0;
	__u32 left = 0;

	client_close(&self->client);
	for (reads = 1; !left; reads += 1 + reads / 6) {
		int ret;

		ASSERT_EQ(0, card_unbind());
		ASSERT_EQ(0, config_set(KNOB_VANISH, reads));
		ret = card_bind();
		ASSERT_EQ(0, config_get(KNOB_VANISH, &left));
		/*
		 * The last one is gone after it was bound, or not at all; or by a
		 * read that is only there to push writes, which is found out at work.
		 */
		EXPECT_TRUE(ret || left || !board_works())
			TH_LOG("bound, %u reads", reads);
		if (ret)
			EXPECT_FALSE(card_masters_bus()) TH_LOG("%u reads", reads);
		ASSERT_EQ(0, card_calm());
		if (!card_is_bound())
			ASSERT_EQ(0, card_bind()) TH_LOG("%u reads", reads);
		places++;
	}
	EXPECT_LT(5, places);
	EXPECT_TRUE(board_works());
	printf("# figure: card: went at %u places while it was bound\n", places - 1);
}

int main(int argc, char **argv)
{
	cards_find();
	return test_harness_run(argc, argv);
}
