/* SPDX-License-Identifier: MIT */
/* Searches that go on while something else is measured. */
#ifndef LIMEN_BENCH_SCANS_H
#define LIMEN_BENCH_SCANS_H

#include <semaphore.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define BENCH_SCANNERS 3

/**
 * struct bench_scanner - a process that searches while it is told to
 * @pid: of it
 * @go: posted to have it search
 * @idle: posted by it when it has stopped, for the first time when it is ready
 * @on: whether it is to go on
 * @failed: it has ended, after a line
 * @done: searches finished
 */
struct bench_scanner {
	pid_t pid;
	sem_t go;
	sem_t idle;
	volatile bool on;
	volatile bool failed;
	volatile uint64_t done;
};

/* Starts them, each with a file of its own, at rest; NULL after a line. */
struct bench_scanner *bench_scans_start(void);
void bench_scans_resume(struct bench_scanner *scanners);
/* Returns once the last search has finished: DONE, or FAILED after a line. */
int bench_scans_pause(struct bench_scanner *scanners);
uint64_t bench_scans_done(const struct bench_scanner *scanners);
void bench_scans_stop(struct bench_scanner *scanners);

#endif /* LIMEN_BENCH_SCANS_H */
