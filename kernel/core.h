/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What DRM's core does wrong for nodes like ours.
 */
#ifndef LIMEN_CORE_H
#define LIMEN_CORE_H

int limen_core_check(unsigned int *cmd, void __user *arg);

#endif /* LIMEN_CORE_H */
