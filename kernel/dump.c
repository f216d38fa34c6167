// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a board was about when something went wrong.
 */
#include <linux/devcoredump.h>
#include <linux/ktime.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>
#include <linux/vmalloc.h>

#include <drm/drm_debugfs.h>
#include <drm/drm_managed.h>
#include <drm/drm_print.h>

#include "device.h"
#include "dump.h"
#include "workqueue.h"

/**
 * DOC: Dumps
 *
 * Before a board is reset, its registers and rings are written down as text, which
 * a work item hands to devcoredump. One dump is pending at a time: what comes
 * while nobody has read the last one is not kept, since the first fault tells
 * most. debugfs shows the rings by the same function, and no registers.
 *
 * Of an entry only the place of its vectors is told, and of an answer neither
 * score nor number of rows: a dump is sent around.
 */

/* No line takes 256 bytes, and three rings have fewer than 1024 lines. */
#define LIMEN_DUMP_SIZE		SZ_256K

/**
 * struct limen_dump - memory for a dump
 * @limen: device
 * @text: where to; allocated beforehand, since a reset must not wait for memory
 * @size: bytes of a dump that is not handed over yet, else 0
 * @work: hands it over
 */
struct limen_dump {
	struct limen_device *limen;
	char *text;
	size_t size;
	struct work_struct work;
};

static const char * const limen_ring_names[LIMEN_HW_RINGS] = {
	[LIMEN_HW_RING_EXPRESS] = "express",
	[LIMEN_HW_RING_SCAN] = "scan",
	[LIMEN_HW_RING_CAMERA] = "camera",
};

/* An entry of either queue; other operations have theirs at a scan's addresses. */
static void limen_entry_print(struct limen_ring *ring, unsigned int i,
			      struct drm_printer *p)
{
	const struct limen_hw_sqe *sqe = &ring->sq[i];
	const struct limen_hw_cqe *cqe = &ring->cq[i];

	if (i < ring->tail)
		drm_printf(p, "  sq %u: cookie %#06x, op %u, flags %x, dim %u, %#llx %#llx %#llx\n",
			   i, le16_to_cpu(sqe->cookie), sqe->opcode, sqe->flags,
			   le16_to_cpu(sqe->dim), le64_to_cpu(sqe->scan.probe),
			   le64_to_cpu(sqe->scan.gallery),
			   le64_to_cpu(sqe->scan.result));
	if (READ_ONCE(cqe->seq))
		drm_printf(p, "  cq %u: seq %u, cookie %#06x, status %u, device_ns %llu\n",
			   i, le32_to_cpu(cqe->seq), le16_to_cpu(cqe->cookie),
			   le16_to_cpu(cqe->status),
			   le64_to_cpu(cqe->device_ns));
}

static void limen_ring_print(struct limen_ring *ring, struct drm_printer *p,
			     bool queues)
{
	u64 now = ktime_get_ns();
	struct limen_slot *slot;
	unsigned int i;

	guard(spinlock_irqsave)(&ring->lock);
	drm_printf(p, "ring %s: state %d, submitted %u, answered %u, outstanding %u of %u\n",
		   limen_ring_names[ring->index], ring->state, ring->tail,
		   ring->head, ring->outstanding, ring->size);
	list_for_each_entry(slot, &ring->busy, link)
		drm_printf(p, "  outstanding %u: cookie %#06x, %llu us old\n",
			   slot->position + 1,
			   limen_ring_cookie(ring, slot - ring->slots),
			   div_u64(now - slot->start, NSEC_PER_USEC));
	for (i = 0; queues && i < ring->size; i++)
		limen_entry_print(ring, i, p);
}

static void limen_print_rings(struct limen_device *limen, struct drm_printer *p,
			      bool queues)
{
	struct limen_ring *ring;

	/* Keeps rings from being freed. */
	lockdep_assert_held(&limen->host.life);
	for (ring = limen_next_ring(limen, NULL); ring;
	     ring = limen_next_ring(limen, ring))
		limen_ring_print(ring, p, queues);
}

static void limen_print_registers(struct limen_device *limen,
				  struct drm_printer *p, u32 first, u32 last)
{
	for (; first <= last; first += sizeof(u32))
		drm_printf(p, "register %#05x: %#010x\n", first,
			   limen_read(&limen->host, first));
}

/**
 * limen_dump_capture() - write down what a board is about
 * @limen: device, about to be reset
 * @reason: why
 *
 * The caller holds &limen_host.life. Allocates nothing, so it may be part of
 * signalling fences.
 */
void limen_dump_capture(struct limen_device *limen, const char *reason)
{
	struct limen_dump *dump = limen->dump;
	struct drm_print_iterator iterator = {
		.data = dump->text,
		.remain = LIMEN_DUMP_SIZE,
	};
	struct drm_printer p = drm_coredump_printer(&iterator);
	unsigned int i;

	/* Pairs with limen_dump_work(): @text is ours while there is no size. */
	if (smp_load_acquire(&dump->size) || !dump->text)
		return;

	drm_printf(&p, "limen: %s\nboard: %s\nversion: %u.%u\nresets: %d\n",
		   reason, limen->host.board->name, limen->version >> 16,
		   limen->version & 0xffff, atomic_read(&limen->resets));
	limen_print_registers(limen, &p, LIMEN_HW_REG_ID,
			      LIMEN_HW_REG_IRQ_ENABLE);
	if (limen->features & LIMEN_HW_FEATURE_ERROR)
		limen_print_registers(limen, &p, LIMEN_HW_REG_ERROR_CAUSE,
				      LIMEN_HW_REG_ERROR_COUNT);
	if (limen->features & LIMEN_HW_FEATURE_ECC)
		limen_print_registers(limen, &p, LIMEN_HW_REG_ECC_STATUS,
				      LIMEN_HW_REG_ECC_ADDRESS_HI);
	for (i = 0; i < LIMEN_HW_RINGS; i++)
		limen_print_registers(limen, &p, LIMEN_HW_RING_BLOCK(i),
				      LIMEN_HW_RING_BLOCK(i) +
				      LIMEN_HW_RING_ENABLE);
	limen_print_rings(limen, &p, true);
	dump->size = iterator.offset;
	queue_work(limen_retire_wq, &dump->work);
}

static void limen_dump_work(struct work_struct *work)
{
	struct limen_dump *dump = container_of(work, struct limen_dump, work);
	size_t size = dump->size;
	char *text = dump->text;

	/* Ready for the next one before this one can be seen. */
	dump->text = vzalloc(LIMEN_DUMP_SIZE);
	/* Pairs with limen_dump_capture(). */
	smp_store_release(&dump->size, 0);
	/* Reading it frees it, or a timer does. */
	dev_coredumpv(dump->limen->drm.dev, text, size, GFP_KERNEL);
}

static int limen_rings_show(struct seq_file *file, void *data)
{
	struct drm_debugfs_entry *entry = file->private;
	struct limen_device *limen = to_limen(entry->dev);
	struct drm_printer p = drm_seq_file_printer(file);

	guard(mutex)(&limen->host.life);
	limen_print_rings(limen, &p, false);
	return 0;
}

/**
 * limen_dump_init() - be ready to write down what a board is about
 * @limen: device, not yet registered with DRM
 *
 * Without memory for the text there are no dumps.
 *
 * Return: 0 or -ENOMEM.
 */
int limen_dump_init(struct limen_device *limen)
{
	struct limen_dump *dump;

	dump = drmm_kzalloc(&limen->drm, sizeof(*dump), GFP_KERNEL);
	if (!dump)
		return -ENOMEM;
	dump->limen = limen;
	INIT_WORK(&dump->work, limen_dump_work);
	dump->text = vzalloc(LIMEN_DUMP_SIZE);
	limen->dump = dump;
	drm_debugfs_add_file(&limen->drm, "rings", limen_rings_show, NULL);
	return 0;
}

/**
 * limen_dump_fini() - no more dumps
 * @limen: device that is not reset any more
 */
void limen_dump_fini(struct limen_device *limen)
{
	flush_work(&limen->dump->work);
	vfree(limen->dump->text);
}
