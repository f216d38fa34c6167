/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Temperature and power.
 */
#ifndef LIMEN_HWMON_H
#define LIMEN_HWMON_H

struct limen_device;

void limen_hwmon_register(struct limen_device *limen);

#endif /* LIMEN_HWMON_H */
