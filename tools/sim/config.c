// SPDX-License-Identifier: MIT
/*
 * The card's configuration space: an endpoint of PCI Express with power management,
 * MSI-X, function-level reset and advanced error reporting.
 */
#include <endian.h>
#include <linux/pci_regs.h>
#include <string.h>

#include "card.h"

/* Nobody's. */
#define VENDOR		0x1234
#define DEVICE		0x4c4d
#define CLASS		0x120000 /* processing accelerator */

/* Capabilities, and where each is. */
#define PM		0x40
#define MSIX		0x50
#define EXPRESS		0x60
#define AER		0x100

#define MSIX_PENDING	0x800

static void put16(uint8_t *bytes, unsigned int at, uint16_t value)
{
	value = htole16(value);
	memcpy(bytes + at, &value, sizeof(value));
}

static void put32(uint8_t *bytes, unsigned int at, uint32_t value)
{
	value = htole32(value);
	memcpy(bytes + at, &value, sizeof(value));
}

static uint16_t get16(const uint8_t *bytes, unsigned int at)
{
	uint16_t value;

	memcpy(&value, bytes + at, sizeof(value));
	return le16toh(value);
}

static uint32_t get32(const uint8_t *bytes, unsigned int at)
{
	uint32_t value;

	memcpy(&value, bytes + at, sizeof(value));
	return le32toh(value);
}

static void put_capability(struct card_config *config, unsigned int at,
			   uint8_t id, uint8_t next)
{
	config->value[at] = id;
	config->value[at + 1] = next;
}

static void put_bars(struct card *card)
{
	for (unsigned int i = 0; i < CARD_BARS; i++) {
		unsigned int at = PCI_BASE_ADDRESS_0 + 4 * i;
		uint64_t size = card->bar_size[i];

		if (!size)
			continue;
		put32(card->config.writable, at, (uint32_t)-size);
		if (i != CARD_BAR_MEM)
			continue;
		put32(card->config.value, at, PCI_BASE_ADDRESS_MEM_TYPE_64 |
					      PCI_BASE_ADDRESS_MEM_PREFETCH);
		put32(card->config.writable, at + 4, (uint32_t)(-size >> 32));
	}
}

static void put_header(struct card *card)
{
	struct card_config *config = &card->config;

	put16(config->value, PCI_VENDOR_ID, VENDOR);
	put16(config->value, PCI_DEVICE_ID, DEVICE);
	put16(config->value, PCI_STATUS, PCI_STATUS_CAP_LIST);
	put32(config->value, PCI_CLASS_REVISION, CLASS << 8 | 1);
	put16(config->value, PCI_SUBSYSTEM_VENDOR_ID, VENDOR);
	put16(config->value, PCI_SUBSYSTEM_ID, DEVICE);
	config->value[PCI_CAPABILITY_LIST] = PM;
	put16(config->writable, PCI_COMMAND,
	      PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_PARITY |
		      PCI_COMMAND_SERR | PCI_COMMAND_INTX_DISABLE);
	config->writable[PCI_CACHE_LINE_SIZE] = 0xff;
	config->writable[PCI_INTERRUPT_LINE] = 0xff;
	put_bars(card);
}

static void put_express(struct card_config *config)
{
	put_capability(config, EXPRESS, PCI_CAP_ID_EXP, CARD_KNOBS);
	put16(config->value, EXPRESS + PCI_EXP_FLAGS,
	      2 | PCI_EXP_TYPE_ENDPOINT << 4);
	put32(config->value, EXPRESS + PCI_EXP_DEVCAP,
	      PCI_EXP_DEVCAP_RBER | PCI_EXP_DEVCAP_FLR);
	put16(config->writable, EXPRESS + PCI_EXP_DEVCTL, 0xffff);
	put16(config->clearable, EXPRESS + PCI_EXP_DEVSTA,
	      PCI_EXP_DEVSTA_CED | PCI_EXP_DEVSTA_NFED | PCI_EXP_DEVSTA_FED |
		      PCI_EXP_DEVSTA_URD);
	put32(config->value, EXPRESS + PCI_EXP_LNKCAP,
	      PCI_EXP_LNKCAP_SLS_2_5GB | 1 << 4);
	put16(config->value, EXPRESS + PCI_EXP_LNKSTA,
	      PCI_EXP_LNKSTA_CLS_2_5GB | PCI_EXP_LNKSTA_NLW_X1);
	put32(config->value, EXPRESS + PCI_EXP_LNKCAP2,
	      PCI_EXP_LNKCAP2_SLS_2_5GB);
}

static void put_aer(struct card_config *config)
{
	put32(config->value, AER, PCI_EXT_CAP_ID_ERR | 2 << 16);
	put32(config->clearable, AER + PCI_ERR_UNCOR_STATUS, UINT32_MAX);
	put32(config->writable, AER + PCI_ERR_UNCOR_MASK, UINT32_MAX);
	put32(config->writable, AER + PCI_ERR_UNCOR_SEVER, UINT32_MAX);
	put32(config->value, AER + PCI_ERR_UNCOR_SEVER,
	      PCI_ERR_UNC_DLP | PCI_ERR_UNC_SURPDN | PCI_ERR_UNC_FCP |
		      PCI_ERR_UNC_RX_OVER | PCI_ERR_UNC_MALF_TLP);
	put32(config->clearable, AER + PCI_ERR_COR_STATUS, UINT32_MAX);
	put32(config->writable, AER + PCI_ERR_COR_MASK, UINT32_MAX);
}

static void put_knobs(struct card_config *config)
{
	put_capability(config, CARD_KNOBS, PCI_CAP_ID_VNDR, 0);
	config->value[CARD_KNOBS + 2] = CARD_KNOBS_SIZE;
	memset(config->writable + CARD_KNOBS + CARD_KNOBS_NUMBER, 0xff,
	       CARD_KNOBS_SIZE - CARD_KNOBS_NUMBER);
}

/* All but what a test has set. */
void config_reset(struct card *card)
{
	struct card_config *config = &card->config;
	uint8_t knobs[CARD_KNOBS_SIZE];

	memcpy(knobs, config->value + CARD_KNOBS, sizeof(knobs));
	memset(config, 0, sizeof(*config));
	memcpy(config->value + CARD_KNOBS, knobs, sizeof(knobs));

	put_header(card);
	put_capability(config, PM, PCI_CAP_ID_PM,
		       card->bar_size[CARD_BAR_MSIX] ? MSIX : EXPRESS);
	put16(config->value, PM + PCI_PM_PMC, 3);
	put16(config->writable, PM + PCI_PM_CTRL, PCI_PM_CTRL_STATE_MASK);
	put_capability(config, MSIX, PCI_CAP_ID_MSIX, EXPRESS);
	put16(config->value, MSIX + PCI_MSIX_FLAGS,
	      card->vector_count ? (uint16_t)(card->vector_count - 1) : 0);
	put16(config->writable, MSIX + PCI_MSIX_FLAGS,
	      PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
	put32(config->value, MSIX + PCI_MSIX_TABLE, CARD_BAR_MSIX);
	put32(config->value, MSIX + PCI_MSIX_PBA, MSIX_PENDING | CARD_BAR_MSIX);
	put_express(config);
	put_aer(config);
	put_knobs(config);
}

/* The knob whose number was written, or CARD_KNOB_COUNT. */
static enum card_knob chosen_knob(const struct card *card)
{
	uint32_t number = get32(card->config.value,
				CARD_KNOBS + CARD_KNOBS_NUMBER);

	return number < CARD_KNOB_COUNT ? number : CARD_KNOB_COUNT;
}

static void show_knob(struct card *card)
{
	enum card_knob knob = chosen_knob(card);

	put32(card->config.value, CARD_KNOBS + CARD_KNOBS_VALUE,
	      knob < CARD_KNOB_COUNT ? knob_get(card, knob) : 0);
}

static void write_knob(struct card *card, uint64_t at, size_t size)
{
	const uint64_t value = CARD_KNOBS + CARD_KNOBS_VALUE;
	enum card_knob knob = chosen_knob(card);

	if (at < value + sizeof(uint32_t) && value < at + size &&
	    knob < CARD_KNOB_COUNT)
		knob_turn(card, knob, get32(card->config.value, value));
}

/* The caller stays within CARD_CONFIG_SIZE. */
void config_read(struct card *card, uint64_t at, void *to, size_t size)
{
	show_knob(card);
	memcpy(to, card->config.value + at, size);
}

/* The caller stays within CARD_CONFIG_SIZE. */
void config_write(struct card *card, uint64_t at, const void *from, size_t size)
{
	struct card_config *config = &card->config;
	uint16_t slept = get16(config->value, PM + PCI_PM_CTRL);
	const uint8_t *bytes = from;
	uint16_t control;

	for (size_t i = 0; i < size; i++) {
		uint8_t writable = config->writable[at + i];

		config->value[at + i] &= ~writable &
					 ~(bytes[i] & config->clearable[at + i]);
		config->value[at + i] |= bytes[i] & writable;
	}
	write_knob(card, at, size);

	control = get16(config->value, EXPRESS + PCI_EXP_DEVCTL);
	slept &= ~get16(config->value, PM + PCI_PM_CTRL);
	/* Leaving D3hot, too, is a reset. */
	if (control & PCI_EXP_DEVCTL_BCR_FLR || slept & PCI_PM_CTRL_STATE_MASK)
		card_reset_function(card);
}

bool config_masters_bus(const struct card *card)
{
	return get16(card->config.value, PCI_COMMAND) & PCI_COMMAND_MASTER;
}

bool config_sleeps(const struct card *card)
{
	return get16(card->config.value, PM + PCI_PM_CTRL) &
	       PCI_PM_CTRL_STATE_MASK;
}

/* An interrupt is a write by the bus's master, too. */
bool config_interrupts(const struct card *card)
{
	return config_masters_bus(card) &&
	       get16(card->config.value, MSIX + PCI_MSIX_FLAGS) &
		       PCI_MSIX_FLAGS_ENABLE;
}
