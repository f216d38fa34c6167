// SPDX-License-Identifier: MIT
/*
 * planes [-s SEED]: what kernels build on: rows that survive being split into
 * planes, limits that hold, and scores that are the contract's. Prints TAP.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "batch.h"
#include "tap.h"

#define ROUNDS 2000

static uint32_t norm2_of(const int8_t *vector, uint32_t dim)
{
	return limen_score_vectors(vector, vector, dim).raw;
}

/* The probe's sum against the halves of a row that lie in one plane. */
static int32_t sum_of(const struct match_probe *probe, const uint8_t *plane)
{
	int32_t sum = 0;
	uint32_t i, half = probe->dim / 2;

	for (i = 0; i < half; i++) {
		const int8_t(*line)[64] = probe->facing[i / 64];

		sum += (plane[i] & 15) * line[0][i % 64] +
		       (plane[i] >> 4) * line[1][i % 64];
	}
	return sum;
}

/* Whether what kernels compute from planes is what the vectors say. */
static bool planes_agree(const int8_t *a, const int8_t *b, uint32_t dim)
{
	uint8_t planes[2][LIMEN_DIM_MAX / 2];
	int8_t joined[LIMEN_DIM_MAX];
	struct match_probe probe;
	int32_t raw = limen_score_vectors(a, b, dim).raw;
	int32_t coarse, fine;
	uint32_t facts;
	float limit;

	match_probe_set(&probe, a, dim);
	facts = match_split(b, dim, planes[0], planes[1]);
	match_join(planes[0], planes[1], dim, joined);
	coarse = sum_of(&probe, planes[0]);
	fine = sum_of(&probe, planes[1]);
	limit = (float)(16 * coarse) + probe.base +
		probe.slope * match_residual(facts);
	return !memcmp(joined, b, dim) &&
	       facts == match_facts(planes[0], planes[1], dim) &&
	       match_norm2(facts) == norm2_of(b, dim) &&
	       probe.norm2 == norm2_of(a, dim) &&
	       16 * coarse + fine - 128 * probe.sum == raw && limit >= raw;
}

static void check_planes(struct dice *dice)
{
	uint32_t dim, round, i, bad = 0;
	int8_t vector[LIMEN_DIM_MAX];

	for (dim = MATCH_UNIT; dim <= LIMEN_DIM_MAX; dim += MATCH_UNIT) {
		for (round = 0; round < ROUNDS / 20; round++) {
			struct batch batch;

			roll_probe(dice, vector, dim);
			batch_roll(&batch, dice, vector, dim, 20);
			for (i = 0; i < 20; i++)
				bad += !planes_agree(
					vector, batch.vectors + i * dim, dim);
			batch_free(&batch);
		}
	}
	tap_result(!bad, "rows survive planes, and no limit is too low: %u bad",
		   bad);
}

/* A squared norm, of any size. */
static uint32_t roll_norm2(struct dice *dice)
{
	return 1 + roll_below(dice, 1u << (1 + roll_below(dice, 23)));
}

/*
 * A raw score next to where the similarity of two such vectors becomes this, as
 * far as Cauchy and Schwarz let it.
 */
static int32_t raw_about(struct dice *dice, int32_t similarity, uint32_t norm2,
			 uint32_t other)
{
	double most = sqrt((double)norm2 * other);
	int32_t raw = most * similarity / LIMEN_SIMILARITY_ONE;

	raw += (int32_t)roll_below(dice, 5) - 2;
	return raw > most ? (int32_t)most : raw < -most ? -(int32_t)most : raw;
}

/* Every way that kernels scale by a norm in. */
static bool below(int32_t raw, uint32_t norm2, float bound)
{
	float root = sqrtf(norm2);

	return (float)raw / root < bound || raw * (1 / root) < bound ||
	       raw < bound * root;
}

static void check_bounds(struct dice *dice)
{
	uint32_t wrong = 0, lost = 0, round;

	for (round = 0; round < 400 * ROUNDS; round++) {
		int32_t least = (int32_t)roll_below(dice, 65540) - 32770;
		struct match_probe probe = { .norm2 = roll_norm2(dice) };
		uint32_t norm2 = roll_norm2(dice);
		int32_t raw = raw_about(dice, least, probe.norm2, norm2);
		int32_t similarity = limen_similarity(raw, probe.norm2, norm2);

		wrong += match_similarity(raw, probe.norm2, norm2) != similarity;
		lost += similarity >= least &&
			below(raw, norm2, match_bound(&probe, least));
	}
	tap_result(!wrong, "similarity is the contract's: %u wrong", wrong);
	tap_result(!lost, "no bound is too high: %u lost", lost);
}

static void check_nothing(void)
{
	struct match_probe probe = {};

	tap_result(!match_similarity(0, 0, 5) && !match_similarity(0, 5, 0) &&
			   !below(0, 0, match_bound(&probe, 0)),
		   "a vector of zeros has the similarity 0");
}

int main(int argc, char **argv)
{
	struct dice dice;
	int option;

	if (getrandom(&dice.state, sizeof(dice.state), 0) !=
	    sizeof(dice.state))
		return 1;
	while ((option = getopt(argc, argv, "s:")) != -1) {
		if (option != 's')
			return 2;
		dice.state = strtoull(optarg, NULL, 0);
	}
	printf("# seed 0x%llx\n", (unsigned long long)dice.state);
	check_planes(&dice);
	check_bounds(&dice);
	check_nothing();
	return tap_end();
}
