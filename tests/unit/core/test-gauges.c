// SPDX-License-Identifier: MIT
/* What a board counts, errors of its memory, and the vectors by which it interrupts. */
#include "fake.h"

static u64 counter(struct fake *fake, u32 number)
{
	u32 reg = LIMEN_HW_REG_COUNTER(number);

	return core_read(&fake->core, reg) | (u64)core_read(&fake->core, reg + 4) << 32;
}

static void latch(struct fake *fake)
{
	core_write(&fake->core, LIMEN_HW_REG_SNAPSHOT, 0);
}

/* Submits an entry, and answers it with a status. */
static void work(struct fake *fake, unsigned int ring, u32 number, u32 rows, u16 status)
{
	struct limen_hw_cqe cqe = {
		.status = core_to_le16(status), .device_ns = core_to_le64(0x80000001),
	};
	struct core_entry entry;

	fake_submit(fake, ring, number, (u16)number);
	ck_assert(core_ring_fetch(&fake->core, ring, &entry));
	entry.sqe.scan.rows = core_to_le32(rows);
	fake->work.stall_ns = 5;
	core_ring_account(&fake->core, ring, &entry, &fake->work);
	core_ring_answer(&fake->core, ring, &entry, &cqe);
	ck_assert(core_ring_post(&fake->core, ring, &entry, &cqe));
	fake_write(fake, ring, LIMEN_HW_RING_CQ_HEAD, number + 1);
}

START_TEST(counters_of_a_moment)
{
	const unsigned int other = 1 - _i;
	struct fake *fake = fake_open();
	u64 rows = _i == LIMEN_HW_RING_SCAN ? 0x1fffffffe : 0;
	u32 i;

	fake_start(fake, _i, 3);
	for (i = 0; i < 2; i++)
		work(fake, _i, i, 0xffffffff, LIMEN_HW_OK);
	/* Until they are latched they do not change. */
	for (i = 0; i < LIMEN_HW_COUNTERS; i++)
		ck_assert(counter(fake, i) == 0);
	latch(fake);
	work(fake, _i, 2, 7, LIMEN_HW_OK);
	ck_assert(counter(fake, LIMEN_HW_COUNTER_ANSWERS(_i)) == 2);
	ck_assert(counter(fake, LIMEN_HW_COUNTER_BUSY_NS(_i)) == 0x100000002);
	ck_assert(counter(fake, LIMEN_HW_COUNTER_STALL_NS(_i)) == 10);
	ck_assert(counter(fake, LIMEN_HW_COUNTER_ROWS) == rows);
	ck_assert(counter(fake, LIMEN_HW_COUNTER_ANSWERS(other)) == 0);
	ck_assert(counter(fake, LIMEN_HW_COUNTER_BUSY_NS(other)) == 0);
	ck_assert(counter(fake, LIMEN_HW_COUNTER_STALL_NS(other)) == 0);
	latch(fake);
	ck_assert(counter(fake, LIMEN_HW_COUNTER_ANSWERS(_i)) == 3);
	ck_assert(counter(fake, LIMEN_HW_COUNTER_ROWS) == rows + (rows ? 7 : 0));
	core_reset_begin(&fake->core);
	core_reset_end(&fake->core);
	for (i = 0; i < LIMEN_HW_COUNTERS; i++)
		ck_assert(counter(fake, i) == 0);
}
END_TEST

/* Answers of failures count without rows, what is given up not at all; nor do frames. */
START_TEST(what_is_not_counted)
{
	struct fake *fake = fake_open();
	u32 i;

	fake_start(fake, LIMEN_HW_RING_SCAN, 3);
	work(fake, LIMEN_HW_RING_SCAN, 0, 9, LIMEN_HW_INTERNAL);
	work(fake, LIMEN_HW_RING_SCAN, 1, 9, LIMEN_HW_ABORTED);
	latch(fake);
	ck_assert(counter(fake, LIMEN_HW_COUNTER_ANSWERS(LIMEN_HW_RING_SCAN)) == 1);
	ck_assert(counter(fake, LIMEN_HW_COUNTER_ROWS) == 0);

	fake = fake_open();
	fake_start(fake, LIMEN_HW_RING_CAMERA, 3);
	work(fake, LIMEN_HW_RING_CAMERA, 0, 9, LIMEN_HW_OK);
	latch(fake);
	for (i = 0; i < LIMEN_HW_COUNTERS; i++)
		ck_assert(counter(fake, i) == 0);
	/* They are not the host's to write. */
	core_write(&fake->core, LIMEN_HW_REG_COUNTER(0), 5);
	ck_assert(counter(fake, 0) == 0);
}
END_TEST

static void check_memory(struct fake *fake, u32 status, u32 corrected, u32 uncorrected)
{
	ck_assert_uint_eq(core_read(&fake->core, LIMEN_HW_REG_ECC_STATUS), status);
	ck_assert_uint_eq(core_read(&fake->core, LIMEN_HW_REG_ECC_CORRECTED), corrected);
	ck_assert_uint_eq(core_read(&fake->core, LIMEN_HW_REG_ECC_UNCORRECTED), uncorrected);
}

static void check_address(struct fake *fake, u64 address)
{
	ck_assert_uint_eq(core_read(&fake->core, LIMEN_HW_REG_ECC_ADDRESS_LO), (u32)address);
	ck_assert_uint_eq(core_read(&fake->core, LIMEN_HW_REG_ECC_ADDRESS_HI),
			  (u32)(address >> 32));
}

START_TEST(errors_of_memory)
{
	struct fake *fake = fake_open();
	struct core_board *core = &fake->core;

	check_memory(fake, 0, 0, 0);
	core_memory_error(core, 0x123456789a, true);
	check_memory(fake, LIMEN_HW_ECC_CORRECTED, 1, 0);
	check_address(fake, 0x123456789a);
	ck_assert_uint_eq(fake->events, 0);
	core_memory_error(core, 0x40, false);
	check_memory(fake, LIMEN_HW_ECC_CORRECTED | LIMEN_HW_ECC_UNCORRECTED, 1, 1);
	check_address(fake, 0x40);
	ck_assert_uint_eq(fake->raised, LIMEN_HW_IRQ_FATAL);
	ck_assert(core->status & LIMEN_HW_STATUS_FATAL);
	/* A reset does not make it forgotten, and only the status is cleared, by ones. */
	core_reset_begin(core);
	core_reset_end(core);
	core_write(core, LIMEN_HW_REG_ECC_STATUS, LIMEN_HW_ECC_CORRECTED);
	core_write(core, LIMEN_HW_REG_ECC_CORRECTED, 0);
	core_write(core, LIMEN_HW_REG_ECC_UNCORRECTED, 7);
	check_memory(fake, LIMEN_HW_ECC_UNCORRECTED, 1, 1);
	check_address(fake, 0x40);
	core->ecc.corrected = 0xffffffff;
	core_memory_error(core, 0, true);
	check_memory(fake, LIMEN_HW_ECC_CORRECTED | LIMEN_HW_ECC_UNCORRECTED, 0xffffffff, 1);
}
END_TEST

/* Whatever becomes of an entry that has read it, the host gets no answer. */
START_TEST(no_answer_from_bad_memory)
{
	struct limen_hw_cqe cqe = { .status = LIMEN_HW_OK };
	struct fake *fake = fake_open();
	struct core_entry entry;

	fake_start(fake, _i, 3);
	fake_submit(fake, _i, 0, 1);
	ck_assert(core_ring_fetch(&fake->core, _i, &entry));
	core_memory_error(&fake->core, 64, true);
	ck_assert(core_ring_knows(&fake->core, _i, &entry));
	core_memory_error(&fake->core, 64, false);
	core_ring_answer(&fake->core, _i, &entry, &cqe);
	ck_assert(!core_ring_post(&fake->core, _i, &entry, &cqe));
	ck_assert_uint_eq(fake_cqe(fake, _i, 0)->seq, 0);
	latch(fake);
	ck_assert(counter(fake, LIMEN_HW_COUNTER_ANSWERS(_i)) == 0);
}
END_TEST

START_TEST(vectors)
{
	struct fake *fake = fake_open();
	struct core_board *core = &fake->core;
	const u32 all = LIMEN_HW_IRQ_FATAL | 7;
	u32 value;

	core_write(core, LIMEN_HW_REG_IRQ_ENABLE, all);
	ck_assert_uint_eq(core_read(core, LIMEN_HW_REG_VECTORS), 1);
	ck_assert_uint_eq(core_raise(core, all), 1);
	core_write(core, LIMEN_HW_REG_VECTORS, LIMEN_HW_VECTORS);
	ck_assert_uint_eq(core_read(core, LIMEN_HW_REG_VECTORS), LIMEN_HW_VECTORS);
	ck_assert_uint_eq(core_raise(core, LIMEN_HW_IRQ_FATAL), 1);
	ck_assert_uint_eq(core_raise(core, 1 << LIMEN_HW_RING_EXPRESS), 2);
	ck_assert_uint_eq(core_raise(core, 1 << LIMEN_HW_RING_SCAN), 4);
	ck_assert_uint_eq(core_raise(core, 1 << LIMEN_HW_RING_CAMERA), 8);
	ck_assert_uint_eq(core_raise(core, all), 15);
	/* What is not enabled interrupts by none. */
	core_write(core, LIMEN_HW_REG_IRQ_ENABLE, 1 << LIMEN_HW_RING_SCAN);
	ck_assert_uint_eq(core_raise(core, all), 4);
	/* Any other number means one. */
	for (value = 0; value < 10; value++) {
		core_write(core, LIMEN_HW_REG_VECTORS, value);
		ck_assert_uint_eq(core_read(core, LIMEN_HW_REG_VECTORS),
				  value == LIMEN_HW_VECTORS ? value : 1);
	}
	core_write(core, LIMEN_HW_REG_VECTORS, LIMEN_HW_VECTORS);
	core_reset_begin(core);
	core_reset_end(core);
	ck_assert_uint_eq(core_read(core, LIMEN_HW_REG_VECTORS), 1);
}
END_TEST

START_TEST(moderation)
{
	struct fake *fake = fake_open();
	struct core_board *core = &fake->core;
	u32 longest = core_read(core, LIMEN_HW_REG_MODERATION_MAX), i;

	ck_assert_uint_eq(longest, LIMEN_HW_MODERATION_US_MAX);
	for (i = 0; i < LIMEN_HW_VECTORS; i++)
		core_write(core, LIMEN_HW_REG_MODERATION(i), 10 + i);
	for (i = 0; i < LIMEN_HW_VECTORS; i++)
		ck_assert_uint_eq(core_read(core, LIMEN_HW_REG_MODERATION(i)), 10 + i);
	core_write(core, LIMEN_HW_REG_MODERATION(1), longest + 1);
	ck_assert_uint_eq(core_read(core, LIMEN_HW_REG_MODERATION(1)), longest);
	ck_assert_uint_eq(core_read(core, LIMEN_HW_REG_MODERATION(2)), 12);
	core_write(core, LIMEN_HW_REG_MODERATION(LIMEN_HW_VECTORS), 5);
	ck_assert_uint_eq(core_read(core, LIMEN_HW_REG_MODERATION(LIMEN_HW_VECTORS)), 0);
	core_reset_begin(core);
	core_reset_end(core);
	for (i = 0; i < LIMEN_HW_VECTORS; i++)
		ck_assert_uint_eq(core_read(core, LIMEN_HW_REG_MODERATION(i)), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core-gauges");
	TCase *tcase = tcase_create("gauges");

	tcase_add_loop_test(tcase, counters_of_a_moment, 0, LIMEN_HW_RING_CAMERA);
	tcase_add_test(tcase, what_is_not_counted);
	tcase_add_test(tcase, errors_of_memory);
	tcase_add_loop_test(tcase, no_answer_from_bad_memory, 0, LIMEN_HW_RINGS);
	tcase_add_test(tcase, vectors);
	tcase_add_test(tcase, moderation);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
