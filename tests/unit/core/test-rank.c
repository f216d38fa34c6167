// SPDX-License-Identifier: MIT
/* The best rows of a scan are those that sorting all of them finds. */
#include "fake.h"

#define ROWS_MAX	3100
#define DIM		128
#define STRIDE		192

enum order { RANDOM, BETTER, WORSE, EQUAL, FEW, EXTREME, SAWTOOTH, ORDERS };

static int compare_rows(const void *left, const void *right)
{
	const struct core_row *a = left, *b = right;

	if (a->similarity != b->similarity)
		return a->similarity > b->similarity ? -1 : 1;
	return a->row < b->row ? -1 : 1;
}

static s32 similarity(enum order order, u32 i, u32 random)
{
	switch (order) {
	case BETTER:
		return (s32)i - 1500;
	case WORSE:
		return 1500 - (s32)i;
	case EQUAL:
		return 7;
	case FEW:
		return (s32)(random % 3) - 1;
	case EXTREME:
		return random % 2 ? INT32_MIN : INT32_MAX;
	case SAWTOOTH:
		return (s32)(i % 50);
	default:
		return (s32)(random % (2 * LIMEN_SIMILARITY_ONE + 1)) - LIMEN_SIMILARITY_ONE;
	}
}

static void make_rows(struct core_row *rows, u32 count, enum order order)
{
	u32 i, random[ROWS_MAX];

	fake_fill(random, sizeof(random), 1 + (u32)order);
	for (i = 0; i < count; i++) {
		rows[i].row = i;
		rows[i].raw = (s32)random[i];
		rows[i].similarity = similarity(order, i, random[i] >> 8);
	}
}

/* Nobody ranks before whom he is under. */
static bool is_heap(const struct core_ranking *ranking)
{
	u32 i;

	for (i = 1; i < ranking->count; i++)
		if (compare_rows(&ranking->rows[(i - 1) / 2], &ranking->rows[i]) < 0)
			return false;
	return true;
}

/* Of its own size, so that a sanitizer sees what is beyond. */
static void check_best(const struct core_row *rows, u32 count, u32 limit)
{
	struct core_ranking ranking = { calloc(limit, sizeof(*rows)), limit, 0 };
	struct core_row sorted[ROWS_MAX];
	bool heap = true;
	u32 i;

	ck_assert_ptr_nonnull(ranking.rows);
	for (i = 0; i < count; i++) {
		core_rank(&ranking, &rows[i]);
		/* To look at each of them after every row takes long. */
		if (i < 100 || i + 3 > count || i % 64 == 0)
			heap = heap && is_heap(&ranking);
	}
	ck_assert(heap);
	core_rank_sort(&ranking);
	memcpy(sorted, rows, count * sizeof(*rows));
	qsort(sorted, count, sizeof(*rows), compare_rows);
	ck_assert_uint_eq(ranking.count, count < limit ? count : limit);
	ck_assert_uint_eq(ranking.limit, limit);
	if (count)
		ck_assert_mem_eq(ranking.rows, sorted, ranking.count * sizeof(*rows));
	free(ranking.rows);
}

START_TEST(every_order)
{
	const u32 limits[] = { 1, 2, 3, 4, 5, 7, 8, 16, 100, 1000, 1023, 1024 };
	static struct core_row rows[ROWS_MAX];
	u32 i, j;

	for (i = 0; i < COUNT_OF(limits); i++) {
		const u32 limit = limits[i];
		const u32 counts[] = { 0, 1, 2, limit - 1, limit, limit + 1, 3 * limit };

		for (j = 0; j < COUNT_OF(counts); j++) {
			make_rows(rows, counts[j], (enum order)_i);
			check_best(rows, counts[j], limit);
		}
	}
}
END_TEST

START_TEST(every_limit)
{
	static struct core_row rows[ROWS_MAX];
	u32 limit;

	make_rows(rows, 1100, FEW);
	for (limit = 1; limit <= LIMEN_HW_TOP_K_MAX; limit += 1 + limit / 8)
		check_best(rows, 1100, limit);
	check_best(rows, 1100, LIMEN_HW_TOP_K_MAX);
}
END_TEST

/* In whatever order rows of equal similarity come, the lowest numbers stay. */
START_TEST(ties_that_come_backwards)
{
	static struct core_row rows[ROWS_MAX], backwards[ROWS_MAX];
	u32 i;

	make_rows(rows, 300, _i ? FEW : EQUAL);
	for (i = 0; i < 300; i++)
		backwards[i] = rows[299 - i];
	check_best(backwards, 300, 1);
	check_best(backwards, 300, 20);
	check_best(backwards, 300, 299);
}
END_TEST

/* A gallery and a probe; some rows are the probe, nearly its opposite, zero, or extreme. */
struct gallery {
	s8 *rows;
	u32 count;
	struct limen_hw_sqe sqe;
};

static struct gallery gallery_open(struct fake *fake, u32 count)
{
	const size_t size = (size_t)(count - 1) * STRIDE + DIM;
	struct gallery gallery = { malloc(size), count, {} };
	u32 i, j;

	ck_assert_ptr_nonnull(gallery.rows);
	fake_fill(gallery.rows, size, count);
	fake_fill(fake->work.probe, DIM, 99);
	for (i = 0; i < count; i++) {
		s8 *row = gallery.rows + (size_t)i * STRIDE;

		for (j = 0; i % 8 < 4 && j < DIM; j++) {
			const s8 kinds[] = {
				fake->work.probe[j], (s8)~fake->work.probe[j], 0, -128,
			};

			row[j] = kinds[i % 8];
		}
	}
	gallery.sqe.opcode = LIMEN_HW_OP_SCAN;
	gallery.sqe.dim = core_to_le16(DIM);
	gallery.sqe.scan.stride = core_to_le32(STRIDE);
	gallery.sqe.scan.rows = core_to_le32(count);
	return gallery;
}

/* All rows whose similarity is not below @least, in order; their number. */
static u32 sort_gallery(const struct fake *fake, const struct gallery *gallery, s32 least,
			struct core_row *rows)
{
	u32 i, count = 0;

	for (i = 0; i < gallery->count; i++) {
		struct limen_score score = limen_score_vectors(
			fake->work.probe, gallery->rows + (size_t)i * STRIDE, DIM);

		if (score.similarity >= least)
			rows[count++] = (struct core_row){ i, score.raw, score.similarity };
	}
	qsort(rows, count, sizeof(*rows), compare_rows);
	return count;
}

static void check_scan(struct fake *fake, struct gallery *gallery, u32 limit, s32 least, u32 part)
{
	struct core_ranking *best = &fake->work.best;
	struct core_row rows[ROWS_MAX];
	u32 first, count = sort_gallery(fake, gallery, least, rows);

	gallery->sqe.scan.min_similarity = core_to_le32((u32)least);
	best->limit = limit;
	best->count = 0;
	for (first = 0; first < gallery->count; first += part)
		core_rank_rows(&fake->work, &gallery->sqe, gallery->rows + (size_t)first * STRIDE,
			       first, part < gallery->count - first ? part :
				      gallery->count - first);
	core_rank_sort(best);
	ck_assert_uint_eq(best->count, count < limit ? count : limit);
	if (best->count)
		ck_assert_mem_eq(best->rows, rows, best->count * sizeof(*rows));
}

START_TEST(whole_and_in_parts)
{
	const u32 parts[] = { 1, 2, 7, 64, 499, 500, 501 };
	struct fake *fake = fake_open();
	struct gallery gallery = gallery_open(fake, 500);
	unsigned int i;

	for (i = 0; i < COUNT_OF(parts); i++) {
		check_scan(fake, &gallery, 1, INT32_MIN, parts[i]);
		check_scan(fake, &gallery, 10, INT32_MIN, parts[i]);
		check_scan(fake, &gallery, 100, 0, parts[i]);
		check_scan(fake, &gallery, 1024, INT32_MIN, parts[i]);
	}
	free(gallery.rows);
}
END_TEST

START_TEST(thresholds)
{
	const s32 least[] = {
		INT32_MIN, -LIMEN_SIMILARITY_ONE - 1, -LIMEN_SIMILARITY_ONE,
		1 - LIMEN_SIMILARITY_ONE, -1000, -1, 0, 1, 1000, LIMEN_SIMILARITY_ONE - 1,
		LIMEN_SIMILARITY_ONE, LIMEN_SIMILARITY_ONE + 1, INT32_MAX,
	};
	struct fake *fake = fake_open();
	struct gallery gallery = gallery_open(fake, 200);
	unsigned int i;

	for (i = 0; i < COUNT_OF(least); i++) {
		check_scan(fake, &gallery, 1024, least[i], 200);
		check_scan(fake, &gallery, 5, least[i], 33);
	}
	/* The probe is there, and only it reaches the most. */
	check_scan(fake, &gallery, 1024, LIMEN_SIMILARITY_ONE, 200);
	ck_assert_uint_eq(fake->work.best.count, 200 / 8);
	ck_assert_uint_eq(fake->rows[0].row, 0);
	ck_assert_int_eq(fake->rows[0].similarity, LIMEN_SIMILARITY_ONE);
	check_scan(fake, &gallery, 1024, LIMEN_SIMILARITY_ONE + 1, 200);
	ck_assert_uint_eq(fake->work.best.count, 0);
	free(gallery.rows);
}
END_TEST

/* Numbers go to the end of what 32 bits hold. */
START_TEST(the_last_rows)
{
	struct fake *fake = fake_open();
	struct gallery gallery = gallery_open(fake, 4);

	gallery.sqe.scan.min_similarity = core_to_le32((u32)INT32_MIN);
	fake->work.best.limit = 8;
	core_rank_rows(&fake->work, &gallery.sqe, gallery.rows, 0xfffffffc, 4);
	ck_assert_uint_eq(fake->work.best.count, 4);
	core_rank_rows(&fake->work, &gallery.sqe, gallery.rows, 0xfffffffc, 0);
	ck_assert_uint_eq(fake->work.best.count, 4);
	core_rank_sort(&fake->work.best);
	ck_assert_uint_eq(fake->rows[0].row, 0xfffffffc);
	free(gallery.rows);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core-rank");
	TCase *tcase = tcase_create("rank");

	tcase_add_loop_test(tcase, every_order, 0, ORDERS);
	tcase_add_test(tcase, every_limit);
	tcase_add_loop_test(tcase, ties_that_come_backwards, 0, 2);
	tcase_add_test(tcase, whole_and_in_parts);
	tcase_add_test(tcase, thresholds);
	tcase_add_test(tcase, the_last_rows);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
