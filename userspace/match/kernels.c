// SPDX-License-Identifier: MIT
/* The instruction sets there are, and the choice among them. */
#include <string.h>

#include "match.h"

const struct match_kernels *const match_kernels_all[] = {
#if defined(__x86_64__)
	&match_amx,
	&match_avx512,
	&match_avxvnni_int8,
	&match_avxvnni,
	&match_avx2,
#elif defined(__aarch64__)
	&match_neon_i8mm,
	&match_neon_dotprod,
	&match_neon,
#endif
	&match_plain,
	NULL,
};

const struct match_kernels *match_kernels_find(const char *name)
{
	const struct match_kernels *const *kernels;

	for (kernels = match_kernels_all; *kernels; kernels++)
		if (name ? !strcmp((*kernels)->name, name) :
			   !(*kernels)->unusable())
			return *kernels;
	return NULL;
}
