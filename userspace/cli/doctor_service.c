// SPDX-License-Identifier: MIT
/* limen doctor: limend, the lane, their users. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "doctor.h"

#define SERVICE_UNIT "limend.service"
#define LANE_UNIT "limen-gate.socket"
#define LANE_USER "limen-gate"

void doctor_lane(const struct patient *patient, struct finding *finding)
{
	struct unit unit = doctor_unit(LANE_UNIT);
	bool enabled = !strcmp(unit.file, "enabled");

	(void)patient;
	if (!doctor_has_systemd()) {
		doctor_say(finding, DOCTOR_ABSENT,
			   "systemd does not run here; limen-gate is started by hand");
	} else if (!strcmp(unit.active, "active")) {
		doctor_say(finding, DOCTOR_OK, LANE_UNIT " listens%s",
			   enabled ? "" : ", but not after a restart");
	} else if (!strcmp(unit.load, "loaded")) {
		doctor_say(finding, doctor_missing(enabled || !strcmp(unit.active, "failed")),
			   LANE_UNIT " is %s, %s", unit.file, unit.active);
		doctor_mend(finding, "sudo systemctl enable --now " LANE_UNIT);
	} else if (*unit.load) {
		doctor_say(finding, DOCTOR_ABSENT, "limen-gate is not installed");
		doctor_mend_install(finding, "limen-gate");
	} else {
		doctor_say(finding, DOCTOR_UNKNOWN, "systemd does not answer");
	}
}

/* Where limend is that is started by hand. */
static const char *find_limend(void)
{
	/* Installed, or where both have been built. */
	static const char *const places[] = {
		"../sbin/limend", "../limend/limend", NULL,
	};
	static char found[PATH_MAX];
	char beside[PATH_MAX];

	if (!find_program(places, beside))
		return NULL;
	return realpath(beside, found);
}

void doctor_programs(const struct patient *patient, struct finding *finding)
{
	const char *limend = find_limend();
	char command[PATH_MAX + 64], line[64] = "";
	FILE *from;

	(void)patient;
	if (!limend) {
		doctor_say(finding, DOCTOR_WRONG, "limen is %s; there is no limend beside it",
			   LIMEN_VERSION);
		doctor_mend_install(finding, "limend");
		return;
	}
	snprintf(command, sizeof(command), "'%s' --version", limend);
	from = strchr(limend, '\'') ? NULL : popen(command, "re");
	if (from && !fgets(line, sizeof(line), from))
		*line = '\0';
	if (from)
		pclose(from);
	line[strcspn(line, "\n")] = '\0';
	if (!strcmp(line, "limend " LIMEN_VERSION)) {
		doctor_say(finding, DOCTOR_OK, "limen and limend are %s", LIMEN_VERSION);
		return;
	}
	doctor_say(finding, DOCTOR_WRONG, "limen is %s, and limend another: %s",
		   LIMEN_VERSION, *line ? line : "it does not start");
	doctor_mend_install(finding, "limend limen-gate limen-tools");
}

static bool user_exists(const char *name)
{
	uint32_t number;

	return getpwnam(name) || !limen_config_number(name, 0, UINT32_MAX - 1, &number);
}

static bool group_exists(const char *name)
{
	uint32_t number;

	return getgrnam(name) || !limen_config_number(name, 0, UINT32_MAX - 1, &number);
}

/* Of those that the configuration allows to connect; false after what is wrong. */
static bool allowed_exist(const struct patient *patient, struct finding *finding)
{
	const struct limen_config *config = &patient->config;
	unsigned int i;

	for (i = 0; i < config->allow_count; i++) {
		const char *name = config->allow[i];
		bool is_group = *name == LIMEN_CONFIG_GROUP_MARK;

		if (is_group ? group_exists(name + 1) : user_exists(name))
			continue;
		/* It comes with the lane. */
		if (!strcmp(name, LANE_USER) && !patient->lane)
			continue;
		doctor_say(finding, DOCTOR_WRONG, "[service] allows %s, which nobody is", name);
		if (!strcmp(name, LANE_USER))
			doctor_mend(finding, "sudo systemd-sysusers");
		else
			doctor_mend(finding, "sudo %s --system %s",
				    is_group ? "groupadd" : "useradd", name + is_group);
		return false;
	}
	return true;
}

void doctor_users(const struct patient *patient, struct finding *finding)
{
	if (doctor_has_systemd() && !getpwnam("limend")) {
		doctor_say(finding, DOCTOR_WRONG, "no user limend, as whom limend runs");
		doctor_mend(finding, "sudo systemd-sysusers");
	} else if (allowed_exist(patient, finding)) {
		doctor_say(finding, DOCTOR_OK, "limend, and whom it allows, are users of this machine");
	}
}

/* limend that is not there, or does not answer. */
static void mend_start(struct finding *finding)
{
	struct unit unit = doctor_unit(SERVICE_UNIT);

	if (!strcmp(unit.active, "inactive") && !strcmp(unit.load, "loaded"))
		doctor_mend(finding, "sudo systemctl enable --now " SERVICE_UNIT);
	else if (!strcmp(unit.load, "loaded"))
		doctor_mend(finding, "sudo systemctl restart " SERVICE_UNIT);
	else if (find_limend() && !doctor_has_systemd())
		doctor_mend(finding, "sudo %s", find_limend());
	else
		doctor_mend_install(finding, "limend");
}

/* The first board of limend's in this state, or NULL. */
static const struct limen_service_board *
find_board(const struct limen_service_status *status, enum limen_board_state state)
{
	uint32_t i;

	for (i = 0; i < status->board_count; i++)
		if (status->boards[i].state == state)
			return &status->boards[i];
	return NULL;
}

static void say_service(const struct patient *patient, struct finding *finding,
			const struct limen_service_status *status)
{
	const char *socket = patient->config.socket;
	const struct limen_service_board *resting = find_board(status, LIMEN_BOARD_RESTS);
	const struct limen_service_board *condemned =
		find_board(status, LIMEN_BOARD_CONDEMNED);

	if (condemned && find_board(status, LIMEN_BOARD_SERVES)) {
		doctor_say(finding, DOCTOR_WRONG,
			   "%s: board %s computed a wrong score and is out of service, "
			   "and others serve: replace it, and until then leave it without "
			   "its driver", socket, condemned->address);
		doctor_mend(finding, "echo %s | sudo tee /sys/bus/*/devices/%s/driver/unbind && "
			    "sudo systemctl restart " SERVICE_UNIT, condemned->address,
			    condemned->address);
	} else if (status->mismatches) {
		doctor_say(finding, DOCTOR_WRONG,
			   "%s: a board computed a wrong score and is out of service: "
			   "replace it, and until then compare on the CPU", socket);
		doctor_mend(finding, "sudo sed -i 's/^backend *=.*/backend = cpu/' %s && "
			    "sudo systemctl restart " SERVICE_UNIT, patient->path);
	} else if (!service_works(status)) {
		doctor_say(finding, DOCTOR_WRONG, "%s: it has no board, so requests fail",
			   socket);
		doctor_mend(finding, "sudo systemctl restart " SERVICE_UNIT);
	} else if (resting) {
		doctor_say(finding, DOCTOR_WRONG, "%s answers, but board %s failed at its last "
			   "comparisons", socket, resting->address);
		doctor_mend(finding, "driver=$(realpath /sys/bus/*/devices/%s/driver) && "
			    "echo %s | sudo tee $driver/unbind && "
			    "echo %s | sudo tee $driver/bind", resting->address,
			    resting->address, resting->address);
	} else {
		doctor_say(finding, DOCTOR_OK, "%s answers; backend %s (%s), %u clients",
			   socket, limen_backend_name(status->backend),
			   status->description, status->clients);
	}
}

void doctor_service(const struct patient *patient, struct finding *finding)
{
	struct limen_service_status status = { .size = sizeof(status) };
	struct limen_client *client = NULL;
	int error;

	error = limen_client_connect(&client, patient->config.socket);
	if (!error)
		error = limen_client_status(client, patient->config.timeout_ms, &status);
	limen_client_close(client);
	if (!error) {
		say_service(patient, finding, &status);
		return;
	}
	/* That this user may not ask says nothing of it. */
	doctor_say(finding, error == -EACCES ? DOCTOR_UNKNOWN : DOCTOR_WRONG, "%s: %s",
		   patient->config.socket, limen_client_strerror(error));
	if (error == -EACCES)
		doctor_mend(finding, "sudo %s/limen doctor", program_folder);
	else if (error == -EPROTONOSUPPORT)
		doctor_mend(finding, "sudo systemctl restart " SERVICE_UNIT);
	else
		mend_start(finding);
}
