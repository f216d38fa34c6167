/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Queues: where a file submits to.
 */
#ifndef LIMEN_QUEUE_H
#define LIMEN_QUEUE_H

#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>

#include <drm/gpu_scheduler.h>

struct drm_device;
struct drm_file;
struct limen_client;
struct limen_device;
struct limen_express;
struct limen_file;

/**
 * struct limen_queue - a queue
 */
struct limen_queue {
	/** @ref: its identifier, system calls under way, scans in flight */
	struct kref ref;
	/** @client: whose it is, with a reference */
	struct limen_client *client;
	/** @type: enum drm_limen_queue_type */
	u32 type;
	/** @unlimited: made with CAP_SYS_NICE: comparisons are not counted */
	bool unlimited;
	/** @spare: memory of a batch that has finished, for the next, or NULL */
	struct limen_express *spare;
	/** @entity: what drm_sched knows of a SCAN queue */
	struct drm_sched_entity entity;
	/**
	 * @lock: keeps what is pushed to @entity in the order in which it was
	 * armed, and out of it once the queue is @destroyed. Fences end behind
	 * it: no allocation while it is held.
	 */
	struct mutex lock;
	/** @destroyed: nothing more is submitted; written under @lock */
	bool destroyed;
	/**
	 * @turn: in &limen_scanner.turns if there is anything on @ready; this
	 * and what follows under the lock of the SCAN ring
	 */
	struct list_head turn;
	/** @waiting: struct limen_scan that drm_sched has */
	struct list_head waiting;
	/** @ready: those of which there are chunks to submit */
	struct list_head ready;
};

struct limen_queue *limen_queue_lookup(struct limen_file *file, u32 id);
struct limen_queue *limen_queue_get(struct limen_queue *queue);
void limen_queue_put(struct limen_queue *queue);
void limen_queues_fini(struct limen_device *limen, struct limen_file *file);

int limen_queue_create_ioctl(struct drm_device *drm, void *data,
			     struct drm_file *file);
int limen_queue_destroy_ioctl(struct drm_device *drm, void *data,
			      struct drm_file *file);

#endif /* LIMEN_QUEUE_H */
