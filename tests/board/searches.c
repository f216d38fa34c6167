// SPDX-License-Identifier: MIT
/*
 * The board's searches against the CPU's, bit by bit: single probes, many at
 * once, and every row above a similarity; of galleries of every dimension, that
 * grow and lose rows. Run where there is a board.
 */
#include <drm/limen_accel.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "ktap.h"
#include "vectors.h"

/* More than a scan returns, and part of them in a row: see fill(). */
#define ROWS 3000
#define DENSE_FIRST 700
#define DENSE_COUNT 1700

static struct vector_case *cases;
static unsigned int case_count;

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

static void random_template(struct limen_template *tmpl, uint32_t dim,
			    uint32_t seed)
{
	uint32_t i;

	memset(tmpl, 0, sizeof(*tmpl));
	tmpl->dim = dim;
	for (i = 0; i < dim; i++)
		tmpl->vector[i] = next_random(&seed) >> 16;
}

/* As the first template, but for every eighth component. */
static void close_template(struct limen_template *tmpl, uint32_t dim,
			   uint32_t seed)
{
	uint32_t i;

	random_template(tmpl, dim, 1);
	for (i = seed % 8; i < dim; i += 8)
		tmpl->vector[i] = next_random(&seed) >> 16;
}

/* Mostly random rows; some twice; and a stretch of rows all like template 1. */
static struct limen_gallery *gallery_random(uint32_t dim)
{
	struct limen_template tmpl = { .dim = dim };
	struct limen_gallery *gallery;
	uint32_t row;

	if (limen_gallery_create(&gallery, tmpl.model, dim))
		return NULL;
	for (row = 0; row < ROWS; row++) {
		if (row - DENSE_FIRST < DENSE_COUNT)
			close_template(&tmpl, dim, row / 2 + 1);
		else
			random_template(&tmpl, dim, row % 97 + 1);
		if (limen_gallery_add(gallery, &tmpl) != row) {
			limen_gallery_close(gallery);
			return NULL;
		}
	}
	return gallery;
}

static struct limen_gallery *gallery_of_vectors(uint32_t dim)
{
	struct limen_gallery *gallery;
	unsigned int i;

	if (limen_gallery_create(&gallery, cases[0].probe.model, dim))
		return NULL;
	for (i = 0; i < case_count; i++)
		if (cases[i].reference.dim == dim &&
		    limen_gallery_add(gallery, &cases[i].reference) < 0) {
			limen_gallery_close(gallery);
			return NULL;
		}
	return gallery;
}

static bool same_rows(const struct limen_row *a, const struct limen_row *b,
		      int64_t count)
{
	int64_t i;

	for (i = 0; i < count; i++)
		if (a[i].row != b[i].row || !same(&a[i].score, &b[i].score))
			return false;
	return true;
}

static bool search_both(const struct limen_gallery *gallery,
			const struct limen_template *probe, uint32_t top_k,
			int32_t min)
{
	static struct limen_row rows[2][LIMEN_TOP_K_MAX];
	int counts[2];

	counts[0] = limen_search(board, probe, gallery, top_k, min, rows[0],
				 TIMEOUT_MS);
	counts[1] = limen_search(cpu, probe, gallery, top_k, min, rows[1],
				 TIMEOUT_MS);
	return counts[0] >= 0 && counts[0] == counts[1] &&
	       same_rows(rows[0], rows[1], counts[0]);
}

static bool search_all_both(const struct limen_gallery *gallery,
			    const struct limen_template *probe, int32_t min,
			    int64_t *found)
{
	struct limen_row *rows[2] = {};
	int64_t counts[2];
	bool good;

	counts[0] = limen_search_all(board, probe, gallery, min, &rows[0],
				     TIMEOUT_MS);
	counts[1] = limen_search_all(cpu, probe, gallery, min, &rows[1],
				     TIMEOUT_MS);
	good = counts[0] >= 0 && counts[0] == counts[1] &&
	       same_rows(rows[0], rows[1], counts[0]);
	if (counts[0] >= 0)
		limen_rows_free(rows[0], counts[0]);
	if (counts[1] >= 0)
		limen_rows_free(rows[1], counts[1]);
	if (found)
		*found = counts[0];
	return good;
}

static bool search_batch_both(const struct limen_gallery *gallery,
			      const struct limen_template *const *probes,
			      unsigned int count, uint32_t top_k, int32_t min)
{
	size_t room = (size_t)count * top_k;
	struct limen_row *rows = calloc(2 * room, sizeof(*rows));
	uint32_t *counts = calloc(2 * (size_t)count, sizeof(*counts));
	bool good = rows && counts;
	unsigned int i;

	good = good &&
	       !limen_search_batch(board, probes, count, gallery, top_k, min,
				   rows, counts, TIMEOUT_MS) &&
	       !limen_search_batch(cpu, probes, count, gallery, top_k, min,
				   rows + room, counts + count, TIMEOUT_MS);
	for (i = 0; good && i < count; i++)
		good = counts[i] == counts[count + i] &&
		       same_rows(rows + (size_t)i * top_k,
				 rows + room + (size_t)i * top_k, counts[i]);
	free(rows);
	free(counts);
	return good;
}

/* Every way to search with the vectors of a dimension. */
static bool search_vectors(const struct limen_gallery *gallery, uint32_t dim)
{
	const struct limen_template *probes[2 * LIMEN_BATCH_MAX];
	unsigned int i, count = 0;
	bool good = true;

	for (i = 0; good && i < case_count; i++) {
		const struct limen_template *probe = &cases[i].probe;

		if (probe->dim != dim)
			continue;
		probes[count++] = probe;
		good = search_both(gallery, probe, 10, -LIMEN_SIMILARITY_ONE) &&
		       search_both(gallery, probe, LIMEN_TOP_K_MAX, 0) &&
		       search_both(gallery, probe, 1, 13108) &&
		       search_all_both(gallery, probe, 1, NULL);
	}
	return good && count &&
	       search_batch_both(gallery, probes, count, 7,
				 -LIMEN_SIMILARITY_ONE) &&
	       search_batch_both(gallery, probes, count, LIMEN_TOP_K_MAX, 0) &&
	       search_batch_both(gallery, probes, 1, 1, 13108);
}

static void test_dimensions(void)
{
	char name[64];
	uint32_t dim;

	for (dim = 64; dim <= LIMEN_DIM_MAX; dim += 64) {
		struct limen_gallery *gallery = gallery_of_vectors(dim);

		snprintf(name, sizeof(name), "searches, %u components", dim);
		result(gallery && search_vectors(gallery, dim), name,
		       "rows differ from the CPU's");
		limen_gallery_close(gallery);
	}
}

/* More probes than a submission takes. */
static bool search_many(const struct limen_gallery *gallery, uint32_t dim,
			unsigned int count)
{
	const struct limen_template *probes[2 * LIMEN_BATCH_MAX];
	static struct limen_template templates[2 * LIMEN_BATCH_MAX];
	unsigned int i;

	for (i = 0; i < count; i++) {
		random_template(&templates[i], dim, i + 1);
		probes[i] = &templates[i];
	}
	return search_batch_both(gallery, probes, count, 5, 0) &&
	       search_batch_both(gallery, probes, count, LIMEN_TOP_K_MAX, 2000);
}

static void test_batches(const struct limen_gallery *gallery, uint32_t dim)
{
	static const unsigned int counts[] = { 1, 2, 15, 16, 17, 33 };
	bool good = true;
	unsigned int i;

	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		good = good && search_many(gallery, dim, counts[i]);
	result(good, "many probes at once", "rows differ from the CPU's");
}

/* From none to all of more rows than a scan returns. */
static void test_all(const struct limen_gallery *gallery, uint32_t dim)
{
	static const int32_t floors[] = {
		-LIMEN_SIMILARITY_ONE, -1, 0, 1, 3000, 20000, 26000, 28672,
		LIMEN_SIMILARITY_ONE, LIMEN_SIMILARITY_ONE + 1,
	};
	struct limen_template probe;
	int64_t found[10];
	bool good = true;
	unsigned int i;

	random_template(&probe, dim, 1);
	for (i = 0; i < sizeof(floors) / sizeof(floors[0]); i++)
		good = good && search_all_both(gallery, &probe, floors[i],
					       &found[i]);
	result(good, "all rows above a similarity",
	       "rows differ from the CPU's");
	/* The dense stretch by itself has more than a scan returns. */
	result(good && found[0] == ROWS && found[5] > LIMEN_TOP_K_MAX &&
	       found[5] < ROWS && !found[9],
	       "all rows, more than a scan returns", "other numbers of rows");
}

static bool search_with_holes(const struct limen_gallery *gallery,
			      uint32_t dim, int64_t expected)
{
	struct limen_template probe;
	int64_t found;

	random_template(&probe, dim, 1);
	return search_both(gallery, &probe, LIMEN_TOP_K_MAX,
			   -LIMEN_SIMILARITY_ONE) &&
	       search_both(gallery, &probe, 10, 0) &&
	       search_many(gallery, dim, 3) &&
	       search_all_both(gallery, &probe, -LIMEN_SIMILARITY_ONE,
			       &found) && found == expected;
}

/* Rows removed one by one and in stretches, and at last all of them. */
static void test_holes(struct limen_gallery *gallery, uint32_t dim)
{
	struct limen_template probe;
	int64_t left = ROWS;
	bool good = true;
	uint32_t row;

	good = !limen_gallery_remove(gallery, 0) &&
	       search_with_holes(gallery, dim, --left) &&
	       !limen_gallery_remove(gallery, ROWS - 1) &&
	       search_with_holes(gallery, dim, --left);
	for (row = 1; good && row < ROWS - 1; row++)
		if (row % 3 == 0 || row - 1000 < 200) {
			good = !limen_gallery_remove(gallery, row);
			left--;
		}
	result(good && search_with_holes(gallery, dim, left),
	       "searches of what has not been removed",
	       "rows differ from the CPU's");

	random_template(&probe, dim, 4711);
	good = good && limen_gallery_add(gallery, &probe) == ROWS &&
	       search_both(gallery, &probe, 2, 0) &&
	       search_with_holes(gallery, dim, left + 1);
	for (row = 0; good && row <= ROWS; row++)
		limen_gallery_remove(gallery, row);
	result(good && search_with_holes(gallery, dim, 0),
	       "searches after all rows have been removed",
	       "rows differ from the CPU's");
}

/* A search after the gallery has changed sees the change. */
static void test_growing(void)
{
	struct limen_gallery *gallery = gallery_of_vectors(512);
	struct limen_template probe;
	struct limen_row row = {};
	int64_t added;

	random_template(&probe, 512, 12345);
	limen_search(board, &probe, gallery, 1, -LIMEN_SIMILARITY_ONE, &row,
		     TIMEOUT_MS);
	added = limen_gallery_add(gallery, &probe);
	result(limen_search(board, &probe, gallery, 1, -LIMEN_SIMILARITY_ONE,
			    &row, TIMEOUT_MS) == 1 && row.row == added &&
	       row.score.similarity == LIMEN_SIMILARITY_ONE,
	       "a search sees a row added after the last", "it does not");
	limen_gallery_close(gallery);
}

/* What the board still works on is left to it; then there is a new start. */
static void test_deadline(const struct limen_gallery *gallery, uint32_t dim)
{
	struct limen_template probe;
	struct limen_row *rows;
	int64_t late;

	random_template(&probe, dim, 1);
	late = limen_search_all(board, &probe, gallery, 0, &rows, 0);
	if (late >= 0)
		limen_rows_free(rows, late);
	result((late == -ETIMEDOUT || late >= 0) &&
	       search_both(gallery, &probe, 10, 0),
	       "the search after one that was given up", "it fails");
}

/* For limen_boards_enumerate(): the first one. */
static int open_first(const char *node, void *context)
{
	*(int *)context = open(node, O_RDWR | O_CLOEXEC);
	return 1;
}

/* Bytes of card memory that this user holds; 0 if it cannot be told. */
static uint64_t card_used(const char *node)
{
	struct drm_limen_memory_info info = {};
	struct drm_limen_query query = {
		.type = DRM_LIMEN_QUERY_MEMORY,
		.size = sizeof(info),
		.pointer = (uintptr_t)&info,
	};
	int fd = -1;

	if (node)
		open_first(node, &fd);
	else
		limen_boards_enumerate(open_first, &fd);
	if (fd < 0 || ioctl(fd, DRM_IOCTL_LIMEN_QUERY, &query))
		info.card_used = 0;
	if (fd >= 0)
		close(fd);
	return info.card_used;
}

/* Two backends, one copy: it is there until both have been closed. */
static void test_sharing(const struct limen_gallery *gallery, uint32_t dim, const char *node)
{
	struct limen_backend *first = board;
	struct limen_template probe;
	uint64_t one, both;
	bool good;

	random_template(&probe, dim, 1);
	good = search_both(gallery, &probe, 10, 0);
	one = card_used(node);
	good = good && !limen_backend_open(&board, LIMEN_BACKEND_BOARD, node) &&
	       search_both(gallery, &probe, 10, 0);
	both = card_used(node);
	result(good && one && both == one, "two backends share a copy",
	       "the second one has another");
	limen_backend_close(first);
	result(good && search_both(gallery, &probe, 10, 0) && card_used(node) == one,
	       "the copy outlasts the backend that made it", "it does not");
}

int main(int argc, char **argv)
{
	const char *node = argc > 1 ? argv[1] : NULL;
	const uint32_t dim = 192;
	struct limen_gallery *gallery = gallery_random(dim);

	cases = vectors_load(SCORE_VECTORS, &case_count);
	if (!cases || !gallery) {
		fprintf(stderr, "no memory, or no " SCORE_VECTORS "\n");
		return 1;
	}
	if (backends_open(node))
		return 1;
	printf("KTAP version 1\n1..17\n# %s, %u vectors\n",
	       limen_backend_description(board), case_count);
	test_dimensions();
	test_batches(gallery, dim);
	test_all(gallery, dim);
	test_deadline(gallery, dim);
	test_sharing(gallery, dim, node);
	test_holes(gallery, dim);
	test_growing();
	limen_gallery_close(gallery);
	backends_close();
	free(cases);
	return failures ? 1 : 0;
}
