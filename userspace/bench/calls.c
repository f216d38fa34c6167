// SPDX-License-Identifier: MIT
/* How many system calls a comparison takes, by tracing them. */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "calls.h"

#define COMPARISONS 100
#define TIMEOUT_MS 30000

/* A call that comparing has no use for tells where counting begins and ends. */
#define MARK SYS_getppid

/* Whoever is traced: compares, and makes the mark before and after. */
static void compare_while_traced(const char *node)
{
	struct limen_template probe, reference;
	struct limen_pair pair = {
		.size = sizeof(pair),
		.probe = &probe,
		.reference = &reference,
	};
	struct limen_backend *backend;
	unsigned int i;
	int error;

	bench_template(&probe, LIMEN_DIM_MAX, 1);
	bench_template(&reference, LIMEN_DIM_MAX, 2);
	error = limen_backend_open(&backend, LIMEN_BACKEND_BOARD, node) ?:
		limen_compare(backend, &pair, 1, TIMEOUT_MS);
	if (error || ptrace(PTRACE_TRACEME, 0, NULL, NULL))
		_exit(FAILED);
	raise(SIGSTOP);
	syscall(MARK);
	for (i = 0; !error && i < COMPARISONS; i++)
		error = limen_compare(backend, &pair, 1, TIMEOUT_MS);
	syscall(MARK);
	_exit(error ? FAILED : DONE);
}

/* Lets it run until a system call begins; false if it has ended. */
static bool next_call(pid_t pid, uint64_t *number, int *status)
{
	struct __ptrace_syscall_info info = {};

	do {
		if (ptrace(PTRACE_SYSCALL, pid, NULL, NULL) ||
		    waitpid(pid, status, 0) != pid || !WIFSTOPPED(*status))
			return false;
		if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof(info),
			   &info) < 0)
			return false;
	} while (info.op != PTRACE_SYSCALL_INFO_ENTRY);
	*number = info.entry.nr;
	return true;
}

static double count_calls(pid_t pid)
{
	unsigned int calls = 0, marks = 0;
	uint64_t number;
	int status;

	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SETOPTIONS, pid, NULL,
		   (void *)(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL)))
		return -fail("a comparison cannot be traced");
	while (next_call(pid, &number, &status))
		if (number == MARK)
			marks++;
		else if (marks == 1)
			calls++;
	if (marks != 2 || !WIFEXITED(status) || WEXITSTATUS(status))
		return -fail("a comparison fails while it is traced");
	return (double)calls / COMPARISONS;
}

double bench_calls_count(const char *node)
{
	pid_t pid = fork();

	if (pid < 0)
		return -fail("no new process: %s", strerror(errno));
	if (!pid)
		compare_while_traced(node);
	return count_calls(pid);
}
