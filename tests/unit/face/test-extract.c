// SPDX-License-Identifier: MIT
/*
 * The extractor with the real models, on real photographs.
 *
 * The argument is the travellers' table; models and photographs are where
 * tools/fetch puts them. Skipped if they are not there.
 */
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <decision.h>
#include <face.h>
#include <sample.h>
#include <scene.h>
#include <traveller.h>

#include "suite.h"

#define MIN_QUALITY	2800
#define PORTRAIT	"John_Simm/000304_00470122.jpg"
#define OTHER		"John_Salley/000197_02159525.jpg"

static char *models, *photos;
static const char *table;

static struct face_extractor *extractor;

static void open_extractor(void)
{
	ck_assert_int_eq(face_extractor_open(&extractor, models, MIN_QUALITY,
					     NULL, 0), 0);
}

static void close_extractor(void)
{
	face_extractor_close(extractor);
}

static struct face_image load(const char *name)
{
	struct face_image image;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", photos, name);
	ck_assert_int_eq(face_image_load(&image, path), 0);
	return image;
}

static int extract(const struct face_image *image, struct limen_template *tmpl)
{
	struct face_times times;

	return face_extract(extractor, image, tmpl, &times);
}

static void check_wiped(const struct limen_template *tmpl)
{
	static const struct limen_template none;

	ck_assert_mem_eq(tmpl, &none, sizeof(none));
}

/* A folder with links to the real models, but for one. */
static void make_models(char *folder, const char *except)
{
	static const char *const names[] = { "fr_detect.onnx",
					     "fr_landmark.onnx",
					     "fr_feature.onnx" };
	char from[PATH_MAX], to[PATH_MAX];

	ck_assert_ptr_nonnull(mkdtemp(folder));
	for (int i = 0; i < COUNT_OF(names); i++) {
		if (!strcmp(names[i], except))
			continue;
		snprintf(from, sizeof(from), "%s/%s", models, names[i]);
		snprintf(to, sizeof(to), "%s/%s", folder, names[i]);
		ck_assert_int_eq(symlink(from, to), 0);
	}
}

static void remove_models(const char *folder)
{
	char pattern[PATH_MAX];
	glob_t files;

	snprintf(pattern, sizeof(pattern), "%s/*", folder);
	if (!glob(pattern, 0, NULL, &files)) {
		for (size_t i = 0; i < files.gl_pathc; i++)
			unlink(files.gl_pathv[i]);
		globfree(&files);
	}
	ck_assert_int_eq(rmdir(folder), 0);
}

static const struct {
	const char *missing; /* this model is not there */
	const char *instead; /* but this text under its name, or NULL */
	int result;
} broken_models[] = {
	{ "fr_detect.onnx", NULL, -ENOENT },
	{ "fr_landmark.onnx", NULL, -ENOENT },
	{ "fr_feature.onnx", NULL, -ENOENT },
	{ "fr_feature.onnx", "no model", -ENOEXEC },
};

START_TEST(a_broken_model_is_named)
{
	char folder[] = "/tmp/limen-test-XXXXXX", path[PATH_MAX], failed[100];
	struct face_extractor *made;
	FILE *file;

	make_models(folder, broken_models[_i].missing);
	snprintf(path, sizeof(path), "%s/%s", folder,
		 broken_models[_i].missing);
	if (broken_models[_i].instead) {
		file = fopen(path, "w");
		ck_assert_ptr_nonnull(file);
		fputs(broken_models[_i].instead, file);
		fclose(file);
	}
	ck_assert_int_eq(face_extractor_open(&made, folder, MIN_QUALITY, failed,
					     sizeof(failed)),
			 broken_models[_i].result);
	ck_assert_ptr_null(made);
	ck_assert_str_eq(failed, path);
	remove_models(folder);
}
END_TEST

/* A network of other sizes is found out when it runs, not trusted. */
START_TEST(a_model_in_the_wrong_place_is_refused)
{
	char folder[] = "/tmp/limen-test-XXXXXX", from[PATH_MAX], to[PATH_MAX];
	struct face_extractor *made;

	make_models(folder, "fr_feature.onnx");
	snprintf(from, sizeof(from), "%s/fr_landmark.onnx", models);
	snprintf(to, sizeof(to), "%s/fr_feature.onnx", folder);
	ck_assert_int_eq(symlink(from, to), 0);
	ck_assert_int_eq(face_extractor_open(&made, folder, MIN_QUALITY, NULL,
					     0), 0);
	ck_assert_int_eq(face_extractor_warm(made), -ENOEXEC);
	face_extractor_close(made);
	remove_models(folder);
}
END_TEST

START_TEST(the_same_picture_gives_the_same_template)
{
	struct face_image image = load(PORTRAIT);
	struct limen_template first, second;

	ck_assert_int_eq(extract(&image, &first), FACE_OK);
	ck_assert_int_eq(face_extractor_warm(extractor), 0);
	ck_assert_int_eq(extract(&image, &second), FACE_OK);
	ck_assert_mem_eq(&first, &second, sizeof(first));
	ck_assert_uint_eq(first.dim, 512);
	ck_assert_uint_ge(first.quality, MIN_QUALITY);
	ck_assert_mem_eq(first.model, face_extractor_model(extractor),
			 sizeof(first.model));
	face_image_free(&image);
}
END_TEST

/* In a process of its own: OpenCV looks at the environment only once. */
static struct limen_template extract_apart(void)
{
	struct limen_template tmpl;
	struct face_image image;
	int ends[2];
	pid_t pid;

	ck_assert_int_eq(pipe(ends), 0);
	pid = fork();
	if (!pid) {
		open_extractor();
		image = load(PORTRAIT);
		if (extract(&image, &tmpl) != FACE_OK ||
		    write(ends[1], &tmpl, sizeof(tmpl)) != sizeof(tmpl))
			_exit(1);
		_exit(0);
	}
	close(ends[1]);
	ck_assert_int_eq(read(ends[0], &tmpl, sizeof(tmpl)), sizeof(tmpl));
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	close(ends[0]);
	return tmpl;
}

static const char *const settings[][2] = {
	{ "OPENCV_LOG_LEVEL", "VERBOSE" },
	{ "OPENCV_DNN_BACKEND_DEFAULT", "2" },
	{ "OPENCV_DNN_BACKEND_DEFAULT", "1000000" },
};

/* Neither the template nor what is on standard output depends on it. */
START_TEST(the_environment_has_no_say)
{
	struct limen_template plain = extract_apart(), other;
	FILE *output = tmpfile();
	int before = dup(STDOUT_FILENO);
	long written;

	ck_assert_ptr_nonnull(output);
	fflush(stdout);
	ck_assert_int_ge(dup2(fileno(output), STDOUT_FILENO), 0);
	ck_assert_int_eq(setenv(settings[_i][0], settings[_i][1], 1), 0);
	other = extract_apart();
	ck_assert_int_ge(dup2(before, STDOUT_FILENO), 0);
	written = lseek(fileno(output), 0, SEEK_END);
	ck_assert_int_eq(written, 0);
	ck_assert_mem_eq(&plain, &other, sizeof(plain));
	fclose(output);
	close(before);
}
END_TEST

struct sample {
	struct limen_template tmpl;
	const char *path;
	size_t person_length;
};

static struct sample *extract_all(const glob_t *files)
{
	struct sample *samples = calloc(files->gl_pathc, sizeof(*samples));

	ck_assert_ptr_nonnull(samples);
	for (size_t i = 0; i < files->gl_pathc; i++) {
		const char *path = files->gl_pathv[i];
		struct face_image image;

		samples[i].path = path;
		samples[i].person_length = strrchr(path, '/') - path;
		ck_assert_int_eq(face_image_load(&image, path), 0);
		ck_assert_msg(!extract(&image, &samples[i].tmpl), "%s", path);
		face_image_free(&image);
	}
	return samples;
}

/* The promise of the recipe, on every pair of the photographs. */
START_TEST(people_are_told_apart)
{
	char pattern[PATH_MAX];
	struct sample *samples;
	glob_t files;

	snprintf(pattern, sizeof(pattern), "%s/*/*.jpg", photos);
	ck_assert_int_eq(glob(pattern, 0, NULL, &files), 0);
	samples = extract_all(&files);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		for (size_t k = 0; k < i; k++) {
			const struct sample *a = &samples[i], *b = &samples[k];
			bool mated = a->person_length == b->person_length &&
				     !strncmp(a->path, b->path,
					      a->person_length);
			double score = limen_score_vectors(a->tmpl.vector,
							   b->tmpl.vector, 512)
					       .similarity /
				       (double)LIMEN_SIMILARITY_ONE;

			ck_assert_msg(mated ? score > 0.5 : score < 0.4,
				      "%s and %s: %.4f", a->path, b->path,
				      score);
		}
	}
	free(samples);
	globfree(&files);
}
END_TEST

/* Puts a second photo of some height into a corner. */
static struct face_image with_bystander(uint32_t height)
{
	struct face_image scene, main = load(PORTRAIT), other = load(OTHER);
	struct face_affine map = face_sample_box(0, 0, other.width,
						 other.height, height, height);
	float *planes = calloc(3 * height * height, sizeof(float));

	ck_assert_ptr_nonnull(planes);
	ck_assert_int_eq(scene_empty(&scene), 0);
	ck_assert_int_eq(scene_place(&scene, &main, 1), 0);
	face_sample(&other, &map, FACE_BORDER_NEAREST, height, height, planes);
	for (uint32_t y = 0; y < height; y++)
		for (uint32_t x = 0; x < 3 * height; x++)
			scene.pixels[3 * y * SCENE_WIDTH + x] =
				planes[x % 3 * height * height + y * height +
				       x / 3];
	free(planes);
	face_image_free(&main);
	face_image_free(&other);
	return scene;
}

START_TEST(only_large_faces_are_people_at_the_gate)
{
	struct face_image scene = with_bystander(_i ? 100 : 240);
	struct limen_template tmpl;

	ck_assert_int_eq(extract(&scene, &tmpl), _i ? FACE_OK : FACE_SEVERAL);
	if (!_i)
		check_wiped(&tmpl);
	face_image_free(&scene);
}
END_TEST

START_TEST(one_pixel_is_nobody)
{
	uint8_t pixel[3] = { 128, 128, 128 };
	struct face_image image = { 1, 1, pixel };
	struct limen_template tmpl;

	memset(&tmpl, 1, sizeof(tmpl));
	ck_assert_int_eq(extract(&image, &tmpl), FACE_NONE);
	check_wiped(&tmpl);
	memset(pixel, 0, sizeof(pixel));
	ck_assert_int_eq(extract(&image, &tmpl), FACE_QUALITY);
	check_wiped(&tmpl);
}
END_TEST

/* What the camera will see of a traveller, without the camera. */
static struct face_image stage(const struct traveller *traveller)
{
	struct face_image people[TRAVELLER_PHOTOS_MAX] = { 0 }, scene;

	ck_assert_int_eq(scene_empty(&scene), 0);
	for (unsigned int i = 0; i < traveller->photo_count; i++)
		ck_assert_int_eq(face_image_load(&people[i],
						 traveller->photos[i]), 0);
	if (traveller->photo_count)
		ck_assert_int_eq(scene_place(&scene, people,
					     traveller->photo_count), 0);
	for (int i = 0; i < TRAVELLER_PHOTOS_MAX; i++)
		face_image_free(&people[i]);
	if (traveller->blur)
		ck_assert_int_eq(scene_blur(&scene, traveller->blur), 0);
	scene_darken(&scene, traveller->light);
	return scene;
}

static struct gate_verdict judge(const struct traveller *traveller)
{
	struct limen_template probe = { 0 }, reference = { 0 };
	struct face_image document, scene = stage(traveller);
	struct gate_evidence evidence;

	gate_evidence_init(&evidence);
	evidence.document = face_image_load(&document, traveller->document);
	if (!evidence.document)
		evidence.portrait = extract(&document, &reference);
	evidence.camera = 0;
	evidence.live = extract(&scene, &probe);
	evidence.service = 0;
	evidence.comparison = traveller->fault[0] ? -EIO : 0;
	if (evidence.portrait == FACE_OK && evidence.live == FACE_OK)
		evidence.score = limen_score_vectors(probe.vector,
						     reference.vector, 512);
	face_image_free(&document);
	face_image_free(&scene);
	return gate_decide(&evidence, 13108);
}

/* The travellers of the emulated gate, as far as they need no board. */
START_TEST(travellers_get_what_they_must)
{
	struct travellers travellers;

	ck_assert(travellers_load(&travellers, table, photos));
	ck_assert_uint_ge(travellers.count, 12);
	for (size_t i = 0; i < travellers.count; i++) {
		const struct traveller *traveller = &travellers.list[i];
		struct gate_verdict verdict = judge(traveller);

		ck_assert_str_eq(gate_outcome_name(verdict.outcome),
				 traveller->decision);
		ck_assert_msg(!strcmp(gate_reason_name(verdict.reason),
				      traveller->reason), "%s: %s",
			      traveller->name,
			      gate_reason_name(verdict.reason));
	}
	free(travellers.list);
}
END_TEST

static char *path_of(const char *folder, const char *name)
{
	char *path;

	if (asprintf(&path, "%s/%s", folder, name) < 0)
		abort();
	return path;
}

static bool find_data(void)
{
	const char *given = getenv("LIMEN_CACHE");
	char *cache = given ? strdup(given) :
			      path_of(getenv("HOME") ?: "", ".cache/limen");

	models = path_of(cache, "models");
	photos = path_of(cache, "photos/johns");
	free(cache);
	return !access(models, R_OK) && !access(photos, R_OK);
}

int main(int argc, char **argv)
{
	Suite *suite = suite_create("extract");
	TCase *tests = tcase_create("extract"), *apart = tcase_create("apart");
	int failed;

	if (argc != 2)
		return EXIT_FAILURE;
	table = argv[1];
	if (!find_data()) {
		fprintf(stderr, "no %s or no %s: run tools/fetch\n", models,
			photos);
		return TEST_SKIPPED;
	}
	tcase_set_timeout(tests, 300);
	tcase_add_checked_fixture(tests, open_extractor, close_extractor);
	tcase_set_timeout(apart, 60);
	tcase_add_loop_test(apart, the_environment_has_no_say, 0,
			    COUNT_OF(settings));
	tcase_add_loop_test(tests, a_broken_model_is_named, 0,
			    COUNT_OF(broken_models));
	tcase_add_test(tests, a_model_in_the_wrong_place_is_refused);
	tcase_add_test(tests, the_same_picture_gives_the_same_template);
	tcase_add_test(tests, people_are_told_apart);
	tcase_add_loop_test(tests, only_large_faces_are_people_at_the_gate, 0,
			    2);
	tcase_add_test(tests, one_pixel_is_nobody);
	tcase_add_test(tests, travellers_get_what_they_must);
	suite_add_tcase(suite, tests);
	suite_add_tcase(suite, apart);
	failed = suite_run(suite);
	free(models);
	free(photos);
	return failed;
}
