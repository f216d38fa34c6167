// SPDX-License-Identifier: MIT
/* What the commands of limen share, with limen-bench too. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

char program_folder[PATH_MAX];

void find_program_folder(void)
{
	ssize_t length = readlink("/proc/self/exe", program_folder,
				  sizeof(program_folder) - 1);
	char *slash;

	program_folder[length > 0 ? length : 0] = '\0';
	slash = strrchr(program_folder, '/');
	if (slash)
		*slash = '\0';
}

bool find_program(const char *const *places, char path[PATH_MAX])
{
	for (; *places; places++)
		if (snprintf(path, PATH_MAX, "%s/%s", program_folder,
			     *places) < PATH_MAX && !access(path, X_OK))
			return true;
	return false;
}

static void complain(const char *format, va_list args, const char *after)
{
	fputs("limen: ", stderr);
	vfprintf(stderr, format, args);
	fprintf(stderr, "%s\n", after);
}

int fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	complain(format, args, "");
	va_end(args);
	return FAILED;
}

int misused(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	complain(format, args, "; see 'limen --help'");
	va_end(args);
	return USAGE;
}

int finish_output(int result)
{
	bool lost = ferror(stdout);

	errno = 0;
	if (!fclose(stdout) && !lost)
		return result;
	fail("standard output: %s", errno == EBADF ? "it is closed" :
	     errno ? strerror(errno) : "not all of it could be written");
	return result ? result : FAILED;
}

static const struct option all_options[] = {
	{ "all", no_argument, NULL, 'a' },
	{ "api", required_argument, NULL, 'A' },
	{ "backend", required_argument, NULL, 'b' },
	{ "board-type", required_argument, NULL, 'B' },
	{ "certificate", required_argument, NULL, 'C' },
	{ "config", required_argument, NULL, 'c' },
	{ "count", required_argument, NULL, 'N' },
	{ "from", required_argument, NULL, 'f' },
	{ "help", no_argument, NULL, 'h' },
	{ "interval", required_argument, NULL, 'i' },
	{ "json", no_argument, NULL, 'j' },
	{ "keep-going", no_argument, NULL, 'g' },
	{ "key", required_argument, NULL, 'K' },
	{ "label", required_argument, NULL, 'L' },
	{ "limend", required_argument, NULL, 'd' },
	{ "list", no_argument, NULL, 'l' },
	{ "min", required_argument, NULL, 'n' },
	{ "models", required_argument, NULL, 'm' },
	{ "output", required_argument, NULL, 'o' },
	{ "plot", required_argument, NULL, 'p' },
	{ "rows", required_argument, NULL, 'r' },
	{ "security-version", required_argument, NULL, 'S' },
	{ "threads", required_argument, NULL, 't' },
	{ "top", required_argument, NULL, 'k' },
	{ "version", required_argument, NULL, 'V' },
	{}
};

static bool store_of_firmware(struct settings *settings, int letter)
{
	switch (letter) {
	case 'A':
		settings->api = optarg;
		break;
	case 'B':
		settings->board_type = optarg;
		break;
	case 'C':
		settings->certificate = optarg;
		break;
	case 'K':
		settings->key = optarg;
		break;
	case 'S':
		settings->security_version = optarg;
		break;
	case 'V':
		settings->version = optarg;
		break;
	default:
		return false;
	}
	return true;
}

/* Of inputs that become rows. */
static bool store_of_gallery(struct settings *settings, int letter)
{
	switch (letter) {
	case 'f':
		settings->from = optarg;
		break;
	case 'g':
		settings->keep_going = true;
		break;
	case 'L':
		settings->label = optarg;
		break;
	default:
		return false;
	}
	return true;
}

static bool store_option(struct settings *settings, int letter)
{
	switch (letter) {
	case 'a':
		settings->all = true;
		break;
	case 'b':
		settings->backend = optarg;
		break;
	case 'c':
		settings->config = optarg;
		break;
	case 'd':
		settings->limend = optarg;
		break;
	case 'i':
		settings->interval = optarg;
		break;
	case 'j':
		settings->json = true;
		break;
	case 'k':
		settings->top = optarg;
		break;
	case 'l':
		settings->list = true;
		break;
	case 'm':
		settings->models = optarg;
		break;
	case 'N':
		settings->count = optarg;
		break;
	case 'n':
		settings->min = optarg;
		break;
	case 'o':
		settings->output = optarg;
		break;
	case 'p':
		settings->plot = optarg;
		break;
	case 'r':
		settings->rows = optarg;
		break;
	case 't':
		settings->threads = optarg;
		break;
	default:
		return store_of_gallery(settings, letter) ||
		       store_of_firmware(settings, letter);
	}
	return true;
}

/* NULL if no option has this letter. */
static const char *long_name(int letter)
{
	const struct option *option = all_options;

	while (option->name && option->val != letter)
		option++;
	return option->name;
}

/* What getopt_long() did not understand, and where that is. */
static int complain_of_option(char **argv, int letter)
{
	const char *name = optopt ? long_name(optopt) : NULL;

	if (letter == ':')
		return misused("%s: -%c, --%s lacks its value", argv[0], optopt,
			       name);
	if (name)
		return misused("%s: --%s takes no value", argv[0], name);
	/* A letter may stand among others, and then is not the last argument. */
	if (optopt)
		return misused("%s: no option -%c", argv[0], optopt);
	return misused("%s: no option %s", argv[0], argv[optind - 1]);
}

int read_settings(int argc, char **argv, const char *takes, const char *help,
		  struct settings *settings, bool *leave)
{
	int letter;

	*settings = (struct settings){};
	*leave = true;
	opterr = 0;
	while ((letter = getopt_long(argc, argv, ":aA:b:B:c:C:d:f:ghi:jk:K:"
				     "lL:m:N:n:o:p:r:S:t:V:", all_options, NULL)) >= 0) {
		if (letter == 'h') {
			fputs(help, stdout);
			return DONE;
		}
		if (letter == ':' || letter == '?')
			return complain_of_option(argv, letter);
		if (!strchr(takes, letter) || !store_option(settings, letter))
			return misused("%s: no option --%s", argv[0],
				       long_name(letter));
	}
	*leave = false;
	return DONE;
}

int load_config(const struct settings *settings, struct limen_config *config)
{
	char error[PATH_MAX + 256];

	if (limen_config_load(config, settings->config, error, sizeof(error)))
		return fail("%s", error);
	if (settings->models) {
		if (strlen(settings->models) >= sizeof(config->models))
			return fail("--models: path too long");
		strcpy(config->models, settings->models);
	}
	return DONE;
}

/* What limen_backends_list() is searched for, and what it says. */
struct wanted {
	enum limen_backend_kind kind;
	const char *node;
	char reason[sizeof(((struct limen_backend_info *)0)->reason)];
};

static int note_reason(const struct limen_backend_info *info, void *context)
{
	struct wanted *wanted = context;

	if (info->kind != wanted->kind ||
	    (wanted->node && strcmp(info->node, wanted->node)))
		return 0;
	strcpy(wanted->reason, info->reason);
	return 1;
}

/* The part after a colon names one of a kind: "cpu:avx2". */
int open_backend(const char *name, struct limen_backend **backend)
{
	static const enum limen_backend_kind kinds[] = {
		LIMEN_BACKEND_CPU, LIMEN_BACKEND_BOARD, LIMEN_BACKEND_OPENCL,
	};
	const char *text = name ?: "cpu";
	const char *colon = strchrnul(text, ':');
	struct wanted wanted = { .node = *colon ? colon + 1 : NULL };
	unsigned int i;
	int error;

	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		const char *kind = limen_backend_name(kinds[i]);

		if (strlen(kind) == (size_t)(colon - text) &&
		    !strncmp(text, kind, colon - text))
			wanted.kind = kinds[i];
	}
	if (!wanted.kind)
		return misused("no backend %s", text);
	error = limen_backend_open(backend, wanted.kind, wanted.node);
	if (!error)
		return DONE;
	if (error == -EINVAL)
		return misused("no backend %s; 'limen bench --list' lists them",
			       text);
	if (limen_backends_list(note_reason, &wanted) != 1 || !*wanted.reason)
		strcpy(wanted.reason, limen_strerror(error));
	return fail("%s backend: %s", text, wanted.reason);
}
