/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fuzzer's parts: programs of calls, what they cover, and who runs them.
 */
#ifndef LIMEN_SELFTEST_FUZZ_H
#define LIMEN_SELFTEST_FUZZ_H

#include <stdbool.h>
#include <linux/types.h>

/*
 * Calls of a program, at most, and numbers that decide about one. Opening and
 * closing a file costs as much as a dozen calls.
 */
#define FUZZ_CALLS	64
#define FUZZ_CHOICES	48

/* Files that a program's calls go to: its own, and one that all share. */
#define FUZZ_FILES	2

/* Kinds of calls, and of errors, that are counted. */
#define FUZZ_OPS	20
#define FUZZ_ERRORS	134

/**
 * struct fuzz_call - a call, as numbers that mean something in every state
 * @op: which kind
 * @file: which file
 * @nth: which of its allocations fails, or 0 for none
 * @used: how many of @choices mattered when it was made last
 * @repeats: how many times more it is made, unless it fails
 * @choices: what its arguments are made of
 */
struct fuzz_call {
	__u8 op;
	__u8 file;
	__u8 nth;
	__u8 used;
	__u16 repeats;
	__u32 choices[FUZZ_CHOICES];
};

/**
 * struct fuzz_program - calls, one after the other
 */
struct fuzz_program {
	unsigned int count;
	struct fuzz_call calls[FUZZ_CALLS];
};

/**
 * struct fuzz_stats - what all processes have done so far; shared memory
 * @calls: calls made
 * @until: how many are to be made by the present processes
 * @gone: the board has been unplugged under them
 * @ends: by kind, how many ended with which error, or with none
 * @covered: places in the kernel reached, if it can tell
 * @steps: likewise steps taken from one to another
 * @denied: calls of which an allocation failed
 * @kept: programs that were the first to take one
 * @strange: calls that ended with an error nobody documents
 * @strange_op: kind of the last of those
 * @strange_errno: its error
 */
struct fuzz_stats {
	unsigned long calls;
	unsigned long until;
	bool gone;
	unsigned long ends[FUZZ_OPS][FUZZ_ERRORS];
	unsigned long covered;
	unsigned long steps;
	unsigned long denied;
	unsigned long kept;
	unsigned long strange;
	unsigned int strange_op;
	int strange_errno;
};

/* fuzz_calls.c */
unsigned int fuzz_op_count(void);
unsigned int fuzz_op_pick(__u32 *random);
bool fuzz_op_meant(unsigned int op);
const char *fuzz_op_name(unsigned int op);
const int *fuzz_op_errors(unsigned int op);
int fuzz_run(struct fuzz_program *program, int shared,
	     struct fuzz_stats *stats);
void fuzz_prepare(bool denies, bool patient);

/* fuzz_program.c */
void fuzz_seed(struct fuzz_program *program, __u32 *random);
void fuzz_mutate(struct fuzz_program *program, const struct fuzz_program *other,
		 __u32 *random);

/* fuzz_cover.c */
bool fuzz_cover_init(void);
bool fuzz_cover_open(void);
void fuzz_cover_begin(void);
unsigned int fuzz_cover_end(unsigned int *fresh);

#endif /* LIMEN_SELFTEST_FUZZ_H */
