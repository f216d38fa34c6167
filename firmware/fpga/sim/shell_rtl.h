/* SPDX-License-Identifier: MIT */
/*
 * The gateware of a board (firmware/fpga/rtl/shell.v) as a library: simulated by cycles, between
 * a processor, a host and a card memory that are the caller's.
 *
 * Several boards may exist at once. A board is used by one thread at a time. It advances when
 * it is told to, and with each access to it; time, which does not pass by itself, is set.
 */
#ifndef SHELL_RTL_H
#define SHELL_RTL_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct shell_rtl;

/* What becomes of a read of host memory. */
enum shell_rtl_answer {
	SHELL_RTL_ANSWERED,
	SHELL_RTL_REFUSED,	/* an error is the answer */
	SHELL_RTL_LOST,		/* none ever comes */
};

/* How a beat of card memory is when it is read. */
enum shell_rtl_memory {
	SHELL_RTL_SOUND,
	SHELL_RTL_CORRECTED,	/* it had an error, and is right */
	SHELL_RTL_BROKEN,	/* it is wrong, and the controller knows */
};

/**
 * struct shell_rtl_host - what the board does to its host
 * @read: reads @size bytes at @address into @to
 * @has_room: whether the next write or interrupt is taken
 * @write: a word is written, the last one of a transfer or not
 * @interrupt: a message of MSI-X, by this vector
 */
struct shell_rtl_host {
	enum shell_rtl_answer (*read)(void *context, uint64_t address, void *to,
				      unsigned int size);
	bool (*has_room)(void *context);
	void (*write)(void *context, uint64_t address, uint32_t word, bool last);
	void (*interrupt)(void *context, unsigned int vector);
};

/**
 * struct shell_rtl_config - what is around the gateware
 * @memory: card memory, the caller's, which outlives the board
 * @memory_bytes: bytes of it, a multiple of 1 MiB, at most 4 GiB
 * @memory_blank: it is zero already, so that nothing wipes it after power on
 * @latency: cycles from a read of it to its answer, at least 1
 * @bandwidth: in how many of 1000 cycles, at random, its port accepts a request
 * @seed: of what is random, registers before the reset included
 * @board_type: LIMEN_HW_REG_BOARD_TYPE
 * @security_floor: LIMEN_HW_REG_SECURITY_FLOOR
 * @memory_state: how the beat at @address is that is being read; NULL: all are sound
 * @host: the host
 * @host_latency: most cycles from a read of it to its answer; it is random, and so is
 *	the order
 * @context: for @memory_state and @host
 */
struct shell_rtl_config {
	uint8_t *memory;
	uint64_t memory_bytes;
	bool memory_blank;
	uint32_t latency;
	uint32_t bandwidth;
	uint32_t seed;
	uint32_t board_type;
	uint32_t security_floor;
	enum shell_rtl_memory (*memory_state)(void *context, uint64_t address);
	struct shell_rtl_host host;
	uint32_t host_latency;
	void *context;
};

/* A board in its power-on reset. NULL: no memory for it. */
struct shell_rtl *shell_rtl_create(const struct shell_rtl_config *config);
void shell_rtl_destroy(struct shell_rtl *rtl);

unsigned int shell_rtl_lanes(void);
/* Advances by @cycles. */
void shell_rtl_run(struct shell_rtl *rtl, uint64_t cycles);
uint64_t shell_rtl_cycles(const struct shell_rtl *rtl);
/* Nanoseconds since power on; it never falls. */
void shell_rtl_time(struct shell_rtl *rtl, uint64_t ns);
/* Whether the bus, memory or a reset has something under way. */
bool shell_rtl_busy(const struct shell_rtl *rtl);

/* Resets, by power or of the function; the host's is a write to CONTROL. */
void shell_rtl_power(struct shell_rtl *rtl);
void shell_rtl_function_reset(struct shell_rtl *rtl);
/* Whether the memory's controller works. While it does not, no reset ends. */
void shell_rtl_memory_good(struct shell_rtl *rtl, bool good);
/* Whether the processor may run. */
bool shell_rtl_ready(const struct shell_rtl *rtl);
/* Advances until it may. false: not within @cycles. */
bool shell_rtl_wait_ready(struct shell_rtl *rtl, uint64_t cycles);

/* The processor's bus: offsets from SHELL_REGS_ADDRESS, the file's from 0x1000 on. */
uint32_t shell_rtl_load(struct shell_rtl *rtl, uint32_t offset);
void shell_rtl_store(struct shell_rtl *rtl, uint32_t offset, uint32_t value);
/* Its interrupts. */
bool shell_rtl_external(const struct shell_rtl *rtl);
bool shell_rtl_timer(const struct shell_rtl *rtl);
/* SRAM by its port: a word, and of a write, some of its bytes. */
uint32_t shell_rtl_sram_read(struct shell_rtl *rtl, uint32_t offset);
void shell_rtl_sram_write(struct shell_rtl *rtl, uint32_t offset, uint32_t value,
			  unsigned int bytes);
/* All of SRAM, as a processor that is simulated otherwise reaches it. */
uint8_t *shell_rtl_sram(struct shell_rtl *rtl);

/* The host's bus. false: the board makes it wait, and nothing has happened. */
bool shell_rtl_host_read(struct shell_rtl *rtl, uint32_t reg, uint32_t *value);
bool shell_rtl_host_write(struct shell_rtl *rtl, uint32_t reg, uint32_t value);
/* Whether the board may master it. */
void shell_rtl_master(struct shell_rtl *rtl, bool master);
/* Whether each answer of the host's comes once more right after it. */
void shell_rtl_repeat_answers(struct shell_rtl *rtl, bool repeat);
/* Answers that the board did not expect, at most 255. */
unsigned int shell_rtl_unexpected(const struct shell_rtl *rtl);

/* Bytes that have been written to card memory. */
uint64_t shell_rtl_written(const struct shell_rtl *rtl);

#ifdef __cplusplus
}
#endif

#endif /* SHELL_RTL_H */
