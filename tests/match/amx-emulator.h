/* SPDX-License-Identifier: MIT */
/*
 * AMX where there is none: the emulator does what its instructions would have done, as
 * the architecture's manual defines it. See refused.h.
 */
#ifndef TEST_AMX_EMULATOR_H
#define TEST_AMX_EMULATOR_H

#include <stdint.h>

/**
 * struct amx_counts - instructions that have been emulated
 * @configurations: ldtilecfg
 * @releases: tilerelease
 * @zeroes: tilezero
 * @loads: tileloadd
 * @stores: tilestored
 * @products: tdpbusd, tdpbssd, tdpbsud and tdpbuud
 */
struct amx_counts {
	uint64_t configurations;
	uint64_t releases;
	uint64_t zeroes;
	uint64_t loads;
	uint64_t stores;
	uint64_t products;
};

/*
 * From now on emulates, in every thread, what the processor refuses of AMX. Other
 * instructions that it refuses, and those that AMX itself would refuse (of tiles
 * that are not configured or do not fit one another), end the process as ever.
 */
void amx_emulator_start(void);
/* What has been emulated in this thread so far. */
struct amx_counts amx_emulator_counts(void);

#endif /* TEST_AMX_EMULATOR_H */
