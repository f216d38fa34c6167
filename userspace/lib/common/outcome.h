/* SPDX-License-Identifier: MIT */
/*
 * Part of private.h. What a comparison yields: a score or an error, and never both. All
 * that tells callers of a score is written here, and nowhere else.
 */
#ifndef LIMEN_OUTCOME_H
#define LIMEN_OUTCOME_H

/* A pair that no backend has settled yet. */
#define PAIR_OPEN (-EINPROGRESS)

/* Whether a board or a service may have got this score from vectors this long. */
HIDDEN bool score_possible(const struct limen_score *score, uint32_t dim);

/**
 * outcome_write() - write a score, or an error and zeros
 * @error: out: 0 or a negative errno
 * @score: out
 * @claimed: the error, as somebody else says
 * @told: the score, likewise; it counts only without an error
 * @dim: components of the vectors
 * @impossible: the error if neither can be
 *
 * Return: whether what was claimed can be.
 */
HIDDEN bool outcome_write(int *error, struct limen_score *score, int claimed,
			  struct limen_score told, uint32_t dim, int impossible);

/* The same for a pair; what it cannot be is the device's failure. */
HIDDEN void pair_settle(struct limen_pair *pair, int claimed,
			struct limen_score told, uint64_t device_ns);
/* A pair without a score. */
HIDDEN void pair_fail(struct limen_pair *pair, int error);

#endif /* LIMEN_OUTCOME_H */
