// SPDX-License-Identifier: MIT
/*
 * kernels [-s SEED] [NAME...]: hold instruction sets to the score contract, bit by
 * bit, on vectors that are random and on vectors chosen to be awkward. Without a
 * name, all sets; those that this machine cannot run are skipped. AMX and AVX-VNNI are
 * emulated if they are named and missing. Prints TAP.
 */
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#if defined(__x86_64__)
#include "emulators.h"
#endif
#include "tap.h"
#include "witness.h"

/* Rows of a search that takes a kernel through all of its loops. */
#define ROWS_FEW 70
/* What memory holds that no kernel has written to; no row has such a number. */
#define UNTOUCHED 0xa5

static const int32_t leasts[] = {
	-LIMEN_SIMILARITY_ONE, -1, 0, 1, 5000, LIMEN_SIMILARITY_ONE - 1,
	LIMEN_SIMILARITY_ONE, LIMEN_SIMILARITY_ONE + 1,
};

#define LEASTS (sizeof(leasts) / sizeof(*leasts))
/* As many again are similarities that rows of the batch have. */
#define LEASTS_ALL (LEASTS + 4)

struct trial {
	const struct match_kernels *kernels;
	struct dice dice;
	char wrong[256];
};

/* How a kernel is made to search. */
typedef void search_way(struct trial *trial, const struct batch *batch,
			struct witness *witnesses, unsigned int count);

/* What runs just now, for a kernel that touches what it must not. */
static char running[128];

static void object(struct trial *trial, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void object(struct trial *trial, const char *format, ...)
{
	va_list arguments;

	if (trial->wrong[0])
		return;
	va_start(arguments, format);
	vsnprintf(trial->wrong, sizeof(trial->wrong), format, arguments);
	va_end(arguments);
}

static void on_fault(int number)
{
	static const char text[] = " touches memory that is not its own\n";

	(void)number;
	(void)!write(STDOUT_FILENO, "not ok - ", 9);
	(void)!write(STDOUT_FILENO, running, strlen(running));
	(void)!write(STDOUT_FILENO, text, sizeof(text) - 1);
	_exit(1);
}

/* A vector that ends where memory does; not aligned unless by chance. */
static int8_t *roll_vector(struct dice *dice, uint32_t dim)
{
	int8_t *vector = guarded_alloc(dim, 1);

	roll_probe(dice, vector, dim);
	return vector;
}

static void check_pair(struct trial *trial, const int8_t *a, const int8_t *b,
		       uint32_t dim)
{
	const struct match_kernels *kernels = trial->kernels;
	struct match_products got = kernels->products(a, b, dim);
	int32_t raw = limen_score_vectors(a, b, dim).raw;
	int32_t norm2 = limen_score_vectors(a, a, dim).raw;

	if (kernels->dot(a, b, dim) != raw)
		object(trial, "dot of %u components is %d, not %d", dim,
		       kernels->dot(a, b, dim), raw);
	if (got.raw != raw || got.probe_norm2 != (uint32_t)norm2 ||
	    got.reference_norm2 !=
		    (uint32_t)limen_score_vectors(b, b, dim).raw)
		object(trial, "products of %u components are %d, %u and %u",
		       dim, got.raw, got.probe_norm2, got.reference_norm2);
}

static void pairs_at_the_end(struct trial *trial)
{
	uint32_t dim, round;

	for (dim = MATCH_UNIT; dim <= LIMEN_DIM_MAX; dim += MATCH_UNIT) {
		for (round = 0; round < 100; round++) {
			int8_t *a = roll_vector(&trial->dice, dim);
			int8_t *b = roll_vector(&trial->dice, dim);

			check_pair(trial, a, b, dim);
			guarded_free(a, dim);
			guarded_free(b, dim);
		}
	}
}

static void pairs_anywhere(struct trial *trial)
{
	int8_t *vectors = guarded_alloc(4 * LIMEN_DIM_MAX, 1);
	uint32_t dim, stride, i;

	for (dim = MATCH_UNIT; dim <= LIMEN_DIM_MAX; dim += MATCH_UNIT) {
		for (stride = dim; stride < dim + MATCH_UNIT; stride++) {
			for (i = 0; i < 2; i++)
				roll_probe(&trial->dice, vectors + i * stride,
					   dim);
			check_pair(trial, vectors, vectors + stride, dim);
			check_pair(trial, vectors + stride, vectors + stride,
				   dim);
		}
	}
	guarded_free(vectors, 4 * LIMEN_DIM_MAX);
}

static void by_scan(struct trial *trial, const struct batch *batch,
		    struct witness *witnesses, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		trial->kernels->scan(&batch->rows, &witnesses[i].search);
}

/* Behind so many candidates a kernel may write a few more, which are wiped as well. */
static void check_spill(struct trial *trial, const uint8_t *candidates,
			size_t listed, size_t room)
{
	size_t i = (listed + MATCH_SPILL) * sizeof(struct match_candidate);

	for (; i < room * sizeof(struct match_candidate); i++)
		if (candidates[i] != UNTOUCHED)
			object(trial, "byte %zu behind %zu candidates is written",
			       i, listed);
}

static void by_sieve(struct trial *trial, const struct batch *batch,
		     struct witness *witnesses, unsigned int count)
{
	size_t size = batch->rows.count * sizeof(struct match_candidate);
	struct match_candidate *candidates = guarded_alloc(size, 8);
	unsigned int i;

	for (i = 0; i < count; i++) {
		struct match_search *search = &witnesses[i].search;
		uint32_t listed;

		memset(candidates, UNTOUCHED, size);
		listed = trial->kernels->sieve(&batch->rows, search, candidates);
		check_spill(trial, (const uint8_t *)candidates, listed,
			    batch->rows.count);
		if (witness_agrees_to_list(&witnesses[i], candidates, listed))
			trial->kernels->settle(&batch->rows, candidates, listed,
					       search);
	}
	guarded_free(candidates, size);
}

static void by_scan_many(struct trial *trial, const struct batch *batch,
			 struct witness *witnesses, unsigned int count)
{
	struct match_search *searches[MATCH_PROBES_MAX];
	unsigned int i;

	for (i = 0; i < count; i++)
		searches[i] = &witnesses[i].search;
	trial->kernels->scan_many(&batch->rows, searches, count);
}

/* The number'th similarity to search from. */
static int32_t least_of(struct trial *trial, const struct witness *witness,
			unsigned int number)
{
	uint32_t rows = witness->batch->rows.count;

	if (number < LEASTS || !rows)
		return leasts[number % LEASTS];
	return witness->expected[roll_below(&trial->dice, rows)].similarity;
}

/*
 * One search for each witness, each from a similarity of its own; with rising
 * bounds, for the best rows only.
 */
static void check_searches(struct trial *trial, search_way *way, bool rising,
			   struct witness *witnesses, unsigned int count,
			   unsigned int number)
{
	const struct batch *batch = witnesses->batch;
	unsigned int i;

	for (i = 0; i < count; i++)
		witness_begin(&witnesses[i],
			      least_of(trial, &witnesses[i],
				       (number + i) % LEASTS_ALL),
			      rising ? 1 + roll_below(&trial->dice,
						      WITNESS_BEST_MAX) : 0);
	way(trial, batch, witnesses, count);
	for (i = 0; i < count; i++)
		if (!witness_agrees(&witnesses[i]))
			object(trial,
			       "%u components, %u rows, probe %u of %u, from similarity %d: %s",
			       batch->dim, batch->rows.count, i, count,
			       witnesses[i].least, witnesses[i].wrong);
}

static void check_batch(struct trial *trial, search_way *way, bool rising,
			uint32_t dim, uint32_t rows, unsigned int probes,
			unsigned int rounds)
{
	struct witness *witnesses = aligned_alloc(
		_Alignof(struct witness), probes * sizeof(*witnesses));
	int8_t *vectors = guarded_alloc((size_t)probes * dim, 1);
	struct batch batch;
	unsigned int i;

	if (!witnesses) {
		perror("witnesses");
		exit(1);
	}
	for (i = 0; i < probes; i++)
		roll_probe(&trial->dice, vectors + (size_t)i * dim, dim);
	batch_roll(&batch, &trial->dice, vectors, dim, rows);
	for (i = 0; i < probes; i++)
		witness_init(&witnesses[i], &batch, vectors + (size_t)i * dim);
	for (i = 0; i < rounds; i++)
		check_searches(trial, way, rising, witnesses, probes, i);
	for (i = 0; i < probes; i++)
		witness_free(&witnesses[i]);
	batch_free(&batch);
	guarded_free(vectors, (size_t)probes * dim);
	free(witnesses);
}

/* One probe, every dimension, every number of rows up to some. */
static void check_one_probe(struct trial *trial, search_way *way, bool rising)
{
	static const uint32_t many[] = { 127, 128, 1023, 4097 };
	uint32_t dim, rows, i;

	for (dim = MATCH_UNIT; dim <= LIMEN_DIM_MAX; dim += MATCH_UNIT) {
		for (rows = 0; rows <= ROWS_FEW; rows++)
			check_batch(trial, way, rising, dim, rows, 1,
				    LEASTS_ALL);
		for (i = 0; i < sizeof(many) / sizeof(*many); i++)
			check_batch(trial, way, rising, dim, many[i], 1,
				    LEASTS_ALL);
	}
}

static uint32_t roll_dim(struct dice *dice)
{
	return MATCH_UNIT *
	       (1 + roll_below(dice, LIMEN_DIM_MAX / MATCH_UNIT));
}

/* Every number of probes, every number of rows, every dimension with both. */
static void check_many_probes(struct trial *trial, search_way *way, bool rising)
{
	static const unsigned int few[] = { 1, 2, 3, 4, 5, 8, 17, 33 };
	uint32_t dim, rows;
	unsigned int probes;

	for (dim = MATCH_UNIT; dim <= LIMEN_DIM_MAX; dim += MATCH_UNIT)
		for (rows = 0; rows <= ROWS_FEW; rows++)
			check_batch(trial, way, rising, dim, rows,
				    few[roll_below(&trial->dice, 8)], 2);
	for (probes = 1; probes <= MATCH_PROBES_MAX; probes++)
		check_batch(trial, way, rising, roll_dim(&trial->dice),
			    roll_below(&trial->dice, ROWS_FEW), probes, 1);
	check_batch(trial, way, rising, LIMEN_DIM_MAX, 4097, 19, 1);
	check_batch(trial, way, rising, roll_dim(&trial->dice), 1023, 64, 1);
}

static void scan(struct trial *trial)
{
	check_one_probe(trial, by_scan, false);
}

static void scan_rising(struct trial *trial)
{
	check_one_probe(trial, by_scan, true);
}

static void sieve(struct trial *trial)
{
	check_one_probe(trial, by_sieve, false);
}

static void sieve_rising(struct trial *trial)
{
	check_one_probe(trial, by_sieve, true);
}

static void scan_many(struct trial *trial)
{
	check_many_probes(trial, by_scan_many, false);
}

static void scan_many_rising(struct trial *trial)
{
	check_many_probes(trial, by_scan_many, true);
}

/* A search that adds up the numbers of the rows it is offered. */
struct lone {
	struct match_search search;
	struct match_probe probe;
	uint32_t sum;
};

static void add_row(struct match_search *search, uint32_t row,
		    struct limen_score score)
{
	(void)score;
	((struct lone *)search)->sum += row;
}

#define LONE_PROBES 40

/*
 * Every row in turn is the only one that belongs, to one search; kernels that look
 * at many rows or probes at once, and closer only then, must look at each of them.
 */
static void scan_many_lone(struct trial *trial)
{
	static int8_t vectors[ROWS_FEW][MATCH_UNIT];
	static uint8_t planes[2][ROWS_FEW * MATCH_UNIT / 2 + 1]
		__attribute__((aligned(64)));
	static struct lone lones[LONE_PROBES];
	struct match_search *searches[LONE_PROBES];
	uint32_t facts[ROWS_FEW], row;
	struct match_rows rows = { planes[0], planes[1], facts, ROWS_FEW, 1,
				   NULL };
	unsigned int i;

	for (row = 0; row < ROWS_FEW; row++) {
		for (i = 0; i < MATCH_UNIT; i++)
			vectors[row][i] = roll(&trial->dice);
		facts[row] = match_split(vectors[row], MATCH_UNIT,
					 planes[0] + row * MATCH_UNIT / 2,
					 planes[1] + row * MATCH_UNIT / 2);
	}
	for (row = 0; row < ROWS_FEW; row++) {
		for (i = 0; i < LONE_PROBES; i++) {
			match_probe_set(&lones[i].probe, vectors[row],
					MATCH_UNIT);
			lones[i].search = (struct match_search){
				.probe = &lones[i].probe, .bound = INFINITY,
				.offer = add_row };
			lones[i].sum = 0;
			searches[i] = &lones[i].search;
		}
		/* The last row goes with the last probe. */
		i = LONE_PROBES - 1 - (ROWS_FEW - 1 - row) % LONE_PROBES;
		lones[i].search.bound = match_bound(&lones[i].probe,
						    LIMEN_SIMILARITY_ONE);
		trial->kernels->scan_many(&rows, searches, LONE_PROBES);
		if (lones[i].sum != row + 1)
			object(trial, "row %u is not found by probe %u", row, i);
	}
}

/* The last three of them are for sets that have a scan_many of their own. */
static const struct {
	const char *name;
	void (*run)(struct trial *trial);
} properties[] = {
	{ "pairs that end where memory does", pairs_at_the_end },
	{ "pairs at any address", pairs_anywhere },
	{ "scan, all rows from a similarity on", scan },
	{ "scan, the best rows", scan_rising },
	{ "sieve, all rows from a similarity on", sieve },
	{ "sieve, the best rows", sieve_rising },
	{ "scan_many, all rows from a similarity on", scan_many },
	{ "scan_many, the best rows", scan_many_rising },
	{ "scan_many, a row alone", scan_many_lone },
};

#define PROPERTIES (sizeof(properties) / sizeof(*properties))

static void check_kernels(const struct match_kernels *kernels, uint64_t seed)
{
	struct trial trial = { .kernels = kernels };
	unsigned int count = kernels->scan_many ? PROPERTIES : PROPERTIES - 3;
	unsigned int i;

	for (i = 0; i < count; i++) {
		trial.dice.state = seed;
		trial.wrong[0] = '\0';
		snprintf(running, sizeof(running), "%s: %s", kernels->name,
			 properties[i].name);
		properties[i].run(&trial);
		tap_result(!trial.wrong[0], "%s%s%s", running,
		       trial.wrong[0] ? ": " : "", trial.wrong);
	}
}

static void check_or_skip(const struct match_kernels *kernels, uint64_t seed)
{
	const char *reason = kernels->unusable();

	if (reason)
		tap_result(true, "%s # SKIP %s", kernels->name, reason);
	else
		check_kernels(kernels, seed);
}

static void check_named(const char *name, uint64_t seed)
{
	const struct match_kernels *kernels = match_kernels_find(name);

	if (!kernels)
		return tap_result(false, "there is no %s", name);
#if defined(__x86_64__)
	if (emulators_start(kernels))
		return check_kernels(kernels, seed);
#endif
	check_or_skip(kernels, seed);
}

static void check_usable(uint64_t seed)
{
	const struct match_kernels *const *kernels;

	for (kernels = match_kernels_all; *kernels; kernels++)
		check_or_skip(*kernels, seed);
}

int main(int argc, char **argv)
{
	uint64_t seed;
	int option;

	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		return 1;
	while ((option = getopt(argc, argv, "s:")) != -1) {
		if (option != 's')
			return 2;
		seed = strtoull(optarg, NULL, 0);
	}
	signal(SIGSEGV, on_fault);
	signal(SIGBUS, on_fault);
	printf("# seed 0x%llx\n", (unsigned long long)seed);
	if (optind == argc)
		check_usable(seed);
	for (; optind < argc; optind++)
		check_named(argv[optind], seed);
	return tap_end();
}
