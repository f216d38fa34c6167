// SPDX-License-Identifier: GPL-2.0-only
/*
 * Submissions that wait, and what ends a wait early: signals at every step, through
 * libdrm's drmIoctl() and through ioctl(), and the time. Whatever comes between,
 * work is submitted once and its outcome told once. And the sizes of which a
 * submission is made.
 */
#include <pthread.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <xf86drm.h>

#include "limen_kselftest.h"

#define RESULT		PAGE
#define OTHERS		(2 * PAGE)	/* where nobody looks */
#define TICKETS		64		/* that a queue keeps */

FIXTURE(submit)
{
	int fd;
	struct drm_limen_device_info info;
	struct bo host;
	struct bo card;
	__u32 gallery;
	__u32 queue;
	struct drm_limen_compare compare;
	struct drm_limen_scan scan;
	/* Read before anybody else has used the board. */
	struct drm_limen_stats before;
	long mark;
};

FIXTURE_VARIANT(submit)
{
	__u32 type;
};

FIXTURE_VARIANT_ADD(submit, express)
{
	.type = DRM_LIMEN_QUEUE_EXPRESS,
};

FIXTURE_VARIANT_ADD(submit, scan)
{
	.type = DRM_LIMEN_QUEUE_SCAN,
};

#define STATE		FIXTURE_DATA(submit)
#define VARIANT		const FIXTURE_VARIANT(submit)

/* Read by the handler of signals. */
static volatile unsigned int signals, signals_enough;
static int release = -1;

/* After so many signals the board goes on. */
static void on_alarm(int signal)
{
	(void)signal;
	if (++signals == signals_enough && write(release, "0", 1) < 0)
		abort();
}

static int knob_open(void)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/kernel/debug/limen_emu/%s/delay_us",
		 emu_device());
	return open(path, O_WRONLY | O_CLOEXEC);
}

FIXTURE_SETUP(submit)
{
	OPEN_OR_SKIP(self->fd);
	EMU_OR_SKIP();
	ASSERT_EQ(0, emu_calm());
	self->mark = kmsg_mark();
	release = knob_open();
	ASSERT_LE(0, release);
	ASSERT_EQ(0, limen_device_info(self->fd, &self->info));
	ASSERT_EQ(0, bo_new(self->fd, 3 * PAGE, 0, &self->host));
	ASSERT_EQ(0, bo_new(self->fd, PAGE, DRM_LIMEN_BO_CARD, &self->card));
	memset(self->host.map, 1, 512);
	memset(self->card.map, 1, PAGE);
	ASSERT_EQ(0, gallery_simple(self->fd, &self->card, 512, 8,
				    &self->gallery));
	ASSERT_EQ(0, queue_create(self->fd, variant->type, &self->queue));
	self->compare = compare_at(&self->host, 0, 0, RESULT, 512);
	self->scan = scan_at(&self->host, self->gallery, RESULT, 8, 1);
	memset(self->host.map + RESULT, POISON, PAGE);
	ASSERT_EQ(0, limen_stats(self->fd, &self->before));
}

FIXTURE_TEARDOWN(submit)
{
	char line[256];

	EXPECT_EQ(0, emu_calm());
	close(release);
	close(self->fd);
	EXPECT_TRUE(kmsg_clean(self->mark, line, sizeof(line))) {
		TH_LOG("%s", line);
	}
}

static struct drm_limen_submit args_of(STATE *self, VARIANT *variant)
{
	bool scan = variant->type == DRM_LIMEN_QUEUE_SCAN;

	return (struct drm_limen_submit) {
		.queue = self->queue,
		.flags = DRM_LIMEN_SUBMIT_WAIT,
		.descs = scan ? (uintptr_t)&self->scan :
				(uintptr_t)&self->compare,
		.count = 1,
		.desc_size = scan ? sizeof(self->scan) : sizeof(self->compare),
		.sync_size = sizeof(struct drm_limen_sync),
		.timeout_ns = in_ns(PATIENCE),
	};
}

/* Both kinds of results begin with it. */
static volatile __s32 *error_of(STATE *self)
{
	return (__s32 *)(self->host.map + RESULT);
}

static bool untouched(STATE *self)
{
	return all_bytes(self->host.map + RESULT, POISON, 64);
}

static bool is_right(STATE *self, VARIANT *variant)
{
	const struct drm_limen_scan_result *found = scan_result(&self->host,
								RESULT);

	if (*error_of(self))
		return false;
	if (variant->type == DRM_LIMEN_QUEUE_EXPRESS)
		return compare_result(&self->host, RESULT)->raw == 512;
	return found->count == 1 && found->rows[0].raw == 512;
}

/* How much of this kind the board has answered since the test began. */
static __u64 answered(STATE *self, VARIANT *variant)
{
	struct drm_limen_stats stats = self->before;

	limen_stats(self->fd, &stats);
	return variant->type == DRM_LIMEN_QUEUE_EXPRESS ?
	       stats.comparisons - self->before.comparisons :
	       stats.chunks - self->before.chunks;
}

static bool becomes_idle(STATE *self)
{
	__s64 end = in_ns(PATIENCE);
	struct drm_limen_stats stats;

	do {
		sleep_ms(1);
		if (limen_stats(self->fd, &stats))
			return false;
	} while ((stats.express_depth || stats.scan_depth) && now_ns() < end);
	return !stats.express_depth && !stats.scan_depth;
}

/* Nothing is under way any more, and the board has answered so much. */
static bool answered_in_all(STATE *self, VARIANT *variant, __u64 count)
{
	return becomes_idle(self) && answered(self, variant) == count;
}

/* Whether it comes to be under way, by whoever has submitted it. */
static bool begins(STATE *self)
{
	__s64 end = in_ns(PATIENCE);

	while (*error_of(self) != -EINPROGRESS && now_ns() < end)
		sleep_ms(1);
	return *error_of(self) == -EINPROGRESS;
}

/* Fills ring or share of a board that holds what it has; how much went in. */
static __u32 fill(STATE *self, VARIANT *variant, int *last)
{
	struct drm_limen_compare compares[32];
	struct drm_limen_scan scans[32];
	__u32 i, step, count = 0;

	for (i = 0; i < 32; i++) {
		compares[i] = self->compare;
		compares[i].result_offset = OTHERS;
		scans[i] = self->scan;
		scans[i].result_offset = OTHERS;
	}
	for (step = 32; step; step /= 2) {
		do {
			*last = variant->type == DRM_LIMEN_QUEUE_EXPRESS ?
				submit_compares(self->fd, self->queue,
						compares, step, 0) :
				submit_scans(self->fd, self->queue, scans,
					     step, 0);
		} while (!*last && (count += step) < 100000);
	}
	return count;
}

/* A submission that the time has ended, with its ticket; the work goes on. */
static int leave(STATE *self, struct drm_limen_submit *args)
{
	args->timeout_ns = 1;
	return submit(self->fd, args);
}

static int go_on(STATE *self, __u64 ticket)
{
	struct drm_limen_submit args = {
		.queue = self->queue,
		.flags = DRM_LIMEN_SUBMIT_WAIT,
		.timeout_ns = in_ns(PATIENCE),
		.ticket = ticket,
	};

	return submit(self->fd, &args);
}

/* The alarm, first after @first microseconds and then every @again. */
static void alarm_set(int flags, unsigned int first, unsigned int again)
{
	struct sigaction action = {
		.sa_handler = on_alarm,
		.sa_flags = flags,
	};
	struct itimerval timer = {
		.it_value.tv_usec = first,
		.it_interval.tv_usec = again,
	};

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
}

/* With signals each millisecond; the board goes on after some of them. */
static int submit_under_signals(STATE *self, struct drm_limen_submit *args,
				int flags, unsigned int enough)
{
	int ret;

	signals = 0;
	signals_enough = enough;
	alarm_set(flags, 1000, 1000);
	ret = drmIoctl(self->fd, DRM_IOCTL_LIMEN_SUBMIT, args) ? -errno : 0;
	alarm_set(flags, 0, 0);
	return ret;
}

static const int handlers[] = { 0, SA_RESTART };

TEST_F(submit, signals_during_the_wait)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(handlers); i++) {
		struct drm_limen_submit args = args_of(self, variant);

		memset(self->host.map + RESULT, POISON, 64);
		ASSERT_EQ(0, emu_hold());
		EXPECT_EQ(0, submit_under_signals(self, &args, handlers[i],
						  50));
		EXPECT_LE(50, signals);
		EXPECT_EQ(0, args.ticket);
		EXPECT_TRUE(is_right(self, variant));
		EXPECT_TRUE(answered_in_all(self, variant, i + 1));
	}
}

TEST_F(submit, signals_while_there_is_no_room)
{
	__u64 total = 0;
	unsigned int i;
	int last;

	for (i = 0; i < ARRAY_SIZE(handlers); i++) {
		struct drm_limen_submit args = args_of(self, variant);

		memset(self->host.map + RESULT, POISON, 64);
		ASSERT_EQ(0, emu_hold());
		total += fill(self, variant, &last) + 1;
		ASSERT_EQ(-ENOBUFS, last);
		EXPECT_EQ(0, submit_under_signals(self, &args, handlers[i],
						  30));
		EXPECT_LE(30, signals);
		EXPECT_EQ(0, args.ticket);
		EXPECT_TRUE(is_right(self, variant));
		EXPECT_TRUE(answered_in_all(self, variant, total));
	}
}

/*
 * One signal, later each time: before the call, while it is checked and submitted,
 * during the wait and behind it.
 */
TEST_F(submit, signal_at_every_step)
{
	unsigned int i, usec, total = 0;

	ASSERT_EQ(0, emu_slow(1));
	signals_enough = 0;
	for (i = 0; i < ARRAY_SIZE(handlers); i++) {
		for (usec = 1; usec < 2000; usec += 10) {
			struct drm_limen_submit args = args_of(self, variant);

			memset(self->host.map + RESULT, POISON, 64);
			alarm_set(handlers[i], usec, 0);
			ASSERT_EQ(0, drmIoctl(self->fd, DRM_IOCTL_LIMEN_SUBMIT,
					      &args));
			ASSERT_EQ(0, args.ticket);
			ASSERT_TRUE(is_right(self, variant));
			total++;
		}
	}
	alarm_set(0, 0, 0);
	EXPECT_TRUE(answered_in_all(self, variant, total));
}

/* The outcome is not lost to those who were interrupted before it came. */
TEST_F(submit, failure_after_signals)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(handlers); i++) {
		struct drm_limen_submit args = args_of(self, variant);

		ASSERT_EQ(0, emu_hold());
		ASSERT_EQ(0, emu_set("fail", 1));
		EXPECT_EQ(-EIO, submit_under_signals(self, &args, handlers[i],
						     20));
		EXPECT_EQ(0, args.ticket);
		EXPECT_EQ(-EIO, *error_of(self));
	}
}

/* A handler without SA_RESTART is told of; the call is not repeated for it. */
TEST_F(submit, ioctl_is_interrupted)
{
	struct drm_limen_submit args = args_of(self, variant);
	int last;
	__u32 count;

	signals_enough = 0;
	ASSERT_EQ(0, emu_hold());
	alarm_set(0, 100000, 100000);
	EXPECT_EQ(-EINTR, submit(self->fd, &args));
	EXPECT_NE(0, args.ticket);
	EXPECT_EQ(-EINPROGRESS, *error_of(self));
	EXPECT_EQ(-EINTR, submit(self->fd, &args));
	EXPECT_NE(0, args.ticket);
	alarm_set(0, 0, 0);
	count = fill(self, variant, &last) + 1;
	ASSERT_EQ(0, emu_slow(0));
	EXPECT_EQ(0, submit(self->fd, &args));
	EXPECT_EQ(0, args.ticket);
	EXPECT_TRUE(is_right(self, variant));
	EXPECT_TRUE(answered_in_all(self, variant, count));
}

/* Who had not found room yet has no ticket. */
TEST_F(submit, ioctl_is_interrupted_without_room)
{
	struct drm_limen_submit args = args_of(self, variant);
	__u32 count;
	int last;

	signals_enough = 0;
	ASSERT_EQ(0, emu_hold());
	count = fill(self, variant, &last);
	alarm_set(0, 100000, 100000);
	EXPECT_EQ(-EINTR, submit(self->fd, &args));
	alarm_set(0, 0, 0);
	EXPECT_EQ(0, args.ticket);
	EXPECT_TRUE(untouched(self));
	ASSERT_EQ(0, emu_slow(0));
	EXPECT_TRUE(answered_in_all(self, variant, count));
	EXPECT_TRUE(untouched(self));
	EXPECT_EQ(0, submit(self->fd, &args));
	EXPECT_TRUE(is_right(self, variant));
	EXPECT_TRUE(answered_in_all(self, variant, count + 1));
}

/* With SA_RESTART the kernel calls again by itself, and so it does for no handler. */
TEST_F(submit, ioctl_is_restarted)
{
	struct drm_limen_submit args = args_of(self, variant);

	ASSERT_EQ(0, emu_hold());
	signals = 0;
	signals_enough = 20;
	alarm_set(SA_RESTART, 1000, 1000);
	EXPECT_EQ(0, submit(self->fd, &args));
	alarm_set(SA_RESTART, 0, 0);
	EXPECT_EQ(0, args.ticket);
	EXPECT_TRUE(is_right(self, variant));
	EXPECT_TRUE(answered_in_all(self, variant, 1));
}

/* A process that is stopped and goes on has no handler either. */
TEST_F(submit, stopped_meanwhile)
{
	int status;
	pid_t pid;

	ASSERT_EQ(0, emu_hold());
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		struct drm_limen_submit args = args_of(self, variant);

		_exit(-submit(self->fd, &args) ?: !is_right(self, variant));
	}
	ASSERT_TRUE(begins(self));
	ASSERT_EQ(0, kill(pid, SIGSTOP));
	ASSERT_EQ(pid, waitpid(pid, &status, WUNTRACED));
	ASSERT_TRUE(WIFSTOPPED(status));
	ASSERT_EQ(0, kill(pid, SIGCONT));
	ASSERT_EQ(0, emu_slow(0));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_TRUE(answered_in_all(self, variant, 1));
}

/* Nobody has to wait until a board is done to be killed. */
TEST_F(submit, killed_meanwhile)
{
	int status;
	pid_t pid;

	ASSERT_EQ(0, emu_hold());
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		struct drm_limen_submit args = args_of(self, variant);

		_exit(-submit(self->fd, &args));
	}
	ASSERT_TRUE(begins(self));
	ASSERT_EQ(0, kill(pid, SIGKILL));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_EQ(-EINPROGRESS, *error_of(self));
	ASSERT_EQ(0, emu_slow(0));
	EXPECT_EQ(0, wait_result(error_of(self), PATIENCE));
	EXPECT_TRUE(is_right(self, variant));
}

TEST_F(submit, timeout_tells_what_was_submitted)
{
	struct drm_limen_submit args = args_of(self, variant);
	struct drm_limen_submit late = args_of(self, variant);
	unsigned int i;
	__u32 count;
	int last;

	ASSERT_EQ(0, emu_hold());
	args.timeout_ns = in_ns(50 * NSEC_PER_MSEC);
	EXPECT_EQ(-ETIMEDOUT, submit(self->fd, &args));
	EXPECT_NE(0, args.ticket);
	EXPECT_EQ(-EINPROGRESS, *error_of(self));
	/* As often as one likes. */
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(-ETIMEDOUT, leave(self, &args));
		EXPECT_NE(0, args.ticket);
	}

	count = fill(self, variant, &last) + 1;
	memset(self->host.map + OTHERS + 512, POISON, 64);
	self->compare.result_offset = OTHERS + 512;
	self->scan.result_offset = OTHERS + 512;
	late.timeout_ns = in_ns(50 * NSEC_PER_MSEC);
	EXPECT_EQ(-ETIMEDOUT, submit(self->fd, &late));
	EXPECT_EQ(0, late.ticket);
	EXPECT_TRUE(all_bytes(self->host.map + OTHERS + 512, POISON, 64));

	ASSERT_EQ(0, emu_slow(0));
	args.timeout_ns = in_ns(PATIENCE);
	EXPECT_EQ(0, submit(self->fd, &args));
	EXPECT_EQ(0, args.ticket);
	EXPECT_TRUE(is_right(self, variant));
	EXPECT_TRUE(answered_in_all(self, variant, count));
}

/* What has finished meanwhile is told to who comes back, and to nobody else. */
TEST_F(submit, outcome_is_kept)
{
	struct drm_limen_submit args = args_of(self, variant);
	__u64 ticket;

	ASSERT_EQ(0, emu_hold());
	ASSERT_EQ(0, emu_set("fail", 1));
	ASSERT_EQ(-ETIMEDOUT, leave(self, &args));
	ticket = args.ticket;
	ASSERT_NE(0, ticket);
	ASSERT_EQ(0, emu_slow(0));
	EXPECT_EQ(-EIO, wait_result(error_of(self), PATIENCE));

	/* Even if there is no time to wait. */
	args.timeout_ns = 0;
	EXPECT_EQ(-EIO, submit(self->fd, &args));
	EXPECT_EQ(0, args.ticket);
	EXPECT_EQ(-ENOENT, go_on(self, ticket));
	EXPECT_TRUE(answered_in_all(self, variant, 1));
}

/* What is being waited for is known; all else may be anything. */
TEST_F(submit, only_the_ticket_counts)
{
	struct drm_limen_submit args = args_of(self, variant);
	__u32 wrong[] = { 0, DRM_LIMEN_SUBMIT_WAIT | 2, 0x80000001 };
	unsigned int i;
	__u64 ticket;

	ASSERT_EQ(0, emu_hold());
	ASSERT_EQ(-ETIMEDOUT, leave(self, &args));
	ticket = args.ticket;
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		args.ticket = ticket;
		args.flags = wrong[i];
		args.timeout_ns = wrong[i] ? in_ns(PATIENCE) : 0;
		EXPECT_EQ(-EINVAL, submit(self->fd, &args));
	}
	args = (struct drm_limen_submit) {
		.queue = self->queue,
		.flags = DRM_LIMEN_SUBMIT_WAIT,
		.descs = 8,
		.count = 0xffffffff,
		.desc_size = 1,
		.in_syncs = 8,
		.out_syncs = 8,
		.in_sync_count = 17,
		.out_sync_count = 0xffffffff,
		.sync_size = 1,
		.timeout_ns = 1,
		.ticket = ticket,
	};
	EXPECT_EQ(-ETIMEDOUT, submit(self->fd, &args));
	EXPECT_NE(0, args.ticket);
	ASSERT_EQ(0, emu_slow(0));
	args.timeout_ns = in_ns(PATIENCE);
	EXPECT_EQ(0, submit(self->fd, &args));
	EXPECT_TRUE(is_right(self, variant));
	EXPECT_TRUE(answered_in_all(self, variant, 1));
}

TEST_F(submit, tickets_of_nobody)
{
	static const __u64 wrong[] = {
		1, 2, 1ULL << 32, INT64_MAX, 1ULL << 63, UINT64_MAX,
	};
	struct drm_limen_submit args;
	__u32 second, first = self->queue;
	unsigned int i;
	__u64 ticket;

	for (i = 0; i < ARRAY_SIZE(wrong); i++)
		EXPECT_EQ(-ENOENT, go_on(self, wrong[i]));
	EXPECT_TRUE(answered_in_all(self, variant, 0));

	args = args_of(self, variant);
	ASSERT_EQ(0, emu_hold());
	ASSERT_EQ(-ETIMEDOUT, leave(self, &args));
	ticket = args.ticket;
	EXPECT_EQ(-ENOENT, go_on(self, ticket + 1));
	EXPECT_EQ(-ENOENT, go_on(self, ticket + (1ULL << 32)));
	/* Each queue has its own. */
	ASSERT_EQ(0, queue_create(self->fd, variant->type, &second));
	self->queue = second;
	EXPECT_EQ(-ENOENT, go_on(self, ticket));
	self->queue = NOBODY;
	EXPECT_EQ(-ENOENT, go_on(self, ticket));
	self->queue = first;
	ASSERT_EQ(0, emu_slow(0));
	EXPECT_EQ(0, go_on(self, ticket));
	EXPECT_EQ(-ENOENT, go_on(self, ticket));
	EXPECT_TRUE(answered_in_all(self, variant, 1));
}

TEST_F(submit, old_tickets_expire)
{
	__u64 tickets[TICKETS + 6];
	unsigned int i;

	ASSERT_EQ(0, emu_hold());
	for (i = 0; i < ARRAY_SIZE(tickets); i++) {
		struct drm_limen_submit args = args_of(self, variant);

		ASSERT_EQ(-ETIMEDOUT, leave(self, &args));
		ASSERT_NE(0, args.ticket);
		tickets[i] = args.ticket;
	}
	ASSERT_EQ(0, emu_slow(0));
	for (i = 0; i < ARRAY_SIZE(tickets); i++)
		EXPECT_EQ(i < 6 ? -ENOENT : 0, go_on(self, tickets[i])) {
			TH_LOG("ticket %u", i);
		}
	for (i = 0; i < ARRAY_SIZE(tickets); i++)
		EXPECT_EQ(-ENOENT, go_on(self, tickets[i]));
	EXPECT_TRUE(answered_in_all(self, variant, ARRAY_SIZE(tickets)));
}

/**
 * struct waiter - a thread that waits
 * @thread: it
 * @fd: open file
 * @args: that it waits with
 * @barrier: where it begins, or NULL
 * @persists: it tries again while another has the ticket
 * @ret: what it was told
 */
struct waiter {
	pthread_t thread;
	int fd;
	struct drm_limen_submit args;
	pthread_barrier_t *barrier;
	bool persists;
	int ret;
};

static void *waiter_run(void *argument)
{
	struct waiter *waiter = argument;
	__u64 ticket = waiter->args.ticket;

	if (waiter->barrier)
		pthread_barrier_wait(waiter->barrier);
	do {
		waiter->args.ticket = ticket;
		waiter->ret = submit(waiter->fd, &waiter->args);
	} while (waiter->persists && waiter->ret == -ENOENT);
	return NULL;
}

static int waiter_start(struct waiter *waiter)
{
	return pthread_create(&waiter->thread, NULL, waiter_run, waiter);
}

/* While one waits there is nothing for another. */
TEST_F(submit, ticket_in_use)
{
	struct waiter waiter = { .fd = self->fd, .persists = true };
	__s64 end = in_ns(PATIENCE);
	__u64 ticket;
	int ret;

	ASSERT_EQ(0, emu_hold());
	waiter.args = args_of(self, variant);
	ASSERT_EQ(-ETIMEDOUT, leave(self, &waiter.args));
	ticket = waiter.args.ticket;
	waiter.args.timeout_ns = in_ns(PATIENCE);
	ASSERT_EQ(0, waiter_start(&waiter));
	do {
		struct drm_limen_submit args = {
			.queue = self->queue,
			.flags = DRM_LIMEN_SUBMIT_WAIT,
			.ticket = ticket,
		};

		ret = submit(self->fd, &args);
	} while (ret == -ETIMEDOUT && now_ns() < end);
	EXPECT_EQ(-ENOENT, ret);
	ASSERT_EQ(0, emu_slow(0));
	ASSERT_EQ(0, pthread_join(waiter.thread, NULL));
	EXPECT_EQ(0, waiter.ret);
	EXPECT_EQ(0, waiter.args.ticket);
	EXPECT_TRUE(is_right(self, variant));
	EXPECT_TRUE(answered_in_all(self, variant, 1));
}

/* Whoever comes first has it, and only he. */
TEST_F(submit, two_with_a_ticket)
{
	struct waiter waiters[2];
	pthread_barrier_t barrier;
	unsigned int i, round, total = 0;

	pthread_barrier_init(&barrier, NULL, 2);
	ASSERT_EQ(0, emu_slow(2));
	for (round = 0; round < 100; round++) {
		struct drm_limen_submit args = args_of(self, variant);
		int ret = leave(self, &args);

		total++;
		/* A busy host may come too late. */
		if (!ret)
			continue;
		ASSERT_EQ(-ETIMEDOUT, ret);
		args.timeout_ns = in_ns(PATIENCE);
		for (i = 0; i < 2; i++) {
			waiters[i] = (struct waiter) {
				.fd = self->fd,
				.args = args,
				.barrier = &barrier,
			};
			ASSERT_EQ(0, waiter_start(&waiters[i]));
		}
		for (i = 0; i < 2; i++)
			ASSERT_EQ(0, pthread_join(waiters[i].thread, NULL));
		ASSERT_EQ(-ENOENT, waiters[0].ret + waiters[1].ret);
		ASSERT_TRUE(!waiters[0].ret || !waiters[1].ret);
	}
	pthread_barrier_destroy(&barrier);
	EXPECT_TRUE(answered_in_all(self, variant, total));
}

TEST_F(submit, queue_destroyed_with_tickets)
{
	struct waiter waiter = { .fd = self->fd };
	struct drm_limen_submit args = args_of(self, variant);
	__u64 ticket;
	int error;

	ASSERT_EQ(0, emu_hold());
	ASSERT_EQ(-ETIMEDOUT, leave(self, &args));
	ticket = args.ticket;
	waiter.args = args_of(self, variant);
	ASSERT_EQ(-ETIMEDOUT, leave(self, &waiter.args));
	waiter.args.timeout_ns = in_ns(PATIENCE);
	ASSERT_EQ(0, waiter_start(&waiter));
	sleep_ms(20);
	ASSERT_EQ(0, queue_destroy(self->fd, self->queue));
	EXPECT_EQ(-ENOENT, go_on(self, ticket));
	ASSERT_EQ(0, emu_slow(0));
	ASSERT_EQ(0, pthread_join(waiter.thread, NULL));
	error = wait_result(error_of(self), PATIENCE);
	EXPECT_TRUE(!error || error == -ECANCELED);
	/* Only a waiter that came too late does not learn how it ended. */
	EXPECT_TRUE(!waiter.ret || waiter.ret == -ECANCELED ||
		    waiter.ret == -ENOENT);
}

TEST_F(submit, file_closed_with_tickets)
{
	struct drm_limen_memory_info before, after;
	__s64 end = in_ns(PATIENCE);
	unsigned int i, round;
	STATE own;

	ASSERT_EQ(0, limen_memory_info(self->fd, &before));
	for (round = 0; round < 2; round++) {
		own = *self;
		OPEN_OR_SKIP(own.fd);
		ASSERT_EQ(0, bo_new(own.fd, 3 * PAGE, 0, &own.host));
		ASSERT_EQ(0, bo_new(own.fd, PAGE, DRM_LIMEN_BO_CARD,
				    &own.card));
		memset(own.host.map, 1, 512);
		ASSERT_EQ(0, gallery_simple(own.fd, &own.card, 512, 8,
					    &own.gallery));
		ASSERT_EQ(0, queue_create(own.fd, variant->type, &own.queue));
		own.compare = compare_at(&own.host, 0, 0, RESULT, 512);
		own.scan = scan_at(&own.host, own.gallery, RESULT, 8, 1);
		ASSERT_EQ(0, emu_hold());
		for (i = 0; i < TICKETS + 1; i++) {
			struct drm_limen_submit args = args_of(&own, variant);

			ASSERT_EQ(-ETIMEDOUT, leave(&own, &args));
		}
		munmap(own.host.map, own.host.size);
		munmap(own.card.map, own.card.size);
		/* With the work under way, and when it is done. */
		if (!round)
			close(own.fd);
		ASSERT_EQ(0, emu_slow(0));
		EXPECT_TRUE(becomes_idle(self));
		if (round)
			close(own.fd);
	}
	do {
		sleep_ms(1);
		ASSERT_EQ(0, limen_memory_info(self->fd, &after));
	} while (memcmp(&before, &after, sizeof(after)) && now_ns() < end);
	EXPECT_EQ(0, memcmp(&before, &after, sizeof(after)));
}

/* libdrm tries again as long as it is told EAGAIN, and so never came back. */
TEST_F(submit, no_room_is_told_at_once)
{
	struct drm_limen_submit args = args_of(self, variant);
	__u32 count;
	__s64 begin;
	int last;

	ASSERT_EQ(0, emu_hold());
	count = fill(self, variant, &last);
	EXPECT_EQ(-ENOBUFS, last);
	args.flags = 0;
	args.timeout_ns = 0;
	begin = now_ns();
	EXPECT_EQ(-1, drmIoctl(self->fd, DRM_IOCTL_LIMEN_SUBMIT, &args));
	EXPECT_EQ(ENOBUFS, errno);
	EXPECT_GT(NSEC_PER_SEC, now_ns() - begin);
	EXPECT_EQ(0, args.ticket);
	EXPECT_TRUE(untouched(self));
	ASSERT_EQ(0, emu_slow(0));
	EXPECT_TRUE(answered_in_all(self, variant, count));
}

/* Who does not wait gets no ticket and cannot bring one. */
TEST_F(submit, no_ticket_without_a_wait)
{
	struct drm_limen_submit args = args_of(self, variant);

	args.flags = 0;
	args.timeout_ns = 0;
	EXPECT_EQ(0, submit(self->fd, &args));
	EXPECT_EQ(0, args.ticket);
	EXPECT_EQ(0, wait_result(error_of(self), PATIENCE));
	args.ticket = 1;
	EXPECT_EQ(-EINVAL, submit(self->fd, &args));
	EXPECT_TRUE(answered_in_all(self, variant, 1));
}

TEST_F(submit, refusals_leave_no_ticket)
{
	struct drm_limen_submit args = args_of(self, variant);

	args.count = 0;
	EXPECT_EQ(-EINVAL, submit(self->fd, &args));
	EXPECT_EQ(0, args.ticket);
	args.count = 1;
	args.pad = 1;
	EXPECT_EQ(-EINVAL, submit(self->fd, &args));
	EXPECT_EQ(0, args.ticket);
	args.pad = 0;
	args.descs = 8;
	EXPECT_EQ(-EFAULT, submit(self->fd, &args));
	EXPECT_EQ(0, args.ticket);
	EXPECT_TRUE(untouched(self));
}

/* Two syncs with a stride: what the kernel does not know must be zero. */
TEST_F(submit, syncs_of_the_future)
{
	static const __u32 sizes[] = { 16, 24, 32, 72, DRM_LIMEN_SIZE_MAX };
	struct drm_limen_submit args;
	uint8_t *syncs = calloc(2, DRM_LIMEN_SIZE_MAX);
	struct drm_limen_sync sync = { .flags = 0 };
	__u64 point, reached = 0;
	__u32 second;
	unsigned int i;

	ASSERT_NE(NULL, syncs);
	ASSERT_EQ(0, syncobj_create(self->fd, &sync.handle));
	ASSERT_EQ(0, syncobj_create(self->fd, &second));
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		point = i + 1;
		memset(syncs, 0, 2 * DRM_LIMEN_SIZE_MAX);
		sync.point = point;
		memcpy(syncs, &sync, sizeof(sync));
		((struct drm_limen_sync *)(syncs + sizes[i]))->handle = second;
		((struct drm_limen_sync *)(syncs + sizes[i]))->point = point;
		args = args_of(self, variant);
		args.out_syncs = (uintptr_t)syncs;
		args.out_sync_count = 2;
		args.sync_size = sizes[i];
		if (sizes[i] > sizeof(sync)) {
			syncs[2 * sizes[i] - 1] = 1;
			EXPECT_EQ(-E2BIG, submit(self->fd, &args));
			syncs[2 * sizes[i] - 1] = 0;
			syncs[sizeof(sync)] = 1;
			EXPECT_EQ(-E2BIG, submit(self->fd, &args));
			syncs[sizeof(sync)] = 0;
		}
		EXPECT_EQ(0, submit(self->fd, &args)) {
			TH_LOG("size %u", sizes[i]);
		}
		EXPECT_EQ(0, syncobj_query(self->fd, sync.handle, &reached));
		EXPECT_EQ(point, reached);
		EXPECT_EQ(0, syncobj_query(self->fd, second, &reached));
		EXPECT_EQ(point, reached);
	}
	EXPECT_TRUE(answered_in_all(self, variant, ARRAY_SIZE(sizes)));
	free(syncs);
}

TEST_F(submit, sync_size_out_of_range)
{
	static const __u32 wrong[] = {
		DRM_LIMEN_SIZE_MAX + 8, 1 << 16, 0x80000000, 0xfffffff8,
	};
	struct drm_limen_submit args = args_of(self, variant);
	struct drm_limen_sync sync = { .flags = 0 };
	unsigned int i;

	ASSERT_EQ(0, syncobj_create(self->fd, &sync.handle));
	args.out_syncs = (uintptr_t)&sync;
	args.out_sync_count = 1;
	for (args.sync_size = 0; args.sync_size < sizeof(sync);
	     args.sync_size++)
		EXPECT_EQ(-EINVAL, submit(self->fd, &args));
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		args.sync_size = wrong[i];
		EXPECT_EQ(-EINVAL, submit(self->fd, &args));
	}
	EXPECT_TRUE(untouched(self));

	/* Without any it may be known, or not. */
	args.out_sync_count = 0;
	args.out_syncs = 0;
	args.sync_size = 0;
	EXPECT_EQ(0, submit(self->fd, &args));
	args.sync_size = sizeof(sync);
	EXPECT_EQ(0, submit(self->fd, &args));
}

/* In-syncs have the same stride; comparisons have no in-syncs. */
TEST_F(submit, in_syncs_of_the_future)
{
	struct drm_limen_submit args = args_of(self, variant);
	struct {
		struct drm_limen_sync sync;
		__u64 more[2];
	} syncs[2] = {};

	ASSERT_EQ(0, syncobj_create(self->fd, &syncs[0].sync.handle));
	ASSERT_EQ(0, syncobj_create(self->fd, &syncs[1].sync.handle));
	args.out_syncs = (uintptr_t)syncs;
	args.out_sync_count = 2;
	args.sync_size = sizeof(syncs[0]);
	ASSERT_EQ(0, submit(self->fd, &args));
	args.in_syncs = (uintptr_t)syncs;
	args.in_sync_count = 2;
	args.out_sync_count = 0;
	if (variant->type == DRM_LIMEN_QUEUE_EXPRESS) {
		EXPECT_EQ(-EINVAL, submit(self->fd, &args));
		return;
	}
	syncs[1].more[1] = 1;
	EXPECT_EQ(-E2BIG, submit(self->fd, &args));
	syncs[1].more[1] = 0;
	EXPECT_EQ(0, submit(self->fd, &args));
	EXPECT_TRUE(is_right(self, variant));
	EXPECT_TRUE(answered_in_all(self, variant, 2));
}

/* Sixty-four times four gigabytes of zeros would keep the kernel busy for minutes. */
TEST_F(submit, desc_size_out_of_range)
{
	static const __u32 sizes[] = {
		DRM_LIMEN_SIZE_MAX + 1, 1 << 20, 0x80000000, 0xffffffff,
	};
	struct drm_limen_submit args = args_of(self, variant);
	size_t room = (size_t)self->info.batch_max << 32;
	void *zeros = mmap(NULL, room, PROT_READ,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	unsigned int i;

	ASSERT_NE(MAP_FAILED, zeros);
	args.descs = (uintptr_t)zeros;
	args.count = self->info.batch_max;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		__s64 begin = now_ns();

		args.desc_size = sizes[i];
		ASSERT_EQ(-EINVAL, submit(self->fd, &args));
		EXPECT_GT(NSEC_PER_SEC, now_ns() - begin);
	}
	munmap(zeros, room);
}

TEST_HARNESS_MAIN
