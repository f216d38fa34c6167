// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Entries are executed one at a time, but comparisons do not wait for a whole scan:
 * the engine scans a chunk of rows at a time, and between two chunks those come first
 * that the host has asked for meanwhile. The scan's vectors and best rows stay where
 * they are.
 */
#include "dsp.h"

/* Bytes of card memory that the engine reads in one go. */
#define CHUNK_BYTES	(64 * 1024)

#define EXECUTED_RINGS	2

/**
 * struct slot - the entry of a ring that is being executed
 * @work: vectors and rows; the engine and DMA want the vectors aligned
 * @entry: the entry
 * @busy: there is one
 */
struct slot {
	struct core_work work __attribute__((aligned(LIMEN_HW_VECTOR_ALIGN)));
	struct core_entry entry;
	bool busy;
};

static struct core_row rows[LIMEN_HW_TOP_K_MAX];
static struct slot slots[EXECUTED_RINGS];

static enum core_access load(struct core_board *board, u64 address,
			     bool on_card, void *to, u32 size)
{
	(void)board;
	return shell_dma(on_card ? SHELL_DMA_FROM_CARD : SHELL_DMA_FROM_HOST,
			 address, to, size) ? CORE_DONE : CORE_REFUSED;
}

static enum core_access store(struct core_board *board, u64 address,
			      const void *from, u32 size)
{
	(void)board;
	return shell_dma(SHELL_DMA_TO_HOST, address, from, size) ?
		       CORE_DONE : CORE_REFUSED;
}

/* Writes are posted: nobody can tell before. */
static bool reaches(struct core_board *board, u64 address, u32 size)
{
	(void)board;
	(void)address;
	(void)size;
	return true;
}

/* Whether the work on a ring's entry is still wanted. */
static bool wanted(const struct core_board *board, unsigned int index)
{
	return core_ring_knows(board, index, &slots[index].entry) &&
	       !core_ring_aborted(board, index, &slots[index].entry);
}

/*
 * Has the engine do a job, unless it is not wanted any more; whether it was done. Frames
 * do not wait for a search, and comparisons, which are short, not for frames.
 */
static bool run_engine(struct core_board *board, unsigned int index, u32 what)
{
	u32 state;

	shell_engine_go(what);
	for (;;) {
		state = shell_engine_state();
		if (state != SHELL_BUSY)
			return state == SHELL_DONE;
		shell_beat();
		serve_events(board);
		if (index == LIMEN_HW_RING_SCAN)
			camera_work(board);
		if (!wanted(board, index))
			shell_engine_go(SHELL_ENGINE_STOP);
	}
}

/* An engine that fails though it is wanted is broken, and no score is to be believed. */
static void compare(struct core_board *board, struct core_work *work, u32 dim,
		    struct limen_score *score)
{
	score->raw = 0;
	score->similarity = 0;
	shell_compare_prepare(work, dim);
	if (run_engine(board, LIMEN_HW_RING_EXPRESS, SHELL_ENGINE_COMPARE))
		shell_compare_result(score);
	else if (wanted(board, LIMEN_HW_RING_EXPRESS))
		core_fatal(board);
}

static u16 scan(struct core_board *board, struct core_work *work,
		const struct limen_hw_sqe *sqe)
{
	u32 count = core_le32(sqe->scan.rows);
	u32 stride = core_le32(sqe->scan.stride);
	u32 chunk = stride < CHUNK_BYTES ? CHUNK_BYTES / stride : 1;
	u64 address = core_le64(sqe->scan.gallery);
	u32 first, part;

	for (first = 0; first < count; first += part) {
		part = count - first < chunk ? count - first : chunk;
		shell_scan_prepare(work, sqe, address, first, part);
		if (!run_engine(board, LIMEN_HW_RING_SCAN,
				first ? SHELL_ENGINE_GO_ON : SHELL_ENGINE_SCAN))
			return LIMEN_HW_INTERNAL;
		address += (u64)part * stride;
		serve_events(board);
		while (work_compare(board))
			serve_events(board);
		if (!wanted(board, LIMEN_HW_RING_SCAN))
			return LIMEN_HW_INTERNAL;
	}
	if (!run_engine(board, LIMEN_HW_RING_SCAN, SHELL_ENGINE_SORT) ||
	    !shell_scan_result(&work->best))
		return LIMEN_HW_INTERNAL;
	return LIMEN_HW_OK;
}

static void wipe_engine(void)
{
	shell_engine_go(SHELL_ENGINE_STOP);
	shell_engine_go(SHELL_ENGINE_WIPE);
	while (shell_engine_state() == SHELL_BUSY)
		;
}

static void raise(struct core_board *board, u32 bits)
{
	/* Nothing of the host's may follow with which it would be shown. */
	if (bits & LIMEN_HW_IRQ_FATAL)
		shell_show(LIMEN_HW_REG_STATUS, board->status);
	shell_raise(bits);
}

static u64 now_ns(struct core_board *board)
{
	(void)board;
	return shell_now_ns();
}

const struct core_ops work_ops = {
	.load = load,
	.store = store,
	.reaches = reaches,
	.compare = compare,
	.scan = scan,
	.raise = raise,
	.now_ns = now_ns,
};

bool work_busy(unsigned int index)
{
	return index < EXECUTED_RINGS && slots[index].busy;
}

/* Answers the entry, and lets go of it. */
static void complete(struct core_board *board, unsigned int index,
		     struct limen_hw_cqe *cqe)
{
	struct slot *slot = &slots[index];

	/* The gateware may have found what the entry has read not to be believed. */
	board->status |= shell_file(LIMEN_HW_REG_STATUS) & LIMEN_HW_STATUS_FATAL;
	core_ring_account(board, index, &slot->entry, &slot->work);
	core_ring_answer(board, index, &slot->entry, cqe);
	serve_counters(board);
	core_ring_post(board, index, &slot->entry, cqe);
	core_work_wipe(&slot->work);
	core_wipe(cqe, sizeof(*cqe));
	core_wipe(&slot->entry, sizeof(slot->entry));
	slot->busy = false;
	serve_ring_stopped(board, index);
	serve_stall(board, index);
}

bool work_compare(struct core_board *board)
{
	struct slot *slot = &slots[LIMEN_HW_RING_EXPRESS];
	struct limen_hw_cqe cqe;

	if (!core_ring_fetch(board, LIMEN_HW_RING_EXPRESS, &slot->entry))
		return false;
	slot->busy = true;
	core_compare(board, &slot->work, &slot->entry.sqe, shell_now_ns(), &cqe);
	complete(board, LIMEN_HW_RING_EXPRESS, &cqe);
	return true;
}

bool work_scan(struct core_board *board)
{
	struct slot *slot = &slots[LIMEN_HW_RING_SCAN];
	struct limen_hw_cqe cqe;

	if (!core_ring_fetch(board, LIMEN_HW_RING_SCAN, &slot->entry))
		return false;
	slot->busy = true;
	slot->work.best.rows = rows;
	core_scan(board, &slot->work, &slot->entry.sqe, shell_now_ns(), &cqe);
	wipe_engine();
	complete(board, LIMEN_HW_RING_SCAN, &cqe);
	return true;
}
