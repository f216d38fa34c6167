/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A pair of submission and completion queues in host memory.
 */
#ifndef LIMEN_RING_H
#define LIMEN_RING_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>

#include <limen/hw.h>

struct limen_host;
struct limen_ring;

/* How often an entry is submitted again: one that brings the board down ends. */
#define LIMEN_REPLAYS_MAX	2

/**
 * struct limen_answer - a completion, read once and in the CPU's byte order
 * @status: enum limen_hw_status, already known to be one of them
 * @raw: as in struct limen_hw_cqe, not validated, as all below
 * @similarity: likewise
 * @count: likewise
 * @device_ns: likewise
 * @cycles: likewise
 * @seq: number of the entry, 1 for the first one since the ring was started
 * @wait_ns: time since the entry was written
 */
struct limen_answer {
	u16 status;
	s32 raw;
	s32 similarity;
	u32 count;
	u64 device_ns;
	u32 cycles;
	u32 seq;
	u64 wait_ns;
};

/**
 * struct limen_ring_ops - what the user of a ring does with its entries
 *
 * All are called with the ring's lock held and interrupts off. Once for every
 * entry that was pushed, either @complete returns 0 or @abort is called.
 */
struct limen_ring_ops {
	/**
	 * @complete: the board has finished an entry. Returns 0, or -EPROTO if
	 * no working board says such a thing: then nothing may have been done
	 * with the entry, the board is reset and @abort follows with -EIO.
	 */
	int (*complete)(struct limen_ring *ring, void *data,
			const struct limen_answer *answer);
	/**
	 * @abort: the entry never finished, and the board no longer touches its
	 * memory. The error is -EIO, -ETIME, -ECANCELED or -ENODEV.
	 */
	void (*abort)(struct limen_ring *ring, void *data, int error);
	/**
	 * @replayed: entries that a reset interrupts, and that are not to blame
	 * for it, are submitted again; what was pushed stays where it is until
	 * one of the two is called
	 */
	bool replayed;
	/**
	 * @refill: optional; there may be room, after entries were consumed or
	 * because the ring has been started. Called like the others; may push.
	 */
	void (*refill)(struct limen_ring *ring);
	/**
	 * @stopped: optional; the board has let go of the ring: all that was
	 * outstanding has been aborted or will be replayed. Called like the
	 * others; may not push.
	 */
	void (*stopped)(struct limen_ring *ring);
	/** @watched: entries finish by themselves, so a silent board hangs */
	bool watched;
};

/**
 * struct limen_slot - an entry that the board has and has not answered
 * @link: in &limen_ring.busy or &limen_ring.free
 * @data: what its owner calls it; NULL while the slot is free
 * @sqe: the entry, on a ring whose entries are replayed
 * @position: entries submitted before it
 * @start: when it was written for the first time, ktime_get_ns()
 * @generation: counts its uses, so that a stale cookie is known as one
 * @replays: times it has been submitted again
 * @error: what the entry is to be blamed for when it is aborted, or 0; on a
 *	ring that runs, the board has been told to give it up
 */
struct limen_slot {
	struct list_head link;
	void *data;
	struct limen_hw_sqe *sqe;
	u32 position;
	u64 start;
	u16 generation;
	u16 replays;
	int error;
};

/**
 * struct limen_ring - a ring
 */
struct limen_ring {
	/** @host: whose it is; NULL before limen_ring_init() */
	struct limen_host *host;
	/** @ops: of its user; NULL before limen_ring_init() */
	const struct limen_ring_ops *ops;
	/** @index: LIMEN_HW_RING_* */
	unsigned int index;
	/** @size_log2: log2 of @size */
	unsigned int size_log2;
	/** @size: entries in either queue */
	unsigned int size;
	/** @sq: submission queue, coherent; written under @lock */
	struct limen_hw_sqe *sq;
	/** @sq_dma: its bus address */
	dma_addr_t sq_dma;
	/** @cq: completion queue, coherent; read under @lock */
	struct limen_hw_cqe *cq;
	/** @cq_dma: its bus address */
	dma_addr_t cq_dma;
	/**
	 * @room: woken when there may be a free slot, with @lock held, so that
	 * no waiter is missed that queued up before it took @lock
	 */
	wait_queue_head_t room;
	/**
	 * @alone: it was stopped and started by itself the last time, not with
	 * the board; protected by &limen_device.life
	 */
	bool alone;
	/** @lock: protects what follows; taken in hard interrupt context */
	spinlock_t lock;
	/**
	 * @state: 0 while the ring runs, else what a push returns: -EAGAIN
	 * while it is stopped, -ENODEV when it will never run again
	 */
	int state;
	/** @tail: entries ever submitted */
	u32 tail;
	/** @head: entries ever consumed */
	u32 head;
	/** @lapped: @head has been as large as @size since the start */
	bool lapped;
	/** @outstanding: slots in use */
	unsigned int outstanding;
	/** @answered: position of the latest entry that has been answered */
	u32 answered;
	/** @seen: what @head was when the watchdog last looked */
	u32 seen;
	/**
	 * @typical_ns: moving average of the time from doorbell to answer; read
	 * without @lock to decide how long to spin
	 */
	u32 typical_ns;
	/** @epoch: how often the board has let go of the ring */
	u32 epoch;
	/** @silence: times in a row that the watchdog saw no progress */
	unsigned int silence;
	/** @slots: one an entry, found by the low bits of the cookie */
	struct limen_slot *slots;
	/** @busy: slots in use, in the order of their positions */
	struct list_head busy;
	/** @free: the others, the one freed last first */
	struct list_head free;
};

int limen_ring_init(struct limen_host *host, struct limen_ring *ring,
		    unsigned int index, unsigned int size_log2,
		    const struct limen_ring_ops *ops);
void limen_ring_fini(struct limen_ring *ring);

int limen_ring_start(struct limen_ring *ring);
void limen_ring_start_locked(struct limen_ring *ring);
void limen_ring_stop(struct limen_ring *ring);
bool limen_ring_reset(struct limen_ring *ring);
bool limen_ring_ready(const struct limen_ring *ring);
u16 limen_ring_cookie(const struct limen_ring *ring, unsigned int index);

int limen_ring_room(const struct limen_ring *ring, unsigned int entries);
int limen_ring_push(struct limen_ring *ring, struct limen_hw_sqe *sqe,
		    void *data);
void limen_ring_kick(struct limen_ring *ring);

void limen_ring_reap(struct limen_ring *ring);
void limen_ring_poll(struct limen_ring *ring);
void limen_ring_freeze(struct limen_ring *ring, int state);
void limen_ring_blame(struct limen_ring *ring, int error);
void limen_ring_abort(struct limen_ring *ring, int error, bool replay);
bool limen_ring_check_progress(struct limen_ring *ring, bool *busy);
bool limen_ring_silent(struct limen_ring *ring);
bool limen_ring_give_up_oldest(struct limen_ring *ring);

#endif /* LIMEN_RING_H */
