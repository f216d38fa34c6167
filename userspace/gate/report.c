// SPDX-License-Identifier: MIT
/*
 * What the gate says of a transit: a line of JSON.
 */
#include "report.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include <json.h>

#define READER_TIMEOUT_MS 10000

/*
 * A similarity with four decimals, cut off: rounding up could show a score at
 * the threshold that is below it.
 */
static struct json_object *decimal(int32_t similarity)
{
	long long units = (long long)similarity * 10000 / LIMEN_SIMILARITY_ONE;
	char text[32];

	snprintf(text, sizeof(text), "%s%lld.%04lld", units < 0 ? "-" : "",
		 llabs(units) / 10000, llabs(units) % 10000);
	return json_object_new_double_s(units / 1e4, text);
}

static struct json_object *milliseconds(int64_t microseconds)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld.%lld",
		 (long long)microseconds / 1000,
		 (long long)microseconds % 1000 / 100);
	return json_object_new_double_s(microseconds / 1e3, text);
}

static struct json_object *stages(const struct gate_times *times)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "document",
			       milliseconds(times->document));
	json_object_object_add(object, "capture", milliseconds(times->capture));
	json_object_object_add(object, "detect", milliseconds(times->detect));
	json_object_object_add(object, "landmarks",
			       milliseconds(times->landmarks));
	json_object_object_add(object, "embed", milliseconds(times->embed));
	json_object_object_add(object, "compare", milliseconds(times->compare));
	json_object_object_add(object, "total", milliseconds(times->total));
	return object;
}

static struct json_object *describe(unsigned long long number,
				    const struct gate_transit *transit,
				    int32_t threshold)
{
	struct gate_verdict verdict = gate_decide(&transit->evidence, threshold);
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "transit",
			       json_object_new_uint64(number));
	json_object_object_add(
		object, "decision",
		json_object_new_string(gate_outcome_name(verdict.outcome)));
	json_object_object_add(
		object, "reason",
		json_object_new_string(gate_reason_name(verdict.reason)));
	if (gate_evidence_scored(&transit->evidence)) {
		int32_t similarity = transit->evidence.score.similarity;

		json_object_object_add(object, "similarity",
				       decimal(similarity));
		json_object_object_add(object, "similarity_integer",
				       json_object_new_int(similarity));
	}
	json_object_object_add(object, "threshold", decimal(threshold));
	json_object_object_add(object, "threshold_integer",
			       json_object_new_int(threshold));
	if (transit->backend == LIMEN_BACKEND_CPU ||
	    transit->backend == LIMEN_BACKEND_BOARD)
		json_object_object_add(
			object, "backend",
			json_object_new_string(
				limen_backend_name(transit->backend)));
	json_object_object_add(object, "attempts",
			       json_object_new_int64(transit->attempts));
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
