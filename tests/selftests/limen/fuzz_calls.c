// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fuzzer's calls: what each argument means, what it may plausibly be, and how
 * it is made from numbers.
 *
 * Identifiers count from 1 in every file, so small numbers name what the calls
 * before, or those of another process with the same file, have made. By
 * convention, for seeds and for what is plausible, buffer 1 is the host's, buffer
 * 2 the card's, queue 1 for comparisons and queue 2 for scans.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#include "fuzz.h"
#include "util.h"

#define DESCS		64
#define MAPS		4

enum kind {
	KIND_ZERO,
	KIND_FLAG,
	KIND_QUERY,
	KIND_TYPE,
	KIND_FORMAT,
	KIND_HOST,
	KIND_CARD,
	KIND_GALLERY,
	KIND_EXPRESS,
	KIND_SCAN,
	KIND_SYNCOBJ,
	KIND_SIZE,
	KIND_BYTES,
	KIND_OFFSET,
	KIND_RESULT,
	KIND_DIM,
	KIND_STRIDE,
	KIND_ROWS,
	KIND_ROW,
	KIND_ROW_COUNT,
	KIND_TOP_K,
	KIND_SIMILARITY,
	KIND_COUNT,
	KIND_FEW,
	KIND_COMPARE_SIZE,
	KIND_SCAN_SIZE,
	KIND_POINT,
	KIND_TIMEOUT,
	KIND_SOON,
	KIND_MEMORY,
	KIND_COMPARES,
	KIND_SCANS,
	KIND_SYNCS,
	KIND_SYNCOBJS,
};

struct field {
	__u16 offset;
	__u16 size;
	enum kind kind;
};

#define FIELD(type, member, kind)					\
	{ offsetof(struct type, member),				\
	  sizeof(((struct type *)0)->member), kind }

struct op {
	const char *name;
	unsigned long request;
	bool ours;
	const struct field *fields;
	unsigned int count;
};

#define OP(name, request, ours, fields)					\
	{ name, request, ours, fields, sizeof(fields) / sizeof((fields)[0]) }

static const struct field query_fields[] = {
	FIELD(drm_limen_query, type, KIND_QUERY),
	FIELD(drm_limen_query, size, KIND_BYTES),
	FIELD(drm_limen_query, pointer, KIND_MEMORY),
};

static const struct field bo_create_fields[] = {
	FIELD(drm_limen_bo_create, size, KIND_SIZE),
	FIELD(drm_limen_bo_create, flags, KIND_FLAG),
	FIELD(drm_limen_bo_create, handle, KIND_ZERO),
};

static const struct field mmap_offset_fields[] = {
	FIELD(drm_limen_bo_mmap_offset, handle, KIND_HOST),
	FIELD(drm_limen_bo_mmap_offset, pad, KIND_ZERO),
	FIELD(drm_limen_bo_mmap_offset, offset, KIND_ZERO),
};

static const struct field gallery_create_fields[] = {
	FIELD(drm_limen_gallery_create, handle, KIND_CARD),
	FIELD(drm_limen_gallery_create, format, KIND_FORMAT),
	FIELD(drm_limen_gallery_create, offset, KIND_OFFSET),
	FIELD(drm_limen_gallery_create, dim, KIND_DIM),
	FIELD(drm_limen_gallery_create, stride, KIND_STRIDE),
	FIELD(drm_limen_gallery_create, rows, KIND_ROWS),
	FIELD(drm_limen_gallery_create, flags, KIND_ZERO),
	FIELD(drm_limen_gallery_create, gallery, KIND_ZERO),
	FIELD(drm_limen_gallery_create, pad, KIND_ZERO),
};

static const struct field gallery_destroy_fields[] = {
	FIELD(drm_limen_gallery_destroy, gallery, KIND_GALLERY),
	FIELD(drm_limen_gallery_destroy, pad, KIND_ZERO),
};

static const struct field queue_create_fields[] = {
	FIELD(drm_limen_queue_create, type, KIND_TYPE),
	FIELD(drm_limen_queue_create, flags, KIND_ZERO),
	FIELD(drm_limen_queue_create, queue, KIND_ZERO),
	FIELD(drm_limen_queue_create, pad, KIND_ZERO),
};

static const struct field queue_destroy_fields[] = {
	FIELD(drm_limen_queue_destroy, queue, KIND_SCAN),
	FIELD(drm_limen_queue_destroy, pad, KIND_ZERO),
};

static const struct field compare_fields[] = {
	FIELD(drm_limen_compare, probe_handle, KIND_HOST),
	FIELD(drm_limen_compare, reference_handle, KIND_HOST),
	FIELD(drm_limen_compare, probe_offset, KIND_OFFSET),
	FIELD(drm_limen_compare, reference_offset, KIND_OFFSET),
	FIELD(drm_limen_compare, result_handle, KIND_HOST),
	FIELD(drm_limen_compare, dim, KIND_DIM),
	FIELD(drm_limen_compare, result_offset, KIND_RESULT),
	FIELD(drm_limen_compare, flags, KIND_ZERO),
	FIELD(drm_limen_compare, pad, KIND_ZERO),
};

static const struct field scan_fields[] = {
	FIELD(drm_limen_scan, gallery, KIND_GALLERY),
	FIELD(drm_limen_scan, probe_handle, KIND_HOST),
	FIELD(drm_limen_scan, probe_offset, KIND_OFFSET),
	FIELD(drm_limen_scan, first_row, KIND_ROW),
	FIELD(drm_limen_scan, row_count, KIND_ROW_COUNT),
	FIELD(drm_limen_scan, top_k, KIND_TOP_K),
	FIELD(drm_limen_scan, min_similarity, KIND_SIMILARITY),
	FIELD(drm_limen_scan, result_offset, KIND_RESULT),
	FIELD(drm_limen_scan, result_handle, KIND_HOST),
	FIELD(drm_limen_scan, flags, KIND_ZERO),
};

static const struct field sync_fields[] = {
	FIELD(drm_limen_sync, handle, KIND_SYNCOBJ),
	FIELD(drm_limen_sync, flags, KIND_ZERO),
	FIELD(drm_limen_sync, point, KIND_POINT),
};

static const struct field submit_compares_fields[] = {
	FIELD(drm_limen_submit, queue, KIND_EXPRESS),
	FIELD(drm_limen_submit, flags, KIND_FLAG),
	FIELD(drm_limen_submit, descs, KIND_COMPARES),
	FIELD(drm_limen_submit, count, KIND_COUNT),
	FIELD(drm_limen_submit, desc_size, KIND_COMPARE_SIZE),
	FIELD(drm_limen_submit, in_syncs, KIND_SYNCS),
	FIELD(drm_limen_submit, out_syncs, KIND_SYNCS),
	FIELD(drm_limen_submit, in_sync_count, KIND_ZERO),
	FIELD(drm_limen_submit, out_sync_count, KIND_FEW),
	FIELD(drm_limen_submit, timeout_ns, KIND_TIMEOUT),
};

static const struct field submit_scans_fields[] = {
	FIELD(drm_limen_submit, queue, KIND_SCAN),
	FIELD(drm_limen_submit, flags, KIND_FLAG),
	FIELD(drm_limen_submit, descs, KIND_SCANS),
	FIELD(drm_limen_submit, count, KIND_COUNT),
	FIELD(drm_limen_submit, desc_size, KIND_SCAN_SIZE),
	FIELD(drm_limen_submit, in_syncs, KIND_SYNCS),
	FIELD(drm_limen_submit, out_syncs, KIND_SYNCS),
	FIELD(drm_limen_submit, in_sync_count, KIND_FEW),
	FIELD(drm_limen_submit, out_sync_count, KIND_FEW),
	FIELD(drm_limen_submit, timeout_ns, KIND_TIMEOUT),
};

static const struct field gem_close_fields[] = {
	FIELD(drm_gem_close, handle, KIND_CARD),
	FIELD(drm_gem_close, pad, KIND_ZERO),
};

static const struct field syncobj_create_fields[] = {
	FIELD(drm_syncobj_create, handle, KIND_ZERO),
	FIELD(drm_syncobj_create, flags, KIND_FLAG),
};

static const struct field syncobj_destroy_fields[] = {
	FIELD(drm_syncobj_destroy, handle, KIND_SYNCOBJ),
	FIELD(drm_syncobj_destroy, pad, KIND_ZERO),
};

static const struct field syncobj_wait_fields[] = {
	FIELD(drm_syncobj_wait, handles, KIND_SYNCOBJS),
	FIELD(drm_syncobj_wait, timeout_nsec, KIND_SOON),
	FIELD(drm_syncobj_wait, count_handles, KIND_COUNT),
	FIELD(drm_syncobj_wait, flags, KIND_FEW),
	FIELD(drm_syncobj_wait, first_signaled, KIND_ZERO),
	FIELD(drm_syncobj_wait, pad, KIND_ZERO),
};

static const struct field syncobj_array_fields[] = {
	FIELD(drm_syncobj_array, handles, KIND_SYNCOBJS),
	FIELD(drm_syncobj_array, count_handles, KIND_COUNT),
	FIELD(drm_syncobj_array, pad, KIND_ZERO),
};

enum {
	OP_MMAP = 2,
	OP_TOUCH = 14,
	OP_RAW = 15,
};

static const struct op ops[] = {
	OP("query", DRM_IOCTL_LIMEN_QUERY, true, query_fields),
	OP("bo-create", DRM_IOCTL_LIMEN_BO_CREATE, true, bo_create_fields),
	[OP_MMAP] = OP("mmap", DRM_IOCTL_LIMEN_BO_MMAP_OFFSET, true,
		       mmap_offset_fields),
	OP("gallery-create", DRM_IOCTL_LIMEN_GALLERY_CREATE, true,
	   gallery_create_fields),
	OP("gallery-destroy", DRM_IOCTL_LIMEN_GALLERY_DESTROY, true,
	   gallery_destroy_fields),
	OP("queue-create", DRM_IOCTL_LIMEN_QUEUE_CREATE, true,
	   queue_create_fields),
	OP("queue-destroy", DRM_IOCTL_LIMEN_QUEUE_DESTROY, true,
	   queue_destroy_fields),
	OP("compare", DRM_IOCTL_LIMEN_SUBMIT, true, submit_compares_fields),
	OP("scan", DRM_IOCTL_LIMEN_SUBMIT, true, submit_scans_fields),
	OP("gem-close", DRM_IOCTL_GEM_CLOSE, false, gem_close_fields),
	OP("syncobj-create", DRM_IOCTL_SYNCOBJ_CREATE, false,
	   syncobj_create_fields),
	OP("syncobj-destroy", DRM_IOCTL_SYNCOBJ_DESTROY, false,
	   syncobj_destroy_fields),
	OP("syncobj-wait", DRM_IOCTL_SYNCOBJ_WAIT, false, syncobj_wait_fields),
	OP("syncobj-signal", DRM_IOCTL_SYNCOBJ_SIGNAL, false,
	   syncobj_array_fields),
	[OP_TOUCH] = { "touch", 0, false, NULL, 0 },
	[OP_RAW] = { "raw", 0, false, NULL, 0 },
};

#define OPS	(sizeof(ops) / sizeof(ops[0]))
_Static_assert(OPS <= FUZZ_OPS, "room for the results of each kind");

/* What programs are made of meanwhile, a copy in each process. */
static struct {
	const struct fuzz_call *call;
	unsigned int cursor;
	__u64 flags;
	__u8 *arena;
	__u32 used;
	__u8 *maps[MAPS];
	unsigned int mapped;
	bool denies;
} now;

#define ARENA	(64u << 10)

static sigjmp_buf gone;

unsigned int fuzz_op_count(void)
{
	return OPS;
}

/**
 * fuzz_op_meant() - whether a kind of call is meant to succeed now and then
 * @op: kind
 */
bool fuzz_op_meant(unsigned int op)
{
	return op != OP_RAW;
}

const char *fuzz_op_name(unsigned int op)
{
	return ops[op].name;
}

static __u32 choose(void)
{
	__u32 round = now.cursor / FUZZ_CHOICES;

	return now.call->choices[now.cursor++ % FUZZ_CHOICES] +
	       round * 2654435761u;
}

static void *arena_take(size_t size)
{
	void *at;

	if (now.used + size > ARENA)
		now.used = 0;
	at = now.arena + now.used;
	now.used += (size + 63) & ~63ul;
	return at;
}

static void fill(void *at, const struct field *fields, unsigned int count);

/* An array of structures; what does not fit was meant to be too long. */
static __u64 array_of(const struct field *fields, unsigned int fields_count,
		      size_t size, unsigned int count)
{
	__u8 *at = arena_take(count * size);
	unsigned int i;

	for (i = 0; i < count; i++)
		fill(at + i * size, fields, fields_count);
	return (__u64)(uintptr_t)at;
}

#define ARRAY_OF(fields, type, count)					\
	array_of(fields, sizeof(fields) / sizeof((fields)[0]),		\
		 sizeof(struct type), count)

static __u64 some_handles(void)
{
	__u32 *handles = arena_take(DESCS * sizeof(*handles));
	unsigned int i;

	for (i = 0; i < DESCS; i++)
		handles[i] = choose() % 3 + 1;
	return (__u64)(uintptr_t)handles;
}

/* Places in memory and times, of which there are not as many as numbers. */
static __u64 plausible_place(enum kind kind, __u32 n)
{
	switch (kind) {
	case KIND_MEMORY:
		return n % 4 ? (uintptr_t)arena_take(512) : 0;
	case KIND_QUERY:
		return n % 3;
	case KIND_COMPARES:
		return ARRAY_OF(compare_fields, drm_limen_compare,
				n % 16 ? 4 : DESCS);
	case KIND_SCANS:
		return ARRAY_OF(scan_fields, drm_limen_scan,
				n % 16 ? 4 : DESCS);
	case KIND_SYNCS:
		return ARRAY_OF(sync_fields, drm_limen_sync, 4);
	case KIND_SYNCOBJS:
		return some_handles();
	case KIND_SOON:
		return in_ns(n % 64 * 50000);
	case KIND_TIMEOUT:
		return now.flags ? in_ns(n % 64 * 100000) : 0;
	default:
		return 0;
	}
}

static __u64 plausible(enum kind kind, __u32 n)
{
	/* Now and then something else is named than by convention. */
	__u32 other = n % 32 ? 0 : n / 32 % 6 + 1;

	n /= 32;
	switch (kind) {
	case KIND_ZERO:
		return 0;
	case KIND_FLAG:
		return n % 2;
	case KIND_TYPE:
		return n % 2 + 1;
	case KIND_FORMAT:
		return n % 16 ? DRM_LIMEN_FORMAT_S8 : n / 16 % 4;
	case KIND_HOST:
	case KIND_GALLERY:
	case KIND_EXPRESS:
		return other ?: 1;
	case KIND_CARD:
	case KIND_SCAN:
		return other ?: 2;
	case KIND_SYNCOBJ:
		return n % 8 ? 1 : n / 8 % 3 + 1;
	case KIND_SIZE:
		return n % 32 ? (n % 4 + 1) * PAGE : n % 1024 * PAGE;
	case KIND_BYTES:
		return n % 400;
	case KIND_OFFSET:
		return n % 32 * 64;
	case KIND_RESULT:
		return PAGE + n % 32 * 64;
	case KIND_DIM:
		return (n % 8 + 1) * 64;
	case KIND_STRIDE:
		return n % 8 ? 512 : (n / 8 % 12 + 1) * 64;
	case KIND_ROWS:
		return n % 12 + 1;
	case KIND_ROW:
		return n % 8 ? 0 : n / 8 % 16;
	case KIND_ROW_COUNT:
		return n % 4 ? 1 : n / 4 % 16;
	case KIND_TOP_K:
		return n % 16 + (n / 16 % 16 ? 1 : DRM_LIMEN_TOP_K_USER);
	case KIND_SIMILARITY:
		return n % 65536 - 32768;
	case KIND_COUNT:
		return n % 16 ? n % 2 + 1 : n / 16 % DESCS + 1;
	case KIND_FEW:
		return n % 4 ? 0 : n / 4 % 4;
	case KIND_COMPARE_SIZE:
		return sizeof(struct drm_limen_compare);
	case KIND_SCAN_SIZE:
		return sizeof(struct drm_limen_scan);
	case KIND_POINT:
		return n % 4 ? 0 : n / 4 % 4;
	default:
		return plausible_place(kind, n);
	}
}

static __u64 value(enum kind kind)
{
	static const __u64 odd[] = {
		0, 1, 7, 63, 64, 65, PAGE - 1, PAGE, PAGE + 1, 1 << 16,
		0x7fffffff, 0x80000000, 0xffffffc0, 0xffffffff, 0x100000000,
		0x7fffffffffffffff, 0x8000000000000000, 0xfffffffffffff000,
		0xffffffffffffffc0, 0xffffffffffffffff,
	};
	__u32 choice = choose(), n = choice >> 9;

	switch (choice & 511) {
	case 0:
		return odd[n % (sizeof(odd) / sizeof(odd[0]))];
	case 1:
		return plausible(kind, n) + 1;
	case 2:
		return plausible(kind, n) - 1;
	case 3:
		return (__u64)n << n % 40;
	default:
		return plausible(kind, n);
	}
}

static void fill(void *at, const struct field *fields, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		__u64 number = value(fields[i].kind);

		if (fields[i].kind == KIND_FLAG)
			now.flags = number;
		memcpy((__u8 *)at + fields[i].offset, &number, fields[i].size);
	}
}

static void on_signal(int number)
{
	if (number != SIGALRM)
		siglongjmp(gone, 1);
}

/**
 * fuzz_prepare() - once a process: its memory, and what ends calls that wait
 * @denies: whether allocations fail where the calls say so: see inject_open()
 */
void fuzz_prepare(bool denies)
{
	const struct itimerval often = { { 0, 200000 }, { 0, 200000 } };
	struct sigaction action = { .sa_handler = on_signal };

	now.denies = denies;
	sigaction(SIGBUS, &action, NULL);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	now.arena = mmap(NULL, ARENA + PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (now.arena == MAP_FAILED)
		abort();
	/* Behind the end there is nothing. */
	munmap(now.arena + ARENA, PAGE);
}

/* Errors that the user API tells of. */
static bool documented(int error)
{
	static const int known[] = {
		EINVAL, ENOENT, EBUSY, ENOSPC, EDQUOT, ENOMEM, EFAULT, E2BIG,
		EAGAIN, ENODEV, ETIMEDOUT, EINTR, EIO, ETIME, ECANCELED, EPERM,
		ESTALE,
	};
	unsigned int i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (error == known[i])
			return true;
	return false;
}

/* Any ioctl of any size, on anything. */
static int call_raw(int fd)
{
	__u32 choice = choose();
	size_t size = choose() % 300;
	unsigned int type = choice % 8 ? 'd' : choice / 8 % 256;
	__u8 *at = arena_take(512);
	size_t i;

	for (i = 0; i < 300; i++)
		at[i] = choose() % 4 ? 0 : choose() % 256;
	return ioctl(fd, _IOC(choice >> 30, type, choice / 2048 % 256, size),
		     choice % 64 ? at : now.arena + ARENA - 8);
}

static int call_touch(void)
{
	__u8 *some = now.maps[choose() % MAPS];
	volatile __u8 *map = some ?: now.maps[0];

	if (!map)
		return -1;
	/* Frozen or unplugged meanwhile: then this is as far as it goes. */
	if (sigsetjmp(gone, 1))
		return -1;
	map[choose() % PAGE] ^= choose();
	return 0;
}

static int call_one(const struct op *op, int fd)
{
	__u8 args[128] = { 0 };
	int ret;

	if (op == &ops[OP_TOUCH])
		return call_touch();
	if (op == &ops[OP_RAW])
		return call_raw(fd);
	fill(args, op->fields, op->count);
	ret = ioctl(fd, op->request, args);
	if (!ret && op == &ops[OP_MMAP]) {
		struct drm_limen_bo_mmap_offset *given = (void *)args;
		void *map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
				 fd, given->offset);

		if (map == MAP_FAILED)
			return -1;
		if (now.maps[now.mapped % MAPS])
			munmap(now.maps[now.mapped % MAPS], PAGE);
		now.maps[now.mapped++ % MAPS] = map;
	}
	return ret;
}

/*
 * A page fault of ours that finds no memory is only tried again, and the kernel says
 * so in words of alarm: such a call has what it needs.
 */
static int call_denied(const struct fuzz_call *call, int fd, bool *denied)
{
	bool denies = now.denies && call->nth && call->op != OP_TOUCH;
	int ret, error;

	if (denies && inject_arm(call->nth))
		abort();
	errno = 0;
	ret = call_one(&ops[call->op], fd);
	error = errno;
	*denied = denies && inject_disarm();
	errno = error;
	return ret;
}

static void count_one(struct fuzz_stats *stats, unsigned int op, int ret,
		      int error)
{
	__atomic_add_fetch(&stats->calls, 1, __ATOMIC_RELAXED);
	if (ret >= 0) {
		__atomic_add_fetch(&stats->done[op], 1, __ATOMIC_RELAXED);
	} else if (ops[op].ours && !documented(error)) {
		stats->strange_op = op;
		stats->strange_errno = error;
		__atomic_add_fetch(&stats->strange, 1, __ATOMIC_RELAXED);
	}
}

/**
 * fuzz_run() - run a program on a file of its own and on the shared one
 * @program: program
 * @shared: the file that all share
 * @stats: what is done is added here
 *
 * Return: 0, or a negative errno if there is no node to open.
 */
int fuzz_run(const struct fuzz_program *program, int shared,
	     struct fuzz_stats *stats)
{
	int own = limen_open();
	unsigned int i;

	if (own < 0)
		return own;
	for (i = 0; i < program->count; i++) {
		const struct fuzz_call *call = &program->calls[i];
		bool denied;
		int ret;

		now.call = call;
		now.cursor = 0;
		now.flags = 0;
		ret = call_denied(call, call->file ? shared : own, &denied);
		count_one(stats, call->op, ret, errno);
		__atomic_add_fetch(&stats->denied, denied, __ATOMIC_RELAXED);
	}
	for (i = 0; i < MAPS; i++) {
		if (now.maps[i])
			munmap(now.maps[i], PAGE);
		now.maps[i] = NULL;
	}
	/* Calls make files too. */
	close_range(own, ~0u, 0);
	return 0;
}
