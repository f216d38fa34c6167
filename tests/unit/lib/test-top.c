// SPDX-License-Identifier: MIT
/* limen top: its arithmetic, what it reads of procfs, and what it prints. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <json.h>
#include <top.h>

#include "../face/suite.h"
#include "sample.h"

#define GOOD \
	"pos:\t0\nflags:\t02100002\nmnt_id:\t31\nino:\t75\n" \
	"drm-driver:\tlimen\ndrm-client-id:\t42\ndrm-pdev:\t0000:00:04.0\n" \
	"drm-engine-express:\t1500000000 ns\ndrm-cycles-express:\t77\n" \
	"drm-engine-scan:\t250000000 ns\n" \
	"drm-total-card:\t4096 KiB\ndrm-shared-card:\t0\n" \
	"drm-total-host:\t3 MiB\n"

static struct top_sample sample_at(int64_t at)
{
	return (struct top_sample){ .at = at };
}

START_TEST(load_is_what_has_been_added)
{
	struct top_sample a = sample_at(5000000000), b = sample_at(7000000000);
	struct top_load load;

	a.stats.express_busy_ns = 100;
	b.stats.express_busy_ns = 100 + 500000000;
	a.stats.scan_busy_ns = 7;
	b.stats.scan_busy_ns = 7 + 2000000000;
	b.stats.stall_ns = 20000000;
	a.stats.comparisons = 10;
	b.stats.comparisons = 110;
	b.stats.rows = 3000000;
	a.stats.chunks = 1;
	b.stats.chunks = 41;
	b.stats.doorbells = 8;
	b.stats.interrupts = 6;
	a.resets = 2;
	b.resets = 3;
	a.stats.latencies[14] = 4;
	b.stats.latencies[14] = 9;

	top_load_between(&a, &b, &load);
	ck_assert_double_eq_tol(load.seconds, 2, 1e-9);
	ck_assert_double_eq_tol(load.express, 0.25, 1e-9);
	ck_assert_double_eq_tol(load.scan, 1, 1e-9);
	ck_assert_double_eq_tol(load.stall, 0.01, 1e-9);
	ck_assert_double_eq_tol(load.comparisons, 50, 1e-9);
	ck_assert_double_eq_tol(load.rows, 1500000, 1e-3);
	ck_assert_double_eq_tol(load.chunks, 20, 1e-9);
	ck_assert_double_eq_tol(load.doorbells, 4, 1e-9);
	ck_assert_double_eq_tol(load.interrupts, 3, 1e-9);
	ck_assert_uint_eq(load.resets, 1);
	ck_assert_uint_eq(load.latencies[14], 5);
	ck_assert_uint_eq(load.latencies[13], 0);
}
END_TEST

START_TEST(load_of_counters_that_fell_is_none)
{
	struct top_sample a = sample_at(2000), b = sample_at(2000);
	struct top_load load;

	a.stats.comparisons = 10;
	a.stats.rows = UINT64_MAX;
	a.stats.latencies[3] = 1;
	a.resets = 1;
	top_load_between(&a, &b, &load);
	ck_assert_double_eq_tol(load.comparisons, 0, 1e-12);
	ck_assert_double_eq_tol(load.rows, 0, 1e-12);
	ck_assert_uint_eq(load.latencies[3], 0);
	ck_assert_uint_eq(load.resets, 0);
}
END_TEST

START_TEST(percentiles)
{
	uint64_t latencies[DRM_LIMEN_LATENCIES] = {};

	ck_assert_uint_eq(top_percentile(latencies, 500), TOP_NO_LATENCY);
	latencies[31] = 1;
	ck_assert_uint_eq(top_percentile(latencies, 1), 31);
	ck_assert_uint_eq(top_percentile(latencies, 1000), 31);
	latencies[16] = 98;
	latencies[20] = 1;
	ck_assert_uint_eq(top_percentile(latencies, 500), 16);
	ck_assert_uint_eq(top_percentile(latencies, 980), 16);
	ck_assert_uint_eq(top_percentile(latencies, 981), 20);
	ck_assert_uint_eq(top_percentile(latencies, 990), 20);
	ck_assert_uint_eq(top_percentile(latencies, 991), 31);
	latencies[0] = UINT64_MAX / 4;
	ck_assert_uint_eq(top_percentile(latencies, 999), 0);
	ck_assert_uint_eq(top_percentile(latencies, 1000), 0);
}
END_TEST

/* What is said is never less than what was measured. */
START_TEST(durations)
{
	static const struct {
		uint64_t ns;
		const char *text;
	} cases[] = {
		{ 0, "0 ns" }, { 1, "1 ns" }, { 999, "999 ns" },
		{ 1000, "1.00 us" }, { 1001, "1.01 us" }, { 1010, "1.01 us" },
		{ 2048, "2.05 us" }, { 16384, "16.4 us" }, { 131072, "132 us" },
		{ 99991, "100.0 us" }, { 999999, "1000 us" },
		{ 1000000, "1.00 ms" }, { 1048576, "1.05 ms" },
		{ 2147483648, "2.15 s" }, { 4000000000000, "4000 s" },
	};
	char text[TOP_TEXT_SIZE];
	int i;

	for (i = 0; i < COUNT_OF(cases); i++)
		ck_assert_str_eq(top_duration_text(cases[i].ns, text),
				 cases[i].text);
}
END_TEST

START_TEST(latencies_are_bounds)
{
	char text[TOP_TEXT_SIZE];

	ck_assert_str_eq(top_latency_text(0, text), "< 2 ns");
	ck_assert_str_eq(top_latency_text(16, text), "< 132 us");
	ck_assert_str_eq(top_latency_text(30, text), "< 2.15 s");
	ck_assert_str_eq(top_latency_text(31, text), "over 2.1 s");
	ck_assert_str_eq(top_latency_text(TOP_NO_LATENCY, text), "-");
}
END_TEST

START_TEST(fdinfo_is_read)
{
	struct top_client client;

	ck_assert_int_eq(top_fdinfo_parse(GOOD, &client), 0);
	ck_assert_uint_eq(client.id, 42);
	ck_assert_uint_eq(client.express_ns, 1500000000);
	ck_assert_uint_eq(client.scan_ns, 250000000);
	ck_assert_uint_eq(client.card_bytes, 4 << 20);
	ck_assert_uint_eq(client.host_bytes, 3 << 20);
	/* What is not there is none; order and the last newline do not matter. */
	ck_assert_int_eq(top_fdinfo_parse("drm-client-id: 7\ndrm-driver: limen",
					  &client), 0);
	ck_assert_uint_eq(client.id, 7);
	ck_assert_uint_eq(client.express_ns, 0);
	ck_assert_uint_eq(client.card_bytes, 0);
}
END_TEST

static const struct {
	const char *text;
	int error;
} malformed[] = {
	{ "", -ENOENT },
	{ "\n\n\n", -ENOENT },
	{ "pos:\t0\nflags:\t02\n", -ENOENT },
	{ "drm-driver:\ti915\ndrm-client-id:\t42\n", -ENOENT },
	{ "drm-driver:\tlimen2\ndrm-client-id:\t42\n", -ENOENT },
	{ "drm-driver limen\ndrm-client-id 1\n", -ENOENT },
	{ "drm-driver:\tlimen\n", -EBADMSG },
	{ "drm-driver:\tlimen\ndrm-client-id:\n", -EBADMSG },
	{ "drm-driver:\tlimen\ndrm-client-id:\tx\n", -EBADMSG },
	{ "drm-driver:\tlimen\ndrm-client-id:\t-1\n", -EBADMSG },
	{ "drm-driver:\tlimen\ndrm-client-id:\t+1\n", -EBADMSG },
	{ "drm-driver:\tlimen\ndrm-client-id:\t1 2\n", -EBADMSG },
	{ "drm-driver:\tlimen\ndrm-client-id:\t18446744073709551616\n",
	  -EBADMSG },
	{ "drm-driver:\tlimen\ndrm-client-id:\t1\ndrm-engine-scan:\t1 s\n",
	  -EBADMSG },
	{ "drm-driver:\tlimen\ndrm-client-id:\t1\ndrm-engine-scan:\t1ns\n",
	  -EBADMSG },
	{ "drm-driver:\tlimen\ndrm-client-id:\t1\n"
	  "drm-total-card:\t18014398509481984 KiB\n", -EBADMSG },
	{ "drm-driver:\tlimen\ndrm-client-id:\t1\ndrm-total-card:\t1 KB\n",
	  -EBADMSG },
};

START_TEST(fdinfo_malformed)
{
	struct top_client client;

	ck_assert_int_eq(top_fdinfo_parse(malformed[_i].text, &client),
			 malformed[_i].error);
}
END_TEST

START_TEST(fdinfo_of_long_lines)
{
	struct top_client client;
	char text[1024];

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	ck_assert_int_eq(top_fdinfo_parse(text, &client), -EBADMSG);
	memcpy(text, "drm-driver:", 11);
	ck_assert_int_eq(top_fdinfo_parse(text, &client), -EBADMSG);
}
END_TEST

/* A stand-in for procfs, where /dev/null is the board. */
static void process_make(const char *pid, const char *name)
{
	char path[128];

	ck_assert_int_eq(mkdir(in_folder(pid), 0700), 0);
	snprintf(path, sizeof(path), "%s/fd", pid);
	ck_assert_int_eq(mkdir(in_folder(path), 0700), 0);
	snprintf(path, sizeof(path), "%s/fdinfo", pid);
	ck_assert_int_eq(mkdir(in_folder(path), 0700), 0);
	snprintf(path, sizeof(path), "%s/comm", pid);
	file_write(in_folder(path), name, strlen(name));
}

static void file_make(const char *pid, const char *number, const char *node,
		      const char *info)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/fd/%s", pid, number);
	ck_assert_int_eq(symlink(node, in_folder(path)), 0);
	snprintf(path, sizeof(path), "%s/fdinfo/%s", pid, number);
	file_write(in_folder(path), info, strlen(info));
}

static void remove_all(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", sample_folder);
	ck_assert_int_eq(system(command), 0);
}

static dev_t device_of(const char *node)
{
	struct stat status;

	ck_assert_int_eq(stat(node, &status), 0);
	return status.st_rdev;
}

START_TEST(clients_are_collected)
{
	struct top_clients clients = {};
	char own[32];

	process_make("100", "limend\n");
	file_make("100", "3", "/dev/null", GOOD);
	file_make("100", "4", "/dev/zero", GOOD);
	file_make("100", "5", "/dev/null", "drm-driver:\tlimen\n");
	file_make("100", "6", "/dev/null",
		  "drm-driver:\tlimen\ndrm-client-id:\t43\n");
	file_make("100", "7", "no-such-file", GOOD);
	/* Has the same open file, as a child would. */
	process_make("200", "child\n");
	file_make("200", "3", "/dev/null", GOOD);
	process_make("300", "evil\033[2J\x80name\n");
	file_make("300", "3", "/dev/null",
		  "drm-driver:\tlimen\ndrm-client-id:\t44\n");
	snprintf(own, sizeof(own), "%d", getpid());
	process_make(own, "top\n");
	file_make(own, "3", "/dev/null",
		  "drm-driver:\tlimen\ndrm-client-id:\t45\n");
	process_make("self", "top\n");
	file_make("self", "3", "/dev/null",
		  "drm-driver:\tlimen\ndrm-client-id:\t46\n");

	ck_assert_int_eq(top_clients_read(&clients, sample_folder,
					  device_of("/dev/null")), 0);
	top_clients_rank(&clients, &(struct top_clients){}, 1);
	/* The one with time comes first, then by number. */
	ck_assert_uint_eq(clients.count, 3);
	ck_assert_uint_eq(clients.list[0].id, 42);
	ck_assert_uint_eq(clients.list[1].id, 43);
	ck_assert_int_eq(clients.list[1].pid, 100);
	ck_assert_str_eq(clients.list[1].name, "limend");
	ck_assert_uint_eq(clients.list[2].id, 44);
	ck_assert_int_eq(clients.list[2].pid, 300);
	ck_assert_str_eq(clients.list[2].name, "evil?[2J?name");
	top_clients_free(&clients);
	remove_all();
}
END_TEST

/* More than the list has room for at first; fdinfo that never ends is left out. */
START_TEST(many_clients)
{
	struct top_clients clients = {};
	static char endless[20000];
	char info[64], number[16];
	unsigned int i;

	strcpy(endless, GOOD);
	memset(endless + strlen(GOOD), '\n',
	       sizeof(endless) - strlen(GOOD) - 1);
	process_make("1", "x\n");
	for (i = 0; i < 50; i++) {
		snprintf(info, sizeof(info),
			 "drm-driver: limen\ndrm-client-id: %u\n", 1000 + i);
		snprintf(number, sizeof(number), "%u", i);
		file_make("1", number, "/dev/null", info);
	}
	file_make("1", "99", "/dev/null", endless);
	ck_assert_int_eq(top_clients_read(&clients, sample_folder,
					  device_of("/dev/null")), 0);
	ck_assert_uint_eq(clients.count, 50);
	ck_assert_int_eq(top_clients_read(&clients, in_folder("none"), 0),
			 -ENOENT);
	ck_assert_uint_eq(clients.count, 0);
	top_clients_free(&clients);
	remove_all();
}
END_TEST

START_TEST(shares_are_of_the_interval)
{
	struct top_client first = { .id = 5, .express_ns = 1000000000 };
	struct top_client both[] = {
		{ .id = 5, .express_ns = 1500000000, .scan_ns = 200000000 },
		{ .id = 6, .scan_ns = 2000000000 },
	};
	const struct top_clients before = { .list = &first, .count = 1 };
	struct top_clients now = { .list = both, .count = 2 };

	top_clients_rank(&now, &before, 2);
	ck_assert_uint_eq(both[0].id, 6);
	ck_assert_double_eq_tol(both[0].scan, 1, 1e-9);
	ck_assert_uint_eq(both[1].id, 5);
	ck_assert_double_eq_tol(both[1].express, 0.25, 1e-9);
	ck_assert_double_eq_tol(both[1].scan, 0.1, 1e-9);
}
END_TEST

static struct top_client someone = {
	.id = 9, .pid = 321, .name = "limend", .express = 0.125,
	.card_bytes = 3 << 20,
};

static struct top_report report(void)
{
	struct top_report report = {
		.node = "/dev/accel/accel0",
		.board = "Board",
		.load = { .seconds = 1, .express = 0.5, .comparisons = 100 },
		.clients = { .list = &someone, .count = 1 },
	};

	report.load.latencies[14] = 98;
	report.load.latencies[16] = 2;
	report.now.stats.files = 4;
	report.now.stats.express_depth = 3;
	report.now.stats.express_wait_max_ns = 1500000;
	report.now.memory.card_size = 64 << 20;
	report.now.memory.card_free = 61 << 20;
	return report;
}

static void check_printed(const char *text, const char *what)
{
	ck_assert_msg(strstr(text, what), "no \"%s\" in: %s", what, text);
}

START_TEST(report_as_text)
{
	struct top_report told = report();
	char *text;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	top_report_print(&told, to);
	fclose(to);
	check_printed(text, "Board at /dev/accel/accel0, the last 1.0 s\n");
	check_printed(text, " 50.0 % busy     3 under way        100 comparisons/s\n");
	check_printed(text, "p50 < 32.8 us   p90 < 32.8 us   p99 < 132 us   "
		      "max < 132 us\n");
	check_printed(text, "powers of two; longest ever 1.50 ms\n");
	check_printed(text, "3.0 of 64.0 MiB");
	check_printed(text, "       9       321       12.5        0.0        0.0"
		      "        3.0  limend\n");
	check_printed(text, "and 2 open files of processes that root may look at\n");
	free(text);
}
END_TEST

static struct json_object *member(struct json_object *object, const char *name)
{
	struct json_object *found;

	ck_assert_msg(json_object_object_get_ex(object, name, &found),
		      "no member %s", name);
	return found;
}

START_TEST(report_as_json)
{
	struct top_report told = report();
	struct json_object *object = top_report_json(&told), *latency, *first;

	ck_assert_double_eq_tol(json_object_get_double(
					member(object, "express_busy")),
				0.5, 1e-12);
	latency = member(object, "latency");
	ck_assert_int_eq(json_object_get_int64(
				 member(member(latency, "p99"), "less_than_ns")),
			 131072);
	ck_assert_int_eq(json_object_get_int64(
				 member(member(latency, "p50"), "at_least_ns")),
			 16384);
	ck_assert_int_eq(json_object_get_int64(
				 member(object, "clients_unlisted")), 2);
	first = json_object_array_get_idx(member(object, "clients"), 0);
	ck_assert_str_eq(json_object_get_string(member(first, "command")),
			 "limend");
	ck_assert_int_eq(json_object_get_int64(member(first, "card_bytes")),
			 3 << 20);
	json_object_put(object);

	memset(told.load.latencies, 0, sizeof(told.load.latencies));
	object = top_report_json(&told);
	ck_assert_ptr_null(member(member(object, "latency"), "max"));
	json_object_put(object);
}
END_TEST

static const struct {
	double number;
	const char *text;
} numbers[] = {
	{ 4.384, "4.384" }, { 0.1 + 0.2, "0.3" }, { 1, "1.0" }, { 0, "0.0" },
	{ -2.5, "-2.5" }, { 1e6, "1000000.0" }, { 1.0 / 3, "0.333333" },
	{ 1e-9, "0.0" }, { 1e300 * 1e300, "null" }, { 0.0 / 0.0, "null" },
};

/* No more digits than there is something in. */
START_TEST(numbers_as_json)
{
	struct json_object *object = json_object_new_object();
	char expected[64];

	json_add_number(object, "n", numbers[_i].number);
	snprintf(expected, sizeof(expected), "{\"n\":%s}", numbers[_i].text);
	ck_assert_str_eq(json_object_to_json_string_ext(
				 object, JSON_C_TO_STRING_PLAIN), expected);
	json_object_put(object);
}
END_TEST

#define LOST "\xef\xbf\xbd"

static const struct {
	const char *text;
	const char *valid;
} texts[] = {
	{ "", "" },
	{ "plain", "plain" },
	{ "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80" },
	{ "a\xff" "b", "a" LOST "b" },
	{ "\xc3", LOST },
	{ "\xe2\x82", LOST LOST },
	{ "\xf0\x9f\x98", LOST LOST LOST },
	{ "\x80", LOST },
	/* Longer than needed, surrogates, beyond the last character. */
	{ "\xc0\xaf", LOST LOST },
	{ "\xe0\x80\xaf", LOST LOST LOST },
	{ "\xed\xa0\x80", LOST LOST LOST },
	{ "\xf4\x90\x80\x80", LOST LOST LOST LOST },
	{ "\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf" },
};

START_TEST(texts_as_json)
{
	struct json_object *object = json_object_new_object();

	json_add_text(object, "t", texts[_i].text);
	ck_assert_str_eq(json_object_get_string(member(object, "t")),
			 texts[_i].valid);
	json_object_put(object);
}
END_TEST

START_TEST(similarities_as_json)
{
	struct json_object *object = json_object_new_object();

	json_add_similarity(object, "similarity", 13107);
	json_add_similarity(object, "other", -32768);
	ck_assert_str_eq(json_object_to_json_string_ext(
				 object, JSON_C_TO_STRING_PLAIN),
			 "{\"similarity\":0.3999,\"similarity_integer\":13107,"
			 "\"other\":-1.0000,\"other_integer\":-32768}");
	json_object_put(object);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("top");
	TCase *figures = tcase_create("figures");
	TCase *files = tcase_create("files");

	tcase_add_loop_test(figures, numbers_as_json, 0, COUNT_OF(numbers));
	tcase_add_loop_test(figures, texts_as_json, 0, COUNT_OF(texts));
	tcase_add_test(figures, similarities_as_json);
	tcase_add_test(figures, load_is_what_has_been_added);
	tcase_add_test(figures, load_of_counters_that_fell_is_none);
	tcase_add_test(figures, percentiles);
	tcase_add_test(figures, durations);
	tcase_add_test(figures, latencies_are_bounds);
	tcase_add_test(figures, fdinfo_is_read);
	tcase_add_loop_test(figures, fdinfo_malformed, 0,
			    COUNT_OF(malformed));
	tcase_add_test(figures, fdinfo_of_long_lines);
	tcase_add_test(figures, shares_are_of_the_interval);
	tcase_add_test(figures, report_as_text);
	tcase_add_test(figures, report_as_json);
	suite_add_tcase(suite, figures);
	tcase_add_checked_fixture(files, folder_make, NULL);
	tcase_add_test(files, clients_are_collected);
	tcase_add_test(files, many_clients);
	suite_add_tcase(suite, files);
	return suite_run(suite);
}
