// SPDX-License-Identifier: MIT
/*
 * The camera of a card whose firmware is the board's own: what a frame is made of, to the
 * byte, and which; how it ends early, and that nothing of it stays.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <shell.h>

#include "host.h"

#define RING		LIMEN_HW_RING_CAMERA
#define ENABLE		(LIMEN_HW_RING_BLOCK(RING) + LIMEN_HW_RING_ENABLE)

#define WIDTH		LIMEN_HW_CAM_WIDTH
#define HEIGHT		LIMEN_HW_CAM_HEIGHT
#define FULL		(WIDTH | HEIGHT << 16)
#define HALF		(WIDTH / 2 | HEIGHT / 2 << 16)
#define FULL_BYTES	HOST_FRAME_SIZE
#define HALF_BYTES	(FULL_BYTES / 4)

/* Microseconds from frame to frame: quick, and slow enough to be met in the middle. */
#define QUICK		4000
#define SLOW		400000

#define LAMP		LIMEN_HW_CAM_LAMP
#define STREAM		LIMEN_HW_CAM_STREAM

#define EMPTY		0x80
/* What is in a buffer before. */
#define BEFORE		0x5a

static uint8_t scene[FULL_BYTES], expected[FULL_BYTES];

static void put_scene(size_t size)
{
	char path[sizeof(host.scene) + 8];
	FILE *to;

	snprintf(path, sizeof(path), "%s.new", host.scene);
	to = fopen(path, "wbe");
	ck_assert_ptr_nonnull(to);
	ck_assert_uint_eq(fwrite(scene, 1, size, to), size);
	ck_assert_int_eq(fclose(to), 0);
	ck_assert_int_eq(rename(path, host.scene), 0);
}

/* Every level of light, and no two lines alike. */
static void make_scene(uint32_t seed)
{
	for (size_t i = 0; i < FULL_BYTES; i++) {
		seed = seed * 1664525 + 1013904223;
		scene[i] = (uint8_t)(seed >> 24);
	}
	put_scene(FULL_BYTES);
}

static void camera_make(void)
{
	host_make();
	memset(host_at(HOST_FRAME(0)), BEFORE, HOST_FRAMES * FULL_BYTES);
	host_start();
	host_start_ring(RING);
}

static void set(uint32_t size, uint32_t interval)
{
	host_write(LIMEN_HW_REG_CAM_SIZE, size);
	host_write(LIMEN_HW_REG_CAM_INTERVAL, interval);
}

static void stream(uint32_t size, uint32_t interval)
{
	set(size, interval);
	host_write(LIMEN_HW_REG_CAM_CONTROL, STREAM | LAMP);
	ck_assert(host_wait(LIMEN_HW_REG_CAM_CONTROL, STREAM | LAMP));
}

static void stop(void)
{
	host_write(LIMEN_HW_REG_CAM_CONTROL, 0);
	ck_assert(host_wait(LIMEN_HW_REG_CAM_CONTROL, 0));
}

static struct limen_hw_sqe capture(uint16_t cookie, uint64_t buffer, uint32_t size)
{
	return (struct limen_hw_sqe){
		.opcode = LIMEN_HW_OP_CAPTURE, .cookie = cookie,
		.capture = { .buffer = buffer, .size = size },
	};
}

static void submit(uint16_t cookie, uint64_t buffer, uint32_t size)
{
	const struct limen_hw_sqe sqe = capture(cookie, buffer, size);

	host_submit(RING, &sqe);
}

/* The number of the next frame, which has to be whole. */
static uint32_t expect_frame(uint16_t cookie, uint32_t bytes)
{
	struct limen_hw_cqe cqe;

	ck_assert(host_answer(RING, &cqe));
	ck_assert_uint_eq(cqe.status, LIMEN_HW_OK);
	ck_assert_uint_eq(cqe.cookie, cookie);
	ck_assert_uint_eq(cqe.count, bytes);
	ck_assert_uint_eq(cqe.similarity, 0);
	return cqe.raw;
}

static uint16_t next_status(uint16_t cookie)
{
	struct limen_hw_cqe cqe;

	ck_assert(host_answer(RING, &cqe));
	ck_assert_uint_eq(cqe.cookie, cookie);
	if (cqe.status) {
		ck_assert_uint_eq(cqe.raw, 0);
		ck_assert_uint_eq(cqe.count, 0);
	}
	return cqe.status;
}

/* Documentation/camera.rst, for one level of light. */
static uint8_t exposed(unsigned int level, unsigned int exposure, bool lamp)
{
	unsigned int value = (level * exposure * (lamp ? 8 : 1) + 400) / 800;

	return value < 255 ? (uint8_t)value : 255;
}

static void expose(bool half, unsigned int exposure, bool lamp)
{
	const unsigned int bin = half ? 2 : 1, line = WIDTH * 3;
	uint8_t *to = expected;

	for (unsigned int y = 0; y < HEIGHT; y += bin)
		for (unsigned int x = 0; x < WIDTH; x += bin)
			for (unsigned int colour = 0; colour < 3; colour++) {
				const uint8_t *at = scene + y * line + x * 3 + colour;
				unsigned int level = *at;

				if (half)
					level = (at[0] + at[3] + at[line] +
						 at[line + 3] + 2) / 4;
				*to++ = exposed(level, exposure, lamp);
			}
}

static bool is_all(const uint8_t *at, uint8_t byte, size_t size)
{
	while (size && *at == byte) {
		at++;
		size--;
	}
	return !size;
}

START_TEST(frames_are_what_the_formula_says)
{
	const unsigned int exposures[] = { 1, 50, 99, 100, 101, 250, 1000 };
	const bool half = _i;
	const uint32_t bytes = half ? HALF_BYTES : FULL_BYTES;
	uint16_t cookie = 0;

	make_scene(11);
	set(half ? HALF : FULL, QUICK);
	for (size_t i = 0; i < sizeof(exposures) / sizeof(*exposures); i++)
		for (unsigned int lamp = 0; lamp < 2; lamp++) {
			uint32_t on = STREAM | (lamp ? LAMP : 0);

			host_write(LIMEN_HW_REG_CAM_EXPOSURE, exposures[i]);
			host_write(LIMEN_HW_REG_CAM_CONTROL, on);
			ck_assert(host_wait(LIMEN_HW_REG_CAM_CONTROL, on));
			submit(cookie, HOST_FRAME(0), bytes);
			expect_frame(cookie++, bytes);
			expose(half, exposures[i], lamp);
			ck_assert_mem_eq(host_at(HOST_FRAME(0)), expected, bytes);
			ck_assert(is_all((uint8_t *)host_at(HOST_FRAME(0)) + bytes,
					 BEFORE, FULL_BYTES - bytes));
		}
}
END_TEST

START_TEST(without_a_scene_the_booth_is_empty)
{
	stream(FULL, QUICK);
	submit(1, HOST_FRAME(0), FULL_BYTES);
	expect_frame(1, FULL_BYTES);
	ck_assert(is_all(host_at(HOST_FRAME(0)), EMPTY, FULL_BYTES));
	make_scene(3);
	submit(2, HOST_FRAME(1), FULL_BYTES);
	expect_frame(2, FULL_BYTES);
	ck_assert_mem_eq(host_at(HOST_FRAME(1)), scene, FULL_BYTES);
	/* Half a picture is none. */
	put_scene(FULL_BYTES / 2);
	submit(3, HOST_FRAME(0), FULL_BYTES);
	expect_frame(3, FULL_BYTES);
	ck_assert(is_all(host_at(HOST_FRAME(0)), EMPTY, FULL_BYTES));
}
END_TEST

/* Each buffer gets one of them, and none of them is half of two scenes. */
START_TEST(frames_follow_each_other)
{
	unsigned int changed = 0, last = 0;

	make_scene(1);
	memcpy(expected, scene, FULL_BYTES);
	stream(FULL, QUICK);
	for (uint16_t i = 0; i < 2; i++)
		submit(i, HOST_FRAME(i), FULL_BYTES);
	for (uint16_t i = 0; i < 40; i++) {
		const uint8_t *frame = host_at(HOST_FRAME(i % 2));
		uint32_t number = expect_frame(i, FULL_BYTES);

		ck_assert(!i || number > last);
		last = number;
		if (memcmp(frame, expected, FULL_BYTES)) {
			ck_assert_mem_eq(frame, scene, FULL_BYTES);
			memcpy(expected, scene, FULL_BYTES);
			changed++;
		}
		submit(i + 2, HOST_FRAME(i % 2), FULL_BYTES);
		/* At a moment of its own, and once seen. */
		host_run_ms(i % 3);
		if (!memcmp(expected, scene, FULL_BYTES))
			make_scene(2 + i);
	}
	ck_assert_uint_gt(changed, 4);
}
END_TEST

START_TEST(lost_frames_are_numbered)
{
	uint32_t first;

	stream(HALF, QUICK);
	submit(1, HOST_FRAME(0), HALF_BYTES);
	first = expect_frame(1, HALF_BYTES);
	host_run_ms(10 * QUICK / 1000);
	submit(2, HOST_FRAME(0), HALF_BYTES);
	ck_assert_uint_ge(expect_frame(2, HALF_BYTES), first + 10);
	/* The numbers begin anew with the stream. */
	stop();
	submit(3, HOST_FRAME(0), HALF_BYTES);
	stream(HALF, SLOW);
	ck_assert_uint_eq(expect_frame(3, HALF_BYTES), 0);
}
END_TEST

START_TEST(interval_is_kept)
{
	int64_t begin = 0, elapsed;
	uint32_t first = 0, last = 0;

	stream(HALF, 20000);
	for (uint16_t i = 0; i < 10; i++) {
		submit(i, HOST_FRAME(0), HALF_BYTES);
		last = expect_frame(i, HALF_BYTES);
		if (!i) {
			first = last;
			begin = (int64_t)host.card.core.ops->now_ns(&host.card.core);
		}
	}
	elapsed = (int64_t)host.card.core.ops->now_ns(&host.card.core) - begin;
	/* A machine that is busy loses frames, which are numbered. */
	ck_assert_int_gt(elapsed, (int64_t)(last - first) * 10000000);
	ck_assert_int_lt(elapsed, (int64_t)(last - first) * 40000000);
}
END_TEST

/* Waits until some of a frame is in a buffer, and not all of it. */
static void meet_in_the_middle(const uint8_t *at, uint32_t bytes)
{
	for (unsigned int i = 0; i < 10000 && *at == BEFORE; i++)
		host_run_ms(1);
	ck_assert_uint_ne(*at, BEFORE);
	ck_assert_uint_eq(at[bytes - 1], BEFORE);
}

static void expect_still(const uint8_t *at)
{
	memcpy(expected, at, FULL_BYTES);
	host_run_ms(2 * SLOW / 1000);
	ck_assert_mem_eq(at, expected, FULL_BYTES);
	ck_assert(!host_answered(RING));
}

START_TEST(stops_in_mid_frame)
{
	uint8_t *at = host_at(HOST_FRAME(0));

	stream(FULL, SLOW);
	submit(1, HOST_FRAME(0), FULL_BYTES);
	meet_in_the_middle(at, FULL_BYTES);
	host_write(ENABLE, 0);
	ck_assert(host_wait(ENABLE, 0));
	expect_still(at);
	host_start_ring(RING);
	submit(2, HOST_FRAME(1), FULL_BYTES);
	expect_frame(2, FULL_BYTES);
	ck_assert(is_all(host_at(HOST_FRAME(1)), EMPTY, FULL_BYTES));
}
END_TEST

START_TEST(reset_in_mid_frame)
{
	uint8_t *at = host_at(HOST_FRAME(0));

	stream(FULL, SLOW);
	submit(1, HOST_FRAME(0), FULL_BYTES);
	meet_in_the_middle(at, FULL_BYTES);
	host_write(LIMEN_HW_REG_CONTROL, LIMEN_HW_CONTROL_RESET);
	ck_assert(host_wait(LIMEN_HW_REG_CAM_SIZE, 0));
	expect_still(at);
	host_start();
	ck_assert_uint_eq(host_read(LIMEN_HW_REG_CAM_CONTROL), 0);
	ck_assert_uint_eq(host_read(LIMEN_HW_REG_CAM_SIZE), 0);
	ck_assert_uint_eq(host_read(LIMEN_HW_REG_CAM_INTERVAL), 0);
	ck_assert_uint_eq(host_read(LIMEN_HW_REG_CAM_EXPOSURE),
			  LIMEN_HW_CAM_EXPOSURE_NOMINAL);
}
END_TEST

START_TEST(gives_up_what_it_is_told_to)
{
	uint8_t *at = host_at(HOST_FRAME(0));

	stream(FULL, SLOW);
	submit(7, HOST_FRAME(0), FULL_BYTES);
	submit(8, HOST_FRAME(1), FULL_BYTES);
	meet_in_the_middle(at, FULL_BYTES);
	host_write(LIMEN_HW_RING_BLOCK(RING) + LIMEN_HW_RING_ABORT, 7);
	ck_assert_uint_eq(next_status(7), LIMEN_HW_ABORTED);
	memcpy(expected, at, FULL_BYTES);
	expect_frame(8, FULL_BYTES);
	ck_assert_mem_eq(at, expected, FULL_BYTES);
	/* Also what waits for a stream. */
	stop();
	submit(9, HOST_FRAME(0), FULL_BYTES);
	stream(FULL, SLOW);
	stop();
	host_write(LIMEN_HW_RING_BLOCK(RING) + LIMEN_HW_RING_ABORT, 9);
	ck_assert_uint_eq(next_status(9), LIMEN_HW_ABORTED);
}
END_TEST

START_TEST(does_not_start_with_what_it_cannot)
{
	const uint32_t modes[][2] = {
		{ 0, QUICK }, { FULL, 0 }, { FULL, 999 }, { FULL, 1000001 },
		{ FULL + 1, QUICK }, { WIDTH | HEIGHT / 2 << 16, QUICK },
		{ UINT32_MAX, QUICK }, { HALF, UINT32_MAX },
	};

	submit(1, HOST_FRAME(0), FULL_BYTES);
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		set(modes[i][0], modes[i][1]);
		host_write(LIMEN_HW_REG_CAM_CONTROL, UINT32_MAX);
		ck_assert(host_wait(LIMEN_HW_REG_CAM_CONTROL, LAMP));
		host_run_ms(20);
		ck_assert_uint_eq(host_read(LIMEN_HW_REG_CAM_CONTROL), LAMP);
		ck_assert_uint_eq(host_read(LIMEN_HW_REG_CAM_SIZE), modes[i][0]);
		stop();
	}
	ck_assert(!host_answered(RING));
	stream(HALF, 1000);
	expect_frame(1, HALF_BYTES);
	stop();
	stream(FULL, 1000000);
}
END_TEST

START_TEST(exposure_has_limits)
{
	const uint32_t values[][2] = {
		{ 0, 1 }, { 1, 1 }, { 1000, 1000 }, { 1001, 1000 },
		{ UINT32_MAX, 1000 }, { 500, 500 },
	};

	ck_assert_uint_eq(host_read(LIMEN_HW_REG_CAM_EXPOSURE), 100);
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		host_write(LIMEN_HW_REG_CAM_EXPOSURE, values[i][0]);
		ck_assert(host_wait(LIMEN_HW_REG_CAM_EXPOSURE, values[i][1]));
	}
}
END_TEST

/* One after another; after each the next frame comes as if nothing had been. */
START_TEST(refuses_nonsense)
{
	const uint64_t end = HOST_ADDRESS + HOST_SIZE;
	struct limen_hw_sqe wrong[7];
	const uint64_t nowhere[] = {
		0, end, end - FULL_BYTES + 1, UINT64_MAX, UINT64_MAX - FULL_BYTES + 1,
		1ull << 63,
	};
	uint16_t cookie = 100;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		wrong[i] = capture(0, HOST_FRAME(1), FULL_BYTES);
	wrong[0].opcode = LIMEN_HW_OP_SCAN;
	wrong[1].flags = LIMEN_HW_F_PROBE_ON_CARD;
	wrong[2].dim = 64;
	wrong[3].reserved = 1;
	wrong[4].capture.size = FULL_BYTES - 1;
	wrong[5].capture.reserved[0] = 1;
	wrong[6].capture.reserved[10] = 0x80000000;
	stream(FULL, QUICK);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		wrong[i].cookie = cookie;
		host_submit(RING, &wrong[i]);
		ck_assert_uint_eq(next_status(cookie++), LIMEN_HW_BAD_DESCRIPTOR);
	}
	ck_assert(is_all(host_at(HOST_FRAME(1)), BEFORE, FULL_BYTES));
	for (size_t i = 0; i < sizeof(nowhere) / sizeof(*nowhere); i++) {
		submit(cookie, nowhere[i], FULL_BYTES);
		ck_assert_uint_eq(next_status(cookie++), LIMEN_HW_BUS_ERROR);
	}
	submit(cookie, HOST_FRAME(0), UINT32_MAX);
	expect_frame(cookie, FULL_BYTES);
	ck_assert_uint_eq(host_read(LIMEN_HW_REG_STATUS), LIMEN_HW_STATUS_READY);
}
END_TEST

/* A buffer that the ring has had since the last stream is too small for this one. */
START_TEST(size_counts_when_the_frame_comes)
{
	stream(HALF, 1000000);
	submit(1, HOST_FRAME(0), HALF_BYTES);
	host_run_ms(20);
	stop();
	stream(FULL, QUICK);
	ck_assert_uint_eq(next_status(1), LIMEN_HW_BAD_DESCRIPTOR);
	ck_assert(is_all(host_at(HOST_FRAME(0)), BEFORE, FULL_BYTES));
}
END_TEST

START_TEST(comparisons_go_on_meanwhile)
{
	struct limen_hw_sqe sqe = {
		.opcode = LIMEN_HW_OP_COMPARE, .dim = 512,
		.compare = { .probe = HOST_PROBE, .reference = HOST_REFERENCE },
	};
	struct limen_score score;
	struct limen_hw_cqe cqe;
	uint32_t frames = 0;

	make_scene(5);
	memcpy(host_at(HOST_PROBE), scene, 512);
	memcpy(host_at(HOST_REFERENCE), scene + 512, 512);
	score = limen_score_vectors(host_at(HOST_PROBE), host_at(HOST_REFERENCE), 512);
	stream(HALF, 1000);
	submit(0, HOST_FRAME(0), HALF_BYTES);
	for (uint16_t i = 0; i < 1000; i++) {
		sqe.cookie = i;
		host_submit(LIMEN_HW_RING_EXPRESS, &sqe);
		ck_assert(host_answer(LIMEN_HW_RING_EXPRESS, &cqe));
		ck_assert_uint_eq(cqe.status, LIMEN_HW_OK);
		ck_assert_uint_eq(cqe.cookie, i);
		ck_assert_int_eq((int32_t)cqe.raw, score.raw);
		if (!host_answered(RING))
			continue;
		expect_frame((uint16_t)frames++, HALF_BYTES);
		submit((uint16_t)frames, HOST_FRAME(0), HALF_BYTES);
	}
	ck_assert_uint_gt(frames, 10);
	expose(true, 100, true);
	expect_frame((uint16_t)frames, HALF_BYTES);
	ck_assert_mem_eq(host_at(HOST_FRAME(0)), expected, HALF_BYTES);
}
END_TEST

/* Any eight bytes of a picture without two alike are nowhere. */
static void expect_nothing_in(const void *where, size_t size)
{
	const uint8_t *at = where;

	for (size_t i = 0; i + 8 <= size; i++)
		ck_assert(memcmp(at + i, scene, 8) &&
			  memcmp(at + i, scene + FULL_BYTES / 8 / 64 * 64, 8) &&
			  memcmp(at + i, scene + FULL_BYTES - 64, 8));
}

START_TEST(keeps_nothing_of_a_picture)
{
	make_scene(9);
	stream(FULL, SLOW);
	submit(1, HOST_FRAME(0), FULL_BYTES);
	meet_in_the_middle(host_at(HOST_FRAME(0)), FULL_BYTES);
	expect_nothing_in(shell_sram(&host.card), SHELL_SRAM_SIZE);
	expect_frame(1, FULL_BYTES);
	ck_assert_mem_eq(host_at(HOST_FRAME(0)), scene, FULL_BYTES);
	expect_nothing_in(shell_sram(&host.card), SHELL_SRAM_SIZE);
	expect_nothing_in(&host.card, sizeof(host.card));
}
END_TEST

START_TEST(writes_nothing_when_it_is_not_the_bus_s_master)
{
	uint16_t command = 0;

	stream(FULL, SLOW);
	submit(1, HOST_FRAME(0), FULL_BYTES);
	meet_in_the_middle(host_at(HOST_FRAME(0)), FULL_BYTES);
	config_write(&host.card, 4, &command, sizeof(command));
	expect_still(host_at(HOST_FRAME(0)));
	ck_assert_uint_eq(knob_at(&host.card, CARD_KNOB_REFUSED), 0);
}
END_TEST

/* Again and again: nothing is held that could fill the ring up. */
START_TEST(disabled_board_lets_go)
{
	stream(HALF, 1000000);
	for (uint16_t i = 0; i < 2 * CORE_HELD_MAX; i++) {
		submit(i, HOST_FRAME(0), HALF_BYTES);
		host_run_ms(5);
		host_write(LIMEN_HW_REG_CONTROL, 0);
		host_run_ms(5);
		host_write(LIMEN_HW_REG_CONTROL, LIMEN_HW_CONTROL_ENABLE);
	}
	stop();
	stream(HALF, QUICK);
	submit(99, HOST_FRAME(1), HALF_BYTES);
	expect_frame(99, HALF_BYTES);
}
END_TEST

/* Memory that is taken away while a frame may still come to it is counted. */
START_TEST(memory_goes_when_the_ring_has_stopped)
{
	const uint64_t first = HOST_FRAME(0), last = first + FULL_BYTES - 1;

	stream(FULL, SLOW);
	submit(1, first, FULL_BYTES);
	meet_in_the_middle(host_at(first), FULL_BYTES);
	defy_unmap(&host.card, last + 1, last + LIMEN_HW_PAGE_SIZE);
	defy_unmap(&host.card, first - LIMEN_HW_PAGE_SIZE, first - 1);
	ck_assert_uint_eq(knob_at(&host.card, CARD_KNOB_REFUSED), 0);
	defy_unmap(&host.card, last, last);
	defy_unmap(&host.card, first, first);
	ck_assert_uint_eq(knob_at(&host.card, CARD_KNOB_REFUSED), 2);
	host_write(ENABLE, 0);
	ck_assert(host_wait(ENABLE, 0));
	defy_unmap(&host.card, first, last);
	ck_assert_uint_eq(knob_at(&host.card, CARD_KNOB_REFUSED), 2);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("camera");
	TCase *tcase = tcase_create("board");

	suite_add_tcase(suite, tcase);
	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, camera_make, host_free);
	tcase_add_loop_test(tcase, frames_are_what_the_formula_says, 0, 2);
	tcase_add_test(tcase, without_a_scene_the_booth_is_empty);
	tcase_add_test(tcase, frames_follow_each_other);
	tcase_add_test(tcase, lost_frames_are_numbered);
	tcase_add_test(tcase, interval_is_kept);
	tcase_add_test(tcase, stops_in_mid_frame);
	tcase_add_test(tcase, reset_in_mid_frame);
	tcase_add_test(tcase, gives_up_what_it_is_told_to);
	tcase_add_test(tcase, does_not_start_with_what_it_cannot);
	tcase_add_test(tcase, exposure_has_limits);
	tcase_add_test(tcase, refuses_nonsense);
	tcase_add_test(tcase, size_counts_when_the_frame_comes);
	tcase_add_test(tcase, comparisons_go_on_meanwhile);
	tcase_add_test(tcase, keeps_nothing_of_a_picture);
	tcase_add_test(tcase, writes_nothing_when_it_is_not_the_bus_s_master);
	tcase_add_test(tcase, disabled_board_lets_go);
	tcase_add_test(tcase, memory_goes_when_the_ring_has_stopped);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(make_suite());
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
