/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where kernels differ; nowhere else is there an #if for it. What compat.mk finds
 * in the headers decides, because distributions backport.
 */
#ifndef LIMEN_COMPAT_H
#define LIMEN_COMPAT_H

#include <linux/hrtimer.h>

#include <drm/drm_file.h>
#include <drm/gpu_scheduler.h>

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

static inline int limen_sched_init(struct drm_gpu_scheduler *sched,
				   const struct drm_sched_backend_ops *ops,
				   u32 depth, const char *name,
				   struct device *dev)
{
#ifdef LIMEN_SCHED_INIT_ARGS
	const struct drm_sched_init_args args = {
		.ops = ops,
		.num_rqs = DRM_SCHED_PRIORITY_COUNT,
		.credit_limit = depth,
		.timeout = MAX_SCHEDULE_TIMEOUT,
		.name = name,
		.dev = dev,
	};

	return drm_sched_init(sched, &args);
#else
	return drm_sched_init(sched, ops, NULL, DRM_SCHED_PRIORITY_COUNT, depth,
			      0, MAX_SCHEDULE_TIMEOUT, NULL, NULL, name, dev);
#endif
}

static inline int limen_sched_job_init(struct drm_sched_job *job,
				       struct drm_sched_entity *entity,
				       struct drm_file *file)
{
#ifdef LIMEN_SCHED_CLIENT_ID
	return drm_sched_job_init(job, entity, 1, file, file->client_id);
#else
	return drm_sched_job_init(job, entity, 1, file);
#endif
}

#endif /* LIMEN_COMPAT_H */
