// SPDX-License-Identifier: MIT
/* The configuration: what it takes, and the line that tells what it does not. */
#include <errno.h>
#include <sys/stat.h>

#include <config.h>

#include "../face/suite.h"
#include "sample.h"

static struct limen_config config;
static char error[PATH_MAX + 256];

static int load(const char *text)
{
	file_write(in_folder("conf"), text, strlen(text));
	return limen_config_load(&config, in_folder("conf"), error,
				 sizeof(error));
}

START_TEST(shipped_file)
{
	ck_assert_msg(!limen_config_load(&config, SHIPPED_CONFIG, error,
					 sizeof(error)), "%s", error);
	ck_assert_int_eq(config.threshold, 13108); /* ceil(0.40 * 32768) */
	ck_assert_str_eq(config.models, "/usr/share/limen/models");
	ck_assert_uint_eq(config.min_quality, 2800);
	ck_assert_str_eq(config.socket, "/run/limen/limend.sock");
	ck_assert_int_eq(config.backend, LIMEN_CONFIG_AUTO);
	ck_assert_uint_eq(config.allow_count, 1);
	ck_assert_str_eq(config.allow[0], "limen-gate");
	ck_assert_uint_eq(config.timeout_ms, 2000);
	ck_assert_uint_eq(config.recheck, 1);
	ck_assert_str_eq(config.camera, LIMEN_CONFIG_CAMERA_AUTO);
	ck_assert_uint_eq(config.attempts, 3);
	ck_assert_uint_eq(config.transit_ms, 10000);
}
END_TEST

/* What the file does not say is as the shipped one has it, but the policy. */
START_TEST(defaults)
{
	struct limen_config shipped;

	ck_assert_int_eq(limen_config_load(&shipped, SHIPPED_CONFIG, error,
					   sizeof(error)), 0);
	ck_assert_int_eq(load(""), 0);
	ck_assert_int_eq(config.threshold, LIMEN_CONFIG_NO_THRESHOLD);
	ck_assert_uint_eq(config.allow_count, 0);
	ck_assert_str_eq(config.models, shipped.models);
	ck_assert_uint_eq(config.min_quality, shipped.min_quality);
	ck_assert_str_eq(config.socket, shipped.socket);
	ck_assert_int_eq(config.backend, shipped.backend);
	ck_assert_uint_eq(config.timeout_ms, shipped.timeout_ms);
	ck_assert_uint_eq(config.recheck, shipped.recheck);
	ck_assert_str_eq(config.camera, shipped.camera);
	ck_assert_uint_eq(config.attempts, shipped.attempts);
	ck_assert_uint_eq(config.transit_ms, shipped.transit_ms);
}
END_TEST

START_TEST(everything_else_than_the_defaults)
{
	ck_assert_int_eq(load("; another comment\n"
			      "[policy]\nthreshold = 1\n"
			      "[extractor]\nmodels=/m\nmin_quality = 0\n"
			      "[service]\nsocket = /s\nbackend = board\n"
			      "allow = root, 1000 nobody\ntimeout = 60000\n"
			      "recheck = 1000000\n"
			      "[gate]\ncamera = /dev/video7\nattempts = 10"),
			 0);
	ck_assert_int_eq(config.threshold, LIMEN_SIMILARITY_ONE);
	ck_assert_str_eq(config.models, "/m");
	ck_assert_uint_eq(config.min_quality, 0);
	ck_assert_str_eq(config.socket, "/s");
	ck_assert_int_eq(config.backend, LIMEN_CONFIG_BOARD);
	ck_assert_uint_eq(config.allow_count, 3);
	ck_assert_str_eq(config.allow[0], "root");
	ck_assert_str_eq(config.allow[1], "1000");
	ck_assert_str_eq(config.allow[2], "nobody");
	ck_assert_uint_eq(config.timeout_ms, 60000);
	ck_assert_uint_eq(config.recheck, 1000000);
	ck_assert_str_eq(config.camera, "/dev/video7");
	ck_assert_uint_eq(config.attempts, 10);
}
END_TEST

static const struct {
	const char *text;
	int32_t threshold;
} thresholds[] = {
	{ "0.000001", 1 },   { "0.4", 13108 },       { ".5", 16384 },
	{ "0.50000", 16384 }, { "0.500001", 16385 }, { "1.000000", 32768 },
	{ "1.", 32768 },      { "0.999999", 32768 },
};

START_TEST(thresholds_round_up)
{
	char text[64];

	snprintf(text, sizeof(text), "[policy]\nthreshold = %s\n",
		 thresholds[_i].text);
	ck_assert_msg(!load(text), "%s", error);
	ck_assert_int_eq(config.threshold, thresholds[_i].threshold);
}
END_TEST

#define LONG_50 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static const struct {
	const char *text;
	unsigned int line;
	const char *says; /* part of the message */
} mistakes[] = {
	{ "[policy]\n\nthreshhold = 0.4\n", 3, "unknown key threshhold" },
	{ "threshold = 0.4\n", 1, "unknown key threshold in []" },
	{ "[service]\nthreshold = 0.4\n", 2, "in [service]" },
	{ "[policy]\nthreshold = 0.4\nthreshold = 0.5\n", 3, "twice" },
	{ "[policy]\nthreshold = 0.4\n 0.5\n", 3, "twice" },
	{ "[policy]\nthreshold = 0\n", 2, "threshold" },
	{ "[policy]\nthreshold =\n", 2, "threshold" },
	{ "[policy]\nthreshold = .\n", 2, "threshold" },
	{ "[policy]\nthreshold = 1.000001\n", 2, "threshold" },
	{ "[policy]\nthreshold = 2\n", 2, "threshold" },
	{ "[policy]\nthreshold = -0.4\n", 2, "threshold" },
	{ "[policy]\nthreshold = 0,4\n", 2, "threshold" },
	{ "[policy]\nthreshold = 4e-1\n", 2, "threshold" },
	{ "[policy]\nthreshold = nan\n", 2, "threshold" },
	{ "[policy]\nthreshold = 0.4000001\n", 2, "threshold" },
	{ "[policy]\nthreshold = 99999999999999999999999\n", 2, "threshold" },
	{ "[extractor]\nmodels = here\n", 2, "absolute path" },
	{ "[extractor]\nmodels =\n", 2, "absolute path" },
	{ "[extractor]\nmin_quality = 1001\n", 2, "min_quality" },
	{ "[extractor]\nmin_quality = x\n", 2, "min_quality" },
	{ "[service]\nsocket = s\n", 2, "absolute path" },
	{ "[service]\nbackend = gpu\n", 2, "backend" },
	{ "[service]\nallow = " LONG_50 LONG_50 "\n", 2, "too long" },
	{ "[service]\nallow = root @ nobody\n", 2, "behind @" },
	{ "[service]\nallow = 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\n", 2,
	  "more than 16" },
	{ "[service]\ntimeout = 0\n", 2, "timeout" },
	{ "[service]\ntimeout = 60001\n", 2, "timeout" },
	{ "[service]\ntimeout = 4294967297\n", 2, "timeout" },
	{ "[service]\ntimeout = 2s\n", 2, "timeout" },
	{ "[service]\nrecheck = 1000001\n", 2, "recheck must be 0" },
	{ "[service]\nrecheck = -1\n", 2, "recheck must be 0" },
	{ "[service]\nrecheck = 1/8\n", 2, "recheck must be 0" },
	{ "[service]\nrecheck = 4294967296\n", 2, "recheck must be 0" },
	{ "[service]\nrecheck =\n", 2, "recheck must be 0" },
	{ "[service]\nrecheck = 1\nrecheck = 0\n", 3, "twice" },
	{ "[gate]\nattempts = 0\n", 2, "attempts" },
	{ "[gate]\nattempts = 1001\n", 2, "attempts" },
	{ "[policy]\nthreshold 0.4\n", 2, "key = value" },
	{ "[policy\nthreshold = 0.4\n", 1, "[section]" },
	{ "[policy]\n# " LONG_50 LONG_50 LONG_50 LONG_50 "\n", 2, "longer" },
	{ "[policy]\nthreshold = 0\nnonsense = 1\n[x", 2, "threshold" },
};

START_TEST(mistakes_are_told)
{
	char place[PATH_MAX];

	ck_assert_int_eq(load(mistakes[_i].text), -1);
	snprintf(place, sizeof(place), "%s:%u: ", in_folder("conf"),
		 mistakes[_i].line);
	ck_assert_msg(!strncmp(error, place, strlen(place)),
		      "\"%s\" is not at %s", error, place);
	ck_assert_msg(strstr(error, mistakes[_i].says), "\"%s\" says no %s",
		      error, mistakes[_i].says);
	ck_assert_ptr_null(strchr(error, '\n'));
}
END_TEST

START_TEST(nul_bytes_are_told)
{
	static const char text[] = "[policy]\nthreshold = 0.4\0" "9\n";

	file_write(in_folder("conf"), text, sizeof(text) - 1);
	ck_assert_int_eq(limen_config_load(&config, in_folder("conf"), error,
					   sizeof(error)), -1);
	ck_assert_ptr_nonnull(strstr(error, ":2: a NUL byte"));
}
END_TEST

START_TEST(files_that_cannot_be_read)
{
	ck_assert_int_eq(limen_config_load(&config, in_folder("none"), error,
					   sizeof(error)), -1);
	ck_assert_ptr_nonnull(strstr(error, "No such file"));
	ck_assert_int_eq(limen_config_load(&config, sample_folder, error,
					   sizeof(error)), -1);
	ck_assert_str_ne(error, "");
}
END_TEST

/* Behind a value, after a space; a path may have the signs in it. */
START_TEST(comments_behind_values)
{
	ck_assert_int_eq(load("# first\n"
			      "[policy] # of the border\n"
			      "threshold = 0.40 # a false match rate of 1.4e-4\n"
			      "[extractor]\n"
			      "models = /srv/a#b;c\t; not d\n"
			      "[service]\n"
			      "allow = one two # not three\n"
			      "timeout = 2001 # milliseconds"), 0);
	ck_assert_int_eq(config.threshold, 13108);
	ck_assert_str_eq(config.models, "/srv/a#b;c");
	ck_assert_uint_eq(config.allow_count, 2);
	ck_assert_str_eq(config.allow[1], "two");
	ck_assert_uint_eq(config.timeout_ms, 2001);
}
END_TEST

/* A pipe that nobody writes to does not hold up a service for ever. */
START_TEST(what_is_no_file)
{
	ck_assert_int_eq(mkfifo(in_folder("conf"), 0600), 0);
	ck_assert_int_eq(limen_config_load(&config, in_folder("conf"), error,
					   sizeof(error)), -1);
	ck_assert_ptr_nonnull(strstr(error, "other end"));
	ck_assert_int_eq(limen_config_load(&config, "/dev/zero", error,
					   sizeof(error)), -1);
	ck_assert_ptr_nonnull(strstr(error, "too large"));
	ck_assert_int_eq(limen_config_load(&config, "/dev/null", error,
					   sizeof(error)), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("config");
	TCase *tests = tcase_create("config");

	tcase_add_checked_fixture(tests, folder_make, folder_remove);
	tcase_add_test(tests, shipped_file);
	tcase_add_test(tests, defaults);
	tcase_add_test(tests, everything_else_than_the_defaults);
	tcase_add_loop_test(tests, thresholds_round_up, 0,
			    COUNT_OF(thresholds));
	tcase_add_loop_test(tests, mistakes_are_told, 0, COUNT_OF(mistakes));
	tcase_add_test(tests, nul_bytes_are_told);
	tcase_add_test(tests, files_that_cannot_be_read);
	tcase_set_timeout(tests, 30);
	tcase_add_test(tests, comments_behind_values);
	tcase_add_test(tests, what_is_no_file);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
