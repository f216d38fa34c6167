// SPDX-License-Identifier: MIT
/*
 * search SET: the CPU backend of liblimen on a processor whose fastest usable
 * instruction set is SET: what it chooses, what it refuses, and that searches of
 * a gallery find the same rows by all sets. Prints TAP.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gallery.h>

#include "batch.h"
#include "tap.h"

#define ROWS 20000
#define PROBES 5
#define TOP_K 50
#define WAIT_MS 300000

/* The best rows of each probe, and their number. */
struct results {
	struct limen_row rows[PROBES * TOP_K];
	uint32_t counts[PROBES];
};

struct population {
	struct limen_gallery *gallery;
	struct limen_template probes[PROBES];
};

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void roll_template(struct dice *dice, struct limen_template *tmpl,
			  uint32_t dim)
{
	memset(tmpl, 0, sizeof(*tmpl));
	tmpl->dim = dim;
	do
		roll_probe(dice, tmpl->vector, dim);
	while (!tmpl->vector[dim - 1]);
}

static void populate(struct population *population, uint32_t dim)
{
	struct dice dice = { .state = dim };
	struct limen_template tmpl;
	uint32_t i;

	for (i = 0; i < PROBES; i++)
		roll_template(&dice, &population->probes[i], dim);
	if (limen_gallery_create(&population->gallery,
				 population->probes[0].model, dim))
		die("gallery");
	for (i = 0; i < ROWS; i++) {
		roll_template(&dice, &tmpl, dim);
		if (limen_gallery_add(population->gallery, &tmpl) != i)
			die("row");
	}
	for (i = 0; i < ROWS; i += 1 + roll_below(&dice, 200))
		if (limen_gallery_remove(population->gallery, i))
			die("removal");
}

static void find(const struct population *population, const char *set,
		 unsigned int threads, struct results *results)
{
	const struct limen_template *probes[PROBES];
	struct gallery_view view = gallery_view_get(population->gallery);
	struct search_request request = {
		.probes = probes,
		.count = PROBES,
		.view = &view,
		.top_k = TOP_K,
		.min_similarity = -LIMEN_SIMILARITY_ONE,
		.rows = results->rows,
		.counts = results->counts,
		.deadline = deadline_in(WAIT_MS),
	};
	struct limen_backend *backend;
	uint32_t i;

	memset(results, 0, sizeof(*results));
	for (i = 0; i < PROBES; i++)
		probes[i] = &population->probes[i];
	if (cpu_open(&backend, set) || backend->ops->threads(backend, threads) ||
	    backend->ops->search(backend, &request))
		die(set);
	backend->ops->close(backend);
	gallery_view_put(&view);
}

/* Whether these rows are of such scores, and in rank. */
static bool plausible(const struct population *population,
		      const struct results *results)
{
	struct limen_template tmpl;
	uint32_t probe, i;

	for (probe = 0; probe < PROBES; probe++) {
		const struct limen_row *rows = &results->rows[probe * TOP_K];

		if (results->counts[probe] != TOP_K)
			return false;
		for (i = 0; i < TOP_K; i++) {
			struct limen_score score;

			if (limen_gallery_row(population->gallery, rows[i].row,
					      &tmpl))
				return false;
			score = limen_score_vectors(
				population->probes[probe].vector, tmpl.vector,
				tmpl.dim);
			if (score.raw != rows[i].score.raw ||
			    score.similarity != rows[i].score.similarity ||
			    (i && score.similarity >
					  rows[i - 1].score.similarity))
				return false;
		}
	}
	return true;
}

static void check_searches(uint32_t dim)
{
	const struct match_kernels *const *kernels;
	static struct results plain, results;
	struct population population;
	unsigned int threads;

	populate(&population, dim);
	find(&population, "plain", 1, &plain);
	tap_result(plausible(&population, &plain),
		   "plain: the best of %d rows of %u components", ROWS, dim);
	for (kernels = match_kernels_all; *kernels; kernels++) {
		for (threads = 1; threads <= 2; threads++) {
			const char *name = (*kernels)->name;

			if ((*kernels)->unusable())
				continue;
			find(&population, name, threads, &results);
			tap_result(!memcmp(&results, &plain, sizeof(plain)),
				   "%s, threads: %u: the same rows of %u components",
				   name, threads, dim);
		}
	}
	limen_gallery_close(population.gallery);
}

/* What cannot be used is refused by name, with a reason for people. */
static int check_listed(const struct limen_backend_info *info, void *context)
{
	struct limen_backend *backend;
	int error = cpu_open(&backend, info->node);

	(void)context;
	if (!error)
		backend->ops->close(backend);
	if (info->reason[0])
		tap_result(error == -EOPNOTSUPP, "%s is refused: %s",
			   info->node, info->reason);
	else
		tap_result(!error, "%s is usable", info->node);
	return 0;
}

int main(int argc, char **argv)
{
	struct limen_backend *backend;
	char expected[64];

	if (argc != 2 || cpu_open(&backend, NULL))
		return 2;
	snprintf(expected, sizeof(expected), "CPU, %s", argv[1]);
	tap_result(!strcmp(backend->description, expected), "chosen: %s",
		   backend->description);
	backend->ops->close(backend);
	cpu_list(check_listed, NULL);
	check_searches(LIMEN_DIM_MAX);
	check_searches(MATCH_UNIT * 3);
	return tap_end();
}
