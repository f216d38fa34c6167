// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * What a board counts: its work, of which a snapshot is taken, and errors of its memory.
 */
#include "core.h"

/**
 * core_snapshot() - latch all counters
 * @board: board
 */
void core_snapshot(struct core_board *board)
{
	memcpy(board->snapshot, board->counters, sizeof(board->snapshot));
}

/* One more, but at most the largest number. */
static u32 more(u32 count)
{
	return count != 0xffffffff ? count + 1 : count;
}

/**
 * core_memory_error() - card memory had an error when it was read
 * @board: board
 * @address: offset in card memory
 * @corrected: it has been corrected; else the board cannot go on
 */
void core_memory_error(struct core_board *board, u64 address, bool corrected)
{
	struct core_ecc *ecc = &board->ecc;

	WRITE_ONCE(ecc->address, address);
	if (corrected) {
		WRITE_ONCE(ecc->corrected, more(ecc->corrected));
		ecc->status |= LIMEN_HW_ECC_CORRECTED;
	} else {
		WRITE_ONCE(ecc->uncorrected, more(ecc->uncorrected));
		ecc->status |= LIMEN_HW_ECC_UNCORRECTED;
		core_fatal(board);
	}
}

static u32 half(u64 number, bool upper)
{
	return (u32)(upper ? number >> 32 : number);
}

static bool read_ecc(const struct core_ecc *ecc, u32 reg, u32 *value)
{
	switch (reg) {
	case LIMEN_HW_REG_ECC_STATUS:
		*value = READ_ONCE(ecc->status);
		return true;
	case LIMEN_HW_REG_ECC_CORRECTED:
		*value = READ_ONCE(ecc->corrected);
		return true;
	case LIMEN_HW_REG_ECC_UNCORRECTED:
		*value = READ_ONCE(ecc->uncorrected);
		return true;
	case LIMEN_HW_REG_ECC_ADDRESS_LO:
	case LIMEN_HW_REG_ECC_ADDRESS_HI:
		*value = half(READ_ONCE(ecc->address),
			      reg == LIMEN_HW_REG_ECC_ADDRESS_HI);
		return true;
	default:
		return false;
	}
}

/**
 * core_read_gauge() - read a register that tells what has been counted
 * @board: board
 * @reg: register
 * @value: what it says, if it is such a one
 *
 * Needs no serialisation, but with core_snapshot().
 *
 * Return: whether it is one: STALL, COUNTER or ECC_*.
 */
bool core_read_gauge(struct core_board *board, u32 reg, u32 *value)
{
	u32 number = reg - LIMEN_HW_REG_COUNTER(0), offset;
	unsigned int ring;

	if (number < 8 * LIMEN_HW_COUNTERS && number % 4 == 0) {
		*value = half(board->snapshot[number / 8], number % 8);
		return true;
	}
	if (!core_is_ring_reg(reg, &ring, &offset))
		return read_ecc(&board->ecc, reg, value);
	if (offset != LIMEN_HW_RING_STALL_LO && offset != LIMEN_HW_RING_STALL_HI)
		return false;
	*value = core_ring_stall(&board->rings[ring],
				 offset == LIMEN_HW_RING_STALL_HI);
	return true;
}
