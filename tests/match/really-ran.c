// SPDX-License-Identifier: MIT
/*
 * Each instruction set really runs when it is asked for: a search is done one
 * instruction at a time by a child, and its parent counts the multiplications among
 * them by what they are. A search that another set served silently would show
 * none of its own kind, or some of the other's. x86-64 only. Prints TAP.
 */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <limen.h>

#include "batch.h"
#include "emulators.h"
#include "tap.h"

#define DIM 64
/*
 * Instructions that are watched are slow: a small search that finds nothing, for as
 * many probes as are just searched for together.
 */
#define ROWS 17
#define PROBES 4
#define TIMEOUT_MS 60000

/* Multiplications of bytes or of 16-bit integers that add up. */
enum kind {
	KIND_OTHER,
	KIND_YMM, /* vpmaddubsw and vpmaddwd on 256 bits */
	KIND_VNNI, /* vpdpbusd on 256 bits */
	KIND_ZMM, /* vpdpbusd on 512 bits, or the former two */
	KIND_TILE, /* tdpbusd and the like */
	KINDS
};

static const char *const kind_names[KINDS] = {
	[KIND_YMM] = "256-bit multiplications",
	[KIND_VNNI] = "256-bit dot products",
	[KIND_ZMM] = "512-bit multiplications",
	[KIND_TILE] = "products of tiles",
};

/**
 * struct set - an instruction set, and how to tell
 * @name: its name
 * @one: multiplications that a search for one probe is made of
 * @many: likewise for many
 */
static const struct set {
	const char *name;
	enum kind one;
	enum kind many;
} sets[] = {
	{ "amx-int8", KIND_ZMM, KIND_TILE },
	{ "avx512-vnni", KIND_ZMM, KIND_ZMM },
	{ "avx-vnni-int8", KIND_VNNI, KIND_VNNI },
	{ "avx-vnni", KIND_VNNI, KIND_VNNI },
	{ "avx2", KIND_YMM, KIND_YMM },
	{ "plain", KIND_OTHER, KIND_OTHER },
};

/* Opcode maps and mandatory prefixes, as VEX and EVEX number them. */
enum { MAP_0F = 1, MAP_0F38 = 2 };
enum { PREFIX_66 = 1 };

static bool multiplies(unsigned int map, unsigned int prefix, uint8_t opcode)
{
	if (prefix != PREFIX_66)
		return false;
	return (map == MAP_0F && opcode == 0xf5) || /* vpmaddwd */
	       (map == MAP_0F38 && (opcode == 0x04 || /* vpmaddubsw */
				    opcode == 0x50 || /* vpdpbusd */
				    opcode == 0x52)); /* vpdpwssd */
}

/* After its prefixes for segments and addresses. */
static enum kind kind_of_rest(const uint8_t *code)
{
	if (code[0] == 0x62) { /* EVEX */
		bool is_512 = (code[3] >> 5 & 3) == 2;

		return is_512 && multiplies(code[1] & 7, code[2] & 3, code[4]) ?
			       KIND_ZMM : KIND_OTHER;
	}
	if (code[0] == 0xc5) /* VEX of two bytes */
		return code[1] & 4 &&
		       multiplies(MAP_0F, code[1] & 3, code[2]) ?
			       KIND_YMM : KIND_OTHER;
	if (code[0] != 0xc4) /* VEX of three bytes */
		return KIND_OTHER;
	if ((code[1] & 0x1f) == MAP_0F38 && !(code[2] & 0x84) &&
	    code[3] == 0x5e)
		return KIND_TILE;
	if (!(code[2] & 4) ||
	    !multiplies(code[1] & 0x1f, code[2] & 3, code[3]))
		return KIND_OTHER;
	return code[3] == 0x50 || code[3] == 0x52 ? KIND_VNNI : KIND_YMM;
}

static enum kind kind_of(const uint8_t code[8])
{
	unsigned int i = 0;

	/* More than two would leave too little of eight bytes, and never occur. */
	while (i < 2 && code[i] && strchr("\x2e\x36\x3e\x26\x64\x65\x67",
					  code[i]))
		i++;
	return kind_of_rest(code + i);
}

/**
 * struct counts - what a child executed
 * @kinds: multiplications of each kind
 * @steps: instructions in all
 * @problem: why it could not be watched, or NULL
 */
struct counts {
	uint64_t kinds[KINDS];
	uint64_t steps;
	const char *problem;
};

/* Lets the child go on until it stops; the signal, or 0 if it is no more. */
static int go_on(pid_t child, enum __ptrace_request how, int number)
{
	int status;

	if (ptrace(how, child, 0, number) ||
	    waitpid(child, &status, 0) != child || !WIFSTOPPED(status))
		return 0;
	return WSTOPSIG(status);
}

/*
 * Where an instruction raises SIGILL the emulator executes it, at full speed: from
 * there to the system call that ends a handler, and out of that.
 */
static int step_emulated(pid_t child)
{
	int number = go_on(child, PTRACE_SYSCALL, SIGILL);

	return number == SIGTRAP ? go_on(child, PTRACE_SYSCALL, 0) : number;
}

/* How long a repeated string instruction is; 0 for others. */
static unsigned int length_of_repeated(const uint8_t code[8])
{
	unsigned int rex = (code[1] & 0xf0) == 0x40;
	uint8_t opcode = code[1 + rex];

	if (code[0] != 0xf3 || (opcode & 0xfe) == 0xa6 ||
	    opcode < 0xa4 || opcode > 0xab || (opcode & 0xfe) == 0xa8)
		return 0;
	return 2 + rex;
}

/* One turn after the other, these would take most of the time. */
static int step_repeated(pid_t child, long rip, unsigned int length)
{
	long after = rip + length;
	long code = ptrace(PTRACE_PEEKTEXT, child, after, 0);
	int number;

	ptrace(PTRACE_POKETEXT, child, after, (code & ~0xffl) | 0xcc /* int3 */);
	number = go_on(child, PTRACE_CONT, 0);
	ptrace(PTRACE_POKETEXT, child, after, code);
	ptrace(PTRACE_POKEUSER, child, offsetof(struct user, regs.rip), after);
	return number;
}

/* Executes one instruction. */
static int step(pid_t child, long rip, const uint8_t code[8])
{
	unsigned int repeated = length_of_repeated(code);
	int number;

	if (repeated)
		return step_repeated(child, rip, repeated);
	number = go_on(child, PTRACE_SINGLESTEP, 0);
	return number == SIGILL ? step_emulated(child) : number;
}

/* Looks at what the child executes next, until it stops itself again. */
static void watch(pid_t child, struct counts *counts)
{
	int number;

	do {
		long rip = ptrace(PTRACE_PEEKUSER, child,
				  offsetof(struct user, regs.rip), 0);
		uint64_t code;

		errno = 0;
		code = ptrace(PTRACE_PEEKTEXT, child, rip, 0);
		if (errno) {
			counts->problem = "its code cannot be read";
			return;
		}
		counts->kinds[kind_of((const uint8_t *)&code)]++;
		counts->steps++;
		number = step(child, rip, (const uint8_t *)&code);
	} while (number == SIGTRAP);
	if (number != SIGSTOP)
		counts->problem = "it did not reach the end";
}

/* Runs search() in a child between two stops, and watches it from the first on. */
static struct counts count(void (*search)(const struct set *set, bool many),
			   const struct set *set, bool many)
{
	struct counts counts = {};
	pid_t child = fork();
	int status;

	if (!child) {
		if (ptrace(PTRACE_TRACEME, 0, 0, 0))
			_exit(1);
		search(set, many);
		_exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		counts.problem = "there is no child";
	else if (WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP)
		watch(child, &counts);
	else
		counts.problem = "it did not begin";
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	return counts;
}

static void offer(struct match_search *search, uint32_t row,
		  struct limen_score score)
{
	(void)search;
	(void)row;
	(void)score;
}

/* By the kernels themselves. */
static void search_kernels(const struct set *set, bool many)
{
	const struct match_kernels *kernels = match_kernels_find(set->name);
	static struct match_probe probes[PROBES];
	struct match_search searches[PROBES], *all[PROBES];
	struct dice dice = { 1 };
	struct batch batch;
	int8_t vector[DIM];
	unsigned int i;

	for (i = 0; i < PROBES; i++) {
		roll_probe(&dice, vector, DIM);
		match_probe_set(&probes[i], vector, DIM);
		searches[i] = (struct match_search){ .probe = &probes[i],
						     .bound = INFINITY,
						     .offer = offer };
		all[i] = &searches[i];
	}
	batch_roll(&batch, &dice, vector, DIM, ROWS);
	raise(SIGSTOP);
	if (!many)
		kernels->scan(&batch.rows, searches);
	else if (kernels->scan_many)
		kernels->scan_many(&batch.rows, all, PROBES);
	else
		for (i = 0; i < PROBES; i++)
			kernels->scan(&batch.rows, all[i]);
	raise(SIGSTOP);
}

static void roll_template(struct dice *dice, struct limen_template *tmpl)
{
	unsigned int i;

	memset(tmpl, 0, sizeof(*tmpl));
	tmpl->dim = DIM;
	for (i = 0; i < DIM; i++)
		tmpl->vector[i] = 1 + roll_below(dice, 127);
}

/* As any program would: by the library. */
static void search_library(const struct set *set, bool many)
{
	static struct limen_template probes[PROBES], row;
	const struct limen_template *all[PROBES];
	struct limen_row rows[PROBES];
	struct dice dice = { 1 };
	struct limen_backend *backend;
	struct limen_gallery *gallery;
	uint32_t counts[PROBES];
	unsigned int i;

	if (limen_backend_open(&backend, LIMEN_BACKEND_CPU, set->name))
		return;
	roll_template(&dice, &row);
	if (limen_gallery_create(&gallery, row.model, DIM))
		return;
	for (i = 0; i < ROWS; i++) {
		roll_template(&dice, &row);
		if (limen_gallery_add(gallery, &row) < 0)
			return;
	}
	for (i = 0; i < PROBES; i++) {
		roll_template(&dice, &probes[i]);
		all[i] = &probes[i];
	}
	raise(SIGSTOP);
	if (limen_search_batch(backend, all, many ? PROBES : 1, gallery, 1,
			       LIMEN_SIMILARITY_ONE, rows, counts, TIMEOUT_MS))
		return;
	raise(SIGSTOP);
}

static void check(const char *how, const struct set *set, bool many,
		  const struct counts *counts)
{
	enum kind wanted = many ? set->many : set->one, kind;
	const char *what = many ? "many probes" : "one probe";

	if (counts->problem)
		return tap_result(false, "%s, %s, %s: %s", set->name, how, what,
				  counts->problem);
	printf("# %s, %s, %s: %lu instructions", set->name, how, what,
	       counts->steps);
	for (kind = KIND_YMM; kind < KINDS; kind++)
		printf(", %lu %s", counts->kinds[kind], kind_names[kind]);
	printf("\n");
	for (kind = KIND_YMM; kind < KINDS; kind++)
		if (!counts->kinds[kind] != (kind != wanted))
			break;
	tap_result(kind == KINDS, "%s, %s, %s", set->name, how, what);
}

static void check_set(const struct set *set)
{
	const struct match_kernels *kernels = match_kernels_find(set->name);
	const char *reason = kernels ? kernels->unusable() : "not built";
	bool emulated = reason && kernels && emulators_start(kernels);
	struct counts counts;
	int many;

	if (reason && !emulated)
		return tap_result(true, "%s # SKIP %s", set->name, reason);
	for (many = 0; many < 2; many++) {
		counts = count(search_kernels, set, many);
		check("kernels", set, many, &counts);
		if (emulated)
			continue;
		counts = count(search_library, set, many);
		check("library", set, many, &counts);
	}
}

int main(void)
{
	unsigned int i;

	for (i = 0; i < sizeof(sets) / sizeof(*sets); i++)
		check_set(&sets[i]);
	return tap_end();
}
