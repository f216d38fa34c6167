// SPDX-License-Identifier: MIT
/*
 * The card's knobs, one by one: that each does what it says and no more, and that the card
 * works afterwards. And what the card says that it has done.
 */
#include <check.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <limen/firmware.h>
#include <monotonic.h>
#include <shell.h>

#include "host.h"

#define DIM	128
#define STRIDE	128
#define ROWS	400
#define TOP_K	8

/* Where the configuration space has MSI-X. */
#define MSIX	0x50

static struct limen_hw_sqe comparison(uint16_t cookie)
{
	return (struct limen_hw_sqe){
		.opcode = LIMEN_HW_OP_COMPARE, .cookie = cookie, .dim = DIM,
		.compare = { .probe = HOST_PROBE, .reference = HOST_REFERENCE },
	};
}

static struct limen_hw_sqe search(uint16_t cookie)
{
	return (struct limen_hw_sqe){
		.opcode = LIMEN_HW_OP_SCAN, .cookie = cookie, .dim = DIM,
		.scan = { .probe = HOST_PROBE, .result = HOST_RESULT,
			  .stride = STRIDE, .rows = ROWS, .top_k = TOP_K,
			  .min_similarity = (uint32_t)-LIMEN_SIMILARITY_ONE },
	};
}

static struct limen_hw_cqe answer_of(unsigned int ring, struct limen_hw_sqe sqe)
{
	struct limen_hw_cqe cqe;

	host_submit(ring, &sqe);
	ck_assert(host_answer(ring, &cqe));
	return cqe;
}

static struct limen_hw_cqe compare(uint16_t cookie)
{
	return answer_of(LIMEN_HW_RING_EXPRESS, comparison(cookie));
}

static void expect_right(const struct limen_hw_cqe *cqe, uint16_t cookie)
{
	ck_assert_uint_eq(cqe->cookie, cookie);
	ck_assert_uint_eq(cqe->status, LIMEN_HW_OK);
	ck_assert_int_eq((int32_t)cqe->raw, DIM);
	ck_assert_int_eq((int32_t)cqe->similarity, LIMEN_SIMILARITY_ONE);
}

static void expect_works(void)
{
	struct limen_hw_cqe cqe;

	host_start();
	cqe = compare(77);
	expect_right(&cqe, 77);
}

/* A host with vectors of ones, and a card at work. */
static void make(void)
{
	host_make();
	memset(host_at(HOST_PROBE), 1, DIM);
	memset(host_at(HOST_REFERENCE), 1, DIM);
	memset(host.card.mem, 1, ROWS * STRIDE);
	host_start();
}

static void turn(enum card_knob knob, uint32_t value)
{
	knob_turn(&host.card, knob, value);
}

static uint32_t at(enum card_knob knob)
{
	return knob_get(&host.card, knob);
}

START_TEST(card_memory_flips)
{
	const uint32_t size = (uint32_t)host.card.core.mem_size;
	uint8_t *mem = host.card.mem;

	turn(CARD_KNOB_FLIP_AT, 5);
	turn(CARD_KNOB_FLIP, 0x82);
	ck_assert_uint_eq(mem[5], 1 ^ 0x82);
	ck_assert_uint_eq(mem[4], 1);
	ck_assert_uint_eq(mem[6], 1);
	ck_assert_uint_eq(at(CARD_KNOB_FLIP), 0);
	/* There is no such byte. */
	turn(CARD_KNOB_FLIP_AT, size);
	turn(CARD_KNOB_FLIP, 0xff);
	ck_assert_uint_eq(at(CARD_KNOB_FLIP), 0);
}
END_TEST

START_TEST(scores_flip_once)
{
	const struct limen_hw_row *rows = host_at(HOST_RESULT);
	struct limen_hw_cqe cqe;

	turn(CARD_KNOB_FLIP_RESULT, 0x12);
	cqe = compare(1);
	ck_assert_int_eq((int32_t)cqe.raw, DIM ^ 0x12);
	cqe = compare(2);
	expect_right(&cqe, 2);
	turn(CARD_KNOB_FLIP_RESULT, 0x12);
	answer_of(LIMEN_HW_RING_SCAN, search(3));
	ck_assert_int_eq((int32_t)rows[0].raw, DIM ^ 0x12);
	ck_assert_int_eq((int32_t)rows[1].raw, DIM);
	answer_of(LIMEN_HW_RING_SCAN, search(4));
	ck_assert_int_eq((int32_t)rows[0].raw, DIM);
}
END_TEST

static uint64_t interrupts(void)
{
	return host.card.stats.interrupts;
}

static void enable_interrupts(void)
{
	const uint16_t flags = PCI_MSIX_FLAGS_ENABLE;

	vector_connect(&host.card, 0, eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
	ck_assert_int_ge(host.card.vectors[0].irq, 0);
	config_write(&host.card, MSIX + PCI_MSIX_FLAGS, &flags, sizeof(flags));
}

START_TEST(interrupts_get_lost)
{
	eventfd_t count;

	enable_interrupts();
	turn(CARD_KNOB_LOSE, 2);
	compare(1);
	compare(2);
	host_run_ms(10);
	ck_assert_int_eq(eventfd_read(host.card.vectors[0].irq, &count), -1);
	ck_assert_uint_eq(interrupts(), 0);
	compare(3);
	host_run_ms(10);
	ck_assert_int_eq(eventfd_read(host.card.vectors[0].irq, &count), 0);
	ck_assert_uint_eq(interrupts(), 1);
}
END_TEST

START_TEST(interrupts_are_late)
{
	int64_t start = now_ns();

	enable_interrupts();
	turn(CARD_KNOB_LATE, 200);
	/* The answer is not; and its read does not push the interrupt. */
	compare(1);
	host_read(LIMEN_HW_REG_IRQ_STATUS);
	ck_assert(interrupts() == 0 || now_ns() - start > 200000000);
	host_run_ms(400);
	ck_assert_uint_eq(interrupts(), 1);
	ck_assert_int_gt(now_ns() - start, 200000000);
}
END_TEST

START_TEST(interrupts_are_repeated)
{
	enable_interrupts();
	turn(CARD_KNOB_REPEAT, 3);
	compare(1);
	host_run_ms(20);
	ck_assert_uint_eq(interrupts(), 4);
	turn(CARD_KNOB_REPEAT, 0);
	compare(2);
	host_run_ms(20);
	ck_assert_uint_eq(interrupts(), 5);
	/* However many: there is room for answers, which come. */
	turn(CARD_KNOB_REPEAT, UINT32_MAX);
	for (uint16_t i = 0; i < 20; i++)
		compare(i);
}
END_TEST

START_TEST(memory_is_slow)
{
	const uint32_t pages = 64;
	uint64_t before, slow;
	int64_t start;

	before = answer_of(LIMEN_HW_RING_SCAN, search(1)).device_ns;
	turn(CARD_KNOB_SLOW_MEMORY, 5000);
	slow = answer_of(LIMEN_HW_RING_SCAN, search(2)).device_ns;
	/* 400 rows of 8 cycles each. */
	ck_assert_uint_gt(slow, 5000 * ROWS * 8 * 8);
	ck_assert_uint_gt(slow, before);
	start = now_ns();
	host_write(LIMEN_HW_REG_WIPE_PAGE, 0);
	host_write(LIMEN_HW_REG_WIPE_PAGES, pages);
	turn(CARD_KNOB_SLOW_MEMORY, 1000);
	host_write(LIMEN_HW_REG_WIPE_GO, 9);
	ck_assert(host_wait(LIMEN_HW_REG_WIPE_DONE, 9));
	ck_assert_int_gt(now_ns() - start, 1000LL * pages * LIMEN_HW_PAGE_SIZE);
	ck_assert_uint_eq(host.card.mem[0], 0);
}
END_TEST

START_TEST(answers_are_garbage)
{
	struct limen_hw_cqe right, cqe;

	right = compare(1);
	turn(CARD_KNOB_GARBAGE, 1);
	cqe = compare(2);
	/* It comes as answers come, and says nothing of the kind. */
	ck_assert_uint_eq(cqe.seq, 2);
	ck_assert(cqe.status != LIMEN_HW_OK || cqe.raw != right.raw ||
		  cqe.cookie != 2);
	cqe = compare(3);
	expect_right(&cqe, 3);
}
END_TEST

START_TEST(it_dies_in_a_job)
{
	struct limen_hw_sqe sqe = comparison(2);
	struct limen_hw_cqe cqe;

	turn(CARD_KNOB_DIE, 2);
	cqe = compare(1);
	expect_right(&cqe, 1);
	host_submit(LIMEN_HW_RING_EXPRESS, &sqe);
	host_run_ms(50);
	ck_assert(!host_answered(LIMEN_HW_RING_EXPRESS));
	ck_assert_uint_eq(at(CARD_KNOB_GONE), 1);
	ck_assert_uint_eq(host_read(LIMEN_HW_REG_ID), UINT32_MAX);
	/* Put back, it has forgotten. */
	turn(CARD_KNOB_GONE, 0);
	expect_works();
}
END_TEST

START_TEST(it_vanishes_while_it_is_read)
{
	turn(CARD_KNOB_VANISH, 3);
	ck_assert_uint_eq(host_read(LIMEN_HW_REG_ID), LIMEN_HW_ID);
	ck_assert_uint_eq(host_read(LIMEN_HW_REG_ID), LIMEN_HW_ID);
	ck_assert_uint_eq(host_read(LIMEN_HW_REG_ID), UINT32_MAX);
	ck_assert_uint_eq(host_read(LIMEN_HW_REG_STATUS), UINT32_MAX);
	turn(CARD_KNOB_GONE, 0);
	expect_works();
}
END_TEST

/* Nothing is used up by them. */
START_TEST(a_thousand_refused_reads_then_a_right_compare)
{
	struct limen_hw_cqe cqe;

	turn(CARD_KNOB_REFUSE, 1000);
	for (uint16_t i = 0; i < 1000; i++) {
		cqe = compare(i);
		ck_assert_uint_eq(cqe.status, LIMEN_HW_BUS_ERROR);
		ck_assert_uint_eq(cqe.raw, 0);
	}
	ck_assert_uint_eq(at(CARD_KNOB_REFUSE), 0);
	cqe = compare(1000);
	expect_right(&cqe, 1000);
	/* The host is not to blame. */
	ck_assert_uint_eq(at(CARD_KNOB_REFUSED), 0);
}
END_TEST

START_TEST(it_is_warm)
{
	const uint32_t bits = LIMEN_HW_FEATURE_SENSORS | LIMEN_HW_FEATURE_THERMAL;

	ck_assert_uint_eq(host_read(LIMEN_HW_REG_FEATURES) & bits, 0);
	ck_assert_uint_eq(host_read(LIMEN_HW_REG_TEMP_CRITICAL), 0);
	turn(CARD_KNOB_TEMPERATURE, 90000);
	ck_assert_uint_eq(host_read(LIMEN_HW_REG_FEATURES) & bits, bits);
	ck_assert_uint_eq(host_read(LIMEN_HW_REG_TEMPERATURE), 90000);
	ck_assert_uint_gt(90000, host_read(LIMEN_HW_REG_TEMP_WARNING));
	ck_assert_uint_lt(90000, host_read(LIMEN_HW_REG_TEMP_CRITICAL));
}
END_TEST

static void reset(void)
{
	host_write(LIMEN_HW_REG_CONTROL, LIMEN_HW_CONTROL_RESET);
	ck_assert(host_wait(LIMEN_HW_REG_BOOT_STATE, LIMEN_HW_BOOT_WAITING));
}

START_TEST(images_are_spoilt)
{
	turn(CARD_KNOB_SPOIL_IMAGE, 2);
	for (unsigned int i = 0; i < 2; i++) {
		reset();
		ck_assert_uint_ne(host_boot(host.image, host.image_size),
				  LIMEN_HW_BOOT_RUNNING);
		ck_assert_uint_eq(host_read(LIMEN_HW_REG_BOOT_REASON),
				  LIMEN_HW_REFUSED_HASH);
	}
	expect_works();
}
END_TEST

START_TEST(another_image_runs)
{
	const struct limen_fw_header *header = (const void *)host.image;
	uint32_t word;

	memcpy(&word, header->hash, sizeof(word));
	ck_assert_uint_eq(host_read(LIMEN_HW_REG_FIRMWARE_HASH(0)), word);
	turn(CARD_KNOB_OTHER_IMAGE, 1);
	ck_assert_uint_ne(host_read(LIMEN_HW_REG_FIRMWARE_HASH(0)), word);
}
END_TEST

START_TEST(firmware_stops_as_it_starts)
{
	uint32_t answer;

	turn(CARD_KNOB_STOP_BOOTED, 1);
	reset();
	ck_assert_uint_eq(host_boot(host.image, host.image_size),
			  LIMEN_HW_BOOT_RUNNING);
	answer = host_read(LIMEN_HW_REG_ECHO_ANSWER);
	host_write(LIMEN_HW_REG_ECHO, 0x1234);
	host_run_ms(50);
	ck_assert_uint_eq(host_read(LIMEN_HW_REG_ECHO_ANSWER), answer);
	expect_works();
}
END_TEST

START_TEST(registers_are_stale)
{
	uint32_t generation = host_read(LIMEN_HW_REG_BOOT_GENERATION);
	int64_t start = now_ns();

	turn(CARD_KNOB_STALE, 100);
	host_write(LIMEN_HW_REG_CONTROL, LIMEN_HW_CONTROL_RESET);
	/* Ready, as it was; unless this process was kept waiting. */
	ck_assert(host_read(LIMEN_HW_REG_STATUS) == LIMEN_HW_STATUS_READY ||
		  now_ns() - start > 100000000);
	ck_assert(host_wait(LIMEN_HW_REG_BOOT_STATE, LIMEN_HW_BOOT_WAITING));
	ck_assert_int_ge(now_ns() - start, 100000000);
	ck_assert_uint_eq(host_read(LIMEN_HW_REG_BOOT_GENERATION), generation + 1);
	turn(CARD_KNOB_STALE, 0);
	expect_works();
}
END_TEST

START_TEST(it_works_without_a_pulse)
{
	struct limen_hw_cqe cqe;
	uint32_t beat;

	turn(CARD_KNOB_HALTED, CARD_HALTED_PULSELESS);
	beat = host_read(LIMEN_HW_REG_HEARTBEAT);
	cqe = compare(1);
	expect_right(&cqe, 1);
	host_run_ms(150);
	ck_assert_uint_eq(host_read(LIMEN_HW_REG_HEARTBEAT), beat);
	expect_works();
	host_run_ms(150);
	ck_assert_uint_ne(host_read(LIMEN_HW_REG_HEARTBEAT), beat);
}
END_TEST

/* Keeps it busy for a moment, whatever it answers. */
static void press(uint16_t rounds)
{
	for (uint16_t i = 0; i < rounds; i++) {
		struct limen_hw_sqe verify = comparison(i), scan = search(i);

		host_submit(LIMEN_HW_RING_EXPRESS, &verify);
		host_submit(LIMEN_HW_RING_SCAN, &scan);
		host_run_ms(1);
		host_read(LIMEN_HW_REG_STATUS);
	}
}

/* All that it can lie about at once, and it does nothing to itself. */
START_TEST(it_lies_and_works_again)
{
	turn(CARD_KNOB_HOSTILE_ONE_IN, 3);
	for (uint32_t seed = 1; seed <= 8; seed++) {
		turn(CARD_KNOB_LIES, 0);
		turn(CARD_KNOB_HOSTILE_SEED, seed);
		turn(CARD_KNOB_HOSTILE, 0x3f);
		press(10);
		turn(CARD_KNOB_HOSTILE, 0);
		ck_assert_uint_gt(at(CARD_KNOB_LIES), 0);
		expect_works();
	}
}
END_TEST

/* About answers alone: what would be taken for one, is right. */
START_TEST(no_score_is_a_lie)
{
	const uint32_t rounds = 300;
	uint32_t right = 0;

	turn(CARD_KNOB_HOSTILE, CARD_HOSTILE_ANSWERS);
	turn(CARD_KNOB_HOSTILE_ONE_IN, 2);
	for (uint16_t i = 0; i < rounds; i++) {
		const struct limen_hw_cqe *cqes =
			host_at(HOST_CQ(LIMEN_HW_RING_EXPRESS));
		const uint32_t slot = host.consumed[LIMEN_HW_RING_EXPRESS] %
				      (1u << HOST_LOG2);
		struct limen_hw_sqe sqe = comparison(i);
		struct limen_hw_cqe cqe;

		host_submit(LIMEN_HW_RING_EXPRESS, &sqe);
		while (host.card.stats.comparisons <= i)
			host_run_ms(1);
		/* Its answer pushes what has been written. */
		host_read(LIMEN_HW_REG_STATUS);
		cqe = cqes[slot];
		/* The number may be a lie: the next one has its place anyway. */
		host_write(LIMEN_HW_RING_BLOCK(LIMEN_HW_RING_EXPRESS) +
			   LIMEN_HW_RING_CQ_HEAD,
			   ++host.consumed[LIMEN_HW_RING_EXPRESS]);
		if (cqe.seq != i + 1u || cqe.cookie != i ||
		    cqe.status != LIMEN_HW_OK || cqe.count)
			continue;
		expect_right(&cqe, i);
		right++;
	}
	ck_assert_uint_gt(right, rounds / 4);
	ck_assert_uint_gt(at(CARD_KNOB_LIES), rounds / 4);
}
END_TEST

/* What is printed, of one name. */
static uint64_t stat(const char *name)
{
	const size_t length = strlen(name);
	FILE *to = tmpfile();
	uint64_t value = UINT64_MAX;
	char line[128];

	ck_assert_ptr_nonnull(to);
	stats_print(&host.card, to);
	rewind(to);
	while (value == UINT64_MAX && fgets(line, sizeof(line), to))
		if (!strncmp(line, name, length) && line[length] == ' ')
			value = strtoull(line + length, NULL, 10);
	fclose(to);
	ck_assert_uint_ne(value, UINT64_MAX);
	return value;
}

START_TEST(it_tells_what_it_has_done)
{
	uint64_t express = 0, scan = 0, stalls;
	struct limen_hw_cqe cqe;
	int64_t longest = 0, start;

	enable_interrupts();
	for (uint16_t i = 0; i < 30; i++) {
		start = now_ns();
		cqe = compare(i);
		express += cqe.device_ns;
		if (now_ns() - start > longest)
			longest = now_ns() - start;
	}
	for (uint16_t i = 0; i < 5; i++)
		scan += answer_of(LIMEN_HW_RING_SCAN, search(i)).device_ns;
	turn(CARD_KNOB_REFUSE, 1);
	start = now_ns();
	cqe = compare(30);
	if (now_ns() - start > longest)
		longest = now_ns() - start;
	ck_assert_uint_eq(cqe.status, LIMEN_HW_BUS_ERROR);
	ck_assert_uint_eq(stat("comparisons"), 31);
	ck_assert_uint_eq(stat("chunks"), 5);
	ck_assert_uint_eq(stat("rows"), 5 * ROWS);
	ck_assert_uint_eq(stat("doorbells"), 36);
	ck_assert_uint_eq(stat("express_busy"), express);
	ck_assert_uint_eq(stat("scan_busy"), scan);
	ck_assert_uint_gt(stat("express_wait_max"), 0);
	ck_assert_int_le((int64_t)stat("express_wait_max"), longest);
	host_run_ms(10);
	ck_assert_uint_eq(stat("interrupts"), 36);
	stalls = stat("stalls");
	ck_assert_uint_gt(stalls, 0);
	/* The board forgets them, and its owner does not. */
	expect_works();
	ck_assert_uint_ge(stat("stalls"), stalls);
	ck_assert_uint_eq(stat("comparisons"), 32);
}
END_TEST

/* What is given up is no answer, as the driver counts. */
START_TEST(what_is_given_up_does_not_count)
{
	struct limen_hw_sqe sqe = comparison(5);
	struct limen_hw_cqe cqe;

	turn(CARD_KNOB_DELAY, 60000);
	host_submit(LIMEN_HW_RING_EXPRESS, &sqe);
	host_run_ms(20);
	host_write(LIMEN_HW_RING_BLOCK(LIMEN_HW_RING_EXPRESS) +
		   LIMEN_HW_RING_ABORT, 5);
	ck_assert(host_answer(LIMEN_HW_RING_EXPRESS, &cqe));
	ck_assert_uint_eq(cqe.status, LIMEN_HW_ABORTED);
	ck_assert_uint_eq(stat("comparisons"), 0);
	ck_assert_uint_eq(stat("doorbells"), 1);
}
END_TEST

static TCase *faults(void)
{
	TCase *tcase = tcase_create("faults");

	tcase_add_test(tcase, card_memory_flips);
	tcase_add_test(tcase, scores_flip_once);
	tcase_add_test(tcase, interrupts_get_lost);
	tcase_add_test(tcase, interrupts_are_late);
	tcase_add_test(tcase, interrupts_are_repeated);
	tcase_add_test(tcase, memory_is_slow);
	tcase_add_test(tcase, answers_are_garbage);
	tcase_add_test(tcase, it_dies_in_a_job);
	tcase_add_test(tcase, it_vanishes_while_it_is_read);
	tcase_add_test(tcase, a_thousand_refused_reads_then_a_right_compare);
	tcase_add_test(tcase, it_is_warm);
	tcase_add_test(tcase, images_are_spoilt);
	tcase_add_test(tcase, another_image_runs);
	tcase_add_test(tcase, firmware_stops_as_it_starts);
	tcase_add_test(tcase, registers_are_stale);
	tcase_add_test(tcase, it_works_without_a_pulse);
	return tcase;
}

static TCase *lies(void)
{
	TCase *tcase = tcase_create("lies");

	tcase_add_test(tcase, it_lies_and_works_again);
	tcase_add_test(tcase, no_score_is_a_lie);
	return tcase;
}

static TCase *stats(void)
{
	TCase *tcase = tcase_create("stats");

	tcase_add_test(tcase, it_tells_what_it_has_done);
	tcase_add_test(tcase, what_is_given_up_does_not_count);
	return tcase;
}

int main(void)
{
	Suite *suite = suite_create("faults");
	SRunner *runner = srunner_create(suite);
	TCase *tcases[] = { faults(), lies(), stats() };
	int failed;

	for (unsigned int i = 0; i < 3; i++) {
		tcase_set_timeout(tcases[i], 120);
		tcase_add_checked_fixture(tcases[i], make, host_free);
		suite_add_tcase(suite, tcases[i]);
	}
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
