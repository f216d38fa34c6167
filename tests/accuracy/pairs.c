// SPDX-License-Identifier: MIT
/*
 * How well the extractor tells people apart: every pair of a folder's photos.
 *
 * The folder holds a folder a person. Prints the distribution of the mated and
 * of the non-mated scores, of the quality and of the times, and how often a
 * threshold errs. With --list, every photo's quality and every pair's score.
 */
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <face.h>

#define THRESHOLD 0.40

struct photo {
	const char *path;
	size_t person_length; /* of the path, up to its last slash */
	struct limen_template tmpl;
};

struct numbers {
	double *values;
	size_t count;
};

static void add(struct numbers *numbers, double value)
{
	numbers->values[numbers->count++] = value;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void print(const char *name, struct numbers *numbers)
{
	static const double fractions[] = { 0, 0.01, 0.05, 0.5, 0.95, 0.99, 1 };

	printf("%-12s n=%-5zu", name, numbers->count);
	if (!numbers->count)
		puts("");
	qsort(numbers->values, numbers->count, sizeof(double), ascending);
	for (size_t i = 0; numbers->count && i < 7; i++)
		printf(" p%g=%.3f%s", fractions[i] * 100,
		       numbers->values[(size_t)(fractions[i] *
						(numbers->count - 1))],
		       i == 6 ? "\n" : "");
}

static size_t below(const struct numbers *numbers, double limit)
{
	size_t count = 0;

	while (count < numbers->count && numbers->values[count] < limit)
		count++;
	return count;
}

static bool same_person(const struct photo *a, const struct photo *b)
{
	return a->person_length == b->person_length &&
	       !strncmp(a->path, b->path, a->person_length);
}

static struct numbers room(size_t count)
{
	struct numbers numbers = { calloc(count + 1, sizeof(double)), 0 };

	if (!numbers.values)
		abort();
	return numbers;
}

static void compare_all(const struct photo *photos, size_t count, bool list)
{
	struct numbers mated = room(count * count);
	struct numbers others = room(count * count);

	for (size_t i = 0; i < count; i++) {
		for (size_t k = i + 1; k < count; k++) {
			const struct photo *a = &photos[i], *b = &photos[k];
			bool same = same_person(a, b);
			double similarity =
				limen_score_vectors(a->tmpl.vector,
						    b->tmpl.vector, a->tmpl.dim)
					.similarity /
				(double)LIMEN_SIMILARITY_ONE;

			add(same ? &mated : &others, similarity);
			if (list)
				printf("%.4f %s %s %s\n", similarity,
				       same ? "mated" : "non-mated", a->path,
				       b->path);
		}
	}
	print("mated", &mated);
	print("non-mated", &others);
	printf("at %.2f: %zu of %zu mated below, %zu of %zu non-mated not below\n",
	       THRESHOLD, below(&mated, THRESHOLD), mated.count,
	       others.count - below(&others, THRESHOLD), others.count);
	free(mated.values);
	free(others.values);
}

static int extract_all(struct face_extractor *extractor, const glob_t *files,
		       struct photo *photos, bool list)
{
	struct numbers quality = room(files->gl_pathc);
	struct numbers time = room(files->gl_pathc);
	size_t results[4] = { 0 }, count = 0;
	int result = 0;

	for (size_t i = 0; i < files->gl_pathc; i++) {
		struct photo *photo = &photos[count];
		struct face_times times;
		struct face_image image;

		photo->path = files->gl_pathv[i];
		photo->person_length = strrchr(photo->path, '/') - photo->path;
		result = face_image_load(&image, photo->path);
		if (!result)
			result = face_extract(extractor, &image, &photo->tmpl,
					      &times);
		face_image_free(&image);
		if (result < 0 || list)
			printf("%s: result %d quality %u\n", photo->path, result,
			       photo->tmpl.quality);
		if (result < 0)
			goto out;
		results[result]++;
		if (result != FACE_OK)
			continue;
		add(&quality, photo->tmpl.quality / 1000.0);
		add(&time, times.detect + times.landmarks + times.embed);
		count++;
	}
	printf("photos: %zu extracted, %zu no face, %zu several, %zu quality\n",
	       results[FACE_OK], results[FACE_NONE], results[FACE_SEVERAL],
	       results[FACE_QUALITY]);
	print("quality", &quality);
	print("ms", &time);
out:
	free(quality.values);
	free(time.values);
	return result < 0 ? result : (int)count;
}

int main(int argc, char **argv)
{
	bool list = argc == 4 && !strcmp(argv[3], "--list");
	struct face_extractor *extractor;
	char pattern[4096], failed[4096];
	struct photo *photos;
	glob_t files;
	int count;

	if (argc != 3 && !list) {
		fprintf(stderr, "Usage: %s MODELS PHOTOS [--list]\n", argv[0]);
		return 2;
	}
	snprintf(pattern, sizeof(pattern), "%s/*/*.jpg", argv[2]);
	if (glob(pattern, 0, NULL, &files)) {
		fprintf(stderr, "no photos like %s\n", pattern);
		return 1;
	}
	count = face_extractor_open(&extractor, argv[1], 2800, failed,
				    sizeof(failed));
	if (count) {
		fprintf(stderr, "%s: %s\n", failed, strerror(-count));
		return 1;
	}
	photos = calloc(files.gl_pathc, sizeof(*photos));
	if (!photos)
		abort();
	count = extract_all(extractor, &files, photos, list);
	if (count >= 0)
		compare_all(photos, count, list);
	free(photos);
	face_extractor_close(extractor);
	globfree(&files);
	return count < 0;
}
