// SPDX-License-Identifier: MIT
/*
 * backend KIND [NODE]: a backend of liblimen against the definition of the score: the
 * pairs and searches that every backend and engine gets. Skipped without the device.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tap.h>

#include "drawn.h"

#define TIMEOUT_MS	60000

static struct limen_backend *backend;

/* How many of a batch are wrong. */
static unsigned int wrong_of(const struct limen_pair *pairs,
			     const struct limen_score *scores, unsigned int count)
{
	unsigned int wrong = 0;

	for (unsigned int i = 0; i < count; i++)
		wrong += pairs[i].error || pairs[i].score.raw != scores[i].raw ||
			 pairs[i].score.similarity != scores[i].similarity;
	return wrong;
}

static void check_pairs(void)
{
	static struct limen_template templates[LIMEN_BATCH_MAX][2];
	struct limen_score scores[LIMEN_BATCH_MAX];
	struct limen_pair pairs[LIMEN_BATCH_MAX];
	unsigned int wrong = 0, count;

	for (unsigned int i = 0; i < DRAWN_PAIRS; i += count) {
		for (count = 0; count < LIMEN_BATCH_MAX && i + count < DRAWN_PAIRS;
		     count++) {
			struct limen_template *two = templates[count];

			drawn_pair(i + count, &two[0], &two[1], &scores[count]);
			pairs[count] = (struct limen_pair){
				.size = sizeof(*pairs),
				.probe = &two[0],
				.reference = &two[1],
			};
		}
		if (limen_compare(backend, pairs, count, TIMEOUT_MS))
			wrong += count;
		else
			wrong += wrong_of(pairs, scores, count);
	}
	tap_result(!wrong, "%u pairs: %u wrong", DRAWN_PAIRS, wrong);
}

static struct limen_gallery *gallery_of(const struct drawn_search *search)
{
	struct limen_template row = { .dim = search->probe.dim };
	struct limen_gallery *gallery;

	if (limen_gallery_create(&gallery, row.model, row.dim))
		return NULL;
	for (uint32_t i = 0; i < DRAWN_ROWS; i++) {
		memcpy(row.vector, search->gallery + (size_t)i * search->stride,
		       row.dim);
		if (limen_gallery_add(gallery, &row) != i) {
			limen_gallery_close(gallery);
			return NULL;
		}
	}
	return gallery;
}

static bool finds(const struct drawn_search *search)
{
	static struct limen_row found[LIMEN_TOP_K_MAX];
	struct limen_gallery *gallery = gallery_of(search);
	int count = gallery ? limen_search(backend, &search->probe, gallery,
					   search->top_k, search->least, found,
					   TIMEOUT_MS) : -ENOMEM;
	bool good = count == (int)search->count;

	for (int i = 0; good && i < count; i++)
		good = drawn_row_is(&search->rows[i], found[i].row,
				    found[i].score.raw, found[i].score.similarity);
	limen_gallery_close(gallery);
	return good;
}

static void check_searches(void)
{
	static int8_t space[DRAWN_SPACE];

	for (unsigned int i = 0; i < DRAWN_SEARCHES; i++) {
		struct drawn_search search;

		drawn_search(i, space, &search);
		tap_result(finds(&search), "%u of %u rows, dimension %u",
			   search.count, DRAWN_ROWS, search.probe.dim);
	}
}

int main(int argc, char **argv)
{
	int error = -EINVAL;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int kind = LIMEN_BACKEND_CPU; argc > 1 && kind <= LIMEN_BACKEND_OPENCL;
	     kind++)
		if (!strcmp(argv[1], limen_backend_name(kind)))
			error = limen_backend_open(&backend, kind,
						   argc > 2 ? argv[2] : NULL);
	if (error == -ENODEV) {
		printf("1..0 # SKIP no device\n");
		return 0;
	}
	if (error) {
		fprintf(stderr, "no backend: %s\n", limen_strerror(error));
		return 1;
	}
	printf("# %s\n", limen_backend_description(backend));
	check_pairs();
	check_searches();
	limen_backend_close(backend);
	return tap_end();
}
