/* SPDX-License-Identifier: MIT */
/*
 * A socket that the service manager listens at, and hands over once somebody connects:
 * sd_listen_fds(3), in few lines for the reason in notify.h.
 */
#ifndef LIMEND_ACTIVATION_H
#define LIMEND_ACTIVATION_H

/*
 * Takes it: 0, with its descriptor or, if none is handed over, -1. What was handed over
 * and is not one listening socket for clients, bound to @path, is not taken: -1 after a
 * line that says why.
 */
int activation_take(const char *path, int *fd);

#endif /* LIMEND_ACTIVATION_H */
