// SPDX-License-Identifier: MIT
#include <check.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <limen/firmware.h>
#include <monotonic.h>

#include "host.h"

/* How long anything may take, on a machine that is busy. */
#define PATIENCE_NS	20000000000LL

#define IMAGE_OFFSET	0x200000

struct host host;

static void read_image(void)
{
	FILE *from = fopen(IMAGE, "rbe");

	ck_assert_ptr_nonnull(from);
	host.image = malloc(LIMEN_FW_SIZE_MAX);
	ck_assert_ptr_nonnull(host.image);
	host.image_size = fread(host.image, 1, LIMEN_FW_SIZE_MAX, from);
	ck_assert_uint_gt(host.image_size, sizeof(struct limen_fw_header));
	fclose(from);
}

void host_make(void)
{
	const struct card_options options = {
		.regs = 4096, .mem_mib = 4, .vectors = CARD_VECTORS, .seed = 1,
		.shell = { .rom = ROM, .board_type = HOST_BOARD_TYPE,
			   .security_floor = HOST_FLOOR, .scene = host.scene },
	};
	struct card_area area = { .address = HOST_ADDRESS, .size = HOST_SIZE,
				  .writable = true };
	uint16_t command = PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;

	memset(&host, 0, sizeof(host));
	snprintf(host.scene, sizeof(host.scene), "scene.%d", (int)getpid());
	read_image();
	ck_assert_int_eq(card_init(&host.card, &options), 0);
	card_switch_on(&host.card, &options);
	area.at = mmap(NULL, HOST_SIZE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(area.at, MAP_FAILED);
	host.memory = area.at;
	ck_assert_int_eq(dma_map(&host.card, &area), 0);
	config_write(&host.card, PCI_COMMAND, &command, sizeof(command));
}

void host_free(void)
{
	dma_unmap(&host.card, 0, UINT64_MAX);
	card_free(&host.card);
	unlink(host.scene);
	free(host.image);
}

void *host_at(uint64_t address)
{
	return host.memory + (address - HOST_ADDRESS);
}

/* What the card does by itself, for a moment. */
static void step(void)
{
	const struct timespec moment = { .tv_nsec = 20000 };
	int64_t next;

	post_deliver(&host.card);
	wipe_step(&host.card);
	vector_step(&host.card);
	next = shell_step(&host.card);
	if (next)
		nanosleep(&moment, NULL);
}

uint32_t host_read(uint32_t reg)
{
	post_flush(&host.card);
	return card_read(&host.card, reg);
}

void host_write(uint32_t reg, uint32_t value)
{
	post_register(&host.card, reg, value);
}

bool host_wait(uint32_t reg, uint32_t value)
{
	int64_t end = now_ns() + PATIENCE_NS;

	while (host_read(reg) != value) {
		if (now_ns() > end)
			return false;
		step();
	}
	return true;
}

void host_run_ms(unsigned int ms)
{
	int64_t end = now_ns() + ms * 1000000LL;

	while (now_ns() < end)
		step();
}

enum limen_hw_boot_state host_boot(const void *image, size_t size)
{
	int64_t end = now_ns() + PATIENCE_NS;
	uint32_t state;

	memcpy(host.card.mem + IMAGE_OFFSET, image, size);
	host_write(LIMEN_HW_REG_BOOT_IMAGE, IMAGE_OFFSET / LIMEN_HW_PAGE_SIZE);
	host_write(LIMEN_HW_REG_BOOT_SIZE, (uint32_t)size);
	host_write(LIMEN_HW_REG_BOOT_GO,
		   host_read(LIMEN_HW_REG_BOOT_GENERATION));
	do {
		step();
		state = host_read(LIMEN_HW_REG_BOOT_STATE);
	} while (now_ns() < end && state != LIMEN_HW_BOOT_RUNNING &&
		 !host_read(LIMEN_HW_REG_BOOT_REASON));
	return state;
}

void host_start_ring(unsigned int ring)
{
	uint32_t block = LIMEN_HW_RING_BLOCK(ring);

	host.submitted[ring] = 0;
	host.consumed[ring] = 0;
	memset(host_at(HOST_CQ(ring)), 0,
	       sizeof(struct limen_hw_cqe) << HOST_LOG2);
	host_write(block + LIMEN_HW_RING_SQ_LO, HOST_SQ(ring));
	host_write(block + LIMEN_HW_RING_CQ_LO, HOST_CQ(ring));
	host_write(block + LIMEN_HW_RING_SIZE, HOST_LOG2);
	host_write(block + LIMEN_HW_RING_ENABLE, 1);
}

void host_start(void)
{
	uint32_t generation;

	host_write(LIMEN_HW_REG_CONTROL, LIMEN_HW_CONTROL_RESET);
	ck_assert(host_wait(LIMEN_HW_REG_BOOT_STATE, LIMEN_HW_BOOT_WAITING));
	ck_assert_uint_eq(host_boot(host.image, host.image_size),
			  LIMEN_HW_BOOT_RUNNING);
	generation = host_read(LIMEN_HW_REG_BOOT_GENERATION);
	host_write(LIMEN_HW_REG_ECHO, 0x12345678);
	ck_assert(host_wait(LIMEN_HW_REG_ECHO_ANSWER,
			    limen_hw_echo(0x12345678, generation)));
	ck_assert(host_wait(LIMEN_HW_REG_STATUS, LIMEN_HW_STATUS_READY));
	host_start_ring(LIMEN_HW_RING_EXPRESS);
	host_start_ring(LIMEN_HW_RING_SCAN);
	host_write(LIMEN_HW_REG_IRQ_ENABLE, UINT32_MAX);
	host_write(LIMEN_HW_REG_CONTROL, LIMEN_HW_CONTROL_ENABLE);
}

void host_submit(unsigned int ring, const struct limen_hw_sqe *sqe)
{
	struct limen_hw_sqe *sq = host_at(HOST_SQ(ring));

	sq[host.submitted[ring]++ % (1u << HOST_LOG2)] = *sqe;
	host_write(LIMEN_HW_RING_BLOCK(ring) + LIMEN_HW_RING_SQ_TAIL,
		   host.submitted[ring]);
}

/* Where the next answer comes to. */
static const struct limen_hw_cqe *next_answer(unsigned int ring)
{
	const struct limen_hw_cqe *cq = host_at(HOST_CQ(ring));

	return &cq[host.consumed[ring] % (1u << HOST_LOG2)];
}

bool host_answered(unsigned int ring)
{
	const volatile uint32_t *seq = &next_answer(ring)->seq;

	return *seq == host.consumed[ring] + 1;
}

bool host_answer(unsigned int ring, struct limen_hw_cqe *cqe)
{
	int64_t end = now_ns() + PATIENCE_NS;

	while (!host_answered(ring)) {
		if (now_ns() > end)
			return false;
		step();
	}
	*cqe = *next_answer(ring);
	host_write(LIMEN_HW_RING_BLOCK(ring) + LIMEN_HW_RING_CQ_HEAD,
		   ++host.consumed[ring]);
	return true;
}
