// SPDX-License-Identifier: GPL-2.0-only
/*
 * The emulated board.
 */
#include <linux/cleanup.h>
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
 * raises its interrupt in interrupt context, and has memory of its own.
 * limen.ko does not know the difference. What a card would keep from its
 * driver, this one keeps as well: nothing here looks at limen.ko's structures.
 *
 * Like a card's, its registers can be written in any context in which the driver
 * may take a spinlock_t, so all they do is to note what is wanted and to wake up
 * who does it. What changes by itself can be read in any context at all.
 *
 * What limen.ko promises is held against it, with a WARN(): a board that is halted
 * or asleep is not touched, and no board that stands still may do DMA.
 */

static unsigned int mem_mib = 64;
module_param(mem_mib, uint, 0444);
MODULE_PARM_DESC(mem_mib, "card memory in MiB, 1 to 4096 (default 64)");

#define EMU_MEM_MIB_MAX		4096

static unsigned int fickle;
module_param(fickle, uint, 0644);
MODULE_PARM_DESC(fickle,
		 "1: what says who the board is changes with every second read; 2: it says at once that there is four times as much memory (default 0)");

static unsigned int times[3] = { 5000, 100, 1000 };
module_param_array(times, uint, NULL, 0644);
MODULE_PARM_DESC(times,
		 "milliseconds that it says a reset, giving an entry up and stopping a ring take (default 5000,100,1000)");

static unsigned int limits[3] = { 64, 12, LIMEN_HW_TOP_K_MAX };
module_param_array(limits, uint, NULL, 0644);
MODULE_PARM_DESC(limits,
		 "what it says are the bits of its bus addresses, the log2 of its largest ring and the most rows of a scan (default 64,12,1024)");

static unsigned int warm[2] = { 85000, 100000 };
module_param_array(warm, uint, NULL, 0644);
MODULE_PARM_DESC(warm,
		 "the temperatures, thousandths of a degree C, from which it says that it is too warm and that it may fail (default 85000,100000)");

static unsigned int modes[4] = { 8, LIMEN_HW_CAM_WIDTH | LIMEN_HW_CAM_HEIGHT << 16,
				 USEC_PER_SEC / 30, LIMEN_HW_CAM_BGR };
module_param_array(modes, uint, NULL, 0644);
MODULE_PARM_DESC(modes,
		 "how many modes it says that its camera has, and of the first one the size, the interval and the format (default 8,31457920,33333,1; 4294967295: it does not tell)");

/* How long a board that lingers may do so after its driver has gone. */
#define EMU_LINGER_MS		20

/* Bytes that are wiped before somebody else may have the CPU. */
#define EMU_WIPE_STEP		SZ_1M

/* Milliseconds between two looks for how long wiping is to take. */
#define EMU_WIPE_POLL_MS	10

/* How long a function-level reset may take, and how often to look. */
#define EMU_FLR_US		1000000
#define EMU_FLR_POLL_US		100

/* The modes but the first one, of which anything can be said. */
static u32 emu_read_mode(u32 reg)
{
	static const u32 rates[] = { 30, 15, 10, 5 };
	u32 number = (reg - LIMEN_HW_REG_CAM_MODE(0)) / 16;
	u32 bin = 1 + number / ARRAY_SIZE(rates);

	switch (reg % 16) {
	case LIMEN_HW_CAM_MODE_SIZE:
		return LIMEN_HW_CAM_WIDTH / bin | LIMEN_HW_CAM_HEIGHT / bin << 16;
	case LIMEN_HW_CAM_MODE_INTERVAL:
		return USEC_PER_SEC / rates[number % ARRAY_SIZE(rates)];
	case LIMEN_HW_CAM_MODE_FORMAT:
		return LIMEN_HW_CAM_BGR;
	default:
		return 0;
	}
}

static bool emu_is_camera_reg(u32 reg)
{
	return reg >= LIMEN_HW_REG_CAM_CONTROL &&
	       reg <= LIMEN_HW_REG_CAM_EXPOSURE;
}

/* What says who the board is does not change, unless the board is fickle. */
static bool emu_read_identity(struct emu *emu, u32 reg, u32 *value)
{
	const struct {
		u32 reg;
		u32 honest;
		u32 lie;
	} identity[EMU_IDENTITY] = {
		{ LIMEN_HW_REG_ID, LIMEN_HW_ID, ~LIMEN_HW_ID },
		{ LIMEN_HW_REG_VERSION,
		  LIMEN_HW_VERSION_MAJOR << 16 | LIMEN_HW_VERSION_MINOR,
		  (LIMEN_HW_VERSION_MAJOR + 1) << 16 },
		{ LIMEN_HW_REG_FEATURES,
		  LIMEN_HW_FEATURE_CAMERA | LIMEN_HW_FEATURE_SENSORS |
		  LIMEN_HW_FEATURE_CLOCK | LIMEN_HW_FEATURE_ERROR |
		  LIMEN_HW_FEATURE_TIMES | LIMEN_HW_FEATURE_LIMITS |
		  LIMEN_HW_FEATURE_THERMAL | LIMEN_HW_FEATURE_SNAPSHOT |
		  LIMEN_HW_FEATURE_ECC |
		  (READ_ONCE(modes[0]) == UINT_MAX ?
		   0 : LIMEN_HW_FEATURE_CAM_MODES), 0 },
		{ LIMEN_HW_REG_MEM_SIZE, emu->core.mem_size >> 20,
		  emu->core.mem_size >> 18 },
		{ LIMEN_HW_REG_CLOCK, EMU_CLOCK_KHZ, 0 },
		{ LIMEN_HW_REG_RESET_MS, READ_ONCE(times[0]), 0 },
		{ LIMEN_HW_REG_ABORT_MS, READ_ONCE(times[1]), 0 },
		{ LIMEN_HW_REG_RING_STOP_MS, READ_ONCE(times[2]), 0 },
		{ LIMEN_HW_REG_DMA_BITS, READ_ONCE(limits[0]), 0 },
		{ LIMEN_HW_REG_RING_LOG2_MAX, READ_ONCE(limits[1]), 0 },
		{ LIMEN_HW_REG_TOP_K_MAX, READ_ONCE(limits[2]), 0 },
		{ LIMEN_HW_REG_TEMP_WARNING, READ_ONCE(warm[0]), 0 },
		{ LIMEN_HW_REG_TEMP_CRITICAL, READ_ONCE(warm[1]), 0 },
		{ LIMEN_HW_REG_CAM_MODES, READ_ONCE(modes[0]), 0 },
		{ LIMEN_HW_REG_CAM_MODE(0) + LIMEN_HW_CAM_MODE_SIZE,
		  READ_ONCE(modes[1]), 0 },
		{ LIMEN_HW_REG_CAM_MODE(0) + LIMEN_HW_CAM_MODE_INTERVAL,
		  READ_ONCE(modes[2]), 0 },
		{ LIMEN_HW_REG_CAM_MODE(0) + LIMEN_HW_CAM_MODE_FORMAT,
		  READ_ONCE(modes[3]), 0 },
	};
	unsigned int mood = READ_ONCE(fickle);
	unsigned int i;
	bool lie;

	for (i = 0; i < ARRAY_SIZE(identity); i++)
		if (identity[i].reg == reg)
			break;
	if (i == ARRAY_SIZE(identity))
		return false;
	lie = mood == 1 && atomic_inc_return(&emu->reads[i]) % 2 == 0;
	if (mood == 2 && reg == LIMEN_HW_REG_MEM_SIZE)
		lie = true;
	*value = lie ? identity[i].lie : identity[i].honest;
	return true;
}

/* What changes by itself is read without the lock: from perf events, for one. */
static bool emu_read_gauge(struct emu *emu, u32 reg, u32 *value)
{
	u32 lie = READ_ONCE(emu->faults.counters);

	if (reg == LIMEN_HW_REG_TEMPERATURE) {
		*value = READ_ONCE(emu->faults.temperature);
		return true;
	}
	if (reg == LIMEN_HW_REG_POWER) {
		*value = READ_ONCE(emu->faults.power);
		return true;
	}
	if (reg >= LIMEN_HW_REG_ERROR_CAUSE && reg <= LIMEN_HW_REG_ERROR_COUNT) {
		*value = READ_ONCE(emu->faults.error[(reg - LIMEN_HW_REG_ERROR_CAUSE) / 4]);
		return true;
	}
	if (lie && reg >= LIMEN_HW_REG_COUNTER(0) &&
	    reg < LIMEN_HW_REG_COUNTER(LIMEN_HW_COUNTERS)) {
		*value = lie == 1 ? U32_MAX : 0;
		return true;
	}
	return core_read_gauge(&emu->core, reg, value);
}

/* A card would not answer. What the driver must not do has to be seen. */
static void emu_expect_power(struct emu *emu)
{
	WARN_ONCE(pm_runtime_status_suspended(&emu->pdev->dev),
		  "%s: used while suspended\n", dev_name(&emu->pdev->dev));
	WARN_ONCE(READ_ONCE(emu->halted),
		  "%s: used while halted\n", dev_name(&emu->pdev->dev));
}

/* It could write to memory that is somebody else's by now. */
static void emu_expect_no_dma(struct emu *emu)
{
	WARN_ONCE(emu_dma_allowed(emu),
		  "%s: stands still and may do DMA\n",
		  dev_name(&emu->pdev->dev));
}

static u32 emu_read(struct limen_board *board, u32 reg)
{
	struct emu *emu = to_emu(board);
	unsigned long flags;
	unsigned int ring;
	u32 value, offset;

	emu_expect_power(emu);
	if (emu_read_gauge(emu, reg, &value))
		return value;

	emu_bus_push(emu);
	if (emu_is_camera_reg(reg))
		return emu_sensor_read(emu, reg);
	if (emu_read_identity(emu, reg, &value))
		return value;
	if (reg >= LIMEN_HW_REG_CAM_MODE(0) &&
	    reg < LIMEN_HW_REG_CAM_MODE(LIMEN_HW_CAM_MODES_MAX))
		return emu_read_mode(reg);

	spin_lock_irqsave(&emu->lock, flags);
	value = core_read(&emu->core, reg);
	if (core_is_ring_reg(reg, &ring, &offset) &&
	    offset == LIMEN_HW_RING_ENABLE)
		value |= emu_ring_busy(emu, ring);
	spin_unlock_irqrestore(&emu->lock, flags);
	return value;
}

/* Stops everything at once; the work item waits until it has stopped. */
static void emu_begin_reset(struct emu *emu)
{
	emu_linger_note(emu);
	scoped_guard(raw_spinlock, &emu->counting)
		core_reset_begin(&emu->core);
	memset(emu->rings, 0, sizeof(emu->rings));
	queue_work(system_highpri_wq, &emu->reset);
}

static void emu_reset_work(struct work_struct *work)
{
	struct emu *emu = container_of(work, struct emu, reset);

	emu_engines_reset(emu);
	emu_sensor_reset(emu);
	if (emu_fault_due(emu, &emu->faults.stick)) {
		emu_linger_begin(emu);
		return;
	}

	emu_linger_end(emu);
	spin_lock_irq(&emu->lock);
	scoped_guard(raw_spinlock, &emu->counting)
		core_reset_end(&emu->core);
	spin_unlock_irq(&emu->lock);
}

static void emu_write_control(struct emu *emu, u32 value)
{
	unsigned long flags;

	spin_lock_irqsave(&emu->lock, flags);
	if (value & LIMEN_HW_CONTROL_RESET) {
		emu_begin_reset(emu);
	} else {
		core_write(&emu->core, LIMEN_HW_REG_CONTROL, value);
		if (emu->core.control && emu_fault_due(emu, &emu->faults.moody))
			core_fatal(&emu->core);
	}
	spin_unlock_irqrestore(&emu->lock, flags);

	emu_engine_kick(emu, LIMEN_HW_RING_EXPRESS);
	emu_engine_kick(emu, LIMEN_HW_RING_SCAN);
}

static void emu_write_global(struct emu *emu, u32 reg, u32 value)
{
	unsigned long flags;

	spin_lock_irqsave(&emu->lock, flags);
	core_write(&emu->core, reg, value);
	spin_unlock_irqrestore(&emu->lock, flags);
}

/**
 * emu_write_now() - a write of a register arrives
 * @emu: board
 * @reg: register
 * @value: what is written
 *
 * Context: Any but a raw one, without &emu.lock.
 */
void emu_write_now(struct emu *emu, u32 reg, u32 value)
{
	unsigned int ring;
	u32 offset;

	if (emu_is_camera_reg(reg))
		emu_sensor_write(emu, reg, value);
	else if (core_is_ring_reg(reg, &ring, &offset))
		emu_ring_write(emu, ring, offset, value);
	else if (reg == LIMEN_HW_REG_CONTROL)
		emu_write_control(emu, value);
	else if (reg == LIMEN_HW_REG_ERROR_CAUSE)
		emu->faults.error[0] &= ~value;
	else
		emu_write_global(emu, reg, value);
}

static void emu_write(struct limen_board *board, u32 reg, u32 value)
{
	struct emu *emu = to_emu(board);

	emu_expect_power(emu);
	/* Like gauges, in any context, and it does not push other writes. */
	if (reg == LIMEN_HW_REG_SNAPSHOT) {
		guard(raw_spinlock_irqsave)(&emu->counting);
		core_snapshot(&emu->core);
		return;
	}
	emu_bus_write(emu, reg, value);
}

static unsigned long emu_mem_pfn(struct limen_board *board, u64 offset)
{
	return vmalloc_to_pfn(to_emu(board)->mem + offset);
}

static void emu_fill(struct emu *emu, u8 byte, u64 offset, u64 size)
{
	while (size) {
		size_t step = min_t(u64, size, EMU_WIPE_STEP);

		memset(emu->mem + offset, byte, step);
		/* Who frees it next does not make this superfluous. */
		barrier_data(emu->mem + offset);
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
		emu_fill(emu, 0, offset, size);
}

static void emu_dma_on(struct limen_board *board)
{
	struct emu *emu = to_emu(board);

	emu_dma_set(emu, true);
	emu_engine_kick(emu, LIMEN_HW_RING_EXPRESS);
	emu_engine_kick(emu, LIMEN_HW_RING_SCAN);
}

/* As with a card, what has been written to registers arrives before that. */
static int emu_dma_off(struct limen_board *board)
{
	struct emu *emu = to_emu(board);

	emu_bus_push(emu);
	emu_dma_set(emu, false);
	irq_work_sync(&emu->irq);
	return 0;
}

/*
 * The same as a reset by register, but for who asks for it, and that card memory
 * does not survive it.
 */
static int emu_flr(struct limen_board *board)
{
	struct emu *emu = to_emu(board);
	unsigned long flags;
	u32 status;

	emu_expect_no_dma(emu);
	emu_bus_push(emu);
	spin_lock_irqsave(&emu->lock, flags);
	emu_begin_reset(emu);
	spin_unlock_irqrestore(&emu->lock, flags);
	emu_fill(emu, EMU_GARBAGE, 0, emu->core.mem_size);
	return read_poll_timeout(READ_ONCE, status, status, EMU_FLR_POLL_US,
				 EMU_FLR_US, true, emu->core.status);
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
	.dma_on = emu_dma_on,
	.dma_off = emu_dma_off,
	.flr = emu_flr,
	.irq_sync = emu_irq_sync,
};

static void emu_irq(struct irq_work *irq)
{
	struct emu *emu = container_of(irq, struct emu, irq);

	/* It may have been kept from it since. */
	if (emu_dma_allowed(emu))
		limen_board_interrupt(&emu->board);
}

/**
 * emu_halt() - reset the board by a bus that may never have done with that
 * @emu: board; sleeps
 *
 * As the bus does, it keeps the board from runtime suspend. If it is halted
 * already, nothing happens.
 */
void emu_halt(struct emu *emu)
{
	guard(mutex)(&emu->halting);
	if (emu->halted)
		return;
	pm_runtime_get_sync(&emu->pdev->dev);
	limen_board_suspend(&emu->board, true);
	emu_expect_no_dma(emu);
	WRITE_ONCE(emu->halted, true);
}

/**
 * emu_unhalt() - the bus has done with its reset
 * @emu: board; sleeps; if it is not halted, nothing happens
 */
void emu_unhalt(struct emu *emu)
{
	guard(mutex)(&emu->halting);
	if (!emu->halted)
		return;
	WRITE_ONCE(emu->halted, false);
	limen_board_resume(&emu->board);
	pm_runtime_mark_last_busy(&emu->pdev->dev);
	pm_runtime_put_autosuspend(&emu->pdev->dev);
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
	emu_expect_no_dma(emu);
	if (emu_fault_due(emu, &emu->faults.wake))
		pm_system_wakeup();
	return ret;
}

static int emu_domain_runtime_suspend(struct device *dev)
{
	int ret = pm_generic_runtime_suspend(dev);

	if (!ret && dev->driver)
		emu_expect_no_dma(to_emu(dev_get_drvdata(dev)));
	return ret;
}

static struct dev_pm_domain emu_domain = {
	.ops = {
		SYSTEM_SLEEP_PM_OPS(emu_domain_suspend, pm_generic_resume)
		RUNTIME_PM_OPS(emu_domain_runtime_suspend,
			       pm_generic_runtime_resume, NULL)
	},
};

/* What the board is made of, short of being registered. */
static int emu_assemble(struct emu *emu)
{
	int ret;

	emu->mem = vzalloc(emu->core.mem_size);
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
	emu_bus_fini(emu);
	emu_sensor_fini(emu);
	emu_engines_fini(emu);
	irq_work_sync(&emu->irq);
	emu_fill(emu, 0, 0, emu->core.mem_size);
	vfree(emu->mem);
}

static void emu_init(struct emu *emu, struct platform_device *pdev)
{
	emu->pdev = pdev;
	emu->core.ops = &emu_core_ops;
	emu->core.clock_khz = EMU_CLOCK_KHZ;
	emu->core.mem_size = (u64)clamp(mem_mib, 1u, EMU_MEM_MIB_MAX) << 20;
	emu->faults.temperature = EMU_TEMPERATURE;
	emu->faults.power = EMU_POWER;
	spin_lock_init(&emu->lock);
	raw_spin_lock_init(&emu->counting);
	mutex_init(&emu->halting);
	emu_bus_init(emu);
	/* Not in hard interrupt context, where PREEMPT_RT has no spinlock_t. */
	init_irq_work(&emu->irq, emu_irq);
	INIT_WORK(&emu->reset, emu_reset_work);
	emu->board.dev = &pdev->dev;
	emu->board.name = "Limen emulated board";
	emu->board.ops = &emu_board_ops;
	emu->board.vectors = 1;
	emu->board.mem_limit = emu->core.mem_size;
	emu->board.mem_cached = true;
}

/* Takes the board away from limen.ko, which has let go of it or never had it. */
static void emu_leave(struct emu *emu)
{
	emu_expect_no_dma(emu);
	/* A card does not go with its driver. */
	if (READ_ONCE(emu->faults.linger))
		msleep(EMU_LINGER_MS);
	emu_dismantle(emu);
}

static int emu_probe(struct platform_device *pdev)
{
	struct emu *emu;
	int ret;

	emu = devm_kzalloc(&pdev->dev, sizeof(*emu), GFP_KERNEL);
	if (!emu)
		return -ENOMEM;
	platform_set_drvdata(pdev, &emu->board);
	emu_init(emu, pdev);

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
	if (ret)
		emu_leave(emu);
	else
		emu_faults_init(emu);
	return ret;
}

static void emu_remove(struct platform_device *pdev)
{
	struct emu *emu = to_emu(platform_get_drvdata(pdev));
	bool halted = emu->halted;

	emu_faults_fini(emu);
	/* It may be used again, for as long as it takes to let go of it. */
	WRITE_ONCE(emu->halted, false);
	limen_board_unregister(&emu->board);
	if (halted)
		pm_runtime_put_noidle(&pdev->dev);
	emu_leave(emu);
}

static void emu_shutdown(struct platform_device *pdev)
{
	struct emu *emu = to_emu(platform_get_drvdata(pdev));

	limen_board_shutdown(&emu->board);
	emu_expect_no_dma(emu);
}

static struct platform_driver emu_driver = {
	.probe = emu_probe,
	.remove = emu_remove,
	.shutdown = emu_shutdown,
	.driver = {
		.name = "limen_emu",
		.pm = pm_ptr(&limen_board_pm_ops),
		.dev_groups = limen_board_groups,
	},
};

#define EMU_BOARDS_MAX		4

/* How many there are to be; under the parameter's lock, and so is what follows. */
static unsigned int boards = 1;
static struct platform_device *emu_devices[EMU_BOARDS_MAX];
static bool emu_plugged;

/* Where boards put their knobs. */
struct dentry *emu_debugfs_root;

static int emu_plug(unsigned int i)
{
	const struct platform_device_info info = {
		.name = "limen_emu",
		.id = i,
		.dma_mask = DMA_BIT_MASK(64),
	};
	struct platform_device *pdev = platform_device_register_full(&info);

	if (IS_ERR(pdev))
		return PTR_ERR(pdev);
	emu_devices[i] = pdev;
	return 0;
}

static void emu_unplug(unsigned int i)
{
	platform_device_unregister(emu_devices[i]);
	emu_devices[i] = NULL;
}

/* Those that come last go first. */
static int emu_plug_all(unsigned int count)
{
	unsigned int i;
	int ret = 0;

	for (i = ARRAY_SIZE(emu_devices); i-- > count; )
		if (emu_devices[i])
			emu_unplug(i);
	for (i = 0; i < count && !ret; i++)
		if (!emu_devices[i])
			ret = emu_plug(i);
	return ret;
}

static int emu_boards_set(const char *text, const struct kernel_param *param)
{
	int ret = param_set_uint_minmax(text, param, 1, EMU_BOARDS_MAX);

	if (!ret && emu_plugged)
		ret = emu_plug_all(boards);
	return ret;
}

static const struct kernel_param_ops emu_boards_ops = {
	.set = emu_boards_set,
	.get = param_get_uint,
};

module_param_cb(boards, &emu_boards_ops, &boards, 0644);
MODULE_PARM_DESC(boards, "how many there are, 1 to 4, at any time (default 1)");

static int __init emu_module_init(void)
{
	int ret;

	emu_debugfs_root = debugfs_create_dir("limen_emu", NULL);
	ret = platform_driver_register(&emu_driver);
	if (ret)
		goto err_debugfs;
	kernel_param_lock(THIS_MODULE);
	ret = emu_plug_all(boards);
	emu_plugged = !ret;
	kernel_param_unlock(THIS_MODULE);
	if (ret)
		goto err_boards;
	return 0;

err_boards:
	emu_plug_all(0);
	platform_driver_unregister(&emu_driver);
err_debugfs:
	debugfs_remove(emu_debugfs_root);
	return ret;
}

static void __exit emu_module_exit(void)
{
	kernel_param_lock(THIS_MODULE);
	emu_plugged = false;
	emu_plug_all(0);
	kernel_param_unlock(THIS_MODULE);
	platform_driver_unregister(&emu_driver);
	debugfs_remove(emu_debugfs_root);
}

module_init(emu_module_init);
module_exit(emu_module_exit);

MODULE_DESCRIPTION("Emulated Limen board");
MODULE_LICENSE("GPL");
