// SPDX-License-Identifier: GPL-2.0-only
/*
 * The emulated board's matching engines.
 */
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>

#include <limen/score.h>
#include <limen/template.h>

#include "emu.h"

/**
 * DOC: Matching engines
 *
 * Two threads, one a ring, execute one entry at a time. Vectors in host memory
 * and probes are copied before they are scored, since user space can change
 * them at any time and a score of two different moments could lie outside its
 * range. Scores are those of limen/score.h. A scan keeps the best rows in a heap
 * with the worst on top, so it needs memory for those alone.
 *
 * An engine is busy from before it fetches an entry until it has forgotten the
 * entry's vectors. A reset, and who polls ENABLE after having cleared it, wait
 * for that. Between two steps it looks whether its entry has been given up.
 */

/* Rows between two looks at whether the scan is still wanted. */
#define EMU_SCAN_STEP	64

/* Microseconds between two such looks while the engine is being slow. */
#define EMU_DELAY_STEP	10000

/* How much longer than it should a step may take. */
#define EMU_DELAY_SLACK	50

/* Copies a vector to the engine, which waits for it. */
static u16 emu_load(struct emu_engine *engine, u64 address, bool card, u32 dim,
		    s8 *to)
{
	struct emu *emu = engine->emu;
	u64 start = ktime_get_ns();

	if (!IS_ALIGNED(address, LIMEN_HW_VECTOR_ALIGN))
		return LIMEN_HW_BAD_DESCRIPTOR;
	if (card) {
		if (address >= emu->mem_size || dim > emu->mem_size - address)
			return LIMEN_HW_BUS_ERROR;
		memcpy(to, emu->mem + address, dim);
	} else {
		if (address % LIMEN_HW_PAGE_SIZE + dim > LIMEN_HW_PAGE_SIZE)
			return LIMEN_HW_BAD_DESCRIPTOR;
		if (emu_dma_read(emu, address, to, dim))
			return LIMEN_HW_BUS_ERROR;
	}
	atomic64_add(ktime_get_ns() - start, &engine->stall_ns);
	return LIMEN_HW_OK;
}

static u16 emu_compare(struct emu_engine *engine,
		       const struct limen_hw_sqe *sqe,
		       struct limen_hw_cqe *cqe)
{
	const struct limen_hw_compare *args = &sqe->compare;
	struct emu *emu = engine->emu;
	u32 dim = le16_to_cpu(sqe->dim);
	struct limen_score score;
	u16 status;

	if (sqe->opcode != LIMEN_HW_OP_COMPARE || !limen_dim_valid(dim) ||
	    sqe->flags & ~(LIMEN_HW_F_PROBE_ON_CARD |
			   LIMEN_HW_F_REFERENCE_ON_CARD) || sqe->reserved ||
	    memchr_inv(args->reserved, 0, sizeof(args->reserved)))
		return LIMEN_HW_BAD_DESCRIPTOR;
	status = emu_load(engine, le64_to_cpu(args->probe),
			  sqe->flags & LIMEN_HW_F_PROBE_ON_CARD, dim,
			  engine->probe);
	if (!status)
		status = emu_load(engine, le64_to_cpu(args->reference),
				  sqe->flags & LIMEN_HW_F_REFERENCE_ON_CARD,
				  dim, engine->reference);
	if (status)
		return status;

	score = limen_score_vectors(engine->probe, engine->reference, dim);
	if (emu_fault_due(emu, &emu->faults.corrupt_score))
		score.similarity = LIMEN_SIMILARITY_ONE + 1;
	if (emu_fault_due(emu, &emu->faults.wrong_score))
		score.raw ^= 1;
	cqe->raw = cpu_to_le32(score.raw);
	cqe->similarity = cpu_to_le32(score.similarity);
	return LIMEN_HW_OK;
}

/* Whether a row comes after another in a result. */
static bool emu_row_worse(const struct emu_row *row,
			  const struct emu_row *other)
{
	if (row->similarity != other->similarity)
		return row->similarity < other->similarity;
	return row->row > other->row;
}

static int emu_row_cmp(const void *row, const void *other)
{
	return emu_row_worse(row, other) ? 1 : -1;
}

static void emu_heap_up(struct emu_row *rows, u32 at)
{
	while (at) {
		u32 parent = (at - 1) / 2;

		if (!emu_row_worse(&rows[at], &rows[parent]))
			return;
		swap(rows[at], rows[parent]);
		at = parent;
	}
}

static void emu_heap_down(struct emu_row *rows, u32 count)
{
	u32 at = 0;

	for (;;) {
		u32 child = 2 * at + 1;

		if (child >= count)
			return;
		if (child + 1 < count &&
		    emu_row_worse(&rows[child + 1], &rows[child]))
			child++;
		if (!emu_row_worse(&rows[child], &rows[at]))
			return;
		swap(rows[at], rows[child]);
		at = child;
	}
}

static void emu_keep(struct emu_engine *engine, const struct emu_row *row,
		     u32 top_k)
{
	if (engine->found < top_k) {
		engine->rows[engine->found] = *row;
		emu_heap_up(engine->rows, engine->found++);
	} else if (emu_row_worse(&engine->rows[0], row)) {
		engine->rows[0] = *row;
		emu_heap_down(engine->rows, top_k);
	}
}

static u16 emu_scan_check(struct emu *emu, const struct limen_hw_sqe *sqe)
{
	const struct limen_hw_scan *args = &sqe->scan;
	u32 top_k = le32_to_cpu(args->top_k);
	u32 stride = le32_to_cpu(args->stride);
	u64 gallery = le64_to_cpu(args->gallery);
	u32 rows = le32_to_cpu(args->rows);
	u32 dim = le16_to_cpu(sqe->dim);
	u64 bytes;

	if (sqe->opcode != LIMEN_HW_OP_SCAN || !limen_dim_valid(dim) ||
	    sqe->flags & ~LIMEN_HW_F_PROBE_ON_CARD ||
	    sqe->reserved || args->reserved[0] || args->reserved[1] || !rows ||
	    !top_k || top_k > LIMEN_HW_TOP_K_MAX || stride < dim ||
	    !IS_ALIGNED(stride, LIMEN_HW_VECTOR_ALIGN) ||
	    !IS_ALIGNED(gallery, LIMEN_HW_VECTOR_ALIGN))
		return LIMEN_HW_BAD_DESCRIPTOR;
	bytes = (u64)(rows - 1) * stride + dim;
	if (bytes > emu->mem_size || gallery > emu->mem_size - bytes)
		return LIMEN_HW_BUS_ERROR;
	return LIMEN_HW_OK;
}

static u32 emu_norm2(const s8 *vector, u32 dim)
{
	u32 i, norm2 = 0;

	for (i = 0; i < dim; i++)
		norm2 += vector[i] * vector[i];
	return norm2;
}

/* Scores all rows; false if the scan is not wanted any more. */
static bool emu_scan_rows(struct emu_engine *engine,
			  const struct emu_entry *entry)
{
	const struct limen_hw_scan *args = &entry->sqe.scan;
	s32 min_similarity = le32_to_cpu(args->min_similarity);
	const s8 *from = engine->emu->mem + le64_to_cpu(args->gallery);
	u32 dim = le16_to_cpu(entry->sqe.dim);
	u32 norm2 = emu_norm2(engine->probe, dim);
	u32 i, count = le32_to_cpu(args->rows);
	struct emu_row row;

	engine->found = 0;
	for (row.row = 0; row.row < count; row.row++) {
		u32 row_norm2 = 0;

		if (row.row % EMU_SCAN_STEP == 0) {
			cond_resched();
			if (!emu_ring_live(engine->emu, engine->ring, entry))
				return false;
		}
		row.raw = 0;
		for (i = 0; i < dim; i++) {
			row.raw += engine->probe[i] * from[i];
			row_norm2 += from[i] * from[i];
		}
		row.similarity = limen_similarity(row.raw, norm2, row_norm2);
		if (row.similarity >= min_similarity)
			emu_keep(engine, &row, le32_to_cpu(args->top_k));
		from += le32_to_cpu(args->stride);
	}
	return true;
}

static void emu_scan_fault(struct emu_engine *engine, u32 rows)
{
	struct emu *emu = engine->emu;

	if (engine->found && emu_fault_due(emu, &emu->faults.corrupt_rows))
		engine->rows[0].row = rows;
	if (engine->found > 1 && emu_fault_due(emu, &emu->faults.corrupt_order))
		swap(engine->rows[0], engine->rows[1]);
}

/* Delivers the rows that were found. */
static u16 emu_scan_deliver(struct emu_engine *engine, u64 address)
{
	u32 i;

	for (i = 0; i < engine->found; i++) {
		const struct limen_hw_row row = {
			.row = cpu_to_le32(engine->rows[i].row),
			.raw = cpu_to_le32(engine->rows[i].raw),
			.similarity = cpu_to_le32(engine->rows[i].similarity),
		};

		if (emu_dma_write(engine->emu, address + i * sizeof(row), &row,
				  sizeof(row)))
			return LIMEN_HW_BUS_ERROR;
	}
	return LIMEN_HW_OK;
}

static u16 emu_scan(struct emu_engine *engine, const struct emu_entry *entry,
		    struct limen_hw_cqe *cqe)
{
	const struct limen_hw_sqe *sqe = &entry->sqe;
	u64 result = le64_to_cpu(sqe->scan.result);
	u32 top_k = le32_to_cpu(sqe->scan.top_k);
	struct emu *emu = engine->emu;
	u16 status;

	status = emu_scan_check(emu, sqe);
	if (!status)
		status = emu_load(engine, le64_to_cpu(sqe->scan.probe),
				  sqe->flags & LIMEN_HW_F_PROBE_ON_CARD,
				  le16_to_cpu(sqe->dim), engine->probe);
	if (status)
		return status;
	if (!emu_dma_valid(emu, result, top_k * sizeof(struct limen_hw_row)))
		return LIMEN_HW_BUS_ERROR;
	if (!emu_scan_rows(engine, entry))
		return LIMEN_HW_INTERNAL;

	sort(engine->rows, engine->found, sizeof(*engine->rows), emu_row_cmp,
	     NULL);
	emu_scan_fault(engine, le32_to_cpu(sqe->scan.rows));
	cqe->count = cpu_to_le32(engine->found);
	return emu_scan_deliver(engine, result);
}

/*
 * Takes longer than needed, but not longer than the entry is wanted, nor than the
 * knob says by now.
 */
static void emu_delay(struct emu_engine *engine, const struct emu_entry *entry)
{
	struct emu *emu = engine->emu;
	bool endless = emu_fault_due(emu, &emu->faults.endless);
	ktime_t start = ktime_get();

	while (emu_ring_live(emu, engine->ring, entry)) {
		s64 left = READ_ONCE(emu->faults.delay_us) -
			   ktime_us_delta(ktime_get(), start);
		u32 step = endless ? EMU_DELAY_STEP :
				     clamp(left, 0, EMU_DELAY_STEP);

		if (!step)
			return;
		usleep_range(step, step + EMU_DELAY_SLACK);
	}
}

/* Vectors and scores stay with the board no longer than the entry. */
static void emu_engine_wipe(struct emu_engine *engine)
{
	memzero_explicit(engine->probe, sizeof(engine->probe));
	memzero_explicit(engine->reference, sizeof(engine->reference));
	memzero_explicit(engine->rows, engine->found * sizeof(*engine->rows));
	engine->found = 0;
}

/*
 * A held answer waits for another one. If the ring has been stopped meanwhile,
 * nobody is told.
 */
static void emu_answer(struct emu_engine *engine,
		       const struct emu_entry *entry, struct limen_hw_cqe *cqe)
{
	struct emu *emu = engine->emu;

	if (!engine->holding && emu_ring_pending(emu, engine->ring) &&
	    emu_fault_due(emu, &emu->faults.overtake)) {
		engine->held = *entry;
		engine->held_cqe = *cqe;
		engine->holding = true;
		return;
	}
	emu_ring_complete(emu, engine->ring, entry, cqe);
	if (engine->holding)
		emu_ring_complete(emu, engine->ring, &engine->held,
				  &engine->held_cqe);
	engine->holding = false;
}

/* Of the clock that LIMEN_HW_REG_CLOCK tells of. */
static u64 emu_cycles(u64 ns)
{
	return mul_u64_u32_div(ns, EMU_CLOCK_KHZ, 1000000);
}

static void emu_execute(struct emu_engine *engine,
			const struct emu_entry *entry)
{
	struct emu *emu = engine->emu;
	struct limen_hw_cqe cqe = {};
	u64 start = ktime_get_ns();
	u16 status;

	if (emu_fault_due(emu, &emu->faults.hang)) {
		emu_ring_lose(emu, engine->ring, entry);
		return;
	}
	if (emu_fault_due(emu, &emu->faults.crash)) {
		emu_fatal(emu);
		return;
	}
	emu_delay(engine, entry);

	if (emu_fault_due(emu, &emu->faults.fail))
		status = LIMEN_HW_INTERNAL;
	else if (engine->ring == LIMEN_HW_RING_EXPRESS)
		status = emu_compare(engine, &entry->sqe, &cqe);
	else
		status = emu_scan(engine, entry, &cqe);
	if (emu_ring_aborted(emu, engine->ring, entry))
		status = LIMEN_HW_ABORTED;
	if (status) {
		memset(&cqe, 0, sizeof(cqe));
	} else {
		u64 ns = ktime_get_ns() - start;

		cqe.device_ns = cpu_to_le64(ns);
		cqe.cycles = cpu_to_le32(min(emu_cycles(ns), U32_MAX));
	}
	cqe.status = cpu_to_le16(status);

	emu_answer(engine, entry, &cqe);
	emu_engine_wipe(engine);
}

/* Executes the next entry of a locked engine: false if there is none. */
static bool emu_engine_step(struct emu_engine *engine)
{
	struct emu_entry entry;

	if (!emu_ring_fetch(engine->emu, engine->ring, &entry))
		return false;
	emu_fault_entry(engine->emu, &entry.sqe);
	emu_execute(engine, &entry);
	return true;
}

static int emu_engine_thread(void *data)
{
	struct emu_engine *engine = data;
	bool fetched;

	while (!kthread_should_stop()) {
		mutex_lock(&engine->busy);
		fetched = emu_engine_step(engine);
		mutex_unlock(&engine->busy);

		if (!fetched)
			wait_event_idle(engine->wait,
					kthread_should_stop() ||
					emu_ring_pending(engine->emu,
							 engine->ring));
	}
	return 0;
}

/* Comparisons do not sleep unless they are slow. */
static bool emu_engine_prompt(struct emu *emu, unsigned int ring)
{
	return ring == LIMEN_HW_RING_EXPRESS && !READ_ONCE(emu->faults.delay_us) &&
	       !READ_ONCE(emu->faults.posted) &&
	       !atomic_read(&emu->faults.endless) &&
	       emu_fault_due(emu, &emu->faults.prompt);
}

/**
 * emu_engine_kick() - an entry may have come
 * @emu: board; any context, unlocked
 * @ring: LIMEN_HW_RING_*; the camera looks for itself
 */
void emu_engine_kick(struct emu *emu, unsigned int ring)
{
	struct emu_engine *engine = &emu->engines[ring];

	if (ring >= ARRAY_SIZE(emu->engines))
		return;
	if (emu_engine_prompt(emu, ring) && mutex_trylock(&engine->busy)) {
		while (emu_engine_step(engine))
			;
		mutex_unlock(&engine->busy);
	} else {
		wake_up(&engine->wait);
	}
}

/**
 * emu_engine_busy() - whether an engine may be accessing host memory
 * @emu: board; any context
 * @ring: LIMEN_HW_RING_EXPRESS or LIMEN_HW_RING_SCAN
 *
 * Return: true if it may.
 */
bool emu_engine_busy(struct emu *emu, unsigned int ring)
{
	return mutex_is_locked(&emu->engines[ring].busy);
}

/**
 * emu_engines_reset() - wait until the engines have stopped, and wipe them
 * @emu: board, whose rings are disabled; sleeps
 */
void emu_engines_reset(struct emu *emu)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(emu->engines); i++) {
		struct emu_engine *engine = &emu->engines[i];

		mutex_lock(&engine->busy);
		emu_engine_wipe(engine);
		atomic64_set(&engine->stall_ns, 0);
		engine->holding = false;
		mutex_unlock(&engine->busy);
	}
}

/**
 * emu_engine_stall() - read how long an engine has waited for memory
 * @emu: board; any context
 * @ring: LIMEN_HW_RING_EXPRESS or LIMEN_HW_RING_SCAN
 * @high: the upper half, as it was when the lower one was read
 *
 * Return: half of the nanoseconds since the reset. Rows of a gallery are scored
 * where they lie, so of a scan only its probe counts.
 */
u32 emu_engine_stall(struct emu *emu, unsigned int ring, bool high)
{
	struct emu_engine *engine = &emu->engines[ring];
	u64 stall_ns;

	if (high)
		return READ_ONCE(engine->stall_high);
	stall_ns = atomic64_read(&engine->stall_ns);
	WRITE_ONCE(engine->stall_high, upper_32_bits(stall_ns));
	return lower_32_bits(stall_ns);
}

static int emu_engine_init(struct emu *emu, unsigned int ring)
{
	struct emu_engine *engine = &emu->engines[ring];

	engine->emu = emu;
	engine->ring = ring;
	mutex_init(&engine->busy);
	init_waitqueue_head(&engine->wait);
	engine->rows = kvcalloc(LIMEN_HW_TOP_K_MAX, sizeof(*engine->rows),
				GFP_KERNEL);
	if (!engine->rows)
		return -ENOMEM;
	engine->task = kthread_run(emu_engine_thread, engine, "limen_emu/%s",
				   ring == LIMEN_HW_RING_EXPRESS ? "express" :
								   "scan");
	if (IS_ERR(engine->task)) {
		int ret = PTR_ERR(engine->task);

		engine->task = NULL;
		return ret;
	}
	/* On a card, comparisons do not wait for the host's processors. */
	if (ring == LIMEN_HW_RING_EXPRESS)
		sched_set_fifo(engine->task);
	return 0;
}

/**
 * emu_engines_init() - start the engines
 * @emu: board
 *
 * Return: 0 or a negative error.
 */
int emu_engines_init(struct emu *emu)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && i < ARRAY_SIZE(emu->engines); i++)
		ret = emu_engine_init(emu, i);
	if (ret)
		emu_engines_fini(emu);
	return ret;
}

/**
 * emu_engines_fini() - stop the engines
 * @emu: board; the engines may not have been started, all or some
 */
void emu_engines_fini(struct emu *emu)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(emu->engines); i++) {
		struct emu_engine *engine = &emu->engines[i];

		if (engine->task)
			kthread_stop(engine->task);
		kvfree(engine->rows);
	}
}
