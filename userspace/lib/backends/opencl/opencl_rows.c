// SPDX-License-Identifier: MIT
/* What an OpenCL device is given: galleries and probes, until they are zeroed. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "opencl.h"

/* Most rows of a copied piece, and rows copied at once; multiples of all lanes. */
#define PIECE_ROWS 262144
#define STAGE_ROWS 1024

/* Rows on their way to a device: as it wants them. */
struct stage {
	uint8_t coarse[STAGE_ROWS * LIMEN_DIM_MAX / 2];
	uint8_t fine[STAGE_ROWS * LIMEN_DIM_MAX / 2];
	uint32_t facts[STAGE_ROWS];
};

static cl_int zero(struct opencl *opencl, cl_mem buffer, size_t size)
{
	const cl_uint nothing = 0;

	return clEnqueueFillBuffer(opencl->queue, buffer, &nothing,
				   sizeof(nothing), 0, size, 0, NULL, NULL);
}

void opencl_release(struct opencl *opencl, cl_mem buffer)
{
	size_t size;

	if (!buffer)
		return;
	if (!clGetMemObjectInfo(buffer, CL_MEM_SIZE, sizeof(size), &size, NULL))
		zero(opencl, buffer, size);
	clFinish(opencl->queue);
	clReleaseMemObject(buffer);
}

/* What is lent is the gallery's own memory. */
static void give_back(cl_mem buffer)
{
	if (buffer)
		clReleaseMemObject(buffer);
}

static void piece_release(struct opencl *opencl, struct opencl_piece *piece)
{
	if (opencl->inside) {
		give_back(piece->coarse);
		give_back(piece->fine);
		give_back(piece->facts);
	} else {
		opencl_release(opencl, piece->coarse);
		opencl_release(opencl, piece->fine);
		opencl_release(opencl, piece->facts);
	}
}

void opencl_rows_take(struct opencl *opencl)
{
	struct opencl_rows *rows = &opencl->rows;
	uint32_t i;

	for (i = 0; i < rows->piece_count; i++)
		piece_release(opencl, &rows->pieces[i]);
	free(rows->pieces);
	rows->pieces = NULL;
	rows->piece_count = 0;
	rows->content = 0;
}

static int pieces_create(struct opencl_rows *rows, uint32_t count)
{
	rows->pieces = calloc(count, sizeof(*rows->pieces));
	if (!rows->pieces)
		return -ENOMEM;
	rows->piece_count = count;
	return 0;
}

static cl_mem lend(const struct opencl *opencl, const void *memory, size_t size,
		   cl_int *status)
{
	if (*status)
		return NULL;
	return clCreateBuffer(opencl->context,
			      CL_MEM_READ_ONLY | CL_MEM_USE_HOST_PTR, size,
			      (void *)memory, status);
}

/* A processor of the host reads the blocks where they lie. */
static int lend_blocks(struct opencl *opencl)
{
	struct opencl_rows *rows = &opencl->rows;
	int error = pieces_create(rows, rows->block_count);
	cl_int status = CL_SUCCESS;
	uint32_t i;

	for (i = 0; i < rows->piece_count && !status; i++) {
		const struct match_rows *block = &rows->blocks[i];
		size_t plane = (size_t)block->count * rows->dim / 2;
		struct opencl_piece *piece = &rows->pieces[i];

		piece->first = block->first;
		piece->count = block->count;
		piece->coarse = lend(opencl, block->coarse, plane, &status);
		piece->fine = lend(opencl, block->fine, plane, &status);
		piece->facts = lend(opencl, block->facts,
				    block->count * sizeof(*block->facts),
				    &status);
	}
	return error ?: opencl_error(status);
}

static cl_mem room(const struct opencl *opencl, size_t size, cl_int *status)
{
	if (*status)
		return NULL;
	return clCreateBuffer(opencl->context, CL_MEM_READ_ONLY, size, NULL,
			      status);
}

/* Sixteen bytes of a row after sixteen of its neighbour: see load_unit(). */
static void interleave(const uint8_t *row, uint32_t size, uint32_t lanes,
		       uint32_t at, uint8_t *plane)
{
	uint32_t i;

	plane += (size_t)(at / lanes) * lanes * size + at % lanes * 16;
	for (i = 0; i < size; i += 16)
		memcpy(plane + (size_t)i * lanes, row + i, 16);
}

/* Rows from @first on; rows of blocks that are left out are zeros. */
static void stage_rows(const struct opencl *opencl, uint32_t first,
		       struct stage *stage)
{
	const struct opencl_rows *rows = &opencl->rows;
	uint32_t size = rows->dim / 2, i, at;
	const struct match_rows *block;

	memset(stage, 0, sizeof(*stage));
	for (block = rows->blocks; block < rows->blocks + rows->block_count;
	     block++) {
		/* Counted from the first row on: the last may be the last. */
		i = block->first < first ? first - block->first : 0;
		at = block->first < first ? 0 : block->first - first;
		for (; i < block->count && at < STAGE_ROWS; i++, at++) {
			interleave(block->coarse + (size_t)i * size, size,
				   opencl->lanes, at, stage->coarse);
			interleave(block->fine + (size_t)i * size, size,
				   opencl->lanes, at, stage->fine);
			stage->facts[at] = block->facts[i];
		}
	}
}

static cl_int copy_piece(struct opencl *opencl, const struct opencl_piece *piece,
			 struct stage *stage)
{
	size_t size = opencl->rows.dim / 2, plane = size * STAGE_ROWS;
	cl_int status = CL_SUCCESS;
	size_t at;

	for (at = 0; at < piece->count && !status; at += STAGE_ROWS) {
		stage_rows(opencl, piece->first + at, stage);
		status = clEnqueueWriteBuffer(opencl->queue, piece->coarse,
					      CL_TRUE, at * size, plane,
					      stage->coarse, 0, NULL, NULL) ?:
			 clEnqueueWriteBuffer(opencl->queue, piece->fine,
					      CL_TRUE, at * size, plane,
					      stage->fine, 0, NULL, NULL) ?:
			 clEnqueueWriteBuffer(opencl->queue, piece->facts,
					      CL_TRUE, at * 4,
					      sizeof(stage->facts),
					      stage->facts, 0, NULL, NULL);
	}
	return status;
}

static int copy_pieces(struct opencl *opencl, uint32_t each, uint32_t end,
		       struct stage *stage)
{
	struct opencl_rows *rows = &opencl->rows;
	int error = pieces_create(rows, (end - 1) / each + 1);
	cl_int status = CL_SUCCESS;
	uint32_t i;

	for (i = 0; i < rows->piece_count && !status; i++) {
		struct opencl_piece *piece = &rows->pieces[i];
		size_t whole;

		piece->first = i * each;
		piece->count = end - piece->first < each ? end - piece->first :
							   each;
		whole = (piece->count + STAGE_ROWS - 1) / STAGE_ROWS *
			(size_t)STAGE_ROWS;
		piece->coarse = room(opencl, whole * rows->dim / 2, &status);
		piece->fine = room(opencl, whole * rows->dim / 2, &status);
		piece->facts = room(opencl, whole * 4, &status);
		if (!status)
			status = copy_piece(opencl, piece, stage);
	}
	return error ?: opencl_error(status);
}

static int copy_blocks(struct opencl *opencl)
{
	const struct opencl_rows *rows = &opencl->rows;
	const struct match_rows *last = &rows->blocks[rows->block_count - 1];
	cl_ulong most, each;
	struct stage *stage;
	int error;

	error = opencl_error(clGetDeviceInfo(opencl->device,
					     CL_DEVICE_MAX_MEM_ALLOC_SIZE,
					     sizeof(most), &most, NULL));
	if (error)
		return error;
	each = most / (rows->dim / 2) / STAGE_ROWS * STAGE_ROWS;
	if (!each)
		return -ENOMEM;
	if (each > PIECE_ROWS)
		each = PIECE_ROWS;
	stage = mmap(NULL, sizeof(*stage), PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (stage == MAP_FAILED)
		return -ENOMEM;
	madvise(stage, sizeof(*stage), MADV_DONTDUMP);
	error = copy_pieces(opencl, each, last->first + last->count, stage);
	limen_wipe(stage, sizeof(*stage));
	munmap(stage, sizeof(*stage));
	return error;
}

int opencl_rows_give(struct opencl *opencl, uint64_t content)
{
	int error;

	opencl_rows_take(opencl);
	if (!opencl->rows.block_count)
		return 0;
	error = opencl->inside ? lend_blocks(opencl) : copy_blocks(opencl);
	if (error)
		opencl_rows_take(opencl);
	else
		opencl->rows.content = content;
	return error;
}

/* The factors of the 16-bit words of a unit: see dot_units(). */
static void spread(const int8_t *lower, const int8_t *upper,
		   uint16_t factors[4][16])
{
	unsigned int i;

	for (i = 0; i < 16; i++) {
		int n[4] = { lower[2 * i], upper[2 * i], lower[2 * i + 1],
			     upper[2 * i + 1] };

		factors[0][i] = n[0];
		factors[1][i] = n[1] - 16 * n[0];
		factors[2][i] = n[2] - 16 * n[1];
		factors[3][i] = n[3] - 16 * n[2];
	}
}

static void lay_out(const struct match_probe *probe, struct opencl_probe *out)
{
	unsigned int u;

	memset(out, 0, sizeof(*out));
	memcpy(out->facing, probe->facing, sizeof(out->facing));
	for (u = 0; u < OPENCL_UNITS; u++)
		spread(probe->facing[u / 2][0] + u % 2 * 32,
		       probe->facing[u / 2][1] + u % 2 * 32, out->spread[u]);
	out->base = probe->base;
	out->slope = probe->slope;
	out->middle = -120.5f * probe->sum;
	out->offset = -128 * probe->sum;
}

int opencl_probes_give(struct opencl *opencl, const struct match_probe *probes,
		       unsigned int count)
{
	size_t size = count * sizeof(struct opencl_probe);
	struct opencl_probe *out;
	cl_int status;
	unsigned int i;

	out = malloc(size);
	if (!out)
		return -ENOMEM;
	for (i = 0; i < count; i++)
		lay_out(&probes[i], &out[i]);
	opencl->given = count;
	status = clEnqueueWriteBuffer(opencl->queue, opencl->probes, CL_TRUE, 0,
				      size, out, 0, NULL, NULL);
	limen_wipe(out, size);
	free(out);
	return opencl_error(status);
}

/*
 * Sums of a probe with enough known rows give the probe away. The queue goes on
 * with this while the caller has its answer.
 */
int opencl_forget(struct opencl *opencl)
{
	size_t list = opencl->most * sizeof(struct opencl_candidate);
	uint32_t later = opencl->later;
	cl_int status;

	limen_wipe(opencl->host->list, list);
	status = zero(opencl, opencl->probes,
		      opencl->given * sizeof(struct opencl_probe)) ?:
		 zero(opencl, opencl->exchange,
		      offsetof(struct opencl_exchange, list) + list);
	if (!status && later)
		status = zero(opencl, opencl->sums, later * sizeof(cl_int));
	opencl->most = 0;
	opencl->later = 0;
	return opencl_error(status ?: clFlush(opencl->queue));
}
