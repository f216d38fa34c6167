// SPDX-License-Identifier: MIT
/* A gallery file as it is, and with the digest that it should have. */
#include <errno.h>
#include <gallery_file.h>
#include <limen.h>
#include <sha2.h>
#include <string.h>

#include "fuzz.h"

static void search(const struct limen_gallery *gallery)
{
	struct limen_template probe = { .dim = limen_gallery_dim(gallery) };
	struct limen_backend *cpu;
	struct limen_row rows[3];
	int count;

	memcpy(probe.model, limen_gallery_model(gallery), sizeof(probe.model));
	memset(probe.vector, 1, probe.dim);
	MUST(!limen_backend_open(&cpu, LIMEN_BACKEND_CPU, NULL));
	count = limen_search(cpu, &probe, gallery, 3, -LIMEN_SIMILARITY_ONE,
			     rows, 10000);
	MUST(count == (int)(limen_gallery_rows(gallery) < 3 ?
			    limen_gallery_rows(gallery) : 3));
	limen_backend_close(cpu);
}

static void try_file(const uint8_t *data, size_t size)
{
	struct limen_gallery *gallery;
	int error = limen_gallery_open(&gallery, fuzz_file(data, size));

	if (error) {
		MUST(error == -EBADMSG || error == -EPROTONOSUPPORT ||
		     error == -ENODATA || error == -EUCLEAN);
		return;
	}
	search(gallery);
	limen_gallery_close(gallery);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gallery_file_header *header;
	uint8_t *copy;
	SHA2_CTX context;

	try_file(data, size);
	if (size < sizeof(*header))
		return 0;
	copy = malloc(size);
	MUST(copy);
	memcpy(copy, data, size);
	header = (struct gallery_file_header *)copy;
	memset(header->digest, 0, sizeof(header->digest));
	SHA256Init(&context);
	SHA256Update(&context, copy, size);
	SHA256Final(header->digest, &context);
	try_file(copy, size);
	free(copy);
	return 0;
}
