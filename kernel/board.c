// SPDX-License-Identifier: GPL-2.0-only
/*
 * A board comes and goes.
 */
#include <linux/dma-mapping.h>
#include <linux/module.h>
#include <linux/pm_runtime.h>

#include <drm/drm_drv.h>
#include <drm/drm_file.h>
#include <drm/drm_managed.h>

#include "board.h"
#include "camera.h"
#include "device.h"
#include "drv.h"
#include "dump.h"
#include "express.h"
#include "gem.h"
#include "hwmon.h"
#include "limits.h"
#include "pm.h"
#include "pmu.h"
#include "recovery.h"
#include "scanner.h"
#include "trace.h"
#include "user.h"

/**
 * DOC: Boards
 *
 * A board driver (the emulated board, a PCI card) embeds struct limen_board and
 * registers it. From then on limen.ko talks to the hardware in the words of
 * include/limen/hw.h through a handful of operations, and the board driver only
 * passes on what its bus has to say: the interrupt, power management, resets.
 *
 * A board can go while files are open on its node. limen_board_unregister()
 * first makes sure that no system call reaches the board any more and that no
 * mapping of card memory is left (drm_dev_unplug()), then stops the hardware and
 * cuts it off, then ends all that was outstanding with -ENODEV, and only then lets go
 * of what DMA could have reached. struct limen_device stays until the last file is
 * closed; it does not touch struct limen_board again.
 */

static int limen_identify_memory(struct limen_device *limen)
{
	u32 mib = limen_read(&limen->host, LIMEN_HW_REG_MEM_SIZE);

	if (mib && mib <= LIMEN_MEM_MIB_MAX &&
	    (u64)mib << 20 <= limen->host.board->mem_limit) {
		limen->mem_size = (u64)mib << 20;
		limen->mem_cached = limen->host.board->mem_cached;
		return 0;
	}
	dev_err(limen->drm.dev,
		"the board claims %u MiB of memory, of which %llu can be reached\n",
		mib, limen->host.board->mem_limit >> 20);
	return -ENODEV;
}

/* What the board says that something takes, if that can be, or what is usual. */
static u32 limen_identify_time(struct limen_device *limen, u32 feature, u32 reg,
			       u32 usual, u32 longest)
{
	u32 told = limen->features & feature ? limen_read(&limen->host, reg) : usual;
	u32 ms = clamp(told, LIMEN_HW_TIME_MS_MIN, longest);

	if (ms != told)
		dev_warn(limen->drm.dev,
			 "the board tells a time of %u ms (register %#05x): it gets %u ms\n",
			 told, reg, ms);
	return ms;
}

static void limen_identify_times(struct limen_device *limen)
{
	limen->host.times = (struct limen_times) {
		.reset = limen_identify_time(limen, LIMEN_HW_FEATURE_TIMES,
					     LIMEN_HW_REG_RESET_MS, 5000,
					     LIMEN_HW_RESET_MS_MAX),
		.boot = limen_identify_time(limen, LIMEN_HW_FEATURE_BOOT,
					    LIMEN_HW_REG_BOOT_MS, 10000,
					    LIMEN_HW_BOOT_MS_MAX),
		.abort = limen_identify_time(limen, LIMEN_HW_FEATURE_TIMES,
					     LIMEN_HW_REG_ABORT_MS, 100,
					     LIMEN_HW_ABORT_MS_MAX),
		.ring_stop = limen_identify_time(limen, LIMEN_HW_FEATURE_TIMES,
						 LIMEN_HW_REG_RING_STOP_MS, 1000,
						 LIMEN_HW_RING_STOP_MS_MAX),
	};
}

/* Keeps to what the board can do, if the driver can do with that. */
static int limen_identify_limits(struct limen_device *limen)
{
	struct limen_host *host = &limen->host;
	u32 dma_bits, ring_log2;

	limen->top_k_max = LIMEN_HW_TOP_K_MAX;
	if (!(limen->features & LIMEN_HW_FEATURE_LIMITS))
		return 0;
	dma_bits = limen_read(host, LIMEN_HW_REG_DMA_BITS);
	ring_log2 = limen_read(host, LIMEN_HW_REG_RING_LOG2_MAX);
	limen->top_k_max = min(limen_read(host, LIMEN_HW_REG_TOP_K_MAX),
			       LIMEN_HW_TOP_K_MAX);
	if (dma_bits < LIMEN_HW_DMA_BITS_MIN || dma_bits > 64 ||
	    ring_log2 < LIMEN_EXPRESS_LOG2 || !limen->top_k_max) {
		dev_err(host->dev,
			"the board's limits cannot be kept to: bus addresses of %u bits (%u to 64), rings of 2^%u entries (2^%u at least), %u rows of a search (1 at least)\n",
			dma_bits, LIMEN_HW_DMA_BITS_MIN, ring_log2,
			LIMEN_EXPRESS_LOG2, limen->top_k_max);
		return -EOPNOTSUPP;
	}
	return dma_set_mask_and_coherent(host->dev, DMA_BIT_MASK(dma_bits));
}

/* Asks the board what it is, once: it could say something else the next time. */
static int limen_identify(struct limen_device *limen)
{
	struct limen_host *host = &limen->host;

	if (limen_read(host, LIMEN_HW_REG_ID) != LIMEN_HW_ID) {
		dev_err(host->dev, "this is no Limen board\n");
		return -ENODEV;
	}
	limen->version = limen_read(host, LIMEN_HW_REG_VERSION);
	if (limen->version >> 16 != LIMEN_HW_VERSION_MAJOR) {
		dev_err(host->dev,
			"the board speaks version %u.%u, this driver version %u\n",
			limen->version >> 16, limen->version & 0xffff,
			LIMEN_HW_VERSION_MAJOR);
		return -ENODEV;
	}
	limen->features = limen_read(host, LIMEN_HW_REG_FEATURES);
	limen->host.stats.snapshot = limen->features & LIMEN_HW_FEATURE_SNAPSHOT;
	if (limen->features & LIMEN_HW_FEATURE_CLOCK)
		limen->clock_khz = limen_read(host, LIMEN_HW_REG_CLOCK);
	limen_identify_times(limen);
	return limen_identify_limits(limen) ?: limen_identify_memory(limen);
}

static void limen_rings_fini(struct limen_device *limen)
{
	unsigned int i;

	for (i = 0; i < LIMEN_HW_RINGS; i++)
		limen_ring_fini(&limen->rings[i]);
}

static int limen_rings_init(struct limen_device *limen)
{
	int ret;

	ret = limen_ring_init(&limen->host,
			      &limen->rings[LIMEN_HW_RING_EXPRESS],
			      LIMEN_HW_RING_EXPRESS, LIMEN_EXPRESS_LOG2,
			      &limen_express_ring_ops);
	if (!ret)
		ret = limen_ring_init(&limen->host,
				      &limen->rings[LIMEN_HW_RING_SCAN],
				      LIMEN_HW_RING_SCAN, LIMEN_SCAN_LOG2,
				      &limen_scan_ring_ops);
	if (ret)
		limen_rings_fini(limen);
	return ret;
}

/* Brings the board up and shows it to user space. */
static int limen_board_start(struct limen_device *limen)
{
	int ret;

	ret = limen_start(limen);
	if (ret) {
		dev_err(limen->drm.dev, "the board does not become ready\n");
		return ret;
	}

	ret = drm_dev_register(&limen->drm, 0);
	if (ret)
		return ret;
	ret = limen_camera_register(limen);
	if (ret) {
		drm_dev_unplug(&limen->drm);
		return ret;
	}
	limen_pmu_register(limen);
	limen_hwmon_register(limen);
	return 0;
}

/* Undoes all but drm_dev_register(). */
static void limen_board_stop(struct limen_device *limen)
{
	limen_give_up(limen);
	limen_recovery_fini(limen);
	limen_dump_fini(limen);
	/* A late interrupt finds nothing, or a device whose rings are dead. */
	smp_store_release(&limen->host.board->limen, NULL);
	limen_gem_unmap_all(limen);
	limen_scanner_fini(limen);
	limen_rings_fini(limen);
}

static void limen_firmware_release(struct drm_device *drm, void *firmware)
{
	limen_firmware_unload(firmware);
}

/* Gets what the board is to run, if it runs firmware. */
static int limen_get_firmware(struct limen_device *limen)
{
	int ret;

	if (!(limen->features & LIMEN_HW_FEATURE_BOOT))
		return 0;
	ret = limen_firmware_load(&limen->host, &limen->firmware,
				  &limen->mem_size);
	return ret ?: drmm_add_action_or_reset(&limen->drm,
					       limen_firmware_release,
					       &limen->firmware);
}

/* What a device is made of before there is anything that the board can reach. */
static int limen_board_init(struct limen_device *limen,
			    struct limen_board *board)
{
	int ret;

	limen->host.board = board;
	limen->host.dev = board->dev;
	limen->host.number = limen->drm.accel->index;
	raw_spin_lock_init(&limen->host.stats.lock);
	ret = drmm_mutex_init(&limen->drm, &limen->host.life);
	if (!ret)
		ret = limen_users_init(limen);
	if (!ret)
		ret = limen_identify(limen);
	if (!ret)
		ret = limen_get_firmware(limen);
	if (!ret)
		ret = limen_gem_init(limen);
	if (!ret)
		ret = limen_dump_init(limen);
	return ret;
}

/**
 * limen_board_register() - make a board usable
 * @board: board, with all but @board->limen filled in, able to interrupt
 *
 * May sleep.
 *
 * Return: 0; -ENODEV if it is no board that this driver knows or it does not
 * become ready; -ENOMEM; what limen_firmware_load() returns; or another negative
 * error.
 */
int limen_board_register(struct limen_board *board)
{
	struct limen_device *limen;
	int ret;

	limen = devm_drm_dev_alloc(board->dev, &limen_driver,
				   struct limen_device, drm);
	if (IS_ERR(limen))
		return PTR_ERR(limen);
	ret = limen_board_init(limen, board);
	if (ret)
		return ret;
	ret = limen_rings_init(limen);
	if (!ret)
		ret = limen_scanner_init(limen);
	if (ret) {
		limen_rings_fini(limen);
		limen_dump_fini(limen);
		return ret;
	}

	limen_recovery_init(limen);
	ret = limen_board_start(limen);
	if (ret)
		limen_board_stop(limen);
	else
		limen_pm_init(limen);
	return ret;
}
EXPORT_SYMBOL_GPL(limen_board_register);

/**
 * limen_board_unregister() - let go of a board
 * @board: board, registered; its registers need not answer any more
 *
 * May sleep. On return neither registers nor memory of the board are touched
 * any more, and the board touches nothing of the host's.
 */
void limen_board_unregister(struct limen_board *board)
{
	struct limen_device *limen = board->limen;

	limen_pm_fini(limen);
	limen_pmu_unregister(limen);
	limen_camera_unregister(limen);
	drm_dev_unplug(&limen->drm);
	limen_board_stop(limen);
}
EXPORT_SYMBOL_GPL(limen_board_unregister);

/**
 * limen_board_suspend() - leave a board alone
 * @board: board; if it sleeps already, or is not registered, nothing happens
 * @bounded: give it up if limen_board_resume() does not follow in time
 *
 * May sleep. On return work that was under way has ended with -ECANCELED, the board
 * does no DMA and does not interrupt, and neither its registers nor its memory,
 * whose content is lost, are touched before limen_board_resume(). A board that
 * cannot be reached by now is not waited for.
 */
void limen_board_suspend(struct limen_board *board, bool bounded)
{
	if (!board->limen || !limen_halt(board->limen, bounded))
		return;
	board->ops->irq_sync(board);
	limen_gem_revoke(board->limen);
	limen_gem_wipe(board->limen);
}
EXPORT_SYMBOL_GPL(limen_board_suspend);

/**
 * limen_board_resume() - have a board work again
 * @board: board after limen_board_suspend(); if it is awake or not registered, or
 *	it is runtime power management that has put it to sleep, nothing happens
 *
 * May sleep. A board that does not come back is given up.
 */
void limen_board_resume(struct limen_board *board)
{
	if (board->limen && !pm_runtime_status_suspended(board->dev))
		limen_revive(board->limen);
}
EXPORT_SYMBOL_GPL(limen_board_resume);

/**
 * limen_board_shutdown() - have a board do nothing any more
 * @board: board; one that is not registered is left alone
 *
 * May sleep. For a system that goes down, or into another kernel, whose memory the
 * board must not write to.
 */
void limen_board_shutdown(struct limen_board *board)
{
	if (board->limen)
		limen_give_up(board->limen);
}
EXPORT_SYMBOL_GPL(limen_board_shutdown);

static int limen_board_pm_suspend(struct device *dev)
{
	limen_board_suspend(dev_get_drvdata(dev), false);
	return 0;
}

static int limen_board_pm_resume(struct device *dev)
{
	limen_board_resume(dev_get_drvdata(dev));
	return 0;
}

EXPORT_GPL_DEV_PM_OPS(limen_board_pm_ops) = {
	SYSTEM_SLEEP_PM_OPS(limen_board_pm_suspend, limen_board_pm_resume)
	RUNTIME_PM_OPS(limen_board_pm_suspend, limen_board_pm_resume, NULL)
};

/* How often card memory had an error, as the board, which sleeps or not, says. */
static ssize_t limen_ecc_show(struct device *dev, struct device_attribute *attr,
			      char *text)
{
	struct limen_board *board = dev_get_drvdata(dev);
	unsigned long reg = (unsigned long)
		container_of(attr, struct dev_ext_attribute, attr)->var;
	u32 count;
	int ret;

	ret = limen_stats_sensor(&board->limen->host, reg, &count);
	return ret ?: sysfs_emit(text, "%u\n", count);
}

#define LIMEN_ECC(_name, _reg)						\
	(&((struct dev_ext_attribute[]) {				\
		{ __ATTR(_name, 0444, limen_ecc_show, NULL), (void *)_reg } \
	})[0].attr.attr)

static umode_t limen_ecc_visible(struct kobject *kobj, struct attribute *attr,
				 int index)
{
	struct limen_board *board = dev_get_drvdata(kobj_to_dev(kobj));

	return board->limen->features & LIMEN_HW_FEATURE_ECC ? attr->mode : 0;
}

static const struct attribute_group limen_ecc_group = {
	.is_visible = limen_ecc_visible,
	.attrs = (struct attribute *[]) {
		LIMEN_ECC(ecc_corrected, LIMEN_HW_REG_ECC_CORRECTED),
		LIMEN_ECC(ecc_uncorrected, LIMEN_HW_REG_ECC_UNCORRECTED),
		NULL
	},
};

/* The driver core takes them away before the driver lets go of the board. */
const struct attribute_group *limen_board_groups[] = { &limen_ecc_group, NULL };
EXPORT_SYMBOL_GPL(limen_board_groups);

/* Whom an interrupt is for, or NULL if there is nobody or nothing to be done. */
static struct limen_device *limen_interrupted(struct limen_board *board)
{
	/* Pairs with limen_start(): the device, set up, or none. */
	struct limen_device *limen = smp_load_acquire(&board->limen);

	if (!limen || limen_asleep(&limen->host) || READ_ONCE(limen->host.dead))
		return NULL;
	limen_stats_inc(&limen->host.stats, interrupts);
	return limen;
}

/**
 * limen_board_interrupt() - the board interrupts
 * @board: board; one that is not registered is left alone
 *
 * Any context that may take spinlocks. The board may have set a bit again since
 * the interrupt was sent, and a write that clears it arrives in its own time. So
 * all bits of rings are cleared first; the read that follows makes sure that this
 * has happened and that what was completed until then is in memory, and every
 * ring is looked at, whatever the bits were.
 */
void limen_board_interrupt(struct limen_board *board)
{
	struct limen_device *limen = limen_interrupted(board);
	struct limen_ring *ring;
	struct limen_host *host;

	if (!limen)
		return;
	host = &limen->host;
	if (trace_limen_interrupt_enabled())
		trace_limen_interrupt(host->number,
				      limen_read(host, LIMEN_HW_REG_IRQ_STATUS));
	limen_write(host, LIMEN_HW_REG_IRQ_STATUS, BIT(LIMEN_HW_RINGS) - 1);
	if (limen_read(host, LIMEN_HW_REG_IRQ_STATUS) & LIMEN_HW_IRQ_FATAL)
		limen_fault(host, LIMEN_FAULT_FATAL);
	for (ring = limen_next_ring(limen, NULL); ring;
	     ring = limen_next_ring(limen, ring))
		limen_ring_reap(ring);
}
EXPORT_SYMBOL_GPL(limen_board_interrupt);

/**
 * limen_board_interrupt_ring() - the board interrupts by a ring's own vector
 * @board: as for limen_board_interrupt()
 * @index: LIMEN_HW_RING_*
 *
 * What the ring has completed is in memory before the interrupt, and what it completes
 * from now on interrupts again. So the board need not be asked, and no bit cleared.
 */
void limen_board_interrupt_ring(struct limen_board *board, unsigned int index)
{
	struct limen_device *limen = limen_interrupted(board);

	if (!limen || !limen_ring_ready(&limen->rings[index]))
		return;
	trace_limen_interrupt(limen->host.number, BIT(index));
	limen_ring_reap(&limen->rings[index]);
}
