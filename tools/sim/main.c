// SPDX-License-Identifier: MIT
/*
 * limen-card [--regs BYTES] [--mem MIB] [--no-msix] [--fickle] [--seed NUMBER]
 * [--rom FILE] [--board-type NUMBER] [--security-floor NUMBER] [--scene FILE]
 * [--engine c|rtl] SOCKET:
 * a Limen board on PCI Express for the one virtual machine that connects to the socket,
 * until that is gone. --regs makes BAR 0 so large (default 4096), --mem the card's
 * memory (default 64; 0: there is none); --no-msix: it cannot interrupt; --fickle: each
 * second read of a register that says what it is, is a lie; --seed: of what is random,
 * as told when it starts. --rom: it has a processor of its own, which begins with this
 * code, and starts firmware for the type of board (default 1) that is not older than
 * the floor (default 1); and it has a camera, whose booth is empty unless --scene names
 * a file: what sensor.h says of it. --engine: what is around the processor, the matching
 * engine included, has to be a program (c), or the gateware, simulated by cycles (rtl). Which
 * of the two it is, is decided when it is built: "make gateware" builds the other one.
 * Status 3 says that it was left as the bus's master: so it can go on writing into the
 * memory of whoever comes next.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "card.h"
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

static int usage(void)
{
	fputs("usage: limen-card [--regs BYTES] [--mem MIB] [--no-msix] [--fickle] [--seed NUMBER] [--rom FILE] [--board-type NUMBER] [--security-floor NUMBER] [--scene FILE] [--engine c|rtl] SOCKET\n",
	      stderr);
	return 2;
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

static bool parse_option(int option, struct card_options *to)
{
	switch (option) {
	case 'r':
		return parse_size(optarg, REGS_BYTES_MIN, REGS_BYTES_MAX,
				  &to->regs);
	case 'm':
		return parse_size(optarg, 0, MEM_MIB_MAX, &to->mem_mib);
	case 'x':
		to->msix = false;
		return true;
	case 'f':
		to->fickle = true;
		return true;
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

static bool parse(int argc, char **argv, struct card_options *to)
{
	static const struct option options[] = {
		{ "regs", required_argument, NULL, 'r' },
		{ "mem", required_argument, NULL, 'm' },
		{ "no-msix", no_argument, NULL, 'x' },
		{ "fickle", no_argument, NULL, 'f' },
		{ "seed", required_argument, NULL, 's' },
		{ "rom", required_argument, NULL, 'o' },
		{ "board-type", required_argument, NULL, 't' },
		{ "security-floor", required_argument, NULL, 'l' },
		{ "scene", required_argument, NULL, 'c' },
		{ "engine", required_argument, NULL, 'e' },
		{ 0 },
	};
	bool valid = true;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		valid &= parse_option(option, to);
	return valid && optind + 1 == argc;
}

/* Who connects first to a socket at @path, or a negative errno. */
static int listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener, client = -1, error;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener < 0)
		return -errno;
	if (!bind(listener, (const struct sockaddr *)&address,
		  sizeof(address)) && !listen(listener, 1))
		client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	error = errno;
	close(listener);
	unlink(path);
	return client < 0 ? -error : client;
}

static int64_t sooner(int64_t one, int64_t other)
{
	return one < 0 || (other >= 0 && other < one) ? other : one;
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
	next = sooner(next, defy_step(&card));
	return sooner(next, post_wait(&card));
}

static int serve(int client, const struct card_options *options)
{
	struct pollfd poller = { .fd = client, .events = POLLIN };
	int ret = 0;

	card_switch_on(&card, options);
	while (!ret) {
		int64_t wait = work();
		struct timespec timeout = {
			.tv_sec = wait / NSEC_PER_SEC,
			.tv_nsec = wait % NSEC_PER_SEC,
		};
		int ready = ppoll(&poller, 1, wait < 0 ? NULL : &timeout, NULL);

		if (ready < 0 && errno != EINTR)
			ret = -errno;
		else if (ready > 0)
			ret = vfio_user_serve(&card, client);
	}
	return ret == -ECONNRESET ? 0 : ret;
}

int main(int argc, char **argv)
{
	struct card_options options = {
		.regs = REGS_BYTES,
		.mem_mib = MEM_MIB,
		.msix = true,
		.shell = { .board_type = 1, .security_floor = 1 },
	};
	int ret;

	if (getrandom(&options.seed, sizeof(options.seed), 0) < 0 ||
	    !options.seed)
		options.seed = 1;
	if (!parse(argc, argv, &options))
		return usage();
	fprintf(stderr, "limen-card: --seed %" PRIu64 "\n", options.seed);
	ret = card_init(&card, &options);
	if (!ret)
		ret = listen_at(argv[optind]);
	if (ret >= 0)
		ret = serve(ret, &options);
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
