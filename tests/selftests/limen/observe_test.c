// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whatever tells what a board does: statistics, perf events, tracepoints, sensors,
 * debugfs and dumps. They agree with what was submitted, and with each other, and
 * tell nothing of templates and scores.
 */
#include <dirent.h>
#include <glob.h>
#include <libgen.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "limen_kselftest.h"

#define BATCH	6
#define RESULT	PAGE
#define STEP	256
#define DIM	128
#define ROWS	64
#define TOP	4

/* What a comparison does not take, on any machine, unless it is made to. */
#define LONG_MS	3000

FIXTURE(observe)
{
	int fd;
	unsigned int minor;
	struct bo host;
	struct bo card;
	__u32 express;
	__u32 scan;
	struct drm_limen_compare compares[BATCH];
	struct drm_limen_scan scans[BATCH];
	long mark;
};

FIXTURE_SETUP(observe)
{
	__u32 gallery;
	int i;

	OPEN_OR_SKIP(self->fd);
	EMU_OR_SKIP();
	ASSERT_EQ(0, emu_calm());
	self->mark = kmsg_mark();
	ASSERT_EQ(1, sscanf(limen_node(), "/dev/accel/accel%u", &self->minor));
	ASSERT_EQ(0, bo_new(self->fd, 4 * PAGE, 0, &self->host));
	fill_vector((__s8 *)self->host.map, 1024, PATTERN_RANDOM, 21);
	ASSERT_EQ(0, bo_new(self->fd, ROWS * DIM, DRM_LIMEN_BO_CARD,
			    &self->card));
	fill_rows((__s8 *)self->card.map, ROWS, DIM, DIM, 22);
	ASSERT_EQ(0, gallery_simple(self->fd, &self->card, DIM, ROWS,
				    &gallery));
	for (i = 0; i < BATCH; i++) {
		self->compares[i] = compare_at(&self->host, 0, 512,
					       RESULT + i * STEP, DIM);
		self->scans[i] = scan_at(&self->host, gallery,
					 RESULT + i * STEP, ROWS - i, TOP);
	}
	ASSERT_EQ(0, queue_create(self->fd, DRM_LIMEN_QUEUE_EXPRESS,
				  &self->express));
	ASSERT_EQ(0, queue_create(self->fd, DRM_LIMEN_QUEUE_SCAN, &self->scan));
}

FIXTURE_TEARDOWN(observe)
{
	char line[256];

	EXPECT_EQ(0, emu_calm());
	EXPECT_TRUE(kmsg_clean(self->mark, line, sizeof(line))) {
		TH_LOG("%s", line);
	}
	close(self->fd);
}

static int compare(FIXTURE_DATA(observe) *self, __u32 count, __s64 timeout)
{
	return submit_compares(self->fd, self->express, self->compares, count,
			       timeout);
}

static int scan(FIXTURE_DATA(observe) *self, __u32 count, __s64 timeout)
{
	return submit_scans(self->fd, self->scan, self->scans, count, timeout);
}

static const volatile __s32 *error_of(FIXTURE_DATA(observe) *self, int i)
{
	return (__s32 *)(self->host.map + RESULT + i * STEP);
}

static __u64 sum(const __u64 *numbers, size_t count)
{
	__u64 total = 0;

	while (count--)
		total += *numbers++;
	return total;
}

/* Statistics */

TEST_F(observe, comparisons_are_counted)
{
	struct drm_limen_stats before, after;
	__u64 busy = 0, longest;
	int i;

	ASSERT_EQ(0, limen_stats(self->fd, &before));
	ASSERT_EQ(0, compare(self, BATCH, PATIENCE));
	for (i = 0; i < BATCH; i++)
		busy += compare_result(&self->host,
				       RESULT + i * STEP)->device_ns;
	ASSERT_EQ(0, compare(self, 1, PATIENCE));
	busy += compare_result(&self->host, RESULT)->device_ns;
	ASSERT_EQ(0, limen_stats(self->fd, &after));

	EXPECT_EQ(BATCH + 1, after.comparisons - before.comparisons);
	EXPECT_EQ(2, after.doorbells - before.doorbells);
	EXPECT_EQ(busy, after.express_busy_ns - before.express_busy_ns);
	EXPECT_LT(before.express_cycles, after.express_cycles);
	EXPECT_LT(before.stall_ns, after.stall_ns);
	EXPECT_GE(after.express_busy_ns, after.stall_ns);
	EXPECT_EQ(BATCH + 1, sum(after.latencies, DRM_LIMEN_LATENCIES) -
			     sum(before.latencies, DRM_LIMEN_LATENCIES));
	EXPECT_EQ(after.comparisons, sum(after.latencies, DRM_LIMEN_LATENCIES));
	EXPECT_EQ(before.rows, after.rows);
	EXPECT_EQ(before.chunks, after.chunks);
	EXPECT_EQ(before.scan_busy_ns, after.scan_busy_ns);
	EXPECT_EQ(0, after.pad);

	/* The longest wait lies in the highest of the filled classes. */
	longest = after.express_wait_max_ns;
	for (i = DRM_LIMEN_LATENCIES - 1; !after.latencies[i]; i--)
		ASSERT_LT(0, i);
	EXPECT_EQ(i, longest < 2 ? 0 : 63 - __builtin_clzll(longest));
}

/*
 * Each of the two has one at least, though who polls may have his answer before
 * the interrupt.
 */
TEST_F(observe, interrupts_are_counted)
{
	struct drm_limen_stats before, after;
	__s64 end = in_ns(PATIENCE);

	ASSERT_EQ(0, limen_stats(self->fd, &before));
	ASSERT_EQ(0, compare(self, BATCH, PATIENCE));
	ASSERT_EQ(0, compare(self, 1, PATIENCE));
	do {
		ASSERT_EQ(0, limen_stats(self->fd, &after));
	} while (after.interrupts < before.interrupts + 2 && now_ns() < end);
	EXPECT_LE(2, after.interrupts - before.interrupts);
	EXPECT_GE(BATCH + 1, after.interrupts - before.interrupts);
}

TEST_F(observe, scans_are_counted)
{
	struct drm_limen_stats before, after;
	__u64 busy = 0, rows = 0;
	int i;

	ASSERT_EQ(0, limen_stats(self->fd, &before));
	ASSERT_EQ(0, scan(self, BATCH, PATIENCE));
	for (i = 0; i < BATCH; i++) {
		busy += scan_result(&self->host, RESULT + i * STEP)->device_ns;
		rows += self->scans[i].row_count;
	}
	ASSERT_EQ(0, limen_stats(self->fd, &after));

	EXPECT_EQ(rows, after.rows - before.rows);
	EXPECT_LE(BATCH, after.chunks - before.chunks);
	EXPECT_EQ(busy, after.scan_busy_ns - before.scan_busy_ns);
	EXPECT_LT(before.scan_cycles, after.scan_cycles);
	EXPECT_LT(before.doorbells, after.doorbells);
	EXPECT_LT(before.interrupts, after.interrupts);
	EXPECT_EQ(before.comparisons, after.comparisons);
	EXPECT_EQ(before.express_busy_ns, after.express_busy_ns);
	EXPECT_EQ(before.express_wait_max_ns, after.express_wait_max_ns);
	EXPECT_EQ(0, memcmp(before.latencies, after.latencies,
			    sizeof(before.latencies)));
}

TEST_F(observe, depths_are_those_of_now)
{
	struct drm_limen_stats stats;
	int i, other;

	ASSERT_EQ(0, limen_stats(self->fd, &stats));
	EXPECT_EQ(0, stats.express_depth);
	EXPECT_EQ(0, stats.scan_depth);
	EXPECT_EQ(1, stats.files);

	OPEN_OR_SKIP(other);
	ASSERT_EQ(0, emu_hold());
	ASSERT_EQ(0, compare(self, 3, 0));
	ASSERT_EQ(0, limen_stats(self->fd, &stats));
	EXPECT_EQ(3, stats.express_depth);
	EXPECT_EQ(0, stats.scan_depth);
	EXPECT_EQ(2, stats.files);
	ASSERT_EQ(0, emu_slow(0));
	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, wait_result(error_of(self, i), PATIENCE));
	close(other);

	ASSERT_EQ(0, emu_hold());
	ASSERT_EQ(0, scan(self, 2, 0));
	ASSERT_EQ(0, limen_stats(self->fd, &stats));
	EXPECT_EQ(0, stats.express_depth);
	EXPECT_EQ(2, stats.scan_depth);
	EXPECT_EQ(1, stats.files);
	ASSERT_EQ(0, emu_slow(0));
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, wait_result(error_of(self, i), PATIENCE));
	ASSERT_EQ(0, limen_stats(self->fd, &stats));
	EXPECT_EQ(0, stats.scan_depth);
}

/* Has the board report a fatal error, and waits until it is being reset for it. */
static bool fail_and_reset(int fd)
{
	struct drm_limen_device_info info;
	__s64 end = in_ns(PATIENCE);
	__u32 resets;

	if (limen_device_info(fd, &info))
		return false;
	resets = info.resets;
	if (emu_set("fatal", 1))
		return false;
	while (info.resets == resets && now_ns() < end) {
		sleep_ms(1);
		if (limen_device_info(fd, &info))
			return false;
	}
	return info.resets != resets;
}

/* The board forgets its counters in a reset; the driver does not. */
TEST_F(observe, nothing_falls_in_a_reset)
{
	struct drm_limen_stats before, after;

	ASSERT_EQ(0, compare(self, BATCH, PATIENCE));
	ASSERT_EQ(0, limen_stats(self->fd, &before));
	ASSERT_TRUE(fail_and_reset(self->fd));
	ASSERT_EQ(0, compare(self, 1, PATIENCE));
	ASSERT_EQ(0, limen_stats(self->fd, &after));
	EXPECT_LT(before.stall_ns, after.stall_ns);
	EXPECT_EQ(before.comparisons + 1, after.comparisons);
	EXPECT_LT(before.interrupts, after.interrupts);
}

/* fdinfo */

/* The number behind a key, or -1 if it is not there with its unit. */
static long long fdinfo(int fd, const char *key, const char *unit)
{
	char path[64], text[2048], format[64], end[8];
	const char *at;
	long long value;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	if (read_file(path, text, sizeof(text)))
		return -1;
	snprintf(format, sizeof(format), "\n%s:\t", key);
	at = strstr(text, format);
	if (!at || sscanf(at + strlen(format), "%lld%7[^\n]", &value, end) !=
			   (unit[0] ? 2 : 1) || (unit[0] && strcmp(end, unit)))
		return -1;
	return value;
}

TEST_F(observe, fdinfo_tells_of_this_file)
{
	struct drm_limen_stats before, after;
	int other;

	OPEN_OR_SKIP(other);
	ASSERT_EQ(0, limen_stats(self->fd, &before));
	EXPECT_EQ(0, fdinfo(self->fd, "drm-engine-express", " ns"));
	EXPECT_EQ(0, fdinfo(self->fd, "drm-cycles-express", ""));
	ASSERT_EQ(0, compare(self, BATCH, PATIENCE));
	ASSERT_EQ(0, scan(self, 2, PATIENCE));
	ASSERT_EQ(0, limen_stats(self->fd, &after));

	EXPECT_EQ(after.express_busy_ns - before.express_busy_ns,
		  fdinfo(self->fd, "drm-engine-express", " ns"));
	EXPECT_EQ(after.scan_busy_ns - before.scan_busy_ns,
		  fdinfo(self->fd, "drm-engine-scan", " ns"));
	EXPECT_EQ(after.express_cycles - before.express_cycles,
		  fdinfo(self->fd, "drm-cycles-express", ""));
	EXPECT_EQ(after.scan_cycles - before.scan_cycles,
		  fdinfo(self->fd, "drm-cycles-scan", ""));
	EXPECT_EQ(self->host.size / 1024,
		  fdinfo(self->fd, "drm-total-host", " KiB"));
	EXPECT_EQ(self->card.size / 1024,
		  fdinfo(self->fd, "drm-total-card", " KiB"));
	EXPECT_EQ(self->card.size / 1024,
		  fdinfo(self->fd, "drm-resident-card", " KiB"));
	EXPECT_LT(0, fdinfo(self->fd, "drm-client-id", ""));

	/* Somebody else's does not change by it. */
	EXPECT_EQ(0, fdinfo(other, "drm-engine-express", " ns"));
	EXPECT_EQ(0, fdinfo(other, "drm-total-host", " KiB"));
	EXPECT_EQ(0, fdinfo(other, "drm-total-card", " KiB"));
	EXPECT_NE(fdinfo(self->fd, "drm-client-id", ""),
		  fdinfo(other, "drm-client-id", ""));
	close(other);
}

/* Memory that only galleries hold any more is this file's as well, and counted once. */
TEST_F(observe, fdinfo_counts_galleries)
{
	static const char key[] = "drm-total-card";
	long long before = fdinfo(self->fd, key, " KiB");
	__u32 galleries[2];
	unsigned int i;
	struct bo bo;
	__s64 end;

	ASSERT_LE(0, before);
	ASSERT_EQ(0, bo_new(self->fd, 4 * PAGE, DRM_LIMEN_BO_CARD, &bo));
	EXPECT_EQ(before + 16, fdinfo(self->fd, key, " KiB"));
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, gallery_simple(self->fd, &bo, DIM, 4,
					    &galleries[i]));
		EXPECT_EQ(before + 16, fdinfo(self->fd, key, " KiB"));
	}
	bo_free(self->fd, &bo);
	EXPECT_EQ(before + 16, fdinfo(self->fd, key, " KiB"));
	EXPECT_EQ(before + 16, fdinfo(self->fd, "drm-resident-card", " KiB"));
	ASSERT_EQ(0, gallery_destroy(self->fd, galleries[0]));
	EXPECT_EQ(before + 16, fdinfo(self->fd, key, " KiB"));
	ASSERT_EQ(0, gallery_destroy(self->fd, galleries[1]));
	/* It is wiped before it is given back. */
	end = in_ns(PATIENCE);
	while (fdinfo(self->fd, key, " KiB") != before && now_ns() < end)
		sleep_ms(1);
	EXPECT_EQ(before, fdinfo(self->fd, key, " KiB"));
}

/* perf events */

#define EVENTS	"/sys/bus/event_source/devices/limen%u/"

static const char * const event_names[] = {
	"express_busy", "scan_busy", "stalls", "express_wait_max", "rows",
	"comparisons", "chunks", "doorbells", "interrupts",
};

static int event_file(unsigned int minor, const char *file, char *text,
		      size_t size)
{
	char path[128];

	snprintf(path, sizeof(path), EVENTS "%s", minor, file);
	return read_file(path, text, size);
}

static int event_attr(unsigned int minor, const char *name,
		      struct perf_event_attr *attr)
{
	char file[64], text[64];
	unsigned int type, config;

	snprintf(file, sizeof(file), "events/%s", name);
	if (event_file(minor, "type", text, sizeof(text)) ||
	    sscanf(text, "%u", &type) != 1 ||
	    event_file(minor, file, text, sizeof(text)) ||
	    sscanf(text, "event=%x", &config) != 1)
		return -ENOENT;
	*attr = (struct perf_event_attr) {
		.type = type,
		.size = sizeof(*attr),
		.config = config,
		.disabled = 1,
	};
	return 0;
}

static int event_open_attr(struct perf_event_attr *attr, pid_t pid, int cpu)
{
	int fd = syscall(SYS_perf_event_open, attr, pid, cpu, -1,
			 PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int event_open(unsigned int minor, const char *name)
{
	struct perf_event_attr attr;
	char text[64];
	int cpu;

	if (event_file(minor, "cpumask", text, sizeof(text)) ||
	    sscanf(text, "%d", &cpu) != 1)
		return -ENOENT;
	return event_attr(minor, name, &attr) ?:
	       event_open_attr(&attr, -1, cpu);
}

static __u64 event_value(int event)
{
	__u64 value = ~0ULL;

	return read(event, &value, sizeof(value)) == sizeof(value) ? value :
								     ~0ULL;
}

/* A wait that no other reaches, however slow the machine. */
static int compare_long(FIXTURE_DATA(observe) *self)
{
	return emu_hold() ?: emu_slow(LONG_MS) ?: compare(self, 1, PATIENCE) ?:
	       emu_calm();
}

TEST_F(observe, perf_counts_as_the_statistics_do)
{
	struct drm_limen_stats before, after, later;
	int i, events[ARRAY_SIZE(event_names)];
	__u64 longest;

	/* Before anybody has asked for the longest one. */
	ASSERT_EQ(0, compare_long(self));

	ASSERT_EQ(0, limen_stats(self->fd, &before));
	for (i = 0; i < ARRAY_SIZE(event_names); i++) {
		events[i] = event_open(self->minor, event_names[i]);
		ASSERT_LE(0, events[i]) TH_LOG("%s", event_names[i]);
		EXPECT_EQ(0, event_value(events[i]));
		ASSERT_EQ(0, ioctl(events[i], PERF_EVENT_IOC_ENABLE, 0));
	}
	ASSERT_EQ(0, compare(self, BATCH, PATIENCE));
	ASSERT_EQ(0, scan(self, 2, PATIENCE));
	ASSERT_EQ(0, limen_stats(self->fd, &after));

	EXPECT_EQ(after.express_busy_ns - before.express_busy_ns,
		  event_value(events[0]));
	EXPECT_EQ(after.scan_busy_ns - before.scan_busy_ns,
		  event_value(events[1]));
	EXPECT_EQ(after.stall_ns - before.stall_ns, event_value(events[2]));
	EXPECT_LT(0, event_value(events[3]));
	EXPECT_GT(after.express_wait_max_ns, event_value(events[3]));
	EXPECT_EQ(2 * ROWS - 1, event_value(events[4]));
	EXPECT_EQ(BATCH, event_value(events[5]));
	EXPECT_EQ(after.chunks - before.chunks, event_value(events[6]));
	EXPECT_EQ(after.doorbells - before.doorbells, event_value(events[7]));
	/* Who polled an answer may be here before its interrupt is. */
	EXPECT_LE(after.interrupts - before.interrupts, event_value(events[8]));
	ASSERT_EQ(0, ioctl(events[8], PERF_EVENT_IOC_DISABLE, 0));
	ASSERT_EQ(0, limen_stats(self->fd, &later));
	EXPECT_GE(later.interrupts - before.interrupts, event_value(events[8]));

	/* What is disabled does not count. */
	for (i = 0; i < ARRAY_SIZE(event_names); i++)
		ASSERT_EQ(0, ioctl(events[i], PERF_EVENT_IOC_DISABLE, 0));
	longest = event_value(events[3]);
	ASSERT_EQ(0, compare_long(self));
	EXPECT_EQ(BATCH, event_value(events[5]));
	EXPECT_EQ(longest, event_value(events[3]));
	ASSERT_EQ(0, ioctl(events[3], PERF_EVENT_IOC_ENABLE, 0));
	ASSERT_EQ(0, compare_long(self));
	EXPECT_LE(LONG_MS * NSEC_PER_MSEC, event_value(events[3]));
	for (i = 0; i < ARRAY_SIZE(event_names); i++)
		close(events[i]);
}

/* Opens both as a group, the first one disabled. */
static int group_open(unsigned int minor, const char *first, const char *second,
		      int events[2])
{
	struct perf_event_attr attr;
	char text[64];
	int i, cpu;

	if (event_file(minor, "cpumask", text, sizeof(text)) ||
	    sscanf(text, "%d", &cpu) != 1)
		return -ENOENT;
	for (i = 0; i < 2; i++) {
		if (event_attr(minor, i ? second : first, &attr))
			return -ENOENT;
		attr.disabled = !i;
		attr.read_format = PERF_FORMAT_GROUP;
		events[i] = syscall(SYS_perf_event_open, &attr, -1, cpu,
				    i ? events[0] : -1, PERF_FLAG_FD_CLOEXEC);
		if (events[i] < 0)
			return -errno;
	}
	return 0;
}

struct searcher {
	FIXTURE_DATA(observe) *self;
	bool end;
	int ret;
};

static void *search_on(void *data)
{
	struct searcher *searcher = data;

	while (!searcher->ret && !__atomic_load_n(&searcher->end, __ATOMIC_RELAXED))
		searcher->ret = scan(searcher->self, BATCH / 2, PATIENCE);
	return NULL;
}

#define READS	3000

/* Each search reads as many rows; so does the sum of them, at any moment. */
TEST_F(observe, perf_group_is_of_one_moment)
{
	struct { __u64 count, values[2]; } group = { 0 };
	struct searcher searcher = { .self = self };
	unsigned int torn = 0, moments = 0;
	pthread_t thread;
	__u64 before = 0;
	int i, events[2];

	for (i = 0; i < BATCH; i++)
		self->scans[i].row_count = ROWS;
	ASSERT_EQ(0, group_open(self->minor, "rows", "chunks", events));
	ASSERT_EQ(0, ioctl(events[0], PERF_EVENT_IOC_ENABLE, 0));
	ASSERT_EQ(0, pthread_create(&thread, NULL, search_on, &searcher));
	for (i = 0; i < READS; i++) {
		ASSERT_EQ(sizeof(group), read(events[0], &group, sizeof(group)));
		torn += group.values[0] != ROWS * group.values[1];
		moments += group.values[1] != before;
		before = group.values[1];
	}
	__atomic_store_n(&searcher.end, true, __ATOMIC_RELAXED);
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(0, searcher.ret);
	EXPECT_EQ(2, group.count);
	EXPECT_EQ(0, torn);
	/* It did work meanwhile. */
	EXPECT_LT(1, moments);
	close(events[1]);
	close(events[0]);
}

/* Whatever the board says, what has been counted stays, and nothing leaps. */
TEST_F(observe, perf_counters_of_a_liar)
{
	struct drm_limen_stats before, after;
	int event = event_open(self->minor, "comparisons");
	unsigned int lie;

	ASSERT_LE(0, event);
	ASSERT_EQ(0, ioctl(event, PERF_EVENT_IOC_ENABLE, 0));
	ASSERT_EQ(0, compare(self, BATCH, PATIENCE));
	EXPECT_EQ(BATCH, event_value(event));
	ASSERT_EQ(0, limen_stats(self->fd, &before));
	for (lie = 1; lie <= 2; lie++) {
		ASSERT_EQ(0, emu_set("counters", lie));
		ASSERT_EQ(0, compare(self, 1, PATIENCE));
		EXPECT_EQ(BATCH + lie - 1, event_value(event));
		ASSERT_EQ(0, emu_set("counters", 0));
		EXPECT_EQ(BATCH + lie, event_value(event));
	}
	ASSERT_EQ(0, limen_stats(self->fd, &after));
	EXPECT_LT(before.stall_ns, after.stall_ns);
	EXPECT_GT(before.stall_ns + 60 * NSEC_PER_SEC, after.stall_ns);
	/* Those of before a reset are kept, and the board begins anew. */
	ASSERT_TRUE(fail_and_reset(self->fd));
	ASSERT_EQ(0, compare(self, 1, PATIENCE));
	EXPECT_EQ(BATCH + 3, event_value(event));
	close(event);
}

TEST_F(observe, perf_refuses)
{
	struct perf_event_attr attr, good;
	pid_t child;
	int status;

	ASSERT_EQ(0, event_attr(self->minor, "rows", &good));
	attr = good;
	attr.sample_period = 1000;
	EXPECT_GT(0, event_open_attr(&attr, -1, 0));
	attr = good;
	EXPECT_EQ(-EINVAL, event_open_attr(&attr, 0, 0));
	EXPECT_EQ(-EINVAL, event_open_attr(&attr, 0, -1));
	attr.config = ARRAY_SIZE(event_names);
	EXPECT_EQ(-EINVAL, event_open_attr(&attr, -1, 0));
	attr.config = ~0ULL;
	EXPECT_EQ(-EINVAL, event_open_attr(&attr, -1, 0));
	attr = good;
	attr.config1 = 1;
	EXPECT_EQ(-EINVAL, event_open_attr(&attr, -1, 0));
	attr = good;
	attr.config2 = 1;
	EXPECT_EQ(-EINVAL, event_open_attr(&attr, -1, 0));

	child = fork();
	ASSERT_LE(0, child);
	if (!child) {
		if (setgid(65534) || setuid(65534))
			_exit(1);
		_exit(event_open_attr(&good, -1, 0) == -EACCES ? 0 : 2);
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
}

TEST_F(observe, perf_events_outlive_the_board)
{
	int old[ARRAY_SIZE(event_names)], new, i;
	__u64 last;

	for (i = 0; i < ARRAY_SIZE(event_names); i++) {
		old[i] = event_open(self->minor, event_names[i]);
		ASSERT_LE(0, old[i]);
		ASSERT_EQ(0, ioctl(old[i], PERF_EVENT_IOC_ENABLE, 0));
	}
	ASSERT_EQ(0, compare(self, BATCH, PATIENCE));
	last = event_value(old[5]);
	EXPECT_EQ(BATCH, last);

	ASSERT_EQ(0, emu_unbind());
	EXPECT_EQ(last, event_value(old[5]));
	EXPECT_EQ(-ENODEV, event_open(self->minor, "comparisons"));
	ASSERT_EQ(0, ioctl(old[5], PERF_EVENT_IOC_DISABLE, 0));
	ASSERT_EQ(0, ioctl(old[5], PERF_EVENT_IOC_ENABLE, 0));
	/* The last of the old board, and with it the number of its node. */
	bo_free(self->fd, &self->host);
	bo_free(self->fd, &self->card);
	close(self->fd);
	ASSERT_EQ(0, emu_bind());
	self->fd = limen_open();
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(1, sscanf(limen_node(), "/dev/accel/accel%u", &self->minor));

	new = event_open(self->minor, "comparisons");
	ASSERT_LE(0, new);
	ASSERT_EQ(0, ioctl(new, PERF_EVENT_IOC_ENABLE, 0));
	ASSERT_EQ(0, bo_new(self->fd, 4 * PAGE, 0, &self->host));
	ASSERT_EQ(0, queue_create(self->fd, DRM_LIMEN_QUEUE_EXPRESS,
				  &self->express));
	self->compares[0] = compare_at(&self->host, 0, 512, RESULT, DIM);
	ASSERT_EQ(0, compare(self, 1, PATIENCE));
	EXPECT_EQ(1, event_value(new));
	EXPECT_EQ(last, event_value(old[5]));
	for (i = 0; i < ARRAY_SIZE(event_names); i++)
		close(old[i]);
	EXPECT_EQ(1, event_value(new));
	close(new);
}

#define CPU_ONLINE	"/sys/devices/system/cpu/cpu%u/online"

static int cpu_online(unsigned int cpu, const char *online)
{
	char path[64];

	snprintf(path, sizeof(path), CPU_ONLINE, cpu);
	return write_file(path, online);
}

static int event_cpu(unsigned int minor)
{
	char text[64], *end;
	long cpu;

	if (event_file(minor, "cpumask", text, sizeof(text)))
		return -ENOENT;
	/* One, of however many there are. */
	cpu = strtol(text, &end, 10);
	return *end == '\n' ? cpu : -EINVAL;
}

/* The processor that events belong to if it can be taken away, else another. */
static int removable_cpu(unsigned int minor)
{
	int cpu = event_cpu(minor), others = sysconf(_SC_NPROCESSORS_CONF);
	char path[64];

	do {
		snprintf(path, sizeof(path), CPU_ONLINE, cpu);
		if (!access(path, W_OK))
			return cpu;
		cpu = --others;
	} while (cpu >= 0);
	return -ENODEV;
}

/* Whether an event counts each comparison, and nothing else. */
static bool counts_on(FIXTURE_DATA(observe) *self, int event)
{
	__u64 before = event_value(event);

	return !compare(self, BATCH, PATIENCE) &&
	       event_value(event) == before + BATCH;
}

/*
 * Events belong to one processor, which may go. They do not stand still then,
 * whichever of the processors they were asked for on.
 */
TEST_F(observe, perf_events_outlive_their_cpu)
{
	struct perf_event_attr attr;
	int cpu, event, there, new;

	cpu = removable_cpu(self->minor);
	if (cpu < 0)
		SKIP(return, "no processor can be taken offline");
	ASSERT_EQ(0, event_attr(self->minor, "comparisons", &attr));
	attr.disabled = 0;
	event = event_open_attr(&attr, -1, event_cpu(self->minor));
	ASSERT_LE(0, event);
	there = event_open_attr(&attr, -1, cpu);
	ASSERT_LE(0, there);
	EXPECT_TRUE(counts_on(self, event));
	EXPECT_TRUE(counts_on(self, there));

	ASSERT_EQ(0, cpu_online(cpu, "0"));
	EXPECT_LE(0, event_cpu(self->minor));
	EXPECT_NE(cpu, event_cpu(self->minor));
	EXPECT_TRUE(counts_on(self, event));
	EXPECT_TRUE(counts_on(self, there));
	EXPECT_EQ(-ENODEV, event_open_attr(&attr, -1, cpu));
	new = event_open_attr(&attr, -1, event_cpu(self->minor));
	EXPECT_LE(0, new);
	EXPECT_TRUE(counts_on(self, new));

	ASSERT_EQ(0, cpu_online(cpu, "1"));
	EXPECT_LE(0, event_cpu(self->minor));
	EXPECT_TRUE(counts_on(self, event));
	EXPECT_TRUE(counts_on(self, there));
	EXPECT_TRUE(counts_on(self, new));
	close(new);
	new = event_open_attr(&attr, -1, cpu);
	EXPECT_LE(0, new);
	EXPECT_TRUE(counts_on(self, new));
	EXPECT_EQ(event_value(event), event_value(there));
	close(new);
	close(there);
	close(event);
}

/* Tracepoints */

#define TRACEFS	"/sys/kernel/tracing"
#define TRACE	TRACEFS "/instances/limen_selftest"

static int trace_begin(void)
{
	if (access(TRACEFS "/trace", F_OK) &&
	    mount("tracefs", TRACEFS, "tracefs", 0, NULL))
		return -errno;
	/*
	 * Nobody asks who it was, and to know that the kernel patches its
	 * scheduler, which an emulator with several processors may not survive.
	 */
	if (write_file(TRACEFS "/options/record-cmd", "0") ||
	    (mkdir(TRACE, 0700) && errno != EEXIST))
		return -errno;
	return write_file(TRACE "/trace", "\n") ?:
	       write_file(TRACE "/events/limen/enable", "1");
}

static void trace_end(void)
{
	write_file(TRACE "/events/limen/enable", "0");
	rmdir(TRACE);
}

/**
 * struct traced - what the trace of a submission tells
 * @at: how many events there were when this one came first, by kind
 * @count: of each kind
 * @job: of the submission
 * @seq: the highest of the entries started, given and done
 * @device_ns: of all done
 * @rows: of all started
 */
struct traced {
	int at[6];
	int count[6];
	unsigned long long job;
	unsigned int seq[6];
	unsigned long long device_ns;
	unsigned int rows;
	int bad;
};

static const char * const kinds[] = {
	"limen_submit", "limen_start", "limen_doorbell", "limen_interrupt",
	"limen_done", "limen_wake",
};

static void trace_field(const char *text, const char *name,
			unsigned long long *value)
{
	char *at = strstr(text, name);

	if (at)
		*value = strtoull(at + strlen(name), NULL, 0);
}

static void trace_line(const char *line, int number, const char *ring,
		       struct traced *traced)
{
	unsigned long long job = 0, seq = 0, ns = 0, rows = 0;
	char kind[32], name[48];
	const char *text;
	int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		snprintf(kind, sizeof(kind), "%s: ", kinds[i]);
		text = strstr(line, kind);
		if (text)
			break;
	}
	if (i == ARRAY_SIZE(kinds))
		return;
	snprintf(name, sizeof(name), " ring=%s ", ring);
	if (i != 3 && !strstr(text, name))
		traced->bad++;
	trace_field(text, " job=", &job);
	trace_field(text, " seq=", &seq);
	trace_field(text, " device_ns=", &ns);
	trace_field(text, " rows=", &rows);
	if (!traced->count[i]++)
		traced->at[i] = number;
	if (i == 0)
		traced->job = job;
	else if (job && job != traced->job)
		traced->bad++;
	/* One entry after the other. */
	if (seq && i != 2 && seq != traced->seq[i] + 1 && traced->seq[i])
		traced->bad++;
	traced->seq[i] = seq;
	traced->device_ns += ns;
	traced->rows += rows;
}

static int trace_read(const char *ring, struct traced *traced)
{
	FILE *file = fopen(TRACE "/trace", "r");
	char line[512];
	int number = 0;

	memset(traced, 0, sizeof(*traced));
	if (!file)
		return -errno;
	while (fgets(line, sizeof(line), file))
		trace_line(line, ++number, ring, traced);
	fclose(file);
	return 0;
}

TEST_F(observe, trace_of_comparisons)
{
	struct drm_limen_stats before, after;
	struct traced traced;

	ASSERT_EQ(0, trace_begin());
	ASSERT_EQ(0, limen_stats(self->fd, &before));
	ASSERT_EQ(0, compare(self, BATCH, PATIENCE));
	ASSERT_EQ(0, limen_stats(self->fd, &after));
	ASSERT_EQ(0, trace_read("express", &traced));
	trace_end();

	EXPECT_EQ(0, traced.bad);
	EXPECT_NE(0, traced.job);
	EXPECT_EQ(1, traced.count[0]);
	EXPECT_EQ(BATCH, traced.count[1]);
	EXPECT_EQ(1, traced.count[2]);
	/* Who polled the last answer may have been there before its interrupt. */
	EXPECT_LE(after.interrupts - before.interrupts, traced.count[3]);
	EXPECT_GE(BATCH, traced.count[3]);
	EXPECT_EQ(BATCH, traced.count[4]);
	EXPECT_EQ(1, traced.count[5]);
	EXPECT_EQ(traced.seq[1], traced.seq[2]);
	EXPECT_EQ(traced.seq[1], traced.seq[4]);
	EXPECT_EQ(after.express_busy_ns - before.express_busy_ns,
		  traced.device_ns);
	EXPECT_LT(traced.at[0], traced.at[1]);
	EXPECT_LT(traced.at[1], traced.at[2]);
	EXPECT_LT(traced.at[2], traced.at[4]);
	EXPECT_LT(traced.at[4], traced.at[5]);
}

TEST_F(observe, trace_of_a_scan)
{
	struct drm_limen_stats before, after;
	struct traced traced;

	ASSERT_EQ(0, trace_begin());
	ASSERT_EQ(0, limen_stats(self->fd, &before));
	ASSERT_EQ(0, scan(self, 1, PATIENCE));
	ASSERT_EQ(0, limen_stats(self->fd, &after));
	ASSERT_EQ(0, trace_read("scan", &traced));
	trace_end();

	EXPECT_EQ(0, traced.bad);
	EXPECT_EQ(1, traced.count[0]);
	EXPECT_EQ(after.chunks - before.chunks, traced.count[1]);
	EXPECT_EQ(after.chunks - before.chunks, traced.count[4]);
	EXPECT_EQ(ROWS, traced.rows);
	EXPECT_EQ(1, traced.count[5]);
	EXPECT_EQ(after.scan_busy_ns - before.scan_busy_ns, traced.device_ns);
	EXPECT_LT(traced.at[0], traced.at[1]);
	EXPECT_LT(traced.at[2], traced.at[4]);
	EXPECT_LT(traced.at[4], traced.at[5]);
}

/* Sensors */

static int sensor(const char *file, long *value)
{
	char pattern[128], text[32];
	glob_t found;
	int ret;

	snprintf(pattern, sizeof(pattern),
		 "/sys/bus/platform/devices/%s/hwmon/hwmon*/%s", emu_device(),
		 file);
	if (glob(pattern, 0, NULL, &found))
		return -ENOENT;
	ret = read_file(found.gl_pathv[0], text, sizeof(text));
	globfree(&found);
	if (!ret)
		*value = strtol(text, NULL, 10);
	return ret;
}

TEST_F(observe, sensors)
{
	char path[128];
	long value;

	ASSERT_EQ(0, emu_set("temperature", 61500));
	ASSERT_EQ(0, sensor("temp1_input", &value));
	EXPECT_EQ(61500, value);
	ASSERT_EQ(0, emu_set("power", 4294967));
	ASSERT_EQ(0, sensor("power1_input", &value));
	EXPECT_EQ(4294967000, value);

	snprintf(path, sizeof(path), "/sys/kernel/debug/limen_emu/%s/temperature",
		 emu_device());
	ASSERT_EQ(0, write_file(path, "-12345"));
	ASSERT_EQ(0, sensor("temp1_input", &value));
	EXPECT_EQ(-12345, value);
	EXPECT_EQ(-EINVAL, write_file(path, "2147483648"));
	ASSERT_EQ(0, emu_set("temperature", 45000));
	ASSERT_EQ(0, emu_set("power", 12000));
}

static bool sensor_says(const char *file, long expected)
{
	long value;

	return !sensor(file, &value) && value == expected;
}

TEST_F(observe, temperature_alarms)
{
	static const struct {
		unsigned int temperature;
		bool warm;
		bool hot;
	} cases[] = {
		{ 84999, false, false }, { 85000, true, false },
		{ 99999, true, false }, { 100000, true, true },
	};
	unsigned int i;

	EXPECT_TRUE(sensor_says("temp1_max", 85000));
	EXPECT_TRUE(sensor_says("temp1_crit", 100000));
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		ASSERT_EQ(0, emu_set("temperature", cases[i].temperature));
		EXPECT_TRUE(sensor_says("temp1_max_alarm", cases[i].warm));
		EXPECT_TRUE(sensor_says("temp1_crit_alarm", cases[i].hot));
	}
	ASSERT_EQ(0, emu_set("temperature", 45000));
}

/* Limits that cannot be are not shown; the temperature is. */
TEST_F(observe, temperature_limits_of_a_liar)
{
	static const char * const lies[] = {
		"100000,99999", "0,100000", "4294967295,100000",
		"85000,150001", "4294967295,4294967295",
	};
	long mark = kmsg_mark(), value;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lies); i++) {
		ASSERT_EQ(0, emu_unbind());
		ASSERT_EQ(0, emu_warm(lies[i]));
		ASSERT_EQ(0, emu_bind());
		EXPECT_TRUE(sensor_says("temp1_input", 45000));
		EXPECT_EQ(-ENOENT, sensor("temp1_max", &value));
		EXPECT_EQ(-ENOENT, sensor("temp1_crit_alarm", &value));
		EXPECT_EQ(i + 1, kmsg_count(mark, "of temperature make no sense"));
	}
	ASSERT_EQ(0, emu_unbind());
	ASSERT_EQ(0, emu_warm(NULL));
	ASSERT_EQ(0, emu_bind());
	EXPECT_TRUE(sensor_says("temp1_max", 85000));
}

/* debugfs */

TEST_F(observe, rings_in_debugfs)
{
	unsigned int before, submitted, answered, left, of;
	char path[128], text[8192];
	const char *ring = "ring express: state 0, submitted %u, answered %u, outstanding %u of %u\n";
	const char *at;
	int i;

	snprintf(path, sizeof(path), "/sys/kernel/debug/accel/%s/rings",
		 emu_device());
	ASSERT_EQ(0, read_file(path, text, sizeof(text)));
	ASSERT_EQ(4, sscanf(text, ring, &before, &answered, &left, &of)) {
		TH_LOG("%s", text);
	}
	EXPECT_EQ(before, answered);
	EXPECT_EQ(0, left);
	EXPECT_EQ(NULL, strstr(text, "cookie"));
	EXPECT_NE(NULL, strstr(text, "ring scan: state 0, "));

	ASSERT_EQ(0, emu_hold());
	ASSERT_EQ(0, compare(self, 3, 0));
	ASSERT_EQ(0, read_file(path, text, sizeof(text)));
	ASSERT_EQ(4, sscanf(text, ring, &submitted, &answered, &left, &of));
	EXPECT_EQ(before + 3, submitted);
	EXPECT_EQ(3, left);
	EXPECT_LT(left, of);
	for (at = text, i = 0; (at = strstr(at, "cookie 0x")); i++)
		at++;
	EXPECT_EQ(3, i);
	ASSERT_EQ(0, emu_slow(0));
	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, wait_result(error_of(self, i), PATIENCE));
}

/* Dumps */

#define DUMPS	"/sys/class/devcoredump/devcd*/data"

/* Whether there is no dump any more: the kernel takes it away behind our back. */
static bool dumps_clear(void)
{
	__s64 end = in_ns(PATIENCE);
	glob_t found;
	size_t i;

	while (!glob(DUMPS, 0, NULL, &found)) {
		for (i = 0; i < found.gl_pathc; i++)
			write_file(found.gl_pathv[i], "0");
		globfree(&found);
		if (now_ns() > end)
			return false;
		sleep_ms(10);
	}
	return true;
}

/* The dump, as soon as there is one: its size, or a negative errno. */
static ssize_t dump_read(char *text, size_t size)
{
	__s64 end = in_ns(PATIENCE);
	ssize_t got, total = 0;
	glob_t found;
	int fd;

	while (glob(DUMPS, 0, NULL, &found)) {
		if (now_ns() > end)
			return -ENOENT;
		sleep_ms(10);
	}
	fd = open(found.gl_pathv[0], O_RDONLY | O_CLOEXEC);
	globfree(&found);
	if (fd < 0)
		return -errno;
	while (total < size - 1 &&
	       (got = read(fd, text + total, size - 1 - total)) > 0)
		total += got;
	close(fd);
	text[total] = '\0';
	return total;
}

static bool has_number(const char *text, __s64 number)
{
	char words[2][32];
	int i;

	snprintf(words[0], sizeof(words[0]), "%lld", (long long)number);
	snprintf(words[1], sizeof(words[1]), "0x%llx",
		 (unsigned long long)(__u32)number);
	for (i = 0; i < 2; i++) {
		const char *at = text;
		size_t length = strlen(words[i]);

		while ((at = strstr(at, words[i]))) {
			if ((at == text || !strchr("0123456789abcdefx-",
						   at[-1])) &&
			    !strspn(at + length, "0123456789abcdef"))
				return true;
			at += length;
		}
	}
	return false;
}

/* Any four bytes of a template that follow each other, as such or in hex. */
static bool has_bytes(const char *text, size_t size, const uint8_t *bytes,
		      size_t count)
{
	char word[16];
	size_t i;

	for (i = 0; i + 4 <= count; i += 4) {
		if (memmem(text, size, bytes + i, 4))
			return true;
		snprintf(word, sizeof(word), "%02x%02x%02x%02x", bytes[i],
			 bytes[i + 1], bytes[i + 2], bytes[i + 3]);
		if (strstr(text, word))
			return true;
		snprintf(word, sizeof(word), "%02x%02x%02x%02x", bytes[i + 3],
			 bytes[i + 2], bytes[i + 1], bytes[i]);
		if (strstr(text, word))
			return true;
	}
	return false;
}

/*
 * Whether the ring for comparisons has this in a dump. That of the camera begins anew when
 * somebody streams, and may have what was there before.
 */
static bool express_has(const char *text, const char *words)
{
	const char *start = strstr(text, "\nring express: state ");
	const char *end = start ? strstr(start, "\nring scan: state ") : NULL;

	return end && memmem(start, end - start, words, strlen(words));
}

TEST_F(observe, dump_before_a_reset)
{
	static char text[512 << 10], again[512 << 10];
	const struct drm_limen_compare_result *result;
	ssize_t size;
	__s32 raw;
	int i;

	/* Equal vectors: a score so large that no other number is it by chance. */
	fill_vector((__s8 *)self->host.map, 1024, PATTERN_RANDOM, 23);
	memcpy(self->host.map + 512, self->host.map, 512);
	/* What is in the rings from before is gone after a reset. */
	ASSERT_TRUE(dumps_clear());
	ASSERT_TRUE(fail_and_reset(self->fd));
	ASSERT_LT(0, dump_read(text, sizeof(text)));
	ASSERT_TRUE(dumps_clear());
	ASSERT_EQ(0, compare(self, 2, PATIENCE));
	result = compare_result(&self->host, RESULT);
	raw = result->raw;
	ASSERT_LT(100000, raw);
	ASSERT_EQ(LIMEN_SIMILARITY_ONE, result->similarity);
	/* The first of the three is the last that the board takes. */
	ASSERT_EQ(0, emu_set("crash", 1));
	ASSERT_EQ(0, compare(self, 3, 0));
	size = dump_read(text, sizeof(text));
	ASSERT_LT(0, size);

	EXPECT_EQ(0, strncmp(text, "limen: it reports a fatal error\n", 32));
	EXPECT_NE(NULL, strstr(text, "\nboard: Limen emulated board\n"));
	EXPECT_NE(NULL, strstr(text, "\nregister 0x000: 0x4e4d494c\n"));
	EXPECT_NE(NULL, strstr(text, "\nring express: state "));
	EXPECT_NE(NULL, strstr(text, "outstanding 3 of "));
	EXPECT_NE(NULL, strstr(text, "\nring scan: state "));
	EXPECT_NE(NULL, strstr(text, "\n  sq 4: cookie 0x"));
	EXPECT_TRUE(express_has(text, "\n  cq 1: seq 2, cookie 0x"));
	EXPECT_FALSE(express_has(text, "\n  cq 2: "));
	EXPECT_FALSE(has_number(text, raw));
	EXPECT_FALSE(has_number(text, LIMEN_SIMILARITY_ONE));
	EXPECT_FALSE(has_bytes(text, size, self->host.map, 512));
	/* They are looked for in the right way. */
	EXPECT_TRUE(has_number(text, 2));
	EXPECT_TRUE(has_bytes(text, size, (const uint8_t *)"LIMN", 4));

	for (i = 0; i < 3; i++)
		EXPECT_EQ(i ? 0 : -EIO, wait_result(error_of(self, i), PATIENCE));

	/* The first fault is the one that is kept. */
	ASSERT_TRUE(fail_and_reset(self->fd));
	ASSERT_EQ(0, compare(self, 1, PATIENCE));
	EXPECT_EQ(size, dump_read(again, sizeof(again)));
	EXPECT_EQ(0, memcmp(text, again, size));

	/* Once it has been read, the next one is. */
	ASSERT_TRUE(dumps_clear());
	ASSERT_TRUE(fail_and_reset(self->fd));
	EXPECT_LT(0, dump_read(again, sizeof(again)));
	EXPECT_EQ(NULL, strstr(again, "outstanding 3 of "));
	EXPECT_TRUE(dumps_clear());
}

/* Told once, in the dump and in the log; also one that is not known. */
TEST_F(observe, error_before_a_reset)
{
	static char text[512 << 10];
	long mark = kmsg_mark();
	__u64 cause = 1;

	ASSERT_TRUE(dumps_clear());
	ASSERT_EQ(0, emu_set("error_cause", 77));
	ASSERT_EQ(0, emu_set("error_detail", 0xdead));
	ASSERT_EQ(0, emu_set("error_address_lo", 0x4000));
	ASSERT_EQ(0, emu_set("error_address_hi", 0x12));
	ASSERT_EQ(0, emu_set("error_count", 3));
	ASSERT_TRUE(fail_and_reset(self->fd));
	ASSERT_LT(0, dump_read(text, sizeof(text)));
	EXPECT_NE(NULL, strstr(text, "\nregister 0x380: 0x0000004d\n"));
	EXPECT_NE(NULL, strstr(text, "\nregister 0x390: 0x00000003\n"));
	EXPECT_EQ(1, kmsg_count(mark, "noted error 77, which is unknown here: "
				"detail 0xdead, address 0x1200004000, 3 since"));
	ASSERT_EQ(0, compare(self, 1, PATIENCE));
	ASSERT_EQ(0, emu_get("error_cause", &cause));
	EXPECT_EQ(0, cause);

	ASSERT_EQ(0, emu_set("error_cause", 1));
	ASSERT_TRUE(fail_and_reset(self->fd));
	ASSERT_EQ(0, compare(self, 1, PATIENCE));
	EXPECT_EQ(1, kmsg_count(mark, "noted error 1, DMA was refused: "));
	/* Without one there is nothing to tell; nor is ones an error. */
	ASSERT_TRUE(fail_and_reset(self->fd));
	ASSERT_EQ(0, compare(self, 1, PATIENCE));
	ASSERT_EQ(0, emu_set("error_cause", ~0u));
	ASSERT_TRUE(fail_and_reset(self->fd));
	ASSERT_EQ(0, compare(self, 1, PATIENCE));
	EXPECT_EQ(2, kmsg_count(mark, "noted error"));
	EXPECT_TRUE(dumps_clear());
	EXPECT_EQ(0, emu_calm());
}

/* How many errors of either kind there have been, as sysfs has it. */
static long memory_errors(const char *kind)
{
	char path[128], text[32];

	snprintf(path, sizeof(path), "/sys/bus/platform/devices/%s/ecc_%s",
		 emu_device(), kind);
	return read_file(path, text, sizeof(text)) ? -1 : atol(text);
}

/* What could be corrected is told, and nobody notices. */
TEST_F(observe, memory_corrected)
{
	long before = memory_errors("corrected"), mark = kmsg_mark();

	ASSERT_LE(0, before);
	ASSERT_EQ(0, emu_set("ecc_corrected", 2));
	ASSERT_EQ(0, scan(self, 2, PATIENCE));
	EXPECT_EQ(before + 2, memory_errors("corrected"));
	EXPECT_EQ(0, kmsg_count(mark, "resetting the board"));
	/* With the next reset the log has it, once. */
	ASSERT_TRUE(fail_and_reset(self->fd));
	ASSERT_EQ(0, scan(self, 1, PATIENCE));
	EXPECT_EQ(1, kmsg_count(mark, "card memory had errors: "));
	EXPECT_EQ(0, kmsg_count(mark, "error that it could not correct"));
	ASSERT_TRUE(fail_and_reset(self->fd));
	ASSERT_EQ(0, scan(self, 1, PATIENCE));
	EXPECT_EQ(1, kmsg_count(mark, "card memory had errors: "));
	EXPECT_EQ(before + 2, memory_errors("corrected"));
}

/* No result comes of what could not, the board is reset, and all of it is told. */
TEST_F(observe, memory_uncorrected)
{
	static char text[512 << 10];
	long before = memory_errors("uncorrected"), mark = kmsg_mark();
	struct drm_limen_device_info info;
	struct bo card;
	__u32 resets;

	/* Ten lines about resets may come in five seconds: others have had theirs. */
	sleep_ms(5500);
	ASSERT_LE(0, before);
	ASSERT_TRUE(dumps_clear());
	ASSERT_EQ(0, limen_device_info(self->fd, &info));
	resets = info.resets;
	ASSERT_EQ(0, emu_set("ecc_uncorrected", 1));
	EXPECT_EQ(-EIO, scan(self, 1, PATIENCE));
	ASSERT_EQ(0, scan(self, 1, PATIENCE));
	ASSERT_EQ(0, limen_device_info(self->fd, &info));
	EXPECT_EQ(resets + 1, info.resets);
	EXPECT_EQ(before + 1, memory_errors("uncorrected"));
	EXPECT_EQ(1, kmsg_count(mark, "resetting the board: its memory had an error that it could not correct"));
	EXPECT_EQ(1, kmsg_count(mark, "card memory had errors: "));
	ASSERT_LT(0, dump_read(text, sizeof(text)));
	EXPECT_NE(NULL, strstr(text, "limen: its memory had an error"));
	EXPECT_NE(NULL, strstr(text, "\nregister 0x3e4: 0x0000000"));
	EXPECT_NE(NULL, strstr(text, "\nregister 0x3f4: "));

	/* The same for a comparison with a template on the card. */
	ASSERT_EQ(0, bo_new(self->fd, PAGE, DRM_LIMEN_BO_CARD, &card));
	self->compares[0].reference_handle = card.handle;
	self->compares[0].reference_offset = 0;
	ASSERT_EQ(0, compare(self, 1, PATIENCE));
	ASSERT_EQ(0, emu_set("ecc_uncorrected", 1));
	EXPECT_EQ(-EIO, compare(self, 1, PATIENCE));
	EXPECT_EQ(0, compare(self, 1, PATIENCE));
	EXPECT_EQ(before + 2, memory_errors("uncorrected"));
	EXPECT_TRUE(dumps_clear());
}

TEST_HARNESS_MAIN
