/* SPDX-License-Identifier: MIT */
/*
 * Scores of a board, computed again on the CPU before they are given. The board
 * cannot know which: chance decides for each score once it is there.
 */
#ifndef LIMEND_RECHECK_H
#define LIMEND_RECHECK_H

#include <limen.h>

/* Random numbers drawn from the kernel at once; 256 bytes come in one piece. */
#define RECHECK_DRAWN 64

/**
 * struct recheck - which scores, and what became of it
 * @rate: one of so many is computed again; 0: none
 * @done: computed again so far
 * @mismatches: of these, so many were wrong
 * @unchecked: scores that have been given and were not computed again
 * @left: of @drawn, not used yet
 * @drawn: random numbers
 */
struct recheck {
	uint32_t rate;
	uint64_t done;
	uint64_t mismatches;
	uint64_t unchecked;
	unsigned int left;
	uint32_t drawn[RECHECK_DRAWN];
};

/*
 * Computes some of the pairs that have a score again, with the reference backend,
 * and returns whether all of them are right.
 */
bool recheck_passes(struct recheck *recheck, struct limen_backend *reference,
		    const struct limen_pair *pairs, unsigned int count);

#endif /* LIMEND_RECHECK_H */
