// SPDX-License-Identifier: MIT
/*
 * oneDNN: int8 products and the best of them, in chunks of rows whose products
 * stay in the cache. Rows are unsigned, 128 larger, which is what its kernels are
 * fastest with; that adds 128 times the probe's sum to each of its products.
 */
#include <oneapi/dnnl/dnnl.h>
#include <oneapi/dnnl/dnnl_debug.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../data.h"
#include "rank.h"

#define CHUNK 1024

static struct {
	uint8_t *rows;
	int8_t *probes;
	int32_t *products; /* of a chunk's rows, each with all probes */
	struct ranking ranking; /* the shift: 128 * a probe's sum */
	uint64_t wrong;
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
	free(dnn.products);
	ranking_close(&dnn.ranking);
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
	dnn.products = malloc(sizeof(*dnn.products) * CHUNK * probes);
	return !ranking_open(&dnn.ranking, rows, probes) && dnn.rows && dnn.probes &&
	       dnn.products;
}

static void fill_rows_and_probes(void)
{
	int8_t vector[BENCH_DIM];
	uint32_t i, j;

	for (i = 0; i < dnn.row_count; i++) {
		bench_data_row(i, vector);
		for (j = 0; j < BENCH_DIM; j++)
			dnn.rows[(size_t)i * BENCH_DIM + j] = vector[j] + 128;
	}
	for (i = 0; i < dnn.probe_count; i++) {
		int8_t *probe = dnn.probes + (size_t)i * BENCH_DIM;

		bench_data_probe(i, dnn.row_count, probe);
		for (j = 0; j < BENCH_DIM; j++)
			dnn.ranking.shift[i] += 128 * probe[j];
	}
}

/* Leaves the products of the rows with all probes. */
static dnnl_status_t multiply_chunk(uint32_t first, uint32_t count)
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
	return status;
}

static int tell_status(dnnl_status_t status, char text[PEER_TEXT_SIZE])
{
	snprintf(text, PEER_TEXT_SIZE, "oneDNN says %s", dnnl_status2str(status));
	return -1;
}

static int prepare_onednn(uint32_t rows, uint32_t probes, char text[PEER_TEXT_SIZE])
{
	const uint32_t some = rows < CHUNK ? rows : CHUNK;
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
		status = multiply_chunk(0, some);
	if (status) {
		drop_onednn();
		return tell_status(status, text);
	}
	dnn.wrong = ranking_wrong(&dnn.ranking, rows, 0, some, dnn.products);
	return 0;
}

static int run_onednn(int64_t best[][PEER_TOP], char text[PEER_TEXT_SIZE])
{
	dnnl_status_t status;
	uint32_t first;

	ranking_begin(&dnn.ranking);
	for (first = 0; first < dnn.row_count; first += CHUNK) {
		uint32_t left = dnn.row_count - first;
		uint32_t count = left < CHUNK ? left : CHUNK;

		status = multiply_chunk(first, count);
		if (status)
			return tell_status(status, text);
		ranking_add(&dnn.ranking, first, count, dnn.products);
	}
	memcpy(best, dnn.ranking.row, dnn.probe_count * sizeof(*best));
	return 0;
}

static uint64_t wrong_onednn(void)
{
	return dnn.wrong;
}

const struct peer peer_onednn = {
	.name = "onednn",
	.prepare = prepare_onednn,
	.run = run_onednn,
	.drop = drop_onednn,
	.wrong = wrong_onednn,
	.searching = 1,
};
