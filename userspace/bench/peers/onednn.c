// SPDX-License-Identifier: MIT
/*
 * oneDNN: int8 products and the best of them, in chunks of rows whose products
 * stay in the cache. Rows are unsigned, 128 larger, which is what its kernels are
 * fastest with; that adds 128 times the probe's sum to each of its products.
 */
#include <math.h>
#include <oneapi/dnnl/dnnl.h>
#include <oneapi/dnnl/dnnl_debug.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../data.h"
#include "peer.h"

#define CHUNK 1024

/* The best rows of a probe, falling. */
struct best {
	float score[PEER_TOP];
	uint32_t row[PEER_TOP];
};

static struct {
	uint8_t *rows;
	int8_t *probes;
	float *norms; /* 1 / a row's norm */
	int32_t *products; /* of a chunk's rows, each with all probes */
	int32_t *shift; /* 128 * a probe's sum */
	struct best *best;
	uint32_t row_count;
	uint32_t probe_count;
	dnnl_engine_t engine;
	dnnl_stream_t stream;
	dnnl_primitive_t whole; /* for CHUNK rows */
	dnnl_primitive_t rest; /* for what is left; NULL if nothing is */
	dnnl_memory_t memory[3];
	dnnl_memory_t rest_memory[3];
} dnn;

static void drop_primitive(dnnl_primitive_t *primitive, dnnl_memory_t memory[3])
{
	int i;

	for (i = 0; i < 3; i++) {
		if (memory[i])
			dnnl_memory_destroy(memory[i]);
		memory[i] = NULL;
	}
	if (*primitive)
		dnnl_primitive_destroy(*primitive);
	*primitive = NULL;
}

static void drop_onednn(void)
{
	drop_primitive(&dnn.whole, dnn.memory);
	drop_primitive(&dnn.rest, dnn.rest_memory);
	if (dnn.stream)
		dnnl_stream_destroy(dnn.stream);
	if (dnn.engine)
		dnnl_engine_destroy(dnn.engine);
	free(dnn.rows);
	free(dnn.probes);
	free(dnn.norms);
	free(dnn.products);
	free(dnn.shift);
	free(dnn.best);
	memset(&dnn, 0, sizeof(dnn));
}

/* Version 3 hides descriptors that version 2 had the caller hold. */
#if DNNL_VERSION_MAJOR >= 3
typedef dnnl_memory_desc_t descriptor;
#define describe dnnl_memory_desc_create_with_tag
#define same(descriptor) (*(descriptor))
#define forget(descriptor) dnnl_memory_desc_destroy(*(descriptor))

static dnnl_status_t plan(dnnl_primitive_desc_t *pd, descriptor md[3])
{
	return dnnl_matmul_primitive_desc_create(pd, dnn.engine, md[0], md[1],
						 NULL, md[2], NULL);
}
#else
typedef dnnl_memory_desc_t descriptor;
#define describe dnnl_memory_desc_init_by_tag
#define same(descriptor) (descriptor)
#define forget(descriptor) ((void)(descriptor))

static dnnl_status_t plan(dnnl_primitive_desc_t *pd, descriptor md[3])
{
	dnnl_matmul_desc_t desc;
	dnnl_status_t status;

	status = dnnl_matmul_desc_init(&desc, &md[0], &md[1], NULL, &md[2]);
	if (!status)
		status = dnnl_primitive_desc_create(pd, &desc, NULL, dnn.engine,
						    NULL);
	return status;
}
#endif

/* products[rows][probes] = rows[rows][dim] * probes[probes][dim] transposed */
static dnnl_status_t create_product(uint32_t rows, dnnl_primitive_t *primitive,
				    dnnl_memory_t memory[3],
				    char text[PEER_TEXT_SIZE])
{
	const dnnl_dims_t dims[3] = {
		{ rows, BENCH_DIM }, { BENCH_DIM, dnn.probe_count },
		{ rows, dnn.probe_count },
	};
	static const dnnl_data_type_t types[3] = { dnnl_u8, dnnl_s8, dnnl_s32 };
	static const dnnl_format_tag_t tags[3] = { dnnl_ab, dnnl_ba, dnnl_ab };
	void *const data[3] = { dnn.rows, dnn.probes, dnn.products };
	dnnl_primitive_desc_t pd = NULL;
	const char *kernel = "";
	dnnl_status_t status = dnnl_success;
	descriptor md[3] = {};
	int i;

	for (i = 0; !status && i < 3; i++) {
		status = describe(&md[i], 2, dims[i], types[i], tags[i]);
		if (!status)
			status = dnnl_memory_create(&memory[i], same(&md[i]),
						    dnn.engine, data[i]);
	}
	if (!status)
		status = plan(&pd, md);
	if (!status)
		status = dnnl_primitive_create(primitive, pd);
	if (!status)
		dnnl_primitive_desc_query(pd, dnnl_query_impl_info_str, 0,
					  &kernel);
	snprintf(text, PEER_TEXT_SIZE,
		 "oneDNN %d.%d.%d (" PACKAGE_DNNL "), %s: matmul u8 by s8, %s, and top-%d",
		 dnnl_version()->major, dnnl_version()->minor,
		 dnnl_version()->patch,
		 dnnl_cpu_isa2str(dnnl_get_effective_cpu_isa()), kernel,
		 PEER_TOP);
	if (pd)
		dnnl_primitive_desc_destroy(pd);
	for (i = 0; i < 3; i++)
		forget(&md[i]);
	return status;
}

static int allocate_onednn(uint32_t rows, uint32_t probes)
{
	dnn.row_count = rows;
	dnn.probe_count = probes;
	dnn.rows = malloc((size_t)rows * BENCH_DIM);
	dnn.probes = malloc((size_t)probes * BENCH_DIM);
	dnn.norms = malloc(sizeof(*dnn.norms) * rows);
	dnn.products = malloc(sizeof(*dnn.products) * CHUNK * probes);
	dnn.shift = calloc(probes, sizeof(*dnn.shift));
	dnn.best = malloc(sizeof(*dnn.best) * probes);
	return dnn.rows && dnn.probes && dnn.norms && dnn.products &&
	       dnn.shift && dnn.best;
}

static void fill_rows_and_probes(void)
{
	int8_t vector[BENCH_DIM];
	uint32_t i, j;

	for (i = 0; i < dnn.row_count; i++) {
		int32_t norm2 = 0;

		bench_data_row(i, vector);
		for (j = 0; j < BENCH_DIM; j++) {
			norm2 += vector[j] * vector[j];
			dnn.rows[(size_t)i * BENCH_DIM + j] = vector[j] + 128;
		}
		dnn.norms[i] = 1 / sqrtf(norm2);
	}
	for (i = 0; i < dnn.probe_count; i++) {
		int8_t *probe = dnn.probes + (size_t)i * BENCH_DIM;

		bench_data_probe(i, dnn.row_count, probe);
		for (j = 0; j < BENCH_DIM; j++)
			dnn.shift[i] += 128 * probe[j];
	}
}

static int prepare_onednn(uint32_t rows, uint32_t probes, char text[PEER_TEXT_SIZE])
{
	dnnl_status_t status;

	if (!allocate_onednn(rows, probes)) {
		drop_onednn();
		snprintf(text, PEER_TEXT_SIZE, "no memory");
		return -1;
	}
	fill_rows_and_probes();
	status = dnnl_engine_create(&dnn.engine, dnnl_cpu, 0);
	if (!status)
		status = dnnl_stream_create(&dnn.stream, dnn.engine,
					    dnnl_stream_default_flags);
	if (!status && rows % CHUNK)
		status = create_product(rows % CHUNK, &dnn.rest, dnn.rest_memory, text);
	if (!status && rows >= CHUNK)
		status = create_product(CHUNK, &dnn.whole, dnn.memory, text);
	if (!status)
		return 0;
	drop_onednn();
	snprintf(text, PEER_TEXT_SIZE, "oneDNN says %s",
		 dnnl_status2str(status));
	return -1;
}

static void keep_row(struct best *best, float score, uint32_t row)
{
	int i = PEER_TOP - 1;

	for (; i > 0 && best->score[i - 1] < score; i--) {
		best->score[i] = best->score[i - 1];
		best->row[i] = best->row[i - 1];
	}
	best->score[i] = score;
	best->row[i] = row;
}

#if defined(__x86_64__)
/* Compiled for each, the one for this processor is taken. */
#define FOR_ALL __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define FOR_ALL
#endif

/* One row against all probes. */
FOR_ALL
static unsigned int any_better(const int32_t *products, float norm,
			       const float *bounds, const int32_t *shift,
			       uint32_t count)
{
	unsigned int better = 0;
	uint32_t i;

	for (i = 0; i < count; i++)
		better |= (float)(products[i] - shift[i]) * norm > bounds[i];
	return better;
}

static void rank_chunk(uint32_t first, uint32_t count, float *bounds)
{
	const uint32_t probes = dnn.probe_count;
	uint32_t i, p;

	for (i = 0; i < count; i++) {
		const int32_t *products = dnn.products + (size_t)i * probes;
		float norm = dnn.norms[first + i];

		if (!any_better(products, norm, bounds, dnn.shift, probes))
			continue;
		for (p = 0; p < probes; p++) {
			float score = (float)(products[p] - dnn.shift[p]) * norm;

			if (score > bounds[p]) {
				keep_row(&dnn.best[p], score, first + i);
				bounds[p] = dnn.best[p].score[PEER_TOP - 1];
			}
		}
	}
}

static dnnl_status_t search_chunk(uint32_t first, uint32_t count, float *bounds)
{
	int whole = count == CHUNK;
	dnnl_memory_t *memory = whole ? dnn.memory : dnn.rest_memory;
	const dnnl_exec_arg_t arguments[] = {
		{ DNNL_ARG_SRC, memory[0] },
		{ DNNL_ARG_WEIGHTS, memory[1] },
		{ DNNL_ARG_DST, memory[2] },
	};
	dnnl_status_t status;

	status = dnnl_memory_set_data_handle(
		memory[0], dnn.rows + (size_t)first * BENCH_DIM);
	if (!status)
		status = dnnl_primitive_execute(whole ? dnn.whole : dnn.rest,
						dnn.stream, 3, arguments);
	if (!status)
		status = dnnl_stream_wait(dnn.stream);
	if (!status)
		rank_chunk(first, count, bounds);
	return status;
}

static int run_onednn(int64_t best[PEER_PROBES_MAX], char text[PEER_TEXT_SIZE])
{
	dnnl_status_t status = dnnl_success;
	float bounds[PEER_PROBES_MAX];
	uint32_t first, i, j;

	for (i = 0; i < dnn.probe_count; i++) {
		bounds[i] = -INFINITY;
		for (j = 0; j < PEER_TOP; j++)
			dnn.best[i].score[j] = -INFINITY;
	}
	for (first = 0; !status && first < dnn.row_count; first += CHUNK) {
		uint32_t left = dnn.row_count - first;

		status = search_chunk(first, left < CHUNK ? left : CHUNK,
				      bounds);
	}
	for (i = 0; i < dnn.probe_count; i++)
		best[i] = dnn.best[i].row[0];
	if (status)
		snprintf(text, PEER_TEXT_SIZE, "oneDNN says %s",
			 dnnl_status2str(status));
	return status ? -1 : 0;
}

const struct peer peer_onednn = {
	.name = "onednn",
	.prepare = prepare_onednn,
	.run = run_onednn,
	.drop = drop_onednn,
	.searching = 1,
};
