// SPDX-License-Identifier: MIT
#include <endian.h>
#include <string.h>

#include <monotonic.h>

#include "batch.h"
#include "session.h"

void batch_begin(struct batch *batch)
{
	batch->count = 0;
	batch->received_ns = now_ns();
}

/* The size of the template at data, as its header says; size if it is none. */
static size_t template_size(const uint8_t *data, size_t size)
{
	struct limen_template_header header;
	size_t total;

	if (size < sizeof(header))
		return size;
	memcpy(&header, data, sizeof(header));
	total = sizeof(header) + le16toh(header.dim);
	return total < size ? total : size;
}

int batch_add(struct batch *batch, struct session *session, uint64_t number,
	      const uint8_t *templates, size_t size)
{
	struct batch_entry *entry = &batch->entries[batch->count];
	size_t first = template_size(templates, size);
	int error;

	error = limen_template_parse(&entry->probe, templates, first);
	if (!error)
		error = limen_template_parse(&entry->reference,
					     templates + first, size - first);
	if (error) {
		limen_template_wipe(&entry->probe);
		return error;
	}
	entry->session = session;
	entry->number = number;
	batch->pairs[batch->count].size = sizeof(*batch->pairs);
	batch->pairs[batch->count].probe = &entry->probe;
	batch->pairs[batch->count].reference = &entry->reference;
	batch->count++;
	return 0;
}

static void fill_reply(struct limend_compare_reply *reply,
		       const struct batch_entry *entry,
		       const struct limen_pair *pair,
		       enum limen_backend_kind kind, int64_t service_ns)
{
	*reply = (struct limend_compare_reply){
		.magic = htole32(LIMEND_MAGIC),
		.version = htole16(LIMEND_VERSION),
		.op = htole16(LIMEND_COMPARE),
		.number = htole64(entry->number),
		.error = htole32(pair->error),
		.backend = htole32(kind),
		.device_ns = htole64(pair->device_ns),
		.service_ns = htole64(service_ns),
	};
	if (pair->error)
		return;
	reply->raw = htole32(pair->score.raw);
	reply->similarity = htole32(pair->score.similarity);
}

static void answer(struct batch *batch)
{
	unsigned int first, next;

	for (first = 0; first < batch->count; first = next) {
		struct session *session = batch->entries[first].session;

		for (next = first + 1; next < batch->count; next++)
			if (batch->entries[next].session != session)
				break;
		session_reply(session, &batch->replies[first], next - first);
	}
}

void batch_finish(struct batch *batch, struct engine *engine)
{
	enum limen_backend_kind kind;
	int64_t service_ns;
	unsigned int i;

	if (!batch->count)
		return;
	kind = engine_compare(engine, batch->pairs, batch->count);
	service_ns = now_ns() - batch->received_ns;
	for (i = 0; i < batch->count; i++)
		fill_reply(&batch->replies[i], &batch->entries[i],
			   &batch->pairs[i], kind, service_ns);
	answer(batch);
	limen_wipe(batch->entries, batch->count * sizeof(*batch->entries));
	limen_wipe(batch->pairs, batch->count * sizeof(*batch->pairs));
	limen_wipe(batch->replies, batch->count * sizeof(*batch->replies));
}
