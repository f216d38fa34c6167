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

#include "../../firmware/core/core.h"
#include "../board.h"

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
#define EMU_IDENTITY		17

/* Cookies that there are. */
#define EMU_COOKIES		BIT(16)

struct dentry;
struct emu_sensor;
struct platform_device;
struct task_struct;

/**
 * struct emu_ring - what this board has of a ring beyond its behaviour
 *
 * All under struct emu.lock.
 */
struct emu_ring {
	/** @stuck: ENABLE reads back 1 until a reset */
	bool stuck;
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
	/** @corrupt_fewer: scans that find anything, and return a row less */
	atomic_t corrupt_fewer;
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
	/** @ecc_corrected: reads of card memory with an error that can be corrected */
	atomic_t ecc_corrected;
	/** @ecc_uncorrected: likewise with one that cannot */
	atomic_t ecc_uncorrected;
	/** @counters: what it says of its counters: 0 the truth, 1 ones, 2 zeros */
	u32 counters;
	/** @error: LIMEN_HW_REG_ERROR_CAUSE and the four that follow */
	u32 error[5];
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
	/** @work: vectors and rows, under @busy */
	struct core_work work;
	/** @entry: what is being executed, likewise */
	struct core_entry entry;
	/** @held: an entry to answer after the next one */
	struct core_entry held;
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

	/** @lock: protects @core and @rings; taken in any context */
	spinlock_t lock;
	/** @counting: protects counters of @core; raw, since perf reads them */
	raw_spinlock_t counting;
	/** @core: registers, rings, and how much card memory there is */
	struct core_board core;
	/** @rings: what else there is of the rings */
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

static inline struct emu *core_to_emu(struct core_board *core)
{
	return container_of(core, struct emu, core);
}

/* emu.c */
extern struct dentry *emu_debugfs_root;
void emu_write_now(struct emu *emu, u32 reg, u32 value);
void emu_halt(struct emu *emu);
void emu_unhalt(struct emu *emu);

/* bus.c */
bool emu_dma_valid(struct emu *emu, u64 address, size_t size);
bool emu_dma_allowed(const struct emu *emu);
int emu_dma_read(struct emu *emu, u64 address, void *to, size_t size);
int emu_dma_write(struct emu *emu, u64 address, const void *from, size_t size);
void emu_dma_set(struct emu *emu, bool allowed);
void emu_bus_write(struct emu *emu, u32 reg, u32 value);
void emu_bus_push(struct emu *emu);
void emu_linger_note(struct emu *emu);
void emu_linger_begin(struct emu *emu);
bool emu_linger_end(struct emu *emu);
void emu_bus_init(struct emu *emu);
void emu_bus_fini(struct emu *emu);

/* ring.c */
void emu_core_raise(struct core_board *core, u32 bits);
bool emu_ring_pending(struct emu *emu, unsigned int ring);
bool emu_ring_fetch(struct emu *emu, unsigned int ring,
		    struct core_entry *entry);
bool emu_ring_live(struct emu *emu, unsigned int ring,
		   const struct core_entry *entry);
void emu_ring_lose(struct emu *emu, unsigned int ring,
		   const struct core_entry *entry);
void emu_ring_complete(struct emu *emu, unsigned int ring,
		       const struct core_entry *entry,
		       struct limen_hw_cqe *cqe);
void emu_ring_account(struct emu *emu, unsigned int ring,
		      const struct core_entry *entry, struct core_work *work);
bool emu_ring_busy(struct emu *emu, unsigned int ring);
void emu_ring_write(struct emu *emu, unsigned int ring, u32 offset, u32 value);
void emu_fatal(struct emu *emu);

/* engine.c */
extern const struct core_ops emu_core_ops;
int emu_engines_init(struct emu *emu);
void emu_engines_fini(struct emu *emu);
void emu_engine_kick(struct emu *emu, unsigned int ring);
bool emu_engine_busy(struct emu *emu, unsigned int ring);
void emu_engines_reset(struct emu *emu);

/* faults.c */
void emu_faults_init(struct emu *emu);
void emu_faults_fini(struct emu *emu);
bool emu_fault_due(struct emu *emu, atomic_t *knob);
void emu_fault_entry(struct emu *emu, struct limen_hw_sqe *sqe);
void emu_fault_completion(struct emu *emu, struct limen_hw_cqe *cqe);
bool emu_memory_sound(struct emu *emu, u64 address);

#endif /* LIMEN_EMU_H */
