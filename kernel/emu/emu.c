// SPDX-License-Identifier: GPL-2.0-only
/*
 * The emulated board.
 */
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/iopoll.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/pm_domain.h>
#include <linux/pm_runtime.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/suspend.h>
#include <linux/vmalloc.h>

#include "emu.h"
#include "sensor.h"

/**
 * DOC: The emulated board
 *
 * A platform device that does in software what include/limen/hw.h asks of a
 * card: it reads and writes the rings in host memory by their bus addresses,
 * raises its interrupt in hard interrupt context, and has memory of its own.
 * limen.ko does not know the difference. What a card would keep from its
 * driver, this one keeps as well: nothing here looks at limen.ko's structures.
 *
 * Like a card's, its registers can be written in any context, so all they do
 * is to note what is wanted and to wake up who does it.
 */

static unsigned int mem_mib = 64;
module_param(mem_mib, uint, 0444);
MODULE_PARM_DESC(mem_mib, "card memory in MiB, 1 to 4096 (default 64)");

#define EMU_MEM_MIB_MAX		4096

/* Bytes that are wiped before somebody else may have the CPU. */
#define EMU_WIPE_STEP		SZ_1M

/* Milliseconds between two looks for how long wiping is to take. */
#define EMU_WIPE_POLL_MS	10

/* How long a function-level reset may take, and how often to look. */
#define EMU_FLR_US		1000000
#define EMU_FLR_POLL_US		100

/**
 * emu_works() - whether the board does anything at all
 * @emu: board, locked
 *
 * Return: true if it is enabled, ready and has not met a fatal error.
 */
bool emu_works(const struct emu *emu)
{
	lockdep_assert_held(&emu->lock);

	return emu->control & LIMEN_HW_CONTROL_ENABLE &&
	       emu->status == LIMEN_HW_STATUS_READY;
}

static bool emu_is_ring_reg(u32 reg, unsigned int *ring)
{
	if (reg < LIMEN_HW_RING_BLOCK(0) ||
	    reg >= LIMEN_HW_RING_BLOCK(LIMEN_HW_RINGS))
		return false;
	*ring = (reg - LIMEN_HW_RING_BLOCK(0)) /
		(LIMEN_HW_RING_BLOCK(1) - LIMEN_HW_RING_BLOCK(0));
	return true;
}

static bool emu_is_camera_reg(u32 reg)
{
	return reg >= LIMEN_HW_REG_CAM_CONTROL &&
	       reg <= LIMEN_HW_REG_CAM_EXPOSURE;
}

static u32 emu_read_global(struct emu *emu, u32 reg)
{
	switch (reg) {
	case LIMEN_HW_REG_ID:
		return LIMEN_HW_ID;
	case LIMEN_HW_REG_VERSION:
		return LIMEN_HW_VERSION_MAJOR << 16 | LIMEN_HW_VERSION_MINOR;
	case LIMEN_HW_REG_FEATURES:
		return LIMEN_HW_FEATURE_CAMERA | LIMEN_HW_FEATURE_SENSORS;
	case LIMEN_HW_REG_MEM_SIZE:
		return emu->mem_size >> 20;
	case LIMEN_HW_REG_CONTROL:
		return emu->control;
	case LIMEN_HW_REG_STATUS:
		return emu->status;
	case LIMEN_HW_REG_IRQ_STATUS:
		return emu->irq_status;
	case LIMEN_HW_REG_IRQ_ENABLE:
		return emu->irq_enable;
	default:
		return 0;
	}
}

/* What changes by itself is read without the lock: from perf events, for one. */
static bool emu_read_gauge(struct emu *emu, u32 reg, u32 *value)
{
	unsigned int ring;

	if (reg == LIMEN_HW_REG_TEMPERATURE) {
		*value = READ_ONCE(emu->faults.temperature);
		return true;
	}
	if (reg == LIMEN_HW_REG_POWER) {
		*value = READ_ONCE(emu->faults.power);
		return true;
	}
	if (!emu_is_ring_reg(reg, &ring) || ring >= ARRAY_SIZE(emu->engines))
		return false;
	reg -= LIMEN_HW_RING_BLOCK(ring);
	if (reg != LIMEN_HW_RING_STALL_LO && reg != LIMEN_HW_RING_STALL_HI)
		return false;
	*value = emu_engine_stall(emu, ring, reg == LIMEN_HW_RING_STALL_HI);
	return true;
}

/* A card would not answer. What the driver must not do has to be seen. */
static void emu_expect_power(struct emu *emu)
{
	WARN_ONCE(pm_runtime_status_suspended(&emu->pdev->dev),
		  "%s: used while suspended\n", dev_name(&emu->pdev->dev));
}

static u32 emu_read(struct limen_board *board, u32 reg)
{
	struct emu *emu = to_emu(board);
	unsigned long flags;
	unsigned int ring;
	u32 value;

	emu_expect_power(emu);
	if (emu_is_camera_reg(reg))
		return emu_sensor_read(emu, reg);
	if (emu_read_gauge(emu, reg, &value))
		return value;

	spin_lock_irqsave(&emu->lock, flags);
	if (emu_is_ring_reg(reg, &ring))
		value = emu_ring_read(emu, ring,
				      reg - LIMEN_HW_RING_BLOCK(ring));
	else
		value = emu_read_global(emu, reg);
	spin_unlock_irqrestore(&emu->lock, flags);
	return value;
}

/* Stops everything at once; the work item waits until it has stopped. */
static void emu_begin_reset(struct emu *emu)
{
	unsigned int i;

	emu->control = LIMEN_HW_CONTROL_RESET;
	emu->status = 0;
	emu->irq_status = 0;
	emu->irq_enable = 0;
	for (i = 0; i < LIMEN_HW_RINGS; i++) {
		u32 epoch = emu->rings[i].epoch + 1;

		memset(&emu->rings[i], 0, sizeof(emu->rings[i]));
		emu->rings[i].epoch = epoch;
	}
	queue_work(system_highpri_wq, &emu->reset);
}

static void emu_reset_work(struct work_struct *work)
{
	struct emu *emu = container_of(work, struct emu, reset);

	emu_engines_reset(emu);
	emu_sensor_reset(emu);
	if (emu_fault_due(emu, &emu->faults.stick))
		return;

	spin_lock_irq(&emu->lock);
	emu->control = 0;
	emu->status = LIMEN_HW_STATUS_READY;
	spin_unlock_irq(&emu->lock);
}

static void emu_write_global(struct emu *emu, u32 reg, u32 value)
{
	switch (reg) {
	case LIMEN_HW_REG_CONTROL:
		if (value & LIMEN_HW_CONTROL_RESET)
			emu_begin_reset(emu);
		else if (emu->status & LIMEN_HW_STATUS_READY)
			emu->control = value & LIMEN_HW_CONTROL_ENABLE;
		break;
	case LIMEN_HW_REG_IRQ_STATUS:
		emu->irq_status &= ~value;
		break;
	case LIMEN_HW_REG_IRQ_ENABLE:
		emu->irq_enable = value;
		break;
	}
}

static void emu_write(struct limen_board *board, u32 reg, u32 value)
{
	struct emu *emu = to_emu(board);
	unsigned long flags;
	unsigned int ring;

	emu_expect_power(emu);
	if (emu_is_camera_reg(reg)) {
		emu_sensor_write(emu, reg, value);
		return;
	}

	if (emu_is_ring_reg(reg, &ring)) {
		u32 offset = reg - LIMEN_HW_RING_BLOCK(ring);

		spin_lock_irqsave(&emu->lock, flags);
		emu_ring_write(emu, ring, offset, value);
		spin_unlock_irqrestore(&emu->lock, flags);
		if (offset == LIMEN_HW_RING_SQ_TAIL)
			emu_engine_kick(emu, ring);
		else if (offset == LIMEN_HW_RING_ABORT)
			emu_ring_abort(emu, ring, value);
		return;
	}

	spin_lock_irqsave(&emu->lock, flags);
	emu_write_global(emu, reg, value);
	spin_unlock_irqrestore(&emu->lock, flags);

	/* What is pending may be wanted only now. */
	if (reg == LIMEN_HW_REG_IRQ_ENABLE)
		emu_raise(emu, 0);
	if (reg == LIMEN_HW_REG_CONTROL) {
		emu_engine_kick(emu, LIMEN_HW_RING_EXPRESS);
		emu_engine_kick(emu, LIMEN_HW_RING_SCAN);
	}
}

static unsigned long emu_mem_pfn(struct limen_board *board, u64 offset)
{
	return vmalloc_to_pfn(to_emu(board)->mem + offset);
}

static void emu_wipe(struct emu *emu, u64 offset, u64 size)
{
	while (size) {
		size_t step = min_t(u64, size, EMU_WIPE_STEP);

		memzero_explicit(emu->mem + offset, step);
		offset += step;
		size -= step;
		cond_resched();
	}
}

static void emu_mem_wipe(struct limen_board *board, u64 offset, u64 size)
{
	struct emu *emu = to_emu(board);
	u32 ms;

	emu_expect_power(emu);
	for (ms = 0; ms < READ_ONCE(emu->faults.wipe_ms); ms += EMU_WIPE_POLL_MS)
		msleep(EMU_WIPE_POLL_MS);
	if (!emu_fault_due(emu, &emu->faults.lazy))
		emu_wipe(emu, offset, size);
}

/* The same as a reset by register, but for who asks for it. */
static int emu_flr(struct limen_board *board)
{
	struct emu *emu = to_emu(board);
	unsigned long flags;
	u32 status;

	spin_lock_irqsave(&emu->lock, flags);
	emu_begin_reset(emu);
	spin_unlock_irqrestore(&emu->lock, flags);
	return read_poll_timeout(READ_ONCE, status, status, EMU_FLR_POLL_US,
				 EMU_FLR_US, true, emu->status);
}

static void emu_irq_sync(struct limen_board *board)
{
	irq_work_sync(&to_emu(board)->irq);
}

static const struct limen_board_ops emu_board_ops = {
	.read = emu_read,
	.write = emu_write,
	.mem_pfn = emu_mem_pfn,
	.mem_wipe = emu_mem_wipe,
	.flr = emu_flr,
	.irq_sync = emu_irq_sync,
};

static void emu_irq(struct irq_work *irq)
{
	struct emu *emu = container_of(irq, struct emu, irq);

	limen_board_interrupt(&emu->board);
}

/*
 * A board is not alone in a system that is suspended: before it or after it another
 * device may refuse or wake the system up again.
 */
static int emu_domain_suspend(struct device *dev)
{
	struct emu *emu = to_emu(dev_get_drvdata(dev));
	int ret;

	if (!dev->driver)
		return 0;
	if (emu_fault_due(emu, &emu->faults.refuse))
		return -EBUSY;
	ret = pm_generic_suspend(dev);
	if (emu_fault_due(emu, &emu->faults.wake))
		pm_system_wakeup();
	return ret;
}

static struct dev_pm_domain emu_domain = {
	.ops = {
		SYSTEM_SLEEP_PM_OPS(emu_domain_suspend, pm_generic_resume)
		RUNTIME_PM_OPS(pm_generic_runtime_suspend,
			       pm_generic_runtime_resume, NULL)
	},
};

/* What the board is made of, short of being registered. */
static int emu_assemble(struct emu *emu)
{
	int ret;

	emu->mem = vzalloc(emu->mem_size);
	if (!emu->mem)
		return -ENOMEM;
	ret = emu_engines_init(emu);
	if (ret)
		goto err_mem;
	ret = emu_sensor_init(emu);
	if (ret)
		goto err_engines;
	return 0;

err_engines:
	emu_engines_fini(emu);
err_mem:
	vfree(emu->mem);
	return ret;
}

static void emu_dismantle(struct emu *emu)
{
	cancel_work_sync(&emu->reset);
	emu_sensor_fini(emu);
	emu_engines_fini(emu);
	irq_work_sync(&emu->irq);
	emu_wipe(emu, 0, emu->mem_size);
	vfree(emu->mem);
}

static int emu_probe(struct platform_device *pdev)
{
	struct emu *emu;
	int ret;

	emu = devm_kzalloc(&pdev->dev, sizeof(*emu), GFP_KERNEL);
	if (!emu)
		return -ENOMEM;
	platform_set_drvdata(pdev, &emu->board);

	emu->pdev = pdev;
	emu->mem_size = (u64)clamp(mem_mib, 1u, EMU_MEM_MIB_MAX) << 20;
	emu->faults.temperature = EMU_TEMPERATURE;
	emu->faults.power = EMU_POWER;
	spin_lock_init(&emu->lock);
	emu->irq = IRQ_WORK_INIT_HARD(emu_irq);
	INIT_WORK(&emu->reset, emu_reset_work);
	emu->board.dev = &pdev->dev;
	emu->board.name = "Limen emulated board";
	emu->board.ops = &emu_board_ops;
	emu->board.mem_cached = true;

	dev_pm_domain_set(&pdev->dev, &emu_domain);
	/* Powered, and kept so until limen.ko takes over. */
	ret = devm_pm_runtime_set_active_enabled(&pdev->dev);
	if (!ret)
		ret = devm_pm_runtime_get_noresume(&pdev->dev);
	if (!ret)
		ret = emu_assemble(emu);
	if (ret)
		return ret;
	ret = limen_board_register(&emu->board);
	if (ret) {
		emu_dismantle(emu);
		return ret;
	}
	emu_faults_init(emu);
	return 0;
}

static void emu_remove(struct platform_device *pdev)
{
	struct emu *emu = to_emu(platform_get_drvdata(pdev));

	emu_faults_fini(emu);
	limen_board_unregister(&emu->board);
	emu_dismantle(emu);
}

static struct platform_driver emu_driver = {
	.probe = emu_probe,
	.remove = emu_remove,
	.driver = {
		.name = "limen_emu",
		.pm = pm_ptr(&limen_pm_ops),
	},
};

static struct platform_device *emu_device;

/* Where boards put their knobs. */
struct dentry *emu_debugfs_root;

static int __init emu_module_init(void)
{
	const struct platform_device_info info = {
		.name = "limen_emu",
		.id = 0,
		.dma_mask = DMA_BIT_MASK(64),
	};
	int ret;

	emu_debugfs_root = debugfs_create_dir("limen_emu", NULL);
	ret = platform_driver_register(&emu_driver);
	if (ret)
		goto err_debugfs;
	emu_device = platform_device_register_full(&info);
	if (IS_ERR(emu_device)) {
		ret = PTR_ERR(emu_device);
		goto err_driver;
	}
	return 0;

err_driver:
	platform_driver_unregister(&emu_driver);
err_debugfs:
	debugfs_remove(emu_debugfs_root);
	return ret;
}

static void __exit emu_module_exit(void)
{
	platform_device_unregister(emu_device);
	platform_driver_unregister(&emu_driver);
	debugfs_remove(emu_debugfs_root);
}

module_init(emu_module_init);
module_exit(emu_module_exit);

MODULE_DESCRIPTION("Emulated Limen board");
MODULE_LICENSE("GPL");
