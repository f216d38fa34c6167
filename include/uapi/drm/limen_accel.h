/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
#ifndef _UAPI_LIMEN_ACCEL_H_
#define _UAPI_LIMEN_ACCEL_H_

/* The kernel has drm.h as <drm/drm.h>, libdrm wherever pkg-config says. */
#ifdef __KERNEL__
#include <drm/drm.h>
#else
#include "drm.h"
#endif

#if defined(__cplusplus)
extern "C" {
#endif

/**
 * DOC: The contract
 *
 * A Limen board compares face templates. Its node, /dev/accel/accelN, offers two
 * services: EXPRESS compares pairs of vectors (1:1) at the lowest latency, SCAN
 * ranks the rows of a gallery by similarity to a probe (1:N). Both return
 * integers: a dot product, and the similarity, of which 32768 stands for 1.0. Both
 * are defined to the bit, so every board returns the same. The device knows no
 * threshold and takes no decision.
 *
 * Life of a comparison:
 *
 * 1. DRM_IOCTL_LIMEN_QUERY tells what the board can do.
 * 2. DRM_IOCTL_LIMEN_BO_CREATE makes buffers. A host buffer holds probes,
 *    references and results; a buffer on the card (DRM_LIMEN_BO_CARD) holds a
 *    gallery. DRM_IOCTL_LIMEN_BO_MMAP_OFFSET gives the offset to mmap() it at.
 *    Buffers are zeroed before the first use and wiped when the last reference
 *    is gone. They cannot be exported.
 * 3. DRM_IOCTL_LIMEN_GALLERY_CREATE turns a filled card buffer into a gallery.
 *    Its geometry is validated here, once, and its content is frozen: every
 *    mapping of the buffer is revoked, touching one raises SIGBUS, and the
 *    buffer serves nothing but its galleries until it is closed.
 * 4. DRM_IOCTL_LIMEN_QUEUE_CREATE makes a queue of one kind.
 * 5. DRM_IOCTL_LIMEN_SUBMIT hands an array of descriptors to a queue. The kernel
 *    writes each result to the host buffer that its descriptor names.
 *
 * Waiting. A submission may signal syncobjs when its last descriptor has
 * finished, and may wait inline, in the same system call, until an absolute
 * CLOCK_MONOTONIC time. A wait that ends early, by a signal or by the time, leaves
 * a ticket in the structure: the same call with the same structure then goes on
 * with that submission and submits nothing. libdrm's drmIoctl() does just that
 * after a signal. No call of this driver fails with EAGAIN, on which drmIoctl()
 * would spin. SCAN submissions may also depend on syncobjs; EXPRESS takes no
 * dependencies, so a comparison waits for nothing but comparisons.
 *
 * Failure. A result is a score only if its @error is 0. Until then the field
 * holds -EINPROGRESS; afterwards, if the board failed, one of
 *
 * - -EIO: the board said it could not do it, or its answer was not valid;
 * - -ETIME: the board did not answer within the watchdog's time, and the
 *   descriptor was given up;
 * - -ECANCELED: the board or one of its rings was reset, or the queue destroyed,
 *   before this descriptor had finished;
 * - -ENODEV: the board is gone, or given up.
 *
 * A comparison that was under way when something had to be reset, and was not to
 * blame for it, is submitted to the board again, twice at most. A scan in that
 * position ends with -ECANCELED, as does a comparison at the third reset; one that
 * the board has been given nothing of is not affected. When nothing brings the
 * board back it is given up, and a uevent of the node says WEDGED=rebind,bus-reset:
 * only binding the driver anew may help.
 *
 * An inline wait returns 0 only if every descriptor finished with @error 0,
 * otherwise the first error. A fence signalled with an error carries the same.
 *
 * Hot unplug. When the board is gone, every call on an open file fails with
 * ENODEV. Mappings remain: that of a host buffer as it was, that of a buffer on the
 * card, frozen or not, as one page of zeros repeated throughout the buffer. It can
 * be written to, and no two buffers share it.
 *
 * Limits. What a user (by user ID, whatever the number of open files) can have at
 * a time is limited; see struct drm_limen_memory_info and struct
 * drm_limen_device_info. Past a limit on things the call fails with EDQUOT; past a
 * limit on work under way a submission finds no room. CAP_SYS_NICE lifts
 * the limit on comparisons, for queues that were created with it, and
 * CAP_SYS_RESOURCE the limit on card memory.
 *
 * Secrecy. Whoever fills a gallery knows its rows, and whoever can submit to a
 * file's queues can learn every row of that file's galleries from scores alone, so
 * neither a file nor what it returns is for anybody who may not see the templates.
 *
 * Suspend. Card memory does not survive the suspension of the system, and is not
 * saved, since templates would then be in memory and perhaps on disk that
 * nobody watches. What was there is lost: using such a buffer or gallery fails
 * with ESTALE, and it has to be filled anew under another handle.
 *
 * Versions. Structures only grow, at the end. Sizes travel with every array,
 * query and result, so old binaries work with new kernels and, as long as what
 * they do not know is zero, new binaries with old kernels. A size is at most
 * DRM_LIMEN_SIZE_MAX. Reserved and padding fields and unknown flags must be zero,
 * or the call fails with EINVAL. The layout is the same for 32-bit and 64-bit
 * processes.
 */

/* Most bytes of a query, and from element to element of an array. */
#define DRM_LIMEN_SIZE_MAX		4096

#define DRM_LIMEN_QUERY			0x00
#define DRM_LIMEN_BO_CREATE		0x01
#define DRM_LIMEN_BO_MMAP_OFFSET	0x02
#define DRM_LIMEN_GALLERY_CREATE	0x03
#define DRM_LIMEN_GALLERY_DESTROY	0x04
#define DRM_LIMEN_QUEUE_CREATE		0x05
#define DRM_LIMEN_QUEUE_DESTROY		0x06
#define DRM_LIMEN_SUBMIT		0x07

/**
 * enum drm_limen_query_type - what DRM_IOCTL_LIMEN_QUERY can tell
 */
enum drm_limen_query_type {
	/** @DRM_LIMEN_QUERY_DEVICE: struct drm_limen_device_info */
	DRM_LIMEN_QUERY_DEVICE = 0,
	/** @DRM_LIMEN_QUERY_MEMORY: struct drm_limen_memory_info */
	DRM_LIMEN_QUERY_MEMORY = 1,
	/** @DRM_LIMEN_QUERY_STATS: struct drm_limen_stats */
	DRM_LIMEN_QUERY_STATS = 2,
};

/**
 * struct drm_limen_query - arguments of DRM_IOCTL_LIMEN_QUERY
 *
 * With @pointer 0 the call only stores the structure's size in @size. Otherwise
 * it writes at most @size bytes and zeroes what lies beyond what it knows, and
 * @size becomes the number of bytes it knows.
 *
 * Errors: EINVAL for an unknown @type or a @size above DRM_LIMEN_SIZE_MAX,
 * EFAULT.
 */
struct drm_limen_query {
	/** @type: enum drm_limen_query_type */
	__u32 type;
	/** @size: in: bytes at @pointer; out: size of the structure */
	__u32 size;
	/** @pointer: user address to write to, or 0 */
	__u64 pointer;
};

/* struct drm_limen_device_info.hw_features */
#define DRM_LIMEN_FEATURE_CAMERA	0x00000001 /* there is a camera */
#define DRM_LIMEN_FEATURE_SENSORS	0x00000002 /* temperature and power */
#define DRM_LIMEN_FEATURE_CLOCK		0x00000004 /* @clock_khz is told */
#define DRM_LIMEN_FEATURE_FIRMWARE	0x00000008 /* it runs firmware, told below */

/**
 * struct drm_limen_device_info - what the board is and how much it takes
 */
struct drm_limen_device_info {
	/** @hw_version: board interface, major << 16 | minor */
	__u32 hw_version;
	/** @hw_features: DRM_LIMEN_FEATURE_* */
	__u32 hw_features;
	/** @dim_max: most components of a vector */
	__u32 dim_max;
	/** @top_k_max: most rows a scan returns */
	__u32 top_k_max;
	/** @batch_max: most descriptors in one submission */
	__u32 batch_max;
	/** @express_depth: comparisons the board takes at once */
	__u32 express_depth;
	/** @scan_depth: scans the board takes at once */
	__u32 scan_depth;
	/** @watchdog_ms: milliseconds without an answer before one is given up */
	__u32 watchdog_ms;
	/** @resets: of the whole board since the driver bound to it */
	__u32 resets;
	/**
	 * @chunk_ns: nanoseconds that the board is meant to spend on a chunk of a
	 * scan; at most two chunks are ahead of a comparison
	 */
	__u32 chunk_ns;
	/** @chunk_bytes: bytes of a gallery that take as long, as last seen */
	__u32 chunk_bytes;
	/** @express_limit: comparisons that a user may have under way */
	__u32 express_limit;
	/** @scan_limit: scans that a user may have under way */
	__u32 scan_limit;
	/** @clock_khz: of the engine's clock, whose cycles are counted; 0: unknown */
	__u32 clock_khz;
	/** @board: name of the board, NUL-terminated */
	char board[32];
	/** @firmware_version: of what the board runs, major << 16 | minor; or 0 */
	__u32 firmware_version;
	/** @firmware_security: its security version, or 0 */
	__u32 firmware_security;
	/** @firmware_hash: SHA-256 of its code, or zeros */
	__u8 firmware_hash[32];
};

/**
 * struct drm_limen_memory_info - memory of the board and of this file
 */
struct drm_limen_memory_info {
	/** @card_size: bytes of card memory */
	__u64 card_size;
	/** @card_free: bytes of card memory nobody holds */
	__u64 card_free;
	/** @host_limit: most bytes of host buffers one user may hold */
	__u64 host_limit;
	/** @host_used: bytes of host buffers this user holds */
	__u64 host_used;
	/**
	 * @card_limit: most bytes of card memory one user may hold without
	 * CAP_SYS_RESOURCE
	 */
	__u64 card_limit;
	/** @card_used: bytes of card memory this user holds */
	__u64 card_used;
};

/* Latencies are counted by powers of two. */
#define DRM_LIMEN_LATENCIES		32

/**
 * struct drm_limen_stats - what the board has done since the driver bound to it
 */
struct drm_limen_stats {
	/** @express_busy_ns: time the board spent on comparisons, as it says */
	__u64 express_busy_ns;
	/** @scan_busy_ns: likewise on scans */
	__u64 scan_busy_ns;
	/** @express_cycles: cycles of the engine's clock in that time */
	__u64 express_cycles;
	/** @scan_cycles: likewise */
	__u64 scan_cycles;
	/** @stall_ns: time the engines waited for memory, as the board says */
	__u64 stall_ns;
	/** @comparisons: answered */
	__u64 comparisons;
	/** @chunks: of scans, answered */
	__u64 chunks;
	/** @rows: searched */
	__u64 rows;
	/** @doorbells: rung, of all rings */
	__u64 doorbells;
	/** @interrupts: taken */
	__u64 interrupts;
	/** @express_wait_max_ns: longest from doorbell to answer of a comparison */
	__u64 express_wait_max_ns;
	/**
	 * @latencies: comparisons by nanoseconds from doorbell to answer: entry i
	 * counts those of at least 2^i and less than 2^(i+1), the first also 0 and
	 * the last also more
	 */
	__u64 latencies[DRM_LIMEN_LATENCIES];
	/** @express_depth: comparisons under way now */
	__u32 express_depth;
	/** @scan_depth: scans submitted and not finished now */
	__u32 scan_depth;
	/** @files: open files now */
	__u32 files;
	/** @pad: zero */
	__u32 pad;
};

/* struct drm_limen_bo_create.flags: in the card's memory, else in the host's */
#define DRM_LIMEN_BO_CARD		0x00000001

/**
 * struct drm_limen_bo_create - arguments of DRM_IOCTL_LIMEN_BO_CREATE
 *
 * Errors: EINVAL for a @size of 0 or too large to round up, unknown @flags or
 * nonzero @handle; ENOSPC if card memory is full; EDQUOT past the user's limit of
 * host memory, card memory or buffers; ENOMEM; ENODEV.
 */
struct drm_limen_bo_create {
	/** @size: in: bytes wanted; out: bytes given, a multiple of the page size */
	__u64 size;
	/** @flags: DRM_LIMEN_BO_* */
	__u32 flags;
	/** @handle: out: GEM handle; in: zero */
	__u32 handle;
};

/**
 * struct drm_limen_bo_mmap_offset - arguments of DRM_IOCTL_LIMEN_BO_MMAP_OFFSET
 *
 * Errors: EINVAL for nonzero @pad or @offset, ENOENT for an unknown handle,
 * EBUSY if the buffer is frozen in a gallery.
 */
struct drm_limen_bo_mmap_offset {
	/** @handle: of the buffer */
	__u32 handle;
	/** @pad: zero */
	__u32 pad;
	/** @offset: out: what to give mmap() as offset; in: zero */
	__u64 offset;
};

/**
 * enum drm_limen_format - how a vector's components are stored
 */
enum drm_limen_format {
	/** @DRM_LIMEN_FORMAT_S8: signed bytes */
	DRM_LIMEN_FORMAT_S8 = 1,
};

/**
 * struct drm_limen_gallery_create - arguments of DRM_IOCTL_LIMEN_GALLERY_CREATE
 *
 * Errors: ENOENT for an unknown handle; EINVAL if the buffer is not on the card,
 * for an unknown @format or @dim, a @stride that is below @dim or no multiple of
 * 64, an @offset that is no multiple of 64, 0 @rows, rows that do not fit into
 * the buffer (the last one takes @dim bytes, not @stride), or nonzero @flags,
 * @gallery or @pad; EBUSY if a submission uses the buffer; ESTALE if its content
 * was lost; EDQUOT with too many galleries of the user's; ENOMEM.
 */
struct drm_limen_gallery_create {
	/** @handle: of a buffer on the card */
	__u32 handle;
	/** @format: enum drm_limen_format */
	__u32 format;
	/** @offset: of row 0 in the buffer, bytes */
	__u64 offset;
	/** @dim: components of a row: a multiple of 64 from 64 to 512 */
	__u32 dim;
	/** @stride: bytes from row to row */
	__u32 stride;
	/** @rows: number of rows */
	__u32 rows;
	/** @flags: zero */
	__u32 flags;
	/** @gallery: out: identifier, never 0; in: zero */
	__u32 gallery;
	/** @pad: zero */
	__u32 pad;
};

/**
 * struct drm_limen_gallery_destroy - arguments of DRM_IOCTL_LIMEN_GALLERY_DESTROY
 *
 * Scans already submitted finish. Errors: ENOENT; EINVAL for nonzero @pad.
 */
struct drm_limen_gallery_destroy {
	/** @gallery: identifier */
	__u32 gallery;
	/** @pad: zero */
	__u32 pad;
};

/**
 * enum drm_limen_queue_type - the services of a board
 */
enum drm_limen_queue_type {
	/** @DRM_LIMEN_QUEUE_EXPRESS: comparisons, struct drm_limen_compare */
	DRM_LIMEN_QUEUE_EXPRESS = 1,
	/** @DRM_LIMEN_QUEUE_SCAN: searches, struct drm_limen_scan */
	DRM_LIMEN_QUEUE_SCAN = 2,
};

/**
 * struct drm_limen_queue_create - arguments of DRM_IOCTL_LIMEN_QUEUE_CREATE
 *
 * Errors: EINVAL for an unknown @type or nonzero @flags, @queue or @pad; EDQUOT
 * with too many queues of the user's; ENOMEM.
 */
struct drm_limen_queue_create {
	/** @type: enum drm_limen_queue_type */
	__u32 type;
	/** @flags: zero */
	__u32 flags;
	/** @queue: out: identifier, never 0; in: zero */
	__u32 queue;
	/** @pad: zero */
	__u32 pad;
};

/**
 * struct drm_limen_queue_destroy - arguments of DRM_IOCTL_LIMEN_QUEUE_DESTROY
 *
 * What the board has not been given whole is cancelled with ECANCELED, whatever
 * it depends on. Errors: ENOENT; EINVAL for nonzero @pad.
 */
struct drm_limen_queue_destroy {
	/** @queue: identifier */
	__u32 queue;
	/** @pad: zero */
	__u32 pad;
};

/**
 * struct drm_limen_sync - a syncobj to wait for or to signal
 */
struct drm_limen_sync {
	/** @handle: of the syncobj */
	__u32 handle;
	/** @flags: zero */
	__u32 flags;
	/** @point: on a timeline syncobj, or 0 for a binary one */
	__u64 point;
};

/**
 * struct drm_limen_compare - compare a probe with a reference
 *
 * A vector starts at a multiple of 64 bytes and lies within one 4 KiB page of
 * its buffer. The result starts at a multiple of 32 bytes. Of @result_size bytes
 * there, the kernel writes those that it knows.
 */
struct drm_limen_compare {
	/** @probe_handle: buffer of the probe */
	__u32 probe_handle;
	/** @reference_handle: buffer of the reference */
	__u32 reference_handle;
	/** @probe_offset: of the probe in its buffer, bytes */
	__u64 probe_offset;
	/** @reference_offset: of the reference in its buffer, bytes */
	__u64 reference_offset;
	/** @result_handle: host buffer of the result */
	__u32 result_handle;
	/** @dim: components of both vectors: a multiple of 64 from 64 to 512 */
	__u32 dim;
	/** @result_offset: of the struct drm_limen_compare_result, bytes */
	__u64 result_offset;
	/** @flags: zero */
	__u32 flags;
	/**
	 * @result_size: of struct drm_limen_compare_result as user space knows it,
	 * a multiple of 8
	 */
	__u32 result_size;
};

/**
 * struct drm_limen_compare_result - what a comparison yields
 *
 * Written by the kernel; -EINPROGRESS in @error until it has finished.
 */
struct drm_limen_compare_result {
	/** @error: 0, or a negative errno; then there is no score */
	__s32 error;
	/** @raw: dot product */
	__s32 raw;
	/** @similarity: published similarity, 32768 stands for 1.0 */
	__s32 similarity;
	/** @pad: zero */
	__u32 pad;
	/** @device_ns: time the board spent, nanoseconds, as it says */
	__u64 device_ns;
	/** @reserved: zero */
	__u64 reserved;
};

/**
 * struct drm_limen_scan - rank rows of a gallery
 *
 * The probe has the gallery's dimension; its place is bound as in
 * struct drm_limen_compare. The rows are @row_count of the gallery's, from
 * @first_row on; there is at least one, and the gallery has all of them. The
 * result, a struct drm_limen_scan_result of @result_size bytes and @top_k rows of
 * @row_size bytes behind it, starts at a multiple of 64 bytes. Of either, the
 * kernel writes those bytes that it knows.
 *
 * A result of fewer than @top_k rows has every row of the range that is not below
 * @min_similarity. Who wants all such rows of a gallery, however many, therefore
 * scans it in ranges, and halves a range whose result is full.
 */
struct drm_limen_scan {
	/** @gallery: identifier */
	__u32 gallery;
	/** @probe_handle: buffer of the probe */
	__u32 probe_handle;
	/** @probe_offset: of the probe in its buffer, bytes */
	__u64 probe_offset;
	/** @first_row: number of the first row to rank */
	__u32 first_row;
	/** @row_count: how many to rank, at least 1 */
	__u32 row_count;
	/** @top_k: most rows to return, 1 to drm_limen_device_info.top_k_max */
	__u32 top_k;
	/** @min_similarity: rows below it are left out */
	__s32 min_similarity;
	/** @result_offset: of the result in its buffer, bytes */
	__u64 result_offset;
	/** @result_handle: host buffer of the result */
	__u32 result_handle;
	/** @flags: zero */
	__u32 flags;
	/**
	 * @result_size: of struct drm_limen_scan_result as user space knows it, a
	 * multiple of 8
	 */
	__u32 result_size;
	/** @row_size: likewise of struct drm_limen_scan_row */
	__u32 row_size;
};

/**
 * struct drm_limen_scan_row - one row found
 */
struct drm_limen_scan_row {
	/** @row: number in the gallery, from 0, wherever the range begins */
	__u32 row;
	/** @raw: dot product */
	__s32 raw;
	/** @similarity: published similarity */
	__s32 similarity;
	/** @pad: zero */
	__u32 pad;
};

/**
 * struct drm_limen_scan_result - what a scan yields
 *
 * Written by the kernel; -EINPROGRESS in @error until it has finished. Rows come
 * by falling similarity, rows of equal similarity by rising number.
 */
struct drm_limen_scan_result {
	/** @error: 0, or a negative errno; then there are no rows */
	__s32 error;
	/** @count: rows that follow */
	__u32 count;
	/** @device_ns: time the board spent, nanoseconds, as it says */
	__u64 device_ns;
	/** @rows: @count rows; with a newer header, of @row_size bytes each */
	struct drm_limen_scan_row rows[];
};

/* struct drm_limen_submit.flags: do not return before it has finished */
#define DRM_LIMEN_SUBMIT_WAIT		0x00000001

/**
 * struct drm_limen_submit - arguments of DRM_IOCTL_LIMEN_SUBMIT
 *
 * All descriptors are checked before the first one reaches the board: the call
 * either submits all or none.
 *
 * Errors before anything was submitted, which leave @ticket 0: ENOENT for an
 * unknown queue, handle, gallery or syncobj; EINVAL for anything out of the ranges
 * given here, nonzero reserved fields, unknown flags, in-syncs on EXPRESS, an
 * in-sync that has no fence yet, or a timeout without DRM_LIMEN_SUBMIT_WAIT; E2BIG
 * for descriptors or syncs with nonzero bytes past those this kernel knows; EBUSY
 * for a buffer frozen in a gallery; ESTALE for a buffer or gallery whose content
 * was lost; ENOBUFS if the ring, or the user's share of comparisons or scans, has
 * no room and the call does not wait; ETIMEDOUT if there was none until
 * @timeout_ns; EINTR for a signal; EFAULT; ENOMEM; ENODEV.
 *
 * Errors of the inline wait that leave a @ticket: the submission goes on, and the
 * same call with the same structure (in which @timeout_ns may be later) goes on to
 * wait for it. ETIMEDOUT if the time came first; EINTR for a signal.
 *
 * Errors of the submission itself, with @ticket 0: the first error of a result, as
 * told above.
 *
 * A call with a @ticket looks at @queue, @flags, which have to have
 * DRM_LIMEN_SUBMIT_WAIT, @timeout_ns and @ticket alone, and fails with ENOENT for a
 * ticket that the queue has not left, that another call is waiting for, or that is
 * older than the last 64 that the queue has left and nobody has come back for: what
 * became of those is told by their results.
 */
struct drm_limen_submit {
	/** @queue: identifier */
	__u32 queue;
	/** @flags: DRM_LIMEN_SUBMIT_* */
	__u32 flags;
	/** @descs: user address of @count descriptors, of the queue's kind */
	__u64 descs;
	/** @count: 1 to drm_limen_device_info.batch_max */
	__u32 count;
	/** @desc_size: bytes from descriptor to descriptor */
	__u32 desc_size;
	/** @in_syncs: user address of struct drm_limen_sync, SCAN only */
	__u64 in_syncs;
	/** @out_syncs: user address of struct drm_limen_sync */
	__u64 out_syncs;
	/** @in_sync_count: 0 to 16 */
	__u32 in_sync_count;
	/** @out_sync_count: 0 to 16 */
	__u32 out_sync_count;
	/** @sync_size: bytes from sync to sync in either array; 0 without any */
	__u32 sync_size;
	/** @pad: zero */
	__u32 pad;
	/** @timeout_ns: absolute CLOCK_MONOTONIC time the inline wait ends */
	__s64 timeout_ns;
	/**
	 * @ticket: in: zero to submit, or what a wait that ended early has left;
	 * out: of such a wait, never zero; else zero
	 */
	__u64 ticket;
};

#define DRM_IOCTL_LIMEN_QUERY \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_LIMEN_QUERY, struct drm_limen_query)
#define DRM_IOCTL_LIMEN_BO_CREATE \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_LIMEN_BO_CREATE, \
		 struct drm_limen_bo_create)
#define DRM_IOCTL_LIMEN_BO_MMAP_OFFSET \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_LIMEN_BO_MMAP_OFFSET, \
		 struct drm_limen_bo_mmap_offset)
#define DRM_IOCTL_LIMEN_GALLERY_CREATE \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_LIMEN_GALLERY_CREATE, \
		 struct drm_limen_gallery_create)
#define DRM_IOCTL_LIMEN_GALLERY_DESTROY \
	DRM_IOW(DRM_COMMAND_BASE + DRM_LIMEN_GALLERY_DESTROY, \
		struct drm_limen_gallery_destroy)
#define DRM_IOCTL_LIMEN_QUEUE_CREATE \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_LIMEN_QUEUE_CREATE, \
		 struct drm_limen_queue_create)
#define DRM_IOCTL_LIMEN_QUEUE_DESTROY \
	DRM_IOW(DRM_COMMAND_BASE + DRM_LIMEN_QUEUE_DESTROY, \
		struct drm_limen_queue_destroy)
#define DRM_IOCTL_LIMEN_SUBMIT \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_LIMEN_SUBMIT, struct drm_limen_submit)

#if defined(__cplusplus)
}
#endif

#endif /* _UAPI_LIMEN_ACCEL_H_ */
