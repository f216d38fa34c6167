// SPDX-License-Identifier: MIT
/* limen top: what a board is doing, again and again. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xf86drm.h>

#include <monotonic.h>

#include "cli.h"
#include "top.h"

#define DRIVER_NAME "limen"
#define INTERVAL_NS 1000000000LL
#define INTERVAL_MIN 100000 /* millionths of a second */
#define INTERVAL_MAX 3600

static const char help[] =
	"Usage: limen top [OPTION]... [NODE]\n"
	"Tell again and again what a board (the first one, if none is named) has done\n"
	"since it was told last: how busy it was, what it did a second, how long\n"
	"comparisons took, and for whom. A terminal shows the last report only, until\n"
	"Ctrl-C; otherwise, and with --count, one follows the other.\n"
	"\n"
	"  -i, --interval S    seconds from report to report, 0.1 to 3600 (1)\n"
	"  -N, --count N       end after so many reports\n"
	"  -j, --json          print JSON, a line for each report\n"
	"\n"
	"The first report comes after one interval. Exit status: 0 told, 1 it cannot\n"
	"be told or the board has gone, 2 wrong usage.\n";

/**
 * struct top - a board being watched
 * @fd: its node
 * @number: the node's device number
 * @name: the board's
 * @interval: from report to report, nanoseconds
 * @left: reports to come, if @counted
 * @counted: there is an end
 * @screen: reports replace one another on a terminal
 * @json: they are JSON
 * @signals: from whence signals' numbers are read that end the wait for the next
 *	one; -1 where they do what they always do
 * @sample: the last one
 * @clients: at that time
 */
struct top {
	int fd;
	dev_t number;
	char name[sizeof(((struct drm_limen_device_info *)0)->board)];
	int64_t interval;
	uint32_t left;
	bool counted;
	bool screen;
	bool json;
	int signals;
	struct top_sample sample;
	struct top_clients clients;
};

static int query(const struct top *top, uint32_t type, void *to, uint32_t size)
{
	struct drm_limen_query query = {
		.type = type,
		.size = size,
		.pointer = (uintptr_t)to,
	};

	return drmIoctl(top->fd, DRM_IOCTL_LIMEN_QUERY, &query) ? -errno : 0;
}

static int take_sample(struct top *top)
{
	struct drm_limen_device_info info = {};
	struct top_sample *sample = &top->sample;
	int error;

	sample->at = now_ns();
	error = query(top, DRM_LIMEN_QUERY_STATS, &sample->stats,
		      sizeof(sample->stats));
	if (!error)
		error = query(top, DRM_LIMEN_QUERY_MEMORY, &sample->memory,
			      sizeof(sample->memory));
	if (!error)
		error = query(top, DRM_LIMEN_QUERY_DEVICE, &info, sizeof(info));
	if (error)
		return error;
	sample->resets = info.resets;
	memcpy(top->name, info.board, sizeof(top->name) - 1);
	return top_clients_read(&top->clients, "/proc", top->number);
}

static int complain(const char *node, int error)
{
	switch (error) {
	case -ENODEV:
		return fail("%s: the board has gone", node);
	case -EINVAL:
		return fail("%s: the driver keeps no statistics; it is older than this program",
			    node);
	case -EACCES:
		return fail("%s: %s; members of the group render may open it",
			    node, strerror(EACCES));
	}
	return fail("%s: %s", node, strerror(-error));
}

static int note_node(const char *node, void *context)
{
	char *first = context;

	snprintf(first, PATH_MAX, "%s", node);
	return 1;
}

static int open_board(struct top *top, const char *node)
{
	drmVersionPtr version;
	struct stat status;
	bool limen;

	top->fd = open(node, O_RDWR | O_CLOEXEC);
	if (top->fd < 0)
		return complain(node, -errno);
	version = drmGetVersion(top->fd);
	limen = version && !strcmp(version->name, DRIVER_NAME) &&
		!fstat(top->fd, &status);
	drmFreeVersion(version);
	if (!limen)
		return fail("%s: not a board; 'limen status' tells which there are",
			    node);
	top->number = status.st_rdev;
	return DONE;
}

/* Where the handler of signals writes their numbers. */
static int signals_noted = -1;

static void note_signal(int number)
{
	const unsigned char byte = number;
	int error = errno;

	/* Without room there are others to be read, which will do. */
	if (write(signals_noted, &byte, 1) < 0)
		errno = error;
}

/* The number of a signal, or 0 when the time is over. */
static int signal_until(const struct top *top, int64_t due)
{
	struct pollfd noted = { .fd = top->signals, .events = POLLIN };
	unsigned char number;
	int64_t left;

	while ((left = due - now_ns()) > 0)
		if (poll(&noted, 1, (left + 999999) / 1000000) > 0 &&
		    read(top->signals, &number, 1) == 1)
			return number;
	return 0;
}

/*
 * Sleeps until the next report is due, or a signal asks for something. False at the
 * end.
 */
static bool wait_for(const struct top *top, int64_t due, const char *text)
{
	int number;

	while ((number = signal_until(top, due))) {
		if (number == SIGTSTP) {
			top_screen_close();
			raise(SIGSTOP);
			top_screen_open();
		}
		if (number != SIGTSTP && number != SIGWINCH)
			return false;
		top_screen_show(text);
	}
	return true;
}

/* To be freed. */
static char *report_text(const struct top_report *report)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	if (!to)
		return NULL;
	top_report_print(report, to);
	if (!fclose(to))
		return text;
	free(text);
	return NULL;
}

static void print_line(struct json_object *object)
{
	puts(json_object_to_json_string_ext(object,
					    JSON_C_TO_STRING_PLAIN |
					    JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
}

/* Positive: nobody sees it. What stdout says is told at the end. */
#define OUTPUT_LOST 1

/* Text is what the screen shows, to show it again. */
static int tell(struct top *top, const struct top_report *report, char **text)
{
	if (top->screen) {
		free(*text);
		*text = report_text(report);
		if (!*text)
			return -ENOMEM;
		top_screen_show(*text);
	} else if (top->json) {
		print_line(top_report_json(report));
	} else {
		top_report_print(report, stdout);
		putchar('\n');
	}
	return fflush(stdout) || ferror(stdout) ? OUTPUT_LOST : 0;
}

/* One report, of what happened since the sample before. */
static int next_report(struct top *top, const char *node, char **text)
{
	struct top_sample before = top->sample;
	struct top_clients clients = top->clients;
	struct top_report report = { .node = node, .board = top->name };
	int error;

	top->clients = (struct top_clients){};
	error = take_sample(top);
	if (!error) {
		report.now = top->sample;
		top_load_between(&before, &top->sample, &report.load);
		top_clients_rank(&top->clients, &clients, report.load.seconds);
		report.clients = top->clients;
		error = tell(top, &report, text);
	}
	top_clients_free(&clients);
	return error;
}

static int watch(struct top *top, const char *node)
{
	char *text = strdup("");
	int64_t due = now_ns();
	int error = take_sample(top);

	while (!error && (!top->counted || top->left--)) {
		due += top->interval;
		if (!wait_for(top, due, text))
			break;
		error = next_report(top, node, &text);
	}
	free(text);
	return error;
}

/*
 * Signals end the wait, not the program: the terminal has to be left in order. They
 * are not blocked instead: libraries have threads, which would get them.
 */
static int take_screen(struct top *top)
{
	static const int numbers[] = {
		SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGWINCH,
	};
	struct sigaction action = {
		.sa_handler = note_signal,
		.sa_flags = SA_RESTART,
	};
	unsigned int i;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK))
		return -errno;
	top->signals = ends[0];
	signals_noted = ends[1];
	for (i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		sigaction(numbers[i], &action, NULL);
	top_screen_open();
	return 0;
}

static int watch_board(struct top *top, const char *node)
{
	int result = open_board(top, node);
	int error = 0;

	if (!result) {
		if (top->screen)
			error = take_screen(top);
		if (!error)
			error = watch(top, node);
		if (top->screen)
			top_screen_close();
		if (error)
			result = error < 0 ? complain(node, error) : FAILED;
	}
	top_clients_free(&top->clients);
	if (top->fd >= 0)
		close(top->fd);
	return result;
}

static int read_options(const struct settings *settings, struct top *top)
{
	uint32_t millionths;

	*top = (struct top){
		.fd = -1,
		.interval = INTERVAL_NS,
		.json = settings->json,
		.signals = -1,
	};
	if (settings->interval) {
		if (limen_config_decimal(settings->interval, INTERVAL_MAX,
					 &millionths) ||
		    millionths < INTERVAL_MIN)
			return misused("--interval must be from 0.1 to %u",
				       INTERVAL_MAX);
		top->interval = millionths * 1000LL;
	}
	if (settings->count) {
		if (limen_config_number(settings->count, 1, UINT32_MAX,
					&top->left))
			return misused("--count must be at least 1");
		top->counted = true;
	}
	top->screen = !top->json && !top->counted && isatty(STDOUT_FILENO);
	return DONE;
}

int command_top(int argc, char **argv)
{
	struct settings settings;
	char node[PATH_MAX];
	struct top top;
	bool leave;
	int result;

	result = read_settings(argc, argv, "iNj", help, &settings, &leave);
	if (leave)
		return result;
	if (argc - optind > 1)
		return misused("top takes one node");
	result = read_options(&settings, &top);
	if (result)
		return result;
	if (optind < argc)
		return watch_board(&top, argv[optind]);
	result = limen_boards_enumerate(note_node, node);
	if (result < 0)
		return fail("boards: %s", limen_strerror(result));
	if (!result)
		return fail("no board; 'modprobe limen' brings up a card's, 'modprobe limen_emu' an emulated one");
	return watch_board(&top, node);
}
