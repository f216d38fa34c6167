/* SPDX-License-Identifier: MIT */
/*
 * The kernels of the OpenCL backend; opencl.h has the host's side of what they
 * share. The host defines
 *
 * LANES: work-items of a group, and rows of a plane that lie interleaved;
 *	1 for processors, which walk along a row
 * STEPS: times WIDTH rows that a work-item reads for each probe
 * DOTS: the device has fast products of four bytes (cl_khr_integer_dot_product)
 *
 * A row of a plane is units of 64 components, 32 bytes each: see match.h. Integers
 * are exact and their order does not matter; single precision only rejects rows
 * that are below a bound by more than it can err.
 */

/* Components of a vector in the order of a plane: struct match_probe, facing. */
typedef struct {
	uint8 facing[16];
	ushort16 spread[32];
	float base;
	float slope;
	float middle;
	int offset;
	int unused[12];
} probe_t;

/* What the host writes before and reads after a launch, in words. */
#define BOUNDS 0 /* one for each probe, single precision */
#define COUNT 256
#define LIST 257 /* row, raw score, probe */

#define NIBBLES 0x0f0f0f0fu
/* No coarse sum: this row has been decided on. */
#define DECIDED INT_MIN

/* Unit @u of a row's plane. */
static inline uint8 load_unit(__global const uint *plane, uint row, uint units, uint u)
{
	ulong at = ((ulong)(row / LANES) * units + u) * 2 * LANES + row % LANES;

	return (uint8)(vload4(at, plane), vload4(at + LANES, plane));
}

static inline int add_four(int4 x)
{
	return x.x + x.y + x.z + x.w;
}

/*
 * Rows of a step: neighbours for a processor, whose registers hold as many; else
 * as far from one another as there are lanes, so that neighbours are read together.
 */
#if LANES == 1
#define WIDTH 16
#define STRIDE 1
typedef int16 ints;
typedef uint16 uints;
typedef float16 floats;
#define as_ints as_int16
#define convert_floats convert_float16
#define load_ints(from) vload16(0, from)
#define store_ints(x, to) vstore16(x, 0, to)
#else
#define WIDTH 4
#define STRIDE LANES
typedef int4 ints;
typedef uint4 uints;
typedef float4 floats;
#define as_ints as_int4
#define convert_floats convert_float4
#define load_ints(from) vload4(0, from)
#define store_ints(x, to) vstore4(x, 0, to)
#endif

#if !defined(DOTS) && LANES == 1 && defined(__AVX512BW__) && \
	defined(__AVX512DQ__) && defined(__has_builtin)
#if __has_builtin(__builtin_ia32_pmaddubsw512) && \
	__has_builtin(__builtin_ia32_pmaddwd512) && \
	__has_builtin(__builtin_ia32_cvtd2mask512) && \
	__has_builtin(__builtin_ia32_compresssi512_mask)
#define PAIRS
#endif
#endif

#if defined(PAIRS)

/*
 * A processor whose compiler offers the instruction that multiplies bytes and
 * adds pairs of products in 16 bits. A pair is at most 2 * 15 * 128, and a lane
 * adds up at most eight of them.
 */
typedef char bytes_t __attribute__((__vector_size__(64)));
typedef short shorts_t __attribute__((__vector_size__(64)));
typedef int words_t __attribute__((__vector_size__(64)));

#define INLINE static inline __attribute__((always_inline))
/* Words between what is read of the coarse halves and what is asked for. */
#define AHEAD 1024
#define FETCH(at) __builtin_prefetch((const void *)(ulong)(at))

/* A probe, as near as it gets. */
typedef struct {
	uint16 lines[8];
} held_t;

INLINE held_t hold(__global const probe_t *probe)
{
	held_t held;
	uint i;

	for (i = 0; i < 8; i++)
		held.lines[i] = vload16(i, (__global const uint *)probe->facing);
	return held;
}

INLINE void fetch_row(__global const uint *plane, uint row, uint units)
{
	__global const uint *at = plane + (ulong)row * units * 8;
	uint u;

	for (u = 0; u < units; u += 2)
		FETCH(at + u * 8);
}

INLINE shorts_t multiply(uint16 a, uint16 b)
{
	return __builtin_ia32_pmaddubsw512(__builtin_astype(a, bytes_t),
					   __builtin_astype(b, bytes_t));
}

INLINE shorts_t multiply_line(uint16 x, const held_t *held, uint line)
{
	return multiply(x & NIBBLES, held->lines[2 * line]) +
	       multiply(x >> 4 & NIBBLES, held->lines[2 * line + 1]);
}

INLINE shorts_t read_line(__global const uint *at, const held_t *held, uint u)
{
	FETCH(at + u * 16 + AHEAD);
	return multiply_line(vload16(u, at), held, u);
}

INLINE int8 dot_row(__global const uint *plane, uint row, uint units,
		    const held_t *held)
{
	__global const uint *at = plane + (ulong)row * units * 8;
	const shorts_t ones = (shorts_t){} + (short)1;
	shorts_t sums = {};
	int16 all;
	uint u;

	if (units == 8) {
		/* The longest rows are the most work: no loop. */
		sums = read_line(at, held, 0) + read_line(at, held, 1) +
		       read_line(at, held, 2) + read_line(at, held, 3);
	} else {
		for (u = 0; u < units / 2; u++)
			sums += read_line(at, held, u);
		if (units % 2)
			sums += multiply_line((uint16)(vload8(units - 1, at),
						       (uint8)0), held, u);
	}
	all = __builtin_astype(__builtin_ia32_pmaddwd512(sums, ones), int16);
	return all.lo + all.hi;
}

/* Those that @may says so of, together at the start; how many. */
INLINE uint compress(ints from, ushort may, int *to)
{
	words_t x = __builtin_astype(from, words_t);

	x = __builtin_ia32_compresssi512_mask(x, x, may);
	store_ints(__builtin_astype(x, ints), to);
	return popcount((uint)may);
}

INLINE int4 add_across(int8 x, int8 y)
{
	int8 both = (int8)(x.lo + x.hi, y.lo + y.hi);

	return both.even + both.odd;
}

INLINE int4 dot_rows(__global const uint *plane, uint4 rows, uint units,
		     const held_t *held)
{
	int4 xy = add_across(dot_row(plane, rows.x, units, held),
			     dot_row(plane, rows.y, units, held));
	int4 zw = add_across(dot_row(plane, rows.z, units, held),
			     dot_row(plane, rows.w, units, held));

	return (int4)(xy.even + xy.odd, zw.even + zw.odd);
}

#else

#define INLINE static inline

typedef struct {
	__global const probe_t *probe;
} held_t;

INLINE held_t hold(__global const probe_t *probe)
{
	held_t held = { probe };

	return held;
}

/* Who has many work-items to run waits for one while others do. */
INLINE void fetch_row(__global const uint *plane, uint row, uint units)
{
}

#if defined(DOTS)

/*
 * The packed form of four bytes a word. A half-byte is not negative, so the
 * signed product does; it is the one that devices have if they have any.
 */
INLINE int dot_words(uint8 a, uint8 b)
{
	return dot_4x8packed_ss_int(a.s0, b.s0) +
	       dot_4x8packed_ss_int(a.s1, b.s1) +
	       dot_4x8packed_ss_int(a.s2, b.s2) +
	       dot_4x8packed_ss_int(a.s3, b.s3) +
	       dot_4x8packed_ss_int(a.s4, b.s4) +
	       dot_4x8packed_ss_int(a.s5, b.s5) +
	       dot_4x8packed_ss_int(a.s6, b.s6) +
	       dot_4x8packed_ss_int(a.s7, b.s7);
}

INLINE int dot_row(__global const uint *plane, uint row, uint units,
		   const held_t *held)
{
	int sum = 0;
	uint u;

	for (u = 0; u < units; u++) {
		uint8 x = load_unit(plane, row, units, u);
		uint at = u / 2 * 4 + u % 2;

		sum += dot_words(x & NIBBLES, held->probe->facing[at]);
		sum += dot_words(x >> 4 & NIBBLES, held->probe->facing[at + 2]);
	}
	return sum;
}

#else

/*
 * Sixteen bits w of a plane hold four half-bytes n0 to n3. With products taken
 * modulo 2^16, n0 * p0 + ... + n3 * p3 is
 * w * p0 + (w >> 4) * (p1 - 16 * p0) + (w >> 8) * (p2 - 16 * p1) +
 * (w >> 12) * (p3 - 16 * p2), which masks nothing out; the host has spread the
 * probe into these factors. A lane's sum over four units is at most
 * 16 * 15 * 128, so its sixteen bits are the sum itself.
 */
INLINE int16 dot_units(__global const uint *plane, uint row, uint units,
		       uint from, uint to, const held_t *held)
{
	__global const ushort16 *spread = held->probe->spread;
	ushort16 sums = 0;
	uint u;

	for (u = from; u < to; u++) {
		ushort16 w = as_ushort16(load_unit(plane, row, units, u));

		sums += w * spread[4 * u] +
			(w >> (ushort)4) * spread[4 * u + 1] +
			(w >> (ushort)8) * spread[4 * u + 2] +
			(w >> (ushort)12) * spread[4 * u + 3];
	}
	return convert_int16(as_short16(sums));
}

INLINE int dot_row(__global const uint *plane, uint row, uint units,
		   const held_t *held)
{
	uint some = min(units, 4u);
	int16 sums = dot_units(plane, row, units, 0, some, held) +
		     dot_units(plane, row, units, some, units, held);
	int8 eight = sums.lo + sums.hi;

	return add_four(eight.lo + eight.hi);
}

#endif

INLINE int4 dot_rows(__global const uint *plane, uint4 rows, uint units,
		     const held_t *held)
{
	return (int4)(dot_row(plane, rows.x, units, held),
		      dot_row(plane, rows.y, units, held),
		      dot_row(plane, rows.z, units, held),
		      dot_row(plane, rows.w, units, held));
}

#endif

/* A row's length, rounded to single precision, times a bound. */
INLINE floats least(uints facts, float bound)
{
	floats norm2 = convert_floats(facts & 0xffffffu);

	return norm2 == 0.0f ? (floats)bound : bound * sqrt(norm2);
}

/* One word for each row of a step; the last one's for rows there are not. */
INLINE uints load_words(__global const uint *from, uint at, uint end)
{
	uint words[WIDTH], k;

	if (STRIDE == 1 && at + WIDTH <= end)
		return load_ints(from + at);
	for (k = 0; k < WIDTH; k++)
		words[k] = from[min(at + k * STRIDE, end - 1)];
	return load_ints(words);
}

INLINE void store_words(ints x, __global int *to, uint at, uint end)
{
	int words[WIDTH];
	uint k;

	if (STRIDE == 1 && at + WIDTH <= end) {
		store_ints(x, to + at);
		return;
	}
	store_ints(x, words);
	for (k = 0; k < WIDTH && at + k * STRIDE < end; k++)
		to[at + k * STRIDE] = words[k];
}

/* Dot products of the rows of a step. */
INLINE ints dot_step(__global const uint *plane, uint at, uint end, uint units,
		     const held_t *held)
{
	int sums[WIDTH];
	uint k;

	for (k = 0; k < WIDTH; k += 4) {
		uint4 rows = at + (k + (uint4)(0, 1, 2, 3)) * STRIDE;

		vstore4(dot_rows(plane, min(rows, end - 1), units, held), 0,
			sums + k);
	}
	return load_ints(sums);
}

/* Rows that a work-item has to read the fine half of, and their coarse sums. */
#define PENDING (WIDTH * STEPS)

typedef struct {
	int rows[PENDING + WIDTH];
	int sums[PENDING + WIDTH];
	uint count;
} pending_t;

/* Those rows of a step that @may says so of, without a branch for each. */
INLINE void add_pending(pending_t *pending, uint at, uint end, ints sums,
			ints may)
{
	uint n = pending->count;
#if defined(PAIRS)
	const int16 all = (int16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,
				  14, 15);
	ushort mask = __builtin_ia32_cvtd2mask512(__builtin_astype(may, words_t));

	if (end - at < WIDTH)
		mask &= (1 << (end - at)) - 1;
	compress((int)at + all, mask, pending->rows + n);
	n += compress(sums, mask, pending->sums + n);
#else
	int some[WIDTH], which[WIDTH];
	uint k;

	if (!any(may))
		return;
	store_ints(sums, some);
	store_ints(may, which);
	for (k = 0; k < WIDTH; k++) {
		pending->rows[n] = at + k * STRIDE;
		pending->sums[n] = some[k];
		n += which[k] && at + k * STRIDE < end;
	}
#endif
	pending->count = n;
}

/* What the kernels below are told of their rows, and where they list some. */
typedef struct {
	__global const uint *fine;
	__global const uint *facts;
	uint units;
	uint first;
	__global uint *exchange;
	uint room;
} place_t;

INLINE void list_row(const place_t *place, uint row, int raw, float bound,
		     uint p)
{
	uint norm2 = place->facts[row] & 0xffffffu, slot;
	__global uint *entry;

	if (raw < (norm2 ? bound * sqrt((float)norm2) : bound))
		return;
	slot = atomic_inc(place->exchange + COUNT);
	if (slot >= place->room)
		return;
	entry = place->exchange + LIST + 3 * slot;
	entry[0] = place->first + row;
	entry[1] = as_uint(raw);
	entry[2] = p;
}

/* Pending rows between the one that is read and the one that is asked for. */
#define PENDING_AHEAD 16

/* Reads fine halves, and lists the rows that are not below the bound. */
INLINE void read_pending(const place_t *place, const pending_t *pending,
			 const held_t *held, int offset, float bound, uint p)
{
	const uint n = pending->count;
	uint i, j;

	for (i = 0; i < min(n, (uint)PENDING_AHEAD); i++)
		fetch_row(place->fine, pending->rows[i], place->units);
	for (i = 0; i < n; i += 4) {
		uint4 k = min(i + (uint4)(0, 1, 2, 3), n - 1);
		uint4 rows = (uint4)(pending->rows[k.x], pending->rows[k.y],
				     pending->rows[k.z], pending->rows[k.w]);
		int4 sums = (int4)(pending->sums[k.x], pending->sums[k.y],
				   pending->sums[k.z], pending->sums[k.w]);
		int4 raw;

		for (j = i + PENDING_AHEAD; j < min(n, i + PENDING_AHEAD + 4);
		     j++)
			fetch_row(place->fine, pending->rows[j], place->units);
		raw = 16 * sums + offset +
		      dot_rows(place->fine, rows, place->units, held);
		list_row(place, rows.x, raw.x, bound, p);
		if (i + 1 < n)
			list_row(place, rows.y, raw.y, bound, p);
		if (i + 2 < n)
			list_row(place, rows.z, raw.z, bound, p);
		if (i + 3 < n)
			list_row(place, rows.w, raw.w, bound, p);
	}
}

/* A work-item's first row. */
INLINE uint first_row(uint begin)
{
	return begin + (uint)get_group_id(0) * (PENDING * LANES) +
	       (uint)get_local_id(0);
}

INLINE floats limit_of(ints sums, uints facts, float base, float slope)
{
	return convert_floats(16 * sums) + base +
	       slope * convert_floats(facts >> 24);
}

/* For one probe; see sieve(). */
INLINE void sieve_rows(const place_t *place, __global const uint *coarse,
		       uint at, uint end, __global const probe_t *probe, uint p,
		       __global int *sums, uint later)
{
	const float bound = as_float(place->exchange[BOUNDS + p]);
	const float base = later ? probe->middle : probe->base;
	const float slope = later ? 0 : probe->slope;
	const held_t held = hold(probe);
	pending_t pending;
	uint step;

	pending.count = 0;
	for (step = 0; step < STEPS && at < end; step++, at += WIDTH * STRIDE) {
		uints facts = load_words(place->facts, at, end);
		ints sum = dot_step(coarse, at, end, place->units, &held);
		ints may = limit_of(sum, facts, base, slope) >=
			   least(facts, bound);

		add_pending(&pending, at, end, sum, may);
		if (later)
			store_words(may ? (ints)DECIDED : sum, sums, at, end);
	}
	read_pending(place, &pending, &held, probe->offset, bound, p);
}

/*
 * Lists each row, of @rows from @begin on, that may belong to a probe's result:
 * whose upper limit by its coarse half is not below the bound, nor is its raw
 * score. If @later, it does so only for rows that probably belong to the result,
 * and leaves the coarse sums of the others in @sums for settle(), for which the
 * bound will have risen; there is one probe then.
 */
__kernel __attribute__((reqd_work_group_size(LANES, 1, 1)))
void sieve(__global const uint *coarse, __global const uint *fine,
	   __global const uint *facts, uint units, uint first, uint begin,
	   uint rows, __global const probe_t *probes, uint count,
	   __global uint *exchange, uint room, __global int *sums, int shift,
	   uint later)
{
	const place_t place = { fine, facts, units, first, exchange, room };
	const uint at = first_row(begin), end = begin + rows;
	uint p;

	for (p = 0; p < count; p++)
		sieve_rows(&place, coarse, at, end, &probes[p], p,
			   sums + shift, later);
}

/* Lists the rows that sieve() has left; @sums are what it wrote. */
__kernel __attribute__((reqd_work_group_size(LANES, 1, 1)))
void settle(__global const uint *fine, __global const uint *facts, uint units,
	    uint first, uint begin, uint rows, __global const probe_t *probe,
	    __global uint *exchange, uint room, __global const int *sums,
	    int shift)
{
	const place_t place = { fine, facts, units, first, exchange, room };
	__global const uint *from = (__global const uint *)sums + shift;
	const float bound = as_float(exchange[BOUNDS]);
	const float base = probe->base, slope = probe->slope;
	const held_t held = hold(probe);
	const uint end = begin + rows;
	uint at = first_row(begin);
	pending_t pending;
	uint step;

	pending.count = 0;
	for (step = 0; step < STEPS && at < end; step++, at += WIDTH * STRIDE) {
		uints f = load_words(facts, at, end);
		ints sum = as_ints(load_words(from, at, end));
		ints may = limit_of(sum, f, base, slope) >= least(f, bound);

		add_pending(&pending, at, end, sum, may && sum != DECIDED);
	}
	read_pending(&place, &pending, &held, probe->offset, bound, 0);
}

/*
 * Dot product and both squared norms of a pair of vectors, probe and reference
 * one behind the other.
 */
__kernel __attribute__((reqd_work_group_size(LANES, 1, 1)))
void products(__global const uint *vectors, uint units,
	      __global int *result)
{
	const uint pair = get_global_id(0);
	__global const char *a =
		(__global const char *)vectors + (ulong)pair * units * 128;
	__global const char *b = a + units * 64;
	int16 raw = 0, norm_a = 0, norm_b = 0;
	uint i;

	for (i = 0; i < units * 4; i++) {
		int16 x = convert_int16(vload16(i, a));
		int16 y = convert_int16(vload16(i, b));

		raw += x * y;
		norm_a += x * x;
		norm_b += y * y;
	}
	result[3 * pair] = add_four(raw.lo.lo + raw.lo.hi + raw.hi.lo +
				    raw.hi.hi);
	result[3 * pair + 1] = add_four(norm_a.lo.lo + norm_a.lo.hi +
					norm_a.hi.lo + norm_a.hi.hi);
	result[3 * pair + 2] = add_four(norm_b.lo.lo + norm_b.lo.hi +
					norm_b.hi.lo + norm_b.hi.hi);
}
