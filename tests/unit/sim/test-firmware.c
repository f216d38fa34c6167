// SPDX-License-Identifier: MIT
/*
 * The board's own ROM and firmware, as they are built for it, on the simulator's
 * processor: how they boot, what they answer, and what they leave behind.
 */
#include <check.h>
#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <limen/firmware.h>
#include <monotonic.h>
#include <shell.h>

#include "host.h"

/* A simulated gateware takes longer. */
#ifndef PAIRS
#define PAIRS		2000
#endif
#define ROWS		1000
#define TOP_K		50
#define STRIDE		256
#define DIM		192

/* The gateware has no camera, so no modes either, as its FEATURES tell. */
#ifdef LIMEN_GATEWARE
#define HAS_MODES	false
#else
#define HAS_MODES	true
#endif

/* Of a linear congruential generator. */
static uint32_t state;

static int8_t next_component(void)
{
	state = state * 1664525 + 1013904223;
	return (int8_t)(state >> 24);
}

static void fill(void *vector, uint32_t dim)
{
	int8_t *at = vector;

	while (dim--)
		*at++ = next_component();
}

static struct limen_hw_sqe comparison(uint16_t cookie, uint16_t dim)
{
	return (struct limen_hw_sqe){
		.opcode = LIMEN_HW_OP_COMPARE, .cookie = cookie, .dim = dim,
		.compare = { .probe = HOST_PROBE, .reference = HOST_REFERENCE },
	};
}

static struct limen_hw_sqe search(uint16_t cookie, uint32_t rows)
{
	return (struct limen_hw_sqe){
		.opcode = LIMEN_HW_OP_SCAN, .cookie = cookie, .dim = DIM,
		.scan = { .probe = HOST_PROBE, .gallery = 0, .result = HOST_RESULT,
			  .stride = STRIDE, .rows = rows, .top_k = TOP_K,
			  .min_similarity = (uint32_t)-LIMEN_SIMILARITY_ONE },
	};
}

START_TEST(nothing_runs_without_an_image)
{
	uint32_t first, echo;

	ck_assert(host_wait(LIMEN_HW_REG_BOOT_STATE, LIMEN_HW_BOOT_WAITING));
	first = host_read(LIMEN_HW_REG_BOOT_GENERATION);
	host_write(LIMEN_HW_REG_CONTROL, LIMEN_HW_CONTROL_RESET);
	ck_assert(host_wait(LIMEN_HW_REG_BOOT_GENERATION, first + 1));
	ck_assert(host_wait(LIMEN_HW_REG_BOOT_STATE, LIMEN_HW_BOOT_WAITING));
	echo = host_read(LIMEN_HW_REG_ECHO_ANSWER);
	host_write(LIMEN_HW_REG_ECHO, 77);
	host_write(LIMEN_HW_REG_CONTROL, LIMEN_HW_CONTROL_ENABLE);
	host_run_ms(20);
	ck_assert_uint_eq(host_read(LIMEN_HW_REG_ECHO_ANSWER), echo);
	ck_assert_uint_eq(host_read(LIMEN_HW_REG_STATUS), 0);
}
END_TEST

START_TEST(go_is_for_one_generation)
{
	uint32_t generation;

	ck_assert(host_wait(LIMEN_HW_REG_BOOT_STATE, LIMEN_HW_BOOT_WAITING));
	generation = host_read(LIMEN_HW_REG_BOOT_GENERATION);
	host_write(LIMEN_HW_REG_BOOT_SIZE, (uint32_t)host.image_size);
	host_write(LIMEN_HW_REG_BOOT_GO, generation - 1);
	host_write(LIMEN_HW_REG_BOOT_GO, UINT32_MAX);
	host_run_ms(20);
	ck_assert_uint_eq(host_read(LIMEN_HW_REG_BOOT_STATE),
			  LIMEN_HW_BOOT_WAITING);
	ck_assert_uint_eq(host_read(LIMEN_HW_REG_BOOT_REASON), 0);
	ck_assert_uint_eq(host_boot(host.image, host.image_size),
			  LIMEN_HW_BOOT_RUNNING);
}
END_TEST

/* Spoils a byte of the image, boots it, and mends the byte. */
static uint32_t refusal_of_byte(size_t at)
{
	host_write(LIMEN_HW_REG_CONTROL, LIMEN_HW_CONTROL_RESET);
	ck_assert(host_wait(LIMEN_HW_REG_BOOT_STATE, LIMEN_HW_BOOT_WAITING));
	host.image[at] ^= 1;
	ck_assert_uint_ne(host_boot(host.image, host.image_size),
			  LIMEN_HW_BOOT_RUNNING);
	host.image[at] ^= 1;
	ck_assert(host_wait(LIMEN_HW_REG_BOOT_STATE, LIMEN_HW_BOOT_WAITING));
	return host_read(LIMEN_HW_REG_BOOT_REASON);
}

static void expect_nothing_left(void)
{
	const uint8_t *sram = shell_sram(&host.card);
	/* The stack of who waits is at the beginning. */
	const size_t stack = 4096;

	for (size_t i = stack; i < SHELL_SRAM_SIZE; i++)
		ck_assert_uint_eq(sram[i], 0);
}

START_TEST(refusals_are_told_and_forgotten)
{
	const size_t code = sizeof(struct limen_fw_header);
	const size_t code_size = ((struct limen_fw_header *)host.image)->code_size;

	ck_assert(host_wait(LIMEN_HW_REG_BOOT_STATE, LIMEN_HW_BOOT_WAITING));
	ck_assert_uint_eq(refusal_of_byte(0), LIMEN_HW_REFUSED_FORMAT);
	ck_assert_uint_eq(refusal_of_byte(code + 100), LIMEN_HW_REFUSED_HASH);
	expect_nothing_left();
	ck_assert_uint_eq(refusal_of_byte(code + code_size),
			  LIMEN_HW_REFUSED_SIGNATURE);
	/* What is signed says so. */
	ck_assert_uint_eq(refusal_of_byte(offsetof(struct limen_fw_header,
						   version)),
			  LIMEN_HW_REFUSED_SIGNATURE);
	expect_nothing_left();
	/* Without a reset as well, and so often. */
	for (unsigned int i = 0; i < 100; i++)
		host_boot(host.image, code);
	ck_assert(host_wait(LIMEN_HW_REG_BOOT_STATE, LIMEN_HW_BOOT_WAITING));
	ck_assert_uint_eq(host_read(LIMEN_HW_REG_BOOT_REASON),
			  LIMEN_HW_REFUSED_SIZE);
	/* After all that the right one. */
	host_boot(host.image, host.image_size);
	ck_assert(host_wait(LIMEN_HW_REG_BOOT_STATE, LIMEN_HW_BOOT_RUNNING));
	ck_assert_uint_eq(host_read(LIMEN_HW_REG_BOOT_REASON),
			  LIMEN_HW_REFUSED_NOT);
}
END_TEST

START_TEST(tells_what_runs)
{
	const struct limen_fw_header *header = (const void *)host.image;
	uint32_t word;

	host_start();
	ck_assert_uint_eq(host_read(LIMEN_HW_REG_FIRMWARE_VERSION),
			  header->version);
	ck_assert_uint_eq(host_read(LIMEN_HW_REG_SECURITY_VERSION),
			  header->security_version);
	ck_assert_uint_eq(host_read(LIMEN_HW_REG_FIRMWARE_API), header->api);
	ck_assert_uint_ge(host_read(LIMEN_HW_REG_RESET_MS), LIMEN_HW_TIME_MS_MIN);
	ck_assert_uint_le(host_read(LIMEN_HW_REG_RESET_MS), LIMEN_HW_RESET_MS_MAX);
	ck_assert_uint_ge(host_read(LIMEN_HW_REG_ABORT_MS), LIMEN_HW_TIME_MS_MIN);
	ck_assert_uint_le(host_read(LIMEN_HW_REG_ABORT_MS), LIMEN_HW_ABORT_MS_MAX);
	ck_assert_uint_ge(host_read(LIMEN_HW_REG_RING_STOP_MS), LIMEN_HW_TIME_MS_MIN);
	ck_assert_uint_le(host_read(LIMEN_HW_REG_RING_STOP_MS),
			  LIMEN_HW_RING_STOP_MS_MAX);
	ck_assert_uint_eq(host_read(LIMEN_HW_REG_DMA_BITS), 64);
	ck_assert_uint_eq(host_read(LIMEN_HW_REG_RING_LOG2_MAX), 12);
	ck_assert_uint_eq(host_read(LIMEN_HW_REG_TOP_K_MAX), LIMEN_HW_TOP_K_MAX);
	for (unsigned int i = 0; i < 8; i++) {
		memcpy(&word, header->hash + 4 * i, sizeof(word));
		ck_assert_uint_eq(host_read(LIMEN_HW_REG_FIRMWARE_HASH(i)), word);
	}
	host_write(LIMEN_HW_REG_CONTROL, LIMEN_HW_CONTROL_RESET);
	ck_assert_uint_eq(host_read(LIMEN_HW_REG_FIRMWARE_VERSION), 0);
	ck_assert_uint_eq(host_read(LIMEN_HW_REG_STATUS), 0);
}
END_TEST

/* Scores of the firmware, with the engine's model, are those of the definition. */
START_TEST(scores_to_the_bit)
{
	host_start();
	for (uint16_t i = 0; i < PAIRS; i++) {
		uint16_t dim = (uint16_t)(LIMEN_DIM_STEP * (1 + i % 8));
		struct limen_hw_sqe sqe = comparison(i, dim);
		struct limen_score score;
		struct limen_hw_cqe cqe;

		fill(host_at(HOST_PROBE), dim);
		fill(host_at(HOST_REFERENCE), dim);
		score = limen_score_vectors(host_at(HOST_PROBE),
					    host_at(HOST_REFERENCE), dim);
		host_submit(LIMEN_HW_RING_EXPRESS, &sqe);
		ck_assert(host_answer(LIMEN_HW_RING_EXPRESS, &cqe));
		ck_assert_uint_eq(cqe.status, LIMEN_HW_OK);
		ck_assert_uint_eq(cqe.cookie, i);
		ck_assert_int_eq((int32_t)cqe.raw, score.raw);
		ck_assert_int_eq((int32_t)cqe.similarity, score.similarity);
	}
}
END_TEST

/* A row comes before another in a result. */
static bool before(const struct limen_hw_row *row, const struct limen_hw_row *other)
{
	if ((int32_t)row->similarity != (int32_t)other->similarity)
		return (int32_t)row->similarity > (int32_t)other->similarity;
	return row->row < other->row;
}

/* Each row is scored as defined, and as many come before it as it says. */
static void expect_ranked(const struct limen_hw_row *result, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct limen_score score = limen_score_vectors(
			host_at(HOST_PROBE),
			(const int8_t *)host.card.mem + (size_t)result[i].row * STRIDE,
			DIM);

		ck_assert_int_eq((int32_t)result[i].raw, score.raw);
		ck_assert_int_eq((int32_t)result[i].similarity, score.similarity);
		if (i)
			ck_assert(before(&result[i - 1], &result[i]));
	}
}

START_TEST(searches_in_chunks)
{
	struct limen_hw_sqe sqe = search(9, ROWS);
	const struct limen_hw_row *result = host_at(HOST_RESULT);
	uint32_t better = 0;
	struct limen_hw_cqe cqe;

	fill(host.card.mem, ROWS * STRIDE);
	fill(host_at(HOST_PROBE), DIM);
	host_start();
	host_submit(LIMEN_HW_RING_SCAN, &sqe);
	ck_assert(host_answer(LIMEN_HW_RING_SCAN, &cqe));
	ck_assert_uint_eq(cqe.status, LIMEN_HW_OK);
	ck_assert_uint_eq(cqe.count, TOP_K);
	expect_ranked(result, TOP_K);
	for (uint32_t i = 0; i < ROWS; i++) {
		struct limen_score score = limen_score_vectors(
			host_at(HOST_PROBE),
			(const int8_t *)host.card.mem + (size_t)i * STRIDE, DIM);
		const struct limen_hw_row row = {
			.row = i, .similarity = (uint32_t)score.similarity,
		};

		better += before(&row, &result[TOP_K - 1]);
	}
	ck_assert_uint_eq(better, TOP_K - 1);
}
END_TEST

/* The engine is slow; a comparison does not wait for the search's other chunks. */
START_TEST(comparisons_overtake_searches)
{
	struct limen_hw_sqe slow = search(1, ROWS * 8);
	struct limen_hw_sqe quick = comparison(2, DIM);
	struct limen_hw_cqe cqe;

	host_start();
	knob_set(&host.card, CARD_KNOB_DELAY, 30);
	host_submit(LIMEN_HW_RING_SCAN, &slow);
	host_run_ms(10);
	host_submit(LIMEN_HW_RING_EXPRESS, &quick);
	ck_assert(host_answer(LIMEN_HW_RING_EXPRESS, &cqe));
	ck_assert_uint_eq(cqe.cookie, 2);
	ck_assert_uint_ne(((struct limen_hw_cqe *)
			   host_at(HOST_CQ(LIMEN_HW_RING_SCAN)))->seq, 1);
	ck_assert(host_answer(LIMEN_HW_RING_SCAN, &cqe));
	ck_assert_uint_eq(cqe.status, LIMEN_HW_OK);
}
END_TEST

START_TEST(gives_up_what_it_is_told_to)
{
	const unsigned int rings[] = { LIMEN_HW_RING_EXPRESS, LIMEN_HW_RING_SCAN };
	struct limen_hw_sqe sqes[] = { comparison(5, DIM), search(5, ROWS) };

	host_start();
	knob_set(&host.card, CARD_KNOB_DELAY, 60000);
	for (unsigned int i = 0; i < 2; i++) {
		struct limen_hw_cqe cqe;

		host_submit(rings[i], &sqes[i]);
		host_run_ms(20);
		host_write(LIMEN_HW_RING_BLOCK(rings[i]) + LIMEN_HW_RING_ABORT, 5);
		ck_assert(host_answer(rings[i], &cqe));
		ck_assert_uint_eq(cqe.status, LIMEN_HW_ABORTED);
		ck_assert_uint_eq(cqe.raw, 0);
	}
}
END_TEST

START_TEST(stops_a_ring_in_the_middle)
{
	const uint32_t enable = LIMEN_HW_RING_BLOCK(LIMEN_HW_RING_SCAN) +
				LIMEN_HW_RING_ENABLE;
	struct limen_hw_sqe sqe = search(5, ROWS * 8);

	host_start();
	knob_set(&host.card, CARD_KNOB_DELAY, 60000);
	host_submit(LIMEN_HW_RING_SCAN, &sqe);
	host_run_ms(20);
	host_write(enable, 0);
	ck_assert(host_wait(enable, 0));
	host_run_ms(20);
	ck_assert_uint_eq(((struct limen_hw_cqe *)
			   host_at(HOST_CQ(LIMEN_HW_RING_SCAN)))->seq, 0);
}
END_TEST

START_TEST(refuses_nonsense)
{
	struct limen_hw_sqe sqe = comparison(3, DIM);
	struct limen_hw_cqe cqe;

	host_start();
	sqe.flags = 0x80;
	host_submit(LIMEN_HW_RING_EXPRESS, &sqe);
	ck_assert(host_answer(LIMEN_HW_RING_EXPRESS, &cqe));
	ck_assert_uint_eq(cqe.status, LIMEN_HW_BAD_DESCRIPTOR);
	sqe = comparison(4, DIM);
	sqe.compare.probe = HOST_ADDRESS + HOST_SIZE;
	host_submit(LIMEN_HW_RING_EXPRESS, &sqe);
	ck_assert(host_answer(LIMEN_HW_RING_EXPRESS, &cqe));
	ck_assert_uint_eq(cqe.status, LIMEN_HW_BUS_ERROR);
	host_write(LIMEN_HW_RING_BLOCK(0) + LIMEN_HW_RING_SQ_TAIL, 1000);
	ck_assert(host_wait(LIMEN_HW_REG_STATUS, LIMEN_HW_STATUS_READY |
			    LIMEN_HW_STATUS_FATAL));
	ck_assert_uint_ne(host_read(LIMEN_HW_REG_IRQ_STATUS) &
			  LIMEN_HW_IRQ_FATAL, 0);
	/* And works again. */
	host_start();
	sqe = comparison(5, DIM);
	host_submit(LIMEN_HW_RING_EXPRESS, &sqe);
	ck_assert(host_answer(LIMEN_HW_RING_EXPRESS, &cqe));
	ck_assert_uint_eq(cqe.status, LIMEN_HW_OK);
}
END_TEST

/* A vector of 64 components that nothing else looks like is nowhere in the SRAM. */
START_TEST(keeps_no_vectors)
{
	struct limen_hw_sqe sqe = comparison(3, LIMEN_DIM_MAX);
	const uint8_t *sram = shell_sram(&host.card);
	struct limen_hw_cqe cqe;

	host_start();
	fill(host_at(HOST_PROBE), LIMEN_DIM_MAX);
	fill(host_at(HOST_REFERENCE), LIMEN_DIM_MAX);
	host_submit(LIMEN_HW_RING_EXPRESS, &sqe);
	ck_assert(host_answer(LIMEN_HW_RING_EXPRESS, &cqe));
	host_run_ms(5);
	for (size_t i = 0; i + 8 <= SHELL_SRAM_SIZE; i += 4)
		for (size_t part = 0; part < LIMEN_DIM_MAX; part += 64) {
			ck_assert(memcmp(sram + i, (uint8_t *)host_at(HOST_PROBE) +
				  part, 8));
			ck_assert(memcmp(sram + i,
				  (uint8_t *)host_at(HOST_REFERENCE) + part, 8));
		}
}
END_TEST

START_TEST(its_heart_beats)
{
	struct limen_hw_sqe sqe = search(5, ROWS);
	uint32_t limit_ms, before_wait;

	host_start();
	limit_ms = host_read(LIMEN_HW_REG_HEARTBEAT_MS);
	before_wait = host_read(LIMEN_HW_REG_HEARTBEAT);
	host_run_ms(limit_ms);
	ck_assert_uint_ne(host_read(LIMEN_HW_REG_HEARTBEAT), before_wait);
	/* Also while the engine does not end. */
	knob_set(&host.card, CARD_KNOB_DELAY, 60000);
	host_submit(LIMEN_HW_RING_SCAN, &sqe);
	host_run_ms(20);
	before_wait = host_read(LIMEN_HW_REG_HEARTBEAT);
	host_run_ms(limit_ms);
	ck_assert_uint_ne(host_read(LIMEN_HW_REG_HEARTBEAT), before_wait);
}
END_TEST

/* Halted, it answers nothing, and no heart beats unless it lies; a reset ends that. */
START_TEST(halts_until_a_reset)
{
	const uint32_t moods[] = { CARD_HALTED_STOPPED, CARD_HALTED_BEATING };
	struct limen_hw_sqe sqe = comparison(5, DIM);
	struct limen_hw_cqe cqe;

	for (unsigned int i = 0; i < 2; i++) {
		uint32_t beat, limit_ms;

		host_start();
		limit_ms = host_read(LIMEN_HW_REG_HEARTBEAT_MS);
		knob_set(&host.card, CARD_KNOB_HALTED, moods[i]);
		beat = host_read(LIMEN_HW_REG_HEARTBEAT);
		host_submit(LIMEN_HW_RING_EXPRESS, &sqe);
		host_write(LIMEN_HW_RING_BLOCK(LIMEN_HW_RING_EXPRESS) +
			   LIMEN_HW_RING_ABORT, 5);
		host_run_ms(limit_ms);
		ck_assert_int_eq(host_read(LIMEN_HW_REG_HEARTBEAT) != beat,
				 moods[i] == CARD_HALTED_BEATING);
		ck_assert_uint_eq(((struct limen_hw_cqe *)
				   host_at(HOST_CQ(LIMEN_HW_RING_EXPRESS)))->seq, 0);
		host_start();
		host_submit(LIMEN_HW_RING_EXPRESS, &sqe);
		ck_assert(host_answer(LIMEN_HW_RING_EXPRESS, &cqe));
		ck_assert_uint_eq(cqe.status, LIMEN_HW_OK);
	}
}
END_TEST

static void expect_error(uint32_t cause, uint32_t detail, uint64_t address)
{
	ck_assert_uint_eq(host_read(LIMEN_HW_REG_ERROR_CAUSE), cause);
	ck_assert_uint_eq(host_read(LIMEN_HW_REG_ERROR_DETAIL), detail);
	ck_assert_uint_eq(host_read(LIMEN_HW_REG_ERROR_ADDRESS_LO),
			  (uint32_t)address);
	ck_assert_uint_eq(host_read(LIMEN_HW_REG_ERROR_ADDRESS_HI),
			  (uint32_t)(address >> 32));
}

static void clear_error(void)
{
	host_write(LIMEN_HW_REG_ERROR_CAUSE, host_read(LIMEN_HW_REG_ERROR_CAUSE));
	expect_error(LIMEN_HW_ERROR_NONE, 0, 0);
	ck_assert_uint_eq(host_read(LIMEN_HW_REG_ERROR_COUNT), 0);
}

static void compare_at(uint64_t probe, enum limen_hw_status status)
{
	struct limen_hw_sqe sqe = comparison(1, DIM);
	struct limen_hw_cqe cqe;

	sqe.compare.probe = probe;
	host_submit(LIMEN_HW_RING_EXPRESS, &sqe);
	ck_assert(host_answer(LIMEN_HW_RING_EXPRESS, &cqe));
	ck_assert_uint_eq(cqe.status, status);
}

/* The first one, through a reset, until it is cleared. */
START_TEST(notes_refused_transfers)
{
	const uint64_t nowhere = 0x1234567800;

	host_start();
	expect_error(LIMEN_HW_ERROR_NONE, 0, 0);
	compare_at(nowhere, LIMEN_HW_BUS_ERROR);
	compare_at(nowhere + LIMEN_HW_VECTOR_ALIGN, LIMEN_HW_BUS_ERROR);
	host_start();
	expect_error(LIMEN_HW_ERROR_DMA_REFUSED, LIMEN_HW_DMA_FROM_HOST, nowhere);
	ck_assert_uint_eq(host_read(LIMEN_HW_REG_ERROR_COUNT), 2);
	/* Other bits than those of the cause clear nothing. */
	host_write(LIMEN_HW_REG_ERROR_CAUSE, ~(uint32_t)LIMEN_HW_ERROR_DMA_REFUSED);
	expect_error(LIMEN_HW_ERROR_DMA_REFUSED, LIMEN_HW_DMA_FROM_HOST, nowhere);
	clear_error();
	compare_at(nowhere + LIMEN_HW_VECTOR_ALIGN, LIMEN_HW_BUS_ERROR);
	expect_error(LIMEN_HW_ERROR_DMA_REFUSED, LIMEN_HW_DMA_FROM_HOST,
		     nowhere + LIMEN_HW_VECTOR_ALIGN);
}
END_TEST

/* What cannot be fetched is nobody's to answer. */
START_TEST(notes_transfers_without_an_answer)
{
	struct limen_hw_sqe sqe = comparison(1, DIM);

	host_start();
	knob_set(&host.card, CARD_KNOB_MUTE, 1);
	host_submit(LIMEN_HW_RING_EXPRESS, &sqe);
	ck_assert(host_wait(LIMEN_HW_REG_STATUS, LIMEN_HW_STATUS_READY |
			    LIMEN_HW_STATUS_FATAL));
	expect_error(LIMEN_HW_ERROR_DMA_TIMEOUT, LIMEN_HW_DMA_FROM_HOST,
		     HOST_SQ(LIMEN_HW_RING_EXPRESS));
	ck_assert_uint_eq(knob_at(&host.card, CARD_KNOB_MUTE), 0);
}
END_TEST

START_TEST(notes_firmware_that_is_not_alive)
{
	uint32_t limit_ms, beat;

	host_start();
	limit_ms = host_read(LIMEN_HW_REG_HEARTBEAT_MS);
	knob_set(&host.card, CARD_KNOB_HALTED, CARD_HALTED_STOPPED);
	beat = host_read(LIMEN_HW_REG_HEARTBEAT);
	host_run_ms(3 * limit_ms);
	expect_error(LIMEN_HW_ERROR_WATCHDOG, beat, 0);
	/* Once, however long that lasts; and it is known after the reset. */
	ck_assert_uint_eq(host_read(LIMEN_HW_REG_ERROR_COUNT), 1);
	host_start();
	expect_error(LIMEN_HW_ERROR_WATCHDOG, beat, 0);
	clear_error();
	host_run_ms(3 * limit_ms);
	expect_error(LIMEN_HW_ERROR_NONE, 0, 0);
}
END_TEST

#define WFI		0x10500073
#define ILLEGAL		2	/* mcause of an instruction that there is not */

/* Where the firmware waits there is no instruction any more. */
static uint32_t spoil_wait(void)
{
	uint8_t *sram = (uint8_t *)shell_sram(&host.card);
	const uint32_t nothing = 0, wfi = WFI;

	for (uint32_t i = 0; i < SHELL_SRAM_SIZE; i += 2)
		if (!memcmp(sram + i, &wfi, sizeof(wfi))) {
			memcpy(sram + i, &nothing, sizeof(nothing));
			return SHELL_SRAM_ADDRESS + i;
		}
	return 0;
}

START_TEST(notes_traps)
{
	uint32_t pc;

	host_start();
	host_run_ms(20);
	pc = spoil_wait();
	ck_assert(host_wait(LIMEN_HW_REG_BOOT_STATE, LIMEN_HW_BOOT_CRASHED));
	ck_assert(host_wait(LIMEN_HW_REG_STATUS, LIMEN_HW_STATUS_FATAL));
	expect_error(LIMEN_HW_ERROR_TRAP, ILLEGAL, pc);
	host_start();
	expect_error(LIMEN_HW_ERROR_TRAP, ILLEGAL, pc);
	compare_at(HOST_PROBE, LIMEN_HW_OK);
}
END_TEST

/* Begins a wipe of the first pages, which are full of something. */
static void wipe(uint32_t number, uint32_t page, uint32_t pages)
{
	memset(host.card.mem, 0x5a, host.card.core.mem_size);
	host_write(LIMEN_HW_REG_WIPE_PAGE, page);
	host_write(LIMEN_HW_REG_WIPE_PAGES, pages);
	host_write(LIMEN_HW_REG_WIPE_GO, number);
}

static void expect_wiped(uint64_t from, uint64_t to)
{
	uint64_t wrong = 0;

	for (uint64_t i = 0; i < host.card.core.mem_size; i++)
		wrong += host.card.mem[i] != (i >= from && i < to ? 0 : 0x5a);
	ck_assert_uint_eq(wrong, 0);
}

/* What it is told to and nothing else; without the processor, and through a reset. */
START_TEST(wipes_with_a_dead_core)
{
	const uint64_t page = LIMEN_HW_PAGE_SIZE;
	int64_t start;

	host_start();
	knob_set(&host.card, CARD_KNOB_HALTED, CARD_HALTED_STOPPED);
	ck_assert_uint_eq(host_read(LIMEN_HW_REG_WIPE_DONE), 0);
	start = now_ns();
	wipe(7, 1, 1000);
	host_write(LIMEN_HW_REG_CONTROL, LIMEN_HW_CONTROL_RESET);
	ck_assert(host_wait(LIMEN_HW_REG_WIPE_DONE, 7));
	/* A byte in a nanosecond. */
	ck_assert_int_ge(now_ns() - start, (int64_t)(1000 * page));
	expect_wiped(page, 1001 * page);
	ck_assert_uint_eq(knob_at(&host.card, CARD_KNOB_WIPED), 1000);
}
END_TEST

START_TEST(wipes_nothing_else)
{
	const uint32_t pages = (uint32_t)(host.card.core.mem_size / LIMEN_HW_PAGE_SIZE);
	const uint32_t wrong[][2] = {
		{ pages, 1 }, { 0, pages + 1 }, { 1, UINT32_MAX },
		{ UINT32_MAX, 2 },
	};

	for (unsigned int i = 0; i < 4; i++) {
		wipe(3, wrong[i][0], wrong[i][1]);
		host_run_ms(20);
		ck_assert_uint_eq(host_read(LIMEN_HW_REG_WIPE_DONE), 0);
		expect_wiped(0, 0);
	}
	/* What does not end, ends when that is wanted, and is never done. */
	knob_set(&host.card, CARD_KNOB_WIPE_STUCK, 1);
	wipe(4, 0, 8);
	host_run_ms(5);
	host_write(LIMEN_HW_REG_WIPE_GO, 0);
	ck_assert_uint_eq(host_read(LIMEN_HW_REG_WIPE_DONE), 0);
	knob_set(&host.card, CARD_KNOB_WIPE_STUCK, 0);
	host_run_ms(5);
	ck_assert_uint_eq(host_read(LIMEN_HW_REG_WIPE_DONE), 0);
	expect_wiped(0, 0);
	wipe(5, 0, pages);
	ck_assert(host_wait(LIMEN_HW_REG_WIPE_DONE, 5));
	expect_wiped(0, host.card.core.mem_size);
}
END_TEST

static uint64_t counter(uint32_t number)
{
	uint32_t reg = LIMEN_HW_REG_COUNTER(number);

	return host_read(reg) | (uint64_t)host_read(reg + 4) << 32;
}

/* All of a moment, and never less than what the host has been told. */
START_TEST(counters_of_a_moment)
{
	struct limen_hw_sqe sqe = search(9, ROWS);
	struct limen_hw_cqe cqe;
	uint64_t busy = 0;

	host_start();
	for (unsigned int i = 1; i <= 3; i++) {
		struct limen_hw_sqe other = comparison((uint16_t)i, DIM);

		host_submit(LIMEN_HW_RING_EXPRESS, &other);
		ck_assert(host_answer(LIMEN_HW_RING_EXPRESS, &cqe));
		busy += cqe.device_ns;
		ck_assert_uint_eq(counter(LIMEN_HW_COUNTER_ANSWERS(0)), i - 1);
		host_write(LIMEN_HW_REG_SNAPSHOT, 1);
		ck_assert_uint_eq(counter(LIMEN_HW_COUNTER_ANSWERS(0)), i);
		ck_assert_uint_eq(counter(LIMEN_HW_COUNTER_BUSY_NS(0)), busy);
	}
	ck_assert_uint_gt(counter(LIMEN_HW_COUNTER_STALL_NS(0)), 0);
	host_submit(LIMEN_HW_RING_SCAN, &sqe);
	ck_assert(host_answer(LIMEN_HW_RING_SCAN, &cqe));
	ck_assert_uint_eq(counter(LIMEN_HW_COUNTER_ROWS), 0);
	host_write(LIMEN_HW_REG_SNAPSHOT, 0);
	ck_assert_uint_eq(counter(LIMEN_HW_COUNTER_ROWS), ROWS);
	ck_assert_uint_eq(counter(LIMEN_HW_COUNTER_ANSWERS(1)), 1);
	ck_assert_uint_eq(counter(LIMEN_HW_COUNTER_BUSY_NS(1)), cqe.device_ns);
	ck_assert_uint_eq(counter(LIMEN_HW_COUNTER_ANSWERS(0)), 3);
	host_start();
	host_write(LIMEN_HW_REG_SNAPSHOT, 1);
	for (uint32_t i = 0; i < LIMEN_HW_COUNTERS; i++)
		ck_assert_uint_eq(counter(i), 0);
}
END_TEST

static void expect_memory(uint32_t status, uint32_t corrected, uint32_t uncorrected)
{
	ck_assert_uint_eq(host_read(LIMEN_HW_REG_ECC_STATUS), status);
	ck_assert_uint_eq(host_read(LIMEN_HW_REG_ECC_CORRECTED), corrected);
	ck_assert_uint_eq(host_read(LIMEN_HW_REG_ECC_UNCORRECTED), uncorrected);
}

/* No score comes of memory that cannot be believed; a reset does not forget it. */
START_TEST(memory_with_errors)
{
	struct limen_hw_sqe sqes[] = { comparison(1, DIM), search(2, ROWS) };
	struct limen_hw_cqe cqe;

	sqes[0].flags = LIMEN_HW_F_REFERENCE_ON_CARD;
	sqes[0].compare.reference = 0x10040;
	sqes[1].scan.gallery = 0x20080;
	for (uint32_t i = 0; i < 2; i++) {
		uint64_t place = i ? 0x20080 : 0x10040;

		host_start();
		knob_set(&host.card, CARD_KNOB_CORRECTED, 1);
		host_submit(i, &sqes[i]);
		ck_assert(host_answer(i, &cqe));
		ck_assert_uint_eq(cqe.status, LIMEN_HW_OK);
		expect_memory(LIMEN_HW_ECC_CORRECTED, i + 1, i);
		ck_assert_uint_eq(host_read(LIMEN_HW_REG_ECC_ADDRESS_LO), place);
		knob_set(&host.card, CARD_KNOB_UNCORRECTED, 1);
		host_submit(i, &sqes[i]);
		ck_assert(host_wait(LIMEN_HW_REG_STATUS, LIMEN_HW_STATUS_READY |
							 LIMEN_HW_STATUS_FATAL));
		ck_assert_uint_ne(host_read(LIMEN_HW_REG_IRQ_STATUS) &
				  LIMEN_HW_IRQ_FATAL, 0);
		host_run_ms(20);
		ck_assert(!host_answered(i));
		host_start();
		expect_memory(LIMEN_HW_ECC_CORRECTED | LIMEN_HW_ECC_UNCORRECTED,
			      i + 1, i + 1);
		host_write(LIMEN_HW_REG_ECC_STATUS, UINT32_MAX);
		expect_memory(0, i + 1, i + 1);
	}
}
END_TEST

/* What says who runs, and why it was reset, is not for the firmware to write. */
START_TEST(firmware_does_not_say_who_it_is)
{
	static const uint32_t protected[] = {
		LIMEN_HW_REG_BOOT_REASON, LIMEN_HW_REG_BOOT_GENERATION,
		LIMEN_HW_REG_FIRMWARE_VERSION, LIMEN_HW_REG_SECURITY_VERSION,
		LIMEN_HW_REG_FIRMWARE_API, LIMEN_HW_REG_FIRMWARE_HASH(0),
		LIMEN_HW_REG_FIRMWARE_HASH(7), LIMEN_HW_REG_BOARD_TYPE,
		LIMEN_HW_REG_SECURITY_FLOOR, LIMEN_HW_REG_BOOT_STATE,
		LIMEN_HW_REG_CAM_MODES, LIMEN_HW_REG_CAM_MODE(0),
		LIMEN_HW_REG_DMA_BITS,
	};

	host_start();
	for (unsigned int i = 0; i < sizeof(protected) / sizeof(*protected); i++) {
		uint32_t before = host_read(protected[i]);

		shell_store(&host.card, SHELL_FILE_ADDRESS + protected[i], ~before);
		ck_assert_uint_eq(host_read(protected[i]), before);
	}
	shell_store(&host.card, SHELL_REGS_ADDRESS + SHELL_BOOT_REASON,
		    LIMEN_HW_REFUSED_WATCHDOG);
	ck_assert_uint_eq(host_read(LIMEN_HW_REG_BOOT_REASON), LIMEN_HW_REFUSED_NOT);
	/* But that it has crashed. */
	shell_store(&host.card, SHELL_FILE_ADDRESS + LIMEN_HW_REG_BOOT_STATE,
		    LIMEN_HW_BOOT_CRASHED);
	ck_assert_uint_eq(host_read(LIMEN_HW_REG_BOOT_STATE), LIMEN_HW_BOOT_CRASHED);
}
END_TEST

START_TEST(watchdog_tells_of_its_reset)
{
	uint32_t generation;

	host_start();
	generation = host_read(LIMEN_HW_REG_BOOT_GENERATION);
	ck_assert_uint_eq(host_read(LIMEN_HW_REG_BOOT_REASON), LIMEN_HW_REFUSED_NOT);
	knob_set(&host.card, CARD_KNOB_HALTED, CARD_HALTED_WATCHED);
	ck_assert(host_wait(LIMEN_HW_REG_BOOT_REASON, LIMEN_HW_REFUSED_WATCHDOG));
	ck_assert_uint_eq(host_read(LIMEN_HW_REG_BOOT_GENERATION), generation + 1);
	ck_assert_uint_eq(host_read(LIMEN_HW_REG_ERROR_CAUSE), LIMEN_HW_ERROR_WATCHDOG);
	ck_assert(host_wait(LIMEN_HW_REG_BOOT_STATE, LIMEN_HW_BOOT_WAITING));
	ck_assert_uint_eq(host_read(LIMEN_HW_REG_BOOT_REASON), LIMEN_HW_REFUSED_WATCHDOG);
	/* An image, with a reset or without, ends that. */
	host_boot(host.image, host.image_size);
	ck_assert(host_wait(LIMEN_HW_REG_BOOT_STATE, LIMEN_HW_BOOT_RUNNING));
	ck_assert_uint_eq(host_read(LIMEN_HW_REG_BOOT_REASON), LIMEN_HW_REFUSED_NOT);
	host_start();
	ck_assert_uint_eq(host_read(LIMEN_HW_REG_BOOT_REASON), LIMEN_HW_REFUSED_NOT);
}
END_TEST

/* The interrupts of a vector: how many have come since the last look. */
static uint64_t interrupts(unsigned int vector)
{
	uint64_t count = 0;

	if (read(host.card.vectors[vector].irq, &count, sizeof(count)) != sizeof(count))
		return 0;
	return count;
}

static void connect_vectors(void)
{
	uint16_t enable = PCI_MSIX_FLAGS_ENABLE;
	unsigned int msix = 0x50;

	for (unsigned int i = 0; i < CARD_VECTORS; i++)
		vector_connect(&host.card, i, eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
	config_write(&host.card, msix + PCI_MSIX_FLAGS, &enable, sizeof(enable));
}

START_TEST(a_vector_for_each_ring)
{
	struct limen_hw_sqe sqe = search(9, ROWS);
	struct limen_hw_cqe cqe;

	connect_vectors();
	host_start();
	compare_at(HOST_PROBE, LIMEN_HW_OK);
	host_run_ms(5);
	ck_assert_uint_eq(interrupts(0), 1);
	host_write(LIMEN_HW_REG_VECTORS, LIMEN_HW_VECTORS);
	compare_at(HOST_PROBE, LIMEN_HW_OK);
	host_run_ms(5);
	ck_assert_uint_eq(interrupts(0), 0);
	ck_assert_uint_eq(interrupts(LIMEN_HW_VECTOR(LIMEN_HW_RING_EXPRESS)), 1);
	host_submit(LIMEN_HW_RING_SCAN, &sqe);
	ck_assert(host_answer(LIMEN_HW_RING_SCAN, &cqe));
	host_run_ms(5);
	ck_assert_uint_eq(interrupts(LIMEN_HW_VECTOR(LIMEN_HW_RING_SCAN)), 1);
	ck_assert_uint_eq(interrupts(LIMEN_HW_VECTOR(LIMEN_HW_RING_EXPRESS)), 0);
	knob_set(&host.card, CARD_KNOB_LOSE_VECTORS,
			1u << LIMEN_HW_VECTOR(LIMEN_HW_RING_EXPRESS));
	compare_at(HOST_PROBE, LIMEN_HW_OK);
	host_run_ms(5);
	ck_assert_uint_eq(interrupts(LIMEN_HW_VECTOR(LIMEN_HW_RING_EXPRESS)), 0);
	knob_set(&host.card, CARD_KNOB_FATAL, 1);
	host_submit(LIMEN_HW_RING_SCAN, &sqe);
	ck_assert(host_wait(LIMEN_HW_REG_STATUS, LIMEN_HW_STATUS_READY |
						 LIMEN_HW_STATUS_FATAL));
	host_run_ms(5);
	ck_assert_uint_eq(interrupts(0), 1);
	/* A reset makes it one vector again. */
	host_start();
	compare_at(HOST_PROBE, LIMEN_HW_OK);
	host_run_ms(5);
	ck_assert_uint_eq(interrupts(0), 1);
}
END_TEST

/* They come at once, or together; the last event is always told. */
START_TEST(moderates_interrupts)
{
	const unsigned int vector = LIMEN_HW_VECTOR(LIMEN_HW_RING_EXPRESS);
	int64_t start;

	connect_vectors();
	host_start();
	host_write(LIMEN_HW_REG_VECTORS, LIMEN_HW_VECTORS);
	host_write(LIMEN_HW_REG_MODERATION(vector), LIMEN_HW_MODERATION_US_MAX);
	start = now_ns();
	for (unsigned int i = 0; i < 4; i++)
		compare_at(HOST_PROBE, LIMEN_HW_OK);
	/* One of them alone, if the machine was fast enough. */
	if (now_ns() - start < LIMEN_HW_MODERATION_US_MAX * 1000LL)
		ck_assert_uint_le(interrupts(vector), 1);
	host_run_ms(LIMEN_HW_MODERATION_US_MAX / 1000 + 5);
	ck_assert_uint_ge(interrupts(vector), 1);
	host_run_ms(LIMEN_HW_MODERATION_US_MAX / 1000 + 5);
	ck_assert_uint_eq(interrupts(vector), 0);
}
END_TEST

START_TEST(fatal_is_not_moderated)
{
	struct limen_hw_sqe sqe = search(9, ROWS);

	connect_vectors();
	host_start();
	host_write(LIMEN_HW_REG_MODERATION(0), LIMEN_HW_MODERATION_US_MAX);
	compare_at(HOST_PROBE, LIMEN_HW_OK);
	host_run_ms(1);
	ck_assert_uint_eq(interrupts(0), 1);
	knob_set(&host.card, CARD_KNOB_FATAL, 1);
	host_submit(LIMEN_HW_RING_SCAN, &sqe);
	ck_assert(host_wait(LIMEN_HW_REG_STATUS, LIMEN_HW_STATUS_READY |
						 LIMEN_HW_STATUS_FATAL));
	host_run_ms(3);
	ck_assert_uint_eq(interrupts(0), 1);
	host_run_ms(LIMEN_HW_MODERATION_US_MAX / 1000 + 5);
	ck_assert_uint_eq(interrupts(0), 0);
}
END_TEST

START_TEST(tells_modes_of_its_camera)
{
	uint32_t count = host_read(LIMEN_HW_REG_CAM_MODES);

	ck_assert_uint_eq(count, 8);
	host_start();
	for (uint32_t i = 0; i < count; i++) {
		uint32_t reg = LIMEN_HW_REG_CAM_MODE(i);

		ck_assert_uint_eq(host_read(reg + LIMEN_HW_CAM_MODE_FORMAT),
				  LIMEN_HW_CAM_BGR);
		/* Each is one that the sensor takes. */
		host_write(LIMEN_HW_REG_CAM_SIZE,
			   host_read(reg + LIMEN_HW_CAM_MODE_SIZE));
		host_write(LIMEN_HW_REG_CAM_INTERVAL,
			   host_read(reg + LIMEN_HW_CAM_MODE_INTERVAL));
		host_write(LIMEN_HW_REG_CAM_CONTROL, LIMEN_HW_CAM_STREAM);
		ck_assert(host_wait(LIMEN_HW_REG_CAM_CONTROL, LIMEN_HW_CAM_STREAM));
		host_write(LIMEN_HW_REG_CAM_CONTROL, 0);
		ck_assert(host_wait(LIMEN_HW_REG_CAM_CONTROL, 0));
	}
	ck_assert_uint_eq(host_read(LIMEN_HW_REG_CAM_MODE(count)), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("firmware");
	SRunner *runner = srunner_create(suite);
	TCase *tcase = tcase_create("board");
	int failed;

	suite_add_tcase(suite, tcase);
	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, host_make, host_free);
	tcase_add_test(tcase, nothing_runs_without_an_image);
	tcase_add_test(tcase, go_is_for_one_generation);
	tcase_add_test(tcase, refusals_are_told_and_forgotten);
	tcase_add_test(tcase, tells_what_runs);
	tcase_add_test(tcase, scores_to_the_bit);
	tcase_add_test(tcase, searches_in_chunks);
	tcase_add_test(tcase, comparisons_overtake_searches);
	tcase_add_test(tcase, gives_up_what_it_is_told_to);
	tcase_add_test(tcase, stops_a_ring_in_the_middle);
	tcase_add_test(tcase, refuses_nonsense);
	tcase_add_test(tcase, keeps_no_vectors);
	tcase_add_test(tcase, its_heart_beats);
	tcase_add_test(tcase, halts_until_a_reset);
	tcase_add_test(tcase, notes_refused_transfers);
	tcase_add_test(tcase, notes_transfers_without_an_answer);
	tcase_add_test(tcase, notes_firmware_that_is_not_alive);
	tcase_add_test(tcase, notes_traps);
	tcase_add_test(tcase, wipes_with_a_dead_core);
	tcase_add_test(tcase, wipes_nothing_else);
	tcase_add_test(tcase, firmware_does_not_say_who_it_is);
	tcase_add_test(tcase, counters_of_a_moment);
	tcase_add_test(tcase, memory_with_errors);
	tcase_add_test(tcase, watchdog_tells_of_its_reset);
	tcase_add_test(tcase, a_vector_for_each_ring);
	tcase_add_test(tcase, moderates_interrupts);
	tcase_add_test(tcase, fatal_is_not_moderated);
	if (HAS_MODES)
		tcase_add_test(tcase, tells_modes_of_its_camera);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
