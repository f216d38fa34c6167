// SPDX-License-Identifier: MIT
/*
 * Built by tools/bench with NumKong's sources, into a library beside them. Of these it takes
 * the file for bytes alone, in a few seconds, and what that needs of others.
 */
#include <stdio.h>

#include "dispatch_i8.c"
#include "numkong.h"

#if defined(__clang__)
#define COMPILER "Clang " __clang_version__
#else
#define COMPILER "GCC " __VERSION__
#endif

nk_implementations_t nk_dispatch_table;

void nk_error_dense_(void const *a, void const *b, nk_size_t n, void *d)
{
	(void)a;
	(void)b;
	(void)n;
	(void)d;
}

/* Packing takes the sums of rows by it. */
void nk_reduce_moments_i8(const nk_i8_t *data, nk_size_t count, nk_size_t stride,
			  nk_i64_t *sum, nk_u64_t *squares)
{
	((nk_kernel_reduce_moments_punned_t)nk_dispatch_table.reduce_moments_i8)(
		data, count, stride, sum, squares);
}

/* The number of the instruction set: the bit in NumKong's capabilities. */
static int find(nk_kernel_kind_t kind, void *function)
{
	nk_capability_t chosen = 0;

	nk_dispatch_i8_find_(nk_capabilities_(), kind, function, &chosen);
	return chosen ? __builtin_ctzll(chosen) : -1;
}

const struct numkong *limen_numkong(void)
{
	static struct numkong numkong;
	int dot = find(nk_kernel_dot_k, &numkong.dot);
	int packed = find(nk_kernel_dots_packed_k, &numkong.packed);

	find(nk_kernel_reduce_moments_k, &nk_dispatch_table.reduce_moments_i8);
	find(nk_kernel_dots_packed_size_k, &numkong.packed_size);
	find(nk_kernel_dots_pack_k, &numkong.pack);
	if (dot < 0 || packed < 0 || !nk_configure_thread_(nk_capabilities_()))
		return NULL;
	snprintf(numkong.what, sizeof(numkong.what),
		 "%d.%d.%d (built for this processor by " COMPILER "; capabilities %d and %d)",
		 NK_VERSION_MAJOR, NK_VERSION_MINOR, NK_VERSION_PATCH, dot, packed);
	return &numkong;
}
