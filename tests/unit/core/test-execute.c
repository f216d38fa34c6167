// SPDX-License-Identifier: MIT
/* What entries ask for: checked field by field, scored, delivered, and forgotten. */
#include "fake.h"

#define PROBE		(FAKE_DATA + 0x1000)
#define REFERENCE	(FAKE_DATA + 0x2000)
#define RESULT		(FAKE_DATA + 0x3010)
#define GALLERY		0x8000
#define DIM		128
#define STRIDE		192
#define ROWS		100
#define TOP_K		10
#define FRAME		900

/* A change of one field, and what becomes of the entry. */
struct spoiled {
	size_t offset;
	size_t size;
	u64 value;
	u16 status;
};

#define FIELD(member) \
	offsetof(struct limen_hw_sqe, member), sizeof(((struct limen_hw_sqe *)0)->member)
/* Bytes of an array. */
#define BYTES(member, at, size) offsetof(struct limen_hw_sqe, member) + (at), size

static void spoil(struct limen_hw_sqe *sqe, const struct spoiled *spoiled)
{
	memcpy((u8 *)sqe + spoiled->offset, &spoiled->value, spoiled->size);
}

static struct limen_hw_sqe compare_sqe(void)
{
	return (struct limen_hw_sqe){
		.opcode = LIMEN_HW_OP_COMPARE,
		.cookie = core_to_le16(0xc00c),
		.dim = core_to_le16(DIM),
		.compare.probe = core_to_le64(PROBE),
		.compare.reference = core_to_le64(REFERENCE),
	};
}

static struct limen_hw_sqe scan_sqe(void)
{
	return (struct limen_hw_sqe){
		.opcode = LIMEN_HW_OP_SCAN,
		.cookie = core_to_le16(0xc00c),
		.dim = core_to_le16(DIM),
		.scan.probe = core_to_le64(PROBE),
		.scan.gallery = core_to_le64(GALLERY),
		.scan.result = core_to_le64(RESULT),
		.scan.stride = core_to_le32(STRIDE),
		.scan.rows = core_to_le32(ROWS),
		.scan.top_k = core_to_le32(TOP_K),
		.scan.min_similarity = core_to_le32((u32)-LIMEN_SIMILARITY_ONE),
	};
}

/* Random vectors in host memory, up to where results go, and in all of the card's. */
static struct fake *board(void)
{
	struct fake *fake = fake_open();

	fake_fill(fake_host(fake, FAKE_DATA), 0x3000, 1);
	fake_fill(fake->card, sizeof(fake->card), 2);
	return fake;
}

static struct limen_hw_cqe execute(struct fake *fake, const struct limen_hw_sqe *sqe)
{
	struct limen_hw_cqe cqe;

	memset(&cqe, 0xa5, sizeof(cqe));
	if (sqe->opcode == LIMEN_HW_OP_SCAN)
		core_scan(&fake->core, &fake->work, sqe, fake->now_ns, &cqe);
	else
		core_compare(&fake->core, &fake->work, sqe, fake->now_ns, &cqe);
	return cqe;
}

/* Nothing but the status is told, and nothing stored. */
static void check_failed(const struct fake *fake, struct limen_hw_cqe cqe, u16 status)
{
	unsigned int i;

	ck_assert_uint_eq(core_le16(cqe.status), status);
	cqe.status = 0;
	ck_assert(fake_zero(&cqe, sizeof(cqe)));
	for (i = 0; i < fake->accesses; i++)
		ck_assert(!fake->log[i].store);
}

static void check_score(struct fake *fake, const struct limen_hw_cqe *cqe, const void *probe,
			const void *reference, u32 dim)
{
	struct limen_score score = limen_score_vectors(probe, reference, dim);

	ck_assert_uint_eq(core_le16(cqe->status), LIMEN_HW_OK);
	ck_assert_int_eq((s32)core_le32(cqe->raw), score.raw);
	ck_assert_int_eq((s32)core_le32(cqe->similarity), score.similarity);
	ck_assert_uint_eq(core_le32(cqe->count) | core_le16(cqe->cookie) | core_le32(cqe->seq), 0);
	ck_assert_uint_eq(fake->accesses, 2);
}

START_TEST(scores)
{
	u32 dim, flags;

	for (dim = LIMEN_DIM_STEP; dim <= LIMEN_DIM_MAX; dim += LIMEN_DIM_STEP) {
		for (flags = 0; flags < 4; flags++) {
			struct limen_hw_sqe sqe = compare_sqe();
			struct fake *fake = board();
			const u8 *probe = fake_host(fake, PROBE);
			const u8 *reference = fake_host(fake, REFERENCE);
			struct limen_hw_cqe cqe;

			sqe.dim = core_to_le16((u16)dim);
			sqe.flags = (u8)flags;
			if (flags & LIMEN_HW_F_PROBE_ON_CARD) {
				sqe.compare.probe = core_to_le64(0);
				probe = fake->card;
			}
			if (flags & LIMEN_HW_F_REFERENCE_ON_CARD) {
				sqe.compare.reference = core_to_le64(FAKE_CARD_SIZE - dim);
				reference = fake->card + FAKE_CARD_SIZE - dim;
			}
			cqe = execute(fake, &sqe);
			check_score(fake, &cqe, probe, reference, dim);
		}
	}
}
END_TEST

/* Vectors of the largest components have the largest scores. */
START_TEST(extreme_scores)
{
	struct limen_hw_sqe sqe = compare_sqe();
	struct fake *fake = board();
	u8 *probe = fake_host(fake, PROBE), *reference = fake_host(fake, REFERENCE);
	struct limen_hw_cqe cqe;

	sqe.dim = core_to_le16(LIMEN_DIM_MAX);
	memset(probe, 0x80, LIMEN_DIM_MAX);
	memset(reference, _i ? 0x7f : 0x80, LIMEN_DIM_MAX);
	cqe = execute(fake, &sqe);
	check_score(fake, &cqe, probe, reference, LIMEN_DIM_MAX);
	ck_assert_int_eq((s32)core_le32(cqe.similarity),
			 _i ? -LIMEN_SIMILARITY_ONE : LIMEN_SIMILARITY_ONE);
}
END_TEST

static const struct spoiled compares[] = {
	{ FIELD(opcode), 0, LIMEN_HW_BAD_DESCRIPTOR },
	{ FIELD(opcode), LIMEN_HW_OP_CAPTURE, LIMEN_HW_BAD_DESCRIPTOR },
	{ FIELD(opcode), 0xff, LIMEN_HW_BAD_DESCRIPTOR },
	{ FIELD(flags), 4, LIMEN_HW_BAD_DESCRIPTOR },
	{ FIELD(flags), 0x80, LIMEN_HW_BAD_DESCRIPTOR },
	{ FIELD(flags), 0xff, LIMEN_HW_BAD_DESCRIPTOR },
	{ FIELD(flags), LIMEN_HW_F_PROBE_ON_CARD, LIMEN_HW_BUS_ERROR },
	{ FIELD(flags), LIMEN_HW_F_REFERENCE_ON_CARD, LIMEN_HW_BUS_ERROR },
	{ FIELD(dim), 0, LIMEN_HW_BAD_DESCRIPTOR },
	{ FIELD(dim), 1, LIMEN_HW_BAD_DESCRIPTOR },
	{ FIELD(dim), 96, LIMEN_HW_BAD_DESCRIPTOR },
	{ FIELD(dim), 513, LIMEN_HW_BAD_DESCRIPTOR },
	{ FIELD(dim), 576, LIMEN_HW_BAD_DESCRIPTOR },
	{ FIELD(dim), 0xffc0, LIMEN_HW_BAD_DESCRIPTOR },
	{ FIELD(reserved), 1, LIMEN_HW_BAD_DESCRIPTOR },
	{ FIELD(reserved), 0x8000, LIMEN_HW_BAD_DESCRIPTOR },
	{ BYTES(compare.reserved, 0, 1), 1, LIMEN_HW_BAD_DESCRIPTOR },
	{ BYTES(compare.reserved, 15, 1), 0x80, LIMEN_HW_BAD_DESCRIPTOR },
	{ BYTES(compare.reserved, 20, 1), 1, LIMEN_HW_BAD_DESCRIPTOR },
	{ BYTES(compare.reserved, 24, 1), 1, LIMEN_HW_BAD_DESCRIPTOR },
	{ BYTES(compare.reserved, 39, 1), 0x80, LIMEN_HW_BAD_DESCRIPTOR },
	{ FIELD(compare.probe), PROBE + 1, LIMEN_HW_BAD_DESCRIPTOR },
	{ FIELD(compare.probe), PROBE + 32, LIMEN_HW_BAD_DESCRIPTOR },
	{ FIELD(compare.probe), PROBE + 4096 - 64, LIMEN_HW_BAD_DESCRIPTOR },
	{ FIELD(compare.probe), FAKE_SQ - 4096, LIMEN_HW_BUS_ERROR },
	{ FIELD(compare.probe), FAKE_SQ + FAKE_HOST_SIZE, LIMEN_HW_BUS_ERROR },
	{ FIELD(compare.probe), 0xffffffffffffff80, LIMEN_HW_BUS_ERROR },
	{ FIELD(compare.probe), 0xffffffffffffffc0, LIMEN_HW_BAD_DESCRIPTOR },
	{ FIELD(compare.reference), REFERENCE + 1, LIMEN_HW_BAD_DESCRIPTOR },
	{ FIELD(compare.reference), REFERENCE + 63, LIMEN_HW_BAD_DESCRIPTOR },
	{ FIELD(compare.reference), REFERENCE - 64, LIMEN_HW_BAD_DESCRIPTOR },
	{ FIELD(compare.reference), 0, LIMEN_HW_BUS_ERROR },
	{ FIELD(compare.reference), 0xffffffffffffff80, LIMEN_HW_BUS_ERROR },
	{ FIELD(compare.reference), 0xffffffffffffffff, LIMEN_HW_BAD_DESCRIPTOR },
};

START_TEST(spoiled_comparison)
{
	struct limen_hw_sqe sqe = compare_sqe();
	struct fake *fake = board();

	spoil(&sqe, &compares[_i]);
	check_failed(fake, execute(fake, &sqe), compares[_i].status);
}
END_TEST

/* Neither loads anything before all that can be checked without is. */
START_TEST(spoiled_descriptors_load_nothing)
{
	struct limen_hw_sqe sqe = compare_sqe();
	struct fake *fake = board();
	int i;

	for (i = 0; i < 5; i++) {
		sqe.compare.reserved[i] = core_to_le64(1ull << 63);
		check_failed(fake, execute(fake, &sqe), LIMEN_HW_BAD_DESCRIPTOR);
		ck_assert_uint_eq(core_compare_check(&sqe), LIMEN_HW_BAD_DESCRIPTOR);
		sqe.compare.reserved[i] = 0;
		ck_assert_uint_eq(core_compare_check(&sqe), LIMEN_HW_OK);
	}
	sqe = scan_sqe();
	for (i = 0; i < 2; i++) {
		sqe.scan.reserved[i] = core_to_le64(1ull << 63);
		check_failed(fake, execute(fake, &sqe), LIMEN_HW_BAD_DESCRIPTOR);
		sqe.scan.reserved[i] = 0;
		ck_assert_uint_eq(core_scan_check(&fake->core, &sqe), LIMEN_HW_OK);
	}
	sqe.scan.top_k = 0;
	check_failed(fake, execute(fake, &sqe), LIMEN_HW_BAD_DESCRIPTOR);
	ck_assert_uint_eq(fake->accesses, 0);
}
END_TEST

static const struct spoiled captures[] = {
	{ FIELD(opcode), 0, LIMEN_HW_BAD_DESCRIPTOR },
	{ FIELD(opcode), LIMEN_HW_OP_SCAN, LIMEN_HW_BAD_DESCRIPTOR },
	{ FIELD(flags), 1, LIMEN_HW_BAD_DESCRIPTOR },
	{ FIELD(flags), 0x80, LIMEN_HW_BAD_DESCRIPTOR },
	{ FIELD(dim), 64, LIMEN_HW_BAD_DESCRIPTOR },
	{ FIELD(reserved), 0x8000, LIMEN_HW_BAD_DESCRIPTOR },
	{ FIELD(capture.size), FRAME - 1, LIMEN_HW_BAD_DESCRIPTOR },
	{ FIELD(capture.size), 0, LIMEN_HW_BAD_DESCRIPTOR },
	{ FIELD(capture.size), FRAME, LIMEN_HW_OK },
	{ FIELD(capture.size), 0xffffffff, LIMEN_HW_OK },
	{ BYTES(capture.reserved, 0, 1), 1, LIMEN_HW_BAD_DESCRIPTOR },
	{ BYTES(capture.reserved, 43, 1), 0x80, LIMEN_HW_BAD_DESCRIPTOR },
	{ FIELD(cookie), 0xffff, LIMEN_HW_OK },
	/* Whether there is such memory, only writing there tells. */
	{ FIELD(capture.buffer), ~0ull, LIMEN_HW_OK },
};

START_TEST(captures_field_by_field)
{
	struct limen_hw_sqe sqe = {
		.opcode = LIMEN_HW_OP_CAPTURE,
		.capture.size = core_to_le32(FRAME + 1),
	};

	ck_assert_uint_eq(core_capture_check(&sqe, FRAME), LIMEN_HW_OK);
	spoil(&sqe, &captures[_i]);
	ck_assert_uint_eq(core_capture_check(&sqe, FRAME), captures[_i].status);
}
END_TEST

/* Where a vector may lie: up to the end of a page, up to the end of card memory. */
static void check_place(u64 address, bool on_card, u32 dim, u16 status)
{
	struct limen_hw_sqe sqe = compare_sqe();
	struct fake *fake = board();
	struct limen_hw_cqe cqe;

	sqe.dim = core_to_le16((u16)dim);
	sqe.flags = on_card ? LIMEN_HW_F_REFERENCE_ON_CARD : 0;
	sqe.compare.reference = core_to_le64(address);
	cqe = execute(fake, &sqe);
	if (status) {
		check_failed(fake, cqe, status);
		/* Of card memory no more is asked for than there is. */
		ck_assert_uint_eq(fake->accesses, 1);
	} else {
		check_score(fake, &cqe, fake_host(fake, PROBE), on_card ?
			    fake->card + address : fake_host(fake, address), dim);
	}
}

START_TEST(places_of_vectors)
{
	const u32 dim = (u32)_i * LIMEN_DIM_STEP;
	u32 i;

	check_place(FAKE_DATA + 4096 - dim, false, dim, LIMEN_HW_OK);
	check_place(FAKE_DATA + 4096 - dim + 64, false, dim,
		    dim > 64 ? LIMEN_HW_BAD_DESCRIPTOR : LIMEN_HW_OK);
	check_place(FAKE_CARD_SIZE - dim, true, dim, LIMEN_HW_OK);
	check_place(FAKE_CARD_SIZE - dim + 64, true, dim, LIMEN_HW_BUS_ERROR);
	/* In card memory there are no pages. */
	check_place(4096 - 64, true, dim, LIMEN_HW_OK);
	check_place(FAKE_CARD_SIZE, true, dim, LIMEN_HW_BUS_ERROR);
	check_place(0x100000000, true, dim, LIMEN_HW_BUS_ERROR);
	check_place(0ull - dim, true, dim, LIMEN_HW_BUS_ERROR);
	check_place(0xffffffffffffffc0, true, dim, LIMEN_HW_BUS_ERROR);
	for (i = 1; i < LIMEN_HW_VECTOR_ALIGN; i++) {
		check_place(i, true, dim, LIMEN_HW_BAD_DESCRIPTOR);
		check_place(FAKE_DATA + i, false, dim, LIMEN_HW_BAD_DESCRIPTOR);
	}
}
END_TEST

/* Card memory that is smaller than a vector. */
START_TEST(little_card_memory)
{
	struct limen_hw_sqe sqe = compare_sqe();
	struct fake *fake = board();

	sqe.flags = LIMEN_HW_F_PROBE_ON_CARD;
	sqe.compare.probe = 0;
	fake->core.mem_size = (u64)_i * 64;
	check_failed(fake, execute(fake, &sqe), LIMEN_HW_BUS_ERROR);
	sqe = scan_sqe();
	sqe.scan.gallery = 0;
	sqe.scan.rows = core_to_le32(1);
	check_failed(fake, execute(fake, &sqe), LIMEN_HW_BUS_ERROR);
	ck_assert_uint_eq(fake->accesses, 0);
}
END_TEST

START_TEST(vectors_that_cannot_be_loaded)
{
	struct limen_hw_sqe sqe = compare_sqe();
	struct fake *fake = board();

	fake->spoil = _i % 2 ? CORE_REFUSED : CORE_DENIED;
	fake->spoil_in = 1 + (unsigned int)_i / 2;
	check_failed(fake, execute(fake, &sqe), LIMEN_HW_BUS_ERROR);
	ck_assert_uint_eq(fake->accesses, 1 + (unsigned int)_i / 2);
	/* It is the entry that fails, not the board. */
	ck_assert_uint_eq(fake->events, 0);
}
END_TEST

START_TEST(a_probe_that_cannot_be_loaded)
{
	struct limen_hw_sqe sqe = scan_sqe();
	struct fake *fake = board();

	fake->spoil = _i ? CORE_REFUSED : CORE_DENIED;
	fake->spoil_in = 1;
	check_failed(fake, execute(fake, &sqe), LIMEN_HW_BUS_ERROR);
	ck_assert_uint_eq(fake->accesses, 1);
	ck_assert_uint_eq(fake->scans + fake->events, 0);
}
END_TEST

static const struct {
	u64 ns;
	u32 clock_khz;
	u32 cycles;
} times[] = {
	{ 0, 1000000, 0 },
	{ 1, 1000000, 1 },
	{ 999999, 1, 0 },
	{ 1000000, 1, 1 },
	{ 1000, 250000, 250 },
	{ 7, 333333, 2 },
	{ 0xfffffffe, 1000000, 0xfffffffe },
	{ 0xffffffff, 1000000, 0xffffffff },
	{ 0x100000000, 1000000, 0xffffffff },
	{ 0x1ffffffff, 500000, 0xffffffff },
	{ 0x1fffffffd, 500000, 0xfffffffe },
	{ 1ull << 32, 16000000, 0xffffffff },
	{ (1ull << 40) - 1, 1, 1099511 },
	{ (1ull << 40) - 1, 16000000, 0xffffffff },
	{ (1ull << 40) - 1, 3000, 3298534883 },
	{ 1ull << 40, 1, 0xffffffff },
	{ ~0ull, 1000000, 0xffffffff },
};

START_TEST(cycles)
{
	struct limen_hw_sqe sqe = _i % 2 ? compare_sqe() : scan_sqe();
	const u64 ns = times[_i / 2].ns;
	struct fake *fake = board();
	struct limen_hw_cqe cqe;

	fake->core.clock_khz = times[_i / 2].clock_khz;
	fake->now_ns = 0x123456789;
	if (_i % 2)
		core_compare(&fake->core, &fake->work, &sqe, fake->now_ns - ns, &cqe);
	else
		core_scan(&fake->core, &fake->work, &sqe, fake->now_ns - ns, &cqe);
	ck_assert_uint_eq(core_le16(cqe.status), LIMEN_HW_OK);
	ck_assert(core_le64(cqe.device_ns) == ns);
	ck_assert_uint_eq(core_le32(cqe.cycles), times[_i / 2].cycles);
}
END_TEST

/* Each look at the clock takes a while: two for a vector, one at the end. */
START_TEST(time_spent)
{
	struct limen_hw_sqe compare = compare_sqe(), scan = scan_sqe();
	struct fake *fake = board();
	struct limen_hw_cqe cqe;

	fake->now_ns = 1ull << 40;
	fake->tick_ns = 1000;
	cqe = execute(fake, &compare);
	ck_assert_uint_eq(core_le64(cqe.device_ns), 5000);
	ck_assert_uint_eq(core_le32(cqe.cycles), 5000);
	ck_assert_uint_eq(fake->work.stall_ns, 2000);
	cqe = execute(fake, &scan);
	ck_assert_uint_eq(core_le64(cqe.device_ns), 3000);
	ck_assert_uint_eq(fake->work.stall_ns, 3000);
}
END_TEST

static const struct spoiled scans[] = {
	{ FIELD(flags), LIMEN_HW_F_REFERENCE_ON_CARD, LIMEN_HW_BAD_DESCRIPTOR },
	{ FIELD(flags), 3, LIMEN_HW_BAD_DESCRIPTOR },
	{ FIELD(flags), 0x81, LIMEN_HW_BAD_DESCRIPTOR },
	{ FIELD(flags), LIMEN_HW_F_PROBE_ON_CARD, LIMEN_HW_BUS_ERROR },
	{ FIELD(dim), 0, LIMEN_HW_BAD_DESCRIPTOR },
	{ FIELD(dim), 127, LIMEN_HW_BAD_DESCRIPTOR },
	/* Valid, but longer than a row. */
	{ FIELD(dim), 256, LIMEN_HW_BAD_DESCRIPTOR },
	{ FIELD(dim), 576, LIMEN_HW_BAD_DESCRIPTOR },
	{ FIELD(reserved), 1, LIMEN_HW_BAD_DESCRIPTOR },
	{ FIELD(reserved), 0x8000, LIMEN_HW_BAD_DESCRIPTOR },
	{ BYTES(scan.reserved, 0, 1), 1, LIMEN_HW_BAD_DESCRIPTOR },
	{ BYTES(scan.reserved, 7, 1), 0x80, LIMEN_HW_BAD_DESCRIPTOR },
	{ BYTES(scan.reserved, 8, 1), 1, LIMEN_HW_BAD_DESCRIPTOR },
	{ BYTES(scan.reserved, 15, 1), 0x80, LIMEN_HW_BAD_DESCRIPTOR },
	{ FIELD(scan.probe), PROBE + 8, LIMEN_HW_BAD_DESCRIPTOR },
	{ FIELD(scan.probe), PROBE + 4096 - 64, LIMEN_HW_BAD_DESCRIPTOR },
	{ FIELD(scan.probe), 0, LIMEN_HW_BUS_ERROR },
	{ FIELD(scan.probe), 0xffffffffffffff80, LIMEN_HW_BUS_ERROR },
	{ FIELD(scan.gallery), GALLERY + 1, LIMEN_HW_BAD_DESCRIPTOR },
	{ FIELD(scan.gallery), GALLERY + 32, LIMEN_HW_BAD_DESCRIPTOR },
	{ FIELD(scan.gallery), FAKE_CARD_SIZE - 99 * STRIDE - DIM + 64, LIMEN_HW_BUS_ERROR },
	{ FIELD(scan.gallery), FAKE_CARD_SIZE, LIMEN_HW_BUS_ERROR },
	{ FIELD(scan.gallery), 0x100000000, LIMEN_HW_BUS_ERROR },
	{ FIELD(scan.gallery), 0xffffffffffffffc0, LIMEN_HW_BUS_ERROR },
	{ FIELD(scan.gallery), 0ull - 99 * STRIDE - DIM, LIMEN_HW_BUS_ERROR },
	{ FIELD(scan.gallery), 0xffffffffffffffff, LIMEN_HW_BAD_DESCRIPTOR },
	{ FIELD(scan.stride), 0, LIMEN_HW_BAD_DESCRIPTOR },
	{ FIELD(scan.stride), 64, LIMEN_HW_BAD_DESCRIPTOR },
	{ FIELD(scan.stride), 127, LIMEN_HW_BAD_DESCRIPTOR },
	{ FIELD(scan.stride), 160, LIMEN_HW_BAD_DESCRIPTOR },
	{ FIELD(scan.stride), 193, LIMEN_HW_BAD_DESCRIPTOR },
	{ FIELD(scan.stride), 384, LIMEN_HW_BUS_ERROR },
	{ FIELD(scan.stride), 0xffffffc0, LIMEN_HW_BUS_ERROR },
	/* Ninety-nine of these are 64 modulo 2^32. */
	{ FIELD(scan.stride), 0xd6a052c0, LIMEN_HW_BUS_ERROR },
	{ FIELD(scan.rows), 0, LIMEN_HW_BAD_DESCRIPTOR },
	{ FIELD(scan.rows), 172, LIMEN_HW_BUS_ERROR },
	{ FIELD(scan.rows), 0xffffffff, LIMEN_HW_BUS_ERROR },
	/* As many strides as are 0 modulo 2^32, and one row. */
	{ FIELD(scan.rows), 0x4000001, LIMEN_HW_BUS_ERROR },
	{ FIELD(scan.top_k), 0, LIMEN_HW_BAD_DESCRIPTOR },
	{ FIELD(scan.top_k), LIMEN_HW_TOP_K_MAX + 1, LIMEN_HW_BAD_DESCRIPTOR },
	{ FIELD(scan.top_k), 0x10000001, LIMEN_HW_BAD_DESCRIPTOR },
	{ FIELD(scan.top_k), 0xffffffff, LIMEN_HW_BAD_DESCRIPTOR },
};

START_TEST(spoiled_scan)
{
	struct limen_hw_sqe sqe = scan_sqe();
	struct fake *fake = board();

	/* Of an earlier scan nothing shows. */
	fake->work.best.limit = 5;
	fake->work.best.count = 5;
	spoil(&sqe, &scans[_i]);
	check_failed(fake, execute(fake, &sqe), scans[_i].status);
	ck_assert_uint_eq(fake->scans, 0);
}
END_TEST

START_TEST(opcodes_of_other_rings)
{
	struct limen_hw_sqe sqe = scan_sqe();
	struct fake *fake = board();
	struct limen_hw_cqe cqe;

	sqe.opcode = _i ? LIMEN_HW_OP_CAPTURE : LIMEN_HW_OP_COMPARE;
	core_scan(&fake->core, &fake->work, &sqe, 0, &cqe);
	check_failed(fake, cqe, LIMEN_HW_BAD_DESCRIPTOR);
	sqe = compare_sqe();
	sqe.opcode = _i ? LIMEN_HW_OP_CAPTURE : LIMEN_HW_OP_SCAN;
	core_compare(&fake->core, &fake->work, &sqe, 0, &cqe);
	check_failed(fake, cqe, LIMEN_HW_BAD_DESCRIPTOR);
	ck_assert_uint_eq(fake->accesses, 0);
}
END_TEST

/* Galleries that just fit. */
static const struct {
	u32 stride;
	u32 rows;
	u64 gallery;
	u16 status;
} galleries[] = {
	{ 128, 512, 0, LIMEN_HW_OK },
	{ 128, 513, 0, LIMEN_HW_BUS_ERROR },
	{ 128, 512, 64, LIMEN_HW_BUS_ERROR },
	{ 192, 341, 0, LIMEN_HW_OK },
	{ 192, 342, 0, LIMEN_HW_BUS_ERROR },
	/* The last row need not have what lies between rows. */
	{ 192, 341, 128, LIMEN_HW_OK },
	{ 192, 341, 192, LIMEN_HW_BUS_ERROR },
	{ 0x8000, 2, 0x7f80, LIMEN_HW_OK },
	{ 0x8000, 2, 0x7fc0, LIMEN_HW_BUS_ERROR },
	{ 0xffffffc0, 1, FAKE_CARD_SIZE - 128, LIMEN_HW_OK },
	{ 0xffffffc0, 0xffffffff, 0, LIMEN_HW_BUS_ERROR },
};

static int compare_rows(const void *left, const void *right)
{
	const struct limen_hw_row *a = left, *b = right;
	s32 a_similarity = (s32)core_le32(a->similarity);
	s32 b_similarity = (s32)core_le32(b->similarity);

	if (a_similarity != b_similarity)
		return a_similarity > b_similarity ? -1 : 1;
	return core_le32(a->row) < core_le32(b->row) ? -1 : 1;
}

/* All rows of a gallery are scored and sorted; the best of them are the result. */
static void check_result(struct fake *fake, const struct limen_hw_sqe *sqe,
			 const struct limen_hw_cqe *cqe)
{
	const u32 rows = core_le32(sqe->scan.rows), top_k = core_le32(sqe->scan.top_k);
	const u8 *gallery = fake->card + core_le64(sqe->scan.gallery);
	const u8 *result = fake_host(fake, core_le64(sqe->scan.result));
	struct limen_hw_row expected[1024] = {};
	u32 i, count = 0;

	for (i = 0; i < rows; i++) {
		struct limen_score score = limen_score_vectors(
			fake_host(fake, PROBE),
			(const s8 *)gallery + (size_t)i * core_le32(sqe->scan.stride),
			core_le16(sqe->dim));

		if (score.similarity >= (s32)core_le32(sqe->scan.min_similarity))
			expected[count++] = (struct limen_hw_row){
				core_to_le32(i), core_to_le32((u32)score.raw),
				core_to_le32((u32)score.similarity), 0 };
	}
	qsort(expected, count, sizeof(*expected), compare_rows);
	count = count < top_k ? count : top_k;
	ck_assert_uint_eq(core_le16(cqe->status), LIMEN_HW_OK);
	ck_assert_uint_eq(core_le32(cqe->count), count);
	ck_assert_uint_eq(core_le32(cqe->raw) | core_le32(cqe->similarity), 0);
	if (count)
		ck_assert_mem_eq(result, expected, count * sizeof(*expected));
	ck_assert(fake_zero(result - 16, 16));
	ck_assert(fake_zero(result + count * sizeof(*expected), 64));
}

/* In pieces, one after another, only the last of which may be short. */
static void check_pieces(const struct fake *fake, u64 result, u32 count)
{
	const u32 bytes = count * sizeof(struct limen_hw_row);
	u32 i, pieces = (bytes + CORE_PIECE - 1) / CORE_PIECE;

	/* The probe comes first. */
	ck_assert_uint_eq(fake->accesses, 1 + pieces);
	for (i = 0; i < pieces; i++) {
		const struct fake_access *access = &fake->log[1 + i];

		ck_assert(access->store && !access->on_card);
		ck_assert_uint_eq(access->address, result + i * (u64)CORE_PIECE);
		ck_assert_uint_eq(access->size, bytes - i * CORE_PIECE < CORE_PIECE ?
				  bytes - i * CORE_PIECE : CORE_PIECE);
	}
}

START_TEST(galleries_that_just_fit)
{
	struct limen_hw_sqe sqe = scan_sqe();
	struct fake *fake = board();
	struct limen_hw_cqe cqe;

	sqe.scan.stride = core_to_le32(galleries[_i].stride);
	sqe.scan.rows = core_to_le32(galleries[_i].rows);
	sqe.scan.gallery = core_to_le64(galleries[_i].gallery);
	ck_assert_uint_eq(core_scan_check(&fake->core, &sqe), galleries[_i].status);
	cqe = execute(fake, &sqe);
	if (galleries[_i].status)
		check_failed(fake, cqe, galleries[_i].status);
	else
		check_result(fake, &sqe, &cqe);
}
END_TEST

START_TEST(results)
{
	const u32 limits[] = { 1, 2, 3, 4, 5, 7, 8, 9, 63, 64, 99, 100, 101, 1024 };
	unsigned int i;

	for (i = 0; i < COUNT_OF(limits); i++) {
		struct limen_hw_sqe sqe = scan_sqe();
		struct fake *fake = board();
		struct limen_hw_cqe cqe;

		sqe.scan.top_k = core_to_le32(limits[i]);
		/* What an earlier scan has left is not in the way. */
		fake->work.best.count = 3;
		fake->rows[0].similarity = LIMEN_SIMILARITY_ONE;
		if (_i)
			sqe.scan.min_similarity = core_to_le32(500);
		cqe = execute(fake, &sqe);
		check_result(fake, &sqe, &cqe);
		check_pieces(fake, RESULT, core_le32(cqe.count));
		ck_assert_uint_eq(fake->reached.address, RESULT);
		ck_assert_uint_eq(fake->reached.size, limits[i] * 16);
	}
}
END_TEST

START_TEST(no_results)
{
	struct limen_hw_sqe sqe = scan_sqe();
	struct fake *fake = board();
	struct limen_hw_cqe cqe;

	sqe.scan.min_similarity = core_to_le32(LIMEN_SIMILARITY_ONE + 1);
	cqe = execute(fake, &sqe);
	check_result(fake, &sqe, &cqe);
	ck_assert_uint_eq(core_le32(cqe.count), 0);
	ck_assert_uint_eq(fake->accesses, 1);
}
END_TEST

START_TEST(a_probe_on_the_card)
{
	struct limen_hw_sqe sqe = scan_sqe();
	struct fake *fake = board();
	struct limen_hw_cqe cqe;

	sqe.flags = LIMEN_HW_F_PROBE_ON_CARD;
	sqe.scan.probe = core_to_le64(FAKE_CARD_SIZE - DIM);
	memcpy(fake->card + FAKE_CARD_SIZE - DIM, fake_host(fake, PROBE), DIM);
	cqe = execute(fake, &sqe);
	check_result(fake, &sqe, &cqe);
	ck_assert(fake->log[0].on_card);
}
END_TEST

/* Ten rows are three pieces; any can fail, and none is written after it. */
START_TEST(results_that_cannot_be_stored)
{
	struct limen_hw_sqe sqe = scan_sqe();
	struct fake *fake = board();
	struct limen_hw_cqe cqe;

	fake->spoil = _i % 2 ? CORE_REFUSED : CORE_DENIED;
	fake->spoil_in = 2 + (unsigned int)_i / 2;
	cqe = execute(fake, &sqe);
	ck_assert_uint_eq(core_le16(cqe.status), LIMEN_HW_BUS_ERROR);
	cqe.status = 0;
	ck_assert(fake_zero(&cqe, sizeof(cqe)));
	ck_assert_uint_eq(fake->accesses, 2 + (unsigned int)_i / 2);
	ck_assert_uint_eq(fake->events, 0);
}
END_TEST

START_TEST(results_out_of_reach)
{
	struct limen_hw_sqe sqe = scan_sqe();
	struct fake *fake = board();

	fake->unreachable = true;
	check_failed(fake, execute(fake, &sqe), LIMEN_HW_BUS_ERROR);
	ck_assert_uint_eq(fake->scans, 0);
	ck_assert_uint_eq(fake->reached.address, RESULT);
	ck_assert_uint_eq(fake->reached.size, TOP_K * 16);
}
END_TEST

START_TEST(a_scan_that_fails)
{
	struct limen_hw_sqe sqe = scan_sqe();
	struct fake *fake = board();

	fake->scan_status = (u16)_i;
	check_failed(fake, execute(fake, &sqe), (u16)_i);
	ck_assert_uint_eq(fake->scans, 1);
}
END_TEST

static void check_wiped(const struct fake *fake)
{
	ck_assert(fake_zero(fake->work.probe, sizeof(fake->work.probe)));
	ck_assert(fake_zero(fake->work.reference, sizeof(fake->work.reference)));
	ck_assert(fake_zero(fake->rows, sizeof(fake->rows)));
	ck_assert_uint_eq(fake->work.best.count, 0);
}

/* Whatever has become of them. */
START_TEST(comparisons_are_forgotten)
{
	struct limen_hw_sqe sqe = compare_sqe();
	struct fake *fake = board();

	sqe.dim = core_to_le16(LIMEN_DIM_MAX);
	fake->spoil = CORE_REFUSED;
	fake->spoil_in = (unsigned int)_i;
	execute(fake, &sqe);
	if (_i != 1)
		ck_assert(!fake_zero(fake->work.probe, LIMEN_DIM_MAX));
	core_work_wipe(&fake->work);
	check_wiped(fake);
	/* Who only compares has no room for rows. */
	fake->work.best.rows = NULL;
	execute(fake, &sqe);
	core_work_wipe(&fake->work);
	check_wiped(fake);
}
END_TEST

START_TEST(scans_are_forgotten)
{
	const u32 limits[] = { 1024, 1, 7, 1023, 3 };
	struct fake *fake = board();
	unsigned int i;

	for (i = 0; i < COUNT_OF(limits); i++) {
		struct limen_hw_sqe sqe = scan_sqe();

		sqe.scan.gallery = 0;
		sqe.scan.rows = core_to_le32(340);
		sqe.scan.top_k = core_to_le32(limits[i]);
		fake->scan_status = (u16)_i;
		execute(fake, &sqe);
		ck_assert(!fake_zero(fake->rows, sizeof(fake->rows)));
		core_work_wipe(&fake->work);
		check_wiped(fake);
	}
}
END_TEST

/* All that could have been used, also by an engine that has given up. */
START_TEST(rows_are_forgotten_up_to_the_limit)
{
	struct fake *fake = board();

	fake_fill(fake->rows, sizeof(fake->rows), 3);
	fake->work.best.limit = 7;
	fake->work.best.count = 2;
	core_work_wipe(&fake->work);
	ck_assert(fake_zero(fake->rows, 7 * sizeof(*fake->rows)));
	ck_assert_uint_eq(fake->work.best.count, 0);
	fake->work.best.limit = LIMEN_HW_TOP_K_MAX;
	core_work_wipe(&fake->work);
	check_wiped(fake);
}
END_TEST

static void add_comparisons(TCase *tcase)
{
	tcase_add_test(tcase, scores);
	tcase_add_loop_test(tcase, extreme_scores, 0, 2);
	tcase_add_loop_test(tcase, spoiled_comparison, 0, COUNT_OF(compares));
	tcase_add_test(tcase, spoiled_descriptors_load_nothing);
	tcase_add_loop_test(tcase, captures_field_by_field, 0, COUNT_OF(captures));
	tcase_add_loop_test(tcase, places_of_vectors, 1, 9);
	tcase_add_loop_test(tcase, little_card_memory, 0, 2);
	tcase_add_loop_test(tcase, vectors_that_cannot_be_loaded, 0, 4);
	tcase_add_loop_test(tcase, cycles, 0, 2 * COUNT_OF(times));
	tcase_add_test(tcase, time_spent);
	tcase_add_loop_test(tcase, comparisons_are_forgotten, 0, 3);
}

static void add_scans(TCase *tcase)
{
	tcase_add_loop_test(tcase, a_probe_that_cannot_be_loaded, 0, 2);
	tcase_add_loop_test(tcase, spoiled_scan, 0, COUNT_OF(scans));
	tcase_add_loop_test(tcase, opcodes_of_other_rings, 0, 2);
	tcase_add_loop_test(tcase, galleries_that_just_fit, 0, COUNT_OF(galleries));
	tcase_add_loop_test(tcase, results, 0, 2);
	tcase_add_test(tcase, no_results);
	tcase_add_test(tcase, a_probe_on_the_card);
	tcase_add_loop_test(tcase, results_that_cannot_be_stored, 0, 6);
	tcase_add_test(tcase, results_out_of_reach);
	tcase_add_loop_test(tcase, a_scan_that_fails, LIMEN_HW_BUS_ERROR, LIMEN_HW_ABORTED + 1);
	tcase_add_test(tcase, rows_are_forgotten_up_to_the_limit);
	tcase_add_loop_test(tcase, scans_are_forgotten, LIMEN_HW_OK, LIMEN_HW_ABORTED + 1);
}

int main(void)
{
	Suite *suite = suite_create("core-execute");
	TCase *comparisons = tcase_create("comparisons");
	TCase *of_galleries = tcase_create("scans");

	add_comparisons(comparisons);
	add_scans(of_galleries);
	suite_add_tcase(suite, comparisons);
	suite_add_tcase(suite, of_galleries);
	return suite_run(suite);
}
