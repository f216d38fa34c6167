/* SPDX-License-Identifier: MIT */
/*
 * A Limen board on PCI Express as a process: a card for virtual machines.
 *
 * It has a camera if it has a processor, and sensors if a knob says so. One thread does
 * everything. It is as unkind as PCI Express allows: what is written arrives late, entries
 * are fetched and answered in any order, and interrupts tell of events, not of states.
 */
#ifndef LIMEN_CARD_H
#define LIMEN_CARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <core/core.h>

#include "knobs.h"
#include "shell_model.h"
#include "stats.h"

#define CARD_BARS	6
#define CARD_BAR_REGS	0
#define CARD_BAR_MEM	2
#define CARD_BAR_MSIX	4

#define CARD_CONFIG_SIZE	4096

/* MSI-X vectors, at most. */
#define CARD_VECTORS	LIMEN_HW_VECTORS

/* EXPRESS and SCAN. */
#define CARD_RINGS	2

/* What card memory is full of during a reset of the function, and after it. */
#define CARD_GARBAGE_DURING	0x2a
#define CARD_GARBAGE		0xd5

/* Areas of guest memory that can be mapped at once. */
#define CARD_AREAS_MAX	(1u << 16)

/* Bytes that are read and written at once: half of the smallest payload of PCIe. */
#define CARD_PIECE	64

/* Entries that are fetched before the first one is executed. */
#define CARD_AHEAD	8

/*
 * Writes on their way, of each direction; and room for them without which no entry is
 * executed: for its rows, and for those answers that come when all entries fetched are
 * given up.
 */
#define CARD_POSTS	2048
#define CARD_POST_BYTES	CARD_PIECE
#define CARD_POSTS_MAX	(LIMEN_HW_TOP_K_MAX * sizeof(struct limen_hw_row) / \
			 CARD_POST_BYTES + 8 * CARD_AHEAD)

/* Places that a defiant card remembers. */
#define CARD_TARGETS	8

/**
 * struct card_area - guest memory that the card reaches
 * @address: bus address
 * @size: bytes
 * @at: where it is mapped here
 * @writable: the card may write to it
 */
struct card_area {
	uint64_t address;
	uint64_t size;
	uint8_t *at;
	bool writable;
};

/**
 * struct card_post - a write on its way
 * @due_ns: when it arrives at the latest
 * @address: register, bus address, or number of the vector
 * @value: for the register
 * @size: of @bytes; 0: it is an interrupt
 * @bytes: for host memory
 */
struct card_post {
	int64_t due_ns;
	uint64_t address;
	uint32_t value;
	size_t size;
	uint8_t bytes[CARD_POST_BYTES];
};

/**
 * struct card_posts - the writes on their way in one direction
 * @posts: a ring of them
 * @first: index of the one that arrives first
 * @count: number of them
 * @last_ns: when the last one arrives
 */
struct card_posts {
	struct card_post posts[CARD_POSTS];
	unsigned int first;
	unsigned int count;
	int64_t last_ns;
};

/**
 * struct card_vector - a vector
 * @irq: its eventfd, or -1
 * @held: it is to interrupt
 * @next_ns: when it may at the earliest
 * @late_ns: when one arrives that is late, or 0
 */
struct card_vector {
	int irq;
	bool held;
	int64_t next_ns;
	int64_t late_ns;
};

/**
 * struct card_target - where a defiant card writes to
 * @address: bus address
 * @size: bytes, or 0
 */
struct card_target {
	uint64_t address;
	uint64_t size;
};

/**
 * struct card_config - configuration space
 * @value: what is read
 * @writable: bits that are written
 * @clearable: bits that are cleared by writing ones
 */
struct card_config {
	uint8_t value[CARD_CONFIG_SIZE];
	uint8_t writable[CARD_CONFIG_SIZE];
	uint8_t clearable[CARD_CONFIG_SIZE];
};

/**
 * struct card_ring - what the card does about the entries of a ring
 * @entries: entries fetched and not answered, the next one last
 * @fetched: number of @entries
 * @busy: the last of them is being executed
 * @due_ns: when it is answered at the earliest
 * @slow_ns: how much of that is due to slow memory
 */
struct card_ring {
	struct core_entry entries[CARD_AHEAD];
	unsigned int fetched;
	bool busy;
	int64_t due_ns;
	int64_t slow_ns;
};

/**
 * struct card_wipe - what the engine does that zeroes card memory
 * @page: LIMEN_HW_REG_WIPE_PAGE
 * @pages: LIMEN_HW_REG_WIPE_PAGES
 * @number: of what is under way, or 0
 * @done: LIMEN_HW_REG_WIPE_DONE
 * @at: bytes that have been zeroed of it
 * @start_ns: when it began
 */
struct card_wipe {
	uint32_t page;
	uint32_t pages;
	uint32_t number;
	uint32_t done;
	uint64_t at;
	int64_t start_ns;
};

/**
 * struct card - the card
 * @bar_size: bytes of each BAR, or 0
 * @config: configuration space
 * @knobs: by enum card_knob
 * @areas: guest memory, by rising address
 * @area_count: number of @areas
 * @area_room: how many there is room for
 * @random: state of the generator
 * @to_card: writes to its registers that have not arrived
 * @to_host: its writes and interrupts that have not arrived
 * @targets: where it writes to if it is defiant
 * @next_target: the next of them to be replaced, modulo their number
 * @defies: it is stuck in a reset that it does not mind
 * @defies_next_ns: when it writes there again
 * @strayed_ns: when it last wrote there, or 0
 * @resets_ns: when the reset of the function under way is over, or 0
 * @reads: how often each register has been read since it became fickle
 * @hostile_random: state of the generator of lies
 * @stats: what it has done
 * @vectors: its interrupts
 * @vector_count: how many it has
 * @mem: card memory, BAR 2
 * @mem_fd: the same for who maps it
 * @wipe: the engine that zeroes it, if there is a processor
 * @shell: the processor and what is around it, or NULL: @core does what it would do
 * @core: registers, rings, and how much memory there is; of a card with a processor,
 *	interrupts and where rings are
 * @rings: entries, by LIMEN_HW_RING_*
 * @work: what executing one needs
 * @rows: of @work
 */
struct card {
	uint64_t bar_size[CARD_BARS];
	struct card_config config;
	uint32_t knobs[CARD_KNOB_COUNT];
	struct card_area *areas;
	unsigned int area_count;
	unsigned int area_room;
	uint64_t random;
	struct card_posts to_card;
	struct card_posts to_host;
	struct card_target targets[CARD_TARGETS];
	unsigned int next_target;
	bool defies;
	int64_t defies_next_ns;
	int64_t strayed_ns;
	int64_t resets_ns;
	unsigned int reads[16];
	uint64_t hostile_random;
	struct card_stats stats;
	struct card_vector vectors[CARD_VECTORS];
	unsigned int vector_count;
	uint8_t *mem;
	int mem_fd;
	struct card_wipe wipe;
	struct shell *shell;
	struct core_board core;
	struct card_ring rings[CARD_RINGS];
	struct core_work work;
	struct core_row rows[LIMEN_HW_TOP_K_MAX];
};

/**
 * struct card_options - what is on the card
 * @regs: bytes of BAR 0
 * @mem_mib: MiB of its memory, or 0 for none
 * @vectors: of MSI-X, or 0: it cannot interrupt
 * @fickle: each second read of what it is, is a lie, from the beginning
 * @hostile: CARD_HOSTILE_* from the beginning
 * @seed: of all that is random, not 0
 * @shell: its processor; without a ROM there is none
 */
struct card_options {
	unsigned int regs;
	unsigned int mem_mib;
	unsigned int vectors;
	bool fickle;
	uint32_t hostile;
	uint64_t seed;
	struct shell_options shell;
};

/* card.c: 0 or a negative errno. */
int card_init(struct card *card, const struct card_options *options);
void card_free(struct card *card);
/* As after switching it on: nobody is connected. */
void card_switch_on(struct card *card, const struct card_options *options);
/* The means of PCI: rings, registers and configuration space as at first. */
void card_reset_function(struct card *card);
/* A reset by register, or the same by the card's own watchdog. */
void card_reset(struct card *card);
/* Nanoseconds until the reset of the function under way is over, or -1. */
int64_t card_reset_step(struct card *card, bool at_once);
uint32_t card_read(struct card *card, uint64_t reg);
void card_write(struct card *card, uint64_t reg, uint32_t value);
/* Registers of interrupts and of memory's errors: the core's, or simulated gateware's. */
bool card_has_in_core(uint32_t reg);
/* Whether it has been pulled out. */
bool card_is_gone(const struct card *card);
/* A job begins, which may be the card's last. */
void card_begins_job(struct card *card);
/* Whether it does anything at all. */
bool card_works(const struct card *card);

/* config.c */
void config_reset(struct card *card);
void config_read(struct card *card, uint64_t at, void *to, size_t size);
void config_write(struct card *card, uint64_t at, const void *from,
		  size_t size);
bool config_masters_bus(const struct card *card);
bool config_interrupts(const struct card *card);
/* Whether it is in D3hot, in which there is only configuration space. */
bool config_sleeps(const struct card *card);

/* dma.c: 0 or a negative errno. */
int dma_map(struct card *card, const struct card_area *area);
void dma_unmap(struct card *card, uint64_t address, uint64_t last);
/* Where @size bytes of guest memory within a page are, or NULL. */
void *dma_peek(struct card *card, uint64_t address, size_t size, bool write);
/* The same, but NULL counts as an access that was refused. */
void *dma_at(struct card *card, uint64_t address, size_t size, bool write);
/* Whether @size bytes, at least one, can be written, or it counts likewise. */
bool dma_reaches(struct card *card, uint64_t address, size_t size);
/* Reads multiples of CARD_PIECE, in any order; false: an access was refused, or is to be. */
bool dma_read(struct card *card, uint64_t address, void *to, size_t size);

/* post.c */
uint32_t post_random(struct card *card);
/* The next of a generator whose state is not 0. */
uint32_t random_next(uint64_t *state);
void post_register(struct card *card, uint64_t reg, uint32_t value);
void post_memory(struct card *card, uint64_t address, const void *from,
		 size_t size);
void post_interrupt(struct card *card, unsigned int vector);
/* Whether there is room for an entry's answer, and whether anything is under way. */
bool post_has_room(const struct card *card);
bool post_pending(const struct card *card);
/* What was written to the card's registers arrives. */
void post_flush_to_card(struct card *card);
/* Likewise, and after it what the card has written, if it is the bus's master. */
void post_flush(struct card *card);
/* What the card has written, or the first of it, arrives; the rest never does. */
void post_stop(struct card *card);
/* None of it does. */
void post_drop(struct card *card);
/* What is due arrives. */
void post_deliver(struct card *card);
/* Nanoseconds until something is due, or -1 for nothing. */
int64_t post_wait(const struct card *card);

/* What a knob is at, and putting it there, by the card itself: knobs.h has the rest. */
static inline uint32_t knob_at(const struct card *card, enum card_knob knob)
{
	return card->knobs[knob];
}

static inline void knob_set(struct card *card, enum card_knob knob, uint32_t value)
{
	card->knobs[knob] = value;
}

/* defy.c */
/* Memory is taken away: it counts as refused if the card can still write there. */
void defy_unmap(struct card *card, uint64_t address, uint64_t last);
/* A place it writes to, and all places it knows at a reset. */
void defy_remember(struct card *card, uint64_t address, size_t size);
void defy_reset(struct card *card);
int64_t defy_step(struct card *card);
/* Milliseconds since it last wrote there, or UINT32_MAX if it never has. */
uint32_t defy_strayed_ms(const struct card *card);

/* ring.c */
/* A stopped ring has no entries. */
void ring_forget(struct card_ring *ring);
/* One step of a ring's work: nanoseconds until the next, or -1 for none. */
int64_t ring_step(struct card *card, unsigned int index);

/* traffic.c: what of the rings goes over the bus, to be counted, or altered */
/* Whether a read of the host's memory is one that is to be refused. */
bool traffic_refused(struct card *card, uint64_t address);
/* What has been read, or is about to be written. */
void traffic_in(struct card *card, uint64_t address, void *bytes, size_t size);
void traffic_out(struct card *card, uint64_t address, void *bytes, size_t size);

/* hostile.c: lies, if it is a liar about such things */
/* One in so many of what there may be lies about, unless it is told otherwise. */
#define HOSTILE_ONE_IN	16
uint32_t hostile_register(struct card *card, uint64_t reg, uint32_t value);
void hostile_answer(struct card *card, unsigned int ring,
		    struct limen_hw_cqe *cqe);
void hostile_entry(struct card *card, struct limen_hw_sqe *sqe);
void hostile_result(struct card *card, void *bytes, size_t size);
/* How often an interrupt comes instead of once. */
unsigned int hostile_interrupts(struct card *card);
/* Where to write to beside what it ought to; false: nowhere. */
bool hostile_stray(struct card *card, uint64_t *address);
/* memory.c: whether what is read from card memory can be believed, or the card goes no further. */
bool memory_sound(struct card *card, uint64_t address);

/* Of two times until something is due, -1 for never. */
static inline int64_t sooner(int64_t one, int64_t other)
{
	return one < 0 || (other >= 0 && other < one) ? other : one;
}

/* vector.c */
/* An event of the board's, which is not held if it is urgent. */
void vector_event(struct card *card, unsigned int number, bool urgent);
/* Nanoseconds until one that is held or late is due, or -1. */
int64_t vector_step(struct card *card);
/* None is held any more. */
void vector_forget(struct card *card);
/* The interrupt arrives at the host. */
void vector_arrive(struct card *card, unsigned int number);
/* Has it arrive at an eventfd, which is the vector's from now on, or nowhere (-1). */
void vector_connect(struct card *card, unsigned int number, int irq);

/* wipe.c */
/* Whether a register of the host's is the engine's. */
bool wipe_read(struct card *card, uint32_t reg, uint32_t *value);
bool wipe_write(struct card *card, uint32_t reg, uint32_t value);
void wipe_forget(struct card *card);
/* Nanoseconds until it has done what it is about, or -1. */
int64_t wipe_step(struct card *card);

/* engine.c: what the core asks of the card. */
extern const struct core_ops engine_ops;

#endif /* LIMEN_CARD_H */
