// SPDX-License-Identifier: MIT
#include "fault.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

static const char *portrait_text(const struct gate_evidence *evidence)
{
	if (evidence->document)
		return face_strerror(evidence->document);
	switch (evidence->portrait) {
	case FACE_NONE:
		return "no face in it";
	case FACE_SEVERAL:
		return "more than one face in it";
	default:
		return "the face in it is too poor to compare";
	}
}

static const char *camera_text(int err)
{
	switch (err) {
	case -ENODEV:
	case -ENOENT:
		return "there is none; camera in [gate] of the configuration names it, 'modprobe limen' brings up a board's";
	case -ENXIO:
		return "it has gone";
	case -EBUSY:
		return "another program has it";
	case -EACCES:
	case -EPERM:
		return "this user may not open it; the group video may";
	case -ENOTSUP:
		return "it gives no pictures of the kind that is needed";
	case -ETIMEDOUT:
		return "it gave no picture in time";
	case -EIO:
		return "it failed";
	default:
		return strerror(-err);
	}
}

/* Which stage had no time left for the others. */
static void describe_timeout(const struct gate_transit *transit, char *text)
{
	const struct gate_times *times = &transit->times;

	if (transit->evidence.service == -ETIMEDOUT) {
		snprintf(text, GATE_FAULT_SIZE, "the service: %s",
			 limen_client_strerror(-ETIMEDOUT));
		return;
	}
	snprintf(text, GATE_FAULT_SIZE,
		 "it took %lld ms, longer than timeout in [gate] allows: "
		 "document %lld, capture %lld, compare %lld",
		 (long long)times->total / 1000,
		 (long long)times->document / 1000,
		 (long long)times->capture / 1000,
		 (long long)times->compare / 1000);
}

static const char *internal_text(const struct gate_evidence *evidence)
{
	const int errors[] = {
		evidence->document, evidence->portrait, evidence->camera,
		evidence->live, evidence->service, evidence->comparison,
	};

	for (unsigned int i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		if (errors[i] == -ENOEXEC)
			return "the models do not run; 'limen template' tells why";
		if (errors[i] < 0 && errors[i] != GATE_NOT_OBSERVED)
			return limen_strerror(errors[i]);
	}
	return "it ended without a result";
}

static void describe_internal(const struct gate_transit *transit, char *text)
{
	int process = transit->process;

	if (process < 0)
		snprintf(text, GATE_FAULT_SIZE, "no process for it: %s",
			 strerror(-process));
	else if (process && WIFSIGNALED(process))
		snprintf(text, GATE_FAULT_SIZE,
			 "its process was ended by signal %d (%s)",
			 WTERMSIG(process), strsignal(WTERMSIG(process)));
	else if (process)
		snprintf(text, GATE_FAULT_SIZE,
			 "its process ended with status %d",
			 WEXITSTATUS(process));
	else
		snprintf(text, GATE_FAULT_SIZE, "%s",
			 internal_text(&transit->evidence));
}

bool gate_fault_describe(const struct gate_transit *transit,
			 enum gate_reason reason, char text[GATE_FAULT_SIZE])
{
	const struct gate_evidence *evidence = &transit->evidence;

	switch (reason) {
	case GATE_REASON_DOCUMENT:
		snprintf(text, GATE_FAULT_SIZE, "the portrait: %s",
			 portrait_text(evidence));
		return true;
	case GATE_REASON_CAMERA:
		snprintf(text, GATE_FAULT_SIZE, "the camera: %s",
			 camera_text(evidence->camera));
		return true;
	case GATE_REASON_SERVICE:
		snprintf(text, GATE_FAULT_SIZE, "the service: %s",
			 limen_client_strerror(evidence->service));
		return true;
	case GATE_REASON_DEVICE_FAULT:
		snprintf(text, GATE_FAULT_SIZE, "the comparison: %s",
			 limen_strerror(evidence->comparison));
		return true;
	case GATE_REASON_TIMEOUT:
		describe_timeout(transit, text);
		return true;
	case GATE_REASON_INTERNAL:
		describe_internal(transit, text);
		return true;
	default:
		return false;
	}
}
