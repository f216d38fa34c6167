/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The board interface: what a matching card shows its driver.
 *
 * A PCIe card with registers in BAR 0, its memory in BAR 2, DMA to the host and MSI-X (one
 * vector suffices, LIMEN_HW_VECTORS are better). The driver and the board share three rings
 * in host memory; Documentation/board.rst tells the protocol in prose. Everything is
 * little-endian. The driver trusts nothing that the board writes.
 */
#ifndef LIMEN_HW_H
#define LIMEN_HW_H

#include <linux/types.h>
#ifdef __KERNEL__
#include <linux/build_bug.h>
#else
#include <assert.h>
#endif

#define LIMEN_HW_ID			0x4e4d494c /* "LIMN" */
#define LIMEN_HW_VERSION_MAJOR		1
#define LIMEN_HW_VERSION_MINOR		2
/* The first minor version with firmware, whose interface range cannot begin earlier. */
#define LIMEN_HW_VERSION_BOOT		2

/* Registers in BAR 0, 32 bits each; read-only unless marked. */
#define LIMEN_HW_REG_ID			0x000
#define LIMEN_HW_REG_VERSION		0x004 /* major << 16 | minor */
#define LIMEN_HW_REG_FEATURES		0x008
#define   LIMEN_HW_FEATURE_CAMERA	0x00000001
#define   LIMEN_HW_FEATURE_SENSORS	0x00000002 /* TEMPERATURE and POWER */
#define   LIMEN_HW_FEATURE_CLOCK	0x00000004 /* CLOCK, since 1.2 */
#define   LIMEN_HW_FEATURE_BOOT		0x00000008 /* 0x300 to 0x37f, since 1.2 */
#define   LIMEN_HW_FEATURE_ERROR	0x00000010 /* 0x380 to 0x390, since 1.2 */
#define   LIMEN_HW_FEATURE_TIMES	0x00000020 /* 0x3a0 to 0x3a8, since 1.2 */
#define   LIMEN_HW_FEATURE_LIMITS	0x00000040 /* 0x3b0 to 0x3b8, since 1.2 */
#define   LIMEN_HW_FEATURE_WIPE		0x00000080 /* 0x3c0 to 0x3cc, since 1.2 */
#define   LIMEN_HW_FEATURE_THERMAL	0x00000100 /* 0x3d0 and 0x3d4, with SENSORS; since 1.2 */
#define   LIMEN_HW_FEATURE_SNAPSHOT	0x00000200 /* 0x3e0 and 0x440 to 0x474, since 1.2 */
#define   LIMEN_HW_FEATURE_ECC		0x00000400 /* 0x3e4 to 0x3f4, since 1.2 */
#define   LIMEN_HW_FEATURE_VECTORS	0x00000800 /* 0x3f8 to 0x40c, since 1.2 */
#define   LIMEN_HW_FEATURE_CAM_MODES	0x00001000 /* 0x500 to 0x71c, with CAMERA; since 1.2 */
#define LIMEN_HW_REG_MEM_SIZE		0x00c /* card memory, MiB */
#define LIMEN_HW_REG_CONTROL		0x010 /* RW */
#define   LIMEN_HW_CONTROL_ENABLE	0x00000001
/*
 * Self-clearing. The board stops every ring and all DMA, forgets ring bases,
 * wipes whatever it holds of templates and images outside card memory, and only
 * then reports READY.
 */
#define   LIMEN_HW_CONTROL_RESET	0x00000002
#define LIMEN_HW_REG_STATUS		0x014
#define   LIMEN_HW_STATUS_READY		0x00000001
#define   LIMEN_HW_STATUS_FATAL		0x00000002
/*
 * W1C, bit LIMEN_HW_RING_*. The board interrupts whenever an event sets an enabled
 * bit, also one that is set already. Completions are in host memory before the
 * interrupt, and before the answer to a read of this register that follows them.
 */
#define LIMEN_HW_REG_IRQ_STATUS		0x018
#define   LIMEN_HW_IRQ_FATAL		0x80000000
#define LIMEN_HW_REG_IRQ_ENABLE		0x01c /* RW, same bits */
#define LIMEN_HW_REG_TEMPERATURE	0x020 /* signed, thousandths of a degree C */
#define LIMEN_HW_REG_POWER		0x024 /* milliwatts */
#define LIMEN_HW_REG_CLOCK		0x028 /* of the engine, kHz, constant */

/* The rings, in the order of their register blocks. */
#define LIMEN_HW_RING_EXPRESS		0 /* 1:1 comparisons */
#define LIMEN_HW_RING_SCAN		1 /* 1:N searches */
#define LIMEN_HW_RING_CAMERA		2 /* empty frame buffers out, frames back */
#define LIMEN_HW_RINGS			3

#define LIMEN_HW_RING_BLOCK(ring)	(0x100 + 0x40 * (ring))
#define LIMEN_HW_RING_SQ_LO		0x00 /* RW, bus address, 4 KiB aligned */
#define LIMEN_HW_RING_SQ_HI		0x04 /* RW */
#define LIMEN_HW_RING_CQ_LO		0x08 /* RW, bus address, 4 KiB aligned */
#define LIMEN_HW_RING_CQ_HI		0x0c /* RW */
#define LIMEN_HW_RING_SIZE		0x10 /* RW, log2 of the entries, 1 to 12 */
/* RW, 1 starts at index 0; 0 stops, and reads back once the last DMA has ended */
#define LIMEN_HW_RING_ENABLE		0x14
#define LIMEN_HW_RING_SQ_TAIL		0x18 /* WO doorbell: entries ever submitted */
#define LIMEN_HW_RING_CQ_HEAD		0x1c /* WO doorbell: entries ever consumed */
/*
 * WO, a cookie. The board gives the entry up, if it has it and can, wipes what it
 * holds of it and completes it with LIMEN_HW_ABORTED; else nothing happens.
 */
#define LIMEN_HW_RING_ABORT		0x20
/*
 * Nanoseconds that the ring's engine has waited for memory since the reset;
 * reading LO latches HI.
 */
#define LIMEN_HW_RING_STALL_LO		0x24
#define LIMEN_HW_RING_STALL_HI		0x28

/*
 * The camera. Size and interval are latched when streaming starts; with ones
 * that the sensor does not have it does not start, and STREAM reads back 0.
 */
#define LIMEN_HW_REG_CAM_CONTROL	0x200 /* RW */
#define   LIMEN_HW_CAM_STREAM		0x00000001
#define   LIMEN_HW_CAM_LAMP		0x00000002
#define LIMEN_HW_REG_CAM_SIZE		0x204 /* RW, width | height << 16 */
#define LIMEN_HW_REG_CAM_INTERVAL	0x208 /* RW, microseconds a frame */
#define LIMEN_HW_REG_CAM_EXPOSURE	0x20c /* RW, units of 100 microseconds */

/* The modes without CAM_MODES: the whole array, and the array binned two by two. */
#define LIMEN_HW_CAM_WIDTH		640
#define LIMEN_HW_CAM_HEIGHT		480
#define LIMEN_HW_CAM_BYTES_PER_PIXEL	3 /* blue, green, red */
#define LIMEN_HW_CAM_EXPOSURE_MIN	1
#define LIMEN_HW_CAM_EXPOSURE_MAX	1000
#define LIMEN_HW_CAM_EXPOSURE_NOMINAL	100

/*
 * A board that runs firmware, since 1.2. Its reset is done by the gateware and never
 * depends on the firmware; it always ends in the ROM, which waits for an image.
 */
#define LIMEN_HW_REG_BOOT_STATE		0x300 /* enum limen_hw_boot_state */
#define LIMEN_HW_REG_BOOT_REASON	0x304 /* enum limen_hw_refusal, until the next reset */
/* Resets since power was applied, from 1; counted by the gateware. */
#define LIMEN_HW_REG_BOOT_GENERATION	0x308
#define LIMEN_HW_REG_BOOT_IMAGE		0x30c /* RW, where it lies in card memory, 4 KiB pages */
#define LIMEN_HW_REG_BOOT_SIZE		0x310 /* RW, its bytes */
/* WO, BOOT_GENERATION: load the image. With any other value nothing happens. */
#define LIMEN_HW_REG_BOOT_GO		0x314
/*
 * RW. What is written here, the firmware answers in ECHO_ANSWER with
 * limen_hw_echo(); only a board that has answered correctly counts as ready.
 */
#define LIMEN_HW_REG_ECHO		0x318
#define LIMEN_HW_REG_ECHO_ANSWER	0x31c
#define LIMEN_HW_REG_HEARTBEAT		0x320 /* advances while the firmware is alive */
#define LIMEN_HW_REG_HEARTBEAT_MS	0x324 /* within this time, from 1 */
#define   LIMEN_HW_HEARTBEAT_MS_MAX	10000
#define LIMEN_HW_REG_BOARD_TYPE		0x328 /* images are for one type of board */
#define LIMEN_HW_REG_SECURITY_FLOOR	0x32c /* least security version that it starts */
#define LIMEN_HW_REG_BOOT_MS		0x330 /* an image is running or refused by then */
#define LIMEN_HW_REG_GATEWARE_VERSION	0x334 /* major << 16 | minor */
/* Of the firmware that runs, else zero: as its image tells. */
#define LIMEN_HW_REG_FIRMWARE_VERSION	0x338 /* major << 16 | minor */
#define LIMEN_HW_REG_SECURITY_VERSION	0x33c
/* Minor versions of this interface that it speaks: least << 16 | greatest. */
#define LIMEN_HW_REG_FIRMWARE_API	0x340
#define LIMEN_HW_REG_FIRMWARE_HASH(i)	(0x344 + 4 * (i)) /* SHA-256, 8 words, as bytes */

/*
 * The first error that the board has met since the cause was last cleared. The gateware
 * keeps it through all resets, but not without power.
 */
#define LIMEN_HW_REG_ERROR_CAUSE	0x380 /* W1C, enum limen_hw_error, 0 if none */
#define LIMEN_HW_REG_ERROR_DETAIL	0x384 /* as the cause has it */
#define LIMEN_HW_REG_ERROR_ADDRESS_LO	0x388 /* likewise */
#define LIMEN_HW_REG_ERROR_ADDRESS_HI	0x38c
#define LIMEN_HW_REG_ERROR_COUNT	0x390 /* errors since then; at most the largest number */

enum limen_hw_error {
	LIMEN_HW_ERROR_NONE = 0,
	LIMEN_HW_ERROR_DMA_REFUSED = 1, /* detail: limen_hw_dma; the address on that bus */
	LIMEN_HW_ERROR_DMA_TIMEOUT = 2, /* likewise */
	LIMEN_HW_ERROR_TRAP = 3,        /* of the firmware; detail: mcause; address: pc */
	LIMEN_HW_ERROR_WATCHDOG = 4,    /* no HEARTBEAT in HEARTBEAT_MS; detail: the last */
};

enum limen_hw_dma {
	LIMEN_HW_DMA_FROM_HOST = 1,
	LIMEN_HW_DMA_TO_HOST = 2,
	LIMEN_HW_DMA_FROM_CARD = 3,
};

/*
 * Milliseconds that something takes at most, constant; BOOT_MS is another. Values out of
 * range are taken for the nearest that is not.
 */
#define LIMEN_HW_REG_RESET_MS		0x3a0 /* RESET until READY, or BOOT_WAITING */
#define LIMEN_HW_REG_ABORT_MS		0x3a4 /* ABORT until the completion */
#define LIMEN_HW_REG_RING_STOP_MS	0x3a8 /* ENABLE written 0 until it reads 0 */
#define   LIMEN_HW_TIME_MS_MIN		10
#define   LIMEN_HW_RESET_MS_MAX		50000
#define   LIMEN_HW_ABORT_MS_MAX		1000
#define   LIMEN_HW_RING_STOP_MS_MAX	10000
#define   LIMEN_HW_BOOT_MS_MAX		10000

/* What the board can do less of than this interface allows, constant. */
#define LIMEN_HW_REG_DMA_BITS		0x3b0 /* of bus addresses, 32 to 64 */
#define LIMEN_HW_REG_RING_LOG2_MAX	0x3b4 /* of the entries, up to 12 */
#define LIMEN_HW_REG_TOP_K_MAX		0x3b8 /* 1 to LIMEN_HW_TOP_K_MAX */
#define   LIMEN_HW_DMA_BITS_MIN		32

/*
 * An engine of the gateware's that zeroes card memory. It does not stop at RESET, but for a
 * reset of the function, after which WIPE_DONE is 0.
 */
#define LIMEN_HW_REG_WIPE_PAGE		0x3c0 /* WO, the first one, of 4 KiB */
#define LIMEN_HW_REG_WIPE_PAGES		0x3c4 /* WO, how many */
/*
 * WO. Any number but 0 begins, unless one is under way or there is no such memory; 0 ends
 * what is under way by the next read of WIPE_DONE.
 */
#define LIMEN_HW_REG_WIPE_GO		0x3c8
#define LIMEN_HW_REG_WIPE_DONE		0x3cc /* number of the last one that is complete */

/* Constant, as TEMPERATURE: from where it is too warm, and from where it may fail. */
#define LIMEN_HW_REG_TEMP_WARNING	0x3d0
#define LIMEN_HW_REG_TEMP_CRITICAL	0x3d4 /* at least TEMP_WARNING */
#define   LIMEN_HW_TEMP_LIMIT_MIN	0
#define   LIMEN_HW_TEMP_LIMIT_MAX	150000

/*
 * WO. Any write latches all counters at once; COUNTER tells of that moment until the next
 * write. A reset makes all of them 0.
 */
#define LIMEN_HW_REG_SNAPSHOT		0x3e0
#define LIMEN_HW_REG_COUNTER(i)		(0x440 + 8 * (i)) /* lower half, then the upper one */
/* Of the EXPRESS and the SCAN ring: */
#define   LIMEN_HW_COUNTER_STALL_NS(ring)	(ring) /* as LIMEN_HW_RING_STALL_LO, _HI */
#define   LIMEN_HW_COUNTER_BUSY_NS(ring)	(2 + (ring)) /* device_ns of all answers */
#define   LIMEN_HW_COUNTER_ANSWERS(ring)	(4 + (ring)) /* but LIMEN_HW_ABORTED */
#define   LIMEN_HW_COUNTER_ROWS		6 /* that scans have read which ended with LIMEN_HW_OK */
#define LIMEN_HW_COUNTERS		7

/*
 * Errors of card memory. What could be corrected is only counted. An entry for which something
 * was read that could not is never answered: the board notes the error, then reports FATAL. The
 * gateware keeps all of it through all resets, but not without power.
 */
#define LIMEN_HW_REG_ECC_STATUS		0x3e4 /* W1C, what there has been */
#define   LIMEN_HW_ECC_CORRECTED	0x00000001
#define   LIMEN_HW_ECC_UNCORRECTED	0x00000002
#define LIMEN_HW_REG_ECC_CORRECTED	0x3e8 /* how many; at most the largest number */
#define LIMEN_HW_REG_ECC_UNCORRECTED	0x3ec /* likewise */
#define LIMEN_HW_REG_ECC_ADDRESS_LO	0x3f0 /* in card memory, of the last one of either kind */
#define LIMEN_HW_REG_ECC_ADDRESS_HI	0x3f4

/*
 * Interrupts by several vectors. RW, how many the host has: LIMEN_HW_VECTORS, or 1 for
 * everything, as after a reset. With all of them, vector 0 is for the board's own events (FATAL),
 * and the one of LIMEN_HW_VECTOR() for a ring's.
 */
#define LIMEN_HW_REG_VECTORS		0x3f8
#define   LIMEN_HW_VECTORS		4
#define   LIMEN_HW_VECTOR(ring)		(1 + (ring))
/* Constant, the largest MODERATION that the board takes, up to LIMEN_HW_MODERATION_US_MAX. */
#define LIMEN_HW_REG_MODERATION_MAX	0x3fc
#define   LIMEN_HW_MODERATION_US_MAX	10000
/*
 * RW, least microseconds from one interrupt by a vector to the next one. An event that comes
 * earlier interrupts when they have passed; others may have come until then. FATAL always
 * interrupts at once.
 */
#define LIMEN_HW_REG_MODERATION(vector)	(0x400 + 4 * (vector))

/* What the camera can do, constant: so many modes. FORMAT is enum limen_hw_cam_format. */
#define LIMEN_HW_REG_CAM_MODES		0x500
#define   LIMEN_HW_CAM_MODES_MAX	32
#define LIMEN_HW_REG_CAM_MODE(i)	(0x520 + 16 * (i))
#define LIMEN_HW_CAM_MODE_SIZE		0x0 /* as CAM_SIZE takes it */
#define LIMEN_HW_CAM_MODE_INTERVAL	0x4 /* as CAM_INTERVAL takes it */
#define LIMEN_HW_CAM_MODE_FORMAT	0x8
#define   LIMEN_HW_CAM_SIDE_MIN		16 /* pixels */
#define   LIMEN_HW_CAM_SIDE_MAX		4096
#define   LIMEN_HW_CAM_BYTES_MAX	0x200000 /* of a frame, whose lines follow each other */
#define   LIMEN_HW_CAM_INTERVAL_MIN	1000
#define   LIMEN_HW_CAM_INTERVAL_MAX	1000000

enum limen_hw_cam_format {
	LIMEN_HW_CAM_BGR = 1, /* LIMEN_HW_CAM_BYTES_PER_PIXEL */
};

enum limen_hw_boot_state {
	LIMEN_HW_BOOT_RESET = 0,     /* the gateware resets and wipes */
	LIMEN_HW_BOOT_WAITING = 1,   /* the ROM waits for an image, the last one refused or none */
	LIMEN_HW_BOOT_LOADING = 2,   /* the ROM copies and verifies it */
	LIMEN_HW_BOOT_RUNNING = 3,   /* it has been started */
	LIMEN_HW_BOOT_CRASHED = 4,   /* it met a trap that it does not handle */
};

enum limen_hw_refusal {
	LIMEN_HW_REFUSED_NOT = 0,
	LIMEN_HW_REFUSED_MEMORY = 1,     /* where it lies cannot be read */
	LIMEN_HW_REFUSED_FORMAT = 2,     /* this is no image, or one of another format */
	LIMEN_HW_REFUSED_SIZE = 3,       /* a length or an address in it is out of range */
	LIMEN_HW_REFUSED_HASH = 4,       /* the content is not what the header says */
	LIMEN_HW_REFUSED_SIGNATURE = 5,  /* nobody whom the board knows has signed it */
	LIMEN_HW_REFUSED_BOARD = 6,      /* it is for another type of board */
	LIMEN_HW_REFUSED_SECURITY = 7,   /* it is older than the security floor */
	LIMEN_HW_REFUSED_WATCHDOG = 8,   /* not refused: it stopped, and the board was reset */
};

/**
 * limen_hw_echo() - what firmware answers to a challenge
 * @challenge: written to LIMEN_HW_REG_ECHO
 * @generation: LIMEN_HW_REG_BOOT_GENERATION, which the firmware of another boot does
 *	not know
 *
 * Neither ones everywhere nor what was there before is the answer to a challenge that
 * is chosen at random.
 *
 * Return: the answer.
 */
static inline __u32 limen_hw_echo(__u32 challenge, __u32 generation)
{
	return ((challenge << 7 | challenge >> 25) ^ generation) + LIMEN_HW_ID;
}

#define LIMEN_HW_TOP_K_MAX		1024

/*
 * Vectors start at multiples of the one. In host memory they never cross a
 * boundary of the other, although not every dimension divides it.
 */
#define LIMEN_HW_VECTOR_ALIGN		64
#define LIMEN_HW_PAGE_SIZE		4096

enum limen_hw_opcode {
	LIMEN_HW_OP_COMPARE = 1, /* EXPRESS */
	LIMEN_HW_OP_SCAN = 2,    /* SCAN */
	LIMEN_HW_OP_CAPTURE = 3, /* CAMERA */
};

/* Submission flags: which addresses lie in card memory instead of host memory. */
#define LIMEN_HW_F_PROBE_ON_CARD	0x01
#define LIMEN_HW_F_REFERENCE_ON_CARD	0x02

/**
 * struct limen_hw_compare - compare two vectors
 * @probe: bus address, or offset in card memory with LIMEN_HW_F_PROBE_ON_CARD
 * @reference: likewise, with LIMEN_HW_F_REFERENCE_ON_CARD
 * @reserved: zero
 */
struct limen_hw_compare {
	__le64 probe;
	__le64 reference;
	__le64 reserved[5];
};

/**
 * struct limen_hw_scan - rank a gallery's rows by similarity to a probe
 * @probe: as in struct limen_hw_compare
 * @gallery: offset of row 0 in card memory
 * @result: bus address of @top_k struct limen_hw_row, contiguous
 * @stride: bytes from row to row
 * @rows: rows to read
 * @top_k: most rows to return, 1 to LIMEN_HW_TOP_K_MAX
 * @min_similarity: rows below it are not returned
 * @reserved: zero
 */
struct limen_hw_scan {
	__le64 probe;
	__le64 gallery;
	__le64 result;
	__le32 stride;
	__le32 rows;
	__le32 top_k;
	__le32 min_similarity;
	__le64 reserved[2];
};

/**
 * struct limen_hw_capture - fill a buffer with the next frame
 * @buffer: bus address, contiguous
 * @size: bytes at @buffer
 * @reserved: zero
 */
struct limen_hw_capture {
	__le64 buffer;
	__le32 size;
	__le32 reserved[11];
};

/**
 * struct limen_hw_sqe - submission queue entry
 * @opcode: enum limen_hw_opcode
 * @flags: LIMEN_HW_F_* of addresses that the operation has; no other bits
 * @cookie: returned in the completion
 * @dim: components of the vectors, a multiple of 64 from 64 to 512; zero for
 *	captures
 * @reserved: zero
 * @compare: for LIMEN_HW_OP_COMPARE
 * @scan: for LIMEN_HW_OP_SCAN
 * @capture: for LIMEN_HW_OP_CAPTURE
 */
struct limen_hw_sqe {
	__u8 opcode;
	__u8 flags;
	__le16 cookie;
	__le16 dim;
	__le16 reserved;
	union {
		struct limen_hw_compare compare;
		struct limen_hw_scan scan;
		struct limen_hw_capture capture;
	};
};

enum limen_hw_status {
	LIMEN_HW_OK = 0,
	LIMEN_HW_BAD_DESCRIPTOR = 1, /* a field is out of range */
	LIMEN_HW_BUS_ERROR = 2,      /* an address could not be read or written */
	LIMEN_HW_INTERNAL = 3,       /* the engine failed; the entry had no effect */
	LIMEN_HW_ABORTED = 4,        /* given up because the driver said so */
};

/**
 * struct limen_hw_cqe - completion queue entry
 * @cookie: of the submission
 * @status: enum limen_hw_status; with any but LIMEN_HW_OK the rest is zero
 * @raw: raw score (COMPARE), frame number since streaming began (CAPTURE)
 * @similarity: published similarity (COMPARE)
 * @count: rows returned (SCAN), bytes written (CAPTURE)
 * @device_ns: time the engine spent on the entry, nanoseconds
 * @cycles: the same in cycles of the engine's clock; the largest number if more
 * @seq: 1 for the first entry ever written to this ring since it was enabled,
 *	2 for the next, and so on. The board writes an entry with this word last,
 *	so the driver knows a whole entry by the number it expects.
 */
struct limen_hw_cqe {
	__le16 cookie;
	__le16 status;
	__le32 raw;
	__le32 similarity;
	__le32 count;
	__le64 device_ns;
	__le32 cycles;
	__le32 seq;
};

/**
 * struct limen_hw_row - one row of a scan's result
 * @row: row number, from 0
 * @raw: raw score
 * @similarity: published similarity
 * @reserved: zero
 *
 * Rows come by falling similarity; rows of equal similarity by rising number.
 */
struct limen_hw_row {
	__le32 row;
	__le32 raw;
	__le32 similarity;
	__le32 reserved;
};

static_assert(sizeof(struct limen_hw_compare) == 56, "pinned");
static_assert(sizeof(struct limen_hw_scan) == 56, "pinned");
static_assert(sizeof(struct limen_hw_capture) == 56, "pinned");
static_assert(sizeof(struct limen_hw_sqe) == 64, "pinned");
static_assert(sizeof(struct limen_hw_cqe) == 32, "pinned");
static_assert(sizeof(struct limen_hw_row) == 16, "pinned");

#endif /* LIMEN_HW_H */
