// SPDX-License-Identifier: MIT
/* The board backend: opening one, and comparisons (EXPRESS). */
#include <drm/limen_accel.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xf86drm.h>

#include <limen/hw.h>

#include "board.h"

#define DRIVER_NAME "limen"

/* One call compares all a buffer holds, so that a batch is one system call. */
struct express_slot {
	int8_t probe[LIMEN_DIM_MAX];
	int8_t reference[LIMEN_DIM_MAX];
};

struct express_memory {
	struct express_slot slots[LIMEN_BATCH_MAX];
	struct drm_limen_compare_result results[LIMEN_BATCH_MAX];
};

_Static_assert(4096 % sizeof(struct express_slot) == 0,
	       "vectors stay within a page");
_Static_assert(offsetof(struct express_memory, results) % 32 == 0,
	       "results are aligned");

int board_call(int fd, unsigned long request, void *args)
{
	return drmIoctl(fd, request, args) ? -errno : 0;
}

int board_queue_create(int fd, enum drm_limen_queue_type type, uint32_t *queue)
{
	struct drm_limen_queue_create create = { .type = type };
	int error = board_call(fd, DRM_IOCTL_LIMEN_QUEUE_CREATE, &create);

	*queue = create.queue;
	return error;
}

void board_queue_destroy(int fd, uint32_t *queue)
{
	struct drm_limen_queue_destroy destroy = { .queue = *queue };

	if (*queue)
		board_call(fd, DRM_IOCTL_LIMEN_QUEUE_DESTROY, &destroy);
	*queue = 0;
}

int board_buffer_create(int fd, struct board_buffer *buffer, size_t size, uint32_t flags)
{
	struct drm_limen_bo_create create = { .size = size, .flags = flags };
	struct drm_limen_bo_mmap_offset map = {};
	int error;

	error = board_call(fd, DRM_IOCTL_LIMEN_BO_CREATE, &create);
	if (error)
		return error;
	buffer->handle = create.handle;
	buffer->size = create.size;
	if (create.size < size)
		return -EPROTO;

	map.handle = create.handle;
	error = board_call(fd, DRM_IOCTL_LIMEN_BO_MMAP_OFFSET, &map);
	if (error)
		return error;
	buffer->memory = mmap(NULL, buffer->size, PROT_READ | PROT_WRITE,
			      MAP_SHARED, fd, map.offset);
	if (buffer->memory == MAP_FAILED) {
		buffer->memory = NULL;
		return -errno;
	}
	return 0;
}

void board_buffer_unmap(struct board_buffer *buffer)
{
	if (buffer->memory)
		munmap(buffer->memory, buffer->size);
	buffer->memory = NULL;
}

void board_buffer_destroy(int fd, struct board_buffer *buffer)
{
	board_buffer_unmap(buffer);
	if (buffer->handle)
		drmCloseBufferHandle(fd, buffer->handle);
	buffer->handle = 0;
}

static void express_close(struct board *board)
{
	board_queue_destroy(board->fd, &board->express_queue);
	board_buffer_destroy(board->fd, &board->express_buffer);
}

/* The buffer and the queue last from the first batch to the close. */
static int express_open(struct board *board)
{
	int error;

	if (board->express_buffer.memory)
		return 0;
	error = board_queue_create(board->fd, DRM_LIMEN_QUEUE_EXPRESS,
				   &board->express_queue);
	if (!error)
		error = board_buffer_create(board->fd, &board->express_buffer,
					    sizeof(struct express_memory), 0);
	if (error)
		express_close(board);
	return error;
}

static void fill_slot(struct express_memory *memory, unsigned int slot,
		      uint32_t handle, const struct limen_pair *pair,
		      struct drm_limen_compare *desc)
{
	uint32_t dim = pair->probe->dim;

	/* An mmap() that fails sets errno, and there is no open without memory. */
	/* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker) */
	memcpy(memory->slots[slot].probe, pair->probe->vector, dim);
	memcpy(memory->slots[slot].reference, pair->reference->vector, dim);
	/* Whatever happens to the call, only the kernel makes this a score. */
	memory->results[slot].error = PAIR_OPEN;

	*desc = (struct drm_limen_compare){
		.probe_handle = handle,
		.reference_handle = handle,
		.result_handle = handle,
		.probe_offset = offsetof(struct express_memory,
					 slots[slot].probe),
		.reference_offset = offsetof(struct express_memory,
					     slots[slot].reference),
		.result_offset = offsetof(struct express_memory, results[slot]),
		.dim = dim,
		.result_size = sizeof(memory->results[slot]),
	};
}

static void read_result(const struct drm_limen_compare_result *result,
			int submit_error, struct limen_pair *pair)
{
	int error = __atomic_load_n(&result->error, __ATOMIC_ACQUIRE);
	struct limen_score score = {
		.raw = result->raw,
		.similarity = result->similarity,
	};

	if (error == PAIR_OPEN)
		error = submit_error ?: -EIO;
	pair_settle(pair, error, score, result->device_ns);
}

static void compare_some(struct board *board, struct limen_pair *const *pairs,
			 unsigned int count, int64_t deadline)
{
	struct express_memory *memory = board->express_buffer.memory;
	struct drm_limen_compare descs[LIMEN_BATCH_MAX];
	struct drm_limen_submit submit = {
		.queue = board->express_queue,
		.flags = DRM_LIMEN_SUBMIT_WAIT,
		.descs = (uintptr_t)descs,
		.count = count,
		.desc_size = sizeof(*descs),
		.timeout_ns = deadline,
	};
	unsigned int i;
	int error;

	for (i = 0; i < count; i++)
		fill_slot(memory, i, board->express_buffer.handle, pairs[i],
			  &descs[i]);
	error = board_call(board->fd, DRM_IOCTL_LIMEN_SUBMIT, &submit);
	for (i = 0; i < count; i++)
		read_result(&memory->results[i], error, pairs[i]);
	/*
	 * With a ticket it goes on, and the board still reads and writes: not to
	 * be wiped or used again. The kernel wipes it once the board has finished.
	 */
	if (submit.ticket)
		express_close(board);
	else
		limen_wipe(memory->slots, count * sizeof(*memory->slots));
}

static void board_compare(struct limen_backend *backend,
			  struct limen_pair *const *pairs, unsigned int count,
			  int timeout_ms)
{
	int64_t deadline = deadline_in(timeout_ms);
	struct board *board = (struct board *)backend;
	unsigned int most = board->batch_max;
	unsigned int at, some, i;
	int error;

	for (at = 0; at < count; at += some) {
		some = count - at < most ? count - at : most;
		error = express_open(board);
		if (!error) {
			compare_some(board, pairs + at, some, deadline);
			continue;
		}
		for (i = at; i < at + some; i++)
			pair_fail(pairs[i], error);
	}
}

static void board_close(struct limen_backend *backend)
{
	struct board *board = (struct board *)backend;

	scan_close(board);
	express_close(board);
	close(board->fd);
	free(board);
}

static const struct limen_backend_ops board_ops = {
	.close = board_close,
	.compare = board_compare,
	.search = board_search,
	.search_all = board_search_all,
};

static int check_driver(int fd)
{
	drmVersionPtr version = drmGetVersion(fd);
	int error = -ENODEV;

	if (version && !strcmp(version->name, DRIVER_NAME))
		error = 0;
	drmFreeVersion(version);
	return error;
}

static void tell_firmware(const struct drm_limen_device_info *info, char *to,
			  size_t size)
{
	int at = snprintf(to, size, "%u.%u, security version %u, sha256:",
			  info->firmware_version >> 16,
			  info->firmware_version & 0xffff,
			  info->firmware_security);

	for (size_t i = 0; i < sizeof(info->firmware_hash); i++)
		at += snprintf(to + at, size - (size_t)at, "%02x",
			       info->firmware_hash[i]);
}

static int query(struct board *board, const char *node)
{
	struct drm_limen_device_info info = {};
	struct drm_limen_query query = {
		.type = DRM_LIMEN_QUERY_DEVICE,
		.size = sizeof(info),
		.pointer = (uintptr_t)&info,
	};
	int error = board_call(board->fd, DRM_IOCTL_LIMEN_QUERY, &query);

	if (error)
		return error;
	if (info.hw_version >> 16 != LIMEN_HW_VERSION_MAJOR ||
	    info.dim_max < LIMEN_DIM_MAX || !info.batch_max ||
	    !memchr(info.board, '\0', sizeof(info.board)))
		return -EPROTO;
	board->batch_max = info.batch_max;
	board->top_k_max = info.top_k_max;
	if (info.hw_features & DRM_LIMEN_FEATURE_FIRMWARE)
		tell_firmware(&info, board->backend.firmware,
			      sizeof(board->backend.firmware));
	board_address(board->fd, board->backend.address);
	snprintf(board->backend.description,
		 sizeof(board->backend.description), "%s at %s", info.board,
		 node);
	return 0;
}

static int open_node(const char *node, void *context)
{
	struct limen_backend **backend = context;
	struct board *board = calloc(1, sizeof(*board));
	int error;

	if (!board)
		return -ENOMEM;
	board->backend.ops = &board_ops;
	board->backend.kind = LIMEN_BACKEND_BOARD;
	board->fd = open(node, O_RDWR | O_CLOEXEC);
	if (board->fd < 0) {
		error = -errno;
		free(board);
		return error;
	}
	error = check_driver(board->fd);
	if (!error)
		error = query(board, node);
	if (error) {
		board_close(&board->backend);
		return error;
	}
	*backend = &board->backend;
	return 0;
}

struct first {
	struct limen_backend **backend;
	int error;
};

/* Tries boards until one opens. */
static int try_node(const char *node, void *context)
{
	struct first *first = context;

	first->error = open_node(node, first->backend);
	return !first->error;
}

int board_open(struct limen_backend **backend, const char *node)
{
	struct first first = { .backend = backend, .error = -ENODEV };
	int result;

	if (node)
		return open_node(node, backend);
	result = limen_boards_enumerate(try_node, &first);
	return result < 0 ? result : first.error;
}
