// SPDX-License-Identifier: GPL-2.0-only
/*
 * Failures of memory in the calling thread: the kernel counts the places where an
 * allocation or a copy to or from user space could fail, and lets one of them. Only
 * places that the driver has led to count (its code is on the stack), so that
 * system calls as such, page faults of ours and the bus's own work stay out of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"

#define DEBUGFS	"/sys/kernel/debug"

static int fail_nth = -1;

/*
 * Where memory is not to fail: when this function of DRM finds none, its caller
 * drm_minor_alloc(), at least until Linux 6.12, puts a device that is an error
 * pointer, and that is the end of the machine.
 */
#define SPARED	"drm_sysfs_minor_alloc"

/* Code, from its first byte to behind its last one. */
struct text {
	unsigned long long start;
	unsigned long long end;
};

/* The module's code, and the function that is spared, as the symbols say. */
static int find_text(struct text *driver, struct text *spared)
{
	FILE *symbols = fopen("/proc/kallsyms", "r");
	char line[512], name[256], module[64], type;
	unsigned long long at;

	if (!symbols)
		return -errno;
	*driver = (struct text) { .start = UINT64_MAX };
	*spared = (struct text) { .start = 0 };
	while (fgets(line, sizeof(line), symbols)) {
		module[0] = '\0';
		if (sscanf(line, "%llx %c %255s %63s", &at, &type, name,
			   module) < 3 || !strchr("tT", type))
			continue;
		/* The kernel's own are in order. */
		if (spared->start && !spared->end)
			spared->end = at;
		if (!strcmp(name, SPARED))
			spared->start = at;
		if (strcmp(module, "[limen]"))
			continue;
		if (at < driver->start)
			driver->start = at;
		if (at > driver->end)
			driver->end = at;
	}
	fclose(symbols);
	/* A function's end may lie in the next page; nothing else lies there. */
	driver->end = (driver->end & ~(PAGE - 1)) + 2 * PAGE;
	return driver->start && spared->end ? 0 : -EPERM;
}

static int set(const char *kind, const char *name, __u64 value)
{
	char path[128], text[32];

	snprintf(path, sizeof(path), DEBUGFS "/%s/%s", kind, name);
	snprintf(text, sizeof(text), "%#llx", (unsigned long long)value);
	return write_file(path, text);
}

static int prepare(const char *kind, const struct text *driver,
		   const struct text *spared)
{
	return set(kind, "verbose", 0) ?:
	       set(kind, "require-start", driver->start) ?:
	       set(kind, "require-end", driver->end) ?:
	       set(kind, "reject-start", spared->start) ?:
	       set(kind, "reject-end", spared->end) ?:
	       set(kind, "stacktrace-depth", 32);
}

/**
 * inject_init() - tell the kernel which places count; once a program
 *
 * Return: 0, or a negative errno where the kernel cannot inject failures.
 */
int inject_init(void)
{
	struct text driver, spared;
	int ret;

	if (access("/proc/thread-self/fail-nth", W_OK))
		return -errno;
	ret = find_text(&driver, &spared);
	/* Also what may sleep, and single pages. */
	return ret ?: prepare("failslab", &driver, &spared) ?:
	       prepare("fail_page_alloc", &driver, &spared) ?:
	       prepare("fail_usercopy", &driver, &spared) ?:
	       set("failslab", "ignore-gfp-wait", 0) ?:
	       set("fail_page_alloc", "ignore-gfp-wait", 0) ?:
	       set("fail_page_alloc", "ignore-gfp-highmem", 0) ?:
	       set("fail_page_alloc", "min-order", 0);
}

/* The next symbol of the module at or behind an address, of this name or of any; or ones. */
static unsigned long long next_symbol(unsigned long long from, const char *wanted)
{
	unsigned long long at, next = UINT64_MAX;
	FILE *symbols = fopen("/proc/kallsyms", "r");
	char line[512], name[256], module[64], type;

	while (symbols && fgets(line, sizeof(line), symbols)) {
		if (sscanf(line, "%llx %c %255s %63s", &at, &type, name,
			   module) == 4 && strchr("tT", type) &&
		    !strcmp(module, "[limen]") && at >= from && at < next &&
		    (!wanted || !strcmp(name, wanted)))
			next = at;
	}
	if (symbols)
		fclose(symbols);
	return next;
}

static int require(const char *kind, const struct text *text)
{
	return set(kind, "require-start", text->start) ?:
	       set(kind, "require-end", text->end);
}

/**
 * inject_within() - of all places, only those count that a function has led to
 * @function: of the driver's; after inject_init()
 *
 * Return: 0 or a negative errno.
 */
int inject_within(const char *function)
{
	struct text text = { .start = next_symbol(0, function) };

	if (text.start == UINT64_MAX)
		return -ENOENT;
	text.end = next_symbol(text.start + 1, NULL);
	return require("failslab", &text) ?:
	       require("fail_page_alloc", &text) ?:
	       require("fail_usercopy", &text);
}

/**
 * inject_open() - once a process, before it arms anything
 *
 * Return: 0 or a negative errno.
 */
int inject_open(void)
{
	fail_nth = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	return fail_nth < 0 ? -errno : 0;
}

/**
 * inject_arm() - the next but so many places of this thread fails
 * @nth: 1 for the next one
 *
 * Return: 0 or a negative errno.
 */
int inject_arm(unsigned int nth)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%u", nth);

	return pwrite(fail_nth, text, length, 0) == length ? 0 : -errno;
}

/**
 * inject_disarm() - no place of this thread fails any more
 *
 * Return: whether one did since inject_arm().
 */
bool inject_disarm(void)
{
	char text[16] = "";
	bool done = pread(fail_nth, text, sizeof(text) - 1, 0) > 0 &&
		    !atoi(text);

	if (!done && inject_arm(0))
		abort();
	return done;
}
