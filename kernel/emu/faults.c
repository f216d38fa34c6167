// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults of the emulated board, on demand.
 */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/platform_device.h>

#include "emu.h"

/**
 * DOC: Faults on demand
 *
 * /sys/kernel/debug/limen_emu/<device>/ has a file for everything that can go
 * wrong. Most are counters: the next so many events go wrong, and reading tells
 * how many are left. They concern comparisons and scans (a long scan is several
 * of the latter) unless told otherwise.
 *
 * - fail: the entry fails, with LIMEN_HW_INTERNAL
 * - hang: the entry is fetched, and not answered before it is given up
 * - crash: the entry is fetched, and then the board reports a fatal error
 * - endless: the entry is executed until it is given up
 * - deaf: an entry is not given up when it should be
 * - stick_ring: a ring, of any kind, does not stop before the next reset
 * - corrupt_flags: the entry is fetched with a flag that does not exist
 * - drop_irq: an interrupt, of any ring, is lost
 * - corrupt_seq: a completion, of any ring, has a wrong number
 * - corrupt_cookie: likewise a cookie of nothing that is outstanding
 * - corrupt_status: likewise an unknown status
 * - corrupt_count: likewise an impossible count
 * - corrupt_fewer: a scan that finds anything returns a row less
 * - corrupt_score: a comparison has a similarity above one
 * - wrong_score: a comparison has a score that is wrong and possible
 * - corrupt_rows: a scan that finds anything returns a row outside the gallery
 * - corrupt_order: a scan that finds two rows returns them in the wrong order
 * - stick: a reset, by register or function-level, does not end
 * - overtake: an answer is given after the next one's, if one is to come
 * - prompt: the comparisons that a doorbell is rung for are answered before the
 *   write to the doorbell returns, unless every entry takes longer
 * - overrun: a doorbell, of any ring, arrives as one past the ring's end
 * - moody: the board reports a fatal error as soon as it is enabled
 * - posted: microseconds, at most a thousand, until a write of a register arrives,
 *   unless one is read before
 * - linger: unless 0, a reset that does not end leaves the board writing garbage,
 *   every millisecond while it may do DMA, to what it had: completion queues, results
 *   of scans and the camera's buffers
 * - abandon: writing 1 halts the board as a bus does that is to be reset, 0 ends that
 * - lazy: card memory is not wiped though the driver says so
 * - wipe_ms: milliseconds that wiping takes longer
 * - scan_depth_max: most entries that the SCAN ring has held unanswered since
 *   the board was reset or a number was written here
 * - wake: the board, told to sleep, wakes up the system
 * - refuse: the system cannot be suspended because of the board
 * - delay_us: microseconds that every entry takes longer, at most a minute; also
 *   the one that is being executed when a number is written here
 * - temperature: what the board says its temperature is, thousandths of a degree C
 * - power: likewise its power, milliwatts
 * - error_cause, error_detail, error_address_lo, error_address_hi, error_count: the
 *   error that it says it has met, of which the driver clears the cause
 * - fatal: writing 1 makes the board report a fatal error
 *
 * And for all counters: skip, how many events that one of them concerns go well
 * before the first goes wrong.
 *
 * What has to go wrong before a board has its folder is a parameter of the module:
 * fickle, times, limits and warm.
 */

#define EMU_DELAY_US_MAX	60000000

/**
 * emu_fault_due() - whether something is to go wrong now
 * @emu: board; any context
 * @knob: counter of what is left to go wrong
 *
 * Return: true if so, and then the counter has been taken down.
 */
bool emu_fault_due(struct emu *emu, atomic_t *knob)
{
	return atomic_read(knob) > 0 &&
	       atomic_dec_if_positive(&emu->faults.skip) < 0 &&
	       atomic_dec_if_positive(knob) >= 0;
}

/**
 * emu_fault_entry() - spoil an entry, if that is wanted
 * @emu: board
 * @sqe: entry as fetched
 */
void emu_fault_entry(struct emu *emu, struct limen_hw_sqe *sqe)
{
	if (emu_fault_due(emu, &emu->faults.corrupt_flags))
		sqe->flags |= 0x80;
}

/**
 * emu_fault_completion() - spoil a completion, if that is wanted
 * @emu: board
 * @cqe: completion, complete
 */
void emu_fault_completion(struct emu *emu, struct limen_hw_cqe *cqe)
{
	struct emu_faults *faults = &emu->faults;

	if (emu_fault_due(emu, &faults->corrupt_seq))
		cqe->seq ^= cpu_to_le32(0x40000000);
	/* The highest bit belongs to the count of a slot's uses. */
	if (emu_fault_due(emu, &faults->corrupt_cookie))
		cqe->cookie ^= cpu_to_le16(0x8000);
	if (emu_fault_due(emu, &faults->corrupt_status))
		cqe->status = cpu_to_le16(0x7fff);
	if (emu_fault_due(emu, &faults->corrupt_count))
		cqe->count = cpu_to_le32(U32_MAX);
}

/**
 * emu_memory_sound() - whether what is read from card memory can be believed
 * @emu: board; any context, unlocked
 * @address: offset in card memory
 *
 * It has errors if that is wanted; what they are, the host is told.
 *
 * Return: false if it cannot, and the board goes no further.
 */
bool emu_memory_sound(struct emu *emu, u64 address)
{
	bool corrected = emu_fault_due(emu, &emu->faults.ecc_corrected);
	bool uncorrected = emu_fault_due(emu, &emu->faults.ecc_uncorrected);
	unsigned long flags;

	spin_lock_irqsave(&emu->lock, flags);
	if (corrected)
		core_memory_error(&emu->core, address, true);
	if (uncorrected)
		core_memory_error(&emu->core, address, false);
	spin_unlock_irqrestore(&emu->lock, flags);
	return !uncorrected;
}

static int emu_delay_get(void *data, u64 *value)
{
	*value = READ_ONCE(((struct emu *)data)->faults.delay_us);
	return 0;
}

static int emu_delay_set(void *data, u64 value)
{
	if (value > EMU_DELAY_US_MAX)
		return -EINVAL;
	WRITE_ONCE(((struct emu *)data)->faults.delay_us, value);
	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(emu_delay_fops, emu_delay_get, emu_delay_set, "%llu\n");

static int emu_temperature_get(void *data, u64 *value)
{
	*value = (s64)READ_ONCE(((struct emu *)data)->faults.temperature);
	return 0;
}

static int emu_temperature_set(void *data, u64 value)
{
	if ((s64)value != (s32)value)
		return -EINVAL;
	WRITE_ONCE(((struct emu *)data)->faults.temperature, (s32)value);
	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE_SIGNED(emu_temperature_fops, emu_temperature_get,
				emu_temperature_set, "%lld\n");

static int emu_fatal_set(void *data, u64 value)
{
	if (value != 1)
		return -EINVAL;
	emu_fatal(data);
	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(emu_fatal_fops, NULL, emu_fatal_set, "%llu\n");

static int emu_abandon_get(void *data, u64 *value)
{
	*value = READ_ONCE(((struct emu *)data)->halted);
	return 0;
}

static int emu_abandon_set(void *data, u64 value)
{
	if (value > 1)
		return -EINVAL;
	if (value)
		emu_halt(data);
	else
		emu_unhalt(data);
	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(emu_abandon_fops, emu_abandon_get, emu_abandon_set,
			 "%llu\n");

static void emu_faults_init_errors(struct emu_faults *faults)
{
	static const char * const names[ARRAY_SIZE(faults->error)] = {
		"error_cause", "error_detail", "error_address_lo",
		"error_address_hi", "error_count",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		debugfs_create_u32(names[i], 0600, faults->dir,
				   &faults->error[i]);
}

/**
 * emu_faults_init() - offer the knobs
 * @emu: board
 */
void emu_faults_init(struct emu *emu)
{
	struct emu_faults *faults = &emu->faults;
	const struct {
		const char *name;
		atomic_t *knob;
	} counters[] = {
		{ "fail", &faults->fail },
		{ "hang", &faults->hang },
		{ "crash", &faults->crash },
		{ "endless", &faults->endless },
		{ "deaf", &faults->deaf },
		{ "stick_ring", &faults->stick_ring },
		{ "corrupt_flags", &faults->corrupt_flags },
		{ "drop_irq", &faults->drop_irq },
		{ "ecc_corrected", &faults->ecc_corrected },
		{ "ecc_uncorrected", &faults->ecc_uncorrected },
		{ "corrupt_seq", &faults->corrupt_seq },
		{ "corrupt_cookie", &faults->corrupt_cookie },
		{ "corrupt_status", &faults->corrupt_status },
		{ "corrupt_count", &faults->corrupt_count },
		{ "corrupt_fewer", &faults->corrupt_fewer },
		{ "corrupt_score", &faults->corrupt_score },
		{ "wrong_score", &faults->wrong_score },
		{ "corrupt_rows", &faults->corrupt_rows },
		{ "corrupt_order", &faults->corrupt_order },
		{ "stick", &faults->stick },
		{ "overtake", &faults->overtake },
		{ "prompt", &faults->prompt },
		{ "overrun", &faults->overrun },
		{ "moody", &faults->moody },
		{ "lazy", &faults->lazy },
		{ "wake", &faults->wake },
		{ "refuse", &faults->refuse },
		{ "skip", &faults->skip },
	};
	unsigned int i;

	faults->dir = debugfs_create_dir(dev_name(&emu->pdev->dev),
					 emu_debugfs_root);
	for (i = 0; i < ARRAY_SIZE(counters); i++)
		debugfs_create_atomic_t(counters[i].name, 0600, faults->dir,
					counters[i].knob);
	emu_faults_init_errors(faults);
	debugfs_create_u32("counters", 0600, faults->dir, &faults->counters);
	debugfs_create_u32("wipe_ms", 0600, faults->dir, &faults->wipe_ms);
	debugfs_create_u32("posted", 0600, faults->dir, &faults->posted);
	debugfs_create_u32("linger", 0600, faults->dir, &faults->linger);
	debugfs_create_u32("scan_depth_max", 0600, faults->dir,
			   &emu->rings[LIMEN_HW_RING_SCAN].depth_max);
	debugfs_create_file_unsafe("delay_us", 0600, faults->dir, emu,
				   &emu_delay_fops);
	debugfs_create_file_unsafe("temperature", 0600, faults->dir, emu,
				   &emu_temperature_fops);
	debugfs_create_u32("power", 0600, faults->dir, &faults->power);
	debugfs_create_file_unsafe("fatal", 0200, faults->dir, emu,
				   &emu_fatal_fops);
	debugfs_create_file_unsafe("abandon", 0600, faults->dir, emu,
				   &emu_abandon_fops);
}

/**
 * emu_faults_fini() - take the knobs away
 * @emu: board
 */
void emu_faults_fini(struct emu *emu)
{
	debugfs_remove(emu->faults.dir);
}
