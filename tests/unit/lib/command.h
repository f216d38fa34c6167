/* SPDX-License-Identifier: MIT */
/* Runs limen: what it prints, says and exits with. */
#ifndef TEST_COMMAND_H
#define TEST_COMMAND_H

#include <fcntl.h>
#include <json-c/json.h>
#include <sys/wait.h>

#include "sample.h"

#define OUTPUT_SIZE 65536

static char out[OUTPUT_SIZE], err[OUTPUT_SIZE];

static inline void slurp_text(const char *path, char text[OUTPUT_SIZE])
{
	size_t size;
	uint8_t *data = file_slurp(path, &size);

	ck_assert_uint_lt(size, OUTPUT_SIZE);
	memcpy(text, data, size);
	text[size] = '\0';
	free(data);
}

static inline int run_program(const char *program, const char *const *arguments)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		dup2(open(in_folder("out"), O_WRONLY | O_CREAT | O_TRUNC, 0600),
		     STDOUT_FILENO);
		dup2(open(in_folder("err"), O_WRONLY | O_CREAT | O_TRUNC, 0600),
		     STDERR_FILENO);
		execv(program, (char *const *)arguments);
		_exit(99);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	slurp_text(in_folder("out"), out);
	slurp_text(in_folder("err"), err);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* Runs limen; its exit status. */
static inline int run_with(const char *const *arguments)
{
	return run_program(LIMEN, arguments);
}

#define run(...) run_with((const char *const[]){ LIMEN, __VA_ARGS__, NULL })

/* One line on stderr that says what, and nothing on stdout. */
static inline void check_error(const char *what)
{
	ck_assert_str_eq(out, "");
	ck_assert_msg(!strncmp(err, "limen: ", 7), "stderr: %s", err);
	ck_assert_ptr_eq(strchr(err, '\n'), err + strlen(err) - 1);
	ck_assert_msg(strstr(err, what), "no \"%s\" in: %s", what, err);
}

static inline void check_says(const char *what)
{
	ck_assert_msg(strstr(out, what), "no \"%s\" in: %s", what, out);
	ck_assert_str_eq(err, "");
}

static inline struct json_object *parsed(void)
{
	struct json_object *object = json_tokener_parse(out);

	ck_assert_msg(object, "no JSON: %s", out);
	ck_assert_str_eq(err, "");
	return object;
}

static inline int64_t number(struct json_object *object, const char *name)
{
	struct json_object *member;

	ck_assert_msg(json_object_object_get_ex(object, name, &member),
		      "no %s in: %s", name, out);
	return json_object_get_int64(member);
}

static inline const char *text(struct json_object *object, const char *name)
{
	struct json_object *member;

	ck_assert_msg(json_object_object_get_ex(object, name, &member),
		      "no %s in: %s", name, out);
	return json_object_get_string(member);
}

#endif /* TEST_COMMAND_H */
