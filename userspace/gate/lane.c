// SPDX-License-Identifier: MIT
/*
 * One transit of one lane.
 */
#include "lane.h"

#include <errno.h>
#include <string.h>

#include "clock.h"

/**
 * struct run - a transit under way
 * @lane: where
 * @transit: what came of it so far
 * @deadline_us: when it must be over
 * @reference: of the portrait
 * @probe: of the live face
 */
struct run {
	const struct gate_lane *lane;
	struct gate_transit *transit;
	int64_t deadline_us;
	struct limen_template reference;
	struct limen_template probe;
};

/* Whether there is time for more; notes it if not. */
static bool in_time(struct run *run)
{
	if (gate_now_us() >= run->deadline_us)
		run->transit->evidence.timed_out = true;
	return !run->transit->evidence.timed_out;
}

static bool read_document(struct run *run, const char *path)
{
	struct gate_evidence *evidence = &run->transit->evidence;
	const struct gate_ops *ops = run->lane->ops;
	struct face_image image = { 0 };
	struct face_times times;
	int64_t start = gate_now_us();

	evidence->document = ops->load(run->lane->context, path, &image);
	if (!evidence->document)
		evidence->portrait = ops->extract(run->lane->context, &image,
						  &run->reference, &times);
	face_image_free(&image);
	run->transit->times.document = gate_now_us() - start;
	return !evidence->document && evidence->portrait == FACE_OK;
}

/* The lamp is on, and the camera streams, for as long as this takes. */
static void capture(struct run *run, struct face_image *image)
{
	struct gate_evidence *evidence = &run->transit->evidence;
	const struct gate_lane *lane = run->lane;
	int64_t start = gate_now_us();

	evidence->camera = lane->ops->camera_start(lane->context);
	if (!evidence->camera)
		evidence->camera = lane->ops->camera_frame(
			lane->context, image, run->deadline_us);
	lane->ops->camera_stop(lane->context);
	run->transit->times.capture += gate_now_us() - start;
}

/* One picture; whether another may help. */
static bool look(struct run *run)
{
	struct gate_evidence *evidence = &run->transit->evidence;
	struct gate_times *times = &run->transit->times;
	struct face_image image = { 0 };
	struct face_times took = { 0 };

	evidence->live = GATE_NOT_OBSERVED;
	capture(run, &image);
	if (!evidence->camera) {
		evidence->live = run->lane->ops->extract(
			run->lane->context, &image, &run->probe, &took);
		run->transit->attempts++;
	}
	face_image_free(&image);
	times->detect += took.detect * 1000;
	times->landmarks += took.landmarks * 1000;
	times->embed += took.embed * 1000;
	return evidence->live == FACE_NONE || evidence->live == FACE_QUALITY;
}

static bool see_traveller(struct run *run)
{
	const struct gate_evidence *evidence = &run->transit->evidence;

	while (look(run) && run->transit->attempts < run->lane->attempts &&
	       in_time(run))
		;
	return !evidence->camera && evidence->live == FACE_OK;
}

/*
 * limen_client_compare() returns the comparison's error as well; an answer names its
 * backend, which tells whose it is.
 */
static void compare_templates(struct run *run)
{
	struct gate_evidence *evidence = &run->transit->evidence;
	struct limen_service_result result = { .size = sizeof(result) };
	int64_t start = gate_now_us();

	evidence->service = run->lane->ops->compare(run->lane->context,
						    &run->probe,
						    &run->reference, &result);
	if (result.backend) {
		evidence->comparison = result.error;
		if (evidence->service == result.error)
			evidence->service = 0;
	}
	if (!evidence->service && !evidence->comparison)
		evidence->score = result.score;
	if (!evidence->service) {
		run->transit->backend = result.backend;
		memcpy(run->transit->board, result.board, sizeof(run->transit->board));
	}
	run->transit->times.compare = gate_now_us() - start;
}

void gate_lane_run(const struct gate_lane *lane, const char *document,
		   struct gate_transit *transit)
{
	int64_t start = gate_now_us();
	struct run run = {
		.lane = lane,
		.transit = transit,
		.deadline_us = start + lane->timeout_us,
	};

	*transit = (struct gate_transit){ 0 };
	gate_evidence_init(&transit->evidence);
	if (read_document(&run, document) && in_time(&run) &&
	    see_traveller(&run) && in_time(&run)) {
		compare_templates(&run);
		/* A score that comes too late is none. */
		in_time(&run);
	}
	limen_template_wipe(&run.reference);
	limen_template_wipe(&run.probe);
	transit->times.total = gate_now_us() - start;
}
