// SPDX-License-Identifier: GPL-2.0-only
/*
 * Boards on PCI Express.
 */
#include <linux/dma-mapping.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/pm.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include <limen/hw.h>

#include "board.h"
#include "pci.h"

/**
 * DOC: Boards on PCI Express
 *
 * Registers in BAR 0, card memory in BAR 2, MSI-X vectors: one for all, or one for each
 * ring and one more, if card and kernel have so many. No vendor's
 * identifiers are built in: a card is introduced by the driver's new_id file in
 * sysfs. That makes it easy to introduce a stranger, so a device is asked what it
 * is before anything else is done with it.
 *
 * Errors of the bus, a reset through sysfs and power management all come down to
 * limen_board_suspend() and limen_board_resume(), between which somebody else
 * has the board. One that is cut off reads as ones; to the rest of the driver that
 * is a board that is not there. So to resume a board after a failure that is
 * permanent means to give it up.
 *
 * A card that does not master the bus cannot write to memory, and what it has written
 * before is there once its configuration space has been read. What is restored after a
 * reset is configuration space as it was before the card was ever let on the bus.
 */

#define LIMEN_PCI_REGS		0
#define LIMEN_PCI_MEM		2

/**
 * struct limen_pci_vector - an MSI-X vector
 * @board: whose
 * @number: which
 */
struct limen_pci_vector {
	struct limen_board *board;
	unsigned int number;
};

/**
 * struct limen_pci - a board on PCI Express
 * @board: what the rest of the driver sees
 * @pdev: the PCI device
 * @regs: BAR 0
 * @mem: BAR 2, write-combining
 * @vectors: its interrupts, as many as &limen_board.vectors
 * @config: what configuration space is like, short of mastering the bus
 */
struct limen_pci {
	struct limen_board board;
	struct pci_dev *pdev;
	void __iomem *regs;
	void __iomem *mem;
	struct limen_pci_vector vectors[LIMEN_HW_VECTORS];
	struct pci_saved_state *config;
};

static struct limen_pci *to_limen_pci(struct limen_board *board)
{
	return container_of(board, struct limen_pci, board);
}

static u32 limen_pci_read(struct limen_board *board, u32 reg)
{
	struct limen_pci *card = to_limen_pci(board);

	if (pci_channel_offline(card->pdev))
		return U32_MAX;
	return readl(card->regs + reg);
}

static void limen_pci_write(struct limen_board *board, u32 reg, u32 value)
{
	writel(value, to_limen_pci(board)->regs + reg);
}

static unsigned long limen_pci_mem_pfn(struct limen_board *board, u64 offset)
{
	struct pci_dev *pdev = to_limen_pci(board)->pdev;

	return PHYS_PFN(pci_resource_start(pdev, LIMEN_PCI_MEM) + offset);
}

static void limen_pci_mem_wipe(struct limen_board *board, u64 offset, u64 size)
{
	void __iomem *mem = to_limen_pci(board)->mem + offset;
	void __iomem *end = mem + size;

	for (; mem < end; mem += SZ_64K) {
		memset_io(mem, 0, min_t(size_t, SZ_64K, end - mem));
		cond_resched();
	}
	/* Zeros that still are in a buffer on their way do not protect. */
	wmb();
	readl(end - sizeof(u32));
}

static void limen_pci_mem_write(struct limen_board *board, u64 offset,
				const void *from, u32 size)
{
	void __iomem *mem = to_limen_pci(board)->mem + offset;

	memcpy_toio(mem, from, size);
	/* All of it is there before a register is written that tells of it. */
	wmb();
	readl(mem);
}

static void limen_pci_irq_sync(struct limen_board *board)
{
	unsigned int i;

	for (i = 0; i < board->vectors; i++)
		synchronize_irq(pci_irq_vector(to_limen_pci(board)->pdev, i));
}

/* As it was when it worked: a board that is reset may be in any state. */
static void limen_pci_restore(struct limen_pci *card)
{
	pci_load_saved_state(card->pdev, card->config);
	pci_restore_state(card->pdev);
}

static void limen_pci_dma_on(struct limen_board *board)
{
	pci_set_master(to_limen_pci(board)->pdev);
}

static int limen_pci_dma_off(struct limen_board *board)
{
	struct pci_dev *pdev = to_limen_pci(board)->pdev;
	u16 command;

	pci_clear_master(pdev);
	/* The answer comes behind what the card has written. */
	pci_read_config_word(pdev, PCI_COMMAND, &command);
	if (PCI_POSSIBLE_ERROR(command))
		return 0;
	return command & PCI_COMMAND_MASTER ? -EIO : 0;
}

static int limen_pci_flr(struct limen_board *board)
{
	struct limen_pci *card = to_limen_pci(board);
	int ret;

	ret = pcie_reset_flr(card->pdev, PCI_RESET_DO_RESET);
	limen_pci_restore(card);
	return ret;
}

static const struct limen_board_ops limen_pci_ops = {
	.read = limen_pci_read,
	.write = limen_pci_write,
	.mem_pfn = limen_pci_mem_pfn,
	.mem_wipe = limen_pci_mem_wipe,
	.mem_write = limen_pci_mem_write,
	.irq_sync = limen_pci_irq_sync,
	.dma_on = limen_pci_dma_on,
	.dma_off = limen_pci_dma_off,
	.flr = limen_pci_flr,
};

static irqreturn_t limen_pci_irq(int irq, void *data)
{
	const struct limen_pci_vector *vector = data;

	if (vector->number)
		limen_board_interrupt_ring(vector->board, vector->number -
					   LIMEN_HW_VECTOR(0));
	else
		limen_board_interrupt(vector->board);
	return IRQ_HANDLED;
}

static void limen_pci_free_irqs(struct limen_pci *card, unsigned int count)
{
	while (count--)
		pci_free_irq(card->pdev, count, &card->vectors[count]);
	pci_free_irq_vectors(card->pdev);
}

static int limen_pci_request_irqs(struct limen_pci *card)
{
	static const char * const names[LIMEN_HW_VECTORS] = {
		"limen", "limen-express", "limen-scan", "limen-camera",
	};
	struct pci_dev *pdev = card->pdev;
	unsigned int i;
	int ret;

	ret = pci_alloc_irq_vectors(pdev, LIMEN_HW_VECTORS, LIMEN_HW_VECTORS,
				    PCI_IRQ_MSIX);
	if (ret < 0)
		ret = pci_alloc_irq_vectors(pdev, 1, 1, PCI_IRQ_MSIX);
	if (ret < 0)
		return ret;
	card->board.vectors = ret;
	for (i = 0; i < card->board.vectors; i++) {
		card->vectors[i].board = &card->board;
		card->vectors[i].number = i;
		ret = pci_request_irq(pdev, i, limen_pci_irq, NULL,
				      &card->vectors[i], "%s", names[i]);
		if (ret) {
			limen_pci_free_irqs(card, i);
			return ret;
		}
	}
	return 0;
}

/* Asks a device what it is, with nothing but its registers mapped. */
static int limen_pci_identify(struct limen_pci *card)
{
	struct pci_dev *pdev = card->pdev;

	if (pci_resource_len(pdev, LIMEN_PCI_REGS) < SZ_4K ||
	    pci_resource_len(pdev, LIMEN_PCI_MEM) < SZ_1M)
		goto err_stranger;
	card->regs = pcim_iomap(pdev, LIMEN_PCI_REGS, 0);
	if (!card->regs)
		return -ENOMEM;
	if (readl(card->regs + LIMEN_HW_REG_ID) == LIMEN_HW_ID)
		return 0;

err_stranger:
	dev_err(&pdev->dev, "this is no Limen board\n");
	return -ENODEV;
}

static int limen_pci_map(struct limen_pci *card)
{
	struct pci_dev *pdev = card->pdev;
	int ret;

	ret = pcim_request_all_regions(pdev, "limen");
	if (ret)
		return ret;
	card->board.mem_limit = pci_resource_len(pdev, LIMEN_PCI_MEM);
	card->mem = devm_ioremap_wc(&pdev->dev,
				    pci_resource_start(pdev, LIMEN_PCI_MEM),
				    card->board.mem_limit);
	if (!card->mem)
		return -ENOMEM;
	return dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(64));
}

static int limen_pci_start(struct limen_pci *card)
{
	struct pci_dev *pdev = card->pdev;
	int ret;

	ret = limen_pci_request_irqs(card);
	if (ret)
		return ret;

	/* Whatever was on the machine before us. */
	pci_clear_master(pdev);
	pci_save_state(pdev);
	card->config = pci_store_saved_state(pdev);
	ret = card->config ? limen_board_register(&card->board) : -ENOMEM;
	if (!ret)
		return 0;

	kfree(card->config);
	limen_pci_free_irqs(card, card->board.vectors);
	return ret;
}

static int limen_pci_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct limen_pci *card;
	int ret;

	card = devm_kzalloc(&pdev->dev, sizeof(*card), GFP_KERNEL);
	if (!card)
		return -ENOMEM;
	card->pdev = pdev;
	card->board.dev = &pdev->dev;
	card->board.name = "Limen PCIe board";
	card->board.ops = &limen_pci_ops;
	pci_set_drvdata(pdev, &card->board);

	ret = pcim_enable_device(pdev);
	if (ret)
		return ret;
	ret = limen_pci_identify(card);
	if (ret)
		return ret;
	ret = limen_pci_map(card);
	if (ret)
		return ret;
	return limen_pci_start(card);
}

static void limen_pci_remove(struct pci_dev *pdev)
{
	struct limen_pci *card = to_limen_pci(pci_get_drvdata(pdev));

	limen_board_unregister(&card->board);
	kfree(card->config);
	limen_pci_free_irqs(card, card->board.vectors);
}

static pci_ers_result_t limen_pci_error_detected(struct pci_dev *pdev,
						 pci_channel_state_t state)
{
	limen_board_suspend(pci_get_drvdata(pdev), true);
	if (state != pci_channel_io_perm_failure)
		return PCI_ERS_RESULT_NEED_RESET;
	limen_board_resume(pci_get_drvdata(pdev));
	return PCI_ERS_RESULT_DISCONNECT;
}

static pci_ers_result_t limen_pci_slot_reset(struct pci_dev *pdev)
{
	limen_pci_restore(to_limen_pci(pci_get_drvdata(pdev)));
	return PCI_ERS_RESULT_RECOVERED;
}

/* A reset that somebody asks for in sysfs. */
static void limen_pci_reset_prepare(struct pci_dev *pdev)
{
	limen_board_suspend(pci_get_drvdata(pdev), true);
}

static void limen_pci_shutdown(struct pci_dev *pdev)
{
	limen_board_shutdown(pci_get_drvdata(pdev));
}

static void limen_pci_resume(struct pci_dev *pdev)
{
	limen_board_resume(pci_get_drvdata(pdev));
}

static const struct pci_error_handlers limen_pci_error_handlers = {
	.error_detected = limen_pci_error_detected,
	.slot_reset = limen_pci_slot_reset,
	.resume = limen_pci_resume,
	.reset_prepare = limen_pci_reset_prepare,
	.reset_done = limen_pci_resume,
};

static struct pci_driver limen_pci_driver = {
	.name = "limen",
	.id_table = NULL, /* only those introduced by new_id */
	.probe = limen_pci_probe,
	.remove = limen_pci_remove,
	.shutdown = limen_pci_shutdown,
	.err_handler = &limen_pci_error_handlers,
	.driver.pm = pm_ptr(&limen_board_pm_ops),
	.dev_groups = limen_board_groups,
};

/**
 * limen_pci_init() - be there for boards on PCI Express
 *
 * Return: 0 or a negative error.
 */
int __init limen_pci_init(void)
{
	return pci_register_driver(&limen_pci_driver);
}

/**
 * limen_pci_exit() - let go of all boards on PCI Express
 */
void limen_pci_exit(void)
{
	pci_unregister_driver(&limen_pci_driver);
}
