// SPDX-License-Identifier: MIT
/*
 * limen gallery create, add: inputs become rows.
 *
 * Templates are made first, which takes minutes if there are many, and then go into
 * the file, which nobody else may change meanwhile, in one step.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <monotonic.h>
#include <private.h>

#include "cli.h"

#define LIST_SIZE_MAX (64u << 20)
#define PROGRESS_NS 1000000000LL

/**
 * struct intake - inputs on their way into a gallery
 * @list: the text of --from, cut into lines
 * @inputs: paths of all of them
 * @count: number of them
 * @label: of the row of the only input, or NULL
 * @taken: those that gave a template, in order
 * @taken_count: number of these
 * @rows: what they became
 * @staged: their templates; NULL before the first one of a new gallery
 * @told: when it was last told how far it is
 */
struct intake {
	char *list;
	const char **inputs;
	size_t count;
	const char *label;
	const char **taken;
	size_t taken_count;
	int64_t *rows;
	struct limen_gallery *staged;
	int64_t told;
};

static void intake_free(struct intake *intake)
{
	limen_gallery_close(intake->staged);
	free(intake->rows);
	free(intake->taken);
	free(intake->inputs);
	free(intake->list);
}

/* A line is a path as it stands; empty ones are skipped. */
static int read_list(const char *path, struct intake *intake, size_t *lines)
{
	size_t size, i;
	void *text;
	int error;

	error = file_load(strcmp(path, "-") ? path : "/dev/stdin",
			  LIST_SIZE_MAX, &text, &size);
	if (error)
		return fail("%s: %s", path, limen_file_strerror(error));
	intake->list = text;
	if (strlen(intake->list) != size)
		return fail("%s: a NUL byte in it", path);
	*lines = 1;
	for (i = 0; i < size; i++)
		*lines += intake->list[i] == '\n';
	return DONE;
}

static int find_inputs(const struct settings *settings, char **operands,
		       struct intake *intake)
{
	char *rest, *line;
	size_t room = 0, lines = 0;

	*intake = (struct intake){ .label = settings->label, .told = now_ns() };
	if (settings->from && read_list(settings->from, intake, &lines))
		return FAILED;
	while (operands[room])
		room++;
	room += lines;
	intake->inputs = calloc(room + 1, sizeof(*intake->inputs));
	intake->taken = calloc(room + 1, sizeof(*intake->taken));
	intake->rows = calloc(room + 1, sizeof(*intake->rows));
	if (!intake->inputs || !intake->taken || !intake->rows)
		return fail("out of memory");
	while (*operands)
		intake->inputs[intake->count++] = *operands++;
	rest = intake->list;
	while ((line = strsep(&rest, "\n")))
		if (*line)
			intake->inputs[intake->count++] = line;
	if (intake->label && intake->count > 1)
		return misused("--label is for one input");
	return intake->count ? DONE :
			       misused("gallery create and add take a file and inputs");
}

/* For somebody who watches. */
static void tell_progress(struct intake *intake, size_t done)
{
	if (!isatty(STDERR_FILENO) || now_ns() - intake->told < PROGRESS_NS)
		return;
	intake->told = now_ns();
	fprintf(stderr, "limen: %zu of %zu inputs\n", done, intake->count);
}

static int stage(struct intake *intake, const char *input,
		 const struct limen_template *tmpl)
{
	int64_t error = 0;

	if (!intake->staged)
		error = limen_gallery_create(&intake->staged, tmpl->model,
					     tmpl->dim);
	if (!error)
		error = limen_gallery_add_labelled(intake->staged, tmpl, intake->label);
	if (error < 0)
		return fail("%s: %s", error == -EILSEQ ? "--label" : input,
			    limen_strerror(error));
	intake->taken[intake->taken_count++] = input;
	return DONE;
}

/* DONE, or what is wrong with the first input that is not right. */
static int stage_all(const struct settings *settings,
		     const struct limen_config *config, struct intake *intake)
{
	struct source *source = source_open(config);
	struct limen_template tmpl = {};
	int result, first = DONE;
	size_t i;

	if (!source)
		return fail("out of memory");
	for (i = 0; i < intake->count; i++) {
		result = source_read(source, intake->inputs[i], &tmpl);
		if (!result)
			result = stage(intake, intake->inputs[i], &tmpl);
		limen_template_wipe(&tmpl);
		if (!first)
			first = result;
		if (first && !settings->keep_going)
			break;
		tell_progress(intake, i + 1);
	}
	source_close(source);
	return first;
}

static void report_rows(const struct settings *settings, const char *path,
			const struct intake *intake, uint32_t rows)
{
	struct json_object *object, *list, *entry;
	size_t i;

	for (i = 0; !settings->json && i < intake->taken_count; i++)
		printf("row %lld: %s\n", (long long)intake->rows[i],
		       intake->taken[i]);
	if (!settings->json) {
		printf("%s: %u rows\n", path, rows);
		return;
	}
	object = json_object_new_object();
	list = json_object_new_array();
	for (i = 0; i < intake->taken_count; i++) {
		entry = json_object_new_object();
		json_add_whole(entry, "row", intake->rows[i]);
		json_add_text(entry, "input", intake->taken[i]);
		json_object_array_add(list, entry);
	}
	json_add_text(object, "file", path);
	json_add_whole(object, "rows", rows);
	json_object_object_add(object, "added", list);
	print_json(object);
}

/*
 * Makes the templates, and has them put into the file. The inputs that were left out
 * show in the result.
 */
static int take_inputs(const struct settings *settings, char **operands,
		       struct intake *intake,
		       int (*put)(const char *path, struct intake *intake,
			   uint32_t *rows))
{
	struct limen_config config;
	uint32_t rows = 0;
	int result, left_out;

	result = load_config(settings, &config);
	if (result)
		return result;
	left_out = stage_all(settings, &config, intake);
	if (left_out && (!settings->keep_going || !intake->taken_count))
		return left_out;
	result = put(operands[0], intake, &rows);
	if (result)
		return result;
	report_rows(settings, operands[0], intake, rows);
	return left_out;
}

static int put_new(const char *path, struct intake *intake, uint32_t *rows)
{
	int error = limen_gallery_save_new(intake->staged, path);
	size_t i;

	if (error)
		return fail("%s: %s", path, error == -EEXIST ?
			    "exists already" : gallery_strerror(error));
	for (i = 0; i < intake->taken_count; i++)
		intake->rows[i] = i;
	*rows = gallery_present(intake->staged);
	return DONE;
}

int gallery_create(const struct settings *settings, char **operands)
{
	struct intake intake;
	int result;

	/* Not found out only after minutes. */
	if (!access(operands[0], F_OK))
		return fail("%s: exists already", operands[0]);
	result = find_inputs(settings, operands + 1, &intake);
	if (!result)
		result = take_inputs(settings, operands, &intake, put_new);
	intake_free(&intake);
	return result;
}

static int append_staged(struct limen_gallery *gallery, struct intake *intake)
{
	struct limen_template tmpl = {};
	int64_t row = 0;
	size_t i;

	for (i = 0; i < intake->taken_count && row >= 0; i++) {
		row = limen_gallery_row(intake->staged, i, &tmpl);
		if (row >= 0)
			row = limen_gallery_add_labelled(gallery, &tmpl, intake->label);
		if (row < 0)
			fail("%s: %s", intake->taken[i], limen_strerror(row));
		intake->rows[i] = row;
	}
	limen_template_wipe(&tmpl);
	return row < 0 ? FAILED : DONE;
}

static int put_behind(const char *path, struct intake *intake, uint32_t *rows)
{
	struct limen_gallery *gallery;
	int result, error;

	result = open_gallery(path, true, &gallery);
	if (result)
		return result;
	result = append_staged(gallery, intake);
	error = result ? 0 : limen_gallery_save(gallery, path);
	if (error)
		result = fail("%s: %s", path, gallery_strerror(error));
	*rows = gallery_present(gallery);
	limen_gallery_close(gallery);
	return result;
}

/* What does not fit into the gallery is found out as it is read, not at the end. */
static int stage_like(const char *path, struct intake *intake)
{
	struct limen_gallery *gallery;
	int result = open_gallery(path, false, &gallery);
	int error;

	if (result)
		return result;
	error = limen_gallery_create(&intake->staged,
				     limen_gallery_model(gallery),
				     limen_gallery_dim(gallery));
	limen_gallery_close(gallery);
	return error ? fail("%s: %s", path, limen_strerror(error)) : DONE;
}

int gallery_add(const struct settings *settings, char **operands)
{
	struct intake intake;
	int result = find_inputs(settings, operands + 1, &intake);

	if (!result)
		result = stage_like(operands[0], &intake);
	if (!result)
		result = take_inputs(settings, operands, &intake, put_behind);
	intake_free(&intake);
	return result;
}
