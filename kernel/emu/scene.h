/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the emulated sensor sees.
 */
#ifndef LIMEN_EMU_SCENE_H
#define LIMEN_EMU_SCENE_H

#include <linux/types.h>

#include <limen/hw.h>

#define EMU_SCENE_STRIDE \
	(LIMEN_HW_CAM_WIDTH * LIMEN_HW_CAM_BYTES_PER_PIXEL)
#define EMU_SCENE_BYTES		(EMU_SCENE_STRIDE * LIMEN_HW_CAM_HEIGHT)

struct device;
struct emu_scene;

struct emu_scene *emu_scene_register(struct device *dev);
void emu_scene_unregister(struct emu_scene *scene);
const u8 *emu_scene_lock(struct emu_scene *scene);
void emu_scene_unlock(struct emu_scene *scene);

#endif /* LIMEN_EMU_SCENE_H */
