// SPDX-License-Identifier: MIT
/* Entries in, answers out, doorbells and aborts. */
#include "fake.h"

/* Counts just before they wrap around. */
#define NEARLY_WRAPPED	0xfffffff8

static void fetch(struct fake *fake, unsigned int ring, struct core_entry *entry, u16 cookie)
{
	ck_assert(core_ring_pending(&fake->core, ring) &&
		  core_ring_fetch(&fake->core, ring, entry) &&
		  core_le16(entry->sqe.cookie) == cookie &&
		  core_ring_knows(&fake->core, ring, entry) &&
		  !core_ring_aborted(&fake->core, ring, entry));
}

/* Nothing is fetched, and nothing tried. */
static void fetch_nothing(struct fake *fake, unsigned int ring)
{
	struct core_entry entry;
	unsigned int accesses = fake->accesses;

	ck_assert(!core_ring_pending(&fake->core, ring));
	ck_assert(!core_ring_fetch(&fake->core, ring, &entry));
	ck_assert_uint_eq(fake->accesses, accesses);
}

/* An answer that has every field, unless the entry has been given up. */
static bool answer(struct fake *fake, unsigned int ring, const struct core_entry *entry)
{
	struct limen_hw_cqe cqe = {
		.cookie = core_to_le16(0xdead), .raw = core_to_le32(1),
		.similarity = core_to_le32(2), .count = core_to_le32(3),
		.device_ns = core_to_le64(4), .cycles = core_to_le32(5),
		.seq = core_to_le32(0xdead),
	};

	core_ring_answer(&fake->core, ring, entry, &cqe);
	return core_ring_post(&fake->core, ring, entry, &cqe);
}

/* What lies in a completion queue; @number counts from 0. */
static void check_answer(const struct fake *fake, unsigned int ring, u32 number, u16 cookie,
			 u16 status)
{
	struct limen_hw_cqe cqe = {
		.cookie = core_to_le16(cookie), .status = core_to_le16(status),
		.seq = core_to_le32(number + 1),
	};

	if (status == LIMEN_HW_OK) {
		cqe.raw = core_to_le32(1);
		cqe.similarity = core_to_le32(2);
		cqe.count = core_to_le32(3);
		cqe.device_ns = core_to_le64(4);
		cqe.cycles = core_to_le32(5);
	}
	ck_assert(!memcmp(fake_cqe(fake, ring, number), &cqe, sizeof(cqe)));
}

static void check_access(const struct fake_access *access, u64 address, u32 size, bool store)
{
	ck_assert(access->address == address && access->size == size &&
		  access->store == store && !access->on_card);
}

static void consume(struct fake *fake, unsigned int ring, u32 count)
{
	fake_write(fake, ring, LIMEN_HW_RING_CQ_HEAD, count);
}

static void reset(struct fake *fake)
{
	core_reset_begin(&fake->core);
	core_reset_end(&fake->core);
}

static void check_fatal(const struct fake *fake, bool expected)
{
	ck_assert_uint_eq(!!(fake->core.status & LIMEN_HW_STATUS_FATAL), expected);
	ck_assert_uint_eq(!!(fake->raised & LIMEN_HW_IRQ_FATAL), expected);
}

/* A ring that has been running for long. */
static void wind(struct fake *fake, unsigned int ring, u32 count)
{
	struct core_ring *each = &fake->core.rings[ring];

	each->sq_head = count;
	each->sq_tail = count;
	each->cq_head = count;
	each->cq_tail = count;
}

static void one_by_one(struct fake *fake, unsigned int ring, u32 from, u32 count)
{
	const u32 size = 1u << fake->core.rings[ring].size_log2;
	struct core_entry entry;
	u32 i;

	for (i = from; i != from + count; i++) {
		u16 cookie = (u16)(i * 7);

		fake_submit(fake, ring, i, cookie);
		fetch(fake, ring, &entry, cookie);
		check_access(fake_last(fake), FAKE_SQ + i % size * 64ull, 64, false);
		fetch_nothing(fake, ring);
		ck_assert(answer(fake, ring, &entry));
		check_access(fake_last(fake), FAKE_CQ + i % size * 32ull, 32, true);
		/* It is there before anybody is told. */
		ck_assert_uint_eq(fake->accesses_then, fake->accesses);
		check_answer(fake, ring, i, cookie, LIMEN_HW_OK);
		consume(fake, ring, i + 1);
	}
	check_fatal(fake, false);
	ck_assert_uint_eq(fake->raised, 1u << ring);
}

START_TEST(in_order_at_every_size)
{
	u32 size_log2;

	for (size_log2 = 1; size_log2 <= 12; size_log2++) {
		struct fake *fake = fake_open();

		fake_start(fake, _i, size_log2);
		one_by_one(fake, _i, 0, 20);
		/* What is in between, full_submission_queue() sees. */
		wind(fake, _i, (3u << size_log2) - 10);
		one_by_one(fake, _i, (3u << size_log2) - 10, 20);
		ck_assert_uint_eq(fake->events, 40);
		ck_assert_uint_eq(fake->interrupts, fake->events);
	}
}
END_TEST

START_TEST(counts_that_wrap_around)
{
	u32 size_log2;

	for (size_log2 = 1; size_log2 <= 12; size_log2++) {
		struct fake *fake = fake_open();

		fake_start(fake, _i, size_log2);
		wind(fake, _i, NEARLY_WRAPPED);
		one_by_one(fake, _i, NEARLY_WRAPPED, 20);
	}
}
END_TEST

/* All of it at once, in batches that leave room for those held. */
START_TEST(full_submission_queue)
{
	const u32 size = 1u << _i, batch = size < CORE_HELD_MAX ? size : CORE_HELD_MAX;
	const unsigned int ring = LIMEN_HW_RING_EXPRESS;
	struct core_entry entries[CORE_HELD_MAX];
	struct fake *fake = fake_open();
	u32 i, done;

	fake_start(fake, ring, (u32)_i);
	for (i = 0; i < size; i++)
		fake_submit(fake, ring, i, (u16)(i + 1));
	for (done = 0; done < size; done += batch) {
		for (i = 0; i < batch; i++)
			fetch(fake, ring, &entries[i], (u16)(done + i + 1));
		fetch_nothing(fake, ring);
		for (i = 0; i < batch; i++)
			ck_assert(answer(fake, ring, &entries[i]));
	}
	for (i = 0; i < size; i++)
		check_answer(fake, ring, i, (u16)(i + 1), LIMEN_HW_OK);
	check_fatal(fake, false);
}
END_TEST

static const struct {
	u32 value;
	bool sense;
} submissions[] = {
	/* Of eight places, five entries ever, of which three have been fetched. */
	{ 5, true }, { 6, true }, { 11, true }, { 12, false }, { 13, false }, { 4, false },
	{ 3, false }, { 2, false }, { 0, false }, { 0xffffffff, false }, { 0x80000003, false },
	{ 0x80000005, false },
}, consumptions[] = {
	/* Three completions ever, of which one has been consumed. */
	{ 1, true }, { 2, true }, { 3, true }, { 4, false }, { 0, false }, { 9, false },
	{ 0xffffffff, false }, { 0x80000001, false }, { 0x80000003, false },
};

/* Five entries, three of them fetched and answered, one completion consumed. */
static struct fake *doorbell_board(u32 from)
{
	struct fake *fake = fake_open();
	struct core_entry entry;
	u32 i;

	fake_start(fake, LIMEN_HW_RING_SCAN, 3);
	wind(fake, LIMEN_HW_RING_SCAN, from);
	for (i = 0; i < 5; i++)
		fake_submit(fake, LIMEN_HW_RING_SCAN, from + i, (u16)i);
	for (i = 0; i < 3; i++) {
		fetch(fake, LIMEN_HW_RING_SCAN, &entry, (u16)i);
		ck_assert(answer(fake, LIMEN_HW_RING_SCAN, &entry));
	}
	consume(fake, LIMEN_HW_RING_SCAN, from + 1);
	check_fatal(fake, false);
	return fake;
}

START_TEST(submission_doorbells)
{
	const u32 starts[] = { 0, NEARLY_WRAPPED, 0xfffffffc, 0x7ffffffc };
	unsigned int i;

	for (i = 0; i < COUNT_OF(starts); i++) {
		struct fake *fake = doorbell_board(starts[i]);
		struct core_ring *ring = &fake->core.rings[LIMEN_HW_RING_SCAN];

		fake_write(fake, LIMEN_HW_RING_SCAN, LIMEN_HW_RING_SQ_TAIL,
			   starts[i] + submissions[_i].value);
		check_fatal(fake, !submissions[_i].sense);
		ck_assert_uint_eq(ring->sq_tail - starts[i],
				  submissions[_i].sense ? submissions[_i].value : 5);
	}
}
END_TEST

START_TEST(consumption_doorbells)
{
	const u32 starts[] = { 0, NEARLY_WRAPPED, 0xfffffffe, 0x7ffffffe };
	unsigned int i;

	for (i = 0; i < COUNT_OF(starts); i++) {
		struct fake *fake = doorbell_board(starts[i]);
		struct core_ring *ring = &fake->core.rings[LIMEN_HW_RING_SCAN];

		fake_write(fake, LIMEN_HW_RING_SCAN, LIMEN_HW_RING_CQ_HEAD,
			   starts[i] + consumptions[_i].value);
		check_fatal(fake, !consumptions[_i].sense);
		ck_assert_uint_eq(ring->cq_head - starts[i],
				  consumptions[_i].sense ? consumptions[_i].value : 1);
	}
}
END_TEST

START_TEST(doorbells_before_the_board_works)
{
	struct fake *fake = fake_open();
	struct core_entry entry;

	fake_start(fake, _i, 3);
	core_write(&fake->core, LIMEN_HW_REG_CONTROL, 0);
	fake_submit(fake, _i, 0, 9);
	fetch_nothing(fake, _i);
	core_write(&fake->core, LIMEN_HW_REG_CONTROL, LIMEN_HW_CONTROL_ENABLE);
	fetch(fake, _i, &entry, 9);
	/* Nor are answers written meanwhile. */
	core_write(&fake->core, LIMEN_HW_REG_CONTROL, 0);
	ck_assert(!answer(fake, _i, &entry));
	ck_assert_uint_eq(fake->accesses, 1);
	check_fatal(fake, false);
}
END_TEST

START_TEST(doorbells_of_one_ring_alone)
{
	struct fake *fake = fake_open();
	struct core_entry entry;
	unsigned int other = (_i + 1) % LIMEN_HW_RINGS;

	fake_start(fake, _i, 3);
	fake_start(fake, other, 3);
	fake_submit(fake, _i, 0, 9);
	fetch_nothing(fake, other);
	fetch(fake, _i, &entry, 9);
	fake_write(fake, other, LIMEN_HW_RING_ABORT, 9);
	ck_assert(!core_ring_aborted(&fake->core, _i, &entry));
	ck_assert_uint_eq(fake->core.rings[other].held_count, 0);
}
END_TEST

START_TEST(full_completion_queue)
{
	struct fake *fake = fake_open();
	struct core_entry entries[3];
	u32 i;

	fake_start(fake, _i, 1);
	for (i = 0; i < 3; i++) {
		fake_submit(fake, _i, i, (u16)i);
		fetch(fake, _i, &entries[i], (u16)i);
	}
	ck_assert(answer(fake, _i, &entries[0]));
	ck_assert(answer(fake, _i, &entries[1]));
	check_fatal(fake, false);
	ck_assert(!answer(fake, _i, &entries[2]));
	check_fatal(fake, true);
	check_answer(fake, _i, 0, 0, LIMEN_HW_OK);
	check_answer(fake, _i, 1, 1, LIMEN_HW_OK);
	ck_assert_uint_eq(fake->events, 3);
	ck_assert_uint_eq(fake->core.rings[_i].cq_tail, 2);
}
END_TEST

START_TEST(room_is_made_by_consuming)
{
	struct fake *fake = fake_open();
	struct core_entry entries[3];
	u32 i;

	fake_start(fake, _i, 1);
	wind(fake, _i, 0xffffffff);
	for (i = 0; i < 3; i++) {
		fake_submit(fake, _i, i - 1, (u16)i);
		fetch(fake, _i, &entries[i], (u16)i);
	}
	ck_assert(answer(fake, _i, &entries[0]));
	ck_assert(answer(fake, _i, &entries[1]));
	consume(fake, _i, 0);
	ck_assert(answer(fake, _i, &entries[2]));
	check_fatal(fake, false);
}
END_TEST

START_TEST(load_refused)
{
	struct fake *fake = fake_open();
	struct core_entry entry;

	fake_start(fake, _i, 3);
	fake_submit(fake, _i, 0, 9);
	fake->spoil = CORE_REFUSED;
	fake->spoil_in = 1;
	ck_assert(!core_ring_fetch(&fake->core, _i, &entry));
	check_fatal(fake, true);
	ck_assert_uint_eq(fake->core.rings[_i].held_count, 0);
	ck_assert_uint_eq(fake->core.rings[_i].sq_head, 0);
	fetch_nothing(fake, _i);
}
END_TEST

START_TEST(load_denied)
{
	struct fake *fake = fake_open();
	struct core_entry entry;

	fake_start(fake, _i, 3);
	fake_submit(fake, _i, 0, 9);
	fake->spoil = CORE_DENIED;
	fake->spoil_in = 1;
	ck_assert(!core_ring_fetch(&fake->core, _i, &entry));
	check_fatal(fake, false);
	ck_assert_uint_eq(fake->core.rings[_i].held_count, 0);
	fetch(fake, _i, &entry, 9);
	fetch_nothing(fake, _i);
}
END_TEST

START_TEST(store_refused)
{
	struct fake *fake = fake_open();
	struct core_entry entry;

	fake_start(fake, _i, 3);
	fake_submit(fake, _i, 0, 9);
	fetch(fake, _i, &entry, 9);
	fake->spoil = CORE_REFUSED;
	fake->spoil_in = 1;
	ck_assert(!answer(fake, _i, &entry));
	check_fatal(fake, true);
	ck_assert_uint_eq(fake->events, 1);
	ck_assert_uint_eq(fake->core.rings[_i].cq_tail, 0);
}
END_TEST

START_TEST(store_denied)
{
	struct fake *fake = fake_open();
	struct core_entry entry;

	fake_start(fake, _i, 3);
	fake_submit(fake, _i, 0, 9);
	fetch(fake, _i, &entry, 9);
	fake->spoil = CORE_DENIED;
	fake->spoil_in = 1;
	ck_assert(!answer(fake, _i, &entry));
	check_fatal(fake, false);
	ck_assert_uint_eq(fake->events, 0);
	/* The next answer takes its place. */
	fake_submit(fake, _i, 1, 10);
	fetch(fake, _i, &entry, 10);
	ck_assert(answer(fake, _i, &entry));
	check_answer(fake, _i, 0, 10, LIMEN_HW_OK);
}
END_TEST

/* Queues where there is no memory at all. */
START_TEST(no_such_memory)
{
	struct fake *fake = fake_open();
	struct core_entry entry;

	fake_write(fake, _i, LIMEN_HW_RING_SIZE, 3);
	fake_write(fake, _i, LIMEN_HW_RING_SQ_LO, 0xfffff000);
	fake_write(fake, _i, LIMEN_HW_RING_SQ_HI, 0xffffffff);
	fake_write(fake, _i, LIMEN_HW_RING_ENABLE, 1);
	core_write(&fake->core, LIMEN_HW_REG_CONTROL, LIMEN_HW_CONTROL_ENABLE);
	fake_write(fake, _i, LIMEN_HW_RING_SQ_TAIL, 1);
	ck_assert(core_ring_pending(&fake->core, _i));
	ck_assert(!core_ring_fetch(&fake->core, _i, &entry));
	check_access(fake_last(fake), 0xfffffffffffff000, 64, false);
	check_fatal(fake, true);
}
END_TEST

/* Sixteen of 32 entries held, the cookies of which are 100 and so on. */
static struct fake *full_hands(unsigned int ring, struct core_entry *entries)
{
	struct fake *fake = fake_open();
	u32 i;

	fake_start(fake, ring, 5);
	for (i = 0; i < 32; i++)
		fake_submit(fake, ring, i, (u16)(100 + i));
	for (i = 0; i < CORE_HELD_MAX; i++)
		fetch(fake, ring, &entries[i], (u16)(100 + i));
	return fake;
}

START_TEST(as_many_as_can_be_held)
{
	struct core_entry entries[CORE_HELD_MAX], another;
	struct fake *fake = full_hands(_i, entries);

	fetch_nothing(fake, _i);
	ck_assert(answer(fake, _i, &entries[7]));
	fetch(fake, _i, &another, 100 + CORE_HELD_MAX);
	fetch_nothing(fake, _i);
	core_ring_let_go(&fake->core, _i, &entries[0]);
	fetch(fake, _i, &another, 101 + CORE_HELD_MAX);
	fetch_nothing(fake, _i);
}
END_TEST

START_TEST(answers_in_any_order)
{
	/* Steps that meet each of the sixteen once. */
	const u32 steps[] = { 1, 3, 5, 7, 9, 11, 13, 15 };
	struct core_entry entries[CORE_HELD_MAX];
	u32 i, j;

	for (i = 0; i < COUNT_OF(steps); i++) {
		struct fake *fake = full_hands(LIMEN_HW_RING_EXPRESS, entries);

		for (j = 0; j < CORE_HELD_MAX; j++)
			ck_assert(answer(fake, 0, &entries[(j * steps[i] + i) % CORE_HELD_MAX]));
		for (j = 0; j < CORE_HELD_MAX; j++)
			check_answer(fake, 0, j, (u16)(100 + (j * steps[i] + i) % CORE_HELD_MAX),
				     LIMEN_HW_OK);
		ck_assert_uint_eq(fake->core.rings[0].held_count, 0);
		fetch(fake, 0, &entries[0], 100 + CORE_HELD_MAX);
	}
}
END_TEST

/* Each of those held in turn; what is answered before has changed their places. */
START_TEST(abort_of_one_that_is_held)
{
	struct core_entry entries[CORE_HELD_MAX];
	struct fake *fake = full_hands(LIMEN_HW_RING_SCAN, entries);
	u32 i, other = (u32)_i ? 0 : 1;

	ck_assert(answer(fake, LIMEN_HW_RING_SCAN, &entries[other]));
	fake_write(fake, LIMEN_HW_RING_SCAN, LIMEN_HW_RING_ABORT, 100 + (u32)_i);
	fake_write(fake, LIMEN_HW_RING_SCAN, LIMEN_HW_RING_ABORT, 100 + (u32)_i);
	for (i = 0; i < CORE_HELD_MAX; i++)
		ck_assert(core_ring_aborted(&fake->core, LIMEN_HW_RING_SCAN, &entries[i]) ==
			  (i == (u32)_i));
	ck_assert_uint_eq(fake->events, 1);
	for (i = 0; i < CORE_HELD_MAX; i++)
		if (i != other)
			ck_assert(answer(fake, LIMEN_HW_RING_SCAN, &entries[i]));
	for (i = 1; i < CORE_HELD_MAX; i++) {
		u32 at = i - (i <= other);

		check_answer(fake, LIMEN_HW_RING_SCAN, i, (u16)(100 + at),
			     at == (u32)_i ? LIMEN_HW_ABORTED : LIMEN_HW_OK);
	}
	ck_assert_uint_eq(fake->core.rings[LIMEN_HW_RING_SCAN].held_count, 0);
}
END_TEST

START_TEST(abort_of_what_is_not_held)
{
	struct core_entry entries[CORE_HELD_MAX];
	struct fake *fake = full_hands(_i, entries);
	struct core_ring before;
	u32 i;

	ck_assert(answer(fake, _i, &entries[3]));
	core_ring_let_go(&fake->core, _i, &entries[5]);
	before = fake->core.rings[_i];
	/* Answered, let go, not fetched yet, and never heard of. */
	fake_write(fake, _i, LIMEN_HW_RING_ABORT, 103);
	fake_write(fake, _i, LIMEN_HW_RING_ABORT, 105);
	fake_write(fake, _i, LIMEN_HW_RING_ABORT, 100 + CORE_HELD_MAX);
	fake_write(fake, _i, LIMEN_HW_RING_ABORT, 0xffff);
	ck_assert_mem_eq(&fake->core.rings[_i], &before, sizeof(before));
	for (i = 0; i < CORE_HELD_MAX; i++)
		ck_assert(!core_ring_aborted(&fake->core, _i, &entries[i]));
	fetch(fake, _i, &entries[3], 100 + CORE_HELD_MAX);
	/* The place of one that was aborted says nothing of the next one. */
	fake_write(fake, _i, LIMEN_HW_RING_ABORT, 100 + CORE_HELD_MAX);
	ck_assert(answer(fake, _i, &entries[3]));
	check_answer(fake, _i, 1, 100 + CORE_HELD_MAX, LIMEN_HW_ABORTED);
	fetch(fake, _i, &entries[3], 101 + CORE_HELD_MAX);
}
END_TEST

/* One of two is given up, whichever is answered first. */
START_TEST(cookies_that_repeat)
{
	struct fake *fake = fake_open();
	struct core_entry entries[3];
	u32 i;

	fake_start(fake, LIMEN_HW_RING_EXPRESS, 3);
	for (i = 0; i < 3; i++) {
		fake_submit(fake, LIMEN_HW_RING_EXPRESS, i, i == 1 ? 6 : 5);
		fetch(fake, LIMEN_HW_RING_EXPRESS, &entries[i], i == 1 ? 6 : 5);
	}
	fake_write(fake, LIMEN_HW_RING_EXPRESS, LIMEN_HW_RING_ABORT, 5);
	ck_assert(answer(fake, LIMEN_HW_RING_EXPRESS, &entries[_i ? 2 : 0]));
	ck_assert_uint_eq(fake->core.rings[LIMEN_HW_RING_EXPRESS].held_count, 2);
	ck_assert(answer(fake, LIMEN_HW_RING_EXPRESS, &entries[1]));
	ck_assert(answer(fake, LIMEN_HW_RING_EXPRESS, &entries[_i ? 0 : 2]));
	check_answer(fake, LIMEN_HW_RING_EXPRESS, 0, 5, LIMEN_HW_ABORTED);
	check_answer(fake, LIMEN_HW_RING_EXPRESS, 1, 6, LIMEN_HW_OK);
	check_answer(fake, LIMEN_HW_RING_EXPRESS, 2, 5, LIMEN_HW_OK);
	ck_assert_uint_eq(fake->core.rings[LIMEN_HW_RING_EXPRESS].held_count, 0);
}
END_TEST

enum restart { STOP, STOP_AND_START, START_AGAIN, IMPOSSIBLE, RESET, RESET_AND_START, RESTARTS };

static void restart(struct fake *fake, unsigned int ring, enum restart how)
{
	if (how == STOP || how == STOP_AND_START || how == IMPOSSIBLE)
		fake_write(fake, ring, LIMEN_HW_RING_ENABLE, 0);
	if (how == RESET || how == RESET_AND_START)
		reset(fake);
	if (how == STOP_AND_START || how == RESET_AND_START)
		fake_start(fake, ring, 5);
	if (how == START_AGAIN)
		fake_write(fake, ring, LIMEN_HW_RING_ENABLE, 1);
	/* Sizes of which no queue can be, also while an answer is about to be written. */
	if (how == IMPOSSIBLE) {
		fake_write(fake, ring, LIMEN_HW_RING_SIZE, 40);
		fake_write(fake, ring, LIMEN_HW_RING_ENABLE, 1);
	}
}

START_TEST(stale_entries)
{
	struct core_entry entries[CORE_HELD_MAX];
	struct fake *fake = full_hands(LIMEN_HW_RING_SCAN, entries);
	const struct core_ring *ring = &fake->core.rings[LIMEN_HW_RING_SCAN];
	unsigned int accesses = fake->accesses;
	u32 i;

	fake_write(fake, LIMEN_HW_RING_SCAN, LIMEN_HW_RING_ABORT, 100);
	restart(fake, LIMEN_HW_RING_SCAN, (enum restart)_i);
	ck_assert_uint_eq(ring->sq_head | ring->sq_tail | ring->cq_head | ring->cq_tail, 0);
	ck_assert_uint_eq(ring->held_count, 0);
	for (i = 0; i < CORE_HELD_MAX; i++) {
		ck_assert(!core_ring_knows(&fake->core, LIMEN_HW_RING_SCAN, &entries[i]));
		ck_assert(!core_ring_aborted(&fake->core, LIMEN_HW_RING_SCAN, &entries[i]));
		ck_assert(!answer(fake, LIMEN_HW_RING_SCAN, &entries[i]));
	}
	fetch_nothing(fake, LIMEN_HW_RING_SCAN);
	ck_assert_uint_eq(fake->accesses, accesses);
	ck_assert_uint_eq(fake->events, 0);
	ck_assert(fake_zero(fake_cqe(fake, LIMEN_HW_RING_CAMERA, 0), 32));
}
END_TEST

/* Those of today are called as those of yesterday. */
START_TEST(stale_entries_beside_others)
{
	struct core_entry old[CORE_HELD_MAX], entry;
	struct fake *fake = full_hands(LIMEN_HW_RING_SCAN, old);
	const struct core_ring *ring = &fake->core.rings[LIMEN_HW_RING_SCAN];

	restart(fake, LIMEN_HW_RING_SCAN, _i ? RESET_AND_START : STOP_AND_START);
	fake_submit(fake, LIMEN_HW_RING_SCAN, 0, 100);
	fetch(fake, LIMEN_HW_RING_SCAN, &entry, 100);
	fake_write(fake, LIMEN_HW_RING_SCAN, LIMEN_HW_RING_ABORT, 100);
	ck_assert(!core_ring_aborted(&fake->core, LIMEN_HW_RING_SCAN, &old[0]));
	ck_assert(!answer(fake, LIMEN_HW_RING_SCAN, &old[0]));
	core_ring_let_go(&fake->core, LIMEN_HW_RING_SCAN, &old[0]);
	ck_assert_uint_eq(ring->held_count, 1);
	ck_assert(core_ring_aborted(&fake->core, LIMEN_HW_RING_SCAN, &entry));
	ck_assert(answer(fake, LIMEN_HW_RING_SCAN, &entry));
	check_answer(fake, LIMEN_HW_RING_SCAN, 0, 100, LIMEN_HW_ABORTED);
	ck_assert_uint_eq(fake->events, 1);
}
END_TEST

START_TEST(epochs)
{
	struct fake *fake = fake_open();
	struct core_entry entries[8];
	unsigned int i, j;

	for (i = 0; i < COUNT_OF(entries); i++) {
		fake_start(fake, _i, 3);
		fake_submit(fake, _i, 0, 1);
		fetch(fake, _i, &entries[i], 1);
		for (j = 0; j < i; j++) {
			ck_assert(entries[j].epoch != entries[i].epoch);
			ck_assert(!core_ring_knows(&fake->core, _i, &entries[j]));
		}
		if (i % 2)
			reset(fake);
		else
			fake_write(fake, _i, LIMEN_HW_RING_ENABLE, 0);
	}
}
END_TEST

START_TEST(a_fatal_error_ends_everything)
{
	struct fake *fake = fake_open();
	unsigned int other = (_i + 1) % LIMEN_HW_RINGS;
	struct core_entry entry;

	fake_start(fake, _i, 3);
	fake_start(fake, other, 3);
	fake_submit(fake, _i, 0, 1);
	fetch(fake, _i, &entry, 1);
	fake_submit(fake, _i, 1, 2);
	fake_write(fake, other, LIMEN_HW_RING_CQ_HEAD, 1);
	check_fatal(fake, true);
	fetch_nothing(fake, _i);
	ck_assert(!answer(fake, _i, &entry));
	ck_assert_uint_eq(fake->accesses, 1);
}
END_TEST

START_TEST(what_executing_has_taken)
{
	struct fake *fake = fake_open();
	struct core_entry entry;

	fake_start(fake, _i, 3);
	fake_submit(fake, _i, 0, 1);
	fetch(fake, _i, &entry, 1);
	fake->work.stall_ns = 0x100000001;
	core_ring_account(&fake->core, _i, &entry, &fake->work);
	ck_assert_uint_eq(fake->work.stall_ns, 0);
	fake->work.stall_ns = 2;
	core_ring_account(&fake->core, _i, &entry, &fake->work);
	ck_assert_uint_eq(fake_read(fake, _i, LIMEN_HW_RING_STALL_LO), 3);
	ck_assert_uint_eq(fake_read(fake, _i, LIMEN_HW_RING_STALL_HI), 1);
	/* Of a time before the reset nothing is told after it. */
	reset(fake);
	fake_start(fake, _i, 3);
	fake->work.stall_ns = 9;
	core_ring_account(&fake->core, _i, &entry, &fake->work);
	ck_assert_uint_eq(fake->work.stall_ns, 0);
	ck_assert_uint_eq(fake_read(fake, _i, LIMEN_HW_RING_STALL_LO), 0);
}
END_TEST

static void add(TCase *tcase)
{
	/* Of each ring. */
	const TTest *const tests[] = {
		in_order_at_every_size, counts_that_wrap_around,
		doorbells_before_the_board_works, doorbells_of_one_ring_alone,
		full_completion_queue, room_is_made_by_consuming, load_refused, load_denied,
		store_refused, store_denied, no_such_memory, as_many_as_can_be_held,
		abort_of_what_is_not_held, epochs, a_fatal_error_ends_everything,
		what_executing_has_taken,
	};
	int i;

	for (i = 0; i < COUNT_OF(tests); i++)
		tcase_add_loop_test(tcase, tests[i], 0, LIMEN_HW_RINGS);
	tcase_add_loop_test(tcase, submission_doorbells, 0, COUNT_OF(submissions));
	tcase_add_loop_test(tcase, consumption_doorbells, 0, COUNT_OF(consumptions));
	tcase_add_loop_test(tcase, full_submission_queue, 1, 13);
	tcase_add_test(tcase, answers_in_any_order);
	tcase_add_loop_test(tcase, abort_of_one_that_is_held, 0, CORE_HELD_MAX);
	tcase_add_loop_test(tcase, cookies_that_repeat, 0, 2);
	tcase_add_loop_test(tcase, stale_entries, 0, RESTARTS);
	tcase_add_loop_test(tcase, stale_entries_beside_others, 0, 2);
}

int main(void)
{
	Suite *suite = suite_create("core-ring");
	TCase *tcase = tcase_create("ring");

	add(tcase);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
