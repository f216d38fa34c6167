// SPDX-License-Identifier: MIT
/*
 * limen-card [--regs BYTES] [--mem MIB] [--no-msix] SOCKET: a Limen board on PCI
 * Express for the one virtual machine that connects to the socket, until that is
 * gone. --regs makes BAR 0 so large (default 4096), --mem the card's memory (default
 * 64; 0: there is none); --no-msix: it cannot interrupt.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

#define NSEC_PER_MSEC	1000000

static struct card card;

static int usage(void)
{
	fputs("usage: limen-card [--regs BYTES] [--mem MIB] [--no-msix] SOCKET\n",
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

static bool parse(int argc, char **argv, struct card_options *to)
{
	static const struct option options[] = {
		{ "regs", required_argument, NULL, 'r' },
		{ "mem", required_argument, NULL, 'm' },
		{ "no-msix", no_argument, NULL, 'x' },
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

/* Milliseconds, rounded up, until there is something to do without being told. */
static int work(void)
{
	int64_t next = -1;

	for (unsigned int i = 0; i < CARD_RINGS; i++) {
		int64_t wait = ring_step(&card, i);

		if (wait >= 0 && (next < 0 || wait < next))
			next = wait;
	}
	return next < 0 ? -1 : (int)((next + NSEC_PER_MSEC - 1) / NSEC_PER_MSEC);
}

static int serve(int client)
{
	struct pollfd poller = { .fd = client, .events = POLLIN };
	int ret = 0;

	card_switch_on(&card);
	while (!ret) {
		int ready = poll(&poller, 1, work());

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

	if (!parse(argc, argv, &options))
		return usage();
	ret = card_init(&card, &options);
	if (!ret)
		ret = listen_at(argv[optind]);
	if (ret >= 0)
		ret = serve(ret);
	if (ret)
		fprintf(stderr, "limen-card: %s\n", strerror(-ret));
	return !!ret;
}
