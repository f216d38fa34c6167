// SPDX-License-Identifier: MIT
/* Templates: as they lie in memory, in messages and in files. */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "private.h"

static bool all_zero(const void *data, size_t size)
{
	const uint8_t *at = data;

	/* Each byte equals the one before it, and the first one is zero. */
	return !at[0] && !memcmp(at, at + 1, size - 1);
}

static int check_header(const struct limen_template_header *header)
{
	uint16_t version = le16toh(header->version);

	if (le32toh(header->magic) != LIMEN_TEMPLATE_MAGIC)
		return -EBADMSG;
	if (version > LIMEN_TEMPLATE_VERSION)
		return -EPROTONOSUPPORT;
	if (version != LIMEN_TEMPLATE_VERSION ||
	    !limen_dim_valid(le16toh(header->dim)) || header->flags ||
	    !all_zero(header->reserved, sizeof(header->reserved)))
		return -EBADMSG;
	return 0;
}

int limen_template_parse(struct limen_template *tmpl, const void *data,
			 size_t size)
{
	struct limen_template_header header;
	const uint8_t *vector = (const uint8_t *)data + sizeof(header);
	uint32_t dim;
	int error;

	if (size < sizeof(header))
		return -EBADMSG;
	memcpy(&header, data, sizeof(header));
	error = check_header(&header);
	if (error)
		return error;

	dim = le16toh(header.dim);
	if (size != sizeof(header) + dim || all_zero(vector, dim))
		return -EBADMSG;

	memcpy(tmpl->model, header.model, sizeof(tmpl->model));
	tmpl->quality = le32toh(header.quality);
	tmpl->dim = dim;
	memcpy(tmpl->vector, vector, dim);
	return 0;
}

size_t limen_template_size(const struct limen_template *tmpl)
{
	return sizeof(struct limen_template_header) + tmpl->dim;
}

int limen_template_write(const struct limen_template *tmpl, void *data,
			 size_t size)
{
	struct limen_template_header header = {
		.magic = htole32(LIMEN_TEMPLATE_MAGIC),
		.version = htole16(LIMEN_TEMPLATE_VERSION),
		.dim = htole16(tmpl->dim),
		.quality = htole32(tmpl->quality),
	};

	if (!limen_dim_valid(tmpl->dim) || all_zero(tmpl->vector, tmpl->dim))
		return -EINVAL;
	if (size < limen_template_size(tmpl))
		return -ENOSPC;

	memcpy(header.model, tmpl->model, sizeof(header.model));
	memcpy(data, &header, sizeof(header));
	memcpy((uint8_t *)data + sizeof(header), tmpl->vector, tmpl->dim);
	return limen_template_size(tmpl);
}

int limen_template_load(struct limen_template *tmpl, const char *path)
{
	size_t size;
	void *data;
	int error;

	error = file_load(path, LIMEN_TEMPLATE_SIZE_MAX, &data, &size);
	if (error)
		return error == -EFBIG ? -EBADMSG : error;
	error = limen_template_parse(tmpl, data, size);
	limen_wipe(data, size);
	free(data);
	return error;
}

int limen_template_save(const struct limen_template *tmpl, const char *path)
{
	uint8_t data[LIMEN_TEMPLATE_SIZE_MAX];
	struct iovec part = { .iov_base = data };
	int size, error;

	size = limen_template_write(tmpl, data, sizeof(data));
	if (size < 0)
		return size;
	part.iov_len = size;
	error = file_replace(path, &part, 1, 0600, FILE_STREAM);
	limen_wipe(data, sizeof(data));
	return error;
}

void limen_template_wipe(struct limen_template *tmpl)
{
	limen_wipe(tmpl, sizeof(*tmpl));
}

int limen_comparable(const struct limen_template *probe,
		     const struct limen_template *reference)
{
	if (memcmp(probe->model, reference->model, sizeof(probe->model)))
		return -EMEDIUMTYPE;
	if (probe->dim != reference->dim || !limen_dim_valid(probe->dim))
		return -EDOM;
	return 0;
}
