/* SPDX-License-Identifier: MIT */
/*
 * The kernels of the OpenCL backend; opencl.h has the host's side of what they
 * share. The host defines
 *
 * LANES: work-items of a group, and rows of a plane that lie interleaved;
 *	1 for processors, which walk along a row
 * STEPS: times four rows that a work-item reads for each probe
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
	int offset;
	int unused[13];
} probe_t;

/* What the host writes before and reads after a launch, in words. */
#define BOUNDS 0 /* one for each probe, single precision */
#define COUNT 256
#define LIST 257 /* row, raw score, probe */

#define NIBBLES 0x0f0f0f0fu

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

#if defined(DOTS)

/*
 * The packed form of four bytes a word. A half-byte is not negative, so the
 * signed product does; it is the one that devices have if they have any.
 */
static inline int dot_words(uint8 a, uint8 b)
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

static inline int dot_row(__global const uint *plane, uint row, uint units,
		   __global const probe_t *probe)
{
	int sum = 0;
	uint u;

	for (u = 0; u < units; u++) {
		uint8 x = load_unit(plane, row, units, u);
		uint at = u / 2 * 4 + u % 2;

		sum += dot_words(x & NIBBLES, probe->facing[at]);
		sum += dot_words(x >> 4 & NIBBLES, probe->facing[at + 2]);
	}
	return sum;
}

static inline int4 dot_rows(__global const uint *plane, uint4 rows, uint units,
		     __global const probe_t *probe)
{
	return (int4)(dot_row(plane, rows.x, units, probe),
		      dot_row(plane, rows.y, units, probe),
		      dot_row(plane, rows.z, units, probe),
		      dot_row(plane, rows.w, units, probe));
}

#elif LANES == 1 && defined(__AVX512BW__) && defined(__has_builtin)
#if __has_builtin(__builtin_ia32_pmaddubsw512) && \
	__has_builtin(__builtin_ia32_pmaddwd512)
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
typedef int ints_t __attribute__((__vector_size__(64)));

static inline shorts_t multiply(uint16 a, uint16 b)
{
	return __builtin_ia32_pmaddubsw512(__builtin_astype(a, bytes_t),
					   __builtin_astype(b, bytes_t));
}

static inline shorts_t multiply_line(uint16 x, __global const uint *facing)
{
	return multiply(x & NIBBLES, vload16(0, facing)) +
	       multiply(x >> 4 & NIBBLES, vload16(1, facing));
}

static inline int16 dot_row(__global const uint *plane, uint row, uint units,
		     __global const probe_t *probe)
{
	__global const uint *at = plane + (ulong)row * units * 8;
	__global const uint *facing = (__global const uint *)probe->facing;
	const shorts_t ones = (shorts_t){} + (short)1;
	shorts_t sums = {};
	uint u;

	for (u = 0; u < units / 2; u++)
		sums += multiply_line(vload16(u, at), facing + u * 32);
	if (units % 2) {
		uint8 rest = vload8(units - 1, at);

		sums += multiply_line((uint16)(rest, (uint8)0),
				      facing + u * 32);
	}
	return __builtin_astype(__builtin_ia32_pmaddwd512(sums, ones), int16);
}

static inline int8 halve(int16 x)
{
	return x.lo + x.hi;
}

static inline int4 add_across(int8 x, int8 y)
{
	int8 both = (int8)(x.lo + x.hi, y.lo + y.hi);

	return both.even + both.odd;
}

static inline int4 dot_rows(__global const uint *plane, uint4 rows, uint units,
		     __global const probe_t *probe)
{
	int4 xy = add_across(halve(dot_row(plane, rows.x, units, probe)),
			     halve(dot_row(plane, rows.y, units, probe)));
	int4 zw = add_across(halve(dot_row(plane, rows.z, units, probe)),
			     halve(dot_row(plane, rows.w, units, probe)));

	return (int4)(xy.even + xy.odd, zw.even + zw.odd);
}

#elif !defined(DOTS)

/*
 * Sixteen bits w of a plane hold four half-bytes n0 to n3. With products taken
 * modulo 2^16, n0 * p0 + ... + n3 * p3 is
 * w * p0 + (w >> 4) * (p1 - 16 * p0) + (w >> 8) * (p2 - 16 * p1) +
 * (w >> 12) * (p3 - 16 * p2), which masks nothing out; the host has spread the
 * probe into these factors. A lane's sum over four units is at most
 * 16 * 15 * 128, so its sixteen bits are the sum itself.
 */
static inline int16 dot_units(__global const uint *plane, uint row, uint units,
		       uint from, uint to, __global const probe_t *probe)
{
	ushort16 sums = 0;
	uint u;

	for (u = from; u < to; u++) {
		ushort16 w = as_ushort16(load_unit(plane, row, units, u));

		sums += w * probe->spread[4 * u] +
			(w >> (ushort)4) * probe->spread[4 * u + 1] +
			(w >> (ushort)8) * probe->spread[4 * u + 2] +
			(w >> (ushort)12) * probe->spread[4 * u + 3];
	}
	return convert_int16(as_short16(sums));
}

static inline int dot_row(__global const uint *plane, uint row, uint units,
		   __global const probe_t *probe)
{
	uint some = min(units, 4u);
	int16 sums = dot_units(plane, row, units, 0, some, probe) +
		     dot_units(plane, row, units, some, units, probe);
	int8 eight = sums.lo + sums.hi;

	return add_four(eight.lo + eight.hi);
}

static inline int4 dot_rows(__global const uint *plane, uint4 rows, uint units,
		     __global const probe_t *probe)
{
	return (int4)(dot_row(plane, rows.x, units, probe),
		      dot_row(plane, rows.y, units, probe),
		      dot_row(plane, rows.z, units, probe),
		      dot_row(plane, rows.w, units, probe));
}

#endif

/* A row's length, rounded to single precision, times a bound. */
static inline float4 least(uint4 facts, float bound)
{
	float4 norm2 = convert_float4(facts & 0xffffffu);

	return norm2 == 0.0f ? (float4)bound : bound * sqrt(norm2);
}

/* Rows that a work-item has read the coarse half of. */
#define PENDING (4 * STEPS)

/*
 * Lists each row, of @rows from @begin on, that may belong to a probe's result:
 * one whose upper limit by its coarse half, and then whose raw score, is not
 * below the bound.
 */
__kernel __attribute__((reqd_work_group_size(LANES, 1, 1)))
void search(__global const uint *coarse, __global const uint *fine,
	    __global const uint *facts, uint units, uint first, uint begin,
	    uint rows, __global const probe_t *probes, uint count,
	    __global uint *exchange, uint room)
{
	const uint end = begin + rows;
	const uint start = begin + get_group_id(0) * (PENDING * LANES) +
			   get_local_id(0);
	uint pending[PENDING + 4];
	int sums[PENDING + 4];
	uint p;

	for (p = 0; p < count; p++) {
		__global const probe_t *probe = &probes[p];
		const float bound = as_float(exchange[BOUNDS + p]);
		const float base = probe->base, slope = probe->slope;
		const int offset = probe->offset;
		uint n = 0, step, i;

		for (step = 0; step < STEPS; step++) {
			uint4 at = start + (step * 4 + (uint4)(0, 1, 2, 3)) *
						   LANES;
			uint4 row = min(at, end - 1);
			uint4 f = (uint4)(facts[row.x], facts[row.y],
					  facts[row.z], facts[row.w]);
			int4 sum = dot_rows(coarse, row, units, probe);
			float4 limit = convert_float4(16 * sum) + base +
				       slope * convert_float4(f >> 24);
			uint4 may = as_uint4(at < end &&
					     limit >= least(f, bound)) & 1;

			pending[n] = row.x;
			sums[n] = sum.x;
			n += may.x;
			pending[n] = row.y;
			sums[n] = sum.y;
			n += may.y;
			pending[n] = row.z;
			sums[n] = sum.z;
			n += may.z;
			pending[n] = row.w;
			sums[n] = sum.w;
			n += may.w;
		}
		for (i = 0; i < n; i += 4) {
			uint4 k = min(i + (uint4)(0, 1, 2, 3), n - 1);
			uint4 row = (uint4)(pending[k.x], pending[k.y],
					    pending[k.z], pending[k.w]);
			uint4 f = (uint4)(facts[row.x], facts[row.y],
					  facts[row.z], facts[row.w]);
			int4 sum = (int4)(sums[k.x], sums[k.y], sums[k.z],
					  sums[k.w]);
			int4 raw = 16 * sum + offset +
				   dot_rows(fine, row, units, probe);
			int4 may = convert_float4(raw) >= least(f, bound);
			uint j;

			if (!any(may))
				continue;
			for (j = 0; j < min(n - i, 4u); j++) {
				__global uint *entry;
				uint slot;

				if (!((int *)&may)[j])
					continue;
				slot = atomic_inc(exchange + COUNT);
				if (slot >= room)
					continue;
				entry = exchange + LIST + 3 * slot;
				entry[0] = first + ((uint *)&row)[j];
				entry[1] = as_uint(((int *)&raw)[j]);
				entry[2] = p;
			}
		}
	}
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
