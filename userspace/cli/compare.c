// SPDX-License-Identifier: MIT
/* limen compare: the similarity of two pictures or templates. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"

static const char help[] =
	"Usage: limen compare [OPTION]... PROBE REFERENCE\n"
	"Score two JPEG pictures or template files, in any mixture.\n"
	"\n"
	"  -b, --backend NAME  cpu (default), opencl, board or one of these, as\n"
	"                      cpu:avx2; or service for limend\n"
	"  -c, --config FILE   configuration (" LIMEN_CONFIG_PATH ")\n"
	"  -m, --models DIR    models of the extractor, instead of the configured\n"
	"  -j, --json          print JSON\n"
	"\n"
	"The similarity is graded, from -1 to 1, and no decision: the exit status\n"
	"does not depend on it. Exit status: 0 compared, 1 it cannot be done,\n"
	"2 wrong usage, 3 a picture gives no template.\n";

/**
 * struct outcome - a score and where it comes from
 * @score: the score
 * @kind: what computed it
 * @description: of what computed it
 * @board: the board's place on its bus; "" if it was none
 */
struct outcome {
	struct limen_score score;
	enum limen_backend_kind kind;
	char description[64];
	char board[LIMEN_BOARD_ADDRESS_SIZE];
};

static int ask_service(const struct limen_config *config,
		       const struct limen_template *probe,
		       const struct limen_template *reference,
		       struct outcome *outcome)
{
	struct limen_service_status status = { .size = sizeof(status) };
	struct limen_service_result result = { .size = sizeof(result) };
	struct limen_client *client;
	int error;

	error = limen_client_connect(&client, config->socket);
	if (error)
		return fail("%s: %s", config->socket,
			    limen_client_strerror(error));
	error = limen_client_compare(client, probe, reference,
				     config->timeout_ms, &result);
	if (!error)
		error = limen_client_status(client, config->timeout_ms,
					    &status);
	limen_client_close(client);
	if (error)
		return fail("%s: %s", config->socket,
			    limen_client_strerror(error));
	outcome->score = result.score;
	outcome->kind = result.backend;
	memcpy(outcome->description, status.description,
	       sizeof(outcome->description));
	memcpy(outcome->board, result.board, sizeof(outcome->board));
	return DONE;
}

static int ask_backend(const char *name, const struct limen_config *config,
		       const struct limen_template *probe,
		       const struct limen_template *reference,
		       struct outcome *outcome)
{
	struct limen_pair pair = {
		.size = sizeof(pair),
		.probe = probe,
		.reference = reference,
	};
	struct limen_backend *backend;
	int error;

	error = open_backend(name, &backend);
	if (error)
		return error;
	error = limen_compare(backend, &pair, 1, config->timeout_ms);
	outcome->score = pair.score;
	outcome->kind = limen_backend_kind(backend);
	snprintf(outcome->description, sizeof(outcome->description), "%s",
		 limen_backend_description(backend));
	snprintf(outcome->board, sizeof(outcome->board), "%s",
		 limen_backend_address(backend));
	limen_backend_close(backend);
	if (error)
		return fail("%s backend: %s", name ?: "cpu",
			    limen_strerror(error));
	return DONE;
}

static void print_text(const struct outcome *outcome, int32_t threshold)
{
	char text[SIMILARITY_TEXT_SIZE];
	int32_t similarity = outcome->score.similarity;

	printf("similarity  %s (%d of %d)\n", similarity_text(similarity, text),
	       similarity, LIMEN_SIMILARITY_ONE);
	printf("raw score   %d\n", outcome->score.raw);
	if (threshold == LIMEN_CONFIG_NO_THRESHOLD)
		printf("threshold   none configured\n");
	else
		printf("threshold   %s (%d): the similarity is %s it\n",
		       similarity_text(threshold, text), threshold,
		       similarity >= threshold ? "not below" : "below");
	printf("backend     %s (%s)\n", limen_backend_name(outcome->kind),
	       outcome->description);
	if (*outcome->board)
		printf("board       %s\n", outcome->board);
}

static void print_object(const struct outcome *outcome, int32_t threshold)
{
	struct json_object *object = json_object_new_object();
	int32_t similarity = outcome->score.similarity;

	json_add_similarity(object, "similarity", similarity);
	json_add_whole(object, "raw", outcome->score.raw);
	if (threshold != LIMEN_CONFIG_NO_THRESHOLD) {
		json_add_similarity(object, "threshold", threshold);
		json_add_truth(object, "reaches_threshold",
			       similarity >= threshold);
	}
	json_add_text(object, "backend", limen_backend_name(outcome->kind));
	json_add_text(object, "description", outcome->description);
	if (*outcome->board)
		json_add_text(object, "board", outcome->board);
	print_json(object);
}

static int read_both(const struct limen_config *config, char **paths,
		     struct limen_template templates[2])
{
	struct source *source = source_open(config);
	int result;

	if (!source)
		return fail("out of memory");
	result = source_read(source, paths[0], &templates[0]);
	if (!result)
		result = source_read(source, paths[1], &templates[1]);
	source_close(source);
	if (!result && limen_comparable(&templates[0], &templates[1]))
		result = fail("%s and %s: %s", paths[0], paths[1],
			      limen_strerror(limen_comparable(&templates[0],
							      &templates[1])));
	return result;
}

int command_compare(int argc, char **argv)
{
	struct limen_template templates[2] = {};
	struct outcome outcome = {};
	struct settings settings;
	struct limen_config config;
	bool leave;
	int result;

	result = read_settings(argc, argv, "bcmj", help, &settings, &leave);
	if (leave)
		return result;
	if (argc - optind != 2)
		return misused("compare takes two files");
	result = load_config(&settings, &config);
	if (!result)
		result = read_both(&config, argv + optind, templates);
	if (!result && settings.backend && !strcmp(settings.backend, "service"))
		result = ask_service(&config, &templates[0], &templates[1],
				     &outcome);
	else if (!result)
		result = ask_backend(settings.backend, &config, &templates[0],
				     &templates[1], &outcome);
	limen_wipe(templates, sizeof(templates));
	if (result)
		return result;
	if (settings.json)
		print_object(&outcome, config.threshold);
	else
		print_text(&outcome, config.threshold);
	return DONE;
}
