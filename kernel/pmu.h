/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * perf events.
 */
#ifndef LIMEN_PMU_H
#define LIMEN_PMU_H

struct limen_device;

void limen_pmu_register(struct limen_device *limen);
void limen_pmu_unregister(struct limen_device *limen);
void limen_pmu_init(void);
void limen_pmu_exit(void);

#endif /* LIMEN_PMU_H */
