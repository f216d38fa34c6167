// SPDX-License-Identifier: MIT
/*
 * The pairs and searches that every backend gets, by the engines of the simulated card,
 * through their registers.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <drawn.h>
#include <shell.h>
#include <tap.h>

#include "engine.h"

/* No divisor of the rows: the last chunk is a smaller one. */
#define CHUNK		400
#define FIRST		7

_Static_assert(DRAWN_SPACE <= ENGINE_MEMORY, "galleries fit");

/* Cycles of a comparison and of a scan that all engines have to tell, give or take a tenth. */
#define COMPARE_CYCLES	127
#define SCAN_CYCLES	4300

/* SHELL_DONE or SHELL_REFUSED: what becomes of a job. */
static uint32_t run(uint32_t what)
{
	engine.go(what);
	while (engine.read(SHELL_ENGINE_STATE) == SHELL_BUSY)
		engine.step();
	return engine.read(SHELL_ENGINE_STATE);
}

static void set_probe(const int8_t *probe, uint32_t dim)
{
	memcpy(engine.sram(), probe, dim);
	engine.write(SHELL_ENGINE_PROBE, SHELL_SRAM_ADDRESS);
	engine.write(SHELL_ENGINE_DIM, dim);
}

static bool compares(const struct limen_pair *pair)
{
	uint32_t dim = pair->probe->dim;

	set_probe(pair->probe->vector, dim);
	memcpy(engine.sram() + LIMEN_DIM_MAX, pair->reference->vector, dim);
	engine.write(SHELL_ENGINE_REFERENCE, SHELL_SRAM_ADDRESS + LIMEN_DIM_MAX);
	return run(SHELL_ENGINE_COMPARE) == SHELL_DONE &&
	       (int32_t)engine.read(SHELL_ENGINE_RAW) == pair->score.raw &&
	       (int32_t)engine.read(SHELL_ENGINE_SIMILARITY) ==
		       pair->score.similarity;
}

static void check_pairs(void)
{
	struct limen_template probe, reference;
	struct limen_pair pair = { .probe = &probe, .reference = &reference };
	unsigned int bad = 0;

	for (unsigned int i = 0; i < DRAWN_PAIRS; i++) {
		drawn_pair(i, &probe, &reference, &pair.score);
		bad += !compares(&pair);
	}
	tap_result(!bad, "%u pairs, engine %s: %u wrong", DRAWN_PAIRS, engine.name,
		   bad);
	if (engine.keeps_vectors)
		tap_result(!engine.keeps_vectors(), "engine %s keeps no vector", engine.name);
}

/* A comparison between two chunks leaves the search alone. */
static bool scans_in_chunks(const struct drawn_search *search)
{
	uint32_t dim = search->probe.dim;
	bool good = true;

	set_probe(search->probe.vector, dim);
	engine.write(SHELL_ENGINE_STRIDE, search->stride);
	engine.write(SHELL_ENGINE_TOP_K, search->top_k);
	engine.write(SHELL_ENGINE_LEAST, (uint32_t)search->least);
	engine.write(SHELL_ENGINE_REFERENCE, SHELL_SRAM_ADDRESS);
	for (uint32_t i = 0; i < DRAWN_ROWS; i += CHUNK) {
		uint32_t left = DRAWN_ROWS - i;

		engine.write(SHELL_ENGINE_ROWS_LO, i * search->stride);
		engine.write(SHELL_ENGINE_FIRST, FIRST + i);
		engine.write(SHELL_ENGINE_COUNT, left < CHUNK ? left : CHUNK);
		good &= run(i ? SHELL_ENGINE_GO_ON : SHELL_ENGINE_SCAN) ==
			SHELL_DONE;
		good &= run(SHELL_ENGINE_COMPARE) == SHELL_DONE;
	}
	return good && run(SHELL_ENGINE_SORT) == SHELL_DONE;
}

static bool engine_finds(const struct drawn_search *search)
{
	if (!scans_in_chunks(search) ||
	    engine.read(SHELL_ENGINE_FOUND) != search->count)
		return false;
	for (uint32_t i = 0; i < search->count; i++) {
		engine.write(SHELL_ENGINE_INDEX, i);
		if (!drawn_row_is(&search->rows[i],
			    engine.read(SHELL_ENGINE_ROW) - FIRST,
			    (int32_t)engine.read(SHELL_ENGINE_ROW_RAW),
			    (int32_t)engine.read(SHELL_ENGINE_ROW_SIMILARITY)))
			return false;
	}
	return true;
}

static void check_searches(void)
{
	for (unsigned int i = 0; i < DRAWN_SEARCHES; i++) {
		struct drawn_search search;

		drawn_search(i, (int8_t *)engine.memory, &search);
		tap_result(engine_finds(&search),
			   "%u of %u rows, dimension %u, engine %s", search.count,
			   DRAWN_ROWS, search.probe.dim, engine.name);
	}
}

/* A tenth is what a program may be wrong about the time that the gateware takes. */
static void check_cycles(uint32_t what, const char *name, uint64_t due)
{
	uint64_t cycles;

	engine.write(SHELL_ENGINE_DIM, LIMEN_DIM_MAX);
	engine.write(SHELL_ENGINE_ROWS_LO, 0);
	engine.write(SHELL_ENGINE_STRIDE, LIMEN_DIM_MAX);
	engine.write(SHELL_ENGINE_COUNT, 128);
	run(what);
	cycles = engine.read(SHELL_ENGINE_CYCLES_LO);
	cycles |= (uint64_t)engine.read(SHELL_ENGINE_CYCLES_HI) << 32;
	tap_result(10 * cycles >= 9 * due && 10 * cycles <= 11 * due,
		   "cycles of %s, engine %s", name, engine.name);
	printf("# figure: %" PRIu64 " cycles of %s, engine %s\n", cycles, name,
	       engine.name);
}

/* What is stopped is refused, and the next job has nothing of it. */
static void check_stop(void)
{
	struct limen_template vector = { .dim = LIMEN_DIM_MAX };
	struct limen_pair pair = { .probe = &vector, .reference = &vector };
	bool refused;

	drawn_vector(vector.vector, vector.dim);
	pair.score = limen_score_vectors(vector.vector, vector.vector, vector.dim);
	set_probe(vector.vector, vector.dim);
	engine.write(SHELL_ENGINE_ROWS_LO, 0);
	engine.write(SHELL_ENGINE_STRIDE, vector.dim);
	engine.write(SHELL_ENGINE_TOP_K, 1);
	engine.write(SHELL_ENGINE_COUNT, DRAWN_ROWS);
	engine.go(SHELL_ENGINE_SCAN);
	engine.go(SHELL_ENGINE_STOP);
	refused = engine.read(SHELL_ENGINE_STATE) == SHELL_REFUSED;
	tap_result(refused && compares(&pair), "engine %s stops", engine.name);
}

/* Nor after WIPE, or a reset in the middle of a scan. */
static void check_wipes(void)
{
	bool wiped = run(SHELL_ENGINE_WIPE) == SHELL_DONE &&
		     !engine.read(SHELL_ENGINE_RAW) &&
		     !engine.read(SHELL_ENGINE_FOUND);

	check_stop();
	engine.go(SHELL_ENGINE_SCAN);
	engine.reset();
	wiped &= engine.read(SHELL_ENGINE_STATE) == SHELL_DONE &&
		 !engine.read(SHELL_ENGINE_PROBE);
	check_stop();
	tap_result(wiped, "engine %s forgets", engine.name);
}

int main(void)
{
	if (!engine.create())
		return 1;
	check_pairs();
	check_searches();
	check_cycles(SHELL_ENGINE_COMPARE, "a comparison of 512 components",
		     COMPARE_CYCLES);
	check_cycles(SHELL_ENGINE_SCAN, "128 rows of 512 components", SCAN_CYCLES);
	check_wipes();
	engine.destroy();
	return tap_end();
}
