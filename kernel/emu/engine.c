// SPDX-License-Identifier: GPL-2.0-only
/*
 * The emulated board's matching engines.
 */
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <limen/score.h>

#include "emu.h"

/**
 * DOC: Matching engines
 *
 * Two threads, one a ring, execute one entry at a time, as firmware/core tells. Scores
 * are those of limen/score.h.
 *
 * An engine is busy from before it fetches an entry until it has forgotten the
 * entry's vectors. A reset, and who polls ENABLE after having cleared it, wait
 * for that. Between two steps it looks whether its entry has been given up.
 */

/* Rows between two looks at whether the scan is still wanted. */
#define EMU_SCAN_STEP	64u

/* Microseconds between two such looks while the engine is being slow. */
#define EMU_DELAY_STEP	10000

/* How much longer than it should a step may take. */
#define EMU_DELAY_SLACK	50

static enum core_access emu_access(int error)
{
	if (error == -EACCES)
		return CORE_DENIED;
	return error ? CORE_REFUSED : CORE_DONE;
}

static enum core_access emu_core_load(struct core_board *core, u64 address,
				      bool on_card, void *to, u32 size)
{
	struct emu *emu = core_to_emu(core);

	if (!on_card)
		return emu_access(emu_dma_read(emu, address, to, size));
	if (!emu_memory_sound(emu, address))
		return CORE_DENIED;
	memcpy(to, emu->mem + address, size);
	return CORE_DONE;
}

static enum core_access emu_core_store(struct core_board *core, u64 address,
				       const void *from, u32 size)
{
	return emu_access(emu_dma_write(core_to_emu(core), address, from,
					size));
}

static bool emu_core_reaches(struct core_board *core, u64 address, u32 size)
{
	return emu_dma_valid(core_to_emu(core), address, size);
}

static void emu_core_compare(struct core_board *core, struct core_work *work,
			     u32 dim, struct limen_score *score)
{
	struct emu_faults *faults = &core_to_emu(core)->faults;

	*score = limen_score_vectors(work->probe, work->reference, dim);
	if (emu_fault_due(core_to_emu(core), &faults->corrupt_score))
		score->similarity = LIMEN_SIMILARITY_ONE + 1;
	if (emu_fault_due(core_to_emu(core), &faults->wrong_score))
		score->raw ^= 1;
}

static void emu_scan_fault(struct emu *emu, struct core_ranking *best, u32 rows)
{
	if (best->count && emu_fault_due(emu, &emu->faults.corrupt_fewer))
		best->count--;
	if (best->count && emu_fault_due(emu, &emu->faults.corrupt_rows))
		best->rows[0].row = rows;
	if (best->count > 1 && emu_fault_due(emu, &emu->faults.corrupt_order))
		swap(best->rows[0], best->rows[1]);
}

static u16 emu_core_scan(struct core_board *core, struct core_work *work,
			 const struct limen_hw_sqe *sqe)
{
	struct emu_engine *engine = container_of(work, struct emu_engine, work);
	const void *from = engine->emu->mem + le64_to_cpu(sqe->scan.gallery);
	u32 row, rows = le32_to_cpu(sqe->scan.rows);

	if (!emu_memory_sound(engine->emu, le64_to_cpu(sqe->scan.gallery)))
		return LIMEN_HW_INTERNAL;
	for (row = 0; row < rows; row += EMU_SCAN_STEP) {
		cond_resched();
		if (!emu_ring_live(engine->emu, engine->ring, &engine->entry))
			return LIMEN_HW_INTERNAL;
		core_rank_rows(work, sqe, from, row,
			       min(rows - row, EMU_SCAN_STEP));
		from += EMU_SCAN_STEP * le32_to_cpu(sqe->scan.stride);
	}
	core_rank_sort(&work->best);
	emu_scan_fault(engine->emu, &work->best, rows);
	return LIMEN_HW_OK;
}

static u64 emu_core_now_ns(struct core_board *core)
{
	return ktime_get_ns();
}

const struct core_ops emu_core_ops = {
	.load = emu_core_load,
	.store = emu_core_store,
	.reaches = emu_core_reaches,
	.compare = emu_core_compare,
	.scan = emu_core_scan,
	.raise = emu_core_raise,
	.now_ns = emu_core_now_ns,
};

/*
 * Takes longer than needed, but not longer than the entry is wanted, nor than the
 * knob says by now.
 */
static void emu_delay(struct emu_engine *engine, const struct core_entry *entry)
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

/*
 * A held answer waits for another one. If the ring has been stopped meanwhile,
 * nobody is told.
 */
static void emu_answer(struct emu_engine *engine,
		       const struct core_entry *entry, struct limen_hw_cqe *cqe)
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

static void emu_execute(struct emu_engine *engine)
{
	const struct core_entry *entry = &engine->entry;
	struct emu *emu = engine->emu;
	u64 start_ns = ktime_get_ns();
	struct limen_hw_cqe cqe;

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
		cqe = (struct limen_hw_cqe) {
			.status = cpu_to_le16(LIMEN_HW_INTERNAL),
		};
	else if (engine->ring == LIMEN_HW_RING_EXPRESS)
		core_compare(&emu->core, &engine->work, &entry->sqe, start_ns,
			     &cqe);
	else
		core_scan(&emu->core, &engine->work, &entry->sqe, start_ns,
			  &cqe);
	emu_ring_account(emu, engine->ring, entry, &engine->work);
	emu_answer(engine, entry, &cqe);
}

/*
 * Executes the next entry of a locked engine: false if there is none. Vectors and
 * scores stay with the board no longer than that.
 */
static bool emu_engine_step(struct emu_engine *engine)
{
	if (!emu_ring_fetch(engine->emu, engine->ring, &engine->entry))
		return false;
	emu_fault_entry(engine->emu, &engine->entry.sqe);
	emu_execute(engine);
	core_work_wipe(&engine->work);
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
		core_work_wipe(&engine->work);
		engine->holding = false;
		mutex_unlock(&engine->busy);
	}
}

static int emu_engine_init(struct emu *emu, unsigned int ring)
{
	struct emu_engine *engine = &emu->engines[ring];

	engine->emu = emu;
	engine->ring = ring;
	mutex_init(&engine->busy);
	init_waitqueue_head(&engine->wait);
	engine->work.best.rows = kvcalloc(LIMEN_HW_TOP_K_MAX,
					  sizeof(*engine->work.best.rows),
					  GFP_KERNEL);
	if (!engine->work.best.rows)
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
		kvfree(engine->work.best.rows);
	}
}
