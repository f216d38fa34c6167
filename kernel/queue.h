/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Queues: where a file submits to.
 */
#ifndef LIMEN_QUEUE_H
#define LIMEN_QUEUE_H

#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>

struct drm_device;
struct drm_file;
struct limen_batch;
struct limen_client;
struct limen_queue;
struct limen_submission;

/**
 * struct limen_kind - a kind of queue: what it does with a submission
 */
struct limen_kind {
	/** @ring: LIMEN_HW_RING_* that it uses */
	unsigned int ring;
	/** @depends: its submissions may depend on syncobjs */
	bool depends;
	/**
	 * @prepare: sets @sub->batch, checks all descriptors and allocates all
	 * that is needed; sleeps. What it has not undone when it fails, or when
	 * nothing is handed over, goes with the batch.
	 */
	int (*prepare)(struct limen_submission *sub);
	/**
	 * @reserve: takes room and hands all descriptors over, or returns
	 * -EAGAIN, and is worth another try when &limen_ring.room of @ring is
	 * woken; does not sleep
	 */
	int (*reserve)(void *sub);
	/** @spin: waits inline, but not for long; NULL to sleep at once */
	void (*spin)(struct limen_submission *sub);
	/** @stop: ends what the board has not been given; NULL if there is none */
	void (*stop)(struct limen_queue *queue);
};

/* By enum drm_limen_queue_type; NULL where there is none. In drv.c. */
extern const struct limen_kind *const limen_kinds[];
extern const unsigned int limen_kind_count;

/**
 * struct limen_queue - a queue
 */
struct limen_queue {
	/** @ref: its identifier, system calls under way, scans in flight */
	struct kref ref;
	/** @client: whose it is, with a reference */
	struct limen_client *client;
	/** @kind: of queue */
	const struct limen_kind *kind;
	/** @unlimited: made with CAP_SYS_NICE: comparisons are not counted */
	bool unlimited;
	/** @recycled: memory of a batch that has finished, for the next, or NULL */
	void *recycled;
	/** @lock: protects what follows up to @tickets; may be held for long */
	struct mutex lock;
	/**
	 * @destroyed: nothing more is submitted; written under @lock, and read
	 * without where @kind->stop cannot have come yet
	 */
	bool destroyed;
	/** @left: struct limen_batch whose wait ended early, the oldest first */
	struct list_head left;
	/** @tickets: number of the last ticket */
	u64 tickets;
	/**
	 * @turn: in &limen_scanner.turns if there is anything on @ready; this
	 * and what follows under the lock of the SCAN ring
	 */
	struct list_head turn;
	/** @waiting: struct limen_scan that depends on what has not finished */
	struct list_head waiting;
	/** @ready: those of which there are chunks to submit */
	struct list_head ready;
};

struct limen_queue *limen_queue_lookup(struct limen_client *client, u32 id);
struct limen_queue *limen_queue_get(struct limen_queue *queue);
void limen_queue_put(struct limen_queue *queue);
void limen_queues_fini(struct limen_client *client);

u64 limen_queue_leave(struct limen_queue *queue, struct limen_batch *batch);
struct limen_batch *limen_queue_return(struct limen_queue *queue, u64 ticket);

int limen_queue_create_ioctl(struct drm_device *drm, void *data,
			     struct drm_file *file);
int limen_queue_destroy_ioctl(struct drm_device *drm, void *data,
			      struct drm_file *file);

#endif /* LIMEN_QUEUE_H */
