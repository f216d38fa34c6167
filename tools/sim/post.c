// SPDX-License-Identifier: MIT
/*
 * What is posted: writes of the host to the card's registers, and the card's writes to
 * the host's memory and its interrupts. Nobody is told when they arrive. Those of each
 * way arrive in their order, at any later time; the answer to a read arrives after the
 * writes that were there before it, of both ways.
 */
#include <stdatomic.h>
#include <string.h>

#include <limen.h>
#include <monotonic.h>

#include "card.h"

#define NSEC_PER_USEC	1000

/* One write in so many is slow, and how slow those and the others are. */
#define SLOW_EVERY	8
#define SLOW_US		1500
#define QUICK_US	60

uint32_t random_next(uint64_t *state)
{
	/* xorshift */
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (uint32_t)(*state >> 32);
}

uint32_t post_random(struct card *card)
{
	return random_next(&card->random);
}

/* When a write arrives that is sent now, after the one that arrives at @last. */
static int64_t arrival(struct card *card, int64_t last)
{
	bool slow = post_random(card) % SLOW_EVERY == 0;
	int64_t at = now_ns() + post_random(card) %
					((slow ? SLOW_US : QUICK_US) * NSEC_PER_USEC);

	return at > last ? at : last;
}

static struct card_post *append(struct card *card, struct card_posts *posts)
{
	unsigned int slot = (posts->first + posts->count++) % CARD_POSTS;
	struct card_post *post = &posts->posts[slot];

	memset(post, 0, sizeof(*post));
	posts->last_ns = arrival(card, posts->last_ns);
	post->due_ns = posts->last_ns;
	return post;
}

/* The first one, which stays where it is until another takes its place. */
static struct card_post *take(struct card_posts *posts)
{
	struct card_post *post = &posts->posts[posts->first];

	posts->first = (posts->first + 1) % CARD_POSTS;
	posts->count--;
	return post;
}

static void arrive_at_host(struct card *card, struct card_post *post)
{
	size_t head = post->size - sizeof(uint32_t);
	uint32_t last;
	uint8_t *to;

	if (!post->size) {
		vector_arrive(card, (unsigned int)post->address);
		return;
	}
	to = dma_at(card, post->address, post->size, true);
	if (to) {
		memcpy(to, post->bytes, head);
		/* The last word last: of a completion, it is the number. */
		memcpy(&last, post->bytes + head, sizeof(last));
		atomic_store_explicit((_Atomic uint32_t *)(to + head), last,
				      memory_order_release);
	}
	limen_wipe(post->bytes, sizeof(post->bytes));
}

static void deliver_to_card(struct card *card, int64_t now)
{
	while (card->to_card.count &&
	       card->to_card.posts[card->to_card.first].due_ns <= now) {
		struct card_post *post = take(&card->to_card);

		card_write(card, post->address, post->value);
	}
}

static void deliver_to_host(struct card *card, int64_t now)
{
	/* What has been pulled out, has not written. */
	if (card->to_host.count && card_is_gone(card))
		post_drop(card);
	while (config_masters_bus(card) && card->to_host.count &&
	       card->to_host.posts[card->to_host.first].due_ns <= now)
		arrive_at_host(card, take(&card->to_host));
}

void post_register(struct card *card, uint64_t reg, uint32_t value)
{
	struct card_post *post;

	if (card->to_card.count == CARD_POSTS)
		post_flush_to_card(card);
	post = append(card, &card->to_card);
	post->address = reg;
	post->value = value;
}

/* A hostile card writes elsewhere, too, what nobody has asked for. */
static void post_stray(struct card *card)
{
	struct card_post *post;
	uint64_t address;

	if (!post_has_room(card) || !hostile_stray(card, &address))
		return;
	post = append(card, &card->to_host);
	post->address = address;
	post->size = CARD_POST_BYTES;
	for (unsigned int i = 0; i < CARD_POST_BYTES; i++)
		post->bytes[i] = (uint8_t)random_next(&card->hostile_random);
}

void post_memory(struct card *card, uint64_t address, const void *from,
		 size_t size)
{
	const uint8_t *bytes = from;

	while (size) {
		struct card_post *post = append(card, &card->to_host);

		post->size = size < CARD_POST_BYTES ? size : CARD_POST_BYTES;
		post->address = address;
		memcpy(post->bytes, bytes, post->size);
		traffic_out(card, address, post->bytes, post->size);
		bytes += post->size;
		address += post->size;
		size -= post->size;
	}
	post_stray(card);
}

void post_interrupt(struct card *card, unsigned int vector)
{
	unsigned int times = knob_at(card, CARD_KNOB_REPEAT) +
			     hostile_interrupts(card);

	if (knob_spend(card, CARD_KNOB_LOSE))
		return;
	/* More than one only as long as there is room for answers. */
	for (unsigned int i = 0; i < times; i++)
		if (!i || post_has_room(card))
			append(card, &card->to_host)->address = vector;
}

bool post_has_room(const struct card *card)
{
	return card->to_host.count <= CARD_POSTS - CARD_POSTS_MAX;
}

bool post_pending(const struct card *card)
{
	return card->to_host.count;
}

void post_flush_to_card(struct card *card)
{
	deliver_to_card(card, INT64_MAX);
}

void post_flush(struct card *card)
{
	deliver_to_card(card, INT64_MAX);
	deliver_to_host(card, INT64_MAX);
}

void post_stop(struct card *card)
{
	struct card_posts *posts = &card->to_host;
	unsigned int left = posts->count ? post_random(card) % posts->count : 0;

	while (config_masters_bus(card) && posts->count > left)
		arrive_at_host(card, take(posts));
	post_drop(card);
}

void post_drop(struct card *card)
{
	struct card_posts *posts = &card->to_host;

	limen_wipe(posts->posts, sizeof(posts->posts));
	posts->count = 0;
}

void post_deliver(struct card *card)
{
	int64_t now = now_ns();

	deliver_to_card(card, now);
	deliver_to_host(card, now);
}

static int64_t until(const struct card_posts *posts)
{
	int64_t wait = posts->posts[posts->first].due_ns - now_ns();

	if (!posts->count)
		return -1;
	return wait > 0 ? wait : 0;
}

int64_t post_wait(const struct card *card)
{
	int64_t wait = until(&card->to_card);

	if (config_masters_bus(card))
		wait = sooner(wait, until(&card->to_host));
	return wait;
}
