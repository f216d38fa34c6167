/* SPDX-License-Identifier: MIT */
/* The card's host, without a machine around it: memory, and a driver's first steps. */
#ifndef TEST_SIM_HOST_H
#define TEST_SIM_HOST_H

#include <card.h>

/* Where host memory is on the bus, and what is in it. */
#define HOST_ADDRESS	0x100000
#define HOST_SIZE	(5u << 20)
#define HOST_SQ(ring)	(HOST_ADDRESS + 0x10000 * (ring))
#define HOST_CQ(ring)	(HOST_ADDRESS + 0x10000 * (ring) + 0x8000)
#define HOST_RESULT	(HOST_ADDRESS + 0x40000)
#define HOST_PROBE	(HOST_ADDRESS + 0x80000)
#define HOST_REFERENCE	(HOST_ADDRESS + 0x81000)
/* Room for a frame each, and what is in it before; the last one ends with memory. */
#define HOST_FRAMES	3
#define HOST_FRAME_SIZE	(640 * 480 * 3)
#define HOST_FRAME(i)	(HOST_ADDRESS + HOST_SIZE - \
			 (HOST_FRAMES - (i)) * (uint64_t)HOST_FRAME_SIZE)

/* Entries of a ring, as a power of two. */
#define HOST_LOG2	4

#define HOST_BOARD_TYPE	1
#define HOST_FLOOR	1

/**
 * struct host - the host of a card
 * @card: the card
 * @memory: at HOST_ADDRESS on the bus
 * @scene: path of what its camera sees; there is no such file at first
 * @image: a firmware image
 * @image_size: its bytes
 * @submitted: entries, of each ring
 * @consumed: answers, of each ring
 */
struct host {
	struct card card;
	uint8_t *memory;
	char scene[64];
	uint8_t *image;
	size_t image_size;
	uint32_t submitted[LIMEN_HW_RINGS];
	uint32_t consumed[LIMEN_HW_RINGS];
};

extern struct host host;

/* A card with a processor, reset, that masters the bus; and the firmware's image. */
void host_make(void);
void host_free(void);
void *host_at(uint64_t address);
uint32_t host_read(uint32_t reg);
void host_write(uint32_t reg, uint32_t value);
/* Has the card work until a register has a value; false: it has not in time. */
bool host_wait(uint32_t reg, uint32_t value);
/* Has the card work for a while. */
void host_run_ms(unsigned int ms);
/* Resets it, puts the image into card memory and says so: what the ROM makes of it. */
enum limen_hw_boot_state host_boot(const void *image, size_t size);
/* From the reset to enabled rings; asserts that all goes well. */
void host_start(void);
/* Sets a ring up, from its first entry on. */
void host_start_ring(unsigned int ring);
/* Puts an entry into a ring, with the doorbell; and takes the next answer. */
void host_submit(unsigned int ring, const struct limen_hw_sqe *sqe);
bool host_answer(unsigned int ring, struct limen_hw_cqe *cqe);
/* Whether there is an answer that has not been taken. */
bool host_answered(unsigned int ring);

#endif /* TEST_SIM_HOST_H */
