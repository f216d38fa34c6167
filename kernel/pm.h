/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When the board is awake.
 */
#ifndef LIMEN_PM_H
#define LIMEN_PM_H

struct limen_device;

int limen_pm_get(struct limen_device *limen);
void limen_pm_put(struct limen_device *limen);

void limen_pm_init(struct limen_device *limen);
void limen_pm_fini(struct limen_device *limen);

#endif /* LIMEN_PM_H */
