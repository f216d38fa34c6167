// SPDX-License-Identifier: MIT
/* Registers, events, resets, and the settings with which rings start. */
#include "fake.h"

static const u32 settings[] = {
	LIMEN_HW_RING_SQ_LO, LIMEN_HW_RING_SQ_HI, LIMEN_HW_RING_CQ_LO,
	LIMEN_HW_RING_CQ_HI, LIMEN_HW_RING_SIZE,
};

static const u32 doorbells[] = {
	LIMEN_HW_RING_SQ_TAIL, LIMEN_HW_RING_CQ_HEAD, LIMEN_HW_RING_ABORT,
};

START_TEST(settings_read_back)
{
	struct fake *fake = fake_open();
	unsigned int ring, i, round;

	for (round = 0; round < 2; round++) {
		for (ring = 0; ring < LIMEN_HW_RINGS; ring++)
			for (i = 0; i < COUNT_OF(settings); i++)
				fake_write(fake, ring, settings[i],
					   (round - 1) ^ (ring << 28 | i << 12 | 0xabc));
		for (ring = 0; ring < LIMEN_HW_RINGS; ring++)
			for (i = 0; i < COUNT_OF(settings); i++)
				ck_assert_uint_eq(fake_read(fake, ring, settings[i]),
						  (round - 1) ^ (ring << 28 | i << 12 | 0xabc));
	}
	ck_assert_uint_eq(fake->accesses + fake->events, 0);
}
END_TEST

START_TEST(doorbells_do_not_read_back)
{
	struct fake *fake = fake_open();
	unsigned int i;

	fake_start(fake, _i, 3);
	fake_submit(fake, _i, 0, 7);
	for (i = 0; i < COUNT_OF(doorbells); i++)
		ck_assert_uint_eq(fake_read(fake, _i, doorbells[i]), 0);
}
END_TEST

static bool is_known(u32 reg)
{
	const u32 known[] = {
		LIMEN_HW_REG_CONTROL, LIMEN_HW_REG_STATUS, LIMEN_HW_REG_IRQ_STATUS,
		LIMEN_HW_REG_IRQ_ENABLE, LIMEN_HW_REG_SNAPSHOT,
		LIMEN_HW_REG_VECTORS, LIMEN_HW_REG_MODERATION_MAX,
		LIMEN_HW_REG_MODERATION(0), LIMEN_HW_REG_MODERATION(1),
		LIMEN_HW_REG_MODERATION(2), LIMEN_HW_REG_MODERATION(3),
	};
	unsigned int i;

	if (reg >= LIMEN_HW_RING_BLOCK(0) && reg < LIMEN_HW_RING_BLOCK(LIMEN_HW_RINGS))
		return !(reg % 4) && reg % 0x40 <= LIMEN_HW_RING_STALL_HI;
	for (i = 0; i < COUNT_OF(known); i++)
		if (reg == known[i])
			return true;
	return false;
}

START_TEST(unknown_registers)
{
	struct fake *fake = fake_open();
	struct core_board before;
	u32 i;

	fake_start(fake, LIMEN_HW_RING_CAMERA, 3);
	before = fake->core;
	for (i = 0; i < 0x2000; i++) {
		/* The first and the last ones that there are. */
		u32 reg = i - 0x1000;

		if (is_known(reg))
			continue;
		core_write(&fake->core, reg, 0xffffffff);
		ck_assert_uint_eq(core_read(&fake->core, reg), 0);
		ck_assert_mem_eq(&fake->core, &before, sizeof(before));
	}
	core_write(&fake->core, LIMEN_HW_REG_STATUS, 0);
	core_write(&fake->core, LIMEN_HW_REG_STATUS, 0xffffffff);
	ck_assert_mem_eq(&fake->core, &before, sizeof(before));
}
END_TEST

START_TEST(which_belong_to_a_ring)
{
	unsigned int ring = 99;
	u32 reg, offset = 99;

	for (reg = LIMEN_HW_RING_BLOCK(0); reg < LIMEN_HW_RING_BLOCK(LIMEN_HW_RINGS); reg++) {
		ck_assert(core_is_ring_reg(reg, &ring, &offset));
		ck_assert_uint_eq(ring, (reg - 0x100) / 0x40);
		ck_assert_uint_eq(offset, reg % 0x40);
	}
	ck_assert(!core_is_ring_reg(LIMEN_HW_RING_BLOCK(0) - 1, &ring, &offset));
	ck_assert(!core_is_ring_reg(LIMEN_HW_RING_BLOCK(LIMEN_HW_RINGS), &ring, &offset));
	ck_assert(!core_is_ring_reg(0, &ring, &offset));
	ck_assert(!core_is_ring_reg(0xffffffff, &ring, &offset));
}
END_TEST

START_TEST(events)
{
	struct fake *fake = fake_open();
	struct core_board *core = &fake->core;
	bool interrupt = true;

	interrupt = core_raise(core, 1);
	ck_assert(!interrupt);
	ck_assert_uint_eq(core_read(core, LIMEN_HW_REG_IRQ_STATUS), 1);
	/* It is no event that one is let through later. */
	core_write(core, LIMEN_HW_REG_IRQ_ENABLE, LIMEN_HW_IRQ_FATAL | 1);
	ck_assert_uint_eq(core_read(core, LIMEN_HW_REG_IRQ_ENABLE), LIMEN_HW_IRQ_FATAL | 1);
	ck_assert_uint_eq(fake->events, 0);
	interrupt = core_raise(core, 4);
	ck_assert(!interrupt);
	interrupt = core_raise(core, 1);
	ck_assert(interrupt);
	interrupt = core_raise(core, 4);
	ck_assert(!interrupt);
	interrupt = core_raise(core, LIMEN_HW_IRQ_FATAL);
	ck_assert(interrupt);
	interrupt = core_raise(core, 6);
	ck_assert(!interrupt);
	interrupt = core_raise(core, 3);
	ck_assert(interrupt);
	ck_assert_uint_eq(core_read(core, LIMEN_HW_REG_IRQ_STATUS), LIMEN_HW_IRQ_FATAL | 7);
}
END_TEST

START_TEST(ones_clear)
{
	struct fake *fake = fake_open();
	struct core_board *core = &fake->core;

	core_raise(core, LIMEN_HW_IRQ_FATAL | 7);
	core_write(core, LIMEN_HW_REG_IRQ_STATUS, 0);
	ck_assert_uint_eq(core_read(core, LIMEN_HW_REG_IRQ_STATUS), LIMEN_HW_IRQ_FATAL | 7);
	core_write(core, LIMEN_HW_REG_IRQ_STATUS, 8 | 2);
	ck_assert_uint_eq(core_read(core, LIMEN_HW_REG_IRQ_STATUS), LIMEN_HW_IRQ_FATAL | 5);
	core_write(core, LIMEN_HW_REG_IRQ_STATUS, 0xffffffff);
	ck_assert_uint_eq(core_read(core, LIMEN_HW_REG_IRQ_STATUS), 0);
}
END_TEST

START_TEST(control)
{
	struct fake *fake = fake_open();
	struct core_board *core = &fake->core;

	ck_assert_uint_eq(core_read(core, LIMEN_HW_REG_CONTROL), 0);
	ck_assert_uint_eq(core_read(core, LIMEN_HW_REG_STATUS), LIMEN_HW_STATUS_READY);
	ck_assert(!core_works(core));
	core_write(core, LIMEN_HW_REG_CONTROL, 0xffffffff);
	ck_assert_uint_eq(core_read(core, LIMEN_HW_REG_CONTROL), LIMEN_HW_CONTROL_ENABLE);
	ck_assert(core_works(core));
	core_write(core, LIMEN_HW_REG_CONTROL, 0);
	ck_assert_uint_eq(core_read(core, LIMEN_HW_REG_CONTROL), 0);
	ck_assert(!core_works(core));
}
END_TEST

START_TEST(fatal)
{
	struct fake *fake = fake_open();
	struct core_board *core = &fake->core;

	fake_start(fake, LIMEN_HW_RING_EXPRESS, 3);
	fake_submit(fake, LIMEN_HW_RING_EXPRESS, 0, 1);
	core_fatal(core);
	ck_assert_uint_eq(fake->raised, LIMEN_HW_IRQ_FATAL);
	ck_assert_uint_eq(fake->interrupts, 1);
	ck_assert_uint_eq(core_read(core, LIMEN_HW_REG_STATUS),
			  LIMEN_HW_STATUS_READY | LIMEN_HW_STATUS_FATAL);
	ck_assert(!core_works(core));
	/* Nothing but a reset helps. */
	core_write(core, LIMEN_HW_REG_IRQ_STATUS, 0xffffffff);
	core_write(core, LIMEN_HW_REG_CONTROL, 0);
	core_write(core, LIMEN_HW_REG_CONTROL, LIMEN_HW_CONTROL_ENABLE);
	ck_assert(!core_works(core));
	ck_assert(!core_ring_pending(core, LIMEN_HW_RING_EXPRESS));
	core_reset_begin(core);
	core_reset_end(core);
	core_write(core, LIMEN_HW_REG_CONTROL, LIMEN_HW_CONTROL_ENABLE);
	ck_assert(core_works(core));
}
END_TEST

START_TEST(reset)
{
	struct fake *fake = fake_open();
	struct core_board *core = &fake->core;
	unsigned int ring, i;

	for (ring = 0; ring < LIMEN_HW_RINGS; ring++) {
		fake_start(fake, ring, 3);
		core->rings[ring].stall_ns = 0x500000007;
		ck_assert_uint_eq(fake_read(fake, ring, LIMEN_HW_RING_STALL_LO), 7);
	}
	core_raise(core, 7);

	core_reset_begin(core);
	ck_assert_uint_eq(core_read(core, LIMEN_HW_REG_CONTROL), LIMEN_HW_CONTROL_RESET);
	ck_assert_uint_eq(core_read(core, LIMEN_HW_REG_STATUS), 0);
	ck_assert_uint_eq(core_read(core, LIMEN_HW_REG_IRQ_STATUS), 0);
	ck_assert_uint_eq(core_read(core, LIMEN_HW_REG_IRQ_ENABLE), 0);
	for (ring = 0; ring < LIMEN_HW_RINGS; ring++)
		/* The upper half of the stall first: it is the one of before. */
		for (i = LIMEN_HW_RING_STALL_HI + 4; i; i -= 4)
			ck_assert_uint_eq(fake_read(fake, ring, i - 4), 0);
	core_write(core, LIMEN_HW_REG_CONTROL, LIMEN_HW_CONTROL_ENABLE);
	ck_assert_uint_eq(core_read(core, LIMEN_HW_REG_CONTROL), LIMEN_HW_CONTROL_RESET);
	ck_assert(!core_works(core));

	/* What comes too early is forgotten. */
	core_write(core, LIMEN_HW_REG_IRQ_ENABLE, 7);
	fake_write(fake, LIMEN_HW_RING_EXPRESS, LIMEN_HW_RING_SIZE, 3);
	fake_write(fake, LIMEN_HW_RING_EXPRESS, LIMEN_HW_RING_ENABLE, 1);
	core_reset_end(core);
	ck_assert_uint_eq(core_read(core, LIMEN_HW_REG_IRQ_ENABLE), 0);
	ck_assert_uint_eq(fake_read(fake, LIMEN_HW_RING_EXPRESS, LIMEN_HW_RING_ENABLE), 0);
	ck_assert_uint_eq(fake_read(fake, LIMEN_HW_RING_EXPRESS, LIMEN_HW_RING_SIZE), 0);
	ck_assert_uint_eq(core_read(core, LIMEN_HW_REG_CONTROL), 0);
	ck_assert_uint_eq(core_read(core, LIMEN_HW_REG_STATUS), LIMEN_HW_STATUS_READY);
	ck_assert_uint_eq(fake->events + fake->accesses, 0);
}
END_TEST

START_TEST(possible_settings)
{
	struct fake *fake = fake_open();
	u32 size_log2;

	for (size_log2 = 1; size_log2 <= 12; size_log2++) {
		fake_start(fake, _i, size_log2);
		ck_assert_uint_eq(fake_read(fake, _i, LIMEN_HW_RING_ENABLE), 1);
		fake_write(fake, _i, LIMEN_HW_RING_ENABLE, 0);
		ck_assert_uint_eq(fake_read(fake, _i, LIMEN_HW_RING_ENABLE), 0);
	}
	/* Other bits say nothing. */
	fake_write(fake, _i, LIMEN_HW_RING_ENABLE, 0xfffffffe);
	ck_assert_uint_eq(fake_read(fake, _i, LIMEN_HW_RING_ENABLE), 0);
	fake_write(fake, _i, LIMEN_HW_RING_ENABLE, 0xffffffff);
	ck_assert_uint_eq(fake_read(fake, _i, LIMEN_HW_RING_ENABLE), 1);
}
END_TEST

static const struct {
	u32 offset;
	u32 value;
} impossible[] = {
	{ LIMEN_HW_RING_SIZE, 0 },
	{ LIMEN_HW_RING_SIZE, 13 },
	{ LIMEN_HW_RING_SIZE, 31 },
	{ LIMEN_HW_RING_SIZE, 32 },
	{ LIMEN_HW_RING_SIZE, 0x100 + 3 },
	{ LIMEN_HW_RING_SIZE, 0xffffffff },
	{ LIMEN_HW_RING_SQ_LO, (u32)FAKE_SQ + 1 },
	{ LIMEN_HW_RING_SQ_LO, (u32)FAKE_SQ + 64 },
	{ LIMEN_HW_RING_SQ_LO, (u32)FAKE_SQ + 2048 },
	{ LIMEN_HW_RING_SQ_LO, (u32)FAKE_SQ - 1 },
	{ LIMEN_HW_RING_CQ_LO, (u32)FAKE_CQ + 1 },
	{ LIMEN_HW_RING_CQ_LO, (u32)FAKE_CQ + 64 },
	{ LIMEN_HW_RING_CQ_LO, (u32)FAKE_CQ + 2048 },
	{ LIMEN_HW_RING_CQ_LO, (u32)FAKE_CQ - 1 },
};

START_TEST(impossible_settings)
{
	struct fake *fake = fake_open();
	unsigned int ring;

	for (ring = 0; ring < LIMEN_HW_RINGS; ring++) {
		fake_start(fake, ring, 3);
		fake_write(fake, ring, LIMEN_HW_RING_ENABLE, 0);
		fake_write(fake, ring, impossible[_i].offset, impossible[_i].value);
		fake_write(fake, ring, LIMEN_HW_RING_ENABLE, 1);
		ck_assert_uint_eq(fake_read(fake, ring, LIMEN_HW_RING_ENABLE), 0);
		ck_assert_uint_eq(fake_read(fake, ring, impossible[_i].offset),
				  impossible[_i].value);
		/* Doorbells of a stopped ring do nothing, whatever its size. */
		fake_write(fake, ring, LIMEN_HW_RING_SQ_TAIL, 1);
		fake_write(fake, ring, LIMEN_HW_RING_CQ_HEAD, 1);
		ck_assert(!core_ring_pending(&fake->core, ring));
	}
	ck_assert_uint_eq(fake->events + fake->accesses, 0);
}
END_TEST

/* They would change what a doorbell and a place in a queue mean. */
START_TEST(settings_stay_while_enabled)
{
	const u32 values[COUNT_OF(settings)] = {
		(u32)FAKE_SQ, (u32)(FAKE_SQ >> 32), (u32)FAKE_CQ, (u32)(FAKE_CQ >> 32), 3,
	};
	struct fake *fake = fake_open();
	struct core_entry entry;
	unsigned int i;

	fake_start(fake, _i, 3);
	for (i = 0; i < COUNT_OF(settings); i++) {
		fake_write(fake, _i, settings[i], 0xffffffff);
		ck_assert_uint_eq(fake_read(fake, _i, settings[i]), values[i]);
	}
	fake_submit(fake, _i, 0, 7);
	ck_assert(core_ring_fetch(&fake->core, _i, &entry));
	ck_assert_uint_eq(fake_last(fake)->address, FAKE_SQ);
}
END_TEST

START_TEST(stall)
{
	struct fake *fake = fake_open();
	struct core_ring *ring = &fake->core.rings[_i];

	ring->stall_ns = 0x1fffffffe;
	ck_assert_uint_eq(fake_read(fake, _i, LIMEN_HW_RING_STALL_HI), 0);
	ck_assert_uint_eq(fake_read(fake, _i, LIMEN_HW_RING_STALL_LO), 0xfffffffe);
	/* Between the two reads it goes on. */
	ring->stall_ns += 3;
	ck_assert_uint_eq(fake_read(fake, _i, LIMEN_HW_RING_STALL_HI), 1);
	ck_assert_uint_eq(fake_read(fake, _i, LIMEN_HW_RING_STALL_LO), 1);
	ck_assert_uint_eq(fake_read(fake, _i, LIMEN_HW_RING_STALL_HI), 2);
	fake_write(fake, _i, LIMEN_HW_RING_STALL_LO, 0);
	fake_write(fake, _i, LIMEN_HW_RING_STALL_HI, 0);
	ck_assert(ring->stall_ns == 0x200000001);
	/* It is of the time since the reset, not since the start. */
	fake_start(fake, _i, 3);
	fake_write(fake, _i, LIMEN_HW_RING_ENABLE, 0);
	ck_assert(ring->stall_ns == 0x200000001);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core-registers");
	TCase *tcase = tcase_create("registers");

	tcase_add_test(tcase, settings_read_back);
	tcase_add_loop_test(tcase, doorbells_do_not_read_back, 0, LIMEN_HW_RINGS);
	tcase_add_test(tcase, unknown_registers);
	tcase_add_test(tcase, which_belong_to_a_ring);
	tcase_add_test(tcase, events);
	tcase_add_test(tcase, ones_clear);
	tcase_add_test(tcase, control);
	tcase_add_test(tcase, fatal);
	tcase_add_test(tcase, reset);
	tcase_add_loop_test(tcase, possible_settings, 0, LIMEN_HW_RINGS);
	tcase_add_loop_test(tcase, impossible_settings, 0, COUNT_OF(impossible));
	tcase_add_loop_test(tcase, settings_stay_while_enabled, 0, LIMEN_HW_RINGS);
	tcase_add_loop_test(tcase, stall, 0, LIMEN_HW_RINGS);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
