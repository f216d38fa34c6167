/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The emulated board's camera.
 */
#ifndef LIMEN_EMU_SENSOR_H
#define LIMEN_EMU_SENSOR_H

#include <linux/types.h>

struct emu;

int emu_sensor_init(struct emu *emu);
void emu_sensor_fini(struct emu *emu);
u32 emu_sensor_read(struct emu *emu, u32 reg);
void emu_sensor_write(struct emu *emu, u32 reg, u32 value);
bool emu_sensor_busy(struct emu *emu);
void emu_sensor_reset(struct emu *emu);

#endif /* LIMEN_EMU_SENSOR_H */
