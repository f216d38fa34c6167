// SPDX-License-Identifier: MIT
/*
 * The configuration file. Strict: a key nobody knows, a value out of range or a
 * key given twice is an error, so that a slip never goes unnoticed.
 */
#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <limen/score.h>

#include "config.h"
#include "private.h"

#define MILLION 1000000u
#define FILE_SIZE_MAX (1u << 20)
#define TIMEOUT_MS_MAX 60000
#define RECHECK_MAX 1000000
#define ATTEMPTS_MAX 1000
#define TRANSIT_MS_MIN 100
#define TRANSIT_MS_MAX 120000
#define QUALITY_MAX 1000 /* as a norm */

struct reader {
	const char *at;
	size_t left;
	struct limen_config *config;
	const char *path;
	unsigned int line;
	unsigned int mistaken; /* line of the first mistake */
	uint32_t seen; /* bit per key */
	char *error;   /* of the first mistake; empty so far */
	size_t error_size;
};

__attribute__((format(printf, 2, 3)))
static int mistake(struct reader *reader, const char *format, ...)
{
	char what[256];
	va_list args;

	if (*reader->error)
		return -1;
	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	reader->mistaken = reader->line;
	snprintf(reader->error, reader->error_size, "%s:%u: %s", reader->path,
		 reader->line, what);
	return -1;
}

int limen_config_number(const char *text, uint32_t min, uint32_t max,
			uint32_t *number)
{
	uint64_t value = 0;

	if (!*text)
		return -EINVAL;
	for (; *text; text++) {
		if (!isdigit((unsigned char)*text))
			return -EINVAL;
		value = value * 10 + (*text - '0');
		if (value > max)
			return -ERANGE;
	}
	if (value < min)
		return -ERANGE;
	*number = value;
	return 0;
}

int limen_config_decimal(const char *text, uint32_t max, uint32_t *millionths)
{
	uint64_t value = 0;
	uint32_t unit = MILLION;
	bool digits = false;

	for (; isdigit((unsigned char)*text); text++, digits = true) {
		value = value * 10 + (uint64_t)(*text - '0') * MILLION;
		if (value > (uint64_t)max * MILLION)
			return -ERANGE;
	}
	if (*text == '.')
		for (text++; isdigit((unsigned char)*text); text++) {
			unit /= 10;
			if (!unit)
				return -EINVAL; /* more than six digits */
			value += (uint64_t)(*text - '0') * unit;
			digits = true;
		}
	if (*text || !digits)
		return -EINVAL;
	if (value > (uint64_t)max * MILLION || value > UINT32_MAX)
		return -ERANGE;
	*millionths = value;
	return 0;
}

int32_t limen_config_similarity(uint32_t millionths)
{
	return ((uint64_t)millionths * LIMEN_SIMILARITY_ONE + MILLION - 1) /
	       MILLION;
}

static int read_threshold(struct reader *reader, const char *value)
{
	uint32_t millionths;

	/* Zero would let a score that means nothing pass. */
	if (limen_config_decimal(value, 1, &millionths) || !millionths)
		return mistake(reader, "threshold must be above 0 and at most "
			       "1, with at most six decimals");
	reader->config->threshold = limen_config_similarity(millionths);
	return 0;
}

static int read_quality(struct reader *reader, const char *value)
{
	uint32_t millionths;

	if (limen_config_decimal(value, QUALITY_MAX, &millionths))
		return mistake(reader, "min_quality must be a number from 0 "
			       "to %u", QUALITY_MAX);
	reader->config->min_quality = millionths / 1000;
	return 0;
}

static int read_path(struct reader *reader, const char *value, char *path)
{
	if (*value != '/' || strlen(value) >= PATH_MAX)
		return mistake(reader, "not an absolute path: %s", value);
	strcpy(path, value);
	return 0;
}

static int read_models(struct reader *reader, const char *value)
{
	return read_path(reader, value, reader->config->models);
}

static int read_socket(struct reader *reader, const char *value)
{
	return read_path(reader, value, reader->config->socket);
}

static int read_camera(struct reader *reader, const char *value)
{
	if (!strcmp(value, LIMEN_CONFIG_CAMERA_AUTO)) {
		strcpy(reader->config->camera, value);
		return 0;
	}
	return read_path(reader, value, reader->config->camera);
}

int limen_config_backend(const char *text, enum limen_config_backend *backend)
{
	static const char *const names[] = {
		[LIMEN_CONFIG_AUTO] = "auto",
		[LIMEN_CONFIG_BOARD] = "board",
		[LIMEN_CONFIG_CPU] = "cpu",
	};
	unsigned int i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(text, names[i])) {
			*backend = i;
			return 0;
		}
	return -EINVAL;
}

static int read_backend(struct reader *reader, const char *value)
{
	if (limen_config_backend(value, &reader->config->backend))
		return mistake(reader, "backend must be auto, board or cpu");
	return 0;
}

static int read_allow(struct reader *reader, const char *value)
{
	struct limen_config *config = reader->config;

	config->allow_count = 0;
	for (;;) {
		size_t length;

		value += strspn(value, ", \t");
		if (!*value)
			return 0;
		length = strcspn(value, ", \t");
		if (length >= LIMEN_CONFIG_NAME_MAX)
			return mistake(reader, "user name too long: %s", value);
		if (length == 1 && *value == LIMEN_CONFIG_GROUP_MARK)
			return mistake(reader, "no name of a group behind %c", *value);
		if (config->allow_count == LIMEN_CONFIG_ALLOW_MAX)
			return mistake(reader, "more than %u users and groups",
				       LIMEN_CONFIG_ALLOW_MAX);
		memcpy(config->allow[config->allow_count], value, length);
		config->allow[config->allow_count++][length] = '\0';
		value += length;
	}
}

static int read_timeout(struct reader *reader, const char *value)
{
	if (limen_config_number(value, 1, TIMEOUT_MS_MAX,
				&reader->config->timeout_ms))
		return mistake(reader, "timeout must be 1 to %u milliseconds",
			       TIMEOUT_MS_MAX);
	return 0;
}

static int read_recheck(struct reader *reader, const char *value)
{
	if (limen_config_number(value, 0, RECHECK_MAX,
				&reader->config->recheck))
		return mistake(reader, "recheck must be 0, for none, or 1 to %u",
			       RECHECK_MAX);
	return 0;
}

static int read_attempts(struct reader *reader, const char *value)
{
	if (limen_config_number(value, 1, ATTEMPTS_MAX,
				&reader->config->attempts))
		return mistake(reader, "attempts must be 1 to %u",
			       ATTEMPTS_MAX);
	return 0;
}

static int read_transit_timeout(struct reader *reader, const char *value)
{
	if (limen_config_number(value, TRANSIT_MS_MIN, TRANSIT_MS_MAX,
				&reader->config->transit_ms))
		return mistake(reader, "timeout must be %u to %u milliseconds",
			       TRANSIT_MS_MIN, TRANSIT_MS_MAX);
	return 0;
}

static const struct {
	const char *section;
	const char *name;
	int (*read)(struct reader *reader, const char *value);
} keys[] = {
	{ "policy", "threshold", read_threshold },
	{ "extractor", "models", read_models },
	{ "extractor", "min_quality", read_quality },
	{ "service", "socket", read_socket },
	{ "service", "backend", read_backend },
	{ "service", "allow", read_allow },
	{ "service", "timeout", read_timeout },
	{ "service", "recheck", read_recheck },
	{ "gate", "camera", read_camera },
	{ "gate", "attempts", read_attempts },
	{ "gate", "timeout", read_transit_timeout },
};

static int on_key(void *context, const char *section, const char *name,
		  const char *value)
{
	struct reader *reader = context;
	unsigned int i;

	for (i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		if (strcmp(section, keys[i].section) ||
		    strcmp(name, keys[i].name))
			continue;
		if (reader->seen & 1u << i)
			return !mistake(reader, "%s is given twice", name);
		reader->seen |= 1u << i;
		return !keys[i].read(reader, value);
	}
	return !mistake(reader, "unknown key %s in [%s]", name, section);
}

/* A comment may follow a value, behind a space; libinih itself knows only ";". */
static void cut_comment(char *line)
{
	char *at;

	for (at = line; *at; at++)
		if (*at == '#' && at > line && isspace((unsigned char)at[-1])) {
			strcpy(at, "\n");
			return;
		}
}

/* Hands libinih a line, so that a mistake knows the number of its line. */
static char *next_line(char *line, int size, void *context)
{
	struct reader *reader = context;
	const char *end;
	size_t length;

	if (*reader->error || !reader->left)
		return NULL;
	end = memchr(reader->at, '\n', reader->left);
	length = end ? (size_t)(end - reader->at) + 1 : reader->left;
	reader->line++;
	if (memchr(reader->at, '\0', length)) {
		mistake(reader, "a NUL byte");
		return NULL;
	}
	/* libinih would take the rest of a longer line for a line of its own. */
	if (length >= (size_t)size) {
		mistake(reader, "a line longer than %d bytes", size - 1);
		return NULL;
	}
	*(char *)mempcpy(line, reader->at, length) = '\0';
	reader->at += length;
	reader->left -= length;
	cut_comment(line);
	return line;
}

static const struct limen_config defaults = {
	.threshold = LIMEN_CONFIG_NO_THRESHOLD,
	.models = "/usr/share/limen/models",
	.min_quality = 2800,
	.socket = "/run/limen/limend.sock",
	.backend = LIMEN_CONFIG_AUTO,
	.timeout_ms = 2000,
	.recheck = 1,
	.camera = LIMEN_CONFIG_CAMERA_AUTO,
	.attempts = 3,
	.transit_ms = 10000,
};

int limen_config_load(struct limen_config *config, const char *path,
		      char *error, size_t error_size)
{
	struct reader reader = {
		.config = config,
		.path = path ?: LIMEN_CONFIG_PATH,
		.error = error,
		.error_size = error_size,
		.mistaken = UINT_MAX,
	};
	int line, failed;
	void *text;

	*error = '\0';
	*config = defaults;
	failed = file_load(reader.path, FILE_SIZE_MAX, &text, &reader.left);
	if (failed == -ENOENT && !path)
		return 0;
	if (failed) {
		snprintf(error, error_size, "%s: %s", reader.path,
			 limen_file_strerror(failed));
		return -1;
	}
	reader.at = text;
	line = ini_parse_stream(next_line, &reader, on_key, &reader);
	if (line && (unsigned int)line < reader.mistaken) {
		/* A line that libinih itself did not understand came first. */
		*error = '\0';
		reader.line = line;
		mistake(&reader, "neither a [section] nor a key = value");
	}
	free(text);
	return *error ? -1 : 0;
}
