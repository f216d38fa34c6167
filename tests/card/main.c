// SPDX-License-Identifier: MIT
/*
 * limen-card [--regs BYTES] [--mem MIB] [--no-msix] [--fickle] [--seed NUMBER] SOCKET:
 * a Limen board on PCI Express for the one virtual machine that connects to the socket,
 * until that is gone. --regs makes BAR 0 so large (default 4096), --mem the card's
 * memory (default 64; 0: there is none); --no-msix: it cannot interrupt; --fickle: each
 * second read of a register that says what it is, is a lie; --seed: of what is random,
 * as told when it starts. Status 3 says that it was left as the bus's master: so it can
 * go on writing into the memory of whoever comes next.
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

static struct card card;

static int usage(void)
{
	fputs("usage: limen-card [--regs BYTES] [--mem MIB] [--no-msix] [--fickle] [--seed NUMBER] SOCKET\n",
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

static bool parse(int argc, char **argv, struct card_options *to)
{
	static const struct option options[] = {
		{ "regs", required_argument, NULL, 'r' },
		{ "mem", required_argument, NULL, 'm' },
		{ "no-msix", no_argument, NULL, 'x' },
		{ "fickle", no_argument, NULL, 'f' },
		{ "seed", required_argument, NULL, 's' },
		{ 0 },
	};
	bool valid = true;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'r')
			valid &= parse_size(optarg, REGS_BYTES_MIN,
					    REGS_BYTES_MAX, &to->regs);
		else if (option == 'm')
			valid &= parse_size(optarg, 0, MEM_MIB_MAX,
					    &to->mem_mib);
		else if (option == 'x')
			to->msix = false;
		else if (option == 'f')
			to->fickle = true;
		else if (option == 's')
			valid &= parse_seed(optarg, &to->seed);
		else
			valid = false;
	}
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
	for (unsigned int i = 0; i < CARD_RINGS; i++)
		next = sooner(next, ring_step(&card, i));
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
	if (config_masters_bus(&card)) {
		fputs("limen-card: it was left as the bus's master\n", stderr);
		return STATUS_MASTER;
	}
	return 0;
}
