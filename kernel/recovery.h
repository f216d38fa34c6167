/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is done when a board misbehaves, or is not ours for a while.
 */
#ifndef LIMEN_RECOVERY_H
#define LIMEN_RECOVERY_H

#include <linux/types.h>

struct limen_device;

int limen_start(struct limen_device *limen);
bool limen_halt(struct limen_device *limen, bool bounded);
void limen_revive(struct limen_device *limen);
void limen_give_up(struct limen_device *limen);
void limen_recovery_init(struct limen_device *limen);
void limen_recovery_fini(struct limen_device *limen);

#endif /* LIMEN_RECOVERY_H */
