// SPDX-License-Identifier: GPL-2.0-only
/*
 * The firmware of boards that run one.
 */
#include <linux/cred.h>
#include <linux/device.h>
#include <linux/firmware.h>
#include <linux/iopoll.h>
#include <linux/key.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/verification.h>
#include <crypto/sha2.h>

#include <limen/hw.h>

#include "firmware.h"
#include "host.h"

/**
 * DOC: Firmware
 *
 * A board with LIMEN_HW_FEATURE_BOOT runs firmware that the driver gives it after every
 * reset. The image is asked for once, when the board is found, as
 * limen/board-<type>.fw, and kept: a board is reset while fences wait for it, when
 * nothing may be allocated or read from a disk.
 *
 * The board's ROM verifies what it starts. The driver does so before, and for itself:
 * firmware has a card's view of the host's memory. As with the database of radio
 * regulations, the signature is a PKCS #7 message and the certificate a part of the
 * driver, in a keyring that nothing can be added to.
 *
 * That a board says it is ready proves little: registers may read as ones, or as before
 * a reset. So the board counts its resets, and the firmware has to answer a random
 * challenge in a way that depends on the count.
 */

/* The certificate of who signs firmware, as DER; the Kbuild file says where it is. */
static const u8 limen_firmware_certificate[] = {
#include LIMEN_FIRMWARE_CERTIFICATE
};

static struct key *limen_keyring;

#define LIMEN_BOOT_POLL_US	200

/* Answers to a challenge come from firmware that has nothing else to do yet. */
#define LIMEN_ECHO_US		1000000

static const char * const limen_refusals[] = {
	[LIMEN_HW_REFUSED_NOT] = "it does not say why",
	[LIMEN_HW_REFUSED_MEMORY] = "it could not be read from card memory",
	[LIMEN_HW_REFUSED_FORMAT] = "it is no image",
	[LIMEN_HW_REFUSED_SIZE] = "a length in it is wrong",
	[LIMEN_HW_REFUSED_HASH] = "its code has been altered",
	[LIMEN_HW_REFUSED_SIGNATURE] = "the board does not know who signed it",
	[LIMEN_HW_REFUSED_BOARD] = "it is for another type of board",
	[LIMEN_HW_REFUSED_SECURITY] = "it is older than the board's security floor",
};

/* Bytes of the envelopes behind the code, or -1 if the lengths make no sense. */
static ssize_t limen_firmware_envelopes(const struct limen_fw_header *header, size_t size)
{
	u32 code_size;

	if (size < sizeof(*header) || size > LIMEN_FW_SIZE_MAX)
		return -1;
	code_size = le32_to_cpu(header->code_size);
	size -= sizeof(*header);
	if (!code_size || code_size % sizeof(u32) || code_size > size ||
	    code_size > LIMEN_FW_CODE_SIZE_MAX ||
	    size - code_size > LIMEN_FW_SIGNATURE_SIZE + LIMEN_FW_PKCS7_SIZE_MAX)
		return -1;
	return size - code_size;
}

/* What the header says, which nobody has vouched for yet. */
static int limen_firmware_check(struct limen_host *host,
				const struct limen_fw_header *header, size_t size)
{
	ssize_t envelopes = limen_firmware_envelopes(header, size);
	u32 floor = limen_read(host, LIMEN_HW_REG_SECURITY_FLOOR);
	u32 api;

	if (envelopes < 0 || le32_to_cpu(header->magic) != LIMEN_FW_MAGIC ||
	    le16_to_cpu(header->format) != LIMEN_FW_FORMAT ||
	    le16_to_cpu(header->header_size) != sizeof(*header) ||
	    memchr_inv(header->reserved, 0, sizeof(header->reserved))) {
		dev_err(host->dev, "the firmware is no image: install it anew\n");
		return -ENOEXEC;
	}
	if (envelopes <= LIMEN_FW_SIGNATURE_SIZE) {
		dev_err(host->dev, "the firmware is not signed: see limen firmware sign\n");
		return -ENOKEY;
	}
	if (le32_to_cpu(header->board_type) !=
	    limen_read(host, LIMEN_HW_REG_BOARD_TYPE)) {
		dev_err(host->dev, "the firmware is for another type of board: install that of type 0x%08x\n",
			limen_read(host, LIMEN_HW_REG_BOARD_TYPE));
		return -EMEDIUMTYPE;
	}
	if (le32_to_cpu(header->security_version) < floor) {
		dev_err(host->dev, "the firmware has security version %u, the board starts none below %u: install a newer one\n",
			le32_to_cpu(header->security_version), floor);
		return -ESTALE;
	}
	api = le32_to_cpu(header->api);
	if (api >> 16 > LIMEN_HW_VERSION_MINOR ||
	    (api & 0xffff) < LIMEN_HW_VERSION_BOOT) {
		dev_err(host->dev, "the firmware speaks versions 1.%u to 1.%u, this driver 1.%u to 1.%u\n",
			api >> 16, api & 0xffff, LIMEN_HW_VERSION_BOOT,
			LIMEN_HW_VERSION_MINOR);
		return -EPROTONOSUPPORT;
	}
	return 0;
}

/* Whether it is signed by who may, and its code what was signed. */
static int limen_firmware_verify(struct limen_host *host, const void *image,
				 size_t size)
{
	const struct limen_fw_header *header = image;
	const u8 *code = image + sizeof(*header);
	u32 code_size = le32_to_cpu(header->code_size);
	const u8 *signature = code + code_size + LIMEN_FW_SIGNATURE_SIZE;
	u8 hash[LIMEN_FW_HASH_SIZE];
	int ret;

	sha256(code, code_size, hash);
	if (memcmp(hash, header->hash, sizeof(hash))) {
		dev_err(host->dev, "the code of the firmware has been altered: install it anew\n");
		return -EBADMSG;
	}
	ret = verify_pkcs7_signature(header, sizeof(*header), signature,
				     image + size - (const void *)signature,
				     limen_keyring,
				     VERIFYING_UNSPECIFIED_SIGNATURE, NULL,
				     NULL);
	if (ret && ret != -ENOMEM) {
		dev_err(host->dev, "the firmware is not signed by who this driver trusts: install firmware and driver of one maker\n");
		return -EKEYREJECTED;
	}
	return ret;
}

/**
 * limen_firmware_load() - get a board's firmware
 * @host: board
 * @firmware: what becomes of it
 * @mem_size: bytes of card memory; becomes less by what the image needs
 *
 * May sleep.
 *
 * Return: 0; -ENOENT if there is none; -ENOEXEC, -ENOKEY, -EMEDIUMTYPE, -ESTALE,
 * -EPROTONOSUPPORT, -EBADMSG or -EKEYREJECTED if it is not taken, which the log tells in
 * words; or another negative error.
 */
int limen_firmware_load(struct limen_host *host, struct limen_firmware *firmware,
			u64 *mem_size)
{
	const struct firmware *file;
	const struct limen_fw_header *header;
	char name[32];
	int ret;

	if (*mem_size <= LIMEN_FW_SIZE_MAX || !host->board->ops->mem_write)
		return -ENODEV;
	snprintf(name, sizeof(name), "limen/board-%08x.fw",
		 limen_read(host, LIMEN_HW_REG_BOARD_TYPE));
	ret = request_firmware(&file, name, host->dev);
	if (ret) {
		dev_err(host->dev, "the board needs %s: install it where the kernel looks for firmware\n",
			name);
		return ret;
	}
	/* A copy of our own first: the file can change. */
	header = kvmemdup(file->data, file->size, GFP_KERNEL);
	ret = header ? limen_firmware_check(host, header, file->size) : -ENOMEM;
	if (!ret)
		ret = limen_firmware_verify(host, header, file->size);
	if (!ret) {
		firmware->image = (void *)header;
		firmware->size = file->size;
		firmware->version = le32_to_cpu(header->version);
		firmware->security_version = le32_to_cpu(header->security_version);
		memcpy(firmware->hash, header->hash, sizeof(firmware->hash));
		*mem_size -= LIMEN_FW_SIZE_MAX;
		firmware->offset = *mem_size;
	} else {
		kvfree(header);
	}
	release_firmware(file);
	return ret;
}

/**
 * limen_firmware_unload() - keep a board's firmware no longer
 * @firmware: what limen_firmware_load() made, or zeros
 */
void limen_firmware_unload(struct limen_firmware *firmware)
{
	kvfree(firmware->image);
	firmware->image = NULL;
}

/**
 * limen_firmware_board_reset() - whether a board's reset has ended, in its ROM
 * @host: board with LIMEN_HW_FEATURE_BOOT
 *
 * Any context.
 *
 * Return: true if so.
 */
bool limen_firmware_board_reset(struct limen_host *host)
{
	return limen_read(host, LIMEN_HW_REG_CONTROL) == 0 &&
	       limen_read(host, LIMEN_HW_REG_BOOT_STATE) == LIMEN_HW_BOOT_WAITING;
}

/* Whether the firmware of this boot answers. */
static int limen_firmware_echo(struct limen_host *host, u32 generation)
{
	u32 challenge = get_random_u32();
	u32 expected = limen_hw_echo(challenge, generation);
	u32 answer;

	limen_write(host, LIMEN_HW_REG_ECHO, challenge);
	return read_poll_timeout(limen_read, answer, answer == expected,
				 LIMEN_BOOT_POLL_US, LIMEN_ECHO_US, true, host,
				 LIMEN_HW_REG_ECHO_ANSWER);
}

/* Whether what the board says it runs is what it was given. */
static bool limen_firmware_runs(struct limen_host *host,
				const struct limen_firmware *firmware)
{
	u32 word, expected;
	unsigned int i;

	for (i = 0; i < LIMEN_FW_HASH_SIZE / sizeof(u32); i++) {
		memcpy(&expected, firmware->hash + i * sizeof(u32), sizeof(u32));
		word = limen_read(host, LIMEN_HW_REG_FIRMWARE_HASH(i));
		if (cpu_to_le32(word) != (__force __le32)expected)
			return false;
	}
	return true;
}

/**
 * limen_firmware_boot() - have a board that has been reset run its firmware
 * @host: board; does no DMA
 * @firmware: verified
 *
 * Sleeps, and does not allocate.
 *
 * Return: 0; -ENODEV for a board that is not there; -ENOEXEC if the board refuses the
 * image; -ETIMEDOUT if it does not run in time; -EPROTO if it runs something else.
 */
int limen_firmware_boot(struct limen_host *host,
			const struct limen_firmware *firmware)
{
	u32 generation = limen_read(host, LIMEN_HW_REG_BOOT_GENERATION);
	u32 state, reason;
	int ret;

	host->board->ops->mem_write(host->board, firmware->offset,
				    firmware->image, firmware->size);
	limen_write(host, LIMEN_HW_REG_BOOT_IMAGE,
		    firmware->offset / LIMEN_HW_PAGE_SIZE);
	limen_write(host, LIMEN_HW_REG_BOOT_SIZE, firmware->size);
	limen_write(host, LIMEN_HW_REG_BOOT_GO, generation);
	ret = read_poll_timeout(limen_read, state,
				state == LIMEN_HW_BOOT_RUNNING || state == U32_MAX ||
				limen_read(host, LIMEN_HW_REG_BOOT_REASON),
				LIMEN_BOOT_POLL_US,
				host->times.boot * USEC_PER_MSEC, true, host,
				LIMEN_HW_REG_BOOT_STATE);
	if (state == U32_MAX)
		return -ENODEV;
	reason = limen_read(host, LIMEN_HW_REG_BOOT_REASON);
	if (!ret && state != LIMEN_HW_BOOT_RUNNING) {
		dev_err_ratelimited(host->dev, "the board refuses its firmware: %s\n",
				    reason < ARRAY_SIZE(limen_refusals) ?
				    limen_refusals[reason] : "for a reason unknown here");
		return -ENOEXEC;
	}
	if (!ret)
		ret = limen_firmware_echo(host, generation);
	if (ret)
		dev_err_ratelimited(host->dev, "the board's firmware does not run in time\n");
	else if (!limen_firmware_runs(host, firmware))
		ret = -EPROTO;
	return ret;
}

/**
 * limen_firmware_beats() - whether a board's firmware is alive
 * @host: board with LIMEN_HW_FEATURE_BOOT; sleeps
 *
 * Return: false if it has not said so in the time in which it is to; true also of a
 * board that does not tell that time.
 */
bool limen_firmware_beats(struct limen_host *host)
{
	u32 limit_ms = limen_read(host, LIMEN_HW_REG_HEARTBEAT_MS);
	u32 before = limen_read(host, LIMEN_HW_REG_HEARTBEAT);
	u32 beat;

	return !limit_ms || limit_ms > LIMEN_HW_HEARTBEAT_MS_MAX ||
	       !read_poll_timeout(limen_read, beat, beat != before,
				  LIMEN_BOOT_POLL_US, limit_ms * USEC_PER_MSEC,
				  false, host, LIMEN_HW_REG_HEARTBEAT);
}

/**
 * limen_keyring_init() - be able to verify firmware
 *
 * Return: 0 or a negative error.
 */
int __init limen_keyring_init(void)
{
	key_ref_t key;

	limen_keyring = keyring_alloc(".limen", GLOBAL_ROOT_UID, GLOBAL_ROOT_GID,
				      current_cred(),
				      (KEY_POS_ALL & ~KEY_POS_SETATTR) |
				      KEY_USR_VIEW | KEY_USR_READ | KEY_USR_SEARCH,
				      KEY_ALLOC_NOT_IN_QUOTA, NULL, NULL);
	if (IS_ERR(limen_keyring))
		return PTR_ERR(limen_keyring);
	key = key_create_or_update(make_key_ref(limen_keyring, true), "asymmetric",
				   NULL, limen_firmware_certificate,
				   sizeof(limen_firmware_certificate),
				   (KEY_POS_ALL & ~KEY_POS_SETATTR) | KEY_USR_VIEW |
				   KEY_USR_READ,
				   KEY_ALLOC_NOT_IN_QUOTA | KEY_ALLOC_BUILT_IN |
				   KEY_ALLOC_BYPASS_RESTRICTION);
	if (IS_ERR(key)) {
		key_put(limen_keyring);
		return PTR_ERR(key);
	}
	key_ref_put(key);
	return 0;
}

/**
 * limen_keyring_exit() - verify firmware no more
 */
void limen_keyring_exit(void)
{
	key_put(limen_keyring);
}
