// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <config.h>

#include "activation.h"
#include "log.h"

/* The first one that a service manager hands over. */
#define FIRST_FD 3

/* Descriptors for this process, and no other that inherited the words; -1: nonsense. */
static int64_t handed_over(void)
{
	const char *process = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
	uint32_t number;

	if (!process || !count || limen_config_number(process, 1, INT32_MAX, &number) ||
	    number != (uint32_t)getpid())
		return 0;
	return limen_config_number(count, 0, INT32_MAX, &number) ? -1 : (int64_t)number;
}

static bool option_is(int fd, int option, int expected)
{
	socklen_t size = sizeof(int);
	int value;

	return !getsockopt(fd, SOL_SOCKET, option, &value, &size) && value == expected;
}

static bool is_bound_to(int fd, const char *path)
{
	struct sockaddr_un address = {};
	socklen_t size = sizeof(address), head = offsetof(struct sockaddr_un, sun_path);

	/* One of the longest has no NUL byte at its end. */
	return !getsockname(fd, (struct sockaddr *)&address, &size) &&
	       size > head && size <= sizeof(address) &&
	       strnlen(address.sun_path, size - head) == strlen(path) &&
	       !memcmp(address.sun_path, path, strlen(path));
}

/* NULL, or what is wrong with it. */
static const char *fault(int fd, const char *path)
{
	if (!option_is(fd, SO_DOMAIN, AF_UNIX) || !option_is(fd, SO_TYPE, SOCK_SEQPACKET))
		return "it is no Unix socket of the type SOCK_SEQPACKET";
	if (!option_is(fd, SO_ACCEPTCONN, 1))
		return "it does not listen";
	if (!is_bound_to(fd, path))
		return "it is another address; ListenSequentialPacket= of limend.socket and "
		       "socket in [service] have to be the same";
	return NULL;
}

int activation_take(const char *path, int *fd)
{
	int64_t count = handed_over();
	const char *wrong;

	*fd = -1;
	if (!count)
		return 0;
	if (count != 1) {
		log_error("the service manager hands over another number of sockets than one");
		return -1;
	}
	wrong = fault(FIRST_FD, path);
	if (wrong) {
		log_error("%s: what the service manager hands over is not used: %s", path,
			  wrong);
		return -1;
	}
	if (fcntl(FIRST_FD, F_SETFD, FD_CLOEXEC) || fcntl(FIRST_FD, F_SETFL, O_NONBLOCK)) {
		log_error("%s: %s", path, strerror(errno));
		return -1;
	}
	*fd = FIRST_FD;
	return 0;
}
