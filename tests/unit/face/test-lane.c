// SPDX-License-Identifier: MIT
/*
 * A lane with a fake camera, extractor and service: what happens when each of
 * them fails, hangs or dies.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <clock.h>
#include <fault.h>
#include <input.h>
#include <json.h>
#include <lane.h>
#include <report.h>
#include <transit.h>
#include <video.h>

#include "suite.h"

#define THRESHOLD 13108
#define SIMILARITY 20000

enum trouble { NO_TROUBLE, SLEEP, CRASH, EXIT };

/* What the fakes do, and what was done to them. */
struct fake {
	int load;
	int portrait;
	int start;
	int frame[4];
	int live[4];
	int service;
	int comparison;
	int32_t similarity;
	enum trouble trouble;
	int frames_taken;
	int started;
	int stopped;
	int compared;
	int extracted;
};

static int fake_load(void *context, const char *path, struct face_image *image)
{
	struct fake *fake = context;

	(void)path;
	if (fake->load)
		return fake->load;
	*image = (struct face_image){ 2, 2, calloc(12, 1) };
	return 0;
}

static void make_trouble(enum trouble trouble)
{
	if (trouble == SLEEP)
		sleep(60);
	else if (trouble == CRASH)
		raise(SIGKILL);
	else if (trouble == EXIT)
		_exit(0);
}

static int fake_extract(void *context, const struct face_image *image,
			struct limen_template *tmpl, struct face_times *times)
{
	struct fake *fake = context;

	ck_assert_ptr_nonnull(image->pixels);
	/* Lamp and camera are off while a picture is looked at. */
	ck_assert_int_eq(fake->started, fake->stopped);
	make_trouble(fake->trouble);
	*times = (struct face_times){ 1, 2, 3 };
	memset(tmpl, 7, sizeof(*tmpl));
	if (!fake->extracted++)
		return fake->portrait;
	return fake->live[fake->frames_taken - 1];
}

static int fake_start(void *context)
{
	struct fake *fake = context;

	ck_assert_int_eq(fake->started, fake->stopped);
	fake->started++;
	return fake->start;
}

static int fake_frame(void *context, struct face_image *image,
		      int64_t deadline_us)
{
	struct fake *fake = context;
	int err = fake->frame[fake->frames_taken++];

	ck_assert_int_gt(deadline_us, gate_now_us());
	if (!err)
		*image = (struct face_image){ 2, 2, calloc(12, 1) };
	return err;
}

static void fake_stop(void *context)
{
	struct fake *fake = context;

	fake->stopped++;
}

static int fake_compare(void *context, const struct limen_template *probe,
			const struct limen_template *reference,
			struct limen_service_result *result)
{
	struct fake *fake = context;

	ck_assert_int_eq(probe->vector[0], 7);
	ck_assert_int_eq(reference->vector[0], 7);
	fake->compared++;
	/* As limen_client_compare(): without an answer no backend, and the same error. */
	if (fake->service) {
		result->error = fake->service;
		return fake->service;
	}
	result->backend = LIMEN_BACKEND_CPU;
	result->error = fake->comparison;
	result->score.similarity = fake->similarity;
	return fake->comparison;
}

static const struct gate_ops ops = {
	.load = fake_load,
	.extract = fake_extract,
	.camera_start = fake_start,
	.camera_frame = fake_frame,
	.camera_stop = fake_stop,
	.compare = fake_compare,
};

static struct gate_transit perform(struct fake *fake, int64_t timeout_us)
{
	const struct gate_lane lane = { &ops, fake, 3, timeout_us };
	struct gate_transit transit;

	gate_lane_run(&lane, "portrait", &transit);
	ck_assert_int_eq(fake->started, fake->stopped);
	return transit;
}

static const struct {
	const char *name;
	struct fake fake;
	enum gate_reason reason;
	int frames;
	int compared;
} cases[] = {
	{ "match", { .similarity = SIMILARITY }, GATE_REASON_NONE, 1, 1 },
	{ "score", { .similarity = 0 }, GATE_REASON_SCORE, 1, 1 },
	{ "no document", { .load = -ENOENT }, GATE_REASON_DOCUMENT, 0, 0 },
	{ "no portrait", { .portrait = FACE_NONE }, GATE_REASON_DOCUMENT, 0, 0 },
	{ "extractor", { .portrait = -EBADMSG }, GATE_REASON_INTERNAL, 0, 0 },
	{ "no camera", { .start = -ENODEV }, GATE_REASON_CAMERA, 0, 0 },
	{ "no frame", { .frame = { -ETIMEDOUT } }, GATE_REASON_CAMERA, 1, 0 },
	{ "camera lost",
	  { .live = { FACE_QUALITY }, .frame = { 0, -ENODEV } },
	  GATE_REASON_CAMERA, 2, 0 },
	{ "nobody", { .live = { 1, 1, 1, 0 } }, GATE_REASON_NO_FACE, 3, 0 },
	{ "blurred", { .live = { 1, 1, 3, 0 } }, GATE_REASON_QUALITY, 3, 0 },
	{ "two people", { .live = { 2, 0, 0, 0 } },
	  GATE_REASON_SEVERAL_FACES, 1, 0 },
	{ "second try", { .live = { 3, 0 }, .similarity = SIMILARITY },
	  GATE_REASON_NONE, 2, 1 },
	{ "no second comparison", { .live = { 0, 0 }, .similarity = 5 },
	  GATE_REASON_SCORE, 1, 1 },
	{ "live extractor", { .live = { -EBADMSG } }, GATE_REASON_INTERNAL, 1,
	  0 },
	{ "no service", { .service = -ECONNREFUSED }, GATE_REASON_SERVICE, 1,
	  1 },
	{ "service late", { .service = -ETIMEDOUT }, GATE_REASON_TIMEOUT, 1,
	  1 },
	{ "board", { .comparison = -EIO, .similarity = SIMILARITY },
	  GATE_REASON_DEVICE_FAULT, 1, 1 },
	{ "board hangs", { .comparison = -ETIMEDOUT },
	  GATE_REASON_DEVICE_FAULT, 1, 1 },
	{ "other model", { .comparison = -EMEDIUMTYPE }, GATE_REASON_INTERNAL,
	  1, 1 },
};

START_TEST(each_case_ends_as_it_must)
{
	struct fake fake = cases[_i].fake;
	struct gate_transit transit = perform(&fake, 10000000);
	struct gate_verdict verdict = gate_decide(&transit.evidence, THRESHOLD);

	ck_assert_msg(verdict.reason == cases[_i].reason, "%s: %s",
		      cases[_i].name, gate_reason_name(verdict.reason));
	ck_assert_int_eq(verdict.outcome == GATE_MATCH,
			 cases[_i].reason == GATE_REASON_NONE);
	ck_assert_int_eq(fake.frames_taken, cases[_i].frames);
	ck_assert_int_eq(fake.compared, cases[_i].compared);
	ck_assert_int_eq(gate_evidence_scored(&transit.evidence),
			 cases[_i].reason == GATE_REASON_NONE ||
				 cases[_i].reason == GATE_REASON_SCORE);
}
END_TEST

START_TEST(no_time_no_match)
{
	struct fake fake = { .similarity = SIMILARITY };
	struct gate_transit transit = perform(&fake, 0);

	ck_assert(transit.evidence.timed_out);
	ck_assert_int_eq(fake.compared, 0);
	ck_assert_int_eq(gate_decide(&transit.evidence, THRESHOLD).reason,
			 GATE_REASON_TIMEOUT);
}
END_TEST

START_TEST(stages_are_timed)
{
	struct fake fake = { .live = { 1, 0 }, .similarity = SIMILARITY };
	struct gate_transit transit = perform(&fake, 10000000);

	ck_assert_int_eq(transit.attempts, 2);
	ck_assert_int_eq(transit.times.detect, 2000);
	ck_assert_int_eq(transit.times.landmarks, 4000);
	ck_assert_int_eq(transit.times.embed, 6000);
	ck_assert_int_ge(transit.times.total, transit.times.compare);
}
END_TEST

/* In a process of its own: what the child does to itself is an observation. */
static const struct {
	enum trouble trouble;
	bool complete;
	enum gate_reason reason;
	const char *fault;
} troubles[] = {
	{ NO_TROUBLE, true, GATE_REASON_NONE, NULL },
	{ SLEEP, false, GATE_REASON_TIMEOUT, "longer than timeout in [gate]" },
	{ CRASH, false, GATE_REASON_INTERNAL, "process" },
	{ EXIT, false, GATE_REASON_INTERNAL, "ended without a result" },
};

START_TEST(whatever_becomes_of_the_process)
{
	struct fake fake = { .similarity = SIMILARITY,
			     .trouble = troubles[_i].trouble };
	const struct gate_lane lane = { &ops, &fake, 3, 300000 };
	struct gate_transit transit;
	int64_t start = gate_now_us();
	char fault[GATE_FAULT_SIZE];

	ck_assert_int_eq(gate_transit_run(&lane, "portrait", &transit),
			 troubles[_i].complete);
	ck_assert_int_eq(gate_decide(&transit.evidence, THRESHOLD).reason,
			 troubles[_i].reason);
	ck_assert_int_lt(gate_now_us() - start, 5000000);
	ck_assert_int_gt(transit.times.total, 0);
	ck_assert_int_eq(gate_fault_describe(&transit, troubles[_i].reason,
					     fault), !!troubles[_i].fault);
	if (troubles[_i].fault)
		ck_assert_msg(strstr(fault, troubles[_i].fault), "%s", fault);
	/* The parent has seen nothing. */
	ck_assert_int_eq(fake.extracted, 0);
}
END_TEST

static struct json_object *report(const struct gate_transit *transit)
{
	struct json_object *object;
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	ck_assert_int_eq(gate_report(file, 17, transit, THRESHOLD), 0);
	fclose(file);
	ck_assert_ptr_nonnull(strchr(text, '\n'));
	ck_assert_ptr_eq(strchr(text, '\n'), text + size - 1);
	object = json_tokener_parse(text);
	ck_assert_ptr_nonnull(object);
	free(text);
	return object;
}

static const char *text_of(struct json_object *object, const char *key)
{
	struct json_object *value = json_object_object_get(object, key);

	return value ? json_object_get_string(value) : "";
}

static const struct {
	int32_t similarity;
	const char *decimal;
	const char *decision;
} shown[] = {
	{ 32768, "1.0000", "MATCH" },  { 13108, "0.4000", "MATCH" },
	{ 13107, "0.3999", "REFER" },  { 0, "0.0000", "REFER" },
	{ -1, "0.0000", "REFER" },     { -20000, "-0.6103", "REFER" },
	{ -32768, "-1.0000", "REFER" },
};

START_TEST(a_score_is_told_as_it_is)
{
	struct gate_transit transit = {
		.evidence.score.similarity = shown[_i].similarity,
		.backend = LIMEN_BACKEND_BOARD,
		.board = "0000:01:00.0",
		.times = { .document = 1250, .total = 99 },
	};
	struct json_object *object = report(&transit);

	ck_assert_str_eq(text_of(object, "transit"), "17");
	ck_assert_str_eq(text_of(object, "decision"), shown[_i].decision);
	ck_assert_str_eq(text_of(object, "similarity"), shown[_i].decimal);
	ck_assert_str_eq(text_of(object, "threshold"), "0.4000");
	ck_assert_str_eq(text_of(object, "backend"), "board");
	ck_assert_str_eq(text_of(object, "board"), "0000:01:00.0");
	ck_assert_int_eq(json_object_get_int(json_object_object_get(
				 object, "similarity_integer")),
			 shown[_i].similarity);
	ck_assert_str_eq(text_of(json_object_object_get(object, "milliseconds"),
				 "document"), "1.2");
	json_object_put(object);
}
END_TEST

/* Without an end, or with what is none of a name's. */
START_TEST(what_is_no_board_is_not_told)
{
	struct gate_transit transit = { .backend = LIMEN_BACKEND_BOARD };
	struct json_object *object;

	memset(transit.board, 'a', sizeof(transit.board));
	if (_i)
		strcpy(transit.board, "a\nb");
	object = report(&transit);
	ck_assert_str_eq(text_of(object, "backend"), "board");
	ck_assert_ptr_null(json_object_object_get(object, "board"));
	json_object_put(object);
}
END_TEST

START_TEST(without_a_comparison_no_score_is_told)
{
	struct gate_transit transit = { .evidence.score.similarity = 30000 };
	struct json_object *object;

	transit.evidence.comparison = -EIO;
	object = report(&transit);
	ck_assert_str_eq(text_of(object, "decision"), "REFER");
	ck_assert_str_eq(text_of(object, "reason"), "device-fault");
	ck_assert_ptr_null(json_object_object_get(object, "similarity"));
	ck_assert_ptr_null(json_object_object_get(object,
						  "similarity_integer"));
	ck_assert_ptr_null(json_object_object_get(object, "backend"));
	json_object_put(object);
}
END_TEST

START_TEST(a_report_nobody_reads_is_an_error)
{
	struct gate_transit transit = { 0 };
	FILE *full = fopen("/dev/full", "w");

	ck_assert_ptr_nonnull(full);
	ck_assert_int_eq(gate_report(full, 1, &transit, THRESHOLD),
			 -ENOSPC);
	fclose(full);
}
END_TEST

/* A reader of decisions that has stopped reading does not stop the lane for ever. */
START_TEST(a_report_into_a_full_pipe_has_an_end)
{
	struct gate_transit transit = { 0 };
	FILE *writer;
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
	while (write(ends[1], "x", 1) == 1)
		;
	ck_assert_int_eq(fcntl(ends[1], F_SETFL, 0), 0);
	writer = fdopen(ends[1], "w");
	ck_assert_int_eq(gate_report(writer, 1, &transit, THRESHOLD),
			 -ETIMEDOUT);
	close(ends[0]);
	signal(SIGPIPE, SIG_IGN);
	fclose(writer);
}
END_TEST

static const struct {
	struct gate_evidence evidence;
	enum gate_reason reason;
	const char *text;
} faults[] = {
	{ { .document = -ENOENT }, GATE_REASON_DOCUMENT,
	  "the portrait: No such file" },
	{ { .document = -EBADMSG }, GATE_REASON_DOCUMENT,
	  "the portrait: not a readable JPEG" },
	{ { .portrait = FACE_NONE }, GATE_REASON_DOCUMENT,
	  "the portrait: no face in it" },
	{ { .portrait = FACE_SEVERAL }, GATE_REASON_DOCUMENT,
	  "the portrait: more than one face" },
	{ { .portrait = -ENOEXEC }, GATE_REASON_INTERNAL,
	  "the models do not run" },
	{ { .camera = -ENODEV }, GATE_REASON_CAMERA,
	  "the camera: there is none" },
	{ { .camera = -EACCES }, GATE_REASON_CAMERA,
	  "the camera: this user may not" },
	{ { .camera = -EBUSY }, GATE_REASON_CAMERA,
	  "the camera: another program has it" },
	{ { .camera = -ETIMEDOUT }, GATE_REASON_CAMERA,
	  "the camera: it gave no picture" },
	{ { .service = -ECONNREFUSED }, GATE_REASON_SERVICE,
	  "the service: limend is not running" },
	{ { .service = -EACCES }, GATE_REASON_SERVICE,
	  "the service: this user may not" },
	{ { .service = -EUSERS }, GATE_REASON_SERVICE,
	  "the service: limend serves as many" },
	{ { .service = -EPROTONOSUPPORT }, GATE_REASON_SERVICE,
	  "the service: limend is of another version" },
	{ { .service = -ETIMEDOUT }, GATE_REASON_TIMEOUT,
	  "the service: limend does not answer in time" },
	{ { .comparison = -ENODEV }, GATE_REASON_DEVICE_FAULT,
	  "the comparison: no such board" },
	{ { .live = FACE_NONE }, GATE_REASON_NO_FACE, NULL },
	{ { .live = FACE_QUALITY }, GATE_REASON_QUALITY, NULL },
	{ { .score = { .similarity = 1 } }, GATE_REASON_SCORE, NULL },
};

/* What operators can mend is told with its cause; what travellers do is not. */
START_TEST(faults_are_told)
{
	struct gate_transit transit = { .evidence = faults[_i].evidence };
	char text[GATE_FAULT_SIZE];

	ck_assert_int_eq(gate_decide(&transit.evidence, THRESHOLD).reason,
			 faults[_i].reason);
	ck_assert_int_eq(gate_fault_describe(&transit, faults[_i].reason, text),
			 !!faults[_i].text);
	if (faults[_i].text)
		ck_assert_msg(strstr(text, faults[_i].text) == text, "%s",
			      text);
}
END_TEST

static void put(int fd, const char *bytes, size_t size)
{
	ck_assert_int_eq(write(fd, bytes, size), size);
}

/* Cameras that are there are found in guests. */
START_TEST(no_camera_has_the_name)
{
	char path[] = "as it was";

	ck_assert_int_eq(gate_video_find("Limen camer", path, sizeof(path)),
			 -ENODEV);
	ck_assert_int_eq(gate_video_find("*", path, sizeof(path)), -ENODEV);
	ck_assert_str_eq(path, "as it was");
}
END_TEST

START_TEST(lines_are_bounded)
{
	struct gate_input input = { 0 };
	char longest[PATH_MAX + 100], line[PATH_MAX];
	int ends[2];

	memset(longest, 'a', sizeof(longest));
	ck_assert_int_eq(pipe(ends), 0);
	input.fd = ends[0];
	put(ends[1], "first\nsec", 9);
	ck_assert(gate_input_line(&input, line));
	ck_assert_str_eq(line, "first");
	put(ends[1], "ond\n\nnul\0byte\n", 14);
	ck_assert(gate_input_line(&input, line));
	ck_assert_str_eq(line, "second");
	ck_assert(gate_input_line(&input, line));
	ck_assert_str_eq(line, "");
	ck_assert(gate_input_line(&input, line));
	ck_assert_str_eq(line, "");

	put(ends[1], longest, PATH_MAX - 1);
	put(ends[1], "\n", 1);
	ck_assert(gate_input_line(&input, line));
	ck_assert_uint_eq(strlen(line), PATH_MAX - 1);
	put(ends[1], longest, sizeof(longest));
	put(ends[1], "\nlast\nunfinished", 16);
	ck_assert(gate_input_line(&input, line));
	ck_assert_str_eq(line, "");
	ck_assert(gate_input_line(&input, line));
	ck_assert_str_eq(line, "last");
	/* A reader may end without a last line feed. */
	close(ends[1]);
	ck_assert(gate_input_line(&input, line));
	ck_assert_str_eq(line, "unfinished");
	ck_assert(!gate_input_line(&input, line));
	close(ends[0]);
}
END_TEST

static const struct {
	const char *bytes;
	const char *lines[3];
} texts[] = {
	{ "a\r\nb\r\n", { "a", "b" } },
	{ "a\r\nb\r", { "a", "b" } },
	{ "a\rb\n", { "a\rb" } },
	{ "\r\n", { "" } },
	{ "\xef\xbb\xbf" "a\nb\n", { "a", "b" } },
	{ "\xef\xbb\xbf" "a\r\nb", { "a", "b" } },
	{ "a\n\xef\xbb\xbf" "b\n", { "a", "\xef\xbb\xbf" "b" } },
	{ "\xef\xbb\n", { "\xef\xbb" } },
	{ "\xef\xbb\xbf", { "" } },
	{ "", { NULL } },
};

START_TEST(lines_of_other_systems)
{
	struct gate_input input = { 0 };
	char line[PATH_MAX];
	unsigned int i;
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	input.fd = ends[0];
	put(ends[1], texts[_i].bytes, strlen(texts[_i].bytes));
	close(ends[1]);
	for (i = 0; texts[_i].lines[i]; i++) {
		ck_assert(gate_input_line(&input, line));
		ck_assert_str_eq(line, texts[_i].lines[i]);
	}
	ck_assert(!gate_input_line(&input, line));
	close(ends[0]);
}
END_TEST

/* The longest path has room with all that may stand around it, and a longer one none. */
START_TEST(the_longest_line)
{
	struct gate_input input = { 0 };
	char longest[PATH_MAX], line[PATH_MAX];
	int ends[2];

	memset(longest, 'a', sizeof(longest));
	ck_assert_int_eq(pipe(ends), 0);
	input.fd = ends[0];
	put(ends[1], "\xef\xbb\xbf", 3);
	put(ends[1], longest, PATH_MAX - 1);
	put(ends[1], "\r\n", 2);
	put(ends[1], longest, PATH_MAX);
	put(ends[1], "\r\n", 2);
	put(ends[1], longest, PATH_MAX);
	close(ends[1]);
	ck_assert(gate_input_line(&input, line));
	ck_assert_uint_eq(strlen(line), PATH_MAX - 1);
	ck_assert(gate_input_line(&input, line));
	ck_assert_str_eq(line, "");
	ck_assert(gate_input_line(&input, line));
	ck_assert_str_eq(line, "");
	ck_assert(!gate_input_line(&input, line));
	close(ends[0]);
}
END_TEST

static void on_alarm(int number)
{
	(void)number;
}

START_TEST(a_signal_ends_waiting)
{
	const struct sigaction action = { .sa_handler = on_alarm };
	struct gate_input input = { 0 };
	char line[PATH_MAX];
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	input.fd = ends[0];
	sigaction(SIGALRM, &action, NULL);
	alarm(1);
	ck_assert(!gate_input_line(&input, line));
	close(ends[0]);
	close(ends[1]);
}
END_TEST

/* It comes during a transit, when lines wait: these that were read, or others. */
START_TEST(a_signal_ends_before_the_next_line)
{
	const struct sigaction action = { .sa_handler = on_alarm };
	struct gate_input input = { 0 };
	char line[PATH_MAX];
	sigset_t ends_it;
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	input.fd = ends[0];
	sigaction(SIGALRM, &action, NULL);
	sigemptyset(&ends_it);
	sigaddset(&ends_it, SIGALRM);
	sigprocmask(SIG_BLOCK, &ends_it, &input.signals);
	put(ends[1], "a\nb\n", _i ? 2 : 4);
	ck_assert(gate_input_line(&input, line));
	ck_assert_str_eq(line, "a");
	if (_i)
		put(ends[1], "b\n", 2);
	raise(SIGALRM);
	ck_assert(!gate_input_line(&input, line));
	close(ends[0]);
	close(ends[1]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lane");
	TCase *tests = tcase_create("lane");

	tcase_set_timeout(tests, 30);
	tcase_add_loop_test(tests, each_case_ends_as_it_must, 0,
			    COUNT_OF(cases));
	tcase_add_test(tests, no_time_no_match);
	tcase_add_test(tests, stages_are_timed);
	tcase_add_loop_test(tests, whatever_becomes_of_the_process, 0,
			    COUNT_OF(troubles));
	tcase_add_loop_test(tests, a_score_is_told_as_it_is, 0,
			    COUNT_OF(shown));
	tcase_add_loop_test(tests, what_is_no_board_is_not_told, 0, 2);
	tcase_add_test(tests, without_a_comparison_no_score_is_told);
	tcase_add_test(tests, a_report_nobody_reads_is_an_error);
	tcase_add_test(tests, a_report_into_a_full_pipe_has_an_end);
	tcase_add_loop_test(tests, faults_are_told, 0, COUNT_OF(faults));
	tcase_add_test(tests, no_camera_has_the_name);
	tcase_add_test(tests, lines_are_bounded);
	tcase_add_loop_test(tests, lines_of_other_systems, 0, COUNT_OF(texts));
	tcase_add_test(tests, the_longest_line);
	tcase_add_test(tests, a_signal_ends_waiting);
	tcase_add_loop_test(tests, a_signal_ends_before_the_next_line, 0, 2);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
