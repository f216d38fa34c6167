/* SPDX-License-Identifier: MIT */
/* What the commands of limen share. */
#ifndef LIMEN_CLI_H
#define LIMEN_CLI_H

#include <getopt.h>
#include <limits.h>

#include <config.h>
#include <face.h>
#include <json-c/json.h>
#include <limen.h>

/* Exit status, as limen(1) tells it. */
enum {
	DONE = 0,
	FAILED = 1,
	USAGE = 2,
	NO_TEMPLATE = 3, /* the picture is fine, the face in it is not */
};

/* One line on stderr, "limen: " before it; returns FAILED. */
__attribute__((format(printf, 1, 2)))
int fail(const char *format, ...);
/* Likewise, with where to look; returns USAGE. */
__attribute__((format(printf, 1, 2)))
int misused(const char *format, ...);

/**
 * struct settings - options that several commands take
 * @config: --config
 * @models: --models
 * @backend: --backend
 * @output: --output
 * @limend: --limend
 * @top: --top, as given
 * @min: --min, as given
 * @plot: --plot
 * @rows: --rows, as given
 * @threads: --threads, as given
 * @interval: --interval, as given
 * @count: --count, as given
 * @board_type: --board-type, as given
 * @version: --version, as given
 * @security_version: --security-version, as given
 * @api: --api, as given
 * @key: --key
 * @certificate: --certificate
 * @all: --all
 * @json: --json
 * @list: --list
 */
struct settings {
	const char *config;
	const char *models;
	const char *backend;
	const char *output;
	const char *limend;
	const char *top;
	const char *min;
	const char *plot;
	const char *rows;
	const char *threads;
	const char *interval;
	const char *count;
	const char *board_type;
	const char *version;
	const char *security_version;
	const char *api;
	const char *key;
	const char *certificate;
	bool all;
	bool json;
	bool list;
};

/*
 * Reads a command's options, letters of OPTION_LETTERS it takes, and leaves
 * optind at its operands. DONE, or what to exit with if exit is set.
 */
int read_settings(int argc, char **argv, const char *takes, const char *help,
		  struct settings *settings, bool *leave);
int load_config(const struct settings *settings, struct limen_config *config);

/* Folder of the running program, read before it is hardened; "" if unknown. */
extern char program_folder[PATH_MAX];

/* Where templates come from: template files, or pictures by the extractor. */
struct source;

struct source *source_open(const struct limen_config *config);
void source_close(struct source *source);
/* DONE, FAILED or NO_TEMPLATE; a line has said why. */
int source_read(struct source *source, const char *path,
		struct limen_template *tmpl);

/* Opens the backend of this name; FAILED or USAGE after a line. */
int open_backend(const char *name, struct limen_backend **backend);

/* A similarity on the published scale, cut off so that it never seems larger. */
#define SIMILARITY_TEXT_SIZE 16
const char *similarity_text(int32_t similarity, char text[SIMILARITY_TEXT_SIZE]);
/* Likewise as a JSON number. */
struct json_object *similarity_json(int32_t similarity);
/* A model's identifier in hexadecimal. */
#define MODEL_TEXT_SIZE (2 * LIMEN_MODEL_ID_SIZE + 1)
const char *model_text(const uint8_t *model, char text[MODEL_TEXT_SIZE]);
/* Prints an object and frees it. */
void print_json(struct json_object *object);

int command_status(int argc, char **argv);
int command_compare(int argc, char **argv);
int command_template(int argc, char **argv);
int command_gallery(int argc, char **argv);
int command_top(int argc, char **argv);
int command_bench(int argc, char **argv);
int command_firmware(int argc, char **argv);

#endif /* LIMEN_CLI_H */
