// SPDX-License-Identifier: MIT
#include <endian.h>
#include <stddef.h>
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
	session->under_way++;
	return 0;
}

static void fill_reply(struct limend_compare_reply *reply,
		       const struct batch_entry *entry,
		       const struct limen_pair *pair, const struct work *work,
		       int64_t service_ns)
{
	*reply = (struct limend_compare_reply){
		.magic = htole32(LIMEND_MAGIC),
		.version = htole16(LIMEND_VERSION),
		.op = htole16(LIMEND_COMPARE),
		.number = htole64(entry->number),
		.error = htole32(pair->error),
		.backend = htole32(work->kind),
		.device_ns = htole64(pair->device_ns),
		.service_ns = htole64(service_ns),
	};
	memcpy(reply->board, work->board, sizeof(reply->board));
	if (pair->error)
		return;
	reply->raw = htole32(pair->score.raw);
	reply->similarity = htole32(pair->score.similarity);
}

bool batch_start(struct batch *batch, struct engine *engine)
{
	batch->work.pairs = batch->pairs;
	batch->work.count = batch->count;
	return engine_start(engine, &batch->work);
}

struct batch *batch_of(struct work *work)
{
	return (struct batch *)((char *)work - offsetof(struct batch, work));
}

static bool answer(struct batch *batch)
{
	unsigned int first, next;
	bool ended = false;

	for (first = 0; first < batch->count; first = next) {
		struct session *session = batch->entries[first].session;

		for (next = first + 1; next < batch->count; next++)
			if (batch->entries[next].session != session)
				break;
		session->under_way -= next - first;
		session_reply(session, &batch->replies[first], next - first);
		ended |= session->ended;
	}
	return ended;
}

bool batch_finish(struct batch *batch)
{
	int64_t service_ns = now_ns() - batch->received_ns;
	unsigned int i;
	bool ended;

	for (i = 0; i < batch->count; i++)
		fill_reply(&batch->replies[i], &batch->entries[i],
			   &batch->pairs[i], &batch->work, service_ns);
	ended = answer(batch);
	limen_wipe(batch->entries, batch->count * sizeof(*batch->entries));
	limen_wipe(batch->pairs, batch->count * sizeof(*batch->pairs));
	limen_wipe(batch->replies, batch->count * sizeof(*batch->replies));
	batch->count = 0;
	return ended;
}
