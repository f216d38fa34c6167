/* SPDX-License-Identifier: MIT */
/* What limen doctor looks at, and what it says of it. */
#ifndef LIMEN_CLI_DOCTOR_H
#define LIMEN_CLI_DOCTOR_H

#include <stdbool.h>
#include <sys/types.h>

#include <config.h>

enum doctor_state {
	DOCTOR_UNKNOWN = 0, /* it is needed, and there is no telling */
	DOCTOR_OK,
	DOCTOR_ABSENT, /* it is not there, and not needed */
	DOCTOR_WRONG,
};

/**
 * struct finding - what a probe has found
 * @state: how it is
 * @text: what it is; for people
 * @mend: the one command that mends it; "" if nothing has to be
 */
struct finding {
	enum doctor_state state;
	char text[1024];
	char mend[1024];
};

/**
 * struct patient - the machine that is looked at
 * @config: its configuration, or, if it is not valid, what could be read of it
 * @path: of the configuration
 * @fault: what is wrong with it; "" if nothing is
 * @lane: it runs a lane: systemd starts limen-gate here
 */
struct patient {
	struct limen_config config;
	const char *path;
	char fault[PATH_MAX + 256];
	bool lane;
};

/* Each runs in a process of its own, which is ended when it takes too long. */
typedef void (*doctor_probe)(const struct patient *patient, struct finding *finding);

void doctor_lane(const struct patient *patient, struct finding *finding);
void doctor_configuration(const struct patient *patient, struct finding *finding);
void doctor_programs(const struct patient *patient, struct finding *finding);
void doctor_users(const struct patient *patient, struct finding *finding);
void doctor_models(const struct patient *patient, struct finding *finding);
void doctor_service(const struct patient *patient, struct finding *finding);
void doctor_module(const struct patient *patient, struct finding *finding);
void doctor_dkms(const struct patient *patient, struct finding *finding);
void doctor_firmware(const struct patient *patient, struct finding *finding);
void doctor_udev(const struct patient *patient, struct finding *finding);
void doctor_board(const struct patient *patient, struct finding *finding);
void doctor_opencl(const struct patient *patient, struct finding *finding);
void doctor_camera(const struct patient *patient, struct finding *finding);

/* Sets the state and the text. */
__attribute__((format(printf, 3, 4)))
void doctor_say(struct finding *finding, enum doctor_state state, const char *format, ...);
/* Sets the command. */
__attribute__((format(printf, 2, 3)))
void doctor_mend(struct finding *finding, const char *format, ...);
/* The command that brings what this package has: of the package, or of the sources. */
void doctor_mend_install(struct finding *finding, const char *package);
/* The command that brings the models into this folder. */
void doctor_mend_models(struct finding *finding, const char *folder);

/* Whether what is not there is needed: state of it. */
enum doctor_state doctor_missing(bool needed);
/* Whether systemd runs this machine. */
bool doctor_has_systemd(void);
/**
 * struct unit - what systemd says of a unit
 * @load: as "loaded" or "not-found"; "" if it says nothing
 * @active: as "active" or "failed"
 * @file: as "enabled" or "disabled"
 */
struct unit {
	char load[32];
	char active[32];
	char file[32];
};

struct unit doctor_unit(const char *name);
/* Whether a user, by the groups that it is a member of, may read (and write) a file. */
bool doctor_may_use(const char *user, const char *path, bool write);

#endif /* LIMEN_CLI_DOCTOR_H */
