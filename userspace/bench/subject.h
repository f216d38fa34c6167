/* SPDX-License-Identifier: MIT */
/* What limen bench match times: searches, pairs, reading, peers. */
#ifndef LIMEN_BENCH_SUBJECT_H
#define LIMEN_BENCH_SUBJECT_H

#include <limen.h>
#include <match.h>

#include "ceiling.h"
#include "peers.h"
#include "report.h"

#define BENCH_TOP 10
#define BENCH_PROBES_MAX 256

/**
 * struct bench_gallery - a gallery of the benchmark's data, and whom to search
 * @gallery: as the library has it
 * @rows: how many
 * @probes: templates, each like one row
 * @mates: those rows
 */
struct bench_gallery {
	struct limen_gallery *gallery;
	uint32_t rows;
	struct limen_template probes[BENCH_PROBES_MAX];
	uint32_t mates[BENCH_PROBES_MAX];
};

/*
 * Makes one, or adds rows to it until there are so many or until the time
 * (CLOCK_MONOTONIC, nanoseconds) has come, and makes the probes. DONE or FAILED
 * after a line.
 */
int bench_gallery_fill(struct bench_gallery *gallery, uint32_t rows,
		       int64_t until);
void bench_gallery_free(struct bench_gallery *gallery);

/**
 * struct bench_planes - the same rows, as the kernels have them
 * @memory: the planes, the coarse one first, in huge pages
 * @size: of both
 * @facts: of each row
 * @rows: how many
 */
struct bench_planes {
	uint8_t *memory;
	size_t size;
	uint32_t *facts;
	uint32_t rows;
};

int bench_planes_fill(struct bench_planes *planes, uint32_t rows);
void bench_planes_free(struct bench_planes *planes);

/**
 * struct bench_subject - something of which a run can be timed
 * @times: what it is and what its runs took
 * @run: runs it once: DONE, or FAILED with the reason in @times.missing
 * @backend: for searches and comparisons
 * @gallery: for searches, and for the probe of scans
 * @probes: for searches: how many at once
 * @planes: for scans and for reading
 * @kernels: for scans and pairs
 * @reader: for reading
 * @streams: likewise
 * @ahead: likewise
 * @threads: for reading and multiplication: 1, or 2 that read a half each or do
 *	the same
 * @peak: for multiplication
 * @peers: for peers
 * @peer: likewise
 */
struct bench_subject {
	struct bench_times times;
	int (*run)(struct bench_subject *subject, int64_t *elapsed);
	struct limen_backend *backend;
	const struct bench_gallery *gallery;
	unsigned int probes;
	const struct bench_planes *planes;
	const struct match_kernels *kernels;
	const struct bench_reader *reader;
	unsigned int streams;
	size_t ahead;
	unsigned int threads;
	const struct bench_peak *peak;
	struct bench_peers *peers;
	const char *peer;
};

/* Each sets a subject up; one that cannot run has @times.missing. */
void bench_subject_search(struct bench_subject *subject, const char *name,
			  struct limen_backend *backend,
			  const struct bench_gallery *gallery,
			  unsigned int probes);
void bench_subject_scan(struct bench_subject *subject,
			const struct match_kernels *kernels,
			const struct bench_planes *planes,
			const struct bench_gallery *gallery);
void bench_subject_read(struct bench_subject *subject,
			const struct bench_reader *reader,
			unsigned int streams, size_t ahead,
			const struct bench_planes *planes);
/* As another subject, but with two threads. */
void bench_subject_read_halves(struct bench_subject *subject,
			       const struct bench_subject *like);
void bench_subject_peak(struct bench_subject *subject,
			const struct bench_peak *peak, unsigned int threads);
void bench_subject_peer(struct bench_subject *subject, const char *name,
			struct bench_peers *peers, const char *peer,
			uint32_t rows, uint32_t probes);
enum bench_pairs { BENCH_INDEPENDENT, BENCH_DEPENDENT };
void bench_subject_dot(struct bench_subject *subject, enum bench_pairs pairs,
		       const struct match_kernels *kernels);
void bench_subject_compare(struct bench_subject *subject,
			   struct limen_backend *backend);

/* Runs them in turn, each so many times; those that fail stay behind. NULL ends. */
void bench_rounds(struct bench_subject *const *subjects, unsigned int rounds);

#endif /* LIMEN_BENCH_SUBJECT_H */
