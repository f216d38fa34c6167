/* SPDX-License-Identifier: MIT */
/* An engine by its registers: the program of tools/sim, or the gateware. */
#ifndef TEST_SIM_ENGINE_H
#define TEST_SIM_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

/* Whole MiB, as card memory has. */
#define ENGINE_MEMORY	(2u << 20)

/**
 * struct engine - an engine with its memories
 * @name: its name
 * @memory: card memory, ENGINE_MEMORY bytes
 * @create: makes it; false: it cannot be made
 * @destroy: ends it
 * @sram: where the processor's memory is
 * @read: SHELL_ENGINE_*
 * @write: likewise
 * @go: SHELL_ENGINE_COMPARE, ...
 * @step: goes on for a moment
 * @reset: resets it
 * @keeps_vectors: whether it holds any; NULL: it reads them where they are
 */
struct engine {
	const char *name;
	uint8_t *memory;
	bool (*create)(void);
	void (*destroy)(void);
	uint8_t *(*sram)(void);
	uint32_t (*read)(uint32_t reg);
	void (*write)(uint32_t reg, uint32_t value);
	void (*go)(uint32_t what);
	void (*step)(void);
	void (*reset)(void);
	bool (*keeps_vectors)(void);
};

/* The one that the program is linked with. */
extern const struct engine engine;

#endif /* TEST_SIM_ENGINE_H */
