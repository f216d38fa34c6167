// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where work goes on that its caller cannot do.
 */
#include <linux/errno.h>
#include <linux/init.h>

#include "workqueue.h"

struct workqueue_struct *limen_fence_wq;
struct workqueue_struct *limen_retire_wq;
struct workqueue_struct *limen_wipe_wq;

/**
 * limen_workqueues_init() - allocate the workqueues
 *
 * Return: 0 or -ENOMEM.
 */
int __init limen_workqueues_init(void)
{
	limen_fence_wq = alloc_workqueue("limen-fence",
					 WQ_UNBOUND | WQ_MEM_RECLAIM | WQ_HIGHPRI,
					 0);
	limen_retire_wq = alloc_workqueue("limen-retire", WQ_UNBOUND, 0);
	limen_wipe_wq = alloc_workqueue("limen-wipe",
					WQ_UNBOUND | WQ_FREEZABLE, 0);
	if (limen_fence_wq && limen_retire_wq && limen_wipe_wq)
		return 0;
	limen_workqueues_exit();
	return -ENOMEM;
}

/**
 * limen_workqueues_exit() - wait for all work and free the workqueues
 *
 * Each one's work may queue work to those that follow.
 */
void limen_workqueues_exit(void)
{
	if (limen_fence_wq)
		destroy_workqueue(limen_fence_wq);
	if (limen_retire_wq)
		destroy_workqueue(limen_retire_wq);
	if (limen_wipe_wq)
		destroy_workqueue(limen_wipe_wq);
}
