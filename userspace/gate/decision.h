/* SPDX-License-Identifier: MIT */
/*
 * The decision: what was observed in a transit, and what follows from it.
 *
 * There are two outcomes. MATCH needs every observation to be there and in
 * order; everything else, also what nobody thought of, is REFER: to the officer,
 * with a reason.
 */
#ifndef GATE_DECISION_H
#define GATE_DECISION_H

#include <stdbool.h>
#include <stdint.h>

#include <limen-client.h>

enum gate_outcome {
	GATE_REFER = 0,
	GATE_MATCH = 1,
};

/**
 * enum gate_reason - why somebody is referred
 * @GATE_REASON_INTERNAL: an error in the gate itself; also when in doubt
 * @GATE_REASON_NONE: nobody is: a match
 * @GATE_REASON_SCORE: the score is below the threshold
 * @GATE_REASON_NO_FACE: nobody in front of the camera
 * @GATE_REASON_SEVERAL_FACES: more than one person in front of it
 * @GATE_REASON_QUALITY: too dark, too blurred, or no face after all
 * @GATE_REASON_DOCUMENT: no portrait, or not one of exactly one good face
 * @GATE_REASON_CAMERA: no camera, or no pictures from it
 * @GATE_REASON_DEVICE_FAULT: the board failed while comparing
 * @GATE_REASON_SERVICE: limend is not there or does not answer properly
 * @GATE_REASON_TIMEOUT: it took too long
 * @GATE_REASON_COUNT: how many there are
 */
enum gate_reason {
	GATE_REASON_INTERNAL = 0,
	GATE_REASON_NONE,
	GATE_REASON_SCORE,
	GATE_REASON_NO_FACE,
	GATE_REASON_SEVERAL_FACES,
	GATE_REASON_QUALITY,
	GATE_REASON_DOCUMENT,
	GATE_REASON_CAMERA,
	GATE_REASON_DEVICE_FAULT,
	GATE_REASON_SERVICE,
	GATE_REASON_TIMEOUT,
	GATE_REASON_COUNT,
};

struct gate_verdict {
	enum gate_outcome outcome;
	enum gate_reason reason;
};

/* What an observation says before it is made; see gate_evidence_init(). */
#define GATE_NOT_OBSERVED (-EINPROGRESS)

/**
 * struct gate_evidence - what was observed, in the order of observation
 * @timed_out: the transit took longer than it may
 * @document: 0 or a negative errno: reading the portrait
 * @portrait: enum face_result or a negative errno
 * @camera: 0 or a negative errno: the last picture taken
 * @live: enum face_result or a negative errno: that picture
 * @service: 0 or a negative errno: talking to limend
 * @comparison: 0 or a negative errno: what limend says of the comparison
 * @score: valid if all of the above are in order
 */
struct gate_evidence {
	bool timed_out;
	int document;
	int portrait;
	int camera;
	int live;
	int service;
	int comparison;
	struct limen_score score;
};

/* Nothing is observed yet. */
void gate_evidence_init(struct gate_evidence *evidence);

/* Whether there is a score that may be told. */
bool gate_evidence_scored(const struct gate_evidence *evidence);

/**
 * gate_decide() - the policy
 * @evidence: what was observed
 * @threshold: least published similarity for a match; one that is not positive
 *	or above LIMEN_SIMILARITY_ONE matches nobody
 *
 * Return: the verdict. It depends on nothing but the arguments.
 */
struct gate_verdict gate_decide(const struct gate_evidence *evidence,
				int32_t threshold);

const char *gate_outcome_name(enum gate_outcome outcome);
const char *gate_reason_name(enum gate_reason reason);

#endif /* GATE_DECISION_H */
