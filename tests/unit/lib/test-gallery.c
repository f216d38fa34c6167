// SPDX-License-Identifier: MIT
/* Galleries: rows that come and go, and files that are refused. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <gallery_file.h>
#include <openssl/evp.h>

#include "../face/suite.h"
#include "sample.h"

#define ROWS 3
#define ROWS_ORDERED 60
#define PAGE GALLERY_FILE_PAGE

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

static void remove_rows(struct limen_gallery *gallery, uint32_t from,
			uint32_t to, uint32_t step)
{
	for (; from < to; from += step)
		ck_assert_int_eq(limen_gallery_remove(gallery, from), 0);
}

/* The row is sample(dim, i), or it is absent. */
static void check_row(const struct limen_gallery *gallery, uint32_t i,
		      bool present)
{
	struct limen_template tmpl, expected;
	uint32_t dim = limen_gallery_dim(gallery);
	int error;

	memset(&tmpl, 0xa5, sizeof(tmpl));
	error = limen_gallery_row(gallery, i, &tmpl);
	ck_assert_msg(error == (present ? 0 : -ENOENT), "row %u: %d", i, error);
	if (!present)
		return;
	expected = sample(dim, i);
	ck_assert_uint_eq(tmpl.quality, 0);
	ck_assert_uint_eq(tmpl.dim, dim);
	ck_assert_mem_eq(tmpl.model, expected.model, sizeof(tmpl.model));
	ck_assert_msg(!memcmp(tmpl.vector, expected.vector,
			      sizeof(tmpl.vector)), "row %u", i);
}

static void check_rows(const struct limen_gallery *gallery, uint32_t dim,
		       uint32_t rows)
{
	struct limen_template tmpl = sample(dim, 0);
	uint32_t i;

	ck_assert_uint_eq(limen_gallery_rows(gallery), rows);
	ck_assert_uint_eq(limen_gallery_removed(gallery), 0);
	ck_assert_uint_eq(limen_gallery_dim(gallery), dim);
	ck_assert_mem_eq(limen_gallery_model(gallery), tmpl.model,
			 LIMEN_MODEL_ID_SIZE);
	for (i = 0; i < rows; i++)
		check_row(gallery, i, true);
	check_row(gallery, rows, false);
	check_row(gallery, UINT32_MAX, false);
}

/* Saves it, and what is read in its stead. */
static struct limen_gallery *resaved(struct limen_gallery *gallery)
{
	struct limen_gallery *opened;

	ck_assert_int_eq(limen_gallery_save(gallery, in_folder("g")), 0);
	limen_gallery_close(gallery);
	ck_assert_int_eq(limen_gallery_open(&opened, in_folder("g")), 0);
	return opened;
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

/* The digest it should have, so that only what else is wrong is found. */
static void fix_digest(uint8_t *data, size_t size)
{
	struct gallery_file_header *header = (void *)data;

	memset(header->digest, 0, sizeof(header->digest));
	ck_assert(EVP_Digest(data, size, header->digest, NULL, EVP_sha256(),
			     NULL));
}

/* Blocks of 131072, 65536, 32768 or 16384 rows, with one row less or more. */
static const struct {
	uint32_t dim, rows;
} sizes[] = {
	{ 128, 0 }, { 64, 1 }, { 128, 1 }, { 256, 5 }, { 512, 127 },
	{ 512, 128 }, { 512, 129 }, { 128, 3000 }, { 64, 131072 },
	{ 64, 131073 }, { 128, 65535 }, { 128, 65536 }, { 192, 32769 },
	{ 256, 32769 }, { 320, 16385 }, { 384, 5 }, { 448, 16383 },
	{ 512, 16383 }, { 512, 16384 }, { 512, 16385 }, { 512, 32769 },
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

static const struct {
	uint32_t dim, rows;
} grown[] = {
	{ 128, 0 }, { 512, 127 }, { 64, 131071 }, { 512, 16383 }, { 512, 16384 },
};

/* In a file, across its end, and from one block into the next. */
START_TEST(an_opened_gallery_grows)
{
	struct limen_gallery *gallery = filled(grown[_i].dim, grown[_i].rows);
	uint32_t rows = grown[_i].rows, i;
	struct limen_template tmpl;

	for (i = 0; i < 2; i++) {
		gallery = resaved(gallery);
		tmpl = sample(grown[_i].dim, rows);
		ck_assert_int_eq(limen_gallery_add(gallery, &tmpl), rows);
		rows++;
	}
	gallery = resaved(gallery);
	check_rows(gallery, grown[_i].dim, rows);
	limen_gallery_close(gallery);
}
END_TEST

START_TEST(removed_rows_leave_holes)
{
	struct limen_gallery *gallery = filled(512, 200);
	uint32_t i;

	remove_rows(gallery, 0, 200, 3);
	ck_assert_int_eq(limen_gallery_remove(gallery, 0), -ENOENT);
	ck_assert_int_eq(limen_gallery_remove(gallery, 200), -ENOENT);
	ck_assert_int_eq(limen_gallery_remove(gallery, UINT32_MAX), -ENOENT);
	for (i = 0; i < 2; i++) {
		uint32_t row;

		ck_assert_uint_eq(limen_gallery_rows(gallery), 200);
		ck_assert_uint_eq(limen_gallery_removed(gallery), 67);
		for (row = 0; row < 200; row++)
			check_row(gallery, row, row % 3);
		gallery = resaved(gallery);
	}
	/* From a file, too; and what was removed stays so. */
	remove_rows(gallery, 1, 200, 3);
	ck_assert_uint_eq(limen_gallery_removed(gallery), 134);
	ck_assert_int_eq(limen_gallery_remove(gallery, 3), -ENOENT);
	gallery = resaved(gallery);
	ck_assert_uint_eq(limen_gallery_removed(gallery), 134);
	for (i = 0; i < 200; i++)
		check_row(gallery, i, i % 3 == 2);
	limen_gallery_close(gallery);
}
END_TEST

/* The last row, all rows: their numbers are not given again, in files either. */
START_TEST(numbers_are_given_once)
{
	struct limen_gallery *gallery = filled(128, ROWS);
	struct limen_template tmpl;
	uint32_t rows = ROWS, i;

	for (i = 0; i < 4; i++) {
		uint32_t row;

		for (row = i % 2 ? 0 : rows - 1; row < rows; row++)
			limen_gallery_remove(gallery, row);
		ck_assert_uint_eq(limen_gallery_rows(gallery), rows);
		check_row(gallery, rows - 1, false);
		if (i > 1)
			gallery = resaved(gallery);
		tmpl = sample(128, rows);
		ck_assert_int_eq(limen_gallery_add(gallery, &tmpl), rows);
		check_row(gallery, rows - 1, false);
		check_row(gallery, rows, true);
		rows++;
	}
	ck_assert_uint_eq(limen_gallery_rows(gallery), ROWS + 4);
	ck_assert_uint_eq(limen_gallery_removed(gallery), ROWS + 3);
	limen_gallery_close(gallery);
}
END_TEST

/* Rows are found in order, those of another number are not. */
static void check_found(const struct limen_gallery *gallery, uint32_t rows,
			uint32_t step)
{
	uint32_t row, expected = 0, found = 0;

	for (row = 0; !limen_gallery_next_row(gallery, &row); row++) {
		while (expected < rows && expected % step == 0)
			expected++;
		ck_assert_uint_eq(row, expected);
		expected++;
		found++;
	}
	ck_assert_uint_eq(found, limen_gallery_rows(gallery) -
			  limen_gallery_removed(gallery));
}

static const uint32_t from_nowhere[] = { 200, 201, UINT32_MAX };

START_TEST(rows_are_found)
{
	struct limen_gallery *gallery = filled(512, 200);
	uint32_t row, i;

	remove_rows(gallery, 0, 200, 3);
	for (i = 0; i < 2; i++) {
		check_found(gallery, 200, 3);
		row = 77;
		ck_assert_int_eq(limen_gallery_next_row(gallery, &row), 0);
		ck_assert_uint_eq(row, 77);
		row = 78;
		ck_assert_int_eq(limen_gallery_next_row(gallery, &row), 0);
		ck_assert_uint_eq(row, 79);
		gallery = resaved(gallery);
	}
	for (i = 0; i < COUNT_OF(from_nowhere); i++) {
		row = from_nowhere[i];
		ck_assert_int_eq(limen_gallery_next_row(gallery, &row), -ENOENT);
		ck_assert_uint_eq(row, from_nowhere[i]);
	}
	limen_gallery_close(gallery);
}
END_TEST

/* Behind a block that has gone whole, and where there is nothing at all. */
START_TEST(rows_are_found_behind_a_gap)
{
	struct limen_gallery *gallery = filled(512, 0);
	uint32_t row = 0;

	ck_assert_int_eq(limen_gallery_next_row(gallery, &row), -ENOENT);
	limen_gallery_close(gallery);
	gallery = filled(512, 2 * 16384 + 5);
	remove_rows(gallery, 10, 32768, 1);
	row = 9;
	ck_assert_int_eq(limen_gallery_next_row(gallery, &row), 0);
	ck_assert_uint_eq(row, 9);
	row = 10;
	ck_assert_int_eq(limen_gallery_next_row(gallery, &row), 0);
	ck_assert_uint_eq(row, 32768);
	remove_rows(gallery, 32768, 32773, 1);
	row = 10;
	ck_assert_int_eq(limen_gallery_next_row(gallery, &row), -ENOENT);
	limen_gallery_close(gallery);
}
END_TEST

/* All of a saved gallery, to be freed. */
static uint8_t *bytes_of_file(size_t *size)
{
	FILE *file = fopen(in_folder("g"), "re");
	uint8_t *data;

	ck_assert_ptr_nonnull(file);
	fseek(file, 0, SEEK_END);
	*size = ftell(file);
	rewind(file);
	/* One more, so that it can lie at an odd address. */
	data = malloc(*size + 1);
	ck_assert_uint_eq(fread(data + 1, 1, *size, file), *size);
	fclose(file);
	return data;
}

/* What was in memory may be overwritten; the gallery can be changed and saved. */
START_TEST(a_gallery_in_memory)
{
	struct limen_template tmpl = sample(512, 300);
	struct limen_gallery *gallery;
	size_t size;
	uint8_t *data;

	save(512, 300);
	data = bytes_of_file(&size);
	ck_assert_int_eq(limen_gallery_open_memory(&gallery, data + 1, size), 0);
	memset(data, 0xff, size);
	free(data);
	check_rows(gallery, 512, 300);
	ck_assert_int_eq(limen_gallery_add(gallery, &tmpl), 300);
	gallery = resaved(gallery);
	check_rows(gallery, 512, 301);
	limen_gallery_close(gallery);
}
END_TEST

START_TEST(no_gallery_in_memory)
{
	struct limen_gallery *gallery = NULL;
	size_t size, at;
	uint8_t *data;

	save(128, 3);
	data = bytes_of_file(&size);
	ck_assert_int_eq(limen_gallery_open_memory(&gallery, NULL, 0), -EBADMSG);
	for (at = 1; at < size; at += at < 200 ? 1 : 500)
		ck_assert_int_eq(limen_gallery_open_memory(&gallery, data + 1, at),
				 at < 4 ? -EBADMSG : -ENODATA);
	for (at = 0; at < size; at += at < 200 ? 1 : 333) {
		data[at + 1] ^= 1;
		ck_assert_int_ne(limen_gallery_open_memory(&gallery, data + 1,
							   size), 0);
		data[at + 1] ^= 1;
	}
	ck_assert_ptr_null(gallery);
	ck_assert_int_eq(limen_gallery_open_memory(&gallery, data + 1, SIZE_MAX),
			 -ENOMEM);
	ck_assert_int_eq(limen_gallery_open_memory(&gallery, data + 1, size), 0);
	limen_gallery_close(gallery);
	free(data);
}
END_TEST

/* Wherever the descriptor stands, and however it came to be; it is not moved. */
START_TEST(a_gallery_by_descriptor)
{
	struct limen_gallery *gallery;
	int fd;

	save(128, 30);
	fd = open(in_folder("g"), O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(lseek(fd, 77, SEEK_SET), 77);
	ck_assert_int_eq(unlink(in_folder("g")), 0);
	ck_assert_int_eq(limen_gallery_open_fd(&gallery, fd), 0);
	ck_assert_int_eq(lseek(fd, 0, SEEK_CUR), 77);
	ck_assert_int_eq(close(fd), 0);
	check_rows(gallery, 128, 30);
	limen_gallery_close(gallery);
}
END_TEST

static int open_file_as(int flags)
{
	struct limen_gallery *gallery;
	int fd = open(in_folder("g"), flags | O_CLOEXEC), error;

	error = limen_gallery_open_fd(&gallery, fd);
	if (!error)
		limen_gallery_close(gallery);
	close(fd);
	return error;
}

START_TEST(no_gallery_by_descriptor)
{
	struct limen_gallery *gallery;

	save(128, 30);
	ck_assert_int_eq(open_file_as(O_RDWR), 0);
	ck_assert_int_eq(open_file_as(O_WRONLY), -EACCES);
	ck_assert_int_eq(open_file_as(O_PATH), -EBADF);
	ck_assert_int_eq(limen_gallery_open_fd(&gallery, -1), -EBADF);
	ck_assert_int_eq(chmod(in_folder("g"), 0620), 0);
	ck_assert_int_eq(open_file_as(O_RDONLY), -EPERM);
	ck_assert_int_eq(chmod(in_folder("g"), 0600), 0);
	ck_assert_int_eq(truncate(in_folder("g"), 0), 0);
	ck_assert_int_eq(open_file_as(O_RDONLY), -EBADMSG);
}
END_TEST

static const struct {
	int seals, error;
} sealed[] = {
	{ 0, -EPERM },
	{ F_SEAL_WRITE, -EPERM },
	{ F_SEAL_SHRINK, -EPERM },
	{ F_SEAL_WRITE | F_SEAL_SHRINK, 0 },
	{ F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL, 0 },
};

/* Others may write to a file in memory, unless it is sealed. */
START_TEST(a_gallery_that_is_sealed)
{
	struct limen_gallery *gallery;
	size_t size;
	uint8_t *data;
	int fd, error;

	save(128, 30);
	data = bytes_of_file(&size);
	fd = memfd_create("gallery", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	ck_assert_int_eq(write(fd, data + 1, size), size);
	free(data);
	ck_assert_int_eq(fcntl(fd, F_ADD_SEALS, sealed[_i].seals), 0);
	error = limen_gallery_open_fd(&gallery, fd);
	ck_assert_int_eq(error, sealed[_i].error);
	close(fd);
	if (error)
		return;
	check_rows(gallery, 128, 30);
	limen_gallery_close(gallery);
}
END_TEST

static off_t size_of_file(void)
{
	struct stat stat;

	ck_assert_int_eq(lstat(in_folder("g"), &stat), 0);
	return stat.st_size;
}

/* A block without rows is neither kept nor saved. */
START_TEST(whole_blocks_are_removed)
{
	struct limen_gallery *gallery = filled(512, 2 * 16384 + 100);
	const off_t block = 16384 * 512;
	uint32_t i;

	gallery = resaved(gallery);
	ck_assert_int_eq(size_of_file(), 2 * PAGE + PAGE + 2 * block +
			 2 * ((100 * 256 + PAGE - 1) / PAGE * PAGE));
	remove_rows(gallery, 16384, 32768, 1);
	ck_assert_int_eq(limen_gallery_remove(gallery, 16384), -ENOENT);
	gallery = resaved(gallery);
	ck_assert_int_eq(size_of_file(), 2 * PAGE + PAGE + block +
			 2 * ((100 * 256 + PAGE - 1) / PAGE * PAGE));
	ck_assert_uint_eq(limen_gallery_removed(gallery), 16384);
	for (i = 0; i < 2 * 16384 + 100; i += i % 16384 == 99 ? 16285 : 1)
		check_row(gallery, i, i / 16384 != 1);
	remove_rows(gallery, 0, 16384, 1);
	remove_rows(gallery, 32768, 32868, 1);
	gallery = resaved(gallery);
	ck_assert_int_eq(size_of_file(), 2 * PAGE + PAGE);
	ck_assert_uint_eq(limen_gallery_removed(gallery), 32868);
	limen_gallery_close(gallery);
}
END_TEST

static int8_t byte_of(uint32_t row, uint32_t i)
{
	static const int8_t extremes[] = { -128, 127, 0, -1, 1, -127, 15, -16 };

	return extremes[(row >> i % 8) % 8];
}

/* Every value that a component can have comes back. */
START_TEST(components_are_kept)
{
	const uint32_t dim = 64 * (_i + 1);
	struct limen_template tmpl = sample(dim, 1), found;
	struct limen_gallery *gallery;
	uint32_t row, i;

	ck_assert_int_eq(limen_gallery_create(&gallery, tmpl.model, dim), 0);
	for (row = 0; row < 256; row++) {
		for (i = 0; i < dim; i++)
			tmpl.vector[i] = i % 2 ? (int8_t)(row + i) :
						 byte_of(row, i);
		ck_assert_int_eq(limen_gallery_add(gallery, &tmpl), row);
	}
	gallery = resaved(gallery);
	for (row = 0; row < 256; row++) {
		for (i = 0; i < dim; i++)
			tmpl.vector[i] = i % 2 ? (int8_t)(row + i) :
						 byte_of(row, i);
		ck_assert_int_eq(limen_gallery_row(gallery, row, &found), 0);
		ck_assert_mem_eq(found.vector, tmpl.vector, dim);
	}
	limen_gallery_close(gallery);
}
END_TEST

static long pages_in_use(void)
{
	FILE *statm = fopen("/proc/self/statm", "re");
	char text[128], *end;

	ck_assert_ptr_nonnull(statm);
	ck_assert_ptr_nonnull(fgets(text, sizeof(text), statm));
	fclose(statm);
	strtol(text, &end, 10);
	return strtol(end, NULL, 10);
}

/* A small gallery must not take huge pages, of which one has 2 MiB. */
START_TEST(few_rows_take_little_memory)
{
	struct limen_gallery *galleries[64];
	long before = pages_in_use();
	int i;

	for (i = 0; i < COUNT_OF(galleries); i++)
		galleries[i] = filled(512, 10);
	ck_assert_int_lt((pages_in_use() - before) * getpagesize(),
			 64 * 100 * 1024);
	for (i = 0; i < COUNT_OF(galleries); i++)
		limen_gallery_close(galleries[i]);
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
	ck_assert_int_eq(limen_gallery_create(&none, model, 65), -EDOM);
	ck_assert_int_eq(limen_gallery_create(&none, model, 0), -EDOM);
	ck_assert_int_eq(limen_gallery_create(&none, model, 576), -EDOM);
}
END_TEST

START_TEST(truncated_at_every_length)
{
	/* The header, the bits, two planes. */
	const off_t size = 4 * PAGE;
	off_t length;

	save(128, ROWS);
	ck_assert_int_eq(size_of_file(), size);
	for (length = size - 1; length >= 0; length--) {
		ck_assert_int_eq(truncate(in_folder("g"), length), 0);
		ck_assert_int_eq(reopen(), length < 4 ? -EBADMSG : -ENODATA);
	}
}
END_TEST

START_TEST(longer_than_it_says)
{
	uint8_t *data;
	size_t size, more;

	save(128, ROWS);
	data = file_slurp(in_folder("g"), &size);
	data = realloc(data, size + PAGE);
	ck_assert_ptr_nonnull(data);
	memset(data + size, 0, PAGE);
	for (more = 1; more <= PAGE; more += PAGE - 1) {
		file_write(in_folder("g"), data, size + more);
		ck_assert_int_eq(reopen(), -EBADMSG);
	}
	/* Even if the header knows of it. */
	((struct gallery_file_header *)data)->size = size + PAGE;
	fix_digest(data, size + PAGE);
	file_write(in_folder("g"), data, size + PAGE);
	ck_assert_int_eq(reopen(), -EBADMSG);
	free(data);
}
END_TEST

static void put(int fd, off_t offset, uint8_t byte)
{
	ck_assert_int_eq(pwrite(fd, &byte, 1, offset), 1);
}

/* One bit anywhere: in the header, the bits, the rows or the zeros between. */
START_TEST(every_flipped_bit_is_noticed)
{
	struct limen_gallery *gallery = filled(128, ROWS);
	uint8_t *data;
	size_t size, byte;
	int fd, error;

	remove_rows(gallery, 1, 2, 1);
	limen_gallery_close(resaved(gallery));
	data = file_slurp(in_folder("g"), &size);
	fd = open(in_folder("g"), O_WRONLY);
	ck_assert_int_ge(fd, 0);
	for (byte = 0; byte < size; byte++) {
		put(fd, byte, data[byte] ^ 1 << byte % 8);
		error = reopen();
		put(fd, byte, data[byte]);
		ck_assert_msg(error == -EBADMSG || error == -ENODATA ||
			      error == -EPROTONOSUPPORT || error == -EUCLEAN ||
			      error == -EPROTOTYPE, "byte %zu: %d", byte,
			      error);
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
	FIELD(version, 0, -EPROTOTYPE),
	FIELD(version, 1, -EPROTOTYPE),
	FIELD(version, 3, -EBADMSG), /* of labels, and there is none */
	FIELD(version, 4, -EPROTONOSUPPORT),
	FIELD(version, 0xffff, -EPROTONOSUPPORT),
	FIELD(flags, 1, -EBADMSG),
	FIELD(dim, 0, -EBADMSG),
	FIELD(dim, 65, -EBADMSG),
	FIELD(dim, 576, -EBADMSG),
	FIELD(dim, 256, -EBADMSG),
	FIELD(dim, 0xffffffff, -EBADMSG),
	FIELD(block_rows, 0, -EBADMSG),
	FIELD(block_rows, 16384, -EBADMSG),
	FIELD(block_rows, 0xffffffff, -EBADMSG),
	FIELD(rows, 0, -EBADMSG),
	FIELD(rows, ROWS - 1, -EBADMSG),
	FIELD(rows, 65, -EBADMSG),
	FIELD(rows, 65536, -EBADMSG),
	FIELD(rows, UINT32_MAX, -EBADMSG),
	FIELD(rows, 1ull << 32, -EBADMSG),
	FIELD(rows, 1ull << 57, -EBADMSG),
	FIELD(rows, UINT64_MAX, -EBADMSG),
	FIELD(size, 0, -EBADMSG),
	FIELD(size, 4 * PAGE + 1, -EBADMSG),
	FIELD(size, 3 * PAGE, -EBADMSG),
	FIELD(size, 5 * PAGE, -ENODATA),
	FIELD(size, 1ull << 63, -ENODATA),
	/* What follows the header: zeros, then the bits and their filling. */
	{ sizeof(struct gallery_file_header), 1, 1, -EBADMSG },
	{ PAGE - 1, 1, 1, -EBADMSG },
	{ PAGE, 1, 1, -EBADMSG }, /* row 0 gone, but its bytes there */
	{ PAGE, 1, 7, -EBADMSG }, /* all gone, but a block there */
	{ PAGE, 1, 1 << ROWS, -EBADMSG },
	{ PAGE + 8, 1, 1, -EBADMSG },
	{ 2 * PAGE - 1, 1, 1, -EBADMSG },
	{ 2 * PAGE + ROWS * 64, 1, 1, -EBADMSG },
	{ 3 * PAGE - 1, 1, 1, -EBADMSG },
	{ 3 * PAGE + ROWS * 64, 1, 1, -EBADMSG },
	{ 4 * PAGE - 1, 1, 1, -EBADMSG },
};

START_TEST(every_field_is_checked)
{
	uint8_t *data;
	size_t size;

	save(128, ROWS);
	data = file_slurp(in_folder("g"), &size);
	memcpy(data + fields[_i].offset, &fields[_i].value, fields[_i].size);
	fix_digest(data, size);
	file_write(in_folder("g"), data, size);
	ck_assert_int_eq(reopen(), fields[_i].error);
	free(data);
}
END_TEST

/* A removed row whose bytes are still there, in either plane. */
START_TEST(removed_rows_are_zeros)
{
	struct limen_gallery *gallery = filled(128, ROWS);
	uint8_t *data;
	size_t size, at;

	remove_rows(gallery, 1, 2, 1);
	limen_gallery_close(resaved(gallery));
	data = file_slurp(in_folder("g"), &size);
	for (at = 0; at < 64; at++) {
		ck_assert_uint_eq(data[2 * PAGE + 64 + at], 0);
		ck_assert_uint_eq(data[3 * PAGE + 64 + at], 0);
	}
	for (at = 2 * PAGE + 64; at <= 3 * PAGE + 64; at += PAGE) {
		data[at + 63] = 1;
		fix_digest(data, size);
		file_write(in_folder("g"), data, size);
		ck_assert_int_eq(reopen(), -EBADMSG);
		data[at + 63] = 0;
	}
	fix_digest(data, size);
	file_write(in_folder("g"), data, size);
	ck_assert_int_eq(reopen(), 0);
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
	ck_assert_int_eq(mkfifo(in_folder("fifo"), 0600), 0);
	ck_assert_int_eq(limen_gallery_open(&gallery, in_folder("fifo")),
			 -EBADMSG);
}
END_TEST

/* What others may write could change once it has been verified. */
START_TEST(what_others_may_write)
{
	static const mode_t modes[] = { 0620, 0602, 0666 };
	unsigned int i;

	save(128, ROWS);
	for (i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		ck_assert_int_eq(chmod(in_folder("g"), modes[i]), 0);
		ck_assert_int_eq(reopen(), -EPERM);
	}
	ck_assert_int_eq(chmod(in_folder("g"), 0444), 0);
	ck_assert_int_eq(reopen(), 0);
	if (geteuid())
		return;
	ck_assert_int_eq(chown(in_folder("g"), 65534, 65534), 0);
	ck_assert_int_eq(reopen(), -EPERM);
	ck_assert_int_eq(chown(in_folder("g"), 0, 65534), 0);
	ck_assert_int_eq(reopen(), 0);
}
END_TEST

/* A gallery lasts though its file is replaced or gone. */
START_TEST(a_file_may_be_replaced)
{
	struct limen_gallery *gallery = resaved(filled(256, 2 * ROWS));

	remove_rows(gallery, 1, 2, 1);
	ck_assert_int_eq(limen_gallery_save(gallery, in_folder("g")), 0);
	check_row(gallery, 0, true);
	ck_assert_int_eq(unlink(in_folder("g")), 0);
	check_row(gallery, 2 * ROWS - 1, true);
	gallery = resaved(gallery);
	check_row(gallery, 1, false);
	check_row(gallery, 2, true);
	limen_gallery_close(gallery);
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

/* Removed row by row, while another thread saves, too. */
static void *save_again(void *context)
{
	struct limen_gallery *gallery = context;

	while (limen_gallery_removed(gallery) < ROWS_ORDERED)
		ck_assert_int_eq(limen_gallery_save(gallery, in_folder("g")), 0);
	return NULL;
}

/* Who has been removed and saved does not come back with an older save. */
START_TEST(saves_are_in_order)
{
	struct limen_gallery *gallery = filled(128, ROWS_ORDERED + 1), *opened;
	const char *path = in_folder("g");
	char own[PATH_MAX];
	pthread_t thread;
	uint32_t row;

	strcpy(own, path);
	ck_assert_int_eq(pthread_create(&thread, NULL, save_again, gallery), 0);
	for (row = 0; row < ROWS_ORDERED; row++) {
		ck_assert_int_eq(limen_gallery_remove(gallery, row), 0);
		ck_assert_int_eq(limen_gallery_save(gallery, own), 0);
		ck_assert_int_eq(limen_gallery_open(&opened, own), 0);
		ck_assert_uint_ge(limen_gallery_removed(opened), row + 1);
		limen_gallery_close(opened);
	}
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	limen_gallery_close(gallery);
}
END_TEST

static int end_of(pid_t pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

START_TEST(a_killed_save_leaves_nothing)
{
	const struct rlimit limit = { 3 * PAGE, 3 * PAGE };
	struct limen_gallery *gallery = filled(128, 5000);
	pid_t pid;

	save(128, ROWS);
	pid = fork();
	if (!pid) {
		if (setrlimit(RLIMIT_FSIZE, &limit))
			_exit(1);
		limen_gallery_save(gallery, in_folder("g"));
		_exit(1);
	}
	ck_assert_int_eq(end_of(pid), -SIGXFSZ);
	ck_assert_int_eq(reopen(), 0);
	ck_assert_uint_eq(folder_count(), 1);
	limen_gallery_close(gallery);
}
END_TEST

START_TEST(a_link_stays_one)
{
	struct limen_gallery *gallery = filled(128, ROWS);
	struct stat status;

	save(128, ROWS);
	ck_assert_int_eq(symlink("g", in_folder("link")), 0);
	ck_assert_int_eq(limen_gallery_save(gallery, in_folder("link")),
			 -ELOOP);
	ck_assert_int_eq(limen_gallery_save(gallery, "/dev/null"), -ENOSTR);
	ck_assert_int_eq(lstat(in_folder("link"), &status), 0);
	ck_assert(S_ISLNK(status.st_mode));
	ck_assert_int_eq(lstat("/dev/null", &status), 0);
	ck_assert(S_ISCHR(status.st_mode));
	limen_gallery_close(gallery);
}
END_TEST

START_TEST(new_files_replace_nothing)
{
	struct limen_gallery *gallery = filled(128, ROWS + 1);

	ck_assert_int_eq(limen_gallery_save_new(gallery, in_folder("g")), 0);
	limen_gallery_close(gallery);
	gallery = filled(128, ROWS);
	ck_assert_int_eq(limen_gallery_save_new(gallery, in_folder("g")),
			 -EEXIST);
	limen_gallery_close(gallery);
	ck_assert_int_eq(limen_gallery_open(&gallery, in_folder("g")), 0);
	check_rows(gallery, 128, ROWS + 1);
	limen_gallery_close(gallery);
}
END_TEST

static int add_row(const char *path, uint32_t seed)
{
	struct limen_template tmpl = sample(128, seed);
	struct limen_gallery *gallery;
	int error = limen_gallery_edit(&gallery, path, 20000);

	if (error)
		return error;
	if (limen_gallery_add(gallery, &tmpl) < 0)
		return -EINVAL;
	error = limen_gallery_save(gallery, path);
	limen_gallery_close(gallery);
	return error;
}

#define EDITORS 6
#define EDITS 10

START_TEST(edits_at_once_all_count)
{
	struct limen_gallery *gallery;
	pid_t pids[EDITORS];
	int i, round;

	save(128, 1);
	for (i = 0; i < EDITORS; i++) {
		pids[i] = fork();
		if (pids[i])
			continue;
		for (round = 0; round < EDITS; round++)
			if (add_row(in_folder("g"), i))
				_exit(1);
		_exit(0);
	}
	for (i = 0; i < EDITORS; i++)
		ck_assert_int_eq(end_of(pids[i]), 0);
	ck_assert_int_eq(limen_gallery_open(&gallery, in_folder("g")), 0);
	ck_assert_uint_eq(limen_gallery_rows(gallery), 1 + EDITORS * EDITS);
	limen_gallery_close(gallery);
	ck_assert_uint_eq(folder_count(), 1);
}
END_TEST

START_TEST(an_edit_lasts_until_it_is_closed)
{
	struct limen_gallery *gallery, *other;

	ck_assert_int_eq(limen_gallery_edit(&gallery, in_folder("g"), 0),
			 -ENOENT);
	ck_assert_int_eq(limen_gallery_edit(&gallery, "/dev/null", 0), -EBADMSG);
	save(128, ROWS);
	ck_assert_int_eq(symlink("g", in_folder("link")), 0);
	ck_assert_int_eq(limen_gallery_edit(&gallery, in_folder("link"), 0),
			 -ELOOP);
	ck_assert_int_eq(limen_gallery_edit(&gallery, in_folder("g"), 0), 0);
	ck_assert_int_eq(limen_gallery_edit(&other, in_folder("g"), 50),
			 -EBUSY);
	/* The lock goes over to the file that is there now. */
	ck_assert_int_eq(limen_gallery_remove(gallery, 0), 0);
	ck_assert_int_eq(limen_gallery_save(gallery, in_folder("g")), 0);
	ck_assert_int_eq(limen_gallery_edit(&other, in_folder("g"), 50),
			 -EBUSY);
	ck_assert_int_eq(limen_gallery_save(gallery, in_folder("g")), 0);
	ck_assert_int_eq(limen_gallery_save(gallery, in_folder("copy")), 0);
	ck_assert_int_eq(limen_gallery_edit(&other, in_folder("copy"), 0), 0);
	limen_gallery_close(other);
	ck_assert_int_eq(limen_gallery_open(&other, in_folder("g")), 0);
	limen_gallery_close(other);
	limen_gallery_close(gallery);
	ck_assert_int_eq(limen_gallery_edit(&other, in_folder("g"), 0), 0);
	limen_gallery_close(other);
}
END_TEST

static void add_writer_tests(TCase *tests)
{
	tcase_add_test(tests, saves_are_in_order);
	tcase_add_test(tests, a_killed_save_leaves_nothing);
	tcase_add_test(tests, a_link_stays_one);
	tcase_add_test(tests, new_files_replace_nothing);
	tcase_add_test(tests, edits_at_once_all_count);
	tcase_add_test(tests, an_edit_lasts_until_it_is_closed);
}

static void add_file_tests(TCase *tests)
{
	tcase_add_test(tests, truncated_at_every_length);
	tcase_add_test(tests, longer_than_it_says);
	tcase_add_test(tests, every_flipped_bit_is_noticed);
	tcase_add_loop_test(tests, every_field_is_checked, 0, COUNT_OF(fields));
	tcase_add_test(tests, removed_rows_are_zeros);
	tcase_add_test(tests, what_is_not_a_file);
	tcase_add_test(tests, what_others_may_write);
	tcase_add_test(tests, a_file_may_be_replaced);
	tcase_add_test(tests, a_failed_save_leaves_the_old_file);
}

int main(void)
{
	Suite *suite = suite_create("gallery");
	TCase *tests = tcase_create("gallery");

	tcase_set_timeout(tests, 240);
	tcase_add_checked_fixture(tests, folder_make, folder_remove);
	tcase_add_loop_test(tests, what_is_saved_is_opened, 0,
			    COUNT_OF(sizes));
	tcase_add_loop_test(tests, an_opened_gallery_grows, 0,
			    COUNT_OF(grown));
	tcase_add_test(tests, removed_rows_leave_holes);
	tcase_add_test(tests, rows_are_found);
	tcase_add_test(tests, rows_are_found_behind_a_gap);
	tcase_add_test(tests, a_gallery_in_memory);
	tcase_add_test(tests, no_gallery_in_memory);
	tcase_add_test(tests, a_gallery_by_descriptor);
	tcase_add_test(tests, no_gallery_by_descriptor);
	tcase_add_loop_test(tests, a_gallery_that_is_sealed, 0, COUNT_OF(sealed));
	tcase_add_test(tests, numbers_are_given_once);
	tcase_add_test(tests, whole_blocks_are_removed);
	tcase_add_loop_test(tests, components_are_kept, 0, 8);
	tcase_add_test(tests, few_rows_take_little_memory);
	tcase_add_test(tests, foreign_rows_are_refused);
	add_file_tests(tests);
	add_writer_tests(tests);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
