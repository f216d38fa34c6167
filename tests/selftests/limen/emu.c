// SPDX-License-Identifier: GPL-2.0-only
/*
 * The emulated board: its knobs, how to unplug it; and what the kernel says, by
 * uevents and in its log.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <libgen.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "util.h"

#define KNOBS	"/sys/kernel/debug/limen_emu"
#define DRIVER	"/sys/bus/platform/drivers/limen_emu"
#define DEVICES	"/sys/bus/platform/devices/limen_emu.*"
#define BOARDS	"/sys/module/limen_emu/parameters/boards"
#define FICKLE	"/sys/module/limen_emu/parameters/fickle"
#define TIMES	"/sys/module/limen_emu/parameters/times"
#define LIMITS	"/sys/module/limen_emu/parameters/limits"
#define WARM	"/sys/module/limen_emu/parameters/warm"
#define MODES	"/sys/module/limen_emu/parameters/modes"
#define LIMEN	"/sys/module/limen/parameters/"

/* Of the driver: how many resets a minute it takes. */
#define RESETS_MAX	"/sys/module/limen/parameters/resets_max"

/* Of the driver's parameter, as it is without us. */
#define WATCHDOG_MS	1000

/* As long as a knob can have an entry take. */
#define HOLD_MS		60000

/* The first emulated board that is plugged in, even if no driver is bound. */
static const char *any_device(char *name, size_t size)
{
	glob_t devices;

	if (glob(DEVICES, 0, NULL, &devices))
		return NULL;
	snprintf(name, size, "%s", basename(devices.gl_pathv[0]));
	globfree(&devices);
	return name;
}

/* The name on the platform bus of the board behind the node. */
const char *emu_device(void)
{
	static char name[64];
	const char *node = limen_node();
	char link[64], target[256];
	struct stat status;
	ssize_t length;

	if (!node || stat(node, &status))
		return name[0] ? name : any_device(name, sizeof(name));
	snprintf(link, sizeof(link), "/sys/dev/char/%u:%u/device",
		 major(status.st_rdev), minor(status.st_rdev));
	length = readlink(link, target, sizeof(target) - 1);
	if (length < 0)
		return NULL;
	target[length] = '\0';
	snprintf(name, sizeof(name), "%s", basename(target));
	return name;
}

static int knob_path(const char *knob, char *path, size_t size)
{
	const char *device = emu_device();

	if (!device)
		return -ENODEV;
	snprintf(path, size, KNOBS "/%s/%s", device, knob);
	return 0;
}

bool emu_present(void)
{
	char path[256];

	return !knob_path("hang", path, sizeof(path)) && !access(path, W_OK);
}

int emu_set(const char *knob, __u64 value)
{
	char path[256], text[32];
	int ret = knob_path(knob, path, sizeof(path));

	if (ret)
		return ret;
	snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	return write_file(path, text);
}

int emu_get(const char *knob, __u64 *value)
{
	char path[256], text[32];
	int ret = knob_path(knob, path, sizeof(path));

	if (!ret)
		ret = read_file(path, text, sizeof(text));
	if (!ret)
		*value = strtoull(text, NULL, 0);
	return ret;
}

int emu_slow(unsigned int msec)
{
	return emu_set("delay_us", msec * 1000ULL);
}

static int write_number(const char *path, unsigned int value)
{
	char text[32];

	snprintf(text, sizeof(text), "%u", value);
	return write_file(path, text);
}

/* A parameter of the driver, not of the board. */
int driver_set(const char *parameter, unsigned int value)
{
	char path[128];

	snprintf(path, sizeof(path), LIMEN "%s", parameter);
	return write_number(path, value);
}

int driver_get(const char *parameter, unsigned int *value)
{
	char path[128], text[32];
	int ret;

	snprintf(path, sizeof(path), LIMEN "%s", parameter);
	ret = read_file(path, text, sizeof(text));
	if (!ret)
		*value = strtoul(text, NULL, 0);
	return ret;
}

/* How long the board may be silent, until emu_calm(). */
int emu_watchdog(unsigned int msec)
{
	return driver_set("watchdog_ms", msec);
}

/* How many emulated boards there are from now on. */
int emu_boards(unsigned int count)
{
	return write_number(BOARDS, count);
}

/* What boards say of themselves, from when they are bound next. */
int emu_fickle(unsigned int mood)
{
	return write_number(FICKLE, mood);
}

/* What they say that resets, aborts and stops of rings take, likewise; NULL: as it is. */
int emu_times(const char *times)
{
	return write_file(TIMES, times ?: "5000,100,1000");
}

/* The bits of bus addresses, log2 of rings and rows of scans that they tell, likewise. */
int emu_limits(const char *limits)
{
	return write_file(LIMITS, limits ?: "64,12,1024");
}

/* The temperatures from which they are too warm, and may fail, likewise. */
int emu_warm(const char *warm)
{
	return write_file(WARM, warm ?: "85000,100000");
}

/* How many modes of the camera they tell, and what the first one is, likewise. */
int emu_modes(const char *modes)
{
	return write_file(MODES, modes ?: "8,31457920,33333,1");
}

/* The node of the emulated board of that number. */
bool emu_node(unsigned int number, char *path, size_t size)
{
	char pattern[128];
	glob_t nodes;

	snprintf(pattern, sizeof(pattern),
		 "/sys/bus/platform/devices/limen_emu.%u/accel/accel*", number);
	if (glob(pattern, 0, NULL, &nodes))
		return false;
	snprintf(path, size, "/dev/accel/%s", basename(nodes.gl_pathv[0]));
	globfree(&nodes);
	return true;
}

/*
 * What the board is given from now on is under way until emu_slow() or emu_calm():
 * for a minute each, and nothing is done about it.
 */
int emu_hold(void)
{
	return emu_watchdog(HOLD_MS) ?: emu_slow(HOLD_MS);
}

/* Whether a knob comes to have a value. */
bool emu_becomes(const char *knob, __u64 value)
{
	__s64 end = in_ns(PATIENCE);
	__u64 now = ~value;

	while (!emu_get(knob, &now) && now != value && now_ns() < end)
		sleep_ms(1);
	return now == value;
}

/*
 * All knobs back to where nothing goes wrong. Tests have the board reset more often
 * than any board should need it: it is not given up for that.
 */
int emu_calm(void)
{
	static const char * const knobs[] = {
		"fail", "hang", "crash", "endless", "deaf", "stick_ring",
		"corrupt_flags", "drop_irq", "corrupt_seq",
		"corrupt_cookie", "corrupt_status", "corrupt_count",
		"corrupt_fewer", "corrupt_score", "wrong_score", "corrupt_rows",
		"corrupt_order", "delay_us", "stick", "overtake", "lazy",
		"wipe_ms", "wake", "refuse", "prompt", "overrun", "moody",
		"posted", "linger", "skip", "abandon",
		"error_cause", "ecc_corrected", "ecc_uncorrected", "counters",
	};
	int ret = emu_watchdog(WATCHDOG_MS);
	size_t i;

	if (ret)
		return ret;
	for (i = 0; i < sizeof(knobs) / sizeof(knobs[0]); i++) {
		ret = emu_set(knobs[i], 0);
		if (ret)
			return ret;
	}
	return write_file(RESETS_MAX, "0");
}

int emu_unbind(void)
{
	const char *device = emu_device();

	return device ? write_file(DRIVER "/unbind", device) : -ENODEV;
}

int emu_bind(void)
{
	const char *device = emu_device();

	return device ? write_file(DRIVER "/bind", device) : -ENODEV;
}

int uevent_open(void)
{
	const struct sockaddr_nl address = {
		.nl_family = AF_NETLINK,
		.nl_groups = 1,
	};
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC,
			NETLINK_KOBJECT_UEVENT);

	if (fd >= 0 && bind(fd, (const struct sockaddr *)&address,
			    sizeof(address))) {
		close(fd);
		return -errno;
	}
	return fd < 0 ? -errno : fd;
}

/* An event is a sequence of strings, its properties. */
static bool uevent_has(const char *event, size_t size, const char *property)
{
	const char *end = event + size;

	for (; event < end; event += strlen(event) + 1)
		if (!strcmp(event, property))
			return true;
	return false;
}

/* Whether an event of the node comes that has a property. */
bool uevent_wait(int fd, const char *property, __s64 nsec)
{
	struct pollfd poller = { .fd = fd, .events = POLLIN };
	const char *node = limen_node();
	__s64 end = in_ns(nsec), left;
	char event[8192], name[64];
	ssize_t got;

	if (!node)
		return false;
	snprintf(name, sizeof(name), "DEVNAME=%s", node + strlen("/dev/"));
	while ((left = end - now_ns()) > 0) {
		if (poll(&poller, 1, left / NSEC_PER_MSEC + 1) <= 0)
			continue;
		got = recv(fd, event, sizeof(event) - 1, 0);
		if (got <= 0)
			continue;
		event[got] = '\0';
		if (uevent_has(event, got, name) &&
		    uevent_has(event, got, property))
			return true;
	}
	return false;
}

/* Number of the last line of the kernel's log. */
long kmsg_mark(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	char record[8192];
	long last = -1;
	ssize_t got;

	if (fd < 0)
		return -1;
	while ((got = read(fd, record, sizeof(record) - 1)) > 0 ||
	       (got < 0 && errno == EPIPE)) {
		if (got < 0)
			continue;
		record[got] = '\0';
		sscanf(record, "%*u,%ld,", &last);
	}
	close(fd);
	return last;
}

/*
 * kmemleak suspects "memory leaks"; what else it says, such as that it itself found
 * no memory when failures are injected, is no complaint.
 */
static bool is_complaint(const char *text)
{
	static const char * const words[] = {
		"WARNING:", "BUG:", "Oops", "KASAN", "UBSAN", "refcount_t",
		"general protection", "possible recursive", "DMA-API:",
		"possible circular", "memory leak", "leaked",
		"DEBUG_LOCKS_WARN", "INFO: task",
	};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strstr(text, words[i]))
			return true;
	return false;
}

/* How many lines with a word have been said since. */
unsigned int kmsg_count(long mark, const char *word)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	unsigned int count = 0;
	char record[8192];
	ssize_t got;
	long number;

	if (fd < 0)
		return 0;
	while ((got = read(fd, record, sizeof(record) - 1)) > 0 ||
	       (got < 0 && errno == EPIPE)) {
		if (got < 0)
			continue;
		record[got] = '\0';
		if (sscanf(record, "%*u,%ld,", &number) == 1 && number > mark &&
		    strstr(record, word))
			count++;
	}
	close(fd);
	return count;
}

bool kmsg_clean(long mark, char *line, size_t size)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	char record[8192];
	bool clean = true;
	ssize_t got;
	long number;

	if (fd < 0)
		return false;
	while (clean && ((got = read(fd, record, sizeof(record) - 1)) > 0 ||
			 (got < 0 && errno == EPIPE))) {
		if (got < 0)
			continue;
		record[got] = '\0';
		if (sscanf(record, "%*u,%ld,", &number) != 1 || number <= mark)
			continue;
		if (is_complaint(record)) {
			snprintf(line, size, "%s", record);
			clean = false;
		}
	}
	close(fd);
	return clean;
}
