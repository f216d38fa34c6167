// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fuzzer's calls: what each argument means, what it may plausibly be, and how
 * it is made from numbers.
 *
 * Most calls name what calls before them have made. Identifiers count from 1 in
 * every file, so small numbers may also name what another process has made with
 * the same file.
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

/* Things of a kind in a file that are remembered. */
#define NAMES		8

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
	KIND_BUFFER,
	KIND_VECTORS,
	KIND_QUEUE,
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
	KIND_SYNC_SIZE,
	KIND_COMPARE_RESULT,
	KIND_SCAN_RESULT,
	KIND_SCAN_ROW,
	KIND_TICKET,
	KIND_POINT,
	KIND_TIMEOUT,
	KIND_SOON,
	KIND_MEMORY,
	KIND_COMPARES,
	KIND_SCANS,
	KIND_SYNCS,
	KIND_SYNCOBJS,
};

/* Those with names of their own, from KIND_HOST on. */
#define NAMED	(KIND_SYNCOBJ - KIND_HOST + 1)

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
	unsigned int weight;
	unsigned long request;
	const struct field *fields;
	unsigned int count;
	/* That are told of, besides those of every call; NULL if not by us. */
	const int *errors;
};

#define OP(name, weight, request, fields, errors)			\
	{ name, weight, request, fields,				\
	  sizeof(fields) / sizeof((fields)[0]), errors }

#define ERRORS(...)	((const int []){ __VA_ARGS__, 0 })

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
	FIELD(drm_limen_bo_mmap_offset, handle, KIND_BUFFER),
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
	FIELD(drm_limen_queue_destroy, queue, KIND_QUEUE),
	FIELD(drm_limen_queue_destroy, pad, KIND_ZERO),
};

static const struct field compare_fields[] = {
	FIELD(drm_limen_compare, probe_handle, KIND_VECTORS),
	FIELD(drm_limen_compare, reference_handle, KIND_VECTORS),
	FIELD(drm_limen_compare, probe_offset, KIND_OFFSET),
	FIELD(drm_limen_compare, reference_offset, KIND_OFFSET),
	FIELD(drm_limen_compare, result_handle, KIND_HOST),
	FIELD(drm_limen_compare, dim, KIND_DIM),
	FIELD(drm_limen_compare, result_offset, KIND_RESULT),
	FIELD(drm_limen_compare, flags, KIND_ZERO),
	FIELD(drm_limen_compare, result_size, KIND_COMPARE_RESULT),
};

static const struct field scan_fields[] = {
	FIELD(drm_limen_scan, gallery, KIND_GALLERY),
	FIELD(drm_limen_scan, probe_handle, KIND_VECTORS),
	FIELD(drm_limen_scan, probe_offset, KIND_OFFSET),
	FIELD(drm_limen_scan, first_row, KIND_ROW),
	FIELD(drm_limen_scan, row_count, KIND_ROW_COUNT),
	FIELD(drm_limen_scan, top_k, KIND_TOP_K),
	FIELD(drm_limen_scan, min_similarity, KIND_SIMILARITY),
	FIELD(drm_limen_scan, result_offset, KIND_RESULT),
	FIELD(drm_limen_scan, result_handle, KIND_HOST),
	FIELD(drm_limen_scan, flags, KIND_ZERO),
	FIELD(drm_limen_scan, result_size, KIND_SCAN_RESULT),
	FIELD(drm_limen_scan, row_size, KIND_SCAN_ROW),
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
	FIELD(drm_limen_submit, sync_size, KIND_SYNC_SIZE),
	FIELD(drm_limen_submit, pad, KIND_ZERO),
	FIELD(drm_limen_submit, timeout_ns, KIND_TIMEOUT),
	FIELD(drm_limen_submit, ticket, KIND_TICKET),
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
	FIELD(drm_limen_submit, sync_size, KIND_SYNC_SIZE),
	FIELD(drm_limen_submit, pad, KIND_ZERO),
	FIELD(drm_limen_submit, timeout_ns, KIND_TIMEOUT),
	FIELD(drm_limen_submit, ticket, KIND_TICKET),
};

static const struct field gem_close_fields[] = {
	FIELD(drm_gem_close, handle, KIND_BUFFER),
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
	OP_QUERY,
	OP_BO_CREATE,
	OP_MMAP,
	OP_GALLERY_CREATE,
	OP_GALLERY_DESTROY,
	OP_QUEUE_CREATE,
	OP_QUEUE_DESTROY,
	OP_COMPARE,
	OP_SCAN,
	OP_GEM_CLOSE,
	OP_SYNCOBJ_CREATE,
	OP_SYNCOBJ_DESTROY,
	OP_SYNCOBJ_WAIT,
	OP_SYNCOBJ_SIGNAL,
	OP_TOUCH,
	OP_CORE,
	OP_RAW,
};

#define SUBMIT_ERRORS							\
	EINVAL, ENOENT, E2BIG, EBUSY, ESTALE, ENOBUFS, ETIMEDOUT, EINTR,	\
	EIO, ETIME

static const struct op ops[] = {
	[OP_QUERY] =
		OP("query", 1, DRM_IOCTL_LIMEN_QUERY, query_fields,
		   ERRORS(EINVAL)),
	[OP_BO_CREATE] =
		OP("bo-create", 3, DRM_IOCTL_LIMEN_BO_CREATE, bo_create_fields,
		   ERRORS(EINVAL, ENOSPC, EDQUOT)),
	[OP_MMAP] =
		OP("mmap", 2, DRM_IOCTL_LIMEN_BO_MMAP_OFFSET,
		   mmap_offset_fields, ERRORS(EINVAL, ENOENT, EBUSY)),
	[OP_GALLERY_CREATE] =
		OP("gallery-create", 3, DRM_IOCTL_LIMEN_GALLERY_CREATE,
		   gallery_create_fields,
		   ERRORS(EINVAL, ENOENT, EBUSY, ESTALE, EDQUOT)),
	[OP_GALLERY_DESTROY] =
		OP("gallery-destroy", 1, DRM_IOCTL_LIMEN_GALLERY_DESTROY,
		   gallery_destroy_fields, ERRORS(EINVAL, ENOENT)),
	[OP_QUEUE_CREATE] =
		OP("queue-create", 2, DRM_IOCTL_LIMEN_QUEUE_CREATE,
		   queue_create_fields, ERRORS(EINVAL, EDQUOT)),
	[OP_QUEUE_DESTROY] =
		OP("queue-destroy", 1, DRM_IOCTL_LIMEN_QUEUE_DESTROY,
		   queue_destroy_fields, ERRORS(EINVAL, ENOENT)),
	[OP_COMPARE] =
		OP("compare", 8, DRM_IOCTL_LIMEN_SUBMIT, submit_compares_fields,
		   ERRORS(SUBMIT_ERRORS)),
	[OP_SCAN] =
		OP("scan", 8, DRM_IOCTL_LIMEN_SUBMIT, submit_scans_fields,
		   ERRORS(SUBMIT_ERRORS, ECANCELED)),
	[OP_GEM_CLOSE] =
		OP("gem-close", 1, DRM_IOCTL_GEM_CLOSE, gem_close_fields, NULL),
	[OP_SYNCOBJ_CREATE] =
		OP("syncobj-create", 2, DRM_IOCTL_SYNCOBJ_CREATE,
		   syncobj_create_fields, NULL),
	[OP_SYNCOBJ_DESTROY] =
		OP("syncobj-destroy", 1, DRM_IOCTL_SYNCOBJ_DESTROY,
		   syncobj_destroy_fields, NULL),
	[OP_SYNCOBJ_WAIT] =
		OP("syncobj-wait", 1, DRM_IOCTL_SYNCOBJ_WAIT,
		   syncobj_wait_fields, NULL),
	[OP_SYNCOBJ_SIGNAL] =
		OP("syncobj-signal", 1, DRM_IOCTL_SYNCOBJ_SIGNAL,
		   syncobj_array_fields, NULL),
	[OP_TOUCH] = { "touch", 2, 0, NULL, 0, NULL },
	[OP_CORE] = { "core", 2, 0, NULL, 0, NULL },
	[OP_RAW] = { "raw", 1, 0, NULL, 0, NULL },
};

/* Those of DRM's own that a node without a display might take. */
static const unsigned long core_requests[] = {
	DRM_IOCTL_VERSION, DRM_IOCTL_GET_UNIQUE, DRM_IOCTL_GET_MAGIC,
	DRM_IOCTL_GET_CLIENT, DRM_IOCTL_GET_STATS, DRM_IOCTL_SET_VERSION,
	DRM_IOCTL_GEM_CLOSE, DRM_IOCTL_GEM_FLINK, DRM_IOCTL_GEM_OPEN,
	DRM_IOCTL_GET_CAP, DRM_IOCTL_SET_CLIENT_CAP, DRM_IOCTL_AUTH_MAGIC,
	DRM_IOCTL_SET_MASTER, DRM_IOCTL_DROP_MASTER,
	DRM_IOCTL_PRIME_HANDLE_TO_FD, DRM_IOCTL_PRIME_FD_TO_HANDLE,
	DRM_IOCTL_SYNCOBJ_CREATE, DRM_IOCTL_SYNCOBJ_DESTROY,
	DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE,
	DRM_IOCTL_SYNCOBJ_WAIT, DRM_IOCTL_SYNCOBJ_RESET,
	DRM_IOCTL_SYNCOBJ_SIGNAL, DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT,
	DRM_IOCTL_SYNCOBJ_QUERY, DRM_IOCTL_SYNCOBJ_TRANSFER,
	DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL, DRM_IOCTL_MODE_CREATE_DUMB,
	DRM_IOCTL_MODE_MAP_DUMB,
	/* SYNCOBJ_EVENTFD and GEM_CHANGE_HANDLE, which libdrm may not know. */
	DRM_IOWR(0xcf, __u64[3]), DRM_IOWR(0xd2, __u32[2]),
};

#define OPS	(sizeof(ops) / sizeof(ops[0]))
_Static_assert(OPS <= FUZZ_OPS, "room for the results of each kind");

/**
 * struct names - what a file has of a kind, as far as this process made it
 * @count: identifiers given so far
 * @ids: the last of them
 */
struct names {
	unsigned int count;
	__u32 ids[NAMES];
};

/* What programs are made of meanwhile, a copy in each process. */
static struct {
	struct fuzz_call *call;
	unsigned int cursor;
	__u64 flags;
	__u8 *arena;
	__u32 used;
	__u8 *maps[MAPS];
	unsigned int mapped;
	struct names names[FUZZ_FILES][NAMED];
	__u64 tickets[FUZZ_FILES];
	bool denies;
	bool patient;
} now;

#define ARENA	(64u << 10)

static sigjmp_buf gone;

unsigned int fuzz_op_count(void)
{
	return OPS;
}

/**
 * fuzz_op_pick() - a kind of call, those that reach furthest more often
 * @random: state of the random numbers
 *
 * Return: the kind.
 */
unsigned int fuzz_op_pick(__u32 *random)
{
	unsigned int op, left, sum = 0;

	for (op = 0; op < OPS; op++)
		sum += ops[op].weight;
	left = next_random(random) % sum;
	for (op = 0; left >= ops[op].weight; op++)
		left -= ops[op].weight;
	return op;
}

/**
 * fuzz_op_meant() - whether a kind of call is meant to succeed now and then
 * @op: kind
 */
bool fuzz_op_meant(unsigned int op)
{
	return op != OP_RAW && op != OP_CORE;
}

const char *fuzz_op_name(unsigned int op)
{
	return ops[op].name;
}

/**
 * fuzz_op_errors() - errors that the user API tells of for a kind of call
 * @op: kind
 *
 * Return: them, with a 0 at the end, or NULL if it is not ours.
 */
const int *fuzz_op_errors(unsigned int op)
{
	return ops[op].errors;
}

static struct names *names_of(enum kind kind)
{
	return &now.names[now.call->file][kind - KIND_HOST];
}

static void remember(enum kind kind, __u32 id)
{
	struct names *names = names_of(kind);

	names->ids[names->count++ % NAMES] = id;
}

/* The last one takes its place. */
static void forget(enum kind kind, __u32 id)
{
	struct names *names = names_of(kind);
	unsigned int i;

	if (names->count > NAMES)
		names->count = NAMES;
	for (i = 0; i < names->count; i++)
		if (names->ids[i] == id)
			names->ids[i--] = names->ids[--names->count];
}

/* What a call that succeeded has made or ended. */
static void take_note(unsigned int op, const void *args)
{
	const struct drm_limen_gallery_create *gallery = args;
	const struct drm_limen_queue_create *queue = args;
	const struct drm_limen_bo_create *bo = args;
	/* First in all structures that name something to end. */
	const __u32 *id = args;

	switch (op) {
	case OP_BO_CREATE:
		remember(bo->flags ? KIND_CARD : KIND_HOST, bo->handle);
		break;
	case OP_GALLERY_CREATE:
		remember(KIND_GALLERY, gallery->gallery);
		break;
	case OP_QUEUE_CREATE:
		remember(queue->type == DRM_LIMEN_QUEUE_SCAN ? KIND_SCAN :
							       KIND_EXPRESS,
			 queue->queue);
		break;
	case OP_SYNCOBJ_CREATE:
		remember(KIND_SYNCOBJ, *id);
		break;
	case OP_GEM_CLOSE:
		forget(KIND_HOST, *id);
		forget(KIND_CARD, *id);
		break;
	case OP_GALLERY_DESTROY:
		forget(KIND_GALLERY, *id);
		break;
	case OP_QUEUE_DESTROY:
		forget(KIND_EXPRESS, *id);
		forget(KIND_SCAN, *id);
		break;
	case OP_SYNCOBJ_DESTROY:
		forget(KIND_SYNCOBJ, *id);
		break;
	}
}

/* Now and then something is named that this process did not make, or nobody did. */
static __u32 named(enum kind kind, __u32 n)
{
	const struct names *names;
	unsigned int known;

	if (kind == KIND_BUFFER)
		kind = n % 4 ? KIND_HOST : KIND_CARD;
	if (kind == KIND_VECTORS)
		kind = n % 32 ? KIND_HOST : KIND_CARD;
	if (kind == KIND_QUEUE)
		kind = n % 2 ? KIND_EXPRESS : KIND_SCAN;
	n /= 32;
	names = names_of(kind);
	known = names->count < NAMES ? names->count : NAMES;
	return n % 128 && known ? names->ids[n / 128 % known] : n / 128 % 6 + 1;
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

/* As many structures as may ever be wanted, of which so many differ. */
static __u64 array_of(const struct field *fields, unsigned int fields_count,
		      size_t size, unsigned int differ)
{
	__u8 *at = arena_take(DESCS * size);
	unsigned int i;

	for (i = 0; i < differ; i++)
		fill(at + i * size, fields, fields_count);
	for (; i < DESCS; i++)
		memcpy(at + i * size, at + (i - differ) * size, size);
	return (__u64)(uintptr_t)at;
}

#define ARRAY_OF(fields, type, differ)					\
	array_of(fields, sizeof(fields) / sizeof((fields)[0]),		\
		 sizeof(struct type), differ)

static __u64 some_handles(void)
{
	__u32 *handles = arena_take(DESCS * sizeof(*handles));
	unsigned int i;

	for (i = 0; i < DESCS; i++)
		handles[i] = named(KIND_SYNCOBJ, choose());
	return (__u64)(uintptr_t)handles;
}

/* Places in memory, times and tickets: not as many as there are numbers. */
static __u64 plausible_place(enum kind kind, __u32 n)
{
	switch (kind) {
	case KIND_MEMORY:
		return n % 4 ? (uintptr_t)arena_take(512) : 0;
	case KIND_QUERY:
		return n % 3;
	case KIND_TICKET:
		return n % 16 ? 0 : now.tickets[n / 16 % FUZZ_FILES];
	case KIND_COMPARES:
		return ARRAY_OF(compare_fields, drm_limen_compare,
				n % 16 ? 2 : DESCS);
	case KIND_SCANS:
		return ARRAY_OF(scan_fields, drm_limen_scan,
				n % 16 ? 2 : DESCS);
	case KIND_SYNCS:
		return ARRAY_OF(sync_fields, drm_limen_sync, 4);
	case KIND_SYNCOBJS:
		return some_handles();
	case KIND_SOON:
		return in_ns(n % 64 * 50000);
	case KIND_TIMEOUT:
		return now.flags ? in_ns(now.patient && n % 2 ?
					 3 * NSEC_PER_SEC :
					 n % 64 * 100000) : 0;
	default:
		return 0;
	}
}

/* Of buffers, and of structures; results may be longer than the kernel knows. */
static __u64 plausible_size(enum kind kind, __u32 n)
{
	__u32 more = n % 8 ? 0 : n / 8 % 4 * 8;

	switch (kind) {
	case KIND_SIZE:
		return n % 128 ? (n % 4 ? 2 : n / 4 % 8 + 1) * PAGE :
				 n / 128 % 1024 * PAGE;
	case KIND_BYTES:
		return n % 400;
	case KIND_COMPARE_SIZE:
		return sizeof(struct drm_limen_compare);
	case KIND_SCAN_SIZE:
		return sizeof(struct drm_limen_scan);
	case KIND_SYNC_SIZE:
		return sizeof(struct drm_limen_sync);
	case KIND_COMPARE_RESULT:
		return sizeof(struct drm_limen_compare_result) + more;
	case KIND_SCAN_RESULT:
		return sizeof(struct drm_limen_scan_result) + more;
	default:
		return sizeof(struct drm_limen_scan_row) + more;
	}
}

static __u64 plausible(enum kind kind, __u32 n)
{
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
	case KIND_CARD:
	case KIND_GALLERY:
	case KIND_EXPRESS:
	case KIND_SCAN:
	case KIND_SYNCOBJ:
	case KIND_BUFFER:
	case KIND_VECTORS:
	case KIND_QUEUE:
		return named(kind, n);
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
		return n % 16 + (n / 16 % 16 ? 1 : 64);
	case KIND_SIMILARITY:
		/* Most memory is zeros, which are of similarity 0. */
		return n % 8 < 6 ? n % 8 : n / 8 % 65536 - 32768;
	case KIND_COUNT:
		/* Limits are reached sooner by many. */
		return n % (now.call->repeats ? 2 : 8) ? n / 8 % 2 + 1 :
							 n / 8 % DESCS + 1;
	case KIND_FEW:
		return n % 4 ? 0 : n / 4 % 4;
	case KIND_POINT:
		return n % 4 ? 0 : n / 4 % 4;
	case KIND_SIZE:
	case KIND_BYTES:
	case KIND_COMPARE_SIZE:
	case KIND_SCAN_SIZE:
	case KIND_SYNC_SIZE:
	case KIND_COMPARE_RESULT:
	case KIND_SCAN_RESULT:
	case KIND_SCAN_ROW:
		return plausible_size(kind, n);
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
 * @patient: whether calls wait long enough to see the watchdog bite
 */
void fuzz_prepare(bool denies, bool patient)
{
	const struct timeval period = { .tv_sec = patient ? 8 : 0,
					.tv_usec = patient ? 0 : 200000 };
	const struct itimerval often = { period, period };
	struct sigaction action = { .sa_handler = on_signal };

	now.denies = denies;
	now.patient = patient;
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

/*
 * Whether the user API tells of an error: any call finds no memory, or no board, and
 * what was meant as a comparison may name a queue for scans.
 */
static bool documented(unsigned int op, int error)
{
	const int *errors = ops[op == OP_COMPARE ? OP_SCAN : op].errors;

	if (error == EFAULT || error == ENOMEM || error == ENODEV)
		return true;
	while (*errors && *errors != error)
		errors++;
	return *errors;
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

/* Arguments of words: most begin with a handle, or with where handles are. */
static int call_core(int fd)
{
	unsigned long request =
		core_requests[choose() % (sizeof(core_requests) /
					  sizeof(core_requests[0]))];
	__u32 words[64] = { 0 };
	__u64 handles = some_handles();
	__u32 choice = choose();
	unsigned int i;

	for (i = 0; i < _IOC_SIZE(request) / sizeof(words[0]); i++)
		words[i] = choose() % 4 ? choose() % 3 : choose();
	if (choice % 4 == 0)
		memcpy(words, &handles, sizeof(handles));
	else if (choice % 4 < 3)
		words[0] = named(choice % 4 == 1 ? KIND_BUFFER : KIND_SYNCOBJ,
				 choice / 4);
	return ioctl(fd, request, words);
}

static int call_touch(void)
{
	__u8 *some = now.maps[choose() % MAPS];
	volatile __u8 *map = some ?: now.maps[0];

	errno = EFAULT;
	if (!map)
		return -1;
	/* Frozen or unplugged meanwhile: then this is as far as it goes. */
	if (sigsetjmp(gone, 1))
		return -1;
	map[choose() % PAGE] ^= choose();
	return 0;
}

/* Half of the time somebody goes on with what a signal or the time has ended. */
static int call_submit(int fd, struct drm_limen_submit *args)
{
	int ret;

	do {
		ret = ioctl(fd, DRM_IOCTL_LIMEN_SUBMIT, args);
		if (ret < 0 && args->ticket)
			now.tickets[now.call->file] = args->ticket;
	} while (ret < 0 && (errno == EINTR || errno == ETIMEDOUT) &&
		 args->ticket && choose() % 2);
	return ret;
}

static int call_one(const struct op *op, int fd)
{
	__u8 args[128] = { 0 };
	int ret;

	if (op == &ops[OP_TOUCH])
		return call_touch();
	if (op == &ops[OP_CORE])
		return call_core(fd);
	if (op == &ops[OP_RAW])
		return call_raw(fd);
	fill(args, op->fields, op->count);
	ret = op->request == DRM_IOCTL_LIMEN_SUBMIT ?
	      call_submit(fd, (void *)args) : ioctl(fd, op->request, args);
	if (!ret)
		take_note(op - ops, args);
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

static void count_one(struct fuzz_stats *stats, unsigned int op, int error)
{
	unsigned int end = error < FUZZ_ERRORS ? error : FUZZ_ERRORS - 1;

	__atomic_add_fetch(&stats->calls, 1, __ATOMIC_RELAXED);
	__atomic_add_fetch(&stats->ends[op][end], 1, __ATOMIC_RELAXED);
	if (error && ops[op].errors && !documented(op, error)) {
		stats->strange_op = op;
		stats->strange_errno = error;
		__atomic_add_fetch(&stats->strange, 1, __ATOMIC_RELAXED);
	}
}

static void run_call(struct fuzz_call *call, int fd, struct fuzz_stats *stats)
{
	unsigned int times = call->repeats + 1;
	bool denied;
	int ret;

	do {
		now.call = call;
		now.cursor = 0;
		now.flags = 0;
		ret = call_denied(call, fd, &denied);
		count_one(stats, call->op, ret < 0 ? errno : 0);
		__atomic_add_fetch(&stats->denied, denied, __ATOMIC_RELAXED);
	} while (ret >= 0 && --times);
	call->used = now.cursor < FUZZ_CHOICES ? now.cursor : FUZZ_CHOICES;
}

/**
 * fuzz_run() - run a program on a file of its own and on the shared one
 * @program: program; what its calls have used is noted
 * @shared: the file that all share
 * @stats: what is done is added here
 *
 * Return: 0, or a negative errno if there is no node to open.
 */
int fuzz_run(struct fuzz_program *program, int shared,
	     struct fuzz_stats *stats)
{
	int own = limen_open();
	unsigned int i;

	if (own < 0)
		return own;
	memset(now.names[0], 0, sizeof(now.names[0]));
	for (i = 0; i < program->count; i++) {
		struct fuzz_call *call = &program->calls[i];

		run_call(call, call->file ? shared : own, stats);
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
