/* SPDX-License-Identifier: MIT */
/*
 * The boards that limend knows, each by its place on its bus: what comes back there is
 * the same one, whatever its node is called then.
 */
#ifndef LIMEND_BOARDS_H
#define LIMEND_BOARDS_H

#include <limits.h>

#include "worker.h"

/**
 * struct board - a board, or where one was
 * @address: its place on its bus; zeros behind its end
 * @node: its node, or the last one it had
 * @backend: the board; NULL while it is not in service
 * @condemned: it has computed a wrong score, and is not used again
 * @leaving: it has gone, and has work that has still to fail
 * @returned: it has come back before it was found to have gone
 * @rests_until: what now_ns() says when it is used again beside others
 * @rest_ns: how long its last rest was; 0 if it has not failed since it computed
 * @turn: when it was last given work, by counting
 * @comparisons: that it scored
 * @failures: that it was given and did not score
 * @unchecked: scores of its that have been given and were not computed again
 * @work: that it has under way, or NULL
 * @worker: that waits for it
 */
struct board {
	char address[LIMEN_BOARD_ADDRESS_SIZE];
	char node[PATH_MAX];
	struct limen_backend *backend;
	bool condemned;
	bool leaving;
	bool returned;
	int64_t rests_until;
	int64_t rest_ns;
	uint64_t turn;
	uint64_t comparisons;
	uint64_t failures;
	uint64_t unchecked;
	struct work *work;
	struct worker worker;
};

/**
 * struct boards - all of them
 * @all: the first @count ones are in use
 * @count: boards known
 * @turn: the last one
 */
struct boards {
	struct board all[LIMEN_SERVICE_BOARDS_MAX];
	unsigned int count;
	uint64_t turn;
};

/* Whether it may be given work, be it after what it has. */
bool board_serves(const struct board *board);
bool board_rests(const struct board *board);
enum limen_board_state board_state(const struct board *board);
/* After it failed: others are used before it for a while, longer each time. */
void board_rest(struct board *board);

/* The one in service at this node, or NULL. */
struct board *boards_at(struct boards *boards, const char *node);
/* The one of this address, or NULL. */
struct board *boards_known(struct boards *boards, const char *address);
/* A place for one that is not known, or NULL; what has gone makes room. */
struct board *boards_new(struct boards *boards, const char *address);
bool boards_any_condemned(const struct boards *boards);
/* How many are in service, and of them, how many have no work and do not rest. */
unsigned int boards_serving(const struct boards *boards);
unsigned int boards_idle(const struct boards *boards);
/*
 * The one with the least to do: rather one that does not rest, then one that has nothing
 * under way, then the one that has had nothing for longest. NULL if none is in service.
 */
struct board *boards_pick(struct boards *boards);

#endif /* LIMEND_BOARDS_H */
