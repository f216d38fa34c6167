/* SPDX-License-Identifier: MIT */
/*
 * JSON as all commands and limen-gate write it: a similarity is a decimal, with the exact integer
 * beside it; no number has more digits than it is good for; every text is UTF-8.
 */
#ifndef LIMEN_CLI_JSON_H
#define LIMEN_CLI_JSON_H

#include <json-c/json.h>
#include <limen/template.h>
#include <stdbool.h>
#include <stdint.h>

/* A similarity on the published scale, cut off so that it never seems larger. */
#define SIMILARITY_TEXT_SIZE 48
const char *similarity_text(int32_t similarity, char text[SIMILARITY_TEXT_SIZE]);
/* Adds it as NAME, and the integer as NAME_integer. */
void json_add_similarity(struct json_object *object, const char *name,
			 int32_t similarity);
/* What is no UTF-8, as in names of files, becomes U+FFFD. */
void json_add_text(struct json_object *object, const char *name,
		   const char *text);
/* At most six decimals; null for what is no number. */
void json_add_number(struct json_object *object, const char *name,
		     double number);
void json_add_whole(struct json_object *object, const char *name,
		    int64_t number);
void json_add_truth(struct json_object *object, const char *name, bool truth);
/* A model's identifier in hexadecimal. */
#define MODEL_TEXT_SIZE (2 * LIMEN_MODEL_ID_SIZE + 1)
const char *model_text(const uint8_t *model, char text[MODEL_TEXT_SIZE]);
/* How files and standard output get it. */
#define JSON_LAYOUT (JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | \
		     JSON_C_TO_STRING_NOSLASHESCAPE)
/* Prints an object and frees it. */
void print_json(struct json_object *object);

#endif /* LIMEN_CLI_JSON_H */
