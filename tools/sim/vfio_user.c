// SPDX-License-Identifier: MIT
/*
 * The vfio-user protocol. Numbers are in the byte order of the machine, and the
 * structures, where the kernel has the same call, are those of linux/vfio.h.
 */
#include <errno.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "card.h"
#include "vfio_user.h"

enum command {
	VERSION = 1,
	DMA_MAP = 2,
	DMA_UNMAP = 3,
	GET_INFO = 4,
	GET_REGION_INFO = 5,
	GET_IRQ_INFO = 7,
	SET_IRQS = 8,
	REGION_READ = 9,
	REGION_WRITE = 10,
	RESET = 13,
};

#define FLAG_REPLY	0x01
#define FLAG_NO_REPLY	0x10
#define FLAG_ERROR	0x20

/* Bytes of a message after its header, and files that come with it. */
#define PAYLOAD_MAX	8192
#define FILES_MAX	8

/* Bytes that a register access moves at most. */
#define ACCESS_MAX	4096

struct header {
	uint16_t id;
	uint16_t command;
	uint32_t size;
	uint32_t flags;
	uint32_t error;
};

struct map {
	uint32_t argsz;
	uint32_t flags;
	uint64_t offset;
	uint64_t address;
	uint64_t size;
};

struct unmap {
	uint32_t argsz;
	uint32_t flags;
	uint64_t address;
	uint64_t size;
};

struct access {
	uint64_t offset;
	uint32_t region;
	uint32_t count;
};

/**
 * struct message - a message; its payload becomes that of the answer
 * @header: header
 * @payload: what follows it
 * @size: bytes of @payload
 * @files: descriptors that came with it; whoever keeps one puts -1 there
 * @file_count: number of @files
 * @answer: descriptor to go with the answer, or -1
 */
struct message {
	struct header header;
	union {
		uint8_t bytes[PAYLOAD_MAX];
		struct map map;
		struct unmap unmap;
		struct access access;
		struct vfio_device_info info;
		struct vfio_region_info region;
		struct vfio_irq_info irq;
		struct vfio_irq_set irqs;
	} payload;
	size_t size;
	int files[FILES_MAX];
	unsigned int file_count;
	int answer;
};

static void take_files(struct message *message, struct msghdr *msg)
{
	struct cmsghdr *control;

	for (control = CMSG_FIRSTHDR(msg); control;
	     control = CMSG_NXTHDR(msg, control)) {
		if (control->cmsg_level != SOL_SOCKET ||
		    control->cmsg_type != SCM_RIGHTS)
			continue;
		message->file_count = (unsigned int)(
			(control->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		memcpy(message->files, CMSG_DATA(control),
		       message->file_count * sizeof(int));
	}
}

static int receive(int socket, struct message *message)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(message->files))];
	struct iovec iov = { &message->header, sizeof(message->header) };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	ssize_t got;

	message->file_count = 0;
	message->answer = -1;
	got = recvmsg(socket, &msg, MSG_WAITALL | MSG_CMSG_CLOEXEC);
	if (got <= 0)
		return got && errno != ECONNRESET ? -errno : -ECONNRESET;
	take_files(message, &msg);
	if (got != sizeof(message->header) || msg.msg_flags & MSG_CTRUNC ||
	    message->header.size < sizeof(message->header) ||
	    message->header.size - sizeof(message->header) > PAYLOAD_MAX)
		return -EPROTO;
	message->size = message->header.size - sizeof(message->header);
	/* What is not sent must not be what an earlier message said. */
	memset(&message->payload, 0, sizeof(message->payload));
	if (message->size &&
	    recv(socket, message->payload.bytes, message->size, MSG_WAITALL) !=
		    (ssize_t)message->size)
		return -ECONNRESET;
	return 0;
}

static int reply(int socket, struct message *message, int error)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = { 0 };
	size_t size = error ? 0 : message->size;
	struct header header = {
		.id = message->header.id,
		.command = message->header.command,
		.size = (uint32_t)(sizeof(header) + size),
		.flags = FLAG_REPLY | (error ? FLAG_ERROR : 0),
		.error = (uint32_t)-error,
	};
	struct iovec iov[2] = {
		{ &header, sizeof(header) },
		{ message->payload.bytes, size },
	};
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };
	struct cmsghdr *rights;

	if (message->header.flags & FLAG_NO_REPLY)
		return 0;
	if (message->answer >= 0) {
		msg.msg_control = control;
		msg.msg_controllen = sizeof(control);
		rights = CMSG_FIRSTHDR(&msg);
		rights->cmsg_level = SOL_SOCKET;
		rights->cmsg_type = SCM_RIGHTS;
		rights->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(rights), &message->answer, sizeof(int));
	}
	return sendmsg(socket, &msg, MSG_NOSIGNAL) < 0 ? -ECONNRESET : 0;
}

static int get_version(struct message *message)
{
	/* Major and minor version of the protocol come first, and stay. */
	int length = snprintf((char *)message->payload.bytes + 4,
			      PAYLOAD_MAX - 4,
			      "{\"capabilities\":{\"max_msg_fds\":%d,"
			      "\"max_data_xfer_size\":%d}}",
			      FILES_MAX, ACCESS_MAX);

	memset(message->payload.bytes, 0, 4);
	message->size = 4 + (size_t)length + 1;
	return 0;
}

/* Memory that the other side does not share is not for the card. */
static int map(struct card *card, struct message *message)
{
	const struct map *args = &message->payload.map;
	struct card_area area = {
		.address = args->address,
		.size = args->size,
		.writable = args->flags & VFIO_DMA_MAP_FLAG_WRITE,
	};
	struct stat file;
	void *at;
	int ret;

	if (message->size < sizeof(*args))
		return -EINVAL;
	message->size = 0;
	if (!message->file_count)
		return 0;
	if (fstat(message->files[0], &file))
		return -errno;
	if (args->offset > (uint64_t)file.st_size ||
	    args->size > (uint64_t)file.st_size - args->offset)
		return -EINVAL;
	at = mmap(NULL, args->size,
		  PROT_READ | (area.writable ? PROT_WRITE : 0), MAP_SHARED,
		  message->files[0], (off_t)args->offset);
	if (at == MAP_FAILED)
		return -errno;
	area.at = at;
	ret = dma_map(card, &area);
	if (ret)
		munmap(at, args->size);
	return ret;
}

/* What was not mapped because it is not shared is not there to be unmapped. */
static int unmap(struct card *card, struct message *message)
{
	const struct unmap *args = &message->payload.unmap;

	if (message->size < sizeof(*args))
		return -EINVAL;
	if (args->flags & VFIO_DMA_UNMAP_FLAG_ALL)
		dma_unmap(card, 0, UINT64_MAX);
	else if (args->size)
		dma_unmap(card, args->address,
			  args->address + (args->size - 1));
	message->size = sizeof(message->payload.unmap);
	return 0;
}

static int get_info(struct message *message)
{
	message->payload.info = (struct vfio_device_info) {
		.argsz = offsetof(struct vfio_device_info, cap_offset),
		.flags = VFIO_DEVICE_FLAGS_RESET | VFIO_DEVICE_FLAGS_PCI,
		.num_regions = VFIO_PCI_NUM_REGIONS,
		.num_irqs = VFIO_PCI_NUM_IRQS,
	};
	message->size = message->payload.info.argsz;
	return 0;
}

static int get_region_info(struct card *card, struct message *message)
{
	uint32_t index = message->payload.region.index;
	struct vfio_region_info region = {
		.argsz = sizeof(region),
		.index = index,
	};

	if (message->size < offsetof(struct vfio_region_info, size) ||
	    index >= VFIO_PCI_NUM_REGIONS)
		return -EINVAL;
	if (index < CARD_BARS)
		region.size = card->bar_size[index];
	else if (index == VFIO_PCI_CONFIG_REGION_INDEX)
		region.size = CARD_CONFIG_SIZE;
	if (region.size)
		region.flags = VFIO_REGION_INFO_FLAG_READ |
			       VFIO_REGION_INFO_FLAG_WRITE;
	if (index == CARD_BAR_MEM && region.size) {
		region.flags |= VFIO_REGION_INFO_FLAG_MMAP;
		message->answer = card->mem_fd;
	}
	message->payload.region = region;
	message->size = sizeof(region);
	return 0;
}

static int get_irq_info(const struct card *card, struct message *message)
{
	struct vfio_irq_info *irq = &message->payload.irq;

	if (message->size < sizeof(*irq) || irq->index >= VFIO_PCI_NUM_IRQS)
		return -EINVAL;
	irq->argsz = sizeof(*irq);
	irq->flags = VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_NORESIZE;
	/* There is a way to tell of errors, too, but it never does. */
	irq->count = irq->index == VFIO_PCI_MSIX_IRQ_INDEX ? card->vector_count :
		     irq->index == VFIO_PCI_ERR_IRQ_INDEX;
	message->size = sizeof(*irq);
	return 0;
}

/* Vectors are given eventfds, or those that they had are taken away; without any, of all. */
static int set_irqs(struct card *card, struct message *message)
{
	const struct vfio_irq_set *irqs = &message->payload.irqs;

	uint32_t first, count;

	if (message->size < sizeof(*irqs) || irqs->start > CARD_VECTORS ||
	    irqs->count > CARD_VECTORS - irqs->start ||
	    message->file_count > irqs->count)
		return -EINVAL;
	message->size = 0;
	if (irqs->index != VFIO_PCI_MSIX_IRQ_INDEX)
		return irqs->index == VFIO_PCI_ERR_IRQ_INDEX ? 0 : -EINVAL;
	first = irqs->count ? irqs->start : 0;
	count = irqs->count ? irqs->count : CARD_VECTORS;
	for (uint32_t i = 0; i < count; i++) {
		bool given = i < message->file_count;

		vector_connect(card, first + i, given ? message->files[i] : -1);
		if (given)
			message->files[i] = -1;
	}
	return 0;
}

/* Whether an access stays within its region. */
static bool access_valid(const struct card *card, const struct access *access)
{
	uint64_t size;

	if (access->region < CARD_BARS)
		size = card->bar_size[access->region];
	else if (access->region == VFIO_PCI_CONFIG_REGION_INDEX)
		size = CARD_CONFIG_SIZE;
	else
		return false;
	return access->count <= ACCESS_MAX && access->offset < size &&
	       access->count <= size - access->offset;
}

static bool is_register(const struct access *access)
{
	return access->count == sizeof(uint32_t) &&
	       access->offset % sizeof(uint32_t) == 0;
}

/* The vector's table is the virtual machine's business, so BAR 4 reads as zeros. */
static int region_read(struct card *card, struct message *message)
{
	const struct access access = message->payload.access;
	uint8_t *to = message->payload.bytes + sizeof(access);
	uint32_t value;

	if (message->size < sizeof(access) || !access_valid(card, &access))
		return -EINVAL;
	memset(to, 0, access.count);
	/* The answer pushes before it what was written, by both sides. */
	post_flush(card);
	card_reset_step(card, true);
	if (access.region == VFIO_PCI_CONFIG_REGION_INDEX) {
		config_read(card, access.offset, to, access.count);
	} else if (access.region == CARD_BAR_MEM) {
		memcpy(to, card->mem + access.offset, access.count);
	} else if (access.region == CARD_BAR_REGS && is_register(&access)) {
		value = card_read(card, access.offset);
		memcpy(to, &value, sizeof(value));
	}
	message->size = sizeof(access) + access.count;
	return 0;
}

static int region_write(struct card *card, struct message *message)
{
	const struct access access = message->payload.access;
	const uint8_t *from = message->payload.bytes + sizeof(access);
	uint32_t value;

	if (message->size < sizeof(access) || !access_valid(card, &access) ||
	    access.count > message->size - sizeof(access))
		return -EINVAL;
	if (access.region == VFIO_PCI_CONFIG_REGION_INDEX) {
		/* It is no posted write, and does not overtake those that are. */
		post_flush_to_card(card);
		config_write(card, access.offset, from, access.count);
	} else if (access.region == CARD_BAR_MEM) {
		memcpy(card->mem + access.offset, from, access.count);
	} else if (access.region == CARD_BAR_REGS && is_register(&access)) {
		memcpy(&value, from, sizeof(value));
		post_register(card, access.offset, value);
	}
	message->size = sizeof(access);
	return 0;
}

static int answer(struct card *card, struct message *message)
{
	switch (message->header.command) {
	case VERSION:
		return get_version(message);
	case DMA_MAP:
		return map(card, message);
	case DMA_UNMAP:
		return unmap(card, message);
	case GET_INFO:
		return get_info(message);
	case GET_REGION_INFO:
		return get_region_info(card, message);
	case GET_IRQ_INFO:
		return get_irq_info(card, message);
	case SET_IRQS:
		return set_irqs(card, message);
	case REGION_READ:
		return region_read(card, message);
	case REGION_WRITE:
		return region_write(card, message);
	case RESET:
		post_flush_to_card(card);
		card_reset_function(card);
		message->size = 0;
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

int vfio_user_serve(struct card *card, int socket)
{
	static struct message message;
	int ret = receive(socket, &message);

	if (!ret)
		ret = reply(socket, &message, answer(card, &message));
	for (unsigned int i = 0; i < message.file_count; i++)
		if (message.files[i] >= 0)
			close(message.files[i]);
	return ret;
}
