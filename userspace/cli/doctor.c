// SPDX-License-Identifier: MIT
/* limen doctor: what is wrong here, and what mends it. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <monotonic.h>

#include "cli.h"
#include "doctor.h"

/* Longest a probe may take, milliseconds. */
#define QUICK_MS 8000
/* Those that compile or load something large. */
#define SLOW_MS 40000

static const char help[] =
	"Usage: limen doctor [OPTION]...\n"
	"Look whether everything that a gate needs is installed, loaded, permitted and\n"
	"running, and tell for what is wrong the one command that mends it. Nothing is\n"
	"changed. As root it sees most.\n"
	"\n"
	"  -c, --config FILE   configuration (" LIMEN_CONFIG_PATH ")\n"
	"  -m, --models DIR    models of the extractor, instead of the configured\n"
	"  -j, --json          print JSON\n"
	"\n"
	"Exit status: 0 nothing that is needed is wrong, 1 something is, or cannot be\n"
	"told, 2 wrong usage.\n";

/*
 * The lane comes first: what it needs is needed if it is there. What is optional, and
 * gives no answer, is as good as absent.
 */
static const struct {
	const char *name;
	doctor_probe probe;
	int timeout_ms;
	bool optional;
} probes[] = {
	{ "lane", doctor_lane, QUICK_MS, false },
	{ "configuration", doctor_configuration, QUICK_MS, false },
	{ "programs", doctor_programs, QUICK_MS, false },
	{ "users", doctor_users, QUICK_MS, false },
	{ "models", doctor_models, SLOW_MS, false },
	{ "module", doctor_module, QUICK_MS, false },
	{ "dkms", doctor_dkms, QUICK_MS, false },
	{ "firmware", doctor_firmware, QUICK_MS, false },
	{ "udev", doctor_udev, QUICK_MS, false },
	{ "board", doctor_board, QUICK_MS, false },
	{ "service", doctor_service, QUICK_MS, false },
	{ "camera", doctor_camera, QUICK_MS, false },
	{ "opencl", doctor_opencl, SLOW_MS, true },
};

#define PROBES (sizeof(probes) / sizeof(*probes))

void doctor_say(struct finding *finding, enum doctor_state state, const char *format, ...)
{
	va_list args;

	finding->state = state;
	va_start(args, format);
	vsnprintf(finding->text, sizeof(finding->text), format, args);
	va_end(args);
}

void doctor_mend(struct finding *finding, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(finding->mend, sizeof(finding->mend), format, args);
	va_end(args);
}

static void __attribute__((noreturn))
child(doctor_probe probe, const struct patient *patient, int answer)
{
	struct finding finding = {};
	int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);

	/* What it starts ends with it, and what libraries say is not for people. */
	if (nowhere < 0 || setpgid(0, 0) || prctl(PR_SET_PDEATHSIG, SIGKILL) ||
	    dup2(nowhere, STDOUT_FILENO) < 0 || dup2(nowhere, STDERR_FILENO) < 0)
		_exit(1);
	probe(patient, &finding);
	/* One write of less than PIPE_BUF: all of it or nothing. */
	_exit(write(answer, &finding, sizeof(finding)) != sizeof(finding));
}

_Static_assert(sizeof(struct finding) < PIPE_BUF, "an answer is written in one piece");

/* Whether the answer is there, or never will be. */
static bool wait_for(int answer, int timeout_ms)
{
	struct pollfd ready = { .fd = answer, .events = POLLIN };
	int64_t end = now_ns() + timeout_ms * 1000000LL, left;
	int count;

	do {
		left = (end - now_ns()) / 1000000;
		count = poll(&ready, 1, left > 0 ? (int)left + 1 : 0);
	} while (count < 0 && errno == EINTR);
	return count > 0;
}

/* A process that even SIGKILL does not end, as it hangs in a driver, is not waited for. */
static void examine(size_t which, const struct patient *patient, struct finding *finding)
{
	enum doctor_state silent = probes[which].optional ? DOCTOR_ABSENT : DOCTOR_UNKNOWN;
	int timeout_ms = probes[which].timeout_ms;
	bool answered = false;
	int answer[2];
	pid_t pid;

	if (pipe2(answer, O_CLOEXEC)) {
		doctor_say(finding, silent, "%s", strerror(errno));
		return;
	}
	pid = fork();
	if (!pid) {
		close(answer[0]);
		child(probes[which].probe, patient, answer[1]);
	}
	close(answer[1]);
	if (pid < 0) {
		doctor_say(finding, silent, "%s", strerror(errno));
	} else if (!wait_for(answer[0], timeout_ms)) {
		doctor_say(finding, silent, "no telling within %d seconds",
			   timeout_ms / 1000);
	} else {
		answered = read(answer[0], finding, sizeof(*finding)) == sizeof(*finding);
		if (!answered)
			doctor_say(finding, silent, "looking at it ended halfway");
	}
	close(answer[0]);
	if (pid > 0) {
		kill(-pid, SIGKILL);
		waitpid(pid, NULL, answered ? 0 : WNOHANG);
	}
}

static const char *state_name(enum doctor_state state)
{
	static const char *const names[] = {
		[DOCTOR_UNKNOWN] = "unknown",
		[DOCTOR_OK] = "ok",
		[DOCTOR_ABSENT] = "absent",
		[DOCTOR_WRONG] = "wrong",
	};

	return names[state];
}

static bool is_bad(const struct finding *finding)
{
	return finding->state == DOCTOR_WRONG || finding->state == DOCTOR_UNKNOWN;
}

static void print_text(const struct finding *findings, unsigned int bad)
{
	size_t i;

	for (i = 0; i < PROBES; i++) {
		printf("%-7s  %-13s  %s\n", state_name(findings[i].state), probes[i].name,
		       findings[i].text);
		if (*findings[i].mend)
			printf("%24s$ %s\n", "", findings[i].mend);
	}
	if (bad)
		printf("%u of %zu wrong, or not to be told\n", bad, PROBES);
	else
		puts("nothing that is needed is wrong");
}

static void print_object(const struct finding *findings, unsigned int bad)
{
	struct json_object *object = json_object_new_object();
	struct json_object *list = json_object_new_array(), *entry;
	size_t i;

	for (i = 0; i < PROBES; i++) {
		entry = json_object_new_object();
		json_add_text(entry, "name", probes[i].name);
		json_add_text(entry, "state", state_name(findings[i].state));
		json_add_text(entry, "description", findings[i].text);
		if (*findings[i].mend)
			json_add_text(entry, "mend", findings[i].mend);
		json_object_array_add(list, entry);
	}
	json_add_truth(object, "usable", !bad);
	json_object_object_add(object, "checks", list);
	print_json(object);
}

/* A configuration that is not right is a finding, too. */
static int read_patient(const struct settings *settings, struct patient *patient)
{
	patient->path = settings->config ?: LIMEN_CONFIG_PATH;
	limen_config_load(&patient->config, settings->config, patient->fault,
			  sizeof(patient->fault));
	if (!settings->models)
		return DONE;
	if (strlen(settings->models) >= sizeof(patient->config.models))
		return fail("--models: path too long");
	strcpy(patient->config.models, settings->models);
	return DONE;
}

int command_doctor(int argc, char **argv)
{
	static struct finding findings[PROBES];
	static struct patient patient;
	struct settings settings;
	unsigned int bad = 0;
	bool leave;
	int result;
	size_t i;

	result = read_settings(argc, argv, "cjm", help, &settings, &leave);
	if (leave)
		return result;
	if (optind < argc)
		return misused("doctor takes no operand");
	result = read_patient(&settings, &patient);
	if (result)
		return result;
	for (i = 0; i < PROBES; i++) {
		examine(i, &patient, &findings[i]);
		if (probes[i].probe == doctor_lane)
			patient.lane = findings[i].state != DOCTOR_ABSENT;
		bad += is_bad(&findings[i]);
	}
	if (settings.json)
		print_object(findings, bad);
	else
		print_text(findings, bad);
	return bad ? FAILED : DONE;
}
