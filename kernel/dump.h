/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a board was about when something went wrong.
 */
#ifndef LIMEN_DUMP_H
#define LIMEN_DUMP_H

struct limen_device;

int limen_dump_init(struct limen_device *limen);
void limen_dump_fini(struct limen_device *limen);
void limen_dump_capture(struct limen_device *limen, const char *reason);

#endif /* LIMEN_DUMP_H */
