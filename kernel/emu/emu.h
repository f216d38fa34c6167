/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The emulated board.
 */
#ifndef LIMEN_EMU_H
#define LIMEN_EMU_H

#include <linux/hrtimer.h>
#include <linux/irq_work.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include <limen/hw.h>

#include "../board.h"

/* Components that the board's own copies of vectors have room for. */
#define EMU_DIM_MAX		512

/* What the sensors say at first: nothing here is warm or draws power. */
#define EMU_TEMPERATURE		45000
#define EMU_POWER		12000

/* The engines' clock, which they count cycles of: one a nanosecond. */
#define EMU_CLOCK_KHZ		1000000

/* Microseconds that a write of a register can be told to take. */
#define EMU_POSTED_US_MAX	1000u

/* Writes of registers that can be on their way. */
#define EMU_POSTED_MAX		64

/* Places that a board which is not reset properly goes on writing to. */
#define EMU_TARGETS		32

/* What nobody has written, and a board may leave behind. */
#define EMU_GARBAGE		0xdb

/* Registers that say who the board is. */
#define EMU_IDENTITY		5

/* Cookies that there are. */
#define EMU_COOKIES		BIT(16)

struct dentry;
struct emu_sensor;
struct platform_device;
struct task_struct;

/**
 * struct emu_ring - the board's half of a ring
 *
 * All under struct emu.lock.
 */
struct emu_ring {
	/** @sq: bus address of the submission queue */
	u64 sq;
	/** @cq: bus address of the completion queue */
	u64 cq;
	/** @size_log2: log2 of the entries in either */
	u32 size_log2;
	/** @enabled: between a write of 1 to ENABLE and one of 0, or a reset */
	bool enabled;
	/** @epoch: counts starts and stops, so that stale work is recognised */
	u32 epoch;
	/** @sq_head: entries ever fetched */
	u32 sq_head;
	/** @sq_tail: entries ever submitted, by the doorbell */
	u32 sq_tail;
	/** @cq_head: entries ever consumed, by the doorbell */
	u32 cq_head;
	/** @cq_tail: completions ever written */
	u32 cq_tail;
	/** @stuck: ENABLE reads back 1 until a reset */
	bool stuck;
	/** @aborted: cookie of the entry being executed, if it is given up */
	u32 aborted;
	/** @lost: cookies of entries that hang */
	DECLARE_BITMAP(lost, EMU_COOKIES);
	/** @depth_max: most entries submitted and not completed; in debugfs */
	u32 depth_max;
	/** @quiet: answers since the last interrupt that told of any */
	u32 quiet;
};

/**
 * struct emu_faults - knobs in debugfs; see faults.c
 *
 * Counters of what is still to go wrong, each taken down by one atomically
 * where the fault happens.
 */
struct emu_faults {
	/** @fail: comparisons and scans that end with LIMEN_HW_INTERNAL */
	atomic_t fail;
	/** @hang: comparisons and scans fetched and not answered */
	atomic_t hang;
	/** @crash: comparisons and scans fetched and never executed: FATAL */
	atomic_t crash;
	/** @endless: comparisons and scans executed until they are given up */
	atomic_t endless;
	/** @deaf: entries not given up when they should be */
	atomic_t deaf;
	/** @stick_ring: rings, of any kind, that do not stop */
	atomic_t stick_ring;
	/** @corrupt_flags: comparisons and scans with a flag there is not */
	atomic_t corrupt_flags;
	/** @drop_irq: interrupts lost */
	atomic_t drop_irq;
	/** @corrupt_seq: completions, of any ring, with a wrong seq */
	atomic_t corrupt_seq;
	/** @corrupt_cookie: likewise with a cookie of nothing outstanding */
	atomic_t corrupt_cookie;
	/** @corrupt_status: likewise with an unknown status */
	atomic_t corrupt_status;
	/** @corrupt_count: likewise with an impossible count */
	atomic_t corrupt_count;
	/** @corrupt_score: comparisons with a similarity above one */
	atomic_t corrupt_score;
	/** @wrong_score: comparisons with a wrong score that is possible */
	atomic_t wrong_score;
	/** @corrupt_rows: scans with a row that lies outside the gallery */
	atomic_t corrupt_rows;
	/** @corrupt_order: scans with rows in the wrong order */
	atomic_t corrupt_order;
	/** @overtake: answers given after the next one's */
	atomic_t overtake;
	/** @lazy: wipes of card memory that are not done */
	atomic_t lazy;
	/** @overrun: doorbells, of any ring, that arrive as past the ring's end */
	atomic_t overrun;
	/** @moody: times the board reports a fatal error when it is enabled */
	atomic_t moody;
	/** @posted: microseconds until a write of a register arrives at the latest */
	u32 posted;
	/** @linger: a reset that does not end leaves it writing to host memory */
	u32 linger;
	/** @wipe_ms: milliseconds they take longer */
	u32 wipe_ms;
	/** @prompt: doorbells left to be answered at once */
	atomic_t prompt;
	/** @delay_us: microseconds a comparison or scan takes longer at least */
	u32 delay_us;
	/** @temperature: LIMEN_HW_REG_TEMPERATURE */
	s32 temperature;
	/** @power: LIMEN_HW_REG_POWER */
	u32 power;
	/** @stick: resets that do not end, by register or function-level */
	atomic_t stick;
	/** @wake: times the board, told to sleep, wakes up the system */
	atomic_t wake;
	/** @refuse: times the system cannot be suspended because of the board */
	atomic_t refuse;
	/** @skip: events of any of the others that go well first */
	atomic_t skip;
	/** @dir: folder in debugfs */
	struct dentry *dir;
};

/**
 * struct emu_row - a row of a scan
 * @row: its number
 * @raw: raw score
 * @similarity: published similarity
 */
struct emu_row {
	u32 row;
	s32 raw;
	s32 similarity;
};

/**
 * struct emu_entry - an entry fetched from a submission queue
 * @sqe: the board's own copy
 * @epoch: of the ring when it was fetched
 */
struct emu_entry {
	struct limen_hw_sqe sqe;
	u32 epoch;
};

/**
 * struct emu_engine - what executes one of the matching rings
 */
struct emu_engine {
	/** @emu: the board */
	struct emu *emu;
	/** @ring: LIMEN_HW_RING_EXPRESS or LIMEN_HW_RING_SCAN */
	unsigned int ring;
	/** @task: thread that executes entries */
	struct task_struct *task;
	/** @wait: where @task waits for a doorbell */
	wait_queue_head_t wait;
	/** @busy: held while an entry is executed; a reset waits for it */
	struct mutex busy;
	/** @probe: the board's own copy of the probe, under @busy */
	s8 probe[EMU_DIM_MAX];
	/** @reference: likewise of the reference */
	s8 reference[EMU_DIM_MAX];
	/** @rows: the best rows so far, a heap with the worst on top */
	struct emu_row *rows;
	/** @found: number of @rows */
	u32 found;
	/** @stall_ns: time spent on fetching vectors since the reset */
	atomic64_t stall_ns;
	/** @stall_high: its upper half when the lower one was last read */
	u32 stall_high;
	/** @held: an entry to answer after the next one */
	struct emu_entry held;
	/** @held_cqe: its answer */
	struct limen_hw_cqe held_cqe;
	/** @holding: there is one */
	bool holding;
};

/**
 * struct emu_target - host memory that the board has the address of
 * @address: bus address
 * @size: bytes
 */
struct emu_target {
	u64 address;
	u32 size;
};

/**
 * struct emu_bus - what lies between the host and the board
 */
struct emu_bus {
	/** @gate: held for each access to host memory; inside struct emu.lock */
	rwlock_t gate;
	/** @dma: the board may access host memory and interrupt */
	bool dma;
	/** @lock: keeps writes of registers in order; outside struct emu.lock */
	spinlock_t lock;
	/** @count: writes that have not arrived, in @writes */
	unsigned int count;
	/** @writes: these, the oldest first */
	struct {
		u32 reg;
		u32 value;
	} writes[EMU_POSTED_MAX];
	/** @late: when they arrive at the latest */
	struct hrtimer late;
	/** @linger: writes garbage, while the board lingers */
	struct hrtimer linger;
	/** @target_count: places in @targets; they change while it does not */
	unsigned int target_count;
	/** @targets: what it writes to */
	struct emu_target targets[EMU_TARGETS];
};

/**
 * struct emu - an emulated board
 */
struct emu {
	/** @board: what limen.ko sees */
	struct limen_board board;
	/** @pdev: the device it lives on; it does the DMA */
	struct platform_device *pdev;
	/** @mem: card memory */
	void *mem;
	/** @mem_size: its size in bytes */
	u64 mem_size;

	/** @lock: protects registers and rings; taken in any context */
	spinlock_t lock;
	/** @control: LIMEN_HW_REG_CONTROL */
	u32 control;
	/** @status: LIMEN_HW_REG_STATUS */
	u32 status;
	/** @irq_status: LIMEN_HW_REG_IRQ_STATUS */
	u32 irq_status;
	/** @irq_enable: LIMEN_HW_REG_IRQ_ENABLE */
	u32 irq_enable;
	/** @rings: the rings */
	struct emu_ring rings[LIMEN_HW_RINGS];

	/** @bus: DMA, and writes of registers that are late */
	struct emu_bus bus;
	/** @halting: protects @halted */
	struct mutex halting;
	/** @halted: limen.ko has been told to leave the board alone */
	bool halted;
	/** @reads: how often registers were read that say who the board is */
	atomic_t reads[EMU_IDENTITY];

	/** @irq: raises the interrupt, in interrupt context */
	struct irq_work irq;
	/** @reset: ends a reset once the engines have stopped */
	struct work_struct reset;
	/** @engines: EXPRESS and SCAN */
	struct emu_engine engines[2];
	/** @faults: knobs in debugfs */
	struct emu_faults faults;
	/** @sensor: the camera; sensor.c */
	struct emu_sensor *sensor;
};

static inline struct emu *to_emu(struct limen_board *board)
{
	return container_of(board, struct emu, board);
}

/* emu.c */
extern struct dentry *emu_debugfs_root;
bool emu_works(const struct emu *emu);
void emu_write_now(struct emu *emu, u32 reg, u32 value);
void emu_halt(struct emu *emu);
void emu_unhalt(struct emu *emu);

/* bus.c */
bool emu_dma_valid(struct emu *emu, u64 address, size_t size);
bool emu_dma_allowed(const struct emu *emu);
int emu_dma_read(struct emu *emu, u64 address, void *to, size_t size);
int emu_dma_write(struct emu *emu, u64 address, const void *from, size_t size);
int emu_dma_write_cqe(struct emu *emu, u64 address,
		      const struct limen_hw_cqe *cqe);
void emu_dma_set(struct emu *emu, bool allowed);
void emu_bus_write(struct emu *emu, u32 reg, u32 value);
void emu_bus_push(struct emu *emu);
void emu_linger_note(struct emu *emu);
void emu_linger_begin(struct emu *emu);
bool emu_linger_end(struct emu *emu);
void emu_bus_init(struct emu *emu);
void emu_bus_fini(struct emu *emu);

/* ring.c */
bool emu_ring_pending(struct emu *emu, unsigned int ring);
bool emu_ring_fetch(struct emu *emu, unsigned int ring,
		    struct emu_entry *entry);
bool emu_ring_live(struct emu *emu, unsigned int ring,
		   const struct emu_entry *entry);
bool emu_ring_aborted(struct emu *emu, unsigned int ring,
		      const struct emu_entry *entry);
void emu_ring_lose(struct emu *emu, unsigned int ring,
		   const struct emu_entry *entry);
void emu_ring_abort(struct emu *emu, unsigned int ring, u16 cookie);
void emu_ring_complete(struct emu *emu, unsigned int ring,
		       const struct emu_entry *entry,
		       struct limen_hw_cqe *cqe);
u32 emu_ring_read(struct emu *emu, unsigned int ring, u32 reg);
bool emu_ring_write(struct emu *emu, unsigned int ring, u32 reg, u32 value);
void emu_raise(struct emu *emu, u32 bits);
void emu_fatal(struct emu *emu);

/* engine.c */
int emu_engines_init(struct emu *emu);
void emu_engines_fini(struct emu *emu);
void emu_engine_kick(struct emu *emu, unsigned int ring);
bool emu_engine_busy(struct emu *emu, unsigned int ring);
void emu_engines_reset(struct emu *emu);
u32 emu_engine_stall(struct emu *emu, unsigned int ring, bool high);

/* faults.c */
void emu_faults_init(struct emu *emu);
void emu_faults_fini(struct emu *emu);
bool emu_fault_due(struct emu *emu, atomic_t *knob);
void emu_fault_entry(struct emu *emu, struct limen_hw_sqe *sqe);
void emu_fault_completion(struct emu *emu, struct limen_hw_cqe *cqe);

#endif /* LIMEN_EMU_H */
