/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where kernels differ; nowhere else is there an #if for it. What Kbuild finds
 * in the headers decides, because distributions backport.
 */
#ifndef LIMEN_COMPAT_H
#define LIMEN_COMPAT_H

#include <drm/drm_file.h>
#include <drm/gpu_scheduler.h>

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
