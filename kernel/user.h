/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The users of a board, and how much of it each has at most.
 */
#ifndef LIMEN_USER_H
#define LIMEN_USER_H

#include <linux/atomic.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/uidgid.h>
#include <linux/xarray.h>

struct limen_device;

/**
 * enum limen_share - what a user can have so much of at a time
 * @LIMEN_HOST_BYTES: bytes of host buffers
 * @LIMEN_CARD_BYTES: bytes of card memory; CAP_SYS_RESOURCE lifts this limit
 * @LIMEN_BUFFERS: buffers of either sort
 * @LIMEN_GALLERIES: galleries
 * @LIMEN_QUEUES: queues
 * @LIMEN_COMPARISONS: comparisons under way
 * @LIMEN_SCANS: scans whose memory is not free yet
 * @LIMEN_SHARES: number of these
 */
enum limen_share {
	LIMEN_HOST_BYTES,
	LIMEN_CARD_BYTES,
	LIMEN_BUFFERS,
	LIMEN_GALLERIES,
	LIMEN_QUEUES,
	LIMEN_COMPARISONS,
	LIMEN_SCANS,
	LIMEN_SHARES,
};

/**
 * struct limen_user - a user of a board, by user ID
 */
struct limen_user {
	/** @ref: one a client; the last goes under limen_device.users_lock */
	struct kref ref;
	/** @limen: device, with a reference */
	struct limen_device *limen;
	/** @link: in limen_device.users, under limen_device.users_lock */
	struct list_head link;
	/** @uid: in the initial user namespace */
	kuid_t uid;
	/** @used: by enum limen_share */
	atomic64_t used[LIMEN_SHARES];
};

/**
 * struct limen_client - an open file, and what is counted of it when it is closed
 */
struct limen_client {
	/** @ref: the file, its buffers, galleries and queues */
	struct kref ref;
	/** @user: the one that opened it, with a reference */
	struct limen_user *user;
	/** @bytes: of its buffers, in host memory and on the card */
	atomic64_t bytes[2];
	/** @busy_ns: time the board has spent for it, by ring, under its lock */
	atomic64_t busy_ns[2];
	/** @cycles: likewise in cycles of the engine's clock */
	atomic64_t cycles[2];
	/** @galleries: struct limen_gallery by identifier */
	struct xarray galleries;
	/** @queues: struct limen_queue by identifier */
	struct xarray queues;
};

void limen_retire_all(struct limen_device *limen);

u64 limen_user_limit(const struct limen_device *limen, enum limen_share share);
u64 limen_user_used(struct limen_user *user, enum limen_share share);
int limen_user_reserve(struct limen_user *user, enum limen_share share,
		       u64 count);
int limen_user_claim(struct limen_user *user, enum limen_share share,
		     u64 count);
void limen_user_unreserve(struct limen_user *user, enum limen_share share,
			  u64 count);

struct limen_client *limen_client_create(struct limen_device *limen);
struct limen_client *limen_client_get(struct limen_client *client);
void limen_client_put(struct limen_client *client);

int limen_users_init(struct limen_device *limen);

#endif /* LIMEN_USER_H */
