/* SPDX-License-Identifier: MIT */
/*
 * The libraries that Limen is measured against.
 *
 * DOC: limen-bench-peers
 *
 * One process holds them all, runs one at a time, and does what it is told in
 * lines on its standard input, answering each with a line that begins with "ok"
 * or "error", a reason:
 *
 * prepare PEER ROWS PROBES
 *	gives it that many rows and probes of the benchmark's data; "ok" and what
 *	it is: library, version, build, what was chosen
 * run PEER
 *	searches once; "ok", the nanoseconds that took, of how many probes the best
 *	row is not the one it was made from, how many of all rows found are not among the
 *	best by exact arithmetic, and how many of a million products are wrong
 * drop PEER
 *	forgets the rows
 * memory
 *	"ok" and kilobytes: resident, and those of them in huge pages
 *
 * Who starts it says by OMP_NUM_THREADS and OPENBLAS_NUM_THREADS that each library
 * is to use one thread.
 */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PEER_TOP 10
#define PEER_PROBES_MAX 256
#define PEER_TEXT_SIZE 400

/**
 * struct peer - a library's way to search
 * @name: what it is called in the protocol
 * @prepare: takes rows and probes, and tells what it is
 * @run: searches for all probes once; their best rows, falling. A peer that computes
 *	products alone finds no rows and is not @searching
 * @drop: frees what prepare() made
 * @wrong: of a million products, how many are wrong, by a sample that prepare() took;
 *	NULL: they cannot be seen
 * @searching: whether it finds rows
 *
 * prepare() and run() return 0, or -1 with a reason in text.
 */
struct peer {
	const char *name;
	int (*prepare)(uint32_t rows, uint32_t probes,
		       char text[PEER_TEXT_SIZE]);
	int (*run)(int64_t best[][PEER_TOP], char text[PEER_TEXT_SIZE]);
	void (*drop)(void);
	uint64_t (*wrong)(void);
	int searching;
};

extern const struct peer peer_faiss_flat;
extern const struct peer peer_faiss_int8;
extern const struct peer peer_openblas;
extern const struct peer peer_onednn;
extern const struct peer peer_numkong;
extern const struct peer peer_numkong_pairs;
extern const struct peer peer_numkong_chain;

/*
 * Rows of the data as a library wants them, one after another: as they are,
 * divided by their norms, or 128 larger.
 */
void peer_rows_float(uint32_t first, uint32_t count, float *rows);
void peer_rows_unit(uint32_t first, uint32_t count, float *rows);
void peer_rows_unsigned(uint32_t first, uint32_t count, float *rows);

/* The product of two vectors of the data. */
int32_t peer_dot(const int8_t *a, const int8_t *b);

/* Nanoseconds of the monotonic clock. */
int64_t peer_now(void);

#ifdef __cplusplus
}
#endif

#endif /* BENCH_PEER_H */
