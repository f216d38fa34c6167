// SPDX-License-Identifier: GPL-2.0-only
/*
 * What becomes of work when the board fails, in every way the emulated one
 * knows: the right errors, nothing wrong delivered, and it works again.
 */
#include "limen_kselftest.h"

#define BATCH		6
#define RESULT		PAGE
#define STEP		256	/* from result to result */
#define ROWS		64
#define FIRST		4	/* of the rows that are scanned: not all */
#define COUNT		32
#define DIM		128
#define TOP		4

FIXTURE(fault)
{
	int fd;
	struct drm_limen_device_info before;
	struct bo host;
	struct bo card;
	__u32 queue;
	__u32 other;
	struct drm_limen_scan scans[BATCH];
	struct drm_limen_compare compares[BATCH];
	struct drm_limen_scan_row expected[TOP];
	__s8 rows[ROWS * DIM];
	long mark;
};

FIXTURE_VARIANT(fault)
{
	__u32 type;
};

FIXTURE_VARIANT_ADD(fault, express)
{
	.type = DRM_LIMEN_QUEUE_EXPRESS,
};

FIXTURE_VARIANT_ADD(fault, scan)
{
	.type = DRM_LIMEN_QUEUE_SCAN,
};

static void describe_work(FIXTURE_DATA(fault) *self, __u32 gallery)
{
	unsigned int i;

	for (i = 0; i < BATCH; i++) {
		self->compares[i] = compare_at(&self->host, 0, 512,
					       RESULT + i * STEP, DIM);
		self->scans[i] = scan_at(&self->host, gallery,
					 RESULT + i * STEP, COUNT, TOP);
		self->scans[i].first_row = FIRST;
		self->scans[i].min_similarity = -LIMEN_SIMILARITY_ONE;
	}
}

FIXTURE_SETUP(fault)
{
	__u32 other = DRM_LIMEN_QUEUE_EXPRESS + DRM_LIMEN_QUEUE_SCAN -
		      variant->type;
	__u32 gallery;

	OPEN_OR_SKIP(self->fd);
	EMU_OR_SKIP();
	ASSERT_EQ(0, emu_calm());
	self->mark = kmsg_mark();
	ASSERT_EQ(0, limen_device_info(self->fd, &self->before));
	ASSERT_EQ(0, bo_new(self->fd, 4 * PAGE, 0, &self->host));
	fill_vector((__s8 *)self->host.map, 1024, PATTERN_RANDOM, 11);
	ASSERT_EQ(0, bo_new(self->fd, ROWS * DIM, DRM_LIMEN_BO_CARD,
			    &self->card));
	fill_rows(self->rows, ROWS, DIM, DIM, 12);
	memcpy(self->card.map, self->rows, sizeof(self->rows));
	ASSERT_EQ(0, gallery_simple(self->fd, &self->card, DIM, ROWS,
				    &gallery));
	describe_work(self, gallery);
	ASSERT_EQ(TOP, reference_scan(&self->scans[0], (__s8 *)self->host.map,
				      self->rows, DIM, DIM, self->expected));
	ASSERT_EQ(0, queue_create(self->fd, variant->type, &self->queue));
	ASSERT_EQ(0, queue_create(self->fd, other, &self->other));
	memset(self->host.map + RESULT, POISON, 3 * PAGE);
}

FIXTURE_TEARDOWN(fault)
{
	char line[256];

	EXPECT_EQ(0, emu_calm());
	EXPECT_TRUE(kmsg_clean(self->mark, line, sizeof(line))) {
		TH_LOG("%s", line);
	}
	close(self->fd);
}

static int submit_work(FIXTURE_DATA(fault) *self, __u32 type, __u32 queue,
		       __u32 first, __u32 count, __s64 timeout)
{
	if (type == DRM_LIMEN_QUEUE_EXPRESS)
		return submit_compares(self->fd, queue, self->compares + first,
				       count, timeout);
	return submit_scans(self->fd, queue, self->scans + first, count,
			    timeout);
}

/* Submits four, of which the board holds as many as it takes until emu_slow(0). */
static bool submit_held(FIXTURE_DATA(fault) *self, __u32 type, __u32 queue)
{
	return !emu_set("scan_depth_max", 0) && !emu_hold() &&
	       !submit_work(self, type, queue, 0, 4, 0) &&
	       (type == DRM_LIMEN_QUEUE_EXPRESS ||
		emu_becomes("scan_depth_max", self->before.scan_depth));
}

static __s32 *error_of(FIXTURE_DATA(fault) *self, unsigned int i)
{
	return (__s32 *)(self->host.map + RESULT + i * STEP);
}

static bool score_is_right(FIXTURE_DATA(fault) *self, __u32 type,
			   unsigned int i)
{
	const void *at = self->host.map + RESULT + i * STEP;
	const struct drm_limen_compare_result *compare = at;
	const struct drm_limen_scan_result *scan = at;
	struct limen_score score;

	if (type == DRM_LIMEN_QUEUE_SCAN)
		return scan->count == TOP &&
		       !memcmp(scan->rows, self->expected,
			       sizeof(self->expected));
	score = limen_score_vectors((__s8 *)self->host.map,
				    (__s8 *)self->host.map + 512, DIM);
	return compare->raw == score.raw &&
	       compare->similarity == score.similarity;
}

/* With an error there is no score: not a trace of one. */
static bool nothing_delivered(FIXTURE_DATA(fault) *self, __u32 type,
			      unsigned int i)
{
	const void *at = self->host.map + RESULT + i * STEP;
	const struct drm_limen_compare_result *compare = at;
	const struct drm_limen_scan_result *scan = at;

	if (type == DRM_LIMEN_QUEUE_SCAN)
		return !scan->count &&
		       all_bytes(scan->rows, POISON, sizeof(self->expected));
	return !compare->raw && !compare->similarity;
}

static bool outcome_is(FIXTURE_DATA(fault) *self, __u32 type, unsigned int i,
		       __s32 error)
{
	if (wait_result(error_of(self, i), PATIENCE) != error)
		return false;
	return error ? nothing_delivered(self, type, i) :
		       score_is_right(self, type, i);
}

static int resets(FIXTURE_DATA(fault) *self)
{
	struct drm_limen_device_info info;

	if (limen_device_info(self->fd, &info))
		return -1;
	return info.resets - self->before.resets;
}

/* Whatever went wrong, this works: the same, in the same buffers. */
static bool works_again(FIXTURE_DATA(fault) *self,
			const FIXTURE_VARIANT(fault) *variant)
{
	unsigned int i;

	memset(self->host.map + RESULT, POISON, 3 * PAGE);
	if (submit_work(self, variant->type, self->queue, 0, BATCH, PATIENCE))
		return false;
	for (i = 0; i < BATCH; i++)
		if (*error_of(self, i) ||
		    !score_is_right(self, variant->type, i))
			return false;
	memset(self->host.map + RESULT, POISON, 3 * PAGE);
	return true;
}

#define EXPECT_OUTCOME(i, error)					\
	EXPECT_TRUE(outcome_is(self, variant->type, i, error)) {	\
		TH_LOG("descriptor %u ended with %d", i,		\
		       *error_of(self, i));				\
	}

TEST_F(fault, nothing_wrong)
{
	EXPECT_TRUE(works_again(self, variant));
	EXPECT_EQ(0, resets(self));
}

TEST_F(fault, fail)
{
	unsigned int i;
	__u64 left;

	ASSERT_EQ(0, emu_set("fail", 2));
	EXPECT_EQ(-EIO, submit_work(self, variant->type, self->queue, 0, BATCH,
				    PATIENCE));
	for (i = 0; i < BATCH; i++)
		EXPECT_OUTCOME(i, i < 2 ? -EIO : 0);
	ASSERT_EQ(0, emu_get("fail", &left));
	EXPECT_EQ(0, left);
	EXPECT_EQ(0, resets(self));
	EXPECT_TRUE(works_again(self, variant));
}

/* An entry that says what the board does not know is refused as a whole. */
TEST_F(fault, unknown_flag)
{
	unsigned int i;

	ASSERT_EQ(0, emu_set("corrupt_flags", 2));
	EXPECT_EQ(-EIO, submit_work(self, variant->type, self->queue, 0, BATCH,
				    PATIENCE));
	for (i = 0; i < BATCH; i++)
		EXPECT_OUTCOME(i, i < 2 ? -EIO : 0);
	EXPECT_EQ(0, resets(self));
	EXPECT_TRUE(works_again(self, variant));
}

TEST_F(fault, hang)
{
	__s64 begin = now_ns();

	ASSERT_EQ(0, emu_set("hang", 1));
	EXPECT_EQ(-ETIME, submit_work(self, variant->type, self->queue, 0, 1,
				      PATIENCE));
	EXPECT_LE(self->before.watchdog_ms * NSEC_PER_MSEC, now_ns() - begin);
	EXPECT_OUTCOME(0, -ETIME);
	EXPECT_EQ(0, resets(self));
	EXPECT_TRUE(works_again(self, variant));
	EXPECT_EQ(0, resets(self));
}

/* Those that hang are given up one after the other; nobody else notices. */
TEST_F(fault, hang_of_several)
{
	ASSERT_EQ(0, emu_set("hang", 3));
	EXPECT_EQ(-ETIME, submit_work(self, variant->type, self->queue, 0, 4,
				      PATIENCE));
	EXPECT_OUTCOME(0, -ETIME);
	EXPECT_OUTCOME(1, -ETIME);
	EXPECT_OUTCOME(2, -ETIME);
	EXPECT_OUTCOME(3, 0);
	EXPECT_EQ(0, resets(self));
	EXPECT_TRUE(works_again(self, variant));
}

/* What is given up while it is being executed lets the others have the board. */
TEST_F(fault, too_slow)
{
	unsigned int i;

	ASSERT_EQ(0, emu_set("endless", 1));
	ASSERT_EQ(0, submit_work(self, variant->type, self->queue, 0, 3, 0));
	EXPECT_OUTCOME(0, -ETIME);
	for (i = 1; i < 3; i++)
		EXPECT_OUTCOME(i, 0);
	EXPECT_EQ(0, resets(self));
	EXPECT_TRUE(works_again(self, variant));
}

/*
 * What becomes of descriptor @i at a reset for which it is not to blame. Scans
 * that the board had are cancelled, and it has no more than scan_depth.
 */
static __s32 innocent(FIXTURE_DATA(fault) *self,
		      const FIXTURE_VARIANT(fault) *variant, unsigned int i)
{
	return variant->type == DRM_LIMEN_QUEUE_SCAN &&
	       i < self->before.scan_depth ? -ECANCELED : 0;
}

/* Answered before the reset or after it, or interrupted by it. */
#define EXPECT_INNOCENT(i)						\
	do {								\
		__s32 error = wait_result(error_of(self, i), PATIENCE);	\
									\
		EXPECT_TRUE(!error || error == innocent(self, variant, 0)) { \
			TH_LOG("descriptor %u ended with %d", i, error); \
		}							\
		EXPECT_TRUE(outcome_is(self, variant->type, i, error));	\
	} while (0)

/*
 * The next rung: the entry is not given up, so its ring is reset. On the other
 * ring an entry that is slow, but not too slow, goes on.
 */
TEST_F(fault, deaf)
{
	__u32 other = DRM_LIMEN_QUEUE_EXPRESS + DRM_LIMEN_QUEUE_SCAN -
		      variant->type;
	unsigned int i;
	__u64 left;

	ASSERT_EQ(0, emu_set("deaf", 1));
	ASSERT_EQ(0, emu_set("hang", 1));
	ASSERT_EQ(0, submit_work(self, variant->type, self->queue, 0, 1, 0));
	ASSERT_TRUE(emu_becomes("hang", 0));
	ASSERT_EQ(0, emu_slow(self->before.watchdog_ms / 2));
	ASSERT_EQ(0, submit_work(self, variant->type, self->queue, 1, 3, 0));
	ASSERT_EQ(0, submit_work(self, other, self->other, 4, 2, 0));
	EXPECT_OUTCOME(0, -ETIME);
	ASSERT_EQ(0, emu_slow(0));
	for (i = 1; i < 4; i++)
		EXPECT_INNOCENT(i);
	for (i = 4; i < BATCH; i++)
		EXPECT_TRUE(outcome_is(self, other, i, 0));
	ASSERT_EQ(0, emu_get("deaf", &left));
	EXPECT_EQ(0, left);
	EXPECT_EQ(0, resets(self));
	EXPECT_TRUE(works_again(self, variant));
}

/*
 * One of six is guilty. Of those that hang with it, comparisons are submitted
 * again and get their scores; a scan is cancelled.
 */
static void one_of_six(struct __test_metadata *_metadata,
		       FIXTURE_DATA(fault) *self,
		       const FIXTURE_VARIANT(fault) *variant, int expected)
{
	bool scan = variant->type == DRM_LIMEN_QUEUE_SCAN;
	unsigned int i;

	ASSERT_EQ(0, emu_set("deaf", 1));
	ASSERT_EQ(0, emu_set("hang", scan ? 2 : BATCH));
	EXPECT_EQ(-ETIME, submit_work(self, variant->type, self->queue, 0, BATCH,
				      PATIENCE));
	EXPECT_OUTCOME(0, -ETIME);
	EXPECT_OUTCOME(1, innocent(self, variant, 1));
	for (i = 2; i < BATCH; i++)
		EXPECT_INNOCENT(i);
	EXPECT_EQ(expected, resets(self));
	EXPECT_TRUE(works_again(self, variant));
	EXPECT_EQ(expected, resets(self));
}

TEST_F(fault, ring_reset)
{
	one_of_six(_metadata, self, variant, 0);
}

/* A ring that does not stop needs the board reset. */
TEST_F(fault, stuck_ring)
{
	__u64 left;

	ASSERT_EQ(0, emu_set("stick_ring", 1));
	one_of_six(_metadata, self, variant, 1);
	ASSERT_EQ(0, emu_get("stick_ring", &left));
	EXPECT_EQ(0, left);
}

/* A reset that does not end needs a function-level one. */
TEST_F(fault, stuck_board)
{
	__u64 left;
	unsigned int i;

	ASSERT_EQ(0, emu_set("stick", 1));
	ASSERT_EQ(0, emu_set("corrupt_cookie", 1));
	EXPECT_EQ(-EIO, submit_work(self, variant->type, self->queue, 0, BATCH,
				    PATIENCE));
	EXPECT_OUTCOME(0, -EIO);
	for (i = 1; i < BATCH; i++)
		EXPECT_OUTCOME(i, -ECANCELED);
	ASSERT_EQ(0, emu_get("stick", &left));
	EXPECT_EQ(0, left);
	EXPECT_EQ(1, resets(self));
	/* Card memory is not relied on after that. */
	if (variant->type == DRM_LIMEN_QUEUE_SCAN) {
		EXPECT_EQ(-ESTALE, submit_work(self, variant->type, self->queue,
					       0, BATCH, PATIENCE));
	} else {
		EXPECT_TRUE(works_again(self, variant));
	}
}

/* A ring that is no better after its reset needs the board reset. */
static void ring_reset_in_vain(struct __test_metadata *_metadata,
			       FIXTURE_DATA(fault) *self,
			       const FIXTURE_VARIANT(fault) *variant)
{
	unsigned int i;

	ASSERT_EQ(0, emu_set("deaf", 2));
	ASSERT_EQ(0, emu_set("hang", BATCH + BATCH - 1));
	EXPECT_EQ(-ETIME, submit_work(self, variant->type, self->queue, 0, BATCH,
				      PATIENCE));
	for (i = 0; i < BATCH; i++)
		EXPECT_OUTCOME(i, i < 2 ? -ETIME : 0);
	EXPECT_EQ(1, resets(self));
	EXPECT_TRUE(works_again(self, variant));
}

/* Who is there whenever the board fails is not submitted for ever. */
static void replayed_in_vain(struct __test_metadata *_metadata,
			     FIXTURE_DATA(fault) *self,
			     const FIXTURE_VARIANT(fault) *variant)
{
	unsigned int i, round;

	ASSERT_EQ(0, emu_hold());
	ASSERT_EQ(0, submit_work(self, variant->type, self->queue, 0, BATCH, 0));
	for (round = 0; round < 3; round++) {
		EXPECT_EQ(-EINPROGRESS, *error_of(self, round));
		EXPECT_EQ(-EINPROGRESS, *error_of(self, BATCH - 1));
		/*
		 * The entry before ends when the board has been reset: this may
		 * come before its interrupts are enabled.
		 */
		ASSERT_EQ(0, emu_set("fatal", 1));
		EXPECT_OUTCOME(round, -EIO);
	}
	for (i = round; i < BATCH; i++)
		EXPECT_OUTCOME(i, -ECANCELED);
	ASSERT_EQ(0, emu_slow(0));
	EXPECT_EQ(3, resets(self));
	EXPECT_TRUE(works_again(self, variant));
}

TEST_F(fault, hang_of_another_client)
{
	struct drm_limen_compare desc;
	struct bo host;
	__u32 queue;
	int fd;

	OPEN_OR_SKIP(fd);
	ASSERT_EQ(0, bo_new(fd, PAGE, 0, &host));
	memset(host.map, 1, 512);
	ASSERT_EQ(0, queue_create(fd, DRM_LIMEN_QUEUE_EXPRESS, &queue));
	desc = compare_at(&host, 0, 0, 2048, 128);
	ASSERT_EQ(0, emu_set("hang", 2));
	ASSERT_EQ(0, submit_work(self, variant->type, self->queue, 0, 1, 0));
	ASSERT_TRUE(emu_becomes("hang", 1));
	ASSERT_EQ(0, submit_compares(fd, queue, &desc, 1, 0));
	EXPECT_OUTCOME(0, -ETIME);
	EXPECT_EQ(-ETIME, wait_result(&compare_result(&host, 2048)->error,
				      PATIENCE));
	EXPECT_EQ(0, compare_result(&host, 2048)->raw);
	EXPECT_EQ(0, submit_compares(fd, queue, &desc, 1, PATIENCE));
	EXPECT_EQ(128, compare_result(&host, 2048)->raw);
	EXPECT_TRUE(works_again(self, variant));
	close(fd);
}

/* A ring that makes progress is not blamed for one that does not. */
TEST_F(fault, innocent_ring)
{
	__u32 other = DRM_LIMEN_QUEUE_EXPRESS + DRM_LIMEN_QUEUE_SCAN -
		      variant->type;
	unsigned int i;

	ASSERT_EQ(0, emu_set("hang", 1));
	ASSERT_EQ(0, submit_work(self, variant->type, self->queue, 0, 1, 0));
	ASSERT_TRUE(emu_becomes("hang", 0));
	ASSERT_EQ(0, emu_slow(self->before.watchdog_ms / 2));
	ASSERT_EQ(0, submit_work(self, other, self->other, 1, 5, 0));
	EXPECT_OUTCOME(0, -ETIME);
	ASSERT_EQ(0, emu_slow(0));
	for (i = 1; i < BATCH; i++)
		EXPECT_TRUE(outcome_is(self, other, i, 0));
	EXPECT_EQ(0, resets(self));
	EXPECT_TRUE(works_again(self, variant));
}

TEST_F(fault, failed_fence)
{
	struct drm_limen_sync sync = { .flags = 0 };
	struct drm_limen_submit args = {
		.queue = self->queue,
		.count = 2,
		.out_syncs = (uintptr_t)&sync,
		.out_sync_count = 1,
		.sync_size = sizeof(sync),
	};
	int sync_file;

	if (variant->type == DRM_LIMEN_QUEUE_EXPRESS) {
		args.descs = (uintptr_t)self->compares;
		args.desc_size = sizeof(self->compares[0]);
	} else {
		args.descs = (uintptr_t)self->scans;
		args.desc_size = sizeof(self->scans[0]);
	}
	ASSERT_EQ(0, syncobj_create(self->fd, &sync.handle));
	ASSERT_EQ(0, emu_set("hang", 2));
	ASSERT_EQ(0, submit(self->fd, &args));
	ASSERT_EQ(0, syncobj_wait(self->fd, sync.handle, PATIENCE));
	ASSERT_EQ(0, syncobj_export(self->fd, sync.handle, &sync_file));
	EXPECT_EQ(-ETIME, sync_file_status(sync_file));
	close(sync_file);
	EXPECT_OUTCOME(0, -ETIME);
	EXPECT_OUTCOME(1, -ETIME);
}

TEST_F(fault, lost_interrupt)
{
	__u64 left;

	ASSERT_EQ(0, emu_set("drop_irq", 1));
	EXPECT_EQ(0, submit_work(self, variant->type, self->queue, 0, 1,
				 PATIENCE));
	EXPECT_OUTCOME(0, 0);
	ASSERT_EQ(0, emu_get("drop_irq", &left));
	EXPECT_EQ(0, left);
	EXPECT_EQ(0, resets(self));
	EXPECT_TRUE(works_again(self, variant));
}

TEST_F(fault, fatal_while_idle)
{
	__s64 end = in_ns(PATIENCE);

	ASSERT_EQ(0, emu_set("fatal", 1));
	while (resets(self) < 1 && now_ns() < end)
		sleep_ms(1);
	EXPECT_EQ(1, resets(self));
	EXPECT_TRUE(works_again(self, variant));
}

/* Nobody hears that the board cannot go on, until it makes no progress. */
TEST_F(fault, fatal_unheard)
{
	unsigned int i;

	ASSERT_EQ(0, emu_set("drop_irq", 1));
	ASSERT_EQ(0, emu_set("fatal", 1));
	EXPECT_EQ(-EIO, submit_work(self, variant->type, self->queue, 0, BATCH,
				    PATIENCE));
	EXPECT_OUTCOME(0, -EIO);
	for (i = 1; i < BATCH; i++)
		EXPECT_INNOCENT(i);
	EXPECT_EQ(1, resets(self));
	EXPECT_TRUE(works_again(self, variant));
}

TEST_F(fault, fatal_under_work)
{
	unsigned int i;

	ASSERT_TRUE(submit_held(self, variant->type, self->queue));
	ASSERT_EQ(0, emu_set("fatal", 1));
	EXPECT_OUTCOME(0, -EIO);
	ASSERT_EQ(0, emu_slow(0));
	for (i = 1; i < 4; i++)
		EXPECT_OUTCOME(i, innocent(self, variant, i));
	EXPECT_EQ(1, resets(self));
	EXPECT_TRUE(works_again(self, variant));
}

/* Many faults in a row wear nothing out. */
TEST_F(fault, again_and_again)
{
	unsigned int round;

	for (round = 1; round <= 8; round++) {
		ASSERT_EQ(0, emu_set("corrupt_cookie", 1));
		EXPECT_EQ(-EIO, submit_work(self, variant->type, self->queue, 0,
					    1, PATIENCE));
		EXPECT_OUTCOME(0, -EIO);
		EXPECT_TRUE(works_again(self, variant));
		EXPECT_EQ(round, resets(self));
	}
}

/* What only those can go through that are submitted again. */
FIXTURE(replay)
{
	FIXTURE_DATA(fault) fault;
};

static const FIXTURE_VARIANT(fault) express = {
	.type = DRM_LIMEN_QUEUE_EXPRESS,
};

FIXTURE_SETUP(replay)
{
	fault_setup(_metadata, &self->fault, &express);
}

FIXTURE_TEARDOWN(replay)
{
	fault_teardown(_metadata, &self->fault, &express);
}

TEST_F(replay, ring_reset_in_vain)
{
	ring_reset_in_vain(_metadata, &self->fault, &express);
}

TEST_F(replay, replayed_in_vain)
{
	replayed_in_vain(_metadata, &self->fault, &express);
}

FIXTURE(corrupt)
{
	FIXTURE_DATA(fault) fault;
};

FIXTURE_VARIANT(corrupt)
{
	const char *knob;
	__u32 type;
};

#define CORRUPT(name, queue_type)					\
	FIXTURE_VARIANT_ADD(corrupt, name##_##queue_type)		\
	{								\
		.knob = "corrupt_" #name,				\
		.type = DRM_LIMEN_QUEUE_##queue_type,			\
	}

CORRUPT(seq, EXPRESS);
CORRUPT(seq, SCAN);
CORRUPT(cookie, EXPRESS);
CORRUPT(cookie, SCAN);
CORRUPT(status, EXPRESS);
CORRUPT(status, SCAN);
CORRUPT(count, SCAN);
CORRUPT(fewer, SCAN);
CORRUPT(score, EXPRESS);
CORRUPT(rows, SCAN);
CORRUPT(order, SCAN);

FIXTURE_SETUP(corrupt)
{
	const FIXTURE_VARIANT(fault) as_fault = { .type = variant->type };

	fault_setup(_metadata, &self->fault, &as_fault);
}

FIXTURE_TEARDOWN(corrupt)
{
	const FIXTURE_VARIANT(fault) as_fault = { .type = variant->type };

	fault_teardown(_metadata, &self->fault, &as_fault);
}

TEST_F(corrupt, alone)
{
	const FIXTURE_VARIANT(fault) as_fault = { .type = variant->type };
	FIXTURE_DATA(fault) *fault = &self->fault;
	__u64 left;

	ASSERT_EQ(0, emu_set(variant->knob, 1));
	EXPECT_EQ(-EIO, submit_work(fault, variant->type, fault->queue, 0, 1,
				    PATIENCE));
	EXPECT_TRUE(outcome_is(fault, variant->type, 0, -EIO));
	ASSERT_EQ(0, emu_get(variant->knob, &left));
	EXPECT_EQ(0, left);
	EXPECT_EQ(1, resets(fault));
	EXPECT_TRUE(works_again(fault, &as_fault));
	EXPECT_EQ(1, resets(fault));
}

/*
 * Behind the lie, others wait, and never get its score. Rows are looked at when the
 * board has gone on already.
 */
TEST_F(corrupt, among_others)
{
	const FIXTURE_VARIANT(fault) as_fault = { .type = variant->type };
	bool rows = !strcmp(variant->knob, "corrupt_rows") ||
		    !strcmp(variant->knob, "corrupt_order");
	FIXTURE_DATA(fault) *fault = &self->fault;
	unsigned int i;

	ASSERT_EQ(0, emu_set(variant->knob, 1));
	ASSERT_TRUE(submit_held(fault, variant->type, fault->queue));
	ASSERT_EQ(0, emu_slow(0));
	EXPECT_TRUE(outcome_is(fault, variant->type, 0, -EIO));
	for (i = 1; i < 4; i++) {
		__s32 error = wait_result(error_of(fault, i), PATIENCE);

		EXPECT_TRUE(error == innocent(fault, &as_fault, i) ||
			    (rows && (!error || error == -ECANCELED))) {
			TH_LOG("descriptor %u ended with %d", i, error);
		}
		EXPECT_TRUE(outcome_is(fault, variant->type, i, error));
	}
	EXPECT_EQ(1, resets(fault));
	EXPECT_TRUE(works_again(fault, &as_fault));
}

TEST_HARNESS_MAIN
