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
/* Somebody else's change is over in seconds. */
#define EDIT_TIMEOUT_MS 60000

static const char help[] =
	"Usage: limen gallery create FILE [INPUT]... [--from LIST]\n"
	"       limen gallery add FILE [INPUT]... [--from LIST]\n"
	"       limen gallery list FILE\n"
	"       limen gallery info FILE\n"
	"       limen gallery verify FILE\n"
	"       limen gallery remove FILE ROW...\n"
	"       limen gallery search FILE INPUT\n"
	"Keep templates of one model in a file (mode 0600) and search it. An INPUT\n"
	"is a JPEG picture or a template file; rows are numbered from 0. A removed\n"
	"row's number is never given again.\n"
	"\n"
	"  -f, --from LIST     create, add: the inputs, too, that this file names, one a\n"
	"                      line; - is standard input\n"
	"  -g, --keep-going    create, add: leave out inputs that give no template, tell\n"
	"                      which, and take the others; otherwise it is all or none\n"
	"  -L, --label TEXT    create, add: what the row of the one input is called;\n"
	"                      list and search tell it\n"
	"  -b, --backend NAME  search: cpu (default), opencl, board or one of these,\n"
	"                      as cpu:avx2\n"
	"  -t, --threads N     search: threads of the CPU, 1 to 256 (1)\n"
	"  -k, --top N         search: most rows to tell, 1 to 1024 (10)\n"
	"  -a, --all           search: tell every row of at least --min\n"
	"  -n, --min S         search: least similarity, 0 to 1 (0)\n"
	"  -c, --config FILE   configuration (" LIMEN_CONFIG_PATH ")\n"
	"  -m, --models DIR    models of the extractor, instead of the configured\n"
	"  -j, --json          print JSON\n"
	"\n"
	"create and add tell the row of each input once the file has been written.\n"
	"Whoever changes a gallery waits for others who do.\n"
	"Every command verifies the whole file first. Exit status: 0 done, 1 it\n"
	"cannot be done (verify: the file is not sound), 2 wrong usage, 3 a picture\n"
	"gives no template.\n";

const char *gallery_strerror(int error)
{
	switch (-error) {
	case EBADMSG:
		return "not a valid gallery";
	case EPERM:
		return "may be written by somebody who is neither you nor root; "
		       "chmod or chown takes that right away";
	default:
		return limen_file_strerror(error);
	}
}

int open_gallery(const char *path, bool edit, struct limen_gallery **gallery)
{
	int error = edit ? limen_gallery_edit(gallery, path, EDIT_TIMEOUT_MS) :
			   limen_gallery_open(gallery, path);

	return error ? fail("%s: %s", path, gallery_strerror(error)) : DONE;
}

uint32_t gallery_present(const struct limen_gallery *gallery)
{
	return limen_gallery_rows(gallery) - limen_gallery_removed(gallery);
}

/* Of a gallery that has been read, or written: "sound" or nothing. */
static void print_count(const struct settings *settings, const char *path,
			const char *how, const struct limen_gallery *gallery)
{
	uint32_t rows = gallery_present(gallery);
	struct json_object *object;

	if (!settings->json) {
		printf("%s: %s%s%u rows\n", path, how, *how ? ", " : "", rows);
		return;
	}
	object = json_object_new_object();
	json_add_text(object, "file", path);
	if (*how)
		json_add_truth(object, how, true);
	json_add_whole(object, "rows", rows);
	print_json(object);
}

/* All rows or none. */
static int remove_all(struct limen_gallery *gallery, char **rows)
{
	uint32_t row;
	int error;

	for (; *rows; rows++) {
		if (limen_config_number(*rows, 0, UINT32_MAX, &row))
			return misused("%s is no row number", *rows);
		error = limen_gallery_remove(gallery, row);
		if (error == -ENOENT)
			return fail("no row %u", row);
		if (error)
			return fail("row %u: %s", row, limen_strerror(error));
	}
	return DONE;
}

static int remove_rows(const struct settings *settings, char **operands)
{
	struct limen_gallery *gallery;
	int result, error;

	if (!operands[1])
		return misused("gallery remove takes a file and rows");
	result = open_gallery(operands[0], true, &gallery);
	if (result)
		return result;
	result = remove_all(gallery, operands + 1);
	if (!result) {
		error = limen_gallery_save(gallery, operands[0]);
		if (error)
			result = fail("%s: %s", operands[0],
				      gallery_strerror(error));
		else
			print_count(settings, operands[0], "", gallery);
	}
	limen_gallery_close(gallery);
	return result;
}

static int show_gallery(const struct settings *settings, char **operands)
{
	struct limen_gallery *gallery;
	char text[MODEL_TEXT_SIZE];
	struct json_object *object;
	int result;

	if (operands[1])
		return misused("gallery info takes one file");
	result = open_gallery(operands[0], false, &gallery);
	if (result)
		return result;
	model_text(limen_gallery_model(gallery), text);
	if (settings->json) {
		object = json_object_new_object();
		json_add_whole(object, "rows", gallery_present(gallery));
		json_add_whole(object, "removed",
			       limen_gallery_removed(gallery));
		json_add_whole(object, "dim", limen_gallery_dim(gallery));
		json_add_text(object, "model", text);
		print_json(object);
	} else {
		printf("rows     %u\nremoved  %u\ndim      %u\nmodel    %s\n",
		       gallery_present(gallery), limen_gallery_removed(gallery),
		       limen_gallery_dim(gallery), text);
	}
	limen_gallery_close(gallery);
	return DONE;
}

/* "" if it has none, or has been removed meanwhile. */
static void label_of(const struct limen_gallery *gallery, uint32_t row,
		     char label[LIMEN_LABEL_SIZE])
{
	if (limen_gallery_label(gallery, row, label))
		*label = '\0';
}

static int list_gallery(const struct settings *settings, char **operands)
{
	struct json_object *list, *entry;
	char label[LIMEN_LABEL_SIZE];
	struct limen_gallery *gallery;
	uint32_t row;
	int result;

	if (operands[1])
		return misused("gallery list takes one file");
	result = open_gallery(operands[0], false, &gallery);
	if (result)
		return result;
	list = json_object_new_array();
	for (row = 0; !limen_gallery_next_row(gallery, &row); row++) {
		label_of(gallery, row, label);
		if (!settings->json) {
			printf("%u%s%s\n", row, *label ? "  " : "", label);
			continue;
		}
		entry = json_object_new_object();
		json_add_whole(entry, "row", row);
		if (*label)
			json_add_text(entry, "label", label);
		json_object_array_add(list, entry);
	}
	limen_wipe(label, sizeof(label));
	limen_gallery_close(gallery);
	if (settings->json)
		print_json(list);
	else
		json_object_put(list);
	return DONE;
}

static int verify_gallery(const struct settings *settings, char **operands)
{
	struct limen_gallery *gallery;
	int result;

	if (operands[1])
		return misused("gallery verify takes one file");
	result = open_gallery(operands[0], false, &gallery);
	if (result)
		return result;
	print_count(settings, operands[0], "sound", gallery);
	limen_gallery_close(gallery);
	return DONE;
}

static void print_rows(const struct limen_gallery *gallery, const struct limen_row *rows,
		       int64_t count, bool json)
{
	struct json_object *list = json_object_new_array(), *row;
	char text[SIMILARITY_TEXT_SIZE], label[LIMEN_LABEL_SIZE] = "";
	int64_t i;

	for (i = 0; i < count; i++) {
		int32_t similarity = rows[i].score.similarity;

		label_of(gallery, rows[i].row, label);
		if (!json)
			printf("%u  %s (%d)  %d%s%s\n", rows[i].row,
			       similarity_text(similarity, text), similarity,
			       rows[i].score.raw, *label ? "  " : "", label);
		row = json_object_new_object();
		json_add_whole(row, "row", rows[i].row);
		json_add_similarity(row, "similarity", similarity);
		json_add_whole(row, "raw", rows[i].score.raw);
		if (*label)
			json_add_text(row, "label", label);
		json_object_array_add(list, row);
	}
	limen_wipe(label, sizeof(label));
	if (json)
		print_json(list);
	else
		json_object_put(list);
}

/**
 * struct question - what a search is to tell
 * @all: every row from @min on, not the best ones
 * @top: most rows of these
 * @min: least similarity
 * @threads: of the backend, 0 for what it has
 */
struct question {
	bool all;
	uint32_t top;
	int32_t min;
	uint32_t threads;
};

static int read_question(const struct settings *settings,
			 struct question *question)
{
	uint32_t millionths = 0;

	*question = (struct question){
		.all = settings->all,
		.top = DEFAULT_TOP,
	};
	if (settings->top && limen_config_number(settings->top, 1,
						 LIMEN_TOP_K_MAX,
						 &question->top))
		return misused("--top must be 1 to %u", LIMEN_TOP_K_MAX);
	if (settings->min && limen_config_decimal(settings->min, 1,
						  &millionths))
		return misused("--min must be from 0 to 1");
	if (settings->all && (!settings->min || settings->top))
		return misused("--all takes --min, and no --top");
	if (settings->threads && limen_config_number(settings->threads, 1,
						     LIMEN_THREADS_MAX,
						     &question->threads))
		return misused("--threads must be 1 to %u", LIMEN_THREADS_MAX);
	if (settings->min)
		question->min = limen_config_similarity(millionths);
	return DONE;
}

static int64_t ask(struct limen_backend *backend,
		   const struct limen_gallery *gallery,
		   const struct limen_template *probe,
		   const struct question *question, struct limen_row **rows)
{
	if (question->all)
		return limen_search_all(backend, probe, gallery, question->min,
					rows, SEARCH_TIMEOUT_MS);
	*rows = calloc(question->top, sizeof(**rows));
	if (!*rows)
		return -ENOMEM;
	return limen_search(backend, probe, gallery, question->top,
			    question->min, *rows, SEARCH_TIMEOUT_MS);
}

static int search_with(const struct settings *settings,
		       const struct limen_gallery *gallery,
		       const struct limen_template *probe,
		       const struct question *question)
{
	struct limen_backend *backend;
	struct limen_row *rows = NULL;
	int64_t count = 0;
	int result;

	result = open_backend(settings->backend, &backend);
	if (result)
		return result;
	if (question->threads)
		count = limen_backend_threads(backend, question->threads);
	if (count == -EOPNOTSUPP)
		result = misused("--threads is for the CPU");
	else if (!count)
		count = ask(backend, gallery, probe, question, &rows);
	if (count < 0 && !result)
		result = fail("search: %s", limen_strerror(count));
	if (!result)
		print_rows(gallery, rows, rows ? count : 0, settings->json);
	limen_rows_free(rows, count > 0 ? count : 0);
	limen_backend_close(backend);
	return result;
}

static int search_gallery(const struct settings *settings, char **operands)
{
	struct limen_template probe = {};
	struct limen_gallery *gallery;
	struct limen_config config;
	struct question question;
	struct source *source;
	int result;

	if (!operands[1] || operands[2])
		return misused("gallery search takes a file and one input");
	result = read_question(settings, &question);
	if (!result)
		result = load_config(settings, &config);
	if (!result)
		result = open_gallery(operands[0], false, &gallery);
	if (result)
		return result;
	source = source_open(&config);
	result = source ? source_read(source, operands[1], &probe) :
			  fail("out of memory");
	source_close(source);
	if (!result)
		result = search_with(settings, gallery, &probe, &question);
	limen_template_wipe(&probe);
	limen_gallery_close(gallery);
	return result;
}

static const struct {
	const char *name;
	int (*run)(const struct settings *settings, char **operands);
} actions[] = {
	{ "create", gallery_create },
	{ "add", gallery_add },
	{ "list", list_gallery },
	{ "info", show_gallery },
	{ "verify", verify_gallery },
	{ "remove", remove_rows },
	{ "search", search_gallery },
};

int command_gallery(int argc, char **argv)
{
	struct settings settings;
	unsigned int i;
	bool leave;
	int result;

	result = read_settings(argc, argv, "abcfgjkLmnt", help, &settings, &leave);
	if (leave)
		return result;
	if (argc - optind < 2)
		return misused("gallery takes an action and a file");
	for (i = 0; i < sizeof(actions) / sizeof(*actions); i++)
		if (!strcmp(argv[optind], actions[i].name))
			return actions[i].run(&settings, argv + optind + 1);
	return misused("gallery: no action %s", argv[optind]);
}
