/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Helpers of the Limen selftests: the node, its ioctls, vectors, syncobjs, and
 * the emulated board's knobs. They report by return value (0 or a negative
 * errno), so that a test asserts what it expects.
 */
#ifndef LIMEN_SELFTEST_UTIL_H
#define LIMEN_SELFTEST_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <drm/limen_accel.h>
#include <limen/hw.h>
#include <limen/score.h>

#define PAGE		4096ULL
#define NSEC_PER_SEC	1000000000LL
#define NSEC_PER_MSEC	1000000LL

/* What untouched memory is filled with. */
#define POISON		0xa5

/* A handle or identifier nobody was given. */
#define NOBODY		0x7ffffff0u

/* Long enough for a scan of megabytes under software emulation. */
#define PATIENCE	(60 * NSEC_PER_SEC)

/* The node */
int limen_open(void);
const char *limen_node(void);
int limen_device_info(int fd, struct drm_limen_device_info *info);
int limen_memory_info(int fd, struct drm_limen_memory_info *info);
int limen_stats(int fd, struct drm_limen_stats *stats);
bool card_free_becomes(int fd, __u64 bytes);
bool card_used_becomes(int fd, __u64 bytes);

/* ioctl() that returns a negative errno and is never restarted. */
int xioctl(int fd, unsigned long request, void *arg);

/**
 * struct bo - a buffer and its mapping
 * @handle: GEM handle
 * @size: as the kernel rounded it
 * @offset: what it is mapped at
 * @map: its mapping, or NULL
 */
struct bo {
	__u32 handle;
	__u64 size;
	__u64 offset;
	uint8_t *map;
};

int bo_create(int fd, __u64 size, __u32 flags, __u32 *handle);
int bo_offset(int fd, __u32 handle, __u64 *offset);
int bo_close(int fd, __u32 handle);
int bo_new(int fd, __u64 size, __u32 flags, struct bo *bo);
void bo_free(int fd, struct bo *bo);

/* Galleries and queues */
int gallery_create(int fd, struct drm_limen_gallery_create *args);
int gallery_simple(int fd, const struct bo *bo, __u32 dim, __u32 rows,
		   __u32 *gallery);
int gallery_destroy(int fd, __u32 gallery);
int queue_create(int fd, __u32 type, __u32 *queue);
int queue_destroy(int fd, __u32 queue);

/* Submissions */
int submit(int fd, struct drm_limen_submit *args);
int submit_compares(int fd, __u32 queue, const struct drm_limen_compare *descs,
		    __u32 count, __s64 timeout_ns);
int submit_scans(int fd, __u32 queue, const struct drm_limen_scan *descs,
		 __u32 count, __s64 timeout_ns);
struct drm_limen_compare compare_at(const struct bo *bo, __u64 probe,
				    __u64 reference, __u64 result, __u32 dim);
/* The best @top_k of the first @rows of a gallery, for the probe at 0. */
struct drm_limen_scan scan_at(const struct bo *bo, __u32 gallery,
			      __u64 result, __u32 rows, __u32 top_k);
struct drm_limen_compare_result *compare_result(const struct bo *bo, __u64 at);
struct drm_limen_scan_result *scan_result(const struct bo *bo, __u64 at);
size_t scan_result_size(__u32 top_k);
int wait_result(const volatile __s32 *error, __s64 nsec);
/* Whether a comparison on a file of its own gets its score. */
bool board_works(void);

/* Syncobjs */
int syncobj_create(int fd, __u32 *handle);
int syncobj_destroy(int fd, __u32 handle);
int syncobj_wait(int fd, __u32 handle, __s64 nsec);
int syncobj_timeline_wait(int fd, __u32 handle, __u64 point, __s64 nsec);
int syncobj_query(int fd, __u32 handle, __u64 *point);
int syncobj_export(int fd, __u32 handle, int *sync_file);
int syncobj_import(int fd, __u32 handle, int sync_file);
int sync_file_status(int sync_file);

/* A fence that is signalled when told, from the kernel's vgem driver. */
struct manual_fence {
	int vgem;
	__u32 handle;
	__u32 fence;
	int sync_file;
};

int manual_fence_open(struct manual_fence *fence);
int manual_fence_signal(struct manual_fence *fence);
void manual_fence_close(struct manual_fence *fence);

/* Gives up a capability of the effective ones, or takes it again. */
int allow_capability(unsigned int capability, bool allow);

/* Time, CLOCK_MONOTONIC */
__s64 now_ns(void);
__s64 in_ns(__s64 nsec);
void sleep_ms(unsigned int msec);

/* Vectors */
enum pattern {
	PATTERN_RANDOM,
	PATTERN_ZERO,
	PATTERN_MIN,		/* all -128 */
	PATTERN_MAX,		/* all 127 */
	PATTERN_ALTERNATE,	/* -128, 127, -128, ... */
	PATTERN_SINGLE,		/* one component of 1 */
	PATTERN_LAST,		/* only the last component, -128 */
	PATTERN_SMALL,		/* random, -1 to 1 */
	PATTERNS
};

void fill_vector(__s8 *vector, __u32 dim, enum pattern pattern, __u32 seed);
void fill_rows(__s8 *rows, __u32 count, __u32 dim, __u32 stride, __u32 seed);
__u32 next_random(__u32 *state);
bool all_bytes(const void *memory, uint8_t value, size_t size);

/* Puts rows in the order of a result. */
void sort_rows(struct drm_limen_scan_row *rows, __u32 count);
/* What a scan of these rows must return: the rows found, at most its top_k. */
__u32 reference_scan(const struct drm_limen_scan *scan, const __s8 *probe,
		     const __s8 *rows, __u32 dim, __u32 stride,
		     struct drm_limen_scan_row *found);

/* Files of the kernel: one value, read or written. */
int write_file(const char *path, const char *text);
int read_file(const char *path, char *text, size_t size);

/* The emulated board; knobs as in its folder in debugfs */
bool emu_present(void);
const char *emu_device(void);
int emu_set(const char *knob, __u64 value);
int emu_get(const char *knob, __u64 *value);
int emu_slow(unsigned int msec);
int emu_watchdog(unsigned int msec);
int emu_hold(void);
bool emu_becomes(const char *knob, __u64 value);
int emu_calm(void);
int emu_unbind(void);
int emu_bind(void);
int emu_boards(unsigned int count);
bool emu_node(unsigned int number, char *path, size_t size);
int emu_fickle(unsigned int mood);
int emu_times(const char *times);
int emu_limits(const char *limits);
int emu_warm(const char *warm);
int emu_modes(const char *modes);
/* Parameters of the driver */
int driver_set(const char *parameter, unsigned int value);
int driver_get(const char *parameter, unsigned int *value);

/* What the kernel tells of the node from now on, as udev hears it. */
int uevent_open(void);
bool uevent_wait(int fd, const char *property, __s64 nsec);

/* Failures of memory in the kernel, on demand: inject.c */
int inject_init(void);
int inject_within(const char *function);
int inject_open(void);
int inject_arm(unsigned int nth);
bool inject_disarm(void);

/* The kernel's log: where it is now, and whether it has complained since. */
long kmsg_mark(void);
bool kmsg_clean(long mark, char *line, size_t size);
unsigned int kmsg_count(long mark, const char *word);

#endif /* LIMEN_SELFTEST_UTIL_H */
