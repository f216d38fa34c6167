/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Searches, 1:N.
 */
#ifndef LIMEN_SCAN_H
#define LIMEN_SCAN_H

#include "ring.h"

struct limen_device;
struct limen_queue;

extern const struct limen_ring_ops limen_scan_ring_ops;

void limen_scan_cancel(struct limen_queue *queue);
void limen_scan_unpark(struct limen_device *limen);

int limen_scanner_init(struct limen_device *limen);
void limen_scanner_fini(struct limen_device *limen);

#endif /* LIMEN_SCAN_H */
