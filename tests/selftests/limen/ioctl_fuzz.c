// SPDX-License-Identifier: GPL-2.0-only
/*
 * ioctl_fuzz [-b] [-c CALLS] [-p PROCESSES] [-s SEED]: call whatever the node takes,
 * with whatever might be wrong about it, from several processes while the emulated
 * board fails on demand, and memory too where the kernel can inject that. Every
 * other process has no privileges. A long run also unplugs the board under them.
 * Afterwards the board compares and searches as before, and nothing is lost. Where
 * the kernel has KCOV, programs of calls that take a new step are kept and varied
 * further, unless -b has the fuzzer go on blindly. Prints TAP; what the kernel
 * thinks of it is in its log.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/capability.h>

#include "fuzz.h"
#include "util.h"

#define PROCESSES_MAX	32
#define CORPUS		1024
#define DIM		128
#define ROWS		16

/* Seconds without a single call: something hangs. */
#define PATIENCE_S	120

/* Milliseconds from look to look, and looks from fault to fault, on average. */
#define LOOK_MS		20
#define FAULT_LOOKS	10

/* One of so many faults has a reset not end: that takes seconds. */
#define STICKS		1024

/*
 * Processes end after so many calls and others take over, with another shared file:
 * what is made there is never wanted again and would use up the user's share. One
 * of so many generations is the last on a board that is unplugged.
 */
#define GENERATION	8000
#define UNPLUG		10

/* So many calls are meant to find each error that the user API tells of. */
#define THOROUGH	500000

/* Reports of what is covered, spread over the calls. */
#define REPORTS		8

struct options {
	bool blind;
	bool denies;
	unsigned long calls;
	unsigned int processes;
	__u32 seed;
};

/* Programs that were the first to reach something, of all processes. */
struct corpus {
	unsigned int kept;
	struct fuzz_program programs[CORPUS];
};

static struct fuzz_stats *stats;
static struct corpus *corpus;
static unsigned int tests;
static bool failed;

static void result(bool good, const char *what)
{
	printf("%s %u %s\n", good ? "ok" : "not ok", ++tests, what);
	if (!good)
		failed = true;
}

/* Nothing is left but the right to have allocations fail. */
static int drop_privileges(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2] = {
		{ .effective = 1u << CAP_SYS_RESOURCE,
		  .permitted = 1u << CAP_SYS_RESOURCE },
	};

	return syscall(SYS_capset, &header, data) ? -errno : 0;
}

static void keep(const struct fuzz_program *program)
{
	unsigned int at = __atomic_fetch_add(&corpus->kept, 1,
					     __ATOMIC_RELAXED);

	corpus->programs[at % CORPUS] = *program;
	__atomic_add_fetch(&stats->kept, 1, __ATOMIC_RELAXED);
}

/* One that was kept, the later the rather; or NULL. */
static const struct fuzz_program *kept_one(__u32 *random)
{
	unsigned int kept = __atomic_load_n(&corpus->kept, __ATOMIC_RELAXED);
	unsigned int back;

	if (!kept)
		return NULL;
	back = kept < CORPUS ? kept : CORPUS;
	back = next_random(random) % (next_random(random) % back + 1);
	return &corpus->programs[(kept - 1 - back) % CORPUS];
}

/*
 * Half of the programs begin with what the board is for. One that another process
 * is just writing is a mixture of two, and as good; or empty, and not taken.
 */
static void pick(struct fuzz_program *program, __u32 *random)
{
	const struct fuzz_program *kept = kept_one(random);

	if (kept && kept->count && next_random(random) % 2)
		*program = *kept;
	else
		fuzz_seed(program, random);
	fuzz_mutate(program, kept_one(random), random);
}

/* One process; every third is patient. */
static int client(const struct options *options, unsigned int number,
		  int shared)
{
	__u32 random = (options->seed + number) * 2654435761u | 1;
	static struct fuzz_program program;
	int ret = 0;

	fuzz_cover_open();
	fuzz_prepare(options->denies && !inject_open(), number % 3 == 0);
	if (number % 2)
		ret = drop_privileges();
	while (!ret && __atomic_load_n(&stats->calls, __ATOMIC_RELAXED) <
			       __atomic_load_n(&stats->until, __ATOMIC_RELAXED)) {
		unsigned int fresh, steps;

		pick(&program, &random);
		fuzz_cover_begin();
		ret = fuzz_run(&program, shared, stats);
		steps = fuzz_cover_end(&fresh);
		__atomic_add_fetch(&stats->covered, fresh, __ATOMIC_RELAXED);
		__atomic_add_fetch(&stats->steps, steps, __ATOMIC_RELAXED);
		if (steps && !options->blind)
			keep(&program);
	}
	return stats->gone ? 0 : ret;
}

static void one_fault(__u32 *random)
{
	static const char * const knobs[] = {
		"fail", "hang", "deaf", "stick_ring", "corrupt_flags",
		"drop_irq", "corrupt_seq", "corrupt_cookie", "corrupt_status",
		"corrupt_count", "corrupt_fewer", "corrupt_score", "corrupt_rows",
		"corrupt_order", "fatal", "delay_us",
	};
	const unsigned int count = sizeof(knobs) / sizeof(knobs[0]);
	const char *knob = next_random(random) % STICKS ?
				   knobs[next_random(random) % count] : "stick";
	static bool slow;

	if (slow)
		emu_set("delay_us", 0);
	slow = !strcmp(knob, "delay_us");
	emu_set(knob, slow ? next_random(random) % 5000 : 1);
}

/* How far the calls have got, now and then. */
static void report_progress(const struct options *options)
{
	static unsigned int reports;

	if (!stats->covered ||
	    stats->calls * REPORTS / options->calls <= reports)
		return;
	reports = stats->calls * REPORTS / options->calls;
	printf("# figure: %lu calls: %lu places, %lu steps, %lu programs kept\n",
	       stats->calls, stats->covered, stats->steps, stats->kept);
	fflush(stdout);
}

/* The processes go on for a while, with a board that is not there. */
static void unplug(void)
{
	stats->gone = true;
	emu_unbind();
	sleep_ms(LOOK_MS);
	__atomic_store_n(&stats->until, 0, __ATOMIC_RELAXED);
}

static int plug(void)
{
	unsigned int tries;
	int ret = emu_bind();

	unsetenv("LIMEN_NODE");
	for (tries = 0; !ret && !limen_node() && tries < 1000; tries++)
		sleep_ms(LOOK_MS);
	stats->gone = false;
	return ret ?: !limen_node();
}

/* Lets the board fail until all processes have ended: 0 if they did well. */
static int supervise(const struct options *options, const pid_t *pids,
		     unsigned long unplug_at)
{
	static __u32 random;
	unsigned int i, left = options->processes;
	bool emulated = emu_present();
	__s64 alive = now_ns();
	unsigned long last = 0;
	int status, ret = 0;

	random = random ?: options->seed | 1;
	while (left) {
		if (emulated && !stats->gone &&
		    !(next_random(&random) % FAULT_LOOKS))
			one_fault(&random);
		sleep_ms(LOOK_MS);
		while (left && waitpid(-1, &status, WNOHANG) > 0) {
			left--;
			if (!WIFEXITED(status) || WEXITSTATUS(status))
				ret = -ECHILD;
		}
		report_progress(options);
		if (emulated && !stats->gone && stats->calls >= unplug_at)
			unplug();
		if (stats->calls != last)
			alive = now_ns();
		last = stats->calls;
		if (now_ns() - alive > PATIENCE_S * NSEC_PER_SEC) {
			for (i = 0; i < options->processes; i++)
				kill(pids[i], SIGKILL);
			return -ETIMEDOUT;
		}
	}
	return ret;
}

static int generation(const struct options *options, unsigned int number)
{
	unsigned long left = options->calls - stats->calls;
	unsigned long unplug_at = ~0ul;
	const char *node = limen_node();
	pid_t pids[PROCESSES_MAX];
	unsigned int i;
	int shared, ret;

	/* Looking for it each time takes as long as some calls. */
	if (!node || setenv("LIMEN_NODE", node, 1))
		return -ENODEV;
	shared = limen_open();
	if (shared < 0)
		return shared;
	stats->until = stats->calls + (left < GENERATION ? left : GENERATION);
	if (number % UNPLUG == UNPLUG - 1)
		unplug_at = (stats->calls + stats->until) / 2;
	fflush(stdout);
	for (i = 0; i < options->processes; i++) {
		pids[i] = fork();
		if (!pids[i])
			_exit(client(options, number * options->processes + i +
					      1, shared) ? 1 : 0);
	}
	close(shared);
	ret = supervise(options, pids, unplug_at);
	return ret ?: stats->gone ? plug() : 0;
}

static int run(const struct options *options)
{
	unsigned int number = 0;
	int ret = 0;

	while (!ret && stats->calls < options->calls)
		ret = generation(options, number++);
	return ret;
}

/* What everyone does: 0 if the scores are right. */
static int compare_and_search(int fd)
{
	struct drm_limen_compare compare;
	struct drm_limen_scan_row expected[ROWS];
	struct drm_limen_scan scan;
	__s8 rows[ROWS * DIM];
	struct limen_score score;
	struct bo host, card;
	__u32 queues[2], gallery;

	if (bo_new(fd, 2 * PAGE, 0, &host) ||
	    bo_new(fd, sizeof(rows), DRM_LIMEN_BO_CARD, &card) ||
	    queue_create(fd, DRM_LIMEN_QUEUE_EXPRESS, &queues[0]) ||
	    queue_create(fd, DRM_LIMEN_QUEUE_SCAN, &queues[1]))
		return -1;
	fill_rows(rows, ROWS, DIM, DIM, 7);
	fill_vector((__s8 *)host.map, 2 * DIM, PATTERN_RANDOM, 9);
	memcpy(card.map, rows, sizeof(rows));
	if (gallery_simple(fd, &card, DIM, ROWS, &gallery))
		return -1;
	compare = compare_at(&host, 0, DIM, 2 * PAGE - 64, DIM);
	score = limen_score_vectors((__s8 *)host.map, (__s8 *)host.map + DIM,
				    DIM);
	scan = scan_at(&host, gallery, PAGE, ROWS, ROWS);
	scan.min_similarity = -LIMEN_SIMILARITY_ONE;
	if (submit_compares(fd, queues[0], &compare, 1, PATIENCE) ||
	    submit_scans(fd, queues[1], &scan, 1, PATIENCE))
		return -1;
	reference_scan(&scan, (__s8 *)host.map, rows, DIM, DIM, expected);
	if (compare_result(&host, 2 * PAGE - 64)->raw != score.raw ||
	    scan_result(&host, PAGE)->count != ROWS ||
	    memcmp(scan_result(&host, PAGE)->rows, expected, sizeof(expected)))
		return -1;
	bo_free(fd, &host);
	bo_free(fd, &card);
	return 0;
}

static void report_op(unsigned int op)
{
	unsigned int error;

	printf("# %s: %lu done", fuzz_op_name(op), stats->ends[op][0]);
	for (error = 1; error < FUZZ_ERRORS; error++)
		if (stats->ends[op][error])
			printf(", %s %lu", strerrorname_np(error),
			       stats->ends[op][error]);
	printf("\n");
}

/* Errors that the user API tells of for a call and that it never ended with. */
static void report_missing(unsigned int op)
{
	const int *errors = fuzz_op_errors(op);

	for (; errors && *errors; errors++)
		if (!stats->ends[op][*errors])
			printf("# %s: never %s\n", fuzz_op_name(op),
			       strerrorname_np(*errors));
}

static void report(const struct options *options, long long seconds)
{
	unsigned int op, never = 0;

	printf("# figure: %lu calls of %u processes in %lld s, %lu denied memory\n",
	       stats->calls, options->processes, seconds, stats->denied);
	for (op = 0; op < fuzz_op_count(); op++) {
		report_op(op);
		if (options->calls >= THOROUGH)
			report_missing(op);
		never += fuzz_op_meant(op) && !stats->ends[op][0];
	}
	result(!never, "every kind of call succeeds now and then");
	if (stats->strange)
		printf("# %s ends with %s\n", fuzz_op_name(stats->strange_op),
		       strerror(stats->strange_errno));
	result(!stats->strange, "no call ends with an error nobody documents");
}

static int parse(int argc, char **argv, struct options *options)
{
	int option;

	while ((option = getopt(argc, argv, "bc:p:s:")) != -1) {
		switch (option) {
		case 'b':
			options->blind = true;
			break;
		case 'c':
			options->calls = strtoul(optarg, NULL, 0);
			break;
		case 'p':
			options->processes = strtoul(optarg, NULL, 0);
			break;
		case 's':
			options->seed = strtoul(optarg, NULL, 0);
			break;
		default:
			return -EINVAL;
		}
	}
	return options->calls && options->processes &&
	       options->processes <= PROCESSES_MAX ?
		       0 : -EINVAL;
}

static void *shared_memory(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

int main(int argc, char **argv)
{
	struct options options = { .calls = 20000, .processes = 8, .seed = 1 };
	struct drm_limen_memory_info memory;
	__s64 begin;
	bool guided;
	int fd, ret;

	if (parse(argc, argv, &options)) {
		fprintf(stderr,
			"usage: %s [-b] [-c CALLS] [-p PROCESSES] [-s SEED]\n",
			argv[0]);
		return 2;
	}
	fd = limen_open();
	stats = shared_memory(sizeof(*stats));
	corpus = shared_memory(sizeof(*corpus));
	if (fd < 0 || !stats || !corpus ||
	    limen_memory_info(fd, &memory)) {
		printf("Bail out! no accel node of the limen driver\n");
		return 1;
	}
	options.denies = !inject_init();
	guided = fuzz_cover_init() && !options.blind;
	printf("TAP version 13\n# figure: seed %u, %s\n", options.seed,
	       guided ? "guided by KCOV" : "blind");
	close(fd);
	if (emu_present())
		emu_calm();
	begin = now_ns();
	ret = run(&options);
	if (emu_present())
		emu_calm();
	result(!ret, "every process ends by itself");
	report(&options, (now_ns() - begin) / NSEC_PER_SEC);
	fd = limen_open();
	result(card_free_becomes(fd, memory.card_free),
	       "no memory of the board is lost");
	result(!compare_and_search(fd),
	       "the board compares and searches as before");
	printf("1..%u\n", tests);
	return failed;
}
