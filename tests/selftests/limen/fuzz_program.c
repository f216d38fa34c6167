// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fuzzer's programs: where they begin and how they change.
 */
#include <string.h>

#include "fuzz.h"
#include "util.h"

/* One in so many calls goes to the file that all share. */
#define SHARED		12

/* In one of so many calls an allocation fails, most often one of the first. */
#define DENIED		12
#define DENIED_LOG2	6

/* One of so many calls is repeated, up to so often: to reach limits. */
#define REPEATED	512
#define REPEATS		300

static __u8 denied(__u32 *random)
{
	__u32 of = 1u << next_random(random) % DENIED_LOG2;

	return next_random(random) % DENIED ? 0 : next_random(random) % of + 1;
}

static __u16 repeated(__u32 *random)
{
	return next_random(random) % REPEATED ?
		       0 : next_random(random) % REPEATS;
}

static void fresh_call(struct fuzz_call *call, unsigned int op, __u32 *random)
{
	unsigned int i;

	call->op = op;
	call->file = !(next_random(random) % SHARED);
	call->nth = denied(random);
	call->repeats = repeated(random);
	call->used = 0;
	for (i = 0; i < FUZZ_CHOICES; i++)
		call->choices[i] = next_random(random) << 16 ^
				   next_random(random);
}

/**
 * fuzz_seed() - a program that would do what the board is for, and then something
 * @program: is filled
 * @random: state of the random numbers
 */
void fuzz_seed(struct fuzz_program *program, __u32 *random)
{
	static const char * const usual[] = {
		"bo-create", "bo-create", "gallery-create", "queue-create",
		"queue-create", "syncobj-create", "mmap", "compare", "scan",
	};
	/* Choices that mean host and card, EXPRESS and SCAN. */
	static const __u32 second[] = { 0, 1, 0, 0, 1, 0, 0, 0, 0 };
	unsigned int i, op, tail;

	program->count = sizeof(usual) / sizeof(usual[0]);
	for (i = 0; i < program->count; i++) {
		struct fuzz_call *call = &program->calls[i];

		for (op = 0; strcmp(fuzz_op_name(op), usual[i]); op++)
			;
		fresh_call(call, op, random);
		call->file = 0;
		call->nth = 0;
		call->repeats = 0;
		/* Plausible numbers only: see value() and plausible(). */
		if (!strcmp(usual[i], "bo-create")) {
			call->choices[0] = 511 | 1 << 9;
			call->choices[1] = 511 | second[i] << 9;
		}
		if (!strcmp(usual[i], "queue-create"))
			call->choices[0] = 511 | second[i] << 9;
	}
	tail = next_random(random) % (FUZZ_CALLS - program->count + 1);
	while (tail--)
		fresh_call(&program->calls[program->count++],
			   fuzz_op_pick(random), random);
}

static void change_call(struct fuzz_call *call, __u32 *random)
{
	__u32 *choice = &call->choices[next_random(random) %
				       (call->used ?: FUZZ_CHOICES)];

	switch (next_random(random) % 6) {
	case 0:
		*choice ^= 1u << next_random(random) % 32;
		break;
	case 1:
		*choice = (*choice & ~511u) | next_random(random) % 4;
		break;
	case 2:
		*choice = next_random(random) << 16 ^ next_random(random);
		break;
	case 3:
		call->nth = denied(random);
		break;
	case 4:
		call->repeats = repeated(random);
		break;
	default:
		call->file = !call->file;
		break;
	}
}

static void insert_call(struct fuzz_program *program,
			const struct fuzz_call *call, unsigned int at)
{
	if (program->count == FUZZ_CALLS)
		program->count--;
	memmove(&program->calls[at + 1], &program->calls[at],
		(program->count - at) * sizeof(*call));
	program->calls[at] = *call;
	program->count++;
}

static void remove_call(struct fuzz_program *program, unsigned int at)
{
	if (program->count == 1)
		return;
	program->count--;
	memmove(&program->calls[at], &program->calls[at + 1],
		(program->count - at) * sizeof(program->calls[0]));
}

/**
 * fuzz_mutate() - change a program a little
 * @program: program
 * @other: another, of which calls may be taken over, or NULL
 * @random: state of the random numbers
 */
void fuzz_mutate(struct fuzz_program *program, const struct fuzz_program *other,
		 __u32 *random)
{
	unsigned int times = next_random(random) % 6 + 1;
	struct fuzz_call call;

	while (times--) {
		unsigned int at = next_random(random) % program->count;

		switch (next_random(random) % 8) {
		case 0:
		case 1:
			fresh_call(&call, fuzz_op_pick(random), random);
			insert_call(program, &call, at);
			break;
		case 2:
			if (other && other->count)
				insert_call(program,
					    &other->calls[next_random(random) %
							  other->count], at);
			break;
		case 3:
			remove_call(program, at);
			break;
		default:
			change_call(&program->calls[at], random);
			break;
		}
	}
}
