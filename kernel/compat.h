/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where kernels differ; nowhere else is there an #if for it. What compat.mk finds
 * in the headers decides, because distributions backport.
 */
#ifndef LIMEN_COMPAT_H
#define LIMEN_COMPAT_H

#include <linux/hrtimer.h>

/* Drivers used to have a date. */
#ifdef LIMEN_DRIVER_HAS_DATE
#define LIMEN_DRIVER_DATE	.date = "20261121",
#else
#define LIMEN_DRIVER_DATE
#endif

/* A queue with a lock used to be told how to let go of it while it waits. */
#ifdef LIMEN_VB2_OPS_WAIT
#define LIMEN_VB2_WAIT_OPS	.wait_prepare = vb2_ops_wait_prepare, \
				.wait_finish = vb2_ops_wait_finish,
#else
#define LIMEN_VB2_WAIT_OPS
#endif

#ifndef LIMEN_HRTIMER_SETUP
static inline void
hrtimer_setup(struct hrtimer *timer,
	      enum hrtimer_restart (*function)(struct hrtimer *),
	      clockid_t clock_id, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock_id, mode);
	timer->function = function;
}
#endif

#endif /* LIMEN_COMPAT_H */
