// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory runs out, at each place in turn: a call is made again and again, and each
 * time the next place of it fails where memory is allocated or copied, until a
 * call meets no such place any more. A call that fails says ENOMEM or EFAULT, leaves
 * nothing behind and works right afterwards; one that gets by without what it was
 * denied has done what it should.
 */
#include "limen_kselftest.h"

/* More places than any call has: a walk that gets here does not end. */
#define PLACES_MAX	4000

#define DIM		128
#define ROWS		16
#define BATCH		2
/* What inject_init() said, before the harness made a process for each test. */
static int injects;

#define INJECT_OR_SKIP()						\
	do {								\
		if (injects == -ENOENT)					\
			SKIP(return, "no fault injection in this kernel"); \
		ASSERT_EQ(0, injects);					\
		ASSERT_EQ(0, inject_open());				\
	} while (0)

#define COMPARE_AT(i)	(PAGE + (i) * 32)
#define SCAN_AT(i)	(2 * PAGE + (i) * 512)

FIXTURE(failnth)
{
	int fd;
	int zero;
	long mark;
	struct bo host;
	struct bo card;
	__u32 gallery;
	__u32 express;
	__u32 scan;
	struct drm_limen_compare compares[BATCH];
	struct drm_limen_scan scans[BATCH];
	struct drm_limen_sync in_sync;
	struct drm_limen_sync out_sync;
	/* What the comparisons and scans must result in. */
	struct limen_score score;
	struct drm_limen_scan_row found[ROWS];
	/* What the call under test is about, and what it makes. */
	struct drm_limen_submit submission;
	__u32 flags;
	__u32 type;
	__u32 id;
	int made;
	void *map;
};

#define STATE	FIXTURE_DATA(failnth)

static void describe_work(STATE *self)
{
	__s8 *probe = (__s8 *)self->host.map, *rows = (__s8 *)self->card.map;
	unsigned int i;

	fill_vector(probe, 2 * DIM, PATTERN_RANDOM, 9);
	fill_rows(rows, ROWS, DIM, DIM, 7);
	for (i = 0; i < BATCH; i++) {
		self->compares[i] = compare_at(&self->host, 0, DIM,
					       COMPARE_AT(i), DIM);
		self->scans[i] = scan_at(&self->host, 0, SCAN_AT(i), ROWS,
					 ROWS);
		self->scans[i].min_similarity = -LIMEN_SIMILARITY_ONE;
	}
	self->score = limen_score_vectors(probe, probe + DIM, DIM);
	reference_scan(&self->scans[0], probe, rows, DIM, DIM, self->found);
}

static int signalled_syncobj(int fd, __u32 *handle)
{
	struct drm_syncobj_create args = {
		.flags = DRM_SYNCOBJ_CREATE_SIGNALED,
	};
	int ret = xioctl(fd, DRM_IOCTL_SYNCOBJ_CREATE, &args);

	*handle = args.handle;
	return ret;
}

FIXTURE_SETUP(failnth)
{
	unsigned int i;

	OPEN_OR_SKIP(self->fd);
	EMU_OR_SKIP();
	INJECT_OR_SKIP();
	ASSERT_EQ(0, emu_calm());
	self->mark = kmsg_mark();
	self->zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, self->zero);
	ASSERT_EQ(0, bo_new(self->fd, 3 * PAGE, 0, &self->host));
	ASSERT_EQ(0, bo_new(self->fd, PAGE, DRM_LIMEN_BO_CARD, &self->card));
	describe_work(self);
	ASSERT_EQ(0, gallery_simple(self->fd, &self->card, DIM, ROWS,
				    &self->gallery));
	for (i = 0; i < BATCH; i++)
		self->scans[i].gallery = self->gallery;
	ASSERT_EQ(0, queue_create(self->fd, DRM_LIMEN_QUEUE_EXPRESS,
				  &self->express));
	ASSERT_EQ(0, queue_create(self->fd, DRM_LIMEN_QUEUE_SCAN, &self->scan));
	ASSERT_EQ(0, signalled_syncobj(self->fd, &self->in_sync.handle));
	ASSERT_EQ(0, syncobj_create(self->fd, &self->out_sync.handle));
}

FIXTURE_TEARDOWN(failnth)
{
	char line[256];

	EXPECT_TRUE(kmsg_clean(self->mark, line, sizeof(line))) {
		TH_LOG("%s", line);
	}
}

/* The walk itself. */
static void walk(struct __test_metadata *_metadata, STATE *self,
		 int (*call)(STATE *self), void (*undo)(STATE *self))
{
	struct drm_limen_memory_info before, after;
	unsigned int nth, coped = 0;
	bool denied = true;

	/* What is only made at the first call of all, is made. */
	ASSERT_EQ(0, call(self));
	undo(self);
	ASSERT_EQ(0, limen_memory_info(self->fd, &before));
	for (nth = 1; denied; nth++) {
		int ret;

		ASSERT_GT(PLACES_MAX, nth);
		ASSERT_EQ(0, inject_arm(nth));
		ret = call(self);
		denied = inject_disarm();
		if (!ret)
			undo(self);
		coped += denied && !ret;
		EXPECT_TRUE(!ret || (denied && (ret == -ENOMEM ||
						ret == -EFAULT))) {
			TH_LOG("place %u: %s", nth, strerror(-ret));
		}
		/*
		 * An answer that could not be copied tells of something made,
		 * which nobody can name now and which goes with the file.
		 */
		if (ret == -EFAULT)
			ASSERT_EQ(0, limen_memory_info(self->fd, &before));
		ret = call(self);
		ASSERT_EQ(0, ret) {
			TH_LOG("after place %u: %s", nth, strerror(-ret));
		}
		undo(self);
		EXPECT_TRUE(card_free_becomes(self->fd, before.card_free));
		ASSERT_EQ(0, limen_memory_info(self->fd, &after));
		EXPECT_EQ(before.host_used, after.host_used);
	}
	printf("# figure: %s: %u places, %u of them coped with\n",
	       _metadata->name, nth - 2, coped);
}

static int call_open(STATE *self)
{
	self->made = open(limen_node(), O_RDWR | O_CLOEXEC);
	return self->made < 0 ? -errno : 0;
}

static void undo_open(STATE *self)
{
	close(self->made);
}

TEST_F(failnth, open)
{
	/* Finding the node is no part of it. */
	ASSERT_EQ(0, setenv("LIMEN_NODE", limen_node(), 1));
	walk(_metadata, self, call_open, undo_open);
}

static int call_query(STATE *self)
{
	union {
		struct drm_limen_device_info device;
		struct drm_limen_memory_info memory;
		struct drm_limen_stats stats;
	} answer;
	struct drm_limen_query args = {
		.type = self->type,
		.size = sizeof(answer),
		.pointer = (uintptr_t)&answer,
	};

	return xioctl(self->fd, DRM_IOCTL_LIMEN_QUERY, &args);
}

static void undo_nothing(STATE *self)
{
	(void)self;
}

TEST_F(failnth, query_device)
{
	self->type = DRM_LIMEN_QUERY_DEVICE;
	walk(_metadata, self, call_query, undo_nothing);
}

TEST_F(failnth, query_memory)
{
	self->type = DRM_LIMEN_QUERY_MEMORY;
	walk(_metadata, self, call_query, undo_nothing);
}

static int call_bo_create(STATE *self)
{
	return bo_create(self->fd, 2 * PAGE, self->flags, &self->id);
}

static void undo_bo_create(STATE *self)
{
	bo_close(self->fd, self->id);
}

TEST_F(failnth, bo_create_host)
{
	walk(_metadata, self, call_bo_create, undo_bo_create);
}

TEST_F(failnth, bo_create_card)
{
	self->flags = DRM_LIMEN_BO_CARD;
	walk(_metadata, self, call_bo_create, undo_bo_create);
}

/*
 * The first touch is the kernel's, which can say that it failed; a thread of ours
 * would only try again.
 */
static int call_mmap(STATE *self)
{
	__u64 offset;
	int ret = bo_offset(self->fd, self->id, &offset);

	if (ret)
		return ret;
	self->map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
			 self->fd, offset);
	if (self->map == MAP_FAILED)
		return -errno;
	if (read(self->zero, self->map, 1) == 1)
		return 0;
	ret = -errno;
	munmap(self->map, PAGE);
	return ret;
}

static void undo_mmap(STATE *self)
{
	munmap(self->map, PAGE);
}

TEST_F(failnth, mmap_host)
{
	ASSERT_EQ(0, bo_create(self->fd, PAGE, 0, &self->id));
	walk(_metadata, self, call_mmap, undo_mmap);
}

TEST_F(failnth, mmap_card)
{
	ASSERT_EQ(0, bo_create(self->fd, PAGE, DRM_LIMEN_BO_CARD, &self->id));
	walk(_metadata, self, call_mmap, undo_mmap);
}

static int call_gallery_create(STATE *self)
{
	return gallery_simple(self->fd, &self->card, DIM, ROWS, &self->id);
}

static void undo_gallery_create(STATE *self)
{
	gallery_destroy(self->fd, self->id);
}

TEST_F(failnth, gallery_create)
{
	walk(_metadata, self, call_gallery_create, undo_gallery_create);
}

static int call_queue_create(STATE *self)
{
	return queue_create(self->fd, self->type, &self->id);
}

static void undo_queue_create(STATE *self)
{
	queue_destroy(self->fd, self->id);
}

TEST_F(failnth, queue_create_express)
{
	self->type = DRM_LIMEN_QUEUE_EXPRESS;
	walk(_metadata, self, call_queue_create, undo_queue_create);
}

TEST_F(failnth, queue_create_scan)
{
	self->type = DRM_LIMEN_QUEUE_SCAN;
	walk(_metadata, self, call_queue_create, undo_queue_create);
}

/* Submits, and looks at the scores if that worked. */
static int call_compares(STATE *self)
{
	unsigned int i;
	int ret;

	memset(self->host.map + PAGE, POISON, BATCH * 32);
	self->out_sync.point += !!self->out_sync.point;
	ret = submit(self->fd, &self->submission);
	for (i = 0; !ret && i < BATCH; i++) {
		struct drm_limen_compare_result *result =
			compare_result(&self->host, COMPARE_AT(i));

		ret = wait_result(&result->error, PATIENCE);
		if (!ret && result->raw != self->score.raw)
			ret = -EBADMSG;
	}
	return ret;
}

static int call_scans(STATE *self)
{
	unsigned int i;
	int ret;

	memset(self->host.map + 2 * PAGE, POISON, BATCH * 512);
	self->out_sync.point += !!self->out_sync.point;
	ret = submit(self->fd, &self->submission);
	for (i = 0; !ret && i < BATCH; i++) {
		struct drm_limen_scan_result *result =
			scan_result(&self->host, SCAN_AT(i));

		ret = wait_result(&result->error, PATIENCE);
		if (!ret && (result->count != ROWS ||
			     memcmp(result->rows, self->found,
				    sizeof(self->found))))
			ret = -EBADMSG;
	}
	return ret;
}

static void describe_compares(STATE *self)
{
	self->submission = (struct drm_limen_submit) {
		.queue = self->express,
		.descs = (uintptr_t)self->compares,
		.count = BATCH,
		.desc_size = sizeof(self->compares[0]),
		.sync_size = sizeof(self->out_sync),
		.out_syncs = (uintptr_t)&self->out_sync,
	};
}

static void describe_scans(STATE *self)
{
	self->submission = (struct drm_limen_submit) {
		.queue = self->scan,
		.descs = (uintptr_t)self->scans,
		.count = BATCH,
		.desc_size = sizeof(self->scans[0]),
		.sync_size = sizeof(self->out_sync),
		.in_syncs = (uintptr_t)&self->in_sync,
		.out_syncs = (uintptr_t)&self->out_sync,
	};
}

static void wait_inline(STATE *self)
{
	self->submission.flags = DRM_LIMEN_SUBMIT_WAIT;
	self->submission.timeout_ns = INT64_MAX;
}

TEST_F(failnth, compares)
{
	describe_compares(self);
	walk(_metadata, self, call_compares, undo_nothing);
}

TEST_F(failnth, compares_waited_for)
{
	describe_compares(self);
	wait_inline(self);
	walk(_metadata, self, call_compares, undo_nothing);
}

/* The second time there is memory for the batch. */
TEST_F(failnth, compares_reuse_memory)
{
	unsigned int nth;
	bool denied = true;
	int ret;

	describe_compares(self);
	wait_inline(self);
	ASSERT_EQ(0, call_compares(self));
	for (nth = 1; denied && nth < PLACES_MAX; nth++) {
		ASSERT_EQ(0, inject_arm(nth));
		ret = call_compares(self);
		denied = inject_disarm();
		/* Copies remain; without its memory a batch would be ENOMEM. */
		EXPECT_TRUE(!ret || (denied && ret == -EFAULT)) {
			TH_LOG("place %u: %s", nth, strerror(-ret));
		}
	}
	EXPECT_FALSE(denied);
	EXPECT_LT(2, nth);
}

TEST_F(failnth, compares_with_syncobj)
{
	describe_compares(self);
	self->submission.out_sync_count = 1;
	walk(_metadata, self, call_compares, undo_nothing);
}

TEST_F(failnth, compares_with_timeline)
{
	describe_compares(self);
	self->submission.out_sync_count = 1;
	self->out_sync.point = 1;
	walk(_metadata, self, call_compares, undo_nothing);
}

TEST_F(failnth, scans)
{
	describe_scans(self);
	walk(_metadata, self, call_scans, undo_nothing);
}

TEST_F(failnth, scans_waited_for)
{
	describe_scans(self);
	wait_inline(self);
	walk(_metadata, self, call_scans, undo_nothing);
}

TEST_F(failnth, scans_with_syncobjs)
{
	describe_scans(self);
	self->submission.in_sync_count = 1;
	self->submission.out_sync_count = 1;
	walk(_metadata, self, call_scans, undo_nothing);
}

TEST_F(failnth, scans_with_timeline)
{
	describe_scans(self);
	self->submission.in_sync_count = 1;
	self->submission.out_sync_count = 1;
	self->out_sync.point = 1;
	walk(_metadata, self, call_scans, undo_nothing);
}

/* The board comes. */
FIXTURE(failnth_probe)
{
	long mark;
};

FIXTURE_SETUP(failnth_probe)
{
	int fd;

	OPEN_OR_SKIP(fd);
	EMU_OR_SKIP();
	ASSERT_EQ(0, close(fd));
	INJECT_OR_SKIP();
	self->mark = kmsg_mark();
}

FIXTURE_TEARDOWN_PARENT(failnth_probe)
{
	char line[256];

	emu_bind();
	EXPECT_TRUE(kmsg_clean(self->mark, line, sizeof(line))) {
		TH_LOG("%s", line);
	}
}

/*
 * With WALK_STRIDE in the environment only one place in so many fails, beginning
 * with a random one; whether the board works after all of that is tried now and
 * then.
 */
TEST_F_TIMEOUT(failnth_probe, probe, 1800)
{
	const char *wanted = getenv("WALK_STRIDE");
	unsigned int stride = wanted ? atoi(wanted) : 1;
	unsigned int nth = 1, places = 0, coped = 0;
	bool denied = true;

	if (stride > 1)
		nth += now_ns() / 1000 % stride;
	ASSERT_EQ(0, emu_unbind());
	for (; denied; nth += stride, places++) {
		int ret;

		ASSERT_GT(PLACES_MAX, nth);
		ASSERT_EQ(0, inject_arm(nth));
		ret = emu_bind();
		denied = inject_disarm();
		if (ret) {
			/*
			 * EINVAL: V4L2 does not look whether it could name its
			 * device, and the core refuses one without a name.
			 */
			EXPECT_TRUE(denied && (ret == -ENOMEM ||
					       ret == -EINVAL)) {
				TH_LOG("place %u: %s", nth, strerror(-ret));
			}
			EXPECT_EQ(-ENODEV, limen_open());
			ret = places % 16 ? -ENODEV : emu_bind();
		} else {
			coped += denied;
		}
		if (ret)
			continue;
		EXPECT_TRUE(board_works()) {
			TH_LOG("after place %u", nth);
		}
		ASSERT_EQ(0, emu_unbind());
	}
	printf("# figure: probe: %u of %u places, %u of them coped with\n",
	       places - 1, nth - stride - 1, coped);
}

int main(int argc, char **argv)
{
	injects = inject_init();
	return test_harness_run(argc, argv);
}
