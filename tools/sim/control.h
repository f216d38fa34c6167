/* SPDX-License-Identifier: MIT */
/*
 * The control socket: lines of words. "set NAME VALUE" turns a knob, "get NAME" tells what it
 * is at, "list" tells all of them with what they do, and "stats" what the card has done. The
 * last line of each answer begins with "ok" or "error".
 */
#ifndef LIMEN_CONTROL_H
#define LIMEN_CONTROL_H

#include <poll.h>
#include <stddef.h>

struct card;

#define CONTROL_CLIENTS	4
#define CONTROL_LINE	128

/* Descriptors to be looked after: a listener, then clients. */
#define CONTROL_FDS	(1 + CONTROL_CLIENTS)

/**
 * struct control_client - somebody at the socket
 * @line: what has come of a line
 * @used: bytes of it
 */
struct control_client {
	char line[CONTROL_LINE];
	size_t used;
};

/**
 * struct control - the control socket
 * @path: where it is, or NULL for none
 * @fds: descriptors, -1 where there is nobody
 * @clients: those of @fds behind the first one
 */
struct control {
	const char *path;
	struct pollfd fds[CONTROL_FDS];
	struct control_client clients[CONTROL_CLIENTS];
};

/* 0 or a negative errno; without a path there is nothing to look after. */
int control_open(struct control *control, const char *path);
void control_close(struct control *control);
/* Does what is asked for, once poll() has said in @fds by whom. */
void control_serve(struct control *control, struct card *card);

#endif /* LIMEN_CONTROL_H */
