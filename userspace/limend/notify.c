// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "log.h"
#include "notify.h"

/* A year: a longer watchdog is none. */
#define WATCHDOG_US_MAX 31536000000000LL

void notify(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t length = path ? strlen(path) : 0;
	int fd;

	/* A path, or "@" and a name in the abstract namespace. */
	if (length < 2 || length >= sizeof(address.sun_path) ||
	    !strchr("/@", path[0]))
		return;
	memcpy(address.sun_path, path, length);
	if (path[0] == '@')
		address.sun_path[0] = 0;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 ||
	    sendto(fd, state, strlen(state), MSG_NOSIGNAL | MSG_DONTWAIT,
		   (const struct sockaddr *)&address,
		   offsetof(struct sockaddr_un, sun_path) + length) < 0) {
		static struct log_rate rate;

		log_rated(&rate, "the service manager cannot be told %s: %s", state,
			  strerror(errno));
	}
	if (fd >= 0)
		close(fd);
}

/* The number in the environment, or 0. */
static long long variable(const char *name, long long max)
{
	const char *text = getenv(name);
	char *end = NULL;
	long long number;

	if (!text)
		return 0;
	errno = 0;
	number = strtoll(text, &end, 10);
	return errno || end == text || *end || number < 0 || number > max ? 0 : number;
}

int64_t notify_watchdog_ns(void)
{
	/* It may have been meant for the process that started this one. */
	if (getenv("WATCHDOG_PID") && variable("WATCHDOG_PID", INT32_MAX) != getpid())
		return 0;
	return variable("WATCHDOG_USEC", WATCHDOG_US_MAX) * 1000;
}
