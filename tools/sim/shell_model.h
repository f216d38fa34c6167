/* SPDX-License-Identifier: MIT */
/*
 * The gateware around the card's processor, as firmware/shell.h has it, and the processor
 * itself. A card without one does the same by calling firmware/core directly.
 */
#ifndef LIMEN_SHELL_MODEL_H
#define LIMEN_SHELL_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct card;
struct shell;

/**
 * struct shell_options - what is fixed when the board is made
 * @rom: file of the ROM's code
 * @board_type: LIMEN_HW_REG_BOARD_TYPE
 * @security_floor: LIMEN_HW_REG_SECURITY_FLOOR
 * @scene: file of what the camera sees, or NULL
 */
struct shell_options {
	const char *rom;
	uint32_t board_type;
	uint32_t security_floor;
	const char *scene;
};

/* rom.c: the file, which has to be shorter than @size: 0 or a negative errno. */
int rom_load(const char *path, uint8_t *rom, size_t size);
/* 0 or a negative errno. */
int shell_init(struct card *card, const struct shell_options *options);
/* Wipes it, too. */
void shell_free(struct card *card);
/* The processor's memory, SHELL_SRAM_SIZE bytes. */
const uint8_t *shell_sram(const struct card *card);
/* How long a ring has waited for memory since the reset. */
uint64_t shell_stall_ns(const struct card *card, unsigned int ring);
/* Wipes and forgets everything; the processor begins in the ROM when it is told to go. */
void shell_reset_begin(struct card *card);
void shell_reset_end(struct card *card);
/* Registers of the host, but those that say who the card is, and of interrupts. */
uint32_t shell_read(struct card *card, uint32_t reg);
void shell_write(struct card *card, uint32_t reg, uint32_t value);
/* A store of the processor's, 32 bits; false: it traps. */
bool shell_store(struct card *card, uint32_t address, uint32_t value);
/* The board cannot go on: STATUS says so. */
void shell_fatal(struct card *card);
/* Whether a frame may still be written to some of these addresses. */
bool shell_writes_to(const struct card *card, uint64_t address, uint64_t last);
/* What the processor and the sensor do next: nanoseconds until it goes on, or -1 if it waits. */
int64_t shell_step(struct card *card);

#endif /* LIMEN_SHELL_MODEL_H */
