// SPDX-License-Identifier: MIT
/*
 * limen-gate: one lane of a border gate.
 *
 * A line on standard input, the path of a portrait, says that a document was
 * read; a line on standard output says what came of the transit.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <config.h>
#include <face.h>
#include <limen-client.h>
#include <log.h>

#include "camera.h"
#include "fault.h"
#include "input.h"
#include "report.h"
#include "transit.h"

/* limend answers within its own timeout, or something is wrong with it. */
#define SERVICE_GRACE_MS 1000

struct gate {
	struct limen_config config;
	struct face_extractor *extractor;
	struct gate_camera camera;
};

static int load_picture(void *context, const char *path, struct face_image *image)
{
	(void)context;
	return face_image_load(image, path);
}

static int extract_template(void *context, const struct face_image *image,
			    struct limen_template *tmpl, struct face_times *times)
{
	struct gate *gate = context;

	return face_extract(gate->extractor, image, tmpl, times);
}

static int camera_start(void *context)
{
	struct gate *gate = context;

	return gate_camera_start(&gate->camera);
}

static int camera_frame(void *context, struct face_image *image,
			int64_t deadline_us)
{
	struct gate *gate = context;

	return gate_camera_frame(&gate->camera, image, deadline_us);
}

static void camera_stop(void *context)
{
	struct gate *gate = context;

	gate_camera_stop(&gate->camera);
}

static int compare_templates(void *context, const struct limen_template *probe,
			     const struct limen_template *reference,
			     struct limen_service_result *result)
{
	struct gate *gate = context;
	struct limen_client *client;
	int err;

	err = limen_client_connect(&client, gate->config.socket);
	if (err)
		return err;
	err = limen_client_compare(client, probe, reference,
				   gate->config.timeout_ms + SERVICE_GRACE_MS,
				   result);
	limen_client_close(client);
	return err;
}

static const struct gate_ops ops = {
	.load = load_picture,
	.extract = extract_template,
	.camera_start = camera_start,
	.camera_frame = camera_frame,
	.camera_stop = camera_stop,
	.compare = compare_templates,
};

static int configure(struct gate *gate, const char *path)
{
	char error[512];

	if (limen_config_load(&gate->config, path, error, sizeof(error))) {
		log_error("%s", error);
		return -EINVAL;
	}
	if (gate->config.threshold == LIMEN_CONFIG_NO_THRESHOLD) {
		log_error("%s: set a threshold in [policy]",
			  path ?: LIMEN_CONFIG_PATH);
		return -EINVAL;
	}
	gate_camera_init(&gate->camera, gate->config.camera);
	return 0;
}

static int open_extractor(struct gate *gate)
{
	char failed[PATH_MAX];
	int err;

	err = face_extractor_open(&gate->extractor, gate->config.models,
				  gate->config.min_quality, failed,
				  sizeof(failed));
	if (!err) {
		err = face_extractor_warm(gate->extractor);
		snprintf(failed, sizeof(failed), "%s", gate->config.models);
	}
	if (err)
		log_error("%s: %s; [extractor] models names the folder of the models",
			  failed, face_strerror(err));
	return err;
}

static void on_signal(int number)
{
	/* Its only effect is to interrupt waiting for a line. */
	(void)number;
}

/* A transit under way is finished first. */
static void catch_signals(struct gate_input *input)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	const struct sigaction end = { .sa_handler = on_signal };
	sigset_t ends;

	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	sigprocmask(SIG_BLOCK, &ends, &input->signals);
	sigaction(SIGTERM, &end, NULL);
	sigaction(SIGINT, &end, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
}

/* The traveller's own reasons are between the reader of the decisions and him. */
static void log_fault(const struct gate *gate, unsigned long long number,
		      const struct gate_transit *transit)
{
	static struct log_rate rate;
	struct gate_verdict verdict = gate_decide(&transit->evidence,
						  gate->config.threshold);
	char text[GATE_FAULT_SIZE];

	if (gate_fault_describe(transit, verdict.reason, text))
		log_rated(&rate, "transit %llu: %s: %s", number,
			  gate_reason_name(verdict.reason), text);
}

static int serve_documents(struct gate *gate)
{
	const struct gate_lane lane = {
		.ops = &ops,
		.context = gate,
		.attempts = gate->config.attempts,
		.timeout_us = gate->config.transit_ms * 1000LL,
	};
	struct gate_input input = { .fd = STDIN_FILENO };
	unsigned long long number = 0;
	char document[PATH_MAX];
	int err = 0;

	catch_signals(&input);
	gate_camera_darken(gate->config.camera);
	while (!err && gate_input_line(&input, document)) {
		struct gate_transit transit;

		if (!gate_transit_run(&lane, document, &transit))
			gate_camera_darken(gate->config.camera);
		log_fault(gate, ++number, &transit);
		err = gate_report(stdout, number, &transit,
				  gate->config.threshold);
	}
	if (err)
		log_error("standard output: %s", err == -ETIMEDOUT ?
			  "nobody reads from it" : strerror(-err));
	return err;
}

static int run_gate(const char *config)
{
	struct gate gate = { 0 };
	int err = limen_process_harden();

	if (!err && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		err = -errno;
	if (err) {
		log_error("the process cannot be hardened: %s", strerror(-err));
		return 1;
	}
	err = configure(&gate, config);
	if (!err)
		err = open_extractor(&gate);
	if (!err)
		err = serve_documents(&gate);
	face_extractor_close(gate.extractor);
	return err ? 1 : 0;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 },
	};
	const char *config = NULL;
	int option;

	while ((option = getopt_long(argc, argv, "c:hV", options, NULL)) >= 0) {
		switch (option) {
		case 'c':
			config = optarg;
			break;
		case 'h':
			puts("Usage: limen-gate [--config FILE]\n"
			     "Reads paths of portraits, one a line; prints a line of JSON for each.\n"
			     "See limen-gate(8).");
			return fclose(stdout) ? 1 : 0;
		case 'V':
			puts("limen-gate " LIMEN_VERSION);
			return fclose(stdout) ? 1 : 0;
		default:
			return 2;
		}
	}
	if (optind < argc) {
		log_error("unexpected argument %s", argv[optind]);
		return 2;
	}
	return run_gate(config);
}
