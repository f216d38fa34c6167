// SPDX-License-Identifier: MIT
/* The CPU backend: the choice of an instruction set, and comparisons. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu.h"

/* Instruction sets of other processors, and what they need. */
static const struct {
	const char *name;
	const char *reason;
} elsewhere[] = {
#if !defined(__x86_64__)
	{ "amx-int8", "needs an x86-64 processor" },
	{ "avx512-vnni", "needs an x86-64 processor" },
	{ "avx-vnni-int8", "needs an x86-64 processor" },
	{ "avx-vnni", "needs an x86-64 processor" },
	{ "avx2", "needs an x86-64 processor" },
#endif
#if !defined(__aarch64__)
	{ "neon-i8mm", "needs an AArch64 processor" },
	{ "neon-dotprod", "needs an AArch64 processor" },
	{ "neon", "needs an AArch64 processor" },
#endif
};

#define ELSEWHERE (sizeof(elsewhere) / sizeof(*elsewhere))

static struct limen_score score(const struct match_kernels *kernels,
				const struct limen_pair *pair)
{
	struct match_products products =
		kernels->products(pair->probe->vector, pair->reference->vector,
				  pair->probe->dim);

	return (struct limen_score){
		.raw = products.raw,
		.similarity = match_similarity(products.raw,
					       products.probe_norm2,
					       products.reference_norm2),
	};
}

static void cpu_compare(struct limen_backend *backend,
			struct limen_pair *const *pairs, unsigned int count,
			int timeout_ms)
{
	const struct match_kernels *kernels = ((struct cpu *)backend)->kernels;
	int64_t start = now_ns(), each;
	unsigned int i;

	(void)timeout_ms; /* a batch takes microseconds */
	for (i = 0; i < count; i++)
		pair_settle(pairs[i], 0, score(kernels, pairs[i]), 0);
	/* Looked at for every pair, the clock would take most of the time. */
	each = count ? (now_ns() - start) / count : 0;
	for (i = 0; i < count; i++)
		pairs[i]->device_ns = each;
}

static int cpu_threads(struct limen_backend *backend, unsigned int threads)
{
	struct cpu *cpu = (struct cpu *)backend;
	struct pool *pool = NULL;
	struct scratch *scratch;
	int error = 0;

	if (!threads || threads > LIMEN_THREADS_MAX)
		return -EINVAL;
	/* Pages that are never written take no memory. */
	scratch = calloc(threads, sizeof(*scratch));
	if (!scratch)
		return -ENOMEM;
	if (threads > 1)
		error = pool_open(&pool, threads - 1);
	if (error) {
		free(scratch);
		return error;
	}
	pool_close(cpu->pool);
	free(cpu->scratch);
	cpu->pool = pool;
	cpu->scratch = scratch;
	cpu->threads = threads;
	return 0;
}

static void cpu_close(struct limen_backend *backend)
{
	struct cpu *cpu = (struct cpu *)backend;

	pool_close(cpu->pool);
	free(cpu->scratch);
	free(cpu);
}

static const struct limen_backend_ops cpu_ops = {
	.close = cpu_close,
	.compare = cpu_compare,
	.search = cpu_search,
	.search_all = cpu_search_all,
	.threads = cpu_threads,
};

/* Why there are no such kernels. */
static int missing(const char *name)
{
	unsigned int i;

	for (i = 0; i < ELSEWHERE; i++)
		if (!strcmp(name, elsewhere[i].name))
			return -EOPNOTSUPP;
	return -EINVAL;
}

int cpu_open(struct limen_backend **backend, const char *node)
{
	const struct match_kernels *kernels = match_kernels_find(node);
	struct cpu *cpu;
	int error;

	if (!kernels)
		return missing(node);
	if (kernels->unusable())
		return -EOPNOTSUPP;
	cpu = calloc(1, sizeof(*cpu));
	if (!cpu)
		return -ENOMEM;
	cpu->backend.ops = &cpu_ops;
	cpu->backend.kind = LIMEN_BACKEND_CPU;
	cpu->kernels = kernels;
	error = cpu_threads(&cpu->backend, 1);
	if (error) {
		free(cpu);
		return error;
	}
	snprintf(cpu->backend.description, sizeof(cpu->backend.description),
		 "CPU, %s", kernels->name);
	*backend = &cpu->backend;
	return 0;
}

static int list_one(const char *name, const char *reason, backend_found_t found,
		    void *context)
{
	struct limen_backend_info info = { .kind = LIMEN_BACKEND_CPU };

	snprintf(info.node, sizeof(info.node), "%s", name);
	snprintf(info.description, sizeof(info.description), "CPU, %s", name);
	snprintf(info.reason, sizeof(info.reason), "%s", reason ?: "");
	return found(&info, context);
}

int cpu_list(backend_found_t found, void *context)
{
	const struct match_kernels *const *kernels;
	unsigned int i;
	int result = 0;

	for (kernels = match_kernels_all; *kernels && !result; kernels++)
		result = list_one((*kernels)->name, (*kernels)->unusable(),
				  found, context);
	for (i = 0; i < ELSEWHERE && !result; i++)
		result = list_one(elsewhere[i].name, elsewhere[i].reason, found,
				  context);
	return result;
}
