/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The DRM driver.
 */
#ifndef LIMEN_DRV_H
#define LIMEN_DRV_H

struct drm_driver;

extern const struct drm_driver limen_driver;

#endif /* LIMEN_DRV_H */
