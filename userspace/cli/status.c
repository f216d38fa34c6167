// SPDX-License-Identifier: MIT
/* limen status: what there is to compare with. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <face.h>

#include "cli.h"

/* The model whose hash templates carry. */
#define EMBEDDING_MODEL "fr_feature.onnx"

static const char help[] =
	"Usage: limen status [OPTION]...\n"
	"Tell which boards there are, whether limend serves, and which model\n"
	"makes the templates.\n"
	"\n"
	"  -c, --config FILE   configuration (" LIMEN_CONFIG_PATH ")\n"
	"  -m, --models DIR    models of the extractor, instead of the configured\n"
	"  -j, --json          print JSON\n"
	"\n"
	"Exit status: 0 limend and the model are usable, 1 one of them is not, or it\n"
	"cannot be told, 2 wrong usage. 'limen doctor' tells what mends it.\n";

static int add_board(const char *node, void *context)
{
	struct json_object *object = json_object_new_object();
	struct limen_backend *backend;
	int error;

	error = limen_backend_open(&backend, LIMEN_BACKEND_BOARD, node);
	json_add_text(object, "node", node);
	json_add_truth(object, "usable", !error);
	json_add_text(object, "description", error ? limen_strerror(error) :
		      limen_backend_description(backend));
	if (!error) {
		json_add_text(object, "address", limen_backend_address(backend));
		if (*limen_backend_firmware(backend))
			json_add_text(object, "firmware",
				      limen_backend_firmware(backend));
		limen_backend_close(backend);
	}
	json_object_array_add(context, object);
	return 0;
}

bool service_works(const struct limen_service_status *status)
{
	/* limend's own words where there is nothing. */
	return !status->mismatches && strncmp(status->description, "no board", 8) != 0;
}

static const char *state_name(enum limen_board_state state)
{
	switch (state) {
	case LIMEN_BOARD_SERVES:
		return "serves";
	case LIMEN_BOARD_RESTS:
		return "failed, used last";
	case LIMEN_BOARD_ABSENT:
		return "gone";
	case LIMEN_BOARD_CONDEMNED:
		return "computed a wrong score, out of service";
	}
	return "unknown";
}

static struct json_object *service_boards(const struct limen_service_status *status)
{
	struct json_object *boards = json_object_new_array();
	uint32_t i;

	for (i = 0; i < status->board_count; i++) {
		const struct limen_service_board *board = &status->boards[i];
		struct json_object *object = json_object_new_object();

		json_add_text(object, "address", board->address);
		json_add_text(object, "state", state_name(board->state));
		json_add_truth(object, "usable", board->state == LIMEN_BOARD_SERVES ||
			       board->state == LIMEN_BOARD_RESTS);
		json_add_whole(object, "comparisons", board->comparisons);
		json_add_whole(object, "failures", board->failures);
		json_object_array_add(boards, object);
	}
	return boards;
}

static struct json_object *service(const struct limen_config *config)
{
	struct json_object *object = json_object_new_object();
	struct limen_service_status status = { .size = sizeof(status) };
	struct limen_client *client = NULL;
	int error;

	error = limen_client_connect(&client, config->socket);
	if (!error)
		error = limen_client_status(client, config->timeout_ms,
					    &status);
	limen_client_close(client);
	json_add_text(object, "socket", config->socket);
	json_add_truth(object, "usable", !error && service_works(&status));
	if (error) {
		json_add_text(object, "description", limen_client_strerror(error));
		return object;
	}
	json_add_text(object, "description", status.description);
	json_add_text(object, "backend", limen_backend_name(status.backend));
	json_add_whole(object, "clients", status.clients);
	json_add_whole(object, "comparisons", status.comparisons);
	json_add_whole(object, "failures", status.failures);
	json_add_whole(object, "batches", status.batches);
	json_add_whole(object, "rechecks", status.rechecks);
	json_add_whole(object, "mismatches", status.mismatches);
	json_object_object_add(object, "boards", service_boards(&status));
	return object;
}

static struct json_object *model(const struct limen_config *config)
{
	struct json_object *object = json_object_new_object();
	char path[PATH_MAX + sizeof(EMBEDDING_MODEL) + 1];
	uint8_t identifier[LIMEN_MODEL_ID_SIZE];
	char text[MODEL_TEXT_SIZE];
	int error;

	snprintf(path, sizeof(path), "%s/" EMBEDDING_MODEL, config->models);
	error = face_model_identify(path, identifier);
	json_add_text(object, "file", path);
	json_add_truth(object, "usable", !error);
	json_add_text(object, "description", error ? face_strerror(error) :
		      model_text(identifier, text));
	return object;
}

static const char *member(struct json_object *object, const char *name)
{
	return json_object_get_string(json_object_object_get(object, name));
}

static bool is_usable(struct json_object *object)
{
	return json_object_get_boolean(json_object_object_get(object, "usable"));
}

static void print_service_boards(struct json_object *boards)
{
	size_t count = json_object_array_length(boards), i;

	for (i = 0; i < count; i++) {
		struct json_object *board = json_object_array_get_idx(boards, i);

		printf("         board %s %s; %s comparisons, %s failures\n",
		       member(board, "address"), member(board, "state"),
		       member(board, "comparisons"), member(board, "failures"));
	}
}

static void print_service(struct json_object *service)
{
	printf("service  %s: %s\n", member(service, "socket"),
	       member(service, "description"));
	if (!member(service, "backend"))
		return;
	printf("         %s backend, %s clients, %s comparisons in %s batches, "
	       "%s failures\n", member(service, "backend"),
	       member(service, "clients"), member(service, "comparisons"),
	       member(service, "batches"), member(service, "failures"));
	printf("         %s scores of boards re-checked, %s of them wrong\n",
	       member(service, "rechecks"), member(service, "mismatches"));
	print_service_boards(json_object_object_get(service, "boards"));
	if (strcmp(member(service, "mismatches"), "0"))
		puts("         a board computed a wrong score: out of service until "
		     "limend restarts");
}

static void print_text(struct json_object *all)
{
	struct json_object *boards = json_object_object_get(all, "boards");
	struct json_object *model = json_object_object_get(all, "model");
	size_t count = json_object_array_length(boards);
	size_t i;

	if (!count)
		puts("board    none");
	for (i = 0; i < count; i++) {
		struct json_object *board = json_object_array_get_idx(boards, i);
		bool usable = is_usable(board);

		printf("board    %s%s%s\n", usable ? "" : member(board, "node"),
		       usable ? "" : ": ", member(board, "description"));
		if (member(board, "firmware"))
			printf("         firmware %s\n", member(board, "firmware"));
	}
	print_service(json_object_object_get(all, "service"));
	printf("model    %s: %s\n", member(model, "file"),
	       member(model, "description"));
}

int command_status(int argc, char **argv)
{
	struct json_object *all, *boards, *served, *made;
	struct limen_config config;
	struct settings settings;
	bool leave;
	int result;

	result = read_settings(argc, argv, "cmj", help, &settings, &leave);
	if (leave)
		return result;
	if (optind < argc)
		return misused("status takes no operand");
	result = load_config(&settings, &config);
	if (result)
		return result;

	all = json_object_new_object();
	boards = json_object_new_array();
	result = limen_boards_enumerate(add_board, boards);
	json_object_object_add(all, "boards", boards);
	if (result < 0) {
		json_object_put(all);
		return fail("boards: %s", limen_strerror(result));
	}
	served = service(&config);
	made = model(&config);
	result = is_usable(served) && is_usable(made) ? DONE : FAILED;
	json_object_object_add(all, "service", served);
	json_object_object_add(all, "model", made);
	if (settings.json) {
		print_json(all);
	} else {
		print_text(all);
		json_object_put(all);
	}
	return result;
}
