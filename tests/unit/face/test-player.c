// SPDX-License-Identifier: MIT
/*
 * The player's parts: the table, the scenes, the page.
 */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <counterpart.h>
#include <errno.h>
#include <page.h>
#include <scene.h>
#include <traveller.h>

#include "suite.h"

static char folder[] = "/tmp/limen-test-XXXXXX";
static char path[64];

static void make_folder(void)
{
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/file", folder);
}

static void remove_folder(void)
{
	unlink(path);
	ck_assert_int_eq(rmdir(folder), 0);
	strcpy(folder + strlen(folder) - 6, "XXXXXX");
}

static void write_table(const char *text)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	fclose(file);
}

START_TEST(a_table_is_read)
{
	struct travellers travellers;
	const struct traveller *traveller;
	char beside[80];

	write_table("# comment\n[one]\ndocument = a/b.jpg\n"
		    "booth = c.jpg d.jpg\nblur = 3\nexpect = MATCH\n"
		    "[two]\ndocument = ./torn.jpg\nbooth = empty\nlight = 5\n"
		    "fault = hang\nexpect = REFER no-face\n");
	ck_assert(travellers_load(&travellers, path, "/photos"));
	ck_assert_uint_eq(travellers.count, 2);
	traveller = &travellers.list[0];
	ck_assert_str_eq(traveller->name, "one");
	ck_assert_str_eq(traveller->document, "/photos/a/b.jpg");
	ck_assert_uint_eq(traveller->photo_count, 2);
	ck_assert_str_eq(traveller->photos[1], "/photos/d.jpg");
	ck_assert_uint_eq(traveller->blur, 3);
	ck_assert_uint_eq(traveller->light, 100);
	ck_assert_str_eq(traveller->decision, "MATCH");
	ck_assert_str_eq(traveller->reason, "none");
	traveller = &travellers.list[1];
	snprintf(beside, sizeof(beside), "%s/torn.jpg", folder);
	ck_assert_str_eq(traveller->document, beside);
	ck_assert_uint_eq(traveller->photo_count, 0);
	ck_assert_uint_eq(traveller->light, 5);
	ck_assert_str_eq(traveller->fault, "hang");
	ck_assert_str_eq(traveller->reason, "no-face");
	free(travellers.list);
}
END_TEST

static const char *const bad_tables[] = {
	"",
	"[a]\ndocument = x\n",
	"[a]\nexpect = MATCH\n",
	"[a]\ndocument = x\nexpect = REFER\n",
	"[a]\ndocument = x\nexpect = MATCH\ncolour = red\n",
	"[a]\ndocument = x\nexpect = MATCH\nblur = 65\n",
	"[a]\ndocument = x\nexpect = MATCH\nlight = 101\n",
	"[a]\ndocument = x\nexpect = MATCH\nlight = -1\n",
	"[a]\ndocument = x\nexpect = MATCH\nfault = ../reset\n",
	"[a]\ndocument = x\nexpect = MATCH\nbooth = 1 2 3 4 5\n",
	"neither section nor key\n",
};

START_TEST(a_bad_table_is_refused)
{
	struct travellers travellers;

	write_table(bad_tables[_i]);
	ck_assert(!travellers_load(&travellers, path, "/photos"));
	free(travellers.list);
}
END_TEST

START_TEST(scenes_are_what_they_say)
{
	uint8_t white[3 * 4 * 4];
	struct face_image photo = { 4, 4, white }, scene;
	size_t middle = 3 * (240 * SCENE_WIDTH + 320), corner = 0;

	memset(white, 200, sizeof(white));
	ck_assert_int_eq(scene_empty(&scene), 0);
	ck_assert_uint_eq(scene.pixels[middle], 0x80);
	ck_assert_int_eq(scene_place(&scene, &photo, 1), 0);
	ck_assert_uint_eq(scene.pixels[middle], 200);
	ck_assert_uint_eq(scene.pixels[corner], 0x80);
	/* A wide blur pulls the photo's edge towards the wall and back. */
	ck_assert_int_eq(scene_blur(&scene, 20), 0);
	ck_assert_uint_eq(scene.pixels[middle], 200);
	ck_assert_uint_gt(scene.pixels[3 * (240 * SCENE_WIDTH + 100)], 0x80);
	ck_assert_uint_lt(scene.pixels[3 * (240 * SCENE_WIDTH + 100)], 200);
	scene_darken(&scene, 10);
	ck_assert_uint_eq(scene.pixels[middle], 20);
	face_image_free(&scene);
}
END_TEST

static char *written_page(const struct played *played, size_t count)
{
	char *text;
	size_t size;
	FILE *file;

	ck_assert_int_eq(page_write(path, played, count), 0);
	file = fopen(path, "r");
	ck_assert_ptr_nonnull(file);
	text = calloc(1, 1 << 20);
	ck_assert_ptr_nonnull(text);
	size = fread(text, 1, (1 << 20) - 1, file);
	ck_assert_uint_gt(size, 0);
	fclose(file);
	return text;
}

START_TEST(the_page_shows_what_was_played)
{
	static const struct traveller traveller = {
		.name = "<script>\"&'", .light = 100,
	};
	unsigned char bytes[] = { 'M', 'a', 'n', 0xff };
	struct played played[] = {
		{ .traveller = &traveller,
		  .document = { bytes, 4 },
		  .answer = { .decision = "MATCH", .reason = "none",
			      .scored = true, .similarity = 0.8123,
			      .threshold = 0.4 },
		  .expected = true },
		{ .traveller = &traveller, .error = -ETIMEDOUT },
	};
	char *page = written_page(played, 2);

	ck_assert_ptr_null(strstr(page, "<script>"));
	ck_assert_ptr_nonnull(strstr(page, "&lt;script&gt;&quot;&amp;'"));
	ck_assert_ptr_nonnull(strstr(page, "base64,TWFu/w==\""));
	ck_assert_ptr_nonnull(strstr(page, ">0.8123<"));
	ck_assert_ptr_nonnull(strstr(page, "<b>1</b> not as expected"));
	ck_assert_ptr_nonnull(strstr(page, "no answer"));
	/* Nothing beside it: no address that is not in the page. */
	ck_assert_ptr_null(strstr(page, "http"));
	free(page);
}
END_TEST

START_TEST(a_page_that_cannot_be_written_is_an_error)
{
	ck_assert_int_eq(page_write("/nonexistent/page", NULL, 0), -ENOENT);
}
END_TEST

#define GOOD "{\"decision\":\"REFER\",\"reason\":\"score\",\"threshold\":0.4," \
	     "\"similarity\":0.1,\"milliseconds\":{\"document\":1,"	       \
	     "\"capture\":2,\"detect\":3,\"landmarks\":4,\"embed\":5,"	       \
	     "\"compare\":6,\"total\":7.5}}"

static const struct {
	const char *script; /* what the gate is */
	int result;
} gates[] = {
	{ "while read -r x; do echo '" GOOD "'; done", 0 },
	{ "read -r x; echo '{}'; cat", -EPROTO },
	{ "read -r x; echo nonsense; cat", -EPROTO },
	{ "read -r x", -EPIPE },
	{ "read -r x; sleep 5", -ETIMEDOUT },
};

START_TEST(whatever_the_gate_says)
{
	char *command[] = { "sh", "-c", (char *)gates[_i].script, NULL };
	struct counterpart gate;
	struct answer answer;

	ck_assert_int_eq(counterpart_open(&gate, command), 0);
	ck_assert_int_eq(counterpart_transit(&gate, "document", 1000, &answer),
			 gates[_i].result);
	if (!gates[_i].result) {
		ck_assert_str_eq(answer.reason, "score");
		ck_assert(answer.scored);
		ck_assert_double_eq(answer.milliseconds[STAGES - 1], 7.5);
	}
	ck_assert_int_ge(counterpart_close(&gate), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("player");
	TCase *tests = tcase_create("player");

	tcase_set_timeout(tests, 30);
	tcase_add_checked_fixture(tests, make_folder, remove_folder);
	tcase_add_test(tests, a_table_is_read);
	tcase_add_loop_test(tests, a_bad_table_is_refused, 0,
			    COUNT_OF(bad_tables));
	tcase_add_test(tests, scenes_are_what_they_say);
	tcase_add_test(tests, the_page_shows_what_was_played);
	tcase_add_test(tests, a_page_that_cannot_be_written_is_an_error);
	tcase_add_loop_test(tests, whatever_the_gate_says, 0, COUNT_OF(gates));
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
