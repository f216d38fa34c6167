// SPDX-License-Identifier: MIT
/* Galleries: growing, saving, and files that are refused. */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/stat.h>

#include <gallery_file.h>

#include "../face/suite.h"
#include "sample.h"

#define ROWS 3

static struct limen_gallery *filled(uint32_t dim, uint32_t rows)
{
	struct limen_template tmpl = sample(dim, 1);
	struct limen_gallery *gallery;
	uint32_t i;

	ck_assert_int_eq(limen_gallery_create(&gallery, tmpl.model, dim), 0);
	for (i = 0; i < rows; i++) {
		tmpl = sample(dim, i);
		ck_assert_int_eq(limen_gallery_add(gallery, &tmpl), i);
	}
	return gallery;
}

static void check_rows(const struct limen_gallery *gallery, uint32_t dim,
		       uint32_t rows)
{
	struct limen_template tmpl = sample(dim, 0);
	uint32_t i;

	ck_assert_uint_eq(limen_gallery_rows(gallery), rows);
	ck_assert_uint_eq(limen_gallery_dim(gallery), dim);
	ck_assert_mem_eq(limen_gallery_model(gallery), tmpl.model,
			 LIMEN_MODEL_ID_SIZE);
	for (i = 0; i < rows; i++) {
		tmpl = sample(dim, i);
		ck_assert_mem_eq(limen_gallery_row(gallery, i), tmpl.vector,
				 dim);
	}
}

static void save(uint32_t dim, uint32_t rows)
{
	struct limen_gallery *gallery = filled(dim, rows);

	ck_assert_int_eq(limen_gallery_save(gallery, in_folder("g")), 0);
	limen_gallery_close(gallery);
}

static int reopen(void)
{
	struct limen_gallery *gallery;
	int error = limen_gallery_open(&gallery, in_folder("g"));

	if (!error)
		limen_gallery_close(gallery);
	return error;
}

static const struct {
	uint32_t dim, rows;
} sizes[] = {
	{ 128, 0 }, { 128, 1 }, { 256, 5 }, { 512, 127 }, { 512, 128 },
	{ 512, 129 }, { 128, 3000 },
};

START_TEST(what_is_saved_is_opened)
{
	struct limen_gallery *gallery;
	struct stat stat;

	save(sizes[_i].dim, sizes[_i].rows);
	ck_assert_int_eq(lstat(in_folder("g"), &stat), 0);
	ck_assert_uint_eq(stat.st_mode, S_IFREG | 0600);
	ck_assert_uint_eq(folder_count(), 1);
	ck_assert_int_eq(limen_gallery_open(&gallery, in_folder("g")), 0);
	check_rows(gallery, sizes[_i].dim, sizes[_i].rows);
	limen_gallery_close(gallery);
}
END_TEST

START_TEST(an_opened_gallery_grows)
{
	struct limen_template tmpl = sample(256, ROWS);
	struct limen_gallery *gallery;

	save(256, ROWS);
	ck_assert_int_eq(limen_gallery_open(&gallery, in_folder("g")), 0);
	ck_assert_int_eq(limen_gallery_add(gallery, &tmpl), ROWS);
	ck_assert_int_eq(limen_gallery_save(gallery, in_folder("g")), 0);
	limen_gallery_close(gallery);
	ck_assert_int_eq(limen_gallery_open(&gallery, in_folder("g")), 0);
	check_rows(gallery, 256, ROWS + 1);
	limen_gallery_close(gallery);
}
END_TEST

START_TEST(foreign_rows_are_refused)
{
	struct limen_gallery *gallery = filled(256, 1);
	struct limen_template tmpl = sample(128, 1);
	uint8_t model[LIMEN_MODEL_ID_SIZE] = {};
	struct limen_gallery *none;

	ck_assert_int_eq(limen_gallery_add(gallery, &tmpl), -EDOM);
	tmpl = sample(256, 1);
	tmpl.model[0] ^= 1;
	ck_assert_int_eq(limen_gallery_add(gallery, &tmpl), -EMEDIUMTYPE);
	ck_assert_uint_eq(limen_gallery_rows(gallery), 1);
	limen_gallery_close(gallery);
	ck_assert_int_eq(limen_gallery_create(&none, model, 64), -EDOM);
}
END_TEST

START_TEST(truncated_at_every_length)
{
	const off_t size = GALLERY_FILE_ROW_OFFSET + ROWS * 128;
	struct stat stat;
	off_t length;

	save(128, ROWS);
	ck_assert_int_eq(lstat(in_folder("g"), &stat), 0);
	ck_assert_int_eq(stat.st_size, size);
	for (length = size - 1; length >= 0; length--) {
		ck_assert_int_eq(truncate(in_folder("g"), length), 0);
		ck_assert_int_eq(reopen(), length < 4 ? -EBADMSG : -ENODATA);
	}
}
END_TEST

START_TEST(longer_than_it_says)
{
	uint8_t *data;
	size_t size;

	save(128, ROWS);
	data = file_slurp(in_folder("g"), &size);
	data[size] = 0;
	file_write(in_folder("g"), data, size + 1);
	ck_assert_int_eq(reopen(), -EBADMSG);
	free(data);
}
END_TEST

static void put(int fd, off_t offset, uint8_t byte)
{
	ck_assert_int_eq(pwrite(fd, &byte, 1, offset), 1);
}

/* One bit anywhere: in the header, the zeros after it or the rows. */
START_TEST(every_flipped_bit_is_noticed)
{
	uint8_t *data;
	size_t size, byte;
	int fd, error;

	save(128, ROWS);
	data = file_slurp(in_folder("g"), &size);
	fd = open(in_folder("g"), O_WRONLY);
	ck_assert_int_ge(fd, 0);
	for (byte = 0; byte < size; byte++) {
		put(fd, byte, data[byte] ^ 1 << byte % 8);
		error = reopen();
		put(fd, byte, data[byte]);
		ck_assert_msg(error == -EBADMSG || error == -ENODATA ||
			      error == -EPROTONOSUPPORT || error == -EUCLEAN,
			      "byte %zu: %d", byte, error);
		/* Content is told by nothing but the checksum. */
		if (byte >= offsetof(struct gallery_file_header, model))
			ck_assert_int_eq(error, -EUCLEAN);
	}
	ck_assert_int_eq(reopen(), 0);
	close(fd);
	free(data);
}
END_TEST

static const struct {
	size_t offset, size;
	uint64_t value;
	int error;
} fields[] = {
#define FIELD(name, value, error) { \
	offsetof(struct gallery_file_header, name), \
	sizeof(((struct gallery_file_header *)0)->name), value, error }
	FIELD(magic, LIMEN_TEMPLATE_MAGIC, -EBADMSG),
	FIELD(version, 0, -EBADMSG),
	FIELD(version, 2, -EPROTONOSUPPORT),
	FIELD(version, 0xffff, -EPROTONOSUPPORT),
	FIELD(flags, 1, -EBADMSG),
	FIELD(dim, 0, -EBADMSG),
	FIELD(dim, 64, -EBADMSG),
	FIELD(dim, 256, -EBADMSG),
	FIELD(dim, 0xffffffff, -EBADMSG),
	FIELD(stride, 0, -EBADMSG),
	FIELD(stride, 64, -EBADMSG),
	FIELD(stride, 192, -EBADMSG),
	FIELD(stride, 0xffffff80, -EBADMSG),
	FIELD(row_offset, 0, -EBADMSG),
	FIELD(row_offset, 64, -EBADMSG),
	FIELD(row_offset, 8192, -EBADMSG),
	FIELD(row_offset, UINT64_MAX, -EBADMSG),
	FIELD(rows, 0, -EBADMSG),
	FIELD(rows, ROWS - 1, -EBADMSG),
	FIELD(rows, ROWS + 1, -ENODATA),
	FIELD(rows, UINT32_MAX, -ENODATA),
	FIELD(rows, 1ull << 32, -EBADMSG),
	FIELD(rows, 1ull << 57, -EBADMSG),
	FIELD(rows, UINT64_MAX, -EBADMSG),
};

START_TEST(every_field_is_checked)
{
	uint8_t *data;
	size_t size;

	save(128, ROWS);
	data = file_slurp(in_folder("g"), &size);
	memcpy(data + fields[_i].offset, &fields[_i].value, fields[_i].size);
	file_write(in_folder("g"), data, size);
	ck_assert_int_eq(reopen(), fields[_i].error);
	free(data);
}
END_TEST

START_TEST(what_is_not_a_file)
{
	struct limen_gallery *gallery;

	ck_assert_int_eq(limen_gallery_open(&gallery, in_folder("none")),
			 -ENOENT);
	ck_assert_int_eq(limen_gallery_open(&gallery, sample_folder), -EISDIR);
	ck_assert_int_eq(limen_gallery_open(&gallery, "/dev/zero"), -EBADMSG);
}
END_TEST

/* Whoever reads sees the old file until the new one is whole. */
START_TEST(a_failed_save_leaves_the_old_file)
{
	struct limen_gallery *gallery = filled(128, ROWS + 1);

	ck_assert_int_eq(limen_gallery_save(gallery, "/nonexistent/g"),
			 -ENOENT);
	save(128, ROWS);
	ck_assert_int_eq(limen_gallery_save(gallery, "/dev/null/g"), -ENOTDIR);
	ck_assert_int_eq(limen_gallery_save(gallery, sample_folder), -EISDIR);
	ck_assert_int_eq(reopen(), 0);
	ck_assert_uint_eq(folder_count(), 1);
	limen_gallery_close(gallery);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gallery");
	TCase *tests = tcase_create("gallery");

	tcase_set_timeout(tests, 60);
	tcase_add_checked_fixture(tests, folder_make, folder_remove);
	tcase_add_loop_test(tests, what_is_saved_is_opened, 0,
			    COUNT_OF(sizes));
	tcase_add_test(tests, an_opened_gallery_grows);
	tcase_add_test(tests, foreign_rows_are_refused);
	tcase_add_test(tests, truncated_at_every_length);
	tcase_add_test(tests, longer_than_it_says);
	tcase_add_test(tests, every_flipped_bit_is_noticed);
	tcase_add_loop_test(tests, every_field_is_checked, 0, COUNT_OF(fields));
	tcase_add_test(tests, what_is_not_a_file);
	tcase_add_test(tests, a_failed_save_leaves_the_old_file);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
