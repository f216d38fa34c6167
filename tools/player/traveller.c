// SPDX-License-Identifier: MIT
/*
 * The table of travellers.
 */
#include "traveller.h"

#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <config.h>
#include <ini.h>

#define BLUR_MAX 64

/**
 * struct reader - a table being read
 * @travellers: what was read so far
 * @photos: folder of the photos
 * @beside: folder of the table
 * @mistake: what is wrong, or NULL
 */
struct reader {
	struct travellers *travellers;
	const char *photos;
	const char *beside;
	const char *mistake;
};

static int wrong(struct reader *reader, const char *mistake)
{
	reader->mistake = mistake;
	return 0;
}

static struct traveller *add(struct reader *reader, const char *name)
{
	struct travellers *travellers = reader->travellers;
	struct traveller *list, *made;

	list = reallocarray(travellers->list, travellers->count + 1,
			    sizeof(*list));
	if (!list)
		return NULL;
	travellers->list = list;
	made = &list[travellers->count++];
	*made = (struct traveller){ .light = 100 };
	snprintf(made->name, sizeof(made->name), "%s", name);
	return made;
}

/* The section's traveller: the last one, or a new one. */
static struct traveller *current(struct reader *reader, const char *name)
{
	struct travellers *travellers = reader->travellers;

	if (travellers->count &&
	    !strcmp(travellers->list[travellers->count - 1].name, name))
		return &travellers->list[travellers->count - 1];
	return add(reader, name);
}

static bool join(char *path, const char *folder, const char *name)
{
	return snprintf(path, PATH_MAX, "%s/%s", folder, name) < PATH_MAX;
}

static int read_document(struct reader *reader, struct traveller *traveller,
			 const char *value)
{
	bool beside = !strncmp(value, "./", 2);

	if (!join(traveller->document,
		  beside ? reader->beside : reader->photos,
		  beside ? value + 2 : value))
		return wrong(reader, "path too long");
	return 1;
}

static int read_booth(struct reader *reader, struct traveller *traveller,
		      const char *value)
{
	if (!strcmp(value, "empty"))
		return 1;
	while (*value) {
		size_t length = strcspn(value, " ");
		char name[PATH_MAX];

		if (traveller->photo_count == TRAVELLER_PHOTOS_MAX)
			return wrong(reader, "too many people in the booth");
		if (length >= sizeof(name))
			return wrong(reader, "path too long");
		*(char *)mempcpy(name, value, length) = '\0';
		if (!join(traveller->photos[traveller->photo_count++],
			  reader->photos, name))
			return wrong(reader, "path too long");
		value += length;
		value += strspn(value, " ");
	}
	return 1;
}

static int read_number(struct reader *reader, unsigned int *number,
		       unsigned int max, const char *value)
{
	if (limen_config_number(value, 0, max, number))
		return wrong(reader, "not a number, or too large");
	return 1;
}

static int read_fault(struct reader *reader, struct traveller *traveller,
		      const char *value)
{
	if (strchr(value, '/') || strlen(value) >= TRAVELLER_WORD_MAX)
		return wrong(reader, "not the name of a fault");
	strcpy(traveller->fault, value);
	return 1;
}

static int read_expect(struct reader *reader, struct traveller *traveller,
		       const char *value)
{
	if (!strcmp(value, "MATCH"))
		value = "MATCH none";
	if (sscanf(value, "%31s %31s", traveller->decision,
		   traveller->reason) != 2)
		return wrong(reader, "expect MATCH, or REFER and a reason");
	return 1;
}

static int on_key(void *context, const char *section, const char *key,
		  const char *value)
{
	struct reader *reader = context;
	struct traveller *traveller = current(reader, section);

	if (!traveller)
		return wrong(reader, "out of memory");
	if (!strcmp(key, "document"))
		return read_document(reader, traveller, value);
	if (!strcmp(key, "booth"))
		return read_booth(reader, traveller, value);
	if (!strcmp(key, "blur"))
		return read_number(reader, &traveller->blur, BLUR_MAX, value);
	if (!strcmp(key, "light"))
		return read_number(reader, &traveller->light, 100, value);
	if (!strcmp(key, "fault"))
		return read_fault(reader, traveller, value);
	if (!strcmp(key, "expect"))
		return read_expect(reader, traveller, value);
	return wrong(reader, "unknown key");
}

static bool complete(const struct travellers *travellers, const char *path)
{
	for (size_t i = 0; i < travellers->count; i++) {
		const struct traveller *traveller = &travellers->list[i];

		if (traveller->document[0] && traveller->decision[0])
			continue;
		fprintf(stderr, "%s: [%s] needs a document and what to expect\n",
			path, traveller->name);
		return false;
	}
	if (!travellers->count)
		fprintf(stderr, "%s: no travellers\n", path);
	return travellers->count;
}

bool travellers_load(struct travellers *travellers, const char *path,
		     const char *photos)
{
	char folder[PATH_MAX];
	struct reader reader = { .travellers = travellers, .photos = photos };
	int line;

	*travellers = (struct travellers){ 0 };
	snprintf(folder, sizeof(folder), "%s", path);
	reader.beside = dirname(folder);
	line = ini_parse(path, on_key, &reader);
	if (line > 0) {
		fprintf(stderr, "%s:%d: %s\n", path, line,
			reader.mistake ?: "neither [section] nor key = value");
		return false;
	}
	if (line < 0) {
		fprintf(stderr, "%s: cannot be read\n", path);
		return false;
	}
	return complete(travellers, path);
}
