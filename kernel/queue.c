// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queues: where a file submits to.
 */
#include <linux/capability.h>
#include <linux/nospec.h>
#include <linux/slab.h>

#include <drm/drm_file.h>

#include <uapi/drm/limen_accel.h>

#include "batch.h"
#include "device.h"
#include "limits.h"
#include "queue.h"
#include "user.h"

/**
 * DOC: Queues
 *
 * A queue is little more than a name that submissions of one kind go by. What the
 * kind does with them is in a table of operations. How many scans there are is
 * limited by user, so that nobody can fill the kernel's memory with them.
 *
 * Tickets. A wait that ends early leaves its batch with the queue, from where the
 * same call, made again, takes it back, so that an error is told to the
 * submitter and not lost between two calls. A program may never come back, so a
 * queue keeps no more than LIMEN_TICKETS_MAX, and the oldest goes first.
 *
 * Destroying a SCAN queue ends what the board has not been given yet with
 * -ECANCELED, at once, whatever it depends on.
 */

static void limen_queue_free(struct kref *ref)
{
	struct limen_queue *queue = container_of(ref, struct limen_queue, ref);

	kfree(queue->recycled);
	mutex_destroy(&queue->lock);
	limen_user_unreserve(queue->client->user, LIMEN_QUEUES, 1);
	limen_client_put(queue->client);
	kfree(queue);
}

/**
 * limen_queue_put() - give a reference back
 * @queue: queue; may sleep
 */
void limen_queue_put(struct limen_queue *queue)
{
	kref_put(&queue->ref, limen_queue_free);
}

/**
 * limen_queue_get() - take a reference
 * @queue: queue
 *
 * Return: @queue.
 */
struct limen_queue *limen_queue_get(struct limen_queue *queue)
{
	kref_get(&queue->ref);
	return queue;
}

/**
 * limen_queue_lookup() - the queue behind an identifier
 * @client: open file
 * @id: identifier
 *
 * Return: the queue, with a reference, or NULL.
 */
struct limen_queue *limen_queue_lookup(struct limen_client *client, u32 id)
{
	struct limen_queue *queue;

	/* The lock keeps the identifier's reference while ours is taken. */
	guard(spinlock)(&client->queues.xa_lock);
	queue = xa_load(&client->queues, id);
	return queue ? limen_queue_get(queue) : NULL;
}

/**
 * limen_queue_leave() - keep a batch for a call that comes back for it
 * @queue: queue
 * @batch: its batch, with the caller's reference, which is used up
 *
 * Return: the ticket.
 */
u64 limen_queue_leave(struct limen_queue *queue, struct limen_batch *batch)
{
	struct limen_batch *gone = NULL;
	u64 ticket;

	scoped_guard(mutex, &queue->lock) {
		if (!batch->ticket)
			batch->ticket = ++queue->tickets;
		ticket = batch->ticket;
		/* One that is destroyed has none, and keeps none. */
		if (!queue->destroyed)
			list_add_tail(&batch->link, &queue->left);
		else
			gone = batch;
		if (list_count_nodes(&queue->left) > LIMEN_TICKETS_MAX) {
			gone = list_first_entry(&queue->left,
						struct limen_batch, link);
			list_del_init(&gone->link);
		}
	}
	if (gone)
		limen_batch_put(gone);
	return ticket;
}

/**
 * limen_queue_return() - come back for a batch
 * @queue: queue
 * @ticket: from limen_queue_leave()
 *
 * Return: the batch, with its reference, or NULL.
 */
struct limen_batch *limen_queue_return(struct limen_queue *queue, u64 ticket)
{
	struct limen_batch *batch;

	guard(mutex)(&queue->lock);
	list_for_each_entry(batch, &queue->left, link) {
		if (batch->ticket == ticket) {
			list_del_init(&batch->link);
			return batch;
		}
	}
	return NULL;
}

static void limen_queue_destroy(struct limen_queue *queue)
{
	struct limen_device *limen = queue->client->user->limen;
	struct limen_batch *batch, *next;
	LIST_HEAD(left);

	scoped_guard(mutex, &queue->lock) {
		WRITE_ONCE(queue->destroyed, true);
		list_splice_init(&queue->left, &left);
	}

	/* Nothing is submitted any more. */
	if (queue->kind->stop)
		queue->kind->stop(queue);
	wake_up_all(&limen->rings[queue->kind->ring].room);
	list_for_each_entry_safe(batch, next, &left, link)
		limen_batch_put(batch);
	limen_queue_put(queue);
}

static struct limen_queue *limen_queue_create(struct limen_client *client,
					      u32 type)
{
	struct limen_queue *queue = kzalloc(sizeof(*queue), GFP_KERNEL_ACCOUNT);
	int ret;

	if (!queue)
		return ERR_PTR(-ENOMEM);
	ret = limen_user_claim(client->user, LIMEN_QUEUES, 1);
	if (ret) {
		kfree(queue);
		return ERR_PTR(ret);
	}

	kref_init(&queue->ref);
	queue->client = limen_client_get(client);
	queue->kind = limen_kinds[array_index_nospec(type, limen_kind_count)];
	/* Asked where it may be refused aloud, not at each submission. */
	queue->unlimited = type == DRM_LIMEN_QUEUE_EXPRESS &&
			   ns_capable_noaudit(&init_user_ns, CAP_SYS_NICE);
	mutex_init(&queue->lock);
	INIT_LIST_HEAD(&queue->left);
	INIT_LIST_HEAD(&queue->turn);
	INIT_LIST_HEAD(&queue->waiting);
	INIT_LIST_HEAD(&queue->ready);
	return queue;
}

/**
 * limen_queue_create_ioctl() - DRM_IOCTL_LIMEN_QUEUE_CREATE
 * @drm: device
 * @data: struct drm_limen_queue_create
 * @file: open file
 *
 * Return: 0 or one of the errors told at the structure.
 */
int limen_queue_create_ioctl(struct drm_device *drm, void *data,
			     struct drm_file *file)
{
	struct limen_client *client = file->driver_priv;
	struct drm_limen_queue_create *args = data;
	struct limen_queue *queue;
	int ret;

	if (args->flags || args->queue || args->pad ||
	    args->type >= limen_kind_count || !limen_kinds[args->type])
		return -EINVAL;

	queue = limen_queue_create(client, args->type);
	if (IS_ERR(queue))
		return PTR_ERR(queue);

	ret = xa_alloc(&client->queues, &args->queue, queue, xa_limit_32b,
		       GFP_KERNEL);
	if (ret)
		limen_queue_destroy(queue);
	return ret;
}

/**
 * limen_queue_destroy_ioctl() - DRM_IOCTL_LIMEN_QUEUE_DESTROY
 * @drm: device
 * @data: struct drm_limen_queue_destroy
 * @file: open file
 *
 * Return: 0 or one of the errors told at the structure.
 */
int limen_queue_destroy_ioctl(struct drm_device *drm, void *data,
			      struct drm_file *file)
{
	struct limen_client *client = file->driver_priv;
	struct drm_limen_queue_destroy *args = data;
	struct limen_queue *queue;

	if (args->pad)
		return -EINVAL;
	queue = xa_erase(&client->queues, args->queue);
	if (!queue)
		return -ENOENT;
	limen_queue_destroy(queue);
	return 0;
}

/**
 * limen_queues_fini() - destroy a file's queues
 * @client: file that is being closed
 */
void limen_queues_fini(struct limen_client *client)
{
	struct limen_queue *queue;
	unsigned long id;

	xa_for_each(&client->queues, id, queue)
		limen_queue_destroy(queue);
	xa_destroy(&client->queues);
}
