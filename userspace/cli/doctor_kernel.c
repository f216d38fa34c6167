// SPDX-License-Identifier: MIT
/* limen doctor: the kernel's modules, what they are made by, and what they load. */
#include <dirent.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "doctor.h"

/* The oldest kernel that the modules are for. */
#define KERNEL_MAJOR 6
#define KERNEL_MINOR 12

#define UDEV_RULES "70-limen.rules"

static bool is_loaded(void)
{
	return !access("/sys/module/limen", F_OK);
}

/* Whether modprobe would find it for the kernel that runs. */
static bool is_installed(const char *release)
{
	char path[PATH_MAX], *line = NULL, *end;
	bool found = false;
	size_t size = 0;
	FILE *list;

	snprintf(path, sizeof(path), "/lib/modules/%s/modules.dep", release);
	list = fopen(path, "re");
	while (list && !found && getline(&line, &size, list) >= 0) {
		end = strchr(line, ':');
		if (end)
			*end = '\0';
		found = end && !fnmatch("*/limen.ko*", line, 0);
	}
	free(line);
	if (list)
		fclose(list);
	return found;
}

static bool is_old(const char *release)
{
	char *rest;
	unsigned long major = strtoul(release, &rest, 10);
	unsigned long minor = *rest == '.' ? strtoul(rest + 1, NULL, 10) : 0;

	return major < KERNEL_MAJOR || (major == KERNEL_MAJOR && minor < KERNEL_MINOR);
}

static bool has_dkms_source(void)
{
	return !access("/var/lib/dkms/limen", F_OK);
}

static bool has_headers(const char *release)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/lib/modules/%s/build/Makefile", release);
	return !access(path, F_OK);
}

/* The next step to a module for this kernel. */
static void mend_build(struct finding *finding, const char *release)
{
	if (is_old(release))
		doctor_mend(finding, "sudo apt-get install -t $(. /etc/os-release; "
			    "echo $VERSION_CODENAME)-backports linux-image-"
			    "$(dpkg --print-architecture) linux-headers-"
			    "$(dpkg --print-architecture)");
	else if (!has_headers(release))
		doctor_mend(finding, "sudo apt-get install linux-headers-%s", release);
	else if (has_dkms_source())
		doctor_mend(finding, "sudo dkms autoinstall -k %s", release);
	else
		doctor_mend_install(finding, "limen-dkms");
}

void doctor_module(const struct patient *patient, struct finding *finding)
{
	bool needed = patient->config.backend == LIMEN_CONFIG_BOARD;
	struct utsname kernel;

	if (uname(&kernel))
		return;
	if (is_loaded()) {
		doctor_say(finding, DOCTOR_OK, "limen.ko is loaded, into %s", kernel.release);
	} else if (is_installed(kernel.release)) {
		doctor_say(finding, doctor_missing(needed),
			   "limen.ko is installed for %s, and not loaded", kernel.release);
		doctor_mend(finding, "sudo modprobe limen");
	} else {
		doctor_say(finding, doctor_missing(needed),
			   "limen.ko is not installed for %s%s", kernel.release,
			   is_old(kernel.release) ? ", which is older than 6.12" : "");
		mend_build(finding, kernel.release);
	}
}

/* Where DKMS has the source, the module is meant to be there. */
void doctor_dkms(const struct patient *patient, struct finding *finding)
{
	struct utsname kernel;

	if (uname(&kernel))
		return;
	if (!has_dkms_source()) {
		doctor_say(finding, DOCTOR_ABSENT, "DKMS does not build the modules here");
	} else if (is_installed(kernel.release)) {
		doctor_say(finding, DOCTOR_OK, "the modules are built for %s",
			   kernel.release);
	} else {
		doctor_say(finding,
			   doctor_missing(patient->config.backend != LIMEN_CONFIG_CPU),
			   "DKMS has the source, and has built no module for %s%s",
			   kernel.release,
			   is_old(kernel.release) ? ", which is older than 6.12" :
			   has_headers(kernel.release) ? "" : ", whose headers are missing");
		mend_build(finding, kernel.release);
	}
}

static unsigned int count_images(const char *folder)
{
	char path[PATH_MAX];
	struct dirent *entry;
	unsigned int count = 0;
	DIR *images;

	snprintf(path, sizeof(path), "%s/limen", folder);
	images = opendir(path);
	while (images && (entry = readdir(images)))
		count += !fnmatch("board-*.fw*", entry->d_name, 0);
	if (images)
		closedir(images);
	return count;
}

/* Cards load it; the emulated board is code of its module. */
void doctor_firmware(const struct patient *patient, struct finding *finding)
{
	static const char *const folders[] = {
		"/lib/firmware/updates", "/lib/firmware",
	};
	bool emulated = !access("/sys/module/limen_emu", F_OK);
	bool needed = patient->config.backend == LIMEN_CONFIG_BOARD && !emulated;
	unsigned int count = 0;
	size_t i;

	for (i = 0; i < sizeof(folders) / sizeof(*folders); i++)
		count += count_images(folders[i]);
	if (count) {
		doctor_say(finding, DOCTOR_OK, "%u images for boards in /lib/firmware",
			   count);
		return;
	}
	doctor_say(finding, doctor_missing(needed),
		   "no limen/board-*.fw in /lib/firmware, which cards on PCI Express load");
	doctor_mend(finding, "sudo make firmware_install");
}

static const char *find_rules(void)
{
	static const char *const places[] = {
		"/etc/udev/rules.d/" UDEV_RULES, "/run/udev/rules.d/" UDEV_RULES,
		"/usr/local/lib/udev/rules.d/" UDEV_RULES,
		"/usr/lib/udev/rules.d/" UDEV_RULES, "/lib/udev/rules.d/" UDEV_RULES,
	};
	size_t i;

	for (i = 0; i < sizeof(places) / sizeof(*places); i++)
		if (!access(places[i], R_OK))
			return places[i];
	return NULL;
}

void doctor_udev(const struct patient *patient, struct finding *finding)
{
	bool needed = patient->lane || is_loaded() ||
		      patient->config.backend == LIMEN_CONFIG_BOARD;
	const char *rules = find_rules();

	if (access("/run/udev/control", F_OK)) {
		doctor_say(finding, doctor_missing(needed),
			   "udev does not run; it gives boards and cameras to their users");
		doctor_mend(finding, "sudo systemctl start systemd-udevd");
	} else if (!rules) {
		doctor_say(finding, doctor_missing(needed),
			   "no " UDEV_RULES ", which gives boards and cameras to their users");
		doctor_mend_install(finding, "limend");
	} else {
		doctor_say(finding, DOCTOR_OK, "%s", rules);
	}
}
