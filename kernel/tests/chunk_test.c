// SPDX-License-Identifier: GPL-2.0-only
/*
 * How large chunks become, with boards of all sorts.
 */
#include <kunit/test.h>

/* What is tested is compiled in here, so that nothing has to be exported. */
#include "../chunk.c"

/* A board that needs @fixed nanoseconds for a chunk and one for @rate bytes. */
static u64 board_ns(u32 bytes, u64 fixed, u64 rate)
{
	return fixed + div64_u64(bytes, rate);
}

/* The size after many chunks of a long scan. */
static u32 settled(u32 size, u64 fixed, u64 rate)
{
	unsigned int i;

	for (i = 0; i < 200; i++)
		size = limen_chunk_learn(size, size,
					 board_ns(size, fixed, rate));
	return size;
}

/* From wherever it starts, a chunk takes what it should, within a hundredth. */
static void converges(struct kunit *test)
{
	static const u64 rates[] = { 1, 2, 8, 30, 100 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rates); i++) {
		u32 low = settled(LIMEN_CHUNK_MIN, 1000, rates[i]);
		u32 high = settled(LIMEN_CHUNK_MAX, 1000, rates[i]);
		u64 ns = board_ns(low, 1000, rates[i]);

		KUNIT_EXPECT_GE(test, ns, LIMEN_CHUNK_NS * 99 / 100);
		KUNIT_EXPECT_LE(test, ns, LIMEN_CHUNK_NS * 101 / 100);
		ns = board_ns(high, 1000, rates[i]);
		KUNIT_EXPECT_GE(test, ns, LIMEN_CHUNK_NS * 99 / 100);
		KUNIT_EXPECT_LE(test, ns, LIMEN_CHUNK_NS * 101 / 100);
	}
}

/* A board that is too slow for the least, and one too fast for the most. */
static void stays_within_bounds(struct kunit *test)
{
	/* The last bytes to a bound may be lost to rounding, never exceeded. */
	KUNIT_EXPECT_LT(test, settled(LIMEN_CHUNK_MAX, LIMEN_CHUNK_NS, 1),
			LIMEN_CHUNK_MIN + LIMEN_CHUNK_WEIGHT);
	KUNIT_EXPECT_GE(test, settled(LIMEN_CHUNK_MAX, LIMEN_CHUNK_NS, 1),
			LIMEN_CHUNK_MIN);
	KUNIT_EXPECT_GT(test, settled(LIMEN_CHUNK_MIN, 0, 1000),
			LIMEN_CHUNK_MAX - LIMEN_CHUNK_WEIGHT);
	KUNIT_EXPECT_LE(test, settled(LIMEN_CHUNK_MIN, 0, 1000),
			LIMEN_CHUNK_MAX);
}

/* Times that no board needs: one such chunk changes little, many not much. */
static void lies_are_bounded(struct kunit *test)
{
	static const u64 lies[] = { 0, 1, LIMEN_CHUNK_NS, U32_MAX, 1ull << 63,
				    U64_MAX };
	static const u32 sizes[] = { LIMEN_CHUNK_MIN, 500000, LIMEN_CHUNK_MAX };
	static const u32 chunks[] = { 0, 1, LIMEN_CHUNK_MAX, U32_MAX };
	unsigned int i, j, k;

	for (i = 0; i < ARRAY_SIZE(lies); i++)
		for (j = 0; j < ARRAY_SIZE(sizes); j++)
			for (k = 0; k < ARRAY_SIZE(chunks); k++) {
				u32 size = sizes[j];
				u32 next = limen_chunk_learn(size, chunks[k],
							     lies[i]);

				KUNIT_EXPECT_GE(test, next, LIMEN_CHUNK_MIN);
				KUNIT_EXPECT_LE(test, next, LIMEN_CHUNK_MAX);
				KUNIT_EXPECT_GE(test, next, size - size / 4);
				KUNIT_EXPECT_LE(test, next, size + size / 4);
			}
}

/* Short scans cost their entry, which says nothing of how fast rows are. */
static void short_chunks_teach_nothing(struct kunit *test)
{
	u32 size = 1 << 20;

	KUNIT_EXPECT_EQ(test, limen_chunk_learn(size, 512, 5000), size);
	KUNIT_EXPECT_EQ(test,
			limen_chunk_learn(size, size / 2 - 1, LIMEN_CHUNK_NS),
			size);
	/* Unless they take too long even so. */
	KUNIT_EXPECT_LT(test,
			limen_chunk_learn(size, 512, LIMEN_CHUNK_NS + 1), size);
	KUNIT_EXPECT_LT(test,
			limen_chunk_learn(size, size / 2, LIMEN_CHUNK_NS), size);
}

static void rows(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, limen_chunk_rows(LIMEN_CHUNK_MIN, 512, U32_MAX),
			32u);
	KUNIT_EXPECT_EQ(test, limen_chunk_rows(LIMEN_CHUNK_MIN + 511, 512, 33),
			32u);
	KUNIT_EXPECT_EQ(test, limen_chunk_rows(LIMEN_CHUNK_MIN, 192, U32_MAX),
			85u);
	KUNIT_EXPECT_EQ(test, limen_chunk_rows(LIMEN_CHUNK_MIN, 512, 31), 31u);
	KUNIT_EXPECT_EQ(test, limen_chunk_rows(LIMEN_CHUNK_MAX, 64, 1), 1u);
	/* At least one row of any size, since a scan must come to its end. */
	KUNIT_EXPECT_GE(test,
			limen_chunk_rows(LIMEN_CHUNK_MIN, LIMEN_DIM_MAX, 1), 1u);
}

static struct kunit_case chunk_cases[] = {
	KUNIT_CASE(converges),
	KUNIT_CASE(stays_within_bounds),
	KUNIT_CASE(lies_are_bounded),
	KUNIT_CASE(short_chunks_teach_nothing),
	KUNIT_CASE(rows),
	{ }
};

static struct kunit_suite chunk_suite = {
	.name = "limen-chunk",
	.test_cases = chunk_cases,
};

kunit_test_suite(chunk_suite);
