// SPDX-License-Identifier: GPL-2.0-only
/*
 * The arithmetic of rings, with a board that this file plays.
 */
#include <kunit/test.h>
#include <linux/module.h>

/* What is tested is compiled in here, so that nothing has to be exported. */
#include "../ring.c"

#define SIZE_LOG2	2
#define SIZE		4

/* Number of an entry that no other test looks at. */
#define ELSEWHERE	(2 * SIZE - 1)

/**
 * struct fixture - a ring and what happened to it
 * @host: what the ring knows of its device
 * @board: board that only remembers its doorbell
 * @ring: ring
 * @sq: its submission queue
 * @cq: its completion queue
 * @slots: its slots
 * @sqes: entries by number
 * @tail: what the doorbell was rung with
 * @head: what the driver said it consumed
 * @given_up: cookie that the board was told to give up
 * @obeys: it does so
 * @answered: answers the board wrote
 * @faults: bits of enum limen_fault
 * @watched: the watchdog was asked to look
 * @stopped: how often its owner was told that the board has let go of the ring
 * @refuse: what the owner thinks of the next answer
 * @finished: what each entry ended with, 1 while it has not
 */
struct fixture {
	struct limen_host host;
	struct limen_board board;
	struct limen_ring ring;
	struct limen_hw_sqe sq[SIZE];
	struct limen_hw_cqe cq[SIZE];
	struct limen_slot slots[SIZE];
	struct limen_hw_sqe sqes[2 * SIZE];
	u32 tail;
	u32 head;
	u32 given_up;
	bool obeys;
	u32 answered;
	unsigned long faults;
	bool watched;
	unsigned int stopped;
	int refuse;
	int finished[2 * SIZE];
};

void limen_fault(struct limen_host *host, enum limen_fault fault)
{
	container_of(host, struct fixture, host)->faults |= BIT(fault);
}

void limen_watch(struct limen_host *host)
{
	container_of(host, struct fixture, host)->watched = true;
}

static u32 fixture_read(struct limen_board *board, u32 reg)
{
	return 0;
}

/* Has the board answer an entry. */
static void answer(struct fixture *fix, u16 cookie, u16 status)
{
	struct limen_hw_cqe *cqe = &fix->cq[fix->answered & (SIZE - 1)];

	memset(cqe, 0, sizeof(*cqe));
	cqe->cookie = cpu_to_le16(cookie);
	cqe->status = cpu_to_le16(status);
	cqe->seq = cpu_to_le32(++fix->answered);
}

static void fixture_write(struct limen_board *board, u32 reg, u32 value)
{
	struct fixture *fix = container_of(board, struct fixture, board);

	switch (reg - LIMEN_HW_RING_BLOCK(0)) {
	case LIMEN_HW_RING_ENABLE:
		fix->answered = 0;
		break;
	case LIMEN_HW_RING_SQ_TAIL:
		fix->tail = value;
		break;
	case LIMEN_HW_RING_CQ_HEAD:
		fix->head = value;
		break;
	case LIMEN_HW_RING_ABORT:
		fix->given_up = value;
		if (fix->obeys)
			answer(fix, value, LIMEN_HW_ABORTED);
		break;
	}
}

static const struct limen_board_ops fixture_board_ops = {
	.read = fixture_read,
	.write = fixture_write,
};

static int fixture_complete(struct limen_ring *ring, void *data,
			    const struct limen_answer *answer)
{
	struct fixture *fix = container_of(ring, struct fixture, ring);
	int *finished = data;

	if (fix->refuse)
		return fix->refuse;
	*finished = 0;
	return 0;
}

static void fixture_abort(struct limen_ring *ring, void *data, int error)
{
	int *finished = data;

	*finished = error;
}

static void fixture_stopped(struct limen_ring *ring)
{
	struct fixture *fix = container_of(ring, struct fixture, ring);

	fix->stopped++;
}

static const struct limen_ring_ops fixture_ops = {
	.complete = fixture_complete,
	.abort = fixture_abort,
	.stopped = fixture_stopped,
	.replayed = true,
	.watched = true,
};

static int fixture_init(struct kunit *test)
{
	struct fixture *fix = kunit_kzalloc(test, sizeof(*fix), GFP_KERNEL);
	struct limen_ring *ring;
	unsigned int i;

	if (!fix)
		return -ENOMEM;
	test->priv = fix;
	for (i = 0; i < ARRAY_SIZE(fix->finished); i++)
		fix->finished[i] = 1;
	fix->board.ops = &fixture_board_ops;
	fix->host.board = &fix->board;
	mutex_init(&fix->host.life);
	fix->host.times.abort = 100;
	fix->host.times.ring_stop = 1000;

	ring = &fix->ring;
	ring->host = &fix->host;
	ring->ops = &fixture_ops;
	ring->size_log2 = SIZE_LOG2;
	ring->size = SIZE;
	ring->sq = fix->sq;
	ring->cq = fix->cq;
	ring->slots = fix->slots;
	ring->state = -EAGAIN;
	spin_lock_init(&ring->lock);
	init_waitqueue_head(&ring->room);
	limen_ring_empty(ring);
	return limen_ring_start(ring);
}

/* Pushes the entry with a number and rings the doorbell; its cookie is told. */
static int push(struct fixture *fix, unsigned int number, u16 *cookie)
{
	struct limen_hw_sqe *sqe = &fix->sqes[number];
	int ret;

	sqe->opcode = LIMEN_HW_OP_COMPARE;
	sqe->compare.probe = cpu_to_le64(number);
	spin_lock_irq(&fix->ring.lock);
	ret = limen_ring_push(&fix->ring, sqe, &fix->finished[number]);
	if (!ret)
		limen_ring_kick(&fix->ring);
	spin_unlock_irq(&fix->ring.lock);
	*cookie = le16_to_cpu(sqe->cookie);
	return ret;
}

static int room(struct fixture *fix, unsigned int entries)
{
	int ret;

	spin_lock_irq(&fix->ring.lock);
	ret = limen_ring_room(&fix->ring, entries);
	spin_unlock_irq(&fix->ring.lock);
	return ret;
}

static void ring_is_full(struct kunit *test)
{
	struct fixture *fix = test->priv;
	u16 cookies[SIZE], cookie;
	unsigned int i;

	KUNIT_EXPECT_EQ(test, room(fix, SIZE), 0);
	KUNIT_EXPECT_EQ(test, room(fix, SIZE + 1), -EAGAIN);
	for (i = 0; i < SIZE; i++)
		KUNIT_EXPECT_EQ(test, push(fix, i, &cookies[i]), 0);
	KUNIT_EXPECT_TRUE(test, fix->watched);
	KUNIT_EXPECT_EQ(test, fix->tail, SIZE);
	KUNIT_EXPECT_EQ(test, room(fix, 1), -EAGAIN);
	KUNIT_EXPECT_EQ(test, push(fix, SIZE, &cookie), -EAGAIN);

	answer(fix, cookies[2], LIMEN_HW_OK);
	limen_ring_reap(&fix->ring);
	KUNIT_EXPECT_EQ(test, fix->finished[2], 0);
	KUNIT_EXPECT_EQ(test, fix->head, 1u);
	KUNIT_EXPECT_EQ(test, room(fix, 1), 0);
	KUNIT_EXPECT_EQ(test, room(fix, 2), -EAGAIN);
	KUNIT_EXPECT_EQ(test, push(fix, SIZE, &cookie), 0);
	KUNIT_EXPECT_NE(test, cookie, cookies[2]);
}

/* Many times round, each lap answered the other way round. */
static void ring_goes_round(struct kunit *test)
{
	struct fixture *fix = test->priv;
	u16 cookies[SIZE];
	unsigned int lap, i;

	for (lap = 0; lap < 100; lap++) {
		for (i = 0; i < SIZE; i++) {
			fix->finished[i] = 1;
			KUNIT_ASSERT_EQ(test, push(fix, i, &cookies[i]), 0);
		}
		for (i = SIZE; i--;)
			answer(fix, cookies[i], LIMEN_HW_OK);
		limen_ring_reap(&fix->ring);
		for (i = 0; i < SIZE; i++)
			KUNIT_ASSERT_EQ(test, fix->finished[i], 0);
		KUNIT_ASSERT_EQ(test, fix->head, fix->tail);
	}
	KUNIT_EXPECT_EQ(test, fix->faults, 0ul);
}

/* Both counters pass 2^32 with entries on either side. */
static void ring_counters_wrap(struct kunit *test)
{
	const u32 start = U32_MAX - SIZE + 2;
	struct fixture *fix = test->priv;
	unsigned int lap, i;
	u16 cookies[SIZE];

	fix->ring.tail = start;
	fix->ring.head = start;
	fix->ring.answered = start;
	fix->ring.lapped = true;
	fix->answered = start;
	for (i = 0; i < SIZE; i++)
		fix->cq[(start + i) & (SIZE - 1)].seq =
			cpu_to_le32(start + i + 1 - SIZE);

	for (lap = 0; lap < 3; lap++) {
		for (i = 0; i < SIZE; i++) {
			fix->finished[i] = 1;
			KUNIT_ASSERT_EQ(test, push(fix, i, &cookies[i]), 0);
		}
		KUNIT_EXPECT_PTR_EQ(test, limen_ring_oldest(&fix->ring)->data,
				    (void *)&fix->finished[0]);
		for (i = 0; i < SIZE; i++)
			answer(fix, cookies[i], LIMEN_HW_OK);
		limen_ring_reap(&fix->ring);
		for (i = 0; i < SIZE; i++)
			KUNIT_ASSERT_EQ(test, fix->finished[i], 0);
	}
	KUNIT_EXPECT_EQ(test, fix->head, start + 3 * SIZE);
	KUNIT_EXPECT_EQ(test, fix->faults, 0ul);
}

/* The ring does not listen any more, and the oldest entry is to blame. */
static void expect_distrust(struct kunit *test, unsigned int blamed)
{
	struct fixture *fix = test->priv;
	unsigned int stopped;
	unsigned int i;
	u32 epoch;

	limen_ring_reap(&fix->ring);
	KUNIT_EXPECT_EQ(test, fix->faults, BIT(LIMEN_FAULT_ANSWER));
	KUNIT_EXPECT_EQ(test, room(fix, 1), -EAGAIN);
	for (i = 0; i < SIZE; i++)
		KUNIT_EXPECT_EQ(test, fix->finished[i], 1);

	stopped = fix->stopped;
	epoch = fix->ring.epoch;
	limen_ring_abort(&fix->ring, -ECANCELED, false);
	for (i = 0; i < SIZE; i++)
		KUNIT_EXPECT_EQ(test, fix->finished[i],
				i == blamed ? -EIO : -ECANCELED);
	KUNIT_EXPECT_EQ(test, fix->stopped, stopped + 1);
	KUNIT_EXPECT_EQ(test, fix->ring.epoch, epoch + 1);
}

static void fill(struct kunit *test, u16 *cookies)
{
	unsigned int i;

	for (i = 0; i < SIZE; i++)
		KUNIT_ASSERT_EQ(test, push(test->priv, i, &cookies[i]), 0);
}

static void answer_out_of_sequence(struct kunit *test)
{
	struct fixture *fix = test->priv;
	u16 cookies[SIZE];

	fill(test, cookies);
	answer(fix, cookies[0], LIMEN_HW_OK);
	fix->cq[0].seq = cpu_to_le32(2);
	expect_distrust(test, 0);
}

static void answer_of_an_earlier_use(struct kunit *test)
{
	struct fixture *fix = test->priv;
	u16 cookies[SIZE], earlier;

	KUNIT_ASSERT_EQ(test, push(fix, ELSEWHERE, &earlier), 0);
	answer(fix, earlier, LIMEN_HW_OK);
	limen_ring_reap(&fix->ring);
	fill(test, cookies);
	answer(fix, earlier, LIMEN_HW_OK);
	expect_distrust(test, 0);
}

static void answer_to_nothing(struct kunit *test)
{
	struct fixture *fix = test->priv;

	answer(fix, 0, LIMEN_HW_OK);
	limen_ring_reap(&fix->ring);
	KUNIT_EXPECT_EQ(test, fix->faults, BIT(LIMEN_FAULT_ANSWER));
	KUNIT_EXPECT_EQ(test, room(fix, 1), -EAGAIN);
}

static void answer_of_a_later_use(struct kunit *test)
{
	struct fixture *fix = test->priv;
	u16 cookies[SIZE];

	fill(test, cookies);
	answer(fix, cookies[1] + SIZE, LIMEN_HW_OK);
	expect_distrust(test, 0);
}

static void answer_of_unknown_status(struct kunit *test)
{
	struct fixture *fix = test->priv;
	u16 cookies[SIZE];

	fill(test, cookies);
	answer(fix, cookies[2], LIMEN_HW_ABORTED + 1);
	expect_distrust(test, 2);
}

static void nobody_asked_to_give_up(struct kunit *test)
{
	struct fixture *fix = test->priv;
	u16 cookies[SIZE];

	fill(test, cookies);
	answer(fix, cookies[1], LIMEN_HW_ABORTED);
	expect_distrust(test, 1);
}

static void answer_its_owner_refuses(struct kunit *test)
{
	struct fixture *fix = test->priv;
	u16 cookies[SIZE];

	fill(test, cookies);
	fix->refuse = -EPROTO;
	answer(fix, cookies[3], LIMEN_HW_OK);
	expect_distrust(test, 3);
}

/* Looks so often that one more is too many. */
static void look_patiently(struct kunit *test)
{
	struct fixture *fix = test->priv;
	bool busy = false;
	unsigned int i;

	for (i = 0; i < LIMEN_WATCHDOG_CHECKS; i++)
		KUNIT_EXPECT_FALSE(test, limen_ring_check_progress(&fix->ring, &busy));
	KUNIT_EXPECT_TRUE(test, busy);
}

static void silence_is_noticed(struct kunit *test)
{
	struct fixture *fix = test->priv;
	bool busy = false;
	u16 cookie;

	KUNIT_EXPECT_FALSE(test, limen_ring_check_progress(&fix->ring, &busy));
	KUNIT_EXPECT_FALSE(test, busy);

	KUNIT_ASSERT_EQ(test, push(fix, 0, &cookie), 0);
	look_patiently(test);
	KUNIT_EXPECT_TRUE(test, limen_ring_check_progress(&fix->ring, &busy));
	KUNIT_EXPECT_TRUE(test, limen_ring_silent(&fix->ring));

	answer(fix, cookie, LIMEN_HW_OK);
	limen_ring_reap(&fix->ring);
	KUNIT_EXPECT_FALSE(test, limen_ring_silent(&fix->ring));
}

/* Others are answered all the time, but never the oldest. */
static void overtaking_is_noticed(struct kunit *test)
{
	struct fixture *fix = test->priv;
	bool busy = false;
	unsigned int i;
	u16 cookie;

	KUNIT_ASSERT_EQ(test, push(fix, 0, &cookie), 0);
	for (i = 0; i <= LIMEN_WATCHDOG_CHECKS; i++) {
		KUNIT_EXPECT_FALSE(test, limen_ring_silent(&fix->ring));
		KUNIT_ASSERT_EQ(test, push(fix, 1, &cookie), 0);
		answer(fix, cookie, LIMEN_HW_OK);
		limen_ring_reap(&fix->ring);
		limen_ring_check_progress(&fix->ring, &busy);
	}
	KUNIT_EXPECT_TRUE(test, limen_ring_silent(&fix->ring));

	limen_ring_freeze(&fix->ring, -EAGAIN);
	limen_ring_blame(&fix->ring, -ETIME);
	limen_ring_abort(&fix->ring, -ECANCELED, false);
	KUNIT_EXPECT_EQ(test, fix->finished[0], -ETIME);
	KUNIT_EXPECT_EQ(test, fix->finished[1], 0);
}

static void the_first_blame_stays(struct kunit *test)
{
	struct fixture *fix = test->priv;
	u16 cookies[SIZE];

	fill(test, cookies);
	limen_ring_blame(&fix->ring, -ETIME);
	limen_ring_blame(&fix->ring, -EIO);
	limen_ring_freeze(&fix->ring, -EAGAIN);
	limen_ring_abort(&fix->ring, -ECANCELED, false);
	KUNIT_EXPECT_EQ(test, fix->finished[0], -ETIME);
	KUNIT_EXPECT_EQ(test, fix->finished[1], -ECANCELED);
}

static bool give_up(struct fixture *fix)
{
	bool gave_up;

	mutex_lock(&fix->host.life);
	gave_up = limen_ring_give_up_oldest(&fix->ring);
	mutex_unlock(&fix->host.life);
	return gave_up;
}

/* The oldest ends, the others are as they were, and the ring runs. */
static void the_oldest_is_given_up(struct kunit *test)
{
	struct fixture *fix = test->priv;
	u16 cookies[SIZE];
	unsigned int i;

	fix->obeys = true;
	KUNIT_EXPECT_TRUE(test, give_up(fix));
	fill(test, cookies);
	answer(fix, cookies[0], LIMEN_HW_OK);
	limen_ring_reap(&fix->ring);
	KUNIT_EXPECT_TRUE(test, give_up(fix));
	KUNIT_EXPECT_EQ(test, fix->given_up, cookies[1]);
	for (i = 0; i < SIZE; i++)
		KUNIT_EXPECT_EQ(test, fix->finished[i],
				i == 0 ? 0 : i == 1 ? -ETIME : 1);
	answer(fix, cookies[2], LIMEN_HW_OK);
	limen_ring_reap(&fix->ring);
	KUNIT_EXPECT_EQ(test, fix->finished[2], 0);
	KUNIT_EXPECT_EQ(test, fix->faults, 0ul);
}

/* An answer that comes after all is as good as any. */
static void answered_at_last(struct kunit *test)
{
	struct fixture *fix = test->priv;
	u16 cookies[SIZE];

	fill(test, cookies);
	KUNIT_EXPECT_FALSE(test, give_up(fix));
	answer(fix, cookies[0], LIMEN_HW_OK);
	limen_ring_reap(&fix->ring);
	KUNIT_EXPECT_EQ(test, fix->finished[0], 0);
	KUNIT_EXPECT_EQ(test, fix->faults, 0ul);
}

static void reset(struct kunit *test)
{
	struct fixture *fix = test->priv;

	mutex_lock(&fix->host.life);
	KUNIT_EXPECT_TRUE(test, limen_ring_reset(&fix->ring));
	mutex_unlock(&fix->host.life);
}

/* In their order, under cookies nobody has seen, and answered as ever. */
static void innocents_are_replayed(struct kunit *test)
{
	struct fixture *fix = test->priv;
	u16 cookies[SIZE], cookie;
	unsigned int i;

	/* Slots are not in the order of entries, and the ring has lapped. */
	fill(test, cookies);
	answer(fix, cookies[2], LIMEN_HW_OK);
	answer(fix, cookies[0], LIMEN_HW_OK);
	limen_ring_reap(&fix->ring);
	KUNIT_ASSERT_EQ(test, push(fix, SIZE, &cookie), 0);
	KUNIT_ASSERT_EQ(test, push(fix, SIZE + 1, &cookie), 0);
	limen_ring_blame(&fix->ring, -ETIME);
	fix->watched = false;
	reset(test);

	KUNIT_EXPECT_EQ(test, fix->finished[1], -ETIME);
	KUNIT_EXPECT_TRUE(test, fix->watched);
	KUNIT_EXPECT_EQ(test, fix->tail, 3u);
	KUNIT_EXPECT_EQ(test, room(fix, 1), 0);
	KUNIT_EXPECT_EQ(test, room(fix, 2), -EAGAIN);
	for (i = 0; i < 3; i++) {
		static const unsigned int order[] = { 3, SIZE, SIZE + 1 };
		u16 now = le16_to_cpu(fix->sq[i].cookie);

		KUNIT_EXPECT_EQ(test, le64_to_cpu(fix->sq[i].compare.probe),
				(u64)order[i]);
		KUNIT_EXPECT_EQ(test, fix->finished[order[i]], 1);
		KUNIT_EXPECT_NE(test, now, cookies[3]);
		answer(fix, now, LIMEN_HW_OK);
		limen_ring_reap(&fix->ring);
		KUNIT_EXPECT_EQ(test, fix->finished[order[i]], 0);
	}
	KUNIT_EXPECT_EQ(test, fix->faults, 0ul);
	KUNIT_EXPECT_EQ(test, room(fix, SIZE), 0);
}

static void replays_are_limited(struct kunit *test)
{
	struct fixture *fix = test->priv;
	u16 cookies[SIZE];
	unsigned int i;

	fill(test, cookies);
	for (i = 0; i < LIMEN_REPLAYS_MAX; i++) {
		reset(test);
		KUNIT_EXPECT_EQ(test, fix->finished[0], 1);
		fix->ring.alone = false;
	}
	reset(test);
	for (i = 0; i < SIZE; i++)
		KUNIT_EXPECT_EQ(test, fix->finished[i], -ECANCELED);
	KUNIT_EXPECT_EQ(test, room(fix, SIZE), 0);
}

/* Only who has answered something since is worth another reset of the ring. */
static void no_reset_after_another(struct kunit *test)
{
	struct fixture *fix = test->priv;
	u16 cookies[SIZE];

	fill(test, cookies);
	reset(test);
	answer(fix, le16_to_cpu(fix->sq[0].cookie), LIMEN_HW_OK);
	limen_ring_reap(&fix->ring);
	reset(test);
	mutex_lock(&fix->host.life);
	KUNIT_EXPECT_FALSE(test, limen_ring_reset(&fix->ring));
	mutex_unlock(&fix->host.life);
	KUNIT_EXPECT_EQ(test, room(fix, 1), -EAGAIN);
	KUNIT_EXPECT_EQ(test, fix->finished[0], 0);
	KUNIT_EXPECT_EQ(test, fix->finished[1], 1);
}

/* A cookie from before the reset is nonsense after it. */
static void answer_from_before_the_reset(struct kunit *test)
{
	struct fixture *fix = test->priv;
	u16 cookies[SIZE];

	fill(test, cookies);
	reset(test);
	answer(fix, cookies[0], LIMEN_HW_OK);
	expect_distrust(test, 0);
}

static void gone_for_good(struct kunit *test)
{
	struct fixture *fix = test->priv;
	u16 cookie;

	limen_ring_freeze(&fix->ring, -ENODEV);
	limen_ring_freeze(&fix->ring, -EAGAIN);
	KUNIT_EXPECT_EQ(test, push(fix, 0, &cookie), -ENODEV);
}

static struct kunit_case ring_cases[] = {
	KUNIT_CASE(ring_is_full),
	KUNIT_CASE(ring_goes_round),
	KUNIT_CASE(ring_counters_wrap),
	KUNIT_CASE(answer_out_of_sequence),
	KUNIT_CASE(answer_of_an_earlier_use),
	KUNIT_CASE(answer_to_nothing),
	KUNIT_CASE(answer_of_a_later_use),
	KUNIT_CASE(answer_of_unknown_status),
	KUNIT_CASE(answer_its_owner_refuses),
	KUNIT_CASE(nobody_asked_to_give_up),
	KUNIT_CASE(the_oldest_is_given_up),
	KUNIT_CASE(answered_at_last),
	KUNIT_CASE(innocents_are_replayed),
	KUNIT_CASE(replays_are_limited),
	KUNIT_CASE(no_reset_after_another),
	KUNIT_CASE(answer_from_before_the_reset),
	KUNIT_CASE(silence_is_noticed),
	KUNIT_CASE(overtaking_is_noticed),
	KUNIT_CASE(the_first_blame_stays),
	KUNIT_CASE(gone_for_good),
	{ }
};

static struct kunit_suite ring_suite = {
	.name = "limen-ring",
	.init = fixture_init,
	.test_cases = ring_cases,
};

kunit_test_suite(ring_suite);

MODULE_DESCRIPTION("Limen: tests of logic that needs no board");
MODULE_LICENSE("GPL");
