// SPDX-License-Identifier: MIT
/* OpenBLAS: the products alone, in single precision, in one call. */
#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>

#include "../data.h"
#include "peer.h"

static struct {
	float *rows;
	float *probes;
	float *products;
	blasint row_count;
	blasint probe_count;
	int by_probes; /* a probe's products follow one another */
} blas;

static void drop_openblas(void)
{
	free(blas.rows);
	free(blas.probes);
	free(blas.products);
	blas.rows = blas.probes = blas.products = NULL;
}

static void multiply_all(int by_probes)
{
	const float *a = by_probes ? blas.probes : blas.rows;
	const float *b = by_probes ? blas.rows : blas.probes;
	blasint m = by_probes ? blas.probe_count : blas.row_count;
	blasint n = by_probes ? blas.row_count : blas.probe_count;

	cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, m, n, BENCH_DIM, 1,
		    a, BENCH_DIM, b, BENCH_DIM, 0, blas.products, n);
}

/* The second of two: the first touches the memory of the products. */
static int64_t time_trial(int by_probes)
{
	int64_t start;

	multiply_all(by_probes);
	start = peer_now();
	multiply_all(by_probes);
	return peer_now() - start;
}

static int prepare_openblas(uint32_t rows, uint32_t probes, char text[PEER_TEXT_SIZE])
{
	int8_t vector[BENCH_DIM];
	uint32_t i, j;

	blas.row_count = rows;
	blas.probe_count = probes;
	blas.rows = malloc(sizeof(float) * rows * BENCH_DIM);
	blas.probes = malloc(sizeof(float) * probes * BENCH_DIM);
	blas.products = malloc(sizeof(float) * rows * probes);
	if (!blas.rows || !blas.probes || !blas.products) {
		drop_openblas();
		snprintf(text, PEER_TEXT_SIZE, "no memory");
		return -1;
	}
	peer_rows_unit(0, rows, blas.rows);
	for (i = 0; i < probes; i++) {
		bench_data_probe(i, rows, vector);
		for (j = 0; j < BENCH_DIM; j++)
			blas.probes[i * BENCH_DIM + j] = vector[j];
	}
	openblas_set_num_threads(1);
	blas.by_probes = time_trial(1) < time_trial(0);
	snprintf(text, PEER_TEXT_SIZE, "%s (" PACKAGE_OPENBLAS "), running as %s: sgemm",
		 openblas_get_config(), openblas_get_corename());
	return 0;
}

static int run_openblas(int64_t best[][PEER_TOP], char text[PEER_TEXT_SIZE])
{
	multiply_all(blas.by_probes);
	best[0][0] = -1;
	text[0] = '\0';
	return 0;
}

const struct peer peer_openblas = {
	.name = "openblas",
	.prepare = prepare_openblas,
	.run = run_openblas,
	.drop = drop_openblas,
};
