/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Boards on PCI Express.
 */
#ifndef LIMEN_PCI_H
#define LIMEN_PCI_H

#if IS_ENABLED(CONFIG_PCI)
int limen_pci_init(void);
void limen_pci_exit(void);
#else
static inline int limen_pci_init(void)
{
	return 0;
}

static inline void limen_pci_exit(void)
{
}
#endif

#endif /* LIMEN_PCI_H */
