// SPDX-License-Identifier: MIT
/*
 * The JPEG reader, on good pictures and on hostile ones.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <face.h>
#include <jpeglib.h>
#include <orientation.h>

#include "suite.h"

struct bytes {
	unsigned char *data;
	unsigned long size;
};

/* A picture whose colours say where they are. */
static void make_row(unsigned char *row, int width, int components, int y)
{
	for (int x = 0; x < width; x++)
		for (int c = 0; c < components; c++)
			row[x * components + c] = c == 0 ? 255 * x / width :
						  c == 1 ? y % 256 : 128;
}

static struct bytes encode(int width, int height, J_COLOR_SPACE space,
			   int components, bool progressive)
{
	struct jpeg_compress_struct jpeg;
	struct jpeg_error_mgr errors;
	struct bytes bytes = { 0 };
	JSAMPROW row = malloc((size_t)width * components);

	ck_assert_ptr_nonnull(row);
	jpeg.err = jpeg_std_error(&errors);
	jpeg_create_compress(&jpeg);
	jpeg_mem_dest(&jpeg, &bytes.data, &bytes.size);
	jpeg.image_width = width;
	jpeg.image_height = height;
	jpeg.input_components = components;
	jpeg.in_color_space = space;
	jpeg_set_defaults(&jpeg);
	if (progressive)
		jpeg_simple_progression(&jpeg);
	jpeg_start_compress(&jpeg, TRUE);
	for (int y = 0; y < height; y++) {
		make_row(row, width, components, y);
		jpeg_write_scanlines(&jpeg, &row, 1);
	}
	jpeg_finish_compress(&jpeg);
	jpeg_destroy_compress(&jpeg);
	free(row);
	return bytes;
}

/* EXIF data with an orientation, in either byte order. */
static const uint8_t exif_big[] = {
	'E', 'x', 'i', 'f', 0, 0, 'M', 'M', 0, '*', 0, 0, 0, 8, 0, 2,
	1, 0, 0, 3, 0, 0, 0, 1, 0, 9, 0, 0, /* something else */
	1, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0,
};
static const uint8_t exif_little[] = {
	'E', 'x', 'i', 'f', 0, 0, 'I', 'I', '*', 0, 8, 0, 0, 0, 1, 0,
	0x12, 1, 3, 0, 1, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0,
};

static int decode(const struct bytes *bytes, size_t size)
{
	struct face_image image;
	int err = face_image_decode(&image, bytes->data, size);

	if (err)
		ck_assert_ptr_null(image.pixels);
	face_image_free(&image);
	return err;
}

START_TEST(colours_come_as_blue_green_red)
{
	struct bytes bytes = encode(64, 48, JCS_RGB, 3, _i);
	struct face_image image;
	const uint8_t *last;

	ck_assert_int_eq(face_image_decode(&image, bytes.data, bytes.size), 0);
	ck_assert_uint_eq(image.width, 64);
	ck_assert_uint_eq(image.height, 48);
	last = image.pixels + 3 * (64 * 48 - 1);
	ck_assert_int_le(abs(last[0] - 128), 12);
	ck_assert_int_le(abs(last[1] - 47), 12);
	ck_assert_int_le(abs(last[2] - 251), 12);
	ck_assert_int_le(image.pixels[2], 12);
	face_image_free(&image);
	ck_assert_ptr_null(image.pixels);
	free(bytes.data);
}
END_TEST

START_TEST(grey_becomes_three_equal_colours)
{
	struct bytes bytes = encode(40, 30, JCS_GRAYSCALE, 1, false);
	struct face_image image;

	ck_assert_int_eq(face_image_decode(&image, bytes.data, bytes.size), 0);
	for (int i = 0; i < 40 * 30; i++) {
		ck_assert_uint_eq(image.pixels[3 * i],
				  image.pixels[3 * i + 1]);
		ck_assert_uint_eq(image.pixels[3 * i],
				  image.pixels[3 * i + 2]);
	}
	face_image_free(&image);
	free(bytes.data);
}
END_TEST

START_TEST(four_colours_are_refused)
{
	struct bytes bytes = encode(32, 32, JCS_CMYK, 4, false);

	ck_assert_int_eq(decode(&bytes, bytes.size), -EBADMSG);
	free(bytes.data);
}
END_TEST

START_TEST(every_truncation_is_refused)
{
	struct bytes bytes = encode(64, 48, JCS_RGB, 3, _i);

	/* The two last bytes are the end marker: all picture data is there
	 * without it, and yet the file is not whole. */
	for (size_t size = 0; size < bytes.size; size++)
		ck_assert_int_eq(decode(&bytes, size), -EBADMSG);
	ck_assert_int_eq(decode(&bytes, bytes.size), 0);
	free(bytes.data);
}
END_TEST

START_TEST(flipped_bytes_never_harm)
{
	struct bytes bytes = encode(64, 48, JCS_RGB, 3, _i);
	int refused = 0;

	for (size_t at = 0; at < bytes.size; at++) {
		int err;

		bytes.data[at] ^= 0xff;
		err = decode(&bytes, bytes.size);
		ck_assert(err == 0 || err == -EBADMSG || err == -EFBIG);
		refused += err != 0;
		bytes.data[at] ^= 0xff;
	}
	ck_assert_int_gt(refused, 0);
	free(bytes.data);
}
END_TEST

/* Height and width stand five bytes behind the start-of-frame marker. */
static void claim_size(struct bytes *bytes, int width, int height)
{
	unsigned char *frame = bytes->data;

	while (frame[0] != 0xff || (frame[1] != 0xc0 && frame[1] != 0xc2))
		frame++;
	frame[5] = height >> 8;
	frame[6] = height;
	frame[7] = width >> 8;
	frame[8] = width;
}

START_TEST(giant_sizes_are_refused_unseen)
{
	static const struct {
		int width, height, result;
	} claims[] = {
		{ 65500, 65500, -EFBIG },
		{ FACE_IMAGE_SIDE_MAX + 1, 8, -EFBIG },
		{ 8, FACE_IMAGE_SIDE_MAX + 1, -EFBIG },
		{ FACE_IMAGE_SIDE_MAX, FACE_IMAGE_SIDE_MAX, -EFBIG },
		{ 0, 8, -EBADMSG },
		{ 4096, 4096, -EBADMSG }, /* small enough, but not there */
	};
	struct bytes bytes = encode(64, 48, JCS_RGB, 3, false);

	claim_size(&bytes, claims[_i].width, claims[_i].height);
	ck_assert_int_eq(decode(&bytes, bytes.size), claims[_i].result);
	free(bytes.data);
}
END_TEST

START_TEST(large_pictures_are_read_smaller)
{
	struct bytes bytes = encode(5000, 1500, JCS_RGB, 3, false);
	struct face_image image;

	ck_assert_int_eq(face_image_decode(&image, bytes.data, bytes.size), 0);
	ck_assert_uint_eq(image.width, 1250);
	ck_assert_uint_eq(image.height, 375);
	face_image_free(&image);
	free(bytes.data);
}
END_TEST

/* A progressive JPEG may repeat its scans without end. */
START_TEST(endless_scans_are_refused)
{
	struct bytes bytes = encode(64, 48, JCS_RGB, 3, true);
	struct bytes longer = { 0 };
	unsigned char *end = bytes.data + bytes.size - 2, *scan = end;
	size_t length;

	do
		scan--;
	while (scan[0] != 0xff || scan[1] != 0xda);
	length = end - scan;
	longer.data = malloc(bytes.size + 10000 * length);
	ck_assert_ptr_nonnull(longer.data);
	memcpy(longer.data, bytes.data, end - bytes.data);
	longer.size = end - bytes.data;
	for (int i = 0; i < 10000; i++, longer.size += length)
		memcpy(longer.data + longer.size, scan, length);
	memcpy(longer.data + longer.size, end, 2);
	longer.size += 2;
	ck_assert_int_eq(decode(&longer, longer.size), -EBADMSG);
	free(longer.data);
	free(bytes.data);
}
END_TEST

START_TEST(what_is_no_jpeg_is_refused)
{
	static const char text[] = "\x89PNG\r\n\x1a\n no JPEG at all";
	struct bytes bytes = { (unsigned char *)text, sizeof(text) };

	ck_assert_int_eq(decode(&bytes, bytes.size), -EBADMSG);
	ck_assert_int_eq(decode(&bytes, 0), -EBADMSG);
}
END_TEST

START_TEST(orientation_is_read)
{
	ck_assert_int_eq(face_orientation_parse(exif_big, sizeof(exif_big)), 6);
	ck_assert_int_eq(face_orientation_parse(exif_little,
						sizeof(exif_little)), 8);
	/* Wherever it ends, and whatever a byte of it is. */
	for (size_t size = 0; size < sizeof(exif_big); size++) {
		uint8_t *part = malloc(size + 1);
		int found;

		ck_assert_ptr_nonnull(part);
		memcpy(part, exif_big, size);
		part = realloc(part, size ?: 1);
		found = face_orientation_parse(part, size);
		ck_assert(found == 6 || found == FACE_UPRIGHT);
		free(part);
	}
	for (size_t at = 0; at < 256 * sizeof(exif_big); at++) {
		uint8_t changed[sizeof(exif_big)];
		int found;

		memcpy(changed, exif_big, sizeof(changed));
		changed[at / 256] = at % 256;
		found = face_orientation_parse(changed, sizeof(changed));
		ck_assert(found >= 1 && found <= 8);
	}
}
END_TEST

/*
 * Where the upper left corner of the stored picture belongs, by the standard: the
 * visual side that row 0 and column 0 are.
 */
static const struct {
	bool right, bottom, swapped;
} corners[] = {
	{ false, false, false }, { true, false, false }, { true, true, false },
	{ false, true, false },	 { false, false, true }, { true, false, true },
	{ true, true, true },	 { false, true, true },
};

START_TEST(pictures_are_turned_upright)
{
	struct face_image image = { 3, 2, calloc(6, 3) };
	size_t x, y;

	ck_assert_ptr_nonnull(image.pixels);
	image.pixels[0] = 7;
	image.pixels[3] = 8; /* beside it in row 0 */
	ck_assert_int_eq(face_orientation_apply(&image, _i), 0);
	ck_assert_uint_eq(image.width, corners[_i - 1].swapped ? 2 : 3);
	ck_assert_uint_eq(image.height, corners[_i - 1].swapped ? 3 : 2);
	x = corners[_i - 1].right ? image.width - 1 : 0;
	y = corners[_i - 1].bottom ? image.height - 1 : 0;
	ck_assert_uint_eq(image.pixels[3 * (y * image.width + x)], 7);
	if (corners[_i - 1].swapped)
		y += corners[_i - 1].bottom ? -1 : 1;
	else
		x += corners[_i - 1].right ? -1 : 1;
	ck_assert_uint_eq(image.pixels[3 * (y * image.width + x)], 8);
	face_image_free(&image);
}
END_TEST

START_TEST(a_turned_picture_is_decoded_upright)
{
	struct bytes plain = encode(64, 48, JCS_RGB, 3, false), turned;
	struct face_image image;

	/* The marker goes behind the start of image. */
	turned.size = plain.size + 4 + sizeof(exif_big);
	turned.data = malloc(turned.size);
	ck_assert_ptr_nonnull(turned.data);
	memcpy(turned.data, plain.data, 2);
	turned.data[2] = 0xff;
	turned.data[3] = 0xe1;
	turned.data[4] = 0;
	turned.data[5] = 2 + sizeof(exif_big);
	memcpy(turned.data + 6, exif_big, sizeof(exif_big));
	memcpy(turned.data + 6 + sizeof(exif_big), plain.data + 2,
	       plain.size - 2);
	ck_assert_int_eq(face_image_decode(&image, turned.data, turned.size),
			 0);
	ck_assert_uint_eq(image.width, 48);
	ck_assert_uint_eq(image.height, 64);
	face_image_free(&image);
	free(turned.data);
	free(plain.data);
}
END_TEST

static void write_file(const char *path, const void *data, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, data, size), size);
	close(fd);
}

START_TEST(only_regular_files_are_read)
{
	struct bytes bytes = encode(64, 48, JCS_RGB, 3, false);
	char folder[] = "/tmp/limen-test-XXXXXX", path[64];
	struct face_image image;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/file", folder);
	ck_assert_int_eq(face_image_load(&image, path), -ENOENT);
	ck_assert_int_eq(face_image_load(&image, folder), -EINVAL);
	ck_assert_int_eq(face_image_load(&image, "/dev/zero"), -EINVAL);

	write_file(path, bytes.data, bytes.size);
	ck_assert_int_eq(face_image_load(&image, path), 0);
	face_image_free(&image);
	write_file(path, "", 0);
	ck_assert_int_eq(face_image_load(&image, path), -EINVAL);
	ck_assert_int_eq(truncate(path, 1l << 30), 0);
	ck_assert_int_eq(face_image_load(&image, path), -EFBIG);
	unlink(path);

	/* Nobody writes to it: opening must not wait for somebody. */
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_int_eq(face_image_load(&image, path), -EINVAL);
	unlink(path);
	rmdir(folder);
	free(bytes.data);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("image");
	TCase *tests = tcase_create("image");

	tcase_set_timeout(tests, 60);
	tcase_add_loop_test(tests, colours_come_as_blue_green_red, 0, 2);
	tcase_add_test(tests, grey_becomes_three_equal_colours);
	tcase_add_test(tests, four_colours_are_refused);
	tcase_add_loop_test(tests, every_truncation_is_refused, 0, 2);
	tcase_add_loop_test(tests, flipped_bytes_never_harm, 0, 2);
	tcase_add_loop_test(tests, giant_sizes_are_refused_unseen, 0, 6);
	tcase_add_test(tests, large_pictures_are_read_smaller);
	tcase_add_test(tests, endless_scans_are_refused);
	tcase_add_test(tests, what_is_no_jpeg_is_refused);
	tcase_add_test(tests, only_regular_files_are_read);
	tcase_add_test(tests, orientation_is_read);
	tcase_add_loop_test(tests, pictures_are_turned_upright, 1, 9);
	tcase_add_test(tests, a_turned_picture_is_decoded_upright);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
