/* SPDX-License-Identifier: MIT */
/* The CPU backend: the search for one probe by one thread. */
#ifndef LIMEN_SEEKER_H
#define LIMEN_SEEKER_H

#include <match.h>

#include "gallery.h"
#include "ranking.h"

/* Most rows of a unit; a block of a gallery is a whole number of these. */
#define UNIT_MAX 16384
/* Deferred rows of a thread; when there may be more they are settled. */
#define DEFERRED_MAX 65536

/**
 * struct deferred - a candidate whose fine half may turn out not to matter
 * @row: its number in the gallery
 * @coarse: see struct match_candidate
 * @limit2: the square of its limit, divided by the row's squared norm
 */
struct deferred {
	uint32_t row;
	int32_t coarse;
	float limit2;
};

/**
 * struct scratch - memory for the searches of a thread, one after another
 * @candidates: of a unit
 * @deferred: candidates of several units
 * @candidates_used: how many have been written since the memory was wiped
 * @deferred_used: likewise
 */
struct scratch {
	struct match_candidate candidates[UNIT_MAX];
	struct deferred deferred[DEFERRED_MAX];
	uint32_t candidates_used;
	uint32_t deferred_used;
};

HIDDEN void scratch_wipe(struct scratch *scratch);

/**
 * struct seeker - the search for one probe by one thread
 * @match: what kernels know of it
 * @kernels: what computes
 * @view: what is searched
 * @ranking: the best rows that the thread has met
 * @list: instead of them all rows, for search_all
 * @least: rows less similar are not for the result
 * @unit: first row of the unit at hand
 * @first: no row before this one is still to be met
 * @step: rows to be sieved at once
 * @rest: rows to be read whole before the sieve is tried again
 * @rest_next: what @rest will be set to
 * @scratch: shared by all seekers of the thread
 * @defers: has @scratch->deferred to itself
 * @deferred: how many rows are there
 * @error: a row found no room
 */
struct seeker {
	struct match_search match;
	const struct match_kernels *kernels;
	const struct gallery_view *view;
	struct ranking ranking;
	struct row_list list;
	int32_t least;
	uint32_t unit;
	uint32_t first;
	uint32_t step;
	uint32_t rest;
	uint32_t rest_next;
	struct scratch *scratch;
	bool defers;
	uint32_t deferred;
	int error;
};

/* Some of these rows, from a multiple of 64 on. */
HIDDEN struct match_rows rows_part(const struct match_rows *rows, uint32_t dim,
				   uint32_t from, uint32_t count);

/* For a seeker whose probe, ranking and pointers have been set. */
HIDDEN void seeker_start(struct seeker *seeker, int32_t min_similarity,
			 bool all);
/*
 * Before and after a unit: rows below @floor are not for the result, as some
 * thread knows; atomic.
 */
HIDDEN void seeker_begin(struct seeker *seeker, uint32_t unit,
			 const int32_t *floor);
HIDDEN void seeker_end(const struct seeker *seeker, int32_t *floor);
/* Searches rows of the unit. */
HIDDEN void seeker_search(struct seeker *seeker, const struct match_rows *rows);
/* Reads what has been deferred, as far as it may still matter. */
HIDDEN void seeker_settle(struct seeker *seeker);

#endif /* LIMEN_SEEKER_H */
