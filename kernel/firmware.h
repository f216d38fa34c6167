/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The firmware of boards that run one.
 */
#ifndef LIMEN_FIRMWARE_LOADER_H
#define LIMEN_FIRMWARE_LOADER_H

#include <linux/types.h>

#include <limen/firmware.h>

struct limen_host;

/**
 * struct limen_firmware - firmware that has been verified
 */
struct limen_firmware {
	/** @image: the whole image, kept for every reset; NULL if there is none */
	void *image;
	/** @size: its bytes */
	u32 size;
	/** @offset: where it is put in card memory, at whose end that is kept free */
	u64 offset;
	/** @version: of the firmware, major << 16 | minor */
	u32 version;
	/** @security_version: as the image tells */
	u32 security_version;
	/** @hash: SHA-256 of its code */
	u8 hash[LIMEN_FW_HASH_SIZE];
};

int limen_firmware_load(struct limen_host *host, struct limen_firmware *firmware,
			u64 *mem_size);
void limen_firmware_unload(struct limen_firmware *firmware);
bool limen_firmware_board_reset(struct limen_host *host);
int limen_firmware_boot(struct limen_host *host,
			const struct limen_firmware *firmware);
bool limen_firmware_beats(struct limen_host *host);

int limen_keyring_init(void);
void limen_keyring_exit(void);

#endif /* LIMEN_FIRMWARE_LOADER_H */
