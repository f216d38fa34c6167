// SPDX-License-Identifier: MIT
/* Talks to limen-bench-peers. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cli.h>

#include "peers.h"

#define ANSWER_SIZE 512

/* In the child. */
static void become_peers(const char *program, const char *core, int to, int from)
{
	if (dup2(to, STDIN_FILENO) < 0 || dup2(from, STDOUT_FILENO) < 0)
		_exit(FAILED);
	setenv("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1", 1);
	setenv("OMP_NUM_THREADS", "1", 1);
	setenv("OPENBLAS_NUM_THREADS", "1", 1);
	if (core)
		setenv("OPENBLAS_CORETYPE", core, 1);
	else
		unsetenv("OPENBLAS_CORETYPE");
	execl(program, program, NULL);
	_exit(FAILED);
}

static int open_pipes(int to[2], int from[2])
{
	if (pipe2(to, O_CLOEXEC))
		return -1;
	if (!pipe2(from, O_CLOEXEC))
		return 0;
	close(to[0]);
	close(to[1]);
	return -1;
}

/* Leaves the reason if it cannot. */
static void start_peers(struct bench_peers *peers, const char *program,
			const char *core)
{
	pid_t parent = getpid();
	int to[2], from[2];

	if (open_pipes(to, from)) {
		snprintf(peers->reason, sizeof(peers->reason), "no pipe: %s",
			 strerror(errno));
		return;
	}
	peers->pid = fork();
	if (!peers->pid) {
		/* It never outlives the measurement. */
		if (prctl(PR_SET_PDEATHSIG, SIGTERM) || getppid() != parent)
			_exit(FAILED);
		become_peers(program, core, to[0], from[1]);
	}
	close(to[0]);
	close(from[1]);
	peers->to = fdopen(to[1], "w");
	peers->from = fdopen(from[0], "r");
	if (peers->pid > 0 && peers->to && peers->from)
		return;
	bench_peers_stop(peers);
	snprintf(peers->reason, sizeof(peers->reason), "no new process");
}

void bench_peers_start(struct bench_peers *peers, const char *core)
{
	static const char *const places[] = { "limen-bench-peers", NULL };
	char program[PATH_MAX];

	*peers = (struct bench_peers){};
	if (find_program(places, program))
		start_peers(peers, program, core);
	else
		strcpy(peers->reason, "limen-bench-peers is not installed");
}

void bench_peers_stop(struct bench_peers *peers)
{
	if (peers->to)
		fclose(peers->to);
	if (peers->from)
		fclose(peers->from);
	if (peers->pid > 0) {
		kill(peers->pid, SIGTERM);
		waitpid(peers->pid, NULL, 0);
	}
	*peers = (struct bench_peers){};
}

/* Says a line; what follows the "ok" or "error" of the answer. */
__attribute__((format(printf, 4, 5)))
static int ask_peers(struct bench_peers *peers, char *answer, size_t size,
		     const char *format, ...)
{
	char line[ANSWER_SIZE];
	va_list args;

	if (!peers->pid) {
		snprintf(answer, size, "%s", peers->reason);
		return -1;
	}
	va_start(args, format);
	vfprintf(peers->to, format, args);
	va_end(args);
	if (fflush(peers->to) || !fgets(line, sizeof(line), peers->from)) {
		snprintf(answer, size, "limen-bench-peers ended");
		return -1;
	}
	line[strcspn(line, "\n")] = '\0';
	if (!strncmp(line, "ok", 2)) {
		snprintf(answer, size, "%s", line + 2 + (line[2] == ' '));
		return 0;
	}
	snprintf(answer, size, "%s",
		 strncmp(line, "error ", 6) ? line : line + 6);
	return -1;
}

int bench_peers_prepare(struct bench_peers *peers, const char *peer,
			uint32_t rows, uint32_t probes, char *text,
			size_t size)
{
	return ask_peers(peers, text, size, "prepare %s %" PRIu32 " %" PRIu32 "\n",
			 peer, rows, probes);
}

/* So many numbers, and nothing else. */
static int read_numbers(const char *answer, uint64_t *numbers, unsigned int count)
{
	char *end = "";
	unsigned int i;

	for (i = 0; i < count; i++, answer = end) {
		numbers[i] = strtoull(answer, &end, 10);
		if (end == answer)
			return -1;
	}
	return *end ? -1 : 0;
}

int bench_peers_run(struct bench_peers *peers, const char *peer,
		    struct bench_peers_answer *run, char *text, size_t size)
{
	char answer[ANSWER_SIZE];
	uint64_t numbers[4];

	if (ask_peers(peers, answer, sizeof(answer), "run %s\n", peer)) {
		snprintf(text, size, "%s", answer);
		return -1;
	}
	if (read_numbers(answer, numbers, 4)) {
		snprintf(text, size, "limen-bench-peers says %.100s", answer);
		return -1;
	}
	*run = (struct bench_peers_answer){
		.elapsed = numbers[0], .missed = numbers[1],
		.others = numbers[2], .wrong = numbers[3],
	};
	return 0;
}

void bench_peers_drop(struct bench_peers *peers, const char *peer)
{
	char answer[ANSWER_SIZE];

	ask_peers(peers, answer, sizeof(answer), "drop %s\n", peer);
}

int bench_peers_memory(struct bench_peers *peers, int64_t *resident,
		       uint64_t *huge)
{
	char answer[ANSWER_SIZE];
	uint64_t numbers[2];

	if (ask_peers(peers, answer, sizeof(answer), "memory\n") ||
	    read_numbers(answer, numbers, 2))
		return -1;
	*resident = numbers[0];
	*huge = numbers[1];
	return 0;
}
