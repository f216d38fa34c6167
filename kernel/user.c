// SPDX-License-Identifier: GPL-2.0-only
/*
 * The users of a board, and how much of it each has at most.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/slab.h>

#include <drm/drm_drv.h>
#include <drm/drm_managed.h>

#include "device.h"
#include "limits.h"
#include "user.h"
#include "workqueue.h"

/**
 * DOC: Users
 *
 * A file costs nothing to open, so limits on files limit nobody. What can be had
 * of a board is limited for each user ID instead, over all files of that user.
 *
 * The user is the effective one at the time of the open, because that is whose
 * permissions let him in: a service that opens the node on somebody's behalf
 * counts as that somebody, and a file that is passed on still counts as whose it
 * was. The kernel's notion of the ID is compared, not that of a user namespace.
 *
 * What is under way or in use when a file is closed counts until it is gone, so
 * what is known of a file, the client, stays that long.
 */

/**
 * limen_retire_all() - let finished work let go of what it held
 * @limen: device
 *
 * May sleep, but not until a board that cannot be used can be used again, nor
 * after a signal. The caller is not part of that work.
 */
void limen_retire_all(struct limen_device *limen)
{
	flush_workqueue(limen_retire_wq);
	wait_event_interruptible(limen->awake,
				 !atomic_read(&limen->wipes) ||
				 limen_asleep(&limen->host));
}

/**
 * limen_user_limit() - how much a user can have
 * @limen: device
 * @share: of what
 *
 * Return: the limit.
 */
u64 limen_user_limit(const struct limen_device *limen, enum limen_share share)
{
	static const u64 limits[LIMEN_SHARES] = {
		[LIMEN_HOST_BYTES] = LIMEN_USER_HOST_BYTES,
		[LIMEN_BUFFERS] = LIMEN_USER_BUFFERS,
		[LIMEN_GALLERIES] = LIMEN_USER_GALLERIES,
		[LIMEN_QUEUES] = LIMEN_USER_QUEUES,
		[LIMEN_COMPARISONS] = LIMEN_USER_COMPARISONS,
		[LIMEN_SCANS] = LIMEN_USER_SCANS,
	};

	return share == LIMEN_CARD_BYTES ?
	       limen_user_card_bytes(limen->mem_size) : limits[share];
}

/**
 * limen_user_used() - how much a user has
 * @user: user
 * @share: of what
 *
 * Return: the number, already old.
 */
u64 limen_user_used(struct limen_user *user, enum limen_share share)
{
	return atomic64_read(&user->used[share]);
}

/**
 * limen_user_reserve() - count something against a user's limit
 * @user: user
 * @share: what
 * @count: how many, all or none
 *
 * Any context. Exact: nobody fails because somebody else is about to.
 *
 * Return: 0 or -EDQUOT.
 */
int limen_user_reserve(struct limen_user *user, enum limen_share share,
		       u64 count)
{
	u64 limit = limen_user_limit(user->limen, share);
	s64 used = atomic64_read(&user->used[share]);

	/* Whoever may have more is counted all the same. */
	if (share == LIMEN_CARD_BYTES &&
	    ns_capable_noaudit(&init_user_ns, CAP_SYS_RESOURCE))
		limit = U64_MAX;
	do {
		if (used + count > limit)
			return -EDQUOT;
	} while (!atomic64_try_cmpxchg(&user->used[share], &used,
				       used + count));
	return 0;
}

/**
 * limen_user_claim() - count what user space keeps
 * @user: user
 * @share: what
 * @count: how many, all or none
 *
 * Things that were destroyed a moment ago may still count, because finished work
 * is retired after its waiter has been told. So before it fails it sleeps until
 * that has been done.
 *
 * Return: 0 or -EDQUOT.
 */
int limen_user_claim(struct limen_user *user, enum limen_share share,
		     u64 count)
{
	if (!limen_user_reserve(user, share, count))
		return 0;
	limen_retire_all(user->limen);
	return limen_user_reserve(user, share, count);
}

/**
 * limen_user_unreserve() - stop counting something
 * @user: user
 * @share: what
 * @count: how many
 *
 * Any context.
 */
void limen_user_unreserve(struct limen_user *user, enum limen_share share,
			  u64 count)
{
	atomic64_sub(count, &user->used[share]);
}

/* The one behind @uid; if there is none yet it is @fresh, which is used up. */
static struct limen_user *limen_user_get(struct limen_device *limen, kuid_t uid,
					 struct limen_user *fresh)
{
	struct limen_user *user;

	guard(mutex)(&limen->users_lock);
	list_for_each_entry(user, &limen->users, link)
		if (uid_eq(user->uid, uid)) {
			kref_get(&user->ref);
			kfree(fresh);
			return user;
		}

	kref_init(&fresh->ref);
	drm_dev_get(&limen->drm);
	fresh->limen = limen;
	fresh->uid = uid;
	list_add(&fresh->link, &limen->users);
	return fresh;
}

static void limen_user_release(struct kref *ref)
{
	struct limen_user *user = container_of(ref, struct limen_user, ref);
	struct limen_device *limen = user->limen;

	list_del(&user->link);
	mutex_unlock(&limen->users_lock);
	kfree(user);
	drm_dev_put(&limen->drm);
}

/**
 * limen_client_create() - a client for a file that is being opened
 * @limen: device
 *
 * Return: the client, with a reference, or NULL without memory.
 */
struct limen_client *limen_client_create(struct limen_device *limen)
{
	struct limen_client *client __free(kfree) =
		kzalloc(sizeof(*client), GFP_KERNEL);
	struct limen_user *fresh __free(kfree) =
		kzalloc(sizeof(*fresh), GFP_KERNEL);

	if (!client || !fresh)
		return NULL;
	kref_init(&client->ref);
	xa_init_flags(&client->galleries, XA_FLAGS_ALLOC1);
	xa_init_flags(&client->queues, XA_FLAGS_ALLOC1);
	client->user = limen_user_get(limen, current_euid(),
				      no_free_ptr(fresh));
	return_ptr(client);
}

/**
 * limen_client_get() - take a reference
 * @client: client
 *
 * Return: @client.
 */
struct limen_client *limen_client_get(struct limen_client *client)
{
	kref_get(&client->ref);
	return client;
}

static void limen_client_release(struct kref *ref)
{
	struct limen_client *client =
		container_of(ref, struct limen_client, ref);
	struct limen_user *user = client->user;

	kfree(client);
	kref_put_mutex(&user->ref, limen_user_release,
		       &user->limen->users_lock);
}

/**
 * limen_client_put() - give a reference back
 * @client: client; may sleep
 */
void limen_client_put(struct limen_client *client)
{
	kref_put(&client->ref, limen_client_release);
}

/**
 * limen_users_init() - prepare a device for users
 * @limen: device
 *
 * Return: 0 or -ENOMEM.
 */
int limen_users_init(struct limen_device *limen)
{
	INIT_LIST_HEAD(&limen->users);
	return drmm_mutex_init(&limen->drm, &limen->users_lock);
}
