/* SPDX-License-Identifier: MIT */
/*
 * The gate that is played against: a process to talk to.
 */
#ifndef PLAYER_COUNTERPART_H
#define PLAYER_COUNTERPART_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

/* Stages in the order of a transit, as the gate names them; the last is all. */
#define STAGES 7

extern const char *const stage_names[STAGES];

/**
 * struct answer - what the gate said of a transit
 * @decision: its words
 * @reason: its words
 * @backend: its words; empty if nothing was compared
 * @scored: whether there is a score
 * @similarity: published similarity, -1 to 1
 * @threshold: least similarity for a match
 * @milliseconds: each stage
 */
struct answer {
	char decision[16];
	char reason[16];
	char backend[16];
	bool scored;
	double similarity;
	double threshold;
	double milliseconds[STAGES];
};

/**
 * struct counterpart - a running gate
 * @pid: its process
 * @documents: its standard input
 * @answers: its standard output
 */
struct counterpart {
	pid_t pid;
	int documents;
	int answers;
};

/* Starts the gate; 0 or a negative errno. */
int counterpart_open(struct counterpart *gate, char *const *command);

/**
 * counterpart_transit() - hand over a document and wait for the answer
 * @gate: the gate
 * @document: path of the portrait
 * @timeout_ms: how long to wait
 * @answer: out: what it said
 *
 * Return: 0, -ETIMEDOUT, -EPIPE if the gate is gone, -EPROTO if what it says is
 * not understood.
 */
int counterpart_transit(struct counterpart *gate, const char *document, int timeout_ms,
		 struct answer *answer);

/* Ends its input and waits for it; its exit status, or -1 if it was killed. */
int counterpart_close(struct counterpart *gate);

#endif /* PLAYER_COUNTERPART_H */
