// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The boot ROM: waits until the host names an image in card memory, and starts it if
 * it may.
 *
 * The host can change card memory at any time. So the whole image is copied to the
 * SRAM, which only this processor and its DMA reach, and nothing is looked at before
 * the copy is complete. The ROM remembers nothing: after every refusal it begins as
 * after a reset. What the host has written to BOOT_IMAGE and BOOT_SIZE is in the
 * registers' file.
 *
 * The SRAM has the stack at its beginning, so that too deep a stack traps, and the
 * image at its end.
 */
#include <stddef.h>

#include <limen/firmware.h>

#include "../shell.h"
#include "image.h"
#include "key.h"
#include "rom.h"

#define PAGE_SHIFT 12
#define COPY_ADDRESS (SHELL_SRAM_ADDRESS + SHELL_SRAM_SIZE - LIMEN_FW_SIZE_MAX)
#define DMA_SIZE_MAX 4096

static_assert(LIMEN_FW_SIZE_MAX % 4 == 0, "the last transfer is of whole words");

static volatile uint32_t *shell(uint32_t offset)
{
	return (volatile uint32_t *)(SHELL_REGS_ADDRESS + offset);
}

static volatile uint32_t *file(uint32_t offset)
{
	return (volatile uint32_t *)(SHELL_FILE_ADDRESS + offset);
}

/* The gateware ends each transfer within its time, with SHELL_TIMEOUT if need be. */
static bool copy_part(uint64_t from, uint32_t to, uint32_t size)
{
	uint32_t state;

	*shell(SHELL_DMA_LO) = (uint32_t)from;
	*shell(SHELL_DMA_HI) = (uint32_t)(from >> 32);
	*shell(SHELL_DMA_SRAM) = to;
	*shell(SHELL_DMA_SIZE) = size;
	*shell(SHELL_DMA_GO) = SHELL_DMA_FROM_CARD;
	do {
		state = *shell(SHELL_DMA_STATE);
	} while (state == SHELL_BUSY);
	return state == SHELL_DONE;
}

/* Up to three bytes behind the image may come along; nobody looks at them. */
static bool copy_image(uint32_t size)
{
	uint64_t from = (uint64_t)*file(LIMEN_HW_REG_BOOT_IMAGE) << PAGE_SHIFT;
	uint32_t done, part;

	for (done = 0; done < size; done += part) {
		part = size - done < DMA_SIZE_MAX ? (size - done + 3) & ~3u : DMA_SIZE_MAX;
		if (!copy_part(from + done, COPY_ADDRESS + done, part))
			return false;
	}
	return true;
}

static enum limen_hw_refusal load(struct image *image)
{
	const struct image_board board = {
		.modulus = key_modulus,
		.type = *file(LIMEN_HW_REG_BOARD_TYPE),
		.security_floor = *file(LIMEN_HW_REG_SECURITY_FLOOR),
	};
	uint32_t size = *file(LIMEN_HW_REG_BOOT_SIZE);
	enum limen_hw_refusal refusal;

	if (size > LIMEN_FW_SIZE_MAX)
		return LIMEN_HW_REFUSED_SIZE;
	if (!copy_image(size))
		return LIMEN_HW_REFUSED_MEMORY;
	refusal = image_read(image, (const uint8_t *)COPY_ADDRESS, size);
	return refusal ? refusal : image_verify(image, &board);
}

/* Shows which firmware runs; none if image is NULL. */
static void publish(const struct image *image)
{
	const uint32_t *hash = image ? (const uint32_t *)image->hash : NULL;
	unsigned int i;

	*file(LIMEN_HW_REG_FIRMWARE_VERSION) = image ? image->version : 0;
	*file(LIMEN_HW_REG_SECURITY_VERSION) = image ? image->security_version : 0;
	*file(LIMEN_HW_REG_FIRMWARE_API) = image ? image->api : 0;
	for (i = 0; i < LIMEN_FW_HASH_SIZE / 4; i++)
		*file(LIMEN_HW_REG_FIRMWARE_HASH(i)) = hash ? hash[i] : 0;
}

static _Noreturn void boot(void)
{
	enum limen_hw_refusal refusal;
	struct image image;

	*shell(SHELL_BOOT_REASON) = LIMEN_HW_REFUSED_NOT;
	*shell(SHELL_BOOT_STATE) = LIMEN_HW_BOOT_LOADING;
	refusal = load(&image);
	if (refusal)
		rom_restart(refusal);
	publish(&image);
	rom_launch(image.code, image.code_size, image.entry, LIMEN_HW_BOOT_RUNNING);
}

/* What the host writes to registers that firmware serves is let go. */
static void take_event(void)
{
	uint32_t reg = *shell(SHELL_EVENT_REG);
	uint32_t value = *shell(SHELL_EVENT_VALUE);

	switch (reg) {
	case LIMEN_HW_REG_BOOT_IMAGE:
	case LIMEN_HW_REG_BOOT_SIZE:
		*file(reg) = value;
		break;
	case LIMEN_HW_REG_BOOT_GO:
		if (value == *file(LIMEN_HW_REG_BOOT_GENERATION))
			boot();
		break;
	}
}

void rom_main(enum limen_hw_refusal reason)
{
	publish(NULL);
	*shell(SHELL_BOOT_REASON) = reason;
	*shell(SHELL_BOOT_STATE) = LIMEN_HW_BOOT_WAITING;
	for (;;) {
		while (*shell(SHELL_EVENT_COUNT))
			take_event();
		/* An event that came meanwhile ends it at once. */
		__asm__ volatile("wfi");
	}
}

/* The ROM's own code has no reason to trap but an access that is refused. */
void rom_trapped(void)
{
	rom_restart(LIMEN_HW_REFUSED_MEMORY);
}
