// SPDX-License-Identifier: MIT
/* A board's node without the library in between, for limen bench board. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <monotonic.h>

#include "bench.h"
#include "node.h"

#define PATIENCE_NS 30000000000LL

/* Two vectors fill a quarter of a page, so none crosses one's end. */
struct memory {
	struct {
		int8_t probe[BENCH_NODE_DIM];
		int8_t reference[BENCH_NODE_DIM];
	} pairs[BENCH_NODE_DEPTH];
	struct drm_limen_compare_result results[BENCH_NODE_DEPTH];
};

static int call(const struct bench_node *node, unsigned long request,
		const char *what, void *args)
{
	if (ioctl(node->fd, request, args))
		return fail("%s: %s: %s", node->path, what, strerror(errno));
	return DONE;
}

static int query(const struct bench_node *node, uint32_t type, void *data,
		 uint32_t size)
{
	struct drm_limen_query query = {
		.type = type,
		.size = size,
		.pointer = (uintptr_t)data,
	};

	return ioctl(node->fd, DRM_IOCTL_LIMEN_QUERY, &query) ? -errno : 0;
}

static int take_first(const char *path, void *context)
{
	struct bench_node *node = context;

	snprintf(node->path, sizeof(node->path), "%s", path);
	return 1;
}

int bench_node_open(struct bench_node *node)
{
	int error;

	if (limen_boards_enumerate(take_first, node) != 1)
		return fail("there is no board");
	node->fd = open(node->path, O_RDWR | O_CLOEXEC);
	if (node->fd < 0)
		return fail("%s: %s", node->path, strerror(errno));
	error = query(node, DRM_LIMEN_QUERY_DEVICE, &node->info,
		      sizeof(node->info));
	if (error)
		return fail("%s: %s", node->path, strerror(-error));
	node->info.board[sizeof(node->info.board) - 1] = '\0';
	return DONE;
}

int bench_node_buffer(const struct bench_node *node,
		      struct bench_buffer *buffer, size_t size, uint32_t flags)
{
	struct drm_limen_bo_create create = { .size = size, .flags = flags };
	struct drm_limen_bo_mmap_offset map = {};

	if (call(node, DRM_IOCTL_LIMEN_BO_CREATE, "buffer", &create))
		return FAILED;
	map.handle = create.handle;
	if (call(node, DRM_IOCTL_LIMEN_BO_MMAP_OFFSET, "buffer", &map))
		return FAILED;
	buffer->handle = create.handle;
	buffer->memory = mmap(NULL, create.size, PROT_READ | PROT_WRITE,
			      MAP_SHARED, node->fd, map.offset);
	if (buffer->memory == MAP_FAILED)
		return fail("%s: buffer: %s", node->path, strerror(errno));
	return DONE;
}

int bench_node_queue(const struct bench_node *node,
		     enum drm_limen_queue_type type, uint32_t *queue)
{
	struct drm_limen_queue_create create = { .type = type };
	int result = call(node, DRM_IOCTL_LIMEN_QUEUE_CREATE, "queue", &create);

	*queue = create.queue;
	return result;
}

int bench_node_gallery(const struct bench_node *node,
		       const struct bench_buffer *buffer, uint32_t rows,
		       uint32_t *gallery)
{
	struct drm_limen_gallery_create create = {
		.handle = buffer->handle,
		.format = DRM_LIMEN_FORMAT_S8,
		.dim = BENCH_NODE_DIM,
		.stride = BENCH_NODE_DIM,
		.rows = rows,
	};
	int result = call(node, DRM_IOCTL_LIMEN_GALLERY_CREATE, "gallery",
			  &create);

	*gallery = create.gallery;
	return result;
}

static void fill_pair(struct bench_node *node, unsigned int index)
{
	struct memory *memory = node->buffer.memory;
	struct limen_template tmpl;

	bench_template(&tmpl, BENCH_NODE_DIM, 2 * index);
	memcpy(memory->pairs[index].probe, tmpl.vector, BENCH_NODE_DIM);
	bench_template(&tmpl, BENCH_NODE_DIM, 2 * index + 1);
	memcpy(memory->pairs[index].reference, tmpl.vector, BENCH_NODE_DIM);
	node->scores[index] =
		limen_score_vectors(memory->pairs[index].probe,
				    memory->pairs[index].reference,
				    BENCH_NODE_DIM);
	node->descs[index] = (struct drm_limen_compare){
		.probe_handle = node->buffer.handle,
		.reference_handle = node->buffer.handle,
		.probe_offset = offsetof(struct memory, pairs[index].probe),
		.reference_offset = offsetof(struct memory,
					     pairs[index].reference),
		.result_handle = node->buffer.handle,
		.dim = BENCH_NODE_DIM,
		.result_offset = offsetof(struct memory, results[index]),
		.result_size = sizeof(struct drm_limen_compare_result),
	};
}

int bench_node_comparisons(struct bench_node *node)
{
	unsigned int i;

	if (bench_node_queue(node, DRM_LIMEN_QUEUE_EXPRESS, &node->queue) ||
	    bench_node_buffer(node, &node->buffer, sizeof(struct memory), 0))
		return FAILED;
	for (i = 0; i < BENCH_NODE_DEPTH; i++)
		fill_pair(node, i);
	return DONE;
}

struct drm_limen_compare_result *
bench_node_result(const struct bench_node *node, unsigned int index)
{
	struct memory *memory = node->buffer.memory;

	return &memory->results[index];
}

int bench_node_check(const struct bench_node *node, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		const struct drm_limen_compare_result *result =
			bench_node_result(node, i);

		if (result->error)
			return fail("%s: comparison: %s", node->path,
				    strerror(-result->error));
		if (result->raw != node->scores[i].raw ||
		    result->similarity != node->scores[i].similarity)
			return fail("%s: a wrong score", node->path);
	}
	return DONE;
}

bool bench_node_stats(const struct bench_node *node,
		      struct drm_limen_stats *stats)
{
	return !query(node, DRM_LIMEN_QUERY_STATS, stats, sizeof(*stats));
}

bool bench_node_delay(const struct bench_node *node, unsigned int delay_us)
{
	char link[64], target[PATH_MAX], knob[PATH_MAX + 64];
	struct stat status;
	FILE *file;

	if (fstat(node->fd, &status))
		return false;
	snprintf(link, sizeof(link), "/sys/dev/char/%u:%u/device",
		 major(status.st_rdev), minor(status.st_rdev));
	if (!realpath(link, target))
		return false;
	snprintf(knob, sizeof(knob), "/sys/kernel/debug/limen_emu/%s/delay_us",
		 strrchr(target, '/') + 1);
	file = fopen(knob, "we");
	if (!file)
		return false;
	fprintf(file, "%u", delay_us);
	return !fclose(file);
}

int bench_node_empty(const struct bench_node *node)
{
	struct drm_limen_query query = { .type = DRM_LIMEN_QUERY_DEVICE };

	return ioctl(node->fd, DRM_IOCTL_LIMEN_QUERY, &query) ? -errno : 0;
}

int bench_node_submit(const struct bench_node *node, unsigned int first,
		      unsigned int count)
{
	struct drm_limen_submit submit = {
		.queue = node->queue,
		.descs = (uintptr_t)&node->descs[first],
		.count = count,
		.desc_size = sizeof(node->descs[0]),
	};

	return ioctl(node->fd, DRM_IOCTL_LIMEN_SUBMIT, &submit) ? -errno : 0;
}

static int submit_and_wait(const struct bench_node *node, uint32_t queue,
			   const void *descs, unsigned int count, size_t size)
{
	struct drm_limen_submit submit = {
		.queue = queue,
		.flags = DRM_LIMEN_SUBMIT_WAIT,
		.descs = (uintptr_t)descs,
		.count = count,
		.desc_size = size,
		.timeout_ns = now_ns() + PATIENCE_NS,
	};

	return ioctl(node->fd, DRM_IOCTL_LIMEN_SUBMIT, &submit) ? -errno : 0;
}

int bench_node_verify(const struct bench_node *node, unsigned int count)
{
	return submit_and_wait(node, node->queue, node->descs, count,
			       sizeof(node->descs[0]));
}

int bench_node_scan(const struct bench_node *node, uint32_t queue,
		    const struct drm_limen_scan *scans, unsigned int count)
{
	return submit_and_wait(node, queue, scans, count, sizeof(*scans));
}
