// SPDX-License-Identifier: MIT
/* limen doctor: what it asks the system, for several probes. */
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "doctor.h"

#define GROUPS_MAX 256
#define READABLE 4
#define WRITABLE 2

enum doctor_state doctor_missing(bool needed)
{
	return needed ? DOCTOR_WRONG : DOCTOR_ABSENT;
}

/* Of a Debian package; "make install" puts programs elsewhere. */
static bool is_packaged(void)
{
	return !strcmp(program_folder, "/usr/bin");
}

void doctor_mend_install(struct finding *finding, const char *package)
{
	if (is_packaged())
		doctor_mend(finding, "sudo apt-get install --reinstall %s", package);
	else
		doctor_mend(finding, "sudo make install");
}

void doctor_mend_models(struct finding *finding, const char *folder)
{
	if (is_packaged())
		doctor_mend(finding, "sudo apt-get install --reinstall limen-models");
	else
		doctor_mend(finding, "make fetch && sudo mkdir -p '%s' && sudo cp "
			    "\"${LIMEN_CACHE:-$HOME/.cache/limen}\"/models/*.onnx '%s'",
			    folder, folder);
}

bool doctor_has_systemd(void)
{
	return !access("/run/systemd/system", F_OK);
}

/* The value of a line "NAME=VALUE". */
static void take_value(const char *line, const char *name, char value[32])
{
	size_t length = strlen(name);

	if (strncmp(line, name, length) || line[length] != '=')
		return;
	snprintf(value, 32, "%.*s", (int)strcspn(line + length + 1, "\n"),
		 line + length + 1);
}

struct unit doctor_unit(const char *name)
{
	struct unit unit = {};
	char command[256], line[256];
	FILE *from;

	if (!doctor_has_systemd())
		return unit;
	snprintf(command, sizeof(command),
		 "systemctl show -p LoadState,ActiveState,UnitFileState %s", name);
	from = popen(command, "re");
	while (from && fgets(line, sizeof(line), from)) {
		take_value(line, "LoadState", unit.load);
		take_value(line, "ActiveState", unit.active);
		take_value(line, "UnitFileState", unit.file);
	}
	if (from)
		pclose(from);
	return unit;
}

static bool is_among(gid_t group, const gid_t *groups, int count)
{
	int i;

	for (i = 0; i < count; i++)
		if (groups[i] == group)
			return true;
	return false;
}

bool doctor_may_use(const char *user, const char *path, bool write)
{
	unsigned int wanted = READABLE | (write ? WRITABLE : 0), shift = 0;
	struct passwd *entry = getpwnam(user);
	gid_t groups[GROUPS_MAX];
	int count = GROUPS_MAX;
	struct stat status;

	if (!entry || stat(path, &status) ||
	    getgrouplist(user, entry->pw_gid, groups, &count) < 0)
		return false;
	if (entry->pw_uid == status.st_uid)
		shift = 6;
	else if (is_among(status.st_gid, groups, count))
		shift = 3;
	return (status.st_mode >> shift & wanted) == wanted;
}
