// SPDX-License-Identifier: MIT
/* limen: the command line. */
#include <stdio.h>
#include <string.h>

#include "cli.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "status", command_status },
	{ "doctor", command_doctor },
	{ "compare", command_compare },
	{ "template", command_template },
	{ "gallery", command_gallery },
	{ "top", command_top },
	{ "bench", command_bench },
	{ "firmware", command_firmware },
};

static const char usage[] =
	"Usage: limen COMMAND [OPTION]... [ARGUMENT]...\n"
	"Work with face templates, boards, their firmware and the comparison service.\n"
	"\n"
	"  status      what is here: boards, the service, the model\n"
	"  doctor      what is wrong here, and what mends it\n"
	"  compare     score two pictures or templates\n"
	"  template    make a template of a picture\n"
	"  gallery     keep templates in a file and search it\n"
	"  top         watch what a board does, and for whom\n"
	"  bench       measure this machine\n"
	"  firmware    make and verify images that boards start\n"
	"\n"
	"'limen help COMMAND' tells a command's options, 'limen --version' the\n"
	"version. Exit status: 0 done, 1 it cannot be done, 2 wrong usage, 3 a\n"
	"picture gives no template. See limen(1).\n";

static int run_command(int argc, char **argv)
{
	unsigned int i;

	for (i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (!strcmp(argv[0], commands[i].name))
			return commands[i].run(argc, argv);
	return misused("no command %s", argv[0]);
}

/* Of a command, or of all of them. */
static int print_help(const char *command)
{
	char *argv[] = { (char *)command, "--help", NULL };

	if (command)
		return run_command(2, argv);
	fputs(usage, stdout);
	return DONE;
}

static int run_limen(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : NULL;
	int error = limen_process_harden();

	if (error)
		return fail("memory cannot be protected: %s", strerror(-error));
	if (!name) {
		fputs(usage, stderr);
		return USAGE;
	}
	if (!strcmp(name, "--version")) {
		puts("limen " LIMEN_VERSION);
		return DONE;
	}
	if (!strcmp(name, "--help") || !strcmp(name, "-h"))
		return print_help(NULL);
	if (!strcmp(name, "help"))
		return argc > 3 ? misused("help takes one command") :
				  print_help(argv[2]);
	return run_command(argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
	find_program_folder();
	return finish_output(run_limen(argc, argv));
}
