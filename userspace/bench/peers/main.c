// SPDX-License-Identifier: MIT
/* limen-bench-peers: see peer.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../data.h"
#include "exact.h"

#define PEERS 7

static const struct peer *const peers[PEERS] = {
	&peer_faiss_flat, &peer_faiss_int8, &peer_openblas, &peer_onednn, &peer_numkong,
	&peer_numkong_pairs, &peer_numkong_chain,
};

/* What each was given; no probes: nothing. And what its rows have to reach. */
static struct {
	uint32_t rows;
	uint32_t probes;
	double bounds[PEER_PROBES_MAX];
} prepared[PEERS];

int64_t peer_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void fill_rows(uint32_t first, uint32_t count, float *rows, int biased,
		      int divided)
{
	int8_t vector[BENCH_DIM];
	uint32_t i, j;

	for (i = 0; i < count; i++) {
		float scale = 1;

		bench_data_row(first + i, vector);
		if (divided)
			scale = 1 / sqrtf(peer_dot(vector, vector));
		for (j = 0; j < BENCH_DIM; j++)
			rows[(size_t)i * BENCH_DIM + j] =
				(vector[j] + biased) * scale;
	}
}

void peer_rows_float(uint32_t first, uint32_t count, float *rows)
{
	fill_rows(first, count, rows, 0, 0);
}

void peer_rows_unit(uint32_t first, uint32_t count, float *rows)
{
	fill_rows(first, count, rows, 0, 1);
}

void peer_rows_unsigned(uint32_t first, uint32_t count, float *rows)
{
	fill_rows(first, count, rows, 128, 0);
}

static void prepare_peer(unsigned int which, unsigned long rows,
			 unsigned long probes)
{
	char text[PEER_TEXT_SIZE] = "";

	if (!rows || rows > BENCH_ROWS_MAX || !probes ||
	    probes > PEER_PROBES_MAX) {
		puts("error rows or probes out of range");
		return;
	}
	if (prepared[which].probes)
		peers[which]->drop();
	prepared[which].probes = 0;
	if (peers[which]->prepare(rows, probes, text)) {
		printf("error %s\n", text);
		return;
	}
	prepared[which].rows = rows;
	prepared[which].probes = probes;
	if (peers[which]->searching)
		exact_bounds(rows, probes, prepared[which].bounds);
	printf("ok %s\n", text);
}

static void run_peer(unsigned int which)
{
	static int64_t best[PEER_PROBES_MAX][PEER_TOP];
	const uint32_t rows = prepared[which].rows, probes = prepared[which].probes;
	char text[PEER_TEXT_SIZE] = "";
	int8_t vector[BENCH_DIM];
	uint32_t i, missed = 0, others = 0;
	int64_t start, elapsed;

	if (!probes) {
		puts("error not prepared");
		return;
	}
	start = peer_now();
	if (peers[which]->run(best, text)) {
		printf("error %s\n", text);
		return;
	}
	elapsed = peer_now() - start;
	for (i = 0; peers[which]->searching && i < probes; i++) {
		missed += best[i][0] != bench_data_probe(i, rows, vector);
		others += exact_others(rows, i, prepared[which].bounds[i], best[i]);
	}
	printf("ok %lld %u %u %llu\n", (long long)elapsed, missed, others,
	       peers[which]->wrong ? (unsigned long long)peers[which]->wrong() : 0);
}

static void drop_peer(unsigned int which)
{
	if (prepared[which].probes)
		peers[which]->drop();
	prepared[which].probes = 0;
	puts("ok");
}

/* Kilobytes, if the line is about that name. */
static void note_kilobytes(const char *line, const char *name, unsigned long *kilobytes)
{
	if (!strncmp(line, name, strlen(name)))
		*kilobytes = strtoul(line + strlen(name), NULL, 10);
}

static void tell_memory(void)
{
	FILE *file = fopen("/proc/self/smaps_rollup", "re");
	unsigned long resident = 0, huge = 0;
	char line[200];

	while (file && fgets(line, sizeof(line), file)) {
		note_kilobytes(line, "Rss:", &resident);
		note_kilobytes(line, "AnonHugePages:", &huge);
	}
	if (file)
		fclose(file);
	printf("ok %lu %lu\n", resident, huge);
}

/* The next word of a line; "" if there is none. */
static const char *next_word(char **line)
{
	const char *found = strsep(line, " \n");

	return found ? found : "";
}

static void obey_line(char *line)
{
	const char *verb = next_word(&line), *name = next_word(&line);
	unsigned long rows, probes;
	unsigned int which;

	if (!strcmp(verb, "memory")) {
		tell_memory();
		return;
	}
	for (which = 0; which < PEERS; which++)
		if (!strcmp(name, peers[which]->name))
			break;
	if (which == PEERS) {
		puts("error no such peer");
	} else if (!strcmp(verb, "prepare")) {
		rows = strtoul(next_word(&line), NULL, 10);
		probes = strtoul(next_word(&line), NULL, 10);
		prepare_peer(which, rows, probes);
	} else if (!strcmp(verb, "run")) {
		run_peer(which);
	} else if (!strcmp(verb, "drop")) {
		drop_peer(which);
	} else {
		puts("error no such command");
	}
}

int main(void)
{
	char line[200];

	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	if (bench_data_open()) {
		puts("error no memory");
		return 1;
	}
	while (fgets(line, sizeof(line), stdin))
		obey_line(line);
	bench_data_close();
	return 0;
}
