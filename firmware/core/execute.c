// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * What an entry asks for. Vectors are copied before they are scored, since whoever owns
 * them can change them at any time, and a score of two different moments could lie
 * outside its range.
 */
#include "core.h"

static bool all_zero(const __le64 *words, unsigned int count)
{
	while (count--)
		if (words[count])
			return false;
	return true;
}

/**
 * core_compare_check() - whether a comparison can be executed
 * @sqe: entry
 *
 * Return: LIMEN_HW_OK or LIMEN_HW_BAD_DESCRIPTOR.
 */
u16 core_compare_check(const struct limen_hw_sqe *sqe)
{
	const u8 flags = LIMEN_HW_F_PROBE_ON_CARD |
			 LIMEN_HW_F_REFERENCE_ON_CARD;

	if (sqe->opcode != LIMEN_HW_OP_COMPARE || sqe->reserved ||
	    !limen_dim_valid(core_le16(sqe->dim)) || sqe->flags & ~flags ||
	    !all_zero(sqe->compare.reserved, 5))
		return LIMEN_HW_BAD_DESCRIPTOR;
	return LIMEN_HW_OK;
}

/**
 * core_scan_check() - whether a scan can be executed
 * @board: board
 * @sqe: entry
 *
 * Return: LIMEN_HW_OK; LIMEN_HW_BAD_DESCRIPTOR; or LIMEN_HW_BUS_ERROR if the gallery is
 * not within card memory.
 */
u16 core_scan_check(const struct core_board *board,
		    const struct limen_hw_sqe *sqe)
{
	const struct limen_hw_scan *args = &sqe->scan;
	u64 gallery = core_le64(args->gallery);
	u32 stride = core_le32(args->stride);
	u32 top_k = core_le32(args->top_k);
	u32 rows = core_le32(args->rows);
	u32 dim = core_le16(sqe->dim);
	u64 bytes;

	if (sqe->opcode != LIMEN_HW_OP_SCAN || sqe->reserved ||
	    !limen_dim_valid(dim) || sqe->flags & ~LIMEN_HW_F_PROBE_ON_CARD ||
	    !all_zero(args->reserved, 2) || !rows || !top_k ||
	    top_k > LIMEN_HW_TOP_K_MAX || stride < dim ||
	    stride % LIMEN_HW_VECTOR_ALIGN || gallery % LIMEN_HW_VECTOR_ALIGN)
		return LIMEN_HW_BAD_DESCRIPTOR;
	bytes = (u64)(rows - 1) * stride + dim;
	if (bytes > board->mem_size || gallery > board->mem_size - bytes)
		return LIMEN_HW_BUS_ERROR;
	return LIMEN_HW_OK;
}

/**
 * core_capture_check() - whether a frame can be captured
 * @sqe: entry
 * @bytes: of a frame
 *
 * Return: LIMEN_HW_OK or LIMEN_HW_BAD_DESCRIPTOR.
 */
u16 core_capture_check(const struct limen_hw_sqe *sqe, u32 bytes)
{
	const struct limen_hw_capture *args = &sqe->capture;
	const u32 reserved = sizeof(args->reserved) / sizeof(*args->reserved);
	u32 i;

	if (sqe->opcode != LIMEN_HW_OP_CAPTURE || sqe->flags || sqe->dim ||
	    sqe->reserved || core_le32(args->size) < bytes)
		return LIMEN_HW_BAD_DESCRIPTOR;
	for (i = 0; i < reserved; i++)
		if (args->reserved[i])
			return LIMEN_HW_BAD_DESCRIPTOR;
	return LIMEN_HW_OK;
}

/* Copies a vector to the engine, which waits for it. */
static u16 load_vector(struct core_board *board, struct core_work *work,
		       u64 address, bool on_card, u32 dim, s8 *to)
{
	u64 start = board->ops->now_ns(board);

	if (address % LIMEN_HW_VECTOR_ALIGN)
		return LIMEN_HW_BAD_DESCRIPTOR;
	if (on_card && (address >= board->mem_size ||
			dim > board->mem_size - address))
		return LIMEN_HW_BUS_ERROR;
	if (!on_card && address % LIMEN_HW_PAGE_SIZE + dim > LIMEN_HW_PAGE_SIZE)
		return LIMEN_HW_BAD_DESCRIPTOR;
	if (board->ops->load(board, address, on_card, to, dim) != CORE_DONE)
		return LIMEN_HW_BUS_ERROR;
	work->stall_ns += board->ops->now_ns(board) - start;
	return LIMEN_HW_OK;
}

/* More than fits into the product of both, at a clock of up to 16 GHz. */
#define CYCLES_NS_MAX	(1ull << 40)

/* Nanoseconds times kHz is cycles times a million. */
static u32 cycles(u64 ns, u32 clock_khz)
{
	u64 count;

	if (ns >= CYCLES_NS_MAX)
		return 0xffffffff;
	count = limen_div64(ns * clock_khz, 1000000);
	return count < 0xffffffff ? (u32)count : 0xffffffff;
}

/* Completes an answer but for what core_ring_answer() knows. */
static void finish(struct core_board *board, u16 status, u64 start_ns,
		   struct limen_hw_cqe *cqe)
{
	if (status) {
		memset(cqe, 0, sizeof(*cqe));
		cqe->status = core_to_le16(status);
	} else {
		u64 ns = board->ops->now_ns(board) - start_ns;

		cqe->device_ns = core_to_le64(ns);
		cqe->cycles = core_to_le32(cycles(ns, board->clock_khz));
	}
}

/**
 * core_compare() - do what an entry of the EXPRESS ring asks for
 * @board: board; not serialised
 * @work: what it needs; holds vectors afterwards: core_work_wipe()
 * @sqe: entry
 * @start_ns: when that began
 * @cqe: answer, short of what core_ring_answer() knows
 */
void core_compare(struct core_board *board, struct core_work *work,
		  const struct limen_hw_sqe *sqe, u64 start_ns,
		  struct limen_hw_cqe *cqe)
{
	const struct limen_hw_compare *args = &sqe->compare;
	u32 dim = core_le16(sqe->dim);
	u16 status = core_compare_check(sqe);
	struct limen_score score;

	memset(cqe, 0, sizeof(*cqe));
	if (!status)
		status = load_vector(board, work, core_le64(args->probe),
				     sqe->flags & LIMEN_HW_F_PROBE_ON_CARD, dim,
				     work->probe);
	if (!status)
		status = load_vector(board, work, core_le64(args->reference),
				     sqe->flags & LIMEN_HW_F_REFERENCE_ON_CARD,
				     dim, work->reference);
	if (!status) {
		board->ops->compare(board, work, dim, &score);
		cqe->raw = core_to_le32((u32)score.raw);
		cqe->similarity = core_to_le32((u32)score.similarity);
		core_wipe(&score, sizeof(score));
	}
	finish(board, status, start_ns, cqe);
}

/* Delivers the rows that were found, the first one first. */
static u16 deliver(struct core_board *board, const struct core_ranking *best,
		   u64 address)
{
	struct limen_hw_row piece[CORE_PIECE / sizeof(struct limen_hw_row)];
	const u32 in_piece = sizeof(piece) / sizeof(*piece);
	u16 status = LIMEN_HW_OK;
	u32 i;

	for (i = 0; i < best->count && !status; i++) {
		const struct core_row *row = &best->rows[i];
		u32 at = i % in_piece;

		piece[at].row = core_to_le32(row->row);
		piece[at].raw = core_to_le32((u32)row->raw);
		piece[at].similarity = core_to_le32((u32)row->similarity);
		piece[at].reserved = 0;
		if (at + 1 < in_piece && i + 1 < best->count)
			continue;
		if (board->ops->store(board,
				      address + (i - at) * sizeof(*piece),
				      piece, (at + 1) * sizeof(*piece)) !=
		    CORE_DONE)
			status = LIMEN_HW_BUS_ERROR;
	}
	core_wipe(piece, sizeof(piece));
	return status;
}

static u16 scan(struct core_board *board, struct core_work *work,
		const struct limen_hw_sqe *sqe)
{
	u64 result = core_le64(sqe->scan.result);
	u32 top_k = core_le32(sqe->scan.top_k);
	u16 status = core_scan_check(board, sqe);

	if (!status)
		status = load_vector(board, work, core_le64(sqe->scan.probe),
				     sqe->flags & LIMEN_HW_F_PROBE_ON_CARD,
				     core_le16(sqe->dim), work->probe);
	if (!status && !board->ops->reaches(board, result, top_k *
					    sizeof(struct limen_hw_row)))
		status = LIMEN_HW_BUS_ERROR;
	if (status)
		return status;
	work->best.limit = top_k;
	work->best.count = 0;
	status = board->ops->scan(board, work, sqe);
	return status ? status : deliver(board, &work->best, result);
}

/**
 * core_scan() - do what an entry of the SCAN ring asks for
 * @board: board; not serialised
 * @work: what it needs; holds a vector and rows afterwards: core_work_wipe()
 * @sqe: entry
 * @start_ns: when that began
 * @cqe: answer, short of what core_ring_answer() knows
 */
void core_scan(struct core_board *board, struct core_work *work,
	       const struct limen_hw_sqe *sqe, u64 start_ns,
	       struct limen_hw_cqe *cqe)
{
	u16 status;

	memset(cqe, 0, sizeof(*cqe));
	status = scan(board, work, sqe);
	cqe->count = core_to_le32(work->best.count);
	finish(board, status, start_ns, cqe);
}

/**
 * core_work_wipe() - keep nothing of an entry that was executed
 * @work: what it needed; @work->best.limit says how much of the rows was used
 */
void core_work_wipe(struct core_work *work)
{
	core_wipe(work->probe, sizeof(work->probe));
	core_wipe(work->reference, sizeof(work->reference));
	if (work->best.rows)
		core_wipe(work->best.rows,
			  work->best.limit * sizeof(*work->best.rows));
	work->best.count = 0;
}
