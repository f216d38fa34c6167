// SPDX-License-Identifier: MIT
/*
 * AMX int8, for many probes at once; all else is what AVX-512 VNNI does.
 *
 * An AMX tile is 16 rows of 64 bytes, and one instruction multiplies a tile of
 * unsigned bytes by a tile of signed ones, adding to a tile of 16 x 16 sums. Here
 * the unsigned bytes are 64 components of 16 rows of the gallery, joined from
 * both planes and still biased by 128; the signed ones are the same components of
 * 16 probes.
 *
 * A block of 32 rows stays in the first-level cache while all probes pass, 32 at
 * a time: two tiles of either make four products of four loads. More rows would
 * halve what comes from the second-level cache, but evict one another from the
 * first. Sums do not begin at zero but at the -128 * sum that undoes the bias. They
 * are then compared in registers that hold 16 probes each: the highest sum of 16
 * rows with what the bound demands of the shortest of them, and only if that is
 * reached, row by row.
 *
 * The unit for products is busy for 16 cycles with each of them and leaves all
 * others idle. So whatever else there is to do is done in small portions between
 * them: comparing the sums of the 32 probes before, joining the planes of the
 * next block and asking for those of rows after it.
 */
#include <cpuid.h>
#include <errno.h>
#include <immintrin.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "avx512.h"

#define INLINE static inline __attribute__((always_inline))

#define TILE 16 /* rows of a tile, and 32-bit lanes of one */
#define BLOCK (2 * TILE)
#define COLUMN (2 * TILE)
#define COLUMNS (MATCH_PROBES_MAX / COLUMN)
#define UNITS_MAX (LIMEN_DIM_MAX / MATCH_UNIT)
/* For fewer probes, tiles of them are mostly empty. */
#define PROBES_MIN 4
/* Rows between the one whose planes are joined and the one asked for. */
#define AHEAD (2 * BLOCK)

/* As the processor wants it from ldtilecfg. */
struct tile_config {
	uint8_t palette;
	uint8_t start_row;
	uint8_t reserved[14];
	uint16_t row_bytes[16];
	uint8_t rows[16];
};

struct tile {
	uint8_t at[TILE][MATCH_UNIT];
} __attribute__((aligned(64)));

/**
 * struct column - 32 probes, or fewer in the last one
 * @tiles: of each unit, the components of 16 probes and of the 16 others; four of
 *	each probe side by side
 * @start: what a probe's sums begin with
 * @bounds: of their searches
 * @lanes: a bit for each that is there
 */
struct column {
	struct tile tiles[UNITS_MAX][2];
	int32_t start[COLUMN] __attribute__((aligned(64)));
	float bounds[COLUMN] __attribute__((aligned(64)));
	uint32_t lanes;
};

/**
 * struct block - 32 rows, or fewer at the end
 * @tiles: of each unit, their components, biased; of rows that are not there,
 *	anything
 * @lengths: square roots of their squared norms
 * @shortest: least length of each tile of rows
 * @longest: greatest length of each
 * @first: index of the first row
 * @count: how many there are
 */
struct block {
	struct tile (*tiles)[2];
	float lengths[BLOCK] __attribute__((aligned(64)));
	float shortest[2];
	float longest[2];
	uint32_t first;
	uint32_t count;
};

/* Raw scores: of a tile of rows and one of probes, 16 probes of a row in a row. */
struct sums {
	int32_t raw[2][2][TILE][TILE];
} __attribute__((aligned(64)));

/**
 * struct work - a call of scan_many
 * @columns: the probes
 * @tiles: of two blocks in turn, the one being multiplied and the next
 * @blocks: those two and the one whose sums are compared, in turn
 * @sums: of the last column that was multiplied
 * @rows: what to search
 * @searches: whom for
 * @columns_count: how many there are
 */
struct work {
	struct column columns[COLUMNS];
	struct tile tiles[2][UNITS_MAX][2];
	struct block blocks[3];
	struct sums sums;
	const struct match_rows *rows;
	struct match_search *const *searches;
	unsigned int columns_count;
};

/**
 * struct chores - what is done between products
 * @next: the block whose rows are joined meanwhile
 * @joined: how many of them have been
 * @join_due: rises by BLOCK with each unit, and a row is due whenever it has
 *	reached the number of units that pass with a block
 * @block: whose sums are compared
 * @column: and with which probes
 * @compared: how many rows of each tile have been looked through
 * @compare_due: likewise rises by TILE until it reaches the units of a column
 * @highest: sums of each pair of tiles, lane by lane
 */
struct chores {
	struct block *next;
	uint32_t joined;
	unsigned int join_due;
	const struct block *block;
	struct column *column;
	unsigned int compared;
	unsigned int compare_due;
	__m512i highest[2][2];
};

/*
 * Instructions on tiles are beyond what compilers see through: they must neither
 * drop stores to the memory that is loaded nor move them behind the load.
 */
#define tile_load(tile, from, stride) \
	asm volatile("tileloadd (%0,%1,1), %%tmm" #tile \
		     : : "r"(from), "r"((size_t)(stride)) : "memory")
#define tile_store(tile, to) \
	asm volatile("tilestored %%tmm" #tile ", (%0,%1,1)" \
		     : : "r"(to), "r"((size_t)64) : "memory")
#define tile_multiply(sums, rows, probes) \
	asm volatile("tdpbusd %%tmm" #probes ", %%tmm" #rows ", %%tmm" #sums \
		     : : : "memory")

static void tiles_begin(void)
{
	struct tile_config config = { .palette = 1 };
	unsigned int i;

	for (i = 0; i < 8; i++) {
		config.row_bytes[i] = MATCH_UNIT;
		config.rows[i] = TILE;
	}
	asm volatile("ldtilecfg %0" : : "m"(config) : "memory");
}

/* The tiles are zero afterwards. */
static void tiles_end(void)
{
	asm volatile("tilerelease" : : : "memory");
}

/* The components of a probe that meet a unit of a row, in the row's order. */
INLINE __m512i facing_unit(const struct match_probe *probe, unsigned int unit)
{
	const int8_t(*line)[64] = probe->facing[unit / 2];

	if (unit % 2 || 2 * MATCH_UNIT * (unit / 2 + 1) <= probe->dim)
		return _mm512_load_si512(line[unit % 2]);
	return _mm512_inserti64x4(_mm512_castsi256_si512(
		_mm256_load_si256((const __m256i *)line[0])),
		_mm256_load_si256((const __m256i *)line[1]), 1);
}

/*
 * Exchanges rows and columns of 16 x 16 lanes. Were a lane's place a number of
 * four bits of row and four of column, each step turns all of them by one bit.
 */
INLINE void transpose(__m512i lanes[TILE])
{
	const __m512i lower = _mm512_set_epi32(23, 7, 22, 6, 21, 5, 20, 4,
					       19, 3, 18, 2, 17, 1, 16, 0);
	const __m512i upper = _mm512_add_epi32(lower, _mm512_set1_epi32(8));
	__m512i turned[TILE];
	unsigned int step, i;

#pragma GCC unroll 4
	for (step = 0; step < 4; step++) {
#pragma GCC unroll 8
		for (i = 0; i < TILE / 2; i++) {
			turned[2 * i] = _mm512_permutex2var_epi32(
				lanes[i], lower, lanes[i + TILE / 2]);
			turned[2 * i + 1] = _mm512_permutex2var_epi32(
				lanes[i], upper, lanes[i + TILE / 2]);
		}
#pragma GCC unroll 16
		for (i = 0; i < TILE; i++)
			lanes[i] = turned[i];
	}
}

static void column_unit(struct tile *tile, struct match_search *const *searches,
			unsigned int count, unsigned int unit)
{
	__m512i lanes[TILE];
	unsigned int i;

#pragma GCC unroll 16
	for (i = 0; i < TILE; i++)
		lanes[i] = i < count ? facing_unit(searches[i]->probe, unit) :
				       _mm512_setzero_si512();
	transpose(lanes);
#pragma GCC unroll 16
	for (i = 0; i < TILE; i++)
		_mm512_store_si512(tile->at[i], lanes[i]);
}

static void column_set(struct column *column,
		       struct match_search *const *searches, unsigned int count,
		       unsigned int units)
{
	unsigned int others = count > TILE ? count - TILE : 0, i;

	memset(column->start, 0, sizeof(column->start));
	memset(column->bounds, 0, sizeof(column->bounds));
	for (i = 0; i < units; i++) {
		column_unit(&column->tiles[i][0], searches, count, i);
		column_unit(&column->tiles[i][1], searches + TILE, others, i);
	}
	for (i = 0; i < count; i++) {
		column->start[i] = -128 * searches[i]->probe->sum;
		column->bounds[i] = searches[i]->bound;
	}
	column->lanes = 0xffffffff >> (COLUMN - count);
}

/* For vpternlogd: where its third operand is set the first, else the second. */
#define EITHER 0xe4

/* Joins both halves of components that lie in lower, or in upper half-bytes. */
INLINE __m512i join_lower(__m512i coarse, __m512i fine)
{
	const __m512i upper = _mm512_set1_epi8((char)0xf0);

	return _mm512_ternarylogic_epi32(_mm512_slli_epi16(coarse, 4), fine,
					 upper, EITHER);
}

INLINE __m512i join_upper(__m512i coarse, __m512i fine)
{
	const __m512i upper = _mm512_set1_epi8((char)0xf0);

	return _mm512_ternarylogic_epi32(coarse, _mm512_srli_epi16(fine, 4),
					 upper, EITHER);
}

/* The line behind the last whole one of a row with an odd number of units. */
INLINE void join_half_line(uint8_t *to, const uint8_t *coarse,
			   const uint8_t *fine)
{
	__m512i high = _mm512_castsi256_si512(
		_mm256_loadu_si256((const __m256i *)coarse));
	__m512i low = _mm512_castsi256_si512(
		_mm256_loadu_si256((const __m256i *)fine));

	_mm512_store_si512(to, _mm512_inserti64x4(join_lower(high, low),
		_mm512_castsi512_si256(join_upper(high, low)), 1));
}

INLINE void ask_for(const uint8_t *row, size_t size)
{
	size_t i;

#pragma GCC unroll 4
	for (i = 0; i < size; i += 64)
		_mm_prefetch((const char *)row + i, _MM_HINT_T1);
}

/* Joins the planes of a row of a block, and asks for those of a later one. */
INLINE void join_row(const struct match_rows *rows, const struct block *block,
		     uint32_t row, unsigned int units)
{
	size_t stride = units * (MATCH_UNIT / 2);
	size_t at = (block->first + row) * stride;
	const uint8_t *coarse = rows->coarse + at;
	const uint8_t *fine = rows->fine + at;
	struct tile *tile = &block->tiles[0][row / TILE];
	unsigned int unit;

	ask_for(coarse + AHEAD * stride, stride);
	ask_for(fine + AHEAD * stride, stride);
#pragma GCC unroll 4
	for (unit = 0; unit + 2 <= units; unit += 2) {
		__m512i high = _mm512_loadu_si512(coarse + unit * 32);
		__m512i low = _mm512_loadu_si512(fine + unit * 32);

		_mm512_store_si512(tile[unit * 2].at[row % TILE],
				   join_lower(high, low));
		_mm512_store_si512(tile[unit * 2 + 2].at[row % TILE],
				   join_upper(high, low));
	}
	if (unit < units)
		join_half_line(tile[unit * 2].at[row % TILE],
			       coarse + unit * 32, fine + unit * 32);
}

/* The block that begins with a row, in its turn; its lengths. */
static struct block *block_set(struct work *work, uint32_t first)
{
	const __m512i norm2 = _mm512_set1_epi32((1 << MATCH_NORM2_BITS) - 1);
	const struct match_rows *rows = work->rows;
	struct block *block = &work->blocks[first / BLOCK % 3];
	uint32_t left = first < rows->count ? rows->count - first : 0;
	unsigned int tile;

	block->tiles = work->tiles[first / BLOCK % 2];
	block->first = first;
	block->count = left < BLOCK ? left : BLOCK;
	for (tile = 0; tile < 2; tile++) {
		__mmask16 mask = ((1ull << block->count) - 1) >> tile * TILE;
		__m512i facts = _mm512_maskz_loadu_epi32(
			mask, rows->facts + first + tile * TILE);
		__m512 lengths = _mm512_sqrt_ps(_mm512_cvtepi32_ps(
			_mm512_and_si512(facts, norm2)));

		_mm512_store_ps(block->lengths + tile * TILE, lengths);
		block->shortest[tile] = _mm512_mask_reduce_min_ps(mask, lengths);
		block->longest[tile] = _mm512_mask_reduce_max_ps(mask, lengths);
	}
	return block;
}

/*
 * Lanes that are not below what the bounds demand of a row of this length: raw /
 * length < bound becomes raw < bound * length, with as many roundings. A length
 * of 0 makes it 0 < 0, or compares with what is not a number: not below either.
 */
INLINE __mmask16 not_below(__m512i raw, __m512 demanded)
{
	return _mm512_cmp_ps_mask(_mm512_cvtepi32_ps(raw), demanded,
				  _CMP_NLT_UQ);
}

/* Offers what of two tiles is not below its bound, row by row. */
static __attribute__((noinline)) void
offer_tiles(const struct work *work, const struct block *block,
	    unsigned int rows, struct column *column, unsigned int probes)
{
	struct match_search *const *searches =
		work->searches + (column - work->columns) * COLUMN +
		probes * TILE;
	float *bounds = column->bounds + probes * TILE;
	uint32_t row;

	for (row = rows * TILE; row < (rows + 1) * TILE; row++) {
		const int32_t *raw = work->sums.raw[rows][probes][row % TILE];
		__m512 demanded = _mm512_mul_ps(
			_mm512_load_ps(bounds),
			_mm512_set1_ps(block->lengths[row]));
		uint32_t mask = not_below(_mm512_load_si512(raw), demanded);

		if (row >= block->count)
			break;
		mask &= column->lanes >> probes * TILE;
		for (; mask; mask &= mask - 1) {
			unsigned int i = __builtin_ctz(mask);

			match_offer(searches[i], work->rows, block->first + row,
				    raw[i]);
			bounds[i] = searches[i]->bound;
		}
	}
}

/*
 * Offers what is not below its bound. What a bound demands of a row lies between
 * what it demands of the shortest row and what it demands of the longest one.
 */
INLINE void offer_sums(const struct work *work, const struct chores *chores)
{
	const struct block *block = chores->block;
	unsigned int i, j;

#pragma GCC unroll 2
	for (i = 0; i < 2; i++) {
		__m512 shortest = _mm512_set1_ps(block->shortest[i]);
		__m512 longest = _mm512_set1_ps(block->longest[i]);

#pragma GCC unroll 2
		for (j = 0; j < 2; j++) {
			__m512 bounds = _mm512_load_ps(chores->column->bounds +
						       j * TILE);
			__m512 least = _mm512_min_ps(
				_mm512_mul_ps(bounds, shortest),
				_mm512_mul_ps(bounds, longest));

			if (__builtin_expect(not_below(chores->highest[i][j],
						       least), 0))
				offer_tiles(work, block, i, chores->column, j);
		}
	}
}

INLINE void compare_begin(struct chores *chores, const struct block *block,
			  struct column *column)
{
	const __m512i lowest = _mm512_set1_epi32(INT32_MIN);

	chores->block = block;
	chores->column = column;
	chores->compared = 0;
	chores->compare_due = 0;
	chores->highest[0][0] = lowest;
	chores->highest[0][1] = lowest;
	chores->highest[1][0] = lowest;
	chores->highest[1][1] = lowest;
}

INLINE __m512i higher(__m512i highest, const int32_t sums[TILE])
{
	return _mm512_max_epi32(highest, _mm512_load_si512(sums));
}

INLINE void compare_row(const struct sums *sums, struct chores *chores)
{
	unsigned int row = chores->compared++;

	chores->highest[0][0] = higher(chores->highest[0][0],
				       sums->raw[0][0][row]);
	chores->highest[0][1] = higher(chores->highest[0][1],
				       sums->raw[0][1][row]);
	chores->highest[1][0] = higher(chores->highest[1][0],
				       sums->raw[1][0][row]);
	chores->highest[1][1] = higher(chores->highest[1][1],
				       sums->raw[1][1][row]);
}

/* What falls to one unit of a column. */
INLINE void do_chores(const struct work *work, struct chores *chores,
		      unsigned int units)
{
	const unsigned int all = units * work->columns_count;

	for (chores->compare_due += TILE; chores->compare_due >= units;
	     chores->compare_due -= units)
		compare_row(&work->sums, chores);
	for (chores->join_due += BLOCK; chores->join_due >= all;
	     chores->join_due -= all)
		if (chores->joined < chores->next->count)
			join_row(work->rows, chores->next, chores->joined++,
				 units);
}

/* All products of a block and a column, and the chores. */
INLINE void multiply(const struct work *work, const struct block *block,
		     const struct column *column, struct chores *chores,
		     unsigned int units)
{
	unsigned int i;

	tile_load(0, column->start, 0);
	tile_load(1, column->start, 0);
	tile_load(2, column->start + TILE, 0);
	tile_load(3, column->start + TILE, 0);
	for (i = 0; i < units; i++) {
		const struct tile *rows = block->tiles[i];
		const struct tile *probes = column->tiles[i];

		tile_load(4, &probes[0], 64);
		tile_load(5, &rows[0], 64);
		tile_multiply(0, 5, 4);
		tile_load(6, &rows[1], 64);
		tile_multiply(1, 6, 4);
		tile_load(7, &probes[1], 64);
		tile_multiply(2, 5, 7);
		tile_multiply(3, 6, 7);
		do_chores(work, chores, units);
	}
}

INLINE void keep_sums(struct sums *sums)
{
	tile_store(0, sums->raw[0][0]);
	tile_store(1, sums->raw[1][0]);
	tile_store(2, sums->raw[0][1]);
	tile_store(3, sums->raw[1][1]);
}

INLINE void scan_blocks(struct work *work, unsigned int units)
{
	struct chores chores = { .next = block_set(work, 0) };
	unsigned int i;
	uint32_t at;

	for (at = 0; at < chores.next->count; at++)
		join_row(work->rows, chores.next, at, units);
	/* No sums are waiting yet: they are of a block without rows. */
	memset(&work->sums, 0, sizeof(work->sums));
	memset(&work->blocks[2], 0, sizeof(work->blocks[2]));
	compare_begin(&chores, &work->blocks[2], work->columns);
	for (at = 0; at < work->rows->count; at += BLOCK) {
		const struct block *block = chores.next;

		chores.next = block_set(work, at + BLOCK);
		chores.joined = 0;
		for (i = 0; i < work->columns_count; i++) {
			multiply(work, block, &work->columns[i], &chores,
				 units);
			offer_sums(work, &chores);
			keep_sums(&work->sums);
			compare_begin(&chores, block, &work->columns[i]);
		}
	}
	while (chores.compared < TILE)
		compare_row(&work->sums, &chores);
	offer_sums(work, &chores);
}

/* With the number of units as a constant, loops over them leave no branches. */
static void scan_units(struct work *work, unsigned int units)
{
	switch (units) {
	case 1:
		return scan_blocks(work, 1);
	case 2:
		return scan_blocks(work, 2);
	case 3:
		return scan_blocks(work, 3);
	case 4:
		return scan_blocks(work, 4);
	case 5:
		return scan_blocks(work, 5);
	case 6:
		return scan_blocks(work, 6);
	case 7:
		return scan_blocks(work, 7);
	default:
		return scan_blocks(work, UNITS_MAX);
	}
}

static void amx_scan_many(const struct match_rows *rows,
			  struct match_search *const *searches,
			  unsigned int count)
{
	unsigned int units = searches[0]->probe->dim / MATCH_UNIT, i;
	struct work work;

	if (count < PROBES_MIN || !rows->count) {
		avx512_scan_many(rows, searches, count);
		return;
	}
	work.rows = rows;
	work.searches = searches;
	work.columns_count = (count + COLUMN - 1) / COLUMN;
	for (i = 0; i < count; i += COLUMN)
		column_set(&work.columns[i / COLUMN], searches + i,
			   count - i < COLUMN ? count - i : COLUMN, units);
	tiles_begin();
	scan_units(&work, units);
	tiles_end();
	explicit_bzero(&work, sizeof(work));
}

static bool has_amx(void)
{
	const unsigned int features = 1u << 24 /* tile */ | 1u << 25 /* int8 */;
	unsigned int eax, ebx, ecx, edx;

	return __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) &&
	       (edx & features) == features;
}

/* Whether there are eight tiles of 16 rows of 64 bytes, and products of them. */
static bool has_large_tiles(void)
{
	unsigned int eax, ebx, ecx, edx;

	if (!__get_cpuid_count(0x1d, 1, &eax, &ebx, &ecx, &edx) ||
	    (ebx & 0xffff) < 64 || ebx >> 16 < 8 || (ecx & 0xffff) < 16)
		return false;
	return __get_cpuid_count(0x1e, 0, &eax, &ebx, &ecx, &edx) &&
	       (ebx & 0xff) >= 16 && (ebx >> 8 & 0xffff) >= 64;
}

/* Whether the kernel saves and restores tiles: their state and their data. */
static bool kernel_keeps_tiles(void)
{
	const unsigned int states = 1u << 17 | 1u << 18;
	unsigned int low, high;

	asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	return (low & states) == states;
}

/* Asks for the permission without which the first tile would end the process. */
static const char *forbidden(void)
{
	const long request_permission = 0x1023, tile_data = 18;

	if (!syscall(SYS_arch_prctl, request_permission, tile_data))
		return NULL;
	switch (errno) {
	case ENOSPC:
		return "the kernel gives no permission for AMX tile data: an alternate signal stack is too small";
	case EINVAL:
	case EOPNOTSUPP:
		return "the kernel gives no permission for AMX tile data: it knows of none";
	default:
		return "the kernel gives no permission for AMX tile data";
	}
}

static const char *amx_unusable(void)
{
	const char *reason = avx512_unusable();

	if (reason)
		return reason;
	if (!has_amx())
		return "the processor has no AMX int8 (amx_int8)";
	if (!has_large_tiles())
		return "the processor's AMX tiles are too small";
	if (!kernel_keeps_tiles())
		return "the kernel does not keep AMX tiles";
	return forbidden();
}

const struct match_kernels match_amx = {
	.name = "amx-int8",
	.unusable = amx_unusable,
	.dot = avx512_dot,
	.products = avx512_products,
	.scan = avx512_scan,
	.sieve = avx512_sieve,
	.settle = avx512_settle,
	.scan_many = amx_scan_many,
};
