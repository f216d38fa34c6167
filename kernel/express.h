/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Comparisons, 1:1.
 */
#ifndef LIMEN_EXPRESS_H
#define LIMEN_EXPRESS_H

#include "ring.h"

struct limen_kind;

extern const struct limen_kind limen_express_kind;
extern const struct limen_ring_ops limen_express_ring_ops;

#endif /* LIMEN_EXPRESS_H */
