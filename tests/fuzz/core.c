// SPDX-License-Identifier: MIT
/*
 * Whatever a host does to a board: writes of registers, entries, aborts, memory that is
 * not there. The board reaches nothing but the rings and what entries tell, and answers
 * no more than it has been asked.
 */
#include <core/core.h>

#include "fuzz.h"

/* Host memory, across the end of what 32 bits reach. */
#define HOST		0xffff0000ull
#define HOST_SIZE	0x20000u
#define CARD_SIZE	0x4000u
#define VECTORS		(HOST + 0x10000)
#define RESULT		(HOST + 0x18000)
/* Entries under way, also those of rings that have been stopped since. */
#define JOBS		24

struct job {
	struct core_entry entry;
	unsigned int ring;
	bool used;
};

/* What a ring may do, told without its counts. */
struct side {
	u32 epoch;
	u32 fetched;
	u32 answered;
	u32 held;
	u8 aborted[0x10000 / 8];
};

enum phase { IDLE, FETCH, EXECUTE, POST };

static struct board {
	struct core_board core;
	struct core_work work;
	struct core_row rows[LIMEN_HW_TOP_K_MAX];
	u8 host[HOST_SIZE];
	u8 card[CARD_SIZE];
	struct side sides[LIMEN_HW_RINGS];
	struct job jobs[JOBS];
	enum phase phase;
	unsigned int ring;
	const struct limen_hw_sqe *sqe;
	bool reached;
	enum core_access spoil;
	u8 spoil_in;
	u64 now_ns;
} board;

struct input {
	const uint8_t *data;
	size_t size;
};

static u8 take(struct input *input)
{
	if (!input->size)
		return 0;
	input->size--;
	return *input->data++;
}

static u32 take32(struct input *input)
{
	u32 value = take(input);

	value |= (u32)take(input) << 8;
	value |= (u32)take(input) << 16;
	return value | (u32)take(input) << 24;
}

static bool is_memory(u64 address, u32 size)
{
	return address >= HOST && address - HOST <= HOST_SIZE &&
	       size <= HOST_SIZE - (address - HOST);
}

static enum core_access outcome(u64 address, u32 size)
{
	if (board.spoil_in && !--board.spoil_in)
		return board.spoil;
	return is_memory(address, size) ? CORE_DONE : CORE_REFUSED;
}

/* A place in a queue of the ring that is served. */
static void check_queue(u64 address, u32 size, u64 base, u32 number, u32 each)
{
	const struct core_ring *ring = &board.core.rings[board.ring];

	MUST(core_works(&board.core) && ring->enabled);
	MUST(size == each);
	MUST(address == base + (u64)(number & ((1u << ring->size_log2) - 1)) * each);
}

static void check_vector(u64 address, bool on_card, u32 size)
{
	const u64 probe = board.sqe->compare.probe, reference = board.sqe->compare.reference;
	const bool compares = board.sqe->opcode == LIMEN_HW_OP_COMPARE;

	MUST(address == probe || (compares && address == reference));
	MUST(size == board.sqe->dim && size <= LIMEN_DIM_MAX && address % 64 == 0);
	if (on_card)
		MUST(address < CARD_SIZE && size <= CARD_SIZE - address);
	else
		MUST(address % LIMEN_HW_PAGE_SIZE + size <= LIMEN_HW_PAGE_SIZE);
}

static enum core_access load(struct core_board *core, u64 address, bool on_card, void *to,
			     u32 size)
{
	enum core_access access;

	MUST(board.phase == FETCH || board.phase == EXECUTE);
	if (board.phase == EXECUTE) {
		check_vector(address, on_card, size);
	} else {
		MUST(!on_card);
		check_queue(address, size, core->rings[board.ring].sq,
			    board.sides[board.ring].fetched, sizeof(struct limen_hw_sqe));
	}
	access = outcome(on_card ? HOST : address, size);
	if (access == CORE_DONE)
		memcpy(to, on_card ? board.card + address : board.host + (address - HOST), size);
	return access;
}

static enum core_access store(struct core_board *core, u64 address, const void *from, u32 size)
{
	enum core_access access;

	MUST(board.phase == POST || board.phase == EXECUTE);
	if (board.phase == EXECUTE) {
		const u64 at = address - board.sqe->scan.result;

		MUST(board.sqe->opcode == LIMEN_HW_OP_SCAN && board.reached);
		MUST(at + size <= board.sqe->scan.top_k * sizeof(struct limen_hw_row));
		MUST(size <= CORE_PIECE);
	} else {
		check_queue(address, size, core->rings[board.ring].cq,
			    board.sides[board.ring].answered, sizeof(struct limen_hw_cqe));
	}
	access = outcome(address, size);
	if (access == CORE_DONE)
		memcpy(board.host + (address - HOST), from, size);
	return access;
}

static bool reaches(struct core_board *core, u64 address, u32 size)
{
	(void)core;
	MUST(size && size <= LIMEN_HW_TOP_K_MAX * sizeof(struct limen_hw_row));
	board.reached = is_memory(address, size);
	return board.reached;
}

static void compare(struct core_board *core, struct core_work *work, u32 dim,
		    struct limen_score *score)
{
	(void)core;
	*score = limen_score_vectors(work->probe, work->reference, dim);
}

static u16 scan(struct core_board *core, struct core_work *work, const struct limen_hw_sqe *sqe)
{
	const u64 bytes = (u64)(sqe->scan.rows - 1) * sqe->scan.stride + sqe->dim;

	(void)core;
	MUST(sqe->scan.rows && board.reached);
	MUST(sqe->scan.gallery < CARD_SIZE && bytes <= CARD_SIZE - sqe->scan.gallery);
	core_rank_rows(work, sqe, board.card + sqe->scan.gallery, 0, sqe->scan.rows);
	core_rank_sort(&work->best);
	return LIMEN_HW_OK;
}

static void raise_event(struct core_board *core, u32 bits)
{
	u32 vectors = core_raise(core, bits);

	MUST(!!vectors == !!(bits & core->irq_enable));
	MUST(vectors < 1u << (core->vectors == LIMEN_HW_VECTORS ? LIMEN_HW_VECTORS : 1));
}

static u64 now_ns(struct core_board *core)
{
	(void)core;
	return board.now_ns += 100;
}

static const struct core_ops ops = {
	.load = load, .store = store, .reaches = reaches, .compare = compare, .scan = scan,
	.raise = raise_event, .now_ns = now_ns,
};

/* Starts and stops are seen by the epoch. */
static void check_ring(unsigned int index)
{
	const struct core_ring *ring = &board.core.rings[index];
	struct side *side = &board.sides[index];

	if (side->epoch != ring->epoch) {
		memset(side, 0, sizeof(*side));
		side->epoch = ring->epoch;
	}
	if (ring->enabled) {
		MUST(ring->size_log2 >= 1 && ring->size_log2 <= 12);
		MUST((ring->sq | ring->cq) % LIMEN_HW_PAGE_SIZE == 0);
		MUST(ring->sq_tail - ring->sq_head <= 1u << ring->size_log2);
		MUST(ring->cq_tail - ring->cq_head <= 1u << ring->size_log2);
	} else {
		MUST(!(ring->sq_tail | ring->cq_tail | ring->held_count));
	}
	MUST(ring->sq_head == side->fetched && ring->cq_tail == side->answered);
	MUST(ring->held_count == side->held && side->held <= CORE_HELD_MAX);
	MUST(side->answered + side->held <= side->fetched);
}

static void start(struct input *input)
{
	const unsigned int index = take(input) % LIMEN_HW_RINGS;
	const u32 block = LIMEN_HW_RING_BLOCK(index);

	core_write(&board.core, block + LIMEN_HW_RING_SQ_LO, (u32)HOST + index * 0x1000);
	core_write(&board.core, block + LIMEN_HW_RING_SQ_HI, HOST >> 32);
	core_write(&board.core, block + LIMEN_HW_RING_CQ_LO, (u32)HOST + 0x8000 + index * 0x1000);
	core_write(&board.core, block + LIMEN_HW_RING_CQ_HI, HOST >> 32);
	core_write(&board.core, block + LIMEN_HW_RING_SIZE, take(input));
	core_write(&board.core, block + LIMEN_HW_RING_ENABLE, 1);
	core_write(&board.core, LIMEN_HW_REG_CONTROL, LIMEN_HW_CONTROL_ENABLE);
}

/* Any register; aborts are remembered. */
static void write_value(u32 reg, u32 value)
{
	unsigned int index;
	u32 offset;

	core_write(&board.core, reg, value);
	core_read(&board.core, reg);
	if (core_is_ring_reg(reg, &index, &offset) && offset == LIMEN_HW_RING_ABORT)
		board.sides[index].aborted[(u16)value / 8] |= 1 << value % 8;
}

static void write_register(struct input *input)
{
	const u8 where = take(input);
	const u32 reg = where < 0xf0 ? 4u * (where & 0x7f) : take32(input);

	write_value(reg, where & 0x80 ? take32(input) : take(input));
}

static void make_entry(struct limen_hw_sqe *sqe, struct input *input)
{
	const u8 kind = take(input);
	u8 changes = take(input) % 4;

	memset(sqe, 0, sizeof(*sqe));
	sqe->opcode = 1 + kind % 3;
	sqe->cookie = kind / 4;
	sqe->dim = 64 * (1 + kind % 2);
	if (sqe->opcode == LIMEN_HW_OP_SCAN) {
		sqe->scan.probe = VECTORS;
		sqe->scan.result = RESULT;
		sqe->scan.stride = 128;
		sqe->scan.rows = 20;
		sqe->scan.top_k = 7;
		sqe->scan.min_similarity = (u32)-LIMEN_SIMILARITY_ONE;
	} else {
		sqe->compare.probe = VECTORS;
		sqe->compare.reference = VECTORS + 512;
	}
	while (changes--) {
		const u8 at = take(input) % sizeof(*sqe);

		((u8 *)sqe)[at] = take(input);
	}
}

/* An entry where the board looks for it, if there is memory, and the doorbell. */
static void submit(struct input *input)
{
	const unsigned int index = take(input) % LIMEN_HW_RINGS;
	const struct core_ring *ring = &board.core.rings[index];
	struct limen_hw_sqe sqe;
	u64 address;

	make_entry(&sqe, input);
	if (!ring->enabled)
		return;
	address = ring->sq + (ring->sq_tail & ((1u << ring->size_log2) - 1)) * sizeof(sqe);
	if (is_memory(address, sizeof(sqe)))
		memcpy(board.host + (address - HOST), &sqe, sizeof(sqe));
	core_write(&board.core, LIMEN_HW_RING_BLOCK(index) + LIMEN_HW_RING_SQ_TAIL,
		   ring->sq_tail + 1);
}

static void fetch(struct input *input)
{
	struct job *job = board.jobs;
	struct side *side;

	board.ring = take(input) % LIMEN_HW_RINGS;
	while (job < board.jobs + JOBS && job->used)
		job++;
	if (job == board.jobs + JOBS)
		return;
	side = &board.sides[board.ring];
	board.phase = FETCH;
	job->used = core_ring_fetch(&board.core, board.ring, &job->entry);
	board.phase = IDLE;
	job->ring = board.ring;
	side->fetched += job->used;
	side->held += job->used;
	MUST(!job->used || core_ring_knows(&board.core, job->ring, &job->entry));
}

static struct job *find_job(struct input *input)
{
	struct job *job = &board.jobs[take(input) % JOBS];

	return job->used ? job : NULL;
}

static void execute(struct job *job, struct limen_hw_cqe *cqe)
{
	memset(cqe, 0, sizeof(*cqe));
	board.phase = EXECUTE;
	board.sqe = &job->entry.sqe;
	board.reached = false;
	if (job->ring == LIMEN_HW_RING_EXPRESS)
		core_compare(&board.core, &board.work, board.sqe, board.now_ns, cqe);
	else if (job->ring == LIMEN_HW_RING_SCAN)
		core_scan(&board.core, &board.work, board.sqe, board.now_ns, cqe);
	board.phase = IDLE;
	core_ring_account(&board.core, job->ring, &job->entry, &board.work);
	core_work_wipe(&board.work);
	MUST(!board.work.best.count && !board.work.stall_ns);
}

static void check_cqe(const struct job *job, const struct limen_hw_cqe *cqe)
{
	const struct limen_hw_cqe failed = {
		.cookie = cqe->cookie, .status = cqe->status, .seq = cqe->seq,
	};
	const struct side *side = &board.sides[job->ring];

	MUST(cqe->status <= LIMEN_HW_ABORTED);
	MUST(cqe->cookie == job->entry.sqe.cookie);
	if (cqe->status)
		MUST(!memcmp(cqe, &failed, sizeof(failed)));
	if (cqe->status == LIMEN_HW_ABORTED)
		MUST(side->aborted[cqe->cookie / 8] & 1 << cqe->cookie % 8);
	if (cqe->status == LIMEN_HW_OK && job->ring == LIMEN_HW_RING_SCAN)
		MUST(cqe->count <= job->entry.sqe.scan.top_k);
}

static void answer(struct input *input)
{
	struct job *job = find_job(input);
	struct limen_hw_cqe cqe;
	struct side *side;
	bool known;

	if (!job)
		return;
	execute(job, &cqe);
	side = &board.sides[job->ring];
	known = core_ring_knows(&board.core, job->ring, &job->entry);
	board.ring = job->ring;
	board.phase = POST;
	core_ring_answer(&board.core, job->ring, &job->entry, &cqe);
	check_cqe(job, &cqe);
	side->held -= job->entry.epoch == side->epoch;
	if (core_ring_post(&board.core, job->ring, &job->entry, &cqe)) {
		MUST(known && job->entry.epoch == side->epoch);
		side->answered++;
		MUST(cqe.seq == side->answered);
	}
	board.phase = IDLE;
	job->used = false;
}

static void let_go(struct input *input)
{
	struct job *job = find_job(input);

	if (!job)
		return;
	board.sides[job->ring].held -=
		job->entry.epoch == board.core.rings[job->ring].epoch;
	core_ring_let_go(&board.core, job->ring, &job->entry);
	job->used = false;
}

static void give_up(struct input *input)
{
	const unsigned int index = take(input) % LIMEN_HW_RINGS;

	write_value(LIMEN_HW_RING_BLOCK(index) + LIMEN_HW_RING_ABORT, take(input));
}

static void consume(struct input *input)
{
	const unsigned int index = take(input) % LIMEN_HW_RINGS;

	core_write(&board.core, LIMEN_HW_RING_BLOCK(index) + LIMEN_HW_RING_CQ_HEAD,
		   board.core.rings[index].cq_tail);
}

static void reset(struct input *input)
{
	core_reset_begin(&board.core);
	if (take(input) % 8)
		core_reset_end(&board.core);
}

static void spoil(struct input *input)
{
	board.spoil = take(input) % 2 ? CORE_REFUSED : CORE_DENIED;
	board.spoil_in = take(input) % 8;
}

/* The same for every input, and soon there: memory that looks random, no ring running. */
static void begin(void)
{
	static struct board fresh;
	u32 i;

	if (!fresh.core.ops) {
		fresh.core.ops = &ops;
		fresh.core.mem_size = CARD_SIZE;
		fresh.core.clock_khz = 250000;
		fresh.work.best.rows = board.rows;
		for (i = VECTORS - HOST; i < HOST_SIZE; i++)
			fresh.host[i] = (u8)(i * i + 7 * i);
		for (i = 0; i < CARD_SIZE; i++)
			fresh.card[i] = (u8)(i * i + 3 * i);
	}
	memcpy(&board, &fresh, sizeof(board));
	core_reset_begin(&board.core);
	core_reset_end(&board.core);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const actions[])(struct input *) = {
		start, write_register, submit, fetch, answer, let_go, give_up, consume, reset,
		spoil,
	};
	struct input input = { data, size };
	unsigned int i;

	begin();
	for (i = 0; i < LIMEN_HW_RINGS; i++)
		check_ring(i);
	while (input.size) {
		actions[take(&input) % (sizeof(actions) / sizeof(*actions))](&input);
		for (i = 0; i < LIMEN_HW_RINGS; i++)
			check_ring(i);
	}
	return 0;
}
