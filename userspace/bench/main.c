// SPDX-License-Identifier: MIT
/*
 * limen-bench: what this machine does in which time. It is limen bench, which starts it,
 * and speaks in the name of limen.
 */
#include <stdio.h>
#include <string.h>

#include "bench.h"

static const char help[] =
	"Usage: limen bench [OPTION]... [match|compare|daemon|board]\n"
	"Measure this machine. match (the default): searches and comparisons against\n"
	"what the machine can do and against other libraries, in one run; it takes\n"
	"minutes. compare: comparisons in this process. daemon: those that limend,\n"
	"a private one with the CPU backend, does for one client, against an echo\n"
	"server over the same kind of socket in the same run. board: what system calls\n"
	"of the first board's driver cost, how long comparisons take with and without\n"
	"searches on the board, and how many there are a second, alone or in batches.\n"
	"\n"
	"  -b, --backend NAME  compare: cpu (default) or another, as listed\n"
	"  -l, --list          tell which backends are usable here, and why not\n"
	"  -d, --limend PATH   daemon: the limend to measure\n"
	"  -j, --json          print JSON\n"
	"  -o, --output FILE   match, board: write JSON there, too\n"
	"  -p, --plot FILE     match, board: draw an SVG there, with gnuplot\n"
	"  -r, --rows N        match: rows of the large gallery, 1000000 if not given,\n"
	"                      and then galleries as large as fit are searched, too\n"
	"\n"
	"Exit status: 0 measured, whatever it is; 1 it cannot be measured, 2 wrong\n"
	"usage.\n";

/* Adds a line to the list, or prints it if there is none. */
static int list_backend(const struct limen_backend_info *info, void *context)
{
	const bool usable = !*info->reason;
	struct json_object *list = context, *row;
	char name[sizeof(info->node) + 16];

	snprintf(name, sizeof(name), "%s%s%s", limen_backend_name(info->kind),
		 *info->node ? ":" : "", info->node);
	if (!list) {
		printf("%-20s  %-10s  %s\n", name,
		       usable ? "usable" : "not usable",
		       usable ? info->description : info->reason);
		return 0;
	}
	row = json_object_new_object();
	json_add_text(row, "backend", limen_backend_name(info->kind));
	json_add_text(row, "node", info->node);
	json_object_object_add(row, "usable", json_object_new_boolean(usable));
	json_add_text(row, "description", info->description);
	json_add_text(row, "reason", info->reason);
	json_object_array_add(list, row);
	return 0;
}

static int list_backends(bool json)
{
	struct json_object *list = json ? json_object_new_array() : NULL;
	int error = limen_backends_list(list_backend, list);

	if (json)
		print_json(list);
	return error ? fail("backends: %s", limen_strerror(error)) : DONE;
}

static int measure_what_is_asked(int argc, char **argv)
{
	struct settings settings;
	const char *what;
	bool leave;
	int result;

	result = read_settings(argc, argv, "bdjlopr", help, &settings, &leave);
	if (leave)
		return result;
	if (settings.list)
		return list_backends(settings.json);
	if (argc - optind > 1)
		return misused("bench takes match, compare, daemon or board");
	what = optind < argc ? argv[optind] : "match";
	if (!strcmp(what, "match"))
		return bench_match(&settings);
	if (!strcmp(what, "compare"))
		return bench_compare(&settings);
	if (!strcmp(what, "daemon"))
		return bench_daemon(&settings);
	if (!strcmp(what, "board"))
		return bench_board(&settings);
	return misused("bench: nothing called %s", what);
}

int main(int argc, char **argv)
{
	/* What complaints call it. */
	static char name[] = "bench";
	int error;

	find_program_folder();
	error = limen_process_harden();
	if (error)
		return fail("memory cannot be protected: %s", strerror(-error));
	if (argc > 0)
		argv[0] = name;
	return finish_output(measure_what_is_asked(argc, argv));
}
