// SPDX-License-Identifier: MIT
/* limen doctor: the configuration and the models. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <face.h>

#include "doctor.h"
#include "json.h"

void doctor_configuration(const struct patient *patient, struct finding *finding)
{
	int32_t threshold = patient->config.threshold;
	char text[SIMILARITY_TEXT_SIZE];

	if (access(patient->path, F_OK) && !*patient->fault) {
		doctor_say(finding, doctor_missing(patient->lane),
			   "no %s: the defaults hold, without a threshold for a lane",
			   patient->path);
		doctor_mend_install(finding, "-o Dpkg::Options::=--force-confmiss limend");
		return;
	}
	if (*patient->fault) {
		doctor_say(finding, DOCTOR_WRONG, "%s", patient->fault);
	} else if (threshold != LIMEN_CONFIG_NO_THRESHOLD) {
		doctor_say(finding, DOCTOR_OK, "%s: valid, threshold %s", patient->path,
			   similarity_text(threshold, text));
		return;
	} else {
		/* limen-gate does not start without one. */
		doctor_say(finding, doctor_missing(patient->lane),
			   "%s: no threshold in [policy]", patient->path);
	}
	doctor_mend(finding, "sudoedit %s", patient->path);
}

/* They are loaded, and run once. */
void doctor_models(const struct patient *patient, struct finding *finding)
{
	const char *models = patient->config.models;
	struct face_extractor *extractor = NULL;
	char failed[PATH_MAX], text[MODEL_TEXT_SIZE];
	int error;

	error = face_extractor_open(&extractor, models, patient->config.min_quality,
				    failed, sizeof(failed));
	if (!error)
		error = face_extractor_warm(extractor);
	if (error) {
		doctor_say(finding, DOCTOR_WRONG, "%s: %s", *failed ? failed : models,
			   face_strerror(error));
		doctor_mend_models(finding, models);
	} else {
		doctor_say(finding, DOCTOR_OK, "%s: they run; templates are of model %.12s",
			   models, model_text(face_extractor_model(extractor), text));
	}
	face_extractor_close(extractor);
}
