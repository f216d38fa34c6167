// SPDX-License-Identifier: GPL-2.0-only
/* The node, its ioctls, vectors and time. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/capability.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "util.h"

int xioctl(int fd, unsigned long request, void *arg)
{
	return ioctl(fd, request, arg) < 0 ? -errno : 0;
}

static bool is_limen(int fd)
{
	char name[16] = "";
	struct drm_version version = {
		.name = name,
		.name_len = sizeof(name) - 1,
	};

	return !xioctl(fd, DRM_IOCTL_VERSION, &version) &&
	       !strcmp(name, "limen");
}

/* The first accel node that the limen driver serves, or $LIMEN_NODE. */
const char *limen_node(void)
{
	static char path[64];
	const char *wanted = getenv("LIMEN_NODE");
	glob_t nodes;
	size_t i;

	if (wanted)
		return wanted;
	path[0] = '\0';
	if (glob("/dev/accel/accel*", 0, NULL, &nodes))
		return NULL;
	for (i = 0; i < nodes.gl_pathc && !path[0]; i++) {
		int fd = open(nodes.gl_pathv[i], O_RDWR | O_CLOEXEC);

		if (fd < 0)
			continue;
		if (is_limen(fd))
			snprintf(path, sizeof(path), "%s", nodes.gl_pathv[i]);
		close(fd);
	}
	globfree(&nodes);
	return path[0] ? path : NULL;
}

int limen_open(void)
{
	const char *path = limen_node();
	int fd;

	if (!path)
		return -ENODEV;
	fd = open(path, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int query(int fd, __u32 type, void *data, __u32 size)
{
	struct drm_limen_query args = {
		.type = type,
		.size = size,
		.pointer = (uintptr_t)data,
	};

	return xioctl(fd, DRM_IOCTL_LIMEN_QUERY, &args);
}

int limen_device_info(int fd, struct drm_limen_device_info *info)
{
	return query(fd, DRM_LIMEN_QUERY_DEVICE, info, sizeof(*info));
}

int limen_memory_info(int fd, struct drm_limen_memory_info *info)
{
	return query(fd, DRM_LIMEN_QUERY_MEMORY, info, sizeof(*info));
}

int limen_stats(int fd, struct drm_limen_stats *stats)
{
	return query(fd, DRM_LIMEN_QUERY_STATS, stats, sizeof(*stats));
}

/* The last reference may be a finished job's, which a worker drops. */
bool card_free_becomes(int fd, __u64 bytes)
{
	struct drm_limen_memory_info memory = { .card_free = 0 };
	__s64 end = in_ns(PATIENCE);

	while (!limen_memory_info(fd, &memory) && memory.card_free != bytes &&
	       now_ns() < end)
		sleep_ms(1);
	return memory.card_free == bytes;
}

/* Likewise what this user has of it. */
bool card_used_becomes(int fd, __u64 bytes)
{
	struct drm_limen_memory_info memory = { .card_used = ~bytes };
	__s64 end = in_ns(PATIENCE);

	while (!limen_memory_info(fd, &memory) && memory.card_used != bytes &&
	       now_ns() < end)
		sleep_ms(1);
	return memory.card_used == bytes;
}

int bo_create(int fd, __u64 size, __u32 flags, __u32 *handle)
{
	struct drm_limen_bo_create args = { .size = size, .flags = flags };
	int ret = xioctl(fd, DRM_IOCTL_LIMEN_BO_CREATE, &args);

	*handle = ret ? 0 : args.handle;
	return ret;
}

int bo_offset(int fd, __u32 handle, __u64 *offset)
{
	struct drm_limen_bo_mmap_offset args = { .handle = handle };
	int ret = xioctl(fd, DRM_IOCTL_LIMEN_BO_MMAP_OFFSET, &args);

	*offset = args.offset;
	return ret;
}

int bo_close(int fd, __u32 handle)
{
	struct drm_gem_close args = { .handle = handle };

	return xioctl(fd, DRM_IOCTL_GEM_CLOSE, &args);
}

int bo_new(int fd, __u64 size, __u32 flags, struct bo *bo)
{
	struct drm_limen_bo_create args = { .size = size, .flags = flags };
	void *map;
	int ret;

	memset(bo, 0, sizeof(*bo));
	ret = xioctl(fd, DRM_IOCTL_LIMEN_BO_CREATE, &args);
	if (ret)
		return ret;
	ret = bo_offset(fd, args.handle, &bo->offset);
	if (ret) {
		bo_close(fd, args.handle);
		return ret;
	}
	map = mmap(NULL, args.size, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		   bo->offset);
	if (map == MAP_FAILED) {
		ret = -errno;
		bo_close(fd, args.handle);
		return ret;
	}
	bo->handle = args.handle;
	bo->size = args.size;
	bo->map = map;
	return 0;
}

void bo_free(int fd, struct bo *bo)
{
	if (bo->map)
		munmap(bo->map, bo->size);
	if (bo->handle)
		bo_close(fd, bo->handle);
	memset(bo, 0, sizeof(*bo));
}

int gallery_create(int fd, struct drm_limen_gallery_create *args)
{
	return xioctl(fd, DRM_IOCTL_LIMEN_GALLERY_CREATE, args);
}

int gallery_simple(int fd, const struct bo *bo, __u32 dim, __u32 rows,
		   __u32 *gallery)
{
	struct drm_limen_gallery_create args = {
		.handle = bo->handle,
		.format = DRM_LIMEN_FORMAT_S8,
		.dim = dim,
		.stride = dim,
		.rows = rows,
	};
	int ret = gallery_create(fd, &args);

	*gallery = ret ? 0 : args.gallery;
	return ret;
}

int gallery_destroy(int fd, __u32 gallery)
{
	struct drm_limen_gallery_destroy args = { .gallery = gallery };

	return xioctl(fd, DRM_IOCTL_LIMEN_GALLERY_DESTROY, &args);
}

int queue_create(int fd, __u32 type, __u32 *queue)
{
	struct drm_limen_queue_create args = { .type = type };
	int ret = xioctl(fd, DRM_IOCTL_LIMEN_QUEUE_CREATE, &args);

	*queue = ret ? 0 : args.queue;
	return ret;
}

int queue_destroy(int fd, __u32 queue)
{
	struct drm_limen_queue_destroy args = { .queue = queue };

	return xioctl(fd, DRM_IOCTL_LIMEN_QUEUE_DESTROY, &args);
}

int submit(int fd, struct drm_limen_submit *args)
{
	return xioctl(fd, DRM_IOCTL_LIMEN_SUBMIT, args);
}

/* @timeout_ns: from now, or 0 not to wait. */
static int submit_simple(int fd, __u32 queue, const void *descs, __u32 count,
			 __u32 desc_size, __s64 timeout_ns)
{
	struct drm_limen_submit args = {
		.queue = queue,
		.descs = (uintptr_t)descs,
		.count = count,
		.desc_size = desc_size,
	};

	if (timeout_ns) {
		args.flags = DRM_LIMEN_SUBMIT_WAIT;
		args.timeout_ns = in_ns(timeout_ns);
	}
	return submit(fd, &args);
}

int submit_compares(int fd, __u32 queue, const struct drm_limen_compare *descs,
		    __u32 count, __s64 timeout_ns)
{
	return submit_simple(fd, queue, descs, count, sizeof(*descs),
			     timeout_ns);
}

int submit_scans(int fd, __u32 queue, const struct drm_limen_scan *descs,
		 __u32 count, __s64 timeout_ns)
{
	return submit_simple(fd, queue, descs, count, sizeof(*descs),
			     timeout_ns);
}

struct drm_limen_compare compare_at(const struct bo *bo, __u64 probe,
				    __u64 reference, __u64 result, __u32 dim)
{
	return (struct drm_limen_compare) {
		.probe_handle = bo->handle,
		.reference_handle = bo->handle,
		.probe_offset = probe,
		.reference_offset = reference,
		.result_handle = bo->handle,
		.dim = dim,
		.result_offset = result,
		.result_size = sizeof(struct drm_limen_compare_result),
	};
}

struct drm_limen_scan scan_at(const struct bo *bo, __u32 gallery, __u64 result,
			      __u32 rows, __u32 top_k)
{
	return (struct drm_limen_scan) {
		.gallery = gallery,
		.probe_handle = bo->handle,
		.row_count = rows,
		.top_k = top_k,
		.result_offset = result,
		.result_handle = bo->handle,
		.result_size = sizeof(struct drm_limen_scan_result),
		.row_size = sizeof(struct drm_limen_scan_row),
	};
}

struct drm_limen_compare_result *compare_result(const struct bo *bo, __u64 at)
{
	return (struct drm_limen_compare_result *)(bo->map + at);
}

struct drm_limen_scan_result *scan_result(const struct bo *bo, __u64 at)
{
	return (struct drm_limen_scan_result *)(bo->map + at);
}

size_t scan_result_size(__u32 top_k)
{
	return sizeof(struct drm_limen_scan_result) +
	       top_k * sizeof(struct drm_limen_scan_row);
}

/* Wait for a result; its error, or -EINPROGRESS if it does not come in time. */
int wait_result(const volatile __s32 *error, __s64 nsec)
{
	__s64 end = in_ns(nsec);

	while (*error == -EINPROGRESS && now_ns() < end)
		sleep_ms(1);
	return *error;
}

int allow_capability(unsigned int capability, bool allow)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	__u32 *effective = &data[CAP_TO_INDEX(capability)].effective;

	if (syscall(SYS_capget, &header, data))
		return -errno;
	if (allow)
		*effective |= CAP_TO_MASK(capability);
	else
		*effective &= ~CAP_TO_MASK(capability);
	return syscall(SYS_capset, &header, data) ? -errno : 0;
}

__s64 now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
}

__s64 in_ns(__s64 nsec)
{
	return now_ns() + nsec;
}

void sleep_ms(unsigned int msec)
{
	struct timespec time = {
		.tv_sec = msec / 1000,
		.tv_nsec = msec % 1000 * NSEC_PER_MSEC,
	};

	while (nanosleep(&time, &time) && errno == EINTR)
		;
}

__u32 next_random(__u32 *state)
{
	/* xorshift32 of G. Marsaglia; the state is never 0 */
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

void fill_vector(__s8 *vector, __u32 dim, enum pattern pattern, __u32 seed)
{
	__u32 state = seed * 2654435761u | 1;
	__u32 i;

	memset(vector, 0, dim);
	for (i = 0; i < dim; i++) {
		switch (pattern) {
		case PATTERN_RANDOM:
			vector[i] = next_random(&state) >> 24;
			break;
		case PATTERN_MIN:
			vector[i] = -128;
			break;
		case PATTERN_MAX:
			vector[i] = 127;
			break;
		case PATTERN_ALTERNATE:
			vector[i] = i % 2 ? 127 : -128;
			break;
		case PATTERN_SMALL:
			vector[i] = (int)(next_random(&state) % 3) - 1;
			break;
		default:
			break;
		}
	}
	if (pattern == PATTERN_SINGLE)
		vector[seed % dim] = 1;
	if (pattern == PATTERN_LAST)
		vector[dim - 1] = -128;
}

/*
 * Rows with what ranking can stumble over: mostly random ones, some duplicates,
 * some zeros, some extremes. Between rows lies poison.
 */
void fill_rows(__s8 *rows, __u32 count, __u32 dim, __u32 stride, __u32 seed)
{
	__u32 row;

	memset(rows, POISON, (size_t)count * stride);
	for (row = 0; row < count; row++) {
		__s8 *vector = rows + (size_t)row * stride;

		if (row % 7 == 3)
			fill_vector(vector, dim, PATTERN_RANDOM, seed);
		else if (row % 11 == 5)
			fill_vector(vector, dim, row % PATTERNS, seed + row);
		else
			fill_vector(vector, dim, PATTERN_RANDOM, seed + row);
	}
}

bool all_bytes(const void *memory, uint8_t value, size_t size)
{
	const uint8_t *byte = memory;

	return !size ||
	       (byte[0] == value && !memcmp(byte, byte + 1, size - 1));
}

static int by_rank(const void *a, const void *b)
{
	const struct drm_limen_scan_row *left = a, *right = b;

	if (left->similarity != right->similarity)
		return left->similarity < right->similarity ? 1 : -1;
	return left->row < right->row ? -1 : 1;
}

void sort_rows(struct drm_limen_scan_row *rows, __u32 count)
{
	qsort(rows, count, sizeof(*rows), by_rank);
}

__u32 reference_scan(const struct drm_limen_scan *scan, const __s8 *probe,
		     const __s8 *rows, __u32 dim, __u32 stride,
		     struct drm_limen_scan_row *found)
{
	struct drm_limen_scan_row *all = calloc(scan->row_count + 1,
						sizeof(*all));
	__u32 end = scan->first_row + scan->row_count;
	__u32 kept = 0, row;

	if (!all)
		abort();
	for (row = scan->first_row; row < end; row++) {
		struct limen_score score = limen_score_vectors(probe,
				rows + (size_t)row * stride, dim);

		if (score.similarity < scan->min_similarity)
			continue;
		all[kept].row = row;
		all[kept].raw = score.raw;
		all[kept++].similarity = score.similarity;
	}
	sort_rows(all, kept);
	if (kept > scan->top_k)
		kept = scan->top_k;
	memcpy(found, all, kept * sizeof(*all));
	free(all);
	return kept;
}

int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t written;
	int ret = 0;

	if (fd < 0)
		return -errno;
	written = write(fd, text, strlen(text));
	if (written < 0)
		ret = -errno;
	close(fd);
	return ret;
}

int read_file(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;
	int ret = 0;

	if (fd < 0)
		return -errno;
	got = read(fd, text, size - 1);
	if (got < 0)
		ret = -errno;
	else
		text[got] = '\0';
	close(fd);
	return ret;
}

bool board_works(void)
{
	struct drm_limen_compare desc;
	struct bo host;
	__u32 queue;
	bool works;
	int fd = limen_open();

	if (fd < 0)
		return false;
	if (bo_new(fd, PAGE, 0, &host) ||
	    queue_create(fd, DRM_LIMEN_QUEUE_EXPRESS, &queue))
		return false;
	memset(host.map, 1, 512);
	desc = compare_at(&host, 0, 0, 2048, 512);
	works = !submit_compares(fd, queue, &desc, 1, PATIENCE) &&
		compare_result(&host, 2048)->raw == 512;
	bo_free(fd, &host);
	close(fd);
	return works;
}
