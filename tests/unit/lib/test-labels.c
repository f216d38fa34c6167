// SPDX-License-Identifier: MIT
/* Labels of gallery rows: kept with them, wiped with them, and files that are refused. */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>

#include <endian.h>
#include <gallery_file.h>
#include <openssl/evp.h>

#include "../face/suite.h"
#include "sample.h"

#define DIM 64
#define ROWS 5
#define PAGE GALLERY_FILE_PAGE

static struct limen_gallery *gallery;

static void setup(void)
{
	struct limen_template tmpl = sample(DIM, 0);

	folder_make();
	ck_assert_int_eq(limen_gallery_create(&gallery, tmpl.model, DIM), 0);
}

static void teardown(void)
{
	limen_gallery_close(gallery);
	folder_remove();
}

static int64_t add(const char *label)
{
	struct limen_template tmpl = sample(DIM, limen_gallery_rows(gallery));

	return limen_gallery_add_labelled(gallery, &tmpl, label);
}

/* Row number i has this label; NULL: the row is not there. */
static void check_label(uint32_t row, const char *expected)
{
	char label[LIMEN_LABEL_SIZE], before[LIMEN_LABEL_SIZE];
	size_t i;

	memset(label, 0xa5, sizeof(label));
	memcpy(before, label, sizeof(label));
	ck_assert_int_eq(limen_gallery_label(gallery, row, label),
			 expected ? 0 : -ENOENT);
	if (!expected) {
		ck_assert_mem_eq(label, before, sizeof(label));
		return;
	}
	ck_assert_str_eq(label, expected);
	for (i = strlen(expected); i < sizeof(label); i++)
		ck_assert_int_eq(label[i], 0);
}

/* What has been saved takes the place of what was there. */
static void reopen(void)
{
	ck_assert_int_eq(limen_gallery_save(gallery, in_folder("g")), 0);
	limen_gallery_close(gallery);
	gallery = NULL;
	ck_assert_int_eq(limen_gallery_open(&gallery, in_folder("g")), 0);
}

START_TEST(a_label_stays_with_its_row)
{
	char longest[LIMEN_LABEL_SIZE] = "";
	int round;

	memset(longest, 'x', LIMEN_LABEL_MAX);
	ck_assert_int_eq(add("Zo\u00eb M\u00fcller-\u0141"), 0);
	ck_assert_int_eq(add(NULL), 1);
	ck_assert_int_eq(add(longest), 2);
	ck_assert_int_eq(add("twice"), 3);
	ck_assert_int_eq(add("twice"), 4);
	for (round = 0; round < 3; round++) {
		check_label(0, "Zo\u00eb M\u00fcller-\u0141");
		check_label(1, "");
		check_label(2, longest);
		check_label(3, "twice");
		check_label(4, "twice");
		check_label(5, NULL);
		check_label(UINT32_MAX, NULL);
		reopen();
	}
	ck_assert_int_eq(limen_gallery_remove(gallery, 3), 0);
	check_label(3, NULL);
	check_label(4, "twice");
	ck_assert_int_eq(add("a new one"), 5);
	reopen();
	check_label(2, longest);
	check_label(3, NULL);
	check_label(4, "twice");
	check_label(5, "a new one");
}
END_TEST

/* Enough for everything that grows to have grown, and some gone again. */
START_TEST(many_labels)
{
	char label[LIMEN_LABEL_SIZE];
	uint32_t row, seen = 0;
	int i;

	for (i = 0; i < 2000; i++) {
		snprintf(label, sizeof(label), "number %d", i);
		ck_assert_int_eq(add(i % 5 ? label : NULL), i);
	}
	for (i = 0; i < 2000; i += 3)
		ck_assert_int_eq(limen_gallery_remove(gallery, i), 0);
	reopen();
	for (row = 0; !limen_gallery_next_row(gallery, &row); row++, seen++) {
		ck_assert_uint_ne(row % 3, 0);
		snprintf(label, sizeof(label), "number %u", row);
		check_label(row, row % 5 ? label : "");
	}
	ck_assert_uint_eq(seen, 2000 - 667);
}
END_TEST

static const char *const labels[] = {
	"a", " ", "\u00a0", "\u07ff", "\u0800", "\ud7ff", "\ue000", "\uffff",
	"\U00010000", "\U0010ffff", "\u202f", "\u2065",
};

static const char *const no_labels[] = {
	"", "a\n", "\t", "\x1b[2J", "\x7f", "\xc2\x85", "\xc2\x9f", "\u2028", "\u2029",
	"\u202e", "\u2066", "\u200f", "\u061c", "\ufeff",
	"\x80", "\xbf", "a\xc3", "\xc3(", "\xe2\x82", "\xe2\x82(", "\xf0\x90\x80",
	"\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf", "\xed\xa0\x80",
	"\xed\xbf\xbf", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xff", "\xfe",
};

START_TEST(what_is_a_label)
{
	ck_assert_int_eq(add(labels[_i]), 0);
	check_label(0, labels[_i]);
	reopen();
	check_label(0, labels[_i]);
}
END_TEST

START_TEST(what_is_none)
{
	char too_long[LIMEN_LABEL_SIZE + 1] = "";

	ck_assert_int_eq(add(no_labels[_i]), -EILSEQ);
	memset(too_long, 'x', LIMEN_LABEL_SIZE);
	ck_assert_int_eq(add(too_long), -EILSEQ);
	ck_assert_uint_eq(limen_gallery_rows(gallery), 0);
	ck_assert_ptr_nonnull(strstr(limen_strerror(-EILSEQ), "no label"));
	ck_assert_int_eq(add("one"), 0);
	check_label(0, "one");
}
END_TEST

/* A row that is refused leaves no label for the next one. */
START_TEST(a_refused_row_has_none)
{
	struct limen_template tmpl = sample(DIM, 0);

	tmpl.model[0] ^= 1;
	ck_assert_int_eq(limen_gallery_add_labelled(gallery, &tmpl, "one"), -EMEDIUMTYPE);
	ck_assert_int_eq(add(NULL), 0);
	check_label(0, "");
}
END_TEST

/* Once the last label has gone, the file is the one that it was before there were any. */
START_TEST(without_labels_the_file_is_as_before)
{
	const struct gallery_file_header *header;
	uint8_t *never, *no_more;
	size_t size[2];
	int i;

	for (i = 0; i < ROWS; i++)
		ck_assert_int_eq(add(i % 2 ? "one" : NULL), i);
	reopen();
	no_more = file_slurp(in_folder("g"), &size[1]);
	header = (void *)no_more;
	ck_assert_uint_eq(le16toh(header->version), GALLERY_FILE_VERSION_LABELS);
	free(no_more);
	ck_assert_int_eq(limen_gallery_remove(gallery, 1), 0);
	ck_assert_int_eq(limen_gallery_remove(gallery, 3), 0);
	reopen();
	no_more = file_slurp(in_folder("g"), &size[1]);
	teardown();
	setup();
	for (i = 0; i < ROWS; i++)
		ck_assert_int_eq(add(NULL), i);
	ck_assert_int_eq(limen_gallery_remove(gallery, 1), 0);
	ck_assert_int_eq(limen_gallery_remove(gallery, 3), 0);
	reopen();
	never = file_slurp(in_folder("g"), &size[0]);
	header = (void *)never;
	ck_assert_uint_eq(le16toh(header->version), GALLERY_FILE_VERSION);
	ck_assert_uint_eq(size[0], size[1]);
	ck_assert_mem_eq(never, no_more, size[0]);
	free(never);
	free(no_more);
}
END_TEST

/* Of the file of labelled(): the bits, two planes, the labels, a page each. */
#define LABELS_AT (4 * PAGE)
#define HEAD(name) \
	(sizeof(struct gallery_file_header) + offsetof(struct gallery_file_labels, name))
#define ENTRY(number, name) \
	(LABELS_AT + (number) * sizeof(struct gallery_file_label) + \
	 offsetof(struct gallery_file_label, name))
#define TEXT (LABELS_AT + 3 * sizeof(struct gallery_file_label))

/* Rows 0, 2 and 4 have labels, and row 3 has been removed. */
static uint8_t *labelled(size_t *size)
{
	ck_assert_int_eq(add("first"), 0);
	ck_assert_int_eq(add(NULL), 1);
	ck_assert_int_eq(add("second"), 2);
	ck_assert_int_eq(add("gone"), 3);
	ck_assert_int_eq(add("last"), 4);
	ck_assert_int_eq(limen_gallery_remove(gallery, 3), 0);
	reopen();
	return file_slurp(in_folder("g"), size);
}

static int open_changed(uint8_t *data, size_t size)
{
	struct gallery_file_header *header = (void *)data;
	struct limen_gallery *opened;
	int error;

	memset(header->digest, 0, sizeof(header->digest));
	ck_assert(EVP_Digest(data, size, header->digest, NULL, EVP_sha256(), NULL));
	error = limen_gallery_open_memory(&opened, data, size);
	if (!error)
		limen_gallery_close(opened);
	return error;
}

static const struct {
	size_t offset, size;
	uint64_t value;
} fields[] = {
	{ offsetof(struct gallery_file_header, version), 2, GALLERY_FILE_VERSION },
	{ HEAD(size), 8, 0 }, { HEAD(size), 8, 24 }, { HEAD(size), 8, 3 * 8 + 14 },
	{ HEAD(size), 8, 3 * 8 + 16 }, { HEAD(size), 8, PAGE + 1 },
	{ HEAD(size), 8, UINT64_MAX }, { HEAD(size), 8, 1ull << 63 },
	{ HEAD(count), 4, 0 }, { HEAD(count), 4, 2 }, { HEAD(count), 4, 4 },
	{ HEAD(count), 4, UINT32_MAX },
	{ HEAD(reserved), 4, 1 }, { HEAD(reserved), 4, 1u << 31 },
	{ sizeof(struct gallery_file_header) + sizeof(struct gallery_file_labels), 1, 1 },
	{ ENTRY(0, row), 4, 2 }, { ENTRY(0, row), 4, 3 }, { ENTRY(1, row), 4, 0 },
	{ ENTRY(1, row), 4, 4 }, { ENTRY(1, row), 4, 3 }, { ENTRY(2, row), 4, 5 },
	{ ENTRY(2, row), 4, UINT32_MAX }, { ENTRY(2, row), 4, 131072 },
	{ ENTRY(0, length), 4, 0 }, { ENTRY(0, length), 4, 4 }, { ENTRY(0, length), 4, 6 },
	{ ENTRY(2, length), 4, 5 }, { ENTRY(2, length), 4, UINT32_MAX },
	{ ENTRY(1, length), 4, 256 }, { ENTRY(0, length), 4, 1u << 31 },
	{ TEXT, 1, '\n' }, { TEXT + 4, 1, 0xff }, { TEXT + 4, 1, 0xc3 }, { TEXT + 14, 1, 0 },
	{ TEXT + 15, 1, 'x' }, { LABELS_AT + PAGE - 1, 1, 1 },
};

START_TEST(every_field_is_checked)
{
	size_t size;
	uint8_t *data = labelled(&size);

	ck_assert_uint_eq(size, 5 * PAGE);
	ck_assert_int_eq(open_changed(data, size), 0);
	memcpy(data + fields[_i].offset, &fields[_i].value, fields[_i].size);
	ck_assert_int_eq(open_changed(data, size), -EBADMSG);
	free(data);
}
END_TEST

/* Another label in the place of one is one: the tests above rest on that. */
START_TEST(a_changed_label_is_another)
{
	size_t size, i;
	uint8_t *data = labelled(&size);

	for (i = 0; i < 5; i++)
		data[TEXT + i] = "FIRST"[i];
	ck_assert_int_eq(open_changed(data, size), 0);
	data[TEXT] ^= 1;
	limen_gallery_close(gallery);
	gallery = NULL;
	ck_assert_int_eq(limen_gallery_open_memory(&gallery, data, size), -EUCLEAN);
	data[TEXT] ^= 1;
	ck_assert_int_eq(limen_gallery_open_memory(&gallery, data, size), 0);
	check_label(0, "FIRST");
	check_label(2, "second");
	free(data);
}
END_TEST

#define SECRET_LENGTH 24

/* What is looked for lies nowhere as such but where the library has put it. */
static char hidden(int i)
{
	return (char)(('A' + (i * 7) % 26) ^ 0x55);
}

static bool is_secret(const uint8_t *at)
{
	int i;

	for (i = 0; i < SECRET_LENGTH; i++)
		if ((at[i] ^ 0x55) != hidden(i))
			return false;
	return true;
}

/* Whether this process' memory that it can write holds the secret. */
static bool is_held(void)
{
	static uint8_t window[1 << 16];
	FILE *maps = fopen("/proc/self/maps", "re");
	int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	unsigned long from, to;
	char line[512], *rest;
	bool held = false;
	ssize_t got, i;

	ck_assert_ptr_nonnull(maps);
	ck_assert_int_ge(memory, 0);
	while (fgets(line, sizeof(line), maps)) {
		from = strtoul(line, &rest, 16);
		to = strtoul(rest + 1, &rest, 16);
		/* " rw-p": a sanitizer's shadow is too large, and its own. */
		if (rest[2] != 'w' || to - from > 1ul << 26)
			continue;
		for (; from < to; from += sizeof(window) / 2) {
			memset(window, 0, sizeof(window));
			got = pread(memory, window, to - from < sizeof(window) ?
				    to - from : sizeof(window), (off_t)from);
			for (i = 0; i + SECRET_LENGTH <= got; i++)
				held |= is_secret(window + i);
			memset(window, 0, sizeof(window));
		}
	}
	fclose(maps);
	close(memory);
	return held;
}

static void add_secret(void)
{
	char label[SECRET_LENGTH + 1] = "";
	int i;

	for (i = 0; i < SECRET_LENGTH; i++)
		label[i] = (char)(hidden(i) ^ 0x55);
	ck_assert_int_eq(add(label), limen_gallery_rows(gallery) - 1);
	limen_wipe(label, sizeof(label));
}

START_TEST(labels_are_wiped)
{
	int i;

	add_secret();
	ck_assert(is_held());
	/* Saving copies them; growing moves them. */
	ck_assert_int_eq(limen_gallery_save(gallery, in_folder("g")), 0);
	for (i = 0; i < 500; i++)
		ck_assert_int_ge(add("another label"), 0);
	ck_assert(is_held());
	if (_i) {
		ck_assert_int_eq(limen_gallery_remove(gallery, 0), 0);
	} else {
		limen_gallery_close(gallery);
		gallery = NULL;
	}
	ck_assert(!is_held());
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("labels");
	TCase *tests = tcase_create("labels");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, a_label_stays_with_its_row);
	tcase_add_test(tests, many_labels);
	tcase_add_loop_test(tests, what_is_a_label, 0, COUNT_OF(labels));
	tcase_add_loop_test(tests, what_is_none, 0, COUNT_OF(no_labels));
	tcase_add_test(tests, a_refused_row_has_none);
	tcase_add_test(tests, without_labels_the_file_is_as_before);
	tcase_add_loop_test(tests, every_field_is_checked, 0, COUNT_OF(fields));
	tcase_add_test(tests, a_changed_label_is_another);
	tcase_add_loop_test(tests, labels_are_wiped, 0, 2);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
