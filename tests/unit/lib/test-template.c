// SPDX-License-Identifier: MIT
/* Templates: what is read, what is refused, how they are written. */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/stat.h>

#include "../face/suite.h"
#include "sample.h"

static uint8_t data[LIMEN_TEMPLATE_SIZE_MAX + 16];

static size_t written(uint32_t dim)
{
	struct limen_template tmpl = sample(dim, 1);
	int size = limen_template_write(&tmpl, data, sizeof(data));

	ck_assert_int_eq(size, 64 + dim);
	ck_assert_uint_eq(limen_template_size(&tmpl), 64 + dim);
	return size;
}

static int parse(size_t size)
{
	struct limen_template tmpl;

	return limen_template_parse(&tmpl, data, size);
}

static const uint32_t dims[] = { 64, 128, 192, 256, 320, 384, 448, 512 };

START_TEST(what_is_written_is_read)
{
	struct limen_template tmpl = sample(dims[_i], 1), read;

	ck_assert_int_eq(limen_template_parse(&read, data, written(dims[_i])),
			 0);
	ck_assert_uint_eq(read.dim, tmpl.dim);
	ck_assert_uint_eq(read.quality, tmpl.quality);
	ck_assert_mem_eq(read.model, tmpl.model, sizeof(tmpl.model));
	ck_assert_mem_eq(read.vector, tmpl.vector, tmpl.dim);
}
END_TEST

START_TEST(layout_is_the_contract)
{
	size_t size = written(256);

	ck_assert_mem_eq(data, "LMTP\x01\x00\x00\x01", 8);
	ck_assert_uint_eq(data[8] | data[9] << 8, 3210);
	ck_assert_uint_eq(data[16], 1);
	ck_assert_uint_eq(size, 64 + 256);
}
END_TEST

START_TEST(every_shorter_and_longer_length_is_refused)
{
	size_t size = written(128), length;

	for (length = 0; length < sizeof(data); length++)
		ck_assert_int_eq(parse(length), length == size ? 0 : -EBADMSG);
}
END_TEST

/* Every bit of the header that is not content. */
START_TEST(every_header_bit_is_checked)
{
	const size_t model = offsetof(struct limen_template_header, model);
	const size_t quality = offsetof(struct limen_template_header, quality);
	size_t size = written(128), bit;

	for (bit = 0; bit < 8 * sizeof(struct limen_template_header); bit++) {
		size_t byte = bit / 8;
		int error;

		data[byte] ^= 1 << bit % 8;
		error = parse(size);
		data[byte] ^= 1 << bit % 8;
		if ((byte >= model && byte < model + LIMEN_MODEL_ID_SIZE) ||
		    (byte >= quality && byte < quality + 4))
			ck_assert_int_eq(error, 0);
		else
			ck_assert_msg(error == -EBADMSG ||
				      error == -EPROTONOSUPPORT,
				      "bit %zu: %d", bit, error);
	}
}
END_TEST

START_TEST(versions)
{
	size_t size = written(128);

	data[4] = 2;
	ck_assert_int_eq(parse(size), -EPROTONOSUPPORT);
	data[5] = 0xff;
	ck_assert_int_eq(parse(size), -EPROTONOSUPPORT);
	data[4] = data[5] = 0;
	ck_assert_int_eq(parse(size), -EBADMSG);
}
END_TEST

START_TEST(dimensions)
{
	uint32_t dim;

	for (dim = 0; dim < 1024; dim++) {
		size_t size = written(512);

		data[6] = dim & 255;
		data[7] = dim >> 8;
		if (dim < 512)
			size = 64 + dim;
		ck_assert_int_eq(parse(size), dim && dim <= 512 && !(dim % 64) ?
				 0 : -EBADMSG);
	}
}
END_TEST

START_TEST(zeros_are_no_template)
{
	struct limen_template tmpl = sample(128, 1);
	size_t size = written(128);

	memset(data + 64, 0, 128);
	ck_assert_int_eq(parse(size), -EBADMSG);
	data[64 + 127] = 1;
	ck_assert_int_eq(parse(size), 0);
	memset(tmpl.vector, 0, sizeof(tmpl.vector));
	ck_assert_int_eq(limen_template_write(&tmpl, data, sizeof(data)),
			 -EINVAL);
}
END_TEST

START_TEST(writing_is_bounded)
{
	struct limen_template tmpl = sample(128, 1);

	ck_assert_int_eq(limen_template_write(&tmpl, data, 64 + 127), -ENOSPC);
	tmpl.dim = 129;
	ck_assert_int_eq(limen_template_write(&tmpl, data, sizeof(data)),
			 -EINVAL);
}
END_TEST

START_TEST(comparable)
{
	struct limen_template a = sample(128, 1), b = sample(128, 2);

	ck_assert_int_eq(limen_comparable(&a, &b), 0);
	b.dim = 256;
	ck_assert_int_eq(limen_comparable(&a, &b), -EDOM);
	b.model[5] ^= 1;
	ck_assert_int_eq(limen_comparable(&a, &b), -EMEDIUMTYPE);
	a.dim = b.dim = 96;
	a.model[5] ^= 1;
	ck_assert_int_eq(limen_comparable(&a, &b), -EDOM);
}
END_TEST

START_TEST(files)
{
	struct limen_template tmpl = sample(512, 3), other = sample(128, 4);
	struct limen_template read;
	struct stat stat;

	ck_assert_int_eq(limen_template_save(&other, in_folder("t")), 0);
	ck_assert_int_eq(limen_template_save(&tmpl, in_folder("t")), 0);
	ck_assert_int_eq(lstat(in_folder("t"), &stat), 0);
	ck_assert_uint_eq(stat.st_mode, S_IFREG | 0600);
	ck_assert_int_eq(limen_template_load(&read, in_folder("t")), 0);
	ck_assert_mem_eq(read.vector, tmpl.vector, 512);
	ck_assert_uint_eq(folder_count(), 1);
}
END_TEST

START_TEST(files_that_are_none)
{
	struct limen_template tmpl = sample(512, 3);
	size_t size = written(512);

	ck_assert_int_eq(limen_template_load(&tmpl, in_folder("none")),
			 -ENOENT);
	ck_assert_int_eq(limen_template_load(&tmpl, sample_folder), -EISDIR);
	file_write(in_folder("long"), data, size + 1);
	ck_assert_int_eq(limen_template_load(&tmpl, in_folder("long")),
			 -EBADMSG);
	file_write(in_folder("short"), data, size - 1);
	ck_assert_int_eq(limen_template_load(&tmpl, in_folder("short")),
			 -EBADMSG);
	ck_assert_int_eq(limen_template_save(&tmpl, "/nonexistent/t"),
			 -ENOENT);
	tmpl.dim = 3;
	ck_assert_int_eq(limen_template_save(&tmpl, in_folder("bad")), -EINVAL);
	ck_assert_int_ne(access(in_folder("bad"), F_OK), 0);
}
END_TEST

/* A stream is written to, not replaced by a file. */
START_TEST(files_that_are_streams)
{
	struct limen_template tmpl = sample(512, 3), read;
	struct stat stat;
	int fd;

	ck_assert_int_eq(mkfifo(in_folder("fifo"), 0600), 0);
	fd = open(in_folder("fifo"), O_RDWR);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(limen_template_save(&tmpl, in_folder("fifo")), 0);
	ck_assert_int_eq(lstat(in_folder("fifo"), &stat), 0);
	ck_assert(S_ISFIFO(stat.st_mode));
	ck_assert_int_eq(close(fd), 0);

	ck_assert_int_eq(symlink("/dev/full", in_folder("full")), 0);
	ck_assert_int_eq(limen_template_save(&tmpl, in_folder("full")),
			 -ENOSPC);
	ck_assert_int_eq(symlink("t", in_folder("link")), 0);
	ck_assert_int_eq(limen_template_save(&tmpl, in_folder("t")), 0);
	ck_assert_int_eq(limen_template_save(&tmpl, in_folder("link")), -ELOOP);
	ck_assert_int_eq(lstat(in_folder("link"), &stat), 0);
	ck_assert(S_ISLNK(stat.st_mode));
	/* Nobody writes to it, and it is not waited for for ever. */
	ck_assert_int_eq(limen_template_load(&read, in_folder("fifo")),
			 -ETIMEDOUT);
}
END_TEST

START_TEST(wiping)
{
	struct limen_template tmpl = sample(512, 3), zero;

	memset(&zero, 0, sizeof(zero));
	limen_template_wipe(&tmpl);
	ck_assert_mem_eq(&tmpl, &zero, sizeof(zero));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("template");
	TCase *tests = tcase_create("template");

	tcase_set_timeout(tests, 30);
	tcase_add_checked_fixture(tests, folder_make, folder_remove);
	tcase_add_loop_test(tests, what_is_written_is_read, 0, COUNT_OF(dims));
	tcase_add_test(tests, layout_is_the_contract);
	tcase_add_test(tests, every_shorter_and_longer_length_is_refused);
	tcase_add_test(tests, every_header_bit_is_checked);
	tcase_add_test(tests, versions);
	tcase_add_test(tests, dimensions);
	tcase_add_test(tests, zeros_are_no_template);
	tcase_add_test(tests, writing_is_bounded);
	tcase_add_test(tests, comparable);
	tcase_add_test(tests, files);
	tcase_add_test(tests, files_that_are_none);
	tcase_add_test(tests, files_that_are_streams);
	tcase_add_test(tests, wiping);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
