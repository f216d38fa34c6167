// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>

#include <monotonic.h>

#include "boards.h"

#define REST_MIN_NS 5000000000LL
#define REST_MAX_NS (64 * REST_MIN_NS)

bool board_serves(const struct board *board)
{
	return board->backend && !board->leaving;
}

bool board_rests(const struct board *board)
{
	return board->rest_ns && now_ns() < board->rests_until;
}

enum limen_board_state board_state(const struct board *board)
{
	if (board->condemned)
		return LIMEN_BOARD_CONDEMNED;
	if (!board_serves(board))
		return LIMEN_BOARD_ABSENT;
	return board_rests(board) ? LIMEN_BOARD_RESTS : LIMEN_BOARD_SERVES;
}

void board_rest(struct board *board)
{
	board->rest_ns = board->rest_ns ? board->rest_ns * 2 : REST_MIN_NS;
	if (board->rest_ns > REST_MAX_NS)
		board->rest_ns = REST_MAX_NS;
	board->rests_until = now_ns() + board->rest_ns;
}

struct board *boards_at(struct boards *boards, const char *node)
{
	unsigned int i;

	for (i = 0; i < boards->count; i++)
		if (board_serves(&boards->all[i]) && !strcmp(boards->all[i].node, node))
			return &boards->all[i];
	return NULL;
}

struct board *boards_known(struct boards *boards, const char *address)
{
	unsigned int i;

	for (i = 0; i < boards->count; i++)
		if (!strcmp(boards->all[i].address, address))
			return &boards->all[i];
	return NULL;
}

struct board *boards_new(struct boards *boards, const char *address)
{
	struct board *board = NULL;
	unsigned int i;

	if (boards->count < LIMEN_SERVICE_BOARDS_MAX)
		board = &boards->all[boards->count++];
	for (i = 0; !board && i < boards->count; i++)
		if (!boards->all[i].backend && !boards->all[i].condemned)
			board = &boards->all[i];
	if (!board)
		return NULL;
	/* A thread that waits in this place waits for whoever is in it. */
	memset(board, 0, offsetof(struct board, worker));
	snprintf(board->address, sizeof(board->address), "%s", address);
	return board;
}

bool boards_any_condemned(const struct boards *boards)
{
	unsigned int i;

	for (i = 0; i < boards->count; i++)
		if (boards->all[i].condemned)
			return true;
	return false;
}

unsigned int boards_serving(const struct boards *boards)
{
	unsigned int count = 0, i;

	for (i = 0; i < boards->count; i++)
		count += board_serves(&boards->all[i]);
	return count;
}

unsigned int boards_idle(const struct boards *boards)
{
	unsigned int count = 0, i;

	for (i = 0; i < boards->count; i++) {
		const struct board *board = &boards->all[i];

		count += board_serves(board) && !board->work && !board_rests(board);
	}
	return count;
}

/* Whether the first one has less to do than the second. */
static bool freer(const struct board *first, const struct board *second)
{
	bool rests = board_rests(first);

	if (rests != board_rests(second))
		return !rests;
	if (!first->work != !second->work)
		return !first->work;
	return first->turn < second->turn;
}

struct board *boards_pick(struct boards *boards)
{
	struct board *best = NULL;
	unsigned int i;

	for (i = 0; i < boards->count; i++) {
		struct board *board = &boards->all[i];

		if (board_serves(board) && (!best || freer(board, best)))
			best = board;
	}
	return best;
}
