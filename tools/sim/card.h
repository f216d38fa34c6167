/* SPDX-License-Identifier: MIT */
/*
 * A Limen board on PCI Express as a process: a card for virtual machines.
 *
 * It has no sensors, and a camera if it has a processor. One thread does everything. It is as unkind as PCI
 * Express allows: what is written arrives late, entries are fetched and answered in any
 * order, and interrupts tell of events, not of states.
 */
#ifndef LIMEN_CARD_H
#define LIMEN_CARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <core/core.h>

#include "shell_model.h"

#define CARD_BARS	6
#define CARD_BAR_REGS	0
#define CARD_BAR_MEM	2
#define CARD_BAR_MSIX	4

#define CARD_CONFIG_SIZE	4096

/* MSI-X vectors, at most. */
#define CARD_VECTORS	LIMEN_HW_VECTORS

/* EXPRESS and SCAN. */
#define CARD_RINGS	2

/*
 * The card's temper: a vendor-specific capability of configuration space, which a
 * test reaches through sysfs. Offsets in it, 32 bits each, read and written; only
 * switching the card on puts them back.
 */
#define CARD_KNOBS		0xa0
#define   CARD_KNOBS_SIZE	0x60
#define CARD_KNOB_DELAY		0x04 /* milliseconds an entry takes longer */
#define CARD_KNOB_FATAL		0x08 /* entries that it cannot go on after */
#define CARD_KNOB_STUCK		0x0c /* RESET does not end ... */
#define   CARD_STUCK_RESET	1    /* ... until the function is reset */
#define   CARD_STUCK_FUNCTION	2    /* ... nor then */
#define CARD_KNOB_ID		0x10 /* LIMEN_HW_REG_ID */
#define CARD_KNOB_MEM_MIB	0x14 /* LIMEN_HW_REG_MEM_SIZE */
#define CARD_KNOB_REFUSED	0x18 /* accesses to host memory refused so far */
#define CARD_KNOB_RESETS	0x1c /* of the function so far */
#define CARD_KNOB_GONE		0x20 /* pulled out: reads as ones, does nothing */
#define CARD_KNOB_FICKLE	0x24 /* bit n: each second read of register 4 n lies */
#define CARD_KNOB_DEFIANT	0x28 /* goes on writing in a reset that is stuck */
#define CARD_KNOB_STRAYS	0x2c /* how often it has, so far */
#define CARD_KNOB_STRAYED	0x30 /* milliseconds since it last has, or ones */
#define CARD_KNOB_HALTED	0x34 /* until the next reset its processor ... */
#define   CARD_HALTED_STOPPED	1    /* ... does nothing */
#define   CARD_HALTED_BEATING	2    /* ... does nothing but to say that it is alive */
#define   CARD_HALTED_WATCHED	3    /* ... does nothing, for which the watchdog resets the board */
#define CARD_KNOB_MUTE		0x38 /* its processor's transfers that the bus does not answer */
#define CARD_KNOB_WIPED		0x3c /* pages that its engine has wiped so far */
#define CARD_KNOB_WIPE_STUCK	0x40 /* wiping does not go on */
#define CARD_KNOB_CORRECTED	0x54 /* reads of card memory with an error that can be corrected */
#define CARD_KNOB_UNCORRECTED	0x58 /* likewise with one that cannot */
#define CARD_KNOB_LOSE		0x5c /* bit n: vector n never arrives */

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
 */
struct card_vector {
	int irq;
	bool held;
	int64_t next_ns;
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
 */
struct card_ring {
	struct core_entry entries[CARD_AHEAD];
	unsigned int fetched;
	bool busy;
	int64_t due_ns;
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
 * @seed: of all that is random, not 0
 * @shell: its processor; without a ROM there is none
 */
struct card_options {
	unsigned int regs;
	unsigned int mem_mib;
	unsigned int vectors;
	bool fickle;
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
/* Whether it does anything at all. */
bool card_works(const struct card *card);

/* config.c */
void config_reset(struct card *card);
void config_read(struct card *card, uint64_t at, void *to, size_t size);
void config_write(struct card *card, uint64_t at, const void *from,
		  size_t size);
uint32_t config_knob(const struct card *card, unsigned int knob);
void config_knob_set(struct card *card, unsigned int knob, uint32_t value);
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
/* Reads multiples of CARD_PIECE, in any order; false: an access was refused. */
bool dma_read(struct card *card, uint64_t address, void *to, size_t size);

/* post.c */
uint32_t post_random(struct card *card);
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

/* memory.c: whether what is read from card memory can be believed, or the card goes no further. */
bool memory_sound(struct card *card, uint64_t address);

/* vector.c */
/* An event of the board's. */
void vector_event(struct card *card, unsigned int number);
/* Nanoseconds until one that is held is due, or -1. */
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
