// SPDX-License-Identifier: MIT
/* limen template: from a picture to a template file. */
#include <stdio.h>
#include <sys/stat.h>

#include "cli.h"

static const char help[] =
	"Usage: limen template [OPTION]... PICTURE --output FILE\n"
	"Make a template of the one face in a JPEG picture.\n"
	"\n"
	"  -o, --output FILE   where to write it (mode 0600), or /dev/stdout\n"
	"  -c, --config FILE   configuration (" LIMEN_CONFIG_PATH ")\n"
	"  -m, --models DIR    models of the extractor, instead of the configured\n"
	"  -j, --json          print JSON\n"
	"\n"
	"Exit status: 0 written, 1 it cannot be done, 2 wrong usage, 3 the picture\n"
	"gives no template.\n";

/* Nothing is told where the template itself went to standard output. */
static void report_template(const struct limen_template *tmpl, const char *path,
			    bool json)
{
	char text[MODEL_TEXT_SIZE];
	struct json_object *object;
	struct stat status;

	if (lstat(path, &status) || !S_ISREG(status.st_mode))
		return;
	if (!json) {
		printf("%s: %u components, quality %u.%03u, model %.12s\n",
		       path, tmpl->dim, tmpl->quality / 1000,
		       tmpl->quality % 1000, model_text(tmpl->model, text));
		return;
	}
	object = json_object_new_object();
	json_add_text(object, "file", path);
	json_add_whole(object, "dim", tmpl->dim);
	json_add_number(object, "quality", tmpl->quality / 1000.0);
	json_add_text(object, "model", model_text(tmpl->model, text));
	print_json(object);
}

static int make_template(const struct limen_config *config, const char *picture,
			 const struct settings *settings)
{
	struct source *source = source_open(config);
	struct limen_template tmpl;
	int result, error;

	if (!source)
		return fail("out of memory");
	result = source_read(source, picture, &tmpl);
	source_close(source);
	if (result)
		return result;
	error = limen_template_save(&tmpl, settings->output);
	if (error)
		result = fail("%s: %s", settings->output,
			      limen_file_strerror(error));
	else
		report_template(&tmpl, settings->output, settings->json);
	limen_template_wipe(&tmpl);
	return result;
}

int command_template(int argc, char **argv)
{
	struct settings settings;
	struct limen_config config;
	bool leave;
	int result;

	result = read_settings(argc, argv, "cjmo", help, &settings, &leave);
	if (leave)
		return result;
	if (argc - optind != 1 || !settings.output)
		return misused("template takes a picture and --output");
	result = load_config(&settings, &config);
	return result ?: make_template(&config, argv[optind], &settings);
}
