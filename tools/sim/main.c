// SPDX-License-Identifier: MIT
/*
 * limen-card [OPTION...] SOCKET: a Limen board on PCI Express for the one virtual machine
 * that connects to the socket, until that is gone. --help tells the options. Status 3 says
 * that it was left as the bus's master: so it can go on writing into the memory of whoever
 * comes next.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "card.h"
#include "control.h"
#include "vfio_user.h"

#define REGS_BYTES	4096
#define REGS_BYTES_MIN	128
#define REGS_BYTES_MAX	(1u << 20)
#define MEM_MIB		64
#define MEM_MIB_MAX	4096

#define NSEC_PER_SEC	1000000000LL

#define STATUS_MASTER	3

#ifdef LIMEN_GATEWARE
#define ENGINE	"rtl"
#else
#define ENGINE	"c"
#endif

static struct card card;
static struct control control;

/* Somebody wants to know what the card has done. */
static volatile sig_atomic_t asked;

/**
 * struct options - the command line
 * @card: of the card
 * @control: path of the control socket, or NULL
 * @stats: what the card has done is told, at the end and by SIGUSR1 ...
 * @stats_file: ... in this file, or NULL for standard error
 */
struct options {
	struct card_options card;
	const char *control;
	bool stats;
	const char *stats_file;
};

/**
 * struct machine - the virtual machine
 * @path: where it comes to
 * @socket: it, or who waits for it there
 * @connected: it has come
 */
struct machine {
	const char *path;
	int socket;
	bool connected;
};

static const char help[] =
	"usage: limen-card [OPTION...] SOCKET\n"
	"\n"
	"  --regs BYTES             BAR 0 is so large (default 4096)\n"
	"  --mem MIB                card memory (default 64; 0: there is none)\n"
	"  --vectors NUMBER         it interrupts by so many, 1 to 4 (default 4: each ring has\n"
	"                           its own)\n"
	"  --no-msix                it cannot interrupt\n"
	"  --fickle                 each second read of what it is, is a lie\n"
	"  --hostile BITS           what it lies about, as the knob hostile\n"
	"  --seed NUMBER            of what is random, as told when it starts\n"
	"  --rom FILE               it has a processor, which begins with this code, and a camera\n"
	"  --board-type NUMBER      it starts firmware for this type of board (default 1) ...\n"
	"  --security-floor NUMBER  ... that is not older than this (default 1)\n"
	"  --scene FILE             what its camera sees, see sensor.h\n"
	"  --engine c|rtl           what is around the processor has to be a program,\n"
	"                           or the simulated gateware: as it was built\n"
	"  --control PATH           a socket at which its knobs can be turned: set NAME VALUE,\n"
	"                           get NAME, list, stats\n"
	"  --stats[=FILE]           tells at the end and by SIGUSR1 what it has done\n"
	"\n"
	"Knobs, by their numbers in configuration space and their names at the socket:\n"
	"\n";

static int usage(void)
{
	fputs("usage: limen-card [OPTION...] SOCKET; limen-card --help tells more\n",
	      stderr);
	return 2;
}

static int tell_help(void)
{
	fputs(help, stdout);
	for (unsigned int i = 0; i < CARD_KNOB_COUNT; i++)
		printf("  %2u  %-14s  %s\n", i, knobs[i].name, knobs[i].what);
	return 0;
}

/* A power of two from @min to @max, or 0 if @min is. */
static bool parse_size(const char *text, unsigned int min, unsigned int max,
		       unsigned int *to)
{
	char *end;
	unsigned long size = strtoul(text, &end, 10);

	if (*end || size < min || size > max || size & (size - 1))
		return false;
	*to = (unsigned int)size;
	return true;
}

static bool parse_seed(const char *text, uint64_t *to)
{
	char *end;

	*to = strtoull(text, &end, 10);
	return *to && !*end;
}

static bool parse_number(const char *text, uint32_t *to)
{
	char *end;
	unsigned long number = strtoul(text, &end, 0);

	*to = (uint32_t)number;
	return number && number <= UINT32_MAX && !*end;
}

static bool parse_engine(const char *text)
{
	if (!strcmp(text, ENGINE))
		return true;
	fprintf(stderr, "limen-card: the engine of this build is '%s'\n", ENGINE);
	return false;
}

static bool parse_card_option(int option, struct card_options *to)
{
	switch (option) {
	case 'r':
		return parse_size(optarg, REGS_BYTES_MIN, REGS_BYTES_MAX,
				  &to->regs);
	case 'm':
		return parse_size(optarg, 0, MEM_MIB_MAX, &to->mem_mib);
	case 'v':
		return parse_number(optarg, &to->vectors) &&
		       to->vectors <= CARD_VECTORS;
	case 'x':
		to->vectors = 0;
		return true;
	case 'f':
		to->fickle = true;
		return true;
	case 'i':
		return parse_number(optarg, &to->hostile);
	case 's':
		return parse_seed(optarg, &to->seed);
	case 'o':
		to->shell.rom = optarg;
		return true;
	case 't':
		return parse_number(optarg, &to->shell.board_type);
	case 'l':
		return parse_number(optarg, &to->shell.security_floor);
	case 'c':
		to->shell.scene = optarg;
		return true;
	case 'e':
		return parse_engine(optarg);
	default:
		return false;
	}
}

static bool parse_option(int option, struct options *to)
{
	switch (option) {
	case 'k':
		to->control = optarg;
		return true;
	case 'u':
		to->stats = true;
		to->stats_file = optarg;
		return true;
	default:
		return parse_card_option(option, &to->card);
	}
}

static bool parse(int argc, char **argv, struct options *to)
{
	static const struct option options[] = {
		{ "regs", required_argument, NULL, 'r' },
		{ "mem", required_argument, NULL, 'm' },
		{ "vectors", required_argument, NULL, 'v' },
		{ "no-msix", no_argument, NULL, 'x' },
		{ "fickle", no_argument, NULL, 'f' },
		{ "seed", required_argument, NULL, 's' },
		{ "rom", required_argument, NULL, 'o' },
		{ "board-type", required_argument, NULL, 't' },
		{ "security-floor", required_argument, NULL, 'l' },
		{ "scene", required_argument, NULL, 'c' },
		{ "engine", required_argument, NULL, 'e' },
		{ "hostile", required_argument, NULL, 'i' },
		{ "control", required_argument, NULL, 'k' },
		{ "stats", optional_argument, NULL, 'u' },
		{ 0 },
	};
	bool valid = true;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		valid &= parse_option(option, to);
	return valid && optind + 1 == argc;
}

/* A socket at @path, or a negative errno. */
static int listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener, error;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener < 0)
		return -errno;
	if (!bind(listener, (const struct sockaddr *)&address,
		  sizeof(address)) && !listen(listener, 1))
		return listener;
	error = -errno;
	close(listener);
	return error;
}

static void ask(int signal)
{
	(void)signal;
	asked = 1;
}

static void tell_stats(const struct options *options)
{
	FILE *to = stderr;

	if (!options->stats)
		return;
	if (options->stats_file)
		to = fopen(options->stats_file, "we");
	if (!to) {
		fprintf(stderr, "limen-card: %s: %s\n", options->stats_file,
			strerror(errno));
		return;
	}
	stats_print(&card, to);
	if (options->stats_file)
		fclose(to);
}

/* Nanoseconds until there is something to do without being told, or -1. */
static int64_t work(void)
{
	int64_t next;

	/* First, because of a doorbell the rings have to know. */
	post_deliver(&card);
	next = card_reset_step(&card, false);
	if (card.shell)
		next = sooner(next, shell_step(&card));
	for (unsigned int i = 0; i < CARD_RINGS && !card.shell; i++)
		next = sooner(next, ring_step(&card, i));
	next = sooner(next, wipe_step(&card));
	next = sooner(next, vector_step(&card));
	next = sooner(next, defy_step(&card));
	return sooner(next, post_wait(&card));
}

/* Until there is something to do: what ppoll() says. Signals come here alone. */
static int wait_for(struct pollfd *fds, nfds_t count)
{
	int64_t wait = work();
	struct timespec timeout = {
		.tv_sec = wait / NSEC_PER_SEC,
		.tv_nsec = wait % NSEC_PER_SEC,
	};
	sigset_t none;
	int ready;

	sigemptyset(&none);
	ready = ppoll(fds, count, wait < 0 ? NULL : &timeout, &none);
	return ready < 0 && errno == EINTR ? 0 : ready;
}

/* Hears the virtual machine out, or lets it in at last. */
static int serve_machine(struct machine *machine)
{
	int client;

	if (machine->connected)
		return vfio_user_serve(&card, machine->socket);
	client = accept4(machine->socket, NULL, NULL, SOCK_CLOEXEC);
	if (client < 0)
		return -errno;
	close(machine->socket);
	unlink(machine->path);
	machine->socket = client;
	machine->connected = true;
	return 0;
}

static int serve(struct machine *machine, const struct options *options)
{
	struct pollfd fds[1 + CONTROL_FDS];
	int ret = 0;

	while (!ret) {
		fds[0] = (struct pollfd){ .fd = machine->socket, .events = POLLIN };
		memcpy(fds + 1, control.fds, sizeof(control.fds));
		if (wait_for(fds, 1 + CONTROL_FDS) < 0)
			return -errno;
		memcpy(control.fds, fds + 1, sizeof(control.fds));
		control_serve(&control, &card);
		if (asked) {
			asked = 0;
			tell_stats(options);
		}
		if (fds[0].revents)
			ret = serve_machine(machine);
	}
	return ret == -ECONNRESET ? 0 : ret;
}

/* Only while it waits a signal is of use. */
static void hold_signal(void)
{
	const struct sigaction action = { .sa_handler = ask };
	sigset_t held;

	sigemptyset(&held);
	sigaddset(&held, SIGUSR1);
	sigprocmask(SIG_BLOCK, &held, NULL);
	sigaction(SIGUSR1, &action, NULL);
}

/* 0 or a negative errno. */
static int run(const char *path, const struct options *options)
{
	struct machine machine = { .path = path };
	int ret = card_init(&card, &options->card);

	if (ret)
		return ret;
	card_switch_on(&card, &options->card);
	ret = control_open(&control, options->control);
	if (ret)
		return ret;
	machine.socket = listen_at(path);
	ret = machine.socket < 0 ? machine.socket : serve(&machine, options);
	control_close(&control);
	tell_stats(options);
	return ret;
}

int main(int argc, char **argv)
{
	struct options options = {
		.card = { .regs = REGS_BYTES, .mem_mib = MEM_MIB,
			  .vectors = CARD_VECTORS,
			  .shell = { .board_type = 1, .security_floor = 1 } },
	};
	int ret;

	if (argc == 2 && !strcmp(argv[1], "--help"))
		return tell_help();
	if (getrandom(&options.card.seed, sizeof(options.card.seed), 0) < 0 ||
	    !options.card.seed)
		options.card.seed = 1;
	if (!parse(argc, argv, &options))
		return usage();
	fprintf(stderr, "limen-card: --seed %" PRIu64 "\n", options.card.seed);
	hold_signal();
	ret = run(argv[optind], &options);
	if (ret) {
		fprintf(stderr, "limen-card: %s\n", strerror(-ret));
		return 1;
	}
	ret = config_masters_bus(&card) ? STATUS_MASTER : 0;
	if (ret)
		fputs("limen-card: it was left as the bus's master\n", stderr);
	dma_unmap(&card, 0, UINT64_MAX);
	card_free(&card);
	return ret;
}
