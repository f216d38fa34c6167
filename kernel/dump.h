/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a board was about when something went wrong.
 */
#ifndef LIMEN_DUMP_H
#define LIMEN_DUMP_H

#include <linux/types.h>
#include <linux/workqueue.h>

struct limen_device;

/**
 * struct limen_dump - memory for a dump
 * @text: where to; allocated beforehand, since a reset must not wait for memory
 * @size: bytes of a dump that is not handed over yet, else 0
 * @work: hands it over
 */
struct limen_dump {
	char *text;
	size_t size;
	struct work_struct work;
};

void limen_dump_init(struct limen_device *limen);
void limen_dump_fini(struct limen_device *limen);
void limen_dump_capture(struct limen_device *limen, const char *reason);

#endif /* LIMEN_DUMP_H */
