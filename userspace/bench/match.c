// SPDX-License-Identifier: MIT
/*
 * limen bench match: the engine against what this machine can do and against the
 * libraries that one could take instead, all in one run and on the same data.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <monotonic.h>

#include "bench.h"
#include "data.h"
#include "report.h"
#include "subject.h"

/* Rows of the large gallery; the small one has a tenth. */
#define LARGE 1000000
#define LARGE_MIN 2000
#define SMALL_PROBES 64
#define LARGE_PROBES 256
/* Ways to read are many: the best of a few rounds are kept. */
#define READERS_MAX 24
#define READERS_KEPT 4
#define READERS_ROUNDS 3
#define AHEAD 4096
/* Galleries whose cost is drawn. */
#define SMALLEST 10000
#define POINT_RUNS 5
#define MEMORY_SHARE 0.6
#define GROWTH_NS 120000000000ll
/* Memory comes in these, so that a row more may cost nothing, or megabytes. */
#define BLOCK_ROWS 16384
/* A row beside its components: the squared norm, and room. */
#define ROW_EXTRA 16

/**
 * struct bench - a run
 * @report: what comes out
 * @large: rows of the large gallery
 * @small: rows of the small one
 * @largest: most rows of the galleries whose cost is drawn
 * @kernels: the fastest usable ones
 * @one: the CPU, one thread
 * @two: the CPU, two threads; NULL if there is one processor
 * @all: the CPU, a thread for each processor
 * @opencl: the first usable OpenCL device, or NULL
 * @opencl_missing: why not
 * @peers: as they come; OpenBLAS finds out itself what the processor is
 * @told: OpenBLAS told what the processor is
 * @gallery: what is searched
 * @planes: the same rows
 */
struct bench {
	struct bench_report report;
	uint32_t large;
	uint32_t small;
	uint32_t largest;
	const struct match_kernels *kernels;
	struct limen_backend *one;
	struct limen_backend *two;
	struct limen_backend *all;
	struct limen_backend *opencl;
	const char *opencl_missing;
	struct bench_peers peers;
	struct bench_peers told;
	struct bench_gallery gallery;
	struct bench_planes planes;
};

static void tell(const char *what)
{
	fprintf(stderr, "limen: %s\n", what);
}

static void remember(struct bench *bench, const struct bench_times *times)
{
	struct bench_report *report = &bench->report;

	if (report->times_count < BENCH_TIMES_MAX)
		report->times[report->times_count++] = *times;
}

static struct bench_row *new_row(struct bench *bench, const char *work,
				 const char *against, double target)
{
	struct bench_report *report = &bench->report;
	struct bench_row *row = &report->rows[report->rows_count++];

	snprintf(row->work, sizeof(row->work), "%s", work);
	snprintf(row->against, sizeof(row->against), "%s", against);
	row->unit = "x";
	row->target = target;
	return row;
}

static int ascending(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void settle_row(struct bench_row *row, double *values,
		       unsigned int count)
{
	qsort(values, count, sizeof(*values), ascending);
	row->value = values[count / 2];
	row->least = values[0];
	row->most = values[count - 1];
}

static bool is_missing(struct bench_row *row, const struct bench_times *times)
{
	if (!times->missing[0] && times->count)
		return false;
	snprintf(row->missing, sizeof(row->missing), "%.90s: %.280s",
		 times->name, times->missing);
	return true;
}

/* How many times as fast; share: how much of their work is ours. */
static struct bench_row *compare_speeds(struct bench *bench, const char *work,
					const char *against, double target,
					const struct bench_times *ours,
					const struct bench_times *theirs, double share)
{
	struct bench_row *row = new_row(bench, work, against, target);
	double values[BENCH_ROUNDS];
	unsigned int i;

	if (is_missing(row, ours) || is_missing(row, theirs))
		return row;
	if (theirs->inexact)
		snprintf(row->against, sizeof(row->against), "%s, inexact", against);
	for (i = 0; i < ours->count && i < theirs->count; i++)
		values[i] = share * theirs->elapsed[i] / ours->elapsed[i];
	settle_row(row, values, i);
	return row;
}

static void tell_ns(struct bench *bench, const char *work, double target,
		    const struct bench_times *times)
{
	struct bench_row *row = new_row(bench, work, "", target);
	double values[BENCH_ROUNDS];
	unsigned int i;

	row->unit = "ns";
	row->at_most = true;
	if (is_missing(row, times))
		return;
	for (i = 0; i < times->count; i++)
		values[i] = times->elapsed[i] / (times->work * 1e6);
	settle_row(row, values, i);
}

/* A gallery's memory, in a process that has nothing else. */
struct footprint {
	int64_t before; /* kilobytes */
	int64_t half; /* with half of the rows, after a search */
	int64_t whole;
};

static int64_t memory_with(struct bench *bench, uint32_t rows)
{
	struct bench_subject search = {};
	int64_t elapsed;

	if (bench_gallery_fill(&bench->gallery, rows, INT64_MAX))
		_exit(FAILED);
	bench_subject_search(&search, "", bench->one, &bench->gallery, 1);
	if (search.run(&search, &elapsed))
		_exit(FAILED);
	return bench_memory_field("VmHWM");
}

static void measure_footprint(struct bench *bench, uint32_t rows, int to)
{
	struct footprint footprint;

	footprint.before = bench_memory_field("VmRSS");
	footprint.half = memory_with(bench, rows / 2);
	footprint.whole = memory_with(bench, rows);
	_exit(write(to, &footprint, sizeof(footprint)) == sizeof(footprint) ?
	      DONE : FAILED);
}

static int footprint_of(struct bench *bench, uint32_t rows,
			struct footprint *footprint)
{
	bool whole;
	pid_t pid;
	int to[2];

	if (pipe2(to, O_CLOEXEC))
		return fail("no pipe: %s", strerror(errno));
	pid = fork();
	if (!pid)
		measure_footprint(bench, rows, to[1]);
	close(to[1]);
	whole = pid > 0 && read(to[0], footprint, sizeof(*footprint)) ==
				   sizeof(*footprint);
	close(to[0]);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	return whole ? DONE : fail("a gallery's memory cannot be measured");
}

/*
 * What does not grow with the rows is the constant: both are known from two
 * galleries of whole blocks.
 */
static int measure_memory(struct bench *bench)
{
	const uint32_t rows = bench->large - bench->large % (2 * BLOCK_ROWS);
	const double plain = (double)rows * BENCH_DIM / 1024;
	struct bench_row *row;
	struct footprint is = {};
	double more;
	char work[100];

	tell("memory of a gallery");
	snprintf(work, sizeof(work), "memory beside the rows, N=%u",
		 rows ?: bench->large);
	row = new_row(bench, work, "and a constant", 2);
	row->unit = "%";
	row->at_most = true;
	if (!rows) {
		snprintf(row->missing, sizeof(row->missing),
			 "fewer rows than two blocks");
		return DONE;
	}
	if (footprint_of(bench, rows, &is))
		return FAILED;
	more = 2 * (is.whole - is.half) - plain;
	row->value = row->least = row->most = 100 * more / plain;
	snprintf(row->against, sizeof(row->against), "and a constant of %.1f MB",
		 (is.whole - is.before - plain - more) / 1024);
	return DONE;
}

/* What Debian's OpenBLAS calls a core with these instructions. */
static const char *openblas_core(void)
{
#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx512vl") &&
	    __builtin_cpu_supports("avx512dq"))
		return "SkylakeX";
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
		return "Haswell";
#endif
	return NULL;
}

/* Q probes at once, and OpenCL, with the small gallery. */
static int measure_small(struct bench *bench)
{
	struct bench_subject batch = {}, blas = {}, told = {}, dnn = {};
	struct bench_subject numkong = {}, opencl = {}, native = {};
	struct bench_subject *const all[] = {
		&batch, &blas, &told, &dnn, &numkong, &opencl, &native, NULL,
	};
	const uint32_t rows = bench->small;
	char work[100];
	unsigned int i;

	if (bench_gallery_fill(&bench->gallery, rows, INT64_MAX))
		return FAILED;
	bench_subject_search(&batch, "Limen, Q=64", bench->one,
			     &bench->gallery, SMALL_PROBES);
	bench_subject_peer(&blas, "OpenBLAS sgemm, Q=64", &bench->peers,
			   "openblas", rows, SMALL_PROBES);
	bench_subject_peer(&told, "OpenBLAS sgemm, Q=64, told the core",
			   &bench->told, "openblas", rows, SMALL_PROBES);
	bench_subject_peer(&dnn, "oneDNN int8, Q=64", &bench->peers, "onednn",
			   rows, SMALL_PROBES);
	bench_subject_peer(&numkong, "NumKong int8, Q=64", &bench->peers, "numkong",
			   rows, SMALL_PROBES);
	bench_subject_search(&opencl, "Limen, OpenCL, Q=1", bench->opencl,
			     &bench->gallery, 1);
	snprintf(opencl.times.missing, sizeof(opencl.times.missing), "%s",
		 bench->opencl ? "" : bench->opencl_missing);
	bench_subject_search(&native, "Limen, all processors, Q=1", bench->all,
			     &bench->gallery, 1);
	tell("rounds with the small gallery");
	bench_rounds(all, BENCH_ROUNDS);
	for (i = 0; all[i]; i++)
		remember(bench, &all[i]->times);
	snprintf(work, sizeof(work), "Q=64, N=%u, top-10", rows);
	compare_speeds(bench, work, "OpenBLAS sgemm alone, as it comes", 20,
		       &batch.times, &blas.times, 1);
	compare_speeds(bench, work, "OpenBLAS sgemm alone, told the core", 20,
		       &batch.times, &told.times, 1);
	compare_speeds(bench, work, "oneDNN int8 + top-10", 3, &batch.times,
		       &dnn.times, 1);
	compare_speeds(bench, work, "NumKong int8 + top-10", 2.2, &batch.times,
		       &numkong.times, 1);
	snprintf(work, sizeof(work), "OpenCL, Q=1, N=%u, top-10", rows);
	compare_speeds(bench, work, "native, same processors", 0.7, &opencl.times,
		       &native.times, 1);
	bench_peers_drop(&bench->peers, "openblas");
	bench_peers_drop(&bench->peers, "onednn");
	bench_peers_drop(&bench->peers, "numkong");
	bench_peers_stop(&bench->told);
	bench_gallery_free(&bench->gallery);
	return DONE;
}

/* Every reader with 1, 2, 4 and 8 streams, prefetching or not. */
static unsigned int all_readers(struct bench *bench,
				struct bench_subject readers[READERS_MAX])
{
	const struct bench_reader *reader;
	unsigned int count = 0, i;

	for (reader = bench_readers; reader->name; reader++)
		for (i = 0; i < 8 && reader->usable(); i++)
			bench_subject_read(&readers[count++], reader, 1 << i / 2,
					   i % 2 * AHEAD, &bench->planes);
	return count;
}

static int faster_first(const void *a, const void *b)
{
	double x = bench_rate(&((const struct bench_subject *)a)->times);
	double y = bench_rate(&((const struct bench_subject *)b)->times);

	return x > y ? -1 : x < y;
}

/* Leaves the fastest ones in front, their times forgotten. */
static void choose_readers(struct bench *bench,
			   struct bench_subject readers[READERS_MAX])
{
	struct bench_subject *all[READERS_MAX + 1] = {};
	unsigned int count = all_readers(bench, readers), i;

	tell("reading");
	for (i = 0; i < count; i++)
		all[i] = &readers[i];
	bench_rounds(all, READERS_ROUNDS);
	qsort(readers, count, sizeof(*readers), faster_first);
	for (i = 0; i < READERS_KEPT; i++)
		readers[i].times.count = 0;
}

/* One probe, and the large gallery. */
struct singles {
	struct bench_subject readers[READERS_MAX];
	struct bench_subject halves;
	struct bench_subject scan;
	struct bench_subject search;
	struct bench_subject two;
	struct bench_subject flat;
	struct bench_subject int8;
	struct bench_subject numkong;
};

static void tell_singles(struct bench *bench, struct singles *s)
{
	const struct bench_times *reading, *search = &s->search.times;
	char whole[100], exact[100];

	qsort(s->readers, READERS_KEPT, sizeof(*s->readers), faster_first);
	reading = &s->readers[0].times;
	snprintf(whole, sizeof(whole), "Q=1, N=%u, top-10, whole rows read",
		 bench->large);
	snprintf(exact, sizeof(exact), "Q=1, N=%u, top-10", bench->large);
	compare_speeds(bench, whole, "reading whole rows", 0.97, &s->scan.times,
		       reading, 1);
	compare_speeds(bench, exact, "reading whole rows", 1.8, search, reading, 1);
	compare_speeds(bench, exact, "FAISS IndexFlatIP", 12, search, &s->flat.times,
		       1);
	compare_speeds(bench, exact, "FAISS, its fastest int8 index", 4, search,
		       &s->int8.times, 1);
	compare_speeds(bench, exact, "NumKong int8 + top-10", 2, search,
		       &s->numkong.times, 1);
	compare_speeds(bench, "Q=1, two threads", "one thread", 1.9, &s->two.times,
		       search, 1);
	compare_speeds(bench, "reading, two threads", "one thread", 0,
		       &s->halves.times, reading, 1);
	bench->report.reading_ns = 1e9 * BENCH_DIM / 1e9 / bench_rate(reading);
	remember(bench, reading);
	remember(bench, &s->halves.times);
	remember(bench, &s->scan.times);
	remember(bench, search);
	remember(bench, &s->two.times);
	remember(bench, &s->flat.times);
	remember(bench, &s->int8.times);
	remember(bench, &s->numkong.times);
}

static void look_at_memory(struct bench *bench)
{
	struct bench_machine *machine = &bench->report.machine;
	int64_t resident;
	uint64_t huge;

	machine->own_huge = bench_huge_share();
	machine->peers_huge = -1;
	if (!bench_peers_memory(&bench->peers, &resident, &huge) && resident)
		machine->peers_huge = (double)huge / resident;
}

static void measure_singles(struct bench *bench)
{
	static struct singles s;
	struct bench_subject *all[READERS_KEPT + 8] = {
		&s.halves, &s.scan, &s.search, &s.two, &s.flat, &s.int8, &s.numkong,
	};
	unsigned int i;

	choose_readers(bench, s.readers);
	for (i = 0; i < READERS_KEPT; i++)
		all[7 + i] = &s.readers[i];
	bench_subject_read_halves(&s.halves, &s.readers[0]);
	bench_subject_scan(&s.scan, bench->kernels, &bench->planes,
			   &bench->gallery);
	bench_subject_search(&s.search, "Limen, Q=1", bench->one,
			     &bench->gallery, 1);
	bench_subject_search(&s.two, "Limen, Q=1, two threads", bench->two,
			     &bench->gallery, 1);
	if (!bench->two) {
		strcpy(s.two.times.missing, "there is one processor");
		strcpy(s.halves.times.missing, "there is one processor");
	}
	bench_subject_peer(&s.flat, "FAISS IndexFlatIP, Q=1", &bench->peers,
			   "faiss-flat", bench->large, 1);
	bench_subject_peer(&s.int8, "FAISS int8, Q=1", &bench->peers,
			   "faiss-int8", bench->large, 1);
	bench_subject_peer(&s.numkong, "NumKong int8, Q=1", &bench->peers, "numkong",
			   bench->large, 1);
	look_at_memory(bench);
	tell("rounds with the large gallery");
	bench_rounds(all, BENCH_ROUNDS);
	tell_singles(bench, &s);
}

/* Many probes, and the large gallery, against multiplication alone. */
struct many {
	struct bench_subject search;
	struct bench_subject peaks[BENCH_PEAKS];
	struct bench_subject two; /* the first usable peak, by two threads */
};

static void tell_many(struct bench *bench, struct many *m, unsigned int best)
{
	double operations = 2.0 * LARGE_PROBES * bench->large * BENCH_DIM / 1e9;
	const struct bench_times *peak;
	char work[100];
	unsigned int i;

	remember(bench, &m->search.times);
	snprintf(work, sizeof(work), "Q=256, N=%u, top-10", bench->large);
	for (i = 0; i < BENCH_PEAKS; i++) {
		peak = &m->peaks[i].times;
		remember(bench, peak);
		/* The best that there is is what is to be reached. */
		compare_speeds(bench, work, peak->name, i <= best ? 0.6 : 0,
			       &m->search.times, peak, operations / peak->work);
	}
	remember(bench, &m->two.times);
	compare_speeds(bench, "multiplying, two threads", "one thread", 0,
		       &m->two.times, &m->peaks[best].times, 2);
}

static void measure_many(struct bench *bench)
{
	static struct many m;
	struct bench_subject *all[BENCH_PEAKS + 3] = { &m.search, &m.two };
	unsigned int i, best = BENCH_PEAKS - 1;

	bench_subject_search(&m.search, "Limen, Q=256", bench->one,
			     &bench->gallery, LARGE_PROBES);
	for (i = BENCH_PEAKS; i-- > 0;) {
		bench_subject_peak(&m.peaks[i], &bench_peaks[i], 1);
		all[i + 2] = &m.peaks[i];
		if (!m.peaks[i].times.missing[0])
			best = i;
	}
	bench_subject_peak(&m.two, &bench_peaks[best], 2);
	if (!bench->two)
		strcpy(m.two.times.missing, "there is one processor");
	tell("rounds of many probes");
	bench_rounds(all, BENCH_ROUNDS);
	tell_many(bench, &m, best);
}

/* Their memory is as large as ours. */
static void drop_searches(struct bench *bench)
{
	bench_peers_drop(&bench->peers, "faiss-flat");
	bench_peers_drop(&bench->peers, "faiss-int8");
	bench_peers_drop(&bench->peers, "numkong");
}

static int measure_large(struct bench *bench)
{
	tell("filling the large gallery");
	if (bench_gallery_fill(&bench->gallery, bench->large, INT64_MAX) ||
	    bench_planes_fill(&bench->planes, bench->large))
		return FAILED;
	measure_singles(bench);
	drop_searches(bench);
	bench_planes_free(&bench->planes);
	measure_many(bench);
	bench_gallery_free(&bench->gallery);
	return DONE;
}

static void measure_pairs(struct bench *bench)
{
	struct bench_subject independent = {}, dependent = {}, published = {};
	struct bench_subject pairs = {}, chain = {};
	struct bench_subject *const all[] = {
		&independent, &dependent, &published, &pairs, &chain, NULL,
	};
	unsigned int i;

	bench_subject_dot(&independent, BENCH_INDEPENDENT, bench->kernels);
	bench_subject_dot(&dependent, BENCH_DEPENDENT, bench->kernels);
	bench_subject_compare(&published, bench->one);
	bench_subject_peer(&pairs, "NumKong dot, independent", &bench->peers,
			   "numkong-pairs", BENCH_PAIRS, 1);
	bench_subject_peer(&chain, "NumKong dot, each waiting for the last",
			   &bench->peers, "numkong-chain", BENCH_PAIRS, 1);
	tell("pairs");
	bench_rounds(all, BENCH_ROUNDS);
	for (i = 0; all[i]; i++)
		remember(bench, &all[i]->times);
	tell_ns(bench, "1:1, hot, 512-d, raw score, throughput", 6,
		&independent.times);
	tell_ns(bench, "1:1, hot, 512-d, raw score, dependent", 18,
		&dependent.times);
	compare_speeds(bench, "1:1, hot, 512-d, raw score, throughput", "NumKong dot",
		       1 / 0.85, &independent.times, &pairs.times, 1);
	compare_speeds(bench, "1:1, hot, 512-d, raw score, dependent", "NumKong dot",
		       1 / 0.85, &dependent.times, &chain.times, 1);
	tell_ns(bench, "1:1, hot, 512-d, published score, batches", 0,
		&published.times);
}

static int64_t median_of(struct bench_subject *search)
{
	struct bench_subject *const all[] = { search, NULL };

	bench_rounds(all, POINT_RUNS);
	return search->times.count ?
	       bench_percentile(search->times.elapsed, search->times.count,
				50) : -1;
}

/*
 * The exponent of the power of N that fits best: 1 is linear. Small galleries lie
 * in a cache.
 */
static double exponent(const struct bench_report *report)
{
	double n = report->points_count, x = 0, y = 0, xx = 0, xy = 0;
	unsigned int i;

	for (i = 0; i < report->points_count; i++) {
		double rows = log(report->points[i].rows);
		double time = log(report->points[i].elapsed);

		x += rows;
		y += time;
		xx += rows * rows;
		xy += rows * time;
	}
	return (n * xy - x * y) / (n * xx - x * x);
}

static void tell_growth(struct bench *bench)
{
	const struct bench_report *report = &bench->report;
	struct bench_row *row;
	char work[100];

	if (report->points_count < 2)
		return;
	snprintf(work, sizeof(work), "time of a search, N=%u to %u",
		 report->points[0].rows,
		 report->points[report->points_count - 1].rows);
	row = new_row(bench, work, "N to the power of", 0);
	row->unit = "";
	row->value = row->least = row->most = exponent(report);
}

/* 1, 3, 10, 30, ... times the smallest, and the largest. */
static int measure_growth(struct bench *bench)
{
	struct bench_report *report = &bench->report;
	uint32_t rows = SMALLEST < bench->largest ? SMALLEST : bench->largest;
	int64_t until = now_ns() + GROWTH_NS;
	bool three = true, last;

	tell("galleries of every size");
	do {
		struct bench_subject search = {};
		struct bench_point *point;

		if (bench_gallery_fill(&bench->gallery, rows, until))
			return FAILED;
		last = rows == bench->largest || bench->gallery.rows < rows;
		bench_subject_search(&search, "", bench->one, &bench->gallery,
				     1);
		point = &report->points[report->points_count++];
		point->rows = bench->gallery.rows;
		point->elapsed = median_of(&search);
		if (point->elapsed < 0)
			return fail("N=%u: %s", rows, search.times.missing);
		rows = three ? 3 * rows : rows / 3 * 10;
		three = !three;
		if (rows > bench->largest)
			rows = bench->largest;
	} while (!last);
	bench_gallery_free(&bench->gallery);
	tell_growth(bench);
	return DONE;
}

static int measure_engine(struct bench *bench)
{
	int result = measure_memory(bench) ?: measure_small(bench) ?:
		     measure_large(bench);

	if (result)
		return result;
	measure_pairs(bench);
	bench_peers_stop(&bench->peers);
	return measure_growth(bench);
}

static int open_cpu(struct limen_backend **backend, unsigned int threads)
{
	int error;

	error = limen_backend_open(backend, LIMEN_BACKEND_CPU, NULL);
	if (!error && threads > 1)
		error = limen_backend_threads(*backend, threads);
	return error ? fail("cpu backend: %s", limen_strerror(error)) : DONE;
}

static int open_backends(struct bench *bench)
{
	unsigned int processors = bench->report.machine.processors;
	int error;

	bench->kernels = match_kernels_find(NULL);
	if (open_cpu(&bench->one, 1) || open_cpu(&bench->all, processors) ||
	    (processors > 1 && open_cpu(&bench->two, 2)))
		return FAILED;
	error = limen_backend_open(&bench->opencl, LIMEN_BACKEND_OPENCL, NULL);
	if (error) {
		bench->opencl = NULL;
		bench->opencl_missing = limen_strerror(error);
	}
	snprintf(bench->report.backend, sizeof(bench->report.backend), "%s",
		 limen_backend_description(bench->one));
	return DONE;
}

static void close_backend(struct limen_backend *backend)
{
	if (backend)
		limen_backend_close(backend);
}

static void close_all(struct bench *bench)
{
	bench_peers_stop(&bench->peers);
	bench_peers_stop(&bench->told);
	bench_planes_free(&bench->planes);
	if (bench->gallery.gallery)
		bench_gallery_free(&bench->gallery);
	close_backend(bench->one);
	close_backend(bench->two);
	close_backend(bench->all);
	close_backend(bench->opencl);
}

/* Without them, their rows say why. */
static void start_peers(struct bench *bench)
{
	const char *core = openblas_core();

	bench_peers_start(&bench->peers, NULL);
	if (core)
		bench_peers_start(&bench->told, core);
	else
		strcpy(bench->told.reason, "it is not known which to tell");
}

static int read_rows(const struct settings *settings, struct bench *bench)
{
	double available = bench_memory_available();
	unsigned long rows = LARGE;
	char *end = "";

	bench->largest = BENCH_ROWS_MAX;
	if (available * MEMORY_SHARE < (double)bench->largest *
				       (BENCH_DIM + ROW_EXTRA))
		bench->largest = available * MEMORY_SHARE /
				 (BENCH_DIM + ROW_EXTRA);
	if (settings->rows) {
		rows = strtoul(settings->rows, &end, 10);
		if (*end || rows < LARGE_MIN || rows > BENCH_ROWS_MAX)
			return misused("--rows: a number from %u to %u",
				       LARGE_MIN, BENCH_ROWS_MAX);
		bench->largest = rows;
	}
	/* Two threads may read in as many as 8 streams of 256 bytes each. */
	bench->large = rows & ~7u;
	bench->small = bench->large / 10;
	return DONE;
}

static int present(struct bench *bench, const struct settings *settings)
{
	struct json_object *json = bench_report_json(&bench->report);
	int result = DONE;

	if (settings->output)
		result = bench_write_json(settings->output, json);
	if (settings->json) {
		print_json(json);
	} else {
		json_object_put(json);
		bench_report_print(&bench->report);
	}
	if (settings->plot && bench_report_plot(&bench->report, settings->plot))
		result = FAILED;
	return result;
}

int bench_match(const struct settings *settings)
{
	static struct bench bench;
	int result;

	result = read_rows(settings, &bench) ?:
		 bench_can_write(settings->output, settings->plot);
	if (result)
		return result;
	bench_machine_look(&bench.report.machine);
	if (bench_data_open())
		return fail("no memory");
	result = open_backends(&bench);
	if (!result) {
		start_peers(&bench);
		result = measure_engine(&bench);
	}
	close_all(&bench);
	bench_data_close();
	return result ?: present(&bench, settings);
}
