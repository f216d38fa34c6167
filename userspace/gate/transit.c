// SPDX-License-Identifier: MIT
/*
 * A process a transit. The parent never sees a picture or a template.
 */
#include "transit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"

/* The lane keeps its own deadline; this is for one that cannot. */
#define GRACE_US 1000000

static void __attribute__((noreturn))
child(const struct gate_lane *lane, const char *document, int answer)
{
	struct gate_transit transit;

	/* Neither locked memory nor this signal is inherited. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || limen_process_harden())
		_exit(1);
	gate_lane_run(lane, document, &transit);
	/* One write of less than PIPE_BUF: all of it or nothing. */
	_exit(write(answer, &transit, sizeof(transit)) != sizeof(transit));
}

static bool wait_for_answer(int answer, int64_t deadline_us)
{
	struct pollfd ready = { .fd = answer, .events = POLLIN };
	int count;

	do {
		int64_t left = deadline_us - gate_now_us();

		count = poll(&ready, 1, left > 0 ? left / 1000 + 1 : 0);
	} while (count < 0 && errno == EINTR);
	return count > 0;
}

static int reap(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

static bool supervise(pid_t pid, int answer, int64_t start_us,
		      int64_t timeout_us, struct gate_transit *transit)
{
	struct gate_transit told;
	bool complete = false;

	if (!wait_for_answer(answer, start_us + timeout_us + GRACE_US))
		transit->evidence.timed_out = true;
	else
		complete = read(answer, &told, sizeof(told)) == sizeof(told);
	if (complete)
		*transit = told;
	else
		kill(pid, SIGKILL);
	transit->process = reap(pid);
	return complete;
}

bool gate_transit_run(const struct gate_lane *lane, const char *document,
		      struct gate_transit *transit)
{
	int64_t start = gate_now_us();
	bool complete;
	int answer[2];
	pid_t pid;

	*transit = (struct gate_transit){ 0 };
	gate_evidence_init(&transit->evidence);
	if (pipe2(answer, O_CLOEXEC)) {
		transit->process = -errno;
		return true;
	}
	pid = fork();
	if (pid < 0)
		transit->process = -errno;
	if (!pid) {
		close(answer[0]);
		child(lane, document, answer[1]);
	}
	close(answer[1]);
	complete = pid < 0 || supervise(pid, answer[0], start,
					lane->timeout_us, transit);
	close(answer[0]);
	if (!transit->times.total)
		transit->times.total = gate_now_us() - start;
	return complete;
}
