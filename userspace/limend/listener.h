/* SPDX-License-Identifier: MIT */
/* The socket clients connect to, and who may. */
#ifndef LIMEND_LISTENER_H
#define LIMEND_LISTENER_H

#include <sys/stat.h>
#include <sys/types.h>

#include <config.h>

/**
 * struct listener - the listening socket
 * @fd: it
 * @path: where it is
 * @device: of @path, to remove no socket but this one
 * @inode: of @path
 * @allowed: users who may connect
 * @allowed_count: users in @allowed
 * @refused: the last user who was not, to tell of each only once in a row
 */
struct listener {
	int fd;
	char path[PATH_MAX];
	dev_t device;
	ino_t inode;
	uid_t allowed[LIMEN_CONFIG_ALLOW_MAX + 2];
	unsigned int allowed_count;
	uid_t refused;
};

/*
 * Listens. A socket left behind by a limend that died is replaced, one that is
 * in use is not. On failure one line says why; -1.
 */
int listener_open(struct listener *listener, const struct limen_config *config);
void listener_close(struct listener *listener);
/* A client that may connect, and its user; -1 if there is none just now. */
int listener_accept(struct listener *listener, uid_t *uid);

#endif /* LIMEND_LISTENER_H */
