// SPDX-License-Identifier: MIT
/* limend: the comparison service. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "server.h"

static const char usage[] =
	"Usage: limend [OPTION]...\n"
	"Compare face templates for the clients of a Unix socket.\n"
	"\n"
	"  -c, --config FILE    configuration (" LIMEN_CONFIG_PATH ")\n"
	"  -s, --socket PATH    listen there instead of where it says\n"
	"  -b, --backend NAME   auto, board or cpu instead of what it says\n"
	"      --help           show this and exit\n"
	"      --version        show the version and exit\n"
	"\n"
	"SIGTERM ends it, SIGHUP has it read users and limits again. Exit status: 0 after a signal, 1 if it cannot serve,\n"
	"2 for wrong usage. See limend(8).\n";

struct arguments {
	const char *config;
	const char *socket;
	const char *backend;
};

static const struct option options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "socket", required_argument, NULL, 's' },
	{ "backend", required_argument, NULL, 'b' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'v' },
	{}
};

static void parse_arguments(int argc, char **argv, struct arguments *arguments)
{
	int option;

	while ((option = getopt_long(argc, argv, "c:s:b:", options, NULL)) >= 0)
		switch (option) {
		case 'c':
			arguments->config = optarg;
			break;
		case 's':
			arguments->socket = optarg;
			break;
		case 'b':
			arguments->backend = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			exit(fclose(stdout) ? 1 : 0);
		case 'v':
			puts("limend " LIMEN_VERSION);
			exit(fclose(stdout) ? 1 : 0);
		default:
			fputs("Try 'limend --help'.\n", stderr);
			exit(2);
		}
	if (optind < argc) {
		log_error("unexpected argument %s; try 'limend --help'",
			  argv[optind]);
		exit(2);
	}
}

static int configure(struct limen_config *config,
		     const struct arguments *arguments)
{
	char error[PATH_MAX + 256];

	if (limen_config_load(config, arguments->config, error,
			      sizeof(error))) {
		log_error("%s", error);
		return -1;
	}
	if (arguments->socket) {
		if (strlen(arguments->socket) >= sizeof(config->socket)) {
			log_error("socket path too long");
			return -1;
		}
		strcpy(config->socket, arguments->socket);
	}
	if (arguments->backend &&
	    limen_config_backend(arguments->backend, &config->backend)) {
		log_error("backend must be auto, board or cpu");
		return -1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	static struct server server;
	static struct limen_config config;
	struct arguments arguments = {};
	int error;

	parse_arguments(argc, argv, &arguments);
	/* Whoever reads the log may end first. */
	signal(SIGPIPE, SIG_IGN);
	error = limen_process_harden();
	if (error) {
		log_error("memory cannot be protected: %s", strerror(-error));
		return 1;
	}
	if (configure(&config, &arguments) ||
	    server_open(&server, &config, arguments.config))
		return 1;
	error = server_run(&server);
	server_close(&server);
	return error ? 1 : 0;
}
