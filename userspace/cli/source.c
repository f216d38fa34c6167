// SPDX-License-Identifier: MIT
/* Templates from files, whichever kind of file it is. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <face.h>
#include <private.h>

#include "cli.h"

/* Both kinds tell themselves apart by their first bytes. */
static const uint8_t template_start[4] = { 'L', 'M', 'T', 'P' };
static const uint8_t jpeg_start[2] = { 0xff, 0xd8 };

/**
 * struct source - what makes templates
 * @config: where the models are
 * @extractor: NULL until the first picture, as loading it takes time
 */
struct source {
	const struct limen_config *config;
	struct face_extractor *extractor;
};

struct source *source_open(const struct limen_config *config)
{
	struct source *source = calloc(1, sizeof(*source));

	if (source)
		source->config = config;
	return source;
}

void source_close(struct source *source)
{
	if (source && source->extractor)
		face_extractor_close(source->extractor);
	free(source);
}

static int need_extractor(struct source *source)
{
	const char *models = source->config->models;
	char failed[PATH_MAX];
	int error;

	if (source->extractor)
		return DONE;
	error = face_extractor_open(&source->extractor, models,
				    source->config->min_quality, failed,
				    sizeof(failed));
	if (error)
		return fail("model %s: %s; --models or [extractor] models of "
			    "the configuration tells where they are",
			    *failed ? failed : models, face_strerror(error));
	return DONE;
}

static int extract_template(struct source *source, const char *path, const void *data,
			    size_t size, struct limen_template *tmpl)
{
	static const char *const reasons[] = {
		[FACE_NONE] = "no face found",
		[FACE_SEVERAL] = "more than one face",
		[FACE_QUALITY] = "the face is too poor to compare",
	};
	struct face_image image;
	struct face_times times;
	int result;

	result = need_extractor(source);
	if (result)
		return result;
	result = face_image_decode(&image, data, size);
	if (result)
		return fail("%s: %s", path, face_strerror(result));
	result = face_extract(source->extractor, &image, tmpl, &times);
	face_image_free(&image);
	/* The picture is not to blame. */
	if (result < 0)
		return fail("models in %s: %s", source->config->models,
			    face_strerror(result));
	if (result != FACE_OK) {
		fail("%s: %s", path, reasons[result]);
		return NO_TEMPLATE;
	}
	return DONE;
}

static int read_template(const char *path, const void *data, size_t size,
			 struct limen_template *tmpl)
{
	int error = limen_template_parse(tmpl, data, size);

	return error ? fail("%s: %s", path, limen_file_strerror(error)) : DONE;
}

int source_read(struct source *source, const char *path,
		struct limen_template *tmpl)
{
	size_t size;
	void *data;
	int result = file_load(path, FACE_FILE_SIZE_MAX, &data, &size);

	if (result)
		return fail("%s: %s", path, limen_file_strerror(result));
	if (size >= sizeof(jpeg_start) &&
	    !memcmp(data, jpeg_start, sizeof(jpeg_start)))
		result = extract_template(source, path, data, size, tmpl);
	else if (size >= sizeof(template_start) &&
		 !memcmp(data, template_start, sizeof(template_start)))
		result = read_template(path, data, size, tmpl);
	else
		result = fail("%s: neither a JPEG picture nor a template", path);
	limen_wipe(data, size);
	free(data);
	return result;
}
