// SPDX-License-Identifier: MIT
/* Comparisons by an OpenCL device. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "opencl.h"

int opencl_products(struct opencl *opencl, const int8_t *vectors,
		    unsigned int count, struct match_products *products)
{
	const size_t size = (size_t)count * 2 * LIMEN_DIM_MAX;
	const size_t lanes = opencl->lanes;
	/* What a group has beyond the pairs finds zeros. */
	const size_t items = (count + lanes - 1) / lanes * lanes;
	const cl_uint units = OPENCL_UNITS, zero = 0;
	cl_command_queue queue = opencl->queue;
	cl_kernel kernel = opencl->products;
	cl_int status, wiped;

	status = clEnqueueWriteBuffer(queue, opencl->vectors, CL_TRUE, 0, size,
				      vectors, 0, NULL, NULL);
	if (status)
		return opencl_error(status);
	status = clSetKernelArg(kernel, 0, sizeof(cl_mem), &opencl->vectors) ?:
		 clSetKernelArg(kernel, 1, sizeof(units), &units) ?:
		 clSetKernelArg(kernel, 2, sizeof(cl_mem), &opencl->results);
	if (!status)
		status = clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &items,
						&lanes, 0, NULL, NULL);
	wiped = clEnqueueFillBuffer(queue, opencl->vectors, &zero, sizeof(zero),
				    0, size, 0, NULL, NULL);
	if (!status)
		status = wiped;
	if (!status)
		status = clEnqueueReadBuffer(queue, opencl->results, CL_TRUE, 0,
					     count * sizeof(*products),
					     products, 0, NULL, NULL);
	return opencl_error(status);
}

/* Puts the pairs one behind the other. */
static void gather(struct limen_pair *const *pairs, unsigned int count,
		   int8_t *vectors)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		const struct limen_template *probe = pairs[i]->probe;

		memcpy(vectors, probe->vector, probe->dim);
		vectors += LIMEN_DIM_MAX;
		memcpy(vectors, pairs[i]->reference->vector, probe->dim);
		vectors += LIMEN_DIM_MAX;
	}
}

static void score(struct limen_pair *pair, const struct match_products *products,
		  uint64_t device_ns)
{
	const uint32_t most = pair->probe->dim << 14;
	struct limen_score score = { .raw = products->raw };

	if (products->probe_norm2 > most || products->reference_norm2 > most ||
	    !opencl_possible(products->raw, products->probe_norm2,
			     products->reference_norm2)) {
		pair_settle(pair, -EIO, score, device_ns);
		return;
	}
	score.similarity = match_similarity(products->raw,
					    products->probe_norm2,
					    products->reference_norm2);
	pair_settle(pair, 0, score, device_ns);
}

void opencl_compare(struct limen_backend *backend,
		    struct limen_pair *const *pairs, unsigned int count,
		    int timeout_ms)
{
	struct match_products products[LIMEN_BATCH_MAX] = {};
	struct opencl *opencl = (struct opencl *)backend;
	int64_t start = now_ns(), each;
	unsigned int i;
	int error = 0;

	gather(pairs, count, opencl->pairs);
	if (now_ns() - start > timeout_ms * 1000000LL)
		error = -ETIMEDOUT;
	else
		error = opencl_products(opencl, opencl->pairs, count, products);
	/* Zeros behind the last component change no sum: it stays zeroed. */
	limen_wipe(opencl->pairs, (size_t)count * 2 * LIMEN_DIM_MAX);
	each = (now_ns() - start) / count;
	for (i = 0; i < count; i++) {
		if (error)
			pair_fail(pairs[i], error);
		else
			score(pairs[i], &products[i], each);
	}
}
