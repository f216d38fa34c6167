// SPDX-License-Identifier: MIT
/*
 * Alignment, sampling, choosing boxes, quantisation: the arithmetic between the
 * networks.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include <align.h>
#include <detect.h>
#include <embed.h>
#include <sample.h>

#include "suite.h"

static struct face_point apply(const struct face_affine *map, double x,
			       double y)
{
	return (struct face_point){
		map->m[0][0] * x + map->m[0][1] * y + map->m[0][2],
		map->m[1][0] * x + map->m[1][1] * y + map->m[1][2],
	};
}

static const struct {
	double angle, scale, x, y;
} similarities[] = {
	{ 0, 1, 0, 0 },	       { 0, 3.5, 100, -20 },  { 0.3, 1, 5, 5 },
	{ -1.2, 0.25, 700, 3 }, { 3.1, 12, -400, 800 }, { 1.5708, 2, 0, 50 },
};

START_TEST(known_similarities_are_found)
{
	double c = similarities[_i].scale * cos(similarities[_i].angle);
	double s = similarities[_i].scale * sin(similarities[_i].angle);
	struct face_affine found, known = { {
		{ c, -s, similarities[_i].x },
		{ s, c, similarities[_i].y },
	} };
	struct face_point points[FACE_POINTS];

	for (int i = 0; i < FACE_POINTS; i++)
		points[i] = apply(&known, face_align_template[i].x,
				  face_align_template[i].y);
	ck_assert_int_eq(face_align(points, &found), 0);
	for (int r = 0; r < 2; r++)
		for (int k = 0; k < 3; k++)
			ck_assert_double_eq_tol(found.m[r][k], known.m[r][k],
						1e-9);
}
END_TEST

/* The squared distances that the least squares are of: in the template. */
static double distance2(const struct face_point *points,
			const struct face_affine *map)
{
	double a = map->m[0][0], b = map->m[1][0];
	double scale2 = a * a + b * b, sum = 0;

	for (int i = 0; i < FACE_POINTS; i++) {
		double x = points[i].x - map->m[0][2];
		double y = points[i].y - map->m[1][2];
		double u = (a * x + b * y) / scale2;
		double v = (a * y - b * x) / scale2;

		sum += pow(u - face_align_template[i].x, 2) +
		       pow(v - face_align_template[i].y, 2);
	}
	return sum;
}

START_TEST(no_similarity_is_closer)
{
	struct face_point points[FACE_POINTS];
	struct face_affine best, other;
	double least;

	srand(7);
	for (int i = 0; i < FACE_POINTS; i++) {
		points[i].x = 2 * face_align_template[i].x + rand() % 15;
		points[i].y = 2 * face_align_template[i].y + rand() % 15;
	}
	ck_assert_int_eq(face_align(points, &best), 0);
	least = distance2(points, &best);
	ck_assert_double_gt(least, 1);
	for (int i = 0; i < 1000; i++) {
		double da = (rand() % 2001 - 1000) / 1e4;
		double db = (rand() % 2001 - 1000) / 1e4;

		other = best;
		other.m[0][0] += da;
		other.m[1][1] += da;
		other.m[0][1] -= db;
		other.m[1][0] += db;
		other.m[0][2] += (rand() % 2001 - 1000) / 1e3;
		other.m[1][2] += (rand() % 2001 - 1000) / 1e3;
		ck_assert_double_ge(distance2(points, &other), least);
	}
}
END_TEST

START_TEST(points_without_a_similarity_are_refused)
{
	struct face_point points[FACE_POINTS] = { { 0 } };
	struct face_affine map;

	ck_assert_int_eq(face_align(points, &map), -EDOM);
	points[2].x = NAN;
	ck_assert_int_eq(face_align(points, &map), -EDOM);
	points[2].x = INFINITY;
	ck_assert_int_eq(face_align(points, &map), -EDOM);
	points[2].x = 1e9;
	ck_assert_int_eq(face_align(points, &map), -EDOM);
}
END_TEST

static struct face_image gradient(uint32_t width, uint32_t height)
{
	struct face_image image = { width, height,
				    malloc(3 * width * height) };

	ck_assert_ptr_nonnull(image.pixels);
	for (uint32_t y = 0; y < height; y++)
		for (uint32_t x = 0; x < width; x++) {
			uint8_t *pixel = image.pixels + 3 * (y * width + x);

			pixel[0] = x;
			pixel[1] = y;
			pixel[2] = 200;
		}
	return image;
}

START_TEST(sampling_at_the_same_size_changes_nothing)
{
	struct face_image image = gradient(20, 10);
	struct face_affine map = face_sample_box(0, 0, 20, 10, 20, 10);
	float planes[3 * 20 * 10];

	face_sample(&image, &map, FACE_BORDER_NEAREST, 20, 10, planes);
	for (int i = 0; i < 200; i++) {
		ck_assert_float_eq(planes[i], i % 20);
		ck_assert_int_eq((int)planes[200 + i], i / 20);
		ck_assert_float_eq(planes[400 + i], 200);
	}
	face_image_free(&image);
}
END_TEST

/* Whatever the scale, a gradient's mean over a pixel is its value there. */
START_TEST(coarser_pixels_are_means)
{
	static const int factors[] = { 2, 3, 5, 8 };
	int f = factors[_i], width = 240 / f;
	struct face_image image = gradient(240, 240);
	struct face_affine map = face_sample_box(0, 0, 240, 240, width, width);
	float *planes = calloc(3 * width * width, sizeof(float));

	ck_assert_ptr_nonnull(planes);
	face_sample(&image, &map, FACE_BORDER_NEAREST, width, width, planes);
	for (int y = 1; y < width - 1; y++)
		for (int x = 1; x < width - 1; x++)
			ck_assert_float_eq_tol(planes[y * width + x],
					       x * f + (f - 1) / 2.0, 0.01);
	free(planes);
	face_image_free(&image);
}
END_TEST

START_TEST(borders)
{
	struct face_image image = gradient(20, 10);
	struct face_affine map = face_sample_box(-100, -100, 50, 50, 5, 5);
	float planes[3 * 25];

	face_sample(&image, &map, FACE_BORDER_BLACK, 5, 5, planes);
	for (int i = 0; i < 75; i++)
		ck_assert_float_eq(planes[i], 0);
	face_sample(&image, &map, FACE_BORDER_NEAREST, 5, 5, planes);
	for (int i = 0; i < 25; i++)
		ck_assert_float_eq(planes[50 + i], 200);

	/* However wild the map, nothing beyond the picture is read. */
	map = (struct face_affine){ { { NAN, 1e300, 0 }, { -1e300, 1, NAN } } };
	face_sample(&image, &map, FACE_BORDER_NEAREST, 5, 5, planes);
	face_sample(&image, &map, FACE_BORDER_BLACK, 5, 5, planes);
	face_image_free(&image);
}
END_TEST

START_TEST(overlapping_boxes_become_one)
{
	struct face_box boxes[] = {
		{ 0, 0, 100, 100, 0.70 },   { 10, 5, 105, 100, 0.99 },
		{ 300, 0, 400, 100, 0.80 }, { 0, 10, 90, 110, 0.75 },
		{ 60, 0, 160, 100, 0.90 },
	};

	ck_assert_uint_eq(face_detect_select(boxes, 5), 3);
	ck_assert_float_eq(boxes[0].confidence, 0.99f);
	ck_assert_float_eq(boxes[1].confidence, 0.90f);
	ck_assert_float_eq(boxes[2].confidence, 0.80f);
	ck_assert_uint_eq(face_detect_select(boxes, 0), 0);
}
END_TEST

START_TEST(quantisation_keeps_the_direction)
{
	float embedding[FACE_EMBED_DIM];
	int8_t vector[FACE_EMBED_DIM];
	double norm2 = 0;
	uint32_t quality;
	int largest = 0;

	srand(3);
	for (int i = 0; i < FACE_EMBED_DIM; i++) {
		embedding[i] = (rand() % 2001 - 1000) / 5000.0f;
		norm2 += embedding[i] * embedding[i];
	}
	ck_assert_int_eq(face_quantise(embedding, FACE_EMBED_DIM, vector,
				       &quality), 0);
	ck_assert_uint_eq(quality, lrint(sqrt(norm2) * 1000));
	for (int i = 0; i < FACE_EMBED_DIM; i++) {
		if (abs(vector[i]) > largest)
			largest = abs(vector[i]);
		ck_assert_double_eq_tol(vector[i], embedding[i] / 0.2 * 127,
					1.0);
	}
	ck_assert_int_eq(largest, 127);
}
END_TEST

START_TEST(embeddings_without_direction_are_refused)
{
	static const float values[] = { 0, NAN, INFINITY, -INFINITY, 1e30f };
	float embedding[FACE_EMBED_DIM] = { 0 };
	int8_t vector[FACE_EMBED_DIM];
	uint32_t quality;

	embedding[5] = values[_i];
	ck_assert_int_eq(face_quantise(embedding, FACE_EMBED_DIM, vector,
				       &quality), -EDOM);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("geometry");
	TCase *tests = tcase_create("geometry");

	tcase_add_loop_test(tests, known_similarities_are_found, 0,
			    COUNT_OF(similarities));
	tcase_add_test(tests, no_similarity_is_closer);
	tcase_add_test(tests, points_without_a_similarity_are_refused);
	tcase_add_test(tests, sampling_at_the_same_size_changes_nothing);
	tcase_add_loop_test(tests, coarser_pixels_are_means, 0, 4);
	tcase_add_test(tests, borders);
	tcase_add_test(tests, overlapping_boxes_become_one);
	tcase_add_test(tests, quantisation_keeps_the_direction);
	tcase_add_loop_test(tests, embeddings_without_direction_are_refused, 0,
			    5);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
