// SPDX-License-Identifier: MIT
/* limen doctor: boards, cameras, OpenCL. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <limen.h>
#include <video.h>

#include "doctor.h"

/* Who has which devices, as their units say. */
#define SERVICE_USER "limend"
#define LANE_USER "limen-gate"

/* What makes nodes what the rules say. */
#define RULES_AGAIN "sudo udevadm trigger --action=add --subsystem-match="

/**
 * struct boards - what was found out of boards so far
 * @finding: of the first that is not right, or of the last
 * @count: how many
 */
struct boards {
	struct finding *finding;
	unsigned int count;
};

/* The driver answers; -EACCES: it would answer somebody else. */
static int try_board(const char *node, char *description, size_t size)
{
	struct limen_backend *backend;
	int error = limen_backend_open(&backend, LIMEN_BACKEND_BOARD, node);

	if (error)
		return error;
	snprintf(description, size, "%s", limen_backend_description(backend));
	limen_backend_close(backend);
	return 0;
}

static int look_at_board(const char *node, void *context)
{
	struct boards *boards = context;
	struct finding *finding = boards->finding;
	char description[128] = "";
	int error = try_board(node, description, sizeof(description));

	boards->count++;
	if (error && error != -EACCES) {
		doctor_say(finding, DOCTOR_WRONG, "%s: %s", node, limen_strerror(error));
		/* As if it were plugged out and in, whoever has it open. */
		doctor_mend(finding, "sudo sh -c 'd=/sys/class/accel/%s/device; "
			    "n=$(basename $(realpath $d)); cd -P $d/driver && "
			    "echo $n >unbind && echo $n >bind'", strrchr(node, '/') + 1);
		return 1;
	}
	if (doctor_has_systemd() && !doctor_may_use(SERVICE_USER, node, true)) {
		doctor_say(finding, DOCTOR_WRONG,
			   "%s: the user " SERVICE_USER " may not open it", node);
		doctor_mend(finding, RULES_AGAIN "accel");
		return 1;
	}
	doctor_say(finding, DOCTOR_OK, "%s%s%s", node, *description ? ": " : "",
		   description);
	return 0;
}

void doctor_board(const struct patient *patient, struct finding *finding)
{
	struct boards boards = { .finding = finding };
	enum limen_config_backend backend = patient->config.backend;
	int error = limen_boards_enumerate(look_at_board, &boards);

	if (error < 0) {
		doctor_say(finding, doctor_missing(backend == LIMEN_CONFIG_BOARD),
			   "boards cannot be listed: %s", limen_strerror(error));
		return;
	}
	if (boards.count)
		return;
	if (backend != LIMEN_CONFIG_BOARD) {
		doctor_say(finding, DOCTOR_ABSENT, "none; limend compares on the CPU");
		return;
	}
	doctor_say(finding, DOCTOR_WRONG, "none, and [service] has backend = board; a card is "
		   "introduced to the driver by new_id in /sys/bus/pci/drivers/limen");
	doctor_mend(finding, "echo 1 | sudo tee /sys/bus/pci/rescan");
}

void doctor_camera(const struct patient *patient, struct finding *finding)
{
	const char *camera = patient->config.camera;
	char found[PATH_MAX];

	if (!strcmp(camera, LIMEN_CONFIG_CAMERA_AUTO)) {
		if (gate_video_find(GATE_CAMERA_NAME, found, sizeof(found))) {
			doctor_say(finding, doctor_missing(patient->lane),
				   "no camera of a board, and [gate] has camera = auto");
			doctor_mend(finding, "sudo modprobe limen");
			return;
		}
		camera = found;
	}
	if (access(camera, F_OK)) {
		doctor_say(finding, doctor_missing(patient->lane), "%s: %s", camera,
			   strerror(errno));
		doctor_mend(finding, "sudoedit %s", patient->path);
	} else if (patient->lane && !doctor_may_use(LANE_USER, camera, true)) {
		doctor_say(finding, DOCTOR_WRONG, "%s: the user " LANE_USER
			   " may not open it", camera);
		doctor_mend(finding, RULES_AGAIN "video4linux");
	} else {
		doctor_say(finding, DOCTOR_OK, "%s", camera);
	}
}

/* The first usable device, or else why the last one is not. */
static int look_at_opencl(const struct limen_backend_info *info, void *context)
{
	struct finding *finding = context;

	if (info->kind != LIMEN_BACKEND_OPENCL)
		return 0;
	if (!*info->reason) {
		doctor_say(finding, DOCTOR_OK, "%s", info->description);
		return 1;
	}
	doctor_say(finding, DOCTOR_ABSENT, "%s", info->reason);
	return 0;
}

/* For searches of galleries alone, and there the CPU will do. */
void doctor_opencl(const struct patient *patient, struct finding *finding)
{
	(void)patient;
	doctor_say(finding, DOCTOR_ABSENT, "no OpenCL device");
	limen_backends_list(look_at_opencl, finding);
	if (finding->state == DOCTOR_ABSENT)
		doctor_mend(finding, "sudo apt-get install pocl-opencl-icd");
}
