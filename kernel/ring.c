// SPDX-License-Identifier: GPL-2.0-only
/*
 * A pair of submission and completion queues in host memory.
 */
#include <linux/dma-mapping.h>
#include <linux/iopoll.h>
#include <linux/ktime.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "host.h"
#include "ring.h"
#include "trace.h"

/**
 * DOC: Rings
 *
 * The driver writes entries to a submission queue and rings the doorbell with
 * the number of entries ever submitted; the board writes answers to a
 * completion queue, in any order, and interrupts. Both queues have as many
 * entries as there are slots, and an entry keeps its slot until its answer has
 * been consumed. That alone keeps both queues from overrunning: the board
 * fetches in order, so of N submitted entries with fewer than SIZE unanswered,
 * the one SIZE places back has been fetched.
 *
 * The board is not trusted. An answer is read once, field by field, and counts
 * only if its number is the one expected, its cookie is that of an entry the
 * board has, in its present use, and its status is known; what the numbers in
 * it may be is decided by the ring's owner. Anything else freezes the ring at
 * once and has the board reset. Nothing is given back to anybody before the
 * reset has ended, because until then the board may still write.
 *
 * Entries that were outstanding then keep their slots if the ring's owner wants
 * them replayed and they are not to blame: when the ring starts again they are
 * submitted in their old order, under new cookies. All that takes is memory they
 * have already.
 */

/* Microseconds between two looks at a register. */
#define LIMEN_RING_POLL_US	50

static u32 limen_ring_reg(const struct limen_ring *ring, u32 reg)
{
	return LIMEN_HW_RING_BLOCK(ring->index) + reg;
}

static void limen_ring_write(struct limen_ring *ring, u32 reg, u32 value)
{
	limen_write(ring->host, limen_ring_reg(ring, reg), value);
}

/**
 * limen_ring_cookie() - what the board is told to call the present use of a slot
 * @ring: ring, locked
 * @index: of the slot
 *
 * Return: the cookie.
 */
u16 limen_ring_cookie(const struct limen_ring *ring, unsigned int index)
{
	return index | ring->slots[index].generation << ring->size_log2;
}

static void limen_ring_empty(struct limen_ring *ring)
{
	unsigned int i;

	INIT_LIST_HEAD(&ring->busy);
	INIT_LIST_HEAD(&ring->free);
	for (i = 0; i < ring->size; i++)
		list_add_tail(&ring->slots[i].link, &ring->free);
}

/**
 * limen_ring_init() - allocate a ring, stopped
 * @host: whose it is
 * @ring: ring
 * @index: LIMEN_HW_RING_*
 * @size_log2: log2 of the entries in either queue, 1 to 12
 * @ops: what its user does with its entries
 *
 * Return: 0 or -ENOMEM; limen_ring_fini() may be called in both cases.
 */
int limen_ring_init(struct limen_host *host, struct limen_ring *ring,
		    unsigned int index, unsigned int size_log2,
		    const struct limen_ring_ops *ops)
{
	struct device *dev = host->dev;

	ring->host = host;
	ring->index = index;
	ring->size_log2 = size_log2;
	ring->size = 1u << size_log2;
	ring->state = -EAGAIN;
	spin_lock_init(&ring->lock);
	init_waitqueue_head(&ring->room);

	ring->sq = dma_alloc_coherent(dev, ring->size * sizeof(*ring->sq),
				      &ring->sq_dma, GFP_KERNEL);
	ring->cq = dma_alloc_coherent(dev, ring->size * sizeof(*ring->cq),
				      &ring->cq_dma, GFP_KERNEL);
	ring->slots = kcalloc(ring->size, sizeof(*ring->slots), GFP_KERNEL);
	if (!ring->sq || !ring->cq || !ring->slots)
		return -ENOMEM;
	limen_ring_empty(ring);

	/* Pairs with limen_ring_ready(): with @ops set, all else is set. */
	smp_store_release(&ring->ops, ops);
	return 0;
}

/**
 * limen_ring_ready() - whether a ring has been initialised
 * @ring: ring
 *
 * Return: true between limen_ring_init() and limen_ring_fini().
 */
bool limen_ring_ready(const struct limen_ring *ring)
{
	/* Pairs with limen_ring_init(). */
	return smp_load_acquire(&ring->ops);
}

/**
 * limen_ring_fini() - free a ring's memory
 * @ring: ring, stopped, aborted and never to run again, of a board that has been
 *	cut off; or never initialised
 *
 * Pushing to it and waking it stays harmless.
 */
void limen_ring_fini(struct limen_ring *ring)
{
	struct limen_host *host = ring->host;

	if (!host)
		return;

	limen_ring_freeze(ring, -ENODEV);
	scoped_guard(mutex, &host->life) {
		/* Recovery and interrupts leave it alone from here on. */
		smp_store_release(&ring->ops, NULL);
	}
	/* There are scores in it. */
	if (ring->cq)
		memzero_explicit(ring->cq, ring->size * sizeof(*ring->cq));
	if (!host->loose) {
		dma_free_coherent(host->dev, ring->size * sizeof(*ring->sq),
				  ring->sq, ring->sq_dma);
		dma_free_coherent(host->dev, ring->size * sizeof(*ring->cq),
				  ring->cq, ring->cq_dma);
	}
	kfree(ring->slots);
	ring->sq = NULL;
	ring->cq = NULL;
	ring->slots = NULL;
}

/* Writes the entry of a slot that is in use to the submission queue. */
static void limen_ring_submit(struct limen_ring *ring, struct limen_slot *slot,
			      struct limen_hw_sqe *sqe)
{
	slot->position = ring->tail;
	slot->generation++;
	sqe->cookie = cpu_to_le16(limen_ring_cookie(ring, slot - ring->slots));
	ring->sq[ring->tail++ & (ring->size - 1)] = *sqe;
}

/* The board has got work after having had none, and is given time for it. */
static void limen_ring_watch(struct limen_ring *ring)
{
	ring->seen = ring->head;
	ring->silence = 0;
	if (ring->ops->watched)
		limen_watch(ring->host);
}

/* Submits again what limen_ring_abort() left. */
static void limen_ring_replay(struct limen_ring *ring)
{
	struct limen_slot *slot;

	if (list_empty(&ring->busy))
		return;
	list_for_each_entry(slot, &ring->busy, link)
		limen_ring_submit(ring, slot, slot->sqe);
	limen_ring_watch(ring);
	limen_ring_kick(ring);
}

/**
 * limen_ring_start_locked() - have the board serve a ring
 * @ring: ring, stopped, with nothing but what is to be replayed
 *
 * The caller holds &limen_host.life and the board is ready.
 */
void limen_ring_start_locked(struct limen_ring *ring)
{
	lockdep_assert_held(&ring->host->life);

	ring->alone = false;
	guard(spinlock_irqsave)(&ring->lock);
	memset(ring->cq, 0, ring->size * sizeof(*ring->cq));
	ring->head = 0;
	ring->tail = 0;
	ring->lapped = false;
	ring->answered = 0;
	/* The cleared queue before the board may write to it. */
	wmb();
	limen_ring_write(ring, LIMEN_HW_RING_SQ_LO,
			 lower_32_bits(ring->sq_dma));
	limen_ring_write(ring, LIMEN_HW_RING_SQ_HI,
			 upper_32_bits(ring->sq_dma));
	limen_ring_write(ring, LIMEN_HW_RING_CQ_LO,
			 lower_32_bits(ring->cq_dma));
	limen_ring_write(ring, LIMEN_HW_RING_CQ_HI,
			 upper_32_bits(ring->cq_dma));
	limen_ring_write(ring, LIMEN_HW_RING_SIZE, ring->size_log2);
	limen_ring_write(ring, LIMEN_HW_RING_ENABLE, 1);
	ring->state = 0;
	limen_ring_replay(ring);
	if (ring->ops->refill)
		ring->ops->refill(ring);
	wake_up_all(&ring->room);
}

/**
 * limen_ring_start() - have the board serve a ring
 * @ring: ring, stopped and empty; sleeps
 *
 * Return: 0; -ENODEV if the board is gone or given up; -EAGAIN if it sleeps.
 */
int limen_ring_start(struct limen_ring *ring)
{
	struct limen_host *host = ring->host;
	int ret;

	guard(mutex)(&host->life);
	ret = host->dead ? -ENODEV : limen_asleep(host) ? -EAGAIN : 0;
	if (!ret)
		limen_ring_start_locked(ring);
	return ret;
}

/* Freezes a ring and stops it; false if the board does not stop. */
static bool limen_ring_disable(struct limen_ring *ring)
{
	u32 reg = limen_ring_reg(ring, LIMEN_HW_RING_ENABLE);
	u32 enabled;

	lockdep_assert_held(&ring->host->life);

	limen_ring_freeze(ring, -EAGAIN);
	limen_write(ring->host, reg, 0);
	return !read_poll_timeout(limen_read, enabled, !enabled,
				  LIMEN_RING_POLL_US,
				  ring->host->times.ring_stop * USEC_PER_MSEC,
				  false, ring->host, reg);
}

/**
 * limen_ring_stop() - have the board leave a ring alone
 * @ring: ring; sleeps
 *
 * On return the board does no more DMA for this ring, and everything that was
 * outstanding has been aborted, with -ECANCELED unless it was to blame. If the
 * board does not stop it is reset. Does nothing to a ring that is not running.
 */
void limen_ring_stop(struct limen_ring *ring)
{
	struct limen_host *host = ring->host;

	scoped_guard(mutex, &host->life) {
		bool running = !READ_ONCE(ring->state);

		if (running && limen_ring_disable(ring))
			limen_ring_abort(ring, -ECANCELED, false);
		else if (running)
			limen_fault(host, LIMEN_FAULT_STUCK);
	}
	/* A reset that is under way aborts what is left. */
	flush_work(&host->recovery);
}

/**
 * limen_ring_reset() - stop a ring and start it again
 * @ring: ring, watched; sleeps
 *
 * What was outstanding is replayed or ends, as in limen_ring_abort(). The caller
 * holds &limen_host.life.
 *
 * Return: false if the board does not stop, or has answered nothing since the last
 * time; then the ring is frozen.
 */
bool limen_ring_reset(struct limen_ring *ring)
{
	if (!limen_ring_disable(ring) ||
	    (ring->alone && !ring->head && !ring->lapped))
		return false;
	limen_ring_abort(ring, -ECANCELED, true);
	limen_ring_start_locked(ring);
	ring->alone = true;
	return true;
}

/**
 * limen_ring_room() - whether entries can be pushed
 * @ring: ring, locked
 * @entries: how many
 *
 * Return: 0; -EAGAIN if there is no room for all of them or the ring is
 * stopped; -ENODEV if it never runs again.
 */
int limen_ring_room(const struct limen_ring *ring, unsigned int entries)
{
	lockdep_assert_held(&ring->lock);

	if (ring->state)
		return ring->state;
	return ring->size - ring->outstanding < entries ? -EAGAIN : 0;
}

/**
 * limen_ring_push() - write an entry
 * @ring: ring, locked
 * @sqe: entry; its cookie is filled in here. If entries are replayed it stays
 *	valid until it has finished, else it is copied.
 * @data: what the ring's owner calls it, not NULL
 *
 * The board need not see it before limen_ring_kick(). Allocates nothing.
 *
 * Return: as limen_ring_room().
 */
int limen_ring_push(struct limen_ring *ring, struct limen_hw_sqe *sqe,
		    void *data)
{
	struct limen_slot *slot;
	int ret;

	ret = limen_ring_room(ring, 1);
	if (ret)
		return ret;

	slot = list_first_entry(&ring->free, struct limen_slot, link);
	list_move_tail(&slot->link, &ring->busy);
	slot->data = data;
	slot->sqe = ring->ops->replayed ? sqe : NULL;
	slot->replays = 0;
	slot->start = ktime_get_ns();
	slot->error = 0;
	limen_ring_submit(ring, slot, sqe);
	if (!ring->outstanding++)
		limen_ring_watch(ring);
	return 0;
}

/**
 * limen_ring_kick() - ring the doorbell
 * @ring: ring, locked
 */
void limen_ring_kick(struct limen_ring *ring)
{
	lockdep_assert_held(&ring->lock);

	/* The entries, in coherent memory, before the doorbell. */
	wmb();
	trace_limen_doorbell(ring->host->number, ring->index, ring->tail);
	limen_ring_write(ring, LIMEN_HW_RING_SQ_TAIL, ring->tail);
	limen_stats_inc(&ring->host->stats, doorbells);
}

/* The entry submitted before all others that are outstanding, or NULL. */
static struct limen_slot *limen_ring_oldest(struct limen_ring *ring)
{
	return list_first_entry_or_null(&ring->busy, struct limen_slot, link);
}

/* Has the oldest entry end with an error at the next abort. */
static void limen_ring_blame_locked(struct limen_ring *ring, int error)
{
	struct limen_slot *oldest = limen_ring_oldest(ring);

	if (oldest && !oldest->error)
		oldest->error = error;
}

/**
 * limen_ring_blame() - hold the oldest entry responsible
 * @ring: ring
 * @error: what it ends with at the next abort, unless it is already blamed
 */
void limen_ring_blame(struct limen_ring *ring, int error)
{
	guard(spinlock_irqsave)(&ring->lock);
	limen_ring_blame_locked(ring, error);
}

/* The entry is its owner's again. */
static void *limen_ring_release(struct limen_ring *ring,
				struct limen_slot *slot)
{
	void *data = slot->data;

	slot->data = NULL;
	list_move(&slot->link, &ring->free);
	ring->outstanding--;
	return data;
}

/* Ends an entry by its answer, or by the board's having given it up. */
static int limen_ring_end(struct limen_ring *ring, struct limen_slot *slot,
			  const struct limen_answer *answer)
{
	if (answer->status == LIMEN_HW_ABORTED && slot->error) {
		/* The next one has all the time again. */
		ring->silence = 0;
		ring->ops->abort(ring, slot->data, slot->error);
		return 0;
	}
	/* Nothing is given up unless the board is told to. */
	if (answer->status >= LIMEN_HW_ABORTED)
		return -EPROTO;
	return ring->ops->complete(ring, slot->data, answer);
}

/* An eighth of what is new; what no number holds is long enough as it is. */
static void limen_ring_learn(struct limen_ring *ring, u64 wait_ns)
{
	u32 typical = ring->typical_ns;

	typical += (s64)(min_t(u64, wait_ns, S32_MAX) - typical) / 8;
	WRITE_ONCE(ring->typical_ns, typical);
}

/* Consumes an answer: 1 if there was one, 0 if not, -EPROTO for nonsense. */
static int limen_ring_consume(struct limen_ring *ring)
{
	const struct limen_hw_cqe *cqe = &ring->cq[ring->head & (ring->size - 1)];
	u32 stale = ring->lapped ? ring->head + 1 - ring->size : 0;
	u32 seq = le32_to_cpu(READ_ONCE(cqe->seq));
	struct limen_answer answer;
	struct limen_slot *slot;
	u16 cookie;

	if (seq == stale)
		return 0;
	/* The number, which the board writes last, before all else. */
	dma_rmb();

	/* Once each: the board could change them while they are checked. */
	cookie = le16_to_cpu(READ_ONCE(cqe->cookie));
	answer.status = le16_to_cpu(READ_ONCE(cqe->status));
	answer.raw = le32_to_cpu(READ_ONCE(cqe->raw));
	answer.similarity = le32_to_cpu(READ_ONCE(cqe->similarity));
	answer.count = le32_to_cpu(READ_ONCE(cqe->count));
	answer.device_ns = le64_to_cpu(READ_ONCE(cqe->device_ns));
	answer.cycles = le32_to_cpu(READ_ONCE(cqe->cycles));

	slot = &ring->slots[cookie & (ring->size - 1)];
	if (seq != ring->head + 1 || !slot->data ||
	    cookie != limen_ring_cookie(ring, slot - ring->slots)) {
		limen_ring_blame_locked(ring, -EIO);
		return -EPROTO;
	}
	answer.seq = slot->position + 1;
	answer.wait_ns = ktime_get_ns() - slot->start;
	limen_ring_learn(ring, answer.wait_ns);
	if (limen_ring_end(ring, slot, &answer)) {
		slot->error = -EIO;
		return -EPROTO;
	}

	if ((s32)(slot->position - ring->answered) > 0)
		ring->answered = slot->position;
	limen_ring_release(ring, slot);
	ring->head++;
	if (ring->head == ring->size)
		ring->lapped = true;
	return 1;
}

/* Consumes all there is. */
static void limen_ring_drain(struct limen_ring *ring)
{
	bool consumed = false;
	int ret = 0;

	while (!ring->state) {
		ret = limen_ring_consume(ring);
		if (ret <= 0)
			break;
		consumed = true;
	}
	if (ret < 0) {
		ring->state = -EAGAIN;
		limen_fault(ring->host, LIMEN_FAULT_ANSWER);
	}
	if (consumed && !ring->state) {
		limen_ring_write(ring, LIMEN_HW_RING_CQ_HEAD, ring->head);
		/* Only now: before, the answers might find no room. */
		if (ring->ops->refill)
			ring->ops->refill(ring);
	}
	/* A waiter queues up before it takes the lock that is held here. */
	if (consumed && waitqueue_active(&ring->room))
		wake_up_all(&ring->room);
}

/**
 * limen_ring_reap() - consume what the board has answered
 * @ring: ring; any context
 */
void limen_ring_reap(struct limen_ring *ring)
{
	guard(spinlock_irqsave)(&ring->lock);
	limen_ring_drain(ring);
}

/**
 * limen_ring_poll() - consume what the board has answered, if nobody else does
 * @ring: ring; any context
 */
void limen_ring_poll(struct limen_ring *ring)
{
	scoped_guard(spinlock_irqsave_try, &ring->lock)
		limen_ring_drain(ring);
}

/**
 * limen_ring_freeze() - neither push nor reap from now on
 * @ring: ring; any context
 * @state: what a push returns: -EAGAIN, or -ENODEV for ever
 */
void limen_ring_freeze(struct limen_ring *ring, int state)
{
	guard(spinlock_irqsave)(&ring->lock);
	if (ring->state != -ENODEV)
		ring->state = state;
	wake_up_all(&ring->room);
}

/* Whether an entry is submitted again; counts that. */
static bool limen_ring_replays(const struct limen_ring *ring,
			       struct limen_slot *slot)
{
	return ring->ops->replayed && !slot->error &&
	       slot->replays++ < LIMEN_REPLAYS_MAX;
}

/**
 * limen_ring_abort() - give back what the board will never answer
 * @ring: ring, frozen, that the board does no more DMA for; any context
 * @error: for all that are not to blame for something else
 * @replay: leave what is to be replayed, for limen_ring_start_locked()
 */
void limen_ring_abort(struct limen_ring *ring, int error, bool replay)
{
	struct limen_slot *slot, *next;

	guard(spinlock_irqsave)(&ring->lock);
	list_for_each_entry_safe(slot, next, &ring->busy, link) {
		if (replay && limen_ring_replays(ring, slot))
			continue;
		ring->ops->abort(ring, limen_ring_release(ring, slot),
				 slot->error ?: error);
	}
	ring->epoch++;
	if (ring->ops->stopped)
		ring->ops->stopped(ring);
}

/* No answer since the last check, or none to an entry that others overtook. */
static bool limen_ring_stuck(struct limen_ring *ring)
{
	const struct limen_slot *oldest = limen_ring_oldest(ring);

	if (ring->state || !oldest)
		return false;
	return ring->head == ring->seen ||
	       (s32)(ring->answered - oldest->position) > 0;
}

/**
 * limen_ring_check_progress() - check whether the board makes progress
 * @ring: ring; any context
 * @busy: set to true if anything is outstanding, else left alone
 *
 * To be called LIMEN_WATCHDOG_CHECKS times in limen_watchdog_ms. Checks are
 * counted rather than milliseconds, so that the host of a virtual machine can
 * take its time without the board being blamed.
 *
 * Return: true if the board has been silent for too many checks.
 */
bool limen_ring_check_progress(struct limen_ring *ring, bool *busy)
{
	guard(spinlock_irqsave)(&ring->lock);
	if (!ring->state && ring->outstanding)
		*busy = true;
	ring->silence = limen_ring_stuck(ring) ? ring->silence + 1 : 0;
	ring->seen = ring->head;
	return ring->silence > LIMEN_WATCHDOG_CHECKS;
}

/**
 * limen_ring_silent() - whether the board is silent still
 * @ring: ring, just reaped; any context
 *
 * Return: true if limen_ring_check_progress() found so and no answer has come since.
 */
bool limen_ring_silent(struct limen_ring *ring)
{
	guard(spinlock_irqsave)(&ring->lock);
	return ring->silence > LIMEN_WATCHDOG_CHECKS && limen_ring_stuck(ring);
}

/* Whether an entry has ended, or will by a reset of the board. */
static bool limen_ring_ended(struct limen_ring *ring, u16 cookie)
{
	const struct limen_slot *slot = &ring->slots[cookie & (ring->size - 1)];

	guard(spinlock_irqsave)(&ring->lock);
	limen_ring_drain(ring);
	return ring->state || !slot->data ||
	       cookie != limen_ring_cookie(ring, slot - ring->slots);
}

/**
 * limen_ring_give_up_oldest() - have the board give the oldest entry up
 * @ring: ring that is silent; sleeps
 *
 * The entry ends with -ETIME unless its answer comes at last. The caller holds
 * &limen_host.life.
 *
 * Return: false if the board does nothing of the kind; then the entry is blamed.
 */
bool limen_ring_give_up_oldest(struct limen_ring *ring)
{
	struct limen_slot *slot;
	u16 cookie;
	bool ended;

	lockdep_assert_held(&ring->host->life);

	scoped_guard(spinlock_irqsave, &ring->lock) {
		slot = limen_ring_oldest(ring);
		if (!slot)
			return true;
		slot->error = -ETIME;
		cookie = limen_ring_cookie(ring, slot - ring->slots);
		limen_ring_write(ring, LIMEN_HW_RING_ABORT, cookie);
	}
	return !read_poll_timeout(limen_ring_ended, ended, ended,
				  LIMEN_RING_POLL_US,
				  ring->host->times.abort * USEC_PER_MSEC,
				  false, ring, cookie);
}
