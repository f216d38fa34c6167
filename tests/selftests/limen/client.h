/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who uses the board: a file with a comparison and a search to ask for, whose
 * answers are known; and several processes that go on asking.
 */
#ifndef LIMEN_SELFTEST_CLIENT_H
#define LIMEN_SELFTEST_CLIENT_H

#include "util.h"

#define LOADS	4

/**
 * struct client - who uses the board
 * @fd: open file
 * @host: vectors at 0 and 512, a result at 2048
 * @card: 8 rows of 512 ones; frozen in @gallery
 * @express: queue
 * @scan: queue
 * @gallery: of @card
 */
struct client {
	int fd;
	struct bo host;
	struct bo card;
	__u32 express;
	__u32 scan;
	__u32 gallery;
};

int client_open(struct client *client);
void client_close(struct client *client);
/* A new @card and @gallery. */
int client_fill(struct client *client);
/* 0, the error that was told, or 1 for a score that is wrong. */
int client_verify(struct client *client);
int client_search(struct client *client);
/* How often its board has been reset. */
__u32 client_resets(const struct client *client);

/**
 * struct load - clients under load: how they are told to end, what they have seen
 * @end: they are to
 * @right: answers that were right
 * @own: those of each
 * @refused: work that was cancelled, or whose card memory was lost
 * @gone: clients that ended because the board was gone
 * @pids: their processes
 */
struct load {
	bool end;
	unsigned int right;
	unsigned int own[LOADS];
	unsigned int refused;
	unsigned int gone;
	pid_t pids[LOADS];
};

/* NULL if they cannot be started. */
struct load *load_start(void);
unsigned int load_right(const struct load *load);
/* Whether each of them goes on to have right answers. */
bool load_works(const struct load *load);
/* Whether each of them meets, in time, that its board is gone. */
bool load_loses_board(const struct load *load);
/*
 * Has them end: 0; 1 if a client had a wrong score, 2 if an error that there was no
 * reason for, 3 if it did not even end by itself.
 */
int load_end(struct load *load);
void load_free(struct load *load);

#endif /* LIMEN_SELFTEST_CLIENT_H */
