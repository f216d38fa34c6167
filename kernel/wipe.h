/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Zeroes for card memory.
 */
#ifndef LIMEN_WIPE_H
#define LIMEN_WIPE_H

#include <linux/types.h>

struct limen_device;

void limen_wipe(struct limen_device *limen, u64 offset, u64 size);

#endif /* LIMEN_WIPE_H */
