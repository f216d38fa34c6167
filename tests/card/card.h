/* SPDX-License-Identifier: MIT */
/*
 * A Limen board on PCI Express as a process: a card for virtual machines.
 *
 * It has neither camera nor sensors. One thread does everything, so what stops a
 * ring has stopped it when it returns.
 */
#ifndef TEST_CARD_H
#define TEST_CARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <limen/hw.h>
#include <limen/template.h>

#define CARD_BARS	6
#define CARD_BAR_REGS	0
#define CARD_BAR_MEM	2
#define CARD_BAR_MSIX	4

#define CARD_CONFIG_SIZE	4096

/* EXPRESS and SCAN. */
#define CARD_RINGS	2

/*
 * The card's temper: a vendor-specific capability of configuration space, which a
 * test reaches through sysfs. Offsets in it, 32 bits each, read and written; only
 * switching the card on puts them back.
 */
#define CARD_KNOBS		0xa0
#define   CARD_KNOBS_SIZE	0x24
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

/* What card memory is full of after a reset of the function. */
#define CARD_GARBAGE	0xd5

/* Areas of guest memory that can be mapped at once. */
#define CARD_AREAS	256

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
 * struct card_ring - the card's half of a ring
 * @sq: bus address of the submission queue
 * @cq: bus address of the completion queue
 * @size_log2: log2 of the entries in either
 * @enabled: between a write of 1 to ENABLE and one of 0, or a reset
 * @sq_head: entries ever fetched
 * @sq_tail: entries ever submitted
 * @cq_head: entries ever consumed
 * @cq_tail: completions ever written
 * @sqe: the entry being executed, a copy of the card's own
 * @busy: there is one
 * @due_ns: when it is answered at the earliest
 * @stall_ns: time spent on fetching vectors since the reset
 * @stall_high: its upper half when the lower one was last read
 */
struct card_ring {
	uint64_t sq;
	uint64_t cq;
	uint32_t size_log2;
	bool enabled;
	uint32_t sq_head;
	uint32_t sq_tail;
	uint32_t cq_head;
	uint32_t cq_tail;
	struct limen_hw_sqe sqe;
	bool busy;
	int64_t due_ns;
	uint64_t stall_ns;
	uint32_t stall_high;
};

/**
 * struct card - the card
 * @bar_size: bytes of each BAR, or 0
 * @config: configuration space
 * @areas: guest memory
 * @area_count: number of @areas
 * @irq: eventfd of the one vector, or -1
 * @mem: card memory, BAR 2
 * @mem_fd: the same for who maps it
 * @mem_size: its bytes
 * @control: LIMEN_HW_REG_CONTROL
 * @status: LIMEN_HW_REG_STATUS
 * @irq_status: LIMEN_HW_REG_IRQ_STATUS
 * @irq_enable: LIMEN_HW_REG_IRQ_ENABLE
 * @rings: by LIMEN_HW_RING_*
 */
struct card {
	uint64_t bar_size[CARD_BARS];
	struct card_config config;
	struct card_area areas[CARD_AREAS];
	unsigned int area_count;
	int irq;
	uint8_t *mem;
	int mem_fd;
	uint64_t mem_size;
	uint32_t control;
	uint32_t status;
	uint32_t irq_status;
	uint32_t irq_enable;
	struct card_ring rings[CARD_RINGS];
};

/**
 * struct card_options - what is on the card
 * @regs: bytes of BAR 0
 * @mem_mib: MiB of its memory, or 0 for none
 * @msix: its interrupts are MSI-X, and not none
 */
struct card_options {
	unsigned int regs;
	unsigned int mem_mib;
	bool msix;
};

/* card.c: 0 or a negative errno. */
int card_init(struct card *card, const struct card_options *options);
/* As after switching it on: nobody is connected. */
void card_switch_on(struct card *card);
/* The means of PCI: rings, registers and configuration space as at first. */
void card_reset_function(struct card *card);
uint32_t card_read(struct card *card, uint64_t reg);
void card_write(struct card *card, uint64_t reg, uint32_t value);
/* Interrupts for @bits of LIMEN_HW_REG_IRQ_STATUS, besides what is pending. */
void card_raise(struct card *card, uint32_t bits);
void card_fatal(struct card *card);
/* Whether it does anything at all. */
bool card_works(const struct card *card);

/* config.c */
void config_reset(struct card *card);
void config_read(const struct card *card, uint64_t at, void *to, size_t size);
void config_write(struct card *card, uint64_t at, const void *from,
		  size_t size);
uint32_t config_knob(const struct card *card, unsigned int knob);
void config_knob_set(struct card *card, unsigned int knob, uint32_t value);
bool config_masters_bus(const struct card *card);
bool config_interrupts(const struct card *card);

/* dma.c: 0 or a negative errno. */
int dma_map(struct card *card, const struct card_area *area);
int dma_unmap(struct card *card, uint64_t address, uint64_t size);
void dma_unmap_all(struct card *card);
/* Where @size bytes of guest memory are, or NULL: the access is refused. */
void *dma_at(struct card *card, uint64_t address, size_t size, bool write);

/* ring.c */
uint32_t ring_read(struct card *card, unsigned int index, uint32_t reg);
void ring_write(struct card *card, unsigned int index, uint32_t reg,
		uint32_t value);
void ring_reset(struct card_ring *ring);
/* One step of a ring's work: nanoseconds until the next, or -1 for none. */
int64_t ring_step(struct card *card, unsigned int index);

/* engine.c: executes a ring's entry. The status; @cqe gets the rest. */
uint16_t engine_execute(struct card *card, struct card_ring *ring,
			struct limen_hw_cqe *cqe);

#endif /* TEST_CARD_H */
