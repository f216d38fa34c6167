// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <private.h>

#include "activation.h"
#include "listener.h"
#include "log.h"
#include "session.h"

/* Clients of a gate connect once; this many may do so at the same moment. */
#define BACKLOG 64

static int complain(const char *path, int error)
{
	log_error("%s: %s", path, strerror(error));
	return -1;
}

/* Whether somebody answers at the address. */
static bool in_use(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK,
			0);
	bool refused;

	if (fd < 0)
		return true;
	refused = connect(fd, (const struct sockaddr *)address,
			  sizeof(*address)) && errno == ECONNREFUSED;
	close(fd);
	return !refused;
}

static void lock_path(const struct listener *listener, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%.*s.lock", PATH_MAX - 6, listener->path);
}

/*
 * Whoever holds the lock is the one limend at this address: without it, two that find
 * the same socket left behind would remove each other's.
 */
static int take_lock(struct listener *listener)
{
	char path[PATH_MAX];

	lock_path(listener, path);
	/* Its holder removes it as it ends, maybe just now. */
	for (;;) {
		listener->lock = open(path, O_RDWR | O_CREAT | O_NOFOLLOW |
				      O_NONBLOCK | O_CLOEXEC, 0600);
		if (listener->lock < 0)
			return complain(path, errno);
		if (flock(listener->lock, LOCK_EX | LOCK_NB))
			break;
		if (file_is(listener->lock, path))
			return 0;
		close(listener->lock);
	}
	if (errno == EWOULDBLOCK)
		log_error("%s: another limend is running", listener->path);
	else
		complain(path, errno);
	close(listener->lock);
	listener->lock = -1;
	return -1;
}

static void give_lock_back(struct listener *listener)
{
	char path[PATH_MAX];

	if (listener->lock < 0)
		return;
	lock_path(listener, path);
	unlink(path);
	close(listener->lock);
	listener->lock = -1;
}

static int remove_stale(const struct sockaddr_un *address)
{
	const char *path = address->sun_path;
	struct stat stat;

	if (lstat(path, &stat))
		return errno == ENOENT ? 0 : complain(path, errno);
	if (!S_ISSOCK(stat.st_mode)) {
		log_error("%s: there is something else than a socket", path);
		return -1;
	}
	if (in_use(address)) {
		log_error("%s: another limend is running, or limend.socket is there "
			  "for one", path);
		return -1;
	}
	return unlink(path) ? complain(path, errno) : 0;
}

static int make_folder(const char *path)
{
	char copy[PATH_MAX];
	const char *folder;

	snprintf(copy, sizeof(copy), "%s", path);
	folder = dirname(copy);
	if (mkdir(folder, 0755) && errno != EEXIST)
		return complain(folder, errno);
	return 0;
}

static int bind_and_listen(struct listener *listener,
			   const struct sockaddr_un *address)
{
	mode_t mask = umask(0177);
	int failed = bind(listener->fd, (const struct sockaddr *)address,
			  sizeof(*address));
	struct stat stat;

	umask(mask);
	if (failed || lstat(listener->path, &stat))
		return complain(listener->path, errno);
	listener->device = stat.st_dev;
	listener->inode = stat.st_ino;
	/*
	 * Users of several groups connect, so the file's mode cannot tell who
	 * may: their credentials do, and they cannot be forged.
	 */
	if (chmod(listener->path, 0666) || listen(listener->fd, BACKLOG))
		return complain(listener->path, errno);
	return 0;
}

static int open_locked(struct listener *listener,
		       const struct sockaddr_un *address)
{
	if (activation_take(listener->path, &listener->fd))
		return -1;
	if (listener->fd >= 0)
		return 0;
	if (remove_stale(address))
		return -1;
	listener->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC |
			      SOCK_NONBLOCK, 0);
	if (listener->fd < 0)
		return complain(listener->path, errno);
	return bind_and_listen(listener, address);
}

int listener_open(struct listener *listener, const struct limen_config *config)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	*listener = (struct listener){ .fd = -1, .lock = -1 };
	if (strlen(config->socket) >= sizeof(address.sun_path))
		return complain(config->socket, ENAMETOOLONG);
	strcpy(address.sun_path, config->socket);
	strcpy(listener->path, config->socket);
	allow_set(&listener->allow, config);
	if (make_folder(listener->path) || take_lock(listener))
		return -1;
	if (!open_locked(listener, &address))
		return 0;
	listener_close(listener);
	return -1;
}

void listener_close(struct listener *listener)
{
	struct stat stat;

	if (listener->inode && !lstat(listener->path, &stat) &&
	    stat.st_dev == listener->device && stat.st_ino == listener->inode)
		unlink(listener->path);
	if (listener->fd >= 0)
		close(listener->fd);
	give_lock_back(listener);
}

static void refuse(int fd, uid_t uid)
{
	static struct log_rate rate;

	session_refuse(fd, -EACCES);
	close(fd);
	log_rated(&rate, "user %u may not connect", uid);
}

int listener_accept(struct listener *listener, uid_t *uid)
{
	int fd, error;

	fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return errno == ECONNABORTED || errno == EINTR ? -EAGAIN :
								 -errno;
	error = allow_check(&listener->allow, fd, uid);
	if (!error)
		return fd;
	if (error == -EACCES) {
		refuse(fd, *uid);
		return -EAGAIN;
	}
	close(fd);
	return error;
}
