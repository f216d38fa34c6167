/* SPDX-License-Identifier: MIT */
/* The socket clients connect to. */
#ifndef LIMEND_LISTENER_H
#define LIMEND_LISTENER_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "allow.h"

/**
 * struct listener - the listening socket
 * @fd: it
 * @lock: a file beside it, locked for as long as there is this limend
 * @path: where it is
 * @device: of @path, to remove no socket but this one
 * @inode: of @path; 0: it is not this process that removes it
 * @allow: who may connect
 */
struct listener {
	int fd;
	int lock;
	char path[PATH_MAX];
	dev_t device;
	ino_t inode;
	struct allow allow;
};

/*
 * Listens, or takes the socket at which the service manager does. A socket left behind by a limend that died is replaced, one that is
 * in use is not. On failure one line says why; -1.
 */
int listener_open(struct listener *listener, const struct limen_config *config);
void listener_close(struct listener *listener);
/*
 * A client that may connect, and its user; -EAGAIN if there is none just now, or another
 * error if there might be one, but not for this process.
 */
int listener_accept(struct listener *listener, uid_t *uid);

#endif /* LIMEND_LISTENER_H */
