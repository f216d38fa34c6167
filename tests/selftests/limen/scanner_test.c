// SPDX-License-Identifier: GPL-2.0-only
/*
 * How scans share the board: chunk by chunk, two with the board at most, the
 * queues by turns; and how scans end of which the board has two chunks.
 */
#include "limen_kselftest.h"

#define QUEUES		3
#define SCANS		64
#define ROWS		16384
#define DIM		64
#define TOP		16
#define RESULT		PAGE
#define STEP		512	/* from result to result */
#define HOST_SIZE	(RESULT + QUEUES * SCANS * STEP)

/* Chunks of the board never have more bytes, whatever it says. */
#define CHUNK_MIN	(16 << 10)
#define CHUNK_MAX	(8 << 20)

FIXTURE(scanner)
{
	int fd;
	struct drm_limen_device_info before;
	struct bo host;
	struct bo card;
	__u32 queues[QUEUES];
	__u32 express;
	__s8 *rows;
	struct drm_limen_scan scans[QUEUES][SCANS];
	struct drm_limen_scan_row expected[TOP];
	long mark;
};

static void describe_scans(FIXTURE_DATA(scanner) *self, __u32 gallery)
{
	unsigned int i, j;

	for (i = 0; i < QUEUES; i++) {
		for (j = 0; j < SCANS; j++) {
			self->scans[i][j] = scan_at(&self->host, gallery,
					RESULT + (i * SCANS + j) * STEP, ROWS,
					TOP);
			self->scans[i][j].min_similarity = -LIMEN_SIMILARITY_ONE;
		}
	}
}

FIXTURE_SETUP(scanner)
{
	unsigned int i;
	__u32 gallery;

	OPEN_OR_SKIP(self->fd);
	EMU_OR_SKIP();
	ASSERT_EQ(0, emu_calm());
	self->mark = kmsg_mark();
	ASSERT_EQ(0, limen_device_info(self->fd, &self->before));
	ASSERT_EQ(0, bo_new(self->fd, HOST_SIZE, 0, &self->host));
	fill_vector((__s8 *)self->host.map, DIM, PATTERN_RANDOM, 5);
	ASSERT_EQ(0, bo_new(self->fd, ROWS * DIM, DRM_LIMEN_BO_CARD,
			    &self->card));
	self->rows = malloc(ROWS * DIM);
	ASSERT_NE(NULL, self->rows);
	fill_rows(self->rows, ROWS, DIM, DIM, 6);
	memcpy(self->card.map, self->rows, ROWS * DIM);
	ASSERT_EQ(0, gallery_simple(self->fd, &self->card, DIM, ROWS,
				    &gallery));
	describe_scans(self, gallery);
	ASSERT_EQ(TOP, reference_scan(&self->scans[0][0],
				      (__s8 *)self->host.map, self->rows, DIM,
				      DIM, self->expected));
	for (i = 0; i < QUEUES; i++)
		ASSERT_EQ(0, queue_create(self->fd, DRM_LIMEN_QUEUE_SCAN,
					  &self->queues[i]));
	ASSERT_EQ(0, queue_create(self->fd, DRM_LIMEN_QUEUE_EXPRESS,
				  &self->express));
}

FIXTURE_TEARDOWN(scanner)
{
	char line[256];

	EXPECT_EQ(0, emu_calm());
	EXPECT_TRUE(kmsg_clean(self->mark, line, sizeof(line))) {
		TH_LOG("%s", line);
	}
	free(self->rows);
	close(self->fd);
}

static struct drm_limen_scan_result *result_of(FIXTURE_DATA(scanner) *self,
					       unsigned int queue,
					       unsigned int scan)
{
	return scan_result(&self->host,
			   self->scans[queue][scan].result_offset);
}

static int submit_some(FIXTURE_DATA(scanner) *self, unsigned int queue,
		       unsigned int count, __s64 timeout)
{
	return submit_scans(self->fd, self->queues[queue], self->scans[queue],
			    count, timeout);
}

static bool is_right(FIXTURE_DATA(scanner) *self, unsigned int queue,
		     unsigned int scan)
{
	struct drm_limen_scan_result *result = result_of(self, queue, scan);

	return !wait_result(&result->error, PATIENCE) &&
	       result->count == TOP &&
	       !memcmp(result->rows, self->expected, sizeof(self->expected));
}

static int resets(FIXTURE_DATA(scanner) *self)
{
	struct drm_limen_device_info info;

	if (limen_device_info(self->fd, &info))
		return -1;
	return info.resets - self->before.resets;
}

/* Has the board take its time until chunks are as small as may be, and stay so. */
static bool chunks_are_small(FIXTURE_DATA(scanner) *self)
{
	struct drm_limen_device_info info;

	if (emu_slow(1))
		return false;
	do {
		if (submit_some(self, 0, 1, PATIENCE) || !is_right(self, 0, 0) ||
		    limen_device_info(self->fd, &info))
			return false;
	} while (info.chunk_bytes >= CHUNK_MIN + DIM);
	return true;
}

TEST_F(scanner, two_chunks_at_most)
{
	unsigned int i, j;
	__u64 depth;

	EXPECT_EQ(2, self->before.scan_depth);
	ASSERT_EQ(0, emu_set("scan_depth_max", 0));
	for (i = 0; i < QUEUES; i++)
		ASSERT_EQ(0, submit_some(self, i, SCANS / 8, 0));
	for (i = 0; i < QUEUES; i++)
		for (j = 0; j < SCANS / 8; j++)
			EXPECT_TRUE(is_right(self, i, j));
	/* Never more; and a single one would have let the board wait. */
	ASSERT_EQ(0, emu_get("scan_depth_max", &depth));
	EXPECT_EQ(2, depth);

	/* A scan alone has both places. */
	ASSERT_EQ(0, emu_set("scan_depth_max", 0));
	ASSERT_EQ(0, submit_some(self, 0, 1, PATIENCE));
	ASSERT_EQ(0, emu_get("scan_depth_max", &depth));
	EXPECT_EQ(2, depth);
}

TEST_F(scanner, comparisons_among_scans)
{
	struct drm_limen_compare desc = compare_at(&self->host, 0, 0, 2048,
						   DIM);
	unsigned int i;
	__u64 depth;

	/* Twelve thousand chunks, more than half a minute. */
	ASSERT_EQ(0, emu_slow(5));
	ASSERT_EQ(0, emu_set("scan_depth_max", 0));
	for (i = 0; i < QUEUES; i++)
		ASSERT_EQ(0, submit_some(self, i, SCANS, 0));
	for (i = 0; i < 20; i++) {
		desc.reference_offset = i % 2 * 1024;
		EXPECT_EQ(0, submit_compares(self->fd, self->express, &desc, 1,
					     PATIENCE));
	}
	/* Most scans of any queue are still to come. */
	for (i = 0; i < QUEUES; i++)
		EXPECT_EQ(-EINPROGRESS, result_of(self, i, SCANS / 2)->error);
	ASSERT_EQ(0, emu_get("scan_depth_max", &depth));
	EXPECT_EQ(2, depth);
}

/* Who has many scans waiting does not keep others waiting. */
TEST_F(scanner, queues_take_turns)
{
	ASSERT_TRUE(chunks_are_small(self));
	ASSERT_EQ(0, submit_some(self, 0, SCANS, 0));
	ASSERT_EQ(0, submit_some(self, 1, SCANS, 0));
	EXPECT_EQ(0, submit_some(self, 2, 1, PATIENCE));
	EXPECT_TRUE(is_right(self, 2, 0));
	/* It had every third chunk: of the others, a few scans have ended. */
	EXPECT_EQ(-EINPROGRESS, result_of(self, 0, SCANS / 2)->error);
	EXPECT_EQ(-EINPROGRESS, result_of(self, 1, SCANS / 2)->error);
}

/* The board may answer in any order; of equal rows the first one comes first. */
TEST_F(scanner, answers_in_any_order)
{
	unsigned int i, round;
	__u64 left;

	ASSERT_TRUE(chunks_are_small(self));
	for (round = 0; round < 2; round++) {
		ASSERT_EQ(0, emu_set("overtake", 20));
		ASSERT_EQ(0, submit_some(self, 0, 1, PATIENCE));
		EXPECT_TRUE(is_right(self, 0, 0));
		ASSERT_EQ(0, emu_get("overtake", &left));
		EXPECT_GT(10, left);
		EXPECT_EQ(0, resets(self));

		/* Once more with a probe to which all rows are alike. */
		memset(self->host.map, 0, DIM);
		for (i = 0; i < TOP; i++)
			self->expected[i] = (struct drm_limen_scan_row) {
				.row = i,
			};
	}
}

TEST_F(scanner, size_of_chunks)
{
	struct drm_limen_device_info fast, slow;

	EXPECT_LE(50000, self->before.chunk_ns);
	EXPECT_GE(100000, self->before.chunk_ns);
	ASSERT_EQ(0, submit_some(self, 0, 4, PATIENCE));
	ASSERT_EQ(0, limen_device_info(self->fd, &fast));
	EXPECT_LE(CHUNK_MIN, fast.chunk_bytes);
	EXPECT_GE(CHUNK_MAX, fast.chunk_bytes);

	/* With a board that takes its time they get as small as may be. */
	ASSERT_EQ(0, emu_set("delay_us", 1000));
	ASSERT_EQ(0, submit_some(self, 0, 1, PATIENCE));
	EXPECT_TRUE(is_right(self, 0, 0));
	ASSERT_EQ(0, limen_device_info(self->fd, &slow));
	EXPECT_LE(CHUNK_MIN, slow.chunk_bytes);
	EXPECT_GT(CHUNK_MIN + 64, slow.chunk_bytes);
	EXPECT_LE(slow.chunk_bytes, fast.chunk_bytes);
}

/* One of two chunks fails: the scan ends once, and the next one is right. */
TEST_F(scanner, a_chunk_fails)
{
	static const struct {
		const char *knob;
		unsigned int count;
		int error, resets;
	} faults[] = {
		{ "fail", 1, -EIO, 0 }, { "fail", 2, -EIO, 0 },
		{ "corrupt_rows", 1, -EIO, 1 }, { "corrupt_count", 1, -EIO, 1 },
		{ "corrupt_fewer", 1, -EIO, 1 },
		{ "corrupt_seq", 1, -EIO, 1 }, { "hang", 1, -ETIME, 0 },
		{ "hang", 2, -ETIME, 0 },
	};
	int resets_before = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(faults); i++) {
		ASSERT_EQ(0, emu_set(faults[i].knob, faults[i].count));
		EXPECT_EQ(faults[i].error, submit_some(self, 0, 1, PATIENCE)) {
			TH_LOG("%s", faults[i].knob);
		}
		EXPECT_EQ(0, result_of(self, 0, 0)->count);
		ASSERT_EQ(0, emu_calm());
		/* How silence is ended is told elsewhere. */
		EXPECT_LE(resets_before + faults[i].resets, resets(self)) {
			TH_LOG("%s", faults[i].knob);
		}
		resets_before = resets(self);
		EXPECT_EQ(0, submit_some(self, 0, 1, PATIENCE));
		EXPECT_TRUE(is_right(self, 0, 0));
	}
}

/* A reset ends the scans that the board has chunks of; others go on after it. */
TEST_F(scanner, reset_under_three_queues)
{
	unsigned int i;

	ASSERT_TRUE(chunks_are_small(self));
	ASSERT_EQ(0, emu_hold());
	ASSERT_EQ(0, emu_set("scan_depth_max", 0));
	ASSERT_EQ(0, submit_some(self, 0, 1, 0));
	ASSERT_TRUE(emu_becomes("scan_depth_max", 2));
	for (i = 1; i < QUEUES; i++)
		ASSERT_EQ(0, submit_some(self, i, 1, 0));
	ASSERT_EQ(0, emu_set("fatal", 1));
	EXPECT_EQ(-EIO, wait_result(&result_of(self, 0, 0)->error, PATIENCE));
	ASSERT_EQ(0, emu_slow(0));
	/* The second chunk is of the first scan, which was there alone. */
	EXPECT_TRUE(is_right(self, 1, 0));
	EXPECT_TRUE(is_right(self, 2, 0));
	EXPECT_EQ(1, resets(self));
}

/*
 * One of many chunks: no other tells that the scan did not end well, so all depends
 * on this one.
 */
#define CHUNKS		16

/* What is with the board and with the driver. */
#define UNDER_WAY	4

FIXTURE(later)
{
	FIXTURE_DATA(scanner) scanner;
};

FIXTURE_VARIANT(later)
{
	const char *knob;
	int error;
	bool deaf;
	bool reset;
};

#define LATER(name, ...)						\
	FIXTURE_VARIANT_ADD(later, name)				\
	{								\
		.knob = #name, __VA_ARGS__				\
	}

LATER(drop_irq, .error = 0);
LATER(fail, .error = -EIO);
LATER(corrupt_flags, .error = -EIO);
LATER(corrupt_seq, .error = -EIO, .reset = true);
LATER(corrupt_cookie, .error = -EIO, .reset = true);
LATER(corrupt_status, .error = -EIO, .reset = true);
LATER(corrupt_count, .error = -EIO, .reset = true);
LATER(corrupt_fewer, .error = -EIO, .reset = true);
LATER(corrupt_rows, .error = -EIO, .reset = true);
LATER(corrupt_order, .error = -EIO, .reset = true);
LATER(crash, .error = -EIO, .reset = true);
LATER(hang, .error = -ETIME);
LATER(endless, .error = -ETIME);

/* The ring alone is reset, but that takes what the board has as well. */
FIXTURE_VARIANT_ADD(later, deaf)
{
	.knob = "hang",
	.error = -ETIME,
	.deaf = true,
};

FIXTURE_SETUP(later)
{
	FIXTURE_DATA(scanner) *scanner = &self->scanner;
	unsigned int i;

	scanner_setup(_metadata, scanner, NULL);
	/* It may have skipped the test, which ends only where it returns to. */
	if (!scanner->host.map)
		return;
	for (i = 0; i < QUEUES * SCANS; i++)
		scanner->scans[i / SCANS][i % SCANS].row_count =
			CHUNKS * CHUNK_MIN / DIM;
	ASSERT_EQ(TOP, reference_scan(&scanner->scans[0][0],
				      (__s8 *)scanner->host.map, scanner->rows,
				      DIM, DIM, scanner->expected));
	ASSERT_TRUE(chunks_are_small(scanner));
	memset(scanner->host.map + RESULT, POISON, HOST_SIZE - RESULT);
}

FIXTURE_TEARDOWN(later)
{
	scanner_teardown(_metadata, &self->scanner, NULL);
}

/* With an error there is no row, though many had been found. */
static bool nothing_shown(FIXTURE_DATA(scanner) *self, unsigned int queue,
			  unsigned int scan)
{
	const struct drm_limen_scan_result *result = result_of(self, queue,
							       scan);

	return !result->count && !result->device_ns &&
	       all_bytes(result->rows, POISON, TOP * sizeof(result->rows[0]));
}

static bool right_or_nothing(FIXTURE_DATA(scanner) *self, unsigned int queue,
			     unsigned int scan)
{
	return wait_result(&result_of(self, queue, scan)->error, PATIENCE) ?
	       nothing_shown(self, queue, scan) : is_right(self, queue, scan);
}

/* From now on, so many chunks go well and the next does not. */
static bool goes_wrong_after(const FIXTURE_VARIANT(later) *variant,
			     unsigned int chunks)
{
	return !emu_set("deaf", variant->deaf) && !emu_set("skip", chunks) &&
	       !emu_set(variant->knob, 1);
}

/* Three scans of a queue, of which the first has a chunk that goes wrong. */
static void one_of_three(struct __test_metadata *_metadata,
			 FIXTURE_DATA(scanner) *self,
			 const FIXTURE_VARIANT(later) *variant,
			 unsigned int chunks)
{
	unsigned int i, others = variant->reset || variant->deaf;
	__u64 left;

	ASSERT_TRUE(goes_wrong_after(variant, chunks));
	EXPECT_EQ(variant->error, submit_some(self, 0, 3, PATIENCE));
	EXPECT_EQ(variant->error, result_of(self, 0, 0)->error);
	for (i = 0; i < 3; i++) {
		int error = result_of(self, 0, i)->error;

		EXPECT_TRUE(right_or_nothing(self, 0, i)) {
			TH_LOG("scan %u after %u chunks: %d", i, chunks, error);
		}
		if (i) {
			EXPECT_TRUE(!error || error == -ECANCELED);
		}
	}
	/* Of the others, a reset interrupts one of which the board has a part. */
	if (variant->reset && chunks + UNDER_WAY < CHUNKS)
		others = 0;
	EXPECT_GE(others, !!result_of(self, 0, 1)->error +
			  !!result_of(self, 0, 2)->error);
	ASSERT_EQ(0, emu_get(variant->knob, &left));
	EXPECT_EQ(0, left);
	ASSERT_EQ(0, emu_get("deaf", &left));
	EXPECT_EQ(0, left);

	EXPECT_EQ(0, submit_some(self, 0, 1, PATIENCE));
	EXPECT_TRUE(is_right(self, 0, 0));
	memset(self->host.map + RESULT, POISON, HOST_SIZE - RESULT);
}

TEST_F(later, chunk_of_a_scan)
{
	/* The second, one in the middle, the last. */
	one_of_three(_metadata, &self->scanner, variant, 1);
	one_of_three(_metadata, &self->scanner, variant, CHUNKS / 2);
	one_of_three(_metadata, &self->scanner, variant, CHUNKS - 1);
	EXPECT_EQ(variant->reset ? 3 : 0, resets(&self->scanner));
}

/* One of six ends so, whichever; of the others, those that a reset interrupts. */
TEST_F(later, chunk_among_queues)
{
	FIXTURE_DATA(scanner) *scanner = &self->scanner;
	unsigned int i, guilty = 0, cancelled = 0;

	ASSERT_TRUE(goes_wrong_after(variant, CHUNKS));
	for (i = 0; i < QUEUES; i++)
		ASSERT_EQ(0, submit_some(scanner, i, 2, 0));
	for (i = 0; i < 2 * QUEUES; i++) {
		int error = wait_result(&result_of(scanner, i / 2, i % 2)->error,
					PATIENCE);

		EXPECT_TRUE(right_or_nothing(scanner, i / 2, i % 2)) {
			TH_LOG("queue %u, scan %u: %d", i / 2, i % 2, error);
		}
		guilty += error && error == variant->error;
		cancelled += error && error != variant->error;
		if (error != variant->error) {
			EXPECT_TRUE(!error || error == -ECANCELED);
		}
	}
	EXPECT_EQ(!!variant->error, guilty);
	EXPECT_GE(variant->reset ? 2 : variant->deaf, cancelled);
	EXPECT_EQ(variant->reset, resets(scanner));
	for (i = 0; i < QUEUES; i++) {
		EXPECT_EQ(0, submit_some(scanner, i, 1, PATIENCE));
		EXPECT_TRUE(is_right(scanner, i, 0));
	}
}

/* Waits until the board has answered so many chunks more. */
static bool chunks_pass(int fd, struct drm_limen_stats *stats, __u64 count)
{
	__s64 end = in_ns(PATIENCE);
	__u64 goal;

	if (limen_stats(fd, stats))
		return false;
	for (goal = stats->chunks + count; stats->chunks < goal;) {
		if (now_ns() > end || limen_stats(fd, stats))
			return false;
		sleep_ms(1);
	}
	return true;
}

/* A process with scans of its own, which ends while they are being searched. */
static int scan_and_leave(FIXTURE_DATA(scanner) *parent)
{
	FIXTURE_DATA(scanner) *self = calloc(1, sizeof(*self));
	struct drm_limen_stats stats;
	__u32 gallery;

	if (!self)
		return 1;
	self->fd = limen_open();
	if (self->fd < 0 || bo_new(self->fd, HOST_SIZE, 0, &self->host) ||
	    bo_new(self->fd, ROWS * DIM, DRM_LIMEN_BO_CARD, &self->card))
		return 1;
	memcpy(self->card.map, parent->rows, ROWS * DIM);
	if (gallery_simple(self->fd, &self->card, DIM, ROWS, &gallery) ||
	    queue_create(self->fd, DRM_LIMEN_QUEUE_SCAN, &self->queues[0]))
		return 1;
	describe_scans(self, gallery);
	return submit_some(self, 0, SCANS, 0) ||
	       !chunks_pass(self->fd, &stats, 3);
}

TEST_F(scanner, closed_between_chunks)
{
	struct drm_limen_memory_info memory;
	struct drm_limen_stats before, after;
	__s64 end = in_ns(PATIENCE);
	int status;
	pid_t pid;

	ASSERT_TRUE(chunks_are_small(self));
	ASSERT_EQ(0, emu_slow(10));
	ASSERT_EQ(0, limen_memory_info(self->fd, &memory));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(scan_and_leave(self));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_EQ(0, status);

	/* The board goes on with what it had, and with no more. */
	ASSERT_EQ(0, limen_stats(self->fd, &before));
	do {
		sleep_ms(1);
		ASSERT_EQ(0, limen_stats(self->fd, &after));
	} while (after.scan_depth && now_ns() < end);
	EXPECT_EQ(0, after.scan_depth);
	EXPECT_GE(2, after.chunks - before.chunks);
	EXPECT_TRUE(card_free_becomes(self->fd, memory.card_free));
	EXPECT_EQ(0, submit_some(self, 0, 1, PATIENCE));
	EXPECT_TRUE(is_right(self, 0, 0));
	EXPECT_EQ(0, resets(self));
}

/* Without waiting for what the board would have gone on with for long. */
TEST_F(scanner, destroy_under_scans)
{
	unsigned int i, cancelled = 0;

	ASSERT_TRUE(chunks_are_small(self));
	ASSERT_EQ(0, emu_hold());
	for (i = 0; i < QUEUES; i++)
		ASSERT_EQ(0, submit_some(self, i, 2, 0));
	for (i = 0; i < QUEUES; i++)
		ASSERT_EQ(0, queue_destroy(self->fd, self->queues[i]));
	ASSERT_EQ(0, emu_slow(0));
	for (i = 0; i < 2 * QUEUES; i++) {
		int error = wait_result(&result_of(self, i / 2, i % 2)->error,
					PATIENCE);

		EXPECT_EQ(-ECANCELED, error);
		cancelled += error == -ECANCELED;
	}
	EXPECT_EQ(2 * QUEUES, cancelled);
	EXPECT_EQ(0, resets(self));
}

/* A user has so many scans under way, in whatever queues. */
TEST_F(scanner, scans_of_a_user)
{
	struct drm_limen_submit args = {
		.descs = (uintptr_t)self->scans[0],
		.desc_size = sizeof(self->scans[0][0]),
		.count = SCANS,
		.in_sync_count = 1,
		.sync_size = sizeof(struct drm_limen_sync),
	};
	struct drm_limen_sync in = { .flags = 0 };
	struct manual_fence fence;
	unsigned int i, count = 0;
	int ret = 0;
	__s64 end;

	ret = manual_fence_open(&fence);
	if (ret == -ENODEV)
		SKIP(return, "no vgem: no fence that a test can hold back");
	ASSERT_EQ(0, ret);
	ASSERT_EQ(0, syncobj_create(self->fd, &in.handle));
	ASSERT_EQ(0, syncobj_import(self->fd, in.handle, fence.sync_file));
	for (i = 0; i < SCANS; i++)
		self->scans[0][i].row_count = 1;
	args.in_syncs = (uintptr_t)&in;
	for (i = 0; !ret && i < 2 * self->before.scan_limit / SCANS; i++) {
		args.queue = self->queues[i % QUEUES];
		ret = submit(self->fd, &args);
		if (!ret)
			count += SCANS;
	}
	EXPECT_EQ(-ENOBUFS, ret);
	EXPECT_EQ(self->before.scan_limit, count);
	EXPECT_EQ(-ETIMEDOUT, submit_some(self, 1, 1, 50 * NSEC_PER_MSEC));

	/*
	 * Room in a queue that nobody has used is the user's too, as soon as
	 * what was cancelled is gone.
	 */
	ASSERT_EQ(0, queue_destroy(self->fd, self->queues[0]));
	end = in_ns(PATIENCE);
	do
		ret = submit_some(self, 2, 1, 0);
	while (ret == -ENOBUFS && now_ns() < end);
	EXPECT_EQ(0, ret);
	ASSERT_EQ(0, manual_fence_signal(&fence));
	EXPECT_EQ(0, submit_some(self, 1, 1, PATIENCE));
	EXPECT_TRUE(is_right(self, 1, 0));
	manual_fence_close(&fence);
}

TEST_HARNESS_MAIN
