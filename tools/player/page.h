/* SPDX-License-Identifier: MIT */
/*
 * The page that shows what was played: one HTML file, nothing beside it.
 */
#ifndef PLAYER_PAGE_H
#define PLAYER_PAGE_H

#include "counterpart.h"
#include "picture.h"
#include "traveller.h"

/**
 * struct played - a transit that was played
 * @traveller: who
 * @document: the portrait; empty if it cannot be shown
 * @booth: what the camera saw
 * @error: 0, or why the gate gave no answer: a negative errno
 * @answer: the gate's, if there is no error
 * @expected: whether it is what had to come
 */
struct played {
	const struct traveller *traveller;
	struct picture document;
	struct picture booth;
	int error;
	struct answer answer;
	bool expected;
};

/* What a reason means, in a sentence. */
const char *page_reason(const char *reason);

/**
 * page_write() - write the page
 * @path: where to; replaced in one step
 * @played: the transits
 * @count: how many
 *
 * Return: 0 or a negative errno.
 */
int page_write(const char *path, const struct played *played, size_t count);

#endif /* PLAYER_PAGE_H */
