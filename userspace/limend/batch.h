/* SPDX-License-Identifier: MIT */
/* The comparisons of one round: gathered, computed at once, answered, wiped. */
#ifndef LIMEND_BATCH_H
#define LIMEND_BATCH_H

#include <limen.h>

#include "engine.h"
#include "protocol.h"

struct session;

/**
 * struct batch_entry - one request
 * @session: who asked
 * @number: the client's number for it
 * @probe: first template of the request
 * @reference: second template of the request
 */
struct batch_entry {
	struct session *session;
	uint64_t number;
	struct limen_template probe;
	struct limen_template reference;
};

/**
 * struct batch - the requests of one round
 * @count: requests gathered; 0: it is free for the next round
 * @work: they, to the engine
 * @received_ns: when the round began to read
 * @entries: the requests; those of one session stand together
 * @pairs: what the backend makes of them
 * @replies: what goes back
 */
struct batch {
	unsigned int count;
	struct work work;
	int64_t received_ns;
	struct batch_entry entries[LIMEN_BATCH_MAX];
	struct limen_pair pairs[LIMEN_BATCH_MAX];
	struct limend_compare_reply replies[LIMEN_BATCH_MAX];
};

/* Makes room for a round. */
void batch_begin(struct batch *batch);
/*
 * Adds a request of two templates, as they lie in a packet. -EBADMSG or
 * -EPROTONOSUPPORT if they are none, and the batch is as before.
 */
int batch_add(struct batch *batch, struct session *session, uint64_t number,
	      const uint8_t *templates, size_t size);
/* Has it computed. As engine_start(): whether it is done. */
bool batch_start(struct batch *batch, struct engine *engine);
/* The batch that this is the work of. */
struct batch *batch_of(struct work *work);
/*
 * Answers every session, wipes the templates and makes it free. Whether one of the
 * sessions has ended.
 */
bool batch_finish(struct batch *batch);

#endif /* LIMEND_BATCH_H */
