// SPDX-License-Identifier: MIT
/* limen bench is a program of its own: who measures nothing needs nothing of it. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

int command_bench(int argc, char **argv)
{
	/* In a build tree, or installed. */
	static const char *const places[] = {
		"../bench/limen-bench", "../libexec/limen/limen-bench", NULL
	};
	char program[PATH_MAX];

	(void)argc;
	if (!find_program(places, program))
		return fail("bench: limen-bench is not installed; the package "
			    "limen-tools has it, and make install brings it");
	argv[0] = program;
	execv(program, argv);
	return fail("%s: %s", program, strerror(errno));
}
