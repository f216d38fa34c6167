/* SPDX-License-Identifier: MIT */
/* What the tests of the board share: lines of KTAP, and the backends. */
#ifndef BOARD_KTAP_H
#define BOARD_KTAP_H

#include <stdio.h>

#include <limen.h>

/* Simulated gateware takes seconds for what a board does in milliseconds. */
#define TIMEOUT_MS 120000

static struct limen_backend *board, *cpu;
static unsigned int tests, failures;

static inline void result(bool good, const char *name, const char *detail)
{
	printf("%s %u %s%s%s\n", good ? "ok" : "not ok", ++tests, name,
	       good ? "" : ": ", good ? "" : detail);
	failures += !good;
}

static inline bool same(const struct limen_score *a,
			const struct limen_score *b)
{
	return a->raw == b->raw && a->similarity == b->similarity;
}

/* Opens the board, and the CPU as the reference. */
static inline int backends_open(const char *node)
{
	int error = limen_backend_open(&cpu, LIMEN_BACKEND_CPU, "plain");

	if (!error)
		error = limen_backend_open(&board, LIMEN_BACKEND_BOARD, node);
	if (error)
		fprintf(stderr, "no backend: %s\n", limen_strerror(error));
	setvbuf(stdout, NULL, _IOLBF, 0);
	return error;
}

static inline void backends_close(void)
{
	limen_backend_close(board);
	limen_backend_close(cpu);
}

#endif /* BOARD_KTAP_H */
