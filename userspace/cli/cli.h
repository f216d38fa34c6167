/* SPDX-License-Identifier: MIT */
/* What the commands of limen share, with limen-bench too. */
#ifndef LIMEN_CLI_H
#define LIMEN_CLI_H

#include <getopt.h>
#include <limits.h>
#include <stdbool.h>

#include <config.h>
#include <limen.h>

#include "json.h"

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

/* Flushes and closes stdout: the result, or FAILED after a line if some was lost. */
int finish_output(int result);

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
 * @from: --from
 * @label: --label
 * @all: --all
 * @json: --json
 * @keep_going: --keep-going
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
	const char *from;
	const char *label;
	bool all;
	bool json;
	bool keep_going;
	bool list;
};

/*
 * Reads a command's options, letters of OPTION_LETTERS it takes, and leaves
 * optind at its operands. DONE, or what to exit with if exit is set.
 */
int read_settings(int argc, char **argv, const char *takes, const char *help,
		  struct settings *settings, bool *leave);
int load_config(const struct settings *settings, struct limen_config *config);

/* To be called before a process is hardened: after that it may not know where it lies. */
void find_program_folder(void);
/* Of the running program; "" if unknown. */
extern char program_folder[PATH_MAX];
/*
 * The first of these programs that may be executed, named from the folder of the running
 * one; NULL ends them. False if there is none.
 */
bool find_program(const char *const *places, char path[PATH_MAX]);

/* Where templates come from: template files, or pictures by the extractor. */
struct source;

struct source *source_open(const struct limen_config *config);
void source_close(struct source *source);
/* DONE, FAILED or NO_TEMPLATE; a line has said why. */
int source_read(struct source *source, const char *path,
		struct limen_template *tmpl);

/*
 * limen gallery create and add. Like create they take the rest of the command line:
 * the gallery's file and the inputs.
 */
int gallery_create(const struct settings *settings, char **operands);
int gallery_add(const struct settings *settings, char **operands);
/* Opens a gallery, to change it if edit; FAILED after a line. */
int open_gallery(const char *path, bool edit, struct limen_gallery **gallery);
/* Rows that have not been removed. */
uint32_t gallery_present(const struct limen_gallery *gallery);
/* What an error of a gallery's file means. */
const char *gallery_strerror(int error);

/* Whether limend has something to compute with, and what it had was never wrong. */
bool service_works(const struct limen_service_status *status);

/* Opens the backend of this name; FAILED or USAGE after a line. */
int open_backend(const char *name, struct limen_backend **backend);

int command_status(int argc, char **argv);
int command_doctor(int argc, char **argv);
int command_compare(int argc, char **argv);
int command_template(int argc, char **argv);
int command_gallery(int argc, char **argv);
int command_top(int argc, char **argv);
int command_bench(int argc, char **argv);
int command_firmware(int argc, char **argv);

#endif /* LIMEN_CLI_H */
