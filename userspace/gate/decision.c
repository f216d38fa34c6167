// SPDX-License-Identifier: MIT
/*
 * The decision. Nothing here observes, waits or remembers.
 */
#include "decision.h"

#include <errno.h>

#include <face.h>

static const char *const reason_names[GATE_REASON_COUNT] = {
	[GATE_REASON_INTERNAL] = "internal",
	[GATE_REASON_NONE] = "none",
	[GATE_REASON_SCORE] = "score",
	[GATE_REASON_NO_FACE] = "no-face",
	[GATE_REASON_SEVERAL_FACES] = "several-faces",
	[GATE_REASON_QUALITY] = "quality",
	[GATE_REASON_DOCUMENT] = "document",
	[GATE_REASON_CAMERA] = "camera",
	[GATE_REASON_DEVICE_FAULT] = "device-fault",
	[GATE_REASON_SERVICE] = "service",
	[GATE_REASON_TIMEOUT] = "timeout",
};

void gate_evidence_init(struct gate_evidence *evidence)
{
	*evidence = (struct gate_evidence){
		.document = GATE_NOT_OBSERVED,
		.portrait = GATE_NOT_OBSERVED,
		.camera = GATE_NOT_OBSERVED,
		.live = GATE_NOT_OBSERVED,
		.service = GATE_NOT_OBSERVED,
		.comparison = GATE_NOT_OBSERVED,
	};
}

/* What the machine, not the traveller or a device, lacks or does wrong. */
static bool is_internal(int err)
{
	return err == GATE_NOT_OBSERVED || err == -ENOMEM || err > 0;
}

static enum gate_reason judge_document(int err)
{
	if (!err)
		return GATE_REASON_NONE;
	return is_internal(err) ? GATE_REASON_INTERNAL : GATE_REASON_DOCUMENT;
}

static enum gate_reason judge_portrait(int result)
{
	switch (result) {
	case FACE_OK:
		return GATE_REASON_NONE;
	case FACE_NONE:
	case FACE_SEVERAL:
	case FACE_QUALITY:
		return GATE_REASON_DOCUMENT;
	default:
		return GATE_REASON_INTERNAL;
	}
}

static enum gate_reason judge_camera(int err)
{
	if (!err)
		return GATE_REASON_NONE;
	return is_internal(err) ? GATE_REASON_INTERNAL : GATE_REASON_CAMERA;
}

static enum gate_reason judge_live(int result)
{
	switch (result) {
	case FACE_OK:
		return GATE_REASON_NONE;
	case FACE_NONE:
		return GATE_REASON_NO_FACE;
	case FACE_SEVERAL:
		return GATE_REASON_SEVERAL_FACES;
	case FACE_QUALITY:
		return GATE_REASON_QUALITY;
	default:
		return GATE_REASON_INTERNAL;
	}
}

static enum gate_reason judge_service(int err)
{
	if (!err)
		return GATE_REASON_NONE;
	if (err == -ETIMEDOUT)
		return GATE_REASON_TIMEOUT;
	return is_internal(err) ? GATE_REASON_INTERNAL : GATE_REASON_SERVICE;
}

static enum gate_reason judge_comparison(int err)
{
	switch (err) {
	case 0:
		return GATE_REASON_NONE;
	case -EBADE: /* it computed a wrong score */
	case -ECANCELED: /* the board was reset because of somebody else's job */
	case -EIO:
	case -ENODEV:
	case -ENXIO:
	case -EPROTO: /* it answered nonsense */
	case -EREMOTEIO:
	case -ETIME:
	case -ETIMEDOUT:
		return GATE_REASON_DEVICE_FAULT;
	default:
		return GATE_REASON_INTERNAL;
	}
}

static enum gate_reason judge_score(const struct limen_score *score,
				    int32_t threshold)
{
	if (threshold <= 0 || threshold > LIMEN_SIMILARITY_ONE ||
	    score->similarity < -LIMEN_SIMILARITY_ONE ||
	    score->similarity > LIMEN_SIMILARITY_ONE)
		return GATE_REASON_INTERNAL;
	return score->similarity >= threshold ? GATE_REASON_NONE :
						GATE_REASON_SCORE;
}

/* The first thing that is not in order is the reason. */
static enum gate_reason judge_observations(const struct gate_evidence *evidence)
{
	const enum gate_reason found[] = {
		judge_document(evidence->document),
		judge_portrait(evidence->portrait),
		judge_camera(evidence->camera),
		judge_live(evidence->live),
		judge_service(evidence->service),
		judge_comparison(evidence->comparison),
	};

	if (evidence->timed_out)
		return GATE_REASON_TIMEOUT;
	for (unsigned int i = 0; i < sizeof(found) / sizeof(found[0]); i++)
		if (found[i] != GATE_REASON_NONE)
			return found[i];
	return GATE_REASON_NONE;
}

bool gate_evidence_scored(const struct gate_evidence *evidence)
{
	return judge_observations(evidence) == GATE_REASON_NONE;
}

struct gate_verdict gate_decide(const struct gate_evidence *evidence,
				int32_t threshold)
{
	struct gate_verdict verdict = { .outcome = GATE_REFER };

	verdict.reason = judge_observations(evidence);
	if (verdict.reason == GATE_REASON_NONE)
		verdict.reason = judge_score(&evidence->score, threshold);
	if (verdict.reason == GATE_REASON_NONE)
		verdict.outcome = GATE_MATCH;
	return verdict;
}

const char *gate_outcome_name(enum gate_outcome outcome)
{
	return outcome == GATE_MATCH ? "MATCH" : "REFER";
}

const char *gate_reason_name(enum gate_reason reason)
{
	return reason_names[reason < GATE_REASON_COUNT ? reason : 0];
}
