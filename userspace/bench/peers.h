/* SPDX-License-Identifier: MIT */
/* Talks to limen-bench-peers; see peers/peer.h for what is said. */
#ifndef LIMEN_BENCH_PEERS_H
#define LIMEN_BENCH_PEERS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

/**
 * struct bench_peers - a running limen-bench-peers
 * @pid: its process, or 0
 * @to: what it reads
 * @from: what it writes
 * @reason: why it does not run
 */
struct bench_peers {
	pid_t pid;
	FILE *to;
	FILE *from;
	char reason[200];
};

/*
 * Starts it, with one thread, memory in huge pages, and OpenBLAS told to be on that
 * core, or finding out itself if core is NULL. If it cannot be started, nothing
 * below succeeds.
 */
void bench_peers_start(struct bench_peers *peers, const char *core);
void bench_peers_stop(struct bench_peers *peers);
/* These return 0, or -1 and a reason in text. On success, text is what it is. */
int bench_peers_prepare(struct bench_peers *peers, const char *peer,
			uint32_t rows, uint32_t probes, char *text,
			size_t size);

/**
 * struct bench_peers_answer - what a run came to
 * @elapsed: nanoseconds
 * @missed: of how many probes the best row is not the one they were made from
 * @others: rows given that are not among the best
 * @wrong: of a million products, how many are not what they must be
 */
struct bench_peers_answer {
	uint64_t elapsed;
	uint64_t missed;
	uint64_t others;
	uint64_t wrong;
};

int bench_peers_run(struct bench_peers *peers, const char *peer,
		    struct bench_peers_answer *run, char *text, size_t size);
void bench_peers_drop(struct bench_peers *peers, const char *peer);
/* Kilobytes resident, and of these in huge pages. */
int bench_peers_memory(struct bench_peers *peers, int64_t *resident,
		       uint64_t *huge);

#endif /* LIMEN_BENCH_PEERS_H */
