// SPDX-License-Identifier: MIT
/* Labels of rows. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "blocks.h"
#include "labels.h"

#define TEXT_MIN 4096

/* Controls, what ends a line or a paragraph, and what turns the order of others. */
static bool acts(uint32_t character)
{
	return character < 0x20 || (character >= 0x7f && character < 0xa0) ||
	       character == 0x61c || (character >= 0x200e && character <= 0x200f) ||
	       (character >= 0x2028 && character <= 0x202e) ||
	       (character >= 0x2066 && character <= 0x2069) || character == 0xfeff;
}

/* Bytes of the character there; 0 if it is none, or more than left. */
static size_t read_character(const uint8_t *text, size_t left, uint32_t *character)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t length = text[0] < 0x80 ? 1 : text[0] >> 5 == 6 ? 2 :
			text[0] >> 4 == 14 ? 3 : text[0] >> 3 == 30 ? 4 : 0;
	size_t i;

	if (!length || length > left)
		return 0;
	*character = length == 1 ? text[0] : text[0] & (0x7f >> length);
	for (i = 1; i < length; i++) {
		if (text[i] >> 6 != 2)
			return 0;
		*character = *character << 6 | (text[i] & 0x3f);
	}
	/* Each character has one form, and halves of pairs are none. */
	if (*character < least[length] || *character > 0x10ffff ||
	    (*character >= 0xd800 && *character <= 0xdfff))
		return 0;
	return length;
}

bool label_sound(const char *text, size_t length)
{
	uint32_t character = 0;
	size_t at, some;

	if (!length || length > LIMEN_LABEL_MAX)
		return false;
	for (at = 0; at < length; at += some) {
		some = read_character((const uint8_t *)text + at, length - at, &character);
		if (!some || acts(character))
			return false;
	}
	return true;
}

static void text_free(char *text, size_t size)
{
	if (!text)
		return;
	limen_wipe(text, size);
	memory_free(text, size);
}

/* Nothing of the old text is left behind. */
static int text_reserve(struct gallery_labels *labels, size_t more)
{
	size_t size = labels->size ?: TEXT_MIN;
	char *text;

	while (size - labels->used < more)
		size *= 2;
	if (size == labels->size)
		return 0;
	text = memory_new(size, false);
	if (!text)
		return -ENOMEM;
	if (labels->used)
		memcpy(text, labels->text, labels->used);
	text_free(labels->text, labels->size);
	labels->text = text;
	labels->size = size;
	return 0;
}

static int room_reserve(struct gallery_labels *labels)
{
	uint32_t room = labels->room ? labels->room + labels->room / 2 : 16;
	struct gallery_label *all;

	if (labels->count < labels->room)
		return 0;
	if (room < labels->room)
		room = UINT32_MAX;
	all = reallocarray(labels->all, room, sizeof(*all));
	if (!all)
		return -ENOMEM;
	labels->all = all;
	labels->room = room;
	return 0;
}

int labels_add(struct gallery_labels *labels, uint32_t row, const char *text,
	       size_t length)
{
	int error = room_reserve(labels) ?: text_reserve(labels, length);

	if (error)
		return error;
	memcpy(labels->text + labels->used, text, length);
	labels->all[labels->count++] = (struct gallery_label){
		.row = row,
		.length = length,
		.at = labels->used,
	};
	labels->used += length;
	return 0;
}

static int by_row(const void *key, const void *label)
{
	uint32_t row = *(const uint32_t *)key;
	uint32_t other = ((const struct gallery_label *)label)->row;

	return row < other ? -1 : row > other;
}

const struct gallery_label *labels_find(const struct gallery_labels *labels, uint32_t row)
{
	if (!labels->count)
		return NULL;
	return bsearch(&row, labels->all, labels->count, sizeof(*labels->all), by_row);
}

void labels_remove(struct gallery_labels *labels, uint32_t row)
{
	const struct gallery_label *found = labels_find(labels, row);
	size_t at;

	if (!found)
		return;
	limen_wipe(labels->text + found->at, found->length);
	at = found - labels->all;
	labels->count--;
	memmove(&labels->all[at], &labels->all[at + 1],
		(labels->count - at) * sizeof(*labels->all));
}

void labels_free(struct gallery_labels *labels)
{
	text_free(labels->text, labels->size);
	free(labels->all);
	*labels = (struct gallery_labels){};
}
