/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where work goes on that its caller cannot do.
 */
#ifndef LIMEN_WORKQUEUE_H
#define LIMEN_WORKQUEUE_H

#include <linux/workqueue.h>

/* What ends fences: neither allocates nor waits for what does. */
extern struct workqueue_struct *limen_fence_wq;
/* What lets go of finished work; may allocate, and sleeps shortly. */
extern struct workqueue_struct *limen_retire_wq;
/*
 * What wipes card memory, for as long as that takes. Frozen while the system is
 * suspended, when zeros would not arrive.
 */
extern struct workqueue_struct *limen_wipe_wq;

int limen_workqueues_init(void);
void limen_workqueues_exit(void);

#endif /* LIMEN_WORKQUEUE_H */
