// SPDX-License-Identifier: MIT
/* limen gallery: templates kept in a file, and searches of them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

/* A search reads the whole gallery, on whichever backend. */
#define SEARCH_TIMEOUT_MS 60000
#define DEFAULT_TOP 10

static const char help[] =
	"Usage: limen gallery create FILE INPUT...\n"
	"       limen gallery add FILE INPUT...\n"
	"       limen gallery info FILE\n"
	"       limen gallery verify FILE\n"
	"       limen gallery search FILE INPUT\n"
	"Keep templates of one model in a file (mode 0600) and search it. An INPUT\n"
	"is a JPEG picture or a template file; rows are numbered from 0.\n"
	"\n"
	"  -b, --backend NAME  search: cpu (default), opencl, board or one of these,\n"
	"                      as cpu:avx2\n"
	"  -k, --top N         search: most rows to tell, 1 to 1024 (10)\n"
	"  -n, --min S         search: least similarity, 0 to 1 (any)\n"
	"  -c, --config FILE   configuration (" LIMEN_CONFIG_PATH ")\n"
	"  -m, --models DIR    models of the extractor, instead of the configured\n"
	"  -j, --json          info, search: print JSON\n"
	"\n"
	"Every command verifies the whole file first. Exit status: 0 done, 1 it\n"
	"cannot be done (verify: the file is not sound), 2 wrong usage, 3 a picture\n"
	"gives no template.\n";

static int open_gallery(const char *path, struct limen_gallery **gallery)
{
	int error = limen_gallery_open(gallery, path);

	if (error == -EBADMSG)
		return fail("%s: not a valid gallery", path);
	if (error)
		return fail("%s: %s", path, limen_strerror(error));
	return DONE;
}

static int append(struct limen_gallery **gallery, const char *path,
		  const struct limen_template *tmpl)
{
	int64_t row;
	int error = 0;

	if (!*gallery)
		error = limen_gallery_create(gallery, tmpl->model, tmpl->dim);
	if (error)
		return fail("%s: %s", path, limen_strerror(error));
	row = limen_gallery_add(*gallery, tmpl);
	if (row < 0)
		return fail("%s: %s", path, limen_strerror(row));
	return DONE;
}

static int append_all(const struct limen_config *config,
		      struct limen_gallery **gallery, char **inputs)
{
	struct source *source = source_open(config);
	struct limen_template tmpl;
	int result = DONE;

	if (!source)
		return fail("out of memory");
	for (; *inputs && !result; inputs++) {
		result = source_read(source, *inputs, &tmpl);
		if (!result)
			result = append(gallery, *inputs, &tmpl);
		limen_template_wipe(&tmpl);
	}
	source_close(source);
	return result;
}

static int save(const struct limen_gallery *gallery, const char *path)
{
	int error = limen_gallery_save(gallery, path);

	if (error)
		return fail("%s: %s", path, limen_strerror(error));
	printf("%s: %u rows\n", path, limen_gallery_rows(gallery));
	return DONE;
}

/* All inputs or none: the file is written when every one has been read. */
static int extend(const struct limen_config *config,
		  struct limen_gallery **gallery, char **operands)
{
	int result = append_all(config, gallery, operands + 1);

	return result ? result : save(*gallery, operands[0]);
}

static int create(const struct settings *settings, char **operands)
{
	struct limen_gallery *gallery = NULL;
	struct limen_config config;
	int result;

	if (!operands[1])
		return misused("gallery create takes a file and inputs");
	if (!access(operands[0], F_OK))
		return fail("%s exists already", operands[0]);
	result = load_config(settings, &config);
	if (!result)
		result = extend(&config, &gallery, operands);
	limen_gallery_close(gallery);
	return result;
}

static int add(const struct settings *settings, char **operands)
{
	struct limen_gallery *gallery = NULL;
	struct limen_config config;
	int result;

	if (!operands[1])
		return misused("gallery add takes a file and inputs");
	result = load_config(settings, &config);
	if (!result)
		result = open_gallery(operands[0], &gallery);
	if (!result)
		result = extend(&config, &gallery, operands);
	limen_gallery_close(gallery);
	return result;
}

static int info(const struct settings *settings, char **operands)
{
	struct limen_gallery *gallery;
	char text[MODEL_TEXT_SIZE];
	struct json_object *object;
	int result;

	if (operands[1])
		return misused("gallery info takes one file");
	result = open_gallery(operands[0], &gallery);
	if (result)
		return result;
	model_text(limen_gallery_model(gallery), text);
	if (settings->json) {
		object = json_object_new_object();
		json_object_object_add(object, "rows", json_object_new_int64(
					       limen_gallery_rows(gallery)));
		json_object_object_add(object, "dim", json_object_new_int(
					       limen_gallery_dim(gallery)));
		json_object_object_add(object, "model",
				       json_object_new_string(text));
		print_json(object);
	} else {
		printf("rows   %u\ndim    %u\nmodel  %s\n",
		       limen_gallery_rows(gallery), limen_gallery_dim(gallery),
		       text);
	}
	limen_gallery_close(gallery);
	return DONE;
}

static int verify(const struct settings *settings, char **operands)
{
	struct limen_gallery *gallery;
	int result;

	(void)settings;
	if (operands[1])
		return misused("gallery verify takes one file");
	result = open_gallery(operands[0], &gallery);
	if (result)
		return result;
	printf("%s: sound, %u rows\n", operands[0],
	       limen_gallery_rows(gallery));
	limen_gallery_close(gallery);
	return DONE;
}

static void print_rows(const struct limen_row *rows, int count, bool json)
{
	struct json_object *list = json_object_new_array(), *row;
	char text[SIMILARITY_TEXT_SIZE];
	int i;

	for (i = 0; i < count; i++) {
		int32_t similarity = rows[i].score.similarity;

		if (!json)
			printf("%u  %s (%d)  %d\n", rows[i].row,
			       similarity_text(similarity, text), similarity,
			       rows[i].score.raw);
		row = json_object_new_object();
		json_object_object_add(row, "row",
				       json_object_new_int64(rows[i].row));
		json_object_object_add(row, "similarity",
				       similarity_json(similarity));
		json_object_object_add(row, "similarity_fixed",
				       json_object_new_int(similarity));
		json_object_object_add(row, "raw",
				       json_object_new_int(rows[i].score.raw));
		json_object_array_add(list, row);
	}
	if (json)
		print_json(list);
	else
		json_object_put(list);
}

static int search_with(const struct settings *settings,
		       const struct limen_gallery *gallery,
		       const struct limen_template *probe, uint32_t top,
		       int32_t min)
{
	struct limen_row *rows = calloc(top, sizeof(*rows));
	struct limen_backend *backend;
	int result, count;

	if (!rows)
		return fail("out of memory");
	result = open_backend(settings->backend, &backend);
	if (!result) {
		count = limen_search(backend, probe, gallery, top, min, rows,
				     SEARCH_TIMEOUT_MS);
		limen_backend_close(backend);
		if (count < 0)
			result = fail("search: %s", limen_strerror(count));
		else
			print_rows(rows, count, settings->json);
	}
	free(rows);
	return result;
}

static int search(const struct settings *settings, char **operands)
{
	struct limen_template probe = {};
	struct limen_gallery *gallery;
	uint32_t top = DEFAULT_TOP, millionths = 0;
	struct limen_config config;
	struct source *source;
	int32_t min;
	int result;

	if (!operands[1] || operands[2])
		return misused("gallery search takes a file and one input");
	if (settings->top && limen_config_number(settings->top, 1,
						 LIMEN_TOP_K_MAX, &top))
		return misused("--top must be 1 to %u", LIMEN_TOP_K_MAX);
	if (settings->min && limen_config_decimal(settings->min, 1,
						  &millionths))
		return misused("--min must be from 0 to 1");
	min = settings->min ? limen_config_similarity(millionths) :
			      -LIMEN_SIMILARITY_ONE;

	result = load_config(settings, &config);
	if (!result)
		result = open_gallery(operands[0], &gallery);
	if (result)
		return result;
	source = source_open(&config);
	result = source ? source_read(source, operands[1], &probe) :
			  fail("out of memory");
	source_close(source);
	if (!result)
		result = search_with(settings, gallery, &probe, top, min);
	limen_template_wipe(&probe);
	limen_gallery_close(gallery);
	return result;
}

static const struct {
	const char *name;
	int (*run)(const struct settings *settings, char **operands);
} actions[] = {
	{ "create", create },
	{ "add", add },
	{ "info", info },
	{ "verify", verify },
	{ "search", search },
};

int command_gallery(int argc, char **argv)
{
	struct settings settings;
	unsigned int i;
	bool leave;
	int result;

	result = read_settings(argc, argv, "bcjkmn", help, &settings, &leave);
	if (leave)
		return result;
	if (argc - optind < 2)
		return misused("gallery takes an action and a file");
	for (i = 0; i < sizeof(actions) / sizeof(*actions); i++)
		if (!strcmp(argv[optind], actions[i].name))
			return actions[i].run(&settings, argv + optind + 1);
	return misused("gallery: no action %s", argv[optind]);
}
