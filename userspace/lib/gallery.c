// SPDX-License-Identifier: MIT
/* Galleries, in memory and in files. */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <sha2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gallery_file.h"
#include "private.h"

#define FIRST_CAPACITY (1u << 16)

/* The header and the zeros after it. */
union gallery_file_head {
	struct gallery_file_header header;
	uint8_t bytes[GALLERY_FILE_ROW_OFFSET];
};

static uint64_t new_content(void)
{
	static uint64_t last;

	return __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED);
}

/* The least number of bytes for this many rows, or 0 if there are too many. */
static size_t bytes_for(const struct limen_gallery *gallery, uint64_t rows)
{
	size_t bytes;

	if (rows > UINT32_MAX ||
	    __builtin_mul_overflow(rows, gallery->stride, &bytes) ||
	    bytes > SSIZE_MAX - GALLERY_FILE_ROW_OFFSET)
		return 0;
	return bytes;
}

static int reserve(struct limen_gallery *gallery, size_t bytes)
{
	size_t capacity = gallery->capacity ?: FIRST_CAPACITY;
	void *vectors;

	while (capacity < bytes)
		if (__builtin_mul_overflow(capacity, 2, &capacity))
			return -ENOMEM;
	if (capacity == gallery->capacity)
		return 0;

	/* Pages move when a mapping grows: no second copy of a row is left. */
	if (gallery->vectors)
		vectors = mremap(gallery->vectors, gallery->capacity, capacity,
				 MREMAP_MAYMOVE);
	else
		vectors = mmap(NULL, capacity, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (vectors == MAP_FAILED)
		return -errno;
	gallery->vectors = vectors;
	gallery->capacity = capacity;
	return madvise(vectors, capacity, MADV_DONTDUMP) ? -errno : 0;
}

int limen_gallery_create(struct limen_gallery **gallery,
			 const uint8_t model[LIMEN_MODEL_ID_SIZE], uint32_t dim)
{
	struct limen_gallery *made;

	if (!limen_dim_valid(dim))
		return -EDOM;
	made = calloc(1, sizeof(*made));
	if (!made)
		return -ENOMEM;
	memcpy(made->model, model, sizeof(made->model));
	made->dim = dim;
	made->stride = (dim + GALLERY_FILE_ROW_ALIGN - 1) &
		       -GALLERY_FILE_ROW_ALIGN;
	made->content = new_content();
	*gallery = made;
	return 0;
}

void limen_gallery_close(struct limen_gallery *gallery)
{
	if (!gallery)
		return;
	if (gallery->vectors) {
		limen_wipe(gallery->vectors,
			   (size_t)gallery->rows * gallery->stride);
		munmap(gallery->vectors, gallery->capacity);
	}
	free(gallery);
}

int64_t limen_gallery_add(struct limen_gallery *gallery,
			  const struct limen_template *tmpl)
{
	size_t bytes = bytes_for(gallery, (uint64_t)gallery->rows + 1);
	int error;

	if (memcmp(tmpl->model, gallery->model, sizeof(tmpl->model)))
		return -EMEDIUMTYPE;
	if (tmpl->dim != gallery->dim)
		return -EDOM;
	if (!bytes)
		return -ENOSPC;
	error = reserve(gallery, bytes);
	if (error)
		return error;
	memcpy(gallery->vectors + bytes - gallery->stride, tmpl->vector,
	       tmpl->dim);
	gallery->content = new_content();
	return gallery->rows++;
}

static void digest(union gallery_file_head *head, const int8_t *vectors,
		   size_t bytes, uint8_t result[GALLERY_FILE_DIGEST_SIZE])
{
	SHA2_CTX context;

	memset(head->header.digest, 0, sizeof(head->header.digest));
	SHA256Init(&context);
	SHA256Update(&context, head->bytes, sizeof(head->bytes));
	if (bytes)
		SHA256Update(&context, (const uint8_t *)vectors, bytes);
	SHA256Final(result, &context);
	limen_wipe(&context, sizeof(context));
}

int limen_gallery_save(const struct limen_gallery *gallery, const char *path)
{
	size_t bytes = (size_t)gallery->rows * gallery->stride;
	union gallery_file_head head = {};
	uint8_t sum[GALLERY_FILE_DIGEST_SIZE];
	const struct iovec parts[] = {
		{ &head, sizeof(head) },
		{ gallery->vectors, bytes },
	};

	head.header.magic = htole32(GALLERY_FILE_MAGIC);
	head.header.version = htole16(GALLERY_FILE_VERSION);
	head.header.dim = htole32(gallery->dim);
	head.header.stride = htole32(gallery->stride);
	head.header.row_offset = htole64(GALLERY_FILE_ROW_OFFSET);
	head.header.rows = htole64(gallery->rows);
	memcpy(head.header.model, gallery->model, sizeof(gallery->model));
	digest(&head, gallery->vectors, bytes, sum);
	memcpy(head.header.digest, sum, sizeof(sum));
	return file_replace(path, parts, 2);
}

static int check_header(const struct gallery_file_header *header,
			const struct limen_gallery *expected)
{
	if (header->flags || le32toh(header->stride) != expected->stride ||
	    le64toh(header->row_offset) != GALLERY_FILE_ROW_OFFSET ||
	    le64toh(header->rows) > UINT32_MAX)
		return -EBADMSG;
	return 0;
}

/*
 * The rows are read, not mapped: whoever may write the file could change what
 * has been verified, or truncate it and kill the process with SIGBUS.
 */
static int read_rows(struct limen_gallery *gallery, int fd,
		     union gallery_file_head *head)
{
	uint8_t stored[GALLERY_FILE_DIGEST_SIZE];
	uint8_t computed[GALLERY_FILE_DIGEST_SIZE];
	uint64_t rows = le64toh(head->header.rows);
	size_t bytes = bytes_for(gallery, rows);
	struct stat stat;
	int error;

	if (rows && !bytes)
		return -EBADMSG;
	/* Compared before memory is asked for, so that no header can make it. */
	if (fstat(fd, &stat))
		return -errno;
	if ((uint64_t)stat.st_size < GALLERY_FILE_ROW_OFFSET + bytes)
		return -ENODATA;
	if ((uint64_t)stat.st_size > GALLERY_FILE_ROW_OFFSET + bytes)
		return -EBADMSG;

	error = bytes ? reserve(gallery, bytes) : 0;
	if (error)
		return error;
	gallery->rows = rows; /* what a failure from here on must wipe */
	error = file_read(fd, gallery->vectors, bytes);
	if (error)
		return error;

	memcpy(stored, head->header.digest, sizeof(stored));
	digest(head, gallery->vectors, bytes, computed);
	return memcmp(stored, computed, sizeof(stored)) ? -EUCLEAN : 0;
}

static int read_gallery(struct limen_gallery **gallery, int fd)
{
	union gallery_file_head head = {};
	struct gallery_file_header *header = &head.header;
	int error;

	error = file_read(fd, &head.header.magic, sizeof(header->magic));
	if (error == -ENODATA || (!error && le32toh(header->magic) !=
				  GALLERY_FILE_MAGIC))
		return -EBADMSG;
	if (!error)
		error = file_read(fd, head.bytes + sizeof(header->magic),
				  sizeof(head) - sizeof(header->magic));
	if (error)
		return error;
	if (le16toh(header->version) > GALLERY_FILE_VERSION)
		return -EPROTONOSUPPORT;
	if (le16toh(header->version) != GALLERY_FILE_VERSION)
		return -EBADMSG;

	error = limen_gallery_create(gallery, header->model,
				     le32toh(header->dim));
	if (error)
		return error == -EDOM ? -EBADMSG : error;
	error = check_header(header, *gallery);
	if (!error)
		error = read_rows(*gallery, fd, &head);
	if (error)
		limen_gallery_close(*gallery);
	return error;
}

int limen_gallery_open(struct limen_gallery **gallery, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int error;

	if (fd < 0)
		return -errno;
	error = read_gallery(gallery, fd);
	close(fd);
	return error;
}

uint32_t limen_gallery_rows(const struct limen_gallery *gallery)
{
	return gallery->rows;
}

uint32_t limen_gallery_dim(const struct limen_gallery *gallery)
{
	return gallery->dim;
}

const uint8_t *limen_gallery_model(const struct limen_gallery *gallery)
{
	return gallery->model;
}

const int8_t *limen_gallery_row(const struct limen_gallery *gallery,
				uint32_t row)
{
	return gallery->vectors + (size_t)row * gallery->stride;
}
