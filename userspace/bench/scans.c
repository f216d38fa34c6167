// SPDX-License-Identifier: MIT
/* Searches that go on while something else is measured. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "node.h"
#include "scans.h"

/* Some hundred chunks; a scanner always has several searches before the board. */
#define ROWS 4096
#define BATCH 4
#define TOP 10
#define RESULT_SIZE 4096
#define PATIENCE_S 60

static int prepare_scan(struct bench_node *node, uint32_t *queue,
			struct drm_limen_scan scans[BATCH])
{
	struct bench_buffer rows = {}, host = {};
	struct limen_template tmpl;
	uint32_t gallery = 0;
	unsigned int i;

	if (bench_node_open(node) ||
	    bench_node_buffer(node, &rows, (size_t)ROWS * BENCH_NODE_DIM,
			      DRM_LIMEN_BO_CARD) ||
	    bench_node_buffer(node, &host, (BATCH + 1) * RESULT_SIZE, 0) ||
	    bench_node_queue(node, DRM_LIMEN_QUEUE_SCAN, queue))
		return FAILED;
	for (i = 0; i < ROWS; i++) {
		bench_template(&tmpl, BENCH_NODE_DIM, i);
		memcpy((uint8_t *)rows.memory + (size_t)i * BENCH_NODE_DIM,
		       tmpl.vector, BENCH_NODE_DIM);
	}
	memcpy(host.memory, tmpl.vector, BENCH_NODE_DIM);
	if (bench_node_gallery(node, &rows, ROWS, &gallery))
		return FAILED;
	for (i = 0; i < BATCH; i++)
		scans[i] = (struct drm_limen_scan){
			.gallery = gallery,
			.probe_handle = host.handle,
			.row_count = ROWS,
			.top_k = TOP,
			.result_handle = host.handle,
			.result_offset = (i + 1) * RESULT_SIZE,
			.result_size = sizeof(struct drm_limen_scan_result),
			.row_size = sizeof(struct drm_limen_scan_row),
		};
	return DONE;
}

/* A scanner's whole life; it ends when its parent does. */
static void scan_when_told(struct bench_scanner *scanner)
{
	struct drm_limen_scan scans[BATCH];
	struct bench_node node = {};
	uint32_t queue = 0;
	int error;

	scanner->failed = prepare_scan(&node, &queue, scans) != DONE;
	sem_post(&scanner->idle);
	while (!scanner->failed) {
		while (sem_wait(&scanner->go))
			;
		while (scanner->on && !scanner->failed) {
			error = bench_node_scan(&node, queue, scans, BATCH);
			if (error)
				fail("scans: %s", strerror(-error));
			scanner->failed = error != 0;
			scanner->done += BATCH;
		}
		sem_post(&scanner->idle);
	}
	_exit(FAILED);
}

static int start_scanner(struct bench_scanner *scanner)
{
	pid_t parent = getpid();

	if (sem_init(&scanner->go, 1, 0) || sem_init(&scanner->idle, 1, 0))
		return fail("no semaphore: %s", strerror(errno));
	scanner->pid = fork();
	if (scanner->pid < 0)
		return fail("no new process: %s", strerror(errno));
	if (scanner->pid)
		return DONE;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent)
		_exit(FAILED);
	scan_when_told(scanner);
	return DONE;
}

static int await_idle(struct bench_scanner *scanner)
{
	struct timespec end;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += PATIENCE_S;
	while (sem_timedwait(&scanner->idle, &end))
		if (errno != EINTR)
			return fail("scans: a process does not stop");
	return scanner->failed ? FAILED : DONE;
}

void bench_scans_resume(struct bench_scanner *scanners)
{
	unsigned int i;

	for (i = 0; i < BENCH_SCANNERS; i++) {
		scanners[i].on = true;
		sem_post(&scanners[i].go);
	}
}

int bench_scans_pause(struct bench_scanner *scanners)
{
	int result = DONE;
	unsigned int i;

	for (i = 0; i < BENCH_SCANNERS; i++)
		scanners[i].on = false;
	for (i = 0; i < BENCH_SCANNERS; i++) {
		int error = await_idle(&scanners[i]);

		if (error)
			result = error;
	}
	return result;
}

uint64_t bench_scans_done(const struct bench_scanner *scanners)
{
	uint64_t done = 0;
	unsigned int i;

	for (i = 0; i < BENCH_SCANNERS; i++)
		done += scanners[i].done;
	return done;
}

void bench_scans_stop(struct bench_scanner *scanners)
{
	unsigned int i;

	for (i = 0; i < BENCH_SCANNERS; i++) {
		if (scanners[i].pid <= 0)
			continue;
		kill(scanners[i].pid, SIGKILL);
		waitpid(scanners[i].pid, NULL, 0);
	}
	munmap(scanners, BENCH_SCANNERS * sizeof(*scanners));
}

struct bench_scanner *bench_scans_start(void)
{
	struct bench_scanner *scanners;
	int result = DONE;
	unsigned int i;

	scanners = mmap(NULL, BENCH_SCANNERS * sizeof(*scanners),
			PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
			0);
	if (scanners == MAP_FAILED) {
		fail("no memory");
		return NULL;
	}
	for (i = 0; !result && i < BENCH_SCANNERS; i++)
		result = start_scanner(&scanners[i]) ?: await_idle(&scanners[i]);
	if (!result)
		return scanners;
	bench_scans_stop(scanners);
	return NULL;
}
