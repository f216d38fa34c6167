// SPDX-License-Identifier: MIT
/* Galleries in files. */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "blocks.h"
#include "gallery_file.h"

/* Longest that somebody else's edit of the same file is waited for. */
#define SAVE_TIMEOUT_MS 60000

/* The header, what there is of labels, and the zeros after it. */
union head {
	struct {
		struct gallery_file_header header;
		struct gallery_file_labels labels;
	};
	uint8_t bytes[GALLERY_FILE_PAGE];
};

static const uint8_t zeros[GALLERY_FILE_PAGE];

static size_t page_round(size_t size)
{
	return (size + GALLERY_FILE_PAGE - 1) & -(size_t)GALLERY_FILE_PAGE;
}

static size_t bitmap_size(uint32_t rows)
{
	return ((size_t)rows + 63) / 64 * sizeof(__le64);
}

static uint32_t block_count(uint32_t rows, uint32_t dim)
{
	uint32_t most = gallery_block_rows(dim);

	return rows / most + !!(rows % most);
}

/* Row numbers of a block. */
static uint32_t rows_of(uint32_t at, uint32_t rows, uint32_t dim)
{
	uint32_t most = gallery_block_rows(dim);

	return rows - at * most < most ? rows - at * most : most;
}

/**
 * struct parts - what a file consists of, in order
 * @at: the parts
 * @count: how many there are
 * @size: bytes of all
 */
struct parts {
	struct iovec *at;
	unsigned int count;
	uint64_t size;
};

static void parts_add(struct parts *parts, const void *data, size_t size)
{
	size_t rest = page_round(size) - size;

	parts->at[parts->count++] = (struct iovec){ (void *)data, size };
	if (rest)
		parts->at[parts->count++] = (struct iovec){ (void *)zeros,
							     rest };
	parts->size += size + rest;
}

static int parts_digest(const struct parts *parts, uint8_t *digest)
{
	EVP_MD_CTX *hash = EVP_MD_CTX_new();
	bool good = hash && EVP_DigestInit_ex(hash, EVP_sha256(), NULL);
	unsigned int i;

	for (i = 0; i < parts->count && good; i++)
		good = EVP_DigestUpdate(hash, parts->at[i].iov_base,
					parts->at[i].iov_len);
	good = good && EVP_DigestFinal_ex(hash, digest, NULL);
	EVP_MD_CTX_free(hash);
	return good ? 0 : -ENOMEM;
}

/* The bits of rows that have been removed. */
static __le64 *make_bitmap(const struct gallery_view *view)
{
	uint32_t words = gallery_block_rows(view->dim) / 64;
	__le64 *bitmap = calloc(1, bitmap_size(view->rows) ?: 1);
	uint32_t at, i;

	for (at = 0; bitmap && at < block_count(view->rows, view->dim); at++) {
		const struct gallery_block *block = view->table->blocks[at];
		uint32_t rows = rows_of(at, view->rows, view->dim);
		__le64 *to = bitmap + (size_t)at * words;

		for (i = 0; i < rows / 64; i++)
			to[i] = block ? htole64(block->absent[i]) : ~0ull;
		if (rows % 64)
			to[i] = htole64((block ? block->absent[i] : ~0ull) &
					~(~0ull << rows % 64));
	}
	return bitmap;
}

static void add_blocks(const struct gallery_view *view, struct parts *parts)
{
	uint32_t at;

	for (at = 0; at < block_count(view->rows, view->dim); at++) {
		const struct gallery_block *block = view->table->blocks[at];
		uint32_t rows = rows_of(at, view->rows, view->dim);
		size_t bytes = (size_t)rows * view->dim / 2;

		if (!block || !block_present(block, rows))
			continue;
		parts_add(parts, block->coarse, bytes);
		parts_add(parts, block->fine, bytes);
	}
}

/* The file's descriptor is kept, as the new file is locked by it. */
static int write_file(const char *path, const struct parts *parts,
		      unsigned int flags, int *keep)
{
	struct file_output output;
	int error = file_begin(&output, path, 0600, flags);
	unsigned int i;

	if (error)
		return error;
	for (i = 0; i < parts->count && !error; i++)
		error = file_put(&output, parts->at[i].iov_base,
				 parts->at[i].iov_len);
	if (!error)
		return file_commit(&output, keep);
	file_abandon(&output);
	return error;
}

/**
 * struct snapshot - what a gallery has at one moment
 * @view: its rows
 * @model: their model
 * @labels: as they lie in a file; NULL if there are none
 * @labels_size: bytes of them
 * @label_count: how many there are
 */
struct snapshot {
	struct gallery_view view;
	const uint8_t *model;
	uint8_t *labels;
	size_t labels_size;
	uint32_t label_count;
};

/* Under the writer's lock. */
static int copy_labels(const struct gallery_labels *labels, struct snapshot *snapshot)
{
	struct gallery_file_label *entries;
	uint8_t *text;
	uint32_t i;

	if (!labels->count)
		return 0;
	snapshot->labels_size = labels->count * sizeof(*entries);
	for (i = 0; i < labels->count; i++)
		snapshot->labels_size += labels->all[i].length;
	snapshot->labels = memory_new(snapshot->labels_size, false);
	if (!snapshot->labels)
		return -ENOMEM;
	snapshot->label_count = labels->count;
	entries = (struct gallery_file_label *)snapshot->labels;
	text = (uint8_t *)(entries + labels->count);
	for (i = 0; i < labels->count; i++) {
		const struct gallery_label *label = &labels->all[i];

		entries[i].row = htole32(label->row);
		entries[i].length = htole32(label->length);
		memcpy(text, labels->text + label->at, label->length);
		text += label->length;
	}
	return 0;
}

/* Rows and labels that belong together. The caller ends it whatever is returned. */
static int snapshot_take(struct limen_gallery *gallery, struct snapshot *snapshot)
{
	int error;

	*snapshot = (struct snapshot){ .model = gallery->model };
	pthread_mutex_lock(&gallery->writer);
	snapshot->view = gallery_view_get(gallery);
	error = copy_labels(&gallery->labels, snapshot);
	pthread_mutex_unlock(&gallery->writer);
	return error;
}

static void snapshot_end(struct snapshot *snapshot)
{
	gallery_view_put(&snapshot->view);
	if (!snapshot->labels)
		return;
	limen_wipe(snapshot->labels, snapshot->labels_size);
	memory_free(snapshot->labels, snapshot->labels_size);
}

static void fill_head(const struct snapshot *snapshot, uint64_t size, union head *head)
{
	const struct gallery_view *view = &snapshot->view;

	head->header.magic = htole32(GALLERY_FILE_MAGIC);
	head->header.version = htole16(snapshot->labels ? GALLERY_FILE_VERSION_LABELS :
							  GALLERY_FILE_VERSION);
	head->header.dim = htole32(view->dim);
	head->header.block_rows = htole32(gallery_block_rows(view->dim));
	head->header.rows = htole64(view->rows);
	head->header.size = htole64(size);
	memcpy(head->header.model, snapshot->model, sizeof(head->header.model));
	head->labels.size = htole64(snapshot->labels_size);
	head->labels.count = htole32(snapshot->label_count);
}

static int save_snapshot(const struct snapshot *snapshot, const char *path,
			 unsigned int flags, int *keep)
{
	const struct gallery_view *view = &snapshot->view;
	size_t most = 5 + 4 * (size_t)block_count(view->rows, view->dim);
	struct parts parts = { .at = calloc(most, sizeof(*parts.at)) };
	__le64 *bitmap = make_bitmap(view);
	union head head = {};
	uint8_t digest[GALLERY_FILE_DIGEST_SIZE];
	int error = -ENOMEM;

	if (parts.at && bitmap) {
		parts_add(&parts, &head, sizeof(head));
		parts_add(&parts, bitmap, bitmap_size(view->rows));
		add_blocks(view, &parts);
		if (snapshot->labels)
			parts_add(&parts, snapshot->labels, snapshot->labels_size);
		fill_head(snapshot, parts.size, &head);
		error = parts_digest(&parts, digest);
	}
	if (!error) {
		memcpy(head.header.digest, digest, sizeof(digest));
		error = write_file(path, &parts, flags, keep);
	}
	free(bitmap);
	free(parts.at);
	return error;
}

/*
 * Waits for whoever edits the file, if it is there and not edited by this gallery; -1
 * if nobody has to be waited for.
 */
static int lock_replaced(const struct limen_gallery *gallery, const char *path)
{
	int fd;

	if (gallery->file >= 0 && file_is(gallery->file, path))
		return -1;
	fd = file_lock(path, SAVE_TIMEOUT_MS);
	return fd == -ENOENT ? -1 : fd;
}

/* Who edits a file goes on to: the lock passes from the old file to the new one. */
static int save_locked(struct limen_gallery *gallery, const char *path)
{
	bool edited = gallery->file >= 0 && file_is(gallery->file, path);
	struct snapshot snapshot;
	int keep, error;

	error = snapshot_take(gallery, &snapshot);
	if (!error)
		error = save_snapshot(&snapshot, path, 0, &keep);
	snapshot_end(&snapshot);
	if (error)
		return error;
	if (edited) {
		close(gallery->file);
		gallery->file = keep;
	} else {
		close(keep);
	}
	return 0;
}

/* To save a gallery does not change what it holds, but its lock. */
static struct limen_gallery *lock_saver(const struct limen_gallery *gallery)
{
	struct limen_gallery *locked = (struct limen_gallery *)gallery;

	pthread_mutex_lock(&locked->saver);
	return locked;
}

int limen_gallery_save(const struct limen_gallery *gallery, const char *path)
{
	struct limen_gallery *locked = lock_saver(gallery);
	int replaced = lock_replaced(locked, path);
	int error = replaced < -1 ? replaced : save_locked(locked, path);

	if (replaced >= 0)
		close(replaced);
	pthread_mutex_unlock(&locked->saver);
	return error;
}

int limen_gallery_save_new(const struct limen_gallery *gallery,
			   const char *path)
{
	struct limen_gallery *locked = lock_saver(gallery);
	struct snapshot snapshot;
	int keep = -1;
	int error = snapshot_take(locked, &snapshot);

	if (!error)
		error = save_snapshot(&snapshot, path, FILE_FRESH, &keep);
	snapshot_end(&snapshot);
	if (!error)
		close(keep);
	pthread_mutex_unlock(&locked->saver);
	return error;
}

/**
 * struct reader - a file that is being verified
 * @map: the file
 * @at: how much has been read
 * @hash: of that, the digest in the header taken for zeros
 * @sound: no failure in computing it
 * @valid: nothing of it has been wrong
 * @dim: of the gallery
 * @rows: likewise
 * @bitmap: likewise, in the file
 */
struct reader {
	struct gallery_map *map;
	size_t at;
	EVP_MD_CTX *hash;
	bool sound;
	bool valid;
	uint32_t dim;
	uint32_t rows;
	const __le64 *bitmap;
};

static bool all_zero(const uint8_t *data, size_t size)
{
	size_t some;

	for (; size; data += some, size -= some) {
		some = size < sizeof(zeros) ? size : sizeof(zeros);
		if (memcmp(data, zeros, some))
			return false;
	}
	return true;
}

static size_t left(const struct reader *reader)
{
	return reader->map->size - reader->at;
}

/* So many bytes and the zeros that follow them. */
static const uint8_t *next_part(struct reader *reader, size_t size)
{
	const uint8_t *part = reader->map->data + reader->at;
	size_t whole = page_round(size);

	reader->sound &= EVP_DigestUpdate(reader->hash, part, whole);
	reader->valid &= all_zero(part + size, whole - size);
	reader->at += whole;
	return part;
}

static void read_bitmap(struct reader *reader)
{
	size_t size = bitmap_size(reader->rows);
	uint64_t last;

	reader->valid &= page_round(size) <= left(reader);
	if (!reader->valid)
		return;
	reader->bitmap = (const __le64 *)next_part(reader, size);
	if (!(reader->rows % 64))
		return;
	last = le64toh(reader->bitmap[size / sizeof(__le64) - 1]);
	reader->valid &= !(last >> reader->rows % 64);
}

/* What is known of a row only from its bytes, which nothing else vouches for. */
static void read_row(struct reader *reader, struct gallery_block *block,
		     uint32_t index)
{
	size_t bytes = block->dim / 2;
	const uint8_t *coarse = block->coarse + index * bytes;
	const uint8_t *fine = block->fine + index * bytes;

	block->facts[index] = match_facts(coarse, fine, block->dim);
	if (!block_has(block, index))
		reader->valid &= all_zero(coarse, bytes) &&
				 all_zero(fine, bytes);
}

/* The bits of a block; false if none of its rows is present. */
static bool read_absent(const struct reader *reader, uint32_t at,
			struct gallery_block *block)
{
	uint32_t words = gallery_block_rows(block->dim) / 64;
	const __le64 *bits = reader->bitmap + (size_t)at * words;
	uint32_t i;

	for (i = 0; i < (block->used + 63) / 64; i++) {
		block->absent[i] = le64toh(bits[i]);
		block->any_absent |= !!block->absent[i];
	}
	return block_present(block, block->used);
}

static int read_block(struct reader *reader, uint32_t at,
		      struct limen_gallery *gallery)
{
	struct gallery_block *block = block_new(reader->dim, false,
						reader->map);
	size_t bytes;
	uint32_t i;

	if (!block)
		return -ENOMEM;
	block->used = rows_of(at, reader->rows, reader->dim);
	bytes = (size_t)block->used * reader->dim / 2;
	gallery->removed += block->used;
	if (!read_absent(reader, at, block)) {
		block_put(block);
		return 0;
	}
	gallery->table->blocks[at] = block;
	gallery->removed -= block_present(block, block->used);
	reader->valid &= 2 * page_round(bytes) <= left(reader);
	if (!reader->valid)
		return 0;
	block->coarse = (uint8_t *)next_part(reader, bytes);
	block->fine = (uint8_t *)next_part(reader, bytes);
	for (i = 0; i < block->used; i++)
		read_row(reader, block, i);
	return 0;
}

/* So many, from text of so many bytes; what is wrong makes the file invalid. */
static int read_labels_in(struct reader *reader, const struct gallery_file_label *entries,
			  uint32_t count, size_t size, struct limen_gallery *gallery)
{
	const char *text = (const char *)(entries + count);
	uint64_t least = 0;
	uint32_t i;

	for (i = 0; i < count; i++) {
		uint32_t row = le32toh(entries[i].row);
		uint32_t length = le32toh(entries[i].length);
		int error;

		if (row < least || !gallery_has_row(gallery, row) || length > size ||
		    !label_sound(text, length))
			break;
		error = labels_add(&gallery->labels, row, text, length);
		if (error)
			return error;
		least = (uint64_t)row + 1;
		text += length;
		size -= length;
	}
	reader->valid &= i == count && !size;
	return 0;
}

static int read_labels(struct reader *reader, const struct gallery_file_labels *labels,
		       struct limen_gallery *gallery)
{
	uint64_t size = le64toh(labels->size);
	uint64_t count = le32toh(labels->count);
	uint64_t heads = count * sizeof(struct gallery_file_label);

	reader->valid &= count && !labels->reserved && size > heads &&
			 size <= left(reader) && page_round(size) <= left(reader);
	if (!reader->valid)
		return 0;
	return read_labels_in(reader, (const void *)next_part(reader, size), count,
			      size - heads, gallery);
}

/* All of a file in one pass. */
static int read_all(struct reader *reader, const union head *head,
		    struct limen_gallery *gallery)
{
	bool labelled = le16toh(head->header.version) == GALLERY_FILE_VERSION_LABELS;
	size_t known = sizeof(head->header) + (labelled ? sizeof(head->labels) : 0);
	uint8_t digest[GALLERY_FILE_DIGEST_SIZE];
	union head hashed = *head;
	uint32_t at;
	int error = 0;

	memset(hashed.header.digest, 0, sizeof(hashed.header.digest));
	reader->sound = reader->hash &&
			EVP_DigestInit_ex(reader->hash, EVP_sha256(), NULL) &&
			EVP_DigestUpdate(reader->hash, &hashed, sizeof(hashed));
	if (!reader->sound)
		return -ENOMEM;
	reader->valid = all_zero(head->bytes + known, sizeof(*head) - known);
	reader->at = sizeof(hashed);
	read_bitmap(reader);
	for (at = 0; at < gallery->table->count && reader->valid; at++) {
		error = read_block(reader, at, gallery);
		if (error)
			return error;
	}
	if (labelled && reader->valid)
		error = read_labels(reader, &head->labels, gallery);
	if (error)
		return error;
	if (left(reader))
		reader->valid = false;
	next_part(reader, left(reader));
	reader->sound &= EVP_DigestFinal_ex(reader->hash, digest, NULL);
	if (!reader->sound)
		return -ENOMEM;
	/* A file that has been damaged is not a wrong one. */
	if (memcmp(digest, head->header.digest, sizeof(digest)))
		return -EUCLEAN;
	return reader->valid ? 0 : -EBADMSG;
}

static int check_header(const struct gallery_file_header *header, uint64_t size)
{
	uint16_t version = le16toh(header->version);
	uint32_t dim = le32toh(header->dim);

	if (version > GALLERY_FILE_VERSION_LABELS)
		return -EPROTONOSUPPORT;
	if (version < GALLERY_FILE_VERSION)
		return -EPROTOTYPE;
	if (header->flags || !limen_dim_valid(dim) ||
	    le32toh(header->block_rows) != gallery_block_rows(dim) ||
	    le64toh(header->rows) > UINT32_MAX ||
	    le64toh(header->size) < GALLERY_FILE_PAGE ||
	    le64toh(header->size) % GALLERY_FILE_PAGE)
		return -EBADMSG;
	if (size < le64toh(header->size))
		return -ENODATA;
	return size > le64toh(header->size) ? -EBADMSG : 0;
}

static int read_head(const struct gallery_map *map, union head *head)
{
	memcpy(head, map->data,
	       map->size < sizeof(*head) ? map->size : sizeof(*head));
	if (map->size < sizeof(head->header.magic) ||
	    le32toh(head->header.magic) != GALLERY_FILE_MAGIC)
		return -EBADMSG;
	if (map->size < sizeof(*head))
		return -ENODATA;
	return check_header(&head->header, map->size);
}

static int read_map(struct gallery_map *map, struct limen_gallery **gallery)
{
	struct reader reader = { .map = map };
	struct limen_gallery *made;
	struct gallery_table *table;
	union head head = {};
	int error;

	error = read_head(map, &head);
	if (error)
		return error;
	reader.dim = le32toh(head.header.dim);
	reader.rows = le64toh(head.header.rows);
	error = limen_gallery_create(&made, head.header.model, reader.dim);
	if (error)
		return error;
	reader.hash = EVP_MD_CTX_new();
	table = table_new(block_count(reader.rows, reader.dim));
	error = -ENOMEM;
	if (reader.hash && table) {
		table_put(made->table);
		made->table = table;
		made->rows = reader.rows;
		error = read_all(&reader, &head, made);
	} else if (table) {
		table_put(table);
	}
	EVP_MD_CTX_free(reader.hash);
	if (error)
		limen_gallery_close(made);
	else
		*gallery = made;
	return error;
}

/* Whether nobody can write to a file in memory, or make it shorter, any more. */
static bool is_sealed(int fd)
{
	int seals = fcntl(fd, F_GET_SEALS);

	return seals >= 0 && seals & F_SEAL_WRITE && seals & F_SEAL_SHRINK;
}

/*
 * A mapped file that somebody writes to changes after it has been verified, and
 * one that is truncated kills the process with SIGBUS. So it must be a file that
 * only this user or root may write; those are trusted to replace it instead. One
 * that is sealed nobody may.
 */
static int check_file(int fd, uint64_t *size)
{
	struct stat stat;

	if (fstat(fd, &stat))
		return -errno;
	if (!S_ISREG(stat.st_mode))
		return S_ISDIR(stat.st_mode) ? -EISDIR : -EBADMSG;
	if (((stat.st_uid && stat.st_uid != geteuid()) ||
	     stat.st_mode & (S_IWGRP | S_IWOTH)) && !is_sealed(fd))
		return -EPERM;
	*size = stat.st_size;
	return 0;
}

int limen_gallery_open_fd(struct limen_gallery **gallery, int fd)
{
	struct gallery_map *map;
	uint64_t size = 0;
	int error = check_file(fd, &size);

	if (error)
		return error;
	/* Nothing is not mapped. */
	if (!size)
		return -EBADMSG;
	map = map_new(fd, size);
	if (!map)
		return -errno;
	error = read_map(map, gallery);
	map_put(map);
	return error;
}

int limen_gallery_open_memory(struct limen_gallery **gallery, const void *data,
			      size_t size)
{
	struct gallery_map *map;
	int error;

	if (!size)
		return -EBADMSG;
	map = map_copy(data, size);
	if (!map)
		return -ENOMEM;
	error = read_map(map, gallery);
	map_put(map);
	return error;
}

int limen_gallery_open(struct limen_gallery **gallery, const char *path)
{
	/* Waits for no writer, should it be a FIFO. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int error;

	if (fd < 0)
		return -errno;
	error = limen_gallery_open_fd(gallery, fd);
	close(fd);
	return error;
}

int limen_gallery_edit(struct limen_gallery **gallery, const char *path,
		       int timeout_ms)
{
	int fd = timeout_ms < 0 ? -EINVAL : file_lock(path, timeout_ms);
	int error;

	if (fd < 0)
		return fd == -ENOSTR ? -EBADMSG : fd;
	error = limen_gallery_open_fd(gallery, fd);
	if (error)
		close(fd);
	else
		(*gallery)->file = fd;
	return error;
}
