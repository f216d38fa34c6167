// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queues: where a file submits to.
 */
#include <linux/capability.h>
#include <linux/slab.h>

#include <drm/drm_file.h>

#include "device.h"
#include "queue.h"
#include "user.h"

/**
 * DOC: Queues
 *
 * An EXPRESS queue is little more than a name: comparisons go to the board's
 * ring from within the system call. A SCAN queue is a drm_sched entity, so that
 * its scans can depend on others, and takes turns with the other queues. How many
 * scans there are is limited by user, so that nobody can fill the kernel's memory
 * with them.
 *
 * Destroying a SCAN queue ends what the board has not been given yet with
 * -ECANCELED, at once. drm_sched lets go of it later, when what it depends on has
 * finished.
 */

static void limen_queue_free(struct kref *ref)
{
	struct limen_queue *queue = container_of(ref, struct limen_queue, ref);

	kfree(queue->spare);
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
 * @file: open file
 * @id: identifier
 *
 * Return: the queue, with a reference, or NULL.
 */
struct limen_queue *limen_queue_lookup(struct limen_file *file, u32 id)
{
	struct limen_queue *queue;

	/* The lock keeps the identifier's reference while ours is taken. */
	xa_lock(&file->queues);
	queue = xa_load(&file->queues, id);
	if (queue)
		kref_get(&queue->ref);
	xa_unlock(&file->queues);
	return queue;
}

/*
 * An entity that goes while drm_sched takes one of several jobs from it is put
 * back among those that have jobs, and stays there freed: as of 6.12,
 * drm_sched_entity_pop_job() does not look whether it has been stopped. So it
 * goes while nothing is taken from anyone.
 */
static void limen_queue_leave(struct limen_scanner *scanner,
			      struct limen_queue *queue)
{
	guard(mutex)(&scanner->stopping);
	drm_sched_wqueue_stop(&scanner->sched);
	drm_sched_entity_fini(&queue->entity);
	drm_sched_wqueue_start(&scanner->sched);
}

static void limen_queue_destroy(struct limen_device *limen,
				struct limen_queue *queue)
{
	scoped_guard(mutex, &queue->lock)
		WRITE_ONCE(queue->destroyed, true);

	/* Nothing is pushed to the entity any more. */
	if (queue->type == DRM_LIMEN_QUEUE_SCAN) {
		limen_scanner_cancel(limen, queue);
		limen_queue_leave(&limen->scanner, queue);
	}
	wake_up_all(&queue->client->user->room);
	limen_queue_put(queue);
}

static struct limen_queue *limen_queue_create(struct limen_client *client,
					      u32 type)
{
	struct limen_user *user = client->user;
	struct drm_gpu_scheduler *sched = &user->limen->scanner.sched;
	struct limen_queue *queue;
	int ret;

	ret = limen_user_claim(user, LIMEN_QUEUES);
	if (ret)
		return ERR_PTR(ret);
	queue = kzalloc(sizeof(*queue), GFP_KERNEL_ACCOUNT);
	if (!queue) {
		limen_user_unreserve(user, LIMEN_QUEUES, 1);
		return ERR_PTR(-ENOMEM);
	}

	kref_init(&queue->ref);
	queue->client = limen_client_get(client);
	queue->type = type;
	/* Asked where it may be refused aloud, not at each submission. */
	queue->unlimited = type == DRM_LIMEN_QUEUE_EXPRESS &&
			   ns_capable_noaudit(&init_user_ns, CAP_SYS_NICE);
	mutex_init(&queue->lock);
	INIT_LIST_HEAD(&queue->turn);
	INIT_LIST_HEAD(&queue->waiting);
	INIT_LIST_HEAD(&queue->ready);
	if (type == DRM_LIMEN_QUEUE_SCAN) {
		ret = drm_sched_entity_init(&queue->entity,
					    DRM_SCHED_PRIORITY_NORMAL, &sched,
					    1, NULL);
		if (ret) {
			limen_queue_put(queue);
			return ERR_PTR(ret);
		}
	}
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
	struct limen_file *priv = file->driver_priv;
	struct drm_limen_queue_create *args = data;
	struct limen_queue *queue;
	int ret;

	if (args->flags || args->queue || args->pad ||
	    (args->type != DRM_LIMEN_QUEUE_EXPRESS &&
	     args->type != DRM_LIMEN_QUEUE_SCAN))
		return -EINVAL;

	queue = limen_queue_create(priv->client, args->type);
	if (IS_ERR(queue))
		return PTR_ERR(queue);

	ret = xa_alloc(&priv->queues, &args->queue, queue, xa_limit_32b,
		       GFP_KERNEL);
	if (ret)
		limen_queue_destroy(to_limen(drm), queue);
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
	struct limen_file *priv = file->driver_priv;
	struct drm_limen_queue_destroy *args = data;
	struct limen_queue *queue;

	if (args->pad)
		return -EINVAL;
	queue = xa_erase(&priv->queues, args->queue);
	if (!queue)
		return -ENOENT;
	limen_queue_destroy(to_limen(drm), queue);
	return 0;
}

/**
 * limen_queues_fini() - destroy a file's queues
 * @limen: device
 * @file: file that is being closed
 */
void limen_queues_fini(struct limen_device *limen, struct limen_file *file)
{
	struct limen_queue *queue;
	unsigned long id;

	xa_for_each(&file->queues, id, queue)
		limen_queue_destroy(limen, queue);
	xa_destroy(&file->queues);
}
