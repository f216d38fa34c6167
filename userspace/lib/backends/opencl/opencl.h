/* SPDX-License-Identifier: MIT */
/*
 * The OpenCL backend, shared by its files.
 *
 * DOC: What computes what
 *
 * The device computes raw scores and leaves out rows that are provably below a
 * bound; the others come back in a list, and the host decides on them by exact
 * integers, as it does for every backend. A list that was too short is no loss:
 * the rows are searched once more, fewer at a time.
 */
#ifndef LIMEN_OPENCL_H
#define LIMEN_OPENCL_H

#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#include <CL/cl_ext.h>

#include "gallery.h"

#include "opencl_loader.h"

/* Most probes, and candidates, of one launch. */
#define OPENCL_PROBES_MAX MATCH_PROBES_MAX
#define OPENCL_ROOM 65536
/* Most rows that sieve() leaves to settle(). */
#define OPENCL_LATER (1u << 20)
/* Units of the longest vector. */
#define OPENCL_UNITS (LIMEN_DIM_MAX / MATCH_UNIT)

/**
 * struct opencl_probe - a probe as the kernels read it
 * @facing: as in struct match_probe
 * @spread: for each unit, the factors of 16-bit words, see opencl.cl
 * @base: as in struct match_probe
 * @slope: as in struct match_probe
 * @middle: in the place of @base, and without a residual, for an estimate
 * @offset: what to add to a dot product of halves
 * @unused: fills it up to what the kernels' alignment asks for
 */
struct opencl_probe {
	int8_t facing[MATCH_LINES][2][64];
	uint16_t spread[OPENCL_UNITS][4][16];
	float base;
	float slope;
	float middle;
	int32_t offset;
	int32_t unused[12];
};

/**
 * struct opencl_candidate - a row that may belong to a result
 * @row: its number
 * @raw: its raw score
 * @probe: the probe that this is for
 */
struct opencl_candidate {
	uint32_t row;
	int32_t raw;
	uint32_t probe;
};

/**
 * struct opencl_exchange - what one launch is told and tells
 * @bounds: in: of each probe
 * @count: in: 0; out: number of candidates, also those beyond the room
 * @list: out: candidates, in any order
 */
struct opencl_exchange {
	float bounds[OPENCL_PROBES_MAX];
	uint32_t count;
	struct opencl_candidate list[OPENCL_ROOM];
};

/**
 * struct opencl_piece - rows that follow one another, as the device has them
 * @coarse: their coarse halves
 * @fine: their fine halves
 * @facts: their facts
 * @first: number of the first one
 * @count: how many there are
 */
struct opencl_piece {
	cl_mem coarse;
	cl_mem fine;
	cl_mem facts;
	uint32_t first;
	uint32_t count;
};

/**
 * struct opencl_rows - rows of a gallery, on the host and on the device
 * @blocks: as a view gives them, without those that are empty
 * @block_count: number of blocks
 * @dim: components of a row
 * @pieces: as the device has them
 * @piece_count: number of pieces
 * @content: of the gallery that the pieces are a copy of; 0 if they are none
 */
struct opencl_rows {
	struct match_rows *blocks;
	uint32_t block_count;
	uint32_t dim;
	struct opencl_piece *pieces;
	uint32_t piece_count;
	uint64_t content;
};

/**
 * struct opencl - an open device
 * @backend: what the caller holds
 * @device: the device
 * @context: of this device alone
 * @queue: in order
 * @program: its kernels' program
 * @sieve: kernel
 * @settle: kernel
 * @products: kernel
 * @probes: OPENCL_PROBES_MAX of struct opencl_probe
 * @exchange: a struct opencl_exchange
 * @sums: of OPENCL_LATER rows, from sieve() to settle()
 * @vectors: LIMEN_BATCH_MAX pairs
 * @results: a struct match_products for each
 * @host: what @exchange is filled from and read to
 * @pairs: what @vectors is filled from
 * @given: probes that the device has
 * @most: candidates that there have been at once, up to the room for them
 * @later: sums that there have been
 * @inside: the device is a processor of the host: it reads galleries in place
 * @lanes: work-items of a group; rows of a plane that lie interleaved
 * @each: rows that a work-item reads
 * @rows: the gallery
 */
struct opencl {
	struct limen_backend backend;
	cl_device_id device;
	cl_context context;
	cl_command_queue queue;
	cl_program program;
	cl_kernel sieve;
	cl_kernel settle;
	cl_kernel products;
	cl_mem probes;
	cl_mem exchange;
	cl_mem sums;
	cl_mem vectors;
	cl_mem results;
	struct opencl_exchange *host;
	int8_t pairs[LIMEN_BATCH_MAX * 2 * LIMEN_DIM_MAX];
	uint32_t given;
	uint32_t most;
	uint32_t later;
	bool inside;
	uint32_t lanes;
	uint32_t each;
	struct opencl_rows rows;
};

/* What a status of OpenCL is as an errno; 0 for CL_SUCCESS. */
HIDDEN int opencl_error(cl_int status);

/* Whether a dot product of vectors with these squared norms can be this. */
static inline bool opencl_possible(int32_t raw, uint32_t norm2,
				   uint32_t other_norm2)
{
	return (int64_t)raw * raw <= (int64_t)norm2 * other_norm2;
}

/* The kernels' source. */
extern HIDDEN const char opencl_source[];

/* Compares pairs of LIMEN_DIM_MAX components, one behind the other; wipes them. */
HIDDEN int opencl_products(struct opencl *opencl, const int8_t *vectors,
			   unsigned int count, struct match_products *products);
HIDDEN void opencl_compare(struct limen_backend *backend,
			   struct limen_pair *const *pairs, unsigned int count,
			   int timeout_ms);

/* Zeroes a buffer of the device's own and releases it. */
HIDDEN void opencl_release(struct opencl *opencl, cl_mem buffer);
/* Gives the blocks of opencl->rows to the device. */
HIDDEN int opencl_rows_give(struct opencl *opencl, uint64_t content);
/* Takes them back, zeroed if they are copies. */
HIDDEN void opencl_rows_take(struct opencl *opencl);
HIDDEN int opencl_probes_give(struct opencl *opencl,
			      const struct match_probe *probes,
			      unsigned int count);
/* Zeroes what is left of them, and of what has been computed from them. */
HIDDEN int opencl_forget(struct opencl *opencl);
/**
 * struct opencl_launch - rows that a kernel searches
 * @settle: by settle(), not by sieve()
 * @later: sieve() leaves rows to settle()
 * @probes: number of probes, 1 for these two
 * @at: first row
 * @count: number of rows
 * @base: row of the first sum
 */
struct opencl_launch {
	bool settle;
	bool later;
	uint32_t probes;
	uint32_t at;
	uint32_t count;
	uint32_t base;
};

/* With the bounds in opencl->host, which then holds the candidates. */
HIDDEN int opencl_launch(struct opencl *opencl,
			 const struct opencl_launch *launch);
HIDDEN int opencl_search(struct limen_backend *backend,
			 const struct search_request *request);
HIDDEN int opencl_search_all(struct limen_backend *backend,
			     const struct search_request *request,
			     struct row_list *list);

/* Compares the device with plain C; -EBADE if it errs. */
HIDDEN int opencl_self_test(struct opencl *opencl);

#endif /* LIMEN_OPENCL_H */
