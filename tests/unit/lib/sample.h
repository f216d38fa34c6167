/* SPDX-License-Identifier: MIT */
/* Templates and temporary folders for tests. */
#ifndef TEST_SAMPLE_H
#define TEST_SAMPLE_H

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>
#include <limen.h>

/* A template of pseudorandom components; one model for all. */
static inline struct limen_template sample(uint32_t dim, uint32_t seed)
{
	struct limen_template tmpl = { .dim = dim, .quality = 3210 };
	uint32_t i;

	for (i = 0; i < sizeof(tmpl.model); i++)
		tmpl.model[i] = 7 * i + 1;
	for (i = 0; i < dim; i++) {
		seed = seed * 1664525 + 1013904223;
		tmpl.vector[i] = seed >> 24;
	}
	return tmpl;
}

static char sample_folder[64];

static inline void folder_make(void)
{
	strcpy(sample_folder, "/tmp/limen-test.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(sample_folder));
}

/* A path in the folder; good until the thread's sixteenth call after it. */
static inline const char *in_folder(const char *name)
{
	static __thread char paths[16][PATH_MAX];
	static __thread unsigned int last;
	char *path = paths[last++ % 16];

	snprintf(path, PATH_MAX, "%s/%s", sample_folder, name);
	return path;
}

static inline unsigned int folder_count(void)
{
	DIR *folder = opendir(sample_folder);
	unsigned int count = 0;

	ck_assert_ptr_nonnull(folder);
	while (readdir(folder))
		count++;
	closedir(folder);
	return count - 2; /* . and .. */
}

static inline void folder_remove(void)
{
	DIR *folder = opendir(sample_folder);
	struct dirent *entry;

	while (folder && (entry = readdir(folder)))
		if (entry->d_name[0] != '.')
			unlink(in_folder(entry->d_name));
	if (folder)
		closedir(folder);
	rmdir(sample_folder);
}

static inline void file_write(const char *path, const void *data, size_t size)
{
	FILE *file = fopen(path, "we");

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(data, 1, size, file), size);
	ck_assert_int_eq(fclose(file), 0);
}

/* All of a file, to be freed. */
static inline uint8_t *file_slurp(const char *path, size_t *size)
{
	FILE *file = fopen(path, "re");
	uint8_t *data;
	long end;

	ck_assert_ptr_nonnull(file);
	fseek(file, 0, SEEK_END);
	end = ftell(file);
	ck_assert_int_ge(end, 0);
	*size = end;
	rewind(file);
	data = malloc(*size + 1);
	ck_assert_uint_eq(fread(data, 1, *size, file), *size);
	fclose(file);
	return data;
}

#endif /* TEST_SAMPLE_H */
