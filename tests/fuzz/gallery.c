// SPDX-License-Identifier: MIT
/* A gallery file as it is, and with the digest that it should have. */
#include <errno.h>
#include <gallery_file.h>
#include <limen.h>
#include <openssl/evp.h>
#include <string.h>

#include "fuzz.h"

static struct limen_template probe_for(const struct limen_gallery *gallery)
{
	struct limen_template probe = { .dim = limen_gallery_dim(gallery) };

	memcpy(probe.model, limen_gallery_model(gallery), sizeof(probe.model));
	memset(probe.vector, 1, probe.dim);
	return probe;
}

/* The best rows are as many as there are, and are what they are said to be. */
static void search(const struct limen_gallery *gallery)
{
	uint32_t present = limen_gallery_rows(gallery) -
			   limen_gallery_removed(gallery);
	struct limen_template probe = probe_for(gallery), tmpl;
	struct limen_backend *cpu;
	struct limen_row rows[3];
	int count, i;

	MUST(!limen_backend_open(&cpu, LIMEN_BACKEND_CPU, "plain"));
	count = limen_search(cpu, &probe, gallery, 3, -LIMEN_SIMILARITY_ONE,
			     rows, 10000);
	limen_backend_close(cpu);
	MUST(count == (int)(present < 3 ? present : 3));
	for (i = 0; i < count; i++) {
		struct limen_score score;

		MUST(!limen_gallery_row(gallery, rows[i].row, &tmpl));
		score = limen_score_vectors(probe.vector, tmpl.vector,
					    probe.dim);
		MUST(!memcmp(&score, &rows[i].score, sizeof(score)));
	}
}

/* Makes a hole and adds a row, as the file's last bytes say. */
static void change(struct limen_gallery *gallery, uint32_t row)
{
	struct limen_template probe = probe_for(gallery), tmpl;
	char label[LIMEN_LABEL_SIZE];
	uint32_t rows = limen_gallery_rows(gallery);
	uint32_t removed = limen_gallery_removed(gallery);
	int error = limen_gallery_row(gallery, row, &tmpl);

	MUST(limen_gallery_remove(gallery, row) == error);
	MUST(limen_gallery_removed(gallery) == removed + !error);
	MUST(limen_gallery_row(gallery, row, &tmpl) == -ENOENT);
	MUST(limen_gallery_label(gallery, row, label) == -ENOENT);
	MUST(limen_gallery_add(gallery, &probe) ==
	     (rows == UINT32_MAX ? -ENOSPC : (int64_t)rows));
}

/* What is read as a label may be one. */
static void read_labels(const struct limen_gallery *gallery)
{
	struct limen_template tmpl;
	struct limen_gallery *other;
	char label[LIMEN_LABEL_SIZE];
	uint32_t row, count = 0;

	MUST(!limen_gallery_create(&other, limen_gallery_model(gallery),
				   limen_gallery_dim(gallery)));
	for (row = 0; !limen_gallery_next_row(gallery, &row) && count < 100; row++, count++) {
		MUST(!limen_gallery_label(gallery, row, label));
		MUST(memchr(label, 0, sizeof(label)));
		MUST(!limen_gallery_row(gallery, row, &tmpl));
		MUST(limen_gallery_add_labelled(other, &tmpl, *label ? label : NULL) >= 0);
	}
	limen_gallery_close(other);
}

static void try_file(const uint8_t *data, size_t size)
{
	struct limen_gallery *gallery;
	int error = limen_gallery_open(&gallery, fuzz_file(data, size));

	if (error) {
		MUST(error == -EBADMSG || error == -EPROTONOSUPPORT ||
		     error == -EPROTOTYPE || error == -ENODATA ||
		     error == -EUCLEAN);
		return;
	}
	search(gallery);
	read_labels(gallery);
	change(gallery, size ? data[size - 1] % 4u : 0);
	search(gallery);
	limen_gallery_close(gallery);
}

/* Clears the bytes of rows that its bits call removed. */
static void clear_removed(uint8_t *data, size_t size)
{
	const struct gallery_file_header *header = (const void *)data;
	size_t bytes = header->dim / 2, row, plane;

	if (size < 2 * GALLERY_FILE_PAGE || bytes > 256)
		return;
	for (plane = 2; plane < 4; plane++) {
		uint8_t *at = data + plane * GALLERY_FILE_PAGE;

		for (row = 0; row < GALLERY_FILE_PAGE / 256; row++) {
			size_t end = plane * GALLERY_FILE_PAGE +
				     (row + 1) * bytes;

			if (end <= size && data[GALLERY_FILE_PAGE + row / 8] >>
					   row % 8 & 1)
				memset(at + row * bytes, 0, bytes);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gallery_file_header *header;
	uint8_t *copy;

	try_file(data, size);
	if (size < sizeof(*header))
		return 0;
	copy = malloc(size);
	MUST(copy);
	memcpy(copy, data, size);
	clear_removed(copy, size);
	header = (struct gallery_file_header *)copy;
	memset(header->digest, 0, sizeof(header->digest));
	MUST(EVP_Digest(copy, size, header->digest, NULL, EVP_sha256(), NULL));
	try_file(copy, size);
	free(copy);
	return 0;
}
