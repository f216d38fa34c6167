/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What user space can ask.
 */
#ifndef LIMEN_QUERY_H
#define LIMEN_QUERY_H

struct drm_device;
struct drm_file;
struct drm_printer;

void limen_show_fdinfo(struct drm_printer *p, struct drm_file *file);

int limen_query_ioctl(struct drm_device *drm, void *data,
		      struct drm_file *file);

#endif /* LIMEN_QUERY_H */
