/* SPDX-License-Identifier: MIT */
/* A board's node without the library in between, for limen bench board. */
#ifndef LIMEN_BENCH_NODE_H
#define LIMEN_BENCH_NODE_H

#include <drm/limen_accel.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <limen/score.h>

#define BENCH_NODE_DIM 512
/* A batch that is measured, and one comparison more. */
#define BENCH_NODE_DEPTH 65

/**
 * struct bench_buffer - a buffer of the driver's
 * @handle: of it
 * @memory: where it is mapped
 */
struct bench_buffer {
	uint32_t handle;
	void *memory;
};

/**
 * struct bench_node - an open board
 * @fd: of the node; it and what it holds end with the process
 * @path: of the node
 * @info: what the board is
 * @queue: for comparisons
 * @buffer: vectors and results of the comparisons
 * @descs: the comparisons, each with a result of its own
 * @scores: what they must yield
 */
struct bench_node {
	int fd;
	char path[64];
	struct drm_limen_device_info info;
	uint32_t queue;
	struct bench_buffer buffer;
	struct drm_limen_compare descs[BENCH_NODE_DEPTH];
	struct limen_score scores[BENCH_NODE_DEPTH];
};

/* Opens the first board there is. These are DONE or FAILED after a line. */
int bench_node_open(struct bench_node *node);
int bench_node_comparisons(struct bench_node *node);
int bench_node_buffer(const struct bench_node *node,
		      struct bench_buffer *buffer, size_t size, uint32_t flags);
int bench_node_queue(const struct bench_node *node,
		     enum drm_limen_queue_type type, uint32_t *queue);
int bench_node_gallery(const struct bench_node *node,
		       const struct bench_buffer *buffer, uint32_t rows,
		       uint32_t *gallery);
/* Whether the first so many comparisons, all of them finished, are right. */
int bench_node_check(const struct bench_node *node, unsigned int count);

/* What the driver has counted; false if it counts nothing. */
bool bench_node_stats(const struct bench_node *node,
		      struct drm_limen_stats *stats);
/* Has an emulated board take so much longer; false if the board is none. */
bool bench_node_delay(const struct bench_node *node, unsigned int delay_us);

/* One system call each; 0 or a negative errno. */
int bench_node_empty(const struct bench_node *node);
int bench_node_submit(const struct bench_node *node, unsigned int first,
		      unsigned int count);
int bench_node_verify(const struct bench_node *node, unsigned int count);
int bench_node_scan(const struct bench_node *node, uint32_t queue,
		    const struct drm_limen_scan *scans, unsigned int count);

/* The result of a comparison, as it is now. */
struct drm_limen_compare_result *
bench_node_result(const struct bench_node *node, unsigned int index);

#endif /* LIMEN_BENCH_NODE_H */
