// SPDX-License-Identifier: MIT
/* limen bench: that it measures; how fast the machine is, is not tested. */
#include <sys/stat.h>

#include "../face/suite.h"
#include "command.h"

START_TEST(backends)
{
	struct json_object *object, *row;
	unsigned int usable = 0;
	size_t i;

	ck_assert_int_eq(run("bench", "--list", "--json"), 0);
	object = parsed();
	for (i = 0; i < json_object_array_length(object); i++) {
		row = json_object_array_get_idx(object, i);
		ck_assert_str_ne(text(row, "backend"), "unknown");
		ck_assert_int_eq(!strcmp(text(row, "usable"), "true"),
				 !*text(row, "reason"));
		usable += !*text(row, "reason");
	}
	ck_assert_uint_ge(usable, 1);
	json_object_put(object);
	ck_assert_int_eq(run("bench", "--list"), 0);
	check_says("cpu:plain             usable      CPU, plain\n");
#if defined(__x86_64__)
	check_says("cpu:neon-dotprod      not usable  needs an AArch64");
#endif
}
END_TEST

/* What of a row is there if it was measured, and what if it was not. */
static void check_row(struct json_object *row)
{
	struct json_object *member;

	ck_assert_str_ne(text(row, "work"), "");
	if (json_object_object_get_ex(row, "not_measured", &member)) {
		/* This needs nothing that could be missing. */
		ck_assert_msg(strcmp(text(row, "against"), "reading whole rows"),
			      "%s: %s", text(row, "work"),
			      json_object_get_string(member));
		ck_assert_int_gt(json_object_get_string_len(member), 0);
		ck_assert(!json_object_object_get_ex(row, "value", NULL));
		return;
	}
	ck_assert_double_le(json_object_get_double(
		json_object_object_get(row, "least")),
		json_object_get_double(json_object_object_get(row, "most")));
	/* The exponent comes from two times, whatever they are. */
	if (*text(row, "unit"))
		ck_assert_double_gt(json_object_get_double(
			json_object_object_get(row, "value")), 0);
}

/* Some peers are not exact, on some processors. */
static void check_against(const char *is, const char *expected)
{
	size_t length = strlen(expected);

	ck_assert_msg(!strncmp(is, expected, length) &&
		      (!is[length] || !strcmp(is + length, ", inexact")), "%s: %s", expected,
		      is);
}

/* Every row is there, whatever it says; progress is told on stderr. */
START_TEST(searches)
{
	static const char *const against[] = {
		"and a constant", "OpenBLAS sgemm alone, as it comes",
		"OpenBLAS sgemm alone, told the core", "oneDNN int8 + top-10",
		"NumKong int8 + top-10", "native, same processors", "reading whole rows",
		"reading whole rows", "FAISS IndexFlatIP",
		"FAISS, its fastest int8 index", "NumKong int8 + top-10",
		"one thread", "one thread",
		"AMX int8 peak, random data", "AVX-512 VNNI peak, random data",
		"AVX2 peak, random data",
		"one thread", "", "", "NumKong dot", "NumKong dot", "",
		"N to the power of",
	};
	struct json_object *object, *table;
	unsigned int i;

	ck_assert_msg(!run("bench", "match", "--rows", "12000", "--json", "--output",
			   in_folder("bench.json"), "--plot", in_folder("bench.svg")),
		      "stderr: %s", err);
	ck_assert_ptr_nonnull(strstr(err, "limen: galleries of every size\n"));
	object = json_tokener_parse(out);
	table = json_object_object_get(object, "table");
	ck_assert_uint_eq(json_object_array_length(table), COUNT_OF(against));
	for (i = 0; i < COUNT_OF(against); i++) {
		struct json_object *row = json_object_array_get_idx(table, i);

		check_against(text(row, "against"), against[i]);
		check_row(row);
	}
	slurp_text(in_folder("bench.json"), err);
	ck_assert_int_eq(strlen(err), strlen(out));
	json_object_put(object);
	slurp_text(in_folder("bench.svg"), out);
	ck_assert_ptr_nonnull(strstr(out, "<svg"));
	ck_assert_int_eq(run("bench", "--rows", "1999"), 2);
	check_error("--rows: ");
	ck_assert_int_eq(run("bench", "--output", "/nonexistent/bench"), 1);
	check_error("/nonexistent/bench: ");
}
END_TEST

START_TEST(comparisons)
{
	struct json_object *object;

	ck_assert_int_eq(run("bench", "compare", "--json"), 0);
	object = parsed();
	ck_assert_uint_eq(json_object_array_length(object), 6);
	ck_assert_int_eq(number(json_object_array_get_idx(object, 5), "dim"),
			 512);
	json_object_put(object);
}
END_TEST

START_TEST(the_service)
{
	struct json_object *object, *row;

	ck_assert_int_eq(run("bench", "daemon", "--json"), 0);
	object = parsed();
	ck_assert_uint_eq(json_object_array_length(object), 2);
	row = json_object_array_get_idx(object, 1);
	ck_assert_int_eq(number(row, "depth"), 64);
	ck_assert_ptr_nonnull(json_object_object_get(row, "limend"));
	ck_assert_ptr_nonnull(json_object_object_get(row, "echo"));
	ck_assert(json_object_get_double(
			  json_object_object_get(row, "rate_ratio")) > 0);
	json_object_put(object);
	ck_assert_int_eq(run("bench", "daemon", "--limend", "/nonexistent"), 1);
	ck_assert_ptr_nonnull(strstr(err, "/nonexistent"));
}
END_TEST

/* It complains in the name of limen, whoever started it. */
START_TEST(wrong_usage)
{
	ck_assert_int_eq(run("bench", "--frobnicate"), 2);
	check_error("bench: no option --frobnicate; see 'limen --help'");
	ck_assert_int_eq(run("bench", "match", "daemon"), 2);
	check_error("bench takes match");
	ck_assert_int_eq(run("help", "bench"), 0);
	check_says("Usage: limen bench ");
}
END_TEST

/* A limen that limen-bench does not lie beside. */
START_TEST(not_installed)
{
	const char *const arguments[] = { "limen", "bench", "--list", NULL };
	char *program = strdup(in_folder("limen"));
	size_t size;
	uint8_t *data = file_slurp(LIMEN, &size);

	file_write(program, data, size);
	ck_assert_int_eq(chmod(program, 0700), 0);
	setenv("LD_LIBRARY_PATH", LIBRARIES, 1);
	ck_assert_int_eq(run_program(program, arguments), 1);
	check_error("bench: limen-bench is not installed; the package limen-tools ");
	free(data);
	free(program);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bench");
	TCase *tests = tcase_create("bench");

	tcase_set_timeout(tests, 120);
	tcase_add_checked_fixture(tests, folder_make, folder_remove);
	tcase_add_test(tests, backends);
	tcase_add_test(tests, searches);
	tcase_add_test(tests, comparisons);
	tcase_add_test(tests, the_service);
	tcase_add_test(tests, wrong_usage);
	tcase_add_test(tests, not_installed);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
