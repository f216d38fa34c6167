/* SPDX-License-Identifier: MIT */
/*
 * Labels of a gallery's rows: a name or a number that somebody gave them. They are
 * personal data, and kept as rows are: in no core dump, and wiped once nobody needs them.
 */
#ifndef LIMEN_LABELS_H
#define LIMEN_LABELS_H

#include "private.h"

/**
 * struct gallery_label - a label
 * @row: of this row
 * @length: bytes, 1 to LIMEN_LABEL_MAX
 * @at: where they are in the text
 */
struct gallery_label {
	uint32_t row;
	uint32_t length;
	size_t at;
};

/**
 * struct gallery_labels - those of a gallery; all zeros is none
 * @all: they, by rising row
 * @count: how many there are
 * @room: for this many
 * @text: of all of them, and wiped where there is none any more
 * @used: bytes of it
 * @size: room for so many bytes
 */
struct gallery_labels {
	struct gallery_label *all;
	uint32_t count;
	uint32_t room;
	char *text;
	size_t used;
	size_t size;
};

/* Whether it may be a label: UTF-8 that neither a terminal nor a line acts upon. */
HIDDEN bool label_sound(const char *text, size_t length);
/* Adds a sound one, of a row behind those that have one; -ENOMEM, and none is added. */
HIDDEN int labels_add(struct gallery_labels *labels, uint32_t row, const char *text,
		      size_t length);
/* The label of a row, or NULL. */
HIDDEN const struct gallery_label *labels_find(const struct gallery_labels *labels,
					       uint32_t row);
/* Removes and wipes the label of a row, if it has one. */
HIDDEN void labels_remove(struct gallery_labels *labels, uint32_t row);
HIDDEN void labels_free(struct gallery_labels *labels);

#endif /* LIMEN_LABELS_H */
