// SPDX-License-Identifier: MIT
/*
 * What the gate says of a transit: a line of JSON.
 */
#include "report.h"

#include <errno.h>
#include <poll.h>

#include "../cli/json.h"

#define READER_TIMEOUT_MS 10000

/* With one decimal, cut off. */
static void add_milliseconds(struct json_object *object, const char *name,
			     int64_t microseconds)
{
	int64_t tenths = microseconds / 100;

	json_add_number(object, name, tenths / 10.0);
}

static struct json_object *stages(const struct gate_times *times)
{
	struct json_object *object = json_object_new_object();

	add_milliseconds(object, "document", times->document);
	add_milliseconds(object, "capture", times->capture);
	add_milliseconds(object, "detect", times->detect);
	add_milliseconds(object, "landmarks", times->landmarks);
	add_milliseconds(object, "embed", times->embed);
	add_milliseconds(object, "compare", times->compare);
	add_milliseconds(object, "total", times->total);
	return object;
}

/* It has come from another process: what is no name is left out. */
static void add_board(struct json_object *object, const char *board)
{
	size_t at = 0;

	while (at < LIMEN_BOARD_ADDRESS_SIZE && board[at] > ' ' && board[at] <= '~')
		at++;
	if (at && at < LIMEN_BOARD_ADDRESS_SIZE && !board[at])
		json_add_text(object, "board", board);
}

static struct json_object *describe(unsigned long long number,
				    const struct gate_transit *transit,
				    int32_t threshold)
{
	struct gate_verdict verdict = gate_decide(&transit->evidence, threshold);
	struct json_object *object = json_object_new_object();

	json_add_whole(object, "transit", (int64_t)number);
	json_add_text(object, "decision", gate_outcome_name(verdict.outcome));
	json_add_text(object, "reason", gate_reason_name(verdict.reason));
	if (gate_evidence_scored(&transit->evidence))
		json_add_similarity(object, "similarity",
				    transit->evidence.score.similarity);
	json_add_similarity(object, "threshold", threshold);
	if (transit->backend == LIMEN_BACKEND_CPU ||
	    transit->backend == LIMEN_BACKEND_BOARD)
		json_add_text(object, "backend", limen_backend_name(transit->backend));
	add_board(object, transit->board);
	json_add_whole(object, "attempts", transit->attempts);
	json_object_object_add(object, "milliseconds", stages(&transit->times));
	return object;
}

/* A line is less than what a pipe or a socket with room takes at once. */
static int wait_for_reader(FILE *file)
{
	struct pollfd ready = { .fd = fileno(file), .events = POLLOUT };
	int count;

	if (ready.fd < 0) /* memory */
		return 0;
	do {
		count = poll(&ready, 1, READER_TIMEOUT_MS);
	} while (count < 0 && errno == EINTR);
	if (count < 0)
		return -errno;
	return count ? 0 : -ETIMEDOUT;
}

static int print_line(FILE *file, const char *text)
{
	int err = wait_for_reader(file);

	if (err)
		return err;
	errno = EIO;
	return fprintf(file, "%s\n", text) < 0 || fflush(file) ? -errno : 0;
}

int gate_report(FILE *file, unsigned long long number,
		const struct gate_transit *transit, int32_t threshold)
{
	struct json_object *object = describe(number, transit, threshold);
	const char *text = json_object_to_json_string_ext(
		object, JSON_C_TO_STRING_PLAIN);
	int err = text ? 0 : -ENOMEM;

	if (!err)
		err = print_line(file, text);
	json_object_put(object);
	return err;
}
