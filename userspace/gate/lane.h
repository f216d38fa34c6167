/* SPDX-License-Identifier: MIT */
/*
 * One transit of one lane: read the portrait, take a picture, compare.
 */
#ifndef GATE_LANE_H
#define GATE_LANE_H

#include <stdint.h>

#include <face.h>
#include <limen-client.h>

#include "decision.h"

/**
 * struct gate_ops - what a lane works with; tests put others here
 * @load: read a portrait; 0 or a negative errno
 * @extract: as face_extract()
 * @camera_start: find and start the camera, lamp on; 0 or a negative errno
 * @camera_frame: a picture taken from now on, until the deadline; 0 or a
 *	negative errno
 * @camera_stop: stop it, lamp off; also after a start that failed
 * @compare: ask limend; 0 or a negative errno, the comparison's own error and
 *	its score in the result
 */
struct gate_ops {
	int (*load)(void *context, const char *path, struct face_image *image);
	int (*extract)(void *context, const struct face_image *image,
		       struct limen_template *tmpl, struct face_times *times);
	int (*camera_start)(void *context);
	int (*camera_frame)(void *context, struct face_image *image,
			    int64_t deadline_us);
	void (*camera_stop)(void *context);
	int (*compare)(void *context, const struct limen_template *probe,
		       const struct limen_template *reference,
		       struct limen_service_result *result);
};

/**
 * struct gate_lane - a lane
 * @ops: what it works with
 * @context: handed to each of them
 * @attempts: pictures looked at before the traveller is referred
 * @timeout_us: longest a transit may take
 */
struct gate_lane {
	const struct gate_ops *ops;
	void *context;
	unsigned int attempts;
	int64_t timeout_us;
};

/**
 * struct gate_times - microseconds each stage took; 0 if it did not run
 * @document: reading the portrait and its face
 * @capture: the pictures, from starting the camera to stopping it
 * @detect: the live face, all attempts together
 * @landmarks: see @detect
 * @embed: see @detect
 * @compare: the question to limend and its answer
 * @total: all of it
 */
struct gate_times {
	int64_t document;
	int64_t capture;
	int64_t detect;
	int64_t landmarks;
	int64_t embed;
	int64_t compare;
	int64_t total;
};

/**
 * struct gate_transit - what a transit yields. Nothing of a face is in it
 * @evidence: what was observed
 * @backend: enum limen_backend_kind, or 0 if nothing was compared
 * @board: the board that compared, by its place on its bus; "" if it was none
 * @attempts: pictures looked at
 * @process: of the process it ran in: 0, a negative errno if there was none, or
 *	what waitpid() says if it did not end well
 * @times: how long it took
 */
struct gate_transit {
	struct gate_evidence evidence;
	uint32_t backend;
	char board[LIMEN_BOARD_ADDRESS_SIZE];
	uint32_t attempts;
	int process;
	struct gate_times times;
};

/**
 * gate_lane_run() - perform a transit
 * @lane: the lane
 * @document: path of the portrait
 * @transit: out: what came of it
 *
 * Stops at the first observation that is not in order. A picture without a good
 * face is followed by another, as often as the lane attempts it; one with
 * several people is not, and the first good one is compared, once: every further
 * comparison would raise the false match rate. Lamp and camera are on while a
 * picture is taken, not while it is looked at. Portrait, pictures and templates
 * are wiped before it returns.
 */
void gate_lane_run(const struct gate_lane *lane, const char *document,
		   struct gate_transit *transit);

#endif /* GATE_LANE_H */
