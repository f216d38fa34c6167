// SPDX-License-Identifier: MIT
/* The instruction sets there are, and the choice among them. */
#include <string.h>

#include "match.h"

const struct match_kernels *const match_kernels_all[] = {
#ifdef MATCH_HAS_AMX
	&match_amx,
#endif
#ifdef MATCH_HAS_AVX512
	&match_avx512,
#endif
#ifdef MATCH_HAS_AVX2
	&match_avx2,
#endif
#ifdef MATCH_HAS_NEON
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
