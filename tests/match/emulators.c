// SPDX-License-Identifier: MIT
/* Which set has an emulator, and which other set tells that the rest of it is there. */
#include <stdio.h>

#include "amx-emulator.h"
#include "emulators.h"
#include "vnni-emulator.h"

static const struct {
	const struct match_kernels *kernels;
	const struct match_kernels *rest;
	void (*start)(void);
} emulators[] = {
	{ &match_amx, &match_avx512, amx_emulator_start },
	{ &match_avxvnni, &match_avx2, vnni_emulator_start },
	{ &match_avxvnni_int8, &match_avx2, vnni_emulator_start },
};

bool emulators_start(const struct match_kernels *kernels)
{
	const char *missing = kernels->unusable();
	unsigned int i;

	for (i = 0; missing && i < sizeof(emulators) / sizeof(*emulators); i++) {
		if (emulators[i].kernels != kernels ||
		    emulators[i].rest->unusable())
			continue;
		printf("# %s is emulated: %s\n", kernels->name, missing);
		emulators[i].start();
		return true;
	}
	return false;
}
