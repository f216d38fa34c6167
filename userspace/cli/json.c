// SPDX-License-Identifier: MIT
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <limen/score.h>

#include "json.h"

#define DECIMALS 6
#define NUMBER_TEXT_SIZE 400 /* DBL_MAX has 309 digits */

const char *similarity_text(int32_t similarity, char text[SIMILARITY_TEXT_SIZE])
{
	int64_t units = (int64_t)similarity * 10000 / LIMEN_SIMILARITY_ONE;

	snprintf(text, SIMILARITY_TEXT_SIZE, "%s%lld.%04lld", units < 0 ? "-" : "",
		 llabs(units) / 10000, llabs(units) % 10000);
	return text;
}

void json_add_similarity(struct json_object *object, const char *name,
			 int32_t similarity)
{
	char text[SIMILARITY_TEXT_SIZE], integer[64];

	json_object_object_add(object, name, json_object_new_double_s(
				       (double)similarity / LIMEN_SIMILARITY_ONE,
				       similarity_text(similarity, text)));
	snprintf(integer, sizeof(integer), "%s_integer", name);
	json_object_object_add(object, integer, json_object_new_int(similarity));
}

/* Bytes of the UTF-8 character there, as Unicode has it; 0 if it is none. */
static unsigned int character_size(const uint8_t *at)
{
	/* The second byte excludes what is longer than needed, and surrogates. */
	uint8_t least = at[0] == 0xe0 ? 0xa0 : at[0] == 0xf0 ? 0x90 : 0x80;
	uint8_t most = at[0] == 0xed ? 0x9f : at[0] == 0xf4 ? 0x8f : 0xbf;
	unsigned int size, i;

	if (at[0] < 0x80)
		return 1;
	if (at[0] < 0xc2 || at[0] > 0xf4)
		return 0;
	size = at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
	if (at[1] < least || at[1] > most)
		return 0;
	for (i = 2; i < size; i++)
		if (at[i] < 0x80 || at[i] > 0xbf)
			return 0;
	return size;
}

void json_add_text(struct json_object *object, const char *name,
		   const char *text)
{
	static const char replacement[] = "\xef\xbf\xbd";
	char *valid = malloc(strlen(text) * (sizeof(replacement) - 1) + 1);
	char *to = valid;

	if (!valid)
		return;
	while (*text) {
		unsigned int size = character_size((const uint8_t *)text);

		to = size ? mempcpy(to, text, size) :
			    mempcpy(to, replacement, sizeof(replacement) - 1);
		text += size ? size : 1;
	}
	*to = '\0';
	json_object_object_add(object, name, json_object_new_string(valid));
	free(valid);
}

void json_add_number(struct json_object *object, const char *name, double number)
{
	char text[NUMBER_TEXT_SIZE];
	int size;

	if (!isfinite(number)) {
		json_object_object_add(object, name, NULL);
		return;
	}
	size = snprintf(text, sizeof(text), "%.*f", DECIMALS, number);
	while (text[size - 1] == '0' && text[size - 2] != '.')
		text[--size] = '\0';
	json_object_object_add(object, name,
			       json_object_new_double_s(number, text));
}

void json_add_whole(struct json_object *object, const char *name, int64_t number)
{
	json_object_object_add(object, name, json_object_new_int64(number));
}

void json_add_truth(struct json_object *object, const char *name, bool truth)
{
	json_object_object_add(object, name, json_object_new_boolean(truth));
}

const char *model_text(const uint8_t *model, char text[MODEL_TEXT_SIZE])
{
	unsigned int i;

	for (i = 0; i < LIMEN_MODEL_ID_SIZE; i++)
		snprintf(text + 2 * i, 3, "%02x", model[i]);
	return text;
}

void print_json(struct json_object *object)
{
	puts(json_object_to_json_string_ext(object, JSON_LAYOUT));
	json_object_put(object);
}
