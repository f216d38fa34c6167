// SPDX-License-Identifier: MIT
/*
 * The gate that is played against.
 */
#include "counterpart.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <clock.h>
#include <json.h>

const char *const stage_names[STAGES] = {
	"document", "capture", "detect", "landmarks", "embed", "compare", "total",
};

static void __attribute__((noreturn))
become(char *const *command, int input, int output)
{
	if (dup2(input, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0)
		execvp(command[0], command);
	fprintf(stderr, "%s: %s\n", command[0], strerror(errno));
	_exit(127);
}

int counterpart_open(struct counterpart *gate, char *const *command)
{
	int input[2], output[2], err = 0;

	if (pipe2(input, O_CLOEXEC))
		return -errno;
	if (pipe2(output, O_CLOEXEC)) {
		err = -errno;
		close(input[0]);
		close(input[1]);
		return err;
	}
	gate->pid = fork();
	if (!gate->pid)
		become(command, input[0], output[1]);
	if (gate->pid < 0)
		err = -errno;
	close(input[0]);
	close(output[1]);
	gate->documents = input[1];
	gate->answers = output[0];
	return err;
}

static int read_line(int fd, int64_t deadline_us, char *line, size_t size)
{
	size_t length = 0;

	while (length < size - 1) {
		struct pollfd ready = { .fd = fd, .events = POLLIN };
		int64_t left = deadline_us - gate_now_us();
		ssize_t got;

		if (left <= 0 || !poll(&ready, 1, left / 1000 + 1))
			return -ETIMEDOUT;
		got = read(fd, line + length, size - 1 - length);
		if (got <= 0)
			return -EPIPE;
		length += got;
		line[length] = '\0';
		if (line[length - 1] == '\n')
			return 0;
	}
	return -EPROTO;
}

static bool take_word(struct json_object *from, const char *key, char *word,
		      size_t size)
{
	struct json_object *value;

	if (!json_object_object_get_ex(from, key, &value) ||
	    !json_object_is_type(value, json_type_string))
		return false;
	return snprintf(word, size, "%s", json_object_get_string(value)) <
	       (int)size;
}

static bool take_number(struct json_object *from, const char *key,
			double *number)
{
	struct json_object *value;

	if (!json_object_object_get_ex(from, key, &value) ||
	    !(json_object_is_type(value, json_type_double) ||
	      json_object_is_type(value, json_type_int)))
		return false;
	*number = json_object_get_double(value);
	return true;
}

static bool take_all(struct json_object *from, struct answer *answer)
{
	struct json_object *times;

	*answer = (struct answer){ 0 };
	if (!take_word(from, "decision", answer->decision,
		       sizeof(answer->decision)) ||
	    !take_word(from, "reason", answer->reason,
		       sizeof(answer->reason)) ||
	    !take_number(from, "threshold", &answer->threshold) ||
	    !json_object_object_get_ex(from, "milliseconds", &times))
		return false;
	take_word(from, "backend", answer->backend, sizeof(answer->backend));
	answer->scored = take_number(from, "similarity", &answer->similarity);
	for (int i = 0; i < STAGES; i++)
		if (!take_number(times, stage_names[i],
				 &answer->milliseconds[i]))
			return false;
	return true;
}

int counterpart_transit(struct counterpart *gate, const char *document, int timeout_ms,
		 struct answer *answer)
{
	int64_t deadline = gate_now_us() + timeout_ms * 1000LL;
	struct json_object *told;
	char line[4096];
	int err;

	if (dprintf(gate->documents, "%s\n", document) < 0)
		return -EPIPE;
	err = read_line(gate->answers, deadline, line, sizeof(line));
	if (err)
		return err;
	told = json_tokener_parse(line);
	err = told && take_all(told, answer) ? 0 : -EPROTO;
	json_object_put(told);
	return err;
}

int counterpart_close(struct counterpart *gate)
{
	int status;

	close(gate->documents);
	while (waitpid(gate->pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	close(gate->answers);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
